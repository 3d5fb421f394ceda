/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_OWN_PRIV_H
#define ARCH_COVE_OWN_PRIV_H

#include "arch/cove/own.h"

#define COVE_RIDS 65536

static inline const struct cove_range *cove_range_at(const struct cove_own *o,
						     uint64_t pa)
{
	for (uint32_t i = 0; i < o->ranges; i++)
		if (pa - o->range[i].base < o->range[i].size)
			return &o->range[i];
	return NULL;
}

static inline struct cove_page *cove_page_at(const struct cove_own *o,
					     uint64_t pa)
{
	const struct cove_range *r = cove_range_at(o, pa);

	return r ? &r->page[(pa - r->base) / PAGE_4K] : NULL;
}

#endif
