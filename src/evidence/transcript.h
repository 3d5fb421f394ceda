/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EVIDENCE_TRANSCRIPT_H
#define EVIDENCE_TRANSCRIPT_H

#include "crypto/crypto.h"
#include "spdm/codec.h"

/*
 * What a device signed of itself, as bytes that anybody may hold: VCA, the
 * requests for measurements and their answers in their order, the last with a
 * signature. All that a verifier needs besides is the certificate chain.
 * Source: DSP0274 1.4.0, section 10.11.2 (L1/L2)
 */
struct evidence_transcript {
	uint8_t version; /* that was agreed */
	uint32_t hash;
	uint32_t meas_hash;
	uint32_t asym; /* or @pqc */
	uint32_t pqc;
	uint8_t slot;		  /* whose key signed */
	struct spdm_span vca;	  /* GET_VERSION to ALGORITHMS */
	struct spdm_span signed_; /* what the signature is over */
	struct spdm_span nonce;	  /* of the last request */
	struct spdm_span record;  /* of the last answer */
	struct spdm_span sig;
	bool whole; /* the last request asked for all measurements */
};

/*
 * evidence_transcript_read() - take one apart
 * @out: spans point into @bytes
 *
 * Errors:   IL_E_SHORT, IL_E_LONG, IL_E_FIELD  not such a transcript: the
 *           messages are others, of another order or version than was agreed,
 *           answers name other requests' slots, or nothing is signed
 */
enum il_err evidence_transcript_read(struct spdm_span bytes,
				     struct evidence_transcript *out) IL_MUST;

/*
 * evidence_transcript_verify() - whether @leaf, a public key, signed it
 *
 * Errors:   IL_E_FIELD  the key is of another kind than was agreed
 *           IL_E_AUTH   it did not
 */
enum il_err evidence_transcript_verify(const struct crypto *c,
				       const struct evidence_transcript *t,
				       struct crypto_slot leaf) IL_MUST;

#endif
