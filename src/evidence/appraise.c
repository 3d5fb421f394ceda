/* SPDX-License-Identifier: BSD-2-Clause */
#include "evidence/appraise.h"

#include <stdio.h>

#include "base/bits.h"
#include "base/bytes.h"
#include "spdm/codec.h"
#include "spdm/keys.h"

static enum il_err refuse(struct evidence_verdict *v, enum evidence_why why,
			  unsigned index)
{
	v->why = why;
	v->index = index;
	return IL_E_AUTH;
}

/* Law 27: bytes from the host count only if the TSM's digest says so. */
static bool vouched(const struct crypto *c, enum crypto_hash_alg alg,
		    const struct evidence_blob *b, const uint8_t *digest)
{
	uint8_t own[CRYPTO_HASH_MAX];

	return b->len && !crypto_hash(c, alg, b->p, b->len, own) &&
	       bytes_equal_ct(own, digest, crypto_hash_len(alg));
}

static enum il_err
judge_chain(const struct crypto *c, const struct evidence_policy *p,
	    const struct evidence_claims *claims, const struct evidence_blob *b,
	    struct evidence_findings *out, struct evidence_verdict *v)
{
	size_t hash_len = crypto_hash_len(claims->spdm_hash);
	struct rd r = rd_over(b->p, b->len);
	uint8_t own[CRYPTO_HASH_MAX];

	if (!vouched(c, claims->hash, b, claims->certs))
		return refuse(v, EVIDENCE_WHY_CERT_DIGEST, 0);

	uint16_t len = rd_u16le(&r);

	rd_skip(&r, 2);

	const uint8_t *root = rd_bytes(&r, hash_len);
	size_t left = rd_left(&r);
	const uint8_t *der = rd_bytes(&r, left);

	if (r.err || !left || len != b->len ||
	    crypto_chain_parse(c, der, left, &out->chain))
		return refuse(v, EVIDENCE_WHY_CHAIN, 0);
	/*
	 * RootHash covers the root certificate, which the chain may leave
	 * out; where the first certificate is the anchor itself it must fit.
	 * Source: DSP0274 1.2.1, section 10.6.1
	 */
	if (crypto_hash(c, claims->spdm_hash, p->anchor, p->anchor_len, own) ||
	    !bytes_equal_ct(own, root, hash_len))
		return refuse(v, EVIDENCE_WHY_ROOT_HASH, 0);
	if (crypto_chain_verify(c, &out->chain, p->anchor, p->anchor_len,
				p->now_s, &v->trust))
		return refuse(v, EVIDENCE_WHY_TRUST, 0);
	return IL_OK;
}

/* The pieces of a measurement transcript. */
struct transcript {
	uint8_t version;
	struct spdm_msg req;
	struct spdm_msg rsp;
	size_t signed_len;
};

/* Bytes of the VCA message at the cursor; 0 if there is none. */
static size_t vca_len(const struct rd *r)
{
	const uint8_t *p = r->p;
	size_t left = rd_left(r);

	if (left < 6)
		return 0;
	switch (p[1]) {
	case SPDM_GET_VERSION:
		return 4;
	case SPDM_VERSION:
		return 6 + 2 * (size_t)p[5];
	case SPDM_GET_CAPABILITIES:
	case SPDM_CAPABILITIES:
		return p[0] >= SPDM_V12 ? 20 : 12;
	case SPDM_NEGOTIATE_ALGORITHMS:
	case SPDM_ALGORITHMS:
		return (size_t)p[4] | (size_t)p[5] << 8;
	default:
		return 0;
	}
}

static enum il_err split(const struct evidence_blob *b, uint8_t sig_len,
			 uint8_t hash_len, struct transcript *t)
{
	static const uint8_t order[] = {
		SPDM_GET_VERSION,	   SPDM_VERSION,
		SPDM_GET_CAPABILITIES,	   SPDM_CAPABILITIES,
		SPDM_NEGOTIATE_ALGORITHMS, SPDM_ALGORITHMS,
	};
	const struct spdm_shape sh = { .hash_len = hash_len,
				       .sig_len = sig_len,
				       .sign = true };
	const size_t req_len = 4 + SPDM_NONCE_LEN + 1;
	struct rd r = rd_over(b->p, b->len);
	enum il_err err;

	for (size_t i = 0; i < COUNT(order); i++) {
		size_t n = vca_len(&r);
		const uint8_t *p = rd_bytes(&r, n);

		if (!p || !n || p[1] != order[i])
			return IL_E_FIELD;
	}

	const uint8_t *req = rd_bytes(&r, req_len);
	size_t left = rd_left(&r);
	const uint8_t *rsp = rd_bytes(&r, left);

	if (r.err)
		return r.err;
	err = spdm_msg_decode(req, req_len, &sh, &t->req);
	if (!err)
		err = spdm_msg_decode(rsp, left, &sh, &t->rsp);
	if (!err && (t->req.code != SPDM_GET_MEASUREMENTS ||
		     t->rsp.code != SPDM_MEASUREMENTS ||
		     t->req.version != t->rsp.version ||
		     t->req.param2 != SPDM_MEAS_ALL))
		err = IL_E_FIELD;
	t->version = t->req.version;
	t->signed_len = b->len - sig_len;
	return err;
}

static enum il_err read_values(const struct transcript *t,
			       struct evidence_findings *out,
			       struct evidence_verdict *v)
{
	struct rd r = rd_over(t->rsp.u.meas.record.p, t->rsp.u.meas.record.n);

	out->n_meas = 0;
	while (rd_left(&r)) {
		struct evidence_measurement *m = &out->meas[out->n_meas];
		struct spdm_meas_block b;

		if (out->n_meas == EVIDENCE_MEAS_MAX ||
		    spdm_meas_block_read(&r, &b) ||
		    b.value.n > sizeof(m->value))
			return refuse(v, EVIDENCE_WHY_MEAS_FORM, 0);
		m->index = b.index;
		m->type = b.type;
		m->len = (uint8_t)b.value.n;
		memcpy(m->value, b.value.p, b.value.n);
		out->n_meas++;
	}
	return IL_OK;
}

static const struct evidence_measurement *
find_value(const struct evidence_measurement *m, unsigned n, unsigned index)
{
	for (unsigned i = 0; i < n; i++)
		if (m[i].index == index)
			return &m[i];
	return NULL;
}

static enum il_err compare_values(const struct evidence_policy *p,
				  const struct evidence_findings *f,
				  struct evidence_verdict *v)
{
	if (!p->n_expected)
		return IL_OK;
	for (unsigned i = 0; i < p->n_expected; i++) {
		const struct evidence_measurement *e = &p->expected[i];
		const struct evidence_measurement *m =
			find_value(f->meas, f->n_meas, e->index);

		if (!m || m->type != e->type || m->len != e->len ||
		    memcmp(m->value, e->value, e->len) != 0)
			return refuse(v, EVIDENCE_WHY_MEAS_VALUE, e->index);
	}
	for (unsigned i = 0; i < f->n_meas; i++)
		if (!find_value(p->expected, p->n_expected, f->meas[i].index))
			return refuse(v, EVIDENCE_WHY_MEAS_VALUE,
				      f->meas[i].index);
	return IL_OK;
}

static enum il_err
judge_meas(const struct crypto *c, const struct evidence_policy *p,
	   const struct evidence_claims *claims, const struct evidence_blob *b,
	   struct evidence_findings *out, struct evidence_verdict *v)
{
	uint8_t hash_len = (uint8_t)crypto_hash_len(claims->spdm_hash);
	uint8_t sig_len = (uint8_t)(2 * crypto_curve_len(out->chain.curve));
	uint32_t hash = claims->spdm_hash == CRYPTO_SHA256 ? SPDM_HASH_SHA_256
							   : SPDM_HASH_SHA_384;
	uint8_t th[CRYPTO_HASH_MAX], digest[CRYPTO_HASH_MAX];
	struct transcript t;

	if (!claims->meas_valid || !claims->meas_fresh)
		return refuse(v, EVIDENCE_WHY_MEAS_STALE, 0);
	if (!vouched(c, claims->hash, b, claims->meas))
		return refuse(v, EVIDENCE_WHY_MEAS_DIGEST, 0);
	if (b->len <= sig_len || split(b, sig_len, hash_len, &t))
		return refuse(v, EVIDENCE_WHY_MEAS_FORM, 0);
	if (!bytes_equal_ct(t.req.u.get_meas.nonce, p->nonce, SPDM_NONCE_LEN))
		return refuse(v, EVIDENCE_WHY_MEAS_NONCE, 0);
	if (crypto_hash(c, claims->spdm_hash, b->p, t.signed_len, th) ||
	    spdm_sign_digest(c, t.version, hash, SPDM_SIGN_MEASUREMENTS, th,
			     digest) ||
	    crypto_verify_digest(c, out->chain.leaf, digest, hash_len,
				 t.rsp.u.meas.sig.p, t.rsp.u.meas.sig.n))
		return refuse(v, EVIDENCE_WHY_MEAS_SIGNATURE, 0);
	if (read_values(&t, out, v))
		return IL_E_AUTH;
	return compare_values(p, out, v);
}

/*
 * Ranges of a BAR ascend, and the first of them starts the BAR; the offset of
 * any page in its BAR follows. Source: linux.md of the Linux series, "first
 * range of a BAR is its base"; OPEN: the specification does not say so.
 */
static enum il_err judge_ranges(const struct evidence_policy *p,
				const struct tdisp_report *rep,
				struct evidence_verdict *v)
{
	uint64_t base[EVIDENCE_BARS] = { 0 };
	bool seen[EVIDENCE_BARS] = { false };

	for (uint32_t i = 0; i < rep->range_count; i++) {
		const struct tdisp_range *r = &rep->ranges[i];
		uint64_t end;

		if (r->id >= EVIDENCE_BARS || !p->bar_size[r->id])
			return refuse(v, EVIDENCE_WHY_REPORT_RANGE, i);
		if (!seen[r->id])
			base[r->id] = r->first_page;
		seen[r->id] = true;
		end = r->first_page - base[r->id] + r->pages;
		if (end > p->bar_size[r->id] / PAGE_4K)
			return refuse(v, EVIDENCE_WHY_REPORT_RANGE, i);
	}
	return IL_OK;
}

static enum il_err judge_report(const struct crypto *c,
				const struct evidence_policy *p,
				const struct evidence_claims *claims,
				const struct evidence_blob *b,
				struct evidence_findings *out,
				struct evidence_verdict *v)
{
	const struct tdisp_report *rep = &out->report;

	if (!vouched(c, claims->hash, b, claims->report))
		return refuse(v, EVIDENCE_WHY_REPORT_DIGEST, 0);
	if (tdisp_report_decode(b->p, b->len, &out->report))
		return refuse(v, EVIDENCE_WHY_REPORT_FORM, 0);
	/* Law 31: nothing that the trusted entry does not cover. */
	if (!(rep->info & TDISP_INFO_DMA_NO_PASID) ||
	    (rep->info &
	     (TDISP_INFO_DMA_PASID | TDISP_INFO_ATS | TDISP_INFO_PRS)) ||
	    rep->lnr_control || rep->tph_control)
		return refuse(v, EVIDENCE_WHY_REPORT_CAPS, 0);
	/* Law 32: no firmware update while we use it, if we asked for that. */
	if ((claims->lock_flags & p->lock_flags) != p->lock_flags ||
	    ((p->lock_flags & 1) && !(rep->info & TDISP_INFO_NO_FW_UPDATE)))
		return refuse(v, EVIDENCE_WHY_LOCK_FLAGS, 0);
	return judge_ranges(p, rep, v);
}

enum il_err evidence_appraise(const struct crypto *c,
			      const struct evidence_policy *p,
			      const struct evidence_claims *claims,
			      const struct evidence_blobs *blobs,
			      struct evidence_findings *out,
			      struct evidence_verdict *v)
{
	enum il_err err;

	*v = (struct evidence_verdict){ 0 };
	err = judge_chain(c, p, claims, &blobs->certs, out, v);
	if (!err)
		err = judge_meas(c, p, claims, &blobs->meas, out, v);
	if (!err)
		err = judge_report(c, p, claims, &blobs->report, out, v);
	return err;
}

static const char *why_says(enum evidence_why why)
{
	switch (why) {
	case EVIDENCE_WHY_NONE:
		return "accepted";
	case EVIDENCE_WHY_CERT_DIGEST:
		return "certificate chain differs from the session's digest";
	case EVIDENCE_WHY_CHAIN:
		return "certificate chain is malformed";
	case EVIDENCE_WHY_ROOT_HASH:
		return "certificate chain: not under the trust anchor "
		       "(root hash differs)";
	case EVIDENCE_WHY_TRUST:
		return "certificate";
	case EVIDENCE_WHY_MEAS_STALE:
		return "measurements are not of this lock session";
	case EVIDENCE_WHY_MEAS_DIGEST:
		return "measurements differ from the TSM's digest";
	case EVIDENCE_WHY_MEAS_FORM:
		return "measurements are malformed";
	case EVIDENCE_WHY_MEAS_NONCE:
		return "measurements do not answer the guest's nonce";
	case EVIDENCE_WHY_MEAS_SIGNATURE:
		return "measurements: signature does not verify";
	case EVIDENCE_WHY_MEAS_VALUE:
		return "measurement differs from the expected one: index";
	case EVIDENCE_WHY_REPORT_DIGEST:
		return "interface report differs from the TSM's digest";
	case EVIDENCE_WHY_REPORT_FORM:
		return "interface report is malformed";
	case EVIDENCE_WHY_REPORT_CAPS:
		return "interface report: a capability that we do not accept";
	case EVIDENCE_WHY_REPORT_RANGE:
		return "interface report: range outside its BAR: range";
	case EVIDENCE_WHY_LOCK_FLAGS:
		return "locked with other flags than asked";
	case EVIDENCE_WHY_CHANGED:
		return "the lock session changed while evidence was read";
	case EVIDENCE_WHYS:
		break;
	}
	return "?";
}

void evidence_verdict_text(const struct evidence_verdict *v, char *out,
			   size_t cap)
{
	switch ((int)v->why) {
	case EVIDENCE_WHY_TRUST:
		if (v->trust.cert == CRYPTO_CERT_ANCHOR)
			snprintf(out, cap, "trust anchor: %s",
				 crypto_why_name(v->trust.code));
		else
			snprintf(out, cap, "certificate %d of the chain: %s",
				 v->trust.cert, crypto_why_name(v->trust.code));
		break;
	case EVIDENCE_WHY_MEAS_VALUE:
	case EVIDENCE_WHY_REPORT_RANGE:
		snprintf(out, cap, "%s %u", why_says(v->why), v->index);
		break;
	default:
		snprintf(out, cap, "%s", why_says(v->why));
	}
}
