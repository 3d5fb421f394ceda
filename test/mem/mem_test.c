/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

static struct mem_req req(uint64_t pa, uint32_t len, bool write, uint32_t owner)
{
	return (struct mem_req){ .who = AGENT_VCPU,
				 .write = write,
				 .trusted = owner != 0,
				 .owner = owner,
				 .gpa = pa - RIG_RAM,
				 .pa = pa,
				 .len = len };
}

static enum il_err put(struct rig *r, uint64_t pa, const void *p, uint32_t len,
		       uint32_t owner)
{
	struct mem_req q = req(pa, len, true, owner);
	struct fault f;

	return mem_access(&r->m, &q, (void *)(uintptr_t)p, &f);
}

static enum il_err get(struct rig *r, uint64_t pa, void *p, uint32_t len,
		       uint32_t owner)
{
	struct mem_req q = req(pa, len, false, owner);
	struct fault f;

	return mem_access(&r->m, &q, p, &f);
}

static void pattern(uint8_t *p, uint32_t len, unsigned seed)
{
	for (uint32_t i = 0; i < len; i++)
		p[i] = (uint8_t)(i * 7 + seed);
}

static void what_is_written_is_read_back_at_any_offset_and_length(void **unused)
{
	static const uint32_t lens[] = { 1, 2, 3, 7, 8, 9, 15, 64, 4096, 9000 };
	uint8_t in[9000], out[9000];
	struct rig r;

	(void)unused;
	rig_up(&r);
	for (uint32_t owner = 0; owner < 3; owner++)
		for (uint64_t off = 0; off < 9; off++)
			for (size_t i = 0; i < COUNT(lens); i++) {
				uint64_t pa = RIG_RAM + PAGE_4K - 4 + off;

				pattern(in, lens[i], (unsigned)(off + owner));
				memset(out, 0, lens[i]);
				assert_int_equal(
					put(&r, pa, in, lens[i], owner), IL_OK);
				assert_int_equal(
					get(&r, pa, out, lens[i], owner),
					IL_OK);
				assert_memory_equal(in, out, lens[i]);
			}
	rig_down(&r);
}

static void a_write_touches_its_bytes_alone(void **unused)
{
	uint8_t all[32], in[5] = { 1, 2, 3, 4, 5 };
	struct rig r;

	(void)unused;
	rig_up(&r);
	memset(all, 0xaa, sizeof(all));
	assert_int_equal(put(&r, RIG_RAM, all, sizeof(all), 1), IL_OK);
	assert_int_equal(put(&r, RIG_RAM + 11, in, sizeof(in), 1), IL_OK);
	memcpy(all + 11, in, sizeof(in));

	uint8_t out[32];

	assert_int_equal(get(&r, RIG_RAM, out, sizeof(out), 1), IL_OK);
	assert_memory_equal(out, all, sizeof(all));
	rig_down(&r);
}

static void no_stored_byte_equals_its_plaintext(void **unused)
{
	static uint8_t in[PAGE_4K * 4], raw[PAGE_4K * 4];
	struct rig r;

	(void)unused;
	rig_up(&r);
	for (unsigned seed = 0; seed < 3; seed++) {
		pattern(in, sizeof(in), seed);
		for (uint32_t owner = 1; owner < RIG_KEYS - 1; owner++) {
			assert_int_equal(
				put(&r, RIG_RAM, in, sizeof(in), owner), IL_OK);
			assert_int_equal(
				mem_raw(&r.m, RIG_RAM, raw, sizeof(raw)),
				IL_OK);
			for (size_t i = 0; i < sizeof(in); i++)
				assert_true(in[i] != raw[i]);
		}
	}
	rig_down(&r);
}

static void another_key_never_yields_eight_bytes_of_plaintext(void **unused)
{
	static uint8_t in[PAGE_4K], out[PAGE_4K];
	struct rig r;

	(void)unused;
	rig_up(&r);
	pattern(in, sizeof(in), 3);
	for (uint32_t a = 0; a < RIG_KEYS - 1; a++)
		for (uint32_t b = 0; b < RIG_KEYS - 1; b++) {
			if (a == b)
				continue;
			assert_int_equal(put(&r, RIG_RAM, in, sizeof(in), a),
					 IL_OK);
			assert_int_equal(get(&r, RIG_RAM, out, sizeof(out), b),
					 IL_OK);
			for (size_t i = 0; i < sizeof(in); i += 8)
				assert_memory_not_equal(in + i, out + i, 8);
		}
	rig_down(&r);
}

static void equal_pages_are_stored_differently(void **unused)
{
	static uint8_t a[PAGE_4K], b[PAGE_4K], in[PAGE_4K];
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(put(&r, RIG_RAM, in, sizeof(in), 1), IL_OK);
	assert_int_equal(put(&r, RIG_RAM + PAGE_4K, in, sizeof(in), 1), IL_OK);
	assert_int_equal(mem_raw(&r.m, RIG_RAM, a, sizeof(a)), IL_OK);
	assert_int_equal(mem_raw(&r.m, RIG_RAM + PAGE_4K, b, sizeof(b)), IL_OK);
	for (size_t i = 0; i < sizeof(a); i += 8)
		assert_memory_not_equal(a + i, b + i, 8);
	rig_down(&r);
}

static void a_new_secret_loses_the_old_content(void **unused)
{
	uint8_t in[64], out[64];
	struct rig r;

	(void)unused;
	rig_up(&r);
	pattern(in, sizeof(in), 1);
	assert_int_equal(put(&r, RIG_RAM, in, sizeof(in), 1), IL_OK);
	assert_int_equal(mem_key_set(&r.m, 1, 77), IL_OK);
	assert_int_equal(get(&r, RIG_RAM, out, sizeof(out), 1), IL_OK);
	for (size_t i = 0; i < sizeof(in); i += 8)
		assert_memory_not_equal(in + i, out + i, 8);
	rig_down(&r);
}

static void refused_by(struct rig *r, struct mem_req q, const struct rule *rule,
		       enum fault_stage stage)
{
	uint8_t buf[PAGE_4K * 2], was[PAGE_4K * 2];
	struct fault f = { 0 };

	assert_true(q.len <= sizeof(buf));
	memset(buf, 0x5a, sizeof(buf));
	memcpy(was, buf, sizeof(buf));
	rig_keep(r);
	assert_int_equal(mem_access(&r->m, &q, buf, &f), IL_E_IO);
	assert_ptr_equal(f.rule, rule);
	assert_int_equal(f.stage, stage);
	assert_int_equal(f.who, q.who);
	assert_int_equal(f.write, q.write);
	assert_int_equal(f.trusted, q.trusted);
	assert_memory_equal(buf, was, sizeof(buf));
	memset(&f, 0, sizeof(f));
	assert_int_equal(mem_check(&r->m, &q, &f), IL_E_IO);
	assert_ptr_equal(f.rule, rule);
	rig_same(r);
}

static void a_key_that_is_not_set_is_refused(void **unused)
{
	struct rig r;

	(void)unused;
	rig_up(&r);
	refused_by(&r, req(RIG_RAM, 8, true, RIG_KEYS - 1), &mem_rule_no_key,
		   FAULT_OWNER);
	refused_by(&r, req(RIG_RAM, 8, false, RIG_KEYS), &mem_rule_no_key,
		   FAULT_OWNER);
	refused_by(&r, req(RIG_RAM, 8, false, 1u << 30), &mem_rule_no_key,
		   FAULT_OWNER);
	rig_keep(&r);
	assert_int_equal(mem_key_set(&r.m, 0, 5), IL_E_ARG);
	assert_int_equal(mem_key_set(&r.m, RIG_KEYS, 5), IL_E_ARG);
	rig_same(&r);
	assert_int_equal(mem_key_set(&r.m, 2, 0), IL_OK);
	refused_by(&r, req(RIG_RAM, 8, false, 2), &mem_rule_no_key,
		   FAULT_OWNER);
	rig_down(&r);
}

static void a_refusal_of_any_page_moves_no_byte(void **unused)
{
	struct rig r;

	(void)unused;
	rig_up(&r);
	for (int write = 0; write < 2; write++)
		for (uint64_t page = 0; page < 2; page++) {
			r.toy.refuse = RIG_RAM + page * PAGE_4K;
			refused_by(&r, req(RIG_RAM + 100, 8000, write, 1),
				   &toy_rule, FAULT_OWNER);
		}
	r.toy.stage = FAULT_STAGE2;
	refused_by(&r, req(RIG_RAM + PAGE_4K, 8, true, 1), &toy_rule,
		   FAULT_STAGE2);
	rig_down(&r);
}

static void a_fault_names_address_and_agent(void **unused)
{
	struct rig r;
	struct fault f;
	struct mem_req q = { .who = AGENT_DEVICE,
			     .rid = 0x100,
			     .owner = 3,
			     .gpa = 0x7000,
			     .pa = RIG_RAM,
			     .len = 4 };

	(void)unused;
	rig_up(&r);
	r.toy.refuse = RIG_RAM;
	assert_int_equal(mem_check(&r.m, &q, &f), IL_E_IO);
	assert_int_equal(f.id, 0x100);
	assert_int_equal(f.addr, 0x7000);
	assert_int_equal(f.pa, RIG_RAM);
	assert_int_equal(r.fake.last_ev, MEM_EV_REFUSED);
	q.who = AGENT_VCPU;
	assert_int_equal(mem_check(&r.m, &q, &f), IL_E_IO);
	assert_int_equal(f.id, 3);
	rig_down(&r);
}

static void rules_see_one_page_at_a_time(void **unused)
{
	uint8_t buf[PAGE_4K * 2];
	struct rig r;

	(void)unused;
	rig_up(&r);
	memset(buf, 0, sizeof(buf));
	assert_int_equal(put(&r, RIG_RAM + 100, buf, 2 * PAGE_4K - 200, 1),
			 IL_OK);
	assert_int_equal(r.toy.calls, 4); /* judged, then moved */
	assert_int_equal(r.toy.last.pa, RIG_RAM + PAGE_4K);
	assert_int_equal(r.toy.last.gpa, PAGE_4K);
	assert_int_equal(r.toy.last.len, PAGE_4K - 100);
	rig_down(&r);
}

static void bad_ranges_are_the_callers_fault(void **unused)
{
	uint8_t buf[16];
	struct fault f;
	struct rig r;

	(void)unused;
	rig_up(&r);
	rig_keep(&r);

	struct mem_req q = req(RIG_RAM, 0, true, 0);

	assert_int_equal(mem_access(&r.m, &q, buf, &f), IL_E_ARG);
	assert_int_equal(mem_check(&r.m, &q, &f), IL_E_ARG);
	q = req(UINT64_MAX - 3, 16, true, 0);
	q.gpa = 0;
	assert_int_equal(mem_access(&r.m, &q, buf, &f), IL_E_ARG);
	q = req(RIG_RAM, 16, true, 0);
	q.gpa = UINT64_MAX - 3;
	assert_int_equal(mem_access(&r.m, &q, buf, &f), IL_E_ARG);
	rig_same(&r);
	rig_down(&r);
}

static void nothing_answers_outside_the_windows(void **unused)
{
	struct rig r;

	(void)unused;
	rig_up(&r);
	refused_by(&r, req(RIG_RAM - 1, 1, false, 0), &mem_rule_nothing,
		   FAULT_LINK);
	refused_by(&r, req(RIG_RAM + RIG_SIZE, 1, true, 0), &mem_rule_nothing,
		   FAULT_LINK);
	refused_by(&r, req(RIG_RAM + RIG_SIZE - 8, 16, true, 0),
		   &mem_rule_nothing, FAULT_LINK);
	assert_int_equal(mem_kind_at(&r.m, RIG_RAM - 1), MEM_NOTHING);
	assert_int_equal(mem_kind_at(&r.m, RIG_RAM), MEM_RAM);
	assert_int_equal(mem_kind_at(&r.m, MEM_MSI_BASE), MEM_MSI);
	assert_int_equal(mem_kind_at(&r.m, MEM_MSI_BASE + MEM_MSI_SIZE),
			 MEM_NOTHING);
	rig_down(&r);
}

/* --- MMIO --- */

struct dev {
	unsigned reads, writes;
	bool trusted;
	uint64_t pa;
	uint8_t reg[8];
	enum il_err err;
};

static enum il_err dev_read(void *ctx, const struct mem_req *q, bool trusted,
			    uint64_t pa, uint8_t *buf, uint32_t len,
			    struct fault *f)
{
	struct dev *d = ctx;

	(void)q;
	d->reads++;
	d->trusted = trusted;
	d->pa = pa;
	if (d->err) {
		*f = (struct fault){ .rule = &toy_rule };
		return d->err;
	}
	memcpy(buf, d->reg, len < 8 ? len : 8);
	return IL_OK;
}

static enum il_err dev_write(void *ctx, const struct mem_req *q, bool trusted,
			     uint64_t pa, const uint8_t *buf, uint32_t len,
			     struct fault *f)
{
	struct dev *d = ctx;

	(void)q;
	(void)f;
	d->writes++;
	d->trusted = trusted;
	d->pa = pa;
	memcpy(d->reg, buf, len < 8 ? len : 8);
	return d->err;
}

static const struct mem_mmio_ops dev_ops = { dev_read, dev_write };

#define BAR UINT64_C(0x90000000)

static void mmio_goes_to_its_window_with_the_t_bit_of_the_rules(void **unused)
{
	uint8_t in[4] = { 9, 8, 7, 6 }, out[4] = { 0 };
	struct dev d = { 0 }, e = { 0 };
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(mem_add_mmio(&r.m, BAR, 0x2000, &dev_ops, &d), IL_OK);
	assert_int_equal(mem_add_mmio(&r.m, BAR + 0x2000, 0x1000, &dev_ops, &e),
			 IL_OK);
	assert_int_equal(mem_kind_at(&r.m, BAR + 0x1fff), MEM_MMIO);
	r.toy.trusted = true;
	assert_int_equal(put(&r, BAR + 0x1ffc, in, 4, 0), IL_OK);
	assert_true(d.trusted);
	assert_int_equal(d.pa, BAR + 0x1ffc);
	r.toy.trusted = false;
	assert_int_equal(get(&r, BAR + 0x1ffc, out, 4, 0), IL_OK);
	assert_false(d.trusted);
	assert_memory_equal(in, out, 4);
	assert_int_equal(d.reads, 1);
	assert_int_equal(d.writes, 1);
	assert_int_equal(get(&r, BAR + 0x2000, out, 4, 0), IL_OK);
	assert_int_equal(e.reads, 1);
	e.err = IL_E_IO;
	assert_int_equal(get(&r, BAR + 0x2000, out, 4, 0), IL_E_IO);
	assert_int_equal(put(&r, BAR + 0x2000, out, 4, 0), IL_E_IO);
	rig_down(&r);
}

static void mmio_is_refused_over_a_page_end_and_by_rule(void **unused)
{
	struct dev d = { 0 };
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(mem_add_mmio(&r.m, BAR, 0x2000, &dev_ops, &d), IL_OK);
	refused_by(&r, req(BAR + 0xffc, 8, true, 0), &mem_rule_straddle,
		   FAULT_LINK);
	r.toy.refuse = BAR;
	refused_by(&r, req(BAR, 8, true, 0), &toy_rule, FAULT_OWNER);
	assert_int_equal(d.writes, 0);
	rig_down(&r);
}

static void a_removed_window_answers_no_more(void **unused)
{
	struct dev d = { 0 };
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(mem_add_mmio(&r.m, BAR, 0x1000, &dev_ops, &d), IL_OK);
	assert_int_equal(mem_add_mmio(&r.m, BAR + 0x1000, 0x1000, &dev_ops, &d),
			 IL_OK);
	assert_int_equal(mem_del_mmio(&r.m, BAR + 0x2000), IL_E_ARG);
	assert_int_equal(mem_del_mmio(&r.m, BAR), IL_OK);
	refused_by(&r, req(BAR, 8, true, 0), &mem_rule_nothing, FAULT_LINK);
	assert_int_equal(mem_kind_at(&r.m, BAR + 0x1000), MEM_MMIO);
	assert_int_equal(mem_del_mmio(&r.m, BAR), IL_E_ARG);
	rig_down(&r);
}

static void windows_do_not_overlap_and_are_aligned(void **unused)
{
	static const struct {
		uint64_t base, size;
	} bad[] = {
		{ RIG_RAM - PAGE_2M, 2 * PAGE_2M },
		{ RIG_RAM + RIG_SIZE - PAGE_2M, PAGE_2M },
		{ RIG_RAM - PAGE_2M, RIG_SIZE + 2 * PAGE_2M },
		{ BAR, PAGE_2M },
		{ MEM_MSI_BASE & ~(PAGE_2M - 1), PAGE_2M },
		{ PAGE_2M, 0 },
		{ PAGE_4K / 2, PAGE_2M },
		{ PAGE_2M, PAGE_4K / 2 },
		{ -PAGE_2M, 2 * PAGE_2M },
	};
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(mem_add_mmio(&r.m, BAR, 0x1000, &dev_ops, NULL),
			 IL_OK);
	rig_keep(&r);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(mem_add_ram(&r.m, bad[i].base, bad[i].size),
				 IL_E_ARG);
		assert_int_equal(mem_add_mmio(&r.m, bad[i].base, bad[i].size,
					      &dev_ops, NULL),
				 IL_E_ARG);
	}
	assert_int_equal(mem_add_ram(&r.m, PAGE_4K, PAGE_2M), IL_E_ARG);
	assert_int_equal(mem_add_mmio(&r.m, PAGE_4K, PAGE_4K, NULL, NULL),
			 IL_E_ARG);
	rig_same(&r);
	for (uint64_t i = 1; i < MEM_RAM_WINDOWS; i++)
		assert_int_equal(mem_add_ram(&r.m, i * PAGE_1G * 8, PAGE_2M),
				 IL_OK);
	assert_int_equal(mem_add_ram(&r.m, PAGE_1G * 64, PAGE_2M), IL_E_SPACE);
	for (uint64_t i = 1; i < MEM_MMIO_WINDOWS; i++)
		assert_int_equal(mem_add_mmio(&r.m, BAR + i * PAGE_4K, PAGE_4K,
					      &dev_ops, NULL),
				 IL_OK);
	assert_int_equal(
		mem_add_mmio(&r.m, BAR + PAGE_2M, PAGE_4K, &dev_ops, NULL),
		IL_E_SPACE);
	rig_down(&r);
}

static void a_full_arena_is_said(void **unused)
{
	struct rig r;
	struct arena small;
	struct mem m;

	(void)unused;
	rig_up(&r);
	assert_int_equal(mem_add_ram(&r.m, PAGE_1G * 8, PAGE_1G), IL_E_NOMEM);
	assert_int_equal(r.m.rams, 1);
	assert_int_equal(arena_map(&small, 0, 4096), IL_OK);

	struct mem_cfg cfg = {
		.arena = &small, .env = &r.env, .keys = 1000, .irq_slots = 4
	};

	assert_int_equal(mem_init(&m, &cfg), IL_E_NOMEM);
	cfg.keys = 1;
	cfg.irq_slots = 4096;
	assert_int_equal(mem_init(&m, &cfg), IL_E_NOMEM);
	cfg.irq_slots = 3;
	assert_int_equal(mem_init(&m, &cfg), IL_E_ARG);
	cfg.irq_slots = 0;
	assert_int_equal(mem_init(&m, &cfg), IL_E_ARG);
	cfg.irq_slots = 4;
	cfg.keys = 0;
	assert_int_equal(mem_init(&m, &cfg), IL_E_ARG);
	arena_unmap(&small);
	rig_down(&r);
}

/* --- interrupts --- */

static struct mem_req msi(uint64_t pa, uint32_t len)
{
	return (struct mem_req){ .who = AGENT_DEVICE,
				 .write = true,
				 .rid = 0x100,
				 .gpa = pa,
				 .pa = pa,
				 .len = len };
}

static void a_dma_write_to_the_interrupt_range_is_an_interrupt(void **unused)
{
	struct mem_req q = msi(MEM_MSI_BASE + 0x10, 4);
	uint8_t data[4] = { 0x41, 0, 0, 0 };
	struct mem_irq irq;
	struct fault f;
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(mem_irq_take(&r.m, &irq), IL_E_AGAIN);
	assert_int_equal(mem_check(&r.m, &q, &f), IL_OK);
	assert_int_equal(mem_irq_take(&r.m, &irq), IL_E_AGAIN);
	assert_int_equal(mem_access(&r.m, &q, data, &f), IL_OK);
	assert_int_equal(r.fake.last_ev, MEM_EV_IRQ);
	assert_int_equal(mem_irq_take(&r.m, &irq), IL_OK);
	assert_int_equal(irq.rid, 0x100);
	assert_int_equal(irq.addr, MEM_MSI_BASE + 0x10);
	assert_int_equal(irq.data, 0x41);
	assert_false(irq.trusted);
	q.trusted = true;
	for (int i = 0; i < 5; i++)
		assert_int_equal(mem_access(&r.m, &q, data, &f), IL_OK);
	assert_int_equal(r.m.irq_lost, 1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(mem_irq_take(&r.m, &irq), IL_OK);
	assert_true(irq.trusted);
	assert_int_equal(mem_irq_take(&r.m, &irq), IL_E_AGAIN);
	rig_down(&r);
}

static void other_accesses_to_the_interrupt_range_are_refused(void **unused)
{
	struct mem_req q = msi(MEM_MSI_BASE, 4);
	struct rig r;

	(void)unused;
	rig_up(&r);
	refused_by(&r, msi(MEM_MSI_BASE, 8), &mem_rule_interrupt, FAULT_LINK);
	refused_by(&r, msi(MEM_MSI_BASE, 2), &mem_rule_interrupt, FAULT_LINK);
	refused_by(&r, msi(MEM_MSI_BASE + 2, 4), &mem_rule_interrupt,
		   FAULT_LINK);
	q.write = false;
	refused_by(&r, q, &mem_rule_nothing, FAULT_LINK);
	q = msi(MEM_MSI_BASE, 4);
	q.who = AGENT_VCPU;
	refused_by(&r, q, &mem_rule_nothing, FAULT_LINK);
	rig_down(&r);
}

/* --- frames --- */

static void frames_are_aligned_distinct_and_come_back(void **unused)
{
	uint64_t total = RIG_SIZE / PAGE_4K, pa, big;
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(mem_frames_left(&r.m), total);
	assert_int_equal(mem_frames_alloc(&r.m, 0, &pa), IL_OK);
	assert_int_equal(mem_frames_alloc(&r.m, 9, &big), IL_OK);
	assert_int_equal(big % PAGE_2M, 0);
	assert_true(big != align_down(pa, PAGE_2M));
	assert_int_equal(mem_frames_left(&r.m), total - 513);
	assert_int_equal(mem_frames_free(&r.m, big, 9), IL_OK);
	assert_int_equal(mem_frames_free(&r.m, pa, 0), IL_OK);
	assert_int_equal(mem_frames_left(&r.m), total);
	for (uint64_t i = 0; i < RIG_SIZE / PAGE_2M; i++)
		assert_int_equal(mem_frames_alloc(&r.m, 9, &pa), IL_OK);
	rig_keep(&r);
	assert_int_equal(mem_frames_alloc(&r.m, 0, &pa), IL_E_NOMEM);
	assert_int_equal(mem_frames_alloc(&r.m, 19, &pa), IL_E_ARG);
	rig_same(&r);
	assert_int_equal(mem_frames_free(&r.m, RIG_RAM + 5 * PAGE_4K, 0),
			 IL_OK);
	assert_int_equal(mem_frames_alloc(&r.m, 1, &pa), IL_E_NOMEM);
	assert_int_equal(mem_frames_alloc(&r.m, 0, &pa), IL_OK);
	assert_int_equal(pa, RIG_RAM + 5 * PAGE_4K);
	rig_down(&r);
}

static void frames_are_freed_once_and_whole(void **unused)
{
	struct rig r;
	uint64_t pa;

	(void)unused;
	rig_up(&r);
	assert_int_equal(mem_frames_alloc(&r.m, 3, &pa), IL_OK);
	rig_keep(&r);
	assert_int_equal(mem_frames_free(&r.m, pa + PAGE_4K, 3), IL_E_ARG);
	assert_int_equal(mem_frames_free(&r.m, pa, 4), IL_E_ARG);
	assert_int_equal(mem_frames_free(&r.m, pa + 1, 0), IL_E_ARG);
	assert_int_equal(mem_frames_free(&r.m, pa, 19), IL_E_ARG);
	assert_int_equal(mem_frames_free(&r.m, 0, 0), IL_E_ARG);
	assert_int_equal(mem_frames_free(&r.m, RIG_RAM, 13), IL_E_ARG);
	rig_same(&r);
	assert_int_equal(mem_frames_free(&r.m, pa, 3), IL_OK);
	assert_int_equal(mem_frames_free(&r.m, pa, 3), IL_E_ARG);
	rig_down(&r);
}

static void reserved_frames_are_not_handed_out(void **unused)
{
	struct rig r;
	uint64_t pa;

	(void)unused;
	rig_up(&r);
	assert_int_equal(mem_frames_reserve(&r.m, RIG_RAM + PAGE_4K,
					    RIG_SIZE - 2 * PAGE_4K),
			 IL_OK);
	rig_keep(&r);
	assert_int_equal(mem_frames_reserve(&r.m, RIG_RAM, 2 * PAGE_4K),
			 IL_E_STATE);
	assert_int_equal(mem_frames_reserve(&r.m, RIG_RAM, 0), IL_E_ARG);
	assert_int_equal(mem_frames_reserve(&r.m, RIG_RAM + 8, PAGE_4K),
			 IL_E_ARG);
	assert_int_equal(mem_frames_reserve(&r.m, RIG_RAM, RIG_SIZE + PAGE_4K),
			 IL_E_ARG);
	assert_int_equal(mem_frames_reserve(&r.m, 0, PAGE_4K), IL_E_ARG);
	rig_same(&r);
	assert_int_equal(mem_frames_left(&r.m), 2);
	assert_int_equal(mem_frames_alloc(&r.m, 0, &pa), IL_OK);
	assert_int_equal(pa, RIG_RAM);
	assert_int_equal(mem_frames_alloc(&r.m, 0, &pa), IL_OK);
	assert_int_equal(pa, RIG_RAM + RIG_SIZE - PAGE_4K);
	assert_int_equal(mem_frames_alloc(&r.m, 0, &pa), IL_E_NOMEM);
	rig_down(&r);
}

static void frames_agree_with_a_list_over_random_steps(void **unused)
{
	struct dice d = { .state = 20261120 };
	struct {
		uint64_t pa;
		unsigned order;
	} held[256];
	static uint8_t owned[RIG_SIZE / PAGE_4K];
	size_t n = 0;
	struct rig r;

	(void)unused;
	print_message("seed %llu\n", (unsigned long long)d.state);
	memset(owned, 0, sizeof(owned));
	rig_up(&r);
	for (int step = 0; step < 4000; step++) {
		unsigned order = (unsigned)dice_below(&d, 11);
		uint64_t pa;

		if (n < COUNT(held) && dice_below(&d, 3)) {
			if (mem_frames_alloc(&r.m, order, &pa))
				continue;
			assert_int_equal(pa & ((PAGE_4K << order) - 1), 0);
			for (uint64_t i = 0; i < BIT64(order); i++)
				assert_int_equal(
					owned[(pa - RIG_RAM) / PAGE_4K + i]++,
					0);
			held[n].pa = pa;
			held[n++].order = order;
		} else if (n) {
			size_t i = dice_below(&d, n);

			pa = held[i].pa;
			order = held[i].order;
			assert_int_equal(mem_frames_free(&r.m, pa, order),
					 IL_OK);
			memset(owned + (pa - RIG_RAM) / PAGE_4K, 0,
			       BIT64(order));
			held[i] = held[--n];
		}
	}
	rig_down(&r);
}

static void written_pages_are_found_again(void **unused)
{
	uint64_t at[] = { RIG_RAM, RIG_RAM + 70 * PAGE_4K,
			  RIG_RAM + RIG_SIZE - PAGE_4K };
	uint8_t b[4] = { 0 };
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(get(&r, RIG_RAM + PAGE_4K, b, 4, 0), IL_OK);
	assert_int_equal(mem_next_touched(&r.m, 0), UINT64_MAX);
	for (size_t i = 0; i < COUNT(at); i++)
		assert_int_equal(put(&r, at[i] + 8, b, 4, 0), IL_OK);
	assert_int_equal(mem_next_touched(&r.m, 0), at[0]);
	assert_int_equal(mem_next_touched(&r.m, at[0] + PAGE_4K), at[1]);
	assert_int_equal(mem_next_touched(&r.m, at[1] + PAGE_4K), at[2]);
	assert_int_equal(mem_next_touched(&r.m, at[2] + PAGE_4K), UINT64_MAX);
	assert_int_equal(mem_raw(&r.m, RIG_RAM + RIG_SIZE - 2, b, 4), IL_E_ARG);
	assert_int_equal(mem_raw(&r.m, RIG_RAM - 2, b, 2), IL_E_ARG);
	rig_down(&r);
}

static void host_shorthands_are_host_accesses(void **unused)
{
	uint32_t v = 0x01020304, w = 0;
	struct fault f;
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(mem_host_write(&r.m, RIG_RAM, &v, 4, &f), IL_OK);
	assert_int_equal(r.toy.last.who, AGENT_HOST);
	assert_true(r.toy.last.write);
	assert_false(r.toy.last.trusted);
	assert_int_equal(mem_host_read(&r.m, RIG_RAM, &w, 4, &f), IL_OK);
	assert_false(r.toy.last.write);
	assert_int_equal(w, v);
	mem_set_rules(&r.m, NULL, NULL);
	r.toy.refuse = RIG_RAM;
	assert_int_equal(mem_host_read(&r.m, RIG_RAM, &w, 4, &f), IL_OK);
	rig_down(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_is_written_is_read_back_at_any_offset_and_length),
		cmocka_unit_test(a_write_touches_its_bytes_alone),
		cmocka_unit_test(no_stored_byte_equals_its_plaintext),
		cmocka_unit_test(
			another_key_never_yields_eight_bytes_of_plaintext),
		cmocka_unit_test(equal_pages_are_stored_differently),
		cmocka_unit_test(a_new_secret_loses_the_old_content),
		cmocka_unit_test(a_key_that_is_not_set_is_refused),
		cmocka_unit_test(a_refusal_of_any_page_moves_no_byte),
		cmocka_unit_test(a_fault_names_address_and_agent),
		cmocka_unit_test(rules_see_one_page_at_a_time),
		cmocka_unit_test(bad_ranges_are_the_callers_fault),
		cmocka_unit_test(nothing_answers_outside_the_windows),
		cmocka_unit_test(
			mmio_goes_to_its_window_with_the_t_bit_of_the_rules),
		cmocka_unit_test(mmio_is_refused_over_a_page_end_and_by_rule),
		cmocka_unit_test(a_removed_window_answers_no_more),
		cmocka_unit_test(windows_do_not_overlap_and_are_aligned),
		cmocka_unit_test(a_full_arena_is_said),
		cmocka_unit_test(
			a_dma_write_to_the_interrupt_range_is_an_interrupt),
		cmocka_unit_test(
			other_accesses_to_the_interrupt_range_are_refused),
		cmocka_unit_test(frames_are_aligned_distinct_and_come_back),
		cmocka_unit_test(frames_are_freed_once_and_whole),
		cmocka_unit_test(reserved_frames_are_not_handed_out),
		cmocka_unit_test(frames_agree_with_a_list_over_random_steps),
		cmocka_unit_test(written_pages_are_found_again),
		cmocka_unit_test(host_shorthands_are_host_accesses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
