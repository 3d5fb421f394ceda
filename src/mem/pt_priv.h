/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEM_PT_PRIV_H
#define MEM_PT_PRIV_H

#include "base/bits.h"
#include "mem/pt.h"

#define PT_ENTRIES    512
#define PT_MAX_LEVELS 6
#define PT_MAX_ORDER  4

static inline unsigned pt_shift(unsigned level)
{
	return 12 + 9 * (level - 1);
}

/* pt_size() */
static inline uint64_t pt_level_size(unsigned level)
{
	return pt_shift(level) > 63 ? 0 : BIT64(pt_shift(level));
}

static inline unsigned pt_leaf_max(const struct pt_fmt *fmt)
{
	return fmt->leaf_max ? fmt->leaf_max : 3;
}

/* Entries of a table at @level. */
static inline uint64_t pt_entries(const struct pt_fmt *fmt, unsigned levels,
				  unsigned level)
{
	return (uint64_t)PT_ENTRIES << (level == levels ? fmt->root_order : 0);
}

static inline bool pt_reaches(const struct pt_fmt *fmt, unsigned levels,
			      uint64_t va)
{
	unsigned top;

	if (levels < 1 || levels > PT_MAX_LEVELS)
		return false;
	top = pt_shift(levels + 1) + fmt->root_order;
	return top > 63 || !(va >> top);
}

static inline unsigned pt_entry_perm(const struct pt_fmt *fmt, uint64_t e)
{
	unsigned perm = 0;

	if ((e & fmt->read) == fmt->read)
		perm |= PT_R;
	if (e & fmt->write)
		perm |= PT_W;
	if (!(e & fmt->no_exec) && (e & fmt->exec) == fmt->exec)
		perm |= PT_X;
	return perm;
}

/* Next level 7: the lowest clear address bit tells the size. */
static inline enum pt_kind pt_coded_leaf(const struct pt_fmt *fmt, uint64_t e,
					 unsigned level, struct pt_entry *out)
{
	uint64_t a = e & fmt->addr;
	uint64_t size = (~a & (a + PAGE_4K)) << 1;

	if (size <= pt_level_size(level) || size >= pt_level_size(level + 1))
		return PT_BAD;
	out->pa = a & ~(size - 1);
	out->size = size;
	return PT_LEAF;
}

/* Do entries that lead to a table permit and forbid nothing? */
static inline bool pt_flat(enum pt_leaf leaf)
{
	return leaf == PT_LEAF_TYPE || leaf == PT_LEAF_PERM;
}

/* Does @mark say "leaf" above level 1? */
static inline bool pt_sized(enum pt_leaf leaf)
{
	return leaf == PT_LEAF_SIZE || leaf == PT_LEAF_ANY;
}

static inline __attribute__((always_inline)) uint64_t
pt_addr(const struct pt_fmt *fmt, enum pt_leaf leaf, uint64_t e)
{
	return leaf == PT_LEAF_PERM ? (e & fmt->addr) << fmt->shift
				    : e & fmt->addr;
}

static inline __attribute__((always_inline)) enum pt_kind
pt_plain_leaf(const struct pt_fmt *fmt, enum pt_leaf leaf, uint64_t e,
	      unsigned level, struct pt_entry *out)
{
	out->pa = pt_addr(fmt, leaf, e);
	out->size = pt_level_size(level);
	if (out->pa & (out->size - 1) || level > pt_leaf_max(fmt) ||
	    (pt_flat(leaf) && (e & fmt->need) != fmt->need))
		return PT_BAD;
	return PT_LEAF;
}

/*
 * pt_read(), with the leaf rule named apart: where it is a constant, the
 * compiler leaves the others out, and a walk asks once for all its levels.
 */
static inline __attribute__((always_inline)) enum pt_kind
pt_read_as(const struct pt_fmt *fmt, enum pt_leaf leaf, uint64_t e,
	   unsigned level, struct pt_entry *out)
{
	const bool rights = leaf == PT_LEAF_ANY || leaf == PT_LEAF_PERM;
	bool is_leaf = level == 1;

	if ((e & fmt->present) != fmt->present ||
	    (leaf == PT_LEAF_ANY && !(e & fmt->any)))
		return PT_NONE;
	if (e & fmt->rsvd || (rights && fmt->wo_bad &&
			      (e & (fmt->read | fmt->write)) == fmt->write))
		return PT_BAD;
	switch (leaf) {
	case PT_LEAF_SIZE:
	case PT_LEAF_ANY:
		is_leaf |= (e & fmt->mark) != 0;
		break;
	case PT_LEAF_TYPE:
		if (level == 1 && !(e & fmt->mark))
			return PT_BAD;
		is_leaf |= !(e & fmt->mark);
		break;
	case PT_LEAF_PERM:
		is_leaf = (e & (fmt->read | fmt->write | fmt->exec)) != 0;
		break;
	case PT_LEAF_NEXT:
		if (field_get(fmt->next, e) == 7)
			return pt_coded_leaf(fmt, e, level, out);
		is_leaf = field_get(fmt->next, e) == 0;
		/*
		 * OPEN: hardware may skip levels. Linux never does, and a
		 * walker that refuses cannot be led astray.
		 */
		if (!is_leaf && field_get(fmt->next, e) != level - 1)
			return PT_BAD;
		break;
	}
	if (is_leaf)
		return pt_plain_leaf(fmt, leaf, e, level, out);
	if (level == 1 || (leaf != PT_LEAF_SIZE && e & fmt->rsvd_table))
		return PT_BAD;
	out->pa = pt_addr(fmt, leaf, e);
	return PT_TABLE;
}

/* --- pt_edit.c --- */

/* May the editor write to this table, of @level? */
enum il_err pt_may_edit(struct pt *t, uint64_t table, unsigned level) IL_MUST;
/* Its bytes; pt_may_edit() has seen it. */
uint8_t *pt_table_at(struct pt *t, uint64_t table);
/* It is going to be written. */
void pt_touch(struct pt *t, uint64_t table, unsigned level);
/* An empty table. Errors: IL_E_NOMEM, IL_E_IO */
enum il_err pt_new_table(struct pt *t, unsigned level, uint64_t *pa) IL_MUST;
void pt_drop_table(struct pt *t, uint64_t pa, unsigned level);

#endif
