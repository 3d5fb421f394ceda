/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef INTERLOCK_WIRE_H
#define INTERLOCK_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Numbers of SPDM, IDE_KM and TDISP that callers of either library name, as
 * they stand on the wire; those behind a version are of that version and
 * newer. What the library does with each: docs/spdm.md.
 * Source: DSP0274 1.4.0, sections 10.2 to 10.28; PCIe Base 6.x §6.33.3, §11.3
 */

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that live in someone's buffer, for as long as that buffer does. */
struct il_span {
	const uint8_t *p;
	size_t n;
};

/* Versions of SPDM. */
#define IL_SPDM_V10 0x10
#define IL_SPDM_V11 0x11
#define IL_SPDM_V12 0x12
#define IL_SPDM_V13 0x13
#define IL_SPDM_V14 0x14

/* Capability flags. Requester and responder share the low meanings. */
#define IL_SPDM_CAP_CACHE	       0x1u
#define IL_SPDM_CAP_CERT	       0x2u
#define IL_SPDM_CAP_CHAL	       0x4u
#define IL_SPDM_CAP_MEAS_NO_SIG	       0x8u /* responder, field of two bits */
#define IL_SPDM_CAP_MEAS_SIG	       0x10u
#define IL_SPDM_CAP_MEAS_MASK	       (0x8u | 0x10u)
#define IL_SPDM_CAP_MEAS_FRESH	       0x20u
#define IL_SPDM_CAP_ENCRYPT	       0x40u
#define IL_SPDM_CAP_MAC		       0x80u
#define IL_SPDM_CAP_MUT_AUTH	       0x100u
#define IL_SPDM_CAP_KEY_EX	       0x200u
#define IL_SPDM_CAP_PSK		       0x400u
#define IL_SPDM_CAP_PSK_WITH_CONTEXT   0x800u
#define IL_SPDM_CAP_PSK_MASK	       (0x400u | 0x800u)
#define IL_SPDM_CAP_ENCAP	       0x1000u
#define IL_SPDM_CAP_HBEAT	       0x2000u
#define IL_SPDM_CAP_KEY_UPD	       0x4000u
#define IL_SPDM_CAP_HANDSHAKE_IN_CLEAR 0x8000u
#define IL_SPDM_CAP_PUB_KEY_ID	       0x10000u
#define IL_SPDM_CAP_CHUNK	       0x20000u
#define IL_SPDM_CAP_ALIAS_CERT	       0x40000u
#define IL_SPDM_CAP_SET_CERT	       0x80000u
#define IL_SPDM_CAP_CSR		       0x100000u
#define IL_SPDM_CAP_CERT_INSTALL_RESET 0x200000u
#define IL_SPDM_CAP_EP_INFO_NO_SIG     0x400000u /* field of two bits */
#define IL_SPDM_CAP_EP_INFO_SIG	       0x800000u
#define IL_SPDM_CAP_EP_INFO_MASK       (0x400000u | 0x800000u)
#define IL_SPDM_CAP_MEL		       0x1000000u /* responder */
#define IL_SPDM_CAP_EVENT	       0x2000000u
#define IL_SPDM_CAP_MULTI_KEY_ONLY     0x4000000u /* field of two bits */
#define IL_SPDM_CAP_MULTI_KEY_NEG      0x8000000u
#define IL_SPDM_CAP_MULTI_KEY_MASK     (0x4000000u | 0x8000000u)
#define IL_SPDM_CAP_GET_KEY_PAIR_INFO \
	0x10000000u /* responder, so are the next */
#define IL_SPDM_CAP_SET_KEY_PAIR_INFO  0x20000000u
#define IL_SPDM_CAP_SET_KEY_PAIR_RESET 0x40000000u
#define IL_SPDM_CAP_LARGE_RESP	       0x80000000u /* either side */

/* BaseAsymAlgo and ReqBaseAsymAlg */
#define IL_SPDM_ASYM_RSASSA_2048 0x1u
#define IL_SPDM_ASYM_RSAPSS_2048 0x2u
#define IL_SPDM_ASYM_RSASSA_3072 0x4u
#define IL_SPDM_ASYM_RSAPSS_3072 0x8u
#define IL_SPDM_ASYM_ECDSA_P256	 0x10u
#define IL_SPDM_ASYM_RSASSA_4096 0x20u
#define IL_SPDM_ASYM_RSAPSS_4096 0x40u
#define IL_SPDM_ASYM_ECDSA_P384	 0x80u
#define IL_SPDM_ASYM_ECDSA_P521	 0x100u
#define IL_SPDM_ASYM_RSAPSS                                    \
	(IL_SPDM_ASYM_RSAPSS_2048 | IL_SPDM_ASYM_RSAPSS_3072 | \
	 IL_SPDM_ASYM_RSAPSS_4096)
#define IL_SPDM_ASYM_RSASSA                                    \
	(IL_SPDM_ASYM_RSASSA_2048 | IL_SPDM_ASYM_RSASSA_3072 | \
	 IL_SPDM_ASYM_RSASSA_4096)

/* BaseHashAlgo */
#define IL_SPDM_HASH_SHA_256 0x1u
#define IL_SPDM_HASH_SHA_384 0x2u
#define IL_SPDM_HASH_SHA_512 0x4u

/* MeasurementHashAlgo */
#define IL_SPDM_MEAS_HASH_RAW_ONLY 0x1u
#define IL_SPDM_MEAS_HASH_SHA_256  0x2u
#define IL_SPDM_MEAS_HASH_SHA_384  0x4u
#define IL_SPDM_MEAS_HASH_SHA_512  0x8u

/* DHE, AEAD */
#define IL_SPDM_DHE_SECP256R1	       0x8u
#define IL_SPDM_DHE_SECP384R1	       0x10u
#define IL_SPDM_DHE_SECP521R1	       0x20u
#define IL_SPDM_AEAD_AES_128_GCM       0x1u
#define IL_SPDM_AEAD_AES_256_GCM       0x2u
#define IL_SPDM_AEAD_CHACHA20_POLY1305 0x4u

/* PqcAsymAlgo, KEM */
#define IL_SPDM_PQC_ML_DSA_44	0x1u /* 1.4 */
#define IL_SPDM_PQC_ML_DSA_65	0x2u
#define IL_SPDM_PQC_ML_DSA_87	0x4u
#define IL_SPDM_KEM_ML_KEM_512	0x1u /* 1.4 */
#define IL_SPDM_KEM_ML_KEM_768	0x2u
#define IL_SPDM_KEM_ML_KEM_1024 0x4u

/* MeasurementSummaryHashType */
#define IL_SPDM_SUMMARY_NONE 0x00
#define IL_SPDM_SUMMARY_TCB  0x01
#define IL_SPDM_SUMMARY_ALL  0xff

/* Which measurements: how many there are, each by its index, all; and bit 7
 * of DMTFSpecMeasurementValueType: the value is no digest. */
#define IL_SPDM_MEAS_COUNT 0x00
#define IL_SPDM_MEAS_ALL   0xff
#define IL_SPDM_MEAS_RAW   0x80u

/* KEY_UPDATE */
#define IL_SPDM_UPDATE_KEY	1
#define IL_SPDM_UPDATE_ALL_KEYS 2

/* SessionPolicy */
#define IL_SPDM_POLICY_TERMINATE 0x1u /* at a run-time firmware update */
#define IL_SPDM_POLICY_EVENTS	 0x2u /* 1.3 */

/* CertificateInfo and the models of GET_CSR and SET_CERTIFICATE, 1.3 */
#define IL_SPDM_CERT_MODEL_NONE	   0
#define IL_SPDM_CERT_MODEL_DEVICE  1
#define IL_SPDM_CERT_MODEL_ALIAS   2
#define IL_SPDM_CERT_MODEL_GENERIC 3

/* KeyUsageMask, 1.3 */
#define IL_SPDM_KEY_USE_KEY_EX	  0x1u
#define IL_SPDM_KEY_USE_CHALLENGE 0x2u
#define IL_SPDM_KEY_USE_MEAS	  0x4u
#define IL_SPDM_KEY_USE_EP_INFO	  0x8u
#define IL_SPDM_KEY_USE_STANDARDS 0x4000u
#define IL_SPDM_KEY_USE_VENDOR	  0x8000u

/* SET_KEY_PAIR_INFO; KEY_PAIR_INFO: capabilities, and its own algorithms */
#define IL_SPDM_KEY_PAIR_CHANGE		0
#define IL_SPDM_KEY_PAIR_ERASE		1
#define IL_SPDM_KEY_PAIR_GENERATE	2
#define IL_SPDM_KEY_PAIR_CAP_GEN	0x1u
#define IL_SPDM_KEY_PAIR_CAP_ERASABLE	0x2u
#define IL_SPDM_KEY_PAIR_CAP_CERT_ASSOC 0x4u
#define IL_SPDM_KEY_PAIR_CAP_KEY_USAGE	0x8u
#define IL_SPDM_KEY_PAIR_CAP_ASYM	0x10u
#define IL_SPDM_KEY_PAIR_CAP_SHAREABLE	0x20u
#define IL_SPDM_KEY_PAIR_RSA_2048	0x1u
#define IL_SPDM_KEY_PAIR_RSA_3072	0x2u
#define IL_SPDM_KEY_PAIR_RSA_4096	0x4u
#define IL_SPDM_KEY_PAIR_ECC_P256	0x8u
#define IL_SPDM_KEY_PAIR_ECC_P384	0x10u
#define IL_SPDM_KEY_PAIR_ECC_P521	0x20u

/* SubCode of GET_ENDPOINT_INFO */
#define IL_SPDM_EP_INFO_CLASS_ID 1

/* StandardID of VENDOR_DEFINED, and vendors of the PCI-SIG's registry */
#define IL_SPDM_STD_DMTF   0
#define IL_SPDM_STD_PCISIG 3
#define IL_SPDM_VID_PCISIG 0x0001 /* IDE_KM and TDISP */
#define IL_SPDM_VID_CXL	   0x1e98 /* in the same registry; opaque here */

#define IL_SPDM_NONCE_LEN    32
#define IL_SPDM_SLOTS	     8
#define IL_SPDM_TRANSFER_MIN 42 /* least DataTransferSize, 1.2 */

/* How a message comes: in the clear, or as a record of a session. */
enum il_spdm_kind {
	IL_SPDM_PLAIN = 1,
	IL_SPDM_SECURED = 2,
};

/*
 * struct il_spdm_binding - what a transport puts around SPDM messages
 *
 * All that the engines know of one. A binding is told apart from others by its
 * address. Source: DSP0277 1.1, section 7 (what a binding may choose)
 */
struct il_spdm_binding {
	/* Low bytes of the sequence number that a record shows, 0 to 8. */
	uint8_t seq_len;
	/* 1: application data begins with the transport's message type. */
	uint8_t type_len;
	uint8_t type; /* of SPDM */
	/* Random bytes that may follow the message inside a record, at most
	 * 32. */
	uint8_t random_max;
	/* Messages travel in units of so many bytes; zeros fill up the last. */
	uint8_t unit;
};

/* KEY_PAIR_INFO of one key pair. Source: DSP0274 1.3.2, section 10.27.1 */
struct il_key_pair {
	uint8_t total;
	uint8_t id;
	uint16_t caps;	     /* IL_SPDM_KEY_PAIR_CAP_… */
	uint16_t usage_caps; /* IL_SPDM_KEY_USE_… */
	uint16_t usage;
	uint32_t asym_caps; /* IL_SPDM_KEY_PAIR_RSA_2048 … */
	uint32_t asym;
	uint8_t slots;		 /* bit for each: AssocCertSlotMask */
	struct il_span info;	 /* of the public key, DER */
	struct il_span pqc_caps; /* 1.4: bits IL_SPDM_PQC_…, little-endian, */
	struct il_span pqc;	 /* as many bytes as there are */
};

/* ERROR codes. Source: DSP0274 1.4.0, section 10.10 */
enum il_spdm_error {
	IL_SPDM_ERR_INVALID_REQUEST = 0x01,
	IL_SPDM_ERR_BUSY = 0x03,
	IL_SPDM_ERR_UNEXPECTED_REQUEST = 0x04,
	IL_SPDM_ERR_UNSPECIFIED = 0x05,
	IL_SPDM_ERR_DECRYPT_ERROR = 0x06,
	IL_SPDM_ERR_UNSUPPORTED_REQUEST = 0x07,
	IL_SPDM_ERR_REQUEST_IN_FLIGHT = 0x08,
	IL_SPDM_ERR_INVALID_RESPONSE_CODE = 0x09,
	IL_SPDM_ERR_SESSION_LIMIT_EXCEEDED = 0x0a,
	IL_SPDM_ERR_SESSION_REQUIRED = 0x0b, /* 1.2 */
	IL_SPDM_ERR_RESET_REQUIRED = 0x0c,
	IL_SPDM_ERR_RESPONSE_TOO_LARGE = 0x0d,
	IL_SPDM_ERR_REQUEST_TOO_LARGE = 0x0e,
	IL_SPDM_ERR_LARGE_RESPONSE = 0x0f,
	IL_SPDM_ERR_MESSAGE_LOST = 0x10,
	IL_SPDM_ERR_INVALID_POLICY = 0x11, /* 1.3 */
	IL_SPDM_ERR_DATA_TOO_LARGE = 0x12, /* 1.4 */
	IL_SPDM_ERR_VERSION_MISMATCH = 0x41,
	IL_SPDM_ERR_RESPONSE_NOT_READY = 0x42,
	IL_SPDM_ERR_REQUEST_RESYNCH = 0x43,
	IL_SPDM_ERR_OPERATION_FAILED = 0x44, /* 1.3 */
	IL_SPDM_ERR_NO_PENDING_REQUESTS = 0x45,
	IL_SPDM_ERR_REQUEST_SESSION_TERMINATED = 0x46, /* 1.4 */
	IL_SPDM_ERR_INVALID_STATE = 0x47,
	IL_SPDM_ERR_VENDOR_DEFINED = 0xff,
};

/* IDE_KM: which key. Source: PCIe Base 6.x §6.33.3 */
enum il_ide_dir {
	IL_IDE_RX = 0,
	IL_IDE_TX = 1,
};

enum il_ide_sub {
	IL_IDE_PR = 0,
	IL_IDE_NPR = 1,
	IL_IDE_CPL = 2,
};

#define IL_IDE_KEY_LEN 32
#define IL_IDE_IFV_LEN 8

/* Which key of a link. */
struct il_ide_ref {
	uint8_t stream;
	uint8_t key_set; /* 0 or 1 */
	uint8_t dir;	 /* enum il_ide_dir */
	uint8_t sub;	 /* enum il_ide_sub */
	uint8_t port;
};

/* Status of KP_ACK; larger ones are failures too. */
enum il_ide_status {
	IL_IDE_OK = 0,
	IL_IDE_BAD_LENGTH = 1,
	IL_IDE_BAD_PORT = 2,
	IL_IDE_BAD_FIELD = 3,
	IL_IDE_FAILED = 4,
};

/* States of an interface. Source: PCIe Base 6.x §11.2 */
enum il_tdi_state {
	/* Configuration may change. Next: LOCKED by LOCK. */
	IL_TDI_UNLOCKED = 0,
	/* Configuration is watched, no trusted access. Next: RUN by START with
	 * the nonce of this LOCK, UNLOCKED by STOP, ERROR. */
	IL_TDI_LOCKED = 1,
	/* In use by the TVM. Next: UNLOCKED by STOP, ERROR. */
	IL_TDI_RUN = 2,
	/* Nothing but GET_STATE and STOP. Next: UNLOCKED, scrubbed. */
	IL_TDI_ERROR = 3,
};

/* ERROR codes of TDISP. Source: PCIe Base 6.x §11.3 */
enum il_tdisp_error {
	IL_TDISP_E_NONE = 0,		 /* ours: no error; never on the wire */
	IL_TDISP_E_PENDING = 0x7fff0001, /* ours as well: not answered yet */
	IL_TDISP_E_INVALID_REQUEST = 0x01,
	IL_TDISP_E_BUSY = 0x03,
	IL_TDISP_E_INVALID_INTERFACE_STATE = 0x04,
	IL_TDISP_E_UNSPECIFIED = 0x05,
	IL_TDISP_E_UNSUPPORTED_REQUEST = 0x07,
	IL_TDISP_E_VERSION_MISMATCH = 0x41,
	IL_TDISP_E_VENDOR_SPECIFIC = 0xff,
	IL_TDISP_E_INVALID_INTERFACE = 0x101,
	IL_TDISP_E_INVALID_NONCE = 0x102,
	IL_TDISP_E_INSUFFICIENT_ENTROPY = 0x103,
	IL_TDISP_E_INVALID_DEVICE_CONFIGURATION = 0x104,
};

/* Flags of LOCK_INTERFACE_REQUEST. */
#define IL_TDISP_LOCK_NO_FW_UPDATE   0x0001u
#define IL_TDISP_LOCK_CACHE_LINE_128 0x0002u
#define IL_TDISP_LOCK_MSIX	     0x0004u
#define IL_TDISP_LOCK_BIND_P2P	     0x0008u
#define IL_TDISP_LOCK_REDIRECT	     0x0010u

/* INTERFACE_INFO of a report, and attributes of its ranges. */
#define IL_TDISP_INFO_NO_FW_UPDATE 0x0001u /* updates are forbidden */
#define IL_TDISP_INFO_DMA_NO_PASID 0x0002u
#define IL_TDISP_INFO_DMA_PASID	   0x0004u
#define IL_TDISP_INFO_ATS	   0x0008u
#define IL_TDISP_INFO_PRS	   0x0010u
#define IL_TDISP_RANGE_MSIX_TABLE  0x0001u
#define IL_TDISP_RANGE_MSIX_PBA	   0x0002u
#define IL_TDISP_RANGE_NON_TEE	   0x0004u
#define IL_TDISP_RANGE_UPDATABLE   0x0008u

/* FUNCTION_ID: requester id 15:0, segment 23:16, segment valid 24. */
#define IL_TDISP_FN_SEGMENT   0x00ff0000u
#define IL_TDISP_FN_SEG_VALID 0x01000000u

#define IL_TDISP_NONCE_LEN 32

/* LOCK_INTERFACE_REQUEST. Source: PCIe Base 6.x §11.3.8 */
struct il_tdisp_lock {
	uint16_t flags; /* IL_TDISP_LOCK_… */
	uint8_t default_stream;
	uint64_t mmio_offset; /* two's complement, bytes */
	uint64_t p2p_mask;
};

struct il_tdisp_range {
	uint64_t first_page; /* number of a 4K page, reporting offset added */
	uint32_t pages;	     /* of 4K */
	uint16_t attrs;	     /* IL_TDISP_RANGE_… */
	uint16_t id;	     /* BAR equivalent */
};

#define IL_TDISP_MAX_RANGES 32

/* The device interface report. Source: PCIe Base 6.x §11.3.11 */
struct il_tdisp_report {
	uint16_t info; /* IL_TDISP_INFO_… */
	uint16_t msix_control;
	uint16_t lnr_control;
	uint32_t tph_control;
	uint32_t range_count;
	struct il_tdisp_range ranges[IL_TDISP_MAX_RANGES];
	const uint8_t *vendor; /* device specific information */
	uint32_t vendor_len;
};

#ifdef __cplusplus
}
#endif

#endif
