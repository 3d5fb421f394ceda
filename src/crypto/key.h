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

/* Whether ML-DSA and ML-KEM are there; else their numbers give IL_E_ARG. */
static inline bool crypto_has_pqc(const struct crypto *c)
{
	return c->ops->pqc;
}

/*
 * crypto_kem_begin() - make an ephemeral KEM key pair
 * @seed:    CRYPTO_KEM_SEED bytes to make it from, for replaying recorded
 *           conversations; NULL: fresh randomness
 * @pub_out: the encapsulation key, crypto_kem_pub_len(@kem) bytes
 *
 * Errors:   as crypto_dh_begin(), IL_E_ARG if there is no such KEM
 * Source:   FIPS 203 §7.1 (ML-KEM.KeyGen)
 */
static inline enum il_err IL_MUST crypto_kem_begin(const struct crypto *c,
						   struct crypto_slot *s,
						   enum crypto_kem kem,
						   const uint8_t *seed,
						   uint8_t *pub_out)
{
	return c->ops->kem_begin(c->ctx, s, kem, seed, pub_out);
}

/*
 * crypto_kem_wrap() - a secret, and what only the key's owner finds it by
 * @peer_pub:   crypto_kem_pub_len(@kem) bytes
 * @ct_out:     crypto_kem_ct_len(@kem) bytes
 * @secret_out: CRYPTO_KEM_SECRET bytes; the caller wipes it
 *
 * Errors:   IL_E_ARG     no such KEM
 *           IL_E_FIELD   not an encapsulation key
 *           IL_E_RANDOM  no randomness
 *           On an error nothing is written.
 * Source:   FIPS 203 §7.2 (ML-KEM.Encaps and its input check)
 */
static inline enum il_err IL_MUST crypto_kem_wrap(const struct crypto *c,
						  enum crypto_kem kem,
						  const uint8_t *peer_pub,
						  uint8_t *ct_out,
						  uint8_t *secret_out)
{
	return c->ops->kem_wrap(c->ctx, kem, peer_pub, ct_out, secret_out);
}

/*
 * crypto_kem_unwrap() - the secret of a ciphertext
 * @ct: crypto_kem_ct_len() bytes, of the KEM of the slot
 *
 * A ciphertext that nobody made gives a secret too, which nobody else has.
 * The slot stays; drop it.
 *
 * Errors:   IL_E_STATE  @s is no KEM key
 * Source:   FIPS 203 §7.3 (ML-KEM.Decaps)
 */
static inline enum il_err IL_MUST crypto_kem_unwrap(const struct crypto *c,
						    struct crypto_slot s,
						    const uint8_t *ct,
						    uint8_t *secret_out)
{
	return c->ops->kem_unwrap(c->ctx, s, ct, secret_out);
}

/*
 * crypto_key_new() - make a private key
 *
 * RSA takes long: up to a second.
 *
 * Errors:   IL_E_ARG     no such kind, or not in this table
 *           IL_E_STATE   *@s holds something else, or is stale
 *           IL_E_NOMEM   all slots are taken
 *           IL_E_RANDOM  no randomness
 */
static inline enum il_err IL_MUST crypto_key_new(const struct crypto *c,
						 struct crypto_slot *s,
						 enum crypto_key kind)
{
	return c->ops->key_new(c->ctx, s, kind);
}

/*
 * crypto_key_export() - a private key as crypto_key_load() takes it
 * @out: PKCS #8, DER, not encrypted; wipe it after use
 * @cap: CRYPTO_KEY_DER_MAX is always enough
 * @len: bytes written, or bytes needed on IL_E_SPACE
 *
 * Errors:   IL_E_STATE  @s is no private key
 *           IL_E_SPACE  @out is untouched
 *           IL_E_NOMEM
 */
static inline enum il_err IL_MUST crypto_key_export(const struct crypto *c,
						    struct crypto_slot s,
						    uint8_t *out, size_t cap,
						    size_t *len)
{
	return c->ops->key_export(c->ctx, s, out, cap, len);
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
 * crypto_pubkey_export() - SubjectPublicKeyInfo of a private or public key
 * @cap: CRYPTO_SPKI_MAX is always enough
 * @len: bytes written, or bytes needed on IL_E_SPACE
 *
 * Errors: as crypto_key_export(), IL_E_STATE if @s is no key
 */
static inline enum il_err IL_MUST crypto_pubkey_export(const struct crypto *c,
						       struct crypto_slot s,
						       uint8_t *out, size_t cap,
						       size_t *len)
{
	return c->ops->pubkey_export(c->ctx, s, out, cap, len);
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

/*
 * crypto_sign_msg() - ML-DSA over a message, which is not hashed before
 * @about:   the context string of FIPS 204, at most 255 bytes
 * @sig_len: crypto_key_sig_len() of the key's kind, exactly
 *
 * Hedged: two signatures of one message differ.
 *
 * Errors:   IL_E_STATE   @s is no private ML-DSA key
 *           IL_E_ARG     a length is wrong
 *           IL_E_RANDOM  no randomness
 * Source:   FIPS 204 §5.2, algorithm 2; what SPDM puts into @about and @msg:
 *           DSP0274 1.4, "Signature generation" (the signing context string;
 *           the combined prefix and the digest of what is signed)
 */
static inline enum il_err IL_MUST crypto_sign_msg(const struct crypto *c,
						  struct crypto_slot s,
						  const void *about,
						  size_t about_len,
						  const void *msg, size_t len,
						  uint8_t *sig, size_t sig_len)
{
	return c->ops->sign_msg(c->ctx, s, about, about_len, msg, len, sig,
				sig_len);
}

/*
 * crypto_verify_msg() - check an ML-DSA signature over a message
 * @s: a public key, or a private one for its public half
 *
 * Errors:   IL_E_STATE  @s is no ML-DSA key
 *           IL_E_ARG    @about is too long
 *           IL_E_AUTH   wrong signature, or of a wrong length
 * Source:   FIPS 204 §5.3, algorithm 3
 */
static inline enum il_err IL_MUST
crypto_verify_msg(const struct crypto *c, struct crypto_slot s,
		  const void *about, size_t about_len, const void *msg,
		  size_t len, const uint8_t *sig, size_t sig_len)
{
	return c->ops->verify_msg(c->ctx, s, about, about_len, msg, len, sig,
				  sig_len);
}

#endif
