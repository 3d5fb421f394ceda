/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors, address spaces, pools. */
#include "machine.h"

#include <errno.h>

static long null_open(void *ctx, struct task *t, const char *rest,
		      struct file *f)
{
	static const struct file_ops none = { .name = "null" };

	(void)ctx;
	(void)t;
	if (*rest == '!')
		return -EACCES;
	f->ops = &none;
	return 0;
}

static void a_pool_gives_back_what_it_took_and_no_more_than_its_limit(void **u)
{
	struct arena a;
	struct kpool p;
	uint64_t *x, *y;

	(void)u;
	assert_int_equal(arena_map(&a, 0, 1 << 20), IL_OK);
	kpool_init(&p, &a, 64, 2);
	x = kpool_get(&p);
	y = kpool_get(&p);
	assert_non_null(x);
	assert_non_null(y);
	assert_null(kpool_get(&p));
	*x = 5;
	kpool_put(&p, x);
	assert_int_equal(p.live, 1);
	assert_ptr_equal(kpool_get(&p), x);
	assert_int_equal(*x, 0);
	assert_int_equal(p.made, 2);
	arena_unmap(&a);
}

static void a_pool_takes_what_was_reserved_before_it_takes_more(void **u)
{
	struct arena a;
	struct kpool p;
	size_t used;
	uint64_t *x;

	(void)u;
	assert_int_equal(arena_map(&a, 0, 1 << 20), IL_OK);
	kpool_init(&p, &a, 64, 3);
	kpool_reserve(&p, 2);
	assert_int_equal(p.made, 2);
	assert_int_equal(p.live, 0);
	used = a.used;
	for (int i = 0; i < 2; i++) {
		x = kpool_get(&p);
		assert_non_null(x);
		assert_int_equal(*x, 0);
	}
	assert_int_equal(a.used, used);
	/* Never more than may be in use. */
	kpool_reserve(&p, 9);
	assert_int_equal(p.made, 3);
	assert_non_null(kpool_get(&p));
	assert_null(kpool_get(&p));
	arena_unmap(&a);
}

static void a_page_map_holds_what_was_put_and_refuses_beyond_its_end(void **u)
{
	struct machine *m = machine_cold();
	struct pagemap p;
	uint32_t before = m->h.k.leaf_pool.live;

	(void)u;
	pagemap_init(&p, &m->h.k.leaf_pool);
	assert_int_equal(pagemap_get(&p, 7), 0);
	assert_int_equal(pagemap_set(&p, 7, 0), 0);
	assert_null(p.top);
	assert_int_equal(pagemap_set(&p, 7, 9), 0);
	assert_int_equal(pagemap_set(&p, PAGEMAP_MAX - 1, 11), 0);
	assert_int_equal(pagemap_get(&p, 7), 9);
	assert_int_equal(pagemap_get(&p, 8), 0);
	assert_int_equal(pagemap_get(&p, PAGEMAP_MAX - 1), 11);
	assert_int_equal(pagemap_get(&p, PAGEMAP_MAX), 0);
	assert_int_equal(pagemap_set(&p, PAGEMAP_MAX, 1), -EINVAL);
	pagemap_fini(&p);
	assert_int_equal(m->h.k.leaf_pool.live, before);
	machine_free(m);
}

static void never(struct file *f)
{
	(void)f;
	fail_msg("released what was not opened");
}

static long half_open(void *ctx, struct task *t, const char *rest,
		      struct file *f)
{
	static const struct file_ops ops = { .name = "half", .release = never };

	(void)ctx;
	(void)t;
	(void)rest;
	f->ops = &ops;
	return -EBUSY;
}

static void what_did_not_open_is_not_released(void **u)
{
	struct machine *m = machine_cold();
	const struct k_node n = { "/dev/half", half_open, m };
	struct task *t = k_task_new(&m->h.k);

	(void)u;
	assert_int_equal(k_register(&m->h.k, &n), 0);
	assert_int_equal(k_open(t, "/dev/half"), -EBUSY);
	assert_int_equal(m->h.k.file_pool.live, 0);
	k_task_exit(t);
	machine_free(m);
}

static void a_path_nobody_serves_does_not_open(void **u)
{
	struct machine *m = machine_cold();
	const struct k_node n = { "/dev/null", null_open, m };
	struct task *t = k_task_new(&m->h.k);
	char path[K_PATH + 8];
	uint32_t files;

	(void)u;
	assert_int_equal(k_register(&m->h.k, &n), 0);
	files = m->h.k.file_pool.live;
	assert_int_equal(k_open(t, "/dev/mem"), -ENOENT);
	assert_int_equal(k_open(t, "/dev/null!"), -EACCES);
	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 1] = 0;
	assert_int_equal(k_open(t, path), -ENAMETOOLONG);
	assert_int_equal(m->h.k.file_pool.live, files);
	while (!k_register(&m->h.k, &n))
		;
	assert_int_equal(k_register(&m->h.k, &n), -ENOSPC);
	k_task_exit(t);
	machine_free(m);
}

static void a_descriptor_without_the_operation_says_so(void **u)
{
	struct machine *m = machine_cold();
	const struct k_node n = { "/dev/null", null_open, m };
	struct task *t = k_task_new(&m->h.k);
	uint64_t at;
	char b[4];
	int fd;

	(void)u;
	assert_int_equal(k_register(&m->h.k, &n), 0);
	fd = (int)k_open(t, "/dev/null");
	assert_int_equal(fd, 0);
	assert_int_equal(k_ioctl(t, fd, 1, 0), -ENOTTY);
	assert_int_equal(k_read(t, fd, b, 4), -EINVAL);
	assert_int_equal(k_write(t, fd, b, 4), -EINVAL);
	assert_int_equal(k_fallocate(t, fd, 3, 0, 1), -EOPNOTSUPP);
	assert_int_equal(k_mmap(t, PAGE_4K, 1, 0, fd, 0, &at), -EINVAL);
	assert_int_equal(k_mmap(t, PAGE_4K, 1, 1, fd, 0, &at), -ENODEV);
	assert_int_equal(k_close(t, fd), 0);
	assert_int_equal(k_close(t, fd), -EBADF);
	assert_int_equal(k_ioctl(t, fd, 1, 0), -EBADF);
	assert_int_equal(k_read(t, fd, b, 4), -EBADF);
	assert_int_equal(k_write(t, fd, b, 4), -EBADF);
	assert_int_equal(k_fallocate(t, fd, 3, 0, 1), -EBADF);
	assert_int_equal(k_mmap(t, PAGE_4K, 1, 1, fd, 0, &at), -EBADF);
	assert_int_equal(k_ioctl(t, -1, 1, 0), -EBADF);
	assert_int_equal(k_ioctl(t, K_FDS, 1, 0), -EBADF);
	k_task_exit(t);
	machine_free(m);
}

static void descriptors_run_out_and_nothing_leaks(void **u)
{
	struct machine *m = machine_cold();
	const struct k_node n = { "/dev/null", null_open, m };
	struct task *t = k_task_new(&m->h.k);
	uint32_t files = m->h.k.file_pool.live;

	(void)u;
	assert_int_equal(k_register(&m->h.k, &n), 0);
	for (int i = 0; i < K_FDS; i++)
		assert_int_equal(k_open(t, "/dev/null"), i);
	assert_int_equal(k_open(t, "/dev/null"), -EMFILE);
	assert_int_equal(m->h.k.file_pool.live, files + K_FDS);
	k_task_exit(t);
	assert_int_equal(m->h.k.file_pool.live, files);
	assert_int_equal(m->h.k.task_pool.live, 0);
	machine_free(m);
}

static void memory_is_made_on_touch_and_given_back(void **u)
{
	struct machine *m = machine_cold();
	struct task *t = k_task_new(&m->h.k);
	uint64_t at;
	char b[16] = "";

	(void)u;
	assert_int_equal(k_mmap(t, 0, 3, K_MAP_ANONYMOUS, -1, 0, &at), -EINVAL);
	assert_int_equal(k_mmap(t, PAGE_4K, 3, K_MAP_ANONYMOUS, -1, 5, &at),
			 -EINVAL);
	assert_int_equal(k_mmap(t, PAGEMAP_MAX * PAGE_4K + PAGE_4K, 3,
				K_MAP_ANONYMOUS, -1, 0, &at),
			 -ENOMEM);
	assert_int_equal(k_mmap(t, 3 * PAGE_4K, 3, K_MAP_ANONYMOUS, -1, 0, &at),
			 0);
	assert_int_equal(m->pages, 0);
	assert_int_equal(k_store(t, at + PAGE_4K - 3, "abcdef", 6), 0);
	assert_int_equal(m->pages, 2);
	assert_int_equal(k_load(t, at + PAGE_4K - 3, b, 6), 0);
	assert_string_equal(b, "abcdef");
	assert_int_equal(k_load(t, at + 3 * PAGE_4K - 1, b, 2), -EFAULT);
	assert_int_equal(k_load(t, at - 1, b, 1), -EFAULT);
	m->pages_max = m->pages;
	assert_int_equal(k_load(t, at + 2 * PAGE_4K, b, 1), -ENOMEM);
	m->refuse_mem = true;
	assert_int_equal(k_load(t, at, b, 1), -EFAULT);
	assert_int_equal(t->fault.addr, M_RAM);
	m->refuse_mem = false;
	assert_int_equal(k_munmap(t, at + 1, PAGE_4K), -EINVAL);
	assert_int_equal(k_munmap(t, at, 0), -EINVAL);
	assert_int_equal(k_munmap(t, at, UINT64_MAX), -EINVAL);
	assert_int_equal(k_munmap(t, at + BIT64(30), PAGE_4K), 0);
	assert_int_equal(k_munmap(t, at - PAGE_4K, 5 * PAGE_4K), 0);
	assert_int_equal(m->pages, 0);
	k_task_exit(t);
	machine_free(m);
}

/* munmap(2) takes any part of any mapping; what is left stays usable. */
static void a_mapping_may_be_cut_anywhere(void **u)
{
	struct machine *m = machine_cold();
	struct task *t = k_task_new(&m->h.k);
	uint64_t at;
	uint8_t c;

	(void)u;
	assert_int_equal(k_mmap(t, 6 * PAGE_4K, 3, K_MAP_ANONYMOUS, -1, 0, &at),
			 0);
	for (uint8_t i = 0; i < 6; i++)
		assert_int_equal(k_store(t, at + i * PAGE_4K, &i, 1), 0);
	assert_int_equal(k_munmap(t, at + 2 * PAGE_4K, 1), 0);
	assert_int_equal(m->pages, 5);
	assert_int_equal(k_munmap(t, at + 5 * PAGE_4K, 9 * PAGE_4K), 0);
	assert_int_equal(k_munmap(t, at, PAGE_4K), 0);
	assert_int_equal(m->pages, 3);
	for (uint8_t i = 0; i < 6; i++) {
		const bool there = i == 1 || i == 3 || i == 4;

		assert_int_equal(k_load(t, at + i * PAGE_4K, &c, 1),
				 there ? 0 : -EFAULT);
		if (there)
			assert_int_equal(c, i);
	}
	k_task_exit(t);
	assert_int_equal(m->pages, 0);
	assert_int_equal(m->h.k.back_pool.live, 0);
	assert_int_equal(m->h.k.vma_pool.live, 0);
	machine_free(m);
}

/* Its pages are those of the file by offset, wherever they stand now. */
static void a_cut_mapping_of_a_file_keeps_its_offsets(void **u)
{
	struct machine *m = machine_cold();
	struct task *t = k_task_new(&m->h.k);
	int fd = (int)k_memfd_create(t, 0, 4 * PAGE_4K);
	uint64_t at, whole;
	uint8_t c;

	(void)u;
	assert_int_equal(k_mmap(t, 4 * PAGE_4K, 3, K_MAP_SHARED, fd, 0, &whole),
			 0);
	assert_int_equal(
		k_mmap(t, 3 * PAGE_4K, 3, K_MAP_SHARED, fd, PAGE_4K, &at), 0);
	for (uint8_t i = 0; i < 4; i++)
		assert_int_equal(k_store(t, whole + i * PAGE_4K, &i, 1), 0);
	assert_int_equal(k_munmap(t, at, PAGE_4K), 0);
	assert_int_equal(k_load(t, at, &c, 1), -EFAULT);
	for (uint8_t i = 1; i < 3; i++) {
		assert_int_equal(k_load(t, at + i * PAGE_4K, &c, 1), 0);
		assert_int_equal(c, i + 1);
	}
	k_task_exit(t);
	assert_int_equal(m->pages, 0);
	machine_free(m);
}

static void a_length_is_rounded_up_an_offset_is_not(void **u)
{
	struct machine *m = machine_cold();
	struct task *t = k_task_new(&m->h.k);
	uint64_t at;
	char c;

	(void)u;
	assert_int_equal(k_mmap(t, PAGE_4K + 1, 3, K_MAP_ANONYMOUS, -1, 0, &at),
			 0);
	assert_int_equal(k_load(t, at + 2 * PAGE_4K - 1, &c, 1), 0);
	assert_int_equal(k_load(t, at + 2 * PAGE_4K, &c, 1), -EFAULT);
	assert_int_equal(k_mmap(t, PAGE_4K, 3, K_MAP_ANONYMOUS, -1, 8, &at),
			 -EINVAL);
	k_task_exit(t);
	machine_free(m);
}

static void pinned_pages_outlive_their_mapping(void **u)
{
	struct machine *m = machine_cold();
	struct task *t = k_task_new(&m->h.k);
	struct vma *v;
	uint64_t at;
	char c = 0;

	(void)u;
	assert_int_equal(k_mmap(t, 3 * PAGE_4K, 3, K_MAP_ANONYMOUS, -1, 0, &at),
			 0);
	assert_int_equal(k_store(t, at, "a", 1), 0);
	assert_int_equal(k_store(t, at + PAGE_4K, "b", 1), 0);
	v = t->vmas;
	v->pins = 1;
	assert_int_equal(k_munmap(t, at, PAGE_4K), 0);
	assert_int_equal(k_load(t, at, &c, 1), -EFAULT);
	assert_int_equal(k_load(t, at + PAGE_4K, &c, 1), 0);
	assert_int_equal(c, 'b');
	assert_int_equal(m->pages, 2);
	k_task_exit(t);
	assert_int_equal(m->pages, 2);
	k_vma_unpin(&m->h.k, v);
	assert_int_equal(m->pages, 0);
	assert_int_equal(m->h.k.vma_pool.live, 0);
	machine_free(m);
}

/* The last pin takes along what was unmapped, not what stands beside it. */
static void a_pin_that_goes_leaves_the_rest_of_a_cut_mapping(void **u)
{
	struct machine *m = machine_cold();
	struct task *t = k_task_new(&m->h.k);
	struct vma *v;
	uint64_t at;
	uint8_t c;

	(void)u;
	assert_int_equal(k_mmap(t, 4 * PAGE_4K, 3, K_MAP_ANONYMOUS, -1, 0, &at),
			 0);
	for (uint8_t i = 0; i < 4; i++)
		assert_int_equal(k_store(t, at + i * PAGE_4K, &i, 1), 0);
	v = t->vmas;
	v->pins = 1;
	assert_int_equal(k_munmap(t, at + PAGE_4K, PAGE_4K), 0);
	assert_int_equal(m->pages, 4);
	k_vma_unpin(&m->h.k, v);
	assert_int_equal(m->pages, 3);
	for (uint8_t i = 0; i < 4; i++) {
		c = 0xff;
		assert_int_equal(k_load(t, at + i * PAGE_4K, &c, 1),
				 i == 1 ? -EFAULT : 0);
		assert_int_equal(c, i == 1 ? 0xff : i);
	}
	k_task_exit(t);
	assert_int_equal(m->pages, 0);
	assert_int_equal(m->h.k.back_pool.live, 0);
	assert_int_equal(m->h.k.vma_pool.live, 0);
	machine_free(m);
}

static void protection_is_kept(void **u)
{
	struct machine *m = machine_cold();
	struct task *t = k_task_new(&m->h.k);
	uint64_t ro, wo;
	char b = 0;

	(void)u;
	assert_int_equal(
		k_mmap(t, PAGE_4K, K_PROT_READ, K_MAP_ANONYMOUS, -1, 0, &ro),
		0);
	assert_int_equal(
		k_mmap(t, PAGE_4K, K_PROT_WRITE, K_MAP_ANONYMOUS, -1, 0, &wo),
		0);
	assert_int_equal(k_load(t, ro, &b, 1), 0);
	assert_int_equal(k_store(t, ro, &b, 1), -EFAULT);
	assert_int_equal(k_store(t, wo, &b, 1), 0);
	assert_int_equal(k_load(t, wo, &b, 1), -EFAULT);
	k_task_exit(t);
	machine_free(m);
}

static void a_struct_of_another_size_is_judged_as_linux_does(void **u)
{
	uint32_t in[4] = { 12, 1, 2, 3 }, out[2];

	(void)u;
	assert_int_equal(k_copy_struct(out, 8, 8, 0), -EFAULT);
	assert_int_equal(k_copy_struct(out, 8, 8, (uintptr_t)in), -E2BIG);
	in[2] = 0;
	assert_int_equal(k_copy_struct(out, 8, 8, (uintptr_t)in), 0);
	assert_int_equal(out[1], 1);
	in[0] = 4;
	assert_int_equal(k_copy_struct(out, 8, 8, (uintptr_t)in), -EINVAL);
	assert_int_equal(k_copy_struct(out, 8, 4, (uintptr_t)in), 0);
	assert_int_equal(out[1], 0);
}

static void pointers_in_structs_are_native_or_of_the_task(void **u)
{
	struct machine *m = machine_cold();
	struct task *t = k_task_new(&m->h.k);
	uint32_t v = 9, w = 0;
	uint64_t at;

	(void)u;
	assert_int_equal(k_mmap(t, PAGE_4K, 3, K_MAP_ANONYMOUS, -1, 0, &at), 0);
	assert_int_equal(k_copy_in(t, &w, 0, 4), -EFAULT);
	assert_int_equal(k_copy_out(t, 0, &w, 4), -EFAULT);
	assert_int_equal(k_copy_in(t, &w, (uintptr_t)&v, 4), 0);
	assert_int_equal(w, 9);
	assert_int_equal(k_copy_out(t, at, &v, 4), 0);
	w = 0;
	assert_int_equal(k_copy_in(t, &w, at, 4), 0);
	assert_int_equal(w, 9);
	assert_int_equal(k_copy_out(t, (uintptr_t)&v, &at, 4), 0);
	assert_int_equal(v, (uint32_t)at);
	assert_int_equal(k_copy_in(t, &w, at + PAGE_4K, 4), -EFAULT);
	k_task_exit(t);
	machine_free(m);
}

static void every_error_has_its_errno(void **u)
{
	static const int want[] = {
		[IL_OK] = 0,
		[IL_E_ARG] = -EINVAL,
		[IL_E_STATE] = -EBUSY,
		[IL_E_SPACE] = -ENOSPC,
		[IL_E_SHORT] = -EINVAL,
		[IL_E_LONG] = -EINVAL,
		[IL_E_FIELD] = -EINVAL,
		[IL_E_AUTH] = -EIO,
		[IL_E_PEER] = -EIO,
		[IL_E_AGAIN] = -EAGAIN,
		[IL_E_TIMEOUT] = -ETIMEDOUT,
		[IL_E_NOMEM] = -ENOMEM,
		[IL_E_RANDOM] = -EIO,
		[IL_E_IO] = -EIO,
	};

	(void)u;
	for (unsigned i = 0; i < COUNT(want); i++)
		assert_int_equal(k_errno((enum il_err)i), want[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_pool_gives_back_what_it_took_and_no_more_than_its_limit),
		cmocka_unit_test(
			a_pool_takes_what_was_reserved_before_it_takes_more),
		cmocka_unit_test(
			a_page_map_holds_what_was_put_and_refuses_beyond_its_end),
		cmocka_unit_test(a_path_nobody_serves_does_not_open),
		cmocka_unit_test(a_descriptor_without_the_operation_says_so),
		cmocka_unit_test(descriptors_run_out_and_nothing_leaks),
		cmocka_unit_test(memory_is_made_on_touch_and_given_back),
		cmocka_unit_test(a_mapping_may_be_cut_anywhere),
		cmocka_unit_test(a_length_is_rounded_up_an_offset_is_not),
		cmocka_unit_test(a_cut_mapping_of_a_file_keeps_its_offsets),
		cmocka_unit_test(what_did_not_open_is_not_released),
		cmocka_unit_test(pinned_pages_outlive_their_mapping),
		cmocka_unit_test(
			a_pin_that_goes_leaves_the_rest_of_a_cut_mapping),
		cmocka_unit_test(protection_is_kept),
		cmocka_unit_test(
			a_struct_of_another_size_is_judged_as_linux_does),
		cmocka_unit_test(pointers_in_structs_are_native_or_of_the_task),
		cmocka_unit_test(every_error_has_its_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
