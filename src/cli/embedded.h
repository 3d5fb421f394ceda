/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_EMBEDDED_H
#define CLI_EMBEDDED_H

/* Scenarios that the tool carries with it; made from scenarios/ by the build.
 */
extern const char scenario_assign[];

#endif
