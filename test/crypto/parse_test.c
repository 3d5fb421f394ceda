/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "x509_fix.h"

static void a_parsed_chain_tells_what_its_certificates_say(void **state)
{
	struct fix *f = *state;
	uint8_t pub[CRYPTO_PUB_MAX];
	enum crypto_curve curve;

	make_chain(f);
	judge(f, ROOT, NOW);
	for (int i = 0; i < PARTS; i++) {
		assert_int_equal(f->chain.certs[i].off, f->off[i]);
		assert_int_equal(f->chain.certs[i].len, len_of(f, i));
		assert_true(f->chain.certs[i].not_before_s == FROM);
		assert_true(f->chain.certs[i].not_after_s == TO);
		assert_int_equal(f->chain.certs[i].ca, i != LEAF);
	}
	assert_string_equal(f->chain.subject, "CN=leaf");
	assert_string_equal(f->chain.san, SAN_PCI);
	assert_int_equal(f->chain.san_kind, CRYPTO_SAN_PCI);
	assert_int_equal(f->chain.curve, CRYPTO_P384);
	assert_int_equal(crypto_pubkey(&f->c, f->chain.leaf, &curve, pub),
			 IL_OK);
	assert_int_equal(curve, CRYPTO_P384);
	assert_int_equal(ossl_live(f->o), 2);
}

static void unparsed(struct fix *f, const uint8_t *der, size_t len,
		     enum il_err want)
{
	struct crypto_chain before = f->chain;
	unsigned live = ossl_live(f->o);

	assert_int_equal(crypto_chain_parse(&f->c, der, len, &f->chain), want);
	assert_memory_equal(&f->chain, &before, sizeof(before));
	assert_int_equal(ossl_live(f->o), live);
}

static void a_chain_cut_anywhere_does_not_parse(void **state)
{
	struct fix *f = *state;

	make_chain(f);
	judge(f, ROOT, NOW);
	unparsed(f, f->der, 0, IL_E_SHORT);
	for (size_t n = 1; n < f->off[PARTS]; n++)
		if (n != f->off[INTER] && n != f->off[LEAF])
			unparsed(f, f->der, n, IL_E_SHORT);
	f->der[f->off[PARTS]] = 0x30;
	unparsed(f, f->der, f->off[PARTS] + 1, IL_E_SHORT);
	f->der[f->off[PARTS]] = 0;
	f->der[f->off[PARTS] + 1] = 0;
	unparsed(f, f->der, f->off[PARTS] + 2, IL_E_FIELD);
	assert_int_equal(judge(f, ROOT, NOW).code, CRYPTO_WHY_NONE);
}

static void odd_lengths_and_tags_do_not_parse(void **state)
{
	static const uint8_t set[] = { 0x31, 2, 5, 0 };
	static const uint8_t indefinite[] = { 0x30, 0x80, 0, 0 };
	static const uint8_t long_form[] = { 0x30, 0x84, 0, 0, 0, 2, 5, 0 };
	static const uint8_t empty_seq[] = { 0x30, 0 };
	static uint8_t huge[CRYPTO_CERT_MAX + 8] = { 0x30, 0x82, 0x20, 0x01 };
	struct fix *f = *state;

	unparsed(f, set, sizeof(set), IL_E_FIELD);
	unparsed(f, indefinite, sizeof(indefinite), IL_E_FIELD);
	unparsed(f, long_form, sizeof(long_form), IL_E_FIELD);
	unparsed(f, empty_seq, sizeof(empty_seq), IL_E_FIELD);
	unparsed(f, huge, sizeof(huge), IL_E_LONG);
}

static void nine_certificates_are_too_many(void **state)
{
	struct fix *f = *state;
	static uint8_t many[9 * 1024];
	size_t n;

	make_chain(f);
	n = len_of(f, ROOT);
	assert_true(n <= 1024);
	for (size_t i = 0; i < 9; i++)
		memcpy(many + i * n, f->der, n);
	unparsed(f, many, 9 * n, IL_E_LONG);
	assert_int_equal(crypto_chain_parse(&f->c, many, 8 * n, &f->chain),
			 IL_OK);
	assert_int_equal(f->chain.count, 8);
}

static void a_leaf_of_another_kind_of_key_does_not_parse(void **state)
{
	struct fix *f = *state;
	EVP_PKEY *const bad[] = {
		make_key("P-224"),
		make_key("brainpoolP384r1"),
		EVP_RSA_gen(1024),
		EVP_RSA_gen(2056),
		EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"),
		rsa_of(1, 0),
		rsa_of(65536, 0),
		make_key("P-256"),
	};

	/* The last one's curve is one of ours, but not by its name. */
	assert_true(EVP_PKEY_set_utf8_string_param(
		bad[COUNT(bad) - 1], OSSL_PKEY_PARAM_EC_ENCODING, "explicit"));
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_non_null(bad[i]);
		EVP_PKEY_free(f->key[LEAF]);
		f->key[LEAF] = bad[i];
		make_chain(f);
		unparsed(f, f->der, f->off[PARTS], IL_E_FIELD);
	}
}

static void each_kind_of_leaf_key_is_named(void **state)
{
	struct fix *f = *state;
	const struct {
		enum crypto_key kind;
		enum crypto_curve curve;
		EVP_PKEY *key;
	} rows[] = {
		{ CRYPTO_KEY_P256, CRYPTO_P256, make_key("P-256") },
		{ CRYPTO_KEY_P384, CRYPTO_P384, make_key("P-384") },
		{ CRYPTO_KEY_P521, CRYPTO_P521, make_key("P-521") },
		{ CRYPTO_KEY_RSA_2048, 0, EVP_RSA_gen(2048) },
		{ CRYPTO_KEY_RSA_3072, 0, EVP_RSA_gen(3072) },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		enum crypto_key kind = 0;

		EVP_PKEY_free(f->key[LEAF]);
		f->key[LEAF] = rows[i].key;
		make_chain(f);
		assert_int_equal(judge(f, ROOT, NOW).code, CRYPTO_WHY_NONE);
		assert_int_equal(f->chain.key, rows[i].kind);
		assert_int_equal(f->chain.curve, rows[i].curve);
		assert_int_equal(crypto_key_kind(&f->c, f->chain.leaf, &kind),
				 IL_OK);
		assert_int_equal(kind, rows[i].kind);
		assert_int_equal(
			crypto_key_sig_len(kind),
			rows[i].curve ? 2 * crypto_curve_len(rows[i].curve)
				      : (size_t)EVP_PKEY_get_size(rows[i].key));
	}
}

static void bad_sans_do_not_parse(void **state)
{
	static const char *const bad[] = {
		/* twice: a device could be either */
		"otherName:2.23.147;UTF8:Vendor=1,otherName:2.23.147;UTF8:V=2",
		"otherName:2.23.147;IA5:Vendor=1d1a",
		"otherName:2.23.147;UTF8:",
		"otherName:2.23.147;UTF8:Vendor=\xc3\xa9",
	};
	struct fix *f = *state;
	char longest[256];

	for (unsigned i = 0; i < COUNT(bad); i++) {
		f->spec[LEAF].san = bad[i];
		make_chain(f);
		unparsed(f, f->der, f->off[PARTS], IL_E_FIELD);
	}
	memcpy(longest, "otherName:2.23.147;UTF8:", 24);
	memset(longest + 24, 'a', CRYPTO_NAME_MAX);
	longest[24 + CRYPTO_NAME_MAX] = 0;
	f->spec[LEAF].san = longest;
	make_chain(f);
	unparsed(f, f->der, f->off[PARTS], IL_E_FIELD);
	longest[24 + CRYPTO_NAME_MAX - 1] = 0;
	make_chain(f);
	assert_int_equal(
		crypto_chain_parse(&f->c, f->der, f->off[PARTS], &f->chain),
		IL_OK);
	assert_int_equal(strlen(f->chain.san), CRYPTO_NAME_MAX - 1);
}

static void a_dmtf_name_is_read_and_a_pci_name_goes_before_it(void **state)
{
	struct fix *f = *state;

	f->spec[LEAF].san =
		"otherName:1.3.6.1.4.1.412.274.1;UTF8:ACME:WIDGET:12345";
	make_chain(f);
	judge(f, ROOT, NOW);
	assert_int_equal(f->chain.san_kind, CRYPTO_SAN_DMTF);
	assert_string_equal(f->chain.san, "ACME:WIDGET:12345");
	f->spec[LEAF].san = "otherName:1.3.6.1.4.1.412.274.1;UTF8:ACME:W:1,"
			    "otherName:2.23.147;UTF8:Vendor=1d1a,DNS:x.y";
	make_chain(f);
	judge(f, ROOT, NOW);
	assert_int_equal(f->chain.san_kind, CRYPTO_SAN_PCI);
	assert_string_equal(f->chain.san, "Vendor=1d1a");
	f->spec[LEAF].san = "otherName:2.23.147;UTF8:Vendor=1d1a,"
			    "otherName:1.3.6.1.4.1.412.274.1;UTF8:ACME:W:1";
	make_chain(f);
	judge(f, ROOT, NOW);
	assert_int_equal(f->chain.san_kind, CRYPTO_SAN_PCI);
	assert_string_equal(f->chain.san, "Vendor=1d1a");
	f->spec[LEAF].san = "otherName:1.2.3.4;UTF8:x,otherName:1.2.3.5;UTF8:y";
	make_chain(f);
	judge(f, ROOT, NOW);
	assert_int_equal(f->chain.san_kind, CRYPTO_SAN_NONE);
	f->spec[LEAF].san = "DNS:x.y";
	make_chain(f);
	judge(f, ROOT, NOW);
	assert_int_equal(f->chain.san_kind, CRYPTO_SAN_NONE);
	assert_string_equal(f->chain.san, "");
	f->spec[LEAF].san = NULL;
	make_chain(f);
	judge(f, ROOT, NOW);
	assert_int_equal(f->chain.san_kind, CRYPTO_SAN_NONE);
}

static void a_full_table_parses_no_chain(void **state)
{
	struct crypto_slot s[8] = { { 0 } };
	struct fix *f = *state;

	make_chain(f);
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(crypto_hash_begin(&f->c, &s[i], CRYPTO_SHA256),
				 IL_OK);
	unparsed(f, f->der, f->off[PARTS], IL_E_NOMEM);
	crypto_drop(&f->c, &s[0]);
	assert_int_equal(
		crypto_chain_parse(&f->c, f->der, f->off[PARTS], &f->chain),
		IL_OK);
	for (unsigned i = 0; i < 7; i++)
		crypto_drop(&f->c, &s[i]);
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_parsed_chain_tells_what_its_certificates_say),
		T(a_chain_cut_anywhere_does_not_parse),
		T(odd_lengths_and_tags_do_not_parse),
		T(nine_certificates_are_too_many),
		T(a_leaf_of_another_kind_of_key_does_not_parse),
		T(each_kind_of_leaf_key_is_named),
		T(bad_sans_do_not_parse),
		T(a_dmtf_name_is_read_and_a_pci_name_goes_before_it),
		T(a_full_table_parses_no_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
