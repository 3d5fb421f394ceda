/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "world/cmd_priv.h"

/*
 * What keeps a connection alive, or lets it end: new keys, signs of life, time
 * that goes by, counters that come to their end. And who drives a function.
 */

static enum il_err on_vmm(struct world *w, const struct lang_call *c,
			  enum vmm_program p, const char *group)
{
	const struct vmm_dev_cfg dev = {
		.bdf = (uint32_t)lang_num(c, "bdf", 0),
		.guest_rid = WORLD_GUEST_RID,
	};
	enum il_err err = world_need_vmm(w);

	return err ? err : world_vmm(w, w->op, p, &dev, group);
}

enum il_err cmd_host_roll_key(void *ctx, const struct lang_call *c)
{
	return on_vmm(ctx, c, VMM_ROLL_KEY, "keys");
}

enum il_err cmd_host_key_update(void *ctx, const struct lang_call *c)
{
	return on_vmm(ctx, c, VMM_KEY_UPDATE, "keys");
}

enum il_err cmd_host_heartbeat(void *ctx, const struct lang_call *c)
{
	return on_vmm(ctx, c, VMM_HEARTBEAT, "keys");
}

enum il_err cmd_host_driver(void *ctx, const struct lang_call *c)
{
	return on_vmm(ctx, c, lang_num(c, "name", 0) ? VMM_UNDRIVE : VMM_DRIVE,
		      "assign");
}

enum il_err cmd_vmm_relock(void *ctx, const struct lang_call *c)
{
	return on_vmm(ctx, c, VMM_RELOCK, "lock");
}

enum il_err cmd_vmm_stop(void *ctx, const struct lang_call *c)
{
	return on_vmm(ctx, c, VMM_STOP, "unbind");
}

enum il_err cmd_host_wait(void *ctx, const struct lang_call *c)
{
	const uint64_t s = lang_num(c, "seconds", 1);
	struct world *w = ctx;
	enum il_err err;

	if (!w->plat)
		return world_fail(w, IL_E_STATE, 0,
				  "no platform is chosen yet");
	err = world_build(w);
	if (err)
		return err;
	if (s > 1000000)
		return world_fail(w, IL_E_ARG, 0, "at most a million seconds");
	world_hw.wait_ns(w, s * UINT64_C(1000000000));
	return IL_OK;
}

/*
 * Both ends, at a moment when nothing is on its way: so that a counter's end,
 * 2^64 packets away, can be seen in a run.
 */
enum il_err cmd_link_counter(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	struct world_dev *d = world_dev(w, c);
	char text[64];

	if (!d)
		return w->last_err;
	if (!w->built || !d->dev)
		return world_fail(w, IL_E_STATE, 0,
				  "the device runs in this process, and the "
				  "machine, too");
	world_settle(w);
	ide_counters_end(&w->fabric.port[d->port].ide, lang_num(c, "left", 0));
	ide_counters_end(&d->dev->ide, lang_num(c, "left", 0));
	d->touched = true;
	snprintf(text, sizeof(text), "counters end after %llu packets",
		 (unsigned long long)lang_num(c, "left", 0));
	world_say(w, "link", text, "ok", false, 0);
	return IL_OK;
}
