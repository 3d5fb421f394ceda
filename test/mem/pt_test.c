/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include "arch/sev_tio/pt.h"
#include "mem/pt.h"

static const struct pt_fmt *const fmts[] = { &pt_npt, &pt_iommu_v1 };

static void new_pt(struct rig *r, struct pt *t, const struct pt_fmt *fmt)
{
	assert_int_equal(pt_init(t, &r->m, fmt, 4, AGENT_HOST, NULL, NULL),
			 IL_OK);
}

static void poke(struct rig *r, uint64_t pa, uint64_t v)
{
	uint8_t b[8];
	struct fault f;

	for (int i = 0; i < 8; i++)
		b[i] = (uint8_t)(v >> (8 * i));
	assert_int_equal(mem_host_write(&r->m, pa, b, 8, &f), IL_OK);
}

static uint64_t peek(struct rig *r, uint64_t pa)
{
	uint8_t b[8];
	uint64_t v = 0;

	assert_int_equal(mem_raw(&r->m, pa, b, 8), IL_OK);
	for (int i = 8; i-- > 0;)
		v = v << 8 | b[i];
	return v;
}

static enum pt_why look(struct pt *t, uint64_t va, struct pt_hit *h)
{
	return pt_walk(t->m, t->fmt, t->root, t->levels, va, h);
}

#define T0 RIG_RAM
#define T1 (RIG_RAM + PAGE_4K)
#define T2 (RIG_RAM + 2 * PAGE_4K)
#define T3 (RIG_RAM + 3 * PAGE_4K)

/* Entries written by hand from APM vol. 2, figures 5-17 to 5-25. */
static void npt_entries_by_hand_are_walked(void **unused)
{
	const uint64_t va = UINT64_C(0x123456789abc);
	struct pt_hit h;
	struct rig r;

	(void)unused;
	rig_up(&r);
	poke(&r, T0 + (va >> 39) * 8, T1 | 7);
	poke(&r, T1 + (va >> 30 & 511) * 8, T2 | 7);
	poke(&r, T2 + (va >> 21 & 511) * 8, T3 | 7);
	poke(&r, T3 + (va >> 12 & 511) * 8, 0x77777000 | 7);
	assert_int_equal(pt_walk(&r.m, &pt_npt, T0, 4, va, &h), PT_OK);
	assert_int_equal(h.pa, 0x77777abc);
	assert_int_equal(h.leaf, PAGE_4K);
	assert_int_equal(h.perm, PT_R | PT_W | PT_X);
	assert_int_equal(h.entry, T3 + (va >> 12 & 511) * 8);
	assert_false(h.dirty);
	/* read-only at one level, no-execute at another */
	poke(&r, T1 + (va >> 30 & 511) * 8, T2 | 5);
	poke(&r, T2 + (va >> 21 & 511) * 8, T3 | 7 | BIT64(63));
	assert_int_equal(pt_walk(&r.m, &pt_npt, T0, 4, va, &h), PT_OK);
	assert_int_equal(h.perm, PT_R);
	/* supervisor entries are not for guests */
	poke(&r, T1 + (va >> 30 & 511) * 8, T2 | 3);
	assert_int_equal(pt_walk(&r.m, &pt_npt, T0, 4, va, &h), PT_OK);
	assert_int_equal(h.perm, PT_W);
	/* 2 MiB, dirty */
	poke(&r, T2 + (va >> 21 & 511) * 8, 0x40000000 | 0xe7);
	assert_int_equal(pt_walk(&r.m, &pt_npt, T0, 4, va, &h), PT_OK);
	assert_int_equal(h.pa, 0x40000000 | (va & (PAGE_2M - 1)));
	assert_int_equal(h.leaf, PAGE_2M);
	assert_true(h.dirty);
	/* 1 GiB */
	poke(&r, T1 + (va >> 30 & 511) * 8, 0x80000000 | 0x87);
	assert_int_equal(pt_walk(&r.m, &pt_npt, T0, 4, va, &h), PT_OK);
	assert_int_equal(h.pa, 0x80000000 | (va & (PAGE_1G - 1)));
	assert_int_equal(h.leaf, PAGE_1G);
	rig_down(&r);
}

/* Entries by hand from the IOMMU specification, §2.2.3, figure 9 to 11. */
static void iommu_entries_by_hand_are_walked(void **unused)
{
	const uint64_t va = UINT64_C(0x0000000000654321);
	const uint64_t rw = BIT64(61) | BIT64(62);
	struct pt_hit h;
	struct rig r;

	(void)unused;
	rig_up(&r);
	poke(&r, T0 + 0, T1 | rw | 2 << 9 | 1);
	poke(&r, T1 + 3 * 8, T2 | rw | 1 << 9 | 1);
	poke(&r, T2 + (va >> 12 & 511) * 8, 0x12345000 | rw | 1);
	assert_int_equal(pt_walk(&r.m, &pt_iommu_v1, T0, 3, va, &h), PT_OK);
	assert_int_equal(h.pa, 0x12345321);
	assert_int_equal(h.leaf, PAGE_4K);
	assert_int_equal(h.perm, PT_R | PT_W | PT_X);
	/* read is not implied */
	poke(&r, T1 + 3 * 8, T2 | BIT64(62) | 1 << 9 | 1);
	assert_int_equal(pt_walk(&r.m, &pt_iommu_v1, T0, 3, va, &h), PT_OK);
	assert_int_equal(h.perm, PT_W | PT_X);
	/* next level 0 at level 2: 2 MiB */
	poke(&r, T1 + 3 * 8, 0x40200000 | rw | 1);
	assert_int_equal(pt_walk(&r.m, &pt_iommu_v1, T0, 3, va, &h), PT_OK);
	assert_int_equal(h.leaf, PAGE_2M);
	assert_int_equal(h.pa, 0x40200000 | (va & (PAGE_2M - 1)));
	/* next level 7 at level 1: 64 KiB is coded as 0x7000 in 15:12 */
	poke(&r, T1 + 3 * 8, T2 | rw | 1 << 9 | 1);
	poke(&r, T2 + (va >> 12 & 511) * 8,
	     0x12340000 | 0x7000 | rw | 7 << 9 | 1);
	assert_int_equal(pt_walk(&r.m, &pt_iommu_v1, T0, 3, va, &h), PT_OK);
	assert_int_equal(h.leaf, 0x10000);
	assert_int_equal(h.pa, 0x12340000 | (va & 0xffff));
	/* 8 KiB: bit 12 clear */
	poke(&r, T2 + (va >> 12 & 511) * 8, 0x12344000 | rw | 7 << 9 | 1);
	assert_int_equal(pt_walk(&r.m, &pt_iommu_v1, T0, 3, va, &h), PT_OK);
	assert_int_equal(h.leaf, 0x2000);
	rig_down(&r);
}

static void malformed_entries_are_malformed(void **unused)
{
	const uint64_t rw = BIT64(61) | BIT64(62);
	const uint64_t bad_v1[] = {
		T1 | rw | 3 << 9 | 1,		  /* does not go down */
		T1 | rw | 1 << 9 | 1,		  /* skips a level */
		T1 | rw | 2 << 9 | 1 | BIT64(63), /* reserved */
		T1 | rw | 2 << 9 | 1 | BIT64(52),
		0x40001000 | rw | 1,		/* 1 GiB leaf, low bits */
		0x7fff000 | rw | 7 << 9 | 1,	/* too small for the level */
		0x3ffffff000 | rw | 7 << 9 | 1, /* too large */
		0x90000000 | rw | 2 << 9 | 1,	/* table not in RAM */
	};
	struct pt_hit h = { .pa = 1 }, was = h;
	struct rig r;

	(void)unused;
	rig_up(&r);
	for (size_t i = 0; i < COUNT(bad_v1); i++) {
		poke(&r, T0, bad_v1[i]);
		assert_int_equal(pt_walk(&r.m, &pt_iommu_v1, T0, 3, 0, &h),
				 PT_MALFORMED);
		assert_memory_equal(&h, &was, sizeof(h));
	}
	poke(&r, T0, T1 | 0x87); /* page size at level 4 */
	assert_int_equal(pt_walk(&r.m, &pt_npt, T0, 4, 0, &h), PT_MALFORMED);
	poke(&r, T0, T1 | 7);
	poke(&r, T1, 0x40001000 | 0x87); /* 1 GiB leaf, low bits */
	assert_int_equal(pt_walk(&r.m, &pt_npt, T0, 4, 0, &h), PT_MALFORMED);
	poke(&r, T0, 6);
	assert_int_equal(pt_walk(&r.m, &pt_npt, T0, 4, 0, &h), PT_NOT_PRESENT);
	assert_int_equal(pt_walk(&r.m, &pt_npt, T0, 4, BIT64(48), &h),
			 PT_RANGE);
	assert_int_equal(pt_walk(&r.m, &pt_npt, T0, 4, BIT64(48) - 1, &h),
			 PT_NOT_PRESENT);
	assert_int_equal(pt_walk(&r.m, &pt_npt, T0, 0, 0, &h), PT_RANGE);
	assert_int_equal(pt_walk(&r.m, &pt_npt, T0, 7, 0, &h), PT_RANGE);
	assert_int_equal(pt_walk(&r.m, &pt_iommu_v1, T0, 6, UINT64_MAX, &h),
			 PT_NOT_PRESENT);
	assert_int_equal(pt_walk(&r.m, &pt_npt, 0x90000000, 4, 0, &h),
			 PT_MALFORMED);
	rig_down(&r);
}

static void a_map_uses_the_largest_leaves_that_fit(void **unused)
{
	struct pt_hit h;
	struct rig r;
	struct pt t;

	(void)unused;
	rig_up(&r);
	for (size_t i = 0; i < COUNT(fmts); i++) {
		new_pt(&r, &t, fmts[i]);
		assert_int_equal(pt_map(&t, PAGE_1G - PAGE_2M - PAGE_4K,
					4 * PAGE_1G - PAGE_2M - PAGE_4K,
					PAGE_1G + PAGE_2M + 2 * PAGE_4K,
					PT_R | PT_W, PAGE_1G),
				 IL_OK);
		assert_int_equal(look(&t, PAGE_1G - PAGE_2M - 1, &h), PT_OK);
		assert_int_equal(h.leaf, PAGE_4K);
		assert_int_equal(h.pa, 4 * PAGE_1G - PAGE_2M - 1);
		assert_int_equal(look(&t, PAGE_1G - 1, &h), PT_OK);
		assert_int_equal(h.leaf, PAGE_2M);
		assert_int_equal(look(&t, PAGE_1G, &h), PT_OK);
		assert_int_equal(h.leaf, PAGE_1G);
		assert_int_equal(h.pa, 4 * PAGE_1G);
		assert_int_equal(h.perm & (PT_R | PT_W), PT_R | PT_W);
		assert_int_equal(look(&t, 2 * PAGE_1G, &h), PT_OK);
		assert_int_equal(h.leaf, PAGE_4K);
		assert_int_equal(look(&t, 2 * PAGE_1G + PAGE_4K, &h),
				 PT_NOT_PRESENT);
		assert_int_equal(look(&t, PAGE_1G - PAGE_2M - PAGE_4K - 1, &h),
				 PT_NOT_PRESENT);
		pt_fini(&t);
		assert_int_equal(mem_frames_left(&r.m), RIG_SIZE / PAGE_4K);
	}
	rig_down(&r);
}

static void leaves_are_no_larger_than_asked(void **unused)
{
	static const uint64_t max[] = { PAGE_4K, PAGE_2M, PAGE_1G };
	struct pt_hit h;
	struct rig r;
	struct pt t;

	(void)unused;
	rig_up(&r);
	for (size_t i = 0; i < COUNT(max); i++) {
		new_pt(&r, &t, &pt_iommu_v1);
		assert_int_equal(pt_map(&t, 0, 0, PAGE_1G, PT_R, max[i]),
				 IL_OK);
		assert_int_equal(look(&t, PAGE_2M + 5, &h), PT_OK);
		assert_int_equal(h.leaf, max[i]);
		assert_int_equal(h.pa, PAGE_2M + 5);
		assert_int_equal(h.perm & (PT_R | PT_W), PT_R);
		pt_fini(&t);
	}
	/* alignment of the physical side counts too */
	new_pt(&r, &t, &pt_npt);
	assert_int_equal(pt_map(&t, 0, PAGE_4K, PAGE_2M, PT_R, PAGE_2M), IL_OK);
	assert_int_equal(look(&t, 0, &h), PT_OK);
	assert_int_equal(h.leaf, PAGE_4K);
	pt_fini(&t);
	rig_down(&r);
}

static void execute_is_kept_where_the_format_has_it(void **unused)
{
	struct pt_hit h;
	struct rig r;
	struct pt t;

	(void)unused;
	rig_up(&r);
	new_pt(&r, &t, &pt_npt);
	assert_int_equal(pt_map(&t, 0, 0, PAGE_4K, PT_R | PT_X, PAGE_4K),
			 IL_OK);
	assert_int_equal(pt_map(&t, PAGE_4K, 0, PAGE_4K, PT_R | PT_W, PAGE_4K),
			 IL_OK);
	assert_int_equal(look(&t, 0, &h), PT_OK);
	assert_int_equal(h.perm, PT_R | PT_X);
	assert_int_equal(look(&t, PAGE_4K, &h), PT_OK);
	assert_int_equal(h.perm, PT_R | PT_W);
	pt_fini(&t);
	rig_down(&r);
}

static void a_refused_map_changes_nothing(void **unused)
{
	static const struct {
		uint64_t va, pa, len;
		unsigned perm;
		uint64_t max;
	} bad[] = {
		{ 1, 0, PAGE_4K, PT_R, PAGE_4K },
		{ 0, 8, PAGE_4K, PT_R, PAGE_4K },
		{ 0, 0, PAGE_4K + 1, PT_R, PAGE_4K },
		{ 0, 0, 0, PT_R, PAGE_4K },
		{ BIT64(48), 0, PAGE_4K, PT_R, PAGE_4K },
		{ BIT64(48) - PAGE_4K, 0, 2 * PAGE_4K, PT_R, PAGE_4K },
		{ -PAGE_4K, 0, 2 * PAGE_4K, PT_R, PAGE_4K },
		{ 0, BIT64(52), PAGE_4K, PT_R, PAGE_4K },
		{ 0, BIT64(52) - PAGE_4K, 2 * PAGE_4K, PT_R, PAGE_4K },
		{ 0, -PAGE_4K, 2 * PAGE_4K, PT_R, PAGE_4K },
		{ 0, 0, PAGE_4K, PT_W, PAGE_4K },
		{ 0, 0, PAGE_4K, PT_R | 8, PAGE_4K },
		{ 0, 0, PAGE_4K, PT_R, 0x10000 },
	};
	struct rig r;
	struct pt t, was;

	(void)unused;
	rig_up(&r);
	new_pt(&r, &t, &pt_npt);
	assert_int_equal(pt_map(&t, PAGE_2M * 4, 0, PAGE_4K, PT_R, PAGE_4K),
			 IL_OK);
	assert_int_equal(pt_map(&t, PAGE_1G, 0, PAGE_2M, PT_R, PAGE_2M), IL_OK);
	was = t;
	rig_keep(&r);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(pt_map(&t, bad[i].va, bad[i].pa, bad[i].len,
					bad[i].perm, bad[i].max),
				 IL_E_ARG);
	assert_int_equal(pt_map(&t, 0, 0, PAGE_1G, PT_R, PAGE_1G), IL_E_STATE);
	assert_int_equal(
		pt_map(&t, PAGE_1G + PAGE_4K, 0, PAGE_4K, PT_R, PAGE_4K),
		IL_E_STATE);
	assert_int_equal(pt_unmap(&t, PAGE_1G, PAGE_4K, NULL), IL_E_STATE);
	assert_int_equal(pt_unmap(&t, PAGE_4K / 2, PAGE_4K, NULL), IL_E_ARG);
	assert_int_equal(pt_unmap(&t, 0, 0, NULL), IL_E_ARG);
	assert_int_equal(pt_unmap(&t, BIT64(48), PAGE_4K, NULL), IL_E_ARG);
	assert_int_equal(pt_split(&t, 0, NULL), IL_E_STATE);
	assert_int_equal(pt_split(&t, PAGE_2M * 4, NULL), IL_E_STATE);
	assert_int_equal(pt_split(&t, BIT64(48), NULL), IL_E_ARG);
	assert_int_equal(pt_join(&t, PAGE_2M * 4, NULL), IL_E_STATE);
	assert_int_equal(pt_join(&t, PAGE_1G, NULL), IL_E_STATE);
	assert_int_equal(pt_join(&t, 8 * PAGE_1G, NULL), IL_E_STATE);
	assert_memory_equal(&t, &was, sizeof(t));
	rig_same(&r);
	pt_fini(&t);
	rig_down(&r);
}

static void a_map_that_runs_out_of_frames_is_undone(void **unused)
{
	uint64_t left, got;
	struct pt_hit h;
	struct rig r;
	struct pt t;

	(void)unused;
	rig_up(&r);
	new_pt(&r, &t, &pt_npt);
	assert_int_equal(pt_map(&t, 0, 0, PAGE_4K, PT_R, PAGE_4K), IL_OK);
	left = mem_frames_left(&r.m);
	while (mem_frames_left(&r.m) > 2)
		assert_int_equal(mem_frames_alloc(&r.m, 0, &got), IL_OK);
	assert_int_equal(pt_map(&t, PAGE_2M, 0, 3 * PAGE_2M, PT_R, PAGE_4K),
			 IL_E_NOMEM);
	assert_int_equal(mem_frames_left(&r.m), 2);
	assert_int_equal(t.tables, 4);
	assert_int_equal(look(&t, PAGE_2M, &h), PT_NOT_PRESENT);
	assert_int_equal(look(&t, 0, &h), PT_OK);
	assert_true(left > 2);
	while (mem_frames_left(&r.m))
		assert_int_equal(mem_frames_alloc(&r.m, 0, &got), IL_OK);
	assert_int_equal(pt_init(&t, &r.m, &pt_npt, 4, AGENT_HOST, NULL, NULL),
			 IL_E_NOMEM);
	rig_down(&r);
}

static void the_editor_asks_the_rules_before_it_writes(void **unused)
{
	struct pt_hit h;
	struct rig r;
	struct pt t, was;
	uint64_t next;

	(void)unused;
	rig_up(&r);
	new_pt(&r, &t, &pt_npt);
	assert_int_equal(pt_map(&t, 0, 0, PAGE_4K, PT_R, PAGE_4K), IL_OK);
	assert_int_equal(pt_map(&t, PAGE_2M, 0, PAGE_2M, PT_R, PAGE_2M), IL_OK);
	assert_int_equal(look(&t, 0, &h), PT_OK);
	assert_int_equal(r.toy.last.who, AGENT_HOST);
	/* any table on the way; the last one is the leaf's */
	for (int level = 0; level < 2; level++) {
		r.toy.refuse_w = level ? align_down(h.entry, PAGE_4K) : t.root;
		was = t;
		rig_keep(&r);
		assert_int_equal(pt_map(&t, PAGE_4K, 0, PAGE_4K, PT_R, PAGE_4K),
				 IL_E_IO);
		assert_ptr_equal(t.fault.rule, &toy_rule);
		t.fault = was.fault;
		assert_int_equal(pt_unmap(&t, 0, PAGE_4K, NULL), IL_E_IO);
		t.fault = was.fault;
		if (!level)
			assert_int_equal(pt_split(&t, PAGE_2M, NULL), IL_E_IO);
		assert_int_equal(pt_join(&t, 0, NULL), IL_E_IO);
		uint64_t bits = 0;

		assert_int_equal(pt_dirty_clear(&t, 0, PAGE_4K, &bits),
				 IL_E_IO);
		t.fault = was.fault;
		assert_memory_equal(&t, &was, sizeof(t));
		rig_same(&r);
	}
	/* a new table page */
	r.toy.refuse_w = UINT64_MAX;
	assert_int_equal(mem_frames_alloc(&r.m, 0, &next), IL_OK);
	assert_int_equal(mem_frames_free(&r.m, next, 0), IL_OK);
	r.toy.refuse_w = next;
	was = t;
	uint64_t left = mem_frames_left(&r.m);

	assert_int_equal(pt_map(&t, 4 * PAGE_1G, 0, PAGE_4K, PT_R, PAGE_4K),
			 IL_E_IO);
	assert_int_equal(pt_split(&t, PAGE_2M, NULL), IL_E_IO);
	assert_int_equal(mem_frames_left(&r.m), left);
	assert_int_equal(t.tables, was.tables);
	assert_int_equal(
		pt_init(&was, &r.m, &pt_npt, 4, AGENT_HOST, NULL, NULL),
		IL_E_IO);
	assert_ptr_equal(was.fault.rule, &toy_rule);
	r.toy.refuse_w = UINT64_MAX;
	pt_fini(&t);
	rig_down(&r);
}

static void a_table_that_leads_out_of_ram_is_refused(void **unused)
{
	struct rig r;
	struct pt t;

	(void)unused;
	rig_up(&r);
	new_pt(&r, &t, &pt_npt);
	poke(&r, t.root, 0x90000000 | 7);
	assert_int_equal(pt_map(&t, 0, 0, PAGE_4K, PT_R, PAGE_4K), IL_E_IO);
	assert_ptr_equal(t.fault.rule, &mem_rule_nothing);
	assert_int_equal(pt_unmap(&t, 0, PAGE_4K, NULL), IL_E_IO);
	poke(&r, t.root, T1 | 0x87);
	assert_int_equal(pt_map(&t, 0, 0, PAGE_4K, PT_R, PAGE_4K), IL_E_STATE);
	assert_int_equal(pt_unmap(&t, 0, PAGE_4K, NULL), IL_E_STATE);
	poke(&r, t.root, 0);
	pt_fini(&t);
	assert_int_equal(pt_init(&t, &r.m, &pt_npt, 0, AGENT_HOST, NULL, NULL),
			 IL_E_ARG);
	assert_int_equal(pt_init(&t, &r.m, &pt_npt, 7, AGENT_HOST, NULL, NULL),
			 IL_E_ARG);
	rig_down(&r);
}

static void split_and_join_keep_every_translation(void **unused)
{
	struct pt_hit h;
	struct rig r;
	struct pt t;

	(void)unused;
	rig_up(&r);
	for (size_t i = 0; i < COUNT(fmts); i++) {
		new_pt(&r, &t, fmts[i]);
		assert_int_equal(pt_map(&t, PAGE_1G, 2 * PAGE_1G, PAGE_1G,
					PT_R | PT_W, PAGE_1G),
				 IL_OK);
		assert_int_equal(look(&t, PAGE_1G, &h), PT_OK);
		pt_mark(&r.m, t.fmt, &h, true);
		assert_int_equal(pt_split(&t, PAGE_1G + 5, NULL), IL_OK);
		assert_int_equal(look(&t, PAGE_1G + 7 * PAGE_2M + 9, &h),
				 PT_OK);
		assert_int_equal(h.leaf, PAGE_2M);
		assert_int_equal(h.pa, 2 * PAGE_1G + 7 * PAGE_2M + 9);
		assert_true(h.dirty);
		assert_int_equal(pt_split(&t, PAGE_1G + 7 * PAGE_2M, NULL),
				 IL_OK);
		for (uint64_t p = 0; p < 512; p++) {
			uint64_t va = PAGE_1G + 7 * PAGE_2M + p * PAGE_4K;

			assert_int_equal(look(&t, va, &h), PT_OK);
			assert_int_equal(h.leaf, PAGE_4K);
			assert_int_equal(h.pa, va + PAGE_1G);
			assert_int_equal(h.perm & (PT_R | PT_W), PT_R | PT_W);
		}
		assert_int_equal(t.tables, 4);
		/* a mark on one page of them becomes the leaf's */
		uint64_t bits[8] = { 0 };

		assert_int_equal(pt_dirty_clear(&t, PAGE_1G + 7 * PAGE_2M,
						PAGE_2M, bits),
				 IL_OK);
		assert_int_equal(
			look(&t, PAGE_1G + 7 * PAGE_2M + 9 * PAGE_4K, &h),
			PT_OK);
		pt_mark(&r.m, t.fmt, &h, true);
		assert_int_equal(pt_join(&t, PAGE_1G + 7 * PAGE_2M + 6, NULL),
				 IL_OK);
		assert_int_equal(t.tables, 3);
		assert_int_equal(look(&t, PAGE_1G + 7 * PAGE_2M + 9, &h),
				 PT_OK);
		assert_int_equal(h.leaf, PAGE_2M);
		assert_int_equal(h.pa, 2 * PAGE_1G + 7 * PAGE_2M + 9);
		assert_true(h.dirty);
		pt_fini(&t);
	}
	rig_down(&r);
}

static void unlike_pages_do_not_join(void **unused)
{
	struct rig r;
	struct pt t;

	(void)unused;
	rig_up(&r);
	new_pt(&r, &t, &pt_iommu_v1);
	assert_int_equal(pt_map(&t, 0, PAGE_4K, PAGE_2M, PT_R, PAGE_4K), IL_OK);
	assert_int_equal(pt_join(&t, 0, NULL), IL_E_STATE); /* not aligned */
	assert_int_equal(pt_unmap(&t, 0, PAGE_2M, NULL), IL_OK);
	assert_int_equal(pt_map(&t, 0, 0, PAGE_2M, PT_R, PAGE_4K), IL_OK);
	assert_int_equal(pt_unmap(&t, 5 * PAGE_4K, PAGE_4K, NULL), IL_OK);
	assert_int_equal(pt_join(&t, 0, NULL), IL_E_STATE); /* a hole */
	assert_int_equal(pt_map(&t, 5 * PAGE_4K, 5 * PAGE_4K, PAGE_4K,
				PT_R | PT_W, PAGE_4K),
			 IL_OK);
	assert_int_equal(pt_join(&t, 0, NULL),
			 IL_E_STATE); /* other permissions */
	assert_int_equal(pt_unmap(&t, 5 * PAGE_4K, PAGE_4K, NULL), IL_OK);
	assert_int_equal(
		pt_map(&t, 5 * PAGE_4K, 6 * PAGE_4K, PAGE_4K, PT_R, PAGE_4K),
		IL_OK);
	assert_int_equal(pt_join(&t, 0, NULL), IL_E_STATE); /* elsewhere */
	assert_int_equal(pt_unmap(&t, 5 * PAGE_4K, PAGE_4K, NULL), IL_OK);
	assert_int_equal(
		pt_map(&t, 5 * PAGE_4K, 5 * PAGE_4K, PAGE_4K, PT_R, PAGE_4K),
		IL_OK);
	assert_int_equal(pt_unmap(&t, 0, PAGE_4K, NULL), IL_OK);
	assert_int_equal(pt_join(&t, 0, NULL),
			 IL_E_STATE); /* the first missing */
	pt_fini(&t);
	rig_down(&r);
}

/* 2 MiB of frames: in a row, but for one that is the next but one's. */
static void list_of(uint64_t pa[512], uint64_t from, unsigned odd)
{
	for (unsigned i = 0; i < 512; i++)
		pa[i] = from + (i == odd ? i + 1 : i) * PAGE_4K;
}

static void frames_of_a_list_become_one_leaf_if_they_are_a_run(void **unused)
{
	static uint64_t pa[512];
	struct pt_hit h;
	struct rig r;
	struct pt t;

	(void)unused;
	rig_up(&r);
	new_pt(&r, &t, &pt_iommu_v1);
	list_of(pa, PAGE_1G, 512);
	assert_int_equal(pt_map_pages(&t, PAGE_2M, pa, 512, PT_R, PAGE_2M),
			 IL_OK);
	assert_int_equal(look(&t, PAGE_2M + 77, &h), PT_OK);
	assert_int_equal(h.leaf, PAGE_2M);
	assert_int_equal(h.pa, PAGE_1G + 77);
	assert_int_equal(pt_map_pages(&t, 2 * PAGE_2M, pa, 512, PT_R, PAGE_4K),
			 IL_OK);
	assert_int_equal(look(&t, 2 * PAGE_2M, &h), PT_OK);
	assert_int_equal(h.leaf, PAGE_4K);
	/* out of order in the middle, and at the end */
	for (unsigned odd = 255; odd < 512; odd += 256) {
		const uint64_t va = odd * PAGE_2M;

		list_of(pa, PAGE_1G, odd);
		assert_int_equal(
			pt_map_pages(&t, va, pa, 512, PT_R | PT_W, PAGE_2M),
			IL_OK);
		for (unsigned i = 0; i < 512; i++) {
			assert_int_equal(look(&t, va + i * PAGE_4K, &h), PT_OK);
			assert_int_equal(h.leaf, PAGE_4K);
			assert_int_equal(h.pa, pa[i]);
		}
	}
	pt_fini(&t);
	rig_down(&r);
}

static void a_list_with_a_frame_that_does_not_fit_maps_nothing(void **unused)
{
	static uint64_t pa[512];
	struct pt_hit h;
	struct rig r;
	struct pt t;

	(void)unused;
	rig_up(&r);
	new_pt(&r, &t, &pt_iommu_v1);
	rig_keep(&r);
	list_of(pa, PAGE_1G, 512);
	pa[511] += 8;
	assert_int_equal(pt_map_pages(&t, 0, pa, 512, PT_R, PAGE_2M), IL_E_ARG);
	pa[511] = BIT64(52);
	assert_int_equal(pt_map_pages(&t, 0, pa, 512, PT_R, PAGE_2M), IL_E_ARG);
	assert_int_equal(pt_map_pages(&t, 0, pa, 0, PT_R, PAGE_2M), IL_E_ARG);
	assert_int_equal(pt_map_pages(&t, 0, pa, SIZE_MAX, PT_R, PAGE_2M),
			 IL_E_ARG);
	rig_same(&r);
	/* write alone is something that an IOMMU's entry can say, a CPU's not
	 */
	assert_int_equal(pt_map_pages(&t, 0, pa, 1, PT_W, PAGE_4K), IL_OK);
	assert_int_equal(look(&t, 0, &h), PT_OK);
	assert_int_equal(h.perm & (PT_R | PT_W), PT_W);
	pt_fini(&t);
	rig_down(&r);
}

struct in_gap {
	struct pt *t;
	enum il_err err;
	unsigned runs;
};

static enum il_err nothing_is_mapped(void *ctx)
{
	struct in_gap *g = ctx;
	struct pt_hit h;

	g->runs++;
	assert_int_equal(look(g->t, 0, &h), PT_NOT_PRESENT);
	assert_int_equal(look(g->t, PAGE_2M, &h), PT_OK);
	return g->err;
}

static void
between_two_sizes_nothing_is_mapped_and_a_refusal_is_undone(void **unused)
{
	struct rig r;
	struct pt t, was;
	struct in_gap g = { &t, IL_E_STATE, 0 };
	const struct pt_gap gap = { nothing_is_mapped, &g };
	struct pt_hit h;

	(void)unused;
	rig_up(&r);
	new_pt(&r, &t, &pt_iommu_v1);
	assert_int_equal(pt_map(&t, 0, PAGE_1G, 2 * PAGE_2M, PT_R, PAGE_2M),
			 IL_OK);
	was = t;
	assert_int_equal(pt_split(&t, 0, &gap), IL_E_STATE);
	assert_memory_equal(&t, &was, sizeof(t));
	assert_int_equal(look(&t, 0, &h), PT_OK);
	assert_int_equal(h.leaf, PAGE_2M);
	g.err = IL_OK;
	assert_int_equal(pt_split(&t, 0, &gap), IL_OK);
	assert_int_equal(look(&t, 0, &h), PT_OK);
	assert_int_equal(h.leaf, PAGE_4K);
	g.err = IL_E_AGAIN;
	assert_int_equal(pt_join(&t, 0, &gap), IL_E_AGAIN);
	assert_int_equal(look(&t, 0, &h), PT_OK);
	assert_int_equal(h.leaf, PAGE_4K);
	g.err = IL_OK;
	assert_int_equal(pt_join(&t, 0, &gap), IL_OK);
	assert_memory_equal(&t, &was, sizeof(t));
	assert_int_equal(look(&t, 0, &h), PT_OK);
	assert_int_equal(h.leaf, PAGE_2M);
	assert_int_equal(h.pa, PAGE_1G);
	assert_int_equal(g.runs, 4);
	pt_fini(&t);
	rig_down(&r);
}

static void dirty_pages_are_told_once(void **unused)
{
	uint64_t bits[16], none[16] = { 0 };
	struct pt_hit h;
	struct rig r;
	struct pt t;

	(void)unused;
	rig_up(&r);
	for (size_t i = 0; i < COUNT(fmts); i++) {
		new_pt(&r, &t, fmts[i]);
		assert_int_equal(
			pt_map(&t, 0, 0, PAGE_2M, PT_R | PT_W, PAGE_4K), IL_OK);
		assert_int_equal(pt_map(&t, PAGE_2M, PAGE_2M, PAGE_2M,
					PT_R | PT_W, PAGE_2M),
				 IL_OK);
		assert_int_equal(look(&t, 3 * PAGE_4K, &h), PT_OK);
		pt_mark(&r.m, t.fmt, &h, false);
		assert_false(h.dirty);
		assert_true(peek(&r, h.entry) & t.fmt->accessed);
		assert_false(peek(&r, h.entry) & t.fmt->dirty);
		assert_int_equal(look(&t, 70 * PAGE_4K, &h), PT_OK);
		pt_mark(&r.m, t.fmt, &h, true);
		assert_true(h.dirty);
		memset(bits, 0, sizeof(bits));
		assert_int_equal(pt_dirty_clear(&t, 0, 2 * PAGE_2M, bits),
				 IL_OK);
		assert_int_equal(bits[0], 0);
		assert_int_equal(bits[1], BIT64(6));
		assert_int_equal(bits[8], 0);
		bits[1] = 0;
		assert_int_equal(look(&t, PAGE_2M + PAGE_4K, &h), PT_OK);
		pt_mark(&r.m, t.fmt, &h, true);
		assert_int_equal(pt_dirty_clear(&t, 0, 2 * PAGE_2M, bits),
				 IL_OK);
		assert_int_equal(bits[7], 0);
		for (int w = 8; w < 16; w++)
			assert_int_equal(bits[w], UINT64_MAX);
		memset(bits, 0, sizeof(bits));
		assert_int_equal(pt_dirty_clear(&t, 0, 2 * PAGE_2M, bits),
				 IL_OK);
		assert_memory_equal(bits, none, sizeof(bits));
		assert_int_equal(pt_dirty_clear(&t, 0, 0, bits), IL_E_ARG);
		pt_fini(&t);
	}
	rig_down(&r);
}

static void a_mark_that_the_rules_refuse_is_not_made(void **unused)
{
	struct pt_hit h;
	struct rig r;
	struct pt t;

	(void)unused;
	rig_up(&r);
	new_pt(&r, &t, &pt_npt);
	assert_int_equal(pt_map(&t, 0, 0, PAGE_4K, PT_R | PT_W, PAGE_4K),
			 IL_OK);
	assert_int_equal(look(&t, 0, &h), PT_OK);
	r.toy.refuse_w = align_down(h.entry, PAGE_4K);
	rig_keep(&r);
	pt_mark(&r.m, t.fmt, &h, true);
	assert_false(h.dirty);
	rig_same(&r);
	r.toy.refuse_w = UINT64_MAX;
	pt_fini(&t);
	rig_down(&r);
}

/* --- the editor against a list of pages --- */

#define SLOTS 2048 /* pages of the modelled address range */

struct model {
	uint64_t pa[SLOTS]; /* 0: none */
	unsigned perm[SLOTS];
	uint64_t leaf[SLOTS];
};

static void model_check(struct pt *t, const struct model *m, uint64_t base)
{
	for (uint64_t i = 0; i < SLOTS; i++) {
		struct pt_hit h;
		enum pt_why why = look(t, base + i * PAGE_4K + i % PAGE_4K, &h);

		if (!m->pa[i]) {
			assert_int_equal(why, PT_NOT_PRESENT);
			continue;
		}
		assert_int_equal(why, PT_OK);
		assert_int_equal(h.pa, m->pa[i] + i % PAGE_4K);
		assert_int_equal(h.perm & (PT_R | PT_W), m->perm[i]);
		assert_int_equal(h.leaf, m->leaf[i]);
	}
}

/* What the header promises of pt_map(), page by page. */
static enum il_err model_map(struct model *m, uint64_t at, uint64_t n,
			     uint64_t pa, unsigned perm, uint64_t max)
{
	for (uint64_t i = at; i < at + n; i++)
		if (m->pa[i])
			return IL_E_STATE;
	for (uint64_t i = at; i < at + n; i++) {
		uint64_t block = i & ~UINT64_C(511);
		bool big = max >= PAGE_2M && block >= at &&
			   block + 512 <= at + n &&
			   !((pa + (block - at) * PAGE_4K) & (PAGE_2M - 1));

		m->pa[i] = pa + (i - at) * PAGE_4K;
		m->perm[i] = perm;
		m->leaf[i] = big ? PAGE_2M : PAGE_4K;
	}
	return IL_OK;
}

static enum il_err model_unmap(struct model *m, uint64_t at, uint64_t n,
			       uint64_t *bytes)
{
	*bytes = 0;
	for (uint64_t i = at; i < at + n; i++) {
		uint64_t block = i & ~UINT64_C(511);

		if (m->pa[i] && m->leaf[i] == PAGE_2M &&
		    (block < at || block + 512 > at + n))
			return IL_E_STATE;
	}
	for (uint64_t i = at; i < at + n; i++) {
		*bytes += m->pa[i] ? PAGE_4K : 0;
		m->pa[i] = 0;
	}
	return IL_OK;
}

static void model_step(struct pt *t, struct model *m, struct dice *d,
		       uint64_t base)
{
	uint64_t at = dice_below(d, SLOTS);
	uint64_t n = 1 + dice_below(d, dice_below(d, 4) ? 40 : 1400);
	bool even = dice_below(d, 2);
	uint64_t va, pa, got = 0, want = 0;

	if (even)
		at &= ~UINT64_C(511);
	if (at + n > SLOTS)
		n = SLOTS - at;
	va = base + at * PAGE_4K;
	pa = dice_below(d, 1 << 20) * PAGE_4K + PAGE_1G;
	if (even)
		pa = align_down(pa, PAGE_2M);
	switch (dice_below(d, 4)) {
	case 0:
	case 1: {
		unsigned perm = dice_below(d, 2) ? PT_R : PT_R | PT_W;
		uint64_t max = dice_below(d, 2) ? PAGE_4K : PAGE_2M;

		assert_int_equal(pt_map(t, va, pa, n * PAGE_4K, perm, max),
				 model_map(m, at, n, pa, perm, max));
		break;
	}
	case 2: {
		enum il_err err = model_unmap(m, at, n, &want);

		assert_int_equal(pt_unmap(t, va, n * PAGE_4K, &got), err);
		if (!err)
			assert_int_equal(got, want);
		break;
	}
	default: {
		bool big = m->pa[at] && m->leaf[at] == PAGE_2M;
		uint64_t block = at & ~UINT64_C(511);

		assert_int_equal(pt_split(t, va, NULL),
				 big ? IL_OK : IL_E_STATE);
		for (uint64_t i = 0; big && i < 512; i++)
			m->leaf[block + i] = PAGE_4K;
	}
	}
}

static void map_unmap_split_agree_with_a_list_of_pages(void **unused)
{
	static struct model m;
	struct dice d = { .state = 4711 };
	struct rig r;
	struct pt t;

	(void)unused;
	print_message("seed %llu\n", (unsigned long long)d.state);
	rig_up(&r);
	for (size_t i = 0; i < COUNT(fmts); i++) {
		uint64_t base = 3 * PAGE_1G - 2 * PAGE_2M;

		memset(&m, 0, sizeof(m));
		new_pt(&r, &t, fmts[i]);
		for (int step = 0; step < 600; step++) {
			model_step(&t, &m, &d, base);
			if (step % 10 == 0)
				model_check(&t, &m, base);
		}
		model_check(&t, &m, base);
		assert_int_equal(mem_frames_left(&r.m) + t.tables,
				 RIG_SIZE / PAGE_4K);
		for (uint64_t b = 0; b < SLOTS; b += 512)
			assert_int_equal(
				pt_unmap(&t, base + b * PAGE_4K, PAGE_2M, NULL),
				IL_OK);
		assert_int_equal(t.tables, 1);
		pt_fini(&t);
		assert_int_equal(mem_frames_left(&r.m), RIG_SIZE / PAGE_4K);
	}
	rig_down(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(npt_entries_by_hand_are_walked),
		cmocka_unit_test(iommu_entries_by_hand_are_walked),
		cmocka_unit_test(malformed_entries_are_malformed),
		cmocka_unit_test(a_map_uses_the_largest_leaves_that_fit),
		cmocka_unit_test(leaves_are_no_larger_than_asked),
		cmocka_unit_test(execute_is_kept_where_the_format_has_it),
		cmocka_unit_test(a_refused_map_changes_nothing),
		cmocka_unit_test(a_map_that_runs_out_of_frames_is_undone),
		cmocka_unit_test(the_editor_asks_the_rules_before_it_writes),
		cmocka_unit_test(a_table_that_leads_out_of_ram_is_refused),
		cmocka_unit_test(split_and_join_keep_every_translation),
		cmocka_unit_test(unlike_pages_do_not_join),
		cmocka_unit_test(
			frames_of_a_list_become_one_leaf_if_they_are_a_run),
		cmocka_unit_test(
			a_list_with_a_frame_that_does_not_fit_maps_nothing),
		cmocka_unit_test(
			between_two_sizes_nothing_is_mapped_and_a_refusal_is_undone),
		cmocka_unit_test(dirty_pages_are_told_once),
		cmocka_unit_test(a_mark_that_the_rules_refuse_is_not_made),
		cmocka_unit_test(map_unmap_split_agree_with_a_list_of_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
