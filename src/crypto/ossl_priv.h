/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CRYPTO_OSSL_PRIV_H
#define CRYPTO_OSSL_PRIV_H

/*
 * The plain SHA-2 contexts are deprecated in OpenSSL 3, but not gone: they
 * are structs, so that copying a running hash is an assignment. EVP_MD_CTX
 * allocates each time it is copied. The plain EC calls: see ossl_dh.c.
 */
#define OPENSSL_SUPPRESS_DEPRECATED 1

#include <limits.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "base/env.h"
#include "crypto/ossl.h"
#include "crypto/ossl_aead.h"

enum ossl_kind {
	HOLDS_FREE,
	HOLDS_HASH,
	HOLDS_AEAD,
	HOLDS_DH,
	HOLDS_KEY, /* private */
	HOLDS_PUB,
	HOLDS_CHAIN,
	HOLDS_KEM,
};

/* What a prepared context of a key is for. */
enum ossl_use { OSSL_SIGN, OSSL_VERIFY, OSSL_USES };

#define OSSL_OID_PCI "2.23.147"

/* Bytes of an uncompressed point: 04, X, Y. */
#define OSSL_POINT_MAX (1 + CRYPTO_PUB_MAX)

struct ossl_hash {
	enum crypto_hash_alg alg;
	union {
		SHA256_CTX s256;
		SHA512_CTX s512;
	};
};

struct ossl_slot {
	uint16_t gen;  /* counts drops, so that old names are noticed */
	uint16_t next; /* index + 1 of the next free slot */
	enum ossl_kind kind;
	enum crypto_curve curve; /* HOLDS_DH */
	enum crypto_key key;	 /* HOLDS_KEY, _PUB */
	enum crypto_kem kem;	 /* HOLDS_KEM */
	EC_KEY *dh;		 /* HOLDS_DH; counted, not changed */
	EVP_PKEY *pkey; /* HOLDS_KEY, _PUB, _KEM; counted, not changed */
	EVP_PKEY_CTX *op[OSSL_USES]; /* each made when it is first used */
	union {
		struct ossl_hash hash;
		struct {
			enum crypto_aead_alg alg;
			uint8_t key[CRYPTO_AEAD_KEY];
			bool ready; /* what the slot keeps has this key */
		} aead;
		struct {
			X509 *cert[CRYPTO_CHAIN_CERTS]; /* counted */
			unsigned count;
		} chain;
	};
};

/* Free slots that own a cipher context, and those that do not. */
enum ossl_shelf { SHELF_COLD, SHELF_WARM, SHELVES };

struct ossl {
	OSSL_LIB_CTX *lib;
	OSSL_PROVIDER *prov;
	OSSL_PROVIDER *dice; /* NULL: system randomness */
	OSSL_LIB_CTX *certs; /* of certificates and public keys */
	OSSL_PROVIDER *certs_prov;
	struct crypto_ops ops; /* those of ossl.c, and those of aead */
	const struct ossl_aead *aead;
	void *aead_lib;
	EC_GROUP *group[3]; /* by curve - 1; made when first used */
	unsigned cap;
	unsigned high; /* slots at and above were never used */
	unsigned live;
	uint16_t shelf[SHELVES]; /* index + 1 of the first free slot */
	struct ossl_slot *slots;
	void **cipher; /* by slot, as aead makes them; kept to the end */
};

/* Empties OpenSSL's error queue and answers @err. */
enum il_err ossl_bad(enum il_err err);

static inline unsigned ossl_index(const struct ossl *o,
				  const struct ossl_slot *p)
{
	return (unsigned)(p - o->slots);
}

/* NULL if @s does not name a live slot. */
static inline struct ossl_slot *ossl_named(struct ossl *o, struct crypto_slot s)
{
	unsigned at = (s.n & 0xffff) - 1u;

	if (!s.n || at >= o->high)
		return NULL;
	if (o->slots[at].kind == HOLDS_FREE || o->slots[at].gen != s.n >> 16)
		return NULL;
	return &o->slots[at];
}

/* NULL if @s does not name a live slot of that kind. */
static inline struct ossl_slot *ossl_find(struct ossl *o, struct crypto_slot s,
					  enum ossl_kind kind)
{
	struct ossl_slot *p = ossl_named(o, s);

	return p && p->kind == kind ? p : NULL;
}

/*
 * The live slot that @s names, emptied for a new content of the same kind, or
 * a fresh one with a new name in *@s. Call it last: the content that goes
 * away is freed. Errors: IL_E_STATE, IL_E_NOMEM.
 */
enum il_err ossl_take(struct ossl *o, struct crypto_slot *s,
		      enum ossl_kind kind, struct ossl_slot **out) IL_MUST;
/* Whether ossl_take() of @s, and of @more fresh slots, will succeed. */
enum il_err ossl_may_take(struct ossl *o, struct crypto_slot s,
			  enum ossl_kind kind, unsigned more) IL_MUST;

/* ossl_rand.c: the seeded stream as a provider. */
enum il_err ossl_rand_start(struct ossl *o, uint64_t seed) IL_MUST;
uint64_t ossl_rand_state(struct ossl *o);
void ossl_rand_set(struct ossl *o, uint64_t state);

/* ossl_certs.c: needs o->prov, before and as long as o->certs is used. */
enum il_err ossl_certs_start(struct ossl *o) IL_MUST;
void ossl_certs_stop(struct ossl *o);

/* Where a slot's key is at home. */
static inline OSSL_LIB_CTX *ossl_home(const struct ossl *o,
				      const struct ossl_slot *p)
{
	return p->kind == HOLDS_PUB ? o->certs : o->lib;
}

/* ossl_hash.c */
enum il_err ossl_hash_parts(void *ctx, enum crypto_hash_alg alg,
			    const struct crypto_span *parts, size_t n,
			    uint8_t *out) IL_MUST;
enum il_err ossl_hash_begin(void *ctx, struct crypto_slot *s,
			    enum crypto_hash_alg alg) IL_MUST;
enum il_err ossl_hash_update(void *ctx, struct crypto_slot s, const void *p,
			     size_t len) IL_MUST;
enum il_err ossl_hash_dup(void *ctx, struct crypto_slot from,
			  struct crypto_slot *to) IL_MUST;
enum il_err ossl_hash_final(void *ctx, struct crypto_slot s,
			    uint8_t *out) IL_MUST;

/* ossl_aead.c */
enum il_err ossl_aead_key(void *ctx, struct crypto_slot *s,
			  enum crypto_aead_alg alg, const uint8_t *key) IL_MUST;
/* What a slot keeps for its messages, with its key in; NULL without memory. */
void *ossl_aead_prepare(struct ossl *o, struct ossl_slot *p);

/*
 * How sealing and opening begin: what the slot keeps is in *@out, for *@alg.
 * Errors: as crypto_aead_seal() in crypto.h
 */
static inline enum il_err IL_MUST ossl_aead_begin(
	struct ossl *o, struct crypto_slot s, size_t aad_len, size_t len,
	size_t tag_len, enum crypto_aead_alg *alg, void **out)
{
	struct ossl_slot *p = ossl_find(o, s, HOLDS_AEAD);

	if (tag_len != 12 && tag_len != CRYPTO_AEAD_TAG)
		return IL_E_ARG;
	if (aad_len > INT_MAX || len > INT_MAX)
		return IL_E_ARG;
	if (!p)
		return IL_E_STATE;
	*alg = p->aead.alg;
	if (*alg == CRYPTO_CHACHA20_POLY1305 && tag_len != CRYPTO_AEAD_TAG)
		return IL_E_ARG;
	*out = p->aead.ready ? o->cipher[(s.n & 0xffff) - 1u]
			     : ossl_aead_prepare(o, p);
	return *out ? IL_OK : ossl_bad(IL_E_NOMEM);
}

/* Overwrites the expanded key in what a slot keeps. */
void ossl_aead_wipe(struct ossl *o, unsigned index);

/* ossl_dh.c */
enum il_err ossl_dh_begin(void *ctx, struct crypto_slot *s,
			  enum crypto_curve curve, uint8_t *pub_out) IL_MUST;
enum il_err ossl_dh_load(void *ctx, struct crypto_slot *s,
			 enum crypto_curve curve, const uint8_t *scalar,
			 uint8_t *pub_out) IL_MUST;
enum il_err ossl_dh_finish(void *ctx, struct crypto_slot s,
			   const uint8_t *peer_pub,
			   uint8_t *secret_out) IL_MUST;

/* ossl_key.c */
enum il_err ossl_key_load(void *ctx, struct crypto_slot *s, const void *p,
			  size_t len) IL_MUST;
enum il_err ossl_pubkey_from_spki(void *ctx, struct crypto_slot *s,
				  const uint8_t *der, size_t len) IL_MUST;
enum il_err ossl_pubkey_from_point(void *ctx, struct crypto_slot *s,
				   enum crypto_curve curve,
				   const uint8_t *pub) IL_MUST;
enum il_err ossl_pubkey(void *ctx, struct crypto_slot s,
			enum crypto_curve *curve, uint8_t *pub_out) IL_MUST;
enum il_err ossl_sign(void *ctx, struct crypto_slot s, const uint8_t *digest,
		      size_t digest_len, uint8_t *sig, size_t sig_len) IL_MUST;
enum il_err ossl_verify(void *ctx, struct crypto_slot s, const uint8_t *digest,
			size_t digest_len, const uint8_t *sig,
			size_t sig_len) IL_MUST;
enum il_err ossl_sign_rsa(void *ctx, struct crypto_slot s, enum crypto_rsa pad,
			  enum crypto_hash_alg alg, const uint8_t *digest,
			  uint8_t *sig, size_t sig_len) IL_MUST;
enum il_err ossl_verify_rsa(void *ctx, struct crypto_slot s,
			    enum crypto_rsa pad, enum crypto_hash_alg alg,
			    const uint8_t *digest, const uint8_t *sig,
			    size_t sig_len) IL_MUST;
enum il_err ossl_key_kind(void *ctx, struct crypto_slot s,
			  enum crypto_key *kind) IL_MUST;
enum il_err ossl_key_fits(void *ctx, struct crypto_slot key,
			  struct crypto_slot pub) IL_MUST;
/* Puts @k, or @err if there is none, into a slot; takes @k over. */
enum il_err ossl_key_settle(struct ossl *o, struct crypto_slot *s,
			    enum ossl_kind kind, EVP_PKEY *k,
			    enum il_err err) IL_MUST;
/* NULL: no such hash. */
const EVP_MD *ossl_digest(enum crypto_hash_alg alg);
/* Of what kind a key is; 0: none of ours. */
enum crypto_key ossl_kind_of(const EVP_PKEY *k);
/* Of what kind an RSA key is; 0: none of ours, or one that is weak. */
enum crypto_key ossl_rsa_kind(const EVP_PKEY *k);
/* False: an RSA key with which a signature proves nothing. */
bool ossl_exponent_ok(const EVP_PKEY *k);
/* OpenSSL's number of a curve. */
int ossl_curve_nid(enum crypto_curve curve);
/* A slot with a key in it, private or public; NULL if it is none. */
struct ossl_slot *ossl_any_key(struct ossl *o, struct crypto_slot s);
/* The context of a slot for one use, made when it is first used so. */
EVP_PKEY_CTX *ossl_prepared(struct ossl *o, struct ossl_slot *p,
			    enum ossl_use use);
/* A private key from PEM or DER; NULL and *@err. Never asks for a password. */
EVP_PKEY *ossl_key_read(struct ossl *o, const void *p, size_t len,
			enum il_err *err);

/* ossl_make.c */
enum il_err ossl_key_new(void *ctx, struct crypto_slot *s,
			 enum crypto_key kind) IL_MUST;
enum il_err ossl_key_export(void *ctx, struct crypto_slot s, uint8_t *out,
			    size_t cap, size_t *len) IL_MUST;
enum il_err ossl_pubkey_export(void *ctx, struct crypto_slot s, uint8_t *out,
			       size_t cap, size_t *len) IL_MUST;
/* A fresh private key; NULL: no randomness, or no such algorithm. */
EVP_PKEY *ossl_key_make(struct ossl *o, enum crypto_key kind);
/* A private key as PKCS #8. Errors: as crypto_key_export() */
enum il_err ossl_key_der(const EVP_PKEY *k, uint8_t *out, size_t cap,
			 size_t *len) IL_MUST;

/* ossl_pqc.c */
bool ossl_pqc_there(struct ossl *o);
/* 0: no ML-DSA key. */
enum crypto_key ossl_ml_dsa_kind(const EVP_PKEY *k);
enum il_err ossl_sign_msg(void *ctx, struct crypto_slot s, const void *about,
			  size_t about_len, const void *msg, size_t len,
			  uint8_t *sig, size_t sig_len) IL_MUST;
enum il_err ossl_verify_msg(void *ctx, struct crypto_slot s, const void *about,
			    size_t about_len, const void *msg, size_t len,
			    const uint8_t *sig, size_t sig_len) IL_MUST;
enum il_err ossl_kem_begin(void *ctx, struct crypto_slot *s,
			   enum crypto_kem kem, const uint8_t *seed,
			   uint8_t *pub_out) IL_MUST;
enum il_err ossl_kem_wrap(void *ctx, enum crypto_kem kem,
			  const uint8_t *peer_pub, uint8_t *ct_out,
			  uint8_t *secret_out) IL_MUST;
enum il_err ossl_kem_unwrap(void *ctx, struct crypto_slot s, const uint8_t *ct,
			    uint8_t *secret_out) IL_MUST;

/* ossl_csr.c */
enum il_err ossl_csr_make(void *ctx, struct crypto_slot key,
			  const struct crypto_csr_ask *ask, uint8_t *out,
			  size_t cap, size_t *len) IL_MUST;
enum il_err ossl_csr_info(void *ctx, struct crypto_slot pub, const char *name,
			  uint8_t *out, size_t cap, size_t *len) IL_MUST;
enum il_err ossl_csr_read(void *ctx, const uint8_t *der, size_t len,
			  struct crypto_slot *pub, char *subject) IL_MUST;

/* ossl_x509.c, ossl_path.c */
enum il_err ossl_chain_parse(void *ctx, const uint8_t *der, size_t len,
			     struct crypto_chain *out) IL_MUST;
enum il_err ossl_chain_verify(void *ctx, const struct crypto_chain *chain,
			      const uint8_t *anchor, size_t anchor_len,
			      int64_t now_s, struct crypto_why *why) IL_MUST;
/* Bytes of the DER sequence at the front of @r, header included; 0: *@err. */
size_t ossl_element_len(const struct rd *r, enum il_err *err);
/* A name as text of at most CRYPTO_NAME_MAX bytes; what is not ASCII is '?'. */
enum il_err ossl_show_name(const X509_NAME *name, char *out) IL_MUST;
/* The extension that names id-DMTF-hardware-identity; NULL: no memory. */
X509_EXTENSION *ossl_hardware_identity(void);
/* One certificate that fills @len bytes; NULL if it is none. */
X509 *ossl_cert_read(struct ossl *o, const uint8_t *der, size_t len);

#endif
