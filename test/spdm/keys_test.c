/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "maker.h"
#include "spdm/keys.h"
#include "spdm/transcript.h"

#include <stdio.h>

/*
 * The key schedule of each version, hash and cipher. The digests below were
 * made by a few lines of Python (hmac, hashlib) from RFC 5869 and DSP0274,
 * section "Key schedule": SHA-256 over the handshake secret, both of its
 * directions, the master secret, the requester's data secret, the exporter
 * secret, the requester's HMAC over TH1, key and IV of its data, its next
 * secret, and the digest that a measurement signature is made over.
 * IKM: 0, 1, ... 47; TH1: ones; TH2: twos.
 */
static const struct row {
	uint8_t version;
	uint32_t hash;
	uint16_t aead;
	bool psk;
	const char *want;
} rows[] = {
	/* clang-format off */
	{ 0x11, SPDM_HASH_SHA_256, SPDM_AEAD_AES_128_GCM, false,
	  "20b79197a8d14bc326b8804d43a0a9fec28ae941ecf0d12dd9141a40f46ec2ca" },
	{ 0x11, SPDM_HASH_SHA_256, SPDM_AEAD_AES_128_GCM, true,
	  "20b79197a8d14bc326b8804d43a0a9fec28ae941ecf0d12dd9141a40f46ec2ca" },
	{ 0x11, SPDM_HASH_SHA_384, SPDM_AEAD_AES_128_GCM, false,
	  "a638bb53016fc66c63c087f57752934350ccf221c185094e14e05f0c605c6375" },
	{ 0x11, SPDM_HASH_SHA_384, SPDM_AEAD_AES_128_GCM, true,
	  "a638bb53016fc66c63c087f57752934350ccf221c185094e14e05f0c605c6375" },
	{ 0x11, SPDM_HASH_SHA_384, SPDM_AEAD_AES_256_GCM, false,
	  "fbfbf65157b35e2b540aead803b73cdcd1c4e863ab1c6a27d43e879006739d16" },
	{ 0x11, SPDM_HASH_SHA_512, SPDM_AEAD_AES_128_GCM, false,
	  "ab60a3c14e33c53aca02482317ade346b98e35d06a17dcf4c0e4685a81bd9ea8" },
	{ 0x11, SPDM_HASH_SHA_512, SPDM_AEAD_AES_128_GCM, true,
	  "ab60a3c14e33c53aca02482317ade346b98e35d06a17dcf4c0e4685a81bd9ea8" },
	{ 0x11, SPDM_HASH_SHA_512, SPDM_AEAD_CHACHA20_POLY1305, false,
	  "2f7556cc0bbd011ecc8d2e25c739b3a6f0f1e3ac4d78e58b6f4f62269f896744" },
	{ 0x12, SPDM_HASH_SHA_256, SPDM_AEAD_AES_128_GCM, false,
	  "0548f5527f6c487396a13443bef9ab91678d2000be9772950bf3abe31c09f5ae" },
	{ 0x12, SPDM_HASH_SHA_256, SPDM_AEAD_AES_128_GCM, true,
	  "0548f5527f6c487396a13443bef9ab91678d2000be9772950bf3abe31c09f5ae" },
	{ 0x12, SPDM_HASH_SHA_384, SPDM_AEAD_AES_128_GCM, false,
	  "10a8c663aa8c0f8cc9a13622fee5af520cebd99be9dfdf276a6ab0d8791740c8" },
	{ 0x12, SPDM_HASH_SHA_384, SPDM_AEAD_AES_128_GCM, true,
	  "10a8c663aa8c0f8cc9a13622fee5af520cebd99be9dfdf276a6ab0d8791740c8" },
	{ 0x12, SPDM_HASH_SHA_384, SPDM_AEAD_AES_256_GCM, false,
	  "394969d472b2f31d6dddc5af49e51937252a25c3bb7ed7decd5c6d05502df26b" },
	{ 0x12, SPDM_HASH_SHA_512, SPDM_AEAD_AES_128_GCM, false,
	  "463d37df0c6e88d6fe4bbef79f6d6db77777c2b1ae4f1291751f5f55574fc903" },
	{ 0x12, SPDM_HASH_SHA_512, SPDM_AEAD_AES_128_GCM, true,
	  "463d37df0c6e88d6fe4bbef79f6d6db77777c2b1ae4f1291751f5f55574fc903" },
	{ 0x12, SPDM_HASH_SHA_512, SPDM_AEAD_CHACHA20_POLY1305, false,
	  "01f3cb1721c7b2ae41e8ec6a5c66e861015448fa5ca21b4fe5886ed48a184563" },
	{ 0x13, SPDM_HASH_SHA_256, SPDM_AEAD_AES_128_GCM, false,
	  "0db91344ffffb81611db919c409970b4900f465b274507948cad7b4193aade59" },
	{ 0x13, SPDM_HASH_SHA_256, SPDM_AEAD_AES_128_GCM, true,
	  "ab26a59352d26971b66fb0d589cd597118bdfd63a9c126c5d5a39e449d54f0b3" },
	{ 0x13, SPDM_HASH_SHA_384, SPDM_AEAD_AES_128_GCM, false,
	  "706c5b8a2a1675b63aa4ddde37b7eec4730845d20b55980e430e2412c51044b9" },
	{ 0x13, SPDM_HASH_SHA_384, SPDM_AEAD_AES_128_GCM, true,
	  "8ea3772eac9ecb7cb4dbd5509afa8beddb71d9755ecc6a610db4a8ee4a29130d" },
	{ 0x13, SPDM_HASH_SHA_384, SPDM_AEAD_AES_256_GCM, false,
	  "47c1e288328bcab9e6ad7fca65f66badc9e1cd0e28da9368a939d503f7290d30" },
	{ 0x13, SPDM_HASH_SHA_512, SPDM_AEAD_AES_128_GCM, false,
	  "6588b920297803e29cbd1d113fda8d85c6a8fce91c625fa6b655f8cf6b6a14c3" },
	{ 0x13, SPDM_HASH_SHA_512, SPDM_AEAD_AES_128_GCM, true,
	  "74a4595dcdb84069f5059c56c104126c793203331bf8a5355aafec63679f40c1" },
	{ 0x13, SPDM_HASH_SHA_512, SPDM_AEAD_CHACHA20_POLY1305, false,
	  "df93f6125304187727c5ac75683dcb78e1bfa2ed0244e093b1616cc9e18370fd" },
	{ 0x14, SPDM_HASH_SHA_256, SPDM_AEAD_AES_128_GCM, false,
	  "14931c98ae51b5740c734380e857e5049e1c056ede30afc271ce3ea670c14f1a" },
	{ 0x14, SPDM_HASH_SHA_256, SPDM_AEAD_AES_128_GCM, true,
	  "5b02cc7110dd7bb9860bc3d119f7507718a197029b8493bffe09d344f3809a87" },
	{ 0x14, SPDM_HASH_SHA_384, SPDM_AEAD_AES_128_GCM, false,
	  "0f539e801eb6ae8c0b8a0a064d1c324b22b3d19b085f99a2e8b8e667591098e6" },
	{ 0x14, SPDM_HASH_SHA_384, SPDM_AEAD_AES_128_GCM, true,
	  "a7d3c6539d167e0bb5fe96a9a639a7b9d04e0598be81c73e3f8f290ce3250dcc" },
	{ 0x14, SPDM_HASH_SHA_384, SPDM_AEAD_AES_256_GCM, false,
	  "2e71b2a05b18e801d8197a3efe4a9f56f5cc3635c95f51eee5e98f7c4eb49fc8" },
	{ 0x14, SPDM_HASH_SHA_512, SPDM_AEAD_AES_128_GCM, false,
	  "70700f33bafe802076eb5704875627a09313298fec12ec0385736c9c1b99e7cd" },
	{ 0x14, SPDM_HASH_SHA_512, SPDM_AEAD_AES_128_GCM, true,
	  "fbb48232e99d742a6fc36128465e3ff3dd433675407a2d851eda176048165a4b" },
	{ 0x14, SPDM_HASH_SHA_512, SPDM_AEAD_CHACHA20_POLY1305, false,
	  "14f9f21c05a278d4e1cdeef68e930cc3d67be4d983c221c9b6ea74ac6ce92f19" },
	/* clang-format on */
};

static void put(const struct crypto *c, struct crypto_slot s, const uint8_t *p,
		size_t n)
{
	assert_int_equal(crypto_hash_update(c, s, p, n), IL_OK);
}

/* The secrets of @r; what a PSK session starts from is extracted first. */
static void derive(const struct crypto *c, const struct row *r,
		   struct spdm_keys *k, const uint8_t *th1, const uint8_t *th2)
{
	uint8_t ikm[48];
	uint8_t salt[SPDM_HASH_MAX];
	uint8_t secret[SPDM_HASH_MAX];

	for (unsigned i = 0; i < sizeof(ikm); i++)
		ikm[i] = (uint8_t)i;
	if (r->psk) {
		const size_t n = spdm_hash_len(r->hash);

		spdm_keys_psk_salt(r->version, salt);
		assert_int_equal(crypto_hkdf_extract(c,
						     n == 32   ? CRYPTO_SHA256
						     : n == 48 ? CRYPTO_SHA384
							       : CRYPTO_SHA512,
						     salt, n, ikm, sizeof(ikm),
						     secret),
				 IL_OK);
		assert_int_equal(
			spdm_keys_psk(k, c, r->version, r->hash, secret, th1),
			IL_OK);
	} else {
		assert_int_equal(spdm_keys_handshake(k, c, r->version, r->hash,
						     ikm, sizeof(ikm), th1),
				 IL_OK);
	}
	k->aead = r->aead;
	assert_int_equal(spdm_keys_data(k, c, th2), IL_OK);
}

static void digest_of(const struct crypto *c, const struct row *r,
		      struct crypto_slot s)
{
	const size_t n = spdm_hash_len(r->hash);
	uint8_t th1[SPDM_HASH_MAX], th2[SPDM_HASH_MAX], out[SPDM_HASH_MAX];
	uint8_t key[SPDM_KEY_LEN], iv[SPDM_IV_LEN];
	struct spdm_keys k;

	memset(th1, 1, sizeof(th1));
	memset(th2, 2, sizeof(th2));
	derive(c, r, &k, th1, th2);
	put(c, s, k.handshake, n);
	put(c, s, k.hs_dir[SPDM_DIR_REQ], n);
	put(c, s, k.hs_dir[SPDM_DIR_RSP], n);
	put(c, s, k.master, n);
	put(c, s, k.data_dir[SPDM_DIR_REQ], n);
	put(c, s, k.exporter, n);
	assert_int_equal(spdm_keys_verify_data(&k, c, SPDM_DIR_REQ, th1, out),
			 IL_OK);
	put(c, s, out, n);
	assert_int_equal(
		spdm_keys_aead(&k, c, k.data_dir[SPDM_DIR_REQ], key, iv),
		IL_OK);
	put(c, s, key, r->aead == SPDM_AEAD_AES_128_GCM ? 16 : 32);
	put(c, s, iv, sizeof(iv));
	assert_int_equal(spdm_keys_next(&k, c, SPDM_DIR_REQ, out), IL_OK);
	put(c, s, out, n);
	assert_int_equal(spdm_sign_digest(c, r->version, r->hash,
					  SPDM_SIGN_MEASUREMENTS, th1, out),
			 IL_OK);
	put(c, s, out, n);
}

static void each_schedule_gives_the_secrets_that_others_get(void **unused)
{
	struct maker m = { 0 };

	(void)unused;
	maker_open(&m, CRYPTO_P256);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct crypto_slot s = { 0 };
		uint8_t got[32];
		char text[2 * sizeof(got) + 1];

		assert_int_equal(crypto_hash_begin(&m.c, &s, CRYPTO_SHA256),
				 IL_OK);
		digest_of(&m.c, &rows[i], s);
		assert_int_equal(crypto_hash_final(&m.c, s, got), IL_OK);
		crypto_drop(&m.c, &s);
		for (unsigned k = 0; k < sizeof(got); k++)
			(void)snprintf(text + 2 * k, 3, "%02x", got[k]);
		if (m.real)
			assert_string_equal(text, rows[i].want);
	}
	maker_close(&m);
}

static void keys_of_no_hash_or_version_of_ours_are_refused(void **unused)
{
	const uint8_t th[SPDM_HASH_MAX] = { 0 };
	uint8_t out[SPDM_HASH_MAX], key[SPDM_KEY_LEN], iv[SPDM_IV_LEN];
	struct maker m = { 0 };
	struct spdm_keys k;
	struct spdm_transcript tr;

	(void)unused;
	maker_open(&m, CRYPTO_P256);
	spdm_tr_init(&tr, &m.c);
	assert_int_equal(spdm_tr_vca(&tr, th, 1), IL_E_STATE);
	assert_int_equal(spdm_tr_restart(&tr), IL_OK);
	assert_int_equal(spdm_tr_choose(&tr, SPDM_V12, 8), IL_E_ARG);
	assert_int_equal(spdm_tr_vca_digest(&tr, out), IL_E_STATE);
	assert_int_equal(spdm_tr_add(&tr, &tr.m12, true, th, 1), IL_E_STATE);
	assert_int_equal(spdm_tr_th(&tr, &tr.m12), IL_E_STATE);
	spdm_tr_drop(&tr);
	for (unsigned v = 0x0f; v < 0x17; v++) {
		const bool ours = v >= 0x11 && v <= 0x14;

		assert_int_equal(spdm_keys_handshake(&k, &m.c, (uint8_t)v,
						     SPDM_HASH_SHA_256, th, 32,
						     th),
				 ours ? IL_OK : IL_E_ARG);
		assert_int_equal(spdm_keys_psk(&k, &m.c, (uint8_t)v,
					       SPDM_HASH_SHA_256, th, th),
				 ours ? IL_OK : IL_E_ARG);
	}
	assert_int_equal(spdm_keys_handshake(&k, &m.c, SPDM_V12, 8, th, 48, th),
			 IL_E_ARG);
	assert_int_equal(spdm_keys_psk(&k, &m.c, SPDM_V12, 3, th, th),
			 IL_E_ARG);
	assert_int_equal(spdm_keys_handshake(&k, &m.c, SPDM_V12,
					     SPDM_HASH_SHA_256, th, 32, th),
			 IL_OK);
	k.aead = SPDM_AEAD_AES_128_GCM | SPDM_AEAD_AES_256_GCM;
	assert_int_equal(spdm_keys_aead(&k, &m.c, th, key, iv), IL_E_ARG);
	assert_int_equal(spdm_sign_digest(&m.c, SPDM_V12, 8, "x", th, out),
			 IL_E_ARG);
	assert_int_equal(
		spdm_sign_digest(&m.c, SPDM_V12, SPDM_HASH_SHA_256,
				 "a context of thirty-seven characters.", th,
				 out),
		IL_E_ARG);
	maker_close(&m);
}

/* A hash that may not be chosen is not kept running. */
static void only_hashes_that_may_be_chosen_run(void **unused)
{
	struct maker m = { 0 };
	struct spdm_transcript tr;

	(void)unused;
	maker_open(&m, CRYPTO_P256);
	spdm_tr_init(&tr, &m.c);
	tr.may = SPDM_HASH_SHA_512;
	assert_int_equal(spdm_tr_restart(&tr), IL_OK);
	assert_int_equal(maker_live(&m), 2); /* and the maker's key */
	assert_int_equal(spdm_tr_choose(&tr, SPDM_V12, SPDM_HASH_SHA_384),
			 IL_E_ARG);
	assert_int_equal(spdm_tr_choose(&tr, SPDM_V12, SPDM_HASH_SHA_512),
			 IL_OK);
	spdm_tr_drop(&tr);
	maker_close(&m);
}

static void th(struct spdm_transcript *tr, uint8_t *out)
{
	struct crypto_slot s = { 0 };

	assert_int_equal(spdm_tr_th(tr, &s), IL_OK);
	assert_int_equal(spdm_tr_digest(tr, s, out), IL_OK);
	crypto_drop(tr->c, &s);
}

/* Source: DSP0274 1.3.2, section 10.16.7. */
static void only_the_digests_right_after_algorithms_enter_th(void **unused)
{
	const uint8_t a[] = { 1, 2, 3 }, d[] = { 4, 5 };
	const uint8_t both[] = { 1, 2, 3, 4, 5 };
	uint8_t want[2][SPDM_HASH_MAX], got[SPDM_HASH_MAX];
	struct maker m = { 0 };
	struct spdm_transcript tr;

	(void)unused;
	maker_open(&m, CRYPTO_P256);
	assert_int_equal(crypto_hash(&m.c, CRYPTO_SHA384, a, 3, want[0]),
			 IL_OK);
	assert_int_equal(crypto_hash(&m.c, CRYPTO_SHA384, both, 5, want[1]),
			 IL_OK);
	for (unsigned late = 0; late < 2; late++) {
		spdm_tr_init(&tr, &m.c);
		assert_int_equal(spdm_tr_restart(&tr), IL_OK);
		assert_int_equal(spdm_tr_vca(&tr, a, sizeof(a)), IL_OK);
		assert_int_equal(
			spdm_tr_choose(&tr, SPDM_V13, SPDM_HASH_SHA_384),
			IL_OK);
		th(&tr, got);
		assert_memory_equal(got, want[0], 48);
		if (late)
			spdm_tr_d_close(&tr);
		assert_int_equal(spdm_tr_digests(&tr, d, sizeof(d)), IL_OK);
		assert_int_equal(spdm_tr_digests(&tr, a, sizeof(a)), IL_OK);
		th(&tr, got);
		assert_memory_equal(got, want[!late], 48);
		spdm_tr_drop(&tr);
	}
	maker_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_schedule_gives_the_secrets_that_others_get),
		cmocka_unit_test(
			keys_of_no_hash_or_version_of_ours_are_refused),
		cmocka_unit_test(only_hashes_that_may_be_chosen_run),
		cmocka_unit_test(
			only_the_digests_right_after_algorithms_enter_th),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
