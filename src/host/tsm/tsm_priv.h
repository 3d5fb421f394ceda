/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_TSM_TSM_PRIV_H
#define HOST_TSM_TSM_PRIV_H

#include "host/tsm/tsm.h"

int pci_tsm_sysfs_init(struct pci_tsm_core *c);
/* The number in "tsmN"; text behind it is tolerated. -EINVAL. */
int pci_tsm_parse(const char *name);

#endif
