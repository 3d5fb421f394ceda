/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFU_VFU_H
#define VFU_VFU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "link/link.h"
#include "link/sock.h"

/*
 * One device, served to others through any number of front ends at once. One
 * thread, one poll(); the device never sees more than one caller at a time,
 * and no caller can stop it from answering the next.
 *
 * docs/emulator.md and docs/link.md say what a client may send.
 */
struct vfu;
struct device;

enum vfu_front {
	VFU_SPDM, /* the emulator's framing: DOE objects, MCTP messages */
	VFU_LINK, /* the link itself: packets and events */
};

#define VFU_CLIENTS 64u /* at once, over all front ends */
#define VFU_DOORS   8u	/* addresses to listen at */
/* A client may owe us half a frame, or an answer its reading, this long. */
#define VFU_PATIENCE_NS UINT64_C(10000000000)

struct vfu_cfg {
	uint64_t (*now_ns)(void *ctx); /* a clock that never goes back */
	/* What happened to a client, one line without its end; may be NULL. */
	void (*say)(void *ctx, const char *line);
	void *ctx;
	int stop_fd;	      /* readable: end; -1: nothing ends it */
	bool shutdown_ends;   /* EMU_SHUTDOWN ends the program */
	unsigned clients;     /* at once; 0: VFU_CLIENTS */
	uint64_t patience_ns; /* 0: VFU_PATIENCE_NS */
};

/* Errors: IL_E_ARG  a limit is out of range; IL_E_NOMEM */
enum il_err vfu_new(const struct vfu_cfg *cfg, struct vfu **out) IL_MUST;
/* Closes everything; Unix sockets of ours are removed. NULL is fine. */
void vfu_free(struct vfu *v);

/* The device's end of its link, for its device_cfg. */
struct link_end vfu_link(struct vfu *v);

/*
 * The device that is served; set once, before the first turn. Where it is to
 * listen as VFU_SPDM, its objects are at most EMU_PAYLOAD_MAX bytes.
 */
void vfu_serve(struct vfu *v, struct device *d);

/* Listens at @a. Returns 0 or -errno (-ENOSPC: VFU_DOORS are in use). */
int vfu_listen(struct vfu *v, enum vfu_front front,
	       const struct sock_addr *a) IL_MUST;

enum vfu_turned {
	VFU_ON,	     /* call again */
	VFU_STOPPED, /* stop_fd was readable */
	VFU_ENDED,   /* a client said EMU_SHUTDOWN, and may */
	VFU_BROKEN,  /* poll() failed; errno says why */
};

/*
 * vfu_turn() - wait for something to happen and deal with it
 * @max_ms: longest wait; -1: as long as it takes
 */
enum vfu_turned vfu_turn(struct vfu *v, int max_ms) IL_MUST;

/* Clients that are connected; a root port is none. */
unsigned vfu_count(const struct vfu *v);

#endif
