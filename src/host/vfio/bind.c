/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VFIO_DEVICE_BIND_IOMMUFD opens the device for its descriptor; the last close
 * of that descriptor ends it. Source: Linux 7.3 drivers/vfio/device_cdev.c
 */
#include <errno.h>
#include <string.h>

#include "host/vfio/vfio_priv.h"
#include "pci/regs.h"

/* For the TSM's driver: BARs become the guest's alone, or come back. */
static int mmio_private(void *ctx, bool on)
{
	struct vfio_dev *d = ctx;

	if (on && d->user && k_vma_count(d->core->k, d->user->file))
		return -EBUSY;
	d->private = on;
	return 0;
}

static void mmio_gone(void *ctx)
{
	struct vfio_dev *d = ctx;

	for (struct dmabuf *b = d->bufs; b; b = b->next)
		dmabuf_move(b);
}

static void *kvm_of(void *ctx)
{
	return ((struct vfio_dev *)ctx)->kvm;
}

static const struct pci_tdi_port port = { .mmio_private = mmio_private,
					  .mmio_gone = mmio_gone,
					  .kvm = kvm_of };

static void drop_iommu(struct vfio_dev *d)
{
	iommufd_unbind(d->idev);
	k_file_put(d->iommu_file);
	d->idev = NULL;
	d->iommu_file = NULL;
	d->user = NULL;
	d->kvm = NULL;
}

static int open_device(struct vfio_file *f, struct file *iommu)
{
	struct vfio_dev *d = f->d;
	int ret = iommufd_bind(d->core->iommufd, iommu, d->p, &port, d,
			       &d->idev, &d->dev_id);

	if (ret)
		return ret;
	d->iommu_file = k_file_get(iommu);
	d->user = f;
	d->kvm = f->kvm;
	ret = pci_enable(d->p, true, false);
	if (ret)
		drop_iommu(d);
	return ret;
}

long vfio_bind(struct vfio_file *f, struct task *t, uintptr_t arg)
{
	const size_t min =
		offsetof(struct vfio_device_bind_iommufd, token_uuid_ptr);
	struct vfio_device_bind_iommufd a;
	struct vfio_dev *d = f->d;
	int ret = k_copy_struct(&a, sizeof(a), min, arg);

	if (ret)
		return ret;
	/* No device of ours takes a token. */
	if (a.iommufd < 0 || a.flags)
		return -EINVAL;
	/* Twice, or by another descriptor: vfio_df_open(). */
	if (d->user)
		return -EINVAL;
	ret = open_device(f, k_fd_file(t, a.iommufd));
	if (!ret)
		memcpy((uint8_t *)arg +
			       offsetof(struct vfio_device_bind_iommufd,
					out_devid),
		       &d->dev_id, sizeof(d->dev_id));
	return ret;
}

long vfio_attach(struct vfio_dev *d, uintptr_t arg)
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

long vfio_detach(struct vfio_dev *d, uintptr_t arg)
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

void vfio_upset(struct vfio_dev *d)
{
	if (d->private)
		iommufd_vdevice_drop(d->idev);
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
 * mappings of the BARs, then the device itself, then its translation. Linux
 * 7.3 has the device first and the vDevice last (vfio_df_device_last_close(),
 * then vfio_df_iommufd_unbind()), which a locked interface answers with ERROR.
 */
void vfio_close(struct vfio_dev *d)
{
	if (!d->user)
		return;
	iommufd_vdevice_drop(d->idev);
	vfio_bufs_kill(d);
	if (d->p->power != PM_STATE_D0) /* vfio_pci_core_disable() */
		(void)pci_set_power(d->p, PM_STATE_D0);
	k_vma_revoke(d->core->k, d->user->file, true);
	(void)pci_enable(d->p, false, false);
	wash(d);
	drop_iommu(d);
	d->private = false;
	memset(d->vbar, 0, sizeof(d->vbar));
}
