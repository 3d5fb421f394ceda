/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/faults.h"

#include "arch/tdx/own.h"
#include "world/plat_tdx.h"

/* The rules of TDX's page metadata, secure EPT and trusted remapping. */
const struct world_rule tdx_rules[] = {
	/* clang-format off */
	{ &tdx_rule_owner_bit, RULE_AT(OWNER) },
	{ &tdx_rule_module, RULE_AT(OWNER) },
	{ &tdx_rule_pamt, RULE_AT(OWNER) },
	{ &tdx_rule_key, RULE_AT(OWNER) },
	{ &tdx_rule_pending, RULE_AT(STAGE2) },
	{ &tdx_rule_blocked, RULE_AT(STAGE2) },
	{ &tdx_rule_mmio, RULE_AT(OWNER) },
	{ &tdx_rule_mmio_td, RULE_AT(OWNER) },
	{ &tdx_rule_dma_private, RULE_AT(OWNER) },
	{ &tdx_rule_p2p, RULE_AT(OWNER) },
	{ &tdx_rule_dmar, RULE_AT(DEVICE_ENTRY) },
	{ &tdx_rule_dmar_state, RULE_AT(DEVICE_ENTRY) },
	{ &tdx_rule_dmar_stream, RULE_AT(DEVICE_ENTRY) },
	{ &tdx_rule_dmar_port, RULE_AT(DEVICE_ENTRY) },
	{ &tdx_rule_vtd_entry, RULE_AT(DEVICE_ENTRY) },
	{ &tdx_rule_vtd_form, RULE_AT(DEVICE_ENTRY) },
	{ NULL, 0 },
	/* clang-format on */
};
