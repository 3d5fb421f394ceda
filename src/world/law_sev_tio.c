/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/laws_priv.h"
#include "world/plat_sev_tio.h"
#include "world/world_priv.h"

/* What the laws ask of SEV-TIO: PSP, RMP, secure device entries. */

static void conns(struct world *w, struct law_conn out[LAW_CONNS])
{
	const struct sev_plat *p = w->plat_ctx;

	law_tsm_conns(sev_fw_tsm(p->fw), out);
	for (unsigned i = 0; i < LAW_CONNS; i++)
		if (out[i].state != TSM_CONN_FREE)
			out[i].pending = sev_fw_pending(p->fw, i);
}

static void binds(struct world *w, struct law_bind out[LAW_BINDS])
{
	const struct sev_plat *p = w->plat_ctx;
	struct tsm *t = sev_fw_tsm(p->fw);
	struct sev_fw_tdi x;

	for (unsigned i = 0; i < sev_fw_tdis(p->fw); i++) {
		struct law_bind *o;

		if (!sev_fw_tdi_at(p->fw, i, &x))
			continue;
		o = law_tsm_bind(t, x.bind, out);
		if (!o)
			continue;
		o->rid = (uint16_t)x.rid;
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

static void memo(struct world *w, struct law_memo *m, uint8_t level,
		 uint8_t port, bool write)
{
	const struct sev_plat *p = w->plat_ctx;
	struct own_page e;

	m->passes = law_passes(w, m, level, port, write);
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
	.traits =
		LAW_RUN_REPORT | LAW_RUN_NAMED | LAW_LEAF_EXACT | LAW_PIN_GUEST,
};
