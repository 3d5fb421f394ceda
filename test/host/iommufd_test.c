/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /dev/iommu beyond the simple map: which addresses, copies, files, domains
 * that take each other's place, sizes of leaves. Expected errors are those of
 * Linux 7.3 drivers/iommu/iommufd.
 */
#include "user.h"

#include <errno.h>
#include <stdlib.h>

#define ANY (FLAGS & ~(uint32_t)IOMMU_IOAS_MAP_FIXED_IOVA)

static uint32_t ioas_new(struct user *u)
{
	struct iommu_ioas_alloc a = { .size = sizeof(a) };

	assert_int_equal(io(u, u->iommu, IOMMU_IOAS_ALLOC, &a), 0);
	return a.out_ioas_id;
}

static uint32_t hwpt_new(struct user *u, uint32_t ioas, uint32_t flags)
{
	struct iommu_hwpt_alloc h = { .size = sizeof(h),
				      .flags = flags,
				      .dev_id = u->dev_id,
				      .pt_id = ioas };

	assert_int_equal(io(u, u->iommu, IOMMU_HWPT_ALLOC, &h), 0);
	return h.out_hwpt_id;
}

static long attach(struct user *u, uint32_t pt)
{
	struct vfio_device_attach_iommufd_pt a = { .argsz = sizeof(a),
						   .pt_id = pt };

	return io(u, u->dev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &a);
}

/* --- addresses --- */

static long ranges(struct user *u, struct iommu_iova_range *r, uint32_t room,
		   uint32_t *n)
{
	struct iommu_ioas_iova_ranges q = { .size = sizeof(q),
					    .ioas_id = u->ioas,
					    .num_iovas = room,
					    .allowed_iovas = (uintptr_t)r };
	long ret = io(u, u->iommu, IOMMU_IOAS_IOVA_RANGES, &q);

	*n = q.num_iovas;
	return ret;
}

static long allow(struct user *u, const struct iommu_iova_range *r, uint32_t n)
{
	struct iommu_ioas_allow_iovas q = { .size = sizeof(q),
					    .ioas_id = u->ioas,
					    .num_iovas = n,
					    .allowed_iovas = (uintptr_t)r };

	return io(u, u->iommu, IOMMU_IOAS_ALLOW_IOVAS, &q);
}

static void a_device_narrows_what_may_be_mapped(void **un)
{
	struct user *u = user_new();
	struct iommu_iova_range r[4];
	uint32_t n;

	(void)un;
	assert_int_equal(ranges(u, r, 4, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(r[0].start, 0);
	assert_int_equal(r[0].last, UINT64_MAX);
	assert_int_equal(ranges(u, NULL, 0, &n), -EMSGSIZE);
	assert_int_equal(n, 1);
	open_dev(u);
	assert_int_equal(attach_ioas(u), 0);
	assert_int_equal(ranges(u, r, 1, &n), -EMSGSIZE);
	assert_int_equal(n, 2);
	assert_int_equal(ranges(u, r, 4, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(r[0].start, 0);
	assert_int_equal(r[0].last, 0xfedfffff);
	assert_int_equal(r[1].start, 0xfef00000);
	assert_int_equal(r[1].last, (UINT64_C(1) << 48) - 1);
	assert_int_equal(map(u, u->ram, PAGE_4K, 0xfee00000, FLAGS), -EINVAL);
	assert_int_equal(map(u, u->ram, 2 * PAGE_4K, 0xfedff000, FLAGS),
			 -EINVAL);
	assert_int_equal(map(u, u->ram, PAGE_4K, UINT64_C(1) << 48, FLAGS),
			 -EINVAL);
	assert_int_equal(detach(u), 0);
	assert_int_equal(ranges(u, r, 4, &n), 0);
	assert_int_equal(n, 1);
	user_free(u);
}

/* What is in a device's way keeps it out: nothing is attached. */
static void a_mapping_where_a_device_cannot_have_one_refuses_it(void **un)
{
	struct user *u = user_new();
	const struct iommu_iova_range keep = { 0xfee00000, 0xfee00fff };
	uint64_t n;

	(void)un;
	open_dev(u);
	assert_int_equal(map(u, u->ram, PAGE_4K, 0xfee00000, FLAGS), 0);
	assert_int_equal(attach_ioas(u), -EADDRINUSE);
	assert_null(u->m->attached);
	assert_int_equal(u->m->domains, 0);
	assert_int_equal(unmap(u, 0, UINT64_MAX, &n), 0);
	assert_int_equal(map(u, u->ram, PAGE_4K, UINT64_C(1) << 50, FLAGS), 0);
	assert_int_equal(attach_ioas(u), -EADDRINUSE);
	assert_int_equal(unmap(u, 0, UINT64_MAX, &n), 0);
	assert_int_equal(allow(u, &keep, 1), 0);
	assert_int_equal(attach_ioas(u), -EADDRINUSE);
	assert_int_equal(allow(u, NULL, 0), 0);
	assert_int_equal(attach_ioas(u), 0);
	assert_int_equal(allow(u, &keep, 1), -EADDRINUSE);
	user_free(u);
}

static void allowed_ranges_are_replaced_whole_or_not_at_all(void **un)
{
	struct user *u = user_new();
	const struct iommu_iova_range good[] = { { 0x200000, 0x2fffff },
						 { 0x100000, 0x102fff } };
	const struct iommu_iova_range clash[] = { { 0x100000, 0x1fffff },
						  { 0x1ff000, 0x2fffff } };
	const struct iommu_iova_range empty = { 0x1000, 0x1000 };
	struct iommu_ioas_map m = { sizeof(m), ANY,	u->ioas, 0,
				    u->ram,    PAGE_4K, 0 };

	(void)un;
	assert_int_equal(allow(u, good, 2), 0);
	assert_int_equal(allow(u, clash, 2), -EINVAL);
	assert_int_equal(allow(u, &empty, 1), -EINVAL);
	assert_int_equal(allow(u, NULL, 1), -EFAULT);
	/* the good ones still hold: the lowest place in them is taken */
	for (unsigned i = 0; i < 3; i++) {
		m.iova = 0;
		assert_int_equal(io(u, u->iommu, IOMMU_IOAS_MAP, &m), 0);
		assert_int_equal(m.iova, 0x100000 + i * PAGE_4K);
	}
	assert_int_equal(io(u, u->iommu, IOMMU_IOAS_MAP, &m), 0);
	assert_int_equal(m.iova, 0x200000);
	/* where the user says himself, they do not bind */
	assert_int_equal(map(u, u->ram, PAGE_4K, 0x900000, FLAGS), 0);
	user_free(u);
}

static void a_place_is_chosen_with_the_memory_s_alignment(void **un)
{
	struct user *u = user_new();
	struct iommu_ioas_map m = { sizeof(m), ANY,	    u->ioas, 0,
				    u->ram,    2 * PAGE_4K, 77 };

	(void)un;
	assert_int_equal(io(u, u->iommu, IOMMU_IOAS_MAP, &m), 0);
	assert_int_equal(m.iova, 2 * PAGE_4K); /* never 0 */
	m.user_va += PAGE_4K;
	assert_int_equal(io(u, u->iommu, IOMMU_IOAS_MAP, &m), 0);
	assert_int_equal(m.iova, 4 * PAGE_4K);
	m.length = PAGE_4K;
	assert_int_equal(io(u, u->iommu, IOMMU_IOAS_MAP, &m), 0);
	assert_int_equal(m.iova, PAGE_4K); /* the first hole that fits */
	m.length = UINT64_MAX - 1;
	m.iova = 5;
	assert_int_equal(io(u, u->iommu, IOMMU_IOAS_MAP, &m), -EOVERFLOW);
	assert_int_equal(m.iova, 5);
	user_free(u);
}

static void every_address_that_overflows_says_so(void **un)
{
	struct user *u = user_new();
	struct iommu_ioas_copy c = { .size = sizeof(c),
				     .flags = FLAGS,
				     .dst_ioas_id = u->ioas,
				     .src_ioas_id = u->ioas,
				     .length = UINT64_MAX };

	(void)un;
	assert_int_equal(map(u, u->ram, UINT64_MAX, 0, FLAGS), -EOVERFLOW);
	assert_int_equal(map(u, u->ram, PAGE_4K, UINT64_MAX, FLAGS),
			 -EOVERFLOW);
	assert_int_equal(map(u, UINT64_MAX - 0xfff, 0x2000, 0, FLAGS),
			 -EOVERFLOW);
	assert_int_equal(
		map_file(u, u->gmem, UINT64_MAX - 0xfff, 0x2000, 0, FLAGS),
		-EOVERFLOW);
	assert_int_equal(map_file(u, u->gmem, 0, UINT64_MAX, 0, FLAGS),
			 -EOVERFLOW);
	assert_int_equal(io(u, u->iommu, IOMMU_IOAS_COPY, &c), -EOVERFLOW);
	c.length = 0x2000;
	c.src_iova = UINT64_MAX - 0xfff;
	assert_int_equal(io(u, u->iommu, IOMMU_IOAS_COPY, &c), -EOVERFLOW);
	c.src_iova = 0;
	c.flags = 0;
	assert_int_equal(io(u, u->iommu, IOMMU_IOAS_COPY, &c), -EINVAL);
	c.flags = FLAGS | 1u << 9;
	assert_int_equal(io(u, u->iommu, IOMMU_IOAS_COPY, &c), -EOPNOTSUPP);
	assert_int_equal(u->m->h.iommufd.area_pool.live, 0);
	assert_int_equal(u->m->h.iommufd.pages_pool.live, 0);
	user_free(u);
}

/* --- copies and files --- */

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

static void a_copy_shows_the_same_memory_and_outlives_the_first(void **un)
{
	struct user *u = user_new();
	uint32_t other = ioas_new(u);
	uint64_t n, pa;

	(void)un;
	open_dev(u);
	assert_int_equal(map(u, u->ram, 2 * PAGE_4K, 0, FLAGS), 0);
	assert_int_equal(
		map(u, u->ram + 4 * PAGE_4K, PAGE_4K, 2 * PAGE_4K, FLAGS), 0);
	assert_int_equal(copy(u, other, PAGE_4K, 3 * PAGE_4K, 0), -ENOENT);
	assert_int_equal(copy(u, 99, 0, PAGE_4K, 0), -ENOENT);
	assert_int_equal(copy(u, other, 5, PAGE_4K, 0), -EINVAL);
	assert_int_equal(u->m->h.iommufd.area_pool.live, 2);
	/* across two areas: two areas, one behind the other */
	assert_int_equal(copy(u, other, PAGE_4K, 2 * PAGE_4K, 0x100000), 0);
	assert_int_equal(copy(u, other, 0, PAGE_4K, 0x101000), -EEXIST);
	assert_int_equal(attach(u, other), 0);
	pa = m_io(u->m, 0x100000);
	assert_int_not_equal(pa, 0);
	assert_int_not_equal(m_io(u->m, 0x101000), 0);
	assert_int_equal(unmap(u, 0, UINT64_MAX, &n), 0);
	assert_int_equal(n, 3 * PAGE_4K);
	assert_int_equal(destroy(u, u->ioas), 0);
	assert_int_equal(m_io(u->m, 0x100000), pa);
	user_free(u);
}

static void a_copy_that_cannot_be_mapped_is_none(void **un)
{
	struct user *u = user_new();
	uint32_t other = ioas_new(u);

	(void)un;
	open_dev(u);
	assert_int_equal(attach(u, other), 0);
	assert_int_equal(map(u, u->ram, PAGE_4K, 0, FLAGS), 0);
	assert_int_equal(map(u, u->ram + PAGE_4K, PAGE_4K, PAGE_4K, FLAGS), 0);
	u->m->io_map_err = -ENOMEM;
	u->m->io_map_after = 1; /* the second of two areas */
	assert_int_equal(copy(u, other, 0, 2 * PAGE_4K, 0), -ENOMEM);
	assert_int_equal(u->m->n_io, 0);
	assert_int_equal(u->m->h.iommufd.area_pool.live, 2);
	u->m->io_map_err = 0;
	assert_int_equal(copy(u, other, 0, 2 * PAGE_4K, 0), 0);
	user_free(u);
}

static void a_buffer_is_revoked_in_every_copy_for_good(void **un)
{
	struct user *u = user_new();
	uint32_t other = ioas_new(u), off = 0, cmd = CMD_MEM;

	(void)un;
	open_dev(u);
	u->bar = (int)export(u, 0, 0, 0x4000, 1);
	assert_int_equal(map_file(u, u->bar, 0, 0x4000, 0, FLAGS), 0);
	assert_int_equal(copy(u, other, 0x1000, 0x2000, 0x100000), 0);
	assert_int_equal(attach(u, other), 0);
	assert_int_equal(m_io(u->m, 0x100000), M_MMIO + 0x1000);
	assert_int_equal(config(u, CFG_COMMAND, 2, &off, true), 2);
	assert_int_equal(m_io(u->m, 0x100000), 0);
	assert_int_equal(config(u, CFG_COMMAND, 2, &cmd, true), 2);
	assert_int_equal(m_io(u->m, 0x100000), 0);
	/* a domain that comes later gets nothing of it, without an error */
	assert_int_equal(attach_ioas(u), 0);
	assert_int_equal(m_io(u->m, 0), 0);
	assert_int_equal(copy(u, other, 0, 0x1000, 0x200000), 0);
	assert_int_equal(m_io(u->m, 0x200000), 0);
	user_free(u);
}

static void a_memfd_is_mapped_by_its_descriptor(void **un)
{
	struct user *u = user_new();
	long fd = k_memfd_create(u->t, 0, 4 * PAGE_4K);
	uint64_t at;
	char c = 0;

	(void)un;
	assert_true(fd >= 0);
	assert_int_equal(k_memfd_create(u->t, 1, PAGE_4K), -EINVAL);
	assert_int_equal(k_memfd_create(u->t, 0, 5), -EINVAL);
	assert_int_equal(k_memfd_create(u->t, 0, 0), -EINVAL);
	open_dev(u);
	assert_int_equal(attach_ioas(u), 0);
	assert_int_equal(map_file(u, (int)fd, PAGE_4K, 4 * PAGE_4K, 0, FLAGS),
			 -EINVAL);
	assert_int_equal(map_file(u, (int)fd, 0, PAGE_4K, 0,
				  FLAGS | IOMMU_IOAS_MAP_AFTER_LAUNCH),
			 -EINVAL);
	assert_int_equal(
		map_file(u, (int)fd, PAGE_4K, 2 * PAGE_4K, 0x8000, FLAGS), 0);
	/* the task sees what the device writes, and by MAP, too */
	assert_int_equal(
		k_mmap(u->t, 4 * PAGE_4K, 3, K_MAP_SHARED, (int)fd, 0, &at), 0);
	u->m->ram[m_io(u->m, 0x8000) - M_RAM] = 'd';
	assert_int_equal(k_load(u->t, at + PAGE_4K, &c, 1), 0);
	assert_int_equal(c, 'd');
	assert_int_equal(map(u, at + PAGE_4K, PAGE_4K, 0x20000, FLAGS), 0);
	assert_int_equal(m_io(u->m, 0x20000), m_io(u->m, 0x8000));
	/* the file may close first */
	assert_int_equal(k_close(u->t, (int)fd), 0);
	assert_int_not_equal(m_io(u->m, 0x8000), 0);
	user_free(u);
}

static void memory_that_cannot_be_written_is_not_mapped_for_writing(void **un)
{
	struct user *u = user_new();
	uint64_t ro;

	(void)un;
	assert_int_equal(
		k_mmap(u->t, PAGE_4K, K_PROT_READ, K_MAP_ANONYMOUS, -1, 0, &ro),
		0);
	assert_int_equal(map(u, ro, PAGE_4K, 0, FLAGS), -EFAULT);
	assert_int_equal(map(u, ro, PAGE_4K, 0,
			     FLAGS & ~(uint32_t)IOMMU_IOAS_MAP_WRITEABLE),
			 0);
	assert_int_equal(copy(u, u->ioas, 0, PAGE_4K, 0x10000), -EPERM);
	user_free(u);
}

/* --- domains --- */

static void an_attached_domain_is_replaced_without_a_gap(void **un)
{
	struct user *u = user_new();
	uint32_t other = ioas_new(u);
	const struct iommu_domain *was;

	(void)un;
	open_dev(u);
	assert_int_equal(attach_ioas(u), 0);
	was = u->m->attached;
	u->m->gaps = 0;
	assert_int_equal(attach(u, other), 0);
	assert_ptr_not_equal(u->m->attached, was);
	assert_int_equal(u->m->gaps, 0);
	assert_int_equal(u->m->domains, 1); /* the first was implied */
	was = u->m->attached;
	u->m->attach_err = -EIO;
	assert_int_equal(attach_ioas(u), -EIO);
	assert_ptr_equal(u->m->attached, was);
	assert_int_equal(u->m->domains, 1);
	u->m->attach_err = 0;
	assert_int_equal(attach(u, u->dev_id), -EINVAL);
	assert_int_equal(attach(u, 99), -ENOENT);
	assert_ptr_equal(u->m->attached, was);
	assert_int_equal(u->m->gaps, 0);
	assert_int_equal(destroy(u, other), -EBUSY);
	assert_int_equal(detach(u), 0);
	assert_int_equal(destroy(u, other), 0);
	user_free(u);
}

static void a_driver_says_why_it_mixes_no_domains(void **un)
{
	struct user *u = user_new();
	uint32_t hwpt;

	(void)un;
	open_dev(u);
	hwpt = hwpt_new(u, u->ioas, IOMMU_HWPT_ALLOC_TRUSTED);
	u->m->mixed_err = -EINVAL;
	assert_int_equal(attach(u, hwpt), -EINVAL);
	assert_null(u->m->attached);
	assert_non_null(u->m->h.k.why);
	assert_string_equal(u->m->h.k.why->name, "mixed");
	/* for one system call */
	assert_int_equal(attach_ioas(u), 0);
	assert_null(u->m->h.k.why);
	assert_int_equal(attach(u, hwpt), -EINVAL);
	assert_false(u->m->attached->trusted);
	user_free(u);
}

static void the_iommu_of_a_device_says_what_it_is(void **un)
{
	struct user *u = user_new();
	uint64_t data[4] = { 9, 9, 9, 9 };
	struct iommu_hw_info q = { .size = sizeof(q),
				   .data_len = sizeof(data),
				   .data_uptr = (uintptr_t)data };

	(void)un;
	assert_int_equal(io(u, u->iommu, IOMMU_GET_HW_INFO, &q), -ENOENT);
	open_dev(u);
	q.dev_id = u->dev_id;
	q.reserved[1] = 1;
	assert_int_equal(io(u, u->iommu, IOMMU_GET_HW_INFO, &q), -EOPNOTSUPP);
	q.reserved[1] = 0;
	q.flags = 2;
	assert_int_equal(io(u, u->iommu, IOMMU_GET_HW_INFO, &q), -EOPNOTSUPP);
	q.flags = IOMMU_HW_INFO_FLAG_INPUT_TYPE;
	q.in_data_type = 1; /* Intel's */
	assert_int_equal(io(u, u->iommu, IOMMU_GET_HW_INFO, &q), -EOPNOTSUPP);
	q.in_data_type = IOMMU_HW_INFO_TYPE_AMD;
	assert_int_equal(io(u, u->iommu, IOMMU_GET_HW_INFO, &q), 0);
	assert_int_equal(q.data_len, 16);
	assert_int_equal(q.out_data_type, 4);
	assert_int_equal(data[0], 0x1122);
	assert_int_equal(data[1], 0x3344);
	assert_int_equal(data[2] | data[3], 0);
	q.data_len = 8;
	data[1] = 9;
	assert_int_equal(io(u, u->iommu, IOMMU_GET_HW_INFO, &q), 0);
	assert_int_equal(q.data_len, 16);
	assert_int_equal(data[1], 9);
	q.data_uptr = 0;
	assert_int_equal(io(u, u->iommu, IOMMU_GET_HW_INFO, &q), -EFAULT);
	user_free(u);
}

static void accounting_is_chosen_before_there_are_objects(void **un)
{
	struct user *u = user_new();
	struct iommu_option o = { .size = sizeof(o),
				  .option_id = IOMMU_OPTION_RLIMIT_MODE,
				  .op = IOMMU_OPTION_OP_SET,
				  .val64 = 1 };

	(void)un;
	assert_int_equal(io(u, u->iommu, IOMMU_OPTION, &o), -EBUSY);
	assert_int_equal(destroy(u, u->ioas), 0);
	o.object_id = 1;
	assert_int_equal(io(u, u->iommu, IOMMU_OPTION, &o), -EOPNOTSUPP);
	o.object_id = 0;
	assert_int_equal(io(u, u->iommu, IOMMU_OPTION, &o), 0);
	o.val64 = 2;
	assert_int_equal(io(u, u->iommu, IOMMU_OPTION, &o), -EINVAL);
	o.op = IOMMU_OPTION_OP_GET;
	assert_int_equal(io(u, u->iommu, IOMMU_OPTION, &o), 0);
	assert_int_equal(o.val64, 1);
	user_free(u);
}

/* The structs grow: what is old is taken, what is unknown must be zero. */
static void a_struct_may_be_shorter_or_longer_than_ours(void **un)
{
	struct user *u = user_new();
	struct {
		struct iommu_hwpt_alloc h;
		uint32_t more[2];
	} q = { .h = { .size = 24, .pt_id = u->ioas } };

	(void)un;
	open_dev(u);
	q.h.dev_id = u->dev_id;
	q.h.fault_id = 77; /* beyond what the caller says he gives */
	assert_int_equal(io(u, u->iommu, IOMMU_HWPT_ALLOC, &q), 0);
	assert_int_not_equal(q.h.out_hwpt_id, 0);
	assert_int_equal(q.h.fault_id, 77);
	q.h.fault_id = 0;
	q.h.size = 23;
	assert_int_equal(io(u, u->iommu, IOMMU_HWPT_ALLOC, &q), -EINVAL);
	q.h.size = sizeof(q);
	assert_int_equal(io(u, u->iommu, IOMMU_HWPT_ALLOC, &q), 0);
	q.more[1] = 1;
	assert_int_equal(io(u, u->iommu, IOMMU_HWPT_ALLOC, &q), -E2BIG);
	user_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_narrows_what_may_be_mapped),
		cmocka_unit_test(
			a_mapping_where_a_device_cannot_have_one_refuses_it),
		cmocka_unit_test(
			allowed_ranges_are_replaced_whole_or_not_at_all),
		cmocka_unit_test(a_place_is_chosen_with_the_memory_s_alignment),
		cmocka_unit_test(every_address_that_overflows_says_so),
		cmocka_unit_test(
			a_copy_shows_the_same_memory_and_outlives_the_first),
		cmocka_unit_test(a_copy_that_cannot_be_mapped_is_none),
		cmocka_unit_test(a_buffer_is_revoked_in_every_copy_for_good),
		cmocka_unit_test(a_memfd_is_mapped_by_its_descriptor),
		cmocka_unit_test(
			memory_that_cannot_be_written_is_not_mapped_for_writing),
		cmocka_unit_test(an_attached_domain_is_replaced_without_a_gap),
		cmocka_unit_test(a_driver_says_why_it_mixes_no_domains),
		cmocka_unit_test(the_iommu_of_a_device_says_what_it_is),
		cmocka_unit_test(accounting_is_chosen_before_there_are_objects),
		cmocka_unit_test(a_struct_may_be_shorter_or_longer_than_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
