/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/fall.h"
#include "pci/dma_engine.h"
#include "pci/regs.h"

/*
 * On the link: streams and keys, resets, memory with and without T, what the
 * device sends.
 * Source: PCIe Base 6.x §11.2.1, §11.4.3 to §11.4.9, §6.33.3, §6.33.8
 */

static const struct root_how in_stream = { .stream = 0, .silent = true };

/* --- streams --- */

static void end_insecure(struct judge *j)
{
	struct tee_lock l;

	if (fall_locked(j, &l) && judge_op(j, SPDM_OP_END_SESSION, NULL))
		(void)fall_insecure(j, "after END_SESSION");
}

static void version_insecure(struct judge *j)
{
	struct tee_lock l;

	if (fall_locked(j, &l) && fall_anew(j))
		(void)fall_insecure(j, "after GET_VERSION");
}

/* @way: how the session went; its keys are dead where we still have ours. */
static void keys_die(struct judge *j)
{
	struct tee_lock l;
	uint64_t addr = 0;
	enum il_err before = IL_OK, after = IL_OK;
	struct root_how how = in_stream;

	how.t = true;
	if (!fall_locked(j, &l) || !fall_mmio(j, &addr) || !tee_start(j, &l) ||
	    !fall_peek(j, &how, addr, &before))
		return;
	if (before) {
		judge_absent(j, "a trusted read in RUN is not answered");
		return;
	}
	if (judge_op(j, SPDM_OP_END_SESSION, NULL) &&
	    fall_peek(j, &how, addr, &after))
		judge_expect(j, after == IL_E_TIMEOUT,
			     "a packet under keys of a session that has ended "
			     "is answered");
}

/* Enable 0 and 1 again, without keys. */
static void stays_insecure(struct judge *j)
{
	struct target_link *t = fall_link(j);
	struct tee_lock l;
	uint32_t ctl;
	unsigned at;

	if (!fall_locked(j, &l) || !judge_op(j, SPDM_OP_END_SESSION, NULL))
		return;
	at = t->ide_block + IDE_SEL_CTL;
	if (reg_get(j, 0, at, 4, &ctl) &&
	    reg_put(j, 0, at, 4, ctl & ~IDE_SEL_CTL_ENABLE) &&
	    reg_put(j, 0, at, 4, ctl | IDE_SEL_CTL_ENABLE))
		(void)fall_insecure(j, "enabled again without new keys");
}

static bool stop_keys(struct judge *j)
{
	uint8_t m[IDEKM_KEY_HDR_LEN];

	for (unsigned i = 0; i < IDEKM_DIRS * IDEKM_SUBS; i++) {
		const struct idekm_ref ref =
			tee_ref(j, 0, i / IDEKM_SUBS, i % IDEKM_SUBS);
		struct tee_km a;

		if (!tee_km_ask(j, m, tee_key_obj(m, IDEKM_K_SET_STOP, &ref),
				&a))
			return false;
	}
	return judge_on(j);
}

static void stopped_keys_fail(struct judge *j)
{
	struct tee_lock l;
	uint64_t addr = 0;
	enum il_err err;

	if (fall_locked(j, &l) && fall_mmio(j, &addr) && stop_keys(j) &&
	    fall_peek(j, &in_stream, addr, &err) &&
	    judge_expect(j, err == IL_E_TIMEOUT,
			 "a packet under keys that were stopped is answered") &&
	    fall_insecure(j, "after a stopped key was used"))
		(void)fall_down(j, "after a stopped key was used");
}

static void bad_mac_fails(struct judge *j)
{
	struct tee_lock l;
	struct root_how how = in_stream;
	uint64_t addr = 0;
	enum il_err err;

	how.broken = true;
	if (fall_locked(j, &l) && fall_mmio(j, &addr) &&
	    fall_peek(j, &how, addr, &err) &&
	    judge_expect(j, err == IL_E_TIMEOUT,
			 "a packet whose MAC is wrong is answered") &&
	    fall_insecure(j, "after a packet whose MAC is wrong"))
		(void)fall_down(j, "after a packet whose MAC is wrong");
}

static void fail_is_told(struct judge *j)
{
	struct target_link *t = fall_link(j);
	struct root_how how = in_stream;
	struct tee_lock l;
	uint64_t addr = 0;
	enum il_err err;

	how.broken = true;
	t->root.failed = 0;
	if (fall_locked(j, &l) && fall_mmio(j, &addr) &&
	    fall_peek(j, &how, addr, &err))
		judge_expect(j, t->root.failed & 1,
			     "the stream failed, and no IDE Fail Message came");
}

static void fail_is_heard(struct judge *j)
{
	struct target_link *t = fall_link(j);
	struct tee_lock l;

	if (!fall_locked(j, &l))
		return;
	judge_note(j, "an IDE Fail Message is sent");
	if (!box_ok(j, root_fail(&t->root, 0), "sending a message"))
		return;
	if (fall_insecure(j, "after an IDE Fail Message"))
		(void)fall_down(j, "after an IDE Fail Message");
}

/* --- resets --- */

static void flr_fails(struct judge *j, bool run)
{
	struct tee_lock l;

	if ((run ? fall_running(j) : fall_locked(j, &l)) &&
	    reg_flr(j, fall_fn(j)))
		(void)fall_down(j, "after a function level reset");
}

static void flr_locked(struct judge *j)
{
	flr_fails(j, false);
}

static void flr_running(struct judge *j)
{
	flr_fails(j, true);
}

static void flr_insecure(struct judge *j)
{
	struct tee_lock l;
	uint64_t addr = 0;
	enum il_err err;

	if (fall_locked(j, &l) && fall_mmio(j, &addr) && reg_flr(j, 0) &&
	    fall_insecure(j, "after a reset of the function with the IDE "
			     "capability") &&
	    fall_peek(j, &in_stream, addr, &err))
		judge_expect(j, err == IL_E_TIMEOUT,
			     "a packet under keys of before is answered");
}

static void reset_unlocks(struct judge *j)
{
	struct tee_lock l;

	if (fall_locked(j, &l) && fall_event(j, JUDGE_EV_HOT_RESET) &&
	    fall_anew(j))
		(void)fall_stays(j, TDI_UNLOCKED, "after a hot reset");
}

static void fundamental_unlocks(struct judge *j)
{
	if (fall_running(j) && judge_reset(j) && fall_anew(j))
		(void)fall_stays(j, TDI_UNLOCKED, "after a fundamental reset");
}

/* A record of before is nobody's: no answer, or none inside the session. */
static void reset_ends_sessions(struct judge *j)
{
	uint8_t end[4] = { 0, SPDM_END_SESSION };
	bool answered = false;

	if (!judge_session(j) || !fall_event(j, JUDGE_EV_HOT_RESET))
		return;
	end[0] = judge_engine(j)->version;
	if (judge_maybe(j, JUDGE_SEALED, end, sizeof(end), &answered))
		judge_expect(j, !answered || !judge_answer(j)->opened,
			     "a session outlives a hot reset");
}

static void reset_insecure(struct judge *j)
{
	struct tee_lock l;

	if (fall_locked(j, &l) && fall_event(j, JUDGE_EV_HOT_RESET))
		(void)fall_insecure(j, "after a hot reset");
}

static void down_insecure(struct judge *j)
{
	struct tee_lock l;

	if (fall_locked(j, &l) && fall_event(j, JUDGE_EV_LINK_DOWN))
		(void)fall_insecure(j, "after the link was down");
}

/* The session may have ended as well: then another one looks. */
static void down_fails(struct judge *j)
{
	uint8_t m[TEE_REQ_MAX];
	const struct judge_answer *a = judge_answer(j);
	struct tee_lock l;
	struct spdm_span msg;
	bool answered = false;
	struct spdm_span p;
	size_t n;

	if (!fall_locked(j, &l) || !fall_event(j, JUDGE_EV_LINK_DOWN))
		return;
	n = tee_req(m, TDISP_GET_STATE, j->cfg.function_id, NULL, 0);
	msg = judge_vendor_msg(j, TDISP_PROTOCOL, m, n);
	if (!judge_maybe(j, JUDGE_SEALED, msg.p, msg.n, &answered))
		return;
	p = a->m.u.vdm.payload;
	if (answered && a->opened && !a->bad &&
	    a->m.code == SPDM_VENDOR_DEFINED_RESPONSE && p.n == 18) {
		judge_expect(j, p.p[17] != TDI_LOCKED && p.p[17] != TDI_RUN,
			     "after the link was down, the TDI is in %s",
			     tee_state_name(p.p[17]));
		return;
	}
	if (fall_anew(j))
		(void)fall_down(j, "after the link was down");
}

/* --- memory --- */

/* @want: refused. */
static void mmio(struct judge *j, enum tdi_state st, bool stream, bool t,
		 bool want)
{
	struct tee_lock l;
	uint64_t addr = 0;
	bool refused = false;
	uint32_t v;

	if (!fall_locked(j, &l) || !fall_mmio(j, &addr))
		return;
	if (st == TDI_RUN && !tee_start(j, &l))
		return;
	if (st == TDI_UNLOCKED && !tee_stop(j))
		return;
	if (st == TDI_ERROR &&
	    (!reg_put(j, fall_fn(j), CFG_COMMAND, 2, CMD_MEM) ||
	     !tee_state_is(j, TDI_ERROR)))
		return;
	if (st == TDI_ERROR)
		reg_save(j);
	if (fall_read(j, addr, stream, t, &refused, &v))
		judge_expect(j, refused == want,
			     "in %s, a read %s with T %u is %s",
			     tee_state_name(st),
			     stream ? "in the stream" : "in the clear", t,
			     refused ? "refused" : "answered");
}

static void trusted_unlocked(struct judge *j)
{
	mmio(j, TDI_UNLOCKED, true, true, true);
}

static void trusted_locked(struct judge *j)
{
	mmio(j, TDI_LOCKED, true, true, true);
}

static void plain_locked(struct judge *j)
{
	mmio(j, TDI_LOCKED, false, false, true);
}

static void untrusted_locked(struct judge *j)
{
	mmio(j, TDI_LOCKED, true, false, true);
}

static void trusted_running(struct judge *j)
{
	mmio(j, TDI_RUN, true, true, false);
}

static void plain_running(struct judge *j)
{
	mmio(j, TDI_RUN, false, false, true);
}

static void untrusted_running(struct judge *j)
{
	mmio(j, TDI_RUN, true, false, true);
}

static void trusted_error(struct judge *j)
{
	mmio(j, TDI_ERROR, true, true, true);
}

static void plain_error(struct judge *j)
{
	mmio(j, TDI_ERROR, false, false, true);
}

/* The T bit of the completion is that of the request, and so is its stream. */
static void completion_has_t(struct judge *j)
{
	struct root_how how = in_stream;
	struct tee_lock l;
	uint64_t addr = 0;
	enum il_err err;

	how.t = true;
	if (fall_locked(j, &l) && fall_mmio(j, &addr) && tee_start(j, &l) &&
	    fall_peek(j, &how, addr, &err))
		judge_expect(j, err == IL_OK,
			     err == IL_E_FIELD
				     ? "the completion is of another T bit or "
				       "stream"
				     : "the read is not answered");
}

/* --- what it sends --- */

/* The engine of ours is the one that the judge can set to work. */
static bool engine(struct judge *j, struct target_link *t)
{
	uint32_t id;

	if (!reg_get(j, 0, CFG_VENDOR_ID, 4, &id))
		return false;
	if (id == (ILK_DEVICE_DMA << 16 | ILK_VENDOR_ID) && t->bar[2])
		return true;
	judge_absent(j, "how this device is set to work is not known");
	return false;
}

static bool put(struct judge *j, struct target_link *t,
		const struct root_how *how, uint64_t addr, uint32_t v)
{
	uint8_t b[4];

	put_u32le(b, v);
	return box_ok(j, root_mem_write(&t->root, how, addr, b, 4),
		      "a memory write");
}

static bool copy(struct judge *j, struct target_link *t,
		 const struct root_how *how)
{
	const uint64_t at = t->bar[0];
	const uint32_t low = (uint32_t)ROOT_MEM_BASE,
		       high = (uint32_t)(ROOT_MEM_BASE >> 32);

	t->root.seen_n = 0;
	judge_note(j, "its DMA engine is told to copy 64 bytes");
	if (!put(j, t, how, at + DMA_SRC, low) ||
	    !put(j, t, how, at + DMA_SRC + 4, high) ||
	    !put(j, t, how, at + DMA_DST, low + 0x100) ||
	    !put(j, t, how, at + DMA_DST + 4, high) ||
	    !put(j, t, how, at + DMA_LEN, 64) ||
	    !put(j, t, how, at + DMA_CMD, DMA_CMD_COPY))
		return false;
	return box_ok(j, root_turn(&t->root, UINT64_C(50000000)),
		      "taking in what it sends");
}

static void dma_is_trusted(struct judge *j)
{
	struct target_link *t = fall_link(j);
	const struct root_how how = { .stream = 0, .t = true };

	if (!engine(j, t) || !fall_running(j) || !copy(j, t, &how))
		return;
	if (!judge_expect(j, t->root.seen_n >= 2, "it sends no request"))
		return;
	for (unsigned i = 0; i < t->root.seen_n && i < ROOT_SEEN; i++) {
		const struct root_seen *s = &t->root.seen[i];

		if (!judge_expect(
			    j, s->ide && s->t && s->stream == j->cfg.stream,
			    "request %u goes %s, T %u", i,
			    s->ide ? "in a stream" : "in the clear", s->t))
			return;
	}
}

static void dma_is_not_trusted(struct judge *j)
{
	struct target_link *t = fall_link(j);
	const struct root_how how = { .stream = ROOT_PLAIN };

	if (!engine(j, t) || !fall_keyed(j) || !copy(j, t, &how) ||
	    !judge_expect(j, t->root.seen_n >= 2, "it sends no request"))
		return;
	for (unsigned i = 0; i < t->root.seen_n && i < ROOT_SEEN; i++)
		if (!judge_expect(j, !t->root.seen[i].t, "request %u has T set",
				  i))
			return;
}

/* What a TVM left in device memory, with no STOP yet and after it. */
static void stop_scrubs(struct judge *j)
{
	struct target_link *t = fall_link(j);
	const struct root_how how = { .stream = 0, .t = true };
	bool refused = false;
	uint32_t v = 0;

	if (!engine(j, t) || !fall_running(j) ||
	    !put(j, t, &how, t->bar[2] + 0x40, 0x5ec2e75a) || !tee_stop(j) ||
	    !fall_read(j, t->bar[2] + 0x40, false, false, &refused, &v))
		return;
	judge_expect(j, refused || v != 0x5ec2e75a,
		     "what was written in RUN is read after STOP");
}

/* clang-format off */
#define LINK(n, s, src, mis, fn) \
	{ .name = "cascade/" n, .group = JUDGE_CASCADE, \
	  .needs = JUDGE_NEEDS_CFG | JUDGE_NEEDS_MEM | JUDGE_NEEDS_EVENT | \
		   JUDGE_NEEDS_RESET | JUDGE_NEEDS_LINK | JUDGE_NEEDS_SESSION, \
	  .says = (s), .source = (src), .misbehave = (mis), .run = (fn) }
#define S21 "PCIe Base 6.x §11.2.1"
#define S338 "PCIe Base 6.3 §6.33.8"
static const struct judge_case cases[] = {
	LINK("end-session-makes-insecure", "streams that a session keyed are Insecure once it ends",
	     "PCIe Base 6.x §11.4.5", "session-end-spares-streams", end_insecure),
	LINK("new-connection-makes-insecure", "GET_VERSION ends sessions, and makes what they keyed Insecure",
	     "PCIe Base 6.x §11.4.5", "session-end-spares-streams", version_insecure),
	LINK("keys-end-with-session", "keys of a session that has ended open no packet",
	     "PCIe Base 6.x §11.4.5; 6.3 §6.33.8", "session-end-spares-streams", keys_die),
	LINK("insecure-needs-new-keys", "an Insecure stream that is enabled anew is not Secure without new keys",
	     S338, "stream-always-secure", stays_insecure),
	LINK("stopped-keys-fail", "use of keys that K_SET_STOP destroyed makes the stream Insecure, and its TDIs ERROR",
	     "PCIe Base 6.3 §6.33.3; 6.x §11.4.3", "stopped-keys-live", stopped_keys_fail),
	LINK("bad-mac-fails", "a packet whose MAC is wrong is dropped, the stream is Insecure, and its TDIs in ERROR",
	     S338 "; 6.x §11.4.3", "stream-loss-unseen", bad_mac_fails),
	LINK("fail-is-told", "who makes a stream Insecure sends an IDE Fail Message",
	     S338, "ide-fail-untold", fail_is_told),
	LINK("fail-is-heard", "an IDE Fail Message makes the stream Insecure, and its TDIs ERROR",
	     S338 "; 6.x §11.4.3", "stream-loss-unseen", fail_is_heard),
	LINK("flr-fails-locked-tdi", "a function level reset takes a locked TDI of the function to ERROR",
	     "PCIe Base 6.x §11.4.9", "flr-unseen", flr_locked),
	LINK("flr-fails-running-tdi", "a function level reset takes a TDI in RUN to ERROR",
	     "PCIe Base 6.x §11.4.9", "flr-unseen", flr_running),
	LINK("flr-ends-streams", "a function level reset of the function with the IDE capability makes its streams Insecure and their keys invalid",
	     S338, "stream-always-secure", flr_insecure),
	LINK("hot-reset-unlocks", "after a hot reset a TDI is in CONFIG_UNLOCKED",
	     "PCIe Base 6.x §11.4.8", "reset-unseen", reset_unlocks),
	LINK("fundamental-reset-unlocks", "after a fundamental reset a TDI is in CONFIG_UNLOCKED",
	     "PCIe Base 6.x §11.4.8", "reset-unseen", fundamental_unlocks),
	LINK("hot-reset-ends-sessions", "a conventional reset clears the keys of sessions",
	     "PCIe Base 6.x §11.4.8", "reset-unseen", reset_ends_sessions),
	LINK("hot-reset-makes-insecure", "a conventional reset makes streams Insecure",
	     S338, "stream-always-secure", reset_insecure),
	LINK("link-down-makes-insecure", "streams are Insecure when the link goes down",
	     S338, "stream-always-secure", down_insecure),
	LINK("link-down-fails-tdi", "a TDI is in ERROR when the link goes down",
	     "PCIe Base 6.x §11.2, §11.4.3", "link-down-unseen", down_fails),
	LINK("unlocked-refuses-trusted", "in CONFIG_UNLOCKED a request with T is rejected",
	     S21, "any-request-passes", trusted_unlocked),
	LINK("locked-refuses-trusted", "in CONFIG_LOCKED a request with T to TEE memory is rejected",
	     S21, "any-request-passes", trusted_locked),
	LINK("locked-refuses-plain", "in CONFIG_LOCKED a request in the clear to TEE memory is rejected",
	     S21, "any-request-passes", plain_locked),
	LINK("locked-refuses-untrusted", "in CONFIG_LOCKED a request without T in the bound stream to TEE memory is rejected",
	     S21, "any-request-passes", untrusted_locked),
	LINK("run-takes-trusted", "in RUN a request with T in the bound stream to TEE memory is answered",
	     S21, "no-request-passes", trusted_running),
	LINK("run-refuses-plain", "in RUN a request in the clear to TEE memory is rejected",
	     S21, "any-request-passes", plain_running),
	LINK("run-refuses-untrusted", "in RUN a request without T in the bound stream to TEE memory is rejected",
	     S21, "any-request-passes", untrusted_running),
	LINK("error-refuses-trusted", "in ERROR a request with T to TEE memory is rejected",
	     S21, "any-request-passes", trusted_error),
	LINK("error-refuses-plain", "in ERROR a request in the clear to TEE memory is rejected",
	     S21, "any-request-passes", plain_error),
	LINK("completion-has-t", "a completion has the T bit and the stream of its request",
	     S21 "; 6.3 §6.33.8", "completions-lose-t", completion_has_t),
	LINK("run-sends-trusted", "in RUN memory requests have T and go in the bound stream",
	     S21, "dma-loses-t", dma_is_trusted),
	LINK("unlocked-sends-untrusted", "a TDI that is not in RUN sends no memory request with T",
	     S21, "dma-always-t", dma_is_not_trusted),
	LINK("stop-scrubs", "what a TVM wrote is not to be read after STOP_INTERFACE_REQUEST",
	     "PCIe Base 6.x §11.2, §11.3.16", "stop-scrubs-nothing", stop_scrubs),
};
/* clang-format on */

const struct judge_table judge_cases_cascade_link = { cases, COUNT(cases) };
