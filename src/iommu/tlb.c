/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "iommu/iommu_priv.h"

/*
 * The IOTLB: one slot for each (domain, page), told by RID and T whose it is.
 * tlb_live[] says where there is anything to forget, so that the flush of a
 * domain that was never used costs nothing.
 */

static void drop(struct iommu *i, struct iommu_tlb_slot *s)
{
	if (!s->tag)
		return;
	s->tag = 0;
	i->tlb_live[s->domain % IOMMU_LIVE]--;
	i->tlb_changes++;
}

void tlb_fill(struct iommu *i, struct iommu_tlb_slot *at,
	      const struct iommu_tlb_slot *to)
{
	drop(i, at);
	*at = *to;
	i->tlb_live[to->domain % IOMMU_LIVE]++;
	i->tlb_changes++;
}

void tlb_forget_pages(struct iommu *i, uint16_t domain, uint64_t iova,
		      uint64_t size)
{
	uint64_t first = iova / PAGE_4K;
	uint64_t pages = size / PAGE_4K;

	if (!i->tlb_live[domain % IOMMU_LIVE])
		return;
	for (uint64_t p = 0; pages <= i->tlb_slots && p < pages; p++) {
		struct iommu_tlb_slot *s = tlb_slot(i, domain, first + p);

		if (s->domain == domain && s->page == first + p)
			drop(i, s);
	}
	for (uint32_t n = 0; pages > i->tlb_slots && n < i->tlb_slots; n++) {
		struct iommu_tlb_slot *s = &i->tlb[n];

		if (s->domain == domain && s->page - first < pages)
			drop(i, s);
	}
}

void tlb_forget_rid(struct iommu *i, uint32_t rid)
{
	for (uint32_t n = 0; n < i->tlb_slots; n++)
		if ((uint32_t)i->tlb[n].tag == rid)
			drop(i, &i->tlb[n]);
}

void tlb_forget_all(struct iommu *i)
{
	for (uint32_t n = 0; n < i->tlb_slots; n++)
		drop(i, &i->tlb[n]);
}

bool iommu_reaches(const struct iommu *i, uint64_t pa)
{
	for (uint32_t n = 0; n < i->tlb_slots; n++)
		if (i->tlb[n].tag && i->tlb[n].pa == align_down(pa, PAGE_4K))
			return true;
	return false;
}

bool iommu_memo_at(const struct iommu *i, uint32_t n, struct iommu_memo *out)
{
	const struct iommu_tlb_slot *s = &i->tlb[n];

	if (!s->tag)
		return false;
	*out = (struct iommu_memo){ .rid = (uint32_t)s->tag,
				    .t = s->tag & TLB_T,
				    .write = s->perm & PT_W,
				    .gpa = s->page * PAGE_4K,
				    .pa = s->pa,
				    .leaf = BIT64(s->leaf_log) };
	return true;
}

bool tlb_sane(const struct iommu *i)
{
	uint64_t used = 0, live = 0;

	for (uint32_t n = 0; n < i->tlb_slots; n++) {
		const struct iommu_tlb_slot *s = &i->tlb[n];

		if (!s->tag)
			continue;
		used++;
		if (!(s->tag & TLB_VALID) || !s->perm || s->ready & ~s->perm ||
		    s->pa & (PAGE_4K - 1) || s->leaf_log < 12 ||
		    s != tlb_slot(i, s->domain, s->page))
			return false;
	}
	for (unsigned n = 0; n < IOMMU_LIVE; n++)
		live += i->tlb_live[n];
	return used == live;
}
