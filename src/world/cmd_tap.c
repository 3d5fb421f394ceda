/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/cmd_priv.h"

/* The interposer on a link, as a scenario tells it what to do. */

/* The device whose link it is; the machine stands then. NULL: w->last_err. */
static struct world_dev *linked(struct world *w, const struct lang_call *c)
{
	if (!w->plat) {
		world_fail(w, IL_E_STATE, 0, "no platform is chosen yet");
		return NULL;
	}
	return world_build(w) ? NULL : world_dev(w, c);
}

enum il_err cmd_link_tap(void *ctx, const struct lang_call *c)
{
	const uint64_t cls = lang_num(c, "class", 0);
	struct world *w = ctx;
	struct world_dev *d = linked(w, c);
	const struct meddle plan = {
		.how = (enum meddle_how)(lang_num(c, "how", 0) + MEDDLE_FLIP),
		.part = (enum meddle_part)lang_num(c, "part", MEDDLE_DATA),
		.dir = (enum meddle_dir)lang_num(c, "dir", MEDDLE_BOTH),
		.cls = (int)cls - 1,
		.left = lang_num(c, "after", 0),
	};

	if (!d)
		return w->last_err;
	meddle_plan(d, &plan);
	return IL_OK;
}

enum il_err cmd_link_replay(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	struct world_dev *d = linked(w, c);
	enum il_err err;

	if (!d)
		return w->last_err;
	err = meddle_replay(d);
	if (err == IL_E_STATE)
		return world_fail(w, err, 0,
				  "nothing was recorded: link tap how=record");
	return err ? world_fail(w, err, 0, "the link does not take the packet")
		   : IL_OK;
}

enum il_err cmd_link_event(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	struct world_dev *d = linked(w, c);
	enum il_err err;

	if (!d)
		return w->last_err;
	err = meddle_event(d, (enum meddle_dir)lang_num(c, "dir", MEDDLE_BOTH),
			   (enum link_event)(lang_num(c, "event", 0) + 1));
	return err ? world_fail(w, err, 0, "the link does not take the event")
		   : IL_OK;
}

enum il_err cmd_expect_tapped(void *ctx, const struct lang_call *c)
{
	const uint64_t want = lang_num(c, "times", 1);
	struct world *w = ctx;
	const struct world_dev *d = world_dev(w, c);

	if (!d)
		return w->last_err;
	if (d->meddle.done == want)
		return IL_OK;
	return world_fail(w, IL_E_PEER, 0,
			  "expected %llu deeds of the interposer; it did %llu",
			  (unsigned long long)want,
			  (unsigned long long)d->meddle.done);
}
