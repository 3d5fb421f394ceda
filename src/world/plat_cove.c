/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "arch/cove/uapi.h"
#include "arch/cove/vmm.h"
#include "world/plat_cove.h"
#include "world/plats.h"
#include "world/names_ioctl.h"
#include "world/iommu_glue.h"

/* CoVE-IO: MPT and G-stage, TSM and root monitor, the host's drivers, a TVM. */

#define VMIDS  64u
#define TSM_PA (WORLD_RAM - COVE_TSM_SIZE)

#define ECAM_SIZE (UINT64_C(1) << 28) /* 256 buses, as the VMM has it */

/* Guest pages that matter to both sides. */
#define G_BOOT	UINT64_C(0x0000)
#define G_NONCE UINT64_C(0x4000)
#define G_DATA	UINT64_C(0x5000)

/* --- memory and ownership --- */

static enum il_err plat_own(struct world *w)
{
	struct cove_plat *p = ARENA_NEW(&w->arena, struct cove_plat);
	const struct cove_own_cfg cfg = {
		.arena = &w->arena,
		.env = &w->env,
		.mem = &w->mem,
		.vmids = VMIDS,
		.tsm = TSM_PA,
	};
	enum il_err err;

	if (!p)
		return IL_E_NOMEM;
	w->plat_ctx = p;
	err = cove_own_init(&p->own, &cfg);
	if (!err)
		err = cove_own_cover(&p->own, 0, WORLD_RAM, false, 0);
	for (unsigned i = 0; i < w->devs && !err; i++) {
		p->port[i] = (struct cove_port){
			.rp = WORLD_PORT_NR(i),
			.mmio = WORLD_MMIO + i * world_mmio_size(w),
			.mmio_size = world_mmio_size(w),
		};
		err = cove_own_cover(&p->own, p->port[i].mmio,
				     p->port[i].mmio_size, true, p->port[i].rp);
	}
	return err;
}

static void *plat_iommu_ctx(struct world *w)
{
	struct cove_plat *p = w->plat_ctx;

	return &p->own;
}

/* --- calls over the boundaries --- */

static const char *error_name(int64_t error)
{
	switch (error) {
	case SBI_SUCCESS:
		return NULL;
	case SBI_ERR_NOT_SUPPORTED:
		return "NOT_SUPPORTED";
	case SBI_ERR_INVALID_PARAM:
		return "INVALID_PARAM";
	case SBI_ERR_DENIED:
		return "DENIED";
	case SBI_ERR_INVALID_ADDRESS:
		return "INVALID_ADDRESS";
	case SBI_ERR_ALREADY_AVAILABLE:
		return "ALREADY_AVAILABLE";
	case SBI_ERR_ALREADY_STARTED:
		return "ALREADY_STARTED";
	case SBI_ERR_ALREADY_STOPPED:
		return "ALREADY_STOPPED";
	case SBI_ERR_INVALID_STATE:
		return "INVALID_STATE";
	case SBI_ERR_TIMEOUT:
		return "TIMEOUT";
	case SBI_ERR_IO:
		return "IO";
	case SBI_ERR_OUT_OF_PTPAGES:
		return "OUT_OF_PTPAGES";
	case SBI_ERR_KEY_UPDATE_REQUIRED:
		return "KEY_UPDATE_REQUIRED";
	default:
		return "FAILED";
	}
}

static void called(struct world *w, enum world_edge edge, uint64_t eid,
		   uint64_t fid, int64_t error)
{
	const char *name = cove_fw_name(eid, fid);

	world_called(w, edge, name ? name : "ECALL", error_name(error));
}

/* Extension and function, as one number. */
#define RAW(eid, fid) ((eid) << 32 | (fid))

static struct sbiret i_ecall(void *ctx, uint64_t eid, uint64_t fid,
			     const uint64_t a[6])
{
	struct world *w = ctx;
	struct cove_plat *p = w->plat_ctx;
	struct sbiret r;
	uint64_t held;

	world_raw_note(w, NULL, RAW(eid, fid), a, 6);
	cove_fw_time(p->fw, w->now_ns);
	cove_evidence_call(w, eid, fid, a);
	r = cove_fw_ecall(p->fw, 0, eid, fid, a);
	held = cove_fw_held_ns(p->fw);
	if (held)
		world_hw.wait_ns(w, held);
	called(w, WORLD_HOST_FW, eid, fid, r.error);
	return r;
}

static struct sbiret i_covt(void *ctx, uint64_t fid, const uint64_t a[6])
{
	struct cove_plat *p = ((struct world *)ctx)->plat_ctx;

	return cove_rdsm_covt(&p->rdsm, fid, a);
}

/* --- the host's IOMMU --- */

static enum il_err i_ddtp(void *ctx, uint64_t ddt)
{
	return iommu_set_device_table(&((struct world *)ctx)->iommu, ddt,
				      ddt ? 65536 : 0);
}

#define ALL_IOVA (UINT64_C(1) << 48)

static enum il_err i_gvma(void *ctx, uint16_t gscid, uint64_t addr,
			  uint64_t size)
{
	struct world *w = ctx;

	return world_flush(w) ? iommu_inval_pages(&w->iommu, gscid, addr,
						  size ? size : ALL_IOVA)
			      : IL_E_IO;
}

static void fill_host_insn(struct world *w, struct cove_host_insn *i)
{
	*i = (struct cove_host_insn){
		.ctx = w,
		.ecall = i_ecall,
		.iommu_ddtp = i_ddtp,
		.iommu_fault_queue = iommu_glue_log,
		.iommu_queue_pos = iommu_glue_log_pos,
		.iommu_set_queue_head = iommu_glue_set_log_head,
		.iodir_inval_ddt = iommu_glue_inval_device,
		.iotinval_gvma = i_gvma,
		.iotinval_all = iommu_glue_inval_all,
		.iofence = iommu_glue_wait,
	};
}

/* --- who runs a guest --- */

struct world_vm *cove_plat_vm_of(struct world *w, uint64_t tvm)
{
	for (unsigned i = 0; i < WORLD_VMS; i++) {
		const struct kvm_vcpu *kv =
			w->vm[i].name[0] ? world_vm_vcpu(&w->vm[i]) : NULL;
		struct cove_vm_view v;

		if (kv && !cove_host_view(kv->vm, &v) && v.tvm && v.id == tvm)
			return &w->vm[i];
	}
	return NULL;
}

/*
 * An access as the hart would show it, if it is one that may be emulated:
 * transformed, to or from a0 (x10). Source: privileged architecture 20240411,
 * 18.6.3
 */
static uint32_t inst_of(const struct vcpu_exit *x)
{
	static const uint32_t width[9] = { [1] = 0, [2] = 1, [4] = 2, [8] = 3 };
	const uint32_t f3 = x->len < COUNT(width) ? width[x->len] : 0;

	if (!x->len || x->len > 8 || (x->len != 1 && !f3))
		return 0;
	return x->write ? 0x23u | f3 << 12 | 10u << 20
			: 0x03u | f3 << 12 | 10u << 7;
}

static void left(const struct vcpu_exit *x, struct cove_exit *out)
{
	memset(out, 0, sizeof(*out));
	switch (x->kind) {
	case VCPU_EXIT_FAULT:
		out->scause = x->write ? COVE_EX_STORE_GUEST_FAULT
				       : COVE_EX_LOAD_GUEST_FAULT;
		out->gpa = x->gpa;
		out->inst = inst_of(x);
		if (x->write)
			out->a[0] = cove_u64(x->data, 0);
		break;
	case VCPU_EXIT_CALL:
		out->scause = COVE_EX_VS_ECALL;
		memcpy(out->a, x->reg, 7 * sizeof(out->a[0]));
		out->a[7] = x->code;
		break;
	case VCPU_EXIT_NONE: /* a call of the TSM's own */
	case VCPU_EXIT_HALT:
	case VCPU_EXIT_SHUTDOWN:
		out->scause = COVE_IRQ_TIMER;
		break;
	}
}

static enum il_err fw_run(void *ctx, uint64_t tvm, uint32_t vcpu,
			  struct cove_exit *x)
{
	struct world_vm *vm = cove_plat_vm_of(ctx, tvm);
	struct cove_plat_vm *p = vm ? vm->plat : NULL;
	enum il_err err;

	if (!p || vcpu)
		return IL_E_STATE;
	/* a0 is what a load read, too, and that is no refusal. */
	p->exit = (struct vcpu_exit){
		.done = x->done,
		.ret = p->exit.kind == VCPU_EXIT_CALL ? x->a[0] : 0,
	};
	p->exit.reg[1] = x->a[1];
	cove_put_u64(p->exit.data, 0, x->a[0]);
	err = world_vcpu_run(&vm->vcpu, &p->exit);
	left(&p->exit, x);
	return err;
}

/* --- firmware and host --- */

static enum il_err start_firmware(struct world *w, struct cove_plat *p)
{
	const struct cove_rdsm_cfg rcfg = {
		.env = &w->env,
		.mem = &w->mem,
		.own = &p->own,
		.keys = &rootport_keys,
		.keys_ctx = &w->rootport,
		.port = p->port,
		.ports_n = w->devs,
	};
	struct cove_fw_cfg cfg = {
		.crypto = &w->crypto_plat,
		.env = &w->env,
		.mem = &w->mem,
		.own = &p->own,
		.rdsm = &p->tsm_insn,
		.ports = &rootport_keys,
		.ports_ctx = &w->rootport,
		.port = p->port,
		.ports_n = w->devs,
		.keylog = w->cfg.keylog,
		.keylog_ctx = w->cfg.keylog_ctx,
		.run = fw_run,
		.run_ctx = w,
		.harts = 1,
		.limits = cove_fw_limits_default(),
	};
	enum il_err err;

	cfg.limits.tvms = WORLD_VMS;
	cfg.limits.tsm.conns = WORLD_DEVS;
	/* Whoever looks at all of them pays for each place. */
	if (w->devs * (1 + w->vfs) > cfg.limits.tsm.binds)
		cfg.limits.tsm.binds = WORLD_BINDS;
	err = cove_own_start(&p->own, &w->iommu, dice_u64(&w->dice) | 1);
	if (err)
		return err;
	p->tsm_insn = (struct cove_tsm_insn){ .ctx = w, .covt = i_covt };
	cove_rdsm_init(&p->rdsm, &rcfg);
	return cove_fw_new(&w->arena, &cfg, &p->fw);
}

static enum il_err start_host(struct world *w, struct cove_plat *p)
{
	const struct cove_host_cfg ccfg = {
		.arena = &w->arena,
		.hw = { .ops = &world_hw, .ctx = w, .env = &w->env },
		.insn = &p->host_insn,
		.mem = &w->mem,
		.shared_on_stream = w->shared_on_stream,
		.lock_p2p = w->lock_p2p,
	};
	struct host_cfg hcfg = {
		.kvm_rules = &cove_kvm_rules,
		.iommu = &cove_iommu_ops,
	};
	int n;

	fill_host_insn(w, &p->host_insn);
	p->host = cove_host_prepare(&ccfg);
	if (!p->host)
		return IL_E_NOMEM;
	hcfg.kvm_ctx = p->host;
	hcfg.iommu_ctx = p->host;
	n = world_host_new(w, &hcfg);
	if (!n)
		n = cove_host_start(p->host, w->host);
	if (n < 0)
		return world_fail(w, IL_E_IO, -n,
				  "the host does not start (SBI error %lld)",
				  (long long)cove_host_sbi_error(p->host));
	return IL_OK;
}

static enum il_err plat_start(struct world *w)
{
	struct cove_plat *p = w->plat_ctx;
	enum il_err err = start_firmware(w, p);

	return err ? err : start_host(w, p);
}

/* --- the guest --- */

static bool view_of(const struct world_vm *vm, struct cove_vm_view *v)
{
	const struct kvm_vcpu *kv = world_vm_vcpu(vm);

	return kv && !cove_host_view(kv->vm, v);
}

static uint32_t plat_owner(const struct world_vm *vm)
{
	const struct cove_plat *p = vm->w->plat_ctx;
	struct cove_fw_tvm t;
	struct cove_vm_view v;

	return view_of(vm, &v) && v.tvm && cove_fw_tvm_find(p->fw, v.id, &t)
		       ? t.vmid
		       : 0;
}

bool cove_plat_cpu(struct world_vm *vm, struct s2_cpu *c)
{
	const struct cove_plat *p = vm->w->plat_ctx;
	struct cove_fw_tvm t = { 0 };
	struct cove_vm_view v;

	if (!view_of(vm, &v))
		return false;
	if (v.tvm && !cove_fw_tvm_find(p->fw, v.id, &t))
		return false;
	*c = (struct s2_cpu){
		.m = &vm->w->mem,
		.fmt = &cove_sv48x4,
		.root = v.tvm ? t.root : v.root,
		.levels = COVE_GSTAGE_LEVELS,
		.owner = t.vmid,
	};
	return true;
}

/* The G-stage says which view an address is: the guest's wish is none. */
static enum il_err plat_access(struct world_vm *vm, uint64_t gpa, void *buf,
			       uint32_t len, bool write, bool priv,
			       struct fault *f)
{
	struct s2_cpu c;

	if (!cove_plat_cpu(vm, &c))
		return IL_E_STATE;
	return s2_access(&c, gpa, buf, len, write, priv, f);
}

static enum il_err g_read(void *ctx, uint64_t gpa, void *buf, uint32_t len)
{
	return world_vcpu_read(ctx, gpa, true, buf, len);
}

static enum il_err g_write(void *ctx, uint64_t gpa, const void *buf,
			   uint32_t len)
{
	return world_vcpu_write(ctx, gpa, true, buf, len);
}

static enum il_err g_covg(struct world_vcpu *v, uint64_t fid,
			  const uint64_t a[6], struct sbiret *ret)
{
	struct world *w = v->vm->w;
	struct cove_plat *p = w->plat_ctx;
	struct cove_vm_view view;
	enum il_err err;

	if (!view_of(v->vm, &view))
		return IL_E_STATE;
	world_raw_note(w, v->vm, RAW(COVE_EID_COVG, fid), a, 6);
	cove_fw_time(p->fw, w->now_ns);
	err = cove_fw_covg(p->fw, view.id, 0, COVE_EID_COVG, fid, a, ret);
	if (err == IL_E_AGAIN) {
		const struct vcpu_exit none = { .kind = VCPU_EXIT_NONE };

		return world_vcpu_exit(v, &none);
	}
	if (!err)
		called(w, WORLD_GUEST_FW, COVE_EID_COVG, fid, ret->error);
	return err;
}

static enum il_err g_ecall(void *ctx, uint64_t eid, uint64_t fid,
			   const uint64_t a[6], struct sbiret *ret)
{
	struct world_vcpu *v = ctx;
	struct vcpu_exit x = { .kind = VCPU_EXIT_CALL, .code = eid };
	const struct vcpu_exit *ans;

	if (eid == COVE_EID_COVG)
		return g_covg(v, fid, a, ret);
	ans = world_vcpu_answer(v, VCPU_EXIT_CALL);
	if (!ans) {
		memcpy(x.reg, a, 6 * sizeof(a[0]));
		x.reg[6] = fid;
		return world_vcpu_exit(v, &x);
	}
	*ret = (struct sbiret){ (int64_t)ans->ret, ans->reg[1] };
	return IL_OK;
}

static void plat_held(const struct world *w, struct world_held *out)
{
	const struct cove_plat *p = w->plat_ctx;

	*out = (struct world_held){ .leaked = cove_host_leaked(p->host) };
	for (uint32_t i = 1; i < VMIDS; i++)
		out->pages += cove_own_pages(&p->own, i);
}

static void plat_raw(struct world *w, struct world_vm *vm,
		     const struct raw_call *c)
{
	const uint64_t eid = c->fid >> 32, fid = c->fid & UINT32_MAX;
	struct sbiret ret;

	if (vm)
		(void)!g_covg(&vm->vcpu, fid, c->reg, &ret);
	else
		(void)i_ecall(w, eid, fid, c->reg);
}

static enum il_err plat_guest(struct world_vm *vm, struct guest_cfg *cfg)
{
	struct cove_plat_vm *p = vm->plat;
	struct cove_guest_cfg g = {
		.crypto = &vm->w->crypto_guest,
		.map = { .nonce = G_NONCE,
			 .data = G_DATA,
			 .ecam = cfg->map.ecam,
			 .ecam_size = ECAM_SIZE,
			 .mmio = cfg->map.mmio,
			 .mmio_size = cfg->map.mmio_size },
		.pages = vm->ram / PAGE_4K,
	};

	if (!p)
		p = ARENA_NEW(&vm->arena, struct cove_plat_vm);
	if (p && !p->page)
		p->page = ARENA_ARRAY(&vm->arena, uint8_t, g.pages);
	if (!p || !p->page)
		return IL_E_NOMEM;
	vm->plat = p;
	p->insn = (struct cove_guest_insn){ .ctx = &vm->vcpu,
					    .read = g_read,
					    .write = g_write,
					    .ecall = g_ecall };
	memset(p->page, COVE_PAGE_FRESH, g.pages);
	g.page = p->page;
	g.insn = &p->insn;
	cove_guest_init(&p->guest, &g);
	cfg->arch = &cove_guest_ops;
	cfg->arch_ctx = &p->guest;
	return IL_OK;
}

/* It holds no secret. */
static void plat_guest_fini(struct world_vm *vm)
{
	(void)vm;
}

static const uint8_t boot_page[4096] = "interlock guest";

static void plat_images(struct vmm_cfg *cfg)
{
	cfg->images[0] = (struct vmm_image){ G_BOOT, PAGE_4K, boot_page,
					     VMM_PAGE_NORMAL };
	cfg->n_images = 1;
}

static const char *const events[] = { "page", "dc",   "class", "vmid",
				      "key",  "mmio", NULL };

const struct world_plat world_cove_io = {
	.name = "cove-io",
	.events = events,
	.own = plat_own,
	.iommu_rules = &cove_iommu_rules,
	.iommu_ctx = plat_iommu_ctx,
	.start = plat_start,
	.launch = &cove_vmm_launch,
	.guest = plat_guest,
	.guest_fini = plat_guest_fini,
	.images = plat_images,
	.vcpu_access = plat_access,
	.owner = plat_owner,
	.held = plat_held,
	.raw = plat_raw,
	.ioctl_name = cove_ioctl_name,
	.options = WORLD_OPT_P2P | WORLD_OPT_SHARED_ON_STREAM,
	.evidence_at = cove_evidence_at,
	.evidence_set = cove_evidence_set,
	.evidence_hosts = true,
	.rules = cove_rules,
	.law = &law_cove,
};
