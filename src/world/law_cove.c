/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdisp/codec.h"
#include "world/laws_priv.h"
#include "world/plat_cove.h"

/* What the laws ask of CoVE-IO: TSM, MPT and G-stage, device contexts. */

static void conns(struct world *w, struct law_conn out[LAW_CONNS])
{
	const struct cove_plat *p = w->plat_ctx;

	law_tsm_conns(cove_fw_tsm(p->fw), out);
	for (unsigned i = 0; i < LAW_CONNS; i++)
		if (out[i].state != TSM_CONN_FREE)
			out[i].pending = cove_fw_pending(p->fw, i);
}

static uint32_t vmid_of(const struct cove_plat *p, uint64_t tvm)
{
	struct cove_fw_tvm t;

	return tvm && cove_fw_tvm_find(p->fw, tvm, &t) ? t.vmid : 0;
}

/* The guest takes its interface for this one while it is locked for it. */
static uint64_t tdi_id(const struct cove_fw_if *x)
{
	return x->lock_id ? UINT64_C(1) << 32 | x->id : 0;
}

static void binds(struct world *w, struct law_bind out[LAW_BINDS])
{
	const struct cove_plat *p = w->plat_ctx;
	struct tsm *t = cove_fw_tsm(p->fw);
	struct cove_fw_if x;

	for (unsigned i = 0; i < cove_fw_ifs(p->fw); i++) {
		struct law_bind *o;

		if (!cove_fw_if_at(p->fw, i, &x) || !x.bind)
			continue;
		o = law_tsm_bind(t, x.bind, out);
		if (!o)
			continue;
		o->rid = (uint16_t)x.id;
		o->owner = vmid_of(p, x.tvm);
		/* No call names a lock session: it is the one that the TVM
		 * has made a call in. */
		o->named_lock = x.seen ? x.lock_id : 0;
		o->tdi_id = tdi_id(&x);
	}
}

static void tvms(struct world *w, struct law_tvm out[LAW_TVMS])
{
	const struct cove_plat *p = w->plat_ctx;
	struct cove_fw_tvm t;

	for (unsigned i = 0; i < cove_fw_tvms(p->fw) && i < LAW_TVMS; i++)
		if (cove_fw_tvm_at(p->fw, i, &t))
			out[i] = (struct law_tvm){
				.id = t.id,
				.owner = t.vmid,
				.root = t.root,
				.key_live = t.vmid && cove_own_vmid_active(
							      &p->own, t.vmid),
			};
}

/* --- device contexts of the TSM --- */

static bool entry(struct world *w, uint16_t rid, struct law_entry *out)
{
	const struct cove_plat *p = w->plat_ctx;
	const struct cove_class *c = &p->own.class[rid];
	struct cove_dc e;
	enum il_err err = cove_own_dc_read(&p->own, rid, &e);

	if (err && err != IL_E_FIELD)
		return false;
	*out = (struct law_entry){
		.rid = rid,
		.valid = err || e.valid,
		.owner = err ? 0 : e.gscid,
		.port = c->port,
		.stream = c->stream,
		.root = err ? 0 : e.root,
		.odd = err == IL_E_FIELD,
	};
	return true;
}

static uint32_t next_entry(struct world *w, uint32_t rid)
{
	const struct cove_plat *p = w->plat_ctx;

	return cove_own_dc_next(&p->own, rid);
}

static uint64_t entry_changes(const struct world *w)
{
	const struct cove_plat *p = w->plat_ctx;

	return p->own.entry_changes;
}

/* --- pages --- */

/* Does the G-stage of the TVM that has @e lead to it, at its address? */
static bool reached(struct world *w, uint64_t pa, const struct cove_page *e)
{
	const struct cove_plat *p = w->plat_ctx;
	struct cove_fw_tvm t;
	struct pt_hit h;

	for (unsigned i = 0; i < cove_fw_tvms(p->fw); i++)
		if (cove_fw_tvm_at(p->fw, i, &t) && t.vmid == e->vmid)
			return pt_walk(&w->mem, &cove_sv48x4, t.root,
				       COVE_GSTAGE_LEVELS, e->gpa,
				       &h) == PT_OK &&
			       h.pa == pa;
	return false;
}

static bool page(struct world *w, uint64_t pa, struct law_page *out)
{
	const struct cove_plat *p = w->plat_ctx;
	struct cove_page e;

	if (cove_own_page(&p->own, pa, &e))
		return false;
	out->io = e.io;
	out->assigned = e.state == COVE_PG_REGION;
	if (!out->assigned)
		return true;
	out->gpa = e.gpa;
	out->owner = e.vmid;
	out->validated = reached(w, pa, &e);
	/* Only its TVM's TSM takes a region back, and not while it is bound. */
	out->pinned = true;
	return true;
}

static void memo(struct world *w, struct law_memo *m, uint8_t level,
		 uint8_t port, bool write)
{
	const struct cove_plat *p = w->plat_ctx;
	struct cove_page e;

	m->passes = law_passes(w, m, level, port, write);
	m->known = !cove_own_page(&p->own, m->pa, &e);
	if (!m->known)
		return;
	m->assigned = e.state >= COVE_PG_STATE;
	m->validated = e.state == COVE_PG_TVM || e.state == COVE_PG_REGION;
	/* T=1 goes to what its TVM shows shared, by the same address. */
	m->shared = m->t && e.state == COVE_PG_HOST && e.refs;
	m->owner = e.vmid;
	m->page_gpa = e.gpa;
}

/* A region that is shown, or no longer, keeps its state: the books say so. */
static uint64_t changes(const struct world *w)
{
	const struct cove_plat *p = w->plat_ctx;
	uint64_t n = p->own.changes;
	struct cove_fw_if x;

	for (unsigned i = 0; i < cove_fw_ifs(p->fw); i++)
		if (cove_fw_if_at(p->fw, i, &x))
			n += (x.mmio_pages + x.lock_id) << 32;
	return n;
}

static uint64_t next_accepted(struct world *w, uint64_t pa)
{
	const struct cove_plat *p = w->plat_ctx;
	uint64_t found = UINT64_MAX;

	for (uint32_t i = 0; i < p->own.ranges; i++) {
		const struct cove_range *r = &p->own.range[i];
		uint64_t at = pa > r->base ? pa - r->base : 0;

		if (!r->page[0].io)
			continue;
		for (; at < r->size && r->base + at < found; at += PAGE_4K) {
			const struct cove_page *e = &r->page[at / PAGE_4K];

			if (e->state == COVE_PG_REGION &&
			    reached(w, r->base + at, e))
				found = r->base + at;
		}
	}
	return found;
}

/* A region's page that is no longer reached stays where it is: its own state
 * says nothing of it. */
static bool revoked(uint32_t ev, uint64_t a, uint64_t b, uint64_t *pa)
{
	*pa = a;
	return ev == COVE_TRACE_MMIO && !b;
}

const struct law_view law_cove = {
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
	.traits = LAW_RUN_REPORT | LAW_RUN_NAMED | LAW_AT_START,
	.report_info = TDISP_INFO_NO_FW_UPDATE | TDISP_INFO_DMA_NO_PASID,
};
