/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "judge/root.h"
#include "pci/regs.h"

/* BARs: sized, and put where nothing else is. */

struct place {
	struct root *r;
	unsigned fn;
	uint16_t first; /* register of BAR 0 */
	unsigned count; /* each takes that much room: functions of one BAR */
};

/* The base of one BAR; @high: 64-bit. */
static enum il_err size_bar(const struct place *p, unsigned n, uint64_t *size,
			    bool *wide)
{
	const uint16_t reg = (uint16_t)(p->first + 4 * n);
	uint32_t low, high = UINT32_MAX;
	uint64_t mask;
	enum il_err err = root_cfg_write(p->r, p->fn, reg, 4, UINT32_MAX);

	if (!err)
		err = root_cfg_read(p->r, p->fn, reg, 4, &low);
	if (err)
		return err;
	*size = 0;
	*wide = (low & BAR_TYPE) == BAR_MEM_64;
	if (!low || low & BAR_IO) {
		*wide = false;
		return IL_OK;
	}
	if (*wide && n < 5) {
		err = root_cfg_write(p->r, p->fn, (uint16_t)(reg + 4), 4,
				     UINT32_MAX);
		if (!err)
			err = root_cfg_read(p->r, p->fn, (uint16_t)(reg + 4), 4,
					    &high);
		if (err)
			return err;
	}
	mask = (uint64_t)high << 32 | (low & ~BAR_FLAGS);
	*size = ~mask + 1;
	return IL_OK;
}

static enum il_err put_bar(const struct place *p, unsigned n, bool wide,
			   uint64_t base)
{
	const uint16_t reg = (uint16_t)(p->first + 4 * n);
	enum il_err err = root_cfg_write(p->r, p->fn, reg, 4, (uint32_t)base);

	if (!err && wide)
		err = root_cfg_write(p->r, p->fn, (uint16_t)(reg + 4), 4,
				     (uint32_t)(base >> 32));
	return err;
}

static enum il_err place_all(const struct place *p, uint64_t *next,
			     uint64_t base[6], uint64_t size[6])
{
	memset(base, 0, 6 * sizeof(*base));
	memset(size, 0, 6 * sizeof(*size));
	for (unsigned n = 0; n < 6; n++) {
		bool wide;
		enum il_err err = size_bar(p, n, &size[n], &wide);

		if (err)
			return err;
		if (size[n]) {
			base[n] = align_up(*next, size[n]);
			*next = base[n] + p->count * size[n];
			/* Ours end where 32 bits and interrupts do. */
			if (*next > UINT64_C(0xf0000000) || *next < base[n])
				return IL_E_SPACE;
			err = put_bar(p, n, wide, base[n]);
			if (err)
				return err;
		}
		n += wide;
	}
	return IL_OK;
}

enum il_err root_bars(struct root *r, int fn, uint64_t base[6],
		      uint64_t size[6])
{
	const struct regs regs = root_regs(r);
	/* Functions have their own part; VFs stand behind all of them. */
	uint64_t next = ROOT_MMIO_BASE +
			(uint64_t)(fn < 0 ? 8 : fn) * UINT64_C(0x8000000);
	struct place p = { .r = r, .first = CFG_BAR0, .count = 1 };
	uint16_t cap;

	if (fn >= 0) {
		p.fn = (unsigned)fn;
		return place_all(&p, &next, base, size);
	}
	cap = regs_ecap(&regs, 0, ECAP_SRIOV, 0);
	if (!cap)
		return IL_E_ARG;
	p.first = (uint16_t)(cap + SRIOV_BAR0);
	p.count = regs_get(&regs, 0, cap + SRIOV_TOTAL, 2);
	return place_all(&p, &next, base, size);
}
