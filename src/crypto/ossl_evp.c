/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_aead.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/bits.h"
#include "base/bytes.h"
#include "crypto/ossl_priv.h"

/* OpenSSL's: a slot keeps a context with its key. */

static const char *const names[] = {
	[CRYPTO_AES_256_GCM] = "AES-256-GCM",
	[CRYPTO_AES_128_GCM] = "AES-128-GCM",
	[CRYPTO_CHACHA20_POLY1305] = "ChaCha20-Poly1305",
};

struct evp_lib {
	EVP_CIPHER *cipher[COUNT(names)]; /* by algorithm */
};

static void evp_close(void *lib)
{
	struct evp_lib *l = lib;

	for (size_t i = 0; l && i < COUNT(names); i++)
		EVP_CIPHER_free(l->cipher[i]);
	free(l);
}

static bool evp_open(void *crypto_lib, void **lib)
{
	struct evp_lib *l = calloc(1, sizeof(*l));

	for (size_t i = CRYPTO_AES_256_GCM; l && i < COUNT(names); i++) {
		l->cipher[i] = EVP_CIPHER_fetch(crypto_lib, names[i], NULL);
		if (!l->cipher[i]) {
			evp_close(l);
			return false;
		}
	}
	*lib = l;
	return l != NULL;
}

static void *evp_make(void *lib)
{
	(void)lib;
	return EVP_CIPHER_CTX_new();
}

static void evp_free(void *prepared)
{
	EVP_CIPHER_CTX_free(prepared);
}

/*
 * With an IV too, so that the counter block of the last message goes. A cipher
 * is named only where it changes: naming one makes the context anew.
 */
static bool evp_key(void *lib, void *prepared, enum crypto_aead_alg alg,
		    const uint8_t *key)
{
	static const uint8_t iv[CRYPTO_AEAD_IV];
	const struct evp_lib *l = lib;
	const EVP_CIPHER *old = EVP_CIPHER_CTX_get0_cipher(prepared);
	const EVP_CIPHER *c = l->cipher[alg];

	return EVP_EncryptInit_ex2(prepared, c == old ? NULL : c, key, iv,
				   NULL);
}

/* @len is at most INT_MAX: ossl_aead_begin() has looked. */
static bool evp_add(EVP_CIPHER_CTX *c, uint8_t *out, const void *in, size_t len)
{
	int n;

	return !len || EVP_EncryptUpdate(c, out, &n, in, (int)len);
}

static enum il_err evp_seal_two(void *ctx, struct crypto_slot s,
				const struct crypto_seal *a)
{
	uint8_t none[CRYPTO_AEAD_TAG];
	enum crypto_aead_alg alg;
	void *c;
	enum il_err err =
		ossl_aead_begin(ctx, s, a->aad_len, a->front_len + a->rest_len,
				a->tag_len, &alg, &c);
	int n;

	if (err)
		return err;
	if (EVP_EncryptInit_ex2(c, NULL, NULL, a->iv, NULL) &&
	    evp_add(c, NULL, a->aad, a->aad_len) &&
	    evp_add(c, a->out, a->front, a->front_len) &&
	    evp_add(c, a->front_len ? a->out + a->front_len : a->out, a->rest,
		    a->rest_len) &&
	    EVP_EncryptFinal_ex(c, none, &n) &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, (int)a->tag_len,
				a->tag))
		return IL_OK;
	return ossl_bad(IL_E_NOMEM);
}

static enum il_err evp_seal(void *ctx, struct crypto_slot s, const uint8_t *iv,
			    const void *aad, size_t aad_len, const uint8_t *in,
			    size_t len, uint8_t *out, uint8_t *tag,
			    size_t tag_len)
{
	const struct crypto_seal a = {
		.iv = iv,
		.aad = aad,
		.aad_len = aad_len,
		.front = in,
		.front_len = len,
		.out = out,
		.tag = tag,
		.tag_len = tag_len,
	};

	return evp_seal_two(ctx, s, &a);
}

static enum il_err evp_unseal(void *ctx, struct crypto_slot s,
			      const uint8_t *iv, const void *aad,
			      size_t aad_len, const uint8_t *in, size_t len,
			      uint8_t *out, const uint8_t *tag, size_t tag_len)
{
	uint8_t want[CRYPTO_AEAD_TAG];
	uint8_t none[CRYPTO_AEAD_TAG];
	enum crypto_aead_alg alg;
	void *c;
	enum il_err err =
		ossl_aead_begin(ctx, s, aad_len, len, tag_len, &alg, &c);
	int n;

	if (err)
		return err;
	memcpy(want, tag, tag_len);
	if (EVP_DecryptInit_ex2(c, NULL, NULL, iv, NULL) &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, (int)tag_len, want) &&
	    (!aad_len || EVP_DecryptUpdate(c, NULL, &n, aad, (int)aad_len)) &&
	    (!len || EVP_DecryptUpdate(c, out, &n, in, (int)len)) &&
	    EVP_DecryptFinal_ex(c, none, &n) > 0)
		return IL_OK;
	if (len)
		bytes_wipe(out, len);
	return ossl_bad(IL_E_AUTH);
}

const struct ossl_aead ossl_evp = {
	.name = "openssl",
	.open = evp_open,
	.close = evp_close,
	.make = evp_make,
	.free = evp_free,
	.key = evp_key,
	.seal = evp_seal,
	.seal_two = evp_seal_two,
	.unseal = evp_unseal,
};
