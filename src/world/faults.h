/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_FAULTS_H
#define WORLD_FAULTS_H

#include "base/fault.h"

/*
 * Every rule that can refuse an access, of all rooms, and where on the path it
 * does. What `expect fault` knows by name.
 */
struct world_rule {
	const struct rule *rule;
	unsigned stages; /* one bit for each enum fault_stage */
};

#define RULE_AT(stage) (1u << FAULT_##stage)

/* A name is given once, whichever platform's. NULL: there are no more. */
const struct world_rule *world_rule_at(unsigned i);
const struct world_rule *world_rule_named(const char *name);

#endif
