/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/ses.h"

/* Sessions under a pre-shared key. */

static bool with_context(const struct judge *j)
{
	return j->q.peer_caps & SPDM_CAP_PSK_WITH_CONTEXT;
}

/* A handshake that PSK_FINISH is to end. */
static bool handshake(struct judge *j, struct hand *h)
{
	struct spdm_msg m;

	hand_init(h, judge_engine(j));
	if (!ses_connect(j))
		return false;
	if (!with_context(j)) {
		judge_absent(j, "the device gives no context, so there is no "
				"PSK_FINISH");
		return false;
	}
	return ses_psk_build(j, h, NULL) && ses_psk_offer(j, h, &m);
}

static bool opened(struct judge *j, struct hand *h)
{
	struct spdm_msg m;

	if (!ses_psk_build(j, h, NULL) || !ses_psk_offer(j, h, &m))
		return false;
	return h->open || (ses_finish(j, h, NULL) && ses_send_finish(j, h) &&
			   ses_finished(j, h));
}

static void opens(struct judge *j)
{
	struct hand h;

	if (opened(j, &h))
		ses_lives(j, &h, "PSK_EXCHANGE");
	ses_drop(&h);
}

static void verify_data(struct judge *j)
{
	const char *flaw = NULL;
	struct spdm_msg m;
	struct hand h;

	if (ses_psk_build(j, &h, NULL) && judge_plain(j, h.msg, h.n)) {
		const struct judge_answer *a = judge_answer(j);
		const enum il_err err =
			hand_psk_exchange_rsp(&h, a->p, a->n, &m, &flaw);

		judge_expect(j, !err, "PSK_EXCHANGE_RSP: %s", flaw);
	}
	ses_drop(&h);
}

static void summary(struct judge *j)
{
	const struct hand_wish w = { .summary = SPDM_SUMMARY_ALL };
	const char *flaw = NULL;
	struct spdm_msg m;
	struct hand h;

	if (ses_psk_build(j, &h, &w) && judge_plain(j, h.msg, h.n)) {
		const struct judge_answer *a = judge_answer(j);
		const enum il_err err =
			hand_psk_exchange_rsp(&h, a->p, a->n, &m, &flaw);

		judge_expect(j, !err, "PSK_EXCHANGE_RSP: %s", flaw);
	}
	ses_drop(&h);
}

/* CAPABILITIES said which of the two it is. */
static void context(struct judge *j)
{
	struct spdm_msg m;
	struct hand h;

	if (ses_psk_build(j, &h, NULL) && ses_psk_offer(j, &h, &m))
		judge_expect(j,
			     with_context(j) == (m.u.psk_ex_rsp.context.n != 0),
			     "ContextLength is %zu where PSK_CAP says %s",
			     m.u.psk_ex_rsp.context.n,
			     with_context(j) ? "a context" : "none");
	ses_drop(&h);
}

static void context_fresh(struct judge *j)
{
	uint8_t first[SPDM_NONCE_LEN] = { 0 };
	struct spdm_msg m;
	struct hand h;

	if (handshake(j, &h)) {
		const uint8_t *p = judge_answer(j)->m.u.psk_ex_rsp.context.p;

		if (judge_answer(j)->bad ||
		    judge_answer(j)->m.u.psk_ex_rsp.context.n < sizeof(first)) {
			judge_fail(j, "the context is shorter than 32 bytes");
		} else {
			memcpy(first, p, sizeof(first));
			ses_drop(&h);
			if (ses_psk_build(j, &h, NULL) &&
			    ses_psk_offer(j, &h, &m))
				judge_expect(j,
					     memcmp(first,
						    m.u.psk_ex_rsp.context.p,
						    sizeof(first)) != 0,
					     "two have the same context");
		}
	}
	ses_drop(&h);
}

static void hint_unknown(struct judge *j)
{
	struct hand h;

	if (ses_psk_build(j, &h, NULL)) {
		if (j->cfg.psk_hint.n)
			h.msg[12] ^= 0x80; /* of the hint, the first byte */
		else
			judge_absent(j, "the key has no hint");
		if (judge_plain(j, h.msg, h.n))
			judge_refused_any(j);
	}
	ses_drop(&h);
}

static void truncated(struct judge *j)
{
	struct hand h;

	if (ses_psk_build(j, &h, NULL)) {
		if (judge_plain(j, h.msg, 10) &&
		    judge_refused(j, SPDM_ERR_INVALID_REQUEST) &&
		    judge_plain(j, h.msg, h.n - 5))
			judge_refused(j, SPDM_ERR_INVALID_REQUEST);
	}
	ses_drop(&h);
}

static void other_version(struct judge *j)
{
	struct hand h;

	if (ses_psk_build(j, &h, NULL)) {
		h.msg[0]++;
		if (judge_plain(j, h.msg, h.n))
			judge_refused(j, SPDM_ERR_VERSION_MISMATCH);
	}
	ses_drop(&h);
}

static void sm_none(struct judge *j)
{
	const struct hand_wish w = { .sm = { 0x0f00, 0x2f00 } };
	struct hand h;

	if (ses_psk_build(j, &h, &w) && judge_plain(j, h.msg, h.n))
		judge_refused_any(j);
	ses_drop(&h);
}

static void bad_hmac(struct judge *j)
{
	const struct hand_finish f = { .bad_mac = true };
	struct hand h;

	if (handshake(j, &h) && ses_finish(j, &h, &f) && ses_send_finish(j, &h))
		judge_refused(j, SPDM_ERR_DECRYPT_ERROR);
	ses_drop(&h);
}

static void bad_hmac_ends(struct judge *j)
{
	const struct hand_finish f = { .bad_mac = true };
	bool answered = false;
	struct hand h;

	if (handshake(j, &h) && ses_finish(j, &h, &f) &&
	    ses_send_finish(j, &h) && ses_finish(j, &h, NULL) &&
	    ses_say_maybe(j, &h, h.msg, h.n, &answered))
		judge_expect(j, !answered || !ses_got(j, SPDM_PSK_FINISH_RSP),
			     "a right PSK_FINISH after one with a wrong HMAC "
			     "opened the session");
	ses_drop(&h);
}

/* The other half of CVE-2023-31127. */
static void by_finish(struct judge *j)
{
	const struct hand_finish f = { .code = SPDM_FINISH };
	bool answered;
	struct hand h;

	if (handshake(j, &h) && ses_finish(j, &h, &f) &&
	    ses_say_maybe(j, &h, h.msg, h.n, &answered))
		judge_expect(j, !answered || !ses_got(j, SPDM_FINISH_RSP),
			     "FINISH ended the handshake of a PSK_EXCHANGE");
	ses_drop(&h);
}

static void plain_finish(struct judge *j)
{
	struct hand h;

	if (handshake(j, &h) && ses_finish(j, &h, NULL) &&
	    judge_plain(j, h.msg, h.n)) {
		if (judge_engine(j)->version >= SPDM_V12)
			judge_refused(j, SPDM_ERR_SESSION_REQUIRED,
				      SPDM_ERR_UNEXPECTED_REQUEST);
		else
			judge_refused_any(j);
	}
	ses_drop(&h);
}

static void in_session(struct judge *j)
{
	struct hand h, second;

	hand_init(&second, judge_engine(j));
	if (opened(j, &h) && ses_psk_build(j, &second, NULL) &&
	    ses_say(j, &h, second.msg, second.n))
		judge_refused(j, SPDM_ERR_UNEXPECTED_REQUEST);
	ses_drop(&second);
	ses_drop(&h);
}

static void hs_end(struct judge *j)
{
	struct hand h;

	if (handshake(j, &h) && ses_ask(j, &h, SPDM_END_SESSION, 0, 0))
		judge_refused(j, SPDM_ERR_UNEXPECTED_REQUEST);
	ses_drop(&h);
}

#define V11_ON JUDGE_SINCE(JUDGE_V11)
#define PSK    JUDGE_NEEDS_PSK

/* clang-format off */
static const struct judge_case cases[] = {
	{ "psk-opens-session", JUDGE_SPDM, V11_ON, PSK, 0,
	  "PSK_EXCHANGE, and PSK_FINISH where the device gives a context, open a session",
	  "DSP0274 1.2.1 sections 10.18 and 10.19", SURE_SPEC, "psk-finish-refused", opens },
	{ "psk-exchange-verify-data", JUDGE_SPDM, V11_ON, PSK, 0,
	  "ResponderVerifyData of PSK_EXCHANGE_RSP is the HMAC of the transcript under the key that the hint names",
	  "DSP0274 1.2.1 sections 10.18 and 11", SURE_SPEC, "psk-exchange-hmac-wrong", verify_data },
	{ "psk-exchange-summary", JUDGE_SPDM, V11_ON, PSK | JUDGE_NEEDS_MEAS, 0,
	  "PSK_EXCHANGE_RSP has a measurement summary hash where one was asked for",
	  "DSP0274 1.2.1 section 10.18 (MeasurementSummaryHash)", SURE_SPEC, "psk-exchange-summary-left-out", summary },
	{ "psk-exchange-context", JUDGE_SPDM, V11_ON, PSK, 0,
	  "PSK_EXCHANGE_RSP has a context if and only if PSK_CAP says so",
	  "DSP0274 1.2.1 sections 10.3 (PSK_CAP) and 10.18", SURE_SPEC, "psk-exchange-context-other", context },
	{ "psk-exchange-context-fresh", JUDGE_SPDM, V11_ON, PSK, 0,
	  "each PSK_EXCHANGE_RSP has a context of its own",
	  "DSP0274 1.2.1 section 10.18 (ResponderContext: fresh randomness)", SURE_SPEC, "psk-exchange-context-stale", context_fresh },
	{ "psk-exchange-hint-unknown", JUDGE_SPDM, V11_ON, PSK, 0,
	  "a hint that names no key is refused",
	  "DSP0274 1.2.1 section 10.18 (PSKHint)", SURE_INFERRED, "psk-exchange-never-refused", hint_unknown },
	{ "psk-exchange-truncated", JUDGE_SPDM, V11_ON, PSK, 0,
	  "a PSK_EXCHANGE that is shorter than its fields is ERROR InvalidRequest",
	  "DSP0274 1.2.1 section 10.10 (InvalidRequest)", SURE_SPEC, "psk-exchange-never-refused", truncated },
	{ "psk-exchange-version-mismatch", JUDGE_SPDM, V11_ON, PSK, 0,
	  "a PSK_EXCHANGE of another version than was agreed is ERROR VersionMismatch",
	  "DSP0274 1.2.1 section 10.10 (VersionMismatch)", SURE_SPEC, "psk-exchange-never-refused", other_version },
	{ "psk-exchange-no-common-version", JUDGE_SPDM, V11_ON, PSK, 0,
	  "a PSK_EXCHANGE that offers no version of secured messages in common is refused",
	  "DSP0277 1.1 section on version selection", SURE_INFERRED, "psk-exchange-never-refused", sm_none },
	{ "psk-exchange-in-session", JUDGE_SPDM, V11_ON, PSK, 0,
	  "PSK_EXCHANGE in a session is ERROR UnexpectedRequest",
	  "DSP0274 1.2.1 table of messages allowed in session phases", SURE_SPEC, "psk-exchange-never-refused", in_session },
	{ "psk-finish-hmac-wrong", JUDGE_SPDM, V11_ON, PSK, 0,
	  "PSK_FINISH with a wrong RequesterVerifyData is ERROR DecryptError",
	  "DSP0274 1.2.1 section 10.10 (DecryptError: data of the handshake that does not verify)", SURE_SPEC, "finish-takes-any-hmac", bad_hmac },
	{ "psk-finish-hmac-wrong-ends-session", JUDGE_SPDM, V11_ON, PSK, SPDM_CAP_CERT,
	  "a handshake whose PSK_FINISH did not verify is over",
	  "DSP0274 1.2.1 section on session phases (DecryptError ends the session)", SURE_SPEC, "finish-may-be-tried-again", bad_hmac_ends },
	{ "psk-finish-by-finish", JUDGE_SPDM, V11_ON, PSK, SPDM_CAP_CERT,
	  "FINISH does not end the handshake of a PSK_EXCHANGE",
	  "DSP0274 1.2.1 sections 10.17 and 10.19; CVE-2023-31127", SURE_SPEC, "psk-finish-by-finish", by_finish },
	{ "psk-finish-plain-refused", JUDGE_SPDM, V11_ON, PSK, 0,
	  "PSK_FINISH outside the session is refused, whatever HANDSHAKE_IN_THE_CLEAR_CAP says",
	  "DSP0274 1.2.1 section 10.19", SURE_SPEC, "psk-finish-taken-in-the-clear", plain_finish },
	{ "psk-handshake-refuses-end-session", JUDGE_SPDM, V11_ON, PSK, 0,
	  "END_SESSION in the handshake phase of a PSK_EXCHANGE is ERROR UnexpectedRequest",
	  "DSP0274 1.2.1 table of messages allowed in session phases", SURE_SPEC, "handshake-takes-any-message", hs_end },
};
/* clang-format on */

const struct judge_table judge_cases_session_psk = { cases, COUNT(cases) };
