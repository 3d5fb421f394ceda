/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_CODEC_H
#define SPDM_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/bytes.h"

/*
 * SPDM messages, 1.0 to 1.2, as plain structs. Decoding settles shape: fields,
 * their lengths, nothing left over. Meaning is checked by who acts on it.
 * Numbers are little-endian on the wire. Source: DSP0274 1.2.1, section 10.
 */

/* How a message travels. What a transport calls these is its room's matter. */
enum spdm_kind {
	SPDM_PLAIN = 1,
	SPDM_SECURED = 2,
};

#define SPDM_V10 0x10
#define SPDM_V11 0x11
#define SPDM_V12 0x12

/* Request and response codes: DSP0274 1.2.1, tables 4 and 5. */
enum spdm_code {
	SPDM_DIGESTS = 0x01,
	SPDM_CERTIFICATE = 0x02,
	SPDM_CHALLENGE_AUTH = 0x03,
	SPDM_VERSION = 0x04,
	SPDM_MEASUREMENTS = 0x60,
	SPDM_CAPABILITIES = 0x61,
	SPDM_ALGORITHMS = 0x63,
	SPDM_KEY_EXCHANGE_RSP = 0x64,
	SPDM_FINISH_RSP = 0x65,
	SPDM_PSK_EXCHANGE_RSP = 0x66,
	SPDM_PSK_FINISH_RSP = 0x67,
	SPDM_HEARTBEAT_ACK = 0x68,
	SPDM_KEY_UPDATE_ACK = 0x69,
	SPDM_END_SESSION_ACK = 0x6c,
	SPDM_VENDOR_DEFINED_RESPONSE = 0x7e,
	SPDM_ERROR = 0x7f,
	SPDM_GET_DIGESTS = 0x81,
	SPDM_GET_CERTIFICATE = 0x82,
	SPDM_CHALLENGE = 0x83,
	SPDM_GET_VERSION = 0x84,
	SPDM_GET_MEASUREMENTS = 0xe0,
	SPDM_GET_CAPABILITIES = 0xe1,
	SPDM_NEGOTIATE_ALGORITHMS = 0xe3,
	SPDM_KEY_EXCHANGE = 0xe4,
	SPDM_FINISH = 0xe5,
	SPDM_PSK_EXCHANGE = 0xe6,
	SPDM_PSK_FINISH = 0xe7,
	SPDM_HEARTBEAT = 0xe8,
	SPDM_KEY_UPDATE = 0xe9,
	SPDM_END_SESSION = 0xec,
	SPDM_VENDOR_DEFINED_REQUEST = 0xfe,
};

/* ERROR codes: DSP0274 1.2.1, section 10.10 (table of error codes). */
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
	SPDM_ERR_SESSION_REQUIRED = 0x0b,
	SPDM_ERR_RESET_REQUIRED = 0x0c,
	SPDM_ERR_RESPONSE_TOO_LARGE = 0x0d,
	SPDM_ERR_REQUEST_TOO_LARGE = 0x0e,
	SPDM_ERR_LARGE_RESPONSE = 0x0f,
	SPDM_ERR_MESSAGE_LOST = 0x10,
	SPDM_ERR_VERSION_MISMATCH = 0x41,
	SPDM_ERR_RESPONSE_NOT_READY = 0x42,
	SPDM_ERR_REQUEST_RESYNCH = 0x43,
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

/* Algorithm bits of NEGOTIATE_ALGORITHMS and ALGORITHMS, those we build. */
#define SPDM_ASYM_RSASSA_2048 BIT(0)
#define SPDM_ASYM_RSAPSS_2048 BIT(1)
#define SPDM_ASYM_RSASSA_3072 BIT(2)
#define SPDM_ASYM_RSAPSS_3072 BIT(3)
#define SPDM_ASYM_ECDSA_P256  BIT(4)
#define SPDM_ASYM_RSASSA_4096 BIT(5)
#define SPDM_ASYM_RSAPSS_4096 BIT(6)
#define SPDM_ASYM_ECDSA_P384  BIT(7)
#define SPDM_ASYM_RSAPSS \
	(SPDM_ASYM_RSAPSS_2048 | SPDM_ASYM_RSAPSS_3072 | SPDM_ASYM_RSAPSS_4096)
#define SPDM_ASYM_RSASSA \
	(SPDM_ASYM_RSASSA_2048 | SPDM_ASYM_RSASSA_3072 | SPDM_ASYM_RSASSA_4096)
#define SPDM_HASH_SHA_256	BIT(0)
#define SPDM_HASH_SHA_384	BIT(1)
#define SPDM_MEAS_HASH_RAW_ONLY BIT(0)
#define SPDM_MEAS_HASH_SHA_256	BIT(1)
#define SPDM_MEAS_HASH_SHA_384	BIT(2)
#define SPDM_DHE_SECP256R1	BIT(3)
#define SPDM_DHE_SECP384R1	BIT(4)
#define SPDM_AEAD_AES_256_GCM	BIT(1)
#define SPDM_KEY_SCHEDULE_SPDM	BIT(0)
#define SPDM_MEAS_SPEC_DMTF	BIT(0)
#define SPDM_OPAQUE_FMT_1	BIT(1) /* OtherParamsSupport, 1.2 */

/* AlgStruct types. */
#define SPDM_ALG_DHE	      2
#define SPDM_ALG_AEAD	      3
#define SPDM_ALG_REQ_ASYM     4
#define SPDM_ALG_KEY_SCHEDULE 5

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

/* StandardID of VENDOR_DEFINED: DSP0274 1.2.1, section 10.14; DSP0274 table
 * of registry or standards body ids. */
#define SPDM_STD_DMTF	0
#define SPDM_STD_PCISIG 3
#define SPDM_VID_PCISIG 0x0001 /* IDE_KM and TDISP */
#define SPDM_VID_CXL	0x1e98 /* in the same registry; opaque here */

#define SPDM_NONCE_LEN	  32
#define SPDM_HASH_MAX	  48
#define SPDM_SIG_MAX	  512
#define SPDM_DHE_MAX	  96
#define SPDM_SLOTS	  8
#define SPDM_VERSIONS_MAX 8
#define SPDM_ALG_TABLES	  4
#define SPDM_OPAQUE_MAX	  1024
#define SPDM_ERROR_EXT	  32
#define SPDM_TRANSFER_MIN 42 /* least DataTransferSize, 1.2 */

/* Bytes that live in someone's buffer, for as long as that buffer does. */
struct spdm_span {
	const uint8_t *p;
	size_t n;
};

struct spdm_caps {
	uint8_t ct_exponent; /* 1.1 and newer in requests */
	uint32_t flags;
	uint32_t transfer; /* DataTransferSize, 1.2 */
	uint32_t max_msg;  /* MaxSPDMmsgSize, 1.2 */
};

struct spdm_alg_table {
	uint8_t type;
	uint8_t ext_count; /* external algorithms, 4 bytes each, in @ext */
	uint16_t bits;
	struct spdm_span ext;
};

/* NEGOTIATE_ALGORITHMS offers bits, ALGORITHMS selects at most one of each. */
struct spdm_algs {
	uint8_t meas_spec;
	uint8_t other_params;
	uint32_t meas_hash; /* ALGORITHMS only */
	uint32_t asym;
	uint32_t hash;
	struct spdm_span ext_asym; /* 4 bytes each */
	struct spdm_span ext_hash;
	uint8_t tables;
	struct spdm_alg_table table[SPDM_ALG_TABLES];
};

/* VENDOR_DEFINED, either direction. */
struct spdm_vdm {
	uint16_t standard;
	struct spdm_span vid; /* vendor id, at most 255 bytes */
	struct spdm_span payload;
};

/*
 * One decoded message. @code says which member of the union is live; codes
 * that consist of their header alone have none (GET_VERSION, GET_DIGESTS,
 * HEARTBEAT, KEY_UPDATE, END_SESSION and their acknowledgements, and
 * PSK_FINISH_RSP). Spans point into the decoded buffer.
 */
struct spdm_msg {
	uint8_t version;
	uint8_t code;
	uint8_t param1;
	uint8_t param2;
	union {
		struct { /* VERSION */
			uint8_t count;
			uint16_t entry[SPDM_VERSIONS_MAX];
		} version_list;
		struct spdm_caps caps; /* GET_CAPABILITIES, CAPABILITIES */
		struct spdm_algs algs; /* NEGOTIATE_ALGORITHMS, ALGORITHMS */
		struct { /* DIGESTS: one for each bit of param2, ascending */
			struct spdm_span all;
		} digests;
		struct { /* GET_CERTIFICATE */
			uint16_t offset;
			uint16_t length;
		} get_cert;
		struct { /* CERTIFICATE */
			uint16_t remainder;
			struct spdm_span portion;
		} cert;
		struct { /* CHALLENGE */
			uint8_t nonce[SPDM_NONCE_LEN];
		} challenge;
		struct { /* CHALLENGE_AUTH */
			struct spdm_span chain_hash;
			uint8_t nonce[SPDM_NONCE_LEN];
			struct spdm_span summary;
			struct spdm_span opaque;
			struct spdm_span sig;
		} challenge_auth;
		struct { /* GET_MEASUREMENTS; live if a signature is asked */
			uint8_t nonce[SPDM_NONCE_LEN];
			uint8_t slot;
		} get_meas;
		struct { /* MEASUREMENTS */
			uint8_t blocks;
			struct spdm_span record;
			uint8_t nonce[SPDM_NONCE_LEN];
			struct spdm_span opaque;
			struct spdm_span sig;
		} meas;
		struct { /* KEY_EXCHANGE */
			uint16_t session_id;
			uint8_t policy;
			uint8_t random[SPDM_NONCE_LEN];
			struct spdm_span exchange;
			struct spdm_span opaque;
		} key_ex;
		struct { /* KEY_EXCHANGE_RSP */
			uint16_t session_id;
			uint8_t mut_auth;
			uint8_t req_slot;
			uint8_t random[SPDM_NONCE_LEN];
			struct spdm_span exchange;
			struct spdm_span summary;
			struct spdm_span opaque;
			struct spdm_span sig;
			struct spdm_span verify;
		} key_ex_rsp;
		struct { /* FINISH, FINISH_RSP, PSK_FINISH */
			struct spdm_span sig; /* FINISH with param1 bit 0 */
			struct spdm_span verify;
		} finish;
		struct { /* PSK_EXCHANGE */
			uint16_t session_id;
			struct spdm_span hint;
			struct spdm_span context;
			struct spdm_span opaque;
		} psk_ex;
		struct { /* PSK_EXCHANGE_RSP */
			uint16_t session_id;
			struct spdm_span summary;
			struct spdm_span context;
			struct spdm_span opaque;
			struct spdm_span verify;
		} psk_ex_rsp;
		struct spdm_vdm vdm; /* VENDOR_DEFINED_REQUEST, _RESPONSE */
		struct { /* ERROR; param1 is the code, param2 its data */
			struct spdm_span ext;
		} error;
	} u;
};

/*
 * What the connection and the request in flight say about lengths that the
 * messages themselves do not carry. Zero where it is not known yet.
 */
struct spdm_shape {
	uint8_t hash_len; /* of the negotiated hash */
	uint16_t sig_len; /* of the responder's signature */
	uint8_t dhe_len;  /* of one ExchangeData */
	bool summary;	  /* the request asked for a measurement summary */
	bool sign;	  /* GET_MEASUREMENTS asked for a signature */
	bool clear;	  /* handshake in the clear: FINISH_RSP has an HMAC */
};

/*
 * spdm_msg_decode() - read one message that fills @n bytes exactly
 *
 * Errors:   IL_E_SHORT, IL_E_LONG  the length is not that of the message
 *           IL_E_FIELD             unknown code, or an inner length or count
 *                                  that contradicts another field
 */
enum il_err spdm_msg_decode(const uint8_t *p, size_t n,
			    const struct spdm_shape *sh,
			    struct spdm_msg *out) IL_MUST;

/* The same for those who do not look at *@out after an error. */
enum il_err spdm_msg_decode_at(const uint8_t *p, size_t n,
			       const struct spdm_shape *sh,
			       struct spdm_msg *out) IL_MUST;

/*
 * spdm_msg_decode_padded() - the same, from a transport that fills dwords
 * @used: length of the message itself; what follows is at most three zero
 *        bytes, and only if @n is a multiple of four
 *
 * The padding of a DOE data object is not part of SPDM and must not enter a
 * transcript. Source: PCIe Base 6.0 §6.30.1; DSP0274 1.2.1, section 10.
 */
enum il_err spdm_msg_decode_padded(const uint8_t *p, size_t n,
				   const struct spdm_shape *sh,
				   struct spdm_msg *out, size_t *used) IL_MUST;

/*
 * spdm_msg_decode_filled() - the same, with up to @max zero bytes behind it
 * For carriers that round up to more than a dword.
 */
enum il_err spdm_msg_decode_filled(const uint8_t *p, size_t n, size_t max,
				   const struct spdm_shape *sh,
				   struct spdm_msg *out, size_t *used) IL_MUST;

/*
 * spdm_msg_encode() - append @m to @w; lengths come from the spans
 *
 * Errors:   IL_E_SPACE  @w is full
 *           IL_E_ARG    a span is longer than its length field can say, or
 *                       the code is unknown
 */
enum il_err spdm_msg_encode(struct wr *w, const struct spdm_msg *m) IL_MUST;

/* Bytes of signature and HMAC that end an encoded @m: not signed, or not
 * covered by the HMAC. */
size_t spdm_msg_sig_len(const struct spdm_msg *m);
size_t spdm_msg_verify_len(const struct spdm_msg *m);

/* A response code for a request code; 0 if there is none. */
uint8_t spdm_response_of(uint8_t request_code);

/* Length of the algorithm that the one bit set names; 0 if not ours. */
uint8_t spdm_hash_len(uint32_t base_hash);
uint16_t spdm_sig_len(uint32_t base_asym);
uint8_t spdm_dhe_len(uint16_t dhe);

/* The AlgStruct table of @type, or 0 bits. */
uint16_t spdm_algs_bits(const struct spdm_algs *a, uint8_t type);

/* One DMTF measurement block. Source: DSP0274 1.2.1, section 10.11.1. */
struct spdm_meas_block {
	uint8_t index;
	uint8_t type; /* DMTFSpecMeasurementValueType, bit 7: raw */
	struct spdm_span value;
};

/* Reads the next block of a MEASUREMENTS record; rd_left() 0 ends it. */
enum il_err spdm_meas_block_read(struct rd *r,
				 struct spdm_meas_block *out) IL_MUST;
void spdm_meas_block_write(struct wr *w, const struct spdm_meas_block *b);

/*
 * Opaque data of KEY_EXCHANGE and its response: the versions of secured
 * messages that the requester supports, and the one the responder picks.
 * Source: DSP0277 1.1, section "Secured Message opaque data format".
 */
#define SPDM_SM_V10 0x1000
#define SPDM_SM_V11 0x1100
#define SPDM_SM_V12 0x1200

struct spdm_sm_versions {
	uint8_t count; /* 1 when selected */
	uint16_t entry[SPDM_VERSIONS_MAX];
};

/* @fmt1: OpaqueDataFmt1 was negotiated (1.2), else the DSP0277 table. */
void spdm_sm_supported_write(struct wr *w, bool fmt1,
			     const struct spdm_sm_versions *v);
void spdm_sm_selected_write(struct wr *w, bool fmt1, uint16_t version);
enum il_err spdm_sm_supported_read(struct spdm_span opaque, bool fmt1,
				   struct spdm_sm_versions *out) IL_MUST;
enum il_err spdm_sm_selected_read(struct spdm_span opaque, bool fmt1,
				  uint16_t *out) IL_MUST;

/*
 * DataTransferSize and MaxSPDMmsgSize, from 1.2 on: without CHUNK no message
 * is larger than what goes over at once.
 * Source: DSP0274 1.2.1, section 10.3
 */
static inline bool spdm_sizes_agree(const struct spdm_caps *c)
{
	return c->transfer >= SPDM_TRANSFER_MIN &&
	       (c->flags & SPDM_CAP_CHUNK ? c->max_msg >= c->transfer
					  : c->max_msg == c->transfer);
}

/*
 * spdm_opaque_good() - may @opaque stand in a message of version 1.2 on?
 * None, or whole elements in the general format, if that was negotiated.
 * Source: DSP0274 1.2.1, section 10 (general opaque data format)
 */
bool spdm_opaque_good(struct spdm_span opaque, bool fmt1);

/*
 * The SPDM certificate chain: length u16, reserved u16, hash of the root
 * certificate, certificates. Source: DSP0274 1.2.1, section 10.6.1.
 */
#define SPDM_CHAIN_HEAD 4

#endif
