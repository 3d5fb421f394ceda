/* SPDX-License-Identifier: BSD-2-Clause */
#include "cca_tests.h"

int main(void)
{
	int failed = 0;

	failed += _cmocka_run_group_tests("life", life_tests, life_tests_n,
					  NULL, NULL);
	failed += _cmocka_run_group_tests("pdev", pdev_tests, pdev_tests_n,
					  NULL, NULL);
	failed += _cmocka_run_group_tests("vdev", vdev_tests, vdev_tests_n,
					  NULL, NULL);
	failed += _cmocka_run_group_tests("weak", weak_tests, weak_tests_n,
					  NULL, NULL);
	failed += _cmocka_run_group_tests("rtt", rtt_tests, rtt_tests_n, NULL,
					  NULL);
	failed += _cmocka_run_group_tests("rsi", rsi_tests, rsi_tests_n, NULL,
					  NULL);
	failed += _cmocka_run_group_tests("host wiles", host_wiles_tests,
					  host_wiles_tests_n, NULL, NULL);
	return failed != 0;
}
