/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "judge/cases.h"
#include "judge/tee.h"

/* The frame of TDISP messages, versions, and what is unknown. */

#define AT_RSVD	     2 /* two bytes of the header */
#define AT_INTERFACE 4
#define ERROR_LEN    24

/* --- GET_TDISP_VERSION --- */

static bool version(struct judge *j, struct tee_td *a)
{
	return tee_session(j) && tee_ask(j, TDISP_GET_VERSION, NULL, 0, a) &&
	       tee_is(j, a, TDISP_VERSION);
}

static void version_answered(struct judge *j)
{
	struct tee_td a;

	(void)version(j, &a);
}

static void version_lists_one(struct judge *j)
{
	struct tee_td a;

	if (version(j, &a))
		judge_expect(j, a.m.versions.count >= 1,
			     "no version is listed");
}

static void version_lists_10(struct judge *j)
{
	bool there = false;
	struct tee_td a;

	if (!version(j, &a))
		return;
	for (unsigned i = 0; i < a.m.versions.count; i++)
		there |= a.m.versions.entries[i] == TDISP_VERSION_10;
	judge_expect(j, there, "1.0 is not listed");
}

/* A request of any kind with another version in its header. */
static bool as(struct judge *j, unsigned v, unsigned code, const void *body,
	       size_t n, struct tee_td *a)
{
	uint8_t m[TEE_REQ_MAX];
	const size_t len = tee_req(m, code, j->cfg.function_id, body, n);

	m[0] = (uint8_t)v;
	return tee_td_ask(j, m, len, a);
}

static void version_of_any_minor(struct judge *j)
{
	struct tee_td a;

	if (!tee_session(j))
		return;
	for (unsigned minor = 1; minor < 16; minor += 7)
		if (!as(j, 0x10 | minor, TDISP_GET_VERSION, NULL, 0, &a) ||
		    !tee_is(j, &a, TDISP_VERSION))
			return;
}

static void mismatch(struct judge *j, unsigned code, const void *body, size_t n)
{
	static const uint8_t others[] = { 0x00, 0x20, 0xf0 };
	struct tee_td a;

	for (size_t i = 0; i < sizeof(others); i++)
		if (!as(j, others[i], code, body, n, &a) ||
		    !tee_error(j, &a, TDISP_E_VERSION_MISMATCH))
			return;
}

static void capabilities_of_no_version(struct judge *j)
{
	static const uint8_t tsm[4];

	if (tee_session(j))
		mismatch(j, TDISP_GET_CAPABILITIES, tsm, sizeof(tsm));
}

static void state_of_no_version(struct judge *j)
{
	if (tee_session(j))
		mismatch(j, TDISP_GET_STATE, NULL, 0);
}

/* It would be obeyed, were the version right. */
static void lock_of_no_version(struct judge *j)
{
	uint8_t body[TEE_LOCK_LEN];

	tee_lock_body(j, body, 0, 0);
	if (!tee_keyed(j))
		return;
	mismatch(j, TDISP_LOCK_REQ, body, sizeof(body));
	(void)tee_state_is(j, TDI_UNLOCKED);
}

/* --- the header of answers --- */

/* One answer of each kind that costs nothing, a refusal too. */
static bool kinds(struct judge *j,
		  bool (*check)(struct judge *j, const struct tee_td *a))
{
	static const struct {
		uint8_t code, n;
	} asked[] = { { TDISP_GET_VERSION, 0 },
		      { TDISP_GET_CAPABILITIES, 4 },
		      { TDISP_GET_STATE, 0 },
		      { TDISP_STOP_REQ, 0 },
		      { TDISP_GET_REPORT, 4 } };
	static const uint8_t body[4];
	struct tee_td a;

	if (!tee_session(j))
		return false;
	for (size_t i = 0; i < COUNT(asked); i++)
		if (!tee_ask(j, asked[i].code, body, asked[i].n, &a) ||
		    !judge_expect(j, a.raw.n >= TDISP_HDR_LEN,
				  "an answer of %zu bytes has no whole header",
				  a.raw.n) ||
		    !check(j, &a))
			return false;
	return true;
}

static bool is_10(struct judge *j, const struct tee_td *a)
{
	return judge_expect(j, a->raw.p[0] == TDISP_VERSION_10,
			    "the answer has version 0x%02x", a->raw.p[0]);
}

static void answers_of_10(struct judge *j)
{
	(void)kinds(j, is_10);
}

static bool is_zero(struct judge *j, const struct tee_td *a)
{
	return judge_expect(j,
			    !a->raw.p[AT_RSVD] && !a->raw.p[AT_RSVD + 1] &&
				    !get_u64le(a->raw.p + AT_INTERFACE + 4) &&
				    !(a->raw.p[AT_INTERFACE + 3] & 0xfe),
			    "a reserved bit of the header is set");
}

static void answers_reserved(struct judge *j)
{
	(void)kinds(j, is_zero);
}

static bool is_same(struct judge *j, const struct tee_td *a)
{
	return judge_expect(
		j, get_u32le(a->raw.p + AT_INTERFACE) == j->cfg.function_id,
		"the answer names function 0x%08x, asked was "
		"0x%08x",
		(unsigned)get_u32le(a->raw.p + AT_INTERFACE),
		(unsigned)j->cfg.function_id);
}

static void answers_named(struct judge *j)
{
	(void)kinds(j, is_same);
}

/* Reserved bits of requests: those of the header, and of each body. */
static void requests_reserved(struct judge *j)
{
	static const uint8_t ones[4] = { 0xff, 0xff, 0xff, 0xff };
	uint8_t m[TEE_REQ_MAX];
	struct tee_td a;
	size_t n;

	if (!tee_session(j))
		return;
	n = tee_req(m, TDISP_GET_CAPABILITIES, j->cfg.function_id, ones,
		    sizeof(ones));
	m[AT_RSVD] = m[AT_RSVD + 1] = 0xff;
	if (tee_td_ask(j, m, n, &a))
		(void)tee_is(j, &a, TDISP_CAPABILITIES);
}

static void interface_reserved(struct judge *j)
{
	uint8_t m[TEE_REQ_MAX];
	struct tee_td a;
	size_t n;

	if (!tee_session(j))
		return;
	n = tee_req(m, TDISP_GET_STATE, j->cfg.function_id, NULL, 0);
	m[AT_INTERFACE + 3] |= 0xfe;
	memset(m + AT_INTERFACE + 4, 0xff, 8);
	if (tee_td_ask(j, m, n, &a))
		(void)tee_is(j, &a, TDISP_STATE);
}

static void lock_reserved(struct judge *j)
{
	uint8_t body[TEE_LOCK_LEN];
	struct tee_td a;

	tee_lock_body(j, body, 0xffe0, 0);
	body[3] = 0xff;
	if (tee_keyed(j) && tee_ask(j, TDISP_LOCK_REQ, body, sizeof(body), &a))
		(void)tee_is(j, &a, TDISP_LOCK_RSP);
}

/* --- what is unknown --- */

static void unsupported(struct judge *j, unsigned code)
{
	struct tee_td a;

	if (tee_session(j) && tee_ask(j, code, NULL, 0, &a) &&
	    tee_error(j, &a, TDISP_E_UNSUPPORTED_REQUEST))
		judge_expect(j, a.m.error.data == code,
			     "the error's data is 0x%x, and the request code "
			     "0x%x",
			     (unsigned)a.m.error.data, code);
}

static void unsupported_first(struct judge *j)
{
	unsupported(j, 0x80);
}

static void unsupported_next(struct judge *j)
{
	unsupported(j, TDISP_VDM_REQ + 1);
}

static void unsupported_last(struct judge *j)
{
	unsupported(j, 0xff);
}

static void response_refused(struct judge *j)
{
	struct tee_td a;

	if (tee_session(j) && tee_ask(j, TDISP_STOP_RSP, NULL, 0, &a))
		(void)tee_error_of(j, &a, (const uint32_t[]){ 0 });
}

static void error_length(struct judge *j)
{
	static const uint8_t body[4];
	struct tee_td a;

	if (tee_session(j) &&
	    tee_ask(j, TDISP_GET_REPORT, body, sizeof(body), &a) &&
	    tee_error_of(j, &a, (const uint32_t[]){ 0 }))
		judge_expect(j,
			     a.raw.n == ERROR_LEN ||
				     a.m.error.code == TDISP_E_VENDOR_SPECIFIC,
			     "TDISP_ERROR has %zu bytes", a.raw.n);
}

/* Of all errors two alone have data. */
static void error_data(struct judge *j)
{
	static const uint8_t body[4];
	struct tee_td a;

	if (!tee_session(j) ||
	    !tee_ask(j, TDISP_GET_REPORT, body, sizeof(body), &a) ||
	    !tee_error_of(j, &a, (const uint32_t[]){ 0 }))
		return;
	judge_expect(j,
		     !a.m.error.data ||
			     a.m.error.code == TDISP_E_UNSUPPORTED_REQUEST ||
			     a.m.error.code == TDISP_E_VENDOR_SPECIFIC,
		     "the error's data, which is reserved, is 0x%08x",
		     (unsigned)a.m.error.data);
}

/* clang-format off */
#define V "PCIe Base 6.x §11.3.4, §11.3.5"
#define F "PCIe Base 6.x §11.3.3"
static const struct judge_case cases[] = {
	{
		.name = "tdisp/version-is-answered",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "GET_TDISP_VERSION is answered by TDISP_VERSION, as long as its entries",
		.source = V, .sure = SURE_SPEC,
		.misbehave = "tdisp-version-refused",
		.run = version_answered,
	},
	{
		.name = "tdisp/version-lists-one",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "TDISP_VERSION lists at least one version",
		.source = V, .sure = SURE_SPEC,
		.misbehave = "tdisp-version-empty",
		.run = version_lists_one,
	},
	{
		.name = "tdisp/version-lists-1.0",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "TDISP_VERSION lists 1.0, the version of this text",
		.source = V, .sure = SURE_SPEC,
		.misbehave = "tdisp-version-other",
		.run = version_lists_10,
	},
	{
		.name = "tdisp/version-of-any-minor-is-answered",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "GET_TDISP_VERSION with major version 1 is answered whatever its minor version",
		.source = V, .sure = SURE_SPEC,
		.misbehave = "tdisp-version-minor-minded",
		.run = version_of_any_minor,
	},
	{
		.name = "tdisp/capabilities-of-no-version-is-a-mismatch",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "GET_TDISP_CAPABILITIES in a version that is not listed is VERSION_MISMATCH",
		.source = F, .sure = SURE_SPEC,
		.misbehave = "tdisp-any-version",
		.run = capabilities_of_no_version,
	},
	{
		.name = "tdisp/state-of-no-version-is-a-mismatch",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "GET_DEVICE_INTERFACE_STATE in a version that is not listed is VERSION_MISMATCH",
		.source = F, .sure = SURE_SPEC,
		.misbehave = "tdisp-any-version",
		.run = state_of_no_version,
	},
	{
		.name = "tdisp/lock-of-no-version-is-a-mismatch",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "LOCK_INTERFACE_REQUEST in a version that is not listed is VERSION_MISMATCH, and locks nothing",
		.source = F, .sure = SURE_SPEC,
		.misbehave = "tdisp-any-version",
		.run = lock_of_no_version,
	},
	{
		.name = "tdisp/answers-have-the-version",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "each answer has version 1.0 in its header",
		.source = F, .sure = SURE_SPEC,
		.misbehave = "tdisp-answers-other-version",
		.run = answers_of_10,
	},
	{
		.name = "tdisp/answers-reserved-is-zero",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "reserved bits of each answer's header are zero, those of INTERFACE_ID too",
		.source = F, .sure = SURE_SPEC,
		.misbehave = "tdisp-answers-reserved",
		.run = answers_reserved,
	},
	{
		.name = "tdisp/answers-name-the-interface",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "each answer has the FUNCTION_ID of its request, a refusal too",
		.source = F, .sure = SURE_SPEC,
		.misbehave = "tdisp-answers-other-interface",
		.run = answers_named,
	},
	{
		.name = "tdisp/requests-reserved-is-ignored",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "reserved bytes of the header, and TSM_CAPS, make no difference",
		.source = F, .sure = SURE_SPEC,
		.misbehave = "tdisp-minds-reserved",
		.run = requests_reserved,
	},
	{
		.name = "tdisp/interface-reserved-is-ignored",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "reserved bits of INTERFACE_ID make no difference",
		.source = "PCIe Base 6.x §11.2, §11.3.3", .sure = SURE_SPEC,
		.misbehave = "tdisp-minds-reserved",
		.run = interface_reserved,
	},
	{
		.name = "tdisp/lock-reserved-is-ignored",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "reserved flags and the reserved byte of LOCK_INTERFACE_REQUEST make no difference",
		.source = "PCIe Base 6.x §11.3.3, §11.3.8", .sure = SURE_SPEC,
		.misbehave = "tdisp-minds-reserved",
		.run = lock_reserved,
	},
	{
		.name = "tdisp/first-code-is-unsupported",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "request code 80h, which is not defined, is UNSUPPORTED_REQUEST with the code as its data",
		.source = "PCIe Base 6.x §11.3.1, §11.3.24", .sure = SURE_SPEC,
		.misbehave = "tdisp-unknown-is-invalid",
		.run = unsupported_first,
	},
	{
		.name = "tdisp/next-code-is-unsupported",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "request code 8Ch, which is not defined, is UNSUPPORTED_REQUEST with the code as its data",
		.source = "PCIe Base 6.x §11.3.1, §11.3.24", .sure = SURE_SPEC,
		.misbehave = "tdisp-unknown-without-code",
		.run = unsupported_next,
	},
	{
		.name = "tdisp/last-code-is-unsupported",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "request code FFh, which is not defined, is UNSUPPORTED_REQUEST with the code as its data",
		.source = "PCIe Base 6.x §11.3.1, §11.3.24", .sure = SURE_SPEC,
		.misbehave = "tdisp-unknown-is-invalid",
		.run = unsupported_last,
	},
	{
		.name = "tdisp/response-is-no-request",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "a response code sent to a device is refused",
		.source = "PCIe Base 6.x §11.3.1", .sure = SURE_INFERRED,
		.misbehave = "tdisp-response-as-request",
		.run = response_refused,
	},
	{
		.name = "tdisp/error-has-no-more-bytes",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "TDISP_ERROR has 24 bytes, unless it is vendor specific",
		.source = "PCIe Base 6.x §11.3.24", .sure = SURE_SPEC,
		.misbehave = "tdisp-error-longer",
		.run = error_length,
	},
	{
		.name = "tdisp/error-data-is-zero",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "ERROR_DATA of an error that has none is zero",
		.source = "PCIe Base 6.x §11.3.24", .sure = SURE_SPEC,
		.misbehave = "tdisp-error-data",
		.run = error_data,
	},
};
/* clang-format on */

const struct judge_table judge_cases_tdisp = { cases, COUNT(cases) };
