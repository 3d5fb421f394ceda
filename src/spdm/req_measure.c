/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/req_priv.h"

/* What the peer signs about itself: CHALLENGE and measurements. */

/*
 * RequesterContext, which 1.3 has the peer give back. Ours is random, so that
 * an answer to something else does not pass for this one's even where
 * nothing is signed. Source: DSP0274 1.3.2, sections 10.8, 10.11
 */
static enum il_err context_make(struct spdm_req *q,
				uint8_t out[SPDM_CONTEXT_LEN])
{
	enum il_err err = IL_OK;

	if (q->version >= SPDM_V13)
		err = env_random(q->cfg.env, q->req_context, SPDM_CONTEXT_LEN);
	if (!err)
		memcpy(out, q->req_context, SPDM_CONTEXT_LEN);
	return err;
}

static bool context_back(const struct spdm_req *q, const uint8_t *got)
{
	return q->version < SPDM_V13 ||
	       !memcmp(got, q->req_context, SPDM_CONTEXT_LEN);
}

static enum il_err challenge_build(struct spdm_req *q, struct spdm_msg *m)
{
	enum il_err err;

	m->param1 = q->slot;
	m->param2 = q->args.summary;
	q->shape.summary = q->args.summary != SPDM_SUMMARY_NONE;
	err = context_make(q, m->u.challenge.context);
	if (err)
		return err;
	return env_random(q->cfg.env, m->u.challenge.nonce, SPDM_NONCE_LEN);
}

static bool opaque_good(const struct spdm_req *q, struct spdm_span opaque)
{
	return q->version < SPDM_V12 ||
	       spdm_opaque_good(opaque, q->opaque_fmt1);
}

/*
 * Our nonce is in the signed transcript; the chain hash says that the peer
 * still shows the chain we read. Source: DSP0274 1.2.1, section 10.9.
 */
static enum il_err challenge_check(struct spdm_req *q, const struct spdm_msg *m)
{
	const size_t n = q->shape.hash_len;
	const bool basic = m->param1 & SPDM_BASIC_MUT_AUTH;
	enum il_err err;

	if ((m->param1 & 0xf) != q->slot || !(m->param2 >> q->slot & 1) ||
	    (basic && !spdm_req_mutual_able(q)) ||
	    !context_back(q, m->u.challenge_auth.context) ||
	    !opaque_good(q, m->u.challenge_auth.opaque))
		return IL_E_FIELD;
	if (memcmp(m->u.challenge_auth.chain_hash.p, q->chain_digest, n) != 0)
		return IL_E_AUTH;
	err = spdm_req_verify(q, SPDM_SIGN_CHALLENGE, m->u.challenge_auth.sig);
	if (err)
		return err;
	if (q->shape.summary)
		memcpy(q->summary, m->u.challenge_auth.summary.p, n);
	spdm_tr_forget(&q->tr, &q->tr.m12);
	q->mutual = basic ? SPDM_BASIC_MUT_AUTH : 0;
	return IL_OK;
}

/* clang-format off */
const struct spdm_req_step spdm_req_challenge_steps[] = {
	{ SPDM_CHALLENGE,                     SPDM_TR_M12,  challenge_build,        NULL, challenge_check, NULL },
	{ SPDM_GET_ENCAPSULATED_REQUEST,      SPDM_TR_NONE, spdm_req_nothing_build, NULL, spdm_req_encap_check, spdm_req_no_fetch },
	{ SPDM_DELIVER_ENCAPSULATED_RESPONSE, SPDM_TR_NONE, spdm_req_deliver_build, NULL, spdm_req_deliver_check, spdm_req_no_encap },
};
/* clang-format on */

static enum il_err meas_build(struct spdm_req *q, struct spdm_msg *m)
{
	enum il_err err = context_make(q, m->u.get_meas.context);

	if (err)
		return err;
	if (!spdm_req_l12(q)->n) /* a new L1/L2 */
		q->meas_len = 0;
	q->meas_mark = q->meas_len;
	if (q->args.sign)
		m->param1 |= SPDM_MEAS_ATTR_SIGN;
	if (q->args.raw)
		m->param1 |= SPDM_MEAS_ATTR_RAW;
	m->param2 = q->args.index;
	m->u.get_meas.slot = q->slot;
	q->shape.sign = q->args.sign;
	if (q->args.sign && q->args.nonce_given)
		memcpy(m->u.get_meas.nonce, q->args.nonce, SPDM_NONCE_LEN);
	else if (q->args.sign)
		return env_random(q->cfg.env, m->u.get_meas.nonce,
				  SPDM_NONCE_LEN);
	return IL_OK;
}

/* Bytes of a digest under MeasurementHashAlgo; 0: any or none. */
static size_t digest_len(uint32_t meas_hash)
{
	switch (meas_hash) {
	case SPDM_MEAS_HASH_SHA_256:
		return 32;
	case SPDM_MEAS_HASH_SHA_384:
		return 48;
	case SPDM_MEAS_HASH_SHA_512:
		return 64;
	default:
		return 0;
	}
}

/*
 * The record is as many blocks as it says, indices ascending, the one asked
 * for if one was; digests have the agreed length.
 * Source: DSP0274 1.2.1, section 10.11.
 */
static enum il_err record_check(const struct spdm_req *q,
				const struct spdm_msg *m)
{
	const uint8_t want = q->args.index;
	const size_t len = digest_len(q->meas_hash);
	struct rd r = rd_over(m->u.meas.record.p, m->u.meas.record.n);
	uint8_t last = 0;
	uint8_t n = 0;

	if (want == SPDM_MEAS_COUNT)
		return m->u.meas.blocks || m->u.meas.record.n ? IL_E_FIELD
							      : IL_OK;
	while (rd_left(&r)) {
		struct spdm_meas_block b;
		enum il_err err = spdm_meas_block_read(&r, &b);

		if (err)
			return err;
		if (b.index <= last ||
		    (want != SPDM_MEAS_ALL && b.index != want))
			return IL_E_FIELD;
		if (!(b.type & SPDM_MEAS_RAW) && len && b.value.n != len)
			return IL_E_FIELD;
		last = b.index;
		n++;
	}
	return n && n == m->u.meas.blocks ? IL_OK : IL_E_FIELD;
}

static enum il_err meas_check(struct spdm_req *q, const struct spdm_msg *m)
{
	struct crypto_slot *l12 = spdm_req_l12(q);
	enum il_err err = record_check(q, m);

	if (!err && q->args.sign && (m->param2 & 0xf) != q->slot)
		err = IL_E_FIELD;
	if (!err && (!opaque_good(q, m->u.meas.opaque) ||
		     !context_back(q, m->u.meas.context)))
		err = IL_E_FIELD;
	if (!err && q->args.sign)
		err = spdm_req_verify(q, SPDM_SIGN_MEASUREMENTS, m->u.meas.sig);
	if (!err && q->args.sign)
		err = spdm_tr_digest(&q->tr, q->hs, q->l12_digest);
	if (err)
		return err;
	q->meas_count =
		q->args.index == SPDM_MEAS_COUNT ? m->param1 : m->u.meas.blocks;
	q->meas_changed = m->param2 >> 4 & 3;
	q->record = m->u.meas.record;
	q->sig = m->u.meas.sig;
	if (q->args.sign) {
		spdm_tr_forget(&q->tr, l12);
	} else {
		const struct crypto_slot old = *l12;

		*l12 = q->hs;
		q->hs = old;
	}
	return IL_OK;
}

const struct spdm_req_step spdm_req_measure_step = { SPDM_GET_MEASUREMENTS,
						     SPDM_TR_L12, meas_build,
						     NULL, meas_check };
