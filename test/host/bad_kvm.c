/* SPDX-License-Identifier: BSD-2-Clause */
/* KVM's ioctls. Source: Linux 7.2 virt/kvm, arch/x86/kvm */
#include "bad_row.h"

#include <errno.h>

#define S kvm_userspace_memory_region
static void f_region(struct bad_user *b, void *arg)
{
	*(struct S *)arg = (struct S){ 3, 0, 0x100000, PAGE_4K, b->mem };
}

/* Source: Linux 7.2 kvm_set_memory_region(), kvm_gmem_bind() */
#define REGION(s)                                                            \
	{ AT(s, slot), BAD_VALUE, -EINVAL, KVM_SLOTS },                      \
		{ AT(s, slot), BAD_VALUE, -EINVAL, 1u << 16 },               \
		{ AT(s, guest_phys_addr), BAD_PAGE, -EINVAL },               \
		{ AT(s, guest_phys_addr), BAD_VALUE, -EINVAL, PAST },        \
		{ AT(s, guest_phys_addr), BAD_VALUE, -EEXIST, 0 },           \
		{ AT(s, guest_phys_addr), BAD_VALUE, -EEXIST,                \
		  VM_MEM - PAGE_4K },                                        \
		{ AT(s, memory_size), BAD_PAGE, -EINVAL },                   \
		{ AT(s, memory_size), BAD_VALUE, -EINVAL, 0 }, /* no slot */ \
		{ AT(s, memory_size), BAD_VALUE, -EINVAL, PAST },            \
		{ AT(s, userspace_addr), BAD_PAGE, -EINVAL },                \
	{                                                                    \
		AT(s, userspace_addr), BAD_VALUE, -EINVAL, PAST              \
	}
static const struct bad_field region[] = {
	{ AT(S, flags), BAD_FLAGS, -EINVAL, 3 },
	REGION(S),
};
#undef S

#define S kvm_userspace_memory_region2
static void f_region2(struct bad_user *b, void *arg)
{
	*(struct S *)arg = (struct S){ 3, 0, 0x100000, PAGE_4K, b->mem };
}

static const struct bad_field region2[] = {
	{ AT(S, flags), BAD_FLAGS, -EINVAL,
	  3 | KVM_MEM_GUEST_MEMFD | KVM_MEM_VFIO_DMABUF },
	/* With a file whose number is 0: that is /dev/kvm. */
	{ AT(S, flags), BAD_VALUE, -EINVAL, KVM_MEM_GUEST_MEMFD },
	{ AT(S, flags), BAD_VALUE, -EINVAL, KVM_MEM_VFIO_DMABUF },
	{ AT(S, flags), BAD_VALUE, -EINVAL, KVM_MEM_GUEST_MEMFD | 1 },
	{ AT(S, flags), BAD_VALUE, -EINVAL, KVM_MEM_GUEST_MEMFD | 2 },
	REGION(S),
};

static void f_region_gmem(struct bad_user *b, void *arg)
{
	ARG(S, a);

	f_region2(b, arg);
	a->flags = KVM_MEM_GUEST_MEMFD;
	a->guest_memfd = (uint32_t)b->gmem;
}

static const struct bad_field region_gmem[] = {
	{ AT(S, guest_memfd), BAD_FD, -EBADF, 0, -EINVAL },
	{ AT(S, guest_memfd_offset), BAD_PAGE, -EINVAL },
	{ AT(S, guest_memfd_offset), BAD_VALUE, -EINVAL, PAGE_4K },
	{ AT(S, guest_memfd_offset), BAD_VALUE, -EINVAL, PAST },
	{ AT(S, memory_size), BAD_VALUE, -EINVAL, 2 * PAGE_4K },
};

static void f_region_dmabuf(struct bad_user *b, void *arg)
{
	ARG(S, a);

	f_region2(b, arg);
	a->flags = KVM_MEM_VFIO_DMABUF;
	a->guest_memfd = (uint32_t)b->buf;
}
#undef S

#define S kvm_memory_attributes
static void f_attrs(struct bad_user *b, void *arg)
{
	(void)b;
	*(struct S *)arg = (struct S){ 0, PAGE_4K, 0, 0 };
}

static const struct bad_field attrs[] = {
	{ AT(S, flags), BAD_FLAGS, -EINVAL, 0 },
	{ AT(S, attributes), BAD_FLAGS, -EINVAL, 8 },
	{ AT(S, address), BAD_PAGE, -EINVAL },
	{ AT(S, size), BAD_PAGE, -EINVAL },
	{ AT(S, size), BAD_VALUE, -EINVAL, 0 },
	{ AT(S, address), BAD_VALUE, -EINVAL, PAST },
};
#undef S

#define S kvm_create_guest_memfd
static void f_gmem(struct bad_user *b, void *arg)
{
	(void)b;
	((struct S *)arg)->size = PAGE_4K;
}

static const struct bad_field gmem[] = {
	{ AT(S, flags), BAD_FLAGS, -EINVAL,
	  KVM_GUEST_MEMFD_HUGE | KVM_GUEST_MEMFD_IN_PLACE },
	{ AT(S, size), BAD_PAGE, -EINVAL },
	{ AT(S, size), BAD_VALUE, -EINVAL, 0 },
	{ AT(S, size), BAD_VALUE, -EINVAL, PAST },
};
#undef S

#define S kvm_create_device
static void f_kdev(struct bad_user *b, void *arg)
{
	ARG(S, a);

	(void)b;
	a->type = KVM_DEV_TYPE_VFIO;
	a->flags = KVM_CREATE_DEVICE_TEST; /* one is there */
}

static const struct bad_field kdev[] = {
	{ AT(S, type), BAD_VALUE, -ENODEV, 0 },
	{ AT(S, type), BAD_VALUE, -ENODEV, UINT32_MAX },
	{ AT(S, flags), BAD_VALUE, -EBUSY, 0 },
};
#undef S

#define S kvm_device_attr
static void f_attr(struct bad_user *b, void *arg)
{
	b->in.fd = b->u->dev;
	*(struct S *)arg =
		(struct S){ 0, KVM_DEV_VFIO_FILE, KVM_DEV_VFIO_FILE_ADD,
			    (uintptr_t)&b->in };
}

static const struct bad_field attr_set[] = {
	{ AT(S, group), BAD_VALUE, -ENXIO, 0 },
	{ AT(S, attr), BAD_VALUE, -ENXIO, 0 },
	{ AT(S, attr), BAD_VALUE, -ENXIO, TOP },
	{ AT(S, attr), BAD_VALUE, -ENOENT, KVM_DEV_VFIO_FILE_DEL },
	{ AT(S, addr), BAD_PTR, -EFAULT },
};
static const struct bad_field attr_has[] = {
	{ AT(S, group), BAD_VALUE, -ENXIO, 0 },
	{ AT(S, attr), BAD_VALUE, -ENXIO, 0 },
	{ AT(S, attr), BAD_VALUE, -ENXIO, TOP },
};
static const struct bad_field attr_get[] = {
	{ AT(S, group), BAD_VALUE, -EPERM, KVM_DEV_VFIO_FILE },
};
#undef S

#define S kvm_pre_fault_memory
static void f_fault(struct bad_user *b, void *arg)
{
	ARG(S, a);

	launch(b->u);
	a->gpa = PAGE_4K;
	a->size = PAGE_4K;
}

static const struct bad_field fault[] = {
	{ AT(S, flags), BAD_FLAGS, -EINVAL, 0 },
	{ AT(S, gpa), BAD_PAGE, -EINVAL },
	{ AT(S, gpa), BAD_VALUE, -EINVAL, PAST },
	{ AT(S, gpa), BAD_VALUE, -ENOENT, BAR_GPA },
	{ AT(S, size), BAD_PAGE, -EINVAL },
	{ AT(S, size), BAD_VALUE, -EINVAL, 0 },
	{ AT(S, size), BAD_VALUE, -EINVAL, PAST },
};
#undef S

/* --- by value --- */

#define BY(v, e)                                      \
	{                                             \
		"the argument", 0, 8, BAD_VALUE, e, v \
	}
static const struct bad_field one[] = { BY(1, -EINVAL), BY(TOP, -EINVAL) };
static const struct bad_field types[] = { BY(3, -EINVAL), BY(TOP, -EINVAL) };
static const struct bad_field vcpus[] = {
	BY(0, -EEXIST),
	BY(KVM_VCPUS, -EINVAL),
	BY(BIT64(32) | 1, -EINVAL),
	BY(TOP, -EINVAL),
};
#define BY_VALUE(cmd, fd, fields, v)                                      \
	{                                                                 \
#cmd, cmd, fd, BAD_PLAIN, NULL, fields, COUNT(fields), v, \
			false                                             \
	}

static const struct bad_row rows[] = {
	BY_VALUE(KVM_GET_API_VERSION, BAD_KVM, one, 0),
	BY_VALUE(KVM_GET_VCPU_MMAP_SIZE, BAD_KVM, one, 0),
	BY_VALUE(KVM_CREATE_VM, BAD_KVM, types, 0),
	/* Nothing is wrong with a question. */
	{ "KVM_CHECK_EXTENSION", KVM_CHECK_EXTENSION, BAD_KVM, BAD_PLAIN, NULL,
	  NULL, 0, 3, false },
	BY_VALUE(KVM_CREATE_VCPU, BAD_VM, vcpus, 1),
	{ "KVM_RUN", KVM_RUN, BAD_VCPU, BAD_PLAIN, NULL, one, COUNT(one), 0,
	  true },
	/* The architecture's: test/arch/sev_tio. */
	{ "KVM_MEMORY_ENCRYPT_OP", KVM_MEMORY_ENCRYPT_OP, BAD_VM, BAD_PLAIN,
	  NULL, NULL, 0, 0, true },
	ROW(KVM_SET_USER_MEMORY_REGION, BAD_VM, BAD_PLAIN, f_region, region),
	ROW(KVM_SET_USER_MEMORY_REGION2, BAD_VM, BAD_PLAIN, f_region2, region2),
	ROW(KVM_SET_USER_MEMORY_REGION2, BAD_VM, BAD_PLAIN, f_region_gmem,
	    region_gmem),
	/* A dma-buf is held against the same rules. */
	ROW(KVM_SET_USER_MEMORY_REGION2, BAD_VM, BAD_PLAIN, f_region_dmabuf,
	    region_gmem),
	ROW(KVM_SET_MEMORY_ATTRIBUTES, BAD_VM, BAD_PLAIN, f_attrs, attrs),
	ROW(KVM_CREATE_GUEST_MEMFD, BAD_VM, BAD_PLAIN, f_gmem, gmem),
	ROW(KVM_CREATE_DEVICE, BAD_VM, BAD_PLAIN, f_kdev, kdev),
	ROW(KVM_SET_DEVICE_ATTR, BAD_KDEV, BAD_PLAIN, f_attr, attr_set),
	ROW(KVM_HAS_DEVICE_ATTR, BAD_KDEV, BAD_PLAIN, f_attr, attr_has),
	{ "KVM_GET_DEVICE_ATTR", KVM_GET_DEVICE_ATTR, BAD_KDEV, BAD_PLAIN,
	  f_attr, attr_get, COUNT(attr_get), 0, true },
	ROW(KVM_PRE_FAULT_MEMORY, BAD_VCPU, BAD_PLAIN, f_fault, fault),
};
const struct bad_table bad_kvm = { rows, COUNT(rows) };
