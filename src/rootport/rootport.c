/* SPDX-License-Identifier: BSD-2-Clause */
#include "rootport/rootport.h"

/* Firmware's way to the root ports: whoever holds their keys goes by here. */

/* The fabric's index of root port number @port; -1: none. */
static int behind(struct rootport *r, uint32_t port)
{
	const struct fabric *f = r->fabric;

	for (unsigned i = 0; i < f->ports; i++) {
		if (f->port[i].number != port)
			continue;
		if (r->touched)
			r->touched(r->ctx, i);
		return (int)i;
	}
	return -1;
}

static void settle(struct rootport *r)
{
	if (r->settle)
		r->settle(r->ctx);
}

static enum il_err key_program(void *ctx, uint32_t port, uint8_t stream,
			       uint8_t key_set, uint8_t dir, uint8_t sub,
			       const uint8_t key[32], const uint8_t ifv[8])
{
	struct rootport *rp = ctx;
	const int at = behind(rp, port);
	struct rd r = rd_over(ifv, 8);

	if (at < 0)
		return IL_E_ARG;
	return fabric_key_program(rp->fabric, (unsigned)at, stream, key_set,
				  dir ? IDE_TX : IDE_RX, sub, key,
				  rd_u64be(&r));
}

static enum il_err key_go(void *ctx, uint32_t port, uint8_t stream,
			  uint8_t key_set, uint8_t dir, uint8_t sub)
{
	struct rootport *rp = ctx;
	const int at = behind(rp, port);

	if (at < 0)
		return IL_E_ARG;
	return fabric_key_go(rp->fabric, (unsigned)at, stream, key_set,
			     dir ? IDE_TX : IDE_RX, sub);
}

static enum il_err key_stop(void *ctx, uint32_t port, uint8_t stream,
			    uint8_t key_set, uint8_t dir, uint8_t sub)
{
	struct rootport *rp = ctx;
	const int at = behind(rp, port);

	if (at < 0)
		return IL_E_ARG;
	return fabric_key_stop(rp->fabric, (unsigned)at, stream, key_set,
			       dir ? IDE_TX : IDE_RX, sub);
}

static void key_wipe(void *ctx, uint32_t port, uint8_t stream)
{
	struct rootport *rp = ctx;
	const int at = behind(rp, port);

	/* A port or stream that is not there has no key to lose. */
	if (at >= 0 &&
	    fabric_key_wipe(rp->fabric, (unsigned)at, stream) == IL_OK)
		settle(rp);
}

static bool key_secure(void *ctx, uint32_t port, uint8_t stream)
{
	struct rootport *rp = ctx;
	const int at = behind(rp, port);
	struct fabric_stream s;

	return at >= 0 &&
	       !fabric_key_status(rp->fabric, (unsigned)at, stream, &s) &&
	       s.status == IDE_SECURE;
}

static enum il_err key_ready(void *ctx, uint32_t port, uint8_t stream,
			     uint8_t segment, uint16_t rid)
{
	struct rootport *rp = ctx;
	const int at = behind(rp, port);

	if (at < 0)
		return IL_E_STATE;
	return fabric_stream_ready(rp->fabric, (unsigned)at, stream, segment,
				   rid);
}

static enum il_err key_ep_ide(void *ctx, uint8_t segment, uint16_t rid,
			      uint8_t *out, size_t cap, size_t *len)
{
	struct rootport *rp = ctx;

	if (segment != rp->fabric->segment)
		return IL_E_IO;
	return fabric_ep_ide(rp->fabric, rid, out, cap, len);
}

static bool key_behind(void *ctx, uint32_t port, uint8_t segment, uint16_t rid)
{
	struct rootport *rp = ctx;
	const int at = behind(rp, port);

	return at >= 0 && fabric_behind(rp->fabric, (unsigned)at, segment, rid);
}

static enum il_err reg_setup(void *ctx, uint32_t port,
			     const struct rp_stream *s)
{
	struct rootport *rp = ctx;
	const int at = behind(rp, port);
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

	if (at < 0 || s->ranges > RP_RANGES)
		return IL_E_ARG;
	for (unsigned i = 0; i < s->ranges; i++)
		b.range[i] = (struct ide_range){ .valid = true,
						 .base = s->range[i].base,
						 .limit = s->range[i].limit };
	return fabric_stream_setup(rp->fabric, (unsigned)at, &b);
}

static enum il_err reg_teardown(void *ctx, uint32_t port, uint8_t stream)
{
	struct rootport *rp = ctx;
	const int at = behind(rp, port);

	return at >= 0 ? fabric_stream_teardown(rp->fabric, (unsigned)at,
						stream)
		       : IL_E_ARG;
}

static enum il_err reg_enable(void *ctx, uint32_t port, uint8_t stream, bool on)
{
	struct rootport *rp = ctx;
	const int at = behind(rp, port);

	return at >= 0 ? fabric_stream_enable(rp->fabric, (unsigned)at, stream,
					      on)
		       : IL_E_ARG;
}

static enum il_err reg_lock(void *ctx, uint32_t port, uint8_t stream, bool on)
{
	struct rootport *rp = ctx;
	const int at = behind(rp, port);

	return at >= 0 ? fabric_stream_lock(rp->fabric, (unsigned)at, stream,
					    on)
		       : IL_E_ARG;
}

static enum il_err reg_vendor(void *ctx, uint32_t port, uint16_t off,
			      uint32_t mask, uint32_t value, uint32_t *now)
{
	struct rootport *rp = ctx;
	const int at = behind(rp, port);
	uint32_t v;
	enum il_err err =
		at >= 0 ? fabric_vendor_write(rp->fabric, (unsigned)at, off,
					      mask, value)
			: IL_E_ARG;

	if (!err)
		err = fabric_vendor_read(rp->fabric, (unsigned)at, off, &v);
	if (!err && now)
		*now = v;
	return err;
}

const struct rp_keys rootport_keys = {
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
