/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/keys_priv.h"
#include "spdm/mel.h"
#include "spdm/rsp_priv.h"

/* What the responder signs about itself: CHALLENGE and measurements. */

/* The hash that measurement digests are made with; 0: raw only. */
static enum crypto_hash_alg meas_alg(uint32_t meas_hash)
{
	switch (meas_hash) {
	case SPDM_MEAS_HASH_SHA_256:
		return CRYPTO_SHA256;
	case SPDM_MEAS_HASH_SHA_384:
		return CRYPTO_SHA384;
	case SPDM_MEAS_HASH_SHA_512:
		return CRYPTO_SHA512;
	default:
		return (enum crypto_hash_alg)0;
	}
}

/* Its digest; of one that the log extends, by the log. */
static enum il_err digest_of(struct spdm_ex *x, enum crypto_hash_alg alg,
			     uint8_t index, const struct spdm_measurement *m,
			     uint8_t *out)
{
	const struct spdm_rsp_cfg *cfg = &x->r->cfg;
	struct spdm_span log;
	enum il_err err;

	if (!m->extend)
		return crypto_hash(cfg->crypto, alg, m->raw.p, m->raw.n, out);
	if (!cfg->port->mel)
		return IL_E_STATE;
	err = cfg->port->mel(cfg->port_ctx, x->r->meas_hash, &log);
	return err ? err : spdm_mel_extend(cfg->crypto, alg, log, index, out);
}

/* Appends the block of one measurement. */
static enum il_err put_block(struct spdm_ex *x, struct wr *w, uint8_t index,
			     const struct spdm_measurement *m, bool raw)
{
	const enum crypto_hash_alg alg = meas_alg(x->r->meas_hash);
	struct spdm_meas_block b = { .index = index, .type = m->type & 0x7f };
	uint8_t digest[CRYPTO_HASH_MAX];
	enum il_err err;

	if (!m->extend && (raw || m->only_raw || !alg)) {
		b.type |= SPDM_MEAS_RAW;
		b.value = m->raw;
	} else {
		err = digest_of(x, alg, index, m, digest);
		if (err)
			return err;
		b.value = (struct spdm_span){ digest, crypto_hash_len(alg) };
	}
	spdm_meas_block_write(w, &b);
	return w->err;
}

struct collect {
	uint8_t only; /* index, or SPDM_MEAS_ALL */
	bool tcb;     /* only what counts for the TCB */
	bool raw;
	bool count_only;
};

/*
 * The last DMTFSpecMeasurementValueType that a version knows; what a device
 * measures beyond is not told in it.
 * Source: DSP0274 1.0.1, section 4.11.2 (3); 1.1.0 (4), 1.2.1 (7), 1.3.2 and
 * 1.4.0 (10), section 10.11.1
 */
static bool type_known(uint8_t version, uint8_t type)
{
	static const uint8_t last[] = { 3, 4, 7, 10, 10 };

	return (type & 0x7f) <= last[version - SPDM_V10];
}

/*
 * All blocks that @want selects, into the record buffer, in ascending order.
 * A record that does not fit is the peer's problem only if it is ours.
 */
static enum il_err collect(struct spdm_ex *x, const struct collect *want,
			   struct spdm_span *record, uint8_t *blocks)
{
	const struct spdm_rsp_cfg *cfg = &x->r->cfg;
	struct wr w = wr_over(x->record, x->record_cap);
	uint8_t n = 0;

	for (unsigned i = 1; i < SPDM_MEAS_ALL && cfg->port->measure; i++) {
		struct spdm_measurement m = { 0 };
		enum il_err err;

		if (want->only != SPDM_MEAS_ALL && want->only != i)
			continue;
		err = cfg->port->measure(cfg->port_ctx, (uint8_t)i, &m);
		if (err == IL_E_ARG || (!err && want->tcb && !m.tcb))
			continue;
		if (!err && !type_known(x->r->version, m.type))
			continue;
		if (m.extend && !meas_alg(x->r->meas_hash))
			continue; /* nothing but a digest */
		n++;
		if (!err && !want->count_only)
			err = put_block(x, &w, (uint8_t)i, &m, want->raw);
		spdm_ex_record_used(x, w.len);
		if (err == IL_E_SPACE) /* our record buffer: a limit of ours */
			err = IL_E_NOMEM;
		if (err)
			return err;
	}
	*record = (struct spdm_span){ .p = x->record, .n = w.len };
	*blocks = n;
	return IL_OK;
}

/*
 * Hash of the measurement blocks as digests, one after the other.
 * Source: DSP0274 1.2.1, section 10.9.2 (MeasurementSummaryHash); the
 * recording tdisp12 shows that whole blocks are hashed.
 */
enum il_err spdm_ex_summary(struct spdm_ex *x, uint8_t type,
			    struct spdm_span *out)
{
	const struct spdm_rsp *r = x->r;
	const struct collect want = { .only = SPDM_MEAS_ALL,
				      .tcb = type == SPDM_SUMMARY_TCB };
	struct spdm_span record;
	uint8_t blocks;
	enum il_err err;

	*out = (struct spdm_span){ 0 };
	if (type == SPDM_SUMMARY_NONE)
		return IL_OK;
	if ((type != SPDM_SUMMARY_TCB && type != SPDM_SUMMARY_ALL) ||
	    !(r->cfg.caps & SPDM_CAP_MEAS_MASK))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	err = collect(x, &want, &record, &blocks);
	if (!err)
		err = crypto_hash(r->cfg.crypto, spdm_crypto_hash(r->hash),
				  record.p, record.n, x->summary);
	if (!err)
		*out = (struct spdm_span){ x->summary, spdm_hash_len(r->hash) };
	return err;
}

/* Source: DSP0274 1.2.1, section 10.9. Slot 0xFF (a raw public key) is not
 * among our capabilities. */
enum il_err spdm_rsp_challenge(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	const uint8_t slot = x->req.param1;
	enum il_err err;

	if (!spdm_rsp_may_sign(r, slot, SPDM_KEY_USE_CHALLENGE))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	x->rsp.param1 = slot;
	if (spdm_mutual_basic(x))
		x->rsp.param1 |= SPDM_BASIC_MUT_AUTH;
	x->rsp.param2 = spdm_rsp_slot_mask(r);
	x->rsp.u.challenge_auth.chain_hash =
		(struct spdm_span){ r->chain_hash[slot],
				    spdm_hash_len(r->hash) };
	memcpy(x->rsp.u.challenge_auth.context, x->req.u.challenge.context,
	       SPDM_CONTEXT_LEN);
	x->rsp.u.challenge_auth.sig = spdm_ex_sig(x);
	err = spdm_ex_summary(x, x->req.param2,
			      &x->rsp.u.challenge_auth.summary);
	if (!err)
		err = spdm_ex_draw(x, x->rsp.u.challenge_auth.nonce);
	if (!err)
		err = spdm_ex_emit(x);
	if (!err && r->tr.m12.n)
		err = crypto_hash_dup(r->cfg.crypto, r->tr.m12, &x->work);
	if (!err)
		err = spdm_ex_record(x, &x->work, true);
	if (!err)
		err = spdm_ex_sign(x, slot, SPDM_SIGN_CHALLENGE);
	if (!err)
		err = spdm_ex_emit_proof(x);
	if (err)
		return err;
	spdm_tr_forget(&r->tr, &r->tr.m12);
	if (spdm_mutual_basic(x))
		spdm_mutual_basic_begin(r);
	return IL_OK;
}

/* L1/L2 of this conversation: the session's, or the connection's. */
static struct crypto_slot *l12_of(struct spdm_ex *x)
{
	return x->s ? &x->s->l12 : &x->r->tr.l12;
}

/* Adds to L1/L2, signs if asked to; commits last. */
static enum il_err meas_proof(struct spdm_ex *x, bool sign, uint8_t slot)
{
	struct spdm_rsp *r = x->r;
	struct crypto_slot *l12 = l12_of(x);
	enum il_err err = IL_OK;

	if (l12->n)
		err = crypto_hash_dup(r->cfg.crypto, *l12, &x->work);
	if (!err)
		err = spdm_ex_record(x, &x->work, r->version >= SPDM_V12);
	if (!err && sign)
		err = spdm_ex_sign(x, slot, SPDM_SIGN_MEASUREMENTS);
	if (!err && sign)
		err = spdm_ex_emit_proof(x);
	if (err)
		return err;
	if (sign) {
		spdm_tr_forget(&r->tr, l12);
	} else {
		const struct crypto_slot old = *l12;

		*l12 = x->work;
		x->work = old;
	}
	return IL_OK;
}

/*
 * Source: DSP0274 1.2.1, section 10.11. A single index that does not exist
 * is an InvalidRequest. Content-changed bits stay 0: not detected here.
 */
enum il_err spdm_rsp_meas(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	const uint8_t op = x->req.param2;
	const bool sign = x->req.param1 & SPDM_MEAS_ATTR_SIGN;
	const uint8_t slot = x->req.u.get_meas.slot;
	const struct collect want = {
		.only = op == SPDM_MEAS_COUNT ? SPDM_MEAS_ALL : op,
		.raw = x->req.param1 & SPDM_MEAS_ATTR_RAW,
		.count_only = op == SPDM_MEAS_COUNT,
	};
	uint8_t n = 0;
	enum il_err err;

	if (sign && (!spdm_rsp_may_sign(r, slot, SPDM_KEY_USE_MEAS) ||
		     (r->cfg.caps & SPDM_CAP_MEAS_MASK) != SPDM_CAP_MEAS_SIG))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	err = collect(x, &want, &x->rsp.u.meas.record, &n);
	if (err)
		return err;
	if (!want.count_only && !n)
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	if (want.count_only)
		x->rsp.param1 = n;
	else
		x->rsp.u.meas.blocks = n;
	if (sign) {
		x->rsp.param2 = slot;
		x->rsp.u.meas.sig = spdm_ex_sig(x);
	}
	memcpy(x->rsp.u.meas.context, x->req.u.get_meas.context,
	       SPDM_CONTEXT_LEN);
	err = spdm_ex_draw(x, x->rsp.u.meas.nonce);
	if (!err)
		err = spdm_ex_emit(x);
	if (!err)
		err = meas_proof(x, sign, slot);
	return err;
}
