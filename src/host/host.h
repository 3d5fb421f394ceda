/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include "host/ide/ide.h"
#include "host/iommufd/iommufd.h"
#include "host/kvm/kvm.h"
#include "host/pci/pci.h"
#include "host/tsm/tsm.h"
#include "host/vfio/vfio.h"

/*
 * The host kernel, whole. The architecture's driver (arch/<a>/host.h) gives
 * the three tables and registers its TSM after host_init().
 */
struct host_cfg {
	struct arena *arena;
	struct host_hw hw;
	struct pci_host_cfg pci;
	const struct kvm_rules *kvm_rules;
	void *kvm_ctx;
	const struct iommu_driver_ops *iommu;
	void *iommu_ctx;
};

struct host {
	struct kernel k;
	struct pci_host pci;
	struct pci_ide_host ide;
	struct pci_tsm_core tsm;
	struct iommufd_core iommufd;
	struct kvm_core kvm;
	struct vfio_core vfio;
};

/* Software only; hardware is looked at by host_scan(). */
int host_init(struct host *h, const struct host_cfg *cfg);
/* Enumerate. 0 or -errno. */
int host_scan(struct host *h);

#endif
