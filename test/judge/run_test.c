/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

static void an_honest_device_fails_no_case(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	rig_run(r);
	for (unsigned i = 0; i < r->n; i++)
		if (r->res[i].verdict != JUDGE_PASS &&
		    r->res[i].verdict != JUDGE_ABSENT)
			print_message("%s: %s: %s\n", r->res[i].name,
				      judge_verdict_name(r->res[i].verdict),
				      r->res[i].words);
	assert_int_equal(r->sum.count[JUDGE_FAIL], 0);
	assert_int_equal(r->sum.count[JUDGE_BROKEN], 0);
	assert_true(r->sum.count[JUDGE_PASS] > 0);
	assert_int_equal(r->opens, 1);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_device_fails_no_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
