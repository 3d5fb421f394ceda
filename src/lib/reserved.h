/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LIB_RESERVED_H
#define LIB_RESERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nothing is asked for that a later version of the library knows. */
static inline bool lib_reserved(const uint64_t *p, size_t n)
{
	uint64_t all = 0;

	while (n--)
		all |= p[n];
	return !all;
}

#endif
