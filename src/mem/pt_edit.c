/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/pt.h"

#include "base/assert.h"
#include "mem/mem_priv.h"
#include "mem/pt_priv.h"

/* A piece of an address range, below one table. */
struct span {
	uint64_t va;
	uint64_t len;
};

/* The part of @s under the entry that covers @s->va, and the rest. */
static struct span take(struct span *s, unsigned level)
{
	uint64_t size = pt_level_size(level);
	uint64_t n = size - (s->va & (size - 1));
	struct span part = { s->va, n < s->len ? n : s->len };

	s->va += part.len;
	s->len -= part.len;
	return part;
}

static bool whole(const struct span *s, unsigned level)
{
	return s->len == pt_level_size(level);
}

/* May the editor write to this table page? */
enum il_err pt_may_edit(struct pt *t, uint64_t table)
{
	struct mem_req r = mem_req_host(table, PAGE_4K, true);

	r.who = t->who;
	if (!mem_entry_at(t->m, table)) {
		t->fault = (struct fault){ .rule = &mem_rule_nothing,
					   .stage = FAULT_LINK,
					   .who = t->who,
					   .addr = table,
					   .pa = table,
					   .write = true };
		return IL_E_IO;
	}
	return mem_check(t->m, &r, &t->fault);
}

uint8_t *pt_table_at(struct pt *t, uint64_t table)
{
	uint8_t *p = mem_entry_at(t->m, table);

	IL_ASSERT(p); /* pt_may_edit() has seen it */
	return p;
}

uint64_t pt_table_entry(const struct pt_fmt *fmt, uint64_t table,
			unsigned level)
{
	uint64_t e = table | fmt->present | fmt->table | fmt->read | fmt->write;

	if (fmt->leaf == PT_LEAF_NEXT)
		e |= field_put(PT_NEXT, level - 1);
	return e;
}

static uint64_t leaf_entry(const struct pt_fmt *fmt, uint64_t pa,
			   unsigned level, unsigned perm)
{
	uint64_t e = pa | fmt->present | fmt->page;

	if (perm & PT_R)
		e |= fmt->read;
	if (perm & PT_W)
		e |= fmt->write;
	if (!(perm & PT_X))
		e |= fmt->no_exec;
	if (fmt->leaf == PT_LEAF_PS && level > 1)
		e |= PT_PS;
	return e;
}

enum il_err pt_new_table(struct pt *t, uint64_t *pa)
{
	uint64_t at;
	enum il_err err = t->frames->get(t->frames_ctx, &at);

	if (err)
		return err;
	err = pt_may_edit(t, at);
	if (err) {
		t->frames->put(t->frames_ctx, at);
		return err;
	}
	memset(pt_table_at(t, at), 0, PAGE_4K);
	mem_touch(mem_ram_at(t->m, at), at);
	t->tables++;
	*pa = at;
	return IL_OK;
}

void pt_drop_table(struct pt *t, uint64_t pa)
{
	t->frames->put(t->frames_ctx, pa);
	t->tables--;
}

enum il_err pt_init(struct pt *t, struct mem *m, const struct pt_fmt *fmt,
		    unsigned levels, enum fault_agent who,
		    const struct pt_frames *frames, void *ctx)
{
	struct pt n = {
		.m = m,
		.fmt = fmt,
		.frames = frames ? frames : &pt_host_frames,
		.frames_ctx = frames ? ctx : m,
		.who = who,
		.levels = levels,
	};
	enum il_err err;

	if (levels < 1 || levels > PT_MAX_LEVELS)
		return IL_E_ARG;
	err = pt_new_table(&n, &n.root);
	if (err)
		t->fault = n.fault;
	else
		*t = n;
	return err;
}

/* A child that is no RAM is not followed: somebody else wrote the table. */
static void drop_tree(struct pt *t, uint64_t table, unsigned level)
{
	const uint8_t *p = mem_entry_at(t->m, table);
	struct pt_entry x;

	for (unsigned i = 0; p && level > 1 && i < PT_ENTRIES; i++)
		if (pt_entry_read(t->fmt, entry_load(p + (size_t)i * 8), level,
				  &x) == PT_ENTRY_TABLE)
			drop_tree(t, x.pa, level - 1);
	pt_drop_table(t, table);
}

void pt_fini(struct pt *t)
{
	if (t->tables)
		drop_tree(t, t->root, t->levels);
	t->root = 0;
	t->tables = 0;
}

static enum il_err check_range(const struct pt *t, uint64_t va, uint64_t len)
{
	if (!len || (va | len) & (PAGE_4K - 1) || va + (len - 1) < va ||
	    !pt_reaches(t->levels, va + (len - 1)))
		return IL_E_ARG;
	return IL_OK;
}

/*
 * First pass of both edits: every table page that the second will write may
 * be written, and for a map nothing is there, for an unmap no leaf is cut.
 */
static enum il_err probe(struct pt *t, uint64_t table, unsigned level,
			 struct span s, bool map)
{
	enum il_err err = pt_may_edit(t, table);

	if (err)
		return err;

	const uint8_t *p = pt_table_at(t, table);

	while (s.len && !err) {
		struct span part = take(&s, level);
		uint64_t e = entry_load(p + pt_index(part.va, level) * 8);
		struct pt_entry x;

		switch (pt_entry_read(t->fmt, e, level, &x)) {
		case PT_ENTRY_NONE:
			break;
		case PT_ENTRY_TABLE:
			err = probe(t, x.pa, level - 1, part, map);
			break;
		case PT_ENTRY_LEAF:
			if (map || !whole(&part, level))
				err = IL_E_STATE;
			break;
		case PT_ENTRY_BAD:
			err = IL_E_STATE;
			break;
		}
	}
	return err;
}

struct fill {
	uint64_t va;
	uint64_t pa;	      /* of @va, if there is no list */
	const uint64_t *list; /* frames of the pages from @va on */
	unsigned perm;
	uint64_t max_leaf;
};

static uint64_t pa_of(const struct fill *f, uint64_t va)
{
	return f->list ? f->list[(va - f->va) / PAGE_4K] : f->pa + va - f->va;
}

/* One leaf can say it: aligned, and frame behind frame. */
static bool one_leaf(const struct fill *f, const struct span *s, uint64_t size)
{
	const uint64_t pa = pa_of(f, s->va);
	const uint64_t *list =
		f->list ? &f->list[(s->va - f->va) / PAGE_4K] : NULL;

	if (s->len != size || size > f->max_leaf || pa & (size - 1))
		return false;
	/* The end first: a list out of order shows there as a rule. */
	if (list && list[size / PAGE_4K - 1] != pa + size - PAGE_4K)
		return false;
	for (uint64_t i = 1; list && i < size / PAGE_4K; i++)
		if (list[i] != pa + i * PAGE_4K)
			return false;
	return true;
}

static enum il_err fill(struct pt *t, uint64_t table, unsigned level,
			struct span s, const struct fill *f);

/* Level 1, and the inner loop of a large map. */
static void fill_pages(struct pt *t, uint8_t *p, struct span s,
		       const struct fill *f)
{
	const uint64_t bits = leaf_entry(t->fmt, 0, 1, f->perm);
	const uint64_t *list =
		f->list ? &f->list[(s.va - f->va) / PAGE_4K] : NULL;
	uint64_t pa = f->pa + s.va - f->va;

	p += pt_index(s.va, 1) * 8;
	for (; s.len; s.len -= PAGE_4K, p += 8, pa += PAGE_4K)
		entry_store(p, bits | (list ? *list++ : pa));
}

static enum il_err fill_one(struct pt *t, uint8_t *at, unsigned level,
			    struct span part, const struct fill *f)
{
	uint64_t e = entry_load(at);
	struct pt_entry x = { 0 };
	enum pt_entry_kind kind = pt_entry_read(t->fmt, e, level, &x);

	if (kind == PT_ENTRY_NONE && one_leaf(f, &part, pt_level_size(level))) {
		entry_store(at, leaf_entry(t->fmt, pa_of(f, part.va), level,
					   f->perm));
		return IL_OK;
	}
	if (kind == PT_ENTRY_NONE) {
		enum il_err err = pt_new_table(t, &x.pa);

		if (err)
			return err;
		entry_store(at, pt_table_entry(t->fmt, x.pa, level));
	}
	return fill(t, x.pa, level - 1, part, f);
}

static enum il_err fill(struct pt *t, uint64_t table, unsigned level,
			struct span s, const struct fill *f)
{
	uint8_t *p = pt_table_at(t, table);
	enum il_err err = IL_OK;

	mem_touch(mem_ram_at(t->m, table), table);
	if (level == 1) {
		fill_pages(t, p, s, f);
		return IL_OK;
	}
	while (s.len && !err) {
		struct span part = take(&s, level);

		err = fill_one(t, p + pt_index(part.va, level) * 8, level, part,
			       f);
	}
	return err;
}

static bool empty(const uint8_t *p)
{
	for (unsigned i = 0; i < PT_ENTRIES; i++)
		if (entry_load(p + (size_t)i * 8))
			return false;
	return true;
}

/* Clears what probe() has found to be clearable. Returns bytes unmapped. */
static uint64_t clear(struct pt *t, uint64_t table, unsigned level,
		      struct span s)
{
	uint8_t *p = pt_table_at(t, table);
	uint64_t bytes = 0;

	mem_touch(mem_ram_at(t->m, table), table);
	while (s.len) {
		struct span part = take(&s, level);
		uint8_t *at = p + pt_index(part.va, level) * 8;
		struct pt_entry x;
		enum pt_entry_kind kind =
			pt_entry_read(t->fmt, entry_load(at), level, &x);

		if (kind == PT_ENTRY_TABLE) {
			bytes += clear(t, x.pa, level - 1, part);
			if (!empty(pt_table_at(t, x.pa)))
				continue;
			pt_drop_table(t, x.pa);
		} else if (kind == PT_ENTRY_LEAF) {
			bytes += part.len;
		}
		entry_store(at, 0);
	}
	return bytes;
}

static bool frame_fits(const struct pt *t, uint64_t pa, uint64_t len)
{
	return !(pa & (PAGE_4K - 1)) && pa + (len - 1) >= pa &&
	       !((pa + (len - 1)) & ~(t->fmt->addr | (PAGE_4K - 1)));
}

static enum il_err map(struct pt *t, struct span s, const struct fill *f)
{
	enum il_err err;

	if (f->perm & ~(unsigned)(PT_R | PT_W | PT_X) ||
	    !(f->perm & (PT_R | PT_W)) ||
	    (!(f->perm & PT_R) && t->fmt->leaf == PT_LEAF_PS))
		return IL_E_ARG;
	if (f->max_leaf != PAGE_4K && f->max_leaf != PAGE_2M &&
	    f->max_leaf != PAGE_1G)
		return IL_E_ARG;
	err = probe(t, t->root, t->levels, s, true);
	if (err)
		return err;
	err = fill(t, t->root, t->levels, s, f);
	if (err)
		(void)clear(t, t->root, t->levels, s);
	return err;
}

enum il_err pt_map(struct pt *t, uint64_t va, uint64_t pa, uint64_t len,
		   unsigned perm, uint64_t max_leaf)
{
	const struct fill f = {
		.va = va, .pa = pa, .perm = perm, .max_leaf = max_leaf
	};
	enum il_err err = check_range(t, va, len);

	if (!err && !frame_fits(t, pa, len))
		err = IL_E_ARG;
	return err ? err : map(t, (struct span){ va, len }, &f);
}

enum il_err pt_map_pages(struct pt *t, uint64_t va, const uint64_t *pa,
			 size_t n, unsigned perm, uint64_t max_leaf)
{
	const struct fill f = {
		.va = va, .list = pa, .perm = perm, .max_leaf = max_leaf
	};
	const uint64_t len = (uint64_t)n * PAGE_4K;
	enum il_err err =
		n > UINT64_MAX / PAGE_4K ? IL_E_ARG : check_range(t, va, len);

	for (size_t i = 0; i < n && !err; i++)
		if (!frame_fits(t, pa[i], PAGE_4K))
			err = IL_E_ARG;
	return err ? err : map(t, (struct span){ va, len }, &f);
}

enum il_err pt_unmap(struct pt *t, uint64_t va, uint64_t len, uint64_t *bytes)
{
	struct span s = { va, len };
	enum il_err err = check_range(t, va, len);
	uint64_t n;

	if (err)
		return err;
	err = probe(t, t->root, t->levels, s, false);
	if (err)
		return err;
	n = clear(t, t->root, t->levels, s);
	if (bytes)
		*bytes = n;
	return IL_OK;
}

struct dirty {
	uint64_t base;
	uint64_t *bits;
};

static void note(const struct dirty *d, struct span s)
{
	for (uint64_t p = (s.va - d->base) / PAGE_4K, n = s.len / PAGE_4K; n;
	     p++, n--)
		d->bits[p / 64] |= BIT64(p % 64);
}

static void harvest(struct pt *t, uint64_t table, unsigned level, struct span s,
		    const struct dirty *d)
{
	uint8_t *p = pt_table_at(t, table);

	while (s.len) {
		struct span part = take(&s, level);
		uint8_t *at = p + pt_index(part.va, level) * 8;
		uint64_t e = entry_load(at);
		struct pt_entry x;
		enum pt_entry_kind kind = pt_entry_read(t->fmt, e, level, &x);

		if (kind == PT_ENTRY_TABLE) {
			harvest(t, x.pa, level - 1, part, d);
		} else if (kind == PT_ENTRY_LEAF && e & t->fmt->dirty) {
			note(d, part);
			entry_store(at, e & ~t->fmt->dirty);
		}
	}
}

/* Every table page under the range may be written. */
static enum il_err probe_marks(struct pt *t, uint64_t table, unsigned level,
			       struct span s)
{
	enum il_err err = pt_may_edit(t, table);

	while (!err && s.len && level > 1) {
		struct span part = take(&s, level);
		uint64_t e = entry_load(pt_table_at(t, table) +
					pt_index(part.va, level) * 8);
		struct pt_entry x;

		if (pt_entry_read(t->fmt, e, level, &x) == PT_ENTRY_TABLE)
			err = probe_marks(t, x.pa, level - 1, part);
	}
	return err;
}

enum il_err pt_dirty_clear(struct pt *t, uint64_t va, uint64_t len,
			   uint64_t *bits)
{
	struct dirty d = { .base = va, .bits = bits };
	struct span s = { va, len };
	enum il_err err = check_range(t, va, len);

	if (!err)
		err = probe_marks(t, t->root, t->levels, s);
	if (!err)
		harvest(t, t->root, t->levels, s, &d);
	return err;
}
