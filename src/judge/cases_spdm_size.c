/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/talk.h"

/*
 * No message is longer than its receiver takes at once.
 * Source: DSP0274 1.2.1, section 10.3 (DataTransferSize), 10.10
 * (ResponseTooLarge)
 */

#define SMALL 64

static const struct talk_wish small = { .transfer = SMALL };

static bool ask(struct talk *t, uint8_t code, uint8_t param2)
{
	struct spdm_msg m = talk_msg(t, code);

	m.param2 = param2;
	t->sh.summary = false;
	return talk_ask(t, &m);
}

static void fits(struct talk *t)
{
	judge_expect(t->j, t->got.n <= SMALL,
		     "%zu bytes came, and the requester takes %u", t->got.n,
		     SMALL);
}

static void too_large(struct talk *t)
{
	const struct spdm_span *e;

	fits(t);
	if (!talk_refused(t, TALK_E(SPDM_ERR_RESPONSE_TOO_LARGE)))
		return;
	e = &t->a->u.error.ext;
	judge_expect(t->j, e->n == 4 && get_u32le(e->p) > SMALL,
		     "ResponseTooLarge does not say how long the response "
		     "would be");
}

static void challenge(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, &small) &&
	    ask(&t, SPDM_CHALLENGE, SPDM_SUMMARY_NONE))
		too_large(&t);
	talk_end(&t);
}

static void measurements(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, &small) &&
	    talk_needs(&t, SPDM_CAP_MEAS_MASK, "MEAS_CAP") &&
	    ask(&t, SPDM_GET_MEASUREMENTS, SPDM_MEAS_ALL)) {
		if (talk_has(&t, SPDM_MEASUREMENTS))
			fits(&t);
		else
			too_large(&t);
	}
	talk_end(&t);
}

/* Less than was asked for, as the requester takes no more. */
static void certificate(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_ALGS, &small)) {
		m = talk_msg(&t, SPDM_GET_CERTIFICATE);
		m.u.get_cert.length = 1024;
		if (talk_ask(&t, &m)) {
			if (talk_has(&t, SPDM_CERTIFICATE))
				judge_expect(j, t.a->u.cert.portion.n > 0,
					     "nothing of the chain came");
			else
				too_large(&t);
			fits(&t);
		}
	}
	talk_end(&t);
}

/* clang-format off */
#define SINCE_12 JUDGE_SINCE(JUDGE_V12)
#define SECTION  "DSP0274 1.2.1, sections 10.3 (DataTransferSize), 10.10 (ResponseTooLarge)"

static const struct judge_case cases[] = {
	{ "size-of-challenge-auth", JUDGE_SPDM, SINCE_12, 0, SPDM_CAP_CERT | SPDM_CAP_CHAL,
	  "A CHALLENGE_AUTH longer than the requester takes is ERROR ResponseTooLarge with its length", SECTION,
	  SURE_SPEC, "size-any", challenge },
	{ "size-of-measurements", JUDGE_SPDM, SINCE_12, JUDGE_NEEDS_MEAS, 0,
	  "MEASUREMENTS longer than the requester takes are ERROR ResponseTooLarge with their length", SECTION,
	  SURE_SPEC, "size-any", measurements },
	{ "size-of-certificate", JUDGE_SPDM, SINCE_12, 0, SPDM_CAP_CERT,
	  "CERTIFICATE is never longer than the requester takes", SECTION,
	  SURE_SPEC, "size-any", certificate },
};
/* clang-format on */

const struct judge_table judge_cases_spdm_size = { cases, COUNT(cases) };
