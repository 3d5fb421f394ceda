/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CRYPTO_OSSL_H
#define CRYPTO_OSSL_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/crypto.h"

/*
 * The table with OpenSSL 3 behind it, in a library context of its own: no
 * configuration file, no other user of libcrypto in the process is touched.
 */
struct ossl;

struct ossl_cfg {
	/*
	 * Draw all randomness from a stream that @seed begins, so that a world
	 * repeats. Such keys are not secret: never for served devices or for
	 * identities that are kept.
	 */
	bool seeded;
	uint64_t seed;
	unsigned slots;	   /* at most 65535; 0 means OSSL_SLOTS */
	bool openssl_aead; /* AES-GCM by OpenSSL, even if another is faster */
};

#define OSSL_SLOTS 1024

/* Errors: IL_E_ARG  too many slots; IL_E_NOMEM; IL_E_RANDOM */
enum il_err ossl_new(const struct ossl_cfg *cfg, struct ossl **out) IL_MUST;
void ossl_free(struct ossl *o); /* NULL is fine; wipes all keys */

struct crypto ossl_crypto(struct ossl *o);

/* Whose AES-GCM it uses: "openssl", or "ipsec-mb" where that is faster. */
const char *ossl_aead_name(const struct ossl *o);

/* Slots in use: a leak shows as a number that grows. */
unsigned ossl_live(const struct ossl *o);

/*
 * Bytes from the context's randomness: the seeded stream, else the system's.
 *
 * Errors: IL_E_RANDOM
 */
enum il_err ossl_random(struct ossl *o, uint8_t *out, size_t len) IL_MUST;

#endif
