/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CRYPTO_FAKE_H
#define CRYPTO_FAKE_H

#include "base/env.h"
#include "crypto/crypto.h"

/*
 * A table without any library, for MemorySanitizer and fuzzing. Both ends of
 * a conversation agree, every changed byte is noticed, the same seed gives the
 * same bytes, and nothing of it is secret: whoever has a public key can sign.
 *
 * All its state is in this struct, which the caller owns and may copy; so
 * crypto_save() makes an empty image where the struct lies in what is saved.
 */
#define FAKE_SLOTS 64

struct fake_slot {
	uint32_t gen;
	uint32_t kind;
	uint32_t alg;	   /* hash algorithm or curve */
	uint32_t certs;	   /* of a chain */
	uint64_t state[8]; /* of a running hash */
	uint64_t len;
	uint8_t key[CRYPTO_AEAD_KEY];
	uint8_t pub[CRYPTO_PUB_MAX];
	uint64_t sums[CRYPTO_CHAIN_CERTS][3];
};

struct fake_crypto {
	struct dice dice;
	struct fake_slot slots[FAKE_SLOTS];
};

void fake_init(struct fake_crypto *f, uint64_t seed);
struct crypto fake_crypto(struct fake_crypto *f);
unsigned fake_live(const struct fake_crypto *f);

/* A private key for crypto_key_load(); its public half is made from it. */
#define FAKE_KEY_LEN 24
void fake_key(uint8_t out[FAKE_KEY_LEN], enum crypto_curve curve,
	      uint64_t seed);

/*
 * What a fake certificate says. Certificates are DER-shaped (30 82 length) so
 * that code which splits a chain works, but only this table reads them.
 */
struct fake_cert {
	int64_t not_before_s;
	int64_t not_after_s;
	uint64_t subject; /* shown as "CN=<hex>" */
	uint64_t issuer;
	bool ca;
	uint8_t key[FAKE_KEY_LEN]; /* of the subject; its public half goes in */
	uint8_t signer[FAKE_KEY_LEN]; /* of the issuer */
	const char *san;	      /* PCI otherName, or NULL */
};

#define FAKE_CERT_MAX 512

/* Errors: IL_E_SPACE (*len is what is needed); IL_E_ARG key or SAN */
enum il_err fake_cert_make(const struct fake_cert *in, uint8_t *out, size_t cap,
			   size_t *len) IL_MUST;

#endif
