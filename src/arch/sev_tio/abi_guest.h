/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_SEV_TIO_ABI_GUEST_H
#define ARCH_SEV_TIO_ABI_GUEST_H

#include <stdbool.h>
#include <string.h>

#include "arch/sev_tio/abi_bytes.h"

/*
 * What a guest sees: GHCB exits, the secrets page, guest messages to the
 * firmware, the table of evidence blobs.
 *
 * Versions: SNP messages as in SEV-SNP firmware ABI 1.5x (Linux 7.3
 * arch/x86/include/asm/sev.h); SEV-TIO messages as in revision 0.91 with the
 * later 64-bit identity (AMD's public tsm branch, 2026).
 */

/* --- GHCB exits --- */

#define GHCB_EXIT_MMIO_READ	UINT64_C(0x80000001)
#define GHCB_EXIT_MMIO_WRITE	UINT64_C(0x80000002)
#define GHCB_EXIT_PSC		UINT64_C(0x80000010)
#define GHCB_EXIT_GUEST_REQUEST UINT64_C(0x80000011)
#define GHCB_EXIT_TIO_GUEST_REQ UINT64_C(0x80000020)
#define GHCB_EXIT_TIO_OP	UINT64_C(0x80000021)
#define GHCB_EXIT_HV_FEATURES	UINT64_C(0x8000fffd)
#define GHCB_EXIT_TERMINATE	UINT64_C(0x8000fffe)
#define GHCB_HV_FEATURE_SNP	(UINT64_C(1) << 0)
#define GHCB_HV_FEATURE_TIO	(UINT64_C(1) << 7)

/*
 * TIO_GUEST_REQUEST: EXITINFO1 and 2 are the GPAs of request and response
 * (shared pages), RAX the GPA of data pages, RBX their number, RCX the guest
 * RID (segment << 16 | BDF), RDX a parameter in and out.
 */
#define TIO_PARAM_INFO_STATE	(UINT64_C(1) << 0)
#define TIO_PARAM_INFO_CERTS	(UINT64_C(1) << 1) /* inferred */
#define TIO_PARAM_INFO_MEAS	(UINT64_C(1) << 2) /* inferred */
#define TIO_PARAM_INFO_REPORT	(UINT64_C(1) << 3)
#define TIO_PARAM_SDTE_VALIDATE (UINT64_C(1) << 0)
/* MMIO: GPA 51:12, order of pages 11:4, private b3, range id 2:0 */
#define TIO_PARAM_MMIO_GPA     UINT64_C(0x000ffffffffff000)
#define TIO_PARAM_MMIO_ORDER   UINT64_C(0xff0)
#define TIO_PARAM_MMIO_PRIVATE (UINT64_C(1) << 3)
#define TIO_PARAM_MMIO_RANGE   UINT64_C(0x7)

static inline uint64_t tio_param_mmio(uint64_t gpa, unsigned order,
				      bool private_, unsigned range_id)
{
	return (gpa & TIO_PARAM_MMIO_GPA) | ((uint64_t)(order & 0xff) << 4) |
	       (private_ ? TIO_PARAM_MMIO_PRIVATE : 0) | (range_id & 7);
}

/* TIO_OP: EXITINFO1 = action << 32 | RID; BIND gives the TDI id in RCX. */
enum tio_op {
	TIO_OP_BIND = 0,
	TIO_OP_UNBIND = 1,
	TIO_OP_RUN = 2,
	TIO_OP_STOP = 3,
};

/* --- secrets page --- */

#define SNP_SECRETS_VERSION 0x000 /* u32 */
#define SNP_SECRETS_FMS	    0x008 /* u32 */
#define SNP_SECRETS_GOSVW   0x010 /* 16 bytes */
#define SNP_SECRETS_VMPCK   0x020 /* four keys of 32 bytes */
#define SNP_VMPCK_LEN	    32
#define SNP_VMPCKS	    4

/* --- guest messages --- */

/*
 * A message fills a shared page: 96-byte header, payload encrypted with
 * AES-256-GCM under a VMPCK. AAD: header bytes 0x30 to 0x5f. IV: sequence
 * number, then four zero bytes. Tag: 16 bytes at the head of the tag field.
 * A request carries one more than the last number used under that key, the
 * response one more than its request. Numbers never wrap.
 * Source: SEV-SNP ABI 1.5x, SNP_GUEST_REQUEST
 */
#define SNP_MSG_HDR_LEN	    0x60
#define SNP_MSG_TAG	    0x00 /* 32 bytes, 16 used */
#define SNP_MSG_TAG_LEN	    16
#define SNP_MSG_SEQNO	    0x20 /* u64 */
#define SNP_MSG_ALGO	    0x30 /* u8: 1 AES-256-GCM */
#define SNP_MSG_ALGO_GCM    1
#define SNP_MSG_HDR_VERSION 0x31 /* u8: 1 */
#define SNP_MSG_HDR_SIZE    0x32 /* u16: 0x60 */
#define SNP_MSG_TYPE	    0x34 /* u8 */
#define SNP_MSG_VERSION	    0x35 /* u8: 1 for SEV-TIO in early, 2 later */
#define SNP_MSG_SIZE	    0x36 /* u16: payload bytes */
#define SNP_MSG_VMPCK	    0x3c /* u8 */
#define SNP_MSG_AAD	    0x30
#define SNP_MSG_AAD_LEN	    0x30
#define SNP_MSG_PAYLOAD_MAX (0x1000 - SNP_MSG_HDR_LEN)
#define TIO_MSG_VERSION	    2

enum snp_msg_type {
	TIO_MSG_TDI_INFO_REQ = 19,
	TIO_MSG_TDI_INFO_RSP = 20,
	TIO_MSG_MMIO_VALIDATE_REQ = 21,
	TIO_MSG_MMIO_VALIDATE_RSP = 22,
	TIO_MSG_MMIO_CONFIG_REQ = 23,
	TIO_MSG_MMIO_CONFIG_RSP = 24,
	TIO_MSG_SDTE_WRITE_REQ = 25,
	TIO_MSG_SDTE_WRITE_RSP = 26,
};

static inline void snp_msg_iv(uint8_t iv[12], uint64_t seqno)
{
	memset(iv, 0, 12);
	sev_put_u64(iv, 0, seqno);
}

/*
 * All eight begin with the 64-bit id that BIND minted; responses carry their
 * status at 8. Requests that name an id of an earlier bind get INVALID_TDI.
 * OPEN: revision 0.91 has a 16-bit guest device id at 0 and the status at 2.
 * We take the later scheme, because with the earlier one a host may unbind
 * and bind again between a guest's evidence and its acceptance (law 21).
 */
#define TIO_MSG_TDI_ID 0x00 /* u64 */
#define TIO_MSG_STATUS 0x08 /* u16, responses */

/* TDI_INFO */
#define TIO_INFO_REQ_LEN      0x10
#define TIO_INFO_RSP_LEN      0xc0
#define TIO_INFO_MEAS_FLAGS   0x10 /* u32 */
#define TIO_INFO_MEAS_VALID   (UINT32_C(1) << 0)
#define TIO_INFO_MEAS_FRESH   (UINT32_C(1) << 1)
#define TIO_INFO_LOCK_FLAGS   0x14 /* u32 */
#define TIO_INFO_ALGOS	      0x18 /* u64 */
#define TIO_INFO_CERTS	      0x20 /* 48 bytes */
#define TIO_INFO_MEAS	      0x50 /* 48 bytes */
#define TIO_INFO_REPORT	      0x80 /* 48 bytes */
#define TIO_INFO_REPORT_COUNT 0xb0 /* u64 */
#define TIO_DIGEST_LEN	      48

enum tio_info_status {
	TIO_INFO_BOUND = 0,
	TIO_INFO_INVALID = 1,
	TIO_INFO_UNBOUND = 2,
};

/* The algorithms word of TDI_INFO: one byte each */
#define TIO_ALGO_DHE_P256     UINT64_C(0)
#define TIO_ALGO_DHE_P384     UINT64_C(1)
#define TIO_ALGO_AEAD_AES128  (UINT64_C(0) << 8)
#define TIO_ALGO_AEAD_AES256  (UINT64_C(1) << 8)
#define TIO_ALGO_ASYM_RSA3072 (UINT64_C(0) << 16)
#define TIO_ALGO_ASYM_P256    (UINT64_C(1) << 16)
#define TIO_ALGO_ASYM_P384    (UINT64_C(2) << 16)
#define TIO_ALGO_HASH_SHA256  (UINT64_C(0) << 24)
#define TIO_ALGO_HASH_SHA384  (UINT64_C(1) << 24)

/* MMIO_VALIDATE, request and response */
#define TIO_MMIO_LEN	     0x30
#define TIO_MMIO_GPA	     0x10 /* u64: bytes */
#define TIO_MMIO_PAGES	     0x18 /* u32 */
#define TIO_MMIO_OFFSET	     0x1c /* u32: 4K pages into the range; OPEN: unit */
#define TIO_MMIO_FLAGS	     0x20 /* u16 */
#define TIO_MMIO_F_VALIDATED (1u << 0) /* request: wanted value */
#define TIO_MMIO_F_FORCE     (1u << 1)
#define TIO_MMIO_F_CHANGED   (1u << 0) /* response */
#define TIO_MMIO_RANGE	     0x22      /* u16 */

enum tio_mmio_status {
	TIO_MMIO_OK = 0,
	TIO_MMIO_INVALID_TDI = 1,
	TIO_MMIO_UNBOUND = 2,
	TIO_MMIO_NOT_ASSIGNED = 3,
	TIO_MMIO_NOT_IO = 4,
	TIO_MMIO_NOT_UNIFORM = 5,
	TIO_MMIO_NOT_IMMUTABLE = 6,
	TIO_MMIO_NOT_MAPPED = 7, /* not at the GPA the request names */
	TIO_MMIO_NOT_REPORTED = 8,
	TIO_MMIO_OUT_OF_RANGE = 9,
	TIO_MMIO_NOT_4K = 10,
};

/*
 * MMIO_CONFIG, request and response. OPEN: revision 0.91 has a 16-bit id,
 * flags at 4, range at 6, write at 8, in 16 bytes; where they stand beside a
 * 64-bit id is not public. Ours keeps the size and the order of fields.
 */
#define TIO_MCFG_LEN	     0x10
#define TIO_MCFG_REQ_FLAGS   0x08      /* u16 */
#define TIO_MCFG_REQ_RANGE   0x0a      /* u16 */
#define TIO_MCFG_REQ_WRITE   0x0c      /* u32: b0 */
#define TIO_MCFG_RSP_FLAGS   0x0a      /* u16; status at 8 */
#define TIO_MCFG_RSP_RANGE   0x0c      /* u16 */
#define TIO_MCFG_F_MSIX	     (1u << 0) /* response */
#define TIO_MCFG_F_PBA	     (1u << 1) /* response */
#define TIO_MCFG_F_NON_TEE   (1u << 2) /* both */
#define TIO_MCFG_F_UPDATABLE (1u << 3) /* response */

enum tio_mcfg_status {
	TIO_MCFG_OK = 0,
	TIO_MCFG_INVALID_TDI = 1,
	TIO_MCFG_UNBOUND = 2,
	TIO_MCFG_NOT_REPORTED = 3,
	TIO_MCFG_NOT_CHANGED = 4,
};

/* SDTE_WRITE */
#define TIO_SDTE_REQ_LEN 0x50
#define TIO_SDTE_RSP_LEN 0x10
#define TIO_SDTE_ENTRY	 0x10 /* 64 bytes, abi_sdte.h */

enum tio_sdte_status {
	TIO_SDTE_OK = 0,
	TIO_SDTE_INVALID_TDI = 1,
	TIO_SDTE_NOT_BOUND = 2,
	TIO_SDTE_RESERVED = 3,
};

/* Payload bytes of a request and of its response; 0: no such message. */
static inline size_t tio_msg_req_len(unsigned type)
{
	switch (type) {
	case TIO_MSG_TDI_INFO_REQ:
		return TIO_INFO_REQ_LEN;
	case TIO_MSG_MMIO_VALIDATE_REQ:
		return TIO_MMIO_LEN;
	case TIO_MSG_MMIO_CONFIG_REQ:
		return TIO_MCFG_LEN;
	case TIO_MSG_SDTE_WRITE_REQ:
		return TIO_SDTE_REQ_LEN;
	default:
		return 0;
	}
}

static inline size_t tio_msg_rsp_len(unsigned type)
{
	switch (type) {
	case TIO_MSG_TDI_INFO_RSP:
		return TIO_INFO_RSP_LEN;
	case TIO_MSG_MMIO_VALIDATE_RSP:
		return TIO_MMIO_LEN;
	case TIO_MSG_MMIO_CONFIG_RSP:
		return TIO_MCFG_LEN;
	case TIO_MSG_SDTE_WRITE_RSP:
		return TIO_SDTE_RSP_LEN;
	default:
		return 0;
	}
}

/* --- blob table --- */

/*
 * In the shared data pages of a TDI_INFO request: entries of GUID, offset
 * from the start of the pages, length; a null GUID ends them. On the way in
 * the first 32 bytes may be a nonce for measurements.
 */
#define TIO_BLOB_ENTRY_LEN 0x18
#define TIO_BLOB_GUID	   0x00 /* 16 bytes */
#define TIO_BLOB_OFFSET	   0x10 /* u32 */
#define TIO_BLOB_LENGTH	   0x14 /* u32 */
#define TIO_BLOB_MAX	   3
#define TIO_NONCE_LEN	   32

enum tio_blob {
	TIO_BLOB_MEASUREMENTS,
	TIO_BLOB_CERTIFICATES,
	TIO_BLOB_REPORT,
};

/* The GUID of @b in the byte order of memory (first three fields swapped). */
static inline const uint8_t *tio_blob_guid(enum tio_blob b)
{
	static const uint8_t guid[TIO_BLOB_MAX][16] = {
		/* 5caa80c6-12ef-401a-b364-ec59a93abe3f */
		{ 0xc6, 0x80, 0xaa, 0x5c, 0xef, 0x12, 0x1a, 0x40, 0xb3, 0x64,
		  0xec, 0x59, 0xa9, 0x3a, 0xbe, 0x3f },
		/* 078ccb75-2644-49e8-afe7-5686c5cf72f1 */
		{ 0x75, 0xcb, 0x8c, 0x07, 0x44, 0x26, 0xe8, 0x49, 0xaf, 0xe7,
		  0x56, 0x86, 0xc5, 0xcf, 0x72, 0xf1 },
		/* 70dc5b0e-0cc0-4cd5-97bb-ff0ba25bf320 */
		{ 0x0e, 0x5b, 0xdc, 0x70, 0xc0, 0x0c, 0xd5, 0x4c, 0x97, 0xbb,
		  0xff, 0x0b, 0xa2, 0x5b, 0xf3, 0x20 },
	};

	return guid[b];
}

#endif
