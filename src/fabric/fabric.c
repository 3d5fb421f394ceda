/* SPDX-License-Identifier: BSD-2-Clause */
#include "fabric/fabric_priv.h"

#include <string.h>

void fabric_init(struct fabric *f, const struct fabric_cfg *cfg)
{
	memset(f, 0, sizeof(*f));
	f->mem = cfg->mem;
	f->iommu = cfg->iommu;
	f->crypto = cfg->crypto;
	f->env = cfg->env;
	f->segment = cfg->segment;
	f->refused = cfg->refused;
	f->refused_ctx = cfg->refused_ctx;
	f->slot_irq = cfg->slot_irq;
	f->slot_irq_ctx = cfg->slot_irq_ctx;
	f->intx = cfg->intx;
	f->intx_ctx = cfg->intx_ctx;
}

void fabric_fini(struct fabric *f)
{
	for (unsigned i = 0; i < f->ports; i++)
		ide_fini(&f->port[i].ide);
	f->ports = 0;
}

bool fabric_sane(const struct fabric *f)
{
	if (f->ports > FABRIC_PORTS)
		return false;
	for (unsigned i = 0; i < f->ports; i++) {
		const struct fabric_port *p = &f->port[i];

		if (p->index != i || p->fabric != f || (p->up && !p->present) ||
		    (!p->up && p->intx) || !ide_sane(&p->ide))
			return false;
		for (unsigned n = 0; !p->up && n < FABRIC_STREAMS; n++)
			if (ide_state(&p->ide, n) == IDE_SECURE)
				return false;
	}
	return true;
}

struct fabric_port *port_get(struct fabric *f, unsigned port)
{
	return port < f->ports ? &f->port[port] : NULL;
}

void fabric_refuse(struct fabric *f, const struct fault *fault)
{
	f->last = *fault;
	f->faults++;
	env_trace(f->env, FABRIC_TR_FAULT, fault->stage, fault->addr,
		  fault->id);
	if (f->refused)
		f->refused(f->refused_ctx, fault);
}

static void insecure(void *ctx, unsigned idx, enum ide_cause cause)
{
	struct fabric_port *p = ctx;

	env_trace(p->fabric->env, FABRIC_TR_STREAM, p->index, idx, cause);
	switch (cause) {
	case IDE_CAUSE_DISABLED:
	case IDE_CAUSE_LINK_DOWN:
	case IDE_CAUSE_RESET:
		break;
	case IDE_CAUSE_PEER:
		pci_ide_show(&p->cfg, p->ide_cap, idx, IDE_STS_INSECURE, true);
		break;
	case IDE_CAUSE_CHECK:
	case IDE_CAUSE_CONFIG:
	case IDE_CAUSE_KEY_STOPPED:
	case IDE_CAUSE_COUNTER:
	case IDE_CAUSE_WIPED:
	case IDE_CAUSES:
		p->fail_due |= (uint8_t)(1u << idx);
		break;
	}
}

enum il_err fabric_add_port(struct fabric *f, const struct fabric_port_cfg *cfg,
			    unsigned *index)
{
	struct fabric_port *p = f->port + f->ports;
	struct ide_cfg ide = {
		.crypto = f->crypto,
		.env = f->env,
		.root = true,
		.streams = FABRIC_STREAMS,
		.self = cfg->bdf,
		.insecure = insecure,
		.ctx = p,
	};
	enum il_err err;

	if (BDF_BUS(cfg->bdf) != 0 || fabric_port_at(f, cfg->bdf) >= 0)
		return IL_E_ARG;
	for (unsigned i = 0; i < f->ports; i++)
		if (f->port[i].number == cfg->number)
			return IL_E_ARG;
	if (f->ports == FABRIC_PORTS)
		return IL_E_SPACE;
	memset(p, 0, sizeof(*p));
	err = ide_init(&p->ide, &ide);
	if (err)
		return err;
	p->fabric = f;
	p->index = f->ports;
	p->link = cfg->link;
	p->pump = cfg->pump;
	p->wait = cfg->wait;
	p->pump_ctx = cfg->pump_ctx;
	p->bdf = cfg->bdf;
	p->number = cfg->number;
	p->hotplug = cfg->hotplug;
	p->present = p->up = cfg->present;
	port_build(p, cfg);
	*index = f->ports++;
	return IL_OK;
}

int fabric_port_at(const struct fabric *f, uint16_t bdf)
{
	for (unsigned i = 0; i < f->ports; i++)
		if (f->port[i].bdf == bdf)
			return (int)i;
	return -1;
}

bool fabric_behind(const struct fabric *f, unsigned port, uint8_t segment,
		   uint16_t rid)
{
	uint8_t bus = BDF_BUS(rid);

	return port < f->ports && segment == f->segment && bus != 0 &&
	       bus >= port_bus_first(&f->port[port]) &&
	       bus <= port_bus_last(&f->port[port]);
}

int fabric_port_above(const struct fabric *f, uint16_t bdf)
{
	for (unsigned i = 0; i < f->ports; i++)
		if (fabric_behind(f, i, f->segment, bdf))
			return (int)i;
	return -1;
}

bool fabric_run(struct fabric *f)
{
	bool any = false;

	for (unsigned i = 0; i < f->ports; i++)
		for (unsigned n = 0;
		     n < FABRIC_FRAMES && port_take(&f->port[i]); n++)
			any = true;
	return any;
}
