/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"

#include <stdlib.h>

/* --- the machine --- */

static enum il_err bar_read(void *ctx, const struct mem_req *q, bool trusted,
			    uint64_t pa, uint8_t *buf, uint32_t len,
			    struct fault *f)
{
	(void)ctx;
	(void)q;
	(void)pa;
	(void)f;
	memset(buf, trusted ? 0x5a : 0xff, len);
	return IL_OK;
}

static enum il_err bar_write(void *ctx, const struct mem_req *q, bool trusted,
			     uint64_t pa, const uint8_t *buf, uint32_t len,
			     struct fault *f)
{
	(void)ctx;
	(void)q;
	(void)trusted;
	(void)pa;
	(void)buf;
	(void)len;
	(void)f;
	return IL_OK;
}

static const struct mem_mmio_ops bar_ops = { bar_read, bar_write };

static void machine_up(struct fwrig *r)
{
	struct mem_cfg mc = { &r->arena, &r->p->env, TDX_OWN_KEYS(FW_HKIDS),
			      4 };
	struct tdx_own_cfg oc = { .arena = &r->arena,
				  .env = &r->p->env,
				  .mem = &r->m,
				  .hkids = FW_HKIDS };
	struct iommu_cfg ic = { .arena = &r->arena,
				.env = &r->p->env,
				.mem = &r->m,
				.rules = &tdx_iommu_rules,
				.rules_ctx = &r->o,
				.tlb_slots = 64,
				.entry_slots = 16,
				.queue_slots = 16 };

	assert_int_equal(mem_init(&r->m, &mc), IL_OK);
	assert_int_equal(mem_add_ram(&r->m, FW_RAM, FW_RAM_SIZE), IL_OK);
	assert_int_equal(mem_frames_reserve(&r->m, FW_RAM, FW_RAM_SIZE), IL_OK);
	assert_int_equal(mem_add_mmio(&r->m, PEER_BAR, FW_BAR_LEN, &bar_ops, r),
			 IL_OK);
	assert_int_equal(tdx_own_init(&r->o, &oc), IL_OK);
	assert_int_equal(tdx_own_cover(&r->o, FW_RAM, FW_RAM_SIZE, false, 0),
			 IL_OK);
	assert_int_equal(
		tdx_own_cover(&r->o, PEER_BAR, FW_BAR_LEN, true, PEER_PORT),
		IL_OK);
	assert_int_equal(iommu_init(&r->i, &ic), IL_OK);
	assert_int_equal(tdx_own_start(&r->o, &r->i, 0xf1), IL_OK);
}

static bool root_port(void *ctx, uint8_t segment, uint16_t rid, uint8_t *devfn,
		      uint32_t *port)
{
	(void)ctx;
	if (segment || rid < PEER_RID || rid >= PEER_RID + PEER_FNS)
		return false;
	*devfn = FW_RP_DEVFN;
	*port = PEER_PORT;
	return true;
}

static enum il_err run(void *ctx, uint64_t tdvpr, enum tdx_leave_kind *out)
{
	struct fwrig *r = ctx;
	bool call = r->call;

	*out = TDX_LEAVE_HALT;
	if (r->run_err)
		return r->run_err;
	if (r->inside)
		r->inside(r);
	if (call)
		r->got = tdx_fw_tdcall(r->fw, tdvpr, &r->todo, &r->f);
	else if (r->buf)
		r->got = tdx_fw_access(r->fw, tdvpr, r->at, r->private, r->buf,
				       r->len, r->write, &r->f);
	else
		return IL_OK;
	if (r->got == IL_E_AGAIN)
		*out = call && r->todo.rax == TDG_VP_VMCALL ? TDX_LEAVE_CALL
							    : TDX_LEAVE_FAULT;
	return IL_OK;
}

struct fwrig *fwrig_with(bool connect, bool serial, uint64_t seq)
{
	struct fwrig *r = calloc(1, sizeof(*r));
	struct tdx_fw_cfg cfg = { .keys = &peer_rp_keys,
				  .connect = connect,
				  .serial = serial,
				  .run = run,
				  .run_ctx = r,
				  .root_port = root_port,
				  .root_port_ctx = r,
				  .limits = tdx_fw_limits_default() };

	assert_non_null(r);
	assert_int_equal(arena_map(&r->arena, 0, 64 << 20), IL_OK);
	r->p = peer_new();
	peer_stream(r->p, 0);
	r->next = FW_RAM;
	machine_up(r);
	cfg.crypto = &r->p->crypto;
	cfg.env = &r->p->env;
	cfg.mem = &r->m;
	cfg.own = &r->o;
	cfg.keys_ctx = r->p;
	cfg.limits.tds = 3;
	cfg.limits.vcpus = 4;
	cfg.limits.tsm.conns = 2;
	cfg.limits.tsm.binds = 3;
	cfg.limits.tsm.seq = seq;
	assert_int_equal(tdx_fw_new(&r->arena, &cfg, &r->fw), IL_OK);
	r->req = fw_page(r);
	r->rsp = fw_page(r);
	r->cfg = fw_page(r);
	r->out = fw_page(r);
	for (unsigned i = 0; i < COUNT(r->outs); i++) {
		uint8_t at[8];

		r->outs[i] = fw_page(r);
		tdx_put_u64(at, 0, r->outs[i]);
		host_put(r, r->out + 8 * i, at, sizeof(at));
	}
	return r;
}

struct fwrig *fwrig_new(void)
{
	return fwrig_with(true, false, 0);
}

void fwrig_free(struct fwrig *r)
{
	rig_books(r);
	free(r->kept);
	peer_free(r->p);
	arena_unmap(&r->arena);
	free(r);
}

uint64_t fw_page(struct fwrig *r)
{
	uint64_t pa = r->next;

	r->next += PAGE_4K;
	assert_true(r->next <= FW_RAM + FW_RAM_SIZE);
	return pa;
}

void host_put(struct fwrig *r, uint64_t pa, const void *p, uint32_t len)
{
	struct fault f;

	assert_int_equal(mem_host_write(&r->m, pa, p, len, &f), IL_OK);
}

void host_get(struct fwrig *r, uint64_t pa, void *p, uint32_t len)
{
	struct fault f;

	assert_int_equal(mem_host_read(&r->m, pa, p, len, &f), IL_OK);
}

bool host_may(struct fwrig *r, uint64_t pa)
{
	uint8_t b[8] = { 0 };
	struct fault f;

	return !mem_host_write(&r->m, pa, b, sizeof(b), &f);
}

/* --- calls --- */

uint64_t seam(struct fwrig *r, struct tdx_regs q)
{
	uint64_t st;

	tdx_fw_time(r->fw, r->p->now_ns);
	st = tdx_fw_seamcall(r->fw, &q);
	assert_int_equal(q.rax, st);
	assert_true(tdx_own_sane(&r->o));
	r->q = q;
	return st;
}

bool exchange(struct fwrig *r)
{
	uint8_t raw[PAGE_4K], out[PAGE_4K] = { 0 }, kind = 0;
	uint32_t dw;

	host_get(r, r->req, raw, sizeof(raw));
	assert_int_equal(raw[0] | raw[1] << 8, 0x0001);
	assert_int_equal(raw[3], 0);
	dw = tdx_u32(raw, 4);
	assert_in_range(dw, 3, PAGE_4K / 4);
	if (r->silent || !peer_answer(r->p, raw[2], raw + 8, 4 * dw - 8, r->ans,
				      sizeof(r->ans), &r->ans_len, &kind))
		return false;
	r->exchanges++;
	assert_true(r->ans_len <= sizeof(out) - 8);
	out[0] = 1;
	out[2] = kind;
	tdx_put_u32(out, 4, (uint32_t)(align_up(8 + r->ans_len, 4) / 4));
	memcpy(out + 8, r->ans, r->ans_len);
	host_put(r, r->rsp, out, sizeof(out));
	if (r->spoil)
		r->spoil(r, r->exchanges);
	return true;
}

uint64_t carry(struct fwrig *r, struct tdx_regs q)
{
	uint64_t st;

	r->exchanges = 0;
	for (;;) {
		st = seam(r, q);
		if (TDX_STATUS(st) != TDX_SPDM_REQUEST)
			return st;
		if (!exchange(r))
			return st;
	}
}

/* --- refusals --- */

/* Books and memory; not the buffers behind them. */
static size_t copy(const struct fwrig *r, uint8_t *to)
{
	const struct tdx_fw *fw = r->fw;
	const struct tdx_fw_limits *l = &fw->cfg.limits;
	const struct {
		const void *p;
		size_t n;
	} part[] = {
		{ fw->td, l->tds * sizeof(*fw->td) },
		{ fw->vp, l->vcpus * sizeof(*fw->vp) },
		{ fw->spdm, l->tsm.conns * sizeof(*fw->spdm) },
		{ fw->devif, l->tsm.binds * sizeof(*fw->devif) },
		{ &fw->devifs_used, sizeof(fw->devifs_used) },
		{ &fw->iommu, sizeof(fw->iommu) },
		{ fw->iommu_page, sizeof(fw->iommu_page) },
		{ fw->queue, sizeof(fw->queue) },
		{ &fw->queued, sizeof(fw->queued) },
		{ fw->tsm->conn, l->tsm.conns * sizeof(*fw->tsm->conn) },
		{ fw->tsm->bind, l->tsm.binds * sizeof(*fw->tsm->bind) },
		{ r->o.range[0].page,
		  FW_RAM_SIZE / PAGE_4K * sizeof(struct tdx_page) },
		{ r->o.range[1].mmio,
		  FW_BAR_LEN / PAGE_4K * sizeof(struct tdx_mmio) },
		{ r->o.tdr, FW_HKIDS * sizeof(*r->o.tdr) },
		{ &r->o.root, sizeof(r->o.root) },
		{ r->o.dev, sizeof(r->o.dev) },
		{ r->o.node, sizeof(r->o.node) },
		{ r->m.ram[0].bytes, r->next - FW_RAM },
		{ &r->p->rp_regs, sizeof(r->p->rp_regs) },
		{ r->p->rp, sizeof(r->p->rp) },
	};
	size_t at = 0;

	for (size_t i = 0; i < COUNT(part); i++) {
		if (to)
			memcpy(to + at, part[i].p, part[i].n);
		at += part[i].n;
	}
	return at;
}

void rig_keep(struct fwrig *r)
{
	free(r->kept);
	r->kept_len = copy(r, NULL);
	r->kept = malloc(r->kept_len);
	assert_non_null(r->kept);
	(void)copy(r, r->kept);
}

void rig_same(struct fwrig *r)
{
	uint8_t *now;

	assert_int_equal(copy(r, NULL), r->kept_len);
	now = malloc(r->kept_len);
	assert_non_null(now);
	(void)copy(r, now);
	assert_memory_equal(now, r->kept, r->kept_len);
	free(now);
}

void refused(struct fwrig *r, uint64_t st, struct tdx_regs q)
{
	rig_keep(r);
	assert_int_equal(seam(r, q), st);
	rig_same(r);
}

/* --- books --- */

/* The owner's secure EPT leads to it, in a state that fits. */
static void page_books(const struct fwrig *r, uint64_t pa,
		       const struct tdx_page *p)
{
	struct fw_td *td = tdxm_td_at(r->fw, p->owner);
	struct tdx_sept s;

	if (p->type != TDX_PT_REG)
		return;
	assert_non_null(td);
	if (td->state > TDX_TD_BLOCKED)
		return; /* its tables may be gone */
	assert_int_equal(p->hkid, td->hkid);
	assert_int_equal(tdx_sept_find(&r->o, td->cx[1], p->gpa, 0, &s), IL_OK);
	assert_int_equal(s.e & EPT_ADDR, pa);
	assert_true(!(s.e & SEPT_TDIO) && tdx_sept_state(s.e) != SEPT_FREE);
	assert_int_equal(s.e & EPT_RWX,
			 tdx_sept_state(s.e) == SEPT_MAPPED ? EPT_RWX : 0);
}

static void mmio_books(const struct fwrig *r, uint64_t pa,
		       const struct tdx_mmio *m)
{
	const struct fw_devif *d = tdxm_devif_at(r->fw, m->function);
	struct fw_td *td = tdxm_td_at(r->fw, m->tdr);
	struct tdx_sept s;

	assert_true(m->mapped || !m->accepted);
	assert_true(m->data || !m->mapped);
	if (!m->mapped)
		return;
	assert_non_null(td);
	assert_true(d && d->td == td && td->state <= TDX_TD_RUNNABLE);
	assert_int_equal(tdx_sept_find(&r->o, td->cx[1], m->gpa, 0, &s), IL_OK);
	assert_int_equal(s.e & EPT_ADDR, pa);
	assert_true(s.e & SEPT_TDIO);
	/* the entry of what was accepted in a session that ended stays */
	if (m->accepted)
		assert_int_equal(tdx_sept_state(s.e), SEPT_MMIO_MAPPED);
	assert_false(s.e & EPT_X);
	assert_true(!m->accepted || d->session);
}

static void devif_books(const struct fwrig *r, const struct fw_devif *d)
{
	const struct tdx_mmio *m = r->o.range[1].mmio;
	uint64_t mapped = 0, accepted = 0;
	struct tdx_dmar e;
	bool none;

	for (unsigned i = 0; i < FW_BAR_LEN / PAGE_4K; i++) {
		mapped += m[i].mapped && m[i].function == d->function;
		accepted += m[i].accepted && m[i].function == d->function;
	}
	assert_int_equal(mapped, d->mapped);
	assert_int_equal(accepted, tsm_mmio_pages(d->bind));
	none = tdx_dmar_find(&r->o, (uint16_t)d->function, 0, &e) ||
	       tdx_dmar_map(&e) == TDX_DMAR_FREE;
	assert_int_equal(d->dmar, !none);
	if (none || tdx_dmar_map(&e) != TDX_DMAR_PRESENT)
		return;
	assert_true(tsm_dma_on(d->bind) && d->dma_counted);
	assert_int_equal(e.q[1] & VTD_PASID1_DID,
			 VTD_DID_TRUSTED | d->td->hkid);
	assert_int_equal(e.q[0] & VTD_PASID_SLPT, d->td->cx[1]);
}

void rig_books(const struct fwrig *r)
{
	const struct tdx_page *p = r->o.range[0].page;
	const struct tdx_fw_limits *l = &r->fw->cfg.limits;

	for (unsigned i = 0; i < FW_RAM_SIZE / PAGE_4K; i++)
		page_books(r, FW_RAM + i * PAGE_4K, &p[i]);
	for (unsigned i = 0; i < FW_BAR_LEN / PAGE_4K; i++)
		mmio_books(r, PEER_BAR + i * PAGE_4K, &r->o.range[1].mmio[i]);
	for (unsigned i = 0; i < r->fw->devifs_used; i++)
		if (r->fw->devif[i].bind)
			devif_books(r, &r->fw->devif[i]);
	for (unsigned t = 0; t < l->tds; t++) {
		const struct fw_td *td = &r->fw->td[t];
		uint64_t children = 0;
		unsigned dmars = 0;

		if (!td->used)
			continue;
		for (unsigned i = 0; i < FW_RAM_SIZE / PAGE_4K; i++)
			children += p[i].owner == td->tdr &&
				    p[i].type != TDX_PT_TDR;
		for (unsigned i = 0; i < r->fw->devifs_used; i++)
			dmars += r->fw->devif[i].bind &&
				 r->fw->devif[i].td == td &&
				 r->fw->devif[i].dma_counted;
		assert_int_equal(children, td->children);
		assert_int_equal(dmars, td->dmars);
	}
	assert_true(tdx_fw_sane(r->fw));
	assert_true(tdx_own_sane(&r->o));
	assert_true(tsm_sane(r->fw->tsm));
}

/* --- TDs --- */

void td_keyed(struct fwrig *r, struct fwtd *td, uint16_t hkid)
{
	td->tdr = fw_page(r);
	assert_int_equal(SEAM(r, TDH_MNG_CREATE, td->tdr, hkid), 0);
	assert_int_equal(SEAM(r, TDH_MNG_KEY_CONFIG, td->tdr), 0);
	for (unsigned i = 0; i < TDX_TDCX_PAGES; i++)
		assert_int_equal(SEAM(r, TDH_MNG_ADDCX, fw_page(r), td->tdr),
				 0);
}

uint64_t td_init(struct fwrig *r, const struct fwtd *td, uint64_t config)
{
	uint8_t p[TDX_PARAMS_LEN] = { 0 };
	uint64_t pa = fw_page(r);

	p[0x10] = 2; /* vCPUs */
	p[0x18] = 0x1e;
	tdx_put_u64(p, 0x20, config);
	host_put(r, pa, p, sizeof(p));
	return SEAM(r, TDH_MNG_INIT, td->tdr, pa);
}

void td_tables(struct fwrig *r, const struct fwtd *td)
{
	static const uint64_t at[] = { 3, 2, 1, FW_MMIO_GPA | 1 };

	for (unsigned i = 0; i < COUNT(at); i++)
		assert_int_equal(
			SEAM(r, TDH_MEM_SEPT_ADD, at[i], td->tdr, fw_page(r)),
			0);
}

/* The host's half, in plain EPT entries: one page at FW_GPA. */
static void host_half(struct fwrig *r, struct fwtd *td)
{
	uint64_t gpa = FW_GPA | TDX_GPA_SHARED, table = fw_page(r);

	td->root = table;
	td->shared = fw_page(r);
	for (unsigned l = 3;; l--) {
		uint64_t next = l ? fw_page(r) : td->shared;
		uint8_t e[8];

		tdx_put_u64(e, 0, next | 7);
		host_put(r, table + 8 * (gpa >> (12 + 9 * l) & 511), e,
			 sizeof(e));
		if (!l)
			break;
		table = next;
	}
}

void td_new(struct fwrig *r, struct fwtd *td, uint16_t hkid, uint64_t config)
{
	td_keyed(r, td, hkid);
	assert_int_equal(td_init(r, td, config), 0);
	td_tables(r, td);
	for (unsigned i = 0; i < FW_PAGES; i++) {
		uint64_t from = fw_page(r);

		td->page[i] = fw_page(r);
		assert_int_equal(SEAM(r, TDH_MEM_PAGE_ADD, FW_GPA + i * PAGE_4K,
				      td->tdr, td->page[i], from),
				 0);
	}
	td->tdvpr = fw_page(r);
	assert_int_equal(SEAM(r, TDH_VP_CREATE, td->tdvpr, td->tdr), 0);
	for (unsigned i = 0; i < TDX_TDVPX_PAGES; i++)
		assert_int_equal(SEAM(r, TDH_VP_ADDCX, fw_page(r), td->tdvpr),
				 0);
	assert_int_equal(SEAM(r, TDH_VP_INIT, td->tdvpr), 0);
	host_half(r, td);
	assert_int_equal(SEAM(r, TDH_VP_WR, td->tdvpr, TDX_VP_SHARED_EPTP,
			      td->root, UINT64_MAX),
			 0);
	assert_int_equal(SEAM(r, TDH_MR_FINALIZE, td->tdr), 0);
}

uint64_t td_enter(struct fwrig *r, const struct fwtd *td)
{
	return SEAM(r, TDH_VP_ENTER, td->tdvpr);
}

uint64_t td_calls(struct fwrig *r, const struct fwtd *td, struct tdx_regs q)
{
	r->call = true;
	r->todo = q;
	(void)td_enter(r, td);
	r->call = false;
	return r->got ? TDX_LEAVES : r->todo.rax;
}

void td_refused(struct fwrig *r, uint64_t st, const struct fwtd *td,
		struct tdx_regs q)
{
	(void)td_enter(r, td); /* a vCPU that was never in is in once */
	rig_keep(r);
	assert_int_equal(td_calls(r, td, q), st);
	rig_same(r);
}

enum il_err td_access(struct fwrig *r, const struct fwtd *td, uint64_t gpa,
		      bool private, void *buf, uint32_t len, bool write)
{
	r->buf = buf;
	r->at = gpa;
	r->len = len;
	r->private = private;
	r->write = write;
	(void)td_enter(r, td);
	r->buf = NULL;
	return r->got;
}
