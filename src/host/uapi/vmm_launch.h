/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_UAPI_VMM_LAUNCH_H
#define HOST_UAPI_VMM_LAUNCH_H

#include "host/uapi/kernel.h"

/*
 * What a VMM needs to know of one architecture: how its VMs are launched and
 * what its exits ask for. Declared here because VMM and architecture see the
 * user ABI alone. A table is in arch/<a>/vmm.c.
 */
enum vmm_page {
	VMM_PAGE_NORMAL,  /* measured content */
	VMM_PAGE_ZERO,	  /* zeroes, not loaded from memory */
	VMM_PAGE_SECRETS, /* firmware fills it */
	VMM_PAGE_CPUID,
};

/* One range of the initial guest image; multiples of 4 KiB. */
struct vmm_image {
	uint64_t gpa;
	uint64_t len;
	const uint8_t *data; /* NULL: zeroes */
	enum vmm_page kind;
};

struct vmm_launch_arg {
	struct task *t;
	int vm_fd;
	int vcpu_fd; /* -1: there is none yet */
	/* One range, and where its bytes stand in the task (k_mmap). */
	const struct vmm_image *image;
	uint64_t uaddr;
	uint64_t policy;
	uint64_t ram_size; /* all of the VM's memory, from GPA 0 */
	/* What the architecture wants of a VM that is to have devices, if it
	 * wants anything, is left out. */
	bool no_devices;
};

/* What an exit of the architecture wants. */
enum vmm_ask {
	VMM_ASK_NONE, /* answered: run on */
	VMM_ASK_TSM,  /* one IOMMU_VDEVICE_TSM_REQ */
};

struct vmm_tsm_ask {
	uint32_t guest_rid; /* of the function, as the guest names it */
	uint32_t op;
	const char *says; /* what it asks; NULL: what @op and @state say */
	uint32_t arch;
	uint32_t state; /* IOMMU_TSM_OP_SET_TDI_STATE */
	uint8_t req[256];
	uint32_t req_len;
	uint8_t resp[256];
	uint32_t resp_cap;
	/* MMIO that has to be private before the request is made. */
	uint64_t private_gpa;
	uint64_t private_len;
};

struct kvm_run;

struct vmm_launch {
	const char *name;
	uint64_t vm_type;
	/* Private BARs are taken out of the guest before an unlock that it did
	 * not ask for. */
	bool mmio_first;
	/*
	 * In this order: after KVM_CREATE_VM; after the slots of its memory
	 * are there; after KVM_CREATE_VCPU (may be NULL); for each range of
	 * the image; after the last.
	 */
	long (*init)(const struct vmm_launch_arg *a);
	long (*start)(const struct vmm_launch_arg *a);
	long (*vcpu)(const struct vmm_launch_arg *a);
	long (*update)(const struct vmm_launch_arg *a);
	long (*finish)(const struct vmm_launch_arg *a);
	/*
	 * A KVM_EXIT_TVM_CALL that the kernel left to us: enum vmm_ask. @ram
	 * turns a GPA of shared memory into an address of the task; 0: none.
	 */
	int (*exit)(struct task *t, uint64_t (*ram)(void *ctx, uint64_t gpa),
		    void *ram_ctx, struct kvm_run *run,
		    struct vmm_tsm_ask *ask);
	/* The request is over with @ret; put the answer into @run. */
	void (*answer)(struct kvm_run *run, const struct vmm_tsm_ask *ask,
		       long ret, uint64_t code);
};

#endif
