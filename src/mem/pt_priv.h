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

static inline unsigned pt_entry_perm(const struct pt_fmt *fmt, uint64_t e)
{
	unsigned perm = 0;

	if ((e & fmt->read) == fmt->read)
		perm |= PT_R;
	if (e & fmt->write)
		perm |= PT_W;
	if (!(e & fmt->no_exec))
		perm |= PT_X;
	return perm;
}

/* Next level 7: the lowest clear address bit tells the size. */
static inline enum pt_entry_kind pt_coded_leaf(uint64_t e, unsigned level,
					       struct pt_entry *out)
{
	uint64_t a = e & MASK64(51, 12);
	uint64_t size = (~a & (a + PAGE_4K)) << 1;

	if (size <= pt_level_size(level) || size >= pt_level_size(level + 1))
		return PT_ENTRY_BAD;
	out->pa = a & ~(size - 1);
	out->size = size;
	return PT_ENTRY_LEAF;
}

static inline enum pt_entry_kind pt_leaf(const struct pt_fmt *fmt, uint64_t e,
					 unsigned level, struct pt_entry *out)
{
	out->pa = e & fmt->addr;
	out->size = pt_level_size(level);
	return out->pa & (out->size - 1) ? PT_ENTRY_BAD : PT_ENTRY_LEAF;
}

/* What entry @e says at @level; @out is filled for a table and a leaf. */
static inline enum pt_entry_kind pt_entry_read(const struct pt_fmt *fmt,
					       uint64_t e, unsigned level,
					       struct pt_entry *out)
{
	if ((e & fmt->present) != fmt->present)
		return PT_ENTRY_NONE;
	if (e & fmt->rsvd)
		return PT_ENTRY_BAD;
	if (fmt->leaf == PT_LEAF_PS) {
		if (level == 1)
			return pt_leaf(fmt, e, level, out);
		if (e & PT_PS)
			return level > 3 ? PT_ENTRY_BAD
					 : pt_leaf(fmt, e, level, out);
	} else {
		uint64_t next = field_get(PT_NEXT, e);

		if (next == 0)
			return pt_leaf(fmt, e, level, out);
		if (next == 7)
			return pt_coded_leaf(e, level, out);
		/*
		 * OPEN: hardware may skip levels. Linux never does, and a
		 * walker that refuses cannot be led astray.
		 */
		if (next != level - 1)
			return PT_ENTRY_BAD;
	}
	out->pa = e & fmt->addr;
	return PT_ENTRY_TABLE;
}

/* --- pt_edit.c --- */

/* May the editor write to this table page? */
enum il_err pt_may_edit(struct pt *t, uint64_t table) IL_MUST;
/* Its bytes; pt_may_edit() has seen it. */
uint8_t *pt_table_at(struct pt *t, uint64_t table);
uint64_t pt_table_entry(const struct pt_fmt *fmt, uint64_t table,
			unsigned level);
/* An empty table page. Errors: IL_E_NOMEM, IL_E_IO */
enum il_err pt_new_table(struct pt *t, uint64_t *pa) IL_MUST;
void pt_drop_table(struct pt *t, uint64_t pa);

#endif
