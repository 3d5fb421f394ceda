/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DSM_NAMES_H
#define DSM_NAMES_H

#include "interlock/device.h"

/* Types of the installed header, by their names inside; see crypto/names.h. */
#define dsm_port    il_device_port
#define dsm_stream  il_device_stream
#define dsm_fn	    il_device_fn
#define dsm_session il_session
#define dsm_back    il_back

#endif
