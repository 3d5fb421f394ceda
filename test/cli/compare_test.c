/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "cli/compare.h"
#include "world/lang.h"

/* interlock compare: calls at the boundaries, by command and platform. */

static const struct lang_cmd lock = { .role = "guest", .verb = "lock" };
static const struct lang_cmd step = { .role = "step" };
static const struct lang_cmd run_cmd = { .role = "guest", .verb = "run" };

static void tell(struct cli_track *t, const struct lang_cmd *cmd, unsigned line,
		 enum world_edge edge, const char *name, const char *status)
{
	static struct lang_call c;

	c.cmd = cmd;
	c.line = line;
	cli_track_call(t, &(struct world_edge_call){ .edge = edge,
						     .name = name,
						     .status = status,
						     .during = &c });
}

static void drop(struct cli_track *t)
{
	for (unsigned i = 0; i < t->verbs; i++)
		free(t->verb[i].call);
	free(t->verb);
}

static void a_call_in_a_row_at_one_boundary_is_counted(void **state)
{
	struct cli_track t = { 0 };

	(void)state;
	tell(&t, &lock, 3, WORLD_HOST_FW, "BIND", NULL);
	tell(&t, &lock, 3, WORLD_FW_DEV, "LOCK", NULL);
	tell(&t, &lock, 3, WORLD_HOST_FW, "BIND", NULL);
	tell(&t, &lock, 3, WORLD_HOST_FW, "BIND", "EBUSY");
	tell(&t, &lock, 3, WORLD_HOST_FW, "INFO", NULL);
	tell(&t, &lock, 3, WORLD_HOST_FW, "BIND", NULL);
	assert_int_equal(t.verbs, 1);
	assert_int_equal(t.verb[0].calls, 4);
	assert_string_equal(t.verb[0].call[0].name, "BIND");
	assert_int_equal(t.verb[0].call[0].times, 2);
	assert_string_equal(t.verb[0].call[0].status, "EBUSY");
	assert_int_equal(t.verb[0].call[1].edge, WORLD_FW_DEV);
	assert_int_equal(t.verb[0].call[3].times, 1);
	drop(&t);
}

static void calls_that_recur_in_an_order_stand_once(void **state)
{
	static const char *const names[] = { "A", "B", "C", "B",
					     "C", "B", "C", "D" };
	struct cli_track t = { 0 };
	struct cli_line l[2 * (COUNT(names) + 1)];
	char text[200] = "";
	unsigned n;

	(void)state;
	for (unsigned i = 0; i < COUNT(names); i++) {
		tell(&t, &lock, 3, WORLD_HOST_FW, names[i], NULL);
		tell(&t, &lock, 3, WORLD_FW_DEV, "M", NULL);
	}
	n = cli_verb_lines(&t.verb[0], WORLD_HOST_FW, l);
	for (unsigned i = 0, to = 0; i < n; i++) {
		char line[64];

		cli_line_text(&l[i], line, sizeof(line));
		to += (unsigned)snprintf(text + to, sizeof(text) - to, "%s;",
					 line);
	}
	assert_string_equal(text, "A;3 rounds of;  B;  C;D;");
	assert_int_equal(cli_verb_lines(&t.verb[0], WORLD_FW_DEV, l), 1);
	assert_int_equal(l[0].call->times, COUNT(names));
	/* what each of them came to is part of it */
	snprintf(t.verb[0].call[2].status, sizeof(t.verb[0].call[2].status),
		 "EIO");
	n = cli_verb_lines(&t.verb[0], WORLD_HOST_FW, l);
	assert_int_equal(n, 7);
	assert_int_equal(l[2].rounds, 2);
	drop(&t);
}

static void a_command_that_was_started_keeps_its_row(void **state)
{
	struct cli_track t = { 0 };

	(void)state;
	tell(&t, &lock, 3, WORLD_HOST_FW, "A", NULL);
	tell(&t, &step, 4, WORLD_HOST_FW, "B", NULL);
	tell(&t, &lock, 3, WORLD_HOST_FW, "C", NULL);
	tell(&t, &lock, 5, WORLD_HOST_FW, "D", NULL);
	assert_int_equal(t.verbs, 3);
	assert_int_equal(t.verb[0].calls, 2);
	assert_string_equal(t.verb[1].name, "step");
	assert_int_equal(t.verb[2].nth, 1); /* the second lock */
	drop(&t);
}

static void rows(const struct cli_compare *x, const char *want)
{
	char got[256] = "";

	for (unsigned r = 0; r < x->rows; r++) {
		size_t n = strlen(got);

		snprintf(got + n, sizeof(got) - n, "%s:%u%u ",
			 cli_compare_any(x, r)->name, x->row[r][0],
			 x->row[r][1]);
	}
	assert_string_equal(got, want);
}

static void commands_stand_beside_their_like(void **state)
{
	struct cli_compare *x = calloc(1, sizeof(*x));
	struct cli_track *a, *b;

	(void)state;
	assert_non_null(x);
	a = &x->track[0];
	b = &x->track[1];
	tell(a, &lock, 1, WORLD_HOST_FW, "A", NULL);
	tell(a, &run_cmd, 2, WORLD_HOST_FW, "A", NULL);
	tell(a, &lock, 3, WORLD_HOST_FW, "A", NULL);
	/* other lines, one command more, one less */
	tell(b, &lock, 11, WORLD_HOST_FW, "B", NULL);
	tell(b, &step, 12, WORLD_HOST_FW, "B", NULL);
	tell(b, &lock, 13, WORLD_HOST_FW, "B", NULL);
	assert_true(cli_compare_align(x));
	rows(x, "guest lock:11 step:02 guest run:20 guest lock:33 ");
	drop(a);
	drop(b);
	free(x);
}

/* --- the command --- */

static json_t *row_of(const struct rig *r, const char *verb)
{
	size_t i;
	json_t *o;

	json_array_foreach(json_object_get(r->json, "rows"), i, o)
	{
		if (strcmp(json_string_value(json_object_get(o, "verb")),
			   verb) == 0)
			return json_object_get(o, "on");
	}
	fail_msg("there is no row %s", verb);
	return NULL;
}

static bool has(json_t *on, const char *plat, enum world_edge edge,
		const char *name)
{
	json_t *list = json_object_get(json_object_get(on, plat),
				       cli_edge_names[edge]);
	size_t i;
	json_t *o;

	json_array_foreach(list, i, o)
	{
		if (strcmp(json_string_value(json_object_get(o, "name")),
			   name) == 0)
			return true;
	}
	return false;
}

static void a_lock_is_each_firmwares_call_and_the_same_messages(void **state)
{
	static const char *const firmware[WORLD_PLATS] = {
		[WORLD_SEV_TIO] = "TIO_TDI_BIND",
		[WORLD_CCA] = "RMI_VDEV_LOCK",
		[WORLD_TDX_CONNECT] = "TDH.TDI.LOCK",
		[WORLD_COVE_IO] = "COVH bind_interface",
	};
	struct rig *r = *state;
	json_t *on;

	rig_run(r, "compare", "assign", "--json", NULL);
	assert_int_equal(r->status, 0);
	on = row_of(r, "guest lock");
	for (unsigned p = 0; p < WORLD_PLATS; p++) {
		const char *plat = world_plat_names[p];

		if (!world_plats[p])
			continue;
		assert_true(
			has(on, plat, WORLD_FW_DEV, "LOCK_INTERFACE_REQUEST"));
		assert_true(has(on, plat, WORLD_VMM_HOST, "KVM_RUN"));
		assert_true(has(on, plat, WORLD_HOST_FW, firmware[p]));
	}
	on = row_of(r, "host connect");
	assert_true(has(on, "sev-tio", WORLD_VMM_HOST, "write tsm/connect"));
	assert_true(has(on, "sev-tio", WORLD_HOST_FW, "TIO_DEV_CONNECT"));
	assert_true(has(on, "sev-tio", WORLD_FW_DEV, "KEY_EXCHANGE"));
	assert_true(has(on, "sev-tio", WORLD_FW_DEV, "KEY_PROG"));
	on = row_of(r, "guest start");
	assert_true(has(on, "sev-tio", WORLD_GUEST_FW, "TIO_OP RUN"));
	assert_true(
		has(on, "sev-tio", WORLD_FW_DEV, "START_INTERFACE_REQUEST"));
}

static void no_line_is_longer(const char *text, size_t width)
{
	for (size_t n; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		assert_true(n <= width);
	}
}

static void it_fits_into_as_many_columns_as_it_may(void **state)
{
	struct rig *r = *state;

	rig_run(r, "compare", "assign", NULL);
	assert_int_equal(r->status, 0);
	assert_non_null(strstr(r->out, "\nguest lock\n"));
	assert_non_null(strstr(r->out, "\n  firmware to device\n"));
	assert_null(strstr(r->out, " \n"));
	no_line_is_longer(r->out, 160);
	/* not applicable: a longer line than it may be */
	rig_run(r, "compare", "vtom", "--width", "90", NULL);
	assert_non_null(strstr(r->out, "cca: not applicable: no vTOM"));
	no_line_is_longer(r->out, 90);
	rig_run(r, "compare", "assign", "--width", "80", NULL);
	no_line_is_longer(r->out, 80);
}

static void below_each_other_calls_stand_in_their_order(void **state)
{
	struct rig *r = *state;
	const char *at;

	rig_run(r, "compare", "assign", "--below", NULL);
	assert_int_equal(r->status, 0);
	at = strstr(r->out, "\n  guest lock\n");
	assert_non_null(at);
	at = strstr(at, "guest to firmware  TIO_OP BIND\n");
	assert_non_null(at);
	at = strstr(at, "VMM to host        IOMMU_VDEVICE_TSM_REQ lock");
	assert_non_null(at);
	at = strstr(at, "host to firmware   TIO_TDI_BIND");
	assert_non_null(at);
	assert_non_null(
		strstr(at, "firmware to device LOCK_INTERFACE_REQUEST\n"));
}

static void a_call_that_is_refused_says_so(void **state)
{
	struct rig *r = *state;

	rig_run(r, "compare", "connect-order-naive", "--below", NULL);
	assert_int_equal(r->status, 0);
	assert_non_null(strstr(r->out, "write tsm/disconnect = ENXIO\n"));
}

static void what_cannot_be_compared_is_said(void **state)
{
	struct rig *r = *state;

	rig_run(r, "compare", "nothing", NULL);
	assert_int_equal(r->status, 1);
	assert_non_null(strstr(r->err, "scenario nothing"));
	rig_run(r, "compare", NULL);
	assert_int_equal(r->status, 2);
	rig_run(r, "compare", "assign", "--width", "10", NULL);
	assert_int_equal(r->status, 2);
	rig_run(r, "compare", "assign", "--format", "xml", NULL);
	assert_int_equal(r->status, 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_in_a_row_at_one_boundary_is_counted),
		cmocka_unit_test(calls_that_recur_in_an_order_stand_once),
		cmocka_unit_test(a_command_that_was_started_keeps_its_row),
		cmocka_unit_test(commands_stand_beside_their_like),
		T(a_lock_is_each_firmwares_call_and_the_same_messages),
		T(it_fits_into_as_many_columns_as_it_may),
		T(below_each_other_calls_stand_in_their_order),
		T(a_call_that_is_refused_says_so),
		T(what_cannot_be_compared_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
