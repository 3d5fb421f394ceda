/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_FAMILY_CUT_H
#define TEST_FAMILY_CUT_H

#include "family/family.h"

/*
 * A device that firmware isolates is cut off when that very command returns:
 * not later, and not by what the host does next, who may do nothing. So the
 * machine is looked at there, before the host has the answer.
 */

/* For world_out.call. */
void cut_called(void *ctx, const struct world_edge_call *c);
/* From here on each command to firmware is followed by a look. */
void cut_watch(struct world *w);
/* What firmware left standing when it isolated the device; or NULL. */
const char *cut_left(void);

#endif
