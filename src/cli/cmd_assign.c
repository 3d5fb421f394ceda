/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "cli/matrix.h"
#include "cli/session.h"

/* A whole assignment: scenarios/assign.il with its parameters set. */

struct assign_opts {
	struct cli_run_opts run;
	const char *platform;
	const char *vf;
	const char *link_capture;
	const char *capture;
	const char *device;
};

static int set(struct cli_run *r, const char *name, const char *value)
{
	if (value && lang_set(&r->script, name, value))
		return cli_misuse(r->c, "%s: the value is too long", name);
	return 0;
}

static int set_vf(struct cli_run *r, const char *vf)
{
	char bdf[24], vfs[24];
	uint64_t n;
	int ret;

	if (!vf)
		return 0;
	if (lang_int(vf, &n) || n < 1 || n > 7)
		return cli_misuse(r->c, "--vf is '%s'; expected 1 to 7", vf);
	/* VFs of our device follow the PF: first offset 1, stride 1. */
	snprintf(bdf, sizeof(bdf), "0000:01:00.%u", (unsigned)n);
	snprintf(vfs, sizeof(vfs), "%u", (unsigned)n);
	ret = set(r, "VFS", vfs);
	return ret ? ret : set(r, "BDF", bdf);
}

static int assign(struct cli *c, struct cli_run *r, const struct assign_opts *o)
{
	const struct cli_scenario *k = cli_scenario_on("assign", o->platform);
	int ret = cli_run_open(c, r, &o->run);

	if (!ret)
		ret = set(r, "PLATFORM", o->platform);
	if (!ret)
		ret = set(r, "LINK_CAPTURE", o->link_capture);
	if (!ret)
		ret = set(r, "CAPTURE", o->capture);
	if (!ret)
		ret = set(r, "DEVICE", o->device);
	/*
	 * Any file may be a payload, one with a row of zeros as well, of which
	 * a link is full; and one of 64 MiB is too much to look for.
	 */
	if (!ret)
		ret = set(r, "SPY", "no");
	if (!ret)
		ret = set_vf(r, o->vf);
	if (!ret)
		ret = cli_run_parse(r, "assign.il", k->text, strlen(k->text));
	return ret ? cli_run_refused(r, "assign.il", ret)
		   : cli_run_do(r, "assign.il");
}

static bool known(const char *name)
{
	for (unsigned p = 0; p < WORLD_PLATS; p++)
		if (world_plats[p] && strcmp(world_plat_names[p], name) == 0)
			return true;
	return false;
}

static int unknown(struct cli *c, const char *name)
{
	char all[80] = "";
	size_t at = 0;

	for (unsigned p = 0; p < WORLD_PLATS; p++)
		if (world_plats[p])
			at += (size_t)snprintf(all + at, sizeof(all) - at,
					       " %s", world_plat_names[p]);
	return cli_misuse(c, "unknown platform '%s'; known:%s", name, all);
}

static int run(struct cli *c, int argc, char **argv)
{
	struct assign_opts o = { 0 };
	const struct cli_opt opts[] = {
		{ "platform", false, &o.platform },
		{ "payload", false, &o.run.payload },
		{ "vf", false, &o.vf },
		{ "device", false, &o.device },
		{ "identity", false, &o.run.identity },
		{ "trust", false, &o.run.trust },
		{ "expect-measurements", false, &o.run.expect },
		{ "link-capture", false, &o.link_capture },
		{ "capture", false, &o.capture },
		{ "key-log", false, &o.run.keylog },
		{ "seed", false, &o.run.seed },
		{ "now", false, &o.run.now },
		{ "trace", false, &o.run.trace },
		{ "json", true, &o.run.json },
	};
	struct cli_run *r;
	int ret = cli_opts(c, argc, argv, opts, COUNT(opts), NULL, 0);

	if (ret)
		return ret;
	if (!o.platform)
		return cli_misuse(c, "assign wants --platform (sev-tio, …)");
	if (!known(o.platform))
		return unknown(c, o.platform);
	if (!o.run.payload)
		return cli_misuse(c, "assign wants --payload FILE");
	o.run.elsewhere = o.device && *o.device;
	r = malloc(sizeof(*r));
	if (!r)
		return cli_fail(c, "no memory");
	ret = assign(c, r, &o);
	cli_run_close(r);
	free(r);
	return ret;
}

const struct cli_cmd cmd_assign = {
	.name = "assign",
	.args = "--platform NAME --payload FILE [--vf N] [--device AT] "
		"[--identity DIR] "
		"[--trust FILE] [--expect-measurements FILE] "
		"[--link-capture FILE] [--capture FILE] [--key-log FILE] "
		"[--seed N] [--now S] "
		"[--trace N] "
		"[--json]",
	.help = "one device from power-on to private DMA in a VM, and back",
	.run = run,
};
