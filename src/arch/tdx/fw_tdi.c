/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tdx/fw_priv.h"

#include "base/assert.h"

/*
 * TDISP: LOCK, REPORT, GET_STATE, START, STOP by the host; what the TD reads
 * of it and the start that it authorises.
 *
 * Source: TDX module 2.0 source (tdisp.c) for the checks; Linux TDX Connect
 * guest patches and openvmm for the guest's calls
 */

static struct tsm_args about(const struct fw_spdm *s)
{
	return (struct tsm_args){ .bind = s->op.devif->bind };
}

static uint64_t done(struct tdx_fw *fw, struct fw_spdm *s, uint64_t st,
		     struct tdx_regs *r)
{
	(void)fw;
	(void)s;
	r->rcx = 0;
	return st;
}

/* --- lock --- */

/* Nothing of an earlier lock session may be left in the TD's tables. */
static uint64_t nothing_left(struct tdx_fw *fw, const struct fw_devif *d)
{
	struct tdx_dmar e;

	if (d->mapped)
		return BAD(TDX_DEVIF_HAS_MAPPED_MMIO, RCX);
	if (!d->dmar)
		return TDX_SUCCESS;
	if (tdx_dmar_find(fw->cfg.own, (uint16_t)(d->function & TDX_FUNC_RID),
			  TDX_DMAR_PASID_ENTRY, &e) ||
	    tdx_dmar_map(&e) != TDX_DMAR_PENDING)
		return BAD(TDX_DEVIF_HAS_MAPPED_DMA, RCX);
	return TDX_SUCCESS;
}

/* Stream and mask are the module's to fill; no peer to peer. */
static uint64_t lock_check(struct tdx_fw *fw, struct fw_spdm *s,
			   const struct tdx_regs *r, struct fw_op *op)
{
	if (r->rdx & ~(uint64_t)TDISP_LOCK_NO_FW_UPDATE)
		return BAD(TDX_OPERAND_INVALID, RDX);
	if (s->stream.blocked)
		return BAD(TDX_IDE_STREAM_BLOCKED, RCX);
	if (op->devif->td->state >= TDX_TD_BLOCKED)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	return nothing_left(fw, op->devif);
}

static uint64_t lock_begin(struct tdx_fw *fw, struct fw_spdm *s)
{
	struct tsm_args a = about(s);

	a.lock_flags = (uint16_t)s->op.in.rdx;
	a.mmio_offset = s->op.devif->td->mmio_offset;
	return tdxm_verb(fw, s, TSM_LOCK, &a);
}

static uint64_t lock_next(struct tdx_fw *fw, struct fw_spdm *s, uint64_t st,
			  struct tdx_regs *r)
{
	struct fw_devif *d = s->op.devif;

	if (!st) {
		d->session = tsm_lock_info(d->bind)->id;
		d->authorised = false;
		d->info_valid = false;
		d->ranges = 0;
	}
	return done(fw, s, st, r);
}

const struct fw_long tdxm_long_lock = {
	.leaf = TDH_TDI_LOCK,
	.devif = true,
	.rsp = 8,
	.req = 9,
	.check = lock_check,
	.begin = lock_begin,
	.next = lock_next,
	.bad_state = TDX_DEVIF_TDISP_INVALID_STATE,
	.bad_message = TDX_DEVIF_TDISP_INVALID_MESSAGE,
};

/* --- get state --- */

static uint64_t any_check(struct tdx_fw *fw, struct fw_spdm *s,
			  const struct tdx_regs *r, struct fw_op *op)
{
	(void)fw;
	(void)r;
	(void)op;
	return s->stream.blocked ? BAD(TDX_IDE_STREAM_BLOCKED, RCX)
				 : TDX_SUCCESS;
}

static uint64_t get_state_begin(struct tdx_fw *fw, struct fw_spdm *s)
{
	const struct tsm_args a = about(s);

	return tdxm_verb(fw, s, TSM_GET_STATE, &a);
}

static uint64_t get_state_next(struct tdx_fw *fw, struct fw_spdm *s,
			       uint64_t st, struct tdx_regs *r)
{
	(void)fw;
	r->rcx = st ? 0 : (uint64_t)tsm_bind_tdi(s->op.devif->bind);
	return st;
}

const struct fw_long tdxm_long_get_state = {
	.leaf = TDH_TDI_GET_STATE,
	.devif = true,
	.rsp = 8,
	.req = 9,
	.check = any_check,
	.begin = get_state_begin,
	.next = get_state_next,
	.bad_state = TDX_DEVIF_TDISP_INVALID_STATE,
	.bad_message = TDX_DEVIF_TDISP_INVALID_MESSAGE,
};

/* --- report --- */

static uint64_t report_check(struct tdx_fw *fw, struct fw_spdm *s,
			     const struct tdx_regs *r, struct fw_op *op)
{
	if (s->stream.blocked)
		return BAD(TDX_IDE_STREAM_BLOCKED, RCX);
	if (!op->devif->session)
		return BAD(TDX_DEVIF_TDISP_INVALID_STATE, RCX);
	return tdxm_array(fw, r->rdx, TDX_OP_RDX, 1, TDX_DEV_INFO_PAGES,
			  op->out, &op->outs);
}

static uint64_t report_begin(struct tdx_fw *fw, struct fw_spdm *s)
{
	const struct tsm_args a = about(s);

	return tdxm_verb(fw, s, TSM_REPORT, &a);
}

static uint64_t report_next(struct tdx_fw *fw, struct fw_spdm *s, uint64_t st,
			    struct tdx_regs *r)
{
	struct fw_devif *d = s->op.devif;
	const struct tsm_lock_info *l = tsm_lock_info(d->bind);
	const uint8_t *p;
	uint64_t len;
	size_t n;

	if (st)
		return done(fw, s, st, r);
	/* The same ranges each time in a lock session: the core sees to it. */
	d->ranges = l->ranges;
	memcpy(d->range, l->range, sizeof(d->range));
	tsm_blob(s->conn, &p, &n);
	st = tdxm_output(fw, s, p, n, TDX_OP_RDX, &len);
	r->rcx = st ? 0 : len;
	return st;
}

const struct fw_long tdxm_long_report = {
	.leaf = TDH_TDI_REPORT,
	.devif = true,
	.rsp = 8,
	.req = 9,
	.check = report_check,
	.begin = report_begin,
	.next = report_next,
	.bad_state = TDX_DEVIF_TDISP_INVALID_STATE,
	.bad_message = TDX_DEVIF_TDISP_INVALID_REPORT,
};

/* --- start --- */

/* All that the device guards must be the TD's alone before it runs. */
static bool all_mapped(const struct tdx_fw *fw, const struct fw_devif *d)
{
	for (unsigned i = 0; i < d->ranges; i++) {
		const struct tsm_range *x = &d->range[i];

		if (x->attr & TDISP_RANGE_NON_TEE)
			continue;
		for (uint32_t k = 0; k < x->pages; k++) {
			const struct tdx_mmio *m =
				tdx_own_mmio(fw->cfg.own, x->pa + k * PAGE_4K);

			if (!m || !m->mapped || m->tdr != d->td->tdr ||
			    m->function != d->function)
				return false;
		}
	}
	return true;
}

static uint64_t start_check(struct tdx_fw *fw, struct fw_spdm *s,
			    const struct tdx_regs *r, struct fw_op *op)
{
	const struct fw_devif *d = op->devif;

	(void)r;
	if (s->stream.blocked)
		return BAD(TDX_IDE_STREAM_BLOCKED, RCX);
	if (!d->session || tsm_bind_state(d->bind) != TSM_BIND_LOCKED)
		return BAD(TDX_DEVIF_TDISP_INVALID_STATE, RCX);
	if (!d->authorised) /* law 21 */
		return BAD(TDX_DEVIF_INVALID_STATE, RCX);
	return all_mapped(fw, d)
		       ? TDX_SUCCESS
		       : BAD(TDX_DEVIF_INVALID_TDI_CONFIGURATION, RCX);
}

static uint64_t start_begin(struct tdx_fw *fw, struct fw_spdm *s)
{
	const struct tsm_args a = about(s);

	return tdxm_verb(fw, s, TSM_START, &a);
}

const struct fw_long tdxm_long_start = {
	.leaf = TDH_TDI_START,
	.devif = true,
	.rsp = 8,
	.req = 9,
	.check = start_check,
	.begin = start_begin,
	.next = done,
	.bad_state = TDX_DEVIF_TDISP_INVALID_STATE,
	.bad_message = TDX_DEVIF_TDISP_INVALID_MESSAGE,
};

/* --- stop --- */

static uint64_t stop_begin(struct tdx_fw *fw, struct fw_spdm *s)
{
	const struct tsm_args a = about(s);

	return tdxm_verb(fw, s, TSM_STOP, &a);
}

const struct fw_long tdxm_long_stop = {
	.leaf = TDH_TDI_STOP,
	.devif = true,
	.rsp = 8,
	.req = 9,
	.check = any_check,
	.begin = stop_begin,
	.next = done,
	.bad_state = TDX_DEVIF_TDISP_INVALID_STATE,
	.bad_message = TDX_DEVIF_TDISP_INVALID_MESSAGE,
};

/* --- the guest --- */

/* A hash into a page of the TD's own, which it has accepted. */
static uint64_t give_hash(struct tdx_fw *fw, struct fw_vp *vp, uint64_t gpa,
			  const uint8_t *hash)
{
	const struct tdx_page *p;
	struct tdx_sept s;

	if (!gpa || gpa & (PAGE_4K - 1) || gpa >= TDX_GPA_SHARED)
		return BAD(TDX_OPERAND_ADDR_RANGE_ERROR, R8);
	if (tdx_sept_find(fw->cfg.own, vp->td->cx[1], gpa, 0, &s) ||
	    tdx_sept_state(s.e) != SEPT_MAPPED)
		return BAD(TDX_PAGE_METADATA_INCORRECT, R8);
	p = tdx_own_page(fw->cfg.own, s.e & EPT_ADDR);
	if (!p || p->owner != vp->td->tdr)
		return BAD(TDX_PAGE_NOT_OWNED_BY_TD, R8);
	if (tdx_own_io(fw->cfg.own, s.e & EPT_ADDR, (void *)(uintptr_t)hash,
		       TDX_TDI_HASH_LEN, true, TDX_VIEW_TD, vp->td->hkid))
		return BAD(TDX_PAGE_METADATA_INCORRECT, R8);
	return TDX_SUCCESS;
}

uint64_t tdxm_g_tdi_rd(struct tdx_fw *fw, struct fw_vp *vp, struct tdx_regs *r)
{
	const struct tsm_lock_info *l;
	const uint8_t *hash = NULL;
	struct fw_devif *d;
	uint64_t st = tdxm_devif_of_td(fw, vp->td, r->rcx, TDX_OP_RCX, &d);

	if (st)
		return st;
	/* Outside a lock session there is nothing to tell: laws 18, 25. */
	if (!d->session)
		return BAD(TDX_DEVIF_TDISP_INVALID_STATE, RCX);
	l = tsm_lock_info(d->bind);
	switch (r->rdx) {
	case TDX_TDI_REPORT_HASH:
		hash = l->report_valid ? l->report_digest : NULL;
		break;
	case TDX_TDI_INFO_HASH:
		hash = d->info_valid ? d->info : NULL;
		break;
	case TDX_TDI_VERSION:
	case TDX_TDI_STATE:
	case TDX_TDI_BIND_SESSION:
		if (r->r8)
			return BAD(TDX_OPERAND_INVALID, R8);
		r->rcx = r->rdx == TDX_TDI_VERSION ? 0x10
			 : r->rdx == TDX_TDI_STATE
				 ? (uint64_t)tsm_bind_tdi(d->bind)
				 : d->session;
		return TDX_SUCCESS;
	default:
		return BAD(TDX_OPERAND_INVALID, RDX);
	}
	if (!hash)
		return BAD(TDX_DEVIF_TDISP_INVALID_STATE, RDX);
	st = give_hash(fw, vp, r->r8, hash);
	if (!st)
		r->rcx = TDX_TDI_HASH_LEN;
	return st;
}

/*
 * Only authorises: the host acts. What it names is the lock session whose
 * evidence it judged; one that began meanwhile is another.
 */
uint64_t tdxm_g_tdi_start(struct tdx_fw *fw, struct fw_vp *vp,
			  struct tdx_regs *r)
{
	struct fw_devif *d;
	uint64_t st = tdxm_devif_of_td(fw, vp->td, r->rcx, TDX_OP_RCX, &d);

	if (st)
		return st;
	if (!d->session || r->rdx != d->session)
		return BAD(TDX_DEVIF_INVALID_STATE, RDX);
	if (tsm_gate(d->bind, TSM_GATE_START, r->rdx))
		return BAD(TDX_DEVIF_TDISP_INVALID_STATE, RCX);
	d->authorised = true;
	return TDX_SUCCESS;
}
