/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "base/bytes.h"
#include "guest/prog_priv.h"
#include "pci/dma_engine.h"

/* Using the function: DMA of a payload in private memory, and MMIO. */

#define CHUNK 4096u /* bytes the CPU copies at a time */

/* Polls of STATUS before a command counts as hung. One poll lets the device
 * run until it has nothing to do, so a few suffice. */
#define POLLS_MAX 100000u

static enum il_err reg_access(struct guest *g, uint32_t off, uint32_t len,
			      bool write, uint64_t *v)
{
	uint64_t gpa = g->bar[DMA_BAR_REGS].gpa + off;
	uint8_t b[8] = { 0 };
	struct wr w = wr_over(b, 8);
	struct rd r = rd_over(b, 8);
	enum il_err err;

	if (write) {
		wr_u64le(&w, *v);
		return g->cfg.cpu->write(g->cfg.cpu_ctx, gpa, true, b, len);
	}
	err = g->cfg.cpu->read(g->cfg.cpu_ctx, gpa, true, b, len);
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

enum {
	FILL,
	IDENT,
	CLEAR,
	ADDR_SRC,
	LEN_SRC,
	CMD_SRC,
	WAIT_SRC,
	CLEAR_DST,
	ADDR_DST,
	CMD_DST,
	WAIT_DST,
	COUNTED,
	COMPARE
};

static uint32_t window_len(const struct guest *g)
{
	uint64_t left = g->payload.len - g->done;

	return (uint32_t)(left < g->payload.window ? left : g->payload.window);
}

/* Puts the payload into private memory, a chunk at a time. */
static enum il_err fill(struct guest *g)
{
	while (g->at < g->payload.len) {
		uint64_t left = g->payload.len - g->at;
		uint32_t n = (uint32_t)(left < CHUNK ? left : CHUNK);
		enum il_err err = g->cfg.cpu->write(
			g->cfg.cpu_ctx, g->cfg.map.src + g->at, true,
			g->payload.p + g->at, n);

		if (err)
			return guest_fail(g, err,
					  "the payload does not go "
					  "into private memory");
		g->at += n;
	}
	g->at = 0;
	return IL_OK;
}

static enum il_err wait_done(struct guest *g)
{
	uint64_t status;

	for (; g->i < POLLS_MAX; g->i++) {
		enum il_err err = guest_reg_read(g, DMA_STATUS, 4, &status);

		if (err)
			return guest_fail(g, err, "STATUS does not read");
		if (status == UINT32_MAX)
			return guest_fail(g, IL_E_PEER,
					  "the function does not answer");
		if (status & DMA_STATUS_ERROR)
			return guest_fail(g, IL_E_PEER,
					  "the function reports a DMA error");
		if (status & DMA_STATUS_DONE) {
			g->i = 0;
			return IL_OK;
		}
	}
	return guest_fail(g, IL_E_TIMEOUT, "DMA does not end");
}

static enum il_err compare(struct guest *g)
{
	while (g->at < g->payload.len) {
		uint64_t left = g->payload.len - g->at;
		uint32_t n = (uint32_t)(left < CHUNK ? left : CHUNK);
		enum il_err err =
			g->cfg.cpu->read(g->cfg.cpu_ctx, g->cfg.map.dst + g->at,
					 true, g->buf, n);

		if (err)
			return guest_fail(g, err,
					  "the second buffer does not "
					  "read");
		if (memcmp(g->buf, g->payload.p + g->at, n) != 0)
			return guest_fail(g, IL_E_PEER,
					  "what came back differs");
		g->at += n;
	}
	return IL_OK;
}

static enum il_err dma_phase(struct guest *g)
{
	uint64_t v = 0;
	enum il_err err;
	const struct guest_map *m = &g->cfg.map;

	switch (g->phase) {
	case FILL:
		return fill(g);
	case IDENT:
		err = guest_reg_read(g, DMA_ID, 4, &v);
		if (!err && v != DMA_ID_VALUE)
			err = guest_fail(g, IL_E_PEER,
					 "not the function we drive");
		return err;
	case CLEAR:
	case CLEAR_DST:
		return guest_reg_write(g, DMA_STATUS, 4,
				       DMA_STATUS_DONE | DMA_STATUS_ERROR);
	case ADDR_SRC:
		v = g->cfg.arch->bus_addr(g->cfg.arch_ctx, m->src + g->done);
		return guest_reg_write(g, DMA_SRC, 8, v);
	case LEN_SRC:
		return guest_reg_write(g, DMA_LEN, 4, window_len(g));
	case CMD_SRC:
		return guest_reg_write(g, DMA_CMD, 4, DMA_CMD_LOAD);
	case ADDR_DST:
		v = g->cfg.arch->bus_addr(g->cfg.arch_ctx, m->dst + g->done);
		return guest_reg_write(g, DMA_DST, 8, v);
	case CMD_DST:
		return guest_reg_write(g, DMA_CMD, 4, DMA_CMD_STORE);
	case WAIT_SRC:
	case WAIT_DST:
		return wait_done(g);
	case COUNTED:
		err = guest_reg_read(g, DMA_COUNT, 8, &v);
		if (!err && v != window_len(g))
			err = guest_fail(g, IL_E_PEER,
					 "the function moved another number "
					 "of bytes");
		return err;
	default:
		return compare(g);
	}
}

enum il_err guest_dma(struct guest *g)
{
	while (g->phase <= COMPARE) {
		enum il_err err;

		if (g->phase == CLEAR && g->done == g->payload.len) {
			g->phase = COMPARE;
			continue;
		}
		err = dma_phase(g);
		if (err)
			return err;
		if (g->phase == COUNTED) {
			g->done += window_len(g);
			g->phase = CLEAR;
		} else {
			g->phase++;
		}
	}
	return IL_OK;
}

#define PATTERN 0xabcdu

/*
 * Device memory through the private view holds what was written; the plain
 * view of the same bytes shows nothing of it (all ones, or a fault).
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
	err = g->cfg.cpu->read(g->cfg.cpu_ctx, gpa, false, back, 4);
	if (err == IL_E_AGAIN)
		return err;
	if (!err && memcmp(b, back, 4) == 0)
		return guest_fail(g, IL_E_AUTH,
				  "the plain view shows private MMIO");
	return IL_OK;
}
