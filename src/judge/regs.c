/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/regs.h"

#include <stdbool.h>

#include "pci/regs.h"

/* The most capabilities that 4 KiB have room for; a list is no longer. */
#define CAPS_MAX  ((0x100u - 0x40u) / 4)
#define ECAPS_MAX ((CFG_SIZE - CFG_EXT_START) / 8)

enum il_err regs_read(const struct regs *r, unsigned fn, unsigned reg,
		      unsigned size, uint32_t *v)
{
	*v = UINT32_MAX >> (32 - 8 * size);
	if (reg >= CFG_SIZE)
		return IL_E_ARG;
	return r->ops->read(r->ctx, fn, (uint16_t)reg, size, v);
}

enum il_err regs_write(const struct regs *r, unsigned fn, unsigned reg,
		       unsigned size, uint32_t v)
{
	if (reg >= CFG_SIZE)
		return IL_E_ARG;
	return r->ops->write(r->ctx, fn, (uint16_t)reg, size, v);
}

uint32_t regs_get(const struct regs *r, unsigned fn, unsigned reg,
		  unsigned size)
{
	uint32_t v;

	if (regs_read(r, fn, reg, size, &v))
		return UINT32_MAX >> (32 - 8 * size);
	return v;
}

uint16_t regs_cap(const struct regs *r, unsigned fn, uint8_t id)
{
	uint32_t at = regs_get(r, fn, CFG_CAP_PTR, 1);

	if (!(regs_get(r, fn, CFG_STATUS, 2) & STATUS_CAPS))
		return 0;
	for (unsigned n = 0; n < CAPS_MAX; n++) {
		uint32_t head;

		at &= 0xfc;
		if (at < 0x40 || regs_read(r, fn, at, 2, &head))
			return 0;
		if ((head & 0xff) == id)
			return (uint16_t)at;
		at = head >> 8;
	}
	return 0;
}

uint16_t regs_ecap(const struct regs *r, unsigned fn, uint16_t id, unsigned nth)
{
	uint16_t at = CFG_EXT_START;

	for (unsigned n = 0; n < ECAPS_MAX; n++) {
		uint32_t head;

		if (regs_read(r, fn, at, 4, &head) || !head ||
		    head == UINT32_MAX)
			return 0;
		if (ECAP_ID(head) == id && !nth--)
			return at;
		at = ECAP_NEXT(head);
		if (at < CFG_EXT_START)
			return 0;
	}
	return 0;
}
