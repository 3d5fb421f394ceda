/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How kvmtool and QEMU launch a realm, and what they make of its calls.
 * Source: Linux Documentation/virt/kvm/api.rst in "arm64: Support for Arm CCA
 * in KVM" v10; DEN0148
 */
#include "arch/cca/vmm.h"

#include <errno.h>
#include <string.h>

#include "arch/cca/uapi.h"
#include "base/bits.h"
#include "host/uapi/interlock_ext.h"
#include "host/uapi/kvm.h"

static long step(const struct vmm_launch_arg *a, uint64_t what, void *arg)
{
	struct kvm_enable_cap c = { .cap = KVM_CAP_ARM_RME,
				    .args = { what, (uintptr_t)arg } };

	return k_ioctl(a->t, a->vm_fd, KVM_ENABLE_CAP, (uintptr_t)&c);
}

static long init(const struct vmm_launch_arg *a)
{
	struct arm_rme_config hash = {
		.cfg = ARM_RME_CONFIG_HASH_ALGO,
		.hash_algo = ARM_RME_CONFIG_HASH_ALGO_SHA256,
	};
	struct arm_rme_config da = { .cfg = ARM_RME_CONFIG_DA,
				     .da = !a->no_devices };
	long ret = step(a, KVM_CAP_ARM_RME_CONFIG_REALM, &hash);

	return ret ? ret : step(a, KVM_CAP_ARM_RME_CONFIG_REALM, &da);
}

/* All of its memory is RAM to the realm; what has no content yet, comes. */
static long start(const struct vmm_launch_arg *a)
{
	struct arm_rme_init_ripas r = { .size = a->ram_size };
	long ret = step(a, KVM_CAP_ARM_RME_CREATE_REALM, NULL);

	return ret ? ret : step(a, KVM_CAP_ARM_RME_INIT_RIPAS_REALM, &r);
}

static long update(const struct vmm_launch_arg *a)
{
	struct kvm_arm_rmi_populate p = { .base = a->image->gpa,
					  .size = a->image->len,
					  .source_uaddr = a->uaddr };
	long ret;

	switch (a->image->kind) {
	case VMM_PAGE_NORMAL:
		p.flags = KVM_ARM_RMI_POPULATE_FLAGS_MEASURE;
		break;
	case VMM_PAGE_ZERO:
		return 0; /* that is what it is */
	case VMM_PAGE_SECRETS:
	case VMM_PAGE_CPUID:
		return -EINVAL;
	}
	/* The kernel says how far it came. */
	do
		ret = k_ioctl(a->t, a->vm_fd, KVM_ARM_RMI_POPULATE,
			      (uintptr_t)&p);
	while (!ret && p.size);
	return ret;
}

static long finish(const struct vmm_launch_arg *a)
{
	return step(a, KVM_CAP_ARM_RME_ACTIVATE_REALM, NULL);
}

/* --- calls --- */

static int set_state(const struct kvm_run *run, struct vmm_tsm_ask *ask)
{
	static const uint32_t state[] = {
		[RHI_DA_TDI_UNLOCKED] = IOMMU_TSM_TDI_UNLOCKED,
		[RHI_DA_TDI_LOCKED] = IOMMU_TSM_TDI_LOCKED,
		[RHI_DA_TDI_RUN] = IOMMU_TSM_TDI_RUN,
	};

	if (run->tvm_call.reg[1] >= COUNT(state))
		return -EINVAL;
	ask->op = IOMMU_TSM_OP_SET_TDI_STATE;
	ask->state = state[run->tvm_call.reg[1]];
	memcpy(ask->req, &ask->state, 4);
	ask->req_len = 4;
	return VMM_ASK_TSM;
}

/* Its MMIO is private before the kernel is asked to map it. */
static int validate(const struct kvm_run *run, struct vmm_tsm_ask *ask)
{
	const struct cca_validate_mmio_req q = {
		.gpa_base = run->tvm_call.reg[1],
		.gpa_top = run->tvm_call.reg[2],
		.pa_base = run->tvm_call.reg[3],
	};

	if (q.gpa_top <= q.gpa_base)
		return -EINVAL;
	ask->op = IOMMU_TSM_OP_VALIDATE_MMIO;
	ask->private_gpa = q.gpa_base;
	ask->private_len = q.gpa_top - q.gpa_base;
	memcpy(ask->req, &q, sizeof(q));
	ask->req_len = sizeof(q);
	return VMM_ASK_TSM;
}

static int request(const struct kvm_run *run, struct vmm_tsm_ask *ask)
{
	struct cca_da_req q = { .code = run->tvm_call.code };

	for (unsigned i = 0; i < COUNT(q.arg); i++)
		q.arg[i] = run->tvm_call.reg[1 + i];
	ask->op = IOMMU_TSM_OP_GUEST_REQ;
	memcpy(ask->req, &q, sizeof(q));
	ask->req_len = sizeof(q);
	return VMM_ASK_TSM;
}

static int features(struct kvm_run *run)
{
	run->tvm_call.reg[0] = RHI_DA_FEATURES_HAVE;
	return VMM_ASK_NONE;
}

static int cca_exit(struct task *t, uint64_t (*ram)(void *ctx, uint64_t gpa),
		    void *ram_ctx, struct kvm_run *run, struct vmm_tsm_ask *ask)
{
	(void)t;
	(void)ram;
	(void)ram_ctx;
	memset(ask, 0, sizeof(*ask));
	ask->arch = IOMMU_TSM_ARCH_CCA;
	ask->resp_cap = sizeof(struct cca_da_resp);
	ask->guest_rid = (uint32_t)run->tvm_call.reg[0];
	switch (run->tvm_call.code) {
	case RHI_DA_FEATURES:
		return features(run);
	case RHI_DA_VDEV_SET_TDI_STATE:
		return set_state(run, ask);
	case CCA_EXIT_DEV_MEM_MAP:
		return validate(run, ask);
	case CCA_EXIT_VDEV_REQUEST:
	case RHI_DA_OBJECT_SIZE:
	case RHI_DA_OBJECT_READ:
	case RHI_DA_VDEV_GET_MEASUREMENTS:
	case RHI_DA_VDEV_GET_INTERFACE_REPORT:
		return request(run, ask);
	default:
		return -EINVAL;
	}
}

/* The errno in RHI's words; a realm knows no other. */
static uint64_t status(long ret)
{
	switch (ret) {
	case 0:
		return RHI_DA_SUCCESS;
	case -ENODATA:
		return RHI_DA_DATA_NOT_AVAILABLE;
	case -ENODEV:
	case -ENXIO:
	case -ENOENT:
		return RHI_DA_INVALID_VDEV_ID;
	case -ERANGE:
		return RHI_DA_INVALID_OFFSET;
	case -EFAULT:
		return RHI_DA_ERROR_ACCESS_FAILED;
	case -EBUSY:
		return RHI_DA_ERROR_BUSY;
	case -EINVAL:
		return RHI_DA_ERROR_INPUT;
	default:
		return RHI_DA_ERROR_DEVICE;
	}
}

static void answer(struct kvm_run *run, const struct vmm_tsm_ask *ask, long ret,
		   uint64_t code)
{
	struct cca_da_resp a;

	(void)code;
	memcpy(&a, ask->resp, sizeof(a));
	run->tvm_call.ret = ret < 0 ? (uint64_t)-ret : 0;
	if (run->tvm_call.code == CCA_EXIT_DEV_MEM_MAP ||
	    run->tvm_call.code == CCA_EXIT_VDEV_REQUEST)
		return; /* yes or no */
	run->tvm_call.reg[0] = status(ret);
	run->tvm_call.reg[1] = ret < 0 ? 0 : a.value;
	run->tvm_call.ret = 0;
}

const struct vmm_launch cca_vmm_launch = {
	.name = "cca",
	.mmio_first = true,
	.vm_type = KVM_VM_TYPE_ARM_REALM,
	.init = init,
	.start = start,
	.update = update,
	.finish = finish,
	.exit = cca_exit,
	.answer = answer,
};
