/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <openssl/x509v3.h>

#include "table_fix.h"
#include "vec_fix.h"

/* Certificate requests, those of others too; keys made and given out. */

#define CSR_MAX 8192

/* What OpenSSL, asked by itself, says of a request. */
static X509_REQ *sound(const uint8_t *der, size_t len)
{
	X509_REQ *r = d2i_X509_REQ(NULL, &der, (long)len);

	assert_non_null(r);
	assert_int_equal(X509_REQ_verify(r, X509_REQ_get0_pubkey(r)), 1);
	return r;
}

static bool asks_for(X509_REQ *r, int nid)
{
	STACK_OF(X509_EXTENSION) *all = X509_REQ_get_extensions(r);
	const bool there = X509v3_get_ext_by_NID(all, nid, -1) >= 0;

	sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
	return there;
}

static void one_made(const struct crypto *c, const struct block *b)
{
	const struct field *info = get(b, "info");
	const struct crypto_csr_ask ask = { .hash = CRYPTO_SHA384,
					    .info = info->val,
					    .info_len = info->len,
					    .name = "unused",
					    .san = "Vendor=1:Device=2",
					    .hardware = true };
	const bool ext = is(b, "with", "ext");
	uint8_t out[CSR_MAX], *tbs = NULL;
	struct crypto_slot k = { 0 };
	X509_REQ *r;
	size_t n;
	int len;

	assert_int_equal(
		crypto_key_load(c, &k, get(b, "key")->val, get(b, "key")->len),
		IL_OK);
	assert_int_equal(crypto_csr_make(c, k, &ask, out, sizeof(out), &n),
			 IL_OK);
	r = sound(out, n);
	assert_int_equal(X509_REQ_get_attr_count(r), ext ? 1 : 2);
	assert_int_equal(asks_for(r, NID_key_usage), ext);
	assert_int_equal(asks_for(r, NID_subject_alt_name), !ext);
	assert_int_equal(asks_for(r, NID_basic_constraints), !ext);
	/* With extensions of its own nothing is left to add. */
	len = i2d_re_X509_REQ_tbs(r, &tbs);
	if (ext) {
		assert_int_equal(len, info->len);
		assert_memory_equal(tbs, info->val, info->len);
	}
	OPENSSL_free(tbs);
	X509_REQ_free(r);
	crypto_drop(c, &k);
}

static void a_request_takes_over_what_a_foreign_info_says(void **unused)
{
	(void)unused;
	assert_int_equal(run("csr.txt", one_made), 3);
}

static void one_read(const struct crypto *c, const struct block *b)
{
	struct field csr = *get(b, "csr");
	struct crypto_slot k = { 0 }, pub = { 0 };
	char subject[CRYPTO_NAME_MAX] = "", none[CRYPTO_NAME_MAX] = "";

	assert_int_equal(
		crypto_key_load(c, &k, get(b, "key")->val, get(b, "key")->len),
		IL_OK);
	assert_int_equal(crypto_csr_read(c, csr.val, csr.len, &pub, subject),
			 IL_OK);
	assert_string_equal(subject, is(b, "with", "ext")
					     ? "CN=extended"
					     : "CN=device 7,O=Maker");
	assert_int_equal(crypto_key_fits(c, k, pub), IL_OK);
	crypto_drop(c, &pub);
	for (size_t i = 0; i < csr.len; i++) {
		enum il_err err;

		csr.val[i] ^= 1;
		err = crypto_csr_read(c, csr.val, csr.len, &pub, none);
		assert_true(err == IL_E_FIELD || err == IL_E_AUTH ||
			    err == IL_E_LONG);
		assert_int_equal(crypto_csr_read(c, csr.val, i, &pub, none),
				 IL_E_FIELD);
		csr.val[i] ^= 1;
	}
	assert_int_equal(pub.n, 0);
	assert_string_equal(none, "");
	csr.val[csr.len] = 0;
	assert_int_equal(crypto_csr_read(c, csr.val, csr.len + 1, &pub, none),
			 IL_E_LONG);
	crypto_drop(c, &k);
}

static void foreign_requests_are_read_and_every_change_is_seen(void **unused)
{
	(void)unused;
	assert_int_equal(run("csr.txt", one_read), 3);
}

static void one_spoiled(const struct crypto *c, const struct block *b)
{
	struct field info = *get(b, "info");
	struct crypto_csr_ask ask = { .hash = CRYPTO_SHA256,
				      .info = info.val,
				      .info_len = info.len };
	struct crypto_slot k = { 0 }, other = { 0 };
	uint8_t out[CSR_MAX] = { 0x5a };
	size_t n = 77;

	assert_int_equal(
		crypto_key_load(c, &k, get(b, "key")->val, get(b, "key")->len),
		IL_OK);
	for (ask.info_len = 0; ask.info_len < info.len; ask.info_len++)
		assert_int_equal(
			crypto_csr_make(c, k, &ask, out, sizeof(out), &n),
			IL_E_FIELD);
	ask.info_len = info.len + 1;
	assert_int_equal(crypto_csr_make(c, k, &ask, out, sizeof(out), &n),
			 IL_E_LONG);
	ask.info_len = info.len;
	/* Version 1: no such. It stands behind the sequence's header. */
	for (size_t i = 0; i < 6; i++)
		if (info.val[i] == 2 && info.val[i + 1] == 1) {
			info.val[i + 2] = 1;
			assert_int_equal(crypto_csr_make(c, k, &ask, out,
							 sizeof(out), &n),
					 IL_E_FIELD);
			info.val[i + 2] = 0;
		}
	/* Somebody else's key. */
	assert_int_equal(crypto_key_new(c, &other, CRYPTO_KEY_P256), IL_OK);
	assert_int_equal(crypto_csr_make(c, other, &ask, out, sizeof(out), &n),
			 IL_E_FIELD);
	assert_int_equal(n, 77);
	assert_int_equal(crypto_csr_make(c, k, &ask, out, 10, &n), IL_E_SPACE);
	assert_true(n > info.len);
	assert_int_equal(out[0], 0x5a);
	crypto_drop(c, &k);
	crypto_drop(c, &other);
}

static void a_spoiled_or_foreign_info_makes_no_request(void **unused)
{
	(void)unused;
	assert_int_equal(run("csr.txt", one_spoiled), 3);
}

/* Of both tables: the kinds of keys that both have. */
static const enum crypto_key kinds[] = {
	CRYPTO_KEY_P256,      CRYPTO_KEY_P384,	    CRYPTO_KEY_P521,
	CRYPTO_KEY_RSA_2048,  CRYPTO_KEY_RSA_3072,  CRYPTO_KEY_RSA_4096,
	CRYPTO_KEY_ML_DSA_44, CRYPTO_KEY_ML_DSA_65, CRYPTO_KEY_ML_DSA_87,
};

static bool there(const struct fix *f, enum crypto_key kind)
{
	return crypto_has_pqc(&f->c) || !crypto_key_is_ml_dsa(kind);
}

static void new_keys_differ_and_come_back_as_they_were_given_out(void **state)
{
	static uint8_t der[CRYPTO_KEY_DER_MAX], spki[2][CRYPTO_SPKI_MAX];
	struct fix *f = *state;
	const struct crypto *c = &f->c;

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct crypto_slot k = { 0 }, l = { 0 }, pub = { 0 };
		enum crypto_key kind = 0;
		size_t n, m, len = 0;

		if (!there(f, kinds[i])) {
			assert_int_equal(crypto_key_new(c, &k, kinds[i]),
					 IL_E_ARG);
			continue;
		}
		assert_int_equal(crypto_key_new(c, &k, kinds[i]), IL_OK);
		assert_int_equal(crypto_key_kind(c, k, &kind), IL_OK);
		assert_int_equal(kind, kinds[i]);
		assert_int_equal(
			crypto_key_export(c, k, der, sizeof(der), &len), IL_OK);
		assert_int_equal(crypto_key_load(c, &l, der, len), IL_OK);
		assert_int_equal(crypto_pubkey_export(c, k, spki[0],
						      sizeof(spki[0]), &n),
				 IL_OK);
		assert_int_equal(crypto_pubkey_export(c, l, spki[1],
						      sizeof(spki[1]), &m),
				 IL_OK);
		assert_int_equal(n, m);
		assert_memory_equal(spki[0], spki[1], n);
		assert_int_equal(crypto_pubkey_from_spki(c, &pub, spki[0], n),
				 IL_OK);
		assert_int_equal(crypto_key_fits(c, k, pub), IL_OK);
		assert_int_equal(
			crypto_key_export(c, pub, der, sizeof(der), &len),
			IL_E_STATE);
		assert_int_equal(
			crypto_pubkey_export(c, pub, spki[1], n - 1, &m),
			IL_E_SPACE);
		assert_int_equal(m, n);
		assert_int_equal(crypto_key_export(c, k, der, 3, &len),
				 IL_E_SPACE);
		/* Another one, in the same place. */
		assert_int_equal(crypto_key_new(c, &l, kinds[i]), IL_OK);
		assert_int_equal(crypto_key_fits(c, l, pub), IL_E_AUTH);
		crypto_drop(c, &k);
		crypto_drop(c, &l);
		crypto_drop(c, &pub);
	}
}

static void each_kind_of_key_asks_for_a_certificate(void **state)
{
	static uint8_t csr[CSR_MAX], info[CSR_MAX];
	struct crypto_csr_ask ask = { .hash = CRYPTO_SHA256,
				      .name = "d\xc3\xa9vice",
				      .san = "Vendor=1:Device=2",
				      .ca = true };
	struct fix *f = *state;
	const struct crypto *c = &f->c;

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct crypto_slot k = { 0 }, pub = { 0 };
		char name[CRYPTO_NAME_MAX];
		size_t n, m;

		if (!there(f, kinds[i]))
			continue;
		assert_int_equal(crypto_key_new(c, &k, kinds[i]), IL_OK);
		ask.info = NULL;
		assert_int_equal(
			crypto_csr_make(c, k, &ask, csr, sizeof(csr), &n),
			IL_OK);
		assert_int_equal(crypto_csr_read(c, csr, n, &pub, name), IL_OK);
		assert_int_equal(crypto_key_fits(c, k, pub), IL_OK);
		csr[n - 1] ^= 1;
		assert_int_equal(crypto_csr_read(c, csr, n, &pub, name),
				 IL_E_AUTH);
		assert_int_equal(crypto_csr_info(c, pub, "wanted", info,
						 sizeof(info), &m),
				 IL_OK);
		ask.info = info;
		ask.info_len = m;
		assert_int_equal(
			crypto_csr_make(c, k, &ask, csr, sizeof(csr), &n),
			IL_OK);
		assert_int_equal(crypto_csr_read(c, csr, n, &pub, name), IL_OK);
		assert_non_null(strstr(name, "wanted"));
		crypto_drop(c, &k);
		crypto_drop(c, &pub);
	}
}

static void what_makes_no_request_changes_nothing(void **state)
{
	struct crypto_csr_ask ask = { .hash = CRYPTO_SHA256, .name = "n" };
	struct fix *f = *state;
	const struct crypto *c = &f->c;
	struct crypto_slot k = { 0 }, pub = { 0 }, none = { 0 };
	uint8_t out[600] = { 0x5a };
	char name[CRYPTO_NAME_MAX + 1];
	size_t n = 7;

	assert_int_equal(load_key(f, &k, 1), IL_OK);
	assert_int_equal(fill(f, K_PUB, &pub), IL_OK);
	assert_int_equal(crypto_csr_make(c, pub, &ask, out, 600, &n),
			 IL_E_STATE);
	assert_int_equal(crypto_csr_make(c, none, &ask, out, 600, &n),
			 IL_E_STATE);
	assert_int_equal(crypto_csr_info(c, none, "n", out, 600, &n),
			 IL_E_STATE);
	assert_int_equal(crypto_csr_info(c, k, "", out, 600, &n), IL_E_ARG);
	ask.hash = 9;
	assert_int_equal(crypto_csr_make(c, k, &ask, out, 600, &n), IL_E_ARG);
	ask.hash = CRYPTO_SHA256;
	ask.name = NULL;
	assert_int_equal(crypto_csr_make(c, k, &ask, out, 600, &n), IL_E_ARG);
	memset(name, 'n', CRYPTO_NAME_MAX);
	name[CRYPTO_NAME_MAX] = 0;
	ask.name = name;
	assert_int_equal(crypto_csr_make(c, k, &ask, out, 600, &n), IL_E_ARG);
	ask.name = "n";
	ask.san = name;
	assert_int_equal(crypto_csr_make(c, k, &ask, out, 600, &n), IL_E_ARG);
	ask.san = "";
	assert_int_equal(crypto_csr_make(c, k, &ask, out, 600, &n), IL_E_ARG);
	assert_int_equal(n, 7);
	assert_int_equal(out[0], 0x5a);
	/* A key is no place for another's public half. */
	ask.san = NULL;
	assert_int_equal(crypto_csr_make(c, k, &ask, out, 600, &n), IL_OK);
	assert_int_equal(crypto_csr_read(c, out, n, &k, name), IL_E_STATE);
	crypto_drop(c, &k);
	crypto_drop(c, &pub);
}

/* id-spdm-cert-oids, and whether it is a CA that asks. */
static void says(const uint8_t *der, size_t len, bool hardware, bool ca)
{
	X509_REQ *r = sound(der, len);
	STACK_OF(X509_EXTENSION) *all = X509_REQ_get_extensions(r);
	ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.412.274.6", 1);
	BASIC_CONSTRAINTS *b =
		X509V3_get_d2i(all, NID_basic_constraints, NULL, NULL);

	assert_int_equal(X509v3_get_ext_by_OBJ(all, oid, -1) >= 0, hardware);
	assert_int_equal(b->ca != 0, ca);
	BASIC_CONSTRAINTS_free(b);
	ASN1_OBJECT_free(oid);
	sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
	X509_REQ_free(r);
}

static void a_request_asks_for_what_it_is_told_to(void **state)
{
	struct fix *f = *state;
	struct crypto_slot k = { 0 };
	uint8_t out[600];
	size_t n;

	assert_int_equal(load_key(f, &k, 1), IL_OK);
	for (unsigned i = 0; i < 4; i++) {
		const struct crypto_csr_ask ask = { .hash = CRYPTO_SHA256,
						    .name = "n",
						    .hardware = i & 1,
						    .ca = i & 2 };

		assert_int_equal(
			crypto_csr_make(&f->c, k, &ask, out, sizeof(out), &n),
			IL_OK);
		says(out, n, i & 1, i & 2);
	}
	crypto_drop(&f->c, &k);
}

/* A request for @key by OpenSSL: with extensions as Microsoft numbers them. */
static X509_REQ *microsofts(EVP_PKEY *key)
{
	STACK_OF(X509_EXTENSION) *all = sk_X509_EXTENSION_new_null();
	X509_REQ *r = X509_REQ_new();

	sk_X509_EXTENSION_push(all,
			       X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage,
						   "digitalSignature"));
	assert_true(X509_NAME_add_entry_by_txt(
		X509_REQ_get_subject_name(r), "CN", MBSTRING_ASC,
		(const uint8_t *)"m", -1, -1, 0));
	assert_true(X509_REQ_add_extensions_nid(r, all, NID_ms_ext_req));
	assert_true(X509_REQ_set_pubkey(r, key));
	assert_true(X509_REQ_sign(r, key, EVP_sha256()) > 0);
	sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
	return r;
}

static void extensions_by_microsofts_number_are_extensions(void **state)
{
	struct crypto_csr_ask ask = { .hash = CRYPTO_SHA256 };
	struct fix *f = *state;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509_REQ *r = microsofts(key);
	struct crypto_slot k = { 0 };
	uint8_t *der = NULL, *info = NULL, out[600];
	int n = i2d_PrivateKey(key, &der);
	size_t len;

	assert_int_equal(crypto_key_load(&f->c, &k, der, (size_t)n), IL_OK);
	ask.info_len = (size_t)i2d_re_X509_REQ_tbs(r, &info);
	ask.info = info;
	assert_int_equal(
		crypto_csr_make(&f->c, k, &ask, out, sizeof(out), &len), IL_OK);
	X509_REQ_free(r);
	r = sound(out, len);
	assert_int_equal(X509_REQ_get_attr_count(r), 1);
	X509_REQ_free(r);
	OPENSSL_free(der);
	OPENSSL_free(info);
	EVP_PKEY_free(key);
	crypto_drop(&f->c, &k);
}

static void a_request_for_a_key_of_no_kind_is_refused(void **state)
{
	struct fix *f = *state;
	EVP_PKEY *key = EVP_EC_gen("P-224");
	X509_REQ *r = microsofts(key);
	struct crypto_slot pub = { 0 };
	char name[CRYPTO_NAME_MAX];
	uint8_t *der = NULL;
	int n = i2d_X509_REQ(r, &der);

	assert_int_equal(crypto_csr_read(&f->c, der, (size_t)n, &pub, name),
			 IL_E_FIELD);
	assert_int_equal(pub.n, 0);
	OPENSSL_free(der);
	X509_REQ_free(r);
	EVP_PKEY_free(key);
}

/* An info for @key with an attribute of @pad bytes. */
static size_t long_info(EVP_PKEY *key, size_t pad, uint8_t *out)
{
	static const uint8_t zeros[5000];
	X509_REQ *r = microsofts(key);
	size_t n;

	assert_true(X509_REQ_add1_attr_by_NID(r, NID_pkcs9_unstructuredName,
					      V_ASN1_OCTET_STRING, zeros,
					      (int)pad));
	n = (size_t)i2d_re_X509_REQ_tbs(r, &out);
	X509_REQ_free(r);
	return n;
}

static void an_info_has_4096_bytes_and_no_more(void **state)
{
	static uint8_t info[6000], out[6000];
	struct crypto_csr_ask ask = { .hash = CRYPTO_SHA256, .info = info };
	struct fix *f = *state;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct crypto_slot k = { 0 };
	uint8_t *der = NULL;
	int n = i2d_PrivateKey(key, &der);
	const size_t rest = long_info(key, 3000, info) - 3000;
	size_t len;

	assert_int_equal(crypto_key_load(&f->c, &k, der, (size_t)n), IL_OK);
	ask.info_len = long_info(key, 4096 - rest, info);
	assert_int_equal(ask.info_len, 4096);
	assert_int_equal(
		crypto_csr_make(&f->c, k, &ask, out, sizeof(out), &len), IL_OK);
	X509_REQ_free(sound(out, len));
	for (size_t more = 1; more < 400; more += 7) {
		ask.info_len = long_info(key, 4096 - rest + more, info);
		assert_int_equal(ask.info_len, 4096 + more);
		assert_int_equal(
			crypto_csr_make(&f->c, k, &ask, out, sizeof(out), &len),
			IL_E_FIELD);
	}
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	crypto_drop(&f->c, &k);
}

#define BOTH(t)                                             \
	{ #t " (openssl)", t, setup_ossl, teardown, NULL }, \
	{                                                   \
#t " (fake)", t, setup_fake, teardown, NULL \
	}

#define T(t) cmocka_unit_test_setup_teardown(t, setup_ossl, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_takes_over_what_a_foreign_info_says),
		cmocka_unit_test(
			foreign_requests_are_read_and_every_change_is_seen),
		cmocka_unit_test(a_spoiled_or_foreign_info_makes_no_request),
		BOTH(new_keys_differ_and_come_back_as_they_were_given_out),
		BOTH(each_kind_of_key_asks_for_a_certificate),
		BOTH(what_makes_no_request_changes_nothing),
		T(a_request_asks_for_what_it_is_told_to),
		T(extensions_by_microsofts_number_are_extensions),
		T(a_request_for_a_key_of_no_kind_is_refused),
		T(an_info_has_4096_bytes_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
