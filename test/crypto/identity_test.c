/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <stdlib.h>

#include <openssl/pem.h>

#include <stdio.h>

#include "crypto/identity.h"
#include "make_cert.h"

#define FROM INT64_C(1700000000)
#define TO   INT64_C(1800000000)
#define NOW  INT64_C(1750000000)

static const struct identity_cfg cfg = {
	.vendor = 0x1d1a,
	.device = 0x0001,
	.class_code = 0x010802,
	.revision = 0x02,
	.subsys_vendor = 0x1d1a,
	.subsys_device = 0x1100,
	.serial = UINT64_C(0x0123456789abcdef),
	.not_before_s = FROM,
	.not_after_s = TO,
};

struct fix {
	struct ossl *o;
	struct crypto c;
	struct identity_files made;
	struct identity got;
};

static int setup(void **state)
{
	const struct ossl_cfg seeded = { .seeded = true, .seed = 11 };
	struct fix *f = calloc(1, sizeof(*f));

	assert_int_equal(ossl_new(&seeded, &f->o), IL_OK);
	f->c = ossl_crypto(f->o);
	assert_int_equal(identity_new(f->o, &cfg, &f->made), IL_OK);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fix *f = *state;

	assert_int_equal(ossl_live(f->o), 0);
	ossl_free(f->o);
	free(f);
	return 0;
}

static enum identity_fault load(struct fix *f, const char *chain, size_t n,
				const char *key, size_t k)
{
	enum identity_fault fault = 99;
	struct identity before = f->got;
	enum il_err err;

	err = identity_load(f->o, chain, n, key, k, &f->got, &fault);
	assert_int_equal(err, fault ? IL_E_FIELD : IL_OK);
	if (fault)
		assert_memory_equal(&f->got, &before, sizeof(before));
	return fault;
}

static enum identity_fault load_made(struct fix *f, int key)
{
	return load(f, f->made.chain.text, f->made.chain.len,
		    f->made.key[key].text, f->made.key[key].len);
}

/* Example of Documentation in Linux and QEMU: docs/specs/spdm.rst. */
static void the_san_has_the_form_of_pcie_and_linux(void **unused)
{
	(void)unused;
	struct identity_cfg c = { .vendor = 0x1b36,
				  .device = 0x0010,
				  .class_code = 0x010802,
				  .revision = 2,
				  .subsys_vendor = 0x1af4,
				  .subsys_device = 0x1100 };
	char san[IDENTITY_SAN_MAX];

	identity_san(&c, san);
	assert_string_equal(san, "Vendor=1b36:Device=0010:CC=010802:REV=02"
				 ":SSVID=1af4:SSID=1100");
	c.serial = UINT64_C(0x00000000000000ff);
	identity_san(&c, san);
	assert_string_equal(san, "Vendor=1b36:Device=0010:CC=010802:REV=02"
				 ":SSVID=1af4:SSID=1100:00000000000000ff");
}

static void a_new_identity_loads_and_is_trusted_by_its_root(void **state)
{
	struct fix *f = *state;
	struct crypto_chain chain = { .count = 0 };
	uint8_t anchor[CRYPTO_CERT_MAX];
	struct crypto_slot key = { 0 };
	char san[IDENTITY_SAN_MAX];
	struct crypto_why why;
	size_t n;

	assert_int_equal(load_made(f, IDENTITY_LEAF), IDENTITY_OK);
	assert_int_equal(f->got.curve, CRYPTO_P384);
	assert_int_equal(identity_anchor(f->o, f->made.cert[0].text,
					 f->made.cert[0].len, anchor, &n),
			 IL_OK);
	assert_int_equal(crypto_chain_parse(&f->c, f->got.chain,
					    f->got.chain_len, &chain),
			 IL_OK);
	assert_int_equal(chain.count, 3);
	assert_int_equal(chain.certs[0].len, n);
	assert_memory_equal(f->got.chain, anchor, n);
	assert_int_equal(
		crypto_chain_verify(&f->c, &chain, anchor, n, NOW, &why),
		IL_OK);
	identity_san(&cfg, san);
	assert_int_equal(chain.san_kind, CRYPTO_SAN_PCI);
	assert_string_equal(chain.san, san);
	assert_int_equal(
		crypto_key_load(&f->c, &key, f->got.key, f->got.key_len),
		IL_OK);
	assert_int_equal(crypto_key_fits(&f->c, key, chain.leaf), IL_OK);
	crypto_drop(&f->c, &key);
	assert_int_equal(crypto_key_load(&f->c, &key, f->made.key[1].text,
					 f->made.key[1].len),
			 IL_OK);
	assert_int_equal(crypto_key_fits(&f->c, key, chain.leaf), IL_E_AUTH);
	crypto_drop(&f->c, &key);
	crypto_chain_drop(&f->c, &chain);
}

/* The bytes of the OIDs as libspdm's include/industry_standard/spdm.h has
 * them, and DER of 2.23.147 by X.690 8.19. */
static void the_leaf_carries_the_oids_of_dmtf_and_pci_sig(void **state)
{
	static const uint8_t responder[] = {
		0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04,
		0x01, 0x83, 0x1c, 0x82, 0x12, 0x03
	};
	static const uint8_t hardware[] = {
		/* extension 6, not critical, holding OID 2 */
		0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0x1c, 0x82,
		0x12, 0x06, 0x04, 0x10, 0x30, 0x0e, 0x30, 0x0c, 0x06, 0x0a,
		0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0x1c, 0x82, 0x12, 0x02
	};
	static const uint8_t pci[] = { 0x06, 0x03, 0x67, 0x81, 0x13 };
	struct fix *f = *state;
	const uint8_t *p;
	size_t n;

	assert_int_equal(load_made(f, IDENTITY_LEAF), IDENTITY_OK);
	p = f->got.chain;
	n = f->got.chain_len;
	assert_non_null(memmem(p, n, responder, sizeof(responder)));
	assert_non_null(memmem(p, n, hardware, sizeof(hardware)));
	assert_non_null(memmem(p, n, pci, sizeof(pci)));
}

static void the_same_seed_makes_the_same_identity(void **state)
{
	const struct ossl_cfg seeds[] = { { .seeded = true, .seed = 11 },
					  { .seeded = true, .seed = 12 } };
	static struct identity_files again;
	struct fix *f = *state;
	struct ossl *o;

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(ossl_new(&seeds[i], &o), IL_OK);
		assert_int_equal(identity_new(o, &cfg, &again), IL_OK);
		assert_int_equal(!memcmp(&again, &f->made, sizeof(again)), !i);
		ossl_free(o);
	}
}

static void a_key_of_another_pair_is_a_mismatch(void **state)
{
	struct fix *f = *state;

	assert_int_equal(load_made(f, IDENTITY_ROOT), IDENTITY_MISMATCH);
	assert_int_equal(load_made(f, IDENTITY_INTERMEDIATE),
			 IDENTITY_MISMATCH);
}

/* Appends @more to the string in @text of @cap bytes. */
static void join(char *text, size_t cap, const char *more)
{
	size_t at = strlen(text), n = strlen(more) + 1;

	assert_true(n <= cap - at);
	memcpy(text + at, more, n);
}

static void a_chain_with_the_leaf_first_is_turned_round(void **state)
{
	static struct identity want;
	struct fix *f = *state;
	static char text[3 * IDENTITY_PEM_MAX];

	assert_int_equal(load_made(f, IDENTITY_LEAF), IDENTITY_OK);
	want = f->got;
	join(text, sizeof(text), "some words before\n");
	join(text, sizeof(text), f->made.cert[IDENTITY_LEAF].text);
	join(text, sizeof(text), "between\n");
	join(text, sizeof(text), f->made.cert[IDENTITY_INTERMEDIATE].text);
	join(text, sizeof(text), f->made.cert[IDENTITY_ROOT].text);
	join(text, sizeof(text), "and after\n");
	memset(&f->got, 0, sizeof(f->got));
	assert_int_equal(load(f, text, strlen(text),
			      f->made.key[IDENTITY_LEAF].text,
			      f->made.key[IDENTITY_LEAF].len),
			 IDENTITY_OK);
	assert_memory_equal(&f->got, &want, sizeof(want));
}

static void certificates_that_do_not_follow_are_refused(void **state)
{
	struct fix *f = *state;
	static char text[3 * IDENTITY_PEM_MAX];

	join(text, sizeof(text), f->made.cert[IDENTITY_ROOT].text);
	join(text, sizeof(text), f->made.cert[IDENTITY_LEAF].text);
	assert_int_equal(load(f, text, strlen(text),
			      f->made.key[IDENTITY_LEAF].text,
			      f->made.key[IDENTITY_LEAF].len),
			 IDENTITY_ORDER);
}

static void too_many_certificates_are_refused(void **state)
{
	struct fix *f = *state;
	static char text[9 * IDENTITY_PEM_MAX];

	for (unsigned i = 0; i < 9; i++)
		join(text, sizeof(text), f->made.cert[IDENTITY_ROOT].text);
	assert_int_equal(load(f, text, strlen(text),
			      f->made.key[IDENTITY_ROOT].text,
			      f->made.key[IDENTITY_ROOT].len),
			 IDENTITY_TOO_LONG);
	/* Eight of them are in order: the root issued itself. */
	assert_int_equal(load(f, text, strlen(text) / 9 * 8,
			      f->made.key[IDENTITY_ROOT].text,
			      f->made.key[IDENTITY_ROOT].len),
			 IDENTITY_OK);
}

static void a_chain_of_too_many_bytes_is_refused(void **state)
{
	static char san[7000 + 8] = "DNS:";
	const struct cert_spec spec = {
		.name = "self", .from_s = FROM, .to_s = TO, .san = san
	};
	EVP_PKEY *k = make_key("P-256");
	struct fix *f = *state;
	uint8_t der[CRYPTO_CERT_MAX];
	const uint8_t *at = der;
	BIO *pem = BIO_new(BIO_s_mem());
	char *text;
	long len;
	X509 *x;

	memset(san + 4, 'a', 7000);
	x = d2i_X509(NULL, &at, (long)make_cert(&spec, k, k, der));
	for (unsigned i = 0; i < 4; i++)
		PEM_write_bio_X509(pem, x);
	PEM_write_bio_PKCS8PrivateKey(pem, k, NULL, NULL, 0, NULL, NULL);
	len = BIO_get_mem_data(pem, &text);
	assert_int_equal(load(f, text, (size_t)len, text, (size_t)len),
			 IDENTITY_TOO_LONG);
	/* Three of the four fit, and their key follows in the same text. */
	at = (uint8_t *)strstr(text + 1, "-----BEGIN");
	len -= (char *)at - text;
	assert_int_equal(
		load(f, (char *)at, (size_t)len, (char *)at, (size_t)len),
		IDENTITY_OK);
	assert_int_equal(f->got.curve, CRYPTO_P256);
	X509_free(x);
	EVP_PKEY_free(k);
	BIO_free(pem);
}

static void damaged_certificates_are_refused(void **state)
{
	struct fix *f = *state;
	const struct identity_pem *key = &f->made.key[IDENTITY_LEAF];
	struct identity_pem *chain = &f->made.chain;
	char *leaf = strstr(chain->text, f->made.cert[IDENTITY_LEAF].text);
	char *body = strchr(leaf, '\n') + 1;
	char *end = strstr(leaf, "-----END");

	assert_int_equal(load(f, "", 0, key->text, key->len), IDENTITY_CHAIN);
	assert_int_equal(load(f, "no pem", 6, key->text, key->len),
			 IDENTITY_CHAIN);
	assert_int_equal(load(f, key->text, key->len, key->text, key->len),
			 IDENTITY_CHAIN);
	/* Cut inside the third certificate. */
	assert_int_equal(
		load(f, chain->text, chain->len - 40, key->text, key->len),
		IDENTITY_CHAIN);
	/* Inside its signature, on the last line but one; its first byte; no
	 * base64. */
	for (end -= 2; *end != '\n'; end--)
		;
	memcpy(end - 64, "AAAAAAAA", 8);
	assert_int_equal(load(f, chain->text, chain->len, key->text, key->len),
			 IDENTITY_ORDER);
	assert_int_equal(*body, 'M');
	*body = 'A';
	assert_int_equal(load(f, chain->text, chain->len, key->text, key->len),
			 IDENTITY_CHAIN);
	*body = '!';
	assert_int_equal(load(f, chain->text, chain->len, key->text, key->len),
			 IDENTITY_CHAIN);
}

static void damaged_keys_are_refused(void **state)
{
	static const char encrypted[] =
		"-----BEGIN EC PRIVATE KEY-----\n"
		"Proc-Type: 4,ENCRYPTED\n"
		"DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
		"-----END EC PRIVATE KEY-----\n";
	struct fix *f = *state;
	const struct identity_pem *chain = &f->made.chain;
	struct identity_pem *key = &f->made.key[IDENTITY_LEAF];

	assert_int_equal(load(f, chain->text, chain->len, "", 0), IDENTITY_KEY);
	assert_int_equal(
		load(f, chain->text, chain->len, chain->text, chain->len),
		IDENTITY_KEY);
	assert_int_equal(load(f, chain->text, chain->len, encrypted,
			      sizeof(encrypted) - 1),
			 IDENTITY_KEY);
	assert_int_equal(
		load(f, chain->text, chain->len, key->text, key->len / 2),
		IDENTITY_KEY);
}

static void a_key_on_another_curve_is_refused(void **state)
{
	EVP_PKEY *k = make_key("P-224");
	const struct cert_spec spec = { .name = "self",
					.from_s = FROM,
					.to_s = TO };
	struct fix *f = *state;
	uint8_t der[2048];
	size_t n = make_cert(&spec, k, k, der);
	const uint8_t *at = der;
	X509 *x = d2i_X509(NULL, &at, (long)n);
	BIO *cert = BIO_new(BIO_s_mem());
	BIO *key = BIO_new(BIO_s_mem());
	char *ct, *kt;
	long cn, kn;

	PEM_write_bio_X509(cert, x);
	PEM_write_bio_PKCS8PrivateKey(key, k, NULL, NULL, 0, NULL, NULL);
	cn = BIO_get_mem_data(cert, &ct);
	kn = BIO_get_mem_data(key, &kt);
	assert_int_equal(load(f, ct, (size_t)cn, kt, (size_t)kn),
			 IDENTITY_CURVE);
	X509_free(x);
	EVP_PKEY_free(k);
	BIO_free(cert);
	BIO_free(key);
}

static void dates_and_class_codes_out_of_range_are_refused(void **state)
{
	static struct identity_files out, before;
	struct fix *f = *state;
	struct identity_cfg bad[4] = { cfg, cfg, cfg, cfg };

	bad[0].not_after_s = FROM - 1;
	bad[1].not_before_s = -1;
	bad[2].not_after_s = INT64_C(253402300800);
	bad[3].class_code = 0x1000000;
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(identity_new(f->o, &bad[i], &out), IL_E_ARG);
		assert_memory_equal(&out, &before, sizeof(out));
	}
	bad[2].not_after_s--; /* 9999-12-31 23:59:59 */
	assert_int_equal(identity_new(f->o, &bad[2], &out), IL_OK);
}

static void an_anchor_is_taken_from_pem_and_der(void **state)
{
	struct fix *f = *state;
	uint8_t a[CRYPTO_CERT_MAX], b[CRYPTO_CERT_MAX];
	size_t n, m;

	assert_int_equal(identity_anchor(f->o, f->made.chain.text,
					 f->made.chain.len, a, &n),
			 IL_OK);
	assert_int_equal(identity_anchor(f->o, a, n, b, &m), IL_OK);
	assert_int_equal(n, m);
	assert_memory_equal(a, b, n);
	m = 7;
	assert_int_equal(identity_anchor(f->o, a, n - 1, b, &m), IL_E_FIELD);
	assert_int_equal(identity_anchor(f->o, "x", 1, b, &m), IL_E_FIELD);
	assert_int_equal(identity_anchor(f->o, "", 0, b, &m), IL_E_FIELD);
	assert_int_equal(m, 7);
}

static void every_fault_has_words(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i <= IDENTITY_MISMATCH; i++)
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(identity_fault_name(i),
						identity_fault_name(k));
	assert_string_equal(identity_fault_name(IDENTITY_MISMATCH + 1), "?");
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

/* Certificates as libspdm's bundle files have them: DER, one after another. */
static void a_chain_in_der_is_the_same_as_in_pem(void **state)
{
	struct fix *f = *state;
	struct identity pem;
	uint8_t der[IDENTITY_CHAIN_MAX + 1];
	size_t n;

	assert_int_equal(load_made(f, IDENTITY_LEAF), IDENTITY_OK);
	pem = f->got;
	n = pem.chain_len;
	memcpy(der, pem.chain, n);
	memset(&f->got, 0, sizeof(f->got));
	assert_int_equal(load(f, (char *)der, n, (char *)pem.key, pem.key_len),
			 IDENTITY_OK);
	assert_memory_equal(&f->got, &pem, sizeof(pem));
	/* Cut anywhere, or with a byte too many, it is none. */
	for (size_t cut = 1; cut < n; cut += 37)
		if (load(f, (char *)der, cut, (char *)pem.key, pem.key_len) ==
		    IDENTITY_OK)
			fail_msg("%zu of %zu bytes are a chain", cut, n);
	der[n] = 0x30;
	assert_int_equal(
		load(f, (char *)der, n + 1, (char *)pem.key, pem.key_len),
		IDENTITY_CHAIN);
}

static void an_identity_can_be_of_p256(void **state)
{
	struct fix *f = *state;
	struct identity_cfg c = cfg;
	struct crypto_chain chain = { .count = 0 };
	uint8_t anchor[CRYPTO_CERT_MAX];
	struct crypto_why why;
	size_t n;

	c.curve = CRYPTO_P256;
	assert_int_equal(identity_new(f->o, &c, &f->made), IL_OK);
	assert_int_equal(load_made(f, IDENTITY_LEAF), IDENTITY_OK);
	assert_int_equal(f->got.curve, CRYPTO_P256);
	assert_int_equal(identity_anchor(f->o, f->made.cert[0].text,
					 f->made.cert[0].len, anchor, &n),
			 IL_OK);
	assert_int_equal(crypto_chain_parse(&f->c, f->got.chain,
					    f->got.chain_len, &chain),
			 IL_OK);
	assert_int_equal(chain.curve, CRYPTO_P256);
	assert_int_equal(
		crypto_chain_verify(&f->c, &chain, anchor, n, NOW, &why),
		IL_OK);
	crypto_chain_drop(&f->c, &chain);
}

/* Chains of them are the longest there are. */
static void an_identity_can_be_of_ml_dsa(void **state)
{
	struct fix *f = *state;
	struct identity_cfg c = cfg;
	struct crypto_slot key = { 0 };

	for (unsigned i = 0; i < 3; i++) {
		c.key = CRYPTO_KEY_ML_DSA_44 + i;
		if (!crypto_has_pqc(&f->c)) {
			print_message("skipped: OpenSSL has no ML-DSA\n");
			assert_int_equal(identity_new(f->o, &c, &f->made),
					 IL_E_ARG);
			continue;
		}
		assert_int_equal(identity_new(f->o, &c, &f->made), IL_OK);
		assert_int_equal(load_made(f, IDENTITY_LEAF), IDENTITY_OK);
		assert_int_equal(f->got.kind, c.key);
		assert_int_equal(f->got.curve, 0);
		assert_int_equal(crypto_key_load(&f->c, &key, f->got.key,
						 f->got.key_len),
				 IL_OK);
		crypto_drop(&f->c, &key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_san_has_the_form_of_pcie_and_linux),
		T(a_new_identity_loads_and_is_trusted_by_its_root),
		T(the_leaf_carries_the_oids_of_dmtf_and_pci_sig),
		T(the_same_seed_makes_the_same_identity),
		T(a_key_of_another_pair_is_a_mismatch),
		T(a_chain_with_the_leaf_first_is_turned_round),
		T(certificates_that_do_not_follow_are_refused),
		T(too_many_certificates_are_refused),
		T(a_chain_of_too_many_bytes_is_refused),
		T(damaged_certificates_are_refused),
		T(damaged_keys_are_refused),
		T(a_key_on_another_curve_is_refused),
		T(dates_and_class_codes_out_of_range_are_refused),
		T(an_anchor_is_taken_from_pem_and_der),
		T(a_chain_in_der_is_the_same_as_in_pem),
		T(an_identity_can_be_of_p256),
		T(an_identity_can_be_of_ml_dsa),
		cmocka_unit_test(every_fault_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
