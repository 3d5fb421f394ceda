/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_VFIO_VFIO_PRIV_H
#define HOST_VFIO_VFIO_PRIV_H

#include "host/vfio/vfio.h"

/* Bytes of configuration space as the user sees them. Bytes, or -errno. */
long vfio_config_read(struct vfio_dev *d, uint16_t off, uint8_t *buf,
		      size_t len);
long vfio_config_write(struct vfio_dev *d, uint16_t off, const uint8_t *buf,
		       size_t len);
/* Memory decoding goes off or on: dma-bufs and mappings follow. */
void vfio_decode(struct vfio_dev *d, bool on);

#endif
