/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/talk.h"

/*
 * A response in chunks: ERROR LargeResponse, CHUNK_GET and CHUNK_RESPONSE.
 * Source: DSP0274 1.2.1, sections 10.10, 10.27
 */

#define SMALL 200
#define LONG  500 /* bytes of the chain that are asked for */

static const struct talk_wish chunks = { .transfer = SMALL, .chunks = true };

/* A response that does not go over at once; its handle. */
static bool announced(struct talk *t, struct judge *j, uint8_t *handle)
{
	struct spdm_msg m;

	if (!talk_begin(t, j, TALK_CHAIN, &chunks) ||
	    !talk_needs(t, SPDM_CAP_CHUNK, "CHUNK_CAP"))
		return false;
	m = talk_msg(t, SPDM_GET_CERTIFICATE);
	m.u.get_cert.length = LONG;
	if (!talk_once(t, &m))
		return false;
	if (talk_has(t, SPDM_CERTIFICATE)) {
		judge_absent(j, "the device shortens its answer rather than to "
				"send it in chunks");
		return false;
	}
	if (!talk_refused(t, TALK_E(SPDM_ERR_LARGE_RESPONSE)))
		return false;
	*handle = t->a->u.error.ext.n ? t->a->u.error.ext.p[0] : 0;
	return true;
}

static bool get(struct talk *t, uint8_t handle, uint32_t seq)
{
	struct spdm_msg m = talk_msg(t, SPDM_CHUNK_GET);

	m.param2 = handle;
	m.u.chunk.seq = seq;
	return talk_once(t, &m);
}

static void announcement(struct judge *j)
{
	struct talk t;
	uint8_t handle;

	if (announced(&t, j, &handle))
		judge_expect(j, t.a->u.error.ext.n == 1,
			     "LargeResponse has %zu bytes of extended data, "
			     "which are one handle",
			     t.a->u.error.ext.n);
	talk_end(&t);
}

/* One chunk at its place; false: the verdict is made. */
static bool chunk(struct talk *t, uint8_t handle, uint32_t seq)
{
	const struct spdm_chunk *c;

	if (!get(t, handle, seq) || !talk_is(t, SPDM_CHUNK_RESPONSE))
		return false;
	c = &t->a->u.chunk;
	return judge_expect(t->j, t->a->param2 == handle && c->seq == seq,
			    "handle %u and number %u came, not %u and %u",
			    t->a->param2, c->seq, handle, seq) &&
	       judge_expect(t->j, t->got.n <= SMALL && c->data.n,
			    "chunk %u: %zu bytes in a message of %zu", seq,
			    c->data.n, t->got.n);
}

/* All of it, put together in @out; 0: the verdict is made. */
static size_t whole(struct talk *t, uint8_t handle, uint8_t *out, size_t cap)
{
	size_t at = 0, total = 0;
	bool last = false;

	for (uint32_t seq = 0; !last; seq++) {
		const struct spdm_chunk *c;

		if (!chunk(t, handle, seq))
			return 0;
		c = &t->a->u.chunk;
		if (!seq)
			total = c->total;
		if (!judge_expect(t->j, total <= cap && c->data.n <= total - at,
				  "chunk %u goes beyond LargeMessageSize, %zu",
				  seq, total))
			return 0;
		memcpy(out + at, c->data.p, c->data.n);
		at += c->data.n;
		last = t->a->param1 & SPDM_CHUNK_LAST;
		if (!judge_expect(t->j, last == (at == total),
				  "at %zu of %zu bytes LastChunk is %u", at,
				  total, last))
			return 0;
	}
	return at;
}

static void all(struct judge *j)
{
	uint8_t msg[1024];
	struct spdm_msg m;
	struct talk t;
	uint8_t handle;
	size_t n;

	if (!announced(&t, j, &handle))
		goto out;
	n = whole(&t, handle, msg, sizeof(msg));
	if (!n)
		goto out;
	judge_expect(j,
		     !spdm_msg_decode(msg, n, &t.sh, &m) &&
			     m.code == SPDM_CERTIFICATE &&
			     m.u.cert.portion.n <= t.chain_len &&
			     !memcmp(m.u.cert.portion.p, j->chain,
				     m.u.cert.portion.n),
		     "the chunks together are not the response");
out:
	talk_end(&t);
}

static void reserved(struct judge *j)
{
	struct talk t;
	uint8_t handle;

	if (announced(&t, j, &handle) && chunk(&t, handle, 0))
		talk_reserved_zero(&t);
	talk_end(&t);
}

static void other(struct judge *j, uint8_t handle_off, uint32_t seq)
{
	struct talk t;
	uint8_t handle;

	if (announced(&t, j, &handle) &&
	    get(&t, (uint8_t)(handle + handle_off), seq))
		talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
	talk_end(&t);
}

static void other_handle(struct judge *j)
{
	other(j, 1, 0);
}

static void other_seq(struct judge *j)
{
	other(j, 0, 1);
}

static void skipped(struct judge *j)
{
	struct talk t;
	uint8_t handle;

	if (announced(&t, j, &handle) && chunk(&t, handle, 0) &&
	    get(&t, handle, 2))
		talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
	talk_end(&t);
}

static void nothing_there(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, &chunks) &&
	    talk_needs(&t, SPDM_CAP_CHUNK, "CHUNK_CAP") && get(&t, 0, 0))
		talk_refused(&t, TALK_E(SPDM_ERR_UNEXPECTED_REQUEST) |
					 TALK_E(SPDM_ERR_INVALID_REQUEST));
	talk_end(&t);
}

/* Whoever asks for something else is told to wait, and the chunks go on. */
static void meanwhile(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;
	uint8_t handle;

	if (!announced(&t, j, &handle) || !chunk(&t, handle, 0))
		goto out;
	m = talk_msg(&t, SPDM_GET_DIGESTS);
	if (!talk_once(&t, &m) ||
	    !talk_refused(&t, TALK_E(SPDM_ERR_UNEXPECTED_REQUEST)))
		goto out;
	chunk(&t, handle, 1);
out:
	talk_end(&t);
}

static void version_ends_it(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;
	uint8_t handle;

	if (announced(&t, j, &handle) && chunk(&t, handle, 0)) {
		m = talk_msg(&t, SPDM_GET_VERSION);
		m.version = SPDM_V10;
		if (talk_once(&t, &m))
			talk_is(&t, SPDM_VERSION);
	}
	talk_end(&t);
}

/* clang-format off */
#define SINCE_12 JUDGE_SINCE(JUDGE_V12)
#define CAPS     (SPDM_CAP_CERT | SPDM_CAP_CHUNK)
#define SECTION  "DSP0274 1.2.1, section 10.27 (CHUNK_GET, CHUNK_RESPONSE)"

static const struct judge_case cases[] = {
	{ "chunks-are-announced", JUDGE_SPDM, SINCE_12, 0, CAPS,
	  "A response longer than the requester takes at once is announced by ERROR LargeResponse with a handle", "DSP0274 1.2.1, section 10.10 (LargeResponse)",
	  SURE_SPEC, "chunk-announcement", announcement },
	{ "chunks-make-the-response", JUDGE_SPDM, SINCE_12, 0, CAPS,
	  "Chunks come under their handle, numbered from 0, none longer than the requester takes, the last one marked, and together are the response", SECTION,
	  SURE_SPEC, "chunk-last", all },
	{ "chunks-reserved-is-zero", JUDGE_SPDM, JUDGE_V12 | JUDGE_V13, 0, CAPS,
	  "Reserved fields of CHUNK_RESPONSE are zero", SECTION "; conventions (reserved values)",
	  SURE_SPEC, "reserved-set", reserved },
	{ "chunks-of-another-handle-are-invalid", JUDGE_SPDM, SINCE_12, 0, CAPS,
	  "CHUNK_GET with another handle than was announced is ERROR InvalidRequest", SECTION,
	  SURE_INFERRED, "chunk-get-any", other_handle },
	{ "chunks-from-the-second-on-are-invalid", JUDGE_SPDM, SINCE_12, 0, CAPS,
	  "CHUNK_GET that begins with number 1 is ERROR InvalidRequest", SECTION,
	  SURE_INFERRED, "chunk-get-any", other_seq },
	{ "chunks-left-out-are-invalid", JUDGE_SPDM, SINCE_12, 0, CAPS,
	  "CHUNK_GET that leaves a number out is ERROR InvalidRequest", SECTION,
	  SURE_INFERRED, "chunk-get-any", skipped },
	{ "chunks-of-nothing-are-unexpected", JUDGE_SPDM, SINCE_12, 0, CAPS,
	  "CHUNK_GET without a response that waits is refused", SECTION,
	  SURE_INFERRED, "chunk-get-any", nothing_there },
	{ "chunks-are-not-interrupted", JUDGE_SPDM, SINCE_12, 0, CAPS,
	  "Another request while chunks are on their way is ERROR UnexpectedRequest, and the chunks go on", "DSP0274 1.2.1, sections 10.26, 10.27 (large message transfer)",
	  SURE_SPEC, "order-any", meanwhile },
	{ "chunks-end-with-get-version", JUDGE_SPDM, SINCE_12, 0, CAPS,
	  "GET_VERSION is answered while chunks are on their way", "DSP0274 1.2.1, sections 10.2, 10.27",
	  SURE_SPEC, "chunk-version-refused", version_ends_it },
};
/* clang-format on */

const struct judge_table judge_cases_spdm_chunk_get = { cases, COUNT(cases) };
