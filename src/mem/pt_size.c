/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaves that change their size. */
#include "mem/mem_priv.h"
#include "mem/pt.h"
#include "mem/pt_priv.h"

enum il_err pt_seek(struct pt *t, uint64_t va, unsigned stop,
		    struct pt_slot *out)
{
	struct pt_slot s = { .level = t->levels };
	uint64_t table = t->root;

	if (!pt_reaches(t->fmt, t->levels, va) || !stop || stop > t->levels)
		return IL_E_ARG;
	for (;; s.level--) {
		uint64_t n = pt_entries(t->fmt, t->levels, s.level);
		enum il_err err = pt_may_edit(t, table, s.level);

		if (err)
			return err;
		s.at = table + (va >> pt_shift(s.level) & (n - 1)) * 8;
		s.e = entry_load(pt_table_at(t, s.at));
		s.kind = pt_read(t->fmt, s.e, s.level, &s.x);
		if (s.kind != PT_TABLE || s.level <= stop)
			break;
		table = s.x.pa;
	}
	*out = s;
	return IL_OK;
}

/* pt_seek() has found it, and the agent may write there. */
static void store(struct pt *t, const struct pt_slot *s, uint64_t e)
{
	mem_touch(mem_ram_at(t->m, s->at), s->at);
	entry_store(pt_table_at(t, s->at), e);
}

enum il_err pt_set(struct pt *t, const struct pt_slot *s, uint64_t e)
{
	struct mem_req r = mem_req_host(s->at, 8, true);
	const uint8_t *p = mem_entry_at(t->m, s->at);
	enum il_err err;

	if (!p || entry_load(p) != s->e)
		return IL_E_STATE;
	r.who = t->who;
	err = mem_check(t->m, &r, &t->fault);
	if (!err)
		store(t, s, e);
	return err;
}

/*
 * The entry at @o becomes @next; with a gap, through nothing mapped there.
 * Only what is done in the gap can fail, and then the entry is as it was.
 */
static enum il_err change(struct pt *t, const struct pt_slot *o, uint64_t next,
			  const struct pt_gap *gap)
{
	enum il_err err = IL_OK;

	if (gap) {
		store(t, o, 0);
		err = gap->run(gap->ctx);
	}
	store(t, o, err ? o->e : next);
	return err;
}

/* A leaf of @level as one of @level - 1, and back: the same but for @mark. */
static uint64_t smaller(const struct pt_fmt *fmt, uint64_t e, unsigned level)
{
	if (pt_sized(fmt->leaf) && level == 2)
		return e & ~fmt->mark;
	return fmt->leaf == PT_LEAF_TYPE && level == 2 ? e | fmt->mark : e;
}

static uint64_t larger(const struct pt_fmt *fmt, uint64_t e)
{
	if (fmt->leaf == PT_LEAF_TYPE)
		return e & ~fmt->mark;
	return pt_sized(fmt->leaf) ? e | fmt->mark : e;
}

enum il_err pt_split(struct pt *t, uint64_t va, const struct pt_gap *gap)
{
	struct pt_slot o;
	uint64_t child;
	enum il_err err = pt_seek(t, va, 1, &o);

	if (err)
		return err;
	if (o.kind != PT_LEAF || o.level == 1 ||
	    o.x.size != pt_level_size(o.level))
		return IL_E_STATE;
	err = pt_new_table(t, o.level - 1, &child);
	if (err)
		return err;

	uint64_t step = pt_level_size(o.level - 1) >> t->fmt->shift;
	uint64_t e = smaller(t->fmt, o.e, o.level);

	for (unsigned i = 0; i < PT_ENTRIES; i++)
		entry_store(pt_table_at(t, child) + (size_t)i * 8,
			    e + i * step);
	err = change(t, &o, pt_table_entry(t->fmt, child, o.level), gap);
	if (err)
		pt_drop_table(t, child, o.level - 1);
	return err;
}

enum il_err pt_join(struct pt *t, uint64_t va, const struct pt_gap *gap)
{
	struct pt_slot o;
	enum il_err err = t->levels < 2 ? IL_E_STATE : pt_seek(t, va, 2, &o);

	if (err)
		return err;
	if (o.kind != PT_TABLE || o.level != 2)
		return IL_E_STATE;
	err = pt_may_edit(t, o.x.pa, 1);
	if (err)
		return err;

	const struct pt_fmt *fmt = t->fmt;
	const uint8_t *p = pt_table_at(t, o.x.pa);
	uint64_t marks = fmt->accessed | fmt->dirty;
	uint64_t first = entry_load(p);
	uint64_t kept = first & marks;
	struct pt_entry x;

	if (pt_read(fmt, first, 1, &x) != PT_LEAF || x.size != PAGE_4K ||
	    x.pa & (PAGE_2M - 1))
		return IL_E_STATE;
	for (unsigned i = 1; i < PT_ENTRIES; i++) {
		uint64_t e = entry_load(p + (size_t)i * 8);

		if ((e & ~marks) !=
		    (first & ~marks) + i * (PAGE_4K >> fmt->shift))
			return IL_E_STATE;
		kept |= e & marks;
	}
	first = larger(fmt, (first & ~marks) | kept);
	err = change(t, &o, first, gap);
	if (!err)
		pt_drop_table(t, o.x.pa, 1);
	return err;
}
