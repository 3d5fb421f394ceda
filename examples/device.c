/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device: ./device SOCKET IDENTITY, a folder of `interlock identity new`.
 * Look at the two ports, all that the library asks of a device, and at main(),
 * all that a device calls. What is out of order, such as a new value for a key
 * in use, or START without LOCK, is refused before it gets as far as here.
 */
#include "serve.h"

/* Entries are told more than this device needs to know. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

static const uint8_t fw[] = "firmware 1", ifv_one[IL_IDE_IFV_LEN] = { [7] = 1 };
static const uint8_t ide_regs[28] = { 0x42 };	   /* IDE_KM, one stream */
static uint8_t keys[256][2][2][3][IL_IDE_KEY_LEN]; /* of streams, by id */
static bool secure[256];
static uint8_t tvm_data[65536]; /* behind the BAR */
static _Alignas(8) uint8_t mem[65536];

static enum il_err sign(void *id, uint8_t slot, uint32_t asym, const uint8_t *p,
			size_t n, uint8_t *sig, size_t sig_len)
{
	return il_identity_sign(id, asym, p, n, sig, sig_len);
}

static enum il_err measure(void *id, uint8_t i, struct il_spdm_measurement *m)
{
	*m = (struct il_spdm_measurement){ 1, .raw = { fw, sizeof(fw) } };
	return i == 1 ? IL_OK : IL_E_ARG;
}

static enum il_err prog(void *c, const struct il_ide_ref *r, const uint8_t *key,
			const uint8_t *ifv, uint8_t *status)
{
	uint8_t *at = keys[r->stream][r->key_set][r->dir][r->sub];

	*status = r->port ? IL_IDE_BAD_PORT : IL_IDE_BAD_FIELD;
	if (!r->port && !memcmp(ifv, ifv_one, sizeof(ifv_one))) {
		memcpy(at, key, IL_IDE_KEY_LEN);
		*status = IL_IDE_OK;
	}
	return IL_OK;
}

/* Small ones. clang-format makes them large. */
/* clang-format off */
static enum il_err go(void *c, const struct il_ide_ref *r)
{ secure[r->stream] = true; return IL_OK; }
static enum il_err stop(void *c, const struct il_ide_ref *r)
{ if (!r->port) memset(keys[r->stream][r->key_set][r->dir][r->sub], 0, 32);
  return r->port ? IL_E_ARG : IL_OK; }
static enum il_err query(void *c, uint8_t port, struct il_ide_query *q)
{ q->cap = (struct il_span){ ide_regs, 28 }; return port ? IL_E_ARG : IL_OK; }
static void kill_stream(void *c, uint8_t port, uint8_t id)
{ memset(keys[id], 0, sizeof(keys[id])); secure[id] = false; }
static enum il_err info(void *c, uint8_t id, struct il_device_stream *s)
{ *s = (struct il_device_stream){ true, secure[id], true, 0, 0, 1 };
  return IL_OK; }
/* There are no registers to check or watch, nor requests to finish. */
static const struct il_rule *check(void *c, uint32_t fn,
				   const struct il_tdisp_lock *l)
{ return NULL; }
static enum il_err quiet(void *c, uint32_t fn) { return IL_OK; }
static void disarm(void *c, uint32_t fn) { }
static enum il_err scrub(void *c, uint32_t fn)
{ memset(tvm_data, 0, sizeof(tvm_data)); return IL_OK; }
static enum il_err report(void *c, uint32_t fn, const struct il_tdisp_lock *l,
			  struct il_tdisp_report *r)
{ r->ranges[r->range_count++] = (struct il_tdisp_range){ 0x80000, 16, 0, 0 };
  r->info = IL_TDISP_INFO_DMA_NO_PASID; return IL_OK; }
static const struct il_device_port pci = { .program_key = prog, .key_go = go,
	.key_stop = stop, .query = query, .stream_kill = kill_stream,
	.stream_info = info, .check_config = check, .arm = quiet,
	.disarm = disarm, .quiesce = quiet, .scrub = scrub, .report = report };
/* clang-format on */
static const struct il_spdm_port spdm = { .sign = sign, .measure = measure };

int main(int argc, char **argv)
{
	struct il_device_cfg cfg = { .pci = { .tdis = 1, .streams = 2 } };
	struct il_device *d;
	static struct serve s;
	enum il_err err;
	size_t len;

	cfg.spdm.port = &spdm;
	cfg.pci.port = &pci;
	if (argc != 3 || !serve_identity(&cfg, argv[2]) ||
	    il_device_init(&cfg, mem, sizeof(mem), &d) ||
	    !serve_open(&s, argv[1]))
		return 1;
	il_pci_set_function(il_device_pci(d), 0, true, IL_TDI_ANY_BUS);
	for (;; serve_wait(&s, il_device_tick(d, serve_now()))) {
		if (!s.n)
			continue;
		err = il_front_doe(il_device_front(d), 0, s.in.p, s.n, s.out.p,
				   sizeof(s.out.p), &len, serve_now());
		serve_answer(&s, err, len);
	}
}
