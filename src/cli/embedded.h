/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_EMBEDDED_H
#define CLI_EMBEDDED_H

#include <stddef.h>

/*
 * Scenarios that the tool carries with it; made from scenarios/ by the build,
 * in the order of their names.
 */
struct cli_scenario {
	const char *name; /* without .il */
	const char *text;
};

/* Ends with a name of NULL. */
extern const struct cli_scenario cli_scenarios[];
/* "assign" or "assign.il"; NULL: there is none. */
const struct cli_scenario *cli_scenario_find(const char *name);

#endif
