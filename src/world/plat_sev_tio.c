/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "arch/sev_tio/fw.h"
#include "arch/sev_tio/guest.h"
#include "arch/sev_tio/host.h"
#include "arch/sev_tio/own.h"
#include "arch/sev_tio/uapi.h"
#include "arch/sev_tio/vmm.h"
#include "world/plat_sev_tio.h"
#include "world/iommu_glue.h"
#include "world/world_priv.h"

/* SEV-TIO: RMP, PSP, the host's drivers, a guest under SNP. */

#define ASIDS	   64u
#define RIDS	   65536u
#define SDTE_BYTES ((uint64_t)RIDS * OWN_SDTE_LEN)
#define SDTE_PA	   (WORLD_RAM - align_up(SDTE_BYTES, PAGE_2M))
#define VTOM	   (UINT64_C(2) << 40)

/* Guest pages that matter to both sides. */
#define G_BOOT	  UINT64_C(0x0000)
#define G_SECRETS UINT64_C(0x1000)
#define G_CPUID	  UINT64_C(0x2000)
#define G_REQ	  UINT64_C(0x3000)
#define G_RSP	  UINT64_C(0x4000)

/* --- memory and ownership --- */

static enum il_err plat_own(struct world *w)
{
	struct sev_plat *p = ARENA_NEW(&w->arena, struct sev_plat);
	const struct own_cfg cfg = {
		.arena = &w->arena,
		.env = &w->env,
		.mem = &w->mem,
		.asids = ASIDS,
		.sdte = SDTE_PA,
		.rids = RIDS,
	};
	enum il_err err;

	if (!p)
		return IL_E_NOMEM;
	w->plat_ctx = p;
	err = own_init(&p->own, &cfg);
	if (!err)
		err = own_cover(&p->own, 0, WORLD_RAM, false, 0);
	for (unsigned i = 0; i < w->devs && !err; i++)
		err = own_cover(&p->own, WORLD_MMIO + i * world_mmio_size(w),
				world_mmio_size(w), true, WORLD_PORT_NR(i));
	return err;
}

static void *plat_iommu_ctx(struct world *w)
{
	struct sev_plat *p = w->plat_ctx;

	return &p->own;
}

/* --- the host's instructions --- */

/* Calls by hand: numbers of PSP commands are below these. */
enum {
	RAW_RMPUPDATE = 0x10000,
	RAW_PSMASH,
	RAW_PVALIDATE,
	RAW_RMPADJUST,
};

static enum rmp_rc i_rmpupdate(void *ctx, uint64_t pa,
			       const struct rmp_update *u)
{
	struct sev_plat *p = ((struct world *)ctx)->plat_ctx;
	const uint64_t reg[] = { pa,	      u->gpa,	    u->assigned,
				 u->pagesize, u->immutable, u->asid };

	world_raw_note(ctx, NULL, RAW_RMPUPDATE, reg, COUNT(reg));
	return own_rmpupdate(&p->own, pa, u);
}

static enum rmp_rc i_psmash(void *ctx, uint64_t pa)
{
	struct sev_plat *p = ((struct world *)ctx)->plat_ctx;

	world_raw_note(ctx, NULL, RAW_PSMASH, &pa, 1);
	return own_psmash(&p->own, pa);
}

static enum rmp_rc i_rmpread(void *ctx, uint64_t pa, struct rmp_read *out)
{
	struct sev_plat *p = ((struct world *)ctx)->plat_ctx;

	return own_rmpread(&p->own, pa, out);
}

static uint32_t i_psp(void *ctx, uint32_t cmd, uint64_t pa)
{
	struct world *w = ctx;
	struct sev_plat *p = w->plat_ctx;
	uint64_t held;
	uint32_t ret;

	world_raw_note(w, NULL, cmd, &pa, 1);
	sev_fw_time(p->fw, w->now_ns);
	world_called(w, WORLD_HOST_FW, sev_command_name(cmd), NULL);
	ret = sev_fw_command(p->fw, cmd, pa);
	if (sev_status_name(ret))
		world_called(w, WORLD_HOST_FW, sev_command_name(cmd),
			     sev_status_name(ret));
	held = sev_fw_held_ns(p->fw);
	if (held)
		world_hw.wait_ns(w, held);
	return ret;
}

static enum il_err i_device_table(void *ctx, uint64_t base, uint32_t count)
{
	return iommu_set_device_table(&((struct world *)ctx)->iommu, base,
				      count);
}

static void fill_host_insn(struct world *w, struct sev_host_insn *i)
{
	*i = (struct sev_host_insn){
		.ctx = w,
		.rmpupdate = i_rmpupdate,
		.psmash = i_psmash,
		.rmpread = i_rmpread,
		.psp = i_psp,
		.iommu_device_table = i_device_table,
		.iommu_event_log = iommu_glue_log,
		.iommu_log_pos = iommu_glue_log_pos,
		.iommu_set_log_head = iommu_glue_set_log_head,
		.iommu_inval_device = iommu_glue_inval_device,
		.iommu_inval_pages = iommu_glue_inval_pages,
		.iommu_inval_all = iommu_glue_inval_all,
		.iommu_wait = iommu_glue_wait,
	};
}

/* --- firmware and host --- */

static enum il_err start_firmware(struct world *w, struct sev_plat *p)
{
	struct sev_fw_cfg cfg = {
		.crypto = &w->crypto_plat,
		.env = &w->env,
		.mem = &w->mem,
		.own = &p->own,
		.keys = &rootport_keys,
		.keys_ctx = &w->rootport,
		.keylog = w->cfg.keylog,
		.keylog_ctx = w->cfg.keylog_ctx,
		.tio = true,
		.frugal = w->frugal,
		.limits = sev_fw_limits_default(),
	};
	enum il_err err;

	cfg.limits.guests = WORLD_VMS;
	cfg.limits.tsm.conns = WORLD_DEVS;
	/* Whoever looks at all of them pays for each place. */
	if (w->devs * (1 + w->vfs) > cfg.limits.tsm.binds)
		cfg.limits.tsm.binds = WORLD_BINDS;
	err = own_start(&p->own, &w->iommu, dice_u64(&w->dice) | 1);

	return err ? err : sev_fw_new(&w->arena, &cfg, &p->fw);
}

static enum il_err start_host(struct world *w, struct sev_plat *p)
{
	struct sev_host_cfg scfg = {
		.arena = &w->arena,
		.hw = { .ops = &world_hw, .ctx = w, .env = &w->env },
		.insn = &p->host_insn,
		.mem = &w->mem,
		.asids = ASIDS,
		.devs = RIDS,
		.shared_on_stream = w->shared_on_stream,
		.no_tio = w->no_tio,
		.lock_p2p = w->lock_p2p,
	};
	struct host_cfg hcfg = {
		.kvm_rules = &sev_kvm_rules,
		.iommu = &sev_iommu_ops,
	};
	int n;

	fill_host_insn(w, &p->host_insn);
	p->host = sev_host_prepare(&scfg);
	if (!p->host)
		return IL_E_NOMEM;
	hcfg.kvm_ctx = p->host;
	hcfg.iommu_ctx = p->host;
	n = world_host_new(w, &hcfg);
	if (!n)
		n = sev_host_start(p->host, w->host);
	if (n < 0)
		return world_fail(w, IL_E_IO, -n,
				  "the host does not start "
				  "(firmware status 0x%x)",
				  sev_host_fw_error(p->host));
	return IL_OK;
}

static enum il_err plat_start(struct world *w)
{
	struct sev_plat *p = w->plat_ctx;
	enum il_err err = start_firmware(w, p);

	return err ? err : start_host(w, p);
}

/* --- the guest --- */

static bool view_of(const struct world_vm *vm, struct sev_vm_view *v)
{
	const struct kvm_vcpu *kv = world_vm_vcpu(vm);

	return kv && !sev_host_view(kv->vm, v);
}

static uint32_t plat_owner(const struct world_vm *vm)
{
	struct sev_vm_view v;

	return view_of(vm, &v) ? v.asid : 0;
}

static bool npt_of(struct world_vm *vm, struct s2_cpu *c)
{
	struct sev_vm_view v;

	if (!view_of(vm, &v))
		return false;
	*c = (struct s2_cpu){
		.m = &vm->w->mem,
		.fmt = &pt_npt,
		.root = v.npt_root,
		.levels = v.npt_levels,
		.owner = v.asid,
	};
	return true;
}

/* PSMASH by itself, as KVM does it for a guest that validates 4 KiB. */
static enum il_err plat_split(struct world_vm *vm, uint64_t gpa)
{
	struct sev_plat *p = vm->w->plat_ctx;
	const struct sev_host_insn *i = &p->host_insn;
	struct s2_cpu c;
	struct pt_hit h;

	if (!npt_of(vm, &c) ||
	    pt_walk(c.m, c.fmt, c.root, c.levels, gpa, &h) != PT_OK)
		return IL_E_ARG;
	return i->psmash(i->ctx, align_down(h.pa, PAGE_2M)) == RMP_OK
		       ? IL_OK
		       : IL_E_ARG;
}

static enum il_err plat_own_write(struct world_vm *vm, uint64_t gpa,
				  enum world_own_how how)
{
	struct sev_plat *p = vm->w->plat_ctx;
	const struct sev_host_insn *i = &p->host_insn;
	struct rmp_update u = { .gpa = align_down(gpa, PAGE_4K),
				.assigned = 1 };
	struct s2_cpu c;
	struct pt_hit h;

	if (!npt_of(vm, &c) ||
	    pt_walk(c.m, c.fmt, c.root, c.levels, gpa, &h) != PT_OK)
		return IL_E_ARG;
	u.asid = how == WORLD_OWN_OTHER ? c.owner % (ASIDS - 1) + 1 : c.owner;
	u.gpa += how == WORLD_OWN_MOVE ? PAGE_4K : 0;
	if (how == WORLD_OWN_TAKE)
		u = (struct rmp_update){ 0 };
	return i->rmpupdate(i->ctx, align_down(h.pa, PAGE_4K), &u) == RMP_OK
		       ? IL_OK
		       : IL_E_ARG;
}

static enum il_err plat_access(struct world_vm *vm, uint64_t gpa, void *buf,
			       uint32_t len, bool write, bool priv,
			       struct fault *f)
{
	struct s2_cpu c;

	if (!npt_of(vm, &c))
		return IL_E_STATE;
	return s2_access(&c, gpa, buf, len, write, priv, f);
}

static enum il_err g_pvalidate(void *ctx, uint64_t gpa, enum rmp_size size,
			       bool validate, enum rmp_rc *rc, bool *same)
{
	struct world_vcpu *v = ctx;
	struct sev_plat *p = v->vm->w->plat_ctx;
	const uint64_t reg[] = { gpa, size, validate };
	struct fault f = { 0 };
	struct s2_cpu c;
	enum il_err err;

	if (!npt_of(v->vm, &c))
		return IL_E_STATE;
	world_raw_note(v->vm->w, v->vm, RAW_PVALIDATE, reg, COUNT(reg));
	world_called(v->vm->w, WORLD_GUEST_FW, "PVALIDATE", NULL);
	err = own_pvalidate(&p->own, &c, gpa, size, validate, rc, same, &f);
	if (err == IL_E_IO)
		return world_vcpu_fault(v, &f, gpa, 4096, true, true, NULL);
	if (!err)
		v->same = 0;
	return err;
}

static enum il_err g_rmpadjust(void *ctx, uint64_t gpa, enum rmp_size size,
			       uint64_t attr, enum rmp_rc *rc)
{
	struct world_vcpu *v = ctx;
	struct sev_plat *p = v->vm->w->plat_ctx;
	const uint64_t reg[] = { gpa, size, attr };
	struct fault f = { 0 };
	struct s2_cpu c;
	enum il_err err;

	if (!npt_of(v->vm, &c))
		return IL_E_STATE;
	world_raw_note(v->vm->w, v->vm, RAW_RMPADJUST, reg, COUNT(reg));
	world_called(v->vm->w, WORLD_GUEST_FW, "RMPADJUST", NULL);
	err = own_rmpadjust(&p->own, &c, gpa, size, attr, rc, &f);
	if (err == IL_E_IO)
		return world_vcpu_fault(v, &f, gpa, 4096, true, true, NULL);
	return err;
}

static enum il_err g_vmgexit(void *ctx, struct sev_ghcb *io)
{
	struct world_vcpu *v = ctx;
	const struct vcpu_exit *a = world_vcpu_answer(v, VCPU_EXIT_CALL);
	const struct vcpu_exit x = {
		.kind = VCPU_EXIT_CALL,
		.code = io->exit_code,
		.reg = { [SEV_REG_INFO1] = io->info1,
			 [SEV_REG_INFO2] = io->info2,
			 [SEV_REG_RAX] = io->rax,
			 [SEV_REG_RBX] = io->rbx,
			 [SEV_REG_RCX] = io->rcx,
			 [SEV_REG_RDX] = io->rdx },
	};

	if (!a) {
		world_called(v->vm->w, WORLD_GUEST_FW, sev_exit_name(v->vm, io),
			     NULL);
		if (sev_evidence_exit(io))
			swap_asks(v->vm);
		return world_vcpu_exit(v, &x);
	}
	if (sev_evidence_exit(io))
		swap_answers(v->vm);
	io->info2 = a->ret;
	io->rcx = a->reg[SEV_REG_RCX];
	io->rdx = a->reg[SEV_REG_RDX];
	return IL_OK;
}

static void plat_held(const struct world *w, struct world_held *out)
{
	const struct sev_plat *p = w->plat_ctx;

	*out = (struct world_held){ .leaked = sev_host_leaked(p->host) };
	for (uint32_t a = 0; a < p->own.asids; a++)
		out->pages += p->own.pages[a];
}

static void plat_raw(struct world *w, struct world_vm *vm,
		     const struct raw_call *c)
{
	const struct rmp_update u = { .gpa = c->reg[1],
				      .assigned = (uint8_t)c->reg[2],
				      .pagesize = (uint8_t)c->reg[3],
				      .immutable = (uint8_t)c->reg[4],
				      .asid = (uint32_t)c->reg[5] };
	const enum rmp_size size = c->reg[1] & 1 ? RMP_2M : RMP_4K;
	enum rmp_rc rc;
	bool same;

	if (vm && c->fid == RAW_PVALIDATE)
		(void)!g_pvalidate(&vm->vcpu, c->reg[0], size, c->reg[2] & 1,
				   &rc, &same);
	else if (vm)
		(void)!g_rmpadjust(&vm->vcpu, c->reg[0], size, c->reg[2], &rc);
	else if (c->fid == RAW_RMPUPDATE)
		(void)i_rmpupdate(w, c->reg[0], &u);
	else if (c->fid == RAW_PSMASH)
		(void)i_psmash(w, c->reg[0]);
	else
		(void)i_psp(w, (uint32_t)c->fid, c->reg[0]);
}

static enum il_err plat_guest(struct world_vm *vm, struct guest_cfg *cfg)
{
	struct sev_plat_vm *p = vm->plat;
	struct sev_guest_cfg g = {
		.crypto = &vm->w->crypto_guest,
		.env = &vm->w->env,
		.map = { .secrets = G_SECRETS,
			 .req = G_REQ,
			 .rsp = G_RSP,
			 .data = SEV_PLAT_DATA },
		.vtom = VTOM,
		.pages = vm->ram / PAGE_4K,
	};

	if (p)
		sev_guest_fini(&p->guest);
	else
		p = ARENA_NEW(&vm->arena, struct sev_plat_vm);
	if (p && !p->page)
		p->page = ARENA_ARRAY(&vm->arena, uint8_t, g.pages);
	if (!p || !p->page)
		return IL_E_NOMEM;
	vm->plat = p;
	p->insn = (struct sev_guest_insn){
		.ctx = &vm->vcpu,
		.read = world_vcpu_read,
		.write = world_vcpu_write,
		.pvalidate = g_pvalidate,
		.rmpadjust = g_rmpadjust,
		.vmgexit = g_vmgexit,
	};
	memset(p->page, SEV_PAGE_FRESH, g.pages);
	g.page = p->page;
	g.insn = &p->insn;
	sev_guest_init(&p->guest, &g);
	cfg->arch = &sev_guest_ops;
	cfg->arch_ctx = &p->guest;
	return IL_OK;
}

static const uint8_t boot_page[4096] = "interlock guest";

static void plat_images(struct vmm_cfg *cfg)
{
	cfg->images[0] = (struct vmm_image){ G_BOOT, PAGE_4K, boot_page,
					     VMM_PAGE_NORMAL };
	cfg->images[1] = (struct vmm_image){ G_SECRETS, PAGE_4K, NULL,
					     VMM_PAGE_SECRETS };
	cfg->images[2] =
		(struct vmm_image){ G_CPUID, PAGE_4K, NULL, VMM_PAGE_ZERO };
	cfg->n_images = 3;
}

static void plat_guest_fini(struct world_vm *vm)
{
	struct sev_plat_vm *p = vm->plat;

	if (p)
		sev_guest_fini(&p->guest);
}

static const char *const events[] = { "rmp", "sdte", "fence", "asid", NULL };

const struct world_plat world_sev_tio = {
	.name = "sev-tio",
	.events = events,
	.own = plat_own,
	.iommu_rules = &own_iommu_rules,
	.iommu_ctx = plat_iommu_ctx,
	.start = plat_start,
	.launch = &sev_tio_vmm_launch,
	.guest = plat_guest,
	.guest_fini = plat_guest_fini,
	.images = plat_images,
	.vcpu_access = plat_access,
	.split = plat_split,
	.own_write = plat_own_write,
	.owner = plat_owner,
	.held = plat_held,
	.raw = plat_raw,
	.evidence_at = sev_evidence_at,
	.evidence_set = sev_evidence_set,
	.ioctl_name = sev_ioctl_name,
	.options = WORLD_OPT_FRUGAL | WORLD_OPT_NO_TIO | WORLD_OPT_P2P |
		   WORLD_OPT_SHARED_ON_STREAM,
	.rules = sev_rules,
	.law = &law_sev_tio,
};
