/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device features, of which there is one: BAR ranges as a dma-buf.
 * Source: Linux 7.3 drivers/vfio/pci/vfio_pci_dmabuf.c, linux.md 5.1
 */
#include <errno.h>
#include <string.h>

#include "host/vfio/vfio_priv.h"
#include "pci/regs.h"

static void buf_released(struct dmabuf *b)
{
	struct vfio_dev *d = b->owner;
	struct dmabuf **at = d ? &d->bufs : NULL;

	while (at && *at && *at != b)
		at = &(*at)->next;
	if (at && *at)
		*at = b->next;
}

/* vfio_check_feature(): 1 go on, 0 it was only asked for, or -errno. */
static int check(uint32_t flags, uint32_t argsz, uint32_t ops, size_t min)
{
	const uint32_t both = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET;

	if (flags & both & ~ops)
		return -EINVAL;
	if (flags & VFIO_DEVICE_FEATURE_PROBE)
		return 0;
	if (!(flags & both) || argsz < min)
		return -EINVAL;
	return 1;
}

/* validate_dmabuf_input(): whole pages, and their sum is a number. */
static int check_ranges(const struct vfio_region_dma_range *r, unsigned n)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i++) {
		if (!r[i].length || (r[i].offset | r[i].length) % PAGE_4K ||
		    sum + r[i].length < sum)
			return -EINVAL;
		sum += r[i].length;
	}
	/* Bit 63 is DMA_IOVA_USE_SWIOTLB's. */
	return sum >> 63 ? -EINVAL : 0;
}

/* vfio_pci_core_fill_phys_vec() */
static int fill(const struct pci_bar *b, const struct vfio_region_dma_range *r,
		unsigned n, struct dmabuf_range *out)
{
	for (unsigned i = 0; i < n; i++) {
		const uint64_t pa = b->pa + r[i].offset;

		if (pa < b->pa || pa + r[i].length < pa)
			return -EOVERFLOW;
		if (pa + r[i].length > b->pa + b->size)
			return -EINVAL;
		out[i] = (struct dmabuf_range){ pa, r[i].length };
	}
	return 0;
}

static long export(struct vfio_dev *d, struct task *t,
		   const struct dmabuf_range *r, unsigned n)
{
	struct dmabuf *b = dmabuf_new(d->core->k, &d->core->buf_pool, r, n,
				      !vfio_mem_enabled(d));
	long fd;

	if (!b)
		return -ENOMEM;
	fd = k_fd_install(t, b->file);
	if (fd < 0) {
		k_file_put(b->file);
		return fd;
	}
	b->owner = d;
	b->released = buf_released;
	b->next = d->bufs;
	d->bufs = b;
	return fd;
}

/*
 * OPEN: Linux copies the ranges without a look at argsz; here they have to lie
 * within it. More of them than we keep are refused as no memory.
 */
static long dma_buf(struct vfio_dev *d, struct task *t, uint32_t flags,
		    const uint8_t *data, uint32_t argsz)
{
	struct vfio_device_feature_dma_buf q;
	struct vfio_region_dma_range r[DMABUF_RANGES];
	struct dmabuf_range out[DMABUF_RANGES];
	int ret = check(flags, argsz, VFIO_DEVICE_FEATURE_GET, sizeof(q));

	if (ret != 1)
		return ret;
	memcpy(&q, data, sizeof(q));
	if (!q.nr_ranges || q.flags)
		return -EINVAL;
	if (q.region_index >= VFIO_PCI_ROM_REGION_INDEX)
		return -ENODEV;
	if ((argsz - sizeof(q)) / sizeof(*r) < q.nr_ranges)
		return -EINVAL;
	if (q.nr_ranges > DMABUF_RANGES)
		return -ENOMEM;
	memcpy(r, data + sizeof(q), q.nr_ranges * sizeof(*r));
	ret = check_ranges(r, q.nr_ranges);
	if (ret)
		return ret;
	if (!d->p->bars[q.region_index].pa)
		return -ENODEV; /* not a memory BAR that we claimed */
	ret = fill(&d->p->bars[q.region_index], r, q.nr_ranges, out);
	return ret ? ret : export(d, t, out, q.nr_ranges);
}

/* vfio_ioctl_device_feature(), drivers/vfio/vfio_main.c */
long vfio_feature(struct vfio_dev *d, struct task *t, uintptr_t arg)
{
	const uint32_t both = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET;
	struct vfio_device_feature f;
	int ret = k_copy_arg(&f, sizeof(f), arg);

	if (ret)
		return ret;
	if (f.argsz < sizeof(f))
		return -EINVAL;
	if (f.flags &
	    ~(VFIO_DEVICE_FEATURE_MASK | both | VFIO_DEVICE_FEATURE_PROBE))
		return -EINVAL;
	if (!(f.flags & VFIO_DEVICE_FEATURE_PROBE) && (f.flags & both) == both)
		return -EINVAL;
	if ((f.flags & VFIO_DEVICE_FEATURE_MASK) != VFIO_DEVICE_FEATURE_DMA_BUF)
		return -ENOTTY;
	return dma_buf(d, t, f.flags, (const uint8_t *)arg + sizeof(f),
		       f.argsz - (uint32_t)sizeof(f));
}

/* --- revocation --- */

int vfio_revoke(struct vfio_dev *d)
{
	int ret = 0, r;

	k_vma_revoke(d->core->k, d->user->file, true);
	for (struct dmabuf *b = d->bufs; b; b = b->next) {
		r = dmabuf_revoke(b);
		ret = ret ? ret : r;
	}
	return ret;
}

int vfio_restore(struct vfio_dev *d)
{
	int ret = 0, r;

	if (!vfio_mem_enabled(d))
		return 0;
	for (struct dmabuf *b = d->bufs; b; b = b->next) {
		r = dmabuf_restore(b);
		ret = ret ? ret : r;
	}
	if (!ret)
		k_vma_revoke(d->core->k, d->user->file, false);
	return ret;
}

int vfio_restored(struct vfio_dev *d, int ret)
{
	const int r = vfio_restore(d);

	return ret ? ret : r;
}

void vfio_bufs_kill(struct vfio_dev *d)
{
	while (d->bufs) {
		struct dmabuf *b = d->bufs;

		d->bufs = b->next;
		dmabuf_kill(b);
	}
}
