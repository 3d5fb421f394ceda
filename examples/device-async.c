/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device whose hardware takes its time: ./device-async SOCKET IDENTITY, a
 * folder of `interlock identity new`.
 *
 * Look at sign(), prog() and stop(): each hands its job to a unit of the
 * hardware and answers IL_E_AGAIN; it is called again with the same arguments
 * when the requester comes again, and finds the job done or not. And at main(),
 * where units finish meanwhile, as an interrupt would tell. Nobody waits: with
 * .keep the library answers ERROR ResponseNotReady, of a signature as of an
 * acknowledgement of IDE_KM, and keeps the request until RESPOND_IF_READY asks
 * for what has come of it.
 */
#include "serve.h"

/* Entries are told more than this device needs to know. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

#define MS UINT64_C(1000000)

/* One job at a time; what it is for tells whether it is still wanted. */
struct unit {
	bool busy, done;
	uint64_t takes_ns, until_ns;
	size_t n;
	uint8_t job[IL_CRYPTO_HASH_MAX + sizeof(struct il_ide_ref) + 8];
};

static struct unit signer = { .takes_ns = 2 * MS };
static struct unit key_slots = { .takes_ns = MS };
static uint64_t now; /* of the latest round of main() */

/* True, once: this job is done. A new one takes the place of another, which
 * nobody came back for. */
static bool unit_has(struct unit *u, const void *job, size_t n)
{
	if (!(u->busy || u->done) || u->n != n || memcmp(u->job, job, n) != 0) {
		memcpy(u->job, job, n);
		u->n = n;
		u->busy = true;
		u->done = false;
		u->until_ns = now + u->takes_ns;
	}
	if (!u->done)
		return false;
	u->done = false;
	return true;
}

static void unit_drop(struct unit *u)
{
	memset(u->job, 0, sizeof(u->job));
	u->busy = u->done = false;
}

/* The unit's interrupt. When it comes next, or @next. */
static uint64_t unit_poll(struct unit *u, uint64_t next)
{
	if (u->busy && now >= u->until_ns) {
		u->busy = false;
		u->done = true;
	}
	return u->busy && u->until_ns < next ? u->until_ns : next;
}

/* What SPDM asks. */

static enum il_err sign(void *id, uint8_t slot, uint32_t asym,
			const uint8_t *digest, size_t n, uint8_t *sig,
			size_t sig_len)
{
	if (!unit_has(&signer, digest, n))
		return IL_E_AGAIN;
	return il_identity_sign(id, asym, digest, n, sig, sig_len);
}

static enum il_err measure(void *id, uint8_t i, struct il_spdm_measurement *m)
{
	static const uint8_t firmware[] = "firmware 1";

	*m = (struct il_spdm_measurement){
		.type = 1, .raw = { firmware, sizeof(firmware) }
	};
	return i == 1 ? IL_OK : IL_E_ARG;
}

/* What IDE_KM and TDISP ask. */

static struct {
	uint8_t key[2][2][3][IL_IDE_KEY_LEN];
	bool secure;
} stream[256];
static uint8_t tvm_data[65536]; /* behind the BAR */

/* The same key of the same stream, for the same purpose. */
static bool slots_have(uint8_t what, const struct il_ide_ref *r)
{
	const uint8_t job[] = { what,	r->stream, r->key_set,
				r->dir, r->sub,	   r->port };

	return unit_has(&key_slots, job, sizeof(job));
}

static enum il_err prog(void *c, const struct il_ide_ref *r,
			const uint8_t key[IL_IDE_KEY_LEN],
			const uint8_t ifv[IL_IDE_IFV_LEN], uint8_t *status)
{
	static const uint8_t one[IL_IDE_IFV_LEN] = { [7] = 1 };

	*status = r->port ? IL_IDE_BAD_PORT : IL_IDE_BAD_FIELD;
	if (r->port || memcmp(ifv, one, sizeof(one)) != 0)
		return IL_OK;
	/* Each time: a requester that gave up may come with another value. */
	memcpy(stream[r->stream].key[r->key_set][r->dir][r->sub], key,
	       IL_IDE_KEY_LEN);
	if (!slots_have(1, r))
		return IL_E_AGAIN;
	*status = IL_IDE_OK;
	return IL_OK;
}

static enum il_err go(void *c, const struct il_ide_ref *r)
{
	if (!slots_have(2, r))
		return IL_E_AGAIN;
	stream[r->stream].secure = true;
	return IL_OK;
}

/* A job of this key that is under way ends with it: the unit has one. */
static enum il_err stop(void *c, const struct il_ide_ref *r)
{
	if (r->port)
		return IL_E_ARG;
	if (!slots_have(3, r))
		return IL_E_AGAIN;
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

/* Cannot take its time: whatever the unit is at is dropped. */
static void stream_kill(void *c, uint8_t port, uint8_t id)
{
	if (key_slots.n && key_slots.job[1] == id)
		unit_drop(&key_slots);
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

static const struct il_spdm_port spdm = { .sign = sign, .measure = measure };
static const struct il_device_port pci = {
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

int main(int argc, char **argv)
{
	static _Alignas(8) uint8_t mem[65536];
	static struct serve s;
	struct il_device_cfg cfg = {
		/* Come again in 4 ms, and not later than in 255 times that. */
		.spdm = { .port = &spdm,
			  .keep = 1,
			  .rdt_exponent = 12,
			  .rdt_factor = 255 },
		.pci = { .port = &pci, .tdis = 1, .streams = 2 },
	};
	struct il_device *d;
	uint64_t next = 0;
	enum il_err err;
	size_t len;

	if (argc != 3 || !serve_identity(&cfg, argv[2]) ||
	    il_device_init(&cfg, mem, sizeof(mem), &d) ||
	    !serve_open(&s, argv[1]))
		return 1;
	il_pci_set_function(il_device_pci(d), 0, true, IL_TDI_ANY_BUS);
	for (;; serve_wait(&s, next)) {
		now = serve_now();
		next = unit_poll(&signer, UINT64_MAX);
		next = unit_poll(&key_slots, next);
		if (s.n) {
			err = il_front_doe(il_device_front(d), 0, s.in.p, s.n,
					   s.out.p, sizeof(s.out.p), &len, now);
			serve_answer(&s, err, len);
		}
		const uint64_t tick = il_device_tick(d, now);

		if (tick < next)
			next = tick;
	}
}
