/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm/pipe.h"

#include "base/assert.h"
#include "base/bytes.h"

#define FLAG_AES256 0x01

static bool name_sane(const struct dsm_session *s)
{
	return s->conn < DSM_CONNS && s->seat < DSM_SEATS && s->id && s->gen &&
	       s->gen <= DSM_GEN_MAX;
}

static bool byte_sane(const struct dsm_frame *f, uint8_t byte)
{
	switch (f->kind) {
	case DSM_FRAME_REQUEST:
		return f->number && !(byte & ~FLAG_AES256);
	case DSM_FRAME_ANSWER:
		return f->number && byte < DSM_PIPE_STATUSES;
	case DSM_FRAME_ENDED:
		return !f->number && !byte && !f->n;
	}
	return false;
}

enum il_err dsm_frame_decode(const uint8_t *p, size_t n, struct dsm_frame *out)
{
	struct rd r = rd_over(p, n);
	struct dsm_frame f = { .kind = (enum dsm_frame_kind)rd_u8(&r) };
	uint8_t byte;
	enum il_err err;

	f.s.conn = rd_u8(&r);
	f.s.seat = rd_u8(&r);
	byte = rd_u8(&r);
	f.s.id = rd_u32le(&r);
	f.s.gen = rd_u64le(&r);
	f.number = rd_u32le(&r);
	f.n = rd_u32le(&r);
	f.p = rd_bytes(&r, f.n);
	err = rd_end(&r);
	if (err)
		return err;
	if (!name_sane(&f.s) || !byte_sane(&f, byte))
		return IL_E_FIELD;
	if (f.kind == DSM_FRAME_REQUEST)
		f.s.aes256 = byte & FLAG_AES256;
	if (f.kind == DSM_FRAME_ANSWER)
		f.status = (enum dsm_pipe_status)byte;
	*out = f;
	return IL_OK;
}

size_t dsm_frame_encode(const struct dsm_frame *f, uint8_t *out, size_t cap)
{
	struct wr w = wr_over(out, cap);

	wr_u8(&w, (uint8_t)f->kind);
	wr_u8(&w, f->s.conn);
	wr_u8(&w, f->s.seat);
	if (f->kind == DSM_FRAME_REQUEST)
		wr_u8(&w, f->s.aes256 ? FLAG_AES256 : 0);
	else
		wr_u8(&w, f->kind == DSM_FRAME_ANSWER ? (uint8_t)f->status : 0);
	wr_u32le(&w, f->s.id);
	wr_u64le(&w, f->s.gen);
	wr_u32le(&w, f->number);
	wr_u32le(&w, (uint32_t)f->n);
	wr_bytes(&w, f->p, f->n);
	return w.err ? 0 : w.len;
}

static bool same_session(const struct dsm_session *a,
			 const struct dsm_session *b)
{
	return a->conn == b->conn && a->seat == b->seat && a->id == b->id &&
	       a->gen == b->gen;
}

/* Requests hold keys. */
static void slot_clear(struct dsm_pipe_slot *s)
{
	bytes_wipe(s->buf, s->cap);
	s->len = s->answer = 0;
	s->sent = s->answered = false;
}

/* Of all seats of @count connections. */
static void slots_init(struct dsm_pipe_slot *slots, size_t count)
{
	for (size_t i = 0; i < count * DSM_SEATS; i++) {
		slot_clear(&slots[i]);
		slots[i].number = 0;
	}
}

/* Sessions of one connection wait for their answers side by side. */
static struct dsm_pipe_slot *slot_of(struct dsm_pipe_slot *slots, size_t count,
				     const struct dsm_session *s)
{
	if (s->conn >= count || s->seat >= DSM_SEATS)
		return NULL;
	return &slots[s->conn * DSM_SEATS + s->seat];
}

/* What stands in a slot, which is a frame of ours. */
static struct dsm_frame slot_frame(const struct dsm_pipe_slot *s)
{
	struct dsm_frame f = { .kind = DSM_FRAME_ENDED };
	enum il_err err = dsm_frame_decode(s->buf, s->len, &f);

	IL_ASSERT(!err);
	return f;
}

/* The end in front. */

void dsm_pipe_front_init(struct dsm_pipe_front *f, dsm_send_fn *send, void *ctx,
			 struct dsm_pipe_slot *slots, size_t count)
{
	*f = (struct dsm_pipe_front){
		.send = send, .ctx = ctx, .slots = slots, .count = count
	};
	slots_init(slots, count);
}

void dsm_pipe_front_fini(struct dsm_pipe_front *f)
{
	slots_init(f->slots, f->count);
}

static void send_request(struct dsm_pipe_front *f, struct dsm_pipe_slot *s)
{
	if (s->len && !s->sent)
		s->sent = !f->send(f->ctx, s->buf, s->len);
}

/* The slot's request is this one, so that what came is its answer. */
static bool asked(const struct dsm_pipe_slot *s, const struct dsm_session *who,
		  const uint8_t *in, size_t n)
{
	struct dsm_frame f;

	if (!s->len)
		return false;
	f = slot_frame(s);
	return same_session(&f.s, who) && f.n == n &&
	       (!n || memcmp(f.p, in, n) == 0);
}

static enum il_err begin(struct dsm_pipe_front *f, struct dsm_pipe_slot *s,
			 const struct dsm_session *who, const uint8_t *in,
			 size_t n)
{
	struct dsm_frame req = {
		.kind = DSM_FRAME_REQUEST, .s = *who, .p = in, .n = n
	};

	slot_clear(s);
	s->number++;
	s->number += !s->number;
	req.number = s->number;
	s->len = dsm_frame_encode(&req, s->buf, s->cap);
	if (!s->len)
		return IL_E_SPACE;
	send_request(f, s);
	return IL_E_AGAIN;
}

static enum il_err finish(struct dsm_pipe_slot *s, uint8_t *out, size_t cap,
			  size_t *len)
{
	static const enum il_err errs[DSM_PIPE_STATUSES] = {
		[DSM_PIPE_DONE] = IL_OK,
		[DSM_PIPE_ENDED] = IL_E_STATE,
		[DSM_PIPE_MALFORMED] = IL_E_FIELD,
		[DSM_PIPE_FAILED] = IL_E_IO,
	};
	enum il_err err = errs[s->buf[s->len + 3]];

	if (!err && s->answer > cap)
		err = IL_E_SPACE;
	if (!err && s->answer) {
		memcpy(out, s->buf + s->len + DSM_FRAME_HDR, s->answer);
		*len = s->answer;
	}
	slot_clear(s);
	return err;
}

static enum il_err front_request(void *ctx, const struct dsm_session *who,
				 const uint8_t *in, size_t n, uint8_t *out,
				 size_t cap, size_t *len)
{
	struct dsm_pipe_front *f = ctx;
	struct dsm_pipe_slot *s;

	*len = 0;
	s = slot_of(f->slots, f->count, who);
	if (!s)
		return IL_E_STATE;
	if (!asked(s, who, in, n))
		return begin(f, s, who, in, n);
	send_request(f, s);
	return s->answered ? finish(s, out, cap, len) : IL_E_AGAIN;
}

static void tell_end(struct dsm_pipe_front *f, struct dsm_session *s)
{
	const struct dsm_frame end = { .kind = DSM_FRAME_ENDED, .s = *s };
	uint8_t frame[DSM_FRAME_HDR];
	size_t n = dsm_frame_encode(&end, frame, sizeof(frame));

	if (s->gen && !f->send(f->ctx, frame, n))
		s->gen = 0;
}

/* An older end that is still due goes with it. */
static void front_ended(void *ctx, const struct dsm_session *s)
{
	struct dsm_pipe_front *f = ctx;
	struct dsm_pipe_slot *slot = slot_of(f->slots, f->count, s);

	if (!slot)
		return;
	if (slot->len) {
		struct dsm_frame req = slot_frame(slot);

		if (same_session(&req.s, s))
			slot_clear(slot);
	}
	f->ended[s->conn][s->seat] = *s;
	tell_end(f, &f->ended[s->conn][s->seat]);
}

const struct dsm_back dsm_pipe_back_ops = { .request = front_request,
					    .ended = front_ended };

enum il_err dsm_pipe_front_take(struct dsm_pipe_front *f, const uint8_t *p,
				size_t n)
{
	struct dsm_frame a, req;
	struct dsm_pipe_slot *s;
	enum il_err err = dsm_frame_decode(p, n, &a);

	if (err)
		return err;
	s = slot_of(f->slots, f->count, &a.s);
	if (a.kind != DSM_FRAME_ANSWER || !s)
		return IL_E_FIELD;
	if (!s->len || s->answered || s->number != a.number)
		return IL_OK; /* of a request that was given up */
	req = slot_frame(s);
	if (!same_session(&req.s, &a.s))
		return IL_OK;
	if (n > s->cap - s->len)
		return IL_E_SPACE;
	memcpy(s->buf + s->len, p, n);
	s->answer = a.n;
	s->answered = true;
	return IL_OK;
}

void dsm_pipe_front_flush(struct dsm_pipe_front *f)
{
	for (unsigned c = 0; c < DSM_CONNS; c++)
		for (unsigned i = 0; i < DSM_SEATS; i++)
			if (f->ended[c][i].gen)
				tell_end(f, &f->ended[c][i]);
	for (size_t i = 0; i < f->count * DSM_SEATS; i++)
		send_request(f, &f->slots[i]);
}

/* The end at the back. */

void dsm_pipe_back_init(struct dsm_pipe_back *b, dsm_send_fn *send, void *ctx,
			const struct dsm_back *back, void *back_ctx,
			struct dsm_pipe_slot *slots, size_t count, uint8_t *out,
			size_t out_cap)
{
	*b = (struct dsm_pipe_back){ .send = send,
				     .ctx = ctx,
				     .back = back,
				     .back_ctx = back_ctx,
				     .slots = slots,
				     .count = count,
				     .out = out,
				     .out_cap = out_cap };
	slots_init(slots, count);
}

void dsm_pipe_back_fini(struct dsm_pipe_back *b)
{
	slots_init(b->slots, b->count);
}

static enum dsm_pipe_status status_of(enum il_err err)
{
	switch (err) {
	case IL_OK:
		return DSM_PIPE_DONE;
	case IL_E_STATE:
		return DSM_PIPE_ENDED;
	case IL_E_SHORT:
	case IL_E_LONG:
	case IL_E_FIELD:
	case IL_E_ARG:
		return DSM_PIPE_MALFORMED;
	case IL_E_SPACE:
	case IL_E_AUTH:
	case IL_E_PEER:
	case IL_E_AGAIN:
	case IL_E_TIMEOUT:
	case IL_E_NOMEM:
	case IL_E_RANDOM:
	case IL_E_IO:
		break;
	}
	return DSM_PIPE_FAILED;
}

/* The request of a slot, or its answer that waits for room. */
static void serve(struct dsm_pipe_back *b, struct dsm_pipe_slot *s)
{
	struct dsm_frame f;
	size_t n = 0;
	enum il_err err;

	if (!s->len)
		return;
	if (!s->answered) {
		if (b->out_cap < DSM_FRAME_HDR)
			return;
		f = slot_frame(s);
		err = b->back->request(b->back_ctx, &f.s, f.p, f.n,
				       b->out + DSM_FRAME_HDR,
				       b->out_cap - DSM_FRAME_HDR, &n);
		if (err == IL_E_AGAIN)
			return;
		if (!err && n + DSM_FRAME_HDR > s->cap)
			err = IL_E_SPACE;
		f.kind = DSM_FRAME_ANSWER;
		f.status = status_of(err);
		f.p = b->out + DSM_FRAME_HDR;
		f.n = err ? 0 : n;
		bytes_wipe(s->buf, s->cap);
		s->len = dsm_frame_encode(&f, s->buf, s->cap);
		bytes_wipe(b->out, b->out_cap);
		s->answered = true;
	}
	if (!b->send(b->ctx, s->buf, s->len))
		slot_clear(s);
}

enum il_err dsm_pipe_back_take(struct dsm_pipe_back *b, const uint8_t *p,
			       size_t n)
{
	struct dsm_pipe_slot *s;
	struct dsm_frame f;
	enum il_err err = dsm_frame_decode(p, n, &f);

	if (err)
		return err;
	s = slot_of(b->slots, b->count, &f.s);
	if (f.kind == DSM_FRAME_ANSWER || !s)
		return IL_E_FIELD;
	if (f.kind == DSM_FRAME_ENDED) {
		if (s->len) {
			struct dsm_frame req = slot_frame(s);

			if (same_session(&req.s, &f.s))
				slot_clear(s);
		}
		b->back->ended(b->back_ctx, &f.s);
		return IL_OK;
	}
	if (n > s->cap)
		return IL_E_SPACE;
	/* One that a later one has overtaken, or that came twice. */
	if ((int32_t)(f.number - s->number) <= 0)
		return IL_OK;
	slot_clear(s);
	memcpy(s->buf, p, n);
	s->len = n;
	s->number = f.number;
	serve(b, s);
	return IL_OK;
}

void dsm_pipe_back_poll(struct dsm_pipe_back *b)
{
	for (size_t i = 0; i < b->count * DSM_SEATS; i++)
		serve(b, &b->slots[i]);
}
