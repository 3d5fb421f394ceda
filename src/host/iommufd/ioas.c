/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: what the calls about them check, and in which order.
 * Source: Linux 7.3 drivers/iommu/iommufd/{ioas.c,io_pagetable.c}
 */
#include <errno.h>

#include "host/iommufd/iommufd_priv.h"

_Static_assert(IOMMU_PROT_READ == IOMMU_IOAS_MAP_READABLE >> 2 &&
		       IOMMU_PROT_WRITE == IOMMU_IOAS_MAP_WRITEABLE,
	       "prot_of()");

int ioas_alloc(struct ucmd *u)
{
	struct iommu_ioas_alloc *a = u->cmd;
	struct iommufd_obj *o;

	if (a->flags)
		return -EOPNOTSUPP;
	o = obj_new(u->x, OBJ_IOAS);
	if (!o)
		return -ENOMEM;
	o->huge = true;
	a->out_ioas_id = o->id;
	u->answer = true;
	return 0;
}

static unsigned prot_of(uint32_t flags)
{
	return (flags & IOMMU_IOAS_MAP_READABLE ? IOMMU_PROT_READ : 0) |
	       (flags & IOMMU_IOAS_MAP_WRITEABLE ? IOMMU_PROT_WRITE : 0);
}

static int check_flags(uint32_t flags, uint32_t extra)
{
	if (flags & ~(IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_WRITEABLE |
		      IOMMU_IOAS_MAP_READABLE | extra))
		return -EOPNOTSUPP;
	return 0;
}

/* Where a list of areas of @len bytes goes; @addr: of its memory. */
static int place(const struct iommufd_obj *ioas, uint32_t flags, uint64_t addr,
		 uint64_t len, uint64_t *iova)
{
	return flags & IOMMU_IOAS_MAP_FIXED_IOVA
		       ? iova_check(ioas, *iova, len)
		       : iova_choose(ioas, addr, len, iova);
}

/* Takes @p over. */
static int map_pages(struct iommufd_obj *ioas, struct iommufd_pages *p,
		     uint32_t flags, uint64_t addr, uint64_t *iova)
{
	uint64_t at = *iova;
	int ret = place(ioas, flags, addr, p->len, &at);
	struct iommufd_area *a =
		ret ? NULL : area_new(ioas, p, 0, p->len, prot_of(flags));

	if (!a) {
		pages_put(p);
		return ret ? ret : -ENOMEM;
	}
	ret = areas_commit(a, at);
	if (!ret)
		*iova = at;
	return ret;
}

int ioas_map(struct ucmd *u)
{
	struct iommu_ioas_map *m = u->cmd;
	struct iommufd_pages *p;
	struct iommufd_obj *ioas;
	int ret = check_flags(m->flags, 0);

	if (ret || m->reserved)
		return -EOPNOTSUPP;
	if (m->iova == UINT64_MAX || m->length == UINT64_MAX)
		return -EOVERFLOW;
	if (!prot_of(m->flags))
		return -EINVAL;
	ioas = obj_find(u->x, m->ioas_id, OBJ_IOAS);
	if (!ioas)
		return -ENOENT;
	p = pages_user(u, m->user_va, m->length, prot_of(m->flags), &ret);
	if (!p)
		return ret;
	ret = map_pages(ioas, p, m->flags, m->user_va, &m->iova);
	u->answer = !ret;
	return ret;
}

int ioas_map_file(struct ucmd *u)
{
	struct iommu_ioas_map_file *m = u->cmd;
	struct iommufd_pages *p;
	struct iommufd_obj *ioas;
	int ret = check_flags(m->flags, IOMMU_IOAS_MAP_AFTER_LAUNCH);

	if (ret)
		return ret;
	if (m->iova == UINT64_MAX || m->length == UINT64_MAX)
		return -EOVERFLOW;
	if (!prot_of(m->flags))
		return -EINVAL;
	ioas = obj_find(u->x, m->ioas_id, OBJ_IOAS);
	if (!ioas)
		return -ENOENT;
	p = pages_file(u, m->fd, m->start, m->length, m->flags, &ret);
	if (!p)
		return ret;
	ret = map_pages(ioas, p, m->flags, m->start, &m->iova);
	u->answer = !ret;
	return ret;
}

/* --- copy --- */

static void list_free(struct iommufd_area *list)
{
	while (list) {
		struct iommufd_area *a = list;

		list = a->next;
		area_free(a);
	}
}

/* The memory behind [@iova, @last] once more: areas without a gap. */
static int list_from(const struct iommufd_obj *src, struct iommufd_obj *dst,
		     uint64_t iova, uint64_t last, unsigned prot,
		     struct iommufd_area **list)
{
	struct iommufd_area **end = list;

	for (const struct iommufd_area *a = src->areas; a; a = a->next) {
		const uint64_t a_last = a->iova + (a->len - 1);
		const uint64_t to = a_last < last ? a_last : last;

		if (a_last < iova)
			continue;
		if (a->iova > iova)
			return -ENOENT;
		*end = area_new(dst, a->pages, a->off + iova - a->iova,
				to - iova + 1, prot);
		if (!*end)
			return -ENOMEM;
		(*end)->gone = a->gone;
		a->pages->refs++;
		end = &(*end)->next;
		if (to == last)
			return 0;
		iova = to + 1;
	}
	return -ENOENT;
}

int ioas_copy(struct ucmd *u)
{
	struct iommu_ioas_copy *c = u->cmd;
	struct iommufd_area *list = NULL;
	struct iommufd_obj *src, *dst;
	uint64_t iova = c->dst_iova;
	int ret = check_flags(c->flags, 0);

	if (ret)
		return ret;
	if (c->length == UINT64_MAX || c->src_iova == UINT64_MAX ||
	    c->dst_iova == UINT64_MAX)
		return -EOVERFLOW;
	if (!prot_of(c->flags))
		return -EINVAL;
	src = obj_find(u->x, c->src_ioas_id, OBJ_IOAS);
	if (!src)
		return -ENOENT;
	if (!c->length)
		return -EINVAL;
	if (c->src_iova + (c->length - 1) < c->src_iova)
		return -EOVERFLOW;
	dst = obj_find(u->x, c->dst_ioas_id, OBJ_IOAS);
	if (!dst)
		return -ENOENT;
	/* Before the list is made: an area is whole pages. */
	if ((c->src_iova | c->length) % PAGE_4K)
		return -EINVAL;
	ret = list_from(src, dst, c->src_iova, c->src_iova + (c->length - 1),
			prot_of(c->flags), &list);
	for (struct iommufd_area *a = list; a && !ret; a = a->next)
		if (a->prot & IOMMU_PROT_WRITE && a->pages->vma &&
		    !(a->pages->vma->prot & K_PROT_WRITE))
			ret = -EPERM;
	if (!ret && list)
		ret = place(dst, c->flags,
			    list->off + list->pages->start + list->pages->uva,
			    c->length, &iova);
	if (ret) {
		list_free(list);
		return ret;
	}
	ret = areas_commit(list, iova);
	c->dst_iova = iova;
	u->answer = !ret;
	return ret;
}

/* --- unmap --- */

/* All areas in [@iova, @last] are in no domain any more, or all as before. */
static int take_out(struct iommufd_obj *ioas, uint64_t iova, uint64_t last)
{
	struct iommufd_area *a, *b;
	int ret = 0;

	for (a = ioas->areas; a; a = a->next) {
		if (a->iova < iova || a->iova > last)
			continue;
		ret = area_take_out(a);
		if (ret)
			break;
	}
	for (b = ioas->areas; ret && b != a; b = b->next)
		if (b->iova >= iova)
			area_put_back(b);
	return ret;
}

/*
 * Whole areas only. One that is cut is -ENOENT; Linux may have unmapped those
 * before it by then, here nothing is. A driver that fails is heard, where Linux
 * warns: memory that devices still reach is not given back.
 */
int ioas_unmap(struct ucmd *u)
{
	struct iommu_ioas_unmap *q = u->cmd;
	struct iommufd_obj *ioas = obj_find(u->x, q->ioas_id, OBJ_IOAS);
	const bool all = !q->iova && q->length == UINT64_MAX;
	const uint64_t last = all ? UINT64_MAX : q->iova + (q->length - 1);
	uint64_t bytes = 0;
	int ret;

	if (!ioas)
		return -ENOENT;
	if (!all && (q->iova == UINT64_MAX || q->length == UINT64_MAX))
		return -EOVERFLOW;
	if (!q->length)
		return -EINVAL;
	if (last < q->iova)
		return -EOVERFLOW;
	for (struct iommufd_area *a = ioas->areas; a; a = a->next)
		if (a->iova <= last && a->iova + (a->len - 1) >= q->iova &&
		    (a->iova < q->iova || a->iova + (a->len - 1) > last))
			return -ENOENT;
	ret = take_out(ioas, q->iova, last);
	if (ret)
		return ret;
	for (struct iommufd_area *a = ioas->areas, *next; a; a = next) {
		next = a->next;
		if (a->iova < q->iova || a->iova > last)
			continue;
		bytes += a->len;
		area_drop(a);
	}
	if (!bytes && !all)
		return -ENOENT;
	q->length = bytes;
	u->answer = true;
	return 0;
}

/* --- options --- */

static int rlimit_mode(struct iommufd_ctx *x, struct iommu_option *o)
{
	if (o->object_id)
		return -EOPNOTSUPP;
	if (o->op == IOMMU_OPTION_OP_GET) {
		o->val64 = x->by_task;
		return 0;
	}
	if (o->op != IOMMU_OPTION_OP_SET)
		return -EOPNOTSUPP;
	if (x->objs)
		return -EBUSY;
	if (o->val64 > 1)
		return -EINVAL;
	x->by_task = o->val64;
	return 0;
}

/* Off only while no domain has a mapping; on for what is mapped later. */
static int huge_pages(struct iommufd_ctx *x, struct iommu_option *o)
{
	struct iommufd_obj *ioas = obj_find(x, o->object_id, OBJ_IOAS);
	struct iommufd_obj *h = NULL;

	if (!ioas)
		return -ENOENT;
	if (o->op == IOMMU_OPTION_OP_GET) {
		o->val64 = ioas->huge;
		return 0;
	}
	if (o->op != IOMMU_OPTION_OP_SET)
		return -EOPNOTSUPP;
	if (o->val64 > 1)
		return -EINVAL;
	if (!o->val64 && ioas->huge && ioas->areas && hwpt_next(ioas, NULL))
		return -EINVAL;
	ioas->huge = o->val64;
	while ((h = hwpt_next(ioas, h)))
		h->domain.huge = ioas->huge;
	return 0;
}

int ioas_option(struct ucmd *u)
{
	struct iommu_option *o = u->cmd;
	int ret = -EOPNOTSUPP;

	if (!o->reserved && o->option_id == IOMMU_OPTION_RLIMIT_MODE)
		ret = rlimit_mode(u->x, o);
	else if (!o->reserved && o->option_id == IOMMU_OPTION_HUGE_PAGES)
		ret = huge_pages(u->x, o);
	u->answer = !ret;
	return ret;
}
