/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_SIG_H
#define SPDM_SIG_H

#include "crypto/crypto.h"
#include "spdm/codec.h"

/*
 * Signatures of either side: what the bits of BaseAsymAlgo, PqcAsymAlgo and
 * their like of the requester mean for the crypto table.
 * Source: DSP0274 1.2.1 and 1.4.0, section 10.4
 */

/* How one side signs: one bit of @asym, or one of @pqc. */
struct spdm_sig_alg {
	uint8_t version; /* of the connection */
	uint32_t hash;
	uint32_t asym; /* SPDM_ASYM_… */
	uint32_t pqc;  /* SPDM_PQC_…, 1.4 */
};

/* The kind of key that signs with the one bit set; 0: not ours. */
enum crypto_key spdm_asym_key(uint32_t asym, uint32_t pqc);

/* What a kind of key can sign with, bits of either; 0: nothing of it. */
uint32_t spdm_key_asym(enum crypto_key kind);
uint32_t spdm_key_pqc(enum crypto_key kind);

/* Bytes of a signature; 0: neither of them is ours. */
uint16_t spdm_asym_sig_len(uint32_t asym, uint32_t pqc);

/*
 * spdm_sig_make() - sign @digest of @len bytes with a private key, as the bit
 *                   @asym says
 *
 * Errors: as crypto_sign_digest() and crypto_sign_rsa()
 */
enum il_err spdm_sig_make(const struct crypto *c, struct crypto_slot key,
			  uint32_t asym, const uint8_t *digest, size_t len,
			  uint8_t *sig, size_t sig_len) IL_MUST;

/*
 * spdm_sig_verify() - check @sig over a transcript
 * @context: what it is for, SPDM_SIGN_…
 * @th:      hash of the transcript
 *
 * Errors:   IL_E_FIELD  the key is of another kind than @a signs with
 *           IL_E_AUTH   the signature does not verify
 */
enum il_err spdm_sig_verify(const struct crypto *c, struct crypto_slot key,
			    const struct spdm_sig_alg *a, const char *context,
			    const uint8_t *th, struct spdm_span sig) IL_MUST;

#endif
