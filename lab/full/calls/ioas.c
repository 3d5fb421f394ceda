// SPDX-License-Identifier: BSD-2-Clause
#include "ioas.h"

uint32_t ioas_new(struct ctx *c)
{
	struct iommu_ioas_alloc a = { .size = sizeof(a) };

	return sys_call(c->s, c->iommu, IOMMU_IOAS_ALLOC, &a) ? 0
							      : a.out_ioas_id;
}

long destroy(struct ctx *c, uint32_t id)
{
	struct iommu_destroy d = { .size = sizeof(d), .id = id };

	return sys_call(c->s, c->iommu, IOMMU_DESTROY, &d);
}

long map(struct ctx *c, uint32_t flags, uint64_t va, uint64_t len,
	 uint64_t iova)
{
	struct iommu_ioas_map m = { .size = sizeof(m),
				    .flags = flags,
				    .ioas_id = c->ioas,
				    .user_va = va,
				    .length = len,
				    .iova = iova };

	return sys_call(c->s, c->iommu, IOMMU_IOAS_MAP, &m);
}

long map_file(struct ctx *c, int fd, uint64_t start, uint64_t len,
	      uint64_t iova)
{
	struct iommu_ioas_map_file m = { .size = sizeof(m),
					 .flags = FIXED,
					 .ioas_id = c->ioas,
					 .fd = fd,
					 .start = start,
					 .length = len,
					 .iova = iova };

	return sys_call(c->s, c->iommu, IOMMU_IOAS_MAP_FILE, &m);
}

long unmap(struct ctx *c, uint64_t iova, uint64_t len, uint64_t *got)
{
	struct iommu_ioas_unmap u = { .size = sizeof(u),
				      .ioas_id = c->ioas,
				      .iova = iova,
				      .length = len };
	long ret = sys_call(c->s, c->iommu, IOMMU_IOAS_UNMAP, &u);

	*got = u.length;
	return ret;
}
