/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PCI_REGS_H
#define PCI_REGS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Numbers of configuration space, for those who offer the registers (device,
 * fabric) and those who drive them (host, guest). Offsets of a capability are
 * relative to it. Names do not clash with <linux/pci_regs.h>: a test includes
 * both and compares.
 * Source: PCIe Base 6.0 §7.5 to §7.9
 */

/* Geographical address: bus 15:8, device 7:3, function 2:0. */
#define BDF(bus, dev, fn)                                                  \
	((uint16_t)(((uint32_t)(bus) << 8 | (uint32_t)(dev) << 3 | (fn)) & \
		    0xffff))
#define BDF_BUS(bdf) ((uint8_t)((bdf) >> 8))
#define BDF_DEV(bdf) ((uint8_t)((bdf) >> 3 & 0x1f))
#define BDF_FN(bdf)  ((uint8_t)((bdf)&7))

#define CFG_SIZE      4096u
#define CFG_EXT_START 0x100u
/* ECAM: 4 KiB a function, bus 27:20, device 19:15, function 14:12. */
#define ECAM_OFFSET(bdf) ((uint64_t)(bdf) << 12)
#define ECAM_BUS_SIZE	 UINT64_C(0x100000)

/* Common header (§7.5.1.1) */
#define CFG_VENDOR_ID	0x00u
#define CFG_DEVICE_ID	0x02u
#define CFG_COMMAND	0x04u
#define CFG_STATUS	0x06u
#define CFG_REVISION	0x08u
#define CFG_CLASS	0x09u /* 3 bytes */
#define CFG_CACHE_LINE	0x0cu
#define CFG_LATENCY	0x0du
#define CFG_HEADER_TYPE 0x0eu
#define CFG_BIST	0x0fu
#define CFG_BAR0	0x10u
#define CFG_BAR(n)	(CFG_BAR0 + 4u * (n))
#define CFG_CAP_PTR	0x34u
#define CFG_INT_LINE	0x3cu
#define CFG_INT_PIN	0x3du

#define HEADER_TYPE0 0x00u
#define HEADER_TYPE1 0x01u
#define HEADER_MULTI 0x80u

#define CMD_IO	      0x0001u
#define CMD_MEM	      0x0002u
#define CMD_MASTER    0x0004u
#define CMD_PARITY    0x0040u
#define CMD_SERR      0x0100u
#define CMD_INTX_OFF  0x0400u
#define STATUS_INTX   0x0008u
#define STATUS_CAPS   0x0010u
#define STATUS_ERRORS 0xf900u /* write 1 to clear */

#define BAR_MEM_64   0x4u
#define BAR_PREFETCH 0x8u
#define BAR_TYPE     0x6u
#define BAR_IO	     0x1u
#define BAR_FLAGS    0xfu

/* Type 0 (§7.5.1.2) */
#define T0_BARS		 6u
#define T0_SUBSYS_VENDOR 0x2cu
#define T0_SUBSYS_ID	 0x2eu
#define T0_ROM		 0x30u

/* Type 1 (§7.5.1.3) */
#define T1_BARS		 2u
#define T1_PRIMARY	 0x18u
#define T1_SECONDARY	 0x19u
#define T1_SUBORDINATE	 0x1au
#define T1_IO_BASE	 0x1cu
#define T1_IO_LIMIT	 0x1du
#define T1_SEC_STATUS	 0x1eu
#define T1_MEM_BASE	 0x20u
#define T1_MEM_LIMIT	 0x22u
#define T1_PREF_BASE	 0x24u
#define T1_PREF_LIMIT	 0x26u
#define T1_PREF_BASE_HI	 0x28u
#define T1_PREF_LIMIT_HI 0x2cu
#define T1_ROM		 0x38u
#define T1_BRIDGE_CTL	 0x3eu
#define T1_PREF_64	 0x0001u
#define BRIDGE_CTL_RESET 0x0040u /* hot reset of what is below */

/* Capability ids */
#define CAP_PM	     0x01u
#define CAP_MSI	     0x05u
#define CAP_EXP	     0x10u
#define CAP_MSIX     0x11u
#define CAP_EA	     0x14u
#define ECAP_AER     0x0001u
#define ECAP_VNDR    0x000bu
#define ECAP_ACS     0x000du
#define ECAP_ARI     0x000eu
#define ECAP_SRIOV   0x0010u
#define ECAP_DVSEC   0x0023u
#define ECAP_DOE     0x002eu
#define ECAP_DEV3    0x002fu
#define ECAP_IDE     0x0030u
#define ECAP_ID(h)   ((uint16_t)((h)&0xffff))
#define ECAP_VER(h)  ((uint8_t)((h) >> 16 & 0xf))
#define ECAP_NEXT(h) ((uint16_t)((h) >> 20 & 0xffc))
#define ECAP_HDR(id, ver, next) \
	((uint32_t)(id) | (uint32_t)(ver) << 16 | (uint32_t)(next) << 20)

/* Power management (§7.5.2) */
#define PM_CAP_SIZE	     8u
#define PM_CSR		     4u
#define PM_CSR_STATE	     0x0003u
#define PM_CSR_NO_SOFT_RESET 0x0008u
#define PM_STATE_D0	     0u
#define PM_STATE_D3	     3u

/* PCI Express capability, version 2 (§7.5.3) */
#define EXP_SIZE	    0x3cu
#define EXP_FLAGS	    0x02u
#define EXP_FLAGS_VER	    0x000fu
#define EXP_FLAGS_TYPE	    0x00f0u
#define EXP_FLAGS_SLOT	    0x0100u
#define EXP_TYPE_ENDPOINT   0x0u
#define EXP_TYPE_ROOT_PORT  0x4u
#define EXP_TYPE_UPSTREAM   0x5u
#define EXP_TYPE_DOWNSTREAM 0x6u
#define EXP_TYPE_RC_END	    0x9u
#define EXP_DEVCAP	    0x04u
#define EXP_DEVCAP_PAYLOAD  0x00000007u
#define EXP_DEVCAP_PHANTOM  0x00000018u
#define EXP_DEVCAP_EXT_TAG  0x00000020u
#define EXP_DEVCAP_RBER	    0x00008000u
#define EXP_DEVCAP_FLR	    0x10000000u
#define EXP_DEVCAP_TEE	    0x40000000u
#define EXP_DEVCTL	    0x08u
#define EXP_DEVCTL_RELAXED  0x0010u
#define EXP_DEVCTL_PAYLOAD  0x00e0u
#define EXP_DEVCTL_EXT_TAG  0x0100u
#define EXP_DEVCTL_PHANTOM  0x0200u
#define EXP_DEVCTL_NOSNOOP  0x0800u
#define EXP_DEVCTL_READRQ   0x7000u
#define EXP_DEVCTL_FLR	    0x8000u
#define EXP_DEVSTA	    0x0au
#define EXP_DEVSTA_ERRORS   0x000fu /* write 1 to clear */
#define EXP_DEVSTA_URD	    0x0008u
#define EXP_DEVSTA_PENDING  0x0020u
#define EXP_LNKCAP	    0x0cu
#define EXP_LNKCAP_SPEED    0x0000000fu
#define EXP_LNKCAP_WIDTH    0x000003f0u
#define EXP_LNKCAP_DLLLARC  0x00100000u
#define EXP_LNKCAP_PORT	    0xff000000u
#define EXP_LNKCTL	    0x10u
#define EXP_LNKCTL_DISABLE  0x0010u
#define EXP_LNKSTA	    0x12u
#define EXP_LNKSTA_DLLLA    0x2000u
#define EXP_SLTCAP	    0x14u
#define EXP_SLTCAP_PCP	    0x00000002u /* power controller */
#define EXP_SLTCAP_HPS	    0x00000020u
#define EXP_SLTCAP_HPC	    0x00000040u
#define EXP_SLTCAP_PSN	    0xfff80000u /* physical slot number */
#define EXP_SLTCTL	    0x18u
#define EXP_SLTCTL_PDCE	    0x0008u
#define EXP_SLTCTL_HPIE	    0x0020u
#define EXP_SLTCTL_PCC	    0x0400u /* set: power off */
#define EXP_SLTCTL_DLLSCE   0x1000u
#define EXP_SLTSTA	    0x1au
#define EXP_SLTSTA_PDC	    0x0008u
#define EXP_SLTSTA_PDS	    0x0040u
#define EXP_SLTSTA_DLLSC    0x0100u
#define EXP_RTCTL	    0x1cu
#define EXP_RTCAP	    0x1eu
#define EXP_RTSTA	    0x20u
#define EXP_DEVCAP2	    0x24u
#define EXP_DEVCAP2_CTO	    0x0000001fu /* time-out ranges, disable */
#define EXP_DEVCAP2_ARI	    0x00000020u /* forwarding, ports only */
#define EXP_DEVCAP2_TAG10C  0x00010000u
#define EXP_DEVCAP2_PREFIX  0x00200000u /* end-end TLP prefixes */
#define EXP_DEVCTL2	    0x28u
#define EXP_DEVCTL2_CTO	    0x001fu
#define EXP_DEVCTL2_ARI	    0x0020u
#define EXP_DEVCTL2_TAG10   0x1000u
#define EXP_LNKCAP2	    0x2cu
#define EXP_LNKCTL2	    0x30u
#define EXP_LNKSTA2	    0x32u

/* MSI-X (§7.7.2) */
#define MSIX_CAP_SIZE	   12u
#define MSIX_CTL	   0x02u
#define MSIX_CTL_SIZE	   0x07ffu /* vectors - 1 */
#define MSIX_CTL_MASK_ALL  0x4000u
#define MSIX_CTL_ENABLE	   0x8000u
#define MSIX_TABLE	   0x04u
#define MSIX_PBA	   0x08u
#define MSIX_BIR	   0x00000007u
#define MSIX_ENTRY_SIZE	   16u
#define MSIX_ENTRY_ADDR	   0x0u
#define MSIX_ENTRY_ADDR_HI 0x4u
#define MSIX_ENTRY_DATA	   0x8u
#define MSIX_ENTRY_CTL	   0xcu
#define MSIX_ENTRY_MASKED  0x00000001u

/* Data Object Exchange (§7.9.24) */
#define DOE_CAP_SIZE   0x18u
#define DOE_CAP	       0x04u
#define DOE_CAP_INT    0x00000001u
#define DOE_CTL	       0x08u
#define DOE_CTL_ABORT  0x00000001u
#define DOE_CTL_INT_EN 0x00000002u
#define DOE_CTL_GO     0x80000000u
#define DOE_STS	       0x0cu
#define DOE_STS_BUSY   0x00000001u
#define DOE_STS_INT    0x00000002u
#define DOE_STS_ERROR  0x00000004u
#define DOE_STS_READY  0x80000000u
#define DOE_WRITE      0x10u
#define DOE_READ       0x14u

/* Device 3 (§7.7.9) */
#define DEV3_CAP_SIZE	 0x10u
#define DEV3_CTL	 0x08u
#define DEV3_STS	 0x0cu
#define DEV3_STS_SEGMENT 0x00000008u /* Segment Captured */

/* Alternative Routing-ID Interpretation (§7.8.8) */
#define ARI_CAP_SIZE 0x08u
#define ARI_CAP	     0x04u
#define ARI_CAP_NEXT 0xff00u /* next function number; 0: there is none */
#define ARI_CTL	     0x06u

/* SR-IOV (§9.3.3) */
#define SRIOV_CAP_SIZE	0x40u
#define SRIOV_CAP	0x04u
#define SRIOV_CTL	0x08u
#define SRIOV_CTL_VFE	0x0001u
#define SRIOV_CTL_MSE	0x0008u
#define SRIOV_CTL_ARI	0x0010u
#define SRIOV_STS	0x0au
#define SRIOV_INITIAL	0x0cu
#define SRIOV_TOTAL	0x0eu
#define SRIOV_NUM	0x10u
#define SRIOV_FUNC_LINK 0x12u
#define SRIOV_VF_OFFSET 0x14u
#define SRIOV_VF_STRIDE 0x16u
#define SRIOV_VF_DID	0x1au
#define SRIOV_SUP_PAGES 0x1cu
#define SRIOV_SYS_PAGES 0x20u
#define SRIOV_BAR0	0x24u
#define SRIOV_BAR(n)	(SRIOV_BAR0 + 4u * (n))
#define SRIOV_MIGRATION 0x3cu

/* Integrity and Data Encryption (§7.9.26) */
#define IDE_CAP		    0x04u
#define IDE_CAP_LINK	    0x00000001u
#define IDE_CAP_SELECTIVE   0x00000002u
#define IDE_CAP_FLOWTHROUGH 0x00000004u
#define IDE_CAP_PARTIAL_ENC 0x00000008u
#define IDE_CAP_AGGREGATION 0x00000010u
#define IDE_CAP_PCRC	    0x00000020u
#define IDE_CAP_KM	    0x00000040u
#define IDE_CAP_SEL_CFG	    0x00000080u
#define IDE_CAP_ALG	    0x00001f00u /* 0: AES-GCM-256, 96-bit MAC */
#define IDE_CAP_LINK_TC	    0x0000e000u /* link streams - 1 */
#define IDE_CAP_SEL_NUM	    0x00ff0000u /* selective streams - 1 */
#define IDE_CAP_TEE_LIMITED 0x01000000u
#define IDE_CTL		    0x08u
#define IDE_CTL_FLOWTHROUGH 0x00000004u
#define IDE_LINK_BLOCKS	    0x0cu
#define IDE_LINK_BLOCK_SIZE 8u
/* A selective stream block, relative to its start */
#define IDE_SEL_CAP		  0x00u
#define IDE_SEL_CAP_ADDRS	  0x0000000fu
#define IDE_SEL_CTL		  0x04u
#define IDE_SEL_CTL_ENABLE	  0x00000001u
#define IDE_SEL_CTL_AGG		  0x000000fcu
#define IDE_SEL_CTL_PCRC	  0x00000100u
#define IDE_SEL_CTL_CFG		  0x00000200u
#define IDE_SEL_CTL_PARTIAL	  0x00003c00u
#define IDE_SEL_CTL_ALG		  0x0007c000u
#define IDE_SEL_CTL_TC		  0x00380000u
#define IDE_SEL_CTL_DEFAULT	  0x00400000u
#define IDE_SEL_CTL_TEE_LIMITED	  0x00800000u
#define IDE_SEL_CTL_ID		  0xff000000u
#define IDE_SEL_STS		  0x08u
#define IDE_SEL_STS_STATE	  0x0000000fu
#define IDE_SEL_STS_FAIL	  0x80000000u /* write 1 to clear */
#define IDE_STS_INSECURE	  0u
#define IDE_STS_SECURE		  2u
#define IDE_SEL_RID1		  0x0cu
#define IDE_SEL_RID1_LIMIT	  0x00ffff00u
#define IDE_SEL_RID2		  0x10u
#define IDE_SEL_RID2_VALID	  0x00000001u
#define IDE_SEL_RID2_BASE	  0x00ffff00u
#define IDE_SEL_RID2_SEG	  0xff000000u
#define IDE_SEL_ADDRS		  0x14u
#define IDE_SEL_ADDR(n)		  (IDE_SEL_ADDRS + 12u * (n))
#define IDE_SEL_ADDR_SIZE	  12u
#define IDE_ADDR1_VALID		  0x00000001u
#define IDE_ADDR1_BASE		  0x000fff00u /* address bits 31:20 */
#define IDE_ADDR1_LIMIT		  0xfff00000u /* address bits 31:20 */
#define IDE_SEL_BLOCK_SIZE(addrs) (IDE_SEL_ADDRS + 12u * (addrs))
/* Idle blocks are parked on this id; it is never given to a stream. */
#define IDE_ID_RESERVED 255u

/* Designated vendor-specific extended capability, §7.9.6. */
#define DVSEC_HDR1	0x04u /* vendor 15:0, revision 19:16, length 31:20 */
#define DVSEC_HDR2	0x08u /* id 15:0 */
#define DVSEC_REGS	0x0cu
#define IDE_MAX_STREAMS 256u

/* Vendor and device ids of what we model; not registered with anyone. */
#define ILK_VENDOR_ID	0x1d1au
#define ILK_DEVICE_DMA	0x0001u
#define ILK_DEVICE_VF	0x0002u
#define ILK_DEVICE_PORT 0x0010u

#endif
