/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"
#include "share.h"

#include <dirent.h>
#include <stdlib.h>

#define EXAMPLE_DEVICE SCENARIOS "/../examples/device.json"

/* Scenario files: what runs, what is refused, and that each word counts. */

static bool is_scenario(const char *name)
{
	size_t n = strlen(name);

	return n > 3 && strcmp(name + n - 3, ".il") == 0;
}

static int run_text(struct rig *r, const char *text)
{
	rig_write(rig_path(r, "t.il"), text, strlen(text));
	return rig_run(r, "run", rig_path(r, "t.il"), "--payload",
		       rig_payload(r, "p", 5000, 1), "--json", NULL);
}

/* One of so many, as files: matrix_test.c has them all as the tool carries
 * them. */
#define SHARE 8u

static void every_scenario_runs_as_it_says(void **state)
{
	struct rig *r = *state;
	DIR *d = opendir(SCENARIOS);
	const uint64_t seed = share_seed(0);
	struct dirent *e;
	unsigned n = 0, at = 0;

	assert_non_null(d);
	printf("seed %llu\n", (unsigned long long)seed);
	while ((e = readdir(d))) {
		if (!is_scenario(e->d_name) || (seed + at++) % SHARE)
			continue;
		rig_run(r, "run", rig_scenario(e->d_name), "--payload",
			rig_payload(r, "p", 5000, 1), "--json", NULL);
		if (r->status)
			fail_msg("%s: %s", e->d_name, r->err);
		assert_true(rig_true(r, "ok"));
		n++;
	}
	closedir(d);
	assert_true(n >= 5);
}

static unsigned in_folder(void)
{
	DIR *d = opendir(SCENARIOS);
	struct dirent *e;
	unsigned n = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		n += is_scenario(e->d_name);
	closedir(d);
	return n;
}

static void the_list_has_every_file_with_a_line_and_a_question(void **state)
{
	struct rig *r = *state;
	char file[64];
	size_t i;
	json_t *o;

	rig_run(r, "scenarios", "--json", NULL);
	assert_int_equal(r->status, 0);
	assert_int_equal(json_array_size(r->json), in_folder());
	json_array_foreach(r->json, i, o)
	{
		snprintf(file, sizeof(file), "%s.il",
			 json_string_value(json_object_get(o, "name")));
		free(rig_read(rig_scenario(file), &(size_t){ 0 }));
		assert_true(*json_string_value(json_object_get(o, "shows")));
		assert_true(*json_string_value(json_object_get(o, "from")));
	}
	rig_run(r, "scenarios", NULL);
	assert_non_null(strstr(r->out, "early-map-naive "));
}

static void one_that_the_tool_carries_runs_by_its_name(void **state)
{
	struct rig *r = *state;

	rig_run(r, "run", "early-map-naive", NULL);
	assert_int_equal(r->status, 0);
	rig_run(r, "run", "early-map.il", "--json", NULL);
	assert_true(rig_true(r, "ok"));
	rig_run(r, "run", "early", NULL);
	rig_refused(r, "scenario early: ", "No such file");
}

/* The host rewrites what is the guest's; the guest does not enable DMA. */
static void
a_host_that_writes_the_ownership_table_is_stopped_by_each_rule(void **state)
{
	static const struct {
		const char *how, *fault;
	} t[] = {
		{ "take", "rmp-unassigned" },
		{ "again", "rmp-validated" },
		{ "move", "rmp-gpa" },
		{ "other", "rmp-asid" },
	};
	static const char head[] = "platform sev-tio\ndevice\nlink\n"
				   "host connect 0000:01:00.0\nvmm launch\n"
				   "guest boot\nvmm attach 0000:01:00.0\n"
				   "guest probe\nguest lock\nguest evidence\n"
				   "guest accept\n";
	struct rig *r = *state;
	char text[1024];

	for (size_t i = 0; i < COUNT(t); i++) {
		snprintf(text, sizeof(text),
			 "%sguest start\nguest dma\nhost own gpa=4M how=%s\n"
			 "guest dma\nexpect fault %s\n",
			 head, t[i].how, t[i].fault);
		if (run_text(r, text))
			fail_msg("%s: %s", t[i].how, r->err);
	}
	snprintf(text, sizeof(text),
		 "%sguest start dma=no\nguest dma\n"
		 "expect fault sdte-invalid\n",
		 head);
	assert_int_equal(run_text(r, text), 0);
}

/* Its own request, and one of a guest's plain view of a running TDI. */
static void what_the_device_refuses_is_a_fault_as_well(void **state)
{
	struct rig *r = *state;

	assert_int_equal(run_text(r,
				  "platform sev-tio\ndevice\nlink\n"
				  "host connect 0000:01:00.0\nvmm launch\n"
				  "guest boot\nvmm attach 0000:01:00.0\n"
				  "guest probe\nguest share\n"
				  "host config 0000:01:00.0 reg=4 value=2\n"
				  "guest dma shared=yes\n"
				  "expect fault bus-master-off\n"
				  "host config 0000:01:00.0 reg=4 value=6\n"
				  "guest lock\nguest evidence\nguest accept\n"
				  "guest start\nguest mmio\n"
				  "expect fault tdi-untrusted\n"),
			 0);
	run_text(r, "platform sev-tio\ndevice\nlink\n"
		    "host connect 0000:01:00.0\nexpect fault rmp-assinged\n");
	assert_int_equal(r->status, 1);
	assert_non_null(strstr(r->err, "there is no rule rmp-assinged"));
}

/* Packets before it go well; one that never comes is never dropped. */
static void the_interposer_waits_for_the_packet_that_is_named(void **state)
{
	struct rig *r = *state;

	assert_int_equal(
		run_text(r, "platform sev-tio\ndevice\nlink\n"
			    "host connect 0000:01:00.0\nvmm launch\n"
			    "guest boot\nvmm attach 0000:01:00.0\n"
			    "guest probe\nguest lock\nguest evidence\n"
			    "guest accept\nguest start\n"
			    "link tap how=record dir=up class=posted after=1\n"
			    "guest dma\nexpect tapped 1\n"
			    "link tap how=drop dir=up class=posted after=9999\n"
			    "guest dma\nexpect tapped 1\n"
			    "expect tdi 0000:01:00.0 run\nguest release\n"
			    "vmm detach 0000:01:00.0\nvmm destroy\n"
			    "host disconnect 0000:01:00.0\n"),
		0);
}

/* An errno in a naive order is a claim about Linux. */
static void an_error_of_a_naive_order_names_its_source(void **state)
{
	DIR *d = opendir(SCENARIOS);
	struct dirent *e;

	(void)state;
	assert_non_null(d);
	while ((e = readdir(d))) {
		size_t len;
		char *text, *at;

		if (!strstr(e->d_name, "-naive"))
			continue;
		text = (char *)rig_read(rig_scenario(e->d_name), &len);
		for (at = text; (at = strstr(at, "\nexpect error E")); at++) {
			const char *end = strchr(at + 1, '\n');
			const char *source = strstr(at, " source=\"");
			const char *sure = strstr(at, " sure=");

			if (!source || !sure || source > end || sure > end)
				fail_msg("%s:%.*s", e->d_name, (int)(end - at),
					 at);
		}
		free(text);
	}
	closedir(d);
}

static void an_expectation_that_fails_shows_where_things_stand(void **state)
{
	struct rig *r = *state;
	const char *text = "platform sev-tio\nhost connect 01:00.0\n"
			   "vmm launch\nguest boot\nvmm attach 01:00.0\n"
			   "guest probe\nguest lock\n"
			   "expect tdi 01:00.0 run\n";

	run_text(r, text);
	rig_refused(r, "t.il:8: ", "expected the TDI to be run; it is locked");
	assert_int_equal(json_array_size(json_object_get(r->json, "trace")),
			 20);
	assert_true(json_array_size(json_object_get(r->json, "state")) >= 6);
	/* As it stood then: what was given back afterwards is not there. */
	rig_run(r, "run", rig_path(r, "t.il"), NULL);
	assert_int_equal(r->status, 1);
	assert_non_null(strstr(r->err, "\n  connection to 0x0100: ready; "
				       "stream 0 on\n"));
	assert_non_null(strstr(r->err, ": locked; the device said locked; "));
	assert_non_null(strstr(r->err, "\n  TDI 0x0100: locked\n"));
	assert_non_null(
		strstr(r->err, "\n  stream 0 at the root port: Secure\n"));
	assert_non_null(strstr(r->err, "guest locked\n"));
	assert_non_null(strstr(r->err, "\n  step "));
	assert_non_null(strstr(r->err, " host.1 syscall 0x"));
	assert_non_null(strstr(r->err, " guest.1 state 0x"));
	assert_null(strstr(r->err, " ? 0x"));
}

static void an_error_names_its_place_and_nothing_runs(void **state)
{
	static const struct {
		const char *text, *where, *what;
	} bad[] = {
		{ "platform sev-tio\nhost jump\n", "t.il:2:6: ", "jump" },
		{ "platform sev-tio\nnobody here\n", "t.il:2:1: ", "nobody" },
		{ "platform arm\n", "t.il:1:10: ", "expected one of sev-tio" },
		{ "platform sev-tio\n\nhost connect here\n",
		  "t.il:3:14: ", "expected an address" },
		{ "platform sev-tio\nlink capture=\"x\" spy=maybe\n",
		  "t.il:2:", "expected yes or no" },
		{ "platform sev-tio\ndevice vfs=many\n",
		  "t.il:2:12: ", "expected a number" },
		{ "platform sev-tio\nhost connect\n",
		  "t.il:2:13: ", "bdf is missing" },
		{ "platform $P\n", "t.il:1:10: ", "expected a param" },
		{ "platform sev-tio\nstart A host connect 01:00.0\n",
		  "t.il:2:7: ", "NAME:" },
	};
	struct rig *r = *state;

	for (size_t i = 0; i < COUNT(bad); i++) {
		run_text(r, bad[i].text);
		rig_refused(r, bad[i].where, bad[i].what);
		assert_int_equal(
			json_array_size(json_object_get(r->json, "steps")), 0);
		assert_true(rig_true(r, "clean"));
	}
}

static void the_last_line_in_error_keeps_the_first_from_running(void **state)
{
	struct rig *r = *state;

	run_text(r, "platform sev-tio\ndevice\nlink\n"
		    "host connect 01:00.0\nhost fly\n");
	rig_refused(r, "t.il:5:6: ", "fly");
	assert_int_equal(json_array_size(json_object_get(r->json, "steps")), 0);
}

static void a_parameter_that_no_line_declares_is_refused(void **state)
{
	struct rig *r = *state;

	rig_run(r, "run", rig_scenario("link-only.il"), "--set", "COLOUR=red",
		"--json", NULL);
	rig_refused(r, "link-only.il", "no parameter COLOUR");
	assert_int_equal(json_array_size(json_object_get(r->json, "steps")), 0);
}

static void write_text(struct rig *r, const char *text)
{
	rig_write(rig_path(r, "t.il"), text, strlen(text));
}

static void a_platform_has_its_own_file_before_the_common_one(void **state)
{
	struct rig *r = *state;

	rig_run(r, "run", "unbind-coupling", NULL);
	assert_int_equal(r->status, 0);
	assert_non_null(strstr(r->out, "\ndone\n"));
	rig_run(r, "run", "unbind-coupling.il", "--set", "PLATFORM=sev-tio",
		NULL);
	assert_int_equal(r->status, 0);
	rig_run(r, "run", "unbind-coupling-sev-tio", NULL);
	assert_int_equal(r->status, 0);
	rig_run(r, "run", "unbind-coupling", "--set", "PLATFORM=enigma", NULL);
	assert_int_equal(r->status, 1);
	rig_run(r, "run", "assign", "--set", "PLATFORM=enigma", NULL);
	assert_int_equal(r->status, 1);
	assert_non_null(strstr(r->err, "expected one of sev-tio cca "
				       "tdx-connect cove-io"));
}

static void a_file_that_does_not_apply_says_why_and_ends(void **state)
{
	struct rig *r = *state;

	write_text(r,
		   "scenario s from=f\nplatform sev-tio\n"
		   "inapplicable cca why=\"no such thing\" source=here\n"
		   "inapplicable sev-tio why=\"nothing of it\" source=there\n"
		   "host connect 0000:09:00.0\n");
	rig_run(r, "run", rig_path(r, "t.il"), NULL);
	assert_int_equal(r->status, 0);
	assert_non_null(strstr(r->out, "nothing of it"));
	assert_non_null(strstr(r->out, "there"));
	assert_null(strstr(r->out, "no such thing"));
	assert_non_null(strstr(r->out, "\nnot applicable\n"));
	/* not once the machine runs, and not before the platform is chosen */
	write_text(r, "platform sev-tio\nhost rescan\n"
		      "inapplicable sev-tio why=w source=s\n");
	rig_run(r, "run", rig_path(r, "t.il"), NULL);
	assert_int_equal(r->status, 1);
	write_text(r, "inapplicable sev-tio why=w source=s\n");
	rig_run(r, "run", rig_path(r, "t.il"), NULL);
	assert_int_equal(r->status, 1);
	assert_non_null(strstr(r->err, "no platform is chosen yet"));
}

static void a_scenario_that_is_not_there_is_named(void **state)
{
	struct rig *r = *state;

	rig_run(r, "run", rig_path(r, "nobody.il"), "--json", NULL);
	rig_refused(r, "nobody.il", "No such file");
	rig_run(r, "run", r->dir, "--json", NULL);
	rig_refused(r, r->dir, "is a directory");
}

static void commands_out_of_order_fail_where_they_stand(void **state)
{
	static const struct {
		const char *text, *where;
	} bad[] = {
		{ "device\n", "t.il:1: " },
		{ "vmm launch\n", "t.il:1: " },
		{ "platform sev-tio\nplatform sev-tio\n", "t.il:2: " },
		{ "platform sev-tio\ndevice vfs=33\n", "t.il:2: " },
		{ "platform sev-tio\nguest boot\n", "t.il:2: " },
		{ "platform sev-tio\nhost connect 01:00.0\nlink\n",
		  "t.il:3: " },
		{ "platform sev-tio\nhost connect 05:00.0\n", "t.il:2: " },
		{ "platform sev-tio\nvmm launch\nvmm launch\n", "t.il:3: " },
		{ "platform sev-tio\nvmm launch\nguest lock\n", "t.il:3: " },
		{ "platform sev-tio\nhost disconnect 01:00.0\n", "t.il:2: " },
		{ "device silent\n", "t.il:1: " },
		{ "platform sev-tio\ndevice reset\n", "t.il:2: " },
		{ "platform sev-tio\nhost recover 05:00.0\n", "t.il:2: " },
		{ "platform sev-tio\nhost reset 05:00.0\n", "t.il:2: " },
		{ "platform sev-tio\nhost reset 01:00.0 method=subordinate\n",
		  "t.il:2: " },
		{ "platform sev-tio\nhost power 00:01.0 d1\n", "t.il:2:" },
		{ "platform sev-tio\nhost power 05:00.0 d0\n", "t.il:2: " },
		{ "platform sev-tio\nhost slot 00:01.0 no\n", "t.il:2: " },
		{ "platform sev-tio\nhost remove 05:00.0\n", "t.il:2: " },
		{ "platform sev-tio\ndevice plug\n", "t.il:2: " },
		{ "platform sev-tio\ndevice unplug\ndevice unplug\n",
		  "t.il:3: " },
		{ "platform sev-tio\nlink up\n", "t.il:2: " },
		{ "platform sev-tio\nlink down 05:00.0\n", "t.il:2" },
	};
	struct rig *r = *state;

	for (size_t i = 0; i < COUNT(bad); i++) {
		run_text(r, bad[i].text);
		rig_refused(r, bad[i].where, "");
		assert_true(rig_true(r, "clean"));
	}
}

static void a_dead_device_is_isolated_and_one_line_says_so(void **state)
{
	static const char *const hows[] = { "silent", "quiet", "busy",
					    "error",  "down",  "absent" };
	struct rig *r = *state;
	char text[256];

	for (size_t i = 0; i < COUNT(hows); i++) {
		snprintf(text, sizeof(text),
			 "platform sev-tio\nhost connect 01:00.0\n"
			 "device silent how=%s after=1\n"
			 "host disconnect 01:00.0\n",
			 hows[i]);
		run_text(r, text);
		rig_refused(r, "t.il:4: ", "the device is ERROR, isolated");
		assert_true(rig_true(r, "isolated"));
		assert_true(rig_true(r, "clean"));
	}
	/* A failure of another kind says nothing of it. */
	run_text(r, "platform sev-tio\nhost connect 01:00.0\n"
		    "host connect 01:00.0\n");
	rig_refused(r, "t.il:3: ", "EBUSY");
	assert_false(rig_true(r, "isolated"));
	assert_null(strstr(r->err, "isolated"));
}

static void a_silent_packet_is_noticed_like_a_silent_exchange(void **state)
{
	struct rig *r = *state;

	run_text(r, "platform sev-tio\ndevice silent after=300 unit=tlp\n"
		    "host connect 01:00.0\n");
	rig_refused(r, "t.il:3: ", "ENODEV");
	/* Alive again, and only then. */
	run_text(r, "platform sev-tio\ndevice silent\n"
		    "host connect 01:00.0\nexpect error peer\n"
		    "host recover 01:00.0\n");
	rig_refused(r, "t.il:5: ", "ETIMEDOUT");
	run_text(r, "platform sev-tio\ndevice silent\n"
		    "host connect 01:00.0\nexpect error peer\n"
		    "device reset\nhost recover 01:00.0\n"
		    "host connect 01:00.0\nhost disconnect 01:00.0\n");
	assert_int_equal(r->status, 0);
}

static void a_stricter_device_is_what_the_scenario_calls_it(void **state)
{
	struct rig *r = *state;
	const char *file = rig_scenario("bme-after-lock-naive.il");

	/* By the book what comes, and 0 over 0, ends nothing. */
	rig_run(r, "run", file, "--set", "RELAX=", "--set", "STATE=locked",
		NULL);
	assert_int_equal(r->status, 0);
	rig_run(r, "run", file, "--set", "RELAX=", "--json", NULL);
	rig_refused(r, "bme-after-lock-naive.il:28: ", "expected the TDI");
	rig_run(r, "run", file, "--set", "RELAX=command-set-is-change",
		"--json", NULL);
	rig_refused(r, "bme-after-lock-naive.il:38: ", "expected the TDI");
	rig_run(r, "run", file, "--set", "RELAX=bme-zero-is-clear", "--json",
		NULL);
	rig_refused(r, "bme-after-lock-naive.il:28: ", "expected the TDI");
}

static void a_configuration_write_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = {
		"01:00.0 reg=0x4 size=3 value=0",
		"01:00.0 reg=0x4 size=0 value=0",
		"01:00.0 reg=0x4 size=0x100000002 value=0",
		"01:00.0 reg=0x6 size=4 value=0",
		"01:00.0 reg=0x1000 value=0",
		"01:00.0 reg=0x4 value=0x10000",
	};
	struct rig *r = *state;
	char text[200];

	for (size_t i = 0; i < COUNT(bad); i++) {
		snprintf(text, sizeof(text),
			 "platform sev-tio\nhost config %s\n", bad[i]);
		run_text(r, text);
		rig_refused(r, "t.il:2: ", "no configuration write");
	}
	run_text(r, "platform sev-tio\nhost config 01:00.7 reg=4 value=0\n");
	rig_refused(r, "t.il:2: ", "ENODEV");
}

/* assign.il behind a device of @file, with @more on its line. */
static void run_assign_with(struct rig *r, const char *file, const char *more)
{
	size_t len;
	char *text = (char *)rig_read(rig_scenario("assign.il"), &len);
	char *at = strstr(text, "device vfs=$VFS");
	char *out = malloc(len + 512);
	int n;

	assert_non_null(at);
	assert_non_null(out);
	n = snprintf(out, len + 512, "%.*sdevice file=\"%s\" %s\n%s",
		     (int)(at - text), text, file, more, strchr(at, '\n') + 1);
	rig_write(rig_path(r, "t.il"), out, (size_t)n);
	free(out);
	free(text);
	rig_run(r, "run", rig_path(r, "t.il"), "--payload",
		rig_payload(r, "p", 5000, 1), "--json", NULL);
}

static void a_device_of_a_file_is_assigned_like_any_other(void **state)
{
	struct rig *r = *state;

	run_assign_with(r, EXAMPLE_DEVICE, "");
	if (r->status)
		fail_msg("%s", r->err);
	assert_true(rig_true(r, "ok"));
	/* Only a device that says what we do not want to hear fails. */
	run_assign_with(r, EXAMPLE_DEVICE, "relax=interface-id,query-bus");
	rig_refused(r, "connect", "EIO");
}

/* ResponseNotReady: the firmware waits, in the time of the world. */
static void a_device_whose_key_is_slow_is_waited_for(void **state)
{
	static const char *const us[] = { "100", "50000", "3000000" };
	struct rig *r = *state;

	for (size_t i = 0; i < COUNT(us); i++) {
		char text[64];
		int n = snprintf(text, sizeof(text),
				 "{\"spdm\": {\"sign_us\": %s}}", us[i]);

		rig_write(rig_path(r, "slow.json"), text, (size_t)n);
		run_assign_with(r, rig_path(r, "slow.json"), "");
		if (r->status)
			fail_msg("%s us: %s", us[i], r->err);
		assert_true(rig_true(r, "ok"));
	}
}

static void a_device_file_that_is_wrong_is_named_with_its_place(void **state)
{
	static const char text[] = "{\"functions\": [{\"bars\": [{\"bar\": 0,"
				   " \"size\": 12}]}]}";
	static const char narrow[] =
		"{\"functions\": [{\"bars\": ["
		"{\"bar\": 0, \"size\": \"0x4000\"},"
		"{\"bar\": 2, \"size\": 65536},"
		"{\"bar\": 4, \"size\": 4096, \"width\": 32}]}]}";
	struct rig *r = *state;

	rig_write(rig_path(r, "d.json"), text, strlen(text));
	run_assign_with(r, rig_path(r, "d.json"), "");
	rig_refused(r, "d.json: functions[0].bars[0].size: ",
		    "12 is not a power of two");
	/* A device that can be, but not behind this bridge. */
	rig_write(rig_path(r, "n.json"), narrow, strlen(narrow));
	run_assign_with(r, rig_path(r, "n.json"), "");
	rig_refused(r, "n.json: BAR 4 has 32 bits; ", "below 4 GiB");
	run_assign_with(r, rig_path(r, "none.json"), "");
	rig_refused(r, "none.json", "cannot be read");
	run_assign_with(r, r->dir, "");
	rig_refused(r, r->dir, "cannot be read");
	run_assign_with(r, EXAMPLE_DEVICE, "relax=query-bus,all");
	rig_refused(r, "t.il:", "no relaxation 'all'");
}

static void a_device_elsewhere_is_not_told_to_lie(void **state)
{
	struct rig *r = *state;

	run_text(r, "platform sev-tio\ndevice at=unix:none\n"
		    "device lie message=STATE field=state\n");
	rig_refused(r, "t.il:3: ", "in another process");
}

static void the_host_does_one_wrong_thing_at_a_time(void **state)
{
	struct rig *r = *state;

	run_text(r, "platform sev-tio\nhost relay how=cut after=9\n"
		    "host relay\n");
	rig_refused(r, "t.il:3: ", "cuts an answer short");
	run_text(r, "platform sev-tio\nhost relay how=stale\n");
	rig_refused(r, "t.il:2: ", "after= is 1 or more");
}

static void the_shell_goes_on_after_what_fails_and_explains(void **state)
{
	static const char lines[] = "platform sev-tio\nhelp guest dma\n"
				    "fly\nhost connect 01:00.0\n"
				    "expect tdi 01:00.0 run\nhelp nothing\n"
				    "host disconnect 01:00.0\n";
	struct rig *r = *state;

	rig_write(rig_path(r, "in"), lines, sizeof(lines) - 1);
	assert_non_null(freopen(rig_path(r, "in"), "r", stdin));
	rig_run(r, "shell", NULL);
	assert_int_equal(r->status, 0);
	assert_non_null(strstr(r->out, "guest dma [window="));
	assert_non_null(strstr(r->err, "'fly' is not a role; see help"));
	assert_non_null(strstr(r->err, "to be run; it is unlocked"));
	assert_non_null(strstr(r->err, "there is no command 'nothing'"));
	assert_non_null(strstr(r->out, "host     disconnect"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_scenario_runs_as_it_says),
		T(the_list_has_every_file_with_a_line_and_a_question),
		T(one_that_the_tool_carries_runs_by_its_name),
		T(a_host_that_writes_the_ownership_table_is_stopped_by_each_rule),
		T(what_the_device_refuses_is_a_fault_as_well),
		T(the_interposer_waits_for_the_packet_that_is_named),
		T(an_error_of_a_naive_order_names_its_source),
		T(an_expectation_that_fails_shows_where_things_stand),
		T(an_error_names_its_place_and_nothing_runs),
		T(the_last_line_in_error_keeps_the_first_from_running),
		T(a_parameter_that_no_line_declares_is_refused),
		T(a_platform_has_its_own_file_before_the_common_one),
		T(a_file_that_does_not_apply_says_why_and_ends),
		T(a_scenario_that_is_not_there_is_named),
		T(commands_out_of_order_fail_where_they_stand),
		T(a_dead_device_is_isolated_and_one_line_says_so),
		T(a_silent_packet_is_noticed_like_a_silent_exchange),
		T(a_stricter_device_is_what_the_scenario_calls_it),
		T(a_configuration_write_that_is_none_is_refused),
		T(a_device_elsewhere_is_not_told_to_lie),
		T(the_host_does_one_wrong_thing_at_a_time),
		T(the_shell_goes_on_after_what_fails_and_explains),
		T(a_device_of_a_file_is_assigned_like_any_other),
		T(a_device_whose_key_is_slow_is_waited_for),
		T(a_device_file_that_is_wrong_is_named_with_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
