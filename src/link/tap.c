/* SPDX-License-Identifier: BSD-2-Clause */
#include "link/tap.h"

#include "base/bytes.h"

enum il_err link_tap_init(struct link_tap *tap, struct link_end inner,
			  uint8_t *in_buf, size_t in_cap, uint8_t *held_buf,
			  unsigned held_cap)
{
	if (held_cap > LINK_HELD_MAX ||
	    in_cap < LINK_FRAME_HDR + LINK_FRAME_MAX)
		return IL_E_ARG;
	tap->inner = inner;
	tap->see = NULL;
	tap->ctx = NULL;
	link_ring_init(&tap->in, in_buf, in_cap);
	tap->held_buf = held_buf;
	tap->held_cap = held_cap;
	tap->held_n = 0;
	return IL_OK;
}

void link_tap_set(struct link_tap *tap, link_tap_fn *see, void *ctx)
{
	tap->see = see;
	tap->ctx = ctx;
}

static uint8_t *held_bytes(struct link_tap *tap, unsigned i)
{
	return tap->held_buf + (size_t)i * LINK_FRAME_MAX;
}

static enum il_err hold(struct link_tap *tap, enum link_dir dir,
			const struct link_frame *f)
{
	if (tap->held_n == tap->held_cap || f->len > LINK_FRAME_MAX)
		return IL_E_SPACE;
	memcpy(held_bytes(tap, tap->held_n), f->p, f->len);
	tap->held[tap->held_n] = (struct link_held){ .kind = f->kind,
						     .dir = dir,
						     .len = (uint32_t)f->len };
	tap->held_n++;
	return IL_OK;
}

/* Onwards in its direction, unseen. */
static enum il_err forward(struct link_tap *tap, enum link_dir dir,
			   const struct link_frame *f)
{
	if (dir == LINK_OUT)
		return link_send(&tap->inner, f->kind, f->p, f->len);
	return link_ring_put(&tap->in, f->kind, f->p, f->len);
}

static enum link_verdict verdict(struct link_tap *tap, enum link_dir dir,
				 const struct link_frame *f,
				 struct link_frame *out)
{
	*out = *f;
	return tap->see ? tap->see(tap->ctx, tap, dir, f, out) : LINK_PASS;
}

static enum il_err obey(struct link_tap *tap, enum link_dir dir,
			enum link_verdict v, const struct link_frame *f,
			const struct link_frame *out)
{
	switch (v) {
	case LINK_DROP:
		return IL_OK;
	case LINK_HOLD:
		return hold(tap, dir, f);
	case LINK_REPLACE:
		return forward(tap, dir, out);
	case LINK_PASS:
		break;
	}
	return forward(tap, dir, f);
}

static enum il_err tap_send(void *ctx, enum link_kind kind, const uint8_t *p,
			    size_t len)
{
	struct link_tap *tap = ctx;
	const struct link_frame f = { .kind = kind, .p = p, .len = len };
	struct link_frame out;
	enum link_verdict v = verdict(tap, LINK_OUT, &f, &out);

	return obey(tap, LINK_OUT, v, &f, &out);
}

/*
 * Takes frames from the inner end until one may pass. One that passes before
 * any other goes to the owner as it is, without a stay in the ring.
 */
static enum il_err tap_recv(void *ctx, enum link_kind *kind, uint8_t *buf,
			    size_t cap, size_t *len)
{
	struct link_tap *tap = ctx;
	struct link_frame f = { .p = tap->work }, out;
	enum il_err err;

	while (link_ring_empty(&tap->in)) {
		enum link_verdict v;

		err = link_recv(&tap->inner, &f.kind, tap->work,
				sizeof(tap->work), &f.len);
		if (err)
			return err;
		v = verdict(tap, LINK_IN, &f, &out);
		if (v == LINK_PASS && f.len <= cap &&
		    link_ring_empty(&tap->in)) {
			memcpy(buf, f.p, f.len);
			*kind = f.kind;
			*len = f.len;
			return IL_OK;
		}
		/* One that can neither be held nor passed on is lost. */
		(void)!obey(tap, LINK_IN, v, &f, &out);
	}
	return link_ring_get(&tap->in, kind, buf, cap, len);
}

static const struct link_ops tap_ops = {
	.send = tap_send,
	.recv = tap_recv,
};

struct link_end link_tap_end(struct link_tap *tap)
{
	return (struct link_end){ .ops = &tap_ops, .ctx = tap };
}

enum il_err link_tap_inject(struct link_tap *tap, enum link_dir dir,
			    enum link_kind kind, const uint8_t *p, size_t len)
{
	const struct link_frame f = { .kind = kind, .p = p, .len = len };

	return forward(tap, dir, &f);
}

enum il_err link_tap_forget(struct link_tap *tap, unsigned i)
{
	if (i >= tap->held_n)
		return IL_E_ARG;
	for (unsigned j = i; j + 1 < tap->held_n; j++) {
		tap->held[j] = tap->held[j + 1];
		memcpy(held_bytes(tap, j), held_bytes(tap, j + 1),
		       tap->held[j].len);
	}
	tap->held_n--;
	return IL_OK;
}

enum il_err link_tap_release(struct link_tap *tap, unsigned i, bool keep)
{
	struct link_frame f;
	enum il_err err;

	if (i >= tap->held_n)
		return IL_E_ARG;
	f.kind = tap->held[i].kind;
	f.p = held_bytes(tap, i);
	f.len = tap->held[i].len;
	err = forward(tap, tap->held[i].dir, &f);
	return err || keep ? err : link_tap_forget(tap, i);
}
