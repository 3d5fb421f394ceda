/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_GUEST_RIG_H
#define TEST_GUEST_RIG_H

#include "../spdm/pair.h"

#include "evidence/appraise.h"

/* Evidence made by a real responder (test/spdm/pair), for tests to spoil. */
struct rig {
	struct pair *p;
	uint8_t chain[8192], meas[8192], report[512];
	size_t report_len;
	struct evidence_claims claims;
	struct evidence_blobs blobs;
	struct evidence_policy policy;
	struct evidence_findings found;
	struct evidence_verdict verdict;
	struct evidence_measurement expected[EVIDENCE_MEAS_MAX];
};

struct rig *rig_new(void);
void rig_free(struct rig *r);
/* The TSM's digests follow what the blobs hold now. */
void vouch(struct rig *r);
/* Signed measurements that answer @nonce. */
void take_measurements(struct rig *r, const uint8_t *nonce);
struct tdisp_report plain_report(void);
void put_report(struct rig *r, const struct tdisp_report *rep);

#endif
