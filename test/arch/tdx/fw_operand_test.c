/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"

/* What names something that is not there is refused, whichever call it is. */

enum { RCX = 1, RDX = 2, R8 = 3 };

static uint64_t op_of(unsigned reg)
{
	return reg == R8 ? TDX_OP_R8 : reg;
}

static const struct {
	uint64_t leaf;
	unsigned reg;
	bool gpa; /* in rcx */
} of_td[] = {
	{ TDH_MNG_ADDCX, RDX, false },
	{ TDH_MEM_PAGE_ADD, RDX, true },
	{ TDH_MEM_SEPT_ADD, RDX, true },
	{ TDH_MEM_PAGE_AUG, RDX, true },
	{ TDH_MEM_RANGE_BLOCK, RDX, true },
	{ TDH_MEM_RANGE_UNBLOCK, RDX, true },
	{ TDH_MNG_KEY_CONFIG, RCX, false },
	{ TDH_VP_CREATE, RDX, false },
	{ TDH_MNG_RD, RCX, false },
	{ TDH_MR_EXTEND, RDX, true },
	{ TDH_MR_FINALIZE, RCX, false },
	{ TDH_MNG_VPFLUSHDONE, RCX, false },
	{ TDH_MNG_KEY_FREEID, RCX, false },
	{ TDH_MNG_INIT, RCX, false },
	{ TDH_MEM_SEPT_RD, RDX, true },
	{ TDH_MEM_PAGE_REMOVE, RDX, true },
	{ TDH_MEM_SEPT_REMOVE, RDX, true },
	{ TDH_MEM_TRACK, RCX, false },
	{ TDH_DEVIF_CREATE, RDX, false },
	{ TDH_MMIO_MAP, RDX, true },
	{ TDH_MMIO_BLOCK, RDX, true },
	{ TDH_MMIO_UNMAP, RDX, true },
	{ TDH_MEM_SHARED_SEPT_WR, RDX, false },
	{ TDH_IQINV_REQ, R8, false },
	{ TDH_DMAR_ADD, RDX, false },
};

/* The call as it would be, for @tdr. */
static struct tdx_regs call_of(const struct fwrig *r, size_t i, uint64_t tdr)
{
	struct tdx_regs q = { .rax = of_td[i].leaf, .rcx = FW_GPA };

	switch (q.rax) {
	case TDH_DEVIF_CREATE:
		q = (struct tdx_regs){ q.rax, FW_IF, 0, r->outs[0], 1 };
		break;
	case TDH_MEM_SHARED_SEPT_WR:
		q.rcx = TDX_GPA_SHARED | 3;
		break;
	case TDH_MNG_RD:
		q.rdx = TDX_TD_EPOCH;
		break;
	case TDH_MNG_INIT:
		q.rdx = r->cfg;
		break;
	case TDH_IQINV_REQ:
		q = (struct tdx_regs){ .rax = q.rax, .r9 = 5 | TDX_WAIT_FENCE };
		break;
	case TDH_DMAR_ADD:
		q = (struct tdx_regs){ q.rax, (uint64_t)PEER_RID << 32, 0,
				       TDX_PASID0_ADD, TDX_PASID1_ADD };
		break;
	case TDH_MNG_ADDCX:
	case TDH_VP_CREATE:
		q.rcx = r->outs[0];
		break;
	case TDH_MEM_SEPT_ADD:
	case TDH_MEM_SEPT_REMOVE:
		q.rcx = FW_MMIO_GPA | 1;
		q.r8 = r->outs[0];
		break;
	default:
		q.r8 = r->outs[0];
		q.r9 = r->outs[1];
	}
	(&q.rax)[of_td[i].reg] = tdr;
	return q;
}

static void a_td_is_a_page_that_holds_one(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	all_ready(r);
	for (size_t i = 0; i < COUNT(of_td); i++) {
		const uint64_t op = op_of(of_td[i].reg);

		refused(r, TDX_PAGE_METADATA_INCORRECT | op,
			call_of(r, i, r->outs[3]));
		refused(r, TDX_PAGE_METADATA_INCORRECT | op,
			call_of(r, i, r->td.page[0]));
		refused(r, TDX_OPERAND_INVALID | op,
			call_of(r, i, r->td.tdr + 64));
		refused(r, TDX_OPERAND_INVALID | op, call_of(r, i, PEER_BAR));
		refused(r, TDX_OPERAND_INVALID | op, call_of(r, i, 0));
	}
	fwrig_free(r);
}

/* Once it is blocked nothing of it changes but toward its end. */
static void a_td_that_ends_takes_no_other_call(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	all_ready(r);
	for (unsigned n = 0; n < 2; n++) {
		if (n) {
			assert_int_equal(SEAM(r, TDH_PHYMEM_CACHE_WB), 0);
			assert_int_equal(SEAM(r, TDH_MNG_KEY_FREEID, r->td.tdr),
					 0);
		} else {
			assert_int_equal(
				SEAM(r, TDH_MNG_VPFLUSHDONE, r->td.tdr), 0);
		}
		for (size_t i = 0; i < COUNT(of_td); i++) {
			if (!n && of_td[i].leaf == TDH_MNG_KEY_FREEID)
				continue;
			refused(r, TDX_LIFECYCLE_STATE_INCORRECT,
				call_of(r, i, r->td.tdr));
		}
		REFUSED(r, TDX_LIFECYCLE_STATE_INCORRECT, TDH_VP_ENTER,
			r->td.tdvpr);
		REFUSED(r, TDX_LIFECYCLE_STATE_INCORRECT, TDH_VP_ADDCX,
			r->outs[0], r->td.tdvpr);
	}
	fwrig_free(r);
}

static void an_address_is_in_the_private_half_and_has_a_table(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	all_ready(r);
	for (size_t i = 0; i < COUNT(of_td); i++) {
		struct tdx_regs q = call_of(r, i, r->td.tdr);
		const uint64_t level = q.rcx & 7;

		if (!of_td[i].gpa || q.rax == TDH_MEM_PAGE_ADD ||
		    q.rax == TDH_MR_EXTEND) /* not of a TD that runs */
			continue;
		q.rcx = FW_GPA | TDX_GPA_SHARED | level;
		refused(r, BAD(TDX_OPERAND_INVALID, RCX), q);
		q.rcx = UINT64_C(1) << 52 | level;
		refused(r, BAD(TDX_OPERAND_INVALID, RCX), q);
		q.rcx = FW_GPA | 8 | level;
		refused(r, BAD(TDX_OPERAND_INVALID, RCX), q);
		q.rcx = FW_GPA | 4;
		refused(r, BAD(TDX_OPERAND_INVALID, RCX), q);
		q.rcx = UINT64_C(1) << 39 | level;
		refused(r, BAD(TDX_EPT_WALK_FAILED, RCX), q);
		assert_int_equal(r->q.rdx & 7, 3);
		if (!level)
			continue;
		q.rcx = FW_GPA | level; /* not a multiple of what it covers */
		refused(r, BAD(TDX_OPERAND_INVALID, RCX), q);
		q.rcx = FW_MMIO_GPA; /* a table for one page */
		refused(r, BAD(TDX_OPERAND_INVALID, RCX), q);
	}
	fwrig_free(r);
}

static void a_vcpu_is_a_page_that_holds_one(void **state)
{
	static const struct {
		uint64_t leaf;
		unsigned reg;
	} of_vp[] = {
		{ TDH_VP_ENTER, RCX }, { TDH_VP_INIT, RCX },
		{ TDH_VP_FLUSH, RCX }, { TDH_VP_WR, RCX },
		{ TDH_VP_ADDCX, RDX },
	};
	struct fwrig *r = fwrig_new();

	(void)state;
	all_ready(r);
	for (size_t i = 0; i < COUNT(of_vp); i++) {
		struct tdx_regs q = { of_vp[i].leaf, r->outs[0], r->outs[0] };
		uint64_t *at = &q.rax + of_vp[i].reg;

		*at = r->outs[1];
		refused(r, TDX_PAGE_METADATA_INCORRECT | of_vp[i].reg, q);
		*at = r->td.tdr;
		refused(r, TDX_PAGE_METADATA_INCORRECT | of_vp[i].reg, q);
		*at = PEER_BAR;
		refused(r, TDX_OPERAND_INVALID | of_vp[i].reg, q);
		*at = r->td.tdvpr + 8;
		refused(r, TDX_OPERAND_INVALID | of_vp[i].reg, q);
	}
	REFUSED(r, BAD(TDX_METADATA_FIELD_ID_INCORRECT, RDX), TDH_VP_WR,
		r->td.tdvpr, 1, r->td.root, UINT64_MAX);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R9), TDH_VP_WR, r->td.tdvpr,
		TDX_VP_SHARED_EPTP, r->td.root, 7);
	REFUSED(r, BAD(TDX_PAGE_METADATA_INCORRECT, R8), TDH_VP_WR, r->td.tdvpr,
		TDX_VP_SHARED_EPTP, r->td.page[0], UINT64_MAX);
	REFUSED(r, TDX_VCPU_STATE_INCORRECT, TDH_VP_INIT, r->td.tdvpr);
	REFUSED(r, TDX_TDCX_NUM_INCORRECT, TDH_VP_ADDCX, r->outs[0],
		r->td.tdvpr);
	fwrig_free(r);
}

static void a_session_or_an_interface_is_one_that_is_there(void **state)
{
	static const uint64_t of_spdm[] = {
		TDH_SPDM_DELETE,  TDH_SPDM_CONNECT,	TDH_SPDM_DISCONNECT,
		TDH_SPDM_MNG,	  TDH_IDE_STREAM_BLOCK, TDH_IDE_STREAM_DELETE,
		TDH_IDE_STREAM_KM
	};
	static const uint64_t of_if[] = { TDH_DEVIF_REMOVE,  TDH_TDI_LOCK,
					  TDH_TDI_GET_STATE, TDH_TDI_REPORT,
					  TDH_TDI_START,     TDH_TDI_STOP };
	struct fwrig *r = fwrig_new();

	(void)state;
	all_ready(r);
	assert_int_equal(devif_create(r, &r->td), 0);
	for (size_t i = 0; i < COUNT(of_spdm); i++) {
		REFUSED(r, BAD(TDX_SPDM_ENTRY_NOT_PRESENT, RCX), of_spdm[i], 0);
		REFUSED(r, BAD(TDX_SPDM_ENTRY_NOT_PRESENT, RCX), of_spdm[i], 2);
		REFUSED(r, BAD(TDX_SPDM_ENTRY_NOT_PRESENT, RCX), of_spdm[i],
			UINT64_C(1) << 32 | 1);
	}
	for (size_t i = 0; i < COUNT(of_if); i++) {
		REFUSED(r, BAD(TDX_DEVIFMT_NOT_PRESENT, RCX), of_if[i],
			FW_IF + 1);
		REFUSED(r, BAD(TDX_DEVIFMT_NOT_PRESENT, RCX), of_if[i],
			UINT64_C(1) << 32 | FW_IF);
	}
	fwrig_free(r);
}

static void no_call_is_no_call(void **state)
{
	static const uint64_t none[] = { 5,   12,  42,	136,
					 139, 167, 256, UINT64_MAX };
	struct fwrig *r = fwrig_new();

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++)
		REFUSED(r, BAD(TDX_OPERAND_INVALID, RAX), none[i]);
	REFUSED(r, BAD(TDX_METADATA_FIELD_ID_INCORRECT, RDX), TDH_SYS_RD, 0, 1);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_PHYMEM_PAGE_RDMD,
		PEER_BAR);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_PHYMEM_PAGE_RDMD,
		FW_RAM + 8);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_PHYMEM_PAGE_RECLAIM,
		PEER_BAR);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_PHYMEM_PAGE_WBINVD,
		FW_RAM | (uint64_t)FW_HKIDS << 52);
	fwrig_free(r);
}

/* What is not a TD's goes back where it was given. */
static void pages_of_no_td_are_not_reclaimed(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	all_ready(r);
	REFUSED(r, BAD(TDX_PAGE_METADATA_INCORRECT, RCX),
		TDH_PHYMEM_PAGE_RECLAIM, r->fw->spdm[0].page[0]);
	REFUSED(r, BAD(TDX_PAGE_METADATA_INCORRECT, RCX),
		TDH_PHYMEM_PAGE_RECLAIM, r->fw->spdm[0].stream.page[0]);
	REFUSED(r, BAD(TDX_PAGE_METADATA_INCORRECT, RCX),
		TDH_PHYMEM_PAGE_RECLAIM, r->fw->iommu_page[0]);
	assert_int_equal(SEAM(r, TDH_PHYMEM_PAGE_RDMD, r->td.page[0]), 0);
	assert_int_equal(r->q.rcx, 3); /* memory of a TD */
	assert_int_equal(r->q.rdx, r->td.tdr);
	fwrig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_td_is_a_page_that_holds_one),
		cmocka_unit_test(a_td_that_ends_takes_no_other_call),
		cmocka_unit_test(
			an_address_is_in_the_private_half_and_has_a_table),
		cmocka_unit_test(a_vcpu_is_a_page_that_holds_one),
		cmocka_unit_test(
			a_session_or_an_interface_is_one_that_is_there),
		cmocka_unit_test(no_call_is_no_call),
		cmocka_unit_test(pages_of_no_td_are_not_reclaimed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
