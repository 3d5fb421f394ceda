/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * KVM's CoVE part: VMs, their launch, their memory.
 * Source: RFC "RISC-V CoVE support" (2023), arch/riscv/kvm/{cove,vm,mmu}.c.
 * guest_memfd is younger than it: a page of one is converted when it becomes
 * the guest's and reclaimed when it leaves the file; between the two the RFC's
 * calls map and remove it.
 */
#include <errno.h>

#include "arch/cove/gstage.h"
#include "arch/cove/host_priv.h"

/* --- a VM --- */

static int ordinary(struct cove_host *s, struct cove_vm *v)
{
	return k_errno(pt_init(&v->g, s->cfg.mem, &cove_sv48x4,
			       COVE_GSTAGE_LEVELS, AGENT_HOST, &pt_host_frames,
			       s->cfg.mem));
}

static int vm_init(void *ctx, struct kvm_vm *vm, uint64_t type)
{
	struct cove_host *s = ctx;
	struct cove_vm *v;
	int ret;

	if (type != KVM_VM_TYPE_RISCV_COVE && type)
		return -EINVAL;
	v = kpool_get(&s->vm_pool);
	if (!v)
		return -ENOMEM;
	v->kvm = vm;
	v->tvm = type;
	ret = v->tvm ? cove_vm_init(s, v) : ordinary(s, v);
	if (ret) {
		kpool_put(&s->vm_pool, v);
		return ret;
	}
	vm->priv = v;
	return 0;
}

static void vm_fini(void *ctx, struct kvm_vm *vm)
{
	struct cove_host *s = ctx;
	struct cove_vm *v = vm->priv;

	if (v->tvm)
		cove_vm_fini(s, v);
	else
		pt_fini(&v->g);
	kpool_put(&s->vm_pool, v);
	vm->priv = NULL;
}

int cove_host_view(const struct kvm_vm *vm, struct cove_vm_view *out)
{
	const struct cove_vm *v = vm->priv;

	if (!v)
		return -EINVAL;
	*out = (struct cove_vm_view){ .tvm = v->tvm,
				      .id = v->id,
				      .root = v->tvm ? 0 : v->g.root,
				      .levels = v->tvm ? 0 : v->g.levels };
	return 0;
}

/*
 * kvm_riscv_cove_vcpu_init(). Its pages stay until the TVM is destroyed: a vCPU
 * that is closed is still the TVM's, and one of the same number is that one.
 */
static int vcpu_init(void *ctx, struct kvm_vcpu *kv)
{
	struct cove_host *s = ctx;
	struct cove_vm *v = kv->vm->priv;
	struct cove_vcpu *c;
	uint64_t a[6] = { v->id, kv->id };
	int ret;

	if (!v->tvm)
		return 0;
	if (kv->id >= COUNT(v->vcpu))
		return -EINVAL;
	c = &v->vcpu[kv->id];
	if (!c->state_pa) {
		if (v->final)
			return -EINVAL;
		a[2] = cove_pages(s, s->vcpu_state_pages);
		if (!a[2])
			return -ENOMEM;
		ret = cove_covh(s, COVH_CREATE_VCPU, a, NULL);
		if (ret) {
			cove_pages_free(s, a[2], s->vcpu_state_pages);
			return ret;
		}
		c->state_pa = a[2];
	}
	c->kvm = kv;
	c->vm = v;
	c->id = kv->id;
	return 0;
}

/* What it waited for stays with the TSM, which an unbind ends (law 49). */
static void vcpu_fini(void *ctx, struct kvm_vcpu *kv)
{
	struct cove_vm *v = kv->vm->priv;

	(void)ctx;
	if (v->tvm && kv->id < COUNT(v->vcpu))
		v->vcpu[kv->id].kvm = NULL;
}

/* --- pages --- */

static int prepare(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t pa)
{
	const struct cove_vm *v = vm->priv;
	bool stuck;
	int ret;

	(void)gpa;
	if (!v->tvm)
		return -EINVAL;
	ret = cove_convert(ctx, pa, 1, &stuck);
	/*
	 * Then the file keeps it as one that was prepared: no TVM gets it, and
	 * what invalidate() cannot take back is not used again.
	 */
	return stuck ? 0 : ret;
}

static int invalidate(void *ctx, uint64_t pa)
{
	return cove_reclaim(ctx, pa, 1);
}

static enum il_err own_map(struct cove_vm *v, uint64_t gpa, uint64_t pa,
			   bool write)
{
	const unsigned perm = PT_R | PT_X | (write ? PT_W : 0u);
	enum il_err err = pt_map(&v->g, gpa, pa, PAGE_4K, perm, PAGE_4K);

	if (err != IL_E_STATE)
		return err;
	err = pt_unmap(&v->g, gpa, PAGE_4K, NULL);
	return err ? err : pt_map(&v->g, gpa, pa, PAGE_4K, perm, PAGE_4K);
}

/* OPEN: shared pages have no permission in CoVE; a read-only slot is none. */
static int map(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t pa,
	       bool write, bool private)
{
	struct cove_vm *v = vm->priv;

	if (!v->tvm)
		return k_errno(own_map(v, gpa, pa, write));
	if (!write)
		return -EOPNOTSUPP;
	return cove_vm_add(
		ctx, v, private ? COVH_ADD_ZERO_PAGES : COVH_ADD_SHARED_PAGES,
		pa, gpa);
}

static int zap(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t len)
{
	struct cove_vm *v = vm->priv;

	return v->tvm ? cove_vm_zap(ctx, v, gpa, len)
		      : k_errno(pt_unmap(&v->g, gpa, len, NULL));
}

/* --- launch --- */

static int measure_page(struct cove_host *s, struct cove_vm *v, struct task *t,
			uint64_t uaddr, uint64_t gpa)
{
	struct kvm_slot *sl = kvm_slot_at(v->kvm, gpa);
	uint64_t a[6] = { v->id, s->page, 0, COVE_PAGE_4K, 1, gpa };
	uint8_t page[PAGE_4K];
	uint64_t index;
	int ret;

	if (!sl || sl->kind != KVM_SLOT_GMEM || !sl->gmem ||
	    !kvm_private(v->kvm, gpa))
		return -EINVAL;
	index = (sl->gmem_off + gpa - sl->gpa) / PAGE_4K;
	ret = gmem_page(sl->gmem, index, true, &a[2]);
	if (!ret)
		ret = k_copy_in(t, page, uaddr, sizeof(page));
	if (!ret)
		ret = cove_write(s, s->page, page, sizeof(page));
	if (!ret)
		ret = cove_vm_put(s, v, COVH_ADD_MEASURED_PAGES, a, gpa);
	return ret;
}

/*
 * kvm_riscv_cove_vm_measure_pages(). OPEN: where it stopped is not told; the
 * VMM gives such a VM up.
 */
static long measure(struct cove_host *s, struct cove_vm *v, struct task *t,
		    uintptr_t arg)
{
	struct kvm_riscv_cove_measure_region m;
	int ret = k_copy_arg(&m, sizeof(m), arg);

	if (ret)
		return ret;
	if (!v->tvm || v->final || !m.size ||
	    (m.userspace_addr | m.gpa | m.size) % PAGE_4K ||
	    m.gpa + m.size < m.gpa || m.gpa + m.size > KVM_GPA_MAX)
		return -EINVAL;
	ret = cove_vm_regions(s, v);
	for (uint64_t at = 0; at < m.size && !ret; at += PAGE_4K)
		ret = measure_page(s, v, t, m.userspace_addr + at, m.gpa + at);
	return ret;
}

/* Then, and only then, what was put off until the end of the launch happens. */
static long finalize(struct cove_host *s, struct cove_vm *v, uintptr_t arg)
{
	struct kvm_riscv_cove_finalize f;
	uint64_t a[6] = { v->id };
	int ret = k_copy_arg(&f, sizeof(f), arg);

	if (ret)
		return ret;
	if (!v->tvm || v->final || !v->kvm->vcpus)
		return -EINVAL;
	a[1] = f.entry_pc;
	a[2] = f.entry_arg;
	ret = cove_vm_regions(s, v);
	if (!ret)
		ret = cove_covh(s, COVH_FINALIZE_TVM, a, NULL);
	if (ret)
		return ret;
	v->final = true;
	return kvm_launched(v->kvm);
}

static long vm_ioctl(void *ctx, struct kvm_vm *vm, struct task *t, uint32_t cmd,
		     uintptr_t arg)
{
	switch (cmd) {
	case KVM_RISCV_COVE_MEASURE_REGION:
		return measure(ctx, vm->priv, t, arg);
	case KVM_RISCV_COVE_FINALIZE:
		return finalize(ctx, vm->priv, arg);
	default:
		return -ENOTTY;
	}
}

/* Of which size a page is, ownership does not say: there is nothing to change.
 * What devices of a TVM walk is the TSM's table, of 4 KiB pages. */
static int resize(void *ctx, uint64_t pa, bool huge)
{
	(void)ctx;
	(void)pa;
	(void)huge;
	return 0;
}

const struct kvm_rules cove_kvm_rules = {
	.vm_types = 1u << 0,
	.vm_init = vm_init,
	.vm_fini = vm_fini,
	.ioctl = vm_ioctl,
	.vcpu_init = vcpu_init,
	.vcpu_fini = vcpu_fini,
	.prepare = prepare,
	.invalidate = invalidate,
	.map = map,
	.zap = zap,
	.enter = cove_vcpu_enter,
	.call = cove_vcpu_call,
	.complete = cove_vcpu_complete,
	.resize = resize,
};
