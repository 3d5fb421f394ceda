/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include "crypto/types.h"

/* Keys: agreeing on a secret, signing and verifying. See crypto.h. */

/*
 * crypto_dh_begin() - make an ephemeral key pair
 * @pub_out: X || Y, each crypto_curve_len(@curve) bytes, most significant first
 *
 * Errors:   IL_E_ARG     no such curve
 *           IL_E_STATE   *@s holds something else, or is stale
 *           IL_E_NOMEM   all slots are taken
 *           IL_E_RANDOM  no randomness
 */
static inline enum il_err IL_MUST crypto_dh_begin(const struct crypto *c,
						  struct crypto_slot *s,
						  enum crypto_curve curve,
						  uint8_t *pub_out)
{
	return c->ops->dh_begin(c->ctx, s, curve, pub_out);
}

/*
 * crypto_dh_load() - take a key pair from its scalar instead
 * @scalar: crypto_curve_len(@curve) bytes, most significant first
 *
 * For replaying recorded conversations. Errors as crypto_dh_begin(), and
 * IL_E_FIELD if the scalar is 0 or not below the order of the curve.
 */
static inline enum il_err IL_MUST crypto_dh_load(const struct crypto *c,
						 struct crypto_slot *s,
						 enum crypto_curve curve,
						 const uint8_t *scalar,
						 uint8_t *pub_out)
{
	return c->ops->dh_load(c->ctx, s, curve, scalar, pub_out);
}

/*
 * crypto_dh_finish() - the shared secret with a peer's public key
 * @peer_pub:   X || Y on the curve of the slot
 * @secret_out: crypto_curve_len() bytes; the caller wipes it
 *
 * All curves have prime order, so that the peer's point is checked to be on
 * the curve and nothing more is needed. The slot stays; drop it.
 *
 * Errors:   IL_E_STATE  @s is no ECDH key
 *           IL_E_FIELD  the point is not on the curve
 * Source:   NIST SP 800-56A rev. 3 §5.6.2.3.4, §5.7.1.2
 */
static inline enum il_err IL_MUST crypto_dh_finish(const struct crypto *c,
						   struct crypto_slot s,
						   const uint8_t *peer_pub,
						   uint8_t *secret_out)
{
	return c->ops->dh_finish(c->ctx, s, peer_pub, secret_out);
}

/*
 * crypto_key_load() - take a private key, from PEM or DER
 * @p: SEC1, PKCS #1 or #8, not encrypted, of a kind of enum crypto_key; not
 *     kept
 *
 * Errors:   IL_E_FIELD  no such key, or damaged
 *           IL_E_LONG   bytes after the DER
 *           IL_E_STATE  *@s holds something else, or is stale
 *           IL_E_NOMEM  all slots are taken
 */
static inline enum il_err IL_MUST crypto_key_load(const struct crypto *c,
						  struct crypto_slot *s,
						  const void *p, size_t len)
{
	return c->ops->key_load(c->ctx, s, p, len);
}

/* crypto_pubkey_from_spki() - take a SubjectPublicKeyInfo; as key_load */
static inline enum il_err IL_MUST
crypto_pubkey_from_spki(const struct crypto *c, struct crypto_slot *s,
			const uint8_t *der, size_t len)
{
	return c->ops->pubkey_from_spki(c->ctx, s, der, len);
}

/*
 * crypto_pubkey_from_point() - take a public key from X || Y
 *
 * Errors: as crypto_key_load(), IL_E_FIELD if the point is not on the curve,
 * IL_E_ARG if there is no such curve.
 */
static inline enum il_err IL_MUST
crypto_pubkey_from_point(const struct crypto *c, struct crypto_slot *s,
			 enum crypto_curve curve, const uint8_t *pub)
{
	return c->ops->pubkey_from_point(c->ctx, s, curve, pub);
}

/*
 * crypto_pubkey() - X || Y of a private or public key
 * @pub_out: room for CRYPTO_PUB_MAX; twice crypto_curve_len() are written
 *
 * Errors: IL_E_STATE  @s is no key on a curve
 */
static inline enum il_err IL_MUST crypto_pubkey(const struct crypto *c,
						struct crypto_slot s,
						enum crypto_curve *curve,
						uint8_t *pub_out)
{
	return c->ops->pubkey(c->ctx, s, curve, pub_out);
}

/*
 * crypto_key_kind() - what kind of key a slot holds, private or public
 *
 * Errors: IL_E_STATE  @s is no key
 */
static inline enum il_err IL_MUST crypto_key_kind(const struct crypto *c,
						  struct crypto_slot s,
						  enum crypto_key *kind)
{
	return c->ops->key_kind(c->ctx, s, kind);
}

/*
 * crypto_key_fits() - whether a private key belongs to a public key
 *
 * Errors:   IL_E_STATE  one of the slots is no key
 *           IL_E_AUTH   they are of different pairs
 */
static inline enum il_err IL_MUST crypto_key_fits(const struct crypto *c,
						  struct crypto_slot key,
						  struct crypto_slot pub)
{
	return c->ops->key_fits(c->ctx, key, pub);
}

/*
 * crypto_sign_digest() - ECDSA over a digest
 * @digest_len: 1 to CRYPTO_HASH_MAX; a digest longer than the curve is cut
 *              as FIPS 186-4 says
 * @sig:        r || s
 * @sig_len:    twice crypto_curve_len() of the key's curve, exactly
 *
 * Errors:   IL_E_STATE   @s is no private key on a curve
 *           IL_E_ARG     a length is wrong
 *           IL_E_RANDOM  no randomness
 * Source:   FIPS 186-4 §6.4; DSP0274 1.2, BaseAsymAlgo (r, then s)
 */
static inline enum il_err IL_MUST crypto_sign_digest(
	const struct crypto *c, struct crypto_slot s, const uint8_t *digest,
	size_t digest_len, uint8_t *sig, size_t sig_len)
{
	return c->ops->sign(c->ctx, s, digest, digest_len, sig, sig_len);
}

/*
 * crypto_sign_rsa() - RSA over a digest
 * @digest:  crypto_hash_len(@alg) bytes
 * @sig_len: bytes of the key's modulus, exactly
 *
 * Errors:   IL_E_STATE   @s is no private RSA key
 *           IL_E_ARG     no such padding or hash, or @sig_len is wrong
 *           IL_E_RANDOM  no randomness
 * Source:   RFC 8017 §8.1.1, §8.2.1; DSP0274 1.2.1, BaseAsymAlgo
 */
static inline enum il_err IL_MUST crypto_sign_rsa(const struct crypto *c,
						  struct crypto_slot s,
						  enum crypto_rsa pad,
						  enum crypto_hash_alg alg,
						  const uint8_t *digest,
						  uint8_t *sig, size_t sig_len)
{
	return c->ops->sign_rsa(c->ctx, s, pad, alg, digest, sig, sig_len);
}

/*
 * crypto_verify_digest() - check an ECDSA signature over a digest
 * @s: a public key, or a private one for its public half
 *
 * Errors:   IL_E_STATE  @s is no key on a curve
 *           IL_E_ARG    digest length
 *           IL_E_AUTH   wrong signature, or of a wrong length
 */
static inline enum il_err IL_MUST crypto_verify_digest(
	const struct crypto *c, struct crypto_slot s, const uint8_t *digest,
	size_t digest_len, const uint8_t *sig, size_t sig_len)
{
	return c->ops->verify(c->ctx, s, digest, digest_len, sig, sig_len);
}

/*
 * crypto_verify_rsa() - check an RSA signature over a digest
 * @s:      a public key, or a private one for its public half
 * @digest: crypto_hash_len(@alg) bytes
 *
 * The salt of a PSS signature has to be as long as the digest.
 *
 * Errors:   IL_E_STATE  @s is no RSA key
 *           IL_E_ARG    no such padding or hash
 *           IL_E_AUTH   wrong signature, or of a wrong length
 * Source:   RFC 8017 §8.1.2, §8.2.2
 */
static inline enum il_err IL_MUST
crypto_verify_rsa(const struct crypto *c, struct crypto_slot s,
		  enum crypto_rsa pad, enum crypto_hash_alg alg,
		  const uint8_t *digest, const uint8_t *sig, size_t sig_len)
{
	return c->ops->verify_rsa(c->ctx, s, pad, alg, digest, sig, sig_len);
}

#endif
