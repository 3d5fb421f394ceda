/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm_test.h"

int main(void)
{
	int failed;

	rig_open();
	failed = run_life_tests() + run_lock_tests() + run_watch_tests() +
		 run_verdict_tests() + run_split_tests() + run_pipe_tests() +
		 run_cascade_tests();
	rig_close();
	return failed;
}
