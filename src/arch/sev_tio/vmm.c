/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How QEMU launches an SNP guest, and what it makes of the TIO exits.
 * Source: Linux Documentation/virt/kvm/x86/amd-memory-encryption.rst;
 * architectures.md B.2
 */
#include "arch/sev_tio/vmm.h"

#include <errno.h>
#include <string.h>

#include "arch/sev_tio/uapi.h"
#include "base/bits.h"
#include "host/uapi/interlock_ext.h"
#include "host/uapi/kvm.h"

static long op(const struct vmm_launch_arg *a, uint32_t id, void *data)
{
	struct kvm_sev_cmd c = { .id = id, .data = (uintptr_t)data };

	return k_ioctl(a->t, a->vm_fd, KVM_MEMORY_ENCRYPT_OP, (uintptr_t)&c);
}

static long init(const struct vmm_launch_arg *a)
{
	struct kvm_sev_init i = { .ghcb_version = 2 };

	return op(a, KVM_SEV_INIT2, &i);
}

static long start(const struct vmm_launch_arg *a)
{
	struct kvm_sev_snp_launch_start s = { .policy = a->policy };

	if (!s.policy)
		s.policy = SEV_POLICY_RSVD_ONE | SEV_POLICY_SMT;
	return op(a, KVM_SEV_SNP_LAUNCH_START, &s);
}

static uint8_t page_type(enum vmm_page kind)
{
	switch (kind) {
	case VMM_PAGE_NORMAL:
		break;
	case VMM_PAGE_ZERO:
		return KVM_SEV_SNP_PAGE_TYPE_ZERO;
	case VMM_PAGE_SECRETS:
		return KVM_SEV_SNP_PAGE_TYPE_SECRETS;
	case VMM_PAGE_CPUID:
		return KVM_SEV_SNP_PAGE_TYPE_CPUID;
	}
	return KVM_SEV_SNP_PAGE_TYPE_NORMAL;
}

static long update(const struct vmm_launch_arg *a)
{
	struct kvm_sev_snp_launch_update u = {
		.gfn_start = a->image->gpa / PAGE_4K,
		.uaddr = a->uaddr,
		.len = a->image->len,
		.type = page_type(a->image->kind),
	};

	long ret;

	/* The kernel says how far it came. */
	do
		ret = op(a, KVM_SEV_SNP_LAUNCH_UPDATE, &u);
	while (!ret && u.len);
	return ret;
}

static long finish(const struct vmm_launch_arg *a)
{
	struct kvm_sev_snp_launch_finish f = { 0 };

	return op(a, KVM_SEV_SNP_LAUNCH_FINISH, &f);
}

static int tio_op(const struct kvm_run *run, struct vmm_tsm_ask *ask)
{
	static const uint32_t state[] = {
		[SEV_TIO_OP_BIND] = IOMMU_TSM_TDI_LOCKED,
		[SEV_TIO_OP_UNBIND] = IOMMU_TSM_TDI_UNLOCKED,
		[SEV_TIO_OP_RUN] = IOMMU_TSM_TDI_RUN,
		[SEV_TIO_OP_STOP] = IOMMU_TSM_TDI_STOP,
	};
	uint64_t action = run->tvm_call.reg[SEV_REG_INFO1] >> 32;

	if (action >= COUNT(state))
		return -EINVAL;
	ask->op = IOMMU_TSM_OP_SET_TDI_STATE;
	ask->guest_rid = (uint32_t)run->tvm_call.reg[SEV_REG_INFO1];
	ask->state = state[action];
	memcpy(ask->req, &ask->state, 4);
	ask->req_len = 4;
	return VMM_ASK_TSM;
}

/* The message's type stands in its header in the clear. */
static int message_op(struct task *t, uint64_t uva, const struct kvm_run *run,
		      struct vmm_tsm_ask *ask)
{
	uint8_t type;

	if (!uva || k_load(t, uva + SEV_MSG_TYPE_OFF, &type, 1))
		return -EFAULT;
	ask->op = IOMMU_TSM_OP_GUEST_REQ;
	if (type == SEV_MSG_MMIO_VALIDATE) {
		ask->op = IOMMU_TSM_OP_VALIDATE_MMIO;
	} else if (type == SEV_MSG_SDTE_WRITE) {
		bool on = run->tvm_call.reg[SEV_REG_RDX] & SEV_PARAM_SDTE_VALID;

		ask->op = on ? IOMMU_TSM_OP_SEV_ENABLE_DMA
			     : IOMMU_TSM_OP_SEV_DISABLE_DMA;
		ask->says = on ? "tsm request: enable dma"
			       : "tsm request: disable dma";
	}
	return 0;
}

static void convert(const struct kvm_run *run, struct vmm_tsm_ask *ask)
{
	uint64_t p = run->tvm_call.reg[SEV_REG_RDX];

	if (ask->op != IOMMU_TSM_OP_VALIDATE_MMIO ||
	    !(p & SEV_PARAM_MMIO_PRIVATE))
		return;
	ask->private_gpa = p & SEV_PARAM_MMIO_GPA;
	ask->private_len = PAGE_4K << (field_get(SEV_PARAM_MMIO_ORDER, p) & 31);
}

static int sev_exit(struct task *t, uint64_t (*ram)(void *ctx, uint64_t gpa),
		    void *ram_ctx, struct kvm_run *run, struct vmm_tsm_ask *ask)
{
	struct sev_tio_req q = { .req_gpa = run->tvm_call.reg[SEV_REG_INFO1],
				 .rsp_gpa = run->tvm_call.reg[SEV_REG_INFO2],
				 .data_gpa = run->tvm_call.reg[SEV_REG_RAX],
				 .data_pages = run->tvm_call.reg[SEV_REG_RBX],
				 .param = run->tvm_call.reg[SEV_REG_RDX] };
	int ret;

	memset(ask, 0, sizeof(*ask));
	ask->arch = IOMMU_TSM_ARCH_SEV;
	ask->resp_cap = sizeof(struct sev_tio_resp);
	if (run->tvm_call.code == SEV_EXIT_TIO_OP)
		return tio_op(run, ask);
	if (run->tvm_call.code != SEV_EXIT_TIO_GUEST_REQ)
		return -EINVAL;
	ret = message_op(t, ram(ram_ctx, q.req_gpa), run, ask);
	if (ret)
		return ret;
	ask->guest_rid = (uint32_t)run->tvm_call.reg[SEV_REG_RCX];
	memcpy(ask->req, &q, sizeof(q));
	ask->req_len = sizeof(q);
	convert(run, ask);
	return VMM_ASK_TSM;
}

/* What the guest sees in EXITINFO2 when the host says no: the errno. */
static void answer(struct kvm_run *run, const struct vmm_tsm_ask *ask, long ret,
		   uint64_t code)
{
	struct sev_tio_resp a;

	(void)code;
	memcpy(&a, ask->resp, sizeof(a));
	run->tvm_call.ret = ret < 0 ? (uint64_t)-ret : 0;
	if (ret < 0)
		return;
	if (ask->op == IOMMU_TSM_OP_SET_TDI_STATE)
		run->tvm_call.reg[SEV_REG_RCX] = a.tdi_id;
	else
		run->tvm_call.reg[SEV_REG_RDX] = a.param;
}

const struct vmm_launch sev_tio_vmm_launch = {
	.name = "sev-tio",
	.vm_type = KVM_X86_SNP_VM,
	.init = init,
	.start = start,
	.update = update,
	.finish = finish,
	.exit = sev_exit,
	.answer = answer,
};
