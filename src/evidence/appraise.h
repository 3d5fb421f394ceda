/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EVIDENCE_APPRAISE_H
#define EVIDENCE_APPRAISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/crypto.h"
#include "evidence/transcript.h"
#include "tdisp/report.h"

/*
 * The TVM's judgement of a device: is what the host handed over what the TSM
 * vouches for, is it signed by a key that leads to the trust anchor, does it
 * answer this guest's nonce, are the measurements the expected ones, and does
 * the report fit the device that the guest sees. Pure: no access, no state.
 */

#define EVIDENCE_NONCE_LEN 32

/* What the TSM says of a TDI, in a message that the host cannot forge. */
struct evidence_claims {
	uint64_t tdi_id;       /* of this binding, never used again */
	uint64_t report_count; /* rises with each report taken */
	uint16_t lock_flags;
	bool meas_valid; /* measurements belong to this lock session */
	bool meas_fresh; /* and answer the nonce of the last request */
	enum crypto_hash_alg hash; /* of the three digests */
	uint8_t certs[CRYPTO_HASH_MAX];
	uint8_t meas[CRYPTO_HASH_MAX];
	uint8_t report[CRYPTO_HASH_MAX];
	enum crypto_hash_alg spdm_hash; /* negotiated in the session */
};

/* Bytes that the host keeps for the TSM, copied into the guest's memory. */
struct evidence_blob {
	const uint8_t *p;
	size_t len;
};

struct evidence_blobs {
	struct evidence_blob certs;  /* SPDM certificate chain */
	struct evidence_blob meas;   /* VCA, request, response, signature */
	struct evidence_blob report; /* TDISP interface report */
};

enum evidence_why {
	EVIDENCE_WHY_NONE,
	EVIDENCE_WHY_CERT_DIGEST, /* host's chain is not the session's (law 27)
				   */
	EVIDENCE_WHY_CHAIN,	  /* not a certificate chain */
	EVIDENCE_WHY_ROOT_HASH, /* the chain names another root than it holds */
	EVIDENCE_WHY_TRUST,	/* chain does not lead to the anchor */
	EVIDENCE_WHY_MEAS_STALE,  /* TSM: not of this lock session */
	EVIDENCE_WHY_MEAS_DIGEST, /* host's transcript is not the TSM's */
	EVIDENCE_WHY_MEAS_FORM,	  /* not a measurement transcript */
	EVIDENCE_WHY_MEAS_NONCE,  /* does not answer our nonce (law 28) */
	EVIDENCE_WHY_MEAS_SIGNATURE,
	EVIDENCE_WHY_MEAS_VALUE,    /* differs from the expected one */
	EVIDENCE_WHY_REPORT_DIGEST, /* host's report is not the TSM's */
	EVIDENCE_WHY_REPORT_FORM,   /* not a report (law 30) */
	EVIDENCE_WHY_REPORT_CAPS,   /* ATS, PRS, PASID … are on (law 31) */
	EVIDENCE_WHY_REPORT_RANGE,  /* range outside its BAR (law 33) */
	EVIDENCE_WHY_LOCK_FLAGS,    /* locked otherwise than asked (law 32) */
	EVIDENCE_WHY_CHANGED,	    /* another lock session than at first */
	/* Of those who have no TSM (lib/evidence.c): */
	EVIDENCE_WHY_VERSION,	/* older SPDM than is asked */
	EVIDENCE_WHY_NO_REPORT, /* none, and one is asked */
	EVIDENCE_WHY_UNVOUCHED, /* a report for which nobody vouches */
	EVIDENCE_WHYS,
};

struct evidence_verdict {
	enum evidence_why why;
	struct crypto_why trust; /* of EVIDENCE_WHY_TRUST */
	unsigned index;		 /* of a measurement or a range */
};

struct evidence_measurement {
	uint8_t index;
	uint8_t type; /* DMTFSpecMeasurementValueType, bit 7: raw */
	uint8_t len;
	uint8_t value[64];
};

#define EVIDENCE_MEAS_MAX 16
#define EVIDENCE_BARS	  6

struct evidence_policy {
	const uint8_t *anchor; /* DER of the trusted root certificate */
	size_t anchor_len;
	int64_t now_s;
	/* Every expected measurement must be there, and no other; 0: any. */
	const struct evidence_measurement *expected;
	unsigned n_expected;
	uint64_t bar_size[EVIDENCE_BARS]; /* bytes; 0: no such BAR */
	uint16_t lock_flags;		  /* that must be among the claimed */
	uint8_t nonce[EVIDENCE_NONCE_LEN];
};

struct evidence_findings {
	struct crypto_chain chain; /* drop with crypto_chain_drop() */
	struct evidence_measurement meas[EVIDENCE_MEAS_MAX];
	unsigned n_meas;
	struct tdisp_report report;
};

/*
 * evidence_appraise() - all of it, in that order
 * @out: findings; valid as far as the verdict got; blobs stay referenced
 *
 * Errors:   IL_E_AUTH   refused; *@v says why
 *           IL_E_NOMEM  the crypto table is full
 */
enum il_err evidence_appraise(const struct crypto *c,
			      const struct evidence_policy *p,
			      const struct evidence_claims *claims,
			      const struct evidence_blobs *blobs,
			      struct evidence_findings *out,
			      struct evidence_verdict *v) IL_MUST;

/*
 * Its parts, for those who hold no claims of a TSM or judge values otherwise.
 * Each leaves *@v alone unless it refuses.
 *
 * Errors: as evidence_appraise()
 */
enum il_err evidence_check_chain(const struct crypto *c,
				 const struct evidence_policy *p,
				 const struct evidence_claims *claims,
				 const struct evidence_blob *b,
				 struct crypto_chain *out,
				 struct evidence_verdict *v) IL_MUST;
/* All but the values. @leaf: the key of the chain. */
enum il_err evidence_check_meas(const struct crypto *c,
				const struct evidence_policy *p,
				const struct evidence_claims *claims,
				const struct evidence_blob *b,
				struct crypto_slot leaf,
				struct evidence_transcript *t,
				struct evidence_verdict *v) IL_MUST;
enum il_err evidence_check_report(const struct crypto *c,
				  const struct evidence_policy *p,
				  const struct evidence_claims *claims,
				  const struct evidence_blob *b,
				  struct tdisp_report *rep,
				  struct evidence_verdict *v) IL_MUST;

/*
 * evidence_own_claims() - digests of the bytes themselves
 *
 * For who has no TSM: the chain and the measurements then stand on their
 * signatures alone, the report on whoever brought it.
 *
 * Errors: as evidence_transcript_read()
 */
enum il_err evidence_own_claims(const struct crypto *c,
				const struct evidence_blobs *blobs,
				struct evidence_claims *out) IL_MUST;

/* A sentence such as "measurement 2 differs from the expected one". */
void evidence_verdict_text(const struct evidence_verdict *v, char *out,
			   size_t cap);

#endif
