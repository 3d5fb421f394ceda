/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "device/device_priv.h"

/*
 * Interrupts of functions without MSI-X: four virtual wires, which messages
 * assert and deassert. Functions that share a wire hold it together.
 *
 * They are local to the link, so that no selective stream takes them (PCIe Base
 * 6.3 §6.33.4 Table 6-35), and nothing tells their T bit: a TVM that is
 * interrupted so knows no more than that somebody says so.
 *
 * OPEN: what TDISP has of INTx is that Interrupt Disable and Interrupt Status
 * are no part of what is locked (PCIe Base 6.x §11.2.6 Table 11-2). In
 * CONFIG_LOCKED and ERROR no request reaches the register that ends the cause,
 * so that a wire would be stuck: it is deasserted there.
 *
 * Source: PCIe Base 6.0 §2.2.8.1, §6.1.2, §7.5.1.1.3, §7.5.1.1.4
 */

/* A device of one function uses INTA; others may use any. */
uint8_t intx_pin(const struct device_fn *fn)
{
	return (uint8_t)(1 + fn->index % TLP_INTX_WIRES);
}

bool intx_pending(const struct device_fn *fn)
{
	const struct device_engine *e = &fn->engine;

	return !fn->msix && (e->irq & DMA_IRQ_ENABLE) &&
	       (e->status & (DMA_STATUS_DONE | DMA_STATUS_ERROR));
}

/* Bus Master Enable is not for messages (§7.5.1.1.3). */
static bool asserts(const struct device_fn *fn)
{
	const enum tdi_state s = dsm_tdi_state(&fn->dev->dsm.pci, fn->index);

	return intx_pending(fn) && fn->there && fn_awake(fn) &&
	       (s == TDI_UNLOCKED || s == TDI_RUN) &&
	       !(pci_cfg_get(&fn->cfg, CFG_COMMAND, 2) & CMD_INTX_OFF);
}

static uint8_t wires(const struct device *d)
{
	uint8_t on = 0;

	for (unsigned i = 0; i < d->cfg.pfs; i++)
		if (d->cfg.pf[i].no_msix && asserts(&d->fn[i]))
			on |= (uint8_t)(1u << (intx_pin(&d->fn[i]) - 1));
	return on;
}

/* What the channel has no room for is told at the next turn. */
bool intx_settle(struct device *d)
{
	bool any = false;
	uint8_t on;

	if (!d->wired || !d->up)
		return false;
	on = wires(d);
	for (unsigned pin = 1; pin <= TLP_INTX_WIRES; pin++) {
		const uint8_t bit = (uint8_t)(1u << (pin - 1));
		struct tlp m;

		if (!((on ^ d->intx) & bit))
			continue;
		/* The device's, not a function's: its number is reserved. */
		tlp_intx(&m, device_rid(d, 0), pin, on & bit);
		if (device_send(d, &m, -1) == IL_E_AGAIN)
			break;
		d->intx ^= bit;
		any = true;
	}
	return any;
}
