/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"
#include "fake_env.h"

#include "arch/sev_tio/event.h"
#include "arch/sev_tio/pt.h"
#include "iommu/iommu.h"

#define RAM	 UINT64_C(0x40000000)
#define RAM_SIZE (8 * PAGE_2M)
#define DATA	 (RAM + 4 * PAGE_2M)
#define LOG	 (RAM + 2 * PAGE_2M)
#define RID	 0x100

static const struct rule no = { .name = "no", .says = "no", .source = "test" };
static const struct rule own_no = { .name = "own",
				    .says = "no",
				    .source = "test" };

/* An architecture that a test owns. */
struct arch {
	struct iommu_entry e[2]; /* by T */
	const struct rule *lookup;
	const struct rule *admit;
	uint64_t refuse; /* page that memory refuses */
	enum fault_stage stage;
	unsigned lookups;
	struct mem_req last;
};

static const struct rule *arch_lookup(void *ctx, uint32_t rid, bool t,
				      struct iommu_entry *out)
{
	struct arch *a = ctx;

	(void)rid;
	a->lookups++;
	*out = a->e[t];
	return a->lookup;
}

static const struct rule *arch_admit(void *ctx, const struct iommu_entry *e,
				     const struct iommu_req *q)
{
	struct arch *a = ctx;

	(void)e;
	(void)q;
	return a->admit;
}

/* One layout of records will do. */
static const struct iommu_rules arch_iommu = { .lookup = arch_lookup,
					       .admit = arch_admit,
					       .event_len = SEV_EVENT_LEN,
					       .encode = sev_event_put };

static const struct rule *arch_check(void *ctx, const struct mem_req *q,
				     struct mem_pass *pass)
{
	struct arch *a = ctx;

	if (q->who == AGENT_DEVICE && q->rid)
		a->last = *q;
	pass->stage = a->stage;
	return align_down(q->pa, PAGE_4K) == a->refuse ? &own_no : NULL;
}

static const struct mem_rules arch_mem = { arch_check };

struct rig {
	struct fake_env fake;
	struct env env;
	struct arena arena;
	struct mem m;
	struct iommu i;
	struct arch a;
	struct pt t;
};

static void up(struct rig *r)
{
	struct mem_cfg mc = { &r->arena, &r->env, 1, 4 };
	struct iommu_cfg ic = { .arena = &r->arena,
				.env = &r->env,
				.mem = &r->m,
				.rules = &arch_iommu,
				.rules_ctx = &r->a,
				.tlb_slots = 64,
				.entry_slots = 16,
				.queue_slots = 4 };

	memset(r, 0, sizeof(*r));
	r->env = fake_env(&r->fake);
	r->a.refuse = UINT64_MAX;
	assert_int_equal(arena_map(&r->arena, 0, 64 << 20), IL_OK);
	assert_int_equal(mem_init(&r->m, &mc), IL_OK);
	assert_int_equal(mem_add_ram(&r->m, RAM, RAM_SIZE), IL_OK);
	mem_set_rules(&r->m, &arch_mem, &r->a);
	assert_int_equal(iommu_init(&r->i, &ic), IL_OK);
	assert_int_equal(
		pt_init(&r->t, &r->m, &pt_iommu_v1, 4, AGENT_HOST, NULL, NULL),
		IL_OK);
	assert_int_equal(
		pt_map(&r->t, 0x10000, DATA, 4 * PAGE_4K, PT_R | PT_W, PAGE_4K),
		IL_OK);
	assert_int_equal(pt_map(&r->t, 0x20000, DATA, PAGE_4K, PT_R, PAGE_4K),
			 IL_OK);
	assert_int_equal(
		pt_map(&r->t, PAGE_2M, DATA, PAGE_2M, PT_R | PT_W, PAGE_2M),
		IL_OK);
	r->a.e[0] = (struct iommu_entry){ .kind = IOMMU_PAGED,
					  .fmt = &pt_iommu_v1,
					  .root = r->t.root,
					  .levels = 4,
					  .perm = PT_R | PT_W,
					  .interrupts = true,
					  .domain = 7 };
	r->a.e[1] = r->a.e[0];
	r->a.e[1].trusted = true;
	r->a.e[1].owner = 5;
	r->a.e[1].level = 2;
	r->a.e[1].domain = 8;
	assert_int_equal(iommu_set_event_log(&r->i, LOG, 4), IL_OK);
}

static void down(struct rig *r)
{
	assert_true(iommu_sane(&r->i));
	arena_unmap(&r->arena);
}

static struct iommu_req dma(uint64_t iova, uint32_t len, bool write, bool t)
{
	return (struct iommu_req){ .rid = RID,
				   .t = t,
				   .stream = t ? 1 : IOMMU_NO_STREAM,
				   .iova = iova,
				   .write = write,
				   .len = len };
}

/* The latest event, as the host reads it. */
static struct sev_event said(const struct rig *r)
{
	struct sev_event e;

	assert_int_equal(sev_event_of(&r->i.last, &e), IL_OK);
	return e;
}

static struct sev_event logged(struct rig *r, uint32_t slot)
{
	uint8_t raw[SEV_EVENT_LEN];
	struct sev_event e;

	assert_int_equal(
		mem_raw(&r->m, LOG + slot * SEV_EVENT_LEN, raw, sizeof(raw)),
		IL_OK);
	assert_int_equal(sev_event_decode(raw, &e), IL_OK);
	return e;
}

/* One refusal: fault, event in memory, and not a byte of DATA moved. */
static void refused(struct rig *r, struct iommu_req q, const struct rule *rule,
		    enum fault_stage stage, enum sev_event_code code)
{
	static uint8_t was[4 * PAGE_4K], is[4 * PAGE_4K];
	uint8_t buf[PAGE_4K];
	struct fault f = { 0 };
	uint32_t tail = r->i.log_tail;

	memset(buf, 0xe1, sizeof(buf));
	assert_int_equal(mem_raw(&r->m, DATA, was, sizeof(was)), IL_OK);
	assert_int_equal(iommu_access(&r->i, &q, buf, &f), IL_E_IO);
	assert_int_equal(mem_raw(&r->m, DATA, is, sizeof(is)), IL_OK);
	assert_memory_equal(was, is, sizeof(was));
	for (size_t i = 0; i < sizeof(buf); i++)
		assert_int_equal(buf[i], 0xe1);
	assert_ptr_equal(f.rule, rule);
	assert_int_equal(f.stage, stage);
	assert_int_equal(f.who, AGENT_DEVICE);
	assert_int_equal(f.id, RID);
	assert_int_equal(f.addr, q.iova);
	assert_int_equal(f.write, q.write);
	assert_int_equal(f.trusted, q.t);
	if (!code) {
		assert_int_equal(r->i.log_tail, tail);
		return;
	}
	assert_int_equal(r->i.log_tail, (tail + 1) & 3);

	struct sev_event e = logged(r, tail);

	assert_int_equal(e.code, code);
	assert_int_equal(e.rid, RID);
	assert_int_equal(!!(e.flags & SEV_EVENT_FLAG_RW), q.write);
	assert_int_equal(iommu_set_log_head(&r->i, r->i.log_tail), IL_OK);
}

static void a_mapped_page_is_reached_with_the_entrys_owner(void **unused)
{
	uint8_t in[64], out[64];
	struct fault f;
	struct rig r;

	(void)unused;
	up(&r);
	memset(in, 0x42, sizeof(in));
	for (int t = 0; t < 2; t++) {
		struct iommu_req q = dma(0x11010, sizeof(in), true, t);

		q.port = 3;
		assert_int_equal(iommu_access(&r.i, &q, in, &f), IL_OK);
		assert_int_equal(r.a.last.pa, DATA + PAGE_4K + 0x10);
		assert_int_equal(r.a.last.gpa, 0x11010);
		assert_int_equal(r.a.last.leaf, PAGE_4K);
		assert_int_equal(r.a.last.owner, t ? 5 : 0);
		assert_int_equal(r.a.last.level, t ? 2 : 0);
		assert_int_equal(r.a.last.trusted, t);
		assert_int_equal(r.a.last.rid, RID);
		assert_int_equal(r.a.last.port, 3);
		assert_true(r.a.last.write);
		q.write = false;
		memset(out, 0, sizeof(out));
		assert_int_equal(iommu_access(&r.i, &q, out, &f), IL_OK);
		assert_memory_equal(in, out, sizeof(in));
		assert_false(r.a.last.write);
	}
	assert_int_equal(iommu_access(&r.i,
				      &(struct iommu_req){ .rid = RID,
							   .iova = PAGE_2M + 8,
							   .len = 4 },
				      out, &f),
			 IL_OK);
	assert_int_equal(r.a.last.leaf, PAGE_2M);
	assert_int_equal(r.i.events, 0);
	down(&r);
}

static void requests_that_cross_four_kib_are_refused(void **unused)
{
	struct rig r;

	(void)unused;
	up(&r);
	refused(&r, dma(0x10ffc, 8, true, false), &iommu_rule_boundary,
		FAULT_LINK, 0);
	refused(&r, dma(0x10000, 0, true, false), &iommu_rule_boundary,
		FAULT_LINK, 0);
	down(&r);
}

static void page_faults_name_what_is_missing(void **unused)
{
	struct rig r;

	(void)unused;
	up(&r);
	refused(&r, dma(0x14000, 8, true, false), &iommu_rule_missing,
		FAULT_IO_PAGES, SEV_EV_IO_PAGE_FAULT);
	refused(&r, dma(BIT64(50), 8, false, false), &iommu_rule_missing,
		FAULT_IO_PAGES, SEV_EV_IO_PAGE_FAULT);
	assert_false(said(&r).flags & SEV_EVENT_FLAG_PR);
	assert_int_equal(said(&r).addr, BIT64(50));
	assert_int_equal(said(&r).tag, 7);
	refused(&r, dma(0x20000, 8, true, true), &iommu_rule_perm,
		FAULT_IO_PAGES, SEV_EV_IO_PAGE_FAULT);
	assert_true(said(&r).flags & SEV_EVENT_FLAG_PR);
	assert_int_equal(said(&r).tag, 8);
	r.a.e[0].root = 0x90000000;
	iommu_forget(&r.i, RID);
	refused(&r, dma(0x10000, 8, true, false), &iommu_rule_broken,
		FAULT_IO_PAGES, SEV_EV_IO_PAGE_FAULT);
	down(&r);
}

static void the_entrys_permissions_bound_the_pages(void **unused)
{
	struct rig r;

	(void)unused;
	up(&r);
	r.a.e[0].perm = PT_W;
	refused(&r, dma(0x10000, 8, false, false), &iommu_rule_perm,
		FAULT_IO_PAGES, SEV_EV_IO_PAGE_FAULT);
	r.a.e[0].perm = PT_R;
	iommu_forget(&r.i, RID);
	refused(&r, dma(0x10000, 8, true, false), &iommu_rule_perm,
		FAULT_IO_PAGES, SEV_EV_IO_PAGE_FAULT);
	/* what a read remembered does not let a write through */
	struct fault f;
	struct iommu_req q = dma(0x10000, 4, false, false);
	uint8_t b[4];

	assert_int_equal(iommu_access(&r.i, &q, b, &f), IL_OK);
	refused(&r, dma(0x10000, 8, true, false), &iommu_rule_perm,
		FAULT_IO_PAGES, SEV_EV_IO_PAGE_FAULT);
	down(&r);
}

static void entries_are_refused_by_the_architecture(void **unused)
{
	struct rig r;

	(void)unused;
	up(&r);
	r.a.lookup = &no;
	refused(&r, dma(0x10000, 8, true, false), &no, FAULT_DEVICE_ENTRY,
		SEV_EV_ILLEGAL_DTE);
	r.a.lookup = NULL;
	/* the refusal too is remembered */
	refused(&r, dma(0x10000, 8, true, false), &no, FAULT_DEVICE_ENTRY,
		SEV_EV_ILLEGAL_DTE);
	iommu_forget(&r.i, RID);
	r.a.admit = &no;
	refused(&r, dma(0x10000, 8, true, true), &no, FAULT_DEVICE_ENTRY,
		SEV_EV_INVALID_REQUEST);
	r.a.admit = NULL;
	r.a.e[1] = (struct iommu_entry){ .kind = IOMMU_ABORT, .why = &own_no };
	iommu_forget(&r.i, RID);
	refused(&r, dma(0x10000, 8, true, true), &own_no, FAULT_DEVICE_ENTRY,
		SEV_EV_INVALID_REQUEST);
	/* an abort without a reason still aborts */
	r.a.e[1].why = NULL;
	iommu_forget(&r.i, RID);
	refused(&r, dma(0x10000, 8, true, true), &iommu_rule_perm,
		FAULT_IO_PAGES, SEV_EV_IO_PAGE_FAULT);
	down(&r);
}

static void admission_is_asked_on_every_request(void **unused)
{
	struct iommu_req q = dma(0x10000, 4, true, true);
	uint8_t b[4] = { 0 };
	struct fault f;
	struct rig r;

	(void)unused;
	up(&r);
	assert_int_equal(iommu_access(&r.i, &q, b, &f), IL_OK);
	r.a.admit = &no;
	refused(&r, q, &no, FAULT_DEVICE_ENTRY, SEV_EV_INVALID_REQUEST);
	down(&r);
}

static void ownership_is_asked_though_the_translation_is_remembered(void **u)
{
	struct iommu_req q = dma(0x10000, 4, true, true);
	struct mem_req out = { 0 }, was = out;
	uint8_t b[4] = { 0 };
	struct fault f;
	struct rig r;

	(void)u;
	up(&r);
	assert_int_equal(iommu_access(&r.i, &q, b, &f), IL_OK);
	r.a.refuse = DATA;
	refused(&r, q, &own_no, FAULT_OWNER, SEV_EV_RMP_PAGE_FAULT);
	assert_int_equal(said(&r).flags_rmp, SEV_EVENT_FLAG_T);
	assert_int_equal(said(&r).addr, 0x10000);
	assert_int_equal(said(&r).tag, 8);
	assert_int_equal(iommu_translate(&r.i, &q, &out, &f), IL_E_IO);
	assert_memory_equal(&out, &was, sizeof(out));
	r.a.stage = FAULT_IO_PAGES;
	q.t = false;
	refused(&r, q, &own_no, FAULT_IO_PAGES, SEV_EV_RMP_PAGE_FAULT);
	assert_int_equal(said(&r).flags_rmp, SEV_EVENT_FLAG_SIZE);
	down(&r);
}

static void a_page_that_is_not_there_is_a_hardware_error(void **unused)
{
	struct rig r;

	(void)unused;
	up(&r);
	assert_int_equal(
		pt_map(&r.t, 0x30000, 0x90000000, PAGE_4K, PT_R, PAGE_4K),
		IL_OK);
	refused(&r, dma(0x30008, 8, false, true), &mem_rule_nothing, FAULT_LINK,
		SEV_EV_RMP_HW_ERROR);
	assert_int_equal(said(&r).addr, 0x90000008);
	assert_int_equal(said(&r).flags_rmp, 0);
	down(&r);
}

static void above_vtom_is_shared_and_vtom_removed(void **unused)
{
	struct iommu_req q;
	uint8_t b[4] = { 0 };
	struct fault f;
	struct rig r;

	(void)unused;
	up(&r);
	r.a.e[1].split_en = true;
	r.a.e[1].split = PAGE_1G;
	q = dma(PAGE_1G + 0x10004, 4, true, true);
	assert_int_equal(iommu_access(&r.i, &q, b, &f), IL_OK);
	assert_false(r.a.last.trusted);
	assert_int_equal(r.a.last.gpa, 0x10004);
	assert_int_equal(r.a.last.pa, DATA + 4);
	q = dma(0x10004, 4, true, true);
	assert_int_equal(iommu_access(&r.i, &q, b, &f), IL_OK);
	assert_true(r.a.last.trusted);
	/* exactly at it */
	q = dma(PAGE_1G, 4, true, true);
	refused(&r, q, &iommu_rule_missing, FAULT_IO_PAGES,
		SEV_EV_IO_PAGE_FAULT);
	/* and there, though the page itself is mapped */
	r.a.e[1].split = 0x10000;
	iommu_forget(&r.i, RID);
	refused(&r, dma(0x10000, 4, true, true), &iommu_rule_missing,
		FAULT_IO_PAGES, SEV_EV_IO_PAGE_FAULT);
	r.a.e[1].split = PAGE_1G;
	r.a.e[1].split_en = false;
	iommu_forget(&r.i, RID);
	q = dma(PAGE_1G + 0x10004, 4, true, true);
	refused(&r, q, &iommu_rule_missing, FAULT_IO_PAGES,
		SEV_EV_IO_PAGE_FAULT);
	down(&r);
}

static void bypass_takes_the_address_as_it_is(void **unused)
{
	struct iommu_req q = dma(DATA + 8, 4, true, false);
	uint8_t b[4] = { 0 };
	struct fault f;
	struct rig r;

	(void)unused;
	up(&r);
	r.a.e[0] = (struct iommu_entry){ .kind = IOMMU_BYPASS, .perm = PT_W };
	assert_int_equal(iommu_access(&r.i, &q, b, &f), IL_OK);
	assert_int_equal(r.a.last.pa, DATA + 8);
	assert_int_equal(r.a.last.leaf, 0);
	q.write = false;
	refused(&r, q, &iommu_rule_perm, FAULT_IO_PAGES, SEV_EV_IO_PAGE_FAULT);
	down(&r);
}

static void interrupts_are_not_translated(void **unused)
{
	struct iommu_req q = dma(MEM_MSI_BASE + 0x40, 4, true, true);
	uint8_t b[4] = { 0x31, 0, 0, 0 };
	struct mem_irq irq;
	struct fault f;
	struct rig r;

	(void)unused;
	up(&r);
	r.a.e[1].split_en = true;
	r.a.e[1].split = PAGE_2M;
	assert_int_equal(iommu_access(&r.i, &q, b, &f), IL_OK);
	assert_int_equal(mem_irq_take(&r.m, &irq), IL_OK);
	assert_int_equal(irq.data, 0x31);
	assert_int_equal(irq.rid, RID);
	assert_true(irq.trusted);
	q.t = false;
	assert_int_equal(iommu_access(&r.i, &q, b, &f), IL_OK);
	assert_int_equal(mem_irq_take(&r.m, &irq), IL_OK);
	assert_false(irq.trusted);
	r.a.e[0].interrupts = false;
	iommu_forget(&r.i, RID);
	refused(&r, q, &iommu_rule_interrupt, FAULT_DEVICE_ENTRY,
		SEV_EV_INVALID_REQUEST);
	assert_true(said(&r).flags & SEV_EVENT_FLAG_I);
	assert_int_equal(mem_irq_take(&r.m, &irq), IL_E_AGAIN);
	down(&r);
}

/* --- invalidation --- */

static enum il_err touch(struct rig *r, uint64_t iova, bool t)
{
	struct iommu_req q = dma(iova, 4, true, t);
	uint8_t b[4] = { 0 };
	struct fault f;

	return iommu_access(&r->i, &q, b, &f);
}

static void a_stale_translation_lives_until_completion(void **unused)
{
	struct rig r;

	(void)unused;
	up(&r);
	assert_int_equal(touch(&r, 0x10000, true), IL_OK);
	assert_true(iommu_reaches(&r.i, DATA + 5));
	assert_false(iommu_reaches(&r.i, DATA + PAGE_4K));
	assert_int_equal(pt_unmap(&r.t, 0x10000, PAGE_4K, NULL), IL_OK);
	assert_int_equal(iommu_inval_pages(&r.i, 8, 0x10000, PAGE_4K), IL_OK);
	assert_int_equal(touch(&r, 0x10000, true), IL_OK);
	assert_int_equal(r.i.hits, 1);
	assert_int_equal(iommu_wait(&r.i), 1);
	assert_int_equal(r.fake.last_ev, IOMMU_TRACE_FLUSH);
	assert_false(iommu_reaches(&r.i, DATA));
	assert_int_equal(touch(&r, 0x10000, true), IL_E_IO);
	assert_int_equal(iommu_wait(&r.i), 2);
	down(&r);
}

static void what_is_remembered_can_be_listed(void **unused)
{
	struct iommu_memo m;
	unsigned n = 0;
	struct rig r;

	(void)unused;
	up(&r);
	assert_false(iommu_keeps(&r.i, RID, true));
	assert_int_equal(touch(&r, 0x11000, true), IL_OK);
	for (uint32_t i = 0; i < r.i.tlb_slots; i++)
		n += iommu_memo_at(&r.i, i, &m);
	assert_int_equal(n, 1);
	n = iommu_memo_next(&r.i, 0);
	assert_true(iommu_memo_at(&r.i, n, &m));
	assert_int_equal(iommu_memo_next(&r.i, n), n);
	assert_int_equal(iommu_memo_next(&r.i, n + 1), r.i.tlb_slots);
	assert_int_equal(m.rid, RID);
	assert_true(m.t && m.write);
	assert_int_equal(m.gpa, 0x11000);
	assert_int_equal(m.pa, DATA + PAGE_4K);
	assert_true(iommu_keeps(&r.i, RID, true));
	assert_false(iommu_keeps(&r.i, RID, false));
	assert_false(iommu_keeps(&r.i, RID + 1, true));
	/* An entry that aborts is remembered, and lets nothing through. */
	iommu_forget(&r.i, RID);
	assert_false(iommu_keeps(&r.i, RID, true));
	r.a.e[1].kind = IOMMU_ABORT;
	assert_int_equal(touch(&r, 0x11000, true), IL_E_IO);
	assert_false(iommu_keeps(&r.i, RID, true));
	down(&r);
}

static void pages_are_forgotten_by_domain_and_range_alone(void **unused)
{
	struct rig r;

	(void)unused;
	up(&r);
	for (uint64_t p = 0; p < 4; p++) {
		assert_int_equal(touch(&r, 0x10000 + p * PAGE_4K, true), IL_OK);
		assert_int_equal(touch(&r, 0x10000 + p * PAGE_4K, false),
				 IL_OK);
	}
	r.i.hits = 0;
	r.i.misses = 0;
	assert_int_equal(iommu_inval_pages(&r.i, 8, 0x11000, 2 * PAGE_4K),
			 IL_OK);
	iommu_wait(&r.i);
	for (uint64_t p = 0; p < 4; p++)
		assert_int_equal(touch(&r, 0x10000 + p * PAGE_4K, false),
				 IL_OK);
	assert_int_equal(r.i.misses, 0);
	assert_int_equal(touch(&r, 0x10000, true), IL_OK);
	assert_int_equal(touch(&r, 0x13000, true), IL_OK);
	assert_int_equal(r.i.misses, 0);
	assert_int_equal(touch(&r, 0x11000, true), IL_OK);
	assert_int_equal(touch(&r, 0x12000, true), IL_OK);
	assert_int_equal(r.i.misses, 2);
	down(&r);
}

/* 64 slots: neighbours stand side by side, whatever page they begin at. */
static void
a_buffer_of_as_many_pages_as_slots_is_remembered_whole(void **unused)
{
	static const uint64_t at[] = { PAGE_2M, PAGE_2M + 64 * PAGE_4K,
				       PAGE_2M + 129 * PAGE_4K,
				       2 * PAGE_2M - 64 * PAGE_4K };
	struct rig r;

	(void)unused;
	up(&r);
	for (size_t n = 0; n < COUNT(at); n++) {
		for (uint64_t p = 0; p < 64; p++)
			assert_int_equal(touch(&r, at[n] + p * PAGE_4K, true),
					 IL_OK);
		r.i.misses = 0;
		for (uint64_t p = 0; p < 64; p++)
			assert_int_equal(touch(&r, at[n] + p * PAGE_4K, true),
					 IL_OK);
		assert_int_equal(r.i.misses, 0);
	}
	down(&r);
}

/* Larger than the table, down to a page, of a domain with nothing. */
static void a_range_of_any_size_is_forgotten_and_nothing_else(void **unused)
{
	static const struct {
		uint64_t iova, pages;
		uint16_t domain;
		uint64_t misses;
	} t[] = {
		{ 0, 100000, 8, 4 },	    { 0x10000, 4, 8, 4 },
		{ 0x10000, 64, 8, 4 },	    { 0x10000, 65, 8, 4 },
		{ 0x13000, 1, 8, 1 },	    { 0x13000, 1000, 8, 1 },
		{ 0x14000, 100000, 8, 0 },  { 0, 16, 8, 0 },
		{ 0, 100000, 7, 0 },	    { 0, 100000, 8 + 256, 0 },
		{ 0x10000, 4, 8 + 256, 0 },
	};

	(void)unused;
	for (size_t n = 0; n < COUNT(t); n++) {
		struct rig r;
		uint64_t was;

		up(&r);
		for (uint64_t p = 0; p < 4; p++)
			assert_int_equal(touch(&r, 0x10000 + p * PAGE_4K, true),
					 IL_OK);
		was = r.i.tlb_changes;
		assert_int_equal(iommu_inval_pages(&r.i, t[n].domain, t[n].iova,
						   t[n].pages * PAGE_4K),
				 IL_OK);
		iommu_wait(&r.i);
		assert_true(iommu_sane(&r.i));
		assert_int_equal(r.i.tlb_changes - was, t[n].misses);
		r.i.misses = 0;
		for (uint64_t p = 0; p < 4; p++)
			assert_int_equal(touch(&r, 0x10000 + p * PAGE_4K, true),
					 IL_OK);
		assert_int_equal(r.i.misses, t[n].misses);
		down(&r);
	}
}

static void device_entries_are_remembered_until_invalidated(void **unused)
{
	struct rig r;

	(void)unused;
	up(&r);
	assert_int_equal(touch(&r, 0x10000, true), IL_OK);
	assert_int_equal(touch(&r, 0x10000, false), IL_OK);
	assert_int_equal(r.a.lookups, 2);
	r.a.e[1].kind = IOMMU_ABORT;
	assert_int_equal(touch(&r, 0x11000, true), IL_OK);
	assert_int_equal(iommu_inval_device(&r.i, RID + 1), IL_OK);
	iommu_wait(&r.i);
	assert_int_equal(touch(&r, 0x11000, true), IL_OK);
	assert_int_equal(iommu_inval_device(&r.i, RID), IL_OK);
	assert_int_equal(touch(&r, 0x11000, true), IL_OK);
	iommu_wait(&r.i);
	assert_int_equal(touch(&r, 0x11000, true), IL_E_IO);
	assert_false(iommu_reaches(&r.i, DATA));
	r.a.e[1].kind = IOMMU_PAGED;
	assert_int_equal(touch(&r, 0x11000, false), IL_OK);
	assert_int_equal(iommu_inval_all(&r.i), IL_OK);
	iommu_wait(&r.i);
	assert_false(iommu_reaches(&r.i, DATA + PAGE_4K));
	assert_int_equal(touch(&r, 0x11000, true), IL_OK);
	down(&r);
}

static void forgetting_one_device_leaves_the_others(void **unused)
{
	struct iommu_req q = dma(0x10000, 4, true, false);
	uint8_t b[4] = { 0 };
	struct fault f;
	struct rig r;

	(void)unused;
	up(&r);
	assert_int_equal(touch(&r, 0x11000, false), IL_OK);
	q.rid = RID + 1;
	assert_int_equal(iommu_access(&r.i, &q, b, &f), IL_OK);
	iommu_forget(&r.i, RID);
	assert_false(iommu_reaches(&r.i, DATA + PAGE_4K));
	assert_true(iommu_reaches(&r.i, DATA));
	assert_int_equal(r.a.lookups, 2);
	assert_int_equal(iommu_access(&r.i, &q, b, &f), IL_OK);
	assert_int_equal(r.a.lookups, 2);
	assert_int_equal(touch(&r, 0x11000, false), IL_OK);
	assert_int_equal(r.a.lookups, 3);
	down(&r);
}

static void trusted(struct rig *r, uint64_t iova)
{
	struct iommu_req q = dma(iova, 4, false, true);
	uint8_t b[4];
	struct fault f;

	assert_int_equal(iommu_access(&r->i, &q, b, &f), IL_OK);
}

/* A host's domain may have the number of a TVM: that one is not meant. */
static void firmware_forgets_what_trusted_entries_lead_to_and_no_more(void **u)
{
	struct rig r;

	(void)u;
	up(&r);
	r.a.e[1].domain = r.a.e[0].domain;
	for (uint64_t at = 0x10000; at < 0x13000; at += PAGE_4K)
		trusted(&r, at);
	assert_int_equal(touch(&r, 0x13000, false), IL_OK);
	iommu_forget_pages(&r.i, 7, 0x11000, PAGE_4K);
	assert_true(iommu_reaches(&r.i, DATA));
	assert_false(iommu_reaches(&r.i, DATA + PAGE_4K));
	assert_true(iommu_reaches(&r.i, DATA + 2 * PAGE_4K));
	iommu_forget_pages(&r.i, 8, 0x10000, PAGE_4K);
	iommu_forget_pages(&r.i, 7, 0x13000, PAGE_4K);
	assert_true(iommu_reaches(&r.i, DATA));
	assert_true(iommu_reaches(&r.i, DATA + 3 * PAGE_4K));
	/* more of them than are looked up one by one */
	iommu_forget_pages(&r.i, 8, 0x10000, 2 * PAGE_4K);
	assert_true(iommu_reaches(&r.i, DATA));
	iommu_forget_pages(&r.i, 7, 0x10000, 2 * PAGE_4K);
	assert_false(iommu_reaches(&r.i, DATA));
	assert_true(iommu_reaches(&r.i, DATA + 2 * PAGE_4K));
	iommu_forget_pages(&r.i, 7, 0x12000, 2 * PAGE_4K);
	assert_false(iommu_reaches(&r.i, DATA + 2 * PAGE_4K));
	assert_true(iommu_reaches(&r.i, DATA + 3 * PAGE_4K));
	down(&r);
}

static void a_full_queue_says_again(void **unused)
{
	struct iommu was;
	struct rig r;

	(void)unused;
	up(&r);
	for (int i = 0; i < 4; i++)
		assert_int_equal(iommu_inval_all(&r.i), IL_OK);
	was = r.i;
	assert_int_equal(iommu_inval_all(&r.i), IL_E_AGAIN);
	assert_int_equal(iommu_inval_device(&r.i, 1), IL_E_AGAIN);
	assert_int_equal(iommu_inval_pages(&r.i, 1, 0, PAGE_4K), IL_E_AGAIN);
	assert_int_equal(iommu_inval_pages(&r.i, 1, 0, 0), IL_E_ARG);
	assert_int_equal(iommu_inval_pages(&r.i, 1, 0, 100), IL_E_ARG);
	assert_int_equal(iommu_inval_pages(&r.i, 1, 100, PAGE_4K), IL_E_ARG);
	assert_memory_equal(&was, &r.i, sizeof(was));
	iommu_wait(&r.i);
	assert_int_equal(iommu_inval_all(&r.i), IL_OK);
	down(&r);
}

/* --- dirty tracking --- */

static bool is_dirty(struct rig *r)
{
	uint64_t bits = 0;

	assert_int_equal(pt_dirty_clear(&r->t, 0x10000, PAGE_4K, &bits), IL_OK);
	return bits;
}

static void a_write_after_reads_marks_the_page_dirty(void **unused)
{
	struct iommu_req q = dma(0x10000, 4, false, false);
	uint8_t b[4] = { 0 };
	struct fault f;
	struct rig r;

	(void)unused;
	up(&r);
	r.a.e[0].track = true;
	assert_int_equal(iommu_access(&r.i, &q, b, &f), IL_OK);
	assert_false(is_dirty(&r));
	assert_int_equal(touch(&r, 0x10000, false), IL_OK);
	assert_true(is_dirty(&r));
	r.a.e[0].track = false;
	iommu_forget(&r.i, RID);
	assert_int_equal(touch(&r, 0x10000, false), IL_OK);
	assert_false(is_dirty(&r));
	down(&r);
}

/* --- events --- */

/* Bytes as Linux takes them apart: code 63:60, flags 59:48, tag, devid. */
static void events_have_the_layout_that_linux_reads(void **unused)
{
	static const uint8_t want[] = { 0x34, 0x12, 0x00, 0x03, 0x78, 0x56,
					0x30, 0xd0, 0x88, 0x77, 0x66, 0x55,
					0x44, 0x33, 0x22, 0x11 };
	const struct sev_event e = { .code = SEV_EV_RMP_PAGE_FAULT,
				     .rid = 0x1234,
				     .tag = 0x5678,
				     .flags = 0x030,
				     .flags_rmp = 3,
				     .addr = 0x1122334455667788 };
	struct sev_event d;
	uint8_t raw[SEV_EVENT_LEN];

	(void)unused;
	sev_event_encode(&e, raw);
	assert_memory_equal(raw, want, sizeof(want));
	assert_int_equal(sev_event_decode(want, &d), IL_OK);
	assert_int_equal(d.code, e.code);
	assert_int_equal(d.rid, e.rid);
	assert_int_equal(d.tag, e.tag);
	assert_int_equal(d.flags, e.flags);
	assert_int_equal(d.flags_rmp, e.flags_rmp);
	assert_int_equal(d.addr, e.addr);
	for (unsigned code = 0; code < 16; code++) {
		bool known = code == 1 || code == 2 || code == 8 ||
			     code == 0xd || code == 0xe;

		raw[7] = (uint8_t)(code << 4);
		assert_int_equal(sev_event_decode(raw, &d),
				 known ? IL_OK : IL_E_FIELD);
	}
}

static void a_full_or_refused_log_loses_events_not_memory(void **unused)
{
	struct rig r;

	(void)unused;
	up(&r);
	for (int i = 0; i < 5; i++)
		assert_int_equal(touch(&r, 0x14000, false), IL_E_IO);
	assert_int_equal(r.i.log_tail, 3);
	assert_int_equal(r.i.log_lost, 2);
	assert_int_equal(r.i.events, 5);
	assert_int_equal(iommu_set_log_head(&r.i, 4), IL_E_ARG);
	assert_int_equal(iommu_set_log_head(&r.i, 3), IL_OK);
	assert_int_equal(touch(&r, 0x14000, false), IL_E_IO);
	assert_int_equal(r.i.log_tail, 0);
	r.a.refuse = LOG;
	assert_int_equal(touch(&r, 0x14000, false), IL_E_IO);
	assert_int_equal(r.i.log_tail, 0);
	assert_int_equal(r.i.log_lost, 3);
	assert_int_equal(iommu_set_event_log(&r.i, LOG, 3), IL_E_ARG);
	assert_int_equal(iommu_set_event_log(&r.i, LOG + 8, 4), IL_E_ARG);
	assert_int_equal(iommu_set_event_log(&r.i, LOG, 0), IL_E_ARG);
	assert_int_equal(r.i.log_slots, 4);
	assert_int_equal(iommu_set_event_log(&r.i, 0, 0), IL_OK);
	assert_int_equal(iommu_set_log_head(&r.i, 0), IL_E_ARG);
	assert_int_equal(touch(&r, 0x14000, false), IL_E_IO);
	assert_int_equal(r.i.log_lost, 4);
	assert_int_equal(iommu_set_device_table(&r.i, 8, 1), IL_E_ARG);
	assert_int_equal(iommu_set_device_table(&r.i, PAGE_4K, 9), IL_OK);
	assert_int_equal(r.i.dev_table, PAGE_4K);
	assert_int_equal(r.i.dev_count, 9);
	down(&r);
}

static void limits_are_powers_of_two_and_fit(void **unused)
{
	struct arena small;
	struct iommu i;
	struct iommu_cfg c = { .arena = &small,
			       .tlb_slots = 1,
			       .entry_slots = 1,
			       .queue_slots = 1 };

	(void)unused;
	assert_int_equal(arena_map(&small, 0, 4096), IL_OK);
	c.tlb_slots = 3;
	assert_int_equal(iommu_init(&i, &c), IL_E_ARG);
	c.tlb_slots = 1;
	c.entry_slots = 0;
	assert_int_equal(iommu_init(&i, &c), IL_E_ARG);
	c.entry_slots = 1;
	c.queue_slots = 6;
	assert_int_equal(iommu_init(&i, &c), IL_E_ARG);
	c.queue_slots = 1024;
	assert_int_equal(iommu_init(&i, &c), IL_E_NOMEM);
	arena_unmap(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_mapped_page_is_reached_with_the_entrys_owner),
		cmocka_unit_test(requests_that_cross_four_kib_are_refused),
		cmocka_unit_test(page_faults_name_what_is_missing),
		cmocka_unit_test(the_entrys_permissions_bound_the_pages),
		cmocka_unit_test(entries_are_refused_by_the_architecture),
		cmocka_unit_test(admission_is_asked_on_every_request),
		cmocka_unit_test(
			ownership_is_asked_though_the_translation_is_remembered),
		cmocka_unit_test(a_page_that_is_not_there_is_a_hardware_error),
		cmocka_unit_test(above_vtom_is_shared_and_vtom_removed),
		cmocka_unit_test(bypass_takes_the_address_as_it_is),
		cmocka_unit_test(interrupts_are_not_translated),
		cmocka_unit_test(a_stale_translation_lives_until_completion),
		cmocka_unit_test(what_is_remembered_can_be_listed),
		cmocka_unit_test(pages_are_forgotten_by_domain_and_range_alone),
		cmocka_unit_test(
			a_buffer_of_as_many_pages_as_slots_is_remembered_whole),
		cmocka_unit_test(
			a_range_of_any_size_is_forgotten_and_nothing_else),
		cmocka_unit_test(
			device_entries_are_remembered_until_invalidated),
		cmocka_unit_test(forgetting_one_device_leaves_the_others),
		cmocka_unit_test(
			firmware_forgets_what_trusted_entries_lead_to_and_no_more),
		cmocka_unit_test(a_full_queue_says_again),
		cmocka_unit_test(a_write_after_reads_marks_the_page_dirty),
		cmocka_unit_test(events_have_the_layout_that_linux_reads),
		cmocka_unit_test(a_full_or_refused_log_loses_events_not_memory),
		cmocka_unit_test(limits_are_powers_of_two_and_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
