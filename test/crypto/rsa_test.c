/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "crypto/identity.h"
#include "crypto/ossl.h"

/* Signatures of RSA keys, checked by OpenSSL's own verification. */

static struct ossl *lib;
static struct crypto crypto;

static int open_lib(void **unused)
{
	(void)unused;
	if (ossl_new(&(struct ossl_cfg){ 0 }, &lib))
		return -1;
	crypto = ossl_crypto(lib);
	return 0;
}

static int close_lib(void **unused)
{
	(void)unused;
	ossl_free(lib);
	return 0;
}

/* A fresh key in a slot, and its public half. */
static EVP_PKEY *rsa_key(unsigned bits, struct crypto_slot *s)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	unsigned char *der = NULL;
	EVP_PKEY *k = NULL;
	int n;

	/* More primes than two: found sooner, and nobody else can tell. */
	assert_true(EVP_PKEY_keygen_init(c) > 0);
	assert_true(EVP_PKEY_CTX_set_rsa_keygen_bits(c, (int)bits) > 0);
	assert_true(EVP_PKEY_CTX_set_rsa_keygen_primes(c, (int)bits / 1024) >
		    0);
	assert_true(EVP_PKEY_generate(c, &k) > 0);
	EVP_PKEY_CTX_free(c);
	n = i2d_PrivateKey(k, &der);
	assert_true(n > 0);
	assert_int_equal(crypto_key_load(&crypto, s, der, (size_t)n), IL_OK);
	OPENSSL_free(der);
	return k;
}

static bool verifies(EVP_PKEY *k, enum crypto_rsa pad, const EVP_MD *md,
		     const uint8_t *digest, size_t n, const uint8_t *sig,
		     size_t len)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k, NULL);
	bool ok;

	ok = EVP_PKEY_verify_init(c) > 0 &&
	     EVP_PKEY_CTX_set_signature_md(c, md) > 0 &&
	     EVP_PKEY_CTX_set_rsa_padding(c, pad == CRYPTO_RSAPSS
						     ? RSA_PKCS1_PSS_PADDING
						     : RSA_PKCS1_PADDING) > 0 &&
	     (pad != CRYPTO_RSAPSS ||
	      EVP_PKEY_CTX_set_rsa_pss_saltlen(c, (int)n) > 0) &&
	     EVP_PKEY_verify(c, sig, len, digest, n) == 1;
	EVP_PKEY_CTX_free(c);
	return ok;
}

static void each_size_padding_and_hash_verifies(void **unused)
{
	static const unsigned sizes[] = { 2048, 3072, 4096 };
	static const uint8_t digest[64] = { 1, 2, 3 };
	uint8_t sig[CRYPTO_RSA_MAX];

	(void)unused;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct crypto_slot s = { 0 };
		EVP_PKEY *k = rsa_key(sizes[i], &s);
		const size_t len = sizes[i] / 8;

		for (enum crypto_rsa pad = CRYPTO_RSASSA; pad <= CRYPTO_RSAPSS;
		     pad++) {
			assert_int_equal(crypto_sign_rsa(&crypto, s, pad,
							 CRYPTO_SHA256, digest,
							 sig, len),
					 IL_OK);
			assert_true(verifies(k, pad, EVP_sha256(), digest, 32,
					     sig, len));
			assert_int_equal(crypto_sign_rsa(&crypto, s, pad,
							 CRYPTO_SHA384, digest,
							 sig, len),
					 IL_OK);
			assert_true(verifies(k, pad, EVP_sha384(), digest, 48,
					     sig, len));
			/* Of one padding it is none of the other. */
			assert_false(verifies(k, 3 - pad, EVP_sha384(), digest,
					      48, sig, len));
		}
		crypto_drop(&crypto, &s);
		EVP_PKEY_free(k);
	}
}

static void what_is_wrong_signs_nothing(void **unused)
{
	static const uint8_t digest[64];
	uint8_t sig[CRYPTO_RSA_MAX], before[CRYPTO_RSA_MAX];
	struct crypto_slot s = { 0 }, none = { 0 };

	(void)unused;
	EVP_PKEY_free(rsa_key(2048, &s));
	memset(sig, 0x5a, sizeof(sig));
	memcpy(before, sig, sizeof(sig));
	assert_int_equal(crypto_sign_rsa(&crypto, s, CRYPTO_RSASSA,
					 CRYPTO_SHA384, digest, sig, 255),
			 IL_E_ARG);
	assert_int_equal(crypto_sign_rsa(&crypto, s, CRYPTO_RSASSA,
					 CRYPTO_SHA384, digest, sig, 384),
			 IL_E_ARG);
	assert_int_equal(crypto_sign_rsa(&crypto, s, (enum crypto_rsa)3,
					 CRYPTO_SHA384, digest, sig, 256),
			 IL_E_ARG);
	assert_int_equal(crypto_sign_rsa(&crypto, s, CRYPTO_RSASSA,
					 (enum crypto_hash_alg)9, digest, sig,
					 256),
			 IL_E_ARG);
	assert_int_equal(crypto_sign_rsa(&crypto, none, CRYPTO_RSASSA,
					 CRYPTO_SHA384, digest, sig, 256),
			 IL_E_STATE);
	assert_memory_equal(sig, before, sizeof(sig));
	assert_int_equal(crypto_sign_rsa(&crypto, s, CRYPTO_RSASSA,
					 CRYPTO_SHA384, digest, sig, 256),
			 IL_OK);
	for (unsigned pad = 0; pad < 4; pad += 3)
		assert_int_equal(
			crypto_verify_rsa(&crypto, s, (enum crypto_rsa)pad,
					  CRYPTO_SHA384, digest, sig, 256),
			IL_E_ARG);
	crypto_drop(&crypto, &s);
}

/* Each kind of key does what it is for, and nothing else. */
static void kinds_of_keys_are_kept_apart(void **unused)
{
	static const uint8_t digest[48];
	EVP_PKEY *ec = EVP_EC_gen("P-384");
	uint8_t sig[CRYPTO_RSA_MAX], pub[CRYPTO_PUB_MAX];
	struct crypto_slot rsa = { 0 }, s = { 0 };
	enum crypto_curve curve;
	unsigned char *der = NULL;
	int n = i2d_PrivateKey(ec, &der);

	(void)unused;
	EVP_PKEY_free(rsa_key(2048, &rsa));
	assert_int_equal(crypto_key_load(&crypto, &s, der, (size_t)n), IL_OK);
	assert_int_equal(crypto_sign_rsa(&crypto, s, CRYPTO_RSASSA,
					 CRYPTO_SHA384, digest, sig, 96),
			 IL_E_STATE);
	assert_int_equal(crypto_sign_digest(&crypto, rsa, digest, 48, sig, 0),
			 IL_E_STATE);
	assert_int_equal(crypto_verify_digest(&crypto, rsa, digest, 48, sig, 0),
			 IL_E_STATE);
	assert_int_equal(crypto_pubkey(&crypto, rsa, &curve, pub), IL_E_STATE);
	crypto_drop(&crypto, &rsa);
	crypto_drop(&crypto, &s);
	OPENSSL_free(der);
	EVP_PKEY_free(ec);
}

static void other_sizes_are_no_keys(void **unused)
{
	EVP_PKEY *k = EVP_RSA_gen(1024);
	struct crypto_slot s = { 0 };
	unsigned char *der = NULL;
	int n = i2d_PrivateKey(k, &der);

	(void)unused;
	assert_int_equal(crypto_key_load(&crypto, &s, der, (size_t)n),
			 IL_E_FIELD);
	OPENSSL_free(der);
	EVP_PKEY_free(k);
}

/* The leaf's key alone; who issues it stays on the curve. */
static void an_identity_may_have_an_rsa_leaf(void **unused)
{
	static struct identity_files f;
	static struct identity id;
	struct identity_cfg cfg = { .vendor = 1,
				    .not_after_s = 4000000000,
				    .rsa_bits = 4096 };
	struct crypto_slot s = { 0 };
	static const uint8_t digest[48];
	enum identity_fault why;
	uint8_t sig[CRYPTO_RSA_MAX];

	(void)unused;
	assert_int_equal(identity_new(lib, &cfg, &f), IL_OK);
	assert_int_equal(identity_load(lib, f.chain.text, f.chain.len,
				       f.key[IDENTITY_LEAF].text,
				       f.key[IDENTITY_LEAF].len, &id, &why),
			 IL_OK);
	assert_int_equal(id.curve, 0);
	assert_int_equal(id.rsa_bits, 4096);
	assert_int_equal(crypto_key_load(&crypto, &s, id.key, id.key_len),
			 IL_OK);
	assert_int_equal(crypto_sign_rsa(&crypto, s, CRYPTO_RSAPSS,
					 CRYPTO_SHA384, digest, sig, 512),
			 IL_OK);
	crypto_drop(&crypto, &s);
	/* Another's key does not fit it. */
	assert_int_equal(identity_load(lib, f.chain.text, f.chain.len,
				       f.key[0].text, f.key[0].len, &id, &why),
			 IL_E_FIELD);
	assert_int_equal(why, IDENTITY_MISMATCH);
	cfg.rsa_bits = 1024;
	assert_int_equal(identity_new(lib, &cfg, &f), IL_E_ARG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_size_padding_and_hash_verifies),
		cmocka_unit_test(what_is_wrong_signs_nothing),
		cmocka_unit_test(kinds_of_keys_are_kept_apart),
		cmocka_unit_test(other_sizes_are_no_keys),
		cmocka_unit_test(an_identity_may_have_an_rsa_leaf),
	};

	return cmocka_run_group_tests(tests, open_lib, close_lib);
}
