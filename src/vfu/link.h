/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFU_LINK_H
#define VFU_LINK_H

#include <poll.h>

#include "vfu/vfu_priv.h"

/* The root port at the other end of the device's link, v->root. */

/* Takes @fd, or closes it if there is a root port already. */
void vfu_root_open(struct vfu *v, int fd);
void vfu_root_close(struct vfu *v);
/* What poll() is to wait for, while there is one. */
short vfu_root_waits(const struct vfu *v);
/* After the device ran: sends what it sent; true: it has more to take. */
bool vfu_root_flush(struct vfu *v);

#endif
