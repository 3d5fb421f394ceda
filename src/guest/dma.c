/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "guest/prog_priv.h"
#include "pci/dma_engine.h"
#include "pci/regs.h"

/*
 * DMA of a payload: from private memory into the device and back into private
 * memory, at once or through bounce buffers that the host shares. That second
 * way is the only one of a device that the guest does not trust, as Linux's
 * swiotlb has it in a confidential VM; and a trusted one may take it, too.
 */

#define CHUNK 4096u /* bytes the CPU copies at a time */

/* Polls of STATUS before a command counts as hung. One poll lets the device
 * run until it has nothing to do, so a few suffice. */
#define POLLS_MAX 100000u

enum {
	EMPTY,
	FILL,
	IDENT,
	CLEAR,
	BOUNCE_IN,
	ADDR_SRC,
	LEN_SRC,
	CMD_SRC,
	WAIT_SRC,
	CLEAR_DST,
	ADDR_DST,
	CMD_DST,
	WAIT_DST,
	COUNTED,
	LOOK,
	BOUNCE_OUT,
	COMPARE
};

static uint64_t half(const struct guest *g)
{
	return g->cfg.map.bounce_size / 2;
}

static uint32_t window_len(const struct guest *g)
{
	const struct guest_payload *p = &g->payload;
	uint64_t n = p->len - g->done;

	if (n > p->window)
		n = p->window;
	if ((p->src_shared || p->dst_shared) && n > half(g))
		n = half(g);
	return (uint32_t)n;
}

static uint32_t chunk_of(uint64_t left)
{
	return (uint32_t)(left < CHUNK ? left : CHUNK);
}

/* Puts the payload into private memory, a chunk at a time. */
static enum il_err fill(struct guest *g)
{
	while (g->at < g->payload.len) {
		uint32_t n = chunk_of(g->payload.len - g->at);
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

/* What an earlier DMA left in the second buffer does not count. */
static enum il_err empty(struct guest *g)
{
	while (g->at < g->payload.len) {
		uint32_t n = chunk_of(g->payload.len - g->at);
		enum il_err err;

		memset(g->buf, 0, n);
		err = g->cfg.cpu->write(g->cfg.cpu_ctx, g->cfg.map.dst + g->at,
					true, g->buf, n);
		if (err)
			return guest_fail(g, err,
					  "the second buffer is not written");
		g->at += n;
	}
	g->at = 0;
	return IL_OK;
}

/*
 * The CPU carries one window from @from to @to, one of which is shared. A
 * chunk that was read stays in g->buf if the write leaves the guest.
 */
static enum il_err carry(struct guest *g, uint64_t from, bool from_priv,
			 uint64_t to, bool to_priv)
{
	const struct guest_cpu_ops *cpu = g->cfg.cpu;
	uint32_t len = window_len(g);

	while (g->at < len) {
		uint32_t n = chunk_of(len - g->at);
		enum il_err err = IL_OK;

		if (!g->tmp)
			err = cpu->read(g->cfg.cpu_ctx, from + g->at, from_priv,
					g->buf, n);
		if (err)
			return guest_fail(g, err, "a bounce does not read");
		g->tmp = 1;
		err = cpu->write(g->cfg.cpu_ctx, to + g->at, to_priv, g->buf,
				 n);
		if (err)
			return guest_fail(g, err, "a bounce is not written");
		g->tmp = 0;
		g->at += n;
	}
	g->at = 0;
	return IL_OK;
}

static enum il_err bounce_in(struct guest *g)
{
	const struct guest_map *m = &g->cfg.map;

	if (!g->payload.src_shared)
		return IL_OK;
	return carry(g, m->src + g->done, true, m->bounce, false);
}

static enum il_err bounce_out(struct guest *g)
{
	const struct guest_map *m = &g->cfg.map;

	if (!g->payload.dst_shared)
		return IL_OK;
	return carry(g, m->bounce + half(g), false, m->dst + g->done, true);
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
		uint32_t n = chunk_of(g->payload.len - g->at);
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

static enum il_err put_addr(struct guest *g, uint32_t reg, uint64_t gpa,
			    bool shared)
{
	/* A border between the two kinds is the trusted function's alone. */
	uint64_t bus =
		g->payload.as_is || g->beside
			? gpa
			: g->cfg.arch->bus_addr(g->cfg.arch_ctx, gpa, shared);

	return guest_reg_write(g, reg, 8, bus);
}

static enum il_err identify(struct guest *g)
{
	uint64_t v = 0;
	enum il_err err = guest_reg_read(g, DMA_ID, 4, &v);

	if (!err && v != DMA_ID_VALUE)
		err = guest_fail(g, IL_E_PEER, "not the function we drive");
	return err;
}

static enum il_err counted(struct guest *g)
{
	uint64_t v = 0;
	enum il_err err = guest_reg_read(g, DMA_COUNT, 8, &v);

	if (!err && v != window_len(g))
		err = guest_fail(g, IL_E_PEER,
				 "the function moved another number of bytes");
	return err;
}

/* Configuration space of a function that is gone reads as all ones. */
static enum il_err look(struct guest *g)
{
	uint32_t v = 0;
	enum il_err err = g->payload.look
				  ? guest_cfg_read(g, CFG_VENDOR_ID, 4, &v)
				  : IL_OK;

	if (!err && v == UINT32_MAX)
		err = guest_fail(g, IL_E_PEER, "the function is gone");
	return err;
}

static enum il_err dma_phase(struct guest *g)
{
	const struct guest_map *m = &g->cfg.map;
	const struct guest_payload *p = &g->payload;

	switch (g->phase) {
	case EMPTY:
		return empty(g);
	case FILL:
		return fill(g);
	case IDENT:
		return identify(g);
	case CLEAR:
	case CLEAR_DST:
		return guest_reg_write(g, DMA_STATUS, 4,
				       DMA_STATUS_DONE | DMA_STATUS_ERROR);
	case BOUNCE_IN:
		return bounce_in(g);
	case ADDR_SRC:
		return put_addr(g, DMA_SRC,
				p->src_shared ? m->bounce : m->src + g->done,
				p->src_shared);
	case LEN_SRC:
		return guest_reg_write(g, DMA_LEN, 4, window_len(g));
	case CMD_SRC:
		return guest_reg_write(g, DMA_CMD, 4, DMA_CMD_LOAD);
	case ADDR_DST:
		return put_addr(g, DMA_DST,
				p->dst_shared ? m->bounce + half(g)
					      : m->dst + g->done,
				p->dst_shared);
	case CMD_DST:
		return guest_reg_write(g, DMA_CMD, 4, DMA_CMD_STORE);
	case WAIT_SRC:
	case WAIT_DST:
		return wait_done(g);
	case COUNTED:
		return counted(g);
	case LOOK:
		return look(g);
	case BOUNCE_OUT:
		return bounce_out(g);
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
		if (g->phase == BOUNCE_OUT) {
			g->done += window_len(g);
			g->phase = CLEAR;
		} else {
			g->phase++;
		}
	}
	return IL_OK;
}

/* --- pages change hands --- */

static bool meets_bounce(const struct guest *g)
{
	const struct guest_map *m = &g->cfg.map;

	return g->gpa < m->bounce + m->bounce_size &&
	       m->bounce < g->gpa + g->size;
}

enum il_err guest_share(struct guest *g)
{
	const struct guest_map *m = &g->cfg.map;
	enum il_err err =
		g->cfg.arch->share_ram(g->cfg.arch_ctx, g->gpa, g->size);

	if (err)
		return guest_fail(g, err, g->cfg.arch->why(g->cfg.arch_ctx));
	if (g->gpa <= m->bounce &&
	    m->bounce + m->bounce_size <= g->gpa + g->size)
		g->bounce_on = true;
	return IL_OK;
}

/* From the first page on that may be private, none is a buffer any more. */
enum il_err guest_unshare(struct guest *g)
{
	enum il_err err;

	if (meets_bounce(g))
		g->bounce_on = false;
	err = g->cfg.arch->accept_ram(g->cfg.arch_ctx, g->gpa, g->size);
	return err ? guest_fail(g, err, g->cfg.arch->why(g->cfg.arch_ctx))
		   : IL_OK;
}
