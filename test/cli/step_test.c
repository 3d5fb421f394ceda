/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <stdlib.h>

#include "cli/session.h"

/* start and step; help; and runs that are cut off anywhere. */

#define HEAD "platform sev-tio\ndevice\nlink\n"

static int run_text(struct rig *r, const char *text)
{
	rig_write(rig_path(r, "t.il"), text, strlen(text));
	return rig_run(r, "run", rig_path(r, "t.il"), "--payload",
		       rig_payload(r, "p", 100, 1), "--json", NULL);
}

static void two_commands_take_turns(void **state)
{
	struct rig *r = *state;

	run_text(r, HEAD "start A: host connect 01:00.0\n"
			 "start B: vmm launch\n"
			 "step A 3\nstep B 2\nexpect connected no\n"
			 "step A\nstep B\nstep A 2\n"
			 "step B 100000\nstep A 100000\n"
			 "expect connected yes\n"
			 "guest boot\nvmm destroy\n"
			 "host disconnect 01:00.0\nexpect connected no\n");
	if (r->status)
		fail_msg("%s", r->err);
	assert_true(rig_true(r, "clean"));
}

static void a_started_command_has_not_run(void **state)
{
	struct rig *r = *state;

	run_text(r, HEAD "start A: host connect 01:00.0\n"
			 "expect connected yes\n");
	rig_refused(r, "t.il:5: ", "expected connected yes");
}

static void stepping_a_name_that_nobody_has_fails(void **state)
{
	struct rig *r = *state;

	run_text(r, HEAD "step A\n");
	rig_refused(r, "t.il:4: ", "nothing was started as A");
	/* And one that has ended already. */
	run_text(r, HEAD "start A: host connect 01:00.0\n"
			 "step A 100000\nstep A\n");
	rig_refused(r, "t.il:6: ", "nothing was started as A");
	assert_true(rig_true(r, "clean"));
}

static void a_name_is_for_one_command_at_a_time(void **state)
{
	struct rig *r = *state;

	run_text(r, HEAD "start A: host connect 01:00.0\n"
			 "start A: vmm launch\n");
	rig_refused(r, "t.il:5: ", "A was started already");
	run_text(r, HEAD "start A: host connect 01:00.0\nstep A 100000\n"
			 "start A: host disconnect 01:00.0\n"
			 "step A 100000\n");
	assert_int_equal(r->status, CLI_DONE);
	run_text(r,
		 HEAD "start a123456789a123456789a123456789abc: vmm launch\n");
	rig_refused(r, "t.il:4: ", "the name is too long");
}

static void a_command_left_unfinished_is_named(void **state)
{
	struct rig *r = *state;

	run_text(r, HEAD "start A: host connect 01:00.0\nstep A 3\n");
	rig_refused(r, "t.il:4: ", "A was started and has not ended");
	assert_true(rig_true(r, "clean"));
}

/*
 * The VMM goes in the middle of an exchange: what it began is carried to its
 * end, so that the session, which is other functions' too, outlives it.
 */
static void a_request_left_half_way_does_not_cost_the_session(void **state)
{
	static const char *const ops[] = { "lock", "evidence", "start",
					   "release" };
	struct rig *r = *state;
	char before[256] = HEAD "host connect 01:00.0\nvmm launch\n"
				"guest boot\nvmm attach 01:00.0\n"
				"guest probe\n";
	char text[400];
	unsigned cut = 0;

	for (size_t i = 0; i < COUNT(ops); i++) {
		for (unsigned n = 1; n < 14; n++) {
			snprintf(text, sizeof(text),
				 "%sstart A: guest %s\nstep A %u\n", before,
				 ops[i], n);
			run_text(r, text);
			assert_true(rig_true(r, "clean"));
			assert_false(rig_true(r, "isolated"));
			cut += r->status != CLI_DONE;
		}
		snprintf(before + strlen(before),
			 sizeof(before) - strlen(before), "guest %s\n%s",
			 ops[i], i == 1 ? "guest accept\n" : "");
	}
	assert_true(cut > 30);
}

static void a_failure_of_a_stepped_command_is_the_steps(void **state)
{
	struct rig *r = *state;

	run_text(r, HEAD "start A: host connect 05:00.0\nstep A 100000\n");
	rig_refused(r, "t.il:5: ", "connect");
}

static void a_run_cut_anywhere_is_cleaned_up(void **state)
{
	struct rig *r = *state;
	struct cli_run *run = malloc(sizeof(*run));
	char p[128];
	size_t len, n;
	char *text = (char *)rig_read(rig_scenario("assign.il"), &len);

	assert_non_null(run);
	snprintf(p, sizeof(p), "%s", rig_payload(r, "p", 5000, 1));
	r->c.out = r->c.err = stderr;
	n = 1;
	for (size_t cut = 0; cut < n; cut++) {
		const struct cli_run_opts o = { .payload = p, .json = "" };

		assert_int_equal(cli_run_open(&r->c, run, &o), 0);
		assert_int_equal(cli_run_parse(run, "assign.il", text, len), 0);
		n = run->script.n;
		run->script.n = cut + 1;
		assert_int_equal(world_new(&run->cfg, &run->w), IL_OK);
		if (world_run(run->w, &run->script, &run->end))
			fail_msg("cut %zu: %s", cut, run->end.what);
		if (!world_cleanup(run->w))
			fail_msg("cut after line %u: not given back",
				 run->script.call[cut].line);
		cli_run_close(run);
	}
	assert_true(n > 20);
	free(text);
	free(run);
}

static void help_explains_every_command(void **state)
{
	struct rig *r = *state;
	const struct lang_cmd *k;
	char *all;

	assert_int_equal(rig_run(r, "help", NULL), CLI_DONE);
	all = strdup(r->out);
	assert_non_null(all);
	for (size_t i = 0; cli_cmds[i]; i++) {
		const char *name = cli_cmds[i]->name;
		char usage[64];

		assert_non_null(strstr(all, cli_cmds[i]->help));
		assert_int_equal(rig_run(r, "help", name, NULL), CLI_DONE);
		snprintf(usage, sizeof(usage), "interlock %s ", name);
		assert_ptr_equal(strstr(r->out, usage), r->out);
		assert_non_null(strstr(r->out, cli_cmds[i]->help));
	}
	free(all);
	for (size_t i = 0; (k = lang_at(&world_commands, i)); i++) {
		char usage[256];

		assert_int_equal(rig_run(r, "help", k->role, k->verb, NULL),
				 CLI_DONE);
		lang_usage(k, usage, sizeof(usage));
		assert_non_null(strstr(r->out, usage));
		assert_true(strlen(k->help) > 4);
		assert_non_null(strstr(r->out, k->help));
		for (size_t a = 0; a < k->n_args; a++) {
			assert_non_null(k->args[a].help);
			assert_non_null(strstr(r->out, k->args[a].help));
		}
	}
}

static void help_knows_start_and_param(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_run(r, "help", "start", NULL), CLI_DONE);
	assert_non_null(strstr(r->out, "start NAME: COMMAND"));
	assert_int_equal(rig_run(r, "help", "param", NULL), CLI_DONE);
	assert_non_null(strstr(r->out, "param NAME=DEFAULT"));
}

/* A person brings a file of any length. */
static void scenarios_that_step_hold_for_one_byte(void **state)
{
	static const char *const file[] = {
		"evidence-swap-naive.il",
		"key-refresh.il",
		"page-size-private-sev-tio.il",
		"vmm-dies.il",
	};
	struct rig *r = *state;

	for (size_t i = 0; i < COUNT(file); i++)
		if (rig_run(r, "run", rig_scenario(file[i]), "--payload",
			    rig_payload(r, "p", 1, 1), NULL) != CLI_DONE)
			fail_msg("%s: %s", file[i], r->err);
}

static void help_on_nothing_known_is_misuse(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_run(r, "help", "jump", NULL), CLI_USAGE);
	assert_non_null(strstr(r->err, "jump"));
	assert_int_equal(rig_run(r, "help", "host", "jump", NULL), CLI_USAGE);
	assert_int_equal(rig_run(r, "help", "assign", "x", NULL), CLI_USAGE);
	assert_int_equal(rig_run(r, "--help", NULL), CLI_DONE);
	assert_non_null(strstr(r->out, "usage: interlock"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(two_commands_take_turns),
		T(a_started_command_has_not_run),
		T(stepping_a_name_that_nobody_has_fails),
		T(a_name_is_for_one_command_at_a_time),
		T(a_command_left_unfinished_is_named),
		T(a_request_left_half_way_does_not_cost_the_session),
		T(a_failure_of_a_stepped_command_is_the_steps),
		T(a_run_cut_anywhere_is_cleaned_up),
		T(scenarios_that_step_hold_for_one_byte),
		T(help_explains_every_command),
		T(help_knows_start_and_param),
		T(help_on_nothing_known_is_misuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
