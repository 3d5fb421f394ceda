/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

static int64_t now_s(void)
{
	return (int64_t)time(NULL);
}

static uint64_t mono_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* XDG Base Directory Specification 0.8: user-specific state. */
static const char *state_dir(char *buf, size_t cap)
{
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (xdg && xdg[0] == '/')
		snprintf(buf, cap, "%s/interlock", xdg);
	else if (home && home[0])
		snprintf(buf, cap, "%s/.local/state/interlock", home);
	else
		return NULL;
	return buf;
}

int main(int argc, char **argv)
{
	char dir[4000];
	struct cli c = {
		.out = stdout,
		.err = stderr,
		.tty = isatty(STDOUT_FILENO),
		.now_s = now_s,
		.mono_ns = mono_ns,
		.state_dir = state_dir(dir, sizeof(dir)),
	};

	return cli_main(&c, argc, argv);
}
