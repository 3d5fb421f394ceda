/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/cmd_priv.h"

/* Pages: they change hands, and the size by which they are mapped or owned. */

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
	if (vm && vm->guest && !w->op->phase)
		vm->guest->no_dma = !lang_num(c, "dma", 1);
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
		.look = lang_num(c, "look", 0),
	};
	return world_guest(w, w->op, GUEST_DMA, "DMA");
}

enum il_err cmd_guest_turn(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	struct world_vm *vm =
		world_vm_named(w, lang_word(c, "vm", WORLD_VM_USUAL));

	if (!vm || !vm->guest)
		return world_fail(w, IL_E_STATE, 0, "there is no guest");
	if (guest_turn(vm->guest))
		return world_fail(w, IL_E_STATE, 0, "the guest is at work");
	return IL_OK;
}

enum il_err cmd_guest_driver(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	const bool on = lang_num(c, "do", 0) == 0;

	return world_guest(w, w->op, on ? GUEST_BIND : GUEST_UNBIND, "driver");
}

enum il_err cmd_vmm_page_size(void *ctx, const struct lang_call *c)
{
	static const uint64_t sizes[] = { PAGE_4K, PAGE_2M };
	struct world *w = ctx;
	struct world_op *o = w->op;
	enum il_err err = world_need_vmm(w);

	if (err || o->phase)
		return err ? err : world_vmm(w, o, VMM_PAGE_SIZE, NULL, "DMA");
	err = world_vmm(w, o, VMM_PAGE_SIZE, NULL, "DMA");
	o->run.gpa = lang_num(c, "gpa", 0);
	o->run.len = lang_num(c, "len", PAGE_2M);
	o->run.size = sizes[lang_num(c, "size", 0)];
	o->run.leaves_only = lang_num(c, "leaves-only", 0);
	return err;
}

enum il_err cmd_host_psmash(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	struct world_vm *vm =
		world_vm_named(w, lang_word(c, "vm", WORLD_VM_USUAL));
	const uint64_t gpa = lang_num(c, "gpa", 0);

	if (!vm || !vm->vmm)
		return world_fail(w, IL_E_STATE, 0, "there is no VM");
	if (!w->plat->split)
		return world_fail(w, IL_E_ARG, 0,
				  "%s has no ownership entries of 2 MiB that "
				  "the host splits",
				  w->plat->name);
	if (w->plat->split(vm, gpa))
		return world_fail(w, IL_E_ARG, 0,
				  "no entry of 2 MiB is behind 0x%llx",
				  (unsigned long long)gpa);
	world_say(w, "host", "split the ownership entry", "ok", false, 0);
	return IL_OK;
}

enum il_err cmd_host_own(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	struct world_vm *vm =
		world_vm_named(w, lang_word(c, "vm", WORLD_VM_USUAL));
	const uint64_t gpa = lang_num(c, "gpa", 0);
	const enum world_own_how how =
		(enum world_own_how)lang_num(c, "how", WORLD_OWN_TAKE);

	if (!vm || !vm->vmm)
		return world_fail(w, IL_E_STATE, 0, "there is no VM");
	if (!w->plat->own_write)
		return world_fail(w, IL_E_ARG, 0,
				  "%s has no ownership entries that the host "
				  "writes",
				  w->plat->name);
	if (w->plat->own_write(vm, gpa, how))
		return world_fail(w, IL_E_ARG, 0,
				  "the entry behind 0x%llx is not written",
				  (unsigned long long)gpa);
	world_say(w, "host", "write an ownership entry", "ok", false, 0);
	return IL_OK;
}

enum il_err cmd_host_limit(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	struct iommufd_core *f;
	enum il_err err = world_build(w);

	if (err)
		return err;
	f = &w->host->iommufd;
	f->areas_max = UINT32_MAX;
	if (lang_word(c, "mappings", NULL))
		f->areas_max = f->area_pool.live +
			       (uint32_t)lang_num(c, "mappings", 0);
	w->flushes = UINT64_MAX;
	if (lang_word(c, "flushes", NULL))
		w->flushes = lang_num(c, "flushes", 0);
	return IL_OK;
}
