/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_CODEC_PRIV_H
#define SPDM_CODEC_PRIV_H

#include "spdm/codec.h"

/* One message behind its header, which version @since brought; a NULL pair
 * means header only. */
struct spdm_codec {
	uint8_t code;
	uint8_t since;
	void (*dec)(struct rd *r, const struct spdm_shape *sh,
		    struct spdm_msg *m);
	void (*enc)(struct wr *w, const struct spdm_msg *m);
};

/*
 * In a row, what a responder never does: it makes no requests but those that it
 * may ask of its requester, and reads no answers but to these. The device
 * library is built without.
 */
#ifdef SPDM_RESPONDER_ONLY
#define ONLY_REQ(fn) NULL
#else
#define ONLY_REQ(fn) fn
#endif

extern const struct spdm_codec spdm_codec_connect[];
extern const struct spdm_codec spdm_codec_prove[];
extern const struct spdm_codec spdm_codec_session[];
extern const struct spdm_codec spdm_codec_manage[];
extern const struct spdm_codec spdm_codec_carry[];

/* The peer contradicts itself: the first error stays. */
static inline void rd_field(struct rd *r)
{
	if (!r->err)
		r->err = IL_E_FIELD;
}

static inline struct spdm_span rd_span(struct rd *r, size_t n)
{
	const uint8_t *p = rd_bytes(r, n);

	return (struct spdm_span){ .p = p, .n = p ? n : 0 };
}

/* A u16 length and as many bytes, at most @max. */
static inline struct spdm_span rd_span16(struct rd *r, size_t max)
{
	uint16_t n = rd_u16le(r);

	if (n > max)
		rd_field(r);
	return rd_span(r, n);
}

/*
 * Bytes that stand where they go already are left alone, and so is the room of
 * a span that has a length only: its bytes come from elsewhere.
 */
static inline void wr_span(struct wr *w, struct spdm_span s)
{
	uint8_t *p = wr_room(w, s.n);

	if (p && s.n && s.p && p != s.p)
		memcpy(p, s.p, s.n);
}

/* A length field of @bytes bytes that must be able to say @n. */
static inline void wr_len(struct wr *w, size_t n, unsigned bytes)
{
	if (n >> (8 * bytes) && !w->err)
		w->err = IL_E_ARG;
	wr_le(w, n, bytes);
}

static inline void wr_span16(struct wr *w, struct spdm_span s)
{
	wr_len(w, s.n, 2);
	wr_span(w, s);
}

#endif
