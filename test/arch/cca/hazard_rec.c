/* SPDX-License-Identifier: BSD-2-Clause */
#include "hazard_rec.h"

#include "arch/cca/host_priv.h"

static struct kvm_vcpu other;
static struct cca_rec rec;

void other_rec_in(struct kvm_vm *vm, uint64_t vdev_id)
{
	other = *vm->vcpu[0];
	rec = (struct cca_rec){ .rec = 0x1000,
				.reason = RMI_EXIT_VDEV_REQUEST,
				.vdev_id = vdev_id };
	other.priv = &rec;
	vm->vcpu[1] = vm->vcpu[0];
	vm->vcpu[0] = &other;
}

void other_rec_out(struct kvm_vm *vm)
{
	vm->vcpu[0] = vm->vcpu[1];
	vm->vcpu[1] = NULL;
}
