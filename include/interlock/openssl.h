/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef INTERLOCK_OPENSSL_H
#define INTERLOCK_OPENSSL_H

#include "interlock/crypto.h"
#include "interlock/wire.h"

/*
 * The table of crypto.h with OpenSSL 3 behind it, and identities to sign with,
 * for programs that have a C library and OpenSSL. Firmware brings its own
 * table and needs nothing of this header.
 *
 * One OpenSSL library context for each table: no configuration file is read,
 * and no other user of libcrypto in the process is touched.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct il_crypto_openssl;

/*
 * il_crypto_openssl_new() - make a table
 * @slots: how many running hashes, keys and chains it can hold at a time, at
 *         most 65535; 0: 1024
 * @out:   freed by il_crypto_openssl_free()
 *
 * Errors:   IL_E_ARG     @slots is too large
 *           IL_E_NOMEM
 *           IL_E_RANDOM  the system has no randomness
 * Context:  one thread at a time uses a table
 */
IL_API enum il_err
il_crypto_openssl_new(unsigned slots, struct il_crypto_openssl **out) IL_MUST;

/*
 * il_crypto_openssl_free() - give it back, and wipe its keys
 * @o: NULL is fine; what was made with it is freed before
 */
IL_API void il_crypto_openssl_free(struct il_crypto_openssl *o);

/*
 * il_crypto_openssl_table() - the table
 *
 * Returns:  the same for one @o, until that is freed; the libraries keep the
 *           pointer
 */
IL_API const struct il_crypto *
il_crypto_openssl_table(struct il_crypto_openssl *o);

/*
 * il_crypto_openssl_env() - surroundings with the system's randomness
 *
 * Returns:  the same for one @o, until that is freed; nobody listens to its
 *           trace
 */
IL_API const struct il_env *il_crypto_openssl_env(struct il_crypto_openssl *o);

/* What is wrong with an identity. */
enum il_identity_fault {
	IL_IDENTITY_OK,
	IL_IDENTITY_CHAIN,    /* no certificates, or damaged ones */
	IL_IDENTITY_TOO_LONG, /* too many or too large */
	IL_IDENTITY_ORDER,    /* not each issued by the one before or after */
	IL_IDENTITY_KEY,      /* no private key, or a damaged one */
	IL_IDENTITY_CURVE,    /* of no kind of enum il_crypto_key */
	IL_IDENTITY_MISMATCH, /* the key does not fit the leaf certificate */
};

/* A certificate chain with the private key of its leaf. */
struct il_identity;

/*
 * il_identity_load() - take an identity, made by `interlock identity new` or
 *                      elsewhere
 * @chain: certificates, root first or leaf first: a PEM text, whatever stands
 *         around them, or DER, one after the other
 * @key:   the leaf's private key, not encrypted; PEM or DER
 * @out:   freed by il_identity_free(), before @o is
 * @fault: written always, unless NULL
 *
 * Says nothing of trust or dates: see il_chain_check() of evidence.h.
 *
 * Errors:   IL_E_FIELD  @fault says what
 *           IL_E_NOMEM
 */
IL_API enum il_err il_identity_load(struct il_crypto_openssl *o,
				    struct il_span chain, struct il_span key,
				    struct il_identity **out,
				    enum il_identity_fault *fault) IL_MUST;

/* il_identity_free() - give it back, and wipe its key; NULL is fine */
IL_API void il_identity_free(struct il_identity *id);

/*
 * il_identity_fault_name() - a few words such as "key does not fit the leaf
 *                            certificate"
 *
 * Returns:  a constant string, never NULL
 */
IL_API const char *il_identity_fault_name(enum il_identity_fault fault);

/*
 * il_identity_certs() - its certificates, DER, the root first, leaf last
 *
 * Returns:  bytes that live as long as @id
 */
IL_API struct il_span il_identity_certs(const struct il_identity *id);

/*
 * il_identity_asym() - the algorithms that its key can sign with
 *
 * Returns:  bits IL_SPDM_ASYM_…; 0: none of them, but see il_identity_pqc()
 */
IL_API uint32_t il_identity_asym(const struct il_identity *id);

/*
 * il_identity_pqc() - the post-quantum algorithms that its key can sign with
 *
 * Returns:  one bit IL_SPDM_PQC_…, or 0
 */
IL_API uint32_t il_identity_pqc(const struct il_identity *id);

/*
 * il_identity_sign() - sign a digest, as the ports of both libraries ask for it
 * @asym:    one bit of il_identity_asym()
 * @digest:  of the negotiated hash
 * @sig:     @sig_len bytes, exactly as long as the algorithm's signature
 *
 * Errors:   IL_E_ARG     a length, or an algorithm that is not the key's
 *           IL_E_STATE   likewise
 *           IL_E_RANDOM
 * Source:   DSP0274 1.2.1, section 15; FIPS 186-4 §6.4; RFC 8017 §8.1, §8.2
 */
IL_API enum il_err il_identity_sign(const struct il_identity *id, uint32_t asym,
				    const uint8_t *digest, size_t digest_len,
				    uint8_t *sig, size_t sig_len) IL_MUST;

/*
 * il_identity_sign_msg() - sign a message by ML-DSA, under the context string
 *                          @about
 *
 * Errors:   IL_E_ARG     a length
 *           IL_E_STATE   the key is no ML-DSA key
 *           IL_E_RANDOM
 * Source:   FIPS 204 §5.2
 */
IL_API enum il_err il_identity_sign_msg(const struct il_identity *id,
					const char *about, const uint8_t *msg,
					size_t len, uint8_t *sig,
					size_t sig_len) IL_MUST;

/*
 * il_crypto_openssl_anchor() - a trust anchor as DER
 * @text: a certificate, or the first one of a PEM text
 * @out:  IL_CRYPTO_CERT_MAX bytes
 *
 * Errors:   IL_E_FIELD  no certificate
 */
IL_API enum il_err il_crypto_openssl_anchor(struct il_crypto_openssl *o,
					    struct il_span text, uint8_t *out,
					    size_t *len) IL_MUST;

#ifdef __cplusplus
}
#endif

#endif
