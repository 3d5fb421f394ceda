/* SPDX-License-Identifier: BSD-2-Clause */
#include "fabric/fabric_priv.h"

/*
 * Link up and down, resets, insertion and removal. Every one of them ends all
 * streams of the port (§6.33.8: DL_Down, and each reset passes through it).
 */

enum il_err port_tell(struct fabric_port *p, enum link_event ev)
{
	env_trace(p->fabric->env, FABRIC_TR_LINK, p->index, ev, 1);
	return link_send_event(&p->link, ev) ? IL_E_IO : IL_OK;
}

/* What was on its way up is lost with the link. */
static void drop_frames(struct fabric_port *p)
{
	struct fabric *f = p->fabric;
	enum link_kind kind;
	size_t n;

	/* More than any channel stores. */
	for (unsigned i = 0; i < 256 * FABRIC_FRAMES; i++)
		if (link_recv(&p->link, &kind, f->frame, sizeof(f->frame), &n))
			return;
}

static void slot_status(struct fabric_port *p, uint32_t bit)
{
	uint16_t at = (uint16_t)(p->exp + EXP_SLTSTA);

	if (p->hotplug)
		pci_cfg_put(&p->cfg, at, 2, pci_cfg_get(&p->cfg, at, 2) | bit);
}

void port_link(struct fabric_port *p, bool up)
{
	if (p->up != up)
		slot_status(p, EXP_SLTSTA_DLLSC);
	p->up = up;
	if (!up)
		ide_link_down(&p->ide);
	port_show(p);
}

static void port_presence(struct fabric_port *p, bool present)
{
	if (p->present != present)
		slot_status(p, EXP_SLTSTA_PDC);
	p->present = present;
	port_link(p, present);
}

void port_event(struct fabric_port *p, enum link_event ev)
{
	env_trace(p->fabric->env, FABRIC_TR_LINK, p->index, ev, 0);
	switch (ev) {
	case LINK_UP:
		if (p->present)
			port_link(p, true);
		break;
	case LINK_DOWN:
		port_link(p, false);
		break;
	case LINK_PRESENT:
		if (p->hotplug)
			port_presence(p, true);
		break;
	case LINK_ABSENT:
		port_presence(p, false);
		break;
	case LINK_HOT_RESET:
	case LINK_FUND_RESET:
	case LINK_POWER_OFF:
	case LINK_POWER_ON:
	case LINK_EVENTS:
		break; /* not a device's to cause */
	}
}

static enum il_err reset(struct fabric *f, unsigned port, enum link_event ev)
{
	struct fabric_port *p = port_get(f, port);
	enum il_err err;

	if (!p)
		return IL_E_ARG;
	if (!p->up)
		return IL_E_STATE;
	drop_frames(p);
	port_link(p, false);
	err = port_tell(p, ev);
	if (!err)
		port_link(p, true);
	return err;
}

enum il_err fabric_hot_reset(struct fabric *f, unsigned port)
{
	return reset(f, port, LINK_HOT_RESET);
}

enum il_err fabric_fund_reset(struct fabric *f, unsigned port)
{
	return reset(f, port, LINK_FUND_RESET);
}

enum il_err fabric_link_down(struct fabric *f, unsigned port)
{
	struct fabric_port *p = port_get(f, port);

	if (!p)
		return IL_E_ARG;
	if (!p->up)
		return IL_E_STATE;
	drop_frames(p);
	port_link(p, false);
	return port_tell(p, LINK_DOWN);
}

enum il_err fabric_link_up(struct fabric *f, unsigned port)
{
	struct fabric_port *p = port_get(f, port);
	enum il_err err;

	if (!p)
		return IL_E_ARG;
	if (p->up || !p->present)
		return IL_E_STATE;
	drop_frames(p);
	err = port_tell(p, LINK_UP);
	if (!err)
		port_link(p, true);
	return err;
}

enum il_err fabric_remove(struct fabric *f, unsigned port)
{
	struct fabric_port *p = port_get(f, port);

	if (!p)
		return IL_E_ARG;
	if (!p->present)
		return IL_E_STATE;
	drop_frames(p);
	port_presence(p, false);
	return port_tell(p, LINK_ABSENT);
}

enum il_err fabric_insert(struct fabric *f, unsigned port)
{
	struct fabric_port *p = port_get(f, port);
	enum il_err err;

	if (!p)
		return IL_E_ARG;
	if (p->present || !p->hotplug)
		return IL_E_STATE;
	drop_frames(p);
	err = port_tell(p, LINK_PRESENT);
	if (!err)
		port_presence(p, true);
	return err;
}
