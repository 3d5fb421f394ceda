/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/rsp_priv.h"

/*
 * Sessions under a pre-shared key. Nothing is signed: both ends prove that
 * they hold the key. Source: DSP0274 1.2.1, sections 10.18 to 10.20.
 */

/* Longest hint that a port is asked about. */
#define HINT_MAX 64

static bool with_context(const struct spdm_rsp *r)
{
	return r->cfg.caps & SPDM_CAP_PSK_WITH_CONTEXT;
}

/* The secret that stands for the shared one; an unknown hint refuses. */
static enum il_err secret_of(struct spdm_ex *x, uint8_t *secret)
{
	const struct spdm_rsp *r = x->r;
	uint8_t salt[SPDM_HASH_MAX];
	enum il_err err;

	spdm_keys_psk_salt(r->version, salt);
	err = r->cfg.port->psk(r->cfg.port_ctx, x->req.u.psk_ex.hint, r->hash,
			       salt, spdm_hash_len(r->hash), secret);
	/* OPEN: there is no code of its own for a key that is not there. */
	if (err == IL_E_ARG)
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	if (err && err != IL_E_AGAIN)
		return spdm_ex_refuse(x, SPDM_ERR_UNSPECIFIED, 0);
	return err;
}

/* Fields of PSK_EXCHANGE_RSP that do not depend on the secret. */
static enum il_err fields(struct spdm_ex *x, uint16_t sm)
{
	struct spdm_rsp *r = x->r;
	struct wr w = wr_over(x->opaque, sizeof(x->opaque));
	const size_t n = spdm_hash_len(r->hash);

	if (r->cfg.caps & r->peer_caps & SPDM_CAP_HBEAT)
		x->rsp.param1 = r->cfg.heartbeat_s;
	x->rsp.u.psk_ex_rsp.session_id =
		spdm_ses_half(r, x->req.u.psk_ex.session_id);
	spdm_sm_selected_write(&w, r->opaque_fmt1, sm);
	x->rsp.u.psk_ex_rsp.opaque = (struct spdm_span){ x->opaque, w.len };
	x->rsp.u.psk_ex_rsp.verify = (struct spdm_span){ x->verify, n };
	if (!with_context(r))
		return IL_OK;
	x->rsp.u.psk_ex_rsp.context =
		(struct spdm_span){ x->short_sig, SPDM_NONCE_LEN };
	return spdm_ex_draw(x, x->short_sig);
}

/*
 * TH is VCA, PSK_EXCHANGE, PSK_EXCHANGE_RSP; the HMAC covers it up to itself.
 * Source: DSP0274 1.2.1, section 10.18.
 */
static enum il_err proof(struct spdm_ex *x, const uint8_t *secret)
{
	struct spdm_rsp *r = x->r;
	const struct crypto *c = r->cfg.crypto;
	uint8_t th[SPDM_HASH_MAX];
	enum il_err err = spdm_ex_record(x, &x->work, true);

	if (!err)
		err = spdm_tr_digest(&r->tr, x->work, th);
	if (!err)
		err = spdm_keys_psk(&x->keys, c, r->version, r->hash, secret,
				    th);
	if (!err)
		err = spdm_keys_verify_data(&x->keys, c, SPDM_DIR_RSP, th,
					    x->verify);
	if (!err)
		err = spdm_tr_add(&r->tr, &x->work, true, x->verify,
				  spdm_hash_len(r->hash));
	return err ? err : spdm_ex_emit_proof(x);
}

/* Without a context of ours there is no PSK_FINISH: TH2 is complete. */
static enum il_err channels(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	uint8_t th2[SPDM_HASH_MAX];
	enum il_err err;

	if (with_context(r))
		return spdm_ses_channels(x, false);
	err = spdm_tr_digest(&r->tr, x->work, th2);
	if (!err)
		err = spdm_keys_data(&x->keys, r->cfg.crypto, th2);
	return err ? err : spdm_ses_channels(x, true);
}

static void commit(struct spdm_ex *x, struct spdm_rsp_session *s, uint32_t id)
{
	struct spdm_rsp *r = x->r;

	s->psk = true;
	s->slot = UINT8_MAX; /* stands on no certificate */
	spdm_ses_commit(x, s, id);
	if (with_context(r))
		return;
	spdm_ses_settle(r, s);
	spdm_rsp_session_enter(r, s, SPDM_SES_OPEN);
}

/*
 * Without a context of ours the keys depend on what the requester sends alone,
 * the session id left out: who records a whole session and brings the device
 * back to its id, by a reset, can play it again and gets other plaintext under
 * keys and numbers that were used. So is the mode written; who can draw
 * randomness offers PSK_WITH_CONTEXT. Source: DSP0274 1.2.1, section 10.18
 * (ResponderContext).
 */
enum il_err spdm_rsp_psk_exchange(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	struct spdm_rsp_session *s = spdm_ses_place(r);
	const uint16_t sm = spdm_ses_sm(r, x->req.u.psk_ex.opaque);
	uint8_t secret[SPDM_HASH_MAX];
	enum il_err err;

	if (!sm || x->req.u.psk_ex.hint.n > HINT_MAX ||
	    !spdm_ses_policy(r, x->req.param2))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	if (!s)
		return spdm_ex_refuse(x, SPDM_ERR_SESSION_LIMIT_EXCEEDED, 0);
	err = spdm_ex_summary(x, x->req.param1, &x->rsp.u.psk_ex_rsp.summary);
	if (!err)
		err = secret_of(x, secret);
	if (!err)
		err = fields(x, sm);

	const uint32_t id = (uint32_t)x->rsp.u.psk_ex_rsp.session_id << 16 |
			    x->req.u.psk_ex.session_id;

	if (!err)
		err = spdm_ex_emit(x);
	if (!err)
		err = proof(x, secret);
	bytes_wipe(secret, sizeof(secret));
	if (!err)
		err = channels(x);
	if (!err)
		commit(x, s, id);
	return err;
}

/* PSK_FINISH_RSP goes under the handshake's keys. */
enum il_err spdm_rsp_psk_finish(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	enum il_err err = spdm_ses_check(x);

	if (!err)
		err = spdm_ex_emit(x);
	if (!err)
		err = spdm_tr_add(&r->tr, &x->work, true,
				  x->req.u.finish.verify.p,
				  x->req.u.finish.verify.n);
	if (!err)
		err = spdm_tr_add(&r->tr, &x->work, true, x->buf, x->len);
	return err ? err : spdm_ses_data(x);
}
