/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_STEPS_PRIV_H
#define VMM_STEPS_PRIV_H

#include "vmm/vmm.h"

/* Steps of attach and detach (assign.c), in the order of use. */
long vmm_dev_slot(struct vmm_run *r);
long vmm_vfio_open(struct vmm_run *r);
long vmm_kvm_add(struct vmm_run *r);
long vmm_iommu_open(struct vmm_run *r);
long vmm_vfio_bind(struct vmm_run *r);
long vmm_hwpt(struct vmm_run *r);
long vmm_viommu(struct vmm_run *r);
long vmm_vdevice(struct vmm_run *r);
long vmm_attach(struct vmm_run *r);
long vmm_map_ram(struct vmm_run *r);
long vmm_export_bars(struct vmm_run *r);
long vmm_show(struct vmm_run *r);
long vmm_hide(struct vmm_run *r);
long vmm_vdevice_gone(struct vmm_run *r);
long vmm_slots_gone(struct vmm_run *r);
long vmm_viommu_gone(struct vmm_run *r);
long vmm_close_dev(struct vmm_run *r);
long vmm_close_iommu(struct vmm_run *r);
void vmm_undo_dev_slot(struct vmm_run *r);
void vmm_undo_attach(struct vmm_run *r);

/* keys.c: what keeps a connection alive */
long vmm_roll_key(struct vmm_run *r);
long vmm_key_update(struct vmm_run *r);
long vmm_heartbeat(struct vmm_run *r);
/* ... and a lock session ended and begun behind the guest's back */
long vmm_unlock_unasked(struct vmm_run *r);
long vmm_lock_unasked(struct vmm_run *r);
long vmm_stop_unasked(struct vmm_run *r);

bool vmm_any_dev(const struct vmm *v);

#endif
