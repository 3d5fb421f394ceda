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

/* @pa is 8-byte aligned, so an entry never leaves its window. NULL too for
 * bytes that are elsewhere. */
static inline uint8_t *mem_entry_at(const struct mem *m, uint64_t pa)
{
	const struct mem_window *w = mem_ram_at(m, pa);

	return w && w->bytes ? w->bytes + (pa - w->base) : NULL;
}

/* Aligned, and no window has any of it. */
bool mem_range_free(const struct mem *m, uint64_t base, uint64_t size,
		    uint64_t align);
/* Encrypts and decrypts, in place too; @secret 0 copies. */
void mem_crypt(uint8_t *dst, const uint8_t *src, uint64_t pa, uint32_t len,
	       uint64_t secret);
/* Bytes that are elsewhere, stored under @secret. Within one page. */
enum il_err mem_extern_move(const struct mem_window *w, const struct mem_req *r,
			    uint8_t *buf, uint64_t secret) IL_MUST;
/* Entries there, as stored; false: nothing is there. */
bool mem_extern_load(const struct mem *m, uint64_t pa, uint64_t *e);
void mem_extern_store(const struct mem *m, uint64_t pa, uint64_t e);
/* Key @id has another secret now. */
void mem_extern_rekey(struct mem *m, uint32_t id);

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
