/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_TDX_ABI_GUEST_H
#define ARCH_TDX_ABI_GUEST_H

#include <stdint.h>

/* --- TDG.TDI.RD --- */

/*
 * OPEN: 1 and 4; openvmm uses 2, 3 and 5 by these meanings. For a hash R8
 * names an accepted private page and RCX is its length, else R8 is 0 and RCX
 * the value.
 */
enum tdx_tdi_field {
	TDX_TDI_VERSION = 1,
	TDX_TDI_STATE = 2,
	TDX_TDI_REPORT_HASH = 3,
	TDX_TDI_INFO_HASH = 4, /* of the device information */
	TDX_TDI_BIND_SESSION = 5,
};
#define TDX_TDI_HASH_LEN 48 /* SHA-384 */

/* --- TDG.MMIO.ACCEPT, R9 --- */

#define TDX_ACCEPT_PAGES  UINT64_C(0x00000000ffffffff)
#define TDX_ACCEPT_OFFSET UINT64_C(0xffffffff00000000)

/* --- TDG.VP.VMCALL, R11; the answer in R10 --- */

/* Source: Intel TDX GHCI 1.5; openvmm x86defs */
#define TDVMCALL_HLT	 12
#define TDVMCALL_MMIO	 48 /* r12 size, r13 write, r14 gpa, r15 data; r11 */
#define TDVMCALL_MAP_GPA 0x10001 /* r12 gpa, r13 size; r11 where it failed */
/* OPEN: number. r12 device id, r13 gpa of a shared buffer, r14 size, r15
 * interrupt vector or 0. Source: Linux TDX guest patches, 2026 */
#define TDVMCALL_TDCM 0x10007

#define TDVMCALL_SUCCESS	 UINT64_C(0)
#define TDVMCALL_RETRY		 UINT64_C(1)
#define TDVMCALL_INVALID_OPERAND UINT64_C(0x8000000000000000)
#define TDVMCALL_GPA_INUSE	 UINT64_C(0x8000000000000001)
#define TDVMCALL_ALIGN_ERROR	 UINT64_C(0x8000000000000002)

/* The mask in RCX: bit n lets register n through; these may go. */
#define TDVMCALL_REGS UINT64_C(0xfc00) /* r10 to r15 */

/*
 * The buffer of TDCM, in shared memory: a command, then the answer in its
 * place; the status is polled. Names are Linux's. OPEN: offsets.
 */
#define TDCM_OPERATION 0 /* 1 */
#define TDCM_STATUS    1 /* 1 */
#define TDCM_ERROR     2 /* 2 */
#define TDCM_DATA_LEN  4 /* 4 */
#define TDCM_DATA      8
#define TDCM_BUF_MAX   0x10000

enum tdcm_op {
	TDCM_OP_CHECK_TEEIO_SUPP = 0, /* answer: 1 byte */
	TDCM_OP_BIND = 1,	      /* DEVIF.CREATE, LOCK, REPORT */
	TDCM_OP_UNBIND = 2,
	TDCM_OP_GET_TDI_REPORT = 3,
	/* OPEN: ours; the device information (command: nonce, or nothing), and
	 * the host's TDH.TDI.START after the guest authorised it. */
	TDCM_OP_GET_DEV_INFO = 4,
	TDCM_OP_START = 5,
	TDCM_OP_MAP_MMIO = 6, /* all ranges of the report into the S-EPT */
};

enum tdcm_status {
	TDCM_STATUS_COMPLETED = 0,
	TDCM_STATUS_FAILED = 1,
	TDCM_STATUS_WAIT = 0xff,
};

#endif
