/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tdx/fw_priv.h"

#include "base/assert.h"

/*
 * Device interfaces: where they are found, whose they are, and TDISP. What a
 * lock session granted ends with it, here and nowhere else.
 *
 * Source: TDX module 2.0 source (tdh_devif_*, devif.c, tdisp.c)
 */

/* --- where they are found --- */

static uint64_t mt_index(uint64_t raw, unsigned least, unsigned most,
			 unsigned *level, uint32_t *function)
{
	*level = (unsigned)(raw & TDX_DEVIFMT_LEVEL);
	*function = (uint32_t)(raw >> 32);
	return (uint32_t)raw & ~(uint32_t)TDX_DEVIFMT_LEVEL || *level < least ||
			       *level > most
		       ? BAD(TDX_OPERAND_INVALID, RCX)
		       : TDX_SUCCESS;
}

uint64_t tdxm_devifmt_add(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct tdx_own *o = fw->cfg.own;
	uint32_t function;
	unsigned level;
	uint64_t st;

	st = mt_index(r->rcx, 1, TDX_DEVIFMT_ROOT, &level, &function);
	if (st)
		return st;
	if (level < TDX_DEVIFMT_ROOT && !tdx_node_at(o, true, level, function))
		return BAD(TDX_DEVIFMT_NOT_PRESENT, RCX);
	if (tdx_node_at(o, true, level - 1, function))
		return BAD(TDX_DEVIFMT_ALREADY_PRESENT, RCX);
	st = tdxm_take(fw, r->rdx, TDX_OP_RDX, TDX_PT_DEVIF_MT, NULL);
	if (st)
		return st;
	if (tdx_node_add(o, true, level - 1, function, r->rdx)) {
		tdxm_give(fw, r->rdx, NULL);
		return BAD(TDX_OPERAND_BUSY, RCX);
	}
	return TDX_SUCCESS;
}

static bool devif_in(const struct tdx_fw *fw, const struct tdx_node *n)
{
	for (unsigned i = 0; i < fw->devifs_used; i++)
		if (fw->devif[i].bind && !n->level &&
		    fw->devif[i].function - n->first < 512)
			return true;
	return false;
}

uint64_t tdxm_devifmt_remove(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct tdx_node *n;
	uint32_t function;
	unsigned level;
	uint64_t st;

	st = mt_index(r->rcx, 1, TDX_DEVIFMT_ROOT, &level, &function);
	if (st)
		return st;
	n = tdx_node_at(fw->cfg.own, true, level - 1, function);
	if (!n)
		return BAD(TDX_DEVIFMT_NOT_PRESENT, RCX);
	if (tdx_node_busy(fw->cfg.own, n) || devif_in(fw, n))
		return BAD(TDX_IOMMU_MT_PAGE_IN_USE, RCX);
	r->rcx = n->page;
	tdxm_give(fw, n->page, NULL);
	tdx_node_del(n);
	return TDX_SUCCESS;
}

/* Present, and the page that hangs there. */
uint64_t tdxm_devifmt_rd(struct tdx_fw *fw, struct tdx_regs *r)
{
	const struct fw_devif *d;
	const struct tdx_node *n;
	uint32_t function;
	unsigned level;
	uint64_t st;

	st = mt_index(r->rcx, 0, TDX_DEVIFMT_ROOT, &level, &function);
	if (st)
		return st;
	if (level < TDX_DEVIFMT_ROOT &&
	    !tdx_node_at(fw->cfg.own, true, level, function))
		return BAD(TDX_DEVIFMT_NOT_PRESENT, RCX);
	d = tdxm_devif_at(fw, function);
	n = level ? tdx_node_at(fw->cfg.own, true, level - 1, function) : NULL;
	r->rcx = n ? n->page | 1 : !level && d ? d->page | 1 : 0;
	return TDX_SUCCESS;
}

/* --- create, remove --- */

static uint64_t create_check(struct tdx_fw *fw, struct tdx_regs *r,
			     struct fw_td **td, struct fw_spdm **s)
{
	uint8_t segment;
	uint16_t rid;
	uint64_t st = tdxm_function(r->rcx, TDX_OP_RCX, &segment, &rid);

	if (!st)
		st = tdxm_td_in(fw, r->rdx, TDX_OP_RDX, TD_LIVE, td);
	if (st)
		return st;
	if (!((*td)->config & TDX_CONFIG_TDX_CONNECT))
		return BAD(TDX_CONNECT_INVALID_STATE, RDX);
	*s = tdxm_spdm_at(fw, r->r9);
	if (!*s)
		return BAD(TDX_SPDM_ENTRY_NOT_PRESENT, R9);
	if (!(*s)->stream.made || (*s)->stream.id != r->r10)
		return BAD(TDX_IDE_STREAM_NOT_CONFIGURED, R10);
	if ((*s)->stream.blocked)
		return BAD(TDX_IDE_STREAM_BLOCKED, R10);
	if (tsm_conn_state((*s)->conn) != TSM_CONN_READY)
		return BAD(TDX_IDE_STREAM_INVALID_STATE, R10);
	if (rid < (*s)->stream.rid_base || rid > (*s)->stream.rid_limit ||
	    segment != tsm_conn_cfg((*s)->conn)->segment)
		return BAD(TDX_OPERAND_INVALID, RCX);
	if (!tdx_node_at(fw->cfg.own, true, 0, r->rcx))
		return BAD(TDX_DEVIFMT_NOT_PRESENT, RCX);
	return tdxm_devif_at(fw, (uint32_t)r->rcx)
		       ? BAD(TDX_DEVIFMT_ALREADY_PRESENT, RCX)
		       : TDX_SUCCESS;
}

/* The places in the core and in the remapping tables; or neither. */
static uint64_t places(struct tdx_fw *fw, struct fw_devif *d,
		       const struct tdx_regs *r)
{
	const struct tsm_bind_cfg cfg = { .function_id = (uint32_t)r->rcx,
					  .owner = r->r8 };
	const struct tdx_own_dev dev = {
		.rid = (uint16_t)(r->rcx & TDX_FUNC_RID),
		.port = (uint8_t)d->spdm->port,
		.stream = d->spdm->stream.id,
		.hkid = d->td->hkid,
	};
	enum il_err err;

	if (tdx_own_dev(fw->cfg.own, dev.rid)) /* the same RID, other segment */
		return BAD(TDX_DEVIFMT_ALREADY_PRESENT, RCX);
	err = tsm_bind_new(d->spdm->conn, &cfg, &d->bind);
	if (err) {
		d->bind = NULL;
		return err == IL_E_ARG	   ? BAD(TDX_OPERAND_INVALID, RCX)
		       : err == IL_E_STATE ? BAD(TDX_DEVIF_INVALID_STATE, RCX)
					   : BAD(TDX_OPERAND_BUSY, RCX);
	}
	err = tdx_own_dev_set(fw->cfg.own, &dev);
	IL_ASSERT(!err); /* as many as there are bindings */
	err = tsm_bind_own(d->bind, d->td->tdr);
	IL_ASSERT(!err);
	return TDX_SUCCESS;
}

uint64_t tdxm_devif_create(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_devif *d = NULL;
	struct fw_td *td;
	struct fw_spdm *s;
	uint64_t st = create_check(fw, r, &td, &s);

	if (st)
		return st;
	for (unsigned i = fw->cfg.limits.tsm.binds; i-- > 0;)
		if (!fw->devif[i].bind)
			d = &fw->devif[i];
	if (!d)
		return BAD(TDX_OPERAND_BUSY, RCX);
	st = tdxm_take(fw, r->r8, TDX_OP_R8, TDX_PT_DEVIFCS, td);
	if (st)
		return st;
	memset(d, 0, sizeof(*d));
	d->td = td;
	d->spdm = s;
	d->function = (uint32_t)r->rcx;
	d->page = r->r8;
	st = places(fw, d, r);
	if (st) {
		tdxm_give(fw, r->r8, td);
		return st;
	}
	if (d >= fw->devif + fw->devifs_used)
		fw->devifs_used = (unsigned)(d - fw->devif) + 1;
	td->devifs++;
	s->devifs++;
	return TDX_SUCCESS;
}

bool tdxm_devif_idle(const struct fw_devif *d)
{
	enum tsm_bind_state s = tsm_bind_state(d->bind);

	return s == TSM_BIND_UNLOCKED || s == TSM_BIND_DEAD;
}

/*
 * The coupling rule: STOP was confirmed or the stream is blocked; no trusted
 * entry is left; no MMIO page stands in the secure EPT.
 */
uint64_t tdxm_devif_remove(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_devif *d = r->rcx > UINT32_MAX
				     ? NULL
				     : tdxm_devif_at(fw, (uint32_t)r->rcx);
	enum il_err err;

	if (!d)
		return BAD(TDX_DEVIFMT_NOT_PRESENT, RCX);
	if (d->spdm->op.leaf && d->spdm->op.devif == d)
		return BAD(TDX_OPERAND_BUSY, RCX);
	if (!tdxm_devif_idle(d))
		return BAD(TDX_DEVIF_INVALID_STATE, RCX);
	if (d->dmar)
		return BAD(TDX_DEVIF_HAS_MAPPED_DMA, RCX);
	if (d->mapped)
		return BAD(TDX_DEVIF_HAS_MAPPED_MMIO, RCX);
	err = tsm_bind_own(d->bind, 0);
	if (!err)
		err = tsm_bind_free(d->bind);
	if (err)
		return BAD(TDX_OPERAND_BUSY, RCX);
	tdx_own_dev_del(fw->cfg.own, d->function & TDX_FUNC_RID);
	r->rcx = d->page;
	r->rdx = d->td->tdr;
	tdxm_give(fw, d->page, d->td);
	d->td->devifs--;
	d->spdm->devifs--;
	memset(d, 0, sizeof(*d));
	return TDX_SUCCESS;
}

/* --- what a lock session granted --- */

static void sweep(struct tdx_fw *fw, struct fw_devif *d)
{
	for (unsigned i = 0; i < d->ranges; i++)
		for (uint32_t k = 0; k < d->range[i].pages; k++) {
			uint64_t pa = d->range[i].pa + k * PAGE_4K;
			const struct tdx_mmio *m =
				tdx_own_mmio(fw->cfg.own, pa);

			if (!m || !m->accepted || m->function != d->function)
				continue;
			tdx_mmio_accept(fw->cfg.own, pa, false);
			tsm_mmio_count(d->bind, -1);
		}
}

void tdxm_settle(struct tdx_fw *fw)
{
	for (unsigned i = 0; i < fw->devifs_used; i++) {
		struct fw_devif *d = &fw->devif[i];

		if (!d->bind || !d->session ||
		    tsm_lock_info(d->bind)->id == d->session)
			continue;
		sweep(fw, d);
		d->session = 0;
		d->authorised = false;
		d->info_valid = false;
		bytes_wipe(d->info, sizeof(d->info));
		d->ranges = 0;
	}
}

/*
 * The core takes the trusted entry away: blocked, and forgotten by the unit
 * before this returns. The host removes it later. OPEN: the module's source
 * leaves it present until the host blocks it.
 */
void tdxm_entry_off(void *ctx, struct tsm_bind *b)
{
	struct tdx_fw *fw = ctx;
	struct fw_devif *d = tdxm_devif_of(fw, b);
	struct tdx_dmar e;
	uint16_t rid;

	if (!d || !d->dma_counted)
		return;
	rid = (uint16_t)(d->function & TDX_FUNC_RID);
	if (!tdx_dmar_find(fw->cfg.own, rid, TDX_DMAR_PASID_ENTRY, &e) &&
	    tdx_dmar_map(&e) == TDX_DMAR_PRESENT) {
		tdx_dmar_state(&e, TDX_DMAR_BLOCKED, TDX_INV_PENDING);
		tdx_dmar_put(fw->cfg.own, &e);
	}
	iommu_forget(fw->cfg.own->iommu, rid);
	d->dma_counted = false;
	d->td->dmars--;
}

/* MMIO behind the port of the interface, or no report says so. */
bool tdxm_mmio_fits(void *ctx, const struct tsm_bind *b, uint64_t pa,
		    uint32_t pages)
{
	struct tdx_fw *fw = ctx;

	return tdx_own_is_mmio(fw->cfg.own, pa, (uint64_t)pages * PAGE_4K,
			       tsm_conn_cfg(tsm_bind_conn(b))->port);
}

uint64_t tdxm_devif_of_td(struct tdx_fw *fw, const struct fw_td *td,
			  uint64_t function, uint64_t op, struct fw_devif **out)
{
	*out = function > UINT32_MAX ? NULL
				     : tdxm_devif_at(fw, (uint32_t)function);
	if (!*out)
		return TDX_DEVIFMT_NOT_PRESENT | op;
	/* Law 15: another TD's is not told from none that is ours. */
	return (*out)->td == td ? TDX_SUCCESS : TDX_DEVIF_INVALID_METADATA | op;
}
