/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bytes.h"
#include "judge/box.h"
#include "judge/cases.h"
#include "judge/target_link.h"
#include "pci/regs.h"

/*
 * The mailbox at its registers: what each of them does, and an abort.
 * Source: PCIe Base 6.3 §6.30.2, §6.30.3, §7.9.24
 */

static void version(struct judge *j)
{
	struct mailbox m;

	if (box_open(j, &m))
		judge_expect(j, m.version >= 1, "Capability Version is %u",
			     m.version);
}

static void exchange(struct judge *j)
{
	struct mailbox m;

	if (box_open(j, &m))
		(void)box_works(j, &m, "in an idle mailbox");
}

static void one_second(struct judge *j)
{
	uint8_t ask[BOX_DISCOVERY];
	struct mailbox m;
	uint64_t began;

	if (!box_open(j, &m))
		return;
	box_discovery(&m, 0, ask);
	began = judge_now(j);
	if (!box_send(j, &m, ask, sizeof(ask)) || !box_ready(j, &m))
		return;
	judge_expect(j, judge_now(j) - began <= UINT64_C(1000000000),
		     "Data Object Ready came after %llu ms",
		     (unsigned long long)(judge_now(j) - began) / 1000000);
}

/* --- control --- */

static bool ctl(struct judge *j, const struct mailbox *m, uint32_t *v)
{
	return reg_get(j, 0, m->cap + DOE_CTL, 4, v);
}

static void abort_reads_zero(struct judge *j)
{
	struct mailbox m;
	uint32_t v;

	if (box_open(j, &m) && box_abort(j, &m) && ctl(j, &m, &v))
		judge_expect(j, !(v & DOE_CTL_ABORT), "DOE Abort reads 1");
}

static void go_reads_zero(struct judge *j)
{
	uint8_t ask[BOX_DISCOVERY];
	struct mailbox m;
	uint32_t v;

	if (!box_open(j, &m))
		return;
	box_discovery(&m, 0, ask);
	if (box_send(j, &m, ask, sizeof(ask)) && ctl(j, &m, &v))
		judge_expect(j, !(v & DOE_CTL_GO), "DOE Go reads 1");
}

static void interrupts_begin_off(struct judge *j)
{
	struct mailbox m;
	uint32_t v;

	if (judge_reset(j) && box_open(j, &m) && ctl(j, &m, &v))
		judge_expect(j, !(v & DOE_CTL_INT_EN),
			     "DOE Interrupt Enable is set after a reset");
}

/* --- status --- */

/* As the target found it, before it was aborted. */
static void begins_clear(struct judge *j)
{
	const struct target_link *t = judge_ops(j)->link(judge_target(j));

	if (judge_reset(j))
		judge_expect(
			j, !(t->carry.found & (DOE_STS_READY | DOE_STS_ERROR)),
			"DOE Status reads 0x%08x", t->carry.found);
}

static void reserved_status(struct judge *j)
{
	struct mailbox m;
	uint32_t cap, sts, never = 0x7fffffe0;

	if (!box_open(j, &m) || !reg_get(j, 0, m.cap + DOE_CAP, 4, &cap))
		return;
	/* Attention, async messages, interrupts: what is not supported. */
	never |= cap & DOE_CAP_INT ? 0 : DOE_STS_INT;
	never |= cap & 0x1000 ? 0 : 0x10;
	never |= cap & 0x2000 ? 0 : 0x08;
	if (box_works(j, &m, "in an idle mailbox") && box_status(j, &m, &sts))
		judge_expect(j, !(sts & never),
			     "bits 0x%08x are set, of what is reserved or not "
			     "supported",
			     sts & never);
}

/* Bits that software has no write to. RW1C of the interrupt is the least. */
static void status_is_read_only(struct judge *j)
{
	uint8_t ask[BOX_DISCOVERY];
	struct mailbox m;
	uint32_t sts;

	if (!box_open(j, &m))
		return;
	box_discovery(&m, 0, ask);
	if (!box_send(j, &m, ask, sizeof(ask)) || !box_ready(j, &m) ||
	    !reg_put(j, 0, m.cap + DOE_STS, 4, UINT32_MAX) ||
	    !box_status(j, &m, &sts))
		return;
	judge_expect(j, (sts & DOE_STS_READY) && !(sts & DOE_STS_ERROR),
		     "after a write of ones it reads 0x%08x", sts);
}

static void busy_ends(struct judge *j)
{
	struct mailbox m;
	uint32_t sts;

	if (box_open(j, &m) && box_works(j, &m, "in an idle mailbox") &&
	    box_ok(j, mailbox_until(&m, 0, DOE_STS_BUSY, &sts),
		   "awaiting that DOE Busy clears"))
		judge_expect(j, !(sts & DOE_STS_BUSY), "it stays busy");
}

static void interrupt_status(struct judge *j)
{
	uint8_t ask[BOX_DISCOVERY];
	struct mailbox m;
	uint32_t sts;

	if (!box_open(j, &m))
		return;
	box_discovery(&m, 0, ask);
	if (!reg_put(j, 0, m.cap + DOE_STS, 4, DOE_STS_INT) ||
	    !box_status(j, &m, &sts) ||
	    !judge_expect(j, !(sts & DOE_STS_INT),
			  "DOE Interrupt Status is not cleared by writing 1") ||
	    !box_send(j, &m, ask, sizeof(ask)) || !box_ready(j, &m) ||
	    !box_status(j, &m, &sts))
		return;
	judge_expect(j, m.interrupts == !!(sts & DOE_STS_INT),
		     "Ready was set, DOE Interrupt Status reads %u and DOE "
		     "Interrupt Support %u",
		     !!(sts & DOE_STS_INT), m.interrupts);
}

/* --- the two mailbox registers --- */

static void write_reads_zero(struct judge *j)
{
	struct mailbox m;
	uint32_t v;

	if (box_open(j, &m) &&
	    box_ok(j, mailbox_put(&m, 0x12345678), "writing the mailbox") &&
	    reg_get(j, 0, m.cap + DOE_WRITE, 4, &v))
		judge_expect(j, !v, "it reads 0x%08x", v);
}

static void read_is_zero(struct judge *j)
{
	struct mailbox m;
	uint32_t v, w;

	if (box_open(j, &m) && reg_get(j, 0, m.cap + DOE_READ, 4, &v) &&
	    box_works(j, &m, "in an idle mailbox") &&
	    reg_get(j, 0, m.cap + DOE_READ, 4, &w))
		judge_expect(j, !v && !w,
			     "with Ready clear it reads 0x%08x before an "
			     "answer and 0x%08x after it",
			     v, w);
}

static void pop_of_nothing(struct judge *j)
{
	struct mailbox m;

	if (box_open(j, &m) &&
	    box_ok(j, mailbox_pop(&m), "writing the read mailbox") &&
	    box_ok(j, mailbox_pop(&m), "writing the read mailbox"))
		(void)box_works(j, &m,
				"after the read mailbox was written with "
				"Ready clear");
}

/* In the middle of an object of ours, too. */
static void pop_while_writing(struct judge *j)
{
	uint8_t ask[BOX_DISCOVERY], out[64];
	struct mailbox m;
	size_t len = 0;

	if (!box_open(j, &m))
		return;
	box_discovery(&m, 0, ask);
	if (box_put(j, &m, ask, 8) &&
	    box_ok(j, mailbox_pop(&m), "writing the read mailbox") &&
	    box_send(j, &m, ask + 8, 4) && box_ready(j, &m) &&
	    box_read(j, &m, out, sizeof(out), &len))
		judge_expect(j, len == BOX_DISCOVERY && !out[10],
			     "the answer has %zu bytes", len);
}

/* @p: a discovery answer is ready, and one dword of it is read twice. */
static bool ready_answer(struct judge *j, struct mailbox *m)
{
	uint8_t ask[BOX_DISCOVERY];

	if (!box_open(j, m))
		return false;
	box_discovery(m, 0, ask);
	return box_send(j, m, ask, sizeof(ask)) && box_ready(j, m);
}

static void reads_do_not_pop(struct judge *j)
{
	struct mailbox m;
	uint32_t a, b;

	if (ready_answer(j, &m) && reg_get(j, 0, m.cap + DOE_READ, 4, &a) &&
	    reg_get(j, 0, m.cap + DOE_READ, 4, &b))
		judge_expect(j, a == b && (a & 0x00ffffff) == 1,
			     "the first dword reads 0x%08x, then 0x%08x", a, b);
}

/* Ready is there for each dword, and no longer. */
static void ready_until_the_last(struct judge *j)
{
	struct mailbox m;
	uint32_t sts, dw = 0, n = 0;

	if (!ready_answer(j, &m))
		return;
	for (uint32_t i = 0; i < 2 || i < n; i++) {
		if (!box_status(j, &m, &sts) ||
		    !judge_expect(j, sts & DOE_STS_READY,
				  "Ready is clear before dword %u", i) ||
		    !reg_get(j, 0, m.cap + DOE_READ, 4, &dw) ||
		    !box_ok(j, mailbox_pop(&m), "writing the read mailbox"))
			return;
		if (i == 1)
			n = dw & 0x3ffff;
		if (!judge_expect(j, i != 1 || (n >= 3 && n <= 16),
				  "the answer's Length is %u", n))
			return;
	}
	if (box_status(j, &m, &sts))
		judge_expect(j, !(sts & DOE_STS_READY),
			     "Ready is set after %u dwords", n);
}

static void answer_waits(struct judge *j)
{
	uint8_t out[64];
	struct mailbox m;
	size_t len = 0;

	if (!ready_answer(j, &m))
		return;
	judge_ops(j)->wait(judge_target(j),
			   judge_now(j) + 2 * UINT64_C(1000000000));
	if (box_read(j, &m, out, sizeof(out), &len))
		judge_expect(j, len >= BOX_DISCOVERY, "%zu bytes are left",
			     len);
}

/* --- abort --- */

static void abort_clears_ready(struct judge *j)
{
	struct mailbox m;
	uint32_t sts, dw;

	if (ready_answer(j, &m) && box_abort(j, &m) &&
	    box_status(j, &m, &sts) && reg_get(j, 0, m.cap + DOE_READ, 4, &dw))
		judge_expect(j, !(sts & DOE_STS_READY) && !dw,
			     "status 0x%08x, read mailbox 0x%08x after it", sts,
			     dw);
}

static void abort_while_reading(struct judge *j)
{
	struct mailbox m;

	if (ready_answer(j, &m) &&
	    box_ok(j, mailbox_pop(&m), "writing the read mailbox") &&
	    box_abort(j, &m))
		(void)box_works(j, &m, "after an abort in an answer's middle");
}

static void abort_forgets(struct judge *j)
{
	uint8_t ask[BOX_DISCOVERY];
	struct mailbox m;

	if (!box_open(j, &m))
		return;
	box_discovery(&m, 0, ask);
	if (box_put(j, &m, ask, 8) && box_abort(j, &m))
		(void)box_works(j, &m, "after an abort in a request's middle");
}

static void abort_of_nothing(struct judge *j)
{
	struct mailbox m;

	if (box_open(j, &m) && box_abort(j, &m) && box_abort(j, &m))
		(void)box_works(j, &m, "after two aborts of nothing");
}

/* The answer to what was aborted does not come later. */
static void abort_at_once(struct judge *j)
{
	uint8_t ask[BOX_DISCOVERY];
	struct mailbox m;

	if (!box_open(j, &m))
		return;
	box_discovery(&m, 0, ask);
	if (box_send(j, &m, ask, sizeof(ask)) && box_abort(j, &m))
		(void)box_silent(j, &m, "it was aborted");
}

/* clang-format off */
#define S2 "PCIe Base 6.3 §6.30.2"
#define S7(n) "PCIe Base 6.3 §7.9.24." #n
static const struct judge_case cases[] = {
	{ .name = "doe/capability-version", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "the DOE capability has a version: 1h, or 2h since 6.1",
	  .source = S7(1), .misbehave = "doe-capability-version-0",
	  .run = version },
	{ .name = "doe/exchange", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "an object that is written dword by dword and released by Go is answered by one that can be read so",
	  .source = S2, .misbehave = "doe-ignores-go",
	  .run = exchange },
	{ .name = "doe/answer-within-a-second", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "the answer is ready, or Error is set, within 1 second of Go",
	  .source = S2, .misbehave = "doe-slow",
	  .run = one_second },
	{ .name = "doe/abort-reads-zero", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "DOE Abort reads 0", .source = S7(3),
	  .misbehave = "doe-control-sticks", .run = abort_reads_zero },
	{ .name = "doe/go-reads-zero", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "DOE Go reads 0", .source = S7(3),
	  .misbehave = "doe-control-sticks", .run = go_reads_zero },
	{ .name = "doe/interrupts-begin-disabled", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG | JUDGE_NEEDS_RESET,
	  .says = "DOE Interrupt Enable is 0 after a reset",
	  .source = S7(3), .misbehave = "doe-control-sticks",
	  .run = interrupts_begin_off },
	{ .name = "doe/status-begins-clear", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_LINK | JUDGE_NEEDS_RESET,
	  .says = "Data Object Ready and DOE Error are 0 after a reset",
	  .source = S7(4), .misbehave = "doe-error-after-reset",
	  .run = begins_clear },
	{ .name = "doe/status-reserved-is-zero", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "status bits that are reserved, and those of interrupts, attention and async messages where they are not supported, read 0",
	  .source = S7(4), .misbehave = "doe-status-reserved",
	  .run = reserved_status },
	{ .name = "doe/status-is-read-only", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "a write to DOE Status clears neither Ready nor the object",
	  .source = S7(4), .misbehave = "doe-status-writable",
	  .run = status_is_read_only },
	{ .name = "doe/busy-clears", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "DOE Busy is cleared when another object can be taken",
	  .source = S7(4), .misbehave = "doe-stays-busy",
	  .run = busy_ends },
	{ .name = "doe/interrupt-status", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "where interrupts are supported, DOE Interrupt Status is set when Ready is, and cleared by writing 1; else it stays 0",
	  .source = S7(4) "; §6.30.3", .misbehave = "doe-interrupt-dead",
	  .run = interrupt_status },
	{ .name = "doe/write-mailbox-reads-zero", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "the Write Data Mailbox reads 0",
	  .source = S7(5), .misbehave = "doe-write-mailbox-shows",
	  .run = write_reads_zero },
	{ .name = "doe/read-mailbox-is-empty", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "the Read Data Mailbox reads 0 while Ready is clear",
	  .source = S7(6), .misbehave = "doe-read-mailbox-shows",
	  .run = read_is_zero },
	{ .name = "doe/pop-of-nothing", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "a write to the Read Data Mailbox while Ready is clear has no effect",
	  .source = S7(6), .misbehave = "doe-pop-of-nothing-errs",
	  .run = pop_of_nothing },
	{ .name = "doe/pop-while-writing", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "a write to the Read Data Mailbox has no effect on a request that is being written",
	  .source = S7(6), .misbehave = "doe-pop-of-nothing-errs",
	  .run = pop_while_writing },
	{ .name = "doe/read-does-not-pop", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "a dword of the answer stays until the Read Data Mailbox is written",
	  .source = S7(6), .misbehave = "doe-read-pops",
	  .run = reads_do_not_pop },
	{ .name = "doe/ready-until-the-last-dword", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "Ready is set until the last dword of the answer is popped, and clear after it",
	  .source = S7(4), .misbehave = "doe-ready-stays",
	  .run = ready_until_the_last },
	{ .name = "doe/answer-waits", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG, .sure = SURE_INFERRED,
	  .says = "an answer that is ready waits until it is read",
	  .source = S7(4), .misbehave = "doe-drops-answer",
	  .run = answer_waits },
	{ .name = "doe/abort-clears-ready", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "Abort clears Ready within 1 second, and the answer is gone",
	  .source = S2 "; §7.9.24.4", .misbehave = "doe-abort-keeps-answer",
	  .run = abort_clears_ready },
	{ .name = "doe/abort-while-reading", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "Abort in the middle of an answer ends it; the next exchange is whole",
	  .source = S7(3), .misbehave = "doe-abort-keeps-answer",
	  .run = abort_while_reading },
	{ .name = "doe/abort-forgets-request", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "Abort in the middle of a request forgets what was written of it",
	  .source = S7(3), .misbehave = "doe-abort-keeps-request",
	  .run = abort_forgets },
	{ .name = "doe/abort-of-nothing", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "Abort may be written at any time, of an idle mailbox too",
	  .source = S2, .misbehave = "doe-abort-errs",
	  .run = abort_of_nothing },
	{ .name = "doe/abort-after-go", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_CFG,
	  .says = "what was aborted is not answered later",
	  .source = S7(3), .misbehave = "doe-abort-keeps-answer",
	  .run = abort_at_once },
};
/* clang-format on */

const struct judge_table judge_cases_doe_box = { cases, COUNT(cases) };
