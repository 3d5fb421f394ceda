/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A TD's life: key id, control pages, launch, teardown.
 * Source: Linux 7.3 arch/x86/kvm/vmx/tdx.c; architectures.md C.4
 */
#include <errno.h>
#include <string.h>

#include "arch/tdx/host_priv.h"

int tdx_given_add(struct tdx_host *h, struct tdx_vm *v, uint64_t pa)
{
	struct tdx_given *g = kpool_get(&h->given_pool);

	if (!g)
		return -ENOMEM;
	g->pa = pa;
	g->next = v->ctl;
	v->ctl = g;
	return 0;
}

void tdx_given_undo(struct tdx_host *h, struct tdx_vm *v)
{
	struct tdx_given *g = v->ctl;

	v->ctl = g->next;
	tdx_page_free(h, g->pa);
	kpool_put(&h->given_pool, g);
}

/* --- key ids --- */

static int hkid_get(struct tdx_host *h, uint16_t *hkid)
{
	for (uint16_t i = 1; i < h->cfg.hkids; i++)
		if (!(h->hkid_used[i / 8] >> i % 8 & 1)) {
			h->hkid_used[i / 8] |= (uint8_t)(1u << i % 8);
			*hkid = i;
			return 0;
		}
	return -ENOSPC;
}

static void hkid_put(struct tdx_host *h, uint16_t hkid)
{
	h->hkid_used[hkid / 8] &= (uint8_t) ~(1u << hkid % 8);
}

/* --- the end of a TD --- */

/* The key goes first: nothing that is reclaimed afterwards can be read. */
static uint64_t free_key(struct tdx_host *h, uint64_t tdr)
{
	uint64_t st = tdx_call4(h, TDH_MNG_VPFLUSHDONE, tdr, 0, 0, 0);

	if (st & TDX_ERROR_BIT)
		return st;
	do
		st = tdx_call4(h, TDH_PHYMEM_CACHE_WB, 0, 0, 0, 0);
	while (TDX_STATUS(st) == TDX_INTERRUPTED_RESUMABLE);
	if (st & TDX_ERROR_BIT)
		return st;
	return tdx_call4(h, TDH_MNG_KEY_FREEID, tdr, 0, 0, 0);
}

static void reclaim(struct tdx_host *h, uint64_t pa)
{
	if (tdx_call4(h, TDH_PHYMEM_PAGE_RECLAIM, pa, 0, 0, 0) & TDX_ERROR_BIT)
		h->leaked++;
	else
		tdx_page_free(h, pa);
}

/*
 * Pages that were not let go of while a device could reach them: their files
 * are gone, and have given them up.
 */
static void reclaim_memory(struct tdx_host *h, struct tdx_vm *v, bool lost)
{
	for (unsigned c = 0; c < TDX_PRIV_CHUNKS; c++)
		for (uint64_t i = 0; v->priv_n[c] && i < PAGEMAP_MAX; i++) {
			const uint64_t e = pagemap_get(&v->priv[c], i);

			if (!e)
				continue;
			v->priv_n[c]--;
			if (lost || e & TDX_PRIV_MMIO)
				h->leaked += !(e & TDX_PRIV_MMIO);
			else
				reclaim(h, e & ~TDX_PRIV_FLAGS);
		}
}

static void td_end(struct tdx_host *h, struct tdx_vm *v)
{
	const bool lost = v->tdr && free_key(h, v->tdr) & TDX_ERROR_BIT;

	reclaim_memory(h, v, lost);
	while (v->ctl) {
		struct tdx_given *g = v->ctl;

		v->ctl = g->next;
		if (lost)
			h->leaked++; /* the module knows no order without it */
		else
			reclaim(h, g->pa);
		kpool_put(&h->given_pool, g);
	}
	if (lost)
		h->leaked++;
	else if (v->tdr)
		reclaim(h, v->tdr);
	if (v->hkid && !lost)
		hkid_put(h, v->hkid);
	v->tdr = 0;
	v->hkid = 0;
}

/* --- a VM --- */

int tdx_vm_init(void *ctx, struct kvm_vm *vm, uint64_t type)
{
	struct tdx_host *h = ctx;
	struct tdx_vm *v;
	enum il_err err;

	if (type != KVM_X86_TDX_VM && type != KVM_X86_DEFAULT_VM)
		return -EINVAL;
	v = kpool_get(&h->vm_pool);
	if (!v)
		return -ENOMEM;
	v->td = type == KVM_X86_TDX_VM;
	err = pt_init(&v->ept, h->cfg.mem, &tdx_pt_ept, EPT_LEVELS, AGENT_HOST,
		      &pt_host_frames, h->cfg.mem);
	if (err) {
		kpool_put(&h->vm_pool, v);
		return k_errno(err);
	}
	v->next = h->vms;
	h->vms = v;
	vm->priv = v;
	return 0;
}

/*
 * Every page has gone back with its guest_memfd, every function with its
 * vIOMMU; unless the module kept one, which it is asked for once more.
 */
void tdx_vm_fini(void *ctx, struct kvm_vm *vm)
{
	struct tdx_host *h = ctx;
	struct tdx_vm *v = vm->priv, **at = &h->vms;

	(void)tdx_mmio_again(h, v);
	tdx_stuck_again(h, v);
	td_end(h, v);
	for (unsigned i = 0; i < TDX_PRIV_CHUNKS; i++)
		if (v->priv_base[i])
			pagemap_fini(&v->priv[i]);
	for (struct tdx_tdi *t = h->stuck; t; t = t->stuck)
		if (t->vm == v)
			t->vm = NULL; /* the TD stays, too, and nobody's */
	pt_fini(&v->ept);
	while (*at != v)
		at = &(*at)->next;
	*at = v->next;
	kpool_put(&h->vm_pool, v);
	vm->priv = NULL;
}

int tdx_host_view(const struct kvm_vm *vm, struct tdx_vm_view *out)
{
	const struct tdx_vm *v = vm->priv;
	const struct kvm_vcpu *cpu = vm->vcpu[0];
	const struct tdx_vcpu *c = cpu ? cpu->priv : NULL;

	if (!v)
		return -EINVAL;
	*out = (struct tdx_vm_view){ .tdr = v->tdr,
				     .tdvpr = c ? c->tdvpr : 0,
				     .hkid = v->hkid,
				     .ept = v->ept.root,
				     .ept_levels = v->ept.levels };
	return 0;
}

/* --- launch --- */

/* A number of control pages, from the module's metadata. */
static uint64_t sys_pages(struct tdx_host *h, uint64_t field)
{
	struct tdx_regs r = { .rax = TDH_SYS_RD, .rdx = field };

	return tdx_call(h, &r) ? 0 : r.r8 / PAGE_4K;
}

/* Gives pages by @leaf, each with @to as second operand. */
static int give_pages(struct tdx_host *h, struct tdx_vm *v, uint64_t leaf,
		      uint64_t to, uint64_t n)
{
	for (; n; n--) {
		const uint64_t pa = tdx_page_new(h);
		int ret = pa ? tdx_given_add(h, v, pa) : -ENOMEM;

		if (ret) {
			tdx_page_free(h, pa);
			return ret;
		}
		ret = tdx_errno(tdx_call4(h, leaf, pa, to, 0, 0));
		if (ret) {
			tdx_given_undo(h, v);
			return ret;
		}
	}
	return 0;
}

static int td_params(struct tdx_host *h, const struct kvm_tdx_init_vm *a,
		     uint64_t pa)
{
	uint8_t p[TDX_PARAMS_LEN] = { 0 };

	tdx_put_u64(p, TDX_PARAMS_ATTRIBUTES, a->attributes);
	tdx_put_u64(p, TDX_PARAMS_XFAM, a->xfam);
	tdx_put_u16(p, TDX_PARAMS_MAX_VCPUS, KVM_VCPUS);
	tdx_put_u64(p, TDX_PARAMS_EPTP, TDX_EPTP_4LEVEL);
	tdx_put_u64(p, TDX_PARAMS_CONFIG_FLAGS,
		    a->reserved[0] & TDX_INIT_VM_CONNECT
			    ? TDX_CONFIG_TDX_CONNECT | TDX_CONFIG_PAGE_RELEASE
			    : 0);
	memcpy(p + TDX_PARAMS_MRCONFIGID, a->mrconfigid, sizeof(a->mrconfigid));
	memcpy(p + TDX_PARAMS_MROWNER, a->mrowner, sizeof(a->mrowner));
	memcpy(p + TDX_PARAMS_MROWNERCFG, a->mrownerconfig,
	       sizeof(a->mrownerconfig));
	return tdx_write(h, pa, p, sizeof(p));
}

static int td_create(struct tdx_host *h, struct tdx_vm *v,
		     const struct kvm_tdx_init_vm *a)
{
	const uint64_t params = tdx_page_new(h);
	uint64_t tdr = tdx_page_new(h);
	int ret = params && tdr ? td_params(h, a, params) : -ENOMEM;

	if (!ret)
		ret = tdx_errno(
			tdx_call4(h, TDH_MNG_CREATE, tdr, v->hkid, 0, 0));
	if (!ret) {
		v->tdr = tdr;
		tdr = 0;
		ret = tdx_errno(
			tdx_call4(h, TDH_MNG_KEY_CONFIG, v->tdr, 0, 0, 0));
	}
	if (!ret)
		ret = give_pages(h, v, TDH_MNG_ADDCX, v->tdr,
				 sys_pages(h, TDX_SYS_TDCS_BASE_SIZE));
	if (!ret)
		ret = tdx_errno(
			tdx_call4(h, TDH_MNG_INIT, v->tdr, params, 0, 0));
	tdx_page_free(h, tdr);
	tdx_page_free(h, params);
	return ret;
}

/* What supported_attrs and supported_xfam say. */
#define ATTRS_KNOWN UINT64_C(0)
#define XFAM_KNOWN  UINT64_C(0x3) /* x87, SSE: always there */

static int init_vm(struct tdx_host *h, struct kvm_vm *vm, struct task *t,
		   uint64_t data)
{
	struct tdx_vm *v = vm->priv;
	struct kvm_tdx_init_vm a;
	int ret = v->tdr ? -EINVAL : k_copy_in(t, &a, data, sizeof(a));

	if (ret)
		return ret;
	if (vm->vcpus || a.attributes & ~ATTRS_KNOWN ||
	    (a.xfam & XFAM_KNOWN) != XFAM_KNOWN || a.xfam & ~XFAM_KNOWN ||
	    a.cpuid.nent || a.cpuid.padding ||
	    a.reserved[0] & ~TDX_INIT_VM_CONNECT)
		return -EINVAL;
	for (unsigned i = 1; i < COUNT(a.reserved); i++)
		if (a.reserved[i])
			return -EINVAL;
	ret = hkid_get(h, &v->hkid);
	if (!ret)
		ret = td_create(h, v, &a);
	if (ret)
		td_end(h, v);
	v->connect = !ret && a.reserved[0] & TDX_INIT_VM_CONNECT;
	return ret;
}

static int capabilities(struct task *t, uint64_t data)
{
	struct kvm_tdx_capabilities c = { .supported_attrs = ATTRS_KNOWN,
					  .supported_xfam = XFAM_KNOWN };

	return k_copy_out(t, data, &c, sizeof(c));
}

static int finalize(struct tdx_host *h, struct kvm_vm *vm)
{
	struct tdx_vm *v = vm->priv;
	int ret;

	if (!v->tdr || v->runnable)
		return -EINVAL;
	ret = tdx_errno(tdx_call4(h, TDH_MR_FINALIZE, v->tdr, 0, 0, 0));
	if (ret)
		return ret;
	v->runnable = true;
	return kvm_launched(vm);
}

/* Order and errno: tdx_vm_ioctl(), tdx_vcpu_ioctl() */
static int get_cmd(struct tdx_host *h, struct task *t, uintptr_t arg,
		   struct kvm_tdx_cmd *c)
{
	if (k_copy_in(t, c, arg, sizeof(*c)))
		return -EFAULT;
	h->error = 0;
	return c->hw_error ? -EINVAL : 0;
}

static long put_cmd(struct tdx_host *h, struct task *t, uintptr_t arg,
		    struct kvm_tdx_cmd *c, int ret)
{
	c->hw_error = ret == -EIO ? h->error : 0;
	if (k_copy_out(t, arg, c, sizeof(*c)))
		return -EFAULT;
	return ret;
}

long tdx_enc_op(void *ctx, struct kvm_vm *vm, struct task *t, uintptr_t arg)
{
	struct tdx_host *h = ctx;
	const struct tdx_vm *v = vm->priv;
	struct kvm_tdx_cmd c;
	int ret;

	if (!v->td)
		return -ENOTTY;
	ret = get_cmd(h, t, arg, &c);
	if (ret)
		return ret;
	if (c.flags)
		return -EINVAL;
	switch (c.id) {
	case KVM_TDX_CAPABILITIES:
		ret = capabilities(t, c.data);
		break;
	case KVM_TDX_INIT_VM:
		ret = init_vm(h, vm, t, c.data);
		break;
	case KVM_TDX_FINALIZE_VM:
		ret = c.data ? -EINVAL : finalize(h, vm);
		break;
	default:
		return -EINVAL;
	}
	return put_cmd(h, t, arg, &c, ret);
}

/* --- vCPUs --- */

int tdx_vcpu_init(void *ctx, struct kvm_vcpu *v)
{
	struct tdx_host *h = ctx;
	const struct tdx_vm *vm = v->vm->priv;

	if (!vm->td)
		return 0;
	if (!vm->tdr || vm->runnable)
		return -EIO; /* tdx_vcpu_create() */
	v->priv = kpool_get(&h->vcpu_pool);
	return v->priv ? 0 : -ENOMEM;
}

/* Its pages stay the module's until the TD has no key. */
void tdx_vcpu_fini(void *ctx, struct kvm_vcpu *v)
{
	struct tdx_host *h = ctx;
	struct tdx_vcpu *c = v->priv;

	if (!c)
		return;
	if (c->tdvpr)
		(void)tdx_call4(h, TDH_VP_FLUSH, c->tdvpr, 0, 0, 0);
	kpool_put(&h->vcpu_pool, c);
	v->priv = NULL;
}

static int vp_create(struct tdx_host *h, struct tdx_vm *v, struct tdx_vcpu *c,
		     uint64_t rcx)
{
	int ret = give_pages(h, v, TDH_VP_CREATE, v->tdr, 1);

	if (ret)
		return ret;
	c->tdvpr = v->ctl->pa;
	/* Without the page that the vCPU is named by. */
	ret = give_pages(h, v, TDH_VP_ADDCX, c->tdvpr,
			 sys_pages(h, TDX_SYS_TDVPS_BASE_SIZE) - 1);
	if (!ret)
		ret = tdx_errno(tdx_call4(h, TDH_VP_INIT, c->tdvpr, rcx, 0, 0));
	/* Where the host's half of the address space hangs. */
	if (!ret)
		ret = tdx_errno(tdx_call4(h, TDH_VP_WR, c->tdvpr,
					  TDX_VP_SHARED_EPTP, v->ept.root,
					  UINT64_MAX));
	if (ret)
		c->tdvpr = 0;
	return ret;
}

/* --- the image --- */

/* One page: by way of a page of ours, for the module reads no user memory. */
static int region_page(struct tdx_host *h, struct kvm_vm *vm, struct task *t,
		       uint64_t gpa, uint64_t uaddr, uint64_t source)
{
	struct kvm_slot *sl = kvm_slot_at(vm, gpa);
	uint8_t page[PAGE_4K];
	uint64_t index, pa;
	int ret;

	if (!sl || sl->kind != KVM_SLOT_GMEM || !sl->gmem ||
	    !kvm_private(vm, gpa))
		return -EINVAL;
	index = (sl->gmem_off + gpa - sl->gpa) / PAGE_4K;
	if (gmem_prepared(sl->gmem, index))
		return -EEXIST; /* it is the TD's already */
	ret = k_copy_in(t, page, uaddr, sizeof(page));
	if (!ret)
		ret = tdx_write(h, source, page, sizeof(page));
	if (!ret)
		ret = gmem_page(sl->gmem, index, false, &pa);
	if (!ret)
		ret = tdx_page_add(h, vm->priv, gpa, pa, source);
	if (!ret)
		gmem_set_prepared(sl->gmem, index);
	return ret;
}

#define EXTEND_CHUNK 256

static int measure(struct tdx_host *h, const struct tdx_vm *v, uint64_t gpa)
{
	int ret = 0;

	for (uint64_t at = 0; at < PAGE_4K && !ret; at += EXTEND_CHUNK)
		ret = tdx_errno(
			tdx_call4(h, TDH_MR_EXTEND, gpa + at, v->tdr, 0, 0));
	return ret;
}

/* As far as it goes; what is left comes back in the argument. */
static int init_region(struct tdx_host *h, struct kvm_vm *vm, struct task *t,
		       const struct kvm_tdx_cmd *c)
{
	struct tdx_vm *v = vm->priv;
	struct kvm_tdx_init_mem_region a;
	const uint64_t source = tdx_page_new(h);
	int ret = source ? k_copy_in(t, &a, c->data, sizeof(a)) : -ENOMEM;

	if (!ret && (a.source_addr % PAGE_4K || a.gpa % PAGE_4K ||
		     !a.nr_pages || a.gpa >= TDX_GPA_SHARED ||
		     a.nr_pages > (TDX_GPA_SHARED - a.gpa) / PAGE_4K))
		ret = -EINVAL;
	while (!ret && a.nr_pages) {
		ret = region_page(h, vm, t, a.gpa, a.source_addr, source);
		if (!ret && c->flags & KVM_TDX_MEASURE_MEMORY_REGION)
			ret = measure(h, v, a.gpa);
		if (ret)
			break;
		a.gpa += PAGE_4K;
		a.source_addr += PAGE_4K;
		a.nr_pages--;
	}
	if (ret != -EFAULT && ret != -ENOMEM &&
	    k_copy_out(t, c->data, &a, sizeof(a)))
		ret = -EFAULT;
	tdx_page_free(h, source);
	return ret;
}

long tdx_vcpu_ioctl(void *ctx, struct kvm_vcpu *v, struct task *t, uint32_t cmd,
		    uintptr_t arg)
{
	struct tdx_host *h = ctx;
	struct tdx_vm *vm = v->vm->priv;
	struct tdx_vcpu *cpu = v->priv;
	struct kvm_tdx_cmd c;
	int ret;

	if (cmd != KVM_MEMORY_ENCRYPT_OP)
		return -ENOTTY;
	if (!vm->td || vm->runnable)
		return -EINVAL;
	ret = get_cmd(h, t, arg, &c);
	if (ret)
		return ret;
	switch (c.id) {
	case KVM_TDX_INIT_VCPU:
		if (c.flags || cpu->tdvpr)
			return -EINVAL;
		ret = vp_create(h, vm, cpu, c.data);
		break;
	case KVM_TDX_INIT_MEM_REGION:
		if (c.flags & ~KVM_TDX_MEASURE_MEMORY_REGION || !cpu->tdvpr)
			return -EINVAL;
		ret = init_region(h, v->vm, t, &c);
		break;
	default:
		return -EINVAL;
	}
	return put_cmd(h, t, arg, &c, ret);
}
