/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BOARD_FN_H
#define BOARD_FN_H

#include "board/board_priv.h"

/*
 * Functions of the device, by number, as both the host's view of one and the
 * VM's are made of: registers over the link, MMIO through memory's rules.
 */

/* Its number on the bus, as the root port has it now. */
uint16_t fn_rid(const struct board *b, unsigned fn);

/* One register; what does not answer is all ones. */
uint32_t fn_cfg_get(struct board *b, unsigned fn, unsigned off, unsigned size);
void fn_cfg_put(struct board *b, unsigned fn, unsigned off, unsigned size,
		uint32_t v);
/* Any bytes of them. */
void fn_cfg_load(struct board *b, unsigned fn, uint32_t off, uint8_t *buf,
		 uint32_t len);
void fn_cfg_store(struct board *b, unsigned fn, uint32_t off,
		  const uint8_t *buf, uint32_t len);

/* Do [@off, @off + @len) and a register meet? */
bool fn_touches(uint32_t off, uint32_t len, uint32_t reg, uint32_t size);
/* The largest natural access at @off of no more than @len, @most bytes. */
uint32_t fn_part(uint64_t off, uint32_t len, uint32_t most);

/* Where BAR @bar is now. */
uint64_t fn_bar_pa(struct board *b, unsigned fn, unsigned bar);
/*
 * fn_mmio() - an access by @r's agent to @len bytes from @r.pa
 * @r: @r.len does not matter; the GPA advances with the PA
 *
 * What is refused reads as ones and was told; false: some of it was.
 */
bool fn_mmio(struct board *b, struct mem_req r, uint8_t *buf, uint32_t len);
/* Ownership entries for BARs that decode. */
void fn_cover(struct board *b, unsigned fn);
/* The device's own table has the first @vectors, not masked. */
void fn_msix(struct board *b, unsigned fn, unsigned vectors);
/* Its INTx was seen: raised again if it still is asserted. */
void fn_intx_again(struct board *b, unsigned fn);
/* A function level reset, or that of the bus if it has none. */
void fn_flr(struct board *b, unsigned fn);

#endif
