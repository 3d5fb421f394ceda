/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/device_priv.h"
#include "spdm/keys.h"

/* What a requester shares with the device, and what it shows. */

/* No hint at all means the first key. */
enum il_err device_psk_secret(void *ctx, struct spdm_span hint, uint32_t hash,
			      const uint8_t *salt, size_t salt_len,
			      uint8_t *secret)
{
	const struct device *d = ctx;

	for (unsigned i = 0; i < d->cfg.psk_count; i++) {
		const struct device_psk *k = &d->cfg.psk[i];

		if (hint.n && (hint.n != k->hint_len ||
			       memcmp(hint.p, k->hint, hint.n) != 0))
			continue;
		return crypto_hkdf_extract(
			d->cfg.crypto, spdm_crypto_hash(hash), salt, salt_len,
			k->key, k->key_len, secret);
	}
	return IL_E_ARG;
}

enum il_err device_trust(void *ctx, uint8_t slot,
			 const struct crypto_chain *chain)
{
	const struct device *d = ctx;

	return d->cfg.trust ? d->cfg.trust(d->cfg.trust_ctx, slot, chain)
			    : IL_E_AUTH;
}
