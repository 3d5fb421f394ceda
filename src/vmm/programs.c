/* SPDX-License-Identifier: BSD-2-Clause */
/* The step lists. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vmm/steps_priv.h"
#include "vmm/vmm_priv.h"

/* --- sysfs --- */

void vmm_dev_path(char out[K_PATH], uint32_t bdf, const char *name)
{
	(void)snprintf(out, K_PATH, "/sys/bus/pci/devices/%04x:%02x:%02x.%x/%s",
		       bdf >> 16 & 0xffff, bdf >> 8 & 0xff, bdf >> 3 & 31,
		       bdf & 7, name);
}

/* Writes @text; the descriptor stays open while the write goes on. */
long vmm_sysfs_write(struct vmm_run *r, const char *path, const char *text)
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

	vmm_dev_path(path, r->bdf, name);
	(void)snprintf(tsm, sizeof(tsm), "tsm%u", r->v->cfg.tsm);
	return vmm_sysfs_write(r, path, tsm);
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

	vmm_dev_path(path, r->bdf, file);
	return vmm_sysfs_write(r, path, name);
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

/* Does vfio-pci drive it? 1, 0 or -errno. */
static long driven(struct vmm_run *r)
{
	char path[K_PATH], now[32];
	long ret;

	vmm_dev_path(path, r->bdf, "driver");
	ret = k_get(r->v->t, path, now, sizeof(now));
	return ret < 0 ? ret : strcmp(now, "vfio-pci\n") == 0;
}

/*
 * A function that vfio-pci drives already is left as it is. Linux tells nothing
 * of a probe that failed: the driver is looked at.
 */
static long drive(struct vmm_run *r)
{
	char bdf[16];
	long ret = driven(r);

	if (ret)
		return ret < 0 ? ret : 0;
	bdf_text(r->bdf, bdf);
	ret = vmm_sysfs_write(r, "/sys/bus/pci/drivers_probe", bdf);
	if (!ret)
		ret = driven(r);
	r->drove = ret > 0;
	return ret < 0 ? ret : ret ? 0 : -ENODEV;
}

static long undrive(struct vmm_run *r)
{
	char bdf[16];

	bdf_text(r->bdf, bdf);
	return vmm_sysfs_write(r, "/sys/bus/pci/drivers/vfio-pci/unbind", bdf);
}

static void undo_drive(struct vmm_run *r)
{
	if (r->drove && !r->d)
		(void)undrive(r);
}

/* --- the VM --- */

static struct vmm_launch_arg launch_arg(struct vmm *v)
{
	return (struct vmm_launch_arg){ .t = v->t,
					.vm_fd = v->vm_fd,
					.vcpu_fd = v->vcpu_fd,
					.policy = v->cfg.policy,
					.ram_size = v->cfg.ram_size,
					.no_devices = v->cfg.no_devices };
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

/* As QEMU does it: when the machine is made, before its devices are. */
static long launch_start(struct vmm_run *r)
{
	struct vmm_launch_arg a = launch_arg(r->v);
	long ret;

	if (r->v->launched)
		return -EBUSY;
	if (r->v->started)
		return 0;
	ret = r->v->cfg.launch->start(&a);
	r->v->started = !ret;
	return ret;
}

/* The image goes through the task's memory, as QEMU's does. */
static long launch_image(struct vmm *v, const struct vmm_image *m)
{
	struct vmm_launch_arg a = launch_arg(v);
	long ret = 0;

	a.image = m;
	a.uaddr = (v->image_uva ? v->image_uva : v->ram_uva) + m->gpa;
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

static long vcpu_setup(struct vmm *v)
{
	struct vmm_launch_arg a = launch_arg(v);
	long ret = k_mmap(v->t, PAGE_4K, K_PROT_READ | K_PROT_WRITE,
			  K_MAP_SHARED, v->vcpu_fd, 0, &v->run_uva);

	if (ret)
		return ret;
	ret = v->cfg.launch->vcpu ? v->cfg.launch->vcpu(&a) : 0;
	if (ret) {
		(void)k_munmap(v->t, v->run_uva, PAGE_4K);
		v->run_uva = 0;
	}
	return ret;
}

/* Before the image: what a vCPU begins with is measured, too. */
static long vcpu_create(struct vmm_run *r)
{
	struct vmm *v = r->v;
	long ret;

	if (v->vcpu_fd >= 0)
		return 0; /* of a launch that went no further */
	ret = k_ioctl(v->t, v->vm_fd, KVM_CREATE_VCPU, 0);
	if (ret < 0)
		return ret;
	v->vcpu_fd = (int)ret;
	ret = vcpu_setup(v);
	if (ret)
		vmm_close(v, &v->vcpu_fd);
	return ret;
}

static long destroy_vm(struct vmm_run *r)
{
	struct vmm *v = r->v;

	if (vmm_any_dev(v))
		return -EBUSY; /* detach first */
	if (v->run_uva)
		(void)k_munmap(v->t, v->run_uva, PAGE_4K);
	vmm_close(v, &v->vcpu_fd);
	vmm_close(v, &v->vfio_kvm_fd);
	vmm_close(v, &v->vm_fd);
	vmm_close(v, &v->kvm_fd);
	vmm_ram_forget(v);
	v->run_uva = 0;
	v->started = v->launched = v->halted = false;
	memset(v->small, 0, sizeof(v->small));
	return 0;
}

/* --- the lists --- */

static const struct vmm_step p_connect[] = {
	{ "connect", "host", connect_step, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_disconnect[] = {
	{ "disconnect", "host", disconnect_step, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_roll_key[] = {
	{ "new keys of the stream", "host", vmm_roll_key, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_key_update[] = {
	{ "new keys of the session", "host", vmm_key_update, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_heartbeat[] = {
	{ "sign of life", "host", vmm_heartbeat, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_drive[] = {
	{ "driver_override vfio-pci", "vmm", override, NULL },
	{ "bind to vfio-pci", "vmm", drive, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_undrive[] = {
	{ "unbind from vfio-pci", "vmm", undrive, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_stop[] = {
	{ "stop, unasked", "vmm", vmm_stop_unasked, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_relock[] = {
	{ "unlock, unasked", "vmm", vmm_unlock_unasked, NULL },
	{ "lock again, unasked", "vmm", vmm_lock_unasked, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_prepare[] = {
	{ "create VM", "vmm", vm_create, NULL },
	{ "guest memory, all private", "vmm", ram_create, NULL },
	{ "launch start", "vmm", launch_start, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_launch[] = {
	{ "create VM", "vmm", vm_create, NULL },
	{ "guest memory, all private", "vmm", ram_create, NULL },
	{ "launch start", "vmm", launch_start, NULL },
	{ "create vCPU", "vmm", vcpu_create, NULL },
	{ "launch update", "vmm", launch_update, NULL },
	{ "launch finish", "vmm", launch_finish, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_attach[] = {
	{ "driver_override vfio-pci", "vmm", override, NULL },
	{ "bind to vfio-pci", "vmm", drive, undo_drive },
	{ "take the function", "vmm", vmm_dev_slot, vmm_undo_dev_slot },
	{ "open vfio device", "vmm", vmm_vfio_open, vmm_undo_attach },
	{ "tell KVM of the device", "vmm", vmm_kvm_add, NULL },
	{ "open iommufd, 4K pages", "vmm", vmm_iommu_open, NULL },
	{ "bind device to iommufd", "vmm", vmm_vfio_bind, NULL },
	{ "I/O page table", "vmm", vmm_hwpt, NULL },
	{ "vIOMMU with the VM", "vmm", vmm_viommu, NULL },
	{ "vDevice, bound to the TSM", "host", vmm_vdevice, NULL },
	{ "attach device", "vmm", vmm_attach, NULL },
	{ "map guest memory for the device", "vmm", vmm_map_ram, NULL },
	{ "BARs as dma-bufs", "vmm", vmm_export_bars, NULL },
	{ "show the function to the guest", "vmm", vmm_show, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_run[] = {
	{ "run the guest", "vmm", vmm_run_step, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct vmm_step p_detach[] = {
	{ "hide the function", "vmm", vmm_hide, NULL },
	{ "destroy vDevice, unbind", "host", vmm_vdevice_gone, NULL },
	{ "take BARs out of the guest", "vmm", vmm_slots_gone, NULL },
	{ "destroy vIOMMU", "vmm", vmm_viommu_gone, NULL },
	{ "close vfio device", "vmm", vmm_close_dev, NULL },
	{ "close iommufd", "vmm", vmm_close_iommu, NULL },
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

static const struct vmm_step p_page_size[] = {
	{ "size of I/O leaves", "vmm", vmm_page_size, NULL },
	{ NULL, NULL, NULL, NULL },
};

const struct vmm_step *const vmm_programs[VMM_PROGRAMS] = {
	[VMM_CONNECT] = p_connect,
	[VMM_DISCONNECT] = p_disconnect,
	[VMM_PREPARE] = p_prepare,
	[VMM_LAUNCH] = p_launch,
	[VMM_ATTACH] = p_attach,
	[VMM_RUN] = p_run,
	[VMM_DETACH] = p_detach,
	[VMM_DESTROY] = p_destroy,
	[VMM_HOST_DMA] = p_host_dma,
	[VMM_ROLL_KEY] = p_roll_key,
	[VMM_KEY_UPDATE] = p_key_update,
	[VMM_HEARTBEAT] = p_heartbeat,
	[VMM_DRIVE] = p_drive,
	[VMM_UNDRIVE] = p_undrive,
	[VMM_RELOCK] = p_relock,
	[VMM_PAGE_SIZE] = p_page_size,
	[VMM_STOP] = p_stop,
};
