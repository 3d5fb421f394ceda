/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_priv.h"

#include "base/bytes.h"

static enum il_err start(struct ossl_hash *h, enum crypto_hash_alg alg)
{
	h->alg = alg;
	switch (alg) {
	case CRYPTO_SHA256:
		SHA256_Init(&h->s256);
		return IL_OK;
	case CRYPTO_SHA384:
		SHA384_Init(&h->s512);
		return IL_OK;
	case CRYPTO_SHA512:
		SHA512_Init(&h->s512);
		return IL_OK;
	}
	return IL_E_ARG;
}

static void add(struct ossl_hash *h, const void *p, size_t len)
{
	if (!len)
		return;
	if (h->alg == CRYPTO_SHA256)
		SHA256_Update(&h->s256, p, len);
	else
		SHA512_Update(&h->s512, p, len); /* SHA-384 by its start */
}

static void finish(const struct ossl_hash *h, uint8_t *out)
{
	struct ossl_hash end = *h;

	if (h->alg == CRYPTO_SHA256)
		SHA256_Final(out, &end.s256);
	else
		SHA512_Final(out, &end.s512);
	bytes_wipe(&end, sizeof(end));
}

enum il_err ossl_hash_parts(void *ctx, enum crypto_hash_alg alg,
			    const struct crypto_span *parts, size_t n,
			    uint8_t *out)
{
	struct ossl_hash h;
	enum il_err err = start(&h, alg);

	(void)ctx;
	if (err)
		return err;
	for (size_t i = 0; i < n; i++)
		add(&h, parts[i].p, parts[i].len);
	finish(&h, out);
	bytes_wipe(&h, sizeof(h));
	return IL_OK;
}

enum il_err ossl_hash_begin(void *ctx, struct crypto_slot *s,
			    enum crypto_hash_alg alg)
{
	struct ossl_slot *p;
	enum il_err err;

	if (!crypto_hash_len(alg))
		return IL_E_ARG;
	err = ossl_take(ctx, s, HOLDS_HASH, &p);
	if (err)
		return err;
	return start(&p->hash, alg);
}

enum il_err ossl_hash_update(void *ctx, struct crypto_slot s, const void *p,
			     size_t len)
{
	struct ossl_slot *h = ossl_find(ctx, s, HOLDS_HASH);

	if (!h)
		return IL_E_STATE;
	add(&h->hash, p, len);
	return IL_OK;
}

enum il_err ossl_hash_dup(void *ctx, struct crypto_slot from,
			  struct crypto_slot *to)
{
	const struct ossl_slot *a = ossl_find(ctx, from, HOLDS_HASH);
	struct ossl_slot *b;
	enum il_err err;

	if (!a)
		return IL_E_STATE;
	if (from.n == to->n)
		return IL_OK;
	err = ossl_take(ctx, to, HOLDS_HASH, &b);
	if (err)
		return err;
	b->hash = a->hash;
	return IL_OK;
}

enum il_err ossl_hash_final(void *ctx, struct crypto_slot s, uint8_t *out)
{
	const struct ossl_slot *h = ossl_find(ctx, s, HOLDS_HASH);

	if (!h)
		return IL_E_STATE;
	finish(&h->hash, out);
	return IL_OK;
}
