/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/caps.h"
#include "spdm/req_priv.h"
#include "spdm/sig.h"

/* NEGOTIATE_ALGORITHMS: what is offered, and what the peer may select of it.
 * Source: DSP0274, section 10.4 */

#define OFFERS SPDM_ALG_TABLES

void spdm_req_pqc_mask(struct spdm_req_cfg *cfg)
{
	const bool can = crypto_has_pqc(cfg->crypto);

	if (!can)
		cfg->pqc_asym = 0;
	if (!can || !cfg->port || !cfg->port->sign_msg)
		cfg->req_pqc_asym = 0;
	if (!can)
		cfg->kem = 0;
}

bool spdm_req_pqc_room(const struct spdm_req_cfg *cfg)
{
	size_t need = cfg->transfer + SPDM_SECURED_SLACK;

	if (cfg->req_pqc_asym)
		need += CRYPTO_ML_DSA_MAX;
	return cfg->scratch_len >= need &&
	       (!cfg->kem || cfg->scratch_len >= CRYPTO_KEM_PUB_MAX);
}

/*
 * AlgStruct tables as offered, in the ascending order of their types; how
 * many. Who may be asked to sign says with what. 1.0 has none.
 */
static unsigned offers(const struct spdm_req *q,
		       struct spdm_alg_table out[OFFERS])
{
	const bool pqc = q->version >= SPDM_V14;
	const struct {
		uint8_t type;
		uint16_t bits;
	} all[OFFERS] = {
		{ SPDM_ALG_DHE, q->cfg.dhe },
		{ SPDM_ALG_AEAD,
		  q->cfg.aead ? q->cfg.aead : SPDM_AEAD_AES_256_GCM },
		{ SPDM_ALG_REQ_ASYM, (uint16_t)q->cfg.req_asym },
		{ SPDM_ALG_KEY_SCHEDULE, SPDM_KEY_SCHEDULE_SPDM },
		{ SPDM_ALG_REQ_PQC_ASYM,
		  pqc ? (uint16_t)q->cfg.req_pqc_asym : 0 },
		{ SPDM_ALG_KEM, pqc ? q->cfg.kem : 0 },
	};
	unsigned n = 0;

	memset(out, 0, OFFERS * sizeof(*out));
	for (unsigned i = 0; i < OFFERS && q->version >= SPDM_V11; i++) {
		/* A group is always offered where nothing else is. */
		if (!all[i].bits &&
		    (all[i].type != SPDM_ALG_DHE || (pqc && q->cfg.kem)))
			continue;
		out[n].type = all[i].type;
		out[n++].bits = all[i].bits;
	}
	return n;
}

/* Whether the peer's keys are many here: as it is, or as we say where it
 * leaves us the choice. */
static bool many_keys(const struct spdm_req *q)
{
	return (q->peer_caps & SPDM_CAP_MULTI_KEY_ONLY) ||
	       (q->cfg.multi_key && (q->peer_caps & SPDM_CAP_MULTI_KEY_NEG));
}

static uint8_t mel_spec(const struct spdm_req *q)
{
	return q->peer_caps & SPDM_CAP_MEL ? SPDM_MEL_SPEC_DMTF : 0;
}

static bool measures(const struct spdm_req *q)
{
	return q->peer_caps & (SPDM_CAP_MEAS_MASK | SPDM_CAP_MEL);
}

enum il_err spdm_req_algs_build(struct spdm_req *q, struct spdm_msg *m)
{
	struct spdm_algs *a = &m->u.algs;

	if (measures(q))
		a->meas_spec = SPDM_MEAS_SPEC_DMTF;
	if (q->version >= SPDM_V12)
		a->other_params = SPDM_OPAQUE_FMT_1;
	if (many_keys(q))
		a->other_params |= SPDM_MULTI_KEY_CONN;
	a->asym = q->cfg.asym;
	if (q->version >= SPDM_V14)
		a->pqc_asym = q->cfg.pqc_asym;
	a->hash = q->cfg.hash;
	a->mel_spec = mel_spec(q);
	a->tables = (uint8_t)offers(q, a->table);
	m->param1 = a->tables;
	return IL_OK;
}

/* One bit, out of those offered. */
static bool one_of(uint32_t sel, uint32_t offered)
{
	return sel && !(sel & (sel - 1)) && (sel & offered);
}

/* Whether both can make sessions, at all or with a DHE. */
static bool sessions(const struct spdm_req *q, bool dhe)
{
	return spdm_caps_dhe(q->cfg.caps, q->peer_caps) ||
	       (!dhe && spdm_caps_psk(q->cfg.caps, q->peer_caps));
}

/* Whether the peer has to select one of a table; see kinds_sane(). */
static bool needed(const struct spdm_req *q, uint8_t type)
{
	return (type == SPDM_ALG_AEAD || type == SPDM_ALG_KEY_SCHEDULE) &&
	       sessions(q, false);
}

/*
 * A DHE or a KEM, not both, where sessions are made; of our signatures at most
 * one: without there is no mutual authentication, which is for the peer to
 * want. Source: DSP0274 1.4.0, section 10.4
 */
static bool kinds_sane(const struct spdm_req *q, const struct spdm_algs *a)
{
	const bool dhe = spdm_algs_bits(a, SPDM_ALG_DHE);
	const bool kem = spdm_algs_bits(a, SPDM_ALG_KEM);

	if ((dhe && kem) || (sessions(q, true) && !dhe && !kem))
		return false;
	return !spdm_algs_bits(a, SPDM_ALG_REQ_ASYM) ||
	       !spdm_algs_bits(a, SPDM_ALG_REQ_PQC_ASYM);
}

/* The peer signs in one way, which was offered. */
static bool asym_sane(const struct spdm_req *q, const struct spdm_algs *a)
{
	if (q->version < SPDM_V14 || !a->pqc_asym)
		return !a->pqc_asym && one_of(a->asym, q->cfg.asym);
	return !a->asym && one_of(a->pqc_asym, q->cfg.pqc_asym);
}

static bool tables_sane(const struct spdm_req *q, const struct spdm_algs *a)
{
	struct spdm_alg_table want[OFFERS];
	const unsigned n = offers(q, want);

	if (a->tables != n)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (a->table[i].type != want[i].type || a->table[i].ext_count ||
		    ((needed(q, want[i].type) || a->table[i].bits) &&
		     !one_of(a->table[i].bits, want[i].bits)))
			return false;
	return true;
}

/*
 * The format of opaque data that we offered. Whether our own keys are many is
 * the peer's to say where we leave it the choice.
 * Source: DSP0274 1.3.2, section 10.4 (MULTI_KEY_CONN_REQ)
 */
static bool params_sane(const struct spdm_req *q, uint8_t other)
{
	const uint32_t own = q->version < SPDM_V13
				     ? 0
				     : q->cfg.caps & SPDM_CAP_MULTI_KEY_MASK;
	const bool many = other & SPDM_MULTI_KEY_CONN;

	if ((other & ~(SPDM_OPAQUE_FMT_1 | SPDM_MULTI_KEY_CONN)) ||
	    (many ? !own : own == SPDM_CAP_MULTI_KEY_ONLY))
		return false;
	return q->version < SPDM_V12 || (other & SPDM_OPAQUE_FMT_1) ||
	       !sessions(q, false);
}

/* The peer selects one of each that we offered, and nothing else. */
static bool algs_sane(const struct spdm_req *q, const struct spdm_algs *a)
{
	const bool meas = measures(q);

	if (!asym_sane(q, a) || !one_of(a->hash, q->cfg.hash) ||
	    a->ext_asym.n || a->ext_hash.n)
		return false;
	if (meas != (a->meas_spec == SPDM_MEAS_SPEC_DMTF) ||
	    meas != one_of(a->meas_hash, UINT32_MAX) ||
	    a->mel_spec != mel_spec(q))
		return false;
	return params_sane(q, a->other_params) && tables_sane(q, a) &&
	       kinds_sane(q, a);
}

enum il_err spdm_req_algs_check(struct spdm_req *q, const struct spdm_msg *m)
{
	const struct spdm_algs *a = &m->u.algs;

	if (!algs_sane(q, a))
		return IL_E_FIELD;
	q->asym = a->asym;
	q->req_asym = spdm_algs_bits(a, SPDM_ALG_REQ_ASYM);
	q->pqc_asym = a->pqc_asym;
	q->req_pqc_asym = spdm_algs_bits(a, SPDM_ALG_REQ_PQC_ASYM);
	q->kem = spdm_algs_bits(a, SPDM_ALG_KEM);
	q->hash = a->hash;
	q->meas_hash = a->meas_hash;
	q->dhe = spdm_algs_bits(a, SPDM_ALG_DHE);
	q->aead = spdm_algs_bits(a, SPDM_ALG_AEAD);
	q->opaque_fmt1 = a->other_params & SPDM_OPAQUE_FMT_1;
	q->mel_spec = a->mel_spec;
	q->multi_key = many_keys(q);
	q->own_multi = a->other_params & SPDM_MULTI_KEY_CONN;
	q->shape = (struct spdm_shape){
		.hash_len = spdm_hash_len(q->hash),
		.sig_len = spdm_asym_sig_len(q->asym, q->pqc_asym),
		.req_sig_len = spdm_asym_sig_len(q->req_asym, q->req_pqc_asym),
		.dhe_len = q->kem ? spdm_kem_key_len(q->kem)
				  : spdm_dhe_len(q->dhe),
		.rsp_dhe_len = spdm_kem_text_len(q->kem),
		.multi_key = q->multi_key
	};
	q->shape.clear =
		q->cfg.caps & q->peer_caps & SPDM_CAP_HANDSHAKE_IN_CLEAR;
	return spdm_tr_choose(&q->tr, q->version, q->hash);
}
