/* SPDX-License-Identifier: BSD-2-Clause */
#include "own_rig.h"

struct fault last_fault;

static enum il_err bar_read(void *ctx, const struct mem_req *q, bool trusted,
			    uint64_t pa, uint8_t *buf, uint32_t len,
			    struct fault *f)
{
	struct bar *b = ctx;

	(void)q;
	(void)pa;
	(void)f;
	b->hits++;
	b->trusted = trusted;
	memset(buf, 0xff, len);
	return IL_OK;
}

static enum il_err bar_write(void *ctx, const struct mem_req *q, bool trusted,
			     uint64_t pa, const uint8_t *buf, uint32_t len,
			     struct fault *f)
{
	struct bar *b = ctx;

	(void)q;
	(void)pa;
	(void)buf;
	(void)len;
	(void)f;
	b->hits++;
	b->trusted = trusted;
	return IL_OK;
}

static const struct mem_mmio_ops bar_ops = { bar_read, bar_write };

static void tables_up(struct rig *r)
{
	assert_int_equal(mem_frames_reserve(&r->m, DATA, PAGE_2M), IL_OK);
	assert_int_equal(mem_frames_reserve(&r->m, DEVTAB, PAGE_2M), IL_OK);
	assert_int_equal(
		pt_init(&r->npt, &r->m, &pt_npt, 4, AGENT_HOST, NULL, NULL),
		IL_OK);
	assert_int_equal(pt_init(&r->iot, &r->m, &pt_iommu_v1, 4, AGENT_HOST,
				 NULL, NULL),
			 IL_OK);
	assert_int_equal(pt_map(&r->npt, BAR_GPA, BAR, 2 * PAGE_4K, PT_R | PT_W,
				PAGE_4K),
			 IL_OK);
	assert_int_equal(pt_map(&r->iot, BAR_GPA, BAR, 2 * PAGE_4K, PT_R | PT_W,
				PAGE_4K),
			 IL_OK);
	map_both(r, PAGE_4K);
	r->c = (struct s2_cpu){ .m = &r->m,
				.fmt = &pt_npt,
				.root = r->npt.root,
				.levels = 4,
				.owner = ASID };
}

void rig_up(struct rig *r)
{
	struct own_cfg oc = { .arena = &r->arena,
			      .env = &r->env,
			      .mem = &r->m,
			      .asids = ASIDS,
			      .sdte = SDTE,
			      .rids = RIDS };
	struct iommu_cfg ic = { .arena = &r->arena,
				.env = &r->env,
				.mem = &r->m,
				.rules = &own_iommu_rules,
				.rules_ctx = &r->o,
				.tlb_slots = 64,
				.entry_slots = 16,
				.queue_slots = 16 };
	struct own_sdte e = good_sdte();

	memset(r, 0, sizeof(*r));
	r->env = fake_env(&r->fake);

	struct mem_cfg mc = { &r->arena, &r->env, OWN_KEYS(ASIDS), 4 };

	assert_int_equal(arena_map(&r->arena, 0, 64 << 20), IL_OK);
	assert_int_equal(mem_init(&r->m, &mc), IL_OK);
	assert_int_equal(mem_add_ram(&r->m, RAM, RAM_SIZE), IL_OK);
	assert_int_equal(mem_add_mmio(&r->m, BAR, PAGE_2M, &bar_ops, &r->bar),
			 IL_OK);
	assert_int_equal(own_init(&r->o, &oc), IL_OK);
	assert_int_equal(own_cover(&r->o, RAM, RAM_SIZE, false, 0), IL_OK);
	assert_int_equal(own_cover(&r->o, BAR, PAGE_2M, true, PORT), IL_OK);
	assert_int_equal(iommu_init(&r->i, &ic), IL_OK);
	assert_int_equal(own_start(&r->o, &r->i, 0xf1), IL_OK);
	assert_int_equal(iommu_set_device_table(&r->i, DEVTAB, RIDS), IL_OK);
	tables_up(r);
	good_dte(r);
	assert_int_equal(own_asid_activate(&r->o, ASID, 0xa2), IL_OK);
	assert_int_equal(own_asid_activate(&r->o, OTHER, 0xa5), IL_OK);
	assert_int_equal(own_fence_set(&r->o, ASID, PORT, OWN_FENCE_OPEN,
				       OWN_FENCE_OPEN),
			 IL_OK);
	assert_int_equal(own_sdte_write(&r->o, RID, &e), IL_OK);
}

void rig_down(struct rig *r)
{
	assert_true(own_sane(&r->o));
	assert_true(mem_sane(&r->m));
	assert_true(iommu_sane(&r->i));
	arena_unmap(&r->arena);
}

/* What rig_keep() keeps, and what rig_same() holds against it. */
#define KEPT_TABLES (1 << 20)
#define KEPT_RAM    (KEPT_TABLES + PAGE_2M)
#define KEPT_RMP    ((RAM_SIZE + PAGE_2M) / PAGE_4K)

static struct kept {
	struct own_page pages[KEPT_RMP];
	uint8_t ram[KEPT_RAM];
	uint8_t fence[ASIDS * OWN_PORTS];
} kept, seen;

static void take(const struct rig *r, struct kept *to)
{
	struct own_page *p = to->pages;

	memcpy(p, r->o.range[0].page, RAM_SIZE / PAGE_4K * sizeof(*p));
	memcpy(p + RAM_SIZE / PAGE_4K, r->o.range[1].page,
	       PAGE_2M / PAGE_4K * sizeof(*p));
	assert_int_equal(mem_raw(&r->m, RAM, to->ram, KEPT_TABLES), IL_OK);
	assert_int_equal(mem_raw(&r->m, DATA, to->ram + KEPT_TABLES, PAGE_2M),
			 IL_OK);
	memcpy(to->fence, r->o.fence, sizeof(to->fence));
}

void rig_keep(struct rig *r)
{
	take(r, &kept);
}

/* Not by assert_memory_equal(), which takes its time over megabytes. */
void rig_same(struct rig *r)
{
	take(r, &seen);
	assert_int_equal(memcmp(&seen.pages, &kept.pages, sizeof(kept.pages)),
			 0);
	assert_int_equal(memcmp(seen.ram, kept.ram, sizeof(kept.ram)), 0);
	assert_int_equal(memcmp(seen.fence, kept.fence, sizeof(kept.fence)), 0);
}

enum rmp_rc assign(struct rig *r, uint64_t pa, uint64_t gpa, uint32_t asid,
		   enum rmp_size size, bool immutable)
{
	struct rmp_update u = { .gpa = gpa,
				.assigned = 1,
				.pagesize = (uint8_t)size,
				.immutable = immutable,
				.asid = asid };

	return own_rmpupdate(&r->o, pa, &u);
}

enum rmp_rc unassign(struct rig *r, uint64_t pa, enum rmp_size size)
{
	struct rmp_update u = { .pagesize = (uint8_t)size };

	return own_rmpupdate(&r->o, pa, &u);
}

void own_it(struct rig *r, uint64_t pa, enum rmp_size size)
{
	uint64_t gpa = GPA + (pa - DATA);
	enum rmp_rc rc;
	bool same = true;
	struct fault f;

	assert_int_equal(assign(r, pa, gpa, ASID, size, false), RMP_OK);
	assert_int_equal(
		own_pvalidate(&r->o, &r->c, gpa, size, true, &rc, &same, &f),
		IL_OK);
	assert_int_equal(rc, RMP_OK);
	assert_false(same);
}

void map_both(struct rig *r, uint64_t leaf)
{
	struct pt *t[] = { &r->npt, &r->iot };

	for (size_t i = 0; i < COUNT(t); i++) {
		assert_int_equal(pt_unmap(t[i], GPA, PAGE_2M, NULL), IL_OK);
		assert_int_equal(
			pt_map(t[i], GPA, DATA, PAGE_2M, PT_R | PT_W, leaf),
			IL_OK);
	}
	assert_int_equal(iommu_inval_all(&r->i), IL_OK);
	iommu_wait(&r->i);
}

void set_dte(struct rig *r, uint64_t q0, uint64_t q1, uint64_t q2)
{
	uint64_t q[3] = { q0, q1, q2 };
	uint8_t raw[OWN_DTE_LEN] = { 0 };
	struct fault f;

	for (unsigned i = 0; i < 24; i++)
		raw[i] = (uint8_t)(q[i / 8] >> (8 * (i % 8)));
	assert_int_equal(mem_host_write(&r->m, DEVTAB + RID * OWN_DTE_LEN, raw,
					sizeof(raw), &f),
			 IL_OK);
	assert_int_equal(iommu_inval_device(&r->i, RID), IL_OK);
	iommu_wait(&r->i);
}

void good_dte(struct rig *r)
{
	set_dte(r, r->iot.root | 3 | 4 << 9 | BIT64(61) | BIT64(62), 77, 0);
}

struct own_sdte good_sdte(void)
{
	struct own_sdte e = { .valid = true,
			      .ir = true,
			      .iw = true,
			      .domain_id = 78,
			      .asid = ASID,
			      .guest_device_id = 0x18,
			      .vtom_en = true,
			      .vtom = VTOM / PAGE_2M,
			      .rp_id = PORT };

	memset(e.stream, 0xff, sizeof(e.stream));
	e.stream[0] = STREAM;
	return e;
}

struct iommu_req dma(uint64_t iova, bool write, bool t)
{
	return (struct iommu_req){ .rid = RID,
				   .t = t,
				   .stream = t ? STREAM : IOMMU_NO_STREAM,
				   .port = PORT,
				   .iova = iova,
				   .write = write,
				   .len = 64 };
}

static const struct rule *outcome(enum il_err err, const struct fault *f)
{
	last_fault = *f;
	if (!err)
		return NULL;
	assert_int_equal(err, IL_E_IO);
	assert_non_null(f->rule);
	return f->rule;
}

const struct rule *host_does(struct rig *r, uint64_t pa, uint64_t leaf,
			     bool write, void *buf, uint32_t len)
{
	struct mem_req q = mem_req_host(pa, len, write);
	struct fault f = { 0 };

	q.leaf = leaf;
	return outcome(mem_access(&r->m, &q, buf, &f), &f);
}

const struct rule *guest_does(struct rig *r, uint64_t gpa, bool c, bool write,
			      void *buf, uint32_t len)
{
	struct fault f = { 0 };

	return outcome(s2_access(&r->c, gpa, buf, len, write, c, &f), &f);
}

const struct rule *device_does(struct rig *r, struct iommu_req q, void *buf)
{
	struct fault f = { 0 };

	return outcome(iommu_access(&r->i, &q, buf, &f), &f);
}

const struct rule *firmware_does(struct rig *r, uint64_t pa, bool trusted,
				 uint32_t owner, bool write, void *buf,
				 uint32_t len)
{
	struct mem_req q = { .who = AGENT_FIRMWARE,
			     .write = write,
			     .trusted = trusted,
			     .owner = owner,
			     .gpa = pa,
			     .pa = pa,
			     .len = len };
	struct fault f = { 0 };

	return outcome(mem_access(&r->m, &q, buf, &f), &f);
}
