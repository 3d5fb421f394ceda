/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_priv.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/rand.h>

#include "base/assert.h"
#include "base/bits.h"
#include "base/bytes.h"

#define SLOTS_MAX 0xffff

enum il_err ossl_bad(enum il_err err)
{
	ERR_clear_error();
	return err;
}

/* Gives up what a slot refers to; its kind and name stay. */
static void empty(struct ossl *o, struct ossl_slot *p)
{
	if (p->kind == HOLDS_CHAIN)
		for (unsigned i = 0; i < p->chain.count; i++)
			X509_free(p->chain.cert[i]);
	if (p->kind == HOLDS_AEAD) {
		ossl_aead_wipe(o, ossl_index(o, p));
		bytes_wipe(&p->aead, sizeof(p->aead));
	}
	if (p->kind == HOLDS_HASH)
		bytes_wipe(&p->hash, sizeof(p->hash));
	for (unsigned i = 0; i < OSSL_USES; i++) {
		EVP_PKEY_CTX_free(p->op[i]);
		p->op[i] = NULL;
	}
	EVP_PKEY_free(p->pkey);
	EC_KEY_free(p->dh);
	p->pkey = NULL;
	p->dh = NULL;
	memset(&p->chain, 0, sizeof(p->chain));
}

enum il_err ossl_may_take(struct ossl *o, struct crypto_slot s,
			  enum ossl_kind kind, unsigned more)
{
	if (s.n && !ossl_find(o, s, kind))
		return IL_E_STATE;
	if (o->cap - o->live < more + (s.n ? 0 : 1))
		return IL_E_NOMEM;
	return IL_OK;
}

enum il_err ossl_take(struct ossl *o, struct crypto_slot *s,
		      enum ossl_kind kind, struct ossl_slot **out)
{
	enum ossl_shelf shelf = kind == HOLDS_AEAD ? SHELF_WARM : SHELF_COLD;
	enum il_err err = ossl_may_take(o, *s, kind, 0);
	struct ossl_slot *p;

	if (err)
		return err;
	if (s->n) {
		p = ossl_named(o, *s);
		empty(o, p);
		*out = p;
		return IL_OK;
	}
	if (!o->shelf[shelf] && (o->shelf[!shelf] || o->high < o->cap))
		shelf = o->high < o->cap ? SHELVES : !shelf;
	if (shelf == SHELVES) {
		p = &o->slots[o->high++];
	} else {
		p = &o->slots[o->shelf[shelf] - 1u];
		o->shelf[shelf] = p->next;
	}
	p->kind = kind;
	p->next = 0;
	o->live++;
	s->n = (uint32_t)p->gen << 16 | (ossl_index(o, p) + 1);
	*out = p;
	return IL_OK;
}

static void drop(void *ctx, struct crypto_slot s)
{
	struct ossl *o = ctx;
	struct ossl_slot *p = ossl_named(o, s);
	enum ossl_shelf shelf;

	if (!p)
		return;
	shelf = p->kind == HOLDS_AEAD ? SHELF_WARM : SHELF_COLD;
	empty(o, p);
	p->kind = HOLDS_FREE;
	p->gen++;
	p->next = o->shelf[shelf];
	o->shelf[shelf] = (uint16_t)(ossl_index(o, p) + 1);
	o->live--;
}

/*
 * An image counts references to what does not change (keys, certificates) and
 * copies what does (hashes). Cipher contexts stay where they are: each slot
 * that holds a key at the time of an image has one for good, and takes the
 * key in again when it is next used.
 */
struct image {
	uint64_t dice;
	unsigned high;
	unsigned live;
	uint16_t shelf[SHELVES];
	struct ossl_slot slots[];
};

static void copy_slot(struct ossl_slot *to, const struct ossl_slot *from)
{
	*to = *from;
	memset(to->op, 0, sizeof(to->op));
	if (to->pkey)
		EVP_PKEY_up_ref(to->pkey);
	if (to->dh)
		EC_KEY_up_ref(to->dh);
	if (to->kind == HOLDS_AEAD)
		to->aead.ready = false;
	if (to->kind == HOLDS_CHAIN)
		for (unsigned i = 0; i < to->chain.count; i++)
			X509_up_ref(to->chain.cert[i]);
}

static enum il_err save(void *ctx, void **image)
{
	struct ossl *o = ctx;
	struct image *im;

	im = calloc(1, sizeof(*im) + o->high * sizeof(im->slots[0]));
	if (!im)
		return IL_E_NOMEM;
	im->dice = o->dice ? ossl_rand_state(o) : 0;
	im->high = o->high;
	im->live = o->live;
	memcpy(im->shelf, o->shelf, sizeof(im->shelf));
	for (unsigned i = 0; i < o->high; i++)
		copy_slot(&im->slots[i], &o->slots[i]);
	*image = im;
	return IL_OK;
}

static enum il_err restore(void *ctx, const void *image)
{
	const struct image *im = image;
	struct ossl *o = ctx;

	for (unsigned i = 0; i < o->high; i++) {
		empty(o, &o->slots[i]);
		memset(&o->slots[i], 0, sizeof(o->slots[i]));
	}
	for (unsigned i = 0; i < im->high; i++)
		copy_slot(&o->slots[i], &im->slots[i]);
	o->high = im->high;
	o->live = im->live;
	memcpy(o->shelf, im->shelf, sizeof(o->shelf));
	if (o->dice)
		ossl_rand_set(o, im->dice);
	return IL_OK;
}

static void image_free(void *ctx, void *image)
{
	struct image *im = image;

	(void)ctx;
	if (!im)
		return;
	for (unsigned i = 0; i < im->high; i++) {
		struct ossl_slot *p = &im->slots[i];

		if (p->kind == HOLDS_CHAIN)
			for (unsigned k = 0; k < p->chain.count; k++)
				X509_free(p->chain.cert[k]);
		EVP_PKEY_free(p->pkey);
		EC_KEY_free(p->dh);
		bytes_wipe(p, sizeof(*p));
	}
	free(im);
}

static const struct crypto_ops ossl_ops = {
	.hash = ossl_hash_parts,
	.hash_begin = ossl_hash_begin,
	.hash_update = ossl_hash_update,
	.hash_dup = ossl_hash_dup,
	.hash_final = ossl_hash_final,
	.aead_key = ossl_aead_key,
	.dh_begin = ossl_dh_begin,
	.dh_load = ossl_dh_load,
	.dh_finish = ossl_dh_finish,
	.key_load = ossl_key_load,
	.pubkey_from_spki = ossl_pubkey_from_spki,
	.pubkey_from_point = ossl_pubkey_from_point,
	.pubkey = ossl_pubkey,
	.key_new = ossl_key_new,
	.key_export = ossl_key_export,
	.pubkey_export = ossl_pubkey_export,
	.key_kind = ossl_key_kind,
	.key_fits = ossl_key_fits,
	.sign = ossl_sign,
	.verify = ossl_verify,
	.sign_rsa = ossl_sign_rsa,
	.verify_rsa = ossl_verify_rsa,
	.sign_msg = ossl_sign_msg,
	.verify_msg = ossl_verify_msg,
	.kem_begin = ossl_kem_begin,
	.kem_wrap = ossl_kem_wrap,
	.kem_unwrap = ossl_kem_unwrap,
	.csr_make = ossl_csr_make,
	.csr_info = ossl_csr_info,
	.csr_read = ossl_csr_read,
	.chain_parse = ossl_chain_parse,
	.chain_verify = ossl_chain_verify,
	.drop = drop,
	.save = save,
	.restore = restore,
	.image_free = image_free,
};

struct crypto ossl_crypto(struct ossl *o)
{
	return (struct crypto){ .ops = &o->ops, .ctx = o };
}

unsigned ossl_live(const struct ossl *o)
{
	return o->live;
}

enum il_err ossl_random(struct ossl *o, uint8_t *out, size_t len)
{
	if (RAND_bytes_ex(o->lib, out, len, 0) != 1)
		return ossl_bad(IL_E_RANDOM);
	return IL_OK;
}

/* The first that can be used here; NULL: none. */
static const struct ossl_aead *pick_aead(struct ossl *o,
					 const struct ossl_cfg *cfg)
{
	static const struct ossl_aead *const all[] = {
#ifdef HAVE_IPSEC_MB
		&ossl_mb,
#endif
		&ossl_evp,
	};

	const struct ossl_aead *g = NULL;

	for (size_t i = cfg->openssl_aead ? COUNT(all) - 1 : 0;
	     i < COUNT(all) && !g; i++)
		if (all[i]->open(o->lib, &o->aead_lib))
			g = all[i];
	o->ops = ossl_ops;
	o->ops.pqc = ossl_pqc_there(o);
	o->ops.aead_seal = g ? g->seal : NULL;
	o->ops.aead_seal_two = g ? g->seal_two : NULL;
	o->ops.aead_open = g ? g->unseal : NULL;
	return g;
}

const char *ossl_aead_name(const struct ossl *o)
{
	return o->aead->name;
}

enum il_err ossl_new(const struct ossl_cfg *cfg, struct ossl **out)
{
	unsigned cap = cfg->slots ? cfg->slots : OSSL_SLOTS;
	enum il_err err = IL_E_NOMEM;
	struct ossl *o;

	if (cap > SLOTS_MAX)
		return IL_E_ARG;
	o = calloc(1, sizeof(*o));
	if (!o)
		return IL_E_NOMEM;
	o->cap = cap;
	o->slots = calloc(cap, sizeof(*o->slots));
	o->cipher = calloc(cap, sizeof(void *));
	o->lib = OSSL_LIB_CTX_new();
	if (o->lib)
		o->prov = OSSL_PROVIDER_load(o->lib, "default");
	if (o->prov)
		o->aead = pick_aead(o, cfg);
	if (o->slots && o->cipher && o->aead)
		err = cfg->seeded ? ossl_rand_start(o, cfg->seed) : IL_OK;
	if (!err)
		err = ossl_certs_start(o);
	if (err) {
		ossl_free(o);
		return ossl_bad(err);
	}
	*out = o;
	return IL_OK;
}

void ossl_free(struct ossl *o)
{
	if (!o)
		return;
	for (unsigned i = 0; o->slots && i < o->high; i++)
		empty(o, &o->slots[i]);
	for (unsigned i = 0; o->cipher && i < o->cap; i++)
		if (o->cipher[i])
			o->aead->free(o->cipher[i]);
	if (o->aead)
		o->aead->close(o->aead_lib);
	for (unsigned i = 0; i < COUNT(o->group); i++)
		EC_GROUP_free(o->group[i]);
	ossl_certs_stop(o);
	if (o->dice)
		OSSL_PROVIDER_unload(o->dice);
	if (o->prov)
		OSSL_PROVIDER_unload(o->prov);
	OSSL_LIB_CTX_free(o->lib);
	free(o->cipher);
	free(o->slots);
	free(o);
}
