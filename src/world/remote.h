/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_REMOTE_H
#define WORLD_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "link/sock.h"
#include "link/socket.h"

/*
 * A device in another process, at the other end of a socket. Such a world
 * waits in wall time; nothing of the device is seen but its frames.
 */
struct world;
struct world_patience;

struct world_remote {
	bool used; /* the device is not in this process */
	bool open;
	struct sock_addr at;
	int fd;
	struct link_socket link;
	uint64_t frames;    /* that came */
	uint64_t begun_ns;  /* the wait for the access under way */
	uint64_t vain_ns;   /* waited since an access was answered last */
	bool vain;	    /* the latest access was not answered */
	unsigned lost;	    /* accesses without an answer, in a row */
	bool tired;	    /* we closed it: nothing came for too long */
	uint64_t took_ns;   /* the latest access, not yet charged */
	uint64_t slow_ns;   /* of the patience with slow answers, used up */
	uint64_t waited_ns; /* in all */
};

extern const struct world_patience remote_usual;

/*
 * Connects, and does what a root complex does at power-up: fundamental reset,
 * link up. Errors, with a line: IL_E_ARG, IL_E_IO, IL_E_NOMEM.
 */
enum il_err remote_open(struct world *w) IL_MUST;
enum il_err remote_power_up(struct world *w) IL_MUST;
void remote_close(struct world *w);

/* Of a root port: waits for the answer to one access (fabric_port_cfg). */
bool remote_wait(void *ctx, unsigned turn);
/* World time passes, and wall time with it while the device lives. */
void remote_sleep(struct world *w, uint64_t ns);
/* What has become of the device, for a sentence; NULL: it answers. */
const char *remote_fate(const struct world *w);

#endif
