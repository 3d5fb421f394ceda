/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"

/* TDs, their vCPUs and their memory. */

#define AUG_GPA (FW_GPA + 8 * PAGE_4K)

static struct fwrig *with_td(void)
{
	struct fwrig *r = fwrig_new();

	td_new(r, &r->td, FW_HKID,
	       TDX_CONFIG_TDX_CONNECT | TDX_CONFIG_PAGE_RELEASE);
	return r;
}

/* --- making one --- */

static void a_td_begins_with_a_page_of_the_hosts_and_a_free_key(void **state)
{
	struct fwrig *r = fwrig_new();
	uint64_t pa = fw_page(r), tdr = fw_page(r);

	(void)state;
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), TDH_MNG_CREATE, pa, 0);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), TDH_MNG_CREATE, pa, FW_HKIDS);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_MNG_CREATE, pa + 8, 1);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_MNG_CREATE, 0x1000, 1);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_MNG_CREATE, PEER_BAR, 1);
	assert_int_equal(SEAM(r, TDH_MNG_CREATE, tdr, 1), 0);
	REFUSED(r, TDX_HKID_NOT_FREE, TDH_MNG_CREATE, pa, 1);
	REFUSED(r, BAD(TDX_PAGE_METADATA_INCORRECT, RCX), TDH_MNG_CREATE, tdr,
		2);
	assert_false(host_may(r, tdr));
	fwrig_free(r);
}

static void each_step_of_a_tds_making_waits_for_the_one_before(void **state)
{
	struct fwrig *r = fwrig_new();
	uint64_t tdr = fw_page(r), pa = fw_page(r), vp = fw_page(r);

	(void)state;
	assert_int_equal(SEAM(r, TDH_MNG_CREATE, tdr, 1), 0);
	REFUSED(r, TDX_TD_KEYS_NOT_CONFIGURED, TDH_MNG_ADDCX, pa, tdr);
	REFUSED(r, TDX_TD_KEYS_NOT_CONFIGURED, TDH_MNG_INIT, tdr, pa);
	assert_int_equal(SEAM(r, TDH_MNG_KEY_CONFIG, tdr), 0);
	REFUSED(r, TDX_KEY_CONFIGURED, TDH_MNG_KEY_CONFIG, tdr);
	REFUSED(r, TDX_TDCX_NUM_INCORRECT, TDH_MNG_INIT, tdr, pa);
	REFUSED(r, TDX_TDCS_NOT_ALLOCATED, TDH_MEM_SEPT_ADD, 3, tdr, pa);
	REFUSED(r, TDX_TDCS_NOT_ALLOCATED, TDH_VP_CREATE, vp, tdr);
	for (unsigned i = 0; i < TDX_TDCX_PAGES; i++)
		assert_int_equal(SEAM(r, TDH_MNG_ADDCX, fw_page(r), tdr), 0);
	REFUSED(r, TDX_TDCX_NUM_INCORRECT, TDH_MNG_ADDCX, pa, tdr);
	r->td.tdr = tdr;
	assert_int_equal(td_init(r, &r->td, 0), 0);
	td_tables(r, &r->td);
	REFUSED(r, TDX_OP_STATE_INCORRECT, TDH_MEM_PAGE_AUG, FW_GPA, tdr, pa);
	REFUSED(r, TDX_OP_STATE_INCORRECT, TDH_MEM_RANGE_BLOCK, 1, tdr);
	REFUSED(r, TDX_OP_STATE_INCORRECT, TDH_MEM_TRACK, tdr);
	assert_int_equal(SEAM(r, TDH_VP_CREATE, vp, tdr), 0);
	REFUSED(r, TDX_OP_STATE_INCORRECT, TDH_VP_ENTER, vp);
	assert_int_equal(SEAM(r, TDH_MR_FINALIZE, tdr), 0);
	REFUSED(r, TDX_VCPU_STATE_INCORRECT, TDH_VP_ENTER, vp);
	REFUSED(r, TDX_OP_STATE_INCORRECT, TDH_MEM_PAGE_ADD, FW_GPA, tdr, pa,
		r->req);
	REFUSED(r, TDX_OP_STATE_INCORRECT, TDH_MR_FINALIZE, tdr);
	REFUSED(r, TDX_OP_STATE_INCORRECT, TDH_MR_EXTEND, FW_GPA, tdr);
	fwrig_free(r);
}

static void a_td_is_made_of_parameters_that_the_module_knows(void **state)
{
	struct fwrig *r = fwrig_with(false, false, 0);
	uint8_t p[TDX_PARAMS_LEN] = { [0x10] = 1, [0x18] = 0x1e };
	uint64_t pa = fw_page(r);

	(void)state;
	td_keyed(r, &r->td, FW_HKID);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), TDH_MNG_INIT, r->td.tdr,
		pa + 512);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), TDH_MNG_INIT, r->td.tdr,
		r->td.tdr); /* not the host's */
	p[0x18] = 0x26;
	host_put(r, pa, p, sizeof(p));
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), TDH_MNG_INIT, r->td.tdr, pa);
	p[0x18] = 0x1e;
	p[0x21] = 1; /* devices, on a machine without TDX Connect */
	host_put(r, pa, p, sizeof(p));
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), TDH_MNG_INIT, r->td.tdr, pa);
	p[0x21] = 0;
	p[0x27] = 0x80;
	host_put(r, pa, p, sizeof(p));
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), TDH_MNG_INIT, r->td.tdr, pa);
	p[0x27] = 0;
	p[0x10] = 0;
	host_put(r, pa, p, sizeof(p));
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), TDH_MNG_INIT, r->td.tdr, pa);
	p[0x10] = 1;
	host_put(r, pa, p, sizeof(p));
	assert_int_equal(SEAM(r, TDH_MNG_INIT, r->td.tdr, pa), 0);
	/* and the device calls are not there */
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RAX), TDH_SPDM_CREATE, PEER_RID,
		tdx_array(r->out, 2));
	assert_int_equal(SEAM(r, TDH_SYS_RD, 0, TDX_SYS_FEATURES0), 0);
	assert_int_equal(r->q.r8, 0);
	fwrig_free(r);
}

static void vcpus_are_as_many_as_was_said(void **state)
{
	struct fwrig *r = with_td();
	uint64_t vp = fw_page(r), pa = fw_page(r);

	(void)state;
	REFUSED(r, BAD(TDX_PAGE_METADATA_INCORRECT, RCX), TDH_VP_CREATE,
		r->td.tdvpr, r->td.tdr);
	assert_int_equal(SEAM(r, TDH_VP_CREATE, vp, r->td.tdr), 0);
	REFUSED(r, TDX_MAX_VCPUS_EXCEEDED, TDH_VP_CREATE, pa, r->td.tdr);
	assert_int_not_equal(SEAM(r, TDH_VP_INIT, vp),
			     0); /* no control pages */
	REFUSED(r, BAD(TDX_PAGE_METADATA_INCORRECT, RCX), TDH_VP_ENTER,
		r->td.tdr);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_VP_ENTER, vp + 8);
	fwrig_free(r);
}

/* Blocks by hand: 128 bytes, the name, the address at 16. */
static void what_is_measured_is_names_addresses_and_bytes(void **state)
{
	struct fwrig *r = fwrig_new();
	uint8_t in[128 + 128 + 256] = "MEM.PAGE.ADD", want[48], page[PAGE_4K];
	struct tdx_fw_td td;

	(void)state;
	td_keyed(r, &r->td, FW_HKID);
	assert_int_equal(td_init(r, &r->td, 0), 0);
	td_tables(r, &r->td);
	for (unsigned i = 0; i < sizeof(page); i++)
		page[i] = (uint8_t)(i >> 8 ^ i);
	host_put(r, r->req, page, sizeof(page));
	in[16 + 2] = 0x10;
	memcpy(in + 128, "MR.EXTEND", 9);
	in[144 + 1] = 0x03;
	in[144 + 2] = 0x10;
	memcpy(in + 256, page + 0x300, 256);
	assert_int_equal(SEAM(r, TDH_MEM_PAGE_ADD, FW_GPA, r->td.tdr,
			      fw_page(r), r->req),
			 0);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_MR_EXTEND, FW_GPA + 0x310,
		r->td.tdr);
	assert_int_equal(SEAM(r, TDH_MR_EXTEND, FW_GPA + 0x300, r->td.tdr), 0);
	assert_int_equal(SEAM(r, TDH_MR_FINALIZE, r->td.tdr), 0);
	assert_int_equal(
		crypto_hash(&r->p->crypto, CRYPTO_SHA384, in, sizeof(in), want),
		IL_OK);
	assert_true(tdx_fw_td_at(r->fw, 0, &td));
	assert_memory_equal(td.mrtd, want, sizeof(want));
	fwrig_free(r);
}

/* --- pages --- */

static void a_page_is_given_once_and_to_one_address(void **state)
{
	struct fwrig *r = with_td();
	uint64_t pa = fw_page(r);

	(void)state;
	td_new(r, &r->td2, FW_HKID2, 0);
	REFUSED(r, BAD(TDX_EPT_ENTRY_NOT_FREE, RCX), TDH_MEM_PAGE_AUG, FW_GPA,
		r->td.tdr, pa);
	REFUSED(r, BAD(TDX_PAGE_METADATA_INCORRECT, R8), TDH_MEM_PAGE_AUG,
		AUG_GPA, r->td2.tdr, r->td.page[0]);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R8), TDH_MEM_PAGE_AUG, AUG_GPA,
		r->td.tdr, PEER_BAR); /* a device's memory as RAM */
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R8), TDH_MEM_PAGE_AUG, AUG_GPA,
		r->td.tdr, pa + 16);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_MEM_PAGE_AUG,
		AUG_GPA | TDX_GPA_SHARED, r->td.tdr, pa);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_MEM_PAGE_AUG, AUG_GPA | 1,
		r->td.tdr, pa); /* 2 MiB: not modelled */
	REFUSED(r, BAD(TDX_EPT_WALK_FAILED, RCX), TDH_MEM_PAGE_AUG,
		UINT64_C(1) << 30, r->td.tdr, pa);
	assert_int_equal(r->q.rdx & 7, 2); /* where the walk ended */
	assert_int_equal(SEAM(r, TDH_MEM_PAGE_AUG, AUG_GPA, r->td.tdr, pa), 0);
	assert_false(host_may(r, pa));
	fwrig_free(r);
}

static void what_a_td_has_not_accepted_it_cannot_touch(void **state)
{
	struct fwrig *r = with_td();
	uint64_t pa = fw_page(r);
	uint8_t b[8], zero[8] = { 0 };

	(void)state;
	host_put(r, pa, "of old..", 8);
	assert_int_equal(SEAM(r, TDH_MEM_PAGE_AUG, AUG_GPA, r->td.tdr, pa), 0);
	assert_int_equal(td_access(r, &r->td, AUG_GPA, true, b, 8, false),
			 IL_E_IO);
	assert_string_equal(r->f.rule->name, "sept-pending");
	assert_int_equal(TD(r, &r->td, TDG_MEM_PAGE_ACCEPT, AUG_GPA + PAGE_4K),
			 TDX_LEAVES);
	assert_int_equal(r->q.rax, TDX_EXIT_EPT_VIOLATION);
	assert_int_equal(r->q.r8, AUG_GPA + PAGE_4K);
	assert_int_equal(r->q.rdx & TDX_EEQ_TYPE, TDX_EEQ_ACCEPT);
	TD_REFUSED(r, TDX_PAGE_SIZE_MISMATCH | 1, &r->td, TDG_MEM_PAGE_ACCEPT,
		   1);
	assert_int_equal(TD(r, &r->td, TDG_MEM_PAGE_ACCEPT, AUG_GPA), 0);
	assert_int_equal(td_access(r, &r->td, AUG_GPA, true, b, 8, false),
			 IL_OK);
	assert_memory_equal(b, zero, 8);
	TD_REFUSED(r, TDX_PAGE_ALREADY_ACCEPTED, &r->td, TDG_MEM_PAGE_ACCEPT,
		   AUG_GPA);
	fwrig_free(r);
}

static void no_page_leaves_that_is_not_blocked_and_forgotten(void **state)
{
	struct fwrig *r = with_td();
	uint64_t tdr = r->td.tdr;
	uint8_t b[8];

	(void)state;
	REFUSED(r, BAD(TDX_GPA_RANGE_NOT_BLOCKED, RCX), TDH_MEM_PAGE_REMOVE,
		FW_GPA, tdr);
	REFUSED(r, BAD(TDX_GPA_RANGE_NOT_BLOCKED, RCX), TDH_MEM_RANGE_UNBLOCK,
		FW_GPA, tdr);
	assert_int_equal(SEAM(r, TDH_MEM_RANGE_BLOCK, FW_GPA, tdr), 0);
	REFUSED(r, BAD(TDX_GPA_RANGE_ALREADY_BLOCKED, RCX), TDH_MEM_RANGE_BLOCK,
		FW_GPA, tdr);
	assert_int_equal(td_access(r, &r->td, FW_GPA, true, b, 8, false),
			 IL_E_AGAIN);
	assert_string_equal(r->f.rule->name, "sept-blocked");
	REFUSED(r, BAD(TDX_TLB_TRACKING_NOT_DONE, RCX), TDH_MEM_PAGE_REMOVE,
		FW_GPA, tdr);
	REFUSED(r, BAD(TDX_TLB_TRACKING_NOT_DONE, RCX), TDH_MEM_RANGE_UNBLOCK,
		FW_GPA, tdr);
	assert_int_equal(SEAM(r, TDH_MEM_TRACK, tdr), 0);
	assert_int_equal(SEAM(r, TDH_MEM_RANGE_UNBLOCK, FW_GPA, tdr), 0);
	assert_int_equal(td_access(r, &r->td, FW_GPA, true, b, 8, false),
			 IL_OK);
	assert_int_equal(SEAM(r, TDH_MEM_RANGE_BLOCK, FW_GPA, tdr), 0);
	assert_int_equal(SEAM(r, TDH_MEM_TRACK, tdr), 0);
	assert_false(host_may(r, r->td.page[0]));
	assert_int_equal(SEAM(r, TDH_MEM_PAGE_REMOVE, FW_GPA, tdr), 0);
	assert_true(host_may(r, r->td.page[0]));
	fwrig_free(r);
}

/* While a vCPU is inside that came in before the block. */
static void host_of_a_running_td(struct fwrig *r)
{
	uint64_t tdr = r->td.tdr;

	r->inside = NULL;
	REFUSED(r, BAD(TDX_OPERAND_BUSY, RCX), TDH_VP_ENTER, r->td.tdvpr);
	REFUSED(r, BAD(TDX_OPERAND_BUSY, RCX), TDH_VP_FLUSH, r->td.tdvpr);
	assert_int_equal(SEAM(r, TDH_MEM_RANGE_BLOCK, FW_GPA, tdr), 0);
	assert_int_equal(SEAM(r, TDH_MEM_TRACK, tdr), 0);
	REFUSED(r, BAD(TDX_TLB_TRACKING_NOT_DONE, RCX), TDH_MEM_PAGE_REMOVE,
		FW_GPA, tdr);
	REFUSED(r, TDX_PREVIOUS_TLB_EPOCH_BUSY, TDH_MEM_TRACK, tdr);
}

static void a_vcpu_that_may_remember_a_page_holds_it(void **state)
{
	struct fwrig *r = with_td();

	(void)state;
	r->inside = host_of_a_running_td;
	assert_int_equal(td_enter(r, &r->td), TDX_EXIT_HLT);
	assert_int_equal(SEAM(r, TDH_MEM_PAGE_REMOVE, FW_GPA, r->td.tdr), 0);
	fwrig_free(r);
}

static void a_table_leaves_when_it_is_empty(void **state)
{
	struct fwrig *r = with_td();
	uint64_t tdr = r->td.tdr;

	(void)state;
	REFUSED(r, BAD(TDX_EPT_ENTRY_NOT_LEAF, RCX), TDH_MEM_RANGE_BLOCK, 1,
		tdr);
	REFUSED(r, BAD(TDX_EPT_PAGE_NOT_FREE, RCX), TDH_MEM_SEPT_REMOVE, 1,
		tdr);
	REFUSED(r, BAD(TDX_GPA_RANGE_NOT_BLOCKED, RCX), TDH_MEM_SEPT_REMOVE,
		FW_MMIO_GPA | 1, tdr);
	assert_int_equal(SEAM(r, TDH_MEM_RANGE_BLOCK, FW_MMIO_GPA | 1, tdr), 0);
	REFUSED(r, BAD(TDX_TLB_TRACKING_NOT_DONE, RCX), TDH_MEM_SEPT_REMOVE,
		FW_MMIO_GPA | 1, tdr);
	assert_int_equal(SEAM(r, TDH_MEM_TRACK, tdr), 0);
	assert_int_equal(SEAM(r, TDH_MEM_SEPT_REMOVE, FW_MMIO_GPA | 1, tdr), 0);
	assert_true(host_may(r, r->q.r8));
	fwrig_free(r);
}

/* --- the vCPU's calls --- */

static void a_td_tells_its_host_what_its_mask_lets_through(void **state)
{
	struct fwrig *r = with_td();

	(void)state;
	/* r10, r11, r13; not r12, r14 */
	assert_int_equal(TD(r, &r->td, TDG_VP_VMCALL, 0x2c00, .r11 = 12,
			    .r12 = 0x5ec4e7, .r13 = 13, .r14 = 0x5ec4e7),
			 TDX_LEAVES);
	assert_int_equal(r->q.rax, TDX_EXIT_TDCALL);
	assert_int_equal(r->q.rcx, 0x2c00);
	assert_int_equal(r->q.r11, 12);
	assert_int_equal(r->q.r13, 13);
	assert_int_equal(r->q.r12 | r->q.r14 | r->q.rdx | r->q.r8, 0);
	/* the host's answer, and nothing beside the mask */
	r->call = true;
	r->todo = (struct tdx_regs){ TDG_VP_VMCALL, 0x2c00, .r11 = 12,
				     .r12 = 0x5ec4e7, .r13 = 13 };
	assert_int_equal(SEAM(r, TDH_VP_ENTER, r->td.tdvpr, .r10 = 1,
			      .r12 = 0xbad, .r13 = 7),
			 TDX_EXIT_HLT);
	r->call = false;
	assert_int_equal(r->got, IL_OK);
	assert_int_equal(r->todo.rax, 0);
	assert_int_equal(r->todo.r10, 1);
	assert_int_equal(r->todo.r13, 7);
	assert_int_equal(r->todo.r12, 0x5ec4e7);
	TD_REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), &r->td, TDG_VP_VMCALL,
		   0x2c01);
	fwrig_free(r);
}

static void a_vcpu_that_is_outside_calls_nothing(void **state)
{
	struct fwrig *r = with_td();
	struct tdx_regs q = { TDG_VP_INFO };
	uint8_t b[8];

	(void)state;
	assert_int_equal(tdx_fw_tdcall(r->fw, r->td.tdvpr, &q, &r->f),
			 IL_E_STATE);
	assert_int_equal(tdx_fw_access(r->fw, r->td.tdvpr, FW_GPA, true, b, 8,
				       false, &r->f),
			 IL_E_STATE);
	assert_int_equal(TD(r, &r->td, TDG_VP_INFO), 0);
	assert_int_equal(r->todo.rcx, 48);
	TD_REFUSED(r, BAD(TDX_OPERAND_INVALID, RAX), &r->td, 5);
	fwrig_free(r);
}

static void a_td_without_devices_has_none_of_their_calls(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	td_new(r, &r->td, FW_HKID, 0);
	for (uint64_t l = TDG_TDI_RD; l <= TDG_DMAR_ACCEPT; l++)
		TD_REFUSED(r, BAD(TDX_OPERAND_INVALID, RAX), &r->td, l);
	TD_REFUSED(r, BAD(TDX_OPERAND_INVALID, RAX), &r->td,
		   TDG_MEM_PAGE_RELEASE, FW_GPA);
	fwrig_free(r);
}

/* --- its end --- */

static void a_td_ends_in_one_order_and_leaves_nothing(void **state)
{
	struct fwrig *r = with_td();
	uint64_t tdr = r->td.tdr;
	uint8_t b[16];

	(void)state;
	(void)td_enter(r, &r->td);
	REFUSED(r, TDX_FLUSHVP_NOT_DONE, TDH_MNG_VPFLUSHDONE, tdr);
	REFUSED(r, TDX_LIFECYCLE_STATE_INCORRECT, TDH_MNG_KEY_FREEID, tdr);
	REFUSED(r, TDX_NO_HKID_READY_TO_WBCACHE, TDH_PHYMEM_CACHE_WB);
	assert_int_equal(SEAM(r, TDH_VP_FLUSH, r->td.tdvpr), 0);
	REFUSED(r, TDX_VCPU_NOT_ASSOCIATED, TDH_VP_FLUSH, r->td.tdvpr);
	assert_int_equal(SEAM(r, TDH_MNG_VPFLUSHDONE, tdr), 0);
	REFUSED(r, TDX_LIFECYCLE_STATE_INCORRECT, TDH_VP_ENTER, r->td.tdvpr);
	REFUSED(r, TDX_WBCACHE_NOT_COMPLETE, TDH_MNG_KEY_FREEID, tdr);
	REFUSED(r, TDX_LIFECYCLE_STATE_INCORRECT, TDH_PHYMEM_PAGE_RECLAIM,
		r->td.page[0]);
	assert_int_equal(SEAM(r, TDH_PHYMEM_CACHE_WB), 0);
	assert_int_equal(SEAM(r, TDH_MNG_KEY_FREEID, tdr), 0);
	REFUSED(r, BAD(TDX_TD_ASSOCIATED_PAGES_EXIST, RCX),
		TDH_PHYMEM_PAGE_RECLAIM, tdr);
	for (uint64_t pa = FW_RAM; pa < r->next; pa += PAGE_4K) {
		const struct tdx_page *p = tdx_own_page(&r->o, pa);

		if (p->type != TDX_PT_NDA && pa != tdr)
			assert_int_equal(SEAM(r, TDH_PHYMEM_PAGE_RECLAIM, pa),
					 0);
	}
	assert_int_equal(SEAM(r, TDH_PHYMEM_PAGE_RECLAIM, tdr), 0);
	REFUSED(r, BAD(TDX_PAGE_ALREADY_FREE, RCX), TDH_PHYMEM_PAGE_RECLAIM,
		tdr);
	host_get(r, r->td.page[0], b, sizeof(b)); /* ciphertext of a dead key */
	td_new(r, &r->td, FW_HKID, 0);
	fwrig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_td_begins_with_a_page_of_the_hosts_and_a_free_key),
		cmocka_unit_test(
			each_step_of_a_tds_making_waits_for_the_one_before),
		cmocka_unit_test(
			a_td_is_made_of_parameters_that_the_module_knows),
		cmocka_unit_test(vcpus_are_as_many_as_was_said),
		cmocka_unit_test(what_is_measured_is_names_addresses_and_bytes),
		cmocka_unit_test(a_page_is_given_once_and_to_one_address),
		cmocka_unit_test(what_a_td_has_not_accepted_it_cannot_touch),
		cmocka_unit_test(
			no_page_leaves_that_is_not_blocked_and_forgotten),
		cmocka_unit_test(a_vcpu_that_may_remember_a_page_holds_it),
		cmocka_unit_test(a_table_leaves_when_it_is_empty),
		cmocka_unit_test(
			a_td_tells_its_host_what_its_mask_lets_through),
		cmocka_unit_test(a_vcpu_that_is_outside_calls_nothing),
		cmocka_unit_test(a_td_without_devices_has_none_of_their_calls),
		cmocka_unit_test(a_td_ends_in_one_order_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
