/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "device/file.h"
#include "world/cmd_priv.h"

/* The command device: what stands behind the root port. */

#define FILE_MAX 65536u

/* The machine's aperture lies above 4 GiB, see WORLD_MMIO. */
static enum il_err placeable(struct world *w, const char *path)
{
	const struct device_cfg *cfg = &w->dev_file->cfg;

	for (unsigned b = 0; b < T0_BARS; b++) {
		bool pf = cfg->pf[0].bar[b].size && !cfg->pf[0].bar[b].wide;

		if (pf ||
		    (cfg->vfs && cfg->vf_bar[b].size && !cfg->vf_bar[b].wide))
			return world_fail(w, IL_E_ARG, 0,
					  "%s: %sBAR %u has 32 bits; this "
					  "machine has no place for it below "
					  "4 GiB",
					  path, pf ? "" : "VF ", b);
	}
	return IL_OK;
}

static enum il_err read_file(struct world *w, const char *path)
{
	char what[DEVICE_FILE_WHAT] = "";
	char *text = arena_take(&w->arena, FILE_MAX, 1);
	FILE *in = fopen(path, "rb");
	size_t n = 0;
	bool bad = true;
	enum il_err err;

	if (in && text) {
		n = fread(text, 1, FILE_MAX, in);
		bad = ferror(in) || n == FILE_MAX;
	}
	if (in)
		fclose(in);
	if (bad)
		return world_fail(w, IL_E_IO, 0,
				  "%s: the device file cannot be read", path);
	w->dev_file = ARENA_NEW(&w->arena, struct device_file);
	if (!w->dev_file)
		return world_fail(w, IL_E_NOMEM, 0, "%s: no memory", path);
	err = device_file_parse(w->dev_file, text, n, what, sizeof(what));
	if (err)
		return world_fail(w, err, 0, "%s: %s", path, what);
	if (device_file_more(w->dev_file))
		return world_fail(w, IL_E_FIELD, 0,
				  "%s: a scenario reads no keys and no trust "
				  "anchors of requesters",
				  path);
	/* Who looks at it from outside, the laws for one, tells functions apart
	 * as one PF and its VFs. */
	if (w->dev_file->cfg.pfs > 1 || w->dev_file->cfg.pf[0].no_msix)
		return world_fail(w, IL_E_FIELD, 0,
				  "%s: the device of a scenario has one "
				  "physical function, with MSI-X",
				  path);
	w->vfs = w->dev_file->cfg.vfs;
	return placeable(w, path);
}

/* Names of switches, with commas between. */
static enum il_err read_relax(struct world *w, const char *names)
{
	char one[64];

	while (*names) {
		size_t n = strcspn(names, ",");
		const struct device_relax *r = NULL;

		if (n < sizeof(one)) {
			memcpy(one, names, n);
			one[n] = '\0';
			r = device_relax_find(one);
		}
		if (!r)
			return world_fail(w, IL_E_ARG, 0,
					  "there is no relaxation '%.*s'",
					  (int)(n < 64 ? n : 64), names);
		w->relax |= r->bit;
		names += n + (names[n] == ',');
	}
	return IL_OK;
}

static enum il_err read_at(struct world *w, const struct lang_call *c)
{
	const char *at = lang_word(c, "at", NULL);

	w->remote.used = at != NULL;
	if (!at)
		return IL_OK;
	if (lang_word(c, "file", NULL) || lang_word(c, "relax", NULL) ||
	    lang_num(c, "no-soft-reset", 0))
		return world_fail(w, IL_E_ARG, 0,
				  "a device in another process is what it is: "
				  "at= goes with no file=, relax= or "
				  "no-soft-reset=");
	if (sock_parse(at, &w->remote.at))
		return world_fail(w, IL_E_ARG, 0,
				  "%s: expected unix:PATH or "
				  "tcp:127.0.0.1:PORT",
				  at);
	return IL_OK;
}

static enum il_err read_count(struct world *w, uint64_t n)
{
	if (!n || n > WORLD_DEVS)
		return world_fail(w, IL_E_ARG, 0, "1 to %u devices",
				  WORLD_DEVS);
	if (n != 1 && w->remote.used)
		return world_fail(
			w, IL_E_ARG, 0,
			"a device in another process is the only one: "
			"at= goes with no count=");
	w->devs = (unsigned)n;
	return IL_OK;
}

enum il_err cmd_device(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	const char *file = lang_word(c, "file", NULL);
	enum il_err err = world_not_built(w);

	if (!err)
		err = read_at(w, c);
	if (!err && file)
		err = read_file(w, file);
	if (!err)
		err = read_relax(w, lang_word(c, "relax", ""));
	if (err)
		return err;
	if (lang_num(c, "vfs", w->vfs) > DEVICE_VFS_MAX)
		return world_fail(w, IL_E_ARG, 0, "at most %u VFs",
				  DEVICE_VFS_MAX);
	w->vfs = (unsigned)lang_num(c, "vfs", w->vfs);
	if (lang_num(c, "heartbeat", 0) > UINT8_MAX)
		return world_fail(w, IL_E_ARG, 0,
				  "a heartbeat is at most 255 s");
	w->no_soft_reset = lang_num(c, "no-soft-reset", 0);
	w->heartbeat_s = (uint8_t)lang_num(c, "heartbeat", 0);
	w->records = lang_num(c, "records", 0);
	return read_count(w, lang_num(c, "count", 1));
}
