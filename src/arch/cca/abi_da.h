/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_ABI_DA_H
#define ARCH_CCA_ABI_DA_H

#include "arch/cca/abi_bytes.h"

/* Device assignment: PDEV, VDEV, streams, communication buffers. */

enum rmi_pdev_state {
	RMI_PDEV_NEW = 0,
	RMI_PDEV_NEEDS_KEY = 1,
	RMI_PDEV_HAS_KEY = 2,
	RMI_PDEV_READY = 3,
	RMI_PDEV_STOPPED = 4,
	RMI_PDEV_ERROR = 5,
};

enum rmi_vdev_state {
	RMI_VDEV_NEW = 0,
	RMI_VDEV_UNLOCKED = 1,
	RMI_VDEV_LOCKED = 2,
	RMI_VDEV_STARTED = 3,
	RMI_VDEV_ERROR = 4,
	RMI_VDEV_KEY_REFRESH = 5,
	RMI_VDEV_KEY_PURGE = 6,
};

enum rmi_sig_alg {
	RMI_SIG_RSASSA_3072 = 0,
	RMI_SIG_ECDSA_P256 = 1,
	RMI_SIG_ECDSA_P384 = 2,
};

/* struct rmi_pdev_params, one granule */
#define PDEV_PARAMS_LEN	       0x1000
#define PDEV_PARAMS_FLAGS      0x0  /* u64 */
#define PDEV_PARAMS_HB_BASE    0x8  /* u64, ECAM of the host bridge */
#define PDEV_PARAMS_PDEV_ID    0x10 /* u64, RID of the function */
#define PDEV_PARAMS_ROUTING_ID 0x18 /* u64, RID of the root port */
#define PDEV_PARAMS_ID_INDEX   0x20 /* u64, certificate slot */
#define PDEV_PARAMS_RID_BASE   0x28 /* u32, inclusive */
#define PDEV_PARAMS_RID_TOP    0x30 /* u32, exclusive */
#define PDEV_PARAMS_HASH       0x38 /* u8, enum rmi_hash */
#define PDEV_FLAGS_SPDM	       (UINT64_C(1) << 0)
#define PDEV_FLAGS_CATEGORY    UINT64_C(0x6)
#define PDEV_FLAGS_ALL	       UINT64_C(0x7)
#define PDEV_ROOTPORT	       (UINT64_C(0) << 1)
#define PDEV_EP_OFF_CHIP       (UINT64_C(1) << 1)
#define PDEV_EP_ON_CHIP	       (UINT64_C(2) << 1)

/* struct rmi_public_key_params, one granule */
#define PUBKEY_PARAMS_LEN      0x1000
#define PUBKEY_PARAMS_KEY      0x0   /* 1024 bytes; ECDSA: 4 || X || Y */
#define PUBKEY_PARAMS_METADATA 0x400 /* 1024 bytes; RSA: exponent */
#define PUBKEY_PARAMS_KEY_LEN  0x800 /* u64 */
#define PUBKEY_PARAMS_META_LEN 0x808 /* u64 */
#define PUBKEY_PARAMS_ALGO     0x810 /* u8, enum rmi_sig_alg */
#define PUBKEY_KEY_MAX	       1024
/* An ECDSA key is an uncompressed point of SEC 1 §2.3.3; its first byte. */
#define PUBKEY_POINT 4

/* struct rmi_pdev_stream_params, one granule */
#define STREAM_PARAMS_LEN	0x1000
#define STREAM_PARAMS_FLAGS	0x0   /* u64, zero */
#define STREAM_PARAMS_TYPE	0x8   /* u8 */
#define STREAM_PARAMS_PDEV_1	0x10  /* u64, endpoint */
#define STREAM_PARAMS_PDEV_2	0x18  /* u64, root port */
#define STREAM_PARAMS_IDE_SID	0x20  /* u64 */
#define STREAM_PARAMS_NUM_RANGE 0x28  /* u64 */
#define STREAM_PARAMS_RANGE	0x100 /* base, top; u64 each */
#define STREAM_RANGES_MAX	16

enum rmi_stream_type {
	RMI_STREAM_NON_TEE = 0,
	RMI_STREAM_NCOH = 1, /* the only one that is accepted */
	RMI_STREAM_COH = 2,
	RMI_STREAM_NCOH_SYS = 3,
	RMI_STREAM_COH_SYS = 4,
	RMI_STREAM_TYPES = 5,
};
/* A handle is the endpoint's PDEV address plus the type. */

/* struct rmi_vdev_params, one granule */
#define VDEV_PARAMS_LEN	      0x1000
#define VDEV_PARAMS_FLAGS     0x0   /* u64, zero: no VSMMU */
#define VDEV_PARAMS_VDEV_ID   0x8   /* u64, as the realm names it */
#define VDEV_PARAMS_TDI_ID    0x10  /* u64, RID of the TDI */
#define VDEV_PARAMS_VSMMU     0x20  /* u64 */
#define VDEV_PARAMS_VSID      0x28  /* u64 */
#define VDEV_PARAMS_NUM_RANGE 0x30  /* u64 */
#define VDEV_PARAMS_RANGE     0x200 /* base, top; u64 each */
#define VDEV_RANGES_MAX	      8

/* struct rmi_vdev_measure_params, one granule */
#define MEAS_PARAMS_LEN	  0x1000
#define MEAS_PARAMS_FLAGS 0x0	/* u64; bit 0 raw */
#define MEAS_PARAMS_NONCE 0x100 /* 32 bytes */
#define MEAS_FLAGS_RAW	  (UINT64_C(1) << 0)
#define MEAS_NONCE_LEN	  32

/* struct rmi_dev_comm_data, one granule: entry at 0, exit at 0x800 */
#define DEV_COMM_LEN	     0x1000
#define COMM_ENTER_STATUS    0x0  /* u8 */
#define COMM_ENTER_REQ_ADDR  0x8  /* u64, a granule for the request */
#define COMM_ENTER_RESP_ADDR 0x10 /* u64, a granule with the response */
#define COMM_ENTER_RESP_LEN  0x18 /* u64, 1 to 4096 */
#define COMM_STATUS_NONE     0
#define COMM_STATUS_RESPONSE 1
#define COMM_STATUS_ERROR    2
#define COMM_EXIT	     0x800
#define COMM_EXIT_LEN	     0x50
/* Offsets within the exit. */
#define COMM_EXIT_FLAGS		0x0  /* u64 */
#define COMM_EXIT_CACHE_REQ_OFF 0x8  /* u64, in the request granule */
#define COMM_EXIT_CACHE_REQ_LEN 0x10 /* u64 */
#define COMM_EXIT_CACHE_RSP_OFF 0x18 /* u64, in the response granule */
#define COMM_EXIT_CACHE_RSP_LEN 0x20 /* u64 */
#define COMM_EXIT_OBJ_ID	0x28 /* u8 */
#define COMM_EXIT_PROTOCOL	0x30 /* u8: SPDM 0, secured 1 */
/* Microseconds. OPEN: TF-RMM's struct has one byte, the draft a UInt64; the
 * slot is eight wide and read as such. */
#define COMM_EXIT_REQ_DELAY 0x38
#define COMM_EXIT_REQ_LEN   0x40 /* u64 */
#define COMM_EXIT_TIMEOUT   0x48 /* u64, microseconds */
#define COMM_F_REQ_CACHE    (UINT64_C(1) << 0)
#define COMM_F_RSP_CACHE    (UINT64_C(1) << 1)
#define COMM_F_REQ_SEND	    (UINT64_C(1) << 2)
#define COMM_F_RSP_WAIT	    (UINT64_C(1) << 3)
#define COMM_F_RSP_RESET    (UINT64_C(1) << 4)
#define COMM_F_MULTI	    (UINT64_C(1) << 5)
#define COMM_F_STREAM_WAIT  (UINT64_C(1) << 6)

/*
 * What the host caches. A call of COMMUNICATE that returns with REQ_CACHE or
 * RSP_CACHE names bytes to append to the object; RSP_RESET empties it first.
 * With MULTI there is more of it: call again. OPEN: the order within a call;
 * here reset, then the request's bytes, then the response's.
 */
enum rmi_dev_obj {
	RMI_DEV_OBJ_VCA = 0,
	RMI_DEV_OBJ_CERT = 1,
	RMI_DEV_OBJ_MEAS = 2,
	RMI_DEV_OBJ_REPORT = 3,
	RMI_DEV_OBJS = 4,
};

#endif
