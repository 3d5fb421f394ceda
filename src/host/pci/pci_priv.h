/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_PCI_PCI_PRIV_H
#define HOST_PCI_PCI_PRIV_H

#include "host/pci/pci.h"

/* All ones when nothing answers. */
uint32_t pci_get(struct pci_dev *p, uint16_t reg, uint8_t size);
/* The capabilities and identity of a function; -ENODEV if none is there. */
int pci_describe(struct pci_dev *p);
/* A new function in the list. NULL: no memory. */
struct pci_dev *pci_new(struct pci_host *h, uint32_t bdf, struct pci_dev *up);
/* A function that came after the scan is whole: tells those who watch. */
void pci_added(struct pci_dev *p);
/* @size bytes at a multiple of it; 0: the window is full. */
uint64_t pci_window_take(struct pci_host *h, uint64_t size);
/* Reads the capability and places the VFs' BARs. */
int pci_sriov_init(struct pci_dev *p);
/* After a reset of the PF: VF BARs and the number of VFs. */
void pci_sriov_restore(struct pci_dev *p);
int pci_sysfs_init(struct pci_host *h);

#endif
