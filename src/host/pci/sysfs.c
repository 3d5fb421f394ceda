/* SPDX-License-Identifier: BSD-2-Clause */
/* /sys/bus/pci: files of functions and of drivers. Source: Linux 7.3
 * drivers/pci/pci-sysfs.c, pci-driver.c, iov.c; drivers/base/bus.c */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/pci/pci_priv.h"

/* A sysfs file that is open. The function may go while it is. */
struct open_attr {
	struct pci_host *h;
	const struct pci_attr *a;
	void *ctx;
	uint32_t bdf;
};

int pci_sysfs_text(const void *buf, size_t len, char out[PCI_TEXT_MAX])
{
	if (!len || len >= PCI_TEXT_MAX)
		return -EINVAL;
	memcpy(out, buf, len);
	out[len] = 0;
	if (out[len - 1] == '\n')
		out[len - 1] = 0;
	return 0;
}

static long attr_read(struct file *f, struct task *t, void *buf, size_t len,
		      uint64_t off)
{
	struct open_attr *o = f->priv;
	struct pci_dev *p = pci_find(o->h, o->bdf);
	char text[PCI_TEXT_MAX + 1] = "";
	int n;

	(void)t;
	if (!p)
		return -ENODEV;
	if (!o->a->show)
		return -EACCES;
	n = o->a->show(o->ctx, p, text, PCI_TEXT_MAX);
	if (n < 0)
		return n;
	text[n++] = '\n';
	if (off >= (uint64_t)n)
		return 0;
	if (len > (size_t)n - off)
		len = (size_t)n - (size_t)off;
	memcpy(buf, text + off, len);
	return (long)len;
}

static long attr_write(struct file *f, struct task *t, const void *buf,
		       size_t len, uint64_t off)
{
	struct open_attr *o = f->priv;
	struct pci_dev *p = pci_find(o->h, o->bdf);
	char text[PCI_TEXT_MAX];
	int ret;

	(void)t;
	(void)off;
	if (!p)
		return -ENODEV;
	if (!o->a->store)
		return -EACCES;
	ret = pci_sysfs_text(buf, len, text);
	if (!ret)
		ret = o->a->store(o->ctx, p, f, text);
	return ret ? ret : (long)len;
}

static void attr_release(struct file *f)
{
	struct open_attr *o = f->priv;
	struct pci_dev *p = pci_find(o->h, o->bdf);

	if (p && o->a->closed)
		o->a->closed(o->ctx, p, f);
	kpool_put(&o->h->attr_pool, o);
}

static const struct file_ops attr_ops = {
	.name = "sysfs",
	.read = attr_read,
	.write = attr_write,
	.release = attr_release,
};

static const struct pci_attr *attr_find(struct pci_host *h, struct pci_dev *p,
					const char *name, void **ctx)
{
	for (unsigned i = 0; i < h->n_attrs; i++)
		for (const struct pci_attr *a = h->attrs[i].attrs; a->name; a++)
			if (strcmp(a->name, name) == 0) {
				*ctx = h->attrs[i].ctx;
				if (a->visible && !a->visible(*ctx, p))
					return NULL;
				return a;
			}
	return NULL;
}

static long open_attr(void *ctx, struct task *t, const char *rest,
		      struct file *f)
{
	struct pci_host *h = ctx;
	struct open_attr *o;
	struct pci_dev *p;
	const struct pci_attr *a;
	void *actx;
	uint32_t bdf;

	(void)t;
	if (pci_parse_bdf(rest, &bdf) || rest[12] != '/')
		return -ENOENT;
	p = pci_find(h, bdf);
	a = p ? attr_find(h, p, rest + 13, &actx) : NULL;
	if (!a)
		return -ENOENT;
	o = kpool_get(&h->attr_pool);
	if (!o)
		return -ENOMEM;
	*o = (struct open_attr){ h, a, actx, bdf };
	f->ops = &attr_ops;
	f->priv = o;
	return 0;
}

static const struct pci_driver *driver_of(struct pci_host *h, const char *name,
					  size_t len)
{
	for (unsigned i = 0; i < h->n_drivers; i++)
		if (strlen(h->drivers[i]->name) == len &&
		    strncmp(h->drivers[i]->name, name, len) == 0)
			return h->drivers[i];
	return NULL;
}

/* drivers/<name>/bind and unbind: f->aux tells which, f->priv the driver. */
static long driver_write(struct file *f, struct task *t, const void *buf,
			 size_t len, uint64_t off)
{
	const struct pci_driver *d = f->priv;
	struct pci_host *h = (struct pci_host *)(uintptr_t)(f->aux & ~1ull);
	char text[PCI_TEXT_MAX];
	struct pci_dev *p;
	uint32_t bdf;
	int ret = pci_sysfs_text(buf, len, text);

	(void)t;
	(void)off;
	if (ret)
		return ret;
	p = pci_parse_bdf(text, &bdf) ? NULL : pci_find(h, bdf);
	if (!p)
		return -ENODEV;
	if (f->aux & 1) {
		/* No driver here knows a device by itself. */
		if (strcmp(p->override, d->name) != 0)
			return -ENODEV;
		ret = pci_driver_bind(p, d);
		return ret ? ret : (long)len;
	}
	if (p->drv != d)
		return -ENODEV;
	pci_driver_unbind(p);
	return (long)len;
}

static const struct file_ops driver_ops = {
	.name = "driver",
	.write = driver_write,
};

static long open_driver(void *ctx, struct task *t, const char *rest,
			struct file *f)
{
	struct pci_host *h = ctx;
	const char *slash = strchr(rest, '/');
	const struct pci_driver *d;
	bool bind;

	(void)t;
	if (!slash)
		return -ENOENT;
	d = driver_of(h, rest, (size_t)(slash - rest));
	bind = strcmp(slash, "/bind") == 0;
	if (!d || (!bind && strcmp(slash, "/unbind") != 0))
		return -ENOENT;
	f->ops = &driver_ops;
	f->priv = (void *)(uintptr_t)d;
	f->aux = (uint64_t)(uintptr_t)h | bind;
	return 0;
}

/*
 * That no driver fits, that one has the function already, that its probe fails:
 * none of it is told, `driver` has to be read. Linux 7.3 drivers/base/bus.c,
 * drivers_probe_store(), and dd.c, __device_attach_driver().
 */
static long probe_write(struct file *f, struct task *t, const void *buf,
			size_t len, uint64_t off)
{
	struct pci_host *h = f->priv;
	char text[PCI_TEXT_MAX];
	struct pci_dev *p;
	const struct pci_driver *d;
	uint32_t bdf;
	int ret = pci_sysfs_text(buf, len, text);

	(void)t;
	(void)off;
	if (ret)
		return ret;
	p = pci_parse_bdf(text, &bdf) ? NULL : pci_find(h, bdf);
	if (!p)
		return -ENODEV;
	d = driver_of(h, p->override, strlen(p->override));
	if (d && !p->drv)
		(void)pci_driver_bind(p, d);
	return (long)len;
}

static const struct file_ops probe_ops = {
	.name = "drivers_probe",
	.write = probe_write,
};

static long open_probe(void *ctx, struct task *t, const char *rest,
		       struct file *f)
{
	(void)t;
	if (*rest)
		return -ENOENT;
	f->ops = &probe_ops;
	f->priv = ctx;
	return 0;
}

static int hex_show(char *buf, size_t cap, uint32_t v, int digits)
{
	return snprintf(buf, cap, "0x%0*x", digits, v);
}

static int vendor_show(void *ctx, struct pci_dev *p, char *buf, size_t cap)
{
	(void)ctx;
	return hex_show(buf, cap, p->vendor, 4);
}

static int device_show(void *ctx, struct pci_dev *p, char *buf, size_t cap)
{
	(void)ctx;
	return hex_show(buf, cap, p->device, 4);
}

static int override_show(void *ctx, struct pci_dev *p, char *buf, size_t cap)
{
	(void)ctx;
	return snprintf(buf, cap, "%s",
			p->override[0] ? p->override : "(null)");
}

static int override_store(void *ctx, struct pci_dev *p, struct file *f,
			  const char *val)
{
	(void)ctx;
	(void)f;
	if (strlen(val) >= sizeof(p->override))
		return -EINVAL;
	memset(p->override, 0, sizeof(p->override));
	memcpy(p->override, val, strlen(val));
	return 0;
}

static int driver_show(void *ctx, struct pci_dev *p, char *buf, size_t cap)
{
	(void)ctx;
	return snprintf(buf, cap, "%s", p->drv ? p->drv->name : "");
}

int pci_sysfs_number(const char *val, unsigned long max, unsigned long *out)
{
	char *end;

	*out = strtoul(val, &end, 0);
	return end == val || *end || *out > max ? -EINVAL : 0;
}

static int vfs_show(void *ctx, struct pci_dev *p, char *buf, size_t cap)
{
	(void)ctx;
	return snprintf(buf, cap, "%u", p->sriov.enabled);
}

/*
 * -ERANGE above TotalVFs, -EBUSY while another number is on; the number that is
 * on already is no error. OPEN: Linux wants a driver of the PF that offers
 * sriov_configure, and says -ENOENT without one; here the core does what
 * pci-pf-stub does, whoever drives it.
 */
static int vfs_store(void *ctx, struct pci_dev *p, struct file *f,
		     const char *val)
{
	unsigned long n;

	(void)ctx;
	(void)f;
	if (pci_sysfs_number(val, ULONG_MAX, &n))
		return -EINVAL;
	return n > p->sriov.total ? -ERANGE : pci_sriov_enable(p, (uint16_t)n);
}

static int total_show(void *ctx, struct pci_dev *p, char *buf, size_t cap)
{
	(void)ctx;
	return snprintf(buf, cap, "%u", p->sriov.total);
}

static bool has_vfs(void *ctx, struct pci_dev *p)
{
	(void)ctx;
	return p->sriov.cap;
}

static const struct pci_attr attrs[] = {
	{ .name = "vendor", .show = vendor_show },
	{ .name = "device", .show = device_show },
	{ .name = "driver", .show = driver_show },
	{ .name = "driver_override",
	  .show = override_show,
	  .store = override_store },
	{ .name = "sriov_numvfs",
	  .show = vfs_show,
	  .store = vfs_store,
	  .visible = has_vfs },
	{ .name = "sriov_totalvfs", .show = total_show, .visible = has_vfs },
	{ .name = NULL },
};

int pci_attrs_add(struct pci_host *h, const struct pci_attr_table *t)
{
	if (h->n_attrs == PCI_ATTR_TABLES)
		return -ENOSPC;
	h->attrs[h->n_attrs++] = *t;
	return 0;
}

int pci_sysfs_init(struct pci_host *h)
{
	const struct k_node nodes[] = {
		{ "/sys/bus/pci/devices/", open_attr, h },
		{ "/sys/bus/pci/drivers/", open_driver, h },
		{ "/sys/bus/pci/drivers_probe", open_probe, h },
	};
	const struct pci_attr_table t = { attrs, h };
	const struct pci_attr_table resets = { pci_reset_attrs, h };
	int ret = pci_attrs_add(h, &t);

	if (!ret)
		ret = pci_attrs_add(h, &resets);

	kpool_init(&h->attr_pool, h->k->arena, sizeof(struct open_attr), 0);
	for (unsigned i = 0; i < COUNT(nodes) && !ret; i++)
		ret = k_register(h->k, &nodes[i]);
	return ret ? ret : pci_sysfs_bus_init(h);
}
