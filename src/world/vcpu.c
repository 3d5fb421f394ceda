/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "world/world_priv.h"

/*
 * The vCPU: KVM enters it through vcpu_ops, the guest's code runs until
 * something leaves it, and the host's answer waits here for the instruction
 * that is then executed again.
 */

/* Exits in a row for one address before the guest counts as stuck. */
#define SAME_MAX 64u

enum il_err world_vcpu_run(struct world_vcpu *v, struct vcpu_exit *x)
{
	v->ans = *x;
	memset(x, 0, sizeof(*x));
	v->x = x;
	if (v->done) {
		x->kind = VCPU_EXIT_HALT;
		return IL_OK;
	}
	v->err = guest_run(v->vm->guest);
	if (v->err == IL_E_AGAIN)
		return IL_OK;
	v->done = true;
	v->out = VCPU_EXIT_NONE;
	x->kind = VCPU_EXIT_HALT;
	return IL_OK;
}

static enum il_err run(void *ctx, struct vcpu_exit *x)
{
	return world_vcpu_run(ctx, x);
}

static const struct vcpu_ops ops = { .run = run };

const struct vcpu_ops *world_vcpu_for(void *ctx, struct kvm_vcpu *kv,
				      void **ops_ctx)
{
	struct world *w = ctx;

	for (unsigned i = 0; i < WORLD_VMS; i++) {
		struct world_vm *vm = &w->vm[i];

		if (!vm->vmm || vm->vmm->t != kv->vm->task)
			continue;
		vm->vcpu = (struct world_vcpu){ .vm = vm,
						.kvm = kv,
						.done = true };
		*ops_ctx = &vm->vcpu;
		return &ops;
	}
	return NULL;
}

const struct vcpu_exit *world_vcpu_answer(struct world_vcpu *v,
					  enum vcpu_exit_kind kind)
{
	if (v->out != kind || !v->ans.done)
		return NULL;
	v->out = VCPU_EXIT_NONE;
	v->same = 0;
	return &v->ans;
}

enum il_err world_vcpu_exit(struct world_vcpu *v, const struct vcpu_exit *x)
{
	*v->x = *x;
	v->out = x->kind;
	return IL_E_AGAIN;
}

enum il_err world_vcpu_fault(struct world_vcpu *v, const struct fault *f,
			     uint64_t gpa, uint32_t len, bool write, bool priv,
			     const void *data)
{
	struct vcpu_exit x = {
		.kind = VCPU_EXIT_FAULT,
		.gpa = f->addr ? f->addr : gpa,
		.len = len,
		.write = write,
		.private = priv,
		.fault = *f,
	};

	v->same = v->same_gpa == x.gpa ? v->same + 1 : 1;
	v->same_gpa = x.gpa;
	if (v->same > SAME_MAX) {
		v->same = 0;
		world_refused(v->vm->w, f);
		return IL_E_IO;
	}
	if (write && data && len <= sizeof(x.data))
		memcpy(x.data, data, len);
	v->fault = *f;
	return world_vcpu_exit(v, &x);
}

static void progress(const struct world_vm *vm)
{
	const struct world *w = vm->w;
	const struct guest *g = vm->guest;

	if (g->prog == GUEST_DMA && w->cfg.out.progress)
		w->cfg.out.progress(w->cfg.out.ctx, g->done, g->payload.len);
}

static enum il_err access(struct world_vcpu *v, uint64_t gpa, bool priv,
			  void *buf, uint32_t len, bool write)
{
	const struct vcpu_exit *a = world_vcpu_answer(v, VCPU_EXIT_FAULT);
	struct fault f = { 0 };
	enum il_err err;

	priv = priv && world_vm_secret(v->vm); /* else there is no such bit */
	if (a && a->ret) {		       /* the host let it abort */
		world_refused(v->vm->w, &v->fault);
		return IL_E_IO;
	}
	if (a) {
		if (!write)
			memcpy(buf, a->data,
			       len < sizeof(a->data) ? len : sizeof(a->data));
		return IL_OK;
	}
	err = v->vm->w->plat->vcpu_access(v->vm, gpa, buf, len, write, priv,
					  &f);
	if (err == IL_E_IO)
		return world_vcpu_fault(v, &f, gpa, len, write, priv, buf);
	if (err == IL_E_AUTH) { /* the guest's own, no exit */
		world_refused(v->vm->w, &f);
		return IL_E_IO;
	}
	if (err)
		return err;
	v->same = 0;
	if (len <= 8) { /* perhaps MMIO: let the device see it */
		world_settle(v->vm->w);
		progress(v->vm);
	}
	return IL_OK;
}

enum il_err world_vcpu_read(void *ctx, uint64_t gpa, bool priv, void *buf,
			    uint32_t len)
{
	return access(ctx, gpa, priv, buf, len, false);
}

enum il_err world_vcpu_write(void *ctx, uint64_t gpa, bool priv,
			     const void *buf, uint32_t len)
{
	uint8_t copy[4096];
	const uint8_t *p = buf;

	/* The machine takes a buffer that it may fill; ours is constant. */
	if (len > sizeof(copy))
		return IL_E_ARG;
	memcpy(copy, p, len);
	return access(ctx, gpa, priv, copy, len, true);
}
