/* SPDX-License-Identifier: BSD-2-Clause */
#include "evidence/appraise.h"

#include <stdio.h>

#include "base/bits.h"
#include "base/bytes.h"
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

enum il_err evidence_check_chain(const struct crypto *c,
				 const struct evidence_policy *p,
				 const struct evidence_claims *claims,
				 const struct evidence_blob *b,
				 struct crypto_chain *out,
				 struct evidence_verdict *v)
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
	    crypto_chain_parse(c, der, left, out))
		return refuse(v, EVIDENCE_WHY_CHAIN, 0);
	/*
	 * RootHash covers the root certificate, which the chain may leave
	 * out; where the first certificate is the anchor itself it must fit.
	 * Source: DSP0274 1.2.1, section 10.6.1
	 */
	if (crypto_hash(c, claims->spdm_hash, p->anchor, p->anchor_len, own) ||
	    !bytes_equal_ct(own, root, hash_len))
		return refuse(v, EVIDENCE_WHY_ROOT_HASH, 0);
	if (crypto_chain_verify(c, out, p->anchor, p->anchor_len, p->now_s,
				&v->trust))
		return refuse(v, EVIDENCE_WHY_TRUST, 0);
	return IL_OK;
}

static enum il_err read_values(const struct evidence_transcript *t,
			       struct evidence_findings *out,
			       struct evidence_verdict *v)
{
	struct rd r = rd_over(t->record.p, t->record.n);

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

enum il_err
evidence_check_meas(const struct crypto *c, const struct evidence_policy *p,
		    const struct evidence_claims *claims,
		    const struct evidence_blob *b, struct crypto_slot leaf,
		    struct evidence_transcript *t, struct evidence_verdict *v)
{
	const struct spdm_span bytes = { b->p, b->len };

	if (!claims->meas_valid || !claims->meas_fresh)
		return refuse(v, EVIDENCE_WHY_MEAS_STALE, 0);
	if (!vouched(c, claims->hash, b, claims->meas))
		return refuse(v, EVIDENCE_WHY_MEAS_DIGEST, 0);
	if (evidence_transcript_read(bytes, t) || !t->whole ||
	    spdm_crypto_hash(t->hash) != claims->spdm_hash)
		return refuse(v, EVIDENCE_WHY_MEAS_FORM, 0);
	if (!bytes_equal_ct(t->nonce.p, p->nonce, SPDM_NONCE_LEN))
		return refuse(v, EVIDENCE_WHY_MEAS_NONCE, 0);
	if (evidence_transcript_verify(c, t, leaf))
		return refuse(v, EVIDENCE_WHY_MEAS_SIGNATURE, 0);
	return IL_OK;
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

enum il_err evidence_check_report(const struct crypto *c,
				  const struct evidence_policy *p,
				  const struct evidence_claims *claims,
				  const struct evidence_blob *b,
				  struct tdisp_report *rep,
				  struct evidence_verdict *v)
{

	if (!vouched(c, claims->hash, b, claims->report))
		return refuse(v, EVIDENCE_WHY_REPORT_DIGEST, 0);
	if (tdisp_report_decode(b->p, b->len, rep))
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

enum il_err evidence_own_claims(const struct crypto *c,
				const struct evidence_blobs *blobs,
				struct evidence_claims *out)
{
	struct evidence_claims own = { .meas_valid = true, .meas_fresh = true };
	struct evidence_transcript t;
	enum il_err err = evidence_transcript_read(
		(struct spdm_span){ blobs->meas.p, blobs->meas.len }, &t);

	own.spdm_hash = own.hash = err ? 0 : spdm_crypto_hash(t.hash);
	if (!err)
		err = crypto_hash(c, own.hash, blobs->certs.p, blobs->certs.len,
				  own.certs);
	if (!err)
		err = crypto_hash(c, own.hash, blobs->meas.p, blobs->meas.len,
				  own.meas);
	if (!err)
		err = crypto_hash(c, own.hash, blobs->report.p,
				  blobs->report.len, own.report);
	if (!err)
		*out = own;
	return err;
}

enum il_err evidence_appraise(const struct crypto *c,
			      const struct evidence_policy *p,
			      const struct evidence_claims *claims,
			      const struct evidence_blobs *blobs,
			      struct evidence_findings *out,
			      struct evidence_verdict *v)
{
	struct evidence_transcript t;
	enum il_err err;

	*v = (struct evidence_verdict){ 0 };
	err = evidence_check_chain(c, p, claims, &blobs->certs, &out->chain, v);
	if (!err)
		err = evidence_check_meas(c, p, claims, &blobs->meas,
					  out->chain.leaf, &t, v);
	if (!err)
		err = read_values(&t, out, v);
	if (!err)
		err = compare_values(p, out, v);
	if (!err)
		err = evidence_check_report(c, p, claims, &blobs->report,
					    &out->report, v);
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
	case EVIDENCE_WHY_VERSION:
		return "the version of SPDM is older than is asked";
	case EVIDENCE_WHY_NO_REPORT:
		return "there is no interface report";
	case EVIDENCE_WHY_UNVOUCHED:
		return "interface report: nobody vouches for it";
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
