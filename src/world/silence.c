/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/silence.h"

#include "doe/mbox.h"
#include "world/world_priv.h"

/*
 * Mailboxes that die are altered tables (doe/mbox.h). Each goes on to take what
 * is written to it, so that the host sees no difference before GO; each comes
 * back by a reset.
 */

static enum doe_step take(struct doe_mbox *m, const union doe_arg *arg)
{
	return doe_edges[DOE_EV_WRITE][DOE_IDLE].act(m, arg);
}

static enum doe_step take_more(struct doe_mbox *m, const union doe_arg *arg)
{
	return doe_edges[DOE_EV_WRITE][DOE_RECEIVING].act(m, arg);
}

static enum doe_step pop(struct doe_mbox *m, const union doe_arg *arg)
{
	return doe_edges[DOE_EV_POP][DOE_READY].act(m, arg);
}

static enum doe_step forget(struct doe_mbox *m, const union doe_arg *arg)
{
	(void)arg;
	m->in_len = m->out_len = m->out_pos = 0;
	return DOE_STEP_NEXT;
}

/* What is left is no whole object: the DSM never gets to see it. */
static enum doe_step swallow(struct doe_mbox *m, const union doe_arg *arg)
{
	(void)arg;
	m->in_len = 4;
	return DOE_STEP_NEXT;
}

/* clang-format off */
#define COMMON \
	[DOE_EV_WRITE] [DOE_IDLE]      = { take,      DOE_RECEIVING, DOE_ERROR }, \
	[DOE_EV_WRITE] [DOE_RECEIVING] = { take_more, DOE_RECEIVING, DOE_ERROR }, \
	[DOE_EV_POP]   [DOE_READY]     = { pop,       DOE_IDLE,      DOE_ERROR }, \
	[DOE_EV_RESET] [DOE_IDLE]      = { forget,    DOE_IDLE,      DOE_ERROR }, \
	[DOE_EV_RESET] [DOE_RECEIVING] = { forget,    DOE_IDLE,      DOE_ERROR }, \
	[DOE_EV_RESET] [DOE_BUSY]      = { forget,    DOE_IDLE,      DOE_ERROR }, \
	[DOE_EV_RESET] [DOE_READY]     = { forget,    DOE_IDLE,      DOE_ERROR }, \
	[DOE_EV_RESET] [DOE_ERROR]     = { forget,    DOE_IDLE,      DOE_ERROR }, \
	[DOE_EV_ABORT] [DOE_IDLE]      = { forget,    DOE_IDLE,      DOE_ERROR }, \
	[DOE_EV_ABORT] [DOE_RECEIVING] = { forget,    DOE_IDLE,      DOE_ERROR }, \
	[DOE_EV_ABORT] [DOE_READY]     = { forget,    DOE_IDLE,      DOE_ERROR }

static const struct doe_edge quiet[DOE_EVENTS][DOE_STATES] = {
	COMMON,
	[DOE_EV_GO]    [DOE_RECEIVING] = { forget,    DOE_IDLE,      DOE_ERROR },
	[DOE_EV_ABORT] [DOE_BUSY]      = { forget,    DOE_IDLE,      DOE_ERROR },
	[DOE_EV_ABORT] [DOE_ERROR]     = { forget,    DOE_IDLE,      DOE_ERROR },
};

/* Not even an abort or the passing of a second leads out. */
static const struct doe_edge busy[DOE_EVENTS][DOE_STATES] = {
	COMMON,
	[DOE_EV_GO]    [DOE_RECEIVING] = { swallow,   DOE_BUSY,      DOE_ERROR },
};

static const struct doe_edge error[DOE_EVENTS][DOE_STATES] = {
	COMMON,
	[DOE_EV_GO]    [DOE_RECEIVING] = { forget,    DOE_ERROR,     DOE_ERROR },
	[DOE_EV_ABORT] [DOE_ERROR]     = { forget,    DOE_IDLE,      DOE_ERROR },
};
/* clang-format on */

static const struct how {
	const char *name;
	const struct doe_edge (*mailbox)[DOE_STATES]; /* NULL: as it was */
	enum link_event link;			      /* 0: none */
	bool eats;				      /* all packets */
} hows[SILENCE_HOWS] = {
	[SILENCE_NONE] = { .name = "none" },
	[SILENCE_QUIET] = { .name = "quiet", .mailbox = quiet },
	[SILENCE_BUSY] = { .name = "busy", .mailbox = busy },
	[SILENCE_ERROR] = { .name = "error", .mailbox = error },
	[SILENCE_SILENT] = { .name = "silent", .eats = true },
	[SILENCE_DOWN] = { .name = "down", .link = LINK_DOWN },
	[SILENCE_ABSENT] = { .name = "absent", .link = LINK_ABSENT },
};

const char *silence_name(enum silence_how how)
{
	return hows[how].name;
}

/* Both ends see it; a frame under way is lost with the link. */
static void tell_both(struct world_dev *d, enum link_event ev)
{
	const uint8_t b = (uint8_t)ev;

	(void)!link_tap_inject(d->tap, LINK_IN, LINK_EVENT, &b, 1);
	(void)!link_tap_inject(d->tap, LINK_OUT, LINK_EVENT, &b, 1);
}

void silence_begin(struct world_dev *d, enum silence_how how)
{
	const struct how *h = &hows[how];

	d->silence.then = SILENCE_NONE;
	d->silence.how = how;
	if (h->mailbox)
		d->dev->doe.edges = h->mailbox;
	if (h->link)
		tell_both(d, h->link);
}

static uint64_t so_far(const struct world_dev *d, enum silence_unit unit)
{
	return unit == SILENCE_TLP ? d->tlps : d->dev->exchanges;
}

/* An exchange that went well is read out: the next one has begun by then. */
static bool due(const struct world_dev *d)
{
	const struct silence *s = &d->silence;

	return s->then && so_far(d, s->unit) >= s->at &&
	       (s->unit == SILENCE_TLP || d->dev->doe.state == DOE_RECEIVING);
}

void silence_after(struct world_dev *d, enum silence_how how,
		   enum silence_unit unit, uint64_t after)
{
	d->silence.then = how;
	d->silence.unit = unit;
	d->silence.at = so_far(d, unit) + after;
}

bool silence_eats(struct world_dev *d, enum link_kind kind)
{
	struct silence *s = &d->silence;

	if (kind != LINK_TLP)
		return false;
	if (due(d)) {
		silence_begin(d, s->then);
		return hows[s->how].eats || hows[s->how].link;
	}
	return hows[s->how].eats;
}

static enum il_err bring_up(struct world_dev *d)
{
	const struct fabric_port *p = &d->w->fabric.port[d->port];
	enum il_err err = IL_OK;

	if (!p->present)
		err = fabric_insert(&d->w->fabric, d->port);
	else if (!p->up)
		err = fabric_link_up(&d->w->fabric, d->port);
	world_settle(d->w);
	return err;
}

enum il_err silence_over(struct world_dev *d)
{
	enum il_err err;

	d->silence = (struct silence){ .how = SILENCE_NONE };
	d->dev->doe.edges = doe_edges;
	world_settle(d->w);
	err = bring_up(d);
	if (!err)
		err = fabric_fund_reset(&d->w->fabric, d->port);
	world_settle(d->w);
	return err;
}
