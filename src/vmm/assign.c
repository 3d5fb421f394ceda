/* SPDX-License-Identifier: BSD-2-Clause */
/* A function comes to a VM, and leaves it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pci/regs.h"
#include "vmm/steps_priv.h"
#include "vmm/vmm_priv.h"

/* --- the function --- */

long vmm_dev_slot(struct vmm_run *r)
{
	struct vmm *v = r->v;

	if (r->d)
		return -EBUSY; /* attached already */
	for (unsigned i = 0; i < VMM_DEVS && !r->d; i++)
		if (!v->dev[i].used)
			r->d = &v->dev[i];
	if (!r->d)
		return -ENOSPC;
	memset(r->d, 0, sizeof(*r->d));
	r->d->used = true;
	if (!vmm_secret(v))
		r->dev.untrusted = true; /* no TSM knows of this VM */
	r->d->cfg = r->dev;
	if (!r->d->cfg.guest_rid)
		r->d->cfg.guest_rid = r->bdf;
	r->d->fd = NO_FD;
	for (unsigned i = 0; i < 6; i++)
		r->d->bar_fd[i] = NO_FD;
	return 0;
}

void vmm_undo_dev_slot(struct vmm_run *r)
{
	if (r->d && r->ret != -EBUSY)
		r->d->used = false;
}

void vmm_vfio_path(char out[K_PATH], uint32_t bdf)
{
	(void)snprintf(out, K_PATH, "/dev/vfio/devices/vfio%u", bdf);
}

long vmm_vfio_open(struct vmm_run *r)
{
	char path[K_PATH];
	long ret;

	vmm_vfio_path(path, r->bdf);
	ret = k_open(r->v->t, path);
	if (ret < 0)
		return ret;
	r->d->fd = (int)ret;
	return 0;
}

static void vfio_shut(struct vmm_run *r)
{
	struct vmm_vdev *d = r->d;

	if (!d || !d->used)
		return;
	vmm_bars_unmap(r->v, d);
	vmm_bars_forget(r->v, d);
	for (unsigned i = 0; i < 6; i++)
		vmm_close(r->v, &d->bar_fd[i]);
	vmm_close(r->v, &d->fd);
}

static long kvm_file(struct vmm *v, int fd, uint64_t what)
{
	struct kvm_device_attr a = { .group = KVM_DEV_VFIO_FILE,
				     .attr = what,
				     .addr = (uintptr_t)&fd };

	return k_ioctl(v->t, v->vfio_kvm_fd, KVM_SET_DEVICE_ATTR,
		       (uintptr_t)&a);
}

long vmm_kvm_add(struct vmm_run *r)
{
	struct vmm *v = r->v;
	struct kvm_create_device c = { .type = KVM_DEV_TYPE_VFIO };
	long ret = 0;

	if (v->vm_fd < 0)
		return -EINVAL;
	if (v->vfio_kvm_fd < 0) {
		ret = k_ioctl(v->t, v->vm_fd, KVM_CREATE_DEVICE, (uintptr_t)&c);
		if (!ret)
			v->vfio_kvm_fd = (int)c.fd;
	}
	return ret ? ret : kvm_file(v, r->d->fd, KVM_DEV_VFIO_FILE_ADD);
}

static void kvm_del(struct vmm_run *r)
{
	if (r->d && r->d->used && r->v->vfio_kvm_fd >= 0)
		(void)kvm_file(r->v, r->d->fd, KVM_DEV_VFIO_FILE_DEL);
}

static long ioas_option(struct vmm *v)
{
	struct iommu_option o = { .size = sizeof(o),
				  .option_id = IOMMU_OPTION_HUGE_PAGES,
				  .op = IOMMU_OPTION_OP_SET,
				  .object_id = v->ioas_id,
				  .val64 = 0 };

	return v->cfg.huge_pages ? 0
				 : k_ioctl(v->t, v->iommu_fd, IOMMU_OPTION,
					   (uintptr_t)&o);
}

long vmm_iommu_open(struct vmm_run *r)
{
	struct vmm *v = r->v;
	struct iommu_ioas_alloc a = { .size = sizeof(a) };
	long ret;

	if (v->iommu_fd >= 0)
		return 0;
	ret = k_open(v->t, "/dev/iommu");
	if (ret < 0)
		return ret;
	v->iommu_fd = (int)ret;
	ret = k_ioctl(v->t, v->iommu_fd, IOMMU_IOAS_ALLOC, (uintptr_t)&a);
	v->ioas_id = a.out_ioas_id;
	if (!ret)
		ret = ioas_option(v);
	if (ret)
		vmm_close(v, &v->iommu_fd);
	return ret;
}

long vmm_vfio_bind(struct vmm_run *r)
{
	struct vfio_device_bind_iommufd b = { .argsz = sizeof(b),
					      .iommufd = r->v->iommu_fd };
	long ret = k_ioctl(r->v->t, r->d->fd, VFIO_DEVICE_BIND_IOMMUFD,
			   (uintptr_t)&b);

	r->d->dev_id = b.out_devid;
	return ret;
}

/* The page table of another function, which stays that one's. */
static long hwpt_beside(struct vmm_run *r)
{
	const struct vmm_vdev *o = vmm_dev_by_bdf(r->v, r->dev.beside);

	if (!o || o == r->d)
		return -ENODEV;
	r->d->hwpt_id = o->hwpt_id;
	r->d->guest_of_hwpt = true;
	return 0;
}

long vmm_hwpt(struct vmm_run *r)
{
	struct iommu_hwpt_alloc h = { .size = sizeof(h),
				      .dev_id = r->d->dev_id,
				      .pt_id = r->v->ioas_id };
	long ret;

	if (r->dev.beside)
		return hwpt_beside(r);
	if (!r->dev.untrusted)
		h.flags =
			IOMMU_HWPT_ALLOC_NEST_PARENT | IOMMU_HWPT_ALLOC_TRUSTED;
	ret = k_ioctl(r->v->t, r->v->iommu_fd, IOMMU_HWPT_ALLOC, (uintptr_t)&h);

	r->d->hwpt_id = h.out_hwpt_id;
	return ret;
}

static long destroy_id(struct vmm *v, uint32_t *id)
{
	struct iommu_destroy d = { .size = sizeof(d), .id = *id };
	long ret;

	if (!*id)
		return 0;
	ret = k_ioctl(v->t, v->iommu_fd, IOMMU_DESTROY, (uintptr_t)&d);
	if (ret != -EAGAIN)
		*id = 0;
	return ret;
}

long vmm_viommu(struct vmm_run *r)
{
	struct iommu_viommu_tsm t = { .kvm_fd = r->v->vm_fd };
	struct iommu_viommu_alloc a = { .size = sizeof(a),
					.type = IOMMU_VIOMMU_TYPE_TSM,
					.dev_id = r->d->dev_id,
					.hwpt_id = r->d->hwpt_id,
					.data_len = sizeof(t),
					.data_uptr = (uintptr_t)&t };
	long ret;

	if (r->dev.untrusted)
		return 0;
	ret = k_ioctl(r->v->t, r->v->iommu_fd, IOMMU_VIOMMU_ALLOC,
		      (uintptr_t)&a);
	r->d->viommu_id = a.out_viommu_id;
	return ret;
}

long vmm_vdevice(struct vmm_run *r)
{
	struct iommu_vdevice_alloc a = { .size = sizeof(a),
					 .viommu_id = r->d->viommu_id,
					 .dev_id = r->d->dev_id,
					 .virt_id = r->d->cfg.guest_rid };
	long ret;

	if (r->dev.untrusted)
		return 0;
	ret = k_ioctl(r->v->t, r->v->iommu_fd, IOMMU_VDEVICE_ALLOC,
		      (uintptr_t)&a);
	if (!ret)
		r->d->vdevice_id = a.out_vdevice_id;
	return ret;
}

long vmm_attach(struct vmm_run *r)
{
	struct vfio_device_attach_iommufd_pt a = { .argsz = sizeof(a),
						   .pt_id = r->d->hwpt_id };

	return k_ioctl(r->v->t, r->d->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT,
		       (uintptr_t)&a);
}

long vmm_map_ram(struct vmm_run *r)
{
	return vmm_map_all(r->v);
}

/* --- BARs as dma-bufs --- */

static long bar_size(struct vmm_run *r, unsigned i)
{
	struct vfio_region_info g = { .argsz = sizeof(g), .index = i };
	uint32_t reg = 0;
	long ret = k_ioctl(r->v->t, r->d->fd, VFIO_DEVICE_GET_REGION_INFO,
			   (uintptr_t)&g);

	if (ret || !g.size)
		return ret;
	ret = vmm_vfio_cfg(r->v, r->d, (uint16_t)CFG_BAR(i), 4, &reg, false);
	r->d->bar_size[i] = g.size;
	r->d->bar_64[i] = (reg & BAR_TYPE) == BAR_MEM_64;
	return ret;
}

static long bar_export(struct vmm_run *r, unsigned i)
{
	const struct vfio_device_feature_dma_buf b = { .region_index = i,
						       .nr_ranges = 1 };
	const struct vfio_region_dma_range range = {
		.length = r->d->bar_size[i]
	};
	const struct vfio_device_feature f = {
		.argsz = sizeof(f) + sizeof(b) + sizeof(range),
		.flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_BUF,
	};
	_Alignas(8) uint8_t q[sizeof(f) + sizeof(b) + sizeof(range)];
	long ret;

	memcpy(q, &f, sizeof(f));
	memcpy(q + sizeof(f), &b, sizeof(b));
	memcpy(q + sizeof(f) + sizeof(b), &range, sizeof(range));
	ret = k_ioctl(r->v->t, r->d->fd, VFIO_DEVICE_FEATURE, (uintptr_t)q);
	if (ret < 0)
		return ret;
	r->d->bar_fd[i] = (int)ret;
	/* 0 is RAM's; each function has its own six, again and again. */
	r->d->bar_slot[i] = 1 + (uint32_t)(r->d - r->v->dev) * 6 + i;
	return 0;
}

long vmm_export_bars(struct vmm_run *r)
{
	long ret = 0;

	for (unsigned i = 0; i < 6 && !ret; i++) {
		ret = bar_size(r, i);
		if (!ret && r->d->bar_size[i] >= PAGE_4K)
			ret = bar_export(r, i);
	}
	return ret;
}

/* BARs get an address, decode stays off: the guest's firmware turns it on. */
long vmm_show(struct vmm_run *r)
{
	struct vmm_vdev *d = r->d;
	uint64_t at = d->cfg.bar_gpa ? d->cfg.bar_gpa : r->v->cfg.mmio_gpa;

	for (unsigned i = 0; i < 6; i++) {
		if (!d->bar_size[i])
			continue;
		at = align_up(at, d->bar_size[i]);
		d->bar[i] = (uint32_t)at;
		if (d->bar_64[i])
			d->bar[i + 1] = (uint32_t)(at >> 32);
		at += d->bar_size[i];
	}
	d->visible = true;
	return 0;
}

/* --- and away --- */

long vmm_hide(struct vmm_run *r)
{
	struct vmm_vdev *d = r->d;

	if (!d)
		return -ENODEV;
	d->visible = false;
	(void)vmm_bars_shared(r->v, d);
	return 0;
}

/* The interface is unbound before anything that would upset it (law 47). */
long vmm_vdevice_gone(struct vmm_run *r)
{
	return destroy_id(r->v, &r->d->vdevice_id);
}

long vmm_slots_gone(struct vmm_run *r)
{
	return vmm_bars(r->v, r->d, true);
}

long vmm_viommu_gone(struct vmm_run *r)
{
	return destroy_id(r->v, &r->d->viommu_id);
}

long vmm_close_dev(struct vmm_run *r)
{
	struct vmm_vdev *d = r->d;

	kvm_del(r);
	vfio_shut(r);
	if (!d->guest_of_hwpt)
		(void)destroy_id(r->v, &d->hwpt_id);
	d->used = false;
	return 0;
}

bool vmm_any_dev(const struct vmm *v)
{
	for (unsigned i = 0; i < VMM_DEVS; i++)
		if (v->dev[i].used)
			return true;
	return false;
}

/* The last function takes the I/O address space along. */
long vmm_close_iommu(struct vmm_run *r)
{
	struct vmm *v = r->v;

	r->d = NULL;
	if (vmm_any_dev(v))
		return 0;
	vmm_unmap_all(v);
	v->n_areas = 0; /* also those behind a descriptor that was closed */
	vmm_close(v, &v->iommu_fd);
	v->ioas_id = 0;
	return 0;
}

void vmm_undo_attach(struct vmm_run *r)
{
	struct vmm_vdev *d = r->d;
	long ret;

	if (!d || !d->used)
		return;
	do
		ret = destroy_id(r->v, &d->vdevice_id);
	while (ret == -EAGAIN);
	(void)vmm_bars(r->v, d, true);
	(void)destroy_id(r->v, &d->viommu_id);
	(void)vmm_close_dev(r);
	(void)vmm_close_iommu(r);
}
