/* SPDX-License-Identifier: BSD-2-Clause */
#include "device_rig.h"

#include <stdlib.h>

static struct maker maker;

void unit_open(void)
{
	maker_open(&maker, CRYPTO_P384);
}

void unit_close(void)
{
	maker_close(&maker);
}

/* --- what the device asks --- */

static enum il_err dice(void *ctx, uint8_t *out, size_t len)
{
	struct unit *u = ctx;

	for (size_t i = 0; i < len; i++)
		out[i] = u->next++;
	return IL_OK;
}

static bool not_yet(struct unit_hw *hw)
{
	if (!hw->busy)
		return false;
	hw->busy--;
	return true;
}

static enum il_err sign(void *ctx, uint8_t slot, uint32_t asym,
			const uint8_t *digest, size_t digest_len, uint8_t *sig,
			size_t sig_len)
{
	struct unit *u = ctx;

	(void)slot;
	assert_int_equal(asym, IL_SPDM_ASYM_ECDSA_P384);
	u->hw.signs++;
	if (not_yet(&u->hw))
		return IL_E_AGAIN;
	return crypto_sign_digest(&maker.c, maker.key, digest, digest_len, sig,
				  sig_len);
}

static enum il_err measure(void *ctx, uint8_t index,
			   struct il_spdm_measurement *out)
{
	static const uint8_t bytes[16] = { 9 };

	(void)ctx;
	if (index != 1)
		return IL_E_ARG;
	*out = (struct il_spdm_measurement){ .tcb = true,
					     .raw = { bytes, 16 } };
	return IL_OK;
}

static const struct il_spdm_port spdm_port = { .sign = sign,
					       .measure = measure };

static enum il_err program(void *ctx, const struct il_ide_ref *ref,
			   const uint8_t key[IL_IDE_KEY_LEN],
			   const uint8_t ifv[IL_IDE_IFV_LEN], uint8_t *status)
{
	struct unit *u = ctx;

	assert_int_equal(ref->stream, UNIT_STREAM);
	assert_int_equal(ifv[7], 1);
	u->hw.programs++;
	if (not_yet(&u->hw))
		return IL_E_AGAIN;
	memcpy(u->hw.key, key, IL_IDE_KEY_LEN);
	*status = IL_IDE_OK;
	return IL_OK;
}

static enum il_err go(void *ctx, const struct il_ide_ref *ref)
{
	struct unit *u = ctx;

	(void)ref;
	u->hw.goes++;
	return IL_OK;
}

static enum il_err stop(void *ctx, const struct il_ide_ref *ref)
{
	(void)ctx;
	(void)ref;
	return IL_OK;
}

static enum il_err query(void *ctx, uint8_t port, struct il_ide_query *out)
{
	static const uint8_t image[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	(void)ctx;
	if (port)
		return IL_E_ARG;
	*out = (struct il_ide_query){ .bus = 1, .cap = { image, 8 } };
	return IL_OK;
}

static void stream_kill(void *ctx, uint8_t port, uint8_t stream)
{
	struct unit *u = ctx;

	(void)port;
	assert_int_equal(stream, UNIT_STREAM);
	u->hw.kills++;
}

static enum il_err stream_info(void *ctx, uint8_t stream,
			       struct il_device_stream *out)
{
	(void)ctx;
	if (stream != UNIT_STREAM)
		return IL_E_ARG;
	*out = (struct il_device_stream){ .enabled = true,
					  .secure = true,
					  .is_default = true,
					  .defaults = 1 };
	return IL_OK;
}

static const struct il_rule *check_config(void *ctx, uint32_t fn,
					  const struct il_tdisp_lock *lock)
{
	struct unit *u = ctx;

	assert_true(fn < UNIT_TDIS);
	assert_int_equal(lock->default_stream, UNIT_STREAM);
	return u->hw.config;
}

static enum il_err arm(void *ctx, uint32_t fn)
{
	(void)ctx;
	(void)fn;
	return IL_OK;
}

static void disarm(void *ctx, uint32_t fn)
{
	(void)ctx;
	(void)fn;
}

static enum il_err quiesce(void *ctx, uint32_t fn)
{
	struct unit *u = ctx;

	(void)fn;
	u->hw.quiesces++;
	return not_yet(&u->hw) ? IL_E_AGAIN : IL_OK;
}

static enum il_err scrub(void *ctx, uint32_t fn)
{
	struct unit *u = ctx;

	(void)fn;
	u->hw.scrubs++;
	return IL_OK;
}

static enum il_err report(void *ctx, uint32_t fn,
			  const struct il_tdisp_lock *lock,
			  struct il_tdisp_report *out)
{
	(void)ctx;
	(void)lock;
	out->info = IL_TDISP_INFO_DMA_NO_PASID;
	out->range_count = 1;
	out->ranges[0] = (struct il_tdisp_range){ 0x1000 + fn, 1, 0, 0 };
	return IL_OK;
}

static void entered(void *ctx, uint32_t fn, enum il_tdi_state old,
		    enum il_tdi_state now, enum il_tdi_event why)
{
	struct unit *u = ctx;

	(void)why;
	assert_int_equal(old, u->hw.at[fn]);
	u->hw.at[fn] = now;
	u->hw.entered++;
}

static const struct il_device_port port = {
	.program_key = program,
	.key_go = go,
	.key_stop = stop,
	.query = query,
	.stream_kill = stream_kill,
	.stream_info = stream_info,
	.check_config = check_config,
	.arm = arm,
	.disarm = disarm,
	.quiesce = quiesce,
	.scrub = scrub,
	.report = report,
	.tdi_entered = entered,
};

/* --- both ends --- */

struct unit *unit_new(void)
{
	struct unit *u = calloc(1, sizeof(*u));
	const struct env env = { .random = dice, .ctx = u };

	assert_non_null(u);
	u->crypto = (struct il_crypto){ maker.c.ops, maker.c.ctx };
	u->env = (struct il_env){ .random = dice, .ctx = u };
	u->cfg.spdm = (struct il_spdm_cfg){
		.crypto = &u->crypto,
		.env = &u->env,
		.port = &spdm_port,
		.port_ctx = u,
		.asym = IL_SPDM_ASYM_ECDSA_P384,
		.slots = { { .certs = { maker.certs, maker.certs_len } } },
	};
	u->cfg.pci = (struct il_pci_cfg){
		.env = &u->env,
		.port = &port,
		.port_ctx = u,
		.tdis = UNIT_TDIS,
		.streams = 1,
		.lock_flags = IL_TDISP_LOCK_NO_FW_UPDATE,
	};
	bench_over(&u->b, &maker.c, &env,
		   (struct spdm_span){ maker.certs, maker.certs_len });
	return u;
}

static enum il_err handle(void *peer, enum spdm_kind kind, const uint8_t *in,
			  size_t n, uint8_t *out, size_t cap, size_t *len,
			  enum spdm_kind *back)
{
	struct unit *u = peer;
	enum il_err err;

	do {
		err = il_front_handle(u->front, 0, kind, in, n, out, cap, len,
				      back, u->b.now_ns);
		u->b.now_ns += 1000;
		(void)il_pci_tick(u->pci, u->b.now_ns);
	} while (err == IL_E_AGAIN);
	return err;
}

static void begin(struct unit *u)
{
	for (uint32_t fn = 0; fn < UNIT_TDIS; fn++)
		il_pci_set_function(u->pci, fn, true, UNIT_RID + fn);
	il_front_via(u->front, 0, il_doe_binding());
	if (!u->b.handle)
		u->b.handle = handle;
	u->b.peer = u;
	bench_start(&u->b);
}

void unit_start(struct unit *u)
{
	u->size = il_device_size(&u->cfg);
	u->mem = malloc(u->size);
	assert_non_null(u->mem);
	assert_int_equal(il_device_init(&u->cfg, u->mem, u->size, &u->d),
			 IL_OK);
	u->front = il_device_front(u->d);
	u->pci = il_device_pci(u->d);
	begin(u);
}

static void all_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(p[i], 0);
}

void unit_free(struct unit *u)
{
	bench_stop(&u->b);
	if (u->d) {
		il_device_fini(u->d);
		all_zero(u->mem, u->size);
		free(u->mem);
	} else {
		il_front_fini(u->front);
		il_pipe_front_fini(u->pipe_front);
		il_pipe_back_fini(u->pipe_back);
		il_pci_fini(u->pci);
	}
	for (unsigned i = 0; i < COUNT(u->apart); i++) {
		if (u->apart[i])
			all_zero(u->apart[i], u->apart_size[i]);
		free(u->apart[i]);
	}
	free(u);
}

/* --- apart --- */

static enum il_err send(struct unit *u, unsigned to, const uint8_t *p, size_t n)
{
	unsigned *at = &u->frame_n[to];

	if (*at == COUNT(u->frames[to]))
		return IL_E_AGAIN;
	assert_true(n <= sizeof(u->frames[to][0]));
	memcpy(u->frames[to][*at], p, n);
	u->frame_len[to][(*at)++] = n;
	return IL_OK;
}

static enum il_err to_front(void *ctx, const uint8_t *p, size_t n)
{
	return send(ctx, 0, p, n);
}

static enum il_err to_back(void *ctx, const uint8_t *p, size_t n)
{
	return send(ctx, 1, p, n);
}

/* What was sent arrives. */
static void deliver(struct unit *u)
{
	for (unsigned i = 0; i < u->frame_n[1]; i++)
		assert_int_equal(il_pipe_back_take(u->pipe_back,
						   u->frames[1][i],
						   u->frame_len[1][i]),
				 IL_OK);
	u->frame_n[1] = 0;
	il_pipe_back_poll(u->pipe_back);
	for (unsigned i = 0; i < u->frame_n[0]; i++)
		assert_int_equal(il_pipe_front_take(u->pipe_front,
						    u->frames[0][i],
						    u->frame_len[0][i]),
				 IL_OK);
	u->frame_n[0] = 0;
	il_pipe_front_flush(u->pipe_front);
}

static enum il_err handle_apart(void *peer, enum spdm_kind kind,
				const uint8_t *in, size_t n, uint8_t *out,
				size_t cap, size_t *len, enum spdm_kind *back)
{
	struct unit *u = peer;
	enum il_err err;

	do {
		err = il_front_handle(u->front, 0, kind, in, n, out, cap, len,
				      back, u->b.now_ns);
		u->b.now_ns += 1000;
		deliver(u);
	} while (err == IL_E_AGAIN);
	return err;
}

static void *part(struct unit *u, unsigned i, size_t size)
{
	u->apart_size[i] = size;
	u->apart[i] = malloc(size);
	assert_non_null(u->apart[i]);
	return u->apart[i];
}

void unit_start_apart(struct unit *u)
{
	const struct il_pipe_cfg front = { .send = to_back, .ctx = u };
	const struct il_pipe_cfg back = { .send = to_front, .ctx = u };
	size_t n = il_pci_size(&u->cfg.pci);

	assert_int_equal(il_pci_init(&u->cfg.pci, part(u, 0, n), n, &u->pci),
			 IL_OK);
	n = il_pipe_back_size(&back);
	assert_int_equal(il_pipe_back_init(&back, u->pci, part(u, 1, n), n,
					   &u->pipe_back),
			 IL_OK);
	n = il_pipe_front_size(&front);
	assert_int_equal(
		il_pipe_front_init(&front, part(u, 2, n), n, &u->pipe_front),
		IL_OK);
	n = il_front_size(&u->cfg.spdm);
	assert_int_equal(il_front_init(&u->cfg.spdm, il_pipe_front_back(),
				       u->pipe_front, part(u, 3, n), n,
				       &u->front),
			 IL_OK);
	u->b.handle = handle_apart;
	begin(u);
}

/* --- steps --- */

void unit_key_all(struct unit *u)
{
	static const enum il_req_op ops[] = { IL_REQ_IDE_KEY_PROG,
					      IL_REQ_IDE_GO };

	for (size_t i = 0; i < COUNT(ops); i++)
		for (unsigned k = 0; k < 6; k++) {
			const struct il_requester_args a = {
				.ide = { .stream = UNIT_STREAM,
					 .dir = (uint8_t)(k / 3),
					 .sub = (uint8_t)(k % 3),
					 .key = { 0x44, (uint8_t)k } },
			};

			assert_int_equal(bench_go(&u->b, ops[i], &a), IL_OK);
		}
}

static struct il_requester_args of(uint32_t fn)
{
	return (struct il_requester_args){
		.tdisp = { .function_id = UNIT_RID + fn,
			   .stream = UNIT_STREAM },
	};
}

uint8_t unit_asked(struct unit *u, uint32_t fn)
{
	const struct il_requester_args a = of(fn);

	assert_int_equal(bench_go(&u->b, IL_REQ_TDISP_STATE, &a), IL_OK);
	return bench_found(&u->b)->tdi;
}

void unit_bring(struct unit *u, uint32_t fn, enum il_tdi_state st)
{
	struct il_requester_args a = of(fn);
	enum il_err err;

	do
		err = bench_go(&u->b, IL_REQ_TDISP_LOCK, &a);
	while (err == IL_E_PEER &&
	       bench_found(&u->b)->tdi_error == IL_TDISP_E_BUSY);
	assert_int_equal(err, IL_OK);
	memcpy(a.tdisp.nonce, bench_found(&u->b)->nonce, IL_TDISP_NONCE_LEN);
	if (st != IL_TDI_LOCKED)
		assert_int_equal(bench_go(&u->b, IL_REQ_TDISP_START, &a),
				 IL_OK);
	if (st == IL_TDI_ERROR)
		il_pci_event(u->pci, IL_EV_BME_CLEARED, fn);
	assert_int_equal(il_pci_tdi_state(u->pci, fn), st);
}
