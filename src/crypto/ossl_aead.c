/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_priv.h"

#include "base/bytes.h"

void *ossl_aead_prepare(struct ossl *o, struct ossl_slot *p)
{
	void **at = &o->cipher[ossl_index(o, p)];

	if (!*at)
		*at = o->gcm->make(o->gcm_lib);
	if (!*at || !o->gcm->key(o->gcm_lib, *at, p->aead.key))
		return NULL;
	p->aead.ready = true;
	return *at;
}

void ossl_aead_wipe(struct ossl *o, unsigned index)
{
	static const uint8_t none[CRYPTO_AEAD_KEY];

	if (o->cipher[index])
		(void)o->gcm->key(o->gcm_lib, o->cipher[index], none);
}

enum il_err ossl_aead_key(void *ctx, struct crypto_slot *s,
			  enum crypto_aead_alg alg, const uint8_t *key)
{
	struct crypto_slot old = *s;
	struct ossl *o = ctx;
	struct ossl_slot *p;
	enum il_err err;

	if (alg != CRYPTO_AES_256_GCM)
		return IL_E_ARG;
	err = ossl_take(o, s, OSSL_AEAD, &p);
	if (err)
		return err;
	memcpy(p->aead.key, key, sizeof(p->aead.key));
	if (ossl_aead_prepare(o, p))
		return IL_OK;
	if (!old.n) {
		const struct crypto c = ossl_crypto(o);

		crypto_drop(&c, s);
	}
	return ossl_bad(IL_E_NOMEM);
}
