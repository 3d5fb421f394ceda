/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/fake.h"

#include <limits.h>

#include "base/bits.h"
#include "base/bytes.h"
#include "crypto/fake_priv.h"

_Static_assert(sizeof(((struct fake_slot *)0)->priv) == FAKE_KEY_LEN,
	       "a slot holds a private key");

static uint64_t mix(uint64_t v)
{
	struct dice d = { .state = v };

	return dice_u64(&d);
}

void fake_absorb_start(struct fake_hash *h, enum crypto_hash_alg alg)
{
	memset(h, 0, sizeof(*h));
	h->alg = alg;
	for (unsigned i = 0; i < 8; i++)
		h->state[i] = mix((uint64_t)alg << 8 | i);
}

void fake_absorb(struct fake_hash *h, const void *p, size_t len)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < len; i++) {
		unsigned k = h->len++ & 7;

		h->state[k] =
			mix(h->state[k] ^ h->state[(k + 7) & 7] << 1 ^ b[i]);
	}
}

void fake_squeeze(const struct fake_hash *h, uint8_t *out, size_t len)
{
	uint64_t all = mix(h->len);
	struct dice d;

	for (unsigned i = 0; i < 8; i++)
		all = mix(all ^ h->state[i]);
	d.state = all;
	dice_fill(&d, out, len);
}

void fake_derive(uint8_t what, const void *a, size_t a_len, const void *b,
		 size_t b_len, uint8_t *out, size_t len)
{
	struct fake_hash h;

	fake_absorb_start(&h, CRYPTO_SHA256);
	fake_absorb(&h, &what, 1);
	fake_absorb(&h, &a_len, sizeof(a_len));
	fake_absorb(&h, a, a_len);
	fake_absorb(&h, b, b_len);
	fake_squeeze(&h, out, len);
}

struct fake_slot *fake_find(struct fake_crypto *f, struct crypto_slot s,
			    enum fake_kind kind)
{
	uint32_t at = (s.n & 0xffff) - 1;
	struct fake_slot *p;

	if (!s.n || at >= FAKE_SLOTS)
		return NULL;
	p = &f->slots[at];
	return p->kind == kind && p->gen == s.n >> 16 ? p : NULL;
}

unsigned fake_live(const struct fake_crypto *f)
{
	unsigned n = 0;

	for (unsigned i = 0; i < FAKE_SLOTS; i++)
		n += f->slots[i].kind != FAKE_FREE;
	return n;
}

static void empty(struct fake_crypto *f, struct fake_slot *p)
{
	uint16_t gen = p->gen;

	if (p->kind == FAKE_CHAIN)
		f->chains[p->chain].used = false;
	memset(p, 0, sizeof(*p));
	p->gen = gen;
}

enum il_err fake_may_take(struct fake_crypto *f, struct crypto_slot s,
			  enum fake_kind kind, unsigned more)
{
	if (s.n && !fake_find(f, s, kind))
		return IL_E_STATE;
	if (FAKE_SLOTS - fake_live(f) < more + (s.n ? 0 : 1))
		return IL_E_NOMEM;
	return IL_OK;
}

enum il_err fake_take(struct fake_crypto *f, struct crypto_slot *s,
		      enum fake_kind kind, struct fake_slot **out)
{
	enum il_err err = fake_may_take(f, *s, kind, 0);
	struct fake_slot *p = f->slots;

	if (err)
		return err;
	if (s->n)
		p = fake_find(f, *s, kind);
	else
		while (p->kind != FAKE_FREE)
			p++;
	empty(f, p);
	p->kind = (uint16_t)kind;
	s->n = (uint32_t)p->gen << 16 | (uint32_t)(p - f->slots + 1);
	*out = p;
	return IL_OK;
}

static void drop(void *ctx, struct crypto_slot s)
{
	struct fake_crypto *f = ctx;

	for (enum fake_kind k = FAKE_HASH; k < FAKE_KINDS; k++) {
		struct fake_slot *p = fake_find(f, s, k);

		if (!p)
			continue;
		empty(f, p);
		p->gen++;
		return;
	}
}

static enum il_err hash(void *ctx, enum crypto_hash_alg alg,
			const struct crypto_span *parts, size_t n, uint8_t *out)
{
	struct fake_hash h;

	(void)ctx;
	if (!crypto_hash_len(alg))
		return IL_E_ARG;
	fake_absorb_start(&h, alg);
	for (size_t i = 0; i < n; i++)
		fake_absorb(&h, parts[i].p, parts[i].len);
	fake_squeeze(&h, out, crypto_hash_len(alg));
	return IL_OK;
}

static enum il_err hash_begin(void *ctx, struct crypto_slot *s,
			      enum crypto_hash_alg alg)
{
	struct fake_slot *p;
	enum il_err err;

	if (!crypto_hash_len(alg))
		return IL_E_ARG;
	err = fake_take(ctx, s, FAKE_HASH, &p);
	if (!err)
		fake_absorb_start(&p->hash, alg);
	return err;
}

static enum il_err hash_update(void *ctx, struct crypto_slot s, const void *p,
			       size_t len)
{
	struct fake_slot *h = fake_find(ctx, s, FAKE_HASH);

	if (!h)
		return IL_E_STATE;
	fake_absorb(&h->hash, p, len);
	return IL_OK;
}

static enum il_err hash_dup(void *ctx, struct crypto_slot from,
			    struct crypto_slot *to)
{
	const struct fake_slot *a = fake_find(ctx, from, FAKE_HASH);
	struct fake_slot *b;
	enum il_err err;

	if (!a)
		return IL_E_STATE;
	if (from.n == to->n)
		return IL_OK;
	err = fake_take(ctx, to, FAKE_HASH, &b);
	if (!err)
		b->hash = a->hash;
	return err;
}

static enum il_err hash_final(void *ctx, struct crypto_slot s, uint8_t *out)
{
	const struct fake_slot *h = fake_find(ctx, s, FAKE_HASH);

	if (!h)
		return IL_E_STATE;
	fake_squeeze(&h->hash, out, crypto_hash_len(h->hash.alg));
	return IL_OK;
}

static enum il_err aead_key(void *ctx, struct crypto_slot *s,
			    enum crypto_aead_alg alg, const uint8_t *key)
{
	struct fake_slot *p;
	enum il_err err;

	if (!crypto_aead_key_len(alg))
		return IL_E_ARG;
	err = fake_take(ctx, s, FAKE_AEAD, &p);
	if (err)
		return err;
	/* Its number too: the same key of two algorithms is two keys. */
	p->aead = alg;
	memcpy(p->key, key, crypto_aead_key_len(alg));
	return IL_OK;
}

static void scramble(const struct fake_slot *p, const uint8_t *iv,
		     const uint8_t *in, size_t len, uint8_t *out)
{
	struct dice d;
	uint64_t v = 0;

	fake_derive(FAKE_FOR_STREAM, p->key, sizeof(p->key), iv, CRYPTO_AEAD_IV,
		    (uint8_t *)&d.state, sizeof(d.state));
	for (size_t i = 0; i < len; i++) {
		if (i % 8 == 0)
			v = dice_u64(&d);
		out[i] = in[i] ^ (uint8_t)(v >> (8 * (i % 8)));
	}
}

static void make_tag(const struct fake_slot *p, const uint8_t *iv,
		     const void *aad, size_t aad_len, const uint8_t *in,
		     size_t len, uint8_t *tag)
{
	const uint8_t alg = (uint8_t)p->aead;
	struct fake_hash h;

	fake_absorb_start(&h, CRYPTO_SHA512);
	fake_absorb(&h, &alg, 1);
	fake_absorb(&h, p->key, sizeof(p->key));
	fake_absorb(&h, iv, CRYPTO_AEAD_IV);
	fake_absorb(&h, &aad_len, sizeof(aad_len));
	fake_absorb(&h, aad, aad_len);
	fake_absorb(&h, in, len);
	fake_squeeze(&h, tag, CRYPTO_AEAD_TAG);
}

static enum il_err aead_check(struct fake_crypto *f, struct crypto_slot s,
			      size_t aad_len, size_t len, size_t tag_len)
{
	if (tag_len != 12 && tag_len != CRYPTO_AEAD_TAG)
		return IL_E_ARG;
	if (aad_len > INT_MAX || len > INT_MAX)
		return IL_E_ARG;
	if (!fake_find(f, s, FAKE_AEAD))
		return IL_E_STATE;
	return fake_find(f, s, FAKE_AEAD)->aead == CRYPTO_CHACHA20_POLY1305 &&
			       tag_len != CRYPTO_AEAD_TAG
		       ? IL_E_ARG
		       : IL_OK;
}

static enum il_err aead_seal(void *ctx, struct crypto_slot s, const uint8_t *iv,
			     const void *aad, size_t aad_len, const uint8_t *in,
			     size_t len, uint8_t *out, uint8_t *tag,
			     size_t tag_len)
{
	enum il_err err = aead_check(ctx, s, aad_len, len, tag_len);
	uint8_t whole[CRYPTO_AEAD_TAG];
	const struct fake_slot *p;

	if (err)
		return err;
	p = fake_find(ctx, s, FAKE_AEAD);
	scramble(p, iv, in, len, out);
	make_tag(p, iv, aad, aad_len, out, len, whole);
	memcpy(tag, whole, tag_len);
	return IL_OK;
}

static enum il_err aead_open(void *ctx, struct crypto_slot s, const uint8_t *iv,
			     const void *aad, size_t aad_len, const uint8_t *in,
			     size_t len, uint8_t *out, const uint8_t *tag,
			     size_t tag_len)
{
	enum il_err err = aead_check(ctx, s, aad_len, len, tag_len);
	uint8_t whole[CRYPTO_AEAD_TAG];
	const struct fake_slot *p;

	if (err)
		return err;
	p = fake_find(ctx, s, FAKE_AEAD);
	make_tag(p, iv, aad, aad_len, in, len, whole);
	if (!bytes_equal_ct(whole, tag, tag_len)) {
		if (len)
			memset(out, 0, len);
		return IL_E_AUTH;
	}
	scramble(p, iv, in, len, out);
	return IL_OK;
}

static enum il_err save(void *ctx, void **image)
{
	(void)ctx;
	*image = NULL;
	return IL_OK;
}

static enum il_err restore(void *ctx, const void *image)
{
	(void)ctx;
	(void)image;
	return IL_OK;
}

static void image_free(void *ctx, void *image)
{
	(void)ctx;
	(void)image;
}

static const struct crypto_ops fake_ops = {
	.pqc = true,
	.hash = hash,
	.hash_begin = hash_begin,
	.hash_update = hash_update,
	.hash_dup = hash_dup,
	.hash_final = hash_final,
	.aead_key = aead_key,
	.aead_seal = aead_seal,
	.aead_open = aead_open,
	.dh_begin = fake_dh_begin,
	.dh_load = fake_dh_load,
	.dh_finish = fake_dh_finish,
	.key_load = fake_key_load,
	.pubkey_from_spki = fake_pubkey_from_spki,
	.pubkey_from_point = fake_pubkey_from_point,
	.pubkey = fake_pubkey,
	.key_new = fake_key_new,
	.key_export = fake_key_export,
	.pubkey_export = fake_pubkey_export,
	.key_kind = fake_key_kind,
	.key_fits = fake_key_fits,
	.sign = fake_sign,
	.verify = fake_verify,
	.sign_rsa = fake_sign_rsa,
	.verify_rsa = fake_verify_rsa,
	.sign_msg = fake_sign_msg,
	.verify_msg = fake_verify_msg,
	.kem_begin = fake_kem_begin,
	.kem_wrap = fake_kem_wrap,
	.kem_unwrap = fake_kem_unwrap,
	.csr_make = fake_csr_make,
	.csr_info = fake_csr_info,
	.csr_read = fake_csr_read,
	.chain_parse = fake_chain_parse,
	.chain_verify = fake_chain_verify,
	.drop = drop,
	.save = save,
	.restore = restore,
	.image_free = image_free,
};

void fake_init(struct fake_crypto *f, uint64_t seed)
{
	memset(f, 0, sizeof(*f));
	f->dice.state = seed;
}

struct crypto fake_crypto(struct fake_crypto *f)
{
	return (struct crypto){ .ops = &fake_ops, .ctx = f };
}
