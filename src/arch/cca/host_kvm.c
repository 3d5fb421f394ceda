/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * KVM's part: VMs, pages that become a realm's, stage 2. An ordinary VM has a
 * table of ours; a realm's is the monitor's.
 * Source: Linux "arm64: Support for Arm CCA in KVM" v13 (2026),
 * arch/arm64/kvm/{rmi.c,mmu.c}
 */
#include <errno.h>

#include "arch/cca/host_priv.h"
#include "arch/cca/s2.h"
#include "base/bits.h"

static int vm_init(void *ctx, struct kvm_vm *vm, uint64_t type)
{
	struct cca_host *s = ctx;
	struct cca_vm *v;
	enum il_err err = IL_OK;

	if (type & ~(uint64_t)(KVM_VM_TYPE_ARM_MASK |
			       KVM_VM_TYPE_ARM_IPA_MASK) ||
	    (type & KVM_VM_TYPE_ARM_MASK) > KVM_VM_TYPE_ARM_REALM ||
	    (type & KVM_VM_TYPE_ARM_IPA_MASK) > s->ipa_bits)
		return -EINVAL;
	v = kpool_get(&s->vm_pool);
	if (!v)
		return -ENOMEM;
	v->realm = type & KVM_VM_TYPE_ARM_REALM;
	v->ipa_bits = s->ipa_bits;
	if (!v->realm)
		err = pt_init(&v->s2, s->cfg.mem, &cca_s2_fmt, CCA_S2_LEVELS,
			      AGENT_HOST, &pt_host_frames, s->cfg.mem);
	if (err) {
		kpool_put(&s->vm_pool, v);
		return k_errno(err);
	}
	vm->priv = v;
	return 0;
}

/* Every page has gone back with its guest_memfd, every function with its
 * vIOMMU. */
static void vm_fini(void *ctx, struct kvm_vm *vm)
{
	struct cca_host *s = ctx;
	struct cca_vm *v = vm->priv;

	if (v->realm) {
		cca_tdis_reap(s, v);
		cca_realm_destroy(s, v);
	} else {
		pt_fini(&v->s2);
	}
	kpool_put(&s->vm_pool, v);
	vm->priv = NULL;
}

int cca_host_view(const struct kvm_vm *vm, struct cca_vm_view *out)
{
	const struct cca_vm *v = vm->priv;

	if (!v)
		return -EINVAL;
	*out = (struct cca_vm_view){ .realm = v->realm,
				     .rd = v->rd,
				     .s2_root = v->s2.root,
				     .s2_levels = v->s2.levels,
				     .ipa_bits = v->ipa_bits };
	return 0;
}

static long extension(void *ctx, const struct kvm_vm *vm, uint64_t cap)
{
	(void)ctx;
	(void)vm;
	return cap == KVM_CAP_ARM_RME;
}

/* --- pages --- */

static int prepare(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t pa)
{
	const struct cca_vm *v = vm->priv;

	(void)gpa;
	return v->realm ? cca_delegate(ctx, pa, CCA_GRANULE) : -EINVAL;
}

/* The monitor wiped it when it left the realm's table. */
static int invalidate(void *ctx, uint64_t pa)
{
	return cca_undelegate(ctx, pa, CCA_GRANULE);
}

static enum il_err s2_put(struct cca_vm *v, uint64_t gpa, uint64_t pa,
			  unsigned perm)
{
	enum il_err err =
		pt_map(&v->s2, gpa, pa, CCA_GRANULE, perm, CCA_GRANULE);

	if (err != IL_E_STATE)
		return err;
	err = pt_unmap(&v->s2, gpa, CCA_GRANULE, NULL);
	return err ? err
		   : pt_map(&v->s2, gpa, pa, CCA_GRANULE, perm, CCA_GRANULE);
}

/* Is it there already? A fault that came twice is no error. */
static bool there(struct cca_host *s, const struct cca_vm *v, uint64_t ipa,
		  bool private)
{
	uint64_t x[CCA_SMC_REGS] = {
		RMI_RTT_READ_ENTRY, v->rd,
		private ? ipa : ipa | UINT64_C(1) << (v->ipa_bits - 1), 3
	};

	return !cca_smc(s, x) && x[1] == 3 && x[2] == RMI_ASSIGNED;
}

/*
 * Device memory is mapped where the realm asks for it and nowhere else: a
 * fault on it comes when it has not, or no more.
 */
static int map(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t pa,
	       bool write, bool private)
{
	struct cca_host *s = ctx;
	struct cca_vm *v = vm->priv;
	const struct kvm_slot *sl = kvm_slot_at(vm, gpa);
	int ret;

	if (!v->realm)
		return k_errno(
			s2_put(v, gpa, pa, PT_R | PT_X | (write ? PT_W : 0u)));
	if (!v->rd || (private && sl && sl->kind == KVM_SLOT_DMABUF))
		return -EINVAL;
	ret = private ? cca_map_data(s, v, gpa, pa)
		      : cca_map_shared(s, v, gpa, pa, write);
	return ret && there(s, v, gpa, private) ? 0 : ret;
}

/* Granules have one size: there is nothing to split or to join. */
static int resize(void *ctx, uint64_t pa, bool huge)
{
	(void)ctx;
	(void)pa;
	(void)huge;
	return 0;
}

static int zap(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t len)
{
	struct cca_vm *v = vm->priv;

	if (v->realm)
		return cca_unmap(ctx, v, gpa, len);
	return k_errno(pt_unmap(&v->s2, gpa, len, NULL));
}

const struct kvm_rules cca_kvm_rules = {
	/* Arm has no KVM_CAP_VM_TYPES: the type is a field of its own. */
	.vm_init = vm_init,
	.vm_fini = vm_fini,
	.ioctl = cca_vm_ioctl,
	.extension = extension,
	.vcpu_init = cca_vcpu_init,
	.vcpu_fini = cca_vcpu_fini,
	.prepare = prepare,
	.invalidate = invalidate,
	.map = map,
	.zap = zap,
	.enter = cca_enter,
	.call = cca_call,
	.complete = cca_complete,
	.resize = resize,
};
