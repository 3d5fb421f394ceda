/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "dsm/pipe.h"
#include "edit.h"

/*
 * The two ends between the halves of a DSM, and what carries their frames: it
 * delays, reorders, loses, repeats and, once it was told to, changes them.
 * Behind the second end stands one who answers with what it was asked.
 *
 * An answer is that of the request and the session that asked, as long as no
 * frame was changed; nothing is left in the slots in the end.
 */

#define CONNS  2
#define SLOTS  (CONNS * DSM_SEATS)
#define ASK    40
#define FRAME  (ASK + 8 + DSM_FRAME_HDR)
#define FRAMES 12

struct way {
	uint8_t p[FRAMES][FRAME];
	size_t n[FRAMES];
	unsigned count;
	bool full;
};

static struct {
	struct dsm_pipe_front f;
	struct dsm_pipe_back b;
	struct dsm_pipe_slot fslot[SLOTS], bslot[SLOTS];
	uint8_t fbuf[SLOTS][2 * FRAME], bbuf[SLOTS][FRAME], out[FRAME];
	struct way to, from;
	enum il_err err; /* of the one behind */
	bool silent;
	bool changed;
} x;

static enum il_err put(void *ctx, const uint8_t *p, size_t n)
{
	struct way *w = ctx;

	must(n <= FRAME);
	if (w->full || w->count == FRAMES)
		return IL_E_AGAIN;
	memcpy(w->p[w->count], p, n);
	w->n[w->count++] = n;
	return IL_OK;
}

/* The token, then what was asked. */
static enum il_err request(void *ctx, const struct dsm_session *s,
			   const uint8_t *in, size_t n, uint8_t *out,
			   size_t cap, size_t *len)
{
	(void)ctx;
	*len = 0;
	if (x.err)
		return x.err;
	if (x.silent)
		return IL_OK;
	if (cap < n + 8)
		return IL_E_SPACE;
	put_u64le(out, dsm_session_token(s));
	if (n)
		memcpy(out + 8, in, n);
	*len = n + 8;
	return IL_OK;
}

static void ended(void *ctx, const struct dsm_session *s)
{
	(void)ctx;
	must(s->gen != 0);
}

static const struct dsm_back behind = { request, ended };

static struct dsm_session some(uint8_t b)
{
	return (struct dsm_session){ .conn = b & 1,
				     .seat = b >> 1 & 3,
				     .id = 1u + (b >> 1 & 3),
				     .gen = 1u + (b >> 3 & 7),
				     .aes256 = b & 0x40 };
}

static void ask(struct rd *in)
{
	const struct dsm_session s = some(rd_u8(in));
	const size_t n = rd_u8(in) % (ASK + 1);
	uint8_t p[ASK] = { 0 }, out[FRAME];
	size_t len = 0;
	enum il_err err;

	rd_copy(in, p, n < rd_left(in) ? n : rd_left(in));
	err = dsm_pipe_back_ops.request(&x.f, &s, p, n, out,
					n & 1 ? sizeof(out) : ASK, &len);
	must(len <= sizeof(out));
	if (err || !len || x.changed)
		return;
	must(len == n + 8 && get_u64le(out) == dsm_session_token(&s));
	must(!n || !memcmp(out + 8, p, n));
}

/* One frame of a way; @how: 1 it stays, 2 it is lost, 4 it is changed. */
static void deliver(struct rd *in, struct way *w, uint8_t how)
{
	const unsigned i = w->count ? (how >> 4) % w->count : 0;
	uint8_t frame[FRAME];
	size_t n;

	if (!w->count)
		return;
	n = w->n[i];
	memcpy(frame, w->p[i], n);
	if (!(how & 1)) {
		w->count--;
		memmove(w->p[i], w->p[i + 1], (w->count - i) * FRAME);
		memmove(&w->n[i], &w->n[i + 1],
			(w->count - i) * sizeof(w->n[0]));
	}
	if (how & 2)
		return;
	if (how & 4) {
		n = edit(in, frame, n, FRAME);
		x.changed = true;
	}
	if (w == &x.to)
		(void)!dsm_pipe_back_take(&x.b, frame, n);
	else
		(void)!dsm_pipe_front_take(&x.f, frame, n);
}

static void mood(uint8_t m)
{
	static const enum il_err errs[] = { IL_OK,	IL_E_AGAIN, IL_E_STATE,
					    IL_E_FIELD, IL_E_IO,    IL_OK };

	x.err = errs[(m & 7) % COUNT(errs)];
	x.silent = m & 8;
	x.to.full = m & 16;
	x.from.full = m & 32;
}

static void step(struct rd *in)
{
	const uint8_t op = rd_u8(in);
	struct dsm_session s;

	switch (op & 7) {
	case 0:
	case 1:
		ask(in);
		break;
	case 2:
		deliver(in, &x.to, op >> 3 & 1 ? rd_u8(in) : 0);
		break;
	case 3:
		deliver(in, &x.from, op >> 3 & 1 ? rd_u8(in) : 0);
		break;
	case 4:
		s = some(rd_u8(in));
		dsm_pipe_back_ops.ended(&x.f, &s);
		break;
	case 5:
		dsm_pipe_back_poll(&x.b);
		break;
	case 6:
		dsm_pipe_front_flush(&x.f);
		break;
	default:
		mood(rd_u8(in));
	}
}

static bool clean(const uint8_t *p, size_t n)
{
	return !p[0] && !memcmp(p, p + 1, n - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);

	memset(&x, 0, sizeof(x));
	for (unsigned i = 0; i < SLOTS; i++) {
		x.fslot[i] = (struct dsm_pipe_slot){ x.fbuf[i], 2 * FRAME };
		x.bslot[i] = (struct dsm_pipe_slot){ x.bbuf[i], FRAME };
	}
	dsm_pipe_front_init(&x.f, put, &x.to, x.fslot, CONNS);
	dsm_pipe_back_init(&x.b, put, &x.from, &behind, NULL, x.bslot, CONNS,
			   x.out, sizeof(x.out));
	for (unsigned n = 0; rd_left(&in) && n < 256; n++)
		step(&in);
	dsm_pipe_front_fini(&x.f);
	dsm_pipe_back_fini(&x.b);
	must(clean(x.fbuf[0], sizeof(x.fbuf)));
	must(clean(x.bbuf[0], sizeof(x.bbuf)));
	return 0;
}
