/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_UAPI_KVM_H
#define HOST_UAPI_KVM_H

#include <stdint.h>

#include "host/uapi/ioc.h"

/*
 * KVM's user ABI, as far as the host services serve it. Numbers and layouts
 * are Linux's. Source: Linux 7.3 include/uapi/linux/kvm.h
 */
#define KVMIO 0xae

#define KVM_API_VERSION 12

/* /dev/kvm */
#define KVM_GET_API_VERSION    UAPI_IO(KVMIO, 0x00)
#define KVM_CREATE_VM	       UAPI_IO(KVMIO, 0x01) /* arg: VM type */
#define KVM_CHECK_EXTENSION    UAPI_IO(KVMIO, 0x03) /* arg: capability */
#define KVM_GET_VCPU_MMAP_SIZE UAPI_IO(KVMIO, 0x04)

/* A VM */
#define KVM_CREATE_VCPU UAPI_IO(KVMIO, 0x41) /* arg: vCPU id */
#define KVM_SET_USER_MEMORY_REGION \
	UAPI_IOW(KVMIO, 0x46, struct kvm_userspace_memory_region)
#define KVM_SET_USER_MEMORY_REGION2 \
	UAPI_IOW(KVMIO, 0x49, struct kvm_userspace_memory_region2)
#define KVM_MEMORY_ENCRYPT_OP UAPI_IOC(3, KVMIO, 0xba, 8)
#define KVM_SET_MEMORY_ATTRIBUTES \
	UAPI_IOW(KVMIO, 0xd2, struct kvm_memory_attributes)
#define KVM_CREATE_GUEST_MEMFD \
	UAPI_IOWR(KVMIO, 0xd4, struct kvm_create_guest_memfd)
#define KVM_CREATE_DEVICE UAPI_IOWR(KVMIO, 0xe0, struct kvm_create_device)

/* A vCPU */
#define KVM_RUN		     UAPI_IO(KVMIO, 0x80)
#define KVM_PRE_FAULT_MEMORY UAPI_IOWR(KVMIO, 0xd5, struct kvm_pre_fault_memory)

/* A KVM device */
#define KVM_SET_DEVICE_ATTR UAPI_IOW(KVMIO, 0xe1, struct kvm_device_attr)
#define KVM_GET_DEVICE_ATTR UAPI_IOW(KVMIO, 0xe2, struct kvm_device_attr)
#define KVM_HAS_DEVICE_ATTR UAPI_IOW(KVMIO, 0xe3, struct kvm_device_attr)

#define KVM_X86_DEFAULT_VM 0
#define KVM_X86_SNP_VM	   4
#define KVM_X86_TDX_VM	   5
/* On each architecture: a VM without secrets. Linux has no common name. */
#define KVM_VM_ORDINARY 0

#define KVM_CAP_USER_MEMORY		    3
#define KVM_CAP_NR_VCPUS		    9
#define KVM_CAP_NR_MEMSLOTS		    10
#define KVM_CAP_SYNC_MMU		    16
#define KVM_CAP_DESTROY_MEMORY_REGION_WORKS 21
#define KVM_CAP_JOIN_MEMORY_REGIONS_WORKS   30
#define KVM_CAP_MAX_VCPUS		    66
#define KVM_CAP_READONLY_MEM		    81
#define KVM_CAP_DEVICE_CTRL		    89
#define KVM_CAP_CHECK_EXTENSION_VM	    105
#define KVM_CAP_MAX_VCPU_ID		    128
#define KVM_CAP_IMMEDIATE_EXIT		    136
#define KVM_CAP_EXIT_HYPERCALL		    201
#define KVM_CAP_USER_MEMORY2		    231
#define KVM_CAP_MEMORY_FAULT_INFO	    232
#define KVM_CAP_MEMORY_ATTRIBUTES	    233
#define KVM_CAP_GUEST_MEMFD		    234
#define KVM_CAP_VM_TYPES		    235
#define KVM_CAP_PRE_FAULT_MEMORY	    236
#define KVM_CAP_GUEST_MEMFD_FLAGS	    244

#define KVM_MEM_LOG_DIRTY_PAGES (1u << 0)
#define KVM_MEM_READONLY	(1u << 1)
#define KVM_MEM_GUEST_MEMFD	(1u << 2)

struct kvm_userspace_memory_region {
	uint32_t slot;
	uint32_t flags;
	uint64_t guest_phys_addr;
	uint64_t memory_size;
	uint64_t userspace_addr;
};
_Static_assert(sizeof(struct kvm_userspace_memory_region) == 32, "uapi");

struct kvm_userspace_memory_region2 {
	uint32_t slot;
	uint32_t flags;
	uint64_t guest_phys_addr;
	uint64_t memory_size; /* 0 deletes the slot */
	uint64_t userspace_addr;
	uint64_t guest_memfd_offset;
	uint32_t guest_memfd;
	uint32_t pad1;
	uint64_t pad2[14];
};
_Static_assert(sizeof(struct kvm_userspace_memory_region2) == 160, "uapi");

#define KVM_MEMORY_ATTRIBUTE_PRIVATE (UINT64_C(1) << 3)

struct kvm_memory_attributes {
	uint64_t address;
	uint64_t size;
	uint64_t attributes;
	uint64_t flags;
};
_Static_assert(sizeof(struct kvm_memory_attributes) == 32, "uapi");

struct kvm_create_guest_memfd {
	uint64_t size;
	uint64_t flags;
	uint64_t reserved[6];
};
_Static_assert(sizeof(struct kvm_create_guest_memfd) == 64, "uapi");

/* What is not done yet comes back in gpa and size. */
struct kvm_pre_fault_memory {
	uint64_t gpa;
	uint64_t size;
	uint64_t flags;
	uint64_t padding[5];
};
_Static_assert(sizeof(struct kvm_pre_fault_memory) == 64, "uapi");

#define KVM_CREATE_DEVICE_TEST 1u /* only: would it work */

#define KVM_DEV_TYPE_VFIO     4
#define KVM_DEV_VFIO_FILE     1
#define KVM_DEV_VFIO_FILE_ADD 1
#define KVM_DEV_VFIO_FILE_DEL 2

struct kvm_create_device {
	uint32_t type;
	uint32_t fd; /* out */
	uint32_t flags;
};
_Static_assert(sizeof(struct kvm_create_device) == 12, "uapi");

struct kvm_device_attr {
	uint32_t flags;
	uint32_t group;
	uint64_t attr;
	uint64_t addr;
};
_Static_assert(sizeof(struct kvm_device_attr) == 24, "uapi");

#define KVM_EXIT_UNKNOWN	0
#define KVM_EXIT_HYPERCALL	3
#define KVM_EXIT_HLT		5
#define KVM_EXIT_MMIO		6
#define KVM_EXIT_SHUTDOWN	8
#define KVM_EXIT_INTR		10
#define KVM_EXIT_INTERNAL_ERROR 17
#define KVM_EXIT_MEMORY_FAULT	39

#define KVM_MEMORY_EXIT_FLAG_PRIVATE (UINT64_C(1) << 3)

/* KVM_EXIT_HYPERCALL: {gpa, pages, flags}; the VMM answers in ret */
#define KVM_HC_MAP_GPA_RANGE	     12
#define KVM_MAP_GPA_RANGE_PAGE_SZ_2M (1u << 0)
#define KVM_MAP_GPA_RANGE_ENCRYPTED  (1u << 4)
#define KVM_MAP_GPA_RANGE_DECRYPTED  0u

/* What a vCPU's mmap() shows; the union sits at byte 32. */
struct kvm_run {
	uint8_t request_interrupt_window;
	uint8_t immediate_exit;
	uint8_t padding1[6];
	uint32_t exit_reason;
	uint8_t ready_for_interrupt_injection;
	uint8_t if_flag;
	uint16_t flags;
	uint64_t cr8;
	uint64_t apic_base;
	union {
		struct {
			uint64_t nr;
			uint64_t args[6];
			uint64_t ret;
			uint64_t flags;
		} hypercall;
		struct {
			uint64_t phys_addr;
			uint8_t data[8];
			uint32_t len;
			uint8_t is_write;
		} mmio;
		struct {
			uint64_t flags;
			uint64_t gpa;
			uint64_t size;
		} memory_fault;
		/* KVM_EXIT_TVM_CALL, an extension (interlock_ext.h) */
		struct {
			uint64_t code;
			uint64_t reg[8]; /* in and out, as the call says */
			uint64_t ret;	 /* out: what the guest gets; 0 ok */
		} tvm_call;
		char padding[256];
	};
	uint64_t kvm_valid_regs;
	uint64_t kvm_dirty_regs;
	char s[2048];
};
_Static_assert(sizeof(struct kvm_run) == 2352, "uapi");

#endif
