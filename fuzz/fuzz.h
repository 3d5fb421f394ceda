/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/bytes.h"
#include "base/env.h"

/*
 * One target a file. Under -Dfuzz=true it is libFuzzer's; otherwise
 * replay.c feeds it the committed corpus, as an ordinary test.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What must hold for every input; says what does not, and where. */
#define must(holds) must_hold(holds, #holds, __FILE__, __LINE__)

static inline void must_hold(bool holds, const char *what, const char *file,
			     int line)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/*
 * A refusal has changed nothing, padding included; MemorySanitizer is told
 * that it is meant to be looked at.
 */
#if defined(__clang__)
__attribute__((no_sanitize("memory")))
#endif
static inline bool
unchanged(const void *before, const void *now, size_t len)
{
	const uint8_t *a = before, *b = now;
	size_t i = 0;

	while (i < len && a[i] == b[i])
		i++;
	return i == len;
}

/*
 * Reserved bits are ignored when read and zero when written, so a message is
 * compared with what its first encoding says, and with its length.
 */
static inline void same_again(const struct wr *first, const struct wr *again,
			      size_t len)
{
	must(first->len == len && again->len == len);
	must(memcmp(first->p, again->p, len) == 0);
}

#endif
