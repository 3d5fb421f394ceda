/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"

/* Long operations: what goes in the two pages, and who may go on. */

#define CONNECT(r)                                                         \
	{                                                                  \
		TDH_SPDM_CONNECT, (r)->spdm, (r)->cfg, (r)->rsp, (r)->req, \
			tdx_array((r)->out, TDX_DEV_INFO_PAGES), 0,        \
	}

static struct fwrig *made(void)
{
	static const uint8_t cfg[7] = { [5] = 1 };
	struct fwrig *r = fwrig_new();

	assert_int_equal(dev_create(r), 0);
	host_put(r, r->cfg, cfg, sizeof(cfg));
	return r;
}

/* The first message: GET_VERSION, as a DOE object of four dwords. */
static void a_request_leaves_as_a_doe_object(void **state)
{
	static const uint8_t want[12] = { 0x01, 0x00, 0x01, 0x00, 0x03, 0x00,
					  0x00, 0x00, 0x10, 0x84, 0x00, 0x00 };
	struct fwrig *r = made();
	struct tdx_regs q = CONNECT(r);
	uint8_t b[12];

	(void)state;
	assert_int_equal(seam(r, q), TDX_SPDM_REQUEST);
	assert_int_equal(r->q.rcx, 12);
	host_get(r, r->req, b, sizeof(b));
	assert_memory_equal(b, want, sizeof(want));
	fwrig_free(r);
}

static void a_call_made_again_without_an_answer_asks_the_same(void **state)
{
	struct fwrig *r = made();
	struct tdx_regs q = CONNECT(r);
	uint8_t a[64], b[64];

	(void)state;
	assert_int_equal(seam(r, q), TDX_SPDM_REQUEST);
	host_get(r, r->req, a, sizeof(a));
	assert_int_equal(seam(r, q), TDX_SPDM_REQUEST);
	host_get(r, r->req, b, sizeof(b));
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(carry(r, q), 0);
	fwrig_free(r);
}

static void only_the_same_call_goes_on(void **state)
{
	struct fwrig *r = made();
	const struct tdx_regs q = CONNECT(r);
	const uint64_t busy = BAD(TDX_OPERAND_BUSY, RCX);

	(void)state;
	assert_int_equal(seam(r, q), TDX_SPDM_REQUEST);
	assert_true(exchange(r));
	for (size_t i = 5; i < sizeof(q) / 8; i++) {
		struct tdx_regs x = q;

		(&x.rax)[i] ^= i == 5 ? UINT64_C(1) << 55 : 1;
		refused(r, busy, x);
	}
	REFUSED(r, busy, TDH_SPDM_MNG, r->spdm, TDX_SPDM_HEARTBEAT, TDX_NO_PAGE,
		r->rsp, r->req, TDX_NO_PAGE);
	REFUSED(r, busy, TDH_SPDM_DISCONNECT, r->spdm, r->rsp, r->req);
	assert_int_equal(carry(r, q), 0);
	fwrig_free(r);
}

static void an_answer_is_a_doe_object_or_is_refused(void **state)
{
	static const struct {
		uint8_t at, value;
	} bad[] = {
		{ 0, 2 }, { 1, 1 }, { 3, 1 }, { 4, 1 }, { 4, 2 }, { 6, 1 },
	};
	struct fwrig *r = made();
	const struct tdx_regs q = CONNECT(r);

	(void)state;
	assert_int_equal(seam(r, q), TDX_SPDM_REQUEST);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_true(exchange(r));
		host_put(r, r->rsp + bad[i].at, &bad[i].value, 1);
		refused(r, BAD(TDX_SPDM_INVALID_MESSAGE, R8), q);
	}
	fwrig_free(r);
}

static void pages_of_an_operation_are_the_hosts(void **state)
{
	struct fwrig *r = made();
	struct tdx_regs q = CONNECT(r);
	uint8_t at[8];

	(void)state;
	td_new(r, &r->td, FW_HKID, 0);
	for (unsigned i = 2; i < 5; i++) {
		struct tdx_regs x = q;
		unsigned op = i == 2 ? 2 : i + 5;

		(&x.rax)[i] = r->td.page[0];
		refused(r, TDX_PAGE_METADATA_INCORRECT | op, x);
		(&x.rax)[i] = PEER_BAR;
		refused(r, TDX_OPERAND_INVALID | op, x);
		(&x.rax)[i] = r->cfg + 4;
		refused(r, TDX_OPERAND_INVALID | op, x);
	}
	/* one of the output pages */
	tdx_put_u64(at, 0, r->td.page[1]);
	host_put(r, r->out + 24, at, 8);
	refused(r, BAD(TDX_PAGE_METADATA_INCORRECT, R10), q);
	tdx_put_u64(at, 0, r->out);
	host_put(r, r->out + 24, at, 8);
	refused(r, BAD(TDX_OPERAND_INVALID, R10), q);
	q.r10 = tdx_array(r->out, TDX_DEV_INFO_PAGES + 1);
	refused(r, BAD(TDX_OPERAND_INVALID, R10), q);
	fwrig_free(r);
}

/* Given away under the module's hands: nothing of a TD is written. */
static void a_page_that_became_a_tds_stops_the_operation(void **state)
{
	struct fwrig *r = made();
	const struct tdx_regs q = CONNECT(r);

	(void)state;
	td_new(r, &r->td, FW_HKID, 0);
	assert_int_equal(seam(r, q), TDX_SPDM_REQUEST);
	assert_true(exchange(r));
	assert_int_equal(SEAM(r, TDH_MEM_PAGE_AUG, FW_GPA + 9 * PAGE_4K,
			      r->td.tdr, r->req),
			 0);
	refused(r, BAD(TDX_PAGE_METADATA_INCORRECT, R9), q);
	fwrig_free(r);
}

static void the_information_is_the_chain_and_signed_measurements(void **state)
{
	struct fwrig *r = made();
	const struct tdx_regs q = CONNECT(r);
	uint8_t b[2 * PAGE_4K];
	uint32_t chain, meas;

	(void)state;
	assert_int_equal(carry(r, q), 0);
	host_get(r, r->outs[0], b, PAGE_4K);
	host_get(r, r->outs[1], b + PAGE_4K, PAGE_4K);
	chain = tdx_u32(b, 4);
	assert_int_equal(tdx_u32(b, 0), 1);
	/* header and root hash, then the device's certificates */
	assert_int_equal(chain, 4 + 48 + r->p->certs_len);
	assert_int_equal(b[8] | b[9] << 8, chain);
	assert_memory_equal(b + 8 + 52, r->p->certs, r->p->certs_len);
	assert_int_equal(tdx_u32(b, 8 + chain), 2);
	meas = tdx_u32(b, 12 + chain);
	assert_int_equal(r->q.rcx, 16 + chain + meas);
	assert_int_equal(b[16 + chain], 0x10); /* GET_VERSION comes first */
	assert_int_equal(b[17 + chain], 0x84);
	fwrig_free(r);
}

static void connect_asks_for_what_the_module_can_do(void **state)
{
	static const struct {
		uint8_t at, value;
	} bad[] = { { 0, 1 }, { 4, 1 }, { 5, 0 }, { 6, 2 } };
	static const uint8_t good[7] = { [5] = 1 };
	struct fwrig *r = made();
	struct tdx_regs q = CONNECT(r);

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		host_put(r, r->cfg, good, sizeof(good));
		host_put(r, r->cfg + bad[i].at, &bad[i].value, 1);
		refused(r, BAD(TDX_OPERAND_INVALID, RDX), q);
	}
	q.rcx = 7;
	refused(r, BAD(TDX_SPDM_ENTRY_NOT_PRESENT, RCX), q);
	host_put(r, r->cfg, good, sizeof(good));
	q.rcx = r->spdm;
	assert_int_equal(carry(r, q), 0);
	refused(r, BAD(TDX_SPDM_INVALID_STATE, RCX), q);
	fwrig_free(r);
}

static void spoil_hash(struct fwrig *r, unsigned n)
{
	uint8_t b[1] = { 0x7f };

	if (n == 3) /* NEGOTIATE_ALGORITHMS was answered */
		host_put(r, r->rsp + 9, b, 1);
}

static void
a_lying_answer_ends_the_session_and_delete_is_the_way_out(void **state)
{
	struct fwrig *r = made();
	const struct tdx_regs q = CONNECT(r);

	(void)state;
	r->spoil = spoil_hash;
	assert_int_equal(TDX_STATUS(carry(r, q)), TDX_SPDM_INVALID_MESSAGE);
	r->spoil = NULL;
	refused(r, BAD(TDX_SPDM_INVALID_STATE, RCX), q);
	assert_int_equal(
		SEAM(r, TDH_SPDM_DELETE, r->spdm, tdx_array(r->out, 2)), 0);
	fwrig_free(r);
}

static void a_dead_device_does_not_hold_its_session(void **state)
{
	struct fwrig *r = made();
	const struct tdx_regs q = CONNECT(r);

	(void)state;
	r->silent = true;
	assert_int_equal(carry(r, q), TDX_SPDM_REQUEST);
	assert_int_equal(
		SEAM(r, TDH_SPDM_DELETE, r->spdm, tdx_array(r->out, 2)), 0);
	refused(r, BAD(TDX_SPDM_ENTRY_NOT_PRESENT, RCX), q);
	fwrig_free(r);
}

static void a_serial_module_does_one_at_a_time(void **state)
{
	static const uint8_t cfg[7] = { [5] = 1 };
	struct fwrig *r = fwrig_with(true, true, 0);
	struct tdx_regs q, x;
	uint64_t first;

	(void)state;
	assert_int_equal(dev_create(r), 0);
	first = r->spdm;
	assert_int_equal(
		SEAM(r, TDH_SPDM_CREATE, PEER_RID + 1, tdx_array(r->out, 2)),
		0);
	host_put(r, r->cfg, cfg, sizeof(cfg));
	q = (struct tdx_regs)CONNECT(r);
	x = q;
	x.rcx = r->q.rcx;
	assert_int_not_equal(x.rcx, first);
	/* the list page was not taken */
	for (unsigned i = 0; i < 2; i++) {
		uint8_t at[8];

		r->outs[i] = fw_page(r);
		tdx_put_u64(at, 0, r->outs[i]);
		host_put(r, r->out + 8 * i, at, 8);
	}
	assert_int_equal(seam(r, q), TDX_SPDM_REQUEST);
	refused(r, BAD(TDX_OPERAND_BUSY, RCX), x);
	fwrig_free(r);
}

/* Law 8: before the keys wear out, and there is a way to change them. */
static void worn_keys_are_changed_before_anything_else(void **state)
{
	struct fwrig *r = fwrig_with(true, false, 100);
	const struct tdx_regs beat = { TDH_SPDM_MNG, 1,	     TDX_SPDM_HEARTBEAT,
				       TDX_NO_PAGE,  r->rsp, r->req,
				       TDX_NO_PAGE };
	uint64_t st = 0;
	unsigned n = 0;

	(void)state;
	assert_int_equal(dev_create(r), 0);
	assert_int_equal(r->spdm, 1);
	assert_int_equal(dev_connect(r), 0);
	while (!st && n++ < 100)
		st = carry(r, beat);
	assert_int_equal(st, BAD(TDX_SPDM_SESSION_KEY_REQUIRE_REFRESH, RCX));
	assert_in_range(n, 10, 50);
	refused(r, BAD(TDX_SPDM_SESSION_KEY_REQUIRE_REFRESH, RCX), beat);
	assert_int_equal(CARRY(r, TDH_SPDM_MNG, 1, TDX_SPDM_KEY_UPDATE,
			       TDX_NO_PAGE, r->rsp, r->req, TDX_NO_PAGE),
			 0);
	assert_int_equal(carry(r, beat), 0);
	fwrig_free(r);
}

static void manage_has_three_things_to_ask(void **state)
{
	struct fwrig *r = made();
	uint64_t arr = tdx_array(r->out, TDX_DEV_INFO_PAGES);
	uint8_t p[40] = { 1, 2, 3 };

	(void)state;
	REFUSED(r, BAD(TDX_SPDM_INVALID_STATE, RCX), TDH_SPDM_MNG, r->spdm, 0,
		TDX_NO_PAGE, r->rsp, r->req, TDX_NO_PAGE);
	assert_int_equal(dev_connect(r), 0);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, RDX), TDH_SPDM_MNG, r->spdm, 3,
		TDX_NO_PAGE, r->rsp, r->req, TDX_NO_PAGE);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R8), TDH_SPDM_MNG, r->spdm, 0,
		r->cfg, r->rsp, r->req, TDX_NO_PAGE);
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R11), TDH_SPDM_MNG, r->spdm, 1,
		TDX_NO_PAGE, r->rsp, r->req, arr);
	p[36] = 2;
	host_put(r, r->cfg, p, sizeof(p));
	REFUSED(r, BAD(TDX_OPERAND_INVALID, R8), TDH_SPDM_MNG, r->spdm, 2,
		r->cfg, r->rsp, r->req, arr);
	p[36] = 1; /* for an interface that is not there */
	p[33] = 1;
	host_put(r, r->cfg, p, sizeof(p));
	REFUSED(r, BAD(TDX_DEVIFMT_NOT_PRESENT, R8), TDH_SPDM_MNG, r->spdm, 2,
		r->cfg, r->rsp, r->req, arr);
	assert_int_equal(CARRY(r, TDH_SPDM_MNG, r->spdm, 2, TDX_NO_PAGE, r->rsp,
			       r->req, arr),
			 0);
	fwrig_free(r);
}

/* An operation that is on its way is about one that is there. */
static void an_interface_stays_while_an_operation_is_about_it(void **state)
{
	uint8_t p[TDX_RECOLLECT_LEN] = { 0 };

	(void)state;
	tdx_put_u32(p, TDX_RECOLLECT_FUNC, FW_IF);
	tdx_put_u32(p, TDX_RECOLLECT_FLAGS, TDX_RECOLLECT_F_FUNC);
	for (unsigned n = 0; n < 2; n++) {
		struct fwrig *r = fwrig_new();
		struct tdx_regs q = { TDH_TDI_GET_STATE, FW_IF, 0, r->rsp,
				      r->req };

		all_ready(r);
		assert_int_equal(devif_create(r, &r->td), 0);
		host_put(r, r->cfg, p, sizeof(p));
		if (n)
			q = (struct tdx_regs){ TDH_SPDM_MNG,
					       r->spdm,
					       TDX_SPDM_RECOLLECT,
					       r->cfg,
					       r->rsp,
					       r->req,
					       tdx_array(r->out,
							 TDX_DEV_INFO_PAGES) };
		assert_int_equal(TDX_STATUS(seam(r, q)), TDX_SPDM_REQUEST);
		REFUSED(r, BAD(TDX_OPERAND_BUSY, RCX), TDH_DEVIF_REMOVE, FW_IF);
		assert_true(exchange(r));
		assert_int_equal(carry(r, q), 0);
		assert_int_equal(SEAM(r, TDH_DEVIF_REMOVE, FW_IF), 0);
		fwrig_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_leaves_as_a_doe_object),
		cmocka_unit_test(
			a_call_made_again_without_an_answer_asks_the_same),
		cmocka_unit_test(only_the_same_call_goes_on),
		cmocka_unit_test(an_answer_is_a_doe_object_or_is_refused),
		cmocka_unit_test(pages_of_an_operation_are_the_hosts),
		cmocka_unit_test(a_page_that_became_a_tds_stops_the_operation),
		cmocka_unit_test(
			the_information_is_the_chain_and_signed_measurements),
		cmocka_unit_test(connect_asks_for_what_the_module_can_do),
		cmocka_unit_test(
			a_lying_answer_ends_the_session_and_delete_is_the_way_out),
		cmocka_unit_test(a_dead_device_does_not_hold_its_session),
		cmocka_unit_test(a_serial_module_does_one_at_a_time),
		cmocka_unit_test(worn_keys_are_changed_before_anything_else),
		cmocka_unit_test(manage_has_three_things_to_ask),
		cmocka_unit_test(
			an_interface_stays_while_an_operation_is_about_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
