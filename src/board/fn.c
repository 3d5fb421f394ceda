/* SPDX-License-Identifier: BSD-2-Clause */
#include "board/fn.h"

#include <string.h>

/* A function of the device as the host's processor reaches it. */

uint16_t fn_rid(const struct board *b, unsigned fn)
{
	const struct pci_cfg *c = &b->fabric.port[b->port].cfg;

	return (uint16_t)(pci_cfg_get(c, T1_SECONDARY, 1) << 8 | fn);
}

/* --- configuration space --- */

uint32_t fn_part(uint64_t off, uint32_t len, uint32_t most)
{
	uint32_t n = most;

	while (n > len || off % n)
		n /= 2;
	return n;
}

uint32_t fn_cfg_get(struct board *b, unsigned fn, unsigned off, unsigned size)
{
	uint32_t v;

	/* What does not answer is all ones; the fabric has told of it. */
	(void)!fabric_cfg_read(&b->fabric, fn_rid(b, fn), (uint16_t)off, size,
			       &v);
	return v;
}

void fn_cfg_put(struct board *b, unsigned fn, unsigned off, unsigned size,
		uint32_t v)
{
	(void)!fabric_cfg_write(&b->fabric, fn_rid(b, fn), (uint16_t)off, size,
				v);
}

void fn_cfg_load(struct board *b, unsigned fn, uint32_t off, uint8_t *buf,
		 uint32_t len)
{
	for (uint32_t at = 0, n; at < len; at += n) {
		uint32_t v;

		n = fn_part(off + at, len - at, 4);
		v = fn_cfg_get(b, fn, off + at, n);
		for (uint32_t i = 0; i < n; i++)
			buf[at + i] = (uint8_t)(v >> 8 * i);
	}
	board_settle(b);
}

void fn_cfg_store(struct board *b, unsigned fn, uint32_t off,
		  const uint8_t *buf, uint32_t len)
{
	for (uint32_t at = 0, n; at < len; at += n) {
		uint32_t v = 0;

		n = fn_part(off + at, len - at, 4);
		for (uint32_t i = n; i-- > 0;)
			v = v << 8 | buf[at + i];
		fn_cfg_put(b, fn, off + at, n, v);
	}
	board_settle(b);
}

bool fn_touches(uint32_t off, uint32_t len, uint32_t reg, uint32_t size)
{
	return off < reg + size && reg < off + len;
}

static void fn_cfg_read(struct ep *e, uint32_t off, uint8_t *buf, uint32_t len)
{
	struct board_ep *x = board_ep_of(e);

	fn_cfg_load(x->b, x->fn, off, buf, len);
}

/*
 * Who has a function by VFIO does not see that a reset took its BARs: QEMU
 * shows what it wrote last, so a kernel that puts back what differs puts back
 * nothing. They come back when memory decoding is switched on. Source:
 * Linux 7.3 drivers/vfio/pci/vfio_pci_config.c, vfio_need_bar_restore(),
 * vfio_bar_restore()
 */
static void bars_again(struct board_ep *x, uint32_t off, const uint8_t *buf)
{
	if (off > CFG_COMMAND || !(buf[CFG_COMMAND - off] & CMD_MEM))
		return;
	for (unsigned i = 0; i < EP_BARS; i++) {
		const uint32_t now = fn_cfg_get(x->b, x->fn, CFG_BAR(i), 4);

		if (x->bars[i] && now != x->bars[i] && !(now & ~BAR_FLAGS))
			fn_cfg_put(x->b, x->fn, CFG_BAR(i), 4, x->bars[i]);
	}
}

static void bars_note(struct board_ep *x)
{
	for (unsigned i = 0; i < EP_BARS; i++) {
		const uint32_t now = fn_cfg_get(x->b, x->fn, CFG_BAR(i), 4);

		if (now != UINT32_MAX) /* no answer, or being sized */
			x->bars[i] = now;
	}
}

static void fn_cfg_write(struct ep *e, uint32_t off, const uint8_t *buf,
			 uint32_t len)
{
	struct board_ep *x = board_ep_of(e);

	if (fn_touches(off, len, CFG_COMMAND, 1))
		bars_again(x, off, buf);
	fn_cfg_store(x->b, x->fn, off, buf, len);
	if (fn_touches(off, len, CFG_BAR(0), 4 * EP_BARS))
		bars_note(x);
	if (fn_touches(off, len, CFG_COMMAND, 2))
		fn_cover(x->b, x->fn);
	/* A table that could not be reached before may be now. */
	if (fn_touches(off, len, CFG_COMMAND, 2) ||
	    (x->msix_cap && fn_touches(off, len, x->msix_cap, MSIX_CAP_SIZE)))
		fn_msix(x->b, x->fn, x->wants[EP_MSIX]);
}

/* --- BARs --- */

uint64_t fn_bar_pa(struct board *b, unsigned fn, unsigned bar)
{
	const struct ep_bar *w = &b->eps[fn].ep.bar[bar];
	const unsigned reg = CFG_BAR(bar);
	uint64_t pa = fn_cfg_get(b, fn, reg, 4) & ~(uint64_t)BAR_FLAGS;

	if (w->wide)
		pa |= (uint64_t)fn_cfg_get(b, fn, reg + 4, 4) << 32;
	return pa;
}

/*
 * A processor's access to [@pa, + @len) of a BAR, in parts as VFIO makes them.
 * What is no MMIO of ours is not reached: a BAR that was reset has the address
 * of somebody else's memory.
 */
bool fn_mmio(struct board *b, struct mem_req r, uint8_t *buf, uint32_t len)
{
	const uint64_t pa = r.pa, gpa = r.gpa;
	bool all = true;

	for (uint32_t at = 0; at < len; at += r.len) {
		struct fault f;
		enum il_err err = IL_E_ARG;

		r.pa = pa + at;
		r.gpa = gpa + at;
		r.len = fn_part(r.pa, len - at, 8);
		if (mem_kind_at(&b->mem, r.pa) == MEM_MMIO)
			err = mem_access(&b->mem, &r, buf + at, &f);
		if (err == IL_E_IO)
			board_refused(b, &f);
		if (err && !r.write)
			memset(buf + at, 0xff, r.len);
		all &= !err;
	}
	board_settle(b);
	return all;
}

static void fn_bar_read(struct ep *e, unsigned bar, uint64_t off, uint8_t *buf,
			uint32_t len)
{
	struct board_ep *x = board_ep_of(e);
	const uint64_t pa = fn_bar_pa(x->b, x->fn, bar) + off;

	fn_mmio(x->b, mem_req_host(pa, len, false), buf, len);
}

static void host_store(struct board *b, uint64_t pa, const uint8_t *buf,
		       uint32_t len)
{
	/* A write takes nothing from it. */
	fn_mmio(b, mem_req_host(pa, len, true), (uint8_t *)(uintptr_t)buf, len);
}

static void fn_bar_write(struct ep *e, unsigned bar, uint64_t off,
			 const uint8_t *buf, uint32_t len)
{
	struct board_ep *x = board_ep_of(e);

	host_store(x->b, fn_bar_pa(x->b, x->fn, bar) + off, buf, len);
}

void board_cover(void *ctx, uint64_t pa)
{
	struct board *b = ctx;

	/* The lower aperture is covered from the start. Whoever names all of
	 * the upper one uses the ranges up, and has the rest uncovered. */
	if (pa >= BOARD_MMIO64 && pa < BOARD_MMIO64_END &&
	    own_state(&b->own, pa) == OWN_NONE)
		(void)!own_cover(&b->own, align_down(pa, PAGE_1G), PAGE_1G,
				 true, BOARD_PORT_NR);
}

void fn_cover(struct board *b, unsigned fn)
{
	if (!(fn_cfg_get(b, fn, CFG_COMMAND, 2) & CMD_MEM))
		return;
	for (unsigned i = 0; i < EP_BARS; i++)
		if (b->eps[fn].ep.bar[i].wide)
			board_cover(b, fn_bar_pa(b, fn, i));
}

/* --- interrupts --- */

/*
 * The host's processor writes the device's own table, as VFIO does it; the
 * table that a VM sees is the VMM's. Data is the vector's number.
 */
void fn_msix(struct board *b, unsigned fn, unsigned vectors)
{
	const struct board_ep *x = &b->eps[fn];
	uint32_t at;
	uint64_t pa;

	if (!x->msix_cap || !vectors)
		return;
	at = fn_cfg_get(b, fn, x->msix_cap + MSIX_TABLE, 4);
	if ((at & MSIX_BIR) >= EP_BARS)
		return;
	pa = fn_bar_pa(b, fn, at & MSIX_BIR) + (at & ~MSIX_BIR);
	/* Given to a guest: the host's kernel would not get there either. */
	if (own_state(&b->own, pa) > OWN_HYPERVISOR)
		return;
	for (unsigned v = 0; v < vectors && v < x->ep.msix; v++) {
		uint8_t e[MSIX_ENTRY_SIZE];
		struct wr w = wr_over(e, sizeof(e));

		wr_u64le(&w, MEM_MSI_BASE);
		wr_u32le(&w, v);
		wr_u32le(&w, 0); /* not masked */
		host_store(b, pa + v * MSIX_ENTRY_SIZE, e, sizeof(e));
	}
}

/* Whoever has function @fn now. */
static struct board_ep *holder(struct board *b, unsigned fn)
{
	return b->vmfn.there && b->vmfn.fn == fn
		       ? board_ep_kind(b, BOARD_IS_VMFN)
		       : &b->eps[fn];
}

void board_fn_irqs(struct board *b)
{
	struct mem_irq q;

	while (!mem_irq_take(&b->mem, &q)) {
		const unsigned fn = (uint16_t)(q.rid - fn_rid(b, 0));

		if (fn < b->cfg.functions)
			board_tell(holder(b, fn), EP_MSIX, q.data, true);
	}
}

static void fn_irq_set(struct ep *e, enum ep_irq kind, unsigned n)
{
	struct board_ep *x = board_ep_of(e);

	x->wants[kind] = n;
	if (kind == EP_MSIX)
		fn_msix(x->b, x->fn, n);
	else
		fn_intx_again(x->b, x->fn);
}

/* The wires of a bus are shared: each function on one hears of it. */
void board_intx(void *ctx, unsigned port, unsigned pin, bool on)
{
	struct board *b = ctx;

	(void)port;
	for (unsigned i = 0; i < b->cfg.functions; i++) {
		if (b->eps[i].pin != pin)
			continue;
		b->eps[i].intx = on;
		board_tell(holder(b, i), EP_INTX, 0, on);
	}
}

void fn_intx_again(struct board *b, unsigned fn)
{
	if (b->eps[fn].intx)
		board_tell(holder(b, fn), EP_INTX, 0, true);
}

static void fn_intx_done(struct ep *e)
{
	struct board_ep *x = board_ep_of(e);

	fn_intx_again(x->b, x->fn);
}

/* --- life --- */

/*
 * Nobody has any function: the device was taken out of its slot. Whoever comes
 * next has put one in. OPEN: a VMM that ends is not told from one that unplugs
 * the device, and both leave a device without power.
 */
static void slot(struct board *b)
{
	bool there = false;

	for (unsigned i = 0; i < b->cfg.functions; i++)
		there |= b->eps[i].user != NULL;
	if (there == b->fabric.port[b->port].present)
		return;
	if (there)
		(void)!fabric_insert(&b->fabric, b->port);
	else
		(void)!fabric_remove(&b->fabric, b->port);
	board_settle(b);
}

static enum il_err fn_open(struct ep *e, const struct ep_user_ops *ops,
			   void *ctx)
{
	struct board_ep *x = board_ep_of(e);
	const enum il_err err = board_ep_claim(x, ops, ctx);

	if (err)
		return err;
	slot(x->b);
	return IL_OK;
}

void fn_flr(struct board *b, unsigned fn)
{
	const unsigned exp = b->eps[fn].exp_cap;
	uint32_t ctl;

	if (exp && fn_cfg_get(b, fn, exp + EXP_DEVCAP, 4) & EXP_DEVCAP_FLR) {
		ctl = fn_cfg_get(b, fn, exp + EXP_DEVCTL, 2);
		fn_cfg_put(b, fn, exp + EXP_DEVCTL, 2, ctl | EXP_DEVCTL_FLR);
	} else {
		(void)!fabric_hot_reset(&b->fabric, b->port);
	}
	board_settle(b);
}

static void fn_reset(struct ep *e)
{
	struct board_ep *x = board_ep_of(e);

	fn_flr(x->b, x->fn);
}

/* As VFIO does it: a function that nobody has open is reset. */
static void fn_close(struct ep *e)
{
	struct board_ep *x = board_ep_of(e);

	x->user = NULL;
	memset(x->wants, 0, sizeof(x->wants));
	memset(x->bars, 0, sizeof(x->bars));
	fn_reset(e);
	slot(x->b);
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

/* --- what there is --- */

/* Total even on a broken list. */
static unsigned find_cap(struct board *b, unsigned fn, uint8_t id)
{
	unsigned at = fn_cfg_get(b, fn, CFG_CAP_PTR, 1) & ~3u;

	for (unsigned n = 0; n < 48 && at >= 0x40; n++) {
		if (fn_cfg_get(b, fn, at, 1) == id)
			return at;
		at = fn_cfg_get(b, fn, at + 1, 1) & ~3u;
	}
	return 0;
}

/* Sized by writing ones, which nothing decodes yet. True: took two. */
static bool size_bar(struct board *b, unsigned fn, unsigned n,
		     struct ep_bar *out)
{
	const unsigned reg = CFG_BAR(n);
	const uint32_t old = fn_cfg_get(b, fn, reg, 4);
	uint32_t low, high = UINT32_MAX, old_high;

	if (old & BAR_IO)
		return false; /* OPEN: no I/O space here */
	out->wide = (old & BAR_TYPE) == BAR_MEM_64 && n + 1 < EP_BARS;
	out->prefetch = old & BAR_PREFETCH;
	fn_cfg_put(b, fn, reg, 4, UINT32_MAX);
	low = fn_cfg_get(b, fn, reg, 4) & ~BAR_FLAGS;
	fn_cfg_put(b, fn, reg, 4, old);
	if (out->wide) {
		old_high = fn_cfg_get(b, fn, reg + 4, 4);
		fn_cfg_put(b, fn, reg + 4, 4, UINT32_MAX);
		high = fn_cfg_get(b, fn, reg + 4, 4);
		fn_cfg_put(b, fn, reg + 4, 4, old_high);
	}
	if (low)
		out->size = -((uint64_t)high << 32 | low);
	return out->wide;
}

void board_fn_probe(struct board_ep *x)
{
	struct board *b = x->b;
	unsigned n;

	if (fn_cfg_get(b, x->fn, CFG_VENDOR_ID, 2) == 0xffff)
		return;
	for (unsigned i = 0; i < EP_BARS; i++)
		i += size_bar(b, x->fn, i, &x->ep.bar[i]);
	x->exp_cap = find_cap(b, x->fn, CAP_EXP);
	x->msix_cap = find_cap(b, x->fn, CAP_MSIX);
	x->pm_cap = find_cap(b, x->fn, CAP_PM);
	if (x->msix_cap) {
		n = fn_cfg_get(b, x->fn, x->msix_cap + MSIX_CTL, 2);
		n = (n & MSIX_CTL_SIZE) + 1;
		x->ep.msix = n < EP_MSIX_MAX ? n : EP_MSIX_MAX;
	}
	x->pin = fn_cfg_get(b, x->fn, CFG_INT_PIN, 1);
	x->ep.intx = x->pin >= 1 && x->pin <= 4;
}
