/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_VMM_H
#define ARCH_CCA_VMM_H

#include "host/uapi/vmm_launch.h"

/* How a realm is launched and what its calls ask for. */
extern const struct vmm_launch cca_vmm_launch;

#endif
