/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "world/laws_priv.h"

/* Laws of MMIO and DMA: 33 to 46. */

static unsigned long long ull(uint64_t v)
{
	return v;
}

static bool accepted(const struct law_page *p)
{
	return p->io && p->assigned && p->validated;
}

/* The reported range of @b that @pa lies in, or NULL. */
static const struct tsm_range *range_of(const struct law_bind *b, uint64_t pa)
{
	for (unsigned i = 0; i < b->lock.ranges; i++) {
		const struct tsm_range *r = &b->lock.range[i];

		if (pa >= r->pa && pa - r->pa < (uint64_t)r->pages * PAGE_4K)
			return r;
	}
	return NULL;
}

static bool tee(const struct tsm_range *r)
{
	return !(r->attr & (TDISP_RANGE_MSIX_TABLE | TDISP_RANGE_MSIX_PBA |
			    TDISP_RANGE_NON_TEE));
}

/* Does @b report @p, for the owner that has it? */
static bool of_tdi(const struct law_bind *b, const struct law_page *p)
{
	if (b->state == TSM_BIND_FREE || b->owner != p->owner)
		return false;
	if (p->tdi && p->tdi != b->rid + 1u)
		return false;
	return range_of(b, p->pa);
}

/* The binding through which the owner of @p has it, or NULL. */
static const struct law_bind *holder(const struct law_facts *f,
				     const struct law_page *p)
{
	for (unsigned i = 0; i < f->binds; i++)
		if (f->bind[i].tvm && of_tdi(&f->bind[i], p))
			return &f->bind[i];
	return NULL;
}

/* Where the guest placed the BAR, if it is a guest that we see into. */
static bool gpa_fits(const struct law_facts *f, const struct law_bind *b,
		     const struct law_page *p)
{
	const struct tsm_range *r = range_of(b, p->pa);
	const struct law_guest *g = law_guest_of(f, b);
	const struct guest_bar *bar;
	uint64_t first;

	if (!g || r->id >= EVIDENCE_BARS)
		return true;
	first = r->pa;
	for (unsigned i = 0; i < b->lock.ranges; i++)
		if (b->lock.range[i].id == r->id && b->lock.range[i].pa < first)
			first = b->lock.range[i].pa;
	bar = &g->bar[r->id];
	return p->gpa == bar->gpa + (p->pa - first);
}

static void one_place(const struct law_facts *f, unsigned i, struct law_case *c)
{
	const struct law_page *p = &f->page[i];

	for (unsigned k = 0; k < i; k++)
		if (accepted(&f->page[k]) && f->page[k].owner == p->owner &&
		    f->page[k].gpa == p->gpa && f->page[k].pa != p->pa)
			law_break(c,
				  "owner %u has page %llx at %llx; it has page "
				  "%llx there too",
				  p->owner, ull(p->pa), ull(p->gpa),
				  ull(f->page[k].pa));
}

void law_33(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	(void)was;
	if (now->stray_page)
		law_break(c,
			  "page %llx is accepted MMIO; it is in no BAR and "
			  "no reported range",
			  ull(now->stray_page));
	for (unsigned i = 0; i < now->pages && now->pages_new; i++) {
		const struct law_page *p = &now->page[i];
		const struct law_bind *b;

		if (!accepted(p))
			continue;
		c->held++;
		b = holder(now, p);
		if (!b)
			law_break(c,
				  "page %llx is accepted MMIO of owner %u; no "
				  "TDI bound to it reports the page",
				  ull(p->pa), p->owner);
		else if (!gpa_fits(now, b, p))
			law_break(c,
				  "page %llx is accepted at %llx; the guest "
				  "has it elsewhere",
				  ull(p->pa), ull(p->gpa));
		one_place(now, i, c);
	}
}

static const struct law_page *page_before(const struct law_facts *was,
					  unsigned i, uint64_t pa)
{
	if (i < was->pages && was->page[i].pa == pa)
		return &was->page[i];
	for (unsigned k = 0; k < was->pages; k++)
		if (was->page[k].pa == pa)
			return &was->page[k];
	return NULL;
}

/* Has the guest that owns @p not judged the device by whose binding it has it?
 * One that claims no TDI yet has judged none. */
static bool too_early(const struct law_facts *f, const struct law_page *p)
{
	for (unsigned i = 0; i < LAW_GUESTS; i++)
		if (f->guest[i].there && f->guest[i].owner == p->owner)
			return f->guest[i].state < GUEST_JUDGED;
	return false;
}

void law_34(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	for (unsigned i = 0; i < now->pages && now->pages_new; i++) {
		const struct law_page *p = &now->page[i];
		const struct law_page *o = page_before(was, i, p->pa);
		const struct law_bind *b;

		if (!was->valid || !accepted(p) || (o && accepted(o)))
			continue;
		c->held++;
		b = holder(now, p);
		if (b && (b->named_lock != b->lock.id ||
			  (b->state != TSM_BIND_LOCKED &&
			   b->state != TSM_BIND_STARTING &&
			   b->state != TSM_BIND_RUN)))
			law_break(c,
				  "page %llx became accepted; TDI %04x is in "
				  "binding state %u, lock session %llu",
				  ull(p->pa), b->rid, b->state,
				  ull(b->lock.id));
		else if (too_early(now, p))
			law_break(c,
				  "page %llx became accepted; its guest has "
				  "not judged the device",
				  ull(p->pa));
	}
}

void law_35(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	(void)was;
	for (unsigned i = 0; i < now->pages && now->pages_new; i++) {
		const struct law_page *p = &now->page[i];

		if (!p->io || !p->validated)
			continue;
		c->held++;
		if (!p->assigned || !p->owner || !p->pinned)
			law_break(c,
				  "page %llx is accepted MMIO; the host may "
				  "retype it",
				  ull(p->pa));
	}
}

void law_36(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	(void)was;
	for (unsigned i = 0; i < now->pages && now->pages_new; i++) {
		const struct law_page *p = &now->page[i];
		const struct law_bind *b;
		const struct tsm_range *r;

		if (!accepted(p))
			continue;
		c->held++;
		b = holder(now, p);
		r = b ? range_of(b, p->pa) : NULL;
		if (p->large)
			law_break(c,
				  "page %llx is accepted MMIO; its entry is "
				  "larger than 4K",
				  ull(p->pa));
		else if (r && !tee(r))
			law_break(c,
				  "page %llx is accepted MMIO; its range "
				  "has attributes %x",
				  ull(p->pa), r->attr);
		else if (p->msix && !(b && b->lock.flags & TDISP_LOCK_MSIX))
			law_break(c,
				  "page %llx is accepted MMIO; an MSI-X "
				  "table that is not locked is in it",
				  ull(p->pa));
	}
}

/* Blocked, then forgotten by the TLBs, then given to another. */
void law_37(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	for (unsigned i = 0; i < now->pages && now->pages_new; i++) {
		const struct law_page *p = &now->page[i];
		const struct law_page *o = page_before(was, i, p->pa);

		if (!o || !o->assigned || (p->assigned && p->owner == o->owner))
			continue;
		c->held++;
		if (o->validated && !p->revoked)
			law_break(c,
				  "page %llx left owner %u; it was accepted "
				  "MMIO to the last",
				  ull(p->pa), o->owner);
		else if (p->reached)
			law_break(c,
				  "page %llx left owner %u; the IOMMU still "
				  "knows a way to it",
				  ull(p->pa), o->owner);
	}
}

static uint64_t accepted_in(const struct law_facts *f, const struct law_bind *b)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < f->pages; i++)
		n += accepted(&f->page[i]) && of_tdi(b, &f->page[i]);
	return n;
}

/* The release gate rests on the TSM's count, so the count must be true. */
void law_38(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	for (unsigned i = 0; i < now->binds && now->pages_new; i++) {
		const struct law_bind *b = &now->bind[i];

		if (b->state == TSM_BIND_FREE ||
		    (!b->mmio_pages && !accepted_in(now, b)))
			continue;
		c->held++;
		if (b->mmio_pages != accepted_in(now, b))
			law_break(c,
				  "the TSM counts %llu accepted pages of TDI "
				  "%04x; there are %llu",
				  ull(b->mmio_pages), b->rid,
				  ull(accepted_in(now, b)));
	}
	for (unsigned i = 0; i < now->binds; i++) {
		const struct law_bind *o = &was->bind[i];

		if (o->state == TSM_BIND_FREE ||
		    now->bind[i].state != TSM_BIND_FREE)
			continue;
		c->held++;
		for (unsigned k = 0; k < now->pages; k++)
			if (accepted(&now->page[k]) &&
			    now->page[k].owner == o->owner &&
			    (range_of(o, now->page[k].pa) ||
			     !holder(now, &now->page[k])))
				law_break(c,
					  "TDI %04x was released; page %llx of "
					  "owner %u is accepted still",
					  o->rid, ull(now->page[k].pa),
					  o->owner);
		for (unsigned k = 0; k < now->entries; k++)
			if (now->entry[k].valid && now->entry[k].rid == o->rid)
				law_break(c,
					  "TDI %04x was released; its trusted "
					  "entry is valid",
					  o->rid);
	}
}

/* All ranges of a device, or the device is not used. */
void law_39(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	for (unsigned k = 0; k < now->binds && was->valid; k++) {
		const struct law_bind *b = &now->bind[k];
		const struct law_guest *g = law_guest_of(now, b);
		const enum guest_state then = now->traits & LAW_AT_START
						      ? GUEST_RUNNING
						      : GUEST_ACCEPTED;
		uint64_t want = 0;

		if (!g || g->state != then ||
		    was->guest[g - now->guest].state == then)
			continue;
		c->held++;
		for (unsigned i = 0; i < b->lock.ranges; i++)
			if (tee(&b->lock.range[i]))
				want += b->lock.range[i].pages;
		if (accepted_in(now, b) != want)
			law_break(c,
				  "the guest took TDI %04x over; %llu of %llu "
				  "pages are accepted",
				  b->rid, ull(accepted_in(now, b)), ull(want));
	}
}

void law_40(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	(void)was;
	for (unsigned i = 0; i < now->entries; i++) {
		const struct law_entry *e = &now->entry[i];
		const struct law_bind *b = law_bind_of(now, e->rid);

		if (!e->valid)
			continue;
		c->held++;
		if (!b)
			law_break(c,
				  "the trusted entry of %04x is valid; the "
				  "TDI is not booked",
				  e->rid);
		else if (!(now->dma_states & 1u << b->state) || !b->dma_on ||
			 !b->tvm || !b->lock.id)
			law_break(c,
				  "the trusted entry of %04x is valid; the "
				  "TDI is in binding state %u",
				  e->rid, b->state);
	}
}

void law_41(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	(void)was;
	if (now->stray_entry)
		law_break(c,
			  "the trusted entry of %04x is valid; no TDI has "
			  "that RID",
			  now->stray_entry - 1);
	for (unsigned i = 0; i < now->entries; i++) {
		const struct law_entry *e = &now->entry[i];
		const struct law_bind *b = law_bind_of(now, e->rid);
		const struct law_conn *x = b ? law_conn_of(now, b) : NULL;
		const struct law_tvm *t = b ? law_tvm_of(now, b->tvm) : NULL;

		if (!e->valid || !b)
			continue;
		c->held++;
		if (t && t->root != e->root)
			law_break(c,
				  "the trusted entry of %04x walks the table "
				  "at %llx; its TVM's is at %llx",
				  e->rid, ull(e->root), ull(t->root));
		else if (e->owner != b->owner || (now->traits & LAW_PIN_GUEST &&
						  e->guest_rid != b->guest_rid))
			law_break(c,
				  "the trusted entry of %04x names owner %u, "
				  "RID %04x; it is bound to owner %u as %04x",
				  e->rid, e->owner, e->guest_rid, b->owner,
				  b->guest_rid);
		else if (e->stream != x->stream_id || e->port != x->port)
			law_break(c,
				  "the trusted entry of %04x names stream %u, "
				  "port %u; it is connected by %u, %u",
				  e->rid, e->stream, e->port, x->stream_id,
				  x->port);
		else if (e->odd)
			law_break(c,
				  "the trusted entry of %04x has bits set; "
				  "they are neither pinned nor the guest's",
				  e->rid);
	}
}

/* What passes reaches the page that the TVM's CPU has at this address. */
void law_42(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	(void)was;
	for (unsigned i = 0; i < now->memos && now->memos_new; i++) {
		const struct law_memo *m = &now->memo[i];

		if (!m->t || !m->passes || m->shared)
			continue;
		c->held++;
		if (m->owner != m->entry_owner || m->page_gpa != m->gpa)
			law_break(c,
				  "DMA of owner %u to %llx passes; the page is "
				  "owner %u's at %llx",
				  m->entry_owner, ull(m->gpa), m->owner,
				  ull(m->page_gpa));
	}
}

/*
 * A remembered translation to a page that has changed its state since must
 * not pass.
 */
void law_43(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	(void)was;
	for (unsigned i = 0; i < now->memos && now->memos_new; i++) {
		const struct law_memo *m = &now->memo[i];

		if (!m->passes || !m->known)
			continue;
		c->held++;
		if (m->t && !m->shared && (!m->assigned || !m->validated))
			law_break(c,
				  "a remembered way to %llx passes with T = 1; "
				  "the page is not private any more",
				  ull(m->pa));
		else if ((!m->t || m->shared) && m->assigned)
			law_break(
				c,
				"a remembered way to %llx passes with T = %u, "
				"shared; the page is private",
				ull(m->pa), m->t);
	}
}

void law_44(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	(void)was;
	for (unsigned i = 0; i < now->memos && now->memos_new; i++) {
		const struct law_memo *m = &now->memo[i];

		if (!m->passes || !m->known || !m->assigned)
			continue;
		c->held++;
		if (now->traits & LAW_LEAF_EXACT
			    ? m->large != (m->leaf >= PAGE_2M)
			    : !m->large && m->leaf >= PAGE_2M)
			law_break(c,
				  "an I/O leaf of %llu bytes reaches %llx; the "
				  "page's entry is %s",
				  ull(m->leaf), ull(m->pa),
				  m->large ? "2M" : "4K");
	}
}

static const struct law_entry *entry_before(const struct law_facts *f,
					    uint16_t rid)
{
	for (unsigned i = 0; i < f->entries; i++)
		if (f->entry[i].rid == rid)
			return &f->entry[i];
	return NULL;
}

void law_45(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	for (unsigned i = 0; i < now->entries; i++) {
		const struct law_entry *e = &now->entry[i];
		const struct law_entry *o = entry_before(was, e->rid);

		if (e->valid)
			continue;
		c->held += o && o->valid;
		if (now->entry_kept[i])
			law_break(c,
				  "the trusted entry of %04x is invalid; the "
				  "IOMMU remembers it",
				  e->rid);
		for (unsigned k = 0; k < now->memos && now->memos_new; k++)
			if (now->memo[k].t &&
			    (uint16_t)now->memo[k].rid == e->rid)
				law_break(
					c,
					"the trusted entry of %04x is "
					"invalid; a way to %llx is remembered",
					e->rid, ull(now->memo[k].pa));
	}
}

static bool tvm_lives(const struct law_facts *f, uint64_t id)
{
	for (unsigned i = 0; i < LAW_TVMS; i++)
		if (f->tvm[i].id == id)
			return true;
	return false;
}

/* What still leads from a device to the memory of @o, which is no more. */
static void nothing_left(const struct law_facts *now, const struct law_tvm *o,
			 struct law_case *c)
{
	for (unsigned i = 0; i < now->entries && o->owner; i++)
		if (now->entry[i].valid && now->entry[i].owner == o->owner)
			law_break(c,
				  "TVM %llx is gone; the trusted entry of "
				  "%04x leads to it",
				  ull(o->id), now->entry[i].rid);
	for (unsigned i = 0; i < now->binds; i++) {
		const struct law_bind *b = &now->bind[i];

		if (b->state != TSM_BIND_FREE && b->tvm == o->id &&
		    b->state != TSM_BIND_UNLOCKED && b->state != TSM_BIND_DEAD)
			law_break(c,
				  "TVM %llx is gone; its TDI %04x is in "
				  "binding state %u",
				  ull(o->id), b->rid, b->state);
	}
}

void law_46(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	for (unsigned i = 0; i < LAW_TVMS; i++) {
		const struct law_tvm *o = &was->tvm[i];

		if (!o->id || tvm_lives(now, o->id))
			continue;
		c->held++;
		nothing_left(now, o, c);
	}
}
