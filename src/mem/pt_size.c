/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaves that change their size. */
#include "mem/mem_priv.h"
#include "mem/pt.h"
#include "mem/pt_priv.h"

/* The table and level whose entry covers @va as a leaf or not at all. */
struct place {
	uint64_t table;
	unsigned level;
	uint8_t *at;
	uint64_t e;
	enum pt_entry_kind kind;
	struct pt_entry x;
};

/* Goes down to level @stop at most. */
static enum il_err seek(struct pt *t, uint64_t va, unsigned stop,
			struct place *o)
{
	uint64_t table = t->root;

	if (!pt_reaches(t->levels, va))
		return IL_E_ARG;
	for (unsigned level = t->levels;; level--) {
		enum il_err err = pt_may_edit(t, table);

		if (err)
			return err;
		o->table = table;
		o->level = level;
		o->at = pt_table_at(t, table) + pt_index(va, level) * 8;
		o->e = entry_load(o->at);
		o->kind = pt_entry_read(t->fmt, o->e, level, &o->x);
		if (o->kind != PT_ENTRY_TABLE || level <= stop)
			return IL_OK;
		table = o->x.pa;
	}
}

/*
 * The entry at @o becomes @next; with a gap, through nothing mapped there.
 * Only what is done in the gap can fail, and then the entry is as it was.
 */
static enum il_err change(struct pt *t, const struct place *o, uint64_t next,
			  const struct pt_gap *gap)
{
	enum il_err err = IL_OK;

	mem_touch(mem_ram_at(t->m, o->table), o->table);
	if (gap) {
		entry_store(o->at, 0);
		err = gap->run(gap->ctx);
	}
	entry_store(o->at, err ? o->e : next);
	return err;
}

enum il_err pt_split(struct pt *t, uint64_t va, const struct pt_gap *gap)
{
	struct place o;
	uint64_t child;
	enum il_err err = seek(t, va, 1, &o);

	if (err)
		return err;
	if (o.kind != PT_ENTRY_LEAF || o.level == 1 ||
	    o.x.size != pt_level_size(o.level))
		return IL_E_STATE;
	err = pt_new_table(t, &child);
	if (err)
		return err;

	uint64_t step = pt_level_size(o.level - 1);
	uint64_t e = o.e;

	if (t->fmt->leaf == PT_LEAF_PS && o.level == 2)
		e &= ~PT_PS;
	for (unsigned i = 0; i < PT_ENTRIES; i++)
		entry_store(pt_table_at(t, child) + (size_t)i * 8,
			    e + i * step);
	err = change(t, &o, pt_table_entry(t->fmt, child, o.level), gap);
	if (err)
		pt_drop_table(t, child);
	return err;
}

enum il_err pt_join(struct pt *t, uint64_t va, const struct pt_gap *gap)
{
	struct place o;
	enum il_err err = seek(t, va, 2, &o);

	if (err)
		return err;
	if (o.kind != PT_ENTRY_TABLE || o.level != 2)
		return IL_E_STATE;
	err = pt_may_edit(t, o.x.pa);
	if (err)
		return err;

	const struct pt_fmt *fmt = t->fmt;
	const uint8_t *p = pt_table_at(t, o.x.pa);
	uint64_t marks = fmt->accessed | fmt->dirty;
	uint64_t first = entry_load(p);
	uint64_t kept = first & marks;
	struct pt_entry x;

	if (pt_entry_read(fmt, first, 1, &x) != PT_ENTRY_LEAF ||
	    x.size != PAGE_4K || x.pa & (PAGE_2M - 1))
		return IL_E_STATE;
	for (unsigned i = 1; i < PT_ENTRIES; i++) {
		uint64_t e = entry_load(p + (size_t)i * 8);

		if ((e & ~marks) != (first & ~marks) + i * PAGE_4K)
			return IL_E_STATE;
		kept |= e & marks;
	}
	first = (first & ~marks) | kept;
	err = change(t, &o, first | (fmt->leaf == PT_LEAF_PS ? PT_PS : 0), gap);
	if (!err)
		pt_drop_table(t, o.x.pa);
	return err;
}
