/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IDEKM_NAMES_H
#define IDEKM_NAMES_H

#include "interlock/wire.h"

/* Types of the installed header, by their names inside; see crypto/names.h. */
#define idekm_ref il_ide_ref

#endif
