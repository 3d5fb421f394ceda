/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdisp/codec.h"
#include "world/laws_priv.h"
#include "world/plat_cca.h"

/* What the laws ask of CCA: monitor, granules and realms, stream tables. */

/* Has the monitor something under way with the endpoint of @rid? */
static bool pending(const struct cca_plat *p, uint16_t rid)
{
	struct cca_fw_pdev x;
	struct cca_fw_vdev v;
	uint64_t pdev = 0;

	for (unsigned i = 0; i < cca_fw_pdevs(p->fw); i++) {
		if (!cca_fw_pdev_at(p->fw, i, &x) || x.root_port ||
		    (uint16_t)x.rid != rid)
			continue;
		pdev = x.pdev;
		if (x.comm == CCA_COMM_ACTIVE)
			return true;
	}
	for (unsigned i = 0; i < cca_fw_vdevs(p->fw) && pdev; i++)
		if (cca_fw_vdev_at(p->fw, i, &v) && v.pdev == pdev &&
		    v.comm == CCA_COMM_ACTIVE)
			return true;
	return false;
}

static void conns(struct world *w, struct law_conn out[LAW_CONNS])
{
	const struct cca_plat *p = w->plat_ctx;

	law_tsm_conns(cca_fw_tsm(p->fw), out);
	for (unsigned i = 0; i < LAW_CONNS; i++)
		if (out[i].state != TSM_CONN_FREE)
			out[i].pending = pending(p, out[i].rid);
}

/* The nonce of a lock is what a realm knows it by. */
static void binds(struct world *w, struct law_bind out[LAW_BINDS])
{
	const struct cca_plat *p = w->plat_ctx;
	struct tsm *t = cca_fw_tsm(p->fw);
	struct cca_fw_vdev x;

	for (unsigned i = 0; i < cca_fw_vdevs(p->fw); i++) {
		struct law_bind *o;

		if (!cca_fw_vdev_at(p->fw, i, &x) || !x.bind)
			continue;
		o = law_tsm_bind(t, x.bind, out);
		if (!o)
			continue;
		o->rid = (uint16_t)x.rid;
		o->owner = x.vmid;
		o->named_lock = x.named;
		o->tdi_id = x.lock_nonce;
		o->guest_rid = (uint16_t)x.vdev_id;
	}
}

static void tvms(struct world *w, struct law_tvm out[LAW_TVMS])
{
	const struct cca_plat *p = w->plat_ctx;
	struct cca_fw_realm r;

	for (unsigned i = 0; i < cca_fw_realms(p->fw) && i < LAW_TVMS; i++)
		if (cca_fw_realm_at(p->fw, i, &r))
			out[i] = (struct law_tvm){
				.id = r.rd,
				.owner = r.vmid,
				.root = r.rtt,
				.key_live =
					cca_own_realm_active(&p->own, r.vmid),
			};
}

/* --- the Realm stream table --- */

static bool entry(struct world *w, uint16_t rid, struct law_entry *out)
{
	const struct cca_plat *p = w->plat_ctx;
	const struct cca_own_realm *r;
	struct cca_own_ste e;

	if (cca_own_ste_read(&p->own, rid, &e))
		return false;
	r = cca_own_realm_of(&p->own, e.vmid);
	*out = (struct law_entry){
		.rid = rid,
		.valid = e.valid,
		.owner = e.vmid,
		.port = e.port,
		.stream = e.stream,
		.root = r && r->active ? r->root : 0,
		.odd = e.valid && !e.vmid,
	};
	return true;
}

static uint32_t next_entry(struct world *w, uint32_t rid)
{
	const struct cca_plat *p = w->plat_ctx;

	return cca_own_ste_next(&p->own, rid);
}

static uint64_t entry_changes(const struct world *w)
{
	const struct cca_plat *p = w->plat_ctx;

	return p->own.entry_changes;
}

/* --- granules --- */

/* Does the realm's table lead from @ipa to @pa, with a RIPAS that it set? */
static bool leads(const struct cca_plat *p, uint16_t vmid, uint64_t ipa,
		  uint64_t pa)
{
	struct cca_own_rtte e;

	return !cca_own_rtt_find(&p->own, vmid, ipa, 3, &e) && e.valid &&
	       e.pa == pa;
}

static bool reached(const struct cca_plat *p, uint64_t pa,
		    const struct cca_own_granule *g)
{
	return (g->state == OWN_MAPPED || g->state == OWN_DATA) &&
	       leads(p, g->vmid, g->ipa, pa);
}

/*
 * The GPT asks no more than that a granule is realm's; one that is the host's
 * it keeps from realms whatever tables say. A realm whose table
 * leads on to one that the books give to nobody has it, and the host may take
 * it: looked for where guests have their BARs.
 */
static void left_over(struct world *w, uint64_t pa, struct law_page *out)
{
	for (unsigned i = 0; i < WORLD_VMS; i++) {
		const struct world_vm *vm = &w->vm[i];
		uint64_t ipa;

		if (!vm->name[0] || !vm->guest || out->bar < 0)
			continue;
		ipa = vm->guest->bar[out->bar].gpa + out->off;
		if (!leads(w->plat_ctx, (uint16_t)cca_plat_owner(vm), ipa, pa))
			continue;
		out->gpa = ipa;
		out->owner = cca_plat_owner(vm);
		out->validated = true;
		return;
	}
}

/*
 * A granule in a realm's table cannot be undelegated, nor mapped elsewhere. The
 * host may unmap it; what comes then the realm would have to accept anew.
 */
static bool page(struct world *w, uint64_t pa, struct law_page *out)
{
	const struct cca_plat *p = w->plat_ctx;
	struct cca_own_granule g;

	if (cca_own_granule(&p->own, pa, &g))
		return false;
	out->io = g.io;
	out->assigned = g.state == OWN_MAPPED || g.state == OWN_DATA;
	out->gpa = g.ipa;
	out->owner = g.vmid;
	out->validated = reached(p, pa, &g);
	out->pinned = out->assigned;
	if (g.io && !g.vmid && g.state != OWN_NS)
		left_over(w, pa, out);
	return true;
}

static void memo(struct world *w, struct law_memo *m, uint8_t level,
		 uint8_t port, bool write)
{
	const struct cca_plat *p = w->plat_ctx;
	struct cca_own_granule g;

	m->passes = law_passes(w, m, level, port, write);
	m->known = !cca_own_granule(&p->own, m->pa, &g);
	m->shared = m->t && cca_own_unprotected(
				    &p->own, (uint16_t)m->entry_owner, m->gpa);
	if (!m->known)
		return;
	m->assigned = g.state != OWN_NS;
	m->validated = reached(p, m->pa, &g);
	m->owner = g.vmid;
	m->page_gpa = g.ipa;
}

/* A granule that is accepted, or no longer, keeps its state: tables say it. */
static uint64_t changes(const struct world *w)
{
	const struct cca_plat *p = w->plat_ctx;

	return p->own.changes + p->own.table_changes;
}

static uint64_t next_accepted(struct world *w, uint64_t pa)
{
	const struct cca_plat *p = w->plat_ctx;
	uint64_t found = UINT64_MAX;

	for (uint32_t i = 0; i < p->own.ranges; i++) {
		const struct cca_own_range *r = &p->own.range[i];
		uint64_t at = pa > r->base ? pa - r->base : 0;

		if (!r->g[0].io)
			continue;
		for (; at < r->size && r->base + at < found; at += PAGE_4K)
			if (reached(p, r->base + at, &r->g[at / PAGE_4K]))
				found = r->base + at;
	}
	return found;
}

/*
 * The realm's table stops to lead to it while it still is the realm's. The move
 * of the granule is an event of its own, and no revocation.
 */
static bool revoked(uint32_t ev, uint64_t a, uint64_t b, uint64_t *pa)
{
	*pa = a;
	return ev == OWN_TRACE_UNMAP && (b == OWN_MAPPED || b == OWN_DATA);
}

const struct law_view law_cca = {
	.conns = conns,
	.binds = binds,
	.tvms = tvms,
	.entry = entry,
	.next_entry = next_entry,
	.entry_changes = entry_changes,
	.page = page,
	.memo = memo,
	.changes = changes,
	.next_accepted = next_accepted,
	.revoked = revoked,
	.dma_states = 1u << TSM_BIND_RUN,
	.report_info = TDISP_INFO_NO_FW_UPDATE | TDISP_INFO_DMA_NO_PASID,
};
