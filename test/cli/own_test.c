/* SPDX-License-Identifier: BSD-2-Clause */
#include "child.h"
#include "rig.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * A device that wants to know who asks, and shares keys: as its file says, and
 * `interlock request` as the requester.
 */

static int64_t now_s(void)
{
	return time(NULL);
}

/* The device is a process of its own, which judges by its own clock. */
static int open_rig(void **state)
{
	struct rig *r;
	int ret = rig_open(state);

	r = *state;
	r->c.mono_ns = rig_clock;
	r->c.now_s = now_s;
	return ret;
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, open_rig, rig_close)

static void make(struct rig *r, const char *name, const char *key,
		 const char *role)
{
	assert_int_equal(rig_run(r, "identity", "new", rig_path(r, name),
				 "--key", key, "--role", role, NULL),
			 0);
}

/* The device with @file, which is in the rig's folder. */
static void start(struct rig *r, struct child *k, const char *file)
{
	static char id[160], at[160], path[160];
	const char *const argv[] = { "interlock", "device",	"--spdm-socket",
				     at,	  "--identity", id,
				     path,	  NULL };

	snprintf(id, sizeof(id), "%s", rig_path(r, "id"));
	snprintf(at, sizeof(at), "unix:%s", rig_path(r, "device.sock"));
	snprintf(path, sizeof(path), "%s", rig_path(r, "device.json"));
	rig_write(path, file, strlen(file));
	child_start(k, NULL, r->state, argv);
	child_wait_line(k, "ready");
}

static void stop(struct child *k)
{
	child_signal(k, SIGTERM);
	assert_int_equal(child_end(k), 0);
}

/* @steps as the requester with the identity @mutual, if there is one. */
static int walk(struct rig *r, const char *steps, const char *mutual)
{
	char at[160];

	snprintf(at, sizeof(at), "unix:%s", rig_path(r, "device.sock"));
	return mutual ? rig_run(r, "request", at, "--steps", steps, "--mutual",
				rig_path(r, mutual), NULL)
		      : rig_run(r, "request", at, "--steps", steps, NULL);
}

#define SESSION "connect,session,heartbeat,end"
#define CAPS(more)                                                             \
	"{\"spdm\": {\"heartbeat_s\": 60, \"capabilities\": ["                 \
	"\"cert\", \"chal\", \"encrypt\", \"mac\", \"key-ex\", \"hbeat\"" more \
	"], "

/* With every kind of key, in both forms; who has another root is not, nor who
 * shows nothing, nor who has a device's certificate. */
static void who_leads_to_an_anchor_is_believed(void **state)
{
	static const struct {
		const char *key;
		const char *form;
	} rows[] = {
		{ "p256", "encapsulated" },
		{ "p384", "digests" },
		{ "p521", "encapsulated" },
		{ "rsa2048", "digests" },
	};
	struct rig *r = *state;
	char file[400];

	make(r, "id", "p384", "responder");
	make(r, "other", "p384", "requester");
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct child k;
		char own[16];

		snprintf(own, sizeof(own), "own%u", i);
		make(r, own, rows[i].key, "requester");
		snprintf(file, sizeof(file),
			 CAPS("") "\"requesters\": {\"anchors\":"
				  "[\"%s/root.pem\", \"id/root.pem\"],"
				  "\"prove\": \"%s\", \"must\": true}}}",
			 own, rows[i].form);
		start(r, &k, file);
		assert_int_equal(walk(r, SESSION, own), 0);
		assert_int_equal(walk(r, SESSION, "other"), 1);
		assert_int_equal(walk(r, SESSION, "id"), 1);
		assert_int_equal(walk(r, SESSION, NULL), 1);
		assert_int_equal(walk(r, SESSION, own), 0);
		stop(&k);
	}
}

/* Before sessions; and who was known so is not asked again. */
static void a_requester_is_known_by_its_challenge(void **state)
{
	struct rig *r = *state;
	struct child k;

	make(r, "id", "p384", "responder");
	make(r, "own", "p384", "requester");
	make(r, "other", "p384", "requester");
	start(r, &k,
	      CAPS("") "\"requesters\": {\"anchors\": [\"own/root.pem\"],"
		       "\"challenge\": true, \"prove\": \"known\","
		       "\"must\": true}}}");
	assert_int_equal(walk(r, "connect,challenge,session,end", "own"), 0);
	assert_int_equal(walk(r, "connect,session,end", "own"), 1);
	assert_int_equal(walk(r, "connect,challenge", "other"), 1);
	stop(&k);
}

static int64_t sum(const struct rig *r, const char *key)
{
	const size_t n = json_array_size(r->json);

	return json_integer_value(json_object_get(
		json_object_get(json_array_get(r->json, n - 1), "sum"), key));
}

/* Signatures, HMACs and chains of both ends, whose leaves have a role each. */
static void a_requester_that_proves_itself_is_decoded_whole(void **state)
{
	struct rig *r = *state;
	const char *cap, *keys;
	struct child k;
	char at[160];

	make(r, "id", "p384", "responder");
	make(r, "own", "p384", "requester");
	start(r, &k,
	      CAPS("") "\"requesters\": {\"anchors\": [\"own/root.pem\"],"
		       "\"prove\": \"encapsulated\", \"must\": true}}}");
	cap = rig_path(r, "walk.pcap");
	keys = rig_path(r, "walk.json");
	snprintf(at, sizeof(at), "unix:%s", rig_path(r, "device.sock"));
	assert_int_equal(rig_run(r, "request", at, "--steps", SESSION,
				 "--mutual", rig_path(r, "own"), "--capture",
				 cap, "--key-log", keys, NULL),
			 0);
	stop(&k);
	rig_run(r, "decode", cap, "--keys", keys, "--json", NULL);
	if (r->status)
		fail_msg("%s%s", r->out, r->err);
	assert_int_equal(sum(r, "does_not_hold"), 0);
	assert_true(sum(r, "holds") >= 8);
}

static void a_key_that_is_shared_makes_sessions(void **state)
{
	static const char steps[] = "connect,psk-session,heartbeat,end";
	struct rig *r = *state;
	struct child k;
	char at[160], key[160];

	make(r, "id", "p384", "responder");
	rig_write(rig_path(r, "key"), "0123456789", 10);
	snprintf(at, sizeof(at), "unix:%s", rig_path(r, "device.sock"));
	snprintf(key, sizeof(key), "%s", rig_path(r, "key"));
	start(r, &k,
	      CAPS(", \"psk-with-context\"") "\"psk\": ["
					     "{\"hint\": \"a\", \"key\":"
					     "\"00112233\"},"
					     "{\"hint\": \"b\","
					     "\"key_file\": \"key\"}]}}");
	assert_int_equal(rig_run(r, "request", at, "--steps", steps, "--psk",
				 "00112233", NULL),
			 0);
	assert_int_equal(rig_run(r, "request", at, "--steps", steps, "--psk",
				 key, "--psk-hint", "b", NULL),
			 0);
	assert_int_equal(rig_run(r, "request", at, "--steps", steps, "--psk",
				 key, "--psk-hint", "a", NULL),
			 1);
	assert_int_equal(rig_run(r, "request", at, "--steps", steps, "--psk",
				 key, "--psk-hint", "c", NULL),
			 1);
	stop(&k);
}

/* Files that are named and are not there, or are not what they should be. */
static void a_file_that_is_missing_is_one_line(void **state)
{
	static const struct {
		const char *file, *what;
	} rows[] = {
		{ CAPS("") "\"requesters\": {\"prove\": \"digests\","
			   "\"anchors\": [\"none.pem\"]}}}",
		  "none.pem" },
		{ CAPS("") "\"requesters\": {\"prove\": \"digests\","
			   "\"anchors\": [\"device.json\"]}}}",
		  "not a certificate" },
		{ CAPS("") "\"requesters\": {\"prove\": \"digests\"}}}",
		  "spdm.requesters.anchors" },
		{ CAPS(", \"psk\"") "\"psk\": [{\"key_file\": \"none\"}]}}",
		  "none" },
		{ CAPS(", \"psk\"") "\"psk\": [{\"key_file\":"
				    "\"device.json\"}]}}",
		  "1 to 64 bytes" },
	};
	struct rig *r = *state;
	char at[160], path[160];

	snprintf(at, sizeof(at), "unix:%s", rig_path(r, "device.sock"));
	snprintf(path, sizeof(path), "%s", rig_path(r, "device.json"));
	for (unsigned i = 0; i < COUNT(rows); i++) {
		rig_write(path, rows[i].file, strlen(rows[i].file));
		rig_run(r, "device", "--spdm-socket", at, path, NULL);
		rig_refused(r, "interlock", rows[i].what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_leads_to_an_anchor_is_believed),
		TEST(a_requester_is_known_by_its_challenge),
		TEST(a_requester_that_proves_itself_is_decoded_whole),
		TEST(a_key_that_is_shared_makes_sessions),
		TEST(a_file_that_is_missing_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
