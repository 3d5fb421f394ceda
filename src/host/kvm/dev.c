/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * KVM's VFIO device: keeps a VM's functions open.
 * Source: Linux 7.2 virt/kvm/vfio.c, kvm_main.c kvm_device_ioctl()
 */
#include <errno.h>
#include <string.h>

#include "host/kvm/kvm_priv.h"

static struct file **entry_of(struct kvm_dev *d, const struct file *f)
{
	for (unsigned i = 0; i < KVM_VFIO_FILES; i++)
		if (d->files[i] == f)
			return &d->files[i];
	return NULL;
}

static void give(struct kvm_dev *d, struct file **at, struct file *f)
{
	const struct kvm_core *c = d->vm->core;

	*at = k_file_get(f);
	if (c->file_kvm)
		c->file_kvm(f, d->vm);
}

static void take(struct kvm_dev *d, struct file **at)
{
	const struct kvm_core *c = d->vm->core;
	struct file *f = *at;

	*at = NULL;
	if (c->file_kvm)
		c->file_kvm(f, NULL);
	k_file_put(f);
}

static int file_add(struct kvm_dev *d, struct file *f)
{
	struct file **at;

	if (strcmp(f->ops->name, "vfio-device") != 0)
		return -EINVAL;
	if (entry_of(d, f))
		return -EEXIST;
	at = entry_of(d, NULL);
	if (!at)
		return -ENOMEM;
	give(d, at, f);
	return 0;
}

static int file_del(struct kvm_dev *d, struct file *f)
{
	struct file **at = entry_of(d, f);

	if (!at)
		return -ENOENT;
	take(d, at);
	return 0;
}

/* Linux does not look at the flags. */
static int set_attr(struct kvm_dev *d, struct task *t,
		    const struct kvm_device_attr *a)
{
	struct file *f;
	int32_t fd;
	int ret;

	if (a->attr != KVM_DEV_VFIO_FILE_ADD &&
	    a->attr != KVM_DEV_VFIO_FILE_DEL)
		return -ENXIO;
	ret = k_copy_in(t, &fd, a->addr, sizeof(fd));
	if (ret)
		return ret;
	f = k_fd_file(t, fd);
	if (!f)
		return -EBADF;
	return a->attr == KVM_DEV_VFIO_FILE_ADD ? file_add(d, f)
						: file_del(d, f);
}

static long dev_ioctl(struct file *f, struct task *t, uint32_t cmd,
		      uintptr_t arg)
{
	struct kvm_dev *d = f->priv;
	struct kvm_device_attr a;
	int ret;

	if (t != d->vm->task)
		return -EIO;
	if (cmd == KVM_GET_DEVICE_ATTR)
		return -EPERM; /* it has none to read */
	if (cmd != KVM_SET_DEVICE_ATTR && cmd != KVM_HAS_DEVICE_ATTR)
		return -ENOTTY;
	ret = k_copy_arg(&a, sizeof(a), arg);
	if (ret)
		return ret;
	if (a.group != KVM_DEV_VFIO_FILE)
		return -ENXIO;
	if (cmd == KVM_SET_DEVICE_ATTR)
		return set_attr(d, t, &a);
	return a.attr == KVM_DEV_VFIO_FILE_ADD ||
			       a.attr == KVM_DEV_VFIO_FILE_DEL
		       ? 0
		       : -ENXIO;
}

static void dev_release(struct file *f)
{
	struct kvm_dev *d = f->priv;
	struct kvm_core *c = d->vm->core;

	for (unsigned i = 0; i < KVM_VFIO_FILES; i++)
		if (d->files[i])
			take(d, &d->files[i]);
	d->vm->dev = NULL;
	k_file_put(d->vm->file);
	kpool_put(&c->dev_pool, d);
}

static const struct file_ops dev_ops = {
	.name = "kvm-vfio",
	.ioctl = dev_ioctl,
	.release = dev_release,
};

static long dev_new(struct kvm_vm *vm, struct task *t)
{
	struct kvm_dev *d = kpool_get(&vm->core->dev_pool);
	struct file *f = d ? k_file_new(vm->core->k, &dev_ops, d) : NULL;
	long fd;

	if (!f) {
		if (d)
			kpool_put(&vm->core->dev_pool, d);
		return -ENOMEM;
	}
	d->vm = vm;
	vm->dev = d;
	(void)k_file_get(vm->file);
	fd = k_fd_install(t, f);
	if (fd < 0)
		k_file_put(f);
	return fd;
}

/* Flags other than TEST are not looked at either. */
long kvm_dev_create(struct kvm_vm *vm, struct task *t, uintptr_t arg)
{
	struct kvm_create_device a;
	long fd = k_copy_arg(&a, sizeof(a), arg);

	if (fd)
		return fd;
	if (a.type != KVM_DEV_TYPE_VFIO)
		return -ENODEV;
	if (a.flags & KVM_CREATE_DEVICE_TEST)
		return 0;
	if (vm->dev)
		return -EBUSY;
	fd = dev_new(vm, t);
	if (fd < 0)
		return fd;
	a.fd = (uint32_t)fd;
	memcpy((void *)arg, &a, sizeof(a));
	return 0;
}
