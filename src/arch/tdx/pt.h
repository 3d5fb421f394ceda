/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_TDX_PT_H
#define ARCH_TDX_PT_H

#include "mem/pt.h"

/*
 * Extended page tables: the module's secure ones, the host's shared ones, and
 * VT-d's second stage, which has the same entries.
 * Source: Intel SDM vol. 3, §29.3.2; VT-d 4.1, §9.8
 */
extern const struct pt_fmt tdx_pt_ept;

#endif
