/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/target_link.h"
#include "judge/tee.h"
#include "pci/regs.h"

/*
 * What of configuration LOCK stands on, where registers are the judge's to
 * write: the lock is refused, and what was written is put back. Which of two
 * codes tells of streams the text leaves open.
 */

static struct target_link *link_of(struct judge *j)
{
	return judge_ops(j)->link(judge_target(j));
}

static bool put(struct judge *j, unsigned reg, uint32_t v)
{
	if (!judge_on(j))
		return false;
	if (!judge_ops(j)->cfg_write(judge_target(j), 0, (uint16_t)reg, 4, v))
		return true;
	judge_absent(j, "register 0x%03x takes no write", reg);
	return false;
}

static void refused(struct judge *j, bool streams)
{
	uint8_t body[TEE_LOCK_LEN];
	struct tee_td a;

	tee_lock_body(j, body, 0, 0);
	if (!tee_ask(j, TDISP_LOCK_REQ, body, sizeof(body), &a) ||
	    !(streams ? tee_error(j, &a, TDISP_E_INVALID_DEVICE_CONFIGURATION,
				  TDISP_E_INVALID_REQUEST)
		      : tee_error(j, &a, TDISP_E_INVALID_DEVICE_CONFIGURATION)))
		return;
	(void)tee_state_is(j, TDI_UNLOCKED);
}

/* --- BARs --- */

/* The second of two BARs that are there; 0: there are not two. */
static unsigned second_bar(const struct target_link *t)
{
	for (unsigned b = 1; b < COUNT(t->bar); b++)
		if (t->bar_size[0] && t->bar_size[b])
			return b;
	return 0;
}

static void bar_back(struct judge *j)
{
	const struct target_link *t = link_of(j);
	const unsigned b = second_bar(t);

	if (b)
		(void)put(j, CFG_BAR(b), (uint32_t)t->bar[b]);
}

static void overlapping(struct judge *j)
{
	const struct target_link *t = link_of(j);
	unsigned b;

	if (!tee_keyed(j))
		return;
	b = second_bar(t);
	if (!b) {
		judge_absent(j, "the function has no two BARs");
		return;
	}
	judge_later(j, bar_back);
	if (put(j, CFG_BAR(b), (uint32_t)t->bar[0]))
		refused(j, false);
}

/* --- streams --- */

/* The control register of the stream that is judged, or of the next one. */
static unsigned control(struct judge *j, unsigned nth)
{
	const struct target_link *t = link_of(j);
	uint32_t cap = 0;

	if (judge_ops(j)->cfg_read(judge_target(j), 0, t->ide_block, &cap))
		judge_absent(j, "the stream has no registers");
	return t->ide_block + IDE_SEL_CTL +
	       nth * IDE_SEL_BLOCK_SIZE(
			     (unsigned)field_get(IDE_SEL_CAP_ADDRS, cap));
}

static void next_off(struct judge *j)
{
	(void)put(j, control(j, 1), 0xffu << 24);
}

#define TC_1 (UINT32_C(1) << 19)
#define BOTH (IDE_SEL_CTL_DEFAULT | IDE_SEL_CTL_ENABLE)

/* Of another class, as some port takes no two of one. */
static void two_defaults(struct judge *j)
{
	const uint32_t ctl =
		(uint32_t)(j->cfg.stream ^ 0x40u) << 24 | BOTH | TC_1;
	uint32_t cap = 0;

	if (!tee_keyed(j))
		return;
	if (judge_ops(j)->cfg_read(judge_target(j), 0,
				   (uint16_t)(link_of(j)->ide_cap + IDE_CAP),
				   &cap) ||
	    !field_get(IDE_CAP_SEL_NUM, cap)) {
		judge_absent(j, "the device has one Selective IDE Stream");
		return;
	}
	judge_later(j, next_off);
	if (!put(j, control(j, 1), ctl))
		return;
	if (judge_ops(j)->cfg_read(judge_target(j), 0, (uint16_t)control(j, 1),
				   &cap) ||
	    (cap & BOTH) != BOTH) {
		judge_absent(j, "the device takes no second default stream");
		return;
	}
	refused(j, true);
}

/* Keys go to a stream that is off; it is enabled for class 1 then. */
static void other_class(struct judge *j)
{
	const uint32_t ctl =
		(uint32_t)j->cfg.stream << 24 | IDE_SEL_CTL_DEFAULT | TC_1;

	if (tee_session(j) && put(j, control(j, 0), ctl) && tee_keys(j, 0) &&
	    put(j, control(j, 0), ctl | IDE_SEL_CTL_ENABLE))
		refused(j, true);
}

/* clang-format off */
#define SRC "PCIe Base 6.x §11.3.8"
#define CASE(what, text, how, fn)                                          \
	{                                                                  \
		.name = "tdisp/" what, .group = JUDGE_TDISP,               \
		.needs = JUDGE_NEEDS_SESSION | JUDGE_NEEDS_CFG |           \
			 JUDGE_NEEDS_LINK,                                 \
		.says = (text), .source = SRC, .sure = (how),                  \
		.misbehave = "tdisp-configuration-unminded", .run = (fn),    \
	}
static const struct judge_case cases[] = {
	CASE("lock-with-overlapping-bars-is-refused", "LOCK_INTERFACE_REQUEST of a device whose BARs overlap is INVALID_DEVICE_CONFIGURATION, and locks nothing",
	     SURE_SPEC, overlapping),
	CASE("lock-with-two-default-streams-is-refused", "LOCK_INTERFACE_REQUEST of a device with two default streams is refused",
	     SURE_SPEC, two_defaults),
	CASE("lock-of-another-traffic-class-is-refused", "LOCK_INTERFACE_REQUEST of a default stream of another traffic class than 0 is refused",
	     SURE_SPEC, other_class),
};
/* clang-format on */

const struct judge_table judge_cases_tdisp_config = { cases, COUNT(cases) };
