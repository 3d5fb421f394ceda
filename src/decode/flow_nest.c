/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "decode/flow_priv.h"

/*
 * Messages in messages: chunks, and encapsulated requests.
 * Source: DSP0274 1.2.1, sections 10.23 to 10.29 (encapsulated requests,
 * CHUNK_SEND, CHUNK_GET)
 */

bool flow_carries(uint8_t code)
{
	switch (code) {
	case SPDM_CHUNK_SEND:
	case SPDM_CHUNK_GET:
	case SPDM_RESPOND_IF_READY:
		return true;
	default:
		return false;
	}
}

void flow_hold(struct flow *f, const struct flow_asked *q)
{
	struct flow_asked *h = &f->held;

	h->own = q->own;
	h->shape = q->shape;
	h->s = q->s;
	h->n = q->n;
	memcpy(h->p, q->p, q->n);
	h->waits = !spdm_msg_decode(h->p, h->n, &h->own, &h->m);
	f->large_whole = false;
}

/* The held request is the one that awaits its answer again. */
static bool release(struct flow *f)
{
	struct flow_asked *q = &f->ask[0];
	const struct flow_asked *h = &f->held;

	if (!h->waits)
		return false;
	f->held.waits = false;
	q->deferred = false;
	q->own = h->own;
	q->shape = h->shape;
	q->s = h->s;
	q->n = h->n;
	memcpy(q->p, h->p, h->n);
	q->waits = !spdm_msg_decode(q->p, q->n, &q->own, &q->m);
	return q->waits;
}

/* One chunk more; true: it was the last, and none is missing. */
static bool gather(struct flow *f, const struct spdm_chunk *c, bool last)
{
	if (c->seq == 0) {
		f->large_whole = c->total <= sizeof(f->large);
		f->large_total = c->total;
		f->large_len = 0;
		f->large_seq = 0;
	}
	if (!f->large_whole || c->seq != f->large_seq ||
	    c->data.n > f->large_total - f->large_len) {
		f->large_whole = false;
		return false;
	}
	if (c->data.n)
		memcpy(f->large + f->large_len, c->data.p, c->data.n);
	f->large_len += c->data.n;
	f->large_seq++;
	return last && f->large_len == f->large_total;
}

static void chunk(struct flow_turn *t)
{
	struct flow *f = t->f;
	const bool last = t->m.param1 & SPDM_CHUNK_LAST;
	const struct spdm_span inner = t->m.u.chunk_ack.response;

	switch (t->m.code) {
	case SPDM_CHUNK_SEND:
		(void)gather(f, &t->m.u.chunk, last);
		break;
	case SPDM_CHUNK_SEND_ACK:
		if (!f->large_whole || f->large_len != f->large_total ||
		    !inner.n)
			break;
		f->large_whole = false;
		flow_message(f, t->s, 0, true, f->large, f->large_len, false);
		flow_message(f, t->s, 0, true, inner.p, inner.n,
			     !t->s && f->via->unit > 1);
		break;
	case SPDM_CHUNK_RESPONSE:
		if (!gather(f, &t->m.u.chunk, last) || !release(f))
			break;
		f->large_whole = false;
		flow_message(f, t->s, 0, true, f->large, f->large_len, false);
		break;
	default:
		break;
	}
}

static void encapsulated(struct flow_turn *t)
{
	const struct spdm_span inner = t->m.u.encap.inner;

	switch (t->m.code) {
	case SPDM_ENCAPSULATED_RESPONSE_ACK:
		/* Before 1.2 Param2 has no meaning; what is there counts. */
		if (t->m.version >= SPDM_V12 &&
		    t->m.param2 != SPDM_ENCAP_PRESENT)
			break;
		/* fallthrough */
	case SPDM_ENCAPSULATED_REQUEST:
	case SPDM_DELIVER_ENCAPSULATED_RESPONSE:
		if (inner.n)
			flow_message(t->f, t->s, 1, true, inner.p, inner.n,
				     !t->s && t->f->via->unit > 1);
		break;
	default:
		break;
	}
}

/* No chunk in a chunk, nothing encapsulated in what is: three deep at most. */
void flow_nested(struct flow_turn *t)
{
	if (t->note.what != FLOW_MESSAGE || t->side)
		return;
	if (!t->note.carried)
		chunk(t);
	encapsulated(t);
}
