/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "interlock/crypto.h"

/* How sure we are that real hardware or software obeys a rule. */
enum sure {
	SURE_SPEC,     /* a published specification says so */
	SURE_DRIVER,   /* a driver or its mailing list relies on it */
	SURE_INFERRED, /* follows from the above, not stated */
	SURE_OPEN,     /* silent or disagreeing sources; our choice */
};

/*
 * A rule that can refuse something; installed, as struct il_rule. Rules are
 * constants with static life; two faults have the same cause if they point to
 * the same rule.
 */
#define rule il_rule

/* Where on the path of an access the refusal happened. */
enum fault_stage {
	FAULT_NONE,
	FAULT_LINK,	    /* no answer, no link, unsupported request */
	FAULT_IDE,	    /* check failed, misrouted, stream insecure */
	FAULT_T_BIT,	    /* the device's T rules */
	FAULT_DEVICE_ENTRY, /* ordinary or trusted device entry */
	FAULT_IO_PAGES,	    /* I/O page table */
	FAULT_OWNER,	    /* ownership table */
	FAULT_STAGE2,	    /* the VM's second stage of translation */
};

enum fault_agent {
	AGENT_HOST,	/* the host's CPU */
	AGENT_VCPU,	/* a VM's CPU */
	AGENT_DEVICE,	/* DMA */
	AGENT_FIRMWARE, /* the TSM and what stands below it */
};

/* One refused access; data, not control flow. */
struct fault {
	const struct rule *rule; /* NULL: no fault */
	enum fault_stage stage;
	enum fault_agent who;
	uint32_t id;   /* RID of a device, tag of a VM, else 0 */
	uint64_t addr; /* as the agent gave it: IOVA, GPA or PA */
	uint64_t pa;   /* where it led, or 0 */
	bool write;
	bool trusted; /* T bit, or a CPU's word that it means private memory */
	const char *source; /* where a rule of the machine is written for this
			     * architecture; NULL: the rule has it */
};

const char *sure_name(enum sure sure);
const char *fault_stage_name(enum fault_stage stage);
const char *fault_agent_name(enum fault_agent who);
const char *fault_source(const struct fault *f); /* has a rule */

#endif
