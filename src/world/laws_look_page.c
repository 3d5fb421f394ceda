/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "world/laws_priv.h"
#include "world/world_priv.h"

/* The facts of pages, and of what the IOMMU remembers of them. */

struct span {
	uint64_t base;
	uint64_t size;
	int fn;
	int bar;
};

#define SPANS_MAX (LAW_DEVS * T0_BARS * LAW_FNS + LAW_BINDS * TSM_RANGES_MAX)

/* --- pages --- */

/* All memory BARs that the device has: its registers alone do not tell the
 * upper half of a VF's BAR from a BAR. */
static void bar_spans(const struct device *d, struct span *out, unsigned *n)
{
	const struct pci_cfg *pf = &d->fn[0].cfg;

	for (unsigned b = 0; b < T0_BARS; b++) {
		uint64_t base = 0, size = 0;

		if (d->cfg.pf[0].bar[b].size) {
			base = pci_bar_base(pf, b);
			size = pci_bar_size(pf, b);
		}
		if (base && size)
			out[(*n)++] = (struct span){ base, size, 0, (int)b };
		if (d->fns == 1 || !d->cfg.vf_bar[b].size)
			continue;
		base = pci_vf_bar_base(pf, b);
		size = pci_vf_bar_size(pf, b);
		for (unsigned i = 1; i < d->fns && base && size; i++)
			if (d->fn[i].there)
				out[(*n)++] =
					(struct span){ base + (i - 1) * size,
						       size, (int)i, (int)b };
	}
}

static unsigned spans_of(const struct world *w, const struct law_facts *now,
			 struct span out[SPANS_MAX])
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->devs; i++)
		if (w->dev[i].dev)
			bar_spans(w->dev[i].dev, out, &n);
	for (unsigned i = 0; i < now->binds; i++)
		for (unsigned k = 0; k < now->bind[i].lock.ranges; k++) {
			const struct tsm_range *r = &now->bind[i].lock.range[k];

			out[n++] = (struct span){ r->pa, r->pages * PAGE_4K,
						  LAW_NONE, LAW_NONE };
		}
	return n;
}

static uint64_t spans_mark(const struct span *s, unsigned n)
{
	uint64_t h = n;

	for (unsigned i = 0; i < n; i++)
		h = (h ^ s[i].base ^ s[i].size << 1 ^ (uint64_t)s[i].fn << 56) *
		    UINT64_C(0x9e3779b97f4a7c15);
	return h;
}

/* Did acceptance of @pa end in this step? If events were lost: perhaps. */
static bool was_revoked(const struct world *w, uint64_t pa)
{
	uint64_t from = w->laws->traced, at;

	if (w->traced - from > WORLD_TRACE)
		return true;
	for (uint64_t i = from; i < w->traced; i++) {
		const struct world_trace *t = &w->trace[i % WORLD_TRACE];

		if (w->plat->law->revoked(t->ev, t->a, t->b, &at) && at == pa)
			return true;
	}
	return false;
}

/*
 * Is @pa in the list already? What is outside of the aperture is in no BAR that
 * was placed, and so little that it may stand there twice.
 */
static bool seen(const struct world *w, uint64_t pa)
{
	const uint64_t n = (pa - WORLD_MMIO) / PAGE_4K;

	return n < LAW_PAGES && w->laws->seen[n / 64] >> n % 64 & 1;
}

static void see(const struct world *w, uint64_t pa)
{
	const uint64_t n = (pa - WORLD_MMIO) / PAGE_4K;

	if (n < LAW_PAGES)
		w->laws->seen[n / 64] |= BIT64(n % 64);
}

/* Of the list that was made last. */
static void forget_seen(struct world_laws *l)
{
	for (unsigned i = 0; i < l->listed; i++) {
		const uint64_t pa = l->page[l->page_cur][i].pa;
		const uint64_t n = (pa - WORLD_MMIO) / PAGE_4K;

		if (n < LAW_PAGES)
			l->seen[n / 64] = 0;
	}
}

static void add_page(struct world *w, const struct law_facts *was,
		     struct law_facts *now, const struct law_page *like)
{
	struct law_page *list = w->laws->page[w->laws->page_cur];
	struct law_page *p = &list[now->pages];
	const struct law_page *o = NULL;

	if (now->pages == LAW_PAGES)
		return;
	*p = *like;
	if (!w->plat->law->page(w, like->pa, p))
		return;
	for (unsigned i = 0; i < was->pages && !o; i++)
		if (was->page[(now->pages + i) % was->pages].pa == p->pa)
			o = &was->page[(now->pages + i) % was->pages];
	if (o && o->assigned && (!p->assigned || p->owner != o->owner)) {
		p->reached = iommu_reaches(&w->iommu, p->pa);
		p->revoked = was_revoked(w, p->pa);
	}
	see(w, like->pa);
	now->pages++;
}

static void span_pages(struct world *w, const struct law_facts *was,
		       struct law_facts *now, const struct span *s, unsigned i)
{
	for (uint64_t off = 0; off < s[i].size; off += PAGE_4K) {
		struct law_page p = {
			.pa = s[i].base + off,
			.fn = s[i].fn,
			.bar = s[i].bar,
			.off = off,
			.msix = s[i].bar == DMA_BAR_REGS &&
				(off == DMA_PAGE_MSIX_TABLE ||
				 off == DMA_PAGE_MSIX_PBA),
		};

		if (!seen(w, p.pa))
			add_page(w, was, now, &p);
	}
}

/* BARs, reported ranges, and what was somebody's the last time. */
static void take_pages(struct world *w, const struct law_facts *was,
		       struct law_facts *now, const struct span *s, unsigned n)
{
	forget_seen(w->laws);
	w->laws->page_cur ^= 1;
	now->page = w->laws->page[w->laws->page_cur];
	now->pages = 0;
	for (unsigned i = 0; i < n; i++)
		span_pages(w, was, now, s, i);
	for (unsigned i = 0; i < was->pages; i++) {
		struct law_page p = { .pa = was->page[i].pa,
				      .fn = LAW_NONE,
				      .bar = LAW_NONE };

		if (was->page[i].assigned && !seen(w, p.pa))
			add_page(w, was, now, &p);
	}
	w->laws->listed = now->pages;
}

static bool listed(const struct law_facts *f, uint64_t pa)
{
	for (unsigned i = 0; i < f->pages; i++)
		if (f->page[i].pa == pa)
			return true;
	return false;
}

static bool same_pages(const struct law_facts *a, const struct law_facts *b)
{
	for (unsigned i = 0; i < a->pages && i < b->pages; i++) {
		const struct law_page *x = &a->page[i], *y = &b->page[i];

		if (x->pa != y->pa || x->gpa != y->gpa ||
		    x->owner != y->owner || x->assigned != y->assigned ||
		    x->validated != y->validated || x->pinned != y->pinned ||
		    x->large != y->large)
			return false;
	}
	return a->pages == b->pages;
}

/* What the steps do not look at: all other pages, all other entries. */
void laws_look_far(struct world *w, struct law_facts *now)
{
	const struct law_view *v = w->plat->law;
	struct law_entry e;
	uint64_t pa = 0;

	while ((pa = v->next_accepted(w, pa)) != UINT64_MAX) {
		if (!listed(now, pa))
			now->stray_page = pa;
		pa += PAGE_4K;
	}
	for (uint32_t rid = v->next_entry(w, 0); rid <= UINT16_MAX;
	     rid = v->next_entry(w, rid + 1)) {
		bool known = false;

		for (unsigned i = 0; i < now->entries; i++)
			known |= now->entry[i].rid == rid;
		memset(&e, 0, sizeof(e));
		if (!known && v->entry(w, (uint16_t)rid, &e) && e.valid)
			now->stray_entry = rid + 1;
	}
}

void laws_look_pages(struct world *w, const struct law_facts *was, bool full,
		     struct law_facts *now)
{
	struct world_laws *l = w->laws;
	struct span s[SPANS_MAX];
	unsigned n = spans_of(w, now, s);
	uint64_t mark = spans_mark(s, n);
	uint64_t changes = w->plat->law->changes(w);
	bool dirty = !l->looked || mark != l->places || changes != l->changes;

	now->pages = was->pages;
	now->page = was->page;
	now->pages_new = dirty || full;
	if (!now->pages_new)
		return;
	take_pages(w, was, now, s, n);
	l->differs |= !dirty && !same_pages(was, now);
	l->places = mark;
	l->changes = changes;
}

/* --- what the IOMMU remembers --- */

static void take_memo(struct world *w, const struct law_facts *now,
		      const struct iommu_memo *m, struct law_memo *out)
{
	const struct law_entry none = { 0 }, *e = &none;

	for (unsigned i = 0; i < now->entries; i++)
		if (m->t && now->entry[i].rid == (uint16_t)m->rid)
			e = &now->entry[i];
	*out = (struct law_memo){
		.rid = m->rid,
		.t = m->t,
		.gpa = m->gpa,
		.pa = m->pa,
		.leaf = m->leaf,
		.entry_owner = e->owner,
	};
	if (!m->t || e->valid)
		w->plat->law->memo(w, out, e->level, e->port, m->write);
}

/* An entry that came or went since. */
static bool entries_moved(const struct law_facts *was,
			  const struct law_facts *now)
{
	if (was->entries != now->entries)
		return true;
	for (unsigned i = 0; i < now->entries; i++)
		if (was->entry[i].rid != now->entry[i].rid ||
		    was->entry[i].valid != now->entry[i].valid)
			return true;
	return false;
}

void laws_look_memos(struct world *w, const struct law_facts *was, bool full,
		     bool owners_moved, struct law_facts *now)
{
	struct world_laws *l = w->laws;
	struct iommu_memo m;

	now->memo = l->memo;
	if (!w->iommu.misses)
		return;
	now->memos_new = full || owners_moved || l->misses != w->iommu.misses ||
			 l->completed != w->iommu.completed ||
			 entries_moved(was, now);
	l->misses = w->iommu.misses;
	l->completed = w->iommu.completed;
	if (!now->memos_new)
		return;
	for (uint32_t i = iommu_memo_next(&w->iommu, 0);
	     i < w->iommu.tlb_slots && now->memos < LAW_MEMOS;
	     i = iommu_memo_next(&w->iommu, i + 1))
		if (iommu_memo_at(&w->iommu, i, &m))
			take_memo(w, now, &m, &l->memo[now->memos++]);
}
