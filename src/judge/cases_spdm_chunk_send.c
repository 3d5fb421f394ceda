/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/talk.h"

/*
 * A request in chunks: CHUNK_SEND and CHUNK_SEND_ACK. It is
 * NEGOTIATE_ALGORITHMS, which is long enough, and has no signature.
 * Source: DSP0274 1.2.1, section 10.26
 */

#define FIRST 26u /* bytes of the least first chunk: 42 less its head of 16 */

static const struct talk_wish chunks = { .chunks = true };

struct offer {
	uint8_t p[128];
	size_t n;
};

static bool ready(struct talk *t, struct judge *j, struct offer *o)
{
	struct spdm_msg m;
	struct spdm_span s;

	if (!talk_begin(t, j, TALK_CAPS, &chunks) ||
	    !talk_needs(t, SPDM_CAP_CHUNK, "CHUNK_CAP"))
		return false;
	talk_algs_msg(t, &m);
	s = talk_bytes(t, &m);
	if (!judge_on(j) || s.n > sizeof(o->p))
		return false;
	memcpy(o->p, s.p, s.n);
	o->n = s.n;
	return true;
}

/* Chunk @seq under @handle: @n bytes from @off on of a message of @total. */
struct piece {
	uint8_t handle;
	uint8_t param1;
	uint32_t seq, total;
	size_t off, n;
};

static bool send(struct talk *t, const struct offer *o, const struct piece *p)
{
	struct spdm_msg m = talk_msg(t, SPDM_CHUNK_SEND);

	m.param1 = p->param1;
	m.param2 = p->handle;
	m.u.chunk.seq = p->seq;
	m.u.chunk.total = p->total;
	m.u.chunk.data = (struct spdm_span){ o->p + p->off, p->n };
	return talk_once(t, &m);
}

static bool send_first(struct talk *t, const struct offer *o)
{
	return send(t, o,
		    &(struct piece){
			    .handle = 5, .total = (uint32_t)o->n, .n = FIRST });
}

static bool acked(struct talk *t, uint32_t seq)
{
	return talk_is(t, SPDM_CHUNK_SEND_ACK) &&
	       judge_expect(t->j,
			    t->a->param2 == 5 && t->a->u.chunk_ack.seq == seq,
			    "handle %u and number %u were acknowledged, not 5 "
			    "and %u",
			    t->a->param2, t->a->u.chunk_ack.seq, seq);
}

/* Something is wrong with a chunk: told at once. */
static void early(struct talk *t)
{
	const struct spdm_span *r;

	/* 1.2: some devices refuse the first chunk as any request. */
	if (!talk_has(t, SPDM_CHUNK_SEND_ACK)) {
		talk_refused(t, TALK_ANY);
		return;
	}
	r = &t->a->u.chunk_ack.response;
	judge_expect(t->j,
		     (t->a->param1 & SPDM_CHUNK_EARLY) && r->n >= 4 &&
			     r->p[1] == SPDM_ERROR,
		     "the chunk is acknowledged without EarlyErrorDetected and "
		     "an ERROR");
}

static struct piece last_of(const struct offer *o)
{
	return (struct piece){ .handle = 5,
			       .param1 = SPDM_CHUNK_LAST,
			       .seq = 1,
			       .off = FIRST,
			       .n = o->n - FIRST };
}

static void whole(struct judge *j)
{
	struct offer o;
	struct talk t;
	struct piece p;

	if (!ready(&t, j, &o) || !send_first(&t, &o) || !acked(&t, 0))
		goto out;
	/* Less than a header is what fills up a carrier's unit. */
	judge_expect(j, t.a->u.chunk_ack.response.n < 4,
		     "a response comes before the last chunk");
	p = last_of(&o);
	if (!send(&t, &o, &p) || !acked(&t, 1))
		goto out;
	judge_expect(j,
		     t.a->u.chunk_ack.response.n >= 4 &&
			     t.a->u.chunk_ack.response.p[1] == SPDM_ALGORITHMS,
		     "the last chunk is acknowledged without the response to "
		     "the whole request");
out:
	talk_end(&t);
}

/* The second chunk, with @wrong about it. */
static void second(struct judge *j, const struct piece *wrong)
{
	struct offer o;
	struct talk t;
	struct piece p;

	if (ready(&t, j, &o) && send_first(&t, &o) && acked(&t, 0)) {
		p = last_of(&o);
		p.handle = (uint8_t)(p.handle + wrong->handle);
		p.seq += wrong->seq;
		p.n -= wrong->n;
		if (send(&t, &o, &p))
			early(&t);
	}
	talk_end(&t);
}

static void other_handle(struct judge *j)
{
	second(j, &(struct piece){ .handle = 1 });
}

static void other_seq(struct judge *j)
{
	second(j, &(struct piece){ .seq = 1 });
}

static void ends_early(struct judge *j)
{
	second(j, &(struct piece){ .n = 4 });
}

/* The first chunk, with something wrong about it. */
static void first(struct judge *j, const struct piece *p, bool beyond)
{
	struct offer o;
	struct talk t;
	struct piece q = *p;

	if (ready(&t, j, &o)) {
		if (!q.total)
			q.total = (uint32_t)o.n;
		if (beyond)
			q.total = t.theirs.max_msg + 1;
		q.n = FIRST;
		if (send(&t, &o, &q))
			early(&t);
	}
	talk_end(&t);
}

static void too_large(struct judge *j)
{
	first(j, &(struct piece){ .handle = 5 }, true);
}

static void begins_late(struct judge *j)
{
	first(j, &(struct piece){ .handle = 5, .seq = 1 }, false);
}

static void last_at_once(struct judge *j)
{
	first(j, &(struct piece){ .handle = 5, .param1 = SPDM_CHUNK_LAST },
	      false);
}

/* What comes in chunks is none of them. */
static void nested(struct judge *j)
{
	struct offer o;
	struct talk t;
	struct piece p;

	if (!ready(&t, j, &o))
		goto out;
	memset(o.p, 0, sizeof(o.p));
	o.p[0] = t.v;
	o.p[1] = SPDM_CHUNK_SEND;
	if (!send_first(&t, &o))
		goto out;
	p = last_of(&o);
	if (talk_has(&t, SPDM_CHUNK_SEND_ACK) &&
	    !(t.a->param1 & SPDM_CHUNK_EARLY) && !send(&t, &o, &p))
		goto out;
	if (talk_has(&t, SPDM_CHUNK_SEND_ACK))
		judge_expect(j,
			     t.a->u.chunk_ack.response.n >= 4 &&
				     t.a->u.chunk_ack.response.p[1] ==
					     SPDM_ERROR,
			     "CHUNK_SEND in chunks is not answered by ERROR");
	else
		talk_refused(&t, TALK_ANY);
out:
	talk_end(&t);
}

static void meanwhile(struct judge *j)
{
	struct offer o;
	struct talk t;
	struct spdm_msg m;
	struct piece p;

	if (!ready(&t, j, &o) || !send_first(&t, &o) || !acked(&t, 0))
		goto out;
	talk_algs_msg(&t, &m);
	if (!talk_once(&t, &m) ||
	    !talk_refused(&t, TALK_E(SPDM_ERR_UNEXPECTED_REQUEST)))
		goto out;
	p = last_of(&o);
	if (send(&t, &o, &p))
		acked(&t, 1);
out:
	talk_end(&t);
}

/* clang-format off */
#define SINCE_12 JUDGE_SINCE(JUDGE_V12)
#define CAPS     SPDM_CAP_CHUNK
#define SECTION  "DSP0274 1.2.1, section 10.26 (CHUNK_SEND, CHUNK_SEND_ACK)"

static const struct judge_case cases[] = {
	{ "chunk-send-is-acknowledged-and-answered", JUDGE_SPDM, SINCE_12, 0, CAPS,
	  "Each CHUNK_SEND is acknowledged by handle and number, the last one with the response to the whole request", SECTION,
	  SURE_SPEC, "chunk-ack", whole },
	{ "chunk-send-of-another-handle-is-an-early-error", JUDGE_SPDM, SINCE_12, 0, CAPS,
	  "A chunk of another handle than the first is told by EarlyErrorDetected and ERROR", SECTION,
	  SURE_INFERRED, "chunk-send-any", other_handle },
	{ "chunk-send-out-of-order-is-an-early-error", JUDGE_SPDM, SINCE_12, 0, CAPS,
	  "A chunk whose number does not follow is told by EarlyErrorDetected and ERROR", SECTION,
	  SURE_INFERRED, "chunk-send-any", other_seq },
	{ "chunk-send-that-ends-early-is-an-early-error", JUDGE_SPDM, SINCE_12, 0, CAPS,
	  "A last chunk that does not end the message is told by EarlyErrorDetected and ERROR", SECTION,
	  SURE_INFERRED, "chunk-send-any", ends_early },
	{ "chunk-send-above-the-limit-is-an-early-error", JUDGE_SPDM, SINCE_12, 0, CAPS,
	  "A LargeMessageSize above the device's MaxSPDMmsgSize is refused with the first chunk", SECTION,
	  SURE_INFERRED, "chunk-send-any", too_large },
	{ "chunk-send-begins-with-0", JUDGE_SPDM, SINCE_12, 0, CAPS,
	  "A first chunk with another number than 0 is refused", SECTION,
	  SURE_INFERRED, "chunk-send-any", begins_late },
	{ "chunk-send-first-is-not-last", JUDGE_SPDM, SINCE_12, 0, CAPS,
	  "A first chunk that is marked as the last is refused", SECTION,
	  SURE_INFERRED, "chunk-send-any", last_at_once },
	{ "chunk-send-of-chunks-is-refused", JUDGE_SPDM, SINCE_12, 0, CAPS,
	  "CHUNK_SEND in chunks is answered by ERROR", SECTION,
	  SURE_SPEC, "chunk-send-any", nested },
	{ "chunk-send-is-not-interrupted", JUDGE_SPDM, SINCE_12, 0, CAPS,
	  "Another request while chunks arrive is ERROR UnexpectedRequest, and the chunks go on", SECTION,
	  SURE_SPEC, "order-any", meanwhile },
};
/* clang-format on */

const struct judge_table judge_cases_spdm_chunk_send = { cases, COUNT(cases) };
