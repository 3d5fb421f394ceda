/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_ABI_IOMMU_H
#define ARCH_COVE_ABI_IOMMU_H

#include <stdint.h>

#include "base/bits.h"

/*
 * What software writes for a RISC-V IOMMU and for G-stage translation.
 *
 * Source: RISC-V IOMMU 1.0, chapters 2 and 3; privileged architecture
 * 20240411, 18.5 (two-stage translation), Svpbmt
 *
 * The device directory has two levels here (16 bit routing ids), and device
 * contexts the base format, 32 bytes: index 15:7 in the root, 6:0 in a leaf.
 */
#define COVE_DDTE_V   BIT64(0)
#define COVE_DDTE_PPN MASK64(53, 10)
#define COVE_DDT_SPAN 128 /* contexts of a leaf page */
#define COVE_DC_LEN   32

#define COVE_DC_TC	0 /* u64 */
#define COVE_DC_IOHGATP 8
#define COVE_DC_TA	16
#define COVE_DC_FSC	24

#define COVE_TC_V     BIT64(0)
#define COVE_TC_ATS   BIT64(1)
#define COVE_TC_PRI   BIT64(2)
#define COVE_TC_GADE  BIT64(7) /* accessed and dirty bits of the G-stage */
#define COVE_TC_KNOWN (COVE_TC_V | COVE_TC_GADE) /* others: not offered */

#define COVE_GATP_PPN	 MASK64(43, 0)
#define COVE_GATP_GSCID	 MASK64(59, 44)
#define COVE_GATP_MODE	 MASK64(63, 60)
#define COVE_GATP_BARE	 0
#define COVE_GATP_SV39X4 8
#define COVE_GATP_SV48X4 9

/*
 * A page-table entry of Sv48x4. The root has 16 KiB; guest addresses here stay
 * below 2^48, so three of its pages are never used.
 */
#define COVE_PTE_V	   BIT64(0)
#define COVE_PTE_R	   BIT64(1)
#define COVE_PTE_W	   BIT64(2)
#define COVE_PTE_X	   BIT64(3)
#define COVE_PTE_U	   BIT64(4) /* set in every G-stage leaf */
#define COVE_PTE_G	   BIT64(5)
#define COVE_PTE_A	   BIT64(6)
#define COVE_PTE_D	   BIT64(7)
#define COVE_PTE_RSW	   MASK64(9, 8) /* software's */
#define COVE_PTE_PPN	   MASK64(53, 10)
#define COVE_PTE_PBMT	   MASK64(62, 61)
#define COVE_PTE_PBMT_IO   2
#define COVE_PTE_RSVD	   (BIT64(63) | MASK64(60, 54))
#define COVE_GSTAGE_LEVELS 4

/* Fault queue records, 32 bytes. Source: RISC-V IOMMU 1.0, §3.2 */
#define COVE_FQ_LEN	32
#define COVE_FQ_CAUSE	MASK64(11, 0)
#define COVE_FQ_TTYP	MASK64(39, 34)
#define COVE_FQ_DID	MASK64(63, 40)
#define COVE_FQ_IOTVAL	16 /* u64: I/O virtual address */
#define COVE_FQ_IOTVAL2 24 /* u64: guest physical address, bits 63:2 */

enum cove_fq_cause {
	COVE_FQ_READ_ACCESS = 5, /* by ownership (I/O MPT), too */
	COVE_FQ_WRITE_ACCESS = 7,
	COVE_FQ_READ_GUEST_PAGE = 21,
	COVE_FQ_WRITE_GUEST_PAGE = 23,
	COVE_FQ_ALL_DISALLOWED = 256,
	COVE_FQ_DDT_LOAD = 257,
	COVE_FQ_DDT_INVALID = 258,
	COVE_FQ_DDT_MISCONFIGURED = 259,
	COVE_FQ_TYPE_DISALLOWED = 260,
};

enum cove_fq_ttyp {
	COVE_FQ_UNTRANSLATED_READ = 2,
	COVE_FQ_UNTRANSLATED_WRITE = 3,
};

#endif
