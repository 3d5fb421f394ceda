/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "world/cmd_priv.h"

/* Commands that act: platform, link, host, vmm, guest. */

enum il_err cmd_platform(void *ctx, const struct lang_call *c)
{
	static const struct world_plat *const plats[] = { &world_sev_tio };
	struct world *w = ctx;

	if (w->built || w->plat)
		return world_fail(w, IL_E_STATE, 0,
				  "the platform is chosen already");
	w->plat = plats[lang_num(c, "name", 0)];
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

static void vmm_log(void *ctx, const char *who, const char *what, long ret)
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
	world_say(w, who, what, text, ret < 0,
		  w->op ? now - w->op->start_ns : 0);
	if (w->op)
		w->op->start_ns = now;
}

/* Memory for a guest that holds the payload twice. */
static void size_guest(struct world *w)
{
	uint64_t buf =
		align_up(w->cfg.payload_len ? w->cfg.payload_len : 1, PAGE_2M);

	w->guest_buf = buf;
	w->guest_ram = PAGE_2M + 2 * buf;
}

static enum il_err new_vmm(struct world *w)
{
	struct vmm_cfg cfg = {
		.k = &w->host->k,
		.arena = &w->arena,
		.launch = w->plat->launch,
		.ecam_gpa = WORLD_GUEST_ECAM,
		.mmio_gpa = WORLD_GUEST_MMIO,
		.mmio_size = UINT64_C(1) << 30,
		.log = vmm_log,
		.log_ctx = w,
	};
	int ret;

	size_guest(w);
	cfg.ram_size = w->guest_ram;
	w->plat->images(w, &cfg);
	w->vmm = ARENA_NEW(&w->arena, struct vmm);
	ret = w->vmm ? vmm_init(w->vmm, &cfg) : -ENOMEM;
	if (ret)
		return world_fail(w, IL_E_IO, -ret,
				  "the VMM does not start: "
				  "%s",
				  world_errno_name(-ret));
	return IL_OK;
}

static enum il_err new_guest(struct world *w)
{
	static const struct guest_cpu_ops cpu = { world_vcpu_read,
						  world_vcpu_write };
	struct guest_cfg cfg = {
		.crypto = &w->crypto_guest,
		.env = &w->env,
		.cpu = &cpu,
		.cpu_ctx = &w->vcpu,
		.map = { .ecam = WORLD_GUEST_ECAM,
			 .mmio = WORLD_GUEST_MMIO,
			 .mmio_size = UINT64_C(1) << 30,
			 .src = PAGE_2M,
			 .dst = PAGE_2M + w->guest_buf,
			 .buf_size = w->guest_buf },
		.anchor = w->cfg.anchor,
		.anchor_len = w->cfg.anchor_len,
		.now_s = w->cfg.now_s + (int64_t)(w->now_ns / 1000000000u),
		.expected = w->cfg.expected,
		.n_expected = w->cfg.n_expected,
	};
	enum il_err err = w->plat->guest(w, &cfg);

	if (err)
		return err;
	if (!w->guest)
		w->guest = ARENA_NEW(&w->arena, struct guest);
	else
		guest_fini(w->guest);
	if (!w->guest)
		return IL_E_NOMEM;
	guest_init(w->guest, &cfg);
	return IL_OK;
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
	return w->vmm ? IL_OK : new_vmm(w);
}

enum il_err world_vmm(struct world *w, struct world_op *o, enum vmm_program p,
		      const struct vmm_dev_cfg *dev, const char *group)
{
	int ret;

	w->group = group;
	if (o->phase == 0) {
		ret = vmm_start(w->vmm, &o->run, p, dev);
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
	return (struct vmm_dev_cfg){ .bdf = (uint32_t)lang_num(c, "bdf", 0),
				     .guest_rid = WORLD_GUEST_RID };
}

static enum il_err vmm_on(struct world *w, const struct lang_call *c,
			  enum vmm_program p, const char *group)
{
	struct vmm_dev_cfg dev = dev_of(c);
	enum il_err err = world_need_vmm(w);

	return err ? err : world_vmm(w, w->op, p, &dev, group);
}

enum il_err cmd_host_option(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	enum il_err err = world_not_built(w);

	if (!err)
		w->shared_on_stream = !lang_num(c, "tee-limited", 1);
	return err;
}

enum il_err cmd_host_connect(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	enum il_err err = vmm_on(w, c, VMM_CONNECT, "connect");

	if (!err) {
		w->connected = true;
		w->cut = false;
	}
	if (!err || w->op->phase)
		w->vdev = dev_of(c);
	return err;
}

enum il_err cmd_host_disconnect(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	enum il_err err = vmm_on(w, c, VMM_DISCONNECT, "disconnect");

	if (!err)
		w->connected = false;
	return err;
}

enum il_err cmd_host_sriov(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	enum il_err err = world_need_vmm(w);
	struct pci_dev *p;
	char what[64];
	int ret;

	if (err)
		return err;
	if (!lang_num(c, "vfs", 0) && !w->vfs_on)
		return IL_OK; /* none, and none wanted */
	w->group = "connect";
	p = pci_find(&w->host->pci, (uint32_t)lang_num(c, "bdf", 0));
	ret = p ? pci_sriov_enable(p, (uint16_t)lang_num(c, "vfs", 0))
		: -ENODEV;
	snprintf(what, sizeof(what), "sriov_numvfs = %llu",
		 (unsigned long long)lang_num(c, "vfs", 0));
	vmm_log(w, "host", what, ret);
	w->vfs_on = !ret && lang_num(c, "vfs", 0);
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
		o->back = arena_take(&w->arena, len ? len : 1, 64);
		ret = o->back ? vmm_start_dma(w->vmm, &o->run, &dev,
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

static enum il_err launch(struct world *w, const struct lang_call *c,
			  enum vmm_program p)
{
	enum il_err err;

	if (!w->plat)
		return world_fail(w, IL_E_STATE, 0,
				  "no platform is chosen yet");
	err = world_build(w);
	if (!err)
		err = world_need_vmm(w);
	if (!err && w->op->phase == 0)
		w->vmm->cfg.early_map =
			lang_num(c, "early-map", w->vmm->cfg.early_map);
	if (!err)
		err = world_vmm(w, w->op, p, NULL, "launch");
	if (!err && p == VMM_LAUNCH)
		err = new_guest(w);
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

enum il_err cmd_vmm_attach(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	enum il_err err = vmm_on(w, c, VMM_ATTACH, "assign");

	w->vdev = dev_of(c);
	return err;
}

enum il_err cmd_vmm_detach(void *ctx, const struct lang_call *c)
{
	return vmm_on(ctx, c, VMM_DETACH, "unbind");
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
static void keep_measurements(struct world *w)
{
	const struct evidence_findings *f = &w->guest->findings;

	memcpy(w->meas, f->meas, sizeof(w->meas));
	w->n_meas = f->n_meas;
}

static enum il_err guest_over(struct world *w, struct world_op *o,
			      enum guest_prog p)
{
	enum il_err err = w->vcpu.err;
	char what[200] = "";
	uint64_t now = world_mono(w);

	if (err)
		guest_what(w->guest, what, sizeof(what));
	if (p == GUEST_APPRAISE)
		keep_measurements(w);
	world_say(w, "guest", guest_prog_name(p), err ? what : "ok",
		  err != IL_OK, now - o->begun_ns);
	return err ? world_fail(w, err, 0, "%s: %s", guest_prog_name(p),
				what[0] ? what : il_err_name(err))
		   : IL_OK;
}

enum il_err world_guest(struct world *w, struct world_op *o, enum guest_prog p,
			const char *group)
{
	enum il_err err;

	w->group = group;
	if (!w->guest)
		return world_fail(w, IL_E_STATE, 0, "there is no guest");
	if (o->phase == 0) {
		err = guest_begin(w->guest, p,
				  o->payload.window ? &o->payload : NULL);
		if (err)
			return world_fail(w, err, 0,
					  "guest %s: not while it is %s",
					  guest_prog_name(p),
					  guest_state_name(w->guest->state));
		w->vcpu.done = false;
	}
	err = world_vmm(w, o, VMM_RUN, NULL, group);
	if (err == IL_E_AGAIN)
		return err;
	if (!w->vcpu.done) { /* the VMM gave up on an exit */
		guest_abandon(w->guest);
		w->vcpu.done = true;
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
GUEST_CMD(cmd_guest_start, GUEST_START, "start")
GUEST_CMD(cmd_guest_mmio, GUEST_MMIO, "MMIO")
GUEST_CMD(cmd_guest_release, GUEST_RELEASE, "unbind")

enum il_err cmd_guest_dma(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;

	w->op->payload = (struct guest_payload){
		.p = w->cfg.payload,
		.len = w->cfg.payload_len,
		.window = (uint32_t)lang_num(c, "window", DMA_MAX_LEN),
	};
	return world_guest(w, w->op, GUEST_DMA, "DMA");
}
