/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/req_priv.h"

/*
 * Sessions under a pre-shared key, as the requester makes them.
 * Source: DSP0274 1.2.1, sections 10.18 to 10.20.
 */

static bool with_context(const struct spdm_req *q)
{
	return q->peer_caps & SPDM_CAP_PSK_WITH_CONTEXT;
}

bool spdm_req_psk_fits(const struct spdm_req *q, const struct spdm_req_args *a)
{
	const uint32_t both = SPDM_CAP_ENCRYPT | SPDM_CAP_MAC;

	return (q->cfg.caps & SPDM_CAP_PSK) &&
	       (q->peer_caps & SPDM_CAP_PSK_MASK) &&
	       (q->cfg.caps & q->peer_caps & both) == both &&
	       a->hint.n <= SPDM_REQ_HINT_MAX;
}

static enum il_err exchange_build(struct spdm_req *q, struct spdm_msg *m)
{
	m->param1 = q->args.summary;
	m->param2 = q->version >= SPDM_V12 ? q->args.policy : 0;
	q->shape.summary = q->args.summary != SPDM_SUMMARY_NONE;
	m->u.psk_ex.session_id = q->next_id;
	m->u.psk_ex.hint = q->args.hint;
	m->u.psk_ex.context =
		(struct spdm_span){ q->context, sizeof(q->context) };
	m->u.psk_ex.opaque = spdm_req_sm_offer(q);
	return env_random(q->cfg.env, q->context, sizeof(q->context));
}

/* TH starts: VCA, PSK_EXCHANGE. */
static enum il_err exchange_start(struct spdm_req *q, struct spdm_msg *m,
				  const uint8_t *p, size_t n)
{
	(void)m;
	crypto_drop(q->cfg.crypto, &q->hs);
	return spdm_tr_add(&q->tr, &q->hs, true, p, n);
}

/* Handshake keys from the port's secret and TH1, then the peer's HMAC. */
static enum il_err keys(struct spdm_req *q, const struct spdm_msg *m)
{
	const struct spdm_req_cfg *cfg = &q->cfg;
	const size_t n = q->shape.hash_len;
	uint8_t salt[SPDM_HASH_MAX];
	uint8_t secret[SPDM_HASH_MAX];
	uint8_t th[SPDM_HASH_MAX];
	enum il_err err = spdm_tr_digest(&q->tr, q->hs, th);

	spdm_keys_psk_salt(q->version, salt);
	if (!err)
		err = cfg->port->psk(cfg->port_ctx, q->args.hint, q->hash, salt,
				     n, secret);
	if (err == IL_E_AGAIN) /* would repeat the exchange */
		err = IL_E_STATE;
	if (!err)
		err = spdm_keys_psk(&q->keys, cfg->crypto, q->version, q->hash,
				    secret, th);
	bytes_wipe(secret, sizeof(secret));
	q->keys.aead = q->aead;
	return err ? err : spdm_req_peer_mac(q, th, m->u.psk_ex_rsp.verify);
}

/*
 * A peer that promised a context and gives none, or the other way round, is
 * not the one that sent CAPABILITIES.
 */
static bool sane(const struct spdm_req *q, const struct spdm_msg *m)
{
	if (!m->u.psk_ex_rsp.session_id ||
	    with_context(q) != (m->u.psk_ex_rsp.context.n != 0))
		return false;
	return spdm_req_sm_fits(q, m->u.psk_ex_rsp.opaque);
}

static enum il_err exchange_check(struct spdm_req *q, const struct spdm_msg *m)
{
	enum il_err err;

	if (!sane(q, m))
		return IL_E_FIELD;
	err = keys(q, m);
	if (!err)
		err = spdm_tr_add(&q->tr, &q->hs, true,
				  m->u.psk_ex_rsp.verify.p,
				  m->u.psk_ex_rsp.verify.n);
	if (!err && with_context(q))
		err = spdm_req_channels(q, false);
	else if (!err) /* no PSK_FINISH: TH2 is complete */
		err = spdm_req_session_data(q);
	if (err)
		return err;
	if (q->shape.summary)
		memcpy(q->summary, m->u.psk_ex_rsp.summary.p,
		       q->shape.hash_len);
	spdm_req_session_begin(q, m->u.psk_ex_rsp.session_id, m->param1);
	if (!with_context(q))
		crypto_drop(q->cfg.crypto, &q->th);
	spdm_req_tell_keys(q, !with_context(q));
	return IL_OK;
}

static enum il_err finish_build(struct spdm_req *q, struct spdm_msg *m)
{
	m->u.finish.verify = (struct spdm_span){ q->mac, q->shape.hash_len };
	return IL_OK;
}

static enum il_err finish_check(struct spdm_req *q, const struct spdm_msg *m)
{
	enum il_err err = spdm_req_session_data(q);

	(void)m;
	if (!err)
		spdm_req_tell_keys(q, true);
	return err;
}

static bool no_finish(const struct spdm_req *q)
{
	return !with_context(q);
}

/* clang-format off */
const struct spdm_req_step spdm_req_psk_steps[] = {
	{ SPDM_PSK_EXCHANGE, SPDM_TR_TH, exchange_build, exchange_start,        exchange_check, NULL },
	{ SPDM_PSK_FINISH,   SPDM_TR_TH, finish_build,   spdm_req_finish_prove, finish_check,   no_finish },
};
/* clang-format on */
