/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_TDX_OWN_PRIV_H
#define ARCH_TDX_OWN_PRIV_H

#include "arch/tdx/own.h"

static inline const struct tdx_range *range_at(const struct tdx_own *o,
					       uint64_t pa)
{
	for (uint32_t i = 0; i < o->ranges; i++)
		if (pa - o->range[i].base < o->range[i].size)
			return &o->range[i];
	return NULL;
}

static inline struct tdx_page *page_at(const struct tdx_own *o, uint64_t pa)
{
	const struct tdx_range *r = range_at(o, pa);

	return r && r->page ? &r->page[(pa - r->base) / PAGE_4K] : NULL;
}

static inline struct tdx_mmio *mmio_at(const struct tdx_own *o, uint64_t pa)
{
	const struct tdx_range *r = range_at(o, pa);

	return r && r->mmio ? &r->mmio[(pa - r->base) / PAGE_4K] : NULL;
}

#endif
