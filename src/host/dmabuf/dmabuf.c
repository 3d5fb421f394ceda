/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/dmabuf/dmabuf.h"

#include <errno.h>

/*
 * LIVE: importers may attach and map. REVOKED: nobody holds a mapping; the
 * exporter may restore. DEAD: for good, the exporter is gone.
 */
enum dmabuf_event {
	EV_REVOKE,
	EV_RESTORE,
	EV_KILL,
	EVENTS,
};

static const struct dmabuf_edge {
	bool legal;
	bool tell; /* importers drop what they hold */
	enum dmabuf_state next;
} edges[EVENTS][DMABUF_STATES] = {
	/* clang-format off */
	[EV_REVOKE]  [DMABUF_LIVE]    = { true, true,  DMABUF_REVOKED },
	[EV_RESTORE] [DMABUF_REVOKED] = { true, false, DMABUF_LIVE },
	[EV_KILL]    [DMABUF_LIVE]    = { true, true,  DMABUF_DEAD },
	[EV_KILL]    [DMABUF_REVOKED] = { true, false, DMABUF_DEAD },
	/* clang-format on */
};

static void enter(struct dmabuf *b, enum dmabuf_state next)
{
	struct kernel *k = b->file->k;

	b->state = next;
	if (k->hw.env)
		env_trace(k->hw.env, K_TRACE_REVOKE, b->pa, next, 0);
}

/* The state first: an importer that looks again must find it revoked. */
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

static void release(struct file *f)
{
	struct dmabuf *b = f->priv;

	if (b->released)
		b->released(b);
	kpool_put(b->pool, b);
}

static const struct file_ops ops = {
	.name = "dma-buf",
	.release = release,
};

struct dmabuf *dmabuf_new(struct kernel *k, struct kpool *pool, uint64_t pa,
			  uint64_t len, bool revoked)
{
	struct dmabuf *b = kpool_get(pool);

	if (!b)
		return NULL;
	b->file = k_file_new(k, &ops, b);
	if (!b->file) {
		kpool_put(pool, b);
		return NULL;
	}
	b->pool = pool;
	b->pa = pa;
	b->len = len;
	b->state = revoked ? DMABUF_REVOKED : DMABUF_LIVE;
	return b;
}

struct dmabuf *dmabuf_from_file(struct file *f)
{
	return f && f->ops == &ops ? f->priv : NULL;
}

int dmabuf_attach(struct dmabuf *b, const struct dmabuf_importer *i)
{
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

void dmabuf_revoke(struct dmabuf *b)
{
	event(b, EV_REVOKE);
}

void dmabuf_restore(struct dmabuf *b)
{
	event(b, EV_RESTORE);
}

void dmabuf_kill(struct dmabuf *b)
{
	event(b, EV_KILL);
	b->owner = NULL;
}
