/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "base/bytes.h"
#include "guest/prog_priv.h"
#include "pci/dma_engine.h"
#include "pci/regs.h"

/* The function's registers, and its memory by MMIO. */

static enum il_err reg_access(struct guest *g, uint32_t off, uint32_t len,
			      bool write, uint64_t *v)
{
	uint64_t gpa = g->bar[DMA_BAR_REGS].gpa + off;
	/* A bound driver has the view that it mapped. */
	bool priv = g->driver_bound ? g->driver_private
				    : g->state >= GUEST_ACCEPTED;
	uint8_t b[8] = { 0 };
	struct wr w = wr_over(b, 8);
	struct rd r = rd_over(b, 8);
	enum il_err err;

	priv = priv && !g->beside;
	if (write) {
		wr_u64le(&w, *v);
		return g->cfg.cpu->write(g->cfg.cpu_ctx, gpa, priv, b, len);
	}
	err = g->cfg.cpu->read(g->cfg.cpu_ctx, gpa, priv, b, len);
	if (!err)
		*v = rd_u64le(&r);
	return err;
}

enum il_err guest_reg_read(struct guest *g, uint32_t off, uint32_t len,
			   uint64_t *v)
{
	return reg_access(g, off, len, false, v);
}

enum il_err guest_reg_write(struct guest *g, uint32_t off, uint32_t len,
			    uint64_t v)
{
	return reg_access(g, off, len, true, &v);
}

#define PATTERN 0xabcdu

/*
 * Device memory through the private view holds what was written; the plain
 * view of the same bytes, if there is one, shows nothing of it (all ones, or a
 * fault).
 */
enum il_err guest_mmio(struct guest *g)
{
	uint64_t gpa = g->bar[DMA_BAR_MEM].gpa;
	uint8_t b[4] = { PATTERN & 0xff, PATTERN >> 8, 0, 0 };
	uint8_t back[4] = { 0 };
	enum il_err err;

	if (g->phase == 0) {
		err = g->cfg.cpu->write(g->cfg.cpu_ctx, gpa, true, b, 4);
		if (err)
			return guest_fail(g, err, "private MMIO write");
		g->phase++;
	}
	if (g->phase == 1) {
		err = g->cfg.cpu->read(g->cfg.cpu_ctx, gpa, true, back, 4);
		if (err)
			return guest_fail(g, err, "private MMIO read");
		if (memcmp(b, back, 4) != 0)
			return guest_fail(g, IL_E_PEER,
					  "private MMIO reads something else");
		g->phase++;
	}
	if (g->cfg.arch->one_view)
		return IL_OK;
	err = g->cfg.cpu->read(g->cfg.cpu_ctx, gpa, false, back, 4);
	if (err == IL_E_AGAIN)
		return err;
	if (!err && memcmp(b, back, 4) == 0)
		return guest_fail(g, IL_E_AUTH,
				  "the plain view shows private MMIO");
	return IL_OK;
}

/* What a driver, or user space behind resourceN, does to a register. */
static enum il_err touch(struct guest *g, bool write)
{
	struct guest_touch *t = &g->touch;
	const uint64_t gpa =
		t->off + (t->bar == GUEST_CONFIG
				  ? g->cfg.map.ecam + ECAM_OFFSET(g->bdf)
				  : g->bar[t->bar].gpa);
	uint8_t b[8] = { 0 };
	struct wr w = wr_over(b, 8);
	struct rd r = rd_over(b, 8);
	enum il_err err;

	if (write) {
		wr_u64le(&w, t->value);
		err = g->cfg.cpu->write(g->cfg.cpu_ctx, gpa, t->priv, b,
					t->len);
		return guest_fail(g, err, "the store was refused");
	}
	err = g->cfg.cpu->read(g->cfg.cpu_ctx, gpa, t->priv, b, t->len);
	if (!err)
		t->value = rd_u64le(&r);
	return guest_fail(g, err, "the load was refused");
}

enum il_err guest_load(struct guest *g)
{
	return touch(g, false);
}

enum il_err guest_store(struct guest *g)
{
	return touch(g, true);
}
