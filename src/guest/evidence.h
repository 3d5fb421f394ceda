/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_EVIDENCE_H
#define GUEST_EVIDENCE_H

#include "base/err.h"
#include "crypto/crypto.h"
#include "guest/arch.h"
#include "tdisp/report.h"

/*
 * The TVM's judgement of a device: is what the host handed over what the TSM
 * vouches for, is it signed by a key that leads to the trust anchor, does it
 * answer this guest's nonce, are the measurements the expected ones, and does
 * the report fit the device that the guest sees. Pure: no access, no state.
 */

enum guest_why {
	GUEST_WHY_NONE,
	GUEST_WHY_CERT_DIGEST, /* host's chain is not the session's (law 27) */
	GUEST_WHY_CHAIN,       /* not a certificate chain */
	GUEST_WHY_ROOT_HASH,   /* the chain names another root than it holds */
	GUEST_WHY_TRUST,       /* chain does not lead to the anchor */
	GUEST_WHY_MEAS_STALE,  /* TSM: not of this lock session */
	GUEST_WHY_MEAS_DIGEST, /* host's transcript is not the TSM's */
	GUEST_WHY_MEAS_FORM,   /* not a measurement transcript */
	GUEST_WHY_MEAS_NONCE,  /* does not answer our nonce (law 28) */
	GUEST_WHY_MEAS_SIGNATURE,
	GUEST_WHY_MEAS_VALUE,	 /* differs from the expected one */
	GUEST_WHY_REPORT_DIGEST, /* host's report is not the TSM's */
	GUEST_WHY_REPORT_FORM,	 /* not a report (law 30) */
	GUEST_WHY_REPORT_CAPS,	 /* ATS, PRS, PASID … are on (law 31) */
	GUEST_WHY_REPORT_RANGE,	 /* range outside its BAR (law 33) */
	GUEST_WHY_LOCK_FLAGS,	 /* locked otherwise than asked (law 32) */
	GUEST_WHY_CHANGED,	 /* another lock session than at first */
	GUEST_WHYS,
};

struct guest_verdict {
	enum guest_why why;
	struct crypto_why trust; /* of GUEST_WHY_TRUST */
	unsigned index;		 /* of a measurement or a range */
};

struct guest_measurement {
	uint8_t index;
	uint8_t type; /* DMTFSpecMeasurementValueType, bit 7: raw */
	uint8_t len;
	uint8_t value[64];
};

#define GUEST_MEAS_MAX 16
#define GUEST_BARS     6

struct guest_policy {
	const uint8_t *anchor; /* DER of the trusted root certificate */
	size_t anchor_len;
	int64_t now_s;
	/* Every expected measurement must be there, and no other; 0: any. */
	const struct guest_measurement *expected;
	unsigned n_expected;
	uint64_t bar_size[GUEST_BARS]; /* bytes; 0: no such BAR */
	uint16_t lock_flags;	       /* that must be among the claimed */
	uint8_t nonce[GUEST_NONCE_LEN];
};

struct guest_findings {
	struct crypto_chain chain; /* drop with crypto_chain_drop() */
	struct guest_measurement meas[GUEST_MEAS_MAX];
	unsigned n_meas;
	struct tdisp_report report;
};

/*
 * guest_appraise() - all of it, in that order
 * @out: findings; valid as far as the verdict got; blobs stay referenced
 *
 * Errors:   IL_E_AUTH   refused; *@v says why
 *           IL_E_NOMEM  the crypto table is full
 */
enum il_err guest_appraise(const struct crypto *c, const struct guest_policy *p,
			   const struct guest_claims *claims,
			   const struct guest_blobs *blobs,
			   struct guest_findings *out,
			   struct guest_verdict *v) IL_MUST;

/* A sentence such as "measurement 2 differs from the expected one". */
void guest_verdict_text(const struct guest_verdict *v, char *out, size_t cap);

#endif
