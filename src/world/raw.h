/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_RAW_H
#define WORLD_RAW_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Doorbells rung by hand: calls of the host and of guests to firmware and
 * hardware, kept with their registers, and made again in another order or with
 * other values. For fuzzers, with the laws as the oracle: what a hostile host
 * or guest may call, it may call at any time.
 */
#define RAW_REGS  14u
#define RAW_KEPT  256u
#define RAW_PAGES 2u   /* of a call's registers that are addresses in RAM */
#define RAW_BYTES 512u /* of what stands there */

struct world;
struct world_vm;

struct raw_call {
	const struct world_vm *vm; /* whose guest calls; NULL: the host */
	uint64_t fid;		   /* the platform's own number of it */
	uint64_t reg[RAW_REGS];
	/* What the host had at addresses that it named. */
	struct {
		uint64_t pa; /* 0: none */
		uint8_t bytes[RAW_BYTES];
	} page[RAW_PAGES];
};

struct world_raw {
	struct raw_call call[RAW_KEPT]; /* the last so many */
	uint64_t n;			/* that there were */
};

/* Begins to keep calls. False: no memory. */
bool world_raw_on(struct world *w);
/* The @i-th of those that are kept, modulo; NULL: none is. */
struct raw_call *world_raw_at(struct world *w, uint64_t i);
/* What becomes of a call that is made again. */
enum raw_change {
	RAW_SAME,
	RAW_SWAP, /* a register of another call */
	RAW_MOVE, /* a register a page on, or back */
	RAW_SET,  /* a register is a small number, or all ones */
	RAW_BYTE, /* another byte in what it names in memory */
	RAW_CHANGES,
};
/*
 * world_raw_pick() - one of the calls that are kept, changed
 * @dice: which, and how: bits of its own for each choice
 * False: none is kept.
 */
bool world_raw_pick(struct world *w, uint64_t dice, enum raw_change how,
		    struct raw_call *out);
/*
 * world_raw_note() - a platform's glue tells of a call before it makes it
 * @vm: NULL: the host's. Costs nothing while nobody keeps them.
 */
void world_raw_note(struct world *w, const struct world_vm *vm, uint64_t fid,
		    const uint64_t *reg, unsigned regs);
/*
 * world_raw_play() - makes a call again: the host writes what @c has of
 * memory, where it may, and the doorbell is rung. A guest that has exited and
 * has no answer yet does not call.
 */
void world_raw_play(struct world *w, const struct raw_call *c);

#endif
