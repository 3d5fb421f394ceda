/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode_rig.h"

#include <stdlib.h>

#include "base/bits.h"

/*
 * A recording of SPDM 1.4 between two programs of another maker, in which both
 * ends prove who they are (test/vectors/README.md). Both accepted everything.
 */

#define MCTP_HEADER 5u

static void both_ends_of_the_recording_hold(void **state)
{
	struct rig *r = *state;

	rig_run(r, "decode", vector("mutual14", "pcap"), "--keys",
		vector("mutual14", "json"), NULL);
	same_as_file(r, "mutual14");
	assert_int_equal(r->status, CLI_DONE);
	rig_run(r, "decode", vector("mutual14", "pcap"), "--json", "--keys",
		vector("mutual14", "json"), "--trust",
		vector("root-mutual14", "der"), NULL);
	assert_int_equal(r->status, CLI_DONE);
	assert_int_equal(sum(r, "unknown"), 0);
	assert_int_equal(sum(r, "does_not_hold"), 0);
	/* CHALLENGE_AUTH, ENDPOINT_INFO, KEY_EXCHANGE_RSP and FINISH, two of
	 * each, and MEASUREMENTS. */
	assert_int_equal(checks(r, "signature", "holds"), 9);
	assert_int_equal(checks(r, "signature", "cannot say"), 0);
	/* PSK_EXCHANGE_RSP and PSK_FINISH. */
	assert_int_equal(checks(r, "HMAC of the requester", "holds"), 1);
	assert_int_equal(checks(r, "HMAC of the responder", "holds"), 1);
	/* The two sessions whose secrets nobody has. */
	assert_int_equal(sum(r, "protected"), 24);
	assert_int_equal(checks(r, "HMAC of the requester", "cannot say"), 2);
}

static void every_message_has_its_fields(void **state)
{
	struct rig *r = *state;
	size_t i;
	json_t *line;

	rig_run(r, "decode", vector("mutual14", "pcap"), "--json", "-v",
		"--keys", vector("mutual14", "json"), NULL);
	json_array_foreach(r->json, i, line)
	{
		const char *what =
			json_string_value(json_object_get(line, "what"));

		if (what && !strcmp(what, "message"))
			assert_true(json_array_size(json_object_get(
					    line, "fields")) >= 2);
	}
}

/* RequesterContext is longer here than RandomData ever is. */
static void a_session_is_known_by_a_long_context(void **state)
{
	struct rig *r = *state;
	const char *keys = rig_path(r, "keys.json");
	json_t *line, *f, *context = NULL;
	char text[512];
	size_t i, k;

	rig_run(r, "decode", vector("mutual14", "pcap"), "--json", "-v", NULL);
	json_array_foreach(r->json, i, line)
	{
		const char *name =
			json_string_value(json_object_get(line, "name"));

		if (!name || strcmp(name, "PSK_EXCHANGE") != 0)
			continue;
		json_array_foreach(json_object_get(line, "fields"), k, f) if (
			!strcmp(json_string_value(json_object_get(f, "name")),
				"context")) context =
			json_object_get(f, "value");
	}
	assert_non_null(context);
	assert_int_equal(strlen(json_string_value(context)), 128);
	snprintf(text, sizeof(text),
		 "{\"session\": \"1\", \"kind\": \"psk\", \"random\": \"%s\", "
		 "\"psk\": \"5465737450736b4461746100\"}",
		 json_string_value(context));
	rig_write(keys, text, strlen(text));
	rig_run(r, "decode", vector("mutual14", "pcap"), "--json", "--keys",
		keys, NULL);
	assert_int_equal(r->status, CLI_DONE);
	assert_int_equal(sum(r, "protected"), 24);
}

static bool found(struct rig *r, const char *const *by)
{
	for (unsigned i = 0; i < 3 && by[i]; i++)
		if (checks(r, by[i], "does not hold"))
			return true;
	return sum(r, "unknown") != 0;
}

/* Bytes that a signature or an HMAC covers, a few of each message. */
static void a_changed_byte_is_found_by_what_covers_it(void **state)
{
	static const struct {
		unsigned packet;
		const char *by[3];
	} v[] = {
		{ 3, { "signature" } },	 /* GET_CAPABILITIES */
		{ 8, { "signature" } },	 /* DIGESTS of many keys */
		{ 13, { "signature" } }, /* CHALLENGE */
		{ 20, { "signature" } }, /* CHALLENGE of the responder */
		{ 21, { "signature", "digest of the chain" } },
		{ 33, { "signature" } }, /* GET_ENDPOINT_INFO */
		{ 34, { "signature" } },
		{ 36, { "signature" } }, /* and of the responder */
		{ 37, { "signature" } },
		{ 40, { "signature", "measurement summary" } },
		/* DIGESTS that KEY_EXCHANGE_RSP asked for */
		{ 41, { "signature", "digest of the chain" } },
		{ 61, { "HMAC of the responder", "tag" } },
		{ 68, { "tag" } }, /* KEY_UPDATE of the responder */
	};
	struct rig *r = *state;
	size_t n;
	uint8_t *f = rig_read(vector("mutual14", "pcap"), &n);
	const char *path = rig_path(r, "changed.pcap");

	for (unsigned i = 0; i < COUNT(v); i++) {
		size_t len, from = packet_at(f, n, v[i].packet, &len);

		/* Behind the head of what carries it. */
		for (size_t k = MCTP_HEADER + 9; k < len; k += 13) {
			f[from + k] ^= 0x10;
			rig_write(path, f, n);
			f[from + k] ^= 0x10;
			rig_run(r, "decode", path, "--json", "--keys",
				vector("mutual14", "json"), NULL);
			if (r->status != CLI_FAILED || !found(r, v[i].by))
				fail_msg("packet %u byte %zu is not found",
					 v[i].packet, k);
		}
	}
	free(f);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_ends_of_the_recording_hold),
		TEST(every_message_has_its_fields),
		TEST(a_session_is_known_by_a_long_context),
		TEST(a_changed_byte_is_found_by_what_covers_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
