/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CRYPTO_TYPES_H
#define CRYPTO_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* What the calls of crypto.h, key.h and chain.h share, and their table. */

#define CRYPTO_HASH_MAX	   64  /* bytes of the longest digest */
#define CRYPTO_SIG_MAX	   132 /* bytes of the longest r || s */
#define CRYPTO_RSA_MAX	   512 /* bytes of the longest RSA signature */
#define CRYPTO_PUB_MAX	   132 /* bytes of the longest X || Y */
#define CRYPTO_SCALAR_MAX  66  /* bytes of the longest scalar or ECDH secret */
#define CRYPTO_AEAD_KEY	   32  /* bytes of the longest key */
#define CRYPTO_AEAD_IV	   12
#define CRYPTO_AEAD_TAG	   16
#define CRYPTO_CHAIN_CERTS 8
#define CRYPTO_CERT_MAX	   8192 /* bytes of one certificate */
#define CRYPTO_NAME_MAX	   128	/* bytes of a subject or SAN, with its 0 */
#define CRYPTO_HKDF_MAX	   255	/* digests that one expand may give */
#define CRYPTO_ML_DSA_MAX  4627 /* bytes of the longest ML-DSA signature */
#define CRYPTO_KEM_PUB_MAX 1568 /* bytes of the longest encapsulation key */
#define CRYPTO_KEM_CT_MAX  1568 /* bytes of the longest ciphertext */
#define CRYPTO_KEM_SECRET  32
#define CRYPTO_KEM_SEED	   64 /* d || z of FIPS 203 */
#define CRYPTO_KEY_DER_MAX                                                \
	8192		     /* bytes of the longest private key, PKCS #8 \
			      */
#define CRYPTO_SPKI_MAX 2700 /* bytes of the longest public key, SPKI */

/*
 * Whether the OpenSSL of this build has ML-DSA and ML-KEM: 3.5 and newer. For
 * limits that differ; whether a table has them is crypto_has_pqc(), and the
 * fake one always does. The build says it (meson.build).
 */
#ifndef CRYPTO_PQC
#define CRYPTO_PQC 0
#endif

enum crypto_hash_alg {
	CRYPTO_SHA256 = 1,
	CRYPTO_SHA384,
	CRYPTO_SHA512,
};

enum crypto_aead_alg {
	CRYPTO_AES_256_GCM = 1,
	CRYPTO_AES_128_GCM,
	CRYPTO_CHACHA20_POLY1305,
};

enum crypto_curve {
	CRYPTO_P256 = 1,
	CRYPTO_P384,
	CRYPTO_P521,
};

/* How an RSA signature is padded. */
enum crypto_rsa {
	CRYPTO_RSASSA = 1, /* PKCS1-v1_5 */
	CRYPTO_RSAPSS,	   /* salt as long as the digest, MGF1 of its hash */
};

enum crypto_kem {
	CRYPTO_ML_KEM_512 = 1,
	CRYPTO_ML_KEM_768,
	CRYPTO_ML_KEM_1024,
};

/* What kind of key, private or public, a slot or a certificate holds. */
enum crypto_key {
	CRYPTO_KEY_P256 = 1,
	CRYPTO_KEY_P384,
	CRYPTO_KEY_P521,
	CRYPTO_KEY_RSA_2048,
	CRYPTO_KEY_RSA_3072,
	CRYPTO_KEY_RSA_4096,
	CRYPTO_KEY_ML_DSA_44,
	CRYPTO_KEY_ML_DSA_65,
	CRYPTO_KEY_ML_DSA_87,
	CRYPTO_KEYS, /* one above the last */
};

/*
 * A name for state that lives in the table's context: a running hash, a
 * prepared AEAD key, an ephemeral ECDH or KEM key, a private or public key, a
 * parsed chain. All zero means none. Calls that fill a slot take one that is
 * zero or that still holds the same kind of thing, which is then replaced in
 * place; after that no heap is touched for hashes and AEAD keys. A slot that
 * was dropped elsewhere, or is of another kind, is refused with IL_E_STATE.
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
	enum crypto_key key;	 /* its kind */
	enum crypto_curve curve; /* its curve; 0: it has none */
	enum crypto_san san_kind;
	bool requester; /* for crypto_chain_verify(): whose leaf it is to be */
	unsigned count;
	struct crypto_cert certs[CRYPTO_CHAIN_CERTS];
	/* Of the leaf. Bytes outside printable ASCII are shown as '?'. */
	char subject[CRYPTO_NAME_MAX]; /* "CN=leaf,O=maker"; may be cut */
	char san[CRYPTO_NAME_MAX];     /* never cut: too long is refused */
};

/* What a certificate request that we make shall say. */
struct crypto_csr_ask {
	enum crypto_hash_alg hash; /* of the signature, unless it is ML-DSA */
	/*
	 * A CertificationRequestInfo that came from elsewhere: its subject and
	 * its attributes are taken, its key has to be ours. NULL: none.
	 */
	const void *info;
	size_t info_len;
	const char *name; /* common name, where @info names no subject */
	/* Asked for in an extension request, unless @info brings one. */
	const char *san; /* otherName 2.23.147; NULL: none */
	bool ca;	 /* basic constraints, always */
	bool hardware;	 /* id-DMTF-hardware-identity */
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
	CRYPTO_WHY_PURPOSE,   /* the leaf is not for that role */
	CRYPTO_WHY_CRITICAL,  /* critical extension that we do not know */
	CRYPTO_WHY_ANCHOR,    /* the trust anchor is no certificate */
	CRYPTO_WHY_OTHER,     /* refused by the library's own path rules */
};

#define CRYPTO_CERT_ANCHOR (-1)

struct crypto_why {
	enum crypto_why_code code;
	int cert; /* index in the chain, or CRYPTO_CERT_ANCHOR */
};

struct crypto_ops;

/* May be copied; a copy means the same context. */
struct crypto {
	const struct crypto_ops *ops;
	void *ctx;
};

/* One message in two pieces, sealed as if they stood together. */
struct crypto_seal {
	const uint8_t *iv; /* CRYPTO_AEAD_IV bytes */
	const void *aad;
	size_t aad_len;
	const uint8_t *front; /* equal to @out or apart from it */
	size_t front_len;
	const uint8_t *rest; /* apart from @out */
	size_t rest_len;
	uint8_t *out; /* both lengths */
	uint8_t *tag;
	size_t tag_len;
};

/*
 * The table. Callers use the functions below it, where each entry is
 * described; entries take the same arguments with the context first.
 */
struct crypto_ops {
	bool pqc; /* has ML-DSA and ML-KEM */

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
	/* Optional; NULL: the second piece is copied behind the first. */
	enum il_err (*aead_seal_two)(void *ctx, struct crypto_slot s,
				     const struct crypto_seal *a);
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
	enum il_err (*key_new)(void *ctx, struct crypto_slot *s,
			       enum crypto_key kind);
	enum il_err (*key_export)(void *ctx, struct crypto_slot s, uint8_t *out,
				  size_t cap, size_t *len);
	enum il_err (*pubkey_export)(void *ctx, struct crypto_slot s,
				     uint8_t *out, size_t cap, size_t *len);
	enum il_err (*key_kind)(void *ctx, struct crypto_slot s,
				enum crypto_key *kind);
	enum il_err (*key_fits)(void *ctx, struct crypto_slot key,
				struct crypto_slot pub);
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
	enum il_err (*verify_rsa)(void *ctx, struct crypto_slot s,
				  enum crypto_rsa pad, enum crypto_hash_alg alg,
				  const uint8_t *digest, const uint8_t *sig,
				  size_t sig_len);
	enum il_err (*sign_msg)(void *ctx, struct crypto_slot s,
				const void *about, size_t about_len,
				const void *msg, size_t len, uint8_t *sig,
				size_t sig_len);
	enum il_err (*verify_msg)(void *ctx, struct crypto_slot s,
				  const void *about, size_t about_len,
				  const void *msg, size_t len,
				  const uint8_t *sig, size_t sig_len);

	enum il_err (*kem_begin)(void *ctx, struct crypto_slot *s,
				 enum crypto_kem kem, const uint8_t *seed,
				 uint8_t *pub_out);
	enum il_err (*kem_wrap)(void *ctx, enum crypto_kem kem,
				const uint8_t *peer_pub, uint8_t *ct_out,
				uint8_t *secret_out);
	enum il_err (*kem_unwrap)(void *ctx, struct crypto_slot s,
				  const uint8_t *ct, uint8_t *secret_out);

	enum il_err (*csr_make)(void *ctx, struct crypto_slot key,
				const struct crypto_csr_ask *ask, uint8_t *out,
				size_t cap, size_t *len);
	enum il_err (*csr_info)(void *ctx, struct crypto_slot pub,
				const char *name, uint8_t *out, size_t cap,
				size_t *len);
	enum il_err (*csr_read)(void *ctx, const uint8_t *der, size_t len,
				struct crypto_slot *pub, char *subject);

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
	case CRYPTO_P521:
		return 66;
	}
	return 0;
}

/* Bytes of a key; 0 for a number that is no algorithm. */
static inline size_t crypto_aead_key_len(enum crypto_aead_alg alg)
{
	switch (alg) {
	case CRYPTO_AES_128_GCM:
		return 16;
	case CRYPTO_AES_256_GCM:
	case CRYPTO_CHACHA20_POLY1305:
		return 32;
	}
	return 0;
}

/* The curve of a kind of key; 0: it has none. */
static inline enum crypto_curve crypto_key_curve(enum crypto_key kind)
{
	return kind >= CRYPTO_KEY_P256 && kind <= CRYPTO_KEY_P521
		       ? (enum crypto_curve)kind
		       : 0;
}

/* The kind of a key on a curve. */
static inline enum crypto_key crypto_key_on(enum crypto_curve curve)
{
	return (enum crypto_key)curve;
}

/* Bits of the modulus of an RSA key; 0: it is none. */
static inline unsigned crypto_key_rsa_bits(enum crypto_key kind)
{
	return kind >= CRYPTO_KEY_RSA_2048 && kind <= CRYPTO_KEY_RSA_4096
		       ? 2048 + 1024 * (unsigned)(kind - CRYPTO_KEY_RSA_2048)
		       : 0;
}

static inline bool crypto_key_is_ml_dsa(enum crypto_key kind)
{
	return kind >= CRYPTO_KEY_ML_DSA_44 && kind <= CRYPTO_KEY_ML_DSA_87;
}

/*
 * Bytes of a signature; 0 for a number that is no kind of key.
 * Source: FIPS 204, table 2 (ML-DSA)
 */
static inline size_t crypto_key_sig_len(enum crypto_key kind)
{
	if (kind == CRYPTO_KEY_ML_DSA_44)
		return 2420;
	if (kind == CRYPTO_KEY_ML_DSA_65)
		return 3309;
	if (kind == CRYPTO_KEY_ML_DSA_87)
		return CRYPTO_ML_DSA_MAX;
	return crypto_key_rsa_bits(kind)
		       ? crypto_key_rsa_bits(kind) / 8
		       : 2 * crypto_curve_len(crypto_key_curve(kind));
}

/* Bytes of an encapsulation key, of a ciphertext; 0: no such KEM.
 * Source: FIPS 203, table 3 */
static inline size_t crypto_kem_pub_len(enum crypto_kem kem)
{
	switch (kem) {
	case CRYPTO_ML_KEM_512:
		return 800;
	case CRYPTO_ML_KEM_768:
		return 1184;
	case CRYPTO_ML_KEM_1024:
		return 1568;
	}
	return 0;
}

static inline size_t crypto_kem_ct_len(enum crypto_kem kem)
{
	switch (kem) {
	case CRYPTO_ML_KEM_512:
		return 768;
	case CRYPTO_ML_KEM_768:
		return 1088;
	case CRYPTO_ML_KEM_1024:
		return 1568;
	}
	return 0;
}

/* Such as "P-384" or "RSA 3072"; never NULL. */
const char *crypto_key_name(enum crypto_key kind);

#endif
