/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_tests.h"

int main(void)
{
	int failed = 0;

	failed += _cmocka_run_group_tests("life", cove_life_tests,
					  cove_life_tests_n, NULL, NULL);
	failed += _cmocka_run_group_tests("memory", cove_mem_tests,
					  cove_mem_tests_n, NULL, NULL);
	failed += _cmocka_run_group_tests("devices", cove_dev_tests,
					  cove_dev_tests_n, NULL, NULL);
	failed += _cmocka_run_group_tests("interfaces", cove_if_tests,
					  cove_if_tests_n, NULL, NULL);
	failed += _cmocka_run_group_tests("root monitor", cove_rdsm_tests,
					  cove_rdsm_tests_n, NULL, NULL);
	failed += _cmocka_run_group_tests("races", cove_race_tests,
					  cove_race_tests_n, NULL, NULL);
	return failed != 0;
}
