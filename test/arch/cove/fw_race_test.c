/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_tests.h"

/*
 * Calls that wait, ranges and counts that a host stretches: what was asked of
 * one lock session is not done in the next, and what a TVM leaves behind is
 * taken back, all of it.
 */

#define SHARED (RIG_GPA + 40 * PAGE_4K)

/* Something of the host's keeps the device busy. */
static void busy(struct cove_rig *r)
{
	assert_true(cfw_is_pending(
		covh(r, COVH_SPDM_HEARTBEAT, PEER_RID, 0, 0, 0, 0, 0)));
}

static void free_again(struct cove_rig *r)
{
	exchange(r);
	assert_int_equal(
		covh(r, COVH_SPDM_HEARTBEAT, PEER_RID, 0, 0, 0, 0, 0).error,
		SBI_SUCCESS);
}

/* The lock session that a queued call was about ends, another begins. */
static void lock_anew(struct cove_rig *r)
{
	free_again(r);
	assert_int_equal(unbind(r).error, SBI_SUCCESS);
	assert_int_equal(bind(r).error, SBI_SUCCESS);
}

static void a_call_that_waits_is_not_made_in_another_lock_session(void **unused)
{
	static const uint64_t fids[] = { COVG_GET_INTERFACE_REPORT,
					 COVG_GET_INTERFACE_STATE,
					 COVG_START_INTERFACE };

	(void)unused;
	for (unsigned i = 0; i < COUNT(fids); i++) {
		struct cove_rig *r = rig_new();

		all_bound(r);
		assert_int_equal(covg(r, COVG_GET_INTERFACE_REPORT, RIG_IF,
				      RIG_BUF_GPA, PAGE_4K, 0, 0)
					 .error,
				 SBI_SUCCESS);
		busy(r);
		covg_begin(r, fids[i], RIG_IF, RIG_BUF_GPA, PAGE_4K, 0, 0);
		assert_false(r->answered);
		lock_anew(r);
		assert_int_equal(run(r).error, SBI_SUCCESS);
		assert_true(r->answered);
		assert_int_equal(r->got.error, SBI_ERR_FAILED);
		assert_false(buffer_at(r));
		assert_false(cfw_if_find(r->fw, RIG_IF)->on);
		rig_free(r);
	}
}

static void a_transcript_that_is_waited_for_is_of_the_binding_of_then(void **x)
{
	struct cove_rig *r = rig_new();

	(void)x;
	all_bound(r);
	covg_begin(r, COVG_GET_CONN_TRANSCRIPT, RIG_IF, COVE_ELEMENT_VCA, 0,
		   RIG_BUF_GPA, PAGE_4K);
	assert_int_equal(unbind(r).error, SBI_SUCCESS);
	assert_int_equal(bind(r).error, SBI_SUCCESS);
	assert_int_equal(covh(r, COVH_GET_CONN_TRANSCRIPT, PEER_RID, r->out,
			      COVE_CONN_SIZE_MIN, 0, 0, 0)
				 .error,
			 SBI_SUCCESS);
	assert_int_equal(run(r).error, SBI_SUCCESS);
	assert_int_equal(r->got.error, SBI_ERR_FAILED);
	rig_free(r);
}

static void a_stop_is_answered_though_the_host_binds_anew(void **unused)
{
	struct cove_rig *r = rig_new();

	(void)unused;
	all_running(r);
	covg_begin(r, COVG_STOP_INTERFACE, RIG_IF, 0, 0, 0, 0);
	assert_int_equal(unbind(r).error, SBI_SUCCESS);
	assert_int_equal(bind(r).error, SBI_SUCCESS);
	assert_int_equal(run(r).error, SBI_SUCCESS);
	assert_true(r->answered);
	assert_int_equal(r->got.error, SBI_SUCCESS);
	rig_free(r);
}

/* As if the vCPU had thought better of it. */
static void asks_otherwise(struct cove_rig *r)
{
	const uint64_t a[6] = { RIG_IF, RIG_BUF_GPA + PAGE_4K, PAGE_4K };
	const uint64_t same[6] = { RIG_IF, RIG_BUF_GPA, PAGE_4K };
	struct sbiret s;

	assert_int_equal(cove_fw_covg(r->fw, r->tvm, 0, COVE_EID_COVG,
				      COVG_GET_INTERFACE_REPORT, a, &s),
			 IL_E_ARG);
	assert_int_equal(cove_fw_covg(r->fw, r->tvm, 0, COVE_EID_COVG,
				      COVG_GET_INTERFACE_STATE, same, &s),
			 IL_E_ARG);
	r->inside = NULL;
}

static void a_call_that_waits_is_made_again_as_it_was(void **unused)
{
	struct cove_rig *r = rig_new();
	uint8_t b[8];

	(void)unused;
	all_bound(r);
	covg_begin(r, COVG_GET_INTERFACE_REPORT, RIG_IF, RIG_BUF_GPA, PAGE_4K,
		   0, 0);
	while (buffer_at(r)) {
		exchange(r);
		r->inside = buffer_at(r) ? asks_otherwise : NULL;
		assert_int_equal(run(r).error, SBI_SUCCESS);
	}
	assert_true(r->answered);
	assert_int_equal(r->got.error, SBI_SUCCESS);
	guest_get(r, RIG_BUF_GPA + PAGE_4K, b, sizeof(b));
	assert_int_equal(b[0], 0x41); /* as it was launched */
	rig_free(r);
}

static void a_bind_goes_on_for_the_same_tvm_and_interface(void **unused)
{
	struct cove_rig *r = rig_new();
	uint64_t first, second;

	(void)unused;
	first = rig_launch(r);
	second = rig_launch(r);
	assert_int_equal(dev_connect(r).error, SBI_SUCCESS);
	assert_true(cfw_is_pending(
		covh(r, COVH_BIND_INTERFACE, first, RIG_IF, 0, 0, 0, 0)));
	exchange(r);
	rig_keep(r);
	assert_int_equal(
		covh(r, COVH_BIND_INTERFACE, second, RIG_IF, 0, 0, 0, 0).error,
		SBI_ERR_INVALID_STATE);
	assert_int_equal(
		covh(r, COVH_BIND_INTERFACE, first, RIG_IF + 1, 0, 0, 0, 0)
			.error,
		SBI_ERR_INVALID_STATE);
	assert_int_equal(
		covh(r, COVH_UNBIND_INTERFACE, first, RIG_IF, 0, 0, 0, 0).error,
		SBI_ERR_INVALID_STATE);
	rig_same(r);
	assert_int_equal(
		carry(r, COVH_BIND_INTERFACE, first, RIG_IF, 0, 0).error,
		SBI_SUCCESS);
	rig_free(r);
}

/* The other vCPU, which the launch did not make, has enough of it. */
static void stop_on_1(struct cove_rig *r)
{
	const uint64_t a[6] = { RIG_IF };
	struct sbiret s;

	r->fw->tvm[0].vcpu[1].state = VCPU_RUNNING;
	assert_int_equal(cove_fw_covg(r->fw, r->tvm, 1, COVE_EID_COVG,
				      COVG_STOP_INTERFACE, a, &s),
			 IL_E_AGAIN);
	r->fw->tvm[0].vcpu[1].state = VCPU_READY;
}

static void a_start_that_ends_after_the_stop_opens_nothing(void **unused)
{
	struct cove_rig *r = rig_new();
	struct fault f;

	(void)unused;
	all_bound(r);
	assert_int_equal(covg(r, COVG_GET_INTERFACE_REPORT, RIG_IF, RIG_BUF_GPA,
			      PAGE_4K, 0, 0)
				 .error,
			 SBI_SUCCESS);
	covg_begin(r, COVG_START_INTERFACE, RIG_IF, 0, 0, 0, 0);
	stop_on_1(r);
	while (!r->answered) {
		exchange(r);
		assert_int_equal(run(r).error, SBI_SUCCESS);
	}
	assert_int_equal(r->got.error, SBI_ERR_ALREADY_STOPPED);
	assert_false(cfw_if_find(r->fw, RIG_IF)->on);
	assert_int_equal(dma(r, true, RIG_GPA, true, &f), IL_E_IO);
	assert_ptr_equal(f.rule, &cove_rule_dc_invalid);
	assert_int_equal(unbind(r).error, SBI_SUCCESS);
	rig_free(r);
}

/* Fifteen are lost, and two that are bound may end before it hears. */
static void what_is_bound_has_a_place_for_its_end(void **unused)
{
	struct cove_rig *r = rig_new();
	const uint64_t other = RIG_IF + 1;

	(void)unused;
	all_bound(r);
	for (unsigned i = 0; i < FW_LOST - 1; i++)
		r->fw->tvm[0].lost[i] = 2 + i; /* ids 1 to 15 */
	assert_int_equal(
		carry(r, COVH_BIND_INTERFACE, r->tvm, other, 0, 0).error,
		SBI_ERR_FAILED);
	r->fw->tvm[0].lost[3] = 0;
	assert_int_equal(
		carry(r, COVH_BIND_INTERFACE, r->tvm, other, 0, 0).error,
		SBI_SUCCESS);
	rig_free(r);
}

static bool two_segments(void *ctx, uint32_t port, uint8_t segment,
			 uint16_t rid)
{
	(void)ctx;
	return port == PEER_PORT && segment < 2 && rid == PEER_RID;
}

/* One IOMMU: its contexts are found by routing id alone. */
static void an_interface_of_another_segment_takes_no_context(void **unused)
{
	struct cove_rig *r = rig_new();
	struct rp_keys ports = peer_rp_keys;
	struct fault f;

	(void)unused;
	all_running(r);
	ports.behind = two_segments;
	r->fw->cfg.ports = &ports;
	rig_keep(r);
	assert_int_equal(covh(r, COVH_BIND_INTERFACE, r->tvm,
			      COVE_DEV_ID(1, RIG_IF), 0, 0, 0, 0)
				 .error,
			 SBI_ERR_INVALID_STATE);
	rig_same(r);
	assert_int_equal(dma(r, true, RIG_GPA, true, &f), IL_OK);
	rig_free(r);
}

/* --- what a TVM shows is not shown for ever --- */

static unsigned refs(struct cove_rig *r, uint64_t pa)
{
	struct cove_page p;

	assert_int_equal(cove_own_page(&r->o, pa, &p), IL_OK);
	return p.refs;
}

static struct sbiret add_shared(struct cove_rig *r, uint64_t pa, uint64_t gpa)
{
	return covh(r, COVH_ADD_SHARED_PAGES, r->tvm, pa, 0, 1, gpa, 0);
}

static void destroy(struct cove_rig *r)
{
	assert_int_equal(covh(r, COVH_DESTROY_TVM, r->tvm, 0, 0, 0, 0, 0).error,
			 SBI_SUCCESS);
}

static void a_page_is_unshown_though_its_tvm_died_taking_it_back(void **unused)
{
	struct cove_rig *r = rig_new();
	uint64_t host = rig_host(r, 1, 1);

	(void)unused;
	rig_launch(r);
	assert_int_equal(
		covg(r, COVG_SHARE_MEMORY_REGION, SHARED, PAGE_4K, 0, 0, 0)
			.error,
		SBI_SUCCESS);
	assert_int_equal(add_shared(r, host, SHARED).error, SBI_SUCCESS);
	assert_int_equal(refs(r, host), 1);
	covg_begin(r, COVG_UNSHARE_MEMORY_REGION, SHARED, PAGE_4K, 0, 0, 0);
	assert_false(r->answered);
	destroy(r);
	assert_int_equal(refs(r, host), 0);
	rig_free(r);
}

/* The first 2 MiB of the range have no table; the page is in the next. */
static void a_page_is_unshown_wherever_its_range_begins(void **unused)
{
	struct cove_rig *r = rig_new();
	const uint64_t at = UINT64_C(0x60000000), mmio = PEER_BAR;

	(void)unused;
	rig_launch(r);
	assert_int_equal(covg(r, COVG_ADD_MMIO_REGION, at - PAGE_4K,
			      2 * PAGE_4K, 0, 0, 0)
				 .error,
			 SBI_SUCCESS);
	assert_int_equal(add_shared(r, mmio, at).error, SBI_SUCCESS);
	assert_int_equal(refs(r, mmio), 1);
	assert_int_equal(covg(r, COVG_REMOVE_MMIO_REGION, at - PAGE_4K,
			      2 * PAGE_4K, 0, 0, 0)
				 .error,
			 SBI_SUCCESS);
	assert_int_equal(refs(r, mmio), 0);
	rig_free(r);
}

/* Its call names what the host emulates, whatever else it meets. */
static void removing_mmio_leaves_shared_memory_alone(void **unused)
{
	struct cove_rig *r = rig_new();
	uint64_t host = rig_host(r, 1, 1);
	struct fault f;

	(void)unused;
	rig_launch(r);
	assert_int_equal(
		covg(r, COVG_SHARE_MEMORY_REGION, SHARED, PAGE_4K, 0, 0, 0)
			.error,
		SBI_SUCCESS);
	assert_int_equal(add_shared(r, host, SHARED).error, SBI_SUCCESS);
	assert_int_equal(
		covg(r, COVG_REMOVE_MMIO_REGION, SHARED, PAGE_4K, 0, 0, 0)
			.error,
		SBI_SUCCESS);
	assert_int_equal(refs(r, host), 1);
	assert_int_equal(guest_access(r, SHARED, true, &f), IL_OK);
	rig_free(r);
}

static void a_page_is_not_shown_more_often_than_is_counted(void **unused)
{
	struct cove_rig *r = rig_new();
	uint64_t host = rig_host(r, 1, 1);

	(void)unused;
	rig_launch(r);
	assert_int_equal(
		covg(r, COVG_SHARE_MEMORY_REGION, SHARED, PAGE_4K, 0, 0, 0)
			.error,
		SBI_SUCCESS);
	for (unsigned i = 0; i < UINT16_MAX; i++)
		assert_int_equal(cove_own_ref(&r->o, host, true), IL_OK);
	rig_keep(r);
	assert_int_equal(add_shared(r, host, SHARED).error, SBI_ERR_FAILED);
	rig_same(r);
	rig_free(r);
}

/* Shared memory: refused before the device is asked. */
static void an_answer_is_not_asked_for_where_it_may_not_go(void **unused)
{
	struct cove_rig *r = rig_new();
	uint64_t host = rig_host(r, 1, 1);

	(void)unused;
	all_bound(r);
	assert_int_equal(
		covg(r, COVG_SHARE_MEMORY_REGION, SHARED, PAGE_4K, 0, 0, 0)
			.error,
		SBI_SUCCESS);
	assert_int_equal(add_shared(r, host, SHARED).error, SBI_SUCCESS);
	assert_int_equal(covg(r, COVG_GET_INTERFACE_REPORT, RIG_IF, SHARED,
			      PAGE_4K, 0, 0)
				 .error,
			 SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(r->exchanges, 0);
	rig_free(r);
}

/* What it stores is the host's to know where the host emulates. */
static void a_store_to_memory_is_not_told(void **unused)
{
	static const uint64_t at[] = { SHARED, RIG_BAR_GPA };
	struct cove_rig *r = rig_new();
	const uint64_t zero = 0;
	uint64_t told;

	(void)unused;
	rig_launch(r);
	assert_int_equal(
		covg(r, COVG_ADD_MMIO_REGION, RIG_BAR_GPA, PAGE_4K, 0, 0, 0)
			.error,
		SBI_SUCCESS);
	r->vm_fault = true;
	r->vm_store = true;
	for (unsigned i = 0; i < COUNT(at); i++) {
		host_put(r, r->nacl + NACL_GPR(NACL_GPR_A0), &zero, 8);
		r->a[0] = at[i];
		assert_int_equal(run(r).error, SBI_SUCCESS);
		host_get(r, r->nacl + NACL_GPR(NACL_GPR_A0), &told, 8);
		assert_int_equal(told, at[i] == SHARED ? 0 : RIG_SECRET);
	}
	rig_free(r);
}

/* --- ranges of the host --- */

/* Pages that came by a region go by its own call. */
static void the_mmio_of_an_interface_is_not_a_page_to_invalidate(void **unused)
{
	struct cove_rig *r = rig_new();

	(void)unused;
	all_running(r);
	rig_keep(r);
	for (uint64_t at = RIG_BAR_GPA;
	     at < RIG_BAR_GPA + RIG_BAR_PAGES * PAGE_4K; at += PAGE_4K) {
		assert_int_equal(covh(r, COVH_INVALIDATE_PAGES, r->tvm, at,
				      PAGE_4K, 0, 0, 0)
					 .error,
				 SBI_ERR_INVALID_ADDRESS);
		assert_int_equal(
			covh(r, COVH_REMOVE_PAGES, r->tvm, at, PAGE_4K, 0, 0, 0)
				.error,
			SBI_ERR_INVALID_ADDRESS);
	}
	rig_same(r);
	rig_free(r);
}

/* Each is judged before the TSM walks 2^35 pages of it. */
static void a_vast_range_costs_nothing(void **unused)
{
	struct cove_rig *r = rig_new();
	const uint64_t n = UINT64_C(1) << 35, at = UINT64_C(1) << 40;
	uint64_t conf = rig_conf(r, 1, 1);

	(void)unused;
	rig_launch(r);
	assert_int_equal(
		covh(r, COVH_ADD_ZERO_PAGES, r->tvm, conf, 0, n, at, 0).error,
		SBI_ERR_OUT_OF_PTPAGES);
	assert_int_equal(
		covg(r, COVG_ADD_MMIO_REGION, at, n * PAGE_4K, 0, 0, 0).error,
		SBI_SUCCESS);
	assert_int_equal(
		covg(r, COVG_REMOVE_MMIO_REGION, at, n * PAGE_4K, 0, 0, 0)
			.error,
		SBI_SUCCESS);
	destroy(r);
	rig_free(r);
}

static void memory_is_not_declared_where_a_region_stands(void **unused)
{
	struct cove_rig *r = rig_new();
	uint64_t dir = rig_conf(r, 4, 4), state = rig_conf(r, 1, 1);
	uint64_t pool = rig_conf(r, 8, 1);
	uint8_t s[TVM_PARAMS_LEN];

	(void)unused;
	cove_put_u64(s, TVM_PARAMS_PAGE_DIRECTORY, dir);
	cove_put_u64(s, TVM_PARAMS_STATE, state);
	host_put(r, r->page, s, sizeof(s));
	r->tvm = covh(r, COVH_CREATE_TVM, r->page, sizeof(s), 0, 0, 0, 0).value;
	assert_int_equal(
		covh(r, COVH_ADD_PAGE_TABLE_PAGES, r->tvm, pool, 8, 0, 0, 0)
			.error,
		SBI_SUCCESS);
	assert_int_equal(regions_add(r).error, SBI_SUCCESS);
	rig_keep(r);
	assert_int_equal(covh(r, COVH_ADD_MEMORY_REGION, r->tvm,
			      RIG_BAR_GPA - PAGE_4K, 2 * PAGE_4K, 0, 0, 0)
				 .error,
			 SBI_ERR_INVALID_ADDRESS);
	rig_same(r);
	assert_int_equal(covh(r, COVH_ADD_MEMORY_REGION, r->tvm,
			      RIG_BAR_GPA - PAGE_4K, PAGE_4K, 0, 0, 0)
				 .error,
			 SBI_SUCCESS);
	rig_free(r);
}

const struct CMUnitTest cove_race_tests[] = {
	cmocka_unit_test(a_call_that_waits_is_not_made_in_another_lock_session),
	cmocka_unit_test(
		a_transcript_that_is_waited_for_is_of_the_binding_of_then),
	cmocka_unit_test(a_stop_is_answered_though_the_host_binds_anew),
	cmocka_unit_test(a_call_that_waits_is_made_again_as_it_was),
	cmocka_unit_test(a_bind_goes_on_for_the_same_tvm_and_interface),
	cmocka_unit_test(a_start_that_ends_after_the_stop_opens_nothing),
	cmocka_unit_test(what_is_bound_has_a_place_for_its_end),
	cmocka_unit_test(an_interface_of_another_segment_takes_no_context),
	cmocka_unit_test(a_page_is_unshown_though_its_tvm_died_taking_it_back),
	cmocka_unit_test(a_page_is_unshown_wherever_its_range_begins),
	cmocka_unit_test(removing_mmio_leaves_shared_memory_alone),
	cmocka_unit_test(a_page_is_not_shown_more_often_than_is_counted),
	cmocka_unit_test(a_store_to_memory_is_not_told),
	cmocka_unit_test(the_mmio_of_an_interface_is_not_a_page_to_invalidate),
	cmocka_unit_test(an_answer_is_not_asked_for_where_it_may_not_go),
	cmocka_unit_test(a_vast_range_costs_nothing),
	cmocka_unit_test(memory_is_not_declared_where_a_region_stands),
};
const size_t cove_race_tests_n = COUNT(cove_race_tests);
