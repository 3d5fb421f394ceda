/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"

/* Sessions, streams, device interfaces: who rests on whom. */

#define RSPREQ(r) (r)->rsp, (r)->req

/* --- sessions --- */

static void a_session_stands_for_a_device_behind_a_port(void **state)
{
	struct fwrig *r = fwrig_new();
	uint64_t two = tdx_array(r->out, 2);

	(void)state;
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_SPDM_CREATE, 0x0208, two);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_SPDM_CREATE,
		0x02000000 | PEER_RID, two);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_SPDM_CREATE,
		0x00010000 | PEER_RID, two); /* a segment that is not valid */
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_SPDM_CREATE,
		UINT64_C(1) << 32 | PEER_RID, two);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), TDH_SPDM_CREATE, PEER_RID,
		tdx_array(r->out, 1));
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), TDH_SPDM_CREATE, PEER_RID,
		tdx_array(r->out, 3));
	assert_int_equal(dev_create(r), 0);
	for (unsigned i = 0; i < TDX_SPDM_MT_PAGES; i++)
		assert_false(host_may(r, r->fw->spdm[0].page[i]));
	REFUSED(r, BAD(TDX_SPDM_ENTRY_ALREADY_PRESENT, RCX), TDH_SPDM_CREATE,
		PEER_RID, two);
	fwrig_free(r);
}

static void a_page_named_twice_is_given_once(void **state)
{
	struct fwrig *r = fwrig_new();
	uint8_t at[8];

	(void)state;
	tdx_put_u64(at, 0, r->outs[0]);
	host_put(r, r->out + 8, at, 8);
	REFUSED(r, BAD(TDX_PAGE_METADATA_INCORRECT, RDX), TDH_SPDM_CREATE,
		PEER_RID, tdx_array(r->out, 2));
	assert_true(host_may(r, r->outs[0]));
	fwrig_free(r);
}

static void a_session_goes_after_its_stream(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	all_ready(r);
	REFUSED(r, BAD(TDX_SPDM_HAS_ACTIVE_IDE_STREAMS, RCX), TDH_SPDM_DELETE,
		r->spdm, tdx_array(r->out, 2));
	REFUSED(r, BAD(TDX_SPDM_HAS_ACTIVE_IDE_STREAMS, RCX),
		TDH_SPDM_DISCONNECT, r->spdm, RSPREQ(r));
	assert_int_equal(SEAM(r, TDH_IDE_STREAM_BLOCK, r->spdm, 0), 0);
	REFUSED(r, BAD(TDX_SPDM_HAS_ACTIVE_IDE_STREAMS, RCX), TDH_SPDM_DELETE,
		r->spdm, tdx_array(r->out, 2));
	assert_int_equal(SEAM(r, TDH_IDE_STREAM_DELETE, r->spdm, 0, 0), 0);
	REFUSED(r, BAD(TDX_PAGE_METADATA_INCORRECT, RDX), TDH_SPDM_DELETE,
		r->spdm, tdx_array(r->td.page[0], 2)); /* where to tell it */
	assert_int_equal(
		SEAM(r, TDH_SPDM_DELETE, r->spdm, tdx_array(r->out, 2)), 0);
	fwrig_free(r);
}

/* --- streams --- */

static struct fwrig *connected(void)
{
	struct fwrig *r = fwrig_new();

	assert_int_equal(dev_create(r), 0);
	assert_int_equal(dev_connect(r), 0);
	return r;
}

static const struct tdx_regs good_stream = {
	.rax = TDH_IDE_STREAM_CREATE,
	.rcx = FW_RP_DEVFN | 0x100,
	.rdx = 1,
	.r10 = 0x010200,
	.r11 = 0x010001,
};

static void a_stream_has_one_form(void **state)
{
	static const struct {
		uint8_t reg; /* from rax on */
		uint64_t flip;
		uint64_t st;
	} bad[] = {
		{ 1, 0x08, BAD(TDX_OPERAND_INVALID, RCX) },  /* other port */
		{ 1, 0x200, BAD(TDX_OPERAND_INVALID, RCX) }, /* reserved */
		{ 1, 0x100, BAD(TDX_IDE_STREAM_NOT_SUPPORTED, RCX) }, /* link */
		{ 2, 0x6, BAD(TDX_SPDM_ENTRY_NOT_PRESENT, RDX) },
		{ 4, 0x80000, BAD(TDX_OPERAND_INVALID, R9) }, /* class 1 */
		{ 4, 0x20, BAD(TDX_OPERAND_INVALID, R9) },    /* PCRC */
		{ 5, 0x1, BAD(TDX_OPERAND_INVALID, R10) },
		{ 5, 0x010200, BAD(TDX_OPERAND_INVALID, R10) }, /* without it */
		{ 6, 0x1, BAD(TDX_OPERAND_INVALID, R11) },	/* not valid */
		{ 6, 0x01000000, BAD(TDX_OPERAND_INVALID, R11) }, /* segment */
		{ 7, 0x2, BAD(TDX_OPERAND_INVALID, R12) },
		{ 7, 0x101, BAD(TDX_OPERAND_INVALID, R12) }, /* base > limit */
		{ 8, UINT64_C(1) << 32, BAD(TDX_OPERAND_INVALID, R13) },
	};
	struct fwrig *r = connected();

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct tdx_regs q = good_stream;

		q.r8 = r->outs[11];
		(&q.rax)[bad[i].reg] ^= bad[i].flip;
		refused(r, bad[i].st, q);
	}
	fwrig_free(r);
}

/* Law 13: what the port shows is the module's, and stays. */
static void the_ports_registers_are_written_and_locked(void **state)
{
	struct fwrig *r = connected();

	(void)state;
	assert_int_equal(dev_stream(r), 0);
	assert_int_equal(r->q.rcx, 0); /* the module chose */
	assert_true(r->p->rp_made && r->p->rp_locked && !r->p->rp_on);
	assert_int_equal(r->p->rp_regs.rid_base, 0x0100);
	assert_int_equal(r->p->rp_regs.rid_limit, 0x0102);
	assert_int_equal(r->p->rp_regs.ranges, 1);
	assert_int_equal(r->p->rp_regs.range[0].base, UINT64_C(0x1e0000000));
	assert_int_equal(r->p->rp_regs.range[0].limit, UINT64_C(0x1e00fffff));
	assert_false(r->p->rp_regs.is_default);
	assert_int_equal(dev_keys(r, TDX_KM_SETUP), 0);
	assert_true(r->p->rp_on);
	assert_true(peer_keys_agree(r->p, 0));
	assert_true(r->p->rp_locked);
	fwrig_free(r);
}

static void what_the_host_left_in_the_port_is_not_built_upon(void **state)
{
	struct fwrig *r = connected();
	struct tdx_regs q = good_stream;

	(void)state;
	q.r8 = fw_page(r);
	r->p->rp_setup = IL_E_STATE;
	refused(r, BAD(TDX_IDE_STREAM_NOT_FREE, RCX), q);
	r->p->rp_setup = IL_E_SPACE;
	refused(r, BAD(TDX_IDE_STREAM_NOT_SUPPORTED, RCX), q);
	r->p->rp_setup = IL_OK;
	assert_int_equal(seam(r, q), 0);
	q.r8 = fw_page(r);
	refused(r, BAD(TDX_IDE_STREAM_NOT_FREE, RDX), q);
	fwrig_free(r);
}

static void a_stream_waits_for_a_session(void **state)
{
	struct fwrig *r = fwrig_new();
	struct tdx_regs q = good_stream;

	(void)state;
	assert_int_equal(dev_create(r), 0);
	q.r8 = fw_page(r);
	refused(r, BAD(TDX_SPDM_INVALID_STATE, RDX), q);
	REFUSED(r, BAD(TDX_IDE_STREAM_NOT_CONFIGURED, RDX), TDH_IDE_STREAM_KM,
		r->spdm, 0, 0, RSPREQ(r));
	REFUSED(r, BAD(TDX_IDE_STREAM_NOT_CONFIGURED, RDX),
		TDH_IDE_STREAM_BLOCK, r->spdm, 0);
	fwrig_free(r);
}

static void keys_are_made_changed_and_stopped_in_their_order(void **state)
{
	struct fwrig *r = connected();
	const uint64_t bad = BAD(TDX_IDE_STREAM_INVALID_STATE, RDX);

	(void)state;
	assert_int_equal(dev_stream(r), 0);
	REFUSED(r, bad, TDH_IDE_STREAM_KM, 1, 0, TDX_KM_REFRESH, RSPREQ(r));
	REFUSED(r, bad, TDH_IDE_STREAM_KM, 1, 0, TDX_KM_STOP, RSPREQ(r));
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R8), TDH_IDE_STREAM_KM, 1, 0, 3,
		RSPREQ(r));
	REFUSED(r, BAD(TDX_IDE_STREAM_NOT_CONFIGURED, RDX), TDH_IDE_STREAM_KM,
		1, 1, 0, RSPREQ(r));
	assert_int_equal(dev_keys(r, TDX_KM_SETUP), 0);
	peer_enable(r->p);
	REFUSED(r, bad, TDH_IDE_STREAM_KM, 1, 0, TDX_KM_SETUP, RSPREQ(r));
	assert_int_equal(dev_keys(r, TDX_KM_REFRESH), 0);
	assert_true(peer_keys_agree(r->p, 1));
	assert_int_equal(dev_keys(r, TDX_KM_STOP), 0);
	assert_true(peer_keys_gone(r->p, true));
	assert_true(peer_keys_gone(r->p, false));
	assert_false(r->p->rp_on);
	/* the session stands; keys may come again */
	assert_int_equal(dev_keys(r, TDX_KM_SETUP), 0);
	fwrig_free(r);
}

static void a_blocked_stream_is_dead_until_it_is_deleted(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	all_ready(r);
	REFUSED(r, BAD(TDX_IDE_STREAM_NOT_BLOCKED, RDX), TDH_IDE_STREAM_DELETE,
		r->spdm, 0, 0);
	assert_int_equal(SEAM(r, TDH_IDE_STREAM_BLOCK, r->spdm, 0), 0);
	assert_true(peer_keys_gone(r->p, true));
	assert_false(r->p->rp_made);
	REFUSED(r, BAD(TDX_IDE_STREAM_BLOCKED, RDX), TDH_IDE_STREAM_BLOCK,
		r->spdm, 0);
	REFUSED(r, BAD(TDX_IDE_STREAM_BLOCKED, RDX), TDH_IDE_STREAM_KM, r->spdm,
		0, TDX_KM_SETUP, RSPREQ(r));
	REFUSED(r, BAD(TDX_IDE_STREAM_BLOCKED, R10), TDH_DEVIF_CREATE, FW_IF,
		r->td.tdr, fw_page(r), r->spdm, 0);
	assert_int_equal(SEAM(r, TDH_IDE_STREAM_DELETE, r->spdm, 0, 0), 0);
	assert_true(host_may(r, r->q.rcx & TDX_ARRAY_HPA));
	REFUSED(r, BAD(TDX_IDE_STREAM_NOT_CONFIGURED, RDX),
		TDH_IDE_STREAM_DELETE, r->spdm, 0, 0);
	fwrig_free(r);
}

/* Between any two messages of the operation. */
static void block_is_heard_while_keys_are_made(void **state)
{
	(void)state;
	for (unsigned at = 1; at < 12; at++) {
		struct fwrig *r = connected();
		const struct tdx_regs q = {
			TDH_IDE_STREAM_KM, 1, 0, 0, r->rsp, r->req
		};
		uint64_t st = TDX_SPDM_REQUEST;

		assert_int_equal(dev_stream(r), 0);
		for (unsigned n = 0; n < at && st == TDX_SPDM_REQUEST; n++) {
			st = seam(r, q);
			if (st == TDX_SPDM_REQUEST)
				assert_true(exchange(r));
		}
		assert_int_equal(SEAM(r, TDH_IDE_STREAM_BLOCK, 1, 0), 0);
		assert_true(peer_keys_gone(r->p, true));
		assert_false(r->p->rp_made || r->p->rp_secure);
		refused(r, BAD(TDX_IDE_STREAM_BLOCKED, RDX), q);
		assert_int_equal(SEAM(r, TDH_IDE_STREAM_DELETE, 1, 0, 0), 0);
		assert_int_equal(
			SEAM(r, TDH_SPDM_DELETE, 1, tdx_array(r->out, 2)), 0);
		fwrig_free(r);
	}
}

/* --- interfaces --- */

static void an_interface_needs_all_that_it_rests_on(void **state)
{
	struct fwrig *r = fwrig_new();
	uint64_t page = fw_page(r), tdr;

	(void)state;
	td_new(r, &r->td, FW_HKID, TDX_CONFIG_TDX_CONNECT);
	td_new(r, &r->td2, FW_HKID2, 0);
	tdr = r->td.tdr;
	REFUSED(r, BAD(TDX_SPDM_ENTRY_NOT_PRESENT, R9), TDH_DEVIF_CREATE, FW_IF,
		tdr, page, 1, 0);
	assert_int_equal(dev_create(r), 0);
	REFUSED(r, BAD(TDX_IDE_STREAM_NOT_CONFIGURED, R10), TDH_DEVIF_CREATE,
		FW_IF, tdr, page, 1, 0);
	assert_int_equal(dev_connect(r), 0);
	assert_int_equal(dev_stream(r), 0);
	REFUSED(r, BAD(TDX_IDE_STREAM_INVALID_STATE, R10), TDH_DEVIF_CREATE,
		FW_IF, tdr, page, 1, 0); /* no keys */
	assert_int_equal(dev_keys(r, TDX_KM_SETUP), 0);
	REFUSED(r, BAD(TDX_IDE_STREAM_NOT_CONFIGURED, R10), TDH_DEVIF_CREATE,
		FW_IF, tdr, page, 1, 1);
	REFUSED(r, BAD(TDX_DEVIFMT_NOT_PRESENT, RCX), TDH_DEVIF_CREATE, FW_IF,
		tdr, page, 1, 0);
	dev_tables(r);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_DEVIF_CREATE, 0x0103, tdr,
		page, 1, 0); /* beyond the stream's RIDs */
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_DEVIF_CREATE,
		0x01010000 | FW_IF, tdr, page, 1, 0); /* segment 1 */
	REFUSED(r, BAD(TDX_CONNECT_INVALID_STATE, RDX), TDH_DEVIF_CREATE, FW_IF,
		r->td2.tdr, page, 1, 0);
	REFUSED(r, BAD(TDX_PAGE_METADATA_INCORRECT, R8), TDH_DEVIF_CREATE,
		FW_IF, tdr, tdr, 1, 0);
	assert_int_equal(SEAM(r, TDH_DEVIF_CREATE, FW_IF, tdr, page, 1, 0), 0);
	REFUSED(r, BAD(TDX_DEVIFMT_ALREADY_PRESENT, RCX), TDH_DEVIF_CREATE,
		FW_IF, tdr, fw_page(r), 1, 0);
	assert_false(host_may(r, page));
	fwrig_free(r);
}

static void what_rests_on_another_goes_first(void **state)
{
	struct fwrig *r = fwrig_new();

	(void)state;
	all_ready(r);
	assert_int_equal(devif_create(r, &r->td), 0);
	REFUSED(r, BAD(TDX_IDE_STREAM_HAS_DEVICE_INTERFACES, RDX),
		TDH_IDE_STREAM_KM, r->spdm, 0, TDX_KM_STOP, RSPREQ(r));
	REFUSED(r, BAD(TDX_IOMMU_MT_PAGE_IN_USE, RCX), TDH_DEVIFMT_REMOVE,
		(uint64_t)FW_IF << 32 | 1);
	REFUSED(r, BAD(TDX_IOMMU_INVALID_STATE, RCX), TDH_IOMMU_CLEAR, 0,
		tdx_array(r->out, 2));
	REFUSED(r, BAD(TDX_TD_HAS_ATTACHED_DEVICES, RCX), TDH_MNG_VPFLUSHDONE,
		r->td.tdr);
	assert_int_equal(SEAM(r, TDH_IDE_STREAM_BLOCK, r->spdm, 0), 0);
	REFUSED(r, BAD(TDX_IDE_STREAM_HAS_DEVICE_INTERFACES, RDX),
		TDH_IDE_STREAM_DELETE, r->spdm, 0, 0);
	assert_int_equal(SEAM(r, TDH_DEVIF_REMOVE, FW_IF), 0);
	assert_int_equal(SEAM(r, TDH_DEVIFMT_REMOVE, (uint64_t)FW_IF << 32 | 1),
			 0);
	assert_int_equal(SEAM(r, TDH_IDE_STREAM_DELETE, r->spdm, 0, 0), 0);
	assert_int_equal(SEAM(r, TDH_MNG_VPFLUSHDONE, r->td.tdr), 0);
	fwrig_free(r);
}

static void tables_grow_from_the_root_and_shrink_from_the_leaf(void **state)
{
	struct fwrig *r = fwrig_new();
	uint64_t f = (uint64_t)FW_IF << 32, page = fw_page(r);

	(void)state;
	REFUSED(r, BAD(TDX_DEVIFMT_NOT_PRESENT, RCX), TDH_DEVIFMT_ADD, f | 2,
		page);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_DEVIFMT_ADD, f | 5, page);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_DEVIFMT_ADD, f | 12,
		page);
	REFUSED(r, BAD(TDX_MMIOMT_NOT_PRESENT, RCX), TDH_MMIOMT_ADD,
		PEER_BAR | 1, page);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RCX), TDH_MMIOMT_ADD, PEER_BAR | 6,
		page);
	dev_tables(r);
	REFUSED(r, BAD(TDX_DEVIFMT_ALREADY_PRESENT, RCX), TDH_DEVIFMT_ADD,
		f | 1, page);
	REFUSED(r, BAD(TDX_MMIO_INVALID_PAGE_METADATA, RCX), TDH_MMIOMT_ADD,
		PEER_BAR | 1, page);
	REFUSED(r, BAD(TDX_IOMMU_MT_PAGE_IN_USE, RCX), TDH_DEVIFMT_REMOVE,
		f | 2);
	REFUSED(r, BAD(TDX_IOMMU_MT_PAGE_IN_USE, RCX), TDH_MMIOMT_REMOVE,
		PEER_BAR | 3);
	for (uint64_t l = 1; l <= TDX_DEVIFMT_ROOT; l++)
		assert_int_equal(SEAM(r, TDH_DEVIFMT_REMOVE, f | l), 0);
	for (uint64_t l = 1; l <= TDX_MMIOMT_ROOT; l++) {
		assert_int_equal(SEAM(r, TDH_MMIOMT_REMOVE, PEER_BAR | l), 0);
		assert_true(host_may(r, r->q.rcx));
	}
	fwrig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_stands_for_a_device_behind_a_port),
		cmocka_unit_test(a_page_named_twice_is_given_once),
		cmocka_unit_test(a_session_goes_after_its_stream),
		cmocka_unit_test(a_stream_has_one_form),
		cmocka_unit_test(the_ports_registers_are_written_and_locked),
		cmocka_unit_test(
			what_the_host_left_in_the_port_is_not_built_upon),
		cmocka_unit_test(a_stream_waits_for_a_session),
		cmocka_unit_test(
			keys_are_made_changed_and_stopped_in_their_order),
		cmocka_unit_test(a_blocked_stream_is_dead_until_it_is_deleted),
		cmocka_unit_test(block_is_heard_while_keys_are_made),
		cmocka_unit_test(an_interface_needs_all_that_it_rests_on),
		cmocka_unit_test(what_rests_on_another_goes_first),
		cmocka_unit_test(
			tables_grow_from_the_root_and_shrink_from_the_leaf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
