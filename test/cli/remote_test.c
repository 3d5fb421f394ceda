/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../world/far.h"
#include "world/world.h"

/* `assign --device`: the device is another process. */

/* Only there to end what hangs. */
static const struct world_patience long_one = { 60000, 60000, 60000, 60000,
						60000 };
static const struct world_patience short_one = { 5000, 150, 5, 200, 60000 };

static struct far far;
static struct cli_identity who;

static uint64_t mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* The rig with a clock that moves, and the identity of a device. */
static int setup(void **state)
{
	struct rig *r;

	assert_int_equal(rig_open(state), 0);
	r = *state;
	r->c.mono_ns = mono_ns;
	r->c.patience = &long_one;
	assert_int_equal(rig_run(r, "identity", "new", rig_path(r, "id"), NULL),
			 0);
	assert_int_equal(
		cli_identity_load(&r->c, rig_path(r, "id"), NULL, &who), 0);
	return 0;
}

static int teardown(void **state)
{
	far_stop(&far);
	return rig_close(state);
}

static const char *at(const struct rig *r)
{
	static char text[200];

	snprintf(text, sizeof(text), "unix:%s", rig_path(r, "s"));
	return text;
}

static void start(const struct rig *r, enum far_end end, unsigned vfs)
{
	const struct far_cfg cfg = { .id = &who.id, .end = end, .vfs = vfs };

	far_start(&far, at(r), &cfg);
}

/* pcap: a header of 24 bytes, then packets. */
static void captured(const struct rig *r, const char *name, uint8_t type)
{
	size_t len = 0;
	uint8_t *p = rig_read(rig_path(r, name), &len);

	assert_true(len > 1000);
	assert_int_equal(p[20], type);
	free(p);
}

static void a_whole_assignment_with_nothing_but_the_anchor(void **state)
{
	struct rig *r = *state;
	const char *payload = rig_payload(r, "p", 65536, 3);

	start(r, FAR_LIVES, 0);
	rig_run(r, "assign", "--platform", "sev-tio", "--payload", payload,
		"--device", at(r), "--trust", rig_path(r, "id/root.pem"),
		"--link-capture", rig_path(r, "link.pcap"), "--capture",
		rig_path(r, "doe.pcap"), "--json", NULL);
	if (r->status)
		fail_msg("exit %d: %s", r->status, r->err);
	assert_string_equal(r->err, "");
	assert_true(rig_true(r, "ok"));
	assert_true(rig_true(r, "clean"));
	assert_true(json_is_false(json_object_get(r->json, "replayable")));
	assert_string_equal(
		json_string_value(json_object_get(r->json, "device")), at(r));
	assert_int_equal(rig_int(r, "bytes_to_device"), 65536);
	assert_int_equal(rig_int(r, "bytes_from_device"), 65536);
	captured(r, "link.pcap", 147);
	captured(r, "doe.pcap", 292 & 0xff);
	/* No identity of our own was asked for, or made. */
	assert_int_equal(access(r->state, F_OK), -1);
}

static void a_vf_of_it_too(void **state)
{
	struct rig *r = *state;

	start(r, FAR_LIVES, 2);
	rig_run(r, "assign", "--platform", "sev-tio", "--payload",
		rig_payload(r, "p", 5000, 3), "--device", at(r), "--vf", "2",
		"--trust", rig_path(r, "id/root.pem"), NULL);
	if (r->status)
		fail_msg("exit %d: %s", r->status, r->err);
	assert_non_null(strstr(r->out, "cannot be replayed"));
	assert_non_null(strstr(r->out, at(r)));
}

static void a_device_that_nobody_vouches_for_is_refused(void **state)
{
	struct rig *r = *state;

	start(r, FAR_LIVES, 0);
	/* The user's own root, made on first use, is not the device's. */
	rig_run(r, "assign", "--platform", "sev-tio", "--payload",
		rig_payload(r, "p", 100, 3), "--device", at(r), NULL);
	rig_refused(r, "evidence", "assign.il");
}

static void what_is_no_device_is_one_line(void **state)
{
	struct rig *r = *state;
	static const struct {
		enum far_end end;
		const char *why;
	} other[] = { { FAR_SILENT, "does not answer" },
		      { FAR_GARBAGE, "no frame" },
		      { FAR_CLOSES, "closed the connection" } };

	r->c.patience = &short_one;
	for (size_t i = 0; i < COUNT(other); i++) {
		start(r, other[i].end, 0);
		rig_run(r, "assign", "--platform", "sev-tio", "--payload",
			rig_payload(r, "p", 100, 3), "--device", at(r), NULL);
		rig_refused(r, other[i].why, at(r));
		far_stop(&far);
	}
}

static void nobody_there_is_one_line(void **state)
{
	struct rig *r = *state;

	rig_run(r, "assign", "--platform", "sev-tio", "--payload",
		rig_payload(r, "p", 100, 3), "--device", at(r), NULL);
	rig_refused(r, "cannot be reached", at(r));
}

static void no_address_is_one_line(void **state)
{
	struct rig *r = *state;

	rig_run(r, "assign", "--platform", "sev-tio", "--payload",
		rig_payload(r, "p", 100, 3), "--device", "tcp:192.0.2.1:1",
		NULL);
	rig_refused(r, "tcp:192.0.2.1:1", "expected unix:PATH");
}

static void the_cipher_of_the_link_stays(void **state)
{
	struct rig *r = *state;
	char set[256];

	start(r, FAR_LIVES, 0);
	snprintf(set, sizeof(set), "DEVICE=%s", at(r));
	rig_run(r, "run", rig_scenario("assign.il"), "--set", set, "--set",
		"CIPHER=none", NULL);
	rig_refused(r, "cipher=none", "assign.il");
}

static void a_world_of_its_own_device_can_be_replayed(void **state)
{
	struct rig *r = *state;

	rig_run(r, "assign", "--platform", "sev-tio", "--payload",
		rig_payload(r, "p", 100, 3), "--json", NULL);
	assert_int_equal(r->status, 0);
	assert_true(rig_true(r, "replayable"));
	assert_true(json_is_null(json_object_get(r->json, "device")));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_whole_assignment_with_nothing_but_the_anchor),
		T(a_vf_of_it_too),
		T(a_device_that_nobody_vouches_for_is_refused),
		T(what_is_no_device_is_one_line),
		T(nobody_there_is_one_line),
		T(no_address_is_one_line),
		T(the_cipher_of_the_link_stays),
		T(a_world_of_its_own_device_can_be_replayed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
