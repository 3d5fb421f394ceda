/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LIB_FREESTANDING_STRING_H
#define LIB_FREESTANDING_STRING_H

#include <stddef.h>

/*
 * All that the device library needs of a C library, for builds that have none;
 * the compiler itself calls these, so firmware has them. See tools/device-lib.
 */
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *p, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#endif
