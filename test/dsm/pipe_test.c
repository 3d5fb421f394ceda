/* SPDX-License-Identifier: BSD-2-Clause */
#include "split_rig.h"

/*
 * Frames between the halves: how they are laid out, and what becomes of those
 * that come late, twice, in another order, or find no room.
 */

/* Bytes written out by hand from the layout. */
static void a_frame_is_laid_out_as_written(void **unused)
{
	static const uint8_t want[] = { 1,    2,   3, 1, 0x44, 0x33, 0x22, 0x11,
					0x07, 0,   0, 0, 0,    0x01, 0,	   0,
					0x05, 0,   0, 0, 2,    0,    0,	   0,
					0xaa, 0xbb };
	const struct dsm_frame f = { .kind = DSM_FRAME_REQUEST,
				     .s = { 2, 3, 0x11223344,
					    UINT64_C(0x010000000007), true },
				     .number = 5,
				     .p = want + 24,
				     .n = 2 };
	struct dsm_frame got;
	uint8_t out[64];

	(void)unused;
	assert_int_equal(dsm_frame_encode(&f, out, sizeof(out)), sizeof(want));
	assert_memory_equal(out, want, sizeof(want));
	assert_int_equal(dsm_frame_encode(&f, out, sizeof(want) - 1), 0);
	assert_int_equal(dsm_frame_decode(want, sizeof(want), &got), IL_OK);
	assert_int_equal(got.s.gen, f.s.gen);
	assert_int_equal(got.s.id, 0x11223344);
	assert_true(got.s.aes256);
	assert_int_equal(got.n, 2);
	for (size_t n = 0; n < sizeof(want); n++)
		assert_int_not_equal(dsm_frame_decode(want, n, &got), IL_OK);
}

static void frames_that_cannot_be_are_refused(void **unused)
{
	static const struct {
		uint8_t at, value;
	} bad[] = {
		{ 0, 0 },  { 0, 4 },	 { 1, DSM_CONNS }, { 2, DSM_SEATS },
		{ 3, 2 },  { 4, 0 },	 { 8, 0 },	   { 15, 1 },
		{ 16, 0 }, { 20, 0xff }, { 23, 0x80 },
	};
	static const uint8_t good[24] = { 1, 0, 0, 1, 1, 0, 0, 0, 1,
					  0, 0, 0, 0, 0, 0, 0, 1 };
	struct dsm_frame f;

	(void)unused;
	assert_int_equal(dsm_frame_decode(good, 24, &f), IL_OK);
	for (size_t i = 0; i < COUNT(bad); i++) {
		uint8_t p[24];

		memcpy(p, good, 24);
		p[bad[i].at] = bad[i].value;
		assert_int_not_equal(dsm_frame_decode(p, 24, &f), IL_OK);
	}
}

static void answers_to_what_was_given_up_are_dropped(void **unused)
{
	struct split *s = split_new();
	const struct dsm_session a = split_session(0, 1);
	uint8_t p[64], q[64];
	size_t n = split_tdisp_req(s->g, VF1, TDISP_GET_STATE, p);
	size_t m = split_tdisp_req(s->g, VF1, TDISP_GET_VERSION, q);

	(void)unused;
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &a, p, n, s->ans, BUF,
						   &s->len),
			 IL_E_AGAIN);
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &a, q, m, s->ans, BUF,
						   &s->len),
			 IL_E_AGAIN);
	/* Reordered and repeated: the later one stands, once. */
	split_deliver(s, &s->to, 1, true);
	split_deliver(s, &s->to, 0, false);
	split_deliver(s, &s->to, 0, false);
	assert_int_equal(s->from.count, 1);
	split_deliver(s, &s->from, 0, true);
	split_deliver(s, &s->from, 0, false);
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &a, q, m, s->ans, BUF,
						   &s->len),
			 IL_OK);
	assert_int_equal(s->ans[2], TDISP_VERSION);
	assert_int_equal(s->fslot[0].len, 0);
	dsm_pipe_back_ops.ended(&s->f, &a);
	split_free(s);
}

/* The answer to what was given up comes while the next is asked; then one with
 * the right number and another name. */
static void an_answer_to_another_question_is_none(void **unused)
{
	struct split *s = split_new();
	const struct dsm_session a = split_session(0, 1);
	uint8_t p[64], q[64];
	size_t n = split_tdisp_req(s->g, VF1, TDISP_GET_STATE, p);
	size_t m = split_tdisp_req(s->g, VF1, TDISP_GET_VERSION, q);

	(void)unused;
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &a, p, n, s->ans, BUF,
						   &s->len),
			 IL_E_AGAIN);
	split_deliver(s, &s->to, 0, false);
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &a, q, m, s->ans, BUF,
						   &s->len),
			 IL_E_AGAIN);
	split_deliver(s, &s->from, 0, false);
	assert_false(s->fslot[0].answered);
	split_deliver(s, &s->to, 0, false);
	s->from.p[0][8]++; /* generation */
	split_deliver(s, &s->from, 0, true);
	assert_false(s->fslot[0].answered);
	s->from.p[0][8]--;
	split_deliver(s, &s->from, 0, false);
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &a, q, m, s->ans, BUF,
						   &s->len),
			 IL_OK);
	assert_int_equal(s->ans[2], TDISP_VERSION);
	dsm_pipe_back_ops.ended(&s->f, &a);
	split_free(s);
}

static void a_frame_that_does_not_fit_its_place_is_refused(void **unused)
{
	struct split *s = split_new();
	const struct dsm_session a = split_session(0, 1);
	uint8_t p[64];
	size_t n = split_tdisp_req(s->g, VF1, TDISP_GET_STATE, p);
	const size_t frame = n + DSM_FRAME_HDR;

	(void)unused;
	s->bslot[0].cap = frame - 1;
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &a, p, n, s->ans, BUF,
						   &s->len),
			 IL_E_AGAIN);
	assert_int_equal(s->to.n[0], frame);
	assert_int_equal(dsm_pipe_back_take(&s->b, s->to.p[0], frame),
			 IL_E_SPACE);
	assert_int_equal(s->bslot[0].len, 0);
	s->bslot[0].cap = FRAME;
	split_deliver(s, &s->to, 0, false);
	/* The state is a byte more than its question. */
	s->fslot[0].cap = 2 * frame;
	assert_int_equal(s->from.n[0], frame + 1);
	assert_int_equal(dsm_pipe_front_take(&s->f, s->from.p[0], frame + 1),
			 IL_E_SPACE);
	assert_false(s->fslot[0].answered);
	s->fslot[0].cap = 2 * FRAME;
	split_deliver(s, &s->from, 0, false);
	/* Nor does it come out where there is less room. */
	assert_int_equal(
		dsm_pipe_back_ops.request(&s->f, &a, p, n, s->ans, n, &s->len),
		IL_E_SPACE);
	assert_int_equal(s->len, 0);
	dsm_pipe_back_ops.ended(&s->f, &a);
	split_free(s);
}

/* Else the one's request would take the other's answer with it. */
static void sessions_of_a_connection_wait_side_by_side(void **unused)
{
	struct split *s = split_new();
	const struct dsm_session a = split_session(0, 1),
				 b = split_session(1, 1);
	uint8_t p[64], q[64];
	size_t n = split_tdisp_req(s->g, VF1, TDISP_LOCK_REQ, p);
	size_t m = split_tdisp_req(s->g, VF2, TDISP_GET_STATE, q);

	(void)unused;
	assert_true(split_keys(s, &a));
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &a, p, n, s->ans, BUF,
						   &s->len),
			 IL_E_AGAIN);
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &b, q, m, s->ans, BUF,
						   &s->len),
			 IL_E_AGAIN);
	split_deliver_all(s);
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &a, p, n, s->ans, BUF,
						   &s->len),
			 IL_OK);
	assert_int_equal(s->ans[2], TDISP_LOCK_RSP);
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &b, q, m, s->ans, BUF,
						   &s->len),
			 IL_OK);
	assert_int_equal(s->ans[2], TDISP_STATE);
	assert_int_equal(s->to.count, 0); /* neither was asked twice */
	dsm_pipe_back_ops.ended(&s->f, &a);
	dsm_pipe_back_ops.ended(&s->f, &b);
	split_free(s);
}

/* Each seat counts for itself, so that no number of another's is behind. */
static void the_numbers_of_a_seat_go_round(void **unused)
{
	struct split *s = split_new();
	const struct dsm_session a = split_session(0, 1),
				 b = split_session(1, 1);

	(void)unused;
	s->fslot[0].number = s->bslot[0].number = UINT32_MAX - 1;
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(split_tdisp(s, &a, VF1, TDISP_GET_STATE),
				 TDISP_STATE);
		assert_int_equal(split_tdisp(s, &b, VF1, TDISP_GET_STATE),
				 TDISP_STATE);
	}
	assert_int_equal(s->bslot[0].number, 3); /* never 0 */
	assert_int_equal(s->bslot[1].number, 4);
	dsm_pipe_back_ops.ended(&s->f, &a);
	dsm_pipe_back_ops.ended(&s->f, &b);
	split_free(s);
}

static void what_finds_no_room_is_sent_later(void **unused)
{
	struct split *s = split_new();
	const struct dsm_session a = split_session(0, 1);
	uint8_t p[64];
	size_t n = split_tdisp_req(s->g, VF1, TDISP_GET_STATE, p);

	(void)unused;
	s->to.full = true;
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &a, p, n, s->ans, BUF,
						   &s->len),
			 IL_E_AGAIN);
	assert_int_equal(s->to.count, 0);
	s->to.full = false;
	dsm_pipe_front_flush(&s->f);
	s->from.full = true;
	split_deliver(s, &s->to, 0, false);
	assert_int_equal(s->from.count, 0);
	s->from.full = false;
	dsm_pipe_back_poll(&s->b);
	split_deliver_all(s);
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &a, p, n, s->ans, BUF,
						   &s->len),
			 IL_OK);
	split_running(s, &a, VF1);
	s->to.full = true;
	dsm_pipe_back_ops.ended(&s->f, &a);
	assert_int_equal(dsm_tdi_state(&s->pci, VF1), TDI_RUN);
	s->to.full = false;
	dsm_pipe_front_flush(&s->f);
	split_deliver_all(s);
	assert_int_equal(dsm_tdi_state(&s->pci, VF1), TDI_ERROR);
	split_free(s);
}

static void slow_hardware_is_waited_for_and_keys_do_not_stay(void **unused)
{
	struct split *s = split_new();
	const struct dsm_session a = split_session(0, 1);
	uint8_t p[48] = { 0, IDEKM_KEY_PROG, 0,	   0,	 STREAM, 0, 0,
			  0, 0x11,	     0x22, 0x33, 0x44 };

	(void)unused;
	p[44] = 1;
	s->g->hw.program = IL_E_AGAIN;
	assert_int_equal(split_ask(s, &a, p, 48), IL_E_AGAIN);
	dsm_pipe_back_poll(&s->b);
	assert_int_equal(s->from.count, 0);
	s->g->hw.program = IL_OK;
	dsm_pipe_back_poll(&s->b);
	assert_int_equal(s->from.count, 1);
	assert_int_equal(split_ask(s, &a, p, 48), IL_OK);
	assert_int_equal(s->ans[1], IDEKM_KP_ACK);
	for (size_t i = 0; i < sizeof(s->fbuf); i++)
		assert_int_equal((&s->fbuf[0][0])[i], 0);
	for (size_t i = 0; i < sizeof(s->bbuf); i++)
		assert_int_equal((&s->bbuf[0][0])[i], 0);
	dsm_pipe_back_ops.ended(&s->f, &a);
	split_free(s);
}

int run_pipe_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_laid_out_as_written),
		cmocka_unit_test(frames_that_cannot_be_are_refused),
		cmocka_unit_test(answers_to_what_was_given_up_are_dropped),
		cmocka_unit_test(sessions_of_a_connection_wait_side_by_side),
		cmocka_unit_test(an_answer_to_another_question_is_none),
		cmocka_unit_test(
			a_frame_that_does_not_fit_its_place_is_refused),
		cmocka_unit_test(the_numbers_of_a_seat_go_round),
		cmocka_unit_test(what_finds_no_room_is_sent_later),
		cmocka_unit_test(
			slow_hardware_is_waited_for_and_keys_do_not_stay),
	};

	return cmocka_run_group_tests_name("dsm pipe", tests, NULL, NULL);
}
