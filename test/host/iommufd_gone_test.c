/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages of a guest_memfd under an I/O mapping that leave the file or change
 * hands: devices lose them first, or nothing happens at all.
 */
#include "user.h"

#include <errno.h>
#include <stdlib.h>

#define PUNCH  3
#define OTHER  UINT64_C(0x800000)
#define MAPPED (6 * PAGE_4K)

static uint32_t hwpt_new(struct user *u, uint32_t ioas)
{
	struct iommu_hwpt_alloc h = { .size = sizeof(h),
				      .dev_id = u->dev_id,
				      .pt_id = ioas };

	assert_int_equal(io(u, u->iommu, IOMMU_HWPT_ALLOC, &h), 0);
	return h.out_hwpt_id;
}

static long copy(struct user *u, uint32_t dst, uint64_t src_iova, uint64_t len,
		 uint64_t dst_iova)
{
	struct iommu_ioas_copy c = { .size = sizeof(c),
				     .flags = FLAGS,
				     .dst_ioas_id = dst,
				     .src_ioas_id = u->ioas,
				     .length = len,
				     .dst_iova = dst_iova,
				     .src_iova = src_iova };

	return io(u, u->iommu, IOMMU_IOAS_COPY, &c);
}

/* Entries of all domains that lead to @pa. */
static unsigned ways_to(const struct machine *m, uint64_t pa)
{
	unsigned n = 0;

	for (unsigned i = 0; i < m->n_io; i++)
		n += pa >= m->io[i].pa && pa - m->io[i].pa < m->io[i].len;
	return n;
}

/* Six private pages at IOVA 0, two domains, and a copy in another IOAS. */
static struct user *shown(void)
{
	struct iommu_ioas_alloc a = { .size = sizeof(a) };
	struct user *u = user_new();

	open_dev(u);
	assert_int_equal(attach_ioas(u), 0);
	assert_int_equal(map_file(u, u->gmem, 0, MAPPED, 0, FLAGS), 0);
	(void)hwpt_new(u, u->ioas);
	assert_int_equal(io(u, u->iommu, IOMMU_IOAS_ALLOC, &a), 0);
	(void)hwpt_new(u, a.out_ioas_id);
	assert_int_equal(copy(u, a.out_ioas_id, PAGE_4K, 4 * PAGE_4K, 0x10000),
			 0);
	u->hwpt = a.out_ioas_id;
	return u;
}

static long punch(struct user *u, uint64_t off, uint64_t len)
{
	return k_fallocate(u->t, u->gmem, PUNCH, off, len);
}

static uint32_t areas(const struct user *u)
{
	return u->m->h.iommufd.area_pool.live;
}

static void a_page_that_is_punched_leaves_every_domain_first(void **un)
{
	struct user *u = shown();
	const uint64_t pa = m_io(u->m, 2 * PAGE_4K);
	uint64_t n;

	(void)un;
	assert_int_equal(ways_to(u->m, pa), 3);
	/* the machine's invalidate() would not take one that is reached */
	assert_int_equal(punch(u, 2 * PAGE_4K, PAGE_4K), 0);
	assert_int_equal(ways_to(u->m, pa), 0);
	assert_int_equal(m_owner(u->m, pa), 0);
	for (uint64_t at = 0; at < MAPPED; at += PAGE_4K)
		assert_true(!m_io(u->m, at) == (at == 2 * PAGE_4K));
	/* the place is taken, and goes with the rest */
	assert_int_equal(map(u, u->ram, PAGE_4K, 2 * PAGE_4K, FLAGS), -EEXIST);
	assert_int_equal(unmap(u, 0, MAPPED, &n), 0);
	assert_int_equal(n, MAPPED);
	assert_int_equal(map_file(u, u->gmem, 0, MAPPED, 0, FLAGS), 0);
	assert_int_not_equal(m_io(u->m, 2 * PAGE_4K), 0);
	user_free(u);
}

static void what_is_gone_comes_back_in_no_domain_and_no_copy(void **un)
{
	struct user *u = shown();
	uint64_t n, pa;
	unsigned before;

	(void)un;
	assert_int_equal(punch(u, PAGE_4K, 2 * PAGE_4K), 0);
	before = u->m->n_io;
	(void)hwpt_new(u, u->ioas); /* sees page 0 and 3 to 5 */
	assert_int_equal(u->m->h.iommufd.area_pool.live, 3 + 2);
	assert_in_range(u->m->n_io, before + 1, before + 4);
	assert_int_equal(copy(u, u->ioas, 0, MAPPED, OTHER), 0);
	assert_int_not_equal(m_io(u->m, OTHER), 0);
	assert_int_equal(m_io(u->m, OTHER + PAGE_4K), 0);
	assert_int_equal(m_io(u->m, OTHER + 2 * PAGE_4K), 0);
	assert_int_not_equal(m_io(u->m, OTHER + 3 * PAGE_4K), 0);
	/* by itself it can be unmapped and mapped again */
	assert_int_equal(unmap(u, PAGE_4K, PAGE_4K, &n), -ENOENT);
	assert_int_equal(unmap(u, PAGE_4K, 2 * PAGE_4K, &n), 0);
	assert_int_equal(
		map_file(u, u->gmem, PAGE_4K, 2 * PAGE_4K, PAGE_4K, FLAGS), 0);
	pa = m_io(u->m, PAGE_4K);
	assert_int_not_equal(pa, 0);
	assert_int_equal(ways_to(u->m, pa), 3); /* the three domains of it */
	user_free(u);
}

static void a_hole_that_devices_cannot_lose_is_not_punched(void **un)
{
	struct user *u = shown();
	const struct gmem *g = gmem_from_file(k_fd_file(u->t, u->gmem));
	struct kvm_vm *vm = kvm_from_file(k_fd_file(u->t, u->vm));
	const uint64_t pa = m_io(u->m, 2 * PAGE_4K);
	const uint32_t live = areas(u);
	const uint64_t pins = g->pinned;
	uint64_t n;

	(void)un;
	for (unsigned after = 0; after < 3; after++) {
		u->m->io_unmap_err = -EIO;
		u->m->io_unmap_after = after;
		assert_int_equal(punch(u, 2 * PAGE_4K, PAGE_4K), -EIO);
		u->m->io_unmap_err = 0;
		u->m->io_unmap_after = 0;
		assert_int_equal(ways_to(u->m, pa), 3);
		assert_int_equal(m_owner(u->m, pa), 2 * PAGE_4K + 1);
		assert_int_equal(areas(u), live);
		assert_int_equal(g->pinned, pins);
	}
	/* nor can it without memory for another area: one, then the second */
	for (uint32_t more = 0; more < 4; more++) {
		u->m->h.iommufd.areas_max = live + more;
		assert_int_equal(punch(u, 2 * PAGE_4K, PAGE_4K), -ENOMEM);
		assert_int_equal(areas(u), live);
	}
	u->m->h.iommufd.areas_max = UINT32_MAX;
	assert_int_equal(unmap(u, 0, 2 * PAGE_4K, &n), -ENOENT);
	assert_int_equal(ways_to(u->m, pa), 3);
	assert_false(vm->launched);
	user_free(u);
}

static void an_attribute_takes_pages_from_devices_or_stays(void **un)
{
	struct user *u = shown();
	struct kvm_vm *vm = kvm_from_file(k_fd_file(u->t, u->vm));
	const uint64_t pa = m_io(u->m, PAGE_4K);

	(void)un;
	assert_int_equal(attr(u, 0, VM_MEM, true), 0);
	assert_int_equal(ways_to(u->m, pa), 3); /* what becomes private stays */
	u->m->io_unmap_err = -EIO;
	assert_int_equal(attr(u, PAGE_4K, PAGE_4K, false), -EIO);
	assert_true(kvm_private(vm, PAGE_4K));
	assert_int_equal(ways_to(u->m, pa), 3);
	u->m->io_unmap_err = 0;
	assert_int_equal(attr(u, PAGE_4K, PAGE_4K, false), 0);
	assert_int_equal(ways_to(u->m, pa), 0);
	assert_int_equal(m_owner(u->m, pa), PAGE_4K + 1); /* not punched */
	/* what is shared already does not change */
	assert_int_equal(map_file(u, u->gmem, PAGE_4K, PAGE_4K, OTHER, FLAGS),
			 0);
	assert_int_equal(attr(u, PAGE_4K, PAGE_4K, false), 0);
	assert_int_equal(m_io(u->m, OTHER), pa);
	user_free(u);
}

static void an_area_that_no_domain_shows_loses_nothing(void **un)
{
	struct user *u = user_new();

	(void)un;
	open_dev(u);
	assert_int_equal(map_file(u, u->gmem, 0, MAPPED, 0, FLAGS), 0);
	assert_int_equal(punch(u, 0, VM_MEM), 0);
	assert_int_equal(areas(u), 1);
	assert_int_equal(attach_ioas(u), 0);
	assert_int_not_equal(m_io(u->m, 0), 0);
	user_free(u);
}

static void an_unmap_that_cannot_invalidate_unmaps_nothing(void **un)
{
	struct user *u = shown();
	const uint64_t pa = m_io(u->m, PAGE_4K);
	uint64_t n, more;

	(void)un;
	assert_int_equal(map(u, u->ram, PAGE_4K, MAPPED, FLAGS), 0);
	more = m_io(u->m, MAPPED);
	for (unsigned after = 0; after < 4; after++) {
		u->m->io_unmap_err = -EIO;
		u->m->io_unmap_after = after; /* two areas in two domains */
		assert_int_equal(unmap(u, 0, UINT64_MAX, &n), -EIO);
		assert_int_equal(ways_to(u->m, pa), 3);
		assert_int_equal(ways_to(u->m, more), 2);
	}
	u->m->io_unmap_err = 0;
	assert_int_equal(unmap(u, 0, UINT64_MAX, &n), 0);
	assert_int_equal(n, MAPPED + PAGE_4K);
	assert_int_equal(ways_to(u->m, pa), 1);
	user_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_page_that_is_punched_leaves_every_domain_first),
		cmocka_unit_test(
			what_is_gone_comes_back_in_no_domain_and_no_copy),
		cmocka_unit_test(
			a_hole_that_devices_cannot_lose_is_not_punched),
		cmocka_unit_test(
			an_attribute_takes_pages_from_devices_or_stays),
		cmocka_unit_test(an_area_that_no_domain_shows_loses_nothing),
		cmocka_unit_test(
			an_unmap_that_cannot_invalidate_unmaps_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
