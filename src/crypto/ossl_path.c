/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_priv.h"

#include <openssl/x509v3.h>

/*
 * OpenSSL gives the verdict, but for dates; diagnose() then finds the reason
 * and the certificate, because OpenSSL looks for any path and so cannot say
 * which certificate of ours stands wrong. A reason is only ever sought for a
 * chain that is already refused.
 */

#define AUTH_LEVEL 2 /* at least 112 bits: no SHA-1, no RSA below 2048 */

#define OID_RESPONDER "1.3.6.1.4.1.412.274.3"
#define OID_REQUESTER "1.3.6.1.4.1.412.274.4"

struct path {
	X509 *anchor;
	X509 *const *cert;
	int count;
	int first; /* 1 if the chain begins with the anchor itself */
	int64_t now_s;
};

static bool same(const X509 *a, const X509 *b)
{
	return a == b || X509_cmp(a, b) == 0;
}

/* The path that OpenSSL found is ours, all of it, in order. */
static bool in_order(const struct path *p, STACK_OF(X509) * found)
{
	int n = sk_X509_num(found);

	if (n != p->count + !p->first)
		return false;
	for (int i = 0; i < p->count; i++)
		if (!same(sk_X509_value(found, i), p->cert[p->count - 1 - i]))
			return false;
	return same(sk_X509_value(found, n - 1), p->anchor);
}

static bool path_ok(struct ossl *o, const struct path *p)
{
	X509_STORE_CTX *c = X509_STORE_CTX_new_ex(o->certs, NULL);
	STACK_OF(X509) *others = sk_X509_new_null();
	STACK_OF(X509) *anchors = sk_X509_new_null();
	X509_VERIFY_PARAM *param;
	bool ok = c && others && anchors && sk_X509_push(anchors, p->anchor);

	for (int i = 0; ok && i < p->count - 1; i++)
		ok = sk_X509_push(others, p->cert[i]) > 0;
	ok = ok && X509_STORE_CTX_init(c, NULL, p->cert[p->count - 1], others);
	if (ok) {
		X509_STORE_CTX_set0_trusted_stack(c, anchors);
		param = X509_STORE_CTX_get0_param(c);
		X509_VERIFY_PARAM_set_depth(param, CRYPTO_CHAIN_CERTS);
		X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
		/* An anchor need not be self-signed; dates: dates_ok(). */
		X509_VERIFY_PARAM_set_flags(param,
					    X509_V_FLAG_PARTIAL_CHAIN |
						    X509_V_FLAG_NO_CHECK_TIME);
		ok = X509_verify_cert(c) == 1 &&
		     in_order(p, X509_STORE_CTX_get0_chain(c));
	}
	X509_STORE_CTX_free(c);
	sk_X509_free(others);
	sk_X509_free(anchors);
	return ok;
}

/*
 * Source: RFC 5280 §4.1.2.5: both ends are valid. OpenSSL refuses the last
 * second, so it is told to leave dates alone.
 */
static enum crypto_why_code check_dates(const struct path *p, const X509 *x)
{
	time_t now = (time_t)p->now_s;
	int from = ASN1_TIME_cmp_time_t(X509_get0_notBefore(x), now);
	int to = ASN1_TIME_cmp_time_t(X509_get0_notAfter(x), now);

	if (from == -2 || to < 0) /* -2: no date that can be read */
		return CRYPTO_WHY_EXPIRED;
	return from > 0 ? CRYPTO_WHY_NOT_YET : CRYPTO_WHY_NONE;
}

static bool dates_ok(const struct path *p)
{
	if (check_dates(p, p->anchor))
		return false;
	for (int i = 0; i < p->count; i++)
		if (check_dates(p, p->cert[i]))
			return false;
	return true;
}

/* OpenSSL looks at how long a key is, not at its exponent. */
static bool key_ok(const X509 *x)
{
	const EVP_PKEY *k = X509_get0_pubkey(x);

	return k && ossl_exponent_ok(k);
}

static bool keys_ok(const struct path *p)
{
	for (int i = 0; i < p->count; i++)
		if (!key_ok(p->cert[i]))
			return false;
	return key_ok(p->anchor);
}

/* What a certificate says that stands above another one. */
static enum crypto_why_code check_issuer(X509 *x, int cas_below)
{
	uint32_t flags = X509_get_extension_flags(x);
	long most = X509_get_pathlen(x);

	if (!X509_check_ca(x)) {
		if ((flags & EXFLAG_CA) &&
		    !(X509_get_key_usage(x) & KU_KEY_CERT_SIGN))
			return CRYPTO_WHY_KEY_USAGE;
		return CRYPTO_WHY_NOT_CA;
	}
	if (most >= 0 && cas_below > most)
		return CRYPTO_WHY_PATH_LEN;
	return key_ok(x) ? CRYPTO_WHY_NONE : CRYPTO_WHY_OTHER;
}

static enum crypto_why_code check_link(const struct path *p, int i,
				       X509 *issuer)
{
	X509 *x = p->cert[i];

	if (X509_NAME_cmp(X509_get_issuer_name(x),
			  X509_get_subject_name(issuer)) != 0)
		return i == 0 ? CRYPTO_WHY_UNTRUSTED : CRYPTO_WHY_ORDER;
	if (X509_verify(x, X509_get0_pubkey(issuer)) == 1)
		return CRYPTO_WHY_NONE;
	/* Another root of the same name is whole, but not ours. */
	if (i == 0 && X509_self_signed(x, 1) == 1)
		return CRYPTO_WHY_UNTRUSTED;
	return CRYPTO_WHY_SIGNATURE;
}

static struct crypto_why diagnose(const struct path *p)
{
	int at = p->first ? 0 : CRYPTO_CERT_ANCHOR;
	X509 *issuer = p->anchor;
	enum crypto_why_code code = check_dates(p, issuer);

	if (code)
		return (struct crypto_why){ code, at };
	for (int i = p->first; i < p->count; i++) {
		code = check_link(p, i, issuer);
		if (code)
			return (struct crypto_why){ code, i };
		code = check_issuer(issuer, p->count - 1 - i);
		if (code)
			return (struct crypto_why){ code, at };
		issuer = p->cert[i];
		at = i;
		code = check_dates(p, issuer);
		if (!code && X509_get_extension_flags(issuer) & EXFLAG_CRITICAL)
			code = CRYPTO_WHY_CRITICAL;
		if (code)
			return (struct crypto_why){ code, i };
	}
	return (struct crypto_why){ CRYPTO_WHY_OTHER, p->count - 1 };
}

static bool has_eku(const EXTENDED_KEY_USAGE *eku, const char *want)
{
	char oid[64];

	for (int i = 0; i < sk_ASN1_OBJECT_num(eku); i++) {
		OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(eku, i), 1);
		if (!strcmp(oid, want))
			return true;
	}
	return false;
}

/*
 * Source: DSP0274 1.2, "SPDM certificate requirements and recommendations":
 *         not a CA; key usage present, with digital signature; a key that is
 *         for one role does not play the other.
 */
static enum crypto_why_code check_leaf(X509 *x, bool requester)
{
	const char *own = requester ? OID_REQUESTER : OID_RESPONDER;
	const char *other = requester ? OID_RESPONDER : OID_REQUESTER;
	enum crypto_why_code code = CRYPTO_WHY_NONE;
	uint32_t flags = X509_get_extension_flags(x);
	EXTENDED_KEY_USAGE *eku;
	int crit;

	if (flags & EXFLAG_CA)
		return CRYPTO_WHY_PURPOSE;
	if (!(flags & EXFLAG_KUSAGE) ||
	    !(X509_get_key_usage(x) & KU_DIGITAL_SIGNATURE))
		return CRYPTO_WHY_KEY_USAGE;
	eku = X509_get_ext_d2i(x, NID_ext_key_usage, &crit, NULL);
	if (!eku && crit != -1) /* there, but not to be read */
		code = CRYPTO_WHY_PURPOSE;
	if (eku && has_eku(eku, other) && !has_eku(eku, own))
		code = CRYPTO_WHY_PURPOSE;
	EXTENDED_KEY_USAGE_free(eku);
	return code;
}

static struct crypto_why judge(struct ossl *o, const struct path *p,
			       bool requester)
{
	int leaf = p->count - 1;
	enum crypto_why_code code;

	if (!dates_ok(p) || !keys_ok(p) || !path_ok(o, p))
		return diagnose(p);
	code = check_leaf(p->cert[leaf], requester);
	return (struct crypto_why){ code, code ? leaf : 0 };
}

/*
 * The anchor as a certificate of its own, or the chain's first if those are
 * its very bytes: parsed already. NULL if it is none. The caller frees it.
 */
static X509 *read_anchor(struct ossl *o, X509 *first, const uint8_t *der,
			 size_t len)
{
	uint8_t own[CRYPTO_CERT_MAX];
	unsigned char *at = own;
	int n = i2d_X509(first, NULL);

	if (n > 0 && (size_t)n == len && len <= sizeof(own) &&
	    i2d_X509(first, &at) == n && memcmp(own, der, len) == 0) {
		X509_up_ref(first);
		return first;
	}
	return ossl_cert_read(o, der, len);
}

enum il_err ossl_chain_verify(void *ctx, const struct crypto_chain *chain,
			      const uint8_t *anchor, size_t anchor_len,
			      int64_t now_s, struct crypto_why *why)
{
	struct ossl_slot *s = ossl_find(ctx, chain->slot, HOLDS_CHAIN);
	struct path p = { .now_s = now_s };

	*why = (struct crypto_why){ CRYPTO_WHY_OTHER, 0 };
	if (!s)
		return IL_E_STATE;
	p.cert = s->chain.cert;
	p.count = (int)s->chain.count;
	p.anchor = read_anchor(ctx, p.cert[0], anchor, anchor_len);
	if (p.anchor) {
		p.first = same(p.anchor, p.cert[0]);
		*why = judge(ctx, &p, chain->requester);
	} else {
		*why = (struct crypto_why){ CRYPTO_WHY_ANCHOR,
					    CRYPTO_CERT_ANCHOR };
	}
	X509_free(p.anchor);
	(void)ossl_bad(IL_OK);
	return why->code ? IL_E_AUTH : IL_OK;
}
