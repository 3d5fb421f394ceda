/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_WORLD_FAR_H
#define TEST_WORLD_FAR_H

#include "check.h"

#include <sys/types.h>

#include "crypto/identity.h"
#include "link/sock.h"

/*
 * A device of ours in a process of its own, as docs/link.md wants it: one
 * root port at a time, link down when the connection ends. At a frame that
 * the test names it dies or stops, as by a signal from outside.
 */
enum far_end {
	FAR_LIVES,
	FAR_DIES,  /* SIGKILL */
	FAR_STOPS, /* SIGSTOP */
	/* Others that listen at such a place */
	FAR_SILENT,  /* takes all, says nothing */
	FAR_GARBAGE, /* says what is no frame */
	FAR_CLOSES,  /* at once */
	FAR_FLOODS,  /* with frames that nobody asked for */
};

struct far_cfg {
	const struct identity *id;
	enum far_end end;
	uint64_t
		frame; /* which it does when it has received so many; 0: none */
	unsigned vfs;
};

struct far {
	pid_t pid;
	struct sock_addr at;
	/* Shared with it: frames that it received. */
	volatile uint64_t *frames;
};

/* Listens at @at, and lives until far_stop(). tcp: port 0 is replaced. */
void far_start(struct far *f, const char *at, const struct far_cfg *cfg);
/* Ends it, whatever state it is in, and waits for that. */
void far_stop(struct far *f);

#endif
