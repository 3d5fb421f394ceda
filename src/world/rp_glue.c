/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/rp_glue.h"

#include "tsm/tsm.h"
#include "world/world_priv.h"

/* Firmware's way to the root ports: whoever holds their keys goes by here. */

/* What is behind root port number @port, or NULL. It is looked at anew. */
static struct world_dev *behind(struct world *w, uint32_t port)
{
	for (unsigned i = 0; i < w->devs; i++)
		if (WORLD_PORT_NR(i) == port) {
			w->dev[i].touched = true;
			return &w->dev[i];
		}
	return NULL;
}

static enum il_err key_program(void *ctx, uint32_t port, uint8_t stream,
			       uint8_t key_set, uint8_t dir, uint8_t sub,
			       const uint8_t key[32], const uint8_t ifv[8])
{
	struct world *w = ctx;
	struct world_dev *d = behind(w, port);
	struct rd r = rd_over(ifv, 8);

	if (!d)
		return IL_E_ARG;
	return fabric_key_program(&w->fabric, d->port, stream, key_set,
				  dir ? IDE_TX : IDE_RX, sub, key,
				  rd_u64be(&r));
}

static enum il_err key_go(void *ctx, uint32_t port, uint8_t stream,
			  uint8_t key_set, uint8_t dir, uint8_t sub)
{
	struct world *w = ctx;
	struct world_dev *d = behind(w, port);

	if (!d)
		return IL_E_ARG;
	return fabric_key_go(&w->fabric, d->port, stream, key_set,
			     dir ? IDE_TX : IDE_RX, sub);
}

static enum il_err key_stop(void *ctx, uint32_t port, uint8_t stream,
			    uint8_t key_set, uint8_t dir, uint8_t sub)
{
	struct world *w = ctx;
	struct world_dev *d = behind(w, port);

	if (!d)
		return IL_E_ARG;
	return fabric_key_stop(&w->fabric, d->port, stream, key_set,
			       dir ? IDE_TX : IDE_RX, sub);
}

static void key_wipe(void *ctx, uint32_t port, uint8_t stream)
{
	struct world *w = ctx;
	struct world_dev *d = behind(w, port);

	/* A port or stream that is not there has no key to lose. */
	if (d && fabric_key_wipe(&w->fabric, d->port, stream) == IL_OK)
		world_settle(w);
}

static bool key_secure(void *ctx, uint32_t port, uint8_t stream)
{
	struct world *w = ctx;
	struct world_dev *d = behind(w, port);
	struct fabric_stream s;

	return d && !fabric_key_status(&w->fabric, d->port, stream, &s) &&
	       s.status == IDE_SECURE;
}

static enum il_err key_ready(void *ctx, uint32_t port, uint8_t stream,
			     uint8_t segment, uint16_t rid)
{
	struct world *w = ctx;
	struct world_dev *d = behind(w, port);

	if (!d)
		return IL_E_STATE;
	return fabric_stream_ready(&w->fabric, d->port, stream, segment, rid);
}

static enum il_err key_ep_ide(void *ctx, uint8_t segment, uint16_t rid,
			      uint8_t *out, size_t cap, size_t *len)
{
	struct world *w = ctx;

	if (segment != w->fabric.segment)
		return IL_E_IO;
	return fabric_ep_ide(&w->fabric, rid, out, cap, len);
}

static bool key_behind(void *ctx, uint32_t port, uint8_t segment, uint16_t rid)
{
	struct world *w = ctx;
	struct world_dev *d = behind(w, port);

	return d && fabric_behind(&w->fabric, d->port, segment, rid);
}

const struct rp_keys world_rp_keys = {
	.program = key_program,
	.go = key_go,
	.stop = key_stop,
	.wipe = key_wipe,
	.secure = key_secure,
	.ready = key_ready,
	.ep_ide = key_ep_ide,
	.behind = key_behind,
};
