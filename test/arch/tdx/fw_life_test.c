/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"

/* A device's life with a TD, from the session's making to its end. */

static void a_device_serves_a_td_and_everything_comes_back(void **state)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[16] = { 0 };

	(void)state;
	all_running(r);
	assert_int_equal(tsm_bind_state(the_if(r)->bind), TSM_BIND_RUN);
	assert_null(dma(r, FW_GPA, true, "sixteen bytes..."));
	assert_int_equal(td_access(r, &r->td, FW_GPA, true, b, 16, false),
			 IL_OK);
	assert_memory_equal(b, "sixteen bytes...", 16);
	assert_int_equal(td_access(r, &r->td, FW_MMIO_GPA, true, b, 4, false),
			 IL_OK);
	assert_int_equal(b[0], 0x5a); /* with T = 1 */

	assert_int_equal(tdi_op(r, TDH_TDI_STOP), 0);
	mmio_off(r, &r->td);
	dmar_off(r);
	assert_int_equal(SEAM(r, TDH_DEVIF_REMOVE, FW_IF), 0);
	assert_int_equal(r->q.rdx, r->td.tdr);
	assert_int_equal(dev_keys(r, TDX_KM_STOP), 0);
	assert_int_equal(SEAM(r, TDH_IDE_STREAM_BLOCK, r->spdm, 0), 0);
	assert_false(r->p->rp_made);
	assert_int_equal(SEAM(r, TDH_IDE_STREAM_DELETE, r->spdm, 0, 0), 0);
	assert_int_equal(CARRY(r, TDH_SPDM_DISCONNECT, r->spdm, r->rsp, r->req),
			 0);
	assert_int_equal(
		SEAM(r, TDH_SPDM_DELETE, r->spdm, tdx_array(r->out, 2)), 0);
	fwrig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_device_serves_a_td_and_everything_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
