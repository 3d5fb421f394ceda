/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

/*
 * A reading cursor. Errors stick: after the first, reads give zero and move
 * nothing, so a decoder is a list of fields with one check at its end.
 * Pointers that rd_bytes() gives live as long as the buffer under the cursor.
 */
struct rd {
	const uint8_t *p;
	const uint8_t *end;
	enum il_err err;
};

static inline struct rd rd_over(const uint8_t *p, size_t len)
{
	return (struct rd){ .p = p, .end = p ? p + len : p };
}

static inline size_t rd_left(const struct rd *r)
{
	return r->err ? 0 : (size_t)(r->end - r->p);
}

/* @len bytes, or NULL and IL_E_SHORT; NULL too when @len is 0 on no buffer. */
static inline const uint8_t *rd_bytes(struct rd *r, size_t len)
{
	const uint8_t *p = r->p;

	if (r->err)
		return NULL;
	if ((size_t)(r->end - r->p) < len) {
		r->err = IL_E_SHORT;
		return NULL;
	}
	if (len)
		r->p += len;
	return p;
}

static inline void rd_skip(struct rd *r, size_t len)
{
	(void)rd_bytes(r, len);
}

static inline void rd_copy(struct rd *r, uint8_t *out, size_t len)
{
	const uint8_t *p = rd_bytes(r, len);

	if (p && len)
		memcpy(out, p, len);
	else if (len)
		memset(out, 0, len);
}

static inline uint64_t rd_le(struct rd *r, unsigned n)
{
	const uint8_t *p = rd_bytes(r, n);
	uint64_t v = 0;

	if (p)
		for (unsigned i = n; i-- > 0;)
			v = v << 8 | p[i];
	return v;
}

static inline uint64_t rd_be(struct rd *r, unsigned n)
{
	const uint8_t *p = rd_bytes(r, n);
	uint64_t v = 0;

	if (p)
		for (unsigned i = 0; i < n; i++)
			v = v << 8 | p[i];
	return v;
}

static inline uint8_t rd_u8(struct rd *r)
{
	return (uint8_t)rd_le(r, 1);
}

static inline uint16_t rd_u16le(struct rd *r)
{
	return (uint16_t)rd_le(r, 2);
}

static inline uint32_t rd_u24le(struct rd *r)
{
	return (uint32_t)rd_le(r, 3);
}

static inline uint32_t rd_u32le(struct rd *r)
{
	return (uint32_t)rd_le(r, 4);
}

static inline uint64_t rd_u64le(struct rd *r)
{
	return rd_le(r, 8);
}

static inline uint16_t rd_u16be(struct rd *r)
{
	return (uint16_t)rd_be(r, 2);
}

static inline uint32_t rd_u32be(struct rd *r)
{
	return (uint32_t)rd_be(r, 4);
}

static inline uint64_t rd_u64be(struct rd *r)
{
	return rd_be(r, 8);
}

/* The verdict: the first error, or IL_E_LONG if bytes are left. */
static inline enum il_err IL_MUST rd_end(const struct rd *r)
{
	if (r->err)
		return r->err;
	return r->p == r->end ? IL_OK : IL_E_LONG;
}

/*
 * A writing cursor. After the first overflow it only counts, so that the
 * caller learns how much room was needed.
 */
struct wr {
	uint8_t *p;
	size_t cap;
	size_t len; /* bytes written, or needed */
	enum il_err err;
};

static inline struct wr wr_over(uint8_t *p, size_t cap)
{
	return (struct wr){ .p = p, .cap = cap };
}

/* Room for @len bytes that the caller fills, or NULL and IL_E_SPACE. */
static inline uint8_t *wr_room(struct wr *w, size_t len)
{
	uint8_t *p = NULL;

	if (!w->err && w->cap - w->len < len)
		w->err = IL_E_SPACE;
	if (!w->err && w->p)
		p = w->p + w->len;
	w->len += len;
	return p;
}

static inline void wr_bytes(struct wr *w, const void *src, size_t len)
{
	uint8_t *p = wr_room(w, len);

	if (p && len)
		memcpy(p, src, len);
}

static inline void wr_zero(struct wr *w, size_t len)
{
	uint8_t *p = wr_room(w, len);

	if (p && len)
		memset(p, 0, len);
}

static inline void wr_le(struct wr *w, uint64_t v, unsigned n)
{
	uint8_t *p = wr_room(w, n);

	if (p)
		for (unsigned i = 0; i < n; i++)
			p[i] = (uint8_t)(v >> (8 * i));
}

static inline void wr_be(struct wr *w, uint64_t v, unsigned n)
{
	uint8_t *p = wr_room(w, n);

	if (p)
		for (unsigned i = 0; i < n; i++)
			p[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

static inline void wr_u8(struct wr *w, uint8_t v)
{
	wr_le(w, v, 1);
}

static inline void wr_u16le(struct wr *w, uint16_t v)
{
	wr_le(w, v, 2);
}

static inline void wr_u24le(struct wr *w, uint32_t v)
{
	wr_le(w, v, 3);
}

static inline void wr_u32le(struct wr *w, uint32_t v)
{
	wr_le(w, v, 4);
}

static inline void wr_u64le(struct wr *w, uint64_t v)
{
	wr_le(w, v, 8);
}

static inline void wr_u16be(struct wr *w, uint16_t v)
{
	wr_be(w, v, 2);
}

static inline void wr_u32be(struct wr *w, uint32_t v)
{
	wr_be(w, v, 4);
}

static inline void wr_u64be(struct wr *w, uint64_t v)
{
	wr_be(w, v, 8);
}

static inline enum il_err IL_MUST wr_end(const struct wr *w, size_t *len)
{
	*len = w->len;
	return w->err;
}

/* Compares @len bytes in time that depends on @len alone. */
static inline bool bytes_equal_ct(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	uint8_t diff = 0;

	for (size_t i = 0; i < len; i++)
		diff |= (uint8_t)(x[i] ^ y[i]);
	return diff == 0;
}

/* Zeroes a secret; the compiler may not drop it. */
static inline void bytes_wipe(void *p, size_t len)
{
	memset(p, 0, len);
	__asm__ volatile("" : : "r"(p) : "memory");
}

#endif
