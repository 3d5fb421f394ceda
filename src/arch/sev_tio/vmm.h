/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_SEV_TIO_VMM_H
#define ARCH_SEV_TIO_VMM_H

#include "host/uapi/vmm_launch.h"

/* How an SNP VM is launched and what its TIO exits ask for. */
extern const struct vmm_launch sev_tio_vmm_launch;

#endif
