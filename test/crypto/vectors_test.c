/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "vec_fix.h"

/* What hashes, ciphers, curves and RSA give, against what others wrote. */

static enum crypto_hash_alg alg_of(const struct block *b, const char *name)
{
	unsigned bits = number(b, name);

	return bits == 256   ? CRYPTO_SHA256
	       : bits == 384 ? CRYPTO_SHA384
			     : CRYPTO_SHA512;
}

static enum crypto_curve curve_of(const struct block *b)
{
	unsigned bits = number(b, "curve");

	return bits == 256   ? CRYPTO_P256
	       : bits == 384 ? CRYPTO_P384
			     : CRYPTO_P521;
}

static void one_sha2(const struct crypto *c, const struct block *b)
{
	const struct field *data = get(b, "data");
	const struct field *want = get(b, "out");
	unsigned times = has(b, "repeat") ? number(b, "repeat") : 1;
	enum crypto_hash_alg alg = alg_of(b, "alg");
	struct crypto_slot s = { 0 };
	uint8_t out[CRYPTO_HASH_MAX];

	assert_int_equal(want->len, crypto_hash_len(alg));
	assert_int_equal(crypto_hash_begin(c, &s, alg), IL_OK);
	for (unsigned i = 0; i < times; i++)
		assert_int_equal(crypto_hash_update(c, s, data->val, data->len),
				 IL_OK);
	assert_int_equal(crypto_hash_final(c, s, out), IL_OK);
	assert_memory_equal(out, want->val, want->len);
	crypto_drop(c, &s);
	if (times > 1)
		return;
	assert_int_equal(crypto_hash(c, alg, data->val, data->len, out), IL_OK);
	assert_memory_equal(out, want->val, want->len);
}

static void sha2_gives_the_digests_of_nist(void **unused)
{
	(void)unused;
	assert_int_equal(run("sha2.txt", one_sha2), 10);
}

static void one_hmac(const struct crypto *c, const struct block *b)
{
	const struct field *key = get(b, "key");
	const struct field *data = get(b, "data");
	const struct field *want = get(b, "out");
	enum crypto_hash_alg alg = alg_of(b, "alg");
	size_t third = data->len / 3;
	const struct crypto_span parts[] = {
		{ data->val, third },
		{ NULL, 0 },
		{ data->val + third, data->len - third },
	};
	uint8_t out[CRYPTO_HASH_MAX];

	assert_int_equal(crypto_hmac(c, alg, key->val, key->len, data->val,
				     data->len, out),
			 IL_OK);
	assert_memory_equal(out, want->val, want->len);
	memset(out, 0, sizeof(out));
	assert_int_equal(
		crypto_hmac_parts(c, alg, key->val, key->len, parts, 3, out),
		IL_OK);
	assert_memory_equal(out, want->val, want->len);
}

static void hmac_gives_the_tags_of_rfc_4231_and_nist(void **unused)
{
	(void)unused;
	assert_int_equal(run("hmac.txt", one_hmac), 15);
}

static void one_hkdf(const struct crypto *c, const struct block *b)
{
	const struct field *secret = get(b, "secret");
	const struct field *salt = get(b, "salt");
	const struct field *info = get(b, "info");
	const struct field *prk = get(b, "prk");
	const struct field *want = get(b, "out");
	enum crypto_hash_alg alg = alg_of(b, "alg");
	uint8_t out[LEN_MAX];

	assert_int_equal(crypto_hkdf_extract(c, alg, salt->val, salt->len,
					     secret->val, secret->len, out),
			 IL_OK);
	assert_memory_equal(out, prk->val, prk->len);
	assert_int_equal(crypto_hkdf_expand(c, alg, prk->val, prk->len,
					    info->val, info->len, out,
					    want->len),
			 IL_OK);
	assert_memory_equal(out, want->val, want->len);
}

static void hkdf_gives_the_keys_of_rfc_5869(void **unused)
{
	(void)unused;
	assert_int_equal(run("hkdf.txt", one_hkdf), 3);
}

static void open_refuses(const struct crypto *c, struct crypto_slot s,
			 const struct block *b, uint8_t *iv, uint8_t *aad,
			 uint8_t *cipher, uint8_t *tag, size_t tag_len)
{
	size_t len = get(b, "cipher")->len;
	uint8_t out[LEN_MAX];

	memset(out, 0x77, sizeof(out));
	assert_int_equal(crypto_aead_open(c, s, iv, aad, get(b, "aad")->len,
					  cipher, len, out, tag, tag_len),
			 IL_E_AUTH);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(out[i], 0);
	assert_int_equal(out[len], 0x77);
}

static void one_tag_len(const struct crypto *c, struct crypto_slot s,
			const struct block *b, size_t tag_len)
{
	const struct field *plain = get(b, "plain");
	const struct field *want = get(b, "cipher");
	struct field iv = *get(b, "iv");
	struct field aad = *get(b, "aad");
	struct field tag = *get(b, "tag");
	uint8_t out[LEN_MAX], got[CRYPTO_AEAD_TAG];
	size_t len = plain->len;

	memset(got, 0x55, sizeof(got));
	assert_int_equal(crypto_aead_seal(c, s, iv.val, aad.val, aad.len,
					  plain->val, len, out, got, tag_len),
			 IL_OK);
	assert_memory_equal(out, want->val, len);
	assert_memory_equal(got, tag.val, tag_len);
	for (size_t i = tag_len; i < sizeof(got); i++)
		assert_int_equal(got[i], 0x55);
	/* In place. */
	assert_int_equal(crypto_aead_open(c, s, iv.val, aad.val, aad.len, out,
					  len, out, got, tag_len),
			 IL_OK);
	assert_memory_equal(out, plain->val, len);
	assert_int_equal(crypto_aead_seal(c, s, iv.val, aad.val, aad.len, out,
					  len, out, got, tag_len),
			 IL_OK);
	assert_memory_equal(out, want->val, len);

	tag.val[tag_len - 1] ^= 1;
	open_refuses(c, s, b, iv.val, aad.val, out, tag.val, tag_len);
	tag.val[tag_len - 1] ^= 1;
	iv.val[11] ^= 1;
	open_refuses(c, s, b, iv.val, aad.val, out, tag.val, tag_len);
	iv.val[11] ^= 1;
	if (aad.len) {
		aad.val[0] ^= 0x80;
		open_refuses(c, s, b, iv.val, aad.val, out, tag.val, tag_len);
		aad.val[0] ^= 0x80;
	}
	if (len) {
		out[len - 1] ^= 1;
		open_refuses(c, s, b, iv.val, aad.val, out, tag.val, tag_len);
	}
}

static void one_aead(const struct crypto *c, const struct block *b,
		     enum crypto_aead_alg alg)
{
	struct crypto_slot s = { 0 };

	assert_int_equal(get(b, "key")->len, crypto_aead_key_len(alg));
	assert_int_equal(crypto_aead_key(c, &s, alg, get(b, "key")->val),
			 IL_OK);
	one_tag_len(c, s, b, 16);
	if (alg != CRYPTO_CHACHA20_POLY1305)
		one_tag_len(c, s, b, 12);
	one_tag_len(c, s, b, 16);
	crypto_drop(c, &s);
}

static void one_gcm256(const struct crypto *c, const struct block *b)
{
	one_aead(c, b, CRYPTO_AES_256_GCM);
}

static void one_gcm128(const struct crypto *c, const struct block *b)
{
	one_aead(c, b, CRYPTO_AES_128_GCM);
}

static void one_chacha(const struct crypto *c, const struct block *b)
{
	one_aead(c, b, CRYPTO_CHACHA20_POLY1305);
}

static void aes_gcm_gives_the_bytes_of_its_specification_and_ieee(void **u)
{
	(void)u;
	assert_int_equal(run_with("aes256gcm.txt", one_gcm256, true), 8);
	assert_int_equal(run_with("aes256gcm.txt", one_gcm256, false), 8);
	assert_int_equal(run_with("aes128gcm.txt", one_gcm128, true), 9);
	assert_int_equal(run_with("aes128gcm.txt", one_gcm128, false), 9);
}

static void chacha20_poly1305_gives_the_bytes_of_rfc_8439(void **u)
{
	(void)u;
	assert_int_equal(run_with("chacha20poly1305.txt", one_chacha, true),
			 12);
	assert_int_equal(run_with("chacha20poly1305.txt", one_chacha, false),
			 12);
}

static void one_rsa(const struct crypto *c, const struct block *b)
{
	const struct field *spki = get(b, "spki");
	const struct field *data = get(b, "data");
	struct field sig = *get(b, "sig");
	enum crypto_hash_alg alg = alg_of(b, "hash");
	enum crypto_rsa pad =
		is(b, "pad", "RSAPSS") ? CRYPTO_RSAPSS : CRYPTO_RSASSA;
	const bool valid = is(b, "result", "valid");
	uint8_t digest[CRYPTO_HASH_MAX];
	struct crypto_slot s = { 0 };

	assert_int_equal(crypto_hash(c, alg, data->val, data->len, digest),
			 IL_OK);
	assert_int_equal(crypto_pubkey_from_spki(c, &s, spki->val, spki->len),
			 IL_OK);
	assert_int_equal(
		crypto_verify_rsa(c, s, pad, alg, digest, sig.val, sig.len),
		valid ? IL_OK : IL_E_AUTH);
	if (valid)
		assert_int_equal(
			crypto_verify_rsa(c, s,
					  CRYPTO_RSASSA + CRYPTO_RSAPSS - pad,
					  alg, digest, sig.val, sig.len),
			IL_E_AUTH);
	assert_int_equal(
		crypto_verify_rsa(c, s, pad, alg, digest, sig.val, sig.len - 1),
		IL_E_AUTH);
	sig.val[sig.len - 1] ^= 1;
	assert_int_equal(
		crypto_verify_rsa(c, s, pad, alg, digest, sig.val, sig.len),
		IL_E_AUTH);
	crypto_drop(c, &s);
}

static void rsa_signatures_of_wycheproof_are_judged_as_it_says(void **unused)
{
	(void)unused;
	assert_int_equal(run("rsa.txt", one_rsa), 24);
}

static void one_ecdsa(const struct crypto *c, const struct block *b)
{
	struct field sig = *get(b, "sig");
	const struct field *data = get(b, "data");
	enum crypto_hash_alg alg = alg_of(b, "hash");
	size_t n = crypto_hash_len(alg);
	uint8_t digest[CRYPTO_HASH_MAX];
	struct crypto_slot s = { 0 };

	assert_int_equal(crypto_hash(c, alg, data->val, data->len, digest),
			 IL_OK);
	assert_int_equal(crypto_pubkey_from_point(c, &s, curve_of(b),
						  get(b, "pub")->val),
			 IL_OK);
	assert_int_equal(
		crypto_verify_digest(c, s, digest, n, sig.val, sig.len), IL_OK);
	assert_int_equal(
		crypto_verify_digest(c, s, digest, n, sig.val, sig.len - 1),
		IL_E_AUTH);
	assert_int_equal(crypto_verify_digest(c, s, digest, n, sig.val, 0),
			 IL_E_AUTH);
	sig.val[0] ^= 1;
	assert_int_equal(
		crypto_verify_digest(c, s, digest, n, sig.val, sig.len),
		IL_E_AUTH);
	sig.val[0] ^= 1;
	digest[0] ^= 1;
	assert_int_equal(
		crypto_verify_digest(c, s, digest, n, sig.val, sig.len),
		IL_E_AUTH);
	digest[0] ^= 1;
	memset(sig.val, 0, sig.len);
	assert_int_equal(
		crypto_verify_digest(c, s, digest, n, sig.val, sig.len),
		IL_E_AUTH);
	crypto_drop(c, &s);
}

static void ecdsa_signatures_of_rfc_6979_verify(void **unused)
{
	(void)unused;
	assert_int_equal(run("ecdsa.txt", one_ecdsa), 8);
}

static void one_ecdh(const struct crypto *c, const struct block *b)
{
	const struct field *want = get(b, "out");
	struct crypto_slot i = { 0 }, r = { 0 };
	uint8_t pub[CRYPTO_PUB_MAX], out[CRYPTO_SCALAR_MAX];
	struct field gr = *get(b, "gr");

	assert_int_equal(
		crypto_dh_load(c, &i, curve_of(b), get(b, "i")->val, pub),
		IL_OK);
	assert_memory_equal(pub, get(b, "gi")->val, get(b, "gi")->len);
	assert_int_equal(
		crypto_dh_load(c, &r, curve_of(b), get(b, "r")->val, pub),
		IL_OK);
	assert_memory_equal(pub, gr.val, gr.len);
	assert_int_equal(crypto_dh_finish(c, i, gr.val, out), IL_OK);
	assert_memory_equal(out, want->val, want->len);
	assert_int_equal(crypto_dh_finish(c, r, get(b, "gi")->val, out), IL_OK);
	assert_memory_equal(out, want->val, want->len);
	gr.val[gr.len - 1] ^= 1;
	memset(out, 0x5a, sizeof(out));
	assert_int_equal(crypto_dh_finish(c, i, gr.val, out), IL_E_FIELD);
	for (size_t k = 0; k < sizeof(out); k++)
		assert_int_equal(out[k], 0x5a);
	memset(gr.val, 0, gr.len);
	assert_int_equal(crypto_dh_finish(c, i, gr.val, out), IL_E_FIELD);
	memset(gr.val, 0xff, gr.len);
	assert_int_equal(crypto_dh_finish(c, i, gr.val, out), IL_E_FIELD);
	crypto_drop(c, &i);
	crypto_drop(c, &r);
}

static void ecdh_gives_the_secrets_of_rfc_5903(void **unused)
{
	(void)unused;
	assert_int_equal(run("ecdh.txt", one_ecdh), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha2_gives_the_digests_of_nist),
		cmocka_unit_test(hmac_gives_the_tags_of_rfc_4231_and_nist),
		cmocka_unit_test(hkdf_gives_the_keys_of_rfc_5869),
		cmocka_unit_test(
			aes_gcm_gives_the_bytes_of_its_specification_and_ieee),
		cmocka_unit_test(chacha20_poly1305_gives_the_bytes_of_rfc_8439),
		cmocka_unit_test(
			rsa_signatures_of_wycheproof_are_judged_as_it_says),
		cmocka_unit_test(ecdsa_signatures_of_rfc_6979_verify),
		cmocka_unit_test(ecdh_gives_the_secrets_of_rfc_5903),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
