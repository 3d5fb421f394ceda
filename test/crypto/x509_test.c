/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "crypto/ossl.h"
#include "make_cert.h"

#define FROM INT64_C(1700000000)
#define TO   INT64_C(1800000000)
#define NOW  INT64_C(1750000000)

#define SAN_PCI "Vendor=1d1a:Device=0001:CC=010802:REV=02:SSVID=1d1a:SSID=1100"

enum { ROOT, INTER, LEAF, PARTS };

struct fix {
	struct ossl *o;
	struct crypto c;
	EVP_PKEY *key[PARTS];
	EVP_PKEY *other;
	struct cert_spec spec[PARTS];
	uint8_t der[8192];
	size_t off[PARTS + 1];
	struct crypto_chain chain;
};

static const struct cert_spec good[PARTS] = {
	{ .name = "root",
	  .from_s = FROM,
	  .to_s = TO,
	  .basic = "critical,CA:TRUE",
	  .usage = "critical,keyCertSign" },
	{ .name = "inter",
	  .issuer = "root",
	  .from_s = FROM,
	  .to_s = TO,
	  .basic = "critical,CA:TRUE,pathlen:0",
	  .usage = "critical,keyCertSign,cRLSign" },
	{ .name = "leaf",
	  .issuer = "inter",
	  .from_s = FROM,
	  .to_s = TO,
	  .basic = "critical,CA:FALSE",
	  .usage = "critical,digitalSignature",
	  .eku = "1.3.6.1.4.1.412.274.3",
	  .san = "otherName:2.23.147;UTF8:" SAN_PCI },
};

static int setup(void **state)
{
	const struct ossl_cfg cfg = { .seeded = true, .seed = 3, .slots = 8 };
	struct fix *f = calloc(1, sizeof(*f));

	assert_int_equal(ossl_new(&cfg, &f->o), IL_OK);
	f->c = ossl_crypto(f->o);
	for (int i = 0; i < PARTS; i++)
		f->key[i] = make_key(i == INTER ? "P-256" : "P-384");
	f->other = make_key("P-384");
	memcpy(f->spec, good, sizeof(good));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fix *f = *state;

	crypto_chain_drop(&f->c, &f->chain);
	assert_int_equal(ossl_live(f->o), 0);
	for (int i = 0; i < PARTS; i++)
		EVP_PKEY_free(f->key[i]);
	EVP_PKEY_free(f->other);
	ossl_free(f->o);
	free(f);
	return 0;
}

static void make_chain(struct fix *f)
{
	for (int i = 0; i < PARTS; i++)
		f->off[i + 1] = f->off[i] + make_cert(&f->spec[i], f->key[i],
						      f->key[i ? i - 1 : 0],
						      f->der + f->off[i]);
}

static size_t len_of(const struct fix *f, int i)
{
	return f->off[i + 1] - f->off[i];
}

/* Parses certificates @from to the end and judges them against the root. */
static struct crypto_why judge(struct fix *f, int from, int64_t now_s)
{
	struct crypto_why why = { 99, 99 };
	enum il_err err;

	assert_int_equal(crypto_chain_parse(&f->c, f->der + f->off[from],
					    f->off[PARTS] - f->off[from],
					    &f->chain),
			 IL_OK);
	err = crypto_chain_verify(&f->c, &f->chain, f->der, len_of(f, ROOT),
				  now_s, &why);
	assert_int_equal(err, why.code ? IL_E_AUTH : IL_OK);
	return why;
}

static void refused(struct fix *f, enum crypto_why_code code, int cert)
{
	struct crypto_why why;

	make_chain(f);
	why = judge(f, ROOT, NOW);
	assert_int_equal(why.code, code);
	assert_int_equal(why.cert, cert);
	/* Without the root, the same certificate stands one place earlier. */
	why = judge(f, INTER, NOW);
	assert_int_equal(why.code, code);
	assert_int_equal(why.cert, cert - 1);
}

static void a_good_chain_is_trusted_with_and_without_its_root(void **state)
{
	struct fix *f = *state;

	make_chain(f);
	assert_int_equal(judge(f, ROOT, NOW).code, CRYPTO_WHY_NONE);
	assert_int_equal(f->chain.count, 3);
	assert_int_equal(judge(f, INTER, NOW).code, CRYPTO_WHY_NONE);
	assert_int_equal(f->chain.count, 2);
}

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

static void both_ends_of_the_validity_are_valid(void **state)
{
	struct fix *f = *state;

	make_chain(f);
	assert_int_equal(judge(f, ROOT, FROM).code, CRYPTO_WHY_NONE);
	assert_int_equal(judge(f, ROOT, TO).code, CRYPTO_WHY_NONE);
	assert_int_equal(judge(f, ROOT, FROM - 1).code, CRYPTO_WHY_NOT_YET);
	assert_int_equal(judge(f, ROOT, TO + 1).code, CRYPTO_WHY_EXPIRED);
	assert_int_equal(judge(f, ROOT, FROM - 1).cert, ROOT);
	assert_int_equal(judge(f, INTER, TO + 1).cert, CRYPTO_CERT_ANCHOR);
}

static void an_expired_certificate_is_named(void **state)
{
	struct fix *f = *state;

	f->spec[LEAF].to_s = NOW - 1;
	refused(f, CRYPTO_WHY_EXPIRED, LEAF);
	f->spec[INTER].to_s = NOW - 1;
	refused(f, CRYPTO_WHY_EXPIRED, INTER);
}

static void a_certificate_of_tomorrow_is_named(void **state)
{
	struct fix *f = *state;

	f->spec[LEAF].from_s = NOW + 1;
	refused(f, CRYPTO_WHY_NOT_YET, LEAF);
	f->spec[INTER].from_s = NOW + 1;
	refused(f, CRYPTO_WHY_NOT_YET, INTER);
}

static void an_expired_anchor_trusts_nothing(void **state)
{
	struct fix *f = *state;

	f->spec[ROOT].to_s = NOW - 1;
	refused(f, CRYPTO_WHY_EXPIRED, ROOT);
}

static void a_flipped_bit_in_a_signature_is_found(void **state)
{
	struct fix *f = *state;

	f->spec[LEAF].break_sig = true;
	refused(f, CRYPTO_WHY_SIGNATURE, LEAF);
	f->spec[INTER].break_sig = true;
	refused(f, CRYPTO_WHY_SIGNATURE, INTER);
}

static void a_changed_body_is_found(void **state)
{
	struct fix *f = *state;
	uint8_t *at;

	make_chain(f);
	at = memmem(f->der + f->off[LEAF], len_of(f, LEAF), "Vendor=1d1a", 11);
	assert_non_null(at);
	at[10] = 'b';
	assert_int_equal(judge(f, ROOT, NOW).code, CRYPTO_WHY_SIGNATURE);
	assert_int_equal(judge(f, ROOT, NOW).cert, LEAF);
}

static void another_root_is_not_trusted(void **state)
{
	struct fix *f = *state;
	struct cert_spec other = good[ROOT];
	struct crypto_why why;
	uint8_t anchor[2048];
	size_t len;

	make_chain(f);
	judge(f, ROOT, NOW);
	other.name = "other root";
	len = make_cert(&other, f->other, f->other, anchor);
	assert_int_equal(
		crypto_chain_verify(&f->c, &f->chain, anchor, len, NOW, &why),
		IL_E_AUTH);
	assert_int_equal(why.code, CRYPTO_WHY_UNTRUSTED);
	assert_int_equal(why.cert, 0);
	judge(f, INTER, NOW);
	assert_int_equal(
		crypto_chain_verify(&f->c, &f->chain, anchor, len, NOW, &why),
		IL_E_AUTH);
	assert_int_equal(why.code, CRYPTO_WHY_UNTRUSTED);
}

static void a_root_of_the_same_name_and_another_key_is_not_trusted(void **state)
{
	struct fix *f = *state;
	struct crypto_why why;
	uint8_t anchor[2048];
	size_t len;

	make_chain(f);
	judge(f, ROOT, NOW);
	len = make_cert(&good[ROOT], f->other, f->other, anchor);
	assert_int_equal(
		crypto_chain_verify(&f->c, &f->chain, anchor, len, NOW, &why),
		IL_E_AUTH);
	assert_int_equal(why.code, CRYPTO_WHY_UNTRUSTED);
	assert_int_equal(why.cert, 0);
	judge(f, INTER, NOW);
	assert_int_equal(
		crypto_chain_verify(&f->c, &f->chain, anchor, len, NOW, &why),
		IL_E_AUTH);
	assert_int_equal(why.code, CRYPTO_WHY_SIGNATURE);
	assert_int_equal(why.cert, 0);
}

static void an_issuer_that_is_no_ca_is_named(void **state)
{
	struct fix *f = *state;

	f->spec[INTER].basic = "critical,CA:FALSE";
	f->spec[INTER].usage = "critical,digitalSignature";
	refused(f, CRYPTO_WHY_NOT_CA, INTER);
	f->spec[INTER].basic = NULL;
	f->spec[INTER].usage = NULL;
	refused(f, CRYPTO_WHY_NOT_CA, INTER);
}

static void an_issuer_that_may_not_sign_certificates_is_named(void **state)
{
	struct fix *f = *state;

	f->spec[INTER].usage = "critical,cRLSign,digitalSignature";
	refused(f, CRYPTO_WHY_KEY_USAGE, INTER);
}

static void a_path_longer_than_allowed_is_refused(void **state)
{
	struct fix *f = *state;

	f->spec[ROOT].basic = "critical,CA:TRUE,pathlen:0";
	refused(f, CRYPTO_WHY_PATH_LEN, ROOT);
}

static void an_unknown_critical_extension_is_refused(void **state)
{
	struct fix *f = *state;

	f->spec[LEAF].odd = "1.2.3.4.5";
	make_chain(f);
	assert_int_equal(judge(f, ROOT, NOW).code, CRYPTO_WHY_NONE);
	f->spec[LEAF].odd_critical = true;
	refused(f, CRYPTO_WHY_CRITICAL, LEAF);
}

static void a_leaf_that_may_not_sign_is_refused(void **state)
{
	struct fix *f = *state;

	f->spec[LEAF].usage = "critical,keyAgreement";
	refused(f, CRYPTO_WHY_KEY_USAGE, LEAF);
	f->spec[LEAF].usage = NULL; /* says nothing: may do all */
	make_chain(f);
	assert_int_equal(judge(f, ROOT, NOW).code, CRYPTO_WHY_NONE);
}

static void a_leaf_that_is_a_ca_is_refused(void **state)
{
	struct fix *f = *state;

	f->spec[INTER].basic = "critical,CA:TRUE";
	f->spec[LEAF].basic = "critical,CA:TRUE";
	f->spec[LEAF].usage = "critical,digitalSignature,keyCertSign";
	refused(f, CRYPTO_WHY_PURPOSE, LEAF);
}

static void only_a_requesters_leaf_is_refused_for_its_role(void **state)
{
	struct fix *f = *state;

	f->spec[LEAF].eku = "1.3.6.1.4.1.412.274.4";
	refused(f, CRYPTO_WHY_PURPOSE, LEAF);
	f->spec[LEAF].eku = "1.3.6.1.4.1.412.274.4,1.3.6.1.4.1.412.274.3";
	make_chain(f);
	assert_int_equal(judge(f, ROOT, NOW).code, CRYPTO_WHY_NONE);
	f->spec[LEAF].eku = "clientAuth";
	make_chain(f);
	assert_int_equal(judge(f, ROOT, NOW).code, CRYPTO_WHY_NONE);
	f->spec[LEAF].eku = NULL;
	make_chain(f);
	assert_int_equal(judge(f, ROOT, NOW).code, CRYPTO_WHY_NONE);
}

/* OpenSSL would find the path; SPDM says in which order it is sent. */
static void certificates_out_of_order_or_in_excess_are_refused(void **state)
{
	struct fix *f = *state;
	uint8_t mixed[8192];
	struct crypto_why why;
	size_t n;

	make_chain(f);
	memcpy(mixed, f->der + f->off[INTER], len_of(f, INTER));
	n = len_of(f, INTER);
	memcpy(mixed + n, f->der, len_of(f, ROOT));
	n += len_of(f, ROOT);
	memcpy(mixed + n, f->der + f->off[LEAF], len_of(f, LEAF));
	n += len_of(f, LEAF);
	assert_int_equal(crypto_chain_parse(&f->c, mixed, n, &f->chain), IL_OK);
	assert_int_equal(crypto_chain_verify(&f->c, &f->chain, f->der,
					     len_of(f, ROOT), NOW, &why),
			 IL_E_AUTH);
	assert_int_equal(why.code, CRYPTO_WHY_ORDER);
	assert_int_equal(why.cert, 1);

	/* The intermediate twice. */
	memcpy(mixed, f->der + f->off[INTER], len_of(f, INTER));
	memcpy(mixed + len_of(f, INTER), f->der + f->off[INTER],
	       f->off[PARTS] - f->off[INTER]);
	n = len_of(f, INTER) + f->off[PARTS] - f->off[INTER];
	assert_int_equal(crypto_chain_parse(&f->c, mixed, n, &f->chain), IL_OK);
	assert_int_equal(crypto_chain_verify(&f->c, &f->chain, f->der,
					     len_of(f, ROOT), NOW, &why),
			 IL_E_AUTH);
	assert_int_equal(why.code, CRYPTO_WHY_ORDER);
	assert_int_equal(why.cert, 1);
}

static void an_intermediate_can_be_the_anchor(void **state)
{
	struct fix *f = *state;
	struct crypto_why why;

	make_chain(f);
	judge(f, INTER, NOW);
	assert_int_equal(crypto_chain_verify(&f->c, &f->chain,
					     f->der + f->off[INTER],
					     len_of(f, INTER), NOW, &why),
			 IL_OK);
	judge(f, LEAF, NOW);
	assert_int_equal(crypto_chain_verify(&f->c, &f->chain,
					     f->der + f->off[INTER],
					     len_of(f, INTER), NOW, &why),
			 IL_OK);
}

static void an_anchor_that_is_no_certificate_is_named(void **state)
{
	struct fix *f = *state;
	struct crypto_why why;

	make_chain(f);
	judge(f, ROOT, NOW);
	assert_int_equal(crypto_chain_verify(&f->c, &f->chain, f->der,
					     len_of(f, ROOT) - 1, NOW, &why),
			 IL_E_AUTH);
	assert_int_equal(why.code, CRYPTO_WHY_ANCHOR);
	assert_int_equal(why.cert, CRYPTO_CERT_ANCHOR);
	assert_int_equal(crypto_chain_verify(&f->c, &f->chain, f->der,
					     len_of(f, ROOT) + 1, NOW, &why),
			 IL_E_AUTH);
	assert_int_equal(why.code, CRYPTO_WHY_ANCHOR);
	assert_int_equal(
		crypto_chain_verify(&f->c, &f->chain, f->der, 0, NOW, &why),
		IL_E_AUTH);
	assert_int_equal(why.code, CRYPTO_WHY_ANCHOR);
}

static void a_dropped_chain_is_not_judged(void **state)
{
	struct fix *f = *state;
	struct crypto_chain old;
	struct crypto_why why;

	make_chain(f);
	judge(f, ROOT, NOW);
	old = f->chain;
	crypto_chain_drop(&f->c, &f->chain);
	assert_int_equal(f->chain.slot.n, 0);
	assert_int_equal(f->chain.count, 0);
	assert_int_equal(crypto_chain_verify(&f->c, &old, f->der,
					     len_of(f, ROOT), NOW, &why),
			 IL_E_STATE);
	assert_int_not_equal(why.code, CRYPTO_WHY_NONE);
	assert_int_equal(crypto_chain_parse(&f->c, f->der, f->off[PARTS], &old),
			 IL_E_STATE);
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
	static uint8_t huge[CRYPTO_CERT_MAX + 8] = { 0x30, 0x82, 0x10, 0x01 };
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

static void a_leaf_on_another_curve_does_not_parse(void **state)
{
	struct fix *f = *state;

	EVP_PKEY_free(f->key[LEAF]);
	f->key[LEAF] = make_key("P-521");
	make_chain(f);
	unparsed(f, f->der, f->off[PARTS], IL_E_FIELD);
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
	strcpy(longest, "otherName:2.23.147;UTF8:");
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

static void every_reason_has_words(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= CRYPTO_WHY_OTHER; i++) {
		assert_true(strlen(crypto_why_name(i)) > 3);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(crypto_why_name(i),
						crypto_why_name(k));
	}
	assert_string_equal(crypto_why_name(CRYPTO_WHY_OTHER + 1), "?");
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_good_chain_is_trusted_with_and_without_its_root),
		T(a_parsed_chain_tells_what_its_certificates_say),
		T(both_ends_of_the_validity_are_valid),
		T(an_expired_certificate_is_named),
		T(a_certificate_of_tomorrow_is_named),
		T(an_expired_anchor_trusts_nothing),
		T(a_flipped_bit_in_a_signature_is_found),
		T(a_changed_body_is_found),
		T(another_root_is_not_trusted),
		T(a_root_of_the_same_name_and_another_key_is_not_trusted),
		T(an_issuer_that_is_no_ca_is_named),
		T(an_issuer_that_may_not_sign_certificates_is_named),
		T(a_path_longer_than_allowed_is_refused),
		T(an_unknown_critical_extension_is_refused),
		T(a_leaf_that_may_not_sign_is_refused),
		T(a_leaf_that_is_a_ca_is_refused),
		T(only_a_requesters_leaf_is_refused_for_its_role),
		T(certificates_out_of_order_or_in_excess_are_refused),
		T(an_intermediate_can_be_the_anchor),
		T(an_anchor_that_is_no_certificate_is_named),
		T(a_dropped_chain_is_not_judged),
		T(a_chain_cut_anywhere_does_not_parse),
		T(odd_lengths_and_tags_do_not_parse),
		T(nine_certificates_are_too_many),
		T(a_leaf_on_another_curve_does_not_parse),
		T(bad_sans_do_not_parse),
		T(a_dmtf_name_is_read_and_a_pci_name_goes_before_it),
		T(a_full_table_parses_no_chain),
		cmocka_unit_test(every_reason_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
