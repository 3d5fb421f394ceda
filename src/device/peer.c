/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/device_priv.h"

/*
 * Streams to peers: what registers must say before one is bound, and which
 * requests of a TDI take it.
 *
 * OPEN: §11.3.18 keeps such a stream for addresses that ATS has translated.
 * This device has no ATS: its driver gives it bus addresses, and those count as
 * translated.
 *
 * Source: PCIe Base 6.x §11.3.8 (mask), §11.3.18 to §11.3.21; law 55
 */

static bool has(const struct ide_stream_cfg *c, uint64_t addr)
{
	for (unsigned i = 0; i < IDE_RANGES; i++)
		if (c->range[i].valid && addr >= c->range[i].base &&
		    addr <= c->range[i].limit)
			return true;
	return false;
}

/* Two ranges meet where one of them begins. */
static bool addrs_meet(const struct ide_stream_cfg *a,
		       const struct ide_stream_cfg *b)
{
	for (unsigned i = 0; i < IDE_RANGES; i++)
		if ((a->range[i].valid && has(b, a->range[i].base)) ||
		    (b->range[i].valid && has(a, b->range[i].base)))
			return true;
	return false;
}

static bool rids_meet(const struct ide_stream_cfg *a,
		      const struct ide_stream_cfg *b)
{
	return a->rid_valid && b->rid_valid && a->segment == b->segment &&
	       a->rid_base <= b->rid_limit && b->rid_base <= a->rid_limit;
}

/* What reset left says nothing, and has number 0. */
static bool programmed(const struct ide_stream_cfg *c)
{
	bool any = c->enable || c->rid_valid;

	for (unsigned i = 0; i < IDE_RANGES; i++)
		any |= c->range[i].valid;
	return any;
}

/* Registers of another stream have its number, or some of what it is for. */
static bool meets_other(const struct device *d, unsigned idx)
{
	const struct ide_stream_cfg *c = ide_stream_get(&d->ide, idx);

	for (unsigned i = 0; i < d->cfg.streams; i++) {
		const struct ide_stream_cfg *o = ide_stream_get(&d->ide, i);

		if (i != idx && programmed(o) &&
		    (o->id == c->id || addrs_meet(o, c) || rids_meet(o, c)))
			return true;
	}
	return false;
}

/*
 * Keys and sessions are the DSM's to look at. What is under way went by the
 * default stream in part, and no request may overtake another: the command ends
 * before the stream is bound.
 */
enum tdisp_error peer_bind(void *ctx, uint32_t fn, uint8_t stream)
{
	struct device *d = ctx;
	int idx = d->ide_cap ? ide_find(&d->ide, stream) : -1;

	if (idx < 0 || meets_other(d, (unsigned)idx))
		return TDISP_E_INVALID_REQUEST;
	return d->fn[fn].engine.state == ENGINE_IDLE ? TDISP_E_NONE
						     : TDISP_E_PENDING;
}

/* A command that used a peer's stream does not go on by another way. */
enum tdisp_error peer_unbind(void *ctx, uint32_t fn, uint8_t stream)
{
	struct device *d = ctx;

	(void)stream;
	if (d->fn[fn].engine.peer)
		engine_stop(&d->fn[fn], DMA_ERROR_STATE);
	return TDISP_E_NONE;
}

/*
 * A trusted request goes on the stream that is bound for its address, any
 * other on @stream. OPEN: bits of BIND_P2P_ADDRESS_MASK that are 0 are those
 * of the address that are cleared, as the name has it.
 */
int peer_way(struct device_fn *fn, struct tlp *m, int stream)
{
	const struct device *d = fn->dev;
	uint64_t addr = m->addr & d->tdis[fn->index].lock.p2p_mask;

	for (unsigned i = 0; m->prefix.t && i < d->cfg.streams; i++) {
		const struct ide_stream_cfg *c = ide_stream_get(&d->ide, i);

		if (!c->enable || !has(c, addr) ||
		    !dsm_p2p_verdict(&d->dsm.pci, fn->index, c->id, NULL))
			continue;
		m->addr = addr;
		fn->engine.peer = true;
		return c->id;
	}
	return stream;
}
