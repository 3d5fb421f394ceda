/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The size of leaves, range by range. A block of 2 MiB changes in all domains
 * at once: each takes its leaves away and flushes, the innermost step changes
 * the owner's entries, then the leaves come back, of the new size.
 */
#include <errno.h>

#include "base/bits.h"
#include "host/iommufd/iommufd_priv.h"

/* One block on its way through the domains. */
struct change {
	struct iommufd_area *a;
	uint64_t iova;
	uint64_t size;
	bool leaves_only;
	struct iommufd_obj *h; /* the domain that it is in */
};

static int inwards(void *ctx)
{
	struct change *c = ctx;
	struct iommufd_core *core = c->a->ioas->ctx->core;
	struct iommufd_obj *h = hwpt_next(c->a->ioas, c->h);
	const struct iommu_gap gap = { inwards, c };

	if (h) {
		c->h = h;
		return core->drv->page_size(core->drv_ctx, &h->domain, c->iova,
					    c->size, &gap);
	}
	return c->leaves_only ? 0
			      : pages_resize(c->a->pages,
					     c->a->off + c->iova - c->a->iova,
					     c->size);
}

/* The first address of the block that is in the area, and how much is. */
static uint64_t block_at(const struct iommufd_area *a, uint64_t iova,
			 uint64_t *len)
{
	const uint64_t block = align_down(iova, PAGE_2M);
	const uint64_t start = block > a->iova ? block : a->iova;
	const uint64_t a_end = a->iova + a->len, b_end = block + PAGE_2M;

	*len = (a_end < b_end ? a_end : b_end) - start;
	return start;
}

static int change_block(struct iommufd_area *a, uint64_t iova, uint64_t size,
			bool leaves_only)
{
	const uint64_t b = iova / PAGE_2M - a->iova / PAGE_2M;
	uint64_t len;
	struct change c = { .a = a,
			    .iova = block_at(a, iova, &len),
			    .size = size,
			    .leaves_only = leaves_only };
	int ret = 0;

	/* Only a whole block can be one leaf, or one entry of the owner. */
	if (len == PAGE_2M)
		ret = inwards(&c);
	else if (size == PAGE_2M)
		ret = -EINVAL;
	if (ret)
		return ret;
	a->asked[b / 64] |= BIT64(b % 64);
	a->large[b / 64] &= ~BIT64(b % 64);
	if (size == PAGE_2M)
		a->large[b / 64] |= BIT64(b % 64);
	return 0;
}

static struct iommufd_area *area_at(const struct iommufd_obj *ioas,
				    uint64_t iova)
{
	for (struct iommufd_area *a = ioas->areas; a; a = a->next)
		if (iova >= a->iova && iova - a->iova < a->len)
			return a;
	return NULL;
}

static int check_mapped(const struct iommufd_obj *ioas, uint64_t iova,
			uint64_t last)
{
	for (;;) {
		const struct iommufd_area *a = area_at(ioas, iova);

		if (!a)
			return -ENOENT;
		if (!area_live(a))
			return -EINVAL;
		if (a->iova + (a->len - 1) >= last)
			return 0;
		iova = a->iova + a->len;
	}
}

static uint64_t block_end(uint64_t iova)
{
	return align_down(iova, PAGE_2M) + PAGE_2M;
}

/*
 * What was changed changes back where it was otherwise. A block whose owner's
 * entries cannot be joined again stays small, leaves and entries alike.
 */
static void take_back(struct iommufd_obj *ioas, uint64_t from, uint64_t to,
		      uint64_t size, const uint64_t *was, bool leaves_only)
{
	const uint64_t first = from / PAGE_2M;

	for (; from < to; from = block_end(from)) {
		const uint64_t b = from / PAGE_2M - first;
		const uint64_t old =
			was[b / 64] & BIT64(b % 64) ? PAGE_2M : PAGE_4K;

		if (old != size)
			(void)change_block(area_at(ioas, from), from, old,
					   leaves_only);
	}
}

/* Blocks of one call, so that what they were fits: 1 GiB. */
#define BLOCKS AREA_BLOCKS

static int change_range(struct iommufd_obj *ioas,
			const struct iommu_ioas_set_page_size *q)
{
	const bool leaves_only = q->flags & IOMMU_PAGE_SIZE_LEAVES_ONLY;
	const struct iommu_domain none = { .huge = ioas->huge };
	uint64_t was[BLOCKS / 64 + 1] = { 0 };
	uint64_t at = q->iova;
	int ret = 0;

	while (at < q->iova + q->length && !ret) {
		const uint64_t b = at / PAGE_2M - q->iova / PAGE_2M;
		struct iommufd_area *a = area_at(ioas, at);

		if (area_large(a, &none, at))
			was[b / 64] |= BIT64(b % 64);
		ret = change_block(a, at, q->page_size, leaves_only);
		if (!ret)
			at = block_end(at);
	}
	if (ret)
		take_back(ioas, q->iova, at, q->page_size, was, leaves_only);
	return ret;
}

int ioas_set_page_size(struct ucmd *u)
{
	const struct iommu_ioas_set_page_size *q = u->cmd;
	struct iommufd_obj *ioas = obj_find(u->x, q->ioas_id, OBJ_IOAS);
	int ret;

	if (q->flags & ~IOMMU_PAGE_SIZE_LEAVES_ONLY || q->reserved ||
	    (q->page_size != PAGE_4K && q->page_size != PAGE_2M) ||
	    !u->x->core->drv->page_size)
		return -EOPNOTSUPP;
	if (!ioas)
		return -ENOENT;
	if (!q->length || (q->iova | q->length) % q->page_size ||
	    q->length > PAGEMAP_MAX * PAGE_4K)
		return -EINVAL;
	if (q->iova + (q->length - 1) < q->iova)
		return -EOVERFLOW;
	ret = check_mapped(ioas, q->iova, q->iova + (q->length - 1));
	return ret ? ret : change_range(ioas, q);
}
