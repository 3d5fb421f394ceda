/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_SPY_H
#define WORLD_SPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/*
 * Looks for a payload in what passes on a link: any 8 bytes in a row of it,
 * at any place in a frame.
 */
#define SPY_RUN 8u

struct spy {
	uint64_t *slot; /* windows of the payload; 0: free */
	uint64_t mask;
	bool zero; /* the all-zero window is one of them */
	uint64_t found;
};

/*
 * spy_new() - all windows of @p, in @a
 * Errors: IL_E_NOMEM.
 */
enum il_err spy_new(struct arena *a, const uint8_t *p, size_t len,
		    struct spy **out) IL_MUST;
void spy_see(struct spy *s, const uint8_t *p, size_t len);
/* NULL finds nothing. */
bool spy_found(const struct spy *s);

#endif
