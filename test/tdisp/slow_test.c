/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdisp_test.h"

/* What takes time, and how many requests may wait; portions of any size. */

#define PENDING TDISP_E_PENDING

/* A whole message from @session to TDI @n; its response code. 0: not yet. */
static uint8_t give(struct rig *g, uint64_t session, unsigned n, uint8_t code)
{
	static const uint8_t lens[] = { 16, 20, 36, 20, 16, 48,
					16, 17, 17, 32, 20 };
	uint8_t in[64] = { 0x10, code, 0, 0, (uint8_t)(8 * n), 1 }, out[1024];
	size_t len = 0;
	enum il_err err;

	if (code == TDISP_LOCK_REQ) {
		in[16] = TDISP_LOCK_BIND_P2P;
		in[18] = WANT_STREAM;
	} else if (code == TDISP_START_REQ) {
		memcpy(in + 16, g->tdis[n].nonce, TDISP_NONCE_LEN);
	} else if (code == TDISP_BIND_P2P_REQ || code == TDISP_UNBIND_P2P_REQ) {
		in[16] = 33;
	} else if (code == TDISP_VDM_REQ) {
		in[17] = 2;
	}
	err = tdisp_rsp_handle(&g->r, session, in, lens[code - 0x81], out,
			       sizeof(out), &len);
	assert_true(tdi_sane(&g->tdis[n]));
	assert_true(tdisp_rsp_sane(&g->r));
	if (err == IL_E_AGAIN) {
		assert_int_equal(len, 0);
		return 0;
	}
	assert_int_equal(err, IL_OK);
	assert_memory_equal(out + 4, in + 4, 12);
	g->rsp.error.code = (uint32_t)out[16] | (uint32_t)out[17] << 8;
	return out[1];
}

static void busy(struct rig *g, uint64_t session, unsigned n, uint8_t code)
{
	assert_int_equal(give(g, session, n, code), TDISP_ERROR);
	assert_int_equal(g->rsp.error.code, TDISP_E_BUSY);
}

static void a_lock_that_drains_is_kept_under_the_watch(void **unused)
{
	static const uint8_t others[] = { TDISP_GET_STATE, TDISP_GET_REPORT,
					  TDISP_START_REQ, TDISP_VDM_REQ };
	enum { DRAIN, REPORT };

	(void)unused;
	for (unsigned what = 0; what < 2; what++) {
		struct rig g;
		struct tdi *t = &g.tdis[0];

		rig_init(&g, TDI_UNLOCKED);
		g.hw.quiesce = what == DRAIN ? IL_E_AGAIN : IL_OK;
		g.hw.report = what == REPORT ? IL_E_AGAIN : IL_OK;
		busy(&g, SESSION, 0, TDISP_LOCK_REQ);
		assert_true(t->locking);
		for (size_t i = 0; i < COUNT(others); i++)
			busy(&g, SESSION, 0, others[i]);
		assert_int_equal(give(&g, SESSION, 0, TDISP_GET_VERSION),
				 TDISP_VERSION);
		/* The other interface has nothing to wait for. */
		assert_int_equal(give(&g, SESSION, 1, TDISP_GET_STATE),
				 TDISP_STATE);
		busy(&g, SESSION + 1, 0, TDISP_LOCK_REQ);
		assert_int_equal(give(&g, SESSION + 1, 0, TDISP_STOP_REQ),
				 TDISP_ERROR);
		assert_int_equal(g.rsp.error.code, TDISP_E_INVALID_REQUEST);
		busy(&g, SESSION, 0, TDISP_LOCK_REQ);
		g.hw.quiesce = g.hw.report = IL_OK;
		assert_int_equal(give(&g, SESSION, 0, TDISP_LOCK_REQ),
				 TDISP_LOCK_RSP);
		assert_int_equal(g.hw.arms, 1);
		assert_int_equal(g.hw.disarms, 0);
		assert_int_equal(t->state, TDI_LOCKED);
		assert_false(t->locking);
	}
}

/* Whatever happened meanwhile, LOCK judges anew. */
static void a_lock_that_comes_again_is_judged_again(void **unused)
{
	struct rig g;

	(void)unused;
	rig_init(&g, TDI_UNLOCKED);
	g.hw.quiesce = IL_E_AGAIN;
	busy(&g, SESSION, 0, TDISP_LOCK_REQ);
	g.hw.quiesce = IL_OK;
	g.hw.check = TDISP_E_INVALID_DEVICE_CONFIGURATION;
	assert_int_equal(give(&g, SESSION, 0, TDISP_LOCK_REQ), TDISP_ERROR);
	assert_int_equal(g.rsp.error.code,
			 TDISP_E_INVALID_DEVICE_CONFIGURATION);
	assert_int_equal(g.hw.arms, g.hw.disarms);
	assert_false(g.tdis[0].locking);
	assert_int_equal(g.tdis[0].session, 0);
}

/* The report that the hardware is at is of the first one. */
static void another_lock_gives_the_first_one_up(void **unused)
{
	/* Bytes of flags, stream, offset, mask: at, value. */
	static const struct {
		uint8_t at, value;
		bool same;
	} rows[] = {
		{ 19, 0xff, true }, /* reserved */
		{ 16, 0, false },
		{ 21, 0x10, false },
		{ 35, 1, false },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t in[36] = { 0x10, TDISP_LOCK_REQ, 0, 0, 0, 1 }, out[256];
		struct rig g;
		size_t n;

		rig_init(&g, TDI_UNLOCKED);
		g.hw.report = IL_E_AGAIN;
		busy(&g, SESSION, 0, TDISP_LOCK_REQ);
		assert_int_equal(g.hw.arms, 1);
		in[16] = TDISP_LOCK_BIND_P2P;
		in[18] = WANT_STREAM;
		in[rows[i].at] = rows[i].value;
		assert_int_equal(tdisp_rsp_handle(&g.r, SESSION, in, sizeof(in),
						  out, sizeof(out), &n),
				 IL_OK);
		assert_int_equal(out[16], TDISP_E_BUSY);
		assert_int_equal(g.hw.disarms, !rows[i].same);
		assert_int_equal(g.hw.arms, 1 + g.hw.disarms);
		assert_true(g.tdis[0].locking);
		/* Of another session it does neither. */
		in[16] = (uint8_t)(in[16] ^ TDISP_LOCK_BIND_P2P);
		assert_int_equal(tdisp_rsp_handle(&g.r, SESSION + 1, in,
						  sizeof(in), out, sizeof(out),
						  &n),
				 IL_OK);
		assert_int_equal(out[16], TDISP_E_BUSY);
		assert_int_equal(g.hw.disarms, !rows[i].same);
	}
}

static void stop_and_each_event_end_a_lock_under_way(void **unused)
{
	(void)unused;
	for (unsigned ev = TDI_EV_STOP; ev < TDI_EVENTS; ev++) {
		struct rig g;

		if (ev != TDI_EV_STOP && ev < TDI_MSG_EVENTS)
			continue;
		rig_init(&g, TDI_UNLOCKED);
		g.hw.quiesce = IL_E_AGAIN;
		busy(&g, SESSION, 0, TDISP_LOCK_REQ);
		(void)cause(&g, (enum tdi_event)ev, SESSION);
		assert_false(g.tdis[0].locking);
		assert_int_equal(g.tdis[0].session, 0);
		assert_int_equal(g.tdis[0].state, TDI_UNLOCKED);
		assert_int_equal(g.hw.disarms, 1);
		/* Another session finds it free. */
		g.hw.quiesce = IL_OK;
		assert_int_equal(give(&g, SESSION + 1, 0, TDISP_LOCK_REQ),
				 TDISP_LOCK_RSP);
	}
}

static void requests_beyond_the_counts_are_busy(void **unused)
{
	static const struct {
		uint8_t one, all;
		/* second on the same, first on the other, second on it */
		bool same, other, more;
	} rows[] = {
		{ 0, 0, false, false, false }, { 1, 1, false, false, false },
		{ 1, 2, false, true, false },  { 2, 2, true, false, false },
		{ 2, 3, true, true, false },   { 2, 4, true, true, true },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig g;

		rig_init(&g, TDI_UNLOCKED);
		g.r.caps.num_req_this = rows[i].one ? rows[i].one : 1;
		g.r.caps.num_req_all = rows[i].all ? rows[i].all : 1;
		g.hw.vdm = PENDING;
		assert_int_equal(give(&g, 1, 0, TDISP_VDM_REQ), 0);
		if (rows[i].same)
			assert_int_equal(give(&g, 2, 0, TDISP_VDM_REQ), 0);
		else
			busy(&g, 2, 0, TDISP_VDM_REQ);
		if (rows[i].other)
			assert_int_equal(give(&g, 3, 1, TDISP_VDM_REQ), 0);
		else
			busy(&g, 3, 1, TDISP_GET_STATE);
		if (rows[i].more)
			assert_int_equal(give(&g, 4, 1, TDISP_VDM_REQ), 0);
		else
			busy(&g, 4, 1, TDISP_GET_STATE);
		/* STOP is always taken. */
		assert_int_equal(give(&g, 5, 1, TDISP_STOP_REQ),
				 TDISP_STOP_RSP);
		/* The one that waits gets its answer, and makes room. */
		g.hw.vdm = TDISP_E_NONE;
		assert_int_equal(give(&g, 1, 0, TDISP_VDM_REQ), TDISP_VDM_RSP);
		assert_int_equal(give(&g, 5, 0, TDISP_GET_STATE), TDISP_STATE);
	}
}

static void a_session_waits_for_one_answer_alone(void **unused)
{
	struct rig g;

	(void)unused;
	rig_init(&g, TDI_UNLOCKED);
	g.hw.vdm = PENDING;
	assert_int_equal(give(&g, 1, 0, TDISP_VDM_REQ), 0);
	/* It gave up, and asks for something else. */
	assert_int_equal(give(&g, 1, 0, TDISP_GET_STATE), TDISP_STATE);
	assert_int_equal(give(&g, 2, 0, TDISP_GET_STATE), TDISP_STATE);
	assert_int_equal(give(&g, 1, 1, TDISP_VDM_REQ), 0);
	busy(&g, 2, 1, TDISP_GET_STATE);
	tdisp_rsp_session_ended(&g.r, 2);
	busy(&g, 2, 1, TDISP_GET_STATE);
	tdisp_rsp_session_ended(&g.r, 1);
	assert_int_equal(give(&g, 2, 1, TDISP_GET_STATE), TDISP_STATE);
}

static void the_counts_are_told_as_they_are_kept(void **unused)
{
	static const struct {
		uint8_t one, all, told_one, told_all;
	} rows[] = {
		{ 0, 0, 1, 1 }, { 1, 4, 1, 4 },	      { 3, 0, 3, 3 },
		{ 5, 2, 2, 2 }, { 255, 255, 16, 16 }, { 1, 255, 1, 16 },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig g;
		struct tdisp_rsp_cfg cfg;

		rig_init(&g, TDI_UNLOCKED);
		cfg = (struct tdisp_rsp_cfg){ .env = &g.env,
					      .port = &g.port,
					      .port_ctx = &g.hw,
					      .addr_width = 48,
					      .num_req_this = rows[i].one,
					      .num_req_all = rows[i].all,
					      .tdis = g.tdis,
					      .tdi_count = TDIS,
					      .report = g.rep,
					      .report_cap = REP_CAP };
		tdisp_rsp_init(&g.r, &cfg);
		assert_int_equal(g.r.caps.num_req_this, rows[i].told_one);
		assert_int_equal(g.r.caps.num_req_all, rows[i].told_all);
		assert_int_equal(g.r.caps.addr_width, 48);
	}
}

/* A bind that takes time does not count before it is done, and is given back
 * if RUN ends meanwhile. */
static void a_slow_bind_counts_once_it_is_done(void **unused)
{
	static const enum tdi_event ends[] = { TDI_EV_STOP, TDI_EV_FATAL,
					       TDI_EV_SESSION, TDI_EV_RESET };

	(void)unused;
	for (size_t i = 0; i < COUNT(ends); i++) {
		struct rig g;
		unsigned unbinds;

		rig_init(&g, TDI_RUN);
		g.hw.bind = PENDING;
		assert_int_equal(give(&g, SESSION, 0, TDISP_BIND_P2P_REQ), 0);
		assert_false(tdi_uses_stream(&g.tdis[0], 33));
		g.hw.bind = TDISP_E_NONE;
		if (i == 0) {
			assert_int_equal(
				give(&g, SESSION, 0, TDISP_BIND_P2P_REQ),
				TDISP_BIND_P2P_RSP);
			assert_true(tdi_uses_stream(&g.tdis[0], 33));
		}
		unbinds = g.hw.unbinds;
		assert_int_equal(cause(&g, ends[i], SESSION), 0);
		assert_int_equal(g.hw.unbinds, unbinds + 2); /* 33 and 200 */
		assert_false(tdi_uses_stream(&g.tdis[0], 33));
	}
}

/* Law 55 */
/* Nothing but what the port has finished counts as bound. */
static void a_bind_that_was_given_up_is_given_back(void **unused)
{
	static const struct {
		enum tdisp_error unbind, told;
	} rows[] = {
		{ TDISP_E_NONE, TDISP_E_NONE },
		{ PENDING, TDISP_E_BUSY },
		{ TDISP_E_UNSPECIFIED, TDISP_E_UNSPECIFIED },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t in[17] = { 0x10, TDISP_BIND_P2P_REQ, 0, 0, 0, 1 };
		uint8_t out[256];
		struct rig g;
		size_t n;

		rig_init(&g, TDI_RUN);
		g.hw.bind = PENDING;
		assert_int_equal(give(&g, SESSION, 0, TDISP_BIND_P2P_REQ), 0);
		g.hw.bind = TDISP_E_NONE;
		g.hw.unbind = rows[i].unbind;
		in[16] = 34;
		assert_int_equal(tdisp_rsp_handle(&g.r, SESSION, in, sizeof(in),
						  out, sizeof(out), &n),
				 IL_OK);
		assert_int_equal(g.hw.unbinds, 1);
		if (rows[i].told)
			assert_int_equal(out[16], rows[i].told);
		assert_int_equal(out[1], rows[i].told ? TDISP_ERROR
						      : TDISP_BIND_P2P_RSP);
		assert_false(tdi_uses_stream(&g.tdis[0], 33));
		assert_int_equal(tdi_uses_stream(&g.tdis[0], 34),
				 !rows[i].told);
		/* STOP finds it, whatever became of it, beside the rig's own.
		 */
		g.hw.unbind = TDISP_E_NONE;
		assert_int_equal(give(&g, SESSION, 0, TDISP_STOP_REQ),
				 TDISP_STOP_RSP);
		assert_int_equal(g.hw.unbinds, 3);
	}
}

static void a_stop_waits_for_the_peers_streams(void **unused)
{
	struct rig g;
	struct tdi *t = &g.tdis[0];

	(void)unused;
	rig_init(&g, TDI_RUN);
	g.hw.unbind = TDISP_E_BUSY;
	busy(&g, SESSION, 0, TDISP_STOP_REQ);
	assert_int_equal(t->stopping, TDI_STEP_RELEASE);
	assert_int_equal(g.hw.scrubs, 0);
	assert_false(tdi_poll(&g.r, t, 1, UINT64_MAX));
	g.hw.unbind = TDISP_E_UNSPECIFIED;
	assert_true(tdi_poll(&g.r, t, 2, UINT64_MAX));
	assert_int_equal(t->state, TDI_ERROR);
	assert_true(t->p2p[200 / 32]);
	g.hw.unbind = TDISP_E_NONE;
	assert_int_equal(give(&g, SESSION, 0, TDISP_STOP_REQ), TDISP_STOP_RSP);
	assert_false(t->p2p[200 / 32]);
}

/* Every offset and length, against the report as one piece. */
static void every_portion_of_the_report_is_the_part_it_says(void **unused)
{
	struct rig g;
	const struct tdi *t = &g.tdis[0];
	uint8_t whole[128];
	unsigned total;

	(void)unused;
	rig_init(&g, TDI_LOCKED);
	total = (unsigned)t->rep_len;
	assert_int_equal(total, 58); /* 16 + 2 * 16 + 4 + 6 */
	memcpy(whole, t->rep, total);
	for (unsigned off = 0; off <= total + 1; off++)
		for (unsigned want = 0; want <= total + 2; want++) {
			unsigned len = want > total + 1 ? 0xffff : want;
			unsigned part = len < total - off ? len : total - off;
			uint8_t in[20] = { 0x10, 0x84, 0, 0, 0, 1 }, out[256];
			size_t n;

			in[16] = (uint8_t)off;
			in[18] = (uint8_t)len;
			in[19] = (uint8_t)(len >> 8);
			assert_int_equal(tdisp_rsp_handle(&g.r, SESSION, in, 20,
							  out, sizeof(out), &n),
					 IL_OK);
			if (!len || off >= total) {
				assert_int_equal(out[1], TDISP_ERROR);
				assert_int_equal(out[16], 1);
				continue;
			}
			assert_int_equal(out[1], 0x04);
			assert_int_equal(out[16] | out[17] << 8, part);
			assert_int_equal(out[18] | out[19] << 8,
					 total - off - part);
			assert_int_equal(n, 20 + part);
			assert_memory_equal(out + 20, whole + off, part);
		}
}

/* Only NON_TEE of an UPDATABLE range. */
static void an_attribute_changes_and_no_report_shows_it(void **unused)
{
	static const struct {
		uint64_t page;
		uint32_t pages;
		uint16_t attrs, id;
		bool ok;
		uint16_t now; /* of range 1 */
	} rows[] = {
		{ 0xd0200, 16, 0x4, 2, true, 0xc },
		{ 0xd0200, 16, 0x0, 2, true, 0x8 },
		{ 0xd0200, 16, 0xf, 2, true, 0xc },
		{ 0xd0200, 16, 0xb, 2, true, 0x8 },
		{ 0xd0100, 4, 0x4, 0, false, 0x8 }, /* not UPDATABLE */
		{ 0xd0200, 15, 0x4, 2, false, 0x8 },
		{ 0xd0201, 15, 0x4, 2, false, 0x8 },
		{ 0xd0200, 16, 0x4, 3, false, 0x8 },
		{ 0x200, 16, 0x4, 2, false, 0x8 }, /* without the offset */
	};
	struct rig g;

	(void)unused;
	rig_init(&g, TDI_RUN);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const uint64_t p = rows[i].page;
		uint8_t in[32] = { 0x10,
				   0x8a,
				   0,
				   0,
				   0,
				   1,
				   0,
				   0,
				   0,
				   0,
				   0,
				   0,
				   0,
				   0,
				   0,
				   0,
				   (uint8_t)p,
				   (uint8_t)(p >> 8),
				   (uint8_t)(p >> 16) };
		uint8_t out[64];
		size_t n;

		in[24] = (uint8_t)rows[i].pages;
		in[28] = (uint8_t)rows[i].attrs;
		in[30] = (uint8_t)rows[i].id;
		assert_int_equal(tdisp_rsp_handle(&g.r, SESSION, in, 32, out,
						  sizeof(out), &n),
				 IL_OK);
		assert_int_equal(out[1], rows[i].ok ? 0x0a : 0x7f);
		assert_int_equal(g.tdis[0].state, TDI_RUN);
		/* attributes of range 1: header 16, range 0 16, 12 in */
		assert_int_equal(g.tdis[0].rep[16 + 16 + 12], 8);
		assert_int_equal(tdi_range(&g.tdis[0], 1).attrs, rows[i].now);
	}
	g.hw.attr = TDISP_E_UNSPECIFIED;
	assert_int_equal(cause(&g, TDI_EV_SET_MMIO_ATTR, SESSION),
			 TDISP_E_UNSPECIFIED);
	assert_int_equal(tdi_range(&g.tdis[0], 1).attrs, 8);
	assert_int_equal(g.tdis[0].state, TDI_RUN);
}

int run_slow_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lock_that_drains_is_kept_under_the_watch),
		cmocka_unit_test(a_lock_that_comes_again_is_judged_again),
		cmocka_unit_test(another_lock_gives_the_first_one_up),
		cmocka_unit_test(stop_and_each_event_end_a_lock_under_way),
		cmocka_unit_test(requests_beyond_the_counts_are_busy),
		cmocka_unit_test(a_session_waits_for_one_answer_alone),
		cmocka_unit_test(the_counts_are_told_as_they_are_kept),
		cmocka_unit_test(a_slow_bind_counts_once_it_is_done),
		cmocka_unit_test(a_bind_that_was_given_up_is_given_back),
		cmocka_unit_test(a_stop_waits_for_the_peers_streams),
		cmocka_unit_test(
			every_portion_of_the_report_is_the_part_it_says),
		cmocka_unit_test(an_attribute_changes_and_no_report_shows_it),
	};

	return cmocka_run_group_tests_name("tdisp slow", tests, NULL, NULL);
}
