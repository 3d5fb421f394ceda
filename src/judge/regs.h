/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JUDGE_REGS_H
#define JUDGE_REGS_H

#include <stdint.h>

#include "base/err.h"

/*
 * Configuration space of the functions of the device that is judged, however
 * it is reached: as configuration TLPs on a link, by libpci, or by a fake in
 * tests. Everything that reads or writes registers stands on this table.
 */
struct regs_ops {
	/*
	 * @fn:   function number in the device
	 * @reg:  below 4096, naturally aligned to @size (1, 2 or 4)
	 * @v:    all ones where nothing answered
	 *
	 * Errors:   IL_E_ARG    @reg or @size
	 *           IL_E_IO     not answered with success
	 *           IL_E_STATE  writes only: not allowed here (no --force)
	 */
	enum il_err (*read)(void *ctx, unsigned fn, uint16_t reg, unsigned size,
			    uint32_t *v);
	enum il_err (*write)(void *ctx, unsigned fn, uint16_t reg,
			     unsigned size, uint32_t v);
	/* Lets time pass; may return early. */
	void (*wait)(void *ctx, uint64_t ns);
	uint64_t (*now_ns)(void *ctx);
};

struct regs {
	const struct regs_ops *ops;
	void *ctx;
};

/* As the ops; @v is written always. */
enum il_err regs_read(const struct regs *r, unsigned fn, unsigned reg,
		      unsigned size, uint32_t *v) IL_MUST;
enum il_err regs_write(const struct regs *r, unsigned fn, unsigned reg,
		       unsigned size, uint32_t v) IL_MUST;
/* All ones where nothing answers. */
uint32_t regs_get(const struct regs *r, unsigned fn, unsigned reg,
		  unsigned size);

/*
 * Offset of a capability, 0 if there is none. Reads only; a list that leads
 * in a circle ends.
 */
uint16_t regs_cap(const struct regs *r, unsigned fn, uint8_t id);
/* The @nth extended capability of that id, from 0. */
uint16_t regs_ecap(const struct regs *r, unsigned fn, uint16_t id,
		   unsigned nth);

#endif
