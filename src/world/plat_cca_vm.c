/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "mem/s2.h"
#include "world/plat_cca.h"

/*
 * Who runs in a VM of this platform: a realm's program, entered by the
 * monitor; its accesses and its SMCs go there. An ordinary VM has the host's
 * tables.
 */

/* Pages that matter to realm and monitor, and to realm and host. */
#define G_CALL	 UINT64_C(0x1000)
#define G_INFO	 UINT64_C(0x2000)
#define G_PARAMS UINT64_C(0x3000)
#define G_DATA	 UINT64_C(0x4000)

static bool view_of(const struct world_vm *vm, struct cca_vm_view *v)
{
	const struct kvm_vcpu *kv = world_vm_vcpu(vm);

	return kv && !cca_host_view(kv->vm, v);
}

static uint64_t alias_of(const struct world_vm *vm)
{
	struct cca_vm_view v;

	return view_of(vm, &v) && v.realm ? UINT64_C(1) << (v.ipa_bits - 1) : 0;
}

uint32_t cca_plat_owner(const struct world_vm *vm)
{
	const struct cca_plat *p = vm->w->plat_ctx;
	struct cca_fw_realm r;
	struct cca_vm_view v;

	if (!view_of(vm, &v) || !v.rd)
		return 0;
	for (unsigned i = 0; i < cca_fw_realms(p->fw); i++)
		if (cca_fw_realm_at(p->fw, i, &r) && r.rd == v.rd)
			return r.vmid;
	return 0;
}

/* --- entered by the monitor --- */

static struct world_vm *vm_of(struct world *w, uint64_t rec)
{
	for (unsigned i = 0; i < WORLD_VMS; i++) {
		const struct kvm_vcpu *kv =
			w->vm[i].name[0] ? world_vm_vcpu(&w->vm[i]) : NULL;

		if (kv && cca_host_rec(kv) == rec)
			return &w->vm[i];
	}
	return NULL;
}

/* MMIO is what one register holds. */
static uint8_t reg_len(const struct vcpu_exit *x)
{
	return x->len == 1 || x->len == 2 || x->len == 4 || x->len == 8
		       ? (uint8_t)x->len
		       : 0;
}

static void left(const struct vcpu_exit *x, uint64_t alias,
		 struct cca_leave *out)
{
	*out = (struct cca_leave){ .kind = CCA_LEAVE_WFI };
	switch (x->kind) {
	case VCPU_EXIT_FAULT:
		out->kind = CCA_LEAVE_ABORT;
		out->ipa = x->gpa | (x->private ? 0 : alias);
		out->write = x->write;
		out->len = reg_len(x);
		out->data = cca_u64(x->data, 0);
		out->fault = x->fault;
		break;
	case VCPU_EXIT_CALL:
		out->kind = CCA_LEAVE_CALL;
		break;
	case VCPU_EXIT_SHUTDOWN:
		out->kind = CCA_LEAVE_OFF;
		break;
	case VCPU_EXIT_NONE:
	case VCPU_EXIT_HALT:
		break;
	}
}

enum il_err cca_plat_run(void *ctx, uint64_t rec, const struct cca_enter *in,
			 struct cca_leave *out)
{
	struct world_vm *vm = vm_of(ctx, rec);
	struct cca_plat_vm *p = vm ? vm->plat : NULL;
	enum il_err err;

	if (!p)
		return IL_E_STATE;
	p->exit = (struct vcpu_exit){ .kind = VCPU_EXIT_FAULT,
				      .done = in->mmio || in->sea,
				      .ret = in->sea };
	cca_put_u64(p->exit.data, 0, in->data);
	err = world_vcpu_run(&vm->vcpu, &p->exit);
	left(&p->exit, alias_of(vm), out);
	return err;
}

/* --- accesses --- */

static enum il_err plain_access(struct world_vm *vm,
				const struct cca_vm_view *v, uint64_t gpa,
				void *buf, uint32_t len, bool write,
				struct fault *f)
{
	const struct s2_cpu c = {
		.m = &vm->w->mem,
		.fmt = &cca_s2_fmt,
		.root = v->s2_root,
		.levels = v->s2_levels,
	};

	return s2_access(&c, gpa, buf, len, write, false, f);
}

enum il_err cca_plat_access(struct world_vm *vm, uint64_t gpa, void *buf,
			    uint32_t len, bool write, bool priv,
			    struct fault *f)
{
	struct cca_plat *p = vm->w->plat_ctx;
	struct cca_vm_view v;
	enum il_err err;

	if (!view_of(vm, &v))
		return IL_E_STATE;
	if (!v.realm)
		return plain_access(vm, &v, gpa, buf, len, write, f);
	err = cca_fw_access(p->fw, cca_host_rec(world_vm_vcpu(vm)),
			    gpa | (priv ? 0 : alias_of(vm)), buf, len, write,
			    f);
	if (err == IL_E_IO)
		return IL_E_AUTH; /* an abort that the realm takes */
	return err == IL_E_AGAIN ? IL_E_IO : err;
}

/* The realm's address says by its top bit which of both it means. */
static uint64_t gpa_of(const struct world_vcpu *v, uint64_t ipa, bool *priv)
{
	const uint64_t alias = alias_of(v->vm);

	*priv = !(ipa & alias);
	return ipa & ~alias;
}

static enum il_err g_read(void *ctx, uint64_t ipa, void *buf, uint32_t len)
{
	bool priv;
	const uint64_t gpa = gpa_of(ctx, ipa, &priv);

	return world_vcpu_read(ctx, gpa, priv, buf, len);
}

static enum il_err g_write(void *ctx, uint64_t ipa, const void *buf,
			   uint32_t len)
{
	bool priv;
	const uint64_t gpa = gpa_of(ctx, ipa, &priv);

	return world_vcpu_write(ctx, gpa, priv, buf, len);
}

/* --- SMCs of the realm --- */

static enum il_err leave(struct world_vcpu *v, const struct fault *f)
{
	const struct vcpu_exit call = { .kind = VCPU_EXIT_CALL };
	bool priv;

	if (!f->rule)
		return world_vcpu_exit(v, &call);
	(void)gpa_of(v, f->addr, &priv);
	return world_vcpu_fault(v, f, f->addr, PAGE_4K, f->write, priv, NULL);
}

enum il_err cca_plat_rsi(struct world_vcpu *v, uint64_t x[CCA_SMC_REGS])
{
	struct world *w = v->vm->w;
	struct cca_plat *p = w->plat_ctx;
	const struct kvm_vcpu *kv = world_vm_vcpu(v->vm);
	const uint64_t fid = x[0];
	struct fault f = { 0 };
	enum il_err err;

	if (!kv)
		return IL_E_STATE;
	world_raw_note(w, v->vm, fid, x + 1, CCA_SMC_REGS - 1);
	cca_fw_time(p->fw, w->now_ns);
	err = cca_fw_rsi(p->fw, cca_host_rec(kv), x, &f);
	if (err == IL_E_AGAIN)
		return leave(v, &f);
	if (err)
		return err;
	world_called(w, WORLD_GUEST_FW, cca_rsi_name(fid),
		     cca_plat_status(x[0]));
	v->same = 0;
	return IL_OK;
}

static enum il_err g_smc(void *ctx, uint64_t x[CCA_SMC_REGS])
{
	struct world_vcpu *v = ctx;
	const struct cca_plat_vm *p = v->vm->plat;
	const bool call = x[0] == RSI_HOST_CALL;
	enum il_err err = cca_plat_rsi(v, x);

	if (call && err == IL_E_AGAIN && cca_evidence_asks(&p->guest))
		swap_asks(v->vm);
	if (call && !err && cca_evidence_last(&p->guest))
		swap_answers(v->vm);
	return err;
}

/* --- the realm's driver --- */

enum il_err cca_plat_guest(struct world_vm *vm, struct guest_cfg *cfg)
{
	struct cca_plat_vm *p = vm->plat;
	struct cca_guest_cfg g = {
		.crypto = &vm->w->crypto_guest,
		.env = &vm->w->env,
		.map = { .call = G_CALL,
			 .info = G_INFO,
			 .params = G_PARAMS,
			 .data = G_DATA },
		.pages = vm->ram / PAGE_4K,
	};

	if (p)
		cca_guest_fini(&p->guest);
	else
		p = ARENA_NEW(&vm->arena, struct cca_plat_vm);
	if (p && !p->page)
		p->page = ARENA_ARRAY(&vm->arena, uint8_t, g.pages);
	if (!p || !p->page)
		return IL_E_NOMEM;
	vm->plat = p;
	p->insn = (struct cca_realm_insn){
		.ctx = &vm->vcpu, .read = g_read, .write = g_write, .smc = g_smc
	};
	memset(p->page, 0, g.pages);
	g.page = p->page;
	g.insn = &p->insn;
	cca_guest_init(&p->guest, &g);
	cfg->arch = &cca_guest_ops;
	cfg->arch_ctx = &p->guest;
	return IL_OK;
}

void cca_plat_guest_fini(struct world_vm *vm)
{
	struct cca_plat_vm *p = vm->plat;

	if (p)
		cca_guest_fini(&p->guest);
}
