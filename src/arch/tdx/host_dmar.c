/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trusted DMA remapping: the tables are the module's, their pages come from
 * the host, and every invalidation goes by the module's own queue.
 * Source: TDX module 2.0, tdh_dmar_*.c, tdh_iqinv_*.c
 */
#include <errno.h>

#include "arch/tdx/host_priv.h"

#define WAIT_DESC  (UINT64_C(5) | TDX_WAIT_FENCE)
#define PROC_TRIES 1000u

static uint64_t index_of(const struct tdx_host *h, uint16_t rid, unsigned level)
{
	return level | field_put(TDX_DMAR_RID, rid) |
	       field_put(TDX_DMAR_IOMMU, h->iommu_id);
}

/* Queued, then polled until it has taken effect. */
static int invalidate(struct tdx_host *h, enum tdx_inv_req what,
		      uint64_t subject)
{
	struct tdx_regs r = { .rax = TDH_IQINV_REQ,
			      .rcx = h->iommu_id,
			      .rdx = what,
			      .r8 = subject,
			      .r9 = WAIT_DESC };
	uint64_t st = tdx_call(h, &r);

	for (unsigned i = 0; !(st & TDX_ERROR_BIT) && i < PROC_TRIES; i++) {
		st = tdx_call4(h, TDH_IQINV_PROC, h->iommu_id, 0, 0, 0);
		if (!st)
			return 0;
		if (TDX_STATUS(st) == TDX_INTERRUPTED_RESUMABLE)
			st = 0; /* not all of it yet */
	}
	return -EIO;
}

int tdx_iotlb_flush(struct tdx_host *h, uint64_t tdr)
{
	struct tdx_regs r = { .rax = TDH_IQINV_REQ,
			      .rcx = h->iommu_id,
			      .rdx = TDX_INV_REQ_IOTLB,
			      .r8 = tdr,
			      .r9 = WAIT_DESC };
	const uint64_t why = h->error;
	const uint64_t st = tdx_call(h, &r);

	if (TDX_STATUS(st) == TDX_IOMMU_IOTLB_TRACKING_NOT_REQUIRED) {
		h->error = why;
		return 0; /* no device of it has ever run */
	}
	for (unsigned i = 0; !(st & TDX_ERROR_BIT) && i < PROC_TRIES; i++)
		if (!tdx_call4(h, TDH_IQINV_PROC, h->iommu_id, 0, 0, 0))
			return 0;
	return -EIO;
}

/* --- entries --- */

static uint64_t dmar_add(struct tdx_host *h, uint64_t index, uint64_t tdr,
			 uint64_t q0, uint64_t q1)
{
	struct tdx_regs r = { .rax = TDH_DMAR_ADD,
			      .rcx = index,
			      .rdx = tdr,
			      .r8 = q0,
			      .r9 = q1 };

	return tdx_call(h, &r);
}

/* Tables that were there already are refused; the last call says. */
int tdx_dmar_add(struct tdx_host *h, uint16_t rid, uint64_t tdr)
{
	const uint64_t why = h->error;
	uint64_t st;

	for (unsigned l = TDX_DMAR_ROOT; l > TDX_DMAR_PASID_ENTRY; l--) {
		const uint64_t pa = tdx_page_new(h);

		if (!pa)
			return -ENOMEM;
		if (dmar_add(h, index_of(h, rid, l), 0, pa | VTD_ROOT_P, 0))
			tdx_page_free(h, pa);
	}
	st = dmar_add(h, index_of(h, rid, TDX_DMAR_PASID_ENTRY), tdr,
		      TDX_PASID0_ADD, TDX_PASID1_ADD);
	if (!st)
		h->error = why;
	return tdx_errno(st);
}

/* The module was there first: it blocks an entry when its session ends. */
static bool was_so(uint64_t st)
{
	return TDX_STATUS(st) == TDX_DMAR_INVALID_MAPPING_STATE ||
	       TDX_STATUS(st) == TDX_DMAR_INVALID_INV_STATE;
}

/*
 * BLOCK, invalidate, REMOVE: of the entry, then of what has no child left.
 * Whether all was done, REMOVE says.
 */
static uint64_t dmar_out(struct tdx_host *h, uint16_t rid, unsigned level)
{
	static const enum tdx_inv_req inv[] = {
		[TDX_DMAR_PASID_ENTRY] = TDX_INV_REQ_PASID_ENTRY,
		[TDX_DMAR_PASID_DIR] = TDX_INV_REQ_PASID_DIR,
		[TDX_DMAR_CONTEXT] = TDX_INV_REQ_CONTEXT,
		[TDX_DMAR_ROOT] = TDX_INV_REQ_ROOT,
	};
	struct tdx_regs r = { .rax = TDH_DMAR_REMOVE,
			      .rcx = index_of(h, rid, level) };
	uint64_t st = tdx_call4(h, TDH_DMAR_BLOCK, r.rcx, 0, 0, 0);

	if (st & TDX_ERROR_BIT && !was_so(st))
		return st;
	if (invalidate(h, inv[level], rid) && !was_so(h->error))
		return h->error;
	st = tdx_call(h, &r);
	if (!(st & TDX_ERROR_BIT) && level != TDX_DMAR_PASID_ENTRY)
		tdx_page_free(h, r.rcx & TDX_ARRAY_HPA);
	return st;
}

int tdx_dmar_remove(struct tdx_host *h, uint16_t rid)
{
	const int ret = tdx_errno(dmar_out(h, rid, TDX_DMAR_PASID_ENTRY));
	const uint64_t why = h->error;

	if (ret)
		return ret;
	for (unsigned l = TDX_DMAR_PASID_DIR; l <= TDX_DMAR_ROOT; l++)
		if (dmar_out(h, rid, l) & TDX_ERROR_BIT)
			break;
	h->error = why;
	return 0;
}
