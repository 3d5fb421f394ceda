/* SPDX-License-Identifier: BSD-2-Clause */
/* The tsm/ files of a function. Source: linux.md 1.6, 2 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/tsm/tsm_priv.h"
#include "host/uapi/interlock_ext.h"

static int name_show(const struct pci_tsm_core *c,
		     const struct pci_tsm_dev *dev, char *buf, size_t cap)
{
	char name[16];

	pci_tsm_name(c, dev, name);
	return snprintf(buf, cap, "%s", name);
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

/* interlock_ext.h: what Linux does not have yet. */
static int refresh_store(void *ctx, struct pci_dev *p, struct file *f,
			 const char *val)
{
	static const char *const names[] = {
		[PCI_TSM_RENEW_STREAM] = INTERLOCK_TSM_REFRESH_STREAM,
		[PCI_TSM_RENEW_SESSION] = INTERLOCK_TSM_REFRESH_SESSION,
		[PCI_TSM_RENEW_ALIVE] = INTERLOCK_TSM_REFRESH_ALIVE,
	};

	for (unsigned i = 0; i < COUNT(names); i++)
		if (strcmp(val, names[i]) == 0)
			return pci_tsm_renew(ctx, p, i, f);
	return -EINVAL;
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
		if (c->devs[i].ops && !c->devs[i].leaving)
			return true;
	return false;
}

/*
 * Visibility is asked when a file is opened. Nothing is added or removed when
 * a TSM or a function comes or goes, so nobody has to be waited for who reads
 * at that moment (linux.md 3.4, 1).
 */
static bool pf0_visible(void *ctx, struct pci_dev *p)
{
	return pci_tsm_capable(p) && any_tsm(ctx);
}

/* Another function shows its files while it has a context. */
static bool sub_visible(struct pci_dev *p)
{
	const struct pci_tsm *t = pci_tsm_of(p);

	return t && t->dsm->connected && t->dsm->tsm.p->tee;
}

static bool dsm_visible(void *ctx, struct pci_dev *p)
{
	return pf0_visible(ctx, p) || sub_visible(p);
}

static bool bound_visible(void *ctx, struct pci_dev *p)
{
	return (pf0_visible(ctx, p) && p->tee) || sub_visible(p);
}

static const struct pci_attr attrs[] = {
	{ "tsm/connect", connect_show, connect_store, pf0_visible, closed },
	{ "tsm/disconnect", NULL, disconnect_store, pf0_visible, closed },
	{ "tsm/refresh", NULL, refresh_store, pf0_visible, closed },
	{ "tsm/dsm", dsm_show, NULL, dsm_visible, NULL },
	{ "tsm/bound", bound_show, NULL, bound_visible, NULL },
	{ "authenticated", connect_show, NULL, pf0_visible, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

/*
 * /sys/class/tsm/tsmN is a link to the TSM's device, which is no function of
 * this machine and so a virtual one. Below either: uevent, and one link for
 * each stream.
 */
#define CLASS_DIR "/sys/class/tsm/"
#define DEV_DIR	  "/sys/devices/virtual/tsm/"

/* "tsm0" or "tsm0/REST"; *rest is "" for the first. */
static struct pci_tsm_dev *dev_of(struct pci_tsm_core *c, const char *path,
				  const char **rest)
{
	for (unsigned i = 0; i < PCI_TSM_DEVS; i++) {
		char name[16];
		size_t n;

		pci_tsm_name(c, &c->devs[i], name);
		n = strlen(name);
		if (strncmp(path, name, n) != 0 || (path[n] && path[n] != '/'))
			continue;
		*rest = path[n] ? path + n + 1 : "";
		return c->devs[i].ops && !c->devs[i].leaving ? &c->devs[i]
							     : NULL;
	}
	return NULL;
}

static long dir_read(struct file *f, struct task *t, void *buf, size_t len,
		     uint64_t off)
{
	(void)f;
	(void)t;
	(void)buf;
	(void)len;
	(void)off;
	return -EISDIR;
}

static const struct file_ops dir_ops = { .name = "dir", .read = dir_read };

/* A TSM has no variables beyond those that every event carries: empty. */
static long uevent_read(struct file *f, struct task *t, void *buf, size_t len,
			uint64_t off)
{
	const struct pci_tsm_dev *dev = f->priv;

	(void)t;
	(void)buf;
	(void)len;
	(void)off;
	return dev->ops ? 0 : -ENODEV;
}

static const struct file_ops uevent_ops = { .name = "uevent",
					    .read = uevent_read };

static long class_open(void *ctx, struct task *t, const char *path,
		       struct file *f)
{
	const char *rest;
	struct pci_tsm_dev *dev = dev_of(ctx, path, &rest);

	(void)t;
	if (!dev || (*rest && strcmp(rest, "uevent") != 0))
		return -ENOENT;
	f->ops = *rest ? &uevent_ops : &dir_ops;
	f->priv = dev;
	return 0;
}

static const struct pci_dev *stream_of(const struct pci_tsm_core *c,
				       const struct pci_tsm_dev *dev,
				       const char *name)
{
	for (const struct pci_dev *p = c->pci->devs; p; p = p->next) {
		const struct pci_tsm *t = p->tsm;

		if (t && t->dev == dev && t->dsm->tsm.p == p && *name &&
		    strcmp(t->dsm->stream, name) == 0)
			return p;
	}
	return NULL;
}

static long stream_link(struct pci_tsm_core *c, const struct pci_tsm_dev *dev,
			const char *name, char *buf, size_t cap)
{
	const struct pci_dev *p = stream_of(c, dev, name);
	char path[K_PATH];

	if (!p)
		return -ENOENT;
	pci_path(p, path, sizeof(path));
	return snprintf(buf, cap, "../../..%s", path);
}

static long class_link(void *ctx, const char *path, char *buf, size_t cap)
{
	const char *rest;
	struct pci_tsm_dev *dev = dev_of(ctx, path, &rest);
	char name[16];

	if (!dev)
		return -ENOENT;
	if (*rest)
		return stream_link(ctx, dev, rest, buf, cap);
	pci_tsm_name(ctx, dev, name);
	return snprintf(buf, cap, "../../devices/virtual/tsm/%s", name);
}

static long dev_link(void *ctx, const char *path, char *buf, size_t cap)
{
	const char *rest;
	struct pci_tsm_dev *dev = dev_of(ctx, path, &rest);

	if (!dev)
		return -ENOENT;
	return *rest ? stream_link(ctx, dev, rest, buf, cap) : -EINVAL;
}

int pci_tsm_sysfs_init(struct pci_tsm_core *c)
{
	const struct pci_attr_table t = { attrs, c };
	const struct k_node class = { CLASS_DIR, class_open, c, class_link };
	const struct k_node dev = { DEV_DIR, class_open, c, dev_link };
	int ret = pci_attrs_add(c->pci, &t);

	if (!ret)
		ret = k_register(c->k, &class);
	return ret ? ret : k_register(c->k, &dev);
}
