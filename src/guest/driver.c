/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "guest/prog_priv.h"
#include "pci/dma_engine.h"

/*
 * The driver of the function, as the guest's kernel binds and unbinds it. It
 * maps the registers once, when it is bound: plain while the function is
 * nobody's, encrypted when it was locked, judged and accepted. That mapping is
 * wrong as soon as the function moves to the other side, so neither a lock nor
 * an unlock goes together with a bound driver.
 *
 * Source: PCI/TSM TEE-I/O infrastructure v2 (March 2026): tsm/lock and
 * tsm/unlock are EBUSY while a driver is bound; lock, evidence, accept, then
 * drivers_probe. OPEN: a driver that is probed between lock and accept; here
 * EBUSY, because no view of the registers would answer it.
 */
enum il_err guest_bind(struct guest *g)
{
	uint64_t id = 0;
	enum il_err err;

	if (g->driver_bound)
		return guest_refuse(g, EBUSY, "a driver is bound");
	if (g->state != GUEST_FOUND && g->state != GUEST_RUNNING)
		return guest_refuse(g, EBUSY, "locked, but not accepted yet");
	err = guest_reg_read(g, DMA_ID, 4, &id);
	if (err == IL_E_AGAIN)
		return err;
	if (err || id != DMA_ID_VALUE) {
		(void)guest_refuse(g, ENODEV, "not the function we drive");
		return IL_E_PEER;
	}
	g->driver_private = g->state == GUEST_RUNNING;
	g->driver_bound = true;
	return IL_OK;
}

enum il_err guest_unbind(struct guest *g)
{
	if (!g->driver_bound)
		return guest_refuse(g, ENODEV, "no driver is bound");
	g->driver_bound = false;
	return IL_OK;
}
