/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/ses.h"

/* A session that is open: HEARTBEAT, KEY_UPDATE, END_SESSION. */

/* --- HEARTBEAT --- */

static void heartbeat(struct judge *j)
{
	struct hand h;

	if (ses_open(j, &h, NULL) && ses_ask(j, &h, SPDM_HEARTBEAT, 0, 0))
		judge_answers(j, SPDM_HEARTBEAT_ACK);
	ses_drop(&h);
}

/* What is said of a session, said outside of any. */
static void outside(struct judge *j, uint8_t code, uint8_t p1)
{
	struct spdm_span m;

	if (!ses_connect(j))
		return;
	m = judge_msg(j, code, p1, 0, NULL, 0);
	if (!judge_plain(j, m.p, m.n))
		return;
	if (judge_engine(j)->version >= SPDM_V12)
		judge_refused(j, SPDM_ERR_SESSION_REQUIRED);
	else
		judge_refused_any(j);
}

static void heartbeat_outside(struct judge *j)
{
	outside(j, SPDM_HEARTBEAT, 0);
}

static void other_version(struct judge *j, uint8_t code, uint8_t p1)
{
	uint8_t m[4] = { 0, code, p1, 0 };
	struct hand h;

	if (ses_open(j, &h, NULL)) {
		m[0] = (uint8_t)(judge_engine(j)->version + 1);
		if (ses_say(j, &h, m, sizeof(m)))
			judge_refused(j, SPDM_ERR_VERSION_MISMATCH);
	}
	ses_drop(&h);
}

static void heartbeat_version(struct judge *j)
{
	other_version(j, SPDM_HEARTBEAT, 0);
}

static void without(struct judge *j, uint32_t cap, uint8_t code, uint8_t p1)
{
	struct hand h;

	judge_offer(j)->caps &= ~cap;
	if (ses_open(j, &h, NULL) && ses_ask(j, &h, code, p1, 0))
		judge_refused(j, SPDM_ERR_UNSUPPORTED_REQUEST,
			      SPDM_ERR_UNEXPECTED_REQUEST);
	ses_drop(&h);
}

static void heartbeat_without(struct judge *j)
{
	without(j, SPDM_CAP_HBEAT, SPDM_HEARTBEAT, 0);
}

#define SECOND	      UINT64_C(1000000000)
#define PATIENT_MAX_S 3u

/* A period that a test can wait for; a longer one is not waited out. */
static bool period(struct judge *j, const struct hand *h)
{
	if (!h->heartbeat_s)
		judge_absent(j, "HeartbeatPeriod is 0: no heartbeat is due");
	else if (h->heartbeat_s > PATIENT_MAX_S)
		judge_absent(j,
			     "HeartbeatPeriod is %u s, and more than %u s "
			     "are not waited for",
			     h->heartbeat_s, PATIENT_MAX_S);
	return judge_on(j);
}

static void pass(struct judge *j, uint64_t ns)
{
	judge_ops(j)->wait(judge_target(j), judge_now(j) + ns);
}

/* Silent for less than a period, three times over: more than twice in all. */
static void heartbeat_keeps(struct judge *j)
{
	struct hand h;

	if (ses_open(j, &h, NULL) && period(j, &h)) {
		for (unsigned i = 0; i < 3 && judge_on(j); i++) {
			pass(j, h.heartbeat_s * SECOND * 4 / 5);
			if (ses_ask(j, &h, SPDM_HEARTBEAT, 0, 0))
				judge_answers(j, SPDM_HEARTBEAT_ACK);
		}
	}
	ses_drop(&h);
}

static void heartbeat_ends(struct judge *j)
{
	struct hand h;

	if (ses_open(j, &h, NULL) && period(j, &h)) {
		pass(j, h.heartbeat_s * SECOND * 2 + SECOND / 2);
		ses_ended(j, &h, 0, "a silence of twice HeartbeatPeriod");
	}
	ses_drop(&h);
}

/* --- KEY_UPDATE --- */

static bool acked(struct judge *j, uint8_t op, uint8_t tag)
{
	const struct judge_answer *a = judge_answer(j);

	return judge_answers(j, SPDM_KEY_UPDATE_ACK) &&
	       judge_expect(j, a->m.param1 == op && a->m.param2 == tag,
			    "KEY_UPDATE_ACK has operation %u and tag %02x, "
			    "and %u and %02x were sent",
			    a->m.param1, a->m.param2, op, tag);
}

/*
 * One update, up to its acknowledgement. The device's own key changes with
 * UpdateAllKeys, and then already for the answer.
 */
static bool update(struct judge *j, struct hand *h, uint8_t op, uint8_t tag)
{
	const uint8_t m[4] = { judge_engine(j)->version, SPDM_KEY_UPDATE, op,
			       tag };
	size_t len = 0;

	if (!judge_on(j) ||
	    hand_seal(h, m, sizeof(m), j->out, sizeof(j->out), &len) ||
	    hand_roll(h, SPDM_DIR_REQ) ||
	    (op == SPDM_UPDATE_ALL_KEYS && hand_roll(h, SPDM_DIR_RSP)) ||
	    !judge_ask_raw(j, JUDGE_RECORD, j->out, len))
		return false;
	ses_hear(j, h);
	return acked(j, op, tag);
}

static bool verify(struct judge *j, struct hand *h, uint8_t tag)
{
	return ses_ask(j, h, SPDM_KEY_UPDATE, SPDM_VERIFY_NEW_KEY, tag) &&
	       acked(j, SPDM_VERIFY_NEW_KEY, tag);
}

static void update_key(struct judge *j)
{
	struct hand h;

	if (ses_open(j, &h, NULL) && update(j, &h, SPDM_UPDATE_KEY, 0x5a) &&
	    verify(j, &h, 0xa5))
		ses_lives(j, &h, "UpdateKey and VerifyNewKey");
	ses_drop(&h);
}

static void update_all(struct judge *j)
{
	struct hand h;

	if (ses_open(j, &h, NULL) &&
	    update(j, &h, SPDM_UPDATE_ALL_KEYS, 0x5a) && verify(j, &h, 0xa5))
		ses_lives(j, &h, "UpdateAllKeys and VerifyNewKey");
	ses_drop(&h);
}

/* Each key comes of the one before it. */
static void update_again(struct judge *j)
{
	struct hand h;
	bool on = ses_open(j, &h, NULL);

	for (uint8_t i = 0; i < 3 && on; i++)
		on = update(j, &h,
			    i & 1 ? SPDM_UPDATE_KEY : SPDM_UPDATE_ALL_KEYS,
			    i) &&
		     verify(j, &h, (uint8_t)(0x80 | i));
	if (on)
		ses_lives(j, &h, "three updates of keys");
	ses_drop(&h);
}

static void update_op(struct judge *j)
{
	static const uint8_t ops[] = { 0, 4, 0xff };
	struct hand h;
	bool on = ses_open(j, &h, NULL);

	for (size_t i = 0; i < COUNT(ops) && on; i++)
		on = ses_ask(j, &h, SPDM_KEY_UPDATE, ops[i], 1) &&
		     judge_refused(j, SPDM_ERR_INVALID_REQUEST);
	ses_drop(&h);
}

static void verify_first(struct judge *j)
{
	struct hand h;

	if (ses_open(j, &h, NULL) &&
	    ses_ask(j, &h, SPDM_KEY_UPDATE, SPDM_VERIFY_NEW_KEY, 1))
		judge_refused_any(j);
	ses_drop(&h);
}

static void twice(struct judge *j)
{
	struct hand h;

	if (ses_open(j, &h, NULL) && update(j, &h, SPDM_UPDATE_KEY, 1) &&
	    ses_ask(j, &h, SPDM_KEY_UPDATE, SPDM_UPDATE_ALL_KEYS, 2))
		judge_refused_any(j);
	ses_drop(&h);
}

/* A right record of the old key, with the number that would have been next. */
static void old_key(struct judge *j)
{
	const uint8_t end[4] = { 0, SPDM_END_SESSION };
	uint8_t rec[128], msg[4];
	bool answered = false;
	struct hand h;
	size_t len = 0;

	if (ses_open(j, &h, NULL)) {
		memcpy(msg, end, sizeof(msg));
		msg[0] = judge_engine(j)->version;
		h.ch[SPDM_DIR_REQ].seq++; /* behind KEY_UPDATE */
		if (hand_seal(&h, msg, sizeof(msg), rec, sizeof(rec), &len))
			len = 0;
		h.ch[SPDM_DIR_REQ].seq = 0;
		if (len && update(j, &h, SPDM_UPDATE_KEY, 1) &&
		    verify(j, &h, 2) &&
		    ses_maybe(j, JUDGE_RECORD, rec, len, &answered)) {
			if (answered)
				ses_hear(j, &h);
			judge_expect(j,
				     !answered ||
					     !ses_got(j, SPDM_END_SESSION_ACK),
				     "a record under the old key was taken "
				     "after VerifyNewKey");
		}
	}
	ses_drop(&h);
}

static void update_outside(struct judge *j)
{
	outside(j, SPDM_KEY_UPDATE, SPDM_UPDATE_KEY);
}

static void update_version(struct judge *j)
{
	other_version(j, SPDM_KEY_UPDATE, SPDM_UPDATE_KEY);
}

static void update_without(struct judge *j)
{
	without(j, SPDM_CAP_KEY_UPD, SPDM_KEY_UPDATE, SPDM_UPDATE_KEY);
}

/* --- END_SESSION --- */

static void end_session(struct judge *j)
{
	struct hand h;

	if (ses_open(j, &h, NULL) && ses_ask(j, &h, SPDM_END_SESSION, 0, 0))
		judge_answers(j, SPDM_END_SESSION_ACK);
	ses_drop(&h);
}

static void ended(struct judge *j)
{
	struct hand h;

	if (ses_open(j, &h, NULL) && ses_ask(j, &h, SPDM_END_SESSION, 0, 0) &&
	    judge_answers(j, SPDM_END_SESSION_ACK))
		ses_ended(j, &h, 0, "END_SESSION");
	ses_drop(&h);
}

/* What follows is another session, though the numbers may come again. */
static void again(struct judge *j)
{
	const struct hand_wish w = { .half = 0x3333 };
	struct hand h;

	if (ses_open(j, &h, &w) && ses_ask(j, &h, SPDM_END_SESSION, 0, 0) &&
	    judge_answers(j, SPDM_END_SESSION_ACK)) {
		ses_drop(&h);
		if (ses_open(j, &h, &w))
			ses_lives(j, &h, "another of the same half was ended");
	}
	ses_drop(&h);
}

static void end_outside(struct judge *j)
{
	outside(j, SPDM_END_SESSION, 0);
}

static void end_version(struct judge *j)
{
	other_version(j, SPDM_END_SESSION, 0);
}

#define V11_ON JUDGE_SINCE(JUDGE_V11)
#define SES    JUDGE_NEEDS_SESSION
#define HBEAT  SPDM_CAP_HBEAT
#define UPD    SPDM_CAP_KEY_UPD

/* clang-format off */
static const struct judge_case cases[] = {
	{ "heartbeat-ack", JUDGE_SPDM, V11_ON, SES, HBEAT,
	  "HEARTBEAT in a session is answered by HEARTBEAT_ACK in it",
	  "DSP0274 1.2.1 section 10.20", SURE_SPEC, "heartbeat-refused", heartbeat },
	{ "heartbeat-outside", JUDGE_SPDM, V11_ON, SES, HBEAT,
	  "HEARTBEAT outside a session is refused, from 1.2 on by ERROR SessionRequired",
	  "DSP0274 1.2.1 section 10.10 (SessionRequired); DMTF responder validator 12", SURE_SPEC, "heartbeat-anywhere", heartbeat_outside },
	{ "heartbeat-version-mismatch", JUDGE_SPDM, V11_ON, SES, HBEAT,
	  "HEARTBEAT of another version than was agreed is ERROR VersionMismatch",
	  "DSP0274 1.2.1 section 10.10 (VersionMismatch); DMTF responder validator 12", SURE_SPEC, "session-takes-any-version", heartbeat_version },
	{ "heartbeat-without-capability", JUDGE_SPDM, V11_ON, SES, HBEAT,
	  "HEARTBEAT of a requester without HBEAT_CAP is refused",
	  "DSP0274 1.2.1 sections 10.3 and 10.10 (UnsupportedRequest)", SURE_INFERRED, "heartbeat-anywhere", heartbeat_without },
	{ "heartbeat-keeps-session", JUDGE_SPDM, V11_ON, SES, HBEAT,
	  "a session in which something is said in each HeartbeatPeriod goes on",
	  "DSP0274 1.2.1 section 10.20", SURE_SPEC, "heartbeat-not-counted", heartbeat_keeps },
	{ "heartbeat-silence-ends-session", JUDGE_SPDM, V11_ON, SES, HBEAT | SPDM_CAP_CERT,
	  "a session that was silent for twice HeartbeatPeriod is over",
	  "DSP0274 1.2.1 section 10.20", SURE_SPEC, "heartbeat-not-missed", heartbeat_ends },
	{ "key-update-of-requester", JUDGE_SPDM, V11_ON, SES, UPD,
	  "UpdateKey is acknowledged with its operation and tag under the responder's key of before, and renews the requester's key alone",
	  "DSP0274 1.2.1 section 10.21", SURE_SPEC, "key-update-tag-wrong", update_key },
	{ "key-update-of-all", JUDGE_SPDM, V11_ON, SES, UPD,
	  "UpdateAllKeys is acknowledged under the responder's new key, and renews both",
	  "DSP0274 1.2.1 section 10.21", SURE_SPEC, "key-update-forgets-its-own", update_all },
	{ "key-update-again", JUDGE_SPDM, V11_ON, SES, UPD,
	  "keys may be updated again and again, each from the one before",
	  "DSP0274 1.2.1 sections 10.21 and 11 (key updates)", SURE_SPEC, "key-update-forgets-its-own", update_again },
	{ "key-update-operation-reserved", JUDGE_SPDM, V11_ON, SES, UPD,
	  "a KEY_UPDATE whose operation is reserved is ERROR InvalidRequest",
	  "DSP0274 1.2.1 section 10.21; DMTF responder validator 13.3", SURE_SPEC, "key-update-never-refused", update_op },
	{ "key-update-verify-first", JUDGE_SPDM, V11_ON, SES, UPD,
	  "VerifyNewKey without an update before it is refused",
	  "DSP0274 1.2.1 section 10.21; OPEN: it says the order, not the answer; DMTF's implementation has InvalidRequest", SURE_OPEN, "key-update-never-refused", verify_first },
	{ "key-update-not-verified", JUDGE_SPDM, V11_ON, SES, UPD,
	  "a second update before VerifyNewKey is refused",
	  "DSP0274 1.2.1 section 10.21; OPEN: it says the order, not the answer; DMTF's implementation has InvalidRequest", SURE_OPEN, "key-update-never-refused", twice },
	{ "key-update-retires-old-key", JUDGE_SPDM, V11_ON, SES, UPD | SPDM_CAP_CERT,
	  "after VerifyNewKey nothing under the requester's old key is taken",
	  "DSP0274 1.2.1 section 10.21", SURE_SPEC, "key-update-keeps-old-key", old_key },
	{ "key-update-outside", JUDGE_SPDM, V11_ON, SES, UPD,
	  "KEY_UPDATE outside a session is refused, from 1.2 on by ERROR SessionRequired",
	  "DSP0274 1.2.1 section 10.10 (SessionRequired); DMTF responder validator 13.5", SURE_SPEC, "key-update-never-refused", update_outside },
	{ "key-update-version-mismatch", JUDGE_SPDM, V11_ON, SES, UPD,
	  "KEY_UPDATE of another version than was agreed is ERROR VersionMismatch",
	  "DSP0274 1.2.1 section 10.10 (VersionMismatch); DMTF responder validator 13.2", SURE_SPEC, "session-takes-any-version", update_version },
	{ "key-update-without-capability", JUDGE_SPDM, V11_ON, SES, UPD,
	  "KEY_UPDATE of a requester without KEY_UPD_CAP is refused",
	  "DSP0274 1.2.1 sections 10.3 and 10.10 (UnsupportedRequest)", SURE_INFERRED, "key-update-never-refused", update_without },
	{ "end-session-ack", JUDGE_SPDM, V11_ON, SES, 0,
	  "END_SESSION is acknowledged under the session's keys",
	  "DSP0274 1.2.1 section on END_SESSION; DMTF responder validator 16.1", SURE_SPEC, "end-session-refused", end_session },
	{ "end-session-ends", JUDGE_SPDM, V11_ON, SES, SPDM_CAP_CERT,
	  "after END_SESSION_ACK nothing in the session is answered as if it were there",
	  "DSP0274 1.2.1 section on END_SESSION", SURE_SPEC, "session-outlives-its-end", ended },
	{ "end-session-makes-room", JUDGE_SPDM, V11_ON, SES, 0,
	  "after END_SESSION_ACK a session of the same requester's half may be opened, under new keys",
	  "DSP0274 1.2.1 sections 10.16 and on END_SESSION", SURE_SPEC, "finish-derives-other-keys", again },
	{ "end-session-outside", JUDGE_SPDM, V11_ON, SES, 0,
	  "END_SESSION outside a session is refused, from 1.2 on by ERROR SessionRequired",
	  "DSP0274 1.2.1 section 10.10 (SessionRequired); DMTF responder validator 16.4", SURE_SPEC, "end-session-never-refused", end_outside },
	{ "end-session-version-mismatch", JUDGE_SPDM, V11_ON, SES, 0,
	  "END_SESSION of another version than was agreed is ERROR VersionMismatch",
	  "DSP0274 1.2.1 section 10.10 (VersionMismatch); DMTF responder validator 16.2", SURE_SPEC, "session-takes-any-version", end_version },
};
/* clang-format on */

const struct judge_table judge_cases_session_live = { cases, COUNT(cases) };
