/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "x509_fix.h"

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
	f->spec[LEAF].usage = NULL;
	refused(f, CRYPTO_WHY_KEY_USAGE, LEAF);
}

static void a_leaf_that_is_a_ca_is_refused(void **state)
{
	struct fix *f = *state;

	f->spec[INTER].basic = "critical,CA:TRUE";
	f->spec[LEAF].basic = "critical,CA:TRUE";
	f->spec[LEAF].usage = "critical,digitalSignature,keyCertSign";
	refused(f, CRYPTO_WHY_PURPOSE, LEAF);
}

static void a_leaf_whose_roles_cannot_be_read_is_refused(void **state)
{
	struct fix *f = *state;

	f->spec[LEAF].eku = NULL;
	f->spec[LEAF].odd = "2.5.29.37"; /* extended key usage, but NULL */
	make_chain(f);
	assert_int_not_equal(judge(f, ROOT, NOW).code, CRYPTO_WHY_NONE);
	assert_int_equal(judge(f, ROOT, NOW).cert, LEAF);
}

/* The other way round, for who is to be a requester. */
static void a_responders_leaf_proves_no_requester(void **state)
{
	static const struct {
		const char *eku;
		enum crypto_why_code want;
	} rows[] = {
		{ "1.3.6.1.4.1.412.274.3", CRYPTO_WHY_PURPOSE },
		{ "1.3.6.1.4.1.412.274.4", CRYPTO_WHY_NONE },
		{ "1.3.6.1.4.1.412.274.4,1.3.6.1.4.1.412.274.3",
		  CRYPTO_WHY_NONE },
		{ "clientAuth", CRYPTO_WHY_NONE },
		{ NULL, CRYPTO_WHY_NONE },
	};
	struct fix *f = *state;
	struct crypto_why why;

	for (unsigned i = 0; i < COUNT(rows); i++) {
		f->spec[LEAF].eku = rows[i].eku;
		make_chain(f);
		(void)judge(f, ROOT, NOW);
		f->chain.requester = true;
		assert_int_equal(crypto_chain_verify(&f->c, &f->chain, f->der,
						     len_of(f, ROOT), NOW,
						     &why),
				 rows[i].want ? IL_E_AUTH : IL_OK);
		assert_int_equal(why.code, rows[i].want);
	}
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

/* As long as the path that OpenSSL finds, but not in its order. */
static void two_intermediates_in_the_wrong_order_are_refused(void **state)
{
	struct fix *f = *state;
	struct cert_spec upper = good[INTER];
	struct crypto_why why;
	uint8_t der[8192];

	upper.name = "upper";
	upper.basic = "critical,CA:TRUE";
	f->spec[INTER].issuer = "upper";
	make_chain(f);
	for (unsigned first = 0; first < 2; first++) {
		size_t n = 0;

		for (unsigned i = 0; i < 2; i++)
			n += i == first
				     ? make_cert(&upper, f->other, f->key[ROOT],
						 der + n)
				     : make_cert(&f->spec[INTER], f->key[INTER],
						 f->other, der + n);
		memcpy(der + n, f->der + f->off[LEAF], len_of(f, LEAF));
		n += len_of(f, LEAF);
		assert_int_equal(crypto_chain_parse(&f->c, der, n, &f->chain),
				 IL_OK);
		assert_int_equal(crypto_chain_verify(&f->c, &f->chain, f->der,
						     len_of(f, ROOT), NOW,
						     &why),
				 first ? IL_E_AUTH : IL_OK);
		assert_int_equal(why.code, first ? CRYPTO_WHY_UNTRUSTED
						 : CRYPTO_WHY_NONE);
	}
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

/* A key that signs by PSS alone. */
static EVP_PKEY *pss_key(void)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *k = NULL;

	assert_true(EVP_PKEY_keygen_init(c) > 0 &&
		    EVP_PKEY_generate(c, &k) > 0);
	EVP_PKEY_CTX_free(c);
	return k;
}

/* Keys of CAs are not the responder's: SPDM does not choose them. */
static void cas_may_have_keys_of_every_strong_kind(void **state)
{
	struct fix *f = *state;
	EVP_PKEY *const rows[] = {
		make_key("P-521"),
		EVP_RSA_gen(2048),
		EVP_RSA_gen(2560),
		make_key("brainpoolP256r1"),
		EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"),
		EVP_PKEY_Q_keygen(NULL, NULL, "ED448"),
		pss_key(),
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (int at = ROOT; at <= INTER; at++) {
			EVP_PKEY *was = f->key[at];

			f->key[at] = rows[i];
			make_chain(f);
			assert_int_equal(judge(f, ROOT, NOW).code,
					 CRYPTO_WHY_NONE);
			assert_int_equal(judge(f, INTER, NOW).code,
					 CRYPTO_WHY_NONE);
			f->key[at] = was;
		}
	for (size_t i = 0; i < COUNT(rows); i++)
		EVP_PKEY_free(rows[i]);
}

static void weak_keys_and_hashes_are_refused_wherever_they_stand(void **state)
{
	struct fix *f = *state;
	EVP_PKEY *was = f->key[INTER];
	EVP_PKEY *weak[] = { EVP_RSA_gen(1024), make_key("P-192") };

	for (size_t i = 0; i < COUNT(weak); i++) {
		f->key[INTER] = weak[i];
		make_chain(f);
		assert_int_not_equal(judge(f, ROOT, NOW).code, CRYPTO_WHY_NONE);
		EVP_PKEY_free(weak[i]);
	}
	f->key[INTER] = was;
	f->spec[LEAF].sha1 = true;
	make_chain(f);
	assert_int_not_equal(judge(f, ROOT, NOW).code, CRYPTO_WHY_NONE);
	f->spec[LEAF].sha1 = false;
	make_chain(f);
	assert_int_equal(judge(f, ROOT, NOW).code, CRYPTO_WHY_NONE);
}

/* No byte of the anchor but its length is as the chain's first has it. */
static void a_root_of_the_same_length_is_not_trusted(void **state)
{
	struct fix *f = *state;
	struct crypto_why why;
	uint8_t anchor[2048];
	size_t len = 0;

	make_chain(f);
	judge(f, ROOT, NOW);
	/* A signature in DER has one of a few lengths. */
	for (unsigned i = 0; i < 1000 && len != len_of(f, ROOT); i++)
		len = make_cert(&good[ROOT], f->other, f->other, anchor);
	assert_int_equal(len, len_of(f, ROOT));
	assert_int_equal(
		crypto_chain_verify(&f->c, &f->chain, anchor, len, NOW, &why),
		IL_E_AUTH);
	assert_int_equal(why.code, CRYPTO_WHY_UNTRUSTED);
}

/* With an exponent of 1 everybody signs. */
static void a_ca_for_whom_everybody_signs_is_refused(void **state)
{
	struct fix *f = *state;
	EVP_PKEY *const bad = rsa_of(1, 1);

	for (int at = ROOT; at <= INTER; at++) {
		EVP_PKEY *was = f->key[at];
		struct crypto_why why;

		f->key[at] = bad;
		make_chain(f);
		why = judge(f, ROOT, NOW);
		assert_int_equal(why.code, CRYPTO_WHY_OTHER);
		assert_int_equal(why.cert, at);
		assert_int_equal(judge(f, INTER, NOW).code, CRYPTO_WHY_OTHER);
		f->key[at] = was;
	}
	EVP_PKEY_free(bad);
	make_chain(f);
	assert_int_equal(judge(f, ROOT, NOW).code, CRYPTO_WHY_NONE);
}

static void a_curve_that_is_written_out_makes_no_issuer(void **state)
{
	struct fix *f = *state;

	assert_true(EVP_PKEY_set_utf8_string_param(
		f->key[INTER], OSSL_PKEY_PARAM_EC_ENCODING, "explicit"));
	make_chain(f);
	assert_int_not_equal(judge(f, ROOT, NOW).code, CRYPTO_WHY_NONE);
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_good_chain_is_trusted_with_and_without_its_root),
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
		T(a_leaf_whose_roles_cannot_be_read_is_refused),
		T(only_a_requesters_leaf_is_refused_for_its_role),
		T(a_responders_leaf_proves_no_requester),
		T(certificates_out_of_order_or_in_excess_are_refused),
		T(two_intermediates_in_the_wrong_order_are_refused),
		T(an_intermediate_can_be_the_anchor),
		T(an_anchor_that_is_no_certificate_is_named),
		T(a_dropped_chain_is_not_judged),
		T(a_root_of_the_same_length_is_not_trusted),
		T(a_ca_for_whom_everybody_signs_is_refused),
		T(a_curve_that_is_written_out_makes_no_issuer),
		cmocka_unit_test(every_reason_has_words),
		T(cas_may_have_keys_of_every_strong_kind),
		T(weak_keys_and_hashes_are_refused_wherever_they_stand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
