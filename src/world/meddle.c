/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/meddle.h"

#include <string.h>

#include "world/world_priv.h"

#define NO_STREAM 0xeeu /* no host of ours gives this Stream ID */

void meddle_plan(struct world_dev *d, const struct meddle *plan)
{
	struct meddle *m = &d->meddle;

	/* What was kept back for a packet that never came goes on. */
	if (m->holds)
		(void)!link_tap_release(d->tap, 0, false);
	m->how = plan->how;
	m->part = plan->part;
	m->dir = plan->dir;
	m->cls = plan->cls;
	m->left = plan->left;
	m->holds = false;
}

static bool wanted_dir(const struct meddle *m, enum link_dir dir)
{
	return m->dir == MEDDLE_BOTH ||
	       (m->dir == MEDDLE_UP) == (dir == LINK_IN);
}

/* A packet under IDE of the class that it waits for. */
static bool wanted(const struct meddle *m, enum link_dir dir,
		   const struct link_frame *f)
{
	struct rd r = rd_over(f->p, f->len);
	struct tlp t = { 0 };

	if (f->kind != LINK_TLP || !wanted_dir(m, dir) ||
	    !tlp_is_ide(f->p, f->len) || tlp_decode(&r, &t))
		return false;
	return m->cls < 0 || t.prefix.sub == m->cls;
}

/* Where the bit lies that is flipped. */
static size_t place(const struct link_frame *f, enum meddle_part part)
{
	struct rd r = rd_over(f->p, f->len);
	struct tlp t = { 0 };
	struct tlp_span s;

	if (tlp_decode(&r, &t))
		return 0;
	s = tlp_span_of(&t);
	switch (part) {
	case MEDDLE_PREFIX:
		return 3; /* T, K, M: bit 0 is T */
	case MEDDLE_MAC:
		return f->len - 1;
	case MEDDLE_DATA:
		if (s.data_len)
			return s.hdr_len;
		break;
	case MEDDLE_HEADER:
	case MEDDLE_PARTS:
		break;
	}
	/* The low byte of the requester's or completer's function. */
	return TLP_PREFIX_LEN + 5;
}

static enum link_verdict instead(struct meddle *m, size_t from, size_t n,
				 struct link_frame *out)
{
	out->p = m->buf + from;
	out->len = n;
	return LINK_REPLACE;
}

static enum link_verdict act(struct world_dev *d, enum link_dir dir,
			     const struct link_frame *f, struct link_frame *out)
{
	struct meddle *m = &d->meddle;
	const enum meddle_how how = m->how;
	const size_t bare = f->len - TLP_PREFIX_LEN - TLP_MAC_LEN;

	m->how = MEDDLE_NONE;
	d->touched = true;
	m->done++;
	memcpy(m->buf, f->p, f->len);
	switch (how) {
	case MEDDLE_DROP:
		return LINK_DROP;
	case MEDDLE_REPLAY:
		(void)!link_tap_inject(d->tap, dir, LINK_TLP, f->p, f->len);
		break;
	case MEDDLE_REORDER:
		m->holds = true;
		m->dir = dir == LINK_IN ? MEDDLE_UP : MEDDLE_DOWN;
		return LINK_HOLD;
	case MEDDLE_FLIP:
		m->buf[place(f, m->part)] ^= 1;
		return instead(m, 0, f->len, out);
	case MEDDLE_INJECT:
		m->buf[place(f, MEDDLE_DATA)] ^= 0xff;
		(void)!link_tap_inject(d->tap, dir, LINK_TLP, m->buf, f->len);
		break;
	case MEDDLE_PLAIN:
		(void)!link_tap_inject(d->tap, dir, LINK_TLP,
				       m->buf + TLP_PREFIX_LEN, bare);
		break;
	case MEDDLE_STRAY:
		m->buf[2] = NO_STREAM;
		(void)!link_tap_inject(d->tap, dir, LINK_TLP, m->buf, f->len);
		break;
	case MEDDLE_STRIP:
		return instead(m, TLP_PREFIX_LEN, bare, out);
	case MEDDLE_MISROUTE:
		m->buf[2] = NO_STREAM;
		return instead(m, 0, f->len, out);
	case MEDDLE_RECORD:
		memcpy(m->rec, f->p, f->len);
		m->rec_len = f->len;
		m->rec_dir = dir;
		break;
	case MEDDLE_NONE:
	case MEDDLE_HOWS:
		break;
	}
	return LINK_PASS;
}

/* The one that was waited for goes first. */
static enum link_verdict let_pass(struct world_dev *d, enum link_dir dir,
				  const struct link_frame *f)
{
	struct meddle *m = &d->meddle;

	if (f->kind != LINK_TLP || !wanted_dir(m, dir))
		return LINK_PASS;
	m->holds = false;
	if (link_tap_inject(d->tap, dir, f->kind, f->p, f->len))
		return LINK_PASS;
	(void)!link_tap_release(d->tap, 0, false);
	return LINK_DROP;
}

enum link_verdict meddle_see(struct world_dev *d, enum link_dir dir,
			     const struct link_frame *f, struct link_frame *out)
{
	struct meddle *m = &d->meddle;

	if (m->holds)
		return let_pass(d, dir, f);
	if (m->how == MEDDLE_NONE || !wanted(m, dir, f))
		return LINK_PASS;
	if (m->left) {
		m->left--;
		return LINK_PASS;
	}
	return act(d, dir, f, out);
}

enum il_err meddle_event(struct world_dev *d, enum meddle_dir dir,
			 enum link_event ev)
{
	const uint8_t b = (uint8_t)ev;
	enum il_err err = IL_OK;

	if (dir != MEDDLE_DOWN)
		err = link_tap_inject(d->tap, LINK_IN, LINK_EVENT, &b, 1);
	if (!err && dir != MEDDLE_UP)
		err = link_tap_inject(d->tap, LINK_OUT, LINK_EVENT, &b, 1);
	d->meddle.done++;
	d->touched = true;
	world_settle(d->w);
	return err ? IL_E_IO : IL_OK;
}

enum il_err meddle_replay(struct world_dev *d)
{
	struct meddle *m = &d->meddle;
	enum il_err err;

	if (!m->rec_len)
		return IL_E_STATE;
	err = link_tap_inject(d->tap, m->rec_dir, LINK_TLP, m->rec, m->rec_len);
	m->done++;
	d->touched = true;
	world_settle(d->w);
	return err ? IL_E_IO : IL_OK;
}
