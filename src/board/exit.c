/* SPDX-License-Identifier: BSD-2-Clause */
#include "board/exit.h"

#include <string.h>

#include "base/bits.h"
#include "base/bytes.h"

void board_exit_init(struct board_exit *x, uint64_t base, uint64_t size)
{
	*x = (struct board_exit){ .base = base,
				  .size = size,
				  .fn = BOARD_VM_FN_NONE };
}

static void interrupt(const struct board_exit *x, bool host)
{
	if (x->irq)
		x->irq(x->ctx, host);
}

/* --- the exit --- */

/* The answer is the guest's from here on, and nobody waits. */
static void answer(struct board_exit *x, const uint64_t reg[BOARD_EXIT_REGS])
{
	memcpy(x->guest, reg, sizeof(x->guest));
	x->waits = false;
	interrupt(x, false);
}

/* As a processor that is not there: all ones, also where success would be 0. */
static void nobody(struct board_exit *x)
{
	uint64_t reg[BOARD_EXIT_REGS];

	for (unsigned i = 0; i < COUNT(reg); i++)
		reg[i] = BOARD_EXIT_NOBODY;
	answer(x, reg);
}

static void run(struct board_exit *x)
{
	if (x->waits || !(x->state & BOARD_VM_RUNS))
		return;
	x->waits = true;
	if (!++x->seq)
		x->seq = 1;
	if (!x->host_there) {
		nobody(x);
		return;
	}
	memcpy(x->host, x->guest, sizeof(x->host));
	interrupt(x, true);
}

void board_exit_forget(struct board_exit *x)
{
	x->waits = false;
	memset(x->guest, 0, sizeof(x->guest));
	memset(x->host, 0, sizeof(x->host));
}

void board_exit_state(struct board_exit *x, uint32_t state)
{
	if (x->state == state)
		return;
	x->state = state;
	if (!(state & BOARD_VM_RUNS))
		board_exit_forget(x);
	interrupt(x, true);
}

void board_exit_host(struct board_exit *x, bool there)
{
	x->host_there = there;
	if (there)
		return;
	x->asid = 0;
	x->fn = BOARD_VM_FN_NONE;
	x->secrets = 0;
	memset(x->host, 0, sizeof(x->host));
	if (x->waits)
		nobody(x);
}

void board_exit_bar(struct board_exit *x, unsigned n, uint64_t gpa)
{
	if (n < COUNT(x->bar))
		x->bar[n] = gpa;
}

/* --- registers --- */

/* Who may do what: rows of the table below. */
#define HR 0x1u /* the host reads */
#define HW 0x2u
#define GR 0x4u /* the guest reads */
#define GW 0x8u

enum slot {
	SLOT_STATE,
	SLOT_BASE,
	SLOT_SIZE,
	SLOT_ASID,
	SLOT_FN,
	SLOT_SECRETS,
	SLOT_BAR,
	SLOT_STATUS,
	SLOT_GO,
	SLOT_SEQ,
	SLOT_REG,
};

/* clang-format off */
static const struct reg {
	uint32_t off;
	uint8_t width;
	uint8_t n; /* how many, one behind the other */
	uint8_t may;
	enum slot slot;
} regs[] = {
	{ BOARD_VM_STATE,    4, 1,		 HR,		    SLOT_STATE },
	{ BOARD_VM_BASE,     8, 1,		 HR,		    SLOT_BASE },
	{ BOARD_VM_SIZE,     8, 1,		 HR,		    SLOT_SIZE },
	{ BOARD_VM_ASID,     4, 1,		 HR | HW,	    SLOT_ASID },
	{ BOARD_VM_FN,	     4, 1,		 HR | HW,	    SLOT_FN },
	{ BOARD_VM_SECRETS,  8, 1,		 HR | HW | GR,	    SLOT_SECRETS },
	{ BOARD_VM_BAR,	     8, BOARD_VM_BARS,	 HR,		    SLOT_BAR },
	{ BOARD_EXIT_STATUS, 4, 1,		 HR | GR,	    SLOT_STATUS },
	{ BOARD_EXIT_RUN,    4, 1,		 HW | GW,	    SLOT_GO },
	{ BOARD_EXIT_SEQ,    4, 1,		 HR,		    SLOT_SEQ },
	{ BOARD_EXIT_CODE,   8, BOARD_EXIT_REGS, HR | HW | GR | GW, SLOT_REG },
};
/* clang-format on */

/* Where an access goes: a register, and which half of it. */
struct place {
	const struct reg *r;
	unsigned i;	/* which of them */
	uint32_t shift; /* 32: the upper half */
};

static bool find(uint32_t off, uint32_t len, uint8_t may, struct place *out)
{
	for (unsigned k = 0; k < COUNT(regs); k++) {
		const struct reg *r = &regs[k];
		const uint32_t at = off - r->off;

		if (off < r->off || at >= (uint32_t)r->width * r->n)
			continue;
		if (!(r->may & may) || (len != 4 && len != r->width) ||
		    at % len)
			return false;
		*out = (struct place){ r, at / r->width, at % r->width * 8 };
		return true;
	}
	return false;
}

static uint64_t get(const struct board_exit *x, bool host,
		    const struct place *p)
{
	switch (p->r->slot) {
	case SLOT_STATE:
		return x->state;
	case SLOT_BASE:
		return x->base;
	case SLOT_SIZE:
		return x->size;
	case SLOT_ASID:
		return x->asid;
	case SLOT_FN:
		return x->fn;
	case SLOT_SECRETS:
		return x->secrets;
	case SLOT_BAR:
		return x->bar[p->i];
	case SLOT_STATUS:
		return x->waits;
	case SLOT_GO:
		return 0;
	case SLOT_SEQ:
		return x->seq;
	case SLOT_REG:
		return host ? x->host[p->i] : x->guest[p->i];
	}
	return 0;
}

void board_exit_get(const struct board_exit *x, bool host, uint32_t off,
		    uint8_t *buf, uint32_t len)
{
	struct place p;
	uint64_t v;

	memset(buf, 0xff, len);
	if (!find(off, len, host ? HR : GR, &p))
		return;
	v = get(x, host, &p) >> p.shift;
	for (uint32_t i = 0; i < len; i++)
		buf[i] = (uint8_t)(v >> 8 * i);
}

/* The half that is written, or the whole. */
static void set(uint64_t *reg, const struct place *p, uint64_t v, uint32_t len)
{
	const uint64_t mask =
		len == 8 ? ~UINT64_C(0) : UINT64_C(0xffffffff) << p->shift;

	*reg = (*reg & ~mask) | (v << p->shift & mask);
}

/* An answer names its exit: the VM may have gone and come since it was read. */
static void go(struct board_exit *x, bool host, uint32_t v)
{
	if (!host)
		run(x);
	else if (x->waits && v == x->seq)
		answer(x, x->host);
}

void board_exit_put(struct board_exit *x, bool host, uint32_t off,
		    const uint8_t *buf, uint32_t len)
{
	struct place p;
	uint64_t v = 0;

	if (!find(off, len, host ? HW : GW, &p))
		return;
	for (uint32_t i = len; i-- > 0;)
		v = v << 8 | buf[i];
	switch (p.r->slot) {
	case SLOT_ASID:
		x->asid = (uint32_t)v;
		break;
	case SLOT_FN:
		x->fn = (uint32_t)v;
		break;
	case SLOT_SECRETS:
		set(&x->secrets, &p, v, len);
		break;
	case SLOT_GO:
		go(x, host, (uint32_t)v);
		break;
	case SLOT_REG:
		/* Each its own copy: a guest does not write what waits, the
		 * host not what is answered. */
		if (host == x->waits)
			set(host ? &x->host[p.i] : &x->guest[p.i], &p, v, len);
		break;
	case SLOT_STATE:
	case SLOT_BASE:
	case SLOT_SIZE:
	case SLOT_BAR:
	case SLOT_STATUS:
	case SLOT_SEQ:
		break;
	}
}
