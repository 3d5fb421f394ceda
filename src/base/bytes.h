/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

/*
 * Numbers at an address, written out byte by byte, so that the compiler sees
 * one load or store in each.
 */
static inline uint16_t get_u16le(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t get_u32le(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static inline uint64_t get_u64le(const uint8_t *p)
{
	return get_u32le(p) | (uint64_t)get_u32le(p + 4) << 32;
}

static inline void put_u16le(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void put_u32le(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

static inline void put_u64le(uint8_t *p, uint64_t v)
{
	put_u32le(p, (uint32_t)v);
	put_u32le(p + 4, (uint32_t)(v >> 32));
}

static inline uint32_t get_u32be(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static inline void put_u32be(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

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
	const uint8_t *p = rd_bytes(r, 1);

	return p ? *p : 0;
}

static inline uint16_t rd_u16le(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 2);

	return p ? get_u16le(p) : 0;
}

static inline uint32_t rd_u24le(struct rd *r)
{
	return (uint32_t)rd_le(r, 3);
}

static inline uint32_t rd_u32le(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 4);

	return p ? get_u32le(p) : 0;
}

static inline uint64_t rd_u64le(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 8);

	return p ? get_u64le(p) : 0;
}

static inline uint16_t rd_u16be(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t rd_u32be(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 4);

	return p ? get_u32be(p) : 0;
}

static inline uint64_t rd_u64be(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 8);

	return p ? (uint64_t)get_u32be(p) << 32 | get_u32be(p + 4) : 0;
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
	uint8_t *p = wr_room(w, 1);

	if (p)
		*p = v;
}

static inline void wr_u16le(struct wr *w, uint16_t v)
{
	uint8_t *p = wr_room(w, 2);

	if (p)
		put_u16le(p, v);
}

static inline void wr_u24le(struct wr *w, uint32_t v)
{
	wr_le(w, v, 3);
}

static inline void wr_u32le(struct wr *w, uint32_t v)
{
	uint8_t *p = wr_room(w, 4);

	if (p)
		put_u32le(p, v);
}

static inline void wr_u64le(struct wr *w, uint64_t v)
{
	uint8_t *p = wr_room(w, 8);

	if (p)
		put_u64le(p, v);
}

static inline void wr_u16be(struct wr *w, uint16_t v)
{
	uint8_t *p = wr_room(w, 2);

	if (p) {
		p[0] = (uint8_t)(v >> 8);
		p[1] = (uint8_t)v;
	}
}

static inline void wr_u32be(struct wr *w, uint32_t v)
{
	uint8_t *p = wr_room(w, 4);

	if (p)
		put_u32be(p, v);
}

static inline void wr_u64be(struct wr *w, uint64_t v)
{
	uint8_t *p = wr_room(w, 8);

	if (p) {
		put_u32be(p, (uint32_t)(v >> 32));
		put_u32be(p + 4, (uint32_t)v);
	}
}

static inline enum il_err IL_MUST wr_end(const struct wr *w, size_t *len)
{
	*len = w->len;
	return w->err;
}

/* Value of a hexadecimal digit, or -1. */
static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Compares @len bytes in time that depends on @len alone. */
static inline bool bytes_equal_ct(const void *a, const void *b, size_t len)
{
	const uint8_t *x = a;
	const uint8_t *y = b;
	uint64_t diff = 0;

	for (; len >= sizeof(diff); len -= sizeof(diff)) {
		uint64_t v, w;

		memcpy(&v, x, sizeof(v));
		memcpy(&w, y, sizeof(w));
		diff |= v ^ w;
		x += sizeof(v);
		y += sizeof(w);
		/* The compiler may not stop early: it does not know @diff. */
		__asm__ volatile("" : "+r"(diff));
	}
	if (len & 4) {
		diff |= get_u32le(x) ^ get_u32le(y);
		__asm__ volatile("" : "+r"(diff));
		x += 4;
		y += 4;
		len -= 4;
	}
	for (size_t i = 0; i < len; i++) {
		diff |= (uint8_t)(x[i] ^ y[i]);
		__asm__ volatile("" : "+r"(diff));
	}
	return diff == 0;
}

/* Zeroes a secret; the compiler may not drop it. */
static inline void bytes_wipe(void *p, size_t len)
{
	memset(p, 0, len);
	__asm__ volatile("" : : "r"(p) : "memory");
}

#endif
