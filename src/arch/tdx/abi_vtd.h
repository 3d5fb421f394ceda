/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_TDX_ABI_VTD_H
#define ARCH_TDX_ABI_VTD_H

#include <stdint.h>

/*
 * Extended page tables and VT-d's scalable mode, as host and module write
 * them. Entries have 8 bytes, context entries 32, PASID entries 64.
 *
 * Source: Intel SDM vol. 3, §29.3 (EPT); Intel VT-d 4.1, §9 (root, context,
 * PASID directory and PASID table entries, second-stage entries)
 */

/* EPT and second-stage entries. */
#define EPT_R	 UINT64_C(0x1)
#define EPT_W	 UINT64_C(0x2)
#define EPT_X	 UINT64_C(0x4)
#define EPT_RWX	 UINT64_C(0x7)
#define EPT_IPAT UINT64_C(0x40)
#define EPT_PS	 UINT64_C(0x80) /* leaf; ignored in entries of 4 KiB */
#define EPT_A	 UINT64_C(0x100)
#define EPT_D	 UINT64_C(0x200)
#define EPT_ADDR UINT64_C(0x000ffffffffff000)
#define EPT_SVE	 (UINT64_C(1) << 63) /* suppress #VE */

/*
 * State of a secure EPT entry, kept in bits that the walk ignores. Source:
 * TDX module 1.5, x86_defs.h and sept_state_lookup.h (encoding of D, TDEX to
 * TDP, IPAT, PS). OPEN: that MMIO has the same encodings with TDIO set.
 */
#define SEPT_TDEX (UINT64_C(1) << 53)
#define SEPT_TDBW (UINT64_C(1) << 54)
#define SEPT_TDB  (UINT64_C(1) << 55) /* blocked */
#define SEPT_TDP  (UINT64_C(1) << 56) /* pending */
#define SEPT_TDIO (UINT64_C(1) << 62) /* MMIO */
#define SEPT_STATE                                                      \
	(EPT_D | EPT_IPAT | EPT_PS | SEPT_TDEX | SEPT_TDBW | SEPT_TDB | \
	 SEPT_TDP | SEPT_TDIO)
#define SEPT_LEAF	     (EPT_IPAT | EPT_PS)
#define SEPT_FREE	     (SEPT_TDEX | SEPT_TDBW | SEPT_TDB)
#define SEPT_NL_MAPPED	     UINT64_C(0)
#define SEPT_NL_BLOCKED	     SEPT_TDB
#define SEPT_MAPPED	     SEPT_LEAF
#define SEPT_BLOCKED	     (SEPT_LEAF | SEPT_TDB)
#define SEPT_PENDING	     (SEPT_LEAF | SEPT_TDP)
#define SEPT_PENDING_BLOCKED (SEPT_LEAF | SEPT_TDP | SEPT_TDB)
#define SEPT_MMIO_MAPPED     (SEPT_LEAF | SEPT_TDIO)
#define SEPT_MMIO_PENDING    (SEPT_LEAF | SEPT_TDIO | SEPT_TDP)
#define SEPT_MMIO_BLOCKED    (SEPT_LEAF | SEPT_TDIO | SEPT_TDB)

/*
 * The host's root table: 256 entries of 16 bytes, the lower half for devices
 * 0 to 15 of a bus, the upper for 16 to 31. The trusted one has the same form
 * and is indexed by (bus, upper half).
 */
#define VTD_ROOT_LEN 8
#define VTD_ROOT_P   UINT64_C(0x1)
#define VTD_ROOT_CTP UINT64_C(0xfffffffffffff000)

#define VTD_CTX_LEN  32
#define VTD_CTX_P    UINT64_C(0x1)
#define VTD_CTX_PDTS UINT64_C(0xe00) /* 2^(7 + n) directory entries */
#define VTD_CTX_PDP  UINT64_C(0xfffffffffffff000)
/* Second word: PASID that requests without PASID get; 0 here. */
#define VTD_CTX1_RID_PASID UINT64_C(0xfffff)

#define VTD_DIR_LEN 8
#define VTD_DIR_P   UINT64_C(0x1)
#define VTD_DIR_PTP UINT64_C(0xfffffffffffff000)

#define VTD_PASID_LEN	 64
#define VTD_PASID_P	 UINT64_C(0x1)
#define VTD_PASID_AW	 UINT64_C(0x1c) /* 2: four levels */
#define VTD_PASID_SLEE	 UINT64_C(0x20)
#define VTD_PASID_PGTT	 UINT64_C(0x1c0) /* 2: second stage */
#define VTD_PASID_SLADE	 UINT64_C(0x200)
#define VTD_PASID_SLPT	 UINT64_C(0xfffffffffffff000)
#define VTD_PASID1_DID	 UINT64_C(0xffff)
#define VTD_PASID1_PWSNP (UINT64_C(1) << 23)
#define VTD_PASID1_PGSNP (UINT64_C(1) << 24)
#define VTD_PASID1_EMTE	 (UINT64_C(1) << 26)
#define VTD_PASID1_EMT	 (UINT64_C(7) << 27)
#define VTD_AW_4LEVEL	 2
#define VTD_PGTT_SECOND	 2
#define VTD_EMT_WB	 6

/* What a PASID entry of TDH.DMAR.ADD must say, root and domain being zero.
 * Source: TDX module 2.0, is_valid_dmar_pasidte() */
#define TDX_PASID0_ADD (VTD_PASID_SLEE | UINT64_C(2) << 6 | UINT64_C(2) << 2)
#define TDX_PASID1_ADD                                           \
	(VTD_PASID1_PWSNP | VTD_PASID1_PGSNP | VTD_PASID1_EMTE | \
	 UINT64_C(6) << 27)

/* Domain identifiers with the top bit are the module's. */
#define VTD_DID_TRUSTED UINT16_C(0x8000)

/* Software's bits in the module's entries. Source: dmar_defs.h */
#define DMAR_BLOCKED_BIT   UINT64_C(0x400) /* root, directory, PASID */
#define DMAR_CTX_BLOCKED   UINT64_C(0x080)
#define DMAR_PASID_PENDING (UINT64_C(1) << 63)

/*
 * Fault record, 16 bytes: address of the page 63:12; then source 15:0, T bit
 * 28 (trusted; OPEN), reason 39:32, T2 60, T1 (read) 62, F 63.
 * Source: VT-d 4.1, §11.4.14 Fault Recording Registers. The unit here keeps
 * them in a ring in memory (OPEN: registers in hardware).
 */
#define VTD_FAULT_LEN	 16
#define VTD_FAULT_SID	 UINT64_C(0x000000000000ffff)
#define VTD_FAULT_TRUST	 (UINT64_C(1) << 28)
#define VTD_FAULT_REASON UINT64_C(0x000000ff00000000)
#define VTD_FAULT_READ	 (UINT64_C(1) << 62)
#define VTD_FAULT_F	 (UINT64_C(1) << 63)
/* Reasons. Source: VT-d 4.1, appendix A; OPEN: 0x7f, ownership */
#define VTD_REASON_ENTRY  0x41 /* no context or PASID entry */
#define VTD_REASON_WRITE  0x85 /* no permission to write */
#define VTD_REASON_READ	  0x86
#define VTD_REASON_PAGING 0x80 /* no entry */
#define VTD_REASON_INTR	  0x20
#define VTD_REASON_OWNER  0x7f

#endif
