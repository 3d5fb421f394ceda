/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"

const struct judge_table *const judge_tables[] = {
	&judge_cases_general,
	NULL,
};
