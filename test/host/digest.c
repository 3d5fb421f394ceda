/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One number for all state of the host. Kernel objects live in the arena;
 * those that are free there (their pools know) and zeros count for nothing, so
 * an object that came and went leaves no trace. Counters of calls are left out.
 */
#include <stdlib.h>

#include "bad.h"

#if defined(__clang__)
__attribute__((no_sanitize("memory")))
#endif
static uint64_t
mix(const void *p, size_t n, uint64_t salt)
{
	const uint8_t *b = p;
	uint64_t sum = 0, v;

	for (size_t i = 0; i + 8 <= n; i += 8) {
		memcpy(&v, b + i, 8);
		if (v)
			sum += (v ^ (salt + i) * UINT64_C(0x9e3779b97f4a7c15)) *
			       UINT64_C(0xbf58476d1ce4e5b9);
		sum = v ? (sum << 7 | sum >> 57) ^ sum >> 13 : sum;
	}
	return sum;
}

/* A pool begins with its arena; no other member of the host does. */
static struct kpool *pool_at(struct machine *m, struct host *h, size_t off)
{
	struct kpool *p = (struct kpool *)((uint8_t *)h + off);

	return p->arena == &m->arena && p->size >= sizeof(void *) &&
			       p->size < 1 << 20 && p->live <= p->made
		       ? p
		       : NULL;
}

static void drop_free(struct machine *m, const struct kpool *p, uint8_t *copy)
{
	for (uint8_t *at = p->free, *next; at; at = next) {
		memcpy(&next, at, sizeof(next));
		memset(copy + (at - m->arena.base), 0, p->size);
	}
}

uint64_t digest(struct machine *m)
{
	uint8_t *copy = malloc(m->arena.used);
	struct host *h = malloc(sizeof(*h));
	uint64_t sum = 0;

	memcpy(copy, m->arena.base, m->arena.used);
	memcpy(h, &m->h, sizeof(*h));
	h->k.stats = (struct k_stats){ 0 };
	for (size_t off = 0; off + sizeof(struct kpool) <= sizeof(*h);
	     off += 8) {
		struct kpool *p = pool_at(m, h, off);

		if (!p)
			continue;
		drop_free(m, p, copy);
		p->free = NULL;
		p->made = 0;
	}
	sum = mix(copy, m->arena.used, 1) ^ mix(h, sizeof(*h), 2);
	sum ^= mix(m->npt, m->n_npt * sizeof(m->npt[0]), 3);
	sum ^= mix(m->io, m->n_io * sizeof(m->io[0]), 4);
	sum ^= mix(m->owner_gpa, sizeof(m->owner_gpa), 5);
	sum ^= mix(m->taken, sizeof(m->taken), 6);
	sum ^= mix(&m->f.ep, sizeof(m->f.ep), 7);
	sum ^= mix(&m->f.port, sizeof(m->f.port), 8);
	free(copy);
	free(h);
	return sum + m->n_npt + m->n_io + m->domains * 3 + m->vms * 5;
}
