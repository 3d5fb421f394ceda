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
};

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
bool fake_key_read(const uint8_t *p, size_t len, enum crypto_curve *curve,
		   uint8_t *pub);
/* Whether X || Y is a point that we made. */
bool fake_on_curve(enum crypto_curve curve, const uint8_t *pub);
void fake_sig(enum crypto_curve curve, const uint8_t *pub,
	      const uint8_t *digest, size_t digest_len, uint8_t *sig);

/* fake_chain.c */
enum il_err fake_chain_parse(void *ctx, const uint8_t *der, size_t len,
			     struct crypto_chain *out) IL_MUST;
enum il_err fake_chain_verify(void *ctx, const struct crypto_chain *chain,
			      const uint8_t *anchor, size_t anchor_len,
			      int64_t now_s, struct crypto_why *why) IL_MUST;

#endif
