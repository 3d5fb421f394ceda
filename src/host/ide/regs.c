/* SPDX-License-Identifier: BSD-2-Clause */
/* One side of a stream: the registers of its selective block. */
#include <errno.h>

#include "host/ide/ide_priv.h"
#include "pci/regs.h"

static uint16_t at(const struct pci_ide_side *e, unsigned reg)
{
	const struct pci_ide_caps *c = e->p->ide;

	return (uint16_t)(e->p->ecap_ide +
			  ide_block_offset(&c->cap, c->n_addrs, e->block) +
			  reg);
}

static uint32_t control(const struct pci_ide_side *e, int id, bool enable)
{
	const struct ide_block_regs b = {
		.enable = enable,
		.cfg = e->cfg,
		.dflt = e->dflt,
		.tee_limited = e->tee_limited,
		.id = (uint8_t)id,
	};

	return ide_ctl_encode(&b);
}

static int write_addrs(struct pci_ide_side *e)
{
	const struct pci_ide_caps *c = e->p->ide;
	int ret = 0;

	for (unsigned i = 0; i < c->n_addrs && !ret; i++) {
		const struct ide_addr_regs none = { 0 };
		uint32_t dw[3];

		ide_addr_encode(i < COUNT(e->addr) ? &e->addr[i] : &none, dw);
		if (i >= COUNT(e->addr) || !e->addr[i].valid)
			dw[0] = dw[1] = dw[2] = 0;
		/* The valid bit comes last. */
		for (unsigned d = 3; d-- > 0 && !ret;)
			ret = pci_write(e->p, at(e, IDE_SEL_ADDR(i) + 4 * d), 4,
					dw[d]);
	}
	return ret;
}

int pci_ide_stream_setup(struct pci_ide_side *e, int id)
{
	const struct ide_block_regs b = {
		.rid_valid = true,
		.rid_base = e->rid_base,
		.rid_limit = e->rid_limit,
		.segment = e->fm ? (uint8_t)(e->p->bdf >> 16) : 0,
	};
	int ret = pci_write(e->p, at(e, IDE_SEL_RID1), 4, ide_rid1_encode(&b));

	if (!ret)
		ret = pci_write(e->p, at(e, IDE_SEL_RID2), 4,
				ide_rid2_encode(&b));
	if (!ret)
		ret = write_addrs(e);
	if (!ret)
		ret = pci_write(e->p, at(e, IDE_SEL_CTL), 4,
				control(e, id, false));
	e->setup = !ret;
	return ret;
}

bool pci_ide_stream_secure(struct pci_ide_side *e)
{
	uint32_t sts;

	if (!e->enabled || pci_read(e->p, at(e, IDE_SEL_STS), 4, &sts))
		return false;
	return (sts & IDE_SEL_STS_STATE) == IDE_STS_SECURE;
}

bool pci_ide_held_secure(const struct pci_ide_side *e, int id)
{
	const struct pci_ide_caps *c = e->p->ide;
	struct pci_ide_side b = { .p = e->p, .enabled = true };
	uint32_t ctl;

	for (; b.block < c->streams; b.block++)
		if (!pci_read(b.p, at(&b, IDE_SEL_CTL), 4, &ctl) &&
		    ctl & IDE_SEL_CTL_ENABLE &&
		    (int)((ctl & IDE_SEL_CTL_ID) >> 24) == id)
			return pci_ide_stream_secure(&b);
	return false;
}

int pci_ide_stream_enable(struct pci_ide_side *e, int id)
{
	int ret;

	if (!e->setup)
		return -EINVAL;
	ret = pci_write(e->p, at(e, IDE_SEL_CTL), 4, control(e, id, true));
	if (ret)
		return ret;
	e->enabled = true;
	return pci_ide_stream_secure(e) ? 0 : -ENXIO;
}

void pci_ide_stream_disable(struct pci_ide_side *e)
{
	if (e->enabled)
		(void)pci_write(e->p, at(e, IDE_SEL_CTL), 4, 0);
	e->enabled = false;
}

void pci_ide_stream_teardown(struct pci_ide_side *e)
{
	const struct pci_ide_caps *c;

	if (!e->setup)
		return;
	c = e->p->ide;
	(void)pci_write(e->p, at(e, IDE_SEL_CTL), 4, 0);
	for (unsigned i = 0; i < 3u * c->n_addrs; i++)
		(void)pci_write(e->p, at(e, IDE_SEL_ADDRS + 4 * i), 4, 0);
	(void)pci_write(e->p, at(e, IDE_SEL_RID2), 4, 0);
	(void)pci_write(e->p, at(e, IDE_SEL_RID1), 4, 0);
	e->setup = false;
}
