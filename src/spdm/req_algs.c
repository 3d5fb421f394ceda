/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/caps.h"
#include "spdm/req_priv.h"

/* NEGOTIATE_ALGORITHMS: what is offered, and what the peer may select of it.
 * Source: DSP0274, section 10.4 */

#define OFFERS 4

/*
 * AlgStruct tables as offered, in the ascending order of their types; how
 * many. Who may be asked to sign says with what. 1.0 has none.
 */
static unsigned offers(const struct spdm_req *q,
		       struct spdm_alg_table out[OFFERS])
{
	unsigned n = 2;

	memset(out, 0, OFFERS * sizeof(*out));
	if (q->version < SPDM_V11)
		return 0;
	out[0].type = SPDM_ALG_DHE;
	out[0].bits = q->cfg.dhe;
	out[1].type = SPDM_ALG_AEAD;
	out[1].bits = q->cfg.aead ? q->cfg.aead : SPDM_AEAD_AES_256_GCM;
	if (q->cfg.req_asym) {
		out[n].type = SPDM_ALG_REQ_ASYM;
		out[n++].bits = (uint16_t)q->cfg.req_asym;
	}
	out[n].type = SPDM_ALG_KEY_SCHEDULE;
	out[n++].bits = SPDM_KEY_SCHEDULE_SPDM;
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

/* Whether the peer has to select one of a table. Without a way for us to sign
 * there is no mutual authentication, which is for the peer to want. */
static bool needed(const struct spdm_req *q, uint8_t type)
{
	return type != SPDM_ALG_REQ_ASYM && sessions(q, type == SPDM_ALG_DHE);
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

	if (!one_of(a->asym, q->cfg.asym) || !one_of(a->hash, q->cfg.hash) ||
	    a->pqc_asym || a->ext_asym.n || a->ext_hash.n)
		return false;
	if (meas != (a->meas_spec == SPDM_MEAS_SPEC_DMTF) ||
	    meas != one_of(a->meas_hash, UINT32_MAX) ||
	    a->mel_spec != mel_spec(q))
		return false;
	return params_sane(q, a->other_params) && tables_sane(q, a);
}

enum il_err spdm_req_algs_check(struct spdm_req *q, const struct spdm_msg *m)
{
	const struct spdm_algs *a = &m->u.algs;

	if (!algs_sane(q, a))
		return IL_E_FIELD;
	q->asym = a->asym;
	q->req_asym = spdm_algs_bits(a, SPDM_ALG_REQ_ASYM);
	q->hash = a->hash;
	q->meas_hash = a->meas_hash;
	q->dhe = spdm_algs_bits(a, SPDM_ALG_DHE);
	q->aead = spdm_algs_bits(a, SPDM_ALG_AEAD);
	q->opaque_fmt1 = a->other_params & SPDM_OPAQUE_FMT_1;
	q->mel_spec = a->mel_spec;
	q->multi_key = many_keys(q);
	q->own_multi = a->other_params & SPDM_MULTI_KEY_CONN;
	q->shape =
		(struct spdm_shape){ .hash_len = spdm_hash_len(q->hash),
				     .sig_len = spdm_sig_len(q->asym),
				     .req_sig_len = spdm_sig_len(q->req_asym),
				     .dhe_len = spdm_dhe_len(q->dhe),
				     .multi_key = q->multi_key };
	q->shape.clear =
		q->cfg.caps & q->peer_caps & SPDM_CAP_HANDSHAKE_IN_CLEAR;
	return spdm_tr_choose(&q->tr, q->version, q->hash);
}
