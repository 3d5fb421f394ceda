/* SPDX-License-Identifier: BSD-2-Clause */
#include "own_rig.h"

static enum il_err bar_read(void *ctx, const struct mem_req *q, bool trusted,
			    uint64_t pa, uint8_t *buf, uint32_t len,
			    struct fault *f)
{
	struct ownrig *r = ctx;

	(void)q;
	(void)pa;
	(void)f;
	r->hits++;
	r->bar_t = trusted;
	memset(buf, 0xff, len);
	return IL_OK;
}

static enum il_err bar_write(void *ctx, const struct mem_req *q, bool trusted,
			     uint64_t pa, const uint8_t *buf, uint32_t len,
			     struct fault *f)
{
	struct ownrig *r = ctx;

	(void)q;
	(void)pa;
	(void)buf;
	(void)len;
	(void)f;
	r->hits++;
	r->bar_t = trusted;
	return IL_OK;
}

static const struct mem_mmio_ops bar_ops = { bar_read, bar_write };

uint64_t ownrig_page(struct ownrig *r)
{
	uint64_t pa = r->next;

	r->next += PAGE_4K;
	assert_true(r->next <= RAM + PAGE_2M);
	return pa;
}

static uint64_t taken(struct ownrig *r, enum tdx_page_type type, uint64_t owner)
{
	uint64_t pa = ownrig_page(r);

	assert_int_equal(tdx_own_take(&r->o, pa, type, owner, 0, 0), IL_OK);
	return pa;
}

void ownrig_leaf(struct ownrig *r, uint64_t gpa, uint64_t e)
{
	struct tdx_sept s;

	for (unsigned l = TDX_SEPT_LEVELS - 1; l > 0; l--) {
		uint64_t pa;

		if (!tdx_sept_find(&r->o, r->root, gpa, l - 1, &s))
			continue;
		assert_int_equal(s.level, l);
		pa = taken(r, TDX_PT_EPT, TDR);
		tdx_sept_clear(&r->o, pa, false);
		tdx_sept_put(&r->o, &s, pa | EPT_RWX);
	}
	assert_int_equal(tdx_sept_find(&r->o, r->root, gpa, 0, &s), IL_OK);
	tdx_sept_put(&r->o, &s, e);
}

static void put_entry(struct ownrig *r, unsigned level, const uint64_t *q)
{
	struct tdx_dmar d;

	assert_int_equal(tdx_dmar_find(&r->o, RID, level, &d), IL_OK);
	memcpy(d.q, q, 8 * tdx_dmar_words(level));
	tdx_dmar_put(&r->o, &d);
}

void ownrig_entry(struct ownrig *r)
{
	const struct tdx_own_dev dev = {
		.rid = RID, .port = PORT, .stream = STREAM, .hkid = HKID
	};
	uint64_t page[4], q[8] = { 0 };

	for (unsigned i = 0; i < 4; i++) {
		page[i] = taken(r, TDX_PT_IOMMU_MT, 0);
		tdx_own_zero(&r->o, page[i], TDX_VIEW_MODULE, 0);
	}
	r->o.root = page[0];
	for (unsigned l = TDX_DMAR_ROOT; l > TDX_DMAR_PASID_ENTRY; l--) {
		memset(q, 0, sizeof(q));
		q[0] = page[4 - l] | VTD_ROOT_P;
		put_entry(r, l, q);
	}
	q[0] = TDX_PASID0_ADD | r->root | VTD_PASID_P;
	q[1] = TDX_PASID1_ADD | VTD_DID_TRUSTED | HKID;
	put_entry(r, TDX_DMAR_PASID_ENTRY, q);
	assert_int_equal(tdx_own_dev_set(&r->o, &dev), IL_OK);
}

void ownrig_host_entry(struct ownrig *r, uint64_t pasid0, uint64_t pasid1)
{
	uint64_t page[4];
	uint8_t e[16];

	for (unsigned i = 0; i < 4; i++)
		page[i] = ownrig_page(r);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t at =
			page[i] + (i == 0 ? VTD_ROOT_LEN * (RID >> 7) : 0);

		tdx_put_u64(e, 0, page[i + 1] | VTD_ROOT_P);
		assert_null(host_does(r, at, true, e, 8));
	}
	tdx_put_u64(e, 0, pasid0);
	tdx_put_u64(e, 8, pasid1);
	assert_null(host_does(r, page[3], true, e, 16));
	assert_int_equal(iommu_set_device_table(&r->i, page[0], 256), IL_OK);
}

void ownrig_up(struct ownrig *r)
{
	struct iommu_cfg ic = { .tlb_slots = 64,
				.entry_slots = 16,
				.queue_slots = 16,
				.rules = &tdx_iommu_rules };
	struct tdx_own_cfg oc = { .hkids = HKIDS };

	memset(r, 0, sizeof(*r));
	r->env = fake_env(&r->fake);
	r->next = RAM + 0x3000;

	struct mem_cfg mc = { &r->arena, &r->env, TDX_OWN_KEYS(HKIDS), 4 };

	ic.arena = oc.arena = &r->arena;
	ic.env = oc.env = &r->env;
	ic.mem = oc.mem = &r->m;
	ic.rules_ctx = &r->o;
	assert_int_equal(arena_map(&r->arena, 0, 64 << 20), IL_OK);
	assert_int_equal(mem_init(&r->m, &mc), IL_OK);
	assert_int_equal(mem_add_ram(&r->m, RAM, RAM_SIZE), IL_OK);
	assert_int_equal(mem_frames_reserve(&r->m, RAM, PAGE_2M), IL_OK);
	assert_int_equal(mem_add_mmio(&r->m, BAR, PAGE_2M, &bar_ops, r), IL_OK);
	assert_int_equal(tdx_own_init(&r->o, &oc), IL_OK);
	assert_int_equal(tdx_own_cover(&r->o, RAM, RAM_SIZE, false, 0), IL_OK);
	assert_int_equal(tdx_own_cover(&r->o, BAR, PAGE_2M, true, PORT), IL_OK);
	assert_int_equal(iommu_init(&r->i, &ic), IL_OK);
	assert_int_equal(tdx_own_start(&r->o, &r->i, 0xf1), IL_OK);
	assert_int_equal(tdx_own_take(&r->o, TDR, TDX_PT_TDR, TDR, 0, 0),
			 IL_OK);
	assert_int_equal(tdx_own_key(&r->o, HKID, TDR, 0xa2), IL_OK);
	assert_int_equal(tdx_own_key(&r->o, OTHER, TDR2, 0xa5), IL_OK);
	r->root = taken(r, TDX_PT_TDCX, TDR);
	tdx_sept_clear(&r->o, r->root, true);
	r->data = ownrig_page(r);
	assert_int_equal(
		tdx_own_take(&r->o, r->data, TDX_PT_REG, TDR, HKID, GPA),
		IL_OK);
	ownrig_leaf(r, GPA, r->data | EPT_RWX | SEPT_MAPPED);
	r->shared = ownrig_page(r);
	assert_int_equal(pt_init(&r->host, &r->m, &tdx_pt_ept, 4, AGENT_HOST,
				 NULL, NULL),
			 IL_OK);
	assert_int_equal(pt_map(&r->host, SHARED_IO, r->shared, PAGE_4K,
				PT_R | PT_W, PAGE_4K),
			 IL_OK);
}

void ownrig_down(struct ownrig *r)
{
	assert_true(tdx_own_sane(&r->o));
	assert_true(mem_sane(&r->m));
	assert_true(iommu_sane(&r->i));
	arena_unmap(&r->arena);
}

const struct rule *host_does(struct ownrig *r, uint64_t pa, bool write,
			     void *buf, uint32_t len)
{
	enum il_err err = write ? mem_host_write(&r->m, pa, buf, len, &r->f)
				: mem_host_read(&r->m, pa, buf, len, &r->f);

	return err ? r->f.rule : NULL;
}

const struct rule *td_does(struct ownrig *r, uint16_t hkid, uint64_t gpa,
			   bool write, void *buf, uint32_t len)
{
	const struct s2_cpu c = { .m = &r->m,
				  .fmt = &tdx_pt_ept,
				  .root = r->root,
				  .levels = TDX_SEPT_LEVELS,
				  .owner = hkid };

	return s2_access(&c, gpa, buf, len, write, true, &r->f) ? r->f.rule
								: NULL;
}

const struct rule *dev_does(struct ownrig *r, const struct iommu_req *q,
			    void *buf)
{
	return iommu_access(&r->i, q, buf, &r->f) ? r->f.rule : NULL;
}

struct iommu_req dma(uint64_t iova, bool write, bool t)
{
	return (struct iommu_req){ .rid = RID,
				   .t = t,
				   .stream = t ? STREAM : IOMMU_NO_STREAM,
				   .port = PORT,
				   .iova = iova,
				   .write = write,
				   .len = 16 };
}
