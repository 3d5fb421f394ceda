/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/caps.h"
#include "spdm/rsp_priv.h"
#include "spdm/sig.h"

/* NEGOTIATE_ALGORITHMS, as it is answered. Source: DSP0274, section 10.4 */

/* The best bit that both know: the highest. */
static uint32_t pick(uint32_t a, uint32_t b)
{
	uint32_t both = a & b;

	while (both & (both - 1))
		both &= both - 1;
	return both;
}

/* Ciphers are not numbered by merit: what IDE_KM and TDISP want comes first. */
static uint16_t pick_aead(const struct spdm_rsp *r, uint16_t offered)
{
	static const uint16_t order[] = { SPDM_AEAD_AES_256_GCM,
					  SPDM_AEAD_CHACHA20_POLY1305,
					  SPDM_AEAD_AES_128_GCM };
	const uint16_t ours = r->cfg.aead ? r->cfg.aead : SPDM_AEAD_AES_256_GCM;

	for (unsigned i = 0; i < COUNT(order); i++)
		if (ours & offered & order[i])
			return order[i];
	return 0;
}

#define EXT_MAX_V10 8
#define EXT_MAX	    20
#define LEN_MAX_V10 64
#define LEN_MAX	    128

/* Each type at most once, ascending, and not more in all than there may be.
 * Source: DSP0274 1.2.1, section 10.4; 1.0.1, section 4.9.3 */
static bool offer_sane(const struct spdm_msg *m, size_t n)
{
	const struct spdm_algs *a = &m->u.algs;
	const bool v10 = m->version == SPDM_V10;
	const uint8_t last =
		m->version >= SPDM_V14 ? SPDM_ALG_KEM : SPDM_ALG_KEY_SCHEDULE;
	size_t ext = (a->ext_asym.n + a->ext_hash.n) / 4;

	for (uint8_t i = 0; i < a->tables; i++) {
		if (a->table[i].type < SPDM_ALG_DHE ||
		    a->table[i].type > last ||
		    (i && a->table[i].type <= a->table[i - 1].type))
			return false;
		ext += a->table[i].ext_count;
	}
	return ext <= (v10 ? EXT_MAX_V10 : EXT_MAX) &&
	       n <= (v10 ? LEN_MAX_V10 : LEN_MAX);
}

/* Only then anything of it is to be agreed. */
static bool peer_signs(const struct spdm_rsp *r)
{
	return r->peer_caps & (SPDM_CAP_MUT_AUTH | SPDM_CAP_EP_INFO_SIG);
}

static uint16_t select_bits(const struct spdm_rsp *r, uint8_t type,
			    uint16_t offered)
{
	switch (type) {
	case SPDM_ALG_DHE:
		return (uint16_t)pick(r->cfg.dhe, offered);
	case SPDM_ALG_AEAD:
		return pick_aead(r, offered);
	case SPDM_ALG_REQ_ASYM:
		return peer_signs(r) ? (uint16_t)pick(r->cfg.req_asym, offered)
				     : 0;
	case SPDM_ALG_REQ_PQC_ASYM:
		return peer_signs(r)
			       ? (uint16_t)pick(r->cfg.req_pqc_asym, offered)
			       : 0;
	case SPDM_ALG_KEM:
		return (uint16_t)pick(r->cfg.kem, offered);
	case SPDM_ALG_KEY_SCHEDULE:
		return SPDM_KEY_SCHEDULE_SPDM & offered;
	default:
		return 0;
	}
}

/*
 * Many keys, or one: the requester says it of our keys, where our capability
 * leaves it the choice; we say it of its keys, and want one where we have the
 * choice. False: it asks for what we do not have.
 * Source: DSP0274 1.3.2, section 10.4 (ResponderMultiKeyConn,
 * RequesterMultiKeyConnSel)
 */
static bool select_keys(const struct spdm_rsp *r, const struct spdm_algs *in,
			struct spdm_algs *out)
{
	const uint32_t ours = r->cfg.caps & SPDM_CAP_MULTI_KEY_MASK;
	const bool wanted = in->other_params & SPDM_MULTI_KEY_CONN;

	if (r->version < SPDM_V13)
		return true;
	if (wanted ? !ours : ours == SPDM_CAP_MULTI_KEY_ONLY)
		return false;
	if (r->peer_caps & SPDM_CAP_MULTI_KEY_ONLY)
		out->other_params |= SPDM_MULTI_KEY_CONN;
	return true;
}

/* What can be measured, and what is logged of it. */
static void select_meas(const struct spdm_rsp *r, const struct spdm_algs *in,
			struct spdm_algs *out)
{
	const bool mel = r->version >= SPDM_V13 && r->cfg.caps & SPDM_CAP_MEL;

	if ((mel || r->cfg.caps & SPDM_CAP_MEAS_MASK) &&
	    in->meas_spec & SPDM_MEAS_SPEC_DMTF) {
		out->meas_spec = SPDM_MEAS_SPEC_DMTF;
		out->meas_hash = pick(r->cfg.meas_hash, UINT32_MAX);
	}
	if (mel)
		out->mel_spec = in->mel_spec & SPDM_MEL_SPEC_DMTF;
}

/* Whether anything of ours is to be signed. */
static bool signs(const struct spdm_rsp *r)
{
	const uint32_t caps = r->cfg.caps & spdm_caps_mask(r->version, false);

	return (caps & (SPDM_CAP_CERT | SPDM_CAP_CHAL | SPDM_CAP_MEAS_SIG |
			SPDM_CAP_EP_INFO_SIG)) ||
	       spdm_caps_dhe(caps, r->peer_caps);
}

/* Whether there is enough in common to go on. */
static bool enough(const struct spdm_rsp *r, const struct spdm_algs *sel)
{
	const bool dhe = spdm_caps_dhe(r->cfg.caps, r->peer_caps);
	const bool ses = dhe || spdm_caps_psk(r->cfg.caps, r->peer_caps);

	if (!spdm_hash_len(sel->hash) ||
	    (signs(r) && !spdm_asym_sig_len(sel->asym, sel->pqc_asym)))
		return false;
	if (!ses)
		return true;
	return (!dhe || spdm_algs_bits(sel, SPDM_ALG_DHE) ||
		spdm_algs_bits(sel, SPDM_ALG_KEM)) &&
	       spdm_algs_bits(sel, SPDM_ALG_AEAD) &&
	       spdm_algs_bits(sel, SPDM_ALG_KEY_SCHEDULE) &&
	       (r->version < SPDM_V12 ||
		(sel->other_params & SPDM_OPAQUE_FMT_1));
}

/* No bits of @type are selected. */
static void none_of(struct spdm_algs *a, uint8_t type)
{
	for (uint8_t i = 0; i < a->tables; i++)
		if (a->table[i].type == type)
			a->table[i].bits = 0;
}

/*
 * One of the two kinds each. OPEN: which of them is the responder's choice;
 * ours is what a quantum computer does not break, where DMTF's can be told.
 * Source: DSP0274 1.4.0, section 10.4 (PqcAsymSel, ReqPqcAsymAlg, KEMAlg)
 */
static void select_one_kind(struct spdm_algs *a)
{
	if (a->pqc_asym)
		a->asym = 0;
	if (spdm_algs_bits(a, SPDM_ALG_KEM))
		none_of(a, SPDM_ALG_DHE);
	if (spdm_algs_bits(a, SPDM_ALG_REQ_PQC_ASYM))
		none_of(a, SPDM_ALG_REQ_ASYM);
}

/* Fills ALGORITHMS; false if it cannot be. */
static bool select_algs(const struct spdm_rsp *r, const struct spdm_algs *in,
			struct spdm_algs *out)
{
	out->asym = pick(r->cfg.asym, in->asym);
	if (r->version >= SPDM_V14)
		out->pqc_asym = pick(r->cfg.pqc_asym, in->pqc_asym);
	out->hash = pick(r->cfg.hash, in->hash);
	if (r->version >= SPDM_V12)
		out->other_params = in->other_params & SPDM_OPAQUE_FMT_1;
	select_meas(r, in, out);
	out->tables = in->tables;
	for (uint8_t i = 0; i < in->tables; i++) {
		out->table[i].type = in->table[i].type;
		out->table[i].bits =
			select_bits(r, in->table[i].type, in->table[i].bits);
	}
	select_one_kind(out);
	return select_keys(r, in, out) && enough(r, out);
}

/* Everything that we could select, for who asks for it with the capabilities.
 */
void spdm_rsp_supported(const struct spdm_rsp *r, uint8_t version,
			struct spdm_algs *out)
{
	const bool pqc = version >= SPDM_V14;
	const uint16_t aead = r->cfg.aead ? r->cfg.aead : SPDM_AEAD_AES_256_GCM;
	const struct {
		uint8_t type;
		uint16_t bits;
	} table[] = {
		{ SPDM_ALG_DHE, r->cfg.dhe },
		{ SPDM_ALG_AEAD, aead },
		{ SPDM_ALG_REQ_ASYM, (uint16_t)r->cfg.req_asym },
		{ SPDM_ALG_KEY_SCHEDULE, SPDM_KEY_SCHEDULE_SPDM },
		{ SPDM_ALG_REQ_PQC_ASYM,
		  pqc ? (uint16_t)r->cfg.req_pqc_asym : 0 },
		{ SPDM_ALG_KEM, pqc ? r->cfg.kem : 0 },
	};

	memset(out, 0, sizeof(*out));
	out->meas_spec = SPDM_MEAS_SPEC_DMTF;
	out->other_params = SPDM_OPAQUE_FMT_1;
	if (r->cfg.caps & SPDM_CAP_MULTI_KEY_MASK)
		out->other_params |= SPDM_MULTI_KEY_CONN;
	out->asym = r->cfg.asym;
	out->pqc_asym = pqc ? r->cfg.pqc_asym : 0;
	out->hash = r->cfg.hash;
	if (r->cfg.caps & SPDM_CAP_MEL)
		out->mel_spec = SPDM_MEL_SPEC_DMTF;
	for (unsigned i = 0; i < COUNT(table); i++) {
		struct spdm_alg_table *t = &out->table[out->tables];

		if (!table[i].bits)
			continue;
		t->type = table[i].type;
		t->bits = table[i].bits;
		out->tables++;
	}
}

static void commit(struct spdm_rsp *r, const struct spdm_algs *asked,
		   const struct spdm_algs *sel)
{
	r->asym = sel->asym;
	r->req_asym = spdm_algs_bits(sel, SPDM_ALG_REQ_ASYM);
	r->pqc_asym = sel->pqc_asym;
	r->req_pqc_asym = spdm_algs_bits(sel, SPDM_ALG_REQ_PQC_ASYM);
	r->kem = spdm_algs_bits(sel, SPDM_ALG_KEM);
	r->hash = sel->hash;
	r->meas_hash = sel->meas_hash;
	r->dhe = spdm_algs_bits(sel, SPDM_ALG_DHE);
	r->aead = spdm_algs_bits(sel, SPDM_ALG_AEAD);
	r->opaque_fmt1 = sel->other_params & SPDM_OPAQUE_FMT_1;
	r->mel_spec = sel->mel_spec;
	if (r->version >= SPDM_V13) {
		r->multi_key = asked->other_params & SPDM_MULTI_KEY_CONN;
		r->peer_multi_key = sel->other_params & SPDM_MULTI_KEY_CONN;
	}
}

enum il_err spdm_rsp_algs(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	struct spdm_algs *a = &x->rsp.u.algs;
	enum il_err err = IL_OK;

	if (!offer_sane(&x->req, x->in.n) || !select_algs(r, &x->req.u.algs, a))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	x->rsp.param1 = a->tables;

	const struct spdm_algs sel = *a; /* a tap may change what is sent */

	/* All of them: whether keys are many is not agreed yet. */
	for (unsigned i = 0; i < SPDM_SLOTS && !err; i++)
		if (r->cfg.slots[i].certs.n)
			err = spdm_rsp_hash_slot(r, i, sel.hash);
	if (!err)
		err = spdm_ex_emit(x);
	if (!err)
		err = spdm_ex_vca(x);
	if (!err)
		err = spdm_tr_choose(&r->tr, r->version, sel.hash);
	if (!err)
		commit(r, &x->req.u.algs, &sel);
	return err;
}
