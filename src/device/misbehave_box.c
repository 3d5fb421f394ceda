/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "base/bytes.h"
#include "device/misbehave_priv.h"

/*
 * The DOE mailbox: its table altered, and its registers lied about.
 * Source of what they break: PCIe Base 6.3 §6.30.2, §7.9.24
 */

#define SRC_OP	 "PCIe Base 6.3 §6.30.2"
#define SRC_CTL	 "PCIe Base 6.3 §7.9.24.3"
#define SRC_STS	 "PCIe Base 6.3 §7.9.24.4"
#define SRC_READ "PCIe Base 6.3 §7.9.24.6"
#define SEC	 UINT64_C(1000000000)

/* --- cells --- */

static enum doe_step stay(struct doe_mbox *m, const union doe_arg *arg)
{
	(void)m;
	(void)arg;
	return DOE_STEP_STAY;
}

static enum doe_step drop(struct doe_mbox *m, const union doe_arg *arg)
{
	(void)arg;
	m->in_len = m->out_len = m->out_pos = 0;
	return DOE_STEP_NEXT;
}

static void cell(struct misbehave_tables *t, enum doe_event ev,
		 enum doe_state st, doe_action *act, enum doe_state next)
{
	t->doe[ev][st] = (struct doe_edge){ .act = act,
					    .next = (uint8_t)next,
					    .bad = DOE_ERROR };
}

/* Of SPDM it takes objects, or nobody would get far enough to see the rest. */
static enum doe_step go_spdm(struct doe_mbox *m, const union doe_arg *arg)
{
	if (m->in[2] == DOE_TYPE_DISCOVERY)
		return DOE_STEP_STAY;
	return doe_edges[DOE_EV_GO][DOE_RECEIVING].act(m, arg);
}

static void no_go(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	cell(t, DOE_EV_GO, DOE_RECEIVING, go_spdm, DOE_BUSY);
}

static void pop_errs(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	cell(t, DOE_EV_POP, DOE_IDLE, drop, DOE_ERROR);
	cell(t, DOE_EV_POP, DOE_RECEIVING, drop, DOE_ERROR);
}

static void abort_answer(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	cell(t, DOE_EV_ABORT, DOE_READY, stay, DOE_READY);
	cell(t, DOE_EV_ABORT, DOE_BUSY, stay, DOE_BUSY);
}

static void abort_request(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	cell(t, DOE_EV_ABORT, DOE_RECEIVING, stay, DOE_RECEIVING);
}

static void abort_errs(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	cell(t, DOE_EV_ABORT, DOE_IDLE, drop, DOE_ERROR);
}

static void error_sticks(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	cell(t, DOE_EV_ABORT, DOE_ERROR, stay, DOE_ERROR);
}

static void error_goes(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	cell(t, DOE_EV_GO, DOE_ERROR, drop, DOE_IDLE);
}

static void poison_lost(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	for (unsigned st = 0; st < DOE_STATES; st++)
		cell(t, DOE_EV_POISON, (enum doe_state)st, NULL, DOE_IDLE);
}

static void flr_lost(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	for (unsigned st = 0; st < DOE_STATES; st++)
		cell(t, DOE_EV_RESET, (enum doe_state)st, NULL, DOE_IDLE);
}

/* What does not fit is lost, and nobody hears of it. */
static enum doe_step take_dw(struct doe_mbox *m, const union doe_arg *arg)
{
	if (m->in_len + 4 > m->limit)
		return DOE_STEP_STAY;
	put_u32le(m->in + m->in_len, arg->dw);
	m->in_len += 4;
	return DOE_STEP_NEXT;
}

static enum doe_step go_or_drop(struct doe_mbox *m, const union doe_arg *arg)
{
	const enum doe_step step =
		doe_edges[DOE_EV_GO][DOE_RECEIVING].act(m, arg);

	if (step == DOE_STEP_BAD)
		(void)drop(m, arg);
	return step;
}

/* Of an object that was cut nothing is said either: Go forgets it. */
static void overflow(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	cell(t, DOE_EV_WRITE, DOE_RECEIVING, take_dw, DOE_RECEIVING);
	cell(t, DOE_EV_GO, DOE_RECEIVING, go_or_drop, DOE_BUSY);
	t->doe[DOE_EV_GO][DOE_RECEIVING].bad = DOE_IDLE;
}

/* --- objects and exchanges --- */

/* Its Length is made what it was to be; one of nothing asks for index 0. */
static void any_length(struct misbehave_one *me, uint8_t *obj, size_t cap,
		       size_t *n)
{
	(void)me;
	if (cap < 12)
		return;
	while (*n < 12)
		obj[(*n)++] = 0;
	put_u32le(obj + 4, (uint32_t)(*n / 4));
}

static bool asleep(struct misbehave_one *me, struct device_exchange *x)
{
	const struct device_fn *pf = &me->all->dev->fn[0];

	if (!x->doe || !pf->pm ||
	    !(pci_cfg_get(&pf->cfg, (uint16_t)(pf->pm + PM_CSR), 2) &
	      PM_CSR_STATE))
		return false;
	x->len = 0;
	return true;
}

static void never_late(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	cell(t, DOE_EV_LATE, DOE_BUSY, NULL, DOE_BUSY);
}

/* Discovery takes a fifth more than a second. */
static bool slow(struct misbehave_one *me, struct device_exchange *x)
{
	if (!x->doe || x->type.type != DOE_TYPE_DISCOVERY)
		return false;
	if (!me->note[0])
		me->note[0] = x->now_ns;
	if (x->now_ns - me->note[0] < SEC + SEC / 5) {
		x->err = IL_E_AGAIN;
		return true;
	}
	me->note[0] = 0;
	return false;
}

/* --- registers --- */

/* Offset in the DOE capability, or -1. */
static int rel(const struct misbehave_one *me, unsigned fn, uint16_t reg)
{
	const uint16_t cap = me->all->dev->doe_cap;

	return fn == 0 && cap && reg >= cap && reg < cap + DOE_CAP_SIZE
		       ? reg - cap
		       : -1;
}

static enum doe_state state(const struct misbehave_one *me)
{
	return me->all->dev->doe.state;
}

/* An answer to discovery is ready. */
static bool discovered(const struct misbehave_one *me)
{
	return state(me) == DOE_READY &&
	       me->all->dev->doe.out[2] == DOE_TYPE_DISCOVERY;
}

static void force(struct misbehave_one *me, enum doe_event ev)
{
	(void)!doe_event(&me->all->dev->doe, ev, &(union doe_arg){ .dw = 0 });
}

static void no_version(struct misbehave_one *me, unsigned fn, uint16_t reg,
		       uint32_t *val)
{
	if (rel(me, fn, reg) == 0)
		*val &= ~0x000f0000u;
}

static void control_shows(struct misbehave_one *me, unsigned fn, uint16_t reg,
			  uint32_t *val)
{
	if (rel(me, fn, reg) == DOE_CTL)
		*val |= DOE_CTL_ABORT | DOE_CTL_GO | DOE_CTL_INT_EN;
}

static bool reset_seen(struct misbehave_one *me, enum link_event ev)
{
	if (ev == LINK_FUND_RESET || ev == LINK_HOT_RESET)
		me->note[0] = 1;
	return true;
}

static bool abort_seen(struct misbehave_one *me, unsigned fn, uint16_t reg,
		       uint32_t *val, uint8_t *be)
{
	(void)be;
	if (rel(me, fn, reg) == DOE_CTL && (*val & DOE_CTL_ABORT))
		me->note[0] = 0;
	return true;
}

static void error_shows(struct misbehave_one *me, unsigned fn, uint16_t reg,
			uint32_t *val)
{
	if (rel(me, fn, reg) == DOE_STS && me->note[0])
		*val |= DOE_STS_ERROR;
}

static void reserved_shows(struct misbehave_one *me, unsigned fn, uint16_t reg,
			   uint32_t *val)
{
	if (rel(me, fn, reg) == DOE_STS)
		*val |= 0x00010000;
}

static bool status_writes(struct misbehave_one *me, unsigned fn, uint16_t reg,
			  uint32_t *val, uint8_t *be)
{
	(void)val;
	(void)be;
	if (rel(me, fn, reg) == DOE_STS)
		force(me, DOE_EV_ABORT);
	return true;
}

static void busy_shows(struct misbehave_one *me, unsigned fn, uint16_t reg,
		       uint32_t *val)
{
	if (rel(me, fn, reg) != DOE_STS)
		return;
	if (state(me) == DOE_READY)
		me->note[0] = 1;
	else if (me->note[0])
		*val |= DOE_STS_BUSY;
}

static void interrupt_told(struct misbehave_one *me, unsigned fn, uint16_t reg,
			   uint32_t *val)
{
	if (rel(me, fn, reg) == DOE_CAP)
		*val |= DOE_CAP_INT;
}

static bool write_kept(struct misbehave_one *me, unsigned fn, uint16_t reg,
		       uint32_t *val, uint8_t *be)
{
	(void)be;
	if (rel(me, fn, reg) == DOE_WRITE)
		me->note[0] = *val;
	return true;
}

static void write_shows(struct misbehave_one *me, unsigned fn, uint16_t reg,
			uint32_t *val)
{
	if (rel(me, fn, reg) == DOE_WRITE)
		*val = (uint32_t)me->note[0];
}

static void read_shows(struct misbehave_one *me, unsigned fn, uint16_t reg,
		       uint32_t *val)
{
	if (rel(me, fn, reg) == DOE_READ && state(me) != DOE_READY)
		*val = 0x00010001;
}

static void read_pops(struct misbehave_one *me, unsigned fn, uint16_t reg,
		      uint32_t *val)
{
	(void)val;
	if (rel(me, fn, reg) == DOE_READ && discovered(me))
		force(me, DOE_EV_POP);
}

/* Until an abort, or the next request. */
static void ready_shows(struct misbehave_one *me, unsigned fn, uint16_t reg,
			uint32_t *val)
{
	if (rel(me, fn, reg) != DOE_STS)
		return;
	if (discovered(me))
		me->note[0] = 1;
	else if (me->note[0])
		*val |= DOE_STS_READY;
}

/* A second after it was first seen to be ready. */
static void answer_dropped(struct misbehave_one *me, unsigned fn, uint16_t reg,
			   uint32_t *val)
{
	const uint64_t now = me->all->dev->now_ns;

	if (rel(me, fn, reg) != DOE_STS)
		return;
	if (state(me) != DOE_READY) {
		me->note[0] = 0;
	} else if (!me->note[0]) {
		me->note[0] = now;
	} else if (now - me->note[0] >= SEC) {
		force(me, DOE_EV_ABORT);
		*val &= ~DOE_STS_READY;
	}
}

static void answer_in_error(struct misbehave_one *me, unsigned fn, uint16_t reg,
			    uint32_t *val)
{
	if (state(me) != DOE_ERROR)
		return;
	if (rel(me, fn, reg) == DOE_STS)
		*val |= DOE_STS_READY;
	if (rel(me, fn, reg) == DOE_READ)
		*val = 0x00010001;
}

static bool flr_ends(struct misbehave_one *me, enum dsm_event ev,
		     uint32_t which)
{
	if (ev == DSM_EV_FLR && which == 0)
		dsm_front_reset_all(&me->all->dev->dsm.front);
	return true;
}

static const struct misbehaviour rows[] = {
	{ .name = "doe-capability-version-0",
	  .says = "the DOE capability has version 0",
	  .source = "PCIe Base 6.3 §7.9.24.1",
	  .cfg_read = no_version },
	{ .name = "doe-ignores-go",
	  .says = "DOE Go has no effect on objects of discovery",
	  .source = SRC_OP,
	  .tables = no_go },
	{ .name = "doe-slow",
	  .says = "discovery is answered after more than a second",
	  .source = SRC_OP,
	  .tables = never_late,
	  .ask = slow },
	{ .name = "doe-control-sticks",
	  .says = "DOE Control reads as if all of it were set",
	  .source = SRC_CTL,
	  .cfg_read = control_shows },
	{ .name = "doe-error-after-reset",
	  .says = "DOE Error is set after a conventional reset",
	  .source = SRC_STS,
	  .link_event = reset_seen,
	  .cfg_write = abort_seen,
	  .cfg_read = error_shows },
	{ .name = "doe-status-reserved",
	  .says = "a reserved bit of DOE Status reads 1",
	  .source = SRC_STS,
	  .cfg_read = reserved_shows },
	{ .name = "doe-status-writable",
	  .says = "a write of DOE Status forgets the answer that is ready",
	  .source = SRC_STS,
	  .cfg_write = status_writes },
	{ .name = "doe-stays-busy",
	  .says = "DOE Busy is set after an answer was read, until an abort",
	  .source = SRC_STS,
	  .cfg_write = abort_seen,
	  .cfg_read = busy_shows },
	{ .name = "doe-interrupt-dead",
	  .says = "interrupts are supported, but none is ever pending",
	  .source = SRC_STS "; §6.30.3",
	  .cfg_read = interrupt_told },
	{ .name = "doe-write-mailbox-shows",
	  .says = "the Write Data Mailbox reads what was written last",
	  .source = "PCIe Base 6.3 §7.9.24.5",
	  .cfg_write = write_kept,
	  .cfg_read = write_shows },
	{ .name = "doe-read-mailbox-shows",
	  .says = "the Read Data Mailbox is not 0 while Ready is clear",
	  .source = SRC_READ,
	  .cfg_read = read_shows },
	{ .name = "doe-pop-of-nothing-errs",
	  .says = "a write of the Read Data Mailbox while Ready is clear is an "
		  "error",
	  .source = SRC_READ,
	  .tables = pop_errs },
	{ .name = "doe-read-pops",
	  .says = "a read of the Read Data Mailbox takes a dword of discovery "
		  "away",
	  .source = SRC_READ,
	  .cfg_read = read_pops },
	{ .name = "doe-ready-stays",
	  .says = "Ready is set after the last dword of discovery was popped, "
		  "until an abort",
	  .source = SRC_STS,
	  .cfg_write = abort_seen,
	  .cfg_read = ready_shows },
	{ .name = "doe-drops-answer",
	  .says = "an answer that is not read within a second is dropped",
	  .source = SRC_STS,
	  .cfg_read = answer_dropped },
	{ .name = "doe-abort-keeps-answer",
	  .says = "Abort leaves an answer that is ready, or being made",
	  .source = SRC_OP,
	  .tables = abort_answer },
	{ .name = "doe-abort-keeps-request",
	  .says = "Abort leaves what was written of a request",
	  .source = SRC_CTL,
	  .tables = abort_request },
	{ .name = "doe-abort-errs",
	  .says = "Abort of an idle mailbox is an error",
	  .source = SRC_OP,
	  .tables = abort_errs },
	{ .name = "doe-any-length",
	  .says = "an object is taken whatever its Length says",
	  .source = "PCIe Base 6.3 §6.30.1",
	  .object = any_length },
	{ .name = "doe-overflow-ignored",
	  .says = "dwords that have no room in the mailbox are lost without "
		  "an error",
	  .source = SRC_OP,
	  .tables = overflow },
	{ .name = "doe-error-sticks",
	  .says = "Abort does not clear DOE Error",
	  .source = SRC_OP,
	  .tables = error_sticks },
	{ .name = "doe-answers-in-error",
	  .says = "an answer is ready while DOE Error is set",
	  .source = SRC_OP,
	  .cfg_read = answer_in_error },
	{ .name = "doe-error-goes",
	  .says = "DOE Go clears DOE Error",
	  .source = SRC_STS,
	  .tables = error_goes },
	{ .name = "doe-poison-ignored",
	  .says = "a poisoned write of a DOE register sets no error",
	  .source = SRC_OP,
	  .tables = poison_lost },
	{ .name = "doe-survives-flr",
	  .says = "a function level reset leaves the mailbox as it is",
	  .source = SRC_OP,
	  .tables = flr_lost },
	{ .name = "flr-ends-session",
	  .says = "a function level reset ends the sessions of SPDM",
	  .source = "PCIe Base 6.3 §6.31.4",
	  .event = flr_ends },
	{ .name = "doe-sleeps-in-d3",
	  .says = "no object is answered unless the function is in D0",
	  .source = "PCIe Base 6.3 §6.30.1.1",
	  .ask = asleep },
};

const struct misbehave_group misbehave_box = { "mailbox", rows, COUNT(rows) };
