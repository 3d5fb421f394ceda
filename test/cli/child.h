/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_CLI_CHILD_H
#define TEST_CLI_CHILD_H

#include "check.h"

#include <sys/types.h>

/*
 * The tool as a process of its own. It dies with the test, and every wait is
 * bounded, generously: the bound only catches a hang.
 */
#define CHILD_WAIT_MS 60000

struct child {
	pid_t pid;
	int out;	  /* its standard output and error */
	char text[16384]; /* that came so far */
	size_t len;
};

/*
 * Starts the program with @argv (argv[0] is the name it is to have), in folder
 * @cwd unless that is NULL. @home: where it keeps its state.
 */
void child_start(struct child *k, const char *cwd, const char *home,
		 const char *const *argv);
/* Reads until a line begins with @line; false: it ended without one. */
bool child_line(struct child *k, const char *line);
/* The same, and fails the test if none comes. */
void child_wait_line(struct child *k, const char *line);
void child_signal(const struct child *k, int sig);
/* Waits for its end; the exit status, or 256 + the signal that ended it. */
int child_end(struct child *k);

/* Connects to "unix:…" or "tcp:…". */
int child_connect(const char *addr);
/* Waits until the other end closes; bytes that came before, 0 or 1. */
size_t child_closed(int fd);
/* Sends a frame of the emulator's framing and reads the answer's payload into
 * @out; its length. @command: of the request, then of the answer. */
size_t child_ask(int fd, uint32_t *command, uint32_t transport, const void *p,
		 size_t n, uint8_t *out, size_t cap);

#endif
