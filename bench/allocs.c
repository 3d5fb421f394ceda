/* SPDX-License-Identifier: BSD-2-Clause */
#include "allocs.h"

#include <stddef.h>

static unsigned long calls;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);

unsigned long allocs_so_far(void)
{
	return calls;
}

void *__wrap_malloc(size_t n)
{
	calls++;
	return __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	calls++;
	return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	calls++;
	return __real_realloc(p, n);
}

void __wrap_free(void *p)
{
	calls++;
	__real_free(p);
}
