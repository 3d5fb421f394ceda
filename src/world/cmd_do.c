/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "world/cmd_priv.h"

/* Commands that act: platform, link, host, vmm, guest. */

enum il_err cmd_platform(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	const struct world_plat *p = world_plats[lang_num(c, "name", 0)];

	if (w->built || w->plat)
		return world_fail(w, IL_E_STATE, 0,
				  "the platform is chosen already");
	if (!p)
		return world_fail(w, IL_E_ARG, 0, "%s is not in this build",
				  lang_word(c, "name", ""));
	if (lang_num(c, "frugal", 0) && !(p->options & WORLD_OPT_FRUGAL))
		return world_fail(w, IL_E_ARG, 0,
				  "firmware of %s has no such buffers",
				  p->name);
	w->plat = p;
	w->frugal = lang_num(c, "frugal", 0);
	return IL_OK;
}

enum il_err world_not_built(struct world *w)
{
	if (w->built)
		return world_fail(w, IL_E_STATE, 0,
				  "the machine is running already");
	if (!w->plat)
		return world_fail(w, IL_E_STATE, 0,
				  "no platform is chosen yet");
	return IL_OK;
}

enum il_err cmd_link(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	const char *file = lang_word(c, "capture", NULL);
	const char *doe = lang_word(c, "doe", NULL);
	enum il_err err = world_not_built(w);

	if (err)
		return err;
	w->null_link = lang_num(c, "cipher", 0) == 1;
	if (lang_num(c, "spy", 0))
		err = spy_new(&w->arena, w->cfg.payload, w->cfg.payload_len,
			      &w->spy);
	if (err)
		return err;
	if (file && world_pcap_open(&w->cap.link, file, WORLD_DLT_LINK))
		return world_fail(w, IL_E_IO, 0,
				  "%s: the capture cannot be written", file);
	if (doe && world_pcap_open(&w->cap.doe, doe, WORLD_DLT_DOE))
		return world_fail(w, IL_E_IO, 0,
				  "%s: the capture cannot be written", doe);
	return IL_OK;
}

/* --- the VMM, and through it the host --- */

static void kernel_says(struct world *w, const struct kernel *k)
{
	char text[320];

	world_refused(w,
		      &(struct fault){ .rule = k->why, .addr = k->why_addr });
	snprintf(text, sizeof(text), "%s: 0x%llx", k->why->says,
		 (unsigned long long)k->why_addr);
	world_say(w, "kernel", k->why_addr ? text : k->why->says,
		  k->why->source, true, 0);
}

void world_vmm_log(void *ctx, const char *who, const char *what, long ret)
{
	struct world *w = ctx;
	char text[64] = "ok";
	uint64_t now = world_mono(w);

	/* The guest's own line says more than that its vCPU ran. */
	if (ret == -EAGAIN ||
	    (ret >= 0 && w->op && w->op->run.program == VMM_RUN &&
	     strcmp(what, "run the guest") == 0))
		return;
	if (ret < 0)
		snprintf(text, sizeof(text), "%s", world_errno_name((int)-ret));
	if (ret < 0 && w->op)
		w->op->refused = (int)-ret;
	if (ret < 0 && w->host && w->host->k.why)
		kernel_says(w, &w->host->k);
	world_say(w, who, what, text, ret < 0,
		  w->op ? now - w->op->start_ns : 0);
	if (w->op)
		w->op->start_ns = now;
}

enum il_err world_need_vmm(struct world *w)
{
	enum il_err err;

	if (!w->plat)
		return world_fail(w, IL_E_STATE, 0,
				  "no platform is chosen yet");
	err = world_build(w);
	if (err)
		return err;
	if (!w->op->vm)
		w->op->vm = world_vm(w, &w->op->call);
	return w->op->vm ? world_vm_vmm(w->op->vm) : w->last_err;
}

enum il_err world_vmm(struct world *w, struct world_op *o, enum vmm_program p,
		      const struct vmm_dev_cfg *dev, const char *group)
{
	int ret;

	w->group = group;
	if (o->phase == 0) {
		ret = vmm_start(o->vm->vmm, &o->run, p, dev);
		if (ret)
			return world_fail(w, IL_E_STATE, -ret, "%s: %s",
					  vmm_program_name(p),
					  world_errno_name(-ret));
		o->phase = 1;
		return IL_E_AGAIN;
	}
	ret = vmm_step(&o->run);
	if (ret == -EAGAIN)
		return IL_E_AGAIN;
	if (ret)
		return world_fail(w, IL_E_PEER, -ret, "%s, %s: %s",
				  vmm_program_name(p), o->run.what,
				  world_errno_name(-ret));
	return IL_OK;
}

static struct vmm_dev_cfg dev_of(const struct lang_call *c)
{
	return (struct vmm_dev_cfg){
		.bdf = (uint32_t)lang_num(c, "bdf", 0),
		.guest_rid =
			(uint32_t)lang_num(c, "slot", WORLD_GUEST_RID >> 3) % 32
			<< 3,
		.beside = (uint32_t)lang_num(c, "beside", 0),
		.untrusted = !lang_num(c, "tsm", 1)
	};
}

static enum il_err vmm_on(struct world *w, const struct lang_call *c,
			  enum vmm_program p, const char *group)
{
	struct vmm_dev_cfg dev = dev_of(c);
	enum il_err err = world_need_vmm(w);

	return err ? err : world_vmm(w, w->op, p, &dev, group);
}

/* What of @c is not as usual and the platform has not; NULL: nothing. */
static const char *lacks(const struct world *w, const struct lang_call *c)
{
	const uint32_t has = w->plat->options;

	if (!lang_num(c, "tio", 1) && !(has & WORLD_OPT_NO_TIO))
		return "tio=no";
	if (lang_num(c, "p2p", 0) && !(has & WORLD_OPT_P2P))
		return "p2p=yes";
	if (!lang_num(c, "tee-limited", 1) &&
	    !(has & WORLD_OPT_SHARED_ON_STREAM))
		return "tee-limited=no";
	return NULL;
}

enum il_err cmd_host_option(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	enum il_err err = world_not_built(w);

	if (err)
		return err;
	if (lacks(w, c))
		return world_fail(w, IL_E_ARG, 0, "there is no %s on %s",
				  lacks(w, c), w->plat->name);
	w->shared_on_stream = !lang_num(c, "tee-limited", !w->shared_on_stream);
	w->vmm_only = !lang_num(c, "kvm-revoke", !w->vmm_only);
	w->hotplug = lang_num(c, "hotplug", w->hotplug);
	w->lock_p2p = lang_num(c, "p2p", w->lock_p2p);
	w->no_tio = !lang_num(c, "tio", !w->no_tio);
	return IL_OK;
}

enum il_err cmd_host_connect(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	enum il_err err = vmm_on(w, c, VMM_CONNECT, "connect");

	struct world_dev *d = err ? NULL : world_dev(w, c);

	if (d) {
		d->connected = true;
		d->cut = false;
	}
	return err;
}

enum il_err cmd_host_disconnect(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	enum il_err err = vmm_on(w, c, VMM_DISCONNECT, "disconnect");

	struct world_dev *d = err ? NULL : world_dev(w, c);

	if (d)
		d->connected = false;
	return err;
}

enum il_err cmd_host_sriov(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	enum il_err err = world_need_vmm(w);
	struct world_dev *d = err ? NULL : world_dev(w, c);
	struct pci_dev *p;
	char what[64];
	int ret;

	if (err)
		return err;
	if (!lang_num(c, "vfs", 0) && !(d && d->vfs_on))
		return IL_OK; /* none, and none wanted */
	w->group = "connect";
	p = pci_find(&w->host->pci, (uint32_t)lang_num(c, "bdf", 0));
	ret = p ? pci_sriov_enable(p, (uint16_t)lang_num(c, "vfs", 0))
		: -ENODEV;
	snprintf(what, sizeof(what), "sriov_numvfs = %llu",
		 (unsigned long long)lang_num(c, "vfs", 0));
	world_vmm_log(w, "host", what, ret);
	if (d)
		d->vfs_on = !ret && lang_num(c, "vfs", 0);
	return ret ? world_fail(w, IL_E_PEER, -ret, "%s: %s", what,
				world_errno_name(-ret))
		   : IL_OK;
}

enum il_err cmd_host_dma(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	struct world_op *o = w->op;
	struct vmm_dev_cfg dev = dev_of(c);
	size_t len = w->cfg.payload_len;
	enum il_err err = world_need_vmm(w);
	int ret;

	if (err)
		return err;
	w->group = "DMA";
	if (o->phase == 0) {
		if (!o->back)
			o->back = arena_take(&w->arena, len ? len : 1, 64);
		ret = o->back ? vmm_start_dma(o->vm->vmm, &o->run, &dev,
					      w->cfg.payload, o->back, len)
			      : -ENOMEM;
		if (ret)
			return world_fail(w, IL_E_STATE, -ret, "DMA: %s",
					  world_errno_name(-ret));
		o->phase = 1;
		return IL_E_AGAIN;
	}
	ret = vmm_step(&o->run);
	if (ret == -EAGAIN)
		return IL_E_AGAIN;
	if (ret)
		return world_fail(w, IL_E_PEER, -ret, "DMA, %s: %s",
				  o->run.what, world_errno_name(-ret));
	if (len && memcmp(o->back, w->cfg.payload, len) != 0)
		return world_fail(w, IL_E_PEER, EIO,
				  "DMA: what came back differs");
	return IL_OK;
}

/* A VM is of one type from its first command on. */
static enum il_err choose(struct world *w, const struct lang_call *c)
{
	struct vmm *v = w->op->vm->vmm;
	const struct vmm_launch *const types[] = { w->plat->launch,
						   &vmm_ordinary };
	const struct vmm_launch *want = types[lang_num(c, "type", 0)];

	if (v->vm_fd < 0)
		v->cfg.launch = want;
	if (lang_word(c, "type", NULL) && v->cfg.launch != want)
		return world_fail(w, IL_E_STATE, 0,
				  "the VM is of another type already");
	return IL_OK;
}

static enum il_err launch(struct world *w, const struct lang_call *c,
			  enum vmm_program p)
{
	enum il_err err = world_need_vmm(w);
	struct vmm_cfg *cfg;

	if (err)
		return err;
	cfg = &w->op->vm->vmm->cfg;
	if (w->op->phase == 0) {
		cfg->early_map = lang_num(c, "early-map", cfg->early_map);
		cfg->no_devices = !lang_num(c, "devices", !cfg->no_devices);
		cfg->huge_memory = lang_num(c, "huge-memory", cfg->huge_memory);
		cfg->keep_mapped = lang_num(c, "keep-mapped", cfg->keep_mapped);
		cfg->in_place = lang_num(c, "in-place", cfg->in_place);
		cfg->unchecked = lang_num(c, "unchecked", cfg->unchecked);
		err = choose(w, c);
	}
	if (err)
		return err;
	err = world_vmm(w, w->op, p, NULL, "launch");
	if (!err && p == VMM_LAUNCH)
		err = world_vm_guest(w->op->vm);
	return err;
}

enum il_err cmd_vmm_launch(void *ctx, const struct lang_call *c)
{
	return launch(ctx, c, VMM_LAUNCH);
}

enum il_err cmd_vmm_prepare(void *ctx, const struct lang_call *c)
{
	return launch(ctx, c, VMM_PREPARE);
}

static bool has(const struct vmm *v, uint32_t bdf)
{
	for (unsigned i = 0; i < VMM_DEVS; i++)
		if (v->dev[i].used && v->dev[i].cfg.bdf == bdf)
			return true;
	return false;
}

enum il_err cmd_vmm_attach(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	struct vmm_dev_cfg dev = dev_of(c);
	enum il_err err = world_need_vmm(w);

	if (err)
		return err;
	if (!world_vm_give(w->op->vm, &dev))
		return world_fail(w, IL_E_NOMEM, 0, "a VM has %u functions",
				  WORLD_VM_DEVS);
	if (w->op->phase == 0)
		w->op->vm->vmm->cfg.huge_pages = lang_num(
			c, "huge-pages", w->op->vm->vmm->cfg.huge_pages);
	err = world_vmm(w, w->op, VMM_ATTACH, &dev, "assign");
	/* Nothing came of it, so there is nothing to take back either. */
	if (err && err != IL_E_AGAIN && !has(w->op->vm->vmm, dev.bdf))
		world_vm_take(w->op->vm, dev.bdf);
	return err;
}

enum il_err cmd_vmm_detach(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	enum il_err err = vmm_on(w, c, VMM_DETACH, "unbind");

	if (!err)
		world_vm_take(w->op->vm, dev_of(c).bdf);
	return err;
}

enum il_err cmd_vmm_destroy(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	enum il_err err = world_need_vmm(w);

	(void)c;
	return err ? err : world_vmm(w, w->op, VMM_DESTROY, NULL, "unbind");
}

/* --- the guest --- */

/* Release and the end of the VM wipe what the guest found. */
static void keep_measurements(struct world *w, const struct guest *g)
{
	const struct evidence_findings *f = &g->findings;

	memcpy(w->meas, f->meas, sizeof(w->meas));
	w->n_meas = f->n_meas;
}

static enum il_err guest_over(struct world *w, struct world_op *o,
			      enum guest_prog p)
{
	const struct world_vm *vm = o->vm;
	enum il_err err = vm->vcpu.err;
	char what[200] = "";
	uint64_t now = world_mono(w);

	if (err)
		guest_what(vm->guest, what, sizeof(what));
	if (p == GUEST_APPRAISE)
		keep_measurements(w, vm->guest);
	if (!err && p == GUEST_LOAD)
		snprintf(what, sizeof(what), "0x%llx",
			 (unsigned long long)vm->guest->touch.value);
	world_say(w, "guest", guest_prog_name(p),
		  err || p == GUEST_LOAD ? what : "ok", err != IL_OK,
		  now - o->begun_ns);
	/* Its own kernel's refusal, or what the host said to it. */
	return err ? world_fail(w, err,
				vm->guest->eno ? vm->guest->eno : o->refused,
				"%s: %s", guest_prog_name(p),
				what[0] ? what : il_err_name(err))
		   : IL_OK;
}

static enum il_err begin(struct guest *g, const struct world_op *o,
			 enum guest_prog p)
{
	if (p == GUEST_SHARE || p == GUEST_UNSHARE)
		return guest_begin_pages(g, p, o->gpa, o->pages * PAGE_4K);
	if (p == GUEST_LOAD || p == GUEST_STORE)
		return guest_begin_touch(g, p, &o->touch);
	return guest_begin(g, p, o->payload.window ? &o->payload : NULL);
}

enum il_err world_guest(struct world *w, struct world_op *o, enum guest_prog p,
			const char *group)
{
	struct world_vm *vm = o->vm;
	enum il_err err;

	w->group = group;
	if (!vm)
		vm = o->vm = world_vm_named(
			w, lang_word(&o->call, "vm", WORLD_VM_USUAL));
	if (!vm || !vm->guest || !vm->vmm)
		return world_fail(w, IL_E_STATE, 0, "there is no guest");
	if (o->phase == 0) {
		err = begin(vm->guest, o, p);
		if (err)
			return world_fail(w, err, vm->guest->eno,
					  "guest %s: not while it is %s",
					  guest_prog_name(p),
					  guest_state_name(vm->guest->state));
		vm->vcpu.done = false;
		o->refused = 0;
		o->guest = vm->guests;
	}
	if (o->guest != vm->guests)
		return world_fail(
			w, IL_E_PEER, 0,
			"guest %s: the guest is gone, this is another",
			guest_prog_name(p));
	err = world_vmm(w, o, VMM_RUN, NULL, group);
	if (err == IL_E_AGAIN)
		return err;
	if (!vm->vcpu.done) { /* the VMM gave up on an exit */
		guest_abandon(vm->guest);
		vm->vcpu.done = true;
		return err ? err
			   : world_fail(w, IL_E_PEER, 0, "the guest stopped");
	}
	return guest_over(w, o, p);
}

#define GUEST_CMD(name, prog, group)                           \
	enum il_err name(void *ctx, const struct lang_call *c) \
	{                                                      \
		struct world *w = ctx;                         \
                                                               \
		(void)c;                                       \
		return world_guest(w, w->op, prog, group);     \
	}

GUEST_CMD(cmd_guest_boot, GUEST_BOOT, "launch")
GUEST_CMD(cmd_guest_probe, GUEST_PROBE, "assign")
GUEST_CMD(cmd_guest_lock, GUEST_LOCK, "lock")
GUEST_CMD(cmd_guest_evidence, GUEST_APPRAISE, "evidence")
GUEST_CMD(cmd_guest_accept, GUEST_ACCEPT, "accept")
GUEST_CMD(cmd_guest_mmio, GUEST_MMIO, "MMIO")
GUEST_CMD(cmd_guest_release, GUEST_RELEASE, "unbind")
