/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bytes.h"
#include "doe/doe.h"
#include "judge/box.h"
#include "judge/cases.h"
#include "judge/target_link.h"
#include "pci/regs.h"

/*
 * The mailbox when something is wrong: lengths, overflow, errors, resets,
 * power states.
 * Source: PCIe Base 6.3 §6.30.1, §6.30.2, §7.9.24.4
 */

/* --- lengths; no requester of ours gets here by a socket's framing --- */

/* Discovery that says @says and has @dw dwords. */
static void mismatch(struct judge *j, uint32_t says, uint32_t dw)
{
	uint8_t ask[32] = { 0 };
	struct mailbox m;

	if (!box_open(j, &m))
		return;
	box_discovery(&m, 0, ask);
	put_u32le(ask + 4, says);
	if (box_send(j, &m, ask, 4 * (size_t)dw) &&
	    box_silent(j, &m, "its Length is not what was transferred") &&
	    box_abort(j, &m))
		(void)box_works(j, &m, "after an object of a wrong Length");
}

static void fewer(struct judge *j)
{
	mismatch(j, 4, 3);
}

static void more(struct judge *j)
{
	mismatch(j, 3, 4);
}

static void length_one(struct judge *j)
{
	mismatch(j, 1, 3);
}

/* 2^18 dwords. */
static void length_zero(struct judge *j)
{
	mismatch(j, 0, 3);
}

static void half_header(struct judge *j)
{
	mismatch(j, 3, 1);
}

/* --- DOE Error --- */

/* Dwords that are written before a mailbox of any size has overflowed. */
#define MANY (DOE_MAX_DW + 1)
/* Status is looked at after so many. */
#define LOOK 64u

/*
 * Writes an object without end, until Error is set. Long ones take long: what
 * a run has left is what there is for it.
 */
static bool overflow(struct judge *j, const struct mailbox *m)
{
	uint32_t sts = 0;

	judge_note(j, "dwords are written until DOE Error is set");
	for (uint32_t i = 0; i < MANY && !(sts & DOE_STS_ERROR); i++) {
		const uint32_t dw = i == 0 ? 1 : i == 1 ? 0 : i;

		if (!box_ok(j, mailbox_put(m, dw), "writing the mailbox"))
			return false;
		if (i % LOOK == LOOK - 1 &&
		    !box_ok(j, mailbox_status(m, &sts), "reading DOE Status"))
			return false;
	}
	if (!(sts & DOE_STS_ERROR) &&
	    (!box_ok(j, mailbox_go(m), "setting DOE Go") ||
	     !box_ok(j,
		     mailbox_until(m, DOE_STS_ERROR | DOE_STS_READY, 0, &sts),
		     "awaiting DOE Error")))
		return false;
	judge_note(j, "DOE Status reads 0x%08x", sts);
	return judge_expect(j, sts & DOE_STS_ERROR,
			    "more dwords than an object can have set no Error");
}

static void overflow_errs(struct judge *j)
{
	struct mailbox m;

	if (box_open(j, &m))
		(void)overflow(j, &m);
}

static void abort_clears_error(struct judge *j)
{
	struct mailbox m;

	if (box_open(j, &m) && overflow(j, &m) && box_abort(j, &m))
		(void)box_works(j, &m, "after an error and an abort");
}

static void error_has_no_answer(struct judge *j)
{
	struct mailbox m;
	uint32_t sts, dw;

	if (box_open(j, &m) && overflow(j, &m) &&
	    box_ok(j, mailbox_go(&m), "setting DOE Go") &&
	    box_status(j, &m, &sts) && reg_get(j, 0, m.cap + DOE_READ, 4, &dw))
		judge_expect(j, !(sts & DOE_STS_READY) && !dw,
			     "with Error set, status reads 0x%08x and the read "
			     "mailbox 0x%08x",
			     sts, dw);
}

/* Neither a write to the status nor another object. */
static void only_abort_clears(struct judge *j)
{
	uint8_t ask[BOX_DISCOVERY];
	struct mailbox m;
	uint32_t sts;

	if (!box_open(j, &m) || !overflow(j, &m))
		return;
	box_discovery(&m, 0, ask);
	if (reg_put(j, 0, m.cap + DOE_STS, 4, UINT32_MAX) &&
	    box_send(j, &m, ask, sizeof(ask)) && box_status(j, &m, &sts))
		judge_expect(j, sts & DOE_STS_ERROR,
			     "Error is cleared by something else than Abort");
}

/* §6.30.2: the first of what must set it. */
static void poisoned(struct judge *j)
{
	struct target_link *t = judge_ops(j)->link(judge_target(j));
	struct mailbox m;
	uint32_t sts;
	enum il_err err;

	if (!box_open(j, &m))
		return;
	judge_note(j, "a poisoned write of the Write Data Mailbox is sent");
	err = root_cfg_write_poisoned(&t->root, 0,
				      (uint16_t)(m.cap + DOE_WRITE), 1);
	if (err != IL_E_PEER && !box_ok(j, err, "writing a register"))
		return;
	if (box_ok(j, mailbox_until(&m, DOE_STS_ERROR, 0, &sts),
		   "awaiting DOE Error"))
		judge_expect(j, sts & DOE_STS_ERROR, "Error is clear");
}

/* --- resets and power --- */

static void flr_forgets_request(struct judge *j)
{
	uint8_t ask[BOX_DISCOVERY];
	struct mailbox m;
	uint32_t sts;

	if (!box_open(j, &m))
		return;
	box_discovery(&m, 0, ask);
	if (!box_put(j, &m, ask, 8) || !reg_flr(j, 0) ||
	    !box_status(j, &m, &sts))
		return;
	/* It may end in an error; else nothing is left that needs an abort. */
	if (!(sts & DOE_STS_ERROR) || box_abort(j, &m))
		(void)box_works(j, &m, "after a reset in a request's middle");
}

static void flr_forgets_answer(struct judge *j)
{
	uint8_t ask[BOX_DISCOVERY];
	struct mailbox m;
	uint32_t sts, dw;

	if (!box_open(j, &m))
		return;
	box_discovery(&m, 0, ask);
	if (box_send(j, &m, ask, sizeof(ask)) && box_ready(j, &m) &&
	    reg_flr(j, 0) && box_status(j, &m, &sts) &&
	    reg_get(j, 0, m.cap + DOE_READ, 4, &dw))
		judge_expect(j, !(sts & DOE_STS_READY) && !dw,
			     "after it the status is 0x%08x, the read mailbox "
			     "0x%08x",
			     sts, dw);
}

static void flr_ends_request(struct judge *j)
{
	uint8_t ask[12];
	struct wr w = wr_over(ask, sizeof(ask));
	static const uint8_t get_version[4] = { 0x10, 0x84, 0, 0 };
	struct mailbox m;

	if (!box_open(j, &m) || doe_wrap(&w, doe_spdm(false), get_version, 4))
		return;
	if (box_send(j, &m, ask, sizeof(ask)) && reg_flr(j, 0))
		(void)box_silent(j, &m, "the function was reset meanwhile");
}

/* The session is whole: what is asked in it is answered in it. */
static void flr_keeps_session(struct judge *j)
{
	uint8_t end[4] = { 0, SPDM_END_SESSION };

	if (!judge_session(j) || !reg_flr(j, 0))
		return;
	end[0] = judge_engine(j)->version;
	if (judge_secured(j, end, sizeof(end)))
		(void)judge_answers(j, SPDM_END_SESSION_ACK);
}

/* D0 and back, by the power management capability. */
static void wake(struct judge *j)
{
	const struct regs regs = box_regs(j);
	const uint16_t pm = regs_cap(&regs, 0, CAP_PM);

	if (regs_write(&regs, 0, pm + PM_CSR, 2,
		       regs_get(&regs, 0, pm + PM_CSR, 2) & ~PM_CSR_STATE))
		return;
	judge_ops(j)->wait(judge_target(j), judge_now(j) + 10000000);
}

static void works_in_d3(struct judge *j)
{
	const struct regs regs = box_regs(j);
	const uint16_t pm = regs_cap(&regs, 0, CAP_PM);
	struct mailbox m;
	uint32_t csr;

	if (!box_open(j, &m))
		return;
	if (!pm) {
		judge_absent(j, "it has no power management capability");
		return;
	}
	reg_save(j);
	judge_later(j, wake);
	if (!reg_get(j, 0, pm + PM_CSR, 2, &csr) ||
	    !reg_put(j, 0, pm + PM_CSR, 2, csr | PM_STATE_D3))
		return;
	judge_ops(j)->wait(judge_target(j), judge_now(j) + 10000000);
	(void)box_works(j, &m, "in D3hot");
}

/* clang-format off */
#define S1 "PCIe Base 6.3 §6.30.1"
#define S2 "PCIe Base 6.3 §6.30.2"
static const struct judge_case cases[] = {
	{ .name = "doe/fewer-dwords-than-length", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "an object of fewer dwords than its Length says is discarded as a whole",
	  .source = S1, .misbehave = "doe-any-length", .run = fewer },
	{ .name = "doe/more-dwords-than-length", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "an object of more dwords than its Length says is discarded as a whole",
	  .source = S1, .misbehave = "doe-any-length", .run = more },
	{ .name = "doe/length-1", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "an object of Length 1, which is not allowed, is discarded",
	  .source = S1 ", Table 6-29", .misbehave = "doe-any-length",
	  .run = length_one },
	{ .name = "doe/length-0", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "Length 0 means 2^18 dwords: a short object that has it is discarded",
	  .source = S1 ", Table 6-29", .misbehave = "doe-any-length",
	  .run = length_zero },
	{ .name = "doe/one-dword", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "one dword is no object and is discarded",
	  .source = S1, .misbehave = "doe-any-length", .run = half_header },
	{ .name = "doe/overflow-sets-error", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "overflow of the Write Data Mailbox sets DOE Error",
	  .source = S2, .misbehave = "doe-overflow-ignored",
	  .run = overflow_errs },
	{ .name = "doe/abort-clears-error", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "Abort clears DOE Error within 1 second, and the mailbox works again",
	  .source = S2 "; §7.9.24.4", .misbehave = "doe-error-sticks",
	  .run = abort_clears_error },
	{ .name = "doe/error-has-no-answer", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "no answer is generated when Error is set",
	  .source = S2, .misbehave = "doe-answers-in-error",
	  .run = error_has_no_answer },
	{ .name = "doe/only-abort-clears-error", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "Abort alone clears DOE Error: no write of the status, and no further object",
	  .source = "PCIe Base 6.3 §7.9.24.4", .misbehave = "doe-error-goes",
	  .run = only_abort_clears },
	{ .name = "doe/poisoned-write-sets-error", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG | JUDGE_NEEDS_LINK,
	  .says = "a poisoned configuration write of a DOE register sets DOE Error",
	  .source = S2, .misbehave = "doe-poison-ignored", .run = poisoned },
	{ .name = "doe/flr-forgets-request", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "a function level reset aborts a request that is being written",
	  .source = S2, .misbehave = "doe-survives-flr",
	  .run = flr_forgets_request },
	{ .name = "doe/flr-forgets-answer", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "a function level reset aborts an answer that is ready",
	  .source = S2, .misbehave = "doe-survives-flr",
	  .run = flr_forgets_answer },
	{ .name = "doe/flr-ends-request", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "an SPDM request that is processed when its function is reset is not answered",
	  .source = "PCIe Base 6.3 §6.31.3", .misbehave = "doe-survives-flr",
	  .run = flr_ends_request },
	{ .name = "doe/flr-keeps-session", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG | JUDGE_NEEDS_SESSION,
	  .says = "a function level reset does not change a secure session that is established",
	  .source = "PCIe Base 6.3 §6.31.4", .misbehave = "flr-ends-session",
	  .run = flr_keeps_session },
	{ .name = "doe/discovery-in-d3hot", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "discovery works in D3hot",
	  .source = "PCIe Base 6.3 §6.30.1.1", .misbehave = "doe-sleeps-in-d3",
	  .run = works_in_d3 },
};
/* clang-format on */

const struct judge_table judge_cases_doe_err = { cases, COUNT(cases) };
