/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"

/* The life of a device, as an honest host and TD go through it. */

static uint64_t two_pages(struct fwrig *r)
{
	uint64_t list = fw_page(r);
	uint8_t at[16];

	tdx_put_u64(at, 0, fw_page(r));
	tdx_put_u64(at, 8, fw_page(r));
	host_put(r, list, at, sizeof(at));
	return tdx_array(list, 2);
}

uint64_t dev_create(struct fwrig *r)
{
	uint64_t st = SEAM(r, TDH_SPDM_CREATE, PEER_RID, two_pages(r));

	r->spdm = r->q.rcx;
	return st;
}

uint64_t dev_connect(struct fwrig *r)
{
	static const uint8_t cfg[7] = { 0, 0, 0, 0, 0, 1, 0 };

	host_put(r, r->cfg, cfg, sizeof(cfg));
	return CARRY(r, TDH_SPDM_CONNECT, r->spdm, r->cfg, r->rsp, r->req,
		     tdx_array(r->out, TDX_DEV_INFO_PAGES));
}

uint64_t dev_stream(struct fwrig *r)
{
	/* functions 0100 to 0102; addresses of the BAR */
	return SEAM(r, TDH_IDE_STREAM_CREATE, FW_RP_DEVFN | 0x100, r->spdm,
		    fw_page(r), 0, 0x010200, 0x010001,
		    UINT64_C(0xe0000000) | 0xe0000000 >> 12 | 1, 1, 1);
}

uint64_t dev_keys(struct fwrig *r, enum tdx_km_op op)
{
	return CARRY(r, TDH_IDE_STREAM_KM, r->spdm, 0, op, r->rsp, r->req);
}

void dev_tables(struct fwrig *r)
{
	for (uint64_t l = TDX_DEVIFMT_ROOT; l; l--)
		assert_int_equal(SEAM(r, TDH_DEVIFMT_ADD,
				      (uint64_t)FW_IF << 32 | l, fw_page(r)),
				 0);
	for (uint64_t l = TDX_MMIOMT_ROOT; l; l--)
		assert_int_equal(
			SEAM(r, TDH_MMIOMT_ADD, PEER_BAR | l, fw_page(r)), 0);
}

uint64_t devif_create(struct fwrig *r, const struct fwtd *td)
{
	return SEAM(r, TDH_DEVIF_CREATE, FW_IF, td->tdr, fw_page(r), r->spdm,
		    0);
}

uint64_t tdi_op(struct fwrig *r, uint64_t leaf)
{
	return CARRY(r, leaf, FW_IF, 0, r->rsp, r->req);
}

uint64_t tdi_report(struct fwrig *r)
{
	return CARRY(r, TDH_TDI_REPORT, FW_IF,
		     tdx_array(r->out, TDX_DEV_INFO_PAGES), r->rsp, r->req);
}

uint64_t mmio_map(struct fwrig *r, const struct fwtd *td, unsigned i)
{
	uint64_t pa = PEER_BAR + i * PAGE_4K;
	uint64_t st = SEAM(r, TDH_MMIOMT_SET, pa, 1 | (uint64_t)FW_IF << 12);

	return st ? st
		  : SEAM(r, TDH_MMIO_MAP, FW_MMIO_GPA + i * PAGE_4K, td->tdr,
			 pa);
}

static bool tee(unsigned i)
{
	return i < 2 || i == 3 || i >= 16;
}

void mmio_map_all(struct fwrig *r, const struct fwtd *td)
{
	for (unsigned i = 0; i < 32; i++)
		if (tee(i))
			assert_int_equal(mmio_map(r, td, i), 0);
}

uint64_t mmio_accept(struct fwrig *r, const struct fwtd *td, unsigned range,
		     unsigned bar_page, unsigned pages)
{
	static const unsigned first[] = { 0, 2, 3, 16 };

	uint64_t st;

	st = TD(r, td, TDG_MMIO_ACCEPT, FW_MMIO_GPA + bar_page * PAGE_4K, range,
		FW_IF, (uint64_t)(bar_page - first[range & 3]) << 32 | pages);
	while (st == TDX_INTERRUPTED_RESUMABLE) /* with what came back */
		st = TD(r, td, TDG_MMIO_ACCEPT, r->todo.rcx, r->todo.rdx,
			r->todo.r8, r->todo.r9);
	return st;
}

void mmio_accept_all(struct fwrig *r, const struct fwtd *td)
{
	assert_int_equal(mmio_accept(r, td, 0, 0, 2), 0);
	assert_int_equal(mmio_accept(r, td, 2, 3, 1), 0);
	assert_int_equal(mmio_accept(r, td, 3, 16, 16), 0);
}

void mmio_off(struct fwrig *r, const struct fwtd *td)
{
	for (unsigned i = 0; i < 32; i++)
		if (tee(i))
			assert_int_equal(SEAM(r, TDH_MMIO_BLOCK,
					      FW_MMIO_GPA + i * PAGE_4K,
					      td->tdr),
					 0);
	assert_int_equal(SEAM(r, TDH_MEM_TRACK, td->tdr), 0);
	for (unsigned i = 0; i < 32; i++) {
		if (!tee(i))
			continue;
		assert_int_equal(SEAM(r, TDH_MMIO_UNMAP,
				      FW_MMIO_GPA + i * PAGE_4K, td->tdr),
				 0);
		assert_int_equal(r->q.r8, PEER_BAR + i * PAGE_4K);
		assert_int_equal(SEAM(r, TDH_MMIOMT_SET, r->q.r8, 0), 0);
	}
}

/* --- DMA --- */

#define RID_INDEX ((uint64_t)PEER_RID << 32)

void dmar_tables(struct fwrig *r)
{
	assert_int_equal(SEAM(r, TDH_IOMMU_SETUP, 0xfed90000, two_pages(r)), 0);
	assert_int_equal(r->q.rcx, 0);
	for (uint64_t l = TDX_DMAR_ROOT; l; l--)
		assert_int_equal(SEAM(r, TDH_DMAR_ADD, RID_INDEX | l,
				      .r8 = fw_page(r) | 1),
				 0);
}

uint64_t dmar_add(struct fwrig *r, const struct fwtd *td)
{
	return SEAM(r, TDH_DMAR_ADD, RID_INDEX, td->tdr, TDX_PASID0_ADD,
		    TDX_PASID1_ADD);
}

uint64_t inv(struct fwrig *r, enum tdx_inv_req type, uint64_t subject)
{
	return SEAM(r, TDH_IQINV_REQ, 0, type, subject, 5 | TDX_WAIT_FENCE);
}

void dmar_off(struct fwrig *r)
{
	assert_int_equal(SEAM(r, TDH_DMAR_READ, RID_INDEX), 0);
	if ((r->q.rdx >> 3 & 0xff) != TDX_DMAR_BLOCKED)
		assert_int_equal(SEAM(r, TDH_DMAR_BLOCK, RID_INDEX), 0);
	assert_int_equal(inv(r, TDX_INV_REQ_PASID_ENTRY, PEER_RID), 0);
	assert_int_equal(SEAM(r, TDH_IQINV_PROC, 0), 0);
	assert_int_equal(SEAM(r, TDH_DMAR_REMOVE, RID_INDEX), 0);
}

const struct rule *dma(struct fwrig *r, uint64_t iova, bool write, void *buf)
{
	const struct iommu_req q = { .rid = PEER_RID,
				     .t = true,
				     .stream = 0,
				     .port = PEER_PORT,
				     .iova = iova,
				     .write = write,
				     .len = 16 };
	struct fault f = { 0 };

	return iommu_access(&r->i, &q, buf, &f) ? f.rule : NULL;
}

/* --- all of it --- */

uint64_t td_authorises(struct fwrig *r, const struct fwtd *td)
{
	uint64_t st = TD(r, td, TDG_TDI_RD, FW_IF, TDX_TDI_BIND_SESSION);

	return st ? st : TD(r, td, TDG_TDI_START, FW_IF, r->todo.rcx);
}

void all_ready(struct fwrig *r)
{
	td_new(r, &r->td, FW_HKID,
	       TDX_CONFIG_TDX_CONNECT | TDX_CONFIG_PAGE_RELEASE);
	assert_int_equal(dev_create(r), 0);
	assert_int_equal(dev_connect(r), 0);
	assert_int_equal(dev_stream(r), 0);
	assert_int_equal(dev_keys(r, TDX_KM_SETUP), 0);
	peer_enable(r->p);
	dev_tables(r);
	dmar_tables(r);
}

void all_locked(struct fwrig *r)
{
	all_ready(r);
	assert_int_equal(devif_create(r, &r->td), 0);
	assert_int_equal(tdi_op(r, TDH_TDI_LOCK), 0);
	assert_int_equal(tdi_report(r), 0);
}

void all_running(struct fwrig *r)
{
	all_locked(r);
	mmio_map_all(r, &r->td);
	mmio_accept_all(r, &r->td);
	assert_int_equal(td_authorises(r, &r->td), 0);
	assert_int_equal(tdi_op(r, TDH_TDI_START), 0);
	assert_int_equal(dmar_add(r, &r->td), 0);
	assert_int_equal(TD(r, &r->td, TDG_DMAR_ACCEPT, FW_IF), 0);
}

struct fw_devif *the_if(struct fwrig *r)
{
	return tdxm_devif_at(r->fw, FW_IF);
}
