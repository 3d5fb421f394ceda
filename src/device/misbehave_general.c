/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "device/misbehave_priv.h"

/*
 * Devices that fail as a whole, whatever they are asked: what a judge has to
 * survive. @n counts the requests that are answered well before, less one.
 */

static bool turn(struct misbehave_one *me)
{
	return ++me->count >= me->n;
}

/* It takes the request, and that is all. */
static bool hang(struct misbehave_one *me, struct device_exchange *x)
{
	if (!turn(me))
		return false;
	x->len = 0;
	return true;
}

static bool close_it(struct misbehave_one *me, struct device_exchange *x)
{
	if (!turn(me))
		return false;
	x->err = IL_E_IO;
	return true;
}

/* Each @n-th request makes it start over, and is not answered. */
static bool reset(struct misbehave_one *me, struct device_exchange *x)
{
	if (++me->count % me->n)
		return false;
	device_take_event(me->all->dev, LINK_FUND_RESET);
	x->len = 0;
	return true;
}

/* Once: the @n-th request has no answer, those before and behind have. */
static bool mute(struct misbehave_one *me, struct device_exchange *x)
{
	if (++me->count != me->n)
		return false;
	x->len = 0;
	return true;
}

/*
 * Likewise, but the @n-th answer has another last bit. Padding is behind: of a
 * record it is the MAC's, else that of a signature, a digest, a field.
 */
static void lie(struct misbehave_one *me, struct device_exchange *x)
{
	if (++me->count == me->n && x->len)
		x->out[x->len - 1] ^= 1;
}

static void nonsense(struct misbehave_one *me, struct device_exchange *x)
{
	const size_t n = x->cap < 64 ? x->cap : 64;

	if (!turn(me))
		return;
	if (!env_random(me->all->dev->cfg.env, x->out, n))
		x->len = n;
}

/* The bytes come in time, but fewer than they say. */
static void cut(struct misbehave_one *me, struct device_exchange *x)
{
	if (turn(me) && x->len > 4)
		x->len -= 4;
}

/* An answer that is ready waits for @n milliseconds. */
static void hold(struct misbehave_one *me, struct device_exchange *x)
{
	struct misbehave *m = me->all;

	if (m->held.used || x->err || !x->len || x->len > sizeof(m->held.p) ||
	    x->n > sizeof(m->held.in))
		return;
	memcpy(m->held.in, x->in, x->n);
	m->held.used = m->held.late = true;
	m->held.due_ns = x->now_ns + me->n * UINT64_C(1000000);
	m->held.x = *x;
	m->held.n = x->len;
	memcpy(m->held.p, x->out, x->len);
	x->len = 0;
	x->err = IL_E_AGAIN;
}

static bool same(const struct misbehave *m, const struct device_exchange *x)
{
	const struct device_exchange *a = &m->held.x;

	return a->conn == x->conn && a->doe == x->doe && a->n == x->n &&
	       memcmp(m->held.in, x->in, x->n) == 0;
}

static void give(struct misbehave *m, struct device_exchange *x)
{
	x->type = m->held.x.type;
	x->kind = m->held.x.kind;
	x->len = m->held.n < x->cap ? m->held.n : x->cap;
	memcpy(x->out, m->held.p, x->len);
	m->held.used = m->held.owed = false;
}

bool misbehave_held(struct misbehave *m, struct device_exchange *x)
{
	if (!m->held.used)
		return false;
	if (!same(m, x)) { /* nobody waits for it any more */
		m->held.used = m->held.owed = false;
		return false;
	}
	if (x->now_ns < m->held.due_ns)
		x->err = IL_E_AGAIN;
	else
		give(m, x);
	return true;
}

static bool late(struct misbehave_one *me, struct device_exchange *x)
{
	return misbehave_held(me->all, x);
}

/* Who waits for a data object waits for ever with it: no mailbox gives up. */
static void late_tables(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	t->doe[DOE_EV_LATE][DOE_BUSY] = (struct doe_edge){ .act = NULL };
}

/*
 * The answer to the @n-th request comes once more, where the next one's is
 * awaited; whoever reads one answer a request is one behind from then on.
 */
static void note(struct misbehave_one *me, struct device_exchange *x)
{
	struct misbehave *m = me->all;

	if (++me->count < me->n || m->held.used || x->err || !x->len ||
	    x->len > sizeof(m->held.p))
		return;
	m->held.used = true;
	m->held.late = false;
	m->held.x = *x;
	m->held.n = x->len;
	memcpy(m->held.p, x->out, x->len);
}

static bool twice(struct misbehave_one *me, struct device_exchange *x)
{
	if (!me->all->held.used || me->count < me->n)
		return false;
	give(me->all, x);
	return true;
}

static const struct misbehaviour rows[] = {
	{ .name = "hang",
	  .says = "from the Nth request on, none is answered",
	  .source = "DSP0274 1.2.1, section 10 (every request has a response)",
	  .n = 3,
	  .ask = hang },
	{ .name = "mute",
	  .says = "the Nth request alone is not answered",
	  .source = "DSP0274 1.2.1, section 10 (every request has a response)",
	  .n = 3,
	  .ask = mute },
	{ .name = "lie",
	  .says = "the last bit of the Nth answer alone is another one",
	  .source = "DSP0274 1.2.1, section 10; DSP0277 1.1, section 8 (MAC)",
	  .n = 3,
	  .answered = lie },
	{ .name = "close",
	  .says = "from the Nth request on, the mailbox is in error, or the "
		  "connection is closed",
	  .source = "PCIe Base 6.0 §6.30.2; DSP0274 1.2.1, section 10",
	  .n = 3,
	  .ask = close_it },
	{ .name = "reset",
	  .says = "each Nth request makes it start over as after a reset, and "
		  "is not answered",
	  .source = "DSP0274 1.2.1, section 10",
	  .n = 5,
	  .ask = reset },
	{ .name = "nonsense",
	  .says = "from the Nth request on, answers are random bytes",
	  .source = "DSP0274 1.2.1, section 10.2 (message fields)",
	  .n = 2,
	  .answered = nonsense },
	{ .name = "cut",
	  .says = "from the Nth request on, the last four bytes of each answer "
		  "are missing",
	  .source = "DSP0274 1.2.1, section 10 (formats of messages)",
	  .n = 2,
	  .answered = cut },
	{ .name = "late",
	  .says = "each answer comes N milliseconds after it was due",
	  .source = "PCIe Base 6.0 §6.30.2 (1 second); DSP0274 1.2.1, "
		    "section 8 (timing)",
	  .n = 3000,
	  .tables = late_tables,
	  .ask = late,
	  .answered = hold },
	{ .name = "twice",
	  .says = "answers come twice from the Nth request on, so that each "
		  "request finds the answer to one before",
	  .source = "DSP0274 1.2.1, section 10 (one response to a request)",
	  .n = 2,
	  .ask = twice,
	  .answered = note },
};

const struct misbehave_group misbehave_general = { "general", rows,
						   COUNT(rows) };
