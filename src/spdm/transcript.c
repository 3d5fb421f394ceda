/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/transcript.h"

#include "spdm/keys_priv.h"

static const uint32_t hashes[2] = { SPDM_HASH_SHA_256, SPDM_HASH_SHA_384 };

static struct crypto_slot chosen(const struct spdm_transcript *t)
{
	return t->vca[t->hash == hashes[0] ? 0 : 1];
}

void spdm_tr_init(struct spdm_transcript *t, const struct crypto *c)
{
	*t = (struct spdm_transcript){ .c = c };
}

void spdm_tr_drop(struct spdm_transcript *t)
{
	for (size_t i = 0; i < COUNT(t->vca); i++)
		crypto_drop(t->c, &t->vca[i]);
	crypto_drop(t->c, &t->m12);
	crypto_drop(t->c, &t->l12);
	crypto_drop(t->c, &t->work);
	t->hash = 0;
	t->version = 0;
}

enum il_err spdm_tr_restart(struct spdm_transcript *t)
{
	enum il_err err = IL_OK;

	spdm_tr_drop(t);
	for (size_t i = 0; i < COUNT(hashes) && !err; i++)
		err = crypto_hash_begin(t->c, &t->vca[i],
					spdm_crypto_hash(hashes[i]));
	return err;
}

enum il_err spdm_tr_vca(struct spdm_transcript *t, const uint8_t *p, size_t n)
{
	enum il_err err = IL_OK;

	for (size_t i = 0; i < COUNT(t->vca) && !err; i++)
		err = crypto_hash_update(t->c, t->vca[i], p, n);
	return err;
}

enum il_err spdm_tr_choose(struct spdm_transcript *t, uint8_t version,
			   uint32_t hash)
{
	if (hash != hashes[0] && hash != hashes[1])
		return IL_E_ARG;
	t->hash = hash;
	t->version = version;
	crypto_drop(t->c, &t->vca[hash == hashes[0] ? 1 : 0]);
	return IL_OK;
}

enum il_err spdm_tr_vca_digest(const struct spdm_transcript *t, uint8_t *out)
{
	if (!t->hash)
		return IL_E_STATE;
	return crypto_hash_final(t->c, chosen(t), out);
}

enum il_err spdm_tr_add(struct spdm_transcript *t, struct crypto_slot *s,
			bool vca, const uint8_t *p, size_t n)
{
	enum il_err err = IL_OK;

	if (!t->hash)
		return IL_E_STATE;
	if (!s->n && vca)
		err = crypto_hash_dup(t->c, chosen(t), s);
	else if (!s->n)
		err = crypto_hash_begin(t->c, s, spdm_crypto_hash(t->hash));
	if (err)
		return err;
	return crypto_hash_update(t->c, *s, p, n);
}

enum il_err spdm_tr_digest(const struct spdm_transcript *t,
			   struct crypto_slot s, uint8_t *out)
{
	return crypto_hash_final(t->c, s, out);
}

void spdm_tr_forget(struct spdm_transcript *t, struct crypto_slot *s)
{
	crypto_drop(t->c, s);
}
