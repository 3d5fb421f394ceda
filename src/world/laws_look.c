/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <string.h>

#include "base/bits.h"
#include "world/laws_priv.h"
#include "world/world_priv.h"

/* Writing down the facts. Nothing here judges. */

struct span {
	uint64_t base;
	uint64_t size;
	int fn;
	int bar;
};

#define SPANS_MAX (LAW_DEVS * T0_BARS * LAW_FNS + LAW_BINDS * TSM_RANGES_MAX)

/* --- device --- */

/* The half that speaks SPDM is asked: what the other believes is judged. */
static bool session_open(const struct device *d, uint64_t token)
{
	return dsm_front_open(&d->dsm.front, (unsigned)(token >> 56),
			      token >> 48 & 0xff, token & DSM_GEN_MAX);
}

static bool any_session(const struct device *d)
{
	for (size_t c = 0; c < d->dsm.front.count; c++)
		for (unsigned i = 0; i < d->conns[c].rsp.cfg.ses_count; i++)
			if (d->conns[c].rsp.cfg.ses[i].state == SPDM_SES_OPEN)
				return true;
	return false;
}

static uint64_t keyed_by(const struct device *d, uint8_t stream)
{
	for (unsigned i = 0; i < DEVICE_STREAMS; i++)
		if (d->km[i].used && d->km[i].stream == stream)
			return idekm_rsp_keyed(&d->dsm.pci.idekm, d->km[i].port,
					       stream);
	return 0;
}

/* What no command was long enough for is looked at by full passes alone. */
static bool fn_clean(const struct device_fn *f, bool full)
{
	const struct device_engine *e = &f->engine;

	for (unsigned b = 0; b < T0_BARS; b++)
		if (f->mem[b].used || !law_zero(f->mem[b].p, f->mem[b].size))
			return false;
	return !e->used && law_zero(e->buf, full ? DMA_MAX_LEN : e->longest);
}

/* Some stream that is bound for peers is not keyed by the TDI's session. */
static bool p2p_foreign(const struct device *d, const struct tdi *t)
{
	for (unsigned i = 0; i < 256; i++)
		if ((t->p2p[i / 32] >> i % 32 & 1) &&
		    keyed_by(d, (uint8_t)i) != t->session)
			return true;
	return false;
}

static void look_tdi(const struct device *d, unsigned i, enum tdi_state was,
		     bool full, struct law_tdi *out)
{
	const struct tdi *t = &d->tdis[i];

	*out = (struct law_tdi){
		.hosted = t->hosted,
		.rid = device_rid(d, i),
		.state = t->state,
		.session = t->session,
		.session_open = t->session && session_open(d, t->session),
		.keyed_by = keyed_by(d, t->lock.default_stream),
		.stream = t->lock.default_stream,
		.nonce_live = t->nonce_live,
		.nonce_zero = law_zero(t->nonce, sizeof(t->nonce)),
		.p2p = !law_zero(t->p2p, sizeof(t->p2p)),
		.moved = d->fn[i].engine.moved,
		.count = d->fn[i].engine.count,
		.clean = true,
	};
	out->p2p_foreign = out->p2p && p2p_foreign(d, t);
	out->p2p_default = t->p2p[out->stream / 32] >> out->stream % 32 & 1;
	if (was != TDI_UNLOCKED && t->state == TDI_UNLOCKED)
		out->clean = fn_clean(&d->fn[i], full);
}

/*
 * One step may bring two events: LOCK, and what takes the lock away. If trace
 * events were lost: perhaps.
 */
static bool was_locked(const struct world_dev *d, unsigned i)
{
	const struct world *w = d->w;
	uint64_t at = w->laws->traced;

	if (w->traced - at > WORLD_TRACE)
		return true;
	for (; at < w->traced; at++) {
		const struct world_trace *t = &w->trace[at % WORLD_TRACE];

		if (t->ev == TDISP_TRACE_STATE && t->dev == 1 + d->index &&
		    t->a == i && t->b >> 8 == TDI_LOCKED)
			return true;
	}
	return false;
}

static void look_device(const struct world_dev *wd, const struct law_dev *was,
			bool full, struct law_dev *now)
{
	const struct device *d = wd->dev;

	now->port = WORLD_PORT_NR(wd->index);
	now->seen = d != NULL;
	now->fns = d ? d->fns : 0;
	if (!d)
		return;
	for (unsigned i = 0; i < d->fns; i++) {
		look_tdi(d, i, was->tdi[i].state, full, &now->tdi[i]);
		now->tdi[i].was_locked = was_locked(wd, i);
	}
	now->any_session = any_session(d);
	now->keys_owner = d->dsm.pci.idekm.owner;
	now->keys_owner_open = session_open(d, now->keys_owner);
	now->keys_held = 0;
	for (unsigned i = 0; i < DEVICE_STREAMS; i++) {
		const uint8_t *k = &d->km[i].key[0][0][0];

		for (unsigned n = 0; n < sizeof(d->km[i].key); n++)
			now->keys_held +=
				d->km[i].used && k[n] != IDEKM_KEY_EMPTY;
	}
}

/* --- link --- */

/* Against those before it; of @from only the later ones are new. */
static unsigned repeated(const struct ide_port *p, unsigned from)
{
	for (unsigned i = from; i < p->key_log_n; i++)
		for (unsigned k = 0; k < i; k++)
			if (p->key_log[i] == p->key_log[k])
				return i + 1;
	return 0;
}

static void look_stream(const struct ide_stream *s, struct law_stream *out)
{
	out->state = s->state;
	out->cfg = s->cfg;
	out->tx_set = s->tx_set;
	memcpy(out->rx_set, s->rx_set, sizeof(out->rx_set));
	out->keyed = false;
	for (unsigned n = 0; n < 4 * TLP_CLASSES; n++) {
		unsigned set = n & 1, dir = n >> 1 & 1, sub = n / 4;
		const struct ide_key *k = &s->key[set][dir][sub];

		out->key[set][dir][sub] = (struct law_key){
			.there = k->there,
			.going = k->going,
			.killed = k->killed,
			.counter = k->counter,
		};
		out->keyed |= k->there || k->going;
	}
}

static void look_end(const struct ide_port *p, const struct law_end *was,
		     bool full, struct law_end *now)
{
	now->streams = p->cfg.streams;
	now->log_n = p->key_log_n;
	now->repeat = repeated(p, full ? 0 : was->log_n);
	for (unsigned i = 0; i < p->cfg.streams; i++) {
		look_stream(&p->stream[i], &now->s[i]);
		now->s[i].lost_at = was->s[i].lost_at;
		if (was->s[i].state == IDE_ST_SECURE &&
		    now->s[i].state != IDE_ST_SECURE)
			now->s[i].lost_at = now->log_n;
	}
}

static void look_link(const struct world_dev *d, const struct law_dev *was,
		      bool full, struct law_dev *now)
{
	const struct fabric_port *p = &d->w->fabric.port[d->port];
	uint8_t *route = now->end[LAW_PORT].route;

	look_end(&p->ide, &was->end[LAW_PORT], full, &now->end[LAW_PORT]);
	if (d->dev)
		look_end(&d->dev->ide, &was->end[LAW_DEVICE], full,
			 &now->end[LAW_DEVICE]);
	/* Type 1 header: bus numbers, then memory windows. */
	memcpy(route, p->cfg.image + 0x18, 3);
	memcpy(route + 3, p->cfg.image + 0x20, 16);
}

/* What is looked at is written over; a place that had more is cleared. */
static void clear_device(const struct world_dev *d, struct law_dev *n)
{
	const struct device *v = d->dev;
	const unsigned port = d->w->fabric.port[d->port].ide.cfg.streams;

	if (n->seen != (v != NULL) || n->fns != (v ? v->fns : 0) ||
	    n->end[LAW_PORT].streams != port ||
	    n->end[LAW_DEVICE].streams != (v ? v->ide.cfg.streams : 0))
		memset(n, 0, sizeof(*n));
}

/* Into the place that the facts before do not stand in. */
static void look_devices(struct world *w, const struct law_facts *was,
			 bool full, struct law_facts *now)
{
	now->devs = w->devs;
	for (unsigned i = 0; i < w->devs; i++) {
		struct law_dev *two = w->laws->dev[i];
		struct law_dev *o = was->dev[i];
		struct law_dev *n = &two[o == &two[0]];

		now->dev[i] = o;
		now->dev_new[i] = full || !was->valid || w->dev[i].touched;
		if (!now->dev_new[i])
			continue;
		clear_device(&w->dev[i], n);
		look_device(&w->dev[i], o, full, n);
		look_link(&w->dev[i], o, full, n);
		now->dev[i] = n;
		w->dev[i].touched = false;
	}
}

/* --- platform --- */

static uint8_t port_id(const struct world_dev *d, uint64_t block)
{
	return d->w->fabric.port[d->port].ide.stream[block].cfg.id;
}

/*
 * Was binding @i locked in this step, and did the root port's stream of @x
 * leave Secure later, and not before?
 */
static bool fell(const struct world *w, unsigned i, const struct law_conn *x)
{
	const struct world_dev *d = NULL;
	uint64_t at = w->laws->traced;
	bool locked = false;

	if (w->traced - at > WORLD_TRACE)
		return true;
	for (unsigned k = 0; k < w->devs; k++)
		if (WORLD_PORT_NR(k) == x->port)
			d = &w->dev[k];
	if (!d)
		return false;
	for (; at < w->traced; at++) {
		const struct world_trace *t = &w->trace[at % WORLD_TRACE];

		if (t->ev == TRACE_EV(TRACE_TSM, TSM_TRACE_BIND))
			locked |= t->a == i && t->c == TSM_BIND_LOCKED;
		else if (t->ev == FABRIC_TR_STREAM && t->a == d->port &&
			 port_id(d, t->b) == x->stream_id)
			return locked;
	}
	return false;
}

static bool was_valid(const struct law_facts *was, uint32_t rid)
{
	for (unsigned i = 0; i < was->entries; i++)
		if (was->entry[i].rid == rid)
			return was->entry[i].valid;
	return false;
}

static void look_entry(struct world *w, const struct law_facts *was,
		       uint16_t rid, struct law_facts *now)
{
	struct law_entry *e = &now->entry[now->entries];
	const bool kept = iommu_keeps(&w->iommu, rid, true);

	memset(e, 0, sizeof(*e));
	if (!w->plat->law->entry(w, rid, e))
		memset(e, 0, sizeof(*e));
	e->rid = rid;
	now->entry_kept[now->entries] = kept;
	if ((e->valid || kept || was_valid(was, rid)) &&
	    now->entries < LAW_ENTRIES - 1)
		now->entries++;
}

static bool entries_may_differ(struct world *w, const struct law_facts *was)
{
	struct world_laws *l = w->laws;
	const uint64_t changes = w->plat->law->entry_changes(w);
	const bool differ = !was->valid || changes != l->entry_changes ||
			    w->iommu.misses != l->entry_misses ||
			    w->iommu.completed != l->entry_completed;

	l->entry_changes = changes;
	l->entry_misses = w->iommu.misses;
	l->entry_completed = w->iommu.completed;
	return differ;
}

static void look_entries(struct world *w, const struct law_facts *was,
			 bool full, struct law_facts *now)
{
	const struct law_view *v = w->plat->law;

	now->entries = 0;
	if (!entries_may_differ(w, was) && !full) {
		now->entries = was->entries;
		memcpy(now->entry, was->entry,
		       was->entries * sizeof(*was->entry));
		memcpy(now->entry_kept, was->entry_kept,
		       was->entries * sizeof(*was->entry_kept));
		return;
	}
	for (uint32_t rid = v->next_entry(w, 0); rid <= UINT16_MAX;
	     rid = v->next_entry(w, rid + 1))
		look_entry(w, was, (uint16_t)rid, now);
}

static void look_binds(struct world *w, struct law_facts *now)
{
	unsigned n = LAW_BINDS;

	memset(now->bind, 0, now->binds * sizeof(*now->bind));
	w->plat->law->binds(w, now->bind);
	while (n && now->bind[n - 1].state == TSM_BIND_FREE)
		n--;
	now->binds = n > w->laws->binds ? n : w->laws->binds;
	w->laws->binds = n;
	for (unsigned i = 0; i < now->binds; i++)
		if (now->bind[i].state == TSM_BIND_FREE)
			now->bind[i].conn = LAW_NONE;
	for (unsigned i = 0; i < now->binds; i++)
		now->bind[i].fell = now->bind[i].state == TSM_BIND_LOCKED &&
				    fell(w, i, law_conn_of(now, &now->bind[i]));
}

static void look_platform(struct world *w, const struct law_facts *was,
			  bool full, struct law_facts *now)
{
	const struct law_view *v = w->plat->law;

	v->conns(w, now->conn);
	look_binds(w, now);
	v->tvms(w, now->tvm);
	now->dma_states = v->dma_states;
	now->report_info = v->report_info;
	look_entries(w, was, full, now);
}

/* --- guest --- */

static bool leaf_digest(const struct guest *g, uint8_t out[TSM_DIGEST_LEN])
{
	const struct crypto *c = g->cfg.crypto;
	uint8_t pub[CRYPTO_PUB_MAX];
	enum crypto_curve curve;

	return !crypto_pubkey(c, g->findings.chain.leaf, &curve, pub) &&
	       !crypto_hash(c, CRYPTO_SHA384, pub, 2 * crypto_curve_len(curve),
			    out);
}

static void look_guest(const struct world_vm *vm, const struct law_guest *was,
		       struct law_guest *out)
{
	const struct guest *g = vm->guest;

	out->there = g != NULL;
	out->leaf_known = false;
	if (!g)
		return;
	out->owner = vm->w->plat->owner(vm);
	out->state = g->state;
	out->tdi_id = g->claims.tdi_id;
	out->ranges_on = g->ranges_on;
	memcpy(out->certs, g->claims.certs, sizeof(out->certs));
	memcpy(out->meas, g->claims.meas, sizeof(out->meas));
	memcpy(out->report, g->claims.report, sizeof(out->report));
	memcpy(out->nonce, g->nonce, sizeof(out->nonce));
	/* Of the function that may be locked. */
	memcpy(out->bar, g->beside ? g->other_bar : g->bar, sizeof(out->bar));
	if (g->state == GUEST_JUDGED && was->state != GUEST_JUDGED)
		out->leaf_known = leaf_digest(g, out->leaf);
}

/* --- pages --- */

/* All memory BARs that the device has: its registers alone do not tell the
 * upper half of a VF's BAR from a BAR. */
static void bar_spans(const struct device *d, struct span *out, unsigned *n)
{
	const struct pci_cfg *pf = &d->fn[0].cfg;

	for (unsigned b = 0; b < T0_BARS; b++) {
		uint64_t base = 0, size = 0;

		if (d->cfg.bar[b].size) {
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
static void look_far(struct world *w, struct law_facts *now)
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

static void look_pages(struct world *w, const struct law_facts *was, bool full,
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

static void look_memos(struct world *w, const struct law_facts *was, bool full,
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

/* All else is written over as far as it is in use. */
static void clear(struct law_facts *now)
{
	memset(now->conn, 0, sizeof(now->conn));
	memset(now->tvm, 0, sizeof(now->tvm));
	now->stray_page = 0;
	now->stray_entry = 0;
	now->memos_new = false;
	now->memos = 0;
}

void laws_look(struct world *w, bool full)
{
	struct world_laws *l = w->laws;
	const struct law_facts *was = &l->facts[l->cur];
	struct law_facts *now = &l->facts[!l->cur];
	uint64_t changes = l->changes;

	clear(now);
	now->valid = true;
	now->step = w->steps;
	look_devices(w, was, full, now);
	look_platform(w, was, full, now);
	for (unsigned i = 0; i < WORLD_VMS; i++)
		look_guest(&w->vm[i], &was->guest[i], &now->guest[i]);
	look_pages(w, was, full, now);
	look_memos(w, was, full, changes != l->changes, now);
	if (full)
		look_far(w, now);
	l->traced = w->traced;
	l->looked = true;
	l->cur = !l->cur;
}

const struct law_facts *laws_facts(const struct world *w)
{
	return &w->laws->facts[w->laws->cur];
}
