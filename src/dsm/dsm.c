/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm/dsm.h"

#include "base/assert.h"
#include "dsm/dsm_priv.h"

/* How soon a slow STOP wants to be carried on. */
#define POLL_NS UINT64_C(1000000)

/* IDE_KM towards the device. */

static uint8_t km_program(void *ctx, const struct idekm_ref *ref,
			  const uint8_t key[IDEKM_KEY_LEN],
			  const uint8_t ifv[IDEKM_IFV_LEN])
{
	struct dsm *d = ctx;

	return d->cfg.port->program_key(d->cfg.port_ctx, ref, key, ifv);
}

static enum il_err km_go(void *ctx, const struct idekm_ref *ref)
{
	struct dsm *d = ctx;

	return d->cfg.port->key_go(d->cfg.port_ctx, ref);
}

static enum il_err km_stop(void *ctx, const struct idekm_ref *ref)
{
	struct dsm *d = ctx;

	return d->cfg.port->key_stop(d->cfg.port_ctx, ref);
}

static enum il_err km_query(void *ctx, uint8_t port, struct idekm_msg *out)
{
	struct dsm *d = ctx;

	return d->cfg.port->query(d->cfg.port_ctx, port, out);
}

static void km_kill(void *ctx, uint8_t port, uint8_t stream)
{
	struct dsm *d = ctx;

	d->cfg.port->stream_kill(d->cfg.port_ctx, port, stream);
}

/* TDIs towards the device. */

static enum il_err tdi_arm(void *ctx, uint32_t fn)
{
	struct dsm *d = ctx;

	return d->cfg.port->arm(d->cfg.port_ctx, fn);
}

static void tdi_disarm(void *ctx, uint32_t fn)
{
	struct dsm *d = ctx;

	d->cfg.port->disarm(d->cfg.port_ctx, fn);
}

static enum il_err tdi_quiesce(void *ctx, uint32_t fn)
{
	struct dsm *d = ctx;

	return d->cfg.port->quiesce(d->cfg.port_ctx, fn);
}

static enum il_err tdi_scrub(void *ctx, uint32_t fn)
{
	struct dsm *d = ctx;

	return d->cfg.port->scrub(d->cfg.port_ctx, fn);
}

static enum il_err tdi_report(void *ctx, uint32_t fn,
			      const struct tdisp_lock *lock,
			      struct tdisp_report *out)
{
	struct dsm *d = ctx;

	return d->cfg.port->report(d->cfg.port_ctx, fn, lock, out);
}

static enum tdisp_error tdi_unbind_p2p(void *ctx, uint32_t fn, uint8_t stream)
{
	struct dsm *d = ctx;

	return d->cfg.port->unbind_p2p(d->cfg.port_ctx, fn, stream);
}

static enum tdisp_error tdi_set_attr(void *ctx, uint32_t fn,
				     const struct tdisp_range *range)
{
	struct dsm *d = ctx;

	return d->cfg.port->set_mmio_attr(d->cfg.port_ctx, fn, range);
}

static enum tdisp_error tdi_vdm(void *ctx, uint32_t fn,
				const struct tdisp_msg *req, struct wr *out)
{
	struct dsm *d = ctx;

	return d->cfg.port->vdm(d->cfg.port_ctx, fn, req, out);
}

static void tdi_entered(void *ctx, uint32_t fn, enum tdi_state old,
			enum tdi_state now, enum tdi_event why)
{
	struct dsm *d = ctx;

	if (d->cfg.port->tdi_entered)
		d->cfg.port->tdi_entered(d->cfg.port_ctx, fn, old, now, why);
}

/* SPDM towards us. */

static bool tap_idekm(void *ctx, const struct idekm_msg *req,
		      struct idekm_msg *rsp)
{
	struct dsm *d = ctx;

	return d->cfg.tap->idekm(d->cfg.tap_ctx, req, rsp);
}

static bool tap_tdisp(void *ctx, const struct tdisp_msg *req,
		      struct tdisp_msg *rsp)
{
	struct dsm *d = ctx;

	return d->cfg.tap->tdisp(d->cfg.tap_ctx, req, rsp);
}

/*
 * One PCI-SIG message; SPDM has made sure that it came inside a session
 * (law 1). What IDE_KM leaves unanswered has no answer here.
 */
static enum il_err vendor(void *ctx, uint32_t session,
			  const struct spdm_vdm *in, struct wr *out)
{
	struct dsm *d = ctx;
	const uint8_t *p = in->payload.p;
	size_t n = in->payload.n, room, was, len = 0;
	uint8_t *answer;
	enum il_err err;

	if (!n)
		return IL_E_SHORT;
	if (out->err || !out->p || out->cap - out->len < 1)
		return IL_E_SPACE;
	answer = out->p + out->len;
	room = out->cap - out->len - 1;
	if (p[0] == IDEKM_PROTOCOL)
		err = idekm_rsp_handle(&d->idekm, session, p + 1, n - 1,
				       answer + 1, room, &len);
	else if (p[0] == TDISP_PROTOCOL)
		err = tdisp_rsp_handle(&d->tdisp, session, p + 1, n - 1,
				       answer + 1, room, &len);
	else
		err = IL_E_FIELD;
	if (err || !len)
		return err;
	answer[0] = p[0];
	was = ++len;
	if (d->cfg.tap && d->cfg.tap->payload)
		d->cfg.tap->payload(d->cfg.tap_ctx, p, n, answer, room + 1,
				    &len);
	IL_ASSERT(len <= room + 1);
	if (len < was)
		bytes_wipe(answer + len, was - len);
	(void)wr_room(out, len); /* the bytes are there already */
	return IL_OK;
}

static void session_ended(void *ctx, uint32_t session, enum spdm_end why)
{
	struct dsm *d = ctx;

	env_trace(d->cfg.env, DSM_TRACE_SESSION, session, why, 0);
	dsm_session_lost(d, session);
}

static enum il_err sign(void *ctx, uint8_t slot, uint32_t base_asym,
			const uint8_t *digest, size_t digest_len, uint8_t *sig,
			size_t sig_len)
{
	struct dsm *d = ctx;

	return d->cfg.spdm.port->sign(d->cfg.spdm.port_ctx, slot, base_asym,
				      digest, digest_len, sig, sig_len);
}

static enum il_err measure(void *ctx, uint8_t index,
			   struct spdm_measurement *out)
{
	struct dsm *d = ctx;

	return d->cfg.spdm.port->measure(d->cfg.spdm.port_ctx, index, out);
}

static enum il_err vendor_other(void *ctx, uint32_t session,
				const struct spdm_vdm *in, struct wr *out)
{
	struct dsm *d = ctx;

	return d->cfg.spdm.port->vendor_other(d->cfg.spdm.port_ctx, session, in,
					      out);
}

static void tap_spdm(void *ctx, uint32_t session, enum spdm_tap_stage stage,
		     struct spdm_msg *rsp)
{
	struct dsm *d = ctx;

	d->cfg.tap->spdm(d->cfg.tap_ctx, session, stage, rsp);
}

static void tap_bytes(void *ctx, enum spdm_tap_stage stage,
		      const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		      size_t *n)
{
	struct dsm *d = ctx;

	d->cfg.tap->bytes(d->cfg.tap_ctx, stage, rsp, p, cap, n);
}

static void init_idekm(struct dsm *d)
{
	const struct dsm_cfg *cfg = &d->cfg;

	d->idekm_port = (struct idekm_port){ .program = km_program,
					     .go = km_go,
					     .stop = km_stop,
					     .query = km_query,
					     .kill = km_kill };
	idekm_rsp_init(&d->idekm, cfg->env, &d->idekm_port, d, cfg->streams,
		       cfg->stream_count);
	d->idekm.any_port = cfg->any_port;
	if (cfg->tap && cfg->tap->idekm) {
		d->idekm.tap = tap_idekm;
		d->idekm.tap_ctx = d;
	}
}

static void init_tdisp(struct dsm *d)
{
	const struct dsm_cfg *cfg = &d->cfg;
	const struct dsm_port *port = cfg->port;
	bool p2p = port->bind_p2p && port->unbind_p2p;

	d->tdi_port = (struct tdi_port){
		.check = dsm_lock_check,
		.arm = tdi_arm,
		.disarm = tdi_disarm,
		.quiesce = tdi_quiesce,
		.scrub = tdi_scrub,
		.report = tdi_report,
		.bind_p2p = p2p ? dsm_p2p_check : NULL,
		.unbind_p2p = p2p ? tdi_unbind_p2p : NULL,
		.set_mmio_attr = port->set_mmio_attr ? tdi_set_attr : NULL,
		.vdm = port->vdm ? tdi_vdm : NULL,
		.entered = tdi_entered,
	};
	tdisp_rsp_init(&d->tdisp, &(struct tdisp_rsp_cfg){
					  .env = cfg->env,
					  .port = &d->tdi_port,
					  .port_ctx = d,
					  .table = cfg->tdi_table,
					  .lock_flags = cfg->lock_flags,
					  .addr_width = cfg->addr_width,
					  .any_interface = cfg->any_interface,
					  .tdis = cfg->tdis,
					  .tdi_count = cfg->tdi_count,
					  .report = cfg->report,
					  .report_cap = cfg->report_cap });
	if (cfg->tap && cfg->tap->tdisp) {
		d->tdisp.tap = tap_tdisp;
		d->tdisp.tap_ctx = d;
	}
}

static enum il_err init_spdm(struct dsm *d)
{
	const struct dsm_cfg *cfg = &d->cfg;
	const struct spdm_rsp_port *port = cfg->spdm.port;
	struct spdm_rsp_cfg spdm = cfg->spdm;

	d->spdm_port = (struct spdm_rsp_port){
		.sign = sign,
		.measure = port->measure ? measure : NULL,
		.vendor = vendor,
		.vendor_other = port->vendor_other ? vendor_other : NULL,
		.session_ended = session_ended,
	};
	spdm.port = &d->spdm_port;
	spdm.port_ctx = d;
	spdm.tap = cfg->tap && cfg->tap->spdm ? tap_spdm : NULL;
	spdm.bytes = cfg->tap && cfg->tap->bytes ? tap_bytes : NULL;
	spdm.tap_ctx = d;
	return spdm_rsp_init(&d->spdm, &spdm);
}

static bool port_whole(const struct dsm_port *p)
{
	return p && p->program_key && p->key_go && p->key_stop && p->query &&
	       p->stream_kill && p->stream_info && p->check_config && p->arm &&
	       p->disarm && p->quiesce && p->scrub && p->report;
}

enum il_err dsm_init(struct dsm *d, const struct dsm_cfg *cfg)
{
	if (!port_whole(cfg->port) || !cfg->env || !cfg->spdm.port ||
	    !cfg->spdm.port->sign || !cfg->fns || !cfg->tdis || !cfg->streams ||
	    !cfg->report || !cfg->why)
		return IL_E_ARG;
	for (size_t i = 0; i < cfg->tdi_count; i++)
		if (cfg->fns[i].pf >= cfg->tdi_count)
			return IL_E_ARG;
	memset(d, 0, sizeof(*d));
	d->cfg = *cfg;
	for (size_t i = 0; i < cfg->tdi_count; i++)
		cfg->why[i] = NULL;
	init_idekm(d);
	init_tdisp(d);
	return init_spdm(d);
}

void dsm_fini(struct dsm *d)
{
	spdm_rsp_fini(&d->spdm);
	for (size_t i = 0; i < d->cfg.tdi_count; i++)
		bytes_wipe(d->cfg.tdis[i].nonce, TDISP_NONCE_LEN);
}

void dsm_via(struct dsm *d, const struct spdm_binding *b)
{
	spdm_rsp_via(&d->spdm, b);
}

enum il_err dsm_handle(struct dsm *d, enum spdm_kind kind, const uint8_t *in,
		       size_t n, uint8_t *out, size_t cap, size_t *out_len,
		       enum spdm_kind *out_kind, uint64_t now_ns)
{
	enum il_err err = spdm_rsp_handle(&d->spdm, kind, in, n, out, cap,
					  out_len, out_kind, now_ns);

	IL_ASSERT(d->cfg.tdi_table || dsm_sane(d));
	return err;
}

uint64_t dsm_tick(struct dsm *d, uint64_t now_ns)
{
	uint64_t next = spdm_rsp_tick(&d->spdm, now_ns);

	for (size_t i = 0; i < d->cfg.tdi_count; i++)
		if (!tdi_poll(&d->tdisp, &d->cfg.tdis[i]) &&
		    next > now_ns + POLL_NS)
			next = now_ns + POLL_NS;
	return next;
}

void dsm_set_function(struct dsm *d, uint32_t fn, bool hosted, uint32_t id)
{
	if (fn < d->cfg.tdi_count)
		tdi_host(&d->tdisp, &d->cfg.tdis[fn], hosted, id);
}

void dsm_key_retired(struct dsm *d, const struct idekm_ref *ref)
{
	idekm_rsp_retired(&d->idekm, ref);
}

enum tdi_state dsm_tdi_state(const struct dsm *d, uint32_t fn)
{
	return fn < d->cfg.tdi_count ? d->cfg.tdis[fn].state : TDI_UNLOCKED;
}

const struct rule *dsm_lock_refusal(const struct dsm *d, uint32_t fn)
{
	return fn < d->cfg.tdi_count ? d->cfg.why[fn] : NULL;
}

bool dsm_sane(const struct dsm *d)
{
	for (size_t i = 0; i < d->cfg.tdi_count; i++) {
		const struct tdi *t = &d->cfg.tdis[i];

		if (!tdi_sane(t))
			return false;
		if (t->session && !spdm_rsp_session_open(&d->spdm, t->session))
			return false;
	}
	return idekm_rsp_sane(&d->idekm) && spdm_rsp_sane(&d->spdm);
}
