/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"

/* The trusted tables, their invalidation, and memory that a device reaches. */

#define INDEX ((uint64_t)PEER_RID << 32)

static void entries_hang_below_entries(void **state)
{
	struct fwrig *r = fwrig_new();
	uint64_t page = fw_page(r);

	(void)state;
	REFUSED(r, BAD(TDX_IOMMU_INVALID_STATE, RCX), TDH_DMAR_ADD, INDEX | 3,
		.r8 = page | 1);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_IOMMU_SETUP, 0xfed90008,
		tdx_array(r->out, 2));
	assert_int_equal(
		SEAM(r, TDH_IOMMU_SETUP, 0xfed90000, tdx_array(r->out, 2)), 0);
	REFUSED(r, BAD(TDX_IOMMU_INVALID_STATE, RCX), TDH_IOMMU_SETUP,
		0xfed91000, tdx_array(r->out, 2));
	REFUSED(r, BAD(TDX_DMAR_ENTRY_NOT_PRESENT, RCX), TDH_DMAR_ADD,
		INDEX | 2, .r8 = page | 1);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_DMAR_ADD, INDEX | 4,
		.r8 = page | 1);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_DMAR_ADD, INDEX | 8 | 3,
		.r8 = page | 1);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_DMAR_ADD,
		INDEX | 3 | UINT64_C(1) << 48, .r8 = page | 1); /* unit 1 */
	REFUSED(r, BAD(TDX_DMAR_INDEX_OUT_OF_BOUNDS, RCX), TDH_DMAR_ADD,
		INDEX | 3 | 0x1000, .r8 = page | 1); /* PASID 1 */
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R8), TDH_DMAR_ADD, INDEX | 3,
		.r8 = page);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R8), TDH_DMAR_ADD, INDEX | 3,
		.r8 = page | 3);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R12), TDH_DMAR_ADD, INDEX | 3,
		.r8 = page | 1, .r12 = 1);
	REFUSED(r, BAD(TDX_PAGE_METADATA_INCORRECT, R8), TDH_DMAR_ADD,
		INDEX | 3, .r8 = r->outs[0] | 1); /* the root itself */
	assert_int_equal(SEAM(r, TDH_DMAR_ADD, INDEX | 3, .r8 = page | 1), 0);
	assert_false(host_may(r, page));
	REFUSED(r, BAD(TDX_DMAR_INVALID_MAPPING_STATE, RCX), TDH_DMAR_ADD,
		INDEX | 3, .r8 = fw_page(r) | 1);
	fwrig_free(r);
}

static void a_devices_entry_has_one_form_and_waits_for_its_td(void **state)
{
	struct fwrig *r = fwrig_new();
	const uint64_t e0 = TDX_PASID0_ADD, e1 = TDX_PASID1_ADD;
	uint64_t tdr;
	uint8_t b[16] = { 0 };

	(void)state;
	all_ready(r);
	tdr = r->td.tdr;
	REFUSED(r, BAD(TDX_DEVIFMT_NOT_PRESENT, RCX), TDH_DMAR_ADD, INDEX, tdr,
		e0, e1);
	assert_int_equal(devif_create(r, &r->td), 0);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R8), TDH_DMAR_ADD, INDEX, tdr,
		e0 | 1, e1); /* present at once */
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R8), TDH_DMAR_ADD, INDEX, tdr,
		e0 | r->outs[0], e1); /* a root of the host's */
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R9), TDH_DMAR_ADD, INDEX, tdr, e0,
		e1 | 5); /* a domain of the host's */
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R15), TDH_DMAR_ADD, INDEX, tdr, e0,
		e1, .r15 = 1);
	assert_int_equal(tdi_op(r, TDH_TDI_LOCK), 0);
	assert_int_equal(tdi_report(r), 0);
	TD_REFUSED(r, BAD(TDX_DMAR_INVALID_MAPPING_STATE, DMAR), &r->td,
		   TDG_DMAR_ACCEPT, FW_IF); /* free */
	assert_int_equal(dmar_add(r, &r->td), 0);
	assert_string_equal(dma(r, FW_GPA, false, b)->name, "dmar-not-present");
	TD_REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), &r->td, TDG_DMAR_ACCEPT,
		   FW_IF, 1);
	assert_int_equal(TD(r, &r->td, TDG_DMAR_ACCEPT, FW_IF), 0);
	assert_null(dma(r, FW_GPA, false, b));
	TD_REFUSED(r, BAD(TDX_DMAR_INVALID_MAPPING_STATE, DMAR), &r->td,
		   TDG_DMAR_ACCEPT, FW_IF);
	fwrig_free(r);
}

static void an_entry_goes_blocked_invalidated_removed(void **state)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[16] = { 0 };

	(void)state;
	all_running(r);
	assert_null(dma(r, FW_GPA, false, b));
	REFUSED(r, BAD(TDX_DMAR_INVALID_MAPPING_STATE, RCX), TDH_DMAR_REMOVE,
		INDEX);
	REFUSED(r, BAD(TDX_DMAR_INVALID_MAPPING_STATE, R8), TDH_IQINV_REQ, 0,
		TDX_INV_REQ_PASID_ENTRY, PEER_RID, 5 | TDX_WAIT_FENCE);
	REFUSED(r, BAD(TDX_DMAR_INVALID_MAPPING_STATE, RCX), TDH_DMAR_BLOCK,
		INDEX | 1); /* something hangs below */
	assert_int_equal(SEAM(r, TDH_DMAR_BLOCK, INDEX), 0);
	REFUSED(r, BAD(TDX_DMAR_INVALID_MAPPING_STATE, RCX), TDH_DMAR_BLOCK,
		INDEX);
	REFUSED(r, BAD(TDX_DMAR_INVALID_INV_STATE, RCX), TDH_DMAR_REMOVE,
		INDEX);
	TD_REFUSED(r, BAD(TDX_DMAR_INVALID_MAPPING_STATE, DMAR), &r->td,
		   TDG_DMAR_ACCEPT, FW_IF);
	assert_int_equal(inv(r, TDX_INV_REQ_PASID_ENTRY, PEER_RID), 0);
	REFUSED(r, BAD(TDX_DMAR_INVALID_INV_STATE, R8), TDH_IQINV_REQ, 0,
		TDX_INV_REQ_PASID_ENTRY, PEER_RID, 5 | TDX_WAIT_FENCE);
	REFUSED(r, BAD(TDX_DMAR_INVALID_INV_STATE, RCX), TDH_DMAR_REMOVE,
		INDEX);
	assert_int_equal(SEAM(r, TDH_IQINV_PROC, 0), 0);
	assert_non_null(dma(r, FW_GPA, false, b));
	assert_int_equal(SEAM(r, TDH_DMAR_READ, INDEX), 0);
	/* blocked, invalidation done */
	assert_int_equal(r->q.rdx, 2 << 3 | 3 << 11);
	assert_int_equal(SEAM(r, TDH_DMAR_REMOVE, INDEX), 0);
	assert_false(the_if(r)->dmar);
	for (uint64_t l = 1; l <= 3; l++) {
		assert_int_equal(SEAM(r, TDH_DMAR_BLOCK, INDEX | l), 0);
		assert_int_equal(inv(r,
				     l == 1   ? TDX_INV_REQ_PASID_DIR
				     : l == 2 ? TDX_INV_REQ_CONTEXT
					      : TDX_INV_REQ_ROOT,
				     PEER_RID),
				 0);
		assert_int_equal(SEAM(r, TDH_IQINV_PROC, 0), 0);
		assert_int_equal(SEAM(r, TDH_DMAR_REMOVE, INDEX | l), 0);
		assert_true(host_may(r, r->q.rcx));
	}
	fwrig_free(r);
}

static void a_wait_descriptor_writes_to_the_host_alone(void **state)
{
	struct fwrig *r = fwrig_new();
	const uint64_t d =
		5 | TDX_WAIT_FENCE | TDX_WAIT_STATUS | UINT64_C(0xcafe) << 32;
	uint64_t at;
	uint8_t b[4];

	(void)state;
	all_running(r);
	at = fw_page(r) + 64;
	assert_int_equal(SEAM(r, TDH_DMAR_BLOCK, INDEX), 0);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R10), TDH_IQINV_REQ, 0,
		TDX_INV_REQ_PASID_ENTRY, PEER_RID, d, r->td.page[0]);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R10), TDH_IQINV_REQ, 0,
		TDX_INV_REQ_PASID_ENTRY, PEER_RID, d, r->req + 2);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R9), TDH_IQINV_REQ, 0,
		TDX_INV_REQ_PASID_ENTRY, PEER_RID, d ^ 1, r->req);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R9), TDH_IQINV_REQ, 0,
		TDX_INV_REQ_PASID_ENTRY, PEER_RID, d | 0x80, r->req);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R9), TDH_IQINV_REQ, 0,
		TDX_INV_REQ_PASID_ENTRY, PEER_RID, d & ~TDX_WAIT_FENCE, r->req);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R11), TDH_IQINV_REQ, 0,
		TDX_INV_REQ_PASID_ENTRY, PEER_RID, d, r->req, 1);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), TDH_IQINV_REQ, 0, 5, PEER_RID,
		d, r->req);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R8), TDH_IQINV_REQ, 0,
		TDX_INV_REQ_PASID_ENTRY, UINT64_C(1) << 32 | PEER_RID, d,
		r->req);
	assert_int_equal(SEAM(r, TDH_IQINV_REQ, 0, TDX_INV_REQ_PASID_ENTRY,
			      PEER_RID, d, at),
			 0);
	host_get(r, at, b, 4);
	assert_int_equal(tdx_u32(b, 0), 0);
	assert_int_equal(SEAM(r, TDH_IQINV_PROC, 0), 0);
	host_get(r, at, b, 4);
	assert_int_equal(tdx_u32(b, 0), 0xcafe);
	fwrig_free(r);
}

static void a_status_page_that_became_a_tds_is_not_written(void **state)
{
	struct fwrig *r = fwrig_new();
	uint64_t page = fw_page(r);
	uint8_t b[4], zero[4] = { 0 };

	(void)state;
	all_running(r);
	assert_int_equal(SEAM(r, TDH_DMAR_BLOCK, INDEX), 0);
	assert_int_equal(SEAM(r, TDH_IQINV_REQ, 0, TDX_INV_REQ_PASID_ENTRY,
			      PEER_RID,
			      5 | TDX_WAIT_FENCE | TDX_WAIT_STATUS |
				      UINT64_C(0xcafe) << 32,
			      page),
			 0);
	assert_int_equal(SEAM(r, TDH_MEM_PAGE_AUG, FW_GPA + 9 * PAGE_4K,
			      r->td.tdr, page),
			 0);
	assert_int_equal(
		TD(r, &r->td, TDG_MEM_PAGE_ACCEPT, FW_GPA + 9 * PAGE_4K), 0);
	assert_int_equal(SEAM(r, TDH_IQINV_PROC, 0), 0);
	assert_int_equal(
		td_access(r, &r->td, FW_GPA + 9 * PAGE_4K, true, b, 4, false),
		IL_OK);
	assert_memory_equal(b, zero, 4);
	fwrig_free(r);
}

/* --- memory under a device: laws 42, 43 --- */

static void memory_that_a_device_reaches_is_released_by_its_td(void **state)
{
	struct fwrig *r = fwrig_new();
	uint64_t tdr;
	uint8_t b[16] = { 0 };

	(void)state;
	all_running(r);
	tdr = r->td.tdr;
	assert_null(dma(r, FW_GPA, true, b)); /* the unit remembers it */
	REFUSED(r, BAD(TDX_TD_HAS_ATTACHED_DEVICES, RCX), TDH_MEM_RANGE_BLOCK,
		FW_GPA, tdr);
	TD_REFUSED(r, BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX), &r->td,
		   TDG_MEM_PAGE_RELEASE, FW_GPA + 9 * PAGE_4K);
	TD_REFUSED(r, BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX), &r->td,
		   TDG_MEM_PAGE_RELEASE, FW_MMIO_GPA);
	assert_int_equal(TD(r, &r->td, TDG_MEM_PAGE_RELEASE, FW_GPA), 0);
	assert_int_equal(SEAM(r, TDH_MEM_RANGE_BLOCK, FW_GPA, tdr), 0);
	assert_int_equal(SEAM(r, TDH_MEM_TRACK, tdr), 0);
	REFUSED(r, BAD(TDX_IOMMU_IOTLB_TRACKING_NOT_DONE, RCX),
		TDH_MEM_PAGE_REMOVE, FW_GPA, tdr);
	/* another epoch does not make it so */
	assert_int_equal(SEAM(r, TDH_MEM_TRACK, tdr), 0);
	REFUSED(r, BAD(TDX_IOMMU_IOTLB_TRACKING_NOT_DONE, RCX),
		TDH_MEM_PAGE_REMOVE, FW_GPA, tdr);
	assert_int_equal(inv(r, TDX_INV_REQ_IOTLB, tdr), 0);
	REFUSED(r, BAD(TDX_IOMMU_IOTLB_TRACKING_NOT_DONE, R8), TDH_IQINV_REQ, 0,
		TDX_INV_REQ_IOTLB, tdr, 5 | TDX_WAIT_FENCE);
	REFUSED(r, BAD(TDX_IOMMU_IOTLB_TRACKING_NOT_DONE, RCX),
		TDH_MEM_PAGE_REMOVE, FW_GPA, tdr);
	assert_int_equal(SEAM(r, TDH_IQINV_PROC, 0), 0);
	REFUSED(r, BAD(TDX_IOMMU_IOTLB_TRACKING_NOT_REQUIRED, R8),
		TDH_IQINV_REQ, 0, TDX_INV_REQ_IOTLB, tdr, 5 | TDX_WAIT_FENCE);
	assert_non_null(dma(r, FW_GPA, true, b));
	assert_int_equal(SEAM(r, TDH_MEM_PAGE_REMOVE, FW_GPA, tdr), 0);
	assert_true(host_may(r, r->td.page[0]));
	fwrig_free(r);
}

/* One that comes to a TD tells nothing of what another's entries remember. */
static void a_second_device_is_no_invalidation(void **state)
{
	struct fwrig *r = fwrig_new();
	const uint64_t f = FW_IF + 1, index = f << 32;
	uint64_t tdr;
	uint8_t b[16] = { 0 };

	(void)state;
	all_running(r);
	tdr = r->td.tdr;
	assert_int_equal(
		SEAM(r, TDH_DEVIF_CREATE, f, tdr, fw_page(r), r->spdm, 0), 0);
	assert_int_equal(CARRY(r, TDH_TDI_LOCK, f, 0, r->rsp, r->req), 0);
	assert_int_equal(CARRY(r, TDH_TDI_REPORT, f,
			       tdx_array(r->out, TDX_DEV_INFO_PAGES), r->rsp,
			       r->req),
			 0);
	for (uint64_t l = TDX_DMAR_CONTEXT; l; l--)
		assert_int_equal(
			SEAM(r, TDH_DMAR_ADD, index | l, .r8 = fw_page(r) | 1),
			0);
	assert_int_equal(SEAM(r, TDH_DMAR_ADD, index, tdr, TDX_PASID0_ADD,
			      TDX_PASID1_ADD),
			 0);
	assert_null(dma(r, FW_GPA, true, b)); /* the unit remembers it */
	assert_int_equal(TD(r, &r->td, TDG_MEM_PAGE_RELEASE, FW_GPA), 0);
	assert_int_equal(SEAM(r, TDH_MEM_RANGE_BLOCK, FW_GPA, tdr), 0);
	assert_int_equal(SEAM(r, TDH_MEM_TRACK, tdr), 0);
	assert_int_equal(TD(r, &r->td, TDG_DMAR_ACCEPT, f), 0);
	REFUSED(r, BAD(TDX_IOMMU_IOTLB_TRACKING_NOT_DONE, RCX),
		TDH_MEM_PAGE_REMOVE, FW_GPA, tdr);
	fwrig_free(r);
}

/* There is no trusted MSI: architecture notes C.6. */
static void a_trusted_request_is_no_interrupt(void **state)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[16] = { 0 };

	(void)state;
	all_running(r);
	assert_string_equal(dma(r, UINT64_C(0xfee00000), true, b)->name,
			    iommu_rule_interrupt.name);
	fwrig_free(r);
}

/* Memory removed and given again is new memory, to the device too. */
static void a_device_writes_to_the_page_that_the_td_sees(void **state)
{
	struct fwrig *r = fwrig_new();
	uint64_t tdr, fresh = fw_page(r);
	uint8_t b[16] = { 0 };

	(void)state;
	all_running(r);
	tdr = r->td.tdr;
	assert_null(dma(r, FW_GPA, true, b));
	assert_int_equal(TD(r, &r->td, TDG_MEM_PAGE_RELEASE, FW_GPA), 0);
	assert_int_equal(SEAM(r, TDH_MEM_RANGE_BLOCK, FW_GPA, tdr), 0);
	assert_int_equal(SEAM(r, TDH_MEM_TRACK, tdr), 0);
	assert_int_equal(inv(r, TDX_INV_REQ_IOTLB, tdr), 0);
	assert_int_equal(SEAM(r, TDH_IQINV_PROC, 0), 0);
	assert_int_equal(SEAM(r, TDH_MEM_PAGE_REMOVE, FW_GPA, tdr), 0);
	assert_int_equal(SEAM(r, TDH_MEM_PAGE_AUG, FW_GPA, tdr, fresh), 0);
	assert_int_equal(TD(r, &r->td, TDG_MEM_PAGE_ACCEPT, FW_GPA), 0);
	assert_null(dma(r, FW_GPA, true, "to the new page."));
	assert_int_equal(td_access(r, &r->td, FW_GPA, true, b, 16, false),
			 IL_OK);
	assert_memory_equal(b, "to the new page.", 16);
	fwrig_free(r);
}

/* Architecture: a T = 1 device may reach what its TD shares. */
static void a_trusted_device_reaches_what_the_td_shares(void **state)
{
	struct fwrig *r = fwrig_new();
	const uint64_t gpa = FW_GPA | TDX_GPA_SHARED;
	const uint64_t at = TDX_GPA_SHARED | 3;
	uint8_t b[16], e[8], got[16];
	uint64_t entry;

	(void)state;
	all_running(r);
	assert_non_null(dma(r, gpa, true, "for the host too"));
	host_get(r, r->td.root + 8 * 256, e, 8);
	entry = tdx_u64(e, 0);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_MEM_SHARED_SEPT_WR, 3,
		r->td.tdr, entry); /* the private half */
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_MEM_SHARED_SEPT_WR,
		at - 1, r->td.tdr, entry);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R8), TDH_MEM_SHARED_SEPT_WR, at,
		r->td.tdr, entry | 0x80);
	REFUSED(r, BAD(TDX_PAGE_METADATA_INCORRECT, R8), TDH_MEM_SHARED_SEPT_WR,
		at, r->td.tdr, r->td.page[0] | 7);
	assert_int_equal(SEAM(r, TDH_MEM_SHARED_SEPT_WR, at, r->td.tdr, entry),
			 0);
	assert_null(dma(r, gpa, true, "for the host too"));
	host_get(r, r->td.shared, got, 16);
	assert_memory_equal(got, "for the host too", 16);
	/* behind the host's tables a TD's page is still the TD's */
	tdx_put_u64(e, 0, r->td.page[1] | 7);
	host_get(r, r->td.root + 8 * 256, b, 8);
	for (unsigned l = 2; l; l--)
		host_get(r,
			 (tdx_u64(b, 0) & EPT_ADDR) +
				 8 * (FW_GPA >> (12 + 9 * l) & 511),
			 b, 8);
	host_put(r, (tdx_u64(b, 0) & EPT_ADDR) + 8 * (FW_GPA >> 12 & 511), e,
		 8);
	assert_int_equal(SEAM(r, TDH_MEM_SHARED_SEPT_WR, at, r->td.tdr, entry),
			 0);
	assert_non_null(dma(r, gpa, true, b));
	fwrig_free(r);
}

static void dma_is_on_or_off_with_its_lock_session(void **state)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[16] = { 0 };

	(void)state;
	all_running(r);
	assert_null(dma(r, FW_GPA, false, b));
	assert_int_equal(tdi_op(r, TDH_TDI_STOP), 0);
	assert_non_null(dma(r, FW_GPA, false, b));
	assert_int_equal(r->fw->td[0].dmars, 0);
	/* the entry is blocked, and not for the next session */
	mmio_off(r, &r->td);
	REFUSED(r, BAD(TDX_DEVIF_HAS_MAPPED_DMA, RCX), TDH_TDI_LOCK, FW_IF, 0,
		r->rsp, r->req);
	dmar_off(r);
	assert_int_equal(tdi_op(r, TDH_TDI_LOCK), 0);
	fwrig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_hang_below_entries),
		cmocka_unit_test(
			a_devices_entry_has_one_form_and_waits_for_its_td),
		cmocka_unit_test(an_entry_goes_blocked_invalidated_removed),
		cmocka_unit_test(a_wait_descriptor_writes_to_the_host_alone),
		cmocka_unit_test(
			a_status_page_that_became_a_tds_is_not_written),
		cmocka_unit_test(
			memory_that_a_device_reaches_is_released_by_its_td),
		cmocka_unit_test(a_second_device_is_no_invalidation),
		cmocka_unit_test(a_trusted_request_is_no_interrupt),
		cmocka_unit_test(a_device_writes_to_the_page_that_the_td_sees),
		cmocka_unit_test(a_trusted_device_reaches_what_the_td_shares),
		cmocka_unit_test(dma_is_on_or_off_with_its_lock_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
