/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bad input and misuse: what is said, and what is left behind. */

static const char *payload(struct rig *r)
{
	return rig_payload(r, "p", 100, 1);
}

static const char *identity(struct rig *r, const char *name)
{
	const char *dir = rig_path(r, name);

	assert_int_equal(rig_run(r, "identity", "new", dir, NULL), CLI_DONE);
	return dir;
}

/* Refused, and the device is as it was: unlocked and disconnected. */
static void refused_clean(struct rig *r, const char *what, const char *where)
{
	const char *error;

	rig_refused(r, what, where);
	assert_non_null(r->json);
	assert_true(json_is_false(json_object_get(r->json, "ok")));
	if (!rig_true(r, "clean"))
		fail_msg("not clean after: %s", r->err);
	error = json_string_value(json_object_get(r->json, "error"));
	assert_non_null(error);
	assert_non_null(strstr(r->err, error));
}

/* The run was never begun. */
static void not_begun(const struct rig *r)
{
	assert_int_equal(json_array_size(json_object_get(r->json, "steps")), 0);
}

/* It got as far as evidence, and the function was never started. */
static void stopped_at_evidence(const struct rig *r)
{
	json_t *steps = json_object_get(r->json, "steps");
	bool evidence = false;
	json_t *s;
	size_t i;

	json_array_foreach(steps, i, s)
	{
		const char *g = json_string_value(json_object_get(s, "group"));

		evidence |= strcmp(g, "evidence") == 0;
		assert_string_not_equal(g, "accept");
		assert_string_not_equal(g, "start");
		assert_string_not_equal(g, "DMA");
	}
	assert_true(evidence);
	assert_int_equal(rig_int(r, "bytes_to_device"), 0);
}

#define ASSIGN(r, p, ...)                                             \
	rig_run(r, "assign", "--platform", "sev-tio", "--payload", p, \
		"--json", __VA_ARGS__ __VA_OPT__(, ) NULL)

static void a_payload_that_is_not_there_is_named(void **state)
{
	struct rig *r = *state;

	ASSIGN(r, rig_path(r, "nobody"));
	refused_clean(r, "nobody", "No such file");
	not_begun(r);
}

static void a_folder_is_no_payload(void **state)
{
	struct rig *r = *state;

	ASSIGN(r, r->dir);
	refused_clean(r, r->dir, "is a directory");
	not_begun(r);
}

static void a_payload_above_64_mib_is_refused(void **state)
{
	struct rig *r = *state;
	const char *p = payload(r);

	assert_int_equal(truncate(p, (64 << 20) + 1), 0);
	ASSIGN(r, p);
	refused_clean(r, p, "larger than 67108864 bytes");
	not_begun(r);
}

static void an_identity_that_is_not_there_is_named(void **state)
{
	struct rig *r = *state;

	ASSIGN(r, payload(r), "--identity", rig_path(r, "nobody"));
	refused_clean(r, "nobody/chain.pem", "No such file");
	not_begun(r);
}

static void an_identity_without_its_key_is_named(void **state)
{
	struct rig *r = *state;
	const char *id = identity(r, "id");

	assert_int_equal(remove(rig_path(r, "id/leaf.key")), 0);
	ASSIGN(r, payload(r), "--identity", id);
	refused_clean(r, "id/leaf.key", "No such file");
	not_begun(r);
}

static void an_identity_that_may_not_be_read_is_named(void **state)
{
	struct rig *r = *state;
	const char *id = identity(r, "id");

	if (geteuid() == 0) {
		print_message("skipped: root reads every file\n");
		skip();
	}
	assert_int_equal(chmod(rig_path(r, "id/leaf.key"), 0), 0);
	ASSIGN(r, payload(r), "--identity", id);
	refused_clean(r, "id/leaf.key", "Permission denied");
	not_begun(r);
}

static void a_key_that_does_not_fit_is_refused(void **state)
{
	struct rig *r = *state;
	const char *id = identity(r, "id");

	assert_int_equal(rename(rig_path(r, "id/intermediate.key"),
				rig_path(r, "id/leaf.key")),
			 0);
	ASSIGN(r, payload(r), "--identity", id);
	refused_clean(r, id, "does not fit");
	not_begun(r);
}

static void a_damaged_identity_is_refused(void **state)
{
	struct rig *r = *state;
	const char *id = identity(r, "id");
	uint8_t *pem;
	size_t n;

	pem = rig_read(rig_path(r, "id/chain.pem"), &n);
	rig_write(rig_path(r, "id/chain.pem"), pem, n / 2);
	free(pem);
	ASSIGN(r, payload(r), "--identity", id);
	refused_clean(r, id, "id: ");
	not_begun(r);
	rig_write(rig_path(r, "id/chain.pem"), "", 0);
	ASSIGN(r, payload(r), "--identity", id);
	refused_clean(r, id, "id: ");
}

static void an_expired_chain_is_not_accepted(void **state)
{
	struct rig *r = *state;

	ASSIGN(r, payload(r), "--now", "3000000000");
	refused_clean(r, "expired", "assign.il:");
	stopped_at_evidence(r);
}

static void a_chain_of_the_future_is_not_accepted(void **state)
{
	struct rig *r = *state;

	ASSIGN(r, payload(r), "--now", "1000000000");
	refused_clean(r, "not yet valid", "assign.il:");
	stopped_at_evidence(r);
}

static void another_root_is_not_trusted(void **state)
{
	struct rig *r = *state;

	identity(r, "other");
	ASSIGN(r, payload(r), "--trust", rig_path(r, "other/root.pem"));
	refused_clean(r, "trust", "assign.il:");
	stopped_at_evidence(r);
}

static void a_trust_anchor_is_a_certificate(void **state)
{
	struct rig *r = *state;
	const char *p = payload(r);

	ASSIGN(r, p, "--trust", p);
	refused_clean(r, p, "not a certificate");
	not_begun(r);
	ASSIGN(r, p, "--trust", rig_path(r, "nobody"));
	refused_clean(r, "nobody", "No such file");
}

/* The object `measurements` of a run that went well. */
static json_t *measured(struct rig *r)
{
	ASSIGN(r, payload(r));
	assert_int_equal(r->status, CLI_DONE);
	return json_deep_copy(json_object_get(r->json, "measurements"));
}

static void expect(struct rig *r, json_t *m)
{
	assert_int_equal(json_dump_file(m, rig_path(r, "m"), 0), 0);
	ASSIGN(r, payload(r), "--expect-measurements", rig_path(r, "m"));
}

static void each_measurement_that_differs_is_named(void **state)
{
	struct rig *r = *state;
	json_t *good = measured(r), *v;
	const char *key;

	json_object_foreach(good, key, v)
	{
		json_t *m = json_deep_copy(good);
		json_t *one = json_object_get(m, key);
		char *hex = strdup(
			json_string_value(json_object_get(one, "value")));

		hex[0] = hex[0] == '0' ? '1' : '0';
		json_object_set_new(one, "value", json_string(hex));
		expect(r, m);
		refused_clean(r, "measurement", key);
		stopped_at_evidence(r);
		free(hex);
		json_decref(m);
	}
	json_decref(good);
}

static void a_measurement_of_another_type_differs(void **state)
{
	struct rig *r = *state;
	json_t *m = measured(r);

	json_object_set_new(json_object_get(m, "1"), "type", json_integer(2));
	expect(r, m);
	refused_clean(r, "measurement", "1");
	json_decref(m);
}

static void a_measurement_that_the_device_lacks_is_missed(void **state)
{
	struct rig *r = *state;
	json_t *m = measured(r);

	json_object_set_new(m, "9",
			    json_pack("{s:i, s:s}", "type", 1, "value", "00"));
	expect(r, m);
	refused_clean(r, "measurement", "9");
	stopped_at_evidence(r);
	json_decref(m);
}

static void a_file_that_holds_no_measurements_is_named(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "{\n \"1\": {\"type\": 0,, \"value\": \"00\"}}", "m:2:" },
		{ "", "m:1:" },
		{ "{}", "holds none" },
		{ "[]", "holds none" },
		{ "{\"measurements\": {}}", "holds none" },
		{ "{\"measurements\": null}", "holds none" },
		{ "{\"0\": {\"type\": 0, \"value\": \"00\"}}", "'0'" },
		{ "{\"255\": {\"type\": 0, \"value\": \"00\"}}", "'255'" },
		{ "{\"a\": {\"type\": 0, \"value\": \"00\"}}", "'a'" },
		{ "{\"1\": {\"type\": 256, \"value\": \"00\"}}", "'1'" },
		{ "{\"1\": {\"type\": -1, \"value\": \"00\"}}", "'1'" },
		{ "{\"1\": {\"type\": 0, \"value\": \"0\"}}", "'1'" },
		{ "{\"1\": {\"type\": 0, \"value\": \"0g\"}}", "'1'" },
		{ "{\"1\": {\"type\": 0, \"value\": 0}}", "'1'" },
		{ "{\"1\": {\"value\": \"00\"}}", "'1'" },
		{ "{\"1\": 5}", "'1'" },
	};
	struct rig *r = *state;
	const char *p = payload(r);

	for (size_t i = 0; i < COUNT(bad); i++) {
		rig_write(rig_path(r, "m"), bad[i].text, strlen(bad[i].text));
		ASSIGN(r, p, "--expect-measurements", rig_path(r, "m"));
		refused_clean(r, bad[i].says, rig_path(r, "m"));
		not_begun(r);
	}
	ASSIGN(r, p, "--expect-measurements", rig_path(r, "nobody"));
	refused_clean(r, "nobody", "No such file");
}

static void a_capture_that_cannot_be_written_is_named(void **state)
{
	struct rig *r = *state;

	ASSIGN(r, payload(r), "--link-capture", rig_path(r, "no/such"));
	refused_clean(r, "no/such", "the capture cannot be written");
	ASSIGN(r, payload(r), "--capture", rig_path(r, "no/such"));
	refused_clean(r, "no/such", "the capture cannot be written");
	/* Opened, and then full. */
	ASSIGN(r, rig_payload(r, "q", 100000, 1), "--link-capture",
	       "/dev/full");
	refused_clean(r, "capture", "written");
}

static void after_a_failure_the_next_run_is_well(void **state)
{
	struct rig *r = *state;

	ASSIGN(r, payload(r), "--now", "3000000000");
	assert_int_equal(r->status, CLI_FAILED);
	ASSIGN(r, payload(r));
	assert_int_equal(r->status, CLI_DONE);
}

static void misused(const struct rig *r, const char *what)
{
	if (r->status != CLI_USAGE || !strstr(r->err, what))
		fail_msg("expected exit 2 and '%s'; got %d: %s", what,
			 r->status, r->err);
	assert_string_equal(r->out, "");
}

static void misuse_is_said_and_exits_2(void **state)
{
	static const struct {
		const char *what;
		const char *word[8];
	} bad[] = {
		{ "usage:", { NULL } },
		{ "'jump'", { "jump" } },
		{ "--platform", { "assign", "--payload", "P" } },
		{ "unknown platform 'z80'",
		  { "assign", "--platform", "z80", "--payload", "P" } },
		{ "--payload", { "assign", "--platform", "sev-tio" } },
		{ "--payload wants a value",
		  { "assign", "--platform", "sev-tio", "--payload" } },
		{ "unknown option --speed",
		  { "assign", "--platform=sev-tio", "--payload=P",
		    "--speed=9" } },
		{ "--json takes no value",
		  { "assign", "--platform=sev-tio", "--payload=P",
		    "--json=1" } },
		{ "unexpected 'P'", { "assign", "--platform=sev-tio", "P" } },
		{ "--vf is '0'",
		  { "assign", "--platform=sev-tio", "--payload=P", "--vf",
		    "0" } },
		{ "--vf is '9'",
		  { "assign", "--platform=sev-tio", "--payload=P", "--vf",
		    "9" } },
		{ "--vf is 'x'",
		  { "assign", "--platform=sev-tio", "--payload=P", "--vf",
		    "x" } },
		{ "--seed is 'x'",
		  { "assign", "--platform=sev-tio", "--payload=P", "--seed",
		    "x" } },
		{ "--seed is '99999999999999999999'",
		  { "assign", "--platform=sev-tio", "--payload=P", "--seed",
		    "99999999999999999999" } },
		{ "--now is '-1'",
		  { "assign", "--platform=sev-tio", "--payload=P",
		    "--now=-1" } },
		{ "--trace is 'all'",
		  { "assign", "--platform=sev-tio", "--payload=P",
		    "--trace=all" } },
		{ "interlock run FILE", { "run" } },
		{ "--set wants", { "run", "f", "--set" } },
		{ "--set wants", { "run", "f", "--set", "A" } },
		{ "--set a-b", { "run", "f", "--set", "a-b=1" } },
		{ "unexpected 'g'", { "run", "f", "g" } },
		{ "unknown option", { "shell", "--json" } },
	};
	struct rig *r = *state;
	char p[128];

	snprintf(p, sizeof(p), "--payload=%s", payload(r));
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *argv[9] = { "interlock" };
		int argc = 1;

		for (; argc < 9 && bad[i].word[argc - 1]; argc++)
			argv[argc] = strcmp(bad[i].word[argc - 1],
					    "--payload=P") == 0
					     ? p
					     : bad[i].word[argc - 1];
		rig_words(r, argc, argv);
		misused(r, bad[i].what);
	}
}

static void an_access_to_a_bar_that_is_none_is_refused(void **state)
{
	static const struct {
		const char *cmd, *what;
	} bad[] = {
		{ "host load 01:00.0 bar=2 size=3", "no access to a BAR" },
		{ "host load 01:00.0 bar=2 size=0", "no access to a BAR" },
		{ "host load 01:00.0 bar=2 size=0x100000004",
		  "no access to a BAR" },
		{ "host store 01:00.0 bar=2 value=0x100000000",
		  "no access to a BAR" },
		{ "host store 01:00.0 bar=2 size=1 value=0x100",
		  "no access to a BAR" },
		{ "host load 01:00.0 bar=6", "no access to a BAR" },
		{ "vmm read 01:00.0 bar=0 off=0x20000000000",
		  "no access to a BAR" },
		{ "host load 01:00.0 bar=0 off=0x3ffe", "no such BAR" },
		{ "host load 01:00.7 bar=0", "no such BAR" },
	};
	struct rig *r = *state;
	char text[200];

	for (size_t i = 0; i < COUNT(bad); i++) {
		int n = snprintf(text, sizeof(text),
				 "platform sev-tio\ndevice\nlink\n%s\n",
				 bad[i].cmd);

		rig_write(rig_path(r, "t.il"), text, (size_t)n);
		rig_run(r, "run", rig_path(r, "t.il"), "--payload", payload(r),
			"--json", NULL);
		rig_refused(r, "t.il:4: ", bad[i].what);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_payload_that_is_not_there_is_named),
		T(a_folder_is_no_payload),
		T(a_payload_above_64_mib_is_refused),
		T(an_identity_that_is_not_there_is_named),
		T(an_identity_without_its_key_is_named),
		T(an_identity_that_may_not_be_read_is_named),
		T(a_key_that_does_not_fit_is_refused),
		T(a_damaged_identity_is_refused),
		T(an_expired_chain_is_not_accepted),
		T(a_chain_of_the_future_is_not_accepted),
		T(another_root_is_not_trusted),
		T(a_trust_anchor_is_a_certificate),
		T(each_measurement_that_differs_is_named),
		T(a_measurement_of_another_type_differs),
		T(a_measurement_that_the_device_lacks_is_missed),
		T(a_file_that_holds_no_measurements_is_named),
		T(a_capture_that_cannot_be_written_is_named),
		T(after_a_failure_the_next_run_is_well),
		T(an_access_to_a_bar_that_is_none_is_refused),
		T(misuse_is_said_and_exits_2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
