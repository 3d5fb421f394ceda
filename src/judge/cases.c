/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"

const struct judge_table *const judge_tables[] = {
	&judge_cases_general,
	&judge_cases_spdm_version,
	&judge_cases_spdm_caps,
	&judge_cases_spdm_flags,
	&judge_cases_spdm_algs,
	&judge_cases_spdm_offer,
	&judge_cases_spdm_certs,
	&judge_cases_spdm_cert_get,
	NULL,
};
