/* SPDX-License-Identifier: BSD-2-Clause */
#include "fabric/fabric_priv.h"

#include "base/assert.h"
#include "base/bits.h"

/*
 * The registers of a root port, and what writing them does. Law 13: the host
 * may write all of them; what routes a keyed stream kills it, Enable alone is
 * the host's to use.
 * Source: PCIe Base 6.0 §11.5.7, §11.5.8 (root port side of TDISP)
 */

uint8_t port_bus_first(const struct fabric_port *p)
{
	return (uint8_t)pci_cfg_get(&p->cfg, T1_SECONDARY, 1);
}

uint8_t port_bus_last(const struct fabric_port *p)
{
	return (uint8_t)pci_cfg_get(&p->cfg, T1_SUBORDINATE, 1);
}

bool port_command(const struct fabric_port *p, uint16_t bit)
{
	return pci_cfg_get(&p->cfg, CFG_COMMAND, 2) & bit;
}

/* Something that routes packets changed: no keyed stream survives it. */
static void routing_changed(struct fabric_port *p)
{
	for (unsigned i = 0; i < FABRIC_STREAMS; i++) {
		enum il_err err;

		if (!ide_has_keys(&p->ide, i) &&
		    ide_state(&p->ide, i) != IDE_SECURE)
			continue;
		err = ide_wipe(&p->ide, i, IDE_CAUSE_CONFIG);
		IL_ASSERT(!err);
	}
}

struct ide_block_regs port_block(const struct fabric_port *p, unsigned i)
{
	struct ide_block_regs b = { .n_addrs = 0 };
	enum il_err err = pci_ide_block(&p->cfg, p->ide_cap, i, &b);

	IL_ASSERT(!err);
	return b;
}

/* Registers and engine stay in step: what the engine refuses is undone. */
static void ide_written(struct fabric_port *p, uint16_t reg, uint32_t old)
{
	struct ide_block_regs b;
	struct ide_stream_cfg s;
	uint16_t rel = 0;
	uint8_t id;
	int i = pci_ide_block_of(&p->cfg, p->ide_cap, reg, &rel);

	if (i < 0 || rel == IDE_SEL_STS || rel == IDE_SEL_CAP)
		return;
	id = p->ide.stream[i].cfg.id;
	b = port_block(p, (unsigned)i);
	s = ide_cfg_of(&b);
	if (b.alg != 0 || ide_stream_set(&p->ide, (unsigned)i, &s))
		pci_cfg_put(&p->cfg, reg, 4, old);
	/* Before it was locked: what carries another id is the host's. */
	if (p->ide.stream[i].cfg.id != id) {
		p->ide.held &= ~BIT64((unsigned)i);
		p->made &= (uint8_t) ~(1u << i);
	}
	port_show(p);
}

static void bridge_written(struct fabric_port *p, uint16_t reg, uint8_t be,
			   uint32_t old, uint32_t now)
{
	switch (reg) {
	case CFG_COMMAND:
		if (old & ~now & (CMD_MEM | CMD_MASTER))
			routing_changed(p);
		break;
	case T1_PRIMARY:
		if (be & 7)
			routing_changed(p);
		break;
	case T1_MEM_BASE:
	case T1_PREF_BASE:
	case T1_PREF_BASE_HI:
	case T1_PREF_LIMIT_HI:
		if (be)
			routing_changed(p);
		break;
	case T1_BRIDGE_CTL & ~3u:
		if (now & ~old & (uint32_t)BRIDGE_CTL_RESET << 16) {
			enum il_err err = fabric_hot_reset(p->fabric, p->index);

			(void)err; /* no link: nothing to reset */
		}
		break;
	default:
		break;
	}
}

static void exp_written(struct fabric_port *p, uint16_t rel, uint32_t old,
			uint32_t now)
{
	enum il_err err = IL_OK;

	switch (rel) {
	case EXP_DEVCTL:
		if ((old ^ now) & (EXP_DEVCTL_EXT_TAG | EXP_DEVCTL_PHANTOM |
				   EXP_DEVCTL_NOSNOOP))
			routing_changed(p);
		break;
	case EXP_LNKCTL:
		if (now & ~old & EXP_LNKCTL_DISABLE)
			err = fabric_link_down(p->fabric, p->index);
		else if (old & ~now & EXP_LNKCTL_DISABLE)
			err = fabric_link_up(p->fabric, p->index);
		break;
	case EXP_SLTCTL:
		if (p->hotplug && (old ^ now) & EXP_SLTCTL_PCC)
			err = fabric_power(p->fabric, p->index,
					   !(now & EXP_SLTCTL_PCC));
		break;
	default:
		break;
	}
	(void)err; /* it was so already */
}

static void written(void *ctx, struct pci_cfg *c, uint16_t reg, uint32_t wrote,
		    uint8_t be, uint32_t old, uint32_t now)
{
	struct fabric_port *p = ctx;

	(void)c;
	(void)wrote;
	if (reg < 0x40)
		bridge_written(p, reg, be, old, now);
	else if (reg >= p->exp && reg < p->exp + EXP_SIZE)
		exp_written(p, (uint16_t)(reg - p->exp), old, now);
	else if (reg >= p->ide_cap && be)
		ide_written(p, reg, old);
	port_fail(p);
}

static void reading(void *ctx, struct pci_cfg *c, uint16_t reg)
{
	struct fabric_port *p = ctx;

	(void)c;
	if (reg >= 0x40)
		port_show(p);
}

static const struct pci_cfg_ops ops = { .reading = reading,
					.written = written };

/* Brings status registers up to date with link and streams. */
void port_show(struct fabric_port *p)
{
	uint16_t at = (uint16_t)(p->exp + EXP_LNKSTA);
	uint32_t v = pci_cfg_get(&p->cfg, at, 2) & ~EXP_LNKSTA_DLLLA;

	pci_cfg_put(&p->cfg, at, 2, v | (p->up ? EXP_LNKSTA_DLLLA : 0));
	at = (uint16_t)(p->exp + EXP_SLTSTA);
	v = pci_cfg_get(&p->cfg, at, 2) & ~EXP_SLTSTA_PDS;
	pci_cfg_put(&p->cfg, at, 2, v | (p->present ? EXP_SLTSTA_PDS : 0));
	for (unsigned i = 0; i < FABRIC_STREAMS; i++) {
		struct ide_block_regs b = port_block(p, i);

		pci_ide_show(&p->cfg, p->ide_cap, i,
			     (uint8_t)ide_state(&p->ide, i), b.fail);
	}
}

void port_build(struct fabric_port *p, const struct fabric_port_cfg *cfg)
{
	const struct pci_ids ids = {
		.vendor = ILK_VENDOR_ID,
		.device = ILK_DEVICE_PORT,
		.class_code = 0x060400,
	};
	const struct pci_exp exp = {
		.type = EXP_TYPE_ROOT_PORT,
		.max_payload = 2,
		.port = cfg->number,
		.hotplug = cfg->hotplug,
	};
	const struct ide_cap_regs ide = {
		.selective = true,
		.ide_km = true,
		.sel_cfg = true,
		.sel_num = FABRIC_STREAMS,
		.tee_limited = true,
	};

	pci_cfg_init(&p->cfg, &ops, p);
	pci_type1(&p->cfg, &ids);
	(void)pci_pm_add(&p->cfg);
	p->exp = pci_exp_add(&p->cfg, &exp);
	p->ide_cap = pci_ide_add(&p->cfg, &ide, FABRIC_ADDRS);
	p->vendor_size = cfg->vendor_size & (uint16_t)~3u;
	if (p->vendor_size)
		p->vendor = pci_dvsec_add(&p->cfg, cfg->vendor, cfg->vendor_id,
					  0, p->vendor_size);
	for (unsigned i = 0; i < FABRIC_STREAMS; i++) {
		struct ide_block_regs b = port_block(p, i);
		struct ide_stream_cfg s = ide_cfg_of(&b);
		enum il_err err = ide_stream_set(&p->ide, i, &s);

		IL_ASSERT(!err); /* idle blocks clash with nothing */
	}
}
