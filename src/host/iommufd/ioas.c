/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * I/O address spaces: which IOVA shows what. An area is mapped into every
 * domain of its IOAS or into none.
 */
#include <errno.h>

#include "host/iommufd/iommufd_priv.h"

#define NO_PAGE UINT64_MAX

/* The frame of page @i of an area, or an errno. */
static int area_page(struct iommufd_area *a, uint64_t i, uint64_t *pa)
{
	struct dmabuf *b;

	switch (a->src) {
	case IOAS_USER:
		return k_user_page(a->ioas->ctx->core->k, a->vma,
				   a->uva + i * PAGE_4K, pa);
	case IOAS_GMEM:
		return gmem_page(gmem_from_file(a->file),
				 a->start / PAGE_4K + i, true, pa);
	case IOAS_DMABUF:
		b = dmabuf_from_file(a->file);
		*pa = b->pa + a->start + i * PAGE_4K;
		return 0;
	}
	return -EINVAL;
}

/*
 * Pages of a guest_memfd are held as long as the area is filled. All or
 * nothing: the pages that were held are let go if one cannot be.
 */
static int area_hold(struct iommufd_area *a)
{
	struct gmem *g = a->src == IOAS_GMEM ? gmem_from_file(a->file) : NULL;
	uint64_t n = a->len / PAGE_4K, i, pa;
	int ret = 0;

	if (a->held || !g)
		return 0;
	for (i = 0; i < n && !ret; i++)
		ret = gmem_pin(g, a->start / PAGE_4K + i, &pa);
	if (ret)
		for (i -= 1; i-- > 0;)
			gmem_unpin(g, a->start / PAGE_4K + i);
	a->held = !ret;
	return ret;
}

static void area_let_go(struct iommufd_area *a)
{
	struct gmem *g = a->src == IOAS_GMEM ? gmem_from_file(a->file) : NULL;

	if (a->held && g)
		for (uint64_t i = 0; i < a->len / PAGE_4K; i++)
			gmem_unpin(g, a->start / PAGE_4K + i);
	a->held = false;
}

/* Contiguous frames go to the driver in one call. */
static int area_map(struct iommufd_area *a, struct iommu_domain *d)
{
	struct iommufd_core *c = a->ioas->ctx->core;
	uint64_t run = 0, run_pa = 0, done = 0;
	int ret = area_hold(a);

	for (uint64_t at = 0; at <= a->len && !ret; at += PAGE_4K) {
		uint64_t pa = NO_PAGE;

		if (at < a->len)
			ret = area_page(a, at / PAGE_4K, &pa);
		if (ret)
			break;
		if (run && pa == run_pa + run) {
			run += PAGE_4K;
			continue;
		}
		if (run)
			ret = c->drv->map(c->drv_ctx, d, a->iova + done, run_pa,
					  run, a->write);
		if (!ret)
			done += run;
		run = PAGE_4K;
		run_pa = pa;
	}
	if (ret && done)
		(void)c->drv->unmap(c->drv_ctx, d, a->iova, done);
	return ret;
}

static bool area_live(const struct iommufd_area *a)
{
	return !a->deferred && !a->dead;
}

static struct iommufd_obj *next_hwpt(const struct iommufd_obj *ioas,
				     struct iommufd_obj *after)
{
	struct iommufd_obj *o = after ? after->next : ioas->ctx->objs;

	while (o && (o->kind != OBJ_HWPT || o->ioas != ioas))
		o = o->next;
	return o;
}

static void area_unmap(struct iommufd_area *a, struct iommufd_obj *until)
{
	struct iommufd_core *c = a->ioas->ctx->core;
	struct iommufd_obj *h = NULL;

	while ((h = next_hwpt(a->ioas, h)) && h != until)
		(void)c->drv->unmap(c->drv_ctx, &h->domain, a->iova, a->len);
}

/* Into all domains; out of all again if one refuses. */
static int area_fill(struct iommufd_area *a)
{
	struct iommufd_obj *h = NULL;
	int ret = 0;

	while (!ret && (h = next_hwpt(a->ioas, h)))
		ret = area_map(a, &h->domain);
	if (ret) {
		area_unmap(a, h);
		area_let_go(a);
	}
	return ret;
}

/* Revocation is for good: nothing comes back by itself (linux.md 5.2). */
static void invalidate(void *ctx, struct dmabuf *b)
{
	struct iommufd_area *a = ctx;

	(void)b;
	if (area_live(a))
		area_unmap(a, NULL);
	a->dead = true;
}

static void area_free(struct iommufd_area *a)
{
	struct dmabuf *b;

	if (a->vma)
		k_vma_unpin(a->ioas->ctx->core->k, a->vma);
	if (a->file) {
		b = dmabuf_from_file(a->file);
		if (b)
			dmabuf_detach(b, a);
		k_file_put(a->file);
	}
	kpool_put(&a->ioas->ctx->core->area_pool, a);
}

static void area_remove(struct iommufd_area *a)
{
	struct iommufd_area **at = &a->ioas->areas;

	if (area_live(a))
		area_unmap(a, NULL);
	area_let_go(a);
	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	area_free(a);
}

static int area_insert(struct iommufd_area *a)
{
	struct iommufd_area **at = &a->ioas->areas;
	const uint64_t last = a->iova + a->len - 1;

	while (*at && (*at)->iova + (*at)->len - 1 < a->iova)
		at = &(*at)->next;
	if (*at && (*at)->iova <= last)
		return -EEXIST;
	a->next = *at;
	*at = a;
	return 0;
}

static int check_range(uint32_t flags, uint32_t extra, uint64_t at,
		       uint64_t len, uint64_t iova)
{
	const uint32_t known = IOMMU_IOAS_MAP_FIXED_IOVA |
			       IOMMU_IOAS_MAP_WRITEABLE |
			       IOMMU_IOAS_MAP_READABLE | extra;

	if (flags & ~known || !(flags & IOMMU_IOAS_MAP_READABLE) ||
	    !(flags & IOMMU_IOAS_MAP_FIXED_IOVA))
		return -EOPNOTSUPP;
	if (!len || (at | len | iova) % PAGE_4K || iova + len - 1 < iova ||
	    at + len - 1 < at)
		return -EINVAL;
	return 0;
}

/* Takes the area over: in the IOAS and in its domains, or freed. */
static int area_commit(struct iommufd_area *a)
{
	int ret = area_insert(a);

	if (ret) {
		area_free(a);
		return ret;
	}
	if (!a->deferred)
		ret = area_fill(a);
	if (ret) {
		a->dead = true; /* nothing of it is mapped */
		area_remove(a);
	}
	return ret;
}

static int map_user(struct iommufd_ctx *x, struct task *t, uintptr_t arg)
{
	struct iommu_ioas_map m;
	struct iommufd_area *a;
	struct iommufd_obj *ioas;
	struct vma *v;
	int ret = k_copy_struct(&m, sizeof(m), sizeof(m), arg);

	if (!ret && m.reserved)
		ret = -EOPNOTSUPP;
	if (!ret)
		ret = check_range(m.flags, 0, m.user_va, m.length, m.iova);
	if (ret)
		return ret;
	ioas = obj_find(x, m.ioas_id, OBJ_IOAS);
	if (!ioas)
		return -ENOENT;
	v = k_vma_find(t, m.user_va, m.length);
	if (!v || v->kind != VMA_ANON) /* BARs go by dma-buf */
		return -EFAULT;
	a = kpool_get(&x->core->area_pool);
	if (!a)
		return -ENOMEM;
	a->ioas = ioas;
	a->iova = m.iova;
	a->len = m.length;
	a->write = m.flags & IOMMU_IOAS_MAP_WRITEABLE;
	a->src = IOAS_USER;
	a->uva = m.user_va;
	a->vma = v;
	v->pins++;
	return area_commit(a);
}

static int file_source(struct iommufd_area *a, struct iommufd_core *c,
		       struct file *f, uint32_t flags)
{
	struct dmabuf *b = dmabuf_from_file(f);
	struct gmem *g = gmem_from_file(f);
	uint64_t size = b ? b->len : g ? g->pages_max * PAGE_4K : 0;

	if (!b && !g)
		return -EBADF;
	if (a->start > size || a->len > size - a->start)
		return -EINVAL;
	if (b && b->ranges != 1)
		return -EOPNOTSUPP; /* vfio_pci_dma_buf_iommufd_map() */
	a->src = g ? IOAS_GMEM : IOAS_DMABUF;
	if (g)
		a->deferred = flags & IOMMU_IOAS_MAP_AFTER_LAUNCH &&
			      c->gmem_launched && !c->gmem_launched(g);
	return b ? dmabuf_attach(b,
				 &(struct dmabuf_importer){
					 .invalidate = invalidate, .ctx = a })
		 : 0;
}

static int map_file(struct iommufd_ctx *x, struct task *t, uintptr_t arg)
{
	struct iommu_ioas_map_file m;
	struct iommufd_area *a;
	struct iommufd_obj *ioas;
	struct file *f;
	int ret = k_copy_struct(&m, sizeof(m), sizeof(m), arg);

	if (!ret)
		ret = check_range(m.flags, IOMMU_IOAS_MAP_AFTER_LAUNCH, m.start,
				  m.length, m.iova);
	if (ret)
		return ret;
	ioas = obj_find(x, m.ioas_id, OBJ_IOAS);
	if (!ioas)
		return -ENOENT;
	f = k_fd_file(t, m.fd);
	if (!f)
		return -EBADF;
	a = kpool_get(&x->core->area_pool);
	if (!a)
		return -ENOMEM;
	a->ioas = ioas;
	a->iova = m.iova;
	a->len = m.length;
	a->write = m.flags & IOMMU_IOAS_MAP_WRITEABLE;
	a->start = m.start;
	ret = file_source(a, x->core, f, m.flags);
	if (ret) {
		kpool_put(&x->core->area_pool, a);
		return ret;
	}
	a->file = k_file_get(f);
	return area_commit(a);
}

/* Whole areas only: one that is cut is -EINVAL, and nothing is unmapped. */
static int unmap(struct iommufd_ctx *x, uintptr_t arg)
{
	struct iommu_ioas_unmap u;
	struct iommufd_obj *ioas;
	uint64_t last, bytes = 0;
	int ret = k_copy_struct(&u, sizeof(u), sizeof(u), arg);

	if (ret)
		return ret;
	ioas = obj_find(x, u.ioas_id, OBJ_IOAS);
	if (!ioas)
		return -ENOENT;
	if (!u.length || u.iova + u.length - 1 < u.iova)
		return u.length ? -EOVERFLOW : -EINVAL;
	last = u.iova + u.length - 1;
	for (struct iommufd_area *a = ioas->areas; a; a = a->next)
		if (a->iova <= last && a->iova + a->len - 1 >= u.iova &&
		    (a->iova < u.iova || a->iova + a->len - 1 > last))
			return -EINVAL;
	for (struct iommufd_area *a = ioas->areas, *next; a; a = next) {
		next = a->next;
		if (a->iova < u.iova || a->iova > last)
			continue;
		bytes += a->len;
		area_remove(a);
	}
	((struct iommu_ioas_unmap *)arg)->length = bytes;
	return bytes || (u.iova == 0 && last >= UINT64_MAX - 1) ? 0 : -ENOENT;
}

static int option(struct iommufd_ctx *x, uintptr_t arg)
{
	struct iommu_option o;
	struct iommufd_obj *ioas, *h = NULL;
	int ret = k_copy_struct(&o, sizeof(o), sizeof(o), arg);

	if (ret)
		return ret;
	if (o.reserved || o.option_id != IOMMU_OPTION_HUGE_PAGES)
		return -EOPNOTSUPP;
	ioas = obj_find(x, o.object_id, OBJ_IOAS);
	if (!ioas)
		return -ENOENT;
	if (o.op == IOMMU_OPTION_OP_GET) {
		((struct iommu_option *)arg)->val64 = ioas->huge;
		return 0;
	}
	if (o.op != IOMMU_OPTION_OP_SET)
		return -EOPNOTSUPP;
	if (o.val64 > 1 || (ioas->areas && next_hwpt(ioas, NULL)))
		return -EINVAL;
	ioas->huge = o.val64;
	while ((h = next_hwpt(ioas, h)))
		h->domain.huge = ioas->huge;
	return 0;
}

int ioas_ioctl(struct iommufd_ctx *x, struct task *t, uint32_t cmd,
	       uintptr_t arg)
{
	switch (cmd) {
	case IOMMU_IOAS_MAP:
		return map_user(x, t, arg);
	case IOMMU_IOAS_MAP_FILE:
		return map_file(x, t, arg);
	case IOMMU_IOAS_UNMAP:
		return unmap(x, arg);
	case IOMMU_OPTION:
		return option(x, arg);
	default:
		return -ENOTTY;
	}
}

int ioas_fill(struct iommufd_obj *ioas, struct iommu_domain *d)
{
	/* A domain that is not filled is freed whole by its maker. */
	for (struct iommufd_area *a = ioas->areas; a; a = a->next) {
		int ret = area_live(a) ? area_map(a, d) : 0;

		if (ret)
			return ret;
	}
	return 0;
}

void ioas_clear(struct iommufd_obj *ioas)
{
	while (ioas->areas)
		area_remove(ioas->areas);
}

int ioas_launched(struct iommufd_obj *ioas, const struct gmem *g)
{
	int ret = 0;

	for (struct iommufd_area *a = ioas->areas; a && !ret; a = a->next) {
		if (!a->deferred || gmem_from_file(a->file) != g)
			continue;
		ret = area_fill(a);
		a->deferred = ret;
	}
	return ret;
}
