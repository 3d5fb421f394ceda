/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <stdlib.h>

/* Commands about keys, time and swapped evidence: what they refuse. */

static int run_text(struct rig *r, const char *text)
{
	rig_write(rig_path(r, "t.il"), text, strlen(text));
	return rig_run(r, "run", rig_path(r, "t.il"), "--payload",
		       rig_payload(r, "p", 5000, 1), "--json", NULL);
}

#define BDF  "0000:01:00.0"
#define TILL "platform sev-tio\n"
#define LOCK                                                                 \
	TILL "host connect " BDF "\nvmm launch\nguest boot\nvmm attach " BDF \
	     "\nguest probe\nguest lock\n"

static void refused(struct rig *r, const char *text, const char *where,
		    const char *what)
{
	run_text(r, text);
	rig_refused(r, where, what);
	assert_true(rig_true(r, "clean"));
}

static void keys_are_made_new_for_a_connection_alone(void **state)
{
	struct rig *r = *state;

	refused(r, TILL "host roll-key " BDF "\n", "t.il:2: ", "ENXIO");
	refused(r, TILL "host key-update " BDF "\n", "t.il:2: ", "ENXIO");
	refused(r, TILL "host heartbeat " BDF "\n", "t.il:2: ", "ENXIO");
}

static void limits_of_time_and_counters_are_said(void **state)
{
	struct rig *r = *state;

	run_text(r, TILL "device heartbeat=256\n");
	rig_refused(r, "t.il:2: ", "at most 255 s");
	run_text(r, TILL "host wait seconds=1000001\n");
	rig_refused(r, "t.il:2: ", "a million seconds");
	run_text(r, "host wait\n");
	rig_refused(r, "t.il:1: ", "no platform");
	refused(r, TILL "link replay\n", "t.il:2: ", "nothing was recorded");
}

static void a_host_swaps_only_what_it_has(void **state)
{
	struct rig *r = *state;

	refused(r, TILL "host keep a\n",
		"t.il:2: ", "was given no measurements yet");
	refused(r, TILL "host swap what=report from=a\n",
		"t.il:2: ", "nothing was kept as a");
	refused(r, TILL "host swap what=nonce how=cut\n",
		"t.il:2: ", "a nonce has 32 bytes");
	refused(r, TILL "host swap what=report\nhost swap what=nonce\n",
		"t.il:3: ", "has not yet swapped the report");
	refused(r,
		LOCK "guest evidence\nhost keep a\nhost keep b\nhost keep c\n"
		     "host keep a\nhost keep d\nhost keep e\n",
		"t.il:14: ", "at most 4 names");
}

static void a_verdict_is_that_of_the_vm_that_is_asked(void **state)
{
	struct rig *r = *state;

	refused(r, TILL "expect verdict none\n",
		"t.il:2: ", "there is no guest");
	refused(r,
		LOCK "host swap what=report\nguest evidence\n"
		     "expect error auth\nexpect verdict meas-digest\n",
		"t.il:11: ", "it was report-digest");
	refused(r, LOCK "expect verdict none vm=other\n",
		"t.il:8: ", "there is no guest");
}

static void only_what_a_guest_locked_is_locked_again(void **state)
{
	struct rig *r = *state;

	refused(r, TILL "vmm relock " BDF "\n", "t.il:2: ", "ENODEV");
}

/* The whole of it, by a firmware that asks for each buffer. */
static void a_frugal_firmware_ends_an_assignment_as_another_does(void **state)
{
	struct rig *r = *state;
	size_t len;
	char *text = (char *)rig_read(rig_scenario("assign.il"), &len);
	char *at = strstr(text, "platform $PLATFORM");
	char *all = malloc(len + 32);

	assert_non_null(at);
	assert_non_null(all);
	at += strlen("platform $PLATFORM");
	snprintf(all, len + 32, "%.*s frugal=yes%s", (int)(at - text), text,
		 at);
	run_text(r, all);
	if (r->status)
		fail_msg("%s", r->err);
	assert_true(rig_true(r, "ok"));
	free(all);
	free(text);
}

#define T(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(keys_are_made_new_for_a_connection_alone),
		T(limits_of_time_and_counters_are_said),
		T(a_host_swaps_only_what_it_has),
		T(a_verdict_is_that_of_the_vm_that_is_asked),
		T(only_what_a_guest_locked_is_locked_again),
		T(a_frugal_firmware_ends_an_assignment_as_another_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
