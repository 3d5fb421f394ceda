/* SPDX-License-Identifier: BSD-2-Clause */
#include "fabric/fabric_priv.h"

#include "base/assert.h"
#include "base/bits.h"

/*
 * A root port's IDE registers in the hands of firmware: it programs a block,
 * enables it, and locks it against the host together with what routes packets
 * (law 13).
 * Source: PCIe Base 6.0 §11.5.7, §11.5.8
 */

/*
 * The holder's block that carries @stream, or -1. The host may give one of its
 * own the same id afterwards.
 */
static int block_of(const struct fabric_port *p, uint8_t stream)
{
	for (unsigned i = 0; i < FABRIC_STREAMS && stream != IDE_ID_RESERVED;
	     i++)
		if (p->ide.held >> i & 1 && p->ide.stream[i].cfg.id == stream)
			return (int)i;
	return -1;
}

/* That, or the one block that the host has made for it; -1: none, or more. */
static int claimed(const struct fabric_port *p, uint8_t stream)
{
	int at = block_of(p, stream);

	if (at >= 0 || stream == IDE_ID_RESERVED)
		return at;
	for (unsigned i = 0; i < FABRIC_STREAMS; i++) {
		const struct ide_stream_cfg *c = &p->ide.stream[i].cfg;

		if (c->id != stream || (!c->enable && !c->rid_valid))
			continue;
		if (at >= 0)
			return -1;
		at = (int)i;
	}
	return at;
}

static bool ranges_meet(const struct ide_stream_cfg *c,
			const struct fabric_block *s)
{
	for (unsigned i = 0; i < IDE_RANGES; i++)
		for (unsigned k = 0; k < s->ranges; k++)
			if (c->range[i].valid && s->range[k].valid &&
			    c->range[i].base <= s->range[k].limit &&
			    s->range[k].base <= c->range[i].limit)
				return true;
	return false;
}

/* What another block of the port says stands against @s. */
static bool clashes(const struct ide_stream_cfg *c,
		    const struct fabric_block *s)
{
	if (!c->enable && !c->rid_valid && !c->is_default)
		return false; /* nobody has begun with it */
	return c->id == s->id || (c->is_default && s->is_default) ||
	       (c->rid_valid && c->segment == s->segment &&
		c->rid_base <= s->rid_limit && s->rid_base <= c->rid_limit) ||
	       ranges_meet(c, s);
}

static bool sound(const struct fabric_block *s)
{
	if (s->block >= (int)FABRIC_STREAMS || s->id == IDE_ID_RESERVED ||
	    s->rid_base > s->rid_limit || s->ranges > FABRIC_ADDRS)
		return false;
	for (unsigned i = 0; i < s->ranges; i++) {
		const struct ide_range *r = &s->range[i];

		if (r->valid &&
		    (r->base > r->limit || r->base & MASK64(19, 0) ||
		     (r->limit & MASK64(19, 0)) != MASK64(19, 0)))
			return false;
	}
	return true;
}

static bool parked(const struct fabric_port *p, unsigned i)
{
	const struct ide_stream_cfg *c = &p->ide.stream[i].cfg;

	return c->id == IDE_ID_RESERVED && !c->enable && !c->rid_valid &&
	       !c->is_default && !ide_has_keys(&p->ide, i);
}

static enum il_err find(const struct fabric_port *p,
			const struct fabric_block *s, unsigned *out)
{
	int at = s->block;

	for (unsigned i = 0; i < FABRIC_STREAMS; i++) {
		if (s->block < 0 && at < 0 && parked(p, i))
			at = (int)i;
		if ((int)i != s->block && clashes(&p->ide.stream[i].cfg, s))
			return IL_E_STATE;
	}
	if (at < 0)
		return IL_E_SPACE;
	if (!parked(p, (unsigned)at))
		return IL_E_STATE;
	*out = (unsigned)at;
	return IL_OK;
}

/* The engine reads what the registers say; what it refuses is undone. */
static enum il_err put(struct fabric_port *p, unsigned i,
		       const struct ide_block_regs *b)
{
	const struct ide_block_regs old = port_block(p, i);
	enum il_err err = pci_ide_block_put(&p->cfg, p->ide_cap, i, b);
	struct ide_block_regs now;
	struct ide_stream_cfg s;

	IL_ASSERT(!err);
	now = port_block(p, i);
	s = ide_cfg_of(&now);
	err = ide_stream_set(&p->ide, i, &s);
	if (err) {
		enum il_err back =
			pci_ide_block_put(&p->cfg, p->ide_cap, i, &old);

		IL_ASSERT(!back);
		return err;
	}
	port_show(p);
	port_fail(p);
	return IL_OK;
}

enum il_err fabric_stream_setup(struct fabric *f, unsigned port,
				const struct fabric_block *s)
{
	struct fabric_port *p = port_get(f, port);
	struct ide_block_regs b = { .n_addrs = FABRIC_ADDRS };
	unsigned i = 0;
	enum il_err err;

	if (!p || !sound(s))
		return IL_E_ARG;
	err = find(p, s, &i);
	if (err)
		return err;
	b.id = s->id;
	b.dflt = s->is_default;
	b.cfg = s->cfg_en;
	b.tee_limited = s->tee_limited;
	b.rid_valid = true;
	b.rid_base = s->rid_base;
	b.rid_limit = s->rid_limit;
	b.segment = s->segment;
	for (unsigned k = 0; k < s->ranges; k++)
		b.addr[k] = (struct ide_addr_regs){
			.valid = s->range[k].valid,
			.base = s->range[k].base,
			.limit = s->range[k].limit,
		};
	err = put(p, i, &b);
	if (err)
		return err;
	p->host_enable &= (uint8_t) ~(1u << i);
	p->host_enable |= (uint8_t)(s->host_enable ? 1u << i : 0);
	p->ide.held |= BIT64(i);
	p->made |= (uint8_t)(1u << i);
	return IL_OK;
}

enum il_err fabric_stream_teardown(struct fabric *f, unsigned port,
				   uint8_t stream)
{
	const struct ide_block_regs b = { .n_addrs = FABRIC_ADDRS,
					  .id = IDE_ID_RESERVED };
	struct fabric_port *p = port_get(f, port);
	int i = p ? block_of(p, stream) : -1;
	enum il_err err;

	if (i < 0)
		return IL_E_ARG;
	err = ide_wipe(&p->ide, (unsigned)i, IDE_CAUSE_WIPED);
	IL_ASSERT(!err);
	err = put(p, (unsigned)i, &b);
	IL_ASSERT(!err); /* an idle block clashes with nothing */
	p->locked &= (uint8_t) ~(1u << i);
	p->host_enable &= (uint8_t) ~(1u << i);
	p->ide.held &= ~BIT64((unsigned)i);
	p->made &= (uint8_t) ~(1u << i);
	return IL_OK;
}

enum il_err fabric_stream_enable(struct fabric *f, unsigned port,
				 uint8_t stream, bool on)
{
	struct fabric_port *p = port_get(f, port);
	int i = p ? block_of(p, stream) : -1;
	struct ide_block_regs b;

	if (i < 0)
		return IL_E_ARG;
	b = port_block(p, (unsigned)i);
	b.enable = on;
	return put(p, (unsigned)i, &b);
}

enum il_err fabric_stream_lock(struct fabric *f, unsigned port, uint8_t stream,
			       bool on)
{
	struct fabric_port *p = port_get(f, port);
	int i = !p ? -1 : on ? claimed(p, stream) : block_of(p, stream);

	if (i < 0)
		return IL_E_ARG;
	p->locked &= (uint8_t) ~(1u << i);
	p->locked |= (uint8_t)(on ? 1u << i : 0);
	if (on)
		p->ide.held |= BIT64((unsigned)i);
	else if (!(p->made & 1u << i))
		p->ide.held &= ~BIT64((unsigned)i); /* the host's again */
	return IL_OK;
}

/* --- what a lock leaves to the host --- */

/* Bits of the dword at @reg that a lock of some block takes from the host. */
static uint32_t routing(uint16_t reg)
{
	switch (reg) {
	case CFG_COMMAND:
		return CMD_MEM | CMD_MASTER;
	case T1_PRIMARY:
		return MASK(23, 0); /* the fourth is a timer of no meaning */
	case T1_MEM_BASE:
	case T1_PREF_BASE:
	case T1_PREF_BASE_HI:
	case T1_PREF_LIMIT_HI:
		return UINT32_MAX;
	default:
		return 0;
	}
}

static uint32_t held(const struct fabric_port *p, uint16_t reg)
{
	uint16_t rel = 0;
	int i;

	if (!p->locked)
		return 0;
	i = pci_ide_block_of(&p->cfg, p->ide_cap, reg, &rel);
	if (i < 0)
		return routing(reg);
	/* Of the status, what a one clears tells nobody else anything. */
	if (!(p->locked & 1u << i) || rel == IDE_SEL_STS)
		return 0;
	return rel == IDE_SEL_CTL && p->host_enable & 1u << i
		       ? (uint32_t)~IDE_SEL_CTL_ENABLE
		       : UINT32_MAX;
}

uint8_t port_host_be(struct fabric_port *p, uint16_t reg, uint8_t be,
		     uint32_t *v)
{
	const uint32_t hold = held(p, reg);
	const uint32_t now = hold ? pci_cfg_get(&p->cfg, reg, 4) : 0;
	uint32_t tried = 0;
	uint8_t left = 0;

	for (unsigned i = 0; i < 4; i++) {
		const uint32_t byte = UINT32_C(0xff) << (8 * i);

		if (!(be & 1u << i))
			continue;
		tried |= (now ^ *v) & hold & byte;
		left |= (uint8_t)((hold & byte) != byte ? 1u << i : 0);
	}
	if (!tried)
		return left;
	p->dropped++;
	env_trace(p->fabric->env, FABRIC_TR_HELD, p->index, reg, *v);
	*v = (*v & ~hold) | (now & hold);
	return left;
}

/* --- registers of the port's maker --- */

static struct fabric_port *vendor_at(struct fabric *f, unsigned port,
				     uint16_t off)
{
	struct fabric_port *p = port_get(f, port);

	return p && p->vendor && !(off & 3u) && off < p->vendor_size ? p : NULL;
}

enum il_err fabric_vendor_write(struct fabric *f, unsigned port, uint16_t off,
				uint32_t mask, uint32_t value)
{
	struct fabric_port *p = vendor_at(f, port, off);
	uint16_t at;

	if (!p)
		return IL_E_ARG;
	at = (uint16_t)(p->vendor + DVSEC_REGS + off);
	pci_cfg_put(&p->cfg, at, 4,
		    (pci_cfg_get(&p->cfg, at, 4) & ~mask) | (value & mask));
	return IL_OK;
}

enum il_err fabric_vendor_read(struct fabric *f, unsigned port, uint16_t off,
			       uint32_t *value)
{
	struct fabric_port *p = vendor_at(f, port, off);

	if (!p)
		return IL_E_ARG;
	*value = pci_cfg_get(&p->cfg, (uint16_t)(p->vendor + DVSEC_REGS + off),
			     4);
	return IL_OK;
}
