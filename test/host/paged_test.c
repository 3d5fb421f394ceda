/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/rig.h"

#include <errno.h>

#include "host/iommufd/paged.h"
#include "mem/fmts.h"

/*
 * Domains as drivers keep them: what is in the table when the unit is told to
 * forget, of which addresses, and who has which number.
 */
#define IOVA UINT64_C(0x40000000)

static struct {
	struct rig r;
	struct paged p;
	struct iommu_domain d;
	int flush_ret;
	unsigned flushes;
	uint16_t id;
	uint64_t iova, len;
	bool there; /* at the flush: is anything mapped at @look? */
	uint64_t look;
	int more_ret;
	unsigned more; /* calls */
	bool more_there;
} t;

static bool mapped(uint64_t iova, struct pt_hit *h)
{
	const struct paged_domain *x = t.d.priv;

	return x && pt_walk(x->pt.m, x->pt.fmt, x->pt.root, x->pt.levels, iova,
			    h) == PT_OK;
}

static int flush(void *ctx, uint16_t id, uint64_t iova, uint64_t len)
{
	struct pt_hit h;

	assert_ptr_equal(ctx, &t);
	t.flushes++;
	t.id = id;
	t.iova = iova;
	t.len = len;
	t.there = mapped(t.look, &h);
	return t.flush_ret;
}

static void up(const struct pt_fmt *fmt, uint32_t ids, bool write_reads)
{
	memset(&t, 0, sizeof(t));
	rig_up(&t.r);
	t.p.mem = &t.r.m;
	t.p.fmt = fmt;
	t.p.levels = 4;
	t.p.ids = ids;
	t.p.write_reads = write_reads;
	t.p.flush = flush;
	t.p.ctx = &t;
	t.look = IOVA;
	paged_init(&t.p, &t.r.arena);
}

static uint16_t id_of(const struct iommu_domain *d)
{
	const struct paged_domain *x = d->priv;

	return x->id;
}

static int map_2m(unsigned prot)
{
	static uint64_t pa[PAGE_2M / PAGE_4K];

	for (size_t i = 0; i < COUNT(pa); i++)
		pa[i] = UINT64_C(0x80000000) + i * PAGE_4K;
	return paged_map(&t.p, &t.d, IOVA, pa, COUNT(pa), prot, true);
}

static void a_domain_has_the_lowest_free_number_and_none_has_zero(void **unused)
{
	struct iommu_domain d[3] = { 0 }, one_more = { 0 };
	uint64_t free;

	(void)unused;
	up(&fmt_vtd, 4, false);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(paged_alloc(&t.p, &d[i]), 0);
		assert_int_equal(id_of(&d[i]), i + 1);
	}
	free = t.r.m.ram[0].free;
	assert_int_equal(paged_alloc(&t.p, &one_more), -ENOSPC);
	assert_null(one_more.priv);
	assert_int_equal(t.r.m.ram[0].free, free);
	paged_free(&t.p, &d[1]);
	assert_null(d[1].priv);
	assert_int_equal(paged_alloc(&t.p, &one_more), 0);
	assert_int_equal(id_of(&one_more), 2);
	paged_free(&t.p, &one_more);
	paged_free(&t.p, &d[0]);
	paged_free(&t.p, &d[2]);
	rig_down(&t.r);
}

/* The root of four tables reaches four times as far. */
static void all_that_a_table_reaches_is_forgotten_before_it_goes(void **unused)
{
	const struct pt_fmt *const fmt[] = { &fmt_vtd, &fmt_riscv };
	const uint64_t reach[] = { UINT64_C(1) << 48, UINT64_C(1) << 50 };

	(void)unused;
	for (unsigned i = 0; i < COUNT(fmt); i++) {
		up(fmt[i], 4, true);
		t.look = reach[i] - PAGE_4K;
		assert_int_equal(paged_alloc(&t.p, &t.d), 0);
		assert_int_equal(paged_map(&t.p, &t.d, t.look,
					   &(uint64_t){ 0x80000000 }, 1,
					   IOMMU_PROT_WRITE, false),
				 0);
		paged_free(&t.p, &t.d);
		assert_int_equal(t.flushes, 1);
		assert_int_equal(t.id, 1);
		assert_true(t.iova == 0 && t.len == reach[i]);
		assert_true(t.there); /* no frame of it is free yet */
		rig_down(&t.r);
	}
}

static void a_number_that_may_be_remembered_is_not_used_again(void **unused)
{
	(void)unused;
	up(&fmt_vtd, 4, false);
	assert_int_equal(paged_alloc(&t.p, &t.d), 0);
	t.flush_ret = -EIO;
	paged_free(&t.p, &t.d);
	t.flush_ret = 0;
	assert_int_equal(paged_alloc(&t.p, &t.d), 0);
	assert_int_equal(id_of(&t.d), 2);
	paged_free(&t.p, &t.d);
	rig_down(&t.r);
}

static void rights_are_what_was_asked_and_what_the_format_implies(void **unused)
{
	struct pt_hit h;

	(void)unused;
	for (unsigned implied = 0; implied < 2; implied++) {
		up(&fmt_vtd, 4, implied);
		assert_int_equal(paged_alloc(&t.p, &t.d), 0);
		assert_int_equal(map_2m(0), -EINVAL);
		assert_int_equal(map_2m(IOMMU_PROT_WRITE), 0);
		assert_true(mapped(IOVA, &h));
		assert_int_equal(h.leaf, PAGE_2M);
		assert_int_equal(h.perm & (PT_R | PT_W),
				 PT_W | (implied ? PT_R : 0));
		assert_int_equal(map_2m(IOMMU_PROT_WRITE), -EEXIST);
		paged_free(&t.p, &t.d);
		rig_down(&t.r);
	}
}

static void what_is_unmapped_is_gone_before_it_is_flushed(void **unused)
{
	const uint64_t at = IOVA + 5 * PAGE_4K;
	struct pt_hit h;

	(void)unused;
	up(&fmt_vtd, 4, false);
	assert_int_equal(paged_alloc(&t.p, &t.d), 0);
	assert_int_equal(map_2m(IOMMU_PROT_READ), 0);
	t.look = at;
	assert_int_equal(paged_unmap(&t.p, &t.d, at, 3 * PAGE_4K), 0);
	assert_int_equal(t.flushes, 1);
	assert_true(t.iova == at && t.len == 3 * PAGE_4K && !t.there);
	/* Of the leaf that it cut, the rest stays. */
	assert_true(mapped(at - PAGE_4K, &h) && h.leaf == PAGE_4K);
	assert_int_equal(h.pa, UINT64_C(0x80004000));
	assert_true(mapped(at + 3 * PAGE_4K, &h));
	assert_int_equal(h.pa, UINT64_C(0x80008000));
	t.flush_ret = -EIO;
	assert_int_equal(paged_unmap(&t.p, &t.d, IOVA, PAGE_2M), -EIO);
	paged_free(&t.p, &t.d);
	rig_down(&t.r);
}

static int between(void *ctx)
{
	struct pt_hit h;

	(void)ctx;
	t.more++;
	assert_int_equal(t.flushes, 1); /* nothing remembers the old leaf */
	t.more_there = mapped(IOVA, &h);
	return t.more_ret;
}

static const struct iommu_gap gap = { between, NULL };

static int resize(uint64_t iova, uint64_t size, int flush_ret, int more_ret)
{
	int ret;

	t.flushes = t.more = 0;
	t.flush_ret = flush_ret;
	t.more_ret = more_ret;
	ret = paged_size(&t.p, &t.d, iova, size, &gap);
	t.flush_ret = 0;
	return ret;
}

static void a_size_changes_with_nothing_mapped_and_nothing_remembered(void **u)
{
	const uint64_t size[] = { PAGE_4K, PAGE_2M };
	struct pt_hit h;

	(void)u;
	up(&fmt_vtd, 4, false);
	assert_int_equal(paged_alloc(&t.p, &t.d), 0);
	assert_int_equal(map_2m(IOMMU_PROT_READ), 0);
	for (unsigned i = 0; i < COUNT(size); i++) {
		/* A step that fails: all is as before. */
		assert_int_equal(resize(IOVA, size[i], -EIO, 0), -EIO);
		assert_int_equal(t.more, 0);
		assert_true(mapped(IOVA, &h) && h.leaf != size[i]);
		assert_int_equal(resize(IOVA, size[i], 0, -EBUSY), -EBUSY);
		assert_true(mapped(IOVA, &h) && h.leaf != size[i]);

		assert_int_equal(resize(IOVA + PAGE_4K, size[i], 0, 0), 0);
		assert_int_equal(t.more, 1);
		assert_false(t.there || t.more_there);
		assert_true(t.iova == IOVA && t.len == PAGE_2M);
		assert_true(mapped(IOVA, &h) && h.leaf == size[i]);
		/* As it is already: the caller's part is done all the same. */
		assert_int_equal(resize(IOVA, size[i], 0, 0), 0);
		assert_int_equal(t.more, 1);
	}
	paged_free(&t.p, &t.d);
	rig_down(&t.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_domain_has_the_lowest_free_number_and_none_has_zero),
		cmocka_unit_test(
			all_that_a_table_reaches_is_forgotten_before_it_goes),
		cmocka_unit_test(
			a_number_that_may_be_remembered_is_not_used_again),
		cmocka_unit_test(
			rights_are_what_was_asked_and_what_the_format_implies),
		cmocka_unit_test(what_is_unmapped_is_gone_before_it_is_flushed),
		cmocka_unit_test(
			a_size_changes_with_nothing_mapped_and_nothing_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
