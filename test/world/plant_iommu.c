/* SPDX-License-Identifier: BSD-2-Clause */
#include "iommu/iommu_priv.h"
#include "plant_core.h"

bool plant_larger_leaf(struct iommu *i)
{
	bool any = false;

	for (uint32_t n = iommu_memo_next(i, 0); n < i->tlb_slots;
	     n = iommu_memo_next(i, n + 1)) {
		if (!(i->tlb[n].tag & TLB_T))
			continue;
		i->tlb[n].leaf_log = 21;
		any = true;
	}
	i->misses++; /* so that the laws look again */
	return any;
}
