/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <stdio.h>

#include "world/lang.h"

static const char *const colours[] = { "red", "green", NULL };
static const struct lang_arg dev_args[] = {
	{ "bdf", LANG_BDF, .positional = true, .required = true },
	{ "size", LANG_INT },
	{ "colour", LANG_PICK, .picks = colours },
	{ "on", LANG_BOOL },
	{ "key", LANG_HEX },
};
static const struct lang_arg say_args[] = {
	{ "what", LANG_WORD, .positional = true, .required = true },
	{ "then", LANG_WORD, .positional = true },
};
static const struct lang_arg paint_args[] = {
	{ "colour", LANG_PICK, .positional = true, .required = true,
	  .picks = colours },
};
static const struct lang_cmd cmds[] = {
	{ "dev", "add", dev_args, COUNT(dev_args), NULL, "adds" },
	{ "dev", "drop", dev_args, 1, NULL, "drops" },
	{ "say", NULL, say_args, COUNT(say_args), NULL, "says" },
	{ "paint", NULL, paint_args, COUNT(paint_args), NULL, "selects",
	  .selects = true },
};
static const struct lang_cmd more[] = {
	{ "dev", "last", dev_args, 1, NULL, "stands in another file" },
};
static const struct lang_table rest = { more, COUNT(more), NULL };
static const struct lang_table table = { cmds, COUNT(cmds), &rest };
static struct lang_call calls[8];
static struct lang_script s;
static struct lang_error e;

static enum il_err parse(const char *text)
{
	memset(&e, 0, sizeof(e));
	s.call = calls;
	s.cap = COUNT(calls);
	return lang_parse(&s, &table, text, strlen(text), &e);
}

static int fresh(void **unused)
{
	(void)unused;
	memset(&s, 0, sizeof(s));
	return 0;
}

static void a_table_goes_on_in_the_next_one(void **unused)
{
	(void)unused;
	assert_int_equal(parse("dev last 0000:00:00.0\n"), IL_OK);
	assert_ptr_equal(calls[0].cmd, &more[0]);
	for (unsigned i = 0; i < COUNT(cmds); i++)
		assert_ptr_equal(lang_at(&table, i), &cmds[i]);
	assert_ptr_equal(lang_at(&table, COUNT(cmds)), &more[0]);
	assert_null(lang_at(&table, COUNT(cmds) + 1));
}

static void a_line_gives_role_verb_and_values(void **unused)
{
	(void)unused;
	assert_int_equal(parse("# nothing\n\n"
			       "dev add 0001:02:03.4 size=64K on=yes "
			       "colour=green key=00ff # note\n"
			       "say \"two words\"\n"),
			 IL_OK);
	assert_int_equal(s.n, 2);
	assert_int_equal(calls[0].line, 3);
	assert_ptr_equal(calls[0].cmd, &cmds[0]);
	assert_int_equal(lang_num(&calls[0], "bdf", 0), 0x1021c);
	assert_int_equal(lang_num(&calls[0], "size", 0), 65536);
	assert_int_equal(lang_num(&calls[0], "colour", 0), 1);
	assert_int_equal(lang_num(&calls[0], "on", 0), 1);
	assert_string_equal(lang_word(&calls[0], "key", ""), "00ff");
	assert_string_equal(lang_word(&calls[1], "what", ""), "two words");
	assert_string_equal(lang_word(&calls[1], "then", "no"), "no");
}

static void a_short_address_is_in_segment_zero(void **unused)
{
	(void)unused;
	assert_int_equal(parse("dev drop 01:00.1\n"), IL_OK);
	assert_int_equal(lang_num(&calls[0], "bdf", 0), 0x101);
}

static void a_parameter_is_replaced_and_set_wins(void **unused)
{
	(void)unused;
	assert_int_equal(lang_set(&s, "N", "7"), IL_OK);
	assert_int_equal(parse("param N=3\nparam B=01:00.0\n"
			       "dev add $B size=$N\n"),
			 IL_OK);
	assert_int_equal(lang_num(&calls[0], "size", 0), 7);
	assert_null(lang_undeclared(&s));
}

static void a_set_that_no_line_declares_is_named(void **unused)
{
	(void)unused;
	assert_int_equal(lang_set(&s, "TYPO", "1"), IL_OK);
	assert_int_equal(parse("say x\n"), IL_OK);
	assert_string_equal(lang_undeclared(&s), "TYPO");
	assert_int_equal(lang_set(&s, "a-b", "1"), IL_E_ARG);
}

static void start_names_a_call(void **unused)
{
	(void)unused;
	assert_int_equal(parse("start A: say x\n"), IL_OK);
	assert_string_equal(calls[0].name, "A");
	assert_string_equal(lang_word(&calls[0], "what", ""), "x");
}

static void each_error_has_its_line_and_column(void **unused)
{
	(void)unused;
	static const struct {
		const char *text;
		unsigned line, col;
	} bad[] = {
		{ "nobody here\n", 1, 1 },
		{ "say a\ndev shake\n", 2, 5 },
		{ "dev add\n", 1, 8 },
		{ "dev add 01:00.9\n", 1, 9 },
		{ "dev add 0001:01:40.0\n", 1, 9 },
		{ "dev add 01:00.0 size=1Q\n", 1, 22 },
		{ "dev add 01:00.0 size=\n", 1, 22 },
		{ "dev add 01:00.0 colour=blue\n", 1, 24 },
		{ "dev add 01:00.0 on=maybe\n", 1, 20 },
		{ "dev add 01:00.0 key=123\n", 1, 21 },
		{ "dev add 01:00.0 size=1 size=2\n", 1, 29 },
		{ "dev add 01:00.0 weight=1\n", 1, 17 },
		{ "say $NONE\n", 1, 5 },
		{ "say \"open\n", 1, 5 },
		{ "param X\n", 1, 1 },
		{ "param 9=1\n", 1, 7 },
		{ "param A=1\nparam A=2\n", 2, 7 },
		{ "start A say x\n", 1, 7 },
		{ "start A:\n", 1, 1 },
		{ "say a b c\n", 1, 9 },
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		fresh(NULL);
		assert_int_equal(parse(bad[i].text), IL_E_FIELD);
		assert_int_equal(e.line, bad[i].line);
		if (e.col != bad[i].col)
			fail_msg("%s: column %u: %s", bad[i].text, e.col,
				 e.what);
		assert_true(strlen(e.what) > 5);
	}
}

static void overlong_input_is_refused(void **unused)
{
	(void)unused;
	char line[LANG_LINE_MAX + 8];

	memset(line, 'a', sizeof(line));
	memcpy(line, "say ", 4);
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(parse(line), IL_E_FIELD);
	assert_int_equal(parse("say x\nsay x\nsay x\nsay x\nsay x\nsay x\n"
			       "say x\nsay x\nsay x\n"),
			 IL_E_SPACE);
	assert_int_equal(lang_parse(&s, &table, "say\0x", 5, &e), IL_E_FIELD);
}

static void numbers_do_not_wrap(void **unused)
{
	(void)unused;
	uint64_t v = 5;

	assert_int_equal(lang_int("0x10", &v), IL_OK);
	assert_int_equal(v, 16);
	assert_int_equal(lang_int("17179869184G", &v), IL_E_FIELD);
	assert_int_equal(lang_int("-1", &v), IL_E_FIELD);
	assert_int_equal(lang_int("1KK", &v), IL_E_FIELD);
	assert_int_equal(v, 16);
}

static void usage_shows_what_is_optional(void **unused)
{
	(void)unused;
	char out[200];

	lang_usage(&cmds[0], out, sizeof(out));
	assert_string_equal(out, "dev add bdf [size=…] [colour=…] [on=…] "
				 "[key=…]");
	lang_usage(&cmds[2], out, sizeof(out));
	assert_string_equal(out, "say what [then]");
}

static void a_line_on_another_selection_is_checked_and_left_out(void **unused)
{
	(void)unused;
	assert_int_equal(parse("param C=green\npaint $C\n"
			       "on red: say r\non green: say g\n"
			       "on red,green: start A: say both\nsay all\n"),
			 IL_OK);
	assert_int_equal(s.n, 4);
	assert_string_equal(lang_word(&calls[1], "what", ""), "g");
	assert_int_equal(calls[1].line, 4);
	assert_string_equal(lang_word(&calls[2], "what", ""), "both");
	assert_string_equal(calls[2].name, "A");
	assert_string_equal(lang_word(&calls[3], "what", ""), "all");
	/* another one is left out, and no less wrong for that */
	assert_int_equal(parse("paint green\non red: dev add here\n"),
			 IL_E_FIELD);
	assert_int_equal(e.line, 2);
	/* what a file selected is not what the next one did */
	assert_int_equal(parse("on green: say g\n"), IL_E_FIELD);
	/* a command that is left out does not select either */
	assert_int_equal(parse("paint green\non red: paint red\n"
			       "on green: say g\n"),
			 IL_OK);
	assert_int_equal(s.n, 2);
}

static void on_wants_names_that_there_are(void **unused)
{
	static const struct {
		const char *line;
		unsigned col;
	} bad[] = {
		{ "on blue: say x", 4 },
		{ "on red,blue: say x", 8 },
		{ "on red,: say x", 8 },
		{ "on : say x", 4 },
		{ "on red say x", 1 },
		{ "on red:", 1 },
		{ "on red: ", 1 },
		{ "on re: say x", 4 },
		{ "on red:green: say x", 1 },
		{ "on", 1 },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(bad); i++) {
		char text[64];

		snprintf(text, sizeof(text), "paint red\n%s\n", bad[i].line);
		if (parse(text) != IL_E_FIELD)
			fail_msg("%s is taken", bad[i].line);
		assert_int_equal(e.line, 2);
		assert_int_equal(e.col, bad[i].col);
	}
}

static void a_shell_line_stands_alone(void **unused)
{
	(void)unused;
	struct lang_call c;

	assert_int_equal(lang_line(&s, &table, "  ", &c, &e), IL_E_STATE);
	assert_int_equal(lang_line(&s, &table, "say x", &c, &e), IL_OK);
	assert_string_equal(lang_word(&c, "what", ""), "x");
	assert_int_equal(lang_line(&s, &table, "say", &c, &e), IL_E_FIELD);
}

#define T(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_table_goes_on_in_the_next_one),
		T(a_line_gives_role_verb_and_values),
		T(a_short_address_is_in_segment_zero),
		T(a_parameter_is_replaced_and_set_wins),
		T(a_set_that_no_line_declares_is_named),
		T(start_names_a_call),
		T(each_error_has_its_line_and_column),
		T(overlong_input_is_refused),
		T(numbers_do_not_wrap),
		T(usage_shows_what_is_optional),
		T(a_line_on_another_selection_is_checked_and_left_out),
		T(on_wants_names_that_there_are),
		T(a_shell_line_stands_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
