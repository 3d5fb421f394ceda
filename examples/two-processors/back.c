/* SPDX-License-Identifier: BSD-2-Clause */
#include "halves.h"

#include <sys/random.h>

/*
 * The processor that has the hardware. It sees no SPDM and no identity: frames
 * bring what came in a session, and which session that was.
 */
static struct {
	uint8_t key[2][2][3][IL_IDE_KEY_LEN];
	bool secure;
} stream[256];
static uint8_t tvm_data[65536]; /* behind the BAR */

/* Entries are told more than this device needs to know. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

static enum il_err prog(void *c, const struct il_ide_ref *r,
			const uint8_t key[IL_IDE_KEY_LEN],
			const uint8_t ifv[IL_IDE_IFV_LEN], uint8_t *status)
{
	static const uint8_t one[IL_IDE_IFV_LEN] = { [7] = 1 };

	*status = r->port ? IL_IDE_BAD_PORT : IL_IDE_BAD_FIELD;
	if (r->port || memcmp(ifv, one, sizeof(one)) != 0)
		return IL_OK;
	memcpy(stream[r->stream].key[r->key_set][r->dir][r->sub], key,
	       IL_IDE_KEY_LEN);
	*status = IL_IDE_OK;
	return IL_OK;
}

static enum il_err go(void *c, const struct il_ide_ref *r)
{
	stream[r->stream].secure = true;
	return IL_OK;
}

static enum il_err stop(void *c, const struct il_ide_ref *r)
{
	if (r->port)
		return IL_E_ARG;
	memset(stream[r->stream].key[r->key_set][r->dir][r->sub], 0,
	       IL_IDE_KEY_LEN);
	return IL_OK;
}

static enum il_err query(void *c, uint8_t port, struct il_ide_query *out)
{
	static const uint8_t regs[28] = { 0x42 }; /* IDE_KM, one stream */

	out->cap = (struct il_span){ regs, sizeof(regs) };
	return port ? IL_E_ARG : IL_OK;
}

static void stream_kill(void *c, uint8_t port, uint8_t id)
{
	memset(&stream[id], 0, sizeof(stream[id]));
}

static enum il_err stream_info(void *c, uint8_t id,
			       struct il_device_stream *out)
{
	*out = (struct il_device_stream){ .enabled = true,
					  .secure = stream[id].secure,
					  .is_default = true,
					  .defaults = 1 };
	return IL_OK;
}

/* There are no registers to check or watch, nor requests to finish. */
static const struct il_rule *check_config(void *c, uint32_t fn,
					  const struct il_tdisp_lock *lock)
{
	return NULL;
}

static enum il_err quiet(void *c, uint32_t fn)
{
	return IL_OK;
}

static void disarm(void *c, uint32_t fn)
{
}

static enum il_err scrub(void *c, uint32_t fn)
{
	memset(tvm_data, 0, sizeof(tvm_data));
	return IL_OK;
}

static enum il_err report(void *c, uint32_t fn,
			  const struct il_tdisp_lock *lock,
			  struct il_tdisp_report *out)
{
	out->info = IL_TDISP_INFO_DMA_NO_PASID;
	out->ranges[out->range_count++] =
		(struct il_tdisp_range){ .first_page = 0x80000, .pages = 16 };
	return IL_OK;
}

static const struct il_device_port port = {
	.program_key = prog,
	.key_go = go,
	.key_stop = stop,
	.query = query,
	.stream_kill = stream_kill,
	.stream_info = stream_info,
	.check_config = check_config,
	.arm = quiet,
	.disarm = disarm,
	.quiesce = quiet,
	.scrub = scrub,
	.report = report,
};

static enum il_err draw(void *ctx, uint8_t *out, size_t n)
{
	return getrandom(out, n, 0) == (ssize_t)n ? IL_OK : IL_E_RANDOM;
}

static const char *const states[] = { "UNLOCKED", "LOCKED", "RUN", "ERROR" };

int back_run(int fd)
{
	static _Alignas(8) uint8_t mem[16384], pipe_mem[32768];
	const struct il_pipe_cfg p = { .send = send_frame, .ctx = &fd };
	const struct il_env env = { .random = draw };
	const struct il_pci_cfg cfg = {
		.env = &env, .port = &port, .tdis = 1, .streams = 2
	};
	struct pollfd at = { .fd = fd, .events = POLLIN };
	uint8_t frame[2048];
	struct il_pipe_back *pipe;
	struct il_pci *pci;
	ssize_t n;

	if (il_pci_init(&cfg, mem, sizeof(mem), &pci) ||
	    il_pipe_back_init(&p, pci, pipe_mem, sizeof(pipe_mem), &pipe))
		return 1;
	il_pci_set_function(pci, 0, true, IL_TDI_ANY_BUS);
	/* What STOP has begun goes on by itself, and so may a request. */
	do {
		const uint64_t next = il_pci_tick(pci, serve_now());

		il_pipe_back_poll(pipe);
		poll(&at, 1, next == UINT64_MAX ? -1 : 1);
		n = recv(fd, frame, sizeof(frame), MSG_DONTWAIT);
		if (n > 0 && il_pipe_back_take(pipe, frame, (size_t)n))
			printf("a frame makes no sense\n");
	} while (n);
	/* The front is gone: nobody is left who could say whose this is. */
	n = il_pci_tdi_state(pci, 0);
	il_pci_event(pci, IL_EV_FUND_RESET, 0);
	printf("without a front: interface was %s, is %s\n", states[n],
	       states[il_pci_tdi_state(pci, 0)]);
	il_pipe_back_fini(pipe);
	il_pci_fini(pci);
	return 0;
}
