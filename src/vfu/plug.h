/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFU_PLUG_H
#define VFU_PLUG_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * A front end with sockets of its own in the same loop, and whatever runs
 * beside the device. Those that have it in their turn never wait long.
 */
#define VFU_PLUG_FDS 32u

struct vfu_plug_ops {
	/* What poll() is to wait for; returns how many of @fds were filled. */
	unsigned (*waits)(void *ctx, struct pollfd *fds);
	/* They were waited for. True: there may be more to do at once. */
	bool (*turn)(void *ctx, const struct pollfd *fds, unsigned n,
		     uint64_t now_ns);
	/* When it wants its turn without being asked; UINT64_MAX: never. */
	uint64_t (*next_ns)(void *ctx);
};

struct vfu;

/* At most one; before the first turn, and until vfu_free(). */
void vfu_plug(struct vfu *v, const struct vfu_plug_ops *ops, void *ctx);

#endif
