/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_priv.h"

#include <openssl/rsa.h>

#include "base/bytes.h"

/* Keys made here, and keys given out. */

/*
 * An RSA key. A prime for each 1,024 bits, not two in all: they are found in a
 * fraction of the time, and the public key is as any other (RFC 8017 §3.2).
 */
static EVP_PKEY *make_rsa(struct ossl *o, unsigned bits)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(o->lib, "RSA", NULL);
	EVP_PKEY *k = NULL;

	if (c && EVP_PKEY_keygen_init(c) > 0 &&
	    EVP_PKEY_CTX_set_rsa_keygen_bits(c, (int)bits) > 0 &&
	    EVP_PKEY_CTX_set_rsa_keygen_primes(c, (int)bits / 1024) > 0)
		(void)EVP_PKEY_generate(c, &k);
	EVP_PKEY_CTX_free(c);
	return k;
}

EVP_PKEY *ossl_key_make(struct ossl *o, enum crypto_key kind)
{
	if (crypto_key_rsa_bits(kind))
		return make_rsa(o, crypto_key_rsa_bits(kind));
	if (crypto_key_is_ml_dsa(kind))
		return EVP_PKEY_Q_keygen(o->lib, NULL, crypto_key_name(kind));
	return EVP_PKEY_Q_keygen(o->lib, NULL, "EC", crypto_key_name(kind));
}

enum il_err ossl_key_new(void *ctx, struct crypto_slot *s, enum crypto_key kind)
{
	struct ossl *o = ctx;
	enum il_err err;

	if (!crypto_key_sig_len(kind) ||
	    (crypto_key_is_ml_dsa(kind) && !o->ops.pqc))
		return IL_E_ARG;
	err = ossl_may_take(o, *s, HOLDS_KEY, 0);
	if (err)
		return err;
	return ossl_key_settle(o, s, HOLDS_KEY, ossl_key_make(o, kind),
			       IL_E_RANDOM);
}

enum il_err ossl_key_der(const EVP_PKEY *k, uint8_t *out, size_t cap,
			 size_t *len)
{
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(k);
	int n = p8 ? i2d_PKCS8_PRIV_KEY_INFO(p8, NULL) : 0;
	enum il_err err = n > 0 ? IL_OK : IL_E_NOMEM;
	unsigned char *at = out;

	if (!err)
		*len = (size_t)n;
	if (!err && *len > cap)
		err = IL_E_SPACE;
	if (!err)
		(void)i2d_PKCS8_PRIV_KEY_INFO(p8, &at);
	PKCS8_PRIV_KEY_INFO_free(p8); /* wipes the key in it */
	return ossl_bad(err);
}

enum il_err ossl_key_export(void *ctx, struct crypto_slot s, uint8_t *out,
			    size_t cap, size_t *len)
{
	const struct ossl_slot *p = ossl_find(ctx, s, HOLDS_KEY);

	return p ? ossl_key_der(p->pkey, out, cap, len) : IL_E_STATE;
}

enum il_err ossl_pubkey_export(void *ctx, struct crypto_slot s, uint8_t *out,
			       size_t cap, size_t *len)
{
	const struct ossl_slot *p = ossl_any_key(ctx, s);
	unsigned char *at = out;
	int n;

	if (!p)
		return IL_E_STATE;
	n = i2d_PUBKEY(p->pkey, NULL);
	if (n <= 0)
		return ossl_bad(IL_E_NOMEM);
	*len = (size_t)n;
	if (*len > cap)
		return IL_E_SPACE;
	(void)i2d_PUBKEY(p->pkey, &at);
	return IL_OK;
}
