/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "arch/cca/uapi.h"
#include "arch/cca/vmm.h"
#include "world/plat_cca.h"
#include "world/names_ioctl.h"
#include "world/iommu_glue.h"

/* Arm CCA: granule protection, the monitor, the host's drivers, a realm. */

#define VMIDS	 64u
#define SIDS	 65536u
#define ST_BYTES ((uint64_t)SIDS * STE_LEN)
#define ST_PA	 (WORLD_RAM - align_up(ST_BYTES, PAGE_2M))
#define ROOT_PA	 (ST_PA - PAGE_2M)
/* As the monitor's manifest names SMMU and host bridge. */
#define SMMU_PA UINT64_C(0x2b400000)
#define ECAM_PA UINT64_C(0x4010000000)

#define G_BOOT UINT64_C(0x0000)

/* --- memory and ownership --- */

static enum il_err plat_own(struct world *w)
{
	struct cca_plat *p = ARENA_NEW(&w->arena, struct cca_plat);
	const struct cca_own_cfg cfg = {
		.arena = &w->arena,
		.env = &w->env,
		.mem = &w->mem,
		.vmids = VMIDS,
		.st = ST_PA,
		.sids = SIDS,
		.root = ROOT_PA,
		.root_size = PAGE_2M,
	};
	enum il_err err;

	if (!p)
		return IL_E_NOMEM;
	w->plat_ctx = p;
	err = cca_own_init(&p->own, &cfg);
	if (!err)
		err = cca_own_cover(&p->own, 0, WORLD_RAM, false, 0);
	for (unsigned i = 0; i < w->devs && !err; i++)
		err = cca_own_cover(&p->own,
				    WORLD_MMIO + i * world_mmio_size(w),
				    world_mmio_size(w), true, WORLD_PORT_NR(i));
	return err;
}

static void *plat_iommu_ctx(struct world *w)
{
	struct cca_plat *p = w->plat_ctx;

	return &p->own;
}

/* --- the host's instructions --- */

/* Of the statuses that RMI and RSI share numbers of. */
const char *cca_plat_status(uint64_t x0)
{
	static const char *const name[] = {
		[RMI_SUCCESS] = NULL,
		[RMI_ERROR_INPUT] = "INPUT",
		[RMI_ERROR_REALM] = "REALM",
		[RMI_ERROR_REC] = "REC",
		[RMI_ERROR_RTT] = "RTT",
		[RMI_ERROR_NOT_SUPPORTED] = "NOT_SUPPORTED",
		[RMI_ERROR_DEVICE] = "DEVICE",
		[RMI_ERROR_RTT_AUX] = "RTT_AUX",
		[RMI_ERROR_PSMMU_ST] = "PSMMU_ST",
		[RMI_ERROR_DPT] = "DPT",
		[RMI_BUSY] = "BUSY",
		[RMI_ERROR_GLOBAL] = "GLOBAL",
		[RMI_ERROR_TRACKING] = "TRACKING",
		[RMI_INCOMPLETE] = NULL,
		[RMI_BLOCKED] = "BLOCKED",
		[RMI_ERROR_GPT] = "GPT",
		[RMI_ERROR_GRANULE] = "GRANULE",
	};
	const unsigned s = RMI_STATUS(x0);

	return s < COUNT(name) ? name[s] : "ERROR";
}

static void i_smc(void *ctx, uint64_t x[CCA_SMC_REGS])
{
	struct world *w = ctx;
	struct cca_plat *p = w->plat_ctx;
	const uint64_t fid = x[0];

	world_raw_note(w, NULL, fid, x + 1, CCA_SMC_REGS - 1);
	cca_fw_time(p->fw, w->now_ns);
	cca_fw_smc(p->fw, x);
	world_called(w, WORLD_HOST_FW, cca_rmi_name(fid),
		     cca_plat_status(x[0]));
}

static enum il_err i_stream_table(void *ctx, uint64_t base, uint32_t count)
{
	return iommu_set_device_table(&((struct world *)ctx)->iommu, base,
				      count);
}

static void fill_host_insn(struct world *w, struct cca_host_insn *i)
{
	*i = (struct cca_host_insn){
		.ctx = w,
		.smc = i_smc,
		.smmu_stream_table = i_stream_table,
		.smmu_event_queue = iommu_glue_log,
		.smmu_queue_pos = iommu_glue_log_pos,
		.smmu_set_queue_head = iommu_glue_set_log_head,
		.smmu_inval_ste = iommu_glue_inval_device,
		.smmu_inval_pages = iommu_glue_inval_pages,
		.smmu_inval_all = iommu_glue_inval_all,
		.smmu_sync = iommu_glue_wait,
	};
}

/* --- firmware and host --- */

/* What EL3's manifest says of root ports. */
static int root_port(void *ctx, uint64_t hb_base, uint16_t rid)
{
	const struct world *w = ctx;

	for (unsigned i = 0; i < w->devs && hb_base == ECAM_PA; i++)
		if (WORLD_PORT_BDF(i) == rid)
			return WORLD_PORT_NR(i);
	return -1;
}

static enum il_err start_firmware(struct world *w, struct cca_plat *p)
{
	struct cca_fw_cfg cfg = {
		.crypto = &w->crypto_plat,
		.env = &w->env,
		.mem = &w->mem,
		.own = &p->own,
		.keys = &rootport_keys,
		.keys_ctx = &w->rootport,
		.keylog = w->cfg.keylog,
		.keylog_ctx = w->cfg.keylog_ctx,
		.da = !w->no_tio,
		.root_port = root_port,
		.platform_ctx = w,
		.run = cca_plat_run,
		.run_ctx = w,
		.limits = cca_fw_limits_default(),
	};
	enum il_err err;

	cfg.limits.realms = WORLD_VMS;
	cfg.limits.recs = WORLD_VMS;
	cfg.limits.pdevs = 2 * WORLD_DEVS; /* each with its root port's */
	cfg.limits.tsm.conns = WORLD_DEVS;
	/* Whoever looks at all of them pays for each place. */
	if (w->devs * (1 + w->vfs) > cfg.limits.tsm.binds)
		cfg.limits.tsm.binds = WORLD_BINDS;
	cfg.limits.vdevs = cfg.limits.tsm.binds;
	err = cca_own_start(&p->own, &w->iommu, dice_u64(&w->dice) | 1);

	return err ? err : cca_fw_new(&w->arena, &cfg, &p->fw);
}

static enum il_err start_host(struct world *w, struct cca_plat *p)
{
	const struct cca_host_cfg ccfg = {
		.arena = &w->arena,
		.hw = { .ops = &world_hw, .ctx = w, .env = &w->env },
		.insn = &p->host_insn,
		.crypto = &w->crypto_plat,
		.mem = &w->mem,
		.psmmu = SMMU_PA,
		.hb_base = ECAM_PA,
		.sids = SIDS,
		.no_da = w->no_tio,
		.shared_on_stream = w->shared_on_stream,
		.lock_p2p = w->lock_p2p,
	};
	struct host_cfg hcfg = {
		.kvm_rules = &cca_kvm_rules,
		.iommu = &cca_iommu_ops,
	};
	int n;

	fill_host_insn(w, &p->host_insn);
	p->host = cca_host_prepare(&ccfg);
	if (!p->host)
		return IL_E_NOMEM;
	hcfg.kvm_ctx = p->host;
	hcfg.iommu_ctx = p->host;
	n = world_host_new(w, &hcfg);
	if (!n)
		n = cca_host_start(p->host, w->host);
	if (n < 0)
		return world_fail(
			w, IL_E_IO, -n,
			"the host does not start (RMI result 0x%llx)",
			(unsigned long long)cca_host_rmi_error(p->host));
	return IL_OK;
}

static enum il_err plat_start(struct world *w)
{
	struct cca_plat *p = w->plat_ctx;
	enum il_err err = start_firmware(w, p);

	return err ? err : start_host(w, p);
}

static void plat_held(const struct world *w, struct world_held *out)
{
	const struct cca_plat *p = w->plat_ctx;

	*out = (struct world_held){ .leaked = cca_host_leaked(p->host) };
	for (uint16_t v = 1; v < p->own.vmids; v++)
		for (unsigned s = 0; s < OWN_STATES; s++)
			out->pages += p->own.realm[v].count[s];
}

/* --- by hand --- */

static void plat_raw(struct world *w, struct world_vm *vm,
		     const struct raw_call *c)
{
	uint64_t x[CCA_SMC_REGS] = { c->fid };

	for (unsigned i = 0; i < RAW_REGS && i + 1 < CCA_SMC_REGS; i++)
		x[i + 1] = c->reg[i];
	if (vm)
		(void)!cca_plat_rsi(&vm->vcpu, x);
	else
		i_smc(w, x);
}

static const uint8_t boot_page[4096] = "interlock guest";

static void plat_images(struct vmm_cfg *cfg)
{
	cfg->images[0] = (struct vmm_image){ G_BOOT, PAGE_4K, boot_page,
					     VMM_PAGE_NORMAL };
	cfg->n_images = 1;
}

static const char *const events[] = { "granule", "ste", "rtt", "realm", NULL };

const struct world_plat world_cca = {
	.name = "cca",
	.events = events,
	.own = plat_own,
	.iommu_rules = &cca_own_iommu_rules,
	.iommu_ctx = plat_iommu_ctx,
	.rp_vendor = RP_DVSEC_VENDOR,
	.rp_vendor_id = RP_DVSEC_ID,
	.rp_vendor_size = 8,
	.start = plat_start,
	.launch = &cca_vmm_launch,
	.guest = cca_plat_guest,
	.guest_fini = cca_plat_guest_fini,
	.images = plat_images,
	.vcpu_access = cca_plat_access,
	.owner = cca_plat_owner,
	.held = plat_held,
	.raw = plat_raw,
	.evidence_at = cca_evidence_at,
	.evidence_set = cca_evidence_set,
	.ioctl_name = cca_ioctl_name,
	.options =
		WORLD_OPT_NO_TIO | WORLD_OPT_P2P | WORLD_OPT_SHARED_ON_STREAM,
	.rules = cca_rules,
	.law = &law_cca,
};
