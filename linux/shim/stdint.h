/* SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause) */
/* What the numbers in src/ need of a C library's header, inside the kernel. */
#ifndef ILT_SHIM_STDINT_H
#define ILT_SHIM_STDINT_H

#include <linux/limits.h>
#include <linux/types.h>

#ifndef UINT32_C
#define UINT32_C(x) x##U
#endif
#ifndef UINT64_C
#define UINT64_C(x) x##ULL
#endif
#ifndef UINT32_MAX
#define UINT32_MAX U32_MAX
#endif
#ifndef UINT64_MAX
#define UINT64_MAX U64_MAX
#endif

#endif
