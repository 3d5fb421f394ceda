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
/*
 * @size bytes at a multiple of @align for what stands below @up; 0: there is
 * no room.
 */
uint64_t pci_window_take(struct pci_host *h, struct pci_dev *up, uint64_t size,
			 uint64_t align);
/* The last function below @up has left: its window and buses are free. */
void pci_bridge_emptied(struct pci_dev *up);
/* A function is whole: tells those who watch. 0, or the first error. */
int pci_added(struct pci_dev *p);

/* Reads the capability and places the VFs' BARs. */
int pci_sriov_init(struct pci_dev *p);
/* After a reset of the PF: VF BARs and the number of VFs. */
void pci_sriov_restore(struct pci_dev *p);

/* After a reset of a switch: bus numbers and windows. 0 or -errno. */
void pci_ari_forward(struct pci_dev *p);
int pci_bridge_restore(struct pci_dev *p);
/* After a reset: BARs, command register, VFs, mailbox. */
void pci_restore(struct pci_dev *p, uint32_t command);
/* Until it answers, a second at the most; -ETIMEDOUT. */
int pci_wait_for(struct pci_dev *p);
void pci_wait_ns(struct pci_dev *p, uint64_t ns);

/* Describes the slot of a port; what is in it is found by the scan. */
void pci_slot_init(struct pci_dev *port);
/*
 * Link changes that we cause ourselves are not pciehp's business: masks the
 * interrupt; and clears what came meanwhile before it is on again.
 */
void pci_slot_quiet(struct pci_dev *port, bool quiet);

int pci_sysfs_init(struct pci_host *h);
extern const struct pci_attr pci_reset_attrs[];
/* A decimal or hexadecimal number to @max, or -EINVAL. */
int pci_sysfs_number(const char *val, unsigned long max, unsigned long *out);
/* The bus's own files: rescan, slots. */
int pci_sysfs_bus_init(struct pci_host *h);
/* Text without its line feed; -EINVAL when there is none, or too much. */
#define PCI_TEXT_MAX 64
int pci_sysfs_text(const void *buf, size_t len, char out[PCI_TEXT_MAX]);

#endif
