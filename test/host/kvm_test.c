/* SPDX-License-Identifier: BSD-2-Clause */
/* KVM and guest_memfd: what user space may ask of them. */
#include "user.h"

#include <errno.h>

static void a_vm_is_created_with_a_type_that_exists(void **un)
{
	struct user *u = user_new();

	(void)un;
	assert_int_equal(k_ioctl(u->t, u->kvm, KVM_GET_API_VERSION, 0), 12);
	assert_int_equal(k_ioctl(u->t, u->kvm, KVM_CREATE_VM, 3), -EINVAL);
	assert_int_equal(u->m->h.kvm.vm_pool.live, 1);
	assert_int_equal(
		k_ioctl(u->t, u->kvm, KVM_CHECK_EXTENSION, KVM_CAP_GUEST_MEMFD),
		1);
	assert_int_equal(k_ioctl(u->t, u->kvm, KVM_CHECK_EXTENSION,
				 KVM_CAP_MEMORY_ATTRIBUTES),
			 8);
	assert_int_equal(k_ioctl(u->t, u->kvm, KVM_CHECK_EXTENSION, 1), 0);
	assert_int_equal(k_ioctl(u->t, u->kvm, KVM_GET_VCPU_MMAP_SIZE, 0),
			 4096);
	assert_int_equal(k_ioctl(u->t, u->kvm, KVM_GET_VCPU_MMAP_SIZE, 1),
			 -EINVAL);
	assert_int_equal(k_ioctl(u->t, u->kvm, KVM_GET_API_VERSION, 1),
			 -EINVAL);
	/* Linux answers one thing for unknown numbers here, another there. */
	assert_int_equal(k_ioctl(u->t, u->kvm, 1, 0), -EINVAL);
	assert_int_equal(k_ioctl(u->t, u->vm, 1, 0), -ENOTTY);
	assert_int_equal(k_ioctl(u->t, u->vcpu, 1, 0), -EINVAL);
	assert_int_equal(k_ioctl(u->t, u->vm, KVM_CREATE_VCPU, 0), -EEXIST);
	assert_int_equal(k_ioctl(u->t, u->vm, KVM_CREATE_VCPU, KVM_VCPUS),
			 -EINVAL);
	user_free(u);
}

static void a_vm_belongs_to_one_task(void **un)
{
	struct user *u = user_new();
	struct task *t = k_task_new(&u->m->h.k);
	struct file *f = k_file_get(k_fd_file(u->t, u->vm));
	struct file *v = k_file_get(k_fd_file(u->t, u->vcpu));

	(void)un;
	assert_int_equal(k_fd_install(t, f), 0);
	assert_int_equal(k_fd_install(t, v), 1);
	assert_int_equal(k_ioctl(t, 0, KVM_CREATE_VCPU, 1), -EIO);
	assert_int_equal(k_ioctl(t, 1, KVM_RUN, 0), -EIO);
	k_task_exit(t);
	user_free(u);
}

static void attributes_are_whole_pages_of_one_kind(void **un)
{
	struct user *u = user_new();
	struct kvm_vm *vm = kvm_from_file(k_fd_file(u->t, u->vm));
	struct kvm_memory_attributes a = { 0, PAGE_4K, 0, 0 };

	(void)un;
	assert_true(kvm_private(vm, 0));
	assert_int_equal(attr(u, 1, PAGE_4K, true), -EINVAL);
	assert_int_equal(attr(u, 0, 1, true), -EINVAL);
	assert_int_equal(attr(u, 0, 0, true), -EINVAL);
	assert_int_equal(attr(u, UINT64_MAX - PAGE_4K + 1, 2 * PAGE_4K, true),
			 -EINVAL);
	a.attributes = 1;
	assert_int_equal(io(u, u->vm, KVM_SET_MEMORY_ATTRIBUTES, &a), -EINVAL);
	a.attributes = 0;
	a.flags = 1;
	assert_int_equal(io(u, u->vm, KVM_SET_MEMORY_ATTRIBUTES, &a), -EINVAL);
	assert_true(kvm_private(vm, 0));
	u->m->zap_err = -EIO;
	assert_int_equal(attr(u, 0, PAGE_4K, false), -EIO);
	assert_true(kvm_private(vm, 0));
	u->m->zap_err = 0;
	assert_int_equal(attr(u, 0, PAGE_4K, false), 0);
	assert_false(kvm_private(vm, 0));
	assert_true(kvm_private(vm, PAGE_4K));
	user_free(u);
}

/* The order of the checks is kvm_set_memory_region()'s. */
static void slots_refuse_what_linux_refuses(void **un)
{
	struct user *u = user_new();
	struct kvm_create_guest_memfd g = { .size = 4 * PAGE_4K };
	const uint32_t gm = KVM_MEM_GUEST_MEMFD, db = KVM_MEM_VFIO_DMABUF;
	int other = (int)io(u, u->vm, KVM_CREATE_GUEST_MEMFD, &g);
	const uint64_t at = 0x100000;
	const struct {
		uint32_t id, flags;
		uint64_t gpa, len, uva;
		int fd;
		int want;
	} bad[] = {
		{ KVM_SLOTS, 0, at, PAGE_4K, u->ram, 0, -EINVAL },
		{ 1u << 16, 0, at, PAGE_4K, u->ram, 0, -EINVAL },
		{ 1, 1u << 9, at, PAGE_4K, u->ram, 0, -EINVAL },
		{ 1, gm | db, at, PAGE_4K, u->ram, other, -EINVAL },
		{ 1, gm | KVM_MEM_READONLY, at, PAGE_4K, u->ram, other,
		  -EINVAL },
		{ 1, gm | KVM_MEM_LOG_DIRTY_PAGES, at, PAGE_4K, u->ram, other,
		  -EINVAL },
		{ 1, 0, at, PAGE_4K + 1, u->ram, 0, -EINVAL },
		{ 1, 0, at + 1, PAGE_4K, u->ram, 0, -EINVAL },
		{ 1, 0, at, PAGE_4K, u->ram + 1, 0, -EINVAL },
		{ 1, 0, at, PAGE_4K, UINT64_MAX - PAGE_4K + 1, 0, -EINVAL },
		{ 1, 0, UINT64_MAX - PAGE_4K + 1, 2 * PAGE_4K, u->ram, 0,
		  -EINVAL },
		{ 1, 0, KVM_GPA_MAX, PAGE_4K, u->ram, 0, -EINVAL },
		{ 1, 0, at, 0, 0, 0, -EINVAL },
		{ 1, 0, 0, PAGE_4K, u->ram, 0, -EEXIST },
		{ 1, gm, at, PAGE_4K, u->ram, -1, -EBADF },
		{ 1, gm, at, PAGE_4K, u->ram, u->kvm, -EINVAL },
		{ 1, gm, at, PAGE_4K, u->ram, u->gmem, -EEXIST },
		{ 1, gm, at, 5 * PAGE_4K, u->ram, other, -EINVAL },
		{ 1, db, at, PAGE_4K, 0, -1, -EBADF },
		{ 1, db, at, PAGE_4K, 0, other, -EINVAL },
		/* One by guest_memfd stays as it is. */
		{ 0, gm, at, VM_MEM, u->ram, u->gmem, -EINVAL },
		{ 0, 0, 0, VM_MEM, u->ram, 0, -EINVAL },
	};

	(void)un;
	for (unsigned i = 0; i < COUNT(bad); i++)
		if (slot(u, bad[i].id, bad[i].flags, bad[i].gpa, bad[i].len,
			 bad[i].uva, bad[i].fd) != bad[i].want)
			fail_msg("row %u", i);
	assert_int_equal(slot(u, 1, gm, at, PAGE_4K, u->ram, other), 0);
	assert_int_equal(slot(u, 1, 0, 0, 0, 0, 0), 0);
	assert_int_equal(slot(u, 1, gm, at, PAGE_4K, u->ram, other), 0);
	user_free(u);
}

static void a_slot_of_user_memory_moves_and_changes_flags_only(void **un)
{
	struct user *u = user_new();
	struct kvm_vm *vm = u->m->h.kvm.vms;
	const uint64_t at = 0x100000;
	struct kvm_userspace_memory_region r = { .slot = 2,
						 .guest_phys_addr = at,
						 .memory_size = PAGE_4K,
						 .userspace_addr = u->ram };

	(void)un;
	assert_int_equal(io(u, u->vm, KVM_SET_USER_MEMORY_REGION, &r), 0);
	assert_int_equal(kvm_fault(vm, at, true, false), 0);
	assert_int_not_equal(m_npt(u->m, at), 0);
	/* The same once more changes nothing. */
	assert_int_equal(io(u, u->vm, KVM_SET_USER_MEMORY_REGION, &r), 0);
	assert_int_not_equal(m_npt(u->m, at), 0);
	r.memory_size = 2 * PAGE_4K;
	assert_int_equal(io(u, u->vm, KVM_SET_USER_MEMORY_REGION, &r), -EINVAL);
	r.memory_size = PAGE_4K;
	r.flags = KVM_MEM_READONLY;
	assert_int_equal(io(u, u->vm, KVM_SET_USER_MEMORY_REGION, &r), -EINVAL);
	r.flags = KVM_MEM_GUEST_MEMFD; /* of the second call only */
	assert_int_equal(io(u, u->vm, KVM_SET_USER_MEMORY_REGION, &r), -EINVAL);
	r.flags = 0;
	r.guest_phys_addr = VM_MEM - PAGE_4K;
	assert_int_equal(io(u, u->vm, KVM_SET_USER_MEMORY_REGION, &r), -EEXIST);
	assert_int_not_equal(m_npt(u->m, at), 0);
	r.guest_phys_addr = at + PAGE_4K;
	assert_int_equal(io(u, u->vm, KVM_SET_USER_MEMORY_REGION, &r), 0);
	assert_int_equal(m_npt(u->m, at), 0);
	assert_int_equal(kvm_fault(vm, at, true, false), -ENOENT);
	assert_int_equal(kvm_fault(vm, at + PAGE_4K, true, false), 0);
	r.flags = KVM_MEM_LOG_DIRTY_PAGES;
	assert_int_equal(io(u, u->vm, KVM_SET_USER_MEMORY_REGION, &r), 0);
	assert_int_equal(m_npt(u->m, at + PAGE_4K), 0);
	user_free(u);
}

/* mmu_notifier: unmapping is never refused, and what stays still maps. */
static void memory_that_leaves_the_task_leaves_the_guest(void **un)
{
	struct user *u = user_new();
	struct kvm_vm *vm = u->m->h.kvm.vms;
	const uint64_t at = 0x100000;
	uint64_t mem;
	char c = 'x';

	(void)un;
	assert_int_equal(
		k_mmap(u->t, 4 * PAGE_4K, 3, K_MAP_ANONYMOUS, -1, 0, &mem), 0);
	assert_int_equal(slot(u, 1, 0, at, 4 * PAGE_4K, mem, 0), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(kvm_fault(vm, at + i * PAGE_4K, true, false),
				 0);
	assert_int_equal(k_store(u->t, mem + 3 * PAGE_4K, "d", 1), 0);
	assert_int_equal(k_munmap(u->t, mem + PAGE_4K, PAGE_4K), 0);
	assert_int_not_equal(m_npt(u->m, at), 0);
	assert_int_equal(m_npt(u->m, at + PAGE_4K), 0);
	assert_int_equal(kvm_fault(vm, at + PAGE_4K, true, false), -EFAULT);
	assert_int_equal(k_load(u->t, mem + 3 * PAGE_4K, &c, 1), 0);
	assert_int_equal(c, 'd');
	assert_int_equal(k_munmap(u->t, mem, 4 * PAGE_4K), 0);
	assert_int_equal(m_npt(u->m, at + 3 * PAGE_4K), 0);
	user_free(u);
}

/* Source: Linux 7.2 virt/kvm/guest_memfd.c, kvm_gmem_release() */
static void a_guest_memfd_closed_under_a_running_vm_is_unmapped_first(void **un)
{
	struct user *u = user_new();
	struct kvm_vm *vm = u->m->h.kvm.vms;

	(void)un;
	launch(u);
	assert_int_equal(kvm_fault(vm, 0, true, true), 0);
	assert_int_not_equal(m_npt(u->m, 0), 0);
	assert_int_equal(k_close(u->t, u->gmem), 0);
	assert_int_equal(m_npt(u->m, 0), 0);
	assert_int_equal(u->m->pages, 0);
	assert_int_equal(kvm_fault(vm, 0, true, true), -EFAULT);
	/* The slot stands there, empty, until it is deleted. */
	assert_int_equal(slot(u, 1, 0, 0, PAGE_4K, u->ram, 0), -EEXIST);
	assert_int_equal(slot(u, 0, 0, 0, 0, 0, 0), 0);
	assert_int_equal(slot(u, 1, 0, 0, PAGE_4K, u->ram, 0), 0);
	user_free(u);
}

static void one_guest_memfd_stands_in_several_slots(void **un)
{
	struct user *u = user_new();
	struct kvm_create_guest_memfd g = { .size = 4 * PAGE_4K };
	struct kvm_userspace_memory_region2 r = {
		.flags = KVM_MEM_GUEST_MEMFD,
		.memory_size = 2 * PAGE_4K,
		.userspace_addr = u->ram,
		.guest_memfd =
			(uint32_t)io(u, u->vm, KVM_CREATE_GUEST_MEMFD, &g)
	};
	struct kvm_vm *vm = u->m->h.kvm.vms;
	const uint64_t a = 0x100000, b = 0x200000;

	(void)un;
	r.slot = 1;
	r.guest_phys_addr = a;
	r.guest_memfd_offset = 2 * PAGE_4K;
	assert_int_equal(io(u, u->vm, KVM_SET_USER_MEMORY_REGION2, &r), 0);
	r.slot = 2;
	r.guest_phys_addr = b;
	r.guest_memfd_offset = PAGE_4K;
	assert_int_equal(io(u, u->vm, KVM_SET_USER_MEMORY_REGION2, &r),
			 -EEXIST);
	r.guest_memfd_offset = 0;
	assert_int_equal(io(u, u->vm, KVM_SET_USER_MEMORY_REGION2, &r), 0);
	assert_int_equal(attr(u, a, 2 * PAGE_4K, true), 0);
	assert_int_equal(attr(u, b, 2 * PAGE_4K, true), 0);
	launch(u);
	assert_int_equal(kvm_fault(vm, a + PAGE_4K, true, true), 0);
	assert_int_equal(kvm_fault(vm, b, true, true), 0);
	assert_int_equal(m_owner(u->m, m_npt(u->m, a + PAGE_4K)),
			 a + PAGE_4K + 1);
	assert_int_equal(m_owner(u->m, m_npt(u->m, b)), b + 1);
	/* A hole takes each page from where it stands. */
	assert_int_equal(k_fallocate(u->t, (int)r.guest_memfd, 3, 2 * PAGE_4K,
				     8 * PAGE_4K),
			 0);
	assert_int_equal(m_npt(u->m, a + PAGE_4K), 0);
	assert_int_not_equal(m_npt(u->m, b), 0);
	user_free(u);
}

static void pages_are_mapped_before_they_are_missed(void **un)
{
	struct user *u = user_new();
	struct kvm_pre_fault_memory p = { .gpa = 0, .size = 3 * PAGE_4K };

	(void)un;
	assert_int_equal(io(u, u->vcpu, KVM_PRE_FAULT_MEMORY, &p), -EOPNOTSUPP);
	launch(u);
	assert_int_equal(attr(u, PAGE_4K, PAGE_4K, false), 0);
	assert_int_equal(io(u, u->vcpu, KVM_PRE_FAULT_MEMORY, &p), 0);
	assert_int_equal(p.gpa, 3 * PAGE_4K);
	assert_int_equal(p.size, 0);
	assert_int_equal(u->m->n_npt, 3);
	assert_int_equal(m_owner(u->m, m_npt(u->m, PAGE_4K)), 0);
	assert_int_equal(io(u, u->vcpu, KVM_PRE_FAULT_MEMORY, &p), -EINVAL);
	p.size = PAGE_4K + 1;
	assert_int_equal(io(u, u->vcpu, KVM_PRE_FAULT_MEMORY, &p), -EINVAL);
	p.size = PAGE_4K;
	p.flags = 1;
	assert_int_equal(io(u, u->vcpu, KVM_PRE_FAULT_MEMORY, &p), -EINVAL);
	p.flags = 0;
	/* Half of it is there: success, and what is left. */
	p.gpa = VM_MEM - PAGE_4K;
	p.size = 2 * PAGE_4K;
	assert_int_equal(io(u, u->vcpu, KVM_PRE_FAULT_MEMORY, &p), 0);
	assert_int_equal(p.gpa, VM_MEM);
	assert_int_equal(p.size, PAGE_4K);
	assert_int_equal(io(u, u->vcpu, KVM_PRE_FAULT_MEMORY, &p), -ENOENT);
	assert_int_equal(p.size, PAGE_4K);
	user_free(u);
}

/* Source: Linux 7.2 kvm_vm_ioctl_check_extension_generic() */
static void capabilities_are_those_that_are_served(void **un)
{
	static const struct {
		unsigned cap;
		long is;
	} there[] = {
		{ 3, 1 },   { 9, KVM_VCPUS },	{ 10, KVM_SLOTS },
		{ 16, 1 },  { 21, 1 },		{ 30, 1 },
		{ 81, 1 },  { 66, KVM_VCPUS },	{ 89, 1 },
		{ 105, 1 }, { 128, KVM_VCPUS }, { 136, 1 },
		{ 231, 1 }, { 201, 1L << 12 },	{ 232, 1 },
		{ 233, 8 }, { 234, 1 },		{ 235, 1 | 1 << 4 },
		{ 236, 1 },
	};
	struct user *u = user_new();
	unsigned n = 0;
	long plain;

	(void)un;
	for (unsigned cap = 0; cap < 512; cap++) {
		long want = 0;

		for (unsigned i = 0; i < COUNT(there); i++)
			want = there[i].cap == cap ? there[i].is : want;
		n += want != 0;
		assert_int_equal(
			k_ioctl(u->t, u->kvm, KVM_CHECK_EXTENSION, cap), want);
		assert_int_equal(k_ioctl(u->t, u->vm, KVM_CHECK_EXTENSION, cap),
				 want);
	}
	assert_int_equal(n, COUNT(there));
	/* Nothing of an ordinary VM is private. */
	plain = k_ioctl(u->t, u->kvm, KVM_CREATE_VM, KVM_X86_DEFAULT_VM);
	assert_true(plain >= 0);
	assert_int_equal(k_ioctl(u->t, (int)plain, KVM_CHECK_EXTENSION, 233),
			 0);
	user_free(u);
}

/* Law 50: a VM lives as long as something of it is held. */
static void a_vm_is_destroyed_when_its_last_descriptor_closes(void **un)
{
	static const unsigned char order[6][3] = { { 0, 1, 2 }, { 0, 2, 1 },
						   { 1, 0, 2 }, { 1, 2, 0 },
						   { 2, 0, 1 }, { 2, 1, 0 } };

	(void)un;
	for (unsigned i = 0; i < COUNT(order); i++) {
		struct user *u = user_new();
		const int fds[3] = { u->vm, u->gmem, u->vcpu };

		launch(u);
		assert_int_equal(kvm_fault(u->m->h.kvm.vms, 0, true, true), 0);
		assert_int_equal(k_munmap(u->t, u->run, PAGE_4K), 0);
		for (unsigned n = 0; n < 3; n++) {
			assert_int_equal(u->m->vms, 1);
			assert_int_equal(k_close(u->t, fds[order[i][n]]), 0);
		}
		assert_int_equal(u->m->vms, 0);
		assert_int_equal(u->m->n_npt, 0);
		user_free(u);
	}
}

/* Its vIOMMU holds the VM while a function is bound to it. */
static void a_vm_outlives_its_descriptors_while_a_function_is_bound(void **un)
{
	struct user *u = user_new();

	(void)un;
	m_connect(u->m);
	open_dev(u);
	bind_tdi(u);
	launch(u);
	assert_int_equal(k_munmap(u->t, u->run, PAGE_4K), 0);
	assert_int_equal(k_close(u->t, u->vm), 0);
	assert_int_equal(k_close(u->t, u->gmem), 0);
	assert_int_equal(k_close(u->t, u->vcpu), 0);
	assert_int_equal(u->m->vms, 1);
	assert_int_equal(destroy(u, u->vdevice), 0);
	assert_int_equal(u->m->vms, 1);
	assert_int_equal(destroy(u, u->viommu), 0);
	assert_int_equal(u->m->vms, 0);
	user_free(u);
}

/* The vCPU's mapping holds the VM, the VM's slot holds the memory. */
static void a_task_ends_in_the_order_that_lets_go_of_its_memory(void **un)
{
	struct user *u = user_new();
	uint64_t late;

	(void)un;
	assert_int_equal(
		k_mmap(u->t, PAGE_4K, 3, K_MAP_ANONYMOUS, -1, 0, &late), 0);
	assert_int_equal(slot(u, 1, 0, 0x100000, PAGE_4K, late, 0), 0);
	assert_int_equal(k_store(u->t, late, "x", 1), 0);
	user_free(u);
}

static void a_guest_memfd_refuses_what_linux_refuses(void **un)
{
	struct user *u = user_new();
	struct kvm_create_guest_memfd g = { .size = 5 };
	uint64_t at;

	(void)un;
	assert_int_equal(io(u, u->vm, KVM_CREATE_GUEST_MEMFD, &g), -EINVAL);
	g.size = 0;
	assert_int_equal(io(u, u->vm, KVM_CREATE_GUEST_MEMFD, &g), -EINVAL);
	g.size = PAGE_4K;
	g.flags = 4;
	assert_int_equal(io(u, u->vm, KVM_CREATE_GUEST_MEMFD, &g), -EINVAL);
	assert_int_equal(k_mmap(u->t, PAGE_4K, 3, 1, u->gmem, 0, &at), -ENODEV);
	assert_int_equal(k_fallocate(u->t, u->gmem, 0, 0, PAGE_4K),
			 -EOPNOTSUPP);
	assert_int_equal(k_fallocate(u->t, u->gmem, 2, 0, PAGE_4K),
			 -EOPNOTSUPP);
	assert_int_equal(k_fallocate(u->t, u->gmem, 5, 0, PAGE_4K),
			 -EOPNOTSUPP);
	assert_int_equal(k_fallocate(u->t, u->gmem, 3, 1, PAGE_4K), -EINVAL);
	assert_int_equal(k_fallocate(u->t, u->gmem, 3, 0, 0), -EINVAL);
	assert_int_equal(k_fallocate(u->t, u->gmem, 3, UINT64_MAX, PAGE_4K),
			 -EINVAL);
	assert_int_equal(k_fallocate(u->t, u->gmem, 3, INT64_MAX - 4095, 4096),
			 -EFBIG);
	/* A hole behind the end is one already. */
	assert_int_equal(k_fallocate(u->t, u->gmem, 3, VM_MEM, PAGE_4K), 0);
	assert_int_equal(k_fallocate(u->t, u->gmem, 1, 0, VM_MEM + PAGE_4K),
			 -EINVAL);
	assert_int_equal(u->m->pages, 0);
	assert_int_equal(k_fallocate(u->t, u->gmem, 1, PAGE_4K, 2 * PAGE_4K),
			 0);
	assert_int_equal(u->m->pages, 2);
	assert_int_equal(k_fallocate(u->t, u->gmem, 3, 0, VM_MEM + PAGE_4K), 0);
	assert_int_equal(u->m->pages, 0);
	assert_int_equal(k_fallocate(u->t, u->gmem, 3, 0, VM_MEM), 0);
	user_free(u);
}

static void kvm_s_vfio_device_holds_what_it_was_given(void **un)
{
	struct user *u = user_new();
	struct kvm_create_device c = { .type = 9 };
	struct kvm_create_device again = { .type = KVM_DEV_TYPE_VFIO };
	struct kvm_device_attr a = { .group = KVM_DEV_VFIO_FILE,
				     .attr = KVM_DEV_VFIO_FILE_ADD };
	int fd;

	(void)un;
	assert_int_equal(io(u, u->vm, KVM_CREATE_DEVICE, &c), -ENODEV);
	c.type = KVM_DEV_TYPE_VFIO;
	assert_int_equal(io(u, u->vm, KVM_CREATE_DEVICE, &c), 0);
	open_dev(u);
	fd = u->vm;
	a.addr = (uintptr_t)&fd;
	assert_int_equal(io(u, (int)c.fd, KVM_SET_DEVICE_ATTR, &a), -EINVAL);
	fd = -1;
	assert_int_equal(io(u, (int)c.fd, KVM_SET_DEVICE_ATTR, &a), -EBADF);
	assert_int_equal(io(u, (int)c.fd, KVM_GET_DEVICE_ATTR, &a), -EPERM);
	assert_int_equal(io(u, (int)c.fd, KVM_HAS_DEVICE_ATTR, &a), 0);
	assert_int_equal(io(u, u->vm, KVM_CREATE_DEVICE, &again), -EBUSY);
	again.flags = KVM_CREATE_DEVICE_TEST;
	assert_int_equal(io(u, u->vm, KVM_CREATE_DEVICE, &again), 0);
	assert_int_equal(again.fd, 0);
	fd = u->dev;
	a.attr = KVM_DEV_VFIO_FILE_DEL;
	assert_int_equal(io(u, (int)c.fd, KVM_SET_DEVICE_ATTR, &a), -ENOENT);
	a.attr = KVM_DEV_VFIO_FILE_ADD;
	a.group = 7;
	assert_int_equal(io(u, (int)c.fd, KVM_SET_DEVICE_ATTR, &a), -ENXIO);
	a.group = KVM_DEV_VFIO_FILE;
	assert_int_equal(io(u, (int)c.fd, KVM_SET_DEVICE_ATTR + 9, &a),
			 -ENOTTY);
	assert_int_equal(io(u, (int)c.fd, KVM_SET_DEVICE_ATTR, &a), 0);
	assert_int_equal(io(u, (int)c.fd, KVM_SET_DEVICE_ATTR, &a), -EEXIST);
	/* KVM keeps it open: nobody else can use it until that lets go, too */
	assert_int_equal(k_close(u->t, u->dev), 0);
	u->dev = (int)k_open(u->t, "/dev/vfio/devices/vfio256");
	assert_true(u->dev >= 0);
	assert_int_equal(bind_dev(u), -EINVAL);
	assert_int_equal(k_close(u->t, (int)c.fd), 0);
	assert_int_equal(bind_dev(u), 0);
	user_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vm_is_created_with_a_type_that_exists),
		cmocka_unit_test(a_vm_belongs_to_one_task),
		cmocka_unit_test(attributes_are_whole_pages_of_one_kind),
		cmocka_unit_test(slots_refuse_what_linux_refuses),
		cmocka_unit_test(
			a_slot_of_user_memory_moves_and_changes_flags_only),
		cmocka_unit_test(memory_that_leaves_the_task_leaves_the_guest),
		cmocka_unit_test(
			a_guest_memfd_closed_under_a_running_vm_is_unmapped_first),
		cmocka_unit_test(one_guest_memfd_stands_in_several_slots),
		cmocka_unit_test(pages_are_mapped_before_they_are_missed),
		cmocka_unit_test(capabilities_are_those_that_are_served),
		cmocka_unit_test(
			a_vm_is_destroyed_when_its_last_descriptor_closes),
		cmocka_unit_test(
			a_vm_outlives_its_descriptors_while_a_function_is_bound),
		cmocka_unit_test(
			a_task_ends_in_the_order_that_lets_go_of_its_memory),
		cmocka_unit_test(a_guest_memfd_refuses_what_linux_refuses),
		cmocka_unit_test(kvm_s_vfio_device_holds_what_it_was_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
