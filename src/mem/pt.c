/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/pt.h"

#include "mem/mem_priv.h"
#include "mem/pt_priv.h"

const struct pt_fmt pt_npt = {
	.name = "npt",
	.leaf = PT_LEAF_PS,
	.present = BIT64(0),
	.addr = MASK64(51, 12),
	.read = BIT64(2), /* nested walks are user accesses */
	.write = BIT64(1),
	.exec = BIT64(63),
	.exec_inv = true,
	.accessed = BIT64(5),
	.dirty = BIT64(6),
};

const struct pt_fmt pt_iommu_v1 = {
	.name = "amd-v1",
	.leaf = PT_LEAF_NEXT,
	.present = BIT64(0),
	.addr = MASK64(51, 12),
	.read = BIT64(61),
	.write = BIT64(62),
	.accessed = BIT64(5),
	.dirty = BIT64(6),
	.page = BIT64(60), /* FC: coherent */
	.rsvd = MASK64(58, 52) | BIT64(63),
};

unsigned pt_entry_perm(const struct pt_fmt *fmt, uint64_t e)
{
	unsigned perm = 0;

	if ((e & fmt->read) == fmt->read)
		perm |= PT_R;
	if (e & fmt->write)
		perm |= PT_W;
	if (!fmt->exec || !(e & fmt->exec) == fmt->exec_inv)
		perm |= PT_X;
	return perm;
}

/* Next level 7: the lowest clear address bit tells the size. */
static enum pt_entry_kind coded_leaf(uint64_t e, unsigned level,
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

static enum pt_entry_kind leaf(const struct pt_fmt *fmt, uint64_t e,
			       unsigned level, struct pt_entry *out)
{
	out->pa = e & fmt->addr;
	out->size = pt_level_size(level);
	return out->pa & (out->size - 1) ? PT_ENTRY_BAD : PT_ENTRY_LEAF;
}

enum pt_entry_kind pt_entry_read(const struct pt_fmt *fmt, uint64_t e,
				 unsigned level, struct pt_entry *out)
{
	if ((e & fmt->present) != fmt->present)
		return PT_ENTRY_NONE;
	if (e & fmt->rsvd)
		return PT_ENTRY_BAD;
	if (fmt->leaf == PT_LEAF_PS) {
		if (level == 1)
			return leaf(fmt, e, level, out);
		if (e & PT_PS)
			return level > 3 ? PT_ENTRY_BAD
					 : leaf(fmt, e, level, out);
	} else {
		uint64_t next = field_get(PT_NEXT, e);

		if (next == 0)
			return leaf(fmt, e, level, out);
		if (next == 7)
			return coded_leaf(e, level, out);
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

enum pt_why pt_walk(const struct mem *m, const struct pt_fmt *fmt,
		    uint64_t root, unsigned levels, uint64_t va,
		    struct pt_hit *out)
{
	unsigned perm = PT_R | PT_W | PT_X;
	uint64_t table = align_down(root, PAGE_4K);

	if (!pt_reaches(levels, va))
		return PT_RANGE;
	for (unsigned level = levels; level; level--) {
		uint64_t at = table + pt_index(va, level) * 8;
		const uint8_t *p = mem_entry_at(m, at);
		struct pt_entry x;

		if (!p)
			return PT_MALFORMED;

		uint64_t e = entry_load(p);

		switch (pt_entry_read(fmt, e, level, &x)) {
		case PT_ENTRY_NONE:
			return PT_NOT_PRESENT;
		case PT_ENTRY_BAD:
			return PT_MALFORMED;
		case PT_ENTRY_TABLE:
			perm &= pt_entry_perm(fmt, e);
			table = x.pa;
			continue;
		case PT_ENTRY_LEAF:
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

void pt_mark(struct mem *m, const struct pt_fmt *fmt, struct pt_hit *hit,
	     bool write)
{
	uint64_t bits = fmt->accessed | (write ? fmt->dirty : 0);
	uint8_t *p = mem_entry_at(m, hit->entry);
	struct mem_req r = mem_req_host(hit->entry, 8, true);
	struct fault f;

	if (!p || (entry_load(p) & bits) == bits || mem_check(m, &r, &f))
		return;
	entry_store(p, entry_load(p) | bits);
	if (write && fmt->dirty)
		hit->dirty = true;
}

static enum il_err host_get(void *ctx, uint64_t *pa)
{
	return mem_frames_alloc(ctx, 0, pa);
}

static void host_put(void *ctx, uint64_t pa)
{
	/* The editor gives back what it took, once. */
	enum il_err err = mem_frames_free(ctx, pa, 0);

	(void)err;
}

const struct pt_frames pt_host_frames = { .get = host_get, .put = host_put };
