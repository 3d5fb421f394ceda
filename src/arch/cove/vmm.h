/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_VMM_H
#define ARCH_COVE_VMM_H

#include "host/uapi/vmm_launch.h"

/* How a TVM is launched and what its calls ask for. */
extern const struct vmm_launch cove_vmm_launch;

#endif
