/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CALLS_IOAS_H
#define CALLS_IOAS_H

#include "sys.h"

/* An iommufd with one address space, and what stands behind its maps. */

#define IOVA UINT64_C(0x800000)
#define TOP  UINT64_MAX
#define FIXED                                                  \
	(IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE | \
	 IOMMU_IOAS_MAP_WRITEABLE)

struct ctx {
	struct sys *s;
	int iommu;
	uint32_t ioas;
	uint64_t mem;
	int dev; /* a function, its id there and a dma-buf of it */
	uint32_t dev_id;
	int buf;
};

/* Each is what the ioctl comes to; ioas_new(): the id, or 0. */
uint32_t ioas_new(struct ctx *c);
long destroy(struct ctx *c, uint32_t id);
long map(struct ctx *c, uint32_t flags, uint64_t va, uint64_t len,
	 uint64_t iova);
long map_file(struct ctx *c, int fd, uint64_t start, uint64_t len,
	      uint64_t iova);
/* *got: bytes, as the kernel leaves them. */
long unmap(struct ctx *c, uint64_t iova, uint64_t len, uint64_t *got);

#endif
