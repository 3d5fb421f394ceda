/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/rsp_priv.h"
#include "spdm/sig.h"

/*
 * Encapsulated requests: the responder asks, in messages that the requester
 * fetches with GET_ENCAPSULATED_REQUEST and answers with
 * DELIVER_ENCAPSULATED_RESPONSE, whose acknowledgement carries the next one.
 * Source: DSP0274 1.2.1, section 10.22 (encapsulated messages).
 */

/* More than any flow needs; a chain in crumbs ends here. */
#define ROUNDS_MAX 200

static enum il_err build_update(struct spdm_ex *x, struct spdm_rsp_encap *e,
				struct spdm_msg *m)
{
	enum il_err err = env_random(x->r->cfg.env, &e->tag, 1);

	m->param1 = SPDM_UPDATE_KEY;
	m->param2 = e->tag;
	return err;
}

/* Goes under the new key, as what follows does. */
static enum il_err build_verify(struct spdm_ex *x, struct spdm_rsp_encap *e,
				struct spdm_msg *m)
{
	enum il_err err = env_random(x->r->cfg.env, &e->tag, 1);

	m->param1 = SPDM_VERIFY_NEW_KEY;
	m->param2 = e->tag;
	if (err)
		return err;
	x->keys = x->s->keys;
	return spdm_ses_roll(x, SPDM_DIR_RSP);
}

static enum il_err take_update(struct spdm_ex *x, struct spdm_rsp_encap *e,
			       const struct spdm_msg *m, struct spdm_span bytes)
{
	const uint8_t op = e->step ? SPDM_VERIFY_NEW_KEY : SPDM_UPDATE_KEY;

	(void)x;
	(void)bytes;
	return m->param1 == op && m->param2 == e->tag ? IL_OK : IL_E_FIELD;
}

/* Signed where the requester can, and we know with which key. */
static enum il_err build_info(struct spdm_ex *x, struct spdm_rsp_encap *e,
			      struct spdm_msg *m)
{
	const struct spdm_rsp *r = x->r;

	e->sign = (r->peer_caps & SPDM_CAP_EP_INFO_MASK) ==
			  SPDM_CAP_EP_INFO_SIG &&
		  r->peer.key.n && (r->req_asym || r->req_pqc_asym);
	m->param1 = SPDM_EP_INFO_CLASS_ID;
	if (!e->sign)
		return IL_OK;
	m->param2 = r->peer.slot & 0xf;
	m->u.get_ep_info.attr = SPDM_EP_INFO_SIGN;
	return env_random(r->cfg.env, m->u.get_ep_info.nonce, SPDM_NONCE_LEN);
}

static enum il_err take_info(struct spdm_ex *x, struct spdm_rsp_encap *e,
			     const struct spdm_msg *m, struct spdm_span bytes)
{
	struct spdm_rsp *r = x->r;
	const uint8_t slot = e->sign ? r->peer.slot & 0xf : 0;
	enum il_err err = IL_OK;

	(void)bytes;
	if ((m->param2 & 0xf) != slot)
		return IL_E_FIELD;
	if (e->sign)
		err = spdm_mutual_sig(r, x->work, r->peer.key,
				      SPDM_SIGN_MUT_EP_INFO, m->u.ep_info.sig);
	if (!err && r->cfg.port->peer_info)
		r->cfg.port->peer_info(r->cfg.port_ctx, x->s ? x->s->id : 0,
				       SPDM_EP_INFO_CLASS_ID, m->u.ep_info.info,
				       e->sign);
	return err;
}

static const struct spdm_encap_step update = { SPDM_KEY_UPDATE, false,
					       build_update, take_update };
static const struct spdm_encap_step verify = { SPDM_KEY_UPDATE, false,
					       build_verify, take_update };
static const struct spdm_encap_step info = { SPDM_GET_ENDPOINT_INFO, true,
					     build_info, take_info };

#define STEPS 3

static const struct spdm_encap_step *const flows[SPDM_FLOWS][STEPS] = {
	[SPDM_FLOW_CHAIN] = { &spdm_encap_digests, &spdm_encap_cert },
	[SPDM_FLOW_BASIC] = { &spdm_encap_digests, &spdm_encap_cert,
			      &spdm_encap_challenge },
	[SPDM_FLOW_PUBLIC] = { &spdm_encap_challenge },
	[SPDM_FLOW_UPDATE] = { &update, &verify },
	[SPDM_FLOW_INFO] = { &info },
};

/* The step that @e is at; NULL: it is through. */
static const struct spdm_encap_step *step(const struct spdm_rsp_encap *e)
{
	return e->step < STEPS ? flows[e->flow][e->step] : NULL;
}

void spdm_encap_drop(struct spdm_rsp *r)
{
	crypto_drop(r->cfg.crypto, &r->mut);
	memset(&r->encap, 0, sizeof(r->encap));
}

bool spdm_encap_of(const struct spdm_rsp *r, const struct spdm_rsp_session *s)
{
	return r->encap.flow != SPDM_FLOW_NONE && r->encap.session_id == s->id;
}

/* A handshake whose flow another one takes the place of cannot go on. */
void spdm_encap_start(struct spdm_rsp *r, enum spdm_flow flow,
		      uint32_t session_id)
{
	for (unsigned i = 0; i < r->cfg.ses_count; i++) {
		struct spdm_rsp_session *s = &r->cfg.ses[i];

		if (s->state == SPDM_SES_HANDSHAKE && s->id != session_id &&
		    spdm_encap_of(r, s))
			spdm_rsp_session_end(r, s, SPDM_END_RESTART);
	}
	spdm_encap_drop(r);
	r->encap.flow = flow;
	r->encap.session_id = session_id;
	r->encap.slot = r->cfg.mutual_slot;
}

/* Where the message at hand was sent: the session's id, or 0. */
static uint32_t here(const struct spdm_ex *x)
{
	return x->s ? x->s->id : 0;
}

static bool ours(const struct spdm_ex *x)
{
	const struct spdm_rsp_encap *e = &x->r->encap;

	return e->flow != SPDM_FLOW_NONE &&
	       (e->session_id == here(x) || e->session_id == SPDM_ANY_SESSION);
}

/*
 * Inside the conversation that it was asked in, the answer comes first.
 * Source: DSP0274 1.2.1, section 10.10 (RequestInFlight). OPEN: whether other
 * sessions have to wait as well; here they do not.
 */
bool spdm_encap_blocks(const struct spdm_ex *x, uint8_t code)
{
	if (code == SPDM_GET_VERSION || code == SPDM_GET_ENCAPSULATED_REQUEST ||
	    code == SPDM_DELIVER_ENCAPSULATED_RESPONSE || !ours(x))
		return false;
	return x->r->encap.waiting || spdm_ex_phase(x) == SPDM_PH_MUTUAL;
}

enum il_err spdm_rsp_ask(struct spdm_rsp *r, enum spdm_ask what,
			 uint32_t session_id)
{
	const uint32_t both = r->cfg.caps & r->peer_caps;
	const bool update_key = what == SPDM_ASK_KEY_UPDATE;
	const bool can =
		update_key ? both & SPDM_CAP_KEY_UPD
			   : r->version >= SPDM_V13 &&
				     (r->peer_caps & SPDM_CAP_EP_INFO_MASK);
	const bool open = spdm_rsp_session_open(r, session_id);

	if (r->phase != SPDM_PH_READY)
		return IL_E_STATE;
	if (!(both & SPDM_CAP_ENCAP) || !can)
		return IL_E_ARG;
	if (r->encap.flow != SPDM_FLOW_NONE ||
	    (!open &&
	     (update_key || (session_id && session_id != SPDM_ANY_SESSION))))
		return IL_E_STATE;
	spdm_encap_start(r, update_key ? SPDM_FLOW_UPDATE : SPDM_FLOW_INFO,
			 session_id);
	return IL_OK;
}

/* Starts the transcript anew at the first step, else goes on in a copy. */
static enum il_err hash(struct spdm_ex *x, const struct spdm_rsp_encap *e,
			const uint8_t *p, size_t n)
{
	struct spdm_rsp *r = x->r;
	enum il_err err = IL_OK;

	if (!x->work.n && r->mut.n)
		err = crypto_hash_dup(r->cfg.crypto, r->mut, &x->work);
	(void)e;
	/* Without VCA before 1.2. */
	return err ? err
		   : spdm_tr_add(&r->tr, &x->work, r->version >= SPDM_V12, p,
				 n);
}

/* The step's request into @x->short_sig, which has room for each. */
static enum il_err build(struct spdm_ex *x, struct spdm_rsp_encap *e,
			 struct spdm_span *out)
{
	const struct spdm_encap_step *s = step(e);
	struct spdm_msg *m = &x->encap;
	struct wr w = wr_over(x->short_sig, sizeof(x->short_sig));
	enum il_err err;

	*m = (struct spdm_msg){ .version = x->r->version, .code = s->code };
	err = s->build(x, e, m);
	if (!err)
		err = spdm_msg_encode(&w, m);
	if (!err && s->hashed)
		err = hash(x, e, x->short_sig, w.len);
	e->waiting = true;
	*out = (struct spdm_span){ x->short_sig, w.len };
	return err;
}

/* All that the exchange acquired, and the flow as it is now. */
static void commit(struct spdm_ex *x, const struct spdm_rsp_encap *e)
{
	struct spdm_rsp *r = x->r;

	if (x->dh.n) { /* a chain that is trusted */
		spdm_mutual_forget(r);
		r->peer.key = x->dh;
		x->dh = (struct crypto_slot){ 0 };
		r->peer.slot = e->slot;
		memcpy(r->peer.digest, x->verify, SPDM_HASH_MAX);
		if (x->s && x->s->mutual && x->s->state == SPDM_SES_HANDSHAKE) {
			x->s->mut_slot = e->slot;
			memcpy(x->s->peer_digest, x->verify, SPDM_HASH_MAX);
		}
	}
	if (x->s && x->th.n) { /* its handshake goes on */
		crypto_drop(r->cfg.crypto, &x->s->th);
		x->s->th = x->th;
		x->th = (struct crypto_slot){ 0 };
	}
	if (x->ch[SPDM_DIR_RSP].live)
		spdm_ses_take(x, SPDM_DIR_RSP);
	if (!step(e)) {
		r->peer.proven |= e->flow == SPDM_FLOW_BASIC ||
				  e->flow == SPDM_FLOW_PUBLIC;
		spdm_encap_drop(r);
		return;
	}
	if (x->work.n) {
		crypto_drop(r->cfg.crypto, &r->mut);
		r->mut = x->work;
		x->work = (struct crypto_slot){ 0 };
	}
	r->encap = *e;
}

static enum il_err nothing_pending(struct spdm_ex *x, bool get)
{
	return spdm_ex_refuse(x,
			      get && x->r->version >= SPDM_V13
				      ? SPDM_ERR_NO_PENDING_REQUESTS
				      : SPDM_ERR_UNEXPECTED_REQUEST,
			      0);
}

enum il_err spdm_rsp_get_encap(struct spdm_ex *x)
{
	struct spdm_rsp_encap e = x->r->encap;
	enum il_err err;

	if (!ours(x))
		return nothing_pending(x, true);
	if (e.waiting)
		return spdm_ex_refuse(x, SPDM_ERR_REQUEST_IN_FLIGHT, 0);
	/* Keys are updated from one end at a time. */
	if (e.flow == SPDM_FLOW_UPDATE && (!x->s || x->s->unverified))
		return nothing_pending(x, true);
	e.session_id = here(x);
	e.id = 1;
	x->rsp.param1 = e.id;
	err = build(x, &e, &x->rsp.u.encap.inner);
	if (!err)
		err = spdm_ex_emit(x);
	if (!err)
		commit(x, &e);
	return err;
}

/* The flow is over, and with it a handshake that stood on it. */
static void after_bad_flow(struct spdm_ex *x)
{
	spdm_encap_drop(x->r);
	if (x->s && x->s->state == SPDM_SES_HANDSHAKE)
		spdm_rsp_session_end(x->r, x->s, SPDM_END_MUTUAL);
}

static enum il_err bad_answer(struct spdm_ex *x)
{
	x->after = after_bad_flow;
	return spdm_ex_refuse(x, SPDM_ERR_INVALID_RESPONSE_CODE, 0);
}

/* The answer by itself; where the carrier pads, so is it. */
static enum il_err parse(struct spdm_ex *x, const struct spdm_rsp_encap *e,
			 struct spdm_msg *m, struct spdm_span *own)
{
	const struct spdm_rsp *r = x->r;
	const struct spdm_shape sh = { .hash_len = spdm_hash_len(r->hash),
				       .sig_len = spdm_asym_sig_len(
					       r->req_asym, r->req_pqc_asym),
				       .multi_key = r->peer_multi_key,
				       .sign = e->sign };
	const struct spdm_span in = x->req.u.encap.inner;
	const size_t fill = x->secured ? 0 : r->via->unit - 1u;
	enum il_err err;

	*own = in;
	if (in.n < 4 || in.p[0] != r->version)
		return IL_E_FIELD;
	err = spdm_msg_decode_filled(in.p, in.n, fill, &sh, m, &own->n);
	if (err)
		return err;
	if (m->code == SPDM_ERROR)
		return IL_E_PEER;
	return m->code == spdm_response_of(step(e)->code) ? IL_OK : IL_E_FIELD;
}

static enum il_err take(struct spdm_ex *x, struct spdm_rsp_encap *e,
			const struct spdm_msg *m, struct spdm_span own)
{
	const struct spdm_encap_step *s = step(e);
	enum il_err err = IL_OK;

	if (s->hashed)
		err = hash(x, e, own.p, own.n - spdm_msg_sig_len(m));
	e->again = false;
	if (!err)
		err = s->take(x, e, m, own);
	if (err)
		return err;
	e->waiting = false;
	e->id++;
	e->step += !e->again;
	return ++e->rounds > ROUNDS_MAX ? IL_E_FIELD : IL_OK;
}

/*
 * The acknowledgement, with the next request or, in a handshake, the slot that
 * has to sign FINISH. OPEN: slot 0 goes without saying, as DMTF's has it.
 */
static enum il_err acknowledge(struct spdm_ex *x, struct spdm_rsp_encap *e)
{
	enum il_err err = IL_OK;

	x->rsp.u.encap.ack_id = x->req.param1;
	if (step(e)) {
		x->rsp.param1 = e->id;
		x->rsp.param2 = SPDM_ENCAP_PRESENT;
		err = build(x, e, &x->rsp.u.encap.inner);
	} else if (e->flow == SPDM_FLOW_CHAIN && e->slot) {
		x->rsp.param2 = SPDM_ENCAP_REQ_SLOT;
		x->rsp.u.encap.inner = (struct spdm_span){ &e->slot, 1 };
	}
	if (!err)
		err = spdm_ex_emit(x);
	if (!err)
		commit(x, e);
	return err;
}

/*
 * What the requester cannot answer now it is not asked again: the flow ends
 * with an acknowledgement that asks for nothing. A handshake cannot go on so.
 */
static enum il_err not_answered(struct spdm_ex *x, struct spdm_rsp_encap *e,
				const struct spdm_msg *m)
{
	if (e->flow == SPDM_FLOW_CHAIN ||
	    m->param1 != SPDM_ERR_RESPONSE_NOT_READY)
		return bad_answer(x);
	e->step = STEPS;
	e->flow = SPDM_FLOW_NONE;
	return acknowledge(x, e);
}

enum il_err spdm_rsp_deliver(struct spdm_ex *x)
{
	struct spdm_rsp_encap *e = &x->flow;
	struct spdm_span own;
	enum il_err err;

	*e = x->r->encap;
	if (!ours(x) || !e->waiting)
		return nothing_pending(x, false);
	if (x->req.param1 != e->id)
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	err = parse(x, e, &x->encap, &own);
	if (err == IL_E_PEER)
		return not_answered(x, e, &x->encap);
	if (!err)
		err = take(x, e, &x->encap, own);
	if (err && err != IL_E_AGAIN)
		return bad_answer(x);
	return err ? err : acknowledge(x, e);
}
