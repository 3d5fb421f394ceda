/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/device_priv.h"

#include <string.h>

#include "base/bits.h"

/* How functions come, go and start over. */

/*
 * OPEN: SR-IOV 1.1 §3.7, now PCIe Base §9.3.7, asks for the ARI capability in
 * each function of any device with a PF that is not integrated. We have it only
 * where function numbers above 7 need it: a device number other than 0, which
 * device files may name, cannot be with it.
 */
bool device_ari(const struct device *d)
{
	return d->cfg.vfs > DEVICE_VFS_NO_ARI;
}

unsigned device_fn_of(const struct device *d, uint16_t rid)
{
	return device_ari(d) ? rid & 0xffu : BDF_FN(rid);
}

uint16_t device_rid(const struct device *d, unsigned fn)
{
	if (device_ari(d))
		return (uint16_t)(d->bus << 8 | fn);
	return BDF(d->bus, d->dev, fn);
}

static void name(struct device *d, unsigned fn)
{
	uint32_t id = device_rid(d, fn);

	if (!d->captured)
		id |= TDI_ANY_BUS;
	dsm_set_function(&d->dsm.pci, fn, d->fn[fn].there, id);
}

void device_name_functions(struct device *d)
{
	for (unsigned i = 0; i < d->fns; i++)
		name(d, i);
}

void fn_reset(struct device_fn *fn)
{
	engine_stop(fn, DMA_ERROR_NONE);
	engine_wipe(fn);
	pci_cfg_reset(&fn->cfg, fn->first);
	msix_reset(fn);
	fn_mem_wipe(fn);
}

void device_vfs_update(struct device *d)
{
	const struct pci_cfg *c = &d->fn[0].cfg;
	unsigned on = 0;

	if (d->assumed_vfs)
		on = d->cfg.vfs;
	else if (d->sriov &&
		 (pci_cfg_get(c, (uint16_t)(d->sriov + SRIOV_CTL), 2) &
		  SRIOV_CTL_VFE))
		on = pci_cfg_get(c, (uint16_t)(d->sriov + SRIOV_NUM), 2);
	for (unsigned i = 1; i < d->fns; i++) {
		struct device_fn *fn = &d->fn[i];

		if (fn_physical(fn) || fn->there == (i <= on))
			continue;
		fn_reset(fn);
		fn->there = i <= on;
		name(d, i);
	}
}

/*
 * FLR, and the return from D3hot: of a VF itself; of the PF its VFs too. Other
 * physical functions are reset by neither (PCIe Base 6.0 §6.6.2), but function
 * 0 has the IDE capability, whose streams end with its reset (§6.33.8), and
 * what was locked on one is in ERROR then (§11.4.3).
 */
void device_function_reset(struct device *d, unsigned fn)
{
	env_trace(d->cfg.env, DEVICE_TR_RESET, fn, DSM_EV_FLR, 0);
	device_event(d, DSM_EV_FLR, fn);
	fn_reset(&d->fn[fn]);
	if (fn != 0)
		return;
	/* They went with VF Enable, and would come back at once. */
	for (unsigned i = 1; i < d->fns && d->assumed_vfs; i++)
		fn_reset(&d->fn[i]);
	ide_reset(&d->ide);
	device_ide_sync(d);
	(void)!doe_event(&d->doe, DOE_EV_RESET, &(union doe_arg){ .dw = 0 });
	device_vfs_update(d);
}

/* Conventional reset: nothing of before is left. */
static void reset_all(struct device *d, enum dsm_event ev)
{
	env_trace(d->cfg.env, DEVICE_TR_RESET, UINT64_MAX, ev, 0);
	device_event(d, ev, 0);
	for (unsigned i = 0; i < d->fns; i++)
		fn_reset(&d->fn[i]);
	ide_reset(&d->ide);
	device_ide_sync(d);
	(void)!doe_event(&d->doe, DOE_EV_RESET, &(union doe_arg){ .dw = 0 });
	device_vfs_update(d);
	memset(d->read, 0, sizeof(d->read));
	d->captured = false;
	d->bus = 0;
	d->dev = d->cfg.dev_number;
	d->out_len = 0;
	d->reset_due = d->fail_due = d->event_due = 0;
	d->intx = 0;
	device_store_reset(d);
	device_name_functions(d);
}

/*
 * OPEN: a link that goes down. TDISP makes the streams Insecure and with them
 * the TDIs ERROR; Base §2.9.1 treats it as a hot reset at an upstream port.
 * Here it is ERROR, and registers stay until a reset comes; nothing that was
 * locked becomes reachable by either.
 */
static void link_lost(struct device *d)
{
	d->up = false;
	d->out_len = 0;
	d->intx = 0; /* the partner deasserts what it held (§2.2.8.1) */
	for (unsigned i = 0; i < d->fns; i++)
		engine_stop(&d->fn[i], DMA_ERROR_LINK);
	memset(d->read, 0, sizeof(d->read));
	device_event(d, DSM_EV_LINK_DOWN, 0);
	ide_link_down(&d->ide);
}

void device_take_event(struct device *d, enum link_event ev)
{
	const struct device_seams *s = d->cfg.seams;

	d->stirred = true;
	if (s && s->link_event && !s->link_event(d->cfg.seams_ctx, d, ev))
		return;
	switch (ev) {
	case LINK_UP:
		d->up = d->powered;
		break;
	case LINK_DOWN:
		if (d->up)
			link_lost(d);
		break;
	case LINK_HOT_RESET:
		reset_all(d, DSM_EV_HOT_RESET);
		break;
	case LINK_FUND_RESET:
		reset_all(d, DSM_EV_FUND_RESET);
		break;
	case LINK_POWER_OFF:
	case LINK_ABSENT:
		reset_all(d, DSM_EV_FUND_RESET);
		d->powered = d->up = false;
		break;
	case LINK_POWER_ON:
	case LINK_PRESENT:
		d->powered = d->up = true;
		break;
	case LINK_EVENTS:
		break;
	}
}
