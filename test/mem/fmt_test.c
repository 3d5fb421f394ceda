/* SPDX-License-Identifier: BSD-2-Clause */
/* Layouts of other machines: entries by hand, and each edit in each layout. */
#include "rig.h"

#include "arch/sev_tio/pt.h"
#include "fmts.h"
#include "mem/pt.h"

static const struct {
	const struct pt_fmt *fmt;
	unsigned levels;
} all[] = {
	{ &pt_npt, 4 },	    { &pt_iommu_v1, 4 }, { &fmt_arm, 4 },
	{ &fmt_arm_16, 3 }, { &fmt_ept, 4 },	 { &fmt_ept, 5 },
	{ &fmt_vtd, 4 },    { &fmt_riscv, 3 },	 { &fmt_riscv, 4 },
	{ &fmt_riscv, 5 },
};

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

static enum pt_why look(const struct pt *t, uint64_t va, struct pt_hit *h)
{
	return pt_walk(t->m, t->fmt, t->root, t->levels, va, h);
}

#define T0 RIG_RAM
#define T1 (RIG_RAM + 16 * PAGE_4K)
#define T2 (RIG_RAM + 17 * PAGE_4K)
#define VA UINT64_C(0x456789abc) /* 17, 179, 393 at levels 3 to 1 */

/* A way of three levels down to @leaf at the last. */
static void way(struct rig *r, uint64_t t1, uint64_t t2, uint64_t leaf)
{
	rig_up(r);
	poke(r, T0 + 17 * 8, t1);
	poke(r, T1 + 179 * 8, t2);
	poke(r, T2 + 393 * 8, leaf);
}

static void hit(struct rig *r, const struct pt_fmt *fmt, uint64_t pa,
		uint64_t leaf, unsigned perm)
{
	struct pt_hit h;

	assert_int_equal(pt_walk(&r->m, fmt, T0, 3, VA, &h), PT_OK);
	assert_int_equal(h.pa, pa);
	assert_int_equal(h.leaf, leaf);
	assert_int_equal(h.perm, perm);
}

static void miss(struct rig *r, const struct pt_fmt *fmt, enum pt_why why)
{
	struct pt_hit h = { .pa = 1 };

	assert_int_equal(pt_walk(&r->m, fmt, T0, 3, VA, &h), why);
	assert_int_equal(h.pa, 1);
}

static void bits_one_and_zero_tell_a_block_from_a_table(void **unused)
{
	struct rig r;

	(void)unused;
	way(&r, T1 | 3, T2 | 3, 0x77777000 | 0x400 | 0xc0 | 3);
	hit(&r, &fmt_arm, 0x77777abc, PAGE_4K, PT_R | PT_W | PT_X);
	/* read-only, never executed */
	poke(&r, T2 + 393 * 8, BIT64(54) | 0x77777000 | 0x400 | 0x40 | 3);
	hit(&r, &fmt_arm, 0x77777abc, PAGE_4K, PT_R);
	/* the bits above a table entry's are no permissions of stage 2 */
	poke(&r, T1 + 179 * 8, MASK64(63, 59) | T2 | 3);
	hit(&r, &fmt_arm, 0x77777abc, PAGE_4K, PT_R);
	/* 01 at the last level is no page; 00 and 10 are nothing */
	poke(&r, T2 + 393 * 8, 0x77777000 | 0x4c1);
	miss(&r, &fmt_arm, PT_MALFORMED);
	poke(&r, T2 + 393 * 8, 0x77777000 | 0x4c2);
	miss(&r, &fmt_arm, PT_NOT_PRESENT);
	/* access flag clear: nobody may use it */
	poke(&r, T2 + 393 * 8, 0x77777000 | 0xc3);
	miss(&r, &fmt_arm, PT_MALFORMED);
	/* a block of 2 MiB; one whose address is not aligned */
	poke(&r, T1 + 179 * 8, 0x40200000 | 0x4c1);
	hit(&r, &fmt_arm, 0x40200000 | (VA & (PAGE_2M - 1)), PAGE_2M,
	    PT_R | PT_W | PT_X);
	poke(&r, T1 + 179 * 8, 0x40201000 | 0x4c1);
	miss(&r, &fmt_arm, PT_MALFORMED);
	rig_down(&r);
}

static void any_right_makes_an_entry_present(void **unused)
{
	struct rig r;

	(void)unused;
	way(&r, T1 | 7, T2 | 7, 0x77777000 | 0x37);
	hit(&r, &fmt_ept, 0x77777abc, PAGE_4K, PT_R | PT_W | PT_X);
	/* execute alone is present, and rights are and-ed on the way */
	poke(&r, T2 + 393 * 8, 0x77777000 | 0x34);
	hit(&r, &fmt_ept, 0x77777abc, PAGE_4K, PT_X);
	poke(&r, T2 + 393 * 8, 0x77777000 | 0x37);
	poke(&r, T1 + 179 * 8, T2 | 1);
	hit(&r, &fmt_ept, 0x77777abc, PAGE_4K, PT_R);
	/* write without read; nothing at all, whatever else stands there */
	poke(&r, T2 + 393 * 8, 0x77777000 | 0x32);
	miss(&r, &fmt_ept, PT_MALFORMED);
	poke(&r, T2 + 393 * 8, 0x77777000 | 0x3ff8);
	miss(&r, &fmt_ept, PT_NOT_PRESENT);
	/* 2 MiB by bit 7; a table entry has zeros in 6:3 */
	poke(&r, T1 + 179 * 8, 0x40200000 | 0xb7);
	hit(&r, &fmt_ept, 0x40200000 | (VA & (PAGE_2M - 1)), PAGE_2M,
	    PT_R | PT_W | PT_X);
	poke(&r, T1 + 179 * 8, T2 | 0x37);
	miss(&r, &fmt_ept, PT_MALFORMED);
	/* of a device, write alone is a right */
	poke(&r, T1 + 179 * 8, T2 | 3);
	poke(&r, T2 + 393 * 8, 0x77777000 | 2);
	hit(&r, &fmt_vtd, 0x77777abc, PAGE_4K, PT_W | PT_X);
	rig_down(&r);
}

static void frame_numbers_stand_two_bits_lower(void **unused)
{
	struct rig r;

	(void)unused;
	way(&r, T1 >> 2 | 1, T2 >> 2 | 1, 0x77777000 >> 2 | 0xdf);
	hit(&r, &fmt_riscv, 0x77777abc, PAGE_4K, PT_R | PT_W | PT_X);
	poke(&r, T2 + 393 * 8, 0x77777000 >> 2 | 0x53);
	hit(&r, &fmt_riscv, 0x77777abc, PAGE_4K, PT_R);
	/* not a guest's page; write without read; no leaf at the last level */
	poke(&r, T2 + 393 * 8, 0x77777000 >> 2 | 0x43);
	miss(&r, &fmt_riscv, PT_MALFORMED);
	poke(&r, T2 + 393 * 8, 0x77777000 >> 2 | 0x55);
	miss(&r, &fmt_riscv, PT_MALFORMED);
	poke(&r, T2 + 393 * 8, 0x77777000 >> 2 | 1);
	miss(&r, &fmt_riscv, PT_MALFORMED);
	poke(&r, T2 + 393 * 8, 0x77777000 >> 2 | 0xde);
	miss(&r, &fmt_riscv, PT_NOT_PRESENT);
	/* a table entry with A, D or U; reserved bits on top */
	poke(&r, T1 + 179 * 8, T2 >> 2 | 0x41);
	miss(&r, &fmt_riscv, PT_MALFORMED);
	poke(&r, T1 + 179 * 8, T2 >> 2 | 1 | BIT64(60));
	miss(&r, &fmt_riscv, PT_MALFORMED);
	poke(&r, T1 + 179 * 8, 0x40200000 >> 2 | 0xdf);
	hit(&r, &fmt_riscv, 0x40200000 | (VA & (PAGE_2M - 1)), PAGE_2M,
	    PT_R | PT_W | PT_X);
	rig_down(&r);
}

/* Four tables side by side: two more bits of address. */
static void a_wide_root_reaches_further(void **unused)
{
	const uint64_t va = (UINT64_C(3) << 39) + VA;
	struct pt_hit h;
	struct rig r;

	(void)unused;
	way(&r, T1 >> 2 | 1, T2 >> 2 | 1, 0x77777000 >> 2 | 0xdf);
	assert_int_equal(pt_walk(&r.m, &fmt_riscv, T0, 3, va, &h),
			 PT_NOT_PRESENT);
	poke(&r, T0 + (3 * 512 + 17) * 8, T1 >> 2 | 1);
	assert_int_equal(pt_walk(&r.m, &fmt_riscv, T0, 3, va, &h), PT_OK);
	assert_int_equal(h.pa, 0x77777abc);
	assert_int_equal(pt_walk(&r.m, &fmt_riscv, T0, 3, BIT64(41), &h),
			 PT_RANGE);
	assert_int_equal(pt_walk(&r.m, &fmt_arm_16, T0, 3, BIT64(43), &h),
			 PT_RANGE);
	assert_int_equal(pt_walk(&r.m, &fmt_arm_16, T0, 3, BIT64(43) - 1, &h),
			 PT_NOT_PRESENT);
	assert_int_equal(pt_walk(&r.m, &fmt_arm, T0, 3, BIT64(39), &h),
			 PT_RANGE);
	rig_down(&r);
}

/* The last pages that a table reaches, and back to an empty machine. */
static void each_layout_maps_splits_joins_and_forgets(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(all); i++) {
		const unsigned bits =
			12 + 9 * all[i].levels + all[i].fmt->root_order;
		const uint64_t va = BIT64(bits) - PAGE_2M;
		struct pt_hit h;
		struct rig r;
		struct pt t;

		rig_up(&r);
		assert_int_equal(pt_init(&t, &r.m, all[i].fmt, all[i].levels,
					 AGENT_HOST, NULL, NULL),
				 IL_OK);
		assert_false(t.root &
			     ((PAGE_4K << all[i].fmt->root_order) - 1));
		assert_int_equal(
			pt_map(&t, va, 0x40200000, PAGE_2M, PT_R, PAGE_2M),
			IL_OK);
		assert_int_equal(look(&t, va + 0x5123, &h), PT_OK);
		assert_int_equal(h.pa, 0x40205123);
		assert_int_equal(h.leaf, PAGE_2M);
		assert_int_equal(h.perm & (PT_R | PT_W), PT_R);
		assert_int_equal(pt_split(&t, va, NULL), IL_OK);
		for (uint64_t at = 0; at < PAGE_2M; at += 51 * PAGE_4K) {
			assert_int_equal(look(&t, va + at + 7, &h), PT_OK);
			assert_int_equal(h.pa, 0x40200007 + at);
			assert_int_equal(h.leaf, PAGE_4K);
			assert_int_equal(h.perm & (PT_R | PT_W), PT_R);
		}
		assert_int_equal(pt_join(&t, va, NULL), IL_OK);
		assert_int_equal(look(&t, va + 0x5123, &h), PT_OK);
		assert_int_equal(h.leaf, PAGE_2M);
		assert_int_equal(h.pa, 0x40205123);
		assert_int_equal(pt_unmap(&t, va, PAGE_2M, NULL), IL_OK);
		assert_int_equal(look(&t, va, &h), PT_NOT_PRESENT);
		assert_int_equal(t.tables, UINT64_C(1)
						   << all[i].fmt->root_order);
		assert_int_equal(pt_map(&t, BIT64(bits), 0x40200000, PAGE_4K,
					PT_R, PAGE_4K),
				 IL_E_ARG);
		pt_fini(&t);
		assert_int_equal(mem_frames_left(&r.m), RIG_SIZE / PAGE_4K);
		rig_down(&r);
	}
}

static void a_leaf_is_no_larger_than_the_layout_has(void **unused)
{
	struct pt_fmt small = fmt_ept;
	struct pt_hit h;
	struct rig r;
	struct pt t;

	(void)unused;
	rig_up(&r);
	small.leaf_max = 1;
	assert_int_equal(pt_init(&t, &r.m, &small, 4, AGENT_HOST, NULL, NULL),
			 IL_OK);
	assert_int_equal(pt_map(&t, 0, 0, PAGE_2M, PT_R, PAGE_1G), IL_OK);
	assert_int_equal(look(&t, 0, &h), PT_OK);
	assert_int_equal(h.leaf, PAGE_4K);
	poke(&r, h.entry, 0);
	pt_fini(&t);
	/* and one that somebody wrote is malformed */
	way(&r, T1 | 7, 0x40200000 | 0xb7, 0);
	miss(&r, &small, PT_MALFORMED);
	hit(&r, &fmt_ept, 0x40200000 | (VA & (PAGE_2M - 1)), PAGE_2M,
	    PT_R | PT_W | PT_X);
	rig_down(&r);
}

/* The walker calls it malformed: the editor makes no such leaf. */
static void write_without_read_is_made_where_it_means_something(void **unused)
{
	const struct {
		const struct pt_fmt *fmt;
		enum il_err err;
	} row[] = { { &fmt_ept, IL_E_ARG },
		    { &fmt_riscv, IL_E_ARG },
		    { &fmt_vtd, IL_OK } };

	(void)unused;
	for (unsigned i = 0; i < COUNT(row); i++) {
		struct rig r;
		struct pt t;

		rig_up(&r);
		assert_int_equal(pt_init(&t, &r.m, row[i].fmt, 4, AGENT_HOST,
					 NULL, NULL),
				 IL_OK);
		assert_int_equal(
			pt_map(&t, 0, 0x77777000, PAGE_4K, PT_W, PAGE_4K),
			row[i].err);
		pt_fini(&t);
		rig_down(&r);
	}
}

/* --- one entry, raw --- */

static void a_holder_keeps_states_in_entries_that_map_nothing(void **unused)
{
	const uint64_t state = 0x2bull << 56 | 0x77777000;
	struct pt_slot s;
	struct pt_hit h;
	struct rig r;
	struct pt t;

	(void)unused;
	rig_up(&r);
	assert_int_equal(pt_over(&t, &r.m, &fmt_ept, 3, AGENT_FIRMWARE, T0),
			 IL_OK);
	assert_int_equal(pt_seek(&t, VA, 1, &s), IL_OK);
	assert_int_equal(s.level, 3);
	assert_int_equal(s.kind, PT_NONE);
	assert_int_equal(s.at, T0 + 17 * 8);
	/* tables that somebody has given */
	assert_int_equal(pt_set(&t, &s, pt_table_entry(&fmt_ept, T1, 3)),
			 IL_OK);
	assert_int_equal(peek(&r, T0 + 17 * 8), T1 | 7);
	assert_int_equal(pt_seek(&t, VA, 2, &s), IL_OK);
	assert_int_equal(s.level, 2);
	assert_int_equal(pt_set(&t, &s, pt_table_entry(&fmt_ept, T2, 2)),
			 IL_OK);
	/* a state, which a walk does not see */
	assert_int_equal(pt_seek(&t, VA, 1, &s), IL_OK);
	assert_int_equal(s.level, 1);
	assert_int_equal(pt_set(&t, &s, state), IL_OK);
	assert_int_equal(look(&t, VA, &h), PT_NOT_PRESENT);
	assert_int_equal(pt_seek(&t, VA, 1, &s), IL_OK);
	assert_int_equal(s.e, state);
	assert_int_equal(s.kind, PT_NONE);
	assert_int_equal(
		pt_set(&t, &s,
		       pt_leaf_entry(&fmt_ept, 0x77777000, 1, PT_R | PT_W)),
		IL_OK);
	assert_int_equal(look(&t, VA, &h), PT_OK);
	assert_int_equal(h.pa, 0x77777abc);
	/* what was found is no longer there */
	assert_int_equal(pt_set(&t, &s, 0), IL_E_STATE);
	/* at level 2 there is the table; no way leads beyond the root */
	assert_int_equal(pt_seek(&t, VA, 2, &s), IL_OK);
	assert_int_equal(s.kind, PT_TABLE);
	assert_int_equal(s.x.pa, T2);
	assert_int_equal(pt_seek(&t, BIT64(39), 1, &s), IL_E_ARG);
	assert_int_equal(pt_seek(&t, VA, 0, &s), IL_E_ARG);
	assert_int_equal(pt_seek(&t, VA, 4, &s), IL_E_ARG);
	pt_fini(&t);
	rig_down(&r);
}

/* What an editor over a given root may not do by itself. */
static void given_tables_are_neither_made_nor_dropped(void **unused)
{
	struct pt_slot s;
	struct rig r;
	struct pt t;

	(void)unused;
	way(&r, T1 | 7, T2 | 7, 0);
	assert_int_equal(pt_over(&t, &r.m, &fmt_ept, 3, AGENT_FIRMWARE,
				 T0 + PAGE_4K / 2),
			 IL_E_ARG);
	assert_int_equal(
		pt_over(&t, &r.m, &fmt_riscv, 3, AGENT_FIRMWARE, T0 + PAGE_4K),
		IL_E_ARG);
	assert_int_equal(pt_over(&t, &r.m, &fmt_ept, 3, AGENT_FIRMWARE, T0),
			 IL_OK);
	assert_int_equal(pt_map(&t, 0, 0x77777000, PAGE_4K, PT_R, PAGE_4K),
			 IL_E_NOMEM);
	assert_int_equal(pt_map(&t, align_down(VA, PAGE_4K), 0x77777000,
				PAGE_4K, PT_R, PAGE_4K),
			 IL_OK);
	assert_int_equal(pt_unmap(&t, align_down(VA, PAGE_4K), PAGE_4K, NULL),
			 IL_OK);
	assert_int_equal(peek(&r, T1 + 179 * 8), T2 | 7);
	assert_int_equal(t.tables, 0);
	/* the rules judge the agent's writes */
	assert_int_equal(pt_seek(&t, VA, 1, &s), IL_OK);
	r.toy.refuse_w = T2;
	rig_keep(&r);
	assert_int_equal(pt_set(&t, &s, 7), IL_E_IO);
	assert_int_equal(t.fault.who, AGENT_FIRMWARE);
	assert_int_equal(r.toy.last.who, AGENT_FIRMWARE);
	assert_int_equal(pt_seek(&t, VA, 1, &s), IL_E_IO);
	assert_memory_equal(r.copy, r.arena.base, r.arena.used);
	r.toy.refuse_w = UINT64_MAX;
	pt_fini(&t);
	rig_down(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bits_one_and_zero_tell_a_block_from_a_table),
		cmocka_unit_test(any_right_makes_an_entry_present),
		cmocka_unit_test(frame_numbers_stand_two_bits_lower),
		cmocka_unit_test(a_wide_root_reaches_further),
		cmocka_unit_test(each_layout_maps_splits_joins_and_forgets),
		cmocka_unit_test(a_leaf_is_no_larger_than_the_layout_has),
		cmocka_unit_test(
			write_without_read_is_made_where_it_means_something),
		cmocka_unit_test(
			a_holder_keeps_states_in_entries_that_map_nothing),
		cmocka_unit_test(given_tables_are_neither_made_nor_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
