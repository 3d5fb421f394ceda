/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a VMM launches a TVM, and what it makes of the calls that the kernel
 * leaves to it. Source: QEMU's and kvmtool's patches beside the RFC "RISC-V
 * CoVE support" (2023): the image is measured region by region before the first
 * KVM_RUN; RISC-V KVM's SBI exits
 */
#include "arch/cove/vmm.h"

#include <errno.h>
#include <string.h>

#include "arch/cove/uapi.h"
#include "host/uapi/interlock_ext.h"
#include "host/uapi/kvm.h"

static long nothing(const struct vmm_launch_arg *a)
{
	(void)a;
	return 0;
}

static long update(const struct vmm_launch_arg *a)
{
	struct kvm_riscv_cove_measure_region m = {
		.userspace_addr = a->uaddr,
		.gpa = a->image->gpa,
		.size = a->image->len,
	};

	return k_ioctl(a->t, a->vm_fd, KVM_RISCV_COVE_MEASURE_REGION,
		       (uintptr_t)&m);
}

static long finish(const struct vmm_launch_arg *a)
{
	struct kvm_riscv_cove_finalize f = { 0 };

	return k_ioctl(a->t, a->vm_fd, KVM_RISCV_COVE_FINALIZE, (uintptr_t)&f);
}

static void set_state(struct vmm_tsm_ask *ask, uint32_t state)
{
	ask->op = IOMMU_TSM_OP_SET_TDI_STATE;
	ask->state = state;
	memcpy(ask->req, &state, 4);
	ask->req_len = 4;
}

static int host_call(const struct kvm_run *run, struct vmm_tsm_ask *ask)
{
	switch (run->tvm_call.reg[6]) {
	case COVE_HOST_BIND:
		set_state(ask, IOMMU_TSM_TDI_LOCKED);
		return VMM_ASK_TSM;
	case COVE_HOST_UNBIND:
		set_state(ask, IOMMU_TSM_TDI_UNLOCKED);
		return VMM_ASK_TSM;
	default:
		return -EINVAL;
	}
}

/* The TSM has the call itself: what is asked for is that messages are carried.
 */
static int covg(const struct kvm_run *run, struct vmm_tsm_ask *ask)
{
	switch (run->tvm_call.reg[6] & 0xffff) {
	case COVE_UAPI_COVG_START:
		set_state(ask, IOMMU_TSM_TDI_RUN);
		return VMM_ASK_TSM;
	case COVE_UAPI_COVG_STOP:
		set_state(ask, IOMMU_TSM_TDI_STOP);
		return VMM_ASK_TSM;
	case COVE_UAPI_COVG_GET_MEASUREMENTS:
	case COVE_UAPI_COVG_GET_REPORT:
	case COVE_UAPI_COVG_GET_STATE:
		ask->op = IOMMU_TSM_OP_GUEST_REQ;
		return VMM_ASK_TSM;
	default:
		return -EINVAL;
	}
}

static int cove_exit(struct task *t, uint64_t (*ram)(void *ctx, uint64_t gpa),
		     void *ram_ctx, struct kvm_run *run,
		     struct vmm_tsm_ask *ask)
{
	(void)t;
	(void)ram;
	(void)ram_ctx;
	memset(ask, 0, sizeof(*ask));
	ask->arch = IOMMU_TSM_ARCH_COVE;
	ask->resp_cap = sizeof(struct cove_tsm_resp);
	ask->guest_rid = (uint32_t)run->tvm_call.reg[0];
	switch (run->tvm_call.code) {
	case COVE_EID_HOST:
		return host_call(run, ask);
	case COVE_UAPI_EID_COVG:
		return covg(run, ask);
	default:
		return -EINVAL;
	}
}

/* In the answer of a call of ours: an SBI error, and for BIND the interface. */
static void answer(struct kvm_run *run, const struct vmm_tsm_ask *ask, long ret,
		   uint64_t code)
{
	struct cove_tsm_resp a;

	(void)code;
	memcpy(&a, ask->resp, sizeof(a));
	run->tvm_call.ret = ret < 0 ? (uint64_t)COVE_SBI_FAILED : 0;
	run->tvm_call.reg[1] = ret < 0 ? 0 : a.device_if_id;
}

const struct vmm_launch cove_vmm_launch = {
	.name = "cove-io",
	.vm_type = KVM_VM_TYPE_RISCV_COVE,
	.init = nothing,
	.start = nothing,
	.update = update,
	.finish = finish,
	.exit = cove_exit,
	.answer = answer,
};
