/* SPDX-License-Identifier: BSD-2-Clause */
#include "laws_rig.h"

#include "world/plat_sev_tio.h"

#include "device/file.h"

/* --- MMIO --- */

static void moved_gpa(struct law_page *p)
{
	p->gpa += PAGE_4K << 20;
}

static void law_33_a_page_that_the_guest_has_elsewhere(void **unused)
{
	(void)unused;
	LIE(page, moved_gpa);
	all_pages_again();
	breaks(33);
}

static void next_gpa(struct law_page *p)
{
	p->gpa += PAGE_4K;
}

static void law_33_two_pages_at_one_place(void **unused)
{
	(void)unused;
	t.w->vm[0].guest = NULL;
	LIE(page, next_gpa);
	all_pages_again();
	breaks(33);
}

static uint64_t some_other_tvm_owner;

static void other_owner(struct law_page *p)
{
	p->owner = (uint32_t)some_other_tvm_owner;
}

static void one_less(struct law_bind *b)
{
	b->mmio_pages--;
}

static void law_33_a_page_of_a_tvm_that_has_no_such_tdi(void **unused)
{
	(void)unused;
	some_other_tvm_owner = last()->bind[0].owner + 1;
	LIE(page, other_owner);
	lie.bind = one_less;
	for (unsigned i = 0; i < last()->pages; i++)
		last_page(i)->assigned = false; /* not taken from it: law 37 */
	all_pages_again();
	breaks_with(33, (const unsigned[]){ 0 });
}

static void law_33_an_accepted_page_far_from_any_bar(void **unused)
{
	struct own_range *r = NULL;

	(void)unused;
	for (uint32_t i = 0; i < plat()->own.ranges; i++)
		if (plat()->own.range[i].page[0].flags & OWN_F_IO)
			r = &plat()->own.range[i];
	assert_non_null(r);
	r->page[r->size / PAGE_4K - 1].flags |=
		OWN_F_ASSIGNED | OWN_F_VALIDATED | OWN_F_IMMUTABLE;
	r->page[(r->size - PAGE_2M) / PAGE_4K].assigned++;
	/* Steps do not look there; the full pass does. */
	assert_int_equal(laws_step(t.w), IL_OK);
	assert_int_equal(laws_end(t.w), IL_E_STATE);
	assert_int_equal(t.w->law, 33);
}

static void the_full_pass_sees_what_no_change_was_told_of(void **unused)
{
	const struct law_page *p = last_page(2); /* MSI-X table: the host's */
	struct own_range *r = NULL;

	(void)unused;
	for (uint32_t i = 0; i < plat()->own.ranges; i++)
		if (p->pa - plat()->own.range[i].base <
		    plat()->own.range[i].size)
			r = &plat()->own.range[i];
	assert_non_null(r);
	assert_false(p->validated);
	r->page[(p->pa - r->base) / PAGE_4K].gpa ^= PAGE_4K << 30;
	assert_int_equal(laws_step(t.w), IL_OK);
	assert_int_equal(laws_end(t.w), IL_E_STATE);
	assert_non_null(strstr(t.w->last_text, "full pass"));
}

static void law_34_a_page_accepted_before_the_verdict(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < last()->pages; i++)
		last_page(i)->validated = false;
	t.w->vm[0].guest->state = GUEST_LOCKED;
	all_pages_again();
	breaks(34);
}

static void named_another(struct law_bind *b)
{
	b->named_lock++;
}

static void law_34_a_page_accepted_for_another_lock_session(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < last()->pages; i++)
		last_page(i)->validated = false;
	LIE(bind, named_another);
	all_pages_again();
	breaks_with(26, (const unsigned[]){ 34, 0 });
}

static void not_pinned(struct law_page *p)
{
	p->pinned = false;
}

static void law_35_a_page_that_the_host_may_retype(void **unused)
{
	(void)unused;
	LIE(page, not_pinned);
	all_pages_again();
	breaks(35);
}

static void is_large(struct law_page *p)
{
	p->large = true;
}

static void law_36_an_entry_of_2m(void **unused)
{
	(void)unused;
	LIE(page, is_large);
	all_pages_again();
	breaks(36);
}

static void reported_non_tee(struct law_bind *b)
{
	b->lock.range[0].attr |= TDISP_RANGE_NON_TEE;
}

static void law_36_a_range_that_is_not_for_tees(void **unused)
{
	(void)unused;
	LIE(bind, reported_non_tee);
	all_pages_again();
	breaks(36);
}

static void is_msix(struct law_page *p)
{
	p->msix = true;
}

static void law_36_a_page_with_an_msix_table(void **unused)
{
	(void)unused;
	LIE(page, is_msix);
	all_pages_again();
	breaks(36);
}

static void hosts_now(struct law_page *p)
{
	p->assigned = false;
	p->validated = false;
	p->pinned = false;
	p->owner = 0;
}

static void law_37_a_page_taken_before_it_is_revoked(void **unused)
{
	(void)unused;
	LIE(page, hosts_now);
	lie.bind = one_less;
	all_pages_again();
	breaks(37);
}

static uint64_t reached_pa;

static void hosts_now_and_reached(struct law_page *p)
{
	hosts_now(p);
	p->pa = reached_pa;
}

static void law_37_a_page_taken_while_the_iommu_knows_a_way(void **unused)
{
	struct iommu_memo m = { 0 };

	(void)unused;
	for (uint32_t i = 0; i < t.w->iommu.tlb_slots && !m.pa; i++)
		(void)iommu_memo_at(&t.w->iommu, i, &m);
	assert_true(m.pa);
	reached_pa = m.pa;
	for (unsigned i = 0; i < last()->pages; i++)
		if (last_page(i)->validated) {
			last_page(i)->pa = reached_pa;
			break;
		}
	/* It was revoked, as it should be. */
	world_trace_ev(t.w, OWN_TRACE_RMP, reached_pa, OWN_PRE_GUEST, 1);
	LIE(page, hosts_now_and_reached);
	lie.bind = one_less;
	all_pages_again();
	breaks(37);
}

static void law_38_a_count_that_is_short(void **unused)
{
	(void)unused;
	LIE(bind, one_less);
	all_pages_again();
	breaks(38);
}

static void law_38_a_tdi_released_with_its_entry(void **unused)
{
	(void)unused;
	/* One that was there and is not; its RID has a valid entry. */
	t.w->laws->binds = 4;
	last()->bind[3].state = TSM_BIND_UNLOCKED;
	last()->bind[3].rid = last()->bind[0].rid;
	breaks(38);
}

static void law_38_a_tdi_released_with_its_pages(void **unused)
{
	(void)unused;
	t.w->laws->binds = 4;
	last()->bind[3].state = TSM_BIND_UNLOCKED;
	last()->bind[3].rid = 0x0107;
	last()->bind[3].owner = last()->bind[0].owner;
	last()->bind[3].lock = last()->bind[0].lock;
	breaks(38);
}

static void not_accepted(struct law_page *p)
{
	p->validated = false;
}

static void law_39_a_device_taken_over_but_for_one_page(void **unused)
{
	(void)unused;
	last()->guest[0].state = GUEST_JUDGED;
	LIE(page, not_accepted);
	lie.bind = one_less;
	all_pages_again();
	breaks(39);
}

static unsigned pages_of(int fn, int bar)
{
	unsigned n = 0;

	for (unsigned i = 0; i < last()->pages; i++)
		n += last_page(i)->fn == fn && last_page(i)->bar == bar;
	return n;
}

static void every_page_of_every_memory_bar_is_looked_at(void **unused)
{
	static const char text[] = "{\"functions\": [{\"bars\": ["
				   "{\"bar\": 0, \"size\": \"0x4000\"},"
				   "{\"bar\": 2, \"size\": \"0x200000\"},"
				   "{\"bar\": 4, \"size\": \"0x8000\"}],"
				   "\"vfs\": {\"count\": 2}}]}";
	static const unsigned want[] = { 4, 0, 512, 0, 8, 0 };
	char what[DEVICE_FILE_WHAT];

	(void)unused;
	open_world("2", "0000:01:00.0");
	t.w->dev_file = ARENA_NEW(&t.w->arena, struct device_file);
	assert_int_equal(device_file_parse(t.w->dev_file, text,
					   sizeof(text) - 1, what,
					   sizeof(what)),
			 IL_OK);
	go("host", "connect");
	for (int fn = 0; fn < 3; fn++)
		for (int bar = 0; bar < 6; bar++)
			assert_int_equal(pages_of(fn, bar), want[bar]);
	go("guest", "dma");
	assert_int_equal(t.w->law, 0);
}

/* clang-format off */
static const struct CMUnitTest tests[] = {
	cmocka_unit_test_teardown(every_page_of_every_memory_bar_is_looked_at,
				  close_world),
	AT(running, law_33_a_page_that_the_guest_has_elsewhere),
	AT(running, law_33_two_pages_at_one_place),
	AT(running, law_33_a_page_of_a_tvm_that_has_no_such_tdi),
	AT(running, law_33_an_accepted_page_far_from_any_bar),
	AT(running, the_full_pass_sees_what_no_change_was_told_of),
	AT(accepted, law_34_a_page_accepted_before_the_verdict),
	AT(accepted, law_34_a_page_accepted_for_another_lock_session),
	AT(running, law_35_a_page_that_the_host_may_retype),
	AT(running, law_36_an_entry_of_2m),
	AT(running, law_36_a_range_that_is_not_for_tees),
	AT(running, law_36_a_page_with_an_msix_table),
	AT(running, law_37_a_page_taken_before_it_is_revoked),
	AT(running, law_37_a_page_taken_while_the_iommu_knows_a_way),
	AT(running, law_38_a_count_that_is_short),
	AT(running, law_38_a_tdi_released_with_its_entry),
	AT(running, law_38_a_tdi_released_with_its_pages),
	AT(accepted, law_39_a_device_taken_over_but_for_one_page),
};
/* clang-format on */

int laws_page_tests(void)
{
	return cmocka_run_group_tests_name("laws of MMIO", tests, make_identity,
					   drop_identity);
}
