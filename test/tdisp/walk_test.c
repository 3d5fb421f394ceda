/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdisp/vec.h"
#include "tdisp_test.h"

/* Seeded walks: the oracle is what must hold after each step. */

static enum il_err any_err(struct dice *d)
{
	static const enum il_err errs[] = { IL_E_AGAIN, IL_E_IO };
	uint64_t n = dice_below(d, 12);

	return n < COUNT(errs) ? errs[n] : IL_OK;
}

static enum tdisp_error any_refusal(struct dice *d)
{
	static const enum tdisp_error es[] = { TDISP_E_PENDING, TDISP_E_BUSY,
					       TDISP_E_UNSPECIFIED };
	uint64_t n = dice_below(d, 12);

	return n < COUNT(es) ? es[n] : TDISP_E_NONE;
}

/* Any event, but often the one that leads on, so that the walk gets deep. */
static enum tdi_event any_event(struct dice *d, enum tdi_state state)
{
	static const enum tdi_event on[TDI_STATES] = {
		[TDI_UNLOCKED] = TDI_EV_LOCK,
		[TDI_LOCKED] = TDI_EV_START,
		[TDI_RUN] = TDI_EV_BIND_P2P,
		[TDI_ERROR] = TDI_EV_STOP,
	};

	if (dice_below(d, 3) == 0)
		return on[state];
	return (enum tdi_event)dice_below(d, TDI_EVENTS);
}

/* A LOCK that is under way also ends by any event that is no message. */
static bool may_have_begun(enum tdi_event ev, enum tdisp_error e,
			   const struct tdi *before)
{
	if (before->locking && (ev == TDI_EV_LOCK || ev >= TDI_MSG_EVENTS))
		return true;
	if (ev == TDI_EV_LOCK)
		return e == TDISP_E_BUSY;
	return (ev == TDI_EV_STOP || ev == TDI_EV_RESET) &&
	       (e == TDISP_E_BUSY || e == TDISP_E_UNSPECIFIED);
}

static void a_long_walk_never_leaves_what_is_sane(void **unused)
{
	struct dice d = { .state = 42 };
	struct rig g;
	struct tdi *t = &g.tdis[0];
	unsigned seen[TDI_STATES][4] = { 0 };

	(void)unused;
	rig_init(&g, TDI_UNLOCKED);
	for (unsigned step = 0; step < 50000; step++) {
		enum tdi_event ev = any_event(&d, t->state);
		uint32_t session = SESSION + (dice_below(&d, 8) == 0);
		struct tdi before;
		enum tdisp_error e;

		g.hw.quiesce = any_err(&d);
		g.hw.scrub = any_err(&d);
		g.hw.arm = any_err(&d);
		g.hw.unbind = any_refusal(&d);
		g.f.random_err = dice_below(&d, 8) ? IL_OK : IL_E_RANDOM;
		memcpy(&before, t, sizeof(before));
		if (ev == TDI_EV_SESSION)
			session = 0;
		e = cause(&g, ev, session);
		seen[t->state][t->stopping]++;
		assert_true(tdi_sane(t));
		if (e && !may_have_begun(ev, e, &before))
			assert_memory_equal(t, &before, sizeof(before));
		/* Trust is gained by one door each. */
		if (t->state == TDI_LOCKED && before.state != TDI_LOCKED)
			assert_int_equal(ev, TDI_EV_LOCK);
		if (t->state == TDI_RUN && before.state != TDI_RUN) {
			assert_int_equal(ev, TDI_EV_START);
			assert_int_equal(before.state, TDI_LOCKED);
			assert_int_equal(before.session, session);
		}
		if (before.stopping)
			assert_true(t->state == before.state ||
				    t->state == TDI_ERROR ||
				    t->state == TDI_UNLOCKED);
	}
	/* It came by everywhere: each state at rest and in each step of STOP;
	 * only UNLOCKED has nothing to quiesce, and what was not in RUN has
	 * no stream for peers to give back. */
	for (unsigned st = 0; st < TDI_STATES; st++)
		for (unsigned stop = 0; stop < 4; stop++)
			assert_int_equal(
				seen[st][stop] > 0,
				stop == TDI_STEP_RELEASE
					? st >= TDI_RUN
					: st != TDI_UNLOCKED ||
						  stop != TDI_STEP_QUIESCE);
	assert_true(t->runs > 500);
}

static void bent_bytes_are_refused_or_mean_themselves(void **unused)
{
	struct dice d = { .state = 7 };
	FILE *f = recording();
	static struct vec v;

	(void)unused;
	while (vec_next(f, &v))
		for (unsigned i = 0; i < 2000; i++) {
			static uint8_t in[VEC_MAX], out[VEC_MAX];
			size_t n = v.n;
			struct wr w = wr_over(out, sizeof(out));
			struct tdisp_msg m;
			struct tdisp_report r;

			memcpy(in, v.p, n);
			in[dice_below(&d, n)] = (uint8_t)dice_u64(&d);
			in[dice_below(&d, n)] ^= (uint8_t)dice_u64(&d);
			n -= dice_below(&d, 3) == 0 ? dice_below(&d, n) : 0;
			if (n > 20 && !tdisp_report_decode(in + 20, n - 20, &r))
				assert_true(tdisp_report_sane(&r));
			if (tdisp_decode(in, n, &m))
				continue;
			assert_int_equal(tdisp_encode(&w, &m), IL_OK);
			assert_int_equal(w.len, n);
			if (!m.rsvd_set)
				assert_memory_equal(in, out, n);
		}
	fclose(f);
}

static void bent_requests_never_break_the_responder(void **unused)
{
	struct dice d = { .state = 9 };
	FILE *f = recording();
	static struct vec v;
	struct rig g;

	(void)unused;
	rig_init(&g, TDI_UNLOCKED);
	tdi_host(&g.r, &g.tdis[0], true, 0xbeef);
	while (vec_next(f, &v))
		for (unsigned i = 0; v.req && i < 1000; i++) {
			uint8_t in[64], out[256];
			struct tdisp_msg m;
			size_t len = 0;

			memcpy(in, v.p, v.n);
			if (v.p[1] == TDISP_LOCK_REQ)
				in[18] = WANT_STREAM;
			if (dice_below(&d, 2))
				in[dice_below(&d, v.n)] = (uint8_t)dice_u64(&d);
			if (in[1] == TDISP_LOCK_REQ && v.n >= 19)
				in[18] = WANT_STREAM;
			assert_int_equal(tdisp_rsp_handle(&g.r, SESSION, in,
							  v.n, out, sizeof(out),
							  &len),
					 IL_OK);
			assert_int_equal(tdisp_decode(out, len, &m), IL_OK);
			assert_true(tdisp_is_response(m.code));
			assert_true(tdi_sane(&g.tdis[0]));
		}
	fclose(f);
}

int run_walk_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_walk_never_leaves_what_is_sane),
		cmocka_unit_test(bent_bytes_are_refused_or_mean_themselves),
		cmocka_unit_test(bent_requests_never_break_the_responder),
	};

	return cmocka_run_group_tests_name("tdisp walk", tests, NULL, NULL);
}
