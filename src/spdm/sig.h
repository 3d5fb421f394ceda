/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_SIG_H
#define SPDM_SIG_H

#include "crypto/crypto.h"
#include "spdm/codec.h"

/*
 * Signatures of either side: what the bits of BaseAsymAlgo and ReqBaseAsymAlg
 * mean for the crypto table. Source: DSP0274 1.2.1, section 10.4
 */

/* The kind of key that signs with @asym, one bit; 0: not ours. */
enum crypto_key spdm_asym_key(uint32_t asym);

/*
 * spdm_sig_verify() - check @sig over @digest, which is of @hash
 *
 * Errors:   IL_E_FIELD  the key is of another kind than @asym signs with
 *           IL_E_AUTH   the signature does not verify
 */
enum il_err spdm_sig_verify(const struct crypto *c, struct crypto_slot key,
			    uint32_t asym, uint32_t hash, const uint8_t *digest,
			    struct spdm_span sig) IL_MUST;

#endif
