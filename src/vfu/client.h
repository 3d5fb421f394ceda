/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFU_CLIENT_H
#define VFU_CLIENT_H

#include "vfu/vfu_priv.h"

/* One client of the emulator's framing; v->client holds them. */

void vfu_client_open(struct vfu *v, struct vfu_client *c, int fd,
		     unsigned door);
void vfu_client_close(struct vfu *v, struct vfu_client *c);
/* What poll() is to wait for. */
bool vfu_client_writes(const struct vfu_client *c);
bool vfu_client_reads(const struct vfu_client *c);
void vfu_client_send(struct vfu *v, struct vfu_client *c);
void vfu_client_recv(struct vfu *v, struct vfu_client *c);
void vfu_client_reply(struct vfu *v, struct vfu_client *c,
		      const struct emu_frame *f, enum vfu_verdict verdict);

enum vfu_served {
	VFU_IDLE,  /* nothing to do for it */
	VFU_MOVED, /* one frame was dealt with, or the client is gone */
	VFU_WAITS, /* the device has its request */
	VFU_OVER,  /* it ended the program */
};

/* Deals with one frame at most, so that all get their turn. */
enum vfu_served vfu_client_serve(struct vfu *v, struct vfu_client *c);
/* Drops a client that owes us something for too long. */
void vfu_client_age(struct vfu *v, struct vfu_client *c);

#endif
