/* SPDX-License-Identifier: BSD-2-Clause */
#include "idekm/rsp.h"
#include "idekm_test.h"

#include <pthread.h>

/*
 * Refusals, with bytes written out by hand from PCIe Base 6.x §6.33.3; slow
 * hardware; and what is left of a key in memory.
 */

#define ROWS 2

struct hw {
	unsigned programs, gos, stops, kills;
	enum il_err program, go, stop;
	uint8_t status;
};

static enum il_err hw_program(void *ctx, const struct idekm_ref *ref,
			      const uint8_t key[32], const uint8_t ifv[8],
			      uint8_t *status)
{
	static const uint8_t one[8] = { 0, 0, 0, 0, 0, 0, 0, 1 };
	struct hw *h = ctx;

	(void)key;
	h->programs++;
	*status = h->status;
	/* As hardware with ports 0 and 1 and streams below 8 has it. */
	if (ref->port > 1)
		*status = IDEKM_BAD_PORT;
	else if (ref->stream > 7 || memcmp(ifv, one, 8) != 0)
		*status = IDEKM_BAD_FIELD;
	return h->program;
}

static enum il_err hw_go(void *ctx, const struct idekm_ref *ref)
{
	struct hw *h = ctx;

	(void)ref;
	h->gos++;
	return h->go;
}

static enum il_err hw_stop(void *ctx, const struct idekm_ref *ref)
{
	struct hw *h = ctx;

	(void)ref;
	h->stops++;
	return h->stop;
}

static enum il_err hw_query(void *ctx, uint8_t port, struct idekm_msg *out)
{
	(void)ctx;
	out->max_port = 1;
	return port > 1 ? IL_E_ARG : IL_OK;
}

static void hw_kill(void *ctx, uint8_t port, uint8_t stream)
{
	(void)port;
	(void)stream;
	((struct hw *)ctx)->kills++;
}

static const struct idekm_port hw_port = { hw_program, hw_go, hw_stop, hw_query,
					   hw_kill };

struct rig {
	struct fake_env f;
	struct env env;
	struct hw hw;
	struct idekm_stream rows[ROWS];
	struct idekm_rsp r;
	uint8_t out[64];
	size_t n;
	enum il_err err;
};

static void rig_init(struct rig *g)
{
	memset(g, 0, sizeof(*g));
	g->env = fake_env(&g->f);
	idekm_rsp_init(&g->r, &g->env, &hw_port, &g->hw, g->rows, ROWS);
}

static size_t give(struct rig *g, const uint8_t *p, size_t n)
{
	g->n = 99;
	g->err =
		idekm_rsp_handle(&g->r, 7, p, n, g->out, sizeof(g->out), &g->n);
	assert_true(idekm_rsp_sane(&g->r));
	return g->err ? 0 : g->n;
}

/* KEY_PROG: {2, 0, 0, stream, 0, key_sub_stream, port}, key 32, IFV 8. */
static size_t key_prog(uint8_t *p, uint8_t stream, uint8_t kss, uint8_t port)
{
	const uint8_t head[7] = { 2, 0, 0, stream, 0, kss, port };

	memset(p, 0, 47);
	memcpy(p, head, 7);
	for (uint8_t i = 0; i < 32; i++)
		p[7 + i] = (uint8_t)(0xa0 + i);
	/* IFV_DW1 0, then IFV_DW0 1, each little-endian. */
	p[43] = 1;
	return 47;
}

static void each_wrong_field_is_told_by_its_status(void **unused)
{
	static const struct {
		uint8_t stream, kss, port;
		uint8_t at, value; /* another byte that is wrong */
		uint8_t status;
	} rows[] = {
		{ 5, 0x00, 0, 0, 2, 0 },
		{ 5, 0x23, 1, 0, 2, 0 },
		{ 5, 0x00, 2, 0, 2, 2 },
		{ 5, 0x00, 255, 0, 2, 2 },
		{ 8, 0x00, 0, 0, 2, 3 },
		{ 255, 0x00, 0, 0, 2, 3 },
		{ 5, 0x30, 0, 0, 2, 3 },
		{ 5, 0xf0, 0, 0, 2, 3 },
		{ 5, 0x40, 0, 0, 2, 3 },
		{ 5, 0x82, 0, 0, 2, 3 },
		{ 5, 0x00, 0, 39, 1, 3 }, /* IFV_DW1 not 0 */
		{ 5, 0x00, 0, 42, 0x80, 3 },
		{ 5, 0x00, 0, 43, 2, 3 }, /* IFV_DW0 not 1 */
		{ 5, 0x00, 0, 43, 0, 3 },
		{ 5, 0x00, 0, 44, 1, 3 },
		/* reserved: not looked at */
		{ 5, 0x00, 0, 1, 0xff, 0 },
		{ 5, 0x00, 0, 2, 0xff, 0 },
		{ 5, 0x00, 0, 4, 0xff, 0 },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const uint8_t want[7] = { 3,
					  0,
					  0,
					  rows[i].stream,
					  rows[i].status,
					  rows[i].kss,
					  rows[i].port };
		struct rig g;
		uint8_t p[47];

		rig_init(&g);
		(void)key_prog(p, rows[i].stream, rows[i].kss, rows[i].port);
		p[rows[i].at] = rows[i].value;
		assert_int_equal(give(&g, p, 47), 7);
		assert_memory_equal(g.out, want, 7);
		assert_int_equal(g.r.owner, rows[i].status ? 0 : 7);
		assert_int_equal(g.rows[0].used, !rows[i].status);
	}
}

static void what_cannot_say_no_says_nothing(void **unused)
{
	static const struct {
		uint8_t n, p[8];
	} rows[] = {
		{ 3, { 0, 0, 2 } },		      /* QUERY, port 2 */
		{ 2, { 0, 0 } },		      /* short */
		{ 4, { 0, 0, 0, 0 } },		      /* long */
		{ 7, { 4, 0, 0, 5, 0, 0x00, 0 } },    /* GO, no key */
		{ 7, { 4, 0, 0, 5, 0, 0x30, 0 } },    /* GO, no sub-stream */
		{ 7, { 5, 0, 0, 5, 0, 0x30, 0 } },    /* STOP, likewise */
		{ 6, { 5, 0, 0, 5, 0, 0x00 } },	      /* short */
		{ 8, { 5, 0, 0, 5, 0, 0x00, 0, 0 } }, /* long */
		{ 7, { 3, 0, 0, 5, 0, 0x00, 0 } },    /* responses */
		{ 7, { 6, 0, 0, 5, 0, 0x00, 0 } },
		{ 7, { 1, 0, 0, 0, 1, 0, 1 } },
		{ 7, { 7, 0, 0, 5, 0, 0x00, 0 } }, /* no object */
		{ 7, { 0xff, 0, 0, 5, 0, 0x00, 0 } },
		{ 0, { 0 } },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig g;

		rig_init(&g);
		assert_int_equal(give(&g, rows[i].p, rows[i].n), 0);
		assert_int_equal(g.err, IL_OK);
		assert_int_equal(g.r.owner, 0);
		assert_int_equal(g.hw.programs + g.hw.kills, 0);
	}
}

static void the_acknowledgement_comes_when_the_hardware_is_done(void **unused)
{
	const uint8_t go[7] = { 4, 0, 0, 5, 0, 0, 0 };
	uint8_t p[47], q[47];
	struct rig g;

	(void)unused;
	rig_init(&g);
	(void)key_prog(p, 5, 0x00, 0);
	(void)key_prog(q, 5, 0x02, 0);
	g.hw.program = IL_E_AGAIN;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(give(&g, p, 47), 0);
		assert_int_equal(g.err, IL_E_AGAIN);
	}
	/* The session has it, and the key is not there. */
	assert_int_equal(g.r.owner, 7);
	assert_int_equal(give(&g, go, 7), 0);
	assert_int_equal(g.err, IL_OK);
	/* One at a time. */
	assert_int_equal(give(&g, q, 47), 7);
	assert_int_equal(g.out[4], IDEKM_FAILED);
	assert_int_equal(g.hw.programs, 3);
	g.hw.program = IL_OK;
	assert_int_equal(give(&g, p, 47), 7);
	assert_int_equal(g.out[4], IDEKM_OK);
	g.hw.go = IL_E_AGAIN;
	assert_int_equal(give(&g, go, 7), 0);
	assert_int_equal(g.err, IL_E_AGAIN);
	g.hw.go = IL_OK;
	assert_int_equal(give(&g, go, 7), 7);
	assert_int_equal(give(&g, q, 47), 7);
	assert_int_equal(g.out[4], IDEKM_OK);
}

/* GO or STOP, {4 or 5, 0, 0, stream, 0, key_sub_stream, port}. */
static size_t gostop(struct rig *g, uint8_t object, uint8_t kss)
{
	const uint8_t p[7] = { object, 0, 0, 5, 0, kss, 0 };

	return give(g, p, sizeof(p));
}

static size_t prog(struct rig *g, uint8_t kss)
{
	uint8_t p[47];

	return give(g, p, key_prog(p, 5, kss, 0));
}

/* PROG, GO or STOP of key 0x00. */
static size_t slow_one(struct rig *g, uint8_t object)
{
	return object == 2 ? prog(g, 0x00) : gostop(g, object, 0x00);
}

/* One of them is under way; 0x02 is another key, programmed, 0x12 one that is
 * not. */
static void under_way(struct rig *g, uint8_t object)
{
	rig_init(g);
	assert_int_equal(prog(g, 0x00), 7);
	assert_int_equal(prog(g, 0x02), 7);
	g->hw.program = g->hw.go = g->hw.stop = IL_E_AGAIN;
	assert_int_equal(slow_one(g, object), 0);
	assert_int_equal(g->err, IL_E_AGAIN);
	g->hw.program = g->hw.go = g->hw.stop = IL_OK;
}

static void what_is_under_way_of_a_stream_is_alone(void **unused)
{
	(void)unused;
	for (uint8_t object = 2; object <= 5; object++) {
		unsigned programs, gos;
		struct rig g;

		if (object == 3)
			continue;
		under_way(&g, object);
		programs = g.hw.programs;
		gos = g.hw.gos;
		assert_int_equal(prog(&g, 0x12), 7);
		assert_int_equal(g.out[4], IDEKM_FAILED);
		assert_int_equal(gostop(&g, 4, 0x02), 0);
		assert_int_equal(g.err, IL_OK);
		if (object != 2) {
			assert_int_equal(prog(&g, 0x00), 7);
			assert_int_equal(g.out[4], IDEKM_FAILED);
		}
		if (object != 4)
			assert_int_equal(gostop(&g, 4, 0x00), 0);
		assert_int_equal(g.hw.programs, programs);
		assert_int_equal(g.hw.gos, gos);
		/* But to stop one ends no more than that one. */
		assert_int_equal(gostop(&g, 5, 0x02), 7);
		assert_true(g.rows[0].slow);
		assert_int_equal(slow_one(&g, object), 7);
		assert_false(g.rows[0].slow);
	}
}

static void what_is_under_way_fails_stops_or_is_lost(void **unused)
{
	enum { FAILS, STOP, LOST, WAYS };

	(void)unused;
	for (uint8_t object = 2; object <= 5; object++)
		for (int way = 0; way < WAYS; way++) {
			struct rig g;

			if (object == 3)
				continue;
			under_way(&g, object);
			if (way == FAILS) {
				g.hw.program = g.hw.go = g.hw.stop = IL_E_IO;
				(void)slow_one(&g, object);
				assert_int_equal(g.rows[0].key[0][0][0],
						 IDEKM_KEY_PRIMED);
			}
			if (way == STOP) {
				assert_int_equal(gostop(&g, 5, 0x00), 7);
				assert_int_equal(g.rows[0].key[0][0][0],
						 IDEKM_KEY_EMPTY);
			}
			if (way == LOST)
				idekm_rsp_insecure(&g.r, 0, 5);
			/* No key comes late. */
			assert_int_equal(g.hw.kills, way == LOST);
			assert_false(g.rows[0].slow);
		}
}

static void whatever_takes_the_stream_ends_a_slow_program(void **unused)
{
	enum { SESSION, INSECURE, RESET, STOP, FAILS, WAYS };
	const uint8_t stop[7] = { 5, 0, 0, 5, 0, 0, 0 };

	(void)unused;
	for (unsigned way = 0; way < WAYS; way++) {
		uint8_t p[47];
		struct rig g;

		rig_init(&g);
		(void)key_prog(p, 5, 0x00, 0);
		g.hw.program = IL_E_AGAIN;
		assert_int_equal(give(&g, p, 47), 0);
		assert_true(g.rows[0].slow);
		if (way == SESSION)
			idekm_rsp_session_ended(&g.r, 7, NULL, NULL);
		if (way == INSECURE)
			idekm_rsp_insecure(&g.r, 0, 5);
		if (way == RESET)
			idekm_rsp_reset(&g.r);
		if (way == STOP)
			assert_int_equal(give(&g, stop, 7), 7);
		if (way == FAILS) {
			g.hw.program = IL_E_IO;
			assert_int_equal(give(&g, p, 47), 7);
			assert_int_equal(g.out[4], IDEKM_FAILED);
		}
		assert_false(g.rows[0].used);
		assert_int_equal(g.hw.kills, way <= RESET);
		assert_int_equal(g.hw.stops, way == STOP);
		assert_true(idekm_rsp_sane(&g.r));
	}
}

/* What a call leaves on its stack, which is ours to look at. */
#define STACK (256u << 10)

struct job {
	struct rig *g;
	const uint8_t *p;
	size_t n;
};

static void *work(void *arg)
{
	struct job *j = arg;

	(void)give(j->g, j->p, j->n);
	return NULL;
}

static void run_on(uint8_t *stack, struct job *j)
{
	pthread_attr_t attr;
	pthread_t t;

	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstack(&attr, stack, STACK), 0);
	assert_int_equal(pthread_create(&t, &attr, work, j), 0);
	assert_int_equal(pthread_join(t, NULL), 0);
	assert_int_equal(pthread_attr_destroy(&attr), 0);
}

/* Reads what no variable lives in any more. */
#ifdef __clang__
#define DEAD_STACK __attribute__((no_sanitize("address", "memory")))
#else
#define DEAD_STACK __attribute__((no_sanitize_address))
#endif

/* Some 8 bytes of the key, in either order. */
DEAD_STACK static bool holds_key(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 8 <= n; i++)
		for (unsigned k = 0; k <= 24; k += 4) {
			unsigned wire = 0, aes = 0;

			for (unsigned b = 0; b < 8; b++) {
				unsigned at = k + b;

				wire += p[i + b] == 0xa0 + at;
				aes += p[i + b] ==
				       0xa0 + (at & ~3u) + (3 - at % 4);
			}
			if (wire == 8 || aes == 8)
				return true;
		}
	return false;
}

static void no_byte_of_a_key_is_left_behind(void **unused)
{
	enum { GOOD, REFUSED, SLOW, LONG, FOREIGN, WAYS };
	static uint8_t stack[STACK] __attribute__((aligned(4096)));

	(void)unused;
	for (unsigned way = 0; way < WAYS; way++) {
		uint8_t p[48];
		struct rig g;
		struct job j = { &g, p, way == LONG ? 48 : 47 };

		rig_init(&g);
		memset(stack, 0, sizeof(stack));
		(void)key_prog(p, 5, 0x00, 0);
		g.hw.status = way == REFUSED ? IDEKM_FAILED : IDEKM_OK;
		g.hw.program = way == SLOW ? IL_E_AGAIN : IL_OK;
		if (way == FOREIGN)
			g.r.owner = 8;
		run_on(stack, &j);
		assert_int_equal(g.err, way == SLOW ? IL_E_AGAIN : IL_OK);
		assert_false(holds_key(stack, sizeof(stack)));
		assert_false(holds_key((const uint8_t *)&g, sizeof(g)));
	}
	/* It would be seen. */
	memset(stack, 0, sizeof(stack));
	(void)key_prog(stack + 999, 5, 0, 0);
	assert_true(holds_key(stack, sizeof(stack)));
}

int run_refuse_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_wrong_field_is_told_by_its_status),
		cmocka_unit_test(what_cannot_say_no_says_nothing),
		cmocka_unit_test(
			the_acknowledgement_comes_when_the_hardware_is_done),
		cmocka_unit_test(what_is_under_way_of_a_stream_is_alone),
		cmocka_unit_test(what_is_under_way_fails_stops_or_is_lost),
		cmocka_unit_test(whatever_takes_the_stream_ends_a_slow_program),
		cmocka_unit_test(no_byte_of_a_key_is_left_behind),
	};

	return cmocka_run_group_tests_name("idekm refuse", tests, NULL, NULL);
}
