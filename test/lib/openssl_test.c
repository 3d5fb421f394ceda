/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <stdlib.h>

#include "crypto/identity.h"
#include "interlock/evidence.h"
#include "interlock/openssl.h"

/* The installed table over OpenSSL, and identities. */

#define NOW INT64_C(1796000000)

static struct identity_files made, other;
static struct il_crypto_openssl *o;

static struct il_span text(const struct identity_pem *p)
{
	return (struct il_span){ (const uint8_t *)p->text, p->len };
}

static int setup(void **unused)
{
	const struct identity_cfg cfg = { .vendor = 0x1d1a,
					  .class_code = 0x010802,
					  .not_before_s = NOW - 1000,
					  .not_after_s = NOW + 1000,
					  .key = CRYPTO_KEY_P384 };
	struct ossl *lib = NULL;

	(void)unused;
	if (ossl_new(&(struct ossl_cfg){ 0 }, &lib) ||
	    identity_new(lib, &cfg, &made) || identity_new(lib, &cfg, &other))
		return -1;
	ossl_free(lib);
	return (int)il_crypto_openssl_new(0, &o);
}

static int teardown(void **unused)
{
	(void)unused;
	il_crypto_openssl_free(o);
	il_crypto_openssl_free(NULL);
	return 0;
}

static void an_identity_signs_what_its_chain_verifies(void **unused)
{
	(void)unused;
	const struct il_crypto *c = il_crypto_openssl_table(o);
	struct il_crypto_chain ch = { 0 };
	struct il_identity *id = NULL;
	uint8_t digest[48] = { 7 }, sig[96];
	struct il_span certs;

	assert_int_equal(il_identity_load(o, text(&made.chain),
					  text(&made.key[IDENTITY_LEAF]), &id,
					  NULL),
			 IL_OK);
	assert_int_equal(il_identity_asym(id), IL_SPDM_ASYM_ECDSA_P384);
	assert_int_equal(il_identity_pqc(id), 0);
	certs = il_identity_certs(id);
	assert_int_equal(il_identity_sign(id, IL_SPDM_ASYM_ECDSA_P384, digest,
					  sizeof(digest), sig, sizeof(sig)),
			 IL_OK);
	assert_int_equal(c->ops->chain_parse(c->ctx, certs.p, certs.n, &ch),
			 IL_OK);
	assert_int_equal(ch.count, 3);
	assert_int_equal(c->ops->verify(c->ctx, ch.leaf, digest, sizeof(digest),
					sig, sizeof(sig)),
			 IL_OK);
	sig[0] ^= 1;
	assert_int_equal(c->ops->verify(c->ctx, ch.leaf, digest, sizeof(digest),
					sig, sizeof(sig)),
			 IL_E_AUTH);
	assert_int_equal(il_identity_sign(id, IL_SPDM_ASYM_ECDSA_P256, digest,
					  32, sig, 64),
			 IL_E_ARG);
	assert_int_equal(il_identity_sign(id, IL_SPDM_ASYM_ECDSA_P384, digest,
					  sizeof(digest), sig, 95),
			 IL_E_ARG);
	assert_int_not_equal(il_identity_sign_msg(id, "a", digest, 4, sig, 96),
			     IL_OK);
	c->ops->drop(c->ctx, ch.slot);
	c->ops->drop(c->ctx, ch.leaf);
	il_identity_free(id);
	il_identity_free(NULL);
}

static void what_is_no_identity_is_named(void **unused)
{
	(void)unused;
	const struct il_span none = { (const uint8_t *)"words", 5 };
	const struct il_span chain = text(&made.chain);
	const struct il_span key = text(&made.key[IDENTITY_LEAF]);
	const struct {
		struct il_span chain, key;
		enum il_identity_fault fault;
	} t[] = {
		{ none, key, IL_IDENTITY_CHAIN },
		{ chain, none, IL_IDENTITY_KEY },
		{ chain, text(&other.key[IDENTITY_LEAF]),
		  IL_IDENTITY_MISMATCH },
	};

	for (size_t i = 0; i < COUNT(t); i++) {
		enum il_identity_fault f = IL_IDENTITY_OK;
		struct il_identity *id = NULL;

		assert_int_equal(
			il_identity_load(o, t[i].chain, t[i].key, &id, &f),
			IL_E_FIELD);
		assert_null(id);
		assert_int_equal(f, t[i].fault);
		assert_non_null(il_identity_fault_name(f)[0]
					? il_identity_fault_name(f)
					: NULL);
	}
}

static void a_chain_leads_to_its_own_anchor_alone(void **unused)
{
	(void)unused;
	const struct il_crypto *c = il_crypto_openssl_table(o);
	static uint8_t root[IL_CRYPTO_CERT_MAX], far[IL_CRYPTO_CERT_MAX];
	struct il_span anchor = { root, 0 }, wrong = { far, 0 }, certs;
	struct il_identity *id = NULL;
	struct il_crypto_why why;

	assert_int_equal(
		il_crypto_openssl_anchor(o, text(&made.cert[IDENTITY_ROOT]),
					 root, &anchor.n),
		IL_OK);
	assert_int_equal(
		il_crypto_openssl_anchor(o, text(&other.cert[IDENTITY_ROOT]),
					 far, &wrong.n),
		IL_OK);
	/* DER is taken as it is. */
	uint8_t again[IL_CRYPTO_CERT_MAX];
	size_t n = 0;

	assert_int_equal(il_crypto_openssl_anchor(o, anchor, again, &n), IL_OK);
	assert_int_equal(n, anchor.n);
	assert_memory_equal(again, root, n);
	assert_int_equal(il_crypto_openssl_anchor(
				 o, (struct il_span){ root, 10 }, again, &n),
			 IL_E_FIELD);
	assert_int_equal(il_identity_load(o, text(&made.chain),
					  text(&made.key[IDENTITY_LEAF]), &id,
					  NULL),
			 IL_OK);
	certs = il_identity_certs(id);
	assert_int_equal(il_chain_check(c, certs, anchor, NOW, false, &why),
			 IL_OK);
	assert_int_equal(il_chain_check(c, certs, wrong, NOW, false, &why),
			 IL_E_AUTH);
	assert_int_equal(
		il_chain_check(c, certs, anchor, NOW + 5000, false, &why),
		IL_E_AUTH);
	assert_int_equal(why.code, IL_CRYPTO_WHY_EXPIRED);
	assert_string_equal(il_crypto_why_name(why.code), "expired");
	/* A device's leaf is no requester's. */
	assert_int_equal(il_chain_check(c, certs, anchor, NOW, true, &why),
			 IL_E_AUTH);
	assert_int_equal(why.code, IL_CRYPTO_WHY_PURPOSE);
	assert_int_equal(il_chain_check(c, (struct il_span){ root, 10 }, anchor,
					NOW, false, &why),
			 IL_E_SHORT);
	il_identity_free(id);
}

static void randomness_is_not_the_same_twice(void **unused)
{
	(void)unused;
	const struct il_env *env = il_crypto_openssl_env(o);
	uint8_t a[32], b[32];

	assert_int_equal(env->random(env->ctx, a, sizeof(a)), IL_OK);
	assert_int_equal(env->random(env->ctx, b, sizeof(b)), IL_OK);
	assert_memory_not_equal(a, b, sizeof(a));
}

static void too_many_slots_are_refused(void **unused)
{
	(void)unused;
	struct il_crypto_openssl *x = NULL;

	assert_int_equal(il_crypto_openssl_new(65536, &x), IL_E_ARG);
	assert_null(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_identity_signs_what_its_chain_verifies),
		cmocka_unit_test(what_is_no_identity_is_named),
		cmocka_unit_test(a_chain_leads_to_its_own_anchor_alone),
		cmocka_unit_test(randomness_is_not_the_same_twice),
		cmocka_unit_test(too_many_slots_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
