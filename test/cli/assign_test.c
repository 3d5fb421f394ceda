/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <stdlib.h>
#include <unistd.h>

static const char *const groups[] = {
	"scenario", "connect", "launch", "assign", "lock",   "evidence",
	"accept",   "start",   "DMA",	 "MMIO",   "unbind", "disconnect",
};

/* Each group once, in this order, nothing failed. */
static void in_order(const json_t *steps)
{
	size_t at = 0, i;
	json_t *s;

	assert_true(json_array_size(steps) > COUNT(groups));
	json_array_foreach(steps, i, s)
	{
		const char *g = json_string_value(json_object_get(s, "group"));

		assert_non_null(g);
		assert_true(json_is_true(json_object_get(s, "ok")));
		assert_string_equal(
			json_string_value(json_object_get(s, "result")), "ok");
		if (strcmp(g, groups[at]) != 0 && at + 1 < COUNT(groups))
			at++;
		if (strcmp(g, groups[at]) != 0)
			fail_msg("step %zu is of '%s', after '%s'", i, g,
				 groups[at ? at - 1 : 0]);
	}
	assert_int_equal(at, COUNT(groups) - 1);
}

static void whole(const struct rig *r, uint64_t len)
{
	const char *key;
	json_t *v;

	if (r->status)
		fail_msg("exit %d: %s", r->status, r->err);
	assert_string_equal(r->err, "");
	assert_true(rig_true(r, "ok"));
	assert_true(rig_true(r, "clean"));
	assert_null(json_object_get(r->json, "error"));
	in_order(json_object_get(r->json, "steps"));
	assert_int_equal(rig_int(r, "bytes_to_device"), len);
	assert_int_equal(rig_int(r, "bytes_from_device"), len);
	assert_true(rig_int(r, "tlps") > 0);
	assert_true(rig_int(r, "exchanges") > 0);
	assert_true(json_object_size(json_object_get(r->json, "measurements")) >
		    0);
	json_object_foreach(json_object_get(r->json, "measurements"), key, v)
	{
		assert_true(json_is_integer(json_object_get(v, "type")));
		assert_true(json_string_length(json_object_get(v, "value")) >
			    0);
	}
	assert_true(json_is_object(json_object_get(r->json, "laws")));
}

static void payloads_of_every_kind_of_length_go_there_and_back(void **state)
{
	static const size_t len[] = { 0, 1, 4095, (1u << 20) + 1 };
	struct rig *r = *state;

	for (size_t i = 0; i < COUNT(len); i++) {
		rig_run(r, "assign", "--platform", "sev-tio", "--payload",
			rig_payload(r, "p", len[i], i), "--json", NULL);
		whole(r, len[i]);
	}
}

static void
the_first_and_the_last_virtual_function_can_be_assigned(void **state)
{
	struct rig *r = *state;
	const char *p = rig_payload(r, "p", 5000, 1);

	rig_run(r, "assign", "--platform=sev-tio", "--payload", p, "--vf", "1",
		"--json", NULL);
	whole(r, 5000);
	rig_run(r, "assign", "--platform=sev-tio", "--payload", p, "--vf=7",
		"--json", NULL);
	whole(r, 5000);
}

static void the_users_identity_is_made_once_and_kept(void **state)
{
	struct rig *r = *state;
	const char *p = rig_payload(r, "p", 10, 1);
	uint8_t *first, *second;
	size_t n, m;

	assert_int_not_equal(
		access(rig_path(r, "home/state/identity/leaf.key"), F_OK), 0);
	rig_run(r, "assign", "--platform", "sev-tio", "--payload", p, "--json",
		NULL);
	whole(r, 10);
	first = rig_read(rig_path(r, "home/state/identity/leaf.key"), &n);
	rig_run(r, "assign", "--platform", "sev-tio", "--payload", p, "--json",
		NULL);
	whole(r, 10);
	second = rig_read(rig_path(r, "home/state/identity/leaf.key"), &m);
	assert_int_equal(n, m);
	assert_memory_equal(first, second, n);
	free(first);
	free(second);
}

static void without_a_state_folder_the_identity_must_be_given(void **state)
{
	struct rig *r = *state;
	const char *p = rig_payload(r, "p", 10, 1);

	r->c.state_dir = NULL;
	rig_run(r, "assign", "--platform", "sev-tio", "--payload", p, NULL);
	rig_refused(r, "no state folder", "--identity");
	assert_int_equal(rig_run(r, "identity", "new", rig_path(r, "id"), NULL),
			 CLI_DONE);
	rig_run(r, "assign", "--platform", "sev-tio", "--payload", p,
		"--identity", rig_path(r, "id"), "--trust",
		rig_path(r, "id/root.pem"), "--json", NULL);
	whole(r, 10);
}

static void people_read_groups_steps_and_a_summary(void **state)
{
	struct rig *r = *state;
	const char *at;

	rig_run(r, "assign", "--platform", "sev-tio", "--payload",
		rig_payload(r, "p", 3000, 1), NULL);
	assert_int_equal(r->status, CLI_DONE);
	assert_string_equal(r->err, "");
	assert_non_null(strstr(r->out, "plaintext (not looked for"));
	at = r->out;
	for (size_t i = 0; i < COUNT(groups); i++) {
		char line[32];

		snprintf(line, sizeof(line), "%s\n", groups[i]);
		at = strstr(at, line);
		if (!at)
			fail_msg("no %s in its place: %s", groups[i], r->out);
	}
	at = strstr(at, "\ndone\n");
	assert_non_null(at);
	assert_non_null(
		strstr(at, "3000 bytes to the device, 3000 bytes from"));
	assert_non_null(strstr(at, " TLPs, "));
	assert_non_null(strstr(at, " exchanges over DOE"));
	assert_non_null(strstr(at, " laws at "));
	assert_null(strchr(r->out, '\r'));
}

static void a_terminal_sees_a_large_payload_move(void **state)
{
	struct rig *r = *state;
	const char *p = rig_payload(r, "p", 5u << 20, 1);

	r->c.tty = true;
	rig_run(r, "assign", "--platform", "sev-tio", "--payload", p, NULL);
	assert_int_equal(r->status, CLI_DONE);
	assert_non_null(strstr(r->out, "\r  ["));
	assert_non_null(strstr(r->out, " %\r\033[K"));
}

static void what_was_measured_can_be_expected(void **state)
{
	struct rig *r = *state;
	const char *p = rig_payload(r, "p", 10, 1);
	json_t *m;

	rig_run(r, "assign", "--platform", "sev-tio", "--payload", p, "--json",
		NULL);
	whole(r, 10);
	rig_write(rig_path(r, "all"), r->out, strlen(r->out));
	m = json_object_get(r->json, "measurements");
	assert_int_equal(json_dump_file(m, rig_path(r, "m"), 0), 0);
	rig_run(r, "assign", "--platform", "sev-tio", "--payload", p, "--json",
		"--expect-measurements", rig_path(r, "m"), NULL);
	whole(r, 10);
	rig_run(r, "assign", "--platform", "sev-tio", "--payload", p, "--json",
		"--expect-measurements", rig_path(r, "all"), NULL);
	whole(r, 10);
}

static void the_same_seed_gives_the_same_packets(void **state)
{
	static const char *const seed[] = { "7", "7", "8" };
	struct rig *r = *state;
	const char *p = rig_payload(r, "p", 3000, 1);
	uint8_t *cap[3];
	size_t n[3];

	for (unsigned i = 0; i < 3; i++) {
		/* A path with a blank is a path. */
		const char *to = rig_path(r, "the link");

		rig_run(r, "assign", "--platform", "sev-tio", "--payload", p,
			"--seed", seed[i], "--link-capture", to, "--json",
			NULL);
		whole(r, 3000);
		assert_int_equal(rig_int(r, "seed"), seed[i][0] - '0');
		cap[i] = rig_read(to, &n[i]);
	}
	assert_int_equal(n[0], n[1]);
	assert_memory_equal(cap[0], cap[1], n[0]);
	assert_true(n[0] != n[2] || memcmp(cap[0], cap[2], n[0]) != 0);
	for (unsigned i = 0; i < 3; i++)
		free(cap[i]);
}

#define T(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(payloads_of_every_kind_of_length_go_there_and_back),
		T(the_first_and_the_last_virtual_function_can_be_assigned),
		T(the_users_identity_is_made_once_and_kept),
		T(without_a_state_folder_the_identity_must_be_given),
		T(people_read_groups_steps_and_a_summary),
		T(a_terminal_sees_a_large_payload_move),
		T(what_was_measured_can_be_expected),
		T(the_same_seed_gives_the_same_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
