/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "judge/cases.h"
#include "judge/tee.h"
#include "judge/two.h"

/* LOCK, START and STOP: what they stand on, what they make, and the nonce. */

/* LOCK as it stands, and its answer. */
static bool lock_as(struct judge *j, const uint8_t *body, struct tee_td *a)
{
	return tee_ask(j, TDISP_LOCK_REQ, body, TEE_LOCK_LEN, a);
}

static void lock_locks(struct judge *j)
{
	uint8_t body[TEE_LOCK_LEN];
	struct tee_td a;

	tee_lock_body(j, body, 0, 0);
	if (tee_keyed(j) && lock_as(j, body, &a) &&
	    tee_is(j, &a, TDISP_LOCK_RSP))
		(void)tee_state_is(j, TDI_LOCKED);
}

static void refuses(struct judge *j, const uint8_t *body, uint32_t code)
{
	struct tee_td a;

	if (lock_as(j, body, &a) && tee_error(j, &a, code))
		(void)tee_state_is(j, TDI_UNLOCKED);
}

static void lock_without_keys(struct judge *j)
{
	uint8_t body[TEE_LOCK_LEN];

	tee_lock_body(j, body, 0, 0);
	if (tee_session(j))
		refuses(j, body, TDISP_E_INVALID_REQUEST);
}

/* All keys but the last one. */
static void lock_with_five_keys(struct judge *j)
{
	uint8_t body[TEE_LOCK_LEN], m[TEE_KEY_LEN];
	bool ok = tee_session(j);
	struct tee_km a;

	for (unsigned i = 0; i < IDEKM_DIRS * IDEKM_SUBS - 1 && ok; i++) {
		const struct idekm_ref ref =
			tee_ref(j, 0, i / IDEKM_SUBS, i % IDEKM_SUBS);

		ok = tee_km_ask(j, m, tee_key_prog(j, m, &ref), &a);
	}
	tee_lock_body(j, body, 0, 0);
	if (ok && tee_enable(j, true))
		refuses(j, body, TDISP_E_INVALID_REQUEST);
}

/* Keyed in one session, locked in another, both alive. */
static void lock_with_others_keys(struct judge *j)
{
	uint8_t body[TEE_LOCK_LEN];

	tee_lock_body(j, body, 0, 0);
	if (tee_keyed(j) && judge_second(j))
		refuses(j, body, TDISP_E_INVALID_REQUEST);
}

/* A stream that has no keys and is no default stream: the table of codes names
 * the keys; the wrong stream may count as configuration. */
static void lock_other_stream(struct judge *j)
{
	uint8_t body[TEE_LOCK_LEN];
	struct tee_td a;

	tee_lock_body(j, body, 0, 0);
	body[2] ^= 1u;
	if (tee_keyed(j) && lock_as(j, body, &a) &&
	    tee_error(j, &a, TDISP_E_INVALID_REQUEST,
		      TDISP_E_INVALID_DEVICE_CONFIGURATION))
		(void)tee_state_is(j, TDI_UNLOCKED);
}

/* A refused LOCK leaves nothing in the way of a good one. */
static void lock_after_refusal(struct judge *j)
{
	uint8_t body[TEE_LOCK_LEN];
	struct tee_td a;

	tee_lock_body(j, body, 0, 0);
	body[2] ^= 1u;
	if (!tee_keyed(j) || !lock_as(j, body, &a))
		return;
	if (a.bad || a.m.code != TDISP_ERROR) {
		judge_absent(j, "a lock of another stream is not refused");
		return;
	}
	tee_lock_body(j, body, 0, 0);
	if (lock_as(j, body, &a))
		(void)tee_is(j, &a, TDISP_LOCK_RSP);
}

static void lock_again(struct judge *j)
{
	uint8_t body[TEE_LOCK_LEN];
	struct tee_lock l;
	struct tee_td a;

	tee_lock_body(j, body, 0, 0);
	if (tee_locked(j, &l) && tee_stop(j) && lock_as(j, body, &a) &&
	    tee_is(j, &a, TDISP_LOCK_RSP))
		(void)tee_state_is(j, TDI_LOCKED);
}

/* Each flag that is offered, by itself. */
static void lock_with_flags(struct judge *j)
{
	uint8_t body[TEE_LOCK_LEN];
	struct tdisp_caps caps;
	bool any = false;
	struct tee_td a;

	if (!tee_keyed(j) || !tee_caps(j, &caps))
		return;
	for (unsigned flag = 1; flag <= TDISP_LOCK_REDIRECT; flag <<= 1) {
		/* A line size that is not the system's, and peers without an
		 * address mask, may be refused. */
		if (!(caps.lock_flags & flag) ||
		    flag == TDISP_LOCK_CACHE_LINE_128 ||
		    flag == TDISP_LOCK_BIND_P2P)
			continue;
		any = true;
		tee_lock_body(j, body, flag, 0);
		if (!lock_as(j, body, &a) || !tee_is(j, &a, TDISP_LOCK_RSP) ||
		    !tee_stop(j))
			return;
	}
	if (!any)
		judge_absent(j, "no flag is offered that a lock may have "
				"here");
}

/* --- the nonce --- */

#define LOCKS 4

static void nonce_not_zero(struct judge *j)
{
	static const uint8_t zero[TDISP_NONCE_LEN];
	struct tee_lock l;

	if (tee_locked(j, &l))
		judge_expect(j, memcmp(l.nonce, zero, sizeof(zero)) != 0,
			     "the nonce is all zero");
}

/* Neither the whole nor either half of it, as a counter would show. */
static bool differ(struct judge *j, const struct tee_lock *a,
		   const struct tee_lock *b)
{
	return judge_expect(j,
			    memcmp(a->nonce, b->nonce, 16) != 0 &&
				    memcmp(a->nonce + 16, b->nonce + 16, 16) !=
					    0,
			    "two locks have the same nonce, or half of one");
}

static void nonce_fresh(struct judge *j)
{
	struct tee_lock l[LOCKS];
	bool ok = tee_locked(j, &l[0]);

	for (unsigned i = 1; i < LOCKS && ok; i++) {
		ok = tee_stop(j) && tee_lock(j, 0, 0, &l[i]);
		for (unsigned k = 0; k < i && ok; k++)
			ok = differ(j, &l[i], &l[k]);
	}
}

static void nonce_fresh_by_session(struct judge *j)
{
	struct tee_lock a, b;

	if (tee_locked(j, &a) && tee_stop(j) &&
	    judge_op(j, SPDM_OP_END_SESSION, NULL) && tee_enable(j, false) &&
	    judge_session(j) && tee_keys(j, 0) && tee_enable(j, true) &&
	    tee_lock(j, 0, 0, &b))
		(void)differ(j, &a, &b);
}

/* START with this nonce, and what is to come. */
static bool starts(struct judge *j, const struct tee_lock *l, struct tee_td *a)
{
	return tee_ask(j, TDISP_START_REQ, l->nonce, sizeof(l->nonce), a);
}

static void start_runs(struct judge *j)
{
	struct tee_lock l;
	struct tee_td a;

	if (tee_locked(j, &l) && starts(j, &l, &a) &&
	    tee_is(j, &a, TDISP_START_RSP))
		(void)tee_state_is(j, TDI_RUN);
}

/* One bit, at the begin, in the middle, at the end. */
static void start_wrong(struct judge *j)
{
	static const uint8_t at[] = { 0, 15, TDISP_NONCE_LEN - 1 };
	struct tee_lock l;
	struct tee_td a;

	if (!tee_locked(j, &l))
		return;
	for (size_t i = 0; i < sizeof(at); i++) {
		struct tee_lock bad = l;

		bad.nonce[at[i]] ^= 0x80;
		if (!starts(j, &bad, &a) ||
		    !tee_error(j, &a, TDISP_E_INVALID_NONCE) ||
		    !tee_state_is(j, TDI_LOCKED))
			return;
	}
}

static void start_zero(struct judge *j)
{
	const struct tee_lock zero = { .nonce = { 0 } };
	struct tee_lock l;
	struct tee_td a;

	if (tee_locked(j, &l) && starts(j, &zero, &a) &&
	    tee_error(j, &a, TDISP_E_INVALID_NONCE))
		(void)tee_state_is(j, TDI_LOCKED);
}

static void start_right_after_wrong(struct judge *j)
{
	struct tee_lock l, bad;
	struct tee_td a;

	if (!tee_locked(j, &l))
		return;
	bad = l;
	bad.nonce[7] ^= 1u;
	if (starts(j, &bad, &a) && starts(j, &l, &a))
		(void)tee_is(j, &a, TDISP_START_RSP);
}

static void start_old(struct judge *j)
{
	struct tee_lock l, old;
	struct tee_td a;

	if (tee_locked(j, &old) && tee_stop(j) && tee_lock(j, 0, 0, &l) &&
	    starts(j, &old, &a) && tee_error(j, &a, TDISP_E_INVALID_NONCE))
		(void)tee_state_is(j, TDI_LOCKED);
}

static void start_old_of_run(struct judge *j)
{
	struct tee_lock l, old;
	struct tee_td a;

	if (tee_locked(j, &old) && tee_start(j, &old) && tee_stop(j) &&
	    tee_lock(j, 0, 0, &l) && starts(j, &old, &a))
		(void)tee_error(j, &a, TDISP_E_INVALID_NONCE);
}

static void start_twice(struct judge *j)
{
	struct tee_lock l;
	struct tee_td a;

	if (tee_locked(j, &l) && tee_start(j, &l) && starts(j, &l, &a) &&
	    tee_error(j, &a, TDISP_E_INVALID_INTERFACE_STATE))
		(void)tee_state_is(j, TDI_RUN);
}

static void start_after_stop(struct judge *j)
{
	struct tee_lock l;
	struct tee_td a;

	if (tee_locked(j, &l) && tee_stop(j) && starts(j, &l, &a) &&
	    tee_error(j, &a, TDISP_E_INVALID_INTERFACE_STATE))
		(void)tee_state_is(j, TDI_UNLOCKED);
}

/* A LOCK that is refused because of the state leaves the lock as it is. */
static void start_after_second_lock(struct judge *j)
{
	uint8_t body[TEE_LOCK_LEN];
	struct tee_lock l;
	struct tee_td a;

	tee_lock_body(j, body, 0, 0);
	if (tee_locked(j, &l) && lock_as(j, body, &a) && starts(j, &l, &a))
		(void)tee_is(j, &a, TDISP_START_RSP);
}

static void stop_twice(struct judge *j)
{
	struct tee_td a;

	if (tee_running(j) && tee_stop(j) &&
	    tee_ask(j, TDISP_STOP_REQ, NULL, 0, &a) &&
	    tee_is(j, &a, TDISP_STOP_RSP))
		(void)tee_state_is(j, TDI_UNLOCKED);
}

/* The whole way, twice in one session. */
static void round_twice(struct judge *j)
{
	uint8_t body[TEE_LOCK_LEN];
	struct tee_lock l;
	struct tee_td a;

	tee_lock_body(j, body, 0, 0);
	if (!tee_running(j) || !tee_stop(j) || !lock_as(j, body, &a) ||
	    !tee_is(j, &a, TDISP_LOCK_RSP))
		return;
	memcpy(l.nonce, a.m.nonce, sizeof(l.nonce));
	if (starts(j, &l, &a) && tee_is(j, &a, TDISP_START_RSP))
		(void)tee_state_is(j, TDI_RUN);
}

/* --- lengths --- */

static void length_of(struct judge *j, unsigned code, size_t n, bool shorter)
{
	uint8_t body[64] = { 0 };
	struct tee_td a;

	if (code == TDISP_LOCK_REQ)
		tee_lock_body(j, body, 0, 0);
	if (code == TDISP_GET_REPORT)
		put_u16le(body + 2, 0xffff);
	if (!tee_ask(j, code, body, n + 1, &a) ||
	    !tee_error(j, &a, TDISP_E_INVALID_REQUEST))
		return;
	if (shorter && tee_ask(j, code, body, n - 1, &a))
		(void)tee_error(j, &a, TDISP_E_INVALID_REQUEST);
}

static void length_version(struct judge *j)
{
	if (tee_session(j))
		length_of(j, TDISP_GET_VERSION, 0, false);
}

static void length_caps(struct judge *j)
{
	if (tee_session(j))
		length_of(j, TDISP_GET_CAPABILITIES, 4, true);
}

static void length_lock(struct judge *j)
{
	if (tee_keyed(j))
		length_of(j, TDISP_LOCK_REQ, TEE_LOCK_LEN, true);
}

static void length_report(struct judge *j)
{
	struct tee_lock l;

	if (tee_locked(j, &l))
		length_of(j, TDISP_GET_REPORT, 4, true);
}

static void length_state(struct judge *j)
{
	if (tee_session(j))
		length_of(j, TDISP_GET_STATE, 0, false);
}

/* The nonce is right as far as it goes. */
static void length_start(struct judge *j)
{
	uint8_t body[TDISP_NONCE_LEN + 1] = { 0 };
	struct tee_lock l;
	struct tee_td a;

	if (!tee_locked(j, &l))
		return;
	memcpy(body, l.nonce, sizeof(l.nonce));
	if (tee_ask(j, TDISP_START_REQ, body, TDISP_NONCE_LEN - 1, &a) &&
	    tee_error(j, &a, TDISP_E_INVALID_REQUEST) &&
	    tee_ask(j, TDISP_START_REQ, body, sizeof(body), &a) &&
	    tee_error(j, &a, TDISP_E_INVALID_REQUEST))
		(void)tee_state_is(j, TDI_LOCKED);
}

static void length_stop(struct judge *j)
{
	struct tee_lock l;

	if (!tee_locked(j, &l))
		return;
	length_of(j, TDISP_STOP_REQ, 0, false);
	(void)tee_state_is(j, TDI_LOCKED);
}

/* clang-format off */
#define LOCK "PCIe Base 6.x §11.3.8"
#define NONCE "PCIe Base 6.x §11.3.9, §11.3.14"
#define LEN "PCIe Base 6.x §11.3.3 (INVALID_REQUEST)"
#define CASE(what, text, where, how, breaks, fn)                           \
	{                                                                  \
		.name = "tdisp/" what, .group = JUDGE_TDISP,               \
		.needs = JUDGE_NEEDS_SESSION, .says = (text),                \
		.source = (where), .sure = (how),                              \
		.misbehave = (breaks), .run = (fn),                            \
	}
static const struct judge_case cases[] = {
	CASE("lock-locks", "LOCK_INTERFACE_REQUEST of a keyed stream is answered, and the interface is in CONFIG_LOCKED then",
	     LOCK, SURE_SPEC, "tdisp-lock-refused", lock_locks),
	CASE("lock-without-keys-is-invalid", "LOCK_INTERFACE_REQUEST of a stream without keys is INVALID_REQUEST, and locks nothing",
	     LOCK, SURE_SPEC, "tdisp-lock-keyless", lock_without_keys),
	CASE("lock-with-five-keys-is-invalid", "LOCK_INTERFACE_REQUEST of a stream of which one sub-stream has no key is INVALID_REQUEST",
	     LOCK, SURE_SPEC, "tdisp-lock-keyless", lock_with_five_keys),
	CASE("lock-with-keys-of-another-session-is-invalid", "LOCK_INTERFACE_REQUEST of a stream that another session keyed is INVALID_REQUEST",
	     LOCK, SURE_SPEC, "tdisp-lock-any-session", lock_with_others_keys),
	CASE("lock-of-another-stream-is-refused", "LOCK_INTERFACE_REQUEST of a stream that is not the default stream is refused",
	     LOCK, SURE_SPEC, "tdisp-lock-keyless", lock_other_stream),
	CASE("lock-after-a-refusal-locks", "LOCK_INTERFACE_REQUEST that was refused does not keep the next one from locking",
	     LOCK, SURE_INFERRED, "tdisp-lock-refusal-sticks", lock_after_refusal),
	CASE("lock-after-stop-locks", "an interface that was stopped is locked again with the keys that are there",
	     "PCIe Base 6.x §11.3.8, §11.3.16", SURE_SPEC, "tdisp-lock-once", lock_again),
	CASE("lock-with-each-flag-locks", "LOCK_INTERFACE_REQUEST with a flag that is offered locks",
	     "PCIe Base 6.x §11.3.7, §11.3.8", SURE_SPEC, "tdisp-lock-no-flags", lock_with_flags),
	CASE("nonce-is-not-zero", "START_INTERFACE_NONCE is not zero",
	     NONCE, SURE_INFERRED, "tdisp-nonce-zero", nonce_not_zero),
	CASE("nonce-is-of-each-lock", "each lock has a nonce of its own, in which nothing is left of an earlier one",
	     NONCE, SURE_SPEC, "tdisp-nonce-constant", nonce_fresh),
	CASE("nonce-is-of-each-session", "a lock in another session has another nonce",
	     NONCE, SURE_SPEC, "tdisp-nonce-constant", nonce_fresh_by_session),
	CASE("start-runs", "START_INTERFACE_REQUEST with the nonce of the lock is answered, and the interface is in RUN then",
	     "PCIe Base 6.x §11.3.14", SURE_SPEC, "tdisp-start-refused", start_runs),
	CASE("start-with-another-nonce-is-invalid", "START_INTERFACE_REQUEST with a nonce that differs in one bit is INVALID_NONCE, and the interface stays in CONFIG_LOCKED",
	     NONCE, SURE_SPEC, "tdisp-start-any-nonce", start_wrong),
	CASE("start-with-zero-is-invalid", "START_INTERFACE_REQUEST with a nonce of zeros is INVALID_NONCE",
	     NONCE, SURE_SPEC, "tdisp-start-any-nonce", start_zero),
	CASE("start-after-a-wrong-nonce-runs", "a START_INTERFACE_REQUEST that was refused leaves the nonce good",
	     NONCE, SURE_INFERRED, "tdisp-start-one-try", start_right_after_wrong),
	CASE("start-with-the-nonce-of-an-earlier-lock-is-invalid", "the nonce of a lock is none of the next one",
	     NONCE, SURE_SPEC, "tdisp-start-any-nonce", start_old),
	CASE("start-with-a-used-nonce-is-invalid", "a nonce that an interface was started with is none of the next lock",
	     NONCE, SURE_SPEC, "tdisp-start-any-nonce", start_old_of_run),
	CASE("start-when-running-is-refused", "START_INTERFACE_REQUEST with the nonce again is INVALID_INTERFACE_STATE, and the interface stays in RUN",
	     "PCIe Base 6.x §11.3.1, §11.3.14", SURE_SPEC, "tdisp-start-anywhere", start_twice),
	CASE("start-after-stop-is-refused", "START_INTERFACE_REQUEST after STOP_INTERFACE_REQUEST is INVALID_INTERFACE_STATE, and starts nothing",
	     "PCIe Base 6.x §11.3.1, §11.3.9", SURE_SPEC, "tdisp-start-anywhere", start_after_stop),
	CASE("second-lock-leaves-the-first", "a LOCK_INTERFACE_REQUEST that comes in CONFIG_LOCKED leaves the nonce of the first one good",
	     LOCK, SURE_INFERRED, "lock-twice", start_after_second_lock),
	CASE("stop-twice-is-answered", "STOP_INTERFACE_REQUEST is answered again by an interface that was stopped",
	     "PCIe Base 6.x §11.3.1, §11.3.16", SURE_SPEC, "tdisp-stop-once", stop_twice),
	CASE("whole-way-again", "after STOP_INTERFACE_REQUEST the whole way to RUN is there again",
	     "PCIe Base 6.x §11.2", SURE_SPEC, "tdisp-lock-once", round_twice),
	CASE("version-length-is-minded", "GET_TDISP_VERSION with a byte behind it is INVALID_REQUEST",
	     LEN, SURE_INFERRED, "tdisp-any-length", length_version),
	CASE("capabilities-length-is-minded", "GET_TDISP_CAPABILITIES of a wrong length is INVALID_REQUEST",
	     LEN, SURE_INFERRED, "tdisp-any-length", length_caps),
	CASE("lock-length-is-minded", "LOCK_INTERFACE_REQUEST of a wrong length is INVALID_REQUEST",
	     LEN, SURE_INFERRED, "tdisp-any-length", length_lock),
	CASE("report-length-is-minded", "GET_DEVICE_INTERFACE_REPORT of a wrong length is INVALID_REQUEST",
	     LEN, SURE_INFERRED, "tdisp-any-length", length_report),
	CASE("state-length-is-minded", "GET_DEVICE_INTERFACE_STATE with a byte behind it is INVALID_REQUEST",
	     LEN, SURE_INFERRED, "tdisp-any-length", length_state),
	CASE("start-length-is-minded", "START_INTERFACE_REQUEST of a wrong length is INVALID_REQUEST, and starts nothing",
	     LEN, SURE_INFERRED, "tdisp-any-length", length_start),
	CASE("stop-length-is-minded", "STOP_INTERFACE_REQUEST with a byte behind it is INVALID_REQUEST, and stops nothing",
	     LEN, SURE_INFERRED, "tdisp-any-length", length_stop),
};
/* clang-format on */

const struct judge_table judge_cases_tdisp_lock = { cases, COUNT(cases) };
