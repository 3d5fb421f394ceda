/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <string.h>

#include "base/bits.h"
#include "world/laws_priv.h"
#include "world/world_priv.h"

/* Writing down the facts. Nothing here judges. */

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
	now->end[LAW_PORT].locked = p->locked;
	now->end[LAW_PORT].dropped = p->dropped;
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

/*
 * A descriptor that is closed ends it in one step: all exchanges of a STOP.
 * Where firmware then keeps the interface it is found in UNLOCKED. If trace
 * events were lost: perhaps.
 */
static bool was_stopping(const struct world *w, unsigned i)
{
	uint64_t at = w->laws->traced;

	if (w->traced - at > WORLD_TRACE)
		return true;
	for (; at < w->traced; at++) {
		const struct world_trace *t = &w->trace[at % WORLD_TRACE];

		if (t->ev == TRACE_EV(TRACE_TSM, TSM_TRACE_BIND) && t->a == i &&
		    t->c == TSM_BIND_STOPPING)
			return true;
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
	for (unsigned i = 0; i < now->binds; i++)
		now->bind[i].was_stopping =
			now->bind[i].state == TSM_BIND_UNLOCKED &&
			was_stopping(w, i);
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
	now->traits = v->traits;
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
	laws_look_pages(w, was, full, now);
	laws_look_memos(w, was, full, changes != l->changes, now);
	if (full)
		laws_look_far(w, now);
	l->traced = w->traced;
	l->looked = true;
	l->cur = !l->cur;
}

const struct law_facts *laws_facts(const struct world *w)
{
	return &w->laws->facts[w->laws->cur];
}
