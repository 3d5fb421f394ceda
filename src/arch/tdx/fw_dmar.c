/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tdx/fw_priv.h"

#include "base/assert.h"

/*
 * Trusted DMA remapping: tables that the host asks for and the module writes,
 * and the trusted invalidation queue. An entry goes as it came: blocked, its
 * invalidation asked for and done, removed.
 *
 * Source: TDX module 2.0 source (tdh_dmar_*, tdh_iq_inv_*, tdg_dmar_accept)
 */

/* --- the unit --- */

/* OPEN: the base of its registers, which names it in gen2, is not looked at
 * but for its alignment: there is one unit here. */
uint64_t tdxm_iommu_setup(struct tdx_fw *fw, struct tdx_regs *r)
{
	uint64_t page[TDX_IOMMU_MT_PAGES], st;
	unsigned n;

	if (r->rcx & (PAGE_4K - 1))
		return BAD(TDX_OPERAND_INVALID, RCX);
	if (fw->iommu)
		return BAD(TDX_IOMMU_INVALID_STATE, RCX);
	st = tdxm_array(fw, r->rdx, TDX_OP_RDX, TDX_IOMMU_MT_PAGES,
			TDX_IOMMU_MT_PAGES, page, &n);
	if (!st)
		st = tdxm_take_all(fw, page, n, TDX_OP_RDX, TDX_PT_IOMMU_MT);
	if (st)
		return st;
	for (unsigned i = 0; i < n; i++)
		tdx_own_zero(fw->cfg.own, page[i], TDX_VIEW_MODULE, 0);
	memcpy(fw->iommu_page, page, sizeof(page));
	fw->cfg.own->root = page[0];
	fw->iommu = true;
	r->rcx = FW_IOMMU_ID;
	return TDX_SUCCESS;
}

static uint64_t unit(const struct tdx_fw *fw, uint64_t id)
{
	if (id != FW_IOMMU_ID)
		return BAD(TDX_OPERAND_INVALID, RCX);
	return fw->iommu ? TDX_SUCCESS : BAD(TDX_IOMMU_INVALID_STATE, RCX);
}

uint64_t tdxm_iommu_clear(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct tdx_dmar root = { .level = TDX_DMAR_ROOT + 1 };
	uint64_t out, st = unit(fw, r->rcx);

	if (st)
		return st;
	for (unsigned i = 0; i < fw->cfg.limits.tsm.conns; i++)
		if (fw->spdm[i].conn)
			return BAD(TDX_IOMMU_INVALID_STATE, RCX);
	root.q[0] = fw->cfg.own->root;
	if (fw->queued || !tdx_dmar_childless(fw->cfg.own, &root))
		return BAD(TDX_IOMMU_INVALID_STATE, RCX);
	st = tdxm_released(fw, r->rdx, TDX_OP_RDX, fw->iommu_page,
			   TDX_IOMMU_MT_PAGES, &out);
	if (st)
		return st;
	for (unsigned i = 0; i < TDX_IOMMU_MT_PAGES; i++)
		tdxm_give(fw, fw->iommu_page[i], NULL);
	fw->cfg.own->root = 0;
	fw->iommu = false;
	r->rcx = out;
	return TDX_SUCCESS;
}

/* --- entries --- */

/* The entry that @index names, and where it stands. */
static uint64_t entry_of(struct tdx_fw *fw, uint64_t index, struct tdx_dmar *e)
{
	unsigned level = (unsigned)(index & TDX_DMAR_LEVEL);
	uint64_t st = unit(fw, field_get(TDX_DMAR_IOMMU, index));
	enum il_err err;

	if (st)
		return st;
	if (index & TDX_DMAR_RSVD || level > TDX_DMAR_ROOT)
		return BAD(TDX_OPERAND_INVALID, RCX);
	if (index & TDX_DMAR_PASID) /* requests without PASID alone */
		return BAD(TDX_DMAR_INDEX_OUT_OF_BOUNDS, RCX);
	err = tdx_dmar_find(fw->cfg.own,
			    (uint16_t)field_get(TDX_DMAR_RID, index), level, e);
	if (err)
		return err == IL_E_STATE ? BAD(TDX_DMAR_ENTRY_NOT_PRESENT, RCX)
					 : BAD(TDX_IOMMU_INVALID_STATE, RCX);
	return TDX_SUCCESS;
}

static uint64_t word(const struct tdx_regs *r, unsigned i)
{
	const uint64_t w[] = { r->r8,  r->r9,  r->r10, r->r11,
			       r->r12, r->r13, r->r14, r->r15 };

	return w[i];
}

/* An entry that leads to a table: its page, and nothing else asked. */
static uint64_t add_table(struct tdx_fw *fw, struct tdx_regs *r,
			  struct tdx_dmar *e)
{
	uint64_t page = r->r8 & VTD_ROOT_CTP, st;

	if (r->r8 != (page | VTD_ROOT_P))
		return BAD(TDX_OPERAND_INVALID, R8);
	for (unsigned i = 1; i < 8; i++)
		if (word(r, i))
			return TDX_OPERAND_INVALID | (TDX_OP_R8 + i);
	st = tdxm_take(fw, page, TDX_OP_R8, TDX_PT_IOMMU_MT, NULL);
	if (st)
		return st;
	tdx_own_zero(fw->cfg.own, page, TDX_VIEW_MODULE, 0);
	e->q[0] = r->r8;
	tdx_dmar_put(fw->cfg.own, e);
	return TDX_SUCCESS;
}

static struct fw_devif *devif_of_rid(struct tdx_fw *fw, uint16_t rid)
{
	for (unsigned i = 0; i < fw->devifs_used; i++)
		if (fw->devif[i].bind &&
		    (fw->devif[i].function & TDX_FUNC_RID) == rid)
			return &fw->devif[i];
	return NULL;
}

/* The device's own: for a TD that has it, pending until that accepts it. */
static uint64_t add_pasid(struct tdx_fw *fw, struct tdx_regs *r,
			  struct tdx_dmar *e)
{
	struct fw_devif *d;
	struct fw_td *td;
	uint64_t st = tdxm_td_in(fw, r->rdx, TDX_OP_RDX, TD_LIVE, &td);

	if (st)
		return st;
	if (r->r8 != TDX_PASID0_ADD)
		return BAD(TDX_OPERAND_INVALID, R8);
	if (r->r9 != TDX_PASID1_ADD)
		return BAD(TDX_OPERAND_INVALID, R9);
	for (unsigned i = 2; i < 8; i++)
		if (word(r, i))
			return TDX_OPERAND_INVALID | (TDX_OP_R8 + i);
	d = devif_of_rid(fw, e->rid);
	if (!d)
		return BAD(TDX_DEVIFMT_NOT_PRESENT, RCX);
	if (d->td != td)
		return BAD(TDX_DEVIF_INVALID_METADATA, RDX);
	e->q[0] = r->r8;
	e->q[1] = r->r9;
	tdx_dmar_state(e, TDX_DMAR_PENDING, TDX_INV_PENDING);
	tdx_dmar_put(fw->cfg.own, e);
	d->dmar = true;
	return TDX_SUCCESS;
}

uint64_t tdxm_dmar_add(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct tdx_dmar e;
	uint64_t st = entry_of(fw, r->rcx, &e);

	if (st)
		return st;
	if (tdx_dmar_map(&e) != TDX_DMAR_FREE)
		return BAD(TDX_DMAR_INVALID_MAPPING_STATE, RCX);
	return e.level == TDX_DMAR_PASID_ENTRY ? add_pasid(fw, r, &e)
					       : add_table(fw, r, &e);
}

uint64_t tdxm_dmar_block(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_devif *d;
	struct tdx_dmar e;
	uint64_t st = entry_of(fw, r->rcx, &e);

	if (st)
		return st;
	if (tdx_dmar_map(&e) != TDX_DMAR_PRESENT &&
	    tdx_dmar_map(&e) != TDX_DMAR_PENDING)
		return BAD(TDX_DMAR_INVALID_MAPPING_STATE, RCX);
	if (!tdx_dmar_childless(fw->cfg.own, &e))
		return BAD(TDX_DMAR_INVALID_MAPPING_STATE, RCX);
	d = e.level == TDX_DMAR_PASID_ENTRY ? devif_of_rid(fw, e.rid) : NULL;
	if (d)
		tsm_dma_set(d->bind, false);
	tdx_dmar_state(&e, TDX_DMAR_BLOCKED, TDX_INV_PENDING);
	tdx_dmar_put(fw->cfg.own, &e);
	return TDX_SUCCESS;
}

uint64_t tdxm_dmar_read(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct tdx_dmar e;
	uint64_t st = entry_of(fw, r->rcx, &e);

	if (st)
		return st;
	r->rdx = e.level | (uint64_t)tdx_dmar_map(&e) << 3 |
		 (uint64_t)tdx_dmar_inv(&e) << 11;
	r->r8 = e.q[0];
	r->r9 = e.q[1];
	r->r10 = e.q[2];
	r->r11 = e.q[3];
	r->r12 = e.q[4];
	r->r13 = e.q[5];
	r->r14 = e.q[6];
	r->r15 = e.q[7];
	return TDX_SUCCESS;
}

uint64_t tdxm_dmar_remove(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_devif *d;
	struct tdx_dmar e;
	uint64_t below, st = entry_of(fw, r->rcx, &e);

	if (st)
		return st;
	if (tdx_dmar_map(&e) != TDX_DMAR_BLOCKED)
		return BAD(TDX_DMAR_INVALID_MAPPING_STATE, RCX);
	if (tdx_dmar_inv(&e) != TDX_INV_DONE)
		return BAD(TDX_DMAR_INVALID_INV_STATE, RCX);
	below = tdx_dmar_below(&e);
	d = below ? NULL : devif_of_rid(fw, e.rid);
	memset(e.q, 0, sizeof(e.q));
	tdx_dmar_put(fw->cfg.own, &e);
	if (below)
		tdxm_give(fw, below, NULL);
	if (d)
		d->dmar = false;
	r->rcx = below;
	return TDX_SUCCESS;
}

/* --- invalidation --- */

static const unsigned level_of[] = {
	[TDX_INV_REQ_ROOT] = TDX_DMAR_ROOT,
	[TDX_INV_REQ_CONTEXT] = TDX_DMAR_CONTEXT,
	[TDX_INV_REQ_PASID_DIR] = TDX_DMAR_PASID_DIR,
	[TDX_INV_REQ_PASID_ENTRY] = TDX_DMAR_PASID_ENTRY,
};

static uint64_t wait_check(const struct tdx_fw *fw, const struct tdx_regs *r,
			   struct fw_inv *q)
{
	if (r->r9 & TDX_WAIT_RSVD || (r->r9 & TDX_WAIT_TYPE) != 5 ||
	    !(r->r9 & TDX_WAIT_FENCE))
		return BAD(TDX_OPERAND_INVALID, R9);
	if (r->r11)
		return BAD(TDX_OPERAND_INVALID, R11);
	if (r->r12)
		return BAD(TDX_OPERAND_INVALID, R12);
	if (!(r->r9 & TDX_WAIT_STATUS))
		return r->r10 ? BAD(TDX_OPERAND_INVALID, R10) : TDX_SUCCESS;
	q->status = r->r10;
	q->data = (uint32_t)field_get(TDX_WAIT_DATA, r->r9);
	return q->status & 3 || tdxm_shared_page(fw,
						 align_down(q->status, PAGE_4K),
						 TDX_OP_R10)
		       ? BAD(TDX_OPERAND_INVALID, R10)
		       : TDX_SUCCESS;
}

/* Asked for once in each epoch in which something of the TD is remembered. */
static uint64_t iotlb_check(struct tdx_fw *fw, const struct tdx_regs *r,
			    struct fw_inv *q)
{
	uint64_t st = tdxm_td_in(fw, r->r8, TDX_OP_R8, TD_IN(RUNNABLE), &q->td);

	if (st)
		return st;
	if (q->td->inv_queued)
		return BAD(TDX_IOMMU_IOTLB_TRACKING_NOT_DONE, R8);
	return !q->td->dmars || q->td->inv_epoch == q->td->epoch
		       ? BAD(TDX_IOMMU_IOTLB_TRACKING_NOT_REQUIRED, R8)
		       : TDX_SUCCESS;
}

static uint64_t entry_check(struct tdx_fw *fw, const struct tdx_regs *r,
			    struct fw_inv *q, struct tdx_dmar *e)
{
	uint64_t st;

	if (r->r8 & ~UINT64_C(0xffff)) /* PASID 0 */
		return BAD(TDX_OPERAND_INVALID, R8);
	q->rid = (uint16_t)r->r8;
	st = entry_of(fw, field_put(TDX_DMAR_RID, q->rid) | level_of[q->type],
		      e);
	if (st)
		return (st & TDX_STATUS_MASK) | TDX_OP_R8;
	if (tdx_dmar_map(e) != TDX_DMAR_BLOCKED)
		return BAD(TDX_DMAR_INVALID_MAPPING_STATE, R8);
	return tdx_dmar_inv(e) == TDX_INV_PENDING
		       ? TDX_SUCCESS
		       : BAD(TDX_DMAR_INVALID_INV_STATE, R8);
}

uint64_t tdxm_iqinv_req(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_inv q = { .type = TDX_INV_REQ_IOTLB };
	struct tdx_dmar e;
	uint64_t st = unit(fw, r->rcx);

	if (st)
		return st;
	if (r->rdx > TDX_INV_REQ_PASID_ENTRY)
		return BAD(TDX_OPERAND_INVALID, RDX);
	q.type = (enum tdx_inv_req)r->rdx;
	if (fw->queued == TDX_OWN_QUEUE)
		return BAD(TDX_IOMMU_IQ_QUEUE_FULL, RDX);
	st = q.type == TDX_INV_REQ_IOTLB ? iotlb_check(fw, r, &q)
					 : entry_check(fw, r, &q, &e);
	if (!st)
		st = wait_check(fw, r, &q);
	if (st)
		return st;
	if (q.type == TDX_INV_REQ_IOTLB) {
		q.td->inv_queued = true;
	} else {
		tdx_dmar_state(&e, TDX_DMAR_BLOCKED, TDX_INV_QUEUED);
		tdx_dmar_put(fw->cfg.own, &e);
	}
	fw->queue[fw->queued++] = q;
	return TDX_SUCCESS;
}

/* All that the unit remembers of a TD, with what is on its way drained. */
static void flush_td(struct tdx_fw *fw, struct fw_td *td)
{
	for (unsigned i = 0; i < fw->devifs_used; i++)
		if (fw->devif[i].bind && fw->devif[i].td == td)
			iommu_forget(fw->cfg.own->iommu,
				     fw->devif[i].function & TDX_FUNC_RID);
	td->inv_epoch = td->epoch;
	td->inv_queued = false;
}

static void flush_entry(struct tdx_fw *fw, const struct fw_inv *q)
{
	struct fw_devif *d = devif_of_rid(fw, q->rid);
	struct tdx_dmar e;

	if (tdx_dmar_find(fw->cfg.own, q->rid, level_of[q->type], &e))
		return; /* what stood above it cannot have gone */
	iommu_forget(fw->cfg.own->iommu, q->rid);
	tdx_dmar_state(&e, TDX_DMAR_BLOCKED, TDX_INV_DONE);
	tdx_dmar_put(fw->cfg.own, &e);
	if (q->type != TDX_INV_REQ_PASID_ENTRY || !d || !d->dma_counted)
		return;
	d->dma_counted = false;
	d->td->dmars--;
}

uint64_t tdxm_iqinv_proc(struct tdx_fw *fw, struct tdx_regs *r)
{
	uint64_t st = unit(fw, r->rcx);

	if (st)
		return st;
	for (unsigned i = 0; i < fw->queued; i++) {
		const struct fw_inv *q = &fw->queue[i];
		uint8_t raw[4];

		if (q->type == TDX_INV_REQ_IOTLB)
			flush_td(fw, q->td);
		else
			flush_entry(fw, q);
		tdx_put_u32(raw, 0, q->data);
		/* Where the host took the page away it waits in vain. */
		if (q->status &&
		    tdx_own_io(fw->cfg.own, q->status, raw, sizeof(raw), true,
			       TDX_VIEW_SHARED, 0))
			continue;
	}
	memset(fw->queue, 0, sizeof(fw->queue));
	fw->queued = 0;
	return TDX_SUCCESS;
}

/* --- the TD --- */

uint64_t tdxm_g_dmar_accept(struct tdx_fw *fw, struct fw_vp *vp,
			    struct tdx_regs *r)
{
	struct tdx_dmar e;
	struct fw_devif *d;
	uint64_t st = tdxm_devif_of_td(fw, vp->td, r->rcx, TDX_OP_RCX, &d);

	if (st)
		return st;
	if (r->rdx) /* a TD without partitions */
		return BAD(TDX_OPERAND_INVALID, RDX);
	if (!d->session || tsm_gate(d->bind, TSM_GATE_DMA_ON, d->session))
		return BAD(TDX_DEVIF_TDISP_INVALID_STATE, RCX);
	if (tdx_dmar_find(fw->cfg.own, (uint16_t)(d->function & TDX_FUNC_RID),
			  TDX_DMAR_PASID_ENTRY, &e) ||
	    tdx_dmar_map(&e) != TDX_DMAR_PENDING)
		return BAD(TDX_DMAR_INVALID_MAPPING_STATE, DMAR);
	e.q[0] |= vp->td->cx[1];
	e.q[1] |= VTD_DID_TRUSTED | vp->td->hkid;
	tdx_dmar_state(&e, TDX_DMAR_PRESENT, TDX_INV_PENDING);
	tdx_dmar_put(fw->cfg.own, &e);
	iommu_forget(fw->cfg.own->iommu, e.rid); /* no entry, it kept */
	tsm_dma_set(d->bind, true);
	if (!d->td->dmars) /* nothing is remembered of this epoch yet */
		d->td->inv_epoch = d->td->epoch;
	d->dma_counted = true;
	d->td->dmars++;
	return TDX_SUCCESS;
}
