/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where frames come from: memory of the task, a memfd, a guest_memfd, a
 * dma-buf. Areas that were copied share one source.
 * Source: Linux 7.3 drivers/iommu/iommufd/pages.c
 */
#include <errno.h>

#include "host/iommufd/iommufd_priv.h"

static struct iommufd_pages *pages_new(struct iommufd_ctx *x, uint64_t len,
				       int *ret)
{
	/* More than an area can say; Linux has the limit of RLIMIT_MEMLOCK. */
	struct iommufd_pages *p = len > PAGEMAP_MAX * PAGE_4K
					  ? NULL
					  : kpool_get(&x->core->pages_pool);

	*ret = p ? 0 : -ENOMEM;
	if (p) {
		p->ctx = x;
		p->refs = 1;
		p->len = len;
	}
	return p;
}

/*
 * The mapping is looked up at once. Linux looks when it pins, which is when a
 * domain needs the frames; an address without memory is -EFAULT either way.
 */
struct iommufd_pages *pages_user(struct ucmd *u, uint64_t uva, uint64_t len,
				 unsigned prot, int *ret)
{
	struct iommufd_pages *p;
	struct vma *v;

	*ret = !len ? -EINVAL : uva + len < uva ? -EOVERFLOW : 0;
	if (!*ret && (uva | len) % PAGE_4K)
		*ret = -EINVAL;
	if (*ret)
		return NULL;
	v = k_vma_find(u->t, uva, len);
	/* BARs go by dma-buf. */
	if (!v || (v->kind != VMA_ANON && v->kind != VMA_MEMFD) ||
	    !(v->prot &
	      (prot & IOMMU_PROT_WRITE ? K_PROT_WRITE : K_PROT_READ))) {
		*ret = -EFAULT;
		return NULL;
	}
	p = pages_new(u->x, len, ret);
	if (!p)
		return NULL;
	p->src = IOAS_USER;
	p->vma = v;
	p->uva = uva;
	v->pins++;
	return p;
}

/*
 * Revocation is for good: nothing comes back by itself, in no area that shows
 * the buffer, and no domain that is attached later sees it (linux.md 5.2).
 */
static void invalidate(void *ctx, struct dmabuf *b)
{
	struct iommufd_pages *p = ctx;

	(void)b;
	for (struct iommufd_obj *o = p->ctx->objs; o; o = o->next)
		for (struct iommufd_area *a = o->kind == OBJ_IOAS ? o->areas
								  : NULL;
		     a; a = a->next)
			if (a->pages == p)
				area_revoke(a);
	p->revoked = true;
}

static int source(struct iommufd_pages *p, struct file *f, uint32_t flags)
{
	struct iommufd_core *c = p->ctx->core;
	struct dmabuf *b = dmabuf_from_file(f);
	struct gmem *g = gmem_from_file(f);
	struct k_memfd *m = k_memfd_from_file(f);
	const uint64_t size = b	  ? b->len
			      : g ? g->pages_max * PAGE_4K
			      : m ? k_memfd_size(m)
				  : 0;

	/* memfd_pin_folios() has -EINVAL for what is no memfd. */
	/* vfio_pci_dma_buf_iommufd_map() gives one range. */
	if (b && b->ranges != 1)
		return -EOPNOTSUPP;
	if (p->start > size || p->len > size - p->start ||
	    (flags & IOMMU_IOAS_MAP_AFTER_LAUNCH && !g))
		return -EINVAL;
	p->src = b ? IOAS_DMABUF : g ? IOAS_GMEM : IOAS_MEMFD;
	p->deferred = flags & IOMMU_IOAS_MAP_AFTER_LAUNCH && c->gmem_launched &&
		      !c->gmem_launched(g);
	return b ? dmabuf_attach(b,
				 &(struct dmabuf_importer){
					 .invalidate = invalidate, .ctx = p })
		 : 0;
}

struct iommufd_pages *pages_file(struct ucmd *u, int fd, uint64_t start,
				 uint64_t len, uint32_t flags, int *ret)
{
	struct file *f = k_fd_file(u->t, fd);
	struct iommufd_pages *p;

	*ret = !f			 ? -EBADF
	       : !len			 ? -EINVAL
	       : start + len < start	 ? -EOVERFLOW
	       : (start | len) % PAGE_4K ? -EINVAL
					 : 0;
	p = *ret ? NULL : pages_new(u->x, len, ret);
	if (!p)
		return NULL;
	p->start = start;
	*ret = source(p, f, flags);
	if (*ret) {
		kpool_put(&u->x->core->pages_pool, p);
		return NULL;
	}
	p->file = k_file_get(f);
	return p;
}

void pages_put(struct iommufd_pages *p)
{
	struct dmabuf *b;

	if (--p->refs)
		return;
	if (p->vma)
		k_vma_unpin(p->ctx->core->k, p->vma);
	if (p->file) {
		b = dmabuf_from_file(p->file);
		if (b)
			dmabuf_detach(b, p);
		k_file_put(p->file);
	}
	kpool_put(&p->ctx->core->pages_pool, p);
}

int pages_hold(struct iommufd_pages *p, uint64_t off, uint64_t len)
{
	struct gmem *g = p->src == IOAS_GMEM ? gmem_from_file(p->file) : NULL;
	int ret =
		g ? gmem_pin(g, (p->start + off) / PAGE_4K, len / PAGE_4K) : 0;

	if (g && !ret)
		g->importer = &p->ctx->core->importer;
	return ret;
}

void pages_let_go(struct iommufd_pages *p, uint64_t off, uint64_t len)
{
	if (p->src == IOAS_GMEM)
		gmem_unpin(gmem_from_file(p->file), (p->start + off) / PAGE_4K,
			   len / PAGE_4K);
}

bool pages_private(const struct iommufd_pages *p)
{
	return p->src == IOAS_GMEM && !gmem_from_file(p->file)->in_place;
}

int pages_frames(struct iommufd_pages *p, uint64_t off, size_t n, uint64_t *pa)
{
	const uint64_t i = (p->start + off) / PAGE_4K;

	switch (p->src) {
	case IOAS_USER:
		return k_user_pages(p->ctx->core->k, p->vma, p->uva + off, n,
				    pa);
	case IOAS_MEMFD:
		return k_memfd_pages(k_memfd_from_file(p->file), i, n, pa);
	case IOAS_GMEM:
		return gmem_frames(gmem_from_file(p->file), i, n, pa);
	case IOAS_DMABUF:
		for (size_t j = 0; j < n; j++)
			pa[j] = dmabuf_from_file(p->file)->pa +
				(i + j) * PAGE_4K;
		return 0;
	}
	return -EINVAL;
}

int pages_resize(struct iommufd_pages *p, uint64_t off, uint64_t size)
{
	return p->src == IOAS_GMEM ? gmem_resize(gmem_from_file(p->file),
						 (p->start + off) / PAGE_4K,
						 size == PAGE_2M)
				   : 0;
}
