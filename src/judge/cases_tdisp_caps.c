/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/tee.h"

/* GET_TDISP_CAPABILITIES, and whether what it tells is so. */

static bool caps(struct judge *j, struct tee_td *a)
{
	static const uint8_t tsm[4];

	return tee_session(j) &&
	       tee_ask(j, TDISP_GET_CAPABILITIES, tsm, sizeof(tsm), a) &&
	       tee_is(j, a, TDISP_CAPABILITIES);
}

static void caps_answered(struct judge *j)
{
	struct tee_td a;

	(void)caps(j, &a);
}

static void caps_dsm(struct judge *j)
{
	struct tee_td a;

	if (caps(j, &a))
		judge_expect(j, !a.m.caps.dsm_caps, "DSM_CAPS is 0x%08x",
			     (unsigned)a.m.caps.dsm_caps);
}

static void caps_mandatory(struct judge *j)
{
	struct tee_td a;

	if (caps(j, &a))
		judge_expect(j, (a.m.caps.msgs[0] & 0xfe) == 0xfe,
			     "the map begins with 0x%02x", a.m.caps.msgs[0]);
}

static void caps_undefined(struct judge *j)
{
	bool zero = true;
	struct tee_td a;

	if (!caps(j, &a))
		return;
	for (unsigned i = 2; i < TDISP_MSGS_LEN; i++)
		zero &= !a.m.caps.msgs[i];
	judge_expect(j,
		     zero && !(a.m.caps.msgs[0] & 1) &&
			     !(a.m.caps.msgs[1] & 0xf0),
		     "a request is offered that is not defined");
}

static void caps_flags(struct judge *j)
{
	struct tee_td a;

	if (caps(j, &a))
		judge_expect(j, !(a.m.caps.lock_flags & ~TDISP_LOCK_FLAGS),
			     "flags 0x%04x are offered", a.m.caps.lock_flags);
}

static void caps_reserved(struct judge *j)
{
	struct tee_td a;

	if (caps(j, &a))
		judge_expect(j, !a.raw.p[38] && !a.raw.p[39] && !a.raw.p[40],
			     "a reserved byte is set");
}

static void caps_width(struct judge *j)
{
	struct tee_td a;

	if (caps(j, &a))
		judge_expect(j,
			     a.m.caps.addr_width && a.m.caps.addr_width <= 64,
			     "%u address bits are told", a.m.caps.addr_width);
}

static void caps_counts(struct judge *j)
{
	struct tee_td a;

	if (caps(j, &a))
		judge_expect(j, a.m.caps.num_req_this && a.m.caps.num_req_all,
			     "%u requests of this interface and %u of all are "
			     "allowed",
			     a.m.caps.num_req_this, a.m.caps.num_req_all);
}

static void caps_counts_agree(struct judge *j)
{
	struct tee_td a;

	if (caps(j, &a))
		judge_expect(j, a.m.caps.num_req_this <= a.m.caps.num_req_all,
			     "%u requests of this interface and %u of all are "
			     "allowed",
			     a.m.caps.num_req_this, a.m.caps.num_req_all);
}

/* What a map without the bit is: the request is not there. */
static const struct {
	uint8_t code, n;
} optional[] = {
	{ TDISP_BIND_P2P_REQ, 1 },
	{ TDISP_UNBIND_P2P_REQ, 1 },
	{ TDISP_SET_MMIO_ATTR_REQ, 16 },
	{ TDISP_VDM_REQ, 4 },
};

static void caps_honest(struct judge *j)
{
	static const uint8_t body[16] = { 0, 2, 0xfe, 0xff };
	struct tee_td c, a;

	if (!caps(j, &c))
		return;
	for (size_t i = 0; i < COUNT(optional); i++) {
		const bool there = tee_offers(&c.m.caps, optional[i].code);
		bool unknown;

		if (!tee_ask(j, optional[i].code, body, optional[i].n, &a))
			return;
		unknown = !a.bad && a.m.code == TDISP_ERROR &&
			  a.m.error.code == TDISP_E_UNSUPPORTED_REQUEST;
		/* A vendor that nobody knows may be told so as well. */
		if (there && optional[i].code == TDISP_VDM_REQ)
			continue;
		if (!judge_expect(j, unknown != there,
				  "request 0x%02x is%s offered, and is%s known",
				  optional[i].code, there ? "" : " not",
				  unknown ? " not" : ""))
			return;
	}
}

/* clang-format off */
#define C "PCIe Base 6.x §11.3.7"
static const struct judge_case cases[] = {
	{
		.name = "tdisp/capabilities-is-answered",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "GET_TDISP_CAPABILITIES is answered by TDISP_CAPABILITIES of 44 bytes",
		.source = "PCIe Base 6.x §11.3.6, §11.3.7", .sure = SURE_SPEC,
		.misbehave = "tdisp-capabilities-refused",
		.run = caps_answered,
	},
	{
		.name = "tdisp/capabilities-dsm-caps-is-zero",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "DSM_CAPS, of which no bit is defined, is zero",
		.source = C, .sure = SURE_SPEC,
		.misbehave = "tdisp-capabilities-dsm",
		.run = caps_dsm,
	},
	{
		.name = "tdisp/capabilities-offers-what-is-required",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "REQ_MSGS_SUPPORTED has the seven requests that each device answers",
		.source = "PCIe Base 6.x §11.3.1, §11.3.7", .sure = SURE_SPEC,
		.misbehave = "tdisp-capabilities-fewer",
		.run = caps_mandatory,
	},
	{
		.name = "tdisp/capabilities-offers-nothing-undefined",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "REQ_MSGS_SUPPORTED has no bit of a request that is not defined",
		.source = "PCIe Base 6.x §11.3.1, §11.3.7", .sure = SURE_SPEC,
		.misbehave = "tdisp-capabilities-more",
		.run = caps_undefined,
	},
	{
		.name = "tdisp/capabilities-is-honest",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "optional requests are known if and only if REQ_MSGS_SUPPORTED has them; others are UNSUPPORTED_REQUEST",
		.source = "PCIe Base 6.x §11.3.1, §11.3.7", .sure = SURE_SPEC,
		.misbehave = "tdisp-capabilities-optional",
		.run = caps_honest,
	},
	{
		.name = "tdisp/capabilities-flags-exist",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "LOCK_INTERFACE_FLAGS_SUPPORTED has no reserved bit",
		.source = C, .sure = SURE_SPEC,
		.misbehave = "tdisp-capabilities-flags",
		.run = caps_flags,
	},
	{
		.name = "tdisp/capabilities-reserved-is-zero",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "reserved bytes of TDISP_CAPABILITIES are zero",
		.source = C, .sure = SURE_SPEC,
		.misbehave = "tdisp-capabilities-reserved",
		.run = caps_reserved,
	},
	{
		.name = "tdisp/capabilities-address-width-can-be",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "DEV_ADDR_WIDTH is a number of address bits, 1 to 64",
		.source = C, .sure = SURE_INFERRED,
		.misbehave = "tdisp-capabilities-width",
		.run = caps_width,
	},
	{
		.name = "tdisp/capabilities-allows-a-request",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "NUM_REQ_THIS and NUM_REQ_ALL allow at least one request",
		.source = C, .sure = SURE_INFERRED,
		.misbehave = "tdisp-capabilities-no-request",
		.run = caps_counts,
	},
	{
		.name = "tdisp/capabilities-counts-agree",
		.group = JUDGE_TDISP, .needs = JUDGE_NEEDS_SESSION,
		.says = "NUM_REQ_THIS is not above NUM_REQ_ALL",
		.source = C, .sure = SURE_INFERRED,
		.misbehave = "tdisp-capabilities-counts",
		.run = caps_counts_agree,
	},
};
/* clang-format on */

const struct judge_table judge_cases_tdisp_caps = { cases, COUNT(cases) };
