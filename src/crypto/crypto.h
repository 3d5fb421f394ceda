/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CRYPTO_CRYPTO_H
#define CRYPTO_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * One table of cryptographic operations, whatever stands behind it: OpenSSL
 * (crypto/ossl.h), a self-consistent fake without any library
 * (crypto/fake.h), or another table with its link cipher taken out
 * (crypto/null_cipher.h). The callers' structs hold no library handle, only
 * slot numbers, so they may live in a world's arena.
 *
 * Context: one thread uses a table's context.
 */

#define CRYPTO_HASH_MAX	   64  /* bytes of the longest digest */
#define CRYPTO_SIG_MAX	   132 /* bytes of the longest r || s */
#define CRYPTO_RSA_MAX	   512 /* bytes of the longest RSA signature */
#define CRYPTO_PUB_MAX	   96  /* bytes of the longest X || Y */
#define CRYPTO_SCALAR_MAX  48  /* bytes of the longest scalar or ECDH secret */
#define CRYPTO_AEAD_KEY	   32
#define CRYPTO_AEAD_IV	   12
#define CRYPTO_AEAD_TAG	   16
#define CRYPTO_CHAIN_CERTS 8
#define CRYPTO_CERT_MAX	   4096 /* bytes of one certificate */
#define CRYPTO_NAME_MAX	   128	/* bytes of a subject or SAN, with its 0 */
#define CRYPTO_HKDF_MAX	   255	/* digests that one expand may give */

enum crypto_hash_alg {
	CRYPTO_SHA256 = 1,
	CRYPTO_SHA384,
	CRYPTO_SHA512,
};

enum crypto_aead_alg {
	CRYPTO_AES_256_GCM = 1,
};

enum crypto_curve {
	CRYPTO_P256 = 1,
	CRYPTO_P384,
};

/* How an RSA signature is padded. */
enum crypto_rsa {
	CRYPTO_RSASSA = 1, /* PKCS1-v1_5 */
	CRYPTO_RSAPSS,	   /* salt as long as the digest, MGF1 of its hash */
};

/*
 * A name for state that lives in the table's context: a running hash, a
 * prepared AEAD key, an ephemeral ECDH key, a private or public key, a parsed
 * chain. All zero means none. Calls that fill a slot take one that is zero or
 * that still holds the same kind of thing, which is then replaced in place;
 * after that no heap is touched for hashes and AEAD keys. A slot that was
 * dropped elsewhere, or is of another kind, is refused with IL_E_STATE.
 */
struct crypto_slot {
	uint32_t n;
};

/* Bytes somewhere else, for calls that take several pieces as one string. */
struct crypto_span {
	const void *p;
	size_t len;
};

/* Which kind of otherName named the device in the leaf certificate. */
enum crypto_san {
	CRYPTO_SAN_NONE,
	CRYPTO_SAN_PCI,	 /* 2.23.147, "Vendor=1d1a:Device=..." */
	CRYPTO_SAN_DMTF, /* 1.3.6.1.4.1.412.274.1, "maker:product:serial" */
};

struct crypto_cert {
	uint32_t off; /* of its DER in the bytes that were parsed */
	uint32_t len;
	int64_t not_before_s; /* seconds since 1970, both ends valid */
	int64_t not_after_s;
	bool ca; /* basic constraints say so */
};

/*
 * A certificate chain, parsed once. Certificates stand as SPDM sends them:
 * nearest to the root first, leaf last. Owns two slots; give them back with
 * crypto_chain_drop().
 */
struct crypto_chain {
	struct crypto_slot slot; /* the parsed certificates */
	struct crypto_slot leaf; /* the leaf's public key */
	enum crypto_curve curve; /* of the leaf's key */
	enum crypto_san san_kind;
	unsigned count;
	struct crypto_cert certs[CRYPTO_CHAIN_CERTS];
	/* Of the leaf. Bytes outside printable ASCII are shown as '?'. */
	char subject[CRYPTO_NAME_MAX]; /* "CN=leaf,O=maker"; may be cut */
	char san[CRYPTO_NAME_MAX];     /* never cut: too long is refused */
};

/* Why a chain is not to be trusted. */
enum crypto_why_code {
	CRYPTO_WHY_NONE,
	CRYPTO_WHY_EXPIRED,
	CRYPTO_WHY_NOT_YET,   /* valid from a later time on */
	CRYPTO_WHY_UNTRUSTED, /* does not lead to the trust anchor */
	CRYPTO_WHY_ORDER,     /* not issued by the certificate before it */
	CRYPTO_WHY_SIGNATURE, /* names its issuer, but was not signed by it */
	CRYPTO_WHY_NOT_CA,    /* issued a certificate without being a CA */
	CRYPTO_WHY_PATH_LEN,  /* more CAs below it than it allows */
	CRYPTO_WHY_KEY_USAGE, /* key usage forbids what the key did */
	CRYPTO_WHY_PURPOSE,   /* the leaf is not a responder's */
	CRYPTO_WHY_CRITICAL,  /* critical extension that we do not know */
	CRYPTO_WHY_ANCHOR,    /* the trust anchor is no certificate */
	CRYPTO_WHY_OTHER,     /* refused by the library's own path rules */
};

#define CRYPTO_CERT_ANCHOR (-1)

struct crypto_why {
	enum crypto_why_code code;
	int cert; /* index in the chain, or CRYPTO_CERT_ANCHOR */
};

/* A few words such as "expired"; never NULL. */
const char *crypto_why_name(enum crypto_why_code code);

struct crypto_ops;

/* May be copied; a copy means the same context. */
struct crypto {
	const struct crypto_ops *ops;
	void *ctx;
};

/*
 * The table. Callers use the functions below it, where each entry is
 * described; entries take the same arguments with the context first.
 */
struct crypto_ops {
	enum il_err (*hash)(void *ctx, enum crypto_hash_alg alg,
			    const struct crypto_span *parts, size_t n,
			    uint8_t *out);
	enum il_err (*hash_begin)(void *ctx, struct crypto_slot *s,
				  enum crypto_hash_alg alg);
	enum il_err (*hash_update)(void *ctx, struct crypto_slot s,
				   const void *p, size_t len);
	enum il_err (*hash_dup)(void *ctx, struct crypto_slot from,
				struct crypto_slot *to);
	enum il_err (*hash_final)(void *ctx, struct crypto_slot s,
				  uint8_t *out);

	enum il_err (*aead_key)(void *ctx, struct crypto_slot *s,
				enum crypto_aead_alg alg, const uint8_t *key);
	enum il_err (*aead_seal)(void *ctx, struct crypto_slot s,
				 const uint8_t *iv, const void *aad,
				 size_t aad_len, const uint8_t *in, size_t len,
				 uint8_t *out, uint8_t *tag, size_t tag_len);
	enum il_err (*aead_open)(void *ctx, struct crypto_slot s,
				 const uint8_t *iv, const void *aad,
				 size_t aad_len, const uint8_t *in, size_t len,
				 uint8_t *out, const uint8_t *tag,
				 size_t tag_len);

	enum il_err (*dh_begin)(void *ctx, struct crypto_slot *s,
				enum crypto_curve curve, uint8_t *pub_out);
	enum il_err (*dh_load)(void *ctx, struct crypto_slot *s,
			       enum crypto_curve curve, const uint8_t *scalar,
			       uint8_t *pub_out);
	enum il_err (*dh_finish)(void *ctx, struct crypto_slot s,
				 const uint8_t *peer_pub, uint8_t *secret_out);

	enum il_err (*key_load)(void *ctx, struct crypto_slot *s, const void *p,
				size_t len);
	enum il_err (*pubkey_from_spki)(void *ctx, struct crypto_slot *s,
					const uint8_t *der, size_t len);
	enum il_err (*pubkey_from_point)(void *ctx, struct crypto_slot *s,
					 enum crypto_curve curve,
					 const uint8_t *pub);
	enum il_err (*pubkey)(void *ctx, struct crypto_slot s,
			      enum crypto_curve *curve, uint8_t *pub_out);
	enum il_err (*sign)(void *ctx, struct crypto_slot s,
			    const uint8_t *digest, size_t digest_len,
			    uint8_t *sig, size_t sig_len);
	enum il_err (*verify)(void *ctx, struct crypto_slot s,
			      const uint8_t *digest, size_t digest_len,
			      const uint8_t *sig, size_t sig_len);
	enum il_err (*sign_rsa)(void *ctx, struct crypto_slot s,
				enum crypto_rsa pad, enum crypto_hash_alg alg,
				const uint8_t *digest, uint8_t *sig,
				size_t sig_len);

	enum il_err (*chain_parse)(void *ctx, const uint8_t *der, size_t len,
				   struct crypto_chain *out);
	enum il_err (*chain_verify)(void *ctx, const struct crypto_chain *chain,
				    const uint8_t *anchor, size_t anchor_len,
				    int64_t now_s, struct crypto_why *why);

	void (*drop)(void *ctx, struct crypto_slot s);
	enum il_err (*save)(void *ctx, void **image);
	enum il_err (*restore)(void *ctx, const void *image);
	void (*image_free)(void *ctx, void *image);
};

/* Bytes of a digest; 0 for a number that is no algorithm. */
static inline size_t crypto_hash_len(enum crypto_hash_alg alg)
{
	switch (alg) {
	case CRYPTO_SHA256:
		return 32;
	case CRYPTO_SHA384:
		return 48;
	case CRYPTO_SHA512:
		return 64;
	}
	return 0;
}

/*
 * Bytes of a scalar, a coordinate and an ECDH secret; 0 for a number that is
 * no curve. X || Y and r || s take twice as many.
 */
static inline size_t crypto_curve_len(enum crypto_curve curve)
{
	switch (curve) {
	case CRYPTO_P256:
		return 32;
	case CRYPTO_P384:
		return 48;
	}
	return 0;
}

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
 * @key: CRYPTO_AEAD_KEY bytes, most significant first
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
 * @tag_len: 12 or 16
 *
 * Errors:   IL_E_ARG    tag length, or a length above INT_MAX
 *           IL_E_STATE  @s is no prepared key
 * Source:   NIST SP 800-38D §7.1
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
 * crypto_aead_open() - check and decrypt one message
 *
 * Arguments and errors as crypto_aead_seal(), and
 *           IL_E_AUTH  the tag is wrong; @out is all zeros
 * Source:   NIST SP 800-38D §7.2
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
 * Both curves have prime order, so that the peer's point is checked to be on
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
 * @p: SEC1, PKCS #1 or #8, not encrypted, P-256 or P-384 or RSA of 2048, 3072
 *     or 4096 bits; not kept. Of an RSA key only crypto_sign_rsa() knows.
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
 * Errors: IL_E_STATE  @s is no key
 */
static inline enum il_err IL_MUST crypto_pubkey(const struct crypto *c,
						struct crypto_slot s,
						enum crypto_curve *curve,
						uint8_t *pub_out)
{
	return c->ops->pubkey(c->ctx, s, curve, pub_out);
}

/*
 * crypto_key_fits() - whether a private key belongs to a public key
 *
 * Errors:   IL_E_STATE  one of the slots is no key
 *           IL_E_AUTH   they are of different pairs
 */
enum il_err crypto_key_fits(const struct crypto *c, struct crypto_slot key,
			    struct crypto_slot pub) IL_MUST;

/*
 * crypto_sign_digest() - ECDSA over a digest
 * @digest_len: 1 to CRYPTO_HASH_MAX; a digest longer than the curve is cut
 *              as FIPS 186-4 says
 * @sig:        r || s
 * @sig_len:    twice crypto_curve_len() of the key's curve, exactly
 *
 * Errors:   IL_E_STATE   @s is no private key
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
 * Errors:   IL_E_STATE  @s is no key
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
 * crypto_chain_parse() - parse a chain of DER certificates, once
 * @der: certificates one after the other, leaf last; not kept after return
 * @out: all zero, or an earlier chain, which is then replaced
 *
 * Says what is written, not whether it is to be trusted.
 *
 * Errors:   IL_E_SHORT  ends inside a certificate, or is empty
 *           IL_E_LONG   more than CRYPTO_CHAIN_CERTS, or one too long
 *           IL_E_FIELD  not a certificate; leaf key not P-256 or P-384; SAN
 *                       too long or not text
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
 * Certificates must stand in order. The first fault counted from the anchor
 * down is the one reported; the leaf's purpose comes last.
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
