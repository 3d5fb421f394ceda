/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "board/fn.h"

/*
 * The function that the host gave to the VM, as VFIO shows one to a VMM. What
 * the VM's processor does to a BAR is a VM's access under its ASID, private
 * where its page table says so; who is right is for ownership to say.
 */

static bool wide(const struct board *b, unsigned n)
{
	return b->vmfn.there && b->eps[b->vmfn.fn].ep.bar[n].wide;
}

static uint64_t bar_size(const struct board *b, unsigned n)
{
	return b->vmfn.there ? b->eps[b->vmfn.fn].ep.bar[n].size : 0;
}

/* Its place in the VM; one that is being sized is nowhere. */
static uint64_t bar_gpa(const struct board *b, unsigned n)
{
	const uint64_t at = vmcfg_bar(&b->vmfn.cfg, n, wide(b, n));
	const uint64_t size = bar_size(b, n);
	const uint64_t top = wide(b, n) ? BOARD_MMIO64_END : UINT32_MAX;

	return size && at <= top - size ? at : 0;
}

uint64_t board_vm_bar_pa(void *ctx, uint64_t gpa)
{
	struct board *b = ctx;

	for (unsigned n = 0; n < EP_BARS; n++) {
		const uint64_t at = bar_gpa(b, n);

		if (at && gpa - at < bar_size(b, n))
			return fn_bar_pa(b, b->vmfn.fn, n) + (gpa - at);
	}
	return UINT64_MAX;
}

static void tell_bars(struct board *b)
{
	for (unsigned n = 0; n < EP_BARS; n++)
		board_exit_bar(&b->exit, n, bar_gpa(b, n));
}

/*
 * Whoever has it open while the host takes it away and gives it again has its
 * BARs where he put them, if they are as large: QEMU goes on showing them.
 */
static void build(struct board *b, struct board_ep *x, unsigned fn)
{
	const struct ep_bar *to = b->eps[fn].ep.bar;
	const bool keep = x->user && !memcmp(x->ep.bar, to, sizeof(x->ep.bar));
	uint8_t bars[4 * EP_BARS];

	memcpy(bars, b->vmfn.cfg.val + CFG_BAR(0), sizeof(bars));
	vmcfg_build(&b->vmfn.cfg, b, fn);
	if (keep)
		memcpy(b->vmfn.cfg.val + CFG_BAR(0), bars, sizeof(bars));
	memcpy(x->ep.bar, to, sizeof(x->ep.bar));
}

void board_vm_fn_changed(struct board *b)
{
	const unsigned fn = b->exit.fn - fn_rid(b, 0);
	const bool there =
		b->exit.fn != BOARD_VM_FN_NONE && fn < b->cfg.functions;
	struct board_ep *x = board_ep_kind(b, BOARD_IS_VMFN);

	if (there == b->vmfn.there && (!there || fn == b->vmfn.fn))
		return;
	b->vmfn.there = there;
	b->vmfn.asleep = false;
	b->vmfn.fn = there ? fn : 0;
	if (there) {
		build(b, x, fn);
		x->ep.msix = b->eps[fn].ep.msix;
		x->ep.intx = b->eps[fn].ep.intx;
		fn_msix(b, fn, x->wants[EP_MSIX]);
	}
	tell_bars(b);
}

/* --- configuration space --- */

static void vmfn_cfg_read(struct ep *e, uint32_t off, uint8_t *buf,
			  uint32_t len)
{
	struct board *b = board_ep_of(e)->b;

	if (b->vmfn.there)
		vmcfg_read(&b->vmfn.cfg, b, b->vmfn.fn, off, buf, len);
	else
		memset(buf, 0xff, len);
}

static struct board_kept keep(struct board *b)
{
	const unsigned fn = b->vmfn.fn, exp = b->eps[fn].exp_cap;
	struct board_kept k = { .there = fn_cfg_get(b, fn, CFG_VENDOR_ID, 2) !=
					 0xffff };

	for (unsigned i = 0; i < EP_BARS; i++)
		k.bar[i] = fn_cfg_get(b, fn, CFG_BAR(i), 4);
	k.command = fn_cfg_get(b, fn, CFG_COMMAND, 2);
	k.devctl = exp ? fn_cfg_get(b, fn, exp + EXP_DEVCTL, 2) : 0;
	return k;
}

static void give_back(struct board *b, const struct board_kept *k)
{
	const unsigned fn = b->vmfn.fn, exp = b->eps[fn].exp_cap;

	if (!k->there)
		return;
	for (unsigned i = 0; i < EP_BARS; i++)
		fn_cfg_put(b, fn, CFG_BAR(i), 4, k->bar[i]);
	if (exp)
		fn_cfg_put(b, fn, exp + EXP_DEVCTL, 2, k->devctl);
	fn_cfg_put(b, fn, CFG_COMMAND, 2, k->command);
	fn_msix(b, fn, board_ep_kind(b, BOARD_IS_VMFN)->wants[EP_MSIX]);
}

static void vmfn_reset(struct ep *e)
{
	struct board *b = board_ep_of(e)->b;
	struct board_kept k;

	if (!b->vmfn.there)
		return;
	k = keep(b);
	fn_flr(b, b->vmfn.fn);
	give_back(b, &k);
}

/* Bit @bit of byte @reg is written as one. */
static bool sets(uint32_t off, const uint8_t *buf, uint32_t len, uint32_t reg,
		 uint8_t bit)
{
	return reg - off < len && buf[reg - off] & bit;
}

/* The host's kernel saves before D3hot, and gives back in D0. */
static void power(struct board *b)
{
	struct board_vmfn *v = &b->vmfn;
	const unsigned pm = b->eps[v->fn].pm_cap;
	const bool asleep = fn_cfg_get(b, v->fn, pm + PM_CSR, 2) & PM_CSR_STATE;

	if (v->asleep && !asleep)
		give_back(b, &v->kept);
	v->asleep = asleep;
}

static void vmfn_cfg_write(struct ep *e, uint32_t off, const uint8_t *buf,
			   uint32_t len)
{
	struct board_ep *x = board_ep_of(e);
	struct board *b = x->b;
	const struct board_ep *f = &b->eps[b->vmfn.fn];
	bool pm;

	if (!b->vmfn.there)
		return;
	pm = f->pm_cap && fn_touches(off, len, f->pm_cap + PM_CSR, 2);
	if (pm && !b->vmfn.asleep)
		b->vmfn.kept = keep(b);
	vmcfg_write(&b->vmfn.cfg, b, b->vmfn.fn, off, buf, len);
	if (pm)
		power(b);
	if (f->exp_cap && sets(off, buf, len, f->exp_cap + EXP_DEVCTL + 1,
			       EXP_DEVCTL_FLR >> 8))
		vmfn_reset(e);
	if (fn_touches(off, len, CFG_BAR(0), 4 * EP_BARS))
		tell_bars(b);
	if (fn_touches(off, len, CFG_COMMAND, 2) ||
	    (f->msix_cap && fn_touches(off, len, f->msix_cap, MSIX_CAP_SIZE)))
		fn_msix(b, b->vmfn.fn, x->wants[EP_MSIX]);
}

/* --- BARs --- */

static struct mem_req access_of(struct board *b, unsigned bar, uint64_t off,
				bool write)
{
	struct mem_req r = { .who = AGENT_VCPU,
			     .write = write,
			     .owner = b->exit.asid,
			     .gpa = bar_gpa(b, bar) + off,
			     .leaf = PAGE_4K,
			     .pa = fn_bar_pa(b, b->vmfn.fn, bar) + off };
	struct own_page p;

	r.trusted = r.owner && board_vm_private(&b->vm, r.gpa);
	/* The host's nested leaf is as large as the entry. */
	if (!own_entry(&b->own, r.pa, &p) && p.flags & OWN_F_2M)
		r.leaf = PAGE_2M;
	return r;
}

static void vmfn_bar_read(struct ep *e, unsigned bar, uint64_t off,
			  uint8_t *buf, uint32_t len)
{
	struct board *b = board_ep_of(e)->b;

	if (b->vmfn.there)
		fn_mmio(b, access_of(b, bar, off, false), buf, len);
	else
		memset(buf, 0xff, len);
}

static void vmfn_bar_write(struct ep *e, unsigned bar, uint64_t off,
			   const uint8_t *buf, uint32_t len)
{
	struct board *b = board_ep_of(e)->b;

	if (b->vmfn.there)
		fn_mmio(b, access_of(b, bar, off, true),
			(uint8_t *)(uintptr_t)buf, len);
}

/* --- interrupts, life --- */

static void vmfn_irq_set(struct ep *e, enum ep_irq kind, unsigned n)
{
	struct board_ep *x = board_ep_of(e);

	x->wants[kind] = n;
	if (!x->b->vmfn.there)
		return;
	if (kind == EP_MSIX)
		fn_msix(x->b, x->b->vmfn.fn, n);
	else
		fn_intx_again(x->b, x->b->vmfn.fn);
}

static void vmfn_intx_done(struct ep *e)
{
	struct board *b = board_ep_of(e)->b;

	if (b->vmfn.there)
		fn_intx_again(b, b->vmfn.fn);
}

static enum il_err vmfn_open(struct ep *e, const struct ep_user_ops *ops,
			     void *ctx)
{
	struct board_ep *x = board_ep_of(e);
	const enum il_err err = board_ep_claim(x, ops, ctx);

	if (err)
		return err;
	board_vm_state(x->b);
	return IL_OK;
}

/* What the VM asked of it ends with it. Source: vfio_pci_core_disable() */
static void no_master(struct board *b)
{
	const uint32_t now = fn_cfg_get(b, b->vmfn.fn, CFG_COMMAND, 2);

	fn_cfg_put(b, b->vmfn.fn, CFG_COMMAND, 2, now & ~(uint32_t)CMD_MASTER);
	board_settle(b);
}

static void vmfn_close(struct ep *e)
{
	struct board_ep *x = board_ep_of(e);

	x->user = NULL;
	memset(x->wants, 0, sizeof(x->wants));
	vmfn_reset(e);
	if (x->b->vmfn.there)
		no_master(x->b);
	board_vm_state(x->b);
}

const struct ep_ops board_vmfn_ops = {
	.open = vmfn_open,
	.close = vmfn_close,
	.cfg_read = vmfn_cfg_read,
	.cfg_write = vmfn_cfg_write,
	.bar_read = vmfn_bar_read,
	.bar_write = vmfn_bar_write,
	.reset = vmfn_reset,
	.irq_set = vmfn_irq_set,
	.intx_done = vmfn_intx_done,
};

void board_vm_state(struct board *b)
{
	const struct board_ep *vm = board_ep_kind(b, BOARD_IS_VM);
	const struct board_ep *fn = board_ep_kind(b, BOARD_IS_VMFN);
	uint32_t state = 0;

	if (vm->user && board_space_given(b, EP_VM))
		state |= BOARD_VM_RUNS;
	if (fn->user)
		state |= BOARD_VM_HAS_FN;
	board_exit_state(&b->exit, state);
}
