/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_ABI_RSI_H
#define ARCH_CCA_ABI_RSI_H

#include "arch/cca/abi_bytes.h"

/*
 * Calls of the realm to the monitor: SMC64, function id in x0, arguments from
 * x1, result in x0, further results from x1.
 */
enum rsi_fid {
	RSI_VERSION = 0xc4000190,	   /* version -> lower, higher */
	RSI_FEATURES = 0xc4000191,	   /* index -> value */
	RSI_MEASUREMENT_READ = 0xc4000192, /* index -> 64 bytes, x1 to x8 */
	RSI_REALM_CONFIG = 0xc4000196,	   /* ipa */
	/* base, top, ripas, flags -> next base, response */
	RSI_IPA_STATE_SET = 0xc4000197,
	RSI_IPA_STATE_GET = 0xc4000198, /* base, top -> top, ripas */
	RSI_HOST_CALL = 0xc4000199,	/* ipa of the call's structure */
	/* vdev_id, flags, non_ats_plane, lock, meas, report nonce */
	RSI_VDEV_DMA_ENABLE = 0xc400019c,
	RSI_VDEV_GET_INFO = 0xc400019d, /* vdev_id, ipa */
	/* vdev_id, base, top, pa, flags, lock, meas, report nonce -> next
	 * base, response */
	RSI_VDEV_VALIDATE_MAPPING = 0xc400019f,
	RSI_VDEV_DMA_DISABLE = 0xc40001a4, /* vdev_id */

	/* Not supported here: no VSMMU, ATS, planes, P2P. */
	RSI_VSMMU_GET_INFO = 0xc400019a,
	RSI_ARCH_DEV_ACTIVATE = 0xc400019b,
	RSI_RDEV_P2P_BIND = 0xc40001bf,
};

enum rsi_status {
	RSI_SUCCESS = 0,
	RSI_ERROR_INPUT = 1,
	RSI_ERROR_STATE = 2,
	RSI_INCOMPLETE = 3,
	RSI_ERROR_UNKNOWN = 4,
	RSI_ERROR_DEVICE = 5,
};

#define RSI_ABI_VERSION (UINT64_C(1) << 16 | 1)

#define RSI_ACCEPT	     0
#define RSI_REJECT	     1
#define RSI_CHANGE_DESTROYED UINT64_C(1) /* flag of IPA_STATE_SET */
#define RSI_FEATURE0_DA	     UINT64_C(1)
#define RSI_MEASUREMENTS     5 /* RIM and four REM */
#define RSI_MEASUREMENT_LEN  64

/* Flags of VALIDATE_MAPPING: shared b0, coherent b1. Both refused here. */
#define RSI_DEV_MEM_SHARED   UINT64_C(1)
#define RSI_DEV_MEM_COHERENT UINT64_C(2)

/* struct rsi_realm_config, one granule */
#define REALM_CONFIG_LEN       0x1000
#define REALM_CONFIG_IPA_WIDTH 0x0   /* u64; the top bit is "unprotected" */
#define REALM_CONFIG_HASH      0x8   /* u8 */
#define REALM_CONFIG_RPV       0x200 /* 64 bytes */

/* struct rsi_host_call, 256 bytes, aligned so */
#define HOST_CALL_LEN  0x100
#define HOST_CALL_IMM  0x0 /* u32 */
#define HOST_CALL_GPRS 0x8 /* 31 u64 */

enum rsi_vdev_state {
	RSI_VDEV_UNLOCKED = 0,
	RSI_VDEV_LOCKED = 1,
	RSI_VDEV_STARTED = 2,
	RSI_VDEV_ERROR = 3,
};

/* struct rsi_vdev_info, 512 bytes, aligned so */
#define VDEV_INFO_LEN	       0x200
#define VDEV_INFO_FLAGS	       0x0  /* u64; bit 0 VSMMU */
#define VDEV_INFO_CERT_ID      0x8  /* u64, certificate slot */
#define VDEV_INFO_HASH	       0x10 /* u8, enum rmi_hash */
#define VDEV_INFO_LOCK_NONCE   0x18 /* u64 */
#define VDEV_INFO_MEAS_NONCE   0x20 /* u64; 0: none in this lock */
#define VDEV_INFO_REPORT_NONCE 0x28 /* u64; 0: none in this lock */
#define VDEV_INFO_FORMAT_TYPE  0x30 /* u8: TDISP 1 */
#define VDEV_INFO_FORMAT_VER   0x38 /* u64: major << 16 | minor */
#define VDEV_INFO_STATE	       0x40 /* u8, enum rsi_vdev_state */
#define VDEV_INFO_VCA	       0x80 /* digests: 64 bytes each, zero-filled */
#define VDEV_INFO_CERT	       0xc0
/* OPEN: TF-RMM leaves it zero and the draft does not say of which bytes; here
 * the digest of the leaf's X || Y, which SET_PUBKEY had to match: law 29. */
#define VDEV_INFO_PUBKEY       0x100
#define VDEV_INFO_MEAS	       0x140
#define VDEV_INFO_REPORT       0x180
#define VDEV_INFO_VSMMU	       0x1c0 /* u64 */
#define VDEV_INFO_VSID	       0x1c8 /* u64 */
#define VDEV_INFO_DIGEST_MAX   64
#define VDEV_INFO_FORMAT_TDISP 1

#endif
