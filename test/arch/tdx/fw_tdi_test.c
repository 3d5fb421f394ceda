/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"

#include <stdlib.h>

/* A device interface with its TD: lock, evidence, acceptance, start, end. */

#define RSPREQ(r) (r)->rsp, (r)->req

static void lock_takes_no_flag_that_is_not_the_hosts_to_choose(void **state)
{
	static const uint16_t not [] = {
		TDISP_LOCK_CACHE_LINE_128, TDISP_LOCK_MSIX, TDISP_LOCK_BIND_P2P,
		TDISP_LOCK_REDIRECT,	   0x0020,	    0x8000,
	};
	struct fwrig *r = fwrig_new();

	(void)state;
	all_ready(r);
	assert_int_equal(devif_create(r, &r->td), 0);
	for (size_t i = 0; i < COUNT(not ); i++)
		REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), TDH_TDI_LOCK, FW_IF,
			not [i], RSPREQ(r));
	assert_int_equal(CARRY(r, TDH_TDI_LOCK, FW_IF, TDISP_LOCK_NO_FW_UPDATE,
			       RSPREQ(r)),
			 0);
	REFUSED(r, BAD(TDX_DEVIF_TDISP_INVALID_STATE, RCX), TDH_TDI_LOCK, FW_IF,
		0, RSPREQ(r));
	fwrig_free(r);
}

static void unlocked_there_is_nothing_to_read_or_start(void **state)
{
	struct fwrig *r = fwrig_new();
	const uint64_t bad = BAD(TDX_DEVIF_TDISP_INVALID_STATE, RCX);

	(void)state;
	all_ready(r);
	TD_REFUSED(r, BAD(TDX_DEVIFMT_NOT_PRESENT, RCX), &r->td, TDG_TDI_RD,
		   FW_IF, TDX_TDI_STATE);
	assert_int_equal(devif_create(r, &r->td), 0);
	TD_REFUSED(r, bad, &r->td, TDG_TDI_RD, FW_IF, TDX_TDI_STATE);
	TD_REFUSED(r, BAD(TDX_DEVIF_INVALID_STATE, RDX), &r->td, TDG_TDI_START,
		   FW_IF, 0);
	TD_REFUSED(r, BAD(TDX_DEVIF_TDISP_INVALID_STATE, R8), &r->td,
		   TDG_MMIO_ACCEPT, FW_MMIO_GPA, 0, FW_IF, 1);
	TD_REFUSED(r, bad, &r->td, TDG_DMAR_ACCEPT, FW_IF);
	REFUSED(r, bad, TDH_TDI_START, FW_IF, 0, RSPREQ(r));
	REFUSED(r, bad, TDH_TDI_REPORT, FW_IF, tdx_array(r->out, 12),
		RSPREQ(r));
	assert_int_equal(tdi_op(r, TDH_TDI_LOCK), 0);
	/* locked, and no report yet */
	assert_int_equal(TD(r, &r->td, TDG_TDI_RD, FW_IF, TDX_TDI_STATE), 0);
	assert_int_equal(r->todo.rcx, 1);
	TD_REFUSED(r, BAD(TDX_DEVIF_TDISP_INVALID_STATE, RDX), &r->td,
		   TDG_TDI_RD, FW_IF, TDX_TDI_REPORT_HASH, FW_GPA);
	TD_REFUSED(r, BAD(TDX_DEVIF_TDISP_INVALID_STATE, RDX), &r->td,
		   TDG_TDI_RD, FW_IF, TDX_TDI_INFO_HASH, FW_GPA);
	fwrig_free(r);
}

static void another_td_is_told_nothing_of_an_interface(void **state)
{
	struct fwrig *r = fwrig_new();
	uint64_t session;

	(void)state;
	td_new(r, &r->td2, FW_HKID2, TDX_CONFIG_TDX_CONNECT);
	all_locked(r);
	mmio_map_all(r, &r->td);
	assert_int_equal(TD(r, &r->td, TDG_TDI_RD, FW_IF, TDX_TDI_BIND_SESSION),
			 0);
	session = r->todo.rcx;
	assert_int_not_equal(session, 0);
	TD_REFUSED(r, BAD(TDX_DEVIF_INVALID_METADATA, RCX), &r->td2, TDG_TDI_RD,
		   FW_IF, TDX_TDI_BIND_SESSION);
	TD_REFUSED(r, BAD(TDX_DEVIF_INVALID_METADATA, RCX), &r->td2,
		   TDG_TDI_START, FW_IF, session);
	TD_REFUSED(r, BAD(TDX_DEVIF_INVALID_METADATA, RCX), &r->td2,
		   TDG_DMAR_ACCEPT, FW_IF);
	TD_REFUSED(r, BAD(TDX_DEVIF_INVALID_METADATA, R8), &r->td2,
		   TDG_MMIO_ACCEPT, FW_MMIO_GPA, 0, FW_IF, 1);
	/* nor may the host give it the device's memory */
	assert_int_equal(SEAM(r, TDH_MMIO_BLOCK, FW_MMIO_GPA, r->td.tdr), 0);
	REFUSED(r, BAD(TDX_MMIO_INVALID_PAGE_METADATA, R8), TDH_MMIO_MAP,
		FW_MMIO_GPA, r->td2.tdr, PEER_BAR);
	REFUSED(r, BAD(TDX_DEVIF_INVALID_METADATA, RDX), TDH_DMAR_ADD,
		(uint64_t)PEER_RID << 32, r->td2.tdr, TDX_PASID0_ADD,
		TDX_PASID1_ADD);
	fwrig_free(r);
}

static void hashes_are_of_what_the_host_was_given(void **state)
{
	struct fwrig *r = fwrig_new();
	uint8_t *b, want[48], got[48];
	size_t n;

	(void)state;
	all_locked(r);
	n = r->q.rcx;
	b = calloc(TDX_DEV_INFO_PAGES, PAGE_4K);
	assert_non_null(b);
	host_get(r, r->outs[0], b, PAGE_4K);
	assert_int_equal(crypto_hash(&r->p->crypto, CRYPTO_SHA384, b, n, want),
			 IL_OK);
	assert_int_equal(
		TD(r, &r->td, TDG_TDI_RD, FW_IF, TDX_TDI_REPORT_HASH, FW_GPA),
		0);
	assert_int_equal(r->todo.rcx, 48);
	assert_int_equal(td_access(r, &r->td, FW_GPA, true, got, 48, false),
			 IL_OK);
	assert_memory_equal(got, want, 48);

	assert_int_equal(CARRY(r, TDH_SPDM_MNG, 1, TDX_SPDM_RECOLLECT,
			       TDX_NO_PAGE, RSPREQ(r), tdx_array(r->out, 12)),
			 0);
	n = r->q.rcx;
	for (unsigned i = 0; i < TDX_DEV_INFO_PAGES; i++)
		host_get(r, r->outs[i], b + i * PAGE_4K, PAGE_4K);
	assert_int_equal(crypto_hash(&r->p->crypto, CRYPTO_SHA384, b, n, want),
			 IL_OK);
	assert_int_equal(TD(r, &r->td, TDG_TDI_RD, FW_IF, TDX_TDI_INFO_HASH,
			    FW_GPA + PAGE_4K),
			 0);
	assert_int_equal(
		td_access(r, &r->td, FW_GPA + PAGE_4K, true, got, 48, false),
		IL_OK);
	assert_memory_equal(got, want, 48);
	free(b);
	fwrig_free(r);
}

static void a_hash_goes_to_a_page_that_the_td_has_accepted(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	all_locked(r);
	mmio_map_all(r, &r->td);
	mmio_accept_all(r, &r->td);
	assert_int_equal(SEAM(r, TDH_MEM_PAGE_AUG, FW_GPA + 9 * PAGE_4K,
			      r->td.tdr, fw_page(r)),
			 0);
	TD_REFUSED(r, BAD(TDX_OPERAND_ADDR_RANGE_ERROR, R8), &r->td, TDG_TDI_RD,
		   FW_IF, TDX_TDI_REPORT_HASH, 0);
	TD_REFUSED(r, BAD(TDX_OPERAND_ADDR_RANGE_ERROR, R8), &r->td, TDG_TDI_RD,
		   FW_IF, TDX_TDI_REPORT_HASH, FW_GPA + 64);
	TD_REFUSED(r, BAD(TDX_OPERAND_ADDR_RANGE_ERROR, R8), &r->td, TDG_TDI_RD,
		   FW_IF, TDX_TDI_REPORT_HASH, FW_GPA | TDX_GPA_SHARED);
	TD_REFUSED(r, BAD(TDX_PAGE_METADATA_INCORRECT, R8), &r->td, TDG_TDI_RD,
		   FW_IF, TDX_TDI_REPORT_HASH, FW_GPA + 9 * PAGE_4K);
	TD_REFUSED(r, BAD(TDX_PAGE_METADATA_INCORRECT, R8), &r->td, TDG_TDI_RD,
		   FW_IF, TDX_TDI_REPORT_HASH, FW_MMIO_GPA);
	TD_REFUSED(r, BAD(TDX_OPERAND_INVALID, R8), &r->td, TDG_TDI_RD, FW_IF,
		   TDX_TDI_STATE, FW_GPA);
	TD_REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), &r->td, TDG_TDI_RD, FW_IF,
		   6, FW_GPA);
	fwrig_free(r);
}

/* --- acceptance --- */

static void a_td_accepts_the_page_that_it_expects_and_no_other(void **state)
{
	struct fwrig *r = fwrig_new();
	const struct fwtd *td = &r->td;
	uint8_t b[4];

	(void)state;
	all_locked(r);
	mmio_map_all(r, td);
	assert_int_equal(td_access(r, td, FW_MMIO_GPA, true, b, 4, false),
			 IL_E_IO);
	assert_string_equal(r->f.rule->name, "sept-pending");
	/* range 0's second page behind the address of the first */
	TD_REFUSED(r, BAD(TDX_MMIO_INVALID_HPA_OFFSET, RCX), td,
		   TDG_MMIO_ACCEPT, FW_MMIO_GPA, 0, FW_IF,
		   UINT64_C(1) << 32 | 1);
	/* another range */
	TD_REFUSED(r, BAD(TDX_MMIO_INVALID_HPA_OFFSET, RCX), td,
		   TDG_MMIO_ACCEPT, FW_MMIO_GPA, 3, FW_IF, 1);
	TD_REFUSED(r, BAD(TDX_MMIO_PAGE_NOT_IN_ASSOC_RANGE, RDX), td,
		   TDG_MMIO_ACCEPT, FW_MMIO_GPA + 2 * PAGE_4K, 1, FW_IF,
		   1); /* not TEE memory */
	TD_REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), td, TDG_MMIO_ACCEPT,
		   FW_MMIO_GPA, 4, FW_IF, 1);
	TD_REFUSED(r, BAD(TDX_MMIO_PAGE_NOT_IN_ASSOC_RANGE, R9), td,
		   TDG_MMIO_ACCEPT, FW_MMIO_GPA, 0, FW_IF, 0);
	TD_REFUSED(r, BAD(TDX_MMIO_PAGE_NOT_IN_ASSOC_RANGE, R9), td,
		   TDG_MMIO_ACCEPT, FW_MMIO_GPA, 0, FW_IF, 3);
	TD_REFUSED(r, BAD(TDX_MMIO_PAGE_NOT_IN_ASSOC_RANGE, R9), td,
		   TDG_MMIO_ACCEPT, FW_MMIO_GPA, 0, FW_IF,
		   UINT64_C(0xffffffff) << 32 | 1);
	TD_REFUSED(r, BAD(TDX_MMIO_ACCEPT_SIZE_MISMATCH, RCX), td,
		   TDG_MMIO_ACCEPT, FW_MMIO_GPA | 1, 0, FW_IF, 1);
	TD_REFUSED(r, BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX), td,
		   TDG_MEM_PAGE_ACCEPT, FW_MMIO_GPA);
	mmio_accept_all(r, td);
	assert_int_equal(td_access(r, td, FW_MMIO_GPA, true, b, 4, false),
			 IL_OK);
	TD_REFUSED(r, TDX_PAGE_ALREADY_ACCEPTED, td, TDG_MMIO_ACCEPT,
		   FW_MMIO_GPA, 0, FW_IF, 1);
	fwrig_free(r);
}

static void memory_is_not_accepted_as_a_device(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	all_locked(r);
	assert_int_equal(
		SEAM(r, TDH_MEM_PAGE_AUG, FW_MMIO_GPA, r->td.tdr, fw_page(r)),
		0);
	TD_REFUSED(r, BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX), &r->td,
		   TDG_MMIO_ACCEPT, FW_MMIO_GPA, 0, FW_IF, 1);
	/* nothing there: the host sees it, and may map */
	assert_int_equal(mmio_accept(r, &r->td, 3, 16, 1), TDX_LEAVES);
	assert_int_equal(r->q.rax, TDX_EXIT_EPT_VIOLATION);
	fwrig_free(r);
}

/*
 * Some pages are there: the TD leaves for the one that is not, and the same
 * call takes them all. One page that is another than it expects, and it has
 * none.
 */
static void pages_of_one_call_are_accepted_together(void **state)
{
	struct fwrig *r = fwrig_new();
	const struct fwtd *td = &r->td;

	(void)state;
	all_locked(r);
	assert_int_equal(mmio_map(r, td, 0), 0);
	assert_int_equal(mmio_accept(r, td, 0, 0, 2), TDX_LEAVES);
	assert_int_equal(tsm_mmio_pages(the_if(r)->bind), 0);
	assert_int_equal(r->q.rax, TDX_EXIT_EPT_VIOLATION);
	assert_int_equal(r->q.r8, FW_MMIO_GPA + PAGE_4K);
	assert_int_equal(SEAM(r, TDH_MMIOMT_SET, PEER_BAR + 16 * PAGE_4K,
			      1 | (uint64_t)FW_IF << 12),
			 0);
	assert_int_equal(SEAM(r, TDH_MMIO_MAP, FW_MMIO_GPA + PAGE_4K, td->tdr,
			      PEER_BAR + 16 * PAGE_4K),
			 0);
	TD_REFUSED(r, BAD(TDX_MMIO_INVALID_HPA_OFFSET, RCX), td,
		   TDG_MMIO_ACCEPT, FW_MMIO_GPA, 0, FW_IF, 2);
	assert_int_equal(tsm_mmio_pages(the_if(r)->bind), 0);
	fwrig_free(r);
}

static void a_long_acceptance_goes_on_where_it_stopped(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	all_locked(r);
	mmio_map_all(r, &r->td);
	assert_int_equal(TD(r, &r->td, TDG_MMIO_ACCEPT,
			    FW_MMIO_GPA + 17 * PAGE_4K, 3, FW_IF,
			    UINT64_C(1) << 32 | 15),
			 TDX_INTERRUPTED_RESUMABLE);
	assert_int_equal(r->todo.rcx, FW_MMIO_GPA + 25 * PAGE_4K);
	assert_int_equal(r->todo.r9, UINT64_C(9) << 32 | 7);
	assert_int_equal(tsm_mmio_pages(the_if(r)->bind), 8);
	assert_int_equal(TD(r, &r->td, TDG_MMIO_ACCEPT, r->todo.rcx, 3, FW_IF,
			    r->todo.r9),
			 TDX_SUCCESS);
	assert_int_equal(tsm_mmio_pages(the_if(r)->bind), 15);
	fwrig_free(r);
}

static void the_hosts_metadata_of_mmio_is_judged(void **state)
{
	struct fwrig *r = fwrig_new();
	uint64_t info = 1 | (uint64_t)FW_IF << 12;

	(void)state;
	all_locked(r);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), TDH_MMIOMT_SET, PEER_BAR, 1);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), TDH_MMIOMT_SET, PEER_BAR,
		info + 1);
	REFUSED(r, BAD(TDX_DEVIFMT_NOT_PRESENT, RDX), TDH_MMIOMT_SET, PEER_BAR,
		1 | UINT64_C(0x102) << 12);
	REFUSED(r, BAD(TDX_MMIOMT_NOT_PRESENT, RCX), TDH_MMIOMT_SET, FW_RAM,
		info);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_MMIOMT_SET, PEER_BAR | 1,
		info);
	REFUSED(r, BAD(TDX_MMIOMT_NOT_PRESENT, R8), TDH_MMIO_MAP, FW_MMIO_GPA,
		r->td.tdr, r->outs[0]); /* RAM as a device's memory */
	REFUSED(r, BAD(TDX_MMIO_INVALID_PAGE_METADATA, R8), TDH_MMIO_MAP,
		FW_MMIO_GPA, r->td.tdr, PEER_BAR);
	assert_int_equal(mmio_map(r, &r->td, 0), 0);
	REFUSED(r, BAD(TDX_MMIO_INVALID_PAGE_METADATA, MMIOMT), TDH_MMIOMT_SET,
		PEER_BAR, 0);
	REFUSED(r, BAD(TDX_MMIO_INVALID_PAGE_METADATA, R8), TDH_MMIO_MAP,
		FW_MMIO_GPA + 9 * PAGE_4K, r->td.tdr, PEER_BAR); /* twice */
	assert_int_equal(SEAM(r, TDH_MMIOMT_SET, PEER_BAR + PAGE_4K, info), 0);
	REFUSED(r, BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX), TDH_MMIO_MAP,
		FW_MMIO_GPA, r->td.tdr, PEER_BAR + PAGE_4K);
	REFUSED(r, BAD(TDX_IOMMU_MT_PAGE_IN_USE, RCX), TDH_MMIOMT_REMOVE,
		PEER_BAR | 1);
	fwrig_free(r);
}

/* --- start --- */

static void the_host_starts_what_the_td_authorised(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	all_locked(r);
	mmio_map_all(r, &r->td);
	REFUSED(r, BAD(TDX_DEVIF_INVALID_STATE, RCX), TDH_TDI_START, FW_IF, 0,
		RSPREQ(r));
	TD_REFUSED(r, BAD(TDX_DEVIF_INVALID_STATE, RDX), &r->td, TDG_TDI_START,
		   FW_IF, the_if(r)->session + 1);
	assert_int_equal(td_authorises(r, &r->td), 0);
	assert_int_equal(tdi_op(r, TDH_TDI_START), 0);
	assert_int_equal(r->p->seen[TDISP_START_REQ], 1);
	REFUSED(r, BAD(TDX_DEVIF_TDISP_INVALID_STATE, RCX), TDH_TDI_START,
		FW_IF, 0, RSPREQ(r));
	fwrig_free(r);
}

static void all_of_the_devices_memory_is_the_tds_before_it_runs(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	all_locked(r);
	for (unsigned i = 0; i < 31; i++)
		if (i < 2 || i == 3 || i >= 16)
			assert_int_equal(mmio_map(r, &r->td, i), 0);
	assert_int_equal(td_authorises(r, &r->td), 0);
	REFUSED(r, BAD(TDX_DEVIF_INVALID_TDI_CONFIGURATION, RCX), TDH_TDI_START,
		FW_IF, 0, RSPREQ(r));
	assert_int_equal(mmio_map(r, &r->td, 31), 0);
	assert_int_equal(tdi_op(r, TDH_TDI_START), 0);
	fwrig_free(r);
}

/*
 * What a TD judged in one lock session it cannot start in the next: OpenHCL
 * took a report that the host gave for the interface that runs.
 */
static void a_grant_dies_with_its_lock_session(void **state)
{
	struct fwrig *r = fwrig_new();
	uint64_t old;

	(void)state;
	all_locked(r);
	assert_int_equal(td_authorises(r, &r->td), 0);
	old = the_if(r)->session;
	assert_int_equal(tdi_op(r, TDH_TDI_STOP), 0);
	REFUSED(r, BAD(TDX_DEVIF_TDISP_INVALID_STATE, RCX), TDH_TDI_START,
		FW_IF, 0, RSPREQ(r));
	assert_int_equal(tdi_op(r, TDH_TDI_LOCK), 0);
	assert_int_not_equal(the_if(r)->session, old);
	/* the hash of the old report is not given for the new session */
	TD_REFUSED(r, BAD(TDX_DEVIF_TDISP_INVALID_STATE, RDX), &r->td,
		   TDG_TDI_RD, FW_IF, TDX_TDI_REPORT_HASH, FW_GPA);
	TD_REFUSED(r, BAD(TDX_DEVIF_INVALID_STATE, RDX), &r->td, TDG_TDI_START,
		   FW_IF, old);
	assert_int_equal(tdi_report(r), 0);
	mmio_map_all(r, &r->td);
	REFUSED(r, BAD(TDX_DEVIF_INVALID_STATE, RCX), TDH_TDI_START, FW_IF, 0,
		RSPREQ(r));
	TD_REFUSED(r, BAD(TDX_DEVIF_INVALID_STATE, RDX), &r->td, TDG_TDI_START,
		   FW_IF, old);
	fwrig_free(r);
}

/* --- reports --- */

/* Trusted entries are for requests without PASID, which it must make. */
static void a_report_that_allows_more_or_less_is_refused(void **state)
{
	static const uint16_t info[] = {
		0,
		TDISP_INFO_DMA_NO_PASID | TDISP_INFO_DMA_PASID,
		TDISP_INFO_DMA_NO_PASID | TDISP_INFO_ATS,
		TDISP_INFO_DMA_NO_PASID | TDISP_INFO_PRS,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(info); i++) {
		struct fwrig *r = fwrig_new();

		all_ready(r);
		assert_int_equal(devif_create(r, &r->td), 0);
		r->p->rep.info = info[i];
		assert_int_equal(tdi_op(r, TDH_TDI_LOCK), 0);
		assert_int_equal(TDX_STATUS(tdi_report(r)),
				 TDX_DEVIF_TDISP_INVALID_REPORT);
		TD_REFUSED(r, BAD(TDX_DEVIF_TDISP_INVALID_STATE, RDX), &r->td,
			   TDG_TDI_RD, FW_IF, TDX_TDI_REPORT_HASH, FW_GPA);
		fwrig_free(r);
	}
}

static void drives_51_bits(struct peer *p, const struct tdisp_msg *req,
			   struct tdisp_msg *rsp, bool *drop)
{
	(void)p;
	(void)drop;
	if (req->code == TDISP_GET_CAPABILITIES)
		rsp->caps.addr_width = 51;
}

static void a_device_of_fewer_address_bits_is_not_locked(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	all_ready(r);
	assert_int_equal(devif_create(r, &r->td), 0);
	r->p->on_tdisp = drives_51_bits;
	assert_int_equal(TDX_STATUS(tdi_op(r, TDH_TDI_LOCK)),
			 TDX_DEVIF_TDISP_INVALID_MESSAGE);
	assert_int_equal(r->p->seen[TDISP_LOCK_REQ], 0);
	assert_int_equal(the_if(r)->session, 0);
	fwrig_free(r);
}

static void a_report_of_addresses_elsewhere_is_refused(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	all_ready(r);
	assert_int_equal(devif_create(r, &r->td), 0);
	r->p->rep.ranges[0].first_page = FW_RAM / PAGE_4K;
	assert_int_equal(tdi_op(r, TDH_TDI_LOCK), 0);
	assert_int_equal(TDX_STATUS(tdi_report(r)),
			 TDX_DEVIF_TDISP_INVALID_REPORT);
	assert_int_equal(the_if(r)->ranges, 0);
	fwrig_free(r);
}

/* --- the end --- */

static void an_interface_goes_when_nothing_of_it_is_left(void **state)
{
	struct fwrig *r = fwrig_new();
	const struct tdx_regs rm = { TDH_DEVIF_REMOVE, FW_IF };

	(void)state;
	all_running(r);
	refused(r, BAD(TDX_DEVIF_INVALID_STATE, RCX), rm);
	assert_int_equal(SEAM(r, TDH_MMIO_BLOCK, FW_MMIO_GPA, r->td.tdr), 0);
	assert_int_equal(SEAM(r, TDH_MEM_TRACK, r->td.tdr), 0);
	assert_int_equal(inv(r, TDX_INV_REQ_IOTLB, r->td.tdr), 0);
	assert_int_equal(SEAM(r, TDH_IQINV_PROC, 0), 0);
	/* not before the device was stopped */
	REFUSED(r, BAD(TDX_DEVIF_TDISP_INVALID_STATE, RCX), TDH_MMIO_UNMAP,
		FW_MMIO_GPA, r->td.tdr);
	assert_int_equal(tdi_op(r, TDH_TDI_STOP), 0);
	assert_int_equal(tsm_mmio_pages(the_if(r)->bind), 0);
	refused(r, BAD(TDX_DEVIF_HAS_MAPPED_DMA, RCX), rm);
	dmar_off(r);
	refused(r, BAD(TDX_DEVIF_HAS_MAPPED_MMIO, RCX), rm);
	assert_int_equal(SEAM(r, TDH_MMIO_UNMAP, FW_MMIO_GPA, r->td.tdr), 0);
	REFUSED(r, BAD(TDX_GPA_RANGE_NOT_BLOCKED, RCX), TDH_MMIO_UNMAP,
		FW_MMIO_GPA + PAGE_4K, r->td.tdr);
	refused(r, BAD(TDX_DEVIF_HAS_MAPPED_MMIO, RCX), rm);
	/* and it is not locked anew over what is left */
	REFUSED(r, BAD(TDX_DEVIF_HAS_MAPPED_MMIO, RCX), TDH_TDI_LOCK, FW_IF, 0,
		RSPREQ(r));
	fwrig_free(r);
}

static void mmio_is_not_unmapped_before_it_is_forgotten(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	all_locked(r);
	mmio_map_all(r, &r->td);
	assert_int_equal(tdi_op(r, TDH_TDI_STOP), 0);
	assert_int_equal(SEAM(r, TDH_MMIO_BLOCK, FW_MMIO_GPA, r->td.tdr), 0);
	REFUSED(r, BAD(TDX_TLB_TRACKING_NOT_DONE, RCX), TDH_MMIO_UNMAP,
		FW_MMIO_GPA, r->td.tdr);
	REFUSED(r, BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX), TDH_MMIO_BLOCK,
		FW_MMIO_GPA, r->td.tdr);
	REFUSED(r, BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX), TDH_MMIO_UNMAP,
		FW_GPA, r->td.tdr);
	REFUSED(r, BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX), TDH_MEM_PAGE_REMOVE,
		FW_MMIO_GPA, r->td.tdr);
	assert_int_equal(SEAM(r, TDH_MEM_TRACK, r->td.tdr), 0);
	assert_int_equal(SEAM(r, TDH_MMIO_UNMAP, FW_MMIO_GPA, r->td.tdr), 0);
	fwrig_free(r);
}

/* Laws 24, 46: without the device, the host or the TD. */
static void block_ends_all_that_was_granted(void **state)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[16] = { 0 };

	(void)state;
	all_running(r);
	assert_null(dma(r, FW_GPA, false, b));
	r->silent = true;
	assert_int_equal(SEAM(r, TDH_IDE_STREAM_BLOCK, r->spdm, 0), 0);
	assert_non_null(dma(r, FW_GPA, false, b));
	assert_int_equal(tsm_mmio_pages(the_if(r)->bind), 0);
	assert_int_equal(td_access(r, &r->td, FW_MMIO_GPA, true, b, 4, false),
			 IL_E_IO);
	assert_string_equal(r->f.rule->name, "mmio-accept");
	TD_REFUSED(r, BAD(TDX_DEVIF_TDISP_INVALID_STATE, RCX), &r->td,
		   TDG_TDI_RD, FW_IF, TDX_TDI_STATE);
	REFUSED(r, BAD(TDX_IDE_STREAM_BLOCKED, RCX), TDH_TDI_STOP, FW_IF, 0,
		RSPREQ(r));
	REFUSED(r, BAD(TDX_IDE_STREAM_BLOCKED, RCX), TDH_TDI_LOCK, FW_IF, 0,
		RSPREQ(r));
	/* and the way out does not need it */
	mmio_off(r, &r->td);
	dmar_off(r);
	assert_int_equal(SEAM(r, TDH_DEVIF_REMOVE, FW_IF), 0);
	assert_int_equal(SEAM(r, TDH_IDE_STREAM_DELETE, r->spdm, 0, 0), 0);
	assert_int_equal(
		SEAM(r, TDH_SPDM_DELETE, r->spdm, tdx_array(r->out, 2)), 0);
	fwrig_free(r);
}

static void a_device_that_fell_keeps_nothing_and_is_stopped(void **state)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[16] = { 0 };

	(void)state;
	all_running(r);
	dsm_event(&r->p->dsm, DSM_EV_BME_CLEARED, 0);
	assert_int_equal(tdi_op(r, TDH_TDI_GET_STATE), 0);
	assert_int_equal(r->q.rcx, TSM_TDI_ERROR);
	assert_non_null(dma(r, FW_GPA, true, b));
	assert_int_equal(tsm_mmio_pages(the_if(r)->bind), 0);
	assert_int_equal(the_if(r)->session, 0);
	REFUSED(r, BAD(TDX_DEVIF_INVALID_STATE, RCX), TDH_DEVIF_REMOVE, FW_IF);
	assert_int_equal(tdi_op(r, TDH_TDI_STOP), 0);
	fwrig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			lock_takes_no_flag_that_is_not_the_hosts_to_choose),
		cmocka_unit_test(unlocked_there_is_nothing_to_read_or_start),
		cmocka_unit_test(another_td_is_told_nothing_of_an_interface),
		cmocka_unit_test(hashes_are_of_what_the_host_was_given),
		cmocka_unit_test(
			a_hash_goes_to_a_page_that_the_td_has_accepted),
		cmocka_unit_test(
			a_td_accepts_the_page_that_it_expects_and_no_other),
		cmocka_unit_test(memory_is_not_accepted_as_a_device),
		cmocka_unit_test(pages_of_one_call_are_accepted_together),
		cmocka_unit_test(a_long_acceptance_goes_on_where_it_stopped),
		cmocka_unit_test(the_hosts_metadata_of_mmio_is_judged),
		cmocka_unit_test(the_host_starts_what_the_td_authorised),
		cmocka_unit_test(
			all_of_the_devices_memory_is_the_tds_before_it_runs),
		cmocka_unit_test(a_grant_dies_with_its_lock_session),
		cmocka_unit_test(a_report_that_allows_more_or_less_is_refused),
		cmocka_unit_test(a_device_of_fewer_address_bits_is_not_locked),
		cmocka_unit_test(a_report_of_addresses_elsewhere_is_refused),
		cmocka_unit_test(an_interface_goes_when_nothing_of_it_is_left),
		cmocka_unit_test(mmio_is_not_unmapped_before_it_is_forgotten),
		cmocka_unit_test(block_ends_all_that_was_granted),
		cmocka_unit_test(
			a_device_that_fell_keeps_nothing_and_is_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
