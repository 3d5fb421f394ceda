/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_UAPI_VFIO_H
#define HOST_UAPI_VFIO_H

#include <stdint.h>

#include "host/uapi/ioc.h"

/*
 * VFIO's user ABI for character devices over iommufd.
 * Source: Linux 7.3 include/uapi/linux/vfio.h
 */
#define VFIO_TYPE 0x3b
#define VFIO_BASE 100

#define VFIO_DEVICE_GET_INFO		   UAPI_IO(VFIO_TYPE, VFIO_BASE + 7)
#define VFIO_DEVICE_GET_REGION_INFO	   UAPI_IO(VFIO_TYPE, VFIO_BASE + 8)
#define VFIO_DEVICE_GET_IRQ_INFO	   UAPI_IO(VFIO_TYPE, VFIO_BASE + 9)
#define VFIO_DEVICE_SET_IRQS		   UAPI_IO(VFIO_TYPE, VFIO_BASE + 10)
#define VFIO_DEVICE_RESET		   UAPI_IO(VFIO_TYPE, VFIO_BASE + 11)
#define VFIO_DEVICE_GET_PCI_HOT_RESET_INFO UAPI_IO(VFIO_TYPE, VFIO_BASE + 12)
#define VFIO_DEVICE_PCI_HOT_RESET	   UAPI_IO(VFIO_TYPE, VFIO_BASE + 13)
#define VFIO_DEVICE_FEATURE		   UAPI_IO(VFIO_TYPE, VFIO_BASE + 17)
#define VFIO_DEVICE_BIND_IOMMUFD	   UAPI_IO(VFIO_TYPE, VFIO_BASE + 18)
#define VFIO_DEVICE_ATTACH_IOMMUFD_PT	   UAPI_IO(VFIO_TYPE, VFIO_BASE + 19)
#define VFIO_DEVICE_DETACH_IOMMUFD_PT	   UAPI_IO(VFIO_TYPE, VFIO_BASE + 20)

#define VFIO_DEVICE_FLAGS_RESET (1u << 0)
#define VFIO_DEVICE_FLAGS_PCI	(1u << 1)

#define VFIO_PCI_ROM_REGION_INDEX    6
#define VFIO_PCI_CONFIG_REGION_INDEX 7
#define VFIO_PCI_VGA_REGION_INDEX    8
#define VFIO_PCI_NUM_REGIONS	     9
#define VFIO_PCI_NUM_IRQS	     5
#define VFIO_PCI_OFFSET_SHIFT	     40
#define VFIO_PCI_OFFSET(index)	     ((uint64_t)(index) << VFIO_PCI_OFFSET_SHIFT)

struct vfio_device_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t num_regions;
	uint32_t num_irqs;
	uint32_t cap_offset;
	uint32_t pad;
};
_Static_assert(sizeof(struct vfio_device_info) == 24, "uapi");

#define VFIO_REGION_INFO_FLAG_READ  (1u << 0)
#define VFIO_REGION_INFO_FLAG_WRITE (1u << 1)
#define VFIO_REGION_INFO_FLAG_MMAP  (1u << 2)

struct vfio_region_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t cap_offset;
	uint64_t size;
	uint64_t offset;
};
_Static_assert(sizeof(struct vfio_region_info) == 32, "uapi");

#define VFIO_IRQ_INFO_EVENTFD	 (1u << 0)
#define VFIO_IRQ_INFO_MASKABLE	 (1u << 1)
#define VFIO_IRQ_INFO_AUTOMASKED (1u << 2)
#define VFIO_IRQ_INFO_NORESIZE	 (1u << 3)

struct vfio_irq_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t count;
};
_Static_assert(sizeof(struct vfio_irq_info) == 16, "uapi");

struct vfio_irq_set {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t start;
	uint32_t count;
	uint8_t data[];
};
_Static_assert(sizeof(struct vfio_irq_set) == 20, "uapi");

#define VFIO_PCI_DEVID_OWNED	 0
#define VFIO_PCI_DEVID_NOT_OWNED (-1)

struct vfio_pci_dependent_device {
	union {
		uint32_t group_id;
		uint32_t devid;
	};
	uint16_t segment;
	uint8_t bus;
	uint8_t devfn;
};
_Static_assert(sizeof(struct vfio_pci_dependent_device) == 8, "uapi");

#define VFIO_PCI_HOT_RESET_FLAG_DEV_ID	     (1u << 0)
#define VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED (1u << 1)

struct vfio_pci_hot_reset_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t count;
	struct vfio_pci_dependent_device devices[];
};
_Static_assert(sizeof(struct vfio_pci_hot_reset_info) == 12, "uapi");

struct vfio_pci_hot_reset {
	uint32_t argsz;
	uint32_t flags;
	uint32_t count;
	int32_t group_fds[];
};
_Static_assert(sizeof(struct vfio_pci_hot_reset) == 12, "uapi");

/* Each of these may end before what its flag brings. */
#define VFIO_DEVICE_BIND_FLAG_TOKEN (1u << 0)
#define VFIO_DEVICE_ATTACH_PASID    (1u << 0)
#define VFIO_DEVICE_DETACH_PASID    (1u << 0)

struct vfio_device_bind_iommufd {
	uint32_t argsz;
	uint32_t flags;
	int32_t iommufd;
	uint32_t out_devid;
	uint64_t token_uuid_ptr;
};
_Static_assert(sizeof(struct vfio_device_bind_iommufd) == 24, "uapi");

struct vfio_device_attach_iommufd_pt {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pt_id;
	uint32_t pasid;
};
_Static_assert(sizeof(struct vfio_device_attach_iommufd_pt) == 16, "uapi");

struct vfio_device_detach_iommufd_pt {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pasid;
};
_Static_assert(sizeof(struct vfio_device_detach_iommufd_pt) == 12, "uapi");

#define VFIO_DEVICE_FEATURE_MASK    0xffffu
#define VFIO_DEVICE_FEATURE_GET	    (1u << 16)
#define VFIO_DEVICE_FEATURE_SET	    (1u << 17)
#define VFIO_DEVICE_FEATURE_PROBE   (1u << 18)
#define VFIO_DEVICE_FEATURE_DMA_BUF 11

struct vfio_device_feature {
	uint32_t argsz;
	uint32_t flags;
	uint8_t data[];
};
_Static_assert(sizeof(struct vfio_device_feature) == 8, "uapi");

struct vfio_region_dma_range {
	uint64_t offset;
	uint64_t length;
};

struct vfio_device_feature_dma_buf {
	uint32_t region_index;
	uint32_t open_flags;
	uint32_t flags;
	uint32_t nr_ranges;
	struct vfio_region_dma_range dma_ranges[];
};
_Static_assert(sizeof(struct vfio_device_feature_dma_buf) == 16, "uapi");

#endif
