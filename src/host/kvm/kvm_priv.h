/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_KVM_KVM_PRIV_H
#define HOST_KVM_KVM_PRIV_H

#include "host/kvm/kvm.h"

#define KVM_VFIO_FILES 8

/* KVM_DEV_TYPE_VFIO */
struct kvm_dev {
	struct kvm_vm *vm;
	struct file *files[KVM_VFIO_FILES];
};

/* slots.c */
long slot_set(struct kvm_vm *vm, struct task *t, uint32_t cmd, uintptr_t arg);
void slots_clear(struct kvm_vm *vm);
void slots_gone(struct kvm_vm *vm, struct task *t, uint64_t addr, uint64_t len);

/* attrs.c */
long attrs_set(struct kvm_vm *vm, uintptr_t arg);
void attrs_clear(struct kvm_vm *vm);
long gmem_create(struct kvm_vm *vm, struct task *t, uintptr_t arg);

/* dev.c */
long kvm_dev_create(struct kvm_vm *vm, struct task *t, uintptr_t arg);

/* vcpu.c */
long vcpu_create(struct kvm_vm *vm, struct task *t, uint64_t id);

#endif
