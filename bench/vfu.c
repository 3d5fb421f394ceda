/* SPDX-License-Identifier: BSD-2-Clause */
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bits.h"
#include "bench.h"
#include "link/sock.h"

/*
 * One access as QEMU makes it: a message to the program that serves the
 * machine, through root port and link to the device and back. The floor is
 * another process that answers as many bytes at once.
 */

#define ACCESSES 2000u

static char dir[] = "/tmp/bench-vfu-XXXXXX";
static pid_t server, echo;
static int wire[2];

struct access {
	int fd;
	uint8_t ask[40];
	size_t ask_len;
	size_t answer_len;
};

static void take(int fd, uint8_t *p, size_t n)
{
	while (n) {
		ssize_t got = recv(fd, p, n, 0);

		bench_must(got <= 0);
		p += got;
		n -= (size_t)got;
	}
}

static double trips(void *ctx)
{
	const struct access *a = ctx;
	uint8_t got[64];

	for (unsigned i = 0; i < ACCESSES; i++) {
		bench_must(send(a->fd, a->ask, a->ask_len, MSG_NOSIGNAL) !=
			   (ssize_t)a->ask_len);
		take(a->fd, got, a->answer_len);
		bench_must(got[8] != 1);
	}
	return ACCESSES;
}

/* Waits as a server with many clients has to, and answers. */
static void run_echo(int fd)
{
	uint8_t b[64] = { 0 };
	struct pollfd p = { .fd = fd, .events = POLLIN };

	b[8] = 1;
	while (poll(&p, 1, -1) == 1 && recv(fd, b + 16, 40, 0) > 0)
		if (send(fd, b, 36, MSG_NOSIGNAL) != 36)
			break;
	_exit(0);
}

static void start_echo(void)
{
	bench_must(socketpair(AF_UNIX, SOCK_STREAM, 0, wire));
	echo = fork();
	bench_must(echo < 0);
	if (!echo) {
		close(wire[0]);
		run_echo(wire[1]);
	}
	close(wire[1]);
}

static void run_server(int out)
{
	static char state[sizeof("XDG_STATE_HOME=") + sizeof(dir)];
	char *argv[] = { "interlock", "device", "--vfio-user", dir, NULL };
	char *env[] = { state, NULL };

	snprintf(state, sizeof(state), "XDG_STATE_HOME=%s", dir);
	dup2(out, STDOUT_FILENO);
	execve(INTERLOCK, argv, env);
	_exit(127);
}

static void start_server(void)
{
	char line[256];
	int out[2];
	FILE *f;

	bench_must(!mkdtemp(dir));
	bench_must(pipe(out));
	server = fork();
	bench_must(server < 0);
	if (!server)
		run_server(out[1]);
	close(out[1]);
	f = fdopen(out[0], "r");
	bench_must(!f);
	do
		bench_must(!fgets(line, sizeof(line), f));
	while (strncmp(line, "ready", 5) != 0);
	fclose(f);
}

static int open_function(const char *name)
{
	static const uint8_t hello[20] = { 1, 0, 1, 0, 20 };
	char text[128];
	struct sock_addr a;
	uint8_t got[40];
	int fd;

	snprintf(text, sizeof(text), "unix:%s/%s", dir, name);
	bench_must(sock_parse(text, &a));
	fd = sock_connect(&a, 1000);
	bench_must(fd < 0);
	bench_must(fcntl(fd, F_SETFL, 0));
	bench_must(send(fd, hello, sizeof(hello), 0) != sizeof(hello));
	take(fd, got, sizeof(got));
	bench_must(got[8] != 1);
	return fd;
}

static int drop(const char *path, const struct stat *st, int flag,
		struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void end_all(void)
{
	kill(server, SIGTERM);
	kill(echo, SIGKILL);
	waitpid(server, NULL, 0);
	waitpid(echo, NULL, 0);
	(void)!nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

int main(int argc, char **argv)
{
	/* Four bytes of configuration space, as a register of the mailbox;
	 * a register of the host's own. */
	struct access cfg = { .ask = { 2, 0, 9, 0, 32, [24] = 7, [28] = 4 },
			      .ask_len = 32,
			      .answer_len = 36 };
	struct access bar = { .ask = { 2, 0, 9, 0, 32, [28] = 4 },
			      .ask_len = 32,
			      .answer_len = 36 };
	struct access floor = { .ask = { 2, 0, 9, 0, 32, [24] = 7, [28] = 4 },
				.ask_len = 32,
				.answer_len = 36 };
	const struct bench b[] = {
		{ .name = "vfu.cfg.wall",
		  .unit = "ns",
		  .kind = BENCH_NS,
		  .run = trips,
		  .ctx = &cfg,
		  .floor = { trips },
		  .floor_by = { "echo" },
		  .floor_ctx = &floor,
		  .clock = BENCH_WALL },
		{ .name = "vfu.host.wall",
		  .unit = "ns",
		  .kind = BENCH_NS,
		  .run = trips,
		  .ctx = &bar,
		  .floor = { trips },
		  .floor_by = { "echo" },
		  .floor_ctx = &floor,
		  .clock = BENCH_WALL },
	};
	int ret = bench_args(argc, argv);

	if (ret || (!bench_wanted(argc, argv, b[0].name) &&
		    !bench_wanted(argc, argv, b[1].name)))
		return ret;
	start_echo();
	start_server();
	cfg.fd = open_function("fn0");
	bar.fd = open_function("host");
	floor.fd = wire[0];
	ret = bench_all(argc, argv, b, COUNT(b));
	close(cfg.fd);
	close(bar.fd);
	end_all();
	return ret;
}
