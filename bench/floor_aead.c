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

#define LEN_MAX 16384

static uint8_t text[LEN_MAX], sealed[LEN_MAX], key[32], aad[32];
static EVP_CIPHER_CTX *seal_ctx, *open_ctx;

static void iv_next(uint8_t iv[12])
{
	static uint64_t number;

	number++;
	memcpy(iv, &number, sizeof(number));
}

static void openssl_pair(const struct floor_aead *f, const uint8_t *iv)
{
	uint8_t tag[16];
	int n;

	bench_must(
		!EVP_EncryptInit_ex2(seal_ctx, NULL, NULL, iv, NULL) ||
		!EVP_EncryptUpdate(seal_ctx, NULL, &n, aad, (int)f->aad_len) ||
		!EVP_EncryptUpdate(seal_ctx, sealed, &n, text, (int)f->len) ||
		!EVP_EncryptFinal_ex(seal_ctx, tag, &n) ||
		!EVP_CIPHER_CTX_ctrl(seal_ctx, EVP_CTRL_AEAD_GET_TAG,
				     (int)f->tag_len, tag));
	bench_must(
		!EVP_DecryptInit_ex2(open_ctx, NULL, NULL, iv, NULL) ||
		!EVP_CIPHER_CTX_ctrl(open_ctx, EVP_CTRL_AEAD_SET_TAG,
				     (int)f->tag_len, tag) ||
		!EVP_DecryptUpdate(open_ctx, NULL, &n, aad, (int)f->aad_len) ||
		!EVP_DecryptUpdate(open_ctx, text, &n, sealed, (int)f->len) ||
		EVP_DecryptFinal_ex(open_ctx, tag, &n) <= 0);
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
