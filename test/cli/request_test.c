/* SPDX-License-Identifier: BSD-2-Clause */
#include "child.h"
#include "rig.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "link/sock.h"

/*
 * The requester's tool: against our own device, which is a process of its own,
 * and against peers that are not there, say nothing or say nonsense.
 */

static uint64_t mono_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Time-outs need a clock that goes. */
static int open_rig(void **state)
{
	struct rig *r;
	int ret = rig_open(state);

	r = *state;
	r->c.mono_ns = mono_ns;
	return ret;
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, open_rig, rig_close)

/* --- our device --- */

struct served {
	struct child child;
	char target[160];
	char dir[160];	  /* of its identity */
	const char *file; /* that describes it, or NULL */
};

static void serve_start(struct rig *r, struct served *s)
{
	const char *const argv[] = { "interlock", "device",	"--spdm-socket",
				     s->target,	  "--identity", s->dir,
				     s->file,	  NULL };

	snprintf(s->dir, sizeof(s->dir), "%s", rig_path(r, "id"));
	snprintf(s->target, sizeof(s->target), "unix:%s",
		 rig_path(r, "device.sock"));
	assert_int_equal(rig_run(r, "identity", "new", s->dir, NULL), 0);
	child_start(&s->child, NULL, r->state, argv);
	child_wait_line(&s->child, "ready");
}

static void serve_stop(struct served *s)
{
	child_signal(&s->child, SIGTERM);
	assert_int_equal(child_end(&s->child), 0);
}

static json_t *step(const struct rig *r, size_t i)
{
	json_t *s = json_array_get(json_object_get(r->json, "steps"), i);

	if (!s)
		fail_msg("there is no step %zu: %s", i, r->out);
	return s;
}

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	if (!s)
		fail_msg("no text '%s'", key);
	return s;
}

/* The steps, by name and result: "name result" each. */
static void expect_steps(const struct rig *r, const char *const *want, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char got[64];

		snprintf(got, sizeof(got), "%s %s", text(step(r, i), "step"),
			 text(step(r, i), "result"));
		assert_string_equal(got, want[i]);
	}
	assert_int_equal(json_array_size(json_object_get(r->json, "steps")), n);
}

static void expect_list(const json_t *o, const char *key,
			const char *const *want, size_t n)
{
	const json_t *list = json_object_get(o, key);

	assert_int_equal(json_array_size(list), n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(json_string_value(json_array_get(list, i)),
				    want[i]);
}

static const char *root_of(const struct served *s)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/root.pem", s->dir);
	return path;
}

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

	serve_start(r, &s);
	rig_run(r, "request", s.target, "--trans", trans, "--trust",
		root_of(&s), "--hello", "--json", NULL);
	serve_stop(&s);
	if (r->status)
		fail_msg("exit %d: %s%s", r->status, r->err, r->out);
	assert_string_equal(r->err, "");
	assert_string_equal(text(r->json, "result"), "ok");
	assert_string_equal(text(r->json, "transport"), trans);
	assert_string_equal(text(r->json, "target"), s.target);
	expect_steps(r, want, COUNT(want));
	assert_string_equal(text(step(r, 0), "version"), "1.2");
	assert_string_equal(text(step(r, 0), "hash"), "SHA_384");
	expect_list(step(r, 0), "certificates", names, COUNT(names));
	assert_true(json_is_true(json_object_get(step(r, 0), "trusted")));
	for (size_t i = 2; i <= 6; i += 4) {
		const json_t *m = step(r, i);

		assert_true(json_is_true(json_object_get(m, "signed")));
		assert_int_equal(
			json_integer_value(json_object_get(m, "count")),
			json_object_size(json_object_get(m, "measurements")));
	}
	assert_true(json_is_false(json_object_get(step(r, 2), "in_session")));
	assert_true(json_is_true(json_object_get(step(r, 6), "in_session")));
	expect_list(step(r, 8), "states", states, COUNT(states));
	assert_true(json_array_size(json_object_get(step(r, 8), "ranges")) > 0);
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

	serve_start(r, &s);
	rig_run(r, "request", s.target, "--trans", trans, "--capture", cap,
		"--key-log", keys, NULL);
	serve_stop(&s);
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
	serve_start(r, &s);
	rig_run(r, "request", s.target, "--clear", "--steps",
		"connect,session,key-update", "--json", NULL);
	assert_int_equal(r->status, 0);
	expect_steps(r, want, COUNT(want));
	assert_true(json_is_true(json_object_get(step(r, 1), "in_the_clear")));
	/* And where it was not asked for, as ever. */
	rig_run(r, "request", s.target, "--steps", "connect,session,key-update",
		"--json", NULL);
	assert_int_equal(r->status, 0);
	expect_steps(r, want, COUNT(want));
	assert_true(json_is_false(json_object_get(step(r, 1), "in_the_clear")));
	serve_stop(&s);
}

/* Strict is without it: a device that was not told to offers no such thing. */
static void the_default_device_has_no_handshake_in_the_clear(void **state)
{
	struct rig *r = *state;
	struct served s = { .file = NULL };

	serve_start(r, &s);
	rig_run(r, "request", s.target, "--clear", "--steps", "connect,session",
		"--json", NULL);
	assert_int_equal(r->status, 0);
	assert_null(strstr(r->out, "HANDSHAKE_IN_THE_CLEAR"));
	assert_true(json_is_false(json_object_get(step(r, 1), "in_the_clear")));
	serve_stop(&s);
}

static void steps_are_chosen_and_what_they_left_open_is_ended(void **state)
{
	static const char *const want[] = { "connect ok", "session ok",
					    "heartbeat ok", "end ok" };
	struct rig *r = *state;
	struct served s = { .file = NULL };

	serve_start(r, &s);
	rig_run(r, "request", s.target, "--steps=connect,session,heartbeat",
		"--json", NULL);
	assert_int_equal(r->status, 0);
	expect_steps(r, want, COUNT(want));
	/* Nobody said whom to trust. */
	assert_true(json_is_null(json_object_get(step(r, 0), "trusted")));
	/* And as text, a line for each step. */
	rig_run(r, "request", s.target, "--steps", "connect,session,end", NULL);
	assert_int_equal(r->status, 0);
	assert_ptr_equal(strstr(r->out, "connect      ok\n"), r->out);
	assert_non_null(strstr(r->out, "\n    trusted: not asked\n"));
	assert_non_null(strstr(r->out, "\nsession      ok\n"));
	assert_non_null(strstr(r->out, "\nend          ok\n"));
	serve_stop(&s);
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

	serve_start(r, &s);
	rig_run(r, "request", s.target, "--steps", "connect,session,tdisp",
		"--json", NULL);
	rig_refused(r, s.target,
		    "tdisp: LOCK_INTERFACE_REQUEST: TDISP ERROR "
		    "INVALID_REQUEST (0x1)");
	expect_steps(r, no_lock, COUNT(no_lock));
	assert_string_equal(text(r->json, "result"), "failed");
	rig_run(r, "request", s.target, "--steps",
		"connect,session,ide,tdisp,ide-stop", "--function", "01:1e.6",
		"--json", NULL);
	rig_refused(r, s.target, "TDISP ERROR INVALID_INTERFACE (0x101)");
	expect_steps(r, no_tdi, COUNT(no_tdi));
	rig_run(r, "request", s.target, "--steps", "connect", "--slot", "5",
		NULL);
	rig_refused(r, s.target,
		    "connect: GET_DIGESTS: no certificate in slot 5");
	serve_stop(&s);
}

static void a_silent_refusal_ends_the_session_not_the_tool(void **state)
{
	static const char *const want[] = { "connect ok", "session ok",
					    "ide failed", "tdisp skipped",
					    "ide-stop skipped" };
	struct rig *r = *state;
	struct served s = { .file = NULL };

	serve_start(r, &s);
	/* IDE_KM has no way to say that there is no such port. */
	rig_run(r, "request", s.target, "--steps",
		"connect,session,ide,tdisp,ide-stop", "--port", "3",
		"--timeout", "1", "--json", NULL);
	rig_refused(r, s.target, "ide: QUERY: no answer within 1 s");
	expect_steps(r, want, COUNT(want));
	serve_stop(&s);
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
	serve_start(r, &s);
	rig_run(r, "request", s.target, "--trust", root_of(&s), "--steps",
		"connect", "--json", NULL);
	serve_stop(&s);
	if (r->status)
		fail_msg("%s", r->err);
	expect_list(step(r, 0), "versions", versions, COUNT(versions));
	assert_string_equal(text(step(r, 0), "version"), "1.1");
	assert_string_equal(text(step(r, 0), "hash"), "SHA_512");
	assert_true(json_is_true(json_object_get(step(r, 0), "trusted")));
}

static void a_chain_under_another_root_is_not_trusted(void **state)
{
	struct rig *r = *state;
	struct served s = { .file = NULL };
	const char *other = rig_path(r, "other");
	char root[200];

	assert_int_equal(rig_run(r, "identity", "new", other, NULL), 0);
	snprintf(root, sizeof(root), "%s/root.pem", other);
	serve_start(r, &s);
	rig_run(r, "request", s.target, "--trust", root, "--json", NULL);
	rig_refused(r, "connect: the chain is of another root than", root);
	assert_string_equal(text(step(r, 0), "result"), "failed");
	assert_true(json_is_false(json_object_get(step(r, 0), "trusted")));
	/* What a leaf certificate is no root of. */
	snprintf(root, sizeof(root), "%s/leaf.pem", s.dir);
	rig_run(r, "request", s.target, "--trust", root, NULL);
	rig_refused(r, "another root", root);
	serve_stop(&s);
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
	serve_start(r, &s);
	snprintf(chain, sizeof(chain), "%s/chain.pem", s.dir);
	rig_run(r, "request", s.target, "--steps",
		"connect,session,csr,set-cert", "--set-slot", "3", "--chain",
		chain, "--json", NULL);
	assert_int_equal(r->status, 0);
	expect_steps(r, want, COUNT(want));
	assert_string_equal(text(step(r, 2), "subject"), "CN=Interlock device");
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
	serve_stop(&s);
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
	serve_start(r, &s);
	rig_run(r, "request", s.target, "--many-keys", "--steps",
		"connect,endpoint-info,mel,session,set-key-pair,key-pairs,csr",
		"--key-pair", "2", "--pair-op", "generate", "--pair-uses", "2",
		"--pair-slots", "8", "--json", NULL);
	assert_int_equal(r->status, 0);
	expect_steps(r, want, COUNT(want));
	assert_true(json_is_true(json_object_get(step(r, 1), "signed")));
	assert_int_equal(
		json_integer_value(json_object_get(step(r, 2), "leads_to")), 4);
	pair = json_array_get(json_object_get(step(r, 5), "key_pairs"), 1);
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
	serve_stop(&s);
}

/* --- peers of another kind --- */

/* A child that accepts one connection, says @p, and waits for its end. */
struct liar {
	pid_t pid;
	char target[160];
};

static void liar_start(struct rig *r, struct liar *l, const void *p, size_t n,
		       bool stays)
{
	struct sock_addr a;
	int fd;

	snprintf(l->target, sizeof(l->target), "unix:%s",
		 rig_path(r, "liar.sock"));
	unlink(l->target + 5);
	assert_int_equal(sock_parse(l->target, &a), IL_OK);
	fd = sock_listen(&a);
	assert_true(fd >= 0);
	l->pid = fork();
	assert_true(l->pid >= 0);
	if (!l->pid) {
		struct pollfd w = { .fd = fd, .events = POLLIN };
		uint8_t buf[8192];
		int c;

		if (poll(&w, 1, CHILD_WAIT_MS) != 1)
			_exit(1);
		w.fd = c = sock_accept(fd);
		/* A request first: who answers sooner might be overtaken. */
		if (c < 0 || poll(&w, 1, CHILD_WAIT_MS) != 1 ||
		    recv(c, buf, sizeof(buf), 0) <= 0)
			_exit(2);
		if (n && send(c, p, n, MSG_NOSIGNAL) != (ssize_t)n)
			_exit(3);
		while (stays && poll(&w, 1, CHILD_WAIT_MS) == 1 &&
		       recv(c, buf, sizeof(buf), 0) > 0)
			;
		_exit(0);
	}
	close(fd);
}

static void liar_stop(struct liar *l)
{
	int status;

	assert_int_equal(waitpid(l->pid, &status, 0), l->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void expect_liar(struct rig *r, const char *trans, const void *p,
			size_t n, bool stays, const char *why)
{
	struct liar l;

	liar_start(r, &l, p, n, stays);
	rig_run(r, "request", l.target, "--trans", trans, "--timeout", "1",
		"--steps", "connect", "--json", NULL);
	rig_refused(r, l.target, why);
	assert_string_equal(text(r->json, "result"), "failed");
	liar_stop(&l);
}

#define SAYS(r, trans, bytes, why) \
	expect_liar(r, trans, bytes, sizeof(bytes) - 1, true, why)

static void nonsense_ends_with_one_line(void **state)
{
	struct rig *r = *state;

	SAYS(r, "doe", "HTTP/1.1 400 Bad Request\r\n\r\n",
	     "the answer is not one frame");
	SAYS(r, "doe", "\0\0\0\1\0\0\0\1\0\0\0\0",
	     "another command or transport");
	SAYS(r, "doe", "\0\0\0\2\0\0\0\2\0\0\0\0",
	     "another command or transport");
	SAYS(r, "doe", "\0\0\xff\xff\0\0\0\2\0\0\0\0",
	     "does not know such a frame");
	/* Two frames where one was due. */
	SAYS(r, "doe", "\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0\0",
	     "the answer is not one frame");
	SAYS(r, "doe", "\0\0\0\1\0\0\0\2\0\0\0\0", "no DOE data object");
	/* A data object that says it is longer; one of SPDM, not discovery. */
	SAYS(r, "doe", "\0\0\0\1\0\0\0\2\0\0\0\x0c\1\0\0\0\4\0\0\0\1\0\0\1",
	     "no DOE data object");
	SAYS(r, "doe", "\0\0\0\1\0\0\0\2\0\0\0\x0c\1\0\1\0\3\0\0\0\1\0\0\1",
	     "the answer to discovery is none");
	/* Discovery that lists itself and no more. */
	SAYS(r, "doe", "\0\0\0\1\0\0\0\2\0\0\0\x0c\1\0\0\0\3\0\0\0\1\0\0\0",
	     "DOE discovery lists no SPDM");
	SAYS(r, "mctp", "\0\0\0\1\0\0\0\1\0\0\0\2\1\0",
	     "no SPDM message over MCTP");
	SAYS(r, "mctp", "\0\0\0\1\0\0\0\1\0\0\0\5\5\x10\x04\0\0",
	     "GET_VERSION: the answer is malformed");
	/* VERSION 1.5 alone; a secured message before there is a session. */
	SAYS(r, "mctp", "\0\0\0\1\0\0\0\1\0\0\0\x09\5\x10\4\0\0\0\1\0\x15",
	     "GET_VERSION: no version in common");
	SAYS(r, "mctp", "\0\0\0\1\0\0\0\1\0\0\0\x09\6\x10\4\0\0\0\1\0\x12",
	     "GET_VERSION: no version in common, or no answer");
	/* ERROR: Unspecified. */
	SAYS(r, "mctp", "\0\0\0\1\0\0\0\1\0\0\0\5\5\x10\x7f\5\0",
	     "GET_VERSION: ERROR Unspecified (0x05)");
}

static void silence_ends_in_time(void **state)
{
	struct rig *r = *state;

	expect_liar(r, "doe", NULL, 0, true, "no answer within 1 s");
	/* Half a header, half a frame. */
	SAYS(r, "doe", "\0\0\0\1\0\0", "no answer within 1 s");
	SAYS(r, "doe", "\0\0\0\1\0\0\0\2\0\0\0\x0c\1\0",
	     "no answer within 1 s");
	expect_liar(r, "doe", NULL, 0, false, "it closed the connection");
	expect_liar(r, "doe", "\0\0\0\1", 4, false, "it closed the connection");
}

/* A late answer must not be taken for that to the next question. */
static void a_peer_that_was_silent_once_is_not_asked_again(void **state)
{
	struct rig *r = *state;
	struct liar l;

	liar_start(r, &l, NULL, 0, true);
	rig_run(r, "request", l.target, "--timeout", "1", "--steps",
		"connect,connect", "--json", NULL);
	rig_refused(r, l.target, "no answer within 1 s");
	assert_string_equal(text(step(r, 1), "why"),
			    "DOE discovery: the connection was given up");
	liar_stop(&l);
}

static void nobody_there_is_said(void **state)
{
	struct rig *r = *state;
	char target[200];

	snprintf(target, sizeof(target), "unix:%s", rig_path(r, "nobody"));
	rig_run(r, "request", target, "--json", NULL);
	rig_refused(r, target, "No such file or directory");
	assert_string_equal(text(r->json, "result"), "failed");
	assert_non_null(strstr(text(r->json, "error"), "No such file"));
}

static void misuse_is_told_before_anything_is_sent(void **state)
{
	static const struct {
		const char *word[4];
		const char *says;
	} c[] = {
		{ { NULL }, "request wants an ADDR" },
		{ { "tcp:10.0.0.1:2323" }, "not an address" },
		{ { "unix:x", "unix:y" }, "unexpected 'unix:y'" },
		{ { "unix:x", "--trans", "usb" }, "expected doe or mctp" },
		{ { "unix:x", "--steps", "" }, "unknown step ''" },
		{ { "unix:x", "--steps", "connect," }, "unknown step ''" },
		{ { "unix:x", "--steps", "conn" }, "unknown step 'conn'" },
		{ { "unix:x", "--steps", "session" },
		  "step 'session' needs connect before it" },
		{ { "unix:x", "--steps", "connect,tdisp" },
		  "step 'tdisp' needs session before it" },
		{ { "unix:x", "--steps", "connect,session,challenge" },
		  "step 'challenge' needs end before it" },
		{ { "unix:x", "--slot", "8" }, "expected 0 to 7" },
		{ { "unix:x", "--slot", "-1" }, "expected 0 to 7" },
		{ { "unix:x", "--stream", "1x" }, "expected 0 to 255" },
		{ { "unix:x", "--lock-flags", "0x20" }, "expected 0 to 31" },
		{ { "unix:x", "--timeout", "" }, "expected 0 to 600" },
		{ { "unix:x", "--function", "1:0" }, "[SSSS:]BB:DD.F" },
		{ { "unix:x", "--function", "01:20.0" }, "[SSSS:]BB:DD.F" },
		{ { "unix:x", "--function", "0100:01:00.0" },
		  "[SSSS:]BB:DD.F" },
		{ { "unix:x", "--function", "01:00.0x" }, "[SSSS:]BB:DD.F" },
	};
	struct rig *r = *state;

	for (size_t i = 0; i < COUNT(c); i++) {
		int status = rig_run(r, "request", c[i].word[0], c[i].word[1],
				     c[i].word[2], NULL);

		if (status != CLI_USAGE || !strstr(r->err, c[i].says))
			fail_msg("case %zu: exit %d: %s", i, status, r->err);
	}
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
		TEST(nonsense_ends_with_one_line),
		TEST(silence_ends_in_time),
		TEST(a_peer_that_was_silent_once_is_not_asked_again),
		TEST(nobody_there_is_said),
		TEST(misuse_is_told_before_anything_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
