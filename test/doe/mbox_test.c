/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"
#include "fake_env.h"

#include "doe/mbox.h"
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
 * Rows from PCIe Base 6.0 6.30.2 and the OPEN choices in mbox.c; -1: no
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
	[DOE_EV_POISON] = { DOE_ERROR, DOE_ERROR, DOE_ERROR, DOE_ERROR,
			    DOE_ERROR },
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
