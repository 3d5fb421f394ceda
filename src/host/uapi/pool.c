/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/uapi/pool.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"

void kpool_init(struct kpool *p, struct arena *a, size_t size, uint32_t max)
{
	*p = (struct kpool){ .arena = a, .size = size, .max = max };
	if (p->size < sizeof(void *))
		p->size = sizeof(void *);
}

void *kpool_get(struct kpool *p)
{
	void *obj = p->free;

	if (p->max && p->live == p->max)
		return NULL;
	if (obj) {
		memcpy(&p->free, obj, sizeof(void *));
		memset(obj, 0, p->size);
	} else {
		obj = arena_take(p->arena, p->size, 16);
		if (!obj)
			return NULL;
		p->made++;
	}
	p->live++;
	return obj;
}

void kpool_reserve(struct kpool *p, uint32_t n)
{
	void *obj;

	for (; n && (!p->max || p->made < p->max); n--) {
		obj = arena_take(p->arena, p->size, 16);
		if (!obj)
			return;
		p->made++;
		memcpy(obj, &p->free, sizeof(void *));
		p->free = obj;
	}
}

void kpool_put(struct kpool *p, void *obj)
{
	IL_ASSERT(p->live > 0);
	memcpy(obj, &p->free, sizeof(void *));
	p->free = obj;
	p->live--;
}

#define LEAF ((unsigned)PAGEMAP_BLOCK)

void pagemap_init(struct pagemap *m, struct kpool *leaves)
{
	*m = (struct pagemap){ .leaves = leaves };
}

uint64_t pagemap_get(const struct pagemap *m, uint64_t index)
{
	const uint64_t *leaf;

	if (!m->top || index >= PAGEMAP_MAX)
		return 0;
	leaf = m->top[index / LEAF];
	return leaf ? leaf[index % LEAF] : 0;
}

const uint64_t *pagemap_block(const struct pagemap *m, uint64_t index)
{
	return m->top && index < PAGEMAP_MAX ? m->top[index / LEAF] : NULL;
}

int pagemap_reserve(struct pagemap *m, uint64_t index)
{
	if (index >= PAGEMAP_MAX)
		return -EINVAL;
	if (!m->top)
		m->top = kpool_get(m->leaves);
	if (!m->top)
		return -ENOMEM;
	if (!m->top[index / LEAF])
		m->top[index / LEAF] = kpool_get(m->leaves);
	return m->top[index / LEAF] ? 0 : -ENOMEM;
}

int pagemap_set(struct pagemap *m, uint64_t index, uint64_t entry)
{
	int ret;

	if (index < PAGEMAP_MAX && !entry && !pagemap_get(m, index))
		return 0;
	ret = pagemap_reserve(m, index);
	if (!ret)
		m->top[index / LEAF][index % LEAF] = entry;
	return ret;
}

void pagemap_fini(struct pagemap *m)
{
	if (!m->top)
		return;
	for (unsigned i = 0; i < LEAF; i++)
		if (m->top[i])
			kpool_put(m->leaves, m->top[i]);
	kpool_put(m->leaves, m->top);
	m->top = NULL;
}
