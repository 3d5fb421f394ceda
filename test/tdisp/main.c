/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdisp_test.h"

static const char *path;

FILE *recording(void)
{
	FILE *f = path ? fopen(path, "r") : NULL;

	assert_non_null(f);
	return f;
}

int main(int argc, char **argv)
{
	path = argc > 1 ? argv[1] : NULL;
	return run_codec_tests() + run_report_tests() + run_req_tests() +
	       run_table_tests() + run_frame_tests() + run_walk_tests() +
	       run_slow_tests();
}
