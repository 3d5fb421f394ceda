/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_IOMMUFD_PAGED_H
#define HOST_IOMMUFD_PAGED_H

#include "host/iommufd/iommufd.h"
#include "mem/pt.h"

/*
 * Domains as drivers of IOMMUs keep them: a page table of the host's and a
 * number by which the unit remembers what it walked. What a driver adds is its
 * format, its invalidation, and its device entries. The functions are entries
 * of struct iommu_driver_ops, but for their first argument.
 */
#define PAGED_IDS 65536u

struct paged_domain {
	struct pt pt;
	uint16_t id; /* 1 and up */
};

/* One driver's. */
struct paged {
	struct mem *mem;
	const struct pt_fmt *fmt;
	unsigned levels;
	uint32_t ids;	  /* numbers are below; at most PAGED_IDS */
	bool write_reads; /* a leaf that can be written can be read as well */
	/*
	 * Nothing that was walked for [@iova, @iova + @len) of this number is
	 * remembered when it returns. 0 or -errno.
	 */
	int (*flush)(void *ctx, uint16_t id, uint64_t iova, uint64_t len);
	void *ctx;
	struct kpool pool;
	uint8_t used[PAGED_IDS / 8];
};

/* @p is filled but for its pool. */
void paged_init(struct paged *p, struct arena *a);

int paged_alloc(struct paged *p, struct iommu_domain *d);
void paged_free(struct paged *p, struct iommu_domain *d);
int paged_map(struct paged *p, struct iommu_domain *d, uint64_t iova,
	      const uint64_t *pa, size_t n, unsigned prot, bool huge);
int paged_unmap(struct paged *p, struct iommu_domain *d, uint64_t iova,
		uint64_t len);
int paged_size(struct paged *p, struct iommu_domain *d, uint64_t iova,
	       uint64_t size, const struct iommu_gap *gap);

/* Addresses are below this. */
static inline uint64_t paged_reach(const struct paged *p)
{
	return UINT64_C(1) << (12 + 9 * p->levels + p->fmt->root_order);
}

#endif
