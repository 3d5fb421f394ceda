/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/identity.h"

#include <limits.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "crypto/ossl_priv.h"

void identity_san(const struct identity_cfg *cfg, char out[IDENTITY_SAN_MAX])
{
	int n = snprintf(out, IDENTITY_SAN_MAX,
			 "Vendor=%04x:Device=%04x:CC=%06x:REV=%02x"
			 ":SSVID=%04x:SSID=%04x",
			 cfg->vendor, cfg->device, cfg->class_code & 0xffffff,
			 cfg->revision, cfg->subsys_vendor, cfg->subsys_device);

	if (cfg->serial)
		snprintf(out + n, IDENTITY_SAN_MAX - (size_t)n, ":%016llx",
			 (unsigned long long)cfg->serial);
}

const char *identity_fault_name(enum identity_fault fault)
{
	switch (fault) {
	case IDENTITY_OK:
		return "good";
	case IDENTITY_CHAIN:
		return "no certificate, or a damaged one";
	case IDENTITY_TOO_LONG:
		return "too many certificates, or too large";
	case IDENTITY_ORDER:
		return "certificates do not follow one another";
	case IDENTITY_KEY:
		return "no private key, or a damaged one";
	case IDENTITY_CURVE:
		return "key of another kind than SPDM has";
	case IDENTITY_MISMATCH:
		return "key does not fit the leaf certificate";
	}
	return "?";
}

struct certs {
	X509 *at[CRYPTO_CHAIN_CERTS];
	int count;
};

static void certs_free(struct certs *c)
{
	for (int i = 0; i < c->count; i++)
		X509_free(c->at[i]);
	c->count = 0;
}

/* The next certificate of a PEM text; *out is NULL at the end of the text. */
static bool next_pem(struct ossl *o, BIO *b, X509 **out)
{
	unsigned char *der = NULL;
	char *name = NULL;
	char *header = NULL;
	long len = 0;
	bool ok = true;

	*out = NULL;
	while (PEM_read_bio(b, &name, &header, &der, &len)) {
		bool cert = !strcmp(name, PEM_STRING_X509);

		if (cert)
			*out = ossl_cert_read(o, der, (size_t)len);
		ok = !cert || *out;
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(der, (size_t)len);
		if (cert)
			return ok;
	}
	/* Anything but "no start line" is a certificate cut short. */
	return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

/* Certificates in DER, one behind the other. */
static enum identity_fault read_ders(struct ossl *o, const uint8_t *p,
				     size_t len, struct certs *c)
{
	while (len) {
		const unsigned char *at = p;
		long body = 0;
		int tag, class;
		size_t n;

		if (c->count == CRYPTO_CHAIN_CERTS)
			return IDENTITY_TOO_LONG;
		/* Bit 7 of the answer: damaged, or longer than what is there.
		 */
		if (ASN1_get_object(&at, &body, &tag, &class, (long)len) & 0x80)
			return IDENTITY_CHAIN;
		n = (size_t)(at - p) + (size_t)body;
		c->at[c->count] = ossl_cert_read(o, p, n);
		if (!c->at[c->count])
			return IDENTITY_CHAIN;
		c->count++;
		p += n;
		len -= n;
	}
	return IDENTITY_OK;
}

static enum identity_fault read_pems(struct ossl *o, const char *pem,
				     size_t len, struct certs *c)
{
	enum identity_fault fault = IDENTITY_OK;
	BIO *b = BIO_new_mem_buf(pem, len > INT_MAX ? 0 : (int)len);
	X509 *x = NULL;

	(void)ossl_bad(IL_OK);
	if (!b)
		return IDENTITY_CHAIN;
	do {
		if (!next_pem(o, b, &x)) {
			fault = IDENTITY_CHAIN;
		} else if (x && c->count == CRYPTO_CHAIN_CERTS) {
			X509_free(x);
			fault = IDENTITY_TOO_LONG;
		} else if (x) {
			c->at[c->count++] = x;
		}
	} while (x && !fault);
	BIO_free(b);
	return !fault && !c->count ? IDENTITY_CHAIN : fault;
}

static enum identity_fault read_certs(struct ossl *o, const char *p, size_t len,
				      struct certs *c)
{
	if (len && len <= INT_MAX && p[0] == 0x30)
		return read_ders(o, (const uint8_t *)p, len, c);
	return read_pems(o, p, len, c);
}

/* Whether @x was issued by @by, signature included. */
static bool issued(X509 *by, X509 *x)
{
	EVP_PKEY *k = X509_get0_pubkey(by);

	return k &&
	       X509_NAME_cmp(X509_get_subject_name(by),
			     X509_get_issuer_name(x)) == 0 &&
	       X509_verify(x, k) == 1;
}

/* Root first: turns a text round that has the leaf first. */
static enum identity_fault put_in_order(struct certs *c)
{
	bool down = true;
	bool up = true;

	for (int i = 0; i + 1 < c->count; i++) {
		down = down && issued(c->at[i], c->at[i + 1]);
		up = up && issued(c->at[i + 1], c->at[i]);
	}
	if (down)
		return IDENTITY_OK;
	if (!up)
		return IDENTITY_ORDER;
	for (int i = 0, k = c->count - 1; i < k; i++, k--) {
		X509 *x = c->at[i];

		c->at[i] = c->at[k];
		c->at[k] = x;
	}
	return IDENTITY_OK;
}

static enum identity_fault take_chain(const struct certs *c,
				      struct identity *out)
{
	out->chain_len = 0;
	for (int i = 0; i < c->count; i++) {
		unsigned char *at = out->chain + out->chain_len;
		int len = i2d_X509(c->at[i], NULL);

		if (len <= 0)
			return IDENTITY_CHAIN;
		if ((size_t)len > sizeof(out->chain) - out->chain_len)
			return IDENTITY_TOO_LONG;
		i2d_X509(c->at[i], &at);
		out->chain_len += (size_t)len;
	}
	return IDENTITY_OK;
}

static enum identity_fault take_key(const EVP_PKEY *k, X509 *leaf,
				    struct identity *out)
{
	EVP_PKEY *pub = X509_get0_pubkey(leaf);
	enum crypto_key kind;
	enum il_err err;

	if (!k)
		return IDENTITY_KEY;
	kind = ossl_kind_of(k);
	out->kind = kind;
	out->curve = crypto_key_curve(kind);
	out->rsa_bits = crypto_key_rsa_bits(kind);
	if (!pub || !kind)
		return IDENTITY_CURVE;
	if (EVP_PKEY_eq(k, pub) != 1)
		return IDENTITY_MISMATCH;
	err = ossl_key_der(k, out->key, sizeof(out->key), &out->key_len);
	return !err		   ? IDENTITY_OK
	       : err == IL_E_SPACE ? IDENTITY_TOO_LONG
				   : IDENTITY_KEY;
}

enum il_err identity_load(struct ossl *o, const char *chain, size_t chain_len,
			  const char *key, size_t key_len, struct identity *out,
			  enum identity_fault *fault)
{
	struct identity got = { 0 };
	struct certs c = { .count = 0 };
	EVP_PKEY *k = NULL;
	enum il_err err;

	*fault = read_certs(o, chain, chain_len, &c);
	if (!*fault)
		*fault = put_in_order(&c);
	if (!*fault)
		*fault = take_chain(&c, &got);
	if (!*fault) {
		k = ossl_key_read(o, key, key_len, &err);
		*fault = take_key(k, c.at[c.count - 1], &got);
	}
	EVP_PKEY_free(k);
	certs_free(&c);
	(void)ossl_bad(IL_OK);
	if (!*fault)
		*out = got;
	bytes_wipe(&got, sizeof(got));
	return *fault ? IL_E_FIELD : IL_OK;
}

enum il_err identity_anchor(struct ossl *o, const void *p, size_t len,
			    uint8_t *out, size_t *out_len)
{
	X509 *x = ossl_cert_read(o, p, len);
	unsigned char *at = out;
	struct certs c = { .count = 0 };
	int n;

	if (!x && !read_certs(o, p, len, &c)) {
		x = c.at[0];
		X509_up_ref(x);
	}
	certs_free(&c);
	(void)ossl_bad(IL_OK);
	n = x ? i2d_X509(x, NULL) : 0;
	if (n > 0 && n <= CRYPTO_CERT_MAX)
		*out_len = (size_t)i2d_X509(x, &at);
	X509_free(x);
	return n > 0 && n <= CRYPTO_CERT_MAX ? IL_OK : IL_E_FIELD;
}
