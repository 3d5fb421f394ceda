/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"

/*
 * One page in two roles: named while it was the host's, made a secure EPT
 * table of a TD before the module writes there. Tables are stored plain, so
 * that one write to them is memory of any TD for the host.
 */

#define TABLE_GPA (4 * PAGE_2M)

static void page_now(struct fwrig *r, uint64_t pa, uint8_t *out)
{
	memcpy(out, r->m.ram[0].bytes + (pa - FW_RAM), PAGE_4K);
}

static uint64_t becomes_table(struct fwrig *r, uint64_t page)
{
	return SEAM(r, TDH_MEM_SEPT_ADD, TABLE_GPA | 1, r->td.tdr, page);
}

static void an_output_page_that_became_a_table_is_not_written(void **state)
{
	struct fwrig *r = fwrig_new();
	struct tdx_regs q;
	uint8_t was[PAGE_4K], is[PAGE_4K], first[PAGE_4K];
	uint64_t st;

	(void)state;
	all_locked(r);
	q = (struct tdx_regs){ TDH_TDI_REPORT, FW_IF,
			       tdx_array(r->out, TDX_DEV_INFO_PAGES), r->rsp,
			       r->req };
	st = seam(r, q);
	assert_int_equal(TDX_STATUS(st), TDX_SPDM_REQUEST);
	assert_int_equal(becomes_table(r, r->outs[2]), 0);
	page_now(r, r->outs[2], was);
	page_now(r, r->outs[0], first);
	while (TDX_STATUS(st) == TDX_SPDM_REQUEST && exchange(r))
		st = seam(r, q);
	assert_int_equal(st, BAD(TDX_PAGE_METADATA_INCORRECT, RDX));
	page_now(r, r->outs[2], is);
	assert_memory_equal(is, was, PAGE_4K);
	page_now(r, r->outs[0], is); /* nor any before it */
	assert_memory_equal(is, first, PAGE_4K);
	fwrig_free(r);
}

static void a_status_page_that_became_a_table_is_not_written(void **state)
{
	struct fwrig *r = fwrig_new();
	uint64_t page = fw_page(r);
	uint8_t was[PAGE_4K], is[PAGE_4K];

	(void)state;
	all_running(r);
	assert_int_equal(SEAM(r, TDH_DMAR_BLOCK, (uint64_t)PEER_RID << 32), 0);
	assert_int_equal(SEAM(r, TDH_IQINV_REQ, 0, TDX_INV_REQ_PASID_ENTRY,
			      PEER_RID,
			      5 | TDX_WAIT_FENCE | TDX_WAIT_STATUS |
				      UINT64_C(0x40100037) << 32,
			      page),
			 0);
	assert_int_equal(becomes_table(r, page), 0);
	page_now(r, page, was);
	assert_int_equal(SEAM(r, TDH_IQINV_PROC, 0), 0);
	page_now(r, page, is);
	assert_memory_equal(is, was, PAGE_4K);
	fwrig_free(r);
}

/* The two pages of a long operation are looked at each time it is called. */
static void a_message_page_that_became_a_table_is_refused(void **state)
{
	struct fwrig *r = fwrig_new();
	struct tdx_regs q;

	(void)state;
	all_locked(r);
	q = (struct tdx_regs){ TDH_TDI_REPORT, FW_IF,
			       tdx_array(r->out, TDX_DEV_INFO_PAGES), r->rsp,
			       r->req };
	assert_int_equal(TDX_STATUS(seam(r, q)), TDX_SPDM_REQUEST);
	assert_true(exchange(r));
	assert_int_equal(becomes_table(r, r->req), 0);
	refused(r, BAD(TDX_PAGE_METADATA_INCORRECT, R9), q);
	fwrig_free(r);
}

/* The machine's own gate, whatever a call has looked at before. */
static void the_view_of_the_hosts_memory_ends_at_tables(void **state)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[8] = { 0 };
	uint64_t table;

	(void)state;
	all_ready(r);
	table = r->fw->td[0].cx[1];
	for (unsigned write = 0; write < 2; write++) {
		assert_int_equal(tdx_own_io(&r->o, table, b, 8, write,
					    TDX_VIEW_SHARED, 0),
				 IL_E_IO);
		assert_int_equal(tdx_own_io(&r->o, r->req, b, 8, write,
					    TDX_VIEW_TABLE, 0),
				 IL_E_IO);
		assert_int_equal(tdx_own_io(&r->o, r->td.page[0], b, 8, write,
					    TDX_VIEW_TABLE, 0),
				 IL_E_IO);
		/* not by its first byte alone */
		assert_int_equal(tdx_own_io(&r->o, table - 4, b, 8, write,
					    TDX_VIEW_SHARED, 0),
				 IL_E_IO);
	}
	fwrig_free(r);
}

/* Of one TD, and yet of another device: its lock session says nothing of it. */
static void a_page_of_another_interface_is_not_accepted(void **state)
{
	const uint64_t other = FW_IF + 1;
	struct fwrig *r = fwrig_new();

	(void)state;
	all_locked(r);
	assert_int_equal(SEAM(r, TDH_DEVIF_CREATE, other, r->td.tdr, fw_page(r),
			      r->spdm, 0),
			 0);
	assert_int_equal(SEAM(r, TDH_MMIOMT_SET, PEER_BAR, 1 | other << 12), 0);
	assert_int_equal(
		SEAM(r, TDH_MMIO_MAP, FW_MMIO_GPA, r->td.tdr, PEER_BAR), 0);
	TD_REFUSED(r, BAD(TDX_MMIO_DEVIF_OWNER_MISMATCH, R8), &r->td,
		   TDG_MMIO_ACCEPT, FW_MMIO_GPA, 0, FW_IF, 1);
	fwrig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_output_page_that_became_a_table_is_not_written),
		cmocka_unit_test(
			a_status_page_that_became_a_table_is_not_written),
		cmocka_unit_test(a_message_page_that_became_a_table_is_refused),
		cmocka_unit_test(the_view_of_the_hosts_memory_ends_at_tables),
		cmocka_unit_test(a_page_of_another_interface_is_not_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
