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
 * One remembered translation of a 4 KiB page. @tag holds RID, T and valid;
 * a slot with tag 0 is free.
 */
struct iommu_tlb_slot {
	uint64_t tag;
	uint64_t page; /* iova / 4 KiB */
	uint64_t pa;   /* page address */
	uint64_t leaf;
	uint16_t domain;
	uint8_t perm;
	bool dirty; /* the leaf says so already, or nobody asks */
};

#define TLB_VALID BIT64(63)
#define TLB_T	  BIT64(32)

enum iommu_cmd_kind {
	CMD_DTE,
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
