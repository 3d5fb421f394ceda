/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ordinary VM: its memory is the VMM's, nothing is measured, and no firmware
 * has a say. A table like an architecture's, whose steps have nothing to do.
 */
#include <errno.h>

#include "vmm/vmm_priv.h"

static long nothing(const struct vmm_launch_arg *a)
{
	(void)a;
	return 0;
}

/* It has no exits but those that every VM has. */
static int no_exit(struct task *t, uint64_t (*ram)(void *ctx, uint64_t gpa),
		   void *ram_ctx, struct kvm_run *run, struct vmm_tsm_ask *ask)
{
	(void)t;
	(void)ram;
	(void)ram_ctx;
	(void)run;
	(void)ask;
	return -EINVAL;
}

static void no_answer(struct kvm_run *run, const struct vmm_tsm_ask *ask,
		      long ret, uint64_t code)
{
	(void)run;
	(void)ask;
	(void)ret;
	(void)code;
}

const struct vmm_launch vmm_ordinary = {
	.name = "ordinary",
	.vm_type = KVM_VM_ORDINARY,
	.init = nothing,
	.start = nothing,
	.update = nothing,
	.finish = nothing,
	.exit = no_exit,
	.answer = no_answer,
};
