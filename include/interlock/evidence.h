/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef INTERLOCK_EVIDENCE_H
#define INTERLOCK_EVIDENCE_H

#include "interlock/crypto.h"
#include "interlock/requester.h"
#include "interlock/wire.h"

/*
 * What a device says of itself: collected by a requester, carried as bytes to
 * whoever decides, and judged there against a policy. The verdict names the
 * first reason to refuse.
 *
 * Context of all: any thread, one at a time for a crypto table; no allocation,
 * no I/O, no clock.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* struct il_evidence - the bytes; in someone's buffer */
struct il_evidence {
	/* The SPDM certificate chain. Source: DSP0274 1.2.1, section 10.6.1 */
	struct il_span certs;
	/* VCA, requests for measurements and their answers, the last of them
	 * of all measurements and signed. Source: DSP0274 1.4.0, 10.11.2 */
	struct il_span meas;
	/* TDISP interface report, or none. Nothing in it is signed: who
	 * brought it vouches for it. Source: PCIe Base 6.x §11.3.11 */
	struct il_span report;
};

/*
 * il_evidence_collect() - what a requester has just been told, in one buffer
 * @r:      after IL_REQ_MEASURE with args.sign, of all measurements; made with
 *          kept_max for them
 * @report: of IL_REQ_TDISP_REPORT, or NULL
 * @buf:    where certificates and measurements are copied to
 * @out:    points into @buf, and to @report
 * @need:   bytes of @buf that are used, or would be on IL_E_SPACE
 *
 * Errors:   IL_E_STATE  the last operation was another, or nothing was signed,
 *                       or more was said than the requester kept
 *           IL_E_SPACE  @cap is too small
 */
IL_API enum il_err il_evidence_collect(const struct il_requester *r,
				       const struct il_span *report,
				       uint8_t *buf, size_t cap,
				       struct il_evidence *out,
				       size_t *need) IL_MUST;

/*
 * il_evidence_encode() - one string of bytes
 * @len: bytes of @out that are used, or would be on IL_E_SPACE
 *
 * The form is ours: docs/evidence.md.
 *
 * Errors:   IL_E_ARG    a part is above 2^32 - 1 bytes, or @ev has none
 *           IL_E_SPACE  @cap is too small; @out may be NULL if it is 0
 */
IL_API enum il_err il_evidence_encode(const struct il_evidence *ev,
				      uint8_t *out, size_t cap,
				      size_t *len) IL_MUST;

/*
 * il_evidence_decode() - take it apart
 * @out: points into @bytes
 *
 * Errors:   IL_E_SHORT, IL_E_LONG
 *           IL_E_FIELD  not evidence, of another version, or a part twice
 */
IL_API enum il_err il_evidence_decode(struct il_span bytes,
				      struct il_evidence *out) IL_MUST;

/* struct il_measurement - one block of measurements */
struct il_measurement {
	uint8_t index;
	uint8_t type; /* DMTFSpecMeasurementValueType, bit 7: raw */
	struct il_span value;
};

/* struct il_evidence_policy - what is asked of a device */
struct il_evidence_policy {
	/* Who vouches for it, DER, and the time in seconds since 1970. */
	const struct il_span *anchors;
	size_t anchor_n;
	int64_t now_s;
	/* What the measurements have to answer, so that they are new. */
	uint8_t nonce[IL_SPDM_NONCE_LEN];
	/* Every expected one has to be there, and no other; none: any. */
	const struct il_measurement *expected;
	size_t expected_n;
	uint8_t version_min; /* IL_SPDM_V…; 0: any */
	/*
	 * The report. @report_wanted: there has to be one. Without claims one
	 * counts only if @report_trusted says that who brought it is believed.
	 */
	bool report_wanted;
	bool report_trusted;
	uint64_t bar_size[6]; /* bytes, that its ranges have to fit; 0: none */
	uint16_t lock_flags;  /* IL_TDISP_LOCK_…, that have to be claimed */
	uint64_t reserved[8]; /* 0 */
};

/*
 * struct il_evidence_claims - what somebody trusted says of the evidence
 *
 * A guest has it from its TSM, which speaks with the device itself, while the
 * host carries the bytes.
 */
struct il_evidence_claims {
	enum il_crypto_hash_alg hash;	   /* of the three digests */
	enum il_crypto_hash_alg spdm_hash; /* agreed in the session */
	uint8_t certs[IL_CRYPTO_HASH_MAX];
	uint8_t meas[IL_CRYPTO_HASH_MAX];
	uint8_t report[IL_CRYPTO_HASH_MAX];
	uint16_t lock_flags;
	bool meas_valid;      /* of this lock session */
	bool meas_fresh;      /* and answer the nonce of the last request */
	uint64_t reserved[4]; /* 0 */
};

enum il_evidence_why {
	IL_EVIDENCE_ACCEPTED,
	IL_EVIDENCE_CERT_DIGEST,    /* another chain than is claimed */
	IL_EVIDENCE_CHAIN,	    /* not a certificate chain */
	IL_EVIDENCE_ROOT_HASH,	    /* the chain names another root */
	IL_EVIDENCE_TRUST,	    /* it does not lead to an anchor */
	IL_EVIDENCE_MEAS_STALE,	    /* claimed to be of another time */
	IL_EVIDENCE_MEAS_DIGEST,    /* others than are claimed */
	IL_EVIDENCE_MEAS_FORM,	    /* not a transcript of measurements */
	IL_EVIDENCE_MEAS_NONCE,	    /* do not answer the nonce */
	IL_EVIDENCE_MEAS_SIGNATURE, /* not signed by the chain's leaf */
	IL_EVIDENCE_MEAS_VALUE,	    /* not the expected value */
	IL_EVIDENCE_REPORT_DIGEST,  /* another report than is claimed */
	IL_EVIDENCE_REPORT_FORM,    /* not a report */
	IL_EVIDENCE_REPORT_CAPS,    /* ATS, PRS, PASID … are on */
	IL_EVIDENCE_REPORT_RANGE,   /* a range outside its BAR */
	IL_EVIDENCE_LOCK_FLAGS,	    /* locked otherwise than is asked */
	IL_EVIDENCE_CHANGED,	    /* a guest's: the lock session changed */
	IL_EVIDENCE_VERSION,	    /* agreed on an older SPDM than is asked */
	IL_EVIDENCE_NO_REPORT,	    /* there is none, and one is asked */
	IL_EVIDENCE_REPORT_UNVOUCHED, /* there is one that nobody vouches for */
};

struct il_evidence_verdict {
	enum il_evidence_why why;
	struct il_crypto_why trust; /* of IL_EVIDENCE_TRUST */
	unsigned index;		    /* of a measurement or a range */
};

#define IL_EVIDENCE_MEAS_MAX  64
#define IL_EVIDENCE_RANGE_MAX 32

/* struct il_evidence_findings - what was read; spans into the evidence */
struct il_evidence_findings {
	char subject[IL_CRYPTO_NAME_MAX]; /* of the leaf */
	char san[IL_CRYPTO_NAME_MAX];
	uint8_t version; /* IL_SPDM_V… */
	uint32_t asym, pqc_asym, hash, meas_hash;
	unsigned meas_n;
	struct il_measurement meas[IL_EVIDENCE_MEAS_MAX];
	uint16_t report_info; /* IL_TDISP_INFO_… */
	unsigned range_n;
	struct il_tdisp_range ranges[IL_EVIDENCE_RANGE_MAX];
};

/*
 * il_evidence_appraise() - judge it
 * @claims: of who is trusted; NULL: chain and measurements stand on their
 *          signatures, the report on policy->report_trusted
 * @out:    what was found, as far as the verdict got; may be NULL
 * @v:      written always
 *
 * In this order: chain, measurements, their values, report.
 *
 * Errors:   IL_E_AUTH   refused; *@v says why
 *           IL_E_ARG    no anchor, or what is reserved is not 0
 *           IL_E_NOMEM  the crypto table is full
 * Source:   DSP0274 1.4.0, sections 10.6.1 and 10.11.2; PCIe Base 6.x
 *           §11.3.11
 */
IL_API enum il_err il_evidence_appraise(const struct il_crypto *c,
					const struct il_evidence_policy *policy,
					const struct il_evidence *ev,
					const struct il_evidence_claims *claims,
					struct il_evidence_findings *out,
					struct il_evidence_verdict *v) IL_MUST;

/*
 * il_evidence_text() - the reason in words, such as "measurement differs from
 *                      the expected one: index 2"
 * @out: cut at @cap, with a final zero
 */
IL_API void il_evidence_text(const struct il_evidence_verdict *v, char *out,
			     size_t cap);

/*
 * il_chain_check() - whether certificates lead to a trust anchor
 * @certs:     DER, one after the other, leaf last
 * @anchor:    DER
 * @now_s:     seconds since 1970
 * @requester: the leaf is to be a requester's, not a device's
 * @why:       written always
 *
 * Errors:   IL_E_SHORT, IL_E_LONG, IL_E_FIELD  no certificates
 *           IL_E_AUTH   *@why says what is wrong, and of which
 *           IL_E_NOMEM
 * Source:   RFC 5280 §6; DSP0274 1.2, "SPDM certificate requirements and
 *           recommendations"
 */
IL_API enum il_err il_chain_check(const struct il_crypto *c,
				  struct il_span certs, struct il_span anchor,
				  int64_t now_s, bool requester,
				  struct il_crypto_why *why) IL_MUST;

/*
 * il_crypto_why_name() - a few words such as "expired"
 *
 * Returns:  a constant string, never NULL
 */
IL_API const char *il_crypto_why_name(enum il_crypto_why_code code);

#ifdef __cplusplus
}
#endif

#endif
