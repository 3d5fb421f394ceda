/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/fall.h"

/*
 * What ends with a session, as other sessions find it: over any target.
 * Source: PCIe Base 6.x §11.3.8, §11.3.9, §11.4.5, §6.33.3
 */

static void end_of(struct judge *j, bool run)
{
	struct tee_lock l;

	if (!(run ? fall_running(j) : fall_locked(j, &l)) ||
	    !judge_op(j, SPDM_OP_END_SESSION, NULL) || !judge_session(j))
		return;
	(void)fall_down(j, "after END_SESSION");
}

static void end_locked(struct judge *j)
{
	end_of(j, false);
}

static void end_running(struct judge *j)
{
	end_of(j, true);
}

/* GET_VERSION begins the connection anew: DSP0274 1.2.1, 10.2 */
static void version_locked(struct judge *j)
{
	struct tee_lock l;

	if (fall_locked(j, &l) && fall_anew(j))
		(void)fall_down(j, "after GET_VERSION and a new session");
}

static void version_running(struct judge *j)
{
	if (fall_running(j) && fall_anew(j))
		(void)fall_down(j, "after GET_VERSION and a new session");
}

/* A TDI that some earlier session locked, and no key of this one. */
static void lock_needs_new_keys(struct judge *j)
{
	uint8_t body[TEE_LOCK_LEN];
	struct tee_lock l;
	struct tee_td a;

	if (!fall_locked(j, &l) || !judge_op(j, SPDM_OP_END_SESSION, NULL) ||
	    !judge_session(j) || !tee_stop(j))
		return;
	tee_lock_body(j, body, 0, 0);
	if (tee_ask(j, TDISP_LOCK_REQ, body, sizeof(body), &a))
		(void)tee_error(j, &a, TDISP_E_INVALID_REQUEST,
				TDISP_E_INVALID_DEVICE_CONFIGURATION);
}

/* STOP from whichever session: nobody else is left to. */
static void other_stops(struct judge *j)
{
	struct tee_lock l;
	struct tee_td a;

	if (fall_locked(j, &l) && judge_op(j, SPDM_OP_END_SESSION, NULL) &&
	    judge_session(j) && tee_ask(j, TDISP_STOP_REQ, NULL, 0, &a) &&
	    tee_is(j, &a, TDISP_STOP_REQ & 0x7f))
		(void)tee_state_is(j, TDI_UNLOCKED);
}

static bool relock(struct judge *j, struct tee_lock *l)
{
	return tee_stop(j) && tee_lock(j, 0, 0, l);
}

/* The nonce of a lock that was stopped, presented to the next one. */
static void nonce_dies(struct judge *j)
{
	struct tee_lock old, now;
	struct tee_td a;

	if (!fall_locked(j, &old) || !relock(j, &now) ||
	    !tee_ask(j, TDISP_START_REQ, old.nonce, sizeof(old.nonce), &a))
		return;
	if (tee_error(j, &a, TDISP_E_INVALID_NONCE))
		(void)tee_state_is(j, TDI_LOCKED);
}

/* Where a session ended, and the next one locked it. */
static void nonce_dies_with_session(struct judge *j)
{
	struct tee_lock old, now;
	struct tee_td a;

	if (!fall_locked(j, &old) || !judge_op(j, SPDM_OP_END_SESSION, NULL) ||
	    !fall_locked(j, &now) ||
	    !tee_ask(j, TDISP_START_REQ, old.nonce, sizeof(old.nonce), &a))
		return;
	(void)tee_error(j, &a, TDISP_E_INVALID_NONCE);
}

static void nonces_differ(struct judge *j)
{
	struct tee_lock a, b;

	if (fall_locked(j, &a) && relock(j, &b))
		judge_expect(j, memcmp(a.nonce, b.nonce, sizeof(a.nonce)) != 0,
			     "two locks have the same nonce");
}

/* RUN is of one lock: after STOP, it takes LOCK and START again. */
static void run_ends_with_stop(struct judge *j)
{
	if (fall_running(j) && tee_stop(j))
		(void)tee_state_is(j, TDI_UNLOCKED);
}

/* clang-format off */
#define S5 "PCIe Base 6.x §11.4.5"
static const struct judge_case cases[] = {
	{ .name = "cascade/end-session-fails-locked-tdi", .group = JUDGE_CASCADE,
	  .needs = JUDGE_NEEDS_SESSION,
	  .says = "a TDI that a session locked is in ERROR once END_SESSION ends that session",
	  .source = S5, .misbehave = "session-end-spares-tdi",
	  .run = end_locked },
	{ .name = "cascade/end-session-fails-running-tdi", .group = JUDGE_CASCADE,
	  .needs = JUDGE_NEEDS_SESSION,
	  .says = "the same of a TDI in RUN",
	  .source = S5, .misbehave = "session-end-spares-tdi",
	  .run = end_running },
	{ .name = "cascade/new-connection-fails-locked-tdi", .group = JUDGE_CASCADE,
	  .needs = JUDGE_NEEDS_SESSION,
	  .says = "GET_VERSION ends the sessions of the connection, and with them what they locked",
	  .source = S5 "; DSP0274 1.2.1, section 10.2", .misbehave = "session-end-spares-tdi",
	  .run = version_locked },
	{ .name = "cascade/new-connection-fails-running-tdi", .group = JUDGE_CASCADE,
	  .needs = JUDGE_NEEDS_SESSION,
	  .says = "the same of a TDI in RUN",
	  .source = S5 "; DSP0274 1.2.1, section 10.2", .misbehave = "session-end-spares-tdi",
	  .run = version_running },
	{ .name = "cascade/lock-needs-keys-of-its-session", .group = JUDGE_CASCADE,
	  .needs = JUDGE_NEEDS_SESSION,
	  .says = "keys that an earlier session programmed do not serve LOCK_INTERFACE_REQUEST of a later one",
	  .source = "PCIe Base 6.x §11.3.8", .misbehave = "lock-with-old-keys",
	  .run = lock_needs_new_keys },
	{ .name = "cascade/any-session-stops-what-failed", .group = JUDGE_CASCADE,
	  .needs = JUDGE_NEEDS_SESSION,
	  .says = "STOP_INTERFACE_REQUEST of a later session takes a TDI out of ERROR",
	  .source = "PCIe Base 6.x §11.2, §11.3.16", .misbehave = "error-is-forever",
	  .run = other_stops },
	{ .name = "cascade/nonce-ends-with-its-lock", .group = JUDGE_CASCADE,
	  .needs = JUDGE_NEEDS_SESSION,
	  .says = "the nonce of a lock that was stopped does not start the next one",
	  .source = "PCIe Base 6.x §11.3.9", .misbehave = "any-nonce-starts",
	  .run = nonce_dies },
	{ .name = "cascade/nonce-ends-with-its-session", .group = JUDGE_CASCADE,
	  .needs = JUDGE_NEEDS_SESSION,
	  .says = "the nonce of a lock that ended with its session does not start a later one",
	  .source = "PCIe Base 6.x §11.3.9", .misbehave = "any-nonce-starts",
	  .run = nonce_dies_with_session },
	{ .name = "cascade/nonce-is-new", .group = JUDGE_CASCADE,
	  .needs = JUDGE_NEEDS_SESSION,
	  .says = "each lock has a nonce of its own",
	  .source = "PCIe Base 6.x §11.3.9", .misbehave = "nonce-repeats",
	  .run = nonces_differ },
	{ .name = "cascade/stop-ends-run", .group = JUDGE_CASCADE,
	  .needs = JUDGE_NEEDS_SESSION,
	  .says = "STOP_INTERFACE_REQUEST takes a TDI in RUN to CONFIG_UNLOCKED",
	  .source = "PCIe Base 6.x §11.2", .misbehave = "stop-leaves-run",
	  .run = run_ends_with_stop },
};
/* clang-format on */

const struct judge_table judge_cases_cascade = { cases, COUNT(cases) };
