/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "host/uapi/interlock_ext.h"
#include "host/uapi/iommufd.h"
#include "host/uapi/kvm.h"
#include "host/uapi/vfio.h"
#include "world/world_priv.h"

/*
 * System calls of VMMs by name, for whoever listens (world_out.call). What the
 * names need of arguments is read for that alone.
 */

#define NAME(cmd)         \
	{                 \
		cmd, #cmd \
	}
static const struct {
	uint32_t cmd;
	const char *name;
} ioctls[] = {
	NAME(KVM_GET_API_VERSION),
	NAME(KVM_CREATE_VM),
	NAME(KVM_CHECK_EXTENSION),
	NAME(KVM_GET_VCPU_MMAP_SIZE),
	NAME(KVM_CREATE_VCPU),
	NAME(KVM_SET_USER_MEMORY_REGION),
	NAME(KVM_SET_USER_MEMORY_REGION2),
	NAME(KVM_MEMORY_ENCRYPT_OP),
	NAME(KVM_SET_MEMORY_ATTRIBUTES),
	NAME(KVM_CREATE_GUEST_MEMFD),
	NAME(KVM_CREATE_DEVICE),
	NAME(KVM_RUN),
	NAME(KVM_PRE_FAULT_MEMORY),
	NAME(KVM_SET_DEVICE_ATTR),
	NAME(KVM_GET_DEVICE_ATTR),
	NAME(KVM_HAS_DEVICE_ATTR),
	NAME(IOMMU_DESTROY),
	NAME(IOMMU_IOAS_ALLOC),
	NAME(IOMMU_IOAS_ALLOW_IOVAS),
	NAME(IOMMU_IOAS_COPY),
	NAME(IOMMU_IOAS_IOVA_RANGES),
	NAME(IOMMU_IOAS_MAP),
	NAME(IOMMU_IOAS_UNMAP),
	NAME(IOMMU_OPTION),
	NAME(IOMMU_HWPT_ALLOC),
	NAME(IOMMU_GET_HW_INFO),
	NAME(IOMMU_IOAS_MAP_FILE),
	NAME(IOMMU_VIOMMU_ALLOC),
	NAME(IOMMU_VDEVICE_ALLOC),
	NAME(IOMMU_IOAS_SET_PAGE_SIZE),
	NAME(VFIO_DEVICE_GET_INFO),
	NAME(VFIO_DEVICE_GET_REGION_INFO),
	NAME(VFIO_DEVICE_GET_IRQ_INFO),
	NAME(VFIO_DEVICE_SET_IRQS),
	NAME(VFIO_DEVICE_RESET),
	NAME(VFIO_DEVICE_GET_PCI_HOT_RESET_INFO),
	NAME(VFIO_DEVICE_PCI_HOT_RESET),
	NAME(VFIO_DEVICE_FEATURE),
	NAME(VFIO_DEVICE_BIND_IOMMUFD),
	NAME(VFIO_DEVICE_ATTACH_IOMMUFD_PT),
	NAME(VFIO_DEVICE_DETACH_IOMMUFD_PT),
};

static const char *state_name(uint32_t state)
{
	static const char *const names[] = {
		[IOMMU_TSM_TDI_UNLOCKED] = "unlock",
		[IOMMU_TSM_TDI_LOCKED] = "lock",
		[IOMMU_TSM_TDI_RUN] = "run",
		[IOMMU_TSM_TDI_STOP] = "stop",
	};

	return state < COUNT(names) ? names[state] : "?";
}

/* What a request to the TSM is about. */
static const char *ask_name(struct task *t, uintptr_t arg)
{
	struct iommu_vdevice_tsm_req q;
	uint32_t state;

	memcpy(&q, (const void *)arg, sizeof(q));
	switch (q.op) {
	case IOMMU_TSM_OP_SET_TDI_STATE:
		return k_copy_in(t, &state, q.req_uptr, sizeof(state))
			       ? "?"
			       : state_name(state);
	case IOMMU_TSM_OP_VALIDATE_MMIO:
		return "MMIO";
	case IOMMU_TSM_OP_SEV_ENABLE_DMA:
		return "DMA on";
	case IOMMU_TSM_OP_SEV_DISABLE_DMA:
		return "DMA off";
	default:
		return "message";
	}
}

static void ioctl_name(const struct world *w, const struct k_call *c, char *out,
		       size_t cap)
{
	const char *name = w->plat->ioctl_name
				   ? w->plat->ioctl_name(c->cmd, c->arg)
				   : NULL;

	if (c->cmd == IOMMU_VDEVICE_TSM_REQ && c->arg) {
		snprintf(out, cap, "IOMMU_VDEVICE_TSM_REQ %s",
			 ask_name(c->t, c->arg));
		return;
	}
	for (unsigned i = 0; i < COUNT(ioctls) && !name; i++)
		if (ioctls[i].cmd == c->cmd)
			name = ioctls[i].name;
	if (name)
		snprintf(out, cap, "%s", name);
	else
		snprintf(out, cap, "ioctl 0x%x", c->cmd);
}

/* Of a file of sysfs its name, with a folder below the device's. */
static const char *short_path(const char *path)
{
	static const char dev[] = "/sys/bus/pci/devices/";
	const char *at;

	if (strncmp(path, dev, sizeof(dev) - 1) != 0)
		return path;
	at = strchr(path + sizeof(dev) - 1, '/');
	return at ? at + 1 : path;
}

static struct world_open *slot_of(struct world *w, const struct file *f)
{
	for (unsigned i = 0; i < WORLD_OPENS; i++)
		if (w->open[i].f == f)
			return &w->open[i];
	return NULL;
}

static void remember(struct world *w, const struct k_call *c)
{
	const struct file *f = k_fd_file(c->t, (int)c->ret);
	struct world_open *o = slot_of(w, f);

	if (!o)
		o = &w->open[w->opened++ % WORLD_OPENS];
	o->f = f;
	snprintf(o->name, sizeof(o->name), "%s", short_path(c->path));
}

/* False: not worth a line. */
static bool name_of(struct world *w, const struct k_call *c, char *out,
		    size_t cap)
{
	const struct world_open *o = c->f ? slot_of(w, c->f) : NULL;

	switch (c->nr) {
	case K_SYS_OPEN:
		snprintf(out, cap, "open %s", c->path);
		return strncmp(c->path, "/sys/", 5) != 0;
	case K_SYS_IOCTL:
		ioctl_name(w, c, out, cap);
		return true;
	case K_SYS_WRITE:
	case K_SYS_CLOSE:
		snprintf(out, cap, "%s %s",
			 c->nr == K_SYS_WRITE ? "write" : "close",
			 o	? o->name
			 : c->f ? c->f->ops->name
				: "?");
		return c->nr == K_SYS_WRITE || !o ||
		       strncmp(o->name, "/dev/", 5) == 0;
	case K_SYS_READ:
	case K_SYS_MMAP:
	case K_SYS_FALLOCATE:
		break;
	}
	return false;
}

void world_syscall(void *ctx, const struct k_call *c, bool over)
{
	struct world *w = ctx;
	char name[80];

	if (over && c->nr == K_SYS_OPEN && c->ret >= 0)
		remember(w, c);
	if (!name_of(w, c, name, sizeof(name)))
		name[0] = '\0';
	if (c->nr == K_SYS_CLOSE && slot_of(w, c->f))
		slot_of(w, c->f)->f = NULL;
	if (!name[0])
		return;
	if (!over)
		world_called(w, WORLD_VMM_HOST, name, NULL);
	else if (c->ret < 0 && c->ret != -EAGAIN)
		world_called(w, WORLD_VMM_HOST, name,
			     world_errno_name((int)-c->ret));
}
