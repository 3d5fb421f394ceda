/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_GSTAGE_H
#define ARCH_COVE_GSTAGE_H

#include "mem/pt.h"

/*
 * Sv48x4 entries, as CPUs and IOMMUs read them (abi_iommu.h): for who writes
 * such tables, the host's own too.
 */
extern const struct pt_fmt cove_sv48x4;

#endif
