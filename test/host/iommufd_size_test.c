/* SPDX-License-Identifier: BSD-2-Clause */
/* /dev/iommu: sizes of leaves, and of what owns the memory behind them. */
#include "user.h"

#include <errno.h>

static uint32_t hwpt_new(struct user *u, uint32_t ioas, uint32_t flags)
{
	struct iommu_hwpt_alloc h = { .size = sizeof(h),
				      .flags = flags,
				      .dev_id = u->dev_id,
				      .pt_id = ioas };

	assert_int_equal(io(u, u->iommu, IOMMU_HWPT_ALLOC, &h), 0);
	return h.out_hwpt_id;
}

#define BIG (4 * PAGE_2M)

static long set_size(struct user *u, uint64_t iova, uint64_t len, uint64_t size,
		     uint32_t flags)
{
	struct iommu_ioas_set_page_size q = { .size = sizeof(q),
					      .flags = flags,
					      .ioas_id = u->ioas,
					      .iova = iova,
					      .length = len,
					      .page_size = size };

	return io(u, u->iommu, IOMMU_IOAS_SET_PAGE_SIZE, &q);
}

/* A guest_memfd of 8 MiB by frames of 2 MiB, mapped at address 0. */
static int big_gmem(struct user *u)
{
	struct kvm_create_guest_memfd g = { .size = BIG,
					    .flags = KVM_GUEST_MEMFD_HUGE };
	uint64_t ram;
	int fd;

	u->m->blocks = u->m->huge_entries = true;
	fd = (int)io(u, u->vm, KVM_CREATE_GUEST_MEMFD, &g);
	assert_true(fd >= 0);
	assert_int_equal(k_mmap(u->t, BIG, 3, K_MAP_ANONYMOUS, -1, 0, &ram), 0);
	assert_int_equal(slot(u, 1, KVM_MEM_GUEST_MEMFD, PAGE_1G, BIG, ram, fd),
			 0);
	assert_int_equal(attr(u, PAGE_1G, BIG, true), 0);
	open_dev(u);
	assert_int_equal(attach_ioas(u), 0);
	assert_int_equal(map_file(u, fd, 0, BIG, 0, FLAGS), 0);
	assert_true(u->m->io_huge);
	return fd;
}

static bool entry_large(const struct user *u, uint64_t iova)
{
	return u->m->entry_2m[(m_io(u->m, iova) - M_RAM) / PAGE_2M];
}

static void leaves_and_entries_change_together(void **un)
{
	struct user *u = user_new();

	(void)un;
	(void)big_gmem(u);
	for (unsigned b = 0; b < 4; b++)
		assert_true(entry_large(u, b * PAGE_2M));
	assert_int_equal(set_size(u, PAGE_2M + PAGE_4K, PAGE_4K, PAGE_4K, 0),
			 0);
	assert_int_equal(u->m->block[1], PAGE_4K);
	assert_false(entry_large(u, PAGE_2M));
	assert_true(entry_large(u, 0));
	assert_true(entry_large(u, 2 * PAGE_2M));
	assert_int_equal(set_size(u, PAGE_2M, PAGE_2M, PAGE_2M, 0), 0);
	assert_int_equal(u->m->block[1], PAGE_2M);
	assert_true(entry_large(u, PAGE_2M));
	/* whoever wants the leaves alone gets them alone */
	assert_int_equal(
		set_size(u, 0, BIG, PAGE_4K, IOMMU_PAGE_SIZE_LEAVES_ONLY), 0);
	assert_int_equal(u->m->block[3], PAGE_4K);
	assert_true(entry_large(u, 3 * PAGE_2M));
	user_free(u);
}

static void a_change_of_size_is_all_or_nothing(void **un)
{
	struct user *u = user_new();

	(void)un;
	(void)big_gmem(u);
	/* the third block's entry cannot change, nor can its leaf later */
	for (unsigned way = 0; way < 2; way++) {
		u->m->resize_err = way ? 0 : -EBUSY;
		u->m->size_err = way ? -ENOMEM : 0;
		u->m->resize_after = u->m->size_after = 2;
		assert_int_equal(set_size(u, 0, BIG, PAGE_4K, 0),
				 way ? -ENOMEM : -EBUSY);
		for (unsigned b = 0; b < 4; b++)
			assert_true(entry_large(u, b * PAGE_2M));
		for (unsigned b = 0; b < 4; b++)
			assert_int_not_equal(u->m->block[b], PAGE_4K);
	}
	user_free(u);
}

/* An entry that firmware does not join again keeps its leaf small, too. */
static void what_cannot_be_taken_back_stays_alike(void **un)
{
	struct user *u = user_new();

	(void)un;
	(void)big_gmem(u);
	u->m->no_join = true;
	u->m->size_err = -ENOMEM;
	u->m->size_after = 1;
	assert_int_equal(set_size(u, 0, BIG, PAGE_4K, 0), -ENOMEM);
	assert_int_equal(u->m->block[0], PAGE_4K);
	assert_false(entry_large(u, 0));
	assert_true(entry_large(u, PAGE_2M));
	assert_int_equal(set_size(u, 0, PAGE_2M, PAGE_2M, 0), -EINVAL);
	assert_int_equal(u->m->block[0], PAGE_4K);
	user_free(u);
}

static void a_size_that_was_asked_for_holds_for_domains_to_come(void **un)
{
	struct user *u = user_new();

	(void)un;
	const int fd = big_gmem(u);

	assert_int_equal(set_size(u, 3 * PAGE_2M, PAGE_2M, PAGE_4K, 0), 0);
	(void)hwpt_new(u, u->ioas, 0);
	assert_false(u->m->io_huge); /* the last block */
	/* nor when the area is cut before it */
	assert_int_equal(k_fallocate(u->t, fd, 3, 0, PAGE_4K), 0);
	(void)hwpt_new(u, u->ioas, 0);
	assert_false(u->m->io_huge);
	assert_int_equal(set_size(u, 3 * PAGE_2M, PAGE_2M, PAGE_2M, 0), 0);
	(void)hwpt_new(u, u->ioas, 0);
	assert_true(u->m->io_huge);
	user_free(u);
}

static void a_size_is_refused_where_it_cannot_be(void **un)
{
	struct user *u = user_new();
	uint32_t off = 0;
	int fd = big_gmem(u);

	(void)un;
	assert_int_equal(set_size(u, 0, PAGE_2M, PAGE_1G, 0), -EOPNOTSUPP);
	assert_int_equal(set_size(u, 0, PAGE_2M, PAGE_4K, 2), -EOPNOTSUPP);
	assert_int_equal(set_size(u, 0, 0, PAGE_4K, 0), -EINVAL);
	assert_int_equal(set_size(u, PAGE_4K, PAGE_2M, PAGE_2M, 0), -EINVAL);
	assert_int_equal(set_size(u, 0, 2 * BIG, PAGE_4K, 0), -ENOENT);
	assert_int_equal(set_size(u, UINT64_MAX - PAGE_2M + 1, BIG, PAGE_2M, 0),
			 -EOVERFLOW);
	/* a part of a block is no leaf of 2 MiB */
	assert_int_equal(map(u, u->ram, PAGE_4K, BIG, FLAGS), 0);
	assert_int_equal(set_size(u, BIG, PAGE_4K, PAGE_4K, 0), 0);
	assert_int_equal(set_size(u, BIG - PAGE_2M, 2 * PAGE_2M, PAGE_2M, 0),
			 -ENOENT);
	u->bar = (int)export(u, 0, 0, 0x4000, 1);
	assert_int_equal(map_file(u, u->bar, 0, 0x4000, PAGE_1G, FLAGS), 0);
	assert_int_equal(set_size(u, PAGE_1G, 0x1000, PAGE_4K, 0), 0);
	assert_int_equal(config(u, CFG_COMMAND, 2, &off, true), 2);
	assert_int_equal(set_size(u, PAGE_1G, 0x1000, PAGE_4K, 0), -EINVAL);
	/* nor are pages that have left their file */
	assert_int_equal(k_fallocate(u->t, fd, 3, 0, PAGE_4K), 0);
	assert_int_equal(set_size(u, 0, PAGE_4K, PAGE_4K, 0), -EINVAL);
	assert_int_equal(set_size(u, 0, PAGE_2M, PAGE_2M, 0), -EINVAL);
	user_free(u);
}

static void memory_by_2_mib_falls_back_to_pages(void **un)
{
	struct user *u = user_new();
	uint64_t n, at;

	(void)un;
	/* no such run is free */
	assert_int_equal(k_mmap(u->t, PAGE_2M, 3, K_MAP_ANONYMOUS, -1, 0, &at),
			 0);
	assert_int_equal(k_madvise(u->t, at, PAGE_2M, 3), -EINVAL);
	assert_int_equal(k_madvise(u->t, at, PAGE_2M, K_MADV_HUGEPAGE), 0);
	assert_int_equal(k_store(u->t, at, "x", 1), 0);
	assert_int_equal(u->m->pages, 1);
	assert_int_equal(k_munmap(u->t, at, PAGE_2M), 0);
	assert_int_equal(u->m->pages, 0);
	u->m->blocks = true;
	assert_int_equal(k_mmap(u->t, PAGE_2M, 3, K_MAP_ANONYMOUS, -1, 0, &at),
			 0);
	assert_int_equal(k_madvise(u->t, at, PAGE_2M, K_MADV_HUGEPAGE), 0);
	assert_int_equal(k_store(u->t, at, "x", 1), 0);
	assert_int_equal(u->m->pages, 512);
	open_dev(u);
	assert_int_equal(attach_ioas(u), 0);
	assert_int_equal(map(u, at, PAGE_2M, PAGE_2M, FLAGS), 0);
	assert_int_equal(m_io(u->m, PAGE_2M) % PAGE_2M, 0);
	assert_int_equal(u->m->n_io, 1);
	assert_int_equal(unmap(u, PAGE_2M, PAGE_2M, &n), 0);
	user_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_and_entries_change_together),
		cmocka_unit_test(a_change_of_size_is_all_or_nothing),
		cmocka_unit_test(what_cannot_be_taken_back_stays_alike),
		cmocka_unit_test(
			a_size_that_was_asked_for_holds_for_domains_to_come),
		cmocka_unit_test(a_size_is_refused_where_it_cannot_be),
		cmocka_unit_test(memory_by_2_mib_falls_back_to_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
