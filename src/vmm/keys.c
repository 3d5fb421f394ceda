/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What keeps a connection alive, and what a VMM can do to a lock session that
 * is not its own.
 */
#include <errno.h>

#include "vmm/steps_priv.h"
#include "vmm/vmm_priv.h"

static long refresh(struct vmm_run *r, const char *what)
{
	char path[K_PATH];

	vmm_dev_path(path, r->bdf, "tsm/refresh");
	return vmm_sysfs_write(r, path, what);
}

long vmm_roll_key(struct vmm_run *r)
{
	return refresh(r, INTERLOCK_TSM_REFRESH_STREAM);
}

long vmm_key_update(struct vmm_run *r)
{
	return refresh(r, INTERLOCK_TSM_REFRESH_SESSION);
}

long vmm_heartbeat(struct vmm_run *r)
{
	return refresh(r, INTERLOCK_TSM_REFRESH_ALIVE);
}

/* The request that a guest's own exit leads to, without the exit. */
static long set_state(struct vmm_run *r, uint32_t state)
{
	struct iommu_vdevice_tsm_req q = {
		.size = sizeof(q),
		.op = IOMMU_TSM_OP_SET_TDI_STATE,
		.req_len = 4,
		.resp_len = sizeof(r->ask.resp),
		.req_uptr = (uintptr_t)r->ask.req,
		.resp_uptr = (uintptr_t)r->ask.resp,
	};

	if (!r->d)
		return -ENODEV;
	for (unsigned i = 0; i < 4; i++)
		r->ask.req[i] = (uint8_t)(state >> 8 * i);
	q.vdevice_id = r->d->vdevice_id;
	q.tvm_arch = r->d->tsm_arch;
	return k_ioctl(r->v->t, r->v->iommu_fd, IOMMU_VDEVICE_TSM_REQ,
		       (uintptr_t)&q);
}

long vmm_unlock_unasked(struct vmm_run *r)
{
	return set_state(r, IOMMU_TSM_TDI_UNLOCKED);
}

long vmm_lock_unasked(struct vmm_run *r)
{
	return set_state(r, IOMMU_TSM_TDI_LOCKED);
}

long vmm_stop_unasked(struct vmm_run *r)
{
	return set_state(r, IOMMU_TSM_TDI_STOP);
}
