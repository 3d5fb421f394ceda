/* SPDX-License-Identifier: BSD-2-Clause */
#include "asker.h"

#include <unistd.h>

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

/* CACHE_CAP is about resets, not about who comes next. */
static void the_next_client_finds_nothing_of_the_one_before(void **state)
{
	static struct asker a;
	struct rig *r = *state;
	const struct rig_frame *f;
	int fd;

	r->cfg.conns = DEVICE_CONN_OWN + 1;
	r->cfg.spdm.caps |= SPDM_CAP_CACHE;
	rig_start(r);
	asker_open(&a, r, false);
	asker_run(&a, SPDM_OP_CONNECT);
	assert_int_equal(r->dev->conns[DEVICE_CONN_OWN].rsp.version, SPDM_V12);
	asker_close(&a);
	rig_turns(r, 2);
	assert_int_equal(vfu_count(r->v), 0);
	fd = rig_client(r);
	rig_doe(fd, 1, "\x12\x81\0\0", 4); /* GET_DIGESTS */
	f = rig_answer(r, fd);
	assert_int_equal(f->p[8 + 1], SPDM_ERROR);
	assert_int_equal(r->dev->conns[DEVICE_CONN_OWN].rsp.version, 0);
	close(fd);
}

#define WITH_RIG(t) cmocka_unit_test_setup_teardown(t, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(a_session_goes_its_whole_way_over_doe),
		WITH_RIG(a_session_goes_its_whole_way_over_mctp),
		WITH_RIG(the_next_client_finds_nothing_of_the_one_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
