/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/gmem/gmem.h"

#include <errno.h>

#include "base/assert.h"

/* Low bits of a page map entry. */
#define PREPARED UINT64_C(1)
#define PIN_ONE	 UINT64_C(2) /* pins: bits 10:1 */
#define PIN_MASK UINT64_C(0x7fe)
#define SHARED	 UINT64_C(0x800)     /* of a file that converts in place */
#define FRESH	 (UINT64_C(1) << 63) /* by a conversion that is under way */
#define FLAGS	 (UINT64_C(0xfff) | FRESH)

/* The frame leaves the file. One that stays the guest's is lost, not reused. */
static int drop_page(struct gmem *g, uint64_t i)
{
	uint64_t e = pagemap_get(&g->pages, i);
	uint64_t pa = e & ~FLAGS;
	int ret = 0;

	if (!e)
		return 0;
	if (e & PREPARED)
		ret = g->ops->invalidate(g->ctx, pa);
	if (ret)
		g->lost++;
	else
		g->k->hw.ops->page_free(g->k->hw.ctx, pa, 1);
	(void)pagemap_set(&g->pages, i, 0);
	g->present--;
	return ret;
}

static bool range_pinned(const struct gmem *g, uint64_t i, uint64_t n)
{
	for (; n && g->pinned; i++, n--)
		if (pagemap_get(&g->pages, i) & PIN_MASK)
			return true;
	return false;
}

int gmem_invalidate(struct gmem *g, uint64_t index, uint64_t n)
{
	int ret;

	if (!range_pinned(g, index, n))
		return 0;
	if (!g->importer)
		return -EBUSY;
	ret = g->importer->invalidate(g->importer->ctx, g, index, n);
	IL_ASSERT(ret || !range_pinned(g, index, n));
	return ret;
}

/*
 * Punches a hole. Memory that DMA can reach changes hands only after it was
 * unmapped and flushed (law 43), so devices lose it first, then the guest.
 */
static long punch(struct gmem *g, uint64_t i, uint64_t n)
{
	long ret = gmem_invalidate(g, i, n);

	if (ret)
		return ret;
	g->ops->zap(g->ctx, g, i, n);
	for (; n; i++, n--)
		if (drop_page(g, i))
			ret = -EIO;
	return ret;
}

static int frame(struct gmem *g, uint64_t i, uint64_t *e);

/* What is there before a failure stays, as in Linux. */
static long allocate(struct gmem *g, uint64_t i, uint64_t n)
{
	uint64_t e;
	long ret = 0;

	for (; n && !ret; i++, n--)
		ret = frame(g, i, &e);
	return ret;
}

/* Source: Linux 7.2 fs/open.c vfs_fallocate(), kvm_gmem_fallocate() */
static long fallocate_gmem(struct file *f, int mode, uint64_t off, uint64_t len)
{
	struct gmem *g = f->priv;
	const uint64_t end = g->pages_max * PAGE_4K;

	if (off > INT64_MAX || !len || len > INT64_MAX)
		return -EINVAL;
	if (!(mode & K_FALLOC_KEEP_SIZE) ||
	    mode & ~(K_FALLOC_KEEP_SIZE | K_FALLOC_PUNCH_HOLE))
		return -EOPNOTSUPP;
	if (len > INT64_MAX - off)
		return -EFBIG;
	if (off % PAGE_4K || len % PAGE_4K)
		return -EINVAL;
	if (!(mode & K_FALLOC_PUNCH_HOLE))
		return off + len > end
			       ? -EINVAL
			       : allocate(g, off / PAGE_4K, len / PAGE_4K);
	/* Nothing is behind the end. */
	if (off >= end)
		return 0;
	if (len > end - off)
		len = end - off;
	return punch(g, off / PAGE_4K, len / PAGE_4K);
}

static void release(struct file *f)
{
	struct gmem *g = f->priv;

	IL_ASSERT(!g->pinned);
	g->ops->zap(g->ctx, g, 0, g->pages_max); /* the VM may live on */
	for (uint64_t i = 0; i < g->pages_max && g->present; i++)
		(void)drop_page(g, i);
	pagemap_fini(&g->pages);
	if (g->ops->released)
		g->ops->released(g->ctx, g);
	kpool_put(g->pool, g);
}

static long mmap_gmem(struct file *f, struct task *t, struct vma *v)
{
	struct gmem *g = f->priv;
	const uint64_t size = g->pages_max * PAGE_4K;

	(void)t;
	if (!g->in_place)
		return -ENODEV;
	if (v->off > size || v->len > size - v->off)
		return -EINVAL;
	v->kind = VMA_FILE;
	return 0;
}

static int pages_gmem(struct file *f, uint64_t index, size_t n, uint64_t *pa)
{
	struct gmem *g = f->priv;
	int ret = 0;

	for (; n && !ret; index++, n--, pa++)
		ret = gmem_shared(g, index, pa);
	return ret;
}

static const struct file_ops ops = {
	.name = "guest_memfd",
	.mmap = mmap_gmem,
	.pages = pages_gmem,
	.fallocate = fallocate_gmem,
	.release = release,
};

struct gmem *gmem_new(struct kernel *k, struct kpool *pool, uint64_t size,
		      const struct gmem_ops *gops, void *ctx)
{
	struct gmem *g = kpool_get(pool);

	if (!g)
		return NULL;
	g->file = k_file_new(k, &ops, g);
	if (!g->file) {
		kpool_put(pool, g);
		return NULL;
	}
	g->k = k;
	g->pool = pool;
	g->ops = gops;
	g->ctx = ctx;
	g->pages_max = size / PAGE_4K;
	pagemap_init(&g->pages, &k->leaf_pool);
	return g;
}

struct gmem *gmem_from_file(struct file *f)
{
	return f && f->ops == &ops ? f->priv : NULL;
}

static uint64_t in_block(const struct gmem *g, uint64_t i)
{
	const uint64_t *e = pagemap_block(&g->pages, i);
	uint64_t n = 0;

	for (unsigned j = 0; e && j < PAGEMAP_BLOCK; j++)
		n += e[j] != 0;
	return n;
}

/* One frame, or all of a block at once. */
static int frame(struct gmem *g, uint64_t i, uint64_t *e)
{
	uint64_t had;
	int ret;

	if (i >= g->pages_max)
		return -EINVAL;
	*e = pagemap_get(&g->pages, i);
	if (*e)
		return 0;
	had = g->huge ? in_block(g, i) : 0;
	ret = k_frames(g->k, &g->pages, g->huge, g->pages_max, i, 1, e);
	if (!ret)
		g->present += g->huge ? in_block(g, i) - had : 1;
	return ret;
}

/* 512 frames in a row, aligned, none of them the guest's yet. */
static bool fresh_run(const struct gmem *g, uint64_t first)
{
	const uint64_t *e = pagemap_block(&g->pages, first);

	if (!e || !e[0] || e[0] & (PAGE_2M - 1))
		return false;
	for (uint64_t j = 1; j < PAGEMAP_BLOCK; j++)
		if (e[j] != e[0] + j * PAGE_4K)
			return false;
	return true;
}

static int prepare_huge(struct gmem *g, uint64_t first)
{
	const uint64_t pa = pagemap_get(&g->pages, first);
	int ret = g->ops->prepare_huge(g->ctx, g, first, pa);

	for (uint64_t j = 0; j < PAGEMAP_BLOCK && !ret; j++)
		(void)pagemap_set(&g->pages, first + j,
				  (pa + j * PAGE_4K) | PREPARED);
	return ret;
}

int gmem_page(struct gmem *g, uint64_t index, bool prepare, uint64_t *pa)
{
	uint64_t e;
	int ret = frame(g, index, &e);

	if (ret)
		return ret;
	if (prepare && e & SHARED)
		return -EFAULT;
	if (prepare && !(e & PREPARED) && g->huge && g->ops->prepare_huge &&
	    fresh_run(g, align_down(index, PAGEMAP_BLOCK)) &&
	    !prepare_huge(g, align_down(index, PAGEMAP_BLOCK)))
		e |= PREPARED;
	if (prepare && !(e & PREPARED)) {
		ret = g->ops->prepare(g->ctx, g, index, e & ~FLAGS);
		if (ret)
			return ret;
		e |= PREPARED;
		(void)pagemap_set(&g->pages, index, e);
	}
	*pa = e & ~FLAGS;
	return 0;
}

static int pin(struct gmem *g, uint64_t index)
{
	uint64_t e = pagemap_get(&g->pages, index), pa;
	int ret = gmem_page(g, index, !(e & SHARED), &pa);

	if (ret)
		return ret;
	e = pagemap_get(&g->pages, index);
	if ((e & PIN_MASK) == PIN_MASK)
		return -EBUSY;
	(void)pagemap_set(&g->pages, index, e + PIN_ONE);
	g->pinned++;
	return 0;
}

int gmem_pin(struct gmem *g, uint64_t index, uint64_t n)
{
	uint64_t done = 0;
	int ret = 0;

	while (done < n && !ret) {
		ret = pin(g, index + done);
		done += !ret;
	}
	if (ret)
		gmem_unpin(g, index, done);
	return ret;
}

void gmem_unpin(struct gmem *g, uint64_t index, uint64_t n)
{
	for (; n; index++, n--) {
		uint64_t e = pagemap_get(&g->pages, index);

		IL_ASSERT(e & PIN_MASK);
		(void)pagemap_set(&g->pages, index, e - PIN_ONE);
		g->pinned--;
	}
}

int gmem_frames(struct gmem *g, uint64_t index, uint64_t n, uint64_t *pa)
{
	for (; n; index++, n--, pa++) {
		*pa = pagemap_get(&g->pages, index) & ~FLAGS;
		if (!*pa)
			return -EINVAL;
	}
	return 0;
}

int gmem_shared(struct gmem *g, uint64_t index, uint64_t *pa)
{
	const uint64_t e =
		index < g->pages_max ? pagemap_get(&g->pages, index) : 0;

	if (!(e & SHARED))
		return -EFAULT;
	*pa = e & ~FLAGS;
	return 0;
}

static int share(struct gmem *g, uint64_t i)
{
	uint64_t e;
	int ret = frame(g, i, &e);

	if (ret || e & SHARED)
		return ret;
	if (e & PREPARED)
		ret = g->ops->invalidate(g->ctx, e & ~FLAGS);
	if (!ret)
		(void)pagemap_set(&g->pages, i,
				  (e & ~PREPARED) | SHARED | FRESH);
	return ret;
}

static void take(struct gmem *g, uint64_t i, uint64_t flags)
{
	(void)pagemap_set(&g->pages, i, pagemap_get(&g->pages, i) & ~flags);
}

static int convert(struct gmem *g, uint64_t i, enum gmem_step step)
{
	switch (step) {
	case GMEM_MAY:
	case GMEM_LOSE_SHARED:
	case GMEM_LOSE_PRIVATE:
		break;
	case GMEM_PRIVATE:
		take(g, i, SHARED);
		break;
	case GMEM_SHARE:
		return share(g, i);
	case GMEM_KEEP:
		take(g, i, FRESH);
		break;
	case GMEM_UNDO:
		if (pagemap_get(&g->pages, i) & FRESH)
			take(g, i, SHARED | FRESH);
		break;
	}
	return 0;
}

/* Is there a page of that kind? */
static bool any(const struct gmem *g, uint64_t i, uint64_t n, bool shared)
{
	for (; n; i++, n--)
		if (!!(pagemap_get(&g->pages, i) & SHARED) == shared)
			return true;
	return false;
}

int gmem_convert(struct gmem *g, uint64_t index, uint64_t n,
		 enum gmem_step step)
{
	int ret = 0;

	if (index >= g->pages_max || n > g->pages_max - index)
		return -EINVAL;
	if (step == GMEM_LOSE_SHARED || step == GMEM_LOSE_PRIVATE)
		return any(g, index, n, step == GMEM_LOSE_SHARED)
			       ? gmem_invalidate(g, index, n)
			       : 0;
	for (; n && !ret; index++, n--)
		ret = convert(g, index, step);
	return ret;
}

int gmem_resize(struct gmem *g, uint64_t index, bool huge)
{
	const uint64_t pa = pagemap_get(&g->pages, index) & ~FLAGS;

	if (!g->ops->resize)
		return -EOPNOTSUPP;
	for (uint64_t j = 0; j < PAGEMAP_BLOCK; j++) {
		const uint64_t e = pagemap_get(&g->pages, index + j);

		if (!(e & PREPARED) || (e & ~FLAGS) != pa + j * PAGE_4K)
			return huge ? -EINVAL : 0; /* small already */
	}
	return g->ops->resize(g->ctx, pa, huge);
}

bool gmem_prepared(const struct gmem *g, uint64_t index)
{
	return pagemap_get(&g->pages, index) & PREPARED;
}

void gmem_set_prepared(struct gmem *g, uint64_t index)
{
	uint64_t e = pagemap_get(&g->pages, index);

	IL_ASSERT(e);
	(void)pagemap_set(&g->pages, index, e | PREPARED);
}
