/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/dmabuf/dmabuf.h"

#include <errno.h>

#include "base/assert.h"

/*
 * LIVE: importers may attach and map. REVOKING: none may, and one still works
 * on the frames. REVOKED: nobody holds a mapping; the exporter may restore.
 * DEAD: for good, the exporter is gone.
 */
enum dmabuf_event {
	EV_REVOKE,
	EV_DRAINED, /* no importer is busy */
	EV_RESTORE,
	EV_KILL,
	EV_MOVE,
	EVENTS,
};

static const struct dmabuf_edge {
	bool legal;
	bool tell; /* importers drop what they hold, or look again */
	enum dmabuf_state next;
} edges[EVENTS][DMABUF_STATES] = {
	/* clang-format off */
	[EV_REVOKE]  [DMABUF_LIVE]     = { true, true,  DMABUF_REVOKING },
	[EV_DRAINED] [DMABUF_REVOKING] = { true, false, DMABUF_REVOKED },
	[EV_DRAINED] [DMABUF_DYING]    = { true, false, DMABUF_DEAD },
	[EV_RESTORE] [DMABUF_REVOKED]  = { true, true,  DMABUF_LIVE },
	[EV_KILL]    [DMABUF_LIVE]     = { true, true,  DMABUF_DYING },
	[EV_KILL]    [DMABUF_REVOKING] = { true, false, DMABUF_DYING },
	[EV_KILL]    [DMABUF_REVOKED]  = { true, false, DMABUF_DYING },
	[EV_MOVE]    [DMABUF_LIVE]     = { true, true,  DMABUF_LIVE },
	/* clang-format on */
};

static void enter(struct dmabuf *b, enum dmabuf_state next)
{
	struct kernel *k = b->file->k;

	b->state = next;
	if (k->hw.env)
		env_trace(k->hw.env, K_TRACE_REVOKE, b->pa, next, 0);
}

/* The state first: an importer that looks again must find it. */
static void event(struct dmabuf *b, enum dmabuf_event ev)
{
	const struct dmabuf_edge *e = &edges[ev][b->state];

	if (!e->legal)
		return;
	enter(b, e->next);
	for (unsigned i = 0; e->tell && i < DMABUF_IMPORTERS; i++)
		if (b->imp[i].invalidate)
			b->imp[i].invalidate(b->imp[i].ctx, b);
}

static bool busy(const struct dmabuf *b)
{
	for (unsigned i = 0; i < DMABUF_IMPORTERS; i++)
		if (b->imp[i].busy && b->imp[i].busy(b->imp[i].ctx, b))
			return true;
	return false;
}

static void drain(struct dmabuf *b)
{
	if (!busy(b))
		event(b, EV_DRAINED);
}

static void release(struct file *f)
{
	struct dmabuf *b = f->priv;

	if (b->released)
		b->released(b);
	kpool_put(b->pool, b);
}

/* VFIO's have no mapping of their own: dma_buf_mmap_internal(), 7.3. */
static long no_mmap(struct file *f, struct task *t, struct vma *v)
{
	(void)f, (void)t, (void)v;
	return -EINVAL;
}

static const struct file_ops ops = {
	.name = "dma-buf",
	.mmap = no_mmap,
	.release = release,
};

struct dmabuf *dmabuf_new(struct kernel *k, struct kpool *pool,
			  const struct dmabuf_range *r, unsigned n,
			  bool revoked)
{
	struct dmabuf *b = n && n <= DMABUF_RANGES ? kpool_get(pool) : NULL;

	if (!b)
		return NULL;
	b->file = k_file_new(k, &ops, b);
	if (!b->file) {
		kpool_put(pool, b);
		return NULL;
	}
	b->pool = pool;
	b->pa = r[0].pa;
	b->ranges = n;
	for (unsigned i = 0; i < n; i++) {
		b->range[i] = r[i];
		b->len += r[i].len;
	}
	b->state = revoked ? DMABUF_REVOKED : DMABUF_LIVE;
	return b;
}

struct dmabuf *dmabuf_from_file(struct file *f)
{
	return f && f->ops == &ops ? f->priv : NULL;
}

uint64_t dmabuf_frame(const struct dmabuf *b, uint64_t off)
{
	unsigned i = 0;

	IL_ASSERT(off < b->len);
	while (off >= b->range[i].len)
		off -= b->range[i++].len;
	return b->range[i].pa + off;
}

int dmabuf_attach(struct dmabuf *b, const struct dmabuf_importer *i)
{
	if (!i->invalidate || i->no_p2p)
		return -EOPNOTSUPP;
	if (b->state != DMABUF_LIVE)
		return -ENODEV;
	for (unsigned n = 0; n < DMABUF_IMPORTERS; n++)
		if (!b->imp[n].invalidate) {
			b->imp[n] = *i;
			return 0;
		}
	return -EBUSY;
}

void dmabuf_detach(struct dmabuf *b, const void *ctx)
{
	for (unsigned n = 0; n < DMABUF_IMPORTERS; n++)
		if (b->imp[n].invalidate && b->imp[n].ctx == ctx)
			b->imp[n] = (struct dmabuf_importer){ 0 };
}

int dmabuf_revoke(struct dmabuf *b)
{
	event(b, EV_REVOKE);
	drain(b);
	return b->state == DMABUF_REVOKING ? -EAGAIN : 0;
}

void dmabuf_move(struct dmabuf *b)
{
	event(b, EV_MOVE);
}

int dmabuf_restore(struct dmabuf *b)
{
	drain(b);
	if (b->state == DMABUF_REVOKING)
		return -EAGAIN; /* it is still going away */
	event(b, EV_RESTORE);
	return 0;
}

#define KILL_WAIT_NS UINT64_C(1000000)
#define KILL_WAITS   1000u /* a second in all: a teardown ends (law 49) */

void dmabuf_kill(struct dmabuf *b)
{
	const struct host_hw *hw = &b->file->k->hw;

	event(b, EV_KILL);
	for (unsigned i = 0; i < KILL_WAITS && busy(b); i++)
		hw->ops->wait_ns(hw->ctx, KILL_WAIT_NS);
	event(b, EV_DRAINED);
	b->owner = NULL;
}
