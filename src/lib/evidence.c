/* SPDX-License-Identifier: BSD-2-Clause */
#include "interlock/evidence.h"

#include "base/bits.h"
#include "base/bytes.h"
#include "crypto/crypto.h"
#include "evidence/appraise.h"
#include "lib/requester_priv.h"

/* The installed judgement, over the room that guests use too. */

/* clang-format off */
#define SAME(ours, theirs) _Static_assert((int)(ours) == (int)(theirs), #ours)
SAME(IL_EVIDENCE_ACCEPTED,         EVIDENCE_WHY_NONE);
SAME(IL_EVIDENCE_CERT_DIGEST,      EVIDENCE_WHY_CERT_DIGEST);
SAME(IL_EVIDENCE_CHAIN,            EVIDENCE_WHY_CHAIN);
SAME(IL_EVIDENCE_ROOT_HASH,        EVIDENCE_WHY_ROOT_HASH);
SAME(IL_EVIDENCE_TRUST,            EVIDENCE_WHY_TRUST);
SAME(IL_EVIDENCE_MEAS_STALE,       EVIDENCE_WHY_MEAS_STALE);
SAME(IL_EVIDENCE_MEAS_DIGEST,      EVIDENCE_WHY_MEAS_DIGEST);
SAME(IL_EVIDENCE_MEAS_FORM,        EVIDENCE_WHY_MEAS_FORM);
SAME(IL_EVIDENCE_MEAS_NONCE,       EVIDENCE_WHY_MEAS_NONCE);
SAME(IL_EVIDENCE_MEAS_SIGNATURE,   EVIDENCE_WHY_MEAS_SIGNATURE);
SAME(IL_EVIDENCE_MEAS_VALUE,       EVIDENCE_WHY_MEAS_VALUE);
SAME(IL_EVIDENCE_REPORT_DIGEST,    EVIDENCE_WHY_REPORT_DIGEST);
SAME(IL_EVIDENCE_REPORT_FORM,      EVIDENCE_WHY_REPORT_FORM);
SAME(IL_EVIDENCE_REPORT_CAPS,      EVIDENCE_WHY_REPORT_CAPS);
SAME(IL_EVIDENCE_REPORT_RANGE,     EVIDENCE_WHY_REPORT_RANGE);
SAME(IL_EVIDENCE_LOCK_FLAGS,       EVIDENCE_WHY_LOCK_FLAGS);
SAME(IL_EVIDENCE_CHANGED,          EVIDENCE_WHY_CHANGED);
SAME(IL_EVIDENCE_VERSION,          EVIDENCE_WHY_VERSION);
SAME(IL_EVIDENCE_NO_REPORT,        EVIDENCE_WHY_NO_REPORT);
SAME(IL_EVIDENCE_REPORT_UNVOUCHED, EVIDENCE_WHY_UNVOUCHED);
/* clang-format on */

/* What one judgement works with. */
struct judgement {
	struct crypto c;
	const struct il_evidence_policy *p;
	struct evidence_policy policy; /* the same inside, one anchor */
	struct evidence_blobs blobs;
	struct evidence_claims claims;
	bool claimed; /* by somebody else */
	struct crypto_chain chain;
	struct evidence_transcript t;
	struct tdisp_report report;
	struct il_evidence_findings *found; /* or NULL */
	struct evidence_verdict v;
};

static enum il_err refuse(struct judgement *j, enum evidence_why why,
			  unsigned index)
{
	j->v = (struct evidence_verdict){ .why = why, .index = index };
	return IL_E_AUTH;
}

static struct evidence_blob blob(struct il_span s)
{
	return (struct evidence_blob){ s.p, s.n };
}

static void take_claims(struct judgement *j, const struct il_evidence_claims *c)
{
	j->claimed = true;
	j->claims = (struct evidence_claims){
		.lock_flags = c->lock_flags,
		.meas_valid = c->meas_valid,
		.meas_fresh = c->meas_fresh,
		.hash = c->hash,
		.spdm_hash = c->spdm_hash,
	};
	memcpy(j->claims.certs, c->certs, sizeof(j->claims.certs));
	memcpy(j->claims.meas, c->meas, sizeof(j->claims.meas));
	memcpy(j->claims.report, c->report, sizeof(j->claims.report));
}

/* Nobody's claims: the bytes' own digests, and what is asked of the lock. */
static enum il_err own_claims(struct judgement *j)
{
	enum il_err err = evidence_own_claims(&j->c, &j->blobs, &j->claims);

	j->claims.lock_flags = j->p->lock_flags;
	if (err == IL_E_NOMEM)
		return err;
	return err ? refuse(j, EVIDENCE_WHY_MEAS_FORM, 0) : IL_OK;
}

/* One of the anchors has to do; the verdict is that of the last, or of the one
 * that the chain names as its root. */
static enum il_err judge_chain(struct judgement *j)
{
	struct evidence_verdict named = { .why = EVIDENCE_WHY_NONE };
	enum il_err err = IL_E_ARG;

	for (size_t i = 0; i < j->p->anchor_n && err; i++) {
		j->policy.anchor = j->p->anchors[i].p;
		j->policy.anchor_len = j->p->anchors[i].n;
		crypto_chain_drop(&j->c, &j->chain);
		err = evidence_check_chain(&j->c, &j->policy, &j->claims,
					   &j->blobs.certs, &j->chain, &j->v);
		if (err && j->v.why != EVIDENCE_WHY_ROOT_HASH)
			named = j->v;
	}
	if (!err)
		j->v = (struct evidence_verdict){ .why = EVIDENCE_WHY_NONE };
	else if (named.why != EVIDENCE_WHY_NONE)
		j->v = named;
	return err;
}

static enum il_err judge_meas(struct judgement *j)
{
	enum il_err err = evidence_check_meas(&j->c, &j->policy, &j->claims,
					      &j->blobs.meas, j->chain.leaf,
					      &j->t, &j->v);

	if (!err && j->t.version < j->p->version_min)
		return refuse(j, EVIDENCE_WHY_VERSION, 0);
	return err;
}

/* The expected measurement of an index, or NULL. */
static const struct il_measurement *expected(const struct il_evidence_policy *p,
					     unsigned index)
{
	for (size_t i = 0; i < p->expected_n; i++)
		if (p->expected[i].index == index)
			return &p->expected[i];
	return NULL;
}

static bool as_expected(const struct il_measurement *e,
			const struct spdm_meas_block *b)
{
	return e && e->type == b->type && e->value.n == b->value.n &&
	       memcmp(e->value.p, b->value.p, b->value.n) == 0;
}

/* A block is as it was expected, and each expected one is there: indices of a
 * record ascend, so as many are there as were met. */
static enum il_err judge_values(struct judgement *j)
{
	struct rd r = rd_over(j->t.record.p, j->t.record.n);
	uint8_t seen[256] = { 0 };
	unsigned last = 0;

	while (rd_left(&r)) {
		struct il_evidence_findings *f = j->found;
		struct spdm_meas_block b;

		if (spdm_meas_block_read(&r, &b) || b.index <= last)
			return refuse(j, EVIDENCE_WHY_MEAS_FORM, 0);
		last = b.index;
		seen[b.index] = 1;
		if (f && f->meas_n < COUNT(f->meas))
			f->meas[f->meas_n++] =
				(struct il_measurement){ b.index, b.type,
							 lib_span(b.value) };
		if (j->p->expected_n &&
		    !as_expected(expected(j->p, b.index), &b))
			return refuse(j, EVIDENCE_WHY_MEAS_VALUE, b.index);
	}
	for (size_t i = 0; i < j->p->expected_n; i++)
		if (!seen[j->p->expected[i].index])
			return refuse(j, EVIDENCE_WHY_MEAS_VALUE,
				      j->p->expected[i].index);
	return IL_OK;
}

static enum il_err judge_report(struct judgement *j)
{
	const struct tdisp_report *rep = &j->report;
	struct il_evidence_findings *f = j->found;
	enum il_err err;

	if (!j->blobs.report.len)
		return j->p->report_wanted
			       ? refuse(j, EVIDENCE_WHY_NO_REPORT, 0)
			       : IL_OK;
	if (!j->claimed && !j->p->report_trusted)
		return refuse(j, EVIDENCE_WHY_UNVOUCHED, 0);
	err = evidence_check_report(&j->c, &j->policy, &j->claims,
				    &j->blobs.report, &j->report, &j->v);
	if (err || !f)
		return err;
	f->report_info = rep->info;
	for (uint32_t i = 0; i < rep->range_count; i++) {
		const struct tdisp_range *x = &rep->ranges[i];

		f->ranges[f->range_n++] =
			(struct il_tdisp_range){ x->first_page, x->pages,
						 x->attrs, x->id };
	}
	return IL_OK;
}

static void describe(struct judgement *j)
{
	struct il_evidence_findings *f = j->found;

	if (!f)
		return;
	memcpy(f->subject, j->chain.subject, sizeof(f->subject));
	memcpy(f->san, j->chain.san, sizeof(f->san));
	f->version = j->t.version;
	f->asym = j->t.asym;
	f->pqc_asym = j->t.pqc;
	f->hash = j->t.hash;
	f->meas_hash = j->t.meas_hash;
}

static enum il_err judge(struct judgement *j,
			 const struct il_evidence_claims *claims)
{
	enum il_err err = IL_OK;

	if (claims)
		take_claims(j, claims);
	else
		err = own_claims(j);
	if (!err)
		err = judge_chain(j);
	if (!err)
		err = judge_meas(j);
	describe(j);
	if (!err)
		err = judge_values(j);
	if (!err)
		err = judge_report(j);
	crypto_chain_drop(&j->c, &j->chain);
	return err;
}

enum il_err il_evidence_appraise(const struct il_crypto *c,
				 const struct il_evidence_policy *policy,
				 const struct il_evidence *ev,
				 const struct il_evidence_claims *claims,
				 struct il_evidence_findings *out,
				 struct il_evidence_verdict *v)
{
	struct judgement j = {
		.c = { c->ops, c->ctx },
		.p = policy,
		.policy = { .now_s = policy->now_s,
			    .lock_flags = policy->lock_flags },
		.blobs = { blob(ev->certs), blob(ev->meas), blob(ev->report) },
		.found = out,
	};
	enum il_err err;

	_Static_assert(sizeof(policy->bar_size) == sizeof(j.policy.bar_size),
		       "as many BARs");
	memcpy(j.policy.bar_size, policy->bar_size, sizeof(j.policy.bar_size));
	memcpy(j.policy.nonce, policy->nonce, sizeof(j.policy.nonce));
	if (out)
		memset(out, 0, sizeof(*out));
	*v = (struct il_evidence_verdict){ 0 };
	if (!policy->anchor_n || !policy->anchors ||
	    !lib_reserved(policy->reserved, COUNT(policy->reserved)) ||
	    (claims &&
	     !lib_reserved(claims->reserved, COUNT(claims->reserved))))
		return IL_E_ARG;
	err = judge(&j, claims);
	v->why = (enum il_evidence_why)j.v.why;
	v->trust = j.v.trust;
	v->index = j.v.index;
	return err;
}

void il_evidence_text(const struct il_evidence_verdict *v, char *out,
		      size_t cap)
{
	const struct evidence_verdict inside = {
		.why = (enum evidence_why)v->why,
		.trust = v->trust,
		.index = v->index,
	};

	evidence_verdict_text(&inside, out, cap);
}

enum il_err il_chain_check(const struct il_crypto *c, struct il_span certs,
			   struct il_span anchor, int64_t now_s, bool requester,
			   struct il_crypto_why *why)
{
	const struct crypto inside = { c->ops, c->ctx };
	struct crypto_chain ch = { 0 };
	enum il_err err = crypto_chain_parse(&inside, certs.p, certs.n, &ch);

	*why = (struct il_crypto_why){ 0 };
	if (err)
		return err;
	ch.requester = requester;
	err = crypto_chain_verify(&inside, &ch, anchor.p, anchor.n, now_s, why);
	crypto_chain_drop(&inside, &ch);
	return err;
}

const char *il_crypto_why_name(enum il_crypto_why_code code)
{
	return crypto_why_name(code);
}
