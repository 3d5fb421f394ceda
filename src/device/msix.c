/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/device_priv.h"

#include <string.h>

#include "base/bits.h"

/* Message-signalled interrupts of a function. Source: PCIe Base 6.0 §6.1.4 */

/* All vectors masked, nothing pending. */
void msix_reset(struct device_fn *fn)
{
	memset(fn->table, 0, sizeof(fn->table));
	for (unsigned i = 0; i < DMA_MSIX_VECTORS; i++)
		fn->table[i * MSIX_ENTRY_SIZE + MSIX_ENTRY_CTL] =
			MSIX_ENTRY_MASKED;
	fn->pending = 0;
}

void msix_fire(struct device_fn *fn, unsigned vector)
{
	uint32_t ctl =
		pci_cfg_get(&fn->cfg, (uint16_t)(fn->msix + MSIX_CTL), 2);

	if (!fn->msix || vector >= DMA_MSIX_VECTORS || !(ctl & MSIX_CTL_ENABLE))
		return;
	fn->pending |= BIT64(vector);
	msix_flush(fn);
}

/* Sends one vector; false: it stays pending. */
static bool send(struct device_fn *fn, unsigned vector)
{
	struct device *d = fn->dev;
	struct rd r = rd_over(fn->table + (size_t)vector * MSIX_ENTRY_SIZE,
			      MSIX_ENTRY_SIZE);
	uint64_t addr = rd_u64le(&r);
	uint8_t data[4], pad[12];
	struct tlp m;
	bool t;
	int stream;

	rd_copy(&r, data, sizeof(data));
	if (rd_u32le(&r) & MSIX_ENTRY_MASKED)
		return false;
	/* What the TDI's state forbids is lost, as the request itself is. */
	if (device_may_send(d, fn->index, DSM_MSIX, &t, &stream))
		return true;
	if (tlp_mwr(&m, device_rid(d, fn->index), addr & ~UINT64_C(3), data,
		    sizeof(data), pad, sizeof(pad)))
		return true;
	m.prefix.t = t;
	return device_send(d, &m, stream) != IL_E_AGAIN;
}

void msix_flush(struct device_fn *fn)
{
	uint32_t ctl;

	if (!fn->pending || !fn->msix)
		return;
	ctl = pci_cfg_get(&fn->cfg, (uint16_t)(fn->msix + MSIX_CTL), 2);
	if (!(ctl & MSIX_CTL_ENABLE) || (ctl & MSIX_CTL_MASK_ALL) ||
	    !fn_master(fn))
		return;
	for (unsigned i = 0; i < DMA_MSIX_VECTORS; i++)
		if ((fn->pending & BIT64(i)) && send(fn, i))
			fn->pending &= ~BIT64(i);
}
