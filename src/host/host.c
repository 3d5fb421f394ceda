/* SPDX-License-Identifier: BSD-2-Clause */
/* Puts the rooms of the kernel together; what one needs of another is set here.
 */
#include "host/host.h"

#include <string.h>

static bool kvm_of(struct file *f, struct iommufd_vm *out)
{
	struct kvm_vm *vm = kvm_from_file(f);

	out->cookie = vm;
	return vm;
}

static bool gmem_launched(const struct gmem *g)
{
	const struct kvm_vm *vm = kvm_from_gmem(g);

	return vm && vm->launched;
}

static int launched(void *ctx, const struct gmem *g)
{
	return iommufd_launched(ctx, g);
}

static void removing(void *ctx, struct pci_dev *p)
{
	(void)ctx;
	pci_ide_forget(p);
}

static int added(void *ctx, struct pci_dev *p)
{
	struct host *h = ctx;

	return pci_ide_probe(&h->ide, p);
}

int host_init(struct host *h, const struct host_cfg *cfg)
{
	const struct pci_watch w = { .removing = removing,
				     .added = added,
				     .ctx = h };
	int ret;

	memset(h, 0, sizeof(*h));
	k_init(&h->k, cfg->arena, &cfg->hw);
	ret = pci_host_init(&h->pci, &h->k, &cfg->pci);
	if (!ret)
		ret = pci_ide_host_init(&h->ide, &h->pci);
	if (!ret)
		ret = pci_tsm_core_init(&h->tsm, &h->pci);
	if (!ret)
		ret = pci_watch_add(&h->pci, &w); /* after the TSM's */
	if (!ret)
		ret = iommufd_init(&h->iommufd, &h->k, &h->tsm, cfg->iommu,
				   cfg->iommu_ctx);
	if (!ret)
		ret = kvm_init(&h->kvm, &h->k, cfg->kvm_rules, cfg->kvm_ctx);
	if (!ret)
		ret = vfio_init(&h->vfio, &h->pci, &h->iommufd);
	if (ret)
		return ret;
	h->iommufd.kvm_of = kvm_of;
	h->iommufd.gmem_launched = gmem_launched;
	h->kvm.launched = launched;
	h->kvm.launched_ctx = &h->iommufd;
	h->kvm.file_kvm = vfio_file_set_kvm;
	return 0;
}

int host_scan(struct host *h)
{
	return pci_scan(&h->pci);
}
