/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * enum il_err, IL_MUST and il_err_name(): installed, with the same names. A
 * new code needs a caller that acts on it.
 */
#include "interlock/crypto.h"

#endif
