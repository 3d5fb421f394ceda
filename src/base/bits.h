/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stddef.h>
#include <stdint.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define BIT(n)	 (UINT32_C(1) << (n))
#define BIT64(n) (UINT64_C(1) << (n))
/* Bits hi..lo, both included, as a 64-bit mask. */
#define MASK64(hi, lo) ((~UINT64_C(0) >> (63 - (hi))) & (~UINT64_C(0) << (lo)))
#define MASK(hi, lo)   ((uint32_t)MASK64(hi, lo))

#define PAGE_4K UINT64_C(0x1000)
#define PAGE_2M UINT64_C(0x200000)
#define PAGE_1G UINT64_C(0x40000000)

/* The field of @v that @mask selects, moved down to bit 0. */
static inline uint64_t field_get(uint64_t mask, uint64_t v)
{
	return (v & mask) / (mask & -mask);
}

/* @v moved up to where @mask stands; bits that do not fit are dropped. */
static inline uint64_t field_put(uint64_t mask, uint64_t v)
{
	return (v * (mask & -mask)) & mask;
}

static inline uint64_t field_set(uint64_t old, uint64_t mask, uint64_t v)
{
	return (old & ~mask) | field_put(mask, v);
}

/* @align is a power of two. */
static inline uint64_t align_down(uint64_t v, uint64_t align)
{
	return v & ~(align - 1);
}

static inline uint64_t align_up(uint64_t v, uint64_t align)
{
	return (v + align - 1) & ~(align - 1);
}

#endif
