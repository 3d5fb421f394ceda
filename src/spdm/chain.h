/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_CHAIN_H
#define SPDM_CHAIN_H

#include "crypto/crypto.h"
#include "spdm/codec.h"

/*
 * The SPDM certificate chain of whoever shows one, made of its certificates
 * as it is asked for: length u16, reserved u16, hash of the root certificate,
 * certificates. Source: DSP0274 1.2.1, section 10.6.1
 */

/* What a slot holds, and the hash of its root under the agreed algorithm. */
struct spdm_chain {
	struct spdm_span certs; /* DER, nearest to the root first */
	const uint8_t *root_hash;
	size_t hash_len;
};

static inline size_t spdm_chain_len(const struct spdm_chain *ch)
{
	return SPDM_CHAIN_HEAD + ch->hash_len + ch->certs.n;
}

/* Length of the DER object that @s begins with, or 0. */
size_t spdm_der_len(struct spdm_span s);

/*
 * spdm_chain_hash() - hashes of a root and of the chain that stands on it
 * @root: DER; empty: the first of @certs
 */
enum il_err spdm_chain_hash(const struct crypto *c, uint32_t hash,
			    struct spdm_span certs, struct spdm_span root,
			    uint8_t *root_hash, uint8_t *chain_hash) IL_MUST;

/* Bytes @off to @off + @n of the chain, which has them. */
void spdm_chain_bytes(const struct spdm_chain *ch, size_t off, uint8_t *out,
		      size_t n);

/*
 * spdm_chain_read() - a whole chain that somebody showed
 * @told:   its digest, as DIGESTS said
 * @digest: the same, found out here
 * @out:    its certificates; crypto_chain_drop() when it has gone well
 *
 * Errors:   IL_E_AUTH   another digest
 *           IL_E_FIELD  a length that does not fit, or a leaf with a key of
 *                       another kind than @want
 *           others as crypto_chain_parse()
 */
enum il_err spdm_chain_read(const struct crypto *c, uint32_t hash,
			    enum crypto_key want, struct spdm_span chain,
			    const uint8_t *told, uint8_t *digest,
			    struct crypto_chain *out) IL_MUST;

#endif
