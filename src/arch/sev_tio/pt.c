/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/sev_tio/pt.h"

#include "base/bits.h"

const struct pt_fmt pt_npt = {
	.name = "npt",
	.source = "AMD64 APM vol. 2, 3.42, §15.25.6, nested page faults",
	.leaf = PT_LEAF_SIZE,
	.must_read = true,
	.present = BIT64(0),
	.addr = MASK64(51, 12),
	.mark = BIT64(7),
	.read = BIT64(2), /* nested walks are user accesses */
	.write = BIT64(1),
	.no_exec = BIT64(63),
	.accessed = BIT64(5),
	.dirty = BIT64(6),
};

const struct pt_fmt pt_iommu_v1 = {
	.name = "amd-v1",
	.source = "AMD IOMMU Specification 48882, 3.08, §2.2.3, §2.5.3",
	.leaf = PT_LEAF_NEXT,
	.leaf_max = 6,
	.present = BIT64(0),
	.addr = MASK64(51, 12),
	.next = MASK64(11, 9),
	.read = BIT64(61),
	.write = BIT64(62),
	.accessed = BIT64(5),
	.dirty = BIT64(6),
	.page = BIT64(60), /* FC: coherent */
	.rsvd = MASK64(58, 52) | BIT64(63),
};
