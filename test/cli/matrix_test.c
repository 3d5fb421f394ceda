/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

#include "cli/matrix.h"
#include "share.h"

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

/* With sanitizers one platform's runs, which one by the day; else see below. */
static void each_run_of_a_platform_goes_as_its_file_says(void **state)
{
	struct rig *r = *state;
	const uint64_t seed = share_seed(0);
	const unsigned p = (unsigned)(seed / 86400 % WORLD_PLATS);
	char set[64];
	size_t i;
	json_t *o;

	if (!SANITIZED || !world_plats[p])
		skip();
	printf("seed %llu: %s\n", (unsigned long long)seed,
	       world_plat_names[p]);
	snprintf(set, sizeof(set), "PLATFORM=%s", world_plat_names[p]);
	rig_run(r, "run", "--all", "--set", set, "--json", NULL);
	assert_int_equal(r->status, 0);
	json_array_foreach(r->json, i, o)
	{
		assert_true(json_is_true(json_object_get(o, "ok")));
		assert_string_equal(
			json_string_value(json_object_get(o, "platform")),
			world_plat_names[p]);
		assert_non_null(json_object_get(o, "outcome"));
	}
}

/* --- docs/matrix.md --- */

/* Where the issue sees the architectures differ most. */
static const char *const differ[] = {
	"bind-early-late", "bind-owner",      "mmio-moves",
	"reset",	   "unbind-coupling", "vmm-dies",
};

/* Has the part on @name a line for each platform of the build? */
static void explains(const char *text, const char *name)
{
	char head[64], line[64];
	const char *at, *end;

	snprintf(head, sizeof(head), "\n### %s\n", name);
	at = strstr(text, "\n## Where the architectures differ\n");
	assert_non_null(at);
	at = strstr(at, head);
	if (!at)
		fail_msg("nothing says how %s differs", name);
	end = strstr(at + 1, "\n#");
	for (unsigned p = 0; p < WORLD_PLATS; p++) {
		snprintf(line, sizeof(line),
			 "\n- **%s**: ", world_plat_names[p]);
		if (world_plats[p] &&
		    (!strstr(at, line) || strstr(at, line) > end))
			fail_msg("nothing says how %s differs on %s", name,
				 world_plat_names[p]);
	}
}

static void same_lines(const char *is, const char *want)
{
	for (unsigned n = 1; *is || *want; n++) {
		const size_t i = strcspn(is, "\n"), w = strcspn(want, "\n");

		if (i != w || memcmp(is, want, i) != 0)
			fail_msg("docs/matrix.md:%u: '%.*s'; the runs say "
				 "'%.*s' (./dev matrix)",
				 n, (int)i, is, (int)w, want);
		is += i + (is[i] == '\n');
		want += w + (want[w] == '\n');
	}
}

/* A cell of @name's row on the first platform. */
static void cell_is(const char *text, const char *name, const char *want)
{
	char row[128];

	snprintf(row, sizeof(row), "\n| `%s` | %s |", name, want);
	if (!strstr(text, row))
		fail_msg("%s is not %s", name, want);
}

static void the_document_is_what_the_runs_come_to(void **state)
{
	struct rig *r = *state;
	size_t len;
	uint8_t *is;

	if (SANITIZED)
		skip();
	is = rig_read(SCENARIOS "/../docs/matrix.md", &len);
	rig_run(r, "run", "--all", "--format", "markdown", NULL);
	assert_int_equal(r->status, 0);
	assert_null(strstr(r->out, "| no file |"));
	cell_is(r->out, "assign", "done");
	cell_is(r->out, "early-map-naive", "refused: EIO");
	cell_is(r->out, "mixed-domain-naive", "fault: mixed-domain");
	cell_is(r->out, "bme-after-lock-naive", "fault: TDI ERROR");
	cell_is(r->out, "swiotlb-shared-naive", "open: rmp-assigned-read");
	same_lines((const char *)is, r->out);
	for (unsigned i = 0; i < sizeof(differ) / sizeof(*differ); i++)
		explains(r->out, differ[i]);
	free(is);
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
		T(each_run_of_a_platform_goes_as_its_file_says),
		T(the_document_is_what_the_runs_come_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
