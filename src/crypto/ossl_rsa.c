/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_priv.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

/* Signatures of RSA keys. */

/*
 * With an exponent of 1 everybody signs, an even one has no inverse.
 * Source: RFC 8017 §3.1 (odd, at least 3)
 */
bool ossl_exponent_ok(const EVP_PKEY *k)
{
	BIGNUM *e = NULL;
	bool ok;

	if (!EVP_PKEY_is_a(k, "RSA") && !EVP_PKEY_is_a(k, "RSA-PSS"))
		return true;
	ok = EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_RSA_E, &e) &&
	     BN_is_odd(e) && !BN_is_one(e) && !BN_is_negative(e);
	BN_free(e);
	return ok;
}

enum crypto_key ossl_rsa_kind(const EVP_PKEY *k)
{
	const int bits = EVP_PKEY_get_bits(k);

	for (unsigned i = CRYPTO_KEY_RSA_2048; i <= CRYPTO_KEY_RSA_4096; i++)
		if ((int)crypto_key_rsa_bits((enum crypto_key)i) == bits)
			return ossl_exponent_ok(k) ? (enum crypto_key)i : 0;
	return 0;
}

const EVP_MD *ossl_digest(enum crypto_hash_alg alg)
{
	switch (alg) {
	case CRYPTO_SHA256:
		return EVP_sha256();
	case CRYPTO_SHA384:
		return EVP_sha384();
	case CRYPTO_SHA512:
		return EVP_sha512();
	}
	return NULL;
}

/*
 * The salt of a PSS signature is as long as the digest, and MGF1 uses the same
 * hash. Source: RFC 8017 §9.1 (typical salt lengths). OPEN: what DSP0274 says
 * of the salt was not looked up; the DMTF implementation does the same.
 */
static bool pad_as(EVP_PKEY_CTX *c, enum crypto_rsa pad, const EVP_MD *md)
{
	if (EVP_PKEY_CTX_set_rsa_padding(c, pad == CRYPTO_RSAPSS
						    ? RSA_PKCS1_PSS_PADDING
						    : RSA_PKCS1_PADDING) <= 0 ||
	    EVP_PKEY_CTX_set_signature_md(c, md) <= 0)
		return false;
	return pad != CRYPTO_RSAPSS ||
	       (EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) >
			0 &&
		EVP_PKEY_CTX_set_rsa_mgf1_md(c, md) > 0);
}

static bool pad_ok(enum crypto_rsa pad)
{
	return pad == CRYPTO_RSASSA || pad == CRYPTO_RSAPSS;
}

enum il_err ossl_sign_rsa(void *ctx, struct crypto_slot s, enum crypto_rsa pad,
			  enum crypto_hash_alg alg, const uint8_t *digest,
			  uint8_t *sig, size_t sig_len)
{
	struct ossl_slot *p = ossl_find(ctx, s, HOLDS_KEY);
	const EVP_MD *md = ossl_digest(alg);
	uint8_t out[CRYPTO_RSA_MAX];
	size_t len = sizeof(out);
	EVP_PKEY_CTX *c;

	if (!p || !crypto_key_rsa_bits(p->key))
		return IL_E_STATE;
	if (!md || !pad_ok(pad) || sig_len != crypto_key_sig_len(p->key))
		return IL_E_ARG;
	c = ossl_prepared(ctx, p, OSSL_SIGN);
	if (!c || !pad_as(c, pad, md) ||
	    EVP_PKEY_sign(c, out, &len, digest, crypto_hash_len(alg)) <= 0 ||
	    len != sig_len)
		return ossl_bad(IL_E_RANDOM);
	memcpy(sig, out, sig_len);
	return IL_OK;
}

enum il_err ossl_verify_rsa(void *ctx, struct crypto_slot s,
			    enum crypto_rsa pad, enum crypto_hash_alg alg,
			    const uint8_t *digest, const uint8_t *sig,
			    size_t sig_len)
{
	struct ossl_slot *p = ossl_any_key(ctx, s);
	const EVP_MD *md = ossl_digest(alg);
	EVP_PKEY_CTX *c;

	if (!p || !crypto_key_rsa_bits(p->key))
		return IL_E_STATE;
	if (!md || !pad_ok(pad))
		return IL_E_ARG;
	if (sig_len != crypto_key_sig_len(p->key))
		return IL_E_AUTH;
	c = ossl_prepared(ctx, p, OSSL_VERIFY);
	if (!c || !pad_as(c, pad, md))
		return ossl_bad(IL_E_NOMEM);
	return EVP_PKEY_verify(c, sig, sig_len, digest, crypto_hash_len(alg)) ==
			       1
		       ? IL_OK
		       : ossl_bad(IL_E_AUTH);
}
