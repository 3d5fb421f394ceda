/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a realm comes to be, step by step, and its end.
 * Source: Linux "arm64: Support for Arm CCA in KVM" v10 (2025),
 * arch/arm64/kvm/rme.c, kvm_realm_enable_cap()
 */
#include <errno.h>
#include <string.h>

#include "arch/cca/host_priv.h"
#include "base/bits.h"
#include "base/bytes.h"

/* --- the steps --- */

static long config(struct cca_host *s, struct cca_vm *v, struct task *t,
		   uint64_t arg)
{
	struct arm_rme_config c;
	int ret = k_copy_in(t, &c, arg, sizeof(c));

	if (ret)
		return ret;
	if (v->rd)
		return -EBUSY;
	switch (c.cfg) {
	case ARM_RME_CONFIG_RPV:
		memcpy(v->rpv, c.rpv, sizeof(v->rpv));
		return 0;
	case ARM_RME_CONFIG_HASH_ALGO:
		if (c.hash_algo > ARM_RME_CONFIG_HASH_ALGO_SHA512)
			return -EINVAL;
		v->hash = (uint8_t)c.hash_algo;
		return 0;
	case ARM_RME_CONFIG_DA:
		if (c.da > 1)
			return -EINVAL;
		/* As Linux asks for it: where the monitor has it. */
		v->da = c.da && !s->cfg.no_da;
		return 0;
	default:
		return -EINVAL;
	}
}

/* A VMID and all else the monitor chooses; ours are the first table, the IPA
 * width and the flag. */
static uint64_t params(struct cca_host *s, const struct cca_vm *v)
{
	uint8_t p[REALM_PARAMS_LEN] = { 0 };

	cca_put_u64(p, REALM_PARAMS_FLAGS0, v->da ? REALM_FLAGS0_DA : 0);
	cca_put_u32(p, REALM_PARAMS_S2SZ, v->ipa_bits);
	cca_put_u8(p, REALM_PARAMS_HASH, v->hash);
	memcpy(p + REALM_PARAMS_RPV, v->rpv, sizeof(v->rpv));
	cca_put_u64(p, REALM_PARAMS_RTT_BASE, v->root);
	cca_put_u64(p, REALM_PARAMS_RTT_LEVEL, 0);
	cca_put_u32(p, REALM_PARAMS_RTT_NUM, 1);
	return cca_params(s, p, sizeof(p));
}

static long create(struct cca_host *s, struct cca_vm *v)
{
	uint64_t x[CCA_SMC_REGS] = { RMI_REALM_CREATE };
	uint64_t rd;
	int ret = -ENOMEM;

	if (v->rd)
		return -EEXIST;
	rd = cca_granule(s);
	v->root = cca_granule(s);
	x[1] = rd;
	x[2] = rd && v->root ? params(s, v) : 0;
	if (x[2])
		ret = cca_errno(cca_smc(s, x));
	if (!ret) {
		v->rd = rd;
		return 0;
	}
	cca_granule_free(s, rd);
	cca_granule_free(s, v->root);
	v->root = 0;
	return ret;
}

static long init_ripas(struct cca_host *s, struct cca_vm *v, struct task *t,
		       uint64_t arg)
{
	struct arm_rme_init_ripas a;
	int ret = k_copy_in(t, &a, arg, sizeof(a));

	if (ret)
		return ret;
	if (!v->rd || v->active)
		return -EINVAL;
	if ((a.base | a.size) % CCA_GRANULE || !a.size ||
	    a.base + a.size < a.base)
		return -EINVAL;
	return cca_range(s, v,
			 (uint64_t[CCA_SMC_REGS]){ RMI_RTT_INIT_RIPAS, v->rd,
						   a.base, a.base + a.size },
			 2);
}

/* The bytes go through a granule of ours: the monitor copies and measures. */
static int populate_page(struct cca_host *s, struct kvm_vm *vm, struct task *t,
			 const struct kvm_arm_rmi_populate *a)
{
	struct kvm_slot *sl = kvm_slot_at(vm, a->base);
	struct cca_vm *v = vm->priv;
	uint8_t page[CCA_GRANULE];
	uint64_t pa;
	int ret;

	if (!sl || sl->kind != KVM_SLOT_GMEM || !sl->gmem ||
	    !kvm_private(vm, a->base))
		return -EINVAL;
	ret = k_copy_in(t, page, a->source_uaddr, sizeof(page));
	if (!ret)
		ret = cca_write(s, s->scratch, page, sizeof(page));
	if (!ret)
		ret = gmem_page(sl->gmem,
				(sl->gmem_off + a->base - sl->gpa) / PAGE_4K,
				true, &pa);
	return ret ? ret
		   : cca_map_init(s, v, a->base, pa, s->scratch,
				  a->flags &
					  KVM_ARM_RMI_POPULATE_FLAGS_MEASURE);
}

/* An error only if no page went; the rest comes back in the argument. */
static long populate(struct cca_host *s, struct kvm_vm *vm, struct task *t,
		     uintptr_t arg)
{
	const struct cca_vm *v = vm->priv;
	struct kvm_arm_rmi_populate a;
	int ret = k_copy_arg(&a, sizeof(a), arg);
	bool some = false;

	if (ret)
		return ret;
	if (!v->realm || !v->rd || v->active)
		return -EINVAL;
	if (a.flags & ~KVM_ARM_RMI_POPULATE_FLAGS_MEASURE || a.reserved ||
	    (a.base | a.size | a.source_uaddr) % CCA_GRANULE || !a.size ||
	    a.base + a.size < a.base)
		return -EINVAL;
	while (a.size && !ret) {
		ret = populate_page(s, vm, t, &a);
		if (ret)
			break;
		some = true;
		a.base += CCA_GRANULE;
		a.source_uaddr += CCA_GRANULE;
		a.size -= CCA_GRANULE;
	}
	memcpy((void *)arg, &a, sizeof(a));
	return some ? 0 : ret;
}

/*
 * A device asks for no page: what it may reach has to be there. So memory of a
 * realm that may have devices is mapped whenever it becomes RAM, not when it
 * is touched. OPEN: Linux's series maps on a CPU's fault and pins nothing; a
 * VMM would fault it in.
 */
int cca_populate(struct kvm_vm *vm, uint64_t gpa, uint64_t len)
{
	int ret = 0;

	for (const uint64_t top = gpa + len; gpa < top && !ret;
	     gpa += CCA_GRANULE) {
		const struct kvm_slot *sl = kvm_slot_at(vm, gpa);

		if (sl && sl->kind == KVM_SLOT_GMEM && kvm_private(vm, gpa))
			ret = kvm_fault(vm, gpa, true, true);
	}
	return ret;
}

static long activate(struct cca_host *s, struct kvm_vm *vm)
{
	struct cca_vm *v = vm->priv;
	uint64_t x[CCA_SMC_REGS] = { RMI_REALM_ACTIVATE, v->rd };
	int ret = 0;

	if (!v->rd || v->active)
		return -EINVAL;
	if (cca_smc(s, x))
		return cca_errno(x[0]);
	v->active = true;
	for (unsigned i = 0; i < KVM_SLOTS && v->da && !ret; i++)
		if (vm->slots[i].kind == KVM_SLOT_GMEM)
			ret = cca_populate(vm, vm->slots[i].gpa,
					   vm->slots[i].len);
	return ret ? ret : kvm_launched(vm);
}

/* Order and errno: kvm_realm_enable_cap(), kvm_vm_ioctl_enable_cap(). */
long cca_vm_ioctl(void *ctx, struct kvm_vm *vm, struct task *t, uint32_t cmd,
		  uintptr_t arg)
{
	struct cca_host *s = ctx;
	struct cca_vm *v = vm->priv;
	struct kvm_enable_cap c;
	int ret;

	if (cmd == KVM_ARM_RMI_POPULATE)
		return populate(s, vm, t, arg);
	if (cmd != KVM_ENABLE_CAP)
		return -ENOTTY;
	ret = k_copy_arg(&c, sizeof(c), arg);
	if (ret)
		return ret;
	if (c.flags || c.cap != KVM_CAP_ARM_RME || !v->realm)
		return -EINVAL;
	switch (c.args[0]) {
	case KVM_CAP_ARM_RME_CONFIG_REALM:
		return config(s, v, t, c.args[1]);
	case KVM_CAP_ARM_RME_CREATE_REALM:
		return create(s, v);
	case KVM_CAP_ARM_RME_INIT_RIPAS_REALM:
		return init_ripas(s, v, t, c.args[1]);
	case KVM_CAP_ARM_RME_ACTIVATE_REALM:
		return activate(s, vm);
	default:
		return -EINVAL;
	}
}

/* Pages have gone back with their files, BARs with their slots. */
void cca_realm_destroy(struct cca_host *s, struct cca_vm *v)
{
	uint64_t x[CCA_SMC_REGS] = { RMI_REALM_DESTROY, v->rd };
	const uint64_t rd = v->rd;

	if (!rd)
		return;
	cca_rtts_free(s, v);
	if (cca_smc(s, x)) {
		s->leaked += 2;
	} else {
		cca_granule_free(s, rd);
		cca_granule_free(s, v->root);
	}
	bytes_wipe(v->rpv, sizeof(v->rpv));
	v->rd = v->root = 0;
}
