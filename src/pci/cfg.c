/* SPDX-License-Identifier: BSD-2-Clause */
#include "pci/cfg.h"

#include <string.h>

#include "base/assert.h"
#include "base/bits.h"
#include "base/bytes.h"

uint8_t pci_cfg_be(unsigned off, unsigned size)
{
	if (size == 0 || size > 4 || off > 4 - size)
		return 0;
	return (uint8_t)(((1u << size) - 1) << off);
}

uint32_t pci_cfg_get(const struct pci_cfg *c, uint16_t reg, unsigned size)
{
	uint32_t v = 0;

	IL_ASSERT(size <= 4 && reg + size <= CFG_SIZE);
	for (unsigned i = size; i-- > 0;)
		v = v << 8 | c->image[reg + i];
	return v;
}

static void put(uint8_t *p, unsigned size, uint32_t v)
{
	for (unsigned i = 0; i < size; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

void pci_cfg_put(struct pci_cfg *c, uint16_t reg, unsigned size, uint32_t v)
{
	IL_ASSERT(size <= 4 && reg + size <= CFG_SIZE);
	put(c->image + reg, size, v);
}

void pci_cfg_mask(struct pci_cfg *c, uint16_t reg, unsigned size,
		  uint32_t writable, uint32_t w1c)
{
	IL_ASSERT(size <= 4 && reg + size <= CFG_SIZE);
	IL_ASSERT((writable & w1c) == 0);
	put(c->writable + reg, size, writable);
	put(c->w1c + reg, size, w1c);
}

uint32_t pci_cfg_read(struct pci_cfg *c, uint16_t reg)
{
	IL_ASSERT(reg % 4 == 0 && reg < CFG_SIZE);
	if (c->ops && c->ops->reading)
		c->ops->reading(c->ctx, c, reg);
	return pci_cfg_get(c, reg, 4);
}

void pci_cfg_write(struct pci_cfg *c, uint16_t reg, uint32_t v, uint8_t be)
{
	uint32_t old, now, named = 0, writable;

	IL_ASSERT(reg % 4 == 0 && reg < CFG_SIZE);
	for (unsigned i = 0; i < 4; i++)
		if (be & 1u << i)
			named |= UINT32_C(0xff) << (8 * i);
	old = get_u32le(c->image + reg);
	writable = get_u32le(c->writable + reg) & named;
	now = (old & ~writable) | (v & writable);
	now &= ~(v & named & get_u32le(c->w1c + reg));
	put_u32le(c->image + reg, now);
	if (c->ops && c->ops->written)
		c->ops->written(c->ctx, c, reg, v, be, old, now);
}

void pci_cfg_reset(struct pci_cfg *c, const uint8_t first[CFG_SIZE])
{
	memcpy(c->image, first, sizeof(c->image));
}

uint16_t pci_cap_find(const struct pci_cfg *c, uint8_t id)
{
	unsigned at;

	if (!(pci_cfg_get(c, CFG_STATUS, 2) & STATUS_CAPS))
		return 0;
	at = c->image[CFG_CAP_PTR] & 0xfcu;
	for (unsigned n = 0; at >= 0x40 && n < 48; n++) {
		if (c->image[at] == id)
			return (uint16_t)at;
		at = c->image[at + 1] & 0xfcu;
	}
	return 0;
}

uint16_t pci_ecap_find(const struct pci_cfg *c, uint16_t id)
{
	unsigned at = CFG_EXT_START;

	for (unsigned n = 0; at >= CFG_EXT_START && n < 960; n++) {
		uint32_t h = pci_cfg_get(c, (uint16_t)at, 4);

		if (h == 0)
			return 0;
		if (ECAP_ID(h) == id)
			return (uint16_t)at;
		at = ECAP_NEXT(h);
	}
	return 0;
}

uint64_t pci_bar_size(const struct pci_cfg *c, unsigned n)
{
	bool t0 = (c->image[CFG_HEADER_TYPE] & 0x7f) == HEADER_TYPE0;
	unsigned bars = t0 ? T0_BARS : T1_BARS;

	for (unsigned i = 0; i <= n && i < bars; i++) {
		const uint8_t *m = c->writable + CFG_BAR(i);
		bool wide = (c->image[CFG_BAR(i)] & BAR_TYPE) == BAR_MEM_64;
		uint64_t mask = 0;

		for (unsigned b = wide ? 8 : 4; b-- > 0;)
			mask = mask << 8 | m[b];
		if (i == n && mask)
			return wide ? -mask : (uint32_t)-mask;
		if (wide)
			i++; /* the upper half is no BAR of its own */
	}
	return 0;
}

uint64_t pci_bar_base(const struct pci_cfg *c, unsigned n)
{
	uint32_t lo = pci_cfg_get(c, (uint16_t)CFG_BAR(n), 4);
	uint64_t hi = 0;

	if ((lo & BAR_TYPE) == BAR_MEM_64)
		hi = pci_cfg_get(c, (uint16_t)CFG_BAR(n + 1), 4);
	return hi << 32 | (lo & ~BAR_FLAGS);
}

uint64_t pci_vf_bar_base(const struct pci_cfg *c, unsigned n)
{
	uint16_t cap = pci_ecap_find(c, ECAP_SRIOV);
	uint32_t lo;
	uint64_t hi = 0;

	if (!cap || n >= T0_BARS)
		return 0;
	lo = pci_cfg_get(c, (uint16_t)(cap + SRIOV_BAR(n)), 4);
	if ((lo & BAR_TYPE) == BAR_MEM_64)
		hi = pci_cfg_get(c, (uint16_t)(cap + SRIOV_BAR(n + 1)), 4);
	return hi << 32 | (lo & ~BAR_FLAGS);
}

uint64_t pci_vf_bar_size(const struct pci_cfg *c, unsigned n)
{
	uint16_t cap = pci_ecap_find(c, ECAP_SRIOV);
	uint64_t page, mask = 0;
	unsigned off;
	bool wide;

	if (!cap || n >= T0_BARS)
		return 0;
	off = cap + SRIOV_BAR(n);
	wide = (c->image[off] & BAR_TYPE) == BAR_MEM_64;
	for (unsigned b = wide ? 8 : 4; b-- > 0;)
		mask = mask << 8 | c->writable[off + b];
	if (!mask)
		return 0;
	mask = wide ? -mask : (uint32_t)-mask;
	/* Each VF's part is at least one system page (§9.3.3.13). */
	page = (uint64_t)pci_cfg_get(c, (uint16_t)(cap + SRIOV_SYS_PAGES), 4)
	       << 12;
	return mask > page ? mask : page;
}

bool pci_window_mem(const struct pci_cfg *c, uint64_t *base, uint64_t *limit)
{
	uint64_t b = pci_cfg_get(c, T1_MEM_BASE, 2) & 0xfff0;
	uint64_t l = pci_cfg_get(c, T1_MEM_LIMIT, 2) & 0xfff0;

	*base = b << 16;
	*limit = l << 16 | 0xfffff;
	return *base <= *limit;
}

bool pci_window_pref(const struct pci_cfg *c, uint64_t *base, uint64_t *limit)
{
	uint64_t b = pci_cfg_get(c, T1_PREF_BASE, 2) & 0xfff0;
	uint64_t l = pci_cfg_get(c, T1_PREF_LIMIT, 2) & 0xfff0;

	*base = (uint64_t)pci_cfg_get(c, T1_PREF_BASE_HI, 4) << 32 | b << 16;
	*limit = (uint64_t)pci_cfg_get(c, T1_PREF_LIMIT_HI, 4) << 32 | l << 16 |
		 0xfffff;
	return *base <= *limit;
}

/* Bytes of one block and the start of block 0; all blocks are alike. */
static unsigned blocks(const struct pci_cfg *c, uint16_t cap,
		       struct ide_cap_regs *regs, unsigned *start)
{
	unsigned addrs;

	ide_cap_decode(pci_cfg_get(c, (uint16_t)(cap + IDE_CAP), 4), regs);
	*start = cap + ide_block_offset(regs, 0, 0);
	addrs = c->image[*start] & IDE_SEL_CAP_ADDRS;
	return IDE_SEL_BLOCK_SIZE(addrs);
}

enum il_err pci_ide_block(const struct pci_cfg *c, uint16_t cap, unsigned i,
			  struct ide_block_regs *out)
{
	struct ide_cap_regs regs;
	unsigned start;
	unsigned size = blocks(c, cap, &regs, &start);
	struct rd r;

	if (i >= regs.sel_num)
		return IL_E_ARG;
	IL_ASSERT(start + size * (i + 1) <= CFG_SIZE);
	r = rd_over(c->image + start + (size_t)size * i, size);
	return ide_block_decode(&r, out);
}

enum il_err pci_ide_block_put(struct pci_cfg *c, uint16_t cap, unsigned i,
			      const struct ide_block_regs *b)
{
	struct ide_block_regs now, old;
	struct ide_cap_regs regs;
	unsigned start;
	unsigned size = blocks(c, cap, &regs, &start);
	enum il_err err = pci_ide_block(c, cap, i, &old);
	struct wr w;

	if (err)
		return err;
	now = *b;
	now.n_addrs = old.n_addrs;
	now.state = old.state;
	now.fail = old.fail;
	w = wr_over(c->image + start + (size_t)size * i, size);
	ide_block_encode(&w, &now);
	return IL_OK;
}

int pci_ide_block_of(const struct pci_cfg *c, uint16_t cap, uint16_t reg,
		     uint16_t *rel)
{
	struct ide_cap_regs regs;
	unsigned start;
	unsigned size = blocks(c, cap, &regs, &start);

	if (reg < start || reg >= start + size * regs.sel_num)
		return -1;
	*rel = (uint16_t)((reg - start) % size);
	return (int)((reg - start) / size);
}

void pci_ide_show(struct pci_cfg *c, uint16_t cap, unsigned i, uint8_t state,
		  bool fail)
{
	struct ide_cap_regs regs;
	unsigned start;
	unsigned size = blocks(c, cap, &regs, &start);

	IL_ASSERT(i < regs.sel_num);
	pci_cfg_put(c, (uint16_t)(start + size * i + IDE_SEL_STS), 4,
		    (uint32_t)field_put(IDE_SEL_STS_STATE, state) |
			    (fail ? IDE_SEL_STS_FAIL : 0));
}
