/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/sig.h"

#include "spdm/keys_priv.h"

static enum crypto_key base_key(uint32_t asym)
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

enum crypto_key spdm_asym_key(uint32_t asym, uint32_t pqc)
{
	if (asym && pqc)
		return (enum crypto_key)0;
	switch (pqc) {
	case SPDM_PQC_ML_DSA_44:
		return CRYPTO_KEY_ML_DSA_44;
	case SPDM_PQC_ML_DSA_65:
		return CRYPTO_KEY_ML_DSA_65;
	case SPDM_PQC_ML_DSA_87:
		return CRYPTO_KEY_ML_DSA_87;
	default:
		return base_key(asym);
	}
}

uint32_t spdm_key_asym(enum crypto_key kind)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < 16; i++)
		if (kind && base_key(BIT(i)) == kind)
			bits |= BIT(i);
	return bits;
}

uint32_t spdm_key_pqc(enum crypto_key kind)
{
	return crypto_key_is_ml_dsa(kind) ? BIT(kind - CRYPTO_KEY_ML_DSA_44)
					  : 0;
}

enum il_err spdm_sig_make(const struct crypto *c, struct crypto_slot key,
			  uint32_t asym, const uint8_t *digest, size_t len,
			  uint8_t *sig, size_t sig_len)
{
	const enum crypto_hash_alg hash = len == 32   ? CRYPTO_SHA256
					  : len == 48 ? CRYPTO_SHA384
						      : CRYPTO_SHA512;

	if (!(asym & (SPDM_ASYM_RSASSA | SPDM_ASYM_RSAPSS)))
		return crypto_sign_digest(c, key, digest, len, sig, sig_len);
	return crypto_sign_rsa(
		c, key, asym & SPDM_ASYM_RSAPSS ? CRYPTO_RSAPSS : CRYPTO_RSASSA,
		hash, digest, sig, sig_len);
}

uint16_t spdm_asym_sig_len(uint32_t asym, uint32_t pqc)
{
	return pqc ? spdm_pqc_sig_len(pqc) : spdm_sig_len(asym);
}

/* ML-DSA signs the message itself, and knows what it is for. */
static enum il_err verify_msg(const struct crypto *c, struct crypto_slot key,
			      const struct spdm_sig_alg *a, const char *context,
			      const uint8_t *th, struct spdm_span sig)
{
	uint8_t msg[SPDM_SIGN_MSG_MAX];
	size_t len;
	enum il_err err =
		spdm_sign_msg(a->version, a->hash, context, th, msg, &len);

	if (err)
		return err;
	return crypto_verify_msg(c, key, context, spdm_text_len(context), msg,
				 len, sig.p, sig.n);
}

enum il_err spdm_sig_verify(const struct crypto *c, struct crypto_slot key,
			    const struct spdm_sig_alg *a, const char *context,
			    const uint8_t *th, struct spdm_span sig)
{
	const enum crypto_key want = spdm_asym_key(a->asym, a->pqc);
	enum crypto_key kind = (enum crypto_key)0;
	uint8_t digest[SPDM_HASH_MAX];
	enum il_err err = crypto_key_kind(c, key, &kind);

	if (err)
		return err;
	if (!want || kind != want)
		return IL_E_FIELD;
	if (a->pqc)
		return verify_msg(c, key, a, context, th, sig);
	err = spdm_sign_digest(c, a->version, a->hash, context, th, digest);
	if (err)
		return err;
	if (a->asym & (SPDM_ASYM_RSASSA | SPDM_ASYM_RSAPSS))
		return crypto_verify_rsa(
			c, key,
			a->asym & SPDM_ASYM_RSAPSS ? CRYPTO_RSAPSS
						   : CRYPTO_RSASSA,
			spdm_crypto_hash(a->hash), digest, sig.p, sig.n);
	return crypto_verify_digest(c, key, digest, spdm_hash_len(a->hash),
				    sig.p, sig.n);
}
