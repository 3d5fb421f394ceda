/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_tests.h"

int main(void)
{
	int failed = 0;

	failed += _cmocka_run_group_tests("bounce", fw_bounce_tests,
					  fw_bounce_tests_n, NULL, NULL);
	failed += _cmocka_run_group_tests("launch", fw_launch_tests,
					  fw_launch_tests_n, NULL, NULL);
	failed += _cmocka_run_group_tests("tdi", fw_tdi_tests, fw_tdi_tests_n,
					  NULL, NULL);
	failed += _cmocka_run_group_tests("guest", fw_guest_tests,
					  fw_guest_tests_n, NULL, NULL);
	failed += _cmocka_run_group_tests("edges", fw_edge_tests,
					  fw_edge_tests_n, NULL, NULL);
	failed += _cmocka_run_group_tests("keys", fw_key_tests, fw_key_tests_n,
					  NULL, NULL);
	return failed != 0;
}
