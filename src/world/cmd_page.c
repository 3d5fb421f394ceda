/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/cmd_priv.h"

/* The guest's pages change hands; DMA to those of either kind. */

static enum il_err convert(struct world *w, const struct lang_call *c,
			   enum guest_prog p)
{
	struct world_op *o = w->op;

	o->gpa = lang_num(c, "gpa", 0);
	o->pages = 0;
	if (lang_word(c, "gpa", NULL))
		o->pages = lang_num(c, "pages", 1);
	else if (lang_word(c, "pages", NULL))
		return world_fail(w, IL_E_ARG, 0,
				  "pages= goes with a first page");
	return world_guest(w, o, p, "DMA");
}

enum il_err cmd_guest_share(void *ctx, const struct lang_call *c)
{
	return convert(ctx, c, GUEST_SHARE);
}

enum il_err cmd_guest_unshare(void *ctx, const struct lang_call *c)
{
	return convert(ctx, c, GUEST_UNSHARE);
}

enum il_err cmd_guest_start(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	struct world_vm *vm =
		world_vm_named(w, lang_word(c, "vm", WORLD_VM_USUAL));

	if (vm && vm->guest && !w->op->phase && lang_word(c, "vtom", NULL) &&
	    guest_shared_from(vm->guest, lang_num(c, "vtom", 0)))
		return world_fail(w, IL_E_ARG, 0,
				  "memory cannot be shared from %s on",
				  lang_word(c, "vtom", ""));
	return world_guest(w, w->op, GUEST_START, "start");
}

enum il_err cmd_guest_dma(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	const uint64_t both = lang_num(c, "shared", 0);

	w->op->payload = (struct guest_payload){
		.p = w->cfg.payload,
		.len = w->cfg.payload_len,
		.window = (uint32_t)lang_num(c, "window", DMA_MAX_LEN),
		.src_shared = lang_num(c, "source", both),
		.dst_shared = lang_num(c, "target", both),
		.as_is = !lang_num(c, "offset", 1),
	};
	return world_guest(w, w->op, GUEST_DMA, "DMA");
}

enum il_err cmd_guest_driver(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	const bool on = lang_num(c, "do", 0) == 0;

	return world_guest(w, w->op, on ? GUEST_BIND : GUEST_UNBIND, "driver");
}
