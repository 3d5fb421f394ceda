/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/faults.h"

#include "arch/cca/own.h"
#include "world/plat_cca.h"

/* The rules of CCA's granule protection, realms and stream tables. */
const struct world_rule cca_rules[] = {
	/* clang-format off */
	{ &cca_own_rule_gpt, RULE_AT(OWNER) },
	{ &cca_own_rule_gpt_realm, RULE_AT(OWNER) },
	{ &cca_own_rule_vmid, RULE_AT(OWNER) },
	{ &cca_own_rule_monitor, RULE_AT(OWNER) },
	{ &cca_own_rule_p2p, RULE_AT(OWNER) },
	{ &cca_own_rule_ripas, RULE_AT(STAGE2) },
	{ &cca_own_rule_ripas_host, RULE_AT(STAGE2) },
	{ &cca_own_rule_ste_invalid, RULE_AT(DEVICE_ENTRY) },
	{ &cca_own_rule_ste_missing, RULE_AT(DEVICE_ENTRY) },
	{ &cca_own_rule_ste_reserved, RULE_AT(DEVICE_ENTRY) },
	{ &cca_own_rule_ste_stream, RULE_AT(DEVICE_ENTRY) },
	{ &cca_own_rule_ste_port, RULE_AT(DEVICE_ENTRY) },
	{ &cca_own_rule_ns_invalid, RULE_AT(DEVICE_ENTRY) },
	{ &cca_own_rule_ns_abort, RULE_AT(DEVICE_ENTRY) },
	{ &cca_own_rule_ns_config, RULE_AT(DEVICE_ENTRY) },
	{ NULL, 0 },
	/* clang-format on */
};
