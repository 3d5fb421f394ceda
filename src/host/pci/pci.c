/* SPDX-License-Identifier: BSD-2-Clause */
/* Access to functions, their enables, their drivers, their end. */
#include "host/pci/pci.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/pci/pci_priv.h"
#include "pci/regs.h"

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

void pci_upset(struct pci_dev *p, enum pci_upset what)
{
	struct pci_host *h = p->host;

	for (struct pci_dev *v = h->devs; v; v = v->next)
		if (v->pf == p)
			pci_upset(v, what);
	for (unsigned i = 0; i < h->n_watch; i++)
		if (h->watch[i].upset)
			h->watch[i].upset(h->watch[i].ctx, p, what);
}

int pci_added(struct pci_dev *p)
{
	struct pci_host *h = p->host;
	int ret = 0;

	/* Nobody could listen while the machine booted. */
	if (h->booted)
		announce(p, "add");
	for (unsigned i = 0; i < h->n_watch && !ret; i++)
		if (h->watch[i].added)
			ret = h->watch[i].added(h->watch[i].ctx, p);
	return ret;
}

static struct pci_dev *dependent(const struct pci_dev *p)
{
	/* VFs have their PF's bridge, and go before it. */
	for (struct pci_dev *v = p->host->devs; v; v = v->next)
		if (v->pf == p || (v->up == p && !v->is_vf))
			return v;
	return NULL;
}

static void unlist(struct pci_dev *p)
{
	struct pci_dev **at = &p->host->devs;
	struct pci_dev *up = p->up;

	while (*at && *at != p)
		at = &(*at)->next;
	if (*at)
		*at = p->next;
	if (up && !dependent(up))
		pci_bridge_emptied(up);
}

/*
 * What is below first; then the driver (it unbinds the interface), then
 * whoever watches, then gone.
 */
void pci_remove(struct pci_dev *p)
{
	struct pci_host *h = p->host;
	struct pci_dev *v;

	while ((v = dependent(p))) {
		v->gone = v->gone || p->gone;
		pci_remove(v);
	}
	pci_driver_unbind(p);
	for (unsigned i = 0; i < h->n_watch; i++)
		if (h->watch[i].removing)
			h->watch[i].removing(h->watch[i].ctx, p);
	announce(p, "remove");
	pci_doe_cancel(p);
	/* Nobody drives it any more: it shall not either. */
	if (!p->gone && p->hdr_type == HEADER_TYPE0)
		(void)pci_enable(p, false, false);
	unlist(p);
	kpool_put(&h->pool, p);
}
