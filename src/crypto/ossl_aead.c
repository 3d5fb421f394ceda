/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_priv.h"

#include "base/bytes.h"

void *ossl_aead_prepare(struct ossl *o, struct ossl_slot *p)
{
	void **at = &o->cipher[ossl_index(o, p)];

	if (!*at)
		*at = o->aead->make(o->aead_lib);
	if (!*at || !o->aead->key(o->aead_lib, *at, p->aead.alg, p->aead.key))
		return NULL;
	p->aead.ready = true;
	return *at;
}

void ossl_aead_wipe(struct ossl *o, unsigned index)
{
	static const uint8_t none[CRYPTO_AEAD_KEY];

	if (o->cipher[index])
		(void)o->aead->key(o->aead_lib, o->cipher[index],
				   o->slots[index].aead.alg, none);
}

enum il_err ossl_aead_key(void *ctx, struct crypto_slot *s,
			  enum crypto_aead_alg alg, const uint8_t *key)
{
	struct crypto_slot old = *s;
	struct ossl *o = ctx;
	struct ossl_slot *p;
	enum il_err err;

	if (!crypto_aead_key_len(alg))
		return IL_E_ARG;
	err = ossl_take(o, s, HOLDS_AEAD, &p);
	if (err)
		return err;
	p->aead.alg = alg;
	memcpy(p->aead.key, key, crypto_aead_key_len(alg));
	if (ossl_aead_prepare(o, p))
		return IL_OK;
	if (!old.n) {
		const struct crypto c = ossl_crypto(o);

		crypto_drop(&c, s);
	}
	return ossl_bad(IL_E_NOMEM);
}
