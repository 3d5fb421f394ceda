/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "board/board_priv.h"

/* The function that the host gave to the VM, as VFIO shows one to a VMM. */

static enum il_err vmfn_open(struct ep *e, const struct ep_user_ops *ops,
			     void *ctx)
{
	struct board_ep *x = board_ep_of(e);

	if (x->user)
		return IL_E_STATE;
	x->user = ops;
	x->user_ctx = ctx;
	board_vm_state(x->b);
	return IL_OK;
}

static void vmfn_close(struct ep *e)
{
	struct board_ep *x = board_ep_of(e);

	x->user = NULL;
	memset(x->wants, 0, sizeof(x->wants));
	board_vm_state(x->b);
}

static void vmfn_cfg_read(struct ep *e, uint32_t off, uint8_t *buf,
			  uint32_t len)
{
	(void)e;
	(void)off;
	memset(buf, 0xff, len);
}

static void vmfn_cfg_write(struct ep *e, uint32_t off, const uint8_t *buf,
			   uint32_t len)
{
	(void)e;
	(void)off;
	(void)buf;
	(void)len;
}

static void vmfn_bar_read(struct ep *e, unsigned bar, uint64_t off,
			  uint8_t *buf, uint32_t len)
{
	(void)e;
	(void)bar;
	(void)off;
	memset(buf, 0xff, len);
}

static void vmfn_bar_write(struct ep *e, unsigned bar, uint64_t off,
			   const uint8_t *buf, uint32_t len)
{
	(void)e;
	(void)bar;
	(void)off;
	(void)buf;
	(void)len;
}

static void vmfn_reset(struct ep *e)
{
	(void)e;
}

static void vmfn_irq_set(struct ep *e, enum ep_irq kind, unsigned n)
{
	board_ep_of(e)->wants[kind] = n;
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
	.intx_done = vmfn_reset,
};

uint64_t board_vm_bar_pa(void *ctx, uint64_t gpa)
{
	(void)ctx;
	(void)gpa;
	return UINT64_MAX;
}

void board_vm_fn_changed(struct board *b)
{
	(void)b;
}

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
