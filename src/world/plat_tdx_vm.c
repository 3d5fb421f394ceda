/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "mem/s2.h"
#include "world/plat_tdx.h"

/*
 * Who runs in a VM of this platform: a TD's program, entered by the module;
 * its accesses and its TDCALLs go there. An ordinary VM has the host's tables.
 */

/* Pages that matter to TD and module, and to TD and host. */
#define G_HASH UINT64_C(0x4000)
#define G_BUF  UINT64_C(0x10000)

static bool view_of(const struct world_vm *vm, struct tdx_vm_view *v)
{
	const struct kvm_vcpu *kv = world_vm_vcpu(vm);

	return kv && !tdx_host_view(kv->vm, v);
}

static uint64_t tdvpr_of(const struct world_vm *vm)
{
	struct tdx_vm_view v;

	return view_of(vm, &v) ? v.tdvpr : 0;
}

uint32_t tdx_plat_owner(const struct world_vm *vm)
{
	struct tdx_vm_view v;

	return view_of(vm, &v) && v.tdr ? v.hkid : 0;
}

/* --- entered by the module --- */

static struct world_vm *vm_of(struct world *w, uint64_t tdvpr)
{
	for (unsigned i = 0; i < WORLD_VMS; i++)
		if (w->vm[i].name[0] && tdvpr_of(&w->vm[i]) == tdvpr)
			return &w->vm[i];
	return NULL;
}

enum il_err tdx_plat_run(void *ctx, uint64_t tdvpr, enum tdx_leave_kind *out)
{
	static const enum tdx_leave_kind leave[] = {
		[VCPU_EXIT_NONE] = TDX_LEAVE_INTR,
		[VCPU_EXIT_FAULT] = TDX_LEAVE_FAULT,
		[VCPU_EXIT_CALL] = TDX_LEAVE_CALL,
		[VCPU_EXIT_HALT] = TDX_LEAVE_HALT,
		[VCPU_EXIT_SHUTDOWN] = TDX_LEAVE_OFF,
	};
	struct world_vm *vm = vm_of(ctx, tdvpr);
	struct tdx_plat_vm *p = vm ? vm->plat : NULL;
	enum il_err err;

	if (!p)
		return IL_E_STATE;
	/* No answer to take: the module has it for whoever calls again. */
	p->exit = (struct vcpu_exit){ .kind = VCPU_EXIT_NONE };
	err = world_vcpu_run(&vm->vcpu, &p->exit);
	*out = leave[p->exit.kind];
	return err;
}

/* --- accesses --- */

static enum il_err plain_access(struct world_vm *vm,
				const struct tdx_vm_view *v, uint64_t gpa,
				void *buf, uint32_t len, bool write,
				struct fault *f)
{
	const struct s2_cpu c = {
		.m = &vm->w->mem,
		.fmt = &tdx_pt_ept,
		.root = v->ept,
		.levels = v->ept_levels,
	};

	return s2_access(&c, gpa, buf, len, write, false, f);
}

/*
 * What a guest's handler of #VE does: a call in place of the instruction that
 * reached an address which is nobody's memory. Source: Intel TDX GHCI 1.5,
 * #VE.RequestMMIO; Linux arch/x86/coco/tdx/tdx.c, handle_mmio()
 */
static bool is_mmio(const struct world_vm *vm, uint64_t gpa, uint32_t len)
{
	const struct kvm_vcpu *kv = world_vm_vcpu(vm);

	return (len == 1 || len == 2 || len == 4 || len == 8) && kv &&
	       !kvm_slot_at(kv->vm, gpa);
}

static enum il_err ve(struct world_vm *vm, void *buf, uint32_t len, bool write)
{
	struct tdx_plat_vm *p = vm->plat;
	struct tdx_regs r = p->ve_regs;
	enum il_err err = tdx_plat_tdcall(&vm->vcpu, &r);
	uint8_t b[8];

	p->ve = err == IL_E_AGAIN;
	if (err)
		return err;
	if (r.rax || r.r10)
		return IL_E_AUTH; /* nobody there: the guest gives up */
	tdx_put_u64(b, 0, r.r11);
	if (!write)
		memcpy(buf, b, len);
	return IL_OK;
}

static void ve_begin(struct tdx_plat_vm *p, uint64_t gpa, const void *buf,
		     uint32_t len, bool write)
{
	uint8_t b[8] = { 0 };

	if (write)
		memcpy(b, buf, len);
	p->ve_regs = (struct tdx_regs){
		.rax = TDG_VP_VMCALL,
		.rcx = TDVMCALL_REGS,
		.r11 = TDVMCALL_MMIO,
		.r12 = len,
		.r13 = write,
		.r14 = gpa | TDX_GPA_SHARED,
		.r15 = tdx_u64(b, 0),
	};
}

static enum il_err td_access(struct world_vm *vm, uint64_t tdvpr, uint64_t gpa,
			     void *buf, uint32_t len, bool write, bool priv,
			     struct fault *f)
{
	struct tdx_plat *p = vm->w->plat_ctx;
	struct tdx_plat_vm *g = vm->plat;
	enum il_err err;

	if (g->ve)
		return ve(vm, buf, len, write);
	err = tdx_fw_access(p->fw, tdvpr, gpa, priv, buf, len, write, f);
	f->addr &= ~TDX_GPA_SHARED;
	if (err == IL_E_AGAIN && !priv && is_mmio(vm, gpa, len)) {
		ve_begin(g, gpa, buf, len, write);
		return ve(vm, buf, len, write);
	}
	if (err == IL_E_IO) { /* the TD takes the exception */
		world_refused(vm->w, f);
		return IL_E_AUTH;
	}
	return err == IL_E_AGAIN ? IL_E_IO : err;
}

enum il_err tdx_plat_access(struct world_vm *vm, uint64_t gpa, void *buf,
			    uint32_t len, bool write, bool priv,
			    struct fault *f)
{
	struct tdx_vm_view v;

	if (!view_of(vm, &v))
		return IL_E_STATE;
	return v.tdr ? td_access(vm, v.tdvpr, gpa, buf, len, write, priv, f)
		     : plain_access(vm, &v, gpa, buf, len, write, f);
}

/* --- TDCALL --- */

static enum il_err leave(struct world_vcpu *v, const struct fault *f)
{
	const struct vcpu_exit call = { .kind = VCPU_EXIT_CALL };

	return f->rule ? world_vcpu_fault(v, f, f->addr, PAGE_4K, f->write,
					  true, NULL)
		       : world_vcpu_exit(v, &call);
}

enum il_err tdx_plat_tdcall(struct world_vcpu *v, struct tdx_regs *r)
{
	struct world *w = v->vm->w;
	struct tdx_plat *p = w->plat_ctx;
	const uint64_t leaf = r->rax;
	struct fault f = { 0 };
	enum il_err err;

	tdx_plat_note(w, v->vm, r);
	tdx_fw_time(p->fw, w->now_ns);
	err = tdx_fw_tdcall(p->fw, tdvpr_of(v->vm), r, &f);
	if (err == IL_E_AGAIN)
		return leave(v, &f);
	if (err)
		return err;
	world_called(w, WORLD_GUEST_FW, tdx_tdg_name(leaf),
		     tdx_plat_status(r->rax));
	v->same = 0;
	return IL_OK;
}

static enum il_err g_tdcall(void *ctx, struct tdx_regs *r)
{
	struct world_vcpu *v = ctx;
	const struct tdx_regs asked = *r;
	enum il_err err = tdx_plat_tdcall(v, r);

	if (err == IL_E_AGAIN && tdx_evidence_asks(v->vm, &asked))
		swap_asks(v->vm);
	if (!err && tdx_evidence_there(v->vm, &asked))
		swap_answers(v->vm);
	return err;
}

/* --- the TD's driver --- */

enum il_err tdx_plat_guest(struct world_vm *vm, struct guest_cfg *cfg)
{
	struct tdx_plat_vm *p = vm->plat;
	struct tdx_guest_cfg g = {
		.crypto = &vm->w->crypto_guest,
		.env = &vm->w->env,
		.map = { .buf = G_BUF, .hash = G_HASH },
		.pages = vm->ram / PAGE_4K,
		.now_s = vm->w->cfg.now_s +
			 (int64_t)(vm->w->now_ns / 1000000000u),
	};

	if (p)
		tdx_guest_fini(&p->guest);
	else
		p = ARENA_NEW(&vm->arena, struct tdx_plat_vm);
	if (p && !p->page)
		p->page = ARENA_ARRAY(&vm->arena, uint8_t, g.pages);
	if (!p || !p->page)
		return IL_E_NOMEM;
	vm->plat = p;
	p->ve = false;
	p->insn = (struct tdx_guest_insn){
		.ctx = &vm->vcpu,
		.read = world_vcpu_read,
		.write = world_vcpu_write,
		.tdcall = g_tdcall,
	};
	memset(p->page, TDX_PAGE_FRESH, g.pages);
	p->page[0] = TDX_PAGE_OURS; /* what the TD was launched with */
	g.page = p->page;
	g.insn = &p->insn;
	tdx_guest_init(&p->guest, &g);
	cfg->arch = &tdx_guest_ops;
	cfg->arch_ctx = &p->guest;
	return IL_OK;
}

void tdx_plat_guest_fini(struct world_vm *vm)
{
	struct tdx_plat_vm *p = vm->plat;

	if (p)
		tdx_guest_fini(&p->guest);
}
