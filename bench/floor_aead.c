/* SPDX-License-Identifier: BSD-2-Clause */
#include "floor_aead.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#ifdef HAVE_IPSEC_MB
#include <intel-ipsec-mb.h>
#endif

#include "bench.h"

static uint8_t text[FLOOR_LEN_MAX], sealed[FLOOR_LEN_MAX], key[32];
static uint8_t aad[FLOOR_AAD_MAX];
/* What opens of floor_calls take: a sealed text, and its IV. */
static uint8_t was[FLOOR_LEN_MAX], was_iv[12] = { 1, 1 };
static EVP_CIPHER_CTX *seal_ctx, *open_ctx;

static void iv_next(uint8_t iv[12])
{
	static uint64_t number;

	number++;
	memcpy(iv, &number, sizeof(number));
}

static void openssl_seal(const uint8_t *iv, size_t aad_len, uint8_t *out,
			 size_t len, uint8_t *tag, size_t tag_len)
{
	int n;

	bench_must(!EVP_EncryptInit_ex2(seal_ctx, NULL, NULL, iv, NULL) ||
		   !EVP_EncryptUpdate(seal_ctx, NULL, &n, aad, (int)aad_len) ||
		   !EVP_EncryptUpdate(seal_ctx, out, &n, text, (int)len) ||
		   !EVP_EncryptFinal_ex(seal_ctx, tag, &n) ||
		   !EVP_CIPHER_CTX_ctrl(seal_ctx, EVP_CTRL_AEAD_GET_TAG,
					(int)tag_len, tag));
}

static void openssl_open(const uint8_t *iv, size_t aad_len, const uint8_t *in,
			 size_t len, uint8_t *tag, size_t tag_len)
{
	int n;

	bench_must(!EVP_DecryptInit_ex2(open_ctx, NULL, NULL, iv, NULL) ||
		   !EVP_CIPHER_CTX_ctrl(open_ctx, EVP_CTRL_AEAD_SET_TAG,
					(int)tag_len, tag) ||
		   !EVP_DecryptUpdate(open_ctx, NULL, &n, aad, (int)aad_len) ||
		   !EVP_DecryptUpdate(open_ctx, text, &n, in, (int)len) ||
		   EVP_DecryptFinal_ex(open_ctx, tag, &n) <= 0);
}

static void openssl_pair(const struct floor_aead *f, const uint8_t *iv)
{
	uint8_t tag[16];

	openssl_seal(iv, f->aad_len, sealed, f->len, tag, f->tag_len);
	openssl_open(iv, f->aad_len, sealed, f->len, tag, f->tag_len);
}

double floor_aead_openssl(void *ctx)
{
	const struct floor_aead *f = ctx;
	uint8_t iv[12] = { 0 };

	for (unsigned i = 0; i < f->times; i++) {
		iv_next(iv);
		openssl_pair(f, iv);
	}
	return f->ops;
}

double floor_calls_openssl(void *ctx)
{
	const struct floor_calls *f = ctx;
	uint8_t iv[12] = { 0 }, tag[16];

	for (size_t i = 0; i < f->n * f->times; i++) {
		struct floor_call *c = &f->call[i % f->n];

		if (c->seal) {
			iv_next(iv);
			openssl_seal(iv, c->aad_len, sealed, c->len, tag,
				     c->tag_len);
		} else {
			openssl_open(was_iv, c->aad_len, was, c->len, c->tag,
				     c->tag_len);
		}
	}
	return f->ops;
}

void floor_calls_ready(struct floor_calls *f)
{
	uint8_t tag[16];

	for (size_t i = 0; i < f->n; i++) {
		struct floor_call *c = &f->call[i];

		bench_must(c->len > FLOOR_LEN_MAX ||
			   c->aad_len > FLOOR_AAD_MAX);
		openssl_seal(was_iv, c->aad_len, was, c->len, c->tag,
			     c->tag_len);
	}
	/* A shorter text is the beginning of a longer one. */
	openssl_seal(was_iv, 0, was, FLOOR_LEN_MAX, tag, sizeof(tag));
}

#ifdef HAVE_IPSEC_MB
static IMB_MGR *mgr;
static struct gcm_key_data expanded;

static void mb_up(void)
{
	const uint64_t needs = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;
	IMB_ARCH arch;

	mgr = alloc_mb_mgr(0);
	bench_must(!mgr);
	init_mb_mgr_auto(mgr, &arch);
	if ((mgr->features & needs) == needs) {
		IMB_AES256_GCM_PRE(mgr, key, &expanded);
		return;
	}
	free_mb_mgr(mgr);
	mgr = NULL;
}

static void mb_down(void)
{
	if (mgr)
		free_mb_mgr(mgr);
}

double floor_aead_mb(void *ctx)
{
	const struct floor_aead *f = ctx;
	struct gcm_context_data c;
	uint8_t iv[12] = { 0 }, tag[16], got[16];

	for (unsigned i = 0; i < f->times; i++) {
		iv_next(iv);
		IMB_AES256_GCM_ENC(mgr, &expanded, &c, sealed, text, f->len, iv,
				   aad, f->aad_len, tag, f->tag_len);
		IMB_AES256_GCM_DEC(mgr, &expanded, &c, text, sealed, f->len, iv,
				   aad, f->aad_len, got, f->tag_len);
		bench_must(CRYPTO_memcmp(tag, got, f->tag_len) != 0);
	}
	return f->ops;
}

double floor_calls_mb(void *ctx)
{
	const struct floor_calls *f = ctx;
	struct gcm_context_data c;
	uint8_t iv[12] = { 0 }, tag[16];

	for (size_t i = 0; i < f->n * f->times; i++) {
		const struct floor_call *k = &f->call[i % f->n];

		if (k->seal) {
			iv_next(iv);
			IMB_AES256_GCM_ENC(mgr, &expanded, &c, sealed, text,
					   k->len, iv, aad, k->aad_len, tag,
					   k->tag_len);
			continue;
		}
		IMB_AES256_GCM_DEC(mgr, &expanded, &c, text, was, k->len,
				   was_iv, aad, k->aad_len, tag, k->tag_len);
		bench_must(CRYPTO_memcmp(tag, k->tag, k->tag_len) != 0);
	}
	return f->ops;
}

bool floor_aead_has_mb(void)
{
	return mgr != NULL;
}
#else
static void mb_up(void)
{
}

static void mb_down(void)
{
}

double floor_aead_mb(void *ctx)
{
	return floor_aead_openssl(ctx);
}

double floor_calls_mb(void *ctx)
{
	return floor_calls_openssl(ctx);
}

bool floor_aead_has_mb(void)
{
	return false;
}
#endif

void floor_aead_up(void)
{
	seal_ctx = EVP_CIPHER_CTX_new();
	open_ctx = EVP_CIPHER_CTX_new();
	bench_must(!seal_ctx || !open_ctx ||
		   !EVP_EncryptInit_ex2(seal_ctx, EVP_aes_256_gcm(), key, NULL,
					NULL) ||
		   !EVP_DecryptInit_ex2(open_ctx, EVP_aes_256_gcm(), key, NULL,
					NULL));
	mb_up();
}

void floor_aead_down(void)
{
	EVP_CIPHER_CTX_free(seal_ctx);
	EVP_CIPHER_CTX_free(open_ctx);
	mb_down();
}
