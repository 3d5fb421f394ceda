/* SPDX-License-Identifier: BSD-2-Clause */
#include "idekm/req.h"
#include "idekm_test.h"
#include "tdisp/vec.h"

static const struct idekm_ref some_key = {
	.stream = 7, .key_set = 1, .dir = IDEKM_TX, .sub = IDEKM_CPL, .port = 2
};

static struct idekm_req asked(enum idekm_object object)
{
	struct idekm_msg m = { .object = object, .ref = some_key };
	struct idekm_req q;
	uint8_t out[64];
	struct wr w = wr_over(out, sizeof(out));

	idekm_req_init(&q);
	assert_int_equal(idekm_req_begin(&q, &m, &w), IL_OK);
	assert_true(idekm_req_sane(&q));
	assert_int_equal(out[0], object);
	return q;
}

static void the_recorded_conversation_is_one_we_could_have_had(void **unused)
{
	FILE *f = recording();
	static struct vec req, rsp;
	struct idekm_req q;

	(void)unused;
	idekm_req_init(&q);
	while (vec_next(f, &req)) {
		uint8_t out[VEC_MAX];
		struct wr w = wr_over(out, sizeof(out));
		struct idekm_msg m;

		assert_true(vec_next(f, &rsp));
		assert_true(req.req);
		assert_false(rsp.req);
		assert_int_equal(idekm_decode(req.p, req.n, &m), IL_OK);
		assert_int_equal(idekm_req_begin(&q, &m, &w), IL_OK);
		assert_int_equal(w.len, req.n);
		assert_memory_equal(out, req.p, req.n);
		assert_int_equal(idekm_req_accept(&q, rsp.p, rsp.n, &m), IL_OK);
		assert_false(q.busy);
	}
	fclose(f);
}

static void only_the_answer_to_the_request_in_flight_counts(void **unused)
{
	static const struct {
		enum idekm_object req;
		uint8_t rsp[7];
		uint8_t free[7]; /* bits that may differ */
	} rows[] = {
		{ IDEKM_QUERY,
		  { 1, 0, 2, 0, 0, 0, 0xff },
		  { 0, 0, 0, 0xff, 0xff, 0xff, 0x80 } },
		{ IDEKM_KEY_PROG,
		  { 3, 0, 0, 7, 0, 0x23, 2 },
		  { 0, 0, 0, 0, 0xff, 0, 0 } },
		{ IDEKM_K_SET_GO, { 6, 0, 0, 7, 0, 0x23, 2 }, { 0 } },
		{ IDEKM_K_SET_STOP, { 6, 0, 0, 7, 0, 0x23, 2 }, { 0 } },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (unsigned bit = 0; bit < 56; bit++) {
			struct idekm_req q = asked(rows[i].req), before;

			memcpy(&before, &q, sizeof(q));
			uint8_t in[7];
			struct idekm_msg m;
			enum il_err err;

			memcpy(in, rows[i].rsp, 7);
			in[bit / 8] ^= (uint8_t)(1u << bit % 8);
			err = idekm_req_accept(&q, in, 7, &m);
			if (rows[i].free[bit / 8] & 1u << bit % 8) {
				assert_false(q.busy);
				continue;
			}
			if (rows[i].req == IDEKM_QUERY && bit / 8 == 6)
				continue; /* max_port, still not below port */
			assert_int_not_equal(err, IL_OK);
			assert_int_not_equal(err, IL_E_PEER);
			assert_memory_equal(&q, &before, sizeof(q));
			assert_int_equal(
				idekm_req_accept(&q, rows[i].rsp, 7, &m),
				IL_OK);
		}
}

static void a_query_answer_for_a_port_above_the_last_is_refused(void **unused)
{
	struct idekm_req q = asked(IDEKM_QUERY), before;

	memcpy(&before, &q, sizeof(q));
	uint8_t in[7] = { 1, 0, 2, 0, 0, 0, 1 };
	struct idekm_msg m;

	(void)unused;
	assert_int_equal(idekm_req_accept(&q, in, 7, &m), IL_E_FIELD);
	assert_memory_equal(&q, &before, sizeof(q));
	in[6] = 2;
	assert_int_equal(idekm_req_accept(&q, in, 7, &m), IL_OK);
}

static void every_status_but_zero_is_the_peers_refusal(void **unused)
{
	(void)unused;
	for (unsigned status = 1; status < 256; status++) {
		struct idekm_req q = asked(IDEKM_KEY_PROG);
		uint8_t in[7] = { 3, 0, 0, 7, (uint8_t)status, 0x23, 2 };
		struct idekm_msg m;

		assert_int_equal(idekm_req_accept(&q, in, 7, &m), IL_E_PEER);
		assert_int_equal(m.status, status);
		assert_false(q.busy);
	}
}

static void a_second_request_waits_for_the_first(void **unused)
{
	struct idekm_req q = asked(IDEKM_K_SET_GO), before;

	memcpy(&before, &q, sizeof(q));
	struct idekm_msg m = { .object = IDEKM_QUERY };
	uint8_t out[64];
	struct wr w = wr_over(out, sizeof(out));

	(void)unused;
	assert_int_equal(idekm_req_begin(&q, &m, &w), IL_E_STATE);
	assert_int_equal(w.len, 0);
	assert_memory_equal(&q, &before, sizeof(q));
	idekm_req_abort(&q);
	assert_false(q.busy);
	assert_int_equal(idekm_req_begin(&q, &m, &w), IL_OK);
}

static void a_request_that_cannot_be_is_not_begun(void **unused)
{
	static const struct idekm_msg bad[] = {
		{ .object = IDEKM_QUERY_RESP },
		{ .object = IDEKM_KP_ACK },
		{ .object = IDEKM_K_GOSTOP_ACK },
		{ .object = IDEKM_OBJECTS },
		{ .object = IDEKM_K_SET_GO, .ref = { .sub = 3 } },
		{ .object = IDEKM_K_SET_GO, .ref = { .dir = 2 } },
		{ .object = IDEKM_K_SET_GO, .ref = { .key_set = 2 } },
	};
	struct idekm_req q, before;
	uint8_t out[64];

	(void)unused;
	idekm_req_init(&q);
	memcpy(&before, &q, sizeof(q));
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct wr w = wr_over(out, sizeof(out));

		assert_int_equal(idekm_req_begin(&q, &bad[i], &w), IL_E_ARG);
		assert_memory_equal(&q, &before, sizeof(q));
	}
	struct idekm_msg m = { .object = IDEKM_KEY_PROG };
	struct wr w = wr_over(out, 46);

	assert_int_equal(idekm_req_begin(&q, &m, &w), IL_E_SPACE);
	assert_memory_equal(&q, &before, sizeof(q));
}

static void an_answer_to_nothing_is_refused(void **unused)
{
	const uint8_t in[7] = { 6 };
	struct idekm_req q, before;
	struct idekm_msg m;

	(void)unused;
	idekm_req_init(&q);
	memcpy(&before, &q, sizeof(q));
	assert_int_equal(idekm_req_accept(&q, in, 7, &m), IL_E_STATE);
	assert_memory_equal(&q, &before, sizeof(q));
}

static void an_answer_of_the_wrong_length_changes_nothing(void **unused)
{
	const uint8_t in[16] = { 6, 0, 0, 7, 0, 0x23, 2 };

	(void)unused;
	for (size_t n = 0; n < sizeof(in); n++) {
		struct idekm_req q = asked(IDEKM_K_SET_STOP), before;

		memcpy(&before, &q, sizeof(q));
		struct idekm_msg m;

		if (n == 7)
			continue;
		assert_int_equal(idekm_req_accept(&q, in, n, &m),
				 n < 7 ? IL_E_SHORT : IL_E_LONG);
		assert_memory_equal(&q, &before, sizeof(q));
	}
}

static void the_request_in_flight_keeps_no_key(void **unused)
{
	struct idekm_msg m = { .object = IDEKM_KEY_PROG };
	struct idekm_req q;
	uint8_t out[64];
	struct wr w = wr_over(out, sizeof(out));

	(void)unused;
	memset(m.key, 0xee, sizeof(m.key));
	idekm_req_init(&q);
	assert_int_equal(idekm_req_begin(&q, &m, &w), IL_OK);
	for (size_t i = 0; i < sizeof(q); i++)
		assert_int_not_equal(((uint8_t *)&q)[i], 0xee);
}

int run_req_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_recorded_conversation_is_one_we_could_have_had),
		cmocka_unit_test(
			only_the_answer_to_the_request_in_flight_counts),
		cmocka_unit_test(
			a_query_answer_for_a_port_above_the_last_is_refused),
		cmocka_unit_test(every_status_but_zero_is_the_peers_refusal),
		cmocka_unit_test(a_second_request_waits_for_the_first),
		cmocka_unit_test(a_request_that_cannot_be_is_not_begun),
		cmocka_unit_test(an_answer_to_nothing_is_refused),
		cmocka_unit_test(an_answer_of_the_wrong_length_changes_nothing),
		cmocka_unit_test(the_request_in_flight_keeps_no_key),
	};

	return cmocka_run_group_tests_name("idekm req", tests, NULL, NULL);
}
