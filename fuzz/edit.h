/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FUZZ_EDIT_H
#define FUZZ_EDIT_H

#include "fuzz.h"

/*
 * What a liar does to a message of @n bytes in a buffer of @cap, as the next
 * bytes of the program say: one byte changed, cut, stretched, or overwritten.
 * Returns the new length.
 */
static inline size_t edit(struct rd *in, uint8_t *p, size_t n, size_t cap)
{
	const uint8_t how = rd_u8(in);
	size_t at, len;

	switch (how & 3) {
	case 0: /* the first bytes say most */
		at = rd_u8(in);
		if (at < n)
			p[at] = rd_u8(in);
		return n;
	case 1:
		at = rd_u16le(in);
		if (n)
			p[at % n] ^= (uint8_t)(rd_u8(in) | 1);
		return n;
	case 2:
		len = (how >> 2 & 31) + 1u;
		if (how & 0x80)
			return n > len ? n - len : 0;
		len = n + len > cap ? cap - n : len;
		memset(p + n, 0, len);
		return n + len;
	default:
		at = rd_u8(in);
		len = how >> 2;
		if (at + len > cap)
			return n;
		rd_copy(in, p + at, len);
		return at + len > n ? at + len : n;
	}
}

#endif
