/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_UAPI_IOMMUFD_H
#define HOST_UAPI_IOMMUFD_H

#include <stdint.h>

#include "host/uapi/ioc.h"

/*
 * iommufd's user ABI. Every struct begins with its size; a longer one must
 * end in zeroes (-E2BIG), a shorter one than the first version is -EINVAL.
 * Source: Linux 7.3 include/uapi/linux/iommufd.h
 */
#define IOMMUFD_TYPE 0x3b

#define IOMMU_DESTROY	    UAPI_IO(IOMMUFD_TYPE, 0x80)
#define IOMMU_IOAS_ALLOC    UAPI_IO(IOMMUFD_TYPE, 0x81)
#define IOMMU_IOAS_MAP	    UAPI_IO(IOMMUFD_TYPE, 0x85)
#define IOMMU_IOAS_UNMAP    UAPI_IO(IOMMUFD_TYPE, 0x86)
#define IOMMU_OPTION	    UAPI_IO(IOMMUFD_TYPE, 0x87)
#define IOMMU_HWPT_ALLOC    UAPI_IO(IOMMUFD_TYPE, 0x89)
#define IOMMU_IOAS_MAP_FILE UAPI_IO(IOMMUFD_TYPE, 0x8f)
#define IOMMU_VIOMMU_ALLOC  UAPI_IO(IOMMUFD_TYPE, 0x90)
#define IOMMU_VDEVICE_ALLOC UAPI_IO(IOMMUFD_TYPE, 0x91)

struct iommu_destroy {
	uint32_t size;
	uint32_t id;
};
_Static_assert(sizeof(struct iommu_destroy) == 8, "uapi");

struct iommu_ioas_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t out_ioas_id;
};
_Static_assert(sizeof(struct iommu_ioas_alloc) == 12, "uapi");

#define IOMMU_IOAS_MAP_FIXED_IOVA (1u << 0)
#define IOMMU_IOAS_MAP_WRITEABLE  (1u << 1)
#define IOMMU_IOAS_MAP_READABLE	  (1u << 2)

struct iommu_ioas_map {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	uint32_t reserved;
	uint64_t user_va;
	uint64_t length;
	uint64_t iova;
};
_Static_assert(sizeof(struct iommu_ioas_map) == 40, "uapi");

struct iommu_ioas_map_file {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	int32_t fd;
	uint64_t start;
	uint64_t length;
	uint64_t iova;
};
_Static_assert(sizeof(struct iommu_ioas_map_file) == 40, "uapi");

/* iova 0 and length 2^64-1: everything. length returns the bytes unmapped. */
struct iommu_ioas_unmap {
	uint32_t size;
	uint32_t ioas_id;
	uint64_t iova;
	uint64_t length;
};
_Static_assert(sizeof(struct iommu_ioas_unmap) == 24, "uapi");

#define IOMMU_OPTION_HUGE_PAGES 1
#define IOMMU_OPTION_OP_SET	0
#define IOMMU_OPTION_OP_GET	1

struct iommu_option {
	uint32_t size;
	uint32_t option_id;
	uint16_t op;
	uint16_t reserved;
	uint32_t object_id;
	uint64_t val64;
};
_Static_assert(sizeof(struct iommu_option) == 24, "uapi");

#define IOMMU_HWPT_ALLOC_NEST_PARENT (1u << 0)
#define IOMMU_HWPT_DATA_NONE	     0

struct iommu_hwpt_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t dev_id;
	uint32_t pt_id;
	uint32_t out_hwpt_id;
	uint32_t reserved;
	uint32_t data_type;
	uint32_t data_len;
	uint64_t data_uptr;
	uint32_t fault_id;
	uint32_t reserved2;
};
_Static_assert(sizeof(struct iommu_hwpt_alloc) == 48, "uapi");

#define IOMMU_VIOMMU_TYPE_DEFAULT    0
#define IOMMU_VIOMMU_TYPE_ARM_SMMUV3 1

struct iommu_viommu_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t type;
	uint32_t dev_id;
	uint32_t hwpt_id;
	uint32_t out_viommu_id;
	uint32_t data_len;
	uint32_t reserved;
	uint64_t data_uptr;
};
_Static_assert(sizeof(struct iommu_viommu_alloc) == 40, "uapi");

struct iommu_vdevice_alloc {
	uint32_t size;
	uint32_t viommu_id;
	uint32_t dev_id;
	uint32_t out_vdevice_id;
	uint64_t virt_id; /* the guest's routing id of the function */
};
_Static_assert(sizeof(struct iommu_vdevice_alloc) == 24, "uapi");

#endif
