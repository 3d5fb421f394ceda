/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RECs: a vCPU of a realm is entered through the monitor, which says why it
 * left. What the realm asks of us is answered with the next entry.
 * Source: Linux "arm64: Support for Arm CCA in KVM" v13 (2026),
 * arch/arm64/kvm/rmi-exit.c; "CCA device assignment" v4
 */
#include <errno.h>
#include <string.h>

#include "arch/cca/host_priv.h"
#include "base/bits.h"

/* --- making one --- */

static int rec_create(struct cca_host *s, const struct cca_vm *v,
		      struct cca_rec *c, uint32_t id)
{
	uint8_t p[REC_PARAMS_LEN] = { 0 };
	uint64_t x[CCA_SMC_REGS] = { RMI_REC_CREATE, v->rd, c->rec };

	cca_put_u64(p, REC_PARAMS_FLAGS, REC_PARAMS_F_RUNNABLE);
	cca_put_u64(p, REC_PARAMS_MPIDR, id);
	x[3] = cca_params(s, p, sizeof(p));
	if (!x[3])
		return -EIO;
	return cca_errno(cca_sro(s, x));
}

/* In the realm's making: one that is active takes no more of them. */
int cca_vcpu_init(void *ctx, struct kvm_vcpu *kv)
{
	struct cca_host *s = ctx;
	const struct cca_vm *v = kv->vm->priv;
	struct cca_rec *c;
	int ret;

	if (!v->realm)
		return 0;
	if (!v->rd || v->active)
		return -EINVAL;
	c = kpool_get(&s->rec_pool);
	if (!c)
		return -ENOMEM;
	c->rec = cca_granule(s);
	c->run = cca_page(s);
	ret = c->rec && c->run ? rec_create(s, v, c, kv->id) : -ENOMEM;
	if (!ret) {
		kv->priv = c;
		return 0;
	}
	cca_granule_free(s, c->rec);
	cca_page_free(s, c->run);
	kpool_put(&s->rec_pool, c);
	return ret;
}

void cca_vcpu_fini(void *ctx, struct kvm_vcpu *kv)
{
	struct cca_host *s = ctx;
	struct cca_rec *c = kv->priv;
	uint64_t x[CCA_SMC_REGS] = { RMI_REC_DESTROY };

	if (!c)
		return;
	x[1] = c->rec;
	if (cca_sro(s, x))
		s->leaked++;
	else
		cca_granule_free(s, c->rec);
	cca_page_free(s, c->run);
	kpool_put(&s->rec_pool, c);
	kv->priv = NULL;
}

uint64_t cca_host_rec(const struct kvm_vcpu *v)
{
	const struct cca_rec *c = v->priv;

	return c ? c->rec : 0;
}

/* --- entering --- */

/* The answer to the last exit. */
static void fill_entry(const struct cca_rec *c, const struct vcpu_exit *x,
		       uint8_t *run)
{
	uint64_t flags = 0;

	memset(run, 0, REC_ENTER_GPRS + 8 * REC_NR_GPRS);
	if (c->sea) {
		flags |= REC_ENTER_F_INJECT_SEA;
	} else if (x->kind == VCPU_EXIT_FAULT && x->done) {
		flags |= REC_ENTER_F_EMUL_MMIO;
		cca_put_u64(run, REC_ENTER_GPRS, cca_u64(x->data, 0));
	}
	switch (c->reason) {
	case RMI_EXIT_HOST_CALL:
		for (unsigned i = 0; i < COUNT(x->reg); i++)
			cca_put_u64(run, REC_ENTER_GPRS + 8 * i, x->reg[i]);
		break;
	case RMI_EXIT_RIPAS_CHANGE:
		flags |= c->refused ? REC_ENTER_F_RIPAS_RESPONSE : 0;
		break;
	case RMI_EXIT_DEV_MEM_MAP:
		flags |= c->refused ? REC_ENTER_F_DEV_MEM_RESPONSE : 0;
		break;
	default:
		break;
	}
	cca_put_u64(run, REC_ENTER_FLAGS, flags);
}

/* --- leaving --- */

static int abort_exit(const struct cca_vm *v, const uint8_t *run,
		      struct vcpu_exit *x)
{
	const uint64_t esr = cca_u64(run, REC_EXIT_ESR);
	const uint64_t alias = UINT64_C(1) << (v->ipa_bits - 1);
	const uint64_t ipa = HPFAR_IPA(cca_u64(run, REC_EXIT_HPFAR)) |
			     (cca_u64(run, REC_EXIT_FAR) & (CCA_GRANULE - 1));

	x->kind = VCPU_EXIT_FAULT;
	x->gpa = ipa & ~alias;
	x->private = !(ipa & alias);
	x->write = esr & ESR_WNR;
	x->len = esr & ESR_ISV ? 1u << ((esr & ESR_SAS) >> ESR_SAS_LSB) : 0;
	memcpy(x->data, run + REC_EXIT_GPRS, sizeof(x->data));
	return 0;
}

static int sync_exit(const struct cca_vm *v, const uint8_t *run,
		     struct vcpu_exit *x)
{
	switch (ESR_EC(cca_u64(run, REC_EXIT_ESR))) {
	case ESR_EC_WFX:
		x->kind = VCPU_EXIT_HALT;
		return 0;
	case ESR_EC_DABT:
		return abort_exit(v, run, x);
	default:
		return -EIO;
	}
}

static void call_exit(struct cca_rec *c, const uint8_t *run,
		      struct vcpu_exit *x)
{
	x->kind = VCPU_EXIT_CALL;
	x->code = c->reason;
	switch (c->reason) {
	case RMI_EXIT_HOST_CALL:
		x->code = cca_u64(run, REC_EXIT_GPRS);
		for (unsigned i = 0; i < COUNT(x->reg); i++)
			x->reg[i] = cca_u64(run, REC_EXIT_GPRS + 8 * (1 + i));
		break;
	case RMI_EXIT_RIPAS_CHANGE:
		c->base = cca_u64(run, REC_EXIT_RIPAS_BASE);
		c->top = cca_u64(run, REC_EXIT_RIPAS_TOP);
		c->ripas = cca_u8(run, REC_EXIT_RIPAS_VALUE);
		break;
	case RMI_EXIT_DEV_MEM_MAP:
		c->base = cca_u64(run, REC_EXIT_DEV_MEM_BASE);
		c->top = cca_u64(run, REC_EXIT_DEV_MEM_TOP);
		x->reg[1] = c->base;
		x->reg[2] = c->top;
		x->reg[3] = cca_u64(run, REC_EXIT_DEV_MEM_PA);
		x->reg[0] = cca_u64(run, REC_EXIT_VDEV_ID_1);
		break;
	default:
		c->vdev_id = cca_u64(run, REC_EXIT_VDEV_ID_1);
		x->reg[0] = c->vdev_id;
	}
}

static int exit_of(const struct cca_vm *v, struct cca_rec *c,
		   const uint8_t *run, struct vcpu_exit *x)
{
	memset(x, 0, sizeof(*x));
	c->reason = cca_u64(run, REC_EXIT_REASON);
	c->refused = false;
	switch (c->reason) {
	case RMI_EXIT_SYNC:
		return sync_exit(v, run, x);
	case RMI_EXIT_IRQ:
	case RMI_EXIT_FIQ:
		x->kind = VCPU_EXIT_NONE;
		return 0;
	case RMI_EXIT_PSCI:
		x->kind = VCPU_EXIT_SHUTDOWN; /* SYSTEM_OFF is the only one */
		return 0;
	case RMI_EXIT_RIPAS_CHANGE:
	case RMI_EXIT_HOST_CALL:
	case RMI_EXIT_VDEV_REQUEST:
	case RMI_EXIT_DEV_MEM_MAP:
		call_exit(c, run, x);
		return 0;
	default:
		return -EIO;
	}
}

/*
 * What the plain view has where a BAR is private: no memory, no emulation. The
 * realm's access aborts. Source: Linux arch/arm64/kvm/mmio.c, io_mem_abort()
 * and arch/arm64/kvm/mmu.c: an external abort for what nobody has
 */
static bool nobody_has(struct kvm_vcpu *kv)
{
	const struct vcpu_exit *x = &kv->exit;
	const struct kvm_slot *sl = kvm_slot_at(kv->vm, x->gpa);

	return x->kind == VCPU_EXIT_FAULT && !x->private && sl &&
	       sl->kind == KVM_SLOT_DMABUF && sl->buf->state == DMABUF_LIVE &&
	       kvm_private(kv->vm, x->gpa);
}

static int enter_once(struct cca_host *s, struct kvm_vcpu *kv,
		      struct cca_rec *c)
{
	uint8_t run[REC_RUN_LEN] = { 0 };
	uint64_t x[CCA_SMC_REGS] = { RMI_REC_ENTER };

	fill_entry(c, &kv->exit, run);
	if (cca_write(s, c->run, run, sizeof(run)))
		return -EIO;
	x[1] = c->rec;
	x[2] = c->run;
	if (cca_smc(s, x))
		return cca_errno(x[0]);
	c->sea = false;
	if (cca_read(s, c->run, run, sizeof(run)))
		return -EIO;
	return exit_of(kv->vm->priv, c, run, &kv->exit);
}

int cca_enter(void *ctx, struct kvm_vcpu *kv)
{
	struct cca_rec *c = kv->priv;
	int ret;

	if (!c) /* an ordinary VM */
		return kv->ops->run(kv->ops_ctx, &kv->exit) ? -EIO : 0;
	ret = enter_once(ctx, kv, c);
	if (ret || !nobody_has(kv))
		return ret;
	/* With the next entry, which KVM makes: a realm that does nothing else
	 * must not keep its host from signals (law 54). */
	c->sea = true;
	kv->exit.kind = VCPU_EXIT_NONE;
	return 0;
}

/* --- what the realm asks --- */

/* Memory changes hands by the VMM, as in Linux by KVM_EXIT_MEMORY_FAULT. */
static int ripas_change(struct cca_rec *c, struct kvm_run *run)
{
	run->exit_reason = KVM_EXIT_HYPERCALL;
	memset(&run->hypercall, 0, sizeof(run->hypercall));
	run->hypercall.nr = KVM_HC_MAP_GPA_RANGE;
	run->hypercall.args[0] = c->base;
	run->hypercall.args[1] = (c->top - c->base) / CCA_GRANULE;
	run->hypercall.args[2] = c->ripas == RMI_RAM
					 ? KVM_MAP_GPA_RANGE_ENCRYPTED
					 : KVM_MAP_GPA_RANGE_DECRYPTED;
	return KVM_NEXT_USER;
}

int cca_call(void *ctx, struct kvm_vcpu *kv, struct vcpu_exit *x,
	     struct kvm_run *run)
{
	struct cca_rec *c = kv->priv;

	(void)ctx;
	x->ret = 0;
	if (!c)
		return -EIO; /* nobody else calls */
	if (c->reason == RMI_EXIT_RIPAS_CHANGE)
		return ripas_change(c, run);
	run->exit_reason = KVM_EXIT_TVM_CALL;
	memset(&run->tvm_call, 0, sizeof(run->tvm_call));
	run->tvm_call.code = x->code;
	memcpy(run->tvm_call.reg, x->reg, sizeof(x->reg));
	return KVM_NEXT_USER;
}

/*
 * The attribute has changed and the other view's mapping is gone: what the
 * realm's table says follows, and memory is there before a device asks for it.
 */
static void ripas_done(struct cca_host *s, struct kvm_vcpu *kv)
{
	struct cca_rec *c = kv->priv;
	struct cca_vm *v = kv->vm->priv;
	uint64_t x[CCA_SMC_REGS] = { RMI_RTT_SET_RIPAS, v->rd, c->rec, c->base,
				     c->top };

	c->refused = cca_range(s, v, x, 3) != 0;
	if (!c->refused && c->ripas == RMI_RAM && v->da)
		(void)cca_populate(kv->vm, c->base, c->top - c->base);
}

/* Mapped by the VMM's request; the realm's own table accepts it now. */
static void dev_mem_done(struct cca_host *s, struct kvm_vcpu *kv)
{
	struct cca_rec *c = kv->priv;
	struct cca_vm *v = kv->vm->priv;
	uint64_t x[CCA_SMC_REGS] = { RMI_RTT_DEV_VALIDATE, v->rd, c->rec,
				     c->base, c->top };

	c->refused = cca_range(s, v, x, 3) != 0;
}

int cca_complete(void *ctx, struct kvm_vcpu *kv, struct vcpu_exit *x,
		 struct kvm_run *run)
{
	struct cca_rec *c = kv->priv;

	if (c->reason == RMI_EXIT_RIPAS_CHANGE) {
		c->refused = run->hypercall.ret;
		if (!c->refused)
			ripas_done(ctx, kv);
		return KVM_NEXT_GUEST;
	}
	x->ret = run->tvm_call.ret;
	memcpy(x->reg, run->tvm_call.reg, sizeof(x->reg));
	c->refused = x->ret;
	if (c->reason == RMI_EXIT_DEV_MEM_MAP && !c->refused)
		dev_mem_done(ctx, kv);
	return KVM_NEXT_GUEST;
}
