/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/faults.h"

#include <string.h>

#include "base/bits.h"
#include "device/device.h"
#include "fabric/fabric.h"
#include "ide/ide.h"
#include "iommu/iommu.h"
#include "mem/mem.h"
#include "mem/s2.h"
#include "world/world_priv.h"

/* docs/faults.md has a row for each of these; a test holds one against the
 * other, and both against the rules that the rooms define. */
static const struct world_rule rules[] = {
	/* clang-format off */
	{ &iommu_rule_boundary, RULE_AT(LINK) },
	{ &iommu_rule_missing, RULE_AT(IO_PAGES) },
	{ &iommu_rule_perm, RULE_AT(IO_PAGES) },
	{ &iommu_rule_broken, RULE_AT(IO_PAGES) },
	{ &iommu_rule_interrupt, RULE_AT(DEVICE_ENTRY) },
	{ &mem_rule_nothing, RULE_AT(LINK) },
	{ &mem_rule_interrupt, RULE_AT(LINK) },
	{ &mem_rule_no_key, RULE_AT(OWNER) },
	{ &mem_rule_straddle, RULE_AT(LINK) },
	{ &s2_rule_missing, RULE_AT(STAGE2) },
	{ &s2_rule_write, RULE_AT(STAGE2) },
	{ &s2_rule_broken, RULE_AT(STAGE2) },
	{ &dsm_rule_unlocked, RULE_AT(T_BIT) },
	{ &dsm_rule_locked, RULE_AT(T_BIT) },
	{ &dsm_rule_error, RULE_AT(T_BIT) },
	{ &dsm_rule_untrusted, RULE_AT(T_BIT) },
	{ &dsm_rule_dma_locked, RULE_AT(T_BIT) },
	{ &dsm_rule_dma_error, RULE_AT(T_BIT) },
	{ &dsm_rule_p2p, RULE_AT(T_BIT) },
	{ &device_rule_dma_t, RULE_AT(T_BIT) },
	{ &ide_rule_misrouted, RULE_AT(IDE) },
	{ &ide_rule_insecure, RULE_AT(IDE) },
	{ &ide_rule_mac, RULE_AT(IDE) },
	{ &ide_rule_no_mac, RULE_AT(IDE) },
	{ &ide_rule_pcrc, RULE_AT(IDE) },
	{ &ide_rule_sub, RULE_AT(IDE) },
	{ &ide_rule_malformed, RULE_AT(IDE) },
	{ &ide_rule_type, RULE_AT(IDE) },
	{ &ide_rule_key, RULE_AT(IDE) },
	{ &ide_rule_old_key, RULE_AT(IDE) },
	{ &ide_rule_counter, RULE_AT(IDE) },
	{ &ide_rule_pr_order, RULE_AT(IDE) },
	{ &ide_rule_cfg, RULE_AT(IDE) },
	{ &ide_rule_rid, RULE_AT(IDE) },
	{ &ide_rule_t_plain, RULE_AT(IDE) },
	{ &ide_rule_tlp, RULE_AT(IDE) },
	{ &fabric_rule_no_target, RULE_AT(LINK) },
	{ &fabric_rule_link_down, RULE_AT(LINK) },
	{ &fabric_rule_timeout, RULE_AT(LINK) },
	{ &fabric_rule_ur, RULE_AT(LINK) },
	{ &fabric_rule_ca, RULE_AT(LINK) },
	{ &fabric_rule_unexpected, RULE_AT(LINK) },
	{ &fabric_rule_poisoned, RULE_AT(LINK) },
	{ &fabric_rule_bme, RULE_AT(LINK) },
	{ &fabric_rule_source, RULE_AT(LINK) },
	{ &fabric_rule_p2p, RULE_AT(LINK) },
	{ &fabric_rule_type, RULE_AT(LINK) },
	{ &fabric_rule_translated, RULE_AT(LINK) },
	{ &fabric_rule_intx, RULE_AT(LINK) },
	{ &device_rule_no_function, RULE_AT(LINK) },
	{ &device_rule_no_bar, RULE_AT(LINK) },
	{ &device_rule_type, RULE_AT(LINK) },
	{ &device_rule_access, RULE_AT(LINK) },
	{ &device_rule_completion, RULE_AT(LINK) },
	{ &device_rule_poisoned, RULE_AT(LINK) },
	{ &device_rule_master, RULE_AT(LINK) },
	/* clang-format on */
};

/* The generic ones, then those of each platform. */
const struct world_rule *world_rule_at(unsigned i)
{
	if (i < COUNT(rules))
		return &rules[i];
	i -= (unsigned)COUNT(rules);
	for (unsigned p = 0; p < WORLD_PLATS; p++) {
		const struct world_rule *r =
			world_plats[p] ? world_plats[p]->rules : NULL;

		for (; r && r->rule; r++)
			if (!i--)
				return r;
	}
	return NULL;
}

const struct world_rule *world_rule_named(const char *name)
{
	const struct world_rule *r;

	for (unsigned i = 0; (r = world_rule_at(i)); i++)
		if (strcmp(r->rule->name, name) == 0)
			return r;
	return NULL;
}
