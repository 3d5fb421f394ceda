/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm_test.h"

#include <stdlib.h>

static enum il_err hw_program(void *ctx, const struct idekm_ref *ref,
			      const uint8_t key[IDEKM_KEY_LEN],
			      const uint8_t ifv[IDEKM_IFV_LEN], uint8_t *status)
{
	struct hw *h = ctx;

	h->programs++;
	h->ref = *ref;
	assert_int_equal(key[0], 0x44); /* byte 3 of the wire's first dword */
	assert_int_equal(ifv[7], 1);
	*status = h->status;
	return h->program;
}

static enum il_err hw_go(void *ctx, const struct idekm_ref *ref)
{
	struct hw *h = ctx;

	h->goes++;
	h->ref = *ref;
	return IL_OK;
}

static enum il_err hw_stop(void *ctx, const struct idekm_ref *ref)
{
	struct hw *h = ctx;

	h->stops++;
	h->ref = *ref;
	return IL_OK;
}

static enum il_err hw_query(void *ctx, uint8_t port, struct il_ide_query *out)
{
	static const uint8_t image[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	(void)ctx;
	if (port)
		return IL_E_ARG;
	out->bus = 1;
	out->cap = (struct spdm_span){ image, sizeof(image) };
	return IL_OK;
}

static void hw_kill(void *ctx, uint8_t port, uint8_t stream)
{
	struct hw *h = ctx;

	h->kills++;
	h->killed_port = port;
	h->killed_stream = stream;
}

static enum il_err hw_stream(void *ctx, uint8_t stream, struct dsm_stream *out)
{
	struct hw *h = ctx;

	if (stream != STREAM && stream != PEER)
		return IL_E_ARG;
	*out = stream == STREAM ? h->stream : h->peer;
	return IL_OK;
}

static const struct rule *hw_config(void *ctx, uint32_t fn,
				    const struct tdisp_lock *lock)
{
	struct hw *h = ctx;

	(void)lock;
	h->configs++;
	h->fn = fn;
	return h->config;
}

static enum il_err hw_arm(void *ctx, uint32_t fn)
{
	struct hw *h = ctx;

	h->arms++;
	h->fn = fn;
	return IL_OK;
}

static void hw_disarm(void *ctx, uint32_t fn)
{
	struct hw *h = ctx;

	h->disarms++;
	h->fn = fn;
}

static enum il_err hw_quiesce(void *ctx, uint32_t fn)
{
	struct hw *h = ctx;

	h->quiesces++;
	h->fn = fn;
	return h->quiesce;
}

static enum il_err hw_scrub(void *ctx, uint32_t fn)
{
	struct hw *h = ctx;

	h->scrubs++;
	h->fn = fn;
	return h->scrub;
}

static enum il_err hw_report(void *ctx, uint32_t fn,
			     const struct tdisp_lock *lock,
			     struct tdisp_report *out)
{
	struct hw *h = ctx;

	(void)lock;
	h->fn = fn;
	out->info = TDISP_INFO_DMA_NO_PASID;
	out->range_count = 1;
	out->ranges[0] = (struct tdisp_range){ 0x1000 + fn, 1,
					       TDISP_RANGE_UPDATABLE, 0 };
	return IL_OK;
}

static enum tdisp_error hw_bind(void *ctx, uint32_t fn, uint8_t stream)
{
	struct hw *h = ctx;

	assert_int_equal(stream, PEER);
	h->binds++;
	h->fn = fn;
	return h->bind;
}

static enum tdisp_error hw_unbind(void *ctx, uint32_t fn, uint8_t stream)
{
	struct hw *h = ctx;

	assert_int_equal(stream, PEER);
	h->unbinds++;
	h->fn = fn;
	return h->unbind;
}

static enum tdisp_error hw_attr(void *ctx, uint32_t fn,
				const struct tdisp_range *range)
{
	struct hw *h = ctx;

	assert_int_equal(range->first_page, 0x1000 + fn);
	h->attrs++;
	h->fn = fn;
	return TDISP_E_NONE;
}

static enum tdisp_error hw_vdm(void *ctx, uint32_t fn,
			       const struct il_tdisp_vdm *req, uint8_t *out,
			       size_t cap, size_t *len)
{
	struct hw *h = ctx;

	(void)req;
	h->vdms++;
	h->fn = fn;
	assert_true(cap != 0);
	*out = 0x77;
	*len = 1;
	return h->vdm;
}

static void hw_entered(void *ctx, uint32_t fn, enum tdi_state old,
		       enum tdi_state now, enum tdi_event why)
{
	struct hw *h = ctx;

	(void)old;
	(void)now;
	(void)why;
	h->entered++;
	h->fn = fn;
}

static const struct dsm_port hw_port = {
	hw_program, hw_go,     hw_stop,	  hw_query,   hw_kill,	  hw_stream,
	hw_config,  hw_arm,    hw_disarm, hw_quiesce, hw_scrub,	  hw_report,
	hw_bind,    hw_unbind, hw_attr,	  hw_vdm,     hw_entered,
};

/* Made once: keys and library contexts are slow to make. */
static struct maker maker;

static enum il_err sign(void *ctx, uint8_t slot, uint32_t asym,
			const uint8_t *digest, size_t digest_len, uint8_t *sig,
			size_t sig_len)
{
	struct rig *g = ctx;

	(void)slot;
	(void)asym;
	return crypto_sign_digest(&g->c, maker.key, digest, digest_len, sig,
				  sig_len);
}

static enum il_err measure(void *ctx, uint8_t index,
			   struct spdm_measurement *out)
{
	static const uint8_t bytes[16] = { 9 };

	(void)ctx;
	if (index != 1)
		return IL_E_ARG;
	*out = (struct spdm_measurement){ .tcb = true, .raw = { bytes, 16 } };
	return IL_OK;
}

static enum il_err other(void *ctx, uint32_t session, const struct spdm_vdm *in,
			 uint8_t *out, size_t cap, size_t *len)
{
	struct wr w = wr_over(out, cap);

	(void)ctx;
	(void)session;
	wr_bytes(&w, in->payload.p, in->payload.n);
	return wr_end(&w, len);
}

static const struct spdm_rsp_port spdm_port = { .sign = sign,
						.measure = measure,
						.vendor_other = other };

void rig_open(void)
{
	maker_open(&maker, CRYPTO_P384);
}

void rig_close(void)
{
	maker_close(&maker);
}

static void configure(struct rig *g)
{
	g->cfg.spdm = (struct spdm_rsp_cfg){
		.crypto = &g->c,
		.env = &g->env,
		.port = &spdm_port,
		.port_ctx = g,
		.versions = { SPDM_V12 },
		.caps = SPDM_RSP_CAPS,
		.asym = SPDM_ASYM_ECDSA_P384,
		.hash = SPDM_HASH_SHA_384,
		.meas_hash = SPDM_MEAS_HASH_SHA_384,
		.dhe = SPDM_DHE_SECP384R1,
		.sm_versions = { SPDM_SM_V11 },
		.slots = { { .certs = { maker.certs, maker.certs_len } } },
		.heartbeat_s = 10,
		.transfer = TRANSFER,
		.ses = g->ses,
		.ses_count = SPDM_RSP_SESSIONS,
		.scratch = g->scratch,
		.scratch_len = sizeof(g->scratch) / CONNS,
	};
	g->cfg.conns = g->conns;
	g->cfg.conn_count = CONNS;
	g->cfg.pci = (struct dsm_pci_cfg){
		.env = &g->env,
		.port = &g->port,
		.port_ctx = &g->hw,
		.lock_flags = TDISP_LOCK_FLAGS,
		.addr_width = 52,
		.fns = g->fns,
		.tdis = g->tdis,
		.tdi_count = TDIS,
		.streams = g->streams,
		.stream_count = COUNT(g->streams),
		.report = g->report,
		.report_cap = REP_CAP,
		.why = g->why,
	};
}

static void end_init(struct rig *g, struct end *e)
{
	const struct spdm_req_cfg cfg = {
		.crypto = &g->c,
		.env = &g->env,
		.versions = { SPDM_V12 },
		.caps = SPDM_REQ_CAPS,
		.asym = SPDM_ASYM_ECDSA_P384,
		.hash = SPDM_HASH_SHA_384,
		.dhe = SPDM_DHE_SECP384R1,
		.sm_versions = { SPDM_SM_V11 },
		.transfer = TRANSFER,
		.chain = e->chain,
		.chain_cap = sizeof(e->chain),
		.scratch = e->scratch,
		.scratch_len = sizeof(e->scratch),
	};

	assert_int_equal(spdm_req_init(&e->req, &cfg), IL_OK);
}

struct rig *rig_new(void)
{
	struct rig *g = calloc(1, sizeof(*g));

	assert_non_null(g);
	g->env = fake_env(&g->f);
	g->c = maker.c;
	g->port = hw_port;
	g->hw.stream = (struct dsm_stream){ .enabled = true,
					    .secure = true,
					    .is_default = true,
					    .defaults = 1 };
	g->hw.peer = (struct dsm_stream){
		.enabled = true, .secure = true, .port = 2, .defaults = 1
	};
	g->fns[PF1].pf = PF1;
	configure(g);
	end_init(g, &g->a);
	end_init(g, &g->b);
	return g;
}

void rig_start(struct rig *g)
{
	assert_int_equal(dsm_init(&g->d, &g->cfg), IL_OK);
	for (uint32_t fn = 0; fn < TDIS; fn++)
		dsm_set_function(&g->d.pci, fn, true, 0x100 + fn);
	assert_true(dsm_sane(&g->d));
}

void rig_free(struct rig *g)
{
	spdm_req_fini(&g->a.req);
	spdm_req_fini(&g->b.req);
	if (g->d.front.count)
		dsm_fini(&g->d);
	assert_int_equal(maker_live(&maker), 1); /* the device's key */
	free(g);
}

enum il_err run(struct rig *g, struct end *e, enum spdm_req_op op,
		const struct spdm_req_args *args)
{
	enum il_err err = spdm_req_begin(&e->req, op, args);

	if (err)
		return err;
	do {
		err = spdm_req_pull(&e->req, e->in, BUF, &e->in_len,
				    &e->in_kind);
		if (err)
			return err;
		assert_int_equal(dsm_handle(&g->d, e->conn, e->in_kind, e->in,
					    e->in_len, e->out, BUF, &e->out_len,
					    &e->out_kind, g->now_ns),
				 IL_OK);
		assert_true(dsm_sane(&g->d));
		if (!e->out_len)
			return IL_E_TIMEOUT;
		err = spdm_req_push(&e->req, e->out_kind, e->out, e->out_len,
				    g->now_ns);
	} while (err == IL_E_AGAIN);
	return err;
}

uint32_t session(struct rig *g, struct end *e)
{
	assert_int_equal(run(g, e, SPDM_OP_CONNECT, NULL), IL_OK);
	assert_int_equal(run(g, e, SPDM_OP_SESSION, NULL), IL_OK);
	return e->req.session_id;
}

enum il_err carry(struct rig *g, struct end *e, const uint8_t *p, size_t n)
{
	static const uint8_t vid[2] = { 1, 0 };
	const struct spdm_req_args args = {
		.vdm = { SPDM_STD_PCISIG, { vid, 2 }, { p, n } }
	};
	enum il_err err = run(g, e, SPDM_OP_VENDOR, &args);

	if (!err) {
		const struct spdm_vdm *v = spdm_req_answer(&e->req);

		memcpy(g->ans, v->payload.p, v->payload.n);
		g->ans_len = v->payload.n;
	}
	return err;
}

enum il_err rig_vendor(struct rig *g, unsigned conn, uint32_t sid,
		       const uint8_t *p, size_t n, size_t cap)
{
	const struct spdm_vdm v = { .payload = { p, n } };
	struct dsm_conn *c = &g->conns[conn];

	g->ans_len = 0;
	return c->rsp.cfg.up->vendor(c, sid, &v, g->ans, cap, &g->ans_len);
}

void rig_ended(struct rig *g, unsigned conn, uint32_t sid)
{
	struct dsm_conn *c = &g->conns[conn];

	c->rsp.cfg.up->ended(c, sid, SPDM_END_REQUESTED);
}

void tell(struct rig *g, uint32_t sid, const uint8_t *p, size_t n)
{
	assert_int_equal(rig_vendor(g, 0, sid, p, n, sizeof(g->ans)), IL_OK);
}

uint64_t token(const struct rig *g, uint32_t sid)
{
	for (uint8_t i = 0; i < DSM_SEATS; i++) {
		const struct dsm_place *p = &g->conns[0].place[i];
		const struct dsm_session s = { .seat = i, .gen = p->gen };

		if (p->id == sid)
			return dsm_session_token(&s);
	}
	return 0;
}

static size_t request(struct rig *g, uint32_t fn, uint8_t code, uint8_t *p)
{
	static const uint8_t lens[] = { 16, 20, 36, 20, 16, 48,
					16, 17, 17, 32, 18 };

	memset(p, 0, 64);
	p[0] = TDISP_PROTOCOL;
	p[1] = 0x10;
	p[2] = code;
	p[5] = (uint8_t)fn;
	p[6] = 1; /* bus */
	switch (code) {
	case TDISP_LOCK_REQ:
		p[17] = TDISP_LOCK_BIND_P2P;
		p[19] = STREAM;
		break;
	case TDISP_GET_REPORT:
		p[19] = 0xff;
		break;
	case TDISP_START_REQ:
		memcpy(p + 17, g->tdis[fn].nonce, TDISP_NONCE_LEN);
		break;
	case TDISP_BIND_P2P_REQ:
	case TDISP_UNBIND_P2P_REQ:
		p[17] = PEER;
		break;
	case TDISP_SET_MMIO_ATTR_REQ:
		p[17] = (uint8_t)fn;
		p[18] = 0x10;
		p[25] = 1;
		p[29] = TDISP_RANGE_NON_TEE;
		break;
	default:
		break;
	}
	return 1u + lens[code - TDISP_GET_VERSION];
}

uint8_t ask(struct rig *g, uint32_t sid, uint32_t fn, uint8_t code)
{
	uint8_t p[64];
	size_t n = request(g, fn, code, p);

	tell(g, sid, p, n);
	assert_int_equal(g->ans[0], TDISP_PROTOCOL);
	assert_memory_equal(g->ans + 5, p + 5, 12);
	return g->ans[2];
}

uint32_t error_code(const struct rig *g)
{
	assert_int_equal(g->ans[2], TDISP_ERROR);
	return (uint32_t)g->ans[17] | (uint32_t)g->ans[18] << 8;
}

void key_all(struct rig *g, uint32_t sid, uint8_t stream)
{
	for (uint8_t i = 0; i < 6; i++) {
		uint8_t kss = (uint8_t)((i / 3) << 1 | (i % 3) << 4);
		uint8_t port = stream == PEER ? 2 : 0;
		uint8_t p[48] = {
			0,   IDEKM_KEY_PROG, 0,	   0,	 stream, 0,
			kss, port,	     0x11, 0x22, 0x33,	 0x44
		};

		p[44] = 1;
		tell(g, sid, p, 48);
		assert_int_equal(g->ans_len, 8);
		assert_int_equal(g->ans[1], IDEKM_KP_ACK);
		assert_int_equal(g->ans[5], 0);
		p[1] = IDEKM_K_SET_GO;
		tell(g, sid, p, 8);
		assert_int_equal(g->ans[1], IDEKM_K_GOSTOP_ACK);
	}
}

void bring(struct rig *g, uint32_t sid, uint32_t fn, enum tdi_state state)
{
	if (state == TDI_UNLOCKED)
		return;
	assert_int_equal(ask(g, sid, fn, TDISP_LOCK_REQ), TDISP_LOCK_RSP);
	if (state != TDI_LOCKED)
		assert_int_equal(ask(g, sid, fn, TDISP_START_REQ),
				 TDISP_START_RSP);
	if (state == TDI_ERROR)
		dsm_event(&g->d, DSM_EV_FAILURE, fn);
	assert_int_equal(dsm_tdi_state(&g->d.pci, fn), state);
}
