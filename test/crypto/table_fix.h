/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_CRYPTO_TABLE_FIX_H
#define TEST_CRYPTO_TABLE_FIX_H

#include <stdlib.h>

#include "crypto/fake.h"
#include "crypto/ossl.h"

/* One table under test, OpenSSL's or the fake one, and how to fill a slot. */
#define SLOTS 8

struct fix {
	struct ossl *o;
	struct fake_crypto fake;
	struct crypto c;
	uint8_t pub[CRYPTO_PUB_MAX]; /* somebody's, on P-384 */
};

/* A public key that somebody else has. */
static inline void make_peer(struct fix *f)
{
	struct crypto_slot s = { 0 };

	assert_int_equal(crypto_dh_begin(&f->c, &s, CRYPTO_P384, f->pub),
			 IL_OK);
	crypto_drop(&f->c, &s);
}

static inline int setup_ossl(void **state)
{
	const struct ossl_cfg cfg = { .seeded = true,
				      .seed = 5,
				      .slots = SLOTS };
	struct fix *f = calloc(1, sizeof(*f));

	assert_int_equal(ossl_new(&cfg, &f->o), IL_OK);
	f->c = ossl_crypto(f->o);
	make_peer(f);
	*state = f;
	return 0;
}

static inline int setup_fake(void **state)
{
	struct fix *f = calloc(1, sizeof(*f));

	fake_init(&f->fake, 5);
	f->c = fake_crypto(&f->fake);
	make_peer(f);
	*state = f;
	return 0;
}

static inline unsigned live(const struct fix *f)
{
	return f->o ? ossl_live(f->o) : fake_live(&f->fake);
}

static inline int teardown(void **state)
{
	struct fix *f = *state;

	assert_int_equal(live(f), 0);
	ossl_free(f->o);
	free(f);
	return 0;
}

static const uint8_t key1[CRYPTO_AEAD_KEY] = { 1 };
static const uint8_t key2[CRYPTO_AEAD_KEY] = { 2 };
static const uint8_t iv[CRYPTO_AEAD_IV] = { 9 };

/* The key of RFC 6979 A.2.5, written as PKCS #8 by Python's cryptography. */
static const char key_pem[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgya+p2EW6dRZrXCFX\n"
	"Z7HWk05Qw9s26JsSe4piKxIPZyGhRANCAARg/tS6JVqdMclh63TGNW1owEm4kjth\n"
	"+mzmaWIuYPKftnkD/hAIuLyZpBrp6VYovGTy8bIMLX6fUXejwpTURiKZ\n"
	"-----END PRIVATE KEY-----\n";

/* A private key in whatever form the table reads. */
static inline enum il_err load_key(struct fix *f, struct crypto_slot *s,
				   unsigned seed)
{
	uint8_t k[FAKE_KEY_LEN];

	if (f->o)
		return crypto_key_load(&f->c, s, key_pem, sizeof(key_pem) - 1);
	fake_key(k, CRYPTO_KEY_P256, seed);
	return crypto_key_load(&f->c, s, k, sizeof(k));
}

enum kind { K_HASH, K_AEAD, K_DH, K_KEY, K_PUB, K_KINDS };

static inline enum il_err fill(struct fix *f, enum kind kind,
			       struct crypto_slot *s)
{
	uint8_t pub[CRYPTO_PUB_MAX];

	switch (kind) {
	case K_HASH:
		return crypto_hash_begin(&f->c, s, CRYPTO_SHA384);
	case K_AEAD:
		return crypto_aead_key(&f->c, s, CRYPTO_AES_256_GCM, key1);
	case K_DH:
		return crypto_dh_begin(&f->c, s, CRYPTO_P384, pub);
	case K_KEY:
		return load_key(f, s, 1);
	case K_PUB:
		return crypto_pubkey_from_point(&f->c, s, CRYPTO_P384, f->pub);
	case K_KINDS:
		break;
	}
	return IL_E_ARG;
}

#endif
