/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_ALLOCS_H
#define BENCH_ALLOCS_H

/*
 * Heap calls from our own objects so far: malloc, calloc, realloc and free as
 * the linker wraps them (meson.build). What OpenSSL does inside is its own.
 */
unsigned long allocs_so_far(void);

#endif
