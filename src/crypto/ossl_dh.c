/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_priv.h"

#include <openssl/obj_mac.h>

#include "base/bytes.h"

/*
 * ECDH on groups that the context keeps. The plain EC calls are used, as for
 * hashes: EVP makes a group, a key and a context anew for each point, and
 * EVP_PKEY_derive_set_peer() multiplies the peer's point by the order of the
 * curve, which on a curve of prime order says nothing that the equation of
 * the curve has not said.
 * Source: NIST SP 800-56A rev. 3 §5.6.2.3.4 (ECC partial public-key
 *         validation: in range, on the curve, not the point at infinity),
 *         §5.6.2.3.3 (full validation adds n * Q = O, which with cofactor 1
 *         holds for every point of the curve)
 */

static EC_GROUP *group(struct ossl *o, enum crypto_curve curve)
{
	EC_GROUP **g = &o->group[curve - 1];

	if (!*g)
		*g = EC_GROUP_new_by_curve_name_ex(o->lib, NULL,
						   ossl_curve_nid(curve));
	return *g;
}

static EC_KEY *new_key(struct ossl *o, enum crypto_curve curve)
{
	const EC_GROUP *g = group(o, curve);
	EC_KEY *k = g ? EC_KEY_new_ex(o->lib, NULL) : NULL;

	if (k && EC_KEY_set_group(k, g) == 1)
		return k;
	EC_KEY_free(k);
	return NULL;
}

static bool point_of(const EC_KEY *k, enum crypto_curve curve, uint8_t *out)
{
	const size_t len = 1 + 2 * crypto_curve_len(curve);
	uint8_t point[OSSL_POINT_MAX];

	if (EC_POINT_point2oct(EC_KEY_get0_group(k), EC_KEY_get0_public_key(k),
			       POINT_CONVERSION_UNCOMPRESSED, point,
			       sizeof(point), NULL) != len)
		return false;
	memcpy(out, point + 1, len - 1);
	return true;
}

/* Puts @k into a slot and its point into @pub_out; takes @k over. */
static enum il_err settle(struct ossl *o, struct crypto_slot *s, EC_KEY *k,
			  enum crypto_curve curve, uint8_t *pub_out)
{
	uint8_t pub[CRYPTO_PUB_MAX];
	struct ossl_slot *p;
	enum il_err err = IL_E_NOMEM;

	if (point_of(k, curve, pub))
		err = ossl_take(o, s, HOLDS_DH, &p);
	if (err) {
		EC_KEY_free(k);
		return ossl_bad(err);
	}
	p->dh = k;
	p->curve = curve;
	memcpy(pub_out, pub, 2 * crypto_curve_len(curve));
	return IL_OK;
}

enum il_err ossl_dh_begin(void *ctx, struct crypto_slot *s,
			  enum crypto_curve curve, uint8_t *pub_out)
{
	struct ossl *o = ctx;
	enum il_err err;
	EC_KEY *k;

	if (!crypto_curve_len(curve))
		return IL_E_ARG;
	err = ossl_may_take(o, *s, HOLDS_DH, 0);
	if (err)
		return err;
	k = new_key(o, curve);
	if (!k)
		return ossl_bad(IL_E_NOMEM);
	if (EC_KEY_generate_key(k) != 1) {
		EC_KEY_free(k);
		return ossl_bad(IL_E_RANDOM);
	}
	return settle(o, s, k, curve, pub_out);
}

/* Scalar and scalar * G into @k; false if the scalar is out of range. */
static bool load(EC_KEY *k, const BIGNUM *scalar)
{
	const EC_GROUP *g = EC_KEY_get0_group(k);
	EC_POINT *q = EC_POINT_new(g);
	bool ok;

	ok = q && !BN_is_zero(scalar) &&
	     BN_cmp(scalar, EC_GROUP_get0_order(g)) < 0 &&
	     EC_POINT_mul(g, q, scalar, NULL, NULL, NULL) &&
	     EC_KEY_set_private_key(k, scalar) == 1 &&
	     EC_KEY_set_public_key(k, q) == 1;
	EC_POINT_free(q);
	return ok;
}

enum il_err ossl_dh_load(void *ctx, struct crypto_slot *s,
			 enum crypto_curve curve, const uint8_t *scalar,
			 uint8_t *pub_out)
{
	size_t len = crypto_curve_len(curve);
	struct ossl *o = ctx;
	EC_KEY *k;
	BIGNUM *n;
	bool ok;

	if (!len)
		return IL_E_ARG;
	k = new_key(o, curve);
	n = BN_bin2bn(scalar, (int)len, BN_secure_new());
	if (!k || !n) {
		EC_KEY_free(k);
		BN_clear_free(n);
		return ossl_bad(IL_E_NOMEM);
	}
	ok = load(k, n);
	BN_clear_free(n);
	if (!ok) {
		EC_KEY_free(k);
		return ossl_bad(IL_E_FIELD);
	}
	return settle(o, s, k, curve, pub_out);
}

enum il_err ossl_dh_finish(void *ctx, struct crypto_slot s,
			   const uint8_t *peer_pub, uint8_t *secret_out)
{
	struct ossl_slot *p = ossl_find(ctx, s, HOLDS_DH);
	uint8_t point[OSSL_POINT_MAX] = { POINT_CONVERSION_UNCOMPRESSED };
	uint8_t secret[CRYPTO_SCALAR_MAX];
	const EC_GROUP *g;
	EC_POINT *peer;
	size_t len;
	bool ok;

	if (!p)
		return IL_E_STATE;
	g = EC_KEY_get0_group(p->dh);
	len = crypto_curve_len(p->curve);
	peer = EC_POINT_new(g);
	if (!peer)
		return ossl_bad(IL_E_NOMEM);
	memcpy(point + 1, peer_pub, 2 * len);
	/* Coordinates below the prime, and on the curve. */
	if (EC_POINT_oct2point(g, peer, point, 1 + 2 * len, NULL) != 1) {
		EC_POINT_free(peer);
		return ossl_bad(IL_E_FIELD);
	}
	ok = ECDH_compute_key(secret, len, peer, p->dh, NULL) == (int)len;
	if (ok)
		memcpy(secret_out, secret, len);
	bytes_wipe(secret, sizeof(secret));
	EC_POINT_free(peer);
	return ok ? IL_OK : ossl_bad(IL_E_NOMEM);
}
