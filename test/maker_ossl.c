/* SPDX-License-Identifier: BSD-2-Clause */
#include "maker.h"

#include <stdlib.h>

#include "check.h"
#include "crypto/identity.h"
#include "crypto/ossl.h"
#include "spdm/p256.h"

static void identity_of(struct maker *m, enum crypto_key kind)
{
	const struct identity_cfg cfg = { .vendor = 0x1d1a,
					  .device = 1,
					  .class_code = 0x010802,
					  .key = kind,
					  .not_before_s = 1000000000,
					  .not_after_s = 4000000000 };
	struct identity_files *f = malloc(sizeof(*f));
	struct identity *id = malloc(sizeof(*id));
	enum identity_fault fault;

	assert_non_null(f);
	assert_non_null(id);
	assert_int_equal(identity_new(m->lib, &cfg, f), IL_OK);
	assert_int_equal(identity_load(m->lib, f->chain.text, f->chain.len,
				       f->key[IDENTITY_LEAF].text,
				       f->key[IDENTITY_LEAF].len, id, &fault),
			 IL_OK);
	memcpy(m->certs, id->chain, id->chain_len);
	m->certs_len = id->chain_len;
	assert_int_equal(crypto_key_load(&m->c, &m->key, id->key, id->key_len),
			 IL_OK);
	free(f);
	free(id);
}

static void identity_p256(struct maker *m)
{
	memcpy(m->certs, p256_root, sizeof(p256_root));
	memcpy(m->certs + sizeof(p256_root), p256_leaf, sizeof(p256_leaf));
	m->certs_len = sizeof(p256_root) + sizeof(p256_leaf);
	assert_int_equal(
		crypto_key_load(&m->c, &m->key, p256_key, sizeof(p256_key)),
		IL_OK);
}

void maker_open(struct maker *m, enum crypto_curve curve)
{
	assert_true(maker_open_kind(m, crypto_key_on(curve)));
}

bool maker_open_kind(struct maker *m, enum crypto_key kind)
{
	const struct ossl_cfg cfg = { .seeded = true, .seed = 7 };
	struct ossl *o;

	assert_int_equal(ossl_new(&cfg, &o), IL_OK);
	m->lib = o;
	m->real = true;
	m->c = ossl_crypto(o);
	if (crypto_key_is_ml_dsa(kind) && !crypto_has_pqc(&m->c)) {
		ossl_free(o);
		return false;
	}
	if (kind == CRYPTO_KEY_P256)
		identity_p256(m);
	else
		identity_of(m, kind);
	return true;
}

unsigned maker_live(const struct maker *m)
{
	return ossl_live(m->lib);
}

void maker_close(struct maker *m)
{
	crypto_drop(&m->c, &m->key);
	assert_int_equal(maker_live(m), 0);
	ossl_free(m->lib);
}
