/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_UAPI_H
#define ARCH_CCA_UAPI_H

#include <stdint.h>

#include "host/uapi/ioc.h"

/*
 * How Linux launches a realm, and what a VMM sees of a realm's calls.
 * Source: "arm64: Support for Arm CCA in KVM", v7 to v11 (2025): one
 * capability with steps. OPEN: from v12 on (December 2025) there is
 * KVM_ARM_RMI_POPULATE alone, and KVM makes and activates the realm by itself
 * when it is first needed; here the steps are the VMM's, so that what comes
 * between them (a function that is attached) can be said.
 */
#define KVM_VM_TYPE_ARM_REALM	    0x100 /* bits 11:8; IPA bits in 7:0 */
#define KVM_VM_TYPE_ARM_MASK	    0xf00
#define KVM_VM_TYPE_ARM_IPA_SIZE(n) (n)
#define KVM_VM_TYPE_ARM_IPA_MASK    0xff

struct kvm_enable_cap {
	uint32_t cap;
	uint32_t flags;
	uint64_t args[4];
	uint8_t pad[64];
};
_Static_assert(sizeof(struct kvm_enable_cap) == 104, "uapi");
#define KVM_ENABLE_CAP UAPI_IOW(0xae, 0xa3, struct kvm_enable_cap)

/* v10's number. args[0] is the step, args[1] points to its argument. */
#define KVM_CAP_ARM_RME			 243
#define KVM_CAP_ARM_RME_CONFIG_REALM	 0
#define KVM_CAP_ARM_RME_CREATE_REALM	 1
#define KVM_CAP_ARM_RME_INIT_RIPAS_REALM 2
#define KVM_CAP_ARM_RME_ACTIVATE_REALM	 4

#define ARM_RME_CONFIG_RPV	 0
#define ARM_RME_CONFIG_HASH_ALGO 1
/*
 * Functions may be bound to the realm. OPEN: Linux's device assignment series
 * sets the flag for each realm, with a note that this is for now; a realm whose
 * owner wants no device is another realm to who attests it, so it is the VMM's
 * to say. The number is ours.
 */
#define ARM_RME_CONFIG_DA 0x494c0001u

#define ARM_RME_CONFIG_HASH_ALGO_SHA256 0
#define ARM_RME_CONFIG_HASH_ALGO_SHA512 1
#define ARM_RME_CONFIG_RPV_SIZE		64

struct arm_rme_config {
	uint32_t cfg;
	union {
		uint8_t rpv[ARM_RME_CONFIG_RPV_SIZE];
		uint32_t hash_algo;
		uint32_t da; /* 0, 1 */
		uint8_t reserved[256];
	};
};
_Static_assert(sizeof(struct arm_rme_config) == 260, "uapi");

struct arm_rme_init_ripas {
	uint64_t base;
	uint64_t size;
	uint64_t reserved[2];
};
_Static_assert(sizeof(struct arm_rme_init_ripas) == 32, "uapi");

/*
 * Bytes of the task become the realm's. What is left of it comes back in the
 * argument. v12's, because v10's step of that name cannot say where they are.
 */
struct kvm_arm_rmi_populate {
	uint64_t base;
	uint64_t size;
	uint64_t source_uaddr;
	uint32_t flags;
	uint32_t reserved;
};
_Static_assert(sizeof(struct kvm_arm_rmi_populate) == 32, "uapi");
#define KVM_ARM_RMI_POPULATE		   UAPI_IOWR(0xae, 0xd7, struct kvm_arm_rmi_populate)
#define KVM_ARM_RMI_POPULATE_FLAGS_MEASURE (1u << 0)

/*
 * A realm's calls in kvm_run.tvm_call. RSI_HOST_CALL: code is what gprs[0] was,
 * reg[i] gprs[1 + i]; answered in reg[0] (status) and reg[1] (value). Linux has
 * KVM_EXIT_HYPERCALL for it, registers by KVM_GET_ONE_REG.
 * Source: Realm Host Interface, DEN0148; Linux "coco/TSM: Arm CCA guest TSM
 * driver" v3 (2026), arch/arm64/include/asm/rhi.h
 */
#define RHI_DA_FEATURES			 UINT64_C(0xc500004b)
#define RHI_DA_OBJECT_SIZE		 UINT64_C(0xc500004c) /* vdev, object */
#define RHI_DA_OBJECT_READ		 UINT64_C(0xc500004d)
#define RHI_DA_VDEV_CONTINUE		 UINT64_C(0xc5000051)
#define RHI_DA_VDEV_GET_MEASUREMENTS	 UINT64_C(0xc5000052)
#define RHI_DA_VDEV_GET_INTERFACE_REPORT UINT64_C(0xc5000053)
#define RHI_DA_VDEV_SET_TDI_STATE	 UINT64_C(0xc5000054) /* vdev, state */
#define RHI_DA_VDEV_ABORT		 UINT64_C(0xc5000056)

/* Bits of RHI_DA_FEATURES: the calls above that this host has. */
#define RHI_DA_FEATURES_HAVE UINT64_C(0x3b)

/*
 * Objects. OPEN: the series numbers VCA 4 and the others from 1; the RMM's
 * own numbers (VCA 0) are followed here, as DEN0148 does.
 */
#define RHI_DA_OBJECT_VCA    0
#define RHI_DA_OBJECT_CERT   1
#define RHI_DA_OBJECT_MEAS   2
#define RHI_DA_OBJECT_REPORT 3

#define RHI_DA_TDI_UNLOCKED 0
#define RHI_DA_TDI_LOCKED   1
#define RHI_DA_TDI_RUN	    2

#define RHI_DA_SUCCESS		   0
#define RHI_DA_INCOMPLETE	   1
#define RHI_DA_DATA_NOT_AVAILABLE  2
#define RHI_DA_INVALID_VDEV_ID	   3
#define RHI_DA_INVALID_OBJECT	   4
#define RHI_DA_ERROR_INPUT	   5
#define RHI_DA_ERROR_DEVICE	   6
#define RHI_DA_INVALID_OFFSET	   7
#define RHI_DA_ERROR_ACCESS_FAILED 8
#define RHI_DA_ERROR_BUSY	   9

/* rhi_vdev_measurement_params, in shared memory of the realm. */
#define RHI_MEAS_FLAGS 0x0   /* u64; bit 0 raw */
#define RHI_MEAS_NONCE 0x100 /* 32 bytes */
#define RHI_MEAS_LEN   0x200

/*
 * KVM_EXIT_ARM64_TIO, whose nr is the REC exit's reason: reg holds vdev_id,
 * gpa_base, gpa_top, pa_base; tvm_call.ret is the response, 0 accepts.
 * Source: Linux "CCA device assignment" v4, v7 (2026)
 */
#define CCA_EXIT_VDEV_REQUEST UINT64_C(8)
#define CCA_EXIT_DEV_MEM_MAP  UINT64_C(9)

/*
 * The request that goes with such a call (IOMMU_VDEVICE_TSM_REQ,
 * IOMMU_TSM_OP_GUEST_REQ, IOMMU_TSM_OP_VALIDATE_MMIO). The kernel itself puts
 * objects where the realm wants them.
 */
struct cca_da_req {
	uint64_t code;	 /* as tvm_call.code */
	uint64_t arg[5]; /* OBJECT_READ: object, gpa, length, offset */
};
_Static_assert(sizeof(struct cca_da_req) == 48, "uapi");

struct cca_validate_mmio_req {
	uint64_t gpa_base;
	uint64_t gpa_top;
	uint64_t pa_base;
};
_Static_assert(sizeof(struct cca_validate_mmio_req) == 24, "uapi");

struct cca_da_resp {
	uint64_t value;	  /* size of an object, or bytes that were read */
	uint64_t rmi;	  /* RMI result of a refusal, or 0 */
	uint64_t granule; /* that keeps an UNLOCK from happening, or 0 */
};
_Static_assert(sizeof(struct cca_da_resp) == 24, "uapi");

#endif
