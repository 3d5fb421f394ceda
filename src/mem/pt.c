/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/pt.h"

#include "mem/mem_priv.h"
#include "mem/pt_priv.h"

enum pt_kind pt_read(const struct pt_fmt *fmt, uint64_t e, unsigned level,
		     struct pt_entry *out)
{
	struct pt_entry x = { 0 };
	enum pt_kind kind = pt_read_as(fmt, fmt->leaf, e, level, &x);

	if (kind == PT_TABLE || kind == PT_LEAF)
		*out = x;
	return kind;
}

unsigned pt_perm_of(const struct pt_fmt *fmt, uint64_t e)
{
	return pt_entry_perm(fmt, e);
}

uint64_t pt_size(unsigned level)
{
	return pt_level_size(level);
}

uint64_t pt_table_entry(const struct pt_fmt *fmt, uint64_t table,
			unsigned level)
{
	uint64_t e = table >> fmt->shift | fmt->present | fmt->table;

	if (!pt_flat(fmt->leaf))
		e |= fmt->read | fmt->write | fmt->exec;
	if (fmt->leaf == PT_LEAF_TYPE)
		e |= fmt->mark;
	if (fmt->leaf == PT_LEAF_NEXT)
		e |= field_put(fmt->next, level - 1);
	return e;
}

uint64_t pt_leaf_entry(const struct pt_fmt *fmt, uint64_t pa, unsigned level,
		       unsigned perm)
{
	uint64_t e = pa >> fmt->shift | fmt->present | fmt->page;

	if (perm & PT_R)
		e |= fmt->read;
	if (perm & PT_W)
		e |= fmt->write;
	e |= perm & PT_X ? fmt->exec : fmt->no_exec;
	if ((pt_sized(fmt->leaf) && level > 1) ||
	    (fmt->leaf == PT_LEAF_TYPE && level == 1))
		e |= fmt->mark;
	return e;
}

static inline __attribute__((always_inline)) enum pt_why
walk_as(const struct mem *m, const struct pt_fmt *fmt, enum pt_leaf leaf,
	uint64_t root, unsigned levels, uint64_t va, struct pt_hit *out)
{
	const uint64_t top = pt_entries(fmt, levels, levels) - 1;
	unsigned perm = PT_R | PT_W | PT_X;
	uint64_t at = align_down(root, PAGE_4K << fmt->root_order) +
		      (va >> pt_shift(levels) & top) * 8;

	for (unsigned level = levels; level; level--) {
		const uint8_t *p = mem_entry_at(m, at);
		struct pt_entry x;
		uint64_t e;

		if (__builtin_expect(p != NULL, 1))
			e = entry_load(p);
		else if (!mem_extern_load(m, at, &e))
			return PT_MALFORMED;
		switch (pt_read_as(fmt, leaf, e, level, &x)) {
		case PT_NONE:
			return PT_NOT_PRESENT;
		case PT_BAD:
			return PT_MALFORMED;
		case PT_TABLE:
			if (!pt_flat(leaf))
				perm &= pt_entry_perm(fmt, e);
			at = x.pa +
			     (va >> pt_shift(level - 1)) % PT_ENTRIES * 8;
			continue;
		case PT_LEAF:
			*out = (struct pt_hit){
				.pa = x.pa | (va & (x.size - 1)),
				.leaf = x.size,
				.entry = at,
				.perm = perm & pt_entry_perm(fmt, e),
				.dirty = (e & fmt->dirty) != 0,
			};
			return PT_OK;
		}
	}
	return PT_MALFORMED;
}

enum pt_why pt_walk(const struct mem *m, const struct pt_fmt *fmt,
		    uint64_t root, unsigned levels, uint64_t va,
		    struct pt_hit *out)
{
	if (!pt_reaches(fmt, levels, va))
		return PT_RANGE;
	switch (fmt->leaf) {
	case PT_LEAF_SIZE:
		return walk_as(m, fmt, PT_LEAF_SIZE, root, levels, va, out);
	case PT_LEAF_ANY:
		return walk_as(m, fmt, PT_LEAF_ANY, root, levels, va, out);
	case PT_LEAF_TYPE:
		return walk_as(m, fmt, PT_LEAF_TYPE, root, levels, va, out);
	case PT_LEAF_PERM:
		return walk_as(m, fmt, PT_LEAF_PERM, root, levels, va, out);
	case PT_LEAF_NEXT:
		return walk_as(m, fmt, PT_LEAF_NEXT, root, levels, va, out);
	}
	return PT_MALFORMED;
}

void pt_mark(struct mem *m, const struct pt_fmt *fmt, struct pt_hit *hit,
	     bool write)
{
	uint64_t bits = fmt->accessed | (write ? fmt->dirty : 0);
	uint8_t *p = mem_entry_at(m, hit->entry);
	struct mem_req r = mem_req_host(hit->entry, 8, true);
	struct fault f;

	uint64_t e;

	if (p)
		e = entry_load(p);
	else if (!mem_extern_load(m, hit->entry, &e))
		return;
	if ((e & bits) == bits || mem_check(m, &r, &f))
		return;
	if (p)
		entry_store(p, e | bits);
	else
		mem_extern_store(m, hit->entry, e | bits);
	if (write && fmt->dirty)
		hit->dirty = true;
}

static enum il_err host_get(void *ctx, unsigned order, uint64_t *pa)
{
	return mem_frames_alloc(ctx, order, pa);
}

static void host_put(void *ctx, uint64_t pa, unsigned order)
{
	/* The editor gives back what it took, once. */
	enum il_err err = mem_frames_free(ctx, pa, order);

	(void)err;
}

const struct pt_frames pt_host_frames = { .get = host_get, .put = host_put };
