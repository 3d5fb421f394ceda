/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_UAPI_H
#define ARCH_COVE_UAPI_H

#include <stdint.h>

#include "host/uapi/ioc.h"

/*
 * What a VMM sees of a CoVE host. Linux has merged none of it. Source: RFC
 * "RISC-V CoVE support" (A. Patra, April 2023), arch/riscv/include/uapi/asm/
 * kvm.h, include/uapi/linux/kvm.h; QEMU's and kvmtool's patches beside it.
 */

/* KVM_CREATE_VM. OPEN: a bit, not a number, so that KVM_CAP_VM_TYPES cannot
 * say it (the RFC and QEMU's tree use bits 9 and 10; here the RFC's). */
#define KVM_VM_TYPE_RISCV_COVE (UINT64_C(1) << 9)

/* Initial memory that is measured; before the first KVM_RUN. */
struct kvm_riscv_cove_measure_region {
	uint64_t userspace_addr;
	uint64_t gpa;
	uint64_t size;
};
_Static_assert(sizeof(struct kvm_riscv_cove_measure_region) == 24, "uapi");

#define KVM_RISCV_COVE_MEASURE_REGION \
	UAPI_IOR(0xae, 0xb5, struct kvm_riscv_cove_measure_region)

/*
 * OPEN: the RFC finalizes a TVM in its first KVM_RUN. What waits for the end of
 * the launch (guest_memfd's I/O mappings) must know when that is, so that it is
 * a step of its own here, with a number beside the one above.
 */
struct kvm_riscv_cove_finalize {
	uint64_t entry_pc;
	uint64_t entry_arg; /* GPA of the device tree, or 0 */
};
_Static_assert(sizeof(struct kvm_riscv_cove_finalize) == 16, "uapi");

#define KVM_RISCV_COVE_FINALIZE \
	UAPI_IOW(0xae, 0xb6, struct kvm_riscv_cove_finalize)

/*
 * What the kernel leaves to the VMM (KVM_EXIT_TVM_CALL): code is the SBI
 * extension (a7), reg[0] to reg[6] are a0 to a6; a6 is the function.
 *
 * COVG calls for which the host has to carry messages to a device. reg[0],
 * the device interface, is replaced by its guest RID: only the kernel knows
 * which vDevice the platform's identifier names.
 */
#define COVE_UAPI_EID_COVG		UINT64_C(0x434f5647)
#define COVE_UAPI_COVG_GET_TRANSCRIPT	1025
#define COVE_UAPI_COVG_GET_MEASUREMENTS 1026
#define COVE_UAPI_COVG_GET_REPORT	1027
#define COVE_UAPI_COVG_GET_STATE	1028
#define COVE_UAPI_COVG_START		1030
#define COVE_UAPI_COVG_STOP		1031

/*
 * OPEN: the specification has the host bind an interface before the TVM knows
 * of it, and has no call by which a TVM asks for it, or for the end of it.
 * A guest that locks its device when it wants to (as Linux's tsm/lock does)
 * needs one. Chosen: two functions in SBI's space for experiments, which KVM
 * hands to user space and a TSM forwards without looking. a0: the guest RID.
 * BIND answers the device interface's identifier in a1.
 * Source: RISC-V SBI 3.0, chapter 17, EID 0x08000000 to 0x08FFFFFF; Linux 7.3
 * arch/riscv/kvm/vcpu_sbi_replace.c, vcpu_sbi.c (experimental extension)
 */
#define COVE_EID_HOST	    UINT64_C(0x08494c00)
#define COVE_HOST_BIND	    0
#define COVE_HOST_UNBIND    1
#define COVE_SBI_FAILED	    (-1)
#define COVE_SBI_NO_SUPPORT (-2)

/* Answer to IOMMU_VDEVICE_TSM_REQ. */
struct cove_tsm_resp {
	uint64_t device_if_id; /* after LOCKED */
	int64_t sbi_error;     /* of the TSM, if it refused */
};
_Static_assert(sizeof(struct cove_tsm_resp) == 16, "uapi");

#endif
