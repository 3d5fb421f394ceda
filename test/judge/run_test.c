/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include "judge/puppet.h"

/* What the runner makes of cases, whatever they are about. */

static void evaluates_nothing(struct judge *j)
{
	(void)judge_connect(j);
}

static void holds(struct judge *j)
{
	if (judge_connect(j))
		judge_expect(j, true, "it holds");
}

/* A verdict is not taken back, and nothing goes out any more. */
static void fails_first(struct judge *j)
{
	judge_expect(j, false, "the %s one", "first");
	judge_expect(j, true, "it holds");
	judge_absent(j, "the second one");
	if (judge_connect(j))
		judge_fail(j, "the device was asked");
}

static void is_absent(struct judge *j)
{
	judge_absent(j, "it is not for %s", "this device");
	judge_expect(j, false, "too late");
}

static void in_a_session(struct judge *j)
{
	if (judge_session(j))
		judge_expect(j, judge_engine(j)->session_id != 0, "no id");
}

/* clang-format off */
static const struct judge_case plain[] = {
	{ .name = "doe/evaluates-nothing", .group = JUDGE_DOE, .run = evaluates_nothing },
	{ .name = "tdisp/fails-first", .group = JUDGE_TDISP, .run = fails_first },
	{ .name = "doe/is-absent", .group = JUDGE_DOE, .run = is_absent },
	{ .name = "holds", .group = JUDGE_SPDM, .versions = JUDGE_V12 | JUDGE_V14, .run = holds },
};
static const struct judge_case needy[] = {
	{ .name = "spdm/psk", .group = JUDGE_SPDM, .needs = JUDGE_NEEDS_PSK, .run = holds },
	{ .name = "spdm/identity", .group = JUDGE_SPDM, .needs = JUDGE_NEEDS_IDENTITY, .run = holds },
	{ .name = "spdm/trust", .group = JUDGE_SPDM, .needs = JUDGE_NEEDS_TRUST, .run = holds },
	{ .name = "spdm/provision", .group = JUDGE_SPDM, .needs = JUDGE_NEEDS_PROVISION, .run = holds },
	{ .name = "spdm/cfg", .group = JUDGE_SPDM, .needs = JUDGE_NEEDS_CFG, .run = holds },
	{ .name = "spdm/cfg-write", .group = JUDGE_SPDM, .needs = JUDGE_NEEDS_CFG_WRITE, .run = holds },
	{ .name = "spdm/mem", .group = JUDGE_SPDM, .needs = JUDGE_NEEDS_MEM, .run = holds },
	{ .name = "spdm/event", .group = JUDGE_SPDM, .needs = JUDGE_NEEDS_EVENT, .run = holds },
	{ .name = "spdm/reset", .group = JUDGE_SPDM, .needs = JUDGE_NEEDS_RESET, .run = holds },
	{ .name = "spdm/link", .group = JUDGE_SPDM, .needs = JUDGE_NEEDS_LINK, .run = holds },
	{ .name = "spdm/mel", .group = JUDGE_SPDM, .caps = SPDM_CAP_MEL, .run = holds },
	{ .name = "spdm/session", .group = JUDGE_SPDM, .needs = JUDGE_NEEDS_SESSION, .run = in_a_session },
};
static const struct judge_case session[] = {
	{ .name = "spdm/session", .group = JUDGE_SPDM, .needs = JUDGE_NEEDS_SESSION, .run = in_a_session },
};
/* clang-format on */

static const struct judge_table t_plain = { plain, COUNT(plain) };
static const struct judge_table t_needy = { needy, COUNT(needy) };
static const struct judge_table t_session = { session, COUNT(session) };
static const struct judge_table *const only_plain[] = { &t_plain, NULL };
static const struct judge_table *const only_needy[] = { &t_needy, NULL };
static const struct judge_table *const only_session[] = { &t_session, NULL };

static struct rig *with(const struct judge_table *const *tables)
{
	struct rig *r = rig_new();

	r->jcfg.tables = tables;
	return r;
}

static enum judge_verdict of(const struct rig *r, const char *name)
{
	return r->res[rig_find(r, name)].verdict;
}

static void an_honest_device_fails_no_case(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	rig_run(r);
	for (unsigned i = 0; i < r->n; i++)
		if (r->res[i].verdict != JUDGE_PASS &&
		    r->res[i].verdict != JUDGE_ABSENT)
			print_message("%s: %s: %s\n", r->res[i].name,
				      judge_verdict_name(r->res[i].verdict),
				      r->res[i].words);
	assert_int_equal(r->sum.count[JUDGE_FAIL], 0);
	assert_int_equal(r->sum.count[JUDGE_BROKEN], 0);
	assert_true(r->sum.count[JUDGE_PASS] > 0);
	assert_int_equal(r->opens, 1);
	rig_free(r);
}

static void a_case_that_evaluates_nothing_is_no_pass(void **unused)
{
	struct rig *r = with(only_plain);

	(void)unused;
	rig_run(r);
	assert_int_equal(of(r, "doe/evaluates-nothing"), JUDGE_BROKEN);
	assert_int_equal(r->sum.count[JUDGE_BROKEN], 1);
	rig_free(r);
}

static void the_first_verdict_stays(void **unused)
{
	struct rig *r = with(only_plain);
	unsigned i;

	(void)unused;
	rig_run(r);
	i = rig_find(r, "tdisp/fails-first");
	assert_int_equal(r->res[i].verdict, JUDGE_FAIL);
	assert_string_equal(r->res[i].words, "the first one");
	i = rig_find(r, "doe/is-absent");
	assert_int_equal(r->res[i].verdict, JUDGE_ABSENT);
	assert_string_equal(r->res[i].words, "it is not for this device");
	rig_free(r);
}

static void cases_come_by_group_and_once_for_each_version(void **unused)
{
	static const char *const order[] = { "doe/evaluates-nothing",
					     "doe/is-absent", "spdm-1.2/holds",
					     "spdm-1.4/holds",
					     "tdisp/fails-first" };
	struct rig *r = with(only_plain);

	(void)unused;
	rig_run(r);
	assert_int_equal(r->n, COUNT(order));
	for (unsigned i = 0; i < r->n; i++)
		assert_string_equal(r->res[i].name, order[i]);
	assert_int_equal(of(r, "spdm-1.2/holds"), JUDGE_PASS);
	/* The rig's device lists 1.2 alone. */
	assert_int_equal(of(r, "spdm-1.4/holds"), JUDGE_ABSENT);
	rig_free(r);
}

static void only_what_fits_a_pattern_is_run(void **unused)
{
	static const char *const one[] = { "*/holds" };
	static const char *const two[] = { "doe/*", "spdm-1.4/*" };
	struct rig *r = with(only_plain);

	(void)unused;
	r->jcfg.only = one;
	r->jcfg.n_only = COUNT(one);
	rig_run(r);
	assert_int_equal(r->n, 2);
	r->jcfg.only = two;
	r->jcfg.n_only = COUNT(two);
	rig_run(r);
	assert_int_equal(r->n, 3);
	rig_free(r);
}

static void what_a_case_lacks_is_the_reason_that_it_is_not_tested(void **unused)
{
	static const struct {
		const char *name, *word;
	} t[] = {
		{ "spdm/psk", "--psk" },
		{ "spdm/identity", "--mutual" },
		{ "spdm/trust", "--trust" },
		{ "spdm/provision", "--provision" },
		{ "spdm/cfg", "configuration space" },
		{ "spdm/cfg-write", "configuration writes" },
		{ "spdm/mem", "memory space" },
		{ "spdm/event", "link events" },
		{ "spdm/reset", "reset" },
		{ "spdm/link", "link" },
		{ "spdm/mel", "capabilities" },
	};
	struct rig *r = with(only_needy);

	(void)unused;
	rig_run(r);
	for (size_t i = 0; i < COUNT(t); i++) {
		const unsigned at = rig_find(r, t[i].name);

		assert_int_equal(r->res[at].verdict, JUDGE_ABSENT);
		assert_non_null(strstr(r->res[at].words, t[i].word));
	}
	assert_int_equal(of(r, "spdm/session"), JUDGE_PASS);
	rig_free(r);
}

static void what_is_given_is_no_reason_any_more(void **unused)
{
	struct rig *r = with(only_needy);

	(void)unused;
	r->jcfg.given = JUDGE_NEEDS_TRUST | JUDGE_NEEDS_PROVISION;
	r->can_reset = true;
	rig_run(r);
	assert_int_equal(of(r, "spdm/trust"), JUDGE_PASS);
	assert_int_equal(of(r, "spdm/provision"), JUDGE_PASS);
	assert_int_equal(of(r, "spdm/reset"), JUDGE_PASS);
	assert_int_equal(of(r, "spdm/psk"), JUDGE_ABSENT);
	rig_free(r);
}

static void without_key_exchange_a_session_is_not_tested(void **unused)
{
	struct rig *r = with(only_needy);

	(void)unused;
	r->cfg.spdm.caps &= ~(SPDM_CAP_KEY_EX | SPDM_CAP_ENCRYPT |
			      SPDM_CAP_MAC | SPDM_CAP_HBEAT | SPDM_CAP_KEY_UPD);
	rig_run(r);
	assert_int_equal(of(r, "spdm/session"), JUDGE_ABSENT);
	rig_free(r);
}

/* --- random numbers --- */

static uint64_t sum_of_all;

static void listen(void *ctx, bool answer, enum judge_kind kind,
		   const uint8_t *p, size_t n)
{
	(void)ctx;
	if (answer || kind != JUDGE_PLAIN)
		return;
	/* KEY_EXCHANGE has RandomData, from byte 8 on. */
	if (n > 40 && p[1] == SPDM_KEY_EXCHANGE)
		for (size_t i = 8; i < 40; i++)
			sum_of_all = sum_of_all * 31 + p[i];
}

static uint64_t drawn(uint64_t seed)
{
	struct rig *r = with(only_session);

	sum_of_all = 0;
	r->jcfg.heard = listen;
	r->jcfg.seed = seed;
	rig_run(r);
	assert_int_equal(of(r, "spdm/session"), JUDGE_PASS);
	rig_free(r);
	return sum_of_all;
}

static void the_seed_decides_what_is_drawn(void **unused)
{
	(void)unused;
	assert_true(drawn(5) != 0);
	assert_true(drawn(5) == drawn(5));
	assert_true(drawn(5) != drawn(6));
}

static void a_configuration_that_lacks_something_is_refused(void **unused)
{
	struct rig *r = with(only_plain);
	struct judge_sum sum;

	(void)unused;
	assert_int_equal(judge_run(r->j, &r->jcfg, &sum), IL_E_ARG);
	rig_run(r);
	r->jcfg.timeout_ns = 0;
	assert_int_equal(judge_run(r->j, &r->jcfg, &sum), IL_E_ARG);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_device_fails_no_case),
		cmocka_unit_test(a_case_that_evaluates_nothing_is_no_pass),
		cmocka_unit_test(the_first_verdict_stays),
		cmocka_unit_test(cases_come_by_group_and_once_for_each_version),
		cmocka_unit_test(only_what_fits_a_pattern_is_run),
		cmocka_unit_test(
			what_a_case_lacks_is_the_reason_that_it_is_not_tested),
		cmocka_unit_test(what_is_given_is_no_reason_any_more),
		cmocka_unit_test(without_key_exchange_a_session_is_not_tested),
		cmocka_unit_test(the_seed_decides_what_is_drawn),
		cmocka_unit_test(
			a_configuration_that_lacks_something_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
