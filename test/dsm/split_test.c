/* SPDX-License-Identifier: BSD-2-Clause */
#include "split_rig.h"

/*
 * The halves of the DSM: whose request it is that comes, and whether its
 * session still stands.
 */

static void a_device_in_two_halves_does_what_one_does(void **unused)
{
	struct split *s = split_new();
	const struct dsm_session a = split_session(0, 1);

	(void)unused;
	split_running(s, &a, VF1);
	assert_int_equal(split_tdisp(s, &a, VF1, TDISP_STOP_REQ),
			 TDISP_STOP_RSP);
	assert_int_equal(dsm_tdi_state(&s->pci, VF1), TDI_UNLOCKED);
	dsm_pipe_back_ops.ended(&s->f, &a);
	split_free(s);
}

/* A request that the channel holds back until its session has ended. */
static void a_late_request_of_a_session_that_ended_is_refused(void **unused)
{
	static const uint8_t codes[] = { TDISP_LOCK_REQ, TDISP_STOP_REQ,
					 TDISP_GET_STATE };

	(void)unused;
	for (size_t i = 0; i < COUNT(codes); i++)
		for (unsigned next = 0; next < 2; next++) {
			struct split *s = split_new();
			const struct dsm_session a = split_session(0, 1);
			const struct dsm_session b = split_session(0, 2);
			uint8_t p[64];
			size_t n = split_tdisp_req(s->g, VF1, codes[i], p);

			assert_true(split_keys(s, &a));
			assert_int_equal(
				dsm_pipe_back_ops.request(&s->f, &a, p, n,
							  s->ans, BUF, &s->len),
				IL_E_AGAIN);
			dsm_pipe_back_ops.ended(&s->f, &a);
			assert_int_equal(s->to.count, 2);
			split_deliver(s, &s->to, 1, false); /* the end first */
			assert_int_equal(s->g->hw.kills, 1);
			/* The next session of the seat, and of the id. */
			if (next) {
				uint8_t late[FRAME];
				size_t len = s->to.n[0];

				memcpy(late, s->to.p[0], len);
				split_drop(&s->to, 0);
				split_running(s, &b, VF1);
				(void)split_put(&s->to, late, len);
			}
			split_deliver(s, &s->to, 0, false);
			assert_int_equal(dsm_tdi_state(&s->pci, VF1),
					 next ? TDI_RUN : TDI_UNLOCKED);
			assert_int_equal(s->pci.idekm.owner != 0, next);
			if (!next) { /* told, and nobody listens any more */
				assert_int_equal(s->from.count, 1);
				assert_int_equal(s->from.p[0][3],
						 DSM_PIPE_ENDED);
			}
			dsm_pipe_back_ops.ended(&s->f, next ? &b : &a);
			split_free(s);
		}
}

/* The end of a session is lost, or late: the next session implies it. */
static void a_next_session_ends_the_one_before(void **unused)
{
	struct split *s = split_new();
	const struct dsm_session a = split_session(0, 1),
				 b = split_session(0, 2);

	(void)unused;
	split_running(s, &a, VF1);
	assert_int_equal(split_tdisp(s, &b, VF1, TDISP_GET_STATE), TDISP_STATE);
	assert_int_equal(s->ans[17], TDI_ERROR);
	assert_int_equal(s->g->hw.kills, 1);
	split_running(s, &b, VF2);
	dsm_pipe_back_ops.ended(&s->f, &a); /* now it comes */
	split_deliver_all(s);
	assert_int_equal(dsm_tdi_state(&s->pci, VF2), TDI_RUN);
	assert_int_equal(split_tdisp(s, &b, VF1, TDISP_STOP_REQ),
			 TDISP_STOP_RSP);
	dsm_pipe_back_ops.ended(&s->f, &b);
	split_free(s);
}

/* Whatever carries them: the half behind it does not rely on numbers. */
static void a_request_of_an_older_generation_moves_nothing(void **unused)
{
	struct split *s = split_new();
	const struct dsm_session a = split_session(0, 1),
				 b = split_session(0, 2);
	uint8_t p[64];
	size_t n = split_tdisp_req(s->g, VF1, TDISP_STOP_REQ, p);

	(void)unused;
	split_running(s, &b, VF1);
	assert_int_equal(
		dsm_pci_back.request(&s->pci, &a, p, n, s->ans, BUF, &s->len),
		IL_E_STATE);
	assert_int_equal(s->len, 0);
	assert_int_equal(dsm_tdi_state(&s->pci, VF1), TDI_RUN);
	dsm_pci_back.ended(&s->pci, &a);
	assert_int_equal(dsm_tdi_state(&s->pci, VF1), TDI_RUN);
	dsm_pci_back.ended(&s->pci, &b);
	assert_int_equal(dsm_tdi_state(&s->pci, VF1), TDI_ERROR);
	/* And what has ended does not begin again. */
	assert_int_equal(
		dsm_pci_back.request(&s->pci, &b, p, n, s->ans, BUF, &s->len),
		IL_E_STATE);
	assert_int_equal(dsm_tdi_state(&s->pci, VF1), TDI_ERROR);
	split_free(s);
}

/* Also one whose cipher is not for us. */
static void a_next_session_of_another_aead_ends_the_one_before(void **unused)
{
	struct split *s = split_new();
	const struct dsm_session a = split_session(0, 1);
	struct dsm_session b = split_session(0, 2);
	uint8_t p[64];
	size_t n = split_tdisp_req(s->g, VF1, TDISP_GET_STATE, p);

	(void)unused;
	split_running(s, &a, VF1);
	b.aes256 = false;
	assert_int_equal(split_ask(s, &b, p, n), IL_OK);
	assert_int_equal(s->len, 0);
	assert_int_equal(dsm_tdi_state(&s->pci, VF1), TDI_ERROR);
	assert_int_equal(s->g->hw.kills, 1);
	dsm_pipe_back_ops.ended(&s->f, &b);
	split_free(s);
}

static void an_id_that_comes_again_is_another_session(void **unused)
{
	struct split *s = split_new();
	struct dsm_session a = split_session(0, 1), twin;

	(void)unused;
	split_running(s, &a, VF1);
	twin = a;
	twin.id++; /* same seat and generation, another id: nobody */
	uint8_t p[64];
	size_t n = split_tdisp_req(s->g, VF1, TDISP_STOP_REQ, p);

	assert_int_equal(split_ask(s, &twin, p, n), IL_E_STATE);
	twin = a;
	twin.seat = 1; /* another seat, the same id */
	assert_int_equal(split_tdisp(s, &twin, VF1, TDISP_STOP_REQ),
			 TDISP_ERROR);
	twin = a;
	twin.conn = 1;
	assert_int_equal(split_tdisp(s, &twin, VF1, TDISP_STOP_REQ),
			 TDISP_ERROR);
	assert_int_equal(dsm_tdi_state(&s->pci, VF1), TDI_RUN);
	dsm_pipe_back_ops.ended(&s->f, &twin);
	split_deliver_all(s);
	assert_int_equal(dsm_tdi_state(&s->pci, VF1), TDI_RUN);
	dsm_pipe_back_ops.ended(&s->f, &a);
	split_free(s);
}

static void another_aead_gets_no_answer(void **unused)
{
	struct split *s = split_new();
	struct dsm_session a = split_session(0, 1);
	uint8_t p[64];
	size_t n = split_tdisp_req(s->g, VF1, TDISP_GET_STATE, p);
	const uint8_t query[4] = { 0, IDEKM_QUERY, 0, 0 };

	(void)unused;
	a.aes256 = false;
	assert_int_equal(split_ask(s, &a, p, n), IL_OK);
	assert_int_equal(s->len, 0);
	assert_int_equal(split_ask(s, &a, query, 4), IL_OK);
	assert_int_equal(s->len, 0);
	dsm_pipe_back_ops.ended(&s->f, &a);
	split_free(s);
}

/* One SPDM operation at connection 0, over the bytes between the halves. */
static enum il_err through(struct split *s, struct end *e, enum spdm_req_op op,
			   const struct spdm_req_args *args)
{
	enum il_err err = spdm_req_begin(&e->req, op, args), got;

	while (!err) {
		err = spdm_req_pull(&e->req, e->in, BUF, &e->in_len,
				    &e->in_kind);
		if (err)
			return err;
		do {
			got = dsm_front_handle(&s->front, 0, e->in_kind, e->in,
					       e->in_len, e->out, BUF,
					       &e->out_len, &e->out_kind, 0);
			split_deliver_all(s);
		} while (got == IL_E_AGAIN);
		assert_int_equal(got, IL_OK);
		if (!e->out_len)
			return IL_E_TIMEOUT;
		err = spdm_req_push(&e->req, e->out_kind, e->out, e->out_len,
				    0);
		if (err != IL_E_AGAIN)
			return err;
		err = IL_OK;
	}
	return err;
}

static void spdm_at_one_end_and_tdisp_at_the_other(void **unused)
{
	static const uint8_t vid[2] = { 1, 0 };
	struct split *s = split_new();
	struct end *e = &s->g->a;
	uint8_t p[64];
	const struct spdm_req_args args = {
		.vdm = { SPDM_STD_PCISIG,
			 { vid, 2 },
			 { p, split_tdisp_req(s->g, VF1, TDISP_GET_STATE, p) } }
	};

	(void)unused;
	assert_int_equal(through(s, e, SPDM_OP_CONNECT, NULL), IL_OK);
	assert_int_equal(through(s, e, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(through(s, e, SPDM_OP_VENDOR, &args), IL_OK);
	assert_int_equal(spdm_req_answer(&e->req)->payload.n, 18);
	assert_true(s->pci.seat[0][0].open);
	assert_int_equal(s->pci.seat[0][0].id, e->req.session_id);
	assert_int_equal(through(s, e, SPDM_OP_END_SESSION, NULL), IL_OK);
	assert_false(s->pci.seat[0][0].open);
	assert_int_equal(through(s, e, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(through(s, e, SPDM_OP_VENDOR, &args), IL_OK);
	assert_int_equal(s->pci.seat[0][0].gen, 2);
	split_free(s);
}

static void a_seat_whose_names_are_used_up_stays_empty(void **unused)
{
	static const uint8_t vid[2] = { 1, 0 };
	struct split *s = split_new();
	struct end *e = &s->g->a;
	uint8_t p[64];
	const struct spdm_req_args args = {
		.vdm = { SPDM_STD_PCISIG,
			 { vid, 2 },
			 { p, split_tdisp_req(s->g, VF1, TDISP_GET_STATE, p) } }
	};

	(void)unused;
	s->conns[0].place[0].gen = DSM_GEN_MAX;
	assert_int_equal(through(s, e, SPDM_OP_CONNECT, NULL), IL_OK);
	assert_int_equal(through(s, e, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_not_equal(through(s, e, SPDM_OP_VENDOR, &args), IL_OK);
	assert_int_equal(s->conns[0].place[0].id, 0);
	assert_int_equal(s->conns[0].place[0].gen, DSM_GEN_MAX);
	assert_int_equal(s->pci.seat[0][0].gen, 0); /* nothing came there */
	split_free(s);
}

/* Frames of both ways in any order, two sessions that end and come again. */
static void a_seeded_walk_keeps_both_halves_sane(void **unused)
{
	struct dice d = { .state = 11 };
	struct split *s = split_new();
	struct dsm_session who[2] = { split_session(0, 1),
				      split_session(1, 1) };
	static const uint8_t codes[] = { TDISP_LOCK_REQ, TDISP_START_REQ,
					 TDISP_STOP_REQ, TDISP_GET_STATE };

	(void)unused;
	for (unsigned i = 0; i < 20000; i++) {
		unsigned w = (unsigned)dice_below(&d, 2);
		struct way *way = dice_below(&d, 2) ? &s->to : &s->from;
		uint8_t p[64];
		size_t n;

		switch (dice_below(&d, 8)) {
		case 0:
			if (s->to.count > FRAMES - 3)
				break;
			dsm_pipe_back_ops.ended(&s->f, &who[w]);
			who[w].gen++;
			break;
		case 1:
			if (s->to.count < FRAMES - 3)
				(void)split_keys(s, &who[w]);
			break;
		case 2:
		case 3:
			n = split_tdisp_req(s->g, (uint8_t)dice_below(&d, TDIS),
					    codes[dice_below(&d, COUNT(codes))],
					    p);
			if (s->to.count < FRAMES - 3)
				(void)!dsm_pipe_back_ops.request(&s->f, &who[w],
								 p, n, s->ans,
								 BUF, &s->len);
			break;
		default:
			if (way->count &&
			    (way == &s->from || s->from.count < FRAMES - 3))
				split_deliver(
					s, way,
					(unsigned)dice_below(&d, way->count),
					dice_below(&d, 8) == 0);
			break;
		}
		/* Once all has come through, the dead hold nothing. */
		if (dice_below(&d, 50) == 0) {
			split_deliver_all(s);
			for (unsigned t = 0; t < TDIS; t++) {
				uint64_t own = s->g->tdis[t].session;

				assert_true(!own ||
					    own == dsm_session_token(&who[0]) ||
					    own == dsm_session_token(&who[1]));
			}
		}
	}
	for (unsigned w = 0; w < 2; w++)
		dsm_pipe_back_ops.ended(&s->f, &who[w]);
	split_free(s);
}

int run_split_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_in_two_halves_does_what_one_does),
		cmocka_unit_test(
			a_late_request_of_a_session_that_ended_is_refused),
		cmocka_unit_test(a_next_session_ends_the_one_before),
		cmocka_unit_test(
			a_request_of_an_older_generation_moves_nothing),
		cmocka_unit_test(
			a_next_session_of_another_aead_ends_the_one_before),
		cmocka_unit_test(a_seat_whose_names_are_used_up_stays_empty),
		cmocka_unit_test(an_id_that_comes_again_is_another_session),
		cmocka_unit_test(another_aead_gets_no_answer),
		cmocka_unit_test(spdm_at_one_end_and_tdisp_at_the_other),
		cmocka_unit_test(a_seeded_walk_keeps_both_halves_sane),
	};

	return cmocka_run_group_tests_name("dsm split", tests, NULL, NULL);
}
