/* SPDX-License-Identifier: BSD-2-Clause */
#include "evidence/transcript.h"

#include "base/bits.h"
#include "base/bytes.h"
#include "spdm/keys.h"
#include "spdm/sig.h"

/* 16 bits of the message at the cursor; 0 where it has no such bytes. */
static size_t peek16(const struct rd *r, size_t at)
{
	return rd_left(r) < at + 2
		       ? 0
		       : (size_t)r->p[at] | (size_t)r->p[at + 1] << 8;
}

/*
 * Bytes of a message of capabilities. CAPABILITIES of 1.3 may have algorithms
 * in it; their length counts from two bytes in front of it.
 * Source: DSP0274 1.4.0, section 10.3
 */
static size_t caps_len(const struct rd *r)
{
	const uint8_t version = r->p[0];
	const bool ask = r->p[1] == SPDM_GET_CAPABILITIES;

	if (version < SPDM_V11)
		return ask ? 4 : 12;
	if (version < SPDM_V12)
		return 12;
	return !ask && version >= SPDM_V13 && (r->p[2] & SPDM_CAPS_ALGS)
		       ? 20 + peek16(r, 22)
		       : 20;
}

/* Bytes of the VCA message at the cursor; 0 if there is none. */
static size_t vca_len(const struct rd *r)
{
	if (rd_left(r) < 4)
		return 0;
	switch (r->p[1]) {
	case SPDM_GET_VERSION:
		return 4;
	case SPDM_VERSION:
		return rd_left(r) < 6 ? 0 : 6 + 2 * (size_t)r->p[5];
	case SPDM_GET_CAPABILITIES:
	case SPDM_CAPABILITIES:
		return caps_len(r);
	case SPDM_NEGOTIATE_ALGORITHMS:
	case SPDM_ALGORITHMS:
		return peek16(r, 4);
	default:
		return 0;
	}
}

static enum il_err read_vca(struct rd *r, struct evidence_transcript *t)
{
	static const uint8_t order[] = {
		SPDM_GET_VERSION,	   SPDM_VERSION,
		SPDM_GET_CAPABILITIES,	   SPDM_CAPABILITIES,
		SPDM_NEGOTIATE_ALGORITHMS, SPDM_ALGORITHMS,
	};
	const struct spdm_shape none = { 0 };
	const uint8_t *start = r->p;
	struct spdm_msg m;

	for (size_t i = 0; i < COUNT(order); i++) {
		size_t n = vca_len(r);
		const uint8_t *p = rd_bytes(r, n);
		enum il_err err;

		if (!p || !n || p[1] != order[i])
			return IL_E_FIELD;
		err = spdm_msg_decode(p, n, &none, &m);
		if (err)
			return err;
		/* GET_VERSION and VERSION are 1.0; the next one chooses. */
		if (i == 2)
			t->version = m.version;
		if (i > 2 && m.version != t->version)
			return IL_E_FIELD;
	}
	t->hash = m.u.algs.hash;
	t->meas_hash = m.u.algs.meas_hash;
	t->asym = m.u.algs.asym;
	t->pqc = m.u.algs.pqc_asym;
	t->vca = (struct spdm_span){ start, (size_t)(r->p - start) };
	return IL_OK;
}

/* A request: nonce and, from 1.1 on, slot if it asks for a signature; the
 * requester's context from 1.3 on. */
static size_t ask_len(const struct rd *r)
{
	size_t n = 4;

	if (rd_left(r) < 4)
		return 0;
	if (r->p[2] & SPDM_MEAS_ATTR_SIGN)
		n += SPDM_NONCE_LEN + (r->p[0] >= SPDM_V11);
	return n + (r->p[0] >= SPDM_V13 ? SPDM_CONTEXT_LEN : 0);
}

static size_t answer_len(const struct rd *r, size_t sig_len)
{
	const size_t ctx = r->p[0] >= SPDM_V13 ? SPDM_CONTEXT_LEN : 0;
	size_t n;

	if (rd_left(r) < 8)
		return 0;
	n = 8 + (peek16(r, 5) | (size_t)r->p[7] << 16) + SPDM_NONCE_LEN;
	return n + 2 + peek16(r, n) + ctx + sig_len;
}

/* One request and its answer. */
static enum il_err read_pair(struct rd *r, struct evidence_transcript *t,
			     const struct spdm_shape *agreed)
{
	struct spdm_shape sh = *agreed;
	struct spdm_msg ask, answer;
	size_t n = ask_len(r);
	const uint8_t *p = rd_bytes(r, n);
	enum il_err err;

	if (!p || !n)
		return IL_E_SHORT;
	err = spdm_msg_decode(p, n, &sh, &ask);
	if (err)
		return err;
	sh.sign = ask.param1 & SPDM_MEAS_ATTR_SIGN;
	if (sh.sign)
		t->nonce = (struct spdm_span){ p + 4, SPDM_NONCE_LEN };
	n = rd_left(r) ? answer_len(r, sh.sign ? sh.sig_len : 0) : 0;
	p = rd_bytes(r, n);
	if (!p || !n)
		return IL_E_SHORT;
	err = spdm_msg_decode(p, n, &sh, &answer);
	if (err)
		return err;
	if (ask.code != SPDM_GET_MEASUREMENTS ||
	    answer.code != SPDM_MEASUREMENTS || ask.version != t->version ||
	    answer.version != t->version ||
	    (sh.sign && (answer.param2 & 0xf) != ask.u.get_meas.slot))
		return IL_E_FIELD;
	t->slot = ask.u.get_meas.slot;
	t->record = answer.u.meas.record;
	t->whole = ask.param2 == SPDM_MEAS_ALL;
	t->sig = answer.u.meas.sig;
	return IL_OK;
}

enum il_err evidence_transcript_read(struct spdm_span bytes,
				     struct evidence_transcript *out)
{
	struct rd r = rd_over(bytes.p, bytes.n);
	struct evidence_transcript t = { 0 };
	enum il_err err = read_vca(&r, &t);
	struct spdm_shape sh;

	if (err)
		return err;
	sh = (struct spdm_shape){
		.hash_len = spdm_hash_len(t.hash),
		.sig_len = spdm_asym_sig_len(t.asym, t.pqc),
	};
	if (!sh.hash_len || !sh.sig_len)
		return IL_E_FIELD;
	do
		err = read_pair(&r, &t, &sh);
	while (!err && !t.sig.n);
	if (!err)
		err = rd_end(&r);
	if (err)
		return err;
	/* VCA is signed too from 1.2 on. Source: section 10.11.2 */
	t.signed_ = bytes;
	t.signed_.n -= t.sig.n;
	if (t.version < SPDM_V12) {
		t.signed_.p += t.vca.n;
		t.signed_.n -= t.vca.n;
	}
	*out = t;
	return IL_OK;
}

enum il_err evidence_transcript_verify(const struct crypto *c,
				       const struct evidence_transcript *t,
				       struct crypto_slot leaf)
{
	const struct spdm_sig_alg alg = { t->version, t->hash, t->asym,
					  t->pqc };
	uint8_t th[SPDM_HASH_MAX];
	enum il_err err = crypto_hash(c, spdm_crypto_hash(t->hash),
				      t->signed_.p, t->signed_.n, th);

	return err ? err
		   : spdm_sig_verify(c, leaf, &alg, SPDM_SIGN_MEASUREMENTS, th,
				     t->sig);
}
