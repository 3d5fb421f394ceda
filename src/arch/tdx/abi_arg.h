/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_TDX_ABI_ARG_H
#define ARCH_TDX_ABI_ARG_H

#include <stdint.h>

/* --- addresses --- */

/* gpa|level */
#define TDX_GPA_LEVEL UINT64_C(0x7)
#define TDX_GPA_MASK  UINT64_C(0x000ffffffffff000)
#define TDX_GPA_RSVD  UINT64_C(0xfff0000000000ff8)
#define TDX_LEVEL_4K  0
#define TDX_LEVEL_2M  1
#define TDX_LEVEL_1G  2
#define TDX_LEVEL_PML 3 /* the entries of a root */

/* With a guest physical width of 48 the top bit says "shared". */
#define TDX_GPA_BITS	48
#define TDX_GPA_SHARED	(UINT64_C(1) << 47)
#define TDX_SEPT_LEVELS 4

/*
 * HPA_ARRAY_T: pages 51:12 (a list of 8-byte addresses, or the one page
 * itself), their number less one in 63:55.
 * Source: Linux TDX Connect patches, union hpa_array_t
 */
#define TDX_ARRAY_HPA  UINT64_C(0x000ffffffffff000)
#define TDX_ARRAY_SIZE UINT64_C(0xff80000000000000)
#define TDX_ARRAY_RSVD UINT64_C(0x0070000000000fff)
#define TDX_ARRAY_MAX  512
#define TDX_NO_PAGE    UINT64_MAX /* an optional page that is not there */

static inline uint64_t tdx_array(uint64_t hpa, unsigned pages)
{
	return hpa | (uint64_t)(pages - 1) << 55;
}

static inline unsigned tdx_array_pages(uint64_t array)
{
	return (unsigned)(array >> 55) + 1;
}

/* TDISP FUNCTION_ID. The valid bit stands for the segment. */
#define TDX_FUNC_RID	   UINT32_C(0x0000ffff)
#define TDX_FUNC_SEGMENT   UINT32_C(0x00ff0000)
#define TDX_FUNC_SEG_VALID UINT32_C(0x01000000)
#define TDX_FUNC_RSVD	   UINT32_C(0xfe000000)

/* --- physical page metadata: TDH.PHYMEM.PAGE.RDMD, RECLAIM --- */

/* OPEN: numbers above 8; the module's source of the first generation has the
 * names but our copy not the enumeration. */
enum tdx_page_type {
	TDX_PT_NDA = 0, /* the host's */
	TDX_PT_RSVD = 1,
	TDX_PT_REG = 3, /* memory of a TD */
	TDX_PT_TDR = 4,
	TDX_PT_TDCX = 5,
	TDX_PT_TDVPR = 6,
	TDX_PT_EPT = 8,
	TDX_PT_IOMMU_MT = 9,  /* trusted DMA remapping and its queue */
	TDX_PT_MMIO_MT = 10,  /* metadata of MMIO pages */
	TDX_PT_DEVIF_MT = 11, /* where device interfaces are found */
	TDX_PT_DEVIFCS = 12,  /* one device interface */
	TDX_PT_SPDM_MT = 13,  /* session */
	TDX_PT_STREAM_MT = 14,
};

/* --- metadata fields --- */

/* Of the module. Source: Linux TDX Connect patches */
#define TDX_SYS_FEATURES0	  UINT64_C(0x0a00000300000008)
#define TDX_SYS_IDE_MT_PAGES	  UINT64_C(0x3000000100000001)
#define TDX_SYS_SPDM_MT_PAGES	  UINT64_C(0x3000000100000002)
#define TDX_SYS_IOMMU_MT_PAGES	  UINT64_C(0x3000000100000003)
#define TDX_SYS_DEV_INFO_PAGES	  UINT64_C(0x3000000100000007)
#define TDX_SYS_TDCS_BASE_SIZE	  UINT64_C(0x9800000100000100)
#define TDX_SYS_TDVPS_BASE_SIZE	  UINT64_C(0x9800000100000200)
#define TDX_FEATURES0_TDX_CONNECT (UINT64_C(1) << 6)

/* Of a TD: TDH.MNG.RD and TDG.VM.RD. Source: Linux arch/x86 shared/tdx.h */
#define TDX_TD_CONFIG_FLAGS UINT64_C(0x1110000300000016)
#define TDX_TD_ATTRIBUTES   UINT64_C(0x1110000300000000)
/* OPEN: field number. */
#define TDX_TD_EPOCH UINT64_C(0x9110000300000001)

/*
 * Of a vCPU: the host's half of its address space, as an EPT pointer. Source:
 * Linux 7.3 arch/x86/kvm/vmx/tdx.c (VMCS field 0x203c); OPEN: the upper half
 * of the field id.
 */
#define TDX_VP_SHARED_EPTP UINT64_C(0x000000030000203c)

/* What this module answers. OPEN: counts, which differ between versions. */
#define TDX_TDCX_PAGES	  4 /* of a TD, TDH.MNG.ADDCX */
#define TDX_TDVPX_PAGES	  4 /* of a vCPU, TDH.VP.ADDCX */
#define TDX_SPDM_MT_PAGES 2
#define TDX_IDE_MT_PAGES  1
/* The first is the root of the trusted tables, the second its queue. */
#define TDX_IOMMU_MT_PAGES 2
#define TDX_DEV_INFO_PAGES 12

/* --- TD_PARAMS, 1024 bytes; TDH.MNG.INIT --- */

/* Source: TDX module 1.5, tdx_api_defs.h; Linux 7.3 struct td_params */
#define TDX_PARAMS_ATTRIBUTES	0x00 /* 8 */
#define TDX_PARAMS_XFAM		0x08 /* 8 */
#define TDX_PARAMS_MAX_VCPUS	0x10 /* 2 */
#define TDX_PARAMS_EPTP		0x18 /* 8 */
#define TDX_PARAMS_CONFIG_FLAGS 0x20 /* 8 */
#define TDX_PARAMS_TSC		0x28 /* 2 */
#define TDX_PARAMS_MRCONFIGID	0x50 /* 48 */
#define TDX_PARAMS_MROWNER	0x80 /* 48 */
#define TDX_PARAMS_MROWNERCFG	0xb0 /* 48 */
#define TDX_PARAMS_LEN		1024

#define TDX_ATTR_DEBUG	  UINT64_C(0x1)
#define TDX_CONFIG_GPAW52 UINT64_C(0x1)
/* OPEN: bits. The TD may have device interfaces; it may release pages. */
#define TDX_CONFIG_TDX_CONNECT	(UINT64_C(1) << 8)
#define TDX_CONFIG_PAGE_RELEASE (UINT64_C(1) << 9)
#define TDX_CONFIG_KNOWN	(TDX_CONFIG_TDX_CONNECT | TDX_CONFIG_PAGE_RELEASE)

/* EPTP controls: write-back, four levels. */
#define TDX_EPTP_4LEVEL UINT64_C(0x1e)

/* --- TDH.VP.ENTER --- */

/* RAX 31:0 of a TD exit: VMX exit reasons. Source: Intel SDM vol. 3, app. C */
#define TDX_EXIT_INTERRUPT     1  /* nothing happened; enter again */
#define TDX_EXIT_TRIPLE_FAULT  2  /* the guest gave up */
#define TDX_EXIT_HLT	       12 /* nothing to do */
#define TDX_EXIT_EPT_VIOLATION 48
#define TDX_EXIT_TDCALL	       77

/* EPT violation: rcx exit qualification, rdx extended, r8 gpa. */
#define TDX_EQ_READ	   UINT64_C(0x1)
#define TDX_EQ_WRITE	   UINT64_C(0x2)
#define TDX_EEQ_TYPE	   UINT64_C(0xf)
#define TDX_EEQ_NONE	   0
#define TDX_EEQ_ACCEPT	   1 /* 35:32 level asked, 39:36 level of the entry */
#define TDX_EEQ_PENDING_VE 6 /* the guest touched a page not accepted */

/* --- long operations --- */

/*
 * A request leaves in the request page, a response is brought in the response
 * page, each as a DOE data object: vendor 0x0001, type, length in dwords with
 * its two header dwords, then the message. RCX says the length in bytes.
 *
 * OPEN: when an answer counts. Here a call made again takes the response page
 * if its second header dword is not zero, and clears that dword, so that the
 * call made twice does not answer the next request with the last answer; with
 * zero there the same request comes again.
 */
#define TDX_DOE_HDR	8
#define TDX_DOE_VENDOR	0 /* 2: 0x0001 */
#define TDX_DOE_TYPE	2 /* 1: 1 plain, 2 secured */
#define TDX_DOE_LENGTH	4 /* 4, bits 17:0: dwords */
#define TDX_DOE_PCISIG	0x0001
#define TDX_DOE_PLAIN	1
#define TDX_DOE_SECURED 2

/* Configuration of TDH.SPDM.CONNECT. Source: struct spdm_config_info_t */
#define TDX_SPDM_CFG_CAPS    0 /* 4: TDX_SPDM_CAP_ */
#define TDX_SPDM_CFG_POLICY  4 /* 1 */
#define TDX_SPDM_CFG_SLOTS   5 /* 1: mask; the lowest that is set is used */
#define TDX_SPDM_CFG_RAW     6 /* 1: raw bit streams in measurements */
#define TDX_SPDM_CFG_LEN     7
#define TDX_SPDM_CAP_HBEAT   (UINT32_C(1) << 13)
#define TDX_SPDM_CAP_KEY_UPD (UINT32_C(1) << 14)

enum tdx_spdm_op {
	TDX_SPDM_HEARTBEAT = 0,
	TDX_SPDM_KEY_UPDATE = 1,
	TDX_SPDM_RECOLLECT = 2, /* measurements anew */
};

/*
 * OPEN: the parameter page of RECOLLECT. Without one the module draws the
 * nonce; without a function the measurements are for each interface of the
 * session that is locked.
 */
#define TDX_RECOLLECT_NONCE  0	/* 32 */
#define TDX_RECOLLECT_FUNC   32 /* 4: function id */
#define TDX_RECOLLECT_FLAGS  36 /* 4: TDX_RECOLLECT_F_FUNC */
#define TDX_RECOLLECT_LEN    40
#define TDX_RECOLLECT_F_FUNC 1

/*
 * Device information, as CONNECT and RECOLLECT give it to the host; its
 * SHA-384 is what the guest reads as the attestation information hash.
 * OPEN: the format. Here two parts one after the other, each 4 bytes of type,
 * 4 of length, then the bytes: the SPDM certificate chain with its header and
 * root hash; and the messages of version, capabilities and algorithms, the
 * measurement request, its response with the signature.
 */
#define TDX_INFO_TYPE 0 /* 4 */
#define TDX_INFO_LEN  4 /* 4 */
#define TDX_INFO_HDR  8
enum tdx_info_part {
	TDX_INFO_CHAIN = 1,
	TDX_INFO_MEAS = 2,
};

/* --- TDH.IDE.STREAM --- */

#define TDX_STREAM_RP_DEVFN UINT64_C(0xff)
#define TDX_STREAM_TYPE	    UINT64_C(0x100) /* selective */
#define TDX_STREAM_RSVD	    UINT64_C(0xfffffffffffffe00)
/* Stream control: all zero but TC (16 to 18) and PCRC; module chooses the id.
 */
#define TDX_STREAM_CTL_TC (UINT64_C(7) << 19)
/* RID association. Source: PCIe 6.x, IDE RID Association Register 1 and 2 */
#define TDX_RID1_LIMIT UINT64_C(0x00ffff00)
#define TDX_RID2_VALID UINT64_C(0x00000001)
#define TDX_RID2_BASE  UINT64_C(0x00ffff00)
#define TDX_RID2_SEG   UINT64_C(0xff000000)
/* Address association: addresses 31:20, upper halves in registers 2 and 3. */
#define TDX_ADDR1_VALID UINT64_C(0x00000001)
#define TDX_ADDR1_BASE	UINT64_C(0x000fff00)
#define TDX_ADDR1_LIMIT UINT64_C(0xfff00000)

enum tdx_km_op {
	TDX_KM_SETUP = 0,
	TDX_KM_REFRESH = 1,
	TDX_KM_STOP = 2,
};

/* --- metadata of MMIO pages --- */

/*
 * MMIOMT index: level 2:0, physical address 51:12. A page of entries of level
 * n hangs below an entry of level n + 1: 128 entries of 32 bytes, of which
 * each leads to four pages. Level 0 entries stand for 4 KiB each, so a page of
 * them for 512 KiB; 5 is the root. ADD and REMOVE name the entry above.
 * Source: TDX module 2.0, mmiomt_defs.h
 */
#define TDX_MMIOMT_LEVEL    UINT64_C(0x7)
#define TDX_MMIOMT_PA	    UINT64_C(0x000ffffffffff000)
#define TDX_MMIOMT_ROOT	    5
#define TDX_MMIOMT_PER_PAGE 128

/*
 * No page below is ever private. OPEN: which call says so, and how; here
 * MMIOMT.SET, since no page gets farther without.
 */
#define TDX_MMIO_LEAST UINT64_C(0x100000000)

/* MMIOMT info: type 1:0, function id 43:12. */
#define TDX_MMIOMT_TYPE	 UINT64_C(0x3)
#define TDX_MMIOMT_FUNC	 UINT64_C(0x00000ffffffff000)
#define TDX_MMIOMT_QNODE 0
#define TDX_MMIOMT_DATA	 1
/* Entry, first word: type 2:1, mapped 3, function id 43:12; second: epoch. */
#define TDX_MMIOMT_E_TYPE   UINT64_C(0x6)
#define TDX_MMIOMT_E_MAPPED UINT64_C(0x8)

/*
 * DEVIFMT index: level 2:0, function id 63:32. 512 entries a page; 4 is the
 * root. Source: devifmt_defs.h
 */
#define TDX_DEVIFMT_LEVEL UINT64_C(0x7)
#define TDX_DEVIFMT_ROOT  4

/* --- trusted DMA remapping --- */

/*
 * DMAR index: level 2:0, PASID 31:12, RID 47:32, IOMMU id 63:48.
 * Source: dmar_defs.h
 */
#define TDX_DMAR_LEVEL UINT64_C(0x7)
#define TDX_DMAR_RSVD  UINT64_C(0xff8)
#define TDX_DMAR_PASID UINT64_C(0x00000000fffff000)
#define TDX_DMAR_RID   UINT64_C(0x0000ffff00000000)
#define TDX_DMAR_IOMMU UINT64_C(0xffff000000000000)

enum tdx_dmar_level {
	TDX_DMAR_PASID_ENTRY = 0,
	TDX_DMAR_PASID_DIR = 1,
	TDX_DMAR_CONTEXT = 2,
	TDX_DMAR_ROOT = 3,
};

/* State, as TDH.DMAR.READ tells it: level 2:0, mapping 10:3, invalidation
 * 13:11. */
enum tdx_dmar_map {
	TDX_DMAR_FREE = 0,
	TDX_DMAR_PENDING = 1,
	TDX_DMAR_BLOCKED = 2,
	TDX_DMAR_PRESENT = 3,
};

enum tdx_dmar_inv {
	TDX_INV_PENDING = 0,
	TDX_INV_QUEUED = 1,
	TDX_INV_DONE = 3,
};

enum tdx_inv_req {
	TDX_INV_REQ_IOTLB = 0, /* subject: tdr; for its epoch */
	TDX_INV_REQ_ROOT = 1,  /* subject: RID 15:0, PASID 51:32 */
	TDX_INV_REQ_CONTEXT = 2,
	TDX_INV_REQ_PASID_DIR = 3,
	TDX_INV_REQ_PASID_ENTRY = 4,
};

/* Wait descriptor: type 5, fence; status write and its address if asked. */
#define TDX_WAIT_TYPE	UINT64_C(0xf)
#define TDX_WAIT_STATUS UINT64_C(0x20)
#define TDX_WAIT_FENCE	UINT64_C(0x40)
#define TDX_WAIT_DATA	UINT64_C(0xffffffff00000000)
#define TDX_WAIT_RSVD	UINT64_C(0x00000000ffffff80)

#endif
