/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tdx/fw_priv.h"

#include "base/assert.h"

/*
 * A vCPU inside: entry and exit, what it loads and stores, what it calls.
 * Source: TDX module 1.5 source (tdh_vp_enter, tdg_*); Intel TDX GHCI 1.5
 */

/* --- entry and exit --- */

static void take_answer(struct fw_vp *vp, const struct tdx_regs *r)
{
	if (vp->call != FW_CALL_OUT)
		return;
	vp->answer = *r;
	vp->call = FW_CALL_ANSWERED;
}

static uint64_t *reg(struct tdx_regs *r, unsigned n)
{
	uint64_t *const at[] = { &r->r10, &r->r11, &r->r12,
				 &r->r13, &r->r14, &r->r15 };

	return at[n - 10];
}

/* Registers that the guest lets through, and nothing else of @from. */
static void pass(struct tdx_regs *to, const struct tdx_regs *from,
		 uint64_t mask)
{
	struct tdx_regs f = *from;

	for (unsigned n = 10; n < 16; n++)
		if (mask & UINT64_C(1) << n)
			*reg(to, n) = *reg(&f, n);
}

static uint64_t exit_of(const struct fw_vp *vp, enum tdx_leave_kind how,
			struct tdx_regs *r)
{
	*r = (struct tdx_regs){ 0 };
	switch (how) {
	case TDX_LEAVE_CALL:
		r->rcx = vp->out.rcx;
		pass(r, &vp->out, vp->out.rcx);
		return TDX_EXIT_TDCALL;
	case TDX_LEAVE_FAULT:
		r->rcx = vp->fault_write ? TDX_EQ_WRITE : TDX_EQ_READ;
		r->rdx = vp->eeq;
		r->r8 = vp->fault_gpa;
		return TDX_EXIT_EPT_VIOLATION;
	case TDX_LEAVE_HALT:
		return TDX_EXIT_HLT;
	case TDX_LEAVE_OFF:
		return TDX_EXIT_TRIPLE_FAULT;
	case TDX_LEAVE_INTR:
		break;
	}
	return TDX_EXIT_INTERRUPT;
}

uint64_t tdxm_vp_enter(struct tdx_fw *fw, struct tdx_regs *r)
{
	enum tdx_leave_kind how = TDX_LEAVE_INTR;
	struct fw_vp *vp;
	enum il_err err;

	if (!tdx_own_page(fw->cfg.own, r->rcx) || r->rcx & (PAGE_4K - 1))
		return BAD(TDX_OPERAND_INVALID, RCX);
	vp = tdxm_vp_at(fw, r->rcx);
	if (!vp)
		return BAD(TDX_PAGE_METADATA_INCORRECT, RCX);
	if (vp->td->state >= TDX_TD_BLOCKED)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	if (vp->td->state != TDX_TD_RUNNABLE)
		return TDX_OP_STATE_INCORRECT;
	if (!vp->ready || vp->dead)
		return TDX_VCPU_STATE_INCORRECT;
	if (vp->inside)
		return BAD(TDX_OPERAND_BUSY, RCX);
	take_answer(vp, r);
	vp->associated = true;
	vp->inside = true;
	vp->epoch = vp->td->epoch; /* a new one flushes its TLB */
	vp->td->inside[vp->epoch & 1]++;
	err = fw->cfg.run(fw->cfg.run_ctx, vp->tdvpr, &how);
	vp->td->inside[vp->epoch & 1]--;
	vp->inside = false;
	if (err) {
		vp->dead = true;
		*r = (struct tdx_regs){ 0 };
		return TDX_EXIT_TRIPLE_FAULT;
	}
	return exit_of(vp, how, r);
}

/* --- loads and stores --- */

/* Why the secure EPT gave nothing for @gpa. IL_E_IO: the TD sees it. */
static enum il_err no_page(struct tdx_fw *fw, struct fw_vp *vp, uint64_t gpa,
			   struct fault *f)
{
	struct tdx_sept s;
	uint64_t state;

	if (tdx_sept_find(fw->cfg.own, vp->td->cx[1], gpa, 0, &s))
		return IL_E_AGAIN;
	state = tdx_sept_state(s.e);
	if (state == SEPT_PENDING || state == SEPT_MMIO_PENDING) {
		f->rule = &tdx_rule_pending;
		return IL_E_IO;
	}
	if (state != SEPT_FREE)
		f->rule = &tdx_rule_blocked;
	return IL_E_AGAIN;
}

static enum il_err fault_of(struct tdx_fw *fw, struct fw_vp *vp, bool private,
			    struct fault *f)
{
	uint64_t gpa = f->addr;
	enum il_err err = IL_E_AGAIN;

	if (f->stage != FAULT_STAGE2)
		return IL_E_IO;
	if (private)
		err = no_page(fw, vp, gpa, f);
	if (err == IL_E_AGAIN)
		(void)tdxm_g_fault(vp, gpa, f->write);
	return err;
}

enum il_err tdx_fw_access(struct tdx_fw *fw, uint64_t tdvpr, uint64_t gpa,
			  bool private, void *buf, uint32_t len, bool write,
			  struct fault *f)
{
	struct fw_vp *vp = tdxm_vp_at(fw, tdvpr);
	struct s2_cpu c = { .m = fw->cfg.mem,
			    .fmt = &tdx_pt_ept,
			    .levels = TDX_SEPT_LEVELS };
	enum il_err err;

	if (!vp || !vp->inside)
		return IL_E_STATE;
	if (!len || gpa >= TDX_GPA_SHARED || len > TDX_GPA_SHARED - gpa)
		return IL_E_ARG;
	if (!private)
		gpa |= TDX_GPA_SHARED;
	c.owner = vp->td->hkid;
	c.root = private ? vp->td->cx[1] : vp->shared;
	if (!c.root) {
		*f = (struct fault){ .rule = &s2_rule_missing,
				     .stage = FAULT_STAGE2,
				     .who = AGENT_VCPU,
				     .id = vp->td->hkid,
				     .addr = gpa,
				     .write = write };
		return fault_of(fw, vp, private, f);
	}
	err = s2_access(&c, gpa, buf, len, write, private, f);
	return err == IL_E_IO ? fault_of(fw, vp, private, f) : err;
}

uint64_t tdxm_g_fault(struct fw_vp *vp, uint64_t gpa, bool write)
{
	vp->fault_gpa = gpa;
	vp->fault_write = write;
	vp->eeq = TDX_EEQ_NONE;
	return TDX_LEAVES;
}

/* --- TDCALL --- */

static uint64_t vmcall(struct tdx_fw *fw, struct fw_vp *vp, struct tdx_regs *r)
{
	(void)fw;
	if (r->rcx & ~TDVMCALL_REGS)
		return BAD(TDX_OPERAND_INVALID, RCX);
	if (vp->call == FW_CALL_ANSWERED) {
		pass(r, &vp->answer, vp->out.rcx);
		vp->call = FW_CALL_NONE;
		return TDX_SUCCESS;
	}
	if (vp->call == FW_CALL_NONE)
		vp->out = *r;
	vp->call = FW_CALL_OUT;
	return TDX_LEAVES;
}

static uint64_t vp_info(struct tdx_fw *fw, struct fw_vp *vp, struct tdx_regs *r)
{
	(void)fw;
	r->rcx = TDX_GPA_BITS;
	r->rdx = vp->td->attributes;
	r->r8 = vp->td->vcpus | (uint64_t)vp->td->max_vcpus << 32;
	return TDX_SUCCESS;
}

static uint64_t vm_rd(struct tdx_fw *fw, struct fw_vp *vp, struct tdx_regs *r)
{
	(void)fw;
	switch (r->rdx) {
	case TDX_TD_CONFIG_FLAGS:
		r->r8 = vp->td->config;
		return TDX_SUCCESS;
	case TDX_TD_ATTRIBUTES:
		r->r8 = vp->td->attributes;
		return TDX_SUCCESS;
	default:
		return BAD(TDX_METADATA_FIELD_ID_INCORRECT, RDX);
	}
}

static uint64_t accept_fault(struct fw_vp *vp, uint64_t gpa, unsigned level,
			     const struct tdx_sept *s)
{
	(void)tdxm_g_fault(vp, gpa, false);
	vp->eeq = TDX_EEQ_ACCEPT | (uint64_t)level << 32 |
		  (uint64_t)s->level << 36;
	return TDX_LEAVES;
}

uint64_t tdxm_g_page_accept(struct tdx_fw *fw, struct fw_vp *vp,
			    struct tdx_regs *r)
{
	struct tdx_sept s;
	unsigned level;
	uint64_t gpa, pa, st;

	st = tdxm_gpa(r->rcx, TDX_LEVEL_4K, TDX_LEVEL_1G, TDX_OP_RCX, &gpa,
		      &level);
	if (st)
		return st;
	if (tdx_sept_find(fw->cfg.own, vp->td->cx[1], gpa, level, &s))
		return accept_fault(vp, gpa, level, &s);
	/* Asked for 2 MiB where there is a table of 4 KiB. */
	if (level && tdx_sept_state(s.e) == SEPT_NL_MAPPED)
		return TDX_PAGE_SIZE_MISMATCH | s.level;
	if (tdx_sept_state(s.e) == SEPT_MAPPED)
		return TDX_PAGE_ALREADY_ACCEPTED | s.level;
	if (s.e & SEPT_TDIO) /* a device's: TDG.MMIO.ACCEPT */
		return BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX);
	if (tdx_sept_state(s.e) != SEPT_PENDING)
		return accept_fault(vp, gpa, level, &s);
	pa = s.e & EPT_ADDR;
	tdx_own_zero(fw->cfg.own, pa, TDX_VIEW_TD, vp->td->hkid);
	tdx_sept_put(fw->cfg.own, &s, pa | EPT_RWX | SEPT_MAPPED);
	return TDX_SUCCESS;
}

/* What is in it is lost to the TD: accepting it again zeroes it. */
uint64_t tdxm_g_page_release(struct tdx_fw *fw, struct fw_vp *vp,
			     struct tdx_regs *r)
{
	struct tdx_sept s;
	unsigned level;
	uint64_t gpa, st;

	if (!(vp->td->config & TDX_CONFIG_PAGE_RELEASE))
		return BAD(TDX_OPERAND_INVALID, RAX);
	st = tdxm_gpa(r->rcx, TDX_LEVEL_4K, TDX_LEVEL_4K, TDX_OP_RCX, &gpa,
		      &level);
	if (st)
		return st;
	if (tdx_sept_find(fw->cfg.own, vp->td->cx[1], gpa, 0, &s) ||
	    tdx_sept_state(s.e) != SEPT_MAPPED)
		return BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX);
	tdx_sept_put(fw->cfg.own, &s,
		     (s.e & EPT_ADDR) | SEPT_PENDING | EPT_SVE);
	return TDX_SUCCESS;
}

static const struct row {
	uint8_t leaf;
	bool connect; /* only for a TD that may have devices */
	fw_guest_handler *run;
} rows[] = {
	/* clang-format off */
	{ TDG_VP_VMCALL,        0, vmcall },
	{ TDG_VP_INFO,          0, vp_info },
	{ TDG_MEM_PAGE_ACCEPT,  0, tdxm_g_page_accept },
	{ TDG_VM_RD,            0, vm_rd },
	{ TDG_MEM_PAGE_RELEASE, 0, tdxm_g_page_release },
	{ TDG_TDI_RD,           1, tdxm_g_tdi_rd },
	{ TDG_TDI_START,        1, tdxm_g_tdi_start },
	{ TDG_MMIO_ACCEPT,      1, tdxm_g_mmio_accept },
	{ TDG_DMAR_ACCEPT,      1, tdxm_g_dmar_accept },
	/* clang-format on */
};

enum il_err tdx_fw_tdcall(struct tdx_fw *fw, uint64_t tdvpr, struct tdx_regs *r,
			  struct fault *f)
{
	struct fw_vp *vp = tdxm_vp_at(fw, tdvpr);
	uint64_t st = BAD(TDX_OPERAND_INVALID, RAX);
	struct tdx_regs q = *r;

	if (!vp || !vp->inside)
		return IL_E_STATE;
	for (unsigned i = 0; i < COUNT(rows); i++)
		if (rows[i].leaf == r->rax &&
		    (!rows[i].connect ||
		     vp->td->config & TDX_CONFIG_TDX_CONNECT))
			st = rows[i].run(fw, vp, &q);
	IL_ASSERT(tdx_fw_sane(fw));
	if (st == TDX_LEAVES) {
		if (r->rax != TDG_VP_VMCALL)
			*f = (struct fault){ .rule = &s2_rule_missing,
					     .stage = FAULT_STAGE2,
					     .who = AGENT_VCPU,
					     .id = vp->td->hkid,
					     .addr = vp->fault_gpa,
					     .write = vp->fault_write,
					     .trusted = true };
		return IL_E_AGAIN;
	}
	*r = q;
	r->rax = st;
	return IL_OK;
}
