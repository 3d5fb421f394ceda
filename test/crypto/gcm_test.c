/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <stdlib.h>

#include "base/env.h"
#include "crypto/ossl_priv.h"

/*
 * Two libraries' AEADs, one against the other. The vectors of others go
 * through both in vectors_test.c.
 */

#define LEN_MAX 1100
#define AAD_MAX 40

struct two {
	struct ossl *o[2];
	struct crypto c[2];
	struct crypto_slot key[2];
	struct dice dice;
};

static int up(void **state)
{
	struct two *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	for (unsigned i = 0; i < 2; i++) {
		const struct ossl_cfg cfg = { .seeded = true,
					      .seed = 1,
					      .slots = 8,
					      .openssl_aead = i == 0 };

		assert_int_equal(ossl_new(&cfg, &t->o[i]), IL_OK);
		t->c[i] = ossl_crypto(t->o[i]);
	}
	t->dice.state = 20;
	*state = t;
	return 0;
}

static int down(void **state)
{
	struct two *t = *state;

	for (unsigned i = 0; i < 2; i++) {
		crypto_drop(&t->c[i], &t->key[i]);
		assert_int_equal(ossl_live(t->o[i]), 0);
		ossl_free(t->o[i]);
	}
	free(t);
	return 0;
}

/* Only one library is here, or the processor cannot do the other. */
static bool alone(const struct two *t)
{
	if (strcmp(ossl_aead_name(t->o[1]), "openssl") != 0)
		return false;
	print_message("skipped: OpenSSL is the only AES-GCM here\n");
	return true;
}

static void rekey(struct two *t, enum crypto_aead_alg alg)
{
	uint8_t key[CRYPTO_AEAD_KEY];

	dice_fill(&t->dice, key, sizeof(key));
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(
			crypto_aead_key(&t->c[i], &t->key[i], alg, key), IL_OK);
}

struct one {
	uint8_t iv[CRYPTO_AEAD_IV];
	uint8_t aad[AAD_MAX];
	uint8_t text[LEN_MAX];
	uint8_t out[2][LEN_MAX + 1];
	uint8_t tag[2][CRYPTO_AEAD_TAG + 1];
	uint8_t back[LEN_MAX];
};

static void one(struct two *t, size_t len, size_t aad_len, size_t tag_len)
{
	static struct one m;

	dice_fill(&t->dice, m.iv, sizeof(m.iv));
	dice_fill(&t->dice, m.aad, aad_len);
	dice_fill(&t->dice, m.text, len);
	memset(m.out, 0x77, sizeof(m.out));
	memset(m.tag, 0x77, sizeof(m.tag));
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(crypto_aead_seal(&t->c[i], t->key[i], m.iv,
						  aad_len ? m.aad : NULL,
						  aad_len, len ? m.text : NULL,
						  len, len ? m.out[i] : NULL,
						  m.tag[i], tag_len),
				 IL_OK);
	assert_memory_equal(m.out[0], m.out[1], sizeof(m.out[0]));
	assert_memory_equal(m.tag[0], m.tag[1], sizeof(m.tag[0]));
	assert_int_equal(m.out[1][len], 0x77);
	assert_int_equal(m.tag[1][tag_len], 0x77);
	/* Each opens what the other sealed, in place too. */
	assert_int_equal(crypto_aead_open(&t->c[1], t->key[1], m.iv, m.aad,
					  aad_len, m.out[0], len, m.back,
					  m.tag[0], tag_len),
			 IL_OK);
	assert_memory_equal(m.back, m.text, len);
	assert_int_equal(crypto_aead_open(&t->c[0], t->key[0], m.iv, m.aad,
					  aad_len, m.out[1], len, m.out[1],
					  m.tag[1], tag_len),
			 IL_OK);
	assert_memory_equal(m.out[1], m.text, len);
	assert_int_equal(crypto_aead_seal(&t->c[1], t->key[1], m.iv, m.aad,
					  aad_len, m.out[1], len, m.out[1],
					  m.tag[1], tag_len),
			 IL_OK);
	assert_memory_equal(m.out[0], m.out[1], len);
}

static void both_give_the_same_bytes_at_every_length(void **state)
{
	struct two *t = *state;

	if (alone(t))
		return;
	for (enum crypto_aead_alg alg = CRYPTO_AES_256_GCM;
	     alg <= CRYPTO_CHACHA20_POLY1305; alg++) {
		size_t less = alg == CRYPTO_CHACHA20_POLY1305 ? 0 : 4;

		for (size_t len = 0; len <= LEN_MAX; len++) {
			if (len % 50 == 0)
				rekey(t, alg);
			one(t, len, len % (AAD_MAX + 1),
			    16 - (len & 1 ? less : 0));
		}
		for (size_t aad = 0; aad <= AAD_MAX; aad++)
			one(t, 64, aad, 16 - (aad & 1 ? 0 : less));
	}
}

/* In two pieces at @cut, the first in place; @c may lack the operation. */
static void in_two(const struct crypto *c, struct crypto_slot key,
		   const struct one *m, size_t len, size_t cut)
{
	static uint8_t out[LEN_MAX + 1];
	uint8_t tag[CRYPTO_AEAD_TAG];
	const struct crypto_seal a = {
		.iv = m->iv,
		.aad = m->aad,
		.aad_len = 6,
		.front = out,
		.front_len = cut,
		.rest = m->text + cut,
		.rest_len = len - cut,
		.out = out,
		.tag = tag,
		.tag_len = sizeof(tag),
	};

	memset(out, 0x77, sizeof(out));
	memcpy(out, m->text, cut);
	assert_int_equal(crypto_aead_seal_two(c, key, &a), IL_OK);
	assert_memory_equal(out, m->out[0], len);
	assert_int_equal(out[len], 0x77);
	assert_memory_equal(tag, m->tag[0], sizeof(tag));
}

static void two_pieces_are_sealed_as_one(void **state)
{
	struct two *t = *state;
	static struct one m;

	for (enum crypto_aead_alg alg = CRYPTO_AES_256_GCM;
	     alg <= CRYPTO_CHACHA20_POLY1305; alg++)
		for (size_t len = 0; len <= LEN_MAX; len += 1 + len / 4) {
			rekey(t, alg);
			dice_fill(&t->dice, m.iv, sizeof(m.iv));
			dice_fill(&t->dice, m.aad, sizeof(m.aad));
			dice_fill(&t->dice, m.text, len);
			assert_int_equal(crypto_aead_seal(&t->c[0], t->key[0],
							  m.iv, m.aad, 6,
							  m.text, len, m.out[0],
							  m.tag[0], 16),
					 IL_OK);
			for (size_t cut = 0; cut <= len; cut += 1 + cut / 2) {
				struct crypto_ops ops = *t->c[0].ops;
				struct crypto old = t->c[0];

				in_two(&t->c[0], t->key[0], &m, len, cut);
				in_two(&t->c[1], t->key[1], &m, len, cut);
				ops.aead_seal_two = NULL;
				old.ops = &ops;
				in_two(&old, t->key[0], &m, len, cut);
			}
		}
}

/* One key after another in a place, each of another algorithm. */
static void a_slot_takes_one_algorithm_after_another(void **state)
{
	struct two *t = *state;

	if (alone(t))
		return;
	for (unsigned i = 0; i < 60; i++) {
		enum crypto_aead_alg alg = (enum crypto_aead_alg)(
			CRYPTO_AES_256_GCM + dice_u64(&t->dice) % 3);

		if (i % 7 == 0)
			for (unsigned k = 0; k < 2; k++)
				crypto_drop(&t->c[k], &t->key[k]);
		rekey(t, alg);
		one(t, i * 3, i % AAD_MAX, 16);
	}
}

static void refuses_bits(struct two *t, unsigned i, size_t n)
{
	uint8_t iv[CRYPTO_AEAD_IV] = { 3 }, text[20] = { 9 };
	uint8_t out[20], back[20], tag[CRYPTO_AEAD_TAG];
	const struct crypto *c = &t->c[i];

	assert_int_equal(crypto_aead_seal(c, t->key[i], iv, "ab", 2, text, 20,
					  out, tag, n),
			 IL_OK);
	for (unsigned bit = 0; bit < 8 * n; bit++) {
		const uint8_t flip = (uint8_t)(1u << bit % 8);

		tag[bit / 8] ^= flip;
		memset(back, 1, sizeof(back));
		assert_int_equal(crypto_aead_open(c, t->key[i], iv, "ab", 2,
						  out, 20, back, tag, n),
				 IL_E_AUTH);
		for (unsigned k = 0; k < 20; k++)
			assert_int_equal(back[k], 0);
		tag[bit / 8] ^= flip;
	}
}

static void both_refuse_every_changed_bit_of_a_tag(void **state)
{
	struct two *t = *state;
	uint8_t iv[CRYPTO_AEAD_IV] = { 3 }, b[20] = { 9 };

	for (enum crypto_aead_alg alg = CRYPTO_AES_256_GCM;
	     alg <= CRYPTO_CHACHA20_POLY1305; alg++) {
		rekey(t, alg);
		for (unsigned i = 0; i < 2; i++) {
			refuses_bits(t, i, 16);
			if (alg != CRYPTO_CHACHA20_POLY1305) {
				refuses_bits(t, i, 12);
				continue;
			}
			/* It has one length: RFC 8439 section 2.8. */
			assert_int_equal(crypto_aead_seal(&t->c[i], t->key[i],
							  iv, NULL, 0, b, 4, b,
							  b + 4, 12),
					 IL_E_ARG);
			assert_int_equal(crypto_aead_open(&t->c[i], t->key[i],
							  iv, NULL, 0, b, 4, b,
							  b + 4, 12),
					 IL_E_ARG);
		}
	}
}

/* An expanded AES key begins with the key. */
static void a_dropped_key_is_gone_from_what_the_slot_keeps(void **state)
{
	struct two *t = *state;
	uint8_t key[CRYPTO_AEAD_KEY];

	if (alone(t))
		return;
	for (enum crypto_aead_alg alg = CRYPTO_AES_256_GCM;
	     alg <= CRYPTO_CHACHA20_POLY1305; alg++) {
		size_t n = crypto_aead_key_len(alg);

		dice_fill(&t->dice, key, sizeof(key));
		assert_int_equal(
			crypto_aead_key(&t->c[1], &t->key[1], alg, key), IL_OK);
		assert_true(bytes_hold(t->o[1]->cipher[0], 240, key, n));
		crypto_drop(&t->c[1], &t->key[1]);
		assert_non_null(t->o[1]->cipher[0]);
		assert_false(bytes_hold(t->o[1]->cipher[0], 240, key, 16));
		assert_false(bytes_hold(t->o[1]->slots, sizeof(*t->o[1]->slots),
					key, 16));
	}
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, up, down)
	const struct CMUnitTest tests[] = {
		T(both_give_the_same_bytes_at_every_length),
		T(two_pieces_are_sealed_as_one),
		T(a_slot_takes_one_algorithm_after_another),
		T(both_refuse_every_changed_bit_of_a_tag),
		T(a_dropped_key_is_gone_from_what_the_slot_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
