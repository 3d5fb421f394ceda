/* SPDX-License-Identifier: BSD-2-Clause */
#include "idekm/rsp.h"
#include "idekm_test.h"
#include "tdisp/vec.h"

#define ROWS	2
#define SESSION 0x11223344u

/* A device that notes what it is asked. */
struct hw {
	unsigned programs, goes, stops, kills, queries;
	uint8_t status;	     /* answer of program */
	enum il_err program; /* likewise */
	enum il_err refuse;  /* answer of go and stop */
	struct idekm_ref ref;
	uint8_t key[32], ifv[8];
	uint8_t killed_port, killed_stream;
	const uint8_t *cap;
	size_t cap_len;
};

static enum il_err hw_program(void *ctx, const struct idekm_ref *ref,
			      const uint8_t key[32], const uint8_t ifv[8],
			      uint8_t *status)
{
	struct hw *h = ctx;

	h->programs++;
	h->ref = *ref;
	memcpy(h->key, key, 32);
	memcpy(h->ifv, ifv, 8);
	*status = h->status;
	return h->program;
}

static enum il_err hw_go(void *ctx, const struct idekm_ref *ref)
{
	struct hw *h = ctx;

	h->goes++;
	h->ref = *ref;
	return h->refuse;
}

static enum il_err hw_stop(void *ctx, const struct idekm_ref *ref)
{
	struct hw *h = ctx;

	h->stops++;
	h->ref = *ref;
	return h->refuse;
}

static enum il_err hw_query(void *ctx, uint8_t port, struct idekm_msg *out)
{
	struct hw *h = ctx;

	h->queries++;
	if (port > 7)
		return IL_E_ARG;
	out->devfn = 0;
	out->bus = 1;
	out->segment = 0;
	out->max_port = 7;
	out->cap = h->cap;
	out->cap_len = h->cap_len;
	return IL_OK;
}

static void hw_kill(void *ctx, uint8_t port, uint8_t stream)
{
	struct hw *h = ctx;

	h->kills++;
	h->killed_port = port;
	h->killed_stream = stream;
}

static const struct idekm_port hw_port = { hw_program, hw_go, hw_stop, hw_query,
					   hw_kill };

struct rig {
	struct fake_env f;
	struct env env;
	struct hw hw;
	struct idekm_stream rows[ROWS];
	struct idekm_rsp r;
	uint8_t out[IDEKM_MAX_LEN];
	size_t out_len;
};

static void rig_init(struct rig *g)
{
	memset(g, 0, sizeof(*g));
	g->env = fake_env(&g->f);
	memset(g->rows, 0xff, sizeof(g->rows));
	idekm_rsp_init(&g->r, &g->env, &hw_port, &g->hw, g->rows, ROWS);
	assert_true(idekm_rsp_sane(&g->r));
}

static void give(struct rig *g, uint32_t session, const uint8_t *p, size_t n)
{
	g->out_len = 999;
	assert_int_equal(idekm_rsp_handle(&g->r, session, p, n, g->out,
					  sizeof(g->out), &g->out_len),
			 IL_OK);
	assert_true(idekm_rsp_sane(&g->r));
}

/* Sends one object about a key; the length of the answer. */
static size_t say(struct rig *g, uint8_t object, uint8_t stream, uint8_t kss,
		  uint8_t port)
{
	uint8_t in[47] = { object, 0, 0, stream, 0, kss, port };

	for (size_t i = 7; i < 39; i++)
		in[i] = (uint8_t)i;
	in[43] = 1;
	give(g, SESSION, in, object == IDEKM_KEY_PROG ? 47 : 7);
	return g->out_len;
}

static void key_all(struct rig *g, uint8_t stream, uint8_t set, uint8_t port)
{
	for (uint8_t i = 0; i < 6; i++) {
		uint8_t kss = (uint8_t)(set | (i / 3) << 1 | (i % 3) << 4);

		assert_int_equal(say(g, IDEKM_KEY_PROG, stream, kss, port), 7);
		assert_int_equal(g->out[4], 0);
		assert_int_equal(say(g, IDEKM_K_SET_GO, stream, kss, port), 7);
	}
}

static void the_recorded_requests_get_the_recorded_answers(void **unused)
{
	FILE *f = recording();
	static struct vec req, rsp;
	struct rig g;

	(void)unused;
	rig_init(&g);
	while (vec_next(f, &req)) {
		assert_true(vec_next(f, &rsp));
		if (req.session != 1 && g.r.owner == 1)
			idekm_rsp_session_ended(&g.r, 1, NULL, NULL);
		g.hw.cap = rsp.p + 7;
		g.hw.cap_len = rsp.n - 7;
		if (req.p[0] == IDEKM_QUERY) /* what the emulator says it is */
			assert_int_equal(rsp.p[6], 7);
		give(&g, req.session, req.p, req.n);
		assert_int_equal(g.out_len, rsp.n);
		if (req.p[0] == IDEKM_QUERY)
			memcpy(g.out + 3, rsp.p + 3, 3); /* its bus address */
		assert_memory_equal(g.out, rsp.p, rsp.n);
	}
	fclose(f);
	assert_int_equal(g.hw.programs, 12);
	assert_int_equal(g.hw.goes, 12);
	assert_int_equal(g.hw.stops, 12);
}

static void a_key_reaches_the_hardware_in_aes_order_and_is_wiped(void **unused)
{
	struct rig g;

	(void)unused;
	rig_init(&g);
	assert_int_equal(say(&g, IDEKM_KEY_PROG, 9, 0x23, 4), 7);
	const uint8_t want[7] = { 3, 0, 0, 9, 0, 0x23, 4 };

	assert_memory_equal(g.out, want, 7);
	for (uint8_t i = 0; i < 32; i++)
		assert_int_equal(g.hw.key[i], 7 + (i & 0xfc) + (3 - i % 4));
	const uint8_t ifv[8] = { 0, 0, 0, 0, 0, 0, 0, 1 };

	assert_memory_equal(g.hw.ifv, ifv, 8);
	assert_int_equal(g.hw.ref.stream, 9);
	assert_int_equal(g.hw.ref.port, 4);
	assert_int_equal(g.hw.ref.key_set, 1);
	assert_int_equal(g.hw.ref.dir, 1);
	assert_int_equal(g.hw.ref.sub, 2);
}

/* Brings the key (stream 5, kss 0x11, port 1) to a state; another key keeps
 * the row alive. */
static void bring(struct rig *g, enum idekm_key_state to)
{
	rig_init(g);
	assert_int_equal(say(g, IDEKM_KEY_PROG, 5, 0x02, 1), 7);
	if (to >= IDEKM_KEY_PRIMED)
		assert_int_equal(say(g, IDEKM_KEY_PROG, 5, 0x11, 1), 7);
	if (to == IDEKM_KEY_ACTIVE)
		assert_int_equal(say(g, IDEKM_K_SET_GO, 5, 0x11, 1), 7);
}

static const struct idekm_ref the_key = {
	.stream = 5, .key_set = 1, .dir = 0, .sub = 1, .port = 1
};

static bool cause(struct rig *g, enum idekm_key_event ev)
{
	switch (ev) {
	case IDEKM_EV_PROG:
		say(g, IDEKM_KEY_PROG, 5, 0x11, 1);
		return g->out[4] == 0;
	case IDEKM_EV_GO:
		return say(g, IDEKM_K_SET_GO, 5, 0x11, 1) == 7;
	case IDEKM_EV_STOP:
		return say(g, IDEKM_K_SET_STOP, 5, 0x11, 1) == 7;
	case IDEKM_EV_INSECURE:
		idekm_rsp_insecure(&g->r, 1, 5);
		return true;
	case IDEKM_EV_SESSION:
		idekm_rsp_session_ended(&g->r, SESSION, NULL, NULL);
		return true;
	case IDEKM_EV_RETIRED:
		idekm_rsp_retired(&g->r, &the_key);
		return true;
	case IDEKM_KEY_EVENTS:
		break;
	}
	return false;
}

static void each_event_in_each_key_state_does_what_is_written(void **unused)
{
	enum {
		E = IDEKM_KEY_EMPTY,
		P = IDEKM_KEY_PRIMED,
		A = IDEKM_KEY_ACTIVE
	};
	static const struct {
		bool ok[3]; /* in EMPTY, PRIMED, ACTIVE */
		uint8_t next[3];
	} rows[IDEKM_KEY_EVENTS] = {
		[IDEKM_EV_PROG] = { { true, true, false }, { P, P, A } },
		[IDEKM_EV_GO] = { { false, true, false }, { E, A, A } },
		[IDEKM_EV_STOP] = { { true, true, true }, { E, E, E } },
		[IDEKM_EV_INSECURE] = { { true, true, true }, { E, E, E } },
		[IDEKM_EV_SESSION] = { { true, true, true }, { E, E, E } },
		[IDEKM_EV_RETIRED] = { { true, true, true }, { E, P, E } },
	};

	(void)unused;
	for (unsigned ev = 0; ev < IDEKM_KEY_EVENTS; ev++)
		for (unsigned st = 0; st < IDEKM_KEY_STATES; st++) {
			struct rig g;
			struct idekm_stream before[ROWS];
			bool ok;

			bring(&g, (enum idekm_key_state)st);
			memcpy(before, g.rows, sizeof(before));
			ok = cause(&g, (enum idekm_key_event)ev);
			assert_int_equal(ok, rows[ev].ok[st]);
			assert_int_equal(idekm_rsp_key(&g.r, &the_key),
					 rows[ev].next[st]);
			if (!ok) {
				assert_memory_equal(g.rows, before,
						    sizeof(before));
				assert_int_equal(g.r.owner, SESSION);
			}
			assert_true(idekm_rsp_sane(&g.r));
		}
}

static void a_refused_go_or_program_does_not_touch_the_hardware(void **unused)
{
	struct rig g;

	(void)unused;
	bring(&g, IDEKM_KEY_ACTIVE);
	assert_int_equal(g.hw.programs, 2);
	assert_int_equal(g.hw.goes, 1);
	say(&g, IDEKM_KEY_PROG, 5, 0x11, 1);
	assert_int_equal(g.out[4], IDEKM_FAILED);
	assert_int_equal(say(&g, IDEKM_K_SET_GO, 5, 0x11, 1), 0);
	assert_int_equal(say(&g, IDEKM_K_SET_GO, 6, 0x11, 1), 0);
	assert_int_equal(g.hw.programs, 2);
	assert_int_equal(g.hw.goes, 1);
}

static void what_the_hardware_refuses_changes_nothing(void **unused)
{
	(void)unused;
	for (unsigned status = 1; status < 256; status++) {
		struct rig g;
		struct idekm_stream before[ROWS];

		rig_init(&g);
		memcpy(before, g.rows, sizeof(before));
		g.hw.status = (uint8_t)status;
		assert_int_equal(say(&g, IDEKM_KEY_PROG, 5, 0x11, 1), 7);
		assert_int_equal(g.out[4], status);
		assert_memory_equal(g.rows, before, sizeof(before));
		assert_int_equal(g.r.owner, 0);
	}
	for (unsigned object = IDEKM_K_SET_GO; object <= IDEKM_K_SET_STOP;
	     object++) {
		struct rig g;
		struct idekm_stream before[ROWS];

		bring(&g, IDEKM_KEY_PRIMED);
		memcpy(before, g.rows, sizeof(before));
		g.hw.refuse = IL_E_IO;
		assert_int_equal(say(&g, (uint8_t)object, 5, 0x11, 1), 0);
		assert_memory_equal(g.rows, before, sizeof(before));
		assert_int_equal(g.hw.goes + g.hw.stops, 1);
	}
}

static void a_key_prog_of_the_wrong_length_is_told_so(void **unused)
{
	uint8_t in[64] = { IDEKM_KEY_PROG, 0, 0, 5, 0, 0x11, 1 };
	const uint8_t all[7] = { 3, 0, 0, 5, 1, 0x11, 1 };

	(void)unused;
	for (size_t n = 1; n <= sizeof(in); n++) {
		uint8_t want[7] = { 3, 0, 0, 0, 1 };
		struct rig g;

		if (n > 3)
			memcpy(want, all, n < 7 ? n : 7);
		want[4] = 1;

		if (n == 47)
			continue;
		rig_init(&g);
		give(&g, SESSION, in, n);
		assert_int_equal(g.out_len, 7);
		assert_memory_equal(g.out, want, 7);
		assert_int_equal(g.hw.programs, 0);
		assert_int_equal(g.r.owner, 0);
	}
}

static void other_objects_of_the_wrong_length_get_no_answer(void **unused)
{
	static const struct {
		uint8_t object;
		size_t len;
	} rows[] = { { 0, 3 }, { 4, 7 }, { 5, 7 } };

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t n = 1; n < 64; n++) {
			uint8_t in[64] = {
				rows[i].object, 0, 0, 5, 0, 0x11, 1
			};
			struct rig g;

			bring(&g, IDEKM_KEY_PRIMED);
			if (n == rows[i].len)
				continue;
			give(&g, SESSION, in, n);
			assert_int_equal(g.out_len, 0);
			assert_int_equal(idekm_rsp_key(&g.r, &the_key),
					 IDEKM_KEY_PRIMED);
			assert_int_equal(g.hw.goes + g.hw.stops + g.hw.queries,
					 0);
		}
}

static void responses_and_unknown_objects_get_no_answer(void **unused)
{
	struct rig g;
	uint8_t in[7] = { 0 };

	(void)unused;
	rig_init(&g);
	give(&g, SESSION, in, 0);
	assert_int_equal(g.out_len, 0);
	for (unsigned object = 0; object < 256; object++) {
		if (object == 0 || object == 2 || object == 4 || object == 5)
			continue;
		in[0] = (uint8_t)object;
		give(&g, SESSION, in, 7);
		assert_int_equal(g.out_len, 0);
	}
	assert_int_equal(g.hw.programs + g.hw.goes + g.hw.stops, 0);
}

static void a_sub_stream_that_does_not_exist_is_refused(void **unused)
{
	(void)unused;
	for (uint8_t sub = 3; sub < 16; sub++) {
		uint8_t kss = (uint8_t)(sub << 4 | 1);
		const uint8_t want[7] = { 3, 0, 0, 5, IDEKM_BAD_FIELD, kss, 1 };
		struct rig g;

		bring(&g, IDEKM_KEY_PRIMED);
		assert_int_equal(say(&g, IDEKM_KEY_PROG, 5, kss, 1), 7);
		assert_memory_equal(g.out, want, 7);
		assert_int_equal(say(&g, IDEKM_K_SET_GO, 5, kss, 1), 0);
		assert_int_equal(say(&g, IDEKM_K_SET_STOP, 5, kss, 1), 0);
		assert_int_equal(g.hw.programs, 2);
		assert_int_equal(g.hw.goes + g.hw.stops, 0);
	}
}

static void another_session_is_ignored_while_the_first_lives(void **unused)
{
	struct rig g;
	struct idekm_stream before[ROWS];
	uint8_t in[47] = { 0 };

	(void)unused;
	bring(&g, IDEKM_KEY_ACTIVE);
	memcpy(before, g.rows, sizeof(before));
	for (uint8_t object = 0; object < 7; object++) {
		in[0] = object;
		in[3] = 5;
		in[5] = 0x11;
		in[6] = 1;
		give(&g, SESSION + 1, in,
		     object == 0   ? 3
		     : object == 2 ? 47
				   : 7);
		assert_int_equal(g.out_len, 0);
		assert_memory_equal(g.rows, before, sizeof(before));
	}
	assert_int_equal(g.hw.programs, 2);
	assert_int_equal(g.hw.queries, 0);
	idekm_rsp_session_ended(&g.r, SESSION + 1, NULL, NULL);
	assert_memory_equal(g.rows, before, sizeof(before));
	assert_int_equal(g.hw.kills, 0);
	idekm_rsp_session_ended(&g.r, 0, NULL, NULL);
	assert_int_equal(g.r.owner, SESSION);
}

struct ended {
	struct rig *g;
	unsigned n;
};

static void note_end(void *ctx, uint8_t port, uint8_t stream)
{
	struct ended *e = ctx;

	/* By now the keys are gone, at the hardware and here. */
	assert_int_equal(e->g->hw.killed_port, port);
	assert_int_equal(e->g->hw.killed_stream, stream);
	assert_false(idekm_rsp_has_keys(&e->g->r, port, stream));
	e->n++;
	assert_int_equal(e->g->hw.kills, e->n);
}

static void the_end_of_the_session_kills_each_stream_it_keyed(void **unused)
{
	struct rig g;
	struct ended e = { .g = &g };

	(void)unused;
	rig_init(&g);
	key_all(&g, 5, 0, 1);
	key_all(&g, 6, 1, 0);
	assert_int_equal(g.r.owner, SESSION);
	idekm_rsp_session_ended(&g.r, SESSION, note_end, &e);
	assert_int_equal(e.n, 2);
	assert_int_equal(g.r.owner, 0);
	assert_true(idekm_rsp_sane(&g.r));
	/* Another may key now. */
	const uint8_t in[47] = { IDEKM_KEY_PROG };

	give(&g, SESSION + 1, in, 47);
	assert_int_equal(g.out[4], 0);
	assert_int_equal(g.r.owner, SESSION + 1);
}

static void
a_stream_whose_keys_were_stopped_dies_with_its_session(void **unused)
{
	struct rig g;
	struct ended e = { .g = &g };

	(void)unused;
	rig_init(&g);
	key_all(&g, 5, 0, 1);
	for (unsigned i = 0; i < 6; i++)
		say(&g, IDEKM_K_SET_STOP, 5,
		    (uint8_t)((i % 3) << 4 | (i / 3) << 1), 1);
	assert_int_equal(g.hw.stops, 6);
	assert_false(idekm_rsp_has_keys(&g.r, 1, 5));
	idekm_rsp_session_ended(&g.r, SESSION, note_end, &e);
	assert_int_equal(g.hw.kills, 1);
	assert_int_equal(g.hw.killed_stream, 5);
	assert_int_equal(e.n, 1);
}

static void the_tie_lasts_until_the_session_ends(void **unused)
{
	struct rig g;
	const uint8_t in[47] = { IDEKM_KEY_PROG };

	(void)unused;
	rig_init(&g);
	say(&g, IDEKM_KEY_PROG, 5, 0, 1);
	say(&g, IDEKM_K_SET_STOP, 5, 0, 1);
	assert_false(idekm_rsp_has_keys(&g.r, 1, 5));
	give(&g, SESSION + 1, in, 47);
	assert_int_equal(g.out_len, 0);
	idekm_rsp_session_ended(&g.r, SESSION, NULL, NULL);
	give(&g, SESSION + 1, in, 47);
	assert_int_equal(g.out_len, 7);
}

static void a_query_does_not_tie(void **unused)
{
	struct rig g;
	const uint8_t in[3] = { IDEKM_QUERY, 0, 8 };

	(void)unused;
	rig_init(&g);
	give(&g, SESSION, in, 3);
	assert_int_equal(g.out_len, 0); /* there is no port 8 */
	assert_int_equal(g.hw.queries, 1);
	assert_int_equal(g.r.owner, 0);
	say(&g, IDEKM_K_SET_STOP, 5, 0, 1);
	assert_int_equal(g.r.owner, 0);
}

static void more_streams_than_rows_fail(void **unused)
{
	struct rig g;

	(void)unused;
	rig_init(&g);
	say(&g, IDEKM_KEY_PROG, 1, 0, 0);
	say(&g, IDEKM_KEY_PROG, 1, 0, 1); /* another port: another row */
	say(&g, IDEKM_KEY_PROG, 2, 0, 0);
	assert_int_equal(g.out[4], IDEKM_FAILED);
	assert_int_equal(g.hw.programs, 2);
	say(&g, IDEKM_K_SET_STOP, 1, 0, 0);
	say(&g, IDEKM_KEY_PROG, 2, 0, 0);
	assert_int_equal(g.out[4], IDEKM_OK);
}

static void
a_stream_is_keyed_once_all_six_keys_of_a_set_are_active(void **unused)
{
	struct rig g;

	(void)unused;
	for (uint8_t set = 0; set < 2; set++) {
		rig_init(&g);
		key_all(&g, 5, set, 1);
		assert_int_equal(idekm_rsp_keyed(&g.r, 1, 5), SESSION);
		assert_int_equal(idekm_rsp_keyed(&g.r, 0, 5), 0);
		assert_int_equal(idekm_rsp_keyed(&g.r, 1, 6), 0);
		for (uint8_t i = 0; i < 6; i++) {
			uint8_t kss =
				(uint8_t)(set | (i / 3) << 1 | (i % 3) << 4);

			rig_init(&g);
			key_all(&g, 5, set, 1);
			say(&g, IDEKM_K_SET_STOP, 5, kss, 1);
			assert_int_equal(idekm_rsp_keyed(&g.r, 1, 5), 0);
			say(&g, IDEKM_KEY_PROG, 5, kss, 1);
			assert_int_equal(idekm_rsp_keyed(&g.r, 1, 5), 0);
			say(&g, IDEKM_K_SET_GO, 5, kss, 1);
			assert_int_equal(idekm_rsp_keyed(&g.r, 1, 5), SESSION);
		}
	}
}

static void keys_of_two_sets_do_not_make_one_whole_set(void **unused)
{
	struct rig g;

	(void)unused;
	rig_init(&g);
	for (uint8_t i = 0; i < 6; i++) {
		uint8_t kss = (uint8_t)((i == 3) | (i / 3) << 1 | (i % 3) << 4);

		say(&g, IDEKM_KEY_PROG, 5, kss, 1);
		say(&g, IDEKM_K_SET_GO, 5, kss, 1);
	}
	assert_int_equal(idekm_rsp_keyed(&g.r, 1, 5), 0);
	assert_true(idekm_rsp_has_keys(&g.r, 1, 5));
}

static void an_insecure_stream_loses_all_keys_and_its_neighbour_none(void **u)
{
	struct rig g;

	(void)u;
	rig_init(&g);
	key_all(&g, 5, 0, 1);
	key_all(&g, 5, 1, 0);
	idekm_rsp_insecure(&g.r, 1, 5);
	assert_false(idekm_rsp_has_keys(&g.r, 1, 5));
	assert_int_equal(idekm_rsp_keyed(&g.r, 0, 5), SESSION);
	assert_int_equal(g.hw.kills, 0);
	assert_int_equal(g.r.owner, SESSION);
	idekm_rsp_reset(&g.r);
	assert_false(idekm_rsp_has_keys(&g.r, 0, 5));
	assert_int_equal(g.r.owner, 0);
	assert_true(idekm_rsp_sane(&g.r));
}

static void an_answer_without_room_is_not_begun(void **unused)
{
	struct rig g;
	struct idekm_stream before[ROWS];
	uint8_t in[47] = { IDEKM_KEY_PROG };

	(void)unused;
	for (size_t cap = 0; cap < 7; cap++) {
		size_t len = 77;

		rig_init(&g);
		memcpy(before, g.rows, sizeof(before));
		assert_int_equal(idekm_rsp_handle(&g.r, SESSION, in, 47, g.out,
						  cap, &len),
				 IL_E_SPACE);
		assert_int_equal(len, 77);
		assert_int_equal(g.hw.programs, 0);
		assert_memory_equal(g.rows, before, sizeof(before));
	}
	g.hw.cap = in;
	g.hw.cap_len = 4;
	in[0] = IDEKM_QUERY;
	size_t len;

	assert_int_equal(
		idekm_rsp_handle(&g.r, SESSION, in, 3, g.out, 10, &len),
		IL_E_SPACE);
}

static bool bend(void *ctx, const struct idekm_msg *req, struct idekm_msg *rsp)
{
	rsp->ref.stream ^= 1;
	assert_int_equal(req->object, IDEKM_KEY_PROG);
	for (size_t i = 0; i < sizeof(req->key); i++)
		assert_int_equal(req->key[i], 0);
	return *(bool *)ctx;
}

static void a_tap_may_bend_or_drop_an_answer_but_sees_no_key(void **unused)
{
	struct rig g;
	bool pass = true;

	(void)unused;
	rig_init(&g);
	g.r.tap = bend;
	g.r.tap_ctx = &pass;
	assert_int_equal(say(&g, IDEKM_KEY_PROG, 5, 0, 1), 7);
	assert_int_equal(g.out[3], 4);
	pass = false;
	assert_int_equal(say(&g, IDEKM_KEY_PROG, 5, 0x10, 1), 0);
}

static void each_change_of_a_key_is_traced_once(void **unused)
{
	struct rig g;

	(void)unused;
	rig_init(&g);
	say(&g, IDEKM_KEY_PROG, 5, 0, 1);
	assert_int_equal(g.f.traced, 2); /* the key and the owner */
	say(&g, IDEKM_K_SET_GO, 5, 0, 1);
	assert_int_equal(g.f.traced, 3);
	assert_int_equal(g.f.last_ev, IDEKM_TRACE_KEY);
	say(&g, IDEKM_K_SET_GO, 5, 0, 1);
	assert_int_equal(g.f.traced, 3);
}

static void bad_references_have_no_state(void **unused)
{
	struct rig g;
	struct idekm_ref ref = { .stream = 5, .sub = 3, .port = 1 };

	(void)unused;
	rig_init(&g);
	key_all(&g, 5, 0, 1);
	assert_int_equal(idekm_rsp_key(&g.r, &ref), IDEKM_KEY_EMPTY);
	idekm_rsp_retired(&g.r, &ref);
	assert_int_equal(idekm_rsp_keyed(&g.r, 1, 5), SESSION);
	ref = (struct idekm_ref){ .stream = 9 };
	idekm_rsp_retired(&g.r, &ref);
	idekm_rsp_insecure(&g.r, 9, 9);
	assert_int_equal(idekm_rsp_keyed(&g.r, 1, 5), SESSION);
}

static void
sanity_sees_keys_without_an_owner_and_rows_without_keys(void **unused)
{
	struct rig g;

	(void)unused;
	rig_init(&g);
	say(&g, IDEKM_KEY_PROG, 5, 0, 1);
	g.r.owner = 0;
	assert_false(idekm_rsp_sane(&g.r));
	g.r.owner = SESSION;
	g.rows[0].used = false;
	assert_false(idekm_rsp_sane(&g.r));
	rig_init(&g);
	g.r.owner = 1;
	g.rows[1].used = true;
	assert_false(idekm_rsp_sane(&g.r));
}

int run_rsp_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_recorded_requests_get_the_recorded_answers),
		cmocka_unit_test(
			a_key_reaches_the_hardware_in_aes_order_and_is_wiped),
		cmocka_unit_test(
			each_event_in_each_key_state_does_what_is_written),
		cmocka_unit_test(
			a_refused_go_or_program_does_not_touch_the_hardware),
		cmocka_unit_test(what_the_hardware_refuses_changes_nothing),
		cmocka_unit_test(a_key_prog_of_the_wrong_length_is_told_so),
		cmocka_unit_test(
			other_objects_of_the_wrong_length_get_no_answer),
		cmocka_unit_test(responses_and_unknown_objects_get_no_answer),
		cmocka_unit_test(a_sub_stream_that_does_not_exist_is_refused),
		cmocka_unit_test(
			another_session_is_ignored_while_the_first_lives),
		cmocka_unit_test(
			the_end_of_the_session_kills_each_stream_it_keyed),
		cmocka_unit_test(
			a_stream_whose_keys_were_stopped_dies_with_its_session),
		cmocka_unit_test(the_tie_lasts_until_the_session_ends),
		cmocka_unit_test(a_query_does_not_tie),
		cmocka_unit_test(more_streams_than_rows_fail),
		cmocka_unit_test(
			a_stream_is_keyed_once_all_six_keys_of_a_set_are_active),
		cmocka_unit_test(keys_of_two_sets_do_not_make_one_whole_set),
		cmocka_unit_test(
			an_insecure_stream_loses_all_keys_and_its_neighbour_none),
		cmocka_unit_test(an_answer_without_room_is_not_begun),
		cmocka_unit_test(
			a_tap_may_bend_or_drop_an_answer_but_sees_no_key),
		cmocka_unit_test(each_change_of_a_key_is_traced_once),
		cmocka_unit_test(bad_references_have_no_state),
		cmocka_unit_test(
			sanity_sees_keys_without_an_owner_and_rows_without_keys),
	};

	return cmocka_run_group_tests_name("idekm rsp", tests, NULL, NULL);
}
