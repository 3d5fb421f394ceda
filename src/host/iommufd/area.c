/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Areas: which IOVA shows what. An area is mapped into every domain of its
 * IOAS or into none.
 */
#include <errno.h>

#include "base/bits.h"
#include "host/iommufd/iommufd_priv.h"

struct iommufd_area *area_new(struct iommufd_obj *ioas, struct iommufd_pages *p,
			      uint64_t off, uint64_t len, unsigned prot)
{
	struct iommufd_core *c = ioas->ctx->core;
	struct iommufd_area *a = c->area_pool.live < c->areas_max
					 ? kpool_get(&c->area_pool)
					 : NULL;

	if (!a)
		return NULL;
	a->ioas = ioas;
	a->pages = p;
	a->off = off;
	a->len = len;
	a->prot = prot;
	return a;
}

void area_free(struct iommufd_area *a)
{
	struct kpool *pool = &a->ioas->ctx->core->area_pool;

	pages_put(a->pages);
	kpool_put(pool, a);
}

bool area_live(const struct iommufd_area *a)
{
	return !a->pages->deferred && !a->pages->revoked && !a->gone;
}

bool area_large(const struct iommufd_area *a, const struct iommu_domain *d,
		uint64_t iova)
{
	const uint64_t b = iova / PAGE_2M - a->iova / PAGE_2M;

	return a->asked[b / 64] & BIT64(b % 64)
		       ? a->large[b / 64] & BIT64(b % 64)
		       : d->huge;
}

/* By 2 MiB of IOVA, so that a driver sees each leaf that it can make. */
static int area_map(struct iommufd_area *a, struct iommu_domain *d)
{
	struct iommufd_core *c = a->ioas->ctx->core;
	const unsigned prot =
		a->prot | (pages_private(a->pages) ? IOMMU_PROT_PRIVATE : 0);
	uint64_t done = 0;
	int ret = 0;

	while (done < a->len && !ret) {
		const uint64_t at = a->iova + done;
		uint64_t n = PAGE_2M - at % PAGE_2M;

		n = n < a->len - done ? n : a->len - done;
		ret = pages_frames(a->pages, a->off + done,
				   (size_t)(n / PAGE_4K), c->batch);
		if (!ret)
			ret = c->drv->map(c->drv_ctx, d, at, c->batch,
					  (size_t)(n / PAGE_4K), prot,
					  area_large(a, d, at));
		if (!ret)
			done += n;
	}
	if (ret && done)
		(void)c->drv->unmap(c->drv_ctx, d, a->iova, done);
	return ret;
}

static int area_hold(struct iommufd_area *a)
{
	int ret = a->held ? 0 : pages_hold(a->pages, a->off, a->len);

	a->held = !ret;
	return ret;
}

void area_let_go(struct iommufd_area *a)
{
	if (a->held)
		pages_let_go(a->pages, a->off, a->len);
	a->held = false;
}

/* Out of every domain before @until. */
static void area_unmap(struct iommufd_area *a, struct iommufd_obj *until)
{
	struct iommufd_core *c = a->ioas->ctx->core;
	struct iommufd_obj *h = NULL;

	while ((h = hwpt_next(a->ioas, h)) && h != until)
		(void)c->drv->unmap(c->drv_ctx, &h->domain, a->iova, a->len);
}

/* Into every domain before @until again; what does not go in faults. */
static void area_refill(struct iommufd_area *a, struct iommufd_obj *until)
{
	struct iommufd_obj *h = NULL;

	while ((h = hwpt_next(a->ioas, h)) && h != until)
		(void)area_map(a, &h->domain);
}

int area_take_out(struct iommufd_area *a)
{
	struct iommufd_core *c = a->ioas->ctx->core;
	struct iommufd_obj *h = NULL;
	int ret = 0;

	if (!area_live(a))
		return 0;
	while (!ret && (h = hwpt_next(a->ioas, h)))
		ret = c->drv->unmap(c->drv_ctx, &h->domain, a->iova, a->len);
	/* The one that refused may have nothing to put back: -EEXIST. */
	if (ret)
		area_refill(a, hwpt_next(a->ioas, h));
	return ret;
}

void area_put_back(struct iommufd_area *a)
{
	if (area_live(a))
		area_refill(a, NULL);
}

/* Into all domains; out of all again if one refuses. */
static int area_fill(struct iommufd_area *a)
{
	struct iommufd_obj *h = hwpt_next(a->ioas, NULL);
	int ret = h ? area_hold(a) : 0;

	for (; h && !ret; h = ret ? h : hwpt_next(a->ioas, h))
		ret = area_map(a, &h->domain);
	if (ret) {
		area_unmap(a, h);
		area_let_go(a);
	}
	return ret;
}

void area_revoke(struct iommufd_area *a)
{
	if (area_live(a))
		area_unmap(a, NULL);
}

void area_remove(struct iommufd_area *a)
{
	if (area_live(a))
		area_unmap(a, NULL);
	area_drop(a);
}

void area_drop(struct iommufd_area *a)
{
	struct iommufd_area **at = &a->ioas->areas;

	area_let_go(a);
	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	area_free(a);
}

static void area_insert(struct iommufd_area *a)
{
	struct iommufd_area **at = &a->ioas->areas;

	while (*at && (*at)->iova < a->iova)
		at = &(*at)->next;
	a->next = *at;
	*at = a;
}

int areas_commit(struct iommufd_area *list, uint64_t iova)
{
	struct iommufd_area *done = NULL, *a;
	int ret = 0;

	while ((a = list)) {
		list = a->next;
		a->iova = iova;
		iova += a->len;
		if (!ret && area_live(a))
			ret = area_fill(a);
		a->next = done;
		done = a;
	}
	while ((a = done)) {
		done = a->next;
		if (!ret) {
			area_insert(a);
			continue;
		}
		if (area_live(a))
			area_unmap(a, NULL);
		area_let_go(a);
		area_free(a);
	}
	return ret;
}

int ioas_fill(struct iommufd_obj *ioas, struct iommu_domain *d)
{
	/* A domain that is not filled is freed whole by its maker. */
	for (struct iommufd_area *a = ioas->areas; a; a = a->next) {
		int ret = area_live(a) ? area_hold(a) : 0;

		if (!ret && area_live(a))
			ret = area_map(a, d);
		if (ret)
			return ret;
	}
	return 0;
}

void ioas_let_go(struct iommufd_obj *ioas)
{
	for (struct iommufd_area *a = ioas->areas; a; a = a->next)
		area_let_go(a);
}

void ioas_clear(struct iommufd_obj *ioas)
{
	while (ioas->areas)
		area_remove(ioas->areas);
	iova_allowed_clear(ioas->ctx->core, &ioas->allowed);
}

static bool waits_for(const struct iommufd_area *a, const struct gmem *g)
{
	return a->pages->deferred && gmem_from_file(a->pages->file) == g;
}

int ioas_launched(struct iommufd_obj *ioas, const struct gmem *g)
{
	struct iommufd_area *a;
	int ret = 0;

	for (a = ioas->areas; a && !ret; a = a->next)
		if (waits_for(a, g))
			ret = area_fill(a);
	return ret;
}

void ioas_launch_over(struct iommufd_obj *ioas, const struct gmem *g, bool good)
{
	struct iommufd_area *a;

	for (a = ioas->areas; a && !good; a = a->next)
		if (waits_for(a, g)) {
			area_unmap(a, NULL);
			area_let_go(a);
		}
	/* Another IOAS may share the pages: the flag goes when all are in. */
	for (a = ioas->areas; a && good; a = a->next)
		if (gmem_from_file(a->pages->file) == g)
			a->pages->deferred = false;
}
