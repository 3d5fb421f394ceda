/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_DEVICE_SEAT_H
#define TEST_DEVICE_SEAT_H

#include "device/device.h"

/* As if session @id, open at connection 0, had spoken: its token is @id. */
static inline void seat_session(struct device *d, uint32_t id)
{
	d->conns[0].place[0].id = id;
	d->conns[0].place[0].gen = id;
	d->dsm.pci.seat[0][0] =
		(struct dsm_seat){ .id = id, .gen = id, .open = true };
}

#endif
