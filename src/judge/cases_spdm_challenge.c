/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/talk.h"
#include "spdm/keys.h"

/* CHALLENGE and CHALLENGE_AUTH. Source: DSP0274 1.2.1, section 10.9 */

/* In the judge's own draws, so that a run repeats. */
static struct spdm_msg challenge(struct talk *t, uint8_t slot, uint8_t summary)
{
	struct spdm_msg m = talk_msg(t, SPDM_CHALLENGE);

	m.param1 = slot;
	m.param2 = summary;
	judge_random(t->j, m.u.challenge.nonce, SPDM_NONCE_LEN);
	judge_random(t->j, m.u.challenge.context, SPDM_CONTEXT_LEN);
	t->sh.summary = summary != SPDM_SUMMARY_NONE;
	return m;
}

static bool gets_auth(struct talk *t, uint8_t slot, uint8_t summary)
{
	const struct spdm_msg m = challenge(t, slot, summary);

	return talk_ask(t, &m) && talk_is(t, SPDM_CHALLENGE_AUTH);
}

/* Of what M1/M2 has so far and this exchange. */
static bool proves(struct talk *t)
{
	return talk_note(t, &t->tr.m12, true) &&
	       talk_signed(t, t->tr.m12, SPDM_SIGN_CHALLENGE,
			   t->a->u.challenge_auth.sig);
}

static void signature(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_CHAIN, NULL) &&
	    gets_auth(&t, 0, SPDM_SUMMARY_NONE))
		proves(&t);
	talk_end(&t);
}

/* A chain that is known already is not asked for. */
static void known_chain(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_CHAIN, NULL) && talk_version(&t) &&
	    talk_caps(&t) && talk_algs(&t) &&
	    gets_auth(&t, 0, SPDM_SUMMARY_NONE))
		proves(&t);
	talk_end(&t);
}

/* Digests are enough where they are those of before. */
static void known_digest(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_CHAIN, NULL) && talk_version(&t) &&
	    talk_caps(&t) && talk_algs(&t) && talk_digests(&t) &&
	    gets_auth(&t, 0, SPDM_SUMMARY_NONE))
		proves(&t);
	talk_end(&t);
}

/* After CHALLENGE_AUTH the next one stands alone behind VCA. */
static void again(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_CHAIN, NULL) &&
	    gets_auth(&t, 0, SPDM_SUMMARY_NONE) && proves(&t)) {
		spdm_tr_forget(&t.tr, &t.tr.m12);
		if (gets_auth(&t, 0, SPDM_SUMMARY_NONE))
			proves(&t);
	}
	talk_end(&t);
}

/* GET_MEASUREMENTS in between makes M1/M2 empty. */
static void after_measurements(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_CHAIN, NULL) &&
	    talk_needs(&t, SPDM_CAP_MEAS_MASK, "MEAS_CAP")) {
		m = talk_msg(&t, SPDM_GET_MEASUREMENTS);
		spdm_tr_forget(&t.tr, &t.tr.m12);
		if (talk_ask(&t, &m) && talk_is(&t, SPDM_MEASUREMENTS) &&
		    gets_auth(&t, 0, SPDM_SUMMARY_NONE))
			proves(&t);
	}
	talk_end(&t);
}

static void other_slots(struct judge *j)
{
	struct talk t;
	bool any = false;

	if (talk_begin(&t, j, TALK_CHAIN, NULL))
		for (uint8_t i = 1; i < SPDM_SLOTS && judge_on(j); i++) {
			if (!(t.slots >> i & 1))
				continue;
			any = true;
			spdm_tr_forget(&t.tr, &t.tr.m12);
			/* GET_DIGESTS begins B anew. */
			if (talk_digests(&t) && talk_chain(&t, i) &&
			    gets_auth(&t, i, SPDM_SUMMARY_NONE))
				proves(&t);
		}
	if (judge_on(j) && !any)
		judge_absent(j, "no slot but 0 has a chain");
	talk_end(&t);
}

static void slot(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_DIGESTS, NULL) &&
	    gets_auth(&t, 0, SPDM_SUMMARY_NONE)) {
		judge_expect(j, !(t.a->param1 & 0xf),
			     "slot %u was challenged, and %u answers", 0,
			     t.a->param1 & 0xf);
		judge_expect(j, t.a->param2 == t.slots,
			     "slots 0x%02x have chains, and DIGESTS said "
			     "0x%02x",
			     t.a->param2, t.slots);
	}
	talk_end(&t);
}

static void chain_hash(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_DIGESTS, NULL) &&
	    gets_auth(&t, 0, SPDM_SUMMARY_NONE))
		judge_expect(j,
			     !memcmp(t.a->u.challenge_auth.chain_hash.p,
				     t.digest[0], t.sh.hash_len),
			     "CertChainHash is not the digest of slot 0");
	talk_end(&t);
}

static void nonce(struct judge *j)
{
	uint8_t first[SPDM_NONCE_LEN];
	struct talk t;

	if (talk_begin(&t, j, TALK_DIGESTS, NULL) &&
	    gets_auth(&t, 0, SPDM_SUMMARY_NONE)) {
		memcpy(first, t.a->u.challenge_auth.nonce, sizeof(first));
		judge_expect(j, !talk_zero(first, sizeof(first)),
			     "Nonce is zero");
		judge_expect(j, memcmp(first, j->next + 4, sizeof(first)) != 0,
			     "Nonce is the requester's own");
		if (gets_auth(&t, 0, SPDM_SUMMARY_NONE))
			judge_expect(j,
				     memcmp(first, t.a->u.challenge_auth.nonce,
					    sizeof(first)) != 0,
				     "Nonce is the same in two answers");
	}
	talk_end(&t);
}

static void context(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_DIGESTS, NULL) &&
	    gets_auth(&t, 0, SPDM_SUMMARY_NONE))
		judge_expect(j,
			     !memcmp(t.a->u.challenge_auth.context,
				     j->next + 4 + SPDM_NONCE_LEN,
				     SPDM_CONTEXT_LEN),
			     "RequesterContext is not that of the request");
	talk_end(&t);
}

static void opaque(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_DIGESTS, NULL) &&
	    gets_auth(&t, 0, SPDM_SUMMARY_NONE)) {
		const struct spdm_span *o = &t.a->u.challenge_auth.opaque;

		judge_expect(j, o->n <= SPDM_OPAQUE_MAX,
			     "OpaqueData has %zu bytes", o->n);
		if (t.v >= SPDM_V12)
			judge_expect(
				j,
				!o->n || spdm_opaque_good(
						 *o, t.sel.other_params &
							     SPDM_OPAQUE_FMT_1),
				"OpaqueData is not of the format that was "
				"agreed on");
	}
	talk_end(&t);
}

/* No basic mutual authentication where the requester offers none. */
static void not_mutual(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_DIGESTS, NULL) &&
	    gets_auth(&t, 0, SPDM_SUMMARY_NONE))
		judge_expect(j, !(t.a->param1 & 0xf0),
			     "Param1 is 0x%02x, and the requester has no "
			     "MUT_AUTH_CAP",
			     t.a->param1);
	talk_end(&t);
}

/* --- summaries of measurements --- */

/* All blocks, as GET_MEASUREMENTS has them; false: not tested. */
static bool summed(struct talk *t, uint8_t *out)
{
	struct spdm_msg m = talk_msg(t, SPDM_GET_MEASUREMENTS);

	m.param2 = SPDM_MEAS_ALL;
	if (!talk_ask(t, &m))
		return false;
	if (!talk_has(t, SPDM_MEASUREMENTS)) {
		judge_absent(t->j, "the device does not tell its measurements");
		return false;
	}
	return !crypto_hash(t->c, spdm_crypto_hash(t->sel.hash),
			    t->a->u.meas.record.p, t->a->u.meas.record.n, out);
}

static void summary_all(struct judge *j)
{
	uint8_t sum[SPDM_HASH_MAX];
	struct talk t;

	if (talk_begin(&t, j, TALK_DIGESTS, NULL) &&
	    talk_needs(&t, SPDM_CAP_MEAS_MASK, "MEAS_CAP") && summed(&t, sum) &&
	    gets_auth(&t, 0, SPDM_SUMMARY_ALL))
		judge_expect(j,
			     !memcmp(t.a->u.challenge_auth.summary.p, sum,
				     t.sh.hash_len),
			     "MeasurementSummaryHash is not the hash of all "
			     "measurement blocks");
	talk_end(&t);
}

/* Whatever counts for the TCB: signed and as long as a hash. */
static void summary_tcb(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_CHAIN, NULL) &&
	    talk_needs(&t, SPDM_CAP_MEAS_MASK, "MEAS_CAP") &&
	    gets_auth(&t, 0, SPDM_SUMMARY_TCB))
		proves(&t);
	talk_end(&t);
}

static void refused(struct judge *j, uint8_t slot_id, uint8_t summary)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_DIGESTS, NULL)) {
		m = challenge(&t, slot_id, summary);
		if (talk_ask(&t, &m))
			talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
	}
	talk_end(&t);
}

static void summary_reserved(struct judge *j)
{
	refused(j, 0, 2);
}

static void summary_reserved_high(struct judge *j)
{
	refused(j, 0, 0xfe);
}

static void slot_8(struct judge *j)
{
	refused(j, 8, SPDM_SUMMARY_NONE);
}

static void empty_slot(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;
	uint8_t i = 0;

	if (!talk_begin(&t, j, TALK_DIGESTS, NULL))
		goto out;
	while (i < SPDM_SLOTS && (t.slots >> i & 1))
		i++;
	m = challenge(&t, i, SPDM_SUMMARY_NONE);
	if (i == SPDM_SLOTS)
		judge_absent(j, "every slot has a chain");
	else if (talk_ask(&t, &m))
		talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
out:
	talk_end(&t);
}

static void too_short(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_DIGESTS, NULL)) {
		m = challenge(&t, 0, SPDM_SUMMARY_NONE);
		(void)talk_bytes(&t, &m);
		if (talk_raw(&t, j->next, t.req_len - 8))
			talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
	}
	talk_end(&t);
}

/* A summary that cannot be had. */
static void summary_of_nothing(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (!talk_begin(&t, j, TALK_DIGESTS, NULL))
		goto out;
	if (t.theirs.flags & SPDM_CAP_MEAS_MASK) {
		judge_absent(j, "the device has measurements");
		goto out;
	}
	m = challenge(&t, 0, SPDM_SUMMARY_ALL);
	if (talk_ask(&t, &m))
		talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
out:
	talk_end(&t);
}

/* clang-format off */
#define SINCE_13 JUDGE_SINCE(JUDGE_V13)
#define SECTION  "DSP0274 1.2.1, section 10.9 (CHALLENGE, CHALLENGE_AUTH); 1.0.1, section 4.10.3"
#define SUMMARY  "DSP0274 1.2.1, section 10.9.2 (MeasurementSummaryHash)"
#define M1_M2    "DSP0274 1.2.1, section 10.9.3 (M1, M2)"

static const struct judge_case cases[] = {
	{ "challenge-is-signed", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "CHALLENGE_AUTH is signed over VCA, GET_DIGESTS, GET_CERTIFICATE, CHALLENGE and their responses", M1_M2,
	  SURE_SPEC, "challenge-signature-wrong", signature },
	{ "challenge-of-a-known-chain-is-signed", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "CHALLENGE may follow ALGORITHMS at once, and the signature covers these alone", M1_M2,
	  SURE_SPEC, "challenge-signature-wrong", known_chain },
	{ "challenge-of-a-known-digest-is-signed", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "CHALLENGE may follow DIGESTS at once, and the signature covers both", M1_M2,
	  SURE_SPEC, "challenge-signature-wrong", known_digest },
	{ "challenge-again-begins-anew", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "After CHALLENGE_AUTH the digests and certificates of before are no longer signed", M1_M2,
	  SURE_SPEC, "challenge-second-signature-wrong", again },
	{ "challenge-after-measurements-begins-anew", JUDGE_SPDM, JUDGE_V_ALL, JUDGE_NEEDS_MEAS, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "GET_MEASUREMENTS before CHALLENGE makes what is signed begin anew", M1_M2,
	  SURE_SPEC, "challenge-keeps-transcript", after_measurements },
	{ "challenge-of-each-slot-is-signed", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "Each slot with a chain can be challenged, and answers with the key of its leaf", SECTION,
	  SURE_SPEC, "challenge-signature-wrong", other_slots },
	{ "challenge-names-its-slot", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "CHALLENGE_AUTH names the slot that was challenged, and the slots that DIGESTS names", SECTION,
	  SURE_SPEC, "challenge-slot", slot },
	{ "challenge-names-its-chain", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "CertChainHash is the hash of the slot's certificate chain", SECTION,
	  SURE_SPEC, "challenge-chain", chain_hash },
	{ "challenge-nonce-is-fresh", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "The nonce of CHALLENGE_AUTH is drawn for it", SECTION,
	  SURE_SPEC, "challenge-nonce", nonce },
	{ "challenge-repeats-the-context", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "CHALLENGE_AUTH repeats RequesterContext", "DSP0274 1.3.2, section 10.9 (RequesterContext)",
	  SURE_SPEC, "challenge-context", context },
	{ "challenge-opaque-data-has-its-form", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "OpaqueData has at most 1024 bytes, from 1.2 on in the format that was agreed on", SECTION,
	  SURE_SPEC, "opaque-too-long", opaque },
	{ "challenge-without-mutual-authentication", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "A requester without MUT_AUTH_CAP is not asked to prove itself, and bits of Param1 that are reserved are zero", SECTION,
	  SURE_SPEC, "challenge-slot", not_mutual },
	{ "challenge-summary-of-all", JUDGE_SPDM, JUDGE_V_ALL, JUDGE_NEEDS_MEAS, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "The summary of all measurements is the hash of all blocks that GET_MEASUREMENTS tells", SUMMARY,
	  SURE_SPEC, "challenge-summary", summary_all },
	{ "challenge-summary-of-the-tcb", JUDGE_SPDM, JUDGE_V_ALL, JUDGE_NEEDS_MEAS, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "The summary of the TCB is as long as a hash, and signed", SUMMARY,
	  SURE_SPEC, "challenge-no-summary", summary_tcb },
	{ "challenge-summary-2-is-invalid", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "CHALLENGE for summary 2, which is reserved, is ERROR InvalidRequest", SUMMARY,
	  SURE_SPEC, "challenge-any", summary_reserved },
	{ "challenge-summary-254-is-invalid", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "CHALLENGE for summary 254, which is reserved, is ERROR InvalidRequest", SUMMARY,
	  SURE_SPEC, "challenge-any", summary_reserved_high },
	{ "challenge-summary-of-nothing-is-invalid", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "CHALLENGE for a summary of a device without measurements is ERROR InvalidRequest", SUMMARY,
	  SURE_INFERRED, "challenge-any", summary_of_nothing },
	{ "challenge-of-slot-8-is-invalid", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "CHALLENGE of a slot above 7 is ERROR InvalidRequest", SECTION,
	  SURE_SPEC, "challenge-any", slot_8 },
	{ "challenge-of-an-empty-slot-is-invalid", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "CHALLENGE of a slot without a chain is ERROR InvalidRequest", SECTION,
	  SURE_SPEC, "challenge-any", empty_slot },
	{ "challenge-too-short-is-invalid", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "CHALLENGE that ends in its nonce or context is ERROR InvalidRequest", "DSP0274 1.2.1, sections 10.9, 10.10 (InvalidRequest)",
	  SURE_INFERRED, "challenge-any", too_short },
};
/* clang-format on */

const struct judge_table judge_cases_spdm_challenge = { cases, COUNT(cases) };
