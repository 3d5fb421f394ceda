/* SPDX-License-Identifier: BSD-2-Clause */
/* /dev/iommu's ioctls. Source: Linux 7.2 drivers/iommu/iommufd */
#include "bad_row.h"

#include <errno.h>

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
	/* The second one is all zeros, and meets the first. */
	{ AT(S, num_iovas), BAD_VALUE, -EINVAL, 2 },
	{ AT(S, num_iovas), BAD_VALUE, -EINVAL, UINT32_MAX },
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

static const struct bad_row rows[] = {
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
};
const struct bad_table bad_iommufd = { rows, COUNT(rows) };
