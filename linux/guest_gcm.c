// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * The kernel's cipher behind the table that src/ calls: AES-256-GCM of its
 * crypto library, which is constant-time where the processor is. Not the crypto
 * API: there GCM may be a module that nobody has loaded.
 */
#include <crypto/sha2.h>
#include <linux/slab.h>
#include <linux/string.h>
#if __has_include(<crypto/aes-gcm.h>)
#include <crypto/aes-gcm.h>
#else
#include <crypto/gcm.h>
#define OLD_LIBRARY
#endif

#include "guest.h"

#ifdef OLD_LIBRARY
/* The library's earlier names: CRYPTO_LIB_AESGCM. */
#define aes_gcm_key	   aesgcm_ctx
#define aes_gcm_preparekey aesgcm_expandkey

static void aes_gcm_encrypt(u8 *dst, const u8 *src, size_t len, u8 *tag,
			    const u8 *ad, size_t ad_len, const u8 *iv,
			    const struct aes_gcm_key *key)
{
	aesgcm_encrypt(key, dst, src, len, ad, ad_len, iv, tag);
}

static int aes_gcm_decrypt(u8 *dst, const u8 *src, size_t len, const u8 *tag,
			   const u8 *ad, size_t ad_len, const u8 *iv,
			   const struct aes_gcm_key *key)
{
	return aesgcm_decrypt(key, dst, src, len, ad, ad_len, iv, tag)
		       ? 0
		       : -EBADMSG;
}
#endif

/* One key at a time: slot 1. */
struct ilg_gcm {
	struct aes_gcm_key key;
	bool there;
};

#define SLOT 1

static enum il_err gcm_key(void *ctx, struct crypto_slot *s,
			   enum crypto_aead_alg alg, const u8 *key)
{
	struct ilg_gcm *g = ctx;

	if (alg != CRYPTO_AES_256_GCM)
		return IL_E_ARG;
	if (aes_gcm_preparekey(&g->key, key, SNP_VMPCK_LEN, SNP_MSG_TAG_LEN))
		return IL_E_ARG;
	g->there = true;
	s->n = SLOT;
	return IL_OK;
}

static bool usable(const struct ilg_gcm *g, struct crypto_slot s,
		   size_t tag_len)
{
	return s.n == SLOT && g->there && tag_len == SNP_MSG_TAG_LEN;
}

static enum il_err gcm_seal(void *ctx, struct crypto_slot s, const u8 *iv,
			    const void *aad, size_t aad_len, const u8 *in,
			    size_t len, u8 *out, u8 *tag, size_t tag_len)
{
	struct ilg_gcm *g = ctx;

	if (!usable(g, s, tag_len))
		return IL_E_STATE;
	aes_gcm_encrypt(out, in, len, tag, aad, aad_len, iv, &g->key);
	return IL_OK;
}

static enum il_err gcm_open(void *ctx, struct crypto_slot s, const u8 *iv,
			    const void *aad, size_t aad_len, const u8 *in,
			    size_t len, u8 *out, const u8 *tag, size_t tag_len)
{
	struct ilg_gcm *g = ctx;

	if (!usable(g, s, tag_len))
		return IL_E_STATE;
	if (!aes_gcm_decrypt(out, in, len, tag, aad, aad_len, iv, &g->key))
		return IL_OK;
	memset(out, 0, len);
	return IL_E_AUTH;
}

static void gcm_drop(void *ctx, struct crypto_slot s)
{
	struct ilg_gcm *g = ctx;

	memzero_explicit(g, sizeof(*g));
}

static const struct crypto_ops gcm_ops = {
	.aead_key = gcm_key,
	.aead_seal = gcm_seal,
	.aead_open = gcm_open,
	.drop = gcm_drop,
};

int ilg_gcm_new(struct crypto *out, struct ilg_gcm **g)
{
	*g = kzalloc(sizeof(**g), GFP_KERNEL);
	if (!*g)
		return -ENOMEM;
	*out = (struct crypto){ .ops = &gcm_ops, .ctx = *g };
	return 0;
}

void ilg_gcm_free(struct ilg_gcm *g)
{
	kfree_sensitive(g);
}

void ilg_sha384(const u8 *p, size_t len, u8 out[TIO_DIGEST_LEN])
{
	sha384(p, len, out);
}
