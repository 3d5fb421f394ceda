/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdisp_test.h"

#define U TDI_UNLOCKED
#define L TDI_LOCKED
#define R TDI_RUN
#define E TDI_ERROR
#define X 9 /* refused */

/*
 * Rows as PCIe Base 6.x §11.3 (legal states of each message) and §11.4
 * (transitions) have them, with the readings that the table's comment names.
 */
static const uint8_t rows[TDI_EVENTS][TDI_STATES] = {
	/* clang-format off */
	/*                          U  L  R  E */
	[TDI_EV_VERSION]       = { U, L, R, E },
	[TDI_EV_CAPS]          = { U, L, R, E },
	[TDI_EV_LOCK]          = { L, X, X, X },
	[TDI_EV_REPORT]        = { X, L, R, X },
	[TDI_EV_STATE]         = { U, L, R, E },
	[TDI_EV_START]         = { X, R, X, X },
	[TDI_EV_STOP]          = { U, U, U, U },
	[TDI_EV_BIND_P2P]      = { X, X, R, X },
	[TDI_EV_UNBIND_P2P]    = { X, X, R, X },
	[TDI_EV_SET_MMIO_ATTR] = { X, X, R, X },
	[TDI_EV_VDM]           = { U, L, R, X },
	[TDI_EV_CONFIG]        = { X, E, E, X },
	[TDI_EV_FLR]           = { X, E, E, X },
	[TDI_EV_POWER]         = { X, E, E, X },
	[TDI_EV_STREAM]        = { X, E, E, X },
	[TDI_EV_SESSION]       = { X, E, E, E },
	[TDI_EV_FATAL]         = { X, E, E, X },
	[TDI_EV_SCRUBBED]      = { X, X, X, U },
	[TDI_EV_RESET]         = { U, U, U, U },
	/* clang-format on */
};

static void each_event_in_each_state_does_what_is_written(void **unused)
{
	(void)unused;
	for (unsigned ev = 0; ev < TDI_EVENTS; ev++)
		for (unsigned st = 0; st < TDI_STATES; st++) {
			struct rig g, before;
			enum tdisp_error e;
			struct tdi *t = &g.tdis[0];

			rig_init(&g, (enum tdi_state)st);
			memcpy(&before, &g, sizeof(g));
			e = cause(&g, (enum tdi_event)ev, SESSION);
			if (rows[ev][st] == X) {
				assert_int_equal(
					e, TDISP_E_INVALID_INTERFACE_STATE);
				assert_memory_equal(t, &before.tdis[0],
						    sizeof(*t));
				assert_memory_equal(&g.hw, &before.hw,
						    sizeof(g.hw));
				assert_int_equal(g.f.traced, 0);
				continue;
			}
			assert_int_equal(e, TDISP_E_NONE);
			assert_int_equal(t->state, rows[ev][st]);
			assert_true(tdi_sane(t));
			assert_int_equal(g.f.traced, t->state != st);
			assert_memory_equal(&g.tdis[1], &before.tdis[1],
					    sizeof(*t));
			if (t->state == st)
				continue;
			assert_int_equal(g.hw.old, st);
			assert_int_equal(g.hw.now, t->state);
			assert_int_equal(g.hw.why, ev);
			assert_int_equal(t->runs,
					 before.tdis[0].runs + (st == R));
		}
}

static bool nonce_gone(const struct tdi *t)
{
	static const uint8_t none[TDISP_NONCE_LEN];

	return !t->nonce_live && memcmp(t->nonce, none, sizeof(none)) == 0;
}

static void whatever_leaves_locked_wipes_the_nonce(void **unused)
{
	(void)unused;
	for (unsigned ev = 0; ev < TDI_EVENTS; ev++) {
		struct rig g;

		rig_init(&g, L);
		assert_true(g.tdis[0].nonce_live);
		(void)cause(&g, (enum tdi_event)ev, SESSION);
		assert_int_equal(nonce_gone(&g.tdis[0]), g.tdis[0].state != L);
	}
}

static void what_is_unlocked_remembers_nothing_of_its_lock(void **unused)
{
	static const enum tdi_event outs[] = { TDI_EV_STOP, TDI_EV_RESET,
					       TDI_EV_SCRUBBED };

	(void)unused;
	for (size_t i = 0; i < COUNT(outs); i++)
		for (unsigned st = L; st < TDI_STATES; st++) {
			const struct tdisp_lock none = { 0 };
			struct rig g, clean;

			rig_init(&g, (enum tdi_state)st);
			if (cause(&g, outs[i], SESSION))
				continue;
			rig_init(&clean, U);
			g.tdis[0].runs = 0;
			assert_memory_equal(&g.tdis[0].lock, &none,
					    sizeof(none));
			assert_int_equal(g.tdis[0].session, 0);
			assert_int_equal(g.tdis[0].rep_len, 0);
			assert_memory_equal(g.tdis[0].p2p, clean.tdis[0].p2p,
					    sizeof(clean.tdis[0].p2p));
			assert_int_equal(g.tdis[0].non_tee, 0);
			assert_int_equal(tdi_ranges(&g.tdis[0]), 0);
			assert_false(tdi_uses_stream(&g.tdis[0], WANT_STREAM));
			/* The peer's stream was given back. */
			assert_int_equal(g.hw.unbinds, st >= R);
		}
}

static void lock_takes_what_was_asked_and_answers_its_nonce(void **unused)
{
	struct rig g;
	const struct tdi *t = &g.tdis[0];

	(void)unused;
	rig_init(&g, U);
	g.f.next = 0x30;
	assert_int_equal(cause(&g, TDI_EV_LOCK, SESSION), 0);
	for (uint8_t i = 0; i < TDISP_NONCE_LEN; i++) {
		assert_int_equal(g.rsp.nonce[i], 0x30 + i);
		assert_int_equal(t->nonce[i], 0x30 + i);
	}
	assert_int_equal(t->session, SESSION);
	assert_int_equal(t->lock.default_stream, WANT_STREAM);
	assert_int_equal(t->lock.flags, TDISP_LOCK_BIND_P2P | TDISP_LOCK_MSIX);
	assert_int_equal(t->lock.mmio_offset, 0xd0000000);
	assert_true(tdi_uses_stream(t, WANT_STREAM));
	assert_false(tdi_uses_stream(t, WANT_STREAM + 1));
	assert_int_equal(g.hw.session, SESSION);
	assert_int_equal(g.hw.arms, 1);
	assert_int_equal(g.hw.disarms, 0);
	assert_int_equal(g.hw.quiesces, 1);
	/* Reporting offset added, in pages. */
	assert_int_equal(tdi_range(t, 0).first_page, 0xd0100);
	assert_int_equal(tdi_range(t, 1).first_page, 0xd0200);
	struct tdisp_report r;

	assert_int_equal(tdisp_report_decode(t->rep, t->rep_len, &r), IL_OK);
	assert_int_equal(r.ranges[1].first_page, 0xd0200);
	assert_int_equal(r.vendor_len, 6);
}

static void two_locks_have_two_nonces(void **unused)
{
	struct rig g;
	uint8_t first[TDISP_NONCE_LEN];

	(void)unused;
	rig_init(&g, L);
	memcpy(first, g.tdis[0].nonce, sizeof(first));
	assert_int_equal(cause(&g, TDI_EV_STOP, SESSION), 0);
	assert_int_equal(cause(&g, TDI_EV_LOCK, SESSION), 0);
	assert_memory_not_equal(first, g.tdis[0].nonce, sizeof(first));
}

static void a_negative_reporting_offset_wraps(void **unused)
{
	struct rig g;
	struct tdi_arg arg = { .session = SESSION,
			       .req = &g.req,
			       .rsp = &g.rsp };

	(void)unused;
	rig_init(&g, U);
	g.req.lock.default_stream = WANT_STREAM;
	g.req.lock.mmio_offset = (uint64_t)-0x80000;
	assert_int_equal(tdi_handle(&g.r, &g.tdis[0], TDI_EV_LOCK, &arg), 0);
	assert_int_equal(tdi_range(&g.tdis[0], 0).first_page, 0x80);
	assert_int_equal(tdi_range(&g.tdis[0], 1).first_page, 0x180);
}

/* Each way in which LOCK fails, and what the answer says. */
static void every_failed_lock_leaves_all_as_it_was(void **unused)
{
	enum {
		CHECK,
		CHECK2,
		ARM,
		REPORT,
		REPORT_BAD,
		REPORT_BIG,
		RANDOM,
		QUIESCE,
		SLOW,
		FLAGS,
		OFFSET,
		WAYS
	};
	static const uint16_t want[WAYS] = {
		[CHECK] = TDISP_E_INVALID_REQUEST,
		[CHECK2] = TDISP_E_INVALID_DEVICE_CONFIGURATION,
		[ARM] = TDISP_E_UNSPECIFIED,
		[REPORT] = TDISP_E_UNSPECIFIED,
		[REPORT_BAD] = TDISP_E_UNSPECIFIED,
		[REPORT_BIG] = TDISP_E_UNSPECIFIED,
		[RANDOM] = TDISP_E_INSUFFICIENT_ENTROPY,
		[QUIESCE] = TDISP_E_UNSPECIFIED,
		[SLOW] = TDISP_E_BUSY,
		[FLAGS] = TDISP_E_INVALID_REQUEST,
		[OFFSET] = TDISP_E_INVALID_REQUEST,
	};

	(void)unused;
	for (unsigned way = 0; way < WAYS; way++) {
		struct rig g;
		struct tdi before;
		struct tdi_arg arg = { .session = SESSION,
				       .req = &g.req,
				       .rsp = &g.rsp };

		rig_init(&g, U);
		g.req.lock.default_stream = WANT_STREAM;
		g.hw.check = way == CHECK ? TDISP_E_INVALID_REQUEST
			     : way == CHECK2
				     ? TDISP_E_INVALID_DEVICE_CONFIGURATION
				     : TDISP_E_NONE;
		g.hw.arm = way == ARM ? IL_E_IO : IL_OK;
		g.hw.report = way == REPORT ? IL_E_IO : IL_OK;
		if (way == REPORT_BAD)
			g.hw.rep.ranges[1].pages = 0;
		if (way == REPORT_BIG)
			g.hw.rep.vendor_len = REP_CAP;
		g.f.random_err = way == RANDOM ? IL_E_RANDOM : IL_OK;
		g.hw.quiesce = way == QUIESCE ? IL_E_IO
			       : way == SLOW  ? IL_E_AGAIN
					      : IL_OK;
		if (way == FLAGS)
			g.r.caps.lock_flags = TDISP_LOCK_MSIX;
		g.req.lock.flags = way == FLAGS ? TDISP_LOCK_REDIRECT : 0;
		g.req.lock.mmio_offset = way == OFFSET ? 0x800 : 0;
		static uint8_t big[REP_CAP];

		if (way == REPORT_BIG)
			g.hw.rep.vendor = big;
		memcpy(&before, &g.tdis[0], sizeof(before));
		assert_int_equal(
			tdi_handle(&g.r, &g.tdis[0], TDI_EV_LOCK, &arg),
			want[way]);
		if (way == SLOW) { /* it has begun; STOP ends it */
			assert_true(g.tdis[0].locking);
			assert_int_equal(g.hw.arms, 1);
			assert_int_equal(g.hw.disarms, 0);
			assert_int_equal(cause(&g, TDI_EV_STOP, SESSION), 0);
		}
		assert_memory_equal(&g.tdis[0], &before, sizeof(before));
		assert_int_equal(g.hw.arms, g.hw.disarms);
		assert_int_equal(g.f.traced, 0);
		assert_int_equal(g.hw.entered, 0);
		if (way == FLAGS || way == OFFSET)
			assert_int_equal(g.hw.arms + g.hw.quiesces, 0);
		if (way == RANDOM)
			assert_int_equal(g.hw.quiesces, 0);
	}
}

static void each_flag_must_be_offered_if_it_exists(void **unused)
{
	(void)unused;
	for (unsigned bit = 0; bit < 16; bit++) {
		struct rig g;
		struct tdi_arg arg = { .session = SESSION,
				       .req = &g.req,
				       .rsp = &g.rsp };

		rig_init(&g, U);
		g.r.caps.lock_flags = TDISP_LOCK_FLAGS & ~TDISP_LOCK_MSIX;
		g.req.lock.default_stream = WANT_STREAM;
		g.req.lock.flags = (uint16_t)(1u << bit);
		assert_int_equal(
			tdi_handle(&g.r, &g.tdis[0], TDI_EV_LOCK, &arg),
			bit == 2 ? TDISP_E_INVALID_REQUEST : TDISP_E_NONE);
		assert_int_equal(g.tdis[0].lock.flags,
				 bit < 5 && bit != 2 ? 1u << bit : 0);
	}
}

static void a_wrong_nonce_leaves_locked_and_the_right_one_works_then(void **u)
{
	(void)u;
	for (unsigned bit = 0; bit < 8 * TDISP_NONCE_LEN; bit++) {
		struct rig g;
		struct tdi before;
		struct tdi_arg arg = { .session = SESSION,
				       .req = &g.req,
				       .rsp = &g.rsp };

		rig_init(&g, L);
		memcpy(&before, &g.tdis[0], sizeof(before));
		memcpy(g.req.nonce, g.tdis[0].nonce, TDISP_NONCE_LEN);
		g.req.nonce[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(
			tdi_handle(&g.r, &g.tdis[0], TDI_EV_START, &arg),
			TDISP_E_INVALID_NONCE);
		assert_memory_equal(&g.tdis[0], &before, sizeof(before));
		assert_int_equal(cause(&g, TDI_EV_START, SESSION), 0);
		assert_int_equal(g.tdis[0].state, R);
	}
}

static void report_portions_are_cut_to_what_there_is_and_fits(void **unused)
{
	static const struct {
		uint16_t offset, length;
		size_t room;
		uint16_t portion, rest;
		uint16_t err;
	} cuts[] = {
		/* the report is 16 + 2 * 16 + 4 + 6 = 58 bytes */
		{ 0, 0xffff, 4096, 58, 0, 0 },
		{ 0, 0xffff, 20, 20, 38, 0 },
		{ 0, 58, 4096, 58, 0, 0 },
		{ 0, 57, 4096, 57, 1, 0 },
		{ 57, 1, 4096, 1, 0, 0 },
		{ 57, 2, 4096, 1, 0, 0 },
		{ 10, 20, 4096, 20, 28, 0 },
		{ 58, 1, 4096, 0, 0, TDISP_E_INVALID_REQUEST },
		{ 59, 1, 4096, 0, 0, TDISP_E_INVALID_REQUEST },
		{ 0xffff, 0xffff, 4096, 0, 0, TDISP_E_INVALID_REQUEST },
		{ 0, 0, 4096, 0, 0, TDISP_E_INVALID_REQUEST },
	};
	struct rig g;
	struct tdi_arg arg = { .session = SESSION,
			       .req = &g.req,
			       .rsp = &g.rsp };

	(void)unused;
	rig_init(&g, L);
	for (size_t i = 0; i < COUNT(cuts); i++) {
		struct tdi before;

		memset(&g.rsp, 0, sizeof(g.rsp));
		memcpy(&before, &g.tdis[0], sizeof(before));
		g.req.get_report.offset = cuts[i].offset;
		g.req.get_report.length = cuts[i].length;
		arg.room = cuts[i].room;
		assert_int_equal(
			tdi_handle(&g.r, &g.tdis[0], TDI_EV_REPORT, &arg),
			cuts[i].err);
		assert_int_equal(g.rsp.report.portion, cuts[i].portion);
		assert_int_equal(g.rsp.report.remainder, cuts[i].rest);
		if (!cuts[i].err)
			assert_ptr_equal(g.rsp.report.data,
					 g.tdis[0].rep + cuts[i].offset);
		assert_memory_equal(&g.tdis[0], &before, sizeof(before));
	}
}

static void answers_tell_version_capabilities_and_state(void **unused)
{
	(void)unused;
	for (unsigned st = 0; st < TDI_STATES; st++) {
		struct rig g;

		rig_init(&g, (enum tdi_state)st);
		assert_int_equal(cause(&g, TDI_EV_VERSION, SESSION), 0);
		assert_int_equal(g.rsp.versions.count, 1);
		assert_int_equal(g.rsp.versions.entries[0], 0x10);
		assert_int_equal(cause(&g, TDI_EV_STATE, SESSION), 0);
		assert_int_equal(g.rsp.state, st);
		assert_int_equal(cause(&g, TDI_EV_CAPS, SESSION), 0);
		assert_int_equal(g.rsp.caps.msgs[0], 0xfe);
		assert_int_equal(g.rsp.caps.msgs[1], 0x0f);
		assert_int_equal(g.rsp.caps.lock_flags, 0x1f);
		assert_int_equal(g.rsp.caps.addr_width, 52);
		assert_int_equal(g.rsp.caps.num_req_this, 1);
		assert_int_equal(g.rsp.caps.num_req_all, 1);
	}
}

static void another_session_may_ask_but_not_act(void **unused)
{
	(void)unused;
	for (unsigned ev = 0; ev < TDI_MSG_EVENTS; ev++)
		for (unsigned st = L; st < TDI_STATES; st++) {
			bool asks = ev == TDI_EV_VERSION || ev == TDI_EV_CAPS ||
				    ev == TDI_EV_STATE;
			struct rig g, before;
			enum tdisp_error e;

			rig_init(&g, (enum tdi_state)st);
			memcpy(&before, &g, sizeof(g));
			e = cause(&g, (enum tdi_event)ev, SESSION + 1);
			assert_memory_equal(&g.tdis[0], &before.tdis[0],
					    sizeof(struct tdi));
			assert_memory_equal(&g.hw, &before.hw, sizeof(g.hw));
			if (asks)
				assert_int_equal(e, 0);
			else if (ev == TDI_EV_LOCK)
				assert_int_equal(
					e, TDISP_E_INVALID_INTERFACE_STATE);
			else
				assert_int_equal(e, TDISP_E_INVALID_REQUEST);
		}
}

static void once_its_session_ended_any_session_may_stop_it(void **unused)
{
	(void)unused;
	for (unsigned st = L; st < TDI_STATES; st++) {
		struct rig g;

		rig_init(&g, (enum tdi_state)st);
		assert_int_equal(cause(&g, TDI_EV_SESSION, 0), 0);
		assert_int_equal(g.tdis[0].state, E);
		assert_int_equal(g.tdis[0].session, 0);
		assert_int_equal(cause(&g, TDI_EV_STOP, SESSION + 1), 0);
		assert_int_equal(g.tdis[0].state, U);
	}
}

static void a_slow_stop_is_busy_until_it_is_done(void **unused)
{
	(void)unused;
	for (unsigned st = L; st < TDI_STATES; st++) {
		struct rig g;
		struct tdi *t = &g.tdis[0];

		rig_init(&g, (enum tdi_state)st);
		unsigned q = g.hw.quiesces;

		g.hw.quiesce = IL_E_AGAIN;
		assert_int_equal(cause(&g, TDI_EV_STOP, SESSION), TDISP_E_BUSY);
		assert_int_equal(t->state, st);
		assert_int_equal(t->stopping, TDI_STEP_QUIESCE);
		assert_int_equal(g.hw.scrubs, 0);
		for (unsigned ev = 0; ev < TDI_MSG_EVENTS; ev++) {
			bool told = ev == TDI_EV_VERSION || ev == TDI_EV_CAPS;

			assert_int_equal(cause(&g, (enum tdi_event)ev, SESSION),
					 told ? TDISP_E_NONE : TDISP_E_BUSY);
			assert_int_equal(t->state, st);
		}
		assert_false(tdi_poll(&g.r, t, 0, UINT64_MAX));
		g.hw.quiesce = IL_OK;
		g.hw.scrub = IL_E_AGAIN;
		assert_int_equal(cause(&g, TDI_EV_STOP, SESSION), TDISP_E_BUSY);
		assert_int_equal(t->stopping, TDI_STEP_SCRUB);
		assert_int_equal(g.hw.quiesces, q + 4);
		assert_int_equal(cause(&g, TDI_EV_STATE, SESSION),
				 TDISP_E_BUSY);
		g.hw.scrub = IL_OK;
		assert_true(tdi_poll(&g.r, t, 0, UINT64_MAX));
		assert_int_equal(g.hw.quiesces, q + 4); /* not once more */
		assert_int_equal(t->state, U);
		assert_true(tdi_sane(t));
		assert_int_equal(cause(&g, TDI_EV_STOP, SESSION), 0);
		unsigned s = g.hw.scrubs;

		assert_true(tdi_poll(&g.r, t, 0, UINT64_MAX));
		assert_int_equal(g.hw.scrubs, s);
	}
}

static void another_session_does_not_carry_a_slow_stop_on(void **unused)
{
	struct rig g;

	(void)unused;
	rig_init(&g, R);
	g.hw.quiesce = IL_E_AGAIN;
	assert_int_equal(cause(&g, TDI_EV_STOP, SESSION), TDISP_E_BUSY);
	unsigned q = g.hw.quiesces;

	assert_int_equal(cause(&g, TDI_EV_STOP, SESSION + 1),
			 TDISP_E_INVALID_REQUEST);
	assert_int_equal(g.hw.quiesces, q);
}

static void a_failure_during_a_slow_stop_goes_to_error_and_on(void **unused)
{
	struct rig g;

	(void)unused;
	rig_init(&g, R);
	g.hw.quiesce = IL_E_AGAIN;
	assert_int_equal(cause(&g, TDI_EV_STOP, SESSION), TDISP_E_BUSY);
	assert_int_equal(cause(&g, TDI_EV_SESSION, 0), 0);
	assert_int_equal(g.tdis[0].state, E);
	g.hw.quiesce = IL_OK;
	assert_true(tdi_poll(&g.r, &g.tdis[0], 0, UINT64_MAX));
	assert_int_equal(g.tdis[0].state, U);
}

static void a_stop_that_cannot_be_done_ends_in_error(void **unused)
{
	(void)unused;
	for (unsigned how = 0; how < 2; how++)
		for (unsigned st = L; st < TDI_STATES; st++) {
			struct rig g;
			struct tdi *t = &g.tdis[0];

			rig_init(&g, (enum tdi_state)st);
			g.hw.quiesce = how ? IL_OK : IL_E_IO;
			g.hw.scrub = how ? IL_E_IO : IL_OK;
			assert_int_equal(cause(&g, TDI_EV_STOP, SESSION),
					 TDISP_E_UNSPECIFIED);
			assert_int_equal(t->state, E);
			assert_int_equal(t->stopping, TDI_STEP_NONE);
			assert_int_equal(g.hw.scrubs, how);
			assert_int_equal(t->session, SESSION);
			g.hw.quiesce = g.hw.scrub = IL_OK;
			assert_int_equal(cause(&g, TDI_EV_STOP, SESSION), 0);
			assert_int_equal(t->state, U);
		}
}

static void a_reset_erases_before_it_unlocks(void **unused)
{
	(void)unused;
	for (unsigned st = 0; st < TDI_STATES; st++) {
		struct rig g;
		struct tdi *t = &g.tdis[0];

		rig_init(&g, (enum tdi_state)st);
		unsigned q = g.hw.quiesces;

		g.hw.scrub = IL_E_AGAIN;
		assert_int_equal(cause(&g, TDI_EV_RESET, 0), TDISP_E_BUSY);
		assert_int_equal(t->state, st == U ? U : E);
		assert_int_equal(t->stopping, TDI_STEP_SCRUB);
		assert_true(tdi_sane(t));
		assert_int_equal(cause(&g, TDI_EV_LOCK, SESSION), TDISP_E_BUSY);
		g.hw.scrub = IL_E_IO;
		assert_int_equal(cause(&g, TDI_EV_STOP, SESSION),
				 TDISP_E_UNSPECIFIED);
		/* Nothing becomes usable that is not clean. */
		assert_int_equal(t->state, st == U ? U : E);
		assert_int_equal(cause(&g, TDI_EV_LOCK, SESSION),
				 st == U ? TDISP_E_BUSY
					 : TDISP_E_INVALID_INTERFACE_STATE);
		g.hw.scrub = IL_OK;
		assert_int_equal(cause(&g, TDI_EV_STOP, SESSION), 0);
		assert_int_equal(t->state, U);
		assert_int_equal(t->stopping, TDI_STEP_NONE);
		assert_int_equal(g.hw.quiesces, q + (st != U));
	}
}

static void stop_while_unlocked_asks_nothing_of_the_device(void **unused)
{
	struct rig g;

	(void)unused;
	rig_init(&g, U);
	assert_int_equal(cause(&g, TDI_EV_STOP, SESSION), 0);
	assert_int_equal(g.hw.quiesces + g.hw.scrubs, 0);
}

static void peer_streams_are_bound_once_and_never_the_default(void **unused)
{
	struct rig g;
	struct tdi *t = &g.tdis[0];
	struct tdi before;
	struct tdi_arg arg = { .session = SESSION,
			       .req = &g.req,
			       .rsp = &g.rsp };

	(void)unused;
	rig_init(&g, R);
	assert_true(tdi_uses_stream(t, 200));
	assert_int_equal(g.hw.binds, 1);
	g.hw.session = 0;
	assert_int_equal(cause(&g, TDI_EV_BIND_P2P, SESSION), 0);
	assert_int_equal(g.hw.session, SESSION);
	assert_true(tdi_uses_stream(t, 33));
	memcpy(&before, t, sizeof(before));
	assert_int_equal(cause(&g, TDI_EV_BIND_P2P, SESSION),
			 TDISP_E_INVALID_REQUEST);
	g.req.stream = WANT_STREAM;
	assert_int_equal(tdi_handle(&g.r, t, TDI_EV_BIND_P2P, &arg),
			 TDISP_E_INVALID_REQUEST);
	g.req.stream = 44;
	g.hw.bind = TDISP_E_INVALID_REQUEST;
	assert_int_equal(tdi_handle(&g.r, t, TDI_EV_BIND_P2P, &arg),
			 TDISP_E_INVALID_REQUEST);
	assert_int_equal(g.hw.binds, 3);
	assert_int_equal(tdi_handle(&g.r, t, TDI_EV_UNBIND_P2P, &arg),
			 TDISP_E_INVALID_REQUEST);
	assert_int_equal(g.hw.unbinds, 0);
	g.req.stream = 33;
	g.hw.unbind = TDISP_E_UNSPECIFIED;
	assert_int_equal(tdi_handle(&g.r, t, TDI_EV_UNBIND_P2P, &arg),
			 TDISP_E_UNSPECIFIED);
	assert_memory_equal(&before, t, sizeof(before));
	g.hw.unbind = TDISP_E_NONE;
	assert_int_equal(tdi_handle(&g.r, t, TDI_EV_UNBIND_P2P, &arg), 0);
	assert_false(tdi_uses_stream(t, 33));
	assert_true(tdi_uses_stream(t, 200));
}

static void peer_streams_need_the_lock_flag(void **unused)
{
	struct rig g;
	struct tdi before;

	(void)unused;
	rig_init(&g, R);
	g.tdis[0].lock.flags = 0;
	memcpy(&before, &g.tdis[0], sizeof(before));
	assert_int_equal(cause(&g, TDI_EV_BIND_P2P, SESSION),
			 TDISP_E_INVALID_REQUEST);
	assert_memory_equal(&before, &g.tdis[0], sizeof(before));
}

static void
an_attribute_changes_and_the_report_tells_that_of_the_lock(void **unused)
{
	struct rig g;
	struct tdi *t = &g.tdis[0];
	struct tdisp_report r;

	(void)unused;
	rig_init(&g, R);
	assert_int_equal(cause(&g, TDI_EV_SET_MMIO_ATTR, SESSION), 0);
	assert_int_equal(g.hw.range.attrs,
			 TDISP_RANGE_UPDATABLE | TDISP_RANGE_NON_TEE);
	assert_int_equal(g.hw.range.id, 2);
	assert_int_equal(tdisp_report_decode(t->rep, t->rep_len, &r), IL_OK);
	assert_int_equal(r.ranges[0].attrs, 0);
	assert_int_equal(r.ranges[1].attrs, TDISP_RANGE_UPDATABLE);
	assert_int_equal(tdi_range(t, 1).attrs,
			 TDISP_RANGE_UPDATABLE | TDISP_RANGE_NON_TEE);
	assert_int_equal(r.ranges[1].first_page, 0xd0200);
	assert_memory_equal(r.vendor, "vendor", 6);
	/* And back; other attributes in the request do not count. */
	struct tdi_arg arg = { .session = SESSION,
			       .req = &g.req,
			       .rsp = &g.rsp };

	g.req.range.attrs = TDISP_RANGE_MSIX_TABLE;
	assert_int_equal(tdi_handle(&g.r, t, TDI_EV_SET_MMIO_ATTR, &arg), 0);
	assert_int_equal(tdi_range(t, 1).attrs, TDISP_RANGE_UPDATABLE);
}

static void an_attribute_that_may_not_change_does_not(void **unused)
{
	static const struct tdisp_range bad[] = {
		{ 0xd0100, 4, 4, 0 },  /* not updatable */
		{ 0xd0200, 15, 4, 2 }, /* a part */
		{ 0x200, 16, 4, 2 },   /* without the reporting offset */
		{ 0xd0200, 16, 4, 3 }, /* another id */
	};

	(void)unused;
	for (size_t i = 0; i <= COUNT(bad); i++) {
		struct rig g, before;
		struct tdi_arg arg = { .session = SESSION,
				       .req = &g.req,
				       .rsp = &g.rsp };
		enum tdisp_error e;

		rig_init(&g, R);
		memcpy(&before, &g, sizeof(g));
		if (i < COUNT(bad)) {
			g.req.range = bad[i];
			e = tdi_handle(&g.r, &g.tdis[0], TDI_EV_SET_MMIO_ATTR,
				       &arg);
			assert_int_equal(e, TDISP_E_INVALID_REQUEST);
			assert_int_equal(g.hw.attrs, 0);
		} else {
			g.hw.attr = TDISP_E_UNSPECIFIED;
			e = cause(&g, TDI_EV_SET_MMIO_ATTR, SESSION);
			assert_int_equal(e, TDISP_E_UNSPECIFIED);
		}
		assert_memory_equal(&g.tdis[0], &before.tdis[0],
				    sizeof(struct tdi));
		assert_memory_equal(g.rep, before.rep, sizeof(g.rep));
	}
}

static void a_vendor_message_is_answered_by_the_device(void **unused)
{
	struct rig g;

	(void)unused;
	rig_init(&g, L);
	g.hw.vdm_len = 3;
	assert_int_equal(cause(&g, TDI_EV_VDM, SESSION), 0);
	assert_int_equal(g.rsp.vdm.len, 3);
	assert_int_equal(g.rsp.vdm.data[2], 0x42);
	g.hw.vdm = TDISP_E_VENDOR_SPECIFIC;
	assert_int_equal(cause(&g, TDI_EV_VDM, SESSION),
			 TDISP_E_VENDOR_SPECIFIC);
	g.hw.vdm = TDISP_E_NONE;
	g.hw.vdm_len = 65; /* more than there is room for */
	assert_int_equal(cause(&g, TDI_EV_VDM, SESSION), TDISP_E_UNSPECIFIED);
}

static void a_new_name_or_none_is_a_change_of_locked_configuration(void **u)
{
	struct rig g;

	(void)u;
	rig_init(&g, R);
	tdi_host(&g.r, &g.tdis[0], true, FN_ID);
	assert_int_equal(g.tdis[0].state, R);
	tdi_host(&g.r, &g.tdis[0], true, FN_ID | 0x01050000);
	assert_int_equal(g.tdis[0].state, E);
	assert_int_equal(g.tdis[0].id, FN_ID | 0x01050000);
	rig_init(&g, L);
	tdi_host(&g.r, &g.tdis[0], false, FN_ID);
	assert_int_equal(g.tdis[0].state, E);
	assert_false(g.tdis[0].hosted);
	rig_init(&g, U);
	tdi_host(&g.r, &g.tdis[0], true, 7);
	assert_int_equal(g.tdis[0].state, U);
	assert_int_equal(g.tdis[0].id, 7);
}

static void to_learn_the_bus_is_no_new_name(void **unused)
{
	static const struct {
		uint32_t before, after;
		enum tdi_state state;
		uint32_t as;
	} names[] = {
		{ 0x80000008, 0x80000008, R, 0x4708 },
		{ 0x80000008, 0x4708, R, 0x4708 },
		{ 0x80000008, 0x4708, R, 0x01054708 },
		{ 0x80000008, 0x4708, E, 0x4608 },
		{ 0x80000008, 0x4708, R, 0xbeef }, /* no name of it at all */
		{ 0x80000008, 0x4710, E, 0x4708 },
		{ 0x80000008, 0x80000010, E, 0x4708 },
		{ 0x80000008, 0x01054708, E, 0x4708 },
		{ 0x4708, 0x80000008, E, 0x4708 },
	};
	struct rig g;

	(void)unused;
	for (size_t i = 0; i < COUNT(names); i++) {
		rig_init(&g, R);
		g.tdis[0].id = names[i].before;
		g.tdis[0].as = names[i].as;
		tdi_host(&g.r, &g.tdis[0], true, names[i].after);
		assert_int_equal(g.tdis[0].state, names[i].state);
		assert_int_equal(g.tdis[0].id, names[i].after);
	}
}

static void an_altered_table_is_obeyed(void **unused)
{
	struct rig g;
	static struct tdi_edge mine[TDI_EVENTS][TDI_STATES];

	(void)unused;
	rig_init(&g, L);
	memcpy(mine, tdi_edges, sizeof(mine));
	mine[TDI_EV_CONFIG][TDI_LOCKED] =
		mine[TDI_EV_STATE][TDI_LOCKED]; /* pretends nothing happened */
	mine[TDI_EV_REPORT][TDI_LOCKED].act = NULL;
	g.r.table = (const struct tdi_edge(*)[TDI_STATES])mine;
	assert_int_equal(cause(&g, TDI_EV_REPORT, SESSION),
			 TDISP_E_INVALID_INTERFACE_STATE);
	assert_int_equal(cause(&g, TDI_EV_CONFIG, SESSION), 0);
	assert_int_equal(g.tdis[0].state, L);
}

static void sanity_names_what_cannot_be(void **unused)
{
	struct rig g;
	struct tdi *t = &g.tdis[0];

	(void)unused;
	rig_init(&g, L);
	t->nonce_live = false;
	assert_false(tdi_sane(t));
	rig_init(&g, R);
	t->nonce_live = true;
	assert_false(tdi_sane(t));
	rig_init(&g, R);
	t->session = 0;
	assert_false(tdi_sane(t));
	rig_init(&g, R);
	t->rep_len = 0;
	assert_false(tdi_sane(t));
	t->rep_len = t->rep_cap + 1;
	assert_false(tdi_sane(t));
	rig_init(&g, U);
	t->session = 1;
	assert_false(tdi_sane(t));
	rig_init(&g, U);
	t->p2p[7] = 1;
	assert_false(tdi_sane(t));
	rig_init(&g, U);
	t->rep_len = 1;
	assert_false(tdi_sane(t));
	rig_init(&g, U);
	t->stopping = TDI_STEP_QUIESCE;
	assert_false(tdi_sane(t));
	t->stopping = TDI_STEP_NONE;
	t->state = TDI_STATES;
	assert_false(tdi_sane(t));
}

int run_table_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_event_in_each_state_does_what_is_written),
		cmocka_unit_test(whatever_leaves_locked_wipes_the_nonce),
		cmocka_unit_test(
			what_is_unlocked_remembers_nothing_of_its_lock),
		cmocka_unit_test(
			lock_takes_what_was_asked_and_answers_its_nonce),
		cmocka_unit_test(two_locks_have_two_nonces),
		cmocka_unit_test(a_negative_reporting_offset_wraps),
		cmocka_unit_test(every_failed_lock_leaves_all_as_it_was),
		cmocka_unit_test(each_flag_must_be_offered_if_it_exists),
		cmocka_unit_test(
			a_wrong_nonce_leaves_locked_and_the_right_one_works_then),
		cmocka_unit_test(
			report_portions_are_cut_to_what_there_is_and_fits),
		cmocka_unit_test(answers_tell_version_capabilities_and_state),
		cmocka_unit_test(another_session_may_ask_but_not_act),
		cmocka_unit_test(
			once_its_session_ended_any_session_may_stop_it),
		cmocka_unit_test(a_slow_stop_is_busy_until_it_is_done),
		cmocka_unit_test(another_session_does_not_carry_a_slow_stop_on),
		cmocka_unit_test(
			a_failure_during_a_slow_stop_goes_to_error_and_on),
		cmocka_unit_test(a_stop_that_cannot_be_done_ends_in_error),
		cmocka_unit_test(a_reset_erases_before_it_unlocks),
		cmocka_unit_test(
			stop_while_unlocked_asks_nothing_of_the_device),
		cmocka_unit_test(
			peer_streams_are_bound_once_and_never_the_default),
		cmocka_unit_test(peer_streams_need_the_lock_flag),
		cmocka_unit_test(
			an_attribute_changes_and_the_report_tells_that_of_the_lock),
		cmocka_unit_test(an_attribute_that_may_not_change_does_not),
		cmocka_unit_test(a_vendor_message_is_answered_by_the_device),
		cmocka_unit_test(
			a_new_name_or_none_is_a_change_of_locked_configuration),
		cmocka_unit_test(to_learn_the_bus_is_no_new_name),
		cmocka_unit_test(an_altered_table_is_obeyed),
		cmocka_unit_test(sanity_names_what_cannot_be),
	};

	return cmocka_run_group_tests_name("tdisp table", tests, NULL, NULL);
}
