/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include "judge/puppet.h"
#include "judge/ses.h"

/* A device that hangs, closes, talks nonsense or goes away. */

static void session(struct judge *j)
{
	if (judge_session(j))
		judge_expect(j, true, "it holds");
}

static void connects(struct judge *j)
{
	if (judge_connect(j))
		judge_expect(j, true, "it holds");
}

/* clang-format off */
static const struct judge_case cases[] = {
	{ .name = "spdm/a", .group = JUDGE_SPDM, .run = session },
	{ .name = "spdm/b", .group = JUDGE_SPDM, .run = connects },
	{ .name = "spdm/c", .group = JUDGE_SPDM, .run = session },
};
/* clang-format on */
static const struct judge_table table = { cases, COUNT(cases) };
static const struct judge_table *const tables[] = { &table, NULL };

static struct rig *with(enum rig_way (*between)(struct rig *r, unsigned nth))
{
	struct rig *r = rig_new();

	r->jcfg.tables = tables;
	r->between = between;
	return r;
}

/* --- one message of all --- */

static unsigned bad_at;
static enum rig_way bad_way;

static enum rig_way at_one(struct rig *r, unsigned nth)
{
	(void)r;
	return nth == bad_at ? bad_way : RIG_GOES;
}

/* Messages of a run in which nothing is wrong. */
static unsigned messages(void)
{
	struct rig *r = with(NULL);
	unsigned n;

	rig_run(r);
	assert_int_equal(r->sum.count[JUDGE_PASS], COUNT(cases));
	n = r->nth;
	rig_free(r);
	return n;
}

/*
 * Whichever message it is: at most the case that it belongs to fails. None
 * fails if it is the survey's, a case's first (which has another go), or one
 * that cleans up.
 */
static void try_each(enum rig_way way)
{
	const unsigned n = messages();
	unsigned failed = 0;

	bad_way = way;
	for (bad_at = 0; bad_at < n; bad_at++) {
		struct rig *r = with(at_one);

		rig_run(r);
		assert_int_equal(r->n, COUNT(cases));
		assert_true(r->sum.count[JUDGE_FAIL] <= 1);
		assert_int_equal(r->sum.count[JUDGE_PASS] +
					 r->sum.count[JUDGE_FAIL],
				 COUNT(cases));
		assert_false(r->sum.gone);
		failed += r->sum.count[JUDGE_FAIL];
		for (unsigned i = 0; i < r->n; i++)
			if (r->res[i].verdict == JUDGE_FAIL)
				assert_int_equal(r->res[i].expected, 0);
		rig_free(r);
	}
	assert_true(failed > 10);
}

static void one_answer_that_does_not_come_fails_one_case(void **unused)
{
	(void)unused;
	try_each(RIG_LOST);
}

static void one_closed_connection_fails_one_case(void **unused)
{
	(void)unused;
	try_each(RIG_CLOSES);
}

static void one_answer_of_nonsense_fails_one_case(void **unused)
{
	(void)unused;
	try_each(RIG_NONSENSE);
}

/* The survey's message is the first, the first case's the second. */
static void a_connection_that_was_dead_before_a_case_is_made_anew(void **unused)
{
	struct rig *r = with(at_one);

	(void)unused;
	bad_at = 1;
	bad_way = RIG_CLOSES;
	rig_run(r);
	assert_int_equal(r->sum.count[JUDGE_PASS], COUNT(cases));
	assert_int_equal(r->opens, 2);
	rig_free(r);
}

/* --- from one message on --- */

static enum rig_way from_one(struct rig *r, unsigned nth)
{
	(void)r;
	return nth >= bad_at ? bad_way : RIG_GOES;
}

static void a_device_that_answers_nothing_any_more_is_gone(void **unused)
{
	struct rig *r = with(from_one);
	uint64_t began = r->now_ns;

	(void)unused;
	bad_at = 4;
	bad_way = RIG_LOST;
	rig_run(r);
	assert_true(r->sum.gone);
	assert_int_equal(r->sum.count[JUDGE_FAIL], 1);
	assert_int_equal(r->sum.count[JUDGE_ABSENT], 2);
	assert_int_equal(r->sum.count[JUDGE_PASS], 0);
	assert_non_null(strstr(r->res[1].words, "gone"));
	assert_non_null(strstr(r->res[1].words, "no answer"));
	/* It has cost a case's time and that of having it back, twice. */
	assert_true(r->now_ns - began <= 4 * r->jcfg.timeout_ns);
	rig_free(r);
}

/* It may be that word that it hung at; it answered the one before. */
static void a_device_that_hangs_at_a_case_s_first_word_fails_it(void **unused)
{
	struct rig *r = with(from_one);

	(void)unused;
	bad_at = 1;
	bad_way = RIG_LOST;
	rig_run(r);
	assert_true(r->sum.gone);
	assert_int_equal(r->res[0].verdict, JUDGE_FAIL);
	assert_non_null(strstr(r->res[0].words, "since"));
	assert_int_equal(r->sum.count[JUDGE_ABSENT], COUNT(cases) - 1);
	rig_free(r);
}

static void
a_device_that_is_not_there_fails_nothing_and_passes_nothing(void **unused)
{
	struct rig *r = with(NULL);

	(void)unused;
	r->dead = true;
	rig_run(r);
	assert_true(r->sum.gone);
	assert_int_equal(r->sum.count[JUDGE_ABSENT], COUNT(cases));
	assert_string_equal(r->sum.why, "nobody is there");
	rig_free(r);
}

static enum rig_way dies(struct rig *r, unsigned nth)
{
	r->dead |= nth >= bad_at;
	return RIG_GOES;
}

/* Whenever it is killed: the case that noticed fails; nothing passes that came
 * after. */
static void a_device_that_is_killed_ends_the_run_early(void **unused)
{
	const unsigned n = messages();

	(void)unused;
	for (bad_at = 1; bad_at < n; bad_at++) {
		struct rig *r = with(dies);
		bool over = false;

		rig_run(r);
		for (unsigned i = 0; i < r->n; i++) {
			assert_false(over && r->res[i].verdict != JUDGE_ABSENT);
			over |= r->res[i].verdict != JUDGE_PASS;
		}
		assert_true(r->sum.count[JUDGE_FAIL] <= 1);
		/* Nobody asks after the last one. */
		if (r->res[COUNT(cases) - 1].verdict == JUDGE_ABSENT)
			assert_true(r->sum.gone);
		assert_true(r->opens == 1);
		rig_free(r);
	}
}

static enum rig_way until_reset(struct rig *r, unsigned nth)
{
	return nth >= bad_at && !r->resets ? RIG_LOST : RIG_GOES;
}

static void a_device_that_a_reset_brings_back_is_judged_on(void **unused)
{
	struct rig *r = with(until_reset);

	(void)unused;
	bad_at = 4;
	r->can_reset = true;
	rig_run(r);
	assert_false(r->sum.gone);
	assert_int_equal(r->resets, 1);
	assert_int_equal(r->sum.count[JUDGE_FAIL], 1);
	assert_int_equal(r->sum.count[JUDGE_PASS], 2);
	rig_free(r);
}

static enum rig_way nonsense(struct rig *r, unsigned nth)
{
	(void)r;
	(void)nth;
	return RIG_NONSENSE;
}

static void a_device_of_nothing_but_nonsense_fails_every_case(void **unused)
{
	struct rig *r = with(nonsense);

	(void)unused;
	rig_run(r);
	assert_int_equal(r->sum.count[JUDGE_FAIL], COUNT(cases));
	rig_free(r);
}

static enum rig_way slow(struct rig *r, unsigned nth)
{
	(void)nth;
	r->now_ns += UINT64_C(300000000);
	return RIG_GOES;
}

static void time_for_all_is_a_limit(void **unused)
{
	struct rig *r = with(slow);

	(void)unused;
	r->jcfg.limit_ns = UINT64_C(1000000000);
	rig_run(r);
	/* The case that is under way may go on. */
	assert_int_equal(r->sum.count[JUDGE_PASS], 1);
	assert_int_equal(r->sum.count[JUDGE_ABSENT], 2);
	assert_non_null(strstr(r->res[2].words, "time"));
	rig_free(r);
}

/* --- no end --- */

/* As who fetches what a device has more and more of. */
static void endless(struct judge *j)
{
	const uint8_t ask[4] = { SPDM_V12, SPDM_GET_DIGESTS };

	if (judge_connect(j))
		while (judge_plain(j, ask, sizeof(ask)))
			continue;
}

/* clang-format off */
static const struct judge_case endless_cases[] = {
	{ .name = "spdm/endless", .group = JUDGE_SPDM, .run = endless },
	{ .name = "spdm/after", .group = JUDGE_SPDM, .run = session },
};
/* clang-format on */
static const struct judge_table endless_table = { endless_cases,
						  COUNT(endless_cases) };
static const struct judge_table *const endless_tables[] = { &endless_table,
							    NULL };

static void a_case_that_a_device_draws_out_fails_and_the_rest_go_on(void **un)
{
	struct rig *r = with(slow);
	const uint64_t began = r->now_ns;

	(void)un;
	r->jcfg.tables = endless_tables;
	rig_run(r);
	assert_int_equal(r->res[0].verdict, JUDGE_FAIL);
	assert_non_null(strstr(r->res[0].words, "no end"));
	assert_int_equal(r->res[1].verdict, JUDGE_PASS);
	assert_true(r->now_ns - began < 2 * JUDGE_CASE_NS);
	rig_free(r);
}

/* --- who closes the connection --- */

static const uint8_t spoilt[32] = { 1, 0, 1, 0, 26, 0 };

/* What cannot be decrypted may cost the connection. */
static void closes_at_a_record(struct judge *j)
{
	bool answered;

	if (judge_connect(j) &&
	    ses_maybe(j, JUDGE_RECORD, spoilt, sizeof(spoilt), &answered))
		judge_expect(j, !answered, "it was answered");
}

/* clang-format off */
static const struct judge_case closing_cases[] = {
	{ .name = "spdm/closes", .group = JUDGE_SPDM,
	  .run = closes_at_a_record },
};
/* clang-format on */
static const struct judge_table closing_table = { closing_cases,
						  COUNT(closing_cases) };
static const struct judge_table *const closing_tables[] = { &closing_table,
							    NULL };

/* As a process whose end the requester notices at its next message. */
static enum rig_way closes_after(struct rig *r, unsigned nth)
{
	const bool was = r->hung;

	(void)nth;
	r->hung = r->said_n == sizeof(spoilt) &&
		  !memcmp(r->said, spoilt, sizeof(spoilt));
	r->dead |= was && bad_at;
	return r->hung ? RIG_LOST : was ? RIG_CLOSES : RIG_GOES;
}

static void who_closes_at_a_record_passes_if_it_is_there_again(void **unused)
{
	struct rig *r = with(closes_after);

	(void)unused;
	bad_at = 0;
	r->jcfg.tables = closing_tables;
	rig_run(r);
	assert_int_equal(r->res[0].verdict, JUDGE_PASS);
	rig_free(r);
}

static void who_dies_of_a_record_does_not_pass(void **unused)
{
	struct rig *r = with(closes_after);

	(void)unused;
	bad_at = 1;
	r->jcfg.tables = closing_tables;
	rig_run(r);
	assert_int_equal(r->res[0].verdict, JUDGE_FAIL);
	assert_non_null(strstr(r->res[0].words, "does not answer on another"));
	rig_free(r);
}

/* --- silence --- */

/* PCI-SIG's messages outside a session: PCIe Base 6.x §6.31.3 has them
 * dropped. Here anything will do that a device of ours does not answer. */
static const uint8_t outside[] = {
	0x12, 0xfe, 0, 0, 3, 0, 2, 1, 0, 2, 0, 1, 0
};

static void silent(struct judge *j)
{
	if (judge_connect(j))
		judge_silence_to(j, JUDGE_PLAIN, outside, sizeof(outside));
}

static void not_silent(struct judge *j)
{
	const uint8_t ask[4] = { SPDM_V12, SPDM_GET_DIGESTS };

	if (judge_connect(j))
		judge_silence_to(j, JUDGE_PLAIN, ask, sizeof(ask));
}

static void maybe(struct judge *j)
{
	const uint8_t ask[4] = { SPDM_V12, SPDM_GET_DIGESTS };
	bool answered = false;

	if (judge_connect(j) &&
	    judge_maybe(j, JUDGE_PLAIN, ask, sizeof(ask), &answered))
		judge_expect(j, answered, "it was silent");
}

static void maybe_not(struct judge *j)
{
	bool answered = true;

	if (judge_connect(j) &&
	    judge_maybe(j, JUDGE_PLAIN, outside, sizeof(outside), &answered))
		judge_expect(j, !answered, "it was not silent");
}

/* clang-format off */
static const struct judge_case quiet_cases[] = {
	{ .name = "spdm/silent", .group = JUDGE_SPDM, .run = silent },
	{ .name = "spdm/not-silent", .group = JUDGE_SPDM, .run = not_silent },
	{ .name = "spdm/maybe", .group = JUDGE_SPDM, .run = maybe },
	{ .name = "spdm/maybe-not", .group = JUDGE_SPDM, .run = maybe_not },
	{ .name = "spdm/after", .group = JUDGE_SPDM, .run = connects },
};
/* clang-format on */
static const struct judge_table quiet = { quiet_cases, COUNT(quiet_cases) };
static const struct judge_table *const quiets[] = { &quiet, NULL };

static void silence_is_seen_without_waiting(void **unused)
{
	static const enum judge_verdict want[] = { JUDGE_PASS, JUDGE_FAIL,
						   JUDGE_PASS, JUDGE_PASS,
						   JUDGE_PASS };
	struct rig *r = with(NULL);
	const uint64_t began = r->now_ns;

	(void)unused;
	r->jcfg.tables = quiets;
	rig_run(r);
	for (unsigned i = 0; i < r->n; i++)
		assert_int_equal(r->res[i].verdict, want[i]);
	/* The one that answered is not out of step for those after it. */
	assert_int_equal(r->opens, 1);
	assert_true(r->now_ns - began < r->jcfg.timeout_ns);
	rig_free(r);
}

/* It hangs at what is to be silent, and never says anything again. */
static enum rig_way hangs_outside(struct rig *r, unsigned nth)
{
	(void)nth;
	r->hung |= r->said_n == sizeof(outside) &&
		   !memcmp(r->said, outside, sizeof(outside));
	return r->hung ? RIG_LOST : RIG_GOES;
}

static void a_device_that_hangs_does_not_pass_for_a_silent_one(void **unused)
{
	struct rig *r = with(hangs_outside);

	(void)unused;
	r->jcfg.tables = quiets;
	rig_run(r);
	assert_int_equal(r->res[0].verdict, JUDGE_FAIL);
	assert_true(r->sum.gone);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_answer_that_does_not_come_fails_one_case),
		cmocka_unit_test(one_closed_connection_fails_one_case),
		cmocka_unit_test(one_answer_of_nonsense_fails_one_case),
		cmocka_unit_test(
			a_connection_that_was_dead_before_a_case_is_made_anew),
		cmocka_unit_test(
			a_device_that_hangs_at_a_case_s_first_word_fails_it),
		cmocka_unit_test(
			a_device_that_answers_nothing_any_more_is_gone),
		cmocka_unit_test(
			a_device_that_is_not_there_fails_nothing_and_passes_nothing),
		cmocka_unit_test(a_device_that_is_killed_ends_the_run_early),
		cmocka_unit_test(
			a_device_that_a_reset_brings_back_is_judged_on),
		cmocka_unit_test(
			a_device_of_nothing_but_nonsense_fails_every_case),
		cmocka_unit_test(time_for_all_is_a_limit),
		cmocka_unit_test(
			a_case_that_a_device_draws_out_fails_and_the_rest_go_on),
		cmocka_unit_test(
			who_closes_at_a_record_passes_if_it_is_there_again),
		cmocka_unit_test(who_dies_of_a_record_does_not_pass),
		cmocka_unit_test(silence_is_seen_without_waiting),
		cmocka_unit_test(
			a_device_that_hangs_does_not_pass_for_a_silent_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
