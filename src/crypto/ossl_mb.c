/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_aead.h"

#include <emmintrin.h>
#include <stdlib.h>

/* Its old names are OpenSSL's too. */
#define NO_COMPAT_IMB_API_053
#include <intel-ipsec-mb.h>

#include "base/bits.h"
#include "base/bytes.h"
#include "crypto/ossl_priv.h"

/*
 * intel-ipsec-mb's, one message at a time: @lib is a manager, which holds the
 * functions that suit the processor; a slot keeps an expanded key.
 */

#define NEEDS (IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ)

/* By the algorithm of the slot. */
union prepared {
	struct gcm_key_data gcm;
	uint8_t chacha[32];
};

/* The library tests its algorithms itself, where it says that it does. */
static bool fit(const IMB_MGR *m, IMB_ARCH arch)
{
	if (arch == IMB_ARCH_NONE || (m->features & NEEDS) != NEEDS ||
	    imb_get_errno((IMB_MGR *)m))
		return false;
#ifdef IMB_FEATURE_SELF_TEST
	if ((m->features & IMB_FEATURE_SELF_TEST) &&
	    !(m->features & IMB_FEATURE_SELF_TEST_PASS))
		return false;
#endif
	return m->gcm256_pre && m->gcm256_enc && m->gcm256_dec &&
	       m->gcm128_pre && m->gcm128_enc && m->gcm128_dec &&
	       m->chacha20_poly1305_init && m->chacha20_poly1305_enc_update &&
	       m->chacha20_poly1305_dec_update && m->chacha20_poly1305_finalize;
}

static bool mb_open(void *crypto_lib, void **lib)
{
	IMB_MGR *m = alloc_mb_mgr(0);
	IMB_ARCH arch = IMB_ARCH_NONE;

	(void)crypto_lib;
	if (!m)
		return false;
	init_mb_mgr_auto(m, &arch);
	if (!fit(m, arch)) {
		free_mb_mgr(m);
		return false;
	}
	*lib = m;
	return true;
}

static void mb_close(void *lib)
{
	if (lib)
		free_mb_mgr(lib);
}

static void *mb_make(void *lib)
{
	(void)lib;
	return aligned_alloc(_Alignof(union prepared), sizeof(union prepared));
}

static void mb_free(void *prepared)
{
	if (prepared)
		bytes_wipe(prepared, sizeof(union prepared));
	free(prepared);
}

static bool mb_key(void *lib, void *prepared, enum crypto_aead_alg alg,
		   const uint8_t *key)
{
	const IMB_MGR *m = lib;
	union prepared *p = prepared;

	switch (alg) {
	case CRYPTO_AES_256_GCM:
		IMB_AES256_GCM_PRE(m, key, &p->gcm);
		return true;
	case CRYPTO_AES_128_GCM:
		/* Fewer round keys: of a longer key none may be left. */
		bytes_wipe(p, sizeof(*p));
		IMB_AES128_GCM_PRE(m, key, &p->gcm);
		return true;
	case CRYPTO_CHACHA20_POLY1305:
		bytes_wipe(p, sizeof(*p));
		memcpy(p->chacha, key, sizeof(p->chacha));
		return true;
	}
	return false;
}

/* What the library leaves of a message; wiped by six stores, not by a call. */
union scratch {
	struct gcm_context_data c;
	__m128i all[(sizeof(struct gcm_context_data) + 15) / 16];
};

static void scratch_wipe(union scratch *s)
{
	for (unsigned i = 0; i < COUNT(s->all); i++)
		s->all[i] = _mm_setzero_si128();
	__asm__ volatile("" : : "r"(s) : "memory");
}

/*
 * The IV where the library can take it at once: it loads 12 bytes, and a load
 * over two stores that are still under way waits for both of them, 20 ns for a
 * cipher that takes 30. Callers write 8 bytes and 4, so these come in so.
 */
static __m128i iv_of(const uint8_t *iv)
{
	return _mm_set_epi64x(get_u32le(iv + 8), (int64_t)get_u64le(iv));
}

/* Seals, or with @open gives back the text of, one message. */
static void chacha(const IMB_MGR *m, const void *key, const void *iv,
		   const void *aad, size_t aad_len, const uint8_t *in,
		   size_t len, uint8_t *out, uint8_t *tag, bool open)
{
	struct chacha20_poly1305_context_data c;

	IMB_CHACHA20_POLY1305_INIT(m, key, &c, iv, aad, aad_len);
	if (open)
		IMB_CHACHA20_POLY1305_DEC_UPDATE(m, key, &c, out, in, len);
	else
		IMB_CHACHA20_POLY1305_ENC_UPDATE(m, key, &c, out, in, len);
	m->chacha20_poly1305_finalize(&c, tag, CRYPTO_AEAD_TAG);
	bytes_wipe(&c, sizeof(c));
}

static enum il_err mb_seal(void *ctx, struct crypto_slot s, const uint8_t *iv,
			   const void *aad, size_t aad_len, const uint8_t *in,
			   size_t len, uint8_t *out, uint8_t *tag,
			   size_t tag_len)
{
	const __m128i at_once = iv_of(iv);
	union scratch x;
	struct ossl *o = ctx;
	enum crypto_aead_alg alg;
	void *key;
	enum il_err err =
		ossl_aead_begin(o, s, aad_len, len, tag_len, &alg, &key);
	const IMB_MGR *m = o->aead_lib;

	if (err)
		return err;
	if (alg == CRYPTO_CHACHA20_POLY1305) {
		chacha(m, key, &at_once, aad, aad_len, in, len, out, tag,
		       false);
		return IL_OK;
	}
	(alg == CRYPTO_AES_256_GCM ? m->gcm256_enc : m->gcm128_enc)(
		key, &x.c, out, in, len, (const uint8_t *)&at_once, aad,
		aad_len, tag, tag_len);
	scratch_wipe(&x);
	return IL_OK;
}

/* As pieces to the library too: for what is large, a copy costs more. */
static enum il_err mb_seal_two(void *ctx, struct crypto_slot s,
			       const struct crypto_seal *a)
{
	const __m128i at_once = iv_of(a->iv);
	struct ossl *o = ctx;
	const IMB_MGR *m = o->aead_lib;
	uint8_t *rest = a->out + a->front_len;
	union scratch x;
	enum crypto_aead_alg alg;
	void *key;
	enum il_err err =
		ossl_aead_begin(o, s, a->aad_len, a->front_len + a->rest_len,
				a->tag_len, &alg, &key);

	if (err)
		return err;
	if (alg != CRYPTO_AES_256_GCM) {
		memmove(a->out, a->front, a->front_len);
		memcpy(rest, a->rest, a->rest_len);
		return mb_seal(ctx, s, a->iv, a->aad, a->aad_len, a->out,
			       a->front_len + a->rest_len, a->out, a->tag,
			       a->tag_len);
	}
	IMB_AES256_GCM_INIT(m, key, &x.c, (const uint8_t *)&at_once, a->aad,
			    a->aad_len);
	IMB_AES256_GCM_ENC_UPDATE(m, key, &x.c, a->out, a->front, a->front_len);
	IMB_AES256_GCM_ENC_UPDATE(m, key, &x.c, rest, a->rest, a->rest_len);
	IMB_AES256_GCM_ENC_FINALIZE(m, key, &x.c, a->tag, a->tag_len);
	scratch_wipe(&x);
	return IL_OK;
}

static enum il_err mb_unseal(void *ctx, struct crypto_slot s, const uint8_t *iv,
			     const void *aad, size_t aad_len, const uint8_t *in,
			     size_t len, uint8_t *out, const uint8_t *tag,
			     size_t tag_len)
{
	const __m128i at_once = iv_of(iv);
	union scratch x;
	uint8_t got[CRYPTO_AEAD_TAG];
	struct ossl *o = ctx;
	enum crypto_aead_alg alg;
	void *key;
	enum il_err err =
		ossl_aead_begin(o, s, aad_len, len, tag_len, &alg, &key);
	const IMB_MGR *m = o->aead_lib;

	if (err)
		return err;
	if (alg == CRYPTO_CHACHA20_POLY1305) {
		chacha(m, key, &at_once, aad, aad_len, in, len, out, got, true);
	} else {
		(alg == CRYPTO_AES_256_GCM ? m->gcm256_dec : m->gcm128_dec)(
			key, &x.c, out, in, len, (const uint8_t *)&at_once, aad,
			aad_len, got, tag_len);
		scratch_wipe(&x);
	}
	if (bytes_equal_ct(got, tag, tag_len))
		return IL_OK;
	bytes_wipe(got, sizeof(got)); /* what a forger would like to know */
	if (len)
		bytes_wipe(out, len);
	return IL_E_AUTH;
}

const struct ossl_aead ossl_mb = {
	.name = "ipsec-mb",
	.open = mb_open,
	.close = mb_close,
	.make = mb_make,
	.free = mb_free,
	.key = mb_key,
	.seal = mb_seal,
	.seal_two = mb_seal_two,
	.unseal = mb_unseal,
};
