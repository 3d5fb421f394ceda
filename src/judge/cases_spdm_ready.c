/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/talk.h"
#include "spdm/keys.h"

/*
 * ERROR ResponseNotReady and RESPOND_IF_READY, of a device whose signatures
 * take their time. Source: DSP0274 1.2.1, section 10.10 (ResponseNotReady)
 */

#define TRIES	16
#define RDT_MAX 24 /* exponent: longer than that nobody waits */

/* CHALLENGE that is put off; else the case is not tested. */
static bool put_off(struct talk *t, struct judge *j, struct spdm_not_ready *w)
{
	struct spdm_msg m;
	struct spdm_span e;

	if (!talk_begin(t, j, TALK_CHAIN, NULL))
		return false;
	m = talk_msg(t, SPDM_CHALLENGE);
	t->sh.summary = false;
	if (!talk_once(t, &m))
		return false;
	if (!talk_has(t, SPDM_ERROR) ||
	    t->a->param1 != SPDM_ERR_RESPONSE_NOT_READY) {
		judge_absent(j, "the device answers CHALLENGE at once");
		return false;
	}
	e = t->a->u.error.ext;
	*w = (struct spdm_not_ready){ 0 };
	if (e.n >= 4)
		*w = (struct spdm_not_ready){ e.p[0], e.p[1], e.p[2], e.p[3] };
	return true;
}

static void form(struct judge *j)
{
	struct spdm_not_ready w;
	struct talk t;

	if (put_off(&t, j, &w)) {
		judge_expect(j, t.a->u.error.ext.n == 4,
			     "ResponseNotReady has %zu bytes of extended data",
			     t.a->u.error.ext.n);
		judge_expect(j, w.code == SPDM_CHALLENGE,
			     "ResponseNotReady is about request 0x%02x, not "
			     "0x%02x",
			     w.code, SPDM_CHALLENGE);
	}
	talk_end(&t);
}

static void rest(struct judge *j, const struct spdm_not_ready *w)
{
	const unsigned exponent = w->exponent < RDT_MAX ? w->exponent : RDT_MAX;

	judge_ops(j)->wait(judge_target(j),
			   judge_now(j) + (UINT64_C(1000) << exponent));
}

static bool if_ready(struct talk *t, uint8_t code, uint8_t token)
{
	struct spdm_msg m = talk_msg(t, SPDM_RESPOND_IF_READY);

	m.param1 = code;
	m.param2 = token;
	return talk_once(t, &m);
}

/* As often as it takes; the request that counts is CHALLENGE. */
static bool comes(struct talk *t, struct judge *j,
		  const struct spdm_not_ready *w, uint8_t *req, size_t *n)
{
	memcpy(req, j->next, t->req_len);
	*n = t->req_len;
	for (unsigned i = 0; i < TRIES; i++) {
		rest(j, w);
		if (!if_ready(t, w->code, w->token))
			return false;
		if (!talk_has(t, SPDM_ERROR) ||
		    t->a->param1 != SPDM_ERR_RESPONSE_NOT_READY)
			break;
	}
	return talk_is(t, SPDM_CHALLENGE_AUTH);
}

static void answer(struct judge *j)
{
	uint8_t req[64];
	struct spdm_not_ready w;
	struct talk t;
	size_t n;

	if (put_off(&t, j, &w) && comes(&t, j, &w, req, &n)) {
		memcpy(j->next, req, n);
		t.req_len = n;
		if (talk_note(&t, &t.tr.m12, true))
			talk_signed(&t, t.tr.m12, SPDM_SIGN_CHALLENGE,
				    t.a->u.challenge_auth.sig);
	}
	talk_end(&t);
}

static void other(struct judge *j, uint8_t code, uint8_t token)
{
	struct spdm_not_ready w;
	struct talk t;

	if (put_off(&t, j, &w)) {
		rest(j, &w);
		if (if_ready(&t, (uint8_t)(w.code ^ code),
			     (uint8_t)(w.token ^ token)))
			talk_refused(
				&t,
				TALK_E(SPDM_ERR_INVALID_REQUEST) |
					TALK_E(SPDM_ERR_UNEXPECTED_REQUEST));
	}
	talk_end(&t);
}

static void other_token(struct judge *j)
{
	other(j, 0, 0xff);
}

static void other_code(struct judge *j)
{
	other(j, SPDM_CHALLENGE ^ SPDM_GET_DIGESTS, 0);
}

/* A response is given once. */
static void once(struct judge *j)
{
	uint8_t req[64];
	struct spdm_not_ready w;
	struct talk t;
	size_t n;

	if (put_off(&t, j, &w) && comes(&t, j, &w, req, &n) &&
	    if_ready(&t, w.code, w.token))
		talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST) |
					 TALK_E(SPDM_ERR_UNEXPECTED_REQUEST));
	talk_end(&t);
}

/* clang-format off */
#define CAPS    (SPDM_CAP_CERT | SPDM_CAP_CHAL)
#define SECTION "DSP0274 1.2.1, section 10.10 (ResponseNotReady, RESPOND_IF_READY)"

static const struct judge_case cases[] = {
	{ "ready-not-yet-has-its-form", JUDGE_SPDM, JUDGE_V_ALL, 0, CAPS,
	  "ResponseNotReady has four bytes of extended data, which name the request", SECTION,
	  SURE_SPEC, "ready-request", form },
	{ "ready-brings-the-response", JUDGE_SPDM, JUDGE_V_ALL, 0, CAPS,
	  "RESPOND_IF_READY brings the response that was put off, signed as if it had come at once", SECTION,
	  SURE_SPEC, "challenge-signature-wrong", answer },
	{ "ready-of-another-token-is-refused", JUDGE_SPDM, JUDGE_V_ALL, 0, CAPS,
	  "RESPOND_IF_READY with another token is refused", SECTION,
	  SURE_INFERRED, "ready-any", other_token },
	{ "ready-of-another-request-is-refused", JUDGE_SPDM, JUDGE_V_ALL, 0, CAPS,
	  "RESPOND_IF_READY with the code of another request is refused", SECTION,
	  SURE_INFERRED, "ready-any", other_code },
	{ "ready-brings-it-once", JUDGE_SPDM, JUDGE_V_ALL, 0, CAPS,
	  "RESPOND_IF_READY for a response that has come is refused", SECTION,
	  SURE_INFERRED, "ready-any", once },
};
/* clang-format on */

const struct judge_table judge_cases_spdm_ready = { cases, COUNT(cases) };
