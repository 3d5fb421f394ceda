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

/* Pages of a table at @level. */
static unsigned order_at(const struct pt *t, unsigned level)
{
	return level == t->levels ? t->fmt->root_order : 0;
}

enum il_err pt_may_edit(struct pt *t, uint64_t table, unsigned level)
{
	const uint64_t size = PAGE_4K << order_at(t, level);
	struct mem_req r = mem_req_host(table, (uint32_t)size, true);

	r.who = t->who;
	if (!mem_entry_at(t->m, table) ||
	    !mem_entry_at(t->m, table + size - PAGE_4K)) {
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

void pt_touch(struct pt *t, uint64_t table, unsigned level)
{
	for (uint64_t n = 0; n < UINT64_C(1) << order_at(t, level); n++)
		mem_touch(mem_ram_at(t->m, table), table + n * PAGE_4K);
}

/* Its place among @level's entries. */
static uint64_t index_of(const struct pt *t, uint64_t va, unsigned level)
{
	return va >> pt_shift(level) &
	       (pt_entries(t->fmt, t->levels, level) - 1);
}

enum il_err pt_new_table(struct pt *t, unsigned level, uint64_t *pa)
{
	const unsigned order = order_at(t, level);
	uint64_t at;
	enum il_err err = t->frames->get(t->frames_ctx, order, &at);

	if (err)
		return err;
	err = pt_may_edit(t, at, level);
	if (err) {
		t->frames->put(t->frames_ctx, at, order);
		return err;
	}
	memset(pt_table_at(t, at), 0, PAGE_4K << order);
	pt_touch(t, at, level);
	t->tables += UINT64_C(1) << order;
	*pa = at;
	return IL_OK;
}

void pt_drop_table(struct pt *t, uint64_t pa, unsigned level)
{
	if (t->fixed)
		return;
	t->frames->put(t->frames_ctx, pa, order_at(t, level));
	t->tables -= UINT64_C(1) << order_at(t, level);
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

	if (levels < 1 || levels > PT_MAX_LEVELS ||
	    fmt->root_order > PT_MAX_ORDER)
		return IL_E_ARG;
	err = pt_new_table(&n, levels, &n.root);
	if (err)
		t->fault = n.fault;
	else
		*t = n;
	return err;
}

static enum il_err none_get(void *ctx, unsigned order, uint64_t *pa)
{
	(void)ctx;
	(void)order;
	(void)pa;
	return IL_E_NOMEM;
}

static void none_put(void *ctx, uint64_t pa, unsigned order)
{
	(void)ctx;
	(void)pa;
	(void)order;
}

static const struct pt_frames no_frames = { none_get, none_put };

enum il_err pt_over(struct pt *t, struct mem *m, const struct pt_fmt *fmt,
		    unsigned levels, enum fault_agent who, uint64_t root)
{
	if (levels < 1 || levels > PT_MAX_LEVELS ||
	    fmt->root_order > PT_MAX_ORDER ||
	    root & ((PAGE_4K << fmt->root_order) - 1))
		return IL_E_ARG;
	*t = (struct pt){
		.m = m,
		.fmt = fmt,
		.frames = &no_frames,
		.fixed = true,
		.who = who,
		.levels = levels,
		.root = root,
	};
	return IL_OK;
}

/* A child that is no RAM is not followed: somebody else wrote the table. */
static void drop_tree(struct pt *t, uint64_t table, unsigned level)
{
	const uint8_t *p = mem_entry_at(t->m, table);
	struct pt_entry x;

	for (unsigned i = 0;
	     p && level > 1 && i < pt_entries(t->fmt, t->levels, level); i++)
		if (pt_read_as(t->fmt, t->fmt->leaf,
			       entry_load(p + (size_t)i * 8), level,
			       &x) == PT_TABLE)
			drop_tree(t, x.pa, level - 1);
	pt_drop_table(t, table, level);
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
	    !pt_reaches(t->fmt, t->levels, va + (len - 1)))
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
	enum il_err err = pt_may_edit(t, table, level);

	if (err)
		return err;

	const uint8_t *p = pt_table_at(t, table);

	while (s.len && !err) {
		struct span part = take(&s, level);
		uint64_t e = entry_load(p + index_of(t, part.va, level) * 8);
		struct pt_entry x;

		switch (pt_read_as(t->fmt, t->fmt->leaf, e, level, &x)) {
		case PT_NONE:
			break;
		case PT_TABLE:
			err = probe(t, x.pa, level - 1, part, map);
			break;
		case PT_LEAF:
			if (map || !whole(&part, level))
				err = IL_E_STATE;
			break;
		case PT_BAD:
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
	const unsigned shift = t->fmt->shift;
	uint64_t e = pt_leaf_entry(t->fmt, 0, 1, f->perm);
	const uint64_t *list =
		f->list ? &f->list[(s.va - f->va) / PAGE_4K] : NULL;

	p += index_of(t, s.va, 1) * 8;
	if (!list) {
		e |= (f->pa + s.va - f->va) >> shift;
		for (; s.len; s.len -= PAGE_4K, p += 8, e += PAGE_4K >> shift)
			entry_store(p, e);
	} else if (!shift) {
		for (; s.len; s.len -= PAGE_4K, p += 8)
			entry_store(p, e | *list++);
	} else {
		for (; s.len; s.len -= PAGE_4K, p += 8)
			entry_store(p, e | *list++ >> shift);
	}
}

static enum il_err fill_one(struct pt *t, uint8_t *at, unsigned level,
			    struct span part, const struct fill *f)
{
	uint64_t e = entry_load(at);
	struct pt_entry x = { 0 };
	enum pt_kind kind = pt_read_as(t->fmt, t->fmt->leaf, e, level, &x);

	if (kind == PT_NONE && level <= pt_leaf_max(t->fmt) &&
	    one_leaf(f, &part, pt_level_size(level))) {
		entry_store(at, pt_leaf_entry(t->fmt, pa_of(f, part.va), level,
					      f->perm));
		return IL_OK;
	}
	if (kind == PT_NONE) {
		enum il_err err = pt_new_table(t, level - 1, &x.pa);

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

	pt_touch(t, table, level);
	if (level == 1) {
		fill_pages(t, p, s, f);
		return IL_OK;
	}
	while (s.len && !err) {
		struct span part = take(&s, level);

		err = fill_one(t, p + index_of(t, part.va, level) * 8, level,
			       part, f);
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

	pt_touch(t, table, level);
	while (s.len) {
		struct span part = take(&s, level);
		uint8_t *at = p + index_of(t, part.va, level) * 8;
		struct pt_entry x;
		enum pt_kind kind = pt_read_as(t->fmt, t->fmt->leaf,
					       entry_load(at), level, &x);

		if (kind == PT_TABLE) {
			bytes += clear(t, x.pa, level - 1, part);
			if (t->fixed || !empty(pt_table_at(t, x.pa)))
				continue;
			pt_drop_table(t, x.pa, level - 1);
		} else if (kind == PT_LEAF) {
			bytes += part.len;
		}
		entry_store(at, 0);
	}
	return bytes;
}

static bool frame_fits(const struct pt *t, uint64_t pa, uint64_t len)
{
	return !(pa & (PAGE_4K - 1)) && pa + (len - 1) >= pa &&
	       !((pa + (len - 1)) &
		 ~(t->fmt->addr << t->fmt->shift | (PAGE_4K - 1)));
}

static enum il_err map(struct pt *t, struct span s, const struct fill *f)
{
	enum il_err err;

	if (f->perm & ~(unsigned)(PT_R | PT_W | PT_X) ||
	    !(f->perm & (PT_R | PT_W)) ||
	    (!(f->perm & PT_R) && (t->fmt->must_read || t->fmt->wo_bad)))
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
		uint8_t *at = p + index_of(t, part.va, level) * 8;
		uint64_t e = entry_load(at);
		struct pt_entry x;
		enum pt_kind kind =
			pt_read_as(t->fmt, t->fmt->leaf, e, level, &x);

		if (kind == PT_TABLE) {
			harvest(t, x.pa, level - 1, part, d);
		} else if (kind == PT_LEAF && e & t->fmt->dirty) {
			note(d, part);
			entry_store(at, e & ~t->fmt->dirty);
		}
	}
}

/* Every table page under the range may be written. */
static enum il_err probe_marks(struct pt *t, uint64_t table, unsigned level,
			       struct span s)
{
	enum il_err err = pt_may_edit(t, table, level);

	while (!err && s.len && level > 1) {
		struct span part = take(&s, level);
		uint64_t e = entry_load(pt_table_at(t, table) +
					index_of(t, part.va, level) * 8);
		struct pt_entry x;

		if (pt_read_as(t->fmt, t->fmt->leaf, e, level, &x) == PT_TABLE)
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
