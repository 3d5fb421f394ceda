/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CRYPTO_IDENTITY_H
#define CRYPTO_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/crypto.h"
#include "crypto/ossl.h"

/*
 * A device's identity: a root, an intermediate and a leaf certificate with
 * their keys, of any kind that crypto_key_new() makes. Texts in, texts out;
 * programs do the files.
 */

enum identity_part {
	IDENTITY_ROOT,
	IDENTITY_INTERMEDIATE,
	IDENTITY_LEAF,
	IDENTITY_PARTS,
};

/*
 * What the leaf certificate says of the function it names: configuration
 * space, signed.
 *
 * Source: PCIe Base 6.1 §6.31.3 (subject alternative name of a leaf; 6.2
 *         dropped the form of the name, products kept it); the fields and
 *         their digits as the Linux CMA patches compare them
 *         (drivers/pci/cma.c, pci_cma_construct_san)
 */
struct identity_cfg {
	uint16_t vendor;
	uint16_t device;
	uint32_t class_code; /* 24 bits */
	uint8_t revision;
	uint16_t subsys_vendor;
	uint16_t subsys_device;
	uint64_t serial; /* Device Serial Number capability; 0: left out */
	int64_t not_before_s;
	int64_t not_after_s;
	enum crypto_key key;	 /* of all three; 0: as the next two say */
	enum crypto_curve curve; /* of all three keys; 0: P-384 */
	unsigned rsa_bits;	 /* of the leaf's key instead; 0: none */
	bool requester; /* the leaf is one of an SPDM requester: no function */
};

/* Bytes of the name with its final zero. */
#define IDENTITY_SAN_MAX 80

/*
 * identity_san() - the name that a leaf carries in otherName 2.23.147
 *
 * "Vendor=1d1a:Device=0001:CC=010802:REV=02:SSVID=1d1a:SSID=1100:<serial>":
 * lower-case hexadecimal, serial as 16 digits. A guest compares this string,
 * made from configuration space, with the chain's.
 */
void identity_san(const struct identity_cfg *cfg, char out[IDENTITY_SAN_MAX]);

#define IDENTITY_PEM_MAX 32768 /* three certificates of ML-DSA-87 */

struct identity_pem {
	size_t len; /* without the final zero */
	char text[IDENTITY_PEM_MAX];
};

/* What `identity new` writes out; chain.pem is the three certificates, root
 * first. Wipe it after use: it holds private keys. */
struct identity_files {
	struct identity_pem cert[IDENTITY_PARTS];
	struct identity_pem key[IDENTITY_PARTS]; /* PKCS #8 */
	struct identity_pem chain;		 /* root, intermediate, leaf */
};

/*
 * identity_new() - make an identity
 * @o: where randomness comes from: not a seeded one if it is to be kept
 *
 * Errors:   IL_E_ARG     dates in the wrong order or beyond year 9999, class
 *                        code above 24 bits; no such kind of key here
 *           IL_E_RANDOM  no randomness
 *           IL_E_NOMEM
 *           On an error *@out is untouched.
 * Source:   PCIe Base 6.1 §6.31.3; DSP0274 1.2, "SPDM certificate
 *           requirements and recommendations" (OIDs 1.3.6.1.4.1.412.274.*)
 */
enum il_err identity_new(struct ossl *o, const struct identity_cfg *cfg,
			 struct identity_files *out) IL_MUST;

/* What is wrong with an identity that was read. */
enum identity_fault {
	IDENTITY_OK,
	IDENTITY_CHAIN,	   /* no certificates, or damaged ones */
	IDENTITY_TOO_LONG, /* too many or too large */
	IDENTITY_ORDER,	   /* not each issued by the one before or after */
	IDENTITY_KEY,	   /* no private key, or a damaged one */
	IDENTITY_CURVE,	   /* of no kind of enum crypto_key */
	IDENTITY_MISMATCH, /* the key does not fit the leaf certificate */
};

/* A few words such as "key does not fit the leaf certificate"; never NULL. */
const char *identity_fault_name(enum identity_fault fault);

#define IDENTITY_CHAIN_MAX (3 * CRYPTO_CERT_MAX)
#define IDENTITY_KEY_MAX   CRYPTO_KEY_DER_MAX

/* An identity in the forms that a responder takes. */
struct identity {
	size_t chain_len;
	uint8_t chain[IDENTITY_CHAIN_MAX]; /* DER, root first, leaf last */
	size_t key_len;
	uint8_t key[IDENTITY_KEY_MAX]; /* PKCS #8 DER; wipe after use */
	enum crypto_key kind;	       /* of the key, as the next two say too */
	enum crypto_curve curve;       /* 0: it is on none */
	unsigned rsa_bits;
};

/*
 * identity_load() - take an identity made here or elsewhere
 * @chain: certificates; root first, or leaf first as TLS servers have it. A
 *         PEM text, what stands around them is ignored; or DER, nothing else
 *         between them
 * @key:   the leaf's private key, not encrypted; PEM or DER
 * @fault: written always
 *
 * Says nothing of trust or dates: that is crypto_chain_verify().
 *
 * Errors:   IL_E_FIELD  @fault says what; *@out is untouched
 *           IL_E_NOMEM
 */
enum il_err identity_load(struct ossl *o, const char *chain, size_t chain_len,
			  const char *key, size_t key_len, struct identity *out,
			  enum identity_fault *fault) IL_MUST;

/*
 * identity_anchor() - the first certificate of a PEM text, or a bare DER
 *                     certificate, as DER
 * @out: CRYPTO_CERT_MAX bytes
 *
 * Errors: IL_E_FIELD  no certificate
 */
enum il_err identity_anchor(struct ossl *o, const void *p, size_t len,
			    uint8_t *out, size_t *out_len) IL_MUST;

#endif
