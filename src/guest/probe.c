/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "base/bytes.h"
#include "guest/prog_priv.h"
#include "pci/regs.h"

/*
 * Enumeration of what the VMM shows on bus 0, and placing its BARs. All of it
 * is in the clear and believed by nobody: evidence comes later.
 */

static enum il_err access(struct guest *g, uint32_t bdf, uint16_t reg,
			  uint8_t len, bool write, uint32_t *v)
{
	uint64_t gpa = g->cfg.map.ecam + ((uint64_t)(bdf & 0xffff) << 12) + reg;
	uint8_t b[4] = { 0 };
	struct wr w = wr_over(b, 4);
	struct rd r = rd_over(b, 4);
	enum il_err err;

	if (write) {
		wr_u32le(&w, *v);
		return g->cfg.cpu->write(g->cfg.cpu_ctx, gpa, false, b, len);
	}
	err = g->cfg.cpu->read(g->cfg.cpu_ctx, gpa, false, b, len);
	if (!err)
		*v = rd_u32le(&r);
	return err;
}

enum il_err guest_cfg_read(struct guest *g, uint16_t reg, uint8_t len,
			   uint32_t *v)
{
	return access(g, g->bdf, reg, len, false, v);
}

enum il_err guest_cfg_write(struct guest *g, uint16_t reg, uint8_t len,
			    uint32_t v)
{
	return access(g, g->bdf, reg, len, true, &v);
}

enum {
	FIND,
	SIZE_PUT,
	SIZE_LOW,
	SIZE_HIGH_PUT,
	SIZE_HIGH,
	PLACE_LOW,
	PLACE_HIGH,
	DECODE
};

static enum il_err find(struct guest *g)
{
	uint32_t id;

	/* What an earlier function had does not push this one's BARs up. */
	memset(g->bar, 0, sizeof(g->bar));
	for (; g->i < 32; g->i++) {
		enum il_err err =
			access(g, g->i << 3, CFG_VENDOR_ID, 4, false, &id);
		if (err)
			return err;
		if ((id & 0xffff) != 0xffff &&
		    (!g->other_bar[0].size || g->i << 3 != g->other_bdf)) {
			g->bdf = g->i << 3;
			return IL_OK;
		}
	}
	return guest_fail(g, IL_E_PEER, "no function on the guest's bus 0");
}

static uint16_t bar_reg(unsigned i)
{
	return (uint16_t)(CFG_BAR(i));
}

/* The next free place in the window for a BAR of @size, naturally aligned. */
static uint64_t place(const struct guest *g, uint64_t size)
{
	uint64_t at = g->cfg.map.mmio;

	for (unsigned i = 0; i < EVIDENCE_BARS; i++)
		if (g->bar[i].size && g->bar[i].gpa + g->bar[i].size > at)
			at = g->bar[i].gpa + g->bar[i].size;
	for (unsigned i = 0; i < EVIDENCE_BARS; i++)
		if (g->other_bar[i].size &&
		    g->other_bar[i].gpa + g->other_bar[i].size > at)
			at = g->other_bar[i].gpa + g->other_bar[i].size;
	return align_up(at, size);
}

static enum il_err size_bar(struct guest *g)
{
	uint64_t mask = ((uint64_t)g->tmp2 << 32 | g->tmp) & ~UINT64_C(0xf);
	uint64_t size = ~mask + 1;
	struct guest_bar *b = &g->bar[g->i];
	uint64_t at;

	if (!mask || (size & (size - 1)) || size < PAGE_4K)
		return guest_fail(g, IL_E_PEER, "a BAR has no sensible size");
	at = place(g, size);
	if (size > g->cfg.map.mmio_size ||
	    at + size > g->cfg.map.mmio + g->cfg.map.mmio_size)
		return guest_fail(g, IL_E_PEER, "the BARs do not fit");
	b->gpa = at;
	b->size = size;
	return IL_OK;
}

/* One BAR register at a time; 64-bit memory BARs only, as TEE-IO asks for. */
static enum il_err bar_step(struct guest *g)
{
	enum il_err err = IL_OK;

	switch (g->phase) {
	case SIZE_PUT:
		err = guest_cfg_write(g, bar_reg(g->i), 4, ~UINT32_C(0));
		break;
	case SIZE_LOW:
		err = guest_cfg_read(g, bar_reg(g->i), 4, &g->tmp);
		if (!err && (g->tmp & 0x7) != 0x4) {
			g->i++; /* none, or not a 64-bit memory BAR */
			g->phase = SIZE_PUT;
			return IL_OK;
		}
		break;
	case SIZE_HIGH_PUT:
		err = guest_cfg_write(g, bar_reg(g->i + 1), 4, ~UINT32_C(0));
		break;
	case SIZE_HIGH:
		err = guest_cfg_read(g, bar_reg(g->i + 1), 4, &g->tmp2);
		if (!err)
			err = size_bar(g);
		break;
	case PLACE_LOW:
		err = guest_cfg_write(g, bar_reg(g->i), 4,
				      (uint32_t)g->bar[g->i].gpa);
		break;
	default:
		err = guest_cfg_write(g, bar_reg(g->i + 1), 4,
				      (uint32_t)(g->bar[g->i].gpa >> 32));
		if (!err) {
			g->i += 2;
			g->phase = SIZE_PUT;
			return IL_OK;
		}
		break;
	}
	if (!err)
		g->phase++;
	return err;
}

/* Source: linux.md 3, B.6: memory decode on before the lock. */
static enum il_err decode_on(struct guest *g)
{
	return guest_cfg_write(g, CFG_COMMAND, 2, CMD_MEM | CMD_MASTER);
}

enum il_err guest_probe(struct guest *g)
{
	enum il_err err;

	if (g->phase == FIND) {
		if (!g->beside)
			g->driver_bound = false; /* what it drove is gone */
		err = find(g);
		if (err)
			return guest_fail(g, err, "no function was found");
		memset(g->bar, 0, sizeof(g->bar));
		g->i = 0;
		g->phase = SIZE_PUT;
	}
	while (g->phase != DECODE && g->i + 1 < EVIDENCE_BARS) {
		err = bar_step(g);
		if (err)
			return err;
	}
	g->phase = DECODE;
	return decode_on(g);
}
