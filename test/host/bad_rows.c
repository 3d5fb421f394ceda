/* SPDX-License-Identifier: BSD-2-Clause */
/* One row for each ioctl: what a good call is, and what is wrong otherwise. */
#include "bad.h"

#include <errno.h>

#define TOP	  UINT64_MAX
#define PAST	  (UINT64_MAX - 4095)
#define AT(s, m)  #m, offsetof(struct s, m), sizeof(((struct s *)0)->m)
#define ARG(s, a) struct s *a = arg
#define ROW(cmd, fd, setup, fill, fields)                                   \
	{                                                                   \
#cmd, cmd, fd, setup, fill, fields, COUNT(fields), 0, false \
	}

/* --- KVM --- */

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

/* --- iommufd: Linux 7.2 drivers/iommu/iommufd --- */

#define SIZED(s, min)                         \
	{                                     \
		AT(s, size), BAD_SIZE, 0, min \
	}

#define S iommu_destroy
static void f_destroy(struct bad_user *b, void *arg)
{
	*(struct S *)arg = (struct S){ sizeof(struct S), b->u->ioas };
}

static const struct bad_field destroy_f[] = {
	SIZED(S, 8),
	{ AT(S, id), BAD_ID, -ENOENT },
};
#undef S

#define S iommu_ioas_alloc
static void f_ioas(struct bad_user *b, void *arg)
{
	(void)b;
	((struct S *)arg)->size = sizeof(struct S);
}

static const struct bad_field ioas[] = {
	SIZED(S, 12),
	{ AT(S, flags), BAD_FLAGS, -EOPNOTSUPP, 0 },
};
#undef S

#define S iommu_ioas_allow_iovas
static void f_allow(struct bad_user *b, void *arg)
{
	b->in.ranges[0] = (struct iommu_iova_range){ 0, 0xfffff };
	*(struct S *)arg = (struct S){ sizeof(struct S), b->u->ioas, 1, 0,
				       (uintptr_t)&b->in };
}

static const struct bad_field allow[] = {
	SIZED(S, 24),
	{ AT(S, reserved), BAD_RSVD, -EOPNOTSUPP },
	{ AT(S, ioas_id), BAD_ID, -ENOENT, 0, -ENOENT },
	{ AT(S, allowed_iovas), BAD_PTR, -EFAULT },
};
#undef S

#define S iommu_ioas_iova_ranges
static void f_ranges(struct bad_user *b, void *arg)
{
	*(struct S *)arg = (struct S){ sizeof(struct S),  b->u->ioas, 64, 0,
				       (uintptr_t)&b->in, 0 };
}

static const struct bad_field ranges[] = {
	SIZED(S, 32),
	{ AT(S, reserved), BAD_RSVD, -EOPNOTSUPP },
	{ AT(S, ioas_id), BAD_ID, -ENOENT, 0, -ENOENT },
	{ AT(S, allowed_iovas), BAD_PTR, -EFAULT },
};
#undef S

#define S iommu_ioas_copy
static void f_copy(struct bad_user *b, void *arg)
{
	*(struct S *)arg =
		(struct S){ sizeof(struct S), FLAGS,	b->u->ioas, b->u->ioas,
			    PAGE_4K,	      0x900000, 0x800000 };
}

static const struct bad_field copy[] = {
	SIZED(S, 40),
	{ AT(S, flags), BAD_FLAGS, -EOPNOTSUPP, FLAGS },
	{ AT(S, flags), BAD_VALUE, -EINVAL, IOMMU_IOAS_MAP_FIXED_IOVA },
	{ AT(S, dst_ioas_id), BAD_ID, -ENOENT, 0, -ENOENT },
	{ AT(S, src_ioas_id), BAD_ID, -ENOENT, 0, -ENOENT },
	{ AT(S, length), BAD_VALUE, -EINVAL, 0 },
	{ AT(S, length), BAD_VALUE, -EOVERFLOW, TOP },
	{ AT(S, dst_iova), BAD_PAGE, -EINVAL },
	{ AT(S, dst_iova), BAD_VALUE, -EEXIST, 0x800000 },
	{ AT(S, dst_iova), BAD_VALUE, -EOVERFLOW, TOP },
	{ AT(S, src_iova), BAD_VALUE, -ENOENT, 0x700000 },
};
#undef S

#define S iommu_ioas_map
static void f_map(struct bad_user *b, void *arg)
{
	*(struct S *)arg = (struct S){ sizeof(struct S), FLAGS,	  b->u->ioas, 0,
				       b->mem,		 PAGE_4K, 0x100000 };
}

static const struct bad_field map_f[] = {
	SIZED(S, 40),
	{ AT(S, flags), BAD_FLAGS, -EOPNOTSUPP, FLAGS },
	{ AT(S, flags), BAD_VALUE, -EINVAL, IOMMU_IOAS_MAP_FIXED_IOVA },
	{ AT(S, reserved), BAD_RSVD, -EOPNOTSUPP },
	{ AT(S, ioas_id), BAD_ID, -ENOENT, 0, -ENOENT },
	{ AT(S, length), BAD_VALUE, -EINVAL, 0 },
	{ AT(S, length), BAD_PAGE, -EINVAL },
	{ AT(S, length), BAD_VALUE, -EOVERFLOW, TOP },
	{ AT(S, iova), BAD_PAGE, -EINVAL },
	{ AT(S, iova), BAD_VALUE, -EOVERFLOW, TOP },
	{ AT(S, iova), BAD_VALUE, -EEXIST, 0x800000 },
	{ AT(S, user_va), BAD_VALUE, -EFAULT, 0 },
	{ AT(S, user_va), BAD_VALUE, -EFAULT, K_MMAP_BASE + BIT64(40) },
};
#undef S

#define S iommu_ioas_map_file
static void f_map_file(struct bad_user *b, void *arg)
{
	launch(b->u);
	*(struct S *)arg = (struct S){ sizeof(struct S), FLAGS, b->u->ioas,
				       b->u->gmem,	 0,	PAGE_4K,
				       0x100000 };
}

static const struct bad_field map_file_f[] = {
	SIZED(S, 40),
	{ AT(S, flags), BAD_FLAGS, -EOPNOTSUPP,
	  FLAGS | IOMMU_IOAS_MAP_AFTER_LAUNCH },
	{ AT(S, flags), BAD_VALUE, -EINVAL, IOMMU_IOAS_MAP_FIXED_IOVA },
	{ AT(S, ioas_id), BAD_ID, -ENOENT, 0, -ENOENT },
	{ AT(S, fd), BAD_FD, -EBADF, 0, -EINVAL },
	{ AT(S, start), BAD_VALUE, -EINVAL, VM_MEM },
	{ AT(S, start), BAD_VALUE, -EOVERFLOW, PAST + 4095 },
	{ AT(S, length), BAD_VALUE, -EINVAL, 0 },
	{ AT(S, length), BAD_VALUE, -EOVERFLOW, TOP },
	{ AT(S, iova), BAD_PAGE, -EINVAL },
	{ AT(S, iova), BAD_VALUE, -EOVERFLOW, TOP },
	{ AT(S, iova), BAD_VALUE, -EEXIST, 0x800000 },
};
#undef S

#define S iommu_ioas_unmap
static void f_unmap(struct bad_user *b, void *arg)
{
	*(struct S *)arg = (struct S){ sizeof(struct S), b->u->ioas, 0x800000,
				       2 * PAGE_4K };
}

static const struct bad_field unmap_f[] = {
	SIZED(S, 24),
	{ AT(S, ioas_id), BAD_ID, -ENOENT, 0, -ENOENT },
	{ AT(S, length), BAD_VALUE, -EINVAL, 0 },
	{ AT(S, length), BAD_VALUE, -EOVERFLOW, TOP },
	{ AT(S, length), BAD_VALUE, -ENOENT, PAGE_4K }, /* half of it */
	{ AT(S, iova), BAD_VALUE, -ENOENT, 0x801000 },
	{ AT(S, iova), BAD_VALUE, -ENOENT, 0x700000 },
	{ AT(S, iova), BAD_VALUE, -EOVERFLOW, TOP },
};
#undef S

#define S iommu_option
static void f_option(struct bad_user *b, void *arg)
{
	ARG(S, a);

	a->size = sizeof(*a);
	a->option_id = IOMMU_OPTION_HUGE_PAGES;
	a->op = IOMMU_OPTION_OP_GET;
	a->object_id = b->u->ioas;
}

static const struct bad_field option[] = {
	SIZED(S, 24),
	{ AT(S, option_id), BAD_VALUE, -EOPNOTSUPP, 77 },
	{ AT(S, op), BAD_VALUE, -EOPNOTSUPP, 2 },
	{ AT(S, reserved), BAD_RSVD, -EOPNOTSUPP },
	{ AT(S, object_id), BAD_ID, -ENOENT, 0, -ENOENT },
};
#undef S

#define S iommu_hwpt_alloc
static void f_hwpt(struct bad_user *b, void *arg)
{
	ARG(S, a);

	a->size = sizeof(*a);
	a->flags = IOMMU_HWPT_ALLOC_NEST_PARENT;
	a->dev_id = b->u->dev_id;
	a->pt_id = b->u->ioas;
}

static const struct bad_field hwpt[] = {
	SIZED(S, 24),
	{ AT(S, flags), BAD_VALUE, -EOPNOTSUPP, 1u << 4 },
	{ AT(S, flags), BAD_VALUE, -EOPNOTSUPP, 1u << 30 },
	{ AT(S, reserved), BAD_RSVD, -EOPNOTSUPP },
	{ AT(S, dev_id), BAD_ID, -ENOENT, 0, -ENOENT },
	/* Not -ENOENT: iommufd_hwpt_alloc() does not say why. */
	{ AT(S, pt_id), BAD_ID, -EINVAL, 0, -EINVAL },
};
#undef S

#define S iommu_hw_info
static void f_hw(struct bad_user *b, void *arg)
{
	ARG(S, a);

	a->size = sizeof(*a);
	a->dev_id = b->u->dev_id;
}

static const struct bad_field hw[] = {
	SIZED(S, 32),
	{ AT(S, flags), BAD_VALUE, -EOPNOTSUPP, 1u << 1 },
	{ AT(S, flags), BAD_VALUE, -EOPNOTSUPP, 1u << 31 },
	{ AT(S, dev_id), BAD_ID, -ENOENT, 0, -ENOENT },
};
#undef S

#define S iommu_viommu_alloc
static void f_viommu(struct bad_user *b, void *arg)
{
	ARG(S, a);

	b->in.tsm = (struct iommu_viommu_tsm){ .kvm_fd = b->u->vm };
	*a = (struct S){ .size = sizeof(*a),
			 .type = IOMMU_VIOMMU_TYPE_TSM,
			 .dev_id = b->u->dev_id,
			 .hwpt_id = b->u->hwpt,
			 .data_len = sizeof(b->in.tsm),
			 .data_uptr = (uintptr_t)&b->in };
}

static const struct bad_field viommu[] = {
	SIZED(S, 24),
	{ AT(S, flags), BAD_FLAGS, -EOPNOTSUPP, 0 },
	{ AT(S, type), BAD_VALUE, -EOPNOTSUPP, 0 },
	{ AT(S, type), BAD_VALUE, -EOPNOTSUPP, 99 },
	{ AT(S, dev_id), BAD_ID, -ENOENT, 0, -ENOENT },
	{ AT(S, hwpt_id), BAD_ID, -ENOENT, 0, -ENOENT },
	{ AT(S, data_len), BAD_VALUE, -EINVAL, 0 },
	{ AT(S, data_uptr), BAD_PTR, -EFAULT },
};
#undef S

#define S iommu_vdevice_alloc
static void f_vdevice(struct bad_user *b, void *arg)
{
	*(struct S *)arg = (struct S){ sizeof(struct S), b->u->viommu,
				       b->u->dev_id, 0, 8 };
}

static const struct bad_field vdevice[] = {
	SIZED(S, 24),
	{ AT(S, viommu_id), BAD_ID, -ENOENT, 0, -ENOENT },
	{ AT(S, dev_id), BAD_ID, -ENOENT, 0, -ENOENT },
	{ AT(S, virt_id), BAD_VALUE, -EINVAL, TOP },
};
#undef S

#define S iommu_vdevice_tsm_req
static void f_req(struct bad_user *b, void *arg)
{
	ARG(S, a);

	*a = (struct S){ .size = sizeof(*a),
			 .vdevice_id = b->u->vdevice,
			 .req_len = 4,
			 .resp_len = 64,
			 .req_uptr = (uintptr_t)&b->in,
			 .resp_uptr = (uintptr_t)(b->in.bytes + 512) };
}

static const struct bad_field req[] = {
	SIZED(S, 48),
	{ AT(S, vdevice_id), BAD_ID, -ENOENT, 0, -ENOENT },
	{ AT(S, req_len), BAD_VALUE, -E2BIG, UINT32_MAX },
	{ AT(S, resp_len), BAD_VALUE, -E2BIG, UINT32_MAX },
	{ AT(S, req_uptr), BAD_PTR, -EFAULT },
};
#undef S

#define S iommu_ioas_set_page_size
static void f_page_size(struct bad_user *b, void *arg)
{
	*(struct S *)arg =
		(struct S){ sizeof(struct S), 0,	   b->u->ioas, 0,
			    0x800000,	      2 * PAGE_4K, PAGE_4K };
}

static const struct bad_field page_size[] = {
	SIZED(S, 40),
	{ AT(S, flags), BAD_FLAGS, -EOPNOTSUPP, 1 },
	{ AT(S, reserved), BAD_RSVD, -EOPNOTSUPP },
	{ AT(S, ioas_id), BAD_ID, -ENOENT, 0, -ENOENT },
	{ AT(S, length), BAD_VALUE, -EINVAL, 0 },
	{ AT(S, iova), BAD_PAGE, -EINVAL },
	{ AT(S, page_size), BAD_VALUE, -EOPNOTSUPP, 0 },
	{ AT(S, page_size), BAD_VALUE, -EOPNOTSUPP, 12345 },
};
#undef S

/* --- VFIO: Linux 7.2 drivers/vfio --- */

#define SIZED_V(s, min)                               \
	{                                             \
		AT(s, argsz), BAD_ARGSZ, -EINVAL, min \
	}

#define S vfio_device_info
static void f_info(struct bad_user *b, void *arg)
{
	(void)b;
	((struct S *)arg)->argsz = sizeof(struct S);
}

static const struct bad_field info[] = { SIZED_V(S, 16) };
#undef S

#define S vfio_region_info
static void f_rinfo(struct bad_user *b, void *arg)
{
	(void)b;
	((struct S *)arg)->argsz = sizeof(struct S);
}

static const struct bad_field rinfo[] = {
	SIZED_V(S, 32),
	{ AT(S, index), BAD_VALUE, -EINVAL, VFIO_PCI_NUM_REGIONS },
	{ AT(S, index), BAD_VALUE, -EINVAL, UINT32_MAX },
};
#undef S

#define S vfio_irq_info
static void f_irq(struct bad_user *b, void *arg)
{
	(void)b;
	((struct S *)arg)->argsz = sizeof(struct S);
}

static const struct bad_field irq[] = {
	SIZED_V(S, 16),
	{ AT(S, index), BAD_VALUE, -EINVAL, 5 },
	{ AT(S, index), BAD_VALUE, -EINVAL, UINT32_MAX },
};
#undef S

#define S vfio_irq_set
static void f_irqs(struct bad_user *b, void *arg)
{
	(void)b;
	((struct S *)arg)->argsz = sizeof(struct S);
}

static const struct bad_field irqs[] = {
	SIZED_V(S, 20),
	{ AT(S, flags), BAD_VALUE, -EINVAL, 1u << 31 },
	{ AT(S, index), BAD_VALUE, -EINVAL, 5 },
};
#undef S

#define S vfio_pci_hot_reset_info
static void f_hinfo(struct bad_user *b, void *arg)
{
	(void)b;
	((struct S *)arg)->argsz = BAD_ARG;
}

static const struct bad_field hinfo[] = { SIZED_V(S, 12) };
#undef S

#define S vfio_pci_hot_reset
static void f_hot(struct bad_user *b, void *arg)
{
	(void)b;
	((struct S *)arg)->argsz = sizeof(struct S);
}

static const struct bad_field hot[] = {
	SIZED_V(S, 12),
	{ AT(S, flags), BAD_FLAGS, -EINVAL, 0 },
};
#undef S

#define S vfio_device_feature
static void f_feature(struct bad_user *b, void *arg)
{
	const struct vfio_device_feature_dma_buf q = { .nr_ranges = 1 };
	const struct vfio_region_dma_range r = { 0, PAGE_4K };
	ARG(S, a);

	(void)b;
	a->argsz = 40;
	a->flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_BUF;
	memcpy(a->data, &q, sizeof(q));
	memcpy(a->data + 16, &r, sizeof(r));
}

static const struct bad_field feature[] = {
	SIZED_V(S, 40),
	{ AT(S, flags), BAD_VALUE, -ENOTTY, VFIO_DEVICE_FEATURE_GET | 0xffff },
	{ AT(S, flags), BAD_VALUE, -EINVAL, 11 | 1u << 19 },
	{ AT(S, flags), BAD_VALUE, -EINVAL, 11 | 3u << 16 },
	{ AT(S, flags), BAD_VALUE, -EINVAL, 11 | 1u << 17 },
	{ AT(S, flags), BAD_VALUE, -EINVAL, 11 },
	{ "region_index", 8, 4, BAD_VALUE, -ENODEV, 1 },
	{ "region_index", 8, 4, BAD_VALUE, -ENODEV, UINT32_MAX },
	{ "flags of the dma-buf", 16, 4, BAD_FLAGS, -EINVAL, 0 },
	{ "nr_ranges", 20, 4, BAD_VALUE, -EINVAL, 0 },
	{ "nr_ranges", 20, 4, BAD_VALUE, -EINVAL, 2 },
	{ "offset", 24, 8, BAD_PAGE, -EINVAL },
	{ "offset", 24, 8, BAD_VALUE, -EOVERFLOW, PAST },
	{ "offset", 24, 8, BAD_VALUE, -EINVAL, 0x4000 },
	{ "length", 32, 8, BAD_PAGE, -EINVAL },
	{ "length", 32, 8, BAD_VALUE, -EINVAL, 0 },
	{ "length", 32, 8, BAD_VALUE, -EINVAL, 0x5000 },
};
#undef S

#define S vfio_device_bind_iommufd
static void f_bind(struct bad_user *b, void *arg)
{
	ARG(S, a);

	a->argsz = sizeof(*a);
	a->iommufd = b->u->iommu;
}

static const struct bad_field bind[] = {
	{ AT(S, argsz), BAD_SIZE, 0, 16 },
	{ AT(S, flags), BAD_FLAGS, -EINVAL, 0 },
	{ AT(S, iommufd), BAD_VALUE, -EINVAL, UINT32_MAX },
	{ AT(S, iommufd), BAD_VALUE, -EBADF, 400 },
	{ AT(S, iommufd), BAD_VALUE, -EBADFD, 0 }, /* /dev/kvm */
};
#undef S

#define S vfio_device_attach_iommufd_pt
static void f_attach(struct bad_user *b, void *arg)
{
	ARG(S, a);

	a->argsz = sizeof(*a);
	a->pt_id = b->u->ioas;
}

static const struct bad_field attach[] = {
	SIZED_V(S, 12),
	{ AT(S, flags), BAD_FLAGS, -EINVAL, 1 },
	{ AT(S, flags), BAD_VALUE, -EOPNOTSUPP, VFIO_DEVICE_ATTACH_PASID },
	{ AT(S, pt_id), BAD_ID, -ENOENT },
};
#undef S

#define S vfio_device_detach_iommufd_pt
static void f_detach(struct bad_user *b, void *arg)
{
	(void)b;
	((struct S *)arg)->argsz = sizeof(struct S);
}

static const struct bad_field detach_f[] = {
	SIZED_V(S, 8),
	{ AT(S, flags), BAD_FLAGS, -EINVAL, 1 },
	{ AT(S, flags), BAD_VALUE, -EOPNOTSUPP, VFIO_DEVICE_DETACH_PASID },
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

const struct bad_row bad_rows[] = {
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
	ROW(KVM_SET_MEMORY_ATTRIBUTES, BAD_VM, BAD_PLAIN, f_attrs, attrs),
	ROW(KVM_CREATE_GUEST_MEMFD, BAD_VM, BAD_PLAIN, f_gmem, gmem),
	ROW(KVM_CREATE_DEVICE, BAD_VM, BAD_PLAIN, f_kdev, kdev),
	ROW(KVM_SET_DEVICE_ATTR, BAD_KDEV, BAD_PLAIN, f_attr, attr_set),
	ROW(KVM_HAS_DEVICE_ATTR, BAD_KDEV, BAD_PLAIN, f_attr, attr_has),
	{ "KVM_GET_DEVICE_ATTR", KVM_GET_DEVICE_ATTR, BAD_KDEV, BAD_PLAIN,
	  f_attr, attr_get, COUNT(attr_get), 0, true },
	ROW(KVM_PRE_FAULT_MEMORY, BAD_VCPU, BAD_PLAIN, f_fault, fault),
	ROW(IOMMU_DESTROY, BAD_IOMMU, BAD_PLAIN, f_destroy, destroy_f),
	ROW(IOMMU_IOAS_ALLOC, BAD_IOMMU, BAD_PLAIN, f_ioas, ioas),
	ROW(IOMMU_IOAS_ALLOW_IOVAS, BAD_IOMMU, BAD_PLAIN, f_allow, allow),
	ROW(IOMMU_IOAS_IOVA_RANGES, BAD_IOMMU, BAD_PLAIN, f_ranges, ranges),
	ROW(IOMMU_IOAS_COPY, BAD_IOMMU, BAD_PLAIN, f_copy, copy),
	ROW(IOMMU_IOAS_MAP, BAD_IOMMU, BAD_PLAIN, f_map, map_f),
	ROW(IOMMU_IOAS_MAP_FILE, BAD_IOMMU, BAD_PLAIN, f_map_file, map_file_f),
	ROW(IOMMU_IOAS_UNMAP, BAD_IOMMU, BAD_PLAIN, f_unmap, unmap_f),
	ROW(IOMMU_OPTION, BAD_IOMMU, BAD_PLAIN, f_option, option),
	ROW(IOMMU_HWPT_ALLOC, BAD_IOMMU, BAD_PLAIN, f_hwpt, hwpt),
	ROW(IOMMU_GET_HW_INFO, BAD_IOMMU, BAD_PLAIN, f_hw, hw),
	ROW(IOMMU_VIOMMU_ALLOC, BAD_IOMMU, BAD_NEST, f_viommu, viommu),
	ROW(IOMMU_VDEVICE_ALLOC, BAD_IOMMU, BAD_NEST, f_vdevice, vdevice),
	ROW(IOMMU_VDEVICE_TSM_REQ, BAD_IOMMU, BAD_TDI, f_req, req),
	ROW(IOMMU_IOAS_SET_PAGE_SIZE, BAD_IOMMU, BAD_PLAIN, f_page_size,
	    page_size),
	ROW(VFIO_DEVICE_GET_INFO, BAD_VFIO, BAD_PLAIN, f_info, info),
	ROW(VFIO_DEVICE_GET_REGION_INFO, BAD_VFIO, BAD_PLAIN, f_rinfo, rinfo),
	ROW(VFIO_DEVICE_GET_IRQ_INFO, BAD_VFIO, BAD_PLAIN, f_irq, irq),
	{ "VFIO_DEVICE_SET_IRQS", VFIO_DEVICE_SET_IRQS, BAD_VFIO, BAD_PLAIN,
	  f_irqs, irqs, COUNT(irqs), 0, true },
	ROW(VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, BAD_VFIO, BAD_PLAIN, f_hinfo,
	    hinfo),
	{ "VFIO_DEVICE_PCI_HOT_RESET", VFIO_DEVICE_PCI_HOT_RESET, BAD_VFIO,
	  BAD_PLAIN, f_hot, hot, COUNT(hot), 0, true },
	{ "VFIO_DEVICE_RESET", VFIO_DEVICE_RESET, BAD_VFIO, BAD_PLAIN, NULL,
	  NULL, 0, 0, false },
	ROW(VFIO_DEVICE_FEATURE, BAD_VFIO, BAD_PLAIN, f_feature, feature),
	ROW(VFIO_DEVICE_BIND_IOMMUFD, BAD_VFIO, BAD_IDLE, f_bind, bind),
	ROW(VFIO_DEVICE_ATTACH_IOMMUFD_PT, BAD_VFIO, BAD_PLAIN, f_attach,
	    attach),
	ROW(VFIO_DEVICE_DETACH_IOMMUFD_PT, BAD_VFIO, BAD_PLAIN, f_detach,
	    detach_f),
};
const size_t bad_rows_n = COUNT(bad_rows);
