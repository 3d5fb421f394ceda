/* SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause) */
#ifndef ILT_SHIM_STDBOOL_H
#define ILT_SHIM_STDBOOL_H

#include <linux/types.h>

#endif
