/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "world/cmd_priv.h"

/* A device that dies and comes back, and what the host makes of it. */

enum il_err cmd_device_silent(void *ctx, const struct lang_call *c)
{
	static const enum silence_how hows[] = {
		SILENCE_SILENT, SILENCE_QUIET, SILENCE_BUSY,
		SILENCE_ERROR,	SILENCE_DOWN,  SILENCE_ABSENT,
	};
	struct world *w = ctx;
	struct world_dev *d = NULL;
	enum il_err err;

	if (!w->plat)
		return world_fail(w, IL_E_STATE, 0,
				  "no platform is chosen yet");
	err = world_build(w);
	if (!err && w->remote.used)
		err = world_fail(w, IL_E_STATE, 0,
				 "a device in another process dies there");
	if (!err) {
		d = world_dev(w, c);
		err = d ? IL_OK : w->last_err;
	}
	if (d)
		silence_after(d, hows[lang_num(c, "how", 0)],
			      lang_num(c, "unit", 0) ? SILENCE_TLP
						     : SILENCE_EXCHANGE,
			      lang_num(c, "after", 0));
	return err;
}

enum il_err cmd_device_reset(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	struct world_dev *d;
	enum il_err err;

	if (!w->built)
		return world_fail(w, IL_E_STATE, 0,
				  "the machine is not running yet");
	if (w->remote.used)
		return world_fail(w, IL_E_STATE, 0,
				  "a device in another process is reset there");
	d = world_dev(w, c);
	if (!d)
		return w->last_err;
	err = silence_over(d);
	return err ? world_fail(w, err, 0, "the reset did not reach it") : err;
}

enum il_err cmd_host_recover(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	enum il_err err = world_need_vmm(w);
	struct pci_dev *p;
	int ret;

	if (err)
		return err;
	w->group = "connect";
	p = pci_find(&w->host->pci, (uint32_t)lang_num(c, "bdf", 0));
	ret = p ? pci_reset_done(p) : -ENODEV;
	world_say(w, "host", "configuration after a reset",
		  ret ? world_errno_name(-ret) : "ok", ret != 0, 0);
	return ret ? world_fail(w, IL_E_PEER, -ret, "recover: %s",
				world_errno_name(-ret))
		   : IL_OK;
}

/* As setpci does it: no driver is asked. */
enum il_err cmd_host_config(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	enum il_err err = world_need_vmm(w);
	uint64_t reg = lang_num(c, "reg", 0), size = lang_num(c, "size", 2);
	uint64_t value = lang_num(c, "value", 0);
	struct pci_dev *p;
	int ret;

	if (err)
		return err;
	if (size > 4 || size == 3 || !pci_cfg_be(reg % 4, (unsigned)size) ||
	    reg >= CFG_SIZE || value >> 8 * size)
		return world_fail(w, IL_E_ARG, EINVAL,
				  "%llu bytes with 0x%llx at 0x%llx are no "
				  "configuration write",
				  (unsigned long long)size,
				  (unsigned long long)value,
				  (unsigned long long)reg);
	p = pci_find(&w->host->pci, (uint32_t)lang_num(c, "bdf", 0));
	ret = p ? pci_write(p, (uint16_t)reg, (uint8_t)size, (uint32_t)value)
		: -ENODEV;
	world_say(w, "host", "configuration write",
		  ret ? world_errno_name(-ret) : "ok", ret != 0, 0);
	return ret ? world_fail(w, IL_E_PEER, -ret, "config: %s",
				world_errno_name(-ret))
		   : IL_OK;
}

enum il_err cmd_expect_isolated(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	const struct world_dev *d = world_dev(w, c);
	bool want = lang_num(c, "state", 0);
	const char *holds = d ? world_dev_holds(d) : NULL;

	if (!d)
		return w->last_err;
	if ((d->cut && !holds) == want)
		return IL_OK;
	return world_fail(w, IL_E_PEER, 0, "expected isolated %s; %s",
			  want ? "yes" : "no",
			  holds	   ? holds
			  : d->cut ? "the device is cut off"
				   : "the device was not cut off");
}
