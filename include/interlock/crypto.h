/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef INTERLOCK_CRYPTO_H
#define INTERLOCK_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What all of Interlock's libraries share: their errors, what they ask of
 * their surroundings, and the table of cryptographic operations, which the
 * caller provides. See device.h, requester.h and evidence.h for the libraries.
 *
 * This header is also the library's own: the table that a caller fills is the
 * one that the engines call, through no copy and no cast.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* An exported function. */
#define IL_API __attribute__((visibility("default")))
/* A result that has to be looked at. */
#define IL_MUST __attribute__((warn_unused_result))

/*
 * enum il_err - the one list of errors
 *
 * It says who is to blame; the trace says what was wrong. A caller acts on
 * those that a function's comment lists, and passes any other on.
 */
enum il_err {
	IL_OK = 0,

	/* The caller. Nothing has changed. */
	IL_E_ARG,   /* value outside the documented range */
	IL_E_STATE, /* good call, wrong state */
	IL_E_SPACE, /* output buffer too small */

	/* The peer. Its bytes are not to be trusted further. */
	IL_E_SHORT, /* message ends early */
	IL_E_LONG,  /* message has bytes left over */
	IL_E_FIELD, /* a field has a value the spec forbids */
	IL_E_AUTH,  /* signature, MAC or nonce does not verify */
	IL_E_PEER,  /* peer answered with an error of its own */

	/* The world. Trying again may help. */
	IL_E_AGAIN,
	IL_E_TIMEOUT,
	IL_E_NOMEM,
	IL_E_RANDOM,
	IL_E_IO,
};

/*
 * il_err_name() - a short lower-case word for @err, such as "auth"
 *
 * Returns:  a constant string, never NULL
 * Context:  any
 */
IL_API const char *il_err_name(enum il_err err);

/*
 * il_panic_hook - what a broken invariant of the library calls
 * @file, @line, @what: where it stands, and the condition that does not hold
 *
 * Never the peer's doing, nor a wrong call: only a fault of the library, or
 * memory that something else overwrote. It must not return; if it does, the
 * library stays in a loop, and touches nothing any more.
 *
 * One for the program, set before the first call. Where there is a C library
 * it prints and aborts unless it is replaced. A freestanding build has none:
 * the firmware defines the variable, or does not link.
 */
typedef void il_panic_fn(const char *file, int line, const char *what);
IL_API extern il_panic_fn *il_panic_hook;

/*
 * struct il_env - what the engines may ask of the outside: dice and a log
 *
 * Time is not here: it is an argument of the calls that depend on it, in
 * nanoseconds from any beginning, and never runs backwards.
 */
struct il_env {
	/*
	 * Fills @out with unpredictable bytes, or changes nothing: nonces and
	 * ids come from here. Errors: IL_E_RANDOM.
	 */
	enum il_err (*random)(void *ctx, uint8_t *out, size_t len);
	/*
	 * Told of each change of state and each refusal; NULL: nobody listens.
	 * Arguments are integers: never secrets, never bytes of the peer.
	 * May not call the library.
	 */
	void (*trace)(void *ctx, uint32_t event, uint64_t a, uint64_t b,
		      uint64_t c);
	void *ctx; /* handed back to both */
};

/* How sure we are that real hardware or software obeys a rule. */
enum il_sure {
	IL_SURE_SPEC,	  /* a published specification says so */
	IL_SURE_DRIVER,	  /* a driver or its mailing list relies on it */
	IL_SURE_INFERRED, /* follows from the above, not stated */
	IL_SURE_OPEN,	  /* silent or disagreeing sources; a choice */
};

/*
 * struct il_rule - a rule that can refuse something
 *
 * Rules are constants with static life; two refusals have the same cause if
 * they point to the same rule.
 */
struct il_rule {
	const char *name;   /* such as "lock-keys" */
	const char *says;   /* one sentence */
	const char *source; /* document, version, section */
	uint8_t sure;	    /* enum il_sure */
};

/* Limits of the table, in bytes unless they say otherwise. */
#define IL_CRYPTO_HASH_MAX    64  /* the longest digest */
#define IL_CRYPTO_SIG_MAX     132 /* the longest r || s */
#define IL_CRYPTO_RSA_MAX     512 /* the longest RSA signature */
#define IL_CRYPTO_PUB_MAX     132 /* the longest X || Y */
#define IL_CRYPTO_SCALAR_MAX  66  /* the longest scalar or ECDH secret */
#define IL_CRYPTO_AEAD_KEY    32  /* the longest key of an AEAD */
#define IL_CRYPTO_AEAD_IV     12
#define IL_CRYPTO_AEAD_TAG    16
#define IL_CRYPTO_CHAIN_CERTS 8	   /* certificates of a chain */
#define IL_CRYPTO_CERT_MAX    8192 /* one certificate */
#define IL_CRYPTO_NAME_MAX    128  /* a subject or SAN, with its 0 */
#define IL_CRYPTO_ML_DSA_MAX  4627 /* the longest ML-DSA signature */
#define IL_CRYPTO_KEM_PUB_MAX 1568 /* the longest encapsulation key */
#define IL_CRYPTO_KEM_CT_MAX  1568 /* the longest ciphertext */
#define IL_CRYPTO_KEM_SECRET  32
#define IL_CRYPTO_KEM_SEED    64   /* d || z of FIPS 203 */
#define IL_CRYPTO_KEY_DER_MAX 8192 /* the longest private key, PKCS #8 */
#define IL_CRYPTO_SPKI_MAX    2700 /* the longest SubjectPublicKeyInfo */

enum il_crypto_hash_alg {
	IL_CRYPTO_SHA256 = 1,
	IL_CRYPTO_SHA384,
	IL_CRYPTO_SHA512,
};

enum il_crypto_aead_alg {
	IL_CRYPTO_AES_256_GCM = 1,
	IL_CRYPTO_AES_128_GCM,
	IL_CRYPTO_CHACHA20_POLY1305,
};

enum il_crypto_curve {
	IL_CRYPTO_P256 = 1,
	IL_CRYPTO_P384,
	IL_CRYPTO_P521,
};

/* How an RSA signature is padded. */
enum il_crypto_rsa {
	IL_CRYPTO_RSASSA = 1, /* PKCS1-v1_5 */
	IL_CRYPTO_RSAPSS,     /* salt as long as the digest, MGF1 of its hash */
};

enum il_crypto_kem {
	IL_CRYPTO_ML_KEM_512 = 1,
	IL_CRYPTO_ML_KEM_768,
	IL_CRYPTO_ML_KEM_1024,
};

/* What kind of key, private or public, a slot or a certificate holds. */
enum il_crypto_key {
	IL_CRYPTO_KEY_P256 = 1,
	IL_CRYPTO_KEY_P384,
	IL_CRYPTO_KEY_P521,
	IL_CRYPTO_KEY_RSA_2048,
	IL_CRYPTO_KEY_RSA_3072,
	IL_CRYPTO_KEY_RSA_4096,
	IL_CRYPTO_KEY_ML_DSA_44,
	IL_CRYPTO_KEY_ML_DSA_65,
	IL_CRYPTO_KEY_ML_DSA_87,
	IL_CRYPTO_KEYS, /* one above the last */
};

/*
 * struct il_crypto_slot - a name for state that lives behind the table
 *
 * A running hash, a prepared AEAD key, an ephemeral ECDH or KEM key, a private
 * or public key, a parsed chain. All zero means none. Entries that fill a slot
 * take one that is zero or that still holds the same kind of thing, which is
 * then replaced in place. One that was dropped elsewhere, or is of another
 * kind, is refused with IL_E_STATE.
 */
struct il_crypto_slot {
	uint32_t n;
};

/* Bytes somewhere else, for entries that take several pieces as one string. */
struct il_crypto_span {
	const void *p;
	size_t len;
};

/* Which kind of otherName named the device in the leaf certificate. */
enum il_crypto_san {
	IL_CRYPTO_SAN_NONE,
	IL_CRYPTO_SAN_PCI,  /* 2.23.147, "Vendor=1d1a:Device=..." */
	IL_CRYPTO_SAN_DMTF, /* 1.3.6.1.4.1.412.274.1, "maker:product:serial" */
};

struct il_crypto_cert {
	uint32_t off; /* of its DER in the bytes that were parsed */
	uint32_t len;
	int64_t not_before_s; /* seconds since 1970, both ends valid */
	int64_t not_after_s;
	bool ca; /* basic constraints say so */
};

/*
 * struct il_crypto_chain - a certificate chain, parsed once
 *
 * Certificates stand as SPDM sends them: nearest to the root first, leaf last.
 * Owns two slots.
 */
struct il_crypto_chain {
	struct il_crypto_slot slot; /* the parsed certificates */
	struct il_crypto_slot leaf; /* the leaf's public key */
	enum il_crypto_key key;	    /* its kind */
	enum il_crypto_curve curve; /* its curve; 0: it has none */
	enum il_crypto_san san_kind;
	bool requester; /* for chain_verify: whose leaf it is to be */
	unsigned count;
	struct il_crypto_cert certs[IL_CRYPTO_CHAIN_CERTS];
	/* Of the leaf. Bytes outside printable ASCII are shown as '?'. */
	char subject[IL_CRYPTO_NAME_MAX]; /* "CN=leaf,O=maker"; may be cut */
	char san[IL_CRYPTO_NAME_MAX];	  /* never cut: refused if too long */
};

/* What a certificate request that we make shall say. */
struct il_crypto_csr_ask {
	enum il_crypto_hash_alg hash; /* of the signature, unless ML-DSA */
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
enum il_crypto_why_code {
	IL_CRYPTO_WHY_NONE,
	IL_CRYPTO_WHY_EXPIRED,
	IL_CRYPTO_WHY_NOT_YET,	 /* valid from a later time on */
	IL_CRYPTO_WHY_UNTRUSTED, /* does not lead to the trust anchor */
	IL_CRYPTO_WHY_ORDER,	 /* not issued by the certificate before it */
	IL_CRYPTO_WHY_SIGNATURE, /* names its issuer, but not signed by it */
	IL_CRYPTO_WHY_NOT_CA,	 /* issued a certificate without being a CA */
	IL_CRYPTO_WHY_PATH_LEN,	 /* more CAs below it than it allows */
	IL_CRYPTO_WHY_KEY_USAGE, /* key usage forbids what the key did */
	IL_CRYPTO_WHY_PURPOSE,	 /* the leaf is not for that role */
	IL_CRYPTO_WHY_CRITICAL,	 /* critical extension that we do not know */
	IL_CRYPTO_WHY_ANCHOR,	 /* the trust anchor is no certificate */
	IL_CRYPTO_WHY_OTHER,	 /* refused by the library's own path rules */
};

#define IL_CRYPTO_CERT_ANCHOR (-1)

struct il_crypto_why {
	enum il_crypto_why_code code;
	int cert; /* index in the chain, or IL_CRYPTO_CERT_ANCHOR */
};

/* One message in two pieces, sealed as if they stood together. */
struct il_crypto_seal {
	const uint8_t *iv; /* IL_CRYPTO_AEAD_IV bytes */
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
 * struct il_crypto_ops - the table
 *
 * Each entry takes the context of struct il_crypto first. Digests, points and
 * keys are big-endian, as their standards have them; lengths are exact. On an
 * error nothing is written and no slot has changed, unless it says otherwise.
 * One thread at a time uses a context; no entry may call the library.
 *
 * Groups name who needs them; the others' may be NULL.
 */
struct il_crypto_ops {
	bool pqc; /* has ML-DSA and ML-KEM */

	/*
	 * All. @out: a digest. Errors: IL_E_ARG no such algorithm; hash_begin:
	 * IL_E_STATE, IL_E_NOMEM all slots are taken. After hash_final the hash
	 * goes on: more may be added and it may be asked again.
	 * Source: FIPS 180-4
	 */
	enum il_err (*hash)(void *ctx, enum il_crypto_hash_alg alg,
			    const struct il_crypto_span *parts, size_t n,
			    uint8_t *out);
	enum il_err (*hash_begin)(void *ctx, struct il_crypto_slot *s,
				  enum il_crypto_hash_alg alg);
	enum il_err (*hash_update)(void *ctx, struct il_crypto_slot s,
				   const void *p, size_t len);
	/* A second running hash, as far as @from has come. */
	enum il_err (*hash_dup)(void *ctx, struct il_crypto_slot from,
				struct il_crypto_slot *to);
	enum il_err (*hash_final)(void *ctx, struct il_crypto_slot s,
				  uint8_t *out);

	/*
	 * All that have sessions. A key is prepared once for all its messages;
	 * 32 bytes, or 16 for AES-128. @in and @out are equal or apart;
	 * pointers may be NULL where a length is 0. @tag_len: 16; for link
	 * encryption also 12. aead_open: IL_E_AUTH, @out all zeros.
	 * Source: NIST SP 800-38D §7.1, §7.2; RFC 8439 §2.8
	 */
	enum il_err (*aead_key)(void *ctx, struct il_crypto_slot *s,
				enum il_crypto_aead_alg alg,
				const uint8_t *key);
	enum il_err (*aead_seal)(void *ctx, struct il_crypto_slot s,
				 const uint8_t *iv, const void *aad,
				 size_t aad_len, const uint8_t *in, size_t len,
				 uint8_t *out, uint8_t *tag, size_t tag_len);
	/* Optional; NULL: the second piece is copied behind the first. */
	enum il_err (*aead_seal_two)(void *ctx, struct il_crypto_slot s,
				     const struct il_crypto_seal *a);
	enum il_err (*aead_open)(void *ctx, struct il_crypto_slot s,
				 const uint8_t *iv, const void *aad,
				 size_t aad_len, const uint8_t *in, size_t len,
				 uint8_t *out, const uint8_t *tag,
				 size_t tag_len);

	/*
	 * KEY_EXCHANGE. @pub_out, @peer_pub: X || Y; @secret_out: a coordinate,
	 * which the caller wipes. dh_finish checks that the peer's point is on
	 * the curve: IL_E_FIELD. The slot stays; it is dropped.
	 * Source: NIST SP 800-56A rev. 3 §5.6.2.3.4, §5.7.1.2
	 */
	enum il_err (*dh_begin)(void *ctx, struct il_crypto_slot *s,
				enum il_crypto_curve curve, uint8_t *pub_out);
	/* From a scalar, to replay recorded conversations. Tools. */
	enum il_err (*dh_load)(void *ctx, struct il_crypto_slot *s,
			       enum il_crypto_curve curve,
			       const uint8_t *scalar, uint8_t *pub_out);
	enum il_err (*dh_finish)(void *ctx, struct il_crypto_slot s,
				 const uint8_t *peer_pub, uint8_t *secret_out);

	/*
	 * Keys. key_load takes a private one, SEC1, PKCS #1 or #8, in PEM or
	 * DER: for those who sign by this table, as the requester does where
	 * it has to show who it is. The device library signs by its port.
	 * Errors: IL_E_FIELD, IL_E_LONG, IL_E_STATE, IL_E_NOMEM.
	 */
	enum il_err (*key_load)(void *ctx, struct il_crypto_slot *s,
				const void *p, size_t len);
	/* A peer's key without a certificate, SubjectPublicKeyInfo in DER:
	 * devices too, that authenticate requesters by a known key. */
	enum il_err (*pubkey_from_spki)(void *ctx, struct il_crypto_slot *s,
					const uint8_t *der, size_t len);
	enum il_err (*pubkey_from_point)(void *ctx, struct il_crypto_slot *s,
					 enum il_crypto_curve curve,
					 const uint8_t *pub);
	enum il_err (*pubkey)(void *ctx, struct il_crypto_slot s,
			      enum il_crypto_curve *curve, uint8_t *pub_out);
	enum il_err (*key_new)(void *ctx, struct il_crypto_slot *s,
			       enum il_crypto_key kind);
	enum il_err (*key_export)(void *ctx, struct il_crypto_slot s,
				  uint8_t *out, size_t cap, size_t *len);
	enum il_err (*pubkey_export)(void *ctx, struct il_crypto_slot s,
				     uint8_t *out, size_t cap, size_t *len);
	/* All that verify: what kind of key it is, private or public. */
	enum il_err (*key_kind)(void *ctx, struct il_crypto_slot s,
				enum il_crypto_key *kind);
	enum il_err (*key_fits)(void *ctx, struct il_crypto_slot key,
				struct il_crypto_slot pub);
	/* ECDSA over a digest; @sig: r || s. Source: FIPS 186-4 §6.4 */
	enum il_err (*sign)(void *ctx, struct il_crypto_slot s,
			    const uint8_t *digest, size_t digest_len,
			    uint8_t *sig, size_t sig_len);
	/*
	 * Requesters; devices that authenticate requesters, for the algorithms
	 * of their configuration. Errors: IL_E_AUTH.
	 */
	enum il_err (*verify)(void *ctx, struct il_crypto_slot s,
			      const uint8_t *digest, size_t digest_len,
			      const uint8_t *sig, size_t sig_len);
	/* Source: RFC 8017 §8.1, §8.2; the salt is as long as the digest */
	enum il_err (*sign_rsa)(void *ctx, struct il_crypto_slot s,
				enum il_crypto_rsa pad,
				enum il_crypto_hash_alg alg,
				const uint8_t *digest, uint8_t *sig,
				size_t sig_len);
	enum il_err (*verify_rsa)(void *ctx, struct il_crypto_slot s,
				  enum il_crypto_rsa pad,
				  enum il_crypto_hash_alg alg,
				  const uint8_t *digest, const uint8_t *sig,
				  size_t sig_len);
	/* ML-DSA; @about: the context string. Source: FIPS 204 §5.2, §5.3 */
	enum il_err (*sign_msg)(void *ctx, struct il_crypto_slot s,
				const void *about, size_t about_len,
				const void *msg, size_t len, uint8_t *sig,
				size_t sig_len);
	enum il_err (*verify_msg)(void *ctx, struct il_crypto_slot s,
				  const void *about, size_t about_len,
				  const void *msg, size_t len,
				  const uint8_t *sig, size_t sig_len);

	/*
	 * ML-KEM, for KEY_EXCHANGE of 1.4: requesters begin and unwrap, devices
	 * wrap. @seed NULL: fresh randomness. Source: FIPS 203 §7
	 */
	enum il_err (*kem_begin)(void *ctx, struct il_crypto_slot *s,
				 enum il_crypto_kem kem, const uint8_t *seed,
				 uint8_t *pub_out);
	enum il_err (*kem_wrap)(void *ctx, enum il_crypto_kem kem,
				const uint8_t *peer_pub, uint8_t *ct_out,
				uint8_t *secret_out);
	enum il_err (*kem_unwrap)(void *ctx, struct il_crypto_slot s,
				  const uint8_t *ct, uint8_t *secret_out);

	/* Certificate requests, PKCS #10. Not called by the device library:
	 * its port answers GET_CSR. Source: RFC 2986 §4 */
	enum il_err (*csr_make)(void *ctx, struct il_crypto_slot key,
				const struct il_crypto_csr_ask *ask,
				uint8_t *out, size_t cap, size_t *len);
	enum il_err (*csr_info)(void *ctx, struct il_crypto_slot pub,
				const char *name, uint8_t *out, size_t cap,
				size_t *len);
	enum il_err (*csr_read)(void *ctx, const uint8_t *der, size_t len,
				struct il_crypto_slot *pub, char *subject);

	/*
	 * Requesters; devices that authenticate requesters or are provisioned.
	 * chain_parse: @out is all zero or an earlier chain, which is replaced;
	 * says what is written, not whether it is to be trusted. Errors:
	 * IL_E_SHORT, IL_E_LONG, IL_E_FIELD; @out is as before then.
	 * chain_verify: @anchor is one DER certificate, @why is written always;
	 * the first fault counted from the anchor down is the one reported.
	 * Errors: IL_E_AUTH.
	 * Source: RFC 5280 §6; DSP0274 1.2, "SPDM certificate requirements and
	 *         recommendations"
	 */
	enum il_err (*chain_parse)(void *ctx, const uint8_t *der, size_t len,
				   struct il_crypto_chain *out);
	enum il_err (*chain_verify)(void *ctx,
				    const struct il_crypto_chain *chain,
				    const uint8_t *anchor, size_t anchor_len,
				    int64_t now_s, struct il_crypto_why *why);

	/* All: wipe what a slot holds; it is never 0 here. */
	void (*drop)(void *ctx, struct il_crypto_slot s);
	/* An image of all slots. Worlds. */
	enum il_err (*save)(void *ctx, void **image);
	enum il_err (*restore)(void *ctx, const void *image);
	void (*image_free)(void *ctx, void *image);
};

/* struct il_crypto - a table and its context; copied by who is given one */
struct il_crypto {
	const struct il_crypto_ops *ops;
	void *ctx;
};

#ifdef __cplusplus
}
#endif

#endif
