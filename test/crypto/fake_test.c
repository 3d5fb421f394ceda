/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "crypto/fake.h"

/* Chains of the fake table: the same reasons as real ones give. */
#define FROM 1000
#define TO   2000
#define NOW  1500

#define SAN "Vendor=1d1a:Device=0001"

enum { ROOT, INTER, LEAF, PARTS };

struct fix {
	struct fake_crypto f;
	struct crypto c;
	struct fake_cert spec[PARTS];
	uint8_t der[PARTS * FAKE_CERT_MAX];
	size_t off[PARTS + 1];
	struct crypto_chain chain;
};

static void start(struct fix *x)
{
	memset(x, 0, sizeof(*x));
	fake_init(&x->f, 1);
	x->c = fake_crypto(&x->f);
	for (unsigned i = 0; i < PARTS; i++) {
		x->spec[i] =
			(struct fake_cert){ .not_before_s = FROM,
					    .not_after_s = TO,
					    .subject = i + 1,
					    .issuer = i ? i : 1,
					    .ca = i != LEAF,
					    .san = i == LEAF ? SAN : NULL };
		fake_key(x->spec[i].key,
			 i == INTER ? CRYPTO_KEY_P256 : CRYPTO_KEY_P384,
			 i + 10);
		memcpy(x->spec[i].signer, x->spec[i ? i - 1 : 0].key,
		       FAKE_KEY_LEN);
	}
}

static void make(struct fix *x)
{
	size_t n;

	for (unsigned i = 0; i < PARTS; i++) {
		assert_int_equal(fake_cert_make(&x->spec[i], x->der + x->off[i],
						FAKE_CERT_MAX, &n),
				 IL_OK);
		x->off[i + 1] = x->off[i] + n;
	}
}

static void judged(struct fix *x, unsigned from, int64_t now,
		   enum crypto_why_code code, int cert)
{
	struct crypto_why why = { 99, 99 };
	enum il_err err;

	assert_int_equal(crypto_chain_parse(&x->c, x->der + x->off[from],
					    x->off[PARTS] - x->off[from],
					    &x->chain),
			 IL_OK);
	err = crypto_chain_verify(&x->c, &x->chain, x->der, x->off[INTER], now,
				  &why);
	assert_int_equal(why.code, code);
	assert_int_equal(err, code ? IL_E_AUTH : IL_OK);
	if (code)
		assert_int_equal(why.cert, cert);
}

static void end(struct fix *x)
{
	crypto_chain_drop(&x->c, &x->chain);
	assert_int_equal(fake_live(&x->f), 0);
	for (unsigned i = 0; i < FAKE_CHAINS; i++)
		assert_false(x->f.chains[i].used);
}

static void a_fake_chain_is_trusted_and_tells_its_leaf(void **unused)
{
	(void)unused;
	static struct fix x;
	struct crypto_slot key = { 0 };

	start(&x);
	make(&x);
	judged(&x, ROOT, NOW, CRYPTO_WHY_NONE, 0);
	assert_int_equal(x.chain.count, 3);
	assert_int_equal(x.chain.certs[LEAF].off, x.off[LEAF]);
	assert_string_equal(x.chain.san, SAN);
	assert_string_equal(x.chain.subject, "CN=0000000000000003");
	assert_int_equal(
		crypto_key_load(&x.c, &key, x.spec[LEAF].key, FAKE_KEY_LEN),
		IL_OK);
	assert_int_equal(crypto_key_fits(&x.c, key, x.chain.leaf), IL_OK);
	assert_int_equal(
		crypto_key_load(&x.c, &key, x.spec[ROOT].key, FAKE_KEY_LEN),
		IL_OK);
	assert_int_equal(crypto_key_fits(&x.c, key, x.chain.leaf), IL_E_AUTH);
	crypto_drop(&x.c, &key);
	judged(&x, INTER, NOW, CRYPTO_WHY_NONE, 0);
	end(&x);
}

static void fake_chains_are_refused_for_the_same_reasons(void **unused)
{
	(void)unused;
	static struct fix x;

	start(&x);
	make(&x);
	judged(&x, ROOT, FROM, CRYPTO_WHY_NONE, 0);
	judged(&x, ROOT, TO, CRYPTO_WHY_NONE, 0);
	judged(&x, ROOT, FROM - 1, CRYPTO_WHY_NOT_YET, 0);
	judged(&x, INTER, TO + 1, CRYPTO_WHY_EXPIRED, CRYPTO_CERT_ANCHOR);
	x.spec[LEAF].not_after_s = NOW - 1;
	make(&x);
	judged(&x, ROOT, NOW, CRYPTO_WHY_EXPIRED, LEAF);
	x.spec[LEAF].ca = true;
	x.spec[LEAF].not_after_s = TO;
	make(&x);
	judged(&x, ROOT, NOW, CRYPTO_WHY_PURPOSE, LEAF);
	x.spec[LEAF].ca = false;
	x.spec[INTER].ca = false;
	make(&x);
	judged(&x, ROOT, NOW, CRYPTO_WHY_NOT_CA, INTER);
	x.spec[INTER].ca = true;
	x.spec[LEAF].issuer = 77;
	make(&x);
	judged(&x, ROOT, NOW, CRYPTO_WHY_ORDER, LEAF);
	x.spec[LEAF].issuer = 2;
	x.spec[INTER].issuer = 77;
	make(&x);
	judged(&x, INTER, NOW, CRYPTO_WHY_UNTRUSTED, 0);
	end(&x);
}

static void a_foreign_root_and_a_foreign_anchor_are_refused(void **unused)
{
	(void)unused;
	static struct fix x;
	uint8_t anchor[FAKE_CERT_MAX];
	struct fake_cert other;
	struct crypto_why why;
	size_t n;

	start(&x);
	make(&x);
	judged(&x, ROOT, NOW, CRYPTO_WHY_NONE, 0);
	other = x.spec[ROOT];
	fake_key(other.key, CRYPTO_KEY_P384, 99);
	memcpy(other.signer, other.key, FAKE_KEY_LEN);
	assert_int_equal(fake_cert_make(&other, anchor, sizeof(anchor), &n),
			 IL_OK);
	assert_int_equal(
		crypto_chain_verify(&x.c, &x.chain, anchor, n, NOW, &why),
		IL_E_AUTH);
	assert_int_equal(why.code, CRYPTO_WHY_UNTRUSTED);
	assert_int_equal(
		crypto_chain_verify(&x.c, &x.chain, anchor, n - 1, NOW, &why),
		IL_E_AUTH);
	assert_int_equal(why.code, CRYPTO_WHY_ANCHOR);
	end(&x);
}

static void every_changed_bit_of_a_fake_chain_is_noticed(void **unused)
{
	(void)unused;
	static struct fix x;
	struct crypto_why why;

	start(&x);
	make(&x);
	for (size_t b = 8 * x.off[INTER]; b < 8 * x.off[PARTS]; b++) {
		x.der[b / 8] ^= (uint8_t)(1u << b % 8);
		if (!crypto_chain_parse(&x.c, x.der, x.off[PARTS], &x.chain))
			assert_int_equal(
				crypto_chain_verify(&x.c, &x.chain, x.der,
						    x.off[INTER], NOW, &why),
				IL_E_AUTH);
		x.der[b / 8] ^= (uint8_t)(1u << b % 8);
	}
	for (size_t n = 0; n < x.off[PARTS]; n++)
		if (n != x.off[INTER] && n != x.off[LEAF])
			assert_int_equal(
				crypto_chain_parse(&x.c, x.der, n, &x.chain),
				IL_E_SHORT);
	judged(&x, ROOT, NOW, CRYPTO_WHY_NONE, 0);
	end(&x);
}

static void a_dropped_fake_chain_is_not_judged(void **unused)
{
	(void)unused;
	static struct fix x;
	struct crypto_chain old;
	struct crypto_why why;

	start(&x);
	make(&x);
	judged(&x, ROOT, NOW, CRYPTO_WHY_NONE, 0);
	old = x.chain;
	crypto_chain_drop(&x.c, &x.chain);
	why.code = CRYPTO_WHY_NONE;
	assert_int_equal(
		crypto_chain_verify(&x.c, &old, x.der, x.off[INTER], NOW, &why),
		IL_E_STATE);
	assert_int_equal(why.code, CRYPTO_WHY_OTHER);
	assert_int_equal(crypto_chain_parse(&x.c, x.der, x.off[PARTS], &old),
			 IL_E_STATE);
	end(&x);
}

static void fake_keys_have_one_form(void **unused)
{
	(void)unused;
	static struct fix x;
	uint8_t key[FAKE_KEY_LEN], spki[3 + CRYPTO_PUB_MAX + 1] = { 0x30 };
	struct crypto_slot k = { 0 }, pub = { 0 };
	enum crypto_curve curve;

	start(&x);
	fake_key(key, CRYPTO_KEY_P384, 4);
	assert_int_equal(crypto_key_load(&x.c, &k, key, FAKE_KEY_LEN), IL_OK);
	assert_int_equal(crypto_key_load(&x.c, &k, key, FAKE_KEY_LEN - 1),
			 IL_E_FIELD);
	assert_int_equal(crypto_pubkey(&x.c, k, &curve, spki + 3), IL_OK);
	spki[1] = 97;
	spki[2] = CRYPTO_P384;
	for (size_t n = 0; n < 99; n++)
		assert_int_equal(crypto_pubkey_from_spki(&x.c, &pub, spki, n),
				 IL_E_FIELD);
	assert_int_equal(crypto_pubkey_from_spki(&x.c, &pub, spki, 100),
			 IL_E_LONG);
	assert_int_equal(crypto_pubkey_from_spki(&x.c, &pub, spki, 99), IL_OK);
	assert_int_equal(crypto_key_fits(&x.c, k, pub), IL_OK);
	for (size_t i = 0; i < 99; i++) {
		spki[i] ^= 1;
		assert_int_equal(crypto_pubkey_from_spki(&x.c, &pub, spki, 99),
				 IL_E_FIELD);
		spki[i] ^= 1;
	}
	for (size_t i = 0; i < FAKE_KEY_LEN; i++) {
		key[i] ^= 1;
		assert_int_equal(crypto_key_load(&x.c, &k, key, FAKE_KEY_LEN),
				 IL_E_FIELD);
		key[i] ^= 1;
	}
	crypto_drop(&x.c, &k);
	crypto_drop(&x.c, &pub);
	end(&x);
}

static void fake_certificates_out_of_bounds_are_refused(void **unused)
{
	(void)unused;
	static struct fix x;
	static uint8_t many[9 * FAKE_CERT_MAX];
	struct crypto_chain chains[FAKE_CHAINS + 1] = { { .count = 0 } };
	char san[CRYPTO_NAME_MAX + 1];
	size_t n;

	start(&x);
	make(&x);
	for (unsigned i = 0; i < 9; i++)
		memcpy(many + i * x.off[INTER], x.der, x.off[INTER]);
	assert_int_equal(
		crypto_chain_parse(&x.c, many, 9 * x.off[INTER], &x.chain),
		IL_E_LONG);
	many[2] = 0xf0;
	assert_int_equal(crypto_chain_parse(&x.c, many, sizeof(many), &x.chain),
			 IL_E_LONG);
	many[2] = x.der[2];
	for (unsigned i = 0; i <= FAKE_CHAINS; i++)
		assert_int_equal(crypto_chain_parse(&x.c, x.der, x.off[PARTS],
						    &chains[i]),
				 i < FAKE_CHAINS ? IL_OK : IL_E_NOMEM);
	for (unsigned i = 0; i < FAKE_CHAINS; i++)
		crypto_chain_drop(&x.c, &chains[i]);
	memset(san, 'a', CRYPTO_NAME_MAX);
	san[CRYPTO_NAME_MAX] = 0;
	x.spec[LEAF].san = san;
	assert_int_equal(fake_cert_make(&x.spec[LEAF], many, FAKE_CERT_MAX, &n),
			 IL_E_ARG);
	san[CRYPTO_NAME_MAX - 1] = 0;
	assert_int_equal(fake_cert_make(&x.spec[LEAF], many, FAKE_CERT_MAX, &n),
			 IL_OK);
	assert_int_equal(fake_cert_make(&x.spec[LEAF], many, n - 1, &n),
			 IL_E_SPACE);
	x.spec[LEAF].key[20] ^= 1;
	assert_int_equal(fake_cert_make(&x.spec[LEAF], many, FAKE_CERT_MAX, &n),
			 IL_E_ARG);
	end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fake_chain_is_trusted_and_tells_its_leaf),
		cmocka_unit_test(fake_chains_are_refused_for_the_same_reasons),
		cmocka_unit_test(
			a_foreign_root_and_a_foreign_anchor_are_refused),
		cmocka_unit_test(every_changed_bit_of_a_fake_chain_is_noticed),
		cmocka_unit_test(a_dropped_fake_chain_is_not_judged),
		cmocka_unit_test(fake_keys_have_one_form),
		cmocka_unit_test(fake_certificates_out_of_bounds_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
