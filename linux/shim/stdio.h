/* SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause) */
#ifndef ILT_SHIM_STDIO_H
#define ILT_SHIM_STDIO_H

#include <linux/sprintf.h>

#endif
