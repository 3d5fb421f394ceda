/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * KVM's SNP part: launch, the nested table, page conversion, exits.
 * Source: linux.md 6; Linux 7.3 arch/x86/kvm/svm/sev.c
 */
#include <errno.h>

#include "arch/sev_tio/host_priv.h"
#include "base/bytes.h"

/* --- a VM --- */

static int vm_init(void *ctx, struct kvm_vm *vm, uint64_t type)
{
	struct sev_host *s = ctx;
	struct sev_vm *v;
	enum il_err err;

	if (type != KVM_X86_SNP_VM && type != KVM_X86_DEFAULT_VM)
		return -EINVAL;
	v = kpool_get(&s->vm_pool);
	if (!v)
		return -ENOMEM;
	v->snp = type == KVM_X86_SNP_VM;
	err = pt_init(&v->npt, s->cfg.mem, &pt_npt, NPT_LEVELS, AGENT_HOST,
		      &pt_host_frames, s->cfg.mem);
	if (err) {
		kpool_put(&s->vm_pool, v);
		return k_errno(err);
	}
	vm->priv = v;
	return 0;
}

static void asid_put(struct sev_host *s, uint32_t asid)
{
	s->asid_used[asid / 8] &= (uint8_t) ~(1u << asid % 8);
}

static int asid_get(struct sev_host *s, uint32_t *asid)
{
	for (uint32_t a = 1; a < s->cfg.asids; a++)
		if (!(s->asid_used[a / 8] >> a % 8 & 1)) {
			s->asid_used[a / 8] |= (uint8_t)(1u << a % 8);
			*asid = a;
			return 0;
		}
	return -EBUSY;
}

/*
 * Every page has gone back with its guest_memfd, every function with its
 * vIOMMU. A context that firmware keeps takes its ASID along.
 */
static void vm_fini(void *ctx, struct kvm_vm *vm)
{
	struct sev_host *s = ctx;
	struct sev_vm *v = vm->priv;
	uint8_t b[SNP_ADDR_LEN];
	int ret = 0;

	if (v->gctx) {
		sev_put_u64(b, SNP_ADDR_PA, v->gctx);
		ret = sev_do(s, SEV_CMD_SNP_DECOMMISSION, b, sizeof(b));
		if (ret)
			s->leaked++;
		else
			sev_fw_page_free(s, v->gctx);
	}
	if (v->asid && !ret)
		asid_put(s, v->asid);
	pt_fini(&v->npt);
	kpool_put(&s->vm_pool, v);
	vm->priv = NULL;
}

int sev_host_view(const struct kvm_vm *vm, struct sev_vm_view *out)
{
	const struct sev_vm *v = vm->priv;

	if (!v)
		return -EINVAL;
	*out = (struct sev_vm_view){ .asid = v->asid,
				     .npt_root = v->npt.root,
				     .npt_levels = v->npt.levels,
				     .gctx_pa = v->gctx };
	return 0;
}

/* --- pages --- */

static int assign(struct sev_host *s, const struct sev_vm *v, uint64_t gpa,
		  uint64_t pa, bool immutable)
{
	const struct rmp_update u = { .gpa = gpa,
				      .assigned = 1,
				      .immutable = immutable,
				      .asid = v->asid };

	return v->asid ? sev_rmp_set(s, pa, &u) : -EINVAL;
}

static int prepare(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t pa)
{
	const struct sev_vm *v = vm->priv;

	return v->snp ? assign(ctx, v, gpa, pa, false) : -EINVAL;
}

static int invalidate(void *ctx, uint64_t pa)
{
	return sev_rmp_shared(ctx, pa);
}

/* Source: Linux 7.3 arch/x86/kvm/svm/sev.c, sev_gmem_prepare() */
static int prepare_huge(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t pa)
{
	struct sev_host *s = ctx;
	const struct sev_vm *v = vm->priv;
	const struct rmp_update u = {
		.gpa = gpa, .assigned = 1, .pagesize = RMP_2M, .asid = v->asid
	};

	if (!v->snp || !v->asid || (gpa | pa) % PAGE_2M)
		return -EOPNOTSUPP;
	return s->cfg.insn->rmpupdate(s->cfg.insn->ctx, pa, &u) == RMP_OK
		       ? 0
		       : -EOPNOTSUPP;
}

static bool rmp_is_2m(struct sev_host *s, uint64_t pa)
{
	struct rmp_read r;

	return s->cfg.insn->rmpread(s->cfg.insn->ctx, pa, &r) == RMP_OK &&
	       r.assigned && r.pagesize == RMP_2M;
}

static int smash(struct sev_host *s, uint64_t pa)
{
	const enum rmp_rc rc = s->cfg.insn->psmash(s->cfg.insn->ctx, pa);

	if (rc == RMP_FAIL_INUSE)
		return -EBUSY;
	return rc == RMP_OK ? 0 : -EIO;
}

/* Joining is firmware's: RMPUPDATE would lose what the guest has validated. */
static int resize(void *ctx, uint64_t pa, bool huge)
{
	struct sev_host *s = ctx;
	uint8_t b[SNP_ADDR_LEN];

	if (rmp_is_2m(s, pa) == huge)
		return 0;
	if (!huge)
		return smash(s, pa);
	sev_put_u64(b, SNP_ADDR_PA, pa);
	return sev_psp(s, SEV_CMD_SNP_PAGE_UNSMASH, b, sizeof(b)) ? -EINVAL : 0;
}

static enum il_err npt_put(struct sev_vm *v, uint64_t gpa, uint64_t pa,
			   uint64_t size, unsigned perm)
{
	enum il_err err = pt_map(&v->npt, gpa, pa, size, perm, size);

	if (err != IL_E_STATE)
		return err;
	err = pt_unmap(&v->npt, gpa, size, NULL);
	if (err == IL_E_STATE) /* a part of a larger leaf, which goes */
		err = pt_unmap(&v->npt, align_down(gpa, PAGE_2M), PAGE_2M,
			       NULL);
	return err ? err : pt_map(&v->npt, gpa, pa, size, perm, size);
}

/*
 * The leaf follows the RMP entry. A fault although it does means that the
 * guest validates less than the entry covers: it is split, and whoever else
 * maps it by 2 MiB is not told (an IOMMU, for one).
 * Source: Linux 7.3 arch/x86/kvm/svm/sev.c, sev_gmem_max_mapping_level(),
 * sev_handle_rmp_fault()
 */
static int map(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t pa,
	       bool write, bool private)
{
	struct sev_host *s = ctx;
	struct sev_vm *v = vm->priv;
	unsigned perm = PT_R | PT_X | (write ? PT_W : 0u);
	uint64_t at = align_down(gpa, PAGE_2M);
	struct pt_hit h;
	int ret;

	(void)private; /* one table: the RMP knows whose a page is */
	if (!rmp_is_2m(s, pa))
		return k_errno(npt_put(v, gpa, pa, PAGE_4K, perm));
	if (pt_walk(v->npt.m, v->npt.fmt, v->npt.root, v->npt.levels, gpa,
		    &h) != PT_OK ||
	    h.leaf < PAGE_2M)
		return k_errno(
			npt_put(v, at, align_down(pa, PAGE_2M), PAGE_2M, perm));
	ret = smash(s, align_down(pa, PAGE_2M));
	return ret ? ret : k_errno(npt_put(v, gpa, pa, PAGE_4K, perm));
}

int sev_npt_zap(struct sev_host *s, struct kvm_vm *vm, uint64_t gpa,
		uint64_t len)
{
	struct sev_vm *v = vm->priv;
	enum il_err err = pt_unmap(&v->npt, gpa, len, NULL);
	const uint64_t from = align_down(gpa, PAGE_2M);

	(void)s; /* CPU caches of the nested table are not modelled */
	/* A leaf that sticks out goes whole: it comes back by a fault. */
	if (err == IL_E_STATE)
		err = pt_unmap(&v->npt, from,
			       align_up(gpa + len, PAGE_2M) - from, NULL);
	return k_errno(err);
}

static int zap(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t len)
{
	return sev_npt_zap(ctx, vm, gpa, len);
}

/* --- launch --- */

static int init2(struct sev_host *s, struct kvm_vm *vm, struct task *t,
		 uint64_t data)
{
	struct sev_vm *v = vm->priv;
	struct kvm_sev_init a;
	int ret = k_copy_in(t, &a, data, sizeof(a));

	if (ret)
		return ret;
	/* __sev_guest_init(): GHCB 2 is the only version SNP can have. */
	if (vm->vcpus || v->asid || a.vmsa_features || a.flags ||
	    (a.ghcb_version && a.ghcb_version != 2))
		return -EINVAL;
	return asid_get(s, &v->asid);
}

static int activate(struct sev_host *s, const struct sev_vm *v)
{
	uint8_t b[SNP_ACTIVATE_LEN];
	uint32_t st;

	sev_put_u64(b, SNP_ACTIVATE_GCTX, v->gctx);
	sev_put_u32(b, SNP_ACTIVATE_ASID, v->asid);
	st = sev_psp(s, SEV_CMD_SNP_ACTIVATE, b, sizeof(b));
	if (st == SEV_RET_DFFLUSH_REQUIRED) {
		(void)sev_psp(s, SEV_CMD_SNP_DF_FLUSH, NULL, 0);
		st = sev_psp(s, SEV_CMD_SNP_ACTIVATE, b, sizeof(b));
	}
	s->fw_error = st;
	return st ? -EIO : 0;
}

/* snp_supported_policy_bits: versions, SMT, reserved one, debug, one socket */
#define POLICY_KNOWN UINT64_C(0x1bffff)

static int launch_start(struct sev_host *s, struct task *t, struct sev_vm *v,
			uint64_t data)
{
	struct kvm_sev_snp_launch_start a;
	uint8_t ctx[SNP_ADDR_LEN], b[SNP_LSTART_LEN] = { 0 };
	int ret = k_copy_in(t, &a, data, sizeof(a));

	if (ret)
		return ret;
	if (v->gctx || a.flags || a.policy & ~POLICY_KNOWN ||
	    !(a.policy & SEV_POLICY_RSVD_ONE))
		return -EINVAL;
	v->gctx = sev_fw_page(s, NULL, 0);
	if (!v->gctx)
		return -ENOMEM;
	sev_put_u64(ctx, SNP_ADDR_PA, v->gctx);
	ret = sev_do(s, SEV_CMD_SNP_GCTX_CREATE, ctx, sizeof(ctx));
	if (ret) {
		sev_fw_page_free(s, v->gctx);
		v->gctx = 0;
		return ret;
	}
	sev_put_u64(b, SNP_LSTART_GCTX, v->gctx);
	sev_put_u64(b, SNP_LSTART_POLICY, a.policy);
	memcpy(b + SNP_LSTART_GOSVW, a.gosvw, sizeof(a.gosvw));
	ret = sev_do(s, SEV_CMD_SNP_LAUNCH_START, b, sizeof(b));
	if (!ret)
		ret = activate(s, v);
	if (ret && !sev_do(s, SEV_CMD_SNP_DECOMMISSION, ctx, sizeof(ctx))) {
		sev_fw_page_free(s, v->gctx);
		v->gctx = 0;
	}
	return ret;
}

static int fill_page(struct sev_host *s, struct task *t, uint64_t pa,
		     uint64_t uaddr)
{
	uint8_t page[PAGE_4K];
	int ret = k_copy_in(t, page, uaddr, sizeof(page));

	return ret ? ret : sev_write(s, pa, page, sizeof(page));
}

/* A page that firmware refused becomes the host's again. */
static int update_page(struct sev_host *s, struct kvm_vm *vm, struct task *t,
		       const struct kvm_sev_snp_launch_update *a, uint64_t i)
{
	const uint64_t gpa = (a->gfn_start + i) * PAGE_4K;
	struct kvm_slot *sl = kvm_slot_at(vm, gpa);
	struct sev_vm *v = vm->priv;
	uint8_t b[SNP_LUPDATE_LEN] = { 0 };
	uint64_t index, pa;
	int ret;

	if (!sl || sl->kind != KVM_SLOT_GMEM || !sl->gmem ||
	    !kvm_private(vm, gpa))
		return -EINVAL;
	index = (sl->gmem_off + gpa - sl->gpa) / PAGE_4K;
	if (gmem_prepared(sl->gmem, index))
		return -EEXIST; /* somebody made it the guest's before */
	ret = gmem_page(sl->gmem, index, false, &pa);
	if (!ret && a->type != KVM_SEV_SNP_PAGE_TYPE_ZERO)
		ret = fill_page(s, t, pa, a->uaddr + i * PAGE_4K);
	if (!ret)
		ret = assign(s, v, gpa, pa, true);
	if (ret)
		return ret;
	sev_put_u64(b, SNP_LUPDATE_GCTX, v->gctx);
	sev_put_u32(b, SNP_LUPDATE_TYPE, (uint32_t)a->type << 1);
	sev_put_u64(b, SNP_LUPDATE_PA, pa);
	ret = sev_do(s, SEV_CMD_SNP_LAUNCH_UPDATE, b, sizeof(b));
	if (!ret)
		gmem_set_prepared(sl->gmem, index);
	else if (sev_rmp_shared(s, pa))
		gmem_set_prepared(sl->gmem, index); /* not the host's */
	return ret;
}

/*
 * As many pages as go, in one slot; what is left comes back in the argument. An
 * error only if none went, and whatever the reason: -EIO (a page that is the
 * guest's already, too). Source: Linux 7.2 snp_launch_update(),
 * kvm_gmem_populate()
 */
static int launch_update(struct sev_host *s, struct kvm_vm *vm, struct task *t,
			 uint64_t data)
{
	const struct sev_vm *v = vm->priv;
	const struct kvm_slot *sl;
	struct kvm_sev_snp_launch_update a;
	uint64_t n, i = 0;
	int ret = v->gctx ? k_copy_in(t, &a, data, sizeof(a)) : -EINVAL;

	if (ret)
		return ret;
	if (!a.len || a.len % PAGE_4K || a.flags ||
	    a.type < KVM_SEV_SNP_PAGE_TYPE_NORMAL || a.type == 2 ||
	    a.type > KVM_SEV_SNP_PAGE_TYPE_CPUID)
		return -EINVAL;
	if (a.type != KVM_SEV_SNP_PAGE_TYPE_ZERO && a.uaddr % PAGE_4K)
		return -EINVAL;
	sl = a.gfn_start <= UINT64_MAX / PAGE_4K
		     ? kvm_slot_at(vm, a.gfn_start * PAGE_4K)
		     : NULL;
	if (!sl || sl->kind != KVM_SLOT_GMEM)
		return -EINVAL;
	n = (sl->gpa + sl->len) / PAGE_4K - a.gfn_start;
	if (n > a.len / PAGE_4K)
		n = a.len / PAGE_4K;
	/* After the launch firmware would refuse each of them. */
	while (i < n && !vm->launched && !update_page(s, vm, t, &a, i))
		i++;
	if (!i)
		return -EIO;
	a.gfn_start += i;
	a.len -= i * PAGE_4K;
	if (a.type != KVM_SEV_SNP_PAGE_TYPE_ZERO)
		a.uaddr += i * PAGE_4K;
	return k_copy_out(t, data, &a, sizeof(a));
}

/*
 * vCPU state is not memory in this model, so no VMSA is measured.
 * Then, and only then, what was put off until the end of the launch happens.
 */
static int launch_finish(struct sev_host *s, struct kvm_vm *vm, struct task *t,
			 uint64_t data)
{
	const struct sev_vm *v = vm->priv;
	struct kvm_sev_snp_launch_finish a;
	uint8_t b[SNP_LFINISH_LEN] = { 0 };
	int ret = v->gctx ? k_copy_in(t, &a, data, sizeof(a)) : -EINVAL;

	if (ret)
		return ret;
	/* OPEN: no ID block here; Linux hands it to firmware. */
	if (a.flags || a.id_block_en || a.auth_key_en)
		return -EINVAL;
	if (vm->launched)
		return -EIO; /* firmware: not in the launch */
	sev_put_u64(b, SNP_LFINISH_GCTX, v->gctx);
	memcpy(b + SNP_LFINISH_HOST_DATA, a.host_data, sizeof(a.host_data));
	ret = sev_do(s, SEV_CMD_SNP_LAUNCH_FINISH, b, sizeof(b));
	return ret ? ret : kvm_launched(vm);
}

/* Order and errno: sev_mem_enc_ioctl(), Linux 7.2 arch/x86/kvm/svm/sev.c */
static long enc_op(void *ctx, struct kvm_vm *vm, struct task *t, uintptr_t arg)
{
	struct sev_host *s = ctx;
	struct sev_vm *v = vm->priv;
	struct kvm_sev_cmd c;
	bool active;
	int ret;

	if (!arg)
		return 0; /* "is it there?" */
	if (k_copy_in(t, &c, arg, sizeof(c)))
		return -EFAULT;
	active = v->snp && v->asid;
	if (active && c.id < KVM_SEV_SNP_LAUNCH_START)
		return -EPERM;
	if (!active && (c.id == KVM_SEV_SNP_LAUNCH_START ||
			c.id == KVM_SEV_SNP_LAUNCH_FINISH))
		return -ENOTTY;
	if (!v->snp)
		return -EINVAL;
	s->fw_error = 0;
	switch (c.id) {
	case KVM_SEV_INIT2:
		ret = init2(s, vm, t, c.data);
		break;
	case KVM_SEV_SNP_LAUNCH_START:
		ret = launch_start(s, t, v, c.data);
		break;
	case KVM_SEV_SNP_LAUNCH_UPDATE:
		ret = launch_update(s, vm, t, c.data);
		break;
	case KVM_SEV_SNP_LAUNCH_FINISH:
		ret = launch_finish(s, vm, t, c.data);
		break;
	default:
		return -EINVAL;
	}
	c.error = s->fw_error;
	(void)k_copy_out(t, arg, &c, sizeof(c));
	return ret;
}

/* --- exits --- */

_Static_assert(SEV_EXIT_TIO_GUEST_REQ == GHCB_EXIT_TIO_GUEST_REQ &&
		       SEV_EXIT_TIO_OP == GHCB_EXIT_TIO_OP &&
		       SEV_TIO_OP_BIND == (int)TIO_OP_BIND &&
		       SEV_TIO_OP_UNBIND == (int)TIO_OP_UNBIND &&
		       SEV_TIO_OP_RUN == (int)TIO_OP_RUN &&
		       SEV_TIO_OP_STOP == (int)TIO_OP_STOP,
	       "uapi.h and abi_guest.h agree on exits");
_Static_assert(SEV_MSG_TYPE_OFF == SNP_MSG_TYPE &&
		       SEV_MSG_MMIO_VALIDATE ==
			       (int)TIO_MSG_MMIO_VALIDATE_REQ &&
		       SEV_MSG_SDTE_WRITE == (int)TIO_MSG_SDTE_WRITE_REQ &&
		       SEV_PARAM_MMIO_GPA == TIO_PARAM_MMIO_GPA &&
		       SEV_PARAM_MMIO_ORDER == TIO_PARAM_MMIO_ORDER &&
		       SEV_PARAM_MMIO_PRIVATE == TIO_PARAM_MMIO_PRIVATE &&
		       SEV_PARAM_SDTE_VALID == TIO_PARAM_SDTE_VALIDATE,
	       "uapi.h and abi_guest.h agree on messages");

#define GHCB_REFUSED 1 /* in EXITINFO2, for the guest to see */

/*
 * Page state change becomes the hypercall that moves memory attributes; the
 * RMP follows when the page is next touched. OPEN: one range an exit, first
 * page and number in EXITINFO1 (bit 0: private) and 2, as the guest has it.
 */
static int page_state_change(struct vcpu_exit *x, struct kvm_run *run)
{
	const uint64_t gpa = align_down(x->reg[SEV_REG_INFO1], PAGE_4K);

	if (x->reg[SEV_REG_INFO1] & (PAGE_4K - 2) || !x->reg[SEV_REG_INFO2] ||
	    x->reg[SEV_REG_INFO2] > PAGEMAP_MAX ||
	    gpa + x->reg[SEV_REG_INFO2] * PAGE_4K < gpa) {
		x->ret = GHCB_REFUSED;
		return KVM_NEXT_GUEST;
	}
	run->exit_reason = KVM_EXIT_HYPERCALL;
	memset(&run->hypercall, 0, sizeof(run->hypercall));
	run->hypercall.nr = KVM_HC_MAP_GPA_RANGE;
	run->hypercall.args[0] = gpa;
	run->hypercall.args[1] = x->reg[SEV_REG_INFO2];
	run->hypercall.args[2] = x->reg[SEV_REG_INFO1] & 1
					 ? KVM_MAP_GPA_RANGE_ENCRYPTED
					 : KVM_MAP_GPA_RANGE_DECRYPTED;
	return KVM_NEXT_USER;
}

static int to_vmm(const struct vcpu_exit *x, struct kvm_run *run)
{
	run->exit_reason = KVM_EXIT_TVM_CALL;
	memset(&run->tvm_call, 0, sizeof(run->tvm_call));
	run->tvm_call.code = x->code;
	memcpy(run->tvm_call.reg, x->reg, sizeof(x->reg));
	return KVM_NEXT_USER;
}

static int vmgexit(void *ctx, struct kvm_vcpu *v, struct vcpu_exit *x,
		   struct kvm_run *run)
{
	(void)ctx;
	x->ret = 0;
	switch (x->code) {
	case GHCB_EXIT_PSC:
		return page_state_change(x, run);
	case GHCB_EXIT_TIO_GUEST_REQ:
	case GHCB_EXIT_TIO_OP:
		return to_vmm(x, run);
	case GHCB_EXIT_HV_FEATURES:
		x->ret = GHCB_HV_FEATURE_SNP | GHCB_HV_FEATURE_TIO;
		return KVM_NEXT_GUEST;
	case GHCB_EXIT_TERMINATE:
		v->shut = true;
		run->exit_reason = KVM_EXIT_SHUTDOWN;
		return KVM_NEXT_USER;
	default:
		x->ret = GHCB_REFUSED;
		return KVM_NEXT_GUEST;
	}
}

static int complete(void *ctx, struct kvm_vcpu *v, struct vcpu_exit *x,
		    struct kvm_run *run)
{
	(void)ctx;
	(void)v;
	if (x->code == GHCB_EXIT_PSC) {
		x->ret = run->hypercall.ret ? GHCB_REFUSED : 0;
		return KVM_NEXT_GUEST;
	}
	x->ret = run->tvm_call.ret;
	x->reg[SEV_REG_RCX] = run->tvm_call.reg[SEV_REG_RCX];
	x->reg[SEV_REG_RDX] = run->tvm_call.reg[SEV_REG_RDX];
	return KVM_NEXT_GUEST;
}

const struct kvm_rules sev_kvm_rules = {
	.vm_types = 1u << KVM_X86_DEFAULT_VM | 1u << KVM_X86_SNP_VM,
	.vm_init = vm_init,
	.vm_fini = vm_fini,
	.enc_op = enc_op,
	.prepare = prepare,
	.invalidate = invalidate,
	.map = map,
	.zap = zap,
	.call = vmgexit,
	.complete = complete,
	.prepare_huge = prepare_huge,
	.resize = resize,
};
