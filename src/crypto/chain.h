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
 * of security (SHA-1, RSA below 2048 bits) are refused, and RSA keys whose
 * exponent is 1 or even, the anchor's too. The first fault counted from the
 * anchor down is the one reported; the leaf's purpose comes last.
 *
 * Errors:   IL_E_STATE  @chain is not a parsed chain
 *           IL_E_AUTH   not to be trusted; @why says which certificate
 * Source:   RFC 5280 §6; DSP0274 1.2, "SPDM certificate requirements and
 *           recommendations" (leaf: no CA, digital signature, the
 *           role of chain->requester if its EKU names one)
 */
static inline enum il_err IL_MUST
crypto_chain_verify(const struct crypto *c, const struct crypto_chain *chain,
		    const uint8_t *anchor, size_t anchor_len, int64_t now_s,
		    struct crypto_why *why)
{
	return c->ops->chain_verify(c->ctx, chain, anchor, anchor_len, now_s,
				    why);
}

/*
 * crypto_csr_make() - a certificate request (PKCS #10) for a private key
 * @key: a private key: its public half is in the request, which it signs
 * @len: bytes written to @out, or bytes needed on IL_E_SPACE
 *
 * RSA signs by PKCS #1 v1.5.
 *
 * Errors:   IL_E_STATE   @key is no private key
 *           IL_E_ARG     no such hash, no subject, a name too long
 *           IL_E_FIELD   ask->info is no CertificationRequestInfo of version
 *                        0, or is of another key
 *           IL_E_LONG    bytes behind it
 *           IL_E_SPACE   @out is untouched
 *           IL_E_RANDOM, IL_E_NOMEM
 * Source:   RFC 2986 §4; DSP0274 1.3, "GET_CSR request and CSR response"
 *           (RequesterInfo). OPEN: the specification does not say what becomes
 *           of a key in RequesterInfo that is not the device's; it is refused,
 *           as DMTF's implementation does.
 */
static inline enum il_err IL_MUST crypto_csr_make(
	const struct crypto *c, struct crypto_slot key,
	const struct crypto_csr_ask *ask, uint8_t *out, size_t cap, size_t *len)
{
	return c->ops->csr_make(c->ctx, key, ask, out, cap, len);
}

/*
 * crypto_csr_info() - a CertificationRequestInfo to ask a device with
 * @pub:  the device's key, public or private
 * @name: the common name that the request shall have
 *
 * Errors: IL_E_STATE  @pub is no key; IL_E_ARG  @name is empty or too long;
 *         IL_E_SPACE; IL_E_NOMEM
 */
static inline enum il_err IL_MUST crypto_csr_info(const struct crypto *c,
						  struct crypto_slot pub,
						  const char *name,
						  uint8_t *out, size_t cap,
						  size_t *len)
{
	return c->ops->csr_info(c->ctx, pub, name, out, cap, len);
}

/*
 * crypto_csr_read() - take a certificate request apart
 * @pub:     filled with the key that it is for, once the request's signature
 *           has been found to be of that key
 * @subject: CRYPTO_NAME_MAX bytes, as in struct crypto_chain
 *
 * Errors:   IL_E_FIELD  no request, or its key of no kind of enum crypto_key
 *           IL_E_LONG   bytes after it
 *           IL_E_AUTH   not signed by its own key
 *           IL_E_STATE  *@pub holds something else, or is stale
 *           IL_E_NOMEM  all slots are taken
 *           On an error nothing has changed.
 * Source:   RFC 2986 §4
 */
static inline enum il_err IL_MUST crypto_csr_read(const struct crypto *c,
						  const uint8_t *der,
						  size_t len,
						  struct crypto_slot *pub,
						  char *subject)
{
	return c->ops->csr_read(c->ctx, der, len, pub, subject);
}

#endif
