/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HALVES_H
#define HALVES_H

#include "../serve.h"

/*
 * The two processors of a device, each a process: the front speaks SPDM and
 * has the identity; the back has IDE_KM, TDISP and the hardware. Between them
 * go the frames of il_pipe_…, over a socketpair that keeps them whole.
 */

/* Both are for a whole life of their processor. */
int front_run(struct serve *s, const char *identity);
int back_run(int fd);

/* Sends a frame whole or not at all; @ctx is the descriptor. */
static inline enum il_err send_frame(void *ctx, const uint8_t *p, size_t n)
{
	const int *fd = ctx;

	return send(*fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n
		       ? IL_OK
		       : IL_E_AGAIN;
}

#endif
