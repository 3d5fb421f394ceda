/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "crypto/null_cipher.h"
#include "table_fix.h"

/* What every table promises, put to OpenSSL's and to the fake one. */

/* Every use of a slot, against what the slot holds. */
static void uses_fit(struct fix *f, struct crypto_slot s, int holds)
{
	uint8_t b[CRYPTO_SIG_MAX] = { 0 }, pub[CRYPTO_PUB_MAX] = { 0 };
	struct crypto_slot to = { 0 };
	enum crypto_curve curve;
	const struct crypto *c = &f->c;
	enum il_err err;

	err = crypto_hash_update(c, s, "a", 1);
	assert_int_equal(err, holds == K_HASH ? IL_OK : IL_E_STATE);
	err = crypto_hash_final(c, s, b);
	assert_int_equal(err, holds == K_HASH ? IL_OK : IL_E_STATE);
	err = crypto_hash_dup(c, s, &to);
	assert_int_equal(err, holds == K_HASH ? IL_OK : IL_E_STATE);
	crypto_drop(c, &to);
	err = crypto_aead_seal(c, s, iv, NULL, 0, NULL, 0, NULL, b, 16);
	assert_int_equal(err, holds == K_AEAD ? IL_OK : IL_E_STATE);
	err = crypto_aead_open(c, s, iv, NULL, 0, NULL, 0, NULL, b, 16);
	assert_int_equal(err, holds == K_AEAD ? IL_OK : IL_E_STATE);
	err = crypto_dh_finish(c, s, pub, b);
	assert_int_equal(err, holds == K_DH ? IL_E_FIELD : IL_E_STATE);
	err = crypto_sign_digest(c, s, key1, 32, b, 64);
	assert_int_equal(err, holds == K_KEY ? IL_OK : IL_E_STATE);
	err = crypto_pubkey(c, s, &curve, pub);
	assert_int_equal(err,
			 holds == K_KEY || holds == K_PUB ? IL_OK : IL_E_STATE);
	err = crypto_verify_digest(c, s, key2, 32, b, 64);
	assert_int_equal(err, holds == K_KEY || holds == K_PUB ? IL_E_AUTH
							       : IL_E_STATE);
}

static void each_kind_of_slot_does_its_own_work_only(void **state)
{
	struct fix *f = *state;

	for (int k = K_HASH; k < K_KINDS; k++) {
		struct crypto_slot s = { 0 }, old;

		assert_int_equal(fill(f, k, &s), IL_OK);
		assert_int_not_equal(s.n, 0);
		uses_fit(f, s, k);
		for (int other = K_HASH; other < K_KINDS; other++) {
			struct crypto_slot same = s;
			enum il_err err = fill(f, other, &same);

			assert_int_equal(err, other == k ? IL_OK : IL_E_STATE);
			assert_int_equal(same.n, s.n);
		}
		assert_int_equal(live(f), 1);
		uses_fit(f, s, k);
		old = s;
		crypto_drop(&f->c, &s);
		assert_int_equal(s.n, 0);
		uses_fit(f, s, -1);
		uses_fit(f, old, -1);
		for (int other = K_HASH; other < K_KINDS; other++)
			assert_int_equal(fill(f, other, &old), IL_E_STATE);
		crypto_drop(&f->c, &old); /* stale: left alone */
		assert_int_equal(live(f), 0);
	}
}

static void a_dropped_name_is_not_the_next_owners(void **state)
{
	struct fix *f = *state;
	struct crypto_slot a = { 0 }, b = { 0 }, old;

	assert_int_equal(fill(f, K_HASH, &a), IL_OK);
	old = a;
	crypto_drop(&f->c, &a);
	assert_int_equal(fill(f, K_HASH, &b), IL_OK);
	assert_int_not_equal(old.n, b.n);
	assert_int_equal(crypto_hash_update(&f->c, old, "x", 1), IL_E_STATE);
	crypto_drop(&f->c, &old);
	assert_int_equal(crypto_hash_update(&f->c, b, "x", 1), IL_OK);
	crypto_drop(&f->c, &b);
}

static void names_that_were_never_given_are_refused(void **state)
{
	struct fix *f = *state;
	const uint32_t bad[] = { 1, 2, 0x10000, 0x10001, 0xffff, 0xffffffff };

	for (unsigned i = 0; i < COUNT(bad); i++)
		uses_fit(f, (struct crypto_slot){ bad[i] }, -1);
}

static void a_full_table_says_so_and_changes_nothing(void **state)
{
	struct fix *f = *state;
	struct crypto_slot s[FAKE_SLOTS] = { { 0 } };
	struct crypto_slot more = { 0 };
	unsigned n = f->o ? SLOTS : FAKE_SLOTS;

	for (unsigned i = 0; i < n; i++)
		assert_int_equal(fill(f, i % K_PUB, &s[i]), IL_OK);
	for (int k = K_HASH; k < K_PUB; k++) {
		assert_int_equal(fill(f, k, &more), IL_E_NOMEM);
		assert_int_equal(more.n, 0);
	}
	assert_int_equal(crypto_hash_dup(&f->c, s[0], &more), IL_E_NOMEM);
	assert_int_equal(fill(f, K_HASH, &s[0]), IL_OK); /* in place */
	for (int k = K_HASH; k < K_PUB; k++) {
		crypto_drop(&f->c, &s[3]);
		assert_int_equal(fill(f, k, &s[3]), IL_OK);
	}
	for (unsigned i = 0; i < n; i++)
		crypto_drop(&f->c, &s[i]);
}

static void a_running_hash_goes_on_after_final_and_dup(void **state)
{
	const enum crypto_hash_alg algs[] = { CRYPTO_SHA256, CRYPTO_SHA384,
					      CRYPTO_SHA512 };
	struct fix *f = *state;

	for (unsigned i = 0; i < COUNT(algs); i++) {
		struct crypto_slot a = { 0 }, b = { 0 };
		uint8_t x[CRYPTO_HASH_MAX], y[CRYPTO_HASH_MAX];
		size_t n = crypto_hash_len(algs[i]);
		const struct crypto *c = &f->c;

		assert_int_equal(crypto_hash_begin(c, &a, algs[i]), IL_OK);
		assert_int_equal(crypto_hash_update(c, a, "ab", 2), IL_OK);
		assert_int_equal(crypto_hash_final(c, a, x), IL_OK);
		assert_int_equal(crypto_hash(c, algs[i], "ab", 2, y), IL_OK);
		assert_memory_equal(x, y, n);
		assert_int_equal(crypto_hash_dup(c, a, &b), IL_OK);
		assert_int_not_equal(a.n, b.n);
		assert_int_equal(crypto_hash_dup(c, a, &a), IL_OK);
		assert_int_equal(crypto_hash_update(c, a, "c", 1), IL_OK);
		assert_int_equal(crypto_hash_update(c, a, NULL, 0), IL_OK);
		assert_int_equal(crypto_hash_final(c, b, x), IL_OK);
		assert_memory_equal(x, y, n);
		assert_int_equal(crypto_hash_final(c, a, x), IL_OK);
		assert_int_equal(crypto_hash(c, algs[i], "abc", 3, y), IL_OK);
		assert_memory_equal(x, y, n);
		/* Into a slot that is in use, and begun again. */
		assert_int_equal(crypto_hash_dup(c, a, &b), IL_OK);
		assert_int_equal(crypto_hash_final(c, b, x), IL_OK);
		assert_memory_equal(x, y, n);
		assert_int_equal(crypto_hash_begin(c, &a, algs[i]), IL_OK);
		assert_int_equal(crypto_hash_final(c, a, x), IL_OK);
		assert_int_equal(crypto_hash(c, algs[i], NULL, 0, y), IL_OK);
		assert_memory_equal(x, y, n);
		crypto_drop(c, &a);
		crypto_drop(c, &b);
	}
}

static void unknown_algorithms_and_curves_are_refused(void **state)
{
	struct fix *f = *state;
	const struct crypto *c = &f->c;
	struct crypto_slot s = { 0 };
	uint8_t b[256];

	assert_int_equal(crypto_hash_len(0), 0);
	assert_int_equal(crypto_hash_len(4), 0);
	assert_int_equal(crypto_curve_len(0), 0);
	assert_int_equal(crypto_curve_len(4), 0);
	assert_int_equal(crypto_aead_key_len(0), 0);
	assert_int_equal(crypto_aead_key_len(4), 0);
	assert_int_equal(crypto_key_sig_len(0), 0);
	assert_int_equal(crypto_key_sig_len(CRYPTO_KEYS), 0);
	for (unsigned bad = 0; bad < 5; bad += 4) {
		assert_int_equal(crypto_hash(c, bad, "a", 1, b), IL_E_ARG);
		assert_int_equal(crypto_hash_begin(c, &s, bad), IL_E_ARG);
		assert_int_equal(crypto_hmac(c, bad, b, 1, b, 1, b), IL_E_ARG);
		assert_int_equal(crypto_hkdf_extract(c, bad, b, 1, b, 1, b),
				 IL_E_ARG);
		assert_int_equal(crypto_hkdf_expand(c, bad, b, 1, b, 1, b, 1),
				 IL_E_ARG);
		assert_int_equal(crypto_aead_key(c, &s, bad, key1), IL_E_ARG);
		assert_int_equal(crypto_dh_begin(c, &s, bad, b), IL_E_ARG);
		assert_int_equal(crypto_dh_load(c, &s, bad, b, b), IL_E_ARG);
		assert_int_equal(crypto_pubkey_from_point(c, &s, bad, b),
				 IL_E_ARG);
	}
	assert_int_equal(s.n, 0);
	assert_int_equal(live(f), 0);
}

static void hmac_and_hkdf_refuse_too_much(void **state)
{
	struct fix *f = *state;
	const struct crypto_span parts[CRYPTO_HMAC_PARTS + 1] = { { NULL, 0 } };
	static uint8_t out[CRYPTO_HKDF_MAX * 32 + 1];
	uint8_t b[CRYPTO_HASH_MAX] = { 0 };

	assert_int_equal(crypto_hmac_parts(&f->c, CRYPTO_SHA256, b, 1, parts,
					   CRYPTO_HMAC_PARTS + 1, b),
			 IL_E_ARG);
	assert_int_equal(crypto_hmac_parts(&f->c, CRYPTO_SHA256, b, 1, parts,
					   CRYPTO_HMAC_PARTS, b),
			 IL_OK);
	memset(out, 0x31, sizeof(out));
	assert_int_equal(crypto_hkdf_expand(&f->c, CRYPTO_SHA256, b, 32, "i", 1,
					    out, sizeof(out)),
			 IL_E_ARG);
	for (size_t i = 0; i < sizeof(out); i++)
		assert_int_equal(out[i], 0x31);
	assert_int_equal(crypto_hkdf_expand(&f->c, CRYPTO_SHA256, b, 32, "i", 1,
					    out, sizeof(out) - 1),
			 IL_OK);
	assert_int_equal(out[sizeof(out) - 1], 0x31);
	assert_memory_not_equal(out, out + sizeof(out) - 33, 32);
}

static void one_key_seals_and_opens_in_turn(void **state)
{
	struct fix *f = *state;
	struct crypto_slot a = { 0 }, b = { 0 };
	uint8_t text[40], out[40], back[40], tag[16];
	const struct crypto *c = &f->c;

	memset(text, 0x42, sizeof(text));
	assert_int_equal(fill(f, K_AEAD, &a), IL_OK);
	assert_int_equal(crypto_aead_key(c, &b, CRYPTO_AES_256_GCM, key2),
			 IL_OK);
	for (unsigned i = 0; i < 4; i++) {
		size_t tag_len = i & 1 ? 12 : 16;

		assert_int_equal(crypto_aead_seal(c, a, iv, "aad", 3, text, 40,
						  out, tag, tag_len),
				 IL_OK);
		assert_memory_not_equal(out, text, 40);
		assert_int_equal(crypto_aead_open(c, b, iv, "aad", 3, out, 40,
						  back, tag, tag_len),
				 IL_E_AUTH);
		assert_int_equal(crypto_aead_open(c, a, iv, "aae", 3, out, 40,
						  back, tag, tag_len),
				 IL_E_AUTH);
		memset(back, 0x11, sizeof(back));
		assert_int_equal(crypto_aead_open(c, a, iv, "aad", 3, out, 39,
						  back, tag, tag_len),
				 IL_E_AUTH);
		for (unsigned k = 0; k < 40; k++)
			assert_int_equal(back[k], k < 39 ? 0 : 0x11);
		assert_int_equal(crypto_aead_open(c, a, iv, "aad", 3, out, 40,
						  back, tag, tag_len),
				 IL_OK);
		assert_memory_equal(back, text, 40);
	}
	/* The same slot with another key. */
	assert_int_equal(crypto_aead_key(c, &a, CRYPTO_AES_256_GCM, key2),
			 IL_OK);
	assert_int_equal(
		crypto_aead_open(c, a, iv, "aad", 3, out, 40, back, tag, 12),
		IL_E_AUTH);
	assert_int_equal(
		crypto_aead_seal(c, a, iv, "aad", 3, text, 40, out, tag, 12),
		IL_OK);
	assert_int_equal(
		crypto_aead_open(c, b, iv, "aad", 3, out, 40, back, tag, 12),
		IL_OK);
	crypto_drop(c, &a);
	crypto_drop(c, &b);
}

static void odd_tag_lengths_and_huge_messages_are_refused(void **state)
{
	static const size_t bad[] = { 0, 1, 4, 8, 11, 13, 14, 15, 17, 32 };
	struct fix *f = *state;
	struct crypto_slot s = { 0 };
	uint8_t tag[32] = { 0 }, out[1] = { 7 };
	const struct crypto *c = &f->c;
	const size_t huge = (size_t)1 << 31;

	assert_int_equal(fill(f, K_AEAD, &s), IL_OK);
	for (unsigned i = 0; i < COUNT(bad); i++) {
		assert_int_equal(crypto_aead_seal(c, s, iv, NULL, 0, key1, 1,
						  out, tag, bad[i]),
				 IL_E_ARG);
		assert_int_equal(crypto_aead_open(c, s, iv, NULL, 0, key1, 1,
						  out, tag, bad[i]),
				 IL_E_ARG);
	}
	assert_int_equal(
		crypto_aead_seal(c, s, iv, key1, huge, key1, 1, out, tag, 16),
		IL_E_ARG);
	assert_int_equal(
		crypto_aead_seal(c, s, iv, NULL, 0, key1, huge, out, tag, 16),
		IL_E_ARG);
	assert_int_equal(
		crypto_aead_open(c, s, iv, key1, huge, key1, 1, out, tag, 16),
		IL_E_ARG);
	assert_int_equal(
		crypto_aead_open(c, s, iv, NULL, 0, key1, huge, out, tag, 16),
		IL_E_ARG);
	assert_int_equal(out[0], 7);
	crypto_drop(c, &s);
}

static void both_sides_of_ecdh_agree_and_a_bad_point_is_refused(void **state)
{
	const enum crypto_curve curves[] = { CRYPTO_P256, CRYPTO_P384,
					     CRYPTO_P521 };
	struct fix *f = *state;
	const struct crypto *c = &f->c;

	for (unsigned i = 0; i < COUNT(curves); i++) {
		uint8_t pa[CRYPTO_PUB_MAX], pb[CRYPTO_PUB_MAX];
		uint8_t x[CRYPTO_SCALAR_MAX], y[CRYPTO_SCALAR_MAX];
		size_t n = crypto_curve_len(curves[i]);
		struct crypto_slot a = { 0 }, b = { 0 };

		assert_int_equal(crypto_dh_begin(c, &a, curves[i], pa), IL_OK);
		assert_int_equal(crypto_dh_begin(c, &b, curves[i], pb), IL_OK);
		assert_memory_not_equal(pa, pb, 2 * n);
		assert_int_equal(crypto_dh_finish(c, a, pb, x), IL_OK);
		assert_int_equal(crypto_dh_finish(c, b, pa, y), IL_OK);
		assert_memory_equal(x, y, n);
		pb[0] ^= 1;
		assert_int_equal(crypto_dh_finish(c, a, pb, x), IL_E_FIELD);
		assert_memory_equal(x, y, n);
		crypto_drop(c, &a);
		crypto_drop(c, &b);
	}
}

static void scalars_out_of_range_are_refused(void **state)
{
	struct fix *f = *state;
	struct crypto_slot s = { 0 };
	uint8_t k[CRYPTO_SCALAR_MAX] = { 0 }, pub[CRYPTO_PUB_MAX];
	static const uint8_t order256[] = {
		0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
		0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
	};

	assert_int_equal(crypto_dh_load(&f->c, &s, CRYPTO_P256, k, pub),
			 IL_E_FIELD);
	assert_int_equal(crypto_dh_load(&f->c, &s, CRYPTO_P384, k, pub),
			 IL_E_FIELD);
	assert_int_equal(s.n, 0);
	if (f->o)
		assert_int_equal(
			crypto_dh_load(&f->c, &s, CRYPTO_P256, order256, pub),
			IL_E_FIELD);
	k[31] = 1;
	assert_int_equal(crypto_dh_load(&f->c, &s, CRYPTO_P256, k, pub), IL_OK);
	crypto_drop(&f->c, &s);
}

static void signatures_verify_with_the_public_half_only_as_made(void **state)
{
	struct fix *f = *state;
	const struct crypto *c = &f->c;
	struct crypto_slot k = { 0 }, pub = { 0 };
	uint8_t xy[CRYPTO_PUB_MAX], sig[CRYPTO_SIG_MAX];
	uint8_t digest[CRYPTO_HASH_MAX + 1] = { 3 };
	enum crypto_curve curve;

	assert_int_equal(load_key(f, &k, 1), IL_OK);
	assert_int_equal(crypto_pubkey(c, k, &curve, xy), IL_OK);
	assert_int_equal(curve, CRYPTO_P256);
	assert_int_equal(crypto_pubkey_from_point(c, &pub, curve, xy), IL_OK);
	assert_int_equal(crypto_key_fits(c, k, pub), IL_OK);
	for (size_t n = 1; n <= CRYPTO_HASH_MAX; n += 21) {
		assert_int_equal(crypto_sign_digest(c, k, digest, n, sig, 64),
				 IL_OK);
		for (unsigned twice = 0; twice < 2; twice++) {
			assert_int_equal(crypto_verify_digest(c, pub, digest, n,
							      sig, 64),
					 IL_OK);
			assert_int_equal(
				crypto_verify_digest(c, k, digest, n, sig, 64),
				IL_OK);
		}
		assert_int_equal(
			crypto_verify_digest(c, pub, digest, n, sig, 63),
			IL_E_AUTH);
		digest[0] ^= 1;
		assert_int_equal(
			crypto_verify_digest(c, pub, digest, n, sig, 64),
			IL_E_AUTH);
		digest[0] ^= 1;
		sig[63] ^= 1;
		assert_int_equal(
			crypto_verify_digest(c, pub, digest, n, sig, 64),
			IL_E_AUTH);
		assert_int_equal(
			crypto_verify_digest(c, pub, digest, n, sig, 96),
			IL_E_AUTH);
	}
	assert_int_equal(crypto_sign_digest(c, k, digest, 0, sig, 64),
			 IL_E_ARG);
	assert_int_equal(crypto_sign_digest(c, k, digest, 65, sig, 64),
			 IL_E_ARG);
	assert_int_equal(crypto_sign_digest(c, k, digest, 32, sig, 63),
			 IL_E_ARG);
	assert_int_equal(crypto_sign_digest(c, k, digest, 32, sig, 96),
			 IL_E_ARG);
	assert_int_equal(crypto_verify_digest(c, k, digest, 0, sig, 64),
			 IL_E_ARG);
	assert_int_equal(crypto_verify_digest(c, k, digest, 65, sig, 64),
			 IL_E_ARG);
	xy[5] ^= 1;
	assert_int_equal(crypto_pubkey_from_point(c, &pub, curve, xy),
			 IL_E_FIELD);
	assert_int_equal(crypto_key_fits(c, k, pub), IL_OK); /* unchanged */
	crypto_drop(c, &pub);
	assert_int_equal(crypto_key_fits(c, k, pub), IL_E_STATE);
	assert_int_equal(crypto_key_fits(c, pub, k), IL_E_STATE);
	assert_int_equal(fill(f, K_PUB, &pub), IL_OK);
	assert_int_equal(crypto_key_fits(c, k, pub), IL_E_AUTH);
	crypto_drop(c, &pub);
	crypto_drop(c, &k);
}

static void the_null_cipher_leaves_bytes_and_checks_its_tag(void **state)
{
	struct fix *f = *state;
	struct null_cipher n;
	struct crypto c = null_cipher_over(&n, &f->c);
	struct crypto_slot s = { 0 };
	uint8_t out[4] = { 0 }, tag[16] = { 0 };

	assert_int_equal(
		crypto_aead_seal(&c, s, iv, NULL, 0, key1, 4, out, tag, 12),
		IL_E_STATE);
	assert_int_equal(
		crypto_aead_open(&c, s, iv, NULL, 0, key1, 4, out, tag, 12),
		IL_E_STATE);
	assert_int_equal(crypto_aead_key(&c, &s, CRYPTO_AES_256_GCM, key1),
			 IL_OK);
	assert_int_equal(live(f), 1);
	assert_int_equal(crypto_aead_seal(&c, s, iv, NULL, 0, (uint8_t *)"data",
					  4, out, tag, 12),
			 IL_OK);
	assert_memory_equal(out, "data", 4);
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(tag[i], i < 12 ? NULL_CIPHER_TAG : 0);
	assert_int_equal(
		crypto_aead_seal(&c, s, iv, NULL, 0, out, 4, out, tag, 13),
		IL_E_ARG);
	assert_int_equal(
		crypto_aead_open(&c, s, iv, NULL, 0, out, 4, out, tag, 13),
		IL_E_ARG);
	assert_int_equal(
		crypto_aead_open(&c, s, iv, NULL, 0, out, 4, out, tag, 12),
		IL_OK);
	assert_memory_equal(out, "data", 4);
	tag[11] ^= 1;
	assert_int_equal(
		crypto_aead_open(&c, s, iv, NULL, 0, out, 4, out, tag, 12),
		IL_E_AUTH);
	assert_memory_equal(out, "\0\0\0\0", 4);
	/* All else is the table underneath. */
	assert_int_equal(
		crypto_hash(&c, CRYPTO_SHA256, "a", 1, (uint8_t[32]){ 0 }),
		IL_OK);
	crypto_drop(&c, &s);
}

#define BOTH(t)                                             \
	{ #t " (openssl)", t, setup_ossl, teardown, NULL }, \
	{                                                   \
#t " (fake)", t, setup_fake, teardown, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(each_kind_of_slot_does_its_own_work_only),
		BOTH(a_dropped_name_is_not_the_next_owners),
		BOTH(names_that_were_never_given_are_refused),
		BOTH(a_full_table_says_so_and_changes_nothing),
		BOTH(a_running_hash_goes_on_after_final_and_dup),
		BOTH(unknown_algorithms_and_curves_are_refused),
		BOTH(hmac_and_hkdf_refuse_too_much),
		BOTH(one_key_seals_and_opens_in_turn),
		BOTH(odd_tag_lengths_and_huge_messages_are_refused),
		BOTH(both_sides_of_ecdh_agree_and_a_bad_point_is_refused),
		BOTH(scalars_out_of_range_are_refused),
		BOTH(signatures_verify_with_the_public_half_only_as_made),
		BOTH(the_null_cipher_leaves_bytes_and_checks_its_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
