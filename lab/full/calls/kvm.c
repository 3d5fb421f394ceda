// SPDX-License-Identifier: BSD-2-Clause
/*
 * /dev/kvm without a guest's instruction: VMs, slots, attributes, guest_memfd.
 * In the kernel: virt/kvm/{kvm_main,guest_memfd}.c, arch/x86/kvm
 */
#include "sys.h"

#include <string.h>

#define GPA  UINT64_C(0x100000)
#define PAST (UINT64_MAX - 4095)

struct ctx {
	struct sys *s;
	int kvm, vm, gmem;
	uint64_t mem;
};

static long slot(struct ctx *c, uint32_t id, uint32_t flags, uint64_t gpa,
		 uint64_t len, int fd, uint64_t off)
{
	struct kvm_userspace_memory_region2 r = { .slot = id,
						  .flags = flags,
						  .guest_phys_addr = gpa,
						  .memory_size = len,
						  .userspace_addr = c->mem,
						  .guest_memfd_offset = off,
						  .guest_memfd = (uint32_t)fd };

	return sys_call(c->s, c->vm, KVM_SET_USER_MEMORY_REGION2, &r);
}

static long attr(struct ctx *c, uint64_t gpa, uint64_t len, uint64_t what,
		 uint64_t flags)
{
	struct kvm_memory_attributes a = {
		.address = gpa, .size = len, .attributes = what, .flags = flags
	};

	return sys_call(c->s, c->vm, KVM_SET_MEMORY_ATTRIBUTES, &a);
}

static long gmem(struct ctx *c, uint64_t size, uint64_t flags)
{
	struct kvm_create_guest_memfd g = { .size = size, .flags = flags };

	return sys_call(c->s, c->vm, KVM_CREATE_GUEST_MEMFD, &g);
}

static long plain(struct ctx *c, int fd, unsigned long cmd, uintptr_t arg)
{
	return c->s->ioctl(c->s, fd, cmd, arg);
}

static void system_calls(struct ctx *c)
{
	say(c->s, "kvm: version", plain(c, c->kvm, KVM_GET_API_VERSION, 0));
	say(c->s, "kvm: version, with an argument",
	    plain(c, c->kvm, KVM_GET_API_VERSION, 1));
	say(c->s, "kvm: an ioctl that is not known",
	    plain(c, c->kvm, 0xaeff, 0));
	say(c->s, "kvm: a VM of a type that is not known",
	    plain(c, c->kvm, KVM_CREATE_VM, 99));
	say(c->s, "kvm: a capability that is not known",
	    plain(c, c->kvm, KVM_CHECK_EXTENSION, 9999));
	say(c->s, "kvm: read the device", c->s->pread(c->s, c->kvm, c, 1, 0));
	c->vm = (int)plain(c, c->kvm, KVM_CREATE_VM, c->s->private_vm);
	say_ok(c->s, "kvm: a VM whose memory may be private", c->vm);
	say(c->s, "kvm: memory attributes that it has",
	    plain(c, c->vm, KVM_CHECK_EXTENSION, KVM_CAP_MEMORY_ATTRIBUTES));
	say(c->s, "kvm: it has guest_memfd",
	    plain(c, c->vm, KVM_CHECK_EXTENSION, KVM_CAP_GUEST_MEMFD));
	say(c->s, "kvm: it tells of memory faults",
	    plain(c, c->vm, KVM_CHECK_EXTENSION, KVM_CAP_MEMORY_FAULT_INFO));
	say(c->s, "kvm: an ioctl that a VM does not know",
	    plain(c, c->vm, 0xaeff, 0));
}

static void an_ordinary_vm(struct ctx *c)
{
	const int was = c->vm;

	c->vm = (int)plain(c, c->kvm, KVM_CREATE_VM, KVM_X86_DEFAULT_VM);
	say_ok(c->s, "ordinary: a VM", c->vm);
	say(c->s, "ordinary: memory attributes that it has",
	    plain(c, c->vm, KVM_CHECK_EXTENSION, KVM_CAP_MEMORY_ATTRIBUTES));
	say(c->s, "ordinary: make a page private",
	    attr(c, 0, SYS_PAGE, KVM_MEMORY_ATTRIBUTE_PRIVATE, 0));
	say(c->s, "ordinary: make a page shared", attr(c, 0, SYS_PAGE, 0, 0));
	say(c->s, "ordinary: close it", c->s->close(c->s, c->vm));
	c->vm = was;
}

static void attributes(struct ctx *c)
{
	const uint64_t p = KVM_MEMORY_ATTRIBUTE_PRIVATE;

	say(c->s, "attributes: make private where no slot is",
	    attr(c, 0, SYS_PAGE, p, 0));
	say(c->s, "attributes: make it private again",
	    attr(c, 0, SYS_PAGE, p, 0));
	say(c->s, "attributes: make it shared", attr(c, 0, SYS_PAGE, 0, 0));
	say(c->s, "attributes: a flag", attr(c, 0, SYS_PAGE, p, 1));
	say(c->s, "attributes: one that is not known",
	    attr(c, 0, SYS_PAGE, 1, 0));
	say(c->s, "attributes: one that is not known besides",
	    attr(c, 0, SYS_PAGE, p | 16, 0));
	say(c->s, "attributes: of nothing", attr(c, 0, 0, p, 0));
	say(c->s, "attributes: an address that is not aligned",
	    attr(c, 1, SYS_PAGE, p, 0));
	say(c->s, "attributes: a size that is not aligned",
	    attr(c, 0, SYS_PAGE + 1, p, 0));
	say(c->s, "attributes: beyond the last address",
	    attr(c, PAST, 2 * SYS_PAGE, p, 0));
	say(c->s, "attributes: up to the last address",
	    attr(c, PAST, SYS_PAGE, p, 0));
}

static void guest_memfds(struct ctx *c)
{
	uint64_t at;
	char byte = 1;

	say(c->s, "gmem: of no size", gmem(c, 0, 0));
	say(c->s, "gmem: a size that is not aligned", gmem(c, SYS_PAGE + 1, 0));
	say(c->s, "gmem: a size below zero", gmem(c, PAST, 0));
	say(c->s, "gmem: a flag that is not known",
	    gmem(c, SYS_PAGE, UINT64_C(1) << 40));
	c->gmem = (int)gmem(c, 4 * SYS_PAGE, 0);
	say_ok(c->s, "gmem: four pages", c->gmem);
	say(c->s, "gmem: read", c->s->pread(c->s, c->gmem, &byte, 1, 0));
	say(c->s, "gmem: write", c->s->pwrite(c->s, c->gmem, &byte, 1, 0));
	say(c->s, "gmem: map",
	    c->s->mmap(c->s, SYS_PAGE, SYS_SHARED, c->gmem, 0, &at));
	say(c->s, "gmem: an ioctl", plain(c, c->gmem, 0xaeff, 0));
	say(c->s, "gmem: punch a hole",
	    c->s->punch(c->s, c->gmem, SYS_PAGE, SYS_PAGE));
	say(c->s, "gmem: punch half a page",
	    c->s->punch(c->s, c->gmem, 0, SYS_PAGE / 2));
	say(c->s, "gmem: punch behind its end",
	    c->s->punch(c->s, c->gmem, 8 * SYS_PAGE, SYS_PAGE));
}

static void slots(struct ctx *c)
{
	say(c->s, "slot: two pages", slot(c, 0, 0, GPA, 2 * SYS_PAGE, 0, 0));
	say(c->s, "slot: another over it",
	    slot(c, 1, 0, GPA + SYS_PAGE, 2 * SYS_PAGE, 0, 0));
	say(c->s, "slot: another beside it",
	    slot(c, 1, 0, GPA + 2 * SYS_PAGE, SYS_PAGE, 0, 0));
	say(c->s, "slot: a size that is not aligned",
	    slot(c, 2, 0, 4 * GPA, SYS_PAGE + 1, 0, 0));
	say(c->s, "slot: an address that is not aligned",
	    slot(c, 2, 0, 4 * GPA + 1, SYS_PAGE, 0, 0));
	say(c->s, "slot: beyond the last address",
	    slot(c, 2, 0, PAST, 2 * SYS_PAGE, 0, 0));
	say(c->s, "slot: a flag that is not known",
	    slot(c, 2, 1u << 20, 4 * GPA, SYS_PAGE, 0, 0));
	say(c->s, "slot: an address space that is not there",
	    slot(c, 7u << 16, 0, 4 * GPA, SYS_PAGE, 0, 0));
	say(c->s, "slot: more of them than can be",
	    slot(c, 0xffff, 0, 4 * GPA, SYS_PAGE, 0, 0));
	say(c->s, "slot: another size", slot(c, 0, 0, GPA, SYS_PAGE, 0, 0));
	say(c->s, "slot: move it", slot(c, 0, 0, 2 * GPA, 2 * SYS_PAGE, 0, 0));
	say(c->s, "slot: delete it", slot(c, 0, 0, 0, 0, 0, 0));
	say(c->s, "slot: delete what is not there", slot(c, 0, 0, 0, 0, 0, 0));
	slot(c, 1, 0, 0, 0, 0, 0);
}

static void private_slots(struct ctx *c)
{
	const uint32_t g = KVM_MEM_GUEST_MEMFD;

	say(c->s, "slot: a guest_memfd that is no file",
	    slot(c, 0, g, GPA, SYS_PAGE, 4000, 0));
	say(c->s, "slot: a guest_memfd that is /dev/kvm",
	    slot(c, 0, g, GPA, SYS_PAGE, c->kvm, 0));
	say(c->s, "slot: a guest_memfd, read-only",
	    slot(c, 0, g | KVM_MEM_READONLY, GPA, SYS_PAGE, c->gmem, 0));
	say(c->s, "slot: a guest_memfd with a dirty log",
	    slot(c, 0, g | KVM_MEM_LOG_DIRTY_PAGES, GPA, SYS_PAGE, c->gmem, 0));
	say(c->s, "slot: an offset that is not aligned",
	    slot(c, 0, g, GPA, SYS_PAGE, c->gmem, 1));
	say(c->s, "slot: more than the guest_memfd has",
	    slot(c, 0, g, GPA, 8 * SYS_PAGE, c->gmem, 0));
	say(c->s, "slot: behind the guest_memfd's end",
	    slot(c, 0, g, GPA, SYS_PAGE, c->gmem, 4 * SYS_PAGE));
	say(c->s, "slot: the guest_memfd's first half",
	    slot(c, 0, g, GPA, 2 * SYS_PAGE, c->gmem, 0));
	say(c->s, "slot: the same pages of it again",
	    slot(c, 1, g, 4 * GPA, 2 * SYS_PAGE, c->gmem, SYS_PAGE));
	say(c->s, "slot: its other half",
	    slot(c, 1, g, 4 * GPA, 2 * SYS_PAGE, c->gmem, 2 * SYS_PAGE));
	say(c->s, "slot: move one by guest_memfd",
	    slot(c, 1, g, 8 * GPA, 2 * SYS_PAGE, c->gmem, 2 * SYS_PAGE));
	say(c->s, "slot: one by guest_memfd without its flag",
	    slot(c, 1, 0, 4 * GPA, 2 * SYS_PAGE, 0, 0));
	say(c->s, "gmem: punch a hole under a slot",
	    c->s->punch(c->s, c->gmem, 0, SYS_PAGE));
	say(c->s, "gmem: close it under its slots", c->s->close(c->s, c->gmem));
	say(c->s, "slot: make its page private",
	    attr(c, GPA, SYS_PAGE, KVM_MEMORY_ATTRIBUTE_PRIVATE, 0));
	say(c->s, "slot: delete one whose file was closed",
	    slot(c, 0, 0, 0, 0, 0, 0));
}

static void devices(struct ctx *c)
{
	struct kvm_create_device d = { .type = KVM_DEV_TYPE_VFIO,
				       .flags = KVM_CREATE_DEVICE_TEST };
	int32_t fd = c->kvm;
	struct kvm_device_attr a = { .group = KVM_DEV_VFIO_FILE,
				     .attr = KVM_DEV_VFIO_FILE_ADD,
				     .addr = (uintptr_t)&fd };

	say(c->s, "kvm device: would VFIO's work",
	    sys_call(c->s, c->vm, KVM_CREATE_DEVICE, &d));
	d.type = 0xffff;
	say(c->s, "kvm device: a type that is not known",
	    sys_call(c->s, c->vm, KVM_CREATE_DEVICE, &d));
	d = (struct kvm_create_device){ .type = KVM_DEV_TYPE_VFIO };
	say(c->s, "kvm device: VFIO's",
	    sys_call(c->s, c->vm, KVM_CREATE_DEVICE, &d));
	say(c->s, "kvm device: has it files",
	    sys_call(c->s, (int)d.fd, KVM_HAS_DEVICE_ATTR, &a));
	say(c->s, "kvm device: add what is no VFIO file",
	    sys_call(c->s, (int)d.fd, KVM_SET_DEVICE_ATTR, &a));
	fd = 4000;
	say(c->s, "kvm device: add no file",
	    sys_call(c->s, (int)d.fd, KVM_SET_DEVICE_ATTR, &a));
	a.addr = 0;
	say(c->s, "kvm device: add from nowhere",
	    sys_call(c->s, (int)d.fd, KVM_SET_DEVICE_ATTR, &a));
	a.attr = 0;
	say(c->s, "kvm device: an attribute that is not known",
	    sys_call(c->s, (int)d.fd, KVM_SET_DEVICE_ATTR, &a));
	a.group = 99;
	say(c->s, "kvm device: a group that is not known",
	    sys_call(c->s, (int)d.fd, KVM_HAS_DEVICE_ATTR, &a));
	d = (struct kvm_create_device){ .type = KVM_DEV_TYPE_VFIO };
	say(c->s, "kvm device: a second one",
	    sys_call(c->s, c->vm, KVM_CREATE_DEVICE, &d));
}

static void vcpus(struct ctx *c)
{
	struct kvm_pre_fault_memory f = { .gpa = 4 * GPA, .size = SYS_PAGE };
	const int cpu = (int)plain(c, c->vm, KVM_CREATE_VCPU, 0);

	say_ok(c->s, "vcpu: the first", cpu);
	say(c->s, "vcpu: the same again", plain(c, c->vm, KVM_CREATE_VCPU, 0));
	say(c->s, "vcpu: a number that cannot be",
	    plain(c, c->vm, KVM_CREATE_VCPU, 0xfffffff));
	say(c->s, "vcpu: an ioctl that is not known", plain(c, cpu, 0xaeff, 0));
	f.flags = 1;
	say(c->s, "pre-fault: a flag",
	    sys_call(c->s, cpu, KVM_PRE_FAULT_MEMORY, &f));
	f.flags = 0;
	f.gpa = 4 * GPA + 1;
	say(c->s, "pre-fault: an address that is not aligned",
	    sys_call(c->s, cpu, KVM_PRE_FAULT_MEMORY, &f));
	f.gpa = PAST;
	f.size = 2 * SYS_PAGE;
	say(c->s, "pre-fault: beyond the last address",
	    sys_call(c->s, cpu, KVM_PRE_FAULT_MEMORY, &f));
	f.gpa = 4 * GPA;
	f.size = 0;
	say(c->s, "pre-fault: nothing",
	    sys_call(c->s, cpu, KVM_PRE_FAULT_MEMORY, &f));
	say(c->s, "vcpu: close it", c->s->close(c->s, cpu));
}

void calls_kvm(struct sys *s)
{
	struct ctx c = { .s = s, .kvm = (int)s->open(s, "/dev/kvm") };

	say_ok(s, "kvm: open", c.kvm);
	say_ok(s, "kvm: memory for slots",
	       s->mmap(s, 16 * SYS_PAGE, SYS_ANONYMOUS | 2, -1, 0, &c.mem));
	system_calls(&c);
	an_ordinary_vm(&c);
	attributes(&c);
	guest_memfds(&c);
	slots(&c);
	private_slots(&c);
	devices(&c);
	vcpus(&c);
	say(s, "kvm: close the VM", s->close(s, c.vm));
	say(s, "kvm: close", s->close(s, c.kvm));
}
