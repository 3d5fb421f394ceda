/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/sig.h"

#include "spdm/keys_priv.h"

enum crypto_key spdm_asym_key(uint32_t asym)
{
	switch (asym) {
	case SPDM_ASYM_RSASSA_2048:
	case SPDM_ASYM_RSAPSS_2048:
		return CRYPTO_KEY_RSA_2048;
	case SPDM_ASYM_RSASSA_3072:
	case SPDM_ASYM_RSAPSS_3072:
		return CRYPTO_KEY_RSA_3072;
	case SPDM_ASYM_RSASSA_4096:
	case SPDM_ASYM_RSAPSS_4096:
		return CRYPTO_KEY_RSA_4096;
	case SPDM_ASYM_ECDSA_P256:
		return CRYPTO_KEY_P256;
	case SPDM_ASYM_ECDSA_P384:
		return CRYPTO_KEY_P384;
	case SPDM_ASYM_ECDSA_P521:
		return CRYPTO_KEY_P521;
	default:
		return (enum crypto_key)0;
	}
}

enum il_err spdm_sig_verify(const struct crypto *c, struct crypto_slot key,
			    uint32_t asym, uint32_t hash, const uint8_t *digest,
			    struct spdm_span sig)
{
	const enum crypto_key want = spdm_asym_key(asym);
	enum crypto_key kind = (enum crypto_key)0;
	enum il_err err = crypto_key_kind(c, key, &kind);

	if (err)
		return err;
	if (!want || kind != want)
		return IL_E_FIELD;
	if (asym & (SPDM_ASYM_RSASSA | SPDM_ASYM_RSAPSS))
		return crypto_verify_rsa(
			c, key,
			asym & SPDM_ASYM_RSAPSS ? CRYPTO_RSAPSS : CRYPTO_RSASSA,
			spdm_crypto_hash(hash), digest, sig.p, sig.n);
	return crypto_verify_digest(c, key, digest, spdm_hash_len(hash), sig.p,
				    sig.n);
}
