/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_SEV_TIO_PT_H
#define ARCH_SEV_TIO_PT_H

#include "mem/pt.h"

/*
 * x86 long-mode entries as KVM writes nested tables.
 * Source: AMD64 APM vol. 2, 3.42, §5.3.3 to 5.3.5, §15.25
 */
extern const struct pt_fmt pt_npt;
/*
 * AMD IOMMU host (v1) tables: PR b0, next level 11:9, FC b60, IR b61, IW b62;
 * next level 7 leaves encode their size in the low address bits.
 * Source: AMD I/O Virtualization (IOMMU) Specification 48882, 3.08, §2.2.3
 */
extern const struct pt_fmt pt_iommu_v1;

#endif
