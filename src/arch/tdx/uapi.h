/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_TDX_UAPI_H
#define ARCH_TDX_UAPI_H

#include <stdint.h>

/*
 * Linux's launch ioctls of TDX: what KVM_MEMORY_ENCRYPT_OP points to, of a VM
 * (VM) or of a vCPU (vCPU).
 * Source: Linux 7.3 arch/x86/include/uapi/asm/kvm.h,
 * Documentation/virt/kvm/x86/intel-tdx.rst
 */
#define KVM_TDX_CAPABILITIES	0 /* VM */
#define KVM_TDX_INIT_VM		1 /* VM; before any vCPU */
#define KVM_TDX_INIT_VCPU	2 /* vCPU; data: what RCX begins with */
#define KVM_TDX_INIT_MEM_REGION 3 /* vCPU */
#define KVM_TDX_FINALIZE_VM	4 /* VM */

struct kvm_tdx_cmd {
	uint32_t id;
	uint32_t flags;
	uint64_t data;
	uint64_t hw_error; /* in: 0; out: the module's status */
};
_Static_assert(sizeof(struct kvm_tdx_cmd) == 24, "uapi");

/* struct kvm_cpuid2 with no entry; here no CPUID bit can be chosen. */
struct tdx_cpuid2 {
	uint32_t nent;
	uint32_t padding;
};

struct kvm_tdx_capabilities {
	uint64_t supported_attrs;
	uint64_t supported_xfam;
	uint64_t kernel_tdvmcallinfo_1_r11;
	uint64_t user_tdvmcallinfo_1_r11;
	uint64_t kernel_tdvmcallinfo_1_r12;
	uint64_t user_tdvmcallinfo_1_r12;
	uint64_t reserved[250];
	struct tdx_cpuid2 cpuid;
};
_Static_assert(sizeof(struct kvm_tdx_capabilities) == 2056, "uapi");

struct kvm_tdx_init_vm {
	uint64_t attributes;
	uint64_t xfam;
	uint64_t mrconfigid[6];
	uint64_t mrowner[6];
	uint64_t mrownerconfig[6];
	uint64_t reserved[12];
	struct tdx_cpuid2 cpuid;
};
_Static_assert(sizeof(struct kvm_tdx_init_vm) == 264, "uapi");

#define KVM_TDX_MEASURE_MEMORY_REGION (1u << 0)

struct kvm_tdx_init_mem_region {
	uint64_t source_addr;
	uint64_t gpa;
	uint64_t nr_pages; /* what is not done yet comes back */
};
_Static_assert(sizeof(struct kvm_tdx_init_mem_region) == 24, "uapi");

/*
 * reserved[0] of kvm_tdx_init_vm: the TD may have devices (CONFIG_FLAGS of
 * TD_PARAMS). OPEN: Linux's struct has no place for CONFIG_FLAGS, which KVM
 * fills by itself, and no series that binds devices says who asks for the
 * flag. Chosen: the VMM does, for it is what the TD's owner sees measured.
 */
#define TDX_INIT_VM_CONNECT (UINT64_C(1) << 0)

/*
 * What a VMM sees of TDG.VP.VMCALL<TDCM> (KVM_EXIT_TVM_CALL): the leaf as code,
 * R12 to R15 as registers. The same numbers as in abi_guest.h, where kernel and
 * guest have them; host_kvm.c compares them.
 */
#define TDX_CALL_TDCM	 UINT64_C(0x10007)
#define TDX_REG_DEVID	 0
#define TDX_REG_GPA	 1 /* of the buffer; shared, without the bit */
#define TDX_REG_LEN	 2
#define TDX_REG_VECTOR	 3
#define TDX_CALL_REFUSED UINT64_C(0x8000000000000000) /* INVALID_OPERAND */
#define TDX_TDCM_OP_OFF	 0			      /* in the buffer */
#define TDX_TDCM_CHECK	 0
#define TDX_TDCM_BIND	 1
#define TDX_TDCM_UNBIND	 2
#define TDX_TDCM_REPORT	 3
#define TDX_TDCM_INFO	 4
#define TDX_TDCM_START	 5

/*
 * The request that goes with it (IOMMU_VDEVICE_TSM_REQ): a new state of the
 * TDI, or (IOMMU_TSM_OP_GUEST_REQ) one of TDX_TDCM_ above; the kernel puts the
 * answer into the guest's buffer. The first 4 bytes alone change the state
 * without anybody to answer.
 */
struct tdx_req {
	uint32_t what;
	uint32_t reserved;
	uint64_t gpa;
	uint64_t len;
};
_Static_assert(sizeof(struct tdx_req) == 24, "uapi");

struct tdx_resp {
	uint64_t hw_error; /* the module's status, if it refused */
};
_Static_assert(sizeof(struct tdx_resp) == 8, "uapi");

#endif
