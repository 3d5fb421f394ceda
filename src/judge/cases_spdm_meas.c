/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/talk.h"
#include "spdm/keys.h"

/* GET_MEASUREMENTS: what is signed, and what is refused. Source: DSP0274
 * 1.2.1, section 10.11 */

static struct spdm_msg get_meas(struct talk *t, uint8_t op, uint8_t attr)
{
	struct spdm_msg m = talk_msg(t, SPDM_GET_MEASUREMENTS);

	m.param1 = attr;
	m.param2 = op;
	judge_random(t->j, m.u.get_meas.nonce, SPDM_NONCE_LEN);
	judge_random(t->j, m.u.get_meas.context, SPDM_CONTEXT_LEN);
	t->sh.sign = attr & SPDM_MEAS_ATTR_SIGN;
	return m;
}

static bool gets_meas(struct talk *t, uint8_t op, uint8_t attr)
{
	const struct spdm_msg m = get_meas(t, op, attr);

	return talk_ask(t, &m) && talk_is(t, SPDM_MEASUREMENTS);
}

static bool signs(struct talk *t, struct judge *j)
{
	return talk_begin(t, j, TALK_CHAIN, NULL) &&
	       talk_needs(t, SPDM_CAP_MEAS_SIG, "signed measurements");
}

/* VCA stands in front of it since 1.2. */
static bool note(struct talk *t)
{
	return talk_note(t, &t->tr.l12, t->v >= SPDM_V12);
}

static bool proves(struct talk *t)
{
	return note(t) && talk_signed(t, t->tr.l12, SPDM_SIGN_MEASUREMENTS,
				      t->a->u.meas.sig);
}

static void signature(struct judge *j)
{
	struct talk t;

	if (signs(&t, j) && gets_meas(&t, SPDM_MEAS_ALL, SPDM_MEAS_ATTR_SIGN))
		proves(&t);
	talk_end(&t);
}

static void signed_count(struct judge *j)
{
	struct talk t;

	if (signs(&t, j) && gets_meas(&t, SPDM_MEAS_COUNT, SPDM_MEAS_ATTR_SIGN))
		proves(&t);
	talk_end(&t);
}

/* Several requests, of which the last asks for the signature over all. */
static void signed_together(struct judge *j)
{
	struct talk t;

	if (signs(&t, j) && gets_meas(&t, SPDM_MEAS_COUNT, 0) && note(&t) &&
	    gets_meas(&t, SPDM_MEAS_ALL, 0) && note(&t) &&
	    gets_meas(&t, SPDM_MEAS_ALL, SPDM_MEAS_ATTR_SIGN))
		proves(&t);
	talk_end(&t);
}

static void after_signature(struct judge *j)
{
	struct talk t;

	if (signs(&t, j) &&
	    gets_meas(&t, SPDM_MEAS_COUNT, SPDM_MEAS_ATTR_SIGN) && proves(&t)) {
		spdm_tr_forget(&t.tr, &t.tr.l12);
		if (gets_meas(&t, SPDM_MEAS_ALL, SPDM_MEAS_ATTR_SIGN))
			proves(&t);
	}
	talk_end(&t);
}

/* Another request in between makes L1/L2 empty. */
static void after_another(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (signs(&t, j) && gets_meas(&t, SPDM_MEAS_COUNT, 0)) {
		m = talk_msg(&t, SPDM_GET_DIGESTS);
		if (talk_ask(&t, &m) && talk_is(&t, SPDM_DIGESTS) &&
		    gets_meas(&t, SPDM_MEAS_ALL, SPDM_MEAS_ATTR_SIGN))
			proves(&t);
	}
	talk_end(&t);
}

static void slot(struct judge *j)
{
	struct talk t;

	if (signs(&t, j) && gets_meas(&t, SPDM_MEAS_ALL, SPDM_MEAS_ATTR_SIGN))
		judge_expect(j, !(t.a->param2 & 0xf),
			     "slot 0 was asked to sign, and %u answers",
			     t.a->param2 & 0xf);
	talk_end(&t);
}

static void other_slots(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;
	bool any = false;

	if (!signs(&t, j))
		goto out;
	for (uint8_t i = 1; i < SPDM_SLOTS && judge_on(j); i++) {
		if (!(t.slots >> i & 1))
			continue;
		any = true;
		spdm_tr_forget(&t.tr, &t.tr.l12);
		if (!talk_chain(&t, i))
			break;
		m = get_meas(&t, SPDM_MEAS_ALL, SPDM_MEAS_ATTR_SIGN);
		m.u.get_meas.slot = i;
		if (talk_ask(&t, &m) && talk_is(&t, SPDM_MEASUREMENTS) &&
		    judge_expect(j, (t.a->param2 & 0xf) == i,
				 "slot %u was asked to sign, and %u answers", i,
				 t.a->param2 & 0xf))
			proves(&t);
	}
	if (judge_on(j) && !any)
		judge_absent(j, "no slot but 0 has a chain");
out:
	talk_end(&t);
}

static void nonce(struct judge *j)
{
	uint8_t first[SPDM_NONCE_LEN];
	struct talk t;

	if (signs(&t, j) &&
	    gets_meas(&t, SPDM_MEAS_COUNT, SPDM_MEAS_ATTR_SIGN)) {
		memcpy(first, t.a->u.meas.nonce, sizeof(first));
		judge_expect(j, !talk_zero(first, sizeof(first)),
			     "Nonce is zero");
		judge_expect(j, memcmp(first, j->next + 4, sizeof(first)) != 0,
			     "Nonce is the requester's own");
		if (gets_meas(&t, SPDM_MEAS_COUNT, SPDM_MEAS_ATTR_SIGN))
			judge_expect(j,
				     memcmp(first, t.a->u.meas.nonce,
					    sizeof(first)) != 0,
				     "Nonce is the same in two answers");
	}
	talk_end(&t);
}

static void context(struct judge *j)
{
	struct talk t;
	size_t at;

	if (talk_begin(&t, j, TALK_ALGS, NULL) &&
	    talk_needs(&t, SPDM_CAP_MEAS_MASK, "MEAS_CAP") &&
	    gets_meas(&t, SPDM_MEAS_COUNT, 0)) {
		at = t.req_len - SPDM_CONTEXT_LEN;
		judge_expect(j,
			     !memcmp(t.a->u.meas.context, j->next + at,
				     SPDM_CONTEXT_LEN),
			     "RequesterContext is not that of the request");
	}
	talk_end(&t);
}

/* --- what is refused --- */

static bool measures(struct talk *t, struct judge *j)
{
	return talk_begin(t, j, TALK_DIGESTS, NULL) &&
	       talk_needs(t, SPDM_CAP_MEAS_MASK, "MEAS_CAP");
}

/* An index that the list of all does not have. */
static void unknown_index(struct judge *j)
{
	bool there[SPDM_MEAS_ALL] = { false };
	struct talk t;
	struct spdm_msg m;
	struct rd r;
	uint8_t i = 1;

	if (!measures(&t, j) || !gets_meas(&t, SPDM_MEAS_ALL, 0))
		goto out;
	r = rd_over(t.a->u.meas.record.p, t.a->u.meas.record.n);
	while (rd_left(&r)) {
		struct spdm_meas_block b;

		if (spdm_meas_block_read(&r, &b))
			break;
		if (b.index < SPDM_MEAS_ALL)
			there[b.index] = true;
	}
	while (i < SPDM_MEAS_ALL && there[i])
		i++;
	m = get_meas(&t, i, 0);
	if (i == SPDM_MEAS_ALL)
		judge_absent(j, "every index has a measurement");
	else if (talk_ask(&t, &m))
		talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
out:
	talk_end(&t);
}

static void refused_slot(struct judge *j, bool empty)
{
	struct talk t;
	struct spdm_msg m;
	uint8_t i = 0;

	if (!measures(&t, j) ||
	    !talk_needs(&t, SPDM_CAP_MEAS_SIG, "signed measurements"))
		goto out;
	while (empty && i < SPDM_SLOTS && (t.slots >> i & 1))
		i++;
	if (empty && i == SPDM_SLOTS) {
		judge_absent(j, "every slot has a chain");
		goto out;
	}
	m = get_meas(&t, SPDM_MEAS_ALL, SPDM_MEAS_ATTR_SIGN);
	m.u.get_meas.slot = empty ? i : 8;
	if (talk_ask(&t, &m))
		talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
out:
	talk_end(&t);
}

static void slot_8(struct judge *j)
{
	refused_slot(j, false);
}

static void empty_slot(struct judge *j)
{
	refused_slot(j, true);
}

static void too_short(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (measures(&t, j) &&
	    talk_needs(&t, SPDM_CAP_MEAS_SIG, "signed measurements")) {
		m = get_meas(&t, SPDM_MEAS_ALL, SPDM_MEAS_ATTR_SIGN);
		(void)talk_bytes(&t, &m);
		if (talk_raw(&t, j->next, 20))
			talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
	}
	talk_end(&t);
}

/* clang-format off */
#define SINCE_11 JUDGE_SINCE(JUDGE_V11)
#define SINCE_13 JUDGE_SINCE(JUDGE_V13)
#define NEEDS    JUDGE_NEEDS_MEAS
#define SECTION  "DSP0274 1.2.1, section 10.11 (GET_MEASUREMENTS, MEASUREMENTS); 1.0.1, section 4.11"
#define L1_L2    "DSP0274 1.2.1, section 10.11.4 (L1, L2); 1.0.1, section 4.11.2.1"

static const struct judge_case cases[] = {
	{ "measurements-are-signed", JUDGE_SPDM, JUDGE_V_ALL, NEEDS, SPDM_CAP_CERT,
	  "MEASUREMENTS is signed over GET_MEASUREMENTS and itself, from 1.2 on behind VCA", L1_L2,
	  SURE_SPEC, "measurements-signature-wrong", signature },
	{ "measurements-count-is-signed", JUDGE_SPDM, JUDGE_V_ALL, NEEDS, SPDM_CAP_CERT,
	  "The number of measurements is signed where that is asked for", L1_L2,
	  SURE_SPEC, "measurements-signature-wrong", signed_count },
	{ "measurements-are-signed-together", JUDGE_SPDM, JUDGE_V_ALL, NEEDS, SPDM_CAP_CERT,
	  "The signature covers all GET_MEASUREMENTS that came before it without one", L1_L2,
	  SURE_SPEC, "measurements-forget", signed_together },
	{ "measurements-after-a-signature-begin-anew", JUDGE_SPDM, JUDGE_V_ALL, NEEDS, SPDM_CAP_CERT,
	  "After a signature what is signed begins anew", L1_L2,
	  SURE_SPEC, "measurements-signature-wrong", after_signature },
	{ "measurements-after-another-request-begin-anew", JUDGE_SPDM, JUDGE_V_ALL, NEEDS, SPDM_CAP_CERT,
	  "Another request than GET_MEASUREMENTS makes what is signed begin anew", L1_L2,
	  SURE_SPEC, "measurements-signature-wrong", after_another },
	{ "measurements-name-their-slot", JUDGE_SPDM, SINCE_11, NEEDS, SPDM_CAP_CERT,
	  "MEASUREMENTS names the slot whose key signs", SECTION,
	  SURE_SPEC, "measurements-slot", slot },
	{ "measurements-of-each-slot-are-signed", JUDGE_SPDM, SINCE_11, NEEDS, SPDM_CAP_CERT,
	  "Each slot with a chain signs measurements with the key of its leaf", SECTION,
	  SURE_SPEC, "measurements-slot", other_slots },
	{ "measurements-nonce-is-fresh", JUDGE_SPDM, JUDGE_V_ALL, NEEDS, SPDM_CAP_CERT,
	  "The nonce of signed MEASUREMENTS is drawn for it", SECTION,
	  SURE_SPEC, "measurements-nonce", nonce },
	{ "measurements-repeat-the-context", JUDGE_SPDM, SINCE_13, NEEDS, 0,
	  "MEASUREMENTS repeats RequesterContext", "DSP0274 1.3.2, section 10.11 (RequesterContext)",
	  SURE_SPEC, "measurements-context", context },
	{ "measurements-of-no-index-are-invalid", JUDGE_SPDM, JUDGE_V_ALL, NEEDS, SPDM_CAP_CERT,
	  "GET_MEASUREMENTS of an index without a measurement is ERROR InvalidRequest", SECTION,
	  SURE_SPEC, "measurements-any", unknown_index },
	{ "measurements-of-slot-8-are-invalid", JUDGE_SPDM, SINCE_11, NEEDS, SPDM_CAP_CERT,
	  "GET_MEASUREMENTS signed by a slot above 7 is ERROR InvalidRequest", SECTION,
	  SURE_SPEC, "measurements-any", slot_8 },
	{ "measurements-of-an-empty-slot-are-invalid", JUDGE_SPDM, SINCE_11, NEEDS, SPDM_CAP_CERT,
	  "GET_MEASUREMENTS signed by a slot without a chain is ERROR InvalidRequest", SECTION,
	  SURE_SPEC, "measurements-any", empty_slot },
	{ "measurements-without-nonce-are-invalid", JUDGE_SPDM, JUDGE_V_ALL, NEEDS, SPDM_CAP_CERT,
	  "GET_MEASUREMENTS for a signature that ends in its nonce is ERROR InvalidRequest", "DSP0274 1.2.1, sections 10.11, 10.10 (InvalidRequest)",
	  SURE_INFERRED, "measurements-any", too_short },
};
/* clang-format on */

const struct judge_table judge_cases_spdm_meas = { cases, COUNT(cases) };
