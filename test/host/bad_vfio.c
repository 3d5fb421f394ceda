/* SPDX-License-Identifier: BSD-2-Clause */
/* A VFIO device's ioctls. Source: Linux 7.2 drivers/vfio */
#include "bad_row.h"

#include <errno.h>

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

static const struct bad_row rows[] = {
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
const struct bad_table bad_vfio = { rows, COUNT(rows) };
