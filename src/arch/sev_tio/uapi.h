/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_SEV_TIO_UAPI_H
#define ARCH_SEV_TIO_UAPI_H

#include <stdint.h>

/*
 * Linux's launch ioctls of SEV-SNP: what KVM_MEMORY_ENCRYPT_OP points to.
 * Source: Linux 7.3 arch/x86/include/uapi/asm/kvm.h
 */
#define KVM_SEV_INIT2		  22
#define KVM_SEV_SNP_LAUNCH_START  100
#define KVM_SEV_SNP_LAUNCH_UPDATE 101
#define KVM_SEV_SNP_LAUNCH_FINISH 102

struct kvm_sev_cmd {
	uint32_t id;
	uint32_t pad0;
	uint64_t data;
	uint32_t error; /* out: the PSP's status */
	uint32_t sev_fd;
};
_Static_assert(sizeof(struct kvm_sev_cmd) == 24, "uapi");

struct kvm_sev_init {
	uint64_t vmsa_features;
	uint32_t flags;
	uint16_t ghcb_version;
	uint16_t pad1;
	uint32_t pad2[8];
};
_Static_assert(sizeof(struct kvm_sev_init) == 48, "uapi");

struct kvm_sev_snp_launch_start {
	uint64_t policy;
	uint8_t gosvw[16];
	uint16_t flags;
	uint8_t pad0[6];
	uint64_t pad1[4];
};
_Static_assert(sizeof(struct kvm_sev_snp_launch_start) == 64, "uapi");

#define KVM_SEV_SNP_PAGE_TYPE_NORMAL	 1
#define KVM_SEV_SNP_PAGE_TYPE_ZERO	 3
#define KVM_SEV_SNP_PAGE_TYPE_UNMEASURED 4
#define KVM_SEV_SNP_PAGE_TYPE_SECRETS	 5
#define KVM_SEV_SNP_PAGE_TYPE_CPUID	 6

struct kvm_sev_snp_launch_update {
	uint64_t gfn_start;
	uint64_t uaddr;
	uint64_t len;
	uint8_t type;
	uint8_t pad0;
	uint16_t flags;
	uint32_t pad1;
	uint64_t pad2[4];
};
_Static_assert(sizeof(struct kvm_sev_snp_launch_update) == 64, "uapi");

struct kvm_sev_snp_launch_finish {
	uint64_t id_block_uaddr;
	uint64_t id_auth_uaddr;
	uint8_t id_block_en;
	uint8_t auth_key_en;
	uint8_t vcek_disabled;
	uint8_t host_data[32];
	uint8_t pad0[3];
	uint16_t flags;
	uint64_t pad1[4];
};
_Static_assert(sizeof(struct kvm_sev_snp_launch_finish) == 88, "uapi");

/*
 * What a VMM sees of a TIO exit (KVM_EXIT_TVM_CALL), as the guest put it into
 * the GHCB. The same numbers as in abi_guest.h, where the kernel and the guest
 * have them; host_kvm.c compares them.
 */
#define SEV_EXIT_TIO_GUEST_REQ UINT64_C(0x80000020)
#define SEV_EXIT_TIO_OP	       UINT64_C(0x80000021) /* info1: op << 32 | RID */
/* Where the GHCB's fields stand in kvm_run.tvm_call.reg. */
#define SEV_REG_INFO1	       0 /* EXITINFO1 */
#define SEV_REG_INFO2	       1
#define SEV_REG_RAX	       2
#define SEV_REG_RBX	       3
#define SEV_REG_RCX	       4 /* in and out */
#define SEV_REG_RDX	       5 /* in and out */
#define SEV_TIO_OP_BIND	       0
#define SEV_TIO_OP_UNBIND      1
#define SEV_TIO_OP_RUN	       2
#define SEV_TIO_OP_STOP	       3
#define SEV_MSG_TYPE_OFF       0x34 /* of the message header, in the clear */
#define SEV_MSG_MMIO_VALIDATE  21
#define SEV_MSG_SDTE_WRITE     25
#define SEV_PARAM_MMIO_GPA     UINT64_C(0x000ffffffffff000)
#define SEV_PARAM_MMIO_ORDER   UINT64_C(0xff0)
#define SEV_PARAM_MMIO_PRIVATE (UINT64_C(1) << 3)
#define SEV_PARAM_SDTE_VALID   (UINT64_C(1) << 0)
#define SEV_POLICY_SMT	       (UINT64_C(1) << 16)
#define SEV_POLICY_RSVD_ONE    (UINT64_C(1) << 17)

/* The request that goes with a guest's TIO exit (IOMMU_VDEVICE_TSM_REQ). */
struct sev_tio_req {
	uint64_t req_gpa; /* guest message pages, shared */
	uint64_t rsp_gpa;
	uint64_t data_gpa; /* where blobs go; 0 none */
	uint64_t data_pages;
	uint64_t param; /* RDX */
};
_Static_assert(sizeof(struct sev_tio_req) == 40, "uapi");

struct sev_tio_resp {
	uint64_t param;	     /* RDX for the guest */
	uint64_t data_pages; /* needed, when too few were given (-ENOSPC) */
	uint64_t tdi_id;     /* RCX after BIND */
	uint32_t fw_error;   /* the PSP's status, if it refused */
	uint32_t reserved;
};
_Static_assert(sizeof(struct sev_tio_resp) == 32, "uapi");

#endif
