/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CRYPTO_CRYPTO_H
#define CRYPTO_CRYPTO_H

#include "crypto/chain.h"
#include "crypto/key.h"
#include "crypto/types.h"

/*
 * One table of cryptographic operations, whatever stands behind it: OpenSSL
 * (crypto/ossl.h), a self-consistent fake without any library
 * (crypto/fake.h), or another table with its link cipher taken out
 * (crypto/null_cipher.h). The callers' structs hold no library handle, only
 * slot numbers, so they may live in a world's arena.
 *
 * Context: one thread uses a table's context.
 */

/*
 * crypto_drop() - give a slot back
 *
 * Wipes what it held and zeroes *@s. A zero or already dropped slot is left
 * alone. The context keeps the empty place warm for the next of its kind.
 */
static inline void crypto_drop(const struct crypto *c, struct crypto_slot *s)
{
	if (s->n)
		c->ops->drop(c->ctx, *s);
	s->n = 0;
}

/*
 * crypto_hash_parts() - digest of @n pieces taken as one string
 * @out: crypto_hash_len(@alg) bytes
 *
 * Errors:   IL_E_ARG  no such algorithm
 * Source:   FIPS 180-4
 */
static inline enum il_err IL_MUST
crypto_hash_parts(const struct crypto *c, enum crypto_hash_alg alg,
		  const struct crypto_span *parts, size_t n, uint8_t *out)
{
	return c->ops->hash(c->ctx, alg, parts, n, out);
}

/* crypto_hash() - digest of one string; as crypto_hash_parts() */
static inline enum il_err IL_MUST crypto_hash(const struct crypto *c,
					      enum crypto_hash_alg alg,
					      const void *p, size_t len,
					      uint8_t *out)
{
	const struct crypto_span one = { p, len };

	return c->ops->hash(c->ctx, alg, &one, 1, out);
}

/*
 * crypto_hash_begin() - start a running hash, or start one again
 *
 * Errors:   IL_E_ARG    no such algorithm
 *           IL_E_STATE  *@s holds something else, or is stale
 *           IL_E_NOMEM  all slots are taken
 *           On an error *@s is as before.
 */
static inline enum il_err IL_MUST crypto_hash_begin(const struct crypto *c,
						    struct crypto_slot *s,
						    enum crypto_hash_alg alg)
{
	return c->ops->hash_begin(c->ctx, s, alg);
}

/* Errors: IL_E_STATE  @s is no running hash */
static inline enum il_err IL_MUST crypto_hash_update(const struct crypto *c,
						     struct crypto_slot s,
						     const void *p, size_t len)
{
	return c->ops->hash_update(c->ctx, s, p, len);
}

/*
 * crypto_hash_dup() - copy a running hash
 *
 * Errors:   IL_E_STATE  @from is no running hash; *@to holds something else
 *           IL_E_NOMEM  all slots are taken
 */
static inline enum il_err IL_MUST crypto_hash_dup(const struct crypto *c,
						  struct crypto_slot from,
						  struct crypto_slot *to)
{
	return c->ops->hash_dup(c->ctx, from, to);
}

/*
 * crypto_hash_final() - the digest of all that went in so far
 *
 * The running hash goes on: more may be added and final called again.
 *
 * Errors:   IL_E_STATE  @s is no running hash
 */
static inline enum il_err IL_MUST crypto_hash_final(const struct crypto *c,
						    struct crypto_slot s,
						    uint8_t *out)
{
	return c->ops->hash_final(c->ctx, s, out);
}

/*
 * crypto_hmac() - HMAC of @n pieces taken as one string
 * @n:   up to CRYPTO_HMAC_PARTS
 * @out: crypto_hash_len(@alg) bytes; may not overlap what goes in
 *
 * Errors:   IL_E_ARG  no such algorithm; too many pieces
 * Source:   RFC 2104
 */
#define CRYPTO_HMAC_PARTS 6
enum il_err crypto_hmac_parts(const struct crypto *c, enum crypto_hash_alg alg,
			      const uint8_t *key, size_t key_len,
			      const struct crypto_span *parts, size_t n,
			      uint8_t *out) IL_MUST;

/* crypto_hmac() - HMAC of one string; as crypto_hmac_parts() */
static inline enum il_err IL_MUST crypto_hmac(const struct crypto *c,
					      enum crypto_hash_alg alg,
					      const uint8_t *key,
					      size_t key_len, const void *p,
					      size_t len, uint8_t *out)
{
	const struct crypto_span one = { p, len };

	return crypto_hmac_parts(c, alg, key, key_len, &one, 1, out);
}

/*
 * crypto_hkdf_extract() - a pseudorandom key from a secret
 * @salt: NULL with @salt_len 0 means a digest's length of zeros
 * @prk:  crypto_hash_len(@alg) bytes
 *
 * Errors:   IL_E_ARG  no such algorithm
 * Source:   RFC 5869 §2.2
 */
enum il_err crypto_hkdf_extract(const struct crypto *c,
				enum crypto_hash_alg alg, const uint8_t *salt,
				size_t salt_len, const uint8_t *secret,
				size_t secret_len, uint8_t *prk) IL_MUST;

/*
 * crypto_hkdf_expand() - @len bytes of key material from a pseudorandom key
 *
 * Errors:   IL_E_ARG  no such algorithm, or @len is above
 *                     CRYPTO_HKDF_MAX digests; @out is untouched
 * Source:   RFC 5869 §2.3
 */
enum il_err crypto_hkdf_expand(const struct crypto *c, enum crypto_hash_alg alg,
			       const uint8_t *prk, size_t prk_len,
			       const void *info, size_t info_len, uint8_t *out,
			       size_t len) IL_MUST;

/*
 * crypto_aead_key() - prepare a key, once for all its messages
 * @key: crypto_aead_key_len(@alg) bytes, most significant first
 *
 * Errors:   IL_E_ARG    no such algorithm
 *           IL_E_STATE  *@s holds something else, or is stale
 *           IL_E_NOMEM  all slots are taken
 */
static inline enum il_err IL_MUST crypto_aead_key(const struct crypto *c,
						  struct crypto_slot *s,
						  enum crypto_aead_alg alg,
						  const uint8_t *key)
{
	return c->ops->aead_key(c->ctx, s, alg, key);
}

/*
 * crypto_aead_seal() - encrypt and authenticate one message
 * @iv:      CRYPTO_AEAD_IV bytes; the caller never uses one twice
 * @aad:     authenticated, not encrypted; NULL if @aad_len is 0
 * @in:      @len bytes; NULL if @len is 0
 * @out:     @len bytes; equal to @in or apart from it
 * @tag_len: 16; with AES-GCM also 12
 *
 * Errors:   IL_E_ARG    tag length, or a length above INT_MAX
 *           IL_E_STATE  @s is no prepared key
 * Source:   NIST SP 800-38D §7.1; RFC 8439 §2.8
 */
static inline enum il_err IL_MUST crypto_aead_seal(
	const struct crypto *c, struct crypto_slot s, const uint8_t *iv,
	const void *aad, size_t aad_len, const uint8_t *in, size_t len,
	uint8_t *out, uint8_t *tag, size_t tag_len)
{
	return c->ops->aead_seal(c->ctx, s, iv, aad, aad_len, in, len, out, tag,
				 tag_len);
}

/*
 * crypto_aead_seal_two() - the same for a message that stands in two places
 *
 * The second is not copied where the library can do without.
 */
enum il_err crypto_aead_seal_two(const struct crypto *c, struct crypto_slot s,
				 const struct crypto_seal *a) IL_MUST;

/*
 * crypto_aead_open() - check and decrypt one message
 *
 * Arguments and errors as crypto_aead_seal(), and
 *           IL_E_AUTH  the tag is wrong; @out is all zeros
 * Source:   NIST SP 800-38D §7.2; RFC 8439 §2.8
 */
static inline enum il_err IL_MUST crypto_aead_open(
	const struct crypto *c, struct crypto_slot s, const uint8_t *iv,
	const void *aad, size_t aad_len, const uint8_t *in, size_t len,
	uint8_t *out, const uint8_t *tag, size_t tag_len)
{
	return c->ops->aead_open(c->ctx, s, iv, aad, aad_len, in, len, out, tag,
				 tag_len);
}

/*
 * crypto_save() - an image of all live slots and of the seeded randomness
 *
 * A world that saves its arena calls this beside it. Slot numbers in the saved
 * arena mean the same things again after crypto_restore(). An image may be
 * restored many times and is freed by crypto_image_free().
 *
 * Errors:   IL_E_NOMEM  nothing was made
 */
static inline enum il_err IL_MUST crypto_save(const struct crypto *c,
					      void **image)
{
	return c->ops->save(c->ctx, image);
}

/* Errors: IL_E_NOMEM  nothing changed */
static inline enum il_err IL_MUST crypto_restore(const struct crypto *c,
						 const void *image)
{
	return c->ops->restore(c->ctx, image);
}

static inline void crypto_image_free(const struct crypto *c, void *image)
{
	c->ops->image_free(c->ctx, image);
}

#endif
