// SPDX-License-Identifier: BSD-2-Clause
/*
 * A guest that touches one address and halts: what KVM_RUN makes of private
 * and shared pages. In the kernel: arch/x86/kvm/mmu/mmu.c,
 * virt/kvm/guest_memfd.c
 */
#include "sys.h"

#include <stddef.h>

#define GPA  UINT64_C(0x100000) /* of a slot by guest_memfd */
#define USER UINT64_C(0x200000) /* of a slot by user memory alone */
#define HOLE UINT64_C(0x400000) /* of none */

struct ctx {
	struct sys *s;
	int vm, cpu;
	uint64_t mem, run;
};

static long slot(struct ctx *c, uint32_t id, uint32_t flags, uint64_t gpa,
		 uint64_t len, int fd)
{
	struct kvm_userspace_memory_region2 r = { .slot = id,
						  .flags = flags,
						  .guest_phys_addr = gpa,
						  .memory_size = len,
						  .userspace_addr = c->mem,
						  .guest_memfd = (uint32_t)fd };

	return sys_call(c->s, c->vm, KVM_SET_USER_MEMORY_REGION2, &r);
}

static long private(struct ctx *c, uint64_t gpa, bool on)
{
	struct kvm_memory_attributes a = {
		.address = gpa,
		.size = SYS_PAGE,
		.attributes = on ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0,
	};

	return sys_call(c->s, c->vm, KVM_SET_MEMORY_ATTRIBUTES, &a);
}

/* One store, and what came of it. */
static void touch(struct ctx *c, const char *what, uint64_t gpa, bool secret)
{
	struct kvm_run r = { .exit_reason = KVM_EXIT_UNKNOWN };

	c->s->touch(c->s, c->vm, c->cpu, gpa, secret);
	say(c->s, what, c->s->ioctl(c->s, c->cpu, KVM_RUN, 0));
	c->s->load(c->s, c->run, &r,
		   offsetof(struct kvm_run, memory_fault) +
			   sizeof(r.memory_fault));
	say_value(c->s, "run: its exit", r.exit_reason);
	if (r.exit_reason == KVM_EXIT_MEMORY_FAULT) {
		say_value(c->s, "run: flags of the fault",
			  r.memory_fault.flags);
		say_value(c->s, "run: address of the fault",
			  r.memory_fault.gpa);
		say_value(c->s, "run: size of the fault", r.memory_fault.size);
	}
	if (r.exit_reason == KVM_EXIT_MMIO) {
		say_value(c->s, "run: address of the MMIO", r.mmio.phys_addr);
		say_value(c->s, "run: length of the MMIO", r.mmio.len);
		say_value(c->s, "run: the MMIO is a write", r.mmio.is_write);
	}
}

static void pre_fault(struct ctx *c, const char *what, uint64_t gpa,
		      uint64_t size)
{
	struct kvm_pre_fault_memory f = { .gpa = gpa, .size = size };

	say(c->s, what, sys_call(c->s, c->cpu, KVM_PRE_FAULT_MEMORY, &f));
	say_value(c->s, "pre-fault: bytes that are left", f.size);
}

static void touches(struct ctx *c, int gmem)
{
	touch(c, "run: store to a shared page", USER, false);
	private(c, GPA, true);
	touch(c, "run: store to a private page", GPA, true);
	touch(c, "run: store to a shared page beside it", GPA + SYS_PAGE,
	      false);
	private(c, GPA, false);
	touch(c, "run: store to it when it is shared", GPA, false);
	private(c, USER, true);
	touch(c, "run: store to a private page without guest_memfd", USER + 8,
	      true);
	private(c, USER, false);
	touch(c, "run: store to it when it is shared again", USER, false);
	touch(c, "run: store where no slot is", HOLE + 16, false);
	private(c, HOLE + SYS_PAGE, true);
	touch(c, "run: store where no slot is, to one that was never touched",
	      HOLE + SYS_PAGE, true);
	private(c, GPA, true);
	touch(c, "run: store to a private page again", GPA, true);
	say(c->s, "run: punch it", c->s->punch(c->s, gmem, 0, SYS_PAGE));
	touch(c, "run: store to a private page that was punched", GPA, true);
	slot(c, 1, 0, 0, 0, 0);
	touch(c, "run: store to a private page whose slot is gone", GPA, true);
}

void calls_run(struct sys *s)
{
	struct ctx c = { .s = s };
	struct kvm_create_guest_memfd g = { .size = 2 * SYS_PAGE };
	const int kvm = (int)s->open(s, "/dev/kvm");
	int gmem;
	long len;

	c.vm = (int)s->ioctl(s, kvm, KVM_CREATE_VM, s->private_vm);
	say_ok(s, "run: a VM", c.vm);
	s->mmap(s, 16 * SYS_PAGE, SYS_ANONYMOUS | 2, -1, 0, &c.mem);
	gmem = (int)sys_call(s, c.vm, KVM_CREATE_GUEST_MEMFD, &g);
	say(s, "run: a slot by guest_memfd",
	    slot(&c, 1, KVM_MEM_GUEST_MEMFD, GPA, 2 * SYS_PAGE, gmem));
	say(s, "run: a slot of user memory", slot(&c, 2, 0, USER, SYS_PAGE, 0));
	c.cpu = (int)s->ioctl(s, c.vm, KVM_CREATE_VCPU, 0);
	say_ok(s, "run: a vCPU", c.cpu);
	len = s->ioctl(s, kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	say(s, "run: map its kvm_run",
	    s->mmap(s, (uint64_t)len, SYS_SHARED, c.cpu, 0, &c.run));
	s->launch(s, c.vm);
	say(s, "run: with an argument", s->ioctl(s, c.cpu, KVM_RUN, 1));
	private(&c, GPA, true);
	pre_fault(&c, "pre-fault: a private page", GPA, SYS_PAGE);
	pre_fault(&c, "pre-fault: where no slot is", HOLE, SYS_PAGE);
	pre_fault(&c, "pre-fault: into where none is", GPA, 4 * SYS_PAGE);
	touches(&c, gmem);
	s->munmap(s, c.run, (uint64_t)len);
	s->close(s, c.cpu);
	s->close(s, c.vm);
	s->close(s, gmem);
	s->close(s, kvm);
}
