/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"
#include "fake_env.h"

#include "pci/doe.h"
#include "pci/regs.h"

#define LIMIT 32

struct box {
	struct fake_env fenv;
	struct env env;
	struct doe_mbox m;
	uint8_t in[LIMIT];
	uint8_t out[LIMIT];
};

/* A mailbox in @state: by events alone. */
static void bring(struct box *b, enum doe_state state)
{
	memset(b, 0, sizeof(*b));
	b->env = fake_env(&b->fenv);
	doe_init(&b->m, &b->env, b->in, b->out, LIMIT);
	if (state == DOE_IDLE)
		return;
	doe_reg_write_mbox(&b->m, 0x00010001);
	if (state == DOE_RECEIVING)
		return;
	if (state != DOE_ERROR)
		doe_reg_write_mbox(&b->m, 3);
	doe_reg_write_mbox(&b->m, 0x11223344);
	doe_reg_write_ctl(&b->m, DOE_CTL_GO, 1000);
	if (state == DOE_BUSY || state == DOE_ERROR)
		return;
	assert_int_equal(doe_reply(&b->m, (struct doe_type){ 1, 1 },
				   (const uint8_t *)"abcde", 5),
			 IL_OK);
}

static const union doe_arg args[DOE_EVENTS] = {
	[DOE_EV_WRITE] = { .dw = 7 },
	[DOE_EV_REPLY] = { .reply = { .type = { 1, 2 },
				      .payload = (const uint8_t *)"x",
				      .len = 1 } },
};

/*
 * Rows from PCIe Base 6.0 6.30.2 and the OPEN choices in doe_mbox.c; -1: no
 * such step. RECEIVING holds one dword, so that GO finds a bad length.
 */
static const int next_state[DOE_EVENTS][DOE_STATES] = {
	/*              IDLE  RECEIVING  BUSY  READY  ERROR */
	[DOE_EV_WRITE] = { DOE_RECEIVING, DOE_RECEIVING, -1, -1, -1 },
	[DOE_EV_GO] = { -1, DOE_ERROR, -1, -1, -1 },
	[DOE_EV_POP] = { -1, -1, -1, DOE_READY, -1 },
	[DOE_EV_ABORT] = { DOE_IDLE, DOE_IDLE, DOE_IDLE, DOE_IDLE, DOE_IDLE },
	[DOE_EV_RESET] = { DOE_IDLE, DOE_IDLE, DOE_IDLE, DOE_IDLE, DOE_IDLE },
	[DOE_EV_REPLY] = { -1, -1, DOE_READY, -1, -1 },
	[DOE_EV_SILENT] = { -1, -1, DOE_IDLE, -1, -1 },
	[DOE_EV_FAIL] = { -1, -1, DOE_ERROR, -1, -1 },
	[DOE_EV_LATE] = { -1, -1, DOE_ERROR, -1, -1 },
};

static void every_event_in_every_state_does_as_the_rows_say(void **unused)
{
	(void)unused;
	for (int ev = 0; ev < DOE_EVENTS; ev++)
		for (int st = 0; st < DOE_STATES; st++) {
			struct box b, was;
			enum il_err err;

			bring(&b, (enum doe_state)st);
			assert_int_equal(b.m.state, st);
			memcpy(&was, &b, sizeof(b));
			err = doe_event(&b.m, (enum doe_event)ev, &args[ev]);
			if (next_state[ev][st] < 0) {
				assert_int_equal(err, IL_E_STATE);
				assert_memory_equal(&b, &was, sizeof(b));
				continue;
			}
			if (b.m.state != (enum doe_state)next_state[ev][st])
				fail_msg("event %d state %d", ev, st);
			assert_true(doe_sane(&b.m));
			if (next_state[ev][st] == DOE_IDLE)
				assert_int_equal(b.m.in_len + b.m.out_len +
							 b.m.out_pos,
						 0);
		}
}

static void the_status_register_shows_the_state(void **unused)
{
	static const uint32_t want[DOE_STATES] = { 0, 0, 1, 0x80000000, 4 };

	(void)unused;
	for (int st = 0; st < DOE_STATES; st++) {
		struct box b;

		bring(&b, (enum doe_state)st);
		assert_int_equal(doe_reg_status(&b.m), want[st]);
		if (st != DOE_READY)
			assert_int_equal(doe_reg_read(&b.m), 0);
	}
}

static void an_answer_is_popped_dword_by_dword(void **unused)
{
	static const uint32_t want[] = { 0x00010001, 4, 0x64636261, 0x65 };
	struct box b;

	(void)unused;
	bring(&b, DOE_READY);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(b.m.state, DOE_READY);
		assert_int_equal(doe_reg_read(&b.m), want[i]);
		assert_int_equal(doe_reg_read(&b.m), want[i]);
		doe_reg_write_read_mbox(&b.m);
	}
	assert_int_equal(b.m.state, DOE_IDLE);
	assert_int_equal(doe_reg_read(&b.m), 0);
	doe_reg_write_read_mbox(&b.m);
	assert_int_equal(b.m.state, DOE_IDLE);
}

static void a_request_larger_than_the_limit_is_an_error(void **unused)
{
	struct box b;

	(void)unused;
	bring(&b, DOE_IDLE);
	for (unsigned i = 0; i < LIMIT / 4; i++) {
		doe_reg_write_mbox(&b.m, i == 1 ? LIMIT / 4 : 1);
		assert_int_equal(b.m.state, DOE_RECEIVING);
	}
	doe_reg_write_mbox(&b.m, 1);
	assert_int_equal(b.m.state, DOE_ERROR);
}

static void a_request_of_just_the_limit_is_taken(void **unused)
{
	struct doe_type type;
	const uint8_t *p;
	size_t len;
	struct box b;

	(void)unused;
	bring(&b, DOE_IDLE);
	for (unsigned i = 0; i < LIMIT / 4; i++)
		doe_reg_write_mbox(&b.m, i == 0	  ? 0x00020001
					 : i == 1 ? LIMIT / 4
						  : i);
	assert_int_equal(doe_request(&b.m, &type, &p, &len), IL_E_AGAIN);
	doe_reg_write_ctl(&b.m, DOE_CTL_GO, 5);
	assert_int_equal(doe_request(&b.m, &type, &p, &len), IL_OK);
	assert_int_equal(type.vendor, 1);
	assert_int_equal(type.type, 2);
	assert_int_equal(len, LIMIT - 8);
	assert_int_equal(p[0], 2);
}

static void every_wrong_length_field_is_an_error(void **unused)
{
	(void)unused;
	for (uint32_t said = 0; said < 12; said++)
		for (uint32_t n = 1; n <= LIMIT / 4; n++) {
			struct box b;

			bring(&b, DOE_IDLE);
			for (uint32_t i = 0; i < n; i++)
				doe_reg_write_mbox(&b.m, i == 1 ? said : 1);
			doe_reg_write_ctl(&b.m, DOE_CTL_GO, 0);
			assert_int_equal(b.m.state, said == n && n >= 2
							    ? DOE_BUSY
							    : DOE_ERROR);
		}
}

static void abort_wins_over_go(void **unused)
{
	struct box b;

	(void)unused;
	bring(&b, DOE_RECEIVING);
	doe_reg_write_mbox(&b.m, 2);
	doe_reg_write_ctl(&b.m, DOE_CTL_GO | DOE_CTL_ABORT, 0);
	assert_int_equal(b.m.state, DOE_IDLE);
	doe_reg_write_mbox(&b.m, 1);
	doe_reg_write_ctl(&b.m, DOE_CTL_INT_EN, 0);
	assert_int_equal(b.m.state, DOE_RECEIVING);
}

static void an_answer_after_an_abort_goes_nowhere(void **unused)
{
	struct box b, was;

	(void)unused;
	bring(&b, DOE_BUSY);
	doe_reg_write_ctl(&b.m, DOE_CTL_ABORT, 0);
	memcpy(&was, &b, sizeof(b));
	assert_int_equal(doe_reply(&b.m, (struct doe_type){ 1, 1 },
				   (const uint8_t *)"abcd", 4),
			 IL_E_STATE);
	assert_int_equal(doe_reply(&b.m, (struct doe_type){ 1, 1 }, NULL, 0),
			 IL_E_STATE);
	assert_memory_equal(&b, &was, sizeof(b));
}

static void a_second_is_the_longest_that_busy_lasts(void **unused)
{
	struct box b;

	(void)unused;
	bring(&b, DOE_BUSY);
	doe_tick(&b.m, 1000 + DOE_TIMEOUT_NS - 1);
	assert_int_equal(b.m.state, DOE_BUSY);
	doe_tick(&b.m, 1000 + DOE_TIMEOUT_NS);
	assert_int_equal(b.m.state, DOE_ERROR);
	bring(&b, DOE_READY);
	doe_tick(&b.m, UINT64_MAX);
	assert_int_equal(b.m.state, DOE_READY);
}

static void an_answer_that_does_not_fit_is_an_error(void **unused)
{
	uint8_t big[LIMIT] = { 0 };
	struct box b;

	(void)unused;
	bring(&b, DOE_BUSY);
	assert_int_equal(
		doe_reply(&b.m, (struct doe_type){ 1, 1 }, big, LIMIT - 7),
		IL_E_FIELD);
	assert_int_equal(b.m.state, DOE_ERROR);
	bring(&b, DOE_BUSY);
	assert_int_equal(
		doe_reply(&b.m, (struct doe_type){ 1, 1 }, big, LIMIT - 8),
		IL_OK);
	bring(&b, DOE_BUSY);
	assert_int_equal(doe_reply(&b.m, (struct doe_type){ 1, 1 }, NULL, 0),
			 IL_OK);
	assert_int_equal(b.m.state, DOE_IDLE);
	/* An empty answer is one, if someone gives it. */
	bring(&b, DOE_BUSY);
	assert_int_equal(doe_reply(&b.m, (struct doe_type){ 1, 1 }, big, 0),
			 IL_OK);
	assert_int_equal(b.m.state, DOE_READY);
	assert_int_equal(b.m.out_len, 8);
}

static void broken_mailboxes_are_not_sane(void **unused)
{
	struct box b;

	(void)unused;
	bring(&b, DOE_READY);
	b.m.out_pos = b.m.out_len;
	assert_false(doe_sane(&b.m));
	bring(&b, DOE_BUSY);
	b.m.in_len = 0;
	assert_false(doe_sane(&b.m));
	bring(&b, DOE_IDLE);
	b.m.out_len = 4;
	assert_false(doe_sane(&b.m));
	bring(&b, DOE_IDLE);
	b.m.out_pos = 4;
	assert_false(doe_sane(&b.m));
	bring(&b, DOE_RECEIVING);
	b.m.in_len = LIMIT + 4;
	assert_false(doe_sane(&b.m));
	bring(&b, DOE_RECEIVING);
	b.m.in_len = 3;
	assert_false(doe_sane(&b.m));
	bring(&b, DOE_RECEIVING);
	b.m.out_len = 4;
	assert_false(doe_sane(&b.m));
	bring(&b, DOE_READY);
	b.m.out_len = LIMIT + 4;
	assert_false(doe_sane(&b.m));
	bring(&b, DOE_IDLE);
	b.m.state = DOE_STATES;
	assert_false(doe_sane(&b.m));
}

/* Origin: DMTF spdm-emu's DOE records of GET_VERSION, PCIe Base 6.0 6.30.1 */
static void an_object_is_laid_out_as_specified(void **unused)
{
	static const uint8_t want[] = { 0x01, 0x00, 0x01, 0x00, 0x03, 0x00,
					0x00, 0x00, 0x10, 0x84, 0x00, 0x00 };
	const uint8_t spdm[] = { 0x10, 0x84, 0, 0 };
	const struct doe_type type = { 1, 1 };
	uint8_t out[16];
	struct wr w = wr_over(out, sizeof(out));

	(void)unused;
	assert_int_equal(doe_wrap(&w, type, spdm, 4), IL_OK);
	assert_int_equal(w.len, sizeof(want));
	assert_memory_equal(out, want, sizeof(want));
}

static void payloads_of_each_length_come_back_padded(void **unused)
{
	uint8_t in[64], obj[80];

	(void)unused;
	for (unsigned i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i + 1);
	for (size_t n = 0; n <= sizeof(in); n++) {
		size_t full = 8 + (n + 3) / 4 * 4, len = 99;
		struct wr w = wr_over(obj, full);
		const uint8_t *p = NULL;
		struct doe_type t = { 0, 0 };

		memset(obj, 0xcc, sizeof(obj));
		assert_int_equal(
			doe_wrap(&w, (struct doe_type){ 0x1234, 9 }, in, n),
			IL_OK);
		assert_int_equal(w.len, full);
		assert_int_equal(doe_unwrap(obj, full, full, &t, &p, &len),
				 IL_OK);
		assert_int_equal(t.vendor, 0x1234);
		assert_int_equal(t.type, 9);
		assert_int_equal(len, full - 8);
		assert_memory_equal(p, in, n);
		for (size_t i = n; i < len; i++)
			assert_int_equal(p[i], 0);
		for (size_t cut = 0; cut < full; cut++) {
			struct wr small = wr_over(obj, cut);

			assert_int_equal(
				doe_unwrap(obj, cut, full, &t, &p, &len),
				IL_E_SHORT);
			assert_int_equal(doe_wrap(&small,
						  (struct doe_type){ 1, 1 }, in,
						  n),
					 IL_E_SPACE);
			w = wr_over(obj, full);
			assert_int_equal(
				doe_wrap(&w, (struct doe_type){ 1, 1 }, in, n),
				IL_OK);
		}
		assert_int_equal(doe_unwrap(obj, full + 1, full, &t, &p, &len),
				 IL_E_LONG);
		assert_int_equal(doe_unwrap(obj, full, full - 1, &t, &p, &len),
				 IL_E_FIELD);
	}
}

static void lengths_below_the_header_are_refused(void **unused)
{
	uint8_t obj[8] = { 1, 0, 1, 0, 1, 0, 0, 0 };
	struct doe_type t;
	const uint8_t *p;
	size_t len;

	(void)unused;
	assert_int_equal(doe_unwrap(obj, 8, 4104, &t, &p, &len), IL_E_FIELD);
	obj[4] = 0; /* 2^18 dwords */
	assert_int_equal(doe_unwrap(obj, 8, 4104, &t, &p, &len), IL_E_FIELD);
	assert_int_equal(doe_unwrap(obj, 8, SIZE_MAX, &t, &p, &len),
			 IL_E_SHORT);
	obj[4] = 2;
	obj[6] = 0xfc; /* above the 18 bits: reserved */
	assert_int_equal(doe_unwrap(obj, 8, 4104, &t, &p, &len), IL_OK);
	assert_int_equal(len, 0);
	obj[3] = 0xff; /* reserved */
	assert_int_equal(doe_unwrap(obj, 8, 4104, &t, &p, &len), IL_OK);
}

static void two_to_the_18_is_written_as_zero(void **unused)
{
	static uint8_t obj[4 << 18], in[DOE_MAX_PAYLOAD + 1];
	struct wr w = wr_over(obj, sizeof(obj));
	struct doe_type t;
	const uint8_t *p;
	size_t len;

	(void)unused;
	assert_int_equal(doe_length_dw(0), 0x40000);
	assert_int_equal(doe_length_dw(0xfffc0005), 5);
	assert_int_equal(doe_length_field(0x40000), 0);
	assert_int_equal(doe_length_field(0x3ffff), 0x3ffff);
	assert_int_equal(
		doe_wrap(&w, (struct doe_type){ 1, 1 }, in, DOE_MAX_PAYLOAD),
		IL_OK);
	assert_int_equal(w.len, sizeof(obj));
	assert_int_equal(obj[4] | obj[5] | obj[6] | obj[7], 0);
	assert_int_equal(
		doe_unwrap(obj, sizeof(obj), sizeof(obj), &t, &p, &len), IL_OK);
	assert_int_equal(len, DOE_MAX_PAYLOAD);
	w = wr_over(obj, sizeof(obj));
	assert_int_equal(
		doe_wrap(&w, (struct doe_type){ 1, 1 }, in, sizeof(in)),
		IL_E_ARG);
	assert_int_equal(w.len, 0);
}

static void discovery_of_each_wrong_length_is_refused(void **unused)
{
	const struct doe_type types[] = { { 1, 0 }, { 1, 1 } };
	const uint8_t req[6] = { 1, 2, 0, 0 };
	uint8_t rsp[4] = { 9, 9, 9, 9 };
	const uint8_t past[4] = { 2, 0, 0, 0 };
	struct doe_discovery_rsp m = { .next = 7 };

	(void)unused;
	for (size_t n = 0; n < 6; n++) {
		enum il_err err = doe_discover(types, 2, req, n, rsp);
		struct rd r = rd_over(req, n);

		assert_int_equal(err, n < 4    ? IL_E_SHORT
				      : n == 4 ? IL_OK
					       : IL_E_LONG);
		if (n < 4)
			assert_int_equal(rsp[0], 9);
		assert_int_equal(doe_discovery_rsp_decode(&r, &m), err);
		if (n < 4)
			assert_int_equal(m.next, 7);
	}
	assert_memory_equal(rsp, ((const uint8_t[]){ 1, 0, 1, 0 }), 4);
	assert_int_equal(doe_discover(types, 2, past, 4, rsp), IL_OK);
	assert_memory_equal(rsp, ((const uint8_t[]){ 0xff, 0xff, 0, 0 }), 4);
}

static void discovery_round_trips(void **unused)
{
	const struct doe_discovery_rsp m = { .type = { 0x1d1a, 3 }, .next = 4 };
	struct doe_discovery_rsp back;
	uint8_t b[4], index = 0, version = 0;
	struct wr w = wr_over(b, 4);
	struct rd r;

	(void)unused;
	doe_discovery_rsp_encode(&w, &m);
	assert_memory_equal(b, ((const uint8_t[]){ 0x1a, 0x1d, 3, 4 }), 4);
	r = rd_over(b, 4);
	assert_int_equal(doe_discovery_rsp_decode(&r, &back), IL_OK);
	assert_int_equal(back.type.vendor, 0x1d1a);
	assert_int_equal(back.type.type, 3);
	assert_int_equal(back.next, 4);
	w = wr_over(b, 4);
	doe_discovery_req_encode(&w, 5, 2);
	assert_memory_equal(b, ((const uint8_t[]){ 5, 2, 0, 0 }), 4);
	r = rd_over(b, 4);
	assert_int_equal(doe_discovery_req_decode(&r, &index, &version), IL_OK);
	assert_int_equal(index, 5);
	assert_int_equal(version, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_event_in_every_state_does_as_the_rows_say),
		cmocka_unit_test(the_status_register_shows_the_state),
		cmocka_unit_test(an_answer_is_popped_dword_by_dword),
		cmocka_unit_test(a_request_larger_than_the_limit_is_an_error),
		cmocka_unit_test(a_request_of_just_the_limit_is_taken),
		cmocka_unit_test(every_wrong_length_field_is_an_error),
		cmocka_unit_test(abort_wins_over_go),
		cmocka_unit_test(an_answer_after_an_abort_goes_nowhere),
		cmocka_unit_test(a_second_is_the_longest_that_busy_lasts),
		cmocka_unit_test(an_answer_that_does_not_fit_is_an_error),
		cmocka_unit_test(broken_mailboxes_are_not_sane),
		cmocka_unit_test(an_object_is_laid_out_as_specified),
		cmocka_unit_test(payloads_of_each_length_come_back_padded),
		cmocka_unit_test(lengths_below_the_header_are_refused),
		cmocka_unit_test(two_to_the_18_is_written_as_zero),
		cmocka_unit_test(discovery_of_each_wrong_length_is_refused),
		cmocka_unit_test(discovery_round_trips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
