/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pciehp: slots, what comes into them and what leaves. Source: PCIe Base 6.0
 * §6.7, §7.5.3.9 to §7.5.3.11; Linux 7.3 drivers/pci/hotplug/pciehp_ctrl.c
 */
#include <errno.h>

#include "host/pci/pci_priv.h"
#include "pci/regs.h"

#define EVENTS	   (EXP_SLTSTA_PDC | EXP_SLTSTA_DLLSC)
#define ENABLES	   (EXP_SLTCTL_PDCE | EXP_SLTCTL_DLLSCE | EXP_SLTCTL_HPIE)
#define OFF_NS	   UINT64_C(1000000000) /* §6.7.1.8: 1 s */
#define SETTLE_NS  UINT64_C(100000000)	/* §6.6.1 */
#define ROUNDS_MAX 8u			/* what bounces does so for ever */

static uint16_t at(const struct pci_dev *p, unsigned reg)
{
	return (uint16_t)(p->cap_pcie + reg);
}

static bool present(struct pci_dev *port)
{
	return pci_get(port, at(port, EXP_SLTSTA), 2) & EXP_SLTSTA_PDS;
}

static bool link_up(struct pci_dev *port)
{
	return pci_get(port, at(port, EXP_LNKSTA), 2) & EXP_LNKSTA_DLLLA;
}

static void control(struct pci_dev *port, uint32_t clear, uint32_t set)
{
	uint32_t v = pci_get(port, at(port, EXP_SLTCTL), 2);

	(void)pci_write(port, at(port, EXP_SLTCTL), 2, (v & ~clear) | set);
}

static void forget_events(struct pci_dev *port)
{
	(void)pci_write(port, at(port, EXP_SLTSTA), 2, EVENTS);
}

void pci_slot_init(struct pci_dev *port)
{
	uint32_t cap;

	if (port->port_type != EXP_TYPE_ROOT_PORT &&
	    port->port_type != EXP_TYPE_DOWNSTREAM)
		return;
	if (!(pci_get(port, at(port, EXP_FLAGS), 2) & EXP_FLAGS_SLOT))
		return;
	cap = pci_get(port, at(port, EXP_SLTCAP), 4);
	port->slot.there = cap & EXP_SLTCAP_HPC;
	port->slot.power = cap & EXP_SLTCAP_PCP;
	port->slot.number = (uint16_t)field_get(EXP_SLTCAP_PSN, cap);
	if (!port->slot.there || !port->host->cfg.pciehp)
		return;
	forget_events(port);
	control(port, 0, ENABLES);
	/* The scan that found the port looks at what is in it. */
	port->slot.on = present(port) || link_up(port);
}

void pci_slot_quiet(struct pci_dev *port, bool quiet)
{
	if (!port->slot.there || !port->host->cfg.pciehp)
		return;
	if (!quiet)
		forget_events(port);
	control(port, quiet ? ENABLES : 0, quiet ? 0 : ENABLES);
}

/* Out of the slot, in order or already gone. */
static void empty(struct pci_dev *port, bool gone)
{
	struct pci_dev *v = port->host->devs;

	while (v) {
		if (v->up != port || v->is_vf) {
			v = v->next;
			continue;
		}
		v->gone = gone;
		pci_remove(v);
		v = port->host->devs;
	}
	port->slot.on = false;
}

static void power(struct pci_dev *port, bool on)
{
	pci_slot_quiet(port, true);
	if (port->slot.power)
		control(port, on ? EXP_SLTCTL_PCC : 0, on ? 0 : EXP_SLTCTL_PCC);
	pci_wait_ns(port, on ? SETTLE_NS : OFF_NS);
	pci_slot_quiet(port, false);
}

/* pciehp_enable_slot(): what does not come up is switched off again. */
static int fill(struct pci_dev *port)
{
	power(port, true);
	pci_wait_ns(port, SETTLE_NS);
	if (!link_up(port)) {
		power(port, false);
		return -ENODEV;
	}
	port->slot.on = true;
	return pci_scan_below(port);
}

/*
 * As Linux does it: whatever happened, who was in the slot is not trusted to
 * be the same; it is removed, its power goes, and what is there now begins
 * anew, by a fundamental reset where the slot has a power controller.
 */
void pci_slot_irq(struct pci_host *h, uint32_t bdf)
{
	struct pci_dev *port = pci_find(h, bdf);

	if (!port || !port->slot.there || !h->cfg.pciehp)
		return;
	for (unsigned i = 0; i < ROUNDS_MAX; i++) {
		if (!(pci_get(port, at(port, EXP_SLTSTA), 2) & EVENTS))
			return;
		forget_events(port);
		if (port->slot.on) {
			empty(port, true);
			power(port, false);
		}
		if (present(port) || link_up(port))
			(void)fill(port);
	}
}

int pci_slot_power(struct pci_dev *port, bool on)
{
	if (!port->slot.there || !port->host->cfg.pciehp)
		return -ENODEV;
	if (on == port->slot.on)
		return -ENODEV; /* as pciehp_sysfs_enable_slot() has it */
	if (!on) {
		empty(port, false);
		power(port, false);
		return 0;
	}
	return present(port) ? fill(port) : -ENODEV;
}
