/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/laws_priv.h"
#include "world/plat_sev_tio.h"
#include "world/world_priv.h"

/* What the laws ask of SEV-TIO: PSP, RMP, secure device entries. */

static int bind_index(struct tsm *t, const struct tsm_bind *b)
{
	for (unsigned i = 0; b && i < LAW_BINDS; i++)
		if (tsm_bind_at(t, i) == b)
			return (int)i;
	return LAW_NONE;
}

static int conn_index(struct tsm *t, const struct tsm_conn *c)
{
	for (unsigned i = 0; c && i < LAW_CONNS; i++)
		if (tsm_conn_at(t, i) == c)
			return (int)i;
	return LAW_NONE;
}

static void digest(const struct tsm_conn *c, enum tsm_digest d, uint8_t *out)
{
	const uint8_t *p = tsm_conn_digest(c, d);

	if (p)
		memcpy(out, p, TSM_DIGEST_LEN);
}

static void conns(struct world *w, struct law_conn out[LAW_CONNS])
{
	const struct sev_plat *p = w->plat_ctx;
	struct tsm *t = sev_fw_tsm(p->fw);

	for (unsigned i = 0; i < LAW_CONNS; i++) {
		const struct tsm_conn *c = tsm_conn_at(t, i);

		out[i].verb_bind = LAW_NONE;
		out[i].stream_id = TSM_STREAM_UNUSED;
		if (!c || tsm_conn_state(c) == TSM_CONN_FREE)
			continue;
		out[i].state = tsm_conn_state(c);
		out[i].stream = tsm_stream_state(c);
		out[i].session = tsm_session(c);
		out[i].rid = tsm_conn_cfg(c)->rid;
		out[i].port = (uint8_t)tsm_conn_cfg(c)->port;
		out[i].stream_id = tsm_stream_id(c);
		out[i].digests = tsm_conn_digest(c, TSM_DIGEST_CERT) ||
				 tsm_conn_digest(c, TSM_DIGEST_VCA);
		digest(c, TSM_DIGEST_CERT, out[i].cert);
		digest(c, TSM_DIGEST_KEY, out[i].key);
		out[i].verb = tsm_verb(c);
		out[i].verb_bind = bind_index(t, tsm_verb_bind(c));
		out[i].pending = sev_fw_pending(p->fw, i);
	}
}

static void binds(struct world *w, struct law_bind out[LAW_BINDS])
{
	const struct sev_plat *p = w->plat_ctx;
	struct tsm *t = sev_fw_tsm(p->fw);
	struct sev_fw_tdi x;

	for (unsigned i = 0; i < sev_fw_tdis(p->fw); i++) {
		struct law_bind *o;
		int k;

		if (!sev_fw_tdi_at(p->fw, i, &x))
			continue;
		k = bind_index(t, x.bind);
		if (k == LAW_NONE)
			continue;
		o = &out[k];
		o->state = tsm_bind_state(x.bind);
		o->conn = conn_index(t, tsm_bind_conn(x.bind));
		o->rid = (uint16_t)x.rid;
		o->tvm = tsm_bind_tvm(x.bind);
		o->tdi = tsm_bind_tdi(x.bind);
		o->lock = *tsm_lock_info(x.bind);
		o->mmio_pages = tsm_mmio_pages(x.bind);
		o->dma_on = tsm_dma_on(x.bind);
		o->owner = x.asid;
		o->named_lock = x.lock_id;
		o->tdi_id = x.tdi_id;
		o->guest_rid = x.guest_device_id;
	}
}

static void tvms(struct world *w, struct law_tvm out[LAW_TVMS])
{
	const struct sev_plat *p = w->plat_ctx;
	struct sev_fw_guest g;

	for (unsigned i = 0; i < sev_fw_guests(p->fw) && i < LAW_TVMS; i++)
		if (sev_fw_guest_at(p->fw, i, &g))
			out[i] = (struct law_tvm){
				.id = g.gctx,
				.owner = g.asid,
				.key_live = g.asid &&
					    own_asid_active(&p->own, g.asid),
			};
}

/* Set bits that are neither the guest's nor pinned by the firmware. */
static bool odd(const struct own_sdte *e)
{
	return e->ppr || e->giov || e->gv || e->glx || e->interrupt || e->ex ||
	       e->sd || e->sats || e->giv || e->gint_len || e->gint_tbl ||
	       e->gpm || e->hpt_mode || e->viommu_en || e->attrv || e->sa ||
	       e->domain_id != e->asid || e->guest_id != e->asid;
}

static bool entry(struct world *w, uint16_t rid, struct law_entry *out)
{
	const struct sev_plat *p = w->plat_ctx;
	struct own_sdte e;

	if (own_sdte_read(&p->own, rid, &e))
		return false;
	*out = (struct law_entry){
		.rid = rid,
		.valid = e.valid,
		.owner = e.asid,
		.port = e.rp_id,
		.stream = e.stream[0],
		.guest_rid = e.guest_device_id,
		.level = e.vmpl,
		.odd = e.valid && odd(&e),
	};
	return true;
}

static uint32_t next_entry(struct world *w, uint32_t rid)
{
	const struct sev_plat *p = w->plat_ctx;

	return own_sdte_next(&p->own, rid);
}

static uint64_t entry_changes(const struct world *w)
{
	const struct sev_plat *p = w->plat_ctx;

	return p->own.entry_changes;
}

static bool page(struct world *w, uint64_t pa, struct law_page *out)
{
	const struct sev_plat *p = w->plat_ctx;
	struct own_page e;

	if (own_entry(&p->own, pa, &e))
		return false;
	out->gpa = e.gpa;
	out->owner = e.asid;
	out->assigned = e.flags & OWN_F_ASSIGNED;
	out->validated = e.flags & OWN_F_VALIDATED;
	out->pinned = e.flags & OWN_F_IMMUTABLE;
	out->large = e.flags & OWN_F_2M;
	out->io = e.flags & OWN_F_IO;
	return true;
}

static bool lets(const struct mem *m, struct mem_req r, bool write)
{
	struct mem_pass pass = { 0 };

	r.write = write;
	return !m->rules->check(m->rules_ctx, &r, &pass);
}

static void memo(struct world *w, struct law_memo *m, uint8_t level,
		 uint8_t port, bool write)
{
	const struct sev_plat *p = w->plat_ctx;
	const struct mem_req r = {
		.who = AGENT_DEVICE,
		.trusted = m->t,
		.owner = m->entry_owner,
		.level = level,
		.port = port,
		.rid = m->rid,
		.gpa = m->gpa,
		.leaf = m->leaf,
		.pa = m->pa,
		.len = 1,
	};
	struct own_page e;

	m->passes =
		lets(&w->mem, r, false) || (write && lets(&w->mem, r, true));
	m->known = !own_entry(&p->own, m->pa, &e);
	if (!m->known)
		return;
	m->assigned = e.flags & OWN_F_ASSIGNED;
	m->validated = e.flags & OWN_F_VALIDATED;
	m->large = e.flags & OWN_F_2M;
	m->owner = e.asid;
	m->page_gpa = e.gpa;
}

static uint64_t changes(const struct world *w)
{
	const struct sev_plat *p = w->plat_ctx;

	return p->own.changes;
}

static uint64_t next_accepted(struct world *w, uint64_t pa)
{
	const struct sev_plat *p = w->plat_ctx;
	const uint8_t want = OWN_F_IO | OWN_F_ASSIGNED | OWN_F_VALIDATED;
	uint64_t found = UINT64_MAX;

	for (uint32_t i = 0; i < p->own.ranges; i++) {
		const struct own_range *r = &p->own.range[i];
		uint64_t at = pa > r->base ? pa - r->base : 0;

		if (!(r->page[0].flags & OWN_F_IO))
			continue;
		for (; at < r->size && r->base + at < found; at += PAGE_4K)
			if (!own_assigned(r, at))
				at = align_down(at, PAGE_2M) + PAGE_2M -
				     PAGE_4K;
			else if ((r->page[at / PAGE_4K].flags & want) == want)
				found = r->base + at;
	}
	return found;
}

static bool revoked(uint32_t ev, uint64_t a, uint64_t b, uint64_t *pa)
{
	*pa = a;
	return ev == OWN_TRACE_RMP &&
	       (b == OWN_PRE_GUEST || b == OWN_GUEST_INVALID);
}

const struct law_view law_sev_tio = {
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
