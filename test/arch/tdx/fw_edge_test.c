/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"

/* What breaking the module's code showed to be untested elsewhere. */

#define RSPREQ(r) (r)->rsp, (r)->req

static void the_module_tells_how_much_it_wants(void **state)
{
	static const struct {
		uint64_t field, value;
	} told[] = {
		{ TDX_SYS_FEATURES0, 0x40 },
		{ TDX_SYS_IDE_MT_PAGES, 1 },
		{ TDX_SYS_SPDM_MT_PAGES, 2 },
		{ TDX_SYS_IOMMU_MT_PAGES, 2 },
		{ TDX_SYS_DEV_INFO_PAGES, 12 },
		{ TDX_SYS_TDCS_BASE_SIZE, 4 * 4096 },
		{ TDX_SYS_TDVPS_BASE_SIZE, 5 * 4096 },
	};
	struct fwrig *r = fwrig_new();

	(void)state;
	for (size_t i = 0; i < COUNT(told); i++) {
		assert_int_equal(SEAM(r, TDH_SYS_RD, 0, told[i].field), 0);
		assert_int_equal(r->q.r8, told[i].value);
	}
	fwrig_free(r);
}

static void an_interface_that_is_talked_to_stays(void **state)
{
	struct fwrig *r = fwrig_new();
	const struct tdx_regs q = { TDH_TDI_GET_STATE, FW_IF, 0, r->rsp,
				    r->req };

	(void)state;
	all_ready(r);
	assert_int_equal(devif_create(r, &r->td), 0);
	assert_int_equal(seam(r, q), TDX_SPDM_REQUEST);
	REFUSED(r, BAD(TDX_OPERAND_BUSY, RCX), TDH_DEVIF_REMOVE, FW_IF);
	assert_int_equal(carry(r, q), 0);
	assert_int_equal(r->q.rcx, TSM_TDI_UNLOCKED);
	assert_int_equal(SEAM(r, TDH_DEVIF_REMOVE, FW_IF), 0);
	fwrig_free(r);
}

static void what_a_td_begins_with_comes_from_the_host(void **state)
{
	struct fwrig *r = fwrig_new();
	uint64_t page = fw_page(r);

	(void)state;
	td_new(r, &r->td, FW_HKID, 0);
	td_keyed(r, &r->td2, FW_HKID2);
	assert_int_equal(td_init(r, &r->td2, 0), 0);
	td_tables(r, &r->td2);
	REFUSED(r, BAD(TDX_PAGE_METADATA_INCORRECT, R9), TDH_MEM_PAGE_ADD,
		FW_GPA, r->td2.tdr, page, r->td.page[0]);
	REFUSED(r, BAD(TDX_PAGE_METADATA_INCORRECT, R8), TDH_MEM_PAGE_ADD,
		FW_GPA, r->td2.tdr, r->td.page[0], page);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R9), TDH_MEM_PAGE_ADD, FW_GPA,
		r->td2.tdr, page, PEER_BAR);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_MEM_PAGE_ADD,
		FW_GPA | TDX_GPA_SHARED, r->td2.tdr, page, r->req);
	/* in place: what stood there is what the TD finds */
	assert_int_equal(
		SEAM(r, TDH_MEM_PAGE_ADD, FW_GPA, r->td2.tdr, page, page), 0);
	REFUSED(r, BAD(TDX_EPT_ENTRY_NOT_FREE, RCX), TDH_MEM_PAGE_ADD, FW_GPA,
		r->td2.tdr, fw_page(r), r->req);
	REFUSED(r, BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX), TDH_MR_EXTEND,
		FW_GPA + PAGE_4K, r->td2.tdr);
	REFUSED(r, BAD(TDX_EPT_WALK_FAILED, RCX), TDH_MR_EXTEND,
		UINT64_C(1) << 39, r->td2.tdr);
	/* nobody has run: it may go at once */
	assert_int_equal(SEAM(r, TDH_MEM_PAGE_REMOVE, FW_GPA, r->td2.tdr), 0);
	fwrig_free(r);
}

static void a_td_without_the_hosts_half_asks_the_host_for_it(void **state)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[8];

	(void)state;
	td_new(r, &r->td, FW_HKID, 0);
	assert_int_equal(td_access(r, &r->td, FW_GPA, false, b, 8, true),
			 IL_OK);
	r->fw->vp[0].shared = 0; /* as before TDH.VP.WR */
	assert_int_equal(td_access(r, &r->td, FW_GPA, false, b, 8, true),
			 IL_E_AGAIN);
	assert_int_equal(r->q.rax, TDX_EXIT_EPT_VIOLATION);
	assert_int_equal(r->q.r8, FW_GPA | TDX_GPA_SHARED);
	assert_int_equal(r->q.rcx, TDX_EQ_WRITE);
	fwrig_free(r);
}

/* Law 15: a TD's private memory is not reached by the other half either. */
static void the_hosts_half_leads_to_what_is_the_hosts(void **state)
{
	struct fwrig *r = fwrig_new();
	uint64_t gpa = FW_GPA, at;
	uint8_t e[8], b[8];

	(void)state;
	td_new(r, &r->td, FW_HKID, 0);
	td_new(r, &r->td2, FW_HKID2, 0);
	at = r->td.root + 8 * 256;
	for (unsigned l = 3; l; l--) {
		host_get(r, at, e, 8);
		at = (tdx_u64(e, 0) & EPT_ADDR) +
		     8 * (gpa >> (12 + 9 * (l - 1)) & 511);
	}
	tdx_put_u64(e, 0, r->td2.page[0] | 7);
	host_put(r, at, e, 8);
	assert_int_not_equal(td_access(r, &r->td, FW_GPA, false, b, 8, true),
			     IL_OK);
	tdx_put_u64(e, 0, r->td.page[0] | 7);
	host_put(r, at, e, 8);
	assert_int_not_equal(td_access(r, &r->td, FW_GPA, false, b, 8, true),
			     IL_OK);
	fwrig_free(r);
}

static void an_access_is_judged_whole(void **state)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[16] = { 1 }, got[16], none = 0;

	(void)state;
	td_new(r, &r->td, FW_HKID, 0);
	assert_int_equal(SEAM(r, TDH_MEM_PAGE_AUG, FW_GPA + FW_PAGES * PAGE_4K,
			      r->td.tdr, fw_page(r)),
			 0);
	/* its second half is in a page that is not accepted */
	assert_int_equal(td_access(r, &r->td, FW_GPA + FW_PAGES * PAGE_4K - 8,
				   true, b, 16, true),
			 IL_E_IO);
	assert_int_equal(td_access(r, &r->td, FW_GPA + FW_PAGES * PAGE_4K - 8,
				   true, got, 8, false),
			 IL_OK);
	assert_int_equal(got[0], 0);
	assert_int_equal(td_access(r, &r->td, FW_GPA, true, &none, 0, false),
			 IL_E_ARG);
	assert_int_equal(
		td_access(r, &r->td, TDX_GPA_SHARED - 8, true, b, 16, false),
		IL_E_ARG);
	fwrig_free(r);
}

static void lists_of_pages_stand_in_the_hosts_memory(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	all_ready(r);
	REFUSED(r, BAD(TDX_PAGE_METADATA_INCORRECT, RDX), TDH_SPDM_CREATE,
		PEER_RID + 1, tdx_array(r->td.page[0], 2));
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), TDH_SPDM_CREATE, PEER_RID + 1,
		tdx_array(PEER_BAR, 2));
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), TDH_SPDM_CREATE, PEER_RID + 1,
		tdx_array(r->out, 2) | 8);
	fwrig_free(r);
}

static void a_stream_may_do_without_addresses(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	assert_int_equal(dev_create(r), 0);
	assert_int_equal(dev_connect(r), 0);
	assert_int_equal(SEAM(r, TDH_IDE_STREAM_CREATE, FW_RP_DEVFN | 0x100,
			      r->spdm, fw_page(r), 0, 0x010200, 0x010001),
			 0);
	assert_int_equal(r->p->rp_regs.ranges, 0);
	fwrig_free(r);
}

/* Laws 12 and 13. The other session's function rides on the first stream. */
static void streams_of_one_port_are_apart(void **state)
{
	struct fwrig *r = fwrig_new();
	uint64_t two;
	uint8_t at[16];

	(void)state;
	all_ready(r);
	two = fw_page(r);
	tdx_put_u64(at, 0, fw_page(r));
	tdx_put_u64(at, 8, fw_page(r));
	host_put(r, two, at, sizeof(at));
	assert_int_equal(
		SEAM(r, TDH_SPDM_CREATE, PEER_RID + 1, tdx_array(two, 2)), 0);
	/* its session open, as far as the module can tell */
	r->fw->spdm[1].conn->state = TSM_CONN_OPEN;
	REFUSED(r, BAD(TDX_IDE_STREAM_RID_OVERLAP, R10), TDH_IDE_STREAM_CREATE,
		FW_RP_DEVFN | 0x100, 2, fw_page(r), 0, 0x010100, 0x010101);
	r->fw->spdm[0].stream.rid_limit = 0x0100;
	REFUSED(r, BAD(TDX_IDE_STREAM_ADDR_OVERLAP, R12), TDH_IDE_STREAM_CREATE,
		FW_RP_DEVFN | 0x100, 2, fw_page(r), 0, 0x010100, 0x010101,
		UINT64_C(0xe0000000) | 0xd0000000 >> 12 | 1, 1, 1);
	/* nor those of another port */
	r->fw->spdm[0].port = PEER_PORT + 1;
	REFUSED(r, BAD(TDX_IDE_STREAM_ADDR_OVERLAP, R12), TDH_IDE_STREAM_CREATE,
		FW_RP_DEVFN | 0x100, 2, fw_page(r), 0, 0x010100, 0x010101,
		UINT64_C(0xe0000000) | 0xd0000000 >> 12 | 1, 1, 1);
	r->fw->spdm[0].stream.rid_limit = 0x0102;
	REFUSED(r, BAD(TDX_IDE_STREAM_RID_OVERLAP, R10), TDH_IDE_STREAM_CREATE,
		FW_RP_DEVFN | 0x100, 2, fw_page(r), 0, 0x010100, 0x010101);
	r->fw->spdm[0].port = PEER_PORT;
	r->fw->spdm[1].conn->state = TSM_CONN_NEW;
	fwrig_free(r);
}

static void mmio_is_mapped_page_by_page(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	all_locked(r);
	assert_int_equal(
		SEAM(r, TDH_MMIOMT_SET, PEER_BAR, 1 | (uint64_t)FW_IF << 12),
		0);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R8), TDH_MMIO_MAP, FW_MMIO_GPA,
		r->td.tdr, PEER_BAR + 8);
	REFUSED(r, BAD(TDX_EPT_WALK_FAILED, RCX), TDH_MMIO_BLOCK,
		UINT64_C(1) << 39, r->td.tdr);
	fwrig_free(r);
}

/* A BAR of 32 bits may be the device's, and is never the TD's. */
static void private_mmio_stands_above_4_gib(void **state)
{
	const uint64_t low = UINT64_C(0xfffff000), high = UINT64_C(1) << 32;
	const uint64_t info = 1 | (uint64_t)FW_IF << 12;
	struct fwrig *r = fwrig_new();

	(void)state;
	all_locked(r);
	assert_int_equal(
		tdx_own_cover(&r->o, low, 2 * PAGE_4K, true, PEER_PORT), IL_OK);
	for (uint64_t l = TDX_MMIOMT_ROOT; l; l--) {
		/* what they share with the other BAR is there */
		(void)SEAM(r, TDH_MMIOMT_ADD, low | l, r->next);
		r->next += PAGE_4K;
		(void)SEAM(r, TDH_MMIOMT_ADD, high | l, r->next);
		r->next += PAGE_4K;
	}
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_MMIOMT_SET, low, info);
	assert_int_equal(SEAM(r, TDH_MMIOMT_SET, high, info), 0);
	fwrig_free(r);
}

static void a_vcpu_whose_program_fails_enters_no_more(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	td_new(r, &r->td, FW_HKID, 0);
	r->run_err = IL_E_IO;
	assert_int_equal(td_enter(r, &r->td), TDX_EXIT_TRIPLE_FAULT);
	r->run_err = IL_OK;
	REFUSED(r, TDX_VCPU_STATE_INCORRECT, TDH_VP_ENTER, r->td.tdvpr);
	assert_int_equal(SEAM(r, TDH_MEM_TRACK, r->td.tdr), 0); /* not inside */
	fwrig_free(r);
}

static void a_td_accepts_and_releases_by_good_addresses(void **state)
{
	static const uint64_t leaf[] = { TDG_MEM_PAGE_ACCEPT,
					 TDG_MEM_PAGE_RELEASE };
	struct fwrig *r = fwrig_new();

	(void)state;
	td_new(r, &r->td, FW_HKID, TDX_CONFIG_PAGE_RELEASE);
	for (size_t i = 0; i < COUNT(leaf); i++) {
		TD_REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), &r->td, leaf[i],
			   FW_GPA | TDX_GPA_SHARED);
		TD_REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), &r->td, leaf[i],
			   FW_GPA + 16);
		TD_REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), &r->td, leaf[i],
			   FW_GPA | 3);
		TD_REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), &r->td, leaf[i],
			   FW_GPA | UINT64_C(1) << 60);
	}
	TD_REFUSED(r, BAD(TDX_METADATA_FIELD_ID_INCORRECT, RDX), &r->td,
		   TDG_VM_RD, 0, TDX_TD_EPOCH);
	assert_int_equal(TD(r, &r->td, TDG_VM_RD, 0, TDX_TD_CONFIG_FLAGS), 0);
	assert_int_equal(r->todo.r8, TDX_CONFIG_PAGE_RELEASE);
	fwrig_free(r);
}

static void what_was_not_added_is_not_removed(void **state)
{
	const uint64_t f = (uint64_t)FW_IF << 32;
	struct fwrig *r = fwrig_new();

	(void)state;
	REFUSED(r, BAD(TDX_DEVIFMT_NOT_PRESENT, RCX), TDH_DEVIFMT_REMOVE,
		f | 1);
	REFUSED(r, BAD(TDX_DEVIFMT_NOT_PRESENT, RCX), TDH_DEVIFMT_RD, f);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_DEVIFMT_REMOVE, f);
	REFUSED(r, BAD(TDX_MMIOMT_NOT_PRESENT, RCX), TDH_MMIOMT_REMOVE,
		PEER_BAR | 1);
	REFUSED(r, BAD(TDX_MMIOMT_NOT_PRESENT, RCX), TDH_MMIOMT_RD, PEER_BAR);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_MMIOMT_REMOVE, PEER_BAR);
	REFUSED(r, BAD(TDX_IOMMU_INVALID_STATE, RCX), TDH_IOMMU_CLEAR, 0,
		tdx_array(r->out, 2));
	REFUSED(r, BAD(TDX_IOMMU_INVALID_STATE, RCX), TDH_IQINV_PROC, 0);
	dmar_tables(r);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_IQINV_PROC, 1);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_IQINV_REQ, 1);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_IOMMU_CLEAR, 1,
		tdx_array(r->out, 2));
	REFUSED(r, BAD(TDX_IOMMU_INVALID_STATE, RCX), TDH_IOMMU_CLEAR, 0,
		tdx_array(r->out, 2)); /* entries are left */
	fwrig_free(r);
}

static void the_host_reads_what_the_module_keeps(void **state)
{
	const uint64_t f = (uint64_t)FW_IF << 32;
	struct fwrig *r = fwrig_new();

	(void)state;
	all_locked(r);
	assert_int_equal(mmio_map(r, &r->td, 0), 0);
	assert_int_equal(SEAM(r, TDH_MMIOMT_RD, PEER_BAR), 0);
	/* DATA, mapped, of the function */
	assert_int_equal(r->q.rcx, 1 << 1 | 1 << 3 | (uint64_t)FW_IF << 12);
	assert_int_equal(SEAM(r, TDH_MMIOMT_RD, PEER_BAR + PAGE_4K), 0);
	assert_int_equal(r->q.rcx, 0);
	assert_int_equal(SEAM(r, TDH_MMIOMT_RD, PEER_BAR | 1), 0);
	assert_int_not_equal(r->q.rcx, 0);
	assert_int_equal(SEAM(r, TDH_DEVIFMT_RD, f), 0);
	assert_int_equal(r->q.rcx, the_if(r)->page | 1);
	assert_int_equal(SEAM(r, TDH_DEVIFMT_RD, (f + (UINT64_C(1) << 32))), 0);
	assert_int_equal(r->q.rcx, 0);
	assert_int_equal(SEAM(r, TDH_MEM_SEPT_RD, FW_GPA, r->td.tdr), 0);
	assert_int_equal(r->q.rcx & EPT_ADDR, r->td.page[0]);
	assert_int_equal(SEAM(r, TDH_MNG_RD, r->td.tdr, TDX_TD_CONFIG_FLAGS),
			 0);
	assert_int_equal(r->q.r8, 3 << 8);
	assert_int_equal(SEAM(r, TDH_PHYMEM_PAGE_WBINVD,
			      r->td.page[0] | (uint64_t)FW_HKID << 52),
			 0);
	fwrig_free(r);
}

/* Laws 33 and 35. */
static void a_devices_page_goes_to_the_td_that_has_the_device(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	td_new(r, &r->td2, FW_HKID2, TDX_CONFIG_TDX_CONNECT);
	all_locked(r);
	assert_int_equal(
		SEAM(r, TDH_MMIOMT_SET, PEER_BAR, 1 | (uint64_t)FW_IF << 12),
		0);
	REFUSED(r, BAD(TDX_MMIO_DEVIF_OWNER_MISMATCH, RDX), TDH_MMIO_MAP,
		FW_MMIO_GPA, r->td2.tdr, PEER_BAR);
	assert_int_equal(SEAM(r, TDH_IDE_STREAM_BLOCK, r->spdm, 0), 0);
	REFUSED(r, BAD(TDX_IDE_STREAM_BLOCKED, R8), TDH_MMIO_MAP, FW_MMIO_GPA,
		r->td.tdr, PEER_BAR);
	/* DATA of an interface that is gone leads nowhere */
	assert_int_equal(SEAM(r, TDH_DEVIF_REMOVE, FW_IF), 0);
	REFUSED(r, BAD(TDX_DEVIFMT_NOT_PRESENT, R8), TDH_MMIO_MAP, FW_MMIO_GPA,
		r->td.tdr, PEER_BAR);
	fwrig_free(r);
}

static void a_wait_descriptor_has_two_words(void **state)
{
	struct fwrig *r = fwrig_new();
	const uint64_t d = 5 | TDX_WAIT_FENCE;

	(void)state;
	all_running(r);
	assert_int_equal(SEAM(r, TDH_MEM_TRACK, r->td.tdr), 0);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R12), TDH_IQINV_REQ, 0,
		TDX_INV_REQ_IOTLB, r->td.tdr, d, .r12 = 1);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R10), TDH_IQINV_REQ, 0,
		TDX_INV_REQ_IOTLB, r->td.tdr, d, .r10 = r->req);
	assert_int_equal(
		SEAM(r, TDH_IQINV_REQ, 0, TDX_INV_REQ_IOTLB, r->td.tdr, d), 0);
	fwrig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_module_tells_how_much_it_wants),
		cmocka_unit_test(an_interface_that_is_talked_to_stays),
		cmocka_unit_test(what_a_td_begins_with_comes_from_the_host),
		cmocka_unit_test(
			a_td_without_the_hosts_half_asks_the_host_for_it),
		cmocka_unit_test(the_hosts_half_leads_to_what_is_the_hosts),
		cmocka_unit_test(an_access_is_judged_whole),
		cmocka_unit_test(lists_of_pages_stand_in_the_hosts_memory),
		cmocka_unit_test(a_stream_may_do_without_addresses),
		cmocka_unit_test(streams_of_one_port_are_apart),
		cmocka_unit_test(mmio_is_mapped_page_by_page),
		cmocka_unit_test(private_mmio_stands_above_4_gib),
		cmocka_unit_test(a_vcpu_whose_program_fails_enters_no_more),
		cmocka_unit_test(a_td_accepts_and_releases_by_good_addresses),
		cmocka_unit_test(what_was_not_added_is_not_removed),
		cmocka_unit_test(the_host_reads_what_the_module_keeps),
		cmocka_unit_test(
			a_devices_page_goes_to_the_td_that_has_the_device),
		cmocka_unit_test(a_wait_descriptor_has_two_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
