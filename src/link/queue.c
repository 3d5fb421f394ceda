/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/assert.h"
#include "base/bytes.h"
#include "link/link.h"

void link_ring_init(struct link_ring *r, uint8_t *buf, size_t cap)
{
	*r = (struct link_ring){ .buf = buf, .cap = cap };
}

bool link_ring_sane(const struct link_ring *r)
{
	return r->used <= r->cap && (r->head < r->cap || !r->head);
}

/* @at is an offset from head; the caller knows that it fits. */
static void ring_copy_in(struct link_ring *r, size_t at, const uint8_t *p,
			 size_t len)
{
	size_t pos = r->head + at;
	size_t first;

	if (pos >= r->cap)
		pos -= r->cap;
	first = r->cap - pos < len ? r->cap - pos : len;
	if (!first)
		return;
	IL_ASSERT(r->buf);
	memcpy(r->buf + pos, p, first);
	if (len > first)
		memcpy(r->buf, p + first, len - first);
}

static void ring_copy_out(const struct link_ring *r, size_t at, uint8_t *p,
			  size_t len)
{
	size_t pos = r->head + at;
	size_t first;

	if (pos >= r->cap)
		pos -= r->cap;
	first = r->cap - pos < len ? r->cap - pos : len;
	if (!first)
		return;
	IL_ASSERT(r->buf);
	memcpy(p, r->buf + pos, first);
	if (len > first)
		memcpy(p + first, r->buf, len - first);
}

/* Where @len bytes at offset @at from head stand in one piece, or NULL. */
static uint8_t *ring_piece(const struct link_ring *r, size_t at, size_t len)
{
	size_t pos = r->head + at;

	return pos < r->cap && r->cap - pos >= len ? r->buf + pos : NULL;
}

enum il_err link_ring_put(struct link_ring *r, enum link_kind kind,
			  const uint8_t *p, size_t len)
{
	uint8_t hdr[LINK_FRAME_HDR], *at;
	struct wr w;
	enum il_err err;

	/* Nobody reads what is behind @used. */
	at = len <= LINK_FRAME_MAX && r->cap - r->used >= sizeof(hdr) + len
		     ? ring_piece(r, r->used, sizeof(hdr) + len)
		     : NULL;
	w = wr_over(at ? at : hdr, sizeof(hdr));
	err = link_hdr_encode(&w, kind, len);
	if (err)
		return err;
	if (r->cap - r->used < sizeof(hdr) + len)
		return IL_E_SPACE;
	if (at) {
		if (len)
			memcpy(at + sizeof(hdr), p, len);
	} else {
		ring_copy_in(r, r->used, hdr, sizeof(hdr));
		ring_copy_in(r, r->used + sizeof(hdr), p, len);
	}
	r->used += sizeof(hdr) + len;
	IL_ASSERT(link_ring_sane(r));
	return IL_OK;
}

enum il_err link_ring_get(struct link_ring *r, enum link_kind *kind,
			  uint8_t *buf, size_t cap, size_t *len)
{
	uint8_t hdr[LINK_FRAME_HDR];
	const uint8_t *at;
	struct rd in;
	enum link_kind k;
	uint32_t n;
	enum il_err err;

	if (link_ring_empty(r))
		return IL_E_AGAIN;
	at = ring_piece(r, 0, sizeof(hdr));
	if (!at)
		ring_copy_out(r, 0, hdr, sizeof(hdr));
	in = rd_over(at ? at : hdr, sizeof(hdr));
	err = link_hdr_decode(&in, &k, &n);
	IL_ASSERT(!err && r->used >= sizeof(hdr) + n);
	if (cap < n) {
		*len = n;
		return IL_E_SPACE;
	}
	ring_copy_out(r, sizeof(hdr), buf, n);
	r->head += sizeof(hdr) + n;
	if (r->head >= r->cap)
		r->head -= r->cap;
	r->used -= sizeof(hdr) + n;
	/* From the beginning again: memory that the processor still has. */
	if (!r->used)
		r->head = 0;
	IL_ASSERT(link_ring_sane(r));
	*kind = k;
	*len = n;
	return IL_OK;
}

static enum il_err queue_send(void *ctx, enum link_kind kind, const uint8_t *p,
			      size_t len)
{
	struct link_queue_end *e = ctx;

	return link_ring_put(&e->q->way[e->i], kind, p, len);
}

static enum il_err queue_recv(void *ctx, enum link_kind *kind, uint8_t *buf,
			      size_t cap, size_t *len)
{
	struct link_queue_end *e = ctx;

	return link_ring_get(&e->q->way[1 - e->i], kind, buf, cap, len);
}

static const struct link_ops queue_ops = {
	.send = queue_send,
	.recv = queue_recv,
};

void link_queue_init(struct link_queue *q, uint8_t *buf, size_t cap)
{
	size_t half = cap / 2;

	for (unsigned i = 0; i < 2; i++) {
		link_ring_init(&q->way[i], buf + i * half, half);
		q->ends[i].q = q;
		q->ends[i].i = i;
	}
}

struct link_end link_queue_end(struct link_queue *q, unsigned i)
{
	return (struct link_end){ .ops = &queue_ops, .ctx = &q->ends[i & 1] };
}
