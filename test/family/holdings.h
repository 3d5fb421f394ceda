/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_FAMILY_HOLDINGS_H
#define TEST_FAMILY_HOLDINGS_H

#include "family/family.h"

/* What a whole assignment must leave as it found it. */
struct holdings {
	uint64_t frames;
	uint64_t assigned; /* pages of a guest */
	uint64_t leaked;   /* contexts of firmware */
	uint32_t pools[10];
	unsigned slots; /* secrets of the platform */
};

struct holdings holdings_of(const struct world *w);
/* A difference makes @end bad. */
void holdings_same(struct family_end *end, const struct holdings *now,
		   const struct holdings *first);

#endif
