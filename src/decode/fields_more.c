/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "decode/fields_priv.h"

/*
 * Messages that carry others.
 * Source: DSP0274 1.2.1, 1.3.2 and 1.4.0, section 10
 */

static void rest(struct walk *w, const char *name)
{
	if (walk_left(w))
		walk_bytes(w, name, walk_left(w));
}

static void encapsulated(struct walk *w)
{
	walk_header(w, "request_id", NULL);
	rest(w, "message");
}

static void encapsulated_ack(struct walk *w)
{
	walk_header(w, "request_id", "payload_type");
	if (!w->err && w->p[0] >= SPDM_V12) {
		walk_num(w, "ack_request_id", 1);
		walk_reserved(w, 3);
	}
	rest(w, "message");
}

/* 16 bits of sequence number before 1.4; there is padding behind those. */
static uint64_t sequence(struct walk *w, bool padded)
{
	const size_t len = !w->err && w->p[0] >= SPDM_V14 ? 4 : 2;
	const uint64_t seq = walk_num(w, "sequence", len);

	if (padded && len < 4)
		walk_reserved(w, 4 - len);
	return seq;
}

static void chunk(struct walk *w)
{
	uint64_t seq;
	size_t n;

	walk_header(w, "attributes", "handle");
	seq = sequence(w, true);
	n = (size_t)walk_num(w, "chunk_len", 4);
	if (!seq)
		walk_num(w, "total_len", 4);
	walk_bytes(w, "chunk", n);
}

static void chunk_ack(struct walk *w)
{
	walk_header(w, "attributes", "handle");
	sequence(w, false);
	rest(w, "message");
}

static void chunk_get(struct walk *w)
{
	walk_header(w, NULL, "handle");
	sequence(w, false);
}

static void if_ready(struct walk *w)
{
	walk_header(w, "request", "token");
}

const struct fields_row fields_more[] = {
	{ SPDM_GET_ENCAPSULATED_REQUEST, "GET_ENCAPSULATED_REQUEST",
	  walk_header_alone },
	{ SPDM_ENCAPSULATED_REQUEST, "ENCAPSULATED_REQUEST", encapsulated },
	{ SPDM_DELIVER_ENCAPSULATED_RESPONSE, "DELIVER_ENCAPSULATED_RESPONSE",
	  encapsulated },
	{ SPDM_ENCAPSULATED_RESPONSE_ACK, "ENCAPSULATED_RESPONSE_ACK",
	  encapsulated_ack },
	{ SPDM_CHUNK_SEND, "CHUNK_SEND", chunk },
	{ SPDM_CHUNK_SEND_ACK, "CHUNK_SEND_ACK", chunk_ack },
	{ SPDM_CHUNK_GET, "CHUNK_GET", chunk_get },
	{ SPDM_CHUNK_RESPONSE, "CHUNK_RESPONSE", chunk },
	{ SPDM_RESPOND_IF_READY, "RESPOND_IF_READY", if_ready },
};

const size_t fields_more_n = COUNT(fields_more);
