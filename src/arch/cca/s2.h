/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_S2_H
#define ARCH_CCA_S2_H

#include "mem/pt.h"

/*
 * Stage-2 descriptors of VMSAv8-64 with 4 KiB granules: of the CPU and of the
 * SMMU alike, the host's own tables and a realm's. Four levels reach 48 bits.
 * Source: Arm ARM DDI 0487, D8.3.1, D8.3.2; abi_smmu.h
 */
extern const struct pt_fmt cca_s2_fmt;
#define CCA_S2_LEVELS 4

#endif
