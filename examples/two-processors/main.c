/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device of two processors: ./two-processors SOCKET IDENTITY, a folder of
 * `interlock identity new`.
 *
 * Look at front.c and back.c: each knows one half of the library, and what it
 * does when the other half is gone. Kill either (their process ids are on
 * standard output) and see that requesters begin anew and find nothing of what
 * was before:
 *
 *   the back is killed: its keys, locks and nonces are gone with it, and its
 *   hardware comes up erased. The front ends all sessions, so that no
 *   requester goes on with a session whose keys and locks are not there any
 *   more, and starts a new back.
 *   the front is killed: the keys of all sessions are gone with it. The back
 *   takes that as a fundamental reset: streams lose their keys, interfaces are
 *   erased and unlocked. A new front starts, with a new back: its generations
 *   of sessions begin at 1, which a back that knew the last ones would take
 *   for old.
 *
 * Each pair has a socketpair of its own: no frame of one comes to the next.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "halves.h"

int main(int argc, char **argv)
{
	static struct serve s;
	int status = 0;

	if (argc == 3 && !strcmp(argv[1], "--back"))
		return back_run((int)strtol(argv[2], NULL, 10));
	if (argc != 3 || !serve_open(&s, argv[1]))
		return 1;
	do {
		const pid_t pid = fork();

		if (!pid) {
			/* This process is the board: its end is a power cut. */
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			return front_run(&s, argv[2]);
		}
		if (pid < 0)
			return 1;
		waitpid(pid, &status, 0);
		printf("the front has ended\n");
		fflush(stdout);
	} while (WIFSIGNALED(status));
	return 1;
}
