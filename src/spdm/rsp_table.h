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
 * @cap: one of these bits is needed of us, and, if @both, the same of the
 * peer. @inside: has a meaning in sessions only, so that outside ERROR
 * SessionRequired says so (1.2). @m12: keeps M1/M2 alive. @proof: makes
 * signatures, HMACs, digests or keys; see struct spdm_ex.
 * Source: DSP0274 1.2.1, section 10.3 (capability flags), 10.9.3 (what resets
 * M1/M2), 10.10 (SessionRequired).
 *
 * @carrier: says nothing itself, so that transcripts and phases stay as they
 * are. @whole: may not come in chunks; neither may a carrier.
 */
struct spdm_rsp_req {
	uint8_t code;
	bool both;
	bool inside;
	bool m12;
	bool proof;
	bool carrier;
	bool whole;
	uint32_t cap;
};

struct spdm_ex;

/*
 * An action: IL_OK with the response encoded in @x, or silent. Anything else
 * has changed nothing but @x. IL_E_FIELD with @x->error set refuses.
 */
typedef enum il_err spdm_rsp_act(struct spdm_ex *x);

/* An absent cell refuses. @next is the phase of the connection, or of the
 * session in the columns of one. */
struct spdm_rsp_edge {
	spdm_rsp_act *act;
	enum spdm_phase next;
};

struct spdm_rsp_table {
	struct spdm_rsp_req reqs[SPDM_ROWS];
	struct spdm_rsp_edge edges[SPDM_ROWS][SPDM_PHASES];
};

extern const struct spdm_rsp_table spdm_rsp_rows;

#endif
