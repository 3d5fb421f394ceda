/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/x509.h>

#include "table_fix.h"

/* What only OpenSSL's table does: heap, images, seeds, real key formats. */

static size_t heap_calls;
static size_t heap_ends; /* the call that gets nothing; 0: none */

static void *count_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return ++heap_calls == heap_ends ? NULL : malloc(n);
}

static void *count_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return ++heap_calls == heap_ends ? NULL : realloc(p, n);
}

static void count_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static void hashes_and_ciphers_touch_no_heap_once_warm(void **state)
{
	struct fix *f = *state;
	struct crypto_slot h = { 0 }, copy = { 0 }, a = { 0 };
	uint8_t out[CRYPTO_HASH_MAX], tag[16], data[600] = { 0 };
	const struct crypto *c = &f->c;

	for (unsigned round = 0; round < 3; round++) {
		if (round == 1)
			heap_calls = 0;
		assert_int_equal(fill(f, K_HASH, &h), IL_OK);
		assert_int_equal(crypto_hash_update(c, h, data, 600), IL_OK);
		assert_int_equal(crypto_hash_dup(c, h, &copy), IL_OK);
		assert_int_equal(crypto_hash_final(c, copy, out), IL_OK);
		assert_int_equal(
			crypto_hmac(c, CRYPTO_SHA384, out, 48, data, 600, out),
			IL_OK);
		assert_int_equal(fill(f, K_AEAD, &a), IL_OK);
		for (unsigned i = 0; i < 8; i++) {
			assert_int_equal(crypto_aead_seal(c, a, iv, data, 24,
							  data, 600, data, tag,
							  12),
					 IL_OK);
			assert_int_equal(crypto_aead_open(c, a, iv, data, 0,
							  data, 600, data, tag,
							  12),
					 IL_E_AUTH);
		}
		crypto_drop(c, &h);
		crypto_drop(c, &copy);
		crypto_drop(c, &a);
	}
	assert_int_equal(heap_calls, 0);
}

/* A row for each kind of state that an image must hold. */
struct saved {
	struct crypto_slot hash, aead, dh, key, pub;
	uint8_t digest[48], sealed[8], tag[16], secret[48], peer[96];
	uint8_t next[96]; /* what the randomness gives after the image */
};

static void observe(struct fix *f, struct saved *s)
{
	const struct crypto *c = &f->c;
	struct crypto_slot t = { 0 };

	assert_int_equal(crypto_hash_final(c, s->hash, s->digest), IL_OK);
	assert_int_equal(crypto_aead_seal(c, s->aead, iv, NULL, 0, key1, 8,
					  s->sealed, s->tag, 16),
			 IL_OK);
	assert_int_equal(crypto_dh_finish(c, s->dh, s->peer, s->secret), IL_OK);
	assert_int_equal(crypto_key_fits(c, s->key, s->pub), IL_E_AUTH);
	assert_int_equal(crypto_dh_begin(c, &t, CRYPTO_P384, s->next), IL_OK);
	crypto_drop(c, &t);
}

static void spoil(struct fix *f, struct saved s)
{
	const struct crypto *c = &f->c;
	struct crypto_slot more[2] = { { 0 } };
	uint8_t pub[CRYPTO_PUB_MAX];

	assert_int_equal(crypto_hash_update(c, s.hash, "more", 4), IL_OK);
	assert_int_equal(crypto_aead_key(c, &s.aead, CRYPTO_AES_256_GCM, key2),
			 IL_OK);
	assert_int_equal(crypto_dh_begin(c, &s.dh, CRYPTO_P384, pub), IL_OK);
	crypto_drop(c, &s.key);
	crypto_drop(c, &s.pub);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(fill(f, i ? K_AEAD : K_HASH, &more[i]), IL_OK);
}

static void an_image_brings_back_all_that_slots_name(void **state)
{
	struct fix *f = *state;
	const struct crypto *c = &f->c;
	struct crypto_slot t = { 0 };
	struct saved want = { .hash = { 0 } }, got;
	void *image;

	assert_int_equal(crypto_dh_begin(c, &t, CRYPTO_P384, want.peer), IL_OK);
	crypto_drop(c, &t);
	assert_int_equal(fill(f, K_HASH, &want.hash), IL_OK);
	assert_int_equal(crypto_hash_update(c, want.hash, "text", 4), IL_OK);
	assert_int_equal(fill(f, K_AEAD, &want.aead), IL_OK);
	assert_int_equal(fill(f, K_DH, &want.dh), IL_OK);
	assert_int_equal(fill(f, K_KEY, &want.key), IL_OK);
	assert_int_equal(fill(f, K_PUB, &want.pub), IL_OK);
	assert_int_equal(crypto_save(c, &image), IL_OK);
	got = want;
	observe(f, &want);
	for (unsigned i = 0; i < 3; i++) {
		spoil(f, got);
		assert_int_equal(crypto_restore(c, image), IL_OK);
		assert_int_equal(live(f), 5);
		memset(got.next, 0, sizeof(got.next));
		observe(f, &got);
		assert_memory_equal(&got, &want, sizeof(want));
	}
	crypto_image_free(c, image);
	observe(f, &got); /* the slots do not need their image */
	crypto_drop(c, &want.hash);
	crypto_drop(c, &want.aead);
	crypto_drop(c, &want.dh);
	crypto_drop(c, &want.key);
	crypto_drop(c, &want.pub);
	crypto_image_free(c, NULL);
}

static void seeds_repeat_and_differ_and_the_system_does_not_repeat(void **state)
{
	static const struct ossl_cfg cfgs[] = {
		{ .seeded = true, .seed = 7 }, { .seeded = true, .seed = 7 },
		{ .seeded = true, .seed = 8 }, { .seeded = false },
		{ .seeded = false },
	};
	uint8_t out[COUNT(cfgs)][64];

	(void)state;
	for (unsigned i = 0; i < COUNT(cfgs); i++) {
		struct ossl *o;

		assert_int_equal(ossl_new(&cfgs[i], &o), IL_OK);
		assert_int_equal(ossl_random(o, out[i], 64), IL_OK);
		ossl_free(o);
	}
	for (unsigned i = 0; i < COUNT(cfgs); i++)
		for (unsigned k = 0; k < i; k++)
			assert_int_equal(!memcmp(out[i], out[k], 64),
					 i == 1 && k == 0);
}

static void too_many_slots_are_refused(void **unused)
{
	(void)unused;
	const struct ossl_cfg cfg = { .slots = 65536 };
	struct ossl *o = NULL;

	assert_int_equal(ossl_new(&cfg, &o), IL_E_ARG);
	assert_null(o);
	ossl_free(NULL);
}

static void bad_keys_are_refused_and_leave_the_slot(void **state)
{
	static const uint8_t spki[] = {
		0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
		0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
		0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
		/* RFC 6979 A.2.5 */
		0x60, 0xfe, 0xd4, 0xba, 0x25, 0x5a, 0x9d, 0x31, 0xc9, 0x61,
		0xeb, 0x74, 0xc6, 0x35, 0x6d, 0x68, 0xc0, 0x49, 0xb8, 0x92,
		0x3b, 0x61, 0xfa, 0x6c, 0xe6, 0x69, 0x62, 0x2e, 0x60, 0xf2,
		0x9f, 0xb6, 0x79, 0x03, 0xfe, 0x10, 0x08, 0xb8, 0xbc, 0x99,
		0xa4, 0x1a, 0xe9, 0xe9, 0x56, 0x28, 0xbc, 0x64, 0xf2, 0xf1,
		0xb2, 0x0c, 0x2d, 0x7e, 0x9f, 0x51, 0x77, 0xa3, 0xc2, 0x94,
		0xd4, 0x46, 0x22, 0x99, 0x00
	};
	struct fix *f = *state;
	const struct crypto *c = &f->c;
	struct crypto_slot k = { 0 }, pub = { 0 };

	for (size_t n = 0; n < sizeof(spki) - 1; n++)
		assert_int_equal(crypto_pubkey_from_spki(c, &pub, spki, n),
				 IL_E_FIELD);
	assert_int_equal(crypto_pubkey_from_spki(c, &pub, spki, sizeof(spki)),
			 IL_E_LONG);
	assert_int_equal(pub.n, 0);
	assert_int_equal(
		crypto_pubkey_from_spki(c, &pub, spki, sizeof(spki) - 1),
		IL_OK);
	assert_int_equal(load_key(f, &k, 1), IL_OK);
	/* The key in the text is that of RFC 6979 as well. */
	assert_int_equal(crypto_key_fits(c, k, pub), IL_OK);
	assert_int_equal(crypto_key_load(c, &k, "", 0), IL_E_FIELD);
	assert_int_equal(crypto_key_load(c, &k, "-----BEGIN", 10), IL_E_FIELD);
	assert_int_equal(crypto_key_load(c, &k, "\x30\x03\x02\x01\x01", 5),
			 IL_E_FIELD);
	assert_int_equal(crypto_key_fits(c, k, pub), IL_OK);
	crypto_drop(c, &k);
	crypto_drop(c, &pub);
}

static void keys_of_no_kind_and_keys_with_a_tail_are_refused(void **state)
{
	struct fix *f = *state;
	EVP_PKEY *other = EVP_EC_gen("P-224"), *ours = EVP_EC_gen("P-256");
	uint8_t der[512], *at = der;
	struct crypto_slot s = { 0 };
	size_t n = (size_t)i2d_PUBKEY(other, &at);

	assert_int_equal(crypto_pubkey_from_spki(&f->c, &s, der, n),
			 IL_E_FIELD);
	at = der;
	n = (size_t)i2d_PrivateKey(other, &at);
	assert_int_equal(crypto_key_load(&f->c, &s, der, n), IL_E_FIELD);
	at = der;
	n = (size_t)i2d_PrivateKey(ours, &at);
	der[n] = 0;
	assert_int_equal(crypto_key_load(&f->c, &s, der, n + 1), IL_E_LONG);
	assert_int_equal(s.n, 0);
	assert_int_equal(crypto_key_load(&f->c, &s, der, n), IL_OK);
	crypto_drop(&f->c, &s);
	EVP_PKEY_free(other);
	EVP_PKEY_free(ours);
}

/* Whichever allocation fails: no request, or the whole of it. */
static void a_request_that_is_made_names_the_device(void **state)
{
	static const char san[] = "Vendor=1:Device=2";
	const struct crypto_csr_ask ask = { .hash = CRYPTO_SHA256,
					    .name = "n",
					    .san = san };
	struct fix *f = *state;
	struct crypto_slot k = { 0 };
	uint8_t out[600];
	size_t n, refused = 0, i = 0;

	assert_int_equal(load_key(f, &k, 1), IL_OK);
	assert_int_equal(crypto_csr_make(&f->c, k, &ask, out, sizeof(out), &n),
			 IL_OK);
	do {
		enum il_err err;

		heap_calls = 0;
		heap_ends = ++i;
		memset(out, 0, sizeof(out));
		err = crypto_csr_make(&f->c, k, &ask, out, sizeof(out), &n);
		heap_ends = 0;
		refused += err != IL_OK;
		if (!err)
			assert_non_null(memmem(out, n, san, strlen(san)));
	} while (heap_calls >= i);
	assert_true(refused > 20);
	crypto_drop(&f->c, &k);
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup_ossl, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(hashes_and_ciphers_touch_no_heap_once_warm),
		T(an_image_brings_back_all_that_slots_name),
		T(bad_keys_are_refused_and_leave_the_slot),
		T(a_request_that_is_made_names_the_device),
		T(keys_of_no_kind_and_keys_with_a_tail_are_refused),
		cmocka_unit_test(
			seeds_repeat_and_differ_and_the_system_does_not_repeat),
		cmocka_unit_test(too_many_slots_are_refused),
	};

	/* Before OpenSSL takes its first byte. */
	if (!CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
