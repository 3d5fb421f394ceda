/* SPDX-License-Identifier: BSD-2-Clause */
#include "fmts.h"

#include "base/bits.h"

/*
 * Arm DDI 0487 J.a, D8.3: bits 1:0 are 11 for a table and a page, 01 for a
 * block (of 1 GiB and 2 MiB); S2AP 7:6, write and read; SH 9:8; AF 10; XN 54.
 * A stage 2 entry that leads to a table has no permissions.
 */
#define ARM                                                            \
	.source = "Arm DDI 0487 J.a, D8.3", .leaf = PT_LEAF_TYPE,      \
	.present = BIT64(0), .addr = MASK64(47, 12), .mark = BIT64(1), \
	.read = BIT64(6), .write = BIT64(7), .no_exec = BIT64(54),     \
	.page = BIT64(10) | MASK64(9, 8), .need = BIT64(10)

const struct pt_fmt fmt_arm = { .name = "arm", ARM };
const struct pt_fmt fmt_arm_16 = { .name = "arm-16", .root_order = 4, ARM };

/*
 * Intel SDM vol. 3C, 29.3.2: present is any of R, W and X (2:0); bit 7 makes
 * a leaf at levels 3 and 2; accessed 8, dirty 9; W without R is a
 * misconfiguration; memory type 5:3 of a leaf is 6.
 */
const struct pt_fmt fmt_ept = {
	.name = "ept",
	.source = "Intel SDM vol. 3C, 29.3.2",
	.leaf = PT_LEAF_ANY,
	.wo_bad = true,
	.any = MASK64(2, 0),
	.addr = MASK64(51, 12),
	.mark = BIT64(7),
	.read = BIT64(0),
	.write = BIT64(1),
	.exec = BIT64(2),
	.accessed = BIT64(8),
	.dirty = BIT64(9),
	.page = 6 << 3,
	.rsvd_table = MASK64(6, 3),
};

/* Intel VT-d 4.1, 9.8: R and W (1:0), either is present; bit 7 a leaf. */
const struct pt_fmt fmt_vtd = {
	.name = "vtd-ss",
	.source = "Intel VT-d 4.1, 9.8",
	.leaf = PT_LEAF_ANY,
	.any = MASK64(1, 0),
	.addr = MASK64(51, 12),
	.mark = BIT64(7),
	.read = BIT64(0),
	.write = BIT64(1),
	.accessed = BIT64(8),
	.dirty = BIT64(9),
};

/*
 * RISC-V privileged 20211203, 4.4.1 and 5.5.1: V 0, R 1, W 2, X 3, U 4 (set
 * for a guest's pages), A 6, D 7, PPN 53:10; a root of 16 KiB.
 */
const struct pt_fmt fmt_riscv = {
	.name = "sv-x4",
	.source = "RISC-V privileged 20211203, 5.5.1",
	.leaf = PT_LEAF_PERM,
	.shift = 2,
	.root_order = 2,
	.leaf_max = 4,
	.wo_bad = true,
	.present = BIT64(0),
	.addr = MASK64(53, 10),
	.read = BIT64(1),
	.write = BIT64(2),
	.exec = BIT64(3),
	.accessed = BIT64(6),
	.dirty = BIT64(7),
	.page = BIT64(4),
	.need = BIT64(4),
	.rsvd = MASK64(63, 54),
	.rsvd_table = BIT64(4) | BIT64(6) | BIT64(7),
};
