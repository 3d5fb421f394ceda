/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/null_cipher.h"

#include "base/bytes.h"

static enum il_err null_seal(void *ctx, struct crypto_slot s, const uint8_t *iv,
			     const void *aad, size_t aad_len, const uint8_t *in,
			     size_t len, uint8_t *out, uint8_t *tag,
			     size_t tag_len)
{
	(void)ctx;
	(void)iv;
	(void)aad;
	(void)aad_len;
	if (tag_len != 12 && tag_len != CRYPTO_AEAD_TAG)
		return IL_E_ARG;
	if (!s.n)
		return IL_E_STATE;
	if (len)
		memmove(out, in, len);
	memset(tag, NULL_CIPHER_TAG, tag_len);
	return IL_OK;
}

static enum il_err null_open(void *ctx, struct crypto_slot s, const uint8_t *iv,
			     const void *aad, size_t aad_len, const uint8_t *in,
			     size_t len, uint8_t *out, const uint8_t *tag,
			     size_t tag_len)
{
	uint8_t want[CRYPTO_AEAD_TAG];

	(void)ctx;
	(void)iv;
	(void)aad;
	(void)aad_len;
	if (tag_len != 12 && tag_len != CRYPTO_AEAD_TAG)
		return IL_E_ARG;
	if (!s.n)
		return IL_E_STATE;
	memset(want, NULL_CIPHER_TAG, sizeof(want));
	if (!bytes_equal_ct(tag, want, tag_len)) {
		if (len)
			memset(out, 0, len);
		return IL_E_AUTH;
	}
	if (len)
		memmove(out, in, len);
	return IL_OK;
}

struct crypto null_cipher_over(struct null_cipher *n,
			       const struct crypto *inner)
{
	n->ops = *inner->ops;
	n->ops.aead_seal = null_seal;
	n->ops.aead_seal_two = NULL;
	n->ops.aead_open = null_open;
	return (struct crypto){ .ops = &n->ops, .ctx = inner->ctx };
}
