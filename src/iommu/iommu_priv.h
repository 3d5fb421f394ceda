/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IOMMU_IOMMU_PRIV_H
#define IOMMU_IOMMU_PRIV_H

#include "iommu/iommu.h"

/* A device entry that was read, by (rid, t). */
struct iommu_kept {
	bool valid;
	bool t;
	uint32_t rid;
	const struct rule *refused;
	struct iommu_entry e;
};

/*
 * One remembered translation of a 4 KiB page, half a cache line. @tag holds
 * RID, T and valid; a slot with tag 0 is free.
 */
struct iommu_tlb_slot {
	uint64_t tag;
	uint64_t page; /* iova / 4 KiB */
	uint64_t pa;   /* page address */
	uint16_t domain;
	uint8_t perm;
	/*
	 * What may be done without a walk: of @perm, the write only if the leaf
	 * says dirty already or nobody asks.
	 */
	uint8_t ready;
	uint8_t leaf_log;
};

_Static_assert(sizeof(struct iommu_tlb_slot) == 32, "two a cache line");

#define TLB_VALID BIT64(63)
#define TLB_T	  BIT64(32)

static inline uint64_t tlb_tag(uint32_t rid, bool t)
{
	return TLB_VALID | (t ? TLB_T : 0) | rid;
}

/*
 * The one place of a page of a domain. Neighbours stand side by side, so that a
 * buffer of as many pages as there are slots is in nobody's way but its own;
 * and an invalidation, which names a domain, knows where to look.
 */
static inline struct iommu_tlb_slot *tlb_slot(const struct iommu *i,
					      uint16_t domain, uint64_t page)
{
	uint64_t h = page ^ page >> 13 ^ (uint64_t)domain * 0x9e5;

	return &i->tlb[h & (i->tlb_slots - 1)];
}

/* Of tlb_used. */
static inline uint32_t tlb_words(uint32_t slots)
{
	return (slots + 63) / 64;
}

/* The writer of a slot that is filled; tlb.c empties. */
void tlb_fill(struct iommu *i, struct iommu_tlb_slot *at,
	      const struct iommu_tlb_slot *to);
void tlb_forget_pages(struct iommu *i, uint16_t domain, uint64_t iova,
		      uint64_t size);
void tlb_forget_rid(struct iommu *i, uint32_t rid);
void tlb_forget_all(struct iommu *i);
bool tlb_sane(const struct iommu *i);

enum iommu_cmd_kind {
	CMD_DEVICE,
	CMD_PAGES,
	CMD_ALL,
};

struct iommu_cmd {
	enum iommu_cmd_kind kind;
	uint32_t tag; /* rid or domain */
	uint64_t iova;
	uint64_t size;
};

/* Puts @e into the log, or counts it as lost. */
void iommu_event_put(struct iommu *i, const struct iommu_event *e);

#endif
