/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Single acts, each of one system call: a BAR through its descriptor or a
 * mapping, a reset, a descriptor that closes. QEMU does them in its device
 * models; here a person or a test chooses the moment.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "pci/regs.h"
#include "vmm/steps_priv.h"
#include "vmm/vmm_priv.h"

#define BARS 6u

static struct vmm_vdev *dev_of(struct vmm *v, uint32_t bdf)
{
	return v->t ? vmm_dev_by_bdf(v, bdf) : NULL;
}

/* --- BARs --- */

long vmm_bar_map(struct vmm *v, uint32_t bdf, unsigned bar)
{
	struct vmm_vdev *d = dev_of(v, bdf);

	if (!d)
		return -ENODEV;
	if (bar >= BARS || !d->bar_size[bar])
		return -EINVAL;
	if (d->bar_uva[bar])
		return -EEXIST;
	return k_mmap(v->t, align_up(d->bar_size[bar], PAGE_4K),
		      K_PROT_READ | K_PROT_WRITE, K_MAP_SHARED, d->fd,
		      VFIO_PCI_OFFSET(bar), &d->bar_uva[bar]);
}

long vmm_bar_unmap(struct vmm *v, uint32_t bdf, unsigned bar)
{
	struct vmm_vdev *d = dev_of(v, bdf);
	long ret;

	if (!d)
		return -ENODEV;
	if (bar >= BARS || !d->bar_uva[bar])
		return -EINVAL;
	ret = k_munmap(v->t, d->bar_uva[bar],
		       align_up(d->bar_size[bar], PAGE_4K));
	if (!ret)
		d->bar_uva[bar] = 0;
	return ret;
}

void vmm_bars_unmap(struct vmm *v, struct vmm_vdev *d)
{
	for (unsigned i = 0; i < BARS; i++)
		if (d->bar_uva[i])
			(void)vmm_bar_unmap(v, d->cfg.bdf, i);
}

long vmm_bar_touch(struct vmm *v, uint32_t bdf, unsigned bar, uint64_t off,
		   void *buf, size_t len, bool write)
{
	struct vmm_vdev *d = dev_of(v, bdf);

	if (!d)
		return -ENODEV;
	if (bar >= BARS || !d->bar_uva[bar])
		return -EFAULT; /* nothing is mapped there */
	return write ? k_store(v->t, d->bar_uva[bar] + off, buf, len)
		     : k_load(v->t, d->bar_uva[bar] + off, buf, len);
}

long vmm_bar_rw(struct vmm *v, uint32_t bdf, unsigned bar, uint64_t off,
		void *buf, size_t len, bool write)
{
	struct vmm_vdev *d = dev_of(v, bdf);
	long ret;

	if (!d)
		return -ENODEV;
	off += VFIO_PCI_OFFSET(bar);
	ret = write ? k_pwrite(v->t, d->fd, buf, len, off)
		    : k_pread(v->t, d->fd, buf, len, off);
	return ret < 0 ? ret : 0;
}

/* Frames by descriptor: no address of ours has anything to do with it. */
long vmm_bar_import(struct vmm *v, uint32_t bdf, unsigned bar)
{
	struct vmm_vdev *d = dev_of(v, bdf);
	struct iommu_ioas_map_file m = { .size = sizeof(m),
					 .flags = IOMMU_IOAS_MAP_FIXED_IOVA |
						  IOMMU_IOAS_MAP_READABLE |
						  IOMMU_IOAS_MAP_WRITEABLE,
					 .ioas_id = v->ioas_id };
	long ret;

	if (!d)
		return -ENODEV;
	if (bar >= BARS || !d->bar_mapped[bar])
		return -EINVAL; /* the guest has not placed it */
	m.fd = d->bar_fd[bar];
	m.length = d->bar_size[bar];
	m.iova = d->bar_at[bar];
	ret = k_ioctl(v->t, v->iommu_fd, IOMMU_IOAS_MAP_FILE, (uintptr_t)&m);
	if (!ret)
		d->bar_iova[bar] = m.iova;
	return ret;
}

long vmm_bar_forget(struct vmm *v, uint32_t bdf, unsigned bar)
{
	struct vmm_vdev *d = dev_of(v, bdf);
	struct iommu_ioas_unmap u = { .size = sizeof(u),
				      .ioas_id = v->ioas_id };
	long ret;

	if (!d)
		return -ENODEV;
	if (bar >= BARS || !d->bar_iova[bar])
		return -ENOENT;
	u.iova = d->bar_iova[bar];
	u.length = d->bar_size[bar];
	ret = k_ioctl(v->t, v->iommu_fd, IOMMU_IOAS_UNMAP, (uintptr_t)&u);
	if (!ret)
		d->bar_iova[bar] = 0;
	return ret;
}

void vmm_bars_forget(struct vmm *v, struct vmm_vdev *d)
{
	for (unsigned i = 0; i < BARS; i++)
		if (d->bar_iova[i])
			(void)vmm_bar_forget(v, d->cfg.bdf, i);
}

/* --- the function --- */

long vmm_dev_config(struct vmm *v, uint32_t bdf, uint16_t reg, uint8_t len,
		    uint32_t *val, bool write)
{
	const struct vmm_vdev *d = dev_of(v, bdf);

	return d ? vmm_vfio_cfg(v, d, reg, len, val, write) : -ENODEV;
}

long vmm_dev_reset(struct vmm *v, uint32_t bdf, bool hot)
{
	struct vmm_vdev *d = dev_of(v, bdf);
	struct vfio_pci_hot_reset h = { .argsz = sizeof(h) };

	if (!d)
		return -ENODEV;
	return hot ? k_ioctl(v->t, d->fd, VFIO_DEVICE_PCI_HOT_RESET,
			     (uintptr_t)&h)
		   : k_ioctl(v->t, d->fd, VFIO_DEVICE_RESET, 0);
}

/* The id is kept: what it names afterwards is the kernel's to say. */
long vmm_dev_unbind(struct vmm *v, uint32_t bdf)
{
	const struct vmm_vdev *d = dev_of(v, bdf);
	struct iommu_destroy a = { .size = sizeof(a) };

	if (!d)
		return -ENODEV;
	a.id = d->vdevice_id;
	return k_ioctl(v->t, v->iommu_fd, IOMMU_DESTROY, (uintptr_t)&a);
}

/* --- descriptors --- */

static long shut(struct vmm *v, int *fd)
{
	const long ret = *fd < 0 ? -EBADF : k_close(v->t, *fd);

	*fd = NO_FD;
	return ret;
}

static long shut_bars(struct vmm *v, struct vmm_vdev *d)
{
	long ret = -EBADF;

	for (unsigned i = 0; i < BARS; i++)
		if (d->bar_fd[i] >= 0)
			ret = shut(v, &d->bar_fd[i]);
	return ret;
}

/* A mapping holds the vCPU open as well as its descriptor does. */
static long shut_vcpu(struct vmm *v)
{
	if (v->run_uva)
		(void)k_munmap(v->t, v->run_uva, PAGE_4K);
	v->run_uva = 0;
	return shut(v, &v->vcpu_fd);
}

long vmm_close_fd(struct vmm *v, enum vmm_fd what, uint32_t bdf)
{
	struct vmm_vdev *d = dev_of(v, bdf);

	if (!v->t)
		return -EBADF;
	if (what == VMM_FD_VFIO || what == VMM_FD_BARS) {
		if (!d)
			return -ENODEV;
		return what == VMM_FD_BARS ? shut_bars(v, d) : shut(v, &d->fd);
	}
	switch (what) {
	case VMM_FD_IOMMUFD:
		return shut(v, &v->iommu_fd);
	case VMM_FD_VCPU:
		return shut_vcpu(v);
	case VMM_FD_KVM_VFIO:
		return shut(v, &v->vfio_kvm_fd);
	case VMM_FD_GMEM:
		return shut(v, &v->gmem_fd);
	case VMM_FD_VM:
		return shut(v, &v->vm_fd);
	case VMM_FD_KVM:
		return shut(v, &v->kvm_fd);
	case VMM_FD_VFIO:
	case VMM_FD_BARS:
	case VMM_FDS:
		break;
	}
	return -EINVAL;
}
