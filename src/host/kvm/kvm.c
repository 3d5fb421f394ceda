/* SPDX-License-Identifier: BSD-2-Clause */
/* /dev/kvm and a VM's descriptor. */
#include "host/kvm/kvm.h"

#include <errno.h>
#include <string.h>

#include "host/kvm/kvm_priv.h"

/* --- the VFIO device: keeps a VM's functions open --- */

static void give(struct kvm_dev *d, unsigned i, struct file *f)
{
	const struct kvm_core *c = d->vm->core;

	d->files[i] = k_file_get(f);
	if (c->file_kvm)
		c->file_kvm(f, d->vm);
}

static void take(struct kvm_dev *d, unsigned i)
{
	const struct kvm_core *c = d->vm->core;
	struct file *f = d->files[i];

	d->files[i] = NULL;
	if (c->file_kvm)
		c->file_kvm(f, NULL);
	k_file_put(f);
}

static long vfio_attr(struct file *f, struct task *t, uint32_t cmd,
		      uintptr_t arg)
{
	struct kvm_dev *d = f->priv;
	struct kvm_device_attr a;
	struct file *vf;
	int32_t fd;
	int ret;

	if (cmd != KVM_SET_DEVICE_ATTR)
		return -ENOTTY;
	memcpy(&a, (const void *)arg, sizeof(a));
	if (a.group != KVM_DEV_VFIO_FILE || a.flags)
		return -ENXIO;
	ret = k_copy_in(t, &fd, a.addr, sizeof(fd));
	if (ret)
		return ret;
	vf = k_fd_file(t, fd);
	if (!vf || strcmp(vf->ops->name, "vfio-device") != 0)
		return -EBADF;
	for (unsigned i = 0; i < KVM_VFIO_FILES; i++)
		if (d->files[i] == vf) {
			if (a.attr != KVM_DEV_VFIO_FILE_DEL)
				return -EEXIST;
			take(d, i);
			return 0;
		}
	if (a.attr != KVM_DEV_VFIO_FILE_ADD)
		return a.attr == KVM_DEV_VFIO_FILE_DEL ? -ENOENT : -ENXIO;
	for (unsigned i = 0; i < KVM_VFIO_FILES; i++)
		if (!d->files[i]) {
			give(d, i, vf);
			return 0;
		}
	return -ENOSPC;
}

static void dev_release(struct file *f)
{
	struct kvm_dev *d = f->priv;
	struct kvm_core *c = d->vm->core;

	for (unsigned i = 0; i < KVM_VFIO_FILES; i++)
		if (d->files[i])
			take(d, i);
	k_file_put(d->vm->file);
	kpool_put(&c->dev_pool, d);
}

static const struct file_ops dev_ops = {
	.name = "kvm-vfio",
	.ioctl = vfio_attr,
	.release = dev_release,
};

static long dev_create(struct kvm_vm *vm, struct task *t, uintptr_t arg)
{
	struct kvm_create_device *a = (struct kvm_create_device *)arg;
	struct kvm_dev *d;
	struct file *f;
	long fd;

	if (a->type != KVM_DEV_TYPE_VFIO || a->flags)
		return -ENODEV;
	d = kpool_get(&vm->core->dev_pool);
	f = d ? k_file_new(vm->core->k, &dev_ops, d) : NULL;
	if (!f) {
		if (d)
			kpool_put(&vm->core->dev_pool, d);
		return -ENOMEM;
	}
	d->vm = vm;
	(void)k_file_get(vm->file);
	fd = k_fd_install(t, f);
	if (fd < 0) {
		k_file_put(f);
		return fd;
	}
	a->fd = (uint32_t)fd;
	return 0;
}

/* --- a VM --- */

static long vm_ioctl(struct file *f, struct task *t, uint32_t cmd,
		     uintptr_t arg)
{
	struct kvm_vm *vm = f->priv;
	struct kvm_core *c = vm->core;

	if (t != vm->task)
		return -EIO; /* a VM belongs to one address space */
	switch (cmd) {
	case KVM_SET_USER_MEMORY_REGION2:
		return slot_set(vm, t, arg);
	case KVM_SET_MEMORY_ATTRIBUTES:
		return attrs_set(vm, arg);
	case KVM_CREATE_GUEST_MEMFD:
		return gmem_create(vm, t, arg);
	case KVM_CREATE_VCPU:
		return vcpu_create(vm, t, (uint32_t)arg);
	case KVM_CREATE_DEVICE:
		return dev_create(vm, t, arg);
	case KVM_MEMORY_ENCRYPT_OP:
		return c->rules->enc_op(c->rules_ctx, vm, t, arg);
	default:
		return -ENOTTY;
	}
}

/*
 * vCPUs, guest_memfds, vIOMMUs and KVM devices each hold the VM, so nothing
 * of it is in use here; functions bound to it hold it by their vIOMMU
 * (law 50).
 */
static void vm_release(struct file *f)
{
	struct kvm_vm *vm = f->priv, **at = &vm->core->vms;
	struct kvm_core *c = vm->core;

	slots_clear(vm);
	attrs_clear(vm);
	c->rules->vm_fini(c->rules_ctx, vm);
	while (*at != vm)
		at = &(*at)->next;
	*at = vm->next;
	kpool_put(&c->vm_pool, vm);
}

static const struct file_ops vm_ops = {
	.name = "kvm-vm",
	.ioctl = vm_ioctl,
	.release = vm_release,
};

struct kvm_vm *kvm_from_file(const struct file *f)
{
	return f && f->ops == &vm_ops ? f->priv : NULL;
}

static void vm_add(struct kvm_core *c, struct kvm_vm *vm, struct task *t)
{
	vm->core = c;
	vm->task = t;
	vm->number = ++c->count;
	vm->next = c->vms;
	c->vms = vm;
}

static long vm_create(struct kvm_core *c, struct task *t, uint64_t type)
{
	struct kvm_vm *vm = kpool_get(&c->vm_pool);
	int ret;
	long fd;

	if (!vm)
		return -ENOMEM;
	vm->type = type;
	vm->core = c;
	ret = c->rules->vm_init(c->rules_ctx, vm, type);
	if (ret) {
		kpool_put(&c->vm_pool, vm);
		return ret;
	}
	vm->file = k_file_new(c->k, &vm_ops, vm);
	if (!vm->file) {
		c->rules->vm_fini(c->rules_ctx, vm);
		kpool_put(&c->vm_pool, vm);
		return -ENOMEM;
	}
	vm_add(c, vm, t);
	fd = k_fd_install(t, vm->file);
	if (fd < 0)
		k_file_put(vm->file);
	return fd;
}

static long check_extension(uint64_t cap)
{
	switch (cap) {
	case KVM_CAP_MEMORY_FAULT_INFO:
	case KVM_CAP_GUEST_MEMFD:
		return 1;
	case KVM_CAP_MEMORY_ATTRIBUTES:
		return KVM_MEMORY_ATTRIBUTE_PRIVATE;
	case KVM_CAP_VM_TYPES:
		return 1 << KVM_X86_DEFAULT_VM | 1 << KVM_X86_SNP_VM;
	default:
		return 0;
	}
}

static long kvm_ioctl(struct file *f, struct task *t, uint32_t cmd,
		      uintptr_t arg)
{
	struct kvm_core *c = f->priv;

	switch (cmd) {
	case KVM_GET_API_VERSION:
		return KVM_API_VERSION;
	case KVM_CREATE_VM:
		return vm_create(c, t, arg);
	case KVM_CHECK_EXTENSION:
		return check_extension(arg);
	case KVM_GET_VCPU_MMAP_SIZE:
		return PAGE_4K;
	default:
		return -ENOTTY;
	}
}

static const struct file_ops kvm_ops = { .name = "kvm", .ioctl = kvm_ioctl };

static long kvm_open(void *ctx, struct task *t, const char *rest,
		     struct file *f)
{
	(void)t;
	if (*rest)
		return -ENOENT;
	f->ops = &kvm_ops;
	f->priv = ctx;
	return 0;
}

int kvm_init(struct kvm_core *c, struct kernel *k,
	     const struct kvm_rules *rules, void *rules_ctx)
{
	const struct k_node n = { "/dev/kvm", kvm_open, c };

	memset(c, 0, sizeof(*c));
	c->k = k;
	c->rules = rules;
	c->rules_ctx = rules_ctx;
	kpool_init(&c->vm_pool, k->arena, sizeof(struct kvm_vm), KVM_VMS);
	kpool_init(&c->vcpu_pool, k->arena, sizeof(struct kvm_vcpu), 0);
	kpool_init(&c->gmem_pool, k->arena, sizeof(struct gmem), 0);
	kpool_init(&c->dev_pool, k->arena, sizeof(struct kvm_dev), 0);
	return k_register(k, &n);
}
