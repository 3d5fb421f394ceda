/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Resets that a user asks for: of his function, and of all that is behind the
 * same link. Source: Linux 7.3 drivers/vfio/pci/vfio_pci_core.c
 */
#include <errno.h>
#include <string.h>

#include "host/vfio/vfio_priv.h"
#include "pci/regs.h"

/*
 * The interface is unbound, then BARs are taken away, then it is reset. Who
 * watches function 0 of a connected device ends the session before: it would
 * not outlive the reset, and configuration under its keys would go unanswered.
 */
long vfio_reset(struct vfio_dev *d)
{
	int ret;

	if (!d->p->methods[0])
		return -EINVAL;
	vfio_upset(d);
	ret = vfio_revoke(d);
	if (ret)
		return ret;
	if (d->p->power != PM_STATE_D0)
		ret = vfio_wake(d);
	if (!ret)
		ret = pci_reset_function(d->p);
	return vfio_restored(d, ret);
}

/* --- hot reset --- */

/* The next function behind the link of @d; NULL: @d is no function of one. */
static struct pci_dev *next_of(struct vfio_dev *d, struct pci_dev *after)
{
	struct pci_dev *p = after ? after->next : d->core->pci->devs;

	while (p && (!d->p->up || p->up != d->p->up))
		p = p->next;
	return p;
}

/* vfio_pci_fill_devs(), for a device opened as a character device. */
static void describe(struct vfio_dev *d, struct pci_dev *p,
		     struct vfio_pci_hot_reset_info *h,
		     struct vfio_pci_dependent_device *out)
{
	const struct vfio_dev *o = vfio_of(p);

	out->devid = (uint32_t)VFIO_PCI_DEVID_NOT_OWNED;
	if (o && o->user && o->iommu_file == d->iommu_file)
		out->devid = o->dev_id;
	else
		h->flags &= ~VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED;
	out->segment = (uint16_t)(p->bdf >> 16);
	out->bus = (uint8_t)(p->bdf >> 8);
	out->devfn = (uint8_t)p->bdf;
}

long vfio_hot_reset_info(struct vfio_dev *d, uintptr_t arg)
{
	struct vfio_pci_hot_reset_info h;
	struct vfio_pci_dependent_device one;
	uint8_t *at = (uint8_t *)(arg + sizeof(h)); /* @arg may be NULL */
	uint32_t n = 0;
	int ret = k_copy_arg(&h, sizeof(h), arg);

	if (ret)
		return ret;
	if (h.argsz < sizeof(h))
		return -EINVAL;
	if (!d->p->up)
		return -ENODEV;
	h.count = 0;
	for (struct pci_dev *p = NULL; (p = next_of(d, p));)
		h.count++;
	h.flags = 0;
	if (h.count > (h.argsz - sizeof(h)) / sizeof(one)) {
		memcpy((void *)arg, &h, sizeof(h));
		return -ENOSPC; /* so many there are, and no more is said */
	}
	h.flags = VFIO_PCI_HOT_RESET_FLAG_DEV_ID |
		  VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED;
	for (struct pci_dev *p = NULL; (p = next_of(d, p)); n++) {
		describe(d, p, &h, &one);
		memcpy(at + n * sizeof(one), &one, sizeof(one));
	}
	memcpy((void *)arg, &h, sizeof(h));
	return 0;
}

/* All of them are his: bound, to the same iommufd. */
static bool all_owned(struct vfio_dev *d)
{
	for (struct pci_dev *p = NULL; (p = next_of(d, p));) {
		const struct vfio_dev *o = vfio_of(p);

		if (!o || !o->user || o->iommu_file != d->iommu_file)
			return false;
	}
	return true;
}

/*
 * Interfaces stop, BARs go. What else a reset would cost is ended in order by
 * who watches the function (pci_reset_below()).
 */
static int quiesce(struct vfio_dev *d)
{
	int ret = 0, r;

	for (struct pci_dev *p = NULL; (p = next_of(d, p));)
		iommufd_vdevice_drop(vfio_of(p)->idev);
	for (struct pci_dev *p = NULL; (p = next_of(d, p));) {
		r = vfio_revoke(vfio_of(p));
		ret = ret ? ret : r;
	}
	for (struct pci_dev *p = NULL; !ret && (p = next_of(d, p));)
		if (p->power != PM_STATE_D0)
			ret = vfio_wake(vfio_of(p));
	return ret;
}

/*
 * A descriptor opened as a character device names no groups: count is 0, and
 * the iommufd says what is his (vfio_pci_ioctl_pci_hot_reset()).
 */
long vfio_hot_reset(struct vfio_dev *d, uintptr_t arg)
{
	struct vfio_pci_hot_reset h;
	int ret = k_copy_arg(&h, sizeof(h), arg);

	if (ret)
		return ret;
	if (h.argsz < sizeof(h) || h.flags || h.count)
		return -EINVAL;
	if (!d->p->up)
		return -ENODEV;
	if (!all_owned(d))
		return -EINVAL;
	ret = quiesce(d);
	if (ret)
		return ret;
	/* The undo loop of vfio_pci_dev_set_hot_reset(): failed or not. */
	ret = pci_reset_below(d->p->up);
	for (struct pci_dev *p = NULL; (p = next_of(d, p));)
		ret = vfio_restored(vfio_of(p), ret);
	return ret;
}
