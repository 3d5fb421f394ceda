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

/* §6.7.3.4: an interrupt for each event that is enabled, with HPIE. */
static void slot_status(struct fabric_port *p, uint32_t bit, uint32_t enable)
{
	struct fabric *f = p->fabric;
	uint16_t at = (uint16_t)(p->exp + EXP_SLTSTA);
	uint32_t ctl = pci_cfg_get(&p->cfg, (uint16_t)(p->exp + EXP_SLTCTL), 2);

	if (!p->hotplug)
		return;
	pci_cfg_put(&p->cfg, at, 2, pci_cfg_get(&p->cfg, at, 2) | bit);
	if (f->slot_irq && ctl & EXP_SLTCTL_HPIE && ctl & enable)
		f->slot_irq(f->slot_irq_ctx, p->bdf);
}

void port_link(struct fabric_port *p, bool up)
{
	bool was = p->up;

	p->up = up;
	if (!up) {
		ide_link_down(&p->ide);
		port_intx_down(p);
	}
	port_show(p);
	if (was != up)
		slot_status(p, EXP_SLTSTA_DLLSC, EXP_SLTCTL_DLLSCE);
}

/* Somebody is there, has power, and the link is not disabled (§7.5.3.7). */
static bool trains(const struct fabric_port *p)
{
	return p->present && !p->off &&
	       !(pci_cfg_get(&p->cfg, (uint16_t)(p->exp + EXP_LNKCTL), 2) &
		 EXP_LNKCTL_DISABLE);
}

static void port_presence(struct fabric_port *p, bool present)
{
	bool was = p->present;

	p->present = present;
	port_link(p, trains(p));
	if (was != present)
		slot_status(p, EXP_SLTSTA_PDC, EXP_SLTCTL_PDCE);
}

void port_event(struct fabric_port *p, enum link_event ev)
{
	env_trace(p->fabric->env, FABRIC_TR_LINK, p->index, ev, 0);
	switch (ev) {
	case LINK_UP:
		if (trains(p))
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
	if (p->up || !trains(p))
		return IL_E_STATE;
	drop_frames(p);
	err = port_tell(p, LINK_UP);
	if (!err)
		port_link(p, true);
	return err;
}

/* Whoever has power expects a link; one that is disabled does not come. */
static enum il_err port_start(struct fabric_port *p)
{
	port_link(p, trains(p));
	return p->present && !p->up ? port_tell(p, LINK_DOWN) : IL_OK;
}

enum il_err fabric_power(struct fabric *f, unsigned port, bool on)
{
	struct fabric_port *p = port_get(f, port);
	enum il_err err = IL_OK;

	if (!p)
		return IL_E_ARG;
	if (p->off != on)
		return IL_E_STATE;
	drop_frames(p);
	p->off = !on;
	if (!on)
		port_link(p, false);
	if (p->present)
		err = port_tell(p, on ? LINK_POWER_ON : LINK_POWER_OFF);
	if (!err && on)
		err = port_start(p);
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
	err = p->off ? IL_OK : port_tell(p, LINK_PRESENT);
	if (!err)
		port_presence(p, true);
	return err || p->off ? err : port_start(p);
}
