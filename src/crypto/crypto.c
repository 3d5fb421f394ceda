/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/crypto.h"

#include "base/bytes.h"

/* Bytes of the longest block that a hash takes at once: SHA-384 and 512. */
#define BLOCK_MAX 128

static size_t block_len(enum crypto_hash_alg alg)
{
	return alg == CRYPTO_SHA256 ? 64 : 128;
}

/* Source: RFC 2104 §2, and §3 for keys longer than a block. */
enum il_err crypto_hmac_parts(const struct crypto *c, enum crypto_hash_alg alg,
			      const uint8_t *key, size_t key_len,
			      const struct crypto_span *parts, size_t n,
			      uint8_t *out)
{
	struct crypto_span all[1 + CRYPTO_HMAC_PARTS];
	uint8_t pad[BLOCK_MAX] = { 0 };
	uint8_t inner[CRYPTO_HASH_MAX];
	size_t block = block_len(alg);
	enum il_err err = IL_OK;

	if (n > CRYPTO_HMAC_PARTS || !crypto_hash_len(alg))
		return IL_E_ARG;
	if (key_len > block)
		err = crypto_hash(c, alg, key, key_len, pad);
	else if (key_len)
		memcpy(pad, key, key_len);
	for (size_t i = 0; i < block; i++)
		pad[i] ^= 0x36;
	all[0] = (struct crypto_span){ pad, block };
	for (size_t i = 0; i < n; i++)
		all[1 + i] = parts[i];
	if (!err)
		err = crypto_hash_parts(c, alg, all, 1 + n, inner);
	for (size_t i = 0; i < block; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	all[1] = (struct crypto_span){ inner, crypto_hash_len(alg) };
	if (!err)
		err = crypto_hash_parts(c, alg, all, 2, out);
	bytes_wipe(pad, sizeof(pad));
	bytes_wipe(inner, sizeof(inner));
	return err;
}

enum il_err crypto_hkdf_extract(const struct crypto *c,
				enum crypto_hash_alg alg, const uint8_t *salt,
				size_t salt_len, const uint8_t *secret,
				size_t secret_len, uint8_t *prk)
{
	/* No salt and zeros give the same HMAC: keys are padded with zeros. */
	return crypto_hmac(c, alg, salt, salt_len, secret, secret_len, prk);
}

enum il_err crypto_hkdf_expand(const struct crypto *c, enum crypto_hash_alg alg,
			       const uint8_t *prk, size_t prk_len,
			       const void *info, size_t info_len, uint8_t *out,
			       size_t len)
{
	size_t step = crypto_hash_len(alg);
	uint8_t t[CRYPTO_HASH_MAX];
	enum il_err err = IL_OK;
	uint8_t i = 0;

	if (!step || len > CRYPTO_HKDF_MAX * step)
		return IL_E_ARG;
	while (len && !err) {
		size_t take = len < step ? len : step;
		const struct crypto_span parts[] = {
			{ t, i ? step : 0 },
			{ info, info_len },
			{ &i, 1 },
		};

		i++;
		err = crypto_hmac_parts(c, alg, prk, prk_len, parts, 3, t);
		if (!err)
			memcpy(out, t, take);
		out += take;
		len -= take;
	}
	bytes_wipe(t, sizeof(t));
	return err;
}

const char *crypto_key_name(enum crypto_key kind)
{
	static const char *const names[CRYPTO_KEYS] = {
		[CRYPTO_KEY_P256] = "P-256",
		[CRYPTO_KEY_P384] = "P-384",
		[CRYPTO_KEY_P521] = "P-521",
		[CRYPTO_KEY_RSA_2048] = "RSA 2048",
		[CRYPTO_KEY_RSA_3072] = "RSA 3072",
		[CRYPTO_KEY_RSA_4096] = "RSA 4096",
		[CRYPTO_KEY_ML_DSA_44] = "ML-DSA-44",
		[CRYPTO_KEY_ML_DSA_65] = "ML-DSA-65",
		[CRYPTO_KEY_ML_DSA_87] = "ML-DSA-87",
	};

	return kind < CRYPTO_KEYS && names[kind] ? names[kind] : "?";
}

void crypto_chain_drop(const struct crypto *c, struct crypto_chain *chain)
{
	crypto_drop(c, &chain->slot);
	crypto_drop(c, &chain->leaf);
	memset(chain, 0, sizeof(*chain));
}

const char *crypto_why_name(enum crypto_why_code code)
{
	switch (code) {
	case CRYPTO_WHY_NONE:
		return "trusted";
	case CRYPTO_WHY_EXPIRED:
		return "expired";
	case CRYPTO_WHY_NOT_YET:
		return "not yet valid";
	case CRYPTO_WHY_UNTRUSTED:
		return "does not lead to the trust anchor";
	case CRYPTO_WHY_ORDER:
		return "not issued by the certificate before it";
	case CRYPTO_WHY_SIGNATURE:
		return "bad signature";
	case CRYPTO_WHY_NOT_CA:
		return "not a CA";
	case CRYPTO_WHY_PATH_LEN:
		return "path length exceeded";
	case CRYPTO_WHY_KEY_USAGE:
		return "key usage forbids it";
	case CRYPTO_WHY_PURPOSE:
		return "not for this role in SPDM";
	case CRYPTO_WHY_CRITICAL:
		return "unknown critical extension";
	case CRYPTO_WHY_ANCHOR:
		return "trust anchor is not a certificate";
	case CRYPTO_WHY_OTHER:
		return "refused by path validation";
	}
	return "?";
}

enum il_err crypto_aead_seal_two(const struct crypto *c, struct crypto_slot s,
				 const struct crypto_seal *a)
{
	const size_t len = a->front_len + a->rest_len;
	enum il_err err;

	if (c->ops->aead_seal_two)
		return c->ops->aead_seal_two(c->ctx, s, a);
	if (a->front_len)
		memmove(a->out, a->front, a->front_len);
	if (a->rest_len)
		memcpy(a->out + a->front_len, a->rest, a->rest_len);
	err = crypto_aead_seal(c, s, a->iv, a->aad, a->aad_len, a->out, len,
			       a->out, a->tag, a->tag_len);
	if (err && a->rest_len)
		bytes_wipe(a->out + a->front_len, a->rest_len);
	return err;
}
