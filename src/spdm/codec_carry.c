/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/codec_priv.h"

/*
 * Messages that carry others, in one piece or in several, vendors' messages,
 * and ERROR.
 * Source: DSP0274 1.2.1, 1.3.2 and 1.4.0, sections 10.10, 10.14 and those of
 * encapsulated requests and of chunks.
 */

/*
 * The inner message is all that is left; where the carrier pads, the padding
 * stands in it. 1.2 added the four bytes with AckRequestID.
 */
static void encap_dec(struct rd *r, const struct spdm_shape *sh,
		      struct spdm_msg *m)
{
	(void)sh;
	if (m->code == SPDM_ENCAPSULATED_RESPONSE_ACK &&
	    m->version >= SPDM_V12) {
		m->u.encap.ack_id = rd_u8(r);
		rd_skip(r, 3);
	}
	m->u.encap.inner = rd_span(r, rd_left(r));
}

static void encap_enc(struct wr *w, const struct spdm_msg *m)
{
	if (m->code == SPDM_ENCAPSULATED_RESPONSE_ACK &&
	    m->version >= SPDM_V12) {
		wr_u8(w, m->u.encap.ack_id);
		wr_zero(w, 3);
	}
	wr_span(w, m->u.encap.inner);
}

/* ChunkSeqNo has 32 bits from 1.4 on. */
static unsigned seq_len(const struct spdm_msg *m)
{
	return m->version >= SPDM_V14 ? 4 : 2;
}

static uint32_t seq_dec(struct rd *r, const struct spdm_msg *m)
{
	return seq_len(m) == 4 ? rd_u32le(r) : rd_u16le(r);
}

/* Where it has 16, two reserved bytes make up for it. LargeMessageSize stands
 * in the first chunk. */
static void chunk_dec(struct rd *r, const struct spdm_shape *sh,
		      struct spdm_msg *m)
{
	struct spdm_chunk *c = &m->u.chunk;

	(void)sh;
	c->seq = seq_dec(r, m);
	rd_skip(r, 4 - seq_len(m));
	uint32_t n = rd_u32le(r);

	if (!c->seq)
		c->total = rd_u32le(r);
	c->data = rd_span(r, n);
}

static void chunk_enc(struct wr *w, const struct spdm_msg *m)
{
	const struct spdm_chunk *c = &m->u.chunk;

	wr_len(w, c->seq, seq_len(m));
	wr_zero(w, 4 - seq_len(m));
	wr_len(w, c->data.n, 4);
	if (!c->seq)
		wr_u32le(w, c->total);
	wr_span(w, c->data);
}

static void chunk_get_dec(struct rd *r, const struct spdm_shape *sh,
			  struct spdm_msg *m)
{
	(void)sh;
	m->u.chunk.seq = seq_dec(r, m);
}

static void chunk_get_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_len(w, m->u.chunk.seq, seq_len(m));
}

/* After the last chunk the response to the whole follows, with a carrier's
 * padding; before, none does. */
static void chunk_ack_dec(struct rd *r, const struct spdm_shape *sh,
			  struct spdm_msg *m)
{
	(void)sh;
	m->u.chunk_ack.seq = seq_dec(r, m);
	m->u.chunk_ack.response = rd_span(r, rd_left(r));
}

static void chunk_ack_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_len(w, m->u.chunk_ack.seq, seq_len(m));
	wr_span(w, m->u.chunk_ack.response);
}

/* The short length is reserved where a long one follows. */
static bool large_vdm(const struct spdm_msg *m)
{
	return m->version >= SPDM_V14 && (m->param1 & SPDM_VDM_LARGE);
}

static void vdm_dec(struct rd *r, const struct spdm_shape *sh,
		    struct spdm_msg *m)
{
	(void)sh;
	m->u.vdm.standard = rd_u16le(r);
	uint8_t vid = rd_u8(r);

	m->u.vdm.vid = rd_span(r, vid);
	uint32_t n = rd_u16le(r);

	if (large_vdm(m))
		n = rd_u32le(r);
	m->u.vdm.payload = rd_span(r, n);
}

/* In one room: this is the message that comes most often. */
static void vdm_enc(struct wr *w, const struct spdm_msg *m)
{
	const struct spdm_vdm *v = &m->u.vdm;
	const bool large = large_vdm(m);
	uint8_t *p;

	if (!w->err && (v->vid.n > UINT8_MAX ||
			v->payload.n > (large ? UINT32_MAX : UINT16_MAX)))
		w->err = IL_E_ARG;
	p = wr_room(w, 3 + v->vid.n + (large ? 6 : 2));
	if (p) {
		put_u16le(p, v->standard);
		p[2] = (uint8_t)v->vid.n;
		if (v->vid.n)
			memcpy(p + 3, v->vid.p, v->vid.n);
		p += 3 + v->vid.n;
		put_u16le(p, large ? 0 : (uint16_t)v->payload.n);
		if (large)
			put_u32le(p + 2, (uint32_t)v->payload.n);
	}
	wr_span(w, v->payload);
}

/* ExtendedErrorData by error code; a vendor's is all that follows. */
static size_t error_ext_len(const struct rd *r, const struct spdm_msg *m)
{
	switch (m->param1) {
	case SPDM_ERR_RESPONSE_NOT_READY:
	case SPDM_ERR_RESPONSE_TOO_LARGE:
		return 4;
	case SPDM_ERR_DATA_TOO_LARGE:
		return m->version >= SPDM_V14 ? 4 : 0;
	case SPDM_ERR_LARGE_RESPONSE:
		return 1;
	case SPDM_ERR_VENDOR_DEFINED:
		return rd_left(r);
	default:
		return 0;
	}
}

static void error_dec(struct rd *r, const struct spdm_shape *sh,
		      struct spdm_msg *m)
{
	size_t n = error_ext_len(r, m);

	(void)sh;
	if (n > SPDM_ERROR_EXT)
		rd_field(r);
	m->u.error.ext = rd_span(r, n);
}

static void error_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_span(w, m->u.error.ext);
}

/* clang-format off */
const struct spdm_codec spdm_codec_carry[] = {
	{ SPDM_GET_ENCAPSULATED_REQUEST,      SPDM_V11, NULL,                    NULL },
	{ SPDM_ENCAPSULATED_REQUEST,          SPDM_V11, encap_dec,               encap_enc },
	{ SPDM_DELIVER_ENCAPSULATED_RESPONSE, SPDM_V11, encap_dec,               encap_enc },
	{ SPDM_ENCAPSULATED_RESPONSE_ACK,     SPDM_V11, encap_dec,               encap_enc },
	{ SPDM_CHUNK_SEND,                    SPDM_V12, chunk_dec,               chunk_enc },
	{ SPDM_CHUNK_SEND_ACK,                SPDM_V12, ONLY_REQ(chunk_ack_dec), chunk_ack_enc },
	{ SPDM_CHUNK_GET,                     SPDM_V12, chunk_get_dec,           ONLY_REQ(chunk_get_enc) },
	{ SPDM_CHUNK_RESPONSE,                SPDM_V12, chunk_dec,               chunk_enc },
	{ SPDM_VENDOR_DEFINED_REQUEST,        SPDM_V10, vdm_dec,                 vdm_enc },
	{ SPDM_VENDOR_DEFINED_RESPONSE,       SPDM_V10, vdm_dec,                 vdm_enc },
	{ SPDM_RESPOND_IF_READY,              SPDM_V10, NULL,                    NULL },
	{ SPDM_ERROR,                         SPDM_V10, error_dec,               error_enc },
};
/* clang-format on */
