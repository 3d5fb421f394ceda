/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEM_PT_PRIV_H
#define MEM_PT_PRIV_H

#include "base/bits.h"
#include "mem/pt.h"

#define PT_ENTRIES    512
#define PT_MAX_LEVELS 6
#define PT_PS	      BIT64(7)
#define PT_NEXT	      MASK64(11, 9)

enum pt_entry_kind {
	PT_ENTRY_NONE,
	PT_ENTRY_TABLE,
	PT_ENTRY_LEAF,
	PT_ENTRY_BAD,
};

struct pt_entry {
	uint64_t pa;
	uint64_t size; /* leaf */
};

/* What entry @e says at @level; @out is filled for a table and a leaf. */
enum pt_entry_kind pt_entry_read(const struct pt_fmt *fmt, uint64_t e,
				 unsigned level, struct pt_entry *out);
unsigned pt_entry_perm(const struct pt_fmt *fmt, uint64_t e);

static inline unsigned pt_shift(unsigned level)
{
	return 12 + 9 * (level - 1);
}

/* Bytes that one entry of @level covers; 0 where that is 2^64 and more. */
static inline uint64_t pt_level_size(unsigned level)
{
	return pt_shift(level) > 63 ? 0 : BIT64(pt_shift(level));
}

static inline uint64_t pt_index(uint64_t va, unsigned level)
{
	return (va >> pt_shift(level)) % PT_ENTRIES;
}

static inline bool pt_reaches(unsigned levels, uint64_t va)
{
	if (levels < 1 || levels > PT_MAX_LEVELS)
		return false;
	return pt_shift(levels + 1) > 63 || !(va >> pt_shift(levels + 1));
}

#endif
