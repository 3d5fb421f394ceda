/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "table_fix.h"
#include "vec_fix.h"

/* ML-DSA and ML-KEM. What OpenSSL's table gives needs OpenSSL 3.5. */

static bool too_old(const struct crypto *c)
{
	if (crypto_has_pqc(c))
		return false;
	assert_false(CRYPTO_PQC); /* built with one that has them */
	print_message("skipped: OpenSSL is older than 3.5\n");
	return true;
}

static bool openssl_too_old(void)
{
	const struct ossl_cfg cfg = { .slots = 8 };
	struct crypto c;
	struct ossl *o;
	bool old;

	assert_int_equal(ossl_new(&cfg, &o), IL_OK);
	c = ossl_crypto(o);
	old = too_old(&c);
	ossl_free(o);
	return old;
}

static void one_dsa(const struct crypto *c, const struct block *b)
{
	const struct field *spki = get(b, "spki");
	const struct field *key = get(b, "key");
	const struct field *data = get(b, "data");
	const struct field *about = get(b, "about");
	struct field sig = *get(b, "sig");
	const enum il_err want = is(b, "result", "valid") ? IL_OK : IL_E_AUTH;
	struct crypto_slot pub = { 0 }, k = { 0 };
	enum crypto_key kind = 0;

	assert_int_equal(crypto_pubkey_from_spki(c, &pub, spki->val, spki->len),
			 IL_OK);
	assert_int_equal(crypto_key_kind(c, pub, &kind), IL_OK);
	assert_true(is(b, "kind", crypto_key_name(kind)));
	assert_int_equal(sig.len, crypto_key_sig_len(kind));
	assert_int_equal(crypto_key_load(c, &k, key->val, key->len), IL_OK);
	assert_int_equal(crypto_key_fits(c, k, pub), IL_OK);
	assert_int_equal(crypto_verify_msg(c, pub, about->val, about->len,
					   data->val, data->len, sig.val,
					   sig.len),
			 want);
	/* One of its own, under the same context string and no other. */
	assert_int_equal(crypto_sign_msg(c, k, about->val, about->len,
					 data->val, data->len, sig.val,
					 sig.len),
			 IL_OK);
	assert_int_equal(crypto_verify_msg(c, pub, about->val, about->len,
					   data->val, data->len, sig.val,
					   sig.len),
			 IL_OK);
	assert_int_equal(crypto_verify_msg(c, pub, "else", 4, data->val,
					   data->len, sig.val, sig.len),
			 IL_E_AUTH);
	crypto_drop(c, &pub);
	crypto_drop(c, &k);
}

static void ml_dsa_signatures_of_wycheproof_are_judged_as_it_says(void **unused)
{
	(void)unused;
	if (!openssl_too_old())
		assert_int_equal(run("mldsa.txt", one_dsa), 6);
}

static enum crypto_kem kem_of(const struct block *b)
{
	return is(b, "kem", "512")   ? CRYPTO_ML_KEM_512
	       : is(b, "kem", "768") ? CRYPTO_ML_KEM_768
				     : CRYPTO_ML_KEM_1024;
}

static void one_kem(const struct crypto *c, const struct block *b)
{
	uint8_t pub[CRYPTO_KEM_PUB_MAX], ct[CRYPTO_KEM_CT_MAX];
	uint8_t secret[CRYPTO_KEM_SECRET], other[CRYPTO_KEM_SECRET];
	const enum crypto_kem kem = kem_of(b);
	struct crypto_slot s = { 0 };

	assert_int_equal(get(b, "pub")->len, crypto_kem_pub_len(kem));
	if (!has(b, "seed")) {
		memset(ct, 0x5a, sizeof(ct));
		assert_int_equal(
			crypto_kem_wrap(c, kem, get(b, "pub")->val, ct, secret),
			IL_E_FIELD);
		assert_int_equal(ct[0], 0x5a);
		return;
	}
	assert_int_equal(get(b, "ct")->len, crypto_kem_ct_len(kem));
	assert_int_equal(crypto_kem_begin(c, &s, kem, get(b, "seed")->val, pub),
			 IL_OK);
	assert_memory_equal(pub, get(b, "pub")->val, get(b, "pub")->len);
	assert_int_equal(crypto_kem_unwrap(c, s, get(b, "ct")->val, secret),
			 IL_OK);
	assert_memory_equal(secret, get(b, "secret")->val, sizeof(secret));
	assert_int_equal(crypto_kem_wrap(c, kem, pub, ct, other), IL_OK);
	assert_memory_not_equal(secret, other, sizeof(other));
	assert_int_equal(crypto_kem_unwrap(c, s, ct, secret), IL_OK);
	assert_memory_equal(secret, other, sizeof(other));
	crypto_drop(c, &s);
}

static void ml_kem_gives_the_keys_and_secrets_of_wycheproof(void **unused)
{
	(void)unused;
	if (!openssl_too_old())
		assert_int_equal(run("mlkem.txt", one_kem), 6);
}

static void both_ends_of_a_kem_agree_and_others_do_not(void **state)
{
	static uint8_t pub[CRYPTO_KEM_PUB_MAX], pub2[CRYPTO_KEM_PUB_MAX];
	static uint8_t ct[CRYPTO_KEM_CT_MAX];
	uint8_t a[CRYPTO_KEM_SECRET], b[CRYPTO_KEM_SECRET];
	struct fix *f = *state;
	const struct crypto *c = &f->c;

	for (enum crypto_kem kem = CRYPTO_ML_KEM_512; kem <= CRYPTO_ML_KEM_1024;
	     kem++) {
		struct crypto_slot s = { 0 }, t = { 0 };

		if (!crypto_has_pqc(c)) {
			assert_int_equal(
				crypto_kem_begin(c, &s, kem, NULL, pub),
				IL_E_ARG);
			assert_int_equal(crypto_kem_wrap(c, kem, pub, ct, a),
					 IL_E_ARG);
			continue;
		}
		assert_int_equal(crypto_kem_begin(c, &s, kem, NULL, pub),
				 IL_OK);
		assert_int_equal(crypto_kem_begin(c, &t, kem, NULL, pub2),
				 IL_OK);
		assert_memory_not_equal(pub, pub2, crypto_kem_pub_len(kem));
		assert_int_equal(crypto_kem_wrap(c, kem, pub, ct, a), IL_OK);
		assert_int_equal(crypto_kem_unwrap(c, s, ct, b), IL_OK);
		assert_memory_equal(a, b, sizeof(a));
		assert_int_equal(crypto_kem_unwrap(c, t, ct, b), IL_OK);
		assert_memory_not_equal(a, b, sizeof(a));
		/* A changed ciphertext gives a secret that nobody has. */
		ct[crypto_kem_ct_len(kem) - 1] ^= 1;
		assert_int_equal(crypto_kem_unwrap(c, s, ct, b), IL_OK);
		assert_memory_not_equal(a, b, sizeof(a));
		crypto_drop(c, &t);
		assert_int_equal(crypto_kem_unwrap(c, t, ct, b), IL_E_STATE);
		/* In place. */
		assert_int_equal(crypto_kem_begin(c, &s, kem, NULL, pub2),
				 IL_OK);
		assert_int_equal(crypto_kem_unwrap(c, s, ct, b), IL_OK);
		crypto_drop(c, &s);
	}
}

static void each_ml_dsa_key_signs_a_message_under_its_context(void **state)
{
	static uint8_t sig[CRYPTO_ML_DSA_MAX + 1];
	struct fix *f = *state;
	const struct crypto *c = &f->c;
	struct crypto_slot ec = { 0 };

	assert_int_equal(load_key(f, &ec, 1), IL_OK);
	assert_int_equal(crypto_sign_msg(c, ec, "a", 1, "msg", 3, sig, 64),
			 IL_E_STATE);
	assert_int_equal(crypto_verify_msg(c, ec, "a", 1, "msg", 3, sig, 64),
			 IL_E_STATE);
	crypto_drop(c, &ec);
	for (enum crypto_key kind = CRYPTO_KEY_ML_DSA_44;
	     crypto_has_pqc(c) && kind <= CRYPTO_KEY_ML_DSA_87; kind++) {
		const size_t n = crypto_key_sig_len(kind);
		struct crypto_slot k = { 0 };
		uint8_t about[256] = { 0 };

		assert_int_equal(crypto_key_new(c, &k, kind), IL_OK);
		assert_int_equal(
			crypto_sign_msg(c, k, "ab", 2, "msg", 3, sig, n),
			IL_OK);
		assert_int_equal(
			crypto_verify_msg(c, k, "ab", 2, "msg", 3, sig, n),
			IL_OK);
		/* The border between context and message counts. */
		assert_int_equal(
			crypto_verify_msg(c, k, "a", 1, "bmsg", 4, sig, n),
			IL_E_AUTH);
		assert_int_equal(
			crypto_verify_msg(c, k, "ab", 2, "msh", 3, sig, n),
			IL_E_AUTH);
		assert_int_equal(
			crypto_verify_msg(c, k, "ab", 2, "msg", 3, sig, n - 1),
			IL_E_AUTH);
		sig[n / 2] ^= 1;
		assert_int_equal(
			crypto_verify_msg(c, k, "ab", 2, "msg", 3, sig, n),
			IL_E_AUTH);
		assert_int_equal(
			crypto_sign_msg(c, k, NULL, 0, NULL, 0, sig, n), IL_OK);
		assert_int_equal(
			crypto_verify_msg(c, k, NULL, 0, NULL, 0, sig, n),
			IL_OK);
		assert_int_equal(
			crypto_sign_msg(c, k, about, 256, "m", 1, sig, n),
			IL_E_ARG);
		assert_int_equal(
			crypto_sign_msg(c, k, about, 255, "m", 1, sig, n),
			IL_OK);
		assert_int_equal(
			crypto_sign_msg(c, k, about, 1, "m", 1, sig, n - 1),
			IL_E_ARG);
		assert_int_equal(crypto_sign_digest(c, k, about, 32, sig, n),
				 IL_E_STATE);
		assert_int_equal(crypto_verify_digest(c, k, about, 32, sig, n),
				 IL_E_STATE);
		crypto_drop(c, &k);
	}
}

#define BOTH(t)                                             \
	{ #t " (openssl)", t, setup_ossl, teardown, NULL }, \
	{                                                   \
#t " (fake)", t, setup_fake, teardown, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			ml_dsa_signatures_of_wycheproof_are_judged_as_it_says),
		cmocka_unit_test(
			ml_kem_gives_the_keys_and_secrets_of_wycheproof),
		BOTH(both_ends_of_a_kem_agree_and_others_do_not),
		BOTH(each_ml_dsa_key_signs_a_message_under_its_context),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
