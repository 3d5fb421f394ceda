/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm_test.h"

#include <stdlib.h>

#include "dsm/pipe.h"

/*
 * The halves of the DSM, each by itself, with bytes between them. What carries
 * the bytes is a queue in each direction, from which frames may be taken in
 * any order, twice, or never.
 */

#define FRAME  (BUF + DSM_FRAME_HDR)
#define FRAMES 16
#define SLOTS  (CONNS * DSM_SEATS)
#define SEATED 1u /* session ids that are made up begin here */

struct way {
	uint8_t p[FRAMES][FRAME];
	size_t n[FRAMES];
	unsigned count;
	bool full;
};

struct split {
	struct rig *g; /* its halves are not used, but its hardware */
	struct dsm_pci pci;
	struct dsm_front front;
	struct dsm_conn conns[CONNS];
	struct dsm_pipe_front f;
	struct dsm_pipe_back b;
	struct dsm_pipe_slot fslot[SLOTS], bslot[SLOTS];
	uint8_t fbuf[SLOTS][2 * FRAME], bbuf[SLOTS][FRAME], out[FRAME];
	struct way to, from;
	uint8_t ans[BUF];
	size_t len;
};

static enum il_err put(void *ctx, const uint8_t *p, size_t n)
{
	struct way *w = ctx;

	if (w->full)
		return IL_E_AGAIN;
	assert_true(w->count < FRAMES && n <= FRAME);
	memcpy(w->p[w->count], p, n);
	w->n[w->count++] = n;
	return IL_OK;
}

static void drop(struct way *w, unsigned i)
{
	assert_true(i < w->count);
	w->count--;
	memmove(w->p[i], w->p[i + 1], (w->count - i) * FRAME);
	memmove(&w->n[i], &w->n[i + 1], (w->count - i) * sizeof(w->n[0]));
}

/* Delivers frame @i, and keeps it if it is to come again. */
static void deliver(struct split *s, struct way *w, unsigned i, bool again)
{
	uint8_t frame[FRAME];
	size_t n = w->n[i];

	memcpy(frame, w->p[i], n);
	if (!again)
		drop(w, i);
	if (w == &s->to)
		assert_int_equal(dsm_pipe_back_take(&s->b, frame, n), IL_OK);
	else
		assert_int_equal(dsm_pipe_front_take(&s->f, frame, n), IL_OK);
	assert_true(dsm_pci_sane(&s->pci));
}

static void deliver_all(struct split *s)
{
	while (s->to.count)
		deliver(s, &s->to, 0, false);
	while (s->from.count)
		deliver(s, &s->from, 0, false);
}

static struct split *split_new(void)
{
	struct split *s = calloc(1, sizeof(*s));
	struct dsm_front_cfg front;

	assert_non_null(s);
	s->g = rig_new();
	assert_int_equal(dsm_pci_init(&s->pci, &s->g->cfg.pci), IL_OK);
	for (uint32_t fn = 0; fn < TDIS; fn++)
		dsm_set_function(&s->pci, fn, true, 0x100 + fn);
	for (unsigned i = 0; i < SLOTS; i++) {
		s->fslot[i] = (struct dsm_pipe_slot){ s->fbuf[i], 2 * FRAME };
		s->bslot[i] = (struct dsm_pipe_slot){ s->bbuf[i], FRAME };
	}
	dsm_pipe_front_init(&s->f, put, &s->to, s->fslot, CONNS);
	dsm_pipe_back_init(&s->b, put, &s->from, &dsm_pci_back, &s->pci,
			   s->bslot, CONNS, s->out, sizeof(s->out));
	front = (struct dsm_front_cfg){ .spdm = s->g->cfg.spdm,
					.back = &dsm_pipe_back_ops,
					.back_ctx = &s->f,
					.conns = s->conns,
					.conn_count = CONNS };
	assert_int_equal(dsm_front_init(&s->front, &front), IL_OK);
	return s;
}

static void split_free(struct split *s)
{
	dsm_front_fini(&s->front);
	deliver_all(s);
	assert_int_equal(s->pci.idekm.owner, 0);
	dsm_pipe_front_fini(&s->f);
	dsm_pipe_back_fini(&s->b);
	dsm_pci_fini(&s->pci);
	rig_free(s->g);
	free(s);
}

static struct dsm_session named(uint8_t seat, uint64_t gen)
{
	return (struct dsm_session){
		.seat = seat, .id = SEATED + seat, .gen = gen, .aes256 = true
	};
}

/* Asks until there is an answer, delivering all. */
static enum il_err ask_as(struct split *s, const struct dsm_session *who,
			  const uint8_t *p, size_t n)
{
	enum il_err err;

	for (unsigned i = 0; i < 4; i++) {
		err = dsm_pipe_back_ops.request(&s->f, who, p, n, s->ans, BUF,
						&s->len);
		if (err != IL_E_AGAIN)
			return err;
		deliver_all(s);
	}
	return IL_E_AGAIN;
}

static size_t tdisp_req(const struct rig *g, uint8_t fn, uint8_t code,
			uint8_t p[64])
{
	memset(p, 0, 64);
	p[0] = TDISP_PROTOCOL;
	p[1] = 0x10;
	p[2] = code;
	p[5] = fn;
	p[6] = 1;
	if (code == TDISP_LOCK_REQ)
		p[19] = STREAM;
	if (code == TDISP_START_REQ)
		memcpy(p + 17, g->tdis[fn].nonce, TDISP_NONCE_LEN);
	return code == TDISP_LOCK_REQ ? 37 : code == TDISP_START_REQ ? 49 : 17;
}

static uint8_t tdisp_as(struct split *s, const struct dsm_session *who,
			uint8_t fn, uint8_t code)
{
	uint8_t p[64];
	size_t n = tdisp_req(s->g, fn, code, p);

	assert_int_equal(ask_as(s, who, p, n), IL_OK);
	return s->ans[2];
}

/* Whether all six keys were taken, and went. */
static bool keys_of(struct split *s, const struct dsm_session *who)
{
	bool all = true;

	for (uint8_t i = 0; i < 12; i++) {
		const uint8_t go = i / 6, k = i % 6;
		uint8_t p[48] = { 0,
				  go ? IDEKM_K_SET_GO : IDEKM_KEY_PROG,
				  0,
				  0,
				  STREAM,
				  0,
				  (uint8_t)((k / 3) << 1 | (k % 3) << 4),
				  0,
				  0x11,
				  0x22,
				  0x33,
				  0x44 };

		p[44] = 1;
		all &= !ask_as(s, who, p, go ? 8 : 48) && s->len == 8 &&
		       s->ans[1] == (go ? IDEKM_K_GOSTOP_ACK : IDEKM_KP_ACK) &&
		       !s->ans[5];
	}
	return all;
}

static void keys_as(struct split *s, const struct dsm_session *who)
{
	assert_true(keys_of(s, who));
}

static void running(struct split *s, const struct dsm_session *who, uint8_t fn)
{
	keys_as(s, who);
	assert_int_equal(tdisp_as(s, who, fn, TDISP_LOCK_REQ), TDISP_LOCK_RSP);
	assert_int_equal(tdisp_as(s, who, fn, TDISP_START_REQ),
			 TDISP_START_RSP);
	assert_int_equal(dsm_tdi_state(&s->pci, fn), TDI_RUN);
}

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

static void a_device_in_two_halves_does_what_one_does(void **unused)
{
	struct split *s = split_new();
	const struct dsm_session a = named(0, 1);

	(void)unused;
	running(s, &a, VF1);
	assert_int_equal(tdisp_as(s, &a, VF1, TDISP_STOP_REQ), TDISP_STOP_RSP);
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
			const struct dsm_session a = named(0, 1);
			const struct dsm_session b = named(0, 2);
			uint8_t p[64];
			size_t n = tdisp_req(s->g, VF1, codes[i], p);

			keys_as(s, &a);
			assert_int_equal(
				dsm_pipe_back_ops.request(&s->f, &a, p, n,
							  s->ans, BUF, &s->len),
				IL_E_AGAIN);
			dsm_pipe_back_ops.ended(&s->f, &a);
			assert_int_equal(s->to.count, 2);
			deliver(s, &s->to, 1, false); /* the end first */
			assert_int_equal(s->g->hw.kills, 1);
			/* The next session of the seat, and of the id. */
			if (next) {
				uint8_t late[FRAME];
				size_t len = s->to.n[0];

				memcpy(late, s->to.p[0], len);
				drop(&s->to, 0);
				running(s, &b, VF1);
				(void)put(&s->to, late, len);
			}
			deliver(s, &s->to, 0, false);
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
	const struct dsm_session a = named(0, 1), b = named(0, 2);

	(void)unused;
	running(s, &a, VF1);
	assert_int_equal(tdisp_as(s, &b, VF1, TDISP_GET_STATE), TDISP_STATE);
	assert_int_equal(s->ans[17], TDI_ERROR);
	assert_int_equal(s->g->hw.kills, 1);
	running(s, &b, VF2);
	dsm_pipe_back_ops.ended(&s->f, &a); /* now it comes */
	deliver_all(s);
	assert_int_equal(dsm_tdi_state(&s->pci, VF2), TDI_RUN);
	assert_int_equal(tdisp_as(s, &b, VF1, TDISP_STOP_REQ), TDISP_STOP_RSP);
	dsm_pipe_back_ops.ended(&s->f, &b);
	split_free(s);
}

/* Whatever carries them: the half behind it does not rely on numbers. */
static void a_request_of_an_older_generation_moves_nothing(void **unused)
{
	struct split *s = split_new();
	const struct dsm_session a = named(0, 1), b = named(0, 2);
	uint8_t p[64];
	size_t n = tdisp_req(s->g, VF1, TDISP_STOP_REQ, p);

	(void)unused;
	running(s, &b, VF1);
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
	const struct dsm_session a = named(0, 1);
	struct dsm_session b = named(0, 2);
	uint8_t p[64];
	size_t n = tdisp_req(s->g, VF1, TDISP_GET_STATE, p);

	(void)unused;
	running(s, &a, VF1);
	b.aes256 = false;
	assert_int_equal(ask_as(s, &b, p, n), IL_OK);
	assert_int_equal(s->len, 0);
	assert_int_equal(dsm_tdi_state(&s->pci, VF1), TDI_ERROR);
	assert_int_equal(s->g->hw.kills, 1);
	dsm_pipe_back_ops.ended(&s->f, &b);
	split_free(s);
}

static void an_id_that_comes_again_is_another_session(void **unused)
{
	struct split *s = split_new();
	struct dsm_session a = named(0, 1), twin;

	(void)unused;
	running(s, &a, VF1);
	twin = a;
	twin.id++; /* same seat and generation, another id: nobody */
	uint8_t p[64];
	size_t n = tdisp_req(s->g, VF1, TDISP_STOP_REQ, p);

	assert_int_equal(ask_as(s, &twin, p, n), IL_E_STATE);
	twin = a;
	twin.seat = 1; /* another seat, the same id */
	assert_int_equal(tdisp_as(s, &twin, VF1, TDISP_STOP_REQ), TDISP_ERROR);
	twin = a;
	twin.conn = 1;
	assert_int_equal(tdisp_as(s, &twin, VF1, TDISP_STOP_REQ), TDISP_ERROR);
	assert_int_equal(dsm_tdi_state(&s->pci, VF1), TDI_RUN);
	dsm_pipe_back_ops.ended(&s->f, &twin);
	deliver_all(s);
	assert_int_equal(dsm_tdi_state(&s->pci, VF1), TDI_RUN);
	dsm_pipe_back_ops.ended(&s->f, &a);
	split_free(s);
}

static void answers_to_what_was_given_up_are_dropped(void **unused)
{
	struct split *s = split_new();
	const struct dsm_session a = named(0, 1);
	uint8_t p[64], q[64];
	size_t n = tdisp_req(s->g, VF1, TDISP_GET_STATE, p);
	size_t m = tdisp_req(s->g, VF1, TDISP_GET_VERSION, q);

	(void)unused;
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &a, p, n, s->ans, BUF,
						   &s->len),
			 IL_E_AGAIN);
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &a, q, m, s->ans, BUF,
						   &s->len),
			 IL_E_AGAIN);
	/* Reordered and repeated: the later one stands, once. */
	deliver(s, &s->to, 1, true);
	deliver(s, &s->to, 0, false);
	deliver(s, &s->to, 0, false);
	assert_int_equal(s->from.count, 1);
	deliver(s, &s->from, 0, true);
	deliver(s, &s->from, 0, false);
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
	const struct dsm_session a = named(0, 1);
	uint8_t p[64], q[64];
	size_t n = tdisp_req(s->g, VF1, TDISP_GET_STATE, p);
	size_t m = tdisp_req(s->g, VF1, TDISP_GET_VERSION, q);

	(void)unused;
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &a, p, n, s->ans, BUF,
						   &s->len),
			 IL_E_AGAIN);
	deliver(s, &s->to, 0, false);
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &a, q, m, s->ans, BUF,
						   &s->len),
			 IL_E_AGAIN);
	deliver(s, &s->from, 0, false);
	assert_false(s->fslot[0].answered);
	deliver(s, &s->to, 0, false);
	s->from.p[0][8]++; /* generation */
	deliver(s, &s->from, 0, true);
	assert_false(s->fslot[0].answered);
	s->from.p[0][8]--;
	deliver(s, &s->from, 0, false);
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
	const struct dsm_session a = named(0, 1);
	uint8_t p[64];
	size_t n = tdisp_req(s->g, VF1, TDISP_GET_STATE, p);
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
	deliver(s, &s->to, 0, false);
	/* The state is a byte more than its question. */
	s->fslot[0].cap = 2 * frame;
	assert_int_equal(s->from.n[0], frame + 1);
	assert_int_equal(dsm_pipe_front_take(&s->f, s->from.p[0], frame + 1),
			 IL_E_SPACE);
	assert_false(s->fslot[0].answered);
	s->fslot[0].cap = 2 * FRAME;
	deliver(s, &s->from, 0, false);
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
	const struct dsm_session a = named(0, 1), b = named(1, 1);
	uint8_t p[64], q[64];
	size_t n = tdisp_req(s->g, VF1, TDISP_LOCK_REQ, p);
	size_t m = tdisp_req(s->g, VF2, TDISP_GET_STATE, q);

	(void)unused;
	keys_as(s, &a);
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &a, p, n, s->ans, BUF,
						   &s->len),
			 IL_E_AGAIN);
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &b, q, m, s->ans, BUF,
						   &s->len),
			 IL_E_AGAIN);
	deliver_all(s);
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
	const struct dsm_session a = named(0, 1), b = named(1, 1);

	(void)unused;
	s->fslot[0].number = s->bslot[0].number = UINT32_MAX - 1;
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(tdisp_as(s, &a, VF1, TDISP_GET_STATE),
				 TDISP_STATE);
		assert_int_equal(tdisp_as(s, &b, VF1, TDISP_GET_STATE),
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
	const struct dsm_session a = named(0, 1);
	uint8_t p[64];
	size_t n = tdisp_req(s->g, VF1, TDISP_GET_STATE, p);

	(void)unused;
	s->to.full = true;
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &a, p, n, s->ans, BUF,
						   &s->len),
			 IL_E_AGAIN);
	assert_int_equal(s->to.count, 0);
	s->to.full = false;
	dsm_pipe_front_flush(&s->f);
	s->from.full = true;
	deliver(s, &s->to, 0, false);
	assert_int_equal(s->from.count, 0);
	s->from.full = false;
	dsm_pipe_back_poll(&s->b);
	deliver_all(s);
	assert_int_equal(dsm_pipe_back_ops.request(&s->f, &a, p, n, s->ans, BUF,
						   &s->len),
			 IL_OK);
	running(s, &a, VF1);
	s->to.full = true;
	dsm_pipe_back_ops.ended(&s->f, &a);
	assert_int_equal(dsm_tdi_state(&s->pci, VF1), TDI_RUN);
	s->to.full = false;
	dsm_pipe_front_flush(&s->f);
	deliver_all(s);
	assert_int_equal(dsm_tdi_state(&s->pci, VF1), TDI_ERROR);
	split_free(s);
}

static void slow_hardware_is_waited_for_and_keys_do_not_stay(void **unused)
{
	struct split *s = split_new();
	const struct dsm_session a = named(0, 1);
	uint8_t p[48] = { 0, IDEKM_KEY_PROG, 0,	   0,	 STREAM, 0, 0,
			  0, 0x11,	     0x22, 0x33, 0x44 };

	(void)unused;
	p[44] = 1;
	s->g->hw.program = IL_E_AGAIN;
	assert_int_equal(ask_as(s, &a, p, 48), IL_E_AGAIN);
	dsm_pipe_back_poll(&s->b);
	assert_int_equal(s->from.count, 0);
	s->g->hw.program = IL_OK;
	dsm_pipe_back_poll(&s->b);
	assert_int_equal(s->from.count, 1);
	assert_int_equal(ask_as(s, &a, p, 48), IL_OK);
	assert_int_equal(s->ans[1], IDEKM_KP_ACK);
	for (size_t i = 0; i < sizeof(s->fbuf); i++)
		assert_int_equal((&s->fbuf[0][0])[i], 0);
	for (size_t i = 0; i < sizeof(s->bbuf); i++)
		assert_int_equal((&s->bbuf[0][0])[i], 0);
	dsm_pipe_back_ops.ended(&s->f, &a);
	split_free(s);
}

static void another_aead_gets_no_answer(void **unused)
{
	struct split *s = split_new();
	struct dsm_session a = named(0, 1);
	uint8_t p[64];
	size_t n = tdisp_req(s->g, VF1, TDISP_GET_STATE, p);
	const uint8_t query[4] = { 0, IDEKM_QUERY, 0, 0 };

	(void)unused;
	a.aes256 = false;
	assert_int_equal(ask_as(s, &a, p, n), IL_OK);
	assert_int_equal(s->len, 0);
	assert_int_equal(ask_as(s, &a, query, 4), IL_OK);
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
			deliver_all(s);
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
			 { p, tdisp_req(s->g, VF1, TDISP_GET_STATE, p) } }
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
			 { p, tdisp_req(s->g, VF1, TDISP_GET_STATE, p) } }
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
	struct dsm_session who[2] = { named(0, 1), named(1, 1) };
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
				(void)keys_of(s, &who[w]);
			break;
		case 2:
		case 3:
			n = tdisp_req(s->g, (uint8_t)dice_below(&d, TDIS),
				      codes[dice_below(&d, COUNT(codes))], p);
			if (s->to.count < FRAMES - 3)
				(void)!dsm_pipe_back_ops.request(&s->f, &who[w],
								 p, n, s->ans,
								 BUF, &s->len);
			break;
		default:
			if (way->count &&
			    (way == &s->from || s->from.count < FRAMES - 3))
				deliver(s, way,
					(unsigned)dice_below(&d, way->count),
					dice_below(&d, 8) == 0);
			break;
		}
		/* Once all has come through, the dead hold nothing. */
		if (dice_below(&d, 50) == 0) {
			deliver_all(s);
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
		cmocka_unit_test(a_frame_is_laid_out_as_written),
		cmocka_unit_test(frames_that_cannot_be_are_refused),
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
		cmocka_unit_test(answers_to_what_was_given_up_are_dropped),
		cmocka_unit_test(sessions_of_a_connection_wait_side_by_side),
		cmocka_unit_test(an_answer_to_another_question_is_none),
		cmocka_unit_test(
			a_frame_that_does_not_fit_its_place_is_refused),
		cmocka_unit_test(the_numbers_of_a_seat_go_round),
		cmocka_unit_test(what_finds_no_room_is_sent_later),
		cmocka_unit_test(
			slow_hardware_is_waited_for_and_keys_do_not_stay),
		cmocka_unit_test(another_aead_gets_no_answer),
		cmocka_unit_test(spdm_at_one_end_and_tdisp_at_the_other),
		cmocka_unit_test(a_seeded_walk_keeps_both_halves_sane),
	};

	return cmocka_run_group_tests_name("dsm split", tests, NULL, NULL);
}
