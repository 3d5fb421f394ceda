/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams of a host bridge: pools, ids, and what a function offers. */
#include "host/ide/ide.h"

#include <errno.h>
#include <stdio.h>

#include "host/ide/ide_priv.h"
#include "pci/regs.h"

static bool bit_get(const uint8_t *map, unsigned i)
{
	return map[i / 8] >> (i % 8) & 1;
}

static void bit_put(uint8_t *map, unsigned i, bool on)
{
	map[i / 8] = (uint8_t)((map[i / 8] & ~(1u << i % 8)) |
			       (unsigned)on << i % 8);
}

/* The first clear bit below @n, or -1. */
static int bit_free(const uint8_t *map, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!bit_get(map, i))
			return (int)i;
	return -1;
}

int pci_ide_host_init(struct pci_ide_host *h, struct pci_host *pci)
{
	h->pci = pci;
	h->nr = PCI_IDE_STREAMS;
	kpool_init(&h->pool, pci->k->arena, sizeof(struct pci_ide_stream),
		   PCI_IDE_STREAMS);
	kpool_init(&h->cap_pool, pci->k->arena, sizeof(struct pci_ide_caps), 0);
	return pci_ide_sysfs_init(h);
}

int pci_ide_set_nr_streams(struct pci_ide_host *h, unsigned nr)
{
	if (h->live)
		return -EBUSY;
	h->nr = nr < PCI_IDE_STREAMS ? nr : PCI_IDE_STREAMS;
	return 0;
}

static uint32_t get(struct pci_dev *p, unsigned off)
{
	uint32_t v;

	(void)pci_read(p, (uint16_t)(p->ecap_ide + off), 4, &v);
	return v;
}

/* Counts the blocks that have as many associations as the first. */
static uint16_t count_blocks(struct pci_dev *p, struct pci_ide_caps *c)
{
	c->n_addrs = (uint8_t)(get(p, ide_block_offset(&c->cap, 0, 0)) &
			       IDE_SEL_CAP_ADDRS);
	for (uint16_t i = 0; i < c->cap.sel_num; i++)
		if ((get(p, ide_block_offset(&c->cap, c->n_addrs, i)) &
		     IDE_SEL_CAP_ADDRS) != c->n_addrs)
			return i;
	return c->cap.sel_num;
}

static int park(struct pci_ide_host *h, struct pci_dev *p,
		struct pci_ide_caps *c, uint16_t i)
{
	unsigned off = ide_block_offset(&c->cap, c->n_addrs, i) + IDE_SEL_CTL;
	uint32_t ctl = get(p, off);
	unsigned id = (unsigned)field_get(IDE_SEL_CTL_ID, ctl);

	if (!(ctl & IDE_SEL_CTL_ENABLE))
		return pci_write(
			p, (uint16_t)(p->ecap_ide + off), 4,
			(uint32_t)field_put(IDE_SEL_CTL_ID, IDE_ID_RESERVED));
	if (bit_get(h->id_used, id))
		return -EBUSY;
	bit_put(h->id_used, id, true);
	bit_put(c->used, i, true);
	return 0;
}

int pci_ide_probe(struct pci_ide_host *h, struct pci_dev *p)
{
	struct pci_ide_caps *c;
	int ret = 0;

	if (!p->ecap_ide || p->is_vf)
		return 0;
	/* An endpoint needs a root port above it that has IDE as well. */
	if (p->port_type == EXP_TYPE_ENDPOINT && (!p->up || !p->up->ide))
		return 0;
	c = kpool_get(&h->cap_pool);
	if (!c)
		return -ENOMEM;
	c->host = h;
	ide_cap_decode(get(p, IDE_CAP), &c->cap);
	if (c->cap.selective)
		c->streams = count_blocks(p, c);
	for (uint16_t i = 0; i < c->streams && !ret; i++)
		ret = park(h, p, c, i);
	if (ret || !c->streams) {
		kpool_put(&h->cap_pool, c);
		return ret;
	}
	p->ide = c;
	return 0;
}

void pci_ide_forget(struct pci_dev *p)
{
	struct pci_ide_caps *c = p->ide;

	if (c)
		kpool_put(&c->host->cap_pool, c);
	p->ide = NULL;
}

bool pci_ide_usable(const struct pci_dev *p)
{
	return p->ide;
}

static uint16_t last_rid(struct pci_host *h, const struct pci_dev *ep)
{
	uint16_t last = (uint16_t)ep->bdf;

	for (const struct pci_dev *v = h->devs; v; v = v->next)
		if (v->pf == ep && (uint16_t)v->bdf > last)
			last = (uint16_t)v->bdf;
	return last;
}

static bool fm_enabled(struct pci_dev *p)
{
	uint16_t cap = pci_find_ecap(p, ECAP_DEV3);
	uint32_t sts = 0;

	if (!cap)
		return false;
	(void)pci_read(p, (uint16_t)(cap + DEV3_STS), 4, &sts);
	return sts & DEV3_STS_SEGMENT;
}

static void defaults(struct pci_ide_host *h, struct pci_ide_stream *s)
{
	const struct pci_bar *w = s->rp.p->window;

	s->ep.rid_base = s->ep.rid_limit = (uint16_t)s->rp.p->bdf;
	s->rp.rid_base = (uint16_t)s->ep.p->bdf;
	s->rp.rid_limit = last_rid(h->pci, s->ep.p);
	for (unsigned i = 0; i < 2; i++)
		if (w[i].size)
			s->rp.addr[i] = (struct ide_addr_regs){
				true, w[i].pa, w[i].pa + w[i].size - 1
			};
	s->ep.fm = fm_enabled(s->ep.p);
	s->rp.fm = fm_enabled(s->rp.p);
}

struct pci_ide_stream *pci_ide_stream_alloc(struct pci_ide_host *h,
					    struct pci_dev *ep)
{
	struct pci_dev *rp = ep->up;
	struct pci_ide_caps *ec = ep->ide, *rc = rp ? rp->ide : NULL;
	struct pci_ide_stream *s;
	int hi, ei, ri;

	if (ep->port_type != EXP_TYPE_ENDPOINT || !ec || !rc)
		return NULL;
	hi = bit_free(h->index_used, h->nr);
	ei = bit_free(ec->used, ec->streams);
	ri = bit_free(rc->used, rc->streams);
	if (hi < 0 || ei < 0 || ri < 0)
		return NULL;
	s = kpool_get(&h->pool);
	if (!s)
		return NULL;
	s->used = true;
	s->id = -1;
	s->host_index = (uint8_t)hi;
	s->ep = (struct pci_ide_side){ .p = ep, .block = (uint16_t)ei };
	s->rp = (struct pci_ide_side){ .p = rp, .block = (uint16_t)ri };
	h->live++;
	bit_put(h->index_used, s->host_index, true);
	bit_put(ec->used, s->ep.block, true);
	bit_put(rc->used, s->rp.block, true);
	defaults(h, s);
	return s;
}

void pci_ide_stream_free(struct pci_ide_host *h, struct pci_ide_stream *s)
{
	struct pci_ide_caps *ec = s->ep.p->ide, *rc = s->rp.p->ide;

	h->live--;
	bit_put(h->index_used, s->host_index, false);
	if (ec)
		bit_put(ec->used, s->ep.block, false);
	if (rc)
		bit_put(rc->used, s->rp.block, false);
	kpool_put(&h->pool, s);
}

int pci_ide_stream_register(struct pci_ide_host *h, struct pci_ide_stream *s)
{
	if (s->id < 0 || s->id >= (int)IDE_ID_RESERVED)
		return -ENXIO;
	if (bit_get(h->id_used, (unsigned)s->id))
		return -EBUSY;
	bit_put(h->id_used, (unsigned)s->id, true);
	s->registered = true;
	(void)snprintf(s->name, sizeof(s->name), "stream%u.%u.%u",
		       s->host_index, s->rp.block, s->ep.block);
	s->next = h->registered;
	h->registered = s;
	return 0;
}

void pci_ide_stream_unregister(struct pci_ide_host *h, struct pci_ide_stream *s)
{
	struct pci_ide_stream **at = &h->registered;

	if (!s->registered)
		return;
	bit_put(h->id_used, (unsigned)s->id, false);
	s->registered = false;
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
}

/*
 * EP before RP: nothing is sent to the endpoint between the two, or it would
 * arrive under IDE at a port that no longer has it (architectures.md E.5).
 */
void pci_ide_stream_release(struct pci_ide_host *h, struct pci_ide_stream *s)
{
	pci_ide_stream_disable(&s->ep);
	pci_ide_stream_disable(&s->rp);
	pci_ide_stream_teardown(&s->ep);
	pci_ide_stream_teardown(&s->rp);
	pci_ide_stream_unregister(h, s);
	pci_ide_stream_free(h, s);
}
