/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/vmm.h"

#include <errno.h>
#include <string.h>

#include "vmm/vmm_priv.h"

void vmm_close(struct vmm *v, int *fd)
{
	if (*fd >= 0)
		(void)k_close(v->t, *fd);
	*fd = NO_FD;
}

void vmm_say(struct vmm *v, const char *who, const char *what, long ret)
{
	if (v->cfg.log)
		v->cfg.log(v->cfg.log_ctx, who, what, ret);
}

static bool cfg_good(const struct vmm_cfg *c)
{
	if (!c->ram_size || c->ram_size % PAGE_2M ||
	    c->ram_size > PAGEMAP_MAX * PAGE_4K || c->n_images > VMM_IMAGES)
		return false;
	if (c->ecam_gpa < c->ram_size || c->mmio_gpa % PAGE_4K ||
	    c->mmio_gpa < c->ecam_gpa + (UINT64_C(1) << 28) || !c->mmio_size)
		return false;
	for (unsigned i = 0; i < c->n_images; i++) {
		const struct vmm_image *m = &c->images[i];

		if (!m->len || (m->gpa | m->len) % PAGE_4K ||
		    m->gpa > c->ram_size || m->len > c->ram_size - m->gpa)
			return false;
	}
	return true;
}

int vmm_init(struct vmm *v, const struct vmm_cfg *cfg)
{
	memset(v, 0, sizeof(*v));
	if (!cfg_good(cfg))
		return -EINVAL;
	v->cfg = *cfg;
	v->private_map = arena_take(cfg->arena,
				    (size_t)(cfg->ram_size / PAGE_4K / 8), 8);
	v->private_was = arena_take(cfg->arena,
				    (size_t)(cfg->ram_size / PAGE_4K / 8), 8);
	v->t = k_task_new(cfg->k);
	if (!v->private_map || !v->private_was || !v->t)
		return -ENOMEM;
	v->kvm_fd = v->vm_fd = v->vcpu_fd = v->gmem_fd = NO_FD;
	v->vfio_kvm_fd = v->iommu_fd = NO_FD;
	return 0;
}

static const char *const names[VMM_PROGRAMS] = {
	[VMM_CONNECT] = "connect",
	[VMM_DISCONNECT] = "disconnect",
	[VMM_PREPARE] = "prepare",
	[VMM_LAUNCH] = "launch",
	[VMM_ATTACH] = "attach",
	[VMM_RUN] = "run",
	[VMM_DETACH] = "detach",
	[VMM_DESTROY] = "destroy",
	[VMM_HOST_DMA] = "host-dma",
	[VMM_ROLL_KEY] = "roll-key",
	[VMM_KEY_UPDATE] = "key-update",
	[VMM_HEARTBEAT] = "heartbeat",
	[VMM_DRIVE] = "drive",
	[VMM_UNDRIVE] = "undrive",
	[VMM_RELOCK] = "relock",
	[VMM_PAGE_SIZE] = "page-size",
	[VMM_STOP] = "stop",
};

const char *vmm_program_name(enum vmm_program p)
{
	return (unsigned)p < VMM_PROGRAMS ? names[p] : "?";
}

static bool needs_dev(enum vmm_program p)
{
	return p != VMM_PREPARE && p != VMM_LAUNCH && p != VMM_RUN &&
	       p != VMM_DESTROY && p != VMM_PAGE_SIZE;
}

int vmm_start(struct vmm *v, struct vmm_run *r, enum vmm_program program,
	      const struct vmm_dev_cfg *dev)
{
	if ((unsigned)program >= VMM_PROGRAMS || (needs_dev(program) && !dev))
		return -EINVAL;
	memset(r, 0, sizeof(*r));
	r->v = v;
	r->program = program;
	r->fd = NO_FD;
	r->what = "";
	if (dev) {
		r->dev = *dev;
		r->bdf = dev->bdf;
		r->d = vmm_dev_by_bdf(v, dev->bdf);
	}
	return 0;
}

int vmm_start_dma(struct vmm *v, struct vmm_run *r,
		  const struct vmm_dev_cfg *dev, const uint8_t *in,
		  uint8_t *out, uint64_t len)
{
	int ret = vmm_start(v, r, VMM_HOST_DMA, dev);

	r->in = in;
	r->out = out;
	r->len = len;
	return ret;
}

int vmm_start_size(struct vmm *v, struct vmm_run *r, uint64_t gpa, uint64_t len,
		   uint64_t size, bool leaves_only)
{
	int ret = vmm_start(v, r, VMM_PAGE_SIZE, NULL);

	r->gpa = gpa;
	r->len = len;
	r->size = size;
	r->leaves_only = leaves_only;
	return ret;
}

static void undo(struct vmm_run *r)
{
	const struct vmm_step *s = vmm_programs[r->program];

	if (r->fd != NO_FD)
		vmm_close(r->v, &r->fd);
	while (r->pc-- > 0)
		if (s[r->pc].undo)
			s[r->pc].undo(r);
	r->pc = 0;
}

int vmm_step(struct vmm_run *r)
{
	const struct vmm_step *s = &vmm_programs[r->program][r->pc];
	long ret;

	if (r->over)
		return -EINVAL;
	r->what = s->what;
	ret = s->run(r);
	r->ret = ret;
	if (ret == -EAGAIN)
		return -EAGAIN;
	vmm_say(r->v, s->who, s->what, ret);
	/* A way down is gone to its end; the first error is told there. */
	if (ret < 0 && r->program == VMM_DETACH && r->d) {
		r->first = r->first ? r->first : ret;
		ret = 0;
	}
	if (ret < 0) {
		r->over = true;
		/* The step itself may have got half way. */
		r->pc++;
		undo(r);
		return (int)ret;
	}
	r->pc++;
	r->sub = 0;
	r->over = !vmm_programs[r->program][r->pc].run;
	return r->over ? (int)r->first : -EAGAIN;
}

int vmm_finish(struct vmm_run *r, unsigned max)
{
	int ret = -EAGAIN;

	for (unsigned i = 0; i < max && ret == -EAGAIN; i++)
		ret = vmm_step(r);
	return ret == -EAGAIN ? -ETIMEDOUT : ret;
}

void vmm_cancel(struct vmm_run *r)
{
	if (r->over)
		return;
	r->over = true;
	r->pc++;
	undo(r);
}

void vmm_die(struct vmm *v)
{
	if (v->t)
		k_task_exit(v->t);
	v->t = NULL;
}
