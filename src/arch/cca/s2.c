/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/s2.h"

#include "base/bits.h"

/* MemAttr normal write-back, inner shareable, access flag. */
#define PAGE_BITS (UINT64_C(0x3c) | UINT64_C(0x300) | BIT64(10))

const struct pt_fmt cca_s2_fmt = {
	.name = "vmsa-s2",
	.source = "Arm ARM DDI 0487, D8.3, stage 2 translation table formats",
	.leaf = PT_LEAF_TYPE,
	.present = BIT64(0),
	.addr = MASK64(47, 12),
	.mark = BIT64(1),
	.read = BIT64(6),
	.write = BIT64(7),
	.no_exec = BIT64(54),
	.page = PAGE_BITS,
	.need = BIT64(10), /* else an Access flag fault */
};
