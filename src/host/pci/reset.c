/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Resets of a function, and of all below a bridge. Whoever is bound is
 * unbound first (law 47): a reset under a locked interface puts it into ERROR.
 * Source: PCIe Base 6.0 §6.6; Linux 7.3 drivers/pci/pci.c
 */
#include <errno.h>
#include <string.h>

#include "host/pci/pci_priv.h"
#include "pci/regs.h"

#define READY_STEP_NS UINT64_C(100000000) /* §6.6.1, §6.6.2: 100 ms */
#define READY_STEPS   10u
#define SBR_NS	      UINT64_C(2000000) /* §7.5.1.3.13: 1 ms at the least */

void pci_wait_ns(struct pci_dev *p, uint64_t ns)
{
	struct host_hw *hw = &p->host->k->hw;

	hw->ops->wait_ns(hw->ctx, ns);
}

int pci_wait_for(struct pci_dev *p)
{
	uint32_t id = UINT32_MAX;

	for (unsigned i = 0; i < READY_STEPS && (uint16_t)id == 0xffff; i++) {
		pci_wait_ns(p, READY_STEP_NS);
		/* The ids of a VF are ones always (§9.3.4.1.1). */
		id = pci_get(p, p->is_vf ? CFG_COMMAND : CFG_VENDOR_ID, 2);
	}
	return (uint16_t)id == 0xffff ? -ETIMEDOUT : 0;
}

void pci_restore(struct pci_dev *p, uint32_t command)
{
	for (unsigned i = 0; i < T0_BARS && !p->is_vf; i++) {
		const struct pci_bar *b = &p->bars[i];

		if (!b->pa)
			continue;
		(void)pci_write(p, (uint16_t)CFG_BAR(i), 4, (uint32_t)b->pa);
		if (b->is_64)
			(void)pci_write(p, (uint16_t)CFG_BAR(i + 1), 4,
					(uint32_t)(b->pa >> 32));
	}
	(void)pci_write(p, CFG_COMMAND, 2, command);
	pci_sriov_restore(p);
	p->power = PM_STATE_D0;
	if (p->doe.cap && p->doe.dead)
		(void)pci_doe_init(p);
}

/* --- the ways --- */

static int flr(struct pci_dev *p, bool probe)
{
	uint32_t ctl;
	int ret;

	if (!p->flr)
		return -ENOTTY;
	if (probe)
		return 0;
	ctl = pci_get(p, (uint16_t)(p->cap_pcie + EXP_DEVCTL), 2);
	ret = pci_write(p, (uint16_t)(p->cap_pcie + EXP_DEVCTL), 2,
			ctl | EXP_DEVCTL_FLR);
	return ret ? ret : pci_wait_for(p);
}

/* Only a device that resets on its way back to D0. */
static int pm(struct pci_dev *p, bool probe)
{
	uint16_t reg = (uint16_t)(p->cap_pm + PM_CSR);
	uint32_t csr;

	if (!p->cap_pm)
		return -ENOTTY;
	csr = pci_get(p, reg, 2);
	if (csr & PM_CSR_NO_SOFT_RESET)
		return -ENOTTY;
	if (probe)
		return 0;
	if (p->power != PM_STATE_D0)
		return -EINVAL;
	csr &= ~PM_CSR_STATE;
	(void)pci_write(p, reg, 2, csr | PM_STATE_D3);
	pci_wait_ns(p, READY_STEP_NS);
	(void)pci_write(p, reg, 2, csr | PM_STATE_D0);
	return pci_wait_for(p);
}

static void secondary_reset(struct pci_dev *bridge)
{
	uint32_t ctl = pci_get(bridge, T1_BRIDGE_CTL, 2);

	pci_slot_quiet(bridge, true);
	(void)pci_write(bridge, T1_BRIDGE_CTL, 2, ctl | BRIDGE_CTL_RESET);
	pci_wait_ns(bridge, SBR_NS);
	(void)pci_write(bridge, T1_BRIDGE_CTL, 2, ctl & ~BRIDGE_CTL_RESET);
	pci_wait_ns(bridge, READY_STEP_NS);
	pci_slot_quiet(bridge, false);
}

/* It would take along whoever else is on the bus, VFs too. */
static bool alone(const struct pci_dev *p)
{
	for (const struct pci_dev *v = p->host->devs; v; v = v->next)
		if (v != p && v->up == p->up)
			return false;
	return true;
}

static int bus(struct pci_dev *p, bool probe)
{
	if (!p->up || p->is_vf || p->bridge.bus || !alone(p))
		return -ENOTTY;
	if (probe)
		return 0;
	secondary_reset(p->up);
	return pci_wait_for(p);
}

/* In the order in which Linux tries them. */
static const struct way {
	const char *name;
	int (*reset)(struct pci_dev *p, bool probe);
} ways[] = {
	[PCI_RESET_NONE] = { "none", NULL },
	[PCI_RESET_FLR] = { "flr", flr },
	[PCI_RESET_PM] = { "pm", pm },
	[PCI_RESET_BUS] = { "bus", bus },
};

const char *pci_reset_name(enum pci_reset how)
{
	return ways[how].name;
}

enum pci_reset pci_reset_named(const char *name, size_t len)
{
	for (unsigned i = 1; i < COUNT(ways); i++)
		if (strlen(ways[i].name) == len &&
		    memcmp(ways[i].name, name, len) == 0)
			return (enum pci_reset)i;
	return PCI_RESET_NONE;
}

void pci_reset_probe(struct pci_dev *p, uint8_t list[PCI_RESET_METHODS])
{
	unsigned n = 0;

	memset(list, 0, PCI_RESET_METHODS);
	for (unsigned i = 1; i < COUNT(ways); i++)
		if (!ways[i].reset(p, true))
			list[n++] = (uint8_t)i;
}

/* --- a reset as a whole --- */

int pci_reset_by(struct pci_dev *p, enum pci_reset how)
{
	uint32_t command;
	int ret = how ? ways[how].reset(p, true) : -ENOTTY;

	if (!ret)
		ret = pci_read(p, CFG_COMMAND, 2, &command);
	if (!ret && command == 0xffff)
		ret = -ENODEV;
	if (ret)
		return ret;
	pci_upset(p, PCI_UPSET_DEVICE);
	/* As Linux wakes, saves and disables: after the unbind, never before.
	 */
	(void)pci_set_power(p, PM_STATE_D0);
	command = pci_get(p, CFG_COMMAND, 2);
	(void)pci_write(p, CFG_COMMAND, 2, CMD_INTX_OFF);
	ret = ways[how].reset(p, false);
	if (ret == -ETIMEDOUT || ret == -ENODEV)
		return ret;
	pci_restore(p, command);
	return ret;
}

int pci_reset_function(struct pci_dev *p)
{
	int ret = -ENOTTY;

	for (unsigned i = 0; p->methods[i] && ret == -ENOTTY; i++)
		ret = pci_reset_by(p, (enum pci_reset)p->methods[i]);
	return ret;
}

int pci_flr(struct pci_dev *p)
{
	uint32_t command;
	int ret = p->flr ? pci_read(p, CFG_COMMAND, 2, &command) : -ENOTTY;

	if (!ret)
		ret = flr(p, false);
	if (!ret)
		pci_restore(p, command);
	return ret;
}

int pci_reset_done(struct pci_dev *p)
{
	uint32_t id;

	if (p->is_vf)
		return -EINVAL;
	if (pci_wait_for(p))
		return -ETIMEDOUT;
	id = pci_get(p, CFG_VENDOR_ID, 4);
	if (id != ((uint32_t)p->device << 16 | p->vendor))
		return -ENODEV; /* another one is in the slot now */
	pci_restore(p, 0);
	return p->doe.cap ? pci_doe_init(p) : 0;
}

/* What is directly on the bus below @bridge, VFs left out. */
static bool on_bus(const struct pci_dev *v, const struct pci_dev *bridge)
{
	return v->up == bridge && !v->is_vf;
}

/* All below, bridges of a switch before what is below them. */
static int restore_below(struct pci_dev *bridge)
{
	int ret = 0;

	for (struct pci_dev *v = bridge->host->devs; v; v = v->next) {
		int err;

		if (!on_bus(v, bridge))
			continue;
		err = pci_wait_for(v);
		if (!err && v->bridge.bus)
			err = pci_bridge_restore(v);
		else if (!err)
			pci_restore(v, v->command);
		if (!err && v->bridge.bus)
			err = restore_below(v);
		ret = ret ? ret : err;
	}
	return ret;
}

/* Unbound, remembered, quiet. Returns how many functions there are. */
static unsigned save_below(struct pci_dev *bridge)
{
	unsigned n = 0;

	for (struct pci_dev *v = bridge->host->devs; v; v = v->next) {
		if (!on_bus(v, bridge))
			continue;
		n++;
		if (v->bridge.bus) {
			n += save_below(v);
			continue;
		}
		pci_upset(v, PCI_UPSET_DEVICE);
		v->command = (uint16_t)pci_get(v, CFG_COMMAND, 2);
		(void)pci_write(v, CFG_COMMAND, 2, CMD_INTX_OFF);
	}
	return n;
}

int pci_reset_below(struct pci_dev *bridge)
{
	if (!bridge->bridge.bus || !save_below(bridge))
		return -ENOTTY;
	secondary_reset(bridge);
	return restore_below(bridge);
}
