/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/rsp.h"

#include "base/assert.h"
#include "spdm/chain.h"
#include "spdm/keys_priv.h"
#include "spdm/rsp_prov.h"
#include "spdm/rsp_table.h"

void spdm_rsp_session_enter(struct spdm_rsp *r, struct spdm_rsp_session *s,
			    enum spdm_session_state next)
{
	s->state = next;
	env_trace(r->cfg.env, TRACE_EV(TRACE_SPDM, SPDM_TRACE_SESSION), s->id,
		  next, 0);
	if (r->cfg.keylog && next != SPDM_SES_NONE)
		r->cfg.keylog(
			r->cfg.keylog_ctx,
			&(struct spdm_key_note){ .session_id = s->id,
						 .psk = s->psk,
						 .data = next == SPDM_SES_OPEN,
						 .keys = &s->keys });
}

/*
 * Keys go first, then whoever depends on the session is told, then the place
 * is free. Source: PCIe TDISP 1.0 §11.4.5 (law 3: streams and TDIs of the
 * session are dead before its place is used again).
 */
void spdm_rsp_session_end(struct spdm_rsp *r, struct spdm_rsp_session *s,
			  enum spdm_end why)
{
	const bool open = s->state == SPDM_SES_OPEN;
	const uint32_t id = s->id;

	if (s->state == SPDM_SES_NONE)
		return;
	if (spdm_encap_of(r, s))
		spdm_encap_drop(r);
	for (unsigned d = 0; d < SPDM_DIRS; d++)
		spdm_channel_close(&s->ch[d], r->cfg.crypto);
	crypto_drop(r->cfg.crypto, &s->th);
	crypto_drop(r->cfg.crypto, &s->l12);
	if (r->wait.ctx == id)
		spdm_wait_drop(r);
	if (r->large.ctx == id)
		spdm_large_drop(r);
	bytes_wipe(s, sizeof(*s));
	if (open && r->cfg.up && r->cfg.up->ended)
		r->cfg.up->ended(r->cfg.up_ctx, id, why);
	env_trace(r->cfg.env, TRACE_EV(TRACE_SPDM, SPDM_TRACE_SESSION), id,
		  SPDM_SES_NONE, why);
}

bool spdm_rsp_slot_good(const struct spdm_rsp_slot *s)
{
	const size_t max = UINT16_MAX - SPDM_CHAIN_HEAD - SPDM_HASH_MAX;

	if (!s->certs.n)
		return true;
	return s->certs.p && s->certs.n <= max && spdm_der_len(s->certs) &&
	       (!s->root.n || s->root.p);
}

static bool buffers_ok(const struct spdm_rsp_cfg *cfg)
{
	if (cfg->longest && cfg->longest < SPDM_TRANSFER_MIN)
		return false;
	if (cfg->large && (cfg->large_cap <= cfg->transfer ||
			   cfg->large_cap > UINT32_MAX / 2))
		return false;
	if (!cfg->kept)
		return true;
	return cfg->kept_cap >= cfg->transfer && cfg->rdt_exponent <= 31 &&
	       cfg->rdt_factor != 1;
}

static bool versions_ok(const struct spdm_rsp_cfg *cfg)
{
	for (unsigned i = 0; i < COUNT(cfg->versions); i++)
		if (cfg->versions[i] && (cfg->versions[i] < SPDM_V10 ||
					 cfg->versions[i] > SPDM_V14))
			return false;
	return cfg->versions[0];
}

static bool cfg_ok(const struct spdm_rsp_cfg *cfg)
{
	if (cfg->port && !spdm_mutual_cfg(cfg))
		return false;
	if ((cfg->caps & SPDM_CAP_PSK_MASK) == SPDM_CAP_PSK_MASK ||
	    ((cfg->caps & SPDM_CAP_PSK_MASK) && cfg->port && !cfg->port->psk))
		return false;
	if (!cfg->crypto || !cfg->env || !cfg->port || !cfg->scratch ||
	    !versions_ok(cfg) || !cfg->sm_versions[0] ||
	    (cfg->caps &
	     ~(SPDM_RSP_CAPS_ALL | SPDM_RSP_CAPS_PORT | SPDM_CAP_CACHE)) ||
	    !spdm_rsp_prov_whole(cfg) || cfg->transfer < SPDM_TRANSFER_MIN ||
	    cfg->transfer > UINT16_MAX ||
	    cfg->scratch_len <
		    cfg->transfer + SPDM_RSP_RECORD_MIN + spdm_rsp_tail(cfg) ||
	    !buffers_ok(cfg) || !cfg->ses || !cfg->ses_count ||
	    cfg->ses_count > SPDM_RSP_SESSIONS)
		return false;
	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		if (!spdm_rsp_slot_good(&cfg->slots[i]))
			return false;
	return true;
}

enum il_err spdm_rsp_start(struct spdm_rsp *r)
{
	struct spdm_rsp_cfg *cfg = &r->cfg;

	if (!cfg_ok(cfg))
		return IL_E_ARG;
	cfg->pqc_asym = spdm_rsp_can_pqc(cfg);
	cfg->req_pqc_asym = spdm_rsp_can_req_pqc(cfg);
	cfg->kem = spdm_rsp_can_kem(cfg);
	if (!cfg->table)
		cfg->table = &spdm_rsp_rows;
	if (!cfg->seq_limit)
		cfg->seq_limit = UINT64_MAX;
	if (!cfg->large)
		cfg->caps &= ~(SPDM_CAP_CHUNK | SPDM_CAP_LARGE_RESP);
	memset(cfg->ses, 0, cfg->ses_count * sizeof(*cfg->ses));
	r->next_id = UINT16_MAX;
	r->via = &spdm_binding_bare;
	spdm_tr_init(&r->tr, cfg->crypto);
	r->tr.may = cfg->hash;
	return IL_OK;
}

enum il_err spdm_rsp_init(struct spdm_rsp *r, const struct spdm_rsp_cfg *cfg)
{
	memset(r, 0, sizeof(*r));
	r->cfg = *cfg;
	return spdm_rsp_start(r);
}

void spdm_rsp_via(struct spdm_rsp *r, const struct spdm_binding *b)
{
	r->via = b ? b : &spdm_binding_bare;
}

bool spdm_rsp_clear(const struct spdm_rsp *r)
{
	return r->cfg.caps & r->peer_caps & SPDM_CAP_HANDSHAKE_IN_CLEAR;
}

void spdm_rsp_fini(struct spdm_rsp *r)
{
	spdm_rsp_leave(r);
	bytes_wipe(r->cfg.ses, r->cfg.ses_count * sizeof(*r->cfg.ses));
	bytes_wipe(r, sizeof(*r));
}

static struct spdm_rsp_session *session(struct spdm_rsp *r, uint32_t id)
{
	for (unsigned i = 0; i < r->cfg.ses_count; i++)
		if (r->cfg.ses[i].state != SPDM_SES_NONE &&
		    r->cfg.ses[i].id == id)
			return &r->cfg.ses[i];
	return NULL;
}

bool spdm_rsp_end(struct spdm_rsp *r, uint32_t session_id)
{
	struct spdm_rsp_session *s = session(r, session_id);

	if (s)
		spdm_rsp_session_end(r, s, SPDM_END_RESET);
	return s != NULL;
}

bool spdm_rsp_session_open(const struct spdm_rsp *r, uint32_t session_id)
{
	for (unsigned i = 0; i < r->cfg.ses_count; i++)
		if (r->cfg.ses[i].state == SPDM_SES_OPEN &&
		    r->cfg.ses[i].id == session_id)
			return true;
	return false;
}

/*
 * How long @s may stay silent; 0: for ever. A session that was silent for
 * twice the heartbeat's period is over; one that was begun and not finished
 * would keep its place from others.
 * Source: DSP0274 1.2.1, section 10.20 (HEARTBEAT). OPEN: it has no limit for
 * the handshake; this one is ours.
 */
static uint64_t patience(const struct spdm_rsp *r,
			 const struct spdm_rsp_session *s)
{
	if (s->state == SPDM_SES_HANDSHAKE)
		return r->cfg.handshake_s * UINT64_C(1000000000);
	if (s->state == SPDM_SES_OPEN &&
	    (r->peer_caps & r->cfg.caps & SPDM_CAP_HBEAT))
		return r->cfg.heartbeat_s * UINT64_C(2000000000);
	return 0;
}

uint64_t spdm_rsp_tick(struct spdm_rsp *r, uint64_t now_ns)
{
	uint64_t next = spdm_wait_tick(r, now_ns);

	for (unsigned i = 0; i < r->cfg.ses_count; i++) {
		struct spdm_rsp_session *s = &r->cfg.ses[i];
		const uint64_t wait = patience(r, s);

		if (!wait)
			continue;
		if (now_ns > s->heard_ns && now_ns - s->heard_ns > wait)
			spdm_rsp_session_end(r, s,
					     s->state == SPDM_SES_OPEN
						     ? SPDM_END_HEARTBEAT
						     : SPDM_END_LATE);
		else if (s->heard_ns + wait < next)
			next = s->heard_ns + wait;
	}
	return next;
}

/* Codes that are reserved before 1.2 say no more than Unspecified there. */
static uint8_t known(const struct spdm_ex *x, uint8_t code)
{
	const uint8_t v = x->r->version;
	const bool newer = code >= SPDM_ERR_SESSION_REQUIRED &&
			   code <= SPDM_ERR_DATA_TOO_LARGE;

	return newer && v && v < SPDM_V12 ? SPDM_ERR_UNSPECIFIED : code;
}

enum il_err spdm_ex_refuse(struct spdm_ex *x, uint8_t code, uint8_t data)
{
	x->error = known(x, code);
	if (x->error != code)
		x->ext_len = 0;
	x->error_data = data;
	return IL_E_FIELD;
}

void spdm_ex_begin(struct spdm_ex *x)
{
	const uint8_t version = x->r->version ? x->r->version : SPDM_V10;

	if (x->r->cfg.tap) /* which may change the code */
		memset(&x->rsp, 0, sizeof(x->rsp));
	spdm_msg_start(&x->rsp, version, spdm_response_of(x->req.code));
}

static void tap(struct spdm_ex *x, enum spdm_tap_stage stage)
{
	const struct spdm_rsp_cfg *cfg = &x->r->cfg;

	if (cfg->tap)
		cfg->tap(cfg->tap_ctx, x->s ? x->s->id : 0, stage, &x->rsp);
}

static void tap_bytes(struct spdm_ex *x, enum spdm_tap_stage stage)
{
	const struct spdm_rsp_cfg *cfg = &x->r->cfg;

	if (cfg->bytes)
		cfg->bytes(cfg->tap_ctx, stage, &x->rsp, x->buf, x->cap,
			   &x->len);
}

/* What the peer takes at once, we can send, and a record can say. */
uint32_t spdm_ex_longest(const struct spdm_ex *x)
{
	const uint32_t ours = x->r->cfg.longest, theirs = x->r->peer_transfer;
	const uint32_t n = ours && (!theirs || ours < theirs) ? ours : theirs;

	return x->secured && (!n || n > SPDM_SECURED_MAX) ? SPDM_SECURED_MAX
							  : n;
}

static enum il_err encode(struct spdm_ex *x)
{
	struct wr w = wr_over(x->buf, x->cap);
	enum il_err err = spdm_msg_encode(&w, &x->rsp);
	const uint32_t max = x->big ? 0 : spdm_ex_longest(x);

	if (max && w.len + x->ack > max && spdm_large_open(x, w.len)) {
		w = wr_over(x->buf, x->cap);
		err = spdm_msg_encode(&w, &x->rsp);
	} else if (!err || err == IL_E_SPACE)
		if (max && w.len + x->ack > max) {
			x->ext_len = 4;
			for (unsigned i = 0; i < 4; i++)
				x->ext[i] = (uint8_t)(w.len >> (8 * i));
			return spdm_ex_refuse(x, SPDM_ERR_RESPONSE_TOO_LARGE,
					      0);
		}
	if (!err)
		x->len = w.len;
	return err;
}

static enum il_err emit(struct spdm_ex *x, enum spdm_tap_stage stage)
{
	enum il_err err;

	tap(x, stage);
	err = encode(x);
	if (!err)
		tap_bytes(x, stage);
	return err;
}

enum il_err spdm_ex_emit(struct spdm_ex *x)
{
	return emit(x, SPDM_TAP_FIELDS);
}

enum il_err spdm_ex_emit_proof(struct spdm_ex *x)
{
	return emit(x, SPDM_TAP_PROOF);
}

enum il_err spdm_ex_record(struct spdm_ex *x, struct crypto_slot *s, bool vca)
{
	enum il_err err = spdm_tr_add(&x->r->tr, s, vca, x->in.p, x->in.n);

	if (err)
		return err;
	return spdm_tr_add(&x->r->tr, s, vca, x->buf,
			   x->len - spdm_msg_sig_len(&x->rsp) -
				   spdm_msg_verify_len(&x->rsp));
}

enum il_err spdm_ex_error(struct spdm_ex *x, uint8_t code)
{
	struct wr w = wr_over(x->buf, x->cap);
	enum il_err err;

	memset(&x->rsp, 0, sizeof(x->rsp));
	x->rsp.version = x->r->version ? x->r->version : SPDM_V10;
	x->rsp.code = SPDM_ERROR;
	x->rsp.param1 = x->error;
	x->rsp.param2 = x->error_data;
	x->rsp.u.error.ext = (struct spdm_span){ .p = x->ext, .n = x->ext_len };
	env_trace(x->r->cfg.env, TRACE_EV(TRACE_SPDM, SPDM_TRACE_REFUSED), code,
		  x->error, spdm_ex_phase(x));
	tap(x, SPDM_TAP_FIELDS);
	err = spdm_msg_encode(&w, &x->rsp);
	if (err)
		return err;
	x->len = w.len;
	tap_bytes(x, SPDM_TAP_FIELDS);
	return IL_OK;
}

/* Runs the request; what cannot be answered by a refusal comes back. */
static enum il_err answer(struct spdm_ex *x, const uint8_t *in, size_t n)
{
	enum il_err err;

	x->out = x->buf;
	x->out_cap = x->cap;
	err = spdm_ex_dispatch(x, in, n);
	if (err == IL_E_AGAIN)
		err = spdm_wait_keep(x);
	if (err == IL_E_AGAIN || err == IL_E_SPACE)
		return err;
	if (err) {
		if (!x->error)
			x->error = SPDM_ERR_UNSPECIFIED;
		bytes_wipe(x->buf, x->cap); /* it does not go out */
		spdm_large_back(x);
		err = spdm_ex_error(x, n > 1 ? in[1] : 0);
	}
	if (err)
		return err;
	spdm_wait_done(x);
	return spdm_large_finish(x);
}

/* Gives back what an exchange acquired and did not commit; all is zero again,
 * so that the responder is as it was where the request changed nothing. */
static void ex_fini(struct spdm_ex *x)
{
	const struct crypto *c = x->r->cfg.crypto;

	crypto_drop(c, &x->work);
	crypto_drop(c, &x->dh);
	crypto_drop(c, &x->th);
	if (x->big) /* not announced */
		spdm_large_back(x);
	bytes_wipe(x->r->cfg.scratch, x->plain_used);
	bytes_wipe(x->record, x->record_used);
	bytes_wipe(x->sig_room, x->sig_used);
	bytes_wipe(x->kem_room, x->kem_used);
	if (x->proof)
		for (unsigned d = 0; d < SPDM_DIRS; d++)
			spdm_channel_close(&x->ch[d], c);
	bytes_wipe(x, x->proof ? sizeof(*x) : SPDM_EX_PROOF);
}

static void ex_init(struct spdm_ex *x, struct spdm_rsp *r, uint64_t now_ns)
{
	x->r = r;
	x->now_ns = now_ns;
	/* Behind the longest plaintext, which stays while it is answered. */
	x->record = r->cfg.scratch + r->cfg.transfer + SPDM_SECURED_SLACK;
	x->record_cap = r->cfg.scratch_len - r->cfg.transfer -
			SPDM_SECURED_SLACK - spdm_rsp_tail(&r->cfg);
	x->sig_room = x->record + x->record_cap;
	x->kem_room = spdm_rsp_kem_room(r);
}

struct spdm_rsp_session *spdm_rsp_finishing(struct spdm_rsp *r,
					    const uint8_t *in, size_t n)
{
	struct spdm_rsp_session *s;

	if (n < 2 || !r->clear_id)
		return NULL;
	s = session(r, r->clear_id);
	if (in[1] != SPDM_FINISH &&
	    !(s && spdm_encap_of(r, s) &&
	      (in[1] == SPDM_GET_ENCAPSULATED_REQUEST ||
	       in[1] == SPDM_DELIVER_ENCAPSULATED_RESPONSE)))
		return NULL;
	return s && s->state == SPDM_SES_HANDSHAKE &&
			       s->ch[SPDM_DIR_REQ].binding == r->via
		       ? s
		       : NULL;
}

static enum il_err handle_plain(struct spdm_rsp *r, const uint8_t *in, size_t n,
				uint8_t *out, size_t cap, size_t *out_len,
				uint64_t now_ns)
{
	struct spdm_ex *x = &r->ex;
	enum il_err err;

	*out_len = 0;
	if (spdm_rsp_must_ignore(in, n))
		return IL_OK;
	ex_init(x, r, now_ns);
	x->s = spdm_rsp_finishing(r, in, n);
	x->buf = out;
	x->cap = cap;
	err = answer(x, in, n);
	if (!err && !x->silent)
		*out_len = x->len;
	if (!err && x->after)
		x->after(x);
	ex_fini(x);
	return err;
}

/*
 * A record that does not decrypt ends its session: what it may have been is
 * unknown, and guessing must not be free. Source: DSP0274 1.2.1, section
 * 10.10 (DecryptError); DSP0277 1.1, section 7. OPEN: whether the session
 * must end; the DMTF implementation ends it, and so do we.
 */
static enum il_err decrypt_error(struct spdm_ex *x)
{
	x->error = SPDM_ERR_DECRYPT_ERROR;
	return spdm_ex_error(x, 0);
}

static void after_decrypt(struct spdm_ex *x)
{
	spdm_rsp_session_end(x->r, x->s, SPDM_END_DECRYPT);
}

static enum il_err seal(struct spdm_ex *x, uint8_t *out, size_t cap,
			size_t *out_len)
{
	if (x->silent)
		return IL_OK;
	return spdm_secured_seal(&x->s->ch[SPDM_DIR_RSP], x->r->cfg.crypto,
				 x->s->id, out, cap, x->len, out_len);
}

static enum il_err secured(struct spdm_ex *x, const uint8_t *in, size_t n,
			   uint8_t *out, size_t out_cap, size_t *out_len)
{
	struct spdm_channel *ch = &x->s->ch[SPDM_DIR_REQ];
	const struct spdm_rsp_cfg *cfg = &x->r->cfg;
	const uint64_t seq = ch->seq;
	const uint64_t heard_ns = x->s->heard_ns;
	const size_t cap = cfg->transfer + SPDM_SECURED_SLACK;
	struct spdm_span app;
	enum il_err err;

	x->plain_used = n < cap ? n : cap;
	err = spdm_secured_open_at(ch, cfg->crypto, in, n, cfg->scratch, cap,
				   &app);
	if (err == IL_E_AUTH) {
		x->after = after_decrypt;
		err = decrypt_error(x);
	} else if (err) {
		return IL_OK; /* malformed or too long: dropped, no answer */
	} else {
		/* A handshake has its limit from its beginning on. */
		if (x->s->state == SPDM_SES_OPEN)
			x->s->heard_ns = x->now_ns;
		err = answer(x, app.p, app.n);
		/* Now, while the processor has it at hand. */
		bytes_wipe(cfg->scratch, x->plain_used);
		x->plain_used = 0;
	}
	if (err) { /* not answered: may come again */
		ch->seq = seq;
		x->s->heard_ns = heard_ns;
		return err;
	}
	err = seal(x, out, out_cap, out_len);
	if (err)
		spdm_rsp_session_end(x->r, x->s, SPDM_END_RESET);
	else if (x->after)
		x->after(x);
	return err;
}

static enum il_err handle_secured(struct spdm_rsp *r, const uint8_t *in,
				  size_t n, uint8_t *out, size_t cap,
				  size_t *out_len, uint64_t now_ns)
{
	struct spdm_rsp_session *s;
	struct spdm_ex *x = &r->ex;
	uint32_t id;
	enum il_err err;

	*out_len = 0;
	if (spdm_secured_id(in, n, &id))
		return IL_OK;
	s = session(r, id);
	if (!s || s->ch[SPDM_DIR_REQ].binding != r->via)
		return IL_OK;
	/* Nothing is encrypted before FINISH where that is in the clear. With
	 * a pre-shared key it never is: DSP0274 1.2.1, section 10.18. */
	if (s->state == SPDM_SES_HANDSHAKE && !s->psk && spdm_rsp_clear(r))
		return IL_OK;
	if (cap < spdm_secured_over(&s->ch[SPDM_DIR_RSP]) + 4)
		return IL_E_SPACE;
	for (unsigned d = 0; d < SPDM_DIRS; d++)
		if (s->ch[d].seq >= s->ch[d].limit) {
			spdm_rsp_session_end(r, s, SPDM_END_EXHAUSTED);
			return IL_OK;
		}
	ex_init(x, r, now_ns);
	x->s = s;
	x->secured = true;
	x->buf = out + spdm_secured_head(&s->ch[SPDM_DIR_RSP]);
	x->cap = cap - spdm_secured_over(&s->ch[SPDM_DIR_RSP]);
	err = secured(x, in, n, out, cap, out_len);
	if (err)
		bytes_wipe(out, cap); /* plaintext does not leave: law 10 */
	ex_fini(x);
	return err;
}

enum il_err spdm_rsp_handle(struct spdm_rsp *r, enum spdm_kind kind,
			    const uint8_t *in, size_t n, uint8_t *out,
			    size_t cap, size_t *out_len,
			    enum spdm_kind *out_kind, uint64_t now_ns)
{
	enum il_err err = IL_E_ARG;

	*out_len = 0;
	if (r->ex.r)
		return IL_E_STATE;
	(void)spdm_rsp_tick(r, now_ns);
	*out_kind = kind;
	switch (kind) {
	case SPDM_PLAIN:
		err = handle_plain(r, in, n, out, cap, out_len, now_ns);
		break;
	case SPDM_SECURED:
		err = handle_secured(r, in, n, out, cap, out_len, now_ns);
		break;
	}
	IL_ASSERT(spdm_rsp_sane(r));
	return err;
}

bool spdm_rsp_sane(const struct spdm_rsp *r)
{
	const bool ready = r->phase == SPDM_PH_READY;

	if (r->phase > SPDM_PH_READY || ready != (r->tr.hash != 0))
		return false;
	for (unsigned i = 0; i < r->cfg.ses_count; i++) {
		const struct spdm_rsp_session *s = &r->cfg.ses[i];
		const bool live = s->state != SPDM_SES_NONE;

		if (!live && !s->th.n && !s->ch[0].live && !s->ch[1].live)
			continue;
		if (!live || !s->ch[0].live || !s->ch[1].live || !ready)
			return false;
		if ((s->th.n != 0) != (s->state == SPDM_SES_HANDSHAKE))
			return false;
		for (unsigned j = 0; j < i; j++)
			if (r->cfg.ses[j].state != SPDM_SES_NONE &&
			    r->cfg.ses[j].id == s->id)
				return false;
	}
	return true;
}
