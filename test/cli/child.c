/* SPDX-License-Identifier: BSD-2-Clause */
#include "child.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "link/sock.h"

static void become(int out, const char *cwd, const char *home,
		   const char *const *argv)
{
	char *copy[32] = { NULL }, here[256], state[512];
	char *const env[] = { state, NULL };

	for (unsigned i = 0; argv[i] && i < COUNT(copy) - 1; i++)
		copy[i] = strdup(argv[i]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	/* Only an absolute path counts there. */
	if (!getcwd(here, sizeof(here)))
		_exit(98);
	snprintf(state, sizeof(state), "XDG_STATE_HOME=%s/%s", here, home);
	if (!cwd || chdir(cwd) == 0)
		execve(INTERLOCK, copy, env);
	_exit(99);
}

void child_start(struct child *k, const char *cwd, const char *home,
		 const char *const *argv)
{
	int p[2];

	memset(k, 0, sizeof(*k));
	assert_int_equal(pipe(p), 0);
	k->pid = fork();
	assert_true(k->pid >= 0);
	if (k->pid == 0)
		become(p[1], cwd, home, argv);
	close(p[1]);
	k->out = p[0];
}

/* More of its text; false: it has ended. */
static bool more(struct child *k)
{
	struct pollfd p = { .fd = k->out, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, CHILD_WAIT_MS) <= 0)
		fail_msg("nothing for %d ms after: %s", CHILD_WAIT_MS, k->text);
	assert_true(k->len < sizeof(k->text) - 1);
	n = read(k->out, k->text + k->len, sizeof(k->text) - 1 - k->len);
	if (n <= 0)
		return false;
	k->len += (size_t)n;
	k->text[k->len] = '\0';
	return true;
}

bool child_line(struct child *k, const char *line)
{
	char needle[256];

	snprintf(needle, sizeof(needle), "\n%s", line);
	while (strncmp(k->text, line, strlen(line)) != 0 &&
	       !strstr(k->text, needle))
		if (!more(k))
			return false;
	return true;
}

void child_wait_line(struct child *k, const char *line)
{
	if (!child_line(k, line))
		fail_msg("ended without '%s': %s", line, k->text);
}

void child_signal(const struct child *k, int sig)
{
	assert_int_equal(kill(k->pid, sig), 0);
}

int child_end(struct child *k)
{
	int status = 0;

	while (more(k))
		;
	close(k->out);
	assert_int_equal(waitpid(k->pid, &status, 0), k->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

int child_connect(const char *addr)
{
	struct sock_addr a;
	int fd;

	assert_int_equal(sock_parse(addr, &a), IL_OK);
	fd = sock_connect(&a, CHILD_WAIT_MS);
	if (fd < 0)
		fail_msg("%s: %s", addr, strerror(-fd));
	return fd;
}

static void take(int fd, uint8_t *p, size_t n)
{
	size_t at = 0;

	while (at < n) {
		struct pollfd w = { .fd = fd, .events = POLLIN };
		ssize_t got;

		if (poll(&w, 1, CHILD_WAIT_MS) <= 0)
			fail_msg("no answer");
		got = recv(fd, p + at, n - at, 0);
		if (got <= 0)
			fail_msg("the connection has ended");
		at += (size_t)got;
	}
}

size_t child_closed(int fd)
{
	struct pollfd w = { .fd = fd, .events = POLLIN };
	uint8_t b;

	if (poll(&w, 1, CHILD_WAIT_MS) <= 0)
		fail_msg("the connection lives");
	return recv(fd, &b, 1, 0) > 0;
}

size_t child_ask(int fd, uint32_t *command, uint32_t transport, const void *p,
		 size_t n, uint8_t *out, size_t cap)
{
	uint8_t buf[4700];
	struct wr w = wr_over(buf, sizeof(buf));
	struct rd r = rd_over(buf, 12);
	uint32_t len;

	wr_u32be(&w, *command);
	wr_u32be(&w, transport);
	wr_u32be(&w, (uint32_t)n);
	wr_bytes(&w, p, n);
	assert_int_equal(w.err, IL_OK);
	assert_int_equal(send(fd, buf, w.len, MSG_NOSIGNAL), w.len);
	take(fd, buf, 12);
	*command = rd_u32be(&r);
	assert_int_equal(rd_u32be(&r), transport);
	len = rd_u32be(&r);
	assert_true(len <= cap);
	take(fd, out, len);
	return len;
}
