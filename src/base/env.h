/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_ENV_H
#define BASE_ENV_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Trace events are numbered room by room: TRACE_EV(TRACE_TDISP, 3). Each room
 * lists its own in its public header; a program turns them into text.
 */
enum trace_room {
	TRACE_BASE,
	TRACE_CRYPTO,
	TRACE_PCI,
	TRACE_MEM,
	TRACE_TLP,
	TRACE_SPDM,
	TRACE_IDEKM,
	TRACE_TDISP,
	TRACE_IDE,
	TRACE_IOMMU,
	TRACE_LINK,
	TRACE_FABRIC,
	TRACE_DSM,
	TRACE_TSM,
	TRACE_DEVICE,
	TRACE_HOST,
	TRACE_GUEST,
	TRACE_ARCH,
	TRACE_VMM,
	TRACE_WORLD,
	TRACE_ROOMS,
};

#define TRACE_EV(room, n) ((uint32_t)(room) << 16 | (uint32_t)(n))

/*
 * What an engine may ask of the outside: dice and a log. Time is not here; it
 * is an argument (now_ns) of the calls that depend on it.
 */
struct env {
	/* Fills @out or changes nothing. Errors: IL_E_RANDOM. */
	enum il_err (*random)(void *ctx, uint8_t *out, size_t len);
	/* Arguments are integers: never secrets, never peer bytes. */
	void (*trace)(void *ctx, uint32_t ev, uint64_t a, uint64_t b,
		      uint64_t c);
	void *ctx;
};

static inline enum il_err IL_MUST env_random(const struct env *e, uint8_t *out,
					     size_t len)
{
	return e->random(e->ctx, out, len);
}

static inline void env_trace(const struct env *e, uint32_t ev, uint64_t a,
			     uint64_t b, uint64_t c)
{
	if (e->trace)
		e->trace(e->ctx, ev, a, b, c);
}

/*
 * A seeded stream of numbers for worlds, tests and misbehaviours (SplitMix64).
 * Not for keys that leave a world.
 */
struct dice {
	uint64_t state;
};

uint64_t dice_u64(struct dice *d);
/* Below @n, without bias; @n is not 0. */
uint64_t dice_below(struct dice *d, uint64_t n);
void dice_fill(struct dice *d, uint8_t *out, size_t len);

#endif
