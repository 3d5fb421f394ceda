/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_BINDING_H
#define SPDM_BINDING_H

#include "interlock/wire.h"

/*
 * What a transport puts around SPDM messages, as numbers: all that the engines
 * know of one; installed, as struct il_spdm_binding. A transport's room has its
 * table (doe_binding, mctp_binding); this header is rank 0, so that rooms below
 * spdm can include it.
 */
#define spdm_binding il_spdm_binding

#define SPDM_RANDOM_MAX 32

#endif
