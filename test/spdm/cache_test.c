/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

/* What was agreed, over a reset of the responder. */

static struct pair *caching(bool cache, bool session)
{
	struct pair *p = pair_new(CRYPTO_P384);

	if (cache)
		p->rcfg.caps |= SPDM_CAP_CACHE;
	pair_start(p);
	pair_connect(p);
	if (session)
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	return p;
}

static void reset(struct pair *p)
{
	spdm_rsp_reset(&p->rsp);
	spdm_req_reset(&p->req);
}

static void what_was_agreed_is_used_again_after_a_reset(void **unused)
{
	const struct spdm_req_args a = { .sign = true, .index = 1 };

	(void)unused;
	for (int session = 0; session < 2; session++) {
		struct pair *p = caching(true, session);

		/* Half of a measurement transcript, which is lost. */
		assert_int_equal(
			pair_run(p, SPDM_OP_MEASURE,
				 &(struct spdm_req_args){ .index = 1 }),
			IL_OK);
		reset(p);
		assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
		assert_int_equal(p->rsp.cfg.ses[0].state, SPDM_SES_NONE);
		assert_int_equal(pair_run(p, SPDM_OP_CHALLENGE, &a), IL_OK);
		assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_OK);
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, &a), IL_OK);
		assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_OK);
		pair_free(p);
	}
}

static void without_the_capability_a_reset_starts_over(void **unused)
{
	static const uint8_t digests[] = { 0x12, SPDM_GET_DIGESTS, 0, 0 };

	(void)unused;
	struct pair *p = caching(false, true);

	reset(p);
	assert_int_equal(p->req.state, SPDM_REQ_NEW);
	assert_int_equal(p->rsp.phase, SPDM_PH_START);
	assert_int_equal(pair_run(p, SPDM_OP_CHALLENGE, NULL), IL_E_STATE);
	assert_int_not_equal(pair_send(p, SPDM_PLAIN, digests, 4), 0);
	pair_connect(p);
	pair_free(p);
}

/* The keys of before are no keys of after. */
static void no_session_outlives_a_reset(void **unused)
{
	static const uint8_t heartbeat[] = { 0x12, SPDM_HEARTBEAT, 0, 0 };

	(void)unused;
	struct pair *p = caching(true, true);

	spdm_rsp_reset(&p->rsp); /* and the requester has not noticed */
	assert_int_equal(p->ended_why, SPDM_END_RESET);
	assert_int_equal(pair_send_secured(p, heartbeat, 4), -1);
	pair_free(p);
}

static void a_session_may_end_the_caching(void **unused)
{
	const struct spdm_req_args clear = { .clear_state = true };

	(void)unused;
	for (int said = 0; said < 2; said++) {
		struct pair *p = caching(true, true);

		assert_int_equal(
			pair_run(p, SPDM_OP_END_SESSION, said ? &clear : NULL),
			IL_OK);
		/* Until the reset it is as it was. */
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
		reset(p);
		assert_int_equal(p->req.state,
				 said ? SPDM_REQ_NEW : SPDM_REQ_CONNECTED);
		assert_int_equal(p->rsp.phase,
				 said ? SPDM_PH_START : SPDM_PH_READY);
		/* A new connection is cached as the first was. */
		pair_connect(p);
		reset(p);
		assert_int_equal(p->rsp.phase, SPDM_PH_READY);
		pair_free(p);
	}
}

/* A peer that caches nothing is not told to forget. */
static void the_indicator_is_for_those_who_cache(void **unused)
{
	const struct spdm_req_args clear = { .clear_state = true };

	(void)unused;
	struct pair *p = caching(false, true);

	assert_int_equal(pair_run(p, SPDM_OP_END_SESSION, &clear), IL_OK);
	assert_false(p->rsp.no_cache);
	assert_false(p->req.no_cache);
	pair_free(p);
}

/* Half an agreement is none: what stops before ALGORITHMS is not kept. */
static void only_a_whole_agreement_is_kept(void **unused)
{
	static const uint8_t version[] = { 0x10, SPDM_GET_VERSION, 0, 0 };

	(void)unused;
	struct pair *p = caching(true, false);

	assert_int_equal(pair_send(p, SPDM_PLAIN, version, 4), 0);
	reset(p);
	assert_int_equal(p->rsp.phase, SPDM_PH_START);
	assert_int_equal(p->rsp.version, 0);
	pair_free(p);
}

/* GET_VERSION clears a cached state as it clears any. */
static void a_new_connection_may_agree_on_another_version(void **unused)
{
	(void)unused;
	struct pair *p = caching(true, false);

	reset(p);
	p->req.cfg.versions[0] = SPDM_V11;
	p->req.cfg.versions[1] = 0;
	pair_connect(p);
	assert_int_equal(p->rsp.version, SPDM_V11);
	pair_free(p);
}

/* A peer that forgot after all: what we thought does not verify. */
static void a_peer_that_forgot_is_found_out(void **unused)
{
	(void)unused;
	struct pair *p = caching(true, false);

	p->rsp.no_cache = true;
	reset(p);
	assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_E_PEER);
	pair_connect(p);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_agreed_is_used_again_after_a_reset),
		cmocka_unit_test(without_the_capability_a_reset_starts_over),
		cmocka_unit_test(no_session_outlives_a_reset),
		cmocka_unit_test(a_session_may_end_the_caching),
		cmocka_unit_test(the_indicator_is_for_those_who_cache),
		cmocka_unit_test(only_a_whole_agreement_is_kept),
		cmocka_unit_test(a_new_connection_may_agree_on_another_version),
		cmocka_unit_test(a_peer_that_forgot_is_found_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
