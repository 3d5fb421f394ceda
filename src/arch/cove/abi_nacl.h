/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_ABI_NACL_H
#define ARCH_COVE_ABI_NACL_H

#include <stdint.h>

/*
 * The memory that a hart of the host shares with the TSM: registers of a TVM
 * that left, and one buffer for each connected device.
 *
 * Source: SBI 2.0, chapter 15 (NACL); CoVE, "vCPU shared state"; CoVE-IO,
 * "Pending SPDM Transaction Buffer Layout"
 */
enum cove_nacl {
	NACL_PROBE_FEATURE = 0, /* (feature) */
	NACL_SET_SHMEM = 1,	/* (address low, address high, flags = 0) */
};

#define NACL_SHMEM_ALIGN 4096
#define NACL_SHMEM_NONE	 UINT64_MAX /* both halves: no memory any more */

#define NACL_SCRATCH	  0 /* u64[256]; run_tvm_vcpu: the guest's GPRs */
#define NACL_GPR(n)	  (8 * (n)) /* u64, x0 to x31 */
#define NACL_GPR_A0	  10	    /* a0 is x10; a7 is x17 */
#define NACL_DIRTY_BITMAP 0xf80	    /* u64[16]; unused by CoVE */
#define NACL_CSRS	  0x1000    /* u64[1024] */
#define NACL_LEN	  0x3000

/* Index of a CSR: bits {11:10, 7:0} of its number; 9:8 are 2 in all of them */
#define NACL_CSR(csr) (NACL_CSRS + 8 * (((csr) >> 2 & 0x300) | ((csr)&0xff)))
#define CSR_HTVAL     0x643
#define CSR_HTINST    0x64a
#define CSR_HGATP     0x680
/*
 * OPEN: the TSM "updates the host's scause"; the host's scause and stval are
 * registers, which SBI's answer has no room for. They stand in the places of
 * vscause and vstval.
 */
#define CSR_VSCAUSE 0x242
#define CSR_VSTVAL  0x243

/*
 * Buffers of pending SPDM transactions.
 *
 * OPEN: the draft says that NACL memory "holds one per device", not where, nor
 * how large. The structure above has no room for an SPDM message. Ours follow
 * it: NACL_DEVS buffers of NACL_DEV_STRIDE bytes from NACL_DEV on. The TSM
 * takes one when it first has something for a device and keeps it until the
 * connection is gone; the host finds it by DEVICE_ID.
 *
 * OPEN: FUNCTION_ID says no extension, and both have functions 1024 to 1031.
 * Bit 16, reserved in a6, is set for a call of a TVM.
 *
 * OPEN: the draft prints the payload's offset as "12h", in a table whose other
 * offsets fit decimal 12 alone: the fields before end there.
 *
 * OPEN: nothing says whether the payload is plain SPDM or a secured message,
 * which DOE must know. Bits 30:24 of the length hold the data object type that
 * it goes or came as, 1 or 2; no length needs them.
 *
 * OPEN: how the host says that the device did not answer. It repeats the call
 * with length 0; the operation has failed then.
 *
 * OPEN: nothing tells an answer from the request that stood in its place. The
 * host sets bit 31 of the length with its answer. A call repeated without it
 * brought none: the same request is pending.
 */
#define NACL_DEVS	16
#define NACL_DEV	NACL_LEN
#define NACL_DEV_STRIDE 0x2000
#define NACL_SHMEM_LEN	(NACL_DEV + NACL_DEVS * NACL_DEV_STRIDE)

#define NACL_DEV_FUNCTION_ID 0	/* u32; 0: free */
#define NACL_DEV_DEVICE_ID   4	/* u32 */
#define NACL_DEV_LENGTH	     8	/* u32 */
#define NACL_DEV_PAYLOAD     12 /* bytes */
#define NACL_DEV_PAYLOAD_MAX (NACL_DEV_STRIDE - NACL_DEV_PAYLOAD)

#define NACL_FID_GUEST	    0x00010000u /* a function of COVG */
#define NACL_LENGTH_MASK    0x00ffffffu
#define NACL_LENGTH_TYPE(n) ((uint32_t)(n) >> 24 & 0x7f)
#define NACL_LENGTH_ANSWER  0x80000000u
#define NACL_TYPE_PLAIN	    1
#define NACL_TYPE_SECURED   2

/* Values of a CoVE-IO call that succeeded. */
#define COVE_SPDM_COMPLETED 0
#define COVE_SPDM_PENDING   1

#endif
