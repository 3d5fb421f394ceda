/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_UAPI_POOL_H
#define HOST_UAPI_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/*
 * Kernel objects of one size. Memory comes from the arena once and is reused
 * for ever after, so that a churned world does not grow.
 */
struct kpool {
	struct arena *arena;
	size_t size;
	void *free;
	uint32_t live;
	uint32_t made;
	uint32_t max; /* objects ever made at most; 0: as the arena allows */
};

void kpool_init(struct kpool *p, struct arena *a, size_t size, uint32_t max);
/* A zeroed object, or NULL when @max or the arena is reached. */
void *kpool_get(struct kpool *p);
void kpool_put(struct kpool *p, void *obj);
/* Memory for @n more that may be in use at once; fewer if there is no more. */
void kpool_reserve(struct kpool *p, uint32_t n);

/*
 * A sparse array of pages, indexed from 0: 512 leaves of 512 entries, so up
 * to 1 GiB of 4K pages. An entry is a frame's address with flags in the low
 * 12 bits, or 0.
 */
#define PAGEMAP_MAX   UINT64_C(0x40000)
#define PAGEMAP_BLOCK UINT64_C(512)

struct pagemap {
	struct kpool *leaves;
	uint64_t **top;
};

/* @leaves hands out objects of 4096 bytes; the map takes its own from it. */
void pagemap_init(struct pagemap *m, struct kpool *leaves);
uint64_t pagemap_get(const struct pagemap *m, uint64_t index);
/* Makes room for an entry: setting it cannot fail afterwards. */
int pagemap_reserve(struct pagemap *m, uint64_t index);
/* -ENOMEM, or -EINVAL beyond PAGEMAP_MAX; else 0. */
int pagemap_set(struct pagemap *m, uint64_t index, uint64_t entry);
/* The 512 entries around @index, or NULL if all are 0; for reading. */
const uint64_t *pagemap_block(const struct pagemap *m, uint64_t index);
/* Gives all leaves back; the frames are the caller's business. */
void pagemap_fini(struct pagemap *m);

#endif
