/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_TDX_VMM_H
#define ARCH_TDX_VMM_H

#include "host/uapi/vmm_launch.h"

/* How a TD is launched and what its calls for devices ask for. */
extern const struct vmm_launch tdx_vmm_launch;

#endif
