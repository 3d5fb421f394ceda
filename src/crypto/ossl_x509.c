/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_priv.h"

#include <time.h>

#include <openssl/x509v3.h>

#include "base/bytes.h"

#define OID_DMTF_DEVICE "1.3.6.1.4.1.412.274.1"

X509 *ossl_cert_read(struct ossl *o, const uint8_t *der, size_t len)
{
	X509 *x = X509_new_ex(o->certs, NULL);
	const unsigned char *at = der;

	if (!x || !len || len > CRYPTO_CERT_MAX)
		goto no;
	if (!d2i_X509(&x, &at, (long)len)) /* frees x when it fails */
		return NULL;
	if (at == der + len)
		return x;
no:
	X509_free(x);
	return NULL;
}

/* Source: X.690 §8.1.3 (definite form) */
size_t ossl_element_len(const struct rd *r, enum il_err *err)
{
	struct rd at = *r;
	uint8_t tag = rd_u8(&at);
	uint8_t first = rd_u8(&at);
	size_t len = first;

	if (first & 0x80) {
		unsigned more = first & 0x7f;

		if (!at.err && (more < 1 || more > 3))
			at.err = IL_E_FIELD;
		len = rd_be(&at, at.err ? 0 : more);
	}
	*err = at.err;
	if (!at.err && tag != 0x30)
		*err = IL_E_FIELD;
	return *err ? 0 : len + (size_t)(at.p - r->p);
}

static bool seconds(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(t, &tm))
		return false;
	*out = timegm(&tm);
	return true;
}

/* One certificate off the front of @r. */
static enum il_err next_cert(struct ossl *o, struct rd *r, X509 **x,
			     struct crypto_cert *out)
{
	enum il_err err;
	size_t len = ossl_element_len(r, &err);
	const uint8_t *der;

	if (err)
		return err;
	if (len > CRYPTO_CERT_MAX)
		return IL_E_LONG;
	der = rd_bytes(r, len);
	if (!der)
		return IL_E_SHORT;
	*x = ossl_cert_read(o, der, len);
	if (!*x)
		return ossl_bad(IL_E_FIELD);
	out->len = (uint32_t)len;
	out->ca = (X509_get_extension_flags(*x) & EXFLAG_CA) != 0;
	if (!seconds(X509_get0_notBefore(*x), &out->not_before_s) ||
	    !seconds(X509_get0_notAfter(*x), &out->not_after_s))
		return ossl_bad(IL_E_FIELD);
	return IL_OK;
}

static bool printable(uint8_t c)
{
	return c >= 0x20 && c < 0x7f;
}

enum il_err ossl_show_name(const X509_NAME *name, char *out)
{
	BIO *b = BIO_new(BIO_s_mem());
	int n = -1;

	if (b && X509_NAME_print_ex(b, name, 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_read(b, out, CRYPTO_NAME_MAX - 1);
	BIO_free(b);
	for (int i = 0; i < n; i++)
		if (!printable((uint8_t)out[i]))
			out[i] = '?';
	out[n > 0 ? n : 0] = 0;
	return b ? IL_OK : IL_E_NOMEM;
}

static enum il_err read_other_name(const OTHERNAME *other,
				   struct crypto_chain *out)
{
	const ASN1_UTF8STRING *text;
	enum crypto_san kind = CRYPTO_SAN_NONE;
	char oid[64];
	int len;

	OBJ_obj2txt(oid, sizeof(oid), other->type_id, 1);
	if (!strcmp(oid, OSSL_OID_PCI))
		kind = CRYPTO_SAN_PCI;
	else if (!strcmp(oid, OID_DMTF_DEVICE))
		kind = CRYPTO_SAN_DMTF;
	if (kind == CRYPTO_SAN_NONE)
		return IL_OK;
	/* Two names of a kind: a device could be either of them. */
	if (kind == out->san_kind)
		return IL_E_FIELD;
	if (other->value->type != V_ASN1_UTF8STRING)
		return IL_E_FIELD;
	text = other->value->value.utf8string;
	len = ASN1_STRING_length(text);
	if (len < 1 || len >= CRYPTO_NAME_MAX)
		return IL_E_FIELD;
	for (int i = 0; i < len; i++)
		if (!printable(ASN1_STRING_get0_data(text)[i]))
			return IL_E_FIELD;
	if (out->san_kind == CRYPTO_SAN_PCI)
		return IL_OK;
	out->san_kind = kind;
	memcpy(out->san, ASN1_STRING_get0_data(text), (size_t)len);
	out->san[len] = 0;
	return IL_OK;
}

static enum il_err read_san(const X509 *x, struct crypto_chain *out)
{
	GENERAL_NAMES *names;
	enum il_err err = IL_OK;
	int crit;

	names = X509_get_ext_d2i(x, NID_subject_alt_name, &crit, NULL);
	if (!names) /* -1: there is none */
		return crit == -1 ? IL_OK : ossl_bad(IL_E_FIELD);
	for (int i = 0; !err && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type == GEN_OTHERNAME)
			err = read_other_name(g->d.otherName, out);
	}
	GENERAL_NAMES_free(names);
	return err;
}

static enum il_err read_all(struct ossl *o, const uint8_t *der, size_t len,
			    X509 **certs, struct crypto_chain *out)
{
	struct rd r = rd_over(der, len);
	enum il_err err = len ? IL_OK : IL_E_SHORT;
	EVP_PKEY *k;
	X509 *leaf;

	while (!err && rd_left(&r)) {
		struct crypto_cert *at = &out->certs[out->count];

		if (out->count == CRYPTO_CHAIN_CERTS)
			return IL_E_LONG;
		at->off = (uint32_t)(r.p - der);
		err = next_cert(o, &r, &certs[out->count], at);
		out->count++;
	}
	if (err)
		return err;
	leaf = certs[out->count - 1];
	k = X509_get0_pubkey(leaf);
	out->key = k ? ossl_kind_of(k) : 0;
	out->curve = crypto_key_curve(out->key);
	if (!out->key)
		return ossl_bad(IL_E_FIELD);
	err = ossl_show_name(X509_get_subject_name(leaf), out->subject);
	if (!err)
		err = read_san(leaf, out);
	return err;
}

enum il_err ossl_chain_parse(void *ctx, const uint8_t *der, size_t len,
			     struct crypto_chain *out)
{
	struct crypto_chain got = { .slot = out->slot, .leaf = out->leaf };
	X509 *certs[CRYPTO_CHAIN_CERTS] = { NULL };
	struct ossl_slot *chain, *leaf;
	struct ossl *o = ctx;
	enum il_err err;

	err = ossl_may_take(o, out->slot, HOLDS_CHAIN, !out->leaf.n);
	if (!err)
		err = ossl_may_take(o, out->leaf, HOLDS_PUB, 0);
	if (!err)
		err = read_all(o, der, len, certs, &got);
	if (!err)
		err = ossl_take(o, &got.slot, HOLDS_CHAIN, &chain);
	if (!err)
		err = ossl_take(o, &got.leaf, HOLDS_PUB, &leaf);
	if (err) {
		for (unsigned i = 0; i < CRYPTO_CHAIN_CERTS; i++)
			X509_free(certs[i]);
		return ossl_bad(err);
	}
	memcpy(chain->chain.cert, certs, sizeof(certs));
	chain->chain.count = got.count;
	leaf->pkey = X509_get_pubkey(certs[got.count - 1]);
	leaf->key = got.key;
	*out = got;
	return IL_OK;
}
