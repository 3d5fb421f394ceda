/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>

#include "pci/regs.h"
#include "world/cmd_priv.h"

/* Resets, power states, and what comes into a slot or leaves it. */

/* What one call of the kernel's came to. */
static enum il_err over(struct world *w, const char *what, int ret)
{
	world_say(w, "host", what, ret ? world_errno_name(-ret) : "ok",
		  ret != 0, 0);
	return ret ? world_fail(w, IL_E_PEER, -ret, "%s: %s", what,
				world_errno_name(-ret))
		   : IL_OK;
}

/* The function that a command names. NULL: it is not there; said why. */
static struct pci_dev *function(struct world *w, const struct lang_call *c,
				enum il_err *err)
{
	struct pci_dev *p;

	*err = world_need_vmm(w);
	if (*err)
		return NULL;
	w->group = "reset";
	p = pci_find(&w->host->pci, (uint32_t)lang_num(c, "bdf", 0));
	if (!p)
		*err = world_fail(w, IL_E_PEER, ENODEV,
				  "the host knows no such function");
	return p;
}

enum il_err cmd_host_reset(void *ctx, const struct lang_call *c)
{
	static const char *const names[] = { "reset", "reset: flr", "reset: pm",
					     "reset: bus",
					     "reset of all below" };
	struct world *w = ctx;
	uint64_t how = lang_num(c, "method", 0);
	enum il_err err;
	struct pci_dev *p = function(w, c, &err);

	if (!p)
		return err;
	if (how == 4)
		return over(w, names[how], pci_reset_below(p));
	return over(w, names[how],
		    how ? pci_reset_by(p, (enum pci_reset)how)
			: pci_reset_function(p));
}

enum il_err cmd_host_power(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	bool d3 = lang_num(c, "state", 0);
	enum il_err err;
	struct pci_dev *p = function(w, c, &err);

	if (!p)
		return err;
	return over(w, d3 ? "power state D3hot" : "power state D0",
		    pci_set_power(p, d3 ? PM_STATE_D3 : PM_STATE_D0));
}

enum il_err cmd_host_slot(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	bool on = lang_num(c, "power", 0);
	enum il_err err;
	struct pci_dev *p = function(w, c, &err);

	return p ? over(w, on ? "slot on" : "slot off", pci_slot_power(p, on))
		 : err;
}

enum il_err cmd_host_remove(void *ctx, const struct lang_call *c)
{
	enum il_err err;
	struct pci_dev *p = function(ctx, c, &err);

	if (!p)
		return err;
	pci_remove(p);
	return over(ctx, "remove", 0);
}

enum il_err cmd_host_rescan(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	enum il_err err = world_need_vmm(w);

	(void)c;
	return err ? err : over(w, "rescan", pci_scan(&w->host->pci));
}

/* --- people at the machine --- */

/* The device that a command names, in this process. NULL: said why. */
static struct world_dev *here(struct world *w, const struct lang_call *c,
			      enum il_err *err)
{
	struct world_dev *d;

	*err = world_need_vmm(w);
	if (!*err && w->remote.used)
		*err = world_fail(w, IL_E_STATE, 0,
				  "a device in another process has no slot "
				  "here");
	if (*err)
		return NULL;
	w->group = "reset";
	d = world_dev(w, c);
	if (!d)
		*err = w->last_err;
	return d;
}

static enum il_err done(struct world *w, struct world_dev *d, const char *who,
			const char *what, enum il_err err)
{
	d->touched = true;
	world_settle(w);
	world_say(w, who, what, err ? "it is so already" : "ok", err, 0);
	return err ? world_fail(w, err, 0, "%s %s: it is so already", who, what)
		   : IL_OK;
}

enum il_err cmd_device_unplug(void *ctx, const struct lang_call *c)
{
	enum il_err err;
	struct world_dev *d = here(ctx, c, &err);

	return d ? done(ctx, d, "device", "unplug",
			fabric_remove(&d->w->fabric, d->port))
		 : err;
}

enum il_err cmd_device_plug(void *ctx, const struct lang_call *c)
{
	enum il_err err;
	struct world_dev *d = here(ctx, c, &err);

	return d ? done(ctx, d, "device", "plug",
			fabric_insert(&d->w->fabric, d->port))
		 : err;
}

enum il_err cmd_link_down(void *ctx, const struct lang_call *c)
{
	enum il_err err;
	struct world_dev *d = here(ctx, c, &err);

	return d ? done(ctx, d, "link", "down",
			fabric_link_down(&d->w->fabric, d->port))
		 : err;
}

enum il_err cmd_link_up(void *ctx, const struct lang_call *c)
{
	enum il_err err;
	struct world_dev *d = here(ctx, c, &err);

	return d ? done(ctx, d, "link", "up",
			fabric_link_up(&d->w->fabric, d->port))
		 : err;
}

enum il_err cmd_expect_function(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	bool want = lang_num(c, "state", 0);
	bool is = w->built &&
		  pci_find(&w->host->pci, (uint32_t)lang_num(c, "bdf", 0));

	if (is == want)
		return IL_OK;
	return world_fail(w, IL_E_PEER, 0,
			  is ? "the host knows the function"
			     : "the host knows no such function");
}

/* --- interrupts of slots --- */

void world_slot_irq(void *ctx, uint16_t port)
{
	struct world *w = ctx;

	for (unsigned i = 0; i < w->devs; i++)
		if (WORLD_PORT_BDF(i) == port)
			w->slot_irqs |= 1u << i;
}

/* The kernel's handler runs once what caused the interrupt is over. */
void world_irqs(struct world *w)
{
	while (w->slot_irqs && w->host) {
		unsigned i = (unsigned)__builtin_ctz(w->slot_irqs);

		w->slot_irqs &= w->slot_irqs - 1;
		w->dev[i].touched = true;
		pci_slot_irq(&w->host->pci, WORLD_PORT_BDF(i));
		world_settle(w);
	}
}
