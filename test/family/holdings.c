/* SPDX-License-Identifier: BSD-2-Clause */
#include "family/holdings.h"

struct holdings holdings_of(const struct world *w)
{
	const struct host *h = w->host;
	struct world_held held;
	struct holdings x = {
		.frames = mem_frames_left(&w->mem),
		.pools = { h->k.file_pool.live, h->k.vma_pool.live,
			   h->k.leaf_pool.live, h->tsm.tdi_pool.live,
			   h->tsm.dsm_pool.live, h->iommufd.ctx_pool.live,
			   h->iommufd.obj_pool.live, h->iommufd.area_pool.live,
			   h->ide.pool.live, h->vfio.buf_pool.live },
		.slots = ossl_live(w->ossl_plat),
	};

	w->plat->held(w, &held);
	x.assigned = held.pages;
	x.leaked = held.leaked;
	return x;
}

void holdings_same(struct family_end *end, const struct holdings *a,
		   const struct holdings *b)
{
	if (a->frames != b->frames)
		family_bad(end, "%lld frames are kept",
			   (long long)(b->frames - a->frames));
	if (a->assigned != b->assigned)
		family_bad(end, "%llu pages stay assigned",
			   (unsigned long long)a->assigned);
	if (a->leaked)
		family_bad(end, "firmware keeps %llu contexts",
			   (unsigned long long)a->leaked);
	for (size_t i = 0; i < COUNT(a->pools); i++)
		if (a->pools[i] != b->pools[i])
			family_bad(end, "pool %zu of the host: %u, was %u", i,
				   a->pools[i], b->pools[i]);
	if (a->slots != b->slots)
		family_bad(end, "%u secrets of the platform, were %u", a->slots,
			   b->slots);
}
