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

static enum il_err reg_setup(void *ctx, uint32_t port,
			     const struct rp_stream *s)
{
	struct world *w = ctx;
	struct world_dev *d = behind(w, port);
	struct fabric_block b = {
		.block = s->block,
		.id = s->id,
		.segment = s->segment,
		.rid_base = s->rid_base,
		.rid_limit = s->rid_limit,
		.is_default = s->is_default,
		.cfg_en = s->config,
		.tee_limited = s->tee_limited,
		.host_enable = s->host_enable,
		.ranges = s->ranges,
	};

	if (!d || s->ranges > RP_RANGES)
		return IL_E_ARG;
	for (unsigned i = 0; i < s->ranges; i++)
		b.range[i] = (struct ide_range){ .valid = true,
						 .base = s->range[i].base,
						 .limit = s->range[i].limit };
	return fabric_stream_setup(&w->fabric, d->port, &b);
}

static enum il_err reg_teardown(void *ctx, uint32_t port, uint8_t stream)
{
	struct world *w = ctx;
	struct world_dev *d = behind(w, port);

	return d ? fabric_stream_teardown(&w->fabric, d->port, stream)
		 : IL_E_ARG;
}

static enum il_err reg_enable(void *ctx, uint32_t port, uint8_t stream, bool on)
{
	struct world *w = ctx;
	struct world_dev *d = behind(w, port);

	return d ? fabric_stream_enable(&w->fabric, d->port, stream, on)
		 : IL_E_ARG;
}

static enum il_err reg_lock(void *ctx, uint32_t port, uint8_t stream, bool on)
{
	struct world *w = ctx;
	struct world_dev *d = behind(w, port);

	return d ? fabric_stream_lock(&w->fabric, d->port, stream, on)
		 : IL_E_ARG;
}

static enum il_err reg_vendor(void *ctx, uint32_t port, uint16_t off,
			      uint32_t mask, uint32_t value, uint32_t *now)
{
	struct world *w = ctx;
	struct world_dev *d = behind(w, port);
	uint32_t v;
	enum il_err err =
		d ? fabric_vendor_write(&w->fabric, d->port, off, mask, value)
		  : IL_E_ARG;

	if (!err)
		err = fabric_vendor_read(&w->fabric, d->port, off, &v);
	if (!err && now)
		*now = v;
	return err;
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
	.setup = reg_setup,
	.teardown = reg_teardown,
	.enable = reg_enable,
	.lock = reg_lock,
	.vendor = reg_vendor,
};
