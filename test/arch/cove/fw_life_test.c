/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_tests.h"

/* The whole life of a device, and what is valid at each step of it. */

static void a_life_from_connect_to_disconnect(void **unused)
{
	struct cove_rig *r = rig_new();
	struct fault f;
	uint8_t b[8];

	(void)unused;
	all_bound(r);
	/* LOCKED: nothing is valid, whatever is prepared. */
	assert_int_equal(guest_access(r, RIG_BAR_GPA, false, &f), IL_E_IO);
	assert_ptr_equal(f.rule, &s2_rule_missing);
	assert_int_equal(dma(r, true, RIG_GPA, true, &f), IL_E_IO);
	assert_ptr_equal(f.rule, &cove_rule_dc_invalid);
	assert_int_equal(
		covg(r, COVG_GET_INTERFACE_STATE, RIG_IF, 0, 0, 0, 0).value,
		COVE_IF_LOCKED);
	rig_free(r);

	r = rig_new();
	all_running(r);
	assert_true(peer_keys_agree(r->p, 0));
	assert_true(r->locked);
	assert_int_equal(
		covg(r, COVG_GET_INTERFACE_STATE, RIG_IF, 0, 0, 0, 0).value,
		COVE_IF_RUNNING);
	guest_get(r, RIG_BAR_GPA, b, sizeof(b));
	assert_int_equal(b[0], 0x11); /* the T bit was set */
	assert_int_equal(dma(r, true, RIG_GPA, true, &f), IL_OK);
	guest_get(r, RIG_GPA, b, sizeof(b));
	assert_int_equal(b[2], 3);
	assert_int_equal(covh(r, COVH_DESTROY_TVM, r->tvm, 0, 0, 0, 0, 0).error,
			 SBI_ERR_INVALID_STATE);
	assert_int_equal(unbind(r).error, SBI_SUCCESS);
	assert_int_equal(dma(r, true, RIG_GPA, true, &f), IL_E_IO);
	assert_ptr_equal(f.rule, &cove_rule_sdcl);
	assert_int_equal(guest_access(r, RIG_BAR_GPA, false, &f), IL_E_IO);
	assert_int_equal(regions_reclaim(r).error, SBI_SUCCESS);
	host_get(r, PEER_BAR, b, sizeof(b));
	assert_int_equal(b[0], 0xff);
	assert_int_equal(
		carry(r, COVH_DISCONNECT_DEVICE, PEER_RID, 0, 0, 0).error,
		SBI_SUCCESS);
	assert_true(peer_keys_gone(r->p, true));
	assert_true(peer_keys_gone(r->p, false));
	assert_false(r->set_up);
	assert_int_equal(covh(r, COVH_DESTROY_TVM, r->tvm, 0, 0, 0, 0, 0).error,
			 SBI_SUCCESS);
	rig_free(r);
}

const struct CMUnitTest cove_life_tests[] = {
	cmocka_unit_test(a_life_from_connect_to_disconnect),
};
const size_t cove_life_tests_n = COUNT(cove_life_tests);
