/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ROOTPORT_ROOTPORT_H
#define ROOTPORT_ROOTPORT_H

#include "fabric/fabric.h"
#include "tsm/rp_keys.h"

/*
 * The root ports of a fabric as a TSM core asks for them, by their number, on
 * every platform. The context of the table is a struct rootport, which lives
 * as long as the core.
 */
struct rootport {
	struct fabric *fabric;
	/* Port @index is asked for; may be NULL. */
	void (*touched)(void *ctx, unsigned index);
	/* A stream was wiped, and its partner may be told; may be NULL. */
	void (*settle)(void *ctx);
	void *ctx; /* of both */
};

extern const struct rp_keys rootport_keys;

#endif
