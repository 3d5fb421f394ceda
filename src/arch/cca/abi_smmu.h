/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_ABI_SMMU_H
#define ARCH_CCA_ABI_SMMU_H

#include "arch/cca/abi_bytes.h"

/*
 * SMMUv3: stream table entries and event records, as far as the model has
 * them. There are two programming interfaces: the non-secure one, the host's
 * (its stream table, command queue and event queue), and the Realm one, the
 * monitor's. A TLP with T = 1 looks in the Realm's table, one with T = 0 in
 * the host's.
 *
 * Source: Arm SMMUv3 IHI0070, 5.2 (STE), 7.3 (event records); Linux
 * drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.h
 */

#define STE_LEN 64

#define STE0_V		  (UINT64_C(1) << 0)
#define STE0_CONFIG_LSB	  1
#define STE0_CONFIG	  (UINT64_C(7) << 1)
#define STE_CONFIG_ABORT  0u
#define STE_CONFIG_BYPASS 4u
#define STE_CONFIG_S1	  5u /* OPEN: no stage 1 in the model, refused */
#define STE_CONFIG_S2	  6u
/* Third doubleword. */
#define STE2_VMID     UINT64_C(0xffff)
#define STE2_VTCR_LSB 32
#define STE2_T0SZ     (UINT64_C(0x3f) << 32) /* 64 - IPA bits */
#define STE2_SL0_LSB  38
#define STE2_SL0                                                         \
	(UINT64_C(3) << 38)	     /* level the walk starts at: 2 - n, \
				      * 3: level 3 */
#define STE2_S2R (UINT64_C(1) << 58) /* faults are recorded */
/* Fourth doubleword: root of the stage-2 table. */
#define STE3_S2TTB UINT64_C(0x000ffffffffffff0)

#define EVT_LEN 32
enum smmu_evt {
	EVT_C_BAD_STREAMID = 0x02,
	EVT_F_STE_FETCH = 0x03,
	EVT_C_BAD_STE = 0x04,
	EVT_F_STREAM_DISABLED = 0x06,
	EVT_F_WALK_EABT = 0x0b,
	EVT_F_TRANSLATION = 0x10,
	EVT_F_ADDR_SIZE = 0x11,
	EVT_F_ACCESS = 0x12,
	EVT_F_PERMISSION = 0x13,
};
/* Doubleword 0: type 7:0, stream id 63:32. 1: RnW bit 35, S2 bit 39. 2: input
 * address. 3: IPA 51:12. */
#define EVT0_TYPE    UINT64_C(0xff)
#define EVT0_SID_LSB 32
#define EVT1_RNW     (UINT64_C(1) << 35)
#define EVT1_S2	     (UINT64_C(1) << 39)

/*
 * Stage-2 descriptor. Source: Arm ARM, VMSAv8-64: bits 1:0 (3 table or page, 1
 * block), S2AP 7:6 (read 6, write 7), access flag 10, output address 47:12.
 * A realm's unused and not-yet-accepted entries have bits 1:0 zero and what
 * they are in software's bits; where is the monitor's own, not ABI.
 */
#define S2_VALID UINT64_C(0x1)
#define S2_TABLE UINT64_C(0x2) /* table, or page at level 3 */
#define S2_AP_R	 (UINT64_C(1) << 6)
#define S2_AP_W	 (UINT64_C(1) << 7)
#define S2_AF	 (UINT64_C(1) << 10)
#define S2_ADDR	 UINT64_C(0x0000fffffffff000)

/* Root-port vendor capability that only the monitor writes. */
#define RP_DVSEC_VENDOR	 0x13b5
#define RP_DVSEC_ID	 0xff01
#define RP_DVSEC_CTL1	 12 /* bit 0: TDISP_EN */
#define RP_DVSEC_CTL2	 16 /* a lock bit for each register block */
#define RP_CTL1_TDISP_EN 1u

#endif
