/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/req_priv.h"

/*
 * How one request travels, and its response: in chunks, or by asking again.
 * The steps know nothing of it: they build a whole message and check one, and
 * transcripts have these alone.
 *
 * Source: DSP0274 1.2.1 and 1.4.0, sections 10.10 (LargeResponse,
 * ResponseNotReady, Busy), 10.13 (RESPOND_IF_READY), 10.26, 10.27 (chunks)
 */

#define READY_TRIES  8
#define EXPONENT_MAX 24 /* 2^24 microseconds: a quarter of a minute */
#define BUSY_NS	     UINT64_C(1000000)

bool spdm_req_chunks(const struct spdm_req *q)
{
	return q->version >= SPDM_V12 && q->peer_transfer &&
	       (q->cfg.caps & q->peer_caps & SPDM_CAP_CHUNK);
}

size_t spdm_req_most(const struct spdm_req *q)
{
	const size_t cap = q->cfg.large_cap;

	if (!spdm_req_chunks(q))
		return q->peer_transfer;
	return cap < q->peer_max ? cap : q->peer_max;
}

uint64_t spdm_req_not_before(const struct spdm_req *q)
{
	return q->op == SPDM_OP_NONE || q->sent ? 0 : q->carry.not_before_ns;
}

static void used(struct spdm_req *q, size_t n)
{
	if (q->large_used < n)
		q->large_used = n;
}

void spdm_carry_over(struct spdm_req *q)
{
	q->carry = (struct spdm_carry){ .next = q->carry.next };
}

void spdm_carry_send(struct spdm_req *q, size_t total)
{
	used(q, total);
	q->carry.state = SPDM_CARRY_OUT;
	q->carry.handle = q->carry.next++;
	q->carry.seq = 0;
	q->carry.done = 0;
	q->carry.total = (uint32_t)total;
}

/* --- what goes out --- */

static void chunk_build(struct spdm_req *q, struct spdm_msg *m, size_t room)
{
	struct spdm_carry *c = &q->carry;
	const uint32_t left = c->total - c->done;

	room -= spdm_chunk_head(c->seq);
	c->size = left < room ? left : (uint32_t)room;
	m->code = SPDM_CHUNK_SEND;
	m->param1 = c->size == left ? SPDM_CHUNK_LAST : 0;
	m->param2 = c->handle;
	m->u.chunk.seq = c->seq;
	m->u.chunk.total = c->total;
	m->u.chunk.data = (struct spdm_span){ q->cfg.large + c->done, c->size };
}

enum il_err spdm_carry_pull(struct spdm_req *q, uint8_t *p, size_t cap,
			    size_t *len)
{
	struct spdm_msg m = { .version = q->version };
	struct wr w = wr_over(p, cap);
	enum il_err err;

	if (cap < SPDM_TRANSFER_MIN)
		return IL_E_SPACE;
	switch (q->carry.state) {
	case SPDM_CARRY_OUT:
		chunk_build(q, &m,
			    cap < q->peer_transfer ? cap : q->peer_transfer);
		break;
	case SPDM_CARRY_IN:
		m.code = SPDM_CHUNK_GET;
		m.param2 = q->carry.handle;
		m.u.chunk.seq = q->carry.seq;
		break;
	case SPDM_CARRY_ASK:
		m.code = SPDM_RESPOND_IF_READY;
		m.param1 = spdm_req_code(q);
		m.param2 = q->carry.handle;
		break;
	case SPDM_CARRY_NONE:
		return IL_E_STATE;
	}
	err = spdm_msg_encode(&w, &m);
	if (!err)
		*len = w.len;
	return err;
}

/* --- what comes back --- */

/* The last chunk's acknowledgement has the response in it, others nothing. */
static enum il_err take_ack(struct spdm_req *q, const struct spdm_msg *m,
			    size_t fill, struct spdm_span *in)
{
	struct spdm_carry *c = &q->carry;
	const bool early = m->param1 & SPDM_CHUNK_EARLY;
	const bool last = c->done + c->size == c->total;
	struct spdm_span rsp = m->u.chunk_ack.response;

	if (m->code != SPDM_CHUNK_SEND_ACK || m->param2 != c->handle ||
	    m->u.chunk_ack.seq != c->seq)
		return IL_E_FIELD;
	if (!last && !early) {
		if (rsp.n > fill)
			return IL_E_LONG;
		for (size_t i = 0; i < rsp.n; i++)
			if (rsp.p[i])
				return IL_E_LONG;
		c->done += c->size;
		c->seq++;
		return IL_E_AGAIN;
	}
	/* What was refused early is an ERROR, and a short one. */
	if (rsp.n < 4 || (early && (rsp.p[1] != SPDM_ERROR ||
				    rsp.p[2] == SPDM_ERR_LARGE_RESPONSE)))
		return IL_E_FIELD;
	c->state = SPDM_CARRY_NONE;
	*in = rsp;
	return IL_OK;
}

/* In order, none empty, none small but the last, and no more than was said:
 * so it has an end. */
static bool chunk_sane(const struct spdm_req *q, const struct spdm_msg *m)
{
	const struct spdm_carry *c = &q->carry;
	const struct spdm_chunk *k = &m->u.chunk;
	const bool last = m->param1 & SPDM_CHUNK_LAST;
	const uint32_t total = c->seq ? c->total : k->total;
	const uint32_t least = SPDM_TRANSFER_MIN - spdm_chunk_head(c->seq);

	if (m->code != SPDM_CHUNK_RESPONSE || m->param2 != c->handle ||
	    k->seq != c->seq || !k->data.n || total > q->cfg.large_cap ||
	    k->data.n > total - c->done)
		return false;
	if (last != (c->done + k->data.n == total))
		return false;
	return c->seq || !last ? last || k->data.n >= least : false;
}

static enum il_err take_chunk(struct spdm_req *q, const struct spdm_msg *m,
			      struct spdm_span *in)
{
	struct spdm_carry *c = &q->carry;
	const struct spdm_span data = m->u.chunk.data;

	if (!chunk_sane(q, m))
		return IL_E_FIELD;
	if (!c->seq)
		c->total = m->u.chunk.total;
	used(q, c->total);
	memcpy(q->cfg.large + c->done, data.p, data.n);
	c->done += (uint32_t)data.n;
	c->seq++;
	if (c->done < c->total)
		return IL_E_AGAIN;
	c->state = SPDM_CARRY_NONE;
	*in = (struct spdm_span){ q->cfg.large, c->total };
	return IL_OK;
}

enum il_err spdm_carry_take(struct spdm_req *q, const struct spdm_msg *m,
			    size_t fill, struct spdm_span *in)
{
	if (q->carry.state == SPDM_CARRY_OUT)
		return take_ack(q, m, fill, in);
	return take_chunk(q, m, in);
}

/* --- ERROR messages that are no refusal --- */

static enum il_err large(struct spdm_req *q, const struct spdm_msg *m)
{
	struct spdm_carry *c = &q->carry;

	/* Neither in the middle of a request nor out of another response. */
	if (!spdm_req_chunks(q) || c->state == SPDM_CARRY_IN || c->whole ||
	    (c->state == SPDM_CARRY_OUT && c->done + c->size != c->total))
		return IL_E_FIELD;
	c->state = SPDM_CARRY_IN;
	c->handle = m->u.error.ext.p[0];
	c->whole = true; /* one a request */
	c->seq = 0;
	c->done = 0;
	c->total = 0;
	return IL_E_AGAIN;
}

static enum il_err not_ready(struct spdm_req *q, const struct spdm_msg *m,
			     uint64_t now_ns)
{
	struct spdm_carry *c = &q->carry;
	const uint8_t *ext = m->u.error.ext.p;
	const struct spdm_not_ready r = { ext[0], ext[1], ext[2], ext[3] };
	const uint8_t tries =
		q->cfg.ready_tries ? q->cfg.ready_tries : READY_TRIES;

	if (c->state == SPDM_CARRY_IN || r.code != spdm_req_code(q) ||
	    r.factor < 2 || r.exponent > EXPONENT_MAX ||
	    (c->state == SPDM_CARRY_ASK && r.token != c->handle) ||
	    (c->state == SPDM_CARRY_OUT && c->done + c->size != c->total))
		return IL_E_FIELD;
	if (c->tries++ >= tries)
		return IL_E_TIMEOUT;
	c->state = SPDM_CARRY_ASK;
	c->handle = r.token;
	c->not_before_ns = now_ns + (UINT64_C(1000) << r.exponent);
	return IL_E_AGAIN;
}

/*
 * The same message again, later: a chunk, CHUNK_GET, RESPOND_IF_READY, or the
 * request built anew. What is in VCA cannot be taken back. OPEN: how long to
 * wait is not said; a millisecond, doubled each time.
 */
static enum il_err busy(struct spdm_req *q, uint64_t now_ns)
{
	struct spdm_carry *c = &q->carry;

	if (c->busy >= q->cfg.busy_tries || !spdm_req_may_repeat(q))
		return IL_E_PEER;
	if (c->state == SPDM_CARRY_NONE)
		spdm_req_repeat(q);
	c->not_before_ns = now_ns + (BUSY_NS << (c->busy & 15));
	c->busy++;
	return IL_E_AGAIN;
}

enum il_err spdm_carry_error(struct spdm_req *q, const struct spdm_msg *m,
			     uint64_t now_ns)
{
	switch (m->param1) {
	case SPDM_ERR_LARGE_RESPONSE:
		return large(q, m);
	case SPDM_ERR_RESPONSE_NOT_READY:
		return not_ready(q, m, now_ns);
	case SPDM_ERR_BUSY:
		return busy(q, now_ns);
	default:
		return IL_E_PEER;
	}
}
