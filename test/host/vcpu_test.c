/* SPDX-License-Identifier: BSD-2-Clause */
/* KVM_RUN: which exits the kernel answers, and which are the VMM's. */
#include "user.h"

#include <errno.h>

static long run(struct user *u, unsigned n, struct kvm_run *out)
{
	long ret;

	u->m->steps = n;
	u->m->at = 0;
	ret = k_ioctl(u->t, u->vcpu, KVM_RUN, 0);
	assert_int_equal(k_load(u->t, u->run, out, sizeof(*out)), 0);
	return ret;
}

static struct vcpu_exit touch(uint64_t gpa, bool write, bool private)
{
	return (struct vcpu_exit){ .kind = VCPU_EXIT_FAULT,
				   .gpa = gpa,
				   .len = 4,
				   .write = write,
				   .private = private,
				   .data = { 1, 2, 3, 4 } };
}

static void a_vcpu_waits_for_the_launch(void **un)
{
	struct user *u = user_new();

	(void)un;
	assert_int_equal(k_ioctl(u->t, u->vcpu, KVM_RUN, 0), -EINVAL);
	launch(u);
	assert_int_equal(k_ioctl(u->t, u->vcpu, KVM_RUN, 0), 0);
	/* a halt is no end */
	assert_int_equal(k_ioctl(u->t, u->vcpu, KVM_RUN, 0), 0);
	u->m->h.kvm.vms->vcpu[0]->ops = NULL;
	assert_int_equal(k_ioctl(u->t, u->vcpu, KVM_RUN, 0), -ENOEXEC);
	user_free(u);
}

static void a_signal_ends_a_run_and_the_next_one_goes_on(void **un)
{
	struct user *u = user_new();
	struct kvm_run r;

	(void)un;
	launch(u);
	u->m->script[0] = touch(8, true, true);
	k_signal(u->t);
	assert_int_equal(run(u, 1, &r), -EINTR);
	assert_int_equal(r.exit_reason, KVM_EXIT_INTR);
	assert_int_equal(m_npt(u->m, 0), 0);
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_HLT);
	assert_int_not_equal(m_npt(u->m, 0), 0);
	user_free(u);
}

static void immediate_exit_enters_no_guest(void **un)
{
	struct user *u = user_new();
	const uint64_t at = u->run + offsetof(struct kvm_run, immediate_exit);
	uint8_t on = 1;
	struct kvm_run r;

	(void)un;
	launch(u);
	u->m->script[0] = touch(8, true, true);
	assert_int_equal(k_store(u->t, at, &on, 1), 0);
	assert_int_equal(run(u, 1, &r), -EINTR);
	assert_int_equal(u->m->at, 0);
	assert_int_equal(m_npt(u->m, 0), 0);
	on = 0;
	assert_int_equal(k_store(u->t, at, &on, 1), 0);
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_not_equal(m_npt(u->m, 0), 0);
	user_free(u);
}

/* Whatever user space wrote over it. */
static void a_vcpu_that_shut_down_says_so_each_time(void **un)
{
	struct user *u = user_new();
	const uint32_t other = KVM_EXIT_MMIO;
	struct kvm_run r;

	(void)un;
	launch(u);
	u->m->script[0] = (struct vcpu_exit){ .kind = VCPU_EXIT_SHUTDOWN };
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_equal(k_store(u->t,
				 u->run + offsetof(struct kvm_run, exit_reason),
				 &other, sizeof(other)),
			 0);
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_SHUTDOWN);
	user_free(u);
}

static void faults_map_the_page_of_the_attribute_s_kind(void **un)
{
	struct user *u = user_new();
	struct kvm_run r;

	(void)un;
	launch(u);
	assert_int_equal(attr(u, PAGE_4K, PAGE_4K, false), 0);
	u->m->script[0] = touch(8, true, true);
	u->m->script[1] = touch(PAGE_4K, true, false);
	assert_int_equal(run(u, 2, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_HLT);
	assert_int_equal(m_owner(u->m, m_npt(u->m, 0)), 1);
	assert_int_equal(m_owner(u->m, m_npt(u->m, PAGE_4K)), 0);
	assert_false(u->m->got[0].done);
	/* the wrong kind is for user space to settle */
	u->m->script[0] = touch(PAGE_4K + 8, false, true);
	assert_int_equal(run(u, 1, &r), -EFAULT);
	assert_int_equal(r.exit_reason, KVM_EXIT_MEMORY_FAULT);
	assert_int_equal(r.memory_fault.flags, KVM_MEMORY_EXIT_FLAG_PRIVATE);
	assert_int_equal(r.memory_fault.gpa, PAGE_4K);
	assert_int_equal(r.memory_fault.size, PAGE_4K);
	u->m->script[0] = touch(8, false, false);
	assert_int_equal(run(u, 1, &r), -EFAULT);
	assert_int_equal(r.memory_fault.flags, 0);
	u->m->prepare_err = -EIO;
	u->m->script[0] = touch(2 * PAGE_4K, false, true);
	assert_int_equal(run(u, 1, &r), -EFAULT);
	u->m->prepare_err = 0;
	u->m->map_err = -ENOMEM;
	assert_int_equal(run(u, 1, &r), -EFAULT);
	user_free(u);
}

static void a_fault_that_mapping_does_not_cure_goes_to_user_space(void **un)
{
	struct user *u = user_new();
	struct kvm_vcpu *v;
	struct kvm_run r;

	(void)un;
	launch(u);
	v = u->m->h.kvm.vms->vcpu[0];
	u->m->script[0] = touch(0, true, true);
	/* the guest repeats the same access for ever */
	u->m->steps = 1000;
	u->m->at = 0;
	for (unsigned i = 0; i < 16; i++)
		u->m->script[i] = touch(0, true, true);
	u->m->stuck_guest = true;
	assert_int_equal(k_ioctl(u->t, u->vcpu, KVM_RUN, 0), -EFAULT);
	assert_true(v->exits < 1000);
	assert_int_equal(k_load(u->t, u->run, &r, sizeof(r)), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_MEMORY_FAULT);
	user_free(u);
}

static void where_there_is_no_slot_there_is_mmio(void **un)
{
	struct user *u = user_new();
	const uint8_t answer[8] = { 9, 8, 7, 6 };
	struct kvm_run r;

	(void)un;
	launch(u);
	u->m->script[0] = touch(BAR_GPA, false, false);
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_MMIO);
	assert_int_equal(r.mmio.phys_addr, BAR_GPA);
	assert_int_equal(r.mmio.len, 4);
	assert_int_equal(r.mmio.is_write, 0);
	assert_int_equal(r.mmio.data[0], 0);
	memcpy(r.mmio.data, answer, 8);
	assert_int_equal(k_store(u->t, u->run, &r, sizeof(r)), 0);
	assert_int_equal(k_ioctl(u->t, u->vcpu, KVM_RUN, 0), 0);
	assert_true(u->m->got[0].done);
	assert_memory_equal(u->m->got[0].data, answer, 4);
	u->m->script[0] = touch(BAR_GPA, true, false);
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_equal(r.mmio.is_write, 1);
	assert_int_equal(r.mmio.data[3], 4);
	u->m->script[0].len = 9;
	(void)k_ioctl(u->t, u->vcpu, KVM_RUN, 0);
	assert_int_equal(run(u, 1, &r), -EIO);
	/* private and no slot: never emulated */
	u->m->script[0] = touch(BAR_GPA, true, true);
	assert_int_equal(run(u, 1, &r), -EFAULT);
	user_free(u);
}

static void a_read_only_slot_takes_writes_as_mmio(void **un)
{
	struct user *u = user_new();
	struct kvm_run r;

	(void)un;
	launch(u);
	assert_int_equal(
		slot(u, 1, KVM_MEM_READONLY, BAR_GPA, PAGE_4K, u->ram, 0), 0);
	u->m->script[0] = touch(BAR_GPA, false, false);
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_HLT);
	assert_false(u->m->npt[0].write);
	u->m->script[0] = touch(BAR_GPA, true, false);
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_MMIO);
	user_free(u);
}

static void calls_of_the_guest_go_where_the_architecture_says(void **un)
{
	struct user *u = user_new();
	struct vcpu_exit x = { .kind = VCPU_EXIT_CALL, .reg[2] = 5 };
	struct kvm_run r;

	(void)un;
	launch(u);
	x.code = 1;
	u->m->script[0] = x;
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_HLT);
	assert_true(u->m->got[0].done);
	assert_int_equal(u->m->got[0].ret, 77);
	x.code = 2;
	u->m->script[0] = x;
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_TVM_CALL);
	assert_int_equal(r.tvm_call.reg[2], 5);
	r.tvm_call.reg[2] = 6;
	r.tvm_call.ret = 4;
	assert_int_equal(k_store(u->t, u->run, &r, sizeof(r)), 0);
	assert_int_equal(k_ioctl(u->t, u->vcpu, KVM_RUN, 0), 0);
	assert_true(u->m->got[0].done);
	assert_int_equal(u->m->got[0].reg[2], 6);
	assert_int_equal(u->m->got[0].ret, 4);
	x.code = 3;
	u->m->script[0] = x;
	assert_int_equal(run(u, 1, &r), -EBADMSG);
	u->m->script[0] = (struct vcpu_exit){ .kind = VCPU_EXIT_SHUTDOWN };
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_SHUTDOWN);
	/* and that is its end */
	assert_int_equal(run(u, 0, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_SHUTDOWN);
	assert_int_equal(u->m->at, 0);
	user_free(u);
}

/* What the table of an architecture whose firmware enters guests was asked. */
static struct {
	unsigned inits, finis, entered;
	int init_err, enter_err;
} asked;

static int by_enter(void *ctx, struct kvm_vcpu *v)
{
	(void)ctx;
	asked.entered++;
	if (asked.enter_err)
		return asked.enter_err;
	return v->ops->run(v->ops_ctx, &v->exit) ? -EIO : 0;
}

static int by_init(void *ctx, struct kvm_vcpu *v)
{
	(void)ctx;
	assert_null(v->vm->vcpu[v->id]);
	if (!asked.init_err)
		asked.inits++;
	return asked.init_err;
}

static void by_fini(void *ctx, struct kvm_vcpu *v)
{
	(void)ctx;
	/* NULL: it got no file, and so never was one */
	assert_true(!v->vm->vcpu[v->id] || v->vm->vcpu[v->id] == v);
	asked.finis++;
}

static long by_ioctl(void *ctx, struct kvm_vm *vm, struct task *t, uint32_t cmd,
		     uintptr_t arg)
{
	(void)ctx;
	assert_ptr_equal(vm->task, t);
	return cmd == 0x1234 ? (long)arg : -ENOTTY;
}

static long by_vcpu_ioctl(void *ctx, struct kvm_vcpu *v, struct task *t,
			  uint32_t cmd, uintptr_t arg)
{
	(void)ctx;
	assert_ptr_equal(v->vm->task, t);
	return cmd == 0x1234 ? (long)arg : -ENOTTY;
}

static long by_extension(void *ctx, const struct kvm_vm *vm, uint64_t cap)
{
	(void)ctx;
	return cap == 99999 ? 1 + (vm != NULL) : 0;
}

static void take_table(struct user *u, struct kvm_rules *r)
{
	asked.inits = asked.finis = asked.entered = 0;
	asked.init_err = asked.enter_err = 0;
	*r = *u->m->h.kvm.rules;
	r->enter = by_enter;
	r->vcpu_init = by_init;
	r->vcpu_fini = by_fini;
	r->ioctl = by_ioctl;
	r->vcpu_ioctl = by_vcpu_ioctl;
	r->extension = by_extension;
	u->m->h.kvm.rules = r;
}

static void an_architecture_that_enters_guests_itself_is_asked_to(void **un)
{
	struct user *u = user_new();
	const struct kvm_rules *was = u->m->h.kvm.rules;
	struct kvm_rules rules;
	struct kvm_run r;

	(void)un;
	take_table(u, &rules);
	launch(u);
	u->m->script[0] = touch(8, true, true);
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_HLT);
	assert_int_equal(asked.entered, 2); /* the fault, and the halt */
	asked.enter_err = -ENXIO;
	assert_int_equal(run(u, 0, &r), -ENXIO);
	u->m->h.kvm.rules = was;
	user_free(u);
}

static void a_vcpu_that_the_architecture_refuses_is_not_made(void **un)
{
	struct user *u = user_new();
	const struct kvm_rules *was = u->m->h.kvm.rules;
	struct kvm_rules rules;
	const uint64_t vcpus = u->m->h.kvm.vcpu_pool.live;
	long fd;

	(void)un;
	take_table(u, &rules);
	asked.init_err = -EPERM;
	assert_int_equal(k_ioctl(u->t, u->vm, KVM_CREATE_VCPU, 1), -EPERM);
	assert_int_equal(u->m->h.kvm.vcpu_pool.live, vcpus);
	asked.init_err = 0;
	fd = k_ioctl(u->t, u->vm, KVM_CREATE_VCPU, 1);
	assert_true(fd >= 0);
	assert_int_equal(asked.inits, 1);
	assert_int_equal(asked.finis, 0);
	assert_int_equal(k_close(u->t, (int)fd), 0);
	assert_int_equal(asked.finis, 1);
	u->m->h.kvm.rules = was;
	user_free(u);
}

static void a_vcpu_that_gets_no_file_is_taken_back(void **un)
{
	struct user *u = user_new();
	const struct kvm_rules *was = u->m->h.kvm.rules;
	struct kpool *files = &u->m->h.k.file_pool;
	struct kvm_rules rules;
	const uint64_t vcpus = u->m->h.kvm.vcpu_pool.live;
	int fd[K_FDS];
	unsigned n = 0;

	(void)un;
	take_table(u, &rules);
	/* no file, then no number for it */
	while ((fd[n] = (int)k_open(u->t, "/dev/kvm")) >= 0)
		n++;
	assert_int_equal(k_ioctl(u->t, u->vm, KVM_CREATE_VCPU, 1), -EMFILE);
	assert_int_equal(asked.inits, 1);
	assert_int_equal(asked.finis, 1);
	while (n)
		assert_int_equal(k_close(u->t, fd[--n]), 0);
	files->max = files->live;
	assert_int_equal(k_ioctl(u->t, u->vm, KVM_CREATE_VCPU, 1), -ENOMEM);
	files->max = 0;
	assert_int_equal(asked.inits, 2);
	assert_int_equal(asked.finis, 2);
	assert_int_equal(u->m->h.kvm.vcpu_pool.live, vcpus);
	u->m->h.kvm.rules = was;
	user_free(u);
}

static int asks_twice(void *ctx, struct kvm_vcpu *v, struct vcpu_exit *x,
		      struct kvm_run *run)
{
	(void)ctx;
	(void)v;
	(void)x;
	if (run->tvm_call.ret)
		return KVM_NEXT_GUEST;
	run->exit_reason = KVM_EXIT_TVM_CALL;
	run->tvm_call.code = 5;
	return KVM_NEXT_USER;
}

/* What the next exit is, is told before what was asked of this run. */
static void an_answer_that_asks_again_is_no_interrupted_run(void **un)
{
	struct user *u = user_new();
	const struct kvm_rules *was = u->m->h.kvm.rules;
	struct kvm_rules rules;
	struct kvm_run r;

	(void)un;
	take_table(u, &rules);
	rules.complete = asks_twice;
	launch(u);
	u->m->script[0] =
		(struct vcpu_exit){ .kind = VCPU_EXIT_CALL, .code = 2 };
	assert_int_equal(run(u, 1, &r), 0);
	r.immediate_exit = 1;
	r.tvm_call.ret = 0;
	assert_int_equal(k_store(u->t, u->run, &r, sizeof(r)), 0);
	assert_int_equal(k_ioctl(u->t, u->vcpu, KVM_RUN, 0), 0);
	assert_int_equal(k_load(u->t, u->run, &r, sizeof(r)), 0);
	assert_int_equal(r.tvm_call.code, 5);
	r.tvm_call.ret = 1;
	assert_int_equal(k_store(u->t, u->run, &r, sizeof(r)), 0);
	assert_int_equal(k_ioctl(u->t, u->vcpu, KVM_RUN, 0), -EINTR);
	assert_int_equal(asked.entered, 1);
	u->m->h.kvm.rules = was;
	user_free(u);
}

/* An answer is KVM's to give. */
static void an_exit_that_brings_its_own_answer_has_none(void **un)
{
	struct user *u = user_new();
	struct kvm_run r;

	(void)un;
	launch(u);
	u->m->script[0] = touch(8, true, true);
	u->m->script[0].done = true;
	assert_int_equal(run(u, 1, &r), 0);
	assert_false(u->m->got[0].done);
	user_free(u);
}

static void what_kvm_does_not_know_the_architecture_may(void **un)
{
	struct user *u = user_new();
	const struct kvm_rules *was = u->m->h.kvm.rules;
	struct kvm_rules rules;

	(void)un;
	assert_int_equal(k_ioctl(u->t, u->vm, 0x1234, 7), -ENOTTY);
	assert_int_equal(k_ioctl(u->t, u->vcpu, 0x1234, 7), -EINVAL);
	take_table(u, &rules);
	assert_int_equal(k_ioctl(u->t, u->vm, 0x1234, 7), 7);
	assert_int_equal(k_ioctl(u->t, u->vm, 0x1235, 7), -ENOTTY);
	assert_int_equal(k_ioctl(u->t, u->vcpu, 0x1234, 7), 7);
	assert_int_equal(k_ioctl(u->t, u->vcpu, 0x1235, 7), -EINVAL);
	assert_int_equal(k_ioctl(u->t, u->vm, KVM_CHECK_EXTENSION, 99999), 2);
	assert_int_equal(k_ioctl(u->t, u->kvm, KVM_CHECK_EXTENSION, 99999), 1);
	assert_int_equal(k_ioctl(u->t, u->kvm, KVM_CHECK_EXTENSION, 99998), 0);
	u->m->h.kvm.rules = was;
	user_free(u);
}

static void shared_addresses_alone_reach_a_frame_of_the_host(void **un)
{
	struct user *u = user_new();
	struct kvm_vm *vm = kvm_from_file(k_fd_file(u->t, u->vm));
	uint64_t pa;

	(void)un;
	assert_int_equal(kvm_shared_pa(vm, 0, &pa), -EFAULT);
	assert_int_equal(kvm_shared_pa(vm, VM_MEM, &pa), -EFAULT);
	assert_int_equal(attr(u, 0, PAGE_4K, false), 0);
	assert_int_equal(kvm_shared_pa(vm, 5, &pa), 0);
	assert_int_equal(pa % PAGE_4K, 5);
	user_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vcpu_waits_for_the_launch),
		cmocka_unit_test(a_signal_ends_a_run_and_the_next_one_goes_on),
		cmocka_unit_test(immediate_exit_enters_no_guest),
		cmocka_unit_test(a_vcpu_that_shut_down_says_so_each_time),
		cmocka_unit_test(faults_map_the_page_of_the_attribute_s_kind),
		cmocka_unit_test(
			a_fault_that_mapping_does_not_cure_goes_to_user_space),
		cmocka_unit_test(where_there_is_no_slot_there_is_mmio),
		cmocka_unit_test(a_read_only_slot_takes_writes_as_mmio),
		cmocka_unit_test(
			calls_of_the_guest_go_where_the_architecture_says),
		cmocka_unit_test(
			an_architecture_that_enters_guests_itself_is_asked_to),
		cmocka_unit_test(
			a_vcpu_that_the_architecture_refuses_is_not_made),
		cmocka_unit_test(a_vcpu_that_gets_no_file_is_taken_back),
		cmocka_unit_test(
			an_answer_that_asks_again_is_no_interrupted_run),
		cmocka_unit_test(an_exit_that_brings_its_own_answer_has_none),
		cmocka_unit_test(what_kvm_does_not_know_the_architecture_may),
		cmocka_unit_test(
			shared_addresses_alone_reach_a_frame_of_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
