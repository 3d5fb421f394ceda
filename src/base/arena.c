/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/arena.h"

#include <sys/mman.h>

enum il_err arena_map(struct arena *a, uint64_t at, size_t cap)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	void *p;

	if (at)
		flags |= MAP_FIXED_NOREPLACE;
	p = mmap((void *)(uintptr_t)at, cap, PROT_READ | PROT_WRITE, flags, -1,
		 0);
	if (p == MAP_FAILED)
		return IL_E_NOMEM;
	if (at && (uintptr_t)p != at) { /* kernels before 4.17 */
		munmap(p, cap);
		return IL_E_NOMEM;
	}
	*a = (struct arena){ .base = p, .cap = cap };
	return IL_OK;
}

void arena_unmap(struct arena *a)
{
	if (a->base)
		munmap(a->base, a->cap);
	*a = (struct arena){ 0 };
}

void *arena_take(struct arena *a, size_t size, size_t align)
{
	size_t at = (a->used + align - 1) & ~(align - 1);

	if (at < a->used || at > a->cap || size > a->cap - at)
		return NULL;
	a->used = at + size;
	return a->base + at;
}
