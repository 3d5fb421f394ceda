/* SPDX-License-Identifier: BSD-2-Clause */
#include "request_rig.h"
#include "xml.h"

#include <signal.h>
#include <stdlib.h>

/* The judge as a tool, before devices of ours that other processes are. */

/* Enough to see verdicts of all kinds, and soon over. */
#define SOME "--only", "*/connection-is-made", "--only", "*/session-*s"

static int64_t number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_integer(v))
		fail_msg("no number '%s'", key);
	return json_integer_value(v);
}

static const json_t *case_of(const struct rig *r, const char *name)
{
	const json_t *k;
	size_t i;

	json_array_foreach(
		json_object_get(r->json, "cases"), i,
		k) if (!strcmp(request_text(k, "name"), name)) return k;
	fail_msg("no case %s: %s", name, r->out);
	return NULL;
}

static const char *verdict_of(const struct rig *r, const char *name)
{
	return request_text(case_of(r, name), "verdict");
}

/* --- reports --- */

static void case_is_whole(const json_t *k)
{
	static const char *const texts[] = {
		"name", "group", "requirement", "source", "sure", "misbehaviour"
	};
	static const char *const maybe[] = { "version", "why", "exchange" };
	const char *verdict = request_text(k, "verdict");
	const bool bad = !strcmp(verdict, "fail");

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_true(*request_text(k, texts[i]));
	for (size_t i = 0; i < COUNT(maybe); i++) {
		const json_t *v = json_object_get(k, maybe[i]);

		assert_true(json_is_null(v) || json_is_string(v));
	}
	assert_true(json_is_real(json_object_get(k, "ms")));
	assert_int_equal(json_object_size(k), 12);
	assert_true(number(k, "expectations") > 0 ||
		    strcmp(verdict, "pass") != 0);
	assert_int_equal(json_is_string(json_object_get(k, "exchange")), bad);
	assert_int_equal(json_is_null(json_object_get(k, "why")),
			 !strcmp(verdict, "pass"));
}

static void json_says_of_each_case_what_came_of_it(void **state)
{
	struct rig *r = *state;
	struct served s = { .file = NULL };
	int64_t count[4] = { 0 };
	const json_t *k;
	size_t i;

	request_serve(r, &s);
	assert_int_equal(rig_run(r, "validate", s.target, "--json", SOME,
				 "--seed", "77", NULL),
			 0);
	request_stop(&s);
	assert_string_equal(request_text(r->json, "target"), s.target);
	assert_string_equal(request_text(r->json, "seed"), "77");
	assert_false(rig_true(r, "gone"));
	assert_int_equal(json_object_size(r->json), 8);
	json_array_foreach(json_object_get(r->json, "cases"), i, k)
	{
		const char *verdict = request_text(k, "verdict");

		case_is_whole(k);
		count[0] += !strcmp(verdict, "pass");
		count[1] += !strcmp(verdict, "fail");
		count[2] += !strcmp(verdict, "not-tested");
		count[3] += !strcmp(verdict, "broken");
	}
	assert_int_equal(number(r->json, "passed"), count[0]);
	assert_int_equal(number(r->json, "failed"), count[1]);
	assert_int_equal(number(r->json, "not_tested"), count[2]);
	assert_int_equal(number(r->json, "broken"), count[3]);
	assert_string_equal(verdict_of(r, "spdm-1.2/session-ends"), "pass");
	assert_string_equal(verdict_of(r, "spdm-1.1/session-ends"),
			    "not-tested");
	assert_int_equal(count[1] + count[3], 0);
}

static void a_rule_that_is_broken_fails_its_case_alone(void **state)
{
	struct rig *r = *state;
	struct served s = { .misbehave = "end-session-refused" };
	const char *exchange;

	request_serve(r, &s);
	assert_int_equal(rig_run(r, "validate", s.target, "--json", SOME, NULL),
			 1);
	assert_int_equal(number(r->json, "failed"), 1);
	assert_string_equal(verdict_of(r, "spdm-1.2/session-opens"), "pass");
	assert_string_equal(verdict_of(r, "spdm-1.2/session-ends"), "fail");
	/* The exchange is decoded, the session opened with the judge's keys. */
	exchange =
		request_text(case_of(r, "spdm-1.2/session-ends"), "exchange");
	assert_non_null(strstr(exchange, "->          GET_VERSION 1.0\n"));
	assert_non_null(strstr(exchange, "END_SESSION 1.2\n"));
	assert_non_null(strstr(exchange, "error=0x5 (Unspecified)"));
	assert_null(strstr(exchange, "protected"));
	rig_run(r, "validate", s.target, SOME, "--seed", "5", NULL);
	request_stop(&s);
	assert_int_equal(r->status, 1);
	assert_non_null(strstr(r->out, "  fail        spdm-1.2/session-ends\n"
				       "      requirement: END_SESSION "));
	assert_non_null(strstr(r->out, "(the specification says so)\n"));
	assert_non_null(strstr(r->out, "numbers: --seed 5\n"));
}

static void junit_is_xml_whose_counts_are_right(void **state)
{
	struct rig *r = *state;
	struct served s = { .misbehave = "end-session-refused" };
	char line[200];

	request_serve(r, &s);
	rig_run(r, "validate", s.target, "--junit", SOME, NULL);
	request_stop(&s);
	assert_int_equal(r->status, 1);
	xml_check(r->out);
	assert_int_equal(xml_elements(r->out, "failure"), 1);
	snprintf(line, sizeof(line),
		 " tests=\"%u\" failures=\"1\" errors=\"0\" skipped=\"%u\">",
		 xml_elements(r->out, "testcase"),
		 xml_elements(r->out, "skipped"));
	assert_non_null(strstr(r->out, line));
}

/* A line for each case, numbered, and the plan at the end. */
static unsigned tap_cases(char *text)
{
	unsigned n = 0, at = 0;
	bool planned = false;
	char *save = NULL;
	char *line = strtok_r(text, "\n", &save);

	assert_string_equal(line, "TAP version 13");
	while ((line = strtok_r(NULL, "\n", &save))) {
		if (sscanf(line, "ok %u - ", &at) == 1 ||
		    sscanf(line, "not ok %u - ", &at) == 1)
			assert_int_equal(at, ++n);
		else if (sscanf(line, "1..%u", &at) == 1)
			planned = at == n;
		else
			assert_true(line[0] == ' ' || line[0] == '#');
	}
	assert_true(planned);
	return n;
}

/* What was sent and what came, of a case that passed. */
static void verbose_shows_what_passed_too(void **state)
{
	struct rig *r = *state;
	struct served s = { .misbehave = NULL };

	request_serve(r, &s);
	rig_run(r, "validate", s.target, "--verbose", "--only",
		"spdm-1.2/session-ends", NULL);
	request_stop(&s);
	assert_int_equal(r->status, 0);
	assert_non_null(strstr(r->out, "  pass        spdm-1.2/session-ends\n"
				       "      requirement: "));
	assert_non_null(strstr(r->out, " <- "));
	assert_non_null(strstr(r->out, "END_SESSION_ACK 1.2\n"));
	assert_null(strstr(r->out, "found:"));
}

static void tap_has_a_line_for_each_case_and_a_plan(void **state)
{
	struct rig *r = *state;
	struct served s = { .misbehave = "end-session-refused" };

	request_serve(r, &s);
	rig_run(r, "validate", s.target, "--tap", SOME, NULL);
	request_stop(&s);
	assert_int_equal(r->status, 1);
	assert_non_null(strstr(r->out, " - spdm-1.2/session-ends\n  ---\n"));
	assert_non_null(strstr(r->out, "  verdict: \"fail\"\n"));
	/* Lines begin with blanks, which a block of text would stumble over. */
	assert_non_null(strstr(r->out, "  exchange:\n    - \"     1 ->  "));
	assert_non_null(strstr(r->out, " # SKIP the device does not list"));
	assert_true(tap_cases(r->out) > 5);
}

/* --- what is kept --- */

static void a_capture_and_a_key_log_can_be_read_again(void **state)
{
	struct rig *r = *state;
	struct served s = { .file = NULL };
	char cap[128], keys[128];

	snprintf(cap, sizeof(cap), "%s", rig_path(r, "all.pcap"));
	snprintf(keys, sizeof(keys), "%s", rig_path(r, "all.keys"));
	request_serve(r, &s);
	assert_int_equal(rig_run(r, "validate", s.target, "--only",
				 "*-1.2/session-ends", "--capture", cap,
				 "--key-log", keys, NULL),
			 0);
	request_stop(&s);
	assert_int_equal(rig_run(r, "decode", cap, "--keys", keys, NULL), 0);
	assert_non_null(strstr(r->out, "END_SESSION_ACK 1.2"));
	assert_non_null(strstr(r->out, " 0 protected, 0 unknown\n"));
	assert_non_null(strstr(r->out, " 0 do not hold"));
}

/* What the device captures is what went over to it, byte by byte. */
static void the_device_captures_the_same(void **state)
{
	struct rig *r = *state;
	char cap[128], keys[128], own[128];
	struct served s = { .capture = own };
	char *theirs;

	snprintf(cap, sizeof(cap), "%s", rig_path(r, "all.pcap"));
	snprintf(own, sizeof(own), "%s", rig_path(r, "own.pcap"));
	snprintf(keys, sizeof(keys), "%s", rig_path(r, "all.keys"));
	request_serve(r, &s);
	assert_int_equal(rig_run(r, "validate", s.target, "--only",
				 "*-1.2/session-ends", "--capture", cap,
				 "--key-log", keys, NULL),
			 0);
	/* There while it runs. */
	assert_int_equal(rig_run(r, "decode", cap, "--keys", keys, "-v", NULL),
			 0);
	theirs = strdup(r->out);
	assert_non_null(theirs);
	assert_int_equal(rig_run(r, "decode", own, "--keys", keys, "-v", NULL),
			 0);
	assert_string_equal(r->out, theirs);
	assert_non_null(strstr(theirs, "END_SESSION_ACK 1.2"));
	free(theirs);
	request_stop(&s);
}

static void mctp_is_judged_and_captured_too(void **state)
{
	struct rig *r = *state;
	struct served s = { .file = NULL };
	char cap[128], keys[128];

	snprintf(cap, sizeof(cap), "%s", rig_path(r, "all.pcap"));
	snprintf(keys, sizeof(keys), "%s", rig_path(r, "all.keys"));
	request_serve(r, &s);
	assert_int_equal(rig_run(r, "validate", s.target, "--trans", "mctp",
				 "--only", "*-1.2/session-ends", "--capture",
				 cap, "--key-log", keys, NULL),
			 0);
	request_stop(&s);
	assert_int_equal(rig_run(r, "decode", cap, "--keys", keys, NULL), 0);
	assert_non_null(strstr(r->out, "END_SESSION_ACK 1.2"));
	assert_non_null(strstr(r->out, " 0 protected, 0 unknown\n"));
}

/* --- what goes wrong --- */

static void nobody_there_is_no_pass(void **state)
{
	struct rig *r = *state;
	char at[160];

	snprintf(at, sizeof(at), "unix:%s", rig_path(r, "nobody"));
	rig_run(r, "validate", at, SOME, NULL);
	rig_refused(r, "nothing was tested: the target is gone: No such file",
		    at);
	rig_run(r, "validate", at, "--json", SOME, NULL);
	assert_int_equal(r->status, 1);
	assert_true(rig_true(r, "gone"));
	assert_int_equal(number(r->json, "passed"), 0);
	assert_int_equal(number(r->json, "failed"), 0);
}

/* It answers the survey and a few messages, and nothing from then on. */
static void a_device_that_hangs_fails_a_case_and_ends_the_run(void **state)
{
	struct rig *r = *state;
	struct served s = { .misbehave = "hang:5" };

	request_serve(r, &s);
	rig_run(r, "validate", s.target, "--json", SOME, "--timeout", "1",
		NULL);
	child_signal(&s.child, SIGKILL);
	child_end(&s.child);
	assert_int_equal(r->status, 1);
	assert_true(rig_true(r, "gone"));
	assert_int_equal(number(r->json, "failed"), 1);
	assert_int_equal(number(r->json, "passed"), 0);
}

/* The fifth request restarts it, which none but the one that noticed fails. */
static void a_device_that_resets_is_judged_on(void **state)
{
	struct rig *r = *state;
	struct served s = { .misbehave = "reset:9" };

	request_serve(r, &s);
	rig_run(r, "validate", s.target, "--json", SOME, "--timeout", "1",
		NULL);
	request_stop(&s);
	assert_int_equal(r->status, 1);
	assert_false(rig_true(r, "gone"));
	assert_true(number(r->json, "failed") >= 1);
	assert_true(number(r->json, "passed") >= 1);
	assert_int_equal(number(r->json, "broken"), 0);
}

static void a_device_that_is_killed_ends_the_run_early(void **state)
{
	struct rig *r = *state;
	/* So slow that it cannot be through before it is killed. */
	struct served s = { .misbehave = "late:100" };
	struct child judge = { .len = 0 };
	const char *const argv[] = { "interlock", "validate", s.target,
				     "--tap",	  "--only",   "spdm-1.2/c*",
				     NULL };

	request_serve(r, &s);
	child_start(&judge, NULL, r->state, argv);
	child_wait_line(&judge, "ok 1 ");
	child_signal(&s.child, SIGKILL);
	child_end(&s.child);
	assert_int_equal(child_end(&judge), 1);
	assert_non_null(strstr(judge.text, "# SKIP the target is gone"));
}

static void misuse_is_told(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_run(r, "validate", NULL), 2);
	assert_int_equal(rig_run(r, "validate", "ftp:somewhere", NULL), 2);
	assert_non_null(strstr(r->err, "expected "));
	assert_int_equal(
		rig_run(r, "validate", "unix:x", "--json", "--tap", NULL), 2);
	assert_int_equal(rig_run(r, "validate", "unix:x", "--seed", "x", NULL),
			 2);
	assert_int_equal(
		rig_run(r, "validate", "unix:x", "--stream", "256", NULL), 2);
	assert_int_equal(
		rig_run(r, "validate", "unix:x", "--trans", "smoke", NULL), 2);
	assert_int_equal(
		rig_run(r, "validate", "unix:x", "--only", "no/such", NULL), 2);
}

static void the_list_needs_no_target(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_run(r, "validate", "--list", SOME, NULL), 0);
	assert_non_null(strstr(r->out, "spdm\n  spdm-1.0/connection-is-made\n"
				       "  spdm-1.1/connection-is-made\n"));
	assert_null(strstr(r->out, "tdisp"));
	assert_int_equal(
		rig_run(r, "validate", "--list", "--verbose", SOME, NULL), 0);
	assert_non_null(strstr(r->out, "--misbehave end-session-refused\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(json_says_of_each_case_what_came_of_it),
		TEST(a_rule_that_is_broken_fails_its_case_alone),
		TEST(junit_is_xml_whose_counts_are_right),
		TEST(verbose_shows_what_passed_too),
		TEST(tap_has_a_line_for_each_case_and_a_plan),
		TEST(a_capture_and_a_key_log_can_be_read_again),
		TEST(the_device_captures_the_same),
		TEST(mctp_is_judged_and_captured_too),
		TEST(nobody_there_is_no_pass),
		TEST(a_device_that_hangs_fails_a_case_and_ends_the_run),
		TEST(a_device_that_resets_is_judged_on),
		TEST(a_device_that_is_killed_ends_the_run_early),
		TEST(misuse_is_told),
		TEST(the_list_needs_no_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
