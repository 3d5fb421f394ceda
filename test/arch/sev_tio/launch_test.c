/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * KVM_MEMORY_ENCRYPT_OP: what Linux refuses of an SNP launch, in what order.
 * Source: Linux 7.2 arch/x86/kvm/svm/sev.c
 */
#include "host_rig.h"

#include "arch/sev_tio/uapi.h"

#define MEM (8 * PAGE_4K)

struct launch {
	struct rig *r;
	struct task *t;
	int kvm, vm;
	uint64_t ram;
};

static long op_at(struct launch *l, uint32_t id, uint64_t data)
{
	struct kvm_sev_cmd c = { .id = id, .data = data };

	return k_ioctl(l->t, l->vm, KVM_MEMORY_ENCRYPT_OP, (uintptr_t)&c);
}

static long op(struct launch *l, uint32_t id, void *data)
{
	return op_at(l, id, (uintptr_t)data);
}

static struct launch *launch_new(uint64_t type)
{
	struct launch *l = calloc(1, sizeof(*l));
	struct kvm_create_guest_memfd g = { .size = MEM };
	struct kvm_memory_attributes a = { 0, MEM - PAGE_4K,
					   KVM_MEMORY_ATTRIBUTE_PRIVATE, 0 };
	struct kvm_userspace_memory_region2 s = { .flags = KVM_MEM_GUEST_MEMFD,
						  .memory_size = MEM };

	l->r = rig_new();
	l->t = k_task_new(&l->r->h.k);
	l->kvm = (int)k_open(l->t, "/dev/kvm");
	l->vm = (int)k_ioctl(l->t, l->kvm, KVM_CREATE_VM, type);
	assert_true(l->vm >= 0);
	assert_int_equal(k_mmap(l->t, MEM, 3, K_MAP_PRIVATE | K_MAP_ANONYMOUS,
				-1, 0, &l->ram),
			 0);
	if (type != KVM_X86_SNP_VM)
		return l;
	s.userspace_addr = l->ram;
	s.guest_memfd = (uint32_t)k_ioctl(l->t, l->vm, KVM_CREATE_GUEST_MEMFD,
					  (uintptr_t)&g);
	assert_int_equal(k_ioctl(l->t, l->vm, KVM_SET_USER_MEMORY_REGION2,
				 (uintptr_t)&s),
			 0);
	/* The last page stays shared. */
	assert_int_equal(
		k_ioctl(l->t, l->vm, KVM_SET_MEMORY_ATTRIBUTES, (uintptr_t)&a),
		0);
	return l;
}

static void launch_free(struct launch *l)
{
	k_task_exit(l->t);
	rig_free(l->r);
	free(l);
}

static void good_start(struct launch *l)
{
	struct kvm_sev_init i = { 0 };
	struct kvm_sev_snp_launch_start s = { .policy = SEV_POLICY_RSVD_ONE |
							SEV_POLICY_SMT };

	assert_int_equal(op(l, KVM_SEV_INIT2, &i), 0);
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_START, &s), 0);
}

static void each_launch_call_has_its_place(void **u)
{
	struct launch *l = launch_new(KVM_X86_SNP_VM);
	struct kvm_sev_init i = { .ghcb_version = 2 };
	struct kvm_sev_snp_launch_start s = { .policy = SEV_POLICY_RSVD_ONE };
	struct kvm_sev_snp_launch_update n = { .len = PAGE_4K,
					       .uaddr = l->ram,
					       .type = 1 };
	struct kvm_sev_snp_launch_finish f = { 0 };

	(void)u;
	assert_int_equal(k_ioctl(l->t, l->vm, KVM_MEMORY_ENCRYPT_OP, 0), 0);
	assert_int_equal(k_ioctl(l->t, l->vm, KVM_MEMORY_ENCRYPT_OP,
				 K_MMAP_BASE + BIT64(40)),
			 -EFAULT);
	assert_int_equal(op(l, 77, &i), -EINVAL);
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_START, &s), -ENOTTY);
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_UPDATE, &n), -EINVAL);
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_FINISH, &f), -ENOTTY);
	assert_int_equal(op(l, KVM_SEV_INIT2, &i), 0);
	/* Once it is an SNP guest, older calls are not for it. */
	assert_int_equal(op(l, KVM_SEV_INIT2, &i), -EPERM);
	assert_int_equal(op(l, 99, &i), -EPERM);
	assert_int_equal(op(l, 177, &i), -EINVAL);
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_UPDATE, &n), -EINVAL);
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_FINISH, &f), -EINVAL);
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_START, &s), 0);
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_START, &s), -EINVAL);
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_UPDATE, &n), 0);
	f.flags = 1;
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_FINISH, &f), -EINVAL);
	f.flags = 0;
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_FINISH, &f), 0);
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_FINISH, &f), -EIO);
	n.len = PAGE_4K;
	n.gfn_start = 2;
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_UPDATE, &n), -EIO);
	launch_free(l);
}

static void an_ordinary_vm_is_not_launched(void **u)
{
	struct launch *l = launch_new(KVM_X86_DEFAULT_VM);
	uint64_t any[16] = { 0 };

	(void)u;
	assert_int_equal(op(l, KVM_SEV_INIT2, any), -EINVAL);
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_START, any), -ENOTTY);
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_UPDATE, any), -EINVAL);
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_FINISH, any), -ENOTTY);
	launch_free(l);
}

static void bad_values_of_init_and_start_change_nothing(void **u)
{
	struct launch *l = launch_new(KVM_X86_SNP_VM);
	const struct kvm_sev_init bad[] = { { .vmsa_features = 1 },
					    { .flags = 1 },
					    { .flags = 1u << 31 },
					    { .ghcb_version = 1 },
					    { .ghcb_version = 3 } };
	const struct kvm_sev_snp_launch_start worse[] = {
		{ .policy = 0 },
		{ .policy = SEV_POLICY_SMT },
		{ .policy = SEV_POLICY_RSVD_ONE | BIT64(18) },
		{ .policy = SEV_POLICY_RSVD_ONE | BIT64(63) },
		{ .policy = SEV_POLICY_RSVD_ONE, .flags = 1 },
	};
	struct kvm_sev_init i = { 0 };
	unsigned rung;

	(void)u;
	for (unsigned k = 0; k < COUNT(bad); k++)
		assert_int_equal(op(l, KVM_SEV_INIT2, (void *)&bad[k]),
				 -EINVAL);
	assert_int_equal(op_at(l, KVM_SEV_INIT2, 0), -EFAULT);
	assert_int_equal(op(l, KVM_SEV_INIT2, &i), 0);
	rung = l->r->rung[SEV_CMD_SNP_GCTX_CREATE];
	for (unsigned k = 0; k < COUNT(worse); k++)
		assert_int_equal(
			op(l, KVM_SEV_SNP_LAUNCH_START, (void *)&worse[k]),
			-EINVAL);
	assert_int_equal(op_at(l, KVM_SEV_SNP_LAUNCH_START, 0), -EFAULT);
	assert_int_equal(l->r->rung[SEV_CMD_SNP_GCTX_CREATE], rung);
	launch_free(l);
	/* A vCPU that was made too early. */
	l = launch_new(KVM_X86_SNP_VM);
	assert_true(k_ioctl(l->t, l->vm, KVM_CREATE_VCPU, 0) >= 0);
	assert_int_equal(op(l, KVM_SEV_INIT2, &i), -EINVAL);
	launch_free(l);
}

static void bad_pages_are_refused_before_firmware_sees_them(void **u)
{
	struct launch *l = launch_new(KVM_X86_SNP_VM);
	const struct {
		struct kvm_sev_snp_launch_update a;
		int want;
	} bad[] = {
		{ { 0, l->ram, 0, 1 }, -EINVAL },
		{ { 0, l->ram, PAGE_4K + 1, 1 }, -EINVAL },
		{ { 0, l->ram, PAGE_4K, 0 }, -EINVAL },
		{ { 0, l->ram, PAGE_4K, 2 }, -EINVAL },
		{ { 0, l->ram, PAGE_4K, 7 }, -EINVAL },
		{ { 0, l->ram, PAGE_4K, 1, 0, 1 }, -EINVAL },
		{ { 0, l->ram + 8, PAGE_4K, 1 }, -EINVAL },
		{ { MEM / PAGE_4K, l->ram, PAGE_4K, 1 }, -EINVAL },
		{ { UINT64_MAX, l->ram, PAGE_4K, 1 }, -EINVAL },
		{ { MEM / PAGE_4K - 1, l->ram, PAGE_4K, 1 }, -EIO },
		{ { 0, K_MMAP_BASE + BIT64(40), PAGE_4K, 1 }, -EIO },
	};
	struct kvm_sev_snp_launch_update a;

	(void)u;
	good_start(l);
	for (unsigned k = 0; k < COUNT(bad); k++) {
		a = bad[k].a;
		if (op(l, KVM_SEV_SNP_LAUNCH_UPDATE, &a) != bad[k].want)
			fail_msg("row %u", k);
		assert_memory_equal(&a, &bad[k].a, sizeof(a));
	}
	assert_int_equal(op_at(l, KVM_SEV_SNP_LAUNCH_UPDATE, 0), -EFAULT);
	assert_int_equal(l->r->rung[SEV_CMD_SNP_LAUNCH_UPDATE], 0);
	launch_free(l);
}

/* The argument tells what is left, and an error that nothing went. */
static void pages_go_as_far_as_they_can(void **u)
{
	struct launch *l = launch_new(KVM_X86_SNP_VM);
	struct kvm_sev_snp_launch_update a = { 4, l->ram, 8 * PAGE_4K, 1 };

	(void)u;
	good_start(l);
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_UPDATE, &a), 0);
	assert_int_equal(a.gfn_start, 7); /* which is not private */
	assert_int_equal(a.len, 5 * PAGE_4K);
	assert_int_equal(a.uaddr, l->ram + 3 * PAGE_4K);
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_UPDATE, &a), -EIO);
	/* The guest's already. */
	a = (struct kvm_sev_snp_launch_update){ 5, l->ram, PAGE_4K, 1 };
	assert_int_equal(op(l, KVM_SEV_SNP_LAUNCH_UPDATE, &a), -EIO);
	launch_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_launch_call_has_its_place),
		cmocka_unit_test(an_ordinary_vm_is_not_launched),
		cmocka_unit_test(bad_values_of_init_and_start_change_nothing),
		cmocka_unit_test(
			bad_pages_are_refused_before_firmware_sees_them),
		cmocka_unit_test(pages_go_as_far_as_they_can),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
