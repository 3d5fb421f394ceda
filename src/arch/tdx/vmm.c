/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How QEMU launches a TD, and what it makes of TDG.VP.VMCALL<TDCM>.
 * Source: Linux Documentation/virt/kvm/x86/intel-tdx.rst; QEMU
 * target/i386/kvm/tdx.c; architectures.md C.1
 */
#include "arch/tdx/vmm.h"

#include <errno.h>
#include <string.h>

#include "arch/tdx/uapi.h"
#include "base/bits.h"
#include "host/uapi/interlock_ext.h"
#include "host/uapi/kvm.h"

static long op(const struct vmm_launch_arg *a, int fd, uint32_t id,
	       uint32_t flags, uint64_t data)
{
	struct kvm_tdx_cmd c = { .id = id, .flags = flags, .data = data };

	return k_ioctl(a->t, fd, KVM_MEMORY_ENCRYPT_OP, (uintptr_t)&c);
}

/* Whatever this kernel and module have; a TD that asks for more has none. */
static long init(const struct vmm_launch_arg *a)
{
	struct kvm_tdx_capabilities caps = { 0 };
	struct kvm_tdx_init_vm i = { 0 };
	long ret = op(a, a->vm_fd, KVM_TDX_CAPABILITIES, 0, (uintptr_t)&caps);

	if (ret)
		return ret;
	i.xfam = caps.supported_xfam;
	if (!a->no_devices)
		i.reserved[0] = TDX_INIT_VM_CONNECT;
	return op(a, a->vm_fd, KVM_TDX_INIT_VM, 0, (uintptr_t)&i);
}

static long start(const struct vmm_launch_arg *a)
{
	(void)a; /* the TD is there since INIT_VM */
	return 0;
}

static long vcpu(const struct vmm_launch_arg *a)
{
	return op(a, a->vcpu_fd, KVM_TDX_INIT_VCPU, 0, 0);
}

static long update(const struct vmm_launch_arg *a)
{
	struct kvm_tdx_init_mem_region r = {
		.source_addr = a->uaddr,
		.gpa = a->image->gpa,
		.nr_pages = a->image->len / PAGE_4K,
	};
	long ret;

	/* The kernel says how far it came. */
	do
		ret = op(a, a->vcpu_fd, KVM_TDX_INIT_MEM_REGION,
			 KVM_TDX_MEASURE_MEMORY_REGION, (uintptr_t)&r);
	while (!ret && r.nr_pages);
	return ret;
}

static long finish(const struct vmm_launch_arg *a)
{
	return op(a, a->vm_fd, KVM_TDX_FINALIZE_VM, 0, 0);
}

static void ask_state(struct vmm_tsm_ask *ask, uint32_t state)
{
	ask->op = IOMMU_TSM_OP_SET_TDI_STATE;
	ask->state = state;
}

/* The operation is read once, from memory that the guest can write. */
static int tdx_exit(struct task *t, uint64_t (*ram)(void *ctx, uint64_t gpa),
		    void *ram_ctx, struct kvm_run *run, struct vmm_tsm_ask *ask)
{
	const uint64_t *reg = run->tvm_call.reg;
	const uint64_t uva = ram(ram_ctx, reg[TDX_REG_GPA]);
	struct tdx_req q = { .gpa = reg[TDX_REG_GPA], .len = reg[TDX_REG_LEN] };
	uint8_t what;

	memset(ask, 0, sizeof(*ask));
	if (run->tvm_call.code != TDX_CALL_TDCM || (q.gpa | q.len) % PAGE_4K ||
	    !q.len || !uva || k_load(t, uva + TDX_TDCM_OP_OFF, &what, 1))
		return -EINVAL;
	ask->arch = IOMMU_TSM_ARCH_TDX;
	ask->guest_rid = (uint32_t)reg[TDX_REG_DEVID];
	ask->op = IOMMU_TSM_OP_GUEST_REQ;
	q.what = what;
	if (what == TDX_TDCM_BIND)
		ask_state(ask, IOMMU_TSM_TDI_LOCKED);
	if (what == TDX_TDCM_UNBIND)
		ask_state(ask, IOMMU_TSM_TDI_UNLOCKED);
	if (what == TDX_TDCM_START)
		ask_state(ask, IOMMU_TSM_TDI_RUN);
	if (ask->op == IOMMU_TSM_OP_SET_TDI_STATE)
		q.what = ask->state;
	memcpy(ask->req, &q, sizeof(q));
	ask->req_len = sizeof(q);
	ask->resp_cap = sizeof(struct tdx_resp);
	return VMM_ASK_TSM;
}

/* A request that the kernel has answered in the guest's buffer is served. */
static void answer(struct kvm_run *run, const struct vmm_tsm_ask *ask, long ret,
		   uint64_t code)
{
	(void)ask;
	(void)code;
	run->tvm_call.ret = ret < 0 ? TDX_CALL_REFUSED : 0;
}

const struct vmm_launch tdx_vmm_launch = {
	.name = "tdx-connect",
	.vm_type = KVM_X86_TDX_VM,
	.init = init,
	.start = start,
	.vcpu = vcpu,
	.update = update,
	.finish = finish,
	.exit = tdx_exit,
	.answer = answer,
};
