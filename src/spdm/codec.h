/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_CODEC_H
#define SPDM_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/bytes.h"
#include "spdm/binding.h"
#include "spdm/codes.h"
#include "spdm/names.h"

/*
 * SPDM messages, 1.0 to 1.4, as plain structs. Decoding settles shape: fields,
 * their lengths, nothing left over. Meaning is checked by who acts on it.
 * Numbers are little-endian on the wire.
 * Source: DSP0274 1.2.1, 1.3.2 and 1.4.0, section 10.
 */

struct spdm_caps {
	uint8_t ct_exponent; /* 1.1 and newer in requests */
	uint16_t ext_flags;  /* 1.4 */
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
	uint8_t mel_spec;   /* 1.3 */
	uint32_t meas_hash; /* ALGORITHMS only */
	uint32_t asym;
	uint32_t hash;
	uint32_t pqc_asym;	   /* 1.4 */
	struct spdm_span ext_asym; /* 4 bytes each */
	struct spdm_span ext_hash;
	uint8_t tables;
	struct spdm_alg_table table[SPDM_ALG_TABLES];
};

/*
 * Bytes of CHUNK_SEND and CHUNK_RESPONSE before the chunk. The first has
 * LargeMessageSize too. Source: DSP0274 1.2.1, sections 10.26, 10.27
 */
#define SPDM_CHUNK_FIRST_HEAD 16u
static inline uint32_t spdm_chunk_head(uint32_t seq)
{
	return seq ? 12 : SPDM_CHUNK_FIRST_HEAD;
}

/* One chunk, either direction; @total is that of the first chunk only. */
struct spdm_chunk {
	uint32_t seq; /* 16 bits before 1.4 */
	uint32_t total;
	struct spdm_span data;
};

/*
 * One decoded message. @code says which member of the union is live; codes
 * that consist of their header alone have none (GET_VERSION, GET_DIGESTS,
 * HEARTBEAT, KEY_UPDATE, END_SESSION and their acknowledgements,
 * GET_ENCAPSULATED_REQUEST, SET_CERTIFICATE_RSP, SET_KEY_PAIR_INFO_ACK,
 * RESPOND_IF_READY). Spans point into the decoded buffer.
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
		struct { /* GET_CAPABILITIES, CAPABILITIES */
			struct spdm_caps caps;
			/* CAPABILITIES with SPDM_CAPS_ALGS in param1, 1.3 */
			struct spdm_algs caps_algs;
		};
		struct spdm_algs algs; /* NEGOTIATE_ALGORITHMS, ALGORITHMS */
		struct { /* DIGESTS: one for each bit of param2, ascending */
			struct spdm_span all;
			/* of each, 1.3, if the connection has many keys; the
			 * last are u16, little-endian */
			struct spdm_span key_pair;
			struct spdm_span cert_info;
			struct spdm_span key_usage;
		} digests;
		struct { /* GET_CERTIFICATE; 32 bits with SPDM_CERT_LARGE */
			uint32_t offset;
			uint32_t length;
		} get_cert;
		struct { /* CERTIFICATE; likewise */
			uint32_t remainder;
			struct spdm_span portion;
		} cert;
		struct { /* CHALLENGE */
			uint8_t nonce[SPDM_NONCE_LEN];
			uint8_t context[SPDM_CONTEXT_LEN]; /* 1.3 */
		} challenge;
		struct { /* CHALLENGE_AUTH */
			struct spdm_span chain_hash;
			uint8_t nonce[SPDM_NONCE_LEN];
			struct spdm_span summary;
			struct spdm_span opaque;
			uint8_t context[SPDM_CONTEXT_LEN]; /* 1.3 */
			struct spdm_span sig;
		} challenge_auth;
		struct { /* GET_MEASUREMENTS */
			/* live if a signature is asked */
			uint8_t nonce[SPDM_NONCE_LEN];
			uint8_t slot;
			uint8_t context[SPDM_CONTEXT_LEN]; /* 1.3 */
		} get_meas;
		struct { /* MEASUREMENTS */
			uint8_t blocks;
			struct spdm_span record;
			uint8_t nonce[SPDM_NONCE_LEN];
			struct spdm_span opaque;
			uint8_t context[SPDM_CONTEXT_LEN]; /* 1.3 */
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
		struct { /* FINISH, FINISH_RSP, PSK_FINISH, PSK_FINISH_RSP */
			struct spdm_span opaque; /* 1.4 */
			struct spdm_span sig;	 /* FINISH with param1 bit 0 */
			struct spdm_span verify; /* not PSK_FINISH_RSP */
		} finish;
		struct { /* PSK_EXCHANGE; param2 is the session policy */
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
		/*
		 * ENCAPSULATED_REQUEST, DELIVER_ENCAPSULATED_RESPONSE,
		 * ENCAPSULATED_RESPONSE_ACK; param1 is the request id.
		 */
		struct {
			uint8_t ack_id; /* ENCAPSULATED_RESPONSE_ACK, 1.2 */
			struct spdm_span inner; /* a message; see param2 */
		} encap;
		struct { /* GET_CSR; 1.3: param1 key pair, param2 SPDM_CSR_… */
			struct spdm_span info; /* RequesterInfo, DER */
			struct spdm_span opaque;
		} get_csr;
		struct { /* CSR */
			struct spdm_span csr;
		} csr;
		struct { /* SET_CERTIFICATE; param1: slot, 1.3 model, erase */
			struct spdm_span chain; /* 1.3: param2 key pair */
		} set_cert;
		struct { /* GET_KEY_PAIR_INFO */
			uint8_t id;
		} get_key_pair;
		struct spdm_key_pair key_pair; /* KEY_PAIR_INFO */
		struct { /* SET_KEY_PAIR_INFO; param1: SPDM_KEY_PAIR_… */
			uint8_t id; /* alone in an ERASE */
			uint16_t usage;
			uint32_t asym;
			uint8_t slots;
			struct spdm_span pqc; /* 1.4 */
		} set_key_pair;
		struct { /* GET_ENDPOINT_INFO; param1 SubCode, param2 slot */
			uint8_t attr;
			uint8_t nonce[SPDM_NONCE_LEN]; /* if signed */
		} get_ep_info;
		struct {			       /* ENDPOINT_INFO */
			uint8_t nonce[SPDM_NONCE_LEN]; /* if signed */
			struct spdm_span info;
			struct spdm_span sig;
		} ep_info;
		struct { /* GET_MEASUREMENT_EXTENSION_LOG */
			uint32_t offset;
			uint32_t length;
		} get_mel;
		struct { /* MEASUREMENT_EXTENSION_LOG */
			uint32_t remainder;
			struct spdm_span portion;
		} mel;
		/* CHUNK_SEND, CHUNK_RESPONSE; param1 SPDM_CHUNK_LAST, param2
		 * the handle. CHUNK_GET has @seq alone. */
		struct spdm_chunk chunk;
		struct { /* CHUNK_SEND_ACK */
			uint32_t seq;
			struct spdm_span response; /* to the large request */
		} chunk_ack;
		struct spdm_vdm vdm; /* VENDOR_DEFINED_REQUEST, _RESPONSE */
		struct { /* ERROR; param1 is the code, param2 its data */
			struct spdm_span ext;
		} error;
	} u;
};

/* Extended data of ERROR ResponseNotReady. Source: DSP0274 1.2.1, 10.10. */
struct spdm_not_ready {
	uint8_t exponent; /* RDTExponent: 2^n us until it may be ready */
	uint8_t code;	  /* of the request */
	uint8_t token;
	uint8_t factor; /* RDTM: how many times that it stays */
};

/*
 * What the connection and the request in flight say about lengths that the
 * messages themselves do not carry. Zero where it is not known yet.
 */
struct spdm_shape {
	uint8_t hash_len; /* of the negotiated hash */
	uint16_t sig_len; /* of the one that signs responses */
	uint16_t dhe_len; /* of one ExchangeData */
	bool summary;	  /* the request asked for a measurement summary */
	bool sign;	  /* GET_MEASUREMENTS, GET_ENDPOINT_INFO asked it */
	bool clear;	  /* handshake in the clear: FINISH_RSP has an HMAC */
	bool multi_key;	  /* of the connection: DIGESTS tells more, 1.3 */
	bool junk;	  /* what fills a carrier up may be any bytes */
	uint16_t req_sig_len; /* of the requester's signature, in FINISH */
	uint16_t rsp_dhe_len; /* of KEY_EXCHANGE_RSP, a KEM; 0: @dhe_len */
};

/*
 * spdm_msg_decode() - read one message that fills @n bytes exactly
 *
 * Errors:   IL_E_SHORT, IL_E_LONG  the length is not that of the message
 *           IL_E_FIELD             a code that is unknown or newer than the
 *                                  version, or an inner length or count that
 *                                  contradicts another field
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
 * For carriers that round up to more than a dword. With @sh->junk they are any
 * bytes: a host that uses its buffer again leaves those of the last message.
 */
enum il_err spdm_msg_decode_filled(const uint8_t *p, size_t n, size_t max,
				   const struct spdm_shape *sh,
				   struct spdm_msg *out, size_t *used) IL_MUST;

/*
 * spdm_msg_start() - clear @m for a message of this kind
 *
 * Its own member of the union is cleared, the others may not be: do not change
 * @m's code afterwards.
 */
void spdm_msg_start(struct spdm_msg *m, uint8_t version, uint8_t code);

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

/* A response code for a request code; 0 if there is none, or if the request
 * alone does not say (RESPOND_IF_READY). */
uint8_t spdm_response_of(uint8_t request_code);

/* The version that brought a code, such as SPDM_V12; 0: not ours. */
uint8_t spdm_since(uint8_t code);

/* Length of the algorithm that the one bit set names; 0 if not ours. */
uint8_t spdm_hash_len(uint32_t base_hash);
uint16_t spdm_sig_len(uint32_t base_asym);
uint8_t spdm_dhe_len(uint16_t dhe);
uint8_t spdm_aead_key_len(uint16_t aead);
/* ML-DSA and ML-KEM: FIPS 204, section 4, table 2; FIPS 203, section 8. */
uint16_t spdm_pqc_sig_len(uint32_t pqc_asym);
uint16_t spdm_kem_key_len(uint16_t kem);  /* in KEY_EXCHANGE */
uint16_t spdm_kem_text_len(uint16_t kem); /* in KEY_EXCHANGE_RSP */

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
