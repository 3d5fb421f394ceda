/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_CODES_H
#define SPDM_CODES_H

#include "base/bits.h"

/*
 * The numbers of SPDM 1.0 to 1.4: codes, flags, algorithms, limits. A comment
 * names the version that brought what follows it in its group.
 * Source: DSP0274 1.2.1, 1.3.2 and 1.4.0, section 10.
 */

#define SPDM_V10 0x10
#define SPDM_V11 0x11
#define SPDM_V12 0x12
#define SPDM_V13 0x13
#define SPDM_V14 0x14

/*
 * Request and response codes: DSP0274 1.4.0, tables 4 and 5. Those of events
 * and SLOT_MANAGEMENT are named only.
 */
enum spdm_code {
	SPDM_DIGESTS = 0x01,
	SPDM_CERTIFICATE = 0x02,
	SPDM_CHALLENGE_AUTH = 0x03,
	SPDM_VERSION = 0x04,
	SPDM_CHUNK_SEND_ACK = 0x05, /* 1.2 */
	SPDM_CHUNK_RESPONSE = 0x06,
	SPDM_ENDPOINT_INFO = 0x07,	  /* 1.3 */
	SPDM_SLOT_MANAGEMENT_RESP = 0x08, /* 1.4 */
	SPDM_MEASUREMENTS = 0x60,
	SPDM_CAPABILITIES = 0x61,
	SPDM_SUPPORTED_EVENT_TYPES = 0x62, /* 1.3 */
	SPDM_ALGORITHMS = 0x63,
	SPDM_KEY_EXCHANGE_RSP = 0x64, /* 1.1 */
	SPDM_FINISH_RSP = 0x65,
	SPDM_PSK_EXCHANGE_RSP = 0x66,
	SPDM_PSK_FINISH_RSP = 0x67,
	SPDM_HEARTBEAT_ACK = 0x68,
	SPDM_KEY_UPDATE_ACK = 0x69,
	SPDM_ENCAPSULATED_REQUEST = 0x6a,
	SPDM_ENCAPSULATED_RESPONSE_ACK = 0x6b,
	SPDM_END_SESSION_ACK = 0x6c,
	SPDM_CSR = 0x6d, /* 1.2 */
	SPDM_SET_CERTIFICATE_RSP = 0x6e,
	SPDM_MEASUREMENT_EXTENSION_LOG = 0x6f, /* 1.3 */
	SPDM_SUBSCRIBE_EVENT_TYPES_ACK = 0x70,
	SPDM_EVENT_ACK = 0x71,
	SPDM_KEY_PAIR_INFO = 0x7c,
	SPDM_SET_KEY_PAIR_INFO_ACK = 0x7d,
	SPDM_VENDOR_DEFINED_RESPONSE = 0x7e,
	SPDM_ERROR = 0x7f,
	SPDM_GET_DIGESTS = 0x81,
	SPDM_GET_CERTIFICATE = 0x82,
	SPDM_CHALLENGE = 0x83,
	SPDM_GET_VERSION = 0x84,
	SPDM_CHUNK_SEND = 0x85, /* 1.2 */
	SPDM_CHUNK_GET = 0x86,
	SPDM_GET_ENDPOINT_INFO = 0x87, /* 1.3 */
	SPDM_SLOT_MANAGEMENT = 0x88,   /* 1.4 */
	SPDM_GET_MEASUREMENTS = 0xe0,
	SPDM_GET_CAPABILITIES = 0xe1,
	SPDM_GET_SUPPORTED_EVENT_TYPES = 0xe2, /* 1.3 */
	SPDM_NEGOTIATE_ALGORITHMS = 0xe3,
	SPDM_KEY_EXCHANGE = 0xe4, /* 1.1 */
	SPDM_FINISH = 0xe5,
	SPDM_PSK_EXCHANGE = 0xe6,
	SPDM_PSK_FINISH = 0xe7,
	SPDM_HEARTBEAT = 0xe8,
	SPDM_KEY_UPDATE = 0xe9,
	SPDM_GET_ENCAPSULATED_REQUEST = 0xea,
	SPDM_DELIVER_ENCAPSULATED_RESPONSE = 0xeb,
	SPDM_END_SESSION = 0xec,
	SPDM_GET_CSR = 0xed, /* 1.2 */
	SPDM_SET_CERTIFICATE = 0xee,
	SPDM_GET_MEASUREMENT_EXTENSION_LOG = 0xef, /* 1.3 */
	SPDM_SUBSCRIBE_EVENT_TYPES = 0xf0,
	SPDM_SEND_EVENT = 0xf1,
	SPDM_GET_KEY_PAIR_INFO = 0xfc,
	SPDM_SET_KEY_PAIR_INFO = 0xfd,
	SPDM_VENDOR_DEFINED_REQUEST = 0xfe,
	SPDM_RESPOND_IF_READY = 0xff,
};

/* ERROR codes: DSP0274 1.4.0, section 10.10 (table of error codes). */
enum spdm_error_code {
	SPDM_ERR_INVALID_REQUEST = 0x01,
	SPDM_ERR_BUSY = 0x03,
	SPDM_ERR_UNEXPECTED_REQUEST = 0x04,
	SPDM_ERR_UNSPECIFIED = 0x05,
	SPDM_ERR_DECRYPT_ERROR = 0x06,
	SPDM_ERR_UNSUPPORTED_REQUEST = 0x07,
	SPDM_ERR_REQUEST_IN_FLIGHT = 0x08,
	SPDM_ERR_INVALID_RESPONSE_CODE = 0x09,
	SPDM_ERR_SESSION_LIMIT_EXCEEDED = 0x0a,
	SPDM_ERR_SESSION_REQUIRED = 0x0b, /* 1.2 */
	SPDM_ERR_RESET_REQUIRED = 0x0c,
	SPDM_ERR_RESPONSE_TOO_LARGE = 0x0d,
	SPDM_ERR_REQUEST_TOO_LARGE = 0x0e,
	SPDM_ERR_LARGE_RESPONSE = 0x0f,
	SPDM_ERR_MESSAGE_LOST = 0x10,
	SPDM_ERR_INVALID_POLICY = 0x11, /* 1.3 */
	SPDM_ERR_DATA_TOO_LARGE = 0x12, /* 1.4 */
	SPDM_ERR_VERSION_MISMATCH = 0x41,
	SPDM_ERR_RESPONSE_NOT_READY = 0x42,
	SPDM_ERR_REQUEST_RESYNCH = 0x43,
	SPDM_ERR_OPERATION_FAILED = 0x44, /* 1.3 */
	SPDM_ERR_NO_PENDING_REQUESTS = 0x45,
	SPDM_ERR_REQUEST_SESSION_TERMINATED = 0x46, /* 1.4 */
	SPDM_ERR_INVALID_STATE = 0x47,
	SPDM_ERR_VENDOR_DEFINED = 0xff,
};

/* Capability flags. Requester and responder share the low meanings. */
#define SPDM_CAP_CACHE		    BIT(0)
#define SPDM_CAP_CERT		    BIT(1)
#define SPDM_CAP_CHAL		    BIT(2)
#define SPDM_CAP_MEAS_NO_SIG	    BIT(3) /* responder, field of two bits */
#define SPDM_CAP_MEAS_SIG	    BIT(4)
#define SPDM_CAP_MEAS_MASK	    (BIT(3) | BIT(4))
#define SPDM_CAP_MEAS_FRESH	    BIT(5)
#define SPDM_CAP_ENCRYPT	    BIT(6)
#define SPDM_CAP_MAC		    BIT(7)
#define SPDM_CAP_MUT_AUTH	    BIT(8)
#define SPDM_CAP_KEY_EX		    BIT(9)
#define SPDM_CAP_PSK		    BIT(10)
#define SPDM_CAP_PSK_WITH_CONTEXT   BIT(11)
#define SPDM_CAP_PSK_MASK	    (BIT(10) | BIT(11))
#define SPDM_CAP_ENCAP		    BIT(12)
#define SPDM_CAP_HBEAT		    BIT(13)
#define SPDM_CAP_KEY_UPD	    BIT(14)
#define SPDM_CAP_HANDSHAKE_IN_CLEAR BIT(15)
#define SPDM_CAP_PUB_KEY_ID	    BIT(16)
#define SPDM_CAP_CHUNK		    BIT(17)
#define SPDM_CAP_ALIAS_CERT	    BIT(18)
#define SPDM_CAP_SET_CERT	    BIT(19)
#define SPDM_CAP_CSR		    BIT(20)
#define SPDM_CAP_CERT_INSTALL_RESET BIT(21)
/* 1.3 */
#define SPDM_CAP_EP_INFO_NO_SIG	   BIT(22) /* field of two bits */
#define SPDM_CAP_EP_INFO_SIG	   BIT(23)
#define SPDM_CAP_EP_INFO_MASK	   (BIT(22) | BIT(23))
#define SPDM_CAP_MEL		   BIT(24) /* responder */
#define SPDM_CAP_EVENT		   BIT(25)
#define SPDM_CAP_MULTI_KEY_ONLY	   BIT(26) /* field of two bits */
#define SPDM_CAP_MULTI_KEY_NEG	   BIT(27)
#define SPDM_CAP_MULTI_KEY_MASK	   (BIT(26) | BIT(27))
#define SPDM_CAP_GET_KEY_PAIR_INFO BIT(28) /* responder, so are the next */
#define SPDM_CAP_SET_KEY_PAIR_INFO BIT(29)
/* 1.4 */
#define SPDM_CAP_SET_KEY_PAIR_RESET BIT(30)
#define SPDM_CAP_LARGE_RESP	    BIT(31) /* either side */
#define SPDM_EXT_CAP_SLOT_MGMT	    BIT(0)  /* ExtFlags, responder */
/* GET_CAPABILITIES and CAPABILITIES Param1, 1.3: algorithms stand in it. */
#define SPDM_CAPS_ALGS BIT(0)

/* Algorithm bits of NEGOTIATE_ALGORITHMS and ALGORITHMS, those we build. */
#define SPDM_ASYM_RSASSA_2048 BIT(0)
#define SPDM_ASYM_RSAPSS_2048 BIT(1)
#define SPDM_ASYM_RSASSA_3072 BIT(2)
#define SPDM_ASYM_RSAPSS_3072 BIT(3)
#define SPDM_ASYM_ECDSA_P256  BIT(4)
#define SPDM_ASYM_RSASSA_4096 BIT(5)
#define SPDM_ASYM_RSAPSS_4096 BIT(6)
#define SPDM_ASYM_ECDSA_P384  BIT(7)
#define SPDM_ASYM_ECDSA_P521  BIT(8)
#define SPDM_ASYM_RSAPSS \
	(SPDM_ASYM_RSAPSS_2048 | SPDM_ASYM_RSAPSS_3072 | SPDM_ASYM_RSAPSS_4096)
#define SPDM_ASYM_RSASSA \
	(SPDM_ASYM_RSASSA_2048 | SPDM_ASYM_RSASSA_3072 | SPDM_ASYM_RSASSA_4096)
#define SPDM_HASH_SHA_256	    BIT(0)
#define SPDM_HASH_SHA_384	    BIT(1)
#define SPDM_HASH_SHA_512	    BIT(2)
#define SPDM_MEAS_HASH_RAW_ONLY	    BIT(0)
#define SPDM_MEAS_HASH_SHA_256	    BIT(1)
#define SPDM_MEAS_HASH_SHA_384	    BIT(2)
#define SPDM_MEAS_HASH_SHA_512	    BIT(3)
#define SPDM_DHE_SECP256R1	    BIT(3)
#define SPDM_DHE_SECP384R1	    BIT(4)
#define SPDM_DHE_SECP521R1	    BIT(5)
#define SPDM_AEAD_AES_128_GCM	    BIT(0)
#define SPDM_AEAD_AES_256_GCM	    BIT(1)
#define SPDM_AEAD_CHACHA20_POLY1305 BIT(2)
#define SPDM_KEY_SCHEDULE_SPDM	    BIT(0)
#define SPDM_MEAS_SPEC_DMTF	    BIT(0)
#define SPDM_MEL_SPEC_DMTF	    BIT(0) /* 1.3 */
#define SPDM_PQC_ML_DSA_44	    BIT(0) /* 1.4 */
#define SPDM_PQC_ML_DSA_65	    BIT(1)
#define SPDM_PQC_ML_DSA_87	    BIT(2)
#define SPDM_KEM_ML_KEM_512	    BIT(0) /* 1.4 */
#define SPDM_KEM_ML_KEM_768	    BIT(1)
#define SPDM_KEM_ML_KEM_1024	    BIT(2)

/* OtherParamsSupport and OtherParamsSelection. */
#define SPDM_OPAQUE_FMT_0   BIT(0) /* 1.2 */
#define SPDM_OPAQUE_FMT_1   BIT(1)
#define SPDM_OPAQUE_FMTS    0x0f
#define SPDM_MULTI_KEY_CONN BIT(4) /* 1.3; of the side that receives it */

/* AlgStruct types. */
#define SPDM_ALG_DHE	      2
#define SPDM_ALG_AEAD	      3
#define SPDM_ALG_REQ_ASYM     4
#define SPDM_ALG_KEY_SCHEDULE 5
#define SPDM_ALG_REQ_PQC_ASYM 6 /* 1.4 */
#define SPDM_ALG_KEM	      7

/* MeasurementSummaryHashType. */
#define SPDM_SUMMARY_NONE 0x00
#define SPDM_SUMMARY_TCB  0x01
#define SPDM_SUMMARY_ALL  0xff

/* GET_MEASUREMENTS Param1 and Param2. */
#define SPDM_MEAS_ATTR_SIGN BIT(0)
#define SPDM_MEAS_ATTR_RAW  BIT(1)
#define SPDM_MEAS_ATTR_NEW  BIT(2)
#define SPDM_MEAS_COUNT	    0x00
#define SPDM_MEAS_ALL	    0xff

/* DMTFSpecMeasurementValueType bit 7: the value is raw, not a digest. */
#define SPDM_MEAS_RAW BIT(7)

/* KEY_UPDATE Param1. */
#define SPDM_UPDATE_KEY	     1
#define SPDM_UPDATE_ALL_KEYS 2
#define SPDM_VERIFY_NEW_KEY  3

/* GET_CERTIFICATE and CERTIFICATE Param1, and its Param2. */
#define SPDM_CERT_LARGE	    BIT(7) /* 1.4: LargeCertChain */
#define SPDM_CERT_SLOT_SIZE BIT(0) /* 1.3: SlotSizeRequested */
#define SPDM_CERT_INFO_MASK 0x07   /* 1.3: CertificateInfo, in responses */

/* CertificateInfo and the models of GET_CSR and SET_CERTIFICATE, 1.3. */
#define SPDM_CERT_MODEL_NONE	0
#define SPDM_CERT_MODEL_DEVICE	1
#define SPDM_CERT_MODEL_ALIAS	2
#define SPDM_CERT_MODEL_GENERIC 3

/* KeyUsageMask, 1.3. */
#define SPDM_KEY_USE_KEY_EX    BIT(0)
#define SPDM_KEY_USE_CHALLENGE BIT(1)
#define SPDM_KEY_USE_MEAS      BIT(2)
#define SPDM_KEY_USE_EP_INFO   BIT(3)
#define SPDM_KEY_USE_STANDARDS BIT(14)
#define SPDM_KEY_USE_VENDOR    BIT(15)

/* GET_CSR Param2, 1.3. */
#define SPDM_CSR_MODEL_MASK 0x07
#define SPDM_CSR_TAG_MASK   0x38
#define SPDM_CSR_OVERWRITE  BIT(7)

/* SET_CERTIFICATE Param1, 1.3. */
#define SPDM_SET_CERT_MODEL_MASK 0x70
#define SPDM_SET_CERT_ERASE	 BIT(7)

/* SET_KEY_PAIR_INFO Param1. */
#define SPDM_KEY_PAIR_CHANGE   0
#define SPDM_KEY_PAIR_ERASE    1
#define SPDM_KEY_PAIR_GENERATE 2

/* KEY_PAIR_INFO: capabilities, and its own bits of algorithms. */
#define SPDM_KEY_PAIR_CAP_GEN	     BIT(0)
#define SPDM_KEY_PAIR_CAP_ERASABLE   BIT(1)
#define SPDM_KEY_PAIR_CAP_CERT_ASSOC BIT(2)
#define SPDM_KEY_PAIR_CAP_KEY_USAGE  BIT(3)
#define SPDM_KEY_PAIR_CAP_ASYM	     BIT(4)
#define SPDM_KEY_PAIR_CAP_SHAREABLE  BIT(5)
#define SPDM_KEY_PAIR_RSA_2048	     BIT(0)
#define SPDM_KEY_PAIR_RSA_3072	     BIT(1)
#define SPDM_KEY_PAIR_RSA_4096	     BIT(2)
#define SPDM_KEY_PAIR_ECC_P256	     BIT(3)
#define SPDM_KEY_PAIR_ECC_P384	     BIT(4)
#define SPDM_KEY_PAIR_ECC_P521	     BIT(5)

/* GET_ENDPOINT_INFO Param1 (SubCode), and RequestAttributes. */
#define SPDM_EP_INFO_CLASS_ID 1
#define SPDM_EP_INFO_SIGN     BIT(0)

/* Param1 of CHUNK_SEND, CHUNK_RESPONSE; of CHUNK_SEND_ACK. */
#define SPDM_CHUNK_LAST	 BIT(0)
#define SPDM_CHUNK_EARLY BIT(0) /* EarlyErrorDetected */

/* ENCAPSULATED_RESPONSE_ACK Param2. */
#define SPDM_ENCAP_ABSENT   0
#define SPDM_ENCAP_PRESENT  1
#define SPDM_ENCAP_REQ_SLOT 2 /* the payload is one byte, the slot */

/* KEY_EXCHANGE_RSP MutAuthRequested: at most one. */
#define SPDM_MUT_AUTH	      BIT(0)
#define SPDM_MUT_AUTH_ENCAP   BIT(1) /* with encapsulated requests */
#define SPDM_MUT_AUTH_DIGESTS BIT(2) /* with GET_DIGESTS, implicitly */
/* CHALLENGE_AUTH Param1, 1.0 and 1.1: basic mutual authentication. */
#define SPDM_BASIC_MUT_AUTH BIT(7)
/* FINISH Param1. */
#define SPDM_FINISH_SIGNED BIT(0)
/* SessionPolicy of KEY_EXCHANGE and PSK_EXCHANGE (Param2), 1.2. */
#define SPDM_POLICY_TERMINATE BIT(0) /* at a run-time firmware update */
#define SPDM_POLICY_EVENTS    BIT(1) /* 1.3 */
/* END_SESSION Param1: the negotiated state does not outlive it. */
#define SPDM_END_CLEAR_STATE BIT(0)
/* VENDOR_DEFINED Param1, 1.4: a payload length of four bytes. */
#define SPDM_VDM_LARGE BIT(7)

/* StandardID of VENDOR_DEFINED: DSP0274 1.2.1, section 10.14; DSP0274 table
 * of registry or standards body ids. */
#define SPDM_STD_DMTF	0
#define SPDM_STD_PCISIG 3
#define SPDM_VID_PCISIG 0x0001 /* IDE_KM and TDISP */
#define SPDM_VID_CXL	0x1e98 /* in the same registry; opaque here */

#define SPDM_NONCE_LEN	  32
#define SPDM_CONTEXT_LEN  8 /* RequesterContext, 1.3 */
#define SPDM_HASH_MAX	  64
#define SPDM_SIG_MAX	  512 /* without post-quantum algorithms */
#define SPDM_DHE_MAX	  132
#define SPDM_SLOTS	  8
#define SPDM_VERSIONS_MAX 8
#define SPDM_ALG_TABLES	  6
#define SPDM_OPAQUE_MAX	  1024
#define SPDM_ERROR_EXT	  32
#define SPDM_TRANSFER_MIN 42 /* least DataTransferSize, 1.2 */

#endif
