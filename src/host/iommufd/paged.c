/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/iommufd/paged.h"

#include <errno.h>

#include "base/bits.h"
#include "host/uapi/kernel.h"

void paged_init(struct paged *p, struct arena *a)
{
	kpool_init(&p->pool, a, sizeof(struct paged_domain), 0);
}

int paged_alloc(struct paged *p, struct iommu_domain *d)
{
	struct paged_domain *x = kpool_get(&p->pool);
	enum il_err err;
	uint32_t id = 1;

	if (!x)
		return -ENOMEM;
	while (id < p->ids && p->used[id / 8] >> id % 8 & 1)
		id++;
	err = id == p->ids ? IL_E_SPACE
			   : pt_init(&x->pt, p->mem, p->fmt, p->levels,
				     AGENT_HOST, &pt_host_frames, p->mem);
	if (err) {
		kpool_put(&p->pool, x);
		return k_errno(err);
	}
	p->used[id / 8] |= (uint8_t)(1u << id % 8);
	x->id = (uint16_t)id;
	d->priv = x;
	return 0;
}

void paged_free(struct paged *p, struct iommu_domain *d)
{
	struct paged_domain *x = d->priv;

	/* A number is used again when nothing remembers it, or never. */
	if (!p->flush(p->ctx, x->id, 0, paged_reach(p)))
		p->used[x->id / 8] &= (uint8_t) ~(1u << x->id % 8);
	pt_fini(&x->pt);
	kpool_put(&p->pool, x);
	d->priv = NULL;
}

int paged_map(struct paged *p, struct iommu_domain *d, uint64_t iova,
	      const uint64_t *pa, size_t n, unsigned prot, bool huge)
{
	struct paged_domain *x = d->priv;
	const bool reads = prot & IOMMU_PROT_READ || (prot && p->write_reads);
	enum il_err err = pt_map_pages(
		&x->pt, iova, pa, n,
		(reads ? PT_R : 0u) | (prot & IOMMU_PROT_WRITE ? PT_W : 0u),
		huge ? PAGE_2M : PAGE_4K);

	return err == IL_E_STATE ? -EEXIST : k_errno(err);
}

static bool walk(const struct paged_domain *x, uint64_t iova,
		 struct pt_hit *hit)
{
	return pt_walk(x->pt.m, x->pt.fmt, x->pt.root, x->pt.levels, iova,
		       hit) == PT_OK;
}

/* An area that ends inside a large leaf: split it until it does not. */
static enum il_err cut(struct paged_domain *x, uint64_t iova, uint64_t len)
{
	const uint64_t ends[] = { iova, iova + len };

	for (unsigned i = 0; i < COUNT(ends); i++) {
		struct pt_hit hit;

		while (walk(x, ends[i], &hit) && ends[i] % hit.leaf) {
			enum il_err err = pt_split(&x->pt, ends[i], NULL);

			if (err)
				return err;
		}
	}
	return IL_OK;
}

int paged_unmap(struct paged *p, struct iommu_domain *d, uint64_t iova,
		uint64_t len)
{
	struct paged_domain *x = d->priv;
	enum il_err err = cut(x, iova, len);
	int ret;

	if (!err)
		err = pt_unmap(&x->pt, iova, len, NULL);
	ret = p->flush(p->ctx, x->id, iova, len);
	return err ? k_errno(err) : ret;
}

/* Between two sizes: nothing remembers the old leaf, then the caller's part. */
struct gap {
	struct paged *p;
	uint16_t id;
	uint64_t iova;
	const struct iommu_gap *more;
	int ret;
};

static enum il_err in_gap(void *ctx)
{
	struct gap *g = ctx;

	g->ret = g->p->flush(g->p->ctx, g->id, g->iova, PAGE_2M);
	if (!g->ret)
		g->ret = g->more->run(g->more->ctx);
	return g->ret ? IL_E_IO : IL_OK;
}

int paged_size(struct paged *p, struct iommu_domain *d, uint64_t iova,
	       uint64_t size, const struct iommu_gap *more)
{
	struct paged_domain *x = d->priv;
	struct gap g = { p, x->id, align_down(iova, PAGE_2M), more, 0 };
	const struct pt_gap gap = { in_gap, &g };
	struct pt_hit hit;
	enum il_err err;

	if (!walk(x, iova, &hit) ||
	    (hit.leaf >= PAGE_2M) == (size == PAGE_2M)) {
		(void)in_gap(&g);
		return g.ret;
	}
	err = size == PAGE_2M ? pt_join(&x->pt, iova, &gap)
			      : pt_split(&x->pt, iova, &gap);
	if (g.ret)
		return g.ret;
	return err == IL_E_STATE ? -EINVAL : k_errno(err);
}
