/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEM_MEM_PRIV_H
#define MEM_MEM_PRIV_H

#include <endian.h>
#include <string.h>

#include "mem/mem.h"

/* Pointers to stored bytes stay inside this room. */

static inline const struct mem_window *mem_ram_at(const struct mem *m,
						  uint64_t pa)
{
	for (uint32_t i = 0; i < m->rams; i++)
		if (pa - m->ram[i].base < m->ram[i].size)
			return &m->ram[i];
	return NULL;
}

/* @pa is 8-byte aligned, so an entry never leaves its window. */
static inline uint8_t *mem_entry_at(const struct mem *m, uint64_t pa)
{
	const struct mem_window *w = mem_ram_at(m, pa);

	return w ? w->bytes + (pa - w->base) : NULL;
}

static inline void mem_touch(const struct mem_window *w, uint64_t pa)
{
	uint64_t page = (pa - w->base) / PAGE_4K;

	w->touched[page / 64] |= BIT64(page % 64);
}

static inline uint64_t entry_load(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static inline void entry_store(uint8_t *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, sizeof(v));
}

#endif
