/* SPDX-License-Identifier: BSD-2-Clause */
#include "board/vmcfg.h"

#include <string.h>

#include "board/fn.h"

/*
 * Which bits are whose follows Linux 7.3 drivers/vfio/pci/vfio_pci_config.c.
 *
 * OPEN: registers of a capability that is left out of the chain. Linux lets
 * them be reached as they are, so that a VM which guesses their place talks to
 * the mailbox behind the host's back; here they read as zero and are not
 * written.
 */

/* Extended capabilities that a VM does not see. */
static bool hidden(uint32_t id)
{
	return id == ECAP_DOE || id == ECAP_IDE || id == ECAP_SRIOV;
}

static void own(struct vmcfg *c, unsigned at, unsigned len, uint8_t wr)
{
	memset(c->own + at, 0xff, len);
	memset(c->wr + at, wr, len);
	memset(c->pass + at, 0, len);
	memset(c->val + at, 0, len);
}

static uint32_t val_get(const struct vmcfg *c, unsigned at)
{
	struct rd r = rd_over(c->val + at, 4);

	return rd_u32le(&r);
}

static void val_put(struct vmcfg *c, unsigned at, uint32_t v)
{
	struct wr w = wr_over(c->val + at, 4);

	wr_u32le(&w, v);
}

static void wr_put(struct vmcfg *c, unsigned at, uint32_t v)
{
	struct wr w = wr_over(c->wr + at, 4);

	wr_u32le(&w, v);
}

static void build_bars(struct vmcfg *c, const struct board *b, unsigned fn)
{
	const struct ep_bar *bar = b->eps[fn].ep.bar;

	own(c, CFG_BAR(0), 4 * EP_BARS, 0);
	for (unsigned i = 0; i < EP_BARS; i++) {
		if (!bar[i].size)
			continue;
		val_put(c, CFG_BAR(i),
			(bar[i].wide ? BAR_MEM_64 : 0) |
				(bar[i].prefetch ? BAR_PREFETCH : 0));
		wr_put(c, CFG_BAR(i), (uint32_t)-bar[i].size & ~BAR_FLAGS);
		if (bar[i].wide)
			wr_put(c, CFG_BAR(i + 1),
			       (uint32_t)(-bar[i].size >> 32));
	}
}

static void build_header(struct vmcfg *c, const struct board *b, unsigned fn)
{
	memset(c->pass, 0, CFG_COMMAND);
	memset(c->pass + CFG_REVISION, 0, 0x40 - CFG_REVISION);
	own(c, CFG_CACHE_LINE, 2, 0xff);	/* and latency timer */
	c->own[CFG_HEADER_TYPE] = HEADER_MULTI; /* alone where it is */
	build_bars(c, b, fn);
	own(c, T0_ROM, 4, 0);
	own(c, CFG_INT_LINE, 1, 0xff);
}

/* Payload sizes are the VMM's affair, a reset is caught. */
static void build_exp(struct vmcfg *c, struct board *b, unsigned fn)
{
	const unsigned at = b->eps[fn].exp_cap + EXP_DEVCTL;
	uint32_t now;

	if (!b->eps[fn].exp_cap)
		return;
	now = fn_cfg_get(b, fn, at, 2);
	c->own[at] = c->wr[at] = EXP_DEVCTL_PAYLOAD;
	c->val[at] = (uint8_t)(now & EXP_DEVCTL_PAYLOAD);
	c->pass[at] = (uint8_t)~EXP_DEVCTL_PAYLOAD;
	c->own[at + 1] = EXP_DEVCTL_FLR >> 8;
	c->pass[at + 1] =
		(uint8_t) ~((EXP_DEVCTL_FLR | EXP_DEVCTL_PHANTOM) >> 8);
}

/* The chain as the device has it; total even on a broken one. */
struct chain {
	uint16_t at[64];
	uint16_t id[64];
	unsigned n;
	bool gone; /* nothing answered before its end */
};

static void walk(struct chain *w, struct board *b, unsigned fn)
{
	unsigned at = CFG_EXT_START;

	w->gone = false;
	for (w->n = 0; w->n < COUNT(w->at) && at >= CFG_EXT_START; w->n++) {
		const uint32_t h = fn_cfg_get(b, fn, at, 4);

		w->gone = h == UINT32_MAX;
		if (!h || w->gone)
			return;
		w->at[w->n] = (uint16_t)at;
		w->id[w->n] = (uint16_t)h;
		at = h >> 20 & ~3u;
	}
}

/* Up to where the next capability begins. */
static unsigned end_of(const struct chain *w, unsigned at)
{
	unsigned end = CFG_SIZE;

	for (unsigned i = 0; i < w->n; i++)
		if (w->at[i] > at && w->at[i] < end)
			end = w->at[i];
	return end;
}

/*
 * Headers name the next one that is shown; the first place always counts. Of a
 * device that is not there nobody knows what is to be hidden once it is.
 */
static void build_chain(struct vmcfg *c, struct board *b, unsigned fn)
{
	struct chain w;
	unsigned next = 0;

	walk(&w, b, fn);
	if (w.gone) {
		own(c, CFG_EXT_START, CFG_SIZE - CFG_EXT_START, 0);
		return;
	}
	for (unsigned i = w.n; i-- > 0;) {
		const unsigned at = w.at[i];
		const bool hide = hidden(w.id[i]);

		if (hide)
			own(c, at, end_of(&w, at) - at, 0);
		else
			memset(c->pass + at, 0, 4);
		c->own[at + 3] = 0xff;
		c->own[at + 2] |= 0xf0;
		c->val[at + 2] = (uint8_t)(next << 4);
		c->val[at + 3] = (uint8_t)(next >> 4);
		if (!hide)
			next = at;
	}
}

void vmcfg_build(struct vmcfg *c, struct board *b, unsigned fn)
{
	memset(c, 0, sizeof(*c));
	memset(c->pass, 0xff, sizeof(c->pass));
	build_header(c, b, fn);
	build_exp(c, b, fn);
	build_chain(c, b, fn);
}

void vmcfg_read(const struct vmcfg *c, struct board *b, unsigned fn,
		uint32_t off, uint8_t *buf, uint32_t len)
{
	fn_cfg_load(b, fn, off, buf, len);
	for (uint32_t i = 0; i < len; i++)
		buf[i] = (uint8_t)((buf[i] & ~c->own[off + i]) |
				   (c->val[off + i] & c->own[off + i]));
}

/* What is the device's of @len bytes, in parts that it is asked for. */
static void pass_on(const struct vmcfg *c, struct board *b, unsigned fn,
		    uint32_t off, const uint8_t *buf, uint32_t len)
{
	uint8_t all = 0xff, any = 0;

	for (uint32_t i = 0; i < len; i++) {
		all &= c->pass[off + i];
		any |= c->pass[off + i];
	}
	if (!any)
		return;
	if (all == 0xff) {
		fn_cfg_store(b, fn, off, buf, len);
	} else if (len == 1) {
		const uint32_t now = fn_cfg_get(b, fn, off, 1);

		fn_cfg_put(b, fn, off, 1,
			   (now & ~(uint32_t)any) | (*buf & any));
	} else {
		pass_on(c, b, fn, off, buf, len / 2);
		pass_on(c, b, fn, off + len / 2, buf + len / 2, len - len / 2);
	}
}

void vmcfg_write(struct vmcfg *c, struct board *b, unsigned fn, uint32_t off,
		 const uint8_t *buf, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		c->val[off + i] =
			(uint8_t)((c->val[off + i] & ~c->wr[off + i]) |
				  (buf[i] & c->wr[off + i]));
	for (uint32_t at = 0, n; at < len; at += n) {
		n = fn_part(off + at, len - at, 4);
		pass_on(c, b, fn, off + at, buf + at, n);
	}
	board_settle(b);
}

uint64_t vmcfg_bar(const struct vmcfg *c, unsigned n, bool wide)
{
	uint64_t at = val_get(c, CFG_BAR(n)) & ~(uint64_t)BAR_FLAGS;

	if (wide)
		at |= (uint64_t)val_get(c, CFG_BAR(n + 1)) << 32;
	return at;
}
