/* SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause) */
#ifndef ILT_SHIM_STDDEF_H
#define ILT_SHIM_STDDEF_H

#include <linux/stddef.h>
#include <linux/types.h>

#endif
