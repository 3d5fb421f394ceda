/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_IDE_IDE_PRIV_H
#define HOST_IDE_IDE_PRIV_H

#include "host/ide/ide.h"

/* What was read of one function's capability. */
struct pci_ide_caps {
	struct ide_cap_regs cap;
	uint8_t n_addrs;
	uint16_t streams; /* blocks that look like the first */
	uint8_t used[PCI_IDE_STREAMS / 8];
	struct pci_ide_host *host;
};

int pci_ide_sysfs_init(struct pci_ide_host *h);

#endif
