/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_ARCH_CCA_HAZARD_REC_H
#define TEST_ARCH_CCA_HAZARD_REC_H

#include "host/kvm/kvm.h"

/* A vCPU that stands before the only one of @vm and waits, as its driver
 * believes, for the monitor's word about the function @vdev_id. */
void other_rec_in(struct kvm_vm *vm, uint64_t vdev_id);
void other_rec_out(struct kvm_vm *vm);

#endif
