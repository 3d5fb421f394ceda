/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICE_MISBEHAVE_PRIV_H
#define DEVICE_MISBEHAVE_PRIV_H

#include "device/device_priv.h"
#include "device/misbehave.h"

/* What calls the rows' hooks; the context is a struct misbehave. */
extern const struct dsm_tap misbehave_dsm_tap;
extern const struct device_seams misbehave_device_seams;

/* The answer that is held back, if it is to @x and due; false: it is not. */
bool misbehave_held(struct misbehave *m, struct device_exchange *x);

#endif
