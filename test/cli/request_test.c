/* SPDX-License-Identifier: BSD-2-Clause */
#include "request_rig.h"

/* The requester's tool against our own device, a process of its own. */

static void whole(struct rig *r, const char *trans)
{
	static const char *const want[] = {
		"connect ok",	"challenge ok",	 "measure ok", "session ok",
		"heartbeat ok", "key-update ok", "measure ok", "ide ok",
		"tdisp ok",	"ide-stop ok",	 "end ok",
	};
	static const char *const names[] = {
		"CN=Interlock root,O=Interlock",
		"CN=Interlock intermediate,O=Interlock",
		"CN=Interlock device,O=Interlock"
	};
	static const char *const states[] = { "CONFIG_UNLOCKED",
					      "CONFIG_LOCKED", "RUN",
					      "CONFIG_UNLOCKED" };
	struct served s = { .file = NULL };

	request_serve(r, &s);
	rig_run(r, "request", s.target, "--trans", trans, "--trust",
		request_root(&s), "--hello", "--json", NULL);
	request_stop(&s);
	if (r->status)
		fail_msg("exit %d: %s%s", r->status, r->err, r->out);
	assert_string_equal(r->err, "");
	assert_string_equal(request_text(r->json, "result"), "ok");
	assert_string_equal(request_text(r->json, "transport"), trans);
	assert_string_equal(request_text(r->json, "target"), s.target);
	request_steps(r, want, COUNT(want));
	assert_string_equal(request_text(request_step(r, 0), "version"), "1.2");
	assert_string_equal(request_text(request_step(r, 0), "hash"),
			    "SHA_384");
	request_list(request_step(r, 0), "certificates", names, COUNT(names));
	assert_true(
		json_is_true(json_object_get(request_step(r, 0), "trusted")));
	for (size_t i = 2; i <= 6; i += 4) {
		const json_t *m = request_step(r, i);

		assert_true(json_is_true(json_object_get(m, "signed")));
		assert_int_equal(
			json_integer_value(json_object_get(m, "count")),
			json_object_size(json_object_get(m, "measurements")));
	}
	assert_true(json_is_false(
		json_object_get(request_step(r, 2), "in_session")));
	assert_true(json_is_true(
		json_object_get(request_step(r, 6), "in_session")));
	request_list(request_step(r, 8), "states", states, COUNT(states));
	assert_true(json_array_size(
			    json_object_get(request_step(r, 8), "ranges")) > 0);
}

static void the_whole_walk_is_made_over_doe(void **state)
{
	whole(*state, "doe");
}

static void the_whole_walk_is_made_over_mctp(void **state)
{
	whole(*state, "mctp");
}

static int64_t sum(const struct rig *r, const char *key)
{
	const size_t n = json_array_size(r->json);
	const json_t *o =
		json_object_get(json_array_get(r->json, n - 1), "sum");

	assert_true(json_is_integer(json_object_get(o, key)));
	return json_integer_value(json_object_get(o, key));
}

/* What was asked and answered, captured, is read back whole. */
static void captured(struct rig *r, const char *trans)
{
	const char *cap = rig_path(r, "walk.pcap");
	const char *keys = rig_path(r, "walk.json");
	struct served s = { .file = NULL };

	request_serve(r, &s);
	rig_run(r, "request", s.target, "--trans", trans, "--capture", cap,
		"--key-log", keys, NULL);
	request_stop(&s);
	if (r->status)
		fail_msg("%s%s", r->out, r->err);
	rig_run(r, "decode", cap, "--keys", keys, "--json", NULL);
	if (r->status)
		fail_msg("%s%s", r->out, r->err);
	assert_int_equal(sum(r, "unknown"), 0);
	assert_int_equal(sum(r, "protected"), 0);
	/* CHALLENGE, KEY_EXCHANGE, measurements twice, three HMACs … */
	assert_true(sum(r, "holds") >= 10);
	assert_true(sum(r, "secured") >= 60);
}

static void a_captured_walk_is_decoded_whole_over_doe(void **state)
{
	captured(*state, "doe");
}

static void a_captured_walk_is_decoded_whole_over_mctp(void **state)
{
	captured(*state, "mctp");
}

static void a_handshake_in_the_clear_is_made_on_request(void **state)
{
	static const char file[] =
		"{ \"spdm\": { \"capabilities\": [ \"cert\", \"chal\", "
		"\"meas-sig\", \"meas-fresh\", \"encrypt\", \"mac\", "
		"\"key-ex\", \"hbeat\", \"key-upd\", "
		"\"handshake-in-the-clear\" ] } }";
	static const char *const want[] = { "connect ok", "session ok",
					    "key-update ok", "end ok" };
	struct rig *r = *state;
	struct served s = { .file = rig_path(r, "device.json") };

	rig_write(s.file, file, sizeof(file) - 1);
	request_serve(r, &s);
	rig_run(r, "request", s.target, "--clear", "--steps",
		"connect,session,key-update", "--json", NULL);
	assert_int_equal(r->status, 0);
	request_steps(r, want, COUNT(want));
	assert_true(json_is_true(
		json_object_get(request_step(r, 1), "in_the_clear")));
	/* And where it was not asked for, as ever. */
	rig_run(r, "request", s.target, "--steps", "connect,session,key-update",
		"--json", NULL);
	assert_int_equal(r->status, 0);
	request_steps(r, want, COUNT(want));
	assert_true(json_is_false(
		json_object_get(request_step(r, 1), "in_the_clear")));
	request_stop(&s);
}

/* Strict is without it: a device that was not told to offers no such thing. */
static void the_default_device_has_no_handshake_in_the_clear(void **state)
{
	struct rig *r = *state;
	struct served s = { .file = NULL };

	request_serve(r, &s);
	rig_run(r, "request", s.target, "--clear", "--steps", "connect,session",
		"--json", NULL);
	assert_int_equal(r->status, 0);
	assert_null(strstr(r->out, "HANDSHAKE_IN_THE_CLEAR"));
	assert_true(json_is_false(
		json_object_get(request_step(r, 1), "in_the_clear")));
	request_stop(&s);
}

static void steps_are_chosen_and_what_they_left_open_is_ended(void **state)
{
	static const char *const want[] = { "connect ok", "session ok",
					    "heartbeat ok", "end ok" };
	struct rig *r = *state;
	struct served s = { .file = NULL };

	request_serve(r, &s);
	rig_run(r, "request", s.target, "--steps=connect,session,heartbeat",
		"--json", NULL);
	assert_int_equal(r->status, 0);
	request_steps(r, want, COUNT(want));
	/* Nobody said whom to trust. */
	assert_true(
		json_is_null(json_object_get(request_step(r, 0), "trusted")));
	/* And as text, a line for each step. */
	rig_run(r, "request", s.target, "--steps", "connect,session,end", NULL);
	assert_int_equal(r->status, 0);
	assert_ptr_equal(strstr(r->out, "connect      ok\n"), r->out);
	assert_non_null(strstr(r->out, "\n    trusted: not asked\n"));
	assert_non_null(strstr(r->out, "\nsession      ok\n"));
	assert_non_null(strstr(r->out, "\nend          ok\n"));
	request_stop(&s);
}

static void what_the_peer_refuses_is_told_in_its_words(void **state)
{
	static const char *const no_lock[] = { "connect ok", "session ok",
					       "tdisp refused", "end ok" };
	static const char *const no_tdi[] = { "connect ok",  "session ok",
					      "ide ok",	     "tdisp refused",
					      "ide-stop ok", "end ok" };
	struct rig *r = *state;
	struct served s = { .file = NULL };

	request_serve(r, &s);
	rig_run(r, "request", s.target, "--steps", "connect,session,tdisp",
		"--json", NULL);
	rig_refused(r, s.target,
		    "tdisp: LOCK_INTERFACE_REQUEST: TDISP ERROR "
		    "INVALID_REQUEST (0x1)");
	request_steps(r, no_lock, COUNT(no_lock));
	assert_string_equal(request_text(r->json, "result"), "failed");
	rig_run(r, "request", s.target, "--steps",
		"connect,session,ide,tdisp,ide-stop", "--function", "01:1e.6",
		"--json", NULL);
	rig_refused(r, s.target, "TDISP ERROR INVALID_INTERFACE (0x101)");
	request_steps(r, no_tdi, COUNT(no_tdi));
	rig_run(r, "request", s.target, "--steps", "connect", "--slot", "5",
		NULL);
	rig_refused(r, s.target,
		    "connect: GET_DIGESTS: no certificate in slot 5");
	request_stop(&s);
}

static void a_silent_refusal_ends_the_session_not_the_tool(void **state)
{
	static const char *const want[] = { "connect ok", "session ok",
					    "ide failed", "tdisp skipped",
					    "ide-stop skipped" };
	struct rig *r = *state;
	struct served s = { .file = NULL };

	request_serve(r, &s);
	/* IDE_KM has no way to say that there is no such port. */
	rig_run(r, "request", s.target, "--steps",
		"connect,session,ide,tdisp,ide-stop", "--port", "3",
		"--timeout", "1", "--json", NULL);
	rig_refused(r, s.target, "ide: QUERY: no answer within 1 s");
	request_steps(r, want, COUNT(want));
	request_stop(&s);
}

/* RootHash is made with the hash that was agreed. */
static void a_root_is_known_under_another_hash(void **state)
{
	static const char file[] = "{ \"spdm\": { \"hash\": [ \"sha-512\" ], "
				   "\"versions\": [ \"1.1\", \"1.0\" ] } }";
	static const char *const versions[] = { "1.0", "1.1" };
	struct rig *r = *state;
	struct served s = { .file = rig_path(r, "device.json") };

	rig_write(s.file, file, sizeof(file) - 1);
	request_serve(r, &s);
	rig_run(r, "request", s.target, "--trust", request_root(&s), "--steps",
		"connect", "--json", NULL);
	request_stop(&s);
	if (r->status)
		fail_msg("%s", r->err);
	request_list(request_step(r, 0), "versions", versions, COUNT(versions));
	assert_string_equal(request_text(request_step(r, 0), "version"), "1.1");
	assert_string_equal(request_text(request_step(r, 0), "hash"),
			    "SHA_512");
	assert_true(
		json_is_true(json_object_get(request_step(r, 0), "trusted")));
}

static void a_chain_under_another_root_is_not_trusted(void **state)
{
	struct rig *r = *state;
	struct served s = { .file = NULL };
	const char *other = rig_path(r, "other");
	char root[200];

	assert_int_equal(rig_run(r, "identity", "new", other, NULL), 0);
	snprintf(root, sizeof(root), "%s/root.pem", other);
	request_serve(r, &s);
	rig_run(r, "request", s.target, "--trust", root, "--json", NULL);
	rig_refused(r, "connect: the chain is of another root than", root);
	assert_string_equal(request_text(request_step(r, 0), "result"),
			    "failed");
	assert_true(
		json_is_false(json_object_get(request_step(r, 0), "trusted")));
	/* What a leaf certificate is no root of. */
	snprintf(root, sizeof(root), "%s/leaf.pem", s.dir);
	rig_run(r, "request", s.target, "--trust", root, NULL);
	rig_refused(r, "another root", root);
	request_stop(&s);
}

/* --- provisioning --- */

static void a_slot_is_provisioned_and_then_answers(void **state)
{
	static const char file[] =
		"{ \"spdm\": { \"capabilities\": [ \"cert\", \"chal\", "
		"\"meas-sig\", \"encrypt\", \"mac\", \"key-ex\", "
		"\"set-cert\", \"csr\" ] }, "
		"\"provision\": { \"place\": \"field\", "
		"\"empty_slots\": [ 3 ] } }";
	static const char *const want[] = { "connect ok", "session ok",
					    "csr ok", "set-cert ok", "end ok" };
	struct rig *r = *state;
	struct served s = { .file = rig_path(r, "device.json") };
	char chain[200];

	rig_write(s.file, file, sizeof(file) - 1);
	request_serve(r, &s);
	snprintf(chain, sizeof(chain), "%s/chain.pem", s.dir);
	rig_run(r, "request", s.target, "--steps",
		"connect,session,csr,set-cert", "--set-slot", "3", "--chain",
		chain, "--json", NULL);
	assert_int_equal(r->status, 0);
	request_steps(r, want, COUNT(want));
	assert_string_equal(request_text(request_step(r, 2), "subject"),
			    "CN=Interlock device");
	rig_run(r, "request", s.target, "--steps", "connect,challenge",
		"--slot", "3", "--json", NULL);
	assert_int_equal(r->status, 0);
	/* Slot 0 is not to be written out of the factory. */
	rig_run(r, "request", s.target, "--steps", "connect,session,set-cert",
		"--set-slot", "0", "--chain", chain, NULL);
	rig_refused(r, s.target, "ERROR UnexpectedRequest (0x04)");
	/* Nor is what is no chain at all. */
	rig_run(r, "request", s.target, "--steps", "connect,session,set-cert",
		"--chain", s.file, NULL);
	rig_refused(r, s.target, "no certificate chain");
	/* What 1.2 does not know. */
	rig_run(r, "request", s.target, "--steps", "connect,mel", NULL);
	rig_refused(r, s.target, "mel: the peer does not offer it");
	request_stop(&s);
}

static void a_key_pair_is_made_and_asked_to_prove_itself(void **state)
{
	static const char file[] =
		"{ \"spdm\": { \"versions\": [ \"1.3\" ], "
		"\"capabilities\": [ \"cert\", \"chal\", \"meas-sig\", "
		"\"encrypt\", \"mac\", \"key-ex\", \"set-cert\", \"csr\", "
		"\"ep-info-sig\", \"mel\", \"multi-key\", "
		"\"get-key-pair-info\", \"set-key-pair-info\" ] }, "
		"\"measurements\": [ { \"index\": 4, \"type\": 8, "
		"\"extend\": true } ], "
		"\"provision\": { \"place\": \"field\", "
		"\"empty_slots\": [ 3 ], \"key_pairs\": [ "
		"{ \"allowed_uses\": [ \"key-ex\", \"challenge\", "
		"\"endpoint-info\" ], \"uses\": [ \"key-ex\", "
		"\"endpoint-info\" ], \"slots\": [ 0 ] }, "
		"{ \"allowed_uses\": [ \"challenge\" ], \"may\": "
		"[ \"generate\", \"erase\", \"move\", \"change-use\", "
		"\"choose-algorithm\" ] } ], "
		"\"log\": [ { \"measurement\": 4, \"type\": 9, "
		"\"text\": \"boot\" } ] } }";
	static const char *const want[] = {
		"connect ok",	   "endpoint-info ok", "mel ok", "session ok",
		"set-key-pair ok", "key-pairs ok",     "csr ok", "end ok"
	};
	struct rig *r = *state;
	struct served s = { .file = rig_path(r, "device.json") };
	const json_t *pair;

	rig_write(s.file, file, sizeof(file) - 1);
	request_serve(r, &s);
	rig_run(r, "request", s.target, "--many-keys", "--steps",
		"connect,endpoint-info,mel,session,set-key-pair,key-pairs,csr",
		"--key-pair", "2", "--pair-op", "generate", "--pair-uses", "2",
		"--pair-slots", "8", "--json", NULL);
	assert_int_equal(r->status, 0);
	request_steps(r, want, COUNT(want));
	assert_true(
		json_is_true(json_object_get(request_step(r, 1), "signed")));
	assert_int_equal(json_integer_value(json_object_get(request_step(r, 2),
							    "leads_to")),
			 4);
	pair = json_array_get(json_object_get(request_step(r, 5), "key_pairs"),
			      1);
	assert_int_equal(json_integer_value(json_array_get(
				 json_object_get(pair, "slots"), 0)),
			 3);
	/* The identity's key is not for CHALLENGE here. */
	rig_run(r, "request", s.target, "--many-keys", "--steps",
		"connect,challenge", NULL);
	rig_refused(r, s.target, "CHALLENGE: ERROR InvalidRequest (0x01)");
	/* Nor to be erased, by anybody. */
	rig_run(r, "request", s.target, "--many-keys", "--steps",
		"connect,session,set-key-pair", "--pair-op", "erase", NULL);
	rig_refused(r, s.target, "SET_KEY_PAIR_INFO: ERROR InvalidRequest");
	request_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_whole_walk_is_made_over_doe),
		TEST(the_whole_walk_is_made_over_mctp),
		TEST(a_captured_walk_is_decoded_whole_over_doe),
		TEST(a_captured_walk_is_decoded_whole_over_mctp),
		TEST(a_handshake_in_the_clear_is_made_on_request),
		TEST(the_default_device_has_no_handshake_in_the_clear),
		TEST(steps_are_chosen_and_what_they_left_open_is_ended),
		TEST(what_the_peer_refuses_is_told_in_its_words),
		TEST(a_silent_refusal_ends_the_session_not_the_tool),
		TEST(a_root_is_known_under_another_hash),
		TEST(a_chain_under_another_root_is_not_trusted),
		TEST(a_slot_is_provisioned_and_then_answers),
		TEST(a_key_pair_is_made_and_asked_to_prove_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
