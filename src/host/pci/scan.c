/* SPDX-License-Identifier: BSD-2-Clause */
/* Enumeration: bus numbers, BARs, bridge windows, capabilities. */
#include <errno.h>

#include "host/pci/pci_priv.h"
#include "pci/regs.h"

#define BRIDGE_ALIGN UINT64_C(0x100000) /* §7.5.1.3: windows are 1 MiB */

int pci_host_init(struct pci_host *h, struct kernel *k,
		  const struct pci_host_cfg *cfg)
{
	h->k = k;
	h->cfg = *cfg;
	h->mmio_next = cfg->mmio_base;
	h->bus_next = 1;
	kpool_init(&h->pool, k->arena, sizeof(struct pci_dev), PCI_MAX_DEVS);
	return pci_sysfs_init(h);
}

uint64_t pci_window_take(struct pci_host *h, uint64_t size)
{
	uint64_t at = align_up(h->mmio_next, size < PAGE_4K ? PAGE_4K : size);

	if (size > h->cfg.mmio_size ||
	    at - h->cfg.mmio_base > h->cfg.mmio_size - size)
		return 0;
	h->mmio_next = at + size;
	return at;
}

struct pci_dev *pci_new(struct pci_host *h, uint32_t bdf, struct pci_dev *up)
{
	struct pci_dev *p = kpool_get(&h->pool);
	struct pci_dev **at = &h->devs;

	if (!p)
		return NULL;
	p->host = h;
	p->bdf = bdf;
	p->up = up;
	while (*at)
		at = &(*at)->next;
	*at = p;
	return p;
}

int pci_describe(struct pci_dev *p)
{
	uint32_t id = pci_get(p, CFG_VENDOR_ID, 4);

	if ((id & 0xffff) == 0xffff || id == 0)
		return -ENODEV;
	p->vendor = (uint16_t)id;
	p->device = (uint16_t)(id >> 16);
	p->class_rev = pci_get(p, CFG_REVISION, 4);
	p->hdr_type = (uint8_t)(pci_get(p, CFG_HEADER_TYPE, 1) &
				~(uint32_t)HEADER_MULTI);
	p->cap_pcie = pci_find_cap(p, CAP_EXP);
	if (!p->cap_pcie)
		return 0;
	p->port_type = (uint8_t)field_get(
		EXP_FLAGS_TYPE,
		pci_get(p, (uint16_t)(p->cap_pcie + EXP_FLAGS), 2));
	id = pci_get(p, (uint16_t)(p->cap_pcie + EXP_DEVCAP), 4);
	p->tee = id & EXP_DEVCAP_TEE;
	p->flr = id & EXP_DEVCAP_FLR;
	id = pci_get(p, (uint16_t)(p->cap_pcie + EXP_LNKCAP), 4);
	p->port_nr = (uint8_t)field_get(EXP_LNKCAP_PORT, id);
	p->ecap_ide = pci_find_ecap(p, ECAP_IDE);
	p->doe.cap = pci_find_ecap(p, ECAP_DOE);
	return 0;
}

/* Sizes BAR @i (§7.5.1.2.1) and places it. Returns how many it takes. */
static int bar_place(struct pci_dev *p, unsigned i)
{
	const uint16_t reg = (uint16_t)CFG_BAR(i);
	struct pci_bar *b = &p->bars[i];
	uint32_t lo, hi = UINT32_MAX;
	uint64_t mask;

	(void)pci_write(p, reg, 4, UINT32_MAX);
	lo = pci_get(p, reg, 4);
	if (!lo || lo == UINT32_MAX || lo & BAR_IO)
		return 1;
	b->is_64 = (lo & BAR_TYPE) == BAR_MEM_64;
	b->prefetch = lo & BAR_PREFETCH;
	if (b->is_64) {
		(void)pci_write(p, (uint16_t)(reg + 4), 4, UINT32_MAX);
		hi = pci_get(p, (uint16_t)(reg + 4), 4);
	}
	mask = (uint64_t)hi << 32 | (lo & ~(uint32_t)BAR_FLAGS);
	b->size = mask & -mask;
	b->pa = pci_window_take(p->host, b->size);
	if (!b->pa || (!b->is_64 && b->pa + b->size > UINT32_MAX)) {
		*b = (struct pci_bar){ 0 };
		return -ENOSPC;
	}
	(void)pci_write(p, reg, 4, (uint32_t)b->pa);
	if (b->is_64)
		(void)pci_write(p, (uint16_t)(reg + 4), 4,
				(uint32_t)(b->pa >> 32));
	return b->is_64 ? 2 : 1;
}

static int endpoint(struct pci_dev *p)
{
	int ret;

	for (unsigned i = 0; i < T0_BARS;) {
		ret = bar_place(p, i);
		if (ret < 0)
			return ret;
		i += (unsigned)ret;
	}
	ret = pci_sriov_init(p);
	if (ret)
		return ret;
	if (p->doe.cap)
		(void)pci_doe_init(p); /* a dead mailbox is no dead device */
	return 0;
}

/*
 * What stands below sits in the 64-bit prefetchable window; the plain one is
 * closed. Base above limit closes a window.
 */
static int bridge_window(struct pci_dev *p, uint64_t from, uint64_t to)
{
	uint64_t last = to - 1;

	(void)pci_write(p, T1_MEM_BASE, 4, 0x0000fff0);
	if (from == to)
		return pci_write(p, T1_PREF_BASE, 4, 0x0001fff1);
	p->window[1] = (struct pci_bar){ from, to - from, true, true };
	(void)pci_write(p, T1_PREF_BASE_HI, 4, (uint32_t)(from >> 32));
	(void)pci_write(p, T1_PREF_LIMIT_HI, 4, (uint32_t)(last >> 32));
	return pci_write(p, T1_PREF_BASE, 4,
			 (uint32_t)((last >> 16 & 0xfff0) << 16 |
				    (from >> 16 & 0xfff0) | 0x00010001));
}

static int scan_bus(struct pci_host *h, uint8_t bus, struct pci_dev *up);

static int bridge(struct pci_dev *p, uint8_t bus)
{
	struct pci_host *h = p->host;
	const uint8_t sec = h->bus_next;
	uint64_t from;
	int ret;

	if (sec == 0)
		return -ENOSPC; /* 255 buses are taken */
	h->bus_next++;
	(void)pci_write(p, T1_PRIMARY, 4,
			UINT32_C(0xff0000) | (uint32_t)sec << 8 | bus);
	h->mmio_next = align_up(h->mmio_next, BRIDGE_ALIGN);
	from = h->mmio_next;
	/* Open towards all below it while we look. */
	ret = scan_bus(h, sec, p);
	if (ret)
		return ret;
	(void)pci_write(p, T1_SUBORDINATE, 1, (uint32_t)(h->bus_next - 1));
	h->mmio_next = align_up(h->mmio_next, BRIDGE_ALIGN);
	ret = bridge_window(p, from, h->mmio_next);
	return ret ? ret : pci_enable(p, true, true);
}

static int function(struct pci_host *h, uint32_t bdf, struct pci_dev *up,
		    bool *found, bool *multi)
{
	struct pci_dev probe = { .host = h, .bdf = bdf };
	struct pci_dev *p;
	uint32_t id = pci_get(&probe, CFG_VENDOR_ID, 2);

	*found = id != 0xffff;
	if (!*found)
		return 0;
	*multi = pci_get(&probe, CFG_HEADER_TYPE, 1) & HEADER_MULTI;
	p = pci_new(h, bdf, up);
	if (!p)
		return -ENOMEM;
	(void)pci_describe(p);
	if (p->hdr_type == HEADER_TYPE1)
		return bridge(p, (uint8_t)(bdf >> 8));
	return endpoint(p);
}

static int scan_bus(struct pci_host *h, uint8_t bus, struct pci_dev *up)
{
	/* Only device 0 exists below a link (§7.3.1). */
	const unsigned devs = up ? 1 : 32;

	for (unsigned dev = 0; dev < devs; dev++) {
		bool found = false, multi = false;

		for (unsigned fn = 0; fn < 8; fn++) {
			bool ignore;
			uint32_t bdf = (uint32_t)h->cfg.segment << 16 |
				       BDF(bus, dev, fn);
			int ret = function(h, bdf, up, fn ? &ignore : &found,
					   fn ? &ignore : &multi);

			if (ret)
				return ret;
			if (!found || !multi)
				break;
		}
	}
	return 0;
}

int pci_scan(struct pci_host *h)
{
	return scan_bus(h, 0, NULL);
}
