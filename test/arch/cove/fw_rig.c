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
	memset(buf, trusted ? 0x11 : 0xff, len);
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

static void machine_up(struct cove_rig *r)
{
	struct mem_cfg mc = { &r->arena, &r->p->env, COVE_OWN_KEYS(RIG_VMIDS),
			      4 };
	struct cove_own_cfg oc = { .arena = &r->arena,
				   .env = &r->p->env,
				   .mem = &r->m,
				   .vmids = RIG_VMIDS,
				   .tsm = RIG_TSM };
	struct iommu_cfg ic = { .arena = &r->arena,
				.env = &r->p->env,
				.mem = &r->m,
				.rules = &cove_iommu_rules,
				.rules_ctx = &r->o,
				.tlb_slots = 64,
				.entry_slots = 16,
				.queue_slots = 16 };

	assert_int_equal(mem_init(&r->m, &mc), IL_OK);
	assert_int_equal(mem_add_ram(&r->m, RIG_RAM, RIG_RAM_SIZE), IL_OK);
	assert_int_equal(mem_add_mmio(&r->m, PEER_BAR, PAGE_2M, &bar_ops, r),
			 IL_OK);
	assert_int_equal(cove_own_init(&r->o, &oc), IL_OK);
	assert_int_equal(cove_own_cover(&r->o, RIG_RAM, RIG_RAM_SIZE, false, 0),
			 IL_OK);
	assert_int_equal(
		cove_own_cover(&r->o, PEER_BAR, PAGE_2M, true, PEER_PORT),
		IL_OK);
	assert_int_equal(iommu_init(&r->i, &ic), IL_OK);
	assert_int_equal(cove_own_start(&r->o, &r->i, 0xf1), IL_OK);
}

/* --- the root port's registers: what the peer has not --- */

static struct cove_rig *rig_of(void *ctx)
{
	/* the peer's context is what its own entries need */
	static struct cove_rig *the;

	if (ctx)
		the = ctx;
	return the;
}

static enum il_err setup(void *ctx, uint32_t port, const struct rp_stream *s)
{
	struct cove_rig *r = rig_of(NULL);

	(void)ctx;
	assert_int_equal(port, PEER_PORT);
	if (r->setup_err || r->set_up)
		return r->setup_err ? r->setup_err : IL_E_STATE;
	r->set_up = true;
	r->regs = *s;
	return IL_OK;
}

static enum il_err teardown(void *ctx, uint32_t port, uint8_t stream)
{
	struct cove_rig *r = rig_of(NULL);

	(void)ctx;
	(void)port;
	if (!r->set_up || r->regs.id != stream)
		return IL_E_ARG;
	r->set_up = false;
	r->locked = false;
	return IL_OK;
}

static enum il_err lock(void *ctx, uint32_t port, uint8_t stream, bool on)
{
	struct cove_rig *r = rig_of(NULL);

	(void)ctx;
	(void)port;
	if (!r->set_up || r->regs.id != stream)
		return IL_E_ARG;
	r->locked = on;
	return IL_OK;
}

/* --- the guest --- */

static enum il_err guest_run(void *ctx, uint64_t tvm, uint32_t vcpu,
			     struct cove_exit *x)
{
	struct cove_rig *r = ctx;
	enum il_err err;

	r->last = *x;
	*x = (struct cove_exit){ .scause = COVE_IRQ_TIMER };
	if (r->inside)
		r->inside(r);
	if (r->vm_fault) {
		x->scause = r->vm_store ? COVE_EX_STORE_GUEST_FAULT
					: COVE_EX_LOAD_GUEST_FAULT;
		x->gpa = r->a[0];
		x->a[0] = RIG_SECRET; /* what it stores */
		x->inst = 0x2503;
		return IL_OK;
	}
	if (!r->calls)
		return IL_OK;
	if (r->eid != COVE_EID_COVG) {
		x->scause = COVE_EX_VS_ECALL;
		memcpy(x->a, r->a, sizeof(r->a));
		x->a[6] = r->fid;
		x->a[7] = r->eid;
		return IL_OK;
	}
	err = cove_fw_covg(r->fw, tvm, vcpu, r->eid, r->fid, r->a, &r->got);
	if (err == IL_OK) {
		r->answered = true;
		r->calls = false;
	} else {
		assert_int_equal(err, IL_E_AGAIN);
	}
	return IL_OK;
}

/* --- made and freed --- */

static const struct cove_port ports[] = {
	{ .rp = PEER_PORT, .mmio = PEER_BAR, .mmio_size = PAGE_2M },
};

static void firmware_up(struct cove_rig *r, unsigned harts, uint64_t seq)
{
	struct cove_fw_cfg cfg = { .crypto = &r->p->crypto,
				   .env = &r->p->env,
				   .mem = &r->m,
				   .own = &r->o,
				   .rdsm = &r->covt,
				   .ports = &peer_rp_keys,
				   .ports_ctx = r->p,
				   .port = ports,
				   .ports_n = COUNT(ports),
				   .run = guest_run,
				   .run_ctx = r,
				   .harts = harts,
				   .limits = cove_fw_limits_default() };
	struct cove_rdsm_cfg rc = { .env = &r->p->env,
				    .mem = &r->m,
				    .own = &r->o,
				    .keys = &r->keys,
				    .keys_ctx = r->p,
				    .port = ports,
				    .ports_n = COUNT(ports) };

	rig_of(r);
	r->keys = peer_rp_keys;
	r->keys.setup = setup;
	r->keys.teardown = teardown;
	r->keys.lock = lock;
	cove_rdsm_init(&r->rdsm, &rc);
	r->covt = (struct cove_tsm_insn){ &r->rdsm, cove_rdsm_covt };
	cfg.limits.tvms = 2;
	cfg.limits.vcpus = 2;
	cfg.limits.regions = 8;
	cfg.limits.tsm.conns = 2;
	cfg.limits.tsm.binds = 3;
	cfg.limits.tsm.seq = seq;
	assert_int_equal(cove_fw_new(&r->arena, &cfg, &r->fw), IL_OK);
}

static struct cove_rig *make(unsigned harts, uint64_t seq)
{
	struct cove_rig *r = calloc(1, sizeof(*r));
	uint64_t a[6] = { 0 };

	assert_non_null(r);
	assert_int_equal(arena_map(&r->arena, 0, 256 << 20), IL_OK);
	r->p = peer_new();
	r->next = RIG_RAM + PAGE_2M;
	r->hand_back = true;
	machine_up(r);
	firmware_up(r, harts, seq);
	r->nacl = rig_host(r, NACL_SHMEM_LEN / PAGE_4K, 1);
	r->desc = rig_host(r, 1, 1);
	r->page = rig_host(r, 1, 1);
	r->out = rig_host(r, COVE_CONN_SIZE_MIN / PAGE_4K, 1);
	a[0] = r->nacl;
	assert_int_equal(
		cove_fw_ecall(r->fw, 0, COVE_EID_NACL, NACL_SET_SHMEM, a).error,
		SBI_SUCCESS);
	return r;
}

struct cove_rig *rig_new(void)
{
	return make(1, 0);
}

struct cove_rig *rig_harts(unsigned harts)
{
	return make(harts, 0);
}

struct cove_rig *rig_short(uint64_t seq)
{
	return make(1, seq);
}

void rig_free(struct cove_rig *r)
{
	assert_true(cove_fw_sane(r->fw));
	assert_true(cove_own_sane(&r->o));
	assert_true(cove_rdsm_sane(&r->rdsm));
	free(r->kept);
	peer_free(r->p);
	arena_unmap(&r->arena);
	free(r);
}

/* --- the host --- */

uint64_t rig_host(struct cove_rig *r, uint64_t pages, uint64_t align)
{
	uint64_t pa = align_up(r->next, align * PAGE_4K);

	r->next = pa + pages * PAGE_4K;
	assert_true(r->next < RIG_TSM);
	return pa;
}

uint64_t rig_conf(struct cove_rig *r, uint64_t pages, uint64_t align)
{
	uint64_t pa = rig_host(r, pages, align);

	assert_int_equal(
		covh(r, COVH_CONVERT_PAGES, pa, pages, 0, 0, 0, 0).error,
		SBI_SUCCESS);
	assert_int_equal(covh(r, COVH_GLOBAL_FENCE, 0, 0, 0, 0, 0, 0).error,
			 SBI_SUCCESS);
	for (unsigned h = 1; h < r->fw->cfg.harts; h++)
		assert_int_equal(covh_on(r, h, COVH_LOCAL_FENCE, 0, 0).error,
				 SBI_SUCCESS);
	return pa;
}

void host_put(struct cove_rig *r, uint64_t pa, const void *p, uint32_t len)
{
	struct fault f;

	assert_int_equal(mem_host_write(&r->m, pa, p, len, &f), IL_OK);
}

void host_get(struct cove_rig *r, uint64_t pa, void *p, uint32_t len)
{
	struct fault f;

	assert_int_equal(mem_host_read(&r->m, pa, p, len, &f), IL_OK);
}

struct sbiret covh(struct cove_rig *r, uint64_t fid, uint64_t a0, uint64_t a1,
		   uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
	const uint64_t a[6] = { a0, a1, a2, a3, a4, a5 };

	cove_fw_time(r->fw, r->p->now_ns);
	return cove_fw_ecall(r->fw, 0, COVE_EID_COVH, fid, a);
}

struct sbiret covh_on(struct cove_rig *r, unsigned hart, uint64_t fid,
		      uint64_t a0, uint64_t a1)
{
	const uint64_t a[6] = { a0, a1 };

	return cove_fw_ecall(r->fw, hart, COVE_EID_COVH, fid, a);
}

uint64_t buffer_at(struct cove_rig *r)
{
	uint8_t h[NACL_DEV_PAYLOAD];

	for (unsigned i = 0; i < NACL_DEVS; i++) {
		uint64_t at = r->nacl + NACL_DEV + i * NACL_DEV_STRIDE;

		host_get(r, at, h, sizeof(h));
		if (cove_u32(h, NACL_DEV_FUNCTION_ID) &&
		    cove_u32(h, NACL_DEV_DEVICE_ID) == PEER_RID)
			return at;
	}
	return 0;
}

bool exchange(struct cove_rig *r)
{
	uint64_t at = buffer_at(r);
	uint8_t h[NACL_DEV_PAYLOAD], msg[PEER_MSG], kind = 0;
	uint32_t len;
	bool ok;

	assert_true(at);
	host_get(r, at, h, sizeof(h));
	len = cove_u32(h, NACL_DEV_LENGTH);
	assert_false(len & NACL_LENGTH_ANSWER);
	assert_true((len & NACL_LENGTH_MASK) <= sizeof(msg));
	host_get(r, at + NACL_DEV_PAYLOAD, msg, len & NACL_LENGTH_MASK);
	r->ans_len = 0;
	ok = !r->silent && peer_answer(r->p, NACL_LENGTH_TYPE(len), msg,
				       len & NACL_LENGTH_MASK, r->ans,
				       sizeof(r->ans), &r->ans_len, &kind);
	r->exchanges++;
	if (!ok)
		r->ans_len = 0;
	else if (r->spoil)
		r->spoil(r, r->exchanges);
	cove_put_u32(h, NACL_DEV_LENGTH,
		     r->ans_len ? NACL_LENGTH_ANSWER | (uint32_t)kind << 24 |
					  (uint32_t)r->ans_len
				: 0);
	if (r->ans_len)
		host_put(r, at + NACL_DEV_PAYLOAD, r->ans,
			 (uint32_t)r->ans_len);
	host_put(r, at, h, sizeof(h));
	return ok;
}

struct sbiret carry(struct cove_rig *r, uint64_t fid, uint64_t a0, uint64_t a1,
		    uint64_t a2, uint64_t a3)
{
	struct sbiret s = covh(r, fid, a0, a1, a2, a3, 0, 0);

	r->exchanges = 0;
	while (cfw_is_pending(s)) {
		exchange(r);
		s = covh(r, fid, a0, a1, a2, a3, 0, 0);
	}
	return s;
}

/* --- a TVM --- */

uint64_t rig_launch(struct cove_rig *r)
{
	uint64_t dir = rig_conf(r, 4, 4), state = rig_conf(r, 2, 1);
	uint64_t pool = rig_conf(r, 16, 1), mem = rig_conf(r, RIG_PAGES, 1);
	uint64_t src = rig_host(r, RIG_PAGES, 1);
	uint8_t s[TVM_PARAMS_LEN], fill[PAGE_4K];
	struct sbiret x;

	cove_put_u64(s, TVM_PARAMS_PAGE_DIRECTORY, dir);
	cove_put_u64(s, TVM_PARAMS_STATE, state);
	host_put(r, r->page, s, sizeof(s));
	x = covh(r, COVH_CREATE_TVM, r->page, sizeof(s), 0, 0, 0, 0);
	assert_int_equal(x.error, SBI_SUCCESS);
	r->tvm = x.value;
	x = covh(r, COVH_ADD_MEMORY_REGION, r->tvm, RIG_GPA, PAGE_2M, 0, 0, 0);
	assert_int_equal(x.error, SBI_SUCCESS);
	x = covh(r, COVH_ADD_PAGE_TABLE_PAGES, r->tvm, pool, 16, 0, 0, 0);
	assert_int_equal(x.error, SBI_SUCCESS);
	for (unsigned i = 0; i < RIG_PAGES; i++) {
		memset(fill, 0x40 + (int)i, sizeof(fill));
		host_put(r, src + i * PAGE_4K, fill, sizeof(fill));
	}
	x = covh(r, COVH_ADD_MEASURED_PAGES, r->tvm, src, mem, COVE_PAGE_4K,
		 RIG_PAGES, RIG_GPA);
	assert_int_equal(x.error, SBI_SUCCESS);
	x = covh(r, COVH_CREATE_VCPU, r->tvm, 0, state + PAGE_4K, 0, 0, 0);
	assert_int_equal(x.error, SBI_SUCCESS);
	x = covh(r, COVH_FINALIZE_TVM, r->tvm, RIG_GPA, 0, 0, 0, 0);
	assert_int_equal(x.error, SBI_SUCCESS);
	return r->tvm;
}

struct sbiret run(struct cove_rig *r)
{
	return covh(r, COVH_RUN_VCPU, r->tvm, 0, 0, 0, 0, 0);
}

static uint64_t shown(struct cove_rig *r, uint32_t off)
{
	uint8_t b[8];

	host_get(r, r->nacl + off, b, sizeof(b));
	return cove_u64(b, 0);
}

void covg_begin(struct cove_rig *r, uint64_t fid, uint64_t a0, uint64_t a1,
		uint64_t a2, uint64_t a3, uint64_t a4)
{
	const uint64_t a[6] = { a0, a1, a2, a3, a4 };

	memcpy(r->a, a, sizeof(a));
	r->eid = COVE_EID_COVG;
	r->fid = fid;
	r->calls = true;
	r->answered = false;
	r->exchanges = 0;
	assert_int_equal(run(r).error, SBI_SUCCESS);
}

/* What a host does when its TVM left with a call of its TSM. */
static void serve(struct cove_rig *r)
{
	uint64_t fid = shown(r, NACL_GPR(NACL_GPR_A0 + 6));

	assert_int_equal(shown(r, NACL_CSR(CSR_VSCAUSE)), COVE_EX_VS_ECALL);
	assert_int_equal(shown(r, NACL_GPR(NACL_GPR_A0 + 7)), COVE_EID_COVG);
	if (buffer_at(r)) {
		exchange(r);
	} else if (fid == COVG_GET_CONN_TRANSCRIPT && r->hand_back) {
		(void)covh(r, COVH_GET_CONN_TRANSCRIPT, PEER_RID, r->out,
			   COVE_CONN_SIZE_MIN, 0, 0, 0);
	} else if (fid == COVG_STOP_INTERFACE) {
		(void)unbind(r);
	}
}

struct sbiret covg(struct cove_rig *r, uint64_t fid, uint64_t a0, uint64_t a1,
		   uint64_t a2, uint64_t a3, uint64_t a4)
{
	covg_begin(r, fid, a0, a1, a2, a3, a4);
	for (unsigned i = 0; !r->answered; i++) {
		assert_true(i < 200);
		serve(r);
		assert_int_equal(run(r).error, SBI_SUCCESS);
	}
	return r->got;
}

static struct s2_cpu cpu(struct cove_rig *r)
{
	struct cove_fw_tvm t;

	assert_true(cove_fw_tvm_find(r->fw, r->tvm, &t));
	return (struct s2_cpu){ .m = &r->m,
				.fmt = &cove_sv48x4,
				.root = t.root,
				.levels = COVE_GSTAGE_LEVELS,
				.owner = t.vmid };
}

enum il_err guest_access(struct cove_rig *r, uint64_t gpa, bool write,
			 struct fault *f)
{
	struct s2_cpu c = cpu(r);
	uint8_t b[8] = { 0 };

	return s2_access(&c, gpa, b, sizeof(b), write, true, f);
}

void guest_get(struct cove_rig *r, uint64_t gpa, void *p, uint32_t len)
{
	struct s2_cpu c = cpu(r);
	struct fault f;

	assert_int_equal(s2_access(&c, gpa, p, len, false, true, &f), IL_OK);
}

void guest_put(struct cove_rig *r, uint64_t gpa, const void *p, uint32_t len)
{
	struct s2_cpu c = cpu(r);
	struct fault f;

	assert_int_equal(
		s2_access(&c, gpa, (void *)(uintptr_t)p, len, true, true, &f),
		IL_OK);
}

enum il_err dma(struct cove_rig *r, bool t, uint64_t iova, bool write,
		struct fault *f)
{
	struct iommu_req q = { .rid = PEER_RID,
			       .t = t,
			       .stream = t ? PEER_STREAM : IOMMU_NO_STREAM,
			       .port = PEER_PORT,
			       .iova = iova,
			       .write = write,
			       .len = 8 };
	uint8_t b[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	return iommu_access(&r->i, &q, b, f);
}

/* --- a device's life --- */

struct sbiret dev_connect(struct cove_rig *r)
{
	uint8_t d[COVE_STREAM_LEN(0)] = { 0 };
	struct sbiret x;

	d[COVE_STREAM_ID] = PEER_STREAM;
	cove_put_u32(d, COVE_STREAM_RID1, 0xffff << 8);
	cove_put_u32(d, COVE_STREAM_RID2, 1);
	host_put(r, r->desc, d, sizeof(d));
	x = carry(r, COVH_CONNECT_DEVICE, PEER_RID, r->desc, r->out,
		  COVE_CONN_SIZE_MIN);
	if (!x.error) {
		const uint64_t a[6] = { PEER_PORT, PEER_STREAM };

		peer_enable(r->p);
		/* the root monitor has seen it secure */
		assert_int_equal(
			cove_rdsm_covt(&r->rdsm, COVT_STREAM_STATUS, a).value,
			1);
	}
	return x;
}

struct sbiret regions_add(struct cove_rig *r)
{
	return covh(r, COVH_ADD_REGION, r->tvm, RIG_IF, PEER_BAR,
		    RIG_BAR_PAGES * PAGE_4K, RIG_BAR_GPA, 0);
}

struct sbiret regions_reclaim(struct cove_rig *r)
{
	return covh(r, COVH_RECLAIM_REGION, r->tvm, RIG_IF, PEER_BAR,
		    RIG_BAR_PAGES * PAGE_4K, 0, 0);
}

struct sbiret bind(struct cove_rig *r)
{
	return carry(r, COVH_BIND_INTERFACE, r->tvm, RIG_IF, 0, 0);
}

struct sbiret unbind(struct cove_rig *r)
{
	return carry(r, COVH_UNBIND_INTERFACE, r->tvm, RIG_IF, 0, 0);
}

void all_bound(struct cove_rig *r)
{
	rig_launch(r);
	assert_int_equal(dev_connect(r).error, SBI_SUCCESS);
	assert_int_equal(regions_add(r).error, SBI_SUCCESS);
	assert_int_equal(bind(r).error, SBI_SUCCESS);
}

void all_running(struct cove_rig *r)
{
	const struct tsm_lock_info *l;
	struct cove_fw_if f;

	all_bound(r);
	assert_int_equal(covg(r, COVG_GET_INTERFACE_REPORT, RIG_IF, RIG_BUF_GPA,
			      PAGE_4K, 0, 0)
				 .error,
			 SBI_SUCCESS);
	assert_true(cove_fw_if_at(r->fw, 0, &f));
	l = tsm_lock_info(f.bind);
	assert_true(l->ranges);
	assert_int_equal(covg(r, COVG_MAP_INTERFACE_MMIO, RIG_IF,
			      RIG_BAR_GPA + l->range[0].pa - PEER_BAR,
			      l->range[0].pa,
			      (uint64_t)l->range[0].pages * PAGE_4K, 0)
				 .error,
			 SBI_SUCCESS);
	assert_int_equal(
		covg(r, COVG_START_INTERFACE, RIG_IF, 0, 0, 0, 0).error,
		SBI_SUCCESS);
}

/* --- refusals --- */

static size_t snapshot(struct cove_rig *r, uint8_t *out)
{
	const struct cove_fw_limits *l = &r->fw->cfg.limits;
	struct {
		const void *p;
		size_t n;
	} part[] = {
		{ r->o.active, RIG_VMIDS },
		/* moved on by whatever writes a page or an entry */
		{ &r->o.changes, 8 },
		{ &r->o.entry_changes, 8 },
		{ &r->rdsm, sizeof(r->rdsm) },
		{ r->fw->tvm, l->tvms * sizeof(struct fw_tvm) },
		{ r->fw->dev, l->tsm.conns * sizeof(struct fw_dev) },
		{ r->fw->ifs, l->tsm.binds * sizeof(struct fw_if) },
		{ r->fw->convert, sizeof(r->fw->convert) },
		{ &r->fw->converts, sizeof(r->fw->converts) },
		{ r->fw->nacl, sizeof(r->fw->nacl) },
		{ r->fw->tvm[0].vcpu, l->vcpus * sizeof(struct fw_vcpu) },
		{ r->fw->tvm[0].span[SPAN_SHARED],
		  l->regions * sizeof(struct fw_span) },
		{ r->fw->tvm[0].span[SPAN_CONF],
		  l->regions * sizeof(struct fw_span) },
		{ r->fw->tsm->conn, l->tsm.conns * sizeof(struct tsm_conn) },
		{ r->fw->tsm->bind, l->tsm.binds * sizeof(struct tsm_bind) },
	};
	size_t n = 0;

	for (size_t i = 0; i < COUNT(part); i++) {
		if (out)
			memcpy(out + n, part[i].p, part[i].n);
		n += part[i].n;
	}
	return n;
}

void rig_keep(struct cove_rig *r)
{
	r->kept_len = snapshot(r, NULL);
	free(r->kept);
	r->kept = malloc(r->kept_len);
	assert_non_null(r->kept);
	snapshot(r, r->kept);
}

void rig_same(struct cove_rig *r)
{
	uint8_t *now = malloc(r->kept_len);

	assert_non_null(now);
	snapshot(r, now);
	assert_memory_equal(now, r->kept, r->kept_len);
	free(now);
}
