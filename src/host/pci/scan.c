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

/* The bridge from @p upwards that has settled; NULL: all is still open. */
static struct pci_dev *settled(struct pci_dev *p)
{
	while (p && !p->bridge.settled)
		p = p->up;
	return p;
}

uint64_t pci_window_take(struct pci_host *h, struct pci_dev *up, uint64_t size,
			 uint64_t align)
{
	struct pci_dev *b = settled(up);
	uint64_t *next = b ? &b->bridge.mmio_next : &h->mmio_next;
	uint64_t end = b ? b->window[1].pa + b->window[1].size
			 : h->cfg.mmio_base + h->cfg.mmio_size;
	uint64_t at = align_up(*next, align < PAGE_4K ? PAGE_4K : align);

	if (at < *next || at > end || size > end - at)
		return 0;
	*next = at + size;
	return at;
}

/* The next bus number below @up; 0: there is none. */
static uint8_t bus_take(struct pci_host *h, struct pci_dev *up)
{
	struct pci_dev *b = settled(up);

	if (!b)
		return h->bus_next ? h->bus_next++ : 0;
	/* 0 is behind 255. */
	return b->bridge.bus_next && b->bridge.bus_next <= b->bridge.bus_last
		       ? b->bridge.bus_next++
		       : 0;
}

/* The highest number that was given out below @up, or above it. */
static uint8_t bus_top(struct pci_host *h, struct pci_dev *up)
{
	struct pci_dev *b = settled(up);

	return (uint8_t)((b ? b->bridge.bus_next : h->bus_next) - 1);
}

void pci_bridge_emptied(struct pci_dev *up)
{
	if (!up->bridge.settled)
		return;
	up->bridge.mmio_next = up->window[1].pa;
	up->bridge.bus_next = (uint8_t)(up->bridge.bus + 1);
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
	p->power = PM_STATE_D0;
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
	p->cap_pm = pci_find_cap(p, CAP_PM);
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
	pci_slot_init(p);
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
	if (!b->size)
		return b->is_64 ? 2 : 1; /* none of its bits can be written */
	b->pa = pci_window_take(p->host, p->up, b->size, b->size);
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

/*
 * Routing IDs below @up have no device number any more. Function 0 says if it
 * knows of that. Source: Linux 7.3 drivers/pci/pci.c pci_configure_ari()
 */
void pci_ari_forward(struct pci_dev *p)
{
	struct pci_dev *up = p->up;

	if (!up || p->bdf & 0xff || !up->cap_pcie ||
	    !pci_find_ecap(p, ECAP_ARI))
		return;
	if (!(pci_get(up, (uint16_t)(up->cap_pcie + EXP_DEVCAP2), 4) &
	      EXP_DEVCAP2_ARI))
		return;
	(void)pci_write(up, (uint16_t)(up->cap_pcie + EXP_DEVCTL2), 2,
			pci_get(up, (uint16_t)(up->cap_pcie + EXP_DEVCTL2), 2) |
				EXP_DEVCTL2_ARI);
	p->ari = true;
}

static int endpoint(struct pci_dev *p)
{
	int ret;

	pci_ari_forward(p);
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
	if (from == to) {
		p->window[1] = (struct pci_bar){ .pa = from };
		return pci_write(p, T1_PREF_BASE, 4, 0x0001fff1);
	}
	p->window[1] = (struct pci_bar){ from, to - from, true, true };
	(void)pci_write(p, T1_PREF_BASE_HI, 4, (uint32_t)(from >> 32));
	(void)pci_write(p, T1_PREF_LIMIT_HI, 4, (uint32_t)(last >> 32));
	return pci_write(p, T1_PREF_BASE, 4,
			 (uint32_t)((last >> 16 & 0xfff0) << 16 |
				    (from >> 16 & 0xfff0) | 0x00010001));
}

static int scan_bus(struct pci_host *h, uint8_t bus, struct pci_dev *up);

int pci_bridge_restore(struct pci_dev *p)
{
	const struct pci_bar *w = &p->window[1];
	int ret;

	(void)pci_write(p, T1_PRIMARY, 4,
			(uint32_t)p->bridge.bus_last << 16 |
				(uint32_t)p->bridge.bus << 8 |
				(p->bdf >> 8 & 0xff));
	ret = bridge_window(p, w->pa, w->pa + w->size);
	return ret ? ret : pci_enable(p, true, true);
}

/* What a slot may need later, if nothing is in it now, or less. */
static void reserve(struct pci_dev *p, uint64_t from)
{
	struct pci_host *h = p->host;
	struct pci_dev *above = settled(p->up);
	uint64_t *next = above ? &above->bridge.mmio_next : &h->mmio_next;
	uint64_t want = h->cfg.hp_mmio ? h->cfg.hp_mmio : PCI_HP_MMIO;

	if (!p->slot.there)
		return;
	if (*next < from + want)
		(void)pci_window_take(h, p->up, from + want - *next, PAGE_4K);
	for (unsigned i = 0; i < h->cfg.hp_buses; i++)
		(void)bus_take(h, p->up);
}

/* Everything below is known: numbers and windows are closed around it. */
static int settle(struct pci_dev *p, uint64_t from)
{
	struct pci_host *h = p->host;
	struct pci_dev *above = settled(p->up);
	uint64_t *next = above ? &above->bridge.mmio_next : &h->mmio_next;
	uint64_t used = *next;
	uint8_t bus = (uint8_t)(bus_top(h, p->up) + 1);
	int ret;

	reserve(p, from);
	*next = align_up(*next, BRIDGE_ALIGN);
	if (!p->up && h->cfg.port_size && *next - from > h->cfg.port_size)
		return -ENOSPC;
	p->bridge.bus_next = bus;
	p->bridge.bus_last = bus_top(h, p->up);
	p->bridge.mmio_next = used;
	p->bridge.settled = true;
	(void)pci_write(p, T1_SUBORDINATE, 1, p->bridge.bus_last);
	ret = bridge_window(p, from, *next);
	return ret ? ret : pci_enable(p, true, true);
}

static int bridge(struct pci_dev *p)
{
	struct pci_host *h = p->host;
	struct pci_dev *above = settled(p->up);
	const uint8_t sec = bus_take(h, p->up);
	const uint8_t last = above ? above->bridge.bus_last : 0xff;
	uint64_t *next = above ? &above->bridge.mmio_next : &h->mmio_next;
	uint64_t from;
	int ret;

	if (sec == 0)
		return -ENOSPC; /* all numbers are taken */
	p->bridge.bus = sec;
	/* Open towards all below it while we look. */
	(void)pci_write(p, T1_PRIMARY, 4,
			(uint32_t)last << 16 | (uint32_t)sec << 8 |
				(p->bdf >> 8 & 0xff));
	ret = pci_added(p);
	if (ret)
		return ret;
	if (!p->up && h->cfg.port_size)
		*next = h->cfg.mmio_base + h->ports++ * h->cfg.port_size;
	*next = align_up(*next, BRIDGE_ALIGN);
	from = *next;
	ret = scan_bus(h, sec, p);
	return ret ? ret : settle(p, from);
}

/* A function that was not known yet. What cannot be placed is left out. */
static int found(struct pci_host *h, uint32_t bdf, struct pci_dev *up)
{
	struct pci_dev *p = pci_new(h, bdf, up);
	int ret;

	if (!p)
		return -ENOMEM;
	(void)pci_describe(p);
	pci_reset_probe(p, p->methods);
	if (p->hdr_type == HEADER_TYPE1) {
		ret = bridge(p);
	} else {
		ret = endpoint(p);
		if (!ret)
			ret = pci_added(p);
	}
	if (ret)
		pci_remove(p);
	return ret;
}

static int function(struct pci_host *h, uint32_t bdf, struct pci_dev *up,
		    bool *there, bool *multi)
{
	struct pci_dev probe = { .host = h, .bdf = bdf };
	struct pci_dev *p = pci_find(h, bdf);
	uint32_t id = pci_get(&probe, CFG_VENDOR_ID, 2);

	*there = id != 0xffff;
	if (!*there)
		return 0;
	*multi = pci_get(&probe, CFG_HEADER_TYPE, 1) & HEADER_MULTI;
	if (!p)
		return found(h, bdf, up);
	return p->bridge.bus ? scan_bus(h, p->bridge.bus, p) : 0;
}

/*
 * Only device 0 exists below a link (§7.3.1). The bus inside of a switch is
 * none: its downstream ports are devices there.
 */
static unsigned devices_on(const struct pci_dev *up)
{
	return up && up->port_type != EXP_TYPE_UPSTREAM ? 1 : 32;
}

static int scan_bus(struct pci_host *h, uint8_t bus, struct pci_dev *up)
{
	for (unsigned dev = 0; dev < devices_on(up); dev++) {
		bool there = false, multi = false;

		for (unsigned fn = 0; fn < 8; fn++) {
			bool ignore;
			uint32_t bdf = (uint32_t)h->cfg.segment << 16 |
				       BDF(bus, dev, fn);
			int ret = function(h, bdf, up, fn ? &ignore : &there,
					   fn ? &ignore : &multi);

			if (ret)
				return ret;
			if (!there || !multi)
				break;
		}
	}
	return 0;
}

int pci_scan(struct pci_host *h)
{
	int ret = scan_bus(h, 0, NULL);

	h->booted = true;
	return ret;
}

int pci_scan_below(struct pci_dev *bridge)
{
	return bridge->bridge.bus
		       ? scan_bus(bridge->host, bridge->bridge.bus, bridge)
		       : -EINVAL;
}
