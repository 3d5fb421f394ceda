/* SPDX-License-Identifier: BSD-2-Clause */
/* KVM_RUN: exits resolved here, or handed to user space. */
#include <errno.h>
#include <string.h>

#include "host/kvm/kvm_priv.h"

/* Exits without progress before a run gives up (law 54). */
#define RUN_MAX	    1000000u
#define SAME_FAULTS 128u

static long user_mmio(struct kvm_vcpu *v)
{
	const struct vcpu_exit *x = &v->exit;

	v->run.exit_reason = KVM_EXIT_MMIO;
	v->run.mmio.phys_addr = x->gpa;
	v->run.mmio.len = x->len;
	v->run.mmio.is_write = x->write;
	memset(v->run.mmio.data, 0, sizeof(v->run.mmio.data));
	if (x->write)
		memcpy(v->run.mmio.data, x->data, x->len);
	v->pending = KVM_PEND_MMIO;
	return 0;
}

static long user_fault(struct kvm_vcpu *v)
{
	v->run.exit_reason = KVM_EXIT_MEMORY_FAULT;
	v->run.memory_fault.flags =
		v->exit.private ? KVM_MEMORY_EXIT_FLAG_PRIVATE : 0;
	v->run.memory_fault.gpa = align_down(v->exit.gpa, PAGE_4K);
	v->run.memory_fault.size = PAGE_4K;
	return -EFAULT;
}

/* 1: run on. A fault that mapping does not cure goes to user space. */
static long nested_fault(struct kvm_vcpu *v, uint64_t *last, unsigned *same)
{
	struct vcpu_exit *x = &v->exit;
	int ret;

	*same = x->gpa == *last ? *same + 1 : 0;
	*last = x->gpa;
	ret = *same >= SAME_FAULTS
		      ? -EFAULT
		      : kvm_fault(v->vm, x->gpa, x->write, x->private);
	if (!ret)
		return 1;
	if (ret != -ENOENT)
		return user_fault(v);
	if (!x->len || x->len > sizeof(x->data))
		return -EIO; /* no instruction moves that much to MMIO */
	return user_mmio(v);
}

static bool launched(const struct kvm_vm *vm)
{
	return !kvm_secret(vm) || vm->launched;
}

/* 1: run on; else what KVM_RUN returns. */
static long handle(struct kvm_vcpu *v, uint64_t *last, unsigned *same)
{
	struct kvm_core *c = v->vm->core;
	int next;

	v->exit.done = false;
	switch (v->exit.kind) {
	case VCPU_EXIT_NONE:
		*same = 0;
		return 1;
	case VCPU_EXIT_FAULT:
		return nested_fault(v, last, same);
	case VCPU_EXIT_CALL:
		next = c->rules->call(c->rules_ctx, v, &v->exit, &v->run);
		if (next == KVM_NEXT_USER)
			v->pending = KVM_PEND_ARCH;
		v->exit.done = next == KVM_NEXT_GUEST;
		return next < 0 ? next : next == KVM_NEXT_GUEST;
	case VCPU_EXIT_HALT:
		v->run.exit_reason = KVM_EXIT_HLT;
		return 0;
	case VCPU_EXIT_SHUTDOWN:
		v->shut = true;
		v->run.exit_reason = KVM_EXIT_SHUTDOWN;
		return 0;
	}
	return -EIO;
}

/* Takes user space's answer. 1: run on; 0: another exit is waiting. */
static long answer(struct kvm_vcpu *v)
{
	struct kvm_core *c = v->vm->core;
	enum kvm_pending p = v->pending;
	int next;

	v->pending = KVM_PEND_NONE;
	switch (p) {
	case KVM_PEND_NONE:
		return 1;
	case KVM_PEND_MMIO:
		memcpy(v->exit.data, v->run.mmio.data, sizeof(v->exit.data));
		v->exit.done = true;
		return 1;
	case KVM_PEND_ARCH:
		next = c->rules->complete(c->rules_ctx, v, &v->exit, &v->run);
		if (next == KVM_NEXT_USER)
			v->pending = KVM_PEND_ARCH;
		v->exit.done = next == KVM_NEXT_GUEST;
		return next < 0 ? next : next == KVM_NEXT_GUEST;
	}
	return -EIO;
}

/* The task has a signal to take: kvm_handle_signal_exit(). */
static long user_signal(struct kvm_vcpu *v)
{
	v->run.exit_reason = KVM_EXIT_INTR;
	return -EINTR;
}

static int enter(struct kvm_vcpu *v)
{
	const struct kvm_core *c = v->vm->core;

	if (c->rules->enter)
		return c->rules->enter(c->rules_ctx, v);
	return v->ops->run(v->ops_ctx, &v->exit) ? -EIO : 0;
}

static long vcpu_run(struct kvm_vcpu *v)
{
	uint64_t last = UINT64_MAX;
	unsigned same = 0;
	long ret;

	if (!v->ops)
		return -ENOEXEC;
	if (!launched(v->vm))
		return -EINVAL; /* nothing to run is measured yet */
	if (v->shut) {
		v->run.exit_reason = KVM_EXIT_SHUTDOWN;
		return 0;
	}
	ret = answer(v);
	if (ret == 1 && v->run.immediate_exit)
		return -EINTR;
	for (unsigned n = 0; ret == 1 && n < RUN_MAX; n++) {
		if (k_interrupted(v->vm->core->k))
			return user_signal(v);
		ret = enter(v);
		if (ret)
			return ret;
		v->exits++;
		ret = handle(v, &last, &same);
	}
	return ret == 1 ? user_signal(v) : ret;
}

/*
 * Maps what stands behind a range, each page as its attribute says. The range
 * comes back without what was done; no error once a page was.
 * Source: Linux 7.2 kvm_vcpu_pre_fault_memory()
 */
static long pre_fault(struct kvm_vcpu *v, uintptr_t arg)
{
	struct kvm_pre_fault_memory a;
	bool some = false;
	int ret = k_copy_arg(&a, sizeof(a), arg);

	if (ret)
		return ret;
	if (a.flags || (a.gpa | a.size) % PAGE_4K || a.gpa + a.size <= a.gpa)
		return -EINVAL;
	if (!launched(v->vm))
		return -EOPNOTSUPP; /* it would upset the measurement */
	while (a.size && !ret) {
		ret = kvm_fault(v->vm, a.gpa, false, kvm_private(v->vm, a.gpa));
		if (ret)
			break;
		some = true;
		a.gpa += PAGE_4K;
		a.size -= PAGE_4K;
	}
	memcpy((void *)arg, &a, sizeof(a));
	return some ? 0 : ret;
}

static long vcpu_ioctl(struct file *f, struct task *t, uint32_t cmd,
		       uintptr_t arg)
{
	struct kvm_vcpu *v = f->priv;
	const struct kvm_core *c = v->vm->core;
	long ret;

	if (t != v->vm->task)
		return -EIO;
	switch (cmd) {
	case KVM_RUN:
		return arg ? -EINVAL : vcpu_run(v);
	case KVM_PRE_FAULT_MEMORY:
		return pre_fault(v, arg);
	default: /* kvm_arch_vcpu_ioctl() says EINVAL to what it lacks */
		ret = c->rules->vcpu_ioctl
			      ? c->rules->vcpu_ioctl(c->rules_ctx, v, t, cmd,
						     arg)
			      : -ENOTTY;
		return ret == -ENOTTY ? -EINVAL : ret;
	}
}

static long vcpu_mmap(struct file *f, struct task *t, struct vma *m)
{
	struct kvm_vcpu *v = f->priv;

	(void)t;
	if (m->off || m->len != PAGE_4K)
		return -EINVAL;
	m->kind = VMA_KERNEL;
	m->obj = &v->run_page;
	return 0;
}

static void vcpu_release(struct file *f)
{
	struct kvm_vcpu *v = f->priv;
	struct kvm_core *c = v->vm->core;
	struct file *vm = v->vm->file;

	if (c->rules->vcpu_fini)
		c->rules->vcpu_fini(c->rules_ctx, v);
	v->vm->vcpu[v->id] = NULL;
	v->vm->vcpus--;
	kpool_put(&c->vcpu_pool, v);
	k_file_put(vm);
}

static const struct file_ops vcpu_ops = {
	.name = "kvm-vcpu",
	.ioctl = vcpu_ioctl,
	.mmap = vcpu_mmap,
	.release = vcpu_release,
};

/* What the architecture has of it, and its file; all or nothing. */
static int vcpu_make(struct kvm_vcpu *v)
{
	struct kvm_core *c = v->vm->core;
	int ret =
		c->rules->vcpu_init ? c->rules->vcpu_init(c->rules_ctx, v) : 0;

	if (ret)
		return ret;
	v->file = k_file_new(c->k, &vcpu_ops, v);
	if (v->file)
		return 0;
	if (c->rules->vcpu_fini)
		c->rules->vcpu_fini(c->rules_ctx, v);
	return -ENOMEM;
}

long vcpu_create(struct kvm_vm *vm, struct task *t, uint64_t id)
{
	struct kvm_core *c = vm->core;
	struct kvm_vcpu *v;
	long fd;
	int ret;

	if (id >= KVM_VCPUS)
		return -EINVAL;
	if (vm->vcpu[id])
		return -EEXIST;
	v = kpool_get(&c->vcpu_pool);
	if (!v)
		return -ENOMEM;
	v->vm = vm;
	v->id = (uint32_t)id;
	ret = vcpu_make(v);
	if (ret) {
		kpool_put(&c->vcpu_pool, v);
		return ret;
	}
	if (c->guest)
		v->ops = c->guest(c->guest_ctx, v, &v->ops_ctx);
	vm->vcpu[id] = v;
	vm->vcpus++;
	(void)k_file_get(vm->file);
	fd = k_fd_install(t, v->file);
	if (fd < 0)
		k_file_put(v->file);
	return fd;
}
