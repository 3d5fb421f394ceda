/* SPDX-License-Identifier: BSD-2-Clause */
#include "request_rig.h"

/* The judge's ways to a device that are no socket of the emulator's. */

static int64_t number(const struct rig *r, const char *key)
{
	return json_integer_value(json_object_get(r->json, key));
}

static void a_device_on_a_link_is_judged_as_by_a_root_port(void **state)
{
	struct rig *r = *state;
	struct served s = { .link = true };
	char at[200];

	request_serve(r, &s);
	snprintf(at, sizeof(at), "link:%s", s.target);
	/* Each at the registers: none of them by the emulator's framing. */
	assert_int_equal(rig_run(r, "validate", at, "--json", "--only",
				 "doe/*reads-zero", "--only", "doe/abort-*",
				 "--only", "spdm-1.2/session-ends", NULL),
			 0);
	request_stop(&s);
	assert_true(number(r, "passed") >= 9);
	assert_int_equal(number(r, "not_tested"), 0);
}

static void a_mailbox_that_breaks_a_rule_fails_there(void **state)
{
	struct rig *r = *state;
	struct served s = { .link = true,
			    .misbehave = "doe-write-mailbox-shows" };
	char at[200];

	request_serve(r, &s);
	snprintf(at, sizeof(at), "link:%s", s.target);
	rig_run(r, "validate", at, "--only", "doe/*reads-zero", NULL);
	request_stop(&s);
	assert_int_equal(r->status, 1);
	assert_non_null(
		strstr(r->out, "  fail        doe/write-mailbox-reads-zero\n"));
	assert_non_null(strstr(r->out, "it reads 0x12345678"));
	assert_non_null(strstr(r->out, "3 passed, 1 failed, 0 not tested") ||
			strstr(r->out, "2 passed, 1 failed"));
}

static void a_link_to_nobody_is_no_pass(void **state)
{
	struct rig *r = *state;
	char at[200];

	snprintf(at, sizeof(at), "link:unix:%s", rig_path(r, "nobody"));
	rig_run(r, "validate", at, "--only", "doe/*", NULL);
	rig_refused(r, "No such file", at);
}

static void targets_that_are_none_are_misuse(void **state)
{
	static const char *const bad[] = {
		"link:",       "link:/a/b",	   "link:tcp:1.2.3.4:5", "pci:",
		"pci:01:00.0", "pci:0000:01:00.1", "pci:0000:01:00"
	};
	struct rig *r = *state;

	for (size_t i = 0; i < COUNT(bad); i++) {
		rig_run(r, "validate", bad[i], NULL);
		/* Without libpci it says that. */
		assert_true(r->status == 2 || strstr(r->err, "no libpci"));
	}
	assert_int_equal(
		rig_run(r, "validate", "link:unix:x", "--trans", "mctp", NULL),
		2);
}

/* Domain ffff is of no machine. */
static void a_device_that_is_not_there_is_no_pass(void **state)
{
	struct rig *r = *state;

	rig_run(r, "validate", "pci:ffff:fe:1f.0", "--only", "doe/*", NULL);
	assert_int_equal(r->status, 1);
	assert_true(strstr(r->err, "nothing was tested") ||
		    strstr(r->err, "no libpci"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_device_on_a_link_is_judged_as_by_a_root_port),
		TEST(a_mailbox_that_breaks_a_rule_fails_there),
		TEST(a_link_to_nobody_is_no_pass),
		TEST(targets_that_are_none_are_misuse),
		TEST(a_device_that_is_not_there_is_no_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
