/* SPDX-License-Identifier: BSD-2-Clause */
#include "host_rig.h"

/* --- the machine, as tables --- */

static struct rig *rig_of(void *ctx)
{
	return ctx;
}

static enum il_err cfg_read(void *ctx, uint32_t bdf, uint16_t reg, uint8_t size,
			    uint32_t *val)
{
	return fake_cfg_read(&rig_of(ctx)->f, bdf, reg, size, val);
}

static enum il_err cfg_write(void *ctx, uint32_t bdf, uint16_t reg,
			     uint8_t size, uint32_t val)
{
	return fake_cfg_write(&rig_of(ctx)->f, bdf, reg, size, val);
}

static enum il_err hw_read(void *ctx, uint64_t pa, void *out, size_t len,
			   struct fault *f)
{
	return mem_host_read(&rig_of(ctx)->fw->m, pa, out, (uint32_t)len, f);
}

static enum il_err hw_write(void *ctx, uint64_t pa, const void *in, size_t len,
			    struct fault *f)
{
	struct rig *r = rig_of(ctx);
	enum il_err err = mem_host_write(&r->fw->m, pa, in, (uint32_t)len, f);

	r->refused += err != IL_OK;
	return err;
}

static unsigned order(uint32_t pages)
{
	unsigned n = 0;

	while (1u << n < pages)
		n++;
	return n;
}

static enum il_err page_alloc(void *ctx, uint32_t pages, uint64_t *pa)
{
	static const uint8_t zero[4096];
	struct rig *r = rig_of(ctx);
	struct fault f;

	if (mem_frames_alloc(&r->fw->m, order(pages), pa))
		return IL_E_NOMEM;
	for (uint32_t i = 0; i < pages; i++)
		assert_int_equal(mem_host_write(&r->fw->m, *pa + i * PAGE_4K,
						zero, sizeof(zero), &f),
				 IL_OK);
	r->frames += pages;
	return IL_OK;
}

/* A page that comes back must be the host's: that is what is asserted. */
static void page_free(void *ctx, uint64_t pa, uint32_t pages)
{
	struct rig *r = rig_of(ctx);

	for (uint32_t i = 0; i < pages; i++)
		assert_int_equal(own_state(&r->fw->o, pa + i * PAGE_4K),
				 OWN_HYPERVISOR);
	assert_int_equal(mem_frames_free(&r->fw->m, pa, order(pages)), IL_OK);
	r->frames -= pages;
}

static uint64_t now(void *ctx)
{
	return rig_of(ctx)->fw->p->now_ns;
}

static void wait(void *ctx, uint64_t ns)
{
	rig_of(ctx)->fw->p->now_ns += ns;
	fake_pci_run(&rig_of(ctx)->f);
}

static const struct host_hw_ops hw_ops = {
	.cfg_read = cfg_read,
	.cfg_write = cfg_write,
	.mem_read = hw_read,
	.mem_write = hw_write,
	.page_alloc = page_alloc,
	.page_free = page_free,
	.now_ns = now,
	.wait_ns = wait,
};

static enum rmp_rc i_rmpupdate(void *ctx, uint64_t pa,
			       const struct rmp_update *u)
{
	return own_rmpupdate(&rig_of(ctx)->fw->o, pa, u);
}

static enum rmp_rc i_psmash(void *ctx, uint64_t pa)
{
	return own_psmash(&rig_of(ctx)->fw->o, pa);
}

static enum rmp_rc i_rmpread(void *ctx, uint64_t pa, struct rmp_read *out)
{
	return own_rmpread(&rig_of(ctx)->fw->o, pa, out);
}

static uint32_t i_psp(void *ctx, uint32_t cmd, uint64_t pa)
{
	struct rig *r = rig_of(ctx);

	uint32_t ret = r->see ? r->see(r, cmd, pa) : 0;

	if (ret)
		return ret;
	if (r->no_info && cmd == SEV_CMD_TIO_TDI_INFO)
		return SEV_RET_RESOURCE_LIMIT;
	r->rung[cmd & 0xff]++;
	if (r->n_order < COUNT(r->order))
		r->order[r->n_order++] = cmd;
	sev_fw_time(r->fw->fw, r->fw->p->now_ns);
	ret = sev_fw_command(r->fw->fw, cmd, pa);
	r->expands += ret == SEV_RET_EXPAND_BUFFER_LENGTH_REQUEST;
	return ret;
}

static enum il_err i_dt(void *ctx, uint64_t base, uint32_t count)
{
	return iommu_set_device_table(&rig_of(ctx)->fw->i, base, count);
}

static enum il_err i_dte(void *ctx, uint32_t rid)
{
	return iommu_inval_device(&rig_of(ctx)->fw->i, rid);
}

static enum il_err i_pages(void *ctx, uint16_t domain, uint64_t iova,
			   uint64_t size)
{
	return iommu_inval_pages(&rig_of(ctx)->fw->i, domain, iova, size);
}

static void i_wait(void *ctx)
{
	(void)!iommu_wait(&rig_of(ctx)->fw->i);
}

/* --- the device --- */

static bool answer(void *ctx, uint8_t type, const uint8_t *in, size_t n,
		   uint8_t *out, size_t cap, size_t *out_len, uint8_t *out_type)
{
	struct rig *r = rig_of(ctx);

	if (r->silent_from && r->f.exchanges >= r->silent_from)
		return false;
	return peer_answer(r->fw->p, type, in, n, out, cap, out_len, out_type);
}

static bool in_use(struct peer_key k[2][2][3])
{
	return (k[0][0][0].on && k[0][1][2].on) ||
	       (k[1][0][0].on && k[1][1][2].on);
}

/* Enable bits reach the peer: Secure once its keys are in use. */
static void watch(void *ctx, struct fake_pci *f)
{
	struct rig *r = rig_of(ctx);
	struct peer *p = r->fw->p;
	struct ide_block_regs e, b;

	assert_int_equal(pci_ide_block(&f->ep, f->ep_ide, 0, &e), IL_OK);
	assert_int_equal(pci_ide_block(&f->port, f->port_ide, 0, &b), IL_OK);
	p->enabled = e.enable;
	p->secure = e.enable && in_use(p->ep);
	p->rp_secure = b.enable && in_use(p->rp);
	f->ep_insecure = !p->secure;
	f->rp_insecure = !p->rp_secure;
}

/* --- making one --- */

static void tables(struct rig *r)
{
	r->hw = (struct host_hw){ &hw_ops, r, NULL };
	r->insn = (struct sev_host_insn){ .ctx = r,
					  .rmpupdate = i_rmpupdate,
					  .psmash = i_psmash,
					  .rmpread = i_rmpread,
					  .psp = i_psp,
					  .iommu_device_table = i_dt,
					  .iommu_inval_device = i_dte,
					  .iommu_inval_pages = i_pages,
					  .iommu_wait = i_wait };
}

static void say(void *ctx, const char *who, const char *what, long ret)
{
	(void)ctx;
	if (getenv("HOST_TEST_LOG"))
		print_message("%-5s %-36s %ld\n", who, what, ret);
}

static struct rig *made(bool frugal)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct sev_host_cfg sc = { .asids = FW_ASIDS, .devs = FW_RIDS };
	struct host_cfg hc = { .pci = { PEER_BAR, PAGE_2M, 0 },
			       .kvm_rules = &sev_kvm_rules,
			       .iommu = &sev_iommu_ops };

	r->fw = fwrig_made(frugal);
	/* What the firmware's own rig has taken is not the allocator's. */
	assert_int_equal(mem_frames_reserve(&r->fw->m, FW_RAM, 2 * PAGE_2M),
			 IL_OK);
	fake_pci_init(&r->f, &r->fw->p->now_ns);
	fake_pci_build(&r->f);
	r->f.answer = answer;
	r->f.watch = watch;
	r->f.ctx = r;
	r->f.keys = true;
	tables(r);
	sc.arena = hc.arena = &r->fw->arena;
	sc.hw = hc.hw = r->hw;
	sc.insn = &r->insn;
	sc.mem = &r->fw->m;
	r->s = sev_host_prepare(&sc);
	assert_non_null(r->s);
	hc.kvm_ctx = hc.iommu_ctx = r->s;
	assert_int_equal(host_init(&r->h, &hc), 0);
	assert_int_equal(host_scan(&r->h), 0);
	/* The peer's stream is number 7: the first free one shall be that. */
	r->h.ide.index_used[0] = (1u << PEER_STREAM) - 1;
	r->n = sev_host_start(r->s, &r->h);
	assert_int_equal(r->n, 0);
	return r;
}

struct rig *rig_new(void)
{
	return made(false);
}

struct rig *rig_frugal(void)
{
	return made(true);
}

void rig_free(struct rig *r)
{
	fwrig_free(r->fw);
	free(r);
}

static enum il_err guest_run(void *ctx, struct vcpu_exit *x)
{
	struct rig *r = rig_of(ctx);

	if (r->at)
		r->got[r->at - 1] = *x;
	memset(x, 0, sizeof(*x));
	x->kind = VCPU_EXIT_HALT;
	if (r->at < r->steps)
		*x = r->script[r->at];
	r->at++;
	return IL_OK;
}

static const struct vcpu_ops vcpu_ops = { guest_run };

static const struct vcpu_ops *guest_for(void *ctx, struct kvm_vcpu *v,
					void **ops_ctx)
{
	(void)v;
	*ops_ctx = ctx;
	return &vcpu_ops;
}

void vmm_new(struct rig *r, bool early)
{
	static const uint8_t boot[4096] = "boot";
	struct vmm_cfg c = {
		.k = &r->h.k,
		.arena = &r->fw->arena,
		.launch = &sev_tio_vmm_launch,
		.ram_size = RAM_SIZE,
		.ecam_gpa = ECAM,
		.mmio_gpa = MMIO,
		.mmio_size = PAGE_2M,
		.early_map = early,
		.images = { { 0, PAGE_4K, boot, VMM_PAGE_NORMAL },
			    { PAGE_4K, PAGE_4K, NULL, VMM_PAGE_SECRETS } },
		.n_images = 2,
		.log = say,
	};

	r->h.kvm.guest = guest_for;
	r->h.kvm.guest_ctx = r;
	assert_int_equal(vmm_init(&r->vmm, &c), 0);
}

const struct vmm_dev_cfg dev = { .bdf = EP, .guest_rid = FW_GUEST_ID };

int play(struct rig *r, enum vmm_program p)
{
	struct vmm_run run;

	assert_int_equal(vmm_start(&r->vmm, &run, p, &dev), 0);
	return vmm_finish(&run, 100000);
}

int script(struct rig *r, unsigned n)
{
	r->steps = n;
	r->at = 0;
	return play(r, VMM_RUN);
}

struct vcpu_exit tio_op(unsigned op)
{
	return (struct vcpu_exit){ .kind = VCPU_EXIT_CALL,
				   .code = GHCB_EXIT_TIO_OP,
				   .reg[SEV_REG_INFO1] =
					   (uint64_t)op << 32 | FW_GUEST_ID };
}

struct vcpu_exit psc(uint64_t gpa, uint64_t pages, bool private)
{
	return (struct vcpu_exit){ .kind = VCPU_EXIT_CALL,
				   .code = GHCB_EXIT_PSC,
				   .reg[SEV_REG_INFO1] = gpa | private,
				   .reg[SEV_REG_INFO2] = pages };
}

struct vcpu_exit ecam(uint16_t reg, uint8_t len, bool write, uint32_t v)
{
	struct vcpu_exit x = { .kind = VCPU_EXIT_FAULT,
			       .gpa = ECAM + (FW_GUEST_ID << 12) + reg,
			       .len = len,
			       .write = write };

	memcpy(x.data, &v, 4);
	return x;
}

/* Decode and mastering on, at the place the VMM chose. */
void guest_probe(struct rig *r)
{
	r->script[0] = ecam(CFG_COMMAND, 2, true, CMD_MEM | CMD_MASTER);
	r->script[1] = psc(G_REQ, 18, false);
	assert_int_equal(script(r, 2), 0);
	assert_int_equal(r->got[1].ret, 0);
}

void up(struct rig *r)
{
	vmm_new(r, false);
	assert_int_equal(play(r, VMM_CONNECT), 0);
	assert_int_equal(play(r, VMM_LAUNCH), 0);
	assert_int_equal(play(r, VMM_ATTACH), 0);
	guest_probe(r);
}

void down(struct rig *r)
{
	assert_int_equal(play(r, VMM_DETACH), 0);
	assert_int_equal(play(r, VMM_DESTROY), 0);
	assert_int_equal(play(r, VMM_DISCONNECT), 0);
	assert_int_equal(r->s->leaked, 0);
}
