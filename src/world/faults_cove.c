/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/own.h"
#include "world/plat_cove.h"

/* The rules of CoVE's memory protection and device contexts; see faults.c. */
const struct world_rule cove_rules[] = {
	/* clang-format off */
	{ &cove_rule_mpt, RULE_AT(OWNER) },
	{ &cove_rule_io_mpt, RULE_AT(OWNER) },
	{ &cove_rule_owner, RULE_AT(OWNER) },
	{ &cove_rule_unassigned, RULE_AT(OWNER) },
	{ &cove_rule_blocked, RULE_AT(OWNER) },
	{ &cove_rule_inactive, RULE_AT(OWNER) },
	{ &cove_rule_p2p, RULE_AT(OWNER) },
	{ &cove_rule_tsm, RULE_AT(OWNER) },
	{ &cove_rule_sdcl, RULE_AT(DEVICE_ENTRY) },
	{ &cove_rule_sdcl_stream, RULE_AT(DEVICE_ENTRY) },
	{ &cove_rule_sdcl_port, RULE_AT(DEVICE_ENTRY) },
	{ &cove_rule_ddt_off, RULE_AT(DEVICE_ENTRY) },
	{ &cove_rule_ddt_invalid, RULE_AT(DEVICE_ENTRY) },
	{ &cove_rule_ddt_bad, RULE_AT(DEVICE_ENTRY) },
	{ &cove_rule_dc_invalid, RULE_AT(DEVICE_ENTRY) },
	{ NULL, 0 },
	/* clang-format on */
};
