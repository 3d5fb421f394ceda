/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdisp/codec.h"
#include "world/laws_priv.h"
#include "world/plat_tdx.h"

/* What the laws ask of TDX Connect: page metadata, MMIOMT, trusted tables. */

static void conns(struct world *w, struct law_conn out[LAW_CONNS])
{
	const struct tdx_plat *p = w->plat_ctx;
	struct tsm *t = tdx_fw_tsm(p->fw);
	struct tdx_fw_spdm s;

	law_tsm_conns(t, out);
	for (unsigned i = 0; i < tdx_fw_spdms(p->fw); i++) {
		if (!tdx_fw_spdm_at(p->fw, i, &s))
			continue;
		for (unsigned k = 0; k < LAW_CONNS; k++)
			if (s.conn && tsm_conn_at(t, k) == s.conn)
				out[k].pending = (uint32_t)s.pending;
	}
}

/* Key id and root of a TD's secure EPT; false: there is none. */
static bool td_of(const struct tdx_plat *p, uint64_t tdr, struct tdx_fw_td *out)
{
	for (unsigned i = 0; i < tdx_fw_tds(p->fw); i++)
		if (tdx_fw_td_at(p->fw, i, out) && out->tdr == tdr)
			return true;
	return false;
}

static void binds(struct world *w, struct law_bind out[LAW_BINDS])
{
	const struct tdx_plat *p = w->plat_ctx;
	struct tsm *t = tdx_fw_tsm(p->fw);
	struct tdx_fw_devif x;
	struct tdx_fw_td td;

	for (unsigned i = 0; i < tdx_fw_devifs(p->fw); i++) {
		struct law_bind *o;

		if (!tdx_fw_devif_at(p->fw, i, &x) || !x.bind)
			continue;
		o = law_tsm_bind(t, x.bind, out);
		if (!o)
			continue;
		o->rid = (uint16_t)(x.function & TDX_FUNC_RID);
		o->owner = td_of(p, x.tdr, &td) ? td.hkid : 0;
		/* For acceptance the module names it to the TD, for the start
		 * the TD to the module. */
		o->named_lock = o->state == TSM_BIND_RUN && !x.authorised
					? 0
					: x.session;
		o->tdi_id = x.session;
	}
}

static void tvms(struct world *w, struct law_tvm out[LAW_TVMS])
{
	const struct tdx_plat *p = w->plat_ctx;
	struct tdx_fw_td t;

	for (unsigned i = 0; i < tdx_fw_tds(p->fw) && i < LAW_TVMS; i++)
		if (tdx_fw_td_at(p->fw, i, &t))
			out[i] = (struct law_tvm){
				.id = t.tdr,
				.owner = t.hkid,
				.root = t.sept,
				.key_live = t.hkid &&
					    tdx_own_keyed(&p->own, t.hkid),
			};
}

/* --- entries of the trusted tables --- */

static bool odd(const struct tdx_dmar *d)
{
	const uint64_t q0 = TDX_PASID0_ADD | VTD_PASID_P | VTD_PASID_SLPT;
	const uint64_t q1 = TDX_PASID1_ADD | VTD_PASID1_DID |
			    MASK64(17, 16); /* the module's own notes */
	uint64_t rest = d->q[0] & ~q0;

	rest |= d->q[1] & ~q1;
	for (unsigned i = 2; i < COUNT(d->q); i++)
		rest |= d->q[i];
	return rest || !(d->q[1] & VTD_DID_TRUSTED) ||
	       (d->q[0] & TDX_PASID0_ADD) != TDX_PASID0_ADD ||
	       (d->q[1] & TDX_PASID1_ADD) != TDX_PASID1_ADD;
}

static bool entry(struct world *w, uint16_t rid, struct law_entry *out)
{
	struct tdx_plat *p = w->plat_ctx;
	const struct tdx_own_dev *dev = tdx_own_dev(&p->own, rid);
	struct tdx_dmar d;

	*out = (struct law_entry){ .rid = rid };
	if (tdx_dmar_find(&p->own, rid, TDX_DMAR_PASID_ENTRY, &d))
		return true;
	out->valid = tdx_dmar_map(&d) == TDX_DMAR_PRESENT;
	if (!out->valid)
		return true;
	out->owner = (uint32_t)(field_get(VTD_PASID1_DID, d.q[1]) &
				~(uint64_t)VTD_DID_TRUSTED);
	out->root = d.q[0] & VTD_PASID_SLPT;
	out->odd = odd(&d);
	if (dev) {
		out->port = dev->port;
		out->stream = dev->stream;
	}
	return true;
}

/* By what stands above them: most of it is empty. */
static uint32_t next_entry(struct world *w, uint32_t rid)
{
	const struct tdx_plat *p = w->plat_ctx;
	struct tdx_dmar d;

	while (rid <= UINT16_MAX) {
		if (tdx_dmar_find(&p->own, (uint16_t)rid, TDX_DMAR_ROOT, &d) ||
		    tdx_dmar_map(&d) != TDX_DMAR_PRESENT) {
			rid = (rid | 0x7f) + 1;
			continue;
		}
		if (!tdx_dmar_find(&p->own, (uint16_t)rid, TDX_DMAR_PASID_ENTRY,
				   &d))
			return rid;
		rid++;
	}
	return UINT32_MAX;
}

static uint64_t entry_changes(const struct world *w)
{
	const struct tdx_plat *p = w->plat_ctx;

	return p->own.entry_changes;
}

/* --- pages --- */

static bool page(struct world *w, uint64_t pa, struct law_page *out)
{
	const struct tdx_plat *p = w->plat_ctx;
	const struct tdx_mmio *m = tdx_own_mmio(&p->own, pa);

	if (!m)
		return false;
	out->io = true;
	out->assigned = m->mapped;
	out->validated = m->accepted;
	if (!m->mapped)
		return true;
	out->gpa = m->gpa;
	out->owner = m->hkid;
	out->tdi = m->data ? 1 + (m->function & TDX_FUNC_RID) : 0;
	/* Unmapped only when its interface is no longer locked; blocked, it is
	 * no longer accepted. Its leaf of metadata stays as long. */
	out->pinned = m->data;
	return true;
}

static bool accepted(const struct tdx_plat *p, const struct tdx_page *e)
{
	struct tdx_sept s;
	struct tdx_fw_td td;

	return td_of(p, e->owner, &td) && td.sept &&
	       !tdx_sept_find(&p->own, td.sept, e->gpa, 0, &s) &&
	       tdx_sept_state(s.e) == SEPT_MAPPED;
}

static void memo(struct world *w, struct law_memo *m, uint8_t level,
		 uint8_t port, bool write)
{
	const struct tdx_plat *p = w->plat_ctx;
	const struct tdx_page *e = tdx_own_page(&p->own, m->pa);

	m->passes = law_passes(w, m, level, port, write);
	m->shared = m->t && m->gpa & TDX_GPA_SHARED;
	m->known = e;
	if (!e)
		return;
	m->assigned = e->type != TDX_PT_NDA;
	m->owner = e->hkid;
	m->page_gpa = e->gpa;
	m->validated = e->type == TDX_PT_REG && accepted(p, e);
}

static uint64_t changes(const struct world *w)
{
	const struct tdx_plat *p = w->plat_ctx;

	return p->own.changes;
}

static uint64_t next_accepted(struct world *w, uint64_t pa)
{
	const struct tdx_plat *p = w->plat_ctx;
	uint64_t found = UINT64_MAX;

	for (uint32_t i = 0; i < p->own.ranges; i++) {
		const struct tdx_range *r = &p->own.range[i];
		uint64_t at = pa > r->base ? pa - r->base : 0;

		if (!r->mmio)
			continue;
		for (; at < r->size && r->base + at < found; at += PAGE_4K)
			if (r->mmio[at / PAGE_4K].accepted)
				found = r->base + at;
	}
	return found;
}

static bool revoked(uint32_t ev, uint64_t a, uint64_t b, uint64_t *pa)
{
	*pa = a;
	return ev == TDX_TRACE_MMIO && !b;
}

const struct law_view law_tdx = {
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
	.dma_states = 1u << TSM_BIND_LOCKED | 1u << TSM_BIND_RUN,
	.report_info = TDISP_INFO_NO_FW_UPDATE | TDISP_INFO_DMA_NO_PASID,
	.traits = LAW_RUN_REPORT | LAW_RUN_NAMED | LAW_MMIO_STAYS,
};
