/* SPDX-License-Identifier: BSD-2-Clause */
/* /dev/kvm and a VM's descriptor. */
#include "host/kvm/kvm.h"

#include <errno.h>
#include <string.h>

#include "host/kvm/kvm_priv.h"

/* --- a VM --- */

uint64_t kvm_attributes(const struct kvm_vm *vm)
{
	return !vm || kvm_secret(vm) ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0;
}

/*
 * What is not in the table is 0: not there. Of /dev/kvm (@vm NULL) the most
 * that any VM can have. guest_memfd's flags (MMAP, INIT_SHARED) are not there.
 * Source: Linux 7.2 kvm_vm_ioctl_check_extension_generic()
 */
static long check_extension(const struct kvm_core *c, const struct kvm_vm *vm,
			    uint64_t cap)
{
	switch (cap) {
	case KVM_CAP_USER_MEMORY:
	case KVM_CAP_USER_MEMORY2:
	case KVM_CAP_SYNC_MMU:
	case KVM_CAP_DESTROY_MEMORY_REGION_WORKS:
	case KVM_CAP_JOIN_MEMORY_REGIONS_WORKS:
	case KVM_CAP_READONLY_MEM:
	case KVM_CAP_DEVICE_CTRL:
	case KVM_CAP_CHECK_EXTENSION_VM:
	case KVM_CAP_IMMEDIATE_EXIT:
	case KVM_CAP_MEMORY_FAULT_INFO:
	case KVM_CAP_GUEST_MEMFD:
	case KVM_CAP_PRE_FAULT_MEMORY:
		return 1;
	case KVM_CAP_NR_MEMSLOTS:
		return KVM_SLOTS;
	case KVM_CAP_NR_VCPUS:
	case KVM_CAP_MAX_VCPUS:
	case KVM_CAP_MAX_VCPU_ID:
		return KVM_VCPUS;
	case KVM_CAP_EXIT_HYPERCALL:
		return 1 << KVM_HC_MAP_GPA_RANGE;
	case KVM_CAP_MEMORY_ATTRIBUTES:
		return (long)kvm_attributes(vm);
	case KVM_CAP_VM_TYPES:
		return c->rules->vm_types;
	default:
		return c->rules->extension
			       ? c->rules->extension(c->rules_ctx, vm, cap)
			       : 0;
	}
}

static long vm_arch_ioctl(struct kvm_vm *vm, struct task *t, uint32_t cmd,
			  uintptr_t arg)
{
	const struct kvm_core *c = vm->core;

	if (cmd == KVM_MEMORY_ENCRYPT_OP && c->rules->enc_op)
		return c->rules->enc_op(c->rules_ctx, vm, t, arg);
	return c->rules->ioctl ? c->rules->ioctl(c->rules_ctx, vm, t, cmd, arg)
			       : -ENOTTY;
}

static long vm_ioctl(struct file *f, struct task *t, uint32_t cmd,
		     uintptr_t arg)
{
	struct kvm_vm *vm = f->priv;

	if (t != vm->task)
		return -EIO; /* a VM belongs to one address space */
	switch (cmd) {
	case KVM_SET_USER_MEMORY_REGION:
	case KVM_SET_USER_MEMORY_REGION2:
		return slot_set(vm, t, cmd, arg);
	case KVM_SET_MEMORY_ATTRIBUTES:
		return attrs_set(vm, arg);
	case KVM_CREATE_GUEST_MEMFD:
		return gmem_create(vm, t, arg);
	case KVM_CREATE_VCPU:
		return vcpu_create(vm, t, arg);
	case KVM_CHECK_EXTENSION:
		return check_extension(vm->core, vm, arg);
	case KVM_CREATE_DEVICE:
		return kvm_dev_create(vm, t, arg);
	default:
		return vm_arch_ioctl(vm, t, cmd, arg);
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

static long kvm_ioctl(struct file *f, struct task *t, uint32_t cmd,
		      uintptr_t arg)
{
	struct kvm_core *c = f->priv;

	switch (cmd) {
	case KVM_GET_API_VERSION:
		return arg ? -EINVAL : KVM_API_VERSION;
	case KVM_CREATE_VM:
		return vm_create(c, t, arg);
	case KVM_CHECK_EXTENSION:
		return check_extension(c, NULL, arg);
	case KVM_GET_VCPU_MMAP_SIZE:
		return arg ? -EINVAL : (long)PAGE_4K; /* kvm_run alone */
	default:
		return -EINVAL; /* kvm_arch_dev_ioctl() */
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

static void mm_gone(void *ctx, struct task *t, uint64_t addr, uint64_t len)
{
	struct kvm_core *c = ctx;

	for (struct kvm_vm *vm = c->vms; vm; vm = vm->next)
		slots_gone(vm, t, addr, len);
}

/* A VM that something else still holds has nobody's memory any more. */
static void mm_exit(void *ctx, struct task *t)
{
	struct kvm_core *c = ctx;

	for (struct kvm_vm *vm = c->vms; vm; vm = vm->next)
		if (vm->task == t)
			vm->task = NULL;
}

int kvm_init(struct kvm_core *c, struct kernel *k,
	     const struct kvm_rules *rules, void *rules_ctx)
{
	const struct k_node n = { "/dev/kvm", kvm_open, c };
	const struct k_mm_watch w = { mm_gone, mm_exit, c };
	int ret;

	memset(c, 0, sizeof(*c));
	c->k = k;
	c->rules = rules;
	c->rules_ctx = rules_ctx;
	kpool_init(&c->vm_pool, k->arena, sizeof(struct kvm_vm), KVM_VMS);
	kpool_init(&c->vcpu_pool, k->arena, sizeof(struct kvm_vcpu), 0);
	kpool_init(&c->gmem_pool, k->arena, sizeof(struct gmem), 0);
	kpool_init(&c->dev_pool, k->arena, sizeof(struct kvm_dev), 0);
	ret = k_mm_watch(k, &w);
	return ret ? ret : k_register(k, &n);
}
