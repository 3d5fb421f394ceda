/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power states: D0 and D3hot. Source: PCIe Base 6.0 §5.3.1, §7.5.2.2; a device
 * that does not reset on its way back keeps its IDE keys in D3hot (§6.33.8).
 */
#include <errno.h>

#include "host/pci/pci_priv.h"
#include "pci/regs.h"

#define D3_WAIT_NS UINT64_C(10000000) /* §5.9: 10 ms either way */

int pci_set_power(struct pci_dev *p, uint8_t state)
{
	uint16_t reg = (uint16_t)(p->cap_pm + PM_CSR);
	uint32_t csr;
	bool resets;
	int ret;

	if (!p->cap_pm)
		return -EIO;
	if (state != PM_STATE_D0 && state != PM_STATE_D3)
		return -EINVAL;
	ret = pci_read(p, reg, 2, &csr);
	if (ret || csr == 0xffff)
		return -ENODEV;
	if ((csr & PM_CSR_STATE) == state) {
		p->power = state;
		return 0;
	}
	resets = !(csr & PM_CSR_NO_SOFT_RESET);
	if (state == PM_STATE_D3) {
		pci_upset(p, resets ? PCI_UPSET_DEVICE : PCI_UPSET_INTERFACE);
		/* Linux's drivers do so in suspend; else it would be ours. */
		(void)pci_enable(p, false, false);
	}
	ret = pci_write(p, reg, 2, (csr & ~PM_CSR_STATE) | state);
	pci_wait_ns(p, D3_WAIT_NS);
	if (ret)
		return ret;
	p->power = state;
	if (state == PM_STATE_D0 && resets)
		pci_restore(p, 0);
	return 0;
}

const char *pci_power_name(const struct pci_dev *p)
{
	if (p->gone)
		return "unknown";
	return p->power == PM_STATE_D0 ? "D0" : "D3hot";
}
