/* SPDX-License-Identifier: BSD-2-Clause */
/* guest_memfd whose pages are shared, or private, where they are. */
#include "user.h"

#include <errno.h>

/* The frame stays; who owns it and who may map it changes with the kind. */
static void a_file_that_converts_in_place_keeps_its_frames(void **un)
{
	struct user *u = user_new();
	struct kvm_create_guest_memfd g = { .size = 4 * PAGE_4K,
					    .flags = KVM_GUEST_MEMFD_IN_PLACE };
	struct kvm_userspace_memory_region2 r = {
		.slot = 1,
		.flags = KVM_MEM_GUEST_MEMFD,
		.guest_phys_addr = 0x100000,
		.memory_size = 4 * PAGE_4K,
		.userspace_addr = u->ram,
		.guest_memfd =
			(uint32_t)io(u, u->vm, KVM_CREATE_GUEST_MEMFD, &g)
	};
	const uint64_t at = 0x100000 + PAGE_4K;
	struct kvm_vm *vm = u->m->h.kvm.vms;
	uint64_t uva = 0, pa, n;
	char c = 0;

	(void)un;
	assert_int_equal(io(u, u->vm, KVM_SET_USER_MEMORY_REGION2, &r), 0);
	assert_int_equal(k_mmap(u->t, 4 * PAGE_4K, K_PROT_READ | K_PROT_WRITE,
				K_MAP_SHARED, u->gmem, 0, &uva),
			 -ENODEV);
	assert_int_equal(k_mmap(u->t, 5 * PAGE_4K, K_PROT_READ | K_PROT_WRITE,
				K_MAP_SHARED, (int)r.guest_memfd, 0, &uva),
			 -EINVAL);
	assert_int_equal(k_mmap(u->t, 4 * PAGE_4K, K_PROT_READ | K_PROT_WRITE,
				K_MAP_SHARED, (int)r.guest_memfd, 0, &uva),
			 0);
	assert_int_equal(attr(u, at, PAGE_4K, true), 0);
	launch(u);
	assert_int_equal(kvm_fault(vm, at, true, true), 0);
	pa = m_npt(u->m, at);
	assert_int_equal(m_owner(u->m, pa), at + 1);
	assert_int_equal(k_store(u->t, uva + PAGE_4K, "x", 1), -EFAULT);
	/* Shared: out of the guest's table, the host's, the same frame. */
	assert_int_equal(attr(u, at, PAGE_4K, false), 0);
	assert_int_equal(m_npt(u->m, at), 0);
	assert_int_equal(m_owner(u->m, pa), 0);
	assert_int_equal(k_store(u->t, uva + PAGE_4K, "x", 1), 0);
	assert_int_equal(kvm_fault(vm, at, true, false), 0);
	assert_int_equal(m_npt(u->m, at), pa);
	assert_int_equal(k_store(u->t, uva, "x", 1), -EFAULT);
	/* Devices lose what converts, either way, and keep the rest. */
	open_dev(u);
	assert_int_equal(attach_ioas(u), 0);
	assert_int_equal(
		map_file(u, (int)r.guest_memfd, 0, 4 * PAGE_4K, 0, FLAGS), 0);
	assert_int_equal(m_owner(u->m, pa), 0);
	assert_int_equal(attr(u, at, PAGE_4K, false), 0); /* it is already */
	assert_int_equal(m_io(u->m, PAGE_4K), pa);
	u->m->io_unmap_err = -EIO;
	assert_int_equal(attr(u, at, PAGE_4K, true), -EIO);
	assert_false(kvm_private(vm, at));
	assert_int_equal(m_io(u->m, PAGE_4K), pa);
	u->m->io_unmap_err = 0;
	assert_int_equal(attr(u, at, PAGE_4K, true), 0);
	assert_int_equal(m_io(u->m, PAGE_4K), 0);
	assert_int_equal(attr(u, at + PAGE_4K, PAGE_4K, false), 0);
	assert_int_equal(m_io(u->m, 2 * PAGE_4K), 0);
	assert_int_not_equal(m_io(u->m, 0), 0);
	assert_int_not_equal(m_io(u->m, 3 * PAGE_4K), 0);
	assert_int_equal(unmap(u, 0, 4 * PAGE_4K, &n), 0);
	assert_int_equal(n, 4 * PAGE_4K);
	assert_int_equal(k_load(u->t, uva + PAGE_4K, &c, 1), -EFAULT);
	assert_int_equal(kvm_fault(vm, at, true, true), 0);
	assert_int_equal(m_npt(u->m, at), pa);
	assert_int_equal(m_owner(u->m, pa), at + 1);
	/* What is the guest's and stays so is not shared. */
	u->m->invalidate_err = -EIO;
	assert_int_equal(attr(u, at, PAGE_4K, false), -EIO);
	assert_int_equal(k_store(u->t, uva + PAGE_4K, "x", 1), -EFAULT);
	u->m->invalidate_err = 0;
	user_free(u);
}

#define AT   UINT64_C(0x100000)
#define HALF (2 * PAGE_4K)

/* Two files, two pages each, one behind the other at AT; and what maps them. */
static void two_files(struct user *u, int fd[2], uint64_t uva[2])
{
	for (unsigned i = 0; i < 2; i++) {
		struct kvm_create_guest_memfd g = {
			.size = HALF, .flags = KVM_GUEST_MEMFD_IN_PLACE
		};
		struct kvm_userspace_memory_region2 r = {
			.slot = 1 + i,
			.flags = KVM_MEM_GUEST_MEMFD,
			.guest_phys_addr = AT + i * HALF,
			.memory_size = HALF,
			.userspace_addr = u->ram,
		};

		fd[i] = (int)io(u, u->vm, KVM_CREATE_GUEST_MEMFD, &g);
		r.guest_memfd = (uint32_t)fd[i];
		assert_int_equal(io(u, u->vm, KVM_SET_USER_MEMORY_REGION2, &r),
				 0);
		assert_int_equal(k_mmap(u->t, HALF, K_PROT_READ | K_PROT_WRITE,
					K_MAP_SHARED, fd[i], 0, &uva[i]),
				 0);
	}
	launch(u);
}

/* Which of the four pages user space reaches: a bit each. */
static unsigned reached(struct user *u, const uint64_t uva[2])
{
	unsigned mask = 0;

	for (unsigned i = 0; i < 4; i++)
		if (!k_store(u->t, uva[i / 2] + i % 2 * PAGE_4K, "y", 1))
			mask |= 1u << i;
	return mask;
}

/* What the second refuses, the first undoes; what was shared before stays. */
static void a_conversion_over_two_files_is_whole_or_not_at_all(void **un)
{
	struct user *u = user_new();
	struct kvm_vm *vm = u->m->h.kvm.vms;
	uint64_t uva[2], n;
	int fd[2];

	(void)un;
	two_files(u, fd, uva);
	assert_int_equal(attr(u, AT, PAGE_4K, false), 0);
	assert_int_equal(attr(u, AT + PAGE_4K, 3 * PAGE_4K, true), 0);
	assert_int_equal(kvm_fault(vm, AT + 3 * PAGE_4K, true, true), 0);
	assert_int_equal(reached(u, uva), 1);
	u->m->invalidate_err = -EIO;
	assert_int_equal(attr(u, AT, 2 * HALF, false), -EIO);
	assert_int_equal(reached(u, uva), 1);
	assert_false(kvm_private(vm, AT));
	assert_true(kvm_private(vm, AT + PAGE_4K));
	u->m->invalidate_err = 0;
	/* An I/O mapping of the second keeps the first as it is. */
	open_dev(u);
	assert_int_equal(attach_ioas(u), 0);
	assert_int_equal(map_file(u, fd[1], 0, PAGE_4K, 0, FLAGS), 0);
	u->m->io_unmap_err = -EIO;
	assert_int_equal(attr(u, AT, 2 * HALF, false), -EIO);
	assert_int_equal(reached(u, uva), 1);
	assert_int_not_equal(m_io(u->m, 0), 0);
	u->m->io_unmap_err = 0;
	assert_int_equal(attr(u, AT, 2 * HALF, false), 0);
	assert_int_equal(m_io(u->m, 0), 0);
	assert_int_equal(unmap(u, 0, PAGE_4K, &n), 0);
	assert_int_equal(reached(u, uva), 0xf);
	/* What a conversion that went well has shared, a later one keeps. */
	assert_int_equal(attr(u, AT + 3 * PAGE_4K, PAGE_4K, true), 0);
	assert_int_equal(kvm_fault(vm, AT + 3 * PAGE_4K, true, true), 0);
	u->m->invalidate_err = -EIO;
	assert_int_equal(attr(u, AT, 2 * HALF, false), -EIO);
	assert_int_equal(reached(u, uva), 7);
	u->m->invalidate_err = 0;
	user_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_file_that_converts_in_place_keeps_its_frames),
		cmocka_unit_test(
			a_conversion_over_two_files_is_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
