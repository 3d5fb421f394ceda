/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CRYPTO_OSSL_AEAD_H
#define CRYPTO_OSSL_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/crypto.h"

/*
 * Whose AES-GCM and ChaCha20-Poly1305 a context uses. A slot keeps what `make`
 * gives it, once, to the end, so that a message allocates nothing; `key` puts
 * a key in, or over the one before.
 *
 * Rule: intel-ipsec-mb wherever it was there at build time and the processor
 * has AES-NI and PCLMULQDQ; else OpenSSL. Chosen when the context is made. At
 * no size, and with none of its code paths, was OpenSSL's the faster one
 * (docs/performance.md).
 */
struct ossl_aead {
	const char *name; /* as benchmarks say it */
	/* What @lib below is; false: not on this processor, or no memory. */
	bool (*open)(void *crypto_lib, void **lib);
	void (*close)(void *lib);
	void *(*make)(void *lib); /* NULL: no memory */
	void (*free)(void *prepared);
	bool (*key)(void *lib, void *prepared, enum crypto_aead_alg alg,
		    const uint8_t *key);
	/* Entries of the table of operations: nothing stands in between. */
	enum il_err (*seal)(void *ctx, struct crypto_slot s, const uint8_t *iv,
			    const void *aad, size_t aad_len, const uint8_t *in,
			    size_t len, uint8_t *out, uint8_t *tag,
			    size_t tag_len);
	/* May be NULL. */
	enum il_err (*seal_two)(void *ctx, struct crypto_slot s,
				const struct crypto_seal *a);
	enum il_err (*unseal)(void *ctx, struct crypto_slot s,
			      const uint8_t *iv, const void *aad,
			      size_t aad_len, const uint8_t *in, size_t len,
			      uint8_t *out, const uint8_t *tag, size_t tag_len);
};

extern const struct ossl_aead ossl_evp;
/* Defined where the build has intel-ipsec-mb (HAVE_IPSEC_MB). */
extern const struct ossl_aead ossl_mb;

#endif
