/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages of a guest_memfd that leave the file, or change hands: no domain shows
 * them then, and nothing remembers that it did (law 43). Like a buffer that was
 * revoked, what an area had of them is gone for good: it is cut out of the area
 * and keeps its place until it is unmapped, with the rest or by itself.
 *
 * Source: linux.md 5.2 (Linux 7.3 drivers/iommu/iommufd/pages.c); areas are cut
 * as iopt_area_split() of io_pagetable.c does
 */
#include <errno.h>

#include "base/bits.h"
#include "host/iommufd/iommufd_priv.h"

struct gone {
	const struct gmem *g;
	uint64_t from; /* in the file */
	uint64_t to;
};

/* What is held is in every domain of its IOAS, and nothing else is. */
static bool concerns(const struct iommufd_area *a, const struct gone *q)
{
	const uint64_t at = a->pages->start + a->off;

	return a->held && gmem_from_file(a->pages->file) == q->g &&
	       at < q->to && at + a->len > q->from;
}

/* The next area of all, @a being in @x; NULL, NULL: the first. */
static struct iommufd_area *next_of_all(struct iommufd_core *c,
					struct iommufd_area *a)
{
	struct iommufd_ctx *x = a ? a->ioas->ctx : c->all;
	struct iommufd_obj *o = a ? a->ioas->next : x ? x->objs : NULL;

	if (a && a->next)
		return a->next;
	while (x) {
		for (; o; o = o->next)
			if (o->kind == OBJ_IOAS && o->areas)
				return o->areas;
		x = x->next;
		o = x ? x->objs : NULL;
	}
	return NULL;
}

/* Leaf sizes that were asked for go along, by block of 2 MiB. */
static void sizes_copy(struct iommufd_area *to, const struct iommufd_area *from)
{
	const uint64_t first = to->iova / PAGE_2M;
	const uint64_t blocks = (to->iova + to->len - 1) / PAGE_2M - first + 1;

	for (uint64_t b = 0; b < blocks; b++) {
		const uint64_t f = b + first - from->iova / PAGE_2M;

		if (from->asked[f / 64] & BIT64(f % 64))
			to->asked[b / 64] |= BIT64(b % 64);
		if (from->large[f / 64] & BIT64(f % 64))
			to->large[b / 64] |= BIT64(b % 64);
	}
}

/* What is behind the first @len bytes becomes an area of its own. */
static int cut(struct iommufd_area *a, uint64_t len)
{
	struct iommufd_area *n = area_new(a->ioas, a->pages, a->off + len,
					  a->len - len, a->prot);

	if (!n)
		return -ENOMEM;
	n->iova = a->iova + len;
	n->held = a->held;
	n->cut = true;
	n->next = a->next;
	sizes_copy(n, a);
	a->pages->refs++;
	a->next = n;
	a->len = len;
	return 0;
}

static int cut_all(struct iommufd_core *c, const struct gone *q)
{
	int ret = 0;

	/* The part behind a cut is the next area of all. */
	for (struct iommufd_area *a = next_of_all(c, NULL); a;
	     a = next_of_all(c, a)) {
		const uint64_t at = a->pages->start + a->off;

		if (!concerns(a, q))
			continue;
		if (at < q->from)
			ret = cut(a, q->from - at);
		else if (at + a->len > q->to)
			ret = cut(a, q->to - at);
		if (ret)
			break;
	}
	return ret;
}

/* Nothing has come of it: whole again, as the user made them. */
static void join_all(struct iommufd_core *c)
{
	for (struct iommufd_area *a = next_of_all(c, NULL); a;
	     a = next_of_all(c, a)) {
		while (a->next && a->next->cut) {
			struct iommufd_area *n = a->next;

			a->len += n->len;
			a->next = n->next;
			area_free(n);
		}
	}
}

static int take_out(struct iommufd_core *c, const struct gone *q)
{
	int ret = 0;

	for (struct iommufd_area *a = next_of_all(c, NULL); a;
	     a = next_of_all(c, a)) {
		if (!concerns(a, q))
			continue;
		ret = area_take_out(a);
		if (ret)
			break;
		a->out = true;
	}
	return ret;
}

static void put_back(struct iommufd_core *c)
{
	for (struct iommufd_area *a = next_of_all(c, NULL); a;
	     a = next_of_all(c, a)) {
		if (a->out)
			area_put_back(a);
		a->out = false;
	}
}

int gone_pages(void *core, const struct gmem *g, uint64_t index, uint64_t n)
{
	struct iommufd_core *c = core;
	const struct gone q = { g, index * PAGE_4K, (index + n) * PAGE_4K };
	int ret = cut_all(c, &q);

	if (!ret)
		ret = take_out(c, &q);
	if (ret) {
		put_back(c);
		join_all(c);
		return ret;
	}
	for (struct iommufd_area *a = next_of_all(c, NULL); a;
	     a = next_of_all(c, a)) {
		a->gone |= a->out;
		if (a->out)
			area_let_go(a);
		a->out = a->cut = false;
	}
	return 0;
}
