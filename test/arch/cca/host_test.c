/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's drivers against the monitor: how a realm is launched, and what is
 * given back when one call in the middle is refused. The world is whole; what
 * the monitor answers to one call is the test's.
 */
#include "world/laws_rig.h"

#include <errno.h>

#include "arch/cca/fw_priv.h"
#include "arch/cca/uapi.h"
#include "arch/cca/vmm.h"
#include "world/plat_cca.h"

#define FN "0000:01:00.0"

static struct cca_plat *cca(void)
{
	return t.w->plat_ctx;
}

static int built(void **unused)
{
	(void)unused;
	open_world_on("cca", "0", FN);
	assert_int_equal(laws_say("platform cca\ndevice\n"), IL_OK);
	return world_build(t.w) ? -1 : 0;
}

/* --- launch --- */

#define MEM (UINT64_C(8) * PAGE_4K)

struct launch {
	struct task *t;
	int vm;
	int vcpu;
	uint64_t ram;
	uint64_t arg; /* a page of the task for what a call reads */
};

static void launch_new(struct launch *l, uint64_t type)
{
	struct kvm_create_guest_memfd g = { .size = MEM };
	struct kvm_memory_attributes a = { 0, MEM - PAGE_4K,
					   KVM_MEMORY_ATTRIBUTE_PRIVATE, 0 };
	struct kvm_userspace_memory_region2 s = { .flags = KVM_MEM_GUEST_MEMFD,
						  .memory_size = MEM };
	int kvm;

	l->t = k_task_new(&t.w->host->k);
	kvm = (int)k_open(l->t, "/dev/kvm");
	l->vm = (int)k_ioctl(l->t, kvm, KVM_CREATE_VM, type);
	assert_true(l->vm >= 0);
	assert_int_equal(k_mmap(l->t, MEM, 3, K_MAP_PRIVATE | K_MAP_ANONYMOUS,
				-1, 0, &l->ram),
			 0);
	assert_int_equal(k_mmap(l->t, PAGE_4K, 3,
				K_MAP_PRIVATE | K_MAP_ANONYMOUS, -1, 0,
				&l->arg),
			 0);
	if (!type)
		return;
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
}

static long step(const struct launch *l, uint64_t what, const void *p,
		 size_t len)
{
	struct kvm_enable_cap c = { .cap = KVM_CAP_ARM_RME,
				    .args = { what, p ? l->arg : 0 } };

	if (p)
		assert_int_equal(k_store(l->t, l->arg, p, len), 0);
	return k_ioctl(l->t, l->vm, KVM_ENABLE_CAP, (uintptr_t)&c);
}

#define CONFIG(l, ...)                                      \
	step(l, KVM_CAP_ARM_RME_CONFIG_REALM,               \
	     &(const struct arm_rme_config){ __VA_ARGS__ }, \
	     sizeof(struct arm_rme_config))
#define RIPAS(l, b, n)                                       \
	step(l, KVM_CAP_ARM_RME_INIT_RIPAS_REALM,            \
	     &(const struct arm_rme_init_ripas){ (b), (n) }, \
	     sizeof(struct arm_rme_init_ripas))
#define CREATE(l)   step(l, KVM_CAP_ARM_RME_CREATE_REALM, NULL, 0)
#define ACTIVATE(l) step(l, KVM_CAP_ARM_RME_ACTIVATE_REALM, NULL, 0)

static long vcpu(struct launch *l)
{
	l->vcpu = (int)k_ioctl(l->t, l->vm, KVM_CREATE_VCPU, 0);
	return l->vcpu < 0 ? l->vcpu : 0;
}

static long populate(const struct launch *l, uint64_t base, uint64_t size,
		     uint32_t flags)
{
	struct kvm_arm_rmi_populate p = { .base = base,
					  .size = size,
					  .source_uaddr = l->ram,
					  .flags = flags };

	return k_ioctl(l->t, l->vm, KVM_ARM_RMI_POPULATE, (uintptr_t)&p);
}

static void each_step_of_a_launch_has_its_place(void **unused)
{
	struct launch l;

	(void)unused;
	launch_new(&l, KVM_VM_TYPE_ARM_REALM);
	assert_int_equal(RIPAS(&l, 0, MEM), -EINVAL);
	assert_int_equal(ACTIVATE(&l), -EINVAL);
	assert_int_equal(populate(&l, 0, PAGE_4K, 0), -EINVAL);
	assert_int_equal(vcpu(&l), -EINVAL); /* there is no realm */
	assert_int_equal(CONFIG(&l, .cfg = ARM_RME_CONFIG_DA, .da = 1), 0);
	assert_int_equal(CREATE(&l), 0);
	assert_int_equal(CREATE(&l), -EEXIST);
	assert_int_equal(CONFIG(&l, .cfg = ARM_RME_CONFIG_DA, .da = 0), -EBUSY);
	assert_int_equal(RIPAS(&l, 0, MEM), 0);
	assert_int_equal(vcpu(&l), 0);
	assert_int_equal(
		populate(&l, 0, PAGE_4K, KVM_ARM_RMI_POPULATE_FLAGS_MEASURE),
		0);
	assert_int_equal(ACTIVATE(&l), 0);
	/* Now it is what it is. */
	assert_int_equal(ACTIVATE(&l), -EINVAL);
	assert_int_equal(RIPAS(&l, 0, PAGE_4K), -EINVAL);
	assert_int_equal(populate(&l, PAGE_4K, PAGE_4K, 0), -EINVAL);
	assert_true(k_ioctl(l.t, l.vm, KVM_CREATE_VCPU, 1) < 0);
	k_task_exit(l.t);
}

static void bad_values_of_a_launch_change_nothing(void **unused)
{
	const uint64_t left = mem_frames_left(&t.w->mem);
	struct kvm_enable_cap c = { .cap = 1 };
	struct launch l;

	(void)unused;
	launch_new(&l, KVM_VM_TYPE_ARM_REALM);
	assert_int_equal(CONFIG(&l, .cfg = 77), -EINVAL);
	assert_int_equal(CONFIG(&l, .cfg = ARM_RME_CONFIG_DA, .da = 2),
			 -EINVAL);
	assert_int_equal(
		CONFIG(&l, .cfg = ARM_RME_CONFIG_HASH_ALGO, .hash_algo = 2),
		-EINVAL);
	assert_int_equal(k_ioctl(l.t, l.vm, KVM_ENABLE_CAP, (uintptr_t)&c),
			 -EINVAL);
	c.cap = KVM_CAP_ARM_RME;
	c.args[0] = 3; /* POPULATE of older series: a call of its own now */
	assert_int_equal(k_ioctl(l.t, l.vm, KVM_ENABLE_CAP, (uintptr_t)&c),
			 -EINVAL);
	c.flags = 1;
	assert_int_equal(k_ioctl(l.t, l.vm, KVM_ENABLE_CAP, (uintptr_t)&c),
			 -EINVAL);
	assert_int_equal(CREATE(&l), 0);
	assert_int_equal(RIPAS(&l, 1, PAGE_4K), -EINVAL);
	assert_int_equal(RIPAS(&l, 0, 0), -EINVAL);
	assert_int_equal(RIPAS(&l, 0, 100), -EINVAL);
	assert_int_equal(RIPAS(&l, ~UINT64_C(0xfff), 2 * PAGE_4K), -EINVAL);
	assert_int_equal(RIPAS(&l, 0, MEM), 0);
	assert_int_equal(populate(&l, 0, 0, 0), -EINVAL);
	assert_int_equal(populate(&l, 1, PAGE_4K, 0), -EINVAL);
	assert_int_equal(populate(&l, 0, PAGE_4K, 2), -EINVAL);
	assert_int_equal(populate(&l, MEM - PAGE_4K, PAGE_4K, 0), -EINVAL);
	assert_int_equal(populate(&l, 2 * MEM, PAGE_4K, 0), -EINVAL);
	k_task_exit(l.t);
	assert_int_equal(mem_frames_left(&t.w->mem), left);
	assert_int_equal(cca_host_leaked(cca()->host), 0);
}

static void an_ordinary_vm_takes_no_step_of_a_realm(void **unused)
{
	struct launch l;

	(void)unused;
	launch_new(&l, 0);
	assert_int_equal(CREATE(&l), -EINVAL);
	assert_int_equal(CONFIG(&l, .cfg = ARM_RME_CONFIG_DA, .da = 1),
			 -EINVAL);
	assert_int_equal(populate(&l, 0, PAGE_4K, 0), -EINVAL);
	assert_int_equal(vcpu(&l), 0);
	k_task_exit(l.t);
}

/* --- one call is refused --- */

static struct {
	struct cca_host_insn real;
	uint64_t fid; /* to be refused, the @nth time */
	unsigned nth;
	unsigned seen;
} one;

static void refuse(void *ctx, uint64_t x[CCA_SMC_REGS])
{
	if (x[0] == one.fid && ++one.seen == one.nth) {
		x[0] = RMI_ERROR_INPUT;
		return;
	}
	one.real.smc(ctx, x);
}

static const char whole[] = "host connect " FN "\n"
			    "vmm launch\n"
			    "guest boot\n"
			    "vmm attach " FN "\n"
			    "guest probe\n"
			    "guest lock\n"
			    "guest evidence\n"
			    "guest accept\n"
			    "guest start\n"
			    "guest dma\n"
			    "guest release\n"
			    "vmm detach " FN "\n"
			    "vmm destroy\n"
			    "host disconnect " FN "\n";

/* What makes something: who is refused here has not got it. */
static const uint64_t makes[] = {
	RMI_GRANULE_RANGE_DELEGATE,
	RMI_PDEV_CREATE,
	RMI_PDEV_SET_PUBKEY,
	RMI_PDEV_COMMUNICATE,
	RMI_PDEV_STREAM_CONNECT,
	RMI_PDEV_STREAM_COMPLETE,
	RMI_REALM_CREATE,
	RMI_RTT_INIT_RIPAS,
	RMI_RTT_CREATE,
	RMI_RTT_DATA_MAP_INIT,
	RMI_RTT_DATA_MAP,
	RMI_RTT_UNPROT_MAP,
	RMI_RTT_SET_RIPAS,
	RMI_REC_CREATE,
	RMI_REALM_ACTIVATE,
	RMI_REC_ENTER,
	RMI_PSMMU_ST_L2_CREATE,
	RMI_VDEV_CREATE,
	RMI_VDEV_COMMUNICATE,
	RMI_VDEV_LOCK,
	RMI_VDEV_GET_MEASUREMENTS,
	RMI_VDEV_GET_INTERFACE_REPORT,
	RMI_VDEV_COMPLETE,
	RMI_RTT_DEV_MAP,
	RMI_RTT_DEV_VALIDATE,
	RMI_VDEV_START,
};

/* False: the call does not come so often. */
static bool refused_once(uint64_t fid, unsigned nth)
{
	struct world_held held;
	uint64_t left;
	void *unused = NULL;

	assert_int_equal(built(&unused), 0);
	left = mem_frames_left(&t.w->mem);
	one.real = cca()->host_insn;
	one.fid = fid;
	one.nth = nth;
	one.seen = 0;
	cca()->host_insn.smc = refuse;
	(void)laws_say(whole);
	if (t.w->law)
		fail_msg("%s, time %u: %s", cca_rmi_name(fid), nth,
			 t.w->last_text);
	if (!world_cleanup(t.w) && !world_isolated(t.w))
		fail_msg("%s, time %u: not all was given back",
			 cca_rmi_name(fid), nth);
	t.w->plat->held(t.w, &held);
	if (held.pages || held.leaked)
		fail_msg("%s, time %u: %llu pages, %llu leaked",
			 cca_rmi_name(fid), nth, (unsigned long long)held.pages,
			 (unsigned long long)held.leaked);
	if (mem_frames_left(&t.w->mem) != left)
		fail_msg("%s, time %u: frames are kept", cca_rmi_name(fid),
			 nth);
	close_world(&unused);
	return one.seen >= nth;
}

static void whatever_is_refused_leaves_nothing_behind(void **unused)
{
	static const unsigned times[] = { 1, 2, 5 };

	(void)unused;
	for (size_t i = 0; i < COUNT(makes); i++)
		for (size_t n = 0; n < COUNT(times); n++)
			if (!refused_once(makes[i], times[n])) {
				if (n == 0)
					fail_msg("%s is never called",
						 cca_rmi_name(makes[i]));
				break;
			}
}

/* KVM was not told, VFIO closed, the device was pulled out, the VM ends. */
static void what_stays_locked_ends_with_its_realm(void **unused)
{
	struct world_held held;

	(void)unused;
	open_world_on("cca", "0", FN);
	if (laws_say("platform cca\nhost option hotplug=yes\ndevice\n"
		     "host option kvm-revoke=no\nhost connect " FN "\n"
		     "vmm launch\nguest boot\nvmm attach " FN "\n"
		     "guest probe\nguest lock\nguest evidence\n"
		     "guest accept\nguest start\nvmm close kvm-vfio\n"
		     "vmm close vfio\nhost disconnect " FN "\n"
		     "expect error EBUSY\ndevice unplug\n"
		     "expect function " FN " no\nvmm die\ndevice plug\n") ||
	    laws_say(whole))
		fail_msg("%s", t.w->last_text);
	t.w->plat->held(t.w, &held);
	assert_int_equal(held.pages, 0);
	assert_int_equal(held.leaked, 0);
}

/* --- entering --- */

#define OFF_AT	  1000u
#define SIGNAL_AT 3u

/* A realm that does nothing but to load from the plain view of a BAR. */
static struct {
	uint64_t ipa;
	unsigned entries;
	unsigned aborts;
} stubborn;

static enum il_err loads_again(void *ctx, uint64_t rec,
			       const struct cca_enter *in,
			       struct cca_leave *out)
{
	const struct world_vm *vm = &t.w->vm[0];

	(void)ctx;
	(void)rec;
	*out = (struct cca_leave){ .kind = CCA_LEAVE_ABORT,
				   .ipa = stubborn.ipa,
				   .len = 4 };
	stubborn.aborts += in->sea;
	if (++stubborn.entries == SIGNAL_AT)
		k_signal(vm->vmm->t);
	if (stubborn.entries == OFF_AT)
		out->kind = CCA_LEAVE_OFF;
	return IL_OK;
}

static int has_accepted(void **unused)
{
	(void)unused;
	open_world_on("cca", "0", FN);
	go("guest", "accept");
	return 0;
}

/* Law 54: what a guest repeats for ever does not hold its host. */
static void a_realm_that_only_aborts_is_left_for_a_signal(void **unused)
{
	struct cca_vm_view v;
	const struct world_vm *vm = &t.w->vm[0];
	struct kvm_vcpu *kv;

	(void)unused;
	kv = world_vm_vcpu(vm);
	assert_non_null(kv);
	assert_int_equal(cca_host_view(kv->vm, &v), 0);
	memset(&stubborn, 0, sizeof(stubborn));
	stubborn.ipa = UINT64_C(1) << (v.ipa_bits - 1) | vm->guest->bar[0].gpa;
	cca()->fw->cfg.run = loads_again;
	assert_int_equal(k_ioctl(vm->vmm->t, vm->vmm->vcpu_fd, KVM_RUN, 0),
			 -EINTR);
	assert_int_equal(stubborn.entries, SIGNAL_AT);
	assert_int_equal(stubborn.aborts, SIGNAL_AT - 1);
	/* The abort that was owed comes with the next entry. */
	assert_int_equal(k_ioctl(vm->vmm->t, vm->vmm->vcpu_fd, KVM_RUN, 0), 0);
	assert_int_equal(stubborn.aborts, OFF_AT - 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		AT(built, each_step_of_a_launch_has_its_place),
		AT(built, bad_values_of_a_launch_change_nothing),
		AT(built, an_ordinary_vm_takes_no_step_of_a_realm),
		cmocka_unit_test(whatever_is_refused_leaves_nothing_behind),
		cmocka_unit_test_teardown(what_stays_locked_ends_with_its_realm,
					  close_world),
		AT(has_accepted, a_realm_that_only_aborts_is_left_for_a_signal),
	};

	assert_true(argc > 1);
	t.path = argv[1];
	return cmocka_run_group_tests(tests, make_identity, drop_identity);
}
