/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_CRYPTO_MAKE_CERT_H
#define TEST_CRYPTO_MAKE_CERT_H

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509v3.h>

/* Certificates with faults to order, made by OpenSSL and not by our maker. */
struct cert_spec {
	const char *name;
	const char *issuer; /* name; NULL: its own */
	int64_t from_s;
	int64_t to_s;
	const char *basic; /* extensions as text; NULL: none */
	const char *usage;
	const char *eku;
	const char *san;
	const char *odd; /* OID of an extension nobody knows */
	bool odd_critical;
	bool break_sig;
	bool sha1; /* signed with it */
};

static inline EVP_PKEY *make_key(const char *group)
{
	EVP_PKEY *k = EVP_PKEY_Q_keygen(NULL, NULL, "EC", group);

	assert_non_null(k);
	return k;
}

static inline void add_text_ext(X509 *x, int nid, const char *text)
{
	X509_EXTENSION *e;
	X509V3_CTX c;

	if (!text)
		return;
	X509V3_set_ctx(&c, x, x, NULL, NULL, 0);
	X509V3_set_ctx_nodb(&c);
	e = X509V3_EXT_conf_nid(NULL, &c, nid, text);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static inline void add_odd_ext(X509 *x, const struct cert_spec *spec)
{
	ASN1_OCTET_STRING *v = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *oid = OBJ_txt2obj(spec->odd, 1);
	X509_EXTENSION *e;

	assert_int_equal(ASN1_OCTET_STRING_set(v, (const uint8_t *)"\5", 2), 1);
	e = X509_EXTENSION_create_by_OBJ(NULL, oid, spec->odd_critical, v);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
	ASN1_OBJECT_free(oid);
	ASN1_OCTET_STRING_free(v);
}

/* A modulus under another exponent; @d is 0: the public half only. */
static inline EVP_PKEY *rsa_of(unsigned long e, unsigned long d)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *from = EVP_RSA_gen(2048), *k = NULL;
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	BIGNUM *n = NULL, *eb = BN_new(), *db = BN_new();
	OSSL_PARAM *p;

	assert_true(EVP_PKEY_get_bn_param(from, "n", &n));
	assert_true(BN_set_word(eb, e) && BN_set_word(db, d));
	assert_true(OSSL_PARAM_BLD_push_BN(b, "n", n) &&
		    OSSL_PARAM_BLD_push_BN(b, "e", eb) &&
		    (!d || OSSL_PARAM_BLD_push_BN(b, "d", db)));
	p = OSSL_PARAM_BLD_to_param(b);
	assert_true(EVP_PKEY_fromdata_init(c) > 0);
	assert_true(EVP_PKEY_fromdata(
			    c, &k, d ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
			    p) > 0);
	OSSL_PARAM_free(p);
	OSSL_PARAM_BLD_free(b);
	BN_free(n);
	BN_free(eb);
	BN_free(db);
	EVP_PKEY_free(from);
	EVP_PKEY_CTX_free(c);
	return k;
}

static inline void set_name(X509_NAME *n, const char *cn)
{
	assert_int_equal(X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC,
						    (const uint8_t *)cn, -1, -1,
						    0),
			 1);
}

/* NULL: the key's own way. */
static inline const EVP_MD *sign_with(const struct cert_spec *spec,
				      const EVP_PKEY *signer)
{
	if (!EVP_PKEY_is_a(signer, "EC") && !EVP_PKEY_is_a(signer, "RSA"))
		return NULL;
	return spec->sha1 ? EVP_sha1() : EVP_sha384();
}

/* Appends DER at @out; answers its length. */
static inline size_t make_cert(const struct cert_spec *spec, EVP_PKEY *key,
			       EVP_PKEY *signer, uint8_t *out)
{
	X509 *x = X509_new();
	int len;

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	set_name(X509_get_subject_name(x), spec->name);
	set_name(X509_get_issuer_name(x),
		 spec->issuer ? spec->issuer : spec->name);
	ASN1_TIME_set(X509_getm_notBefore(x), (time_t)spec->from_s);
	ASN1_TIME_set(X509_getm_notAfter(x), (time_t)spec->to_s);
	X509_set_pubkey(x, key);
	add_text_ext(x, NID_basic_constraints, spec->basic);
	add_text_ext(x, NID_key_usage, spec->usage);
	add_text_ext(x, NID_ext_key_usage, spec->eku);
	add_text_ext(x, NID_subject_alt_name, spec->san);
	if (spec->odd)
		add_odd_ext(x, spec);
	assert_true(X509_sign(x, signer, sign_with(spec, signer)) > 0);
	len = i2d_X509(x, &out);
	assert_true(len > 0);
	X509_free(x);
	if (spec->break_sig)
		out[-1] ^= 1; /* last byte of s */
	return (size_t)len;
}

#endif
