/* SPDX-License-Identifier: BSD-2-Clause */
/* The step lists. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pci/regs.h"
#include "vmm/vmm_priv.h"

/* --- sysfs
 * -------------------------------------------------------------------- */

static void dev_path(char out[K_PATH], uint32_t bdf, const char *name)
{
	(void)snprintf(out, K_PATH, "/sys/bus/pci/devices/%04x:%02x:%02x.%x/%s",
		       bdf >> 16 & 0xffff, bdf >> 8 & 0xff, bdf >> 3 & 31,
		       bdf & 7, name);
}

/* Writes @text; the descriptor stays open while the write goes on. */
static long sysfs_write(struct vmm_run *r, const char *path, const char *text)
{
	struct vmm *v = r->v;
	long ret;

	if (r->fd == NO_FD) {
		ret = k_open(v->t, path);
		if (ret < 0)
			return ret;
		r->fd = (int)ret;
	}
	ret = k_write(v->t, r->fd, text, strlen(text));
	if (ret != -EAGAIN)
		vmm_close(v, &r->fd);
	return ret < 0 ? ret : 0;
}

static long tsm_write(struct vmm_run *r, const char *name)
{
	char path[K_PATH], tsm[16];

	dev_path(path, r->bdf, name);
	(void)snprintf(tsm, sizeof(tsm), "tsm%u", r->v->cfg.tsm);
	return sysfs_write(r, path, tsm);
}

static long connect_step(struct vmm_run *r)
{
	return tsm_write(r, "tsm/connect");
}

static long disconnect_step(struct vmm_run *r)
{
	return tsm_write(r, "tsm/disconnect");
}

static long driver_write(struct vmm_run *r, const char *file, const char *name)
{
	char path[K_PATH];

	dev_path(path, r->bdf, file);
	return sysfs_write(r, path, name);
}

static long override(struct vmm_run *r)
{
	return driver_write(r, "driver_override", "vfio-pci");
}

static void bdf_text(uint32_t bdf, char out[16])
{
	(void)snprintf(out, 16, "%04x:%02x:%02x.%x", bdf >> 16 & 0xffff,
		       bdf >> 8 & 0xff, bdf >> 3 & 31, bdf & 7);
}

/* A function that vfio-pci drives already is left as it is. */
static long drive(struct vmm_run *r)
{
	char path[K_PATH], now[32], bdf[16];
	long ret;

	dev_path(path, r->bdf, "driver");
	ret = k_get(r->v->t, path, now, sizeof(now));
	if (ret < 0)
		return ret;
	if (strcmp(now, "vfio-pci\n") == 0)
		return 0;
	bdf_text(r->bdf, bdf);
	return sysfs_write(r, "/sys/bus/pci/drivers_probe", bdf);
}

static long undrive(struct vmm_run *r)
{
	char bdf[16];

	bdf_text(r->bdf, bdf);
	return sysfs_write(r, "/sys/bus/pci/drivers/vfio-pci/unbind", bdf);
}

static void undo_drive(struct vmm_run *r)
{
	if (!r->d)
		(void)undrive(r);
}

/* --- the VM
 * -------------------------------------------------------------------- */

static struct vmm_launch_arg launch_arg(struct vmm *v)
{
	return (struct vmm_launch_arg){ .t = v->t,
					.vm_fd = v->vm_fd,
					.policy = v->cfg.policy };
}

static long vm_create(struct vmm_run *r)
{
	struct vmm *v = r->v;
	struct vmm_launch_arg a;
	long ret;

	if (v->vm_fd >= 0)
		return 0;
	ret = k_open(v->t, "/dev/kvm");
	if (ret < 0)
		return ret;
	v->kvm_fd = (int)ret;
	ret = k_ioctl(v->t, v->kvm_fd, KVM_CREATE_VM, v->cfg.launch->vm_type);
	if (ret >= 0) {
		v->vm_fd = (int)ret;
		a = launch_arg(v);
		ret = v->cfg.launch->init(&a);
	}
	if (ret < 0) {
		vmm_close(v, &v->vm_fd);
		vmm_close(v, &v->kvm_fd);
	}
	return ret;
}

static long ram_create(struct vmm_run *r)
{
	struct vmm *v = r->v;

	return v->ram_uva ? 0 : vmm_ram_create(v);
}

static long launch_start(struct vmm_run *r)
{
	struct vmm_launch_arg a = launch_arg(r->v);

	return r->v->launched ? -EBUSY : r->v->cfg.launch->start(&a);
}

/* The image goes through the task's memory, as QEMU's does. */
static long launch_image(struct vmm *v, const struct vmm_image *m)
{
	struct vmm_launch_arg a = launch_arg(v);
	long ret = 0;

	a.image = m;
	a.uaddr = v->ram_uva + m->gpa;
	if (m->data)
		ret = k_store(v->t, a.uaddr, m->data, m->len);
	return ret ? ret : v->cfg.launch->update(&a);
}

/* One range a step. */
static long launch_update(struct vmm_run *r)
{
	struct vmm *v = r->v;
	long ret;

	if (r->sub == v->cfg.n_images)
		return 0;
	ret = launch_image(v, &v->cfg.images[r->sub++]);
	return ret ? ret : -EAGAIN;
}

static long launch_finish(struct vmm_run *r)
{
	struct vmm_launch_arg a = launch_arg(r->v);
	long ret = r->v->cfg.launch->finish(&a);

	r->v->launched = !ret;
	return ret;
}

static long vcpu_create(struct vmm_run *r)
{
	struct vmm *v = r->v;
	long ret = k_ioctl(v->t, v->vm_fd, KVM_CREATE_VCPU, 0);

	if (ret < 0)
		return ret;
	v->vcpu_fd = (int)ret;
	return k_mmap(v->t, PAGE_4K, K_PROT_READ | K_PROT_WRITE, K_MAP_SHARED,
		      v->vcpu_fd, 0, &v->run_uva);
}

/* --- the function
 * --------------------------------------------------------------- */

static long dev_slot(struct vmm_run *r)
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
	r->d->cfg = r->dev;
	if (!r->d->cfg.guest_rid)
		r->d->cfg.guest_rid = r->bdf;
	r->d->fd = NO_FD;
	for (unsigned i = 0; i < 6; i++)
		r->d->bar_fd[i] = NO_FD;
	return 0;
}

static void undo_dev_slot(struct vmm_run *r)
{
	if (r->d && r->ret != -EBUSY)
		r->d->used = false;
}

void vmm_vfio_path(char out[K_PATH], uint32_t bdf)
{
	(void)snprintf(out, K_PATH, "/dev/vfio/devices/vfio%u", bdf);
}

static long vfio_open(struct vmm_run *r)
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

static long kvm_add(struct vmm_run *r)
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

static long iommu_open(struct vmm_run *r)
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

static long vfio_bind(struct vmm_run *r)
{
	struct vfio_device_bind_iommufd b = { .argsz = sizeof(b),
					      .iommufd = r->v->iommu_fd };
	long ret = k_ioctl(r->v->t, r->d->fd, VFIO_DEVICE_BIND_IOMMUFD,
			   (uintptr_t)&b);

	r->d->dev_id = b.out_devid;
	return ret;
}

static long hwpt(struct vmm_run *r)
{
	struct iommu_hwpt_alloc h = { .size = sizeof(h),
				      .flags = IOMMU_HWPT_ALLOC_NEST_PARENT,
				      .dev_id = r->d->dev_id,
				      .pt_id = r->v->ioas_id };
	long ret = k_ioctl(r->v->t, r->v->iommu_fd, IOMMU_HWPT_ALLOC,
			   (uintptr_t)&h);

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

static long viommu(struct vmm_run *r)
{
	struct iommu_viommu_tsm t = { .kvm_fd = r->v->vm_fd };
	struct iommu_viommu_alloc a = { .size = sizeof(a),
					.type = IOMMU_VIOMMU_TYPE_TSM,
					.dev_id = r->d->dev_id,
					.hwpt_id = r->d->hwpt_id,
					.data_len = sizeof(t),
					.data_uptr = (uintptr_t)&t };
	long ret = k_ioctl(r->v->t, r->v->iommu_fd, IOMMU_VIOMMU_ALLOC,
			   (uintptr_t)&a);

	r->d->viommu_id = a.out_viommu_id;
	return ret;
}

static long vdevice(struct vmm_run *r)
{
	struct iommu_vdevice_alloc a = { .size = sizeof(a),
					 .viommu_id = r->d->viommu_id,
					 .dev_id = r->d->dev_id,
					 .virt_id = r->d->cfg.guest_rid };
	long ret = k_ioctl(r->v->t, r->v->iommu_fd, IOMMU_VDEVICE_ALLOC,
			   (uintptr_t)&a);

	if (!ret)
		r->d->vdevice_id = a.out_vdevice_id;
	return ret;
}

static long attach(struct vmm_run *r)
{
	struct vfio_device_attach_iommufd_pt a = { .argsz = sizeof(a),
						   .pt_id = r->d->hwpt_id };

	return k_ioctl(r->v->t, r->d->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT,
		       (uintptr_t)&a);
}

static long map_ram(struct vmm_run *r)
{
	return vmm_map_all(r->v);
}

/* --- BARs as dma-bufs
 * ------------------------------------------------------------- */

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
	r->d->bar_slot[i] = r->v->next_slot++;
	return 0;
}

static long bars(struct vmm_run *r)
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
static long show(struct vmm_run *r)
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

/* --- and away
 * ------------------------------------------------------------------- */

static long hide(struct vmm_run *r)
{
	struct vmm_vdev *d = r->d;

	if (!d)
		return -ENODEV;
	d->visible = false;
	(void)vmm_bars_shared(r->v, d);
	return 0;
}

/* The interface is unbound before anything that would upset it (law 47). */
static long vdevice_gone(struct vmm_run *r)
{
	return destroy_id(r->v, &r->d->vdevice_id);
}

static long slots_gone(struct vmm_run *r)
{
	return vmm_bars(r->v, r->d, true);
}

static long viommu_gone(struct vmm_run *r)
{
	return destroy_id(r->v, &r->d->viommu_id);
}

static long close_dev(struct vmm_run *r)
{
	struct vmm_vdev *d = r->d;

	kvm_del(r);
	vfio_shut(r);
	(void)destroy_id(r->v, &d->hwpt_id);
	d->used = false;
	return 0;
}

static bool any_dev(const struct vmm *v)
{
	for (unsigned i = 0; i < VMM_DEVS; i++)
		if (v->dev[i].used)
			return true;
	return false;
}

/* The last function takes the I/O address space along. */
static long close_iommu(struct vmm_run *r)
{
	struct vmm *v = r->v;

	r->d = NULL;
	if (any_dev(v) || v->iommu_fd < 0)
		return 0;
	vmm_unmap_all(v);
	vmm_close(v, &v->iommu_fd);
	v->ioas_id = 0;
	return 0;
}

static void undo_attach(struct vmm_run *r)
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
	(void)close_dev(r);
	(void)close_iommu(r);
}

static long destroy_vm(struct vmm_run *r)
{
	struct vmm *v = r->v;

	if (any_dev(v))
		return -EBUSY; /* detach first */
	if (v->run_uva)
		(void)k_munmap(v->t, v->run_uva, PAGE_4K);
	vmm_close(v, &v->vcpu_fd);
	vmm_close(v, &v->vfio_kvm_fd);
	vmm_close(v, &v->gmem_fd);
	vmm_close(v, &v->vm_fd);
	vmm_close(v, &v->kvm_fd);
	if (v->ram_uva)
		(void)k_munmap(v->t, v->ram_uva, v->cfg.ram_size);
	v->ram_uva = v->run_uva = 0;
	v->launched = v->halted = false;
	memset(v->private_map, 0, (size_t)(v->cfg.ram_size / PAGE_4K / 8));
	return 0;
}

/* --- the lists
 * --------------------------------------------------------------------- */

static const struct vmm_step p_connect[] = {
	{ "connect", "host", connect_step, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_disconnect[] = {
	{ "disconnect", "host", disconnect_step, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_prepare[] = {
	{ "create VM", "vmm", vm_create, NULL },
	{ "guest memory, all private", "vmm", ram_create, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_launch[] = {
	{ "create VM", "vmm", vm_create, NULL },
	{ "guest memory, all private", "vmm", ram_create, NULL },
	{ "launch start", "vmm", launch_start, NULL },
	{ "launch update", "vmm", launch_update, NULL },
	{ "launch finish", "vmm", launch_finish, NULL },
	{ "create vCPU", "vmm", vcpu_create, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_attach[] = {
	{ "driver_override vfio-pci", "vmm", override, NULL },
	{ "bind to vfio-pci", "vmm", drive, undo_drive },
	{ "take the function", "vmm", dev_slot, undo_dev_slot },
	{ "open vfio device", "vmm", vfio_open, undo_attach },
	{ "tell KVM of the device", "vmm", kvm_add, NULL },
	{ "open iommufd, 4K pages", "vmm", iommu_open, NULL },
	{ "bind device to iommufd", "vmm", vfio_bind, NULL },
	{ "I/O page table", "vmm", hwpt, NULL },
	{ "vIOMMU with the VM", "vmm", viommu, NULL },
	{ "vDevice, bound to the TSM", "host", vdevice, NULL },
	{ "attach device", "vmm", attach, NULL },
	{ "map guest memory for the device", "vmm", map_ram, NULL },
	{ "BARs as dma-bufs", "vmm", bars, NULL },
	{ "show the function to the guest", "vmm", show, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_run[] = {
	{ "run the guest", "vmm", vmm_run_step, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_detach[] = {
	{ "hide the function", "vmm", hide, NULL },
	{ "destroy vDevice, unbind", "host", vdevice_gone, NULL },
	{ "take BARs out of the guest", "vmm", slots_gone, NULL },
	{ "destroy vIOMMU", "vmm", viommu_gone, NULL },
	{ "close vfio device", "vmm", close_dev, NULL },
	{ "close iommufd", "vmm", close_iommu, NULL },
	{ "unbind from vfio-pci", "vmm", undrive, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_destroy[] = {
	{ "destroy VM", "vmm", destroy_vm, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_host_dma[] = {
	{ "driver_override vfio-pci", "vmm", override, NULL },
	{ "bind to vfio-pci", "vmm", drive, undo_drive },
	{ "open the device, map its memory", "vmm", vmm_dma_start,
	  vmm_dma_stop },
	{ "move bytes by DMA", "vmm", vmm_dma_step, NULL },
	{ NULL, NULL, NULL, NULL },
};

const struct vmm_step *const vmm_programs[VMM_PROGRAMS] = {
	[VMM_CONNECT] = p_connect,   [VMM_DISCONNECT] = p_disconnect,
	[VMM_PREPARE] = p_prepare,   [VMM_LAUNCH] = p_launch,
	[VMM_ATTACH] = p_attach,     [VMM_RUN] = p_run,
	[VMM_DETACH] = p_detach,     [VMM_DESTROY] = p_destroy,
	[VMM_HOST_DMA] = p_host_dma,
};
