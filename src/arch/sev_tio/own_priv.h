/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_SEV_TIO_OWN_PRIV_H
#define ARCH_SEV_TIO_OWN_PRIV_H

#include "arch/sev_tio/own.h"
#include "base/bits.h"

#define PAGES_2M (PAGE_2M / PAGE_4K)

static inline struct own_range *own_range_at(const struct own *o, uint64_t pa)
{
	for (uint32_t i = 0; i < o->ranges; i++)
		if (pa - o->range[i].base < o->range[i].size)
			return (struct own_range *)&o->range[i];
	return NULL;
}

static inline const struct own_page *own_page_at(const struct own *o,
						 uint64_t pa)
{
	const struct own_range *r = own_range_at(o, pa);

	return r ? &r->page[(pa - r->base) / PAGE_4K] : NULL;
}

/* Both fences of (@asid, @port), in range: zero is open. */
#define OWN_FENCE_DMA  MASK(1, 0)
#define OWN_FENCE_MMIO MASK(3, 2)

static inline uint8_t own_fences(const struct own *o, uint32_t asid,
				 uint8_t port)
{
	return o->fence[asid * OWN_PORTS + port];
}

/* The only writer of RMP entries; keeps the counts true. */
void own_page_set(struct own *o, uint64_t pa, struct own_page n);

enum own_state own_page_state(const struct own_page *p);

#endif
