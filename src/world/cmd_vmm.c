/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "world/cmd_priv.h"

/* The VMM's single acts: what it may do out of order, and how it ends. */

static enum il_err over(struct world *w, const char *what, long ret)
{
	if (ret == -EAGAIN)
		return IL_E_AGAIN;
	w->group = "unbind";
	world_settle(w);
	world_say(w, "vmm", what, ret ? world_errno_name((int)-ret) : "ok",
		  ret != 0, 0);
	return ret ? world_fail(w, IL_E_PEER, (int)-ret, "%s: %s", what,
				world_errno_name((int)-ret))
		   : IL_OK;
}

static uint32_t bdf_of(const struct world *w, const struct lang_call *c)
{
	const struct world_vm *vm = w->op->vm;

	return (uint32_t)lang_num(c, "bdf", vm->devs ? vm->dev[0].bdf : 0);
}

enum il_err cmd_vmm_config(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	enum il_err err = world_need_vmm(w);
	uint64_t reg = lang_num(c, "reg", 0), size = lang_num(c, "size", 2);
	uint32_t val = (uint32_t)lang_num(c, "value", 0);

	if (err)
		return err;
	if (!size || size > 4 || size == 3 || reg > UINT16_MAX ||
	    lang_num(c, "value", 0) >> 8 * size)
		return world_fail(w, IL_E_ARG, EINVAL,
				  "that is no configuration write");
	return over(w, "configuration write",
		    vmm_dev_config(w->op->vm->vmm, bdf_of(w, c), (uint16_t)reg,
				   (uint8_t)size, &val, true));
}

enum il_err cmd_vmm_reset(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	enum il_err err = world_need_vmm(w);
	const bool hot = lang_num(c, "hot", 0);

	return err ? err
		   : over(w, hot ? "hot reset" : "reset of the function",
			  vmm_dev_reset(w->op->vm->vmm, bdf_of(w, c), hot));
}

enum il_err cmd_vmm_unbind(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	enum il_err err = world_need_vmm(w);

	return err ? err
		   : over(w, "destroy the vDevice",
			  vmm_dev_unbind(w->op->vm->vmm, bdf_of(w, c)));
}

enum il_err cmd_vmm_close(void *ctx, const struct lang_call *c)
{
	static const char *const what[VMM_FDS] = {
		[VMM_FD_VFIO] = "close vfio device",
		[VMM_FD_BARS] = "close dma-bufs",
		[VMM_FD_IOMMUFD] = "close iommufd",
		[VMM_FD_VCPU] = "close vCPU",
		[VMM_FD_KVM_VFIO] = "close KVM's vfio device",
		[VMM_FD_GMEM] = "close guest_memfd",
		[VMM_FD_VM] = "close VM",
		[VMM_FD_KVM] = "close /dev/kvm",
	};
	struct world *w = ctx;
	enum il_err err = world_need_vmm(w);
	const enum vmm_fd fd = (enum vmm_fd)lang_num(c, "what", 0);

	return err ? err
		   : over(w, what[fd],
			  vmm_close_fd(w->op->vm->vmm, fd, bdf_of(w, c)));
}

/* Commands that it had begun end with it; nobody is left who could go on. */
enum il_err cmd_vmm_die(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	struct world_vm *vm =
		world_vm_named(w, lang_word(c, "vm", WORLD_VM_USUAL));

	if (!vm || !vm->vmm || !vm->vmm->t)
		return world_fail(w, IL_E_STATE, 0, "there is no such VMM");
	for (unsigned i = 0; i < WORLD_OPS; i++)
		if (&w->ops[i] != w->op && w->ops[i].vm == vm)
			w->ops[i].used = false;
	vmm_die(vm->vmm);
	world_vm_wipe(vm);
	vm->devs = 0;
	return over(w, "dies", 0);
}
