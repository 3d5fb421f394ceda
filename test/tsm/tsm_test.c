/* SPDX-License-Identifier: BSD-2-Clause */
#include "tsm_tests.h"

int main(void)
{
	int failed = 0;

	failed += _cmocka_run_group_tests("tables", table_tests, table_tests_n,
					  NULL, NULL);
	failed += _cmocka_run_group_tests("connections", conn_tests,
					  conn_tests_n, NULL, NULL);
	failed += _cmocka_run_group_tests("parts", part_tests, part_tests_n,
					  NULL, NULL);
	failed += _cmocka_run_group_tests("bindings", bind_tests, bind_tests_n,
					  NULL, NULL);
	failed += _cmocka_run_group_tests("edges", edge_tests, edge_tests_n,
					  NULL, NULL);
	return failed != 0;
}
