/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/ses.h"

/*
 * Which messages may be said in which phase of a session, how many sessions
 * there may be, and what ends them all.
 */

/* In the handshake only FINISH has a meaning, and what leads to it. */
static bool in_handshake(struct judge *j, struct hand *h, uint8_t code,
			 const uint8_t *body, size_t n)
{
	uint8_t m[4 + 64] = { 0, code };

	judge_offer(j)->caps &= ~(uint32_t)SPDM_CAP_HANDSHAKE_IN_CLEAR;
	if (!ses_handshake(j, h, NULL))
		return false;
	m[0] = judge_engine(j)->version;
	if (n)
		memcpy(m + 2, body, n);
	return ses_say(j, h, m, 2 + n);
}

static void refused_in_handshake(struct judge *j, uint8_t code,
				 const uint8_t *body, size_t n)
{
	struct hand h;

	if (in_handshake(j, &h, code, body, n))
		judge_refused(j, SPDM_ERR_UNEXPECTED_REQUEST);
	ses_drop(&h);
}

static void hs_heartbeat(struct judge *j)
{
	static const uint8_t b[2];

	refused_in_handshake(j, SPDM_HEARTBEAT, b, sizeof(b));
}

static void hs_key_update(struct judge *j)
{
	static const uint8_t b[2] = { SPDM_UPDATE_KEY, 0x11 };

	refused_in_handshake(j, SPDM_KEY_UPDATE, b, sizeof(b));
}

static void hs_end(struct judge *j)
{
	static const uint8_t b[2];

	refused_in_handshake(j, SPDM_END_SESSION, b, sizeof(b));
}

static void hs_measurements(struct judge *j)
{
	static const uint8_t b[2];

	refused_in_handshake(j, SPDM_GET_MEASUREMENTS, b, sizeof(b));
}

static void hs_digests(struct judge *j)
{
	static const uint8_t b[2];

	refused_in_handshake(j, SPDM_GET_DIGESTS, b, sizeof(b));
}

/* TDISP GET_TDISP_VERSION: DSP0274's header, the registry's of the PCI-SIG,
 * then protocol id and message of the TDISP specification. */
static const uint8_t tdisp_version[] = {
	0,    0,		       /* params */
	3,    0,    2, 1, 0, 17, 0, 1, /* PCI-SIG, 17 bytes, TDISP */
	0x10, 0x81, 0, 0, 0, 0,	 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

static void hs_vendor(struct judge *j)
{
	uint8_t m[2 + sizeof(tdisp_version)];
	bool answered;
	struct hand h;

	judge_offer(j)->caps &= ~(uint32_t)SPDM_CAP_HANDSHAKE_IN_CLEAR;
	if (ses_handshake(j, &h, NULL)) {
		m[0] = judge_engine(j)->version;
		m[1] = SPDM_VENDOR_DEFINED_REQUEST;
		memcpy(m + 2, tdisp_version, sizeof(tdisp_version));
		if (ses_say_maybe(j, &h, m, sizeof(m), &answered))
			judge_expect(
				j,
				!ses_got(j, SPDM_VENDOR_DEFINED_RESPONSE) ||
					!answered,
				"a message of the PCI-SIG was answered "
				"before the handshake was over");
	}
	ses_drop(&h);
}

/* In an open session nothing that makes connections or sessions is said. */
static void refused_in_session(struct judge *j, uint8_t code, uint8_t p1,
			       uint8_t p2)
{
	struct hand h;

	if (ses_open(j, &h, NULL) && ses_ask(j, &h, code, p1, p2))
		judge_refused(j, SPDM_ERR_UNEXPECTED_REQUEST,
			      SPDM_ERR_INVALID_REQUEST);
	ses_drop(&h);
}

static void in_capabilities(struct judge *j)
{
	refused_in_session(j, SPDM_GET_CAPABILITIES, 0, 0);
}

static void in_algorithms(struct judge *j)
{
	refused_in_session(j, SPDM_NEGOTIATE_ALGORITHMS, 0, 0);
}

static void in_challenge(struct judge *j)
{
	uint8_t m[4 + SPDM_NONCE_LEN + SPDM_CONTEXT_LEN] = { 0 };
	struct hand h;

	if (ses_open(j, &h, NULL)) {
		const uint8_t v = judge_engine(j)->version;

		m[0] = v;
		m[1] = SPDM_CHALLENGE;
		if (ses_say(j, &h, m,
			    v >= SPDM_V13 ? sizeof(m)
					  : sizeof(m) - SPDM_CONTEXT_LEN))
			judge_refused(j, SPDM_ERR_UNEXPECTED_REQUEST);
	}
	ses_drop(&h);
}

/* A whole and right one, in the other's session. */
static void in_key_exchange(struct judge *j)
{
	struct hand h, second;

	hand_init(&second, judge_engine(j));
	if (ses_open(j, &h, NULL) && ses_build(j, &second, NULL) &&
	    ses_say(j, &h, second.msg, second.n))
		judge_refused(j, SPDM_ERR_UNEXPECTED_REQUEST);
	ses_drop(&second);
	ses_drop(&h);
}

/* --- several sessions --- */

/* Both there, each under its own keys; the device may have no room. */
static bool two(struct judge *j, struct hand *a, struct hand *b)
{
	hand_init(b, judge_engine(j));
	return ses_open(j, a, NULL) && ses_open(j, b, NULL);
}

static void independent(struct judge *j)
{
	struct hand a, b;

	if (two(j, &a, &b) &&
	    judge_expect(j, a.id != b.id, "both sessions have one id")) {
		if (ses_lives(j, &b, "another was opened beside it"))
			ses_lives(j, &a, "another was opened and ended");
	}
	ses_drop(&a);
	ses_drop(&b);
}

/* Our half is the same in both: what tells them apart is the device's. */
static void ids_distinct(struct judge *j)
{
	const struct hand_wish w = { .half = 0x2222 };
	struct hand a, b;

	hand_init(&b, judge_engine(j));
	if (ses_handshake(j, &a, &w) && ses_handshake(j, &b, &w))
		judge_expect(j, a.id != b.id,
			     "two sessions at once have the id %08x", a.id);
	ses_drop(&a);
	ses_drop(&b);
}

static void id_zero(struct judge *j)
{
	const struct hand_wish w = { .half_zero = true };
	struct hand h;

	if (ses_handshake(j, &h, &w))
		judge_expect(j, h.id != 0, "the session id is 0");
	ses_drop(&h);
}

/* What is of one session, said to be of the other. */
static void ids_mixed(struct judge *j)
{
	uint8_t msg[4] = { 0, SPDM_END_SESSION };
	bool answered = false;
	struct hand a, b;
	size_t len = 0;

	if (two(j, &a, &b)) {
		msg[0] = judge_engine(j)->version;
		b.ch[SPDM_DIR_REQ].seq = a.ch[SPDM_DIR_REQ].seq;
		if (!hand_seal(&b, msg, sizeof(msg), j->out, sizeof(j->out),
			       &len)) {
			put_u32le(j->out, a.id);
			if (ses_maybe(j, JUDGE_RECORD, j->out, len,
				      &answered)) {
				if (answered)
					ses_hear(j, &a);
				judge_expect(
					j,
					!answered ||
						!ses_got(j,
							 SPDM_END_SESSION_ACK),
					"a record under another "
					"session's keys was taken");
			}
		}
	}
	ses_drop(&a);
	ses_drop(&b);
}

#define MANY 24u

/* As many handshakes as it takes, until one is refused. */
static void limit(struct judge *j)
{
	struct hand h;

	for (unsigned i = 0; i < MANY && judge_on(j); i++) {
		bool error;

		if (!ses_build(j, &h, NULL) || !judge_plain(j, h.msg, h.n)) {
			ses_drop(&h);
			return;
		}
		error = !judge_answer(j)->bad &&
			judge_answer(j)->m.code == SPDM_ERROR;
		ses_drop(&h);
		if (error) {
			judge_refused(j, SPDM_ERR_SESSION_LIMIT_EXCEEDED);
			return;
		}
	}
	judge_absent(j, "%u sessions at once are not too many for it", MANY);
}

/* --- the connection ends --- */

static void version_ends(struct judge *j)
{
	static const uint8_t version[4] = { SPDM_V10, SPDM_GET_VERSION };
	uint8_t msg[4] = { 0, SPDM_END_SESSION };
	bool answered = false;
	struct hand h;
	size_t len = 0;

	if (ses_open(j, &h, NULL) && judge_plain(j, version, sizeof(version))) {
		msg[0] = judge_engine(j)->version;
		if (!hand_seal(&h, msg, sizeof(msg), j->out, sizeof(j->out),
			       &len) &&
		    ses_maybe_last(j, JUDGE_RECORD, j->out, len, &answered)) {
			if (answered)
				ses_hear(j, &h);
			judge_expect(j,
				     !answered ||
					     !ses_got(j, SPDM_END_SESSION_ACK),
				     "END_SESSION in a session from before "
				     "GET_VERSION was acknowledged");
		}
	}
	ses_drop(&h);
}

/* No answer, whatever phase the connection is in: TDISP's own rule. */
static void vendor_outside(struct judge *j)
{
	uint8_t m[2 + sizeof(tdisp_version)];

	if (!ses_connect(j))
		return;
	m[0] = judge_engine(j)->version;
	m[1] = SPDM_VENDOR_DEFINED_REQUEST;
	memcpy(m + 2, tdisp_version, sizeof(tdisp_version));
	judge_silence_to(j, JUDGE_PLAIN, m, sizeof(m));
}

static void vendor_outside_open(struct judge *j)
{
	uint8_t m[2 + sizeof(tdisp_version)];
	struct hand h;

	if (ses_open(j, &h, NULL)) {
		m[0] = judge_engine(j)->version;
		m[1] = SPDM_VENDOR_DEFINED_REQUEST;
		memcpy(m + 2, tdisp_version, sizeof(tdisp_version));
		judge_silence_to(j, JUDGE_PLAIN, m, sizeof(m));
	}
	ses_drop(&h);
}

#define V11_ON JUDGE_SINCE(JUDGE_V11)
#define V12_ON JUDGE_SINCE(JUDGE_V12)
#define SES    JUDGE_NEEDS_SESSION

/* clang-format off */
static const struct judge_case cases[] = {
	{ "handshake-refuses-heartbeat", JUDGE_SPDM, V11_ON, SES, SPDM_CAP_HBEAT,
	  "HEARTBEAT in the handshake phase is ERROR UnexpectedRequest",
	  "DSP0274 1.2.1 table of messages allowed in session phases; DMTF responder validator 12", SURE_SPEC, "handshake-takes-any-message", hs_heartbeat },
	{ "handshake-refuses-key-update", JUDGE_SPDM, V11_ON, SES, SPDM_CAP_KEY_UPD,
	  "KEY_UPDATE in the handshake phase is ERROR UnexpectedRequest",
	  "DSP0274 1.2.1 table of messages allowed in session phases; DMTF responder validator 13.4", SURE_SPEC, "handshake-takes-any-message", hs_key_update },
	{ "handshake-refuses-end-session", JUDGE_SPDM, V11_ON, SES, 0,
	  "END_SESSION in the handshake phase is ERROR UnexpectedRequest",
	  "DSP0274 1.2.1 table of messages allowed in session phases; DMTF responder validator 16.3", SURE_SPEC, "handshake-takes-any-message", hs_end },
	{ "handshake-refuses-measurements", JUDGE_SPDM, V11_ON, SES | JUDGE_NEEDS_MEAS, 0,
	  "GET_MEASUREMENTS in the handshake phase is ERROR UnexpectedRequest",
	  "DSP0274 1.2.1 table of messages allowed in session phases", SURE_SPEC, "handshake-takes-any-message", hs_measurements },
	{ "handshake-refuses-digests", JUDGE_SPDM, V11_ON, SES, SPDM_CAP_CERT,
	  "GET_DIGESTS in the handshake phase is ERROR UnexpectedRequest",
	  "DSP0274 1.2.1 table of messages allowed in session phases", SURE_SPEC, "handshake-takes-any-message", hs_digests },
	{ "handshake-refuses-vendor", JUDGE_SPDM, V12_ON, SES, SPDM_CAP_CERT,
	  "a message of the PCI-SIG in the handshake phase is not carried out",
	  "DSP0274 1.2.1 table of messages allowed in session phases; PCIe TDISP 1.0 section 11.2.2; OPEN: whether vendors' messages have a place before FINISH", SURE_OPEN, "handshake-takes-any-message", hs_vendor },
	{ "session-refuses-capabilities", JUDGE_SPDM, V11_ON, SES, 0,
	  "GET_CAPABILITIES in a session is refused",
	  "DSP0274 1.2.1 section 10.1 and table of messages allowed in session phases", SURE_SPEC, "session-takes-any-message", in_capabilities },
	{ "session-refuses-algorithms", JUDGE_SPDM, V11_ON, SES, 0,
	  "NEGOTIATE_ALGORITHMS in a session is refused",
	  "DSP0274 1.2.1 section 10.1 and table of messages allowed in session phases", SURE_SPEC, "session-takes-any-message", in_algorithms },
	{ "session-refuses-challenge", JUDGE_SPDM, V11_ON, SES, SPDM_CAP_CHAL,
	  "CHALLENGE in a session is ERROR UnexpectedRequest",
	  "DSP0274 1.2.1 table of messages allowed in session phases", SURE_SPEC, "session-takes-any-message", in_challenge },
	{ "session-refuses-key-exchange", JUDGE_SPDM, V11_ON, SES, 0,
	  "KEY_EXCHANGE in a session is ERROR UnexpectedRequest",
	  "DSP0274 1.2.1 table of messages allowed in session phases; DMTF responder validator 8.5", SURE_SPEC, "session-takes-any-message", in_key_exchange },
	{ "sessions-are-independent", JUDGE_SPDM, V11_ON, SES, 0,
	  "two sessions at once have keys and numbers of their own, and each goes on when the other ends",
	  "DSP0274 1.2.1 section on session-based mutual authentication (several sessions); DSP0277 1.1 section 7", SURE_SPEC, "sessions-push-each-other-out", independent },
	{ "session-ids-distinct", JUDGE_SPDM, V11_ON, SES, 0,
	  "two sessions at once have different ids, though the requester's half is the same",
	  "DSP0274 1.2.1 section 10.16 (RspSessionID)", SURE_SPEC, "session-id-always-the-same", ids_distinct },
	{ "session-id-not-zero", JUDGE_SPDM, V11_ON, SES, 0,
	  "no session has the id 0",
	  "DSP0274 1.2.1 section 10.16; OPEN: the text does not reserve it, implementations use it for none", SURE_OPEN, "session-id-zero", id_zero },
	{ "session-ids-mixed", JUDGE_SPDM, V11_ON, SES, SPDM_CAP_CERT,
	  "a record under one session's keys that names another session is not taken",
	  "DSP0277 1.1 section 7 (the session id is associated data)", SURE_SPEC, "record-of-any-session", ids_mixed },
	{ "session-limit", JUDGE_SPDM, V11_ON, SES, 0,
	  "a KEY_EXCHANGE beyond what the device can keep is ERROR SessionLimitExceeded",
	  "DSP0274 1.2.1 section 10.10 (SessionLimitExceeded)", SURE_SPEC, "session-limit-by-another-name", limit },
	{ "get-version-ends-sessions", JUDGE_SPDM, V11_ON, SES, 0,
	  "GET_VERSION ends the sessions of its connection",
	  "DSP0274 1.2.1 section 10.2 (GET_VERSION resets the connection)", SURE_SPEC, "session-outlives-its-end", version_ends },
	{ "vendor-outside-is-silent", JUDGE_SPDM, V12_ON, 0, 0,
	  "a message of the PCI-SIG outside a session is discarded without an answer",
	  "PCIe TDISP 1.0 section 11.2.2", SURE_SPEC, "vendor-outside-answered", vendor_outside },
	{ "vendor-outside-open-session-is-silent", JUDGE_SPDM, V12_ON, SES, 0,
	  "a message of the PCI-SIG in the clear is discarded while a session is open, too",
	  "PCIe TDISP 1.0 section 11.2.2", SURE_SPEC, "vendor-outside-answered", vendor_outside_open },
};
/* clang-format on */

const struct judge_table judge_cases_session_phase = { cases, COUNT(cases) };
