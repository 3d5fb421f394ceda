/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_TDX_ABI_LEAF_H
#define ARCH_TDX_ABI_LEAF_H

#include <stdint.h>

/*
 * Leaf functions of SEAMCALL (TDH) and TDCALL (TDG), by RAX. Registers of
 * each stand beside it; "out" are those that SUCCESS writes. A page is a
 * physical address without key id, 4 KiB aligned. gpa|level: bits 51:12 and
 * 2:0, level 0 is 4 KiB.
 *
 * Source: TDX module 1.5.01 and 2.0 source (td_transitions, auto_gen);
 * Linux 7.3 arch/x86/virt/vmx/tdx/tdx.{c,h}; Linux TDX Connect patches,
 * September 2025 to 2026
 */
enum tdh_leaf {
	/* rcx: tdvpr, and what the guest gets; out: the exit */
	TDH_VP_ENTER = 0,
	TDH_MNG_ADDCX = 1,	 /* rcx: page, rdx: tdr */
	TDH_MEM_PAGE_ADD = 2,	 /* rcx: gpa, rdx: tdr, r8: page, r9: source */
	TDH_MEM_SEPT_ADD = 3,	 /* rcx: gpa|level 1 to 3, rdx: tdr, r8: page */
	TDH_VP_ADDCX = 4,	 /* rcx: page, rdx: tdvpr */
	TDH_MEM_PAGE_AUG = 6,	 /* rcx: gpa|level, rdx: tdr, r8: page */
	TDH_MEM_RANGE_BLOCK = 7, /* rcx: gpa|level, rdx: tdr */
	TDH_MNG_KEY_CONFIG = 8,	 /* rcx: tdr */
	TDH_MNG_CREATE = 9,	 /* rcx: tdr, rdx: hkid */
	TDH_VP_CREATE = 10,	 /* rcx: tdvpr, rdx: tdr */
	TDH_MNG_RD = 11,	 /* rcx: tdr, rdx: field; out r8 */
	TDH_MR_EXTEND = 16,	 /* rcx: gpa of 256 bytes, rdx: tdr */
	TDH_MR_FINALIZE = 17,	 /* rcx: tdr */
	TDH_VP_FLUSH = 18,	 /* rcx: tdvpr */
	TDH_MNG_VPFLUSHDONE = 19,  /* rcx: tdr */
	TDH_MNG_KEY_FREEID = 20,   /* rcx: tdr */
	TDH_MNG_INIT = 21,	   /* rcx: tdr, rdx: TD_PARAMS */
	TDH_VP_INIT = 22,	   /* rcx: tdvpr, rdx: initial rcx */
	TDH_PHYMEM_PAGE_RDMD = 24, /* rcx: page; out rcx type, rdx owner,
				    * r8 size, r9 bepoch */
	TDH_MEM_SEPT_RD = 25,	   /* rcx: gpa|level, rdx: tdr; out rcx entry,
				    * rdx level and state */
	TDH_PHYMEM_PAGE_RECLAIM = 28, /* rcx: page; out rcx type, rdx owner,
				       * r8 size */
	TDH_MEM_PAGE_REMOVE = 29,     /* rcx: gpa|level, rdx: tdr */
	TDH_MEM_SEPT_REMOVE = 30,     /* rcx: gpa|level, rdx: tdr; out r8 */
	TDH_SYS_RD = 34,	      /* rdx: field; out r8 */
	TDH_MEM_TRACK = 38,	      /* rcx: tdr */
	TDH_MEM_RANGE_UNBLOCK = 39,   /* rcx: gpa|level, rdx: tdr */
	TDH_PHYMEM_CACHE_WB = 40,     /* rcx: resume */
	TDH_PHYMEM_PAGE_WBINVD = 41,  /* rcx: page, key id above bit 51 */
	/* rcx: tdvpr, rdx: TDX_VP_SHARED_EPTP, r8: value, r9: mask */
	TDH_VP_WR = 43,

	/* rcx: base of the unit's registers, rdx: array of pages;
	 * out rcx iommu id */
	TDH_IOMMU_SETUP = 128,
	TDH_IOMMU_CLEAR = 129, /* rcx: iommu id, rdx: array */
	/* rcx: function id, rdx: array; out rcx spdm id */
	TDH_SPDM_CREATE = 130,
	TDH_SPDM_DELETE = 131, /* rcx: spdm id, rdx: array; out rcx array */
	/*
	 * rcx: stream info, rdx: spdm id, r8: array, r9: stream control,
	 * r10, r11: RID association, r12 to r14: address association;
	 * out rcx stream id, rdx index of the port's register block
	 */
	TDH_IDE_STREAM_CREATE = 132,
	TDH_IDE_STREAM_BLOCK = 133, /* rcx: spdm id, rdx: stream id */
	/* rcx: spdm id, rdx: stream id, r8: array; out rcx array */
	TDH_IDE_STREAM_DELETE = 134,
	/* rcx: spdm id, rdx: stream id, r8: enum tdx_km_op, r9: response
	 * page, r10: request page; out rcx length */
	TDH_IDE_STREAM_KM = 135,
	/*
	 * OPEN: registers. rcx: function id, rdx: tdr, r8: page, r9: spdm id,
	 * r10: stream id, in place of gen1's DEVIF_ID and two message
	 * buffers, which gen2's request and response pages replace.
	 */
	TDH_DEVIF_CREATE = 137,
	TDH_DEVIF_REMOVE = 138, /* rcx: function id; out rcx page, rdx tdr */
	/* rcx: spdm id, rdx: configuration page, r8: response, r9: request,
	 * r10: array for the device information; out rcx length */
	TDH_SPDM_CONNECT = 142,
	/* rcx: spdm id, rdx: response, r8: request; out rcx length */
	TDH_SPDM_DISCONNECT = 143,
	/* rcx: spdm id, rdx: enum tdx_spdm_op, r8: parameter page or -1,
	 * r9: response, r10: request, r11: array or -1; out rcx length */
	TDH_SPDM_MNG = 144,
	/*
	 * OPEN: numbers and registers. "TDH.TDI.START" is a name in the
	 * guest's patches; the others follow it. rcx: function id, r8:
	 * response page, r9: request page; LOCK rdx: TDISP lock flags;
	 * REPORT rdx: array for the report; out rcx length (GET_STATE: the
	 * state). They stand in the gap that both generations leave.
	 */
	TDH_TDI_LOCK = 145,
	TDH_TDI_GET_STATE = 146,
	TDH_TDI_REPORT = 147,
	TDH_TDI_START = 148,
	TDH_TDI_STOP = 149,
	/* rcx: DMAR index, rdx: tdr (PASID entry alone), r8 to r15: entry */
	TDH_DMAR_ADD = 150,
	TDH_DMAR_BLOCK = 151,  /* rcx: DMAR index */
	TDH_DMAR_READ = 152,   /* rcx: DMAR index; out rdx state, r8 to r15 */
	TDH_DMAR_REMOVE = 153, /* rcx: DMAR index; out rcx page of children */
	TDH_MMIOMT_ADD = 154,  /* rcx: MMIOMT index, rdx: page */
	TDH_MMIOMT_SET = 155,  /* rcx: MMIOMT index, rdx: MMIOMT info */
	/* rcx: MMIOMT index; out rcx, rdx, r8, r9: the entry */
	TDH_MMIOMT_RD = 156,
	TDH_MMIOMT_REMOVE = 157, /* rcx: MMIOMT index; out rcx page */
	TDH_MMIO_MAP = 158,	 /* rcx: gpa|level, rdx: tdr, r8: MMIO page */
	TDH_MMIO_BLOCK = 159,	 /* rcx: gpa|level, rdx: tdr */
	TDH_MMIO_UNMAP = 160,	 /* rcx: gpa|level, rdx: tdr; out r8 page */
	/* rcx: iommu id, rdx: enum tdx_inv_req, r8: subject, r9 to r12: wait
	 * descriptor */
	TDH_IQINV_REQ = 161,
	TDH_IQINV_PROC = 162, /* rcx: iommu id */
	/* rcx: gpa|level 3 with the shared bit, rdx: tdr, r8: EPT entry */
	TDH_MEM_SHARED_SEPT_WR = 163,
	TDH_DEVIFMT_ADD = 164,	  /* rcx: DEVIFMT index, rdx: page */
	TDH_DEVIFMT_REMOVE = 165, /* rcx: DEVIFMT index; out rcx page */
	TDH_DEVIFMT_RD = 166,	  /* rcx: DEVIFMT index; out rcx entry */
};

enum tdg_leaf {
	TDG_VP_VMCALL = 0, /* rcx: mask of registers, r10: 0, r11: function */
	TDG_VP_INFO = 1,   /* out rcx gpa width, rdx attributes, r8 vCPUs */
	TDG_MEM_PAGE_ACCEPT = 6, /* rcx: gpa|level */
	TDG_VM_RD = 7,		 /* rdx: field; out r8 */
	/*
	 * rcx: gpa|level: MAPPED becomes PENDING, so that the host may take
	 * the page. Source: openvmm x86defs (leaf 30)
	 */
	TDG_MEM_PAGE_RELEASE = 30,
	/* OPEN: numbers, which are not public; registers are Linux's. */
	TDG_TDI_RD = 64,    /* rcx: function id, rdx: enum tdx_tdi_field,
			     * r8: gpa of a private page, or 0; out rcx */
	TDG_TDI_START = 65, /* rcx: function id, rdx: bind session */
	/* rcx: gpa|level, rdx: index into the report's ranges, r8: function
	 * id, r9: page offset 63:32, pages 31:0; rcx and r9 move on */
	TDG_MMIO_ACCEPT = 66,
	TDG_DMAR_ACCEPT = 67, /* rcx: function id, rdx: VM 0 to 3 */
};

/* "TDH.MNG.CREATE", "TDG.MMIO.ACCEPT"; "?" if there is none. */
const char *tdx_tdh_name(uint64_t leaf);
const char *tdx_status_name(uint64_t status);
const char *tdx_tdg_name(uint64_t leaf);

#endif
