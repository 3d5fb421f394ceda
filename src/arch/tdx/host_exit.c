/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TDH.VP.ENTER and what comes of it.
 * Source: Linux 7.3 arch/x86/kvm/vmx/tdx.c, tdx_vcpu_run(),
 * handle_tdvmcall(); Intel TDX GHCI 1.5
 */
#include <errno.h>
#include <string.h>

#include "arch/tdx/host_priv.h"

_Static_assert(TDX_CALL_TDCM == TDVMCALL_TDCM &&
		       TDX_CALL_REFUSED == TDVMCALL_INVALID_OPERAND &&
		       TDX_TDCM_OP_OFF == TDCM_OPERATION &&
		       TDX_TDCM_CHECK == (int)TDCM_OP_CHECK_TEEIO_SUPP &&
		       TDX_TDCM_BIND == (int)TDCM_OP_BIND &&
		       TDX_TDCM_UNBIND == (int)TDCM_OP_UNBIND &&
		       TDX_TDCM_REPORT == (int)TDCM_OP_GET_TDI_REPORT &&
		       TDX_TDCM_INFO == (int)TDCM_OP_GET_DEV_INFO &&
		       TDX_TDCM_START == (int)TDCM_OP_START,
	       "uapi.h and abi_guest.h agree on calls");

/* Registers of a call in struct vcpu_exit: R12 to R15, then R11 as answer. */
enum { R12, R13, R14, R15, R11_OUT };

/* --- in --- */

/* What the guest gets for its call; a fault is simply tried again. */
static struct tdx_regs enter_regs(const struct tdx_vcpu *c,
				  const struct vcpu_exit *x)
{
	struct tdx_regs r = { .rax = TDH_VP_ENTER, .rcx = c->tdvpr };

	if (x->kind != VCPU_EXIT_CALL || !x->done)
		return r;
	r.r10 = x->ret;
	r.r11 = x->reg[R11_OUT];
	r.r12 = x->reg[R12];
	r.r13 = x->reg[R13];
	r.r14 = x->reg[R14];
	r.r15 = x->reg[R15];
	return r;
}

/* --- out --- */

/*
 * A private address, or a shared one. One that no slot has is MMIO of the
 * VMM's, but the host sees no instruction that it could take apart: the guest
 * is entered again and tells by a call what it wants (#VE).
 */
static void ept_violation(struct kvm_vcpu *v, const struct tdx_regs *r)
{
	struct vcpu_exit *x = &v->exit;
	const uint64_t gpa = r->r8 & ~TDX_GPA_SHARED;

	x->private = !(r->r8 & TDX_GPA_SHARED);
	if (!x->private && !kvm_slot_at(v->vm, gpa)) {
		x->kind = VCPU_EXIT_NONE;
		return;
	}
	x->kind = VCPU_EXIT_FAULT;
	x->gpa = gpa;
	x->write = r->rcx & TDX_EQ_WRITE;
}

static void vmcall(struct vcpu_exit *x, const struct tdx_regs *r)
{
	if (!r->r10 && r->r11 == TDVMCALL_HLT) {
		x->kind = VCPU_EXIT_HALT;
		return;
	}
	x->kind = VCPU_EXIT_CALL;
	x->code = r->r10 ? UINT64_MAX : r->r11; /* no vendor's calls here */
	x->reg[R12] = r->r12;
	x->reg[R13] = r->r13;
	x->reg[R14] = r->r14;
	x->reg[R15] = r->r15;
}

int tdx_enter(void *ctx, struct kvm_vcpu *v)
{
	struct tdx_host *h = ctx;
	const struct tdx_vcpu *c = v->priv;
	struct tdx_regs r;
	uint64_t st;

	if (!c) /* an ordinary VM */
		return v->ops->run(v->ops_ctx, &v->exit) ? -EIO : 0;
	if (!c->tdvpr)
		return -EINVAL;
	r = enter_regs(c, &v->exit);
	st = tdx_call(h, &r);
	/* It did not enter: the guest waits for the same answer still. */
	if (st & TDX_ERROR_BIT)
		return TDX_STATUS(st) == TDX_OPERAND_BUSY ? -EAGAIN : -EIO;
	memset(&v->exit, 0, sizeof(v->exit));
	switch ((uint32_t)st) {
	case TDX_EXIT_TDCALL:
		vmcall(&v->exit, &r);
		return 0;
	case TDX_EXIT_EPT_VIOLATION:
		ept_violation(v, &r);
		return 0;
	case TDX_EXIT_HLT:
		v->exit.kind = VCPU_EXIT_HALT;
		return 0;
	case TDX_EXIT_TRIPLE_FAULT:
		v->exit.kind = VCPU_EXIT_SHUTDOWN;
		return 0;
	case TDX_EXIT_INTERRUPT:
		v->exit.kind = VCPU_EXIT_NONE;
		return 0;
	default:
		return -EIO;
	}
}

/* --- calls --- */

static int refuse(struct vcpu_exit *x, uint64_t why)
{
	x->ret = why;
	return KVM_NEXT_GUEST;
}

/* tdx_map_gpa(): the address says by its own bit what is wished. */
static int map_gpa(struct vcpu_exit *x, struct kvm_run *run)
{
	const uint64_t gpa = x->reg[R12] & ~TDX_GPA_SHARED;
	const uint64_t size = x->reg[R13];

	if ((gpa | size) % PAGE_4K)
		return refuse(x, TDVMCALL_ALIGN_ERROR);
	if (!size || gpa >= TDX_GPA_SHARED || size > TDX_GPA_SHARED - gpa)
		return refuse(x, TDVMCALL_INVALID_OPERAND);
	run->exit_reason = KVM_EXIT_HYPERCALL;
	memset(&run->hypercall, 0, sizeof(run->hypercall));
	run->hypercall.nr = KVM_HC_MAP_GPA_RANGE;
	run->hypercall.args[0] = gpa;
	run->hypercall.args[1] = size / PAGE_4K;
	run->hypercall.args[2] = x->reg[R12] & TDX_GPA_SHARED
					 ? KVM_MAP_GPA_RANGE_DECRYPTED
					 : KVM_MAP_GPA_RANGE_ENCRYPTED;
	return KVM_NEXT_USER;
}

/* tdx_emulate_mmio(): of shared addresses alone. */
static int mmio(struct vcpu_exit *x, struct kvm_run *run)
{
	const uint64_t size = x->reg[R12], gpa = x->reg[R14];

	if ((size != 1 && size != 2 && size != 4 && size != 8) ||
	    x->reg[R13] > 1 || !(gpa & TDX_GPA_SHARED) || gpa % size)
		return refuse(x, TDVMCALL_INVALID_OPERAND);
	run->exit_reason = KVM_EXIT_MMIO;
	memset(&run->mmio, 0, sizeof(run->mmio));
	run->mmio.phys_addr = gpa & ~TDX_GPA_SHARED;
	run->mmio.len = (uint32_t)size;
	run->mmio.is_write = (uint8_t)x->reg[R13];
	if (run->mmio.is_write)
		memcpy(run->mmio.data, &x->reg[R15], (size_t)size);
	return KVM_NEXT_USER;
}

static int tdcm(struct vcpu_exit *x, struct kvm_run *run)
{
	const uint64_t gpa = x->reg[R13];

	if (!(gpa & TDX_GPA_SHARED))
		return refuse(x, TDVMCALL_INVALID_OPERAND);
	run->exit_reason = KVM_EXIT_TVM_CALL;
	memset(&run->tvm_call, 0, sizeof(run->tvm_call));
	run->tvm_call.code = x->code;
	run->tvm_call.reg[TDX_REG_DEVID] = x->reg[R12];
	run->tvm_call.reg[TDX_REG_GPA] = gpa & ~TDX_GPA_SHARED;
	run->tvm_call.reg[TDX_REG_LEN] = x->reg[R14];
	run->tvm_call.reg[TDX_REG_VECTOR] = x->reg[R15];
	return KVM_NEXT_USER;
}

int tdx_kvm_call(void *ctx, struct kvm_vcpu *v, struct vcpu_exit *x,
		 struct kvm_run *run)
{
	(void)ctx;
	(void)v;
	switch (x->code) {
	case TDVMCALL_MAP_GPA:
		return map_gpa(x, run);
	case TDVMCALL_MMIO:
		return mmio(x, run);
	case TDVMCALL_TDCM:
		return tdcm(x, run);
	default:
		return refuse(x, TDVMCALL_INVALID_OPERAND);
	}
}

int tdx_call_complete(void *ctx, struct kvm_vcpu *v, struct vcpu_exit *x,
		      struct kvm_run *run)
{
	(void)ctx;
	(void)v;
	switch (x->code) {
	case TDVMCALL_MAP_GPA:
		x->ret = run->hypercall.ret ? TDVMCALL_INVALID_OPERAND : 0;
		x->reg[R11_OUT] = x->ret ? x->reg[R12] : 0; /* none was done */
		break;
	case TDVMCALL_MMIO:
		memcpy(&x->reg[R11_OUT], run->mmio.data, 8);
		break;
	default:
		x->ret = run->tvm_call.ret;
	}
	return KVM_NEXT_GUEST;
}

const struct kvm_rules tdx_kvm_rules = {
	.vm_types = 1u << KVM_X86_DEFAULT_VM | 1u << KVM_X86_TDX_VM,
	.vm_init = tdx_vm_init,
	.vm_fini = tdx_vm_fini,
	.enc_op = tdx_enc_op,
	.vcpu_ioctl = tdx_vcpu_ioctl,
	.vcpu_init = tdx_vcpu_init,
	.vcpu_fini = tdx_vcpu_fini,
	.prepare = tdx_prepare,
	.invalidate = tdx_invalidate,
	.resize = tdx_resize,
	.map = tdx_map,
	.zap = tdx_zap,
	.enter = tdx_enter,
	.call = tdx_kvm_call,
	.complete = tdx_call_complete,
};
