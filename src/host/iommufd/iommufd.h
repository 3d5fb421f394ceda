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
	bool huge;    /* leaves above 4K may be used */
	bool trusted; /* IOMMU_HWPT_ALLOC_TRUSTED */
	unsigned devices;
	void *priv; /* the driver's */
};

#define IOMMU_PROT_READ	 1u
#define IOMMU_PROT_WRITE 2u
/*
 * Frames of a guest_memfd: the guest's alone. Where the TSM owns the trusted
 * stage 2 they are not in the host's table. Not said of a file that converts
 * in place: there a frame is one or the other.
 */
#define IOMMU_PROT_PRIVATE 4u

/* Pages that iommufd hands to a driver at once: one leaf of 2 MiB. */
#define IOMMU_BATCH ((size_t)(PAGE_2M / PAGE_4K))

/* What is done while a place has no mapping and nothing remembers one. */
struct iommu_gap {
	int (*run)(void *ctx);
	void *ctx;
};

/*
 * The driver of the IOMMU. 0 or -errno; unmap and detach have invalidated,
 * and waited for it, before they return. What fails has changed nothing; only
 * an unmap may have taken its leaves away, without having invalidated them.
 */
struct iommu_driver_ops {
	int (*domain_alloc)(void *ctx, struct iommu_domain *d);
	void (*domain_free)(void *ctx, struct iommu_domain *d);
	/*
	 * The frames of @n pages; at most IOMMU_BATCH of them, none across
	 * 2 MiB. @huge: one leaf for them all, where they are such a run.
	 */
	int (*map)(void *ctx, struct iommu_domain *d, uint64_t iova,
		   const uint64_t *pa, size_t n, unsigned prot, bool huge);
	int (*unmap)(void *ctx, struct iommu_domain *d, uint64_t iova,
		     uint64_t len);
	/*
	 * NULL blocks the function; another domain takes the place of the one
	 * before without a gap. @tdi: the function has a vDevice. -EINVAL:
	 * not to be mixed; *why says so.
	 */
	int (*attach)(void *ctx, struct pci_dev *p, struct iommu_domain *d,
		      bool tdi, const struct rule **why);
	/* May this VM's devices be put behind a vIOMMU? 0 or -EOPNOTSUPP. */
	int (*viommu)(void *ctx, void *kvm);
	/*
	 * The 2 MiB at @iova get leaves of @size (4K, 2M); @gap runs while
	 * they have none. What has leaves of that size, or none, is left.
	 */
	int (*page_size)(void *ctx, struct iommu_domain *d, uint64_t iova,
			 uint64_t size, const struct iommu_gap *gap);
	/*
	 * What the IOMMU of @p says of itself: bytes, up to @cap of them in
	 * @out. @type: wanted, then what it is. -EOPNOTSUPP: another type.
	 */
	long (*hw_info)(void *ctx, struct pci_dev *p, uint32_t *type, void *out,
			size_t cap);
	/* The last address that a table reaches; 0: all of 64 bits. */
	uint64_t last_iova;
	/* Where no device's DMA is translated, in order. */
	const struct iommu_iova_range *resv;
	size_t n_resv;
};

struct iommufd_obj;
struct iommufd_area;

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
	struct kpool pages_pool;
	struct kpool range_pool;
	/* The VM behind a KVM descriptor; set by KVM. NULL: not one. */
	bool (*kvm_of)(struct file *f, struct iommufd_vm *out);
	/* Is the VM behind a guest_memfd launched? Set by KVM. */
	bool (*gmem_launched)(const struct gmem *g);
	struct gmem_importer importer;
	struct iommufd_ctx *all;
	uint32_t areas_max; /* I/O mappings that there may be at once */
	uint64_t batch[IOMMU_BATCH]; /* frames on their way to the driver */
};

int iommufd_init(struct iommufd_core *c, struct kernel *k,
		 struct pci_tsm_core *tsm, const struct iommu_driver_ops *drv,
		 void *drv_ctx);
/* KVM: the launch of the VM that owns @g is finished; map what waited. */
int iommufd_launched(struct iommufd_core *c, const struct gmem *g);

/*
 * For VFIO. A device joins an iommufd context; @dev_id names it there.
 * -EBUSY already bound; -EBADFD not an iommufd; -EBADF nothing at all.
 */
struct iommufd_dev;
int iommufd_bind(struct iommufd_core *c, struct file *iommufd,
		 struct pci_dev *p, const struct pci_tdi_port *port,
		 void *port_ctx, struct iommufd_dev **out, uint32_t *dev_id);
/* Destroys a live vDevice first (it leaves a tombstone), then detaches. */
void iommufd_unbind(struct iommufd_dev *d);
/*
 * @pt_id: an IOAS or a HWPT; replaced by the HWPT used. One that is attached
 * already is replaced, without a moment in which the device reaches nothing.
 */
int iommufd_attach(struct iommufd_dev *d, uint32_t *pt_id);
void iommufd_detach(struct iommufd_dev *d);
bool iommufd_tdi_bound(const struct iommufd_dev *d);
/* Destroys the vDevice, if any: before anything that upsets the device. */
void iommufd_vdevice_drop(struct iommufd_dev *d);

#endif
