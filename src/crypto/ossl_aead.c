/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_priv.h"

#include <limits.h>

#include "base/bytes.h"

/* The cipher context of a slot, with its key in it; NULL without memory. */
static EVP_CIPHER_CTX *ready(struct ossl *o, struct ossl_slot *p)
{
	EVP_CIPHER_CTX **at = &o->cipher[ossl_index(o, p)];

	if (!*at) {
		EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();

		if (!c || !EVP_EncryptInit_ex2(c, o->gcm, NULL, NULL, NULL)) {
			EVP_CIPHER_CTX_free(c);
			return NULL;
		}
		*at = c;
	}
	if (!p->aead.ready) {
		if (!EVP_EncryptInit_ex2(*at, NULL, p->aead.key, NULL, NULL))
			return NULL;
		p->aead.ready = true;
	}
	return *at;
}

void ossl_aead_wipe(struct ossl *o, unsigned index)
{
	static const uint8_t none[CRYPTO_AEAD_KEY];

	if (o->cipher[index])
		EVP_EncryptInit_ex2(o->cipher[index], NULL, none, none, NULL);
}

enum il_err ossl_aead_key(void *ctx, struct crypto_slot *s,
			  enum crypto_aead_alg alg, const uint8_t *key)
{
	struct crypto_slot old = *s;
	struct ossl *o = ctx;
	struct ossl_slot *p;
	enum il_err err;

	if (alg != CRYPTO_AES_256_GCM)
		return IL_E_ARG;
	err = ossl_take(o, s, OSSL_AEAD, &p);
	if (err)
		return err;
	memcpy(p->aead.key, key, sizeof(p->aead.key));
	if (ready(o, p))
		return IL_OK;
	if (!old.n) {
		const struct crypto c = ossl_crypto(o);

		crypto_drop(&c, s);
	}
	return ossl_bad(IL_E_NOMEM);
}

static enum il_err begin(struct ossl *o, struct crypto_slot s, size_t aad_len,
			 size_t len, size_t tag_len, EVP_CIPHER_CTX **out)
{
	struct ossl_slot *p = ossl_find(o, s, OSSL_AEAD);

	if (tag_len != 12 && tag_len != CRYPTO_AEAD_TAG)
		return IL_E_ARG;
	if (aad_len > INT_MAX || len > INT_MAX)
		return IL_E_ARG;
	if (!p)
		return IL_E_STATE;
	*out = ready(o, p);
	return *out ? IL_OK : ossl_bad(IL_E_NOMEM);
}

enum il_err ossl_aead_seal(void *ctx, struct crypto_slot s, const uint8_t *iv,
			   const void *aad, size_t aad_len, const uint8_t *in,
			   size_t len, uint8_t *out, uint8_t *tag,
			   size_t tag_len)
{
	EVP_CIPHER_CTX *c;
	enum il_err err = begin(ctx, s, aad_len, len, tag_len, &c);
	uint8_t none[CRYPTO_AEAD_TAG];
	int n;

	if (err)
		return err;
	if (EVP_EncryptInit_ex2(c, NULL, NULL, iv, NULL) &&
	    (!aad_len || EVP_EncryptUpdate(c, NULL, &n, aad, (int)aad_len)) &&
	    (!len || EVP_EncryptUpdate(c, out, &n, in, (int)len)) &&
	    EVP_EncryptFinal_ex(c, none, &n) &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, (int)tag_len, tag))
		return IL_OK;
	return ossl_bad(IL_E_NOMEM);
}

enum il_err ossl_aead_open(void *ctx, struct crypto_slot s, const uint8_t *iv,
			   const void *aad, size_t aad_len, const uint8_t *in,
			   size_t len, uint8_t *out, const uint8_t *tag,
			   size_t tag_len)
{
	EVP_CIPHER_CTX *c;
	enum il_err err = begin(ctx, s, aad_len, len, tag_len, &c);
	uint8_t want[CRYPTO_AEAD_TAG];
	uint8_t none[CRYPTO_AEAD_TAG];
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
		memset(out, 0, len);
	return ossl_bad(IL_E_AUTH);
}
