/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/ses.h"

/* FINISH: what opens a session, and what must not. */

static void opens(struct judge *j)
{
	struct hand h;

	if (ses_open(j, &h, NULL))
		ses_lives(j, &h, "FINISH_RSP");
	ses_drop(&h);
}

/* A handshake that is not in the clear, whose FINISH has @f. */
static bool wrong_finish(struct judge *j, struct hand *h,
			 const struct hand_finish *f)
{
	return ses_handshake(j, h, NULL) && ses_finish(j, h, f) &&
	       ses_send_finish(j, h);
}

static void bad_hmac(struct judge *j)
{
	struct hand h;

	if (wrong_finish(j, &h, &(struct hand_finish){ .bad_mac = true }))
		judge_refused(j, SPDM_ERR_DECRYPT_ERROR);
	ses_drop(&h);
}

/* FINISH again, right this time. */
static void bad_hmac_ends(struct judge *j)
{
	bool answered = false;
	struct hand h;

	if (wrong_finish(j, &h, &(struct hand_finish){ .bad_mac = true }) &&
	    ses_finish(j, &h, NULL)) {
		if (h.clear) {
			if (judge_plain(j, h.msg, h.n))
				judge_refused_any(j);
		} else if (ses_say_maybe(j, &h, h.msg, h.n, &answered)) {
			judge_expect(j,
				     !answered || !ses_got(j, SPDM_FINISH_RSP),
				     "a right FINISH after one with a wrong "
				     "HMAC opened the session");
		}
	}
	ses_drop(&h);
}

static void signed_unasked(struct judge *j)
{
	struct hand h;

	judge_offer(j)->caps &= ~(uint32_t)SPDM_CAP_MUT_AUTH;
	if (wrong_finish(j, &h, &(struct hand_finish){ .bit = true }))
		judge_refused_any(j);
	ses_drop(&h);
}

/* A handshake under keys; the right FINISH of it, sent without them. */
static void plain_finish(struct judge *j)
{
	struct hand h;

	judge_offer(j)->caps &= ~(uint32_t)SPDM_CAP_HANDSHAKE_IN_CLEAR;
	if (ses_handshake(j, &h, NULL) && ses_finish(j, &h, NULL) &&
	    judge_plain(j, h.msg, h.n))
		judge_refused_any(j);
	ses_drop(&h);
}

static void finish_of_nothing(struct judge *j)
{
	uint8_t body[2 + SPDM_HASH_MAX] = { 0 };
	struct spdm_span m;
	size_t n;

	if (!ses_connect(j) || !judge_has(j, SPDM_CAP_KEY_EX))
		return;
	n = judge_engine(j)->shape.hash_len;
	n += judge_engine(j)->version >= SPDM_V14 ? 2 : 0;
	m = judge_msg(j, SPDM_FINISH, 0, 0, body, n);
	if (judge_plain(j, m.p, m.n))
		judge_refused_any(j);
}

static void twice(struct judge *j)
{
	uint8_t again[HAND_MSG_MAX];
	struct hand h;
	size_t n;

	if (ses_handshake(j, &h, NULL) && ses_finish(j, &h, NULL)) {
		memcpy(again, h.msg, h.n);
		n = h.n;
		if (ses_send_finish(j, &h) && ses_finished(j, &h) &&
		    ses_say(j, &h, again, n))
			judge_refused(j, SPDM_ERR_UNEXPECTED_REQUEST,
				      SPDM_ERR_INVALID_REQUEST);
	}
	ses_drop(&h);
}

static void truncated(struct judge *j)
{
	struct hand h;

	if (ses_handshake(j, &h, NULL) && ses_finish(j, &h, NULL)) {
		h.n = 4;
		if (ses_send_finish(j, &h))
			judge_refused(j, SPDM_ERR_INVALID_REQUEST);
	}
	ses_drop(&h);
}

static void other_version(struct judge *j)
{
	struct hand h;

	if (ses_handshake(j, &h, NULL) && ses_finish(j, &h, NULL)) {
		h.msg[0]++;
		if (ses_send_finish(j, &h))
			judge_refused(j, SPDM_ERR_VERSION_MISMATCH);
	}
	ses_drop(&h);
}

/*
 * PSK_FINISH in the handshake of a KEY_EXCHANGE: whoever takes it lets in who
 * has not shown what FINISH would have asked for (CVE-2023-31127).
 */
static void psk_finish(struct judge *j)
{
	const struct hand_finish f = { .code = SPDM_PSK_FINISH };
	bool answered;
	struct hand h;

	judge_offer(j)->caps &= ~(uint32_t)SPDM_CAP_HANDSHAKE_IN_CLEAR;
	if (ses_handshake(j, &h, NULL) && ses_finish(j, &h, &f) &&
	    ses_say_maybe(j, &h, h.msg, h.n, &answered))
		judge_expect(j, !answered || !ses_got(j, SPDM_PSK_FINISH_RSP),
			     "PSK_FINISH ended the handshake of a "
			     "KEY_EXCHANGE");
	ses_drop(&h);
}

/*
 * Data keys come of the whole transcript: FINISH_RSP itself is in it. What was
 * sent under the handshake's keys has no place behind it.
 */
static void handshake_keys_after(struct judge *j)
{
	uint8_t msg[4] = { 0, SPDM_END_SESSION };
	struct spdm_channel old;
	bool answered = false;
	struct hand h;

	judge_offer(j)->caps &= ~(uint32_t)SPDM_CAP_HANDSHAKE_IN_CLEAR;
	if (ses_handshake(j, &h, NULL) && ses_finish(j, &h, NULL)) {
		struct spdm_keys keys = h.keys;
		size_t len = 0;

		msg[0] = judge_engine(j)->version;
		memset(&old, 0, sizeof(old));
		if (ses_send_finish(j, &h) && ses_finished(j, &h) &&
		    !spdm_channel_open(&old, j->cfg.crypto, &keys,
				       keys.hs_dir[SPDM_DIR_REQ], UINT64_MAX)) {
			const struct spdm_channel data = h.ch[SPDM_DIR_REQ];

			old.binding = data.binding;
			old.seq = 1;
			h.ch[SPDM_DIR_REQ] = old;
			if (!hand_seal(&h, msg, sizeof(msg), j->out,
				       sizeof(j->out), &len) &&
			    ses_maybe(j, JUDGE_RECORD, j->out, len,
				      &answered)) {
				if (answered)
					ses_hear(j, &h);
				judge_expect(
					j,
					!answered ||
						!ses_got(j,
							 SPDM_END_SESSION_ACK),
					"a record under the handshake's "
					"keys was answered");
			}
			h.ch[SPDM_DIR_REQ] = data;
			spdm_channel_close(&old, j->cfg.crypto);
		}
		spdm_keys_wipe(&keys);
	}
	ses_drop(&h);
}

/* KEY_EXCHANGE_RSP has no HMAC then, and FINISH_RSP has one; both lengths are
 * looked at, and that the HMAC fits. */
static void in_the_clear(struct judge *j)
{
	struct hand h;

	judge_offer(j)->caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
	if (ses_open(j, &h, NULL))
		ses_lives(j, &h, "a handshake in the clear");
	ses_drop(&h);
}

/* The same the other way round: encrypted where it was to be in the clear. */
static void record_in_the_clear(struct judge *j)
{
	bool answered = false;
	struct hand h;

	judge_offer(j)->caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
	if (ses_handshake(j, &h, NULL) && ses_finish(j, &h, NULL) &&
	    ses_say_maybe(j, &h, h.msg, h.n, &answered))
		judge_expect(j, !answered || !ses_got(j, SPDM_FINISH_RSP),
			     "FINISH in a record was taken where the "
			     "handshake goes in the clear");
	ses_drop(&h);
}

#define V11_ON JUDGE_SINCE(JUDGE_V11)
#define SES    JUDGE_NEEDS_SESSION

/* clang-format off */
static const struct judge_case cases[] = {
	{ "finish-opens-session", JUDGE_SPDM, V11_ON, SES, 0,
	  "a right FINISH is answered by FINISH_RSP, and the session goes on under keys of the whole transcript",
	  "DSP0274 1.2.1 sections 10.17 and 11", SURE_SPEC, "finish-derives-other-keys", opens },
	{ "finish-hmac-wrong", JUDGE_SPDM, V11_ON, SES, 0,
	  "FINISH with a wrong RequesterVerifyData is ERROR DecryptError",
	  "DSP0274 1.2.1 section 10.10 (DecryptError: data of the handshake that does not verify)", SURE_SPEC, "finish-takes-any-hmac", bad_hmac },
	{ "finish-hmac-wrong-ends-session", JUDGE_SPDM, V11_ON, SES, SPDM_CAP_CERT,
	  "a handshake whose FINISH did not verify is over",
	  "DSP0274 1.2.1 section on session phases (DecryptError ends the session)", SURE_SPEC, "finish-may-be-tried-again", bad_hmac_ends },
	{ "finish-signed-unasked", JUDGE_SPDM, V11_ON, SES, 0,
	  "FINISH that says it is signed is refused where no mutual authentication was asked for",
	  "DSP0274 1.2.1 section 10.17 (Param1)", SURE_SPEC, "finish-takes-any-param", signed_unasked },
	{ "finish-plain-refused", JUDGE_SPDM, V11_ON, SES, 0,
	  "FINISH outside the session is refused unless the handshake goes in the clear",
	  "DSP0274 1.2.1 sections 10.3 (HANDSHAKE_IN_THE_CLEAR_CAP) and 10.17", SURE_SPEC, "finish-taken-in-the-clear", plain_finish },
	{ "finish-without-key-exchange", JUDGE_SPDM, V11_ON, SES, 0,
	  "FINISH without a KEY_EXCHANGE is refused",
	  "DSP0274 1.2.1 sections 10.1 and 10.17", SURE_SPEC, "finish-taken-in-the-clear", finish_of_nothing },
	{ "finish-twice", JUDGE_SPDM, V11_ON, SES, 0,
	  "FINISH in a session that is open is refused",
	  "DSP0274 1.2.1 table of messages allowed in session phases; DMTF responder validator 9", SURE_SPEC, "session-takes-any-message", twice },
	{ "finish-truncated", JUDGE_SPDM, V11_ON, SES, 0,
	  "FINISH without its RequesterVerifyData is ERROR InvalidRequest",
	  "DSP0274 1.2.1 section 10.10 (InvalidRequest)", SURE_SPEC, "finish-takes-any-param", truncated },
	{ "finish-version-mismatch", JUDGE_SPDM, V11_ON, SES, 0,
	  "FINISH of another version than was agreed is ERROR VersionMismatch",
	  "DSP0274 1.2.1 section 10.10 (VersionMismatch); DMTF responder validator 9", SURE_SPEC, "session-takes-any-version", other_version },
	{ "finish-by-psk-finish", JUDGE_SPDM, V11_ON, SES, SPDM_CAP_CERT,
	  "PSK_FINISH does not end the handshake of a KEY_EXCHANGE",
	  "DSP0274 1.2.1 sections 10.17 and 10.19; CVE-2023-31127", SURE_SPEC, "finish-by-psk-finish", psk_finish },
	{ "finish-retires-handshake-keys", JUDGE_SPDM, V11_ON, SES, SPDM_CAP_CERT,
	  "after FINISH_RSP no record under the handshake's keys is taken",
	  "DSP0274 1.2.1 section 11 (key schedule); DSP0277 1.1 section 7", SURE_SPEC, "finish-keeps-handshake-keys", handshake_keys_after },
	{ "finish-in-the-clear", JUDGE_SPDM, V11_ON, SES, SPDM_CAP_HANDSHAKE_IN_CLEAR,
	  "with HANDSHAKE_IN_THE_CLEAR_CAP of both, ResponderVerifyData is in FINISH_RSP and not in KEY_EXCHANGE_RSP",
	  "DSP0274 1.2.1 sections 10.16 and 10.17", SURE_SPEC, "finish-rsp-hmac-wrong", in_the_clear },
	{ "finish-in-record-in-the-clear", JUDGE_SPDM, V11_ON, SES, SPDM_CAP_HANDSHAKE_IN_CLEAR | SPDM_CAP_CERT,
	  "with HANDSHAKE_IN_THE_CLEAR_CAP of both, FINISH under the handshake's keys is not taken",
	  "DSP0274 1.2.1 section 10.17; OPEN: the text says how it is sent, not that another way is refused", SURE_OPEN, "finish-taken-in-a-record", record_in_the_clear },
};
/* clang-format on */

const struct judge_table judge_cases_session_finish = { cases, COUNT(cases) };
