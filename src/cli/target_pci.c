/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "cli/target.h"
#include "judge/target_pci.h"

/* A device in this machine, by libpci. */

struct way_pci {
	struct target_pci target;
	struct pci_way way;
};

static uint64_t now(void *ctx)
{
	const struct pci_way *w = ctx;

	return w->mono_ns();
}

static int make(struct target *t, const char *text, const struct target_opts *o)
{
	const char *name = text + strlen("pci:");
	struct target_pci_cfg cfg = { .open = pci_way_open,
				      .close = pci_way_close,
				      .driver = pci_way_driver,
				      .now_ns = now,
				      .force = o->force };
	struct way_pci *w;

	if (!pci_way_there())
		return cli_fail(t->c, "%s: this build has no libpci", text);
	if (o->trans && strcmp(o->trans, "doe") != 0)
		return cli_misuse(t->c,
				  "--trans is '%s'; a device has a DOE mailbox",
				  o->trans);
	w = calloc(1, sizeof(*w));
	if (!w)
		return cli_fail(t->c, "no memory");
	if (pci_way_parse(name, &w->way)) {
		free(w);
		return cli_misuse(t->c,
				  "%s: expected pci:0000:01:00.0; function 0 "
				  "has the mailbox",
				  text);
	}
	w->way.mono_ns = t->c->mono_ns;
	cfg.ctx = &w->way;
	target_pci_init(&w->target, &cfg);
	t->own = w;
	t->judge = target_pci(&w->target);
	return 0;
}

static void drop(struct target *t)
{
	struct way_pci *w = t->own;

	target_pci_fini(&w->target);
	free(w);
}

const struct target_kind target_of_pci = {
	.prefix = "pci:",
	.says = "SSSS:BB:DD.0",
	.make = make,
	.drop = drop,
};
