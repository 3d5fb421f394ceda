/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_priv.h"

#include <limits.h>

#include "base/bytes.h"

/* What a slot keeps for its messages, with its key in; NULL without memory. */
static void *ready(struct ossl *o, struct ossl_slot *p)
{
	void **at = &o->cipher[ossl_index(o, p)];

	if (p->aead.ready)
		return *at;
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
	if (ready(o, p))
		return IL_OK;
	if (!old.n) {
		const struct crypto c = ossl_crypto(o);

		crypto_drop(&c, s);
	}
	return ossl_bad(IL_E_NOMEM);
}

static enum il_err begin(struct ossl *o, struct crypto_slot s, size_t aad_len,
			 size_t len, size_t tag_len, void **out)
{
	struct ossl_slot *p = ossl_find(o, s, OSSL_AEAD);

	if (tag_len != 12 && tag_len != CRYPTO_AEAD_TAG)
		return IL_E_ARG;
	if (aad_len > INT_MAX || len > INT_MAX)
		return IL_E_ARG;
	if (!p)
		return IL_E_STATE;
	*out = ready(o, p);
	return *out ? IL_OK : ossl_bad(IL_E_NOMEM);
}

enum il_err ossl_aead_seal(void *ctx, struct crypto_slot s, const uint8_t *iv,
			   const void *aad, size_t aad_len, const uint8_t *in,
			   size_t len, uint8_t *out, uint8_t *tag,
			   size_t tag_len)
{
	struct ossl *o = ctx;
	void *prepared;
	enum il_err err = begin(o, s, aad_len, len, tag_len, &prepared);

	if (err)
		return err;
	if (o->gcm->seal(o->gcm_lib, prepared, iv, aad, aad_len, in, len, out,
			 tag, tag_len))
		return IL_OK;
	return ossl_bad(IL_E_NOMEM);
}

enum il_err ossl_aead_open(void *ctx, struct crypto_slot s, const uint8_t *iv,
			   const void *aad, size_t aad_len, const uint8_t *in,
			   size_t len, uint8_t *out, const uint8_t *tag,
			   size_t tag_len)
{
	struct ossl *o = ctx;
	void *prepared;
	enum il_err err = begin(o, s, aad_len, len, tag_len, &prepared);

	if (err)
		return err;
	if (o->gcm->unseal(o->gcm_lib, prepared, iv, aad, aad_len, in, len, out,
			   tag, tag_len))
		return IL_OK;
	if (len)
		memset(out, 0, len);
	return ossl_bad(IL_E_AUTH);
}
