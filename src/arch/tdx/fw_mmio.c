/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tdx/fw_priv.h"

#include "base/assert.h"

/*
 * Private MMIO: metadata of its pages, and their way into a secure EPT, to
 * acceptance by the TD, and out again: blocked, tracked, and stopped, before
 * it is unmapped.
 *
 * Source: TDX module 2.0 source (tdh_mmio_*, tdh_mmio_mt_*, tdg_mmio_accept)
 */

/* --- metadata --- */

static uint64_t mt_index(const struct tdx_fw *fw, uint64_t raw, unsigned least,
			 unsigned most, unsigned *level, uint64_t *pa)
{
	*level = (unsigned)(raw & TDX_MMIOMT_LEVEL);
	*pa = raw & TDX_MMIOMT_PA;
	(void)fw;
	return raw & ~(TDX_MMIOMT_LEVEL | TDX_MMIOMT_PA) || *level < least ||
			       *level > most
		       ? BAD(TDX_OPERAND_INVALID, RCX)
		       : TDX_SUCCESS;
}

uint64_t tdxm_mmiomt_add(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct tdx_own *o = fw->cfg.own;
	unsigned level;
	uint64_t pa, st;

	st = mt_index(fw, r->rcx, 1, TDX_MMIOMT_ROOT, &level, &pa);
	if (st)
		return st;
	if (level < TDX_MMIOMT_ROOT && !tdx_node_at(o, false, level, pa))
		return BAD(TDX_MMIOMT_NOT_PRESENT, RCX);
	if (tdx_node_at(o, false, level - 1, pa))
		return BAD(TDX_MMIO_INVALID_PAGE_METADATA, RCX);
	st = tdxm_take(fw, r->rdx, TDX_OP_RDX, TDX_PT_MMIO_MT, NULL);
	if (st)
		return st;
	if (tdx_node_add(o, false, level - 1, pa, r->rdx)) {
		tdxm_give(fw, r->rdx, NULL);
		return BAD(TDX_OPERAND_BUSY, RCX);
	}
	return TDX_SUCCESS;
}

uint64_t tdxm_mmiomt_remove(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct tdx_node *n;
	unsigned level;
	uint64_t pa, st;

	st = mt_index(fw, r->rcx, 1, TDX_MMIOMT_ROOT, &level, &pa);
	if (st)
		return st;
	n = tdx_node_at(fw->cfg.own, false, level - 1, pa);
	if (!n)
		return BAD(TDX_MMIOMT_NOT_PRESENT, RCX);
	if (tdx_node_busy(fw->cfg.own, n))
		return BAD(TDX_IOMMU_MT_PAGE_IN_USE, RCX);
	r->rcx = n->page;
	tdxm_give(fw, n->page, NULL);
	tdx_node_del(n);
	return TDX_SUCCESS;
}

/* Pages of 4 KiB alone. OPEN: the module's DATA entries of 2 MiB and 1 GiB. */
uint64_t tdxm_mmiomt_set(struct tdx_fw *fw, struct tdx_regs *r)
{
	uint64_t type = r->rdx & TDX_MMIOMT_TYPE;
	uint64_t function = field_get(TDX_MMIOMT_FUNC, r->rdx);
	const struct tdx_mmio *m;
	unsigned level;
	uint64_t pa, st;

	st = mt_index(fw, r->rcx, 0, 0, &level, &pa);
	if (st)
		return st;
	if (r->rdx & ~(TDX_MMIOMT_TYPE | TDX_MMIOMT_FUNC) ||
	    type > TDX_MMIOMT_DATA || (type == TDX_MMIOMT_DATA) != !!function)
		return BAD(TDX_OPERAND_INVALID, RDX);
	if (!tdx_node_at(fw->cfg.own, false, 0, pa))
		return BAD(TDX_MMIOMT_NOT_PRESENT, RCX);
	m = tdx_mmio_leaf(fw->cfg.own, pa);
	/* No MMIO of this machine; or none that may be private: of BARs of 64
	 * bits alone. Source: Intel device guide, architecture notes C.4 */
	if (!m || pa < TDX_MMIO_LEAST)
		return BAD(TDX_OPERAND_INVALID, RCX);
	if (m->mapped || m->data == (type == TDX_MMIOMT_DATA))
		return BAD(TDX_MMIO_INVALID_PAGE_METADATA, MMIOMT);
	if (type == TDX_MMIOMT_DATA && !tdxm_devif_at(fw, (uint32_t)function))
		return BAD(TDX_DEVIFMT_NOT_PRESENT, RDX);
	tdx_mmio_set(fw->cfg.own, pa, type == TDX_MMIOMT_DATA,
		     (uint32_t)function);
	return TDX_SUCCESS;
}

uint64_t tdxm_mmiomt_rd(struct tdx_fw *fw, struct tdx_regs *r)
{
	const struct tdx_node *n;
	const struct tdx_mmio *m;
	unsigned level;
	uint64_t pa, st;

	st = mt_index(fw, r->rcx, 0, TDX_MMIOMT_ROOT, &level, &pa);
	if (st)
		return st;
	if (level < TDX_MMIOMT_ROOT &&
	    !tdx_node_at(fw->cfg.own, false, level, pa))
		return BAD(TDX_MMIOMT_NOT_PRESENT, RCX);
	m = level ? NULL : tdx_mmio_leaf(fw->cfg.own, pa);
	n = level ? tdx_node_at(fw->cfg.own, false, level - 1, pa) : NULL;
	r->rcx = n ? n->page | 1u << 11 : 0;
	r->rdx = 0;
	r->r8 = 0;
	r->r9 = 0;
	if (!m || !m->data)
		return TDX_SUCCESS;
	r->rcx = field_put(TDX_MMIOMT_E_TYPE, TDX_MMIOMT_DATA) |
		 (m->mapped ? TDX_MMIOMT_E_MAPPED : 0) |
		 field_put(TDX_MMIOMT_FUNC, m->function);
	r->rdx = m->bepoch;
	return TDX_SUCCESS;
}

/* --- map, block, unmap --- */

static uint64_t page_of(struct tdx_fw *fw, struct tdx_regs *r, unsigned states,
			struct fw_td **td, uint64_t *gpa, struct tdx_sept *s)
{
	unsigned level;
	uint64_t st = tdxm_td_in(fw, r->rdx, TDX_OP_RDX, states, td);

	if (!st)
		st = tdxm_gpa(r->rcx, TDX_LEVEL_4K, TDX_LEVEL_4K, TDX_OP_RCX,
			      gpa, &level);
	return st ? st : tdxm_walk(fw, *td, *gpa, level, r, s);
}

uint64_t tdxm_mmio_map(struct tdx_fw *fw, struct tdx_regs *r)
{
	const struct tdx_mmio *m;
	struct fw_devif *d;
	struct tdx_sept s;
	struct fw_td *td;
	uint64_t gpa, st;

	st = page_of(fw, r, TD_LIVE, &td, &gpa, &s);
	if (st)
		return st;
	if (r->r8 & (PAGE_4K - 1))
		return BAD(TDX_OPERAND_INVALID, R8);
	if (tdx_sept_state(s.e) != SEPT_FREE)
		return BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX);
	m = tdx_mmio_leaf(fw->cfg.own, r->r8);
	if (!m)
		return BAD(TDX_MMIOMT_NOT_PRESENT, R8);
	if (!m->data || m->mapped)
		return BAD(TDX_MMIO_INVALID_PAGE_METADATA, R8);
	d = tdxm_devif_at(fw, m->function);
	if (!d)
		return BAD(TDX_DEVIFMT_NOT_PRESENT, R8);
	if (d->td != td)
		return BAD(TDX_MMIO_DEVIF_OWNER_MISMATCH, RDX);
	if (d->spdm->stream.blocked || tsm_bind_state(d->bind) == TSM_BIND_DEAD)
		return BAD(TDX_IDE_STREAM_BLOCKED, R8);
	tdx_mmio_map(fw->cfg.own, r->r8, td->tdr, td->hkid, gpa);
	d->mapped++;
	tdx_sept_put(fw->cfg.own, &s, r->r8 | SEPT_MMIO_PENDING | EPT_SVE);
	return TDX_SUCCESS;
}

static struct tdx_mmio *behind(struct tdx_fw *fw, const struct tdx_sept *s)
{
	struct tdx_mmio *m = tdx_mmio_leaf(fw->cfg.own, s->e & EPT_ADDR);

	IL_ASSERT(m && m->mapped); /* its page of metadata is in use */
	return m;
}

uint64_t tdxm_mmio_block(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_devif *d;
	struct tdx_mmio *m;
	struct tdx_sept s;
	struct fw_td *td;
	uint64_t gpa, st, state;

	st = page_of(fw, r, TD_LIVE, &td, &gpa, &s);
	if (st)
		return st;
	state = tdx_sept_state(s.e);
	if (state != SEPT_MMIO_MAPPED && state != SEPT_MMIO_PENDING)
		return BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX);
	m = behind(fw, &s);
	d = tdxm_devif_at(fw, m->function);
	IL_ASSERT(d); /* not removed while it has mapped pages */
	if (m->accepted) {
		tdx_mmio_accept(fw->cfg.own, s.e & EPT_ADDR, false);
		tsm_mmio_count(d->bind, -1);
	}
	m->bepoch = td->epoch;
	tdx_sept_put(fw->cfg.own, &s,
		     (s.e & EPT_ADDR) | SEPT_MMIO_BLOCKED | EPT_SVE);
	return TDX_SUCCESS;
}

uint64_t tdxm_mmio_unmap(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_devif *d;
	struct tdx_mmio *m;
	struct tdx_sept s;
	struct fw_td *td;
	uint64_t gpa, st, state;

	st = page_of(fw, r, TD_LIVE, &td, &gpa, &s);
	if (st)
		return st;
	state = tdx_sept_state(s.e);
	if (state == SEPT_MMIO_MAPPED || state == SEPT_MMIO_PENDING)
		return BAD(TDX_GPA_RANGE_NOT_BLOCKED, RCX);
	if (state != SEPT_MMIO_BLOCKED)
		return BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX);
	m = behind(fw, &s);
	if (td->state == TDX_TD_RUNNABLE)
		st = tdxm_tracked(td, m->bepoch);
	if (st)
		return BAD(st, RCX);
	d = tdxm_devif_at(fw, m->function);
	IL_ASSERT(d);
	if (!tdxm_devif_idle(d))
		return BAD(TDX_DEVIF_TDISP_INVALID_STATE, RCX);
	r->r8 = s.e & EPT_ADDR;
	tdx_mmio_unmap(fw->cfg.own, r->r8);
	d->mapped--;
	tdx_sept_put(fw->cfg.own, &s, SEPT_FREE | EPT_SVE);
	return TDX_SUCCESS;
}

/* --- acceptance --- */

/* The page that the TD expects behind @gpa stands there, and waits for it. */
static uint64_t accept_check(struct tdx_fw *fw, struct fw_vp *vp,
			     const struct fw_devif *d, uint64_t gpa,
			     uint64_t pa, struct tdx_sept *s)
{
	const struct tdx_mmio *m;
	uint64_t state;

	if (tdx_sept_find(fw->cfg.own, vp->td->cx[1], gpa, 0, s))
		return tdxm_g_fault(vp, gpa, false);
	state = tdx_sept_state(s->e);
	if (state == SEPT_MMIO_MAPPED || state == SEPT_MAPPED)
		return TDX_PAGE_ALREADY_ACCEPTED | TDX_LEVEL_4K;
	if (state == SEPT_NL_MAPPED || state == SEPT_PENDING)
		return BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX);
	if (state != SEPT_MMIO_PENDING)
		return tdxm_g_fault(vp, gpa, false);
	m = behind(fw, s);
	if (m->function != d->function)
		return BAD(TDX_MMIO_DEVIF_OWNER_MISMATCH, R8);
	return (s->e & EPT_ADDR) == pa ? TDX_SUCCESS
				       : BAD(TDX_MMIO_INVALID_HPA_OFFSET, RCX);
}

/*
 * @n pages, or none: one that the host has yet to map makes the TD leave, and
 * the same call comes again; had some been accepted, it would end at the first.
 * Law 39.
 */
static uint64_t accept_some(struct tdx_fw *fw, struct fw_vp *vp,
			    struct fw_devif *d, uint64_t gpa, uint64_t pa,
			    unsigned n)
{
	struct tdx_sept s[FW_ACCEPT_BATCH];
	uint64_t st;

	for (unsigned i = 0; i < n; i++) {
		st = accept_check(fw, vp, d, gpa + i * PAGE_4K,
				  pa + i * PAGE_4K, &s[i]);
		if (st)
			return st;
	}
	for (unsigned i = 0; i < n; i++) {
		const uint64_t at = pa + i * PAGE_4K;

		tdx_mmio_accept(fw->cfg.own, at, true);
		tsm_mmio_count(d->bind, 1);
		tdx_sept_put(fw->cfg.own, &s[i],
			     at | EPT_R | EPT_W | SEPT_MMIO_MAPPED);
	}
	return TDX_SUCCESS;
}

/*
 * A few pages at a time, then the call is made again with what it moved on to.
 * Never executable, never the MSI-X tables nor what is not TEE memory.
 */
uint64_t tdxm_g_mmio_accept(struct tdx_fw *fw, struct fw_vp *vp,
			    struct tdx_regs *r)
{
	uint64_t off = field_get(TDX_ACCEPT_OFFSET, r->r9), gpa, st;
	uint64_t n = field_get(TDX_ACCEPT_PAGES, r->r9);
	const struct tsm_range *x;
	struct fw_devif *d;
	unsigned level, some;

	st = tdxm_gpa(r->rcx, TDX_LEVEL_4K, TDX_LEVEL_1G, TDX_OP_RCX, &gpa,
		      &level);
	if (!st)
		st = tdxm_devif_of_td(fw, vp->td, r->r8, TDX_OP_R8, &d);
	if (st)
		return st;
	if (level) /* all that MAP makes is 4 KiB */
		return BAD(TDX_MMIO_ACCEPT_SIZE_MISMATCH, RCX);
	if (!d->session || tsm_gate(d->bind, TSM_GATE_MMIO_ACCEPT, d->session))
		return BAD(TDX_DEVIF_TDISP_INVALID_STATE, R8);
	if (r->rdx >= d->ranges)
		return BAD(TDX_OPERAND_INVALID, RDX);
	x = &d->range[r->rdx];
	if (x->attr & (TDISP_RANGE_NON_TEE | TDISP_RANGE_MSIX_TABLE |
		       TDISP_RANGE_MSIX_PBA))
		return BAD(TDX_MMIO_PAGE_NOT_IN_ASSOC_RANGE, RDX);
	if (!n || off + n > x->pages || n * PAGE_4K > TDX_GPA_SHARED - gpa)
		return BAD(TDX_MMIO_PAGE_NOT_IN_ASSOC_RANGE, R9);
	some = n < FW_ACCEPT_BATCH ? (unsigned)n : FW_ACCEPT_BATCH;
	st = accept_some(fw, vp, d, gpa, x->pa + off * PAGE_4K, some);
	if (st)
		return st;
	r->rcx = gpa + some * PAGE_4K;
	r->r9 = field_put(TDX_ACCEPT_OFFSET, off + some) |
		field_put(TDX_ACCEPT_PAGES, n - some);
	return n > some ? TDX_INTERRUPTED_RESUMABLE : TDX_SUCCESS;
}
