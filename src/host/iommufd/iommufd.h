/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_IOMMUFD_IOMMUFD_H
#define HOST_IOMMUFD_IOMMUFD_H

#include "host/dmabuf/dmabuf.h"
#include "host/gmem/gmem.h"
#include "host/tsm/tsm.h"
#include "host/uapi/interlock_ext.h"
#include "host/uapi/iommufd.h"

/*
 * /dev/iommu: address spaces (IOAS), domains (HWPT), virtual IOMMUs and
 * virtual devices. The tables in memory are the architecture's driver's.
 *
 * Source: linux.md 5.2 to 5.5, 8 (Linux 7.3 drivers/iommu/iommufd)
 */
/* A domain: one I/O page table. */
struct iommu_domain {
	bool huge; /* leaves above 4K may be used */
	unsigned devices;
	void *priv; /* the driver's */
};

/*
 * The driver of the IOMMU. 0 or -errno; unmap and detach have invalidated,
 * and waited for it, before they return.
 */
struct iommu_driver_ops {
	int (*domain_alloc)(void *ctx, struct iommu_domain *d);
	void (*domain_free)(void *ctx, struct iommu_domain *d);
	int (*map)(void *ctx, struct iommu_domain *d, uint64_t iova,
		   uint64_t pa, uint64_t len, bool write);
	int (*unmap)(void *ctx, struct iommu_domain *d, uint64_t iova,
		     uint64_t len);
	/* NULL blocks the function. */
	int (*attach)(void *ctx, struct pci_dev *p, struct iommu_domain *d);
	/* May this VM's devices be put behind a vIOMMU? 0 or -EOPNOTSUPP. */
	int (*viommu)(void *ctx, void *kvm);
};

enum ioas_src {
	IOAS_USER,
	IOAS_GMEM,
	IOAS_DMABUF,
};

struct iommufd_obj;

struct iommufd_area {
	struct iommufd_area *next;
	uint64_t iova;
	uint64_t len;
	bool write;
	bool deferred; /* waits for the end of the launch */
	bool dead;     /* revoked; for good */
	enum ioas_src src;
	struct vma *vma;
	uint64_t uva;
	struct file *file; /* referenced */
	uint64_t start;
	bool held; /* the pages of a guest_memfd are pinned */
	struct iommufd_obj *ioas;
};

struct iommufd_obj;

/* What KVM tells iommufd of a VM, without either knowing the other. */
struct iommufd_vm {
	void *cookie; /* what TSM bind gets */
};

struct iommufd_core {
	struct kernel *k;
	struct pci_tsm_core *tsm;
	const struct iommu_driver_ops *drv;
	void *drv_ctx;
	struct kpool ctx_pool;
	struct kpool obj_pool;
	struct kpool area_pool;
	/* The VM behind a KVM descriptor; set by KVM. NULL: not one. */
	bool (*kvm_of)(struct file *f, struct iommufd_vm *out);
	/* Is the VM behind a guest_memfd launched? Set by KVM. */
	bool (*gmem_launched)(const struct gmem *g);
	struct iommufd_ctx *all;
};

int iommufd_init(struct iommufd_core *c, struct kernel *k,
		 struct pci_tsm_core *tsm, const struct iommu_driver_ops *drv,
		 void *drv_ctx);
/* KVM: the launch of the VM that owns @g is finished; map what waited. */
int iommufd_launched(struct iommufd_core *c, const struct gmem *g);

/*
 * For VFIO. A device joins an iommufd context; @dev_id names it there.
 * -EBUSY already bound; -EBADF no file; -EBADFD not an iommufd.
 */
struct iommufd_dev;
int iommufd_bind(struct iommufd_core *c, struct file *iommufd,
		 struct pci_dev *p, const struct pci_tdi_port *port,
		 void *port_ctx, struct iommufd_dev **out, uint32_t *dev_id);
/* Destroys a live vDevice first (it leaves a tombstone), then detaches. */
void iommufd_unbind(struct iommufd_dev *d);
/* @pt_id: an IOAS or a HWPT; replaced by the HWPT used. */
int iommufd_attach(struct iommufd_dev *d, uint32_t *pt_id);
void iommufd_detach(struct iommufd_dev *d);
bool iommufd_tdi_bound(const struct iommufd_dev *d);
/* Destroys the vDevice, if any: before anything that upsets the device. */
void iommufd_vdevice_drop(struct iommufd_dev *d);

#endif
