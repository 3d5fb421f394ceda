/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which addresses an IOAS may use: not where a table does not reach, not where
 * DMA is not translated, and inside of what the user wants kept, if he says.
 *
 * The smallest unit is always a page. Linux begins with single bytes and
 * narrows to the page of the first domain; nobody maps less here.
 * Source: Linux 7.3 drivers/iommu/iommufd/{ioas.c,io_pagetable.c}
 */
#include <errno.h>

#include "base/bits.h"
#include "host/iommufd/iommufd_priv.h"

#define ALIGNMENT PAGE_4K

static bool meet(const struct iommu_iova_range *r, uint64_t start,
		 uint64_t last)
{
	return r->start <= last && start <= r->last;
}

static bool has_devices(const struct iommufd_obj *ioas)
{
	struct iommufd_obj *h = NULL;

	while ((h = hwpt_next(ioas, h)))
		if (h->domain.devices)
			return true;
	return false;
}

/* The @i-th reserved range, in order; false: there are no more. */
static bool reserved(const struct iommufd_obj *ioas, size_t i,
		     struct iommu_iova_range *out)
{
	const struct iommu_driver_ops *drv = ioas->ctx->core->drv;
	const size_t n = has_devices(ioas) ? drv->n_resv : 0;

	if (i < n) {
		*out = drv->resv[i];
		return true;
	}
	*out = (struct iommu_iova_range){ drv->last_iova + 1, UINT64_MAX };
	return i == n && drv->last_iova && hwpt_next(ioas, NULL);
}

/* What of @list, or of the reserved ranges, lies in [@start, @last]. */
static bool in_reserved(const struct iommufd_obj *ioas, uint64_t start,
			uint64_t last, struct iommu_iova_range *out)
{
	for (size_t i = 0; reserved(ioas, i, out); i++)
		if (meet(out, start, last))
			return true;
	return false;
}

static const struct iommufd_area *in_areas(const struct iommufd_obj *ioas,
					   uint64_t start, uint64_t last)
{
	for (const struct iommufd_area *a = ioas->areas; a; a = a->next)
		if (a->iova <= last && start <= a->iova + (a->len - 1))
			return a;
	return NULL;
}

int iova_check(const struct iommufd_obj *ioas, uint64_t iova, uint64_t len)
{
	struct iommu_iova_range r;

	if (!len || (iova | len) % ALIGNMENT)
		return -EINVAL;
	if (iova + (len - 1) < iova)
		return -EOVERFLOW;
	if (in_reserved(ioas, iova, iova + (len - 1), &r))
		return -EINVAL;
	return in_areas(ioas, iova, iova + (len - 1)) ? -EEXIST : 0;
}

/* The first place for @len in [@r->start, @r->last]. */
static bool fit(const struct iommufd_obj *ioas,
		const struct iommu_iova_range *r, uint64_t align, uint64_t len,
		uint64_t *iova)
{
	uint64_t at = r->start;

	for (;;) {
		const uint64_t up = align_up(at, align);
		const struct iommufd_area *a;
		struct iommu_iova_range taken;

		if (up < at || up > r->last || r->last - up < len - 1)
			return false;
		a = in_areas(ioas, up, up + (len - 1));
		*iova = up;
		if (a)
			at = a->iova + a->len;
		else if (in_reserved(ioas, up, up + (len - 1), &taken))
			at = taken.last + 1;
		else
			return true;
		if (at <= up)
			return false;
	}
}

static uint64_t pow2_up(uint64_t n)
{
	uint64_t p = PAGE_4K;

	while (p < n)
		p <<= 1;
	return p;
}

int iova_choose(const struct iommufd_obj *ioas, uint64_t addr, uint64_t len,
		uint64_t *iova)
{
	/* Never address 0, even where that is good. */
	const struct iommu_iova_range all = { PAGE_4K, UINT64_MAX - PAGE_4K };
	uint64_t align;

	if (!len || len >= UINT64_MAX / 2)
		return -EOVERFLOW;
	align = pow2_up(len);
	if (addr && (addr & -addr) < align)
		align = addr & -addr;
	if (align > PAGE_2M)
		align = PAGE_2M;
	if (align < ALIGNMENT || len % ALIGNMENT)
		return -EINVAL;
	if (!ioas->allowed)
		return fit(ioas, &all, align, len, iova) ? 0 : -ENOSPC;
	for (const struct iommufd_range *r = ioas->allowed; r; r = r->next)
		if (fit(ioas, &r->r, align, len, iova))
			return 0;
	return -ENOSPC;
}

static bool in_use(const struct iommufd_obj *ioas,
		   const struct iommu_iova_range *r)
{
	for (const struct iommufd_range *w = ioas->allowed; w; w = w->next)
		if (meet(r, w->r.start, w->r.last))
			return true;
	return in_areas(ioas, r->start, r->last);
}

int iova_reserve_domain(const struct iommufd_obj *ioas)
{
	const uint64_t last = ioas->ctx->core->drv->last_iova;
	const struct iommu_iova_range r = { last + 1, UINT64_MAX };

	return last && in_use(ioas, &r) ? -EADDRINUSE : 0;
}

int iova_reserve_dev(const struct iommufd_obj *ioas)
{
	const struct iommu_driver_ops *drv = ioas->ctx->core->drv;

	for (size_t i = 0; i < drv->n_resv; i++)
		if (in_use(ioas, &drv->resv[i]))
			return -EADDRINUSE;
	return 0;
}

/* --- the two calls --- */

int ioas_iova_ranges(struct ucmd *u)
{
	struct iommu_ioas_iova_ranges *q = u->cmd;
	struct iommufd_obj *ioas = obj_find(u->x, q->ioas_id, OBJ_IOAS);
	const uint32_t room = q->num_iovas;
	struct iommu_iova_range r, hole = { 0, 0 };
	bool more = true;
	uint32_t n = 0;

	if (q->reserved)
		return -EOPNOTSUPP;
	if (!ioas)
		return -ENOENT;
	for (size_t i = 0; more; i++) {
		more = reserved(ioas, i, &r);
		hole.last = more ? r.start - 1 : UINT64_MAX;
		if ((!more || r.start > hole.start) && n++ < room &&
		    k_copy_out(u->t, q->allowed_iovas + (n - 1) * sizeof(hole),
			       &hole, sizeof(hole)))
			return -EFAULT;
		if (more && r.last == UINT64_MAX)
			break;
		hole.start = r.last + 1;
	}
	q->num_iovas = n;
	q->out_iova_alignment = ALIGNMENT;
	u->answer = true;
	return n > room ? -EMSGSIZE : 0;
}

void iova_allowed_clear(struct iommufd_core *c, struct iommufd_range **list)
{
	while (*list) {
		struct iommufd_range *r = *list;

		*list = r->next;
		kpool_put(&c->range_pool, r);
	}
}

static int load(struct ucmd *u, struct iommufd_range **list)
{
	const struct iommu_ioas_allow_iovas *q = u->cmd;
	struct kpool *pool = &u->x->core->range_pool;

	for (uint32_t i = 0; i < q->num_iovas; i++) {
		struct iommufd_range *r, **at = list;
		struct iommu_iova_range n;

		if (k_copy_in(u->t, &n, q->allowed_iovas + i * sizeof(n),
			      sizeof(n)))
			return -EFAULT;
		if (n.start >= n.last)
			return -EINVAL;
		while (*at && (*at)->r.last < n.start)
			at = &(*at)->next;
		if (*at && meet(&(*at)->r, n.start, n.last))
			return -EINVAL;
		r = kpool_get(pool);
		if (!r)
			return -ENOMEM;
		r->r = n;
		r->next = *at;
		*at = r;
	}
	return 0;
}

/* The whole list is replaced, or nothing. */
int ioas_allow_iovas(struct ucmd *u)
{
	const struct iommu_ioas_allow_iovas *q = u->cmd;
	struct iommufd_obj *ioas = obj_find(u->x, q->ioas_id, OBJ_IOAS);
	struct iommufd_range *list = NULL;
	struct iommu_iova_range taken;
	int ret;

	if (q->reserved)
		return -EOPNOTSUPP;
	if (!ioas)
		return -ENOENT;
	ret = load(u, &list);
	for (struct iommufd_range *r = list; r && !ret; r = r->next)
		if (in_reserved(ioas, r->r.start, r->r.last, &taken))
			ret = -EADDRINUSE;
	if (!ret) {
		struct iommufd_range *old = ioas->allowed;

		ioas->allowed = list;
		list = old;
	}
	iova_allowed_clear(u->x->core, &list);
	return ret;
}
