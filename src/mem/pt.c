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
	.no_exec = BIT64(63),
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
