/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_priv.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "base/bits.h"
#include "base/bytes.h"

/*
 * ML-DSA and ML-KEM, which OpenSSL 3.5 and newer have. All is asked for by
 * name, so that older ones compile this too and say no when they run.
 */

#define ABOUT_MAX 255 /* FIPS 204, algorithm 2 */

static const char *const kems[] = {
	[CRYPTO_ML_KEM_512] = "ML-KEM-512",
	[CRYPTO_ML_KEM_768] = "ML-KEM-768",
	[CRYPTO_ML_KEM_1024] = "ML-KEM-1024",
};

bool ossl_pqc_there(struct ossl *o)
{
	EVP_KEYMGMT *dsa = EVP_KEYMGMT_fetch(o->lib, "ML-DSA-87", NULL);
	EVP_KEYMGMT *kem = EVP_KEYMGMT_fetch(o->lib, "ML-KEM-1024", NULL);
	const bool there = dsa && kem;

	EVP_KEYMGMT_free(dsa);
	EVP_KEYMGMT_free(kem);
	(void)ossl_bad(IL_OK);
	return there;
}

enum crypto_key ossl_ml_dsa_kind(const EVP_PKEY *k)
{
	for (unsigned i = CRYPTO_KEY_ML_DSA_44; i <= CRYPTO_KEY_ML_DSA_87; i++)
		if (EVP_PKEY_is_a(k, crypto_key_name((enum crypto_key)i)))
			return (enum crypto_key)i;
	return 0;
}

/* One parameter: the context string. */
static void about_param(OSSL_PARAM p[2], const void *about, size_t len)
{
	static uint8_t none;

	p[0] = OSSL_PARAM_construct_octet_string(
		"context-string", len ? (void *)(uintptr_t)about : &none, len);
	p[1] = OSSL_PARAM_construct_end();
}

enum il_err ossl_sign_msg(void *ctx, struct crypto_slot s, const void *about,
			  size_t about_len, const void *msg, size_t len,
			  uint8_t *sig, size_t sig_len)
{
	struct ossl_slot *p = ossl_find(ctx, s, HOLDS_KEY);
	struct ossl *o = ctx;
	uint8_t made[CRYPTO_ML_DSA_MAX];
	size_t n = sizeof(made);
	OSSL_PARAM with[2];
	EVP_MD_CTX *c;
	bool ok;

	if (!p || !crypto_key_is_ml_dsa(p->key))
		return IL_E_STATE;
	if (about_len > ABOUT_MAX || sig_len != crypto_key_sig_len(p->key))
		return IL_E_ARG;
	about_param(with, about, about_len);
	c = EVP_MD_CTX_new();
	ok = c &&
	     EVP_DigestSignInit_ex(c, NULL, NULL, o->lib, NULL, p->pkey, with) >
		     0 &&
	     EVP_DigestSign(c, made, &n, msg, len) > 0 && n == sig_len;
	EVP_MD_CTX_free(c);
	if (!ok)
		return ossl_bad(IL_E_RANDOM);
	memcpy(sig, made, sig_len);
	return IL_OK;
}

enum il_err ossl_verify_msg(void *ctx, struct crypto_slot s, const void *about,
			    size_t about_len, const void *msg, size_t len,
			    const uint8_t *sig, size_t sig_len)
{
	struct ossl_slot *p = ossl_any_key(ctx, s);
	struct ossl *o = ctx;
	OSSL_PARAM with[2];
	EVP_MD_CTX *c;
	bool ok;

	if (!p || !crypto_key_is_ml_dsa(p->key))
		return IL_E_STATE;
	if (about_len > ABOUT_MAX)
		return IL_E_ARG;
	if (sig_len != crypto_key_sig_len(p->key))
		return IL_E_AUTH;
	about_param(with, about, about_len);
	c = EVP_MD_CTX_new();
	ok = c &&
	     EVP_DigestVerifyInit_ex(c, NULL, NULL, ossl_home(o, p), NULL,
				     p->pkey, with) > 0 &&
	     EVP_DigestVerify(c, sig, sig_len, msg, len) == 1;
	EVP_MD_CTX_free(c);
	return ok ? IL_OK : ossl_bad(IL_E_AUTH);
}

static bool known(const struct ossl *o, enum crypto_kem kem)
{
	return o->ops.pqc && crypto_kem_pub_len(kem);
}

static EVP_PKEY *kem_from(struct ossl *o, enum crypto_kem kem,
			  const uint8_t *seed)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(o->lib, kems[kem], NULL);
	OSSL_PARAM p[2] = {
		OSSL_PARAM_construct_octet_string(
			"seed", (void *)(uintptr_t)seed, CRYPTO_KEM_SEED),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *k = NULL;

	if (c && EVP_PKEY_fromdata_init(c) > 0)
		(void)EVP_PKEY_fromdata(c, &k, EVP_PKEY_KEYPAIR, p);
	EVP_PKEY_CTX_free(c);
	return k;
}

enum il_err ossl_kem_begin(void *ctx, struct crypto_slot *s,
			   enum crypto_kem kem, const uint8_t *seed,
			   uint8_t *pub_out)
{
	uint8_t pub[CRYPTO_KEM_PUB_MAX];
	struct ossl *o = ctx;
	size_t n = sizeof(pub);
	struct ossl_slot *p;
	enum il_err err;
	EVP_PKEY *k;

	if (!known(o, kem))
		return IL_E_ARG;
	err = ossl_may_take(o, *s, HOLDS_KEM, 0);
	if (err)
		return err;
	k = seed ? kem_from(o, kem, seed)
		 : EVP_PKEY_Q_keygen(o->lib, NULL, kems[kem]);
	if (!k)
		return ossl_bad(IL_E_RANDOM);
	if (EVP_PKEY_get_raw_public_key(k, pub, &n) != 1 ||
	    n != crypto_kem_pub_len(kem))
		err = IL_E_NOMEM;
	if (!err)
		err = ossl_take(o, s, HOLDS_KEM, &p);
	if (err) {
		EVP_PKEY_free(k);
		return ossl_bad(err);
	}
	p->pkey = k;
	p->kem = kem;
	memcpy(pub_out, pub, n);
	return IL_OK;
}

enum il_err ossl_kem_wrap(void *ctx, enum crypto_kem kem,
			  const uint8_t *peer_pub, uint8_t *ct_out,
			  uint8_t *secret_out)
{
	struct ossl *o = ctx;
	uint8_t ct[CRYPTO_KEM_CT_MAX], secret[CRYPTO_KEM_SECRET];
	size_t ct_len = sizeof(ct), secret_len = sizeof(secret);
	EVP_PKEY_CTX *c;
	EVP_PKEY *k;
	bool ok;

	if (!known(o, kem))
		return IL_E_ARG;
	k = EVP_PKEY_new_raw_public_key_ex(o->lib, kems[kem], NULL, peer_pub,
					   crypto_kem_pub_len(kem));
	if (!k)
		return ossl_bad(IL_E_FIELD);
	c = EVP_PKEY_CTX_new_from_pkey(o->lib, k, NULL);
	ok = c && EVP_PKEY_encapsulate_init(c, NULL) > 0 &&
	     EVP_PKEY_encapsulate(c, ct, &ct_len, secret, &secret_len) > 0 &&
	     ct_len == crypto_kem_ct_len(kem) && secret_len == sizeof(secret);
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(k);
	if (ok) {
		memcpy(ct_out, ct, ct_len);
		memcpy(secret_out, secret, sizeof(secret));
	}
	bytes_wipe(secret, sizeof(secret));
	return ok ? IL_OK : ossl_bad(IL_E_RANDOM);
}

enum il_err ossl_kem_unwrap(void *ctx, struct crypto_slot s, const uint8_t *ct,
			    uint8_t *secret_out)
{
	struct ossl_slot *p = ossl_find(ctx, s, HOLDS_KEM);
	uint8_t secret[CRYPTO_KEM_SECRET];
	size_t n = sizeof(secret);
	struct ossl *o = ctx;
	EVP_PKEY_CTX *c;
	bool ok;

	if (!p)
		return IL_E_STATE;
	c = EVP_PKEY_CTX_new_from_pkey(o->lib, p->pkey, NULL);
	ok = c && EVP_PKEY_decapsulate_init(c, NULL) > 0 &&
	     EVP_PKEY_decapsulate(c, secret, &n, ct,
				  crypto_kem_ct_len(p->kem)) > 0 &&
	     n == sizeof(secret);
	EVP_PKEY_CTX_free(c);
	if (ok)
		memcpy(secret_out, secret, sizeof(secret));
	bytes_wipe(secret, sizeof(secret));
	return ok ? IL_OK : ossl_bad(IL_E_NOMEM);
}
