/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"

static void a_whole_assignment_goes_through(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t e[SDTE_LEN];

	(void)unused;
	all_running(r);
	bar_give(r, 0);
	bar_give(r, 1);
	assert_int_equal(
		mmio_validate(r, FW_BAR_GPA, 2, 0, 0, TIO_MMIO_F_VALIDATED),
		TIO_MMIO_OK | TIO_MMIO_F_CHANGED << 8);
	sdte_good(e);
	assert_int_equal(sdte_write(r, e), TIO_SDTE_OK);
	assert_int_equal(tdi_unbind(r, 0), SEV_RET_SUCCESS);
	assert_int_equal(tdi_reclaim(r), SEV_RET_SUCCESS);
	fwrig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_assignment_goes_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
