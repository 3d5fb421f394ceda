/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "edit.h"
#include "guest/rig.h"

/*
 * Evidence as the host hands it over: bytes of the chain, the transcript and
 * the report changed, with and without the TSM's word for them, and a policy
 * that wants other things.
 *
 * Accepted is only what the device signed, byte for byte, and a report that
 * the TSM vouches for; a verdict always names why.
 */

static struct rig *r;

static struct {
	uint8_t chain[8192], meas[8192];
	size_t chain_len, meas_len;
	uint8_t nonce[EVIDENCE_NONCE_LEN];
} honest;

static void policy(struct rd *in)
{
	const uint8_t a = rd_u8(in), b = rd_u8(in);

	switch (a & 7) {
	case 0:
		r->policy.now_s += (int64_t)(int8_t)b * (1 << 28);
		break;
	case 1:
		r->policy.bar_size[b & 3] = (b >> 2) * PAGE_4K;
		break;
	case 2:
		r->policy.lock_flags = b;
		break;
	case 3:
		r->policy.nonce[b & 31] ^= 1;
		break;
	case 4: /* what it measured last, and one more */
		if (!r->found.n_meas)
			break;
		memcpy(r->expected, r->found.meas, sizeof(r->expected));
		r->policy.expected = r->expected;
		r->policy.n_expected = b & 1 ? 1 : r->found.n_meas;
		if (b & 2)
			r->expected[0].value[0] ^= 1;
		break;
	case 5:
		r->claims.meas_valid = b & 1;
		r->claims.meas_fresh = b & 2;
		break;
	case 6:
		r->claims.lock_flags = b;
		break;
	default:
		r->claims.spdm_hash = b & 1 ? CRYPTO_SHA256 : CRYPTO_SHA384;
	}
}

static void report(struct rd *in)
{
	struct tdisp_report rep = plain_report();
	const uint8_t a = rd_u8(in);

	rep.info = a & 31;
	rep.lnr_control = a >> 7;
	rep.tph_control = a >> 6 & 1;
	rep.ranges[1].pages = 1 + rd_u8(in);
	rep.ranges[2].id = rd_u8(in) & 7;
	if (!tdisp_report_sane(&rep))
		return;
	put_report(r, &rep);
}

static void blob(struct rd *in, uint8_t op)
{
	struct evidence_blob *b = op & 0x10   ? &r->blobs.certs
				  : op & 0x20 ? &r->blobs.meas
					      : &r->blobs.report;
	uint8_t *p = op & 0x10 ? r->chain : op & 0x20 ? r->meas : r->report;
	const size_t cap = op & 0x30 ? sizeof(r->chain) : sizeof(r->report);

	b->len = edit(in, p, b->len, cap);
}

/* The two reserved bytes of the chain's header are ignored. */
static bool as_made(void)
{
	return r->blobs.certs.len == honest.chain_len &&
	       !memcmp(r->chain, honest.chain, 2) &&
	       !memcmp(r->chain + 4, honest.chain + 4, honest.chain_len - 4) &&
	       r->blobs.meas.len == honest.meas_len &&
	       !memcmp(r->meas, honest.meas, honest.meas_len);
}

static void judge(void)
{
	char text[160];
	enum il_err err;

	crypto_chain_drop(&r->p->c, &r->found.chain);
	err = evidence_appraise(&r->p->c, &r->policy, &r->claims, &r->blobs,
				&r->found, &r->verdict);
	must(!err == (r->verdict.why == EVIDENCE_WHY_NONE));
	must(r->verdict.why < EVIDENCE_WHYS);
	evidence_verdict_text(&r->verdict, text, sizeof(text));
	must(text[0] && text[0] != '?');
	if (err)
		return;
	must(as_made() && r->claims.meas_valid && r->claims.meas_fresh);
	/* and the device answered this policy's question */
	must(!memcmp(r->policy.nonce, honest.nonce, sizeof(honest.nonce)));
	must((r->claims.lock_flags & r->policy.lock_flags) ==
	     r->policy.lock_flags);
}

static void step(struct rd *in)
{
	const uint8_t op = rd_u8(in);

	switch (op & 7) {
	case 0:
	case 1:
	case 2:
		blob(in, op);
		break;
	case 3:
		if (r->blobs.certs.len && r->blobs.meas.len &&
		    r->blobs.report.len)
			vouch(r);
		break;
	case 4:
	case 5:
		policy(in);
		break;
	case 6:
		report(in);
		break;
	default:
		judge();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);
	struct evidence_verdict all;
	char text[160];

	r = rig_new();
	honest.chain_len = r->blobs.certs.len;
	honest.meas_len = r->blobs.meas.len;
	memcpy(honest.nonce, r->policy.nonce, sizeof(honest.nonce));
	memcpy(honest.chain, r->chain, honest.chain_len);
	memcpy(honest.meas, r->meas, honest.meas_len);
	all = (struct evidence_verdict){ .why = rd_u8(&in) % EVIDENCE_WHYS };
	evidence_verdict_text(&all, text, sizeof(text));
	must(text[0] != '\0');
	for (unsigned n = 0; rd_left(&in) && n < 32; n++)
		step(&in);
	judge();
	rig_free(r);
	return 0;
}
