/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_RSP_TABLE_H
#define SPDM_RSP_TABLE_H

#include "spdm/rsp.h"

/*
 * The responder's table: every request in every phase, and what a request
 * needs to be supported at all. The public one is the default; tests and
 * misbehaving devices pass an altered copy in cfg.table.
 */
enum spdm_rsp_row {
	SPDM_ROW_VERSION,
	SPDM_ROW_CAPS,
	SPDM_ROW_ALGS,
	SPDM_ROW_DIGESTS,
	SPDM_ROW_CERT,
	SPDM_ROW_CHALLENGE,
	SPDM_ROW_MEAS,
	SPDM_ROW_KEY_EXCHANGE,
	SPDM_ROW_FINISH,
	SPDM_ROW_HEARTBEAT,
	SPDM_ROW_KEY_UPDATE,
	SPDM_ROW_END_SESSION,
	SPDM_ROW_VENDOR,
	SPDM_ROW_PSK_EXCHANGE,
	SPDM_ROW_PSK_FINISH,
	SPDM_ROW_CSR,
	SPDM_ROW_SET_CERT,
	SPDM_ROW_KEY_PAIR,
	SPDM_ROW_SET_KEY_PAIR,
	SPDM_ROW_ENDPOINT_INFO,
	SPDM_ROW_MEL,
	SPDM_ROW_GET_ENCAP,
	SPDM_ROW_DELIVER,
	SPDM_ROW_CHUNK_SEND,
	SPDM_ROW_CHUNK_GET,
	SPDM_ROW_IF_READY,
	SPDM_ROWS,
};

/*
 * What a request needs to be let in. A carrier says nothing itself, so that
 * transcripts and phases stay as they are.
 * Source: DSP0274 1.2.1, section 10.3 (capability flags), 10.9.3 (what resets
 * M1/M2), 10.10 (SessionRequired).
 */
#define SPDM_RF_BOTH	0x01u /* @cap is needed of the peer, too */
#define SPDM_RF_INSIDE	0x02u /* outside sessions: SessionRequired, 1.2 */
#define SPDM_RF_M12	0x04u /* keeps M1/M2 alive */
#define SPDM_RF_PROOF	0x08u /* signatures, HMACs, digests or keys are made */
#define SPDM_RF_CARRIER 0x10u
#define SPDM_RF_WHOLE	0x20u /* may not come in chunks; nor may a carrier */

struct spdm_ex;

/*
 * An action: IL_OK with the response encoded in @x, or silent. Anything else
 * has changed nothing but @x. IL_E_FIELD with @x->error set refuses.
 */
typedef enum il_err spdm_rsp_act(struct spdm_ex *x);

struct spdm_rsp_req {
	spdm_rsp_act *act;
	uint8_t code;
	uint8_t flags;	/* SPDM_RF_… */
	uint8_t phases; /* a bit for each enum spdm_phase; others refuse */
	uint8_t next;	/* phase of the connection; START: it stays */
	uint32_t cap;	/* one of these bits is needed of us; 0: none */
};

struct spdm_rsp_table {
	struct spdm_rsp_req reqs[SPDM_ROWS];
};

extern const struct spdm_rsp_table spdm_rsp_rows;

#endif
