/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_ABI_COVH_H
#define ARCH_COVE_ABI_COVH_H

#include <stdint.h>

/*
 * COVH, the host's calls of the TSM. Arguments in a0 to a5 in this order.
 * Source: CoVE, "COVE Host Extension"; CoVE-IO, "CoVE IO Host Extension"
 */
enum cove_covh {
	COVH_GET_TSM_INFO = 0,	 /* (pa, len) -> bytes written */
	COVH_CONVERT_PAGES = 1,	 /* (pa, pages) */
	COVH_RECLAIM_PAGES = 2,	 /* (pa, pages) */
	COVH_GLOBAL_FENCE = 3,	 /* () */
	COVH_LOCAL_FENCE = 4,	 /* () on each hart */
	COVH_CREATE_TVM = 5,	 /* (params pa, len) -> guest id */
	COVH_FINALIZE_TVM = 6,	 /* (tvm, entry pc, entry arg, identity pa) */
	COVH_PROMOTE_TO_TVM = 7, /* not offered: capability bit 0 is clear */
	COVH_DESTROY_TVM = 8,	 /* (tvm) */
	COVH_ADD_MEMORY_REGION = 9,	/* (tvm, gpa, len) */
	COVH_ADD_PAGE_TABLE_PAGES = 10, /* (tvm, pa, pages) */
	COVH_ADD_MEASURED_PAGES = 11,	/* (tvm, src, dst, type, pages, gpa) */
	COVH_ADD_ZERO_PAGES = 12,	/* (tvm, pa, type, pages, gpa) */
	COVH_ADD_SHARED_PAGES = 13,	/* (tvm, pa, type, pages, gpa) */
	COVH_CREATE_VCPU = 14,		/* (tvm, vcpu, state pa) */
	COVH_RUN_VCPU = 15,		/* (tvm, vcpu) -> 0 resumable */
	COVH_TVM_FENCE = 16,		/* (tvm) */
	COVH_INVALIDATE_PAGES = 17,	/* (tvm, gpa, len) */
	COVH_VALIDATE_PAGES = 18,	/* (tvm, gpa, len) */
	COVH_REMOVE_PAGES = 19,		/* (tvm, gpa, len) */
	/* CoVE-IO */
	COVH_CONNECT_DEVICE = 1024,    /* (dev, stream desc pa, out pa, size) */
	COVH_DISCONNECT_DEVICE = 1025, /* (dev) */
	COVH_ADD_REGION = 1026,	       /* (tvm, if, pa, len): see below */
	COVH_RECLAIM_REGION = 1027,    /* (tvm, if, pa, len) */
	COVH_BIND_INTERFACE = 1028,    /* (tvm, if) */
	/* 1029 has no function */
	COVH_UNBIND_INTERFACE = 1030,	 /* (tvm, if) */
	COVH_SPDM_KEY_UPDATE = 1031,	 /* (dev) */
	COVH_IDE_KEY_REFRESH = 1032,	 /* (dev, stream) */
	COVH_SPDM_HEARTBEAT = 1033,	 /* (dev) */
	COVH_GET_CONN_TRANSCRIPT = 1034, /* (dev, pa, size) */
};

/*
 * OPEN: the form of device_id and device_if_id. "Index" says the error table,
 * "PCIe device id" the buffer's. Ours: routing id in 15:0, segment in 23:16,
 * the rest zero; a device is named by the function that owns its DOE mailbox.
 */
#define COVE_DEV_RID	      UINT64_C(0x0000ffff)
#define COVE_DEV_SEGMENT      UINT64_C(0x00ff0000)
#define COVE_DEV_ID(seg, rid) ((uint32_t)(seg) << 16 | (uint32_t)(rid))

/*
 * OPEN: add_tvm_interface_region() has one address, and its flow text says that
 * the TSM stores "gpa -> hpa" mappings of the region. The host knows the
 * physical one, the guest address goes with it in a4; bits 11:0 of a4 are zero.
 * reclaim takes the same four, and a4 is not looked at.
 */

/* --- get_tsm_info: struct tsm_info, natural alignment --- */
#define TSM_INFO_STATE		  0  /* u32: enum cove_tsm_state */
#define TSM_INFO_IMPL_ID	  4  /* u32 */
#define TSM_INFO_VERSION	  8  /* u32 */
#define TSM_INFO_CAPABILITIES	  16 /* u64 */
#define TSM_INFO_TVM_STATE_PAGES  24 /* u64 */
#define TSM_INFO_MAX_VCPUS	  32 /* u64 */
#define TSM_INFO_VCPU_STATE_PAGES 40 /* u64 */
#define TSM_INFO_LEN		  48

enum cove_tsm_state {
	TSM_NOT_LOADED = 0,
	TSM_LOADED = 1,
	TSM_READY = 2,
};

/* Bits of the capabilities; the others are off here. */
#define TSM_CAP_PROMOTE_TVM	  0
#define TSM_CAP_ATTESTATION_LOCAL 1
#define TSM_CAP_MEMORY_ALLOCATION 5

/* Implementation id: 1 and 2 are taken, above is "for future implementations"
 */
#define TSM_IMPL_ID	     0x494c
#define TSM_VERSION	     1
#define TSM_TVM_STATE_PAGES  1
#define TSM_VCPU_STATE_PAGES 1
#define TSM_TVM_VCPUS	     8

/* --- create_tvm: struct tvm_create_params --- */
#define TVM_PARAMS_PAGE_DIRECTORY 0 /* u64: 16 KiB, aligned so */
#define TVM_PARAMS_STATE	  8 /* u64: tvm_state_pages */
#define TVM_PARAMS_LEN		  16
#define TVM_DIRECTORY_PAGES	  4
#define TVM_IDENTITY_LEN	  64

enum cove_tvm_state {
	TVM_INITIALIZING = 0,
	TVM_RUNNABLE = 1,
};

/*
 * enum tsm_page_type. OPEN: may a TSM refuse a size? Ours maps 4 KiB alone, so
 * an I/O leaf never covers more than what is owned (law 44): INVALID_PARAM.
 */
enum cove_page_type {
	COVE_PAGE_4K = 0,
	COVE_PAGE_2M = 1,
	COVE_PAGE_1G = 2,
	COVE_PAGE_512G = 3,
};

/* --- run_tvm_vcpu: causes; bit 63 is clear, it is an exception --- */
enum cove_exception {
	COVE_EX_VS_ECALL = 10,	       /* a0 to a7 in the NACL scratch */
	COVE_EX_LOAD_GUEST_FAULT = 21, /* address: htval << 2 | stval & 3 */
	COVE_EX_VIRTUAL_INSTRUCTION = 22,
	COVE_EX_STORE_GUEST_FAULT = 23,
};

/* OPEN: no cause is named for a TVM that has nothing to do; the host's timer
 * has it back then: supervisor timer, bit 63 set. */
#define COVE_IRQ_TIMER (UINT64_C(1) << 63 | 5)

/* --- connect_device: the stream descriptor --- */
#define COVE_STREAM_ID	     0 /* u8 */
#define COVE_STREAM_NUM_ADDR 1 /* u8 */
#define COVE_STREAM_RSVD     2 /* u16 */
#define COVE_STREAM_RID1     4 /* u32: RID Association Register 1 */
#define COVE_STREAM_RID2     8 /* u32 */
#define COVE_STREAM_ADDR(n)  (12 + 12 * (n)) /* u32[3] */
#define COVE_STREAM_LEN(n)   (12 + 12 * (n))
#define COVE_STREAM_ADDR_MAX 2 /* blocks that this TSM takes */

/* --- connect_device, get_device_connection_transcript: the transcript --- */
#define COVE_CONN_VERSION    0 /* u8 */
#define COVE_CONN_LENGTH     1 /* u32, not aligned */
#define COVE_CONN_TRANSCRIPT 5 /* bytes */
/* OPEN: the draft names no least size of the place. A connect that failed at
 * its end for want of room would have to be undone, so that ours asks for this.
 */
#define COVE_CONN_SIZE_MIN 0x8000
/* OPEN: "CoVE-IO version" has no encoding: major in 7:4, minor in 3:0. */
#define COVE_CONN_VERSION_0_1 0x01

#endif
