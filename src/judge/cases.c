/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"

const struct judge_table *const judge_tables[] = {
	&judge_cases_general,
	&judge_cases_doe,
	&judge_cases_doe_box,
	&judge_cases_doe_err,
	&judge_cases_spdm_version,
	&judge_cases_spdm_caps,
	&judge_cases_spdm_flags,
	&judge_cases_spdm_algs,
	&judge_cases_spdm_offer,
	&judge_cases_spdm_certs,
	&judge_cases_spdm_cert_get,
	&judge_cases_session_keyex,
	&judge_cases_session_finish,
	&judge_cases_session_phase,
	&judge_cases_session_psk,
	&judge_cases_session_live,
	&judge_cases_secured,
	&judge_cases_secured_bad,
	&judge_cases_idekm_query,
	&judge_cases_idekm,
	&judge_cases_idekm_refuse,
	&judge_cases_idekm_session,
	NULL,
};
