/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CRYPTO_FAKE_PRIV_H
#define CRYPTO_FAKE_PRIV_H

#include "crypto/fake.h"

enum fake_kind {
	FAKE_FREE,
	FAKE_HASH,
	FAKE_AEAD,
	FAKE_DH,
	FAKE_KEY,
	FAKE_PUB,
	FAKE_CHAIN,
	FAKE_KEM,
	FAKE_KINDS,
};

/* What derived bytes are for. */
enum fake_for {
	FAKE_FOR_X = 1,
	FAKE_FOR_Y,
	FAKE_FOR_SECRET,
	FAKE_FOR_SIG,
	FAKE_FOR_STREAM,
	FAKE_FOR_KEY,
	FAKE_FOR_KEM,
	FAKE_FOR_WRAP,
};

/* @len bytes that depend on @what and on two strings. */
void fake_derive(uint8_t what, const void *a, size_t a_len, const void *b,
		 size_t b_len, uint8_t *out, size_t len);

void fake_absorb_start(struct fake_hash *h, enum crypto_hash_alg alg);
void fake_absorb(struct fake_hash *h, const void *p, size_t len);
void fake_squeeze(const struct fake_hash *h, uint8_t *out, size_t len);

struct fake_slot *fake_find(struct fake_crypto *f, struct crypto_slot s,
			    enum fake_kind kind);
enum il_err fake_may_take(struct fake_crypto *f, struct crypto_slot s,
			  enum fake_kind kind, unsigned more) IL_MUST;
enum il_err fake_take(struct fake_crypto *f, struct crypto_slot *s,
		      enum fake_kind kind, struct fake_slot **out) IL_MUST;

/* False if the bytes are no private key. */
bool fake_key_read(const uint8_t *p, size_t len, enum crypto_key *kind,
		   uint8_t *pub);
/* Bytes of a public key; 0: no such kind. */
size_t fake_pub_len(enum crypto_key kind);
/* Whether the bytes are a public key that we made. */
bool fake_is_pub(enum crypto_key kind, const uint8_t *pub);
/* Writes crypto_key_sig_len(@kind) bytes. @how: of signing, 0 where one way. */
void fake_sig(enum crypto_key kind, const uint8_t *pub, uint8_t how,
	      const uint8_t *digest, size_t digest_len, uint8_t *sig);
#define FAKE_SIG_MAX CRYPTO_ML_DSA_MAX

/* fake_key.c */
enum il_err fake_dh_begin(void *ctx, struct crypto_slot *s,
			  enum crypto_curve curve, uint8_t *pub_out) IL_MUST;
enum il_err fake_dh_load(void *ctx, struct crypto_slot *s,
			 enum crypto_curve curve, const uint8_t *scalar,
			 uint8_t *pub_out) IL_MUST;
enum il_err fake_dh_finish(void *ctx, struct crypto_slot s,
			   const uint8_t *peer_pub,
			   uint8_t *secret_out) IL_MUST;
enum il_err fake_key_load(void *ctx, struct crypto_slot *s, const void *p,
			  size_t len) IL_MUST;
enum il_err fake_pubkey_from_spki(void *ctx, struct crypto_slot *s,
				  const uint8_t *der, size_t len) IL_MUST;
enum il_err fake_pubkey_from_point(void *ctx, struct crypto_slot *s,
				   enum crypto_curve curve,
				   const uint8_t *pub) IL_MUST;
enum il_err fake_pubkey(void *ctx, struct crypto_slot s,
			enum crypto_curve *curve, uint8_t *pub_out) IL_MUST;
enum il_err fake_key_kind(void *ctx, struct crypto_slot s,
			  enum crypto_key *kind) IL_MUST;
enum il_err fake_key_fits(void *ctx, struct crypto_slot key,
			  struct crypto_slot pub) IL_MUST;
enum il_err fake_sign(void *ctx, struct crypto_slot s, const uint8_t *digest,
		      size_t digest_len, uint8_t *sig, size_t sig_len) IL_MUST;
enum il_err fake_verify(void *ctx, struct crypto_slot s, const uint8_t *digest,
			size_t digest_len, const uint8_t *sig,
			size_t sig_len) IL_MUST;
enum il_err fake_sign_rsa(void *ctx, struct crypto_slot s, enum crypto_rsa pad,
			  enum crypto_hash_alg alg, const uint8_t *digest,
			  uint8_t *sig, size_t sig_len) IL_MUST;
enum il_err fake_verify_rsa(void *ctx, struct crypto_slot s,
			    enum crypto_rsa pad, enum crypto_hash_alg alg,
			    const uint8_t *digest, const uint8_t *sig,
			    size_t sig_len) IL_MUST;

enum il_err fake_key_new(void *ctx, struct crypto_slot *s,
			 enum crypto_key kind) IL_MUST;
enum il_err fake_key_export(void *ctx, struct crypto_slot s, uint8_t *out,
			    size_t cap, size_t *len) IL_MUST;
enum il_err fake_pubkey_export(void *ctx, struct crypto_slot s, uint8_t *out,
			       size_t cap, size_t *len) IL_MUST;
/* A slot with a key in it, private or public; NULL if it is none. */
const struct fake_slot *fake_any_key(struct fake_crypto *f,
				     struct crypto_slot s);
/* Takes a public key in. */
enum il_err fake_settle_pub(void *ctx, struct crypto_slot *s,
			    enum crypto_key kind, const uint8_t *pub) IL_MUST;

/* fake_more.c: what later versions of SPDM brought. */
enum il_err fake_sign_msg(void *ctx, struct crypto_slot s, const void *about,
			  size_t about_len, const void *msg, size_t len,
			  uint8_t *sig, size_t sig_len) IL_MUST;
enum il_err fake_verify_msg(void *ctx, struct crypto_slot s, const void *about,
			    size_t about_len, const void *msg, size_t len,
			    const uint8_t *sig, size_t sig_len) IL_MUST;
enum il_err fake_kem_begin(void *ctx, struct crypto_slot *s,
			   enum crypto_kem kem, const uint8_t *seed,
			   uint8_t *pub_out) IL_MUST;
enum il_err fake_kem_wrap(void *ctx, enum crypto_kem kem,
			  const uint8_t *peer_pub, uint8_t *ct_out,
			  uint8_t *secret_out) IL_MUST;
enum il_err fake_kem_unwrap(void *ctx, struct crypto_slot s, const uint8_t *ct,
			    uint8_t *secret_out) IL_MUST;
enum il_err fake_csr_make(void *ctx, struct crypto_slot key,
			  const struct crypto_csr_ask *ask, uint8_t *out,
			  size_t cap, size_t *len) IL_MUST;
enum il_err fake_csr_info(void *ctx, struct crypto_slot pub, const char *name,
			  uint8_t *out, size_t cap, size_t *len) IL_MUST;
enum il_err fake_csr_read(void *ctx, const uint8_t *der, size_t len,
			  struct crypto_slot *pub, char *subject) IL_MUST;

/* fake_chain.c */
enum il_err fake_chain_parse(void *ctx, const uint8_t *der, size_t len,
			     struct crypto_chain *out) IL_MUST;
enum il_err fake_chain_verify(void *ctx, const struct crypto_chain *chain,
			      const uint8_t *anchor, size_t anchor_len,
			      int64_t now_s, struct crypto_why *why) IL_MUST;

#endif
