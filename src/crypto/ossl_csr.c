/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_priv.h"

#include <openssl/x509v3.h>

#include "base/bytes.h"

/* Certificate requests. Source: RFC 2986 */

#define INFO_MAX 4096

/* Behind an info: sha256WithECDSA and no bits, so that a reader of requests
 * takes it. */
static const uint8_t unsigned_tail[] = {
	0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 0x04, 0x03, 0x02, 0x03, 0x01, 0x00,
};

static X509_REQ *read_req(OSSL_LIB_CTX *lib, const uint8_t *der, size_t len,
			  enum il_err *err)
{
	X509_REQ *r = X509_REQ_new_ex(lib, NULL);
	const unsigned char *at = der;

	*err = r ? IL_E_FIELD : IL_E_NOMEM;
	if (!r || len > INT_MAX)
		goto no;
	if (!d2i_X509_REQ(&r, &at, (long)len)) /* frees r when it fails */
		return NULL;
	if (at != der + len)
		*err = IL_E_LONG;
	else if (X509_REQ_get_version(r) == X509_REQ_VERSION_1)
		return r;
no:
	X509_REQ_free(r);
	return NULL;
}

/* A bare CertificationRequestInfo as a request that nobody signed. */
static X509_REQ *read_info(struct ossl *o, const uint8_t *info, size_t len,
			   enum il_err *err)
{
	uint8_t der[4 + INFO_MAX + sizeof(unsigned_tail)];
	struct wr w = wr_over(der, sizeof(der));
	struct rd r = rd_over(info, len);
	size_t one = ossl_element_len(&r, err);

	if (*err == IL_OK && one > len)
		*err = IL_E_SHORT;
	if (*err == IL_OK && one < len)
		*err = IL_E_LONG;
	if (*err == IL_OK && len > INFO_MAX)
		*err = IL_E_FIELD;
	if (*err == IL_E_SHORT)
		*err = IL_E_FIELD;
	if (*err)
		return NULL;
	wr_u8(&w, 0x30);
	wr_u8(&w, 0x82);
	wr_u16be(&w, (uint16_t)(len + sizeof(unsigned_tail)));
	wr_bytes(&w, info, len);
	wr_bytes(&w, unsigned_tail, sizeof(unsigned_tail));
	return read_req(o->lib, der, w.len, err);
}

static bool name_ok(const char *s)
{
	return s && *s && strlen(s) < CRYPTO_NAME_MAX;
}

static bool add_common_name(X509_REQ *r, const char *name)
{
	return X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(r), "CN",
					  MBSTRING_UTF8, (const uint8_t *)name,
					  -1, -1, 0) == 1;
}

static bool push(STACK_OF(X509_EXTENSION) * all, X509_EXTENSION *e)
{
	if (e && sk_X509_EXTENSION_push(all, e) > 0)
		return true;
	X509_EXTENSION_free(e);
	return false;
}

static X509_EXTENSION *basic(bool ca)
{
	BASIC_CONSTRAINTS b = { .ca = ca ? 0xff : 0 };

	return X509V3_EXT_i2d(NID_basic_constraints, 1, &b);
}

static X509_EXTENSION *device_name(const char *san)
{
	GENERAL_NAMES *all = sk_GENERAL_NAME_new_null();
	GENERAL_NAME *g = GENERAL_NAME_new();
	ASN1_OBJECT *oid = OBJ_txt2obj(OSSL_OID_PCI, 1);
	ASN1_STRING *text = ASN1_UTF8STRING_new();
	ASN1_TYPE *value = ASN1_TYPE_new();
	X509_EXTENSION *e = NULL;

	bool ok = all && g && oid && text && value &&
		  ASN1_STRING_set(text, san, -1);

	if (ok) {
		ASN1_TYPE_set(value, V_ASN1_UTF8STRING, text);
		text = NULL;
		ok = GENERAL_NAME_set0_othername(g, oid, value);
	}
	if (ok) {
		oid = NULL;
		value = NULL;
		ok = sk_GENERAL_NAME_push(all, g) > 0;
	}
	if (ok) {
		g = NULL;
		e = X509V3_EXT_i2d(NID_subject_alt_name, 0, all);
	}
	ASN1_TYPE_free(value);
	ASN1_STRING_free(text);
	ASN1_OBJECT_free(oid);
	GENERAL_NAME_free(g);
	GENERAL_NAMES_free(all);
	return e;
}

static bool add_extensions(X509_REQ *r, const struct crypto_csr_ask *ask)
{
	STACK_OF(X509_EXTENSION) *all = sk_X509_EXTENSION_new_null();
	bool ok;

	ok = all && push(all, basic(ask->ca)) &&
	     (!ask->san || push(all, device_name(ask->san))) &&
	     (!ask->hardware || push(all, ossl_hardware_identity())) &&
	     X509_REQ_add_extensions(r, all);
	sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
	return ok;
}

/* Whether the key that the info is for is the one that will sign. */
static bool same_key(const X509_REQ *r, const EVP_PKEY *k)
{
	EVP_PKEY *theirs = X509_REQ_get0_pubkey((X509_REQ *)r);

	return theirs && EVP_PKEY_eq(theirs, k) == 1;
}

static enum il_err fill(struct ossl *o, const EVP_PKEY *k,
			const struct crypto_csr_ask *ask, X509_REQ **out)
{
	X509_REQ *r = NULL;
	enum il_err err = IL_E_NOMEM;

	if (ask->info)
		r = read_info(o, ask->info, ask->info_len, &err);
	else
		r = X509_REQ_new_ex(o->lib, NULL);
	if (!r)
		return err;
	err = IL_OK;
	if (ask->info && !same_key(r, k))
		err = IL_E_FIELD;
	if (!err && !X509_NAME_entry_count(X509_REQ_get_subject_name(r)) &&
	    !name_ok(ask->name))
		err = IL_E_ARG;
	if (!err && !X509_NAME_entry_count(X509_REQ_get_subject_name(r)) &&
	    !add_common_name(r, ask->name))
		err = IL_E_ARG;
	if (!err && X509_REQ_get_attr_by_NID(r, NID_ext_req, -1) < 0 &&
	    X509_REQ_get_attr_by_NID(r, NID_ms_ext_req, -1) < 0 &&
	    !add_extensions(r, ask))
		err = IL_E_NOMEM;
	if (!err && (!X509_REQ_set_version(r, X509_REQ_VERSION_1) ||
		     !X509_REQ_set_pubkey(r, (EVP_PKEY *)k)))
		err = IL_E_NOMEM;
	if (!err)
		*out = r;
	else
		X509_REQ_free(r);
	return err;
}

enum il_err ossl_csr_make(void *ctx, struct crypto_slot key,
			  const struct crypto_csr_ask *ask, uint8_t *out,
			  size_t cap, size_t *len)
{
	struct ossl_slot *p = ossl_find(ctx, key, HOLDS_KEY);
	const bool hashed = p && !crypto_key_is_ml_dsa(p->key);
	unsigned char *at = out;
	X509_REQ *r = NULL;
	enum il_err err;
	int n;

	if (!p)
		return IL_E_STATE;
	if ((hashed && !ossl_digest(ask->hash)) ||
	    (ask->san && !name_ok(ask->san)))
		return IL_E_ARG;
	err = fill(ctx, p->pkey, ask, &r);
	if (!err && X509_REQ_sign(r, p->pkey,
				  hashed ? ossl_digest(ask->hash) : NULL) <= 0)
		err = IL_E_RANDOM;
	n = err ? 0 : i2d_X509_REQ(r, NULL);
	if (!err && n <= 0)
		err = IL_E_NOMEM;
	if (!err)
		*len = (size_t)n;
	if (!err && *len > cap)
		err = IL_E_SPACE;
	if (!err)
		(void)i2d_X509_REQ(r, &at);
	X509_REQ_free(r);
	return ossl_bad(err);
}

enum il_err ossl_csr_info(void *ctx, struct crypto_slot pub, const char *name,
			  uint8_t *out, size_t cap, size_t *len)
{
	struct ossl_slot *p = ossl_any_key(ctx, pub);
	struct ossl *o = ctx;
	unsigned char *at = out;
	enum il_err err = IL_OK;
	X509_REQ *r;
	int n = 0;

	if (!p)
		return IL_E_STATE;
	if (!name_ok(name))
		return IL_E_ARG;
	r = X509_REQ_new_ex(o->lib, NULL);
	if (r && X509_REQ_set_version(r, X509_REQ_VERSION_1) &&
	    X509_REQ_set_pubkey(r, p->pkey) && !add_common_name(r, name))
		err = IL_E_ARG;
	n = r && !err ? i2d_re_X509_REQ_tbs(r, NULL) : 0;
	if (!err && n <= 0)
		err = IL_E_NOMEM;
	if (!err)
		*len = (size_t)n;
	if (!err && *len > cap)
		err = IL_E_SPACE;
	if (!err)
		(void)i2d_re_X509_REQ_tbs(r, &at);
	X509_REQ_free(r);
	return ossl_bad(err);
}

/*
 * Parameters of a signature's algorithm: absent, NULL, or those of PSS.
 * OpenSSL does not look at those of PKCS #1 v1.5.
 * Source: RFC 4055 §5, RFC 5758 §3.2
 */
static bool algorithm_ok(const X509_REQ *r)
{
	const ASN1_BIT_STRING *sig;
	const X509_ALGOR *alg;
	int type;

	X509_REQ_get0_signature(r, &sig, &alg);
	X509_ALGOR_get0(NULL, &type, NULL, alg);
	return type == V_ASN1_UNDEF || type == V_ASN1_NULL ||
	       type == V_ASN1_SEQUENCE;
}

enum il_err ossl_csr_read(void *ctx, const uint8_t *der, size_t len,
			  struct crypto_slot *pub, char *subject)
{
	struct ossl *o = ctx;
	enum il_err err = ossl_may_take(o, *pub, HOLDS_PUB, 0);
	char name[CRYPTO_NAME_MAX];
	EVP_PKEY *k = NULL;
	X509_REQ *r = NULL;

	if (!err)
		r = read_req(o->certs, der, len, &err);
	if (r) {
		k = X509_REQ_get_pubkey(r);
		err = k && ossl_kind_of(k) && algorithm_ok(r) ? IL_OK
							      : IL_E_FIELD;
		if (!err && X509_REQ_verify_ex(r, k, o->certs, NULL) != 1)
			err = IL_E_AUTH;
		if (!err)
			err = ossl_show_name(X509_REQ_get_subject_name(r),
					     name);
	}
	X509_REQ_free(r);
	if (err) {
		EVP_PKEY_free(k);
		return ossl_bad(err);
	}
	err = ossl_key_settle(o, pub, HOLDS_PUB, k, IL_E_FIELD);
	if (!err)
		memcpy(subject, name, sizeof(name));
	return err;
}
