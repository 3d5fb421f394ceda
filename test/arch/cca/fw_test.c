/* SPDX-License-Identifier: BSD-2-Clause */
#include "cca_tests.h"

int main(void)
{
	int failed = 0;

	failed += _cmocka_run_group_tests("life", life_tests, life_tests_n,
					  NULL, NULL);
	return failed != 0;
}
