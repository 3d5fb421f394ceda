/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JUDGE_CASES_H
#define JUDGE_CASES_H

#include "judge/puppet.h"

/*
 * The tables of cases, one a file. A new file is named here, in cases.c, in
 * meson.build; its cases and those of its requirements that have none in
 * docs/requirements.md; their misbehaviours in src/device/misbehave_*.c.
 */
extern const struct judge_table judge_cases_general;
extern const struct judge_table judge_cases_doe;
extern const struct judge_table judge_cases_doe_box;
extern const struct judge_table judge_cases_doe_err;
extern const struct judge_table judge_cases_doe_cma;
extern const struct judge_table judge_cases_cascade;
extern const struct judge_table judge_cases_cascade_regs;
extern const struct judge_table judge_cases_cascade_link;
extern const struct judge_table judge_cases_spdm_version;
extern const struct judge_table judge_cases_spdm_caps;
extern const struct judge_table judge_cases_spdm_flags;
extern const struct judge_table judge_cases_spdm_algs;
extern const struct judge_table judge_cases_spdm_offer;
extern const struct judge_table judge_cases_spdm_certs;
extern const struct judge_table judge_cases_spdm_cert_get;
extern const struct judge_table judge_cases_spdm_challenge;
extern const struct judge_table judge_cases_spdm_meas;
extern const struct judge_table judge_cases_spdm_meas_form;
extern const struct judge_table judge_cases_spdm_error;
extern const struct judge_table judge_cases_spdm_size;
extern const struct judge_table judge_cases_spdm_vendor;
extern const struct judge_table judge_cases_spdm_ready;
extern const struct judge_table judge_cases_spdm_chunk_get;
extern const struct judge_table judge_cases_spdm_chunk_send;
extern const struct judge_table judge_cases_spdm_info;
extern const struct judge_table judge_cases_spdm_prov;
extern const struct judge_table judge_cases_session_keyex;
extern const struct judge_table judge_cases_session_finish;
extern const struct judge_table judge_cases_session_mutual;
extern const struct judge_table judge_cases_session_phase;
extern const struct judge_table judge_cases_session_psk;
extern const struct judge_table judge_cases_session_live;
extern const struct judge_table judge_cases_secured;
extern const struct judge_table judge_cases_secured_bad;
extern const struct judge_table judge_cases_idekm_query, judge_cases_idekm,
	judge_cases_idekm_refuse, judge_cases_idekm_session;
extern const struct judge_table judge_cases_tdisp, judge_cases_tdisp_caps,
	judge_cases_tdisp_state, judge_cases_tdisp_lock,
	judge_cases_tdisp_report, judge_cases_tdisp_session,
	judge_cases_tdisp_config;

#endif
