/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Memory handed out in one direction and given back as a whole. A world lives
 * in one, at a fixed address, so that pointers stay true over save and
 * restore. Everything it hands out is zero.
 */
struct arena {
	uint8_t *base;
	size_t cap;
	size_t used;
};

/* Free under ASan and MSan of Debian 12 and newer compilers as well. */
#define ARENA_WORLD_BASE UINT64_C(0x580000000000)

/*
 * arena_map() - reserve @cap bytes at @at, or anywhere if @at is 0
 *
 * Pages cost memory only once touched.
 *
 * Errors:   IL_E_NOMEM  the range is taken or the system refuses
 */
enum il_err arena_map(struct arena *a, uint64_t at, size_t cap) IL_MUST;
void arena_unmap(struct arena *a);

/* @align is a power of two. NULL when the arena is full; nothing changed. */
void *arena_take(struct arena *a, size_t size, size_t align);

#define ARENA_NEW(a, type) \
	((type *)arena_take((a), sizeof(type), _Alignof(type)))
#define ARENA_ARRAY(a, type, n) \
	((type *)arena_take((a), sizeof(type) * (n), _Alignof(type)))

#endif
