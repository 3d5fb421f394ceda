/* SPDX-License-Identifier: BSD-2-Clause */
/* Access to functions, their enables and reset, their drivers. */
#include "host/pci/pci.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/pci/pci_priv.h"
#include "pci/regs.h"

#define FLR_WAIT_NS   UINT64_C(100000000) /* PCIe Base 6.0 §6.6.2: 100 ms */
#define RESET_WAIT_NS UINT64_C(100000000) /* §6.6.1: likewise */

struct pci_dev *pci_find(struct pci_host *h, uint32_t bdf)
{
	for (struct pci_dev *p = h->devs; p; p = p->next)
		if (p->bdf == bdf)
			return p;
	return NULL;
}

static int hex(const char **s, unsigned digits, char end, uint32_t *out)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < digits; i++, (*s)++) {
		char c = **s;

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint32_t)(c - 'a' + 10);
		else
			return -EINVAL;
	}
	if (end && *(*s)++ != end)
		return -EINVAL;
	*out = v;
	return 0;
}

int pci_parse_bdf(const char *s, uint32_t *bdf)
{
	uint32_t seg, bus, dev, fn;

	if (hex(&s, 4, ':', &seg) || hex(&s, 2, ':', &bus) ||
	    hex(&s, 2, '.', &dev) || hex(&s, 1, 0, &fn) || dev > 31 || fn > 7)
		return -EINVAL;
	*bdf = seg << 16 | bus << 8 | dev << 3 | fn;
	return 0;
}

void pci_name(const struct pci_dev *p, char out[16])
{
	(void)snprintf(out, 16, "%04x:%02x:%02x.%x", p->bdf >> 16 & 0xffff,
		       p->bdf >> 8 & 0xff, p->bdf >> 3 & 31, p->bdf & 7);
}

/* What stands on the root bus, or has its bridge above it; a VF beside it. */
void pci_path(const struct pci_dev *p, char *out, size_t cap)
{
	char name[16];
	size_t n;

	if (p->up)
		pci_path(p->up, out, cap);
	else
		(void)snprintf(out, cap, "/pci%04x:00", p->bdf >> 16 & 0xffff);
	pci_name(p, name);
	n = strlen(out);
	(void)snprintf(out + n, cap - n, "/%s", name);
}

int pci_read(struct pci_dev *p, uint16_t reg, uint8_t size, uint32_t *val)
{
	struct host_hw *hw = &p->host->k->hw;

	*val = (uint32_t)(UINT64_C(0xffffffff) >> (32 - 8 * size));
	if (p->gone)
		return -ENODEV;
	return k_errno(hw->ops->cfg_read(hw->ctx, p->bdf, reg, size, val));
}

int pci_write(struct pci_dev *p, uint16_t reg, uint8_t size, uint32_t val)
{
	struct host_hw *hw = &p->host->k->hw;

	if (p->gone)
		return -ENODEV;
	return k_errno(hw->ops->cfg_write(hw->ctx, p->bdf, reg, size, val));
}

uint32_t pci_get(struct pci_dev *p, uint16_t reg, uint8_t size)
{
	uint32_t v;

	(void)pci_read(p, reg, size, &v);
	return v;
}

uint16_t pci_find_cap(struct pci_dev *p, uint8_t id)
{
	uint32_t at;

	if (!(pci_get(p, CFG_STATUS, 2) & STATUS_CAPS))
		return 0;
	at = pci_get(p, CFG_CAP_PTR, 1) & 0xfc;
	for (unsigned n = 0; at >= 0x40 && n < 48; n++) {
		uint32_t h = pci_get(p, (uint16_t)at, 2);

		if ((h & 0xff) == id)
			return (uint16_t)at;
		at = h >> 8 & 0xfc;
	}
	return 0;
}

uint16_t pci_find_ecap(struct pci_dev *p, uint16_t id)
{
	uint32_t at = CFG_EXT_START;

	for (unsigned n = 0; at >= CFG_EXT_START && n < 960; n++) {
		uint32_t h = pci_get(p, (uint16_t)at, 4);

		if (h == 0 || h == UINT32_MAX)
			return 0;
		if (ECAP_ID(h) == id)
			return (uint16_t)at;
		at = ECAP_NEXT(h);
	}
	return 0;
}

int pci_enable(struct pci_dev *p, bool mem, bool master)
{
	uint32_t cmd, want;
	int ret = pci_read(p, CFG_COMMAND, 2, &cmd);

	if (ret)
		return ret;
	want = cmd & ~(CMD_MEM | CMD_MASTER);
	want |= (mem ? CMD_MEM : 0) | (master ? CMD_MASTER : 0);
	return want == cmd ? 0 : pci_write(p, CFG_COMMAND, 2, want);
}

/* What a reset loses and the kernel gives back. */
static void restore(struct pci_dev *p, uint32_t command)
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
}

int pci_flr(struct pci_dev *p)
{
	struct host_hw *hw = &p->host->k->hw;
	uint32_t command, ctl, id = UINT32_MAX;
	int ret;

	if (!p->flr)
		return -ENOTTY;
	ret = pci_read(p, CFG_COMMAND, 2, &command);
	if (ret)
		return ret;
	ctl = pci_get(p, (uint16_t)(p->cap_pcie + EXP_DEVCTL), 2);
	ret = pci_write(p, (uint16_t)(p->cap_pcie + EXP_DEVCTL), 2,
			ctl | EXP_DEVCTL_FLR);
	if (ret)
		return ret;
	for (unsigned i = 0; i < 10 && (uint16_t)id == 0xffff; i++) {
		hw->ops->wait_ns(hw->ctx, FLR_WAIT_NS);
		id = pci_get(p, p->is_vf ? CFG_COMMAND : CFG_VENDOR_ID, 2);
	}
	if ((uint16_t)id == 0xffff)
		return -ETIMEDOUT;
	restore(p, command);
	return 0;
}

int pci_reset_done(struct pci_dev *p)
{
	struct host_hw *hw = &p->host->k->hw;
	uint32_t id = UINT32_MAX;

	if (p->is_vf)
		return -EINVAL;
	for (unsigned i = 0; i < 10 && (uint16_t)id == 0xffff; i++) {
		hw->ops->wait_ns(hw->ctx, RESET_WAIT_NS);
		id = pci_get(p, CFG_VENDOR_ID, 4);
	}
	if ((uint16_t)id == 0xffff)
		return -ETIMEDOUT;
	if (id != ((uint32_t)p->device << 16 | p->vendor))
		return -ENODEV; /* another one is in the slot now */
	restore(p, 0);
	return p->doe.cap ? pci_doe_init(p) : 0;
}

/* §7.5.1.3.13; Linux waits as long in pci_reset_secondary_bus(). */
#define SBR_NS UINT64_C(2000000)

static void secondary_reset(struct pci_dev *up)
{
	struct host_hw *hw = &up->host->k->hw;
	const uint32_t ctl = pci_get(up, T1_BRIDGE_CTL, 2);

	(void)pci_write(up, T1_BRIDGE_CTL, 2, ctl | BRIDGE_CTL_RESET);
	hw->ops->wait_ns(hw->ctx, SBR_NS);
	(void)pci_write(up, T1_BRIDGE_CTL, 2,
			ctl & ~(uint32_t)BRIDGE_CTL_RESET);
}

int pci_bus_reset(struct pci_dev *up)
{
	int ret = 0, r;

	if (up->hdr_type == HEADER_TYPE0)
		return -ENODEV;
	for (struct pci_dev *p = up->host->devs; p; p = p->next)
		if (p->up == up)
			p->command = (uint16_t)pci_get(p, CFG_COMMAND, 2);
	secondary_reset(up);
	for (struct pci_dev *p = up->host->devs; p; p = p->next) {
		if (p->up != up || p->is_vf)
			continue;
		r = pci_reset_done(p);
		ret = ret ? ret : r;
	}
	for (struct pci_dev *p = up->host->devs; p && !ret; p = p->next)
		if (p->up == up)
			(void)pci_write(p, CFG_COMMAND, 2, p->command);
	return ret;
}

static void announce(struct pci_dev *p, const char *action)
{
	char path[K_PATH + 16], name[16], vars[96];

	(void)snprintf(path, sizeof(path), "/devices");
	pci_path(p, path + 8, sizeof(path) - 8);
	pci_name(p, name);
	(void)snprintf(vars, sizeof(vars),
		       "PCI_CLASS=%X\nPCI_ID=%04X:%04X\n"
		       "PCI_SLOT_NAME=%s\n",
		       p->class_rev >> 8, p->vendor, p->device, name);
	k_uevent(p->host->k, action, path, "pci", vars);
}

int pci_driver_register(struct pci_host *h, const struct pci_driver *d)
{
	if (h->n_drivers == PCI_DRIVERS)
		return -ENOSPC;
	h->drivers[h->n_drivers++] = d;
	return 0;
}

int pci_driver_bind(struct pci_dev *p, const struct pci_driver *d)
{
	int ret;

	if (p->drv)
		return -EBUSY;
	if (p->hdr_type != HEADER_TYPE0)
		return -ENODEV;
	ret = d->probe(d->ctx, p);
	if (ret)
		return ret;
	p->drv = d;
	announce(p, "bind");
	return 0;
}

void pci_driver_unbind(struct pci_dev *p)
{
	const struct pci_driver *d = p->drv;

	if (!d)
		return;
	d->remove(d->ctx, p);
	p->drv = NULL;
	p->drv_data = NULL;
	announce(p, "unbind");
}

int pci_watch_add(struct pci_host *h, const struct pci_watch *w)
{
	if (h->n_watch == COUNT(h->watch))
		return -ENOSPC;
	h->watch[h->n_watch++] = *w;
	return 0;
}

void pci_added(struct pci_dev *p)
{
	struct pci_host *h = p->host;

	announce(p, "add");
	for (unsigned i = 0; i < h->n_watch; i++)
		if (h->watch[i].added)
			h->watch[i].added(h->watch[i].ctx, p);
}

/* Driver first (it unbinds the interface), then whoever watches, then gone. */
void pci_remove(struct pci_dev *p)
{
	struct pci_host *h = p->host;
	struct pci_dev **at = &h->devs;

	for (struct pci_dev *v = h->devs, *next; v; v = next) {
		next = v->next;
		if (v->pf == p) {
			v->gone = v->gone || p->gone;
			pci_remove(v);
			next = h->devs; /* the list has changed */
		}
	}
	pci_driver_unbind(p);
	for (unsigned i = 0; i < h->n_watch; i++)
		if (h->watch[i].removing)
			h->watch[i].removing(h->watch[i].ctx, p);
	announce(p, "remove");
	while (*at && *at != p)
		at = &(*at)->next;
	if (*at)
		*at = p->next;
	kpool_put(&h->pool, p);
}
