/* SPDX-License-Identifier: BSD-2-Clause */
#include "laws_rig.h"

#include "world/plats.h"

static const char *doc; /* docs/laws.md */

/* --- whole runs --- */

/* Held in every honest assignment of the scenario. */
static const unsigned asked[] = { 1,  2,  3,  4,  5,  6,  8,  9,  10, 12, 13,
				  15, 16, 17, 19, 20, 21, 25, 26, 27, 28, 29,
				  31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41,
				  42, 43, 44, 45, 46, 48, 50, 52, 53 };

static void run_whole(const char *vfs, const char *bdf)
{
	struct world_law law[64];
	struct world_sum sum;
	struct world_end end;
	unsigned n;

	open_world(vfs, bdf);
	if (world_run(t.w, &t.script, &end))
		fail_msg("line %u: %s", end.line, end.what);
	assert_int_equal(end.law, 0);
	n = world_laws(t.w, law, COUNT(law));
	for (unsigned i = 0; i < COUNT(asked); i++) {
		uint64_t held = 0;

		for (unsigned k = 0; k < n; k++)
			if (law[k].number == asked[i])
				held = law[k].held;
		if (!held)
			fail_msg("law %u was not put to the test", asked[i]);
	}
	world_sum(t.w, &sum);
	assert_true(sum.laws_tested >= COUNT(asked));
	assert_true(sum.law_checks > sum.steps);
}

static void an_honest_assignment_breaks_no_law(void **unused)
{
	(void)unused;
	run_whole("0", "0000:01:00.0");
}

/* On each platform; a few laws need more than one assignment has. */
static void an_honest_assignment_on_any_platform_breaks_no_law(void **unused)
{
	struct world_sum sum;
	struct world_end end;

	(void)unused;
	for (unsigned p = 0; p < WORLD_PLATS; p++) {
		if (!world_plats[p])
			continue;
		open_world_on(world_plat_names[p], "0", "0000:01:00.0");
		if (world_run(t.w, &t.script, &end))
			fail_msg("%s, line %u: %s", world_plat_names[p],
				 end.line, end.what);
		assert_int_equal(end.law, 0);
		world_sum(t.w, &sum);
		if (sum.laws_tested < 38)
			fail_msg("%s: %u laws put to the test",
				 world_plat_names[p], sum.laws_tested);
		close_world(NULL);
	}
}

static void an_honest_assignment_of_a_vf_breaks_no_law(void **unused)
{
	(void)unused;
	run_whole("2", "0000:01:00.2");
}

static void a_run_ends_with_the_law_that_was_broken(void **unused)
{
	const struct lang_call *c = &t.call[t.next];
	struct world_end end = { 0 };

	(void)unused;
	t.w->dev[0].dev->tdis[0].nonce[0] = 1;
	t.w->dev[0].touched = true;
	assert_int_equal(world_call(t.w, c, c + 1, &end), IL_E_STATE);
	assert_int_equal(end.law, 20);
	assert_int_equal(end.line, c->line);
	assert_ptr_equal(strstr(end.what, "law 20: the nonce of a LOCK"),
			 end.what);
	assert_non_null(strstr(end.what, "function 0100 is in TDI state 2; "
					 "it still has"));
}

static void numbers_rise_and_sentences_fit_a_line(void **unused)
{
	unsigned n = 0;

	(void)unused;
	for (const struct law *x = world_law_table; x->number; x++) {
		assert_true(x->number > n && x->number <= 55);
		n = x->number;
		assert_true(strlen(x->says) <= 72);
	}
}

static bool stated(unsigned number)
{
	for (const struct law *x = world_law_table; x->number; x++)
		if (x->number == number)
			return true;
	return false;
}

/* The document has a row for each; what is not stated here says why. */
static void each_of_55_is_stated_or_says_why_not(void **unused)
{
	static char text[65536];
	FILE *f = fopen(doc, "r");
	unsigned n = 0;

	(void)unused;
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	for (const char *at = text; (at = strstr(at, "\n| ")); at++) {
		char *end;
		unsigned long k = strtoul(at + 3, &end, 10);

		if (end == at + 3 || strncmp(end, " | ", 3) != 0)
			continue;
		assert_int_equal(k, n + 1);
		n++;
		if (stated(n) == (strncmp(end + 3, "not ", 4) == 0))
			fail_msg("law %u: the document and the table disagree",
				 n);
		assert_true(strcspn(end + 3, "|") > 20);
	}
	assert_int_equal(n, 55);
}

/* clang-format off */
static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_of_55_is_stated_or_says_why_not),
	cmocka_unit_test_teardown(an_honest_assignment_on_any_platform_breaks_no_law, close_world),
	cmocka_unit_test(numbers_rise_and_sentences_fit_a_line),
	cmocka_unit_test_teardown(an_honest_assignment_breaks_no_law, close_world),
	cmocka_unit_test_teardown(an_honest_assignment_of_a_vf_breaks_no_law, close_world),
	AT(running, a_run_ends_with_the_law_that_was_broken),
};
/* clang-format on */

int main(int argc, char **argv)
{
	int failed;

	if (argc != 3)
		return 2;
	t.path = argv[1];
	doc = argv[2];
	failed = cmocka_run_group_tests_name("laws", tests, make_identity,
					     drop_identity);
	failed += laws_key_tests();
	failed += laws_tdi_tests();
	failed += laws_page_tests();
	failed += laws_dma_tests();
	return failed != 0;
}
