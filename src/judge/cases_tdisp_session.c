/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "judge/cases.h"
#include "judge/tee.h"
#include "judge/two.h"

/* TDISP and the session that it comes in; interfaces beside each other; what
 * an interface that runs may be asked. */

/* --- sessions --- */

static void outside(struct judge *j, unsigned code, const void *body, size_t n)
{
	uint8_t req[TEE_REQ_MAX];
	struct spdm_span m;

	if (!judge_connect(j))
		return;
	m = judge_vendor_msg(j, TDISP_PROTOCOL, req,
			     tee_req(req, code, j->cfg.function_id, body, n));
	(void)judge_silence_to(j, JUDGE_PLAIN, m.p, m.n);
}

static void outside_version(struct judge *j)
{
	outside(j, TDISP_GET_VERSION, NULL, 0);
}

static void outside_stop(struct judge *j)
{
	outside(j, TDISP_STOP_REQ, NULL, 0);
}

/* OPEN: as for IDE_KM. */
static void other_cipher(struct judge *j)
{
	uint8_t req[TEE_REQ_MAX];
	bool answered = false;
	struct spdm_span m;

	judge_offer(j)->aead =
		SPDM_AEAD_AES_128_GCM | SPDM_AEAD_CHACHA20_POLY1305;
	if (!judge_session(j))
		return;
	m = judge_vendor_msg(
		j, TDISP_PROTOCOL, req,
		tee_req(req, TDISP_GET_VERSION, j->cfg.function_id, NULL, 0));
	if (judge_maybe(j, JUDGE_SEALED, m.p, m.n, &answered))
		judge_expect(j,
			     !answered || judge_answer(j)->bad ||
				     judge_answer(j)->m.code !=
					     SPDM_VENDOR_DEFINED_RESPONSE,
			     "a message of TDISP came as an answer");
}

/* Whoever asks after the session ended finds no trust in it. */
static void untrusted(struct judge *j)
{
	struct tee_td a;

	if (!judge_op(j, SPDM_OP_END_SESSION, NULL) || !judge_session(j) ||
	    !tee_ask(j, TDISP_GET_STATE, NULL, 0, &a) ||
	    !tee_is(j, &a, TDISP_STATE))
		return;
	judge_expect(j, a.m.state == TDI_ERROR || a.m.state == TDI_UNLOCKED,
		     "the session that locked it has ended, and it is in %s",
		     tee_state_name(a.m.state));
}

static void end_of_locked(struct judge *j)
{
	struct tee_lock l;

	if (tee_locked(j, &l))
		untrusted(j);
}

static void end_of_running(struct judge *j)
{
	if (tee_running(j))
		untrusted(j);
}

/* The nonce went with the lock. */
static void end_of_nonce(struct judge *j)
{
	struct tee_lock l;
	struct tee_td a;

	if (tee_locked(j, &l) && judge_op(j, SPDM_OP_END_SESSION, NULL) &&
	    judge_session(j) &&
	    tee_ask(j, TDISP_START_REQ, l.nonce, sizeof(l.nonce), &a))
		(void)tee_error(j, &a, TDISP_E_INVALID_INTERFACE_STATE,
				TDISP_E_INVALID_NONCE);
}

static void error_recovers(struct judge *j)
{
	uint8_t body[TEE_LOCK_LEN];
	struct tee_td a;

	tee_lock_body(j, body, 0, 0);
	if (tee_failed(j) && tee_ask(j, TDISP_STOP_REQ, NULL, 0, &a) &&
	    tee_is(j, &a, TDISP_STOP_RSP) && tee_enable(j, false) &&
	    tee_keys(j, 0) && tee_enable(j, true) &&
	    tee_ask(j, TDISP_LOCK_REQ, body, sizeof(body), &a) &&
	    tee_is(j, &a, TDISP_LOCK_RSP))
		(void)tee_state_is(j, TDI_LOCKED);
}

/*
 * Another session that lives beside the one that locked.
 * OPEN: the text binds keys and lock to one session and does not say what
 * another one is told.
 */
static void from_another(struct judge *j, unsigned code, enum tdi_state still)
{
	struct tee_lock l;
	struct tee_td a;
	size_t n = code == TDISP_START_REQ ? sizeof(l.nonce) : 0;

	if (tee_locked(j, &l) && judge_second(j) &&
	    tee_ask(j, code, l.nonce, n, &a) &&
	    tee_error_of(j, &a, (const uint32_t[]){ 0 }) && judge_swap(j))
		(void)tee_state_is(j, still);
}

static void other_starts(struct judge *j)
{
	from_another(j, TDISP_START_REQ, TDI_LOCKED);
}

static void other_stops(struct judge *j)
{
	from_another(j, TDISP_STOP_REQ, TDI_LOCKED);
}

/* The end of a session that locked nothing is no end of the lock. */
static void other_ends(struct judge *j)
{
	struct tee_lock l;

	if (tee_locked(j, &l) && judge_second(j) &&
	    tee_state_is(j, TDI_LOCKED) && judge_end_this(j))
		(void)tee_state_is(j, TDI_LOCKED);
}

/* --- interfaces --- */

/* Device 31, function 7, which nobody has. */
static bool nobody(struct judge *j, uint32_t *fn)
{
	*fn = (j->cfg.function_id & ~0xffu) | 0xffu;
	if (judge_on(j) && *fn == j->cfg.function_id)
		judge_absent(j, "the function that is judged is that one");
	return judge_on(j);
}

static void not_hosted(struct judge *j, unsigned code, size_t n)
{
	uint8_t m[TEE_REQ_MAX], body[TDISP_NONCE_LEN] = { 0 };
	struct tee_td a;
	uint32_t fn;

	if (code == TDISP_LOCK_REQ)
		tee_lock_body(j, body, 0, 0);
	if (code == TDISP_GET_REPORT)
		body[2] = 16;
	if (!(code == TDISP_LOCK_REQ ? tee_keyed(j) : tee_session(j)) ||
	    !nobody(j, &fn))
		return;
	if (tee_td_ask(j, m, tee_req(m, code, fn, body, n), &a))
		(void)tee_error(j, &a, TDISP_E_INVALID_INTERFACE);
}

static void nobody_state(struct judge *j)
{
	not_hosted(j, TDISP_GET_STATE, 0);
}

static void nobody_lock(struct judge *j)
{
	not_hosted(j, TDISP_LOCK_REQ, TEE_LOCK_LEN);
}

static void nobody_report(struct judge *j)
{
	not_hosted(j, TDISP_GET_REPORT, 4);
}

static void nobody_start(struct judge *j)
{
	not_hosted(j, TDISP_START_REQ, TDISP_NONCE_LEN);
}

static void nobody_stop(struct judge *j)
{
	not_hosted(j, TDISP_STOP_REQ, 0);
}

/* The next function, a VF where there are any. */
static bool ask_next(struct judge *j, unsigned code, const void *body, size_t n,
		     struct tee_td *a)
{
	uint8_t m[TEE_REQ_MAX];

	return tee_td_ask(
		j, m, tee_req(m, code, j->cfg.function_id + 1u, body, n), a);
}

static void stop_next(struct judge *j)
{
	struct tee_td a;

	(void)ask_next(j, TDISP_STOP_REQ, NULL, 0, &a);
}

/* This one is locked, and the next one is there. */
static bool two_of_them(struct judge *j, struct tee_lock *l)
{
	struct tee_td a;

	if (!tee_locked(j, l) || !ask_next(j, TDISP_STOP_REQ, NULL, 0, &a))
		return false;
	judge_later(j, stop_next);
	if (!a.bad && a.m.code == TDISP_STOP_RSP)
		return true;
	judge_absent(j, "the device has no interface 0x%08x",
		     (unsigned)j->cfg.function_id + 1u);
	return false;
}

static bool next_state_is(struct judge *j, enum tdi_state want)
{
	struct tee_td a;

	return ask_next(j, TDISP_GET_STATE, NULL, 0, &a) &&
	       tee_is(j, &a, TDISP_STATE) &&
	       judge_expect(j, a.m.state == want,
			    "the next interface is to be in %s, and it is in "
			    "%s",
			    tee_state_name(want), tee_state_name(a.m.state));
}

static void next_unlocked(struct judge *j)
{
	struct tee_lock l;

	if (two_of_them(j, &l) && next_state_is(j, TDI_UNLOCKED))
		(void)tee_state_is(j, TDI_LOCKED);
}

static bool lock_next(struct judge *j, struct tee_lock *l)
{
	uint8_t body[TEE_LOCK_LEN];
	struct tee_td a;

	tee_lock_body(j, body, 0, 0);
	if (!ask_next(j, TDISP_LOCK_REQ, body, sizeof(body), &a) ||
	    !tee_is(j, &a, TDISP_LOCK_RSP))
		return false;
	memcpy(l->nonce, a.m.nonce, sizeof(l->nonce));
	return true;
}

static void next_stopped(struct judge *j)
{
	struct tee_lock l, o;
	struct tee_td a;

	if (two_of_them(j, &l) && lock_next(j, &o) &&
	    ask_next(j, TDISP_STOP_REQ, NULL, 0, &a) &&
	    tee_is(j, &a, TDISP_STOP_RSP) && next_state_is(j, TDI_UNLOCKED))
		(void)tee_state_is(j, TDI_LOCKED);
}

static void next_nonce(struct judge *j)
{
	struct tee_lock l, o;
	struct tee_td a;

	if (two_of_them(j, &l) && lock_next(j, &o) &&
	    tee_ask(j, TDISP_START_REQ, o.nonce, sizeof(o.nonce), &a) &&
	    tee_error(j, &a, TDISP_E_INVALID_NONCE))
		(void)tee_state_is(j, TDI_LOCKED);
}

/* --- attributes of ranges, vendors' messages --- */

/* The first range that does or does not let its attribute be changed. */
static bool pick(struct judge *j, bool updatable, struct tdisp_range *out)
{
	uint8_t p[TEE_REPORT_MAX];
	struct tdisp_report rep = { 0 };
	struct tdisp_caps caps;
	size_t n;

	if (!tee_running(j) || !tee_caps(j, &caps) ||
	    !tee_report(j, 0xffff, p, &n))
		return false;
	if (!tee_offers(&caps, TDISP_SET_MMIO_ATTR_REQ))
		judge_absent(j, "SET_MMIO_ATTRIBUTE_REQUEST is not offered");
	else if (tdisp_report_decode(p, n, &rep))
		judge_absent(j, "the report cannot be read");
	for (uint32_t i = 0; judge_on(j) && i < rep.range_count; i++) {
		*out = rep.ranges[i];
		if (updatable == !!(out->attrs & TDISP_RANGE_UPDATABLE))
			return true;
	}
	judge_absent(j, "there is no such range");
	return false;
}

static bool set(struct judge *j, const struct tdisp_range *r, bool non_tee,
		struct tee_td *a)
{
	uint8_t body[TDISP_RANGE_LEN];

	put_u64le(body, r->first_page);
	put_u32le(body + 8, r->pages);
	put_u16le(body + 12, non_tee ? TDISP_RANGE_NON_TEE : 0);
	put_u16le(body + 14, r->id);
	return tee_ask(j, TDISP_SET_MMIO_ATTR_REQ, body, sizeof(body), a);
}

static void attr_set(struct judge *j)
{
	struct tdisp_range r;
	struct tee_td a;

	if (pick(j, true, &r) && set(j, &r, true, &a) &&
	    tee_is(j, &a, TDISP_SET_MMIO_ATTR_RSP) && set(j, &r, false, &a) &&
	    tee_is(j, &a, TDISP_SET_MMIO_ATTR_RSP))
		(void)tee_state_is(j, TDI_RUN);
}

static void attr_fixed(struct judge *j)
{
	struct tdisp_range r;
	struct tee_td a;

	if (pick(j, false, &r) && set(j, &r, true, &a) &&
	    tee_error(j, &a, TDISP_E_INVALID_REQUEST))
		(void)tee_state_is(j, TDI_RUN);
}

static void attr_nowhere(struct judge *j)
{
	struct tdisp_range r;
	struct tee_td a;

	if (!pick(j, true, &r))
		return;
	r.first_page += UINT64_C(1) << 40;
	if (set(j, &r, true, &a) && tee_error(j, &a, TDISP_E_INVALID_REQUEST))
		(void)tee_state_is(j, TDI_RUN);
}

static void attr_reported(struct judge *j)
{
	uint8_t before[TEE_REPORT_MAX], after[TEE_REPORT_MAX];
	struct tdisp_range r;
	struct tee_td a;
	size_t n = 0, m = 0;

	if (!pick(j, true, &r) || !tee_report(j, 0xffff, before, &n) ||
	    !set(j, &r, !(r.attrs & TDISP_RANGE_NON_TEE), &a))
		return;
	if (a.bad || a.m.code != TDISP_SET_MMIO_ATTR_RSP) {
		judge_absent(j, "the attribute is not changed");
		return;
	}
	if (tee_report(j, 0xffff, after, &m))
		judge_expect(j, n == m && !memcmp(before, after, n),
			     "the report has changed with the attribute");
}

/* Vendor FFFFh, which PCI-SIG gives to nobody. */
static void vdm_of_nobody(struct judge *j)
{
	static const uint8_t body[] = { 0, 2, 0xff, 0xff, 1, 2, 3, 4 };
	struct tee_td a;

	if (tee_session(j) && tee_ask(j, TDISP_VDM_REQ, body, sizeof(body), &a))
		(void)tee_error_of(j, &a, (const uint32_t[]){ 0 });
}

/* clang-format off */
#define CASE(what, text, where, how, breaks, fn)                           \
	{                                                                  \
		.name = "tdisp/" what, .group = JUDGE_TDISP,               \
		.needs = JUDGE_NEEDS_SESSION, .says = (text),                \
		.source = (where), .sure = (how),                              \
		.misbehave = (breaks), .run = (fn),                            \
	}
#define ID "PCIe Base 6.x §11.2, §11.3.3 (INVALID_INTERFACE)"
static const struct judge_case cases[] = {
	CASE("version-outside-a-session-is-not-answered", "GET_TDISP_VERSION outside a secured session is discarded without an answer",
	     "PCIe Base 6.x §11.2.2", SURE_SPEC, "tdisp-outside-session", outside_version),
	CASE("stop-outside-a-session-is-not-answered", "STOP_INTERFACE_REQUEST outside a secured session is discarded without an answer",
	     "PCIe Base 6.x §11.2.2", SURE_SPEC, "tdisp-outside-session", outside_stop),
	CASE("other-cipher-is-not-answered", "TDISP under another algorithm than AES-256-GCM gets no message of TDISP",
	     "PCIe Base 6.x §11.2.2", SURE_OPEN, "tdisp-any-cipher", other_cipher),
	CASE("end-of-session-ends-lock", "when the session ends that locked an interface, it leaves CONFIG_LOCKED for ERROR",
	     "PCIe Base 6.x §11.4.5", SURE_SPEC, "tdisp-outlives-session", end_of_locked),
	CASE("end-of-session-ends-run", "when the session ends that locked an interface, it leaves RUN for ERROR",
	     "PCIe Base 6.x §11.4.5", SURE_SPEC, "tdisp-outlives-session", end_of_running),
	CASE("end-of-session-ends-nonce", "the nonce of a lock whose session has ended starts nothing",
	     "PCIe Base 6.x §11.3.9, §11.4.5", SURE_SPEC, "tdisp-outlives-session", end_of_nonce),
	CASE("error-is-left-by-stop", "an interface in ERROR is stopped by another session, keyed and locked again",
	     "PCIe Base 6.x §11.2", SURE_SPEC, "tdisp-error-for-good", error_recovers),
	CASE("start-of-another-session-is-refused", "START_INTERFACE_REQUEST with the right nonce in another session than that of the lock is refused",
	     "PCIe Base 6.x §11.4.5, §11.2.4", SURE_OPEN, "tdisp-any-session", other_starts),
	CASE("stop-of-another-session-is-refused", "STOP_INTERFACE_REQUEST in another session, while that of the lock lives, is refused",
	     "PCIe Base 6.x §11.4.5, §11.2.4", SURE_OPEN, "tdisp-any-session", other_stops),
	CASE("end-of-another-session-is-no-end", "the end of another session than that of the lock leaves the interface in CONFIG_LOCKED",
	     "PCIe Base 6.x §11.4.5", SURE_INFERRED, "tdisp-any-session-ends", other_ends),
	CASE("state-of-no-interface-is-refused", "GET_DEVICE_INTERFACE_STATE of a function that is not there is INVALID_INTERFACE",
	     ID, SURE_SPEC, "tdisp-any-interface", nobody_state),
	CASE("lock-of-no-interface-is-refused", "LOCK_INTERFACE_REQUEST of a function that is not there is INVALID_INTERFACE",
	     ID, SURE_SPEC, "tdisp-any-interface", nobody_lock),
	CASE("report-of-no-interface-is-refused", "GET_DEVICE_INTERFACE_REPORT of a function that is not there is INVALID_INTERFACE",
	     ID, SURE_SPEC, "tdisp-any-interface", nobody_report),
	CASE("start-of-no-interface-is-refused", "START_INTERFACE_REQUEST of a function that is not there is INVALID_INTERFACE",
	     ID, SURE_SPEC, "tdisp-any-interface", nobody_start),
	CASE("stop-of-no-interface-is-refused", "STOP_INTERFACE_REQUEST of a function that is not there is INVALID_INTERFACE",
	     ID, SURE_SPEC, "tdisp-any-interface", nobody_stop),
	CASE("lock-is-of-one-interface", "a lock of one interface leaves the next one in CONFIG_UNLOCKED",
	     "PCIe Base 6.x §11.2", SURE_SPEC, "tdisp-one-interface", next_unlocked),
	CASE("stop-is-of-one-interface", "STOP_INTERFACE_REQUEST of one interface leaves the other in CONFIG_LOCKED",
	     "PCIe Base 6.x §11.2", SURE_SPEC, "tdisp-one-interface", next_stopped),
	CASE("nonce-is-of-one-interface", "the nonce of one interface does not start another",
	     "PCIe Base 6.x §11.3.9, §11.3.14", SURE_SPEC, "tdisp-start-any-nonce", next_nonce),
	CASE("attribute-is-set", "SET_MMIO_ATTRIBUTE_REQUEST of a range that may be updated is answered, both ways",
	     "PCIe Base 6.x §11.3.22", SURE_SPEC, "tdisp-attribute-refused", attr_set),
	CASE("attribute-of-a-fixed-range-is-invalid", "SET_MMIO_ATTRIBUTE_REQUEST of a range that may not be updated is INVALID_REQUEST, and the interface runs on",
	     "PCIe Base 6.x §11.3.22, §11.3.23", SURE_SPEC, "tdisp-attribute-anywhere", attr_fixed),
	CASE("attribute-of-no-range-is-invalid", "SET_MMIO_ATTRIBUTE_REQUEST of a range that is none of the interface is INVALID_REQUEST, and the interface runs on",
	     "PCIe Base 6.x §11.3.22, §11.3.23", SURE_SPEC, "tdisp-attribute-anywhere", attr_nowhere),
	CASE("attribute-is-reported-as-of-the-lock", "the report tells IS_NON_TEE_MEM of a range as it was when the interface was locked",
	     "PCIe Base 6.x §11.3.11", SURE_SPEC, "tdisp-report-changes", attr_reported),
	CASE("message-of-no-vendor-is-refused", "VDM_REQUEST of a vendor that is nobody is refused",
	     "PCIe Base 6.x §11.3.25", SURE_INFERRED, "tdisp-any-vendor", vdm_of_nobody),
};
/* clang-format on */

const struct judge_table judge_cases_tdisp_session = { cases, COUNT(cases) };
