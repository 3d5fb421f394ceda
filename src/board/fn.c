/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "board/board_priv.h"

/* A function of the device as the host's processor reaches it. */

/* Its number on the bus, as the root port has it now. */
static uint16_t rid_of(const struct board_ep *x)
{
	const struct pci_cfg *c = &x->b->fabric.port[x->b->port].cfg;

	return (uint16_t)(pci_cfg_get(c, T1_SECONDARY, 1) << 8 | x->fn);
}

static enum il_err fn_open(struct ep *e, const struct ep_user_ops *ops,
			   void *ctx)
{
	struct board_ep *x = board_ep_of(e);

	if (x->user)
		return IL_E_STATE;
	x->user = ops;
	x->user_ctx = ctx;
	return IL_OK;
}

/* The largest natural access at @off of no more than @len bytes. */
static unsigned part(uint32_t off, uint32_t len)
{
	unsigned n = 4;

	while (n > len || off % n)
		n /= 2;
	return n;
}

static void fn_cfg_read(struct ep *e, uint32_t off, uint8_t *buf, uint32_t len)
{
	struct board_ep *x = board_ep_of(e);
	const uint16_t rid = rid_of(x);

	for (uint32_t at = 0, n; at < len; at += n) {
		uint32_t v;

		n = part(off + at, len - at);
		(void)!fabric_cfg_read(&x->b->fabric, rid, (uint16_t)(off + at),
				       n, &v);
		for (uint32_t i = 0; i < n; i++)
			buf[at + i] = (uint8_t)(v >> 8 * i);
	}
	board_settle(x->b);
}

static void fn_cfg_write(struct ep *e, uint32_t off, const uint8_t *buf,
			 uint32_t len)
{
	struct board_ep *x = board_ep_of(e);
	const uint16_t rid = rid_of(x);

	for (uint32_t at = 0, n; at < len; at += n) {
		uint32_t v = 0;

		n = part(off + at, len - at);
		for (uint32_t i = n; i-- > 0;)
			v = v << 8 | buf[at + i];
		(void)!fabric_cfg_write(&x->b->fabric, rid,
					(uint16_t)(off + at), n, v);
	}
	board_settle(x->b);
}

static void fn_bar_read(struct ep *e, unsigned bar, uint64_t off, uint8_t *buf,
			uint32_t len)
{
	(void)e;
	(void)bar;
	(void)off;
	memset(buf, 0xff, len);
}

static void fn_bar_write(struct ep *e, unsigned bar, uint64_t off,
			 const uint8_t *buf, uint32_t len)
{
	(void)e;
	(void)bar;
	(void)off;
	(void)buf;
	(void)len;
}

static void fn_reset(struct ep *e)
{
	(void)e;
}

static void fn_close(struct ep *e)
{
	struct board_ep *x = board_ep_of(e);

	x->user = NULL;
	memset(x->wants, 0, sizeof(x->wants));
}

static void fn_irq_set(struct ep *e, enum ep_irq kind, unsigned n)
{
	board_ep_of(e)->wants[kind] = n;
}

static void fn_intx_done(struct ep *e)
{
	(void)e;
}

const struct ep_ops board_fn_ops = {
	.open = fn_open,
	.close = fn_close,
	.cfg_read = fn_cfg_read,
	.cfg_write = fn_cfg_write,
	.bar_read = fn_bar_read,
	.bar_write = fn_bar_write,
	.reset = fn_reset,
	.irq_set = fn_irq_set,
	.intx_done = fn_intx_done,
};

void board_fn_probe(struct board_ep *x)
{
	(void)x;
}

void board_fn_irqs(struct board *b)
{
	struct mem_irq q;

	while (!mem_irq_take(&b->mem, &q))
		;
}

void board_cover(void *ctx, uint64_t pa)
{
	(void)ctx;
	(void)pa;
}
