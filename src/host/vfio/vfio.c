/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver, its character devices, and who answers what. */
#include "host/vfio/vfio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/vfio/vfio_priv.h"

struct vfio_dev *vfio_of(const struct pci_dev *p)
{
	return p->drv && strcmp(p->drv->name, "vfio-pci") == 0 ? p->drv_data
							       : NULL;
}

/* --- a descriptor --- */

/* The device, if this is the descriptor that was bound. */
static struct vfio_dev *granted(const struct vfio_file *f)
{
	return f->d->user == f ? f->d : NULL;
}

static long dev_read(struct file *f, struct task *t, void *buf, size_t len,
		     uint64_t off)
{
	struct vfio_dev *d = granted(f->priv);

	return d ? vfio_rw(d, t, buf, len, off, false) : -EINVAL;
}

static long dev_write(struct file *f, struct task *t, const void *buf,
		      size_t len, uint64_t off)
{
	struct vfio_dev *d = granted(f->priv);

	/* vfio_rw() only reads @buf when it writes. */
	return d ? vfio_rw(d, t, (void *)(uintptr_t)buf, len, off, true)
		 : -EINVAL;
}

static long dev_mmap(struct file *f, struct task *t, struct vma *v)
{
	struct vfio_dev *d = granted(f->priv);

	(void)t;
	return d ? vfio_mmap(d, v) : -EINVAL;
}

/* Order of the checks: vfio_device_fops_unl_ioctl(), drivers/vfio/vfio_main.c
 */
static long dev_ioctl(struct file *f, struct task *t, uint32_t cmd,
		      uintptr_t arg)
{
	struct vfio_file *vf = f->priv;
	struct vfio_dev *d = granted(vf);

	if (cmd == VFIO_DEVICE_BIND_IOMMUFD)
		return vfio_bind(vf, t, arg);
	if (!d)
		return -EINVAL; /* nothing works before the bind */
	if (cmd == VFIO_DEVICE_RESET)
		return vfio_reset(d);
	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return vfio_device_info(d, arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return vfio_region_info(d, arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return vfio_irq_info(d, arg);
	case VFIO_DEVICE_SET_IRQS:
		return vfio_set_irqs(arg);
	case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
		return vfio_hot_reset_info(d, arg);
	case VFIO_DEVICE_PCI_HOT_RESET:
		return vfio_hot_reset(d, arg);
	case VFIO_DEVICE_ATTACH_IOMMUFD_PT:
		return vfio_attach(d, arg);
	case VFIO_DEVICE_DETACH_IOMMUFD_PT:
		return vfio_detach(d, arg);
	case VFIO_DEVICE_FEATURE:
		return vfio_feature(d, t, arg);
	default:
		return -ENOTTY;
	}
}

static void file_drop(struct vfio_file *vf)
{
	struct vfio_dev *d = vf->d;
	struct vfio_file **at = &d->files;

	while (*at != vf)
		at = &(*at)->next;
	*at = vf->next;
	kpool_put(&d->core->file_pool, vf);
	if (!d->p && !d->files)
		kpool_put(&d->core->pool, d);
}

static void dev_release(struct file *f)
{
	struct vfio_file *vf = f->priv;

	if (granted(vf))
		vfio_close(vf->d);
	file_drop(vf);
}

static const struct file_ops dev_ops = {
	.name = "vfio-device",
	.ioctl = dev_ioctl,
	.read = dev_read,
	.write = dev_write,
	.mmap = dev_mmap,
	.release = dev_release,
};

void vfio_file_set_kvm(struct file *f, void *kvm)
{
	if (f->ops == &dev_ops)
		((struct vfio_file *)f->priv)->kvm = kvm;
}

/*
 * The function left while its descriptors may be open: they stay and answer
 * -ENODEV to everything.
 */
static long gone_ioctl(struct file *f, struct task *t, uint32_t cmd,
		       uintptr_t arg)
{
	(void)f;
	(void)t;
	(void)cmd;
	(void)arg;
	return -ENODEV;
}

static long gone_read(struct file *f, struct task *t, void *buf, size_t len,
		      uint64_t off)
{
	(void)f;
	(void)t;
	(void)buf;
	(void)len;
	(void)off;
	return -ENODEV;
}

static long gone_write(struct file *f, struct task *t, const void *buf,
		       size_t len, uint64_t off)
{
	(void)f;
	(void)t;
	(void)buf;
	(void)len;
	(void)off;
	return -ENODEV;
}

static void gone_release(struct file *f)
{
	file_drop(f->priv);
}

static const struct file_ops gone_ops = {
	.name = "vfio-gone",
	.ioctl = gone_ioctl,
	.read = gone_read,
	.write = gone_write,
	.release = gone_release,
};

/*
 * A device opens any number of times; only one of them can be bound
 * (vfio_device_fops_cdev_open(), drivers/vfio/device_cdev.c).
 */
static long dev_open(void *ctx, struct task *t, const char *rest,
		     struct file *f)
{
	struct vfio_core *c = ctx;
	struct pci_dev *p;
	struct vfio_dev *d;
	struct vfio_file *vf;
	char *end;
	unsigned long n;

	(void)t;
	if (strncmp(rest, "vfio", 4) != 0 || rest[4] < '0' || rest[4] > '9')
		return -ENOENT;
	n = strtoul(rest + 4, &end, 10);
	p = *end || n > UINT32_MAX ? NULL : pci_find(c->pci, (uint32_t)n);
	d = p ? vfio_of(p) : NULL;
	if (!d)
		return -ENOENT;
	vf = kpool_get(&c->file_pool);
	if (!vf)
		return -ENOMEM;
	vf->d = d;
	vf->file = f;
	vf->next = d->files;
	d->files = vf;
	f->ops = &dev_ops;
	f->priv = vf;
	return 0;
}

/* --- the driver --- */

static int probe(void *ctx, struct pci_dev *p)
{
	struct vfio_core *c = ctx;
	struct vfio_dev *d = kpool_get(&c->pool);

	if (!d)
		return -ENOMEM;
	d->core = c;
	d->p = p;
	p->drv_data = d;
	return 0;
}

/*
 * OPEN: Linux's unbind waits until the user has closed. A surprise removal
 * cannot wait, and there is no thread that could: the device closes at once.
 */
static void remove_dev(void *ctx, struct pci_dev *p)
{
	struct vfio_dev *d = p->drv_data;
	struct vfio_core *c = ctx;

	vfio_close(d);
	for (struct vfio_file *f = d->files; f; f = f->next)
		f->file->ops = &gone_ops;
	d->p = NULL;
	if (!d->files)
		kpool_put(&c->pool, d);
}

int vfio_init(struct vfio_core *c, struct pci_host *pci,
	      struct iommufd_core *iommufd)
{
	const struct k_node n = { "/dev/vfio/devices/", dev_open, c };
	int ret;

	memset(c, 0, sizeof(*c));
	c->k = pci->k;
	c->pci = pci;
	c->iommufd = iommufd;
	kpool_init(&c->pool, c->k->arena, sizeof(struct vfio_dev), 0);
	kpool_init(&c->file_pool, c->k->arena, sizeof(struct vfio_file), 0);
	kpool_init(&c->buf_pool, c->k->arena, sizeof(struct dmabuf), 0);
	c->drv = (struct pci_driver){ "vfio-pci", probe, remove_dev, c };
	ret = pci_driver_register(pci, &c->drv);
	return ret ? ret : k_register(c->k, &n);
}
