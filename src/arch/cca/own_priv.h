/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_OWN_PRIV_H
#define ARCH_CCA_OWN_PRIV_H

#include "arch/cca/own.h"

/* Arm numbers levels from the root down, 0 to 3; mem/pt.h from the leaf up. */
#define CCA_PT_LEVEL(arm) (4u - (unsigned)(arm))

static inline struct cca_own_range *cca_own_range_at(const struct cca_own *o,
						     uint64_t pa)
{
	for (uint32_t i = 0; i < o->ranges; i++) {
		const struct cca_own_range *r = &o->range[i];

		if (pa >= r->base && pa - r->base < r->size)
			return (struct cca_own_range *)r;
	}
	return NULL;
}

static inline struct cca_own_granule *cca_own_at(const struct cca_own *o,
						 uint64_t pa)
{
	struct cca_own_range *r = cca_own_range_at(o, pa);

	return r ? &r->g[(pa - r->base) / PAGE_4K] : NULL;
}

static inline enum cca_own_pas cca_own_pas_of(const struct cca_own_granule *g)
{
	if (!g || g->state == OWN_NS || g->state == OWN_NONE)
		return OWN_PAS_NS;
	return g->state == OWN_ROOT ? OWN_PAS_ROOT : OWN_PAS_REALM;
}

/* Memory as the monitor reaches it; see own.h for @trusted and @vmid. */
enum il_err cca_own_fw_io(const struct cca_own *o, uint64_t pa, bool trusted,
			  uint16_t vmid, void *buf, uint32_t len,
			  bool write) IL_MUST;

#endif
