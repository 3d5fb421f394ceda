/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/faults.h"

#include <string.h>

#include "arch/sev_tio/own.h"
#include "base/bits.h"
#include "device/device.h"
#include "fabric/fabric.h"
#include "ide/ide.h"
#include "iommu/iommu.h"
#include "mem/mem.h"
#include "mem/npt.h"

#define AT(stage) (1u << FAULT_##stage)

/* docs/faults.md has a row for each of these; a test holds one against the
 * other, and both against the rules that the rooms define. */
static const struct world_rule rules[] = {
	/* clang-format off */
	{ &own_rule_assigned, AT(OWNER) },
	{ &own_rule_assigned_read, AT(OWNER) },
	{ &own_rule_vtom, AT(OWNER) },
	{ &own_rule_unassigned, AT(OWNER) },
	{ &own_rule_asid, AT(OWNER) },
	{ &own_rule_gpa, AT(OWNER) },
	{ &own_rule_validated, AT(OWNER) },
	{ &own_rule_vmpl, AT(OWNER) },
	{ &own_rule_size_small, AT(IO_PAGES) | AT(STAGE2) },
	{ &own_rule_size_large, AT(IO_PAGES) | AT(STAGE2) },
	{ &own_rule_size_mixed, AT(IO_PAGES) | AT(STAGE2) | AT(OWNER) },
	{ &own_rule_immutable, AT(OWNER) },
	{ &own_rule_uncovered, AT(OWNER) },
	{ &own_rule_io, AT(OWNER) },
	{ &own_rule_p2p, AT(OWNER) },
	{ &own_rule_vmpl0, AT(OWNER) },
	{ &own_rule_firmware, AT(OWNER) },
	{ &own_rule_inactive, AT(OWNER) },
	{ &own_rule_fence_dma, AT(DEVICE_ENTRY) },
	{ &own_rule_fence_mmio, AT(OWNER) },
	{ &own_rule_dte_invalid, AT(DEVICE_ENTRY) },
	{ &own_rule_dte_mode, AT(DEVICE_ENTRY) },
	{ &own_rule_dte_reserved, AT(DEVICE_ENTRY) },
	{ &own_rule_sdte_invalid, AT(DEVICE_ENTRY) },
	{ &own_rule_sdte_reserved, AT(DEVICE_ENTRY) },
	{ &own_rule_sdte_stream, AT(DEVICE_ENTRY) },
	{ &own_rule_sdte_port, AT(DEVICE_ENTRY) },
	{ &iommu_rule_boundary, AT(LINK) },
	{ &iommu_rule_missing, AT(IO_PAGES) },
	{ &iommu_rule_perm, AT(IO_PAGES) },
	{ &iommu_rule_broken, AT(IO_PAGES) },
	{ &iommu_rule_interrupt, AT(DEVICE_ENTRY) },
	{ &mem_rule_nothing, AT(LINK) },
	{ &mem_rule_interrupt, AT(LINK) },
	{ &mem_rule_no_key, AT(OWNER) },
	{ &mem_rule_straddle, AT(LINK) },
	{ &npt_rule_missing, AT(STAGE2) },
	{ &npt_rule_write, AT(STAGE2) },
	{ &npt_rule_broken, AT(STAGE2) },
	{ &dsm_rule_unlocked, AT(T_BIT) },
	{ &dsm_rule_locked, AT(T_BIT) },
	{ &dsm_rule_error, AT(T_BIT) },
	{ &dsm_rule_untrusted, AT(T_BIT) },
	{ &dsm_rule_dma_locked, AT(T_BIT) },
	{ &dsm_rule_dma_error, AT(T_BIT) },
	{ &dsm_rule_p2p, AT(T_BIT) },
	{ &device_rule_dma_t, AT(T_BIT) },
	{ &ide_rule_misrouted, AT(IDE) },
	{ &ide_rule_insecure, AT(IDE) },
	{ &ide_rule_mac, AT(IDE) },
	{ &ide_rule_no_mac, AT(IDE) },
	{ &ide_rule_pcrc, AT(IDE) },
	{ &ide_rule_sub, AT(IDE) },
	{ &ide_rule_malformed, AT(IDE) },
	{ &ide_rule_type, AT(IDE) },
	{ &ide_rule_key, AT(IDE) },
	{ &ide_rule_old_key, AT(IDE) },
	{ &ide_rule_counter, AT(IDE) },
	{ &ide_rule_pr_order, AT(IDE) },
	{ &ide_rule_cfg, AT(IDE) },
	{ &ide_rule_rid, AT(IDE) },
	{ &ide_rule_t_plain, AT(IDE) },
	{ &ide_rule_tlp, AT(IDE) },
	{ &fabric_rule_no_target, AT(LINK) },
	{ &fabric_rule_link_down, AT(LINK) },
	{ &fabric_rule_timeout, AT(LINK) },
	{ &fabric_rule_ur, AT(LINK) },
	{ &fabric_rule_ca, AT(LINK) },
	{ &fabric_rule_unexpected, AT(LINK) },
	{ &fabric_rule_poisoned, AT(LINK) },
	{ &fabric_rule_bme, AT(LINK) },
	{ &fabric_rule_source, AT(LINK) },
	{ &fabric_rule_p2p, AT(LINK) },
	{ &fabric_rule_type, AT(LINK) },
	{ &fabric_rule_translated, AT(LINK) },
	{ &device_rule_no_function, AT(LINK) },
	{ &device_rule_no_bar, AT(LINK) },
	{ &device_rule_type, AT(LINK) },
	{ &device_rule_access, AT(LINK) },
	{ &device_rule_completion, AT(LINK) },
	{ &device_rule_poisoned, AT(LINK) },
	{ &device_rule_master, AT(LINK) },
	/* clang-format on */
};

const struct world_rule *world_rule_at(unsigned i)
{
	return i < COUNT(rules) ? &rules[i] : NULL;
}

const struct world_rule *world_rule_named(const char *name)
{
	for (unsigned i = 0; i < COUNT(rules); i++)
		if (strcmp(rules[i].rule->name, name) == 0)
			return &rules[i];
	return NULL;
}
