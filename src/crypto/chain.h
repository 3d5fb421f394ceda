/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CRYPTO_CHAIN_H
#define CRYPTO_CHAIN_H

#include "crypto/types.h"

/* Certificates. See crypto.h. */

/* A few words such as "expired"; never NULL. */
const char *crypto_why_name(enum crypto_why_code code);

/*
 * crypto_chain_parse() - parse a chain of DER certificates, once
 * @der: certificates one after the other, leaf last; not kept after return
 * @out: all zero, or an earlier chain, which is then replaced
 *
 * Says what is written, not whether it is to be trusted.
 *
 * Errors:   IL_E_SHORT  ends inside a certificate, or is empty
 *           IL_E_LONG   more than CRYPTO_CHAIN_CERTS, or one too long
 *           IL_E_FIELD  not a certificate; leaf key of no kind of enum
 *                       crypto_key; SAN too long or not text
 *           IL_E_STATE  a slot of *@out is stale
 *           IL_E_NOMEM  all slots are taken
 *           On an error *@out is as before.
 * Source:   DSP0274 1.2, "Certificates and certificate chains" (order);
 *           RFC 5280
 */
static inline enum il_err IL_MUST crypto_chain_parse(const struct crypto *c,
						     const uint8_t *der,
						     size_t len,
						     struct crypto_chain *out)
{
	return c->ops->chain_parse(c->ctx, der, len, out);
}

/* Gives back the slots of *@chain and zeroes it. */
void crypto_chain_drop(const struct crypto *c, struct crypto_chain *chain);

/*
 * crypto_chain_verify() - whether a chain leads to a trust anchor
 * @anchor: one DER certificate, believed as it is except for its dates; it
 *          may be the chain's first certificate or that one's issuer
 * @now_s:  seconds since 1970
 * @why:    written always
 *
 * Certificates must stand in order; keys and signatures of less than 112 bits
 * of security (SHA-1, RSA below 2048 bits) are refused. The first fault counted
 * from the anchor down is the one reported; the leaf's purpose comes last.
 *
 * Errors:   IL_E_STATE  @chain is not a parsed chain
 *           IL_E_AUTH   not to be trusted; @why says which certificate
 * Source:   RFC 5280 §6; DSP0274 1.2, "SPDM certificate requirements and
 *           recommendations" (leaf: no CA, digital signature, the
 *           responder's role if its EKU names a role)
 */
static inline enum il_err IL_MUST
crypto_chain_verify(const struct crypto *c, const struct crypto_chain *chain,
		    const uint8_t *anchor, size_t anchor_len, int64_t now_s,
		    struct crypto_why *why)
{
	return c->ops->chain_verify(c->ctx, chain, anchor, anchor_len, now_s,
				    why);
}

#endif
