/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_priv.h"

#include <limits.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#include "base/bits.h"
#include "base/bytes.h"

static const struct {
	int nid;
	const char *name;
} curves[] = {
	[CRYPTO_P256] = { NID_X9_62_prime256v1, "P-256" },
	[CRYPTO_P384] = { NID_secp384r1, "P-384" },
	[CRYPTO_P521] = { NID_secp521r1, "P-521" },
};

int ossl_curve_nid(enum crypto_curve curve)
{
	return curves[curve].nid;
}

/*
 * The curve by its name. One that is written out is refused, even where it is
 * the same, as path validation does. Source: RFC 5480 §2.1.1 (namedCurve)
 */
static enum crypto_key ec_kind(const EVP_PKEY *k)
{
	char name[32];
	int written = 0;
	int nid;

	if (!EVP_PKEY_get_group_name(k, name, sizeof(name), NULL) ||
	    !EVP_PKEY_get_int_param(
		    k, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
		    &written) ||
	    written)
		return 0;
	nid = EC_curve_nist2nid(name);
	if (nid == NID_undef)
		nid = OBJ_txt2nid(name);
	for (unsigned i = CRYPTO_P256; i < COUNT(curves); i++)
		if (curves[i].nid == nid)
			return (enum crypto_key)i;
	return 0;
}

enum crypto_key ossl_kind_of(const EVP_PKEY *k)
{
	if (EVP_PKEY_is_a(k, "EC"))
		return ec_kind(k);
	if (EVP_PKEY_is_a(k, "RSA"))
		return ossl_rsa_kind(k);
	return ossl_ml_dsa_kind(k);
}

static bool point_of(const EVP_PKEY *k, enum crypto_curve curve, uint8_t *out)
{
	int len = (int)crypto_curve_len(curve);
	BIGNUM *x = NULL;
	BIGNUM *y = NULL;
	bool ok;

	ok = EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_EC_PUB_X, &x) &&
	     EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_EC_PUB_Y, &y) &&
	     BN_bn2binpad(x, out, len) == len &&
	     BN_bn2binpad(y, out + len, len) == len;
	BN_free(x);
	BN_free(y);
	return ok;
}

/*
 * A public key from its point. OpenSSL refuses points that are not on the
 * curve when it takes them in.
 */
static EVP_PKEY *make_key(struct ossl *o, enum crypto_curve curve,
			  const uint8_t *pub)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(o->certs, "EC", NULL);
	size_t len = 2 * crypto_curve_len(curve);
	const char *group = curves[curve].name;
	uint8_t point[OSSL_POINT_MAX];
	EVP_PKEY *k = NULL;
	OSSL_PARAM p[3] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
						 (char *)(uintptr_t)group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
						  point, len + 1),
		OSSL_PARAM_construct_end(),
	};

	point[0] = POINT_CONVERSION_UNCOMPRESSED;
	memcpy(point + 1, pub, len);
	if (c && EVP_PKEY_fromdata_init(c) > 0)
		(void)EVP_PKEY_fromdata(c, &k, EVP_PKEY_PUBLIC_KEY, p);
	EVP_PKEY_CTX_free(c);
	return k;
}

enum il_err ossl_key_settle(struct ossl *o, struct crypto_slot *s,
			    enum ossl_kind kind, EVP_PKEY *k, enum il_err err)
{
	struct ossl_slot *p;

	if (!k)
		return ossl_bad(err);
	err = ossl_take(o, s, kind, &p);
	if (err) {
		EVP_PKEY_free(k);
		return err;
	}
	p->pkey = k;
	p->key = ossl_kind_of(k);
	return IL_OK;
}

static int no_password(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

EVP_PKEY *ossl_key_read(struct ossl *o, const void *p, size_t len,
			enum il_err *err)
{
	const unsigned char *at = p;
	EVP_PKEY *k = NULL;

	*err = IL_E_FIELD;
	if (!len || len > INT_MAX)
		return NULL;
	if (at[0] == 0x30) {
		k = d2i_AutoPrivateKey_ex(NULL, &at, (long)len, o->lib, NULL);
		if (k && at != (const unsigned char *)p + len) {
			*err = IL_E_LONG;
			EVP_PKEY_free(k);
			k = NULL;
		}
	} else {
		BIO *b = BIO_new_mem_buf(p, (int)len);

		if (b)
			k = PEM_read_bio_PrivateKey_ex(b, NULL, no_password,
						       NULL, o->lib, NULL);
		BIO_free(b);
	}
	return k;
}

enum il_err ossl_key_load(void *ctx, struct crypto_slot *s, const void *p,
			  size_t len)
{
	enum il_err err;
	EVP_PKEY *k = ossl_key_read(ctx, p, len, &err);

	if (k && !ossl_kind_of(k)) {
		EVP_PKEY_free(k);
		k = NULL;
	}
	return ossl_key_settle(ctx, s, HOLDS_KEY, k, err);
}

enum il_err ossl_pubkey_from_spki(void *ctx, struct crypto_slot *s,
				  const uint8_t *der, size_t len)
{
	const unsigned char *at = der;
	struct ossl *o = ctx;
	enum il_err err = IL_E_FIELD;
	EVP_PKEY *k = NULL;

	if (len && len <= INT_MAX)
		k = d2i_PUBKEY_ex(NULL, &at, (long)len, o->certs, NULL);
	if (k && at != der + len)
		err = IL_E_LONG;
	if (k && (err == IL_E_LONG || !ossl_kind_of(k))) {
		EVP_PKEY_free(k);
		k = NULL;
	}
	return ossl_key_settle(o, s, HOLDS_PUB, k, err);
}

enum il_err ossl_pubkey_from_point(void *ctx, struct crypto_slot *s,
				   enum crypto_curve curve, const uint8_t *pub)
{
	if (!crypto_curve_len(curve))
		return IL_E_ARG;
	return ossl_key_settle(ctx, s, HOLDS_PUB, make_key(ctx, curve, pub),
			       IL_E_FIELD);
}

struct ossl_slot *ossl_any_key(struct ossl *o, struct crypto_slot s)
{
	struct ossl_slot *p = ossl_find(o, s, HOLDS_KEY);

	return p ? p : ossl_find(o, s, HOLDS_PUB);
}

enum il_err ossl_pubkey(void *ctx, struct crypto_slot s,
			enum crypto_curve *curve, uint8_t *pub_out)
{
	const struct ossl_slot *p = ossl_any_key(ctx, s);
	enum crypto_curve on = p ? crypto_key_curve(p->key) : 0;
	uint8_t pub[CRYPTO_PUB_MAX];

	if (!on)
		return IL_E_STATE;
	if (!point_of(p->pkey, on, pub))
		return ossl_bad(IL_E_NOMEM);
	memcpy(pub_out, pub, 2 * crypto_curve_len(on));
	*curve = on;
	return IL_OK;
}

enum il_err ossl_key_kind(void *ctx, struct crypto_slot s,
			  enum crypto_key *kind)
{
	const struct ossl_slot *p = ossl_any_key(ctx, s);

	if (!p)
		return IL_E_STATE;
	*kind = p->key;
	return IL_OK;
}

enum il_err ossl_key_fits(void *ctx, struct crypto_slot key,
			  struct crypto_slot pub)
{
	const struct ossl_slot *a = ossl_any_key(ctx, key);
	const struct ossl_slot *b = ossl_any_key(ctx, pub);

	if (!a || !b)
		return IL_E_STATE;
	return a->key == b->key && EVP_PKEY_eq(a->pkey, b->pkey) == 1
		       ? IL_OK
		       : ossl_bad(IL_E_AUTH);
}

/* DER of an ECDSA signature to r || s. */
static bool sig_to_raw(const uint8_t *der, size_t der_len, uint8_t *raw,
		       size_t half)
{
	ECDSA_SIG *g = d2i_ECDSA_SIG(NULL, &der, (long)der_len);
	int n = (int)half;
	bool ok;

	ok = g && BN_bn2binpad(ECDSA_SIG_get0_r(g), raw, n) == n &&
	     BN_bn2binpad(ECDSA_SIG_get0_s(g), raw + half, n) == n;
	ECDSA_SIG_free(g);
	return ok;
}

/* r || s to DER, which the caller frees; length, or 0. */
static int sig_to_der(const uint8_t *raw, size_t half, unsigned char **der)
{
	BIGNUM *r = BN_bin2bn(raw, (int)half, NULL);
	BIGNUM *s = BN_bin2bn(raw + half, (int)half, NULL);
	ECDSA_SIG *g = ECDSA_SIG_new();
	int len = 0;

	if (r && s && g && ECDSA_SIG_set0(g, r, s)) {
		r = s = NULL;
		len = i2d_ECDSA_SIG(g, der);
	}
	ECDSA_SIG_free(g);
	BN_free(r);
	BN_free(s);
	return len > 0 ? len : 0;
}

static bool digest_ok(size_t len)
{
	return len > 0 && len <= CRYPTO_HASH_MAX;
}

EVP_PKEY_CTX *ossl_prepared(struct ossl *o, struct ossl_slot *p,
			    enum ossl_use use)
{
	EVP_PKEY_CTX *c = p->op[use];

	if (c)
		return c;
	c = EVP_PKEY_CTX_new_from_pkey(ossl_home(o, p), p->pkey, NULL);
	if (c && (use == OSSL_SIGN ? EVP_PKEY_sign_init(c)
				   : EVP_PKEY_verify_init(c)) <= 0) {
		EVP_PKEY_CTX_free(c);
		c = NULL;
	}
	p->op[use] = c;
	return c;
}

enum il_err ossl_sign(void *ctx, struct crypto_slot s, const uint8_t *digest,
		      size_t digest_len, uint8_t *sig, size_t sig_len)
{
	struct ossl_slot *p = ossl_find(ctx, s, HOLDS_KEY);
	uint8_t der[CRYPTO_SIG_MAX + 16];
	size_t len = sizeof(der);
	EVP_PKEY_CTX *c;
	size_t half;

	half = p ? crypto_curve_len(crypto_key_curve(p->key)) : 0;
	if (!half)
		return IL_E_STATE;
	if (!digest_ok(digest_len) || sig_len != 2 * half)
		return IL_E_ARG;
	c = ossl_prepared(ctx, p, OSSL_SIGN);
	if (c && EVP_PKEY_sign(c, der, &len, digest, digest_len) > 0 &&
	    sig_to_raw(der, len, sig, half))
		return IL_OK;
	return ossl_bad(IL_E_RANDOM);
}

enum il_err ossl_verify(void *ctx, struct crypto_slot s, const uint8_t *digest,
			size_t digest_len, const uint8_t *sig, size_t sig_len)
{
	struct ossl_slot *p = ossl_any_key(ctx, s);
	unsigned char *der = NULL;
	EVP_PKEY_CTX *c;
	size_t half;
	bool ok;
	int len;

	half = p ? crypto_curve_len(crypto_key_curve(p->key)) : 0;
	if (!half)
		return IL_E_STATE;
	if (!digest_ok(digest_len))
		return IL_E_ARG;
	if (sig_len != 2 * half)
		return IL_E_AUTH;
	c = ossl_prepared(ctx, p, OSSL_VERIFY);
	len = c ? sig_to_der(sig, half, &der) : 0;
	if (!len)
		return ossl_bad(IL_E_NOMEM);
	ok = EVP_PKEY_verify(c, der, (size_t)len, digest, digest_len) == 1;
	OPENSSL_free(der);
	return ok ? IL_OK : ossl_bad(IL_E_AUTH);
}
