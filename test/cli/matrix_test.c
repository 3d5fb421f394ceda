/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <string.h>

#include "cli/matrix.h"

/* interlock run --all: scenarios by architecture. */

/* --- one cell, from what a run noted --- */

static void note(struct cli_cell *cell, const char *kind, const char *what,
		 const char *source, const char *sure)
{
	if (!cell->notes)
		cell->notes = json_array();
	json_array_append_new(cell->notes,
			      json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind",
					kind, "what", what, "says", "it said",
					"source", source, "sure", sure));
}

static void is(struct cli_cell *cell, bool naive, const char *want)
{
	char text[160];

	cli_cell_judge(cell, naive);
	cli_cell_text(cell, text, sizeof(text));
	assert_string_equal(text, want);
}

static void a_run_that_met_nothing_is_done(void **state)
{
	struct cli_cell cell = { .notes = json_array() };

	(void)state;
	is(&cell, false, "done");
	is(&cell, true, "done");
	json_decref(cell.notes);
}

static void what_a_right_order_meets_is_no_outcome(void **state)
{
	struct cli_cell cell = { 0 };

	(void)state;
	note(&cell, "error", "EBUSY", "somewhere", "specification");
	note(&cell, "fault", "rmp-x", "somewhere", "inferred");
	is(&cell, false, "done");
	is(&cell, true, "fault: rmp-x");
	json_decref(cell.notes);
}

static void a_fault_goes_before_a_verdict_and_that_before_an_error(void **state)
{
	struct cli_cell cell = { 0 };

	(void)state;
	note(&cell, "error", "peer", "", "OPEN");
	note(&cell, "error", "EIO", "somewhere", "driver");
	note(&cell, "error", "EIO", "elsewhere", "driver");
	is(&cell, true, "refused: it said, EIO");
	note(&cell, "verdict", "none", "", "specification");
	is(&cell, true, "refused: it said, EIO");
	note(&cell, "verdict", "chain", "", "specification");
	is(&cell, true, "refused: chain");
	note(&cell, "fault", "gpt", "somewhere", "specification");
	is(&cell, true, "fault: gpt");
	json_decref(cell.notes);
}

static void what_rests_on_open_is_no_pass(void **state)
{
	struct cli_cell cell = { 0 }, other = { 0 };

	(void)state;
	note(&cell, "error", "peer", "", "OPEN"); /* nobody said so */
	is(&cell, false, "done");
	note(&cell, "error", "EBUSY", "two drafts", "OPEN");
	is(&cell, false, "open: two drafts");
	is(&cell, true, "open: two drafts");
	note(&other, "open", "stop first", "two drafts", "OPEN");
	is(&other, false, "open: stop first");
	json_decref(cell.notes);
	json_decref(other.notes);
}

static void what_does_not_apply_says_nothing_else(void **state)
{
	struct cli_cell cell = { 0 };

	(void)state;
	note(&cell, "inapplicable", "no such table", "spec", "specification");
	is(&cell, true, "not applicable");
	json_decref(cell.notes);
}

/* --- the command --- */

static void a_matrix_takes_a_platform_and_a_format(void **state)
{
	struct rig *r = *state;

	rig_run(r, "run", "--all", "--set", "VFS=1", NULL);
	assert_int_equal(r->status, 2);
	rig_run(r, "run", "--all", "--set", "PLATFORM=enigma", NULL);
	assert_int_equal(r->status, 2);
	rig_run(r, "run", "--all", "--format", "html", NULL);
	assert_int_equal(r->status, 2);
	rig_run(r, "run", "--all", "--format", "markdown", "--json", NULL);
	assert_int_equal(r->status, 2);
	rig_run(r, "run", "assign", "--format", "markdown", NULL);
	assert_int_equal(r->status, 2);
	rig_run(r, "run", "--all", rig_scenario("assign.il"), NULL);
	assert_int_equal(r->status, 2);
	rig_run(r, "run", NULL);
	assert_int_equal(r->status, 2);
}

static const char *outcome(const struct rig *r, const char *row,
			   const char *platform)
{
	size_t i;
	json_t *o;

	json_array_foreach(r->json, i, o)
	{
		if (strcmp(json_string_value(json_object_get(o, "row")), row) ==
			    0 &&
		    strcmp(json_string_value(json_object_get(o, "platform")),
			   platform) == 0)
			return json_string_value(json_object_get(o, "outcome"));
	}
	fail_msg("%s has no cell on %s", row, platform);
	return NULL;
}

static void each_cell_is_what_the_run_came_to(void **state)
{
	struct rig *r = *state;
	size_t i;
	json_t *o;

	rig_run(r, "run", "--all", "--set", "PLATFORM=sev-tio", "--json", NULL);
	assert_int_equal(r->status, 0);
	json_array_foreach(r->json, i, o)
		assert_true(json_is_true(json_object_get(o, "ok")));
	assert_string_equal(outcome(r, "assign", "sev-tio"), "done");
	assert_string_equal(outcome(r, "early-map-naive", "sev-tio"),
			    "refused: EIO");
	assert_string_equal(outcome(r, "mixed-domain-naive", "sev-tio"),
			    "fault: mixed-domain");
	assert_string_equal(outcome(r, "bme-after-lock-naive", "sev-tio"),
			    "fault: TDI ERROR");
	assert_string_equal(outcome(r, "swiotlb-shared-naive", "sev-tio"),
			    "open: rmp-assigned-read");
	/* its file is the platform's own */
	assert_string_equal(outcome(r, "unbind-coupling", "sev-tio"), "done");
}

#define T(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_that_met_nothing_is_done),
		cmocka_unit_test(what_a_right_order_meets_is_no_outcome),
		cmocka_unit_test(
			a_fault_goes_before_a_verdict_and_that_before_an_error),
		cmocka_unit_test(what_rests_on_open_is_no_pass),
		cmocka_unit_test(what_does_not_apply_says_nothing_else),
		T(a_matrix_takes_a_platform_and_a_format),
		T(each_cell_is_what_the_run_came_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
