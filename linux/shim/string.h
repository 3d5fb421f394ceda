/* SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause) */
#ifndef ILT_SHIM_STRING_H
#define ILT_SHIM_STRING_H

#include <linux/string.h>

#endif
