/* SPDX-License-Identifier: BSD-2-Clause */
/* The plain EC calls are the shortest way there is; deprecated, not gone. */
#define OPENSSL_SUPPRESS_DEPRECATED 1

#include "floor_ec.h"

#include <stdlib.h>

#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "bench.h"

#define DIGEST 48
#define POINT  97

struct floor_ec {
	EC_KEY *key;
	EC_KEY *eph;
	const EC_GROUP *group;
	EC_POINT *peer;
	ECDSA_SIG *sig;
	unsigned char digest[DIGEST];
	unsigned char point[POINT];
};

static EC_KEY *new_key(void)
{
	EC_KEY *k = EC_KEY_new_by_curve_name(NID_secp384r1);

	bench_must(!k || EC_KEY_generate_key(k) != 1);
	return k;
}

struct floor_ec *floor_ec_new(void)
{
	struct floor_ec *f = calloc(1, sizeof(*f));

	bench_must(!f);
	f->key = new_key();
	f->eph = new_key();
	f->group = EC_KEY_get0_group(f->key);
	f->digest[0] = 0x5a;
	f->sig = ECDSA_do_sign(f->digest, DIGEST, f->key);
	f->peer = EC_POINT_new(f->group);
	bench_must(!f->sig || !f->peer ||
		   EC_POINT_point2oct(f->group, EC_KEY_get0_public_key(f->key),
				      POINT_CONVERSION_UNCOMPRESSED, f->point,
				      POINT, NULL) != POINT);
	return f;
}

void floor_ec_free(struct floor_ec *f)
{
	ECDSA_SIG_free(f->sig);
	EC_POINT_free(f->peer);
	EC_KEY_free(f->key);
	EC_KEY_free(f->eph);
	free(f);
}

void floor_ec_sign(const struct floor_ec *f)
{
	ECDSA_SIG *s = ECDSA_do_sign(f->digest, DIGEST, f->key);

	bench_must(!s);
	ECDSA_SIG_free(s);
}

void floor_ec_verify(const struct floor_ec *f)
{
	bench_must(ECDSA_do_verify(f->digest, DIGEST, f->sig, f->key) != 1);
}

void floor_ec_generate(const struct floor_ec *f)
{
	bench_must(EC_KEY_generate_key(f->eph) != 1);
}

/* Decoding an uncompressed point checks that it is on the curve. */
void floor_ec_derive(const struct floor_ec *f)
{
	unsigned char secret[DIGEST];

	bench_must(EC_POINT_oct2point(f->group, f->peer, f->point, POINT,
				      NULL) != 1);
	bench_must(ECDH_compute_key(secret, sizeof(secret), f->peer, f->eph,
				    NULL) != DIGEST);
}
