/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

/* What cmocka.h wants to see first, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "base/err.h"

/*
 * Whether @needle stands anywhere in @hay. The padding of structs is looked
 * at too, on purpose, which MemorySanitizer would otherwise report.
 */
#if defined(__clang__)
__attribute__((no_sanitize("memory")))
#endif
static inline bool
bytes_hold(const void *hay, size_t n, const void *needle, size_t len)
{
	const uint8_t *h = hay, *w = needle;

	for (size_t i = 0; i + len <= n; i++) {
		size_t k = 0;

		while (k < len && h[i + k] == w[k])
			k++;
		if (k == len)
			return true;
	}
	return false;
}

#endif
