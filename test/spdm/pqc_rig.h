/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_SPDM_PQC_RIG_H
#define TEST_SPDM_PQC_RIG_H

#include "large_rig.h"

/*
 * ML-DSA and ML-KEM of SPDM 1.4. Lengths are those of FIPS 203, table 3
 * (encapsulation key, ciphertext) and FIPS 204, table 2 (signature). Where the
 * crypto library has neither there is nothing to test, and it is said so; the
 * build with the fake table tests the protocol everywhere.
 */

#define PQC_WHOLE 16000 /* DataTransferSize that every message fits in */
#define PQC_ROOM  12000

extern const struct pqc_dsa {
	enum crypto_key key;
	uint32_t bit;
	size_t sig;
} pqc_dsas[3];

extern const struct pqc_kem {
	uint16_t bit;
	size_t key;
	size_t text;
} pqc_kems[3];

extern uint8_t pqc_rsp_scratch[2 * PQC_WHOLE + PQC_ROOM];
extern const struct spdm_req_args pqc_all, pqc_meas;

/* Both ends know @dsa and @kem beside what they knew; chunks if @transfer is
 * not PQC_WHOLE. Not yet started. */
struct pair *pqc_pair(const struct pqc_dsa *dsa, uint16_t kem,
		      uint32_t transfer);
/* Connects; all that is signed, and a session that carries. */
void pqc_everything(struct pair *p, const struct pqc_dsa *dsa);

#endif
