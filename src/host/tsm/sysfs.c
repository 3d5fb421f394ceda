/* SPDX-License-Identifier: BSD-2-Clause */
/* The tsm/ files of a function. Source: linux.md 1.6, 2 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/tsm/tsm_priv.h"

static int name_show(const struct pci_tsm_core *c,
		     const struct pci_tsm_dev *dev, char *buf, size_t cap)
{
	return snprintf(buf, cap, "tsm%d", (int)(dev - c->devs));
}

static int connect_show(void *ctx, struct pci_dev *p, char *buf, size_t cap)
{
	const struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);

	if (!d || !d->connected)
		return snprintf(buf, cap, "%s", "");
	return name_show(ctx, d->tsm.dev, buf, cap);
}

static int connect_store(void *ctx, struct pci_dev *p, struct file *f,
			 const char *val)
{
	return pci_tsm_connect(ctx, p, val, f);
}

static int disconnect_store(void *ctx, struct pci_dev *p, struct file *f,
			    const char *val)
{
	return pci_tsm_disconnect(ctx, p, val, f);
}

static void closed(void *ctx, struct pci_dev *p, struct file *f)
{
	pci_tsm_abort(ctx, p, f);
}

static int dsm_show(void *ctx, struct pci_dev *p, char *buf, size_t cap)
{
	const struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);
	char name[16] = "";

	(void)ctx;
	if (d && d->connected)
		pci_name(d->tsm.p, name);
	return snprintf(buf, cap, "%s", name);
}

static int bound_show(void *ctx, struct pci_dev *p, char *buf, size_t cap)
{
	const struct pci_tsm *t = pci_tsm_of(p);

	if (!t || !t->tdi)
		return snprintf(buf, cap, "%s", "");
	return name_show(ctx, t->dev, buf, cap);
}

static bool any_tsm(const struct pci_tsm_core *c)
{
	for (unsigned i = 0; i < PCI_TSM_DEVS; i++)
		if (c->devs[i].ops)
			return true;
	return false;
}

static bool pf0_visible(void *ctx, struct pci_dev *p)
{
	return pci_tsm_capable(p) && any_tsm(ctx);
}

static bool dsm_visible(void *ctx, struct pci_dev *p)
{
	const struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);

	return pf0_visible(ctx, p) || (d && d->connected && d->tsm.p->tee);
}

static bool bound_visible(void *ctx, struct pci_dev *p)
{
	const struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);

	return (pf0_visible(ctx, p) && p->tee) ||
	       (d && d->connected && d->tsm.p->tee);
}

static const struct pci_attr attrs[] = {
	{ "tsm/connect", connect_show, connect_store, pf0_visible, closed },
	{ "tsm/disconnect", NULL, disconnect_store, pf0_visible, closed },
	{ "tsm/dsm", dsm_show, NULL, dsm_visible, NULL },
	{ "tsm/bound", bound_show, NULL, bound_visible, NULL },
	{ "authenticated", connect_show, NULL, pf0_visible, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

/* /sys/class/tsm/tsmN: that it opens says that the TSM is there. */
static long class_read(struct file *f, struct task *t, void *buf, size_t len,
		       uint64_t off)
{
	const struct pci_tsm_dev *dev = f->priv;
	const char *name = dev->ops ? dev->ops->name : "";
	size_t n = strlen(name);

	(void)t;
	if (off >= n)
		return 0;
	n -= (size_t)off;
	n = n < len ? n : len;
	memcpy(buf, name + off, n);
	return (long)n;
}

static const struct file_ops class_ops = { .name = "tsm", .read = class_read };

static long class_open(void *ctx, struct task *t, const char *rest,
		       struct file *f)
{
	struct pci_tsm_core *c = ctx;
	int n = pci_tsm_parse(rest);

	(void)t;
	if (n < 0 || n >= PCI_TSM_DEVS || !c->devs[n].ops)
		return -ENOENT;
	f->ops = &class_ops;
	f->priv = &c->devs[n];
	return 0;
}

int pci_tsm_sysfs_init(struct pci_tsm_core *c)
{
	const struct pci_attr_table t = { attrs, c };
	const struct k_node n = { "/sys/class/tsm/", class_open, c };
	int ret = pci_attrs_add(c->pci, &t);

	return ret ? ret : k_register(c->k, &n);
}
