/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_VFIO_VFIO_PRIV_H
#define HOST_VFIO_VFIO_PRIV_H

#include "host/vfio/vfio.h"

/* config.c: bytes as the user sees them. Bytes, or -errno. */
long vfio_config_read(struct vfio_dev *d, uint16_t off, uint8_t *buf,
		      size_t len);
long vfio_config_write(struct vfio_dev *d, uint16_t off, const uint8_t *buf,
		       size_t len);

/* To D0, and the command register gets back what it had before D3hot. */
int vfio_wake(struct vfio_dev *d);

/* region.c */
bool vfio_mem_enabled(struct vfio_dev *d); /* decoding, and not in D3 */
long vfio_rw(struct vfio_dev *d, struct task *t, void *buf, size_t len,
	     uint64_t off, bool write);
long vfio_mmap(struct vfio_dev *d, struct vma *v);
long vfio_device_info(struct vfio_dev *d, uintptr_t arg);
long vfio_region_info(struct vfio_dev *d, uintptr_t arg);
/* None is offered: whatever it asks for is out of range. */
long vfio_set_irqs(uintptr_t arg);
long vfio_irq_info(struct vfio_dev *d, uintptr_t arg);

/* feature.c */
long vfio_feature(struct vfio_dev *d, struct task *t, uintptr_t arg);
/* Buffers and mappings go, or come back if memory is enabled; or -EAGAIN. */
int vfio_revoke(struct vfio_dev *d);
int vfio_restore(struct vfio_dev *d);
/*
 * The end of what revoked them, which gave @ret: failed or not, they come back
 * if memory is enabled. The first error.
 */
int vfio_restored(struct vfio_dev *d, int ret);
void vfio_bufs_kill(struct vfio_dev *d);

/* reset.c */
long vfio_reset(struct vfio_dev *d);
long vfio_hot_reset_info(struct vfio_dev *d, uintptr_t arg);
long vfio_hot_reset(struct vfio_dev *d, uintptr_t arg);

/* bind.c */
long vfio_bind(struct vfio_file *f, struct task *t, uintptr_t arg);
long vfio_attach(struct vfio_dev *d, uintptr_t arg);
long vfio_detach(struct vfio_dev *d, uintptr_t arg);
/*
 * Before what would put a locked interface into ERROR: it is unbound. One that
 * is not the guest's loses nothing, and keeps its vDevice.
 */
void vfio_upset(struct vfio_dev *d);
/* The user closes, or the function leaves. */
void vfio_close(struct vfio_dev *d);

#endif
