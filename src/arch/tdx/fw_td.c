/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tdx/fw_priv.h"

#include "base/assert.h"

/*
 * The life of a TD and of its vCPUs, and pages that go back to the host.
 * Source: TDX module 1.5 source (tdh_mng_*, tdh_vp_*, tdh_phymem_*)
 */

static const struct field {
	uint64_t id;
	uint64_t value;
} sys_fields[] = {
	{ TDX_SYS_IDE_MT_PAGES, TDX_IDE_MT_PAGES },
	{ TDX_SYS_SPDM_MT_PAGES, TDX_SPDM_MT_PAGES },
	{ TDX_SYS_IOMMU_MT_PAGES, TDX_IOMMU_MT_PAGES },
	{ TDX_SYS_DEV_INFO_PAGES, TDX_DEV_INFO_PAGES },
	{ TDX_SYS_TDCS_BASE_SIZE, TDX_TDCX_PAGES *PAGE_4K },
	/* TDVPR and what is added to it */
	{ TDX_SYS_TDVPS_BASE_SIZE, (TDX_TDVPX_PAGES + 1) * PAGE_4K },
};

uint64_t tdxm_sys_rd(struct tdx_fw *fw, struct tdx_regs *r)
{
	if (r->rdx == TDX_SYS_FEATURES0) {
		r->r8 = fw->cfg.connect ? TDX_FEATURES0_TDX_CONNECT : 0;
		return TDX_SUCCESS;
	}
	for (unsigned i = 0; i < COUNT(sys_fields); i++)
		if (sys_fields[i].id == r->rdx) {
			r->r8 = sys_fields[i].value;
			return TDX_SUCCESS;
		}
	return BAD(TDX_METADATA_FIELD_ID_INCORRECT, RDX);
}

/* --- creating --- */

uint64_t tdxm_mng_create(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_td *td = NULL;
	uint64_t st;

	if (!r->rdx || r->rdx >= fw->cfg.own->hkids)
		return BAD(TDX_OPERAND_INVALID, RDX);
	for (unsigned i = fw->cfg.limits.tds; i-- > 0;) {
		if (!fw->td[i].used)
			td = &fw->td[i];
		else if (fw->td[i].hkid == r->rdx)
			return TDX_HKID_NOT_FREE;
	}
	if (!td)
		return BAD(TDX_OPERAND_BUSY, RCX);
	st = tdxm_take(fw, r->rcx, TDX_OP_RCX, TDX_PT_TDR, NULL);
	if (st)
		return st;
	memset(td, 0, sizeof(*td));
	td->used = true;
	td->tdr = r->rcx;
	td->hkid = (uint16_t)r->rdx;
	td->state = TDX_TD_HKID;
	return TDX_SUCCESS;
}

static uint64_t random_word(struct tdx_fw *fw, uint64_t *out)
{
	uint8_t raw[8];
	enum il_err err = env_random(fw->cfg.env, raw, sizeof(raw));

	*out = err ? 0 : tdx_u64(raw, 0);
	bytes_wipe(raw, sizeof(raw));
	return err ? TDX_RND_NO_ENTROPY : TDX_SUCCESS;
}

uint64_t tdxm_mng_key_config(struct tdx_fw *fw, struct tdx_regs *r)
{
	uint64_t secret, st;
	struct fw_td *td;
	enum il_err err;

	st = tdxm_td(fw, r->rcx, TDX_OP_RCX, &td);
	if (st)
		return st;
	if (td->state != TDX_TD_HKID)
		return td->state < TDX_TD_BLOCKED
			       ? TDX_KEY_CONFIGURED
			       : TDX_LIFECYCLE_STATE_INCORRECT;
	st = random_word(fw, &secret);
	if (st)
		return st;
	err = tdx_own_key(fw->cfg.own, td->hkid, td->tdr, secret | 1);
	bytes_wipe(&secret, sizeof(secret));
	if (err)
		return TDX_KEY_STATE_INCORRECT;
	td->state = TDX_TD_KEYED;
	return TDX_SUCCESS;
}

uint64_t tdxm_mng_addcx(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_td *td;
	uint64_t st = tdxm_td_in(fw, r->rdx, TDX_OP_RDX, TD_IN(KEYED), &td);

	if (st)
		return st;
	if (td->cxs == TDX_TDCX_PAGES)
		return TDX_TDCX_NUM_INCORRECT;
	st = tdxm_take(fw, r->rcx, TDX_OP_RCX, TDX_PT_TDCX, td);
	if (!st)
		td->cx[td->cxs++] = r->rcx;
	return st;
}

static uint64_t params_check(const struct tdx_fw *fw, const uint8_t *p)
{
	uint64_t config = tdx_u64(p, TDX_PARAMS_CONFIG_FLAGS);

	if (config & ~TDX_CONFIG_KNOWN ||
	    tdx_u64(p, TDX_PARAMS_EPTP) != TDX_EPTP_4LEVEL)
		return BAD(TDX_OPERAND_INVALID, RDX);
	if (config & TDX_CONFIG_TDX_CONNECT && !fw->cfg.connect)
		return BAD(TDX_OPERAND_INVALID, RDX);
	return tdx_u16(p, TDX_PARAMS_MAX_VCPUS) ? TDX_SUCCESS
						: BAD(TDX_OPERAND_INVALID, RDX);
}

uint64_t tdxm_mng_init(struct tdx_fw *fw, struct tdx_regs *r)
{
	uint8_t p[TDX_PARAMS_LEN];
	uint64_t offset, st;
	struct fw_td *td;

	st = tdxm_td_in(fw, r->rcx, TDX_OP_RCX, TD_IN(KEYED), &td);
	if (st)
		return st;
	if (td->cxs != TDX_TDCX_PAGES)
		return TDX_TDCX_NUM_INCORRECT;
	if (r->rdx & (TDX_PARAMS_LEN - 1) ||
	    tdx_own_io(fw->cfg.own, r->rdx, p, sizeof(p), false,
		       TDX_VIEW_SHARED, 0))
		return BAD(TDX_OPERAND_INVALID, RDX);
	st = params_check(fw, p);
	if (!st)
		st = random_word(fw, &offset);
	if (st)
		return st;
	if (crypto_hash_begin(fw->cfg.crypto, &td->mr, CRYPTO_SHA384))
		return BAD(TDX_OPERAND_BUSY, RCX);
	td->mr_on = true;
	td->attributes = tdx_u64(p, TDX_PARAMS_ATTRIBUTES);
	td->config = tdx_u64(p, TDX_PARAMS_CONFIG_FLAGS);
	td->max_vcpus = tdx_u16(p, TDX_PARAMS_MAX_VCPUS);
	td->mmio_offset = (int64_t)(offset & MASK64(43, 12));
	td->epoch = 1;
	tdx_sept_clear(fw->cfg.own, td->cx[1], true);
	td->state = TDX_TD_INIT;
	return TDX_SUCCESS;
}

uint64_t tdxm_mng_rd(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_td *td;
	uint64_t st = tdxm_td_in(fw, r->rcx, TDX_OP_RCX, TD_LIVE, &td);

	if (st)
		return st;
	switch (r->rdx) {
	case TDX_TD_CONFIG_FLAGS:
		r->r8 = td->config;
		return TDX_SUCCESS;
	case TDX_TD_ATTRIBUTES:
		r->r8 = td->attributes;
		return TDX_SUCCESS;
	case TDX_TD_EPOCH:
		r->r8 = td->epoch;
		return TDX_SUCCESS;
	default:
		return BAD(TDX_METADATA_FIELD_ID_INCORRECT, RDX);
	}
}

uint64_t tdxm_mr_finalize(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_td *td;
	uint64_t st = tdxm_td_in(fw, r->rcx, TDX_OP_RCX, TD_IN(INIT), &td);

	if (st)
		return st;
	if (crypto_hash_final(fw->cfg.crypto, td->mr, td->mrtd))
		return TDX_OP_STATE_INCORRECT;
	crypto_drop(fw->cfg.crypto, &td->mr);
	td->mr_on = false;
	td->state = TDX_TD_RUNNABLE;
	return TDX_SUCCESS;
}

/* --- vCPUs --- */

static uint64_t vp_of(struct tdx_fw *fw, uint64_t tdvpr, struct fw_vp **out)
{
	if (!tdx_own_page(fw->cfg.own, tdvpr) || tdvpr & (PAGE_4K - 1))
		return BAD(TDX_OPERAND_INVALID, RCX);
	*out = tdxm_vp_at(fw, tdvpr);
	return *out ? TDX_SUCCESS : BAD(TDX_PAGE_METADATA_INCORRECT, RCX);
}

uint64_t tdxm_vp_create(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_vp *vp = NULL;
	struct fw_td *td;
	uint64_t st = tdxm_td_in(fw, r->rdx, TDX_OP_RDX, TD_LIVE, &td);

	if (st)
		return st;
	if (td->vcpus == td->max_vcpus)
		return TDX_MAX_VCPUS_EXCEEDED;
	for (unsigned i = fw->cfg.limits.vcpus; i-- > 0;)
		if (!fw->vp[i].used)
			vp = &fw->vp[i];
	if (!vp)
		return BAD(TDX_OPERAND_BUSY, RCX);
	st = tdxm_take(fw, r->rcx, TDX_OP_RCX, TDX_PT_TDVPR, td);
	if (st)
		return st;
	*vp = (struct fw_vp){ .used = true, .tdvpr = r->rcx, .td = td };
	td->vcpus++;
	return TDX_SUCCESS;
}

uint64_t tdxm_vp_addcx(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct tdx_regs q = { .rcx = r->rdx };
	struct fw_vp *vp;
	uint64_t st = vp_of(fw, q.rcx, &vp);

	if (st)
		return st + TDX_OP_RDX - TDX_OP_RCX;
	if (vp->td->state >= TDX_TD_BLOCKED)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	if (vp->ready || vp->cxs == TDX_TDVPX_PAGES)
		return TDX_TDCX_NUM_INCORRECT;
	st = tdxm_take(fw, r->rcx, TDX_OP_RCX, TDX_PT_TDCX, vp->td);
	if (!st)
		vp->cx[vp->cxs++] = r->rcx;
	return st;
}

uint64_t tdxm_vp_init(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_vp *vp;
	uint64_t st = vp_of(fw, r->rcx, &vp);

	if (st)
		return st;
	if (vp->td->state >= TDX_TD_BLOCKED)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	if (vp->ready)
		return TDX_VCPU_STATE_INCORRECT;
	if (vp->cxs != TDX_TDVPX_PAGES)
		return TDX_TDCX_NUM_INCORRECT;
	vp->ready = true;
	return TDX_SUCCESS;
}

/* The host's half of the address space; the page is the host's own. */
uint64_t tdxm_vp_wr(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_vp *vp;
	uint64_t st = vp_of(fw, r->rcx, &vp);

	if (st)
		return st;
	if (r->rdx != TDX_VP_SHARED_EPTP)
		return BAD(TDX_METADATA_FIELD_ID_INCORRECT, RDX);
	if (r->r9 != UINT64_MAX)
		return BAD(TDX_OPERAND_INVALID, R9);
	st = tdxm_shared_page(fw, r->r8, TDX_OP_R8);
	if (!st)
		vp->shared = r->r8;
	return st;
}

uint64_t tdxm_vp_flush(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_vp *vp;
	uint64_t st = vp_of(fw, r->rcx, &vp);

	if (st)
		return st;
	if (vp->inside)
		return BAD(TDX_OPERAND_BUSY, RCX);
	if (!vp->associated)
		return TDX_VCPU_NOT_ASSOCIATED;
	vp->associated = false;
	return TDX_SUCCESS;
}

/* --- tearing down --- */

/*
 * OPEN: where a TD that has devices is held. Here at the first step of its
 * end: a key that a device's entry still names must not go (law 50).
 */
uint64_t tdxm_mng_vpflushdone(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_td *td;
	uint64_t st = tdxm_td(fw, r->rcx, TDX_OP_RCX, &td);

	if (st)
		return st;
	if (td->state >= TDX_TD_BLOCKED)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	if (td->devifs || td->dmars)
		return BAD(TDX_TD_HAS_ATTACHED_DEVICES, RCX);
	for (unsigned i = 0; i < fw->cfg.limits.vcpus; i++)
		if (fw->vp[i].used && fw->vp[i].td == td &&
		    fw->vp[i].associated)
			return TDX_FLUSHVP_NOT_DONE;
	td->state = TDX_TD_BLOCKED;
	td->flushed = false;
	return TDX_SUCCESS;
}

uint64_t tdxm_cache_wb(struct tdx_fw *fw, struct tdx_regs *r)
{
	bool any = false;

	(void)r;
	for (unsigned i = 0; i < fw->cfg.limits.tds; i++) {
		struct fw_td *td = &fw->td[i];

		if (!td->used || td->state != TDX_TD_BLOCKED || td->flushed)
			continue;
		td->flushed = true;
		any = true;
	}
	return any ? TDX_SUCCESS : TDX_NO_HKID_READY_TO_WBCACHE;
}

uint64_t tdxm_mng_key_freeid(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_td *td;
	uint64_t st = tdxm_td(fw, r->rcx, TDX_OP_RCX, &td);

	if (st)
		return st;
	if (td->state != TDX_TD_BLOCKED)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	if (!td->flushed)
		return TDX_WBCACHE_NOT_COMPLETE;
	tdx_own_key_drop(fw->cfg.own, td->hkid);
	td->hkid = 0;
	if (td->mr_on)
		crypto_drop(fw->cfg.crypto, &td->mr);
	td->mr_on = false;
	td->state = TDX_TD_TEARDOWN;
	return TDX_SUCCESS;
}

/* --- pages --- */

uint64_t tdxm_page_rdmd(struct tdx_fw *fw, struct tdx_regs *r)
{
	const struct tdx_page *p = tdx_own_page(fw->cfg.own, r->rcx);

	if (!p || r->rcx & (PAGE_4K - 1))
		return BAD(TDX_OPERAND_INVALID, RCX);
	r->rcx = p->type;
	r->rdx = p->owner;
	r->r8 = 0; /* 4 KiB */
	r->r9 = p->bepoch;
	return TDX_SUCCESS;
}

static void vp_forget(struct tdx_fw *fw, uint64_t tdvpr)
{
	struct fw_vp *vp = tdxm_vp_at(fw, tdvpr);

	if (vp) {
		vp->td->vcpus--;
		memset(vp, 0, sizeof(*vp));
	}
}

uint64_t tdxm_page_reclaim(struct tdx_fw *fw, struct tdx_regs *r)
{
	const struct tdx_page *p = tdx_own_page(fw->cfg.own, r->rcx);
	uint64_t pa = r->rcx;
	struct fw_td *td;
	uint8_t type;

	if (!p || pa & (PAGE_4K - 1))
		return BAD(TDX_OPERAND_INVALID, RCX);
	type = p->type;
	if (type == TDX_PT_NDA)
		return BAD(TDX_PAGE_ALREADY_FREE, RCX);
	td = tdxm_td_at(fw, type == TDX_PT_TDR ? pa : p->owner);
	/* What belongs to no TD goes back where it was given. */
	if (!td)
		return BAD(TDX_PAGE_METADATA_INCORRECT, RCX);
	if (td->state != TDX_TD_TEARDOWN)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	if (type == TDX_PT_TDR && td->children)
		return BAD(TDX_TD_ASSOCIATED_PAGES_EXIST, RCX);
	r->rcx = type;
	r->rdx = p->owner;
	r->r8 = 0;
	if (type == TDX_PT_TDVPR)
		vp_forget(fw, pa);
	tdxm_give(fw, pa, type == TDX_PT_TDR ? NULL : td);
	if (type == TDX_PT_TDR)
		memset(td, 0, sizeof(*td));
	return TDX_SUCCESS;
}

/* Caches are not modelled; the operands are. */
uint64_t tdxm_page_wbinvd(struct tdx_fw *fw, struct tdx_regs *r)
{
	uint64_t pa = r->rcx & TDX_GPA_MASK;

	if (r->rcx & (PAGE_4K - 1) || r->rcx >> 52 >= fw->cfg.own->hkids ||
	    !tdx_own_page(fw->cfg.own, pa))
		return BAD(TDX_OPERAND_INVALID, RCX);
	return TDX_SUCCESS;
}
