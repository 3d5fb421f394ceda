/* SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause) */
/* Two names are the kernel's too, of the same meaning; there its own stay. */
#ifndef ILT_SHIM_BITS_H
#define ILT_SHIM_BITS_H

#include <linux/bitfield.h>
#include <linux/bitops.h>

#pragma push_macro("BIT")
#pragma push_macro("field_get")
#undef BIT
#undef field_get
#include_next "base/bits.h"
#pragma pop_macro("field_get")
#pragma pop_macro("BIT")

#endif
