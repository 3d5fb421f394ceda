/* SPDX-License-Identifier: BSD-2-Clause */
/* What a VM has, and what becomes of it when somebody lets go. */
#include "user.h"

#include <errno.h>

/* Attributes stand in a few chunks of 1 GiB: what is empty is given back. */
static void a_range_that_is_refused_takes_no_room_for_attributes(void **un)
{
	struct user *u = user_new();
	struct kvm_vm *vm = kvm_from_file(k_fd_file(u->t, u->vm));
	const uint32_t leaves = u->m->h.k.leaf_pool.live;
	const uint64_t far = BIT64(40);

	(void)un;
	assert_int_equal(attr(u, far, 9 * BIT64(30), true), -ENOMEM);
	assert_int_equal(u->m->h.k.leaf_pool.live, leaves);
	u->m->zap_err = -EIO;
	assert_int_equal(attr(u, far, PAGE_4K, true), -EIO);
	u->m->zap_err = 0;
	assert_int_equal(u->m->h.k.leaf_pool.live, leaves);
	for (uint64_t i = 1; i < 9; i++) {
		const uint64_t gpa = i * far;

		assert_int_equal(attr(u, gpa, 3 * PAGE_4K, true), 0);
		assert_int_equal(attr(u, gpa, 2 * PAGE_4K, true), 0);
		assert_int_equal(attr(u, gpa, PAGE_4K, false), 0);
		assert_false(kvm_private(vm, gpa));
		assert_true(kvm_private(vm, gpa + 2 * PAGE_4K));
		assert_int_equal(attr(u, gpa, BIT64(30), false), 0);
		assert_false(kvm_private(vm, gpa + 2 * PAGE_4K));
	}
	assert_int_equal(u->m->h.k.leaf_pool.live, leaves);
	assert_true(kvm_private(vm, 0));
	user_free(u);
}

/* A task that is no more: another at its place gets nothing of its VM. */
static void a_vm_without_its_task_serves_nobody(void **un)
{
	struct user *u = user_new();
	struct file *vm = k_file_get(k_fd_file(u->t, u->vm));
	struct file *v = k_file_get(k_fd_file(u->t, u->vcpu));
	struct task *t;

	(void)un;
	k_task_exit(u->t);
	t = u->t = k_task_new(&u->m->h.k);
	assert_int_equal(k_fd_install(t, vm), 0);
	assert_int_equal(k_fd_install(t, v), 1);
	assert_int_equal(k_ioctl(t, 0, KVM_CREATE_VCPU, 1), -EIO);
	assert_int_equal(k_ioctl(t, 1, KVM_RUN, 0), -EIO);
	user_free(u);
}

/* Both of a slot's memories; and a BAR's frames are no memory. */
static void shared_memory_of_a_slot_goes_with_its_mapping(void **un)
{
	struct user *u = user_new();
	struct kvm_vm *vm = u->m->h.kvm.vms;
	uint64_t pa;

	(void)un;
	m_connect(u->m);
	open_dev(u);
	bar_slot(u);
	assert_int_equal(attr(u, PAGE_4K, PAGE_4K, false), 0);
	assert_int_equal(kvm_fault(vm, PAGE_4K, true, false), 0);
	assert_int_equal(kvm_shared_pa(vm, PAGE_4K + 8, &pa), 0);
	assert_true(pa == m_npt(u->m, PAGE_4K) + 8);
	assert_int_equal(kvm_shared_pa(vm, BAR_GPA, &pa), -EFAULT);
	assert_int_equal(k_munmap(u->t, u->ram + PAGE_4K, PAGE_4K), 0);
	assert_int_equal(m_npt(u->m, PAGE_4K), 0);
	assert_int_equal(kvm_fault(vm, PAGE_4K, true, false), -EFAULT);
	assert_int_equal(kvm_shared_pa(vm, PAGE_4K, &pa), -EFAULT);
	user_free(u);
}

/* Source: kvm_gmem_bind() */
static void private_memory_of_one_vm_is_in_no_slot_of_another(void **un)
{
	struct user *u = user_new();
	const int mine = u->vm;

	(void)un;
	u->vm = (int)k_ioctl(u->t, u->kvm, KVM_CREATE_VM, KVM_X86_SNP_VM);
	assert_true(u->vm >= 0);
	assert_int_equal(
		slot(u, 0, KVM_MEM_GUEST_MEMFD, 0, VM_MEM, u->ram, u->gmem),
		-EINVAL);
	u->vm = mine;
	user_free(u);
}

static void a_kvm_device_that_was_closed_is_made_again(void **un)
{
	struct kvm_create_device d = { .type = KVM_DEV_TYPE_VFIO };
	struct user *u = user_new();

	(void)un;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(io(u, u->vm, KVM_CREATE_DEVICE, &d), 0);
		assert_int_equal(k_close(u->t, (int)d.fd), 0);
	}
	user_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_range_that_is_refused_takes_no_room_for_attributes),
		cmocka_unit_test(a_vm_without_its_task_serves_nobody),
		cmocka_unit_test(shared_memory_of_a_slot_goes_with_its_mapping),
		cmocka_unit_test(
			private_memory_of_one_vm_is_in_no_slot_of_another),
		cmocka_unit_test(a_kvm_device_that_was_closed_is_made_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
