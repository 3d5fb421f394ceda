/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "judge/cases.h"
#include "judge/tee.h"

/*
 * Each request in each state: the table of §11.3.1. What is legal is answered,
 * all else is INVALID_INTERFACE_STATE and moves nothing. What leads to a state
 * uses LOCK, START and the end of a session, and asks for no state.
 */

#define BODY_MAX 48

/* As its rows read. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct cell {
	uint8_t code;
	uint8_t n; /* bytes of body */
	enum tdi_state in;
	bool legal;
	bool optional;
	enum tdi_state then; /* where it is after that */
};

/* In the order of the cases below. */
/* clang-format off */
static const struct cell cells[] = {
	{ TDISP_GET_VERSION, 0, TDI_UNLOCKED, true, false, TDI_UNLOCKED },
	{ TDISP_GET_VERSION, 0, TDI_LOCKED, true, false, TDI_LOCKED },
	{ TDISP_GET_VERSION, 0, TDI_RUN, true, false, TDI_RUN },
	{ TDISP_GET_VERSION, 0, TDI_ERROR, true, false, TDI_ERROR },
	{ TDISP_GET_CAPABILITIES, 4, TDI_UNLOCKED, true, false, TDI_UNLOCKED },
	{ TDISP_GET_CAPABILITIES, 4, TDI_LOCKED, true, false, TDI_LOCKED },
	{ TDISP_GET_CAPABILITIES, 4, TDI_RUN, true, false, TDI_RUN },
	{ TDISP_GET_CAPABILITIES, 4, TDI_ERROR, true, false, TDI_ERROR },
	{ TDISP_GET_STATE, 0, TDI_UNLOCKED, true, false, TDI_UNLOCKED },
	{ TDISP_GET_STATE, 0, TDI_LOCKED, true, false, TDI_LOCKED },
	{ TDISP_GET_STATE, 0, TDI_RUN, true, false, TDI_RUN },
	{ TDISP_GET_STATE, 0, TDI_ERROR, true, false, TDI_ERROR },
	{ TDISP_LOCK_REQ, 20, TDI_LOCKED, false, false, TDI_LOCKED },
	{ TDISP_LOCK_REQ, 20, TDI_RUN, false, false, TDI_RUN },
	{ TDISP_LOCK_REQ, 20, TDI_ERROR, false, false, TDI_ERROR },
	{ TDISP_GET_REPORT, 4, TDI_LOCKED, true, false, TDI_LOCKED },
	{ TDISP_GET_REPORT, 4, TDI_RUN, true, false, TDI_RUN },
	{ TDISP_GET_REPORT, 4, TDI_UNLOCKED, false, false, TDI_UNLOCKED },
	{ TDISP_GET_REPORT, 4, TDI_ERROR, false, false, TDI_ERROR },
	{ TDISP_START_REQ, 32, TDI_UNLOCKED, false, false, TDI_UNLOCKED },
	{ TDISP_START_REQ, 32, TDI_ERROR, false, false, TDI_ERROR },
	{ TDISP_STOP_REQ, 0, TDI_UNLOCKED, true, false, TDI_UNLOCKED },
	{ TDISP_STOP_REQ, 0, TDI_LOCKED, true, false, TDI_UNLOCKED },
	{ TDISP_STOP_REQ, 0, TDI_RUN, true, false, TDI_UNLOCKED },
	{ TDISP_STOP_REQ, 0, TDI_ERROR, true, false, TDI_UNLOCKED },
	{ TDISP_BIND_P2P_REQ, 1, TDI_UNLOCKED, false, true, TDI_UNLOCKED },
	{ TDISP_BIND_P2P_REQ, 1, TDI_LOCKED, false, true, TDI_LOCKED },
	{ TDISP_BIND_P2P_REQ, 1, TDI_ERROR, false, true, TDI_ERROR },
	{ TDISP_UNBIND_P2P_REQ, 1, TDI_UNLOCKED, false, true, TDI_UNLOCKED },
	{ TDISP_UNBIND_P2P_REQ, 1, TDI_LOCKED, false, true, TDI_LOCKED },
	{ TDISP_UNBIND_P2P_REQ, 1, TDI_ERROR, false, true, TDI_ERROR },
	{ TDISP_SET_MMIO_ATTR_REQ, 16, TDI_UNLOCKED, false, true, TDI_UNLOCKED },
	{ TDISP_SET_MMIO_ATTR_REQ, 16, TDI_LOCKED, false, true, TDI_LOCKED },
	{ TDISP_SET_MMIO_ATTR_REQ, 16, TDI_ERROR, false, true, TDI_ERROR },
};
/* clang-format on */

static size_t body_of(const struct judge *j, const struct cell *c, uint8_t *out)
{
	memset(out, 0, BODY_MAX);
	if (c->code == TDISP_LOCK_REQ)
		tee_lock_body(j, out, 0, 0);
	if (c->code == TDISP_GET_REPORT)
		put_u16le(out + 2, 0xffff);
	return c->n;
}

/* An optional request that is not offered is not known in any state. */
static bool refused(struct judge *j, const struct cell *c,
		    const struct tdisp_caps *caps, const struct tee_td *a)
{
	if (c->optional && !tee_offers(caps, c->code))
		return tee_error(j, a, TDISP_E_UNSUPPORTED_REQUEST);
	/* In ERROR the keys are gone with their session: that is wrong, too. */
	if (c->code == TDISP_LOCK_REQ && c->in == TDI_ERROR)
		return tee_error(j, a, TDISP_E_INVALID_INTERFACE_STATE,
				 TDISP_E_INVALID_REQUEST);
	return tee_error(j, a, TDISP_E_INVALID_INTERFACE_STATE);
}

static void run(struct judge *j, const struct cell *c)
{
	struct tdisp_caps caps = { .dsm_caps = 0 };
	uint8_t body[BODY_MAX];
	struct tee_td a;
	size_t n;

	if (!tee_to(j, c->in) || (c->optional && !tee_caps(j, &caps)))
		return;
	n = body_of(j, c, body);
	if (!tee_ask(j, c->code, body, n, &a))
		return;
	if (c->legal ? !tee_is(j, &a, c->code & 0x7fu)
		     : !refused(j, c, &caps, &a))
		return;
	if (c->code == TDISP_GET_STATE)
		judge_expect(j, a.m.state == c->in,
			     "the interface is in %s, and %s is told",
			     tee_state_name(c->in), tee_state_name(a.m.state));
	else if (c->in != TDI_ERROR || c->then == TDI_UNLOCKED)
		(void)tee_state_is(j, c->then);
}

static void one(struct judge *j);

/* clang-format off */
#define CASE(what, text, breaks)                                           \
	{                                                                  \
		.name = "tdisp/" what, .group = JUDGE_TDISP,               \
		.needs = JUDGE_NEEDS_SESSION, .says = (text),                \
		.source = "PCIe Base 6.x §11.3.1", .sure = SURE_SPEC,      \
		.misbehave = (breaks), .run = one,                           \
	}
static const struct judge_case cases[] = {
	CASE("version-when-unlocked",
	     "GET_TDISP_VERSION is answered in CONFIG_UNLOCKED",
	     "tdisp-version-refused"),
	CASE("version-when-locked",
	     "GET_TDISP_VERSION is answered in CONFIG_LOCKED",
	     "tdisp-version-refused"),
	CASE("version-when-running",
	     "GET_TDISP_VERSION is answered in RUN",
	     "tdisp-version-refused"),
	CASE("version-when-in-error",
	     "GET_TDISP_VERSION is answered in ERROR",
	     "tdisp-version-refused"),
	CASE("capabilities-when-unlocked",
	     "GET_TDISP_CAPABILITIES is answered in CONFIG_UNLOCKED",
	     "tdisp-capabilities-refused"),
	CASE("capabilities-when-locked",
	     "GET_TDISP_CAPABILITIES is answered in CONFIG_LOCKED",
	     "tdisp-capabilities-refused"),
	CASE("capabilities-when-running",
	     "GET_TDISP_CAPABILITIES is answered in RUN",
	     "tdisp-capabilities-refused"),
	CASE("capabilities-when-in-error",
	     "GET_TDISP_CAPABILITIES is answered in ERROR",
	     "tdisp-capabilities-refused"),
	CASE("state-when-unlocked",
	     "GET_DEVICE_INTERFACE_STATE tells CONFIG_UNLOCKED there",
	     "tdisp-state-wrong"),
	CASE("state-when-locked",
	     "GET_DEVICE_INTERFACE_STATE tells CONFIG_LOCKED there",
	     "tdisp-state-wrong"),
	CASE("state-when-running",
	     "GET_DEVICE_INTERFACE_STATE tells RUN there",
	     "tdisp-state-wrong"),
	CASE("state-when-in-error",
	     "GET_DEVICE_INTERFACE_STATE tells ERROR there",
	     "tdisp-state-wrong"),
	CASE("lock-when-locked-is-refused",
	     "LOCK_INTERFACE_REQUEST in CONFIG_LOCKED is INVALID_INTERFACE_STATE, and the interface stays there",
	     "tdisp-lock-anywhere"),
	CASE("lock-when-running-is-refused",
	     "LOCK_INTERFACE_REQUEST in RUN is INVALID_INTERFACE_STATE, and the interface stays there",
	     "tdisp-lock-anywhere"),
	CASE("lock-when-in-error-is-refused",
	     "LOCK_INTERFACE_REQUEST in ERROR is INVALID_INTERFACE_STATE, and the interface stays there",
	     "tdisp-lock-anywhere"),
	CASE("report-when-locked",
	     "GET_DEVICE_INTERFACE_REPORT is answered in CONFIG_LOCKED",
	     "tdisp-report-refused"),
	CASE("report-when-running",
	     "GET_DEVICE_INTERFACE_REPORT is answered in RUN",
	     "tdisp-report-refused"),
	CASE("report-when-unlocked-is-refused",
	     "GET_DEVICE_INTERFACE_REPORT in CONFIG_UNLOCKED is INVALID_INTERFACE_STATE",
	     "tdisp-report-anywhere"),
	CASE("report-when-in-error-is-refused",
	     "GET_DEVICE_INTERFACE_REPORT in ERROR is INVALID_INTERFACE_STATE",
	     "tdisp-report-anywhere"),
	CASE("start-when-unlocked-is-refused",
	     "START_INTERFACE_REQUEST in CONFIG_UNLOCKED is INVALID_INTERFACE_STATE",
	     "tdisp-start-anywhere"),
	CASE("start-when-in-error-is-refused",
	     "START_INTERFACE_REQUEST in ERROR is INVALID_INTERFACE_STATE",
	     "tdisp-start-anywhere"),
	CASE("stop-when-unlocked",
	     "STOP_INTERFACE_REQUEST in CONFIG_UNLOCKED is answered, and the interface is in CONFIG_UNLOCKED then",
	     "tdisp-stop-refused"),
	CASE("stop-when-locked",
	     "STOP_INTERFACE_REQUEST in CONFIG_LOCKED is answered, and the interface is in CONFIG_UNLOCKED then",
	     "tdisp-stop-refused"),
	CASE("stop-when-running",
	     "STOP_INTERFACE_REQUEST in RUN is answered, and the interface is in CONFIG_UNLOCKED then",
	     "tdisp-stop-refused"),
	CASE("stop-when-in-error",
	     "STOP_INTERFACE_REQUEST in ERROR is answered, and the interface is in CONFIG_UNLOCKED then",
	     "tdisp-stop-refused"),
	CASE("bind-p2p-when-unlocked-is-refused",
	     "BIND_P2P_STREAM_REQUEST in CONFIG_UNLOCKED is INVALID_INTERFACE_STATE, or not supported",
	     "tdisp-optional-anywhere"),
	CASE("bind-p2p-when-locked-is-refused",
	     "BIND_P2P_STREAM_REQUEST in CONFIG_LOCKED is INVALID_INTERFACE_STATE, or not supported",
	     "tdisp-optional-anywhere"),
	CASE("bind-p2p-when-in-error-is-refused",
	     "BIND_P2P_STREAM_REQUEST in ERROR is INVALID_INTERFACE_STATE, or not supported",
	     "tdisp-optional-anywhere"),
	CASE("unbind-p2p-when-unlocked-is-refused",
	     "UNBIND_P2P_STREAM_REQUEST in CONFIG_UNLOCKED is INVALID_INTERFACE_STATE, or not supported",
	     "tdisp-optional-anywhere"),
	CASE("unbind-p2p-when-locked-is-refused",
	     "UNBIND_P2P_STREAM_REQUEST in CONFIG_LOCKED is INVALID_INTERFACE_STATE, or not supported",
	     "tdisp-optional-anywhere"),
	CASE("unbind-p2p-when-in-error-is-refused",
	     "UNBIND_P2P_STREAM_REQUEST in ERROR is INVALID_INTERFACE_STATE, or not supported",
	     "tdisp-optional-anywhere"),
	CASE("mmio-attribute-when-unlocked-is-refused",
	     "SET_MMIO_ATTRIBUTE_REQUEST in CONFIG_UNLOCKED is INVALID_INTERFACE_STATE, or not supported",
	     "tdisp-optional-anywhere"),
	CASE("mmio-attribute-when-locked-is-refused",
	     "SET_MMIO_ATTRIBUTE_REQUEST in CONFIG_LOCKED is INVALID_INTERFACE_STATE, or not supported",
	     "tdisp-optional-anywhere"),
	CASE("mmio-attribute-when-in-error-is-refused",
	     "SET_MMIO_ATTRIBUTE_REQUEST in ERROR is INVALID_INTERFACE_STATE, or not supported",
	     "tdisp-optional-anywhere"),
};
/* clang-format on */

_Static_assert(COUNT(cases) == COUNT(cells), "a cell for each case");

static void one(struct judge *j)
{
	run(j, &cells[j->c - cases]);
}

const struct judge_table judge_cases_tdisp_state = { cases, COUNT(cases) };
