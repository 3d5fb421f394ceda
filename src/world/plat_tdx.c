/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "arch/tdx/uapi.h"
#include "arch/tdx/vmm.h"
#include "world/plat_tdx.h"
#include "world/names_ioctl.h"
#include "world/iommu_glue.h"

/* TDX Connect: the module, secure EPT, VT-d, the host's drivers, a TD. */

/* Where the one IOMMU's registers are. */
#define VTD_PA	  UINT64_C(0xfed90000)
#define VTD_ROOTS 512u

#define G_BOOT UINT64_C(0x0000)

/* --- memory and ownership --- */

static enum il_err plat_own(struct world *w)
{
	struct tdx_plat *p = ARENA_NEW(&w->arena, struct tdx_plat);
	const struct tdx_own_cfg cfg = {
		.arena = &w->arena,
		.env = &w->env,
		.mem = &w->mem,
		.hkids = TDX_HKIDS,
	};
	enum il_err err;

	if (!p)
		return IL_E_NOMEM;
	w->plat_ctx = p;
	err = tdx_own_init(&p->own, &cfg);
	if (!err)
		err = tdx_own_cover(&p->own, 0, WORLD_RAM, false, 0);
	for (unsigned i = 0; i < w->devs && !err; i++)
		err = tdx_own_cover(&p->own,
				    WORLD_MMIO + i * world_mmio_size(w),
				    world_mmio_size(w), true, WORLD_PORT_NR(i));
	return err;
}

static void *plat_iommu_ctx(struct world *w)
{
	struct tdx_plat *p = w->plat_ctx;

	return &p->own;
}

/* --- the host's instructions --- */

const char *tdx_plat_status(uint64_t rax)
{
	return !(rax & TDX_ERROR_BIT) || TDX_STATUS(rax) == TDX_SPDM_REQUEST ||
			       TDX_STATUS(rax) == TDX_INTERRUPTED_RESUMABLE
		       ? NULL
		       : tdx_status_name(rax);
}

void tdx_plat_note(struct world *w, struct world_vm *vm,
		   const struct tdx_regs *r)
{
	const uint64_t reg[] = { r->rcx, r->rdx, r->r8,	 r->r9,	 r->r10,
				 r->r11, r->r12, r->r13, r->r14, r->r15 };

	world_raw_note(w, vm, r->rax, reg, COUNT(reg));
}

static uint64_t i_seamcall(void *ctx, struct tdx_regs *r)
{
	struct world *w = ctx;
	struct tdx_plat *p = w->plat_ctx;
	const uint64_t leaf = r->rax;
	uint64_t st, held;

	tdx_plat_note(w, NULL, r);
	tdx_fw_time(p->fw, w->now_ns);
	st = tdx_fw_seamcall(p->fw, r);
	world_called(w, WORLD_HOST_FW, tdx_tdh_name(leaf), tdx_plat_status(st));
	held = tdx_fw_held_ns(p->fw);
	if (held)
		world_hw.wait_ns(w, held);
	return st;
}

static enum il_err i_root(void *ctx, uint64_t base)
{
	return iommu_set_device_table(&((struct world *)ctx)->iommu, base,
				      VTD_ROOTS);
}

static void fill_host_insn(struct world *w, struct tdx_host_insn *i)
{
	*i = (struct tdx_host_insn){
		.ctx = w,
		.seamcall = i_seamcall,
		.iommu_root = i_root,
		.iommu_fault_log = iommu_glue_log,
		.iommu_log_pos = iommu_glue_log_pos,
		.iommu_set_log_head = iommu_glue_set_log_head,
		.iommu_inval_dev = iommu_glue_inval_device,
		.iommu_inval_pages = iommu_glue_inval_pages,
		.iommu_inval_all = iommu_glue_inval_all,
		.iommu_wait = iommu_glue_wait,
	};
}

/* --- firmware and host --- */

static bool root_port(void *ctx, uint8_t segment, uint16_t rid, uint8_t *devfn,
		      uint32_t *port)
{
	const struct world_dev *d = segment ? NULL : world_dev_at(ctx, rid);

	if (!d)
		return false;
	*devfn = (uint8_t)WORLD_PORT_BDF(d->index);
	*port = WORLD_PORT_NR(d->index);
	return true;
}

static enum il_err start_firmware(struct world *w, struct tdx_plat *p)
{
	struct tdx_fw_cfg cfg = {
		.crypto = &w->crypto_plat,
		.env = &w->env,
		.mem = &w->mem,
		.own = &p->own,
		.keys = &rootport_keys,
		.keys_ctx = &w->rootport,
		.keylog = w->cfg.keylog,
		.keylog_ctx = w->cfg.keylog_ctx,
		.connect = !w->no_tio,
		.run = tdx_plat_run,
		.run_ctx = w,
		.root_port = root_port,
		.root_port_ctx = w,
		.limits = tdx_fw_limits_default(),
	};
	enum il_err err;

	cfg.limits.tds = WORLD_VMS;
	cfg.limits.vcpus = WORLD_VMS;
	cfg.limits.tsm.conns = WORLD_DEVS;
	/* Whoever looks at all of them pays for each place. */
	if (w->devs * (1 + w->vfs) > cfg.limits.tsm.binds)
		cfg.limits.tsm.binds = WORLD_BINDS;
	err = tdx_own_start(&p->own, &w->iommu, dice_u64(&w->dice) | 1);

	return err ? err : tdx_fw_new(&w->arena, &cfg, &p->fw);
}

static enum il_err start_host(struct world *w, struct tdx_plat *p)
{
	const struct tdx_host_cfg tcfg = {
		.arena = &w->arena,
		.hw = { .ops = &world_hw, .ctx = w, .env = &w->env },
		.insn = &p->host_insn,
		.mem = &w->mem,
		.hkids = TDX_HKIDS,
		.iommu_regs = VTD_PA,
		.no_connect = w->no_tio,
		.lock_p2p = w->lock_p2p,
		.shared_on_stream = w->shared_on_stream,
	};
	struct host_cfg hcfg = {
		.kvm_rules = &tdx_kvm_rules,
		.iommu = &tdx_iommu_ops,
	};
	int n;

	fill_host_insn(w, &p->host_insn);
	p->host = tdx_host_prepare(&tcfg);
	if (!p->host)
		return IL_E_NOMEM;
	hcfg.kvm_ctx = p->host;
	hcfg.iommu_ctx = p->host;
	n = world_host_new(w, &hcfg);
	if (!n)
		n = tdx_host_start(p->host, w->host);
	if (n < 0)
		return world_fail(w, IL_E_IO, -n,
				  "the host does not start (status %s)",
				  tdx_status_name(tdx_host_error(p->host)));
	return IL_OK;
}

static enum il_err plat_start(struct world *w)
{
	struct tdx_plat *p = w->plat_ctx;
	enum il_err err = start_firmware(w, p);

	return err ? err : start_host(w, p);
}

static void plat_held(const struct world *w, struct world_held *out)
{
	const struct tdx_plat *p = w->plat_ctx;

	*out = (struct world_held){ .leaked = tdx_host_leaked(p->host) };
	for (uint16_t k = 1; k < p->own.hkids; k++)
		out->pages += tdx_own_pages(&p->own, k);
}

/* --- by hand --- */

static void plat_raw(struct world *w, struct world_vm *vm,
		     const struct raw_call *c)
{
	struct tdx_regs r = {
		.rax = c->fid,
		.rcx = c->reg[0],
		.rdx = c->reg[1],
		.r8 = c->reg[2],
		.r9 = c->reg[3],
		.r10 = c->reg[4],
		.r11 = c->reg[5],
		.r12 = c->reg[6],
		.r13 = c->reg[7],
		.r14 = c->reg[8],
		.r15 = c->reg[9],
	};

	if (vm)
		(void)!tdx_plat_tdcall(&vm->vcpu, &r);
	else
		(void)i_seamcall(w, &r);
}

static const uint8_t boot_page[4096] = "interlock guest";

static void plat_images(struct vmm_cfg *cfg)
{
	cfg->images[0] = (struct vmm_image){ G_BOOT, PAGE_4K, boot_page,
					     VMM_PAGE_NORMAL };
	cfg->n_images = 1;
}

static const char *const events[] = { "page", "key", "mmio", "dmar", NULL };

const struct world_plat world_tdx = {
	.name = "tdx-connect",
	.events = events,
	.own = plat_own,
	.iommu_rules = &tdx_iommu_rules,
	.iommu_ctx = plat_iommu_ctx,
	.start = plat_start,
	.launch = &tdx_vmm_launch,
	.guest = tdx_plat_guest,
	.guest_fini = tdx_plat_guest_fini,
	.images = plat_images,
	.vcpu_access = tdx_plat_access,
	.owner = tdx_plat_owner,
	.held = plat_held,
	.raw = plat_raw,
	.evidence_at = tdx_evidence_at,
	.evidence_set = tdx_evidence_set,
	.ioctl_name = tdx_ioctl_name,
	.options =
		WORLD_OPT_NO_TIO | WORLD_OPT_P2P | WORLD_OPT_SHARED_ON_STREAM,
	.rules = tdx_rules,
	.law = &law_tdx,
};
