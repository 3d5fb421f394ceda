/* SPDX-License-Identifier: BSD-2-Clause */
#include "large_rig.h"

#include "mctp/mctp.h"

/* Large messages: whole conversations, and what the two sides agree on. */

/* 42 bytes: even NEGOTIATE_ALGORITHMS is a large message. */
static void a_whole_life_at_the_least_transfer_size(void **unused)
{
	const struct spdm_req_args all = { .summary = SPDM_SUMMARY_ALL };
	const struct spdm_req_args meas = { .index = SPDM_MEAS_ALL,
					    .sign = true };
	const struct spdm_req_args upd = { .update = SPDM_UPDATE_ALL_KEYS };

	(void)unused;
	for (unsigned mctp = 0; mctp < 2; mctp++) {
		struct pair *p = large_pair(42);

		p->qcfg.binding = mctp ? &mctp_binding : NULL;
		pair_start(p);
		assert_int_equal(large_run(p, SPDM_OP_CONNECT, NULL), IL_OK);
		assert_int_equal(large_run(p, SPDM_OP_CHALLENGE, &all), IL_OK);
		assert_true(large_carried > 5);
		assert_int_equal(large_run(p, SPDM_OP_MEASURE, &meas), IL_OK);
		assert_int_equal(spdm_req_record(&p->req).n,
				 3 * 7 + 48 + 48 + 8);
		assert_int_equal(large_run(p, SPDM_OP_SESSION, &all), IL_OK);
		assert_true(large_carried > 10);
		assert_int_equal(large_run(p, SPDM_OP_MEASURE, &meas), IL_OK);
		assert_int_equal(large_echo(p, 40, false), IL_OK);
		assert_int_equal(large_run(p, SPDM_OP_KEY_UPDATE, &upd), IL_OK);
		assert_int_equal(large_echo(p, 3000, false), IL_OK);
		assert_int_equal(large_run(p, SPDM_OP_END_SESSION, NULL),
				 IL_OK);
		pair_free(p);
	}
}

static void a_certificate_may_come_whole(void **unused)
{
	(void)unused;
	struct pair *p = large_pair(256);

	p->qcfg.portion = UINT16_MAX;
	pair_start(p);
	assert_int_equal(large_run(p, SPDM_OP_CONNECT, NULL), IL_OK);
	assert_memory_equal(spdm_req_certs(&p->req).p, p->maker.certs,
			    p->maker.certs_len);
	/* One GET_CERTIFICATE and its chunks. */
	assert_int_equal(p->req.chain_len, 4 + 48 + p->maker.certs_len);
	assert_in_range(large_carried, 5 + p->req.chain_len / 244,
			7 + p->req.chain_len / 240);
	assert_int_equal(large_run(p, SPDM_OP_CHALLENGE, NULL), IL_OK);
	pair_free(p);
}

static void messages_of_any_length_go_both_ways(void **unused)
{
	(void)unused;
	struct pair *p = large_pair(512);

	pair_start(p);
	pair_session(p);
	for (size_t n = 480; n < 520; n++)
		assert_int_equal(large_echo(p, n, false), IL_OK);
	for (size_t n = 985; n < 1000; n++)
		assert_int_equal(large_echo(p, n, false), IL_OK);
	assert_int_equal(large_echo(p, 30000, false), IL_OK);
	assert_int_equal(p->vendor_calls, 40 + 15 + 1);
	pair_free(p);
}

/* Without the capability of both, all is as before. */
static void no_chunks_unless_both_can(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 3; i++) {
		struct pair *p = large_pair(512);

		if (i == 0)
			p->rcfg.caps &= ~SPDM_CAP_CHUNK;
		else if (i == 1)
			p->qcfg.caps &= ~SPDM_CAP_CHUNK;
		else
			p->rcfg.large = NULL;
		pair_start(p);
		pair_session(p);
		assert_int_equal(p->rsp.peer_max, p->qcfg.caps & SPDM_CAP_CHUNK
							  ? LARGE_CAP
							  : 512);
		assert_int_equal(p->req.peer_max, i == 1 ? LARGE_CAP : 512);
		assert_int_equal(large_echo(p, 490, false), IL_OK);
		assert_int_equal(large_echo(p, 600, false), IL_E_SPACE);
		spdm_req_abort(&p->req);
		pair_free(p);
	}
}

/* MaxSPDMmsgSize of either side is a limit. */
static void nothing_is_longer_than_the_peer_takes(void **unused)
{
	(void)unused;
	struct pair *p = large_pair(512);

	p->rcfg.large_cap = 2000;
	pair_start(p);
	pair_session(p);
	assert_int_equal(large_echo(p, 2000, false), IL_E_SPACE);
	spdm_req_abort(&p->req);
	pair_free(p);
	p = large_pair(512);
	p->qcfg.large_cap = 2000;
	p->qcfg.portion = 500;
	pair_start(p);
	pair_session(p);
	assert_int_equal(p->rsp.peer_max, 2000);
	assert_int_equal(large_echo(p, 1900, false), IL_OK);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_life_at_the_least_transfer_size),
		cmocka_unit_test(a_certificate_may_come_whole),
		cmocka_unit_test(messages_of_any_length_go_both_ways),
		cmocka_unit_test(no_chunks_unless_both_can),
		cmocka_unit_test(nothing_is_longer_than_the_peer_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
