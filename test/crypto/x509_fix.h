/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_CRYPTO_X509_FIX_H
#define TEST_CRYPTO_X509_FIX_H

#include <stdlib.h>

#include "crypto/ossl.h"
#include "make_cert.h"

/* A chain of three that a test may spoil before it is made. */
#define FROM INT64_C(1700000000)
#define TO   INT64_C(1800000000)
#define NOW  INT64_C(1750000000)

#define SAN_PCI "Vendor=1d1a:Device=0001:CC=010802:REV=02:SSVID=1d1a:SSID=1100"

enum { ROOT, INTER, LEAF, PARTS };

struct fix {
	struct ossl *o;
	struct crypto c;
	EVP_PKEY *key[PARTS];
	EVP_PKEY *other;
	struct cert_spec spec[PARTS];
	uint8_t der[8192];
	size_t off[PARTS + 1];
	struct crypto_chain chain;
};

static const struct cert_spec good[PARTS] = {
	{ .name = "root",
	  .from_s = FROM,
	  .to_s = TO,
	  .basic = "critical,CA:TRUE",
	  .usage = "critical,keyCertSign" },
	{ .name = "inter",
	  .issuer = "root",
	  .from_s = FROM,
	  .to_s = TO,
	  .basic = "critical,CA:TRUE,pathlen:0",
	  .usage = "critical,keyCertSign,cRLSign" },
	{ .name = "leaf",
	  .issuer = "inter",
	  .from_s = FROM,
	  .to_s = TO,
	  .basic = "critical,CA:FALSE",
	  .usage = "critical,digitalSignature",
	  .eku = "1.3.6.1.4.1.412.274.3",
	  .san = "otherName:2.23.147;UTF8:" SAN_PCI },
};

static inline int setup(void **state)
{
	const struct ossl_cfg cfg = { .seeded = true, .seed = 3, .slots = 8 };
	struct fix *f = calloc(1, sizeof(*f));

	assert_int_equal(ossl_new(&cfg, &f->o), IL_OK);
	f->c = ossl_crypto(f->o);
	for (int i = 0; i < PARTS; i++)
		f->key[i] = make_key(i == INTER ? "P-256" : "P-384");
	f->other = make_key("P-384");
	memcpy(f->spec, good, sizeof(good));
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fix *f = *state;

	crypto_chain_drop(&f->c, &f->chain);
	assert_int_equal(ossl_live(f->o), 0);
	for (int i = 0; i < PARTS; i++)
		EVP_PKEY_free(f->key[i]);
	EVP_PKEY_free(f->other);
	ossl_free(f->o);
	free(f);
	return 0;
}

static inline void make_chain(struct fix *f)
{
	for (int i = 0; i < PARTS; i++)
		f->off[i + 1] = f->off[i] + make_cert(&f->spec[i], f->key[i],
						      f->key[i ? i - 1 : 0],
						      f->der + f->off[i]);
}

static inline size_t len_of(const struct fix *f, int i)
{
	return f->off[i + 1] - f->off[i];
}

/* Parses certificates @from to the end and judges them against the root. */
static inline struct crypto_why judge(struct fix *f, int from, int64_t now_s)
{
	struct crypto_why why = { 99, 99 };
	enum il_err err;

	assert_int_equal(crypto_chain_parse(&f->c, f->der + f->off[from],
					    f->off[PARTS] - f->off[from],
					    &f->chain),
			 IL_OK);
	err = crypto_chain_verify(&f->c, &f->chain, f->der, len_of(f, ROOT),
				  now_s, &why);
	assert_int_equal(err, why.code ? IL_E_AUTH : IL_OK);
	return why;
}

#endif
