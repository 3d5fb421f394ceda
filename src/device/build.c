/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "device/device_priv.h"

/* Configuration space of the functions, as it is before anyone writes. */

static uint32_t flags(const struct device_bar *b)
{
	return (b->wide ? BAR_MEM_64 : 0) | (b->prefetch ? BAR_PREFETCH : 0);
}

bool fn_physical(const struct device_fn *fn)
{
	return fn->index < fn->dev->cfg.pfs;
}

const struct device_pf *fn_own(const struct device_fn *fn)
{
	return &fn->dev->cfg.pf[fn_physical(fn) ? fn->index : 0];
}

/* What function 0 has for all of them. */
static void build_first(struct device_fn *fn)
{
	struct device *d = fn->dev;
	struct pci_sriov sriov = {
		.total = (uint16_t)d->cfg.vfs,
		.first = 1,
		.stride = 1,
		.vf_device = d->cfg.pf[0].ids.vf_device,
		.ari = device_ari(d),
	};
	const struct ide_cap_regs ide = {
		.selective = true,
		.ide_km = true,
		.sel_cfg = true,
		.sel_num = (uint16_t)d->cfg.streams,
		.tee_limited = true,
	};

	for (unsigned b = 0; b < T0_BARS; b++) {
		sriov.bar[b].size = d->cfg.vf_bar[b].size;
		sriov.bar[b].flags = flags(&d->cfg.vf_bar[b]);
	}
	if (d->cfg.vfs)
		d->sriov = pci_sriov_add(&fn->cfg, &sriov);
	d->doe_cap = pci_doe_add(&fn->cfg);
	if (d->cfg.streams)
		d->ide_cap = pci_ide_add(&fn->cfg, &ide, DEVICE_ADDRS);
}

static void build_pf(struct device_fn *fn)
{
	const struct device_bar *bar = fn_own(fn)->bar;

	for (unsigned b = 0; b < T0_BARS; b++)
		if (bar[b].size)
			pci_bar(&fn->cfg, b, bar[b].size, flags(&bar[b]));
	fn->pm = pci_pm_add(&fn->cfg);
	if (fn->dev->cfg.no_soft_reset)
		pci_cfg_put(&fn->cfg, (uint16_t)(fn->pm + PM_CSR), 2,
			    PM_CSR_NO_SOFT_RESET);
}

void fn_build(struct device_fn *fn)
{
	struct device *d = fn->dev;
	const bool pf = fn_physical(fn);
	const struct device_ids *own = &fn_own(fn)->ids;
	const struct pci_ids ids = {
		.vendor = pf ? own->vendor : 0xffff,
		.device = pf ? own->device : 0xffff,
		.subsys_vendor = own->subsys_vendor,
		.subsys = own->subsys,
		.class_code = own->class_code,
		.revision = own->revision,
		.multi = d->cfg.pfs > 1,
	};
	const struct pci_exp exp = {
		.type = EXP_TYPE_ENDPOINT,
		.tee = !d->cfg.no_tee,
		.flr = true,
		.max_payload = 2,
	};

	pci_cfg_init(&fn->cfg, &device_cfg_ops, fn);
	pci_type0(&fn->cfg, &ids);
	if (pf)
		build_pf(fn);
	else
		/* Memory Space Enable is in the PF (§9.3.4.1.3). */
		pci_cfg_mask(&fn->cfg, CFG_COMMAND, 2, CMD_MASTER, 0);
	fn->exp = pci_exp_add(&fn->cfg, &exp);
	if (fn_own(fn)->no_msix)
		pci_cfg_put(&fn->cfg, CFG_INT_PIN, 1, intx_pin(fn));
	else
		fn->msix = pci_msix_add(&fn->cfg, DMA_MSIX_VECTORS,
					DMA_BAR_REGS, DMA_PAGE_MSIX_TABLE,
					DMA_BAR_REGS, DMA_PAGE_MSIX_PBA);
	if (fn->index == 0)
		build_first(fn);
	if (device_ari(d)) /* each function: §9.3.7, ARI */
		(void)pci_ari_add(&fn->cfg);
	memcpy(fn->first, fn->cfg.image, sizeof(fn->first));
}
