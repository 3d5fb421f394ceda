/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_KEYS_H
#define SPDM_KEYS_H

#include "crypto/crypto.h"
#include "spdm/codec.h"

/* The crypto table's number of an SPDM hash bit; 0 if not ours. */
enum crypto_hash_alg spdm_crypto_hash(uint32_t base_hash);
/* The same of a DHE group. */
enum crypto_curve spdm_crypto_curve(uint16_t dhe);

/*
 * The key schedule. Source: DSP0274 1.2.1, section 11 (key schedule). In PSK
 * sessions the pre-shared key stands for the DHE secret, under a Salt_0 of its
 * own from 1.3 on.
 */
enum spdm_dir {
	SPDM_DIR_REQ, /* what the requester sends */
	SPDM_DIR_RSP,
	SPDM_DIRS,
};

/* Secrets of one session; wiped by spdm_keys_wipe(). */
struct spdm_keys {
	uint8_t version; /* SPDM_V11 to SPDM_V14: label */
	uint16_t aead;	 /* SPDM_AEAD_…; see spdm_keys_suite() */
	uint32_t hash;	 /* SPDM_HASH_… */
	size_t hash_len;
	uint8_t handshake[SPDM_HASH_MAX];
	uint8_t master[SPDM_HASH_MAX];
	uint8_t hs_dir[SPDM_DIRS][SPDM_HASH_MAX];
	uint8_t data_dir[SPDM_DIRS][SPDM_HASH_MAX];
	uint8_t exporter[SPDM_HASH_MAX];
};

/*
 * Secrets on their way to a key log, for whoever debugs: with them all that the
 * session carries can be read and forged. Nothing tells them unless its owner
 * asks; they are good while the callback runs.
 */
struct spdm_key_note {
	uint32_t session_id;
	bool psk;
	bool data; /* data secrets; else those of the handshake */
	const struct spdm_keys *keys;
};

typedef void spdm_keylog_fn(void *ctx, const struct spdm_key_note *n);

#define SPDM_KEY_LEN 32 /* of the longest */
#define SPDM_IV_LEN  12

/* The cipher of the records; whoever makes a session says which it is, after
 * the handshake keys were made. Not said: AES-256-GCM. */
static inline uint16_t spdm_keys_suite(const struct spdm_keys *k)
{
	return k->aead ? k->aead : SPDM_AEAD_AES_256_GCM;
}

/*
 * spdm_keys_handshake() - secrets up to the end of the handshake
 * @ikm: the DHE secret, or the pre-shared key
 * @th1: hash of the transcript up to, but without, the responder's HMAC
 *
 * They are made in @k, since the stacks of firmware are small; on an error, of
 * this and the next two, it is all zero.
 *
 * Errors:   IL_E_ARG  hash or version are not ours; else as the crypto table
 */
enum il_err spdm_keys_handshake(struct spdm_keys *k, const struct crypto *c,
				uint8_t version, uint32_t hash,
				const uint8_t *ikm, size_t ikm_len,
				const uint8_t *th1) IL_MUST;

/*
 * spdm_keys_psk() - the same, from the handshake secret itself
 * @secret: HKDF-Extract of the pre-shared key with spdm_keys_psk_salt(); who
 *          holds the key made it
 */
enum il_err spdm_keys_psk(struct spdm_keys *k, const struct crypto *c,
			  uint8_t version, uint32_t hash, const uint8_t *secret,
			  const uint8_t *th1) IL_MUST;

/* Salt_0 of a PSK session, spdm_hash_len() bytes of it count. */
void spdm_keys_psk_salt(uint8_t version, uint8_t out[SPDM_HASH_MAX]);

/* @th2: hash of the transcript that ends with FINISH_RSP. */
enum il_err spdm_keys_data(struct spdm_keys *k, const struct crypto *c,
			   const uint8_t *th2) IL_MUST;

/* HMAC under the finished key of @dir over the transcript hash @th. */
enum il_err spdm_keys_verify_data(const struct spdm_keys *k,
				  const struct crypto *c, enum spdm_dir dir,
				  const uint8_t *th, uint8_t *out) IL_MUST;

/* Key, spdm_aead_key_len() bytes of it, and IV of a handshake or data
 * secret. */
enum il_err spdm_keys_aead(const struct spdm_keys *k, const struct crypto *c,
			   const uint8_t *secret, uint8_t key[SPDM_KEY_LEN],
			   uint8_t iv[SPDM_IV_LEN]) IL_MUST;

/* The data secret that follows @k->data_dir[@dir]; @k is not changed. */
enum il_err spdm_keys_next(const struct spdm_keys *k, const struct crypto *c,
			   enum spdm_dir dir,
			   uint8_t out[SPDM_HASH_MAX]) IL_MUST;

void spdm_keys_wipe(struct spdm_keys *k);

/*
 * spdm_sign_digest() - what an ECDSA signature is made over
 * @context: such as "responder-challenge_auth signing", at most 36 bytes
 * @th:      hash of the transcript
 * @out:     hash_len bytes
 *
 * From 1.2 on the transcript hash is prefixed and hashed again; before, the
 * digest is the transcript hash.
 * Source: DSP0274 1.2.1, section 15; 1.3.0 and 1.4.0, the same with their
 * number in the prefix
 */
enum il_err spdm_sign_digest(const struct crypto *c, uint8_t version,
			     uint32_t hash, const char *context,
			     const uint8_t *th, uint8_t *out) IL_MUST;

/*
 * spdm_sign_msg() - what an ML-DSA signature is made over, under @context
 * @out: the combined prefix and the hash of the transcript, not hashed again
 *
 * Errors:   IL_E_ARG  no such hash, or a version before 1.4
 * Source:   DSP0274 1.4.0, section 15 (signature generation: the context
 *           string goes to the algorithm besides, FIPS 204 §5.2); as DMTF's
 *           implementation has it
 */
#define SPDM_SIGN_PREFIX  100
#define SPDM_SIGN_MSG_MAX (SPDM_SIGN_PREFIX + SPDM_HASH_MAX)
enum il_err spdm_sign_msg(uint8_t version, uint32_t hash, const char *context,
			  const uint8_t *th, uint8_t out[SPDM_SIGN_MSG_MAX],
			  size_t *len) IL_MUST;

/* Bytes of @context, without a final zero. */
size_t spdm_text_len(const char *context);

#define SPDM_SIGN_CHALLENGE	"responder-challenge_auth signing"
#define SPDM_SIGN_MEASUREMENTS	"responder-measurements signing"
#define SPDM_SIGN_KEY_EXCHANGE	"responder-key_exchange_rsp signing"
#define SPDM_SIGN_ENDPOINT_INFO "responder-endpoint_info signing"
#define SPDM_SIGN_MUT_CHALLENGE "requester-challenge_auth signing"
#define SPDM_SIGN_FINISH	"requester-finish signing"
#define SPDM_SIGN_MUT_EP_INFO	"requester-endpoint_info signing"

#endif
