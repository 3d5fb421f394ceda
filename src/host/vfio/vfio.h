/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_VFIO_VFIO_H
#define HOST_VFIO_VFIO_H

#include "host/dmabuf/dmabuf.h"
#include "host/iommufd/iommufd.h"
#include "host/pci/pci.h"
#include "host/uapi/vfio.h"

/*
 * vfio-pci, and its character devices /dev/vfio/devices/vfioN where N is the
 * function's routing id in decimal.
 *
 * A device is exclusive in two ways: while a host mapping of a BAR exists it
 * cannot become private, and while it is private it can be neither mapped
 * nor read nor written. What would put a bound interface into ERROR (reset,
 * clearing memory decoding or bus mastering, close) unbinds it first.
 *
 * Source: linux.md 5.1, 8 (Linux 7.3 drivers/vfio/pci)
 */
struct vfio_dev {
	struct vfio_core *core;
	struct pci_dev *p;
	unsigned open; /* 0 or 1 */
	struct file *file;
	struct iommufd_dev *idev; /* set while bound to an iommufd */
	struct file *iommu_file;  /* of that iommufd, referenced */
	struct dmabuf *bufs;
	bool private;	  /* BARs are the guest's */
	uint32_t vbar[6]; /* what the user wrote to a BAR */
};

struct vfio_core {
	struct kernel *k;
	struct pci_host *pci;
	struct iommufd_core *iommufd;
	struct kpool pool;
	struct kpool buf_pool;
	struct pci_driver drv;
};

int vfio_init(struct vfio_core *c, struct pci_host *pci,
	      struct iommufd_core *iommufd);
struct vfio_dev *vfio_of(const struct pci_dev *p);

#endif
