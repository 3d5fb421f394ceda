/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames behind page maps, and files made of nothing else. */
#include <errno.h>
#include <string.h>

#include "host/uapi/kernel.h"
#include "host/uapi/memory_priv.h"

static int one(struct kernel *k, struct pagemap *m, uint64_t i, uint64_t *pa)
{
	int ret;

	if (k->hw.ops->page_alloc(k->hw.ctx, 1, pa))
		return -ENOMEM;
	ret = pagemap_set(m, i, *pa);
	if (ret)
		k->hw.ops->page_free(k->hw.ctx, *pa, 1);
	return ret;
}

static bool none(const uint64_t *e)
{
	for (unsigned j = 0; e && j < PAGEMAP_BLOCK; j++)
		if (e[j])
			return false;
	return true;
}

/* A block that is not there as 512 frames in a row; true: so it is. */
static bool block(struct kernel *k, struct pagemap *m, uint64_t first)
{
	uint64_t pa;

	if (k->hw.ops->page_alloc(k->hw.ctx, (uint32_t)PAGEMAP_BLOCK, &pa))
		return false;
	/* The map's own page comes with its first entry. */
	if (pagemap_set(m, first, pa)) {
		k->hw.ops->page_free(k->hw.ctx, pa, (uint32_t)PAGEMAP_BLOCK);
		return false;
	}
	for (uint64_t j = 1; j < PAGEMAP_BLOCK; j++)
		(void)pagemap_set(m, first + j, pa + j * PAGE_4K);
	return true;
}

int k_frames(struct kernel *k, struct pagemap *m, bool huge, uint64_t max,
	     uint64_t i, size_t n, uint64_t *pa)
{
	while (n) {
		const uint64_t first = align_down(i, PAGEMAP_BLOCK);
		const uint64_t *e = pagemap_block(m, i);

		if (huge && first + PAGEMAP_BLOCK <= max && none(e))
			(void)block(k, m, first);
		e = pagemap_block(m, i);
		for (; n && i < first + PAGEMAP_BLOCK; i++, n--, pa++) {
			int ret = 0;

			*pa = e ? e[i - first] : 0;
			if (!*pa) {
				ret = one(k, m, i, pa);
				e = pagemap_block(m, i);
			}
			if (ret)
				return ret;
		}
	}
	return 0;
}

void k_frames_drop(struct kernel *k, struct pagemap *m, uint64_t i, uint64_t n)
{
	for (uint64_t end = i + n; i < end; i++) {
		const uint64_t *e = pagemap_block(m, i);
		const uint64_t pa = e ? e[i % PAGEMAP_BLOCK] : 0;

		if (!e)
			i |= PAGEMAP_BLOCK - 1;
		if (!pa)
			continue;
		k->hw.ops->page_free(k->hw.ctx, pa, 1);
		(void)pagemap_set(m, i, 0);
	}
}

/* --- memfd --- */

struct k_memfd {
	struct kernel *k;
	struct pagemap pages;
	uint64_t len;
	bool huge;
};

void k_memfd_init(struct kernel *k)
{
	kpool_init(&k->memfd_pool, k->arena, sizeof(struct k_memfd), 0);
}

static void release(struct file *f)
{
	struct k_memfd *m = f->priv;

	k_frames_drop(m->k, &m->pages, 0, m->len / PAGE_4K);
	pagemap_fini(&m->pages);
	kpool_put(&m->k->memfd_pool, m);
}

static long memfd_mmap(struct file *f, struct task *t, struct vma *v)
{
	struct k_memfd *m = f->priv;

	(void)t;
	/* Linux maps beyond the end and kills who touches it. */
	if (v->off > m->len || v->len > m->len - v->off)
		return -EINVAL;
	v->kind = VMA_MEMFD;
	v->obj = m;
	return 0;
}

static const struct file_ops ops = {
	.name = "memfd",
	.mmap = memfd_mmap,
	.release = release,
};

struct k_memfd *k_memfd_from_file(const struct file *f)
{
	return f && f->ops == &ops ? f->priv : NULL;
}

uint64_t k_memfd_size(const struct k_memfd *m)
{
	return m->len;
}

int k_memfd_pages(struct k_memfd *m, uint64_t index, size_t n, uint64_t *pa)
{
	return k_frames(m->k, &m->pages, m->huge, m->len / PAGE_4K, index, n,
			pa);
}

long k_memfd_create(struct task *t, unsigned flags, uint64_t len)
{
	struct kernel *k = t->k;
	struct k_memfd *m;
	struct file *f;
	long fd;

	if (flags & ~K_MFD_HUGETLB || !len || len % PAGE_4K ||
	    len > PAGEMAP_MAX * PAGE_4K)
		return -EINVAL;
	m = kpool_get(&k->memfd_pool);
	f = m ? k_file_new(k, &ops, m) : NULL;
	if (!f) {
		if (m)
			kpool_put(&k->memfd_pool, m);
		return -ENOMEM;
	}
	m->k = k;
	m->len = len;
	m->huge = flags & K_MFD_HUGETLB;
	pagemap_init(&m->pages, &k->leaf_pool);
	fd = k_fd_install(t, f);
	if (fd < 0)
		k_file_put(f);
	return fd;
}
