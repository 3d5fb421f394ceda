/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/rsp_priv.h"

/*
 * Messages in chunks. A large request comes by CHUNK_SEND and is run when its
 * last chunk is there; a large response is announced by ERROR LargeResponse
 * and taken by CHUNK_GET. Chunks are a carrier: transcripts see the whole
 * message and nothing of them.
 *
 * One transfer at a time. It belongs to a session, or to what is outside of
 * them, and nothing else is served there until it is over; GET_VERSION ends
 * it. OPEN: whether a transfer keeps other sessions waiting is not said; here
 * they go on, and one of them may take the buffer from a transfer outside of
 * sessions, which anybody who reaches the mailbox can begin.
 *
 * Source: DSP0274 1.2.1 and 1.4.0, sections 10.26 (CHUNK_SEND), 10.27
 * (CHUNK_GET), "Large SPDM message transfer mechanism"
 */

#define ACK_HEAD(v)  ((v) >= SPDM_V14 ? 8u : 6u)
#define SEQ_LIMIT(v) ((v) >= SPDM_V14 ? UINT32_MAX : UINT16_MAX)
#define CHUNK_MIN(l) (SPDM_TRANSFER_MIN - spdm_chunk_head((l)->seq))

bool spdm_rsp_chunks(const struct spdm_rsp *r)
{
	return r->version >= SPDM_V12 &&
	       (r->cfg.caps & r->peer_caps & SPDM_CAP_CHUNK);
}

void spdm_large_drop(struct spdm_rsp *r)
{
	struct spdm_large *l = &r->large;

	if (l->state == SPDM_LARGE_NONE)
		return;
	/* Also what a chunk brought that was not answered. */
	bytes_wipe(r->cfg.large + l->at, l->total);
	*l = (struct spdm_large){ .next = l->next };
}

bool spdm_large_admits(const struct spdm_ex *x, uint8_t code)
{
	const struct spdm_large *l = &x->r->large;

	if (x->carried || l->ctx != spdm_ex_ctx(x))
		return true;
	switch (l->state) {
	case SPDM_LARGE_NONE:
	case SPDM_LARGE_HELD:
		return true;
	case SPDM_LARGE_IN:
		return code == SPDM_CHUNK_SEND || code == SPDM_GET_VERSION;
	case SPDM_LARGE_OUT:
		return code == SPDM_CHUNK_GET || code == SPDM_GET_VERSION;
	}
	return false;
}

/* Whether the buffer can be had: from nobody, or from outside of sessions. */
static bool can_have(const struct spdm_ex *x)
{
	const struct spdm_large *l = &x->r->large;

	return l->state == SPDM_LARGE_NONE || (!l->ctx && x->secured);
}

/* Takes it; what a transfer outside of sessions had is lost. */
static void take(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;

	if (r->large.state == SPDM_LARGE_HELD)
		spdm_wait_lose(r);
	spdm_large_drop(r);
	r->large.ctx = spdm_ex_ctx(x);
}

/* --- requests --- */

/*
 * What is wrong with the first chunk: an ERROR code, or 0. OPEN: no code is
 * named for a LargeMessageSize above our limit; RequestTooLarge says it, where
 * DMTF's implementation has InvalidRequest.
 */
static uint8_t first_bad(const struct spdm_ex *x)
{
	const struct spdm_chunk *c = &x->req.u.chunk;

	if (c->seq)
		return SPDM_ERR_INVALID_REQUEST;
	if (c->total > x->r->cfg.large_cap)
		return SPDM_ERR_REQUEST_TOO_LARGE;
	/* What fits in one message is none for chunks, and neither is one
	 * whose first chunk is its last. */
	if (c->total <= SPDM_TRANSFER_MIN ||
	    (x->req.param1 & SPDM_CHUNK_LAST) || c->data.n >= c->total ||
	    c->data.n < CHUNK_MIN(&x->r->large))
		return SPDM_ERR_INVALID_REQUEST;
	return 0;
}

/* The same of one that follows. The last must be told, and end the message;
 * the others must not be small, so that a message has an end. */
static uint8_t next_bad(const struct spdm_ex *x)
{
	const struct spdm_large *l = &x->r->large;
	const struct spdm_chunk *c = &x->req.u.chunk;
	const bool last = x->req.param1 & SPDM_CHUNK_LAST;
	const uint32_t left = l->total - l->done;

	if (x->req.param2 != l->handle || c->seq != l->seq || !c->data.n ||
	    c->data.n > left || last != (c->data.n == left))
		return SPDM_ERR_INVALID_REQUEST;
	return last || c->data.n >= CHUNK_MIN(l) ? 0 : SPDM_ERR_INVALID_REQUEST;
}

/* The acknowledgement carries an ERROR; the transfer is over. */
static enum il_err early(struct spdm_ex *x, uint8_t code)
{
	if (x->r->large.state == SPDM_LARGE_IN)
		spdm_large_drop(x->r);
	x->early = true;
	return spdm_ex_refuse(x, code, 0);
}

/* The whole request is there: it is run, behind the acknowledgement. */
static enum il_err whole(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;

	x->chunked = true;
	x->inner = (struct spdm_span){ r->cfg.large, r->large.total };
	return IL_OK;
}

enum il_err spdm_rsp_chunk_send(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	struct spdm_large *l = &r->large;
	const struct spdm_chunk *c = &x->req.u.chunk;
	const bool first =
		l->state != SPDM_LARGE_IN || l->ctx != spdm_ex_ctx(x);
	const bool last = x->req.param1 & SPDM_CHUNK_LAST;
	uint8_t bad;

	if (!spdm_rsp_chunks(r))
		return spdm_ex_refuse(x, SPDM_ERR_UNSUPPORTED_REQUEST,
				      x->req.code);
	if (first && !can_have(x))
		return spdm_ex_refuse(x, SPDM_ERR_BUSY, 0);
	if (x->cap < SPDM_TRANSFER_MIN)
		return IL_E_SPACE;
	if (first)
		take(x);
	x->ack = ACK_HEAD(r->version);
	x->ack_handle = x->req.param2;
	x->ack_seq = c->seq;
	x->buf += x->ack;
	x->cap -= x->ack;
	bad = first ? first_bad(x) : next_bad(x);
	if (bad)
		return early(x, bad);
	memcpy(r->cfg.large + l->done, c->data.p, c->data.n);
	if (last)
		return whole(x);
	if (first) {
		l->state = SPDM_LARGE_IN;
		l->handle = x->req.param2;
		l->total = c->total;
	}
	l->done += (uint32_t)c->data.n;
	l->seq++;
	x->len = 0; /* an acknowledgement alone */
	return IL_OK;
}

/* --- responses --- */

/* Behind a large request that is being answered. */
static size_t place(const struct spdm_ex *x)
{
	const struct spdm_rsp *r = x->r;

	if (!x->inner.n || x->inner.p != r->cfg.large)
		return 0;
	return (x->inner.n + 7) & ~(size_t)7;
}

uint32_t spdm_ex_most(const struct spdm_ex *x)
{
	const struct spdm_rsp *r = x->r;
	const uint32_t once = spdm_ex_longest(x);
	const size_t at = place(x);
	size_t most;

	if (!spdm_rsp_chunks(r) || (!at && !can_have(x)) || !once ||
	    once < SPDM_TRANSFER_MIN || at >= r->cfg.large_cap)
		return once;
	most = r->cfg.large_cap - at;
	if (most > r->peer_max)
		most = r->peer_max;
	/* ChunkSeqNo counts them without coming round again. */
	if (most / (once - SPDM_CHUNK_FIRST_HEAD) >= SEQ_LIMIT(r->version))
		most = (size_t)SEQ_LIMIT(r->version) *
		       (once - SPDM_CHUNK_FIRST_HEAD);
	return most > once ? (uint32_t)most : once;
}

bool spdm_large_open(struct spdm_ex *x, size_t len)
{
	const uint32_t most = spdm_ex_most(x);

	if (x->big || len > most || most <= spdm_ex_longest(x))
		return false;
	if (!place(x))
		take(x);
	x->big = true;
	x->buf = x->r->cfg.large + place(x);
	x->cap = most;
	return true;
}

enum il_err spdm_rsp_chunk_get(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	struct spdm_large *l = &r->large;
	const bool mine =
		l->state == SPDM_LARGE_OUT && l->ctx == spdm_ex_ctx(x);
	struct spdm_chunk *c = &x->rsp.u.chunk;
	enum il_err err;

	if (!spdm_rsp_chunks(r))
		return spdm_ex_refuse(x, SPDM_ERR_UNSUPPORTED_REQUEST,
				      x->req.code);
	if (!mine)
		return spdm_ex_refuse(x, SPDM_ERR_UNEXPECTED_REQUEST, 0);
	if (x->req.param2 != l->handle || x->req.u.chunk.seq != l->seq)
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);

	const uint32_t room = spdm_ex_longest(x) - spdm_chunk_head(l->seq);
	const uint32_t left = l->total - l->done;

	c->seq = l->seq;
	c->total = l->total;
	c->data = (struct spdm_span){ r->cfg.large + l->at + l->done,
				      left < room ? left : room };
	x->rsp.param1 = left <= room ? SPDM_CHUNK_LAST : 0;
	x->rsp.param2 = l->handle;
	err = spdm_ex_emit(x);
	if (err)
		return err;
	l->seq++;
	l->done += left < room ? left : room;
	if (left <= room)
		spdm_large_drop(r);
	return IL_OK;
}

/* --- what goes out in the end --- */

/*
 * The response stays here, and its handle goes; after a large request behind
 * the acknowledgement of its last chunk. OPEN: DMTF's responder leaves that
 * acknowledgement out then; its requester takes both, and so does ours.
 */
static enum il_err announce(struct spdm_ex *x)
{
	struct spdm_large *l = &x->r->large;
	const struct spdm_large out = {
		.state = SPDM_LARGE_OUT,
		.ctx = spdm_ex_ctx(x),
		.handle = l->next,
		.next = (uint8_t)(l->next + 1),
		.at = (uint32_t)(x->buf - x->r->cfg.large),
		.total = (uint32_t)x->len,
	};

	*l = out;
	x->big = false;
	x->error = SPDM_ERR_LARGE_RESPONSE;
	x->ext[0] = out.handle;
	x->ext_len = 1;
	x->buf = x->out + x->ack;
	x->cap = x->out_cap - x->ack;
	return spdm_ex_error(x, x->req.code);
}

void spdm_large_back(struct spdm_ex *x)
{
	if (x->big)
		bytes_wipe(x->buf, x->cap);
	x->big = false;
	x->buf = x->out + x->ack;
	x->cap = x->out_cap - x->ack;
}

static enum il_err acknowledge(struct spdm_ex *x)
{
	struct spdm_msg m = {
		.version = x->r->version,
		.code = SPDM_CHUNK_SEND_ACK,
		.param1 = x->early ? SPDM_CHUNK_EARLY : 0,
		.param2 = x->ack_handle,
		.u.chunk_ack = { x->ack_seq, { x->buf, x->len } },
	};
	struct wr w = wr_over(x->out, x->out_cap);
	enum il_err err = spdm_msg_encode(&w, &m);

	x->buf = x->out;
	x->cap = x->out_cap;
	x->len = w.len;
	return err;
}

enum il_err spdm_large_finish(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	enum il_err err = IL_OK;

	/* The request is answered; one that waits stays. */
	if (x->inner.n && x->inner.p == r->cfg.large && !x->keeps) {
		bytes_wipe(r->cfg.large, x->inner.n);
		r->large = (struct spdm_large){ .next = r->large.next };
	}
	if (x->big && !x->silent)
		err = announce(x);
	if (!err && x->ack && !x->silent)
		err = acknowledge(x);
	return err;
}
