/* SPDX-License-Identifier: BSD-2-Clause */
/* KVM_RUN, and what its exits ask for. */
#include <errno.h>
#include <string.h>

#include "pci/regs.h"
#include "vmm/vmm_priv.h"

#define ECAM_SIZE (UINT64_C(1) << 28)

/* Does the write take a bit away that a locked interface needs? */
static bool upsets(const struct vmm_vdev *d, uint16_t reg, uint8_t len,
		   uint32_t val)
{
	return d->locked && vmm_command_of(d, reg, len, &val) &&
	       d->command & ~val & (CMD_MEM | CMD_MASTER);
}

/*
 * The write has to wait: the interface is unbound in order first, exchange by
 * exchange, as if the guest had asked for it (law 47). OpenHCL does so, too.
 */
static void defer(struct vmm_run *r, const struct vmm_vdev *d)
{
	r->ask = (struct vmm_tsm_ask){ .op = IOMMU_TSM_OP_SET_TDI_STATE,
				       .arch = d->tsm_arch,
				       .state = IOMMU_TSM_TDI_UNLOCKED,
				       .guest_rid = d->cfg.guest_rid,
				       .req_len = 4,
				       .resp_cap = sizeof(r->ask.resp) };
	memcpy(r->ask.req, &r->ask.state, 4);
	r->asking = r->deferred = true;
}

/* The guest's view of bus 0: ECAM. Nobody there reads all ones. */
static long ecam(struct vmm_run *r, struct kvm_run *run)
{
	struct vmm *v = r->v;
	uint64_t off = run->mmio.phys_addr - v->cfg.ecam_gpa;
	uint16_t reg = off & 0xfff;
	uint8_t len = (uint8_t)run->mmio.len;
	struct vmm_vdev *d = vmm_dev_by_guest(v, (uint32_t)(off >> 12));
	uint32_t val = UINT32_MAX;

	if (len > 4 || (len & (len - 1)) || reg % len)
		return -EINVAL;
	if (run->mmio.is_write) {
		memcpy(&val, run->mmio.data, 4);
		/* What the host refuses, a bus would swallow. */
		if (d && upsets(d, reg, len, val) && !r->deferred)
			defer(r, d);
		else if (d)
			(void)vmm_cfg_write(v, d, reg, len, val);
		return 0;
	}
	if (d)
		val = vmm_cfg_read(v, d, reg, len);
	memset(run->mmio.data, 0, sizeof(run->mmio.data));
	memcpy(run->mmio.data, &val, len);
	return 0;
}

static long mmio(struct vmm_run *r, struct kvm_run *run)
{
	const struct vmm *v = r->v;
	uint64_t gpa = run->mmio.phys_addr;

	if (gpa >= v->cfg.ecam_gpa && gpa - v->cfg.ecam_gpa < ECAM_SIZE)
		return ecam(r, run);
	if (!run->mmio.is_write)
		memset(run->mmio.data, 0xff, sizeof(run->mmio.data));
	return 0;
}

/* The function that has all of [@gpa, @gpa + @len) in one of its BARs. */
static struct vmm_vdev *in_bar(struct vmm *v, uint64_t gpa, uint64_t len)
{
	for (unsigned n = 0; n < VMM_DEVS; n++) {
		struct vmm_vdev *d = &v->dev[n];

		for (unsigned i = 0; d->used && i < 6; i++)
			if (d->bar_mapped[i] && gpa >= d->bar_at[i] &&
			    len <= d->bar_size[i] &&
			    gpa - d->bar_at[i] <= d->bar_size[i] - len)
				return d;
	}
	return NULL;
}

/*
 * RAM, for CPU and devices together; or a part of a BAR, for whose pages the
 * TSM has the last word when they are mapped.
 */
static long convert(struct vmm *v, uint64_t gpa, uint64_t pages, bool private)
{
	if (!(gpa % PAGE_4K) && pages && pages <= PAGEMAP_MAX &&
	    in_bar(v, gpa, pages * PAGE_4K))
		return vmm_set_attr(v, gpa, pages * PAGE_4K, private);
	return vmm_convert(v, gpa, pages, private);
}

static long hypercall(struct vmm *v, struct kvm_run *run)
{
	long ret = -ENOSYS;

	if (run->hypercall.nr == KVM_HC_MAP_GPA_RANGE)
		ret = convert(v, run->hypercall.args[0], run->hypercall.args[1],
			      run->hypercall.args[2] &
				      KVM_MAP_GPA_RANGE_ENCRYPTED);
	run->hypercall.ret = (uint64_t)ret;
	vmm_say(v, "vmm", "page conversion", ret);
	return 0; /* the guest hears of it */
}

/* --- requests to the TSM --- */

static const char *ask_name(const struct vmm_tsm_ask *a)
{
	static const char *const states[] = {
		[IOMMU_TSM_TDI_UNLOCKED] = "tsm request: unlock",
		[IOMMU_TSM_TDI_LOCKED] = "tsm request: lock",
		[IOMMU_TSM_TDI_RUN] = "tsm request: run",
		[IOMMU_TSM_TDI_STOP] = "tsm request: stop",
	};

	if (a->says)
		return a->says;
	switch (a->op) {
	case IOMMU_TSM_OP_SET_TDI_STATE:
		return a->state < COUNT(states) ? states[a->state] : "?";
	case IOMMU_TSM_OP_VALIDATE_MMIO:
		return "tsm request: validate mmio";
	default:
		return "tsm request: guest message";
	}
}

/*
 * The BARs are the guest's alone: KVM must see it before the TSM is asked. The
 * guest names the range, and it may name any: what is not within a BAR of that
 * function stays as it is (RAM changes hands in vmm_convert() alone, for CPU
 * and devices together), and the TSM refuses it.
 */
static long before(const struct vmm_run *r, struct vmm_vdev *d,
		   const struct vmm_tsm_ask *a)
{
	struct vmm *v = r->v;

	if (r->deferred && v->cfg.launch->mmio_first)
		return vmm_bars_shared(v, d);
	if (!a->private_len || in_bar(v, a->private_gpa, a->private_len) != d)
		return 0;
	return vmm_set_attr(v, a->private_gpa, a->private_len, true);
}

/* After unlock, or a lock that failed, they are everybody's again. */
static void after(struct vmm *v, struct vmm_vdev *d,
		  const struct vmm_tsm_ask *a, long ret)
{
	if (a->op != IOMMU_TSM_OP_SET_TDI_STATE || ret == -EBUSY)
		return; /* busy: it is as it was */
	if (a->state == IOMMU_TSM_TDI_UNLOCKED || ret) {
		if (a->state != IOMMU_TSM_TDI_RUN)
			(void)vmm_bars_shared(v, d);
		d->locked = a->state == IOMMU_TSM_TDI_RUN && d->locked;
	} else if (a->state == IOMMU_TSM_TDI_LOCKED) {
		d->locked = true;
	}
}

/* -EAGAIN while exchanges go on; then the guest has its answer in @run. */
static long tsm_step(struct vmm_run *r, struct kvm_run *run)
{
	struct vmm *v = r->v;
	struct vmm_tsm_ask *a = &r->ask;
	struct vmm_vdev *d = vmm_dev_by_guest(v, a->guest_rid);
	struct iommu_vdevice_tsm_req q = {
		.size = sizeof(q),
		.vdevice_id = d ? d->vdevice_id : 0,
		.op = a->op,
		.tvm_arch = a->arch,
		.req_len = a->req_len,
		.resp_len = a->resp_cap,
		.req_uptr = (uintptr_t)a->req,
		.resp_uptr = (uintptr_t)a->resp,
	};
	long ret = d ? 0 : -ENODEV;

	if (d)
		d->tsm_arch = a->arch;
	if (!ret && !r->sub)
		ret = before(r, d, a);
	r->sub = 1;
	if (!ret)
		ret = k_ioctl(v->t, v->iommu_fd, IOMMU_VDEVICE_TSM_REQ,
			      (uintptr_t)&q);
	if (ret == -EAGAIN)
		return ret;
	/* Before the next system call: what the kernel's log says is of this.
	 */
	vmm_say(v, "host", ask_name(a), ret);
	if (d)
		after(v, d, a, ret);
	r->asking = false;
	r->sub = 0;
	if (!r->deferred)
		v->cfg.launch->answer(run, a, ret, q.tsm_code);
	else
		(void)mmio(r, run); /* what waited, however that went */
	r->deferred = false;
	return 0;
}

static long tvm_call(struct vmm_run *r, struct kvm_run *run)
{
	struct vmm *v = r->v;
	int ask = v->cfg.launch->exit(v->t, vmm_ram, v, run, &r->ask);

	if (ask < 0) {
		run->tvm_call.ret = (uint64_t)-ask;
		return 0;
	}
	r->asking = ask == VMM_ASK_TSM;
	return 0;
}

/* --- the loop --- */

static long put_run(struct vmm *v, const struct kvm_run *run)
{
	return k_store(v->t, v->run_uva, run, sizeof(*run));
}

static long handle(struct vmm_run *r, struct kvm_run *run)
{
	switch (run->exit_reason) {
	case KVM_EXIT_MMIO:
		return mmio(r, run);
	case KVM_EXIT_HYPERCALL:
		return hypercall(r->v, run);
	case KVM_EXIT_TVM_CALL:
		return tvm_call(r, run);
	case KVM_EXIT_HLT:
		r->v->halted = true;
		return 1;
	case KVM_EXIT_SHUTDOWN:
		return -ECONNABORTED;
	default:
		return -EIO;
	}
}

/* One exit, or one exchange of a request that an exit asked for. */
long vmm_run_step(struct vmm_run *r)
{
	struct vmm *v = r->v;
	struct kvm_run run;
	long ret;

	if (v->vcpu_fd < 0)
		return -EINVAL;
	if (!r->asking) {
		ret = k_ioctl(v->t, v->vcpu_fd, KVM_RUN, 0);
		if (ret < 0)
			return ret == -EINTR ? -EAGAIN : ret;
		v->exits++;
	}
	ret = k_load(v->t, v->run_uva, &run, sizeof(run));
	if (ret)
		return ret;
	ret = r->asking ? tsm_step(r, &run) : handle(r, &run);
	if (ret < 0)
		return ret;
	if (put_run(v, &run))
		return -EFAULT;
	return ret ? 0 : -EAGAIN;
}
