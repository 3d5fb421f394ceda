/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/vfio/vfio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/vfio/vfio_priv.h"
#include "pci/regs.h"

#define OFFSET_MASK (BIT64(VFIO_PCI_OFFSET_SHIFT) - 1)

struct vfio_dev *vfio_of(const struct pci_dev *p)
{
	return p->drv && strcmp(p->drv->name, "vfio-pci") == 0 ? p->drv_data
							       : NULL;
}

/* --- private or not --- */

/* For the TSM's driver: BARs become the guest's alone, or come back. */
static int mmio_private(void *ctx, bool on)
{
	struct vfio_dev *d = ctx;

	if (on && d->file && k_vma_count(d->core->k, d->file))
		return -EBUSY;
	d->private = on;
	return 0;
}

static const struct pci_tdi_port port = { .mmio_private = mmio_private };

/* --- regions --- */

static const struct pci_bar *bar_of(const struct vfio_dev *d, uint64_t index)
{
	return index < T0_BARS && d->p->bars[index].pa ? &d->p->bars[index]
						       : NULL;
}

static bool decoding(struct vfio_dev *d)
{
	uint32_t cmd;

	if (d->p->is_vf)
		return true;
	return !pci_read(d->p, CFG_COMMAND, 2, &cmd) && cmd & CMD_MEM;
}

/* 0 and the physical address, or why the user may not touch it. */
static long bar_range(struct vfio_dev *d, uint64_t off, size_t len,
		      uint64_t *pa)
{
	const struct pci_bar *b = bar_of(d, off >> VFIO_PCI_OFFSET_SHIFT);

	off &= OFFSET_MASK;
	if (!b || off >= b->size || len > b->size - off)
		return -EINVAL;
	if (d->private)
		return -EBUSY;
	if (!decoding(d))
		return -EIO;
	*pa = b->pa + off;
	return 0;
}

static bool is_config(uint64_t off)
{
	return off >> VFIO_PCI_OFFSET_SHIFT == VFIO_PCI_CONFIG_REGION_INDEX;
}

static long dev_read(struct file *f, struct task *t, void *buf, size_t len,
		     uint64_t off)
{
	struct vfio_dev *d = f->priv;
	struct host_hw *hw = &d->core->k->hw;
	uint64_t pa;
	long ret;

	if (!d->idev)
		return -EINVAL;
	if (is_config(off))
		return (off & OFFSET_MASK) >= CFG_SIZE
			       ? -EINVAL
			       : vfio_config_read(d, (uint16_t)off, buf, len);
	ret = bar_range(d, off, len, &pa);
	if (ret)
		return ret;
	return hw->ops->mem_read(hw->ctx, pa, buf, len, &t->fault) ? -EFAULT
								   : (long)len;
}

static long dev_write(struct file *f, struct task *t, const void *buf,
		      size_t len, uint64_t off)
{
	struct vfio_dev *d = f->priv;
	struct host_hw *hw = &d->core->k->hw;
	uint64_t pa;
	long ret;

	if (!d->idev)
		return -EINVAL;
	if (is_config(off))
		return (off & OFFSET_MASK) >= CFG_SIZE
			       ? -EINVAL
			       : vfio_config_write(d, (uint16_t)off, buf, len);
	ret = bar_range(d, off, len, &pa);
	if (ret)
		return ret;
	return hw->ops->mem_write(hw->ctx, pa, buf, len, &t->fault) ? -EFAULT
								    : (long)len;
}

static long dev_mmap(struct file *f, struct task *t, struct vma *v)
{
	struct vfio_dev *d = f->priv;
	const struct pci_bar *b = bar_of(d, v->off >> VFIO_PCI_OFFSET_SHIFT);
	uint64_t off = v->off & OFFSET_MASK;

	(void)t;
	if (!d->idev || !b || off >= b->size || v->len > b->size - off)
		return -EINVAL;
	if (d->private)
		return -EBUSY;
	v->kind = VMA_PHYS;
	v->pa = b->pa + off;
	v->revoked = !decoding(d);
	return 0;
}

static long region_info(struct vfio_dev *d, uintptr_t arg)
{
	struct vfio_region_info *r = (struct vfio_region_info *)arg;
	const struct pci_bar *b;

	if (r->argsz < sizeof(*r))
		return -EINVAL;
	if (r->index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	b = bar_of(d, r->index);
	r->offset = VFIO_PCI_OFFSET(r->index);
	r->cap_offset = 0;
	r->size = r->index == VFIO_PCI_CONFIG_REGION_INDEX ? CFG_SIZE
		  : b					   ? b->size
							   : 0;
	r->flags = r->size ? VFIO_REGION_INFO_FLAG_READ |
				     VFIO_REGION_INFO_FLAG_WRITE
			   : 0;
	if (b && b->size >= PAGE_4K && !d->private)
		r->flags |= VFIO_REGION_INFO_FLAG_MMAP;
	return 0;
}

static long device_info(struct vfio_dev *d, uintptr_t arg)
{
	struct vfio_device_info *i = (struct vfio_device_info *)arg;

	if (i->argsz < 16)
		return -EINVAL;
	i->flags = VFIO_DEVICE_FLAGS_PCI |
		   (d->p->flr ? VFIO_DEVICE_FLAGS_RESET : 0);
	i->num_regions = VFIO_PCI_NUM_REGIONS;
	i->num_irqs = 0;
	return 0;
}

/* --- dma-buf --- */

static void buf_released(struct dmabuf *b)
{
	struct vfio_dev *d = b->owner;
	struct dmabuf **at = d ? &d->bufs : NULL;

	while (at && *at && *at != b)
		at = &(*at)->next;
	if (at && *at)
		*at = b->next;
}

static long dma_buf(struct vfio_dev *d, struct task *t, uintptr_t arg)
{
	struct vfio_device_feature *fe = (struct vfio_device_feature *)arg;
	struct vfio_device_feature_dma_buf q;
	struct vfio_region_dma_range r;
	const struct pci_bar *bar;
	struct dmabuf *b;
	long fd;

	if (fe->argsz < sizeof(*fe) + sizeof(q) + sizeof(r))
		return -EINVAL;
	memcpy(&q, fe->data, sizeof(q));
	memcpy(&r, fe->data + sizeof(q), sizeof(r));
	if (!q.nr_ranges || q.flags || (r.offset | r.length) % PAGE_4K ||
	    !r.length || r.offset + r.length < r.offset)
		return -EINVAL;
	if (q.nr_ranges > 1)
		return -EOPNOTSUPP; /* importers take one range */
	bar = bar_of(d, q.region_index);
	if (!bar)
		return -ENODEV;
	if (r.offset + r.length > bar->size)
		return -EINVAL;
	b = dmabuf_new(d->core->k, &d->core->buf_pool, bar->pa + r.offset,
		       r.length, !decoding(d));
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

static long feature(struct vfio_dev *d, struct task *t, uintptr_t arg)
{
	const struct vfio_device_feature *fe =
		(const struct vfio_device_feature *)arg;

	if (fe->argsz < sizeof(*fe))
		return -EINVAL;
	if ((fe->flags & VFIO_DEVICE_FEATURE_MASK) !=
	    VFIO_DEVICE_FEATURE_DMA_BUF)
		return -ENOTTY;
	if (fe->flags & VFIO_DEVICE_FEATURE_SET)
		return -EINVAL;
	if (fe->flags & VFIO_DEVICE_FEATURE_PROBE)
		return 0;
	return fe->flags & VFIO_DEVICE_FEATURE_GET ? dma_buf(d, t, arg)
						   : -EINVAL;
}

/* --- iommufd, reset, close --- */

static long bind_iommufd(struct vfio_dev *d, struct task *t, uintptr_t arg)
{
	const size_t min =
		offsetof(struct vfio_device_bind_iommufd, token_uuid_ptr);
	struct vfio_device_bind_iommufd a;
	struct file *iommu;
	int ret = k_copy_struct(&a, sizeof(a), min, arg);

	if (ret)
		return ret;
	/* No device of ours takes a token. */
	if (a.iommufd < 0 || a.flags || d->idev)
		return -EINVAL;
	iommu = k_fd_file(t, a.iommufd);
	ret = iommufd_bind(d->core->iommufd, iommu, d->p, &port, d, &d->idev,
			   &a.out_devid);
	if (ret)
		return ret;
	memcpy((uint8_t *)arg +
		       offsetof(struct vfio_device_bind_iommufd, out_devid),
	       &a.out_devid, sizeof(a.out_devid));
	d->iommu_file = k_file_get(iommu);
	ret = pci_enable(d->p, true, false);
	if (ret) {
		iommufd_unbind(d->idev);
		d->idev = NULL;
		k_file_put(d->iommu_file);
	}
	return ret;
}

static long attach(struct vfio_dev *d, uintptr_t arg)
{
	struct vfio_device_attach_iommufd_pt a;
	const size_t min =
		offsetof(struct vfio_device_attach_iommufd_pt, pasid);
	int ret = k_copy_arg(&a, min, arg);

	if (ret)
		return ret;
	if (a.argsz < min || a.flags & ~VFIO_DEVICE_ATTACH_PASID)
		return -EINVAL;
	if (a.flags & VFIO_DEVICE_ATTACH_PASID)
		return -EOPNOTSUPP; /* no function here has PASIDs */
	ret = iommufd_attach(d->idev, &a.pt_id);
	if (!ret)
		memcpy((uint8_t *)arg +
			       offsetof(struct vfio_device_attach_iommufd_pt,
					pt_id),
		       &a.pt_id, sizeof(a.pt_id));
	return ret;
}

static long detach(struct vfio_dev *d, uintptr_t arg)
{
	struct vfio_device_detach_iommufd_pt a;
	const size_t min =
		offsetof(struct vfio_device_detach_iommufd_pt, pasid);
	int ret = k_copy_arg(&a, min, arg);

	if (ret)
		return ret;
	if (a.argsz < min || a.flags & ~VFIO_DEVICE_DETACH_PASID)
		return -EINVAL;
	if (a.flags & VFIO_DEVICE_DETACH_PASID)
		return -EOPNOTSUPP;
	if (iommufd_tdi_bound(d->idev))
		return -EBUSY; /* the TSM's entry leads through this table */
	iommufd_detach(d->idev);
	return 0;
}

static long reset(struct vfio_dev *d)
{
	bool was;
	int ret;

	if (!d->p->flr)
		return -EINVAL;
	iommufd_vdevice_drop(d->idev);
	was = decoding(d);
	vfio_decode(d, false);
	ret = pci_flr(d->p);
	if (was && !ret)
		vfio_decode(d, true);
	return ret;
}

static long dev_ioctl(struct file *f, struct task *t, uint32_t cmd,
		      uintptr_t arg)
{
	struct vfio_dev *d = f->priv;

	if (!arg && cmd != VFIO_DEVICE_RESET)
		return -EFAULT;
	if (cmd == VFIO_DEVICE_BIND_IOMMUFD)
		return bind_iommufd(d, t, arg);
	if (!d->idev)
		return -EINVAL; /* nothing works before the bind */
	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return device_info(d, arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return region_info(d, arg);
	case VFIO_DEVICE_ATTACH_IOMMUFD_PT:
		return attach(d, arg);
	case VFIO_DEVICE_DETACH_IOMMUFD_PT:
		return detach(d, arg);
	case VFIO_DEVICE_FEATURE:
		return feature(d, t, arg);
	case VFIO_DEVICE_RESET:
		return reset(d);
	default:
		return -ENOTTY;
	}
}

/*
 * The reset between two users. Function 0 of a connected device owns DOE and
 * IDE: resetting it would end the session and every stream, under other
 * functions' users too (PCIe Base 6.x §11.4.9). It is left out then; what the
 * interface held was scrubbed by its STOP.
 *
 * OPEN: Linux 7.3 resets on close and does not look at the connection.
 */
static void wash(struct vfio_dev *d)
{
	const struct pci_tsm_dsm *dsm = pci_tsm_dsm_of(d->p);

	if (!dsm || !dsm->connected || dsm->tsm.p != d->p)
		(void)pci_flr(d->p);
	(void)pci_enable(d->p, false, false);
}

/*
 * The order that leaves nothing behind: vDevice (the interface stops), then
 * mappings of the BARs, then the device itself, then its translation.
 */
static void shut(struct vfio_dev *d)
{
	if (d->idev)
		iommufd_vdevice_drop(d->idev);
	while (d->bufs) {
		struct dmabuf *b = d->bufs;

		d->bufs = b->next;
		dmabuf_kill(b);
	}
	if (d->file)
		k_vma_revoke(d->core->k, d->file, true);
	(void)pci_enable(d->p, false, false);
	if (d->idev) {
		wash(d);
		iommufd_unbind(d->idev);
		k_file_put(d->iommu_file);
	}
	d->idev = NULL;
	d->iommu_file = NULL;
	d->private = false;
	memset(d->vbar, 0, sizeof(d->vbar));
}

static void dev_release(struct file *f)
{
	struct vfio_dev *d = f->priv;

	shut(d);
	d->open = 0;
	d->file = NULL;
}

static const struct file_ops dev_ops = {
	.name = "vfio-device",
	.ioctl = dev_ioctl,
	.read = dev_read,
	.write = dev_write,
	.mmap = dev_mmap,
	.release = dev_release,
};

static long dev_open(void *ctx, struct task *t, const char *rest,
		     struct file *f)
{
	struct vfio_core *c = ctx;
	struct pci_dev *p;
	struct vfio_dev *d;
	char *end;
	unsigned long n;

	(void)t;
	if (strncmp(rest, "vfio", 4) != 0)
		return -ENOENT;
	n = strtoul(rest + 4, &end, 10);
	p = end == rest + 4 || *end || n > UINT32_MAX
		    ? NULL
		    : pci_find(c->pci, (uint32_t)n);
	d = p ? vfio_of(p) : NULL;
	if (!d)
		return -ENOENT;
	if (d->open)
		return -EBUSY;
	d->open = 1;
	d->file = f;
	f->ops = &dev_ops;
	f->priv = d;
	return 0;
}

/* --- the driver --- */

static int probe(void *ctx, struct pci_dev *p)
{
	struct vfio_core *c = ctx;
	struct vfio_dev *d = kpool_get(&c->pool);

	if (!d)
		return -ENOMEM;
	d->core = c;
	d->p = p;
	p->drv_data = d;
	return 0;
}

/*
 * The function leaves while its descriptor may be open: the descriptor stays
 * and answers -ENODEV to everything.
 */
static long gone_ioctl(struct file *f, struct task *t, uint32_t cmd,
		       uintptr_t arg)
{
	(void)f;
	(void)t;
	(void)cmd;
	(void)arg;
	return -ENODEV;
}

static void gone_release(struct file *f)
{
	struct vfio_dev *d = f->priv;

	kpool_put(&d->core->pool, d);
}

static const struct file_ops gone_ops = {
	.name = "vfio-gone",
	.ioctl = gone_ioctl,
	.release = gone_release,
};

static void remove_dev(void *ctx, struct pci_dev *p)
{
	struct vfio_dev *d = p->drv_data;
	struct vfio_core *c = ctx;

	shut(d);
	if (d->file)
		d->file->ops = &gone_ops;
	else
		kpool_put(&c->pool, d);
}

int vfio_init(struct vfio_core *c, struct pci_host *pci,
	      struct iommufd_core *iommufd)
{
	const struct k_node n = { "/dev/vfio/devices/", dev_open, c };
	int ret;

	memset(c, 0, sizeof(*c));
	c->k = pci->k;
	c->pci = pci;
	c->iommufd = iommufd;
	kpool_init(&c->pool, c->k->arena, sizeof(struct vfio_dev), 0);
	kpool_init(&c->buf_pool, c->k->arena, sizeof(struct dmabuf), 0);
	c->drv = (struct pci_driver){ "vfio-pci", probe, remove_dev, c };
	ret = pci_driver_register(pci, &c->drv);
	return ret ? ret : k_register(c->k, &n);
}
