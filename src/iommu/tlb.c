/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "iommu/iommu_priv.h"

/*
 * The IOTLB: one slot for each (domain, page), told by RID and T whose it is.
 * tlb_live[] says where there is anything to forget, so that the flush of a
 * domain that was never used costs nothing; tlb_used says where, for whoever
 * looks at all that is remembered.
 */

static uint64_t *word_of(const struct iommu *i, uint32_t n)
{
	return &i->tlb_used[n / 64];
}

static uint32_t place(const struct iommu *i, const struct iommu_tlb_slot *s)
{
	return (uint32_t)(s - i->tlb);
}

static void drop(struct iommu *i, struct iommu_tlb_slot *s)
{
	if (!s->tag)
		return;
	s->tag = 0;
	*word_of(i, place(i, s)) &= ~BIT64(place(i, s) % 64);
	i->tlb_live[s->domain % IOMMU_LIVE]--;
	i->tlb_changes++;
}

void tlb_fill(struct iommu *i, struct iommu_tlb_slot *at,
	      const struct iommu_tlb_slot *to)
{
	drop(i, at);
	*at = *to;
	*word_of(i, place(i, at)) |= BIT64(place(i, at) % 64);
	i->tlb_live[to->domain % IOMMU_LIVE]++;
	i->tlb_changes++;
}

uint32_t iommu_memo_next(const struct iommu *i, uint32_t n)
{
	uint64_t bits = ~UINT64_C(0) << n % 64;

	for (uint32_t w = n / 64; w < tlb_words(i->tlb_slots); w++) {
		bits &= i->tlb_used[w];
		if (bits)
			return w * 64 + (uint32_t)__builtin_ctzll(bits);
		bits = ~UINT64_C(0);
	}
	return i->tlb_slots;
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
	if (pages <= i->tlb_slots)
		return;
	for (uint32_t n = iommu_memo_next(i, 0); n < i->tlb_slots;
	     n = iommu_memo_next(i, n + 1)) {
		struct iommu_tlb_slot *s = &i->tlb[n];

		if (s->domain == domain && s->page - first < pages)
			drop(i, s);
	}
}

void iommu_forget_pages(struct iommu *i, uint16_t domain, uint64_t iova,
			uint64_t size)
{
	const uint64_t first = iova / PAGE_4K, pages = size / PAGE_4K;

	if (!i->tlb_live[domain % IOMMU_LIVE])
		return;
	if (pages <= i->tlb_slots / 64) {
		for (uint64_t p = first; p < first + pages; p++) {
			struct iommu_tlb_slot *s = tlb_slot(i, domain, p);

			if (s->tag & TLB_T && s->domain == domain &&
			    s->page == p)
				drop(i, s);
		}
		return;
	}
	for (uint32_t n = iommu_memo_next(i, 0); n < i->tlb_slots;
	     n = iommu_memo_next(i, n + 1)) {
		struct iommu_tlb_slot *s = &i->tlb[n];

		if (s->tag & TLB_T && s->domain == domain &&
		    s->page - first < pages)
			drop(i, s);
	}
}

void tlb_forget_rid(struct iommu *i, uint32_t rid)
{
	for (uint32_t n = iommu_memo_next(i, 0); n < i->tlb_slots;
	     n = iommu_memo_next(i, n + 1))
		if ((uint32_t)i->tlb[n].tag == rid)
			drop(i, &i->tlb[n]);
}

void tlb_forget_all(struct iommu *i)
{
	for (uint32_t n = iommu_memo_next(i, 0); n < i->tlb_slots;
	     n = iommu_memo_next(i, n + 1))
		drop(i, &i->tlb[n]);
}

bool iommu_reaches(const struct iommu *i, uint64_t pa)
{
	for (uint32_t n = iommu_memo_next(i, 0); n < i->tlb_slots;
	     n = iommu_memo_next(i, n + 1))
		if (i->tlb[n].pa == align_down(pa, PAGE_4K))
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

		if (!s->tag != !(*word_of(i, n) >> n % 64 & 1))
			return false;
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
