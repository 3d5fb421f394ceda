/* SPDX-License-Identifier: BSD-2-Clause */
#include "fabric/fabric_priv.h"

#include <string.h>

#include "base/bits.h"

/*
 * The way up: from a packet that the link vouches for as far as it can, to
 * memory or the interrupt agent. Every check in order; the first that fails
 * is the fault.
 */

struct dma {
	uint64_t addr;
	uint32_t len; /* 0: no byte enabled */
	uint32_t skip;
};

static const struct rule *port_rules(const struct fabric_port *p,
				     const struct tlp *t)
{
	uint8_t bus = BDF_BUS(t->requester);

	if (t->poisoned)
		return &fabric_rule_poisoned;
	if (t->at != TLP_AT_UNTRANSLATED)
		return &fabric_rule_translated;
	if (!port_command(p, CMD_MASTER))
		return &fabric_rule_bme;
	if (bus == 0 || bus < port_bus_first(p) || bus > port_bus_last(p))
		return &fabric_rule_source;
	return NULL;
}

/* Moves the bytes, or says in *fault why not. */
static enum il_err move(struct fabric_port *p, const struct tlp *t,
			const struct dma *d, uint8_t *buf, struct fault *fault)
{
	struct fabric *f = p->fabric;
	struct mem_req req;
	struct iommu_req ask = {
		.rid = (uint32_t)f->segment << 16 | t->requester,
		.t = t->ide && t->prefix.t,
		.stream = t->ide ? t->prefix.stream : IOMMU_NO_STREAM,
		.tc = t->tc,
		.port = p->number,
		.iova = d->addr,
		.write = t->type == TLP_MWR,
		.len = d->len ? d->len : 1,
	};
	enum il_err err = iommu_translate(f->iommu, &ask, &req, fault);

	if (err)
		return err;
	switch (mem_kind_at(f->mem, req.pa)) {
	case MEM_MMIO:
		fault->rule = &fabric_rule_p2p;
		fault->stage = FAULT_LINK;
		fault->pa = req.pa;
		return IL_E_IO;
	case MEM_MSI:
		f->msis += ask.write;
		break;
	case MEM_RAM:
	case MEM_NOTHING:
		break;
	}
	/* A request that names no byte tests the way and moves nothing. */
	if (!d->len)
		return mem_check(f->mem, &req, fault);
	err = mem_access(f->mem, &req, buf, fault);
	if (!err && ask.write)
		f->dma_write += d->len;
	else if (!err)
		f->dma_read += d->len;
	return err;
}

static void answer_read(struct fabric_port *p, const struct tlp *t,
			const struct dma *d, const uint8_t *data)
{
	uint32_t off = 0;

	/* Once at least: a request that names no byte gets one dword. */
	do {
		uint64_t at = d->addr + off;
		uint32_t n = (uint32_t)(TLP_MAX_DATA - at % TLP_MAX_DATA);
		struct tlp cpl;

		if (n > d->len - off)
			n = d->len - off;
		if (tlp_cpld(&cpl, t, p->bdf,
			     data + align_down(d->skip + off, 4), off, n))
			return;
		port_answer(p, t, &cpl);
		off += n;
	} while (off < d->len);
}

void port_dma(struct fabric_port *p, const struct tlp *t)
{
	struct fabric *f = p->fabric;
	struct dma d = { .addr = t->addr };
	struct fault fault = {
		.rule = port_rules(p, t),
		.stage = FAULT_LINK,
		.who = AGENT_DEVICE,
		.id = (uint32_t)f->segment << 16 | t->requester,
		.addr = t->addr,
		.write = t->type == TLP_MWR,
		.trusted = t->ide && t->prefix.t,
	};
	uint8_t *data = f->data;
	enum il_err err = fault.rule ? IL_E_IO : IL_OK;
	struct tlp cpl;

	if (!err && tlp_mem_range(t, &d.addr, &d.len, &d.skip)) {
		fault.rule = &fabric_rule_type;
		err = IL_E_IO;
	}
	if (!err) {
		memset(data, 0, (size_t)4 * t->len_dw);
		if (t->type == TLP_MWR)
			memcpy(data, t->data, (size_t)4 * t->len_dw);
		err = move(p, t, &d, data + d.skip, &fault);
	}
	if (err)
		fabric_refuse(f, &fault);
	if (t->type == TLP_MWR)
		return;
	if (!err) {
		answer_read(p, t, &d, data);
		return;
	}
	tlp_cpl(&cpl, t, p->bdf, TLP_CPL_UR);
	port_answer(p, t, &cpl);
}
