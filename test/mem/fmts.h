/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_MEM_FMTS_H
#define TEST_MEM_FMTS_H

#include "mem/pt.h"

/*
 * Layouts that the walker must be able to hold, of four kinds of machine,
 * written from their specifications for the tests of this room. What a world
 * uses stands in the folders of the architectures.
 */
extern const struct pt_fmt fmt_arm;    /* stage 2, 4 KiB granule */
extern const struct pt_fmt fmt_arm_16; /* its root of 16 tables */
extern const struct pt_fmt fmt_ept;    /* Intel EPT */
extern const struct pt_fmt fmt_vtd;    /* Intel VT-d, second stage */
extern const struct pt_fmt fmt_riscv;  /* Sv39x4, Sv48x4, Sv57x4 */

#endif
