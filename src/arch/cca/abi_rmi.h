/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_ABI_RMI_H
#define ARCH_CCA_ABI_RMI_H

#include "arch/cca/abi_bytes.h"

/*
 * Calls of the host to the monitor: SMC64, function id in x0, arguments from
 * x1; result in x0, further results from x1. Arguments are in comments, in
 * order; -> names results. Addresses are PA unless called ipa.
 */
enum rmi_fid {
	RMI_VERSION = 0xc4000150,  /* version -> lower, higher */
	RMI_FEATURES = 0xc4000165, /* index -> value */
	/* base, top -> next granule. OPEN: how many a call takes; TF-RMM one,
	 * here all up to the first that fails. */
	RMI_GRANULE_RANGE_DELEGATE = 0xc40001f1,
	RMI_GRANULE_RANGE_UNDELEGATE = 0xc40001f2,

	RMI_REALM_CREATE = 0xc4000158,	 /* rd, params */
	RMI_REALM_ACTIVATE = 0xc4000157, /* rd */
	RMI_REALM_DESTROY = 0xc4000159,	 /* rd */
	/* rd. OPEN: terminates a realm that may not run again; here it sets
	 * the realm's state to SYSTEM_OFF. */
	RMI_REALM_TERMINATE = 0xc4000201,

	RMI_REC_CREATE = 0xc400015a,  /* rd, rec, params */
	RMI_REC_DESTROY = 0xc400015b, /* rec */
	RMI_REC_ENTER = 0xc400015c,   /* rec, rec_run */

	RMI_RTT_CREATE = 0xc400015d,	 /* rd, rtt, ipa, level */
	RMI_RTT_DESTROY = 0xc400015e,	 /* rd, ipa, level -> rtt, top */
	RMI_RTT_FOLD = 0xc4000166,	 /* rd, ipa, level -> rtt */
	RMI_RTT_READ_ENTRY = 0xc4000161, /* rd, ipa, level -> level, state,
					  * desc, ripas */
	RMI_RTT_INIT_RIPAS = 0xc4000168, /* rd, base, top -> top */
	RMI_RTT_SET_RIPAS = 0xc4000169,	 /* rd, rec, base, top -> top */

	RMI_RTT_DATA_MAP_INIT = 0xc4000153, /* rd, data, ipa, src, flags */
	RMI_RTT_DATA_MAP = 0xc40001f5,	    /* rd, base, top, flags, oaddr ->
					     * next ipa */
	RMI_RTT_DATA_UNMAP = 0xc40001f6,    /* rd, base, top, flags, oaddr ->
					     * top, range, count */
	RMI_RTT_UNPROT_MAP = 0xc40001fb,    /* as DATA_MAP; oaddr non-secure */
	RMI_RTT_UNPROT_UNMAP = 0xc40001fc,  /* as DATA_UNMAP */
	RMI_RTT_DEV_MAP = 0xc40001f7,	    /* rd, vdev, base, top, flags,
					     * oaddr -> top */
	RMI_RTT_DEV_UNMAP = 0xc40001f8,	    /* rd, base, top, flags, oaddr ->
					     * top, range, count */
	/* rd, rec, base, top -> top. OPEN: TF-RMM's header comment lists pdev
	 * and vdev too, its handler takes four; the handler is followed. */
	RMI_RTT_DEV_VALIDATE = 0xc4000163,

	RMI_PDEV_CREATE = 0xc4000176,	   /* pdev, params; stateful for EP */
	RMI_PDEV_COMMUNICATE = 0xc4000175, /* pdev, data */
	RMI_PDEV_GET_STATE = 0xc4000178,   /* pdev -> state */
	RMI_PDEV_SET_PUBKEY = 0xc400017b,  /* pdev, params */
	RMI_PDEV_STOP = 0xc400017c,	   /* pdev */
	RMI_PDEV_ABORT = 0xc4000174,	   /* pdev */
	RMI_PDEV_DESTROY = 0xc4000177,	   /* pdev; stateful for EP */
	RMI_PDEV_STREAM_CONNECT = 0xc4000204,	  /* params -> handle */
	RMI_PDEV_STREAM_DISCONNECT = 0xc4000205,  /* pdev1, pdev2, handle */
	RMI_PDEV_STREAM_COMPLETE = 0xc4000206,	  /* pdev1, pdev2, handle */
	RMI_PDEV_STREAM_KEY_REFRESH = 0xc400017a, /* pdev1, pdev2, handle */
	RMI_PDEV_STREAM_KEY_PURGE = 0xc4000207,	  /* not supported */

	RMI_VDEV_CREATE = 0xc4000187,	   /* rd, pdev, vdev, params */
	RMI_VDEV_COMMUNICATE = 0xc4000186, /* rd, pdev, vdev, data */
	RMI_VDEV_GET_STATE = 0xc4000189,   /* vdev -> state */
	RMI_VDEV_LOCK = 0xc40001d2,	   /* rd, pdev, vdev */
	RMI_VDEV_START = 0xc40001d3,	   /* rd, pdev, vdev */
	RMI_VDEV_UNLOCK = 0xc400018a,	   /* rd, pdev, vdev -> granule */
	RMI_VDEV_ABORT = 0xc4000185,	   /* rd, pdev, vdev */
	RMI_VDEV_DESTROY = 0xc4000188,	   /* rd, pdev, vdev */
	RMI_VDEV_COMPLETE = 0xc400018e,	   /* rec, vdev */
	RMI_VDEV_GET_INTERFACE_REPORT = 0xc40001d0, /* rd, pdev, vdev */
	RMI_VDEV_GET_MEASUREMENTS = 0xc40001d1,	    /* rd, pdev, vdev, params */

	RMI_PSMMU_ACTIVATE = 0xc40001d7,      /* psmmu, params */
	RMI_PSMMU_DEACTIVATE = 0xc40001d8,    /* psmmu */
	RMI_PSMMU_ST_L2_CREATE = 0xc40001db,  /* psmmu, sid */
	RMI_PSMMU_ST_L2_DESTROY = 0xc40001dc, /* psmmu, sid */

	RMI_OP_CONTINUE = 0xc4000203,	 /* handle, flags */
	RMI_OP_MEM_DONATE = 0xc4000208,	 /* handle, list, count -> used,
					  * requirement */
	RMI_OP_MEM_RECLAIM = 0xc4000209, /* handle, list, count -> written */
	RMI_OP_CANCEL = 0xc400020a,	 /* handle */

	/* Numbers without handlers in the source; NOT_SUPPORTED here. */
	RMI_VSMMU_CREATE = 0xc400016a,
	RMI_VSMMU_DESTROY = 0xc400016b,
	RMI_VSMMU_MAP = 0xc400016c,
	RMI_VSMMU_UNMAP = 0xc400016d,
	RMI_PSMMU_IRQ_NOTIFY = 0xc400016f,
};

/* SMCCC: no such function. */
#define SMC_NOT_SUPPORTED UINT64_MAX

/* What RMI_VERSION answers: (major << 16) | minor. OPEN: the drafts between
 * 1.1 and 2.0 say either; TF-RMM's calls are those of 2.0. */
#define RMI_ABI_VERSION (UINT64_C(2) << 16)

/*
 * Result: status in 7:0, index in 15:8. Of RMI_ERROR_RTT the index is the
 * level at which the walk ended; of RMI_INCOMPLETE see RMI_OP_.
 */
enum rmi_status {
	RMI_SUCCESS = 0,
	RMI_ERROR_INPUT = 1,
	RMI_ERROR_REALM = 2,
	RMI_ERROR_REC = 3,
	RMI_ERROR_RTT = 4,
	RMI_ERROR_NOT_SUPPORTED = 5,
	RMI_ERROR_DEVICE = 6,
	RMI_ERROR_RTT_AUX = 7,
	RMI_ERROR_PSMMU_ST = 8,
	RMI_ERROR_DPT = 9,
	RMI_BUSY = 10,
	RMI_ERROR_GLOBAL = 11,
	RMI_ERROR_TRACKING = 12,
	RMI_INCOMPLETE = 13,
	RMI_BLOCKED = 14,
	RMI_ERROR_GPT = 15,
	RMI_ERROR_GRANULE = 16,
};

#define RMI_RESULT(status, index) ((uint64_t)(status) | (uint64_t)(index) << 8)
#define RMI_STATUS(x0)		  ((unsigned)((x0)&0xff))
#define RMI_INDEX(x0)		  ((unsigned)((x0) >> 8 & 0xff))

/*
 * A stateful operation: x0 is INCOMPLETE with what memory it wants in 9:8 and
 * whether OP_CANCEL is heard in bit 10; x1 the handle (after MEM_DONATE and
 * MEM_RECLAIM: entries used or written); x2, of a wish for memory: block size
 * 1:0, count 15:2, contiguous 16, state 17.
 */
#define RMI_OP_MEM_REQ		0x300u
#define RMI_OP_MEM_REQ_NONE	0u
#define RMI_OP_MEM_REQ_DONATE	1u
#define RMI_OP_MEM_REQ_RECLAIM	2u
#define RMI_OP_CAN_CANCEL	0x400u
#define RMI_OP_DONATE_COUNT_LSB 2
#define RMI_OP_DONATE_COUNT	0xfffcu
/* An entry of an address list: size 1:0, count 11:2, address 51:12, bit 63
 * set: granules that are not delegated. */
#define RMI_RDESC_CNT_LSB 2
#define RMI_RDESC_CNT	  UINT64_C(0xffc)
#define RMI_RDESC_ADDR	  UINT64_C(0x000ffffffffff000)
#define RMI_RDESC_UNDEL	  (UINT64_C(1) << 63)

/* Feature register 0. */
#define RMI_FEATURE0_S2SZ UINT64_C(0xff)
/* Feature register 2, device assignment. */
#define RMI_FEATURE2_DA	       (UINT64_C(1) << 0)
#define RMI_FEATURE2_DA_COH    (UINT64_C(1) << 1)
#define RMI_FEATURE2_VSMMU     (UINT64_C(1) << 2)
#define RMI_FEATURE2_ATS       (UINT64_C(1) << 3)
#define RMI_FEATURE2_VDEVS_LSB 4 /* order of most VDEVs, 7:4 */
#define RMI_FEATURE2_VDEVS     UINT64_C(0xf0)
#define RMI_FEATURE2_VDEV_KROU (UINT64_C(1) << 8)
#define RMI_FEATURE2_NON_TEE   (UINT64_C(1) << 9)

/* enum: hash algorithms of realm measurement and device digests */
enum rmi_hash {
	RMI_HASH_SHA_256 = 0,
	RMI_HASH_SHA_512 = 1,
	RMI_HASH_SHA_384 = 2,
};

/* struct rmi_realm_params, one granule */
#define REALM_PARAMS_LEN	 0x1000
#define REALM_PARAMS_FLAGS0	 0x0   /* u64 */
#define REALM_PARAMS_S2SZ	 0x8   /* u32, IPA bits */
#define REALM_PARAMS_SVE_VL	 0x10  /* u32 */
#define REALM_PARAMS_NUM_BPS	 0x18  /* u32 */
#define REALM_PARAMS_NUM_WPS	 0x20  /* u32 */
#define REALM_PARAMS_PMU	 0x28  /* u32 */
#define REALM_PARAMS_HASH	 0x30  /* u8, enum rmi_hash */
#define REALM_PARAMS_AUX_PLANES	 0x38  /* u32 */
#define REALM_PARAMS_RPV	 0x400 /* 64 bytes, personalization value */
#define REALM_PARAMS_RPV_LEN	 64
#define REALM_PARAMS_ATS_PLANE	 0x440 /* u64 */
#define REALM_PARAMS_RTT_BASE	 0x808 /* u64 */
#define REALM_PARAMS_RTT_LEVEL	 0x810 /* s64 */
#define REALM_PARAMS_RTT_NUM	 0x818 /* u32 */
#define REALM_PARAMS_FLAGS1	 0x820 /* u64 */
#define REALM_PARAMS_AUX_RTT	 0xf80 /* 3 u64 */
#define REALM_FLAGS0_LPA2	 (UINT64_C(1) << 0)
#define REALM_FLAGS0_SVE	 (UINT64_C(1) << 1)
#define REALM_FLAGS0_PMU	 (UINT64_C(1) << 2)
#define REALM_FLAGS0_DA		 (UINT64_C(1) << 3)
#define REALM_FLAGS0_MEC_PRIVATE (UINT64_C(1) << 7)

/* struct rmi_rec_params, one granule */
#define REC_PARAMS_LEN	      0x1000
#define REC_PARAMS_FLAGS      0x0   /* u64; bit 0 runnable */
#define REC_PARAMS_MPIDR      0x100 /* u64 */
#define REC_PARAMS_PC	      0x200 /* u64 */
#define REC_PARAMS_GPRS	      0x300 /* 8 u64 */
#define REC_PARAMS_NR_GPRS    8
#define REC_PARAMS_F_RUNNABLE (UINT64_C(1) << 0)

/* struct rmi_rec_run, one granule: entry at 0, exit at 0x800 */
#define REC_RUN_LEN	       0x1000
#define REC_ENTER_FLAGS	       0x0   /* u64 */
#define REC_ENTER_GPRS	       0x200 /* 31 u64 */
#define REC_NR_GPRS	       31
#define REC_ENTER_F_EMUL_MMIO  (UINT64_C(1) << 0)
#define REC_ENTER_F_INJECT_SEA (UINT64_C(1) << 1)
#define REC_ENTER_F_TRAP_WFI   (UINT64_C(1) << 2)
#define REC_ENTER_F_TRAP_WFE   (UINT64_C(1) << 3)
/* Set: the host rejects what the realm asked for. */
#define REC_ENTER_F_RIPAS_RESPONSE   (UINT64_C(1) << 4)
#define REC_ENTER_F_S2AP_RESPONSE    (UINT64_C(1) << 5)
#define REC_ENTER_F_DEV_MEM_RESPONSE (UINT64_C(1) << 6)
#define REC_ENTER_F_ALL		     UINT64_C(0x7f)
#define REC_EXIT_REASON		     0x800 /* u64, enum rmi_exit */
#define REC_EXIT_ESR		     0x900 /* u64 */
#define REC_EXIT_FAR		     0x908 /* u64 */
#define REC_EXIT_HPFAR		     0x910 /* u64: ipa >> 12 << 4 */
#define REC_EXIT_RTT_TREE	     0x918 /* u64 */
#define REC_EXIT_RTT_LEVEL	     0x920 /* s64 */
#define REC_EXIT_GPRS		     0xa00 /* 31 u64 */
#define REC_EXIT_RIPAS_BASE	     0xd00 /* u64 */
#define REC_EXIT_RIPAS_TOP	     0xd08 /* u64 */
#define REC_EXIT_RIPAS_VALUE	     0xd10 /* u8 */
#define REC_EXIT_S2AP_BASE	     0xd20 /* u64 */
#define REC_EXIT_S2AP_TOP	     0xd28 /* u64 */
#define REC_EXIT_VDEV_ID_1	     0xd30 /* u64 */
#define REC_EXIT_VDEV_ID_2	     0xd38 /* u64 */
#define REC_EXIT_DEV_MEM_BASE	     0xd40 /* u64 */
#define REC_EXIT_DEV_MEM_TOP	     0xd48 /* u64 */
#define REC_EXIT_DEV_MEM_PA	     0xd50 /* u64 */
#define REC_EXIT_IMM		     0xe00 /* u32 */
#define REC_EXIT_PLANE		     0xe08 /* u64 */

enum rmi_exit {
	RMI_EXIT_SYNC = 0, /* a trapped WFI, an abort: see esr */
	RMI_EXIT_IRQ = 1,
	RMI_EXIT_FIQ = 2,
	RMI_EXIT_PSCI = 3,
	RMI_EXIT_RIPAS_CHANGE = 4,
	RMI_EXIT_HOST_CALL = 5,
	RMI_EXIT_SERROR = 6,
	RMI_EXIT_S2AP_CHANGE = 7,
	RMI_EXIT_VDEV_REQUEST = 8,
	RMI_EXIT_DEV_MEM_MAP = 9,
	RMI_EXIT_VDEV_P2P_BINDING = 10,
};

/*
 * esr of RMI_EXIT_SYNC. Source: Arm ARM, ESR_EL2: exception class 31:26, for
 * a data abort from a lower level ISV bit 24, SAS 23:22, WnR bit 6, fault
 * status 5:0 (translation fault at level n: 4 + n; permission 12 + n).
 */
#define ESR_EC_LSB  26
#define ESR_EC_WFX  0x01u
#define ESR_EC_DABT 0x24u
#define ESR_EC(esr) ((unsigned)((esr) >> ESR_EC_LSB & 0x3f))
/* Of an access that a host can emulate: its size is 1 << SAS, its address is
 * HPFAR's page and FAR 11:0, what it stores in gprs[0] of the exit. */
#define ESR_ISV		 (UINT64_C(1) << 24)
#define ESR_SAS_LSB	 22
#define ESR_SAS		 (UINT64_C(3) << ESR_SAS_LSB)
#define ESR_WNR		 (UINT64_C(1) << 6)
#define ESR_FSC		 UINT64_C(0x3f)
#define ESR_FSC_TRANS	 0x04u
#define ESR_FSC_PERM	 0x0cu
#define HPFAR_IPA(hpfar) ((hpfar) >> 4 << 12)

/* State of a stage-2 entry, as RTT_READ_ENTRY tells it (HIPAS). */
enum rmi_hipas {
	RMI_UNASSIGNED = 0,
	RMI_ASSIGNED = 1,
	RMI_TABLE = 2,
	RMI_ASSIGNED_DEV = 3,
	RMI_AUX_DESTROYED = 5,
};

enum rmi_ripas {
	RMI_EMPTY = 0,
	RMI_RAM = 1,
	RMI_DESTROYED = 2,
	RMI_DEV = 3,
};

/*
 * Flags of the map and unmap calls. Type of the output address, 1:0: none,
 * one range (the argument is an RDESC entry), a list (the argument is its PA,
 * its count in 15:2). Unprotected maps: memory attribute 18:16, permissions
 * 22:19 (write 19, read 20). OPEN: only a single range is taken here, in
 * TF-RMM too for device memory.
 */
#define RMI_OADDR_TYPE	   UINT64_C(0x3)
#define RMI_OADDR_NONE	   UINT64_C(0)
#define RMI_OADDR_SINGLE   UINT64_C(1)
#define RMI_OADDR_LIST	   UINT64_C(2)
#define RMI_UNPROT_MEMATTR (UINT64_C(7) << 16)
#define RMI_UNPROT_S2AP_W  (UINT64_C(1) << 19)
#define RMI_UNPROT_S2AP_R  (UINT64_C(1) << 20)
#define RMI_DATA_F_MEASURE UINT64_C(1) /* of RTT_DATA_MAP_INIT */

#endif
