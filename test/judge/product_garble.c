/* SPDX-License-Identifier: BSD-2-Clause */
#include "product.h"

#include "base/bytes.h"

/*
 * A device that talks nonsense now and then, and where it hurts: inside of
 * what is sealed and of what is not, in lengths, in registers. It is a row as
 * those of misbehaviours, but of tests alone: what it does depends on its seed.
 */
#define RARELY 12u /* of so many answers one */

static struct dice *dice_of(struct misbehave_one *me)
{
	return (struct dice *)&me->note[0];
}

static bool now_and_then(struct misbehave_one *me, uint64_t rarely)
{
	return !dice_below(dice_of(me), rarely);
}

/* Values that lengths and counts break at. */
static uint32_t odd(struct dice *d)
{
	static const uint32_t v[] = { 0,	  1,	      2,
				      3,	  0x7f,	      0x80,
				      0xff,	  0x100,      0x7fff,
				      0x8000,	  0xffff,     0x10000,
				      0x7fffffff, 0x80000000, 0xffffffff };

	return v[dice_below(d, COUNT(v))];
}

static void garble(struct dice *d, uint8_t *p, size_t cap, size_t *n)
{
	const size_t at = *n ? dice_below(d, *n) : 0;

	switch (dice_below(d, 7)) {
	case 0:
		if (*n)
			p[at] ^= (uint8_t)(1u << dice_below(d, 8));
		break;
	case 1:
		if (*n)
			p[at] = (uint8_t)odd(d);
		break;
	case 2:
		if (*n >= at + 2)
			put_u16le(p + at, (uint16_t)odd(d));
		break;
	case 3:
		if (*n >= at + 4)
			put_u32le(p + at, odd(d));
		break;
	case 4:
		*n = at;
		break;
	case 5: {
		size_t more = dice_below(d, 64);

		if (!dice_below(d, 8))
			more = dice_below(d, cap - *n + 1);
		if (more > cap - *n)
			more = cap - *n;
		dice_fill(d, p + *n, more);
		*n += more;
		break;
	}
	default:
		dice_fill(d, p + at, *n - at);
		break;
	}
}

static void bytes(struct misbehave_one *me, enum spdm_tap_stage stage,
		  const struct spdm_msg *rsp, uint8_t *p, size_t cap, size_t *n)
{
	(void)rsp;
	if (stage == SPDM_TAP_FIELDS && now_and_then(me, RARELY))
		garble(dice_of(me), p, cap, n);
	/* The proof fits in either case: it is not cut. */
	if (stage == SPDM_TAP_PROOF && now_and_then(me, RARELY) && *n)
		p[dice_below(dice_of(me), *n)] = (uint8_t)odd(dice_of(me));
}

static void payload(struct misbehave_one *me, const uint8_t *in, size_t n,
		    uint8_t *out, size_t cap, size_t *len)
{
	(void)in;
	(void)n;
	if (*len && now_and_then(me, RARELY))
		garble(dice_of(me), out, cap, len);
}

static void answered(struct misbehave_one *me, struct device_exchange *x)
{
	if (!x->err && x->len && now_and_then(me, 2 * RARELY))
		garble(dice_of(me), x->out, x->cap, &x->len);
}

static void reply(struct misbehave_one *me, uint8_t *obj, size_t cap, size_t *n)
{
	if (*n && now_and_then(me, 2 * RARELY)) {
		garble(dice_of(me), obj, cap, n);
		*n &= ~(size_t)3;
	}
}

static void cfg_read(struct misbehave_one *me, unsigned fn, uint16_t reg,
		     uint32_t *val)
{
	(void)fn;
	(void)reg;
	if (!now_and_then(me, 400))
		return;
	if (now_and_then(me, 2))
		*val = odd(dice_of(me));
	else
		dice_fill(dice_of(me), (uint8_t *)val, sizeof(*val));
}

static bool send(struct misbehave_one *me, struct tlp *t, int *stream)
{
	struct dice *d = dice_of(me);

	(void)stream;
	if (!now_and_then(me, 400))
		return true;
	switch (dice_below(d, 6)) {
	case 0:
		return false;
	case 1:
		t->byte_count = (uint16_t)(odd(d) & 0xfff);
		break;
	case 2:
		t->lower_addr = (uint8_t)(odd(d) & 0x7f);
		break;
	case 3:
		t->tag = (uint16_t)(odd(d) & 0x3ff);
		break;
	case 4:
		t->poisoned = true;
		break;
	default:
		t->requester = (uint16_t)odd(d);
		break;
	}
	return true;
}

static const struct misbehaviour row = {
	.name = "garble",
	.says = "talks nonsense now and then",
	.bytes = bytes,
	.payload = payload,
	.answered = answered,
	.reply = reply,
	.cfg_read = cfg_read,
	.send = send,
};

void product_garble(struct misbehave *m, uint64_t seed)
{
	m->one[m->count++] = (struct misbehave_one){ .is = &row,
						     .all = m,
						     .note = { seed } };
}
