/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICE_MISBEHAVE_TEE_H
#define DEVICE_MISBEHAVE_TEE_H

#include "device/misbehave.h"

/*
 * What rows of IDE_KM and of TDISP share.
 *
 * misbehave_outside() - a vendor message of PCI-SIG that came in the clear is
 * answered with @payload, if it has its protocol id; for the ask hook.
 */
bool misbehave_outside(struct device_exchange *x, const uint8_t *payload,
		       size_t n);

#endif
