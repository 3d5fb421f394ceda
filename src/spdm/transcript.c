/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/transcript.h"

#include "spdm/keys_priv.h"

static const uint32_t hashes[] = { SPDM_HASH_SHA_256, SPDM_HASH_SHA_384,
				   SPDM_HASH_SHA_512 };

/* Where @hash stands in the list; as many as there are if it does not. */
static size_t index_of(uint32_t hash)
{
	size_t i = 0;

	while (i < COUNT(hashes) && hashes[i] != hash)
		i++;
	return i;
}

static struct crypto_slot chosen(const struct spdm_transcript *t)
{
	return t->vca[index_of(t->hash)];
}

void spdm_tr_init(struct spdm_transcript *t, const struct crypto *c)
{
	*t = (struct spdm_transcript){ .c = c, .may = UINT32_MAX };
}

void spdm_tr_drop(struct spdm_transcript *t)
{
	for (size_t i = 0; i < COUNT(t->vca); i++)
		crypto_drop(t->c, &t->vca[i]);
	crypto_drop(t->c, &t->vcad);
	crypto_drop(t->c, &t->m12);
	crypto_drop(t->c, &t->l12);
	crypto_drop(t->c, &t->work);
	t->hash = 0;
	t->version = 0;
	t->d_open = false;
}

enum il_err spdm_tr_restart(struct spdm_transcript *t)
{
	enum il_err err = IL_OK;

	spdm_tr_drop(t);
	for (size_t i = 0; i < COUNT(hashes) && !err; i++)
		if (t->may & hashes[i])
			err = crypto_hash_begin(t->c, &t->vca[i],
						spdm_crypto_hash(hashes[i]));
	return err;
}

enum il_err spdm_tr_vca(struct spdm_transcript *t, const uint8_t *p, size_t n)
{
	enum il_err err = IL_E_STATE;

	for (size_t i = 0; i < COUNT(t->vca); i++) {
		if (!t->vca[i].n)
			continue;
		err = crypto_hash_update(t->c, t->vca[i], p, n);
		if (err)
			break;
	}
	return err;
}

enum il_err spdm_tr_choose(struct spdm_transcript *t, uint8_t version,
			   uint32_t hash)
{
	const size_t keep = index_of(hash);

	if (keep == COUNT(hashes) || !t->vca[keep].n)
		return IL_E_ARG;
	t->hash = hash;
	t->version = version;
	for (size_t i = 0; i < COUNT(hashes); i++)
		if (i != keep)
			crypto_drop(t->c, &t->vca[i]);
	t->d_open = true;
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

enum il_err spdm_tr_digests(struct spdm_transcript *t, const uint8_t *p,
			    size_t n)
{
	enum il_err err;

	if (!t->d_open)
		return IL_OK;
	err = spdm_tr_add(t, &t->vcad, true, p, n);
	if (err)
		crypto_drop(t->c, &t->vcad);
	else
		t->d_open = false;
	return err;
}

void spdm_tr_d_undo(struct spdm_transcript *t)
{
	crypto_drop(t->c, &t->vcad);
	t->d_open = true;
}

void spdm_tr_d_close(struct spdm_transcript *t)
{
	t->d_open = false;
}

enum il_err spdm_tr_th(struct spdm_transcript *t, struct crypto_slot *s)
{
	if (!t->hash)
		return IL_E_STATE;
	return crypto_hash_dup(t->c, t->vcad.n ? t->vcad : chosen(t), s);
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
