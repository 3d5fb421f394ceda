/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_SEV_TIO_ABI_CMD_H
#define ARCH_SEV_TIO_ABI_CMD_H

#include <stdbool.h>

#include "arch/sev_tio/abi_bytes.h"

/*
 * Commands of the secure processor (PSP) that SNP and SEV-TIO need: numbers,
 * buffer sizes, offsets. A buffer's first field is its own length where the
 * name below ends in _LEN and the row says so.
 *
 * Versions: SNP commands as in SEV-SNP firmware ABI 1.5x (Linux 7.3
 * include/linux/psp-sev.h); SEV-TIO commands as in revision 0.91 (Linux 7.3
 * drivers/crypto/ccp for D0 to D5; AMD's public tsm branch and RFC for the
 * rest). OPEN marks what public text leaves unsaid.
 */
enum sev_cmd {
	SEV_CMD_SNP_SHUTDOWN_EX = 0x86,
	SEV_CMD_SNP_PLATFORM_STATUS = 0x83,
	SEV_CMD_SNP_DF_FLUSH = 0x84,
	SEV_CMD_SNP_INIT_EX = 0x85,
	SEV_CMD_SNP_DECOMMISSION = 0x90,
	SEV_CMD_SNP_ACTIVATE = 0x91,
	SEV_CMD_SNP_GUEST_STATUS = 0x92,
	SEV_CMD_SNP_GCTX_CREATE = 0x93,
	SEV_CMD_SNP_GUEST_REQUEST = 0x94,
	SEV_CMD_SNP_LAUNCH_START = 0xa0,
	SEV_CMD_SNP_LAUNCH_UPDATE = 0xa1,
	SEV_CMD_SNP_LAUNCH_FINISH = 0xa2,
	SEV_CMD_SNP_PAGE_RECLAIM = 0xc7,
	SEV_CMD_SNP_PAGE_UNSMASH = 0xc8,
	SEV_CMD_SNP_FEATURE_INFO = 0xce,

	SEV_CMD_TIO_STATUS = 0xd0,
	SEV_CMD_TIO_INIT = 0xd1,
	SEV_CMD_TIO_DEV_CREATE = 0xd2,
	SEV_CMD_TIO_DEV_RECLAIM = 0xd3,
	SEV_CMD_TIO_DEV_CONNECT = 0xd4,
	SEV_CMD_TIO_DEV_DISCONNECT = 0xd5,
	SEV_CMD_TIO_DEV_STATUS = 0xd6,
	SEV_CMD_TIO_DEV_MEASUREMENTS = 0xd7,
	SEV_CMD_TIO_DEV_CERTIFICATES = 0xd8,
	SEV_CMD_TIO_TDI_CREATE = 0xda,
	SEV_CMD_TIO_TDI_RECLAIM = 0xdb,
	SEV_CMD_TIO_TDI_BIND = 0xdc,
	SEV_CMD_TIO_TDI_UNBIND = 0xdd,
	SEV_CMD_TIO_TDI_REPORT = 0xde,
	SEV_CMD_TIO_TDI_STATUS = 0xdf,
	SEV_CMD_TIO_GUEST_REQUEST = 0xe0,
	SEV_CMD_TIO_ASID_FENCE_CLEAR = 0xe1,
	SEV_CMD_TIO_ASID_FENCE_STATUS = 0xe2,
	SEV_CMD_TIO_TDI_INFO = 0xe3,
	SEV_CMD_TIO_ROLL_KEY = 0xe4,
};

/* Status codes. Source: Linux 7.3 uapi psp-sev.h; 0x30 and up ccp driver. */
enum sev_ret {
	SEV_RET_SUCCESS = 0,
	SEV_RET_INVALID_PLATFORM_STATE = 0x01,
	SEV_RET_INVALID_GUEST_STATE = 0x02,
	SEV_RET_INVALID_CONFIG = 0x03,
	SEV_RET_INVALID_LEN = 0x04,
	SEV_RET_ALREADY_OWNED = 0x05,
	SEV_RET_INVALID_CERTIFICATE = 0x06,
	SEV_RET_POLICY_FAILURE = 0x07,
	SEV_RET_INACTIVE = 0x08,
	SEV_RET_INVALID_ADDRESS = 0x09,
	SEV_RET_BAD_SIGNATURE = 0x0a,
	SEV_RET_BAD_MEASUREMENT = 0x0b,
	SEV_RET_ASID_OWNED = 0x0c,
	SEV_RET_INVALID_ASID = 0x0d,
	SEV_RET_WBINVD_REQUIRED = 0x0e,
	SEV_RET_DFFLUSH_REQUIRED = 0x0f,
	SEV_RET_INVALID_GUEST = 0x10,
	SEV_RET_INVALID_COMMAND = 0x11,
	SEV_RET_ACTIVE = 0x12,
	SEV_RET_HWERROR_PLATFORM = 0x13,
	SEV_RET_HWERROR_UNSAFE = 0x14,
	SEV_RET_UNSUPPORTED = 0x15,
	SEV_RET_INVALID_PARAM = 0x16,
	SEV_RET_RESOURCE_LIMIT = 0x17,
	SEV_RET_SECURE_DATA_INVALID = 0x18,
	SEV_RET_INVALID_PAGE_SIZE = 0x19,
	SEV_RET_INVALID_PAGE_STATE = 0x1a,
	SEV_RET_INVALID_MDATA_ENTRY = 0x1b,
	SEV_RET_INVALID_PAGE_OWNER = 0x1c,
	SEV_RET_AEAD_OFLOW = 0x1d,
	SEV_RET_RMP_INIT_REQUIRED = 0x20,

	SEV_RET_INCORRECT_BUFFER_LENGTH = 0x30,
	SEV_RET_EXPAND_BUFFER_LENGTH_REQUEST = 0x31,
	SEV_RET_SPDM_REQUEST = 0x32, /* carry the request, issue again */
	SEV_RET_SPDM_ERROR = 0x33,
	SEV_RET_IN_DEV_CONN = 0x35,
	SEV_RET_INVALID_DEV_CTX = 0x36,
	SEV_RET_INVALID_TDI_CTX = 0x37,
	SEV_RET_INVALID_TDI = 0x38,
	SEV_RET_RECLAIM_REQUIRED = 0x39,
	SEV_RET_IN_USE = 0x3a,
	SEV_RET_INVALID_DEV_STATE = 0x3b,
	SEV_RET_INVALID_TDI_STATE = 0x3c,
	SEV_RET_DEV_CERT_CHANGED = 0x3d,
	SEV_RET_RESYNC_REQ = 0x3e,
	SEV_RET_RESPONSE_TOO_LARGE = 0x3f,
};

/* Largest buffer of a command that carries SPDM (the host keeps a copy). */
#define SEV_CMD_BUF_MAX 128

/* --- SNP --- */

/* SNP_INIT_EX; no length field */
#define SNP_INIT_EX_LEN	     0x40
#define SNP_INIT_EX_FLAGS    0x00 /* u32 */
#define SNP_INIT_F_INIT_RMP  (UINT32_C(1) << 0)
#define SNP_INIT_F_LIST	     (UINT32_C(1) << 1)
#define SNP_INIT_F_RAPL_DIS  (UINT32_C(1) << 2)
#define SNP_INIT_F_CT_HIDING (UINT32_C(1) << 3)
#define SNP_INIT_F_TIO	     (UINT32_C(1) << 4)
#define SNP_INIT_EX_LIST     0x08 /* u64 */
#define SNP_INIT_EX_MAX_ASID 0x10 /* u16 */

/* SNP_SHUTDOWN_EX; length first */
#define SNP_SHUTDOWN_EX_LEN   0x08
#define SNP_SHUTDOWN_EX_FLAGS 0x04 /* u32: IOMMU b0, x86 b1 */

/* SNP_DF_FLUSH has no buffer: pa 0. */

/* SNP_PLATFORM_STATUS, GCTX_CREATE, DECOMMISSION, PAGE_RECLAIM,
 * PAGE_UNSMASH: one u64 */
#define SNP_ADDR_LEN   0x08
#define SNP_ADDR_PA    0x00	   /* u64 */
#define SNP_RECLAIM_2M UINT64_C(1) /* bit 0 of PAGE_RECLAIM's address */

/* The status page of SNP_PLATFORM_STATUS */
#define SNP_STATUS_LEN	     0x20
#define SNP_STATUS_API_MAJOR 0x00 /* u8 */
#define SNP_STATUS_API_MINOR 0x01 /* u8 */
#define SNP_STATUS_STATE     0x02 /* u8: 0 uninitialised, 1 initialised */
#define SNP_STATUS_RMP_INIT  0x03 /* u8, b0 */
#define SNP_STATUS_BUILD     0x04 /* u32 */
#define SNP_STATUS_FLAGS     0x08 /* u32: feature info b3 */
#define SNP_STATUS_GUESTS    0x0c /* u32 */

/* SNP_ACTIVATE */
#define SNP_ACTIVATE_LEN  0x0c
#define SNP_ACTIVATE_GCTX 0x00 /* u64 */
#define SNP_ACTIVATE_ASID 0x08 /* u32 */

/* SNP_GUEST_STATUS, and the page it fills */
#define SNP_GUEST_STATUS_LEN  0x10
#define SNP_GUEST_STATUS_GCTX 0x00 /* u64 */
#define SNP_GUEST_STATUS_PA   0x08 /* u64 */
#define SNP_GSTAT_LEN	      0x20
#define SNP_GSTAT_POLICY      0x00 /* u64 */
#define SNP_GSTAT_ASID	      0x08 /* u32 */
#define SNP_GSTAT_STATE	      0x0c /* u8, enum snp_guest_state */

enum snp_guest_state {
	SNP_GUEST_INIT = 0,
	SNP_GUEST_LAUNCH = 1,
	SNP_GUEST_RUNNING = 2,
};

/* SNP_LAUNCH_START */
#define SNP_LSTART_LEN	   0x30
#define SNP_LSTART_GCTX	   0x00 /* u64 */
#define SNP_LSTART_POLICY  0x08 /* u64 */
#define SNP_LSTART_MA_GCTX 0x10 /* u64 */
#define SNP_LSTART_FLAGS   0x18 /* u32: MA b0, IMI b1 */
#define SNP_LSTART_TSC_KHZ 0x1c /* u32 */
#define SNP_LSTART_GOSVW   0x20 /* 16 bytes */

#define SNP_POLICY_SMT	    (UINT64_C(1) << 16)
#define SNP_POLICY_RSVD_ONE (UINT64_C(1) << 17)
#define SNP_POLICY_DEBUG    (UINT64_C(1) << 19)

/* SNP_LAUNCH_UPDATE */
#define SNP_LUPDATE_LEN	  0x20
#define SNP_LUPDATE_GCTX  0x00 /* u64 */
#define SNP_LUPDATE_TYPE  0x08 /* u32: size b0, type b3:1, IMI b4 */
#define SNP_LUPDATE_PA	  0x10 /* u64 */
#define SNP_LUPDATE_PERMS 0x18 /* u32: VMPL1 15:8, 2 23:16, 3 31:24 */

enum snp_page_type {
	SNP_PAGE_NORMAL = 1,
	SNP_PAGE_VMSA = 2,
	SNP_PAGE_ZERO = 3,
	SNP_PAGE_UNMEASURED = 4,
	SNP_PAGE_SECRETS = 5,
	SNP_PAGE_CPUID = 6,
};

/* SNP_LAUNCH_FINISH */
#define SNP_LFINISH_LEN	      0x40
#define SNP_LFINISH_GCTX      0x00 /* u64 */
#define SNP_LFINISH_ID_BLOCK  0x08 /* u64 */
#define SNP_LFINISH_ID_AUTH   0x10 /* u64 */
#define SNP_LFINISH_FLAGS     0x18 /* u64: id block b0, auth key b1 */
#define SNP_LFINISH_HOST_DATA 0x20 /* 32 bytes */

/* SNP_GUEST_REQUEST */
#define SNP_GREQ_LEN  0x18
#define SNP_GREQ_GCTX 0x00 /* u64 */
#define SNP_GREQ_REQ  0x08 /* u64 */
#define SNP_GREQ_RES  0x10 /* u64 */

/* SNP_FEATURE_INFO; length first. Answer: EAX, EBX, ECX, EDX as u32 */
#define SNP_FEATURE_LEN	    0x10
#define SNP_FEATURE_ECX	    0x04 /* u32 */
#define SNP_FEATURE_PA	    0x08 /* u64 */
#define SNP_FEATURE_EBX_TIO (UINT32_C(1) << 1)

/* --- memory objects of SEV-TIO --- */

/*
 * A scatter list address: what a command names a buffer by. Several pages
 * are one SLA of a scatter page that lists SLAs, ended by SLA_EOL.
 * Source: Linux 7.3 ccp sev-dev-tio.c
 */
#define SLA_SCATTER  UINT64_C(1)
#define SLA_2M	     UINT64_C(2)
#define SLA_PFN_MASK UINT64_C(0x000ffffffffff000)
#define SLA_EOL	     SLA_PFN_MASK
#define SLA_PER_PAGE 512

static inline uint64_t sla_make(uint64_t pa, bool scatter)
{
	return (pa & SLA_PFN_MASK) | (scatter ? SLA_SCATTER : 0);
}

static inline uint64_t sla_pa(uint64_t sla)
{
	return sla & SLA_PFN_MASK;
}

/* Buffer header, at the start of the first page of a buffer */
#define TIO_BUF_HDR_LEN	 0x40
#define TIO_BUF_CAPACITY 0x00 /* u32: bytes, header included */
#define TIO_BUF_PAYLOAD	 0x04 /* u32: bytes, a multiple of 32 */
#define TIO_BUF_FLAGS	 0x08 /* u32: encrypted b0 */
#define TIO_BUF_IV	 0x10 /* 16 bytes */
#define TIO_BUF_TAG	 0x20 /* 16 bytes */
#define TIO_BUF_ALIGN	 32

/* Data object: right after the buffer header */
#define TIO_DOBJ_ID	     0x00 /* u32 */
#define TIO_DOBJ_LENGTH	     0x04 /* u32: header included */
#define TIO_DOBJ_VERSION     0x08 /* u16: minor, major */
#define TIO_DOBJ_VERSION_1_0 0x0100
/* REQ and RESP */
#define TIO_DOBJ_MSG_LEN   0x10 /* header bytes */
#define TIO_DOBJ_DATA_TYPE 0x0a /* u8 */
#define TIO_DATA_SPDM	   1
#define TIO_DATA_SECURED   2
/* CERTIFICATE, MEASUREMENT, REPORT */
#define TIO_DOBJ_BLOB_LEN  0x20 /* header bytes */
#define TIO_DOBJ_DEVICE_ID 0x10 /* u16 */
#define TIO_DOBJ_SEGMENT   0x12 /* u8 */
#define TIO_DOBJ_TYPE	   0x13 /* u8, TIO_BLOB_* */
#define TIO_BLOB_SPDM	   1
#define TIO_BLOB_MEAS_LOG  2

enum tio_dobj_id {
	TIO_DOBJ_REQ = 1,
	TIO_DOBJ_RESP = 2,
	TIO_DOBJ_CERTIFICATE = 4,
	TIO_DOBJ_MEASUREMENT = 5,
	TIO_DOBJ_REPORT = 6,
};

/*
 * spdm_ctrl: four SLAs. Request, scratch and output are pages in firmware
 * state (assigned, ASID 0, immutable); the response is the host's.
 */
#define TIO_SPDM_CTRL_LEN 0x20
#define TIO_SPDM_REQ	  0x00
#define TIO_SPDM_RESP	  0x08
#define TIO_SPDM_SCRATCH  0x10
#define TIO_SPDM_OUTPUT	  0x18

/* --- SEV-TIO commands: length u32 at 0 in all --- */

#define TIO_CMD_LENGTH	  0x00 /* u32 */
#define TIO_CMD_SPDM_CTRL 0x08 /* where present */

#define TIO_STATUS_LEN 0x10
#define TIO_STATUS_PA  0x08 /* u64 */
#define TIO_INIT_LEN   0x10

/* The page TIO_STATUS fills */
#define TIO_STAT_LEN	     0x40
#define TIO_STAT_LENGTH	     0x00 /* u32 */
#define TIO_STAT_FLAGS	     0x04 /* u32 */
#define TIO_STAT_F_EN	     (UINT32_C(1) << 0)
#define TIO_STAT_F_INIT_DONE (UINT32_C(1) << 1)
#define TIO_STAT_REQ_MIN     0x08 /* u32, and so on */
#define TIO_STAT_REQ_MAX     0x0c
#define TIO_STAT_SCRATCH_MIN 0x10
#define TIO_STAT_SCRATCH_MAX 0x14
#define TIO_STAT_OUT_MIN     0x18
#define TIO_STAT_OUT_MAX     0x1c
#define TIO_STAT_RSP_MIN     0x20
#define TIO_STAT_RSP_MAX     0x24
#define TIO_STAT_DEVCTX_SIZE 0x28
#define TIO_STAT_TDICTX_SIZE 0x2c
#define TIO_STAT_CRYPTO_ALG  0x30

#define TIO_DEV_CREATE_LEN     0x20
#define TIO_DEV_CREATE_CTX     0x08 /* SLA */
#define TIO_DEV_CREATE_RID     0x10 /* u16 */
#define TIO_DEV_CREATE_PORT    0x12 /* u16: LNKCAP port number */
#define TIO_DEV_CREATE_SEGMENT 0x14 /* u8 */

#define TIO_DEV_RECLAIM_LEN 0x10
#define TIO_DEV_RECLAIM_CTX 0x08 /* SLA */

#define TIO_DEV_CONNECT_LEN	0x50
#define TIO_DEV_CONNECT_CTX	0x30 /* SLA */
#define TIO_DEV_CONNECT_TC_MASK 0x38 /* u8: b0 required */
#define TIO_DEV_CONNECT_SLOT	0x39 /* u8 */
#define TIO_DEV_CONNECT_STREAMS 0x40 /* u8[8], 0xff unused */

/* DISCONNECT, CERTIFICATES and ROLL_KEY look alike. */
#define TIO_DEV_DISCONNECT_LEN 0x30
#define TIO_DEV_CERTS_LEN      0x30
#define TIO_ROLL_KEY_LEN       0x30
#define TIO_DEV_FLAGS	       0x04 /* u32 */
#define TIO_DEV_CTX	       0x28 /* SLA */
#define TIO_DISCONNECT_F_FORCE (UINT32_C(1) << 0)
/*
 * OPEN: no public command updates the keys of the SPDM session or keeps it
 * alive, though without either it ends. Ours are flags of ROLL_KEY, in the
 * word where its neighbours have theirs; 0 is the command as published: the
 * keys of the IDE stream. Firmware of other architectures has calls for both.
 */
#define TIO_ROLL_KEY_F_SESSION (UINT32_C(1) << 0)
#define TIO_ROLL_KEY_F_ALIVE   (UINT32_C(1) << 1)

#define TIO_DEV_MEAS_LEN   0x50
#define TIO_DEV_MEAS_NONCE 0x30 /* 32 bytes */
#define TIO_DEV_MEAS_F_RAW (UINT32_C(1) << 0)

#define TIO_DEV_STATUS_LEN 0x20
#define TIO_DEV_STATUS_CTX 0x08 /* SLA */
#define TIO_DEV_STATUS_PA  0x10 /* u64 */

/* The page DEV_STATUS fills */
#define TIO_DSTAT_LEN		  0xa0
#define TIO_DSTAT_LENGTH	  0x00 /* u32 */
#define TIO_DSTAT_STATE		  0x04 /* u8, enum tio_dev_state */
#define TIO_DSTAT_P1		  0x06 /* u8 */
#define TIO_DSTAT_P1_PENDING	  (1u << 0)
#define TIO_DSTAT_P1_PENDING_TDI  (1u << 1)
#define TIO_DSTAT_SLOT		  0x07 /* u8 */
#define TIO_DSTAT_RID		  0x08 /* u16 */
#define TIO_DSTAT_SEGMENT	  0x0a /* u8 */
#define TIO_DSTAT_TC_MASK	  0x0b /* u8 */
#define TIO_DSTAT_PENDING_CMD	  0x0c /* u16 */
#define TIO_DSTAT_PENDING_IF	  0x10 /* 12 bytes */
#define TIO_DSTAT_P2		  0x1c /* u8 */
#define TIO_DSTAT_P2_MEAS_VALID	  (1u << 0)
#define TIO_DSTAT_P2_NO_FW_UPDATE (1u << 1)
#define TIO_DSTAT_STREAMS	  0x20 /* u8[8] */
#define TIO_DSTAT_CERTS_DIGEST	  0x30 /* 48 bytes */
#define TIO_DSTAT_MEAS_DIGEST	  0x60 /* 48 bytes */
#define TIO_DSTAT_TDIS		  0x90 /* u32 */
#define TIO_DSTAT_BOUND_TDIS	  0x94 /* u32 */
#define TIO_DSTAT_ALGOS		  0x98 /* u8[8], as in TDI_INFO's u64 */

/* OPEN: public text names the field, not its values; these are ours. */
enum tio_dev_state {
	TIO_DEV_CREATED = 0,
	TIO_DEV_CONNECTED = 1,
	TIO_DEV_DISCONNECTED = 2,
	TIO_DEV_ERROR = 3,
};

#define TIO_TDI_CREATE_LEN     0x30
#define TIO_TDI_CREATE_DEV     0x08 /* SLA */
#define TIO_TDI_CREATE_TDI     0x10 /* SLA */
#define TIO_TDI_CREATE_IF      0x18 /* 12 bytes: u32 function id, 8 reserved */
#define TIO_FUNCTION_RID_MASK  UINT32_C(0xffff)
#define TIO_FUNCTION_SEGMENT   16 /* shift; 8 bits */
#define TIO_FUNCTION_SEG_VALID (UINT32_C(1) << 24)

#define TIO_TDI_RECLAIM_LEN 0x20
#define TIO_TDI_RECLAIM_DEV 0x08 /* SLA */
#define TIO_TDI_RECLAIM_TDI 0x10 /* SLA */

/* BIND, UNBIND, REPORT, STATUS and GUEST_REQUEST share these. */
#define TIO_TDI_FLAGS 0x04 /* u32 */
#define TIO_TDI_DEV   0x28 /* SLA */
#define TIO_TDI_TDI   0x30 /* SLA */
#define TIO_TDI_GCTX  0x38 /* u64 */

#define TIO_TDI_BIND_LEN	0x50
#define TIO_TDI_BIND_GUEST_ID	0x40 /* u16 */
#define TIO_TDI_BIND_LOCK_FLAGS 0x42 /* u16, TDISP's bits */
#define TIO_LOCK_NO_FW_UPDATE	(1u << 0)
#define TIO_LOCK_MSIX		(1u << 2)
#define TIO_LOCK_BIND_P2P	(1u << 3) /* must be 0 */
#define TIO_LOCK_REDIRECT	(1u << 4) /* must be 1 */
#define TIO_TDI_BIND_RUN_FLAGS	0x44	  /* u16 */
#define TIO_RUN_FORCE		(1u << 0)

#define TIO_TDI_UNBIND_LEN 0x40
#define TIO_UNBIND_F_FORCE (UINT32_C(1) << 0)
#define TIO_TDI_REPORT_LEN 0x40
#define TIO_TDI_STATUS_LEN 0x40
#define TIO_TDI_STATUS_PA  0x38 /* u64; stands where gctx does elsewhere */

/* The page TDI_STATUS fills */
#define TIO_TSTAT_LEN	 0x10
#define TIO_TSTAT_LENGTH 0x00 /* u32 */
#define TIO_TSTAT_STATE	 0x04 /* u8: TDISP state */
#define TIO_TDISP_ERROR	 3

#define TIO_GUEST_REQ_LEN 0x50
#define TIO_GUEST_REQ_REQ 0x40 /* u64: a page of the host */
#define TIO_GUEST_REQ_RES 0x48 /* u64: a page in firmware state */

#define TIO_FENCE_CLEAR_LEN  0x20
#define TIO_FENCE_CLEAR_DEV  0x08 /* SLA */
#define TIO_FENCE_CLEAR_GCTX 0x10 /* u64 */

#define TIO_FENCE_STATUS_LEN  0x20
#define TIO_FENCE_STATUS_DEV  0x08 /* SLA */
#define TIO_FENCE_STATUS_ASID 0x10 /* u32 */
#define TIO_FENCE_STATUS_PA   0x14 /* u64, unaligned */
/* The u64 FENCE_STATUS writes */
#define TIO_FENCE_DMA	      UINT64_C(0x3)
#define TIO_FENCE_DMA_OPEN    0
#define TIO_FENCE_DMA_ERROR   1
#define TIO_FENCE_DMA_DEFAULT 3
#define TIO_FENCE_MMIO	      UINT64_C(0xc)
#define TIO_FENCE_MMIO_OPEN   0
#define TIO_FENCE_MMIO_FENCED 3

#define TIO_TDI_INFO_LEN 0x30
#define TIO_TDI_INFO_DEV 0x08 /* SLA */
#define TIO_TDI_INFO_TDI 0x10 /* SLA */
#define TIO_TDI_INFO_PA	 0x18 /* u64 */

/* The page TDI_INFO fills */
#define TIO_TINFO_LEN	       0xc8
#define TIO_TINFO_LENGTH       0x00 /* u32 */
#define TIO_TINFO_IF	       0x04 /* 12 bytes */
#define TIO_TINFO_P1	       0x10 /* u32: meas valid b0, fresh b1, state 3:2 */
#define TIO_TINFO_P1_STATE     0xc  /* mask: enum tio_tdi_status */
#define TIO_TINFO_LOCK_FLAGS   0x14 /* u32 */
#define TIO_TINFO_ALGOS	       0x18 /* u64 */
#define TIO_TINFO_CERTS	       0x20 /* 48 bytes */
#define TIO_TINFO_MEAS	       0x50 /* 48 bytes */
#define TIO_TINFO_REPORT       0x80 /* 48 bytes */
#define TIO_TINFO_REPORT_COUNT 0xb0 /* u64 */
#define TIO_TINFO_ASID	       0xb8 /* u32 */
/*
 * OPEN: newer firmware mints an id at BIND; public text does not say how the
 * host learns it. Ours appends it here, where older readers do not look.
 */
#define TIO_TINFO_TDI_ID 0xc0 /* u64 */

enum tio_tdi_status {
	TIO_TDI_UNBOUND = 0,
	TIO_TDI_BOUND_LOCKED = 1,
	TIO_TDI_BOUND_RUN = 2,
};

/* Bytes of @cmd's buffer; 0 for a command without one or not known. */
static inline size_t sev_cmd_len(uint32_t cmd)
{
	static const struct {
		uint8_t cmd;
		uint8_t len;
	} t[] = {
		{ SEV_CMD_SNP_INIT_EX, SNP_INIT_EX_LEN },
		{ SEV_CMD_SNP_SHUTDOWN_EX, SNP_SHUTDOWN_EX_LEN },
		{ SEV_CMD_SNP_PLATFORM_STATUS, SNP_ADDR_LEN },
		{ SEV_CMD_SNP_DECOMMISSION, SNP_ADDR_LEN },
		{ SEV_CMD_SNP_ACTIVATE, SNP_ACTIVATE_LEN },
		{ SEV_CMD_SNP_GUEST_STATUS, SNP_GUEST_STATUS_LEN },
		{ SEV_CMD_SNP_GCTX_CREATE, SNP_ADDR_LEN },
		{ SEV_CMD_SNP_GUEST_REQUEST, SNP_GREQ_LEN },
		{ SEV_CMD_SNP_LAUNCH_START, SNP_LSTART_LEN },
		{ SEV_CMD_SNP_LAUNCH_UPDATE, SNP_LUPDATE_LEN },
		{ SEV_CMD_SNP_LAUNCH_FINISH, SNP_LFINISH_LEN },
		{ SEV_CMD_SNP_PAGE_RECLAIM, SNP_ADDR_LEN },
		{ SEV_CMD_SNP_PAGE_UNSMASH, SNP_ADDR_LEN },
		{ SEV_CMD_SNP_FEATURE_INFO, SNP_FEATURE_LEN },
		{ SEV_CMD_TIO_STATUS, TIO_STATUS_LEN },
		{ SEV_CMD_TIO_INIT, TIO_INIT_LEN },
		{ SEV_CMD_TIO_DEV_CREATE, TIO_DEV_CREATE_LEN },
		{ SEV_CMD_TIO_DEV_RECLAIM, TIO_DEV_RECLAIM_LEN },
		{ SEV_CMD_TIO_DEV_CONNECT, TIO_DEV_CONNECT_LEN },
		{ SEV_CMD_TIO_DEV_DISCONNECT, TIO_DEV_DISCONNECT_LEN },
		{ SEV_CMD_TIO_DEV_STATUS, TIO_DEV_STATUS_LEN },
		{ SEV_CMD_TIO_DEV_MEASUREMENTS, TIO_DEV_MEAS_LEN },
		{ SEV_CMD_TIO_DEV_CERTIFICATES, TIO_DEV_CERTS_LEN },
		{ SEV_CMD_TIO_TDI_CREATE, TIO_TDI_CREATE_LEN },
		{ SEV_CMD_TIO_TDI_RECLAIM, TIO_TDI_RECLAIM_LEN },
		{ SEV_CMD_TIO_TDI_BIND, TIO_TDI_BIND_LEN },
		{ SEV_CMD_TIO_TDI_UNBIND, TIO_TDI_UNBIND_LEN },
		{ SEV_CMD_TIO_TDI_REPORT, TIO_TDI_REPORT_LEN },
		{ SEV_CMD_TIO_TDI_STATUS, TIO_TDI_STATUS_LEN },
		{ SEV_CMD_TIO_GUEST_REQUEST, TIO_GUEST_REQ_LEN },
		{ SEV_CMD_TIO_ASID_FENCE_CLEAR, TIO_FENCE_CLEAR_LEN },
		{ SEV_CMD_TIO_ASID_FENCE_STATUS, TIO_FENCE_STATUS_LEN },
		{ SEV_CMD_TIO_TDI_INFO, TIO_TDI_INFO_LEN },
		{ SEV_CMD_TIO_ROLL_KEY, TIO_ROLL_KEY_LEN },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (t[i].cmd == cmd)
			return t[i].len;
	return 0;
}

/* True for the commands whose buffer begins with its own length. */
static inline bool sev_cmd_has_length(uint32_t cmd)
{
	return cmd == SEV_CMD_SNP_SHUTDOWN_EX ||
	       cmd == SEV_CMD_SNP_FEATURE_INFO ||
	       (cmd >= SEV_CMD_TIO_STATUS && cmd <= SEV_CMD_TIO_ROLL_KEY);
}

#endif
