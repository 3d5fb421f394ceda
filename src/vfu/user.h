/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFU_USER_H
#define VFU_USER_H

#include "board/ep.h"
#include "vfu/plug.h"

/*
 * Functions of a machine, each at a Unix socket of its own, as vfio-user has
 * it: a VMM connects and has the function as it has one of VFIO. One client at
 * a time for each; who comes while there is one is turned away.
 *
 * A client is not trusted: whatever it sends, or does not, it harms none but
 * itself. Its memory is used in place only where it cannot be taken away
 * again (docs/vfio-user.md).
 *
 * Source: QEMU, docs/interop/vfio-user.rst
 */
struct vuser;

/* Whose functions they are; the entries are those of board/board.h. */
struct vuser_machine {
	enum il_err (*give)(void *ctx, enum ep_space s, const void *owner,
			    const struct ep_piece *p);
	enum il_err (*take)(void *ctx, enum ep_space s, const void *owner,
			    uint64_t addr, uint64_t size);
	void (*take_all)(void *ctx, const void *owner);
	void (*run)(void *ctx, uint64_t now_ns);
	uint64_t (*next_ns)(void *ctx);
};

#define VUSER_EPS 16u
/* A client may leave an answer to us out this long in one turn of ours, be it
 * one or many; then it is dropped. Less than the 5 s that QEMU waits for us on
 * behalf of the others. */
#define VUSER_WAIT_NS UINT64_C(3000000000)
/* It may owe us half a message, or the reading of an answer, this long. */
#define VUSER_PATIENCE_NS UINT64_C(10000000000)

struct vuser_cfg {
	uint64_t (*now_ns)(void *ctx); /* a clock that never goes back */
	/* What happened to a client, one line without its end; may be NULL. */
	void (*say)(void *ctx, const char *line);
	void *ctx;
	const struct vuser_machine *machine;
	void *machine_ctx;
	uint64_t wait_ns;     /* 0: VUSER_WAIT_NS */
	uint64_t patience_ns; /* 0: VUSER_PATIENCE_NS */
	bool plain_events;    /* as where the kernel has no asynchronous I/O */
};

/* Errors: IL_E_NOMEM */
enum il_err vuser_new(const struct vuser_cfg *cfg, struct vuser **out) IL_MUST;
/* Lets all clients go, and removes its sockets. NULL is fine. */
void vuser_free(struct vuser *u);

/*
 * vuser_show() - a socket for @ep, by its name, in the folder @dir
 * Returns 0 or -errno (-ENOSPC: VUSER_EPS are shown).
 */
int vuser_show(struct vuser *u, struct ep *ep, const char *dir) IL_MUST;

/* For vfu_plug(); the context is the struct vuser. */
extern const struct vfu_plug_ops vuser_plug;

/* Between two turns. */
bool vuser_sane(const struct vuser *u);

/* Clients that are connected. */
unsigned vuser_count(const struct vuser *u);

#endif
