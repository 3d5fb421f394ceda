/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CRYPTO_TYPES_H
#define CRYPTO_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/names.h"

/* What the calls of crypto.h, key.h and chain.h share. Their table and its
 * types are in the installed header. */

/* Digests that one expand may give. */
#define CRYPTO_HKDF_MAX 255

/*
 * Whether the OpenSSL of this build has ML-DSA and ML-KEM: 3.5 and newer. For
 * limits that differ; whether a table has them is crypto_has_pqc(), and the
 * fake one always does. The build says it (meson.build).
 */
#ifndef CRYPTO_PQC
#define CRYPTO_PQC 0
#endif

/* May be copied; a copy means the same context. */
struct crypto {
	const struct crypto_ops *ops;
	void *ctx;
};

/* Bytes of a digest; 0 for a number that is no algorithm. */
static inline size_t crypto_hash_len(enum crypto_hash_alg alg)
{
	switch (alg) {
	case CRYPTO_SHA256:
		return 32;
	case CRYPTO_SHA384:
		return 48;
	case CRYPTO_SHA512:
		return 64;
	}
	return 0;
}

/*
 * Bytes of a scalar, a coordinate and an ECDH secret; 0 for a number that is
 * no curve. X || Y and r || s take twice as many.
 */
static inline size_t crypto_curve_len(enum crypto_curve curve)
{
	switch (curve) {
	case CRYPTO_P256:
		return 32;
	case CRYPTO_P384:
		return 48;
	case CRYPTO_P521:
		return 66;
	}
	return 0;
}

/* Bytes of a key; 0 for a number that is no algorithm. */
static inline size_t crypto_aead_key_len(enum crypto_aead_alg alg)
{
	switch (alg) {
	case CRYPTO_AES_128_GCM:
		return 16;
	case CRYPTO_AES_256_GCM:
	case CRYPTO_CHACHA20_POLY1305:
		return 32;
	}
	return 0;
}

/* The curve of a kind of key; 0: it has none. */
static inline enum crypto_curve crypto_key_curve(enum crypto_key kind)
{
	return kind >= CRYPTO_KEY_P256 && kind <= CRYPTO_KEY_P521
		       ? (enum crypto_curve)kind
		       : 0;
}

/* The kind of a key on a curve. */
static inline enum crypto_key crypto_key_on(enum crypto_curve curve)
{
	return (enum crypto_key)curve;
}

/* Bits of the modulus of an RSA key; 0: it is none. */
static inline unsigned crypto_key_rsa_bits(enum crypto_key kind)
{
	return kind >= CRYPTO_KEY_RSA_2048 && kind <= CRYPTO_KEY_RSA_4096
		       ? 2048 + 1024 * (unsigned)(kind - CRYPTO_KEY_RSA_2048)
		       : 0;
}

static inline bool crypto_key_is_ml_dsa(enum crypto_key kind)
{
	return kind >= CRYPTO_KEY_ML_DSA_44 && kind <= CRYPTO_KEY_ML_DSA_87;
}

/*
 * Bytes of a signature; 0 for a number that is no kind of key.
 * Source: FIPS 204, table 2 (ML-DSA)
 */
static inline size_t crypto_key_sig_len(enum crypto_key kind)
{
	if (kind == CRYPTO_KEY_ML_DSA_44)
		return 2420;
	if (kind == CRYPTO_KEY_ML_DSA_65)
		return 3309;
	if (kind == CRYPTO_KEY_ML_DSA_87)
		return CRYPTO_ML_DSA_MAX;
	return crypto_key_rsa_bits(kind)
		       ? crypto_key_rsa_bits(kind) / 8
		       : 2 * crypto_curve_len(crypto_key_curve(kind));
}

/* Bytes of an encapsulation key, of a ciphertext; 0: no such KEM.
 * Source: FIPS 203, table 3 */
static inline size_t crypto_kem_pub_len(enum crypto_kem kem)
{
	switch (kem) {
	case CRYPTO_ML_KEM_512:
		return 800;
	case CRYPTO_ML_KEM_768:
		return 1184;
	case CRYPTO_ML_KEM_1024:
		return 1568;
	}
	return 0;
}

static inline size_t crypto_kem_ct_len(enum crypto_kem kem)
{
	switch (kem) {
	case CRYPTO_ML_KEM_512:
		return 768;
	case CRYPTO_ML_KEM_768:
		return 1088;
	case CRYPTO_ML_KEM_1024:
		return 1568;
	}
	return 0;
}

/* Such as "P-384" or "RSA 3072"; never NULL. */
const char *crypto_key_name(enum crypto_key kind);

#endif
