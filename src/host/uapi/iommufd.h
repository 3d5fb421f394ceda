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

#define IOMMU_DESTROY	       UAPI_IO(IOMMUFD_TYPE, 0x80)
#define IOMMU_IOAS_ALLOC       UAPI_IO(IOMMUFD_TYPE, 0x81)
#define IOMMU_IOAS_ALLOW_IOVAS UAPI_IO(IOMMUFD_TYPE, 0x82)
#define IOMMU_IOAS_COPY	       UAPI_IO(IOMMUFD_TYPE, 0x83)
#define IOMMU_IOAS_IOVA_RANGES UAPI_IO(IOMMUFD_TYPE, 0x84)
#define IOMMU_IOAS_MAP	       UAPI_IO(IOMMUFD_TYPE, 0x85)
#define IOMMU_IOAS_UNMAP       UAPI_IO(IOMMUFD_TYPE, 0x86)
#define IOMMU_OPTION	       UAPI_IO(IOMMUFD_TYPE, 0x87)
#define IOMMU_HWPT_ALLOC       UAPI_IO(IOMMUFD_TYPE, 0x89)
#define IOMMU_GET_HW_INFO      UAPI_IO(IOMMUFD_TYPE, 0x8a)
#define IOMMU_IOAS_MAP_FILE    UAPI_IO(IOMMUFD_TYPE, 0x8f)
#define IOMMU_VIOMMU_ALLOC     UAPI_IO(IOMMUFD_TYPE, 0x90)
#define IOMMU_VDEVICE_ALLOC    UAPI_IO(IOMMUFD_TYPE, 0x91)

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

/* Both ends are part of it. */
struct iommu_iova_range {
	uint64_t start;
	uint64_t last;
};
_Static_assert(sizeof(struct iommu_iova_range) == 16, "uapi");

/* num_iovas: room, then how many there are; -EMSGSIZE when that is more. */
struct iommu_ioas_iova_ranges {
	uint32_t size;
	uint32_t ioas_id;
	uint32_t num_iovas;
	uint32_t reserved;
	uint64_t allowed_iovas;
	uint64_t out_iova_alignment;
};
_Static_assert(sizeof(struct iommu_ioas_iova_ranges) == 32, "uapi");

struct iommu_ioas_allow_iovas {
	uint32_t size;
	uint32_t ioas_id;
	uint32_t num_iovas;
	uint32_t reserved;
	uint64_t allowed_iovas;
};
_Static_assert(sizeof(struct iommu_ioas_allow_iovas) == 24, "uapi");

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

struct iommu_ioas_copy {
	uint32_t size;
	uint32_t flags;
	uint32_t dst_ioas_id;
	uint32_t src_ioas_id;
	uint64_t length;
	uint64_t dst_iova;
	uint64_t src_iova;
};
_Static_assert(sizeof(struct iommu_ioas_copy) == 40, "uapi");

/* iova 0 and length 2^64-1: everything. length returns the bytes unmapped. */
struct iommu_ioas_unmap {
	uint32_t size;
	uint32_t ioas_id;
	uint64_t iova;
	uint64_t length;
};
_Static_assert(sizeof(struct iommu_ioas_unmap) == 24, "uapi");

#define IOMMU_OPTION_RLIMIT_MODE 0 /* object_id 0; 0 by user, 1 by task */
#define IOMMU_OPTION_HUGE_PAGES	 1
#define IOMMU_OPTION_OP_SET	 0
#define IOMMU_OPTION_OP_GET	 1

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

#define IOMMU_HW_INFO_TYPE_NONE	      0
#define IOMMU_HW_INFO_TYPE_DEFAULT    0
#define IOMMU_HW_INFO_TYPE_INTEL_VTD  1
#define IOMMU_HW_INFO_TYPE_AMD	      4
#define IOMMU_HW_INFO_FLAG_INPUT_TYPE (1u << 0)

/* What data is wanted (with the flag), then what it is; data_len likewise. */
struct iommu_hw_info {
	uint32_t size;
	uint32_t flags;
	uint32_t dev_id;
	uint32_t data_len;
	uint64_t data_uptr;
	union {
		uint32_t in_data_type;
		uint32_t out_data_type;
	};
	uint8_t out_max_pasid_log2;
	uint8_t reserved[3];
	uint64_t out_capabilities;
};
_Static_assert(sizeof(struct iommu_hw_info) == 40, "uapi");

/* IOMMU_HW_INFO_TYPE_INTEL_VTD: the capability registers. */
struct iommu_hw_info_vtd {
	uint32_t flags;
	uint32_t __reserved;
	uint64_t cap_reg;
	uint64_t ecap_reg;
};
_Static_assert(sizeof(struct iommu_hw_info_vtd) == 24, "uapi");

/* IOMMU_HW_INFO_TYPE_AMD: the extended feature registers. */
struct iommu_hw_info_amd {
	uint64_t efr;
	uint64_t efr2;
};
_Static_assert(sizeof(struct iommu_hw_info_amd) == 16, "uapi");

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
