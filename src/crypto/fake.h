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
 * All its state is in struct fake_crypto, which the caller owns; a world that
 * saves the memory it lies in has saved it, so crypto_save() gives an empty
 * image.
 */
#define FAKE_SLOTS	64
#define FAKE_CHAINS	8
#define FAKE_CERT_MAX	6144
#define FAKE_CHAIN_SIZE 20480 /* bytes of a chain */

struct fake_hash {
	uint64_t state[8];
	uint64_t len;
	enum crypto_hash_alg alg;
};

struct fake_slot {
	uint16_t gen;
	uint16_t kind;
	enum crypto_curve curve;   /* of a DH slot */
	enum crypto_key key_kind;  /* of a key slot */
	enum crypto_aead_alg aead; /* of an AEAD slot */
	uint32_t chain;		   /* index into chains */
	struct fake_hash hash;
	uint8_t key[CRYPTO_AEAD_KEY];
	uint8_t priv[24]; /* FAKE_KEY_LEN: of a private key */
	uint8_t pub[CRYPTO_PUB_MAX];
	enum crypto_kem kem; /* of a KEM slot */
	uint64_t seed;	     /* of its public key */
};

struct fake_chain {
	bool used;
	uint32_t len;
	uint8_t der[FAKE_CHAIN_SIZE];
};

struct fake_crypto {
	struct dice dice;
	struct fake_slot slots[FAKE_SLOTS];
	struct fake_chain chains[FAKE_CHAINS];
};

void fake_init(struct fake_crypto *f, uint64_t seed);
struct crypto fake_crypto(struct fake_crypto *f);
unsigned fake_live(const struct fake_crypto *f);

/*
 * A private key of any kind for crypto_key_load(); its public half is made
 * from it, and is X || Y also where a real one has no curve.
 */
#define FAKE_KEY_LEN 24
void fake_key(uint8_t out[FAKE_KEY_LEN], enum crypto_key kind, uint64_t seed);

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
	uint8_t key[FAKE_KEY_LEN];    /* of the subject; public half goes in */
	uint8_t signer[FAKE_KEY_LEN]; /* of the issuer */
	const char *san;	      /* PCI otherName, or NULL */
};

/*
 * Errors: IL_E_ARG    a key is none, or the SAN is too long
 *         IL_E_SPACE  *@len is what is needed
 */
enum il_err fake_cert_make(const struct fake_cert *in, uint8_t *out, size_t cap,
			   size_t *len) IL_MUST;

#endif
