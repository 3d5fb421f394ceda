/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/faults.h"

#include "arch/sev_tio/own.h"
#include "world/plat_sev_tio.h"

/* The rules of SEV-TIO's RMP and device tables; see faults.c. */
const struct world_rule sev_rules[] = {
	/* clang-format off */
	{ &own_rule_assigned, RULE_AT(OWNER) },
	{ &own_rule_assigned_read, RULE_AT(OWNER) },
	{ &own_rule_vtom, RULE_AT(OWNER) },
	{ &own_rule_unassigned, RULE_AT(OWNER) },
	{ &own_rule_asid, RULE_AT(OWNER) },
	{ &own_rule_gpa, RULE_AT(OWNER) },
	{ &own_rule_validated, RULE_AT(OWNER) },
	{ &own_rule_vmpl, RULE_AT(OWNER) },
	{ &own_rule_size_small, RULE_AT(IO_PAGES) | RULE_AT(STAGE2) },
	{ &own_rule_size_large, RULE_AT(IO_PAGES) | RULE_AT(STAGE2) },
	{ &own_rule_size_mixed, RULE_AT(IO_PAGES) | RULE_AT(STAGE2) | RULE_AT(OWNER) },
	{ &own_rule_immutable, RULE_AT(OWNER) },
	{ &own_rule_uncovered, RULE_AT(OWNER) },
	{ &own_rule_io, RULE_AT(OWNER) },
	{ &own_rule_p2p, RULE_AT(OWNER) },
	{ &own_rule_vmpl0, RULE_AT(OWNER) },
	{ &own_rule_firmware, RULE_AT(OWNER) },
	{ &own_rule_inactive, RULE_AT(OWNER) },
	{ &own_rule_fence_dma, RULE_AT(DEVICE_ENTRY) },
	{ &own_rule_fence_mmio, RULE_AT(OWNER) },
	{ &own_rule_dte_invalid, RULE_AT(DEVICE_ENTRY) },
	{ &own_rule_dte_mode, RULE_AT(DEVICE_ENTRY) },
	{ &own_rule_dte_reserved, RULE_AT(DEVICE_ENTRY) },
	{ &own_rule_sdte_invalid, RULE_AT(DEVICE_ENTRY) },
	{ &own_rule_sdte_reserved, RULE_AT(DEVICE_ENTRY) },
	{ &own_rule_sdte_stream, RULE_AT(DEVICE_ENTRY) },
	{ &own_rule_sdte_port, RULE_AT(DEVICE_ENTRY) },
	{ NULL, 0 },
	/* clang-format on */
};
