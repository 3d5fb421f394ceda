/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/talk.h"

/*
 * ERROR, and what is refused whatever stands in its body.
 * Source: DSP0274 1.2.1, section 10.10 (table of error codes)
 */

/* A request of a header and zeros. */
static bool say(struct talk *t, uint8_t version, uint8_t code, size_t n)
{
	uint8_t ask[64] = { version, code };

	return talk_raw(t, ask, n);
}

/* UnsupportedRequest tells the code that it is about. */
static void unsupported(struct talk *t, uint8_t code)
{
	if (talk_refused(t, TALK_E(SPDM_ERR_UNSUPPORTED_REQUEST)))
		judge_expect(t->j, t->got.p[3] == code,
			     "ErrorData is 0x%02x, and the request was 0x%02x",
			     t->got.p[3], code);
}

static void unknown_codes(struct judge *j)
{
	static const uint8_t codes[] = { 0x80, 0x8f, 0xc0, 0xf5 };
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, NULL))
		for (unsigned i = 0; i < COUNT(codes) && judge_on(j); i++)
			if (say(&t, t.v, codes[i], 4))
				unsupported(&t, codes[i]);
	talk_end(&t);
}

/* One that a later version brought. */
static void later_codes(struct judge *j)
{
	static const uint8_t codes[] = {
		SPDM_KEY_EXCHANGE,
		SPDM_PSK_EXCHANGE,
		SPDM_HEARTBEAT,
		SPDM_CHUNK_SEND,
		SPDM_GET_CSR,
		SPDM_SET_CERTIFICATE,
		SPDM_GET_ENDPOINT_INFO,
		SPDM_GET_KEY_PAIR_INFO,
		SPDM_GET_MEASUREMENT_EXTENSION_LOG,
	};
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, NULL))
		for (unsigned i = 0; i < COUNT(codes) && judge_on(j); i++)
			if (spdm_since(codes[i]) > t.v &&
			    say(&t, t.v, codes[i], 64))
				unsupported(&t, codes[i]);
	talk_end(&t);
}

static void responses(struct judge *j)
{
	struct talk t;
	const uint8_t ask[] = { j->version, SPDM_DIGESTS, 0, 0 };

	if (talk_begin(&t, j, TALK_ALGS, NULL) &&
	    talk_maybe(&t, ask, sizeof(ask)))
		talk_refused(&t, TALK_ANY);
	talk_end(&t);
}

/* Requests whose capability the device has not. */
static void not_offered(struct judge *j)
{
	static const struct {
		uint32_t cap;
		uint8_t code;
		uint8_t since;
	} all[] = {
		{ SPDM_CAP_CERT, SPDM_GET_DIGESTS, SPDM_V10 },
		{ SPDM_CAP_CHAL, SPDM_CHALLENGE, SPDM_V10 },
		{ SPDM_CAP_MEAS_MASK, SPDM_GET_MEASUREMENTS, SPDM_V10 },
		{ SPDM_CAP_CSR, SPDM_GET_CSR, SPDM_V12 },
		{ SPDM_CAP_SET_CERT, SPDM_SET_CERTIFICATE, SPDM_V12 },
		{ SPDM_CAP_EP_INFO_MASK, SPDM_GET_ENDPOINT_INFO, SPDM_V13 },
		{ SPDM_CAP_GET_KEY_PAIR_INFO, SPDM_GET_KEY_PAIR_INFO,
		  SPDM_V13 },
		{ SPDM_CAP_SET_KEY_PAIR_INFO, SPDM_SET_KEY_PAIR_INFO,
		  SPDM_V13 },
		{ SPDM_CAP_MEL, SPDM_GET_MEASUREMENT_EXTENSION_LOG, SPDM_V13 },
		{ SPDM_CAP_EVENT, SPDM_GET_SUPPORTED_EVENT_TYPES, SPDM_V13 },
		{ SPDM_CAP_EVENT, SPDM_SUBSCRIBE_EVENT_TYPES, SPDM_V13 },
	};
	struct talk t;
	bool any = false;

	if (talk_begin(&t, j, TALK_ALGS, NULL))
		for (unsigned i = 0; i < COUNT(all) && judge_on(j); i++)
			if (all[i].since <= t.v &&
			    !(t.theirs.flags & all[i].cap)) {
				any = true;
				if (say(&t, t.v, all[i].code, 64))
					unsupported(&t, all[i].code);
			}
	if (judge_on(j) && !any)
		judge_absent(j, "the device offers all of them");
	talk_end(&t);
}

/* A capability that both ends need, and the requester has not. */
static void one_side(struct judge *j)
{
	const struct talk_wish wish = { .no_caps = SPDM_CAP_KEY_EX |
						   SPDM_CAP_ENCRYPT |
						   SPDM_CAP_MAC };
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, &wish) &&
	    say(&t, t.v, SPDM_KEY_EXCHANGE, 64))
		unsupported(&t, SPDM_KEY_EXCHANGE);
	talk_end(&t);
}

/* Nothing waits either, and some look at that first. */
static void chunks_of_one_side(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, NULL) &&
	    say(&t, t.v, SPDM_CHUNK_GET, t.v < SPDM_V14 ? 6 : 8)) {
		if (talk_has(&t, SPDM_ERROR) &&
		    t.a->param1 == SPDM_ERR_UNSUPPORTED_REQUEST)
			unsupported(&t, SPDM_CHUNK_GET);
		else
			talk_refused(&t, TALK_E(SPDM_ERR_UNEXPECTED_REQUEST));
	}
	talk_end(&t);
}

static void other_version(struct judge *j)
{
	static const uint8_t codes[] = { SPDM_GET_DIGESTS, SPDM_GET_CERTIFICATE,
					 SPDM_CHALLENGE,
					 SPDM_GET_MEASUREMENTS };
	const uint32_t caps[] = { SPDM_CAP_CERT, SPDM_CAP_CERT, SPDM_CAP_CHAL,
				  SPDM_CAP_MEAS_MASK };
	struct talk t;
	bool any = false;

	if (talk_begin(&t, j, TALK_ALGS, NULL))
		for (unsigned i = 0; i < COUNT(codes) && judge_on(j); i++) {
			const uint8_t v = t.v == SPDM_V10 ? SPDM_V11 : SPDM_V10;

			if (!(t.theirs.flags & caps[i]))
				continue;
			any = true;
			if (say(&t, v, codes[i], 44))
				talk_refused(&t,
					     TALK_E(SPDM_ERR_VERSION_MISMATCH));
		}
	if (judge_on(j) && !any)
		judge_absent(j, "the device offers none of the requests");
	talk_end(&t);
}

static void too_early(struct judge *j)
{
	static const struct {
		uint32_t cap;
		uint8_t code;
		size_t n;
	} all[] = {
		{ SPDM_CAP_CERT, SPDM_GET_DIGESTS, 4 },
		{ SPDM_CAP_CERT, SPDM_GET_CERTIFICATE, 8 },
		{ SPDM_CAP_CHAL, SPDM_CHALLENGE, 44 },
		{ SPDM_CAP_MEAS_MASK, SPDM_GET_MEASUREMENTS, 12 },
	};
	struct talk t;
	bool any = false;

	if (talk_begin(&t, j, TALK_CAPS, NULL))
		for (unsigned i = 0; i < COUNT(all) && judge_on(j); i++) {
			if (!(t.theirs.flags & all[i].cap))
				continue;
			any = true;
			if (say(&t, t.v, all[i].code, all[i].n))
				talk_refused(
					&t,
					TALK_E(SPDM_ERR_UNEXPECTED_REQUEST));
		}
	if (judge_on(j) && !any)
		judge_absent(j, "the device offers none of the requests");
	talk_end(&t);
}

/* Of whatever sort, and no longer than its code has it. */
static void form(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, NULL) && say(&t, t.v, 0x80, 4) &&
	    judge_refused_any(j)) {
		judge_expect(j, t.got.p[0] == t.v,
			     "its version is 0x%02x, not 0x%02x", t.got.p[0],
			     t.v);
		judge_expect(j, t.got.n == 4, "ERROR has %zu bytes", t.got.n);
	}
	talk_end(&t);
}

static void no_data(struct judge *j)
{
	struct talk t;

	/* A slot that there cannot be. */
	if (talk_begin(&t, j, TALK_ALGS, NULL)) {
		uint8_t ask[8] = {
			t.v, SPDM_GET_CERTIFICATE, 8, 0, 0, 0, 0, 1
		};

		if (talk_raw(&t, ask, sizeof(ask)) &&
		    talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST)))
			judge_expect(j, !t.got.p[3] && t.got.n == 4,
				     "InvalidRequest has ErrorData 0x%02x in "
				     "%zu bytes",
				     t.got.p[3], t.got.n);
	}
	talk_end(&t);
}

static void goes_on(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_ALGS, NULL) && say(&t, t.v, 0x80, 4) &&
	    say(&t, 0x2f, SPDM_GET_DIGESTS, 4) &&
	    say(&t, t.v, SPDM_GET_CERTIFICATE, 4)) {
		m = talk_msg(&t, SPDM_GET_DIGESTS);
		if (talk_ask(&t, &m))
			talk_is(&t, SPDM_DIGESTS);
	}
	talk_end(&t);
}

/* What has a meaning in sessions only. 1.2 brought a code for it. */
static void outside_of_sessions(struct judge *j)
{
	static const struct {
		uint8_t code;
		size_t n;
	} all[] = { { SPDM_FINISH, 52 },
		    { SPDM_HEARTBEAT, 4 },
		    { SPDM_KEY_UPDATE, 4 },
		    { SPDM_END_SESSION, 4 } };
	const uint64_t how =
		TALK_E(SPDM_ERR_UNEXPECTED_REQUEST) |
		TALK_E(SPDM_ERR_UNSUPPORTED_REQUEST) |
		(j->version >= SPDM_V12 ? TALK_E(SPDM_ERR_SESSION_REQUIRED)
					: TALK_E(SPDM_ERR_UNSPECIFIED));
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, NULL))
		for (unsigned i = 0; i < COUNT(all) && judge_on(j); i++)
			if (say(&t, t.v, all[i].code, all[i].n))
				talk_refused(&t, how);
	talk_end(&t);
}

/* clang-format off */
#define SINCE_11 JUDGE_SINCE(JUDGE_V11)
#define SINCE_12 JUDGE_SINCE(JUDGE_V12)
#define SECTION  "DSP0274 1.2.1, section 10.10 (ERROR); 1.0.1, section 4.12"

static const struct judge_case cases[] = {
	{ "error-unknown-request-is-unsupported", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "A request code that is reserved is ERROR UnsupportedRequest, with the code in ErrorData", SECTION,
	  SURE_SPEC, "error-data", unknown_codes },
	{ "error-later-request-is-unsupported", JUDGE_SPDM, JUDGE_V10 | JUDGE_V11 | JUDGE_V12, 0, 0,
	  "A request that a later version brought is ERROR UnsupportedRequest, with the code in ErrorData", SECTION,
	  SURE_SPEC, "error-data", later_codes },
	{ "error-response-as-a-request-is-refused", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "The code of a response sent as a request is answered by ERROR or by nothing", SECTION,
	  SURE_INFERRED, "response-answered", responses },
	{ "error-request-not-offered-is-unsupported", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "A request whose capability the device does not offer is ERROR UnsupportedRequest, with the code in ErrorData", "DSP0274 1.2.1, sections 10.3, 10.10; 1.0.1, section 4.12",
	  SURE_SPEC, "error-data", not_offered },
	{ "error-key-exchange-of-one-side-is-unsupported", JUDGE_SPDM, SINCE_11, 0, SPDM_CAP_KEY_EX,
	  "KEY_EXCHANGE of a requester without KEY_EX_CAP is ERROR UnsupportedRequest", "DSP0274 1.2.1, sections 10.3, 10.10",
	  SURE_SPEC, "error-data", one_side },
	{ "error-chunks-of-one-side-are-unsupported", JUDGE_SPDM, SINCE_12, 0, 0,
	  "CHUNK_GET of a requester without CHUNK_CAP is ERROR UnsupportedRequest, or UnexpectedRequest as nothing waits", "DSP0274 1.2.1, sections 10.3, 10.10, 10.27",
	  SURE_INFERRED, "error-data", chunks_of_one_side },
	{ "error-another-version-is-mismatch", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "A request in another version than the connection's is ERROR VersionMismatch", SECTION,
	  SURE_SPEC, "version-any-header", other_version },
	{ "error-before-algorithms-is-unexpected", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "A request that needs algorithms before they are agreed on is ERROR UnexpectedRequest", "DSP0274 1.2.1, sections 10.1, 10.10",
	  SURE_SPEC, "order-any", too_early },
	{ "error-has-its-form", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "ERROR has the connection's version and no extended data where its code has none", SECTION,
	  SURE_SPEC, "error-form", form },
	{ "error-data-is-zero-where-it-says-nothing", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "ErrorData of InvalidRequest is zero", SECTION,
	  SURE_SPEC, "error-form", no_data },
	{ "error-leaves-the-connection", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "After refused requests the connection goes on", SECTION,
	  SURE_INFERRED, "error-ends-connection", goes_on },
	{ "error-outside-of-a-session", JUDGE_SPDM, SINCE_11, 0, SPDM_CAP_KEY_EX,
	  "FINISH, HEARTBEAT, KEY_UPDATE and END_SESSION outside of a session are refused: SessionRequired from 1.2 on, or UnexpectedRequest", "DSP0274 1.2.1, section 10.10 (SessionRequired)",
	  SURE_INFERRED, "session-not-required", outside_of_sessions },
};
/* clang-format on */

const struct judge_table judge_cases_spdm_error = { cases, COUNT(cases) };
