/* SPDX-License-Identifier: BSD-2-Clause */
#include "asker.h"

/* Whole sessions through the socket, in both of its framings. */

static void whole(struct rig *r, bool mctp)
{
	static const enum spdm_req_op ops[] = {
		SPDM_OP_CONNECT,    SPDM_OP_CHALLENGE,	SPDM_OP_SESSION,
		SPDM_OP_HEARTBEAT,  SPDM_OP_KEY_UPDATE, SPDM_OP_HEARTBEAT,
		SPDM_OP_END_SESSION
	};
	static struct asker a;

	rig_start(r);
	asker_open(&a, r, mctp);
	for (size_t i = 0; i < COUNT(ops); i++)
		asker_run(&a, ops[i]);
	asker_close(&a);
}

static void a_session_goes_its_whole_way_over_doe(void **state)
{
	whole(*state, false);
}

static void a_session_goes_its_whole_way_over_mctp(void **state)
{
	whole(*state, true);
}

#define WITH_RIG(t) cmocka_unit_test_setup_teardown(t, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(a_session_goes_its_whole_way_over_doe),
		WITH_RIG(a_session_goes_its_whole_way_over_mctp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
