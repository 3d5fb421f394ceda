/* SPDX-License-Identifier: BSD-2-Clause */
#include "request_rig.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "link/sock.h"

/*
 * The requester's tool against peers that are not there, say nothing or say
 * nonsense.
 */

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
	assert_string_equal(request_text(r->json, "result"), "failed");
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
	assert_string_equal(request_text(request_step(r, 1), "why"),
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
	assert_string_equal(request_text(r->json, "result"), "failed");
	assert_non_null(strstr(request_text(r->json, "error"), "No such file"));
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
		TEST(nonsense_ends_with_one_line),
		TEST(silence_ends_in_time),
		TEST(a_peer_that_was_silent_once_is_not_asked_again),
		TEST(nobody_there_is_said),
		TEST(misuse_is_told_before_anything_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
