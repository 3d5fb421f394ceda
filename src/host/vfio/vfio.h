/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_VFIO_VFIO_H
#define HOST_VFIO_VFIO_H

#include "host/dmabuf/dmabuf.h"
#include "host/iommufd/iommufd.h"
#include "host/pci/pci.h"
#include "host/uapi/vfio.h"

/*
 * vfio-pci, and its character devices /dev/vfio/devices/vfioN where N is the
 * function's routing id in decimal. Any number of descriptors may be open;
 * one of them is bound to an iommufd, and only that one can do anything.
 *
 * A device is exclusive in two ways: while a host mapping of a BAR exists it
 * cannot become private, and while it is private it can be neither mapped
 * nor read nor written. What would put a bound interface into ERROR (reset,
 * clearing memory decoding or bus mastering, power down, close) unbinds it
 * first (law 47).
 *
 * Calls that wait for an importer of a dma-buf answer -EAGAIN: call again.
 *
 * Source: linux.md 5.1, 8 (Linux 7.3 drivers/vfio, drivers/vfio/pci)
 */
struct vfio_dev;

/* One open descriptor: vfio_device_file of Linux. */
struct vfio_file {
	struct vfio_dev *d;
	struct file *file;
	struct vfio_file *next; /* of the same device */
	void *kvm;		/* KVM_DEV_VFIO_FILE_ADD; NULL: none */
};

struct vfio_dev {
	struct vfio_core *core;
	struct pci_dev *p;	  /* NULL: the function has left */
	struct vfio_file *files;  /* open */
	struct vfio_file *user;	  /* the bound one, or NULL */
	struct iommufd_dev *idev; /* set with @user */
	uint32_t dev_id;
	struct file *iommu_file; /* of that iommufd, referenced */
	void *kvm;		 /* the VM's that the user was given to */
	struct dmabuf *bufs;
	bool private;	  /* BARs are the guest's */
	uint16_t command; /* kept while in D3hot */
	uint32_t vbar[6]; /* what the user wrote to a BAR */
};

struct vfio_core {
	struct kernel *k;
	struct pci_host *pci;
	struct iommufd_core *iommufd;
	struct kpool pool;
	struct kpool file_pool;
	struct kpool buf_pool;
	struct pci_driver drv;
};

int vfio_init(struct vfio_core *c, struct pci_host *pci,
	      struct iommufd_core *iommufd);
struct vfio_dev *vfio_of(const struct pci_dev *p);
/*
 * For KVM: the file is given to the VM @kvm, or taken back (NULL). What holds
 * is the one at VFIO_DEVICE_BIND_IOMMUFD, until the device closes.
 */
void vfio_file_set_kvm(struct file *f, void *kvm);

#endif
