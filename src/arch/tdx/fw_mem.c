/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tdx/fw_priv.h"

#include "base/assert.h"

/*
 * Memory of a TD: the host gives pages and takes them away, the module keeps
 * the secure EPT. A page leaves in three steps: blocked; tracked, until no
 * vCPU and no unit remembers it; removed.
 *
 * Leaves have 4 KiB. OPEN: the module's larger ones, with PROMOTE and DEMOTE,
 * are not modelled.
 *
 * Source: TDX module 1.5 source (tdh_mem_*), 2.0 for devices
 */

/* What the host is told of an entry: architectural bits, level, state. */
static void tell(struct tdx_regs *r, const struct tdx_sept *s)
{
	r->rcx = s->e & (EPT_RWX | EPT_ADDR | EPT_PS);
	r->rdx = s->level | (tdx_sept_state(s->e) == SEPT_FREE ? 0 : 1) << 8 |
		 (s->e & SEPT_TDP ? 1u << 9 : 0) |
		 (s->e & SEPT_TDB ? 1u << 10 : 0) |
		 (s->e & SEPT_TDIO ? 1u << 11 : 0);
}

uint64_t tdxm_walk(struct tdx_fw *fw, struct fw_td *td, uint64_t gpa,
		   unsigned level, struct tdx_regs *r, struct tdx_sept *s)
{
	if (!tdx_sept_find(fw->cfg.own, td->cx[1], gpa, level, s))
		return TDX_SUCCESS;
	tell(r, s);
	return BAD(TDX_EPT_WALK_FAILED, RCX);
}

/* TD, address and entry, of one whose entry may be of @least to @most. */
static uint64_t entry_of(struct tdx_fw *fw, struct tdx_regs *r, unsigned states,
			 unsigned least, unsigned most, struct fw_td **td,
			 uint64_t *gpa, struct tdx_sept *s)
{
	unsigned level;
	uint64_t st = tdxm_td_in(fw, r->rdx, TDX_OP_RDX, states, td);

	if (!st)
		st = tdxm_gpa(r->rcx, least, most, TDX_OP_RCX, gpa, &level);
	return st ? st : tdxm_walk(fw, *td, *gpa, level, r, s);
}

/* --- giving --- */

uint64_t tdxm_sept_add(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct tdx_sept s;
	struct fw_td *td;
	uint64_t gpa, st;

	st = entry_of(fw, r, TD_LIVE, TDX_LEVEL_2M, TDX_LEVEL_PML, &td, &gpa,
		      &s);
	if (st)
		return st;
	if (tdx_sept_state(s.e) != SEPT_FREE) {
		tell(r, &s);
		return BAD(TDX_EPT_ENTRY_NOT_FREE, RCX);
	}
	st = tdxm_take(fw, r->r8, TDX_OP_R8, TDX_PT_EPT, td);
	if (st)
		return st;
	tdx_sept_clear(fw->cfg.own, r->r8, false);
	tdx_sept_put(fw->cfg.own, &s, r->r8 | EPT_RWX | SEPT_NL_MAPPED);
	return TDX_SUCCESS;
}

/* The page of the host becomes the TD's, at @gpa. */
static uint64_t take_reg(struct tdx_fw *fw, struct fw_td *td, uint64_t pa,
			 uint64_t gpa)
{
	enum il_err err = tdx_own_take(fw->cfg.own, pa, TDX_PT_REG, td->tdr,
				       td->hkid, gpa);

	if (err)
		return err == IL_E_STATE ? BAD(TDX_PAGE_METADATA_INCORRECT, R8)
					 : BAD(TDX_OPERAND_INVALID, R8);
	td->children++;
	return TDX_SUCCESS;
}

/* Measurements take blocks of 128 bytes: a name, an address at 16. */
static uint64_t extend(struct tdx_fw *fw, const struct fw_td *td,
		       const char *name, uint64_t gpa)
{
	uint8_t block[128] = { 0 };

	memcpy(block, name, strlen(name));
	tdx_put_u64(block, 16, gpa);
	return crypto_hash_update(fw->cfg.crypto, td->mr, block, sizeof(block))
		       ? TDX_OP_STATE_INCORRECT
		       : TDX_SUCCESS;
}

uint64_t tdxm_page_add(struct tdx_fw *fw, struct tdx_regs *r)
{
	uint8_t page[PAGE_4K];
	struct tdx_sept s;
	struct fw_td *td;
	uint64_t gpa, st;

	st = entry_of(fw, r, TD_IN(INIT), TDX_LEVEL_4K, TDX_LEVEL_4K, &td, &gpa,
		      &s);
	if (st)
		return st;
	if (tdx_sept_state(s.e) != SEPT_FREE) {
		tell(r, &s);
		return BAD(TDX_EPT_ENTRY_NOT_FREE, RCX);
	}
	st = tdxm_shared_page(fw, r->r9, TDX_OP_R9);
	if (st)
		return st;
	if (tdx_own_io(fw->cfg.own, r->r9, page, sizeof(page), false,
		       TDX_VIEW_SHARED, 0))
		return BAD(TDX_OPERAND_INVALID, R9);
	/* The source may be the page itself: it was read before it is taken. */
	st = take_reg(fw, td, r->r8, gpa);
	if (st)
		return st;
	st = extend(fw, td, "MEM.PAGE.ADD", gpa);
	if (st) {
		tdxm_give(fw, r->r8, td);
		return st;
	}
	if (tdx_own_io(fw->cfg.own, r->r8, page, sizeof(page), true,
		       TDX_VIEW_TD, td->hkid))
		IL_ASSERT(false); /* it is the TD's, which has its key */
	bytes_wipe(page, sizeof(page));
	tdx_sept_put(fw->cfg.own, &s, r->r8 | EPT_RWX | SEPT_MAPPED);
	return TDX_SUCCESS;
}

uint64_t tdxm_page_aug(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct tdx_sept s;
	struct fw_td *td;
	uint64_t gpa, st;

	st = entry_of(fw, r, TD_IN(RUNNABLE), TDX_LEVEL_4K, TDX_LEVEL_4K, &td,
		      &gpa, &s);
	if (st)
		return st;
	if (tdx_sept_state(s.e) != SEPT_FREE) {
		tell(r, &s);
		return BAD(TDX_EPT_ENTRY_NOT_FREE, RCX);
	}
	st = take_reg(fw, td, r->r8, gpa);
	if (!st)
		tdx_sept_put(fw->cfg.own, &s, r->r8 | SEPT_PENDING | EPT_SVE);
	return st;
}

uint64_t tdxm_mr_extend(struct tdx_fw *fw, struct tdx_regs *r)
{
	uint64_t at = r->rcx & (PAGE_4K - 1), gpa, st;
	struct tdx_regs q = *r;
	uint8_t chunk[256];
	struct tdx_sept s;
	struct fw_td *td;

	if (at & (sizeof(chunk) - 1))
		return BAD(TDX_OPERAND_INVALID, RCX);
	q.rcx -= at;
	st = entry_of(fw, &q, TD_IN(INIT), TDX_LEVEL_4K, TDX_LEVEL_4K, &td,
		      &gpa, &s);
	if (st) {
		*r = q;
		return st;
	}
	if (tdx_sept_state(s.e) != SEPT_MAPPED) {
		tell(r, &s);
		return BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX);
	}
	if (tdx_own_io(fw->cfg.own, (s.e & EPT_ADDR) + at, chunk, sizeof(chunk),
		       false, TDX_VIEW_TD, td->hkid))
		IL_ASSERT(false);
	st = extend(fw, td, "MR.EXTEND", gpa + at);
	if (!st &&
	    crypto_hash_update(fw->cfg.crypto, td->mr, chunk, sizeof(chunk)))
		st = TDX_OP_STATE_INCORRECT;
	bytes_wipe(chunk, sizeof(chunk));
	return st;
}

/* --- taking away --- */

uint64_t tdxm_tracked(const struct fw_td *td, uint64_t bepoch)
{
	/* Those that came in before the block are in the epoch of the block
	 * or older; TRACK does not move on while older ones are inside. */
	if (bepoch >= td->epoch)
		return TDX_TLB_TRACKING_NOT_DONE;
	if (bepoch + 1 == td->epoch && td->inside[bepoch & 1])
		return TDX_TLB_TRACKING_NOT_DONE;
	/* The unit is free of what stood in the epoch before, or has nothing
	 * of this TD. */
	if (td->dmars && td->inv_epoch <= bepoch)
		return TDX_IOMMU_IOTLB_TRACKING_NOT_DONE;
	return TDX_SUCCESS;
}

static uint64_t blocked_of(uint64_t state)
{
	switch (state) {
	case SEPT_MAPPED:
		return SEPT_BLOCKED;
	case SEPT_PENDING:
		return SEPT_PENDING_BLOCKED;
	case SEPT_NL_MAPPED:
		return SEPT_NL_BLOCKED;
	default:
		return 0;
	}
}

/*
 * While a device of the TD may reach its memory, the host takes away only what
 * the TD has released: a dropped write is invisible to the device (law 43).
 * OPEN: the status.
 */
uint64_t tdxm_range_block(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct tdx_sept s;
	struct fw_td *td;
	uint64_t gpa, st, to;

	st = entry_of(fw, r, TD_IN(RUNNABLE), TDX_LEVEL_4K, TDX_LEVEL_PML, &td,
		      &gpa, &s);
	if (st)
		return st;
	to = blocked_of(tdx_sept_state(s.e));
	if (!to || (s.level && tdx_sept_state(s.e) != SEPT_NL_MAPPED)) {
		tell(r, &s);
		return s.e & SEPT_TDB && tdx_sept_state(s.e) != SEPT_FREE
			       ? BAD(TDX_GPA_RANGE_ALREADY_BLOCKED, RCX)
			       : BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX);
	}
	/* A table is blocked when nothing hangs below it. */
	if (s.level && !tdx_sept_empty(fw->cfg.own, s.e & EPT_ADDR))
		return BAD(TDX_EPT_ENTRY_NOT_LEAF, RCX);
	if (td->dmars && to == SEPT_BLOCKED)
		return BAD(TDX_TD_HAS_ATTACHED_DEVICES, RCX);
	tdx_own_bepoch(fw->cfg.own, s.e & EPT_ADDR, td->epoch);
	tdx_sept_put(fw->cfg.own, &s,
		     (s.e & ~(SEPT_STATE | EPT_RWX)) | to | EPT_SVE);
	return TDX_SUCCESS;
}

uint64_t tdxm_range_unblock(struct tdx_fw *fw, struct tdx_regs *r)
{
	const struct tdx_page *p;
	struct tdx_sept s;
	struct fw_td *td;
	uint64_t gpa, st, state;

	st = entry_of(fw, r, TD_IN(RUNNABLE), TDX_LEVEL_4K, TDX_LEVEL_4K, &td,
		      &gpa, &s);
	if (st)
		return st;
	state = tdx_sept_state(s.e);
	if (state != SEPT_BLOCKED && state != SEPT_PENDING_BLOCKED) {
		tell(r, &s);
		return BAD(TDX_GPA_RANGE_NOT_BLOCKED, RCX);
	}
	p = tdx_own_page(fw->cfg.own, s.e & EPT_ADDR);
	st = tdxm_tracked(td, p->bepoch);
	if (st)
		return BAD(st, RCX);
	tdx_sept_put(fw->cfg.own, &s,
		     (s.e & EPT_ADDR) |
			     (state == SEPT_BLOCKED ? SEPT_MAPPED | EPT_RWX
						    : SEPT_PENDING | EPT_SVE));
	return TDX_SUCCESS;
}

uint64_t tdxm_mem_track(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_td *td;
	uint64_t st = tdxm_td_in(fw, r->rcx, TDX_OP_RCX, TD_IN(RUNNABLE), &td);

	if (st)
		return st;
	if (td->inside[1 - (td->epoch & 1)])
		return TDX_PREVIOUS_TLB_EPOCH_BUSY;
	td->epoch++;
	return TDX_SUCCESS;
}

/* The entry is blocked and forgotten; or nobody runs yet. */
static uint64_t removable(const struct tdx_fw *fw, const struct fw_td *td,
			  const struct tdx_sept *s, struct tdx_regs *r)
{
	uint64_t st;

	if (td->state != TDX_TD_RUNNABLE)
		return TDX_SUCCESS;
	if (!(s->e & SEPT_TDB)) {
		tell(r, s);
		return BAD(TDX_GPA_RANGE_NOT_BLOCKED, RCX);
	}
	st = tdxm_tracked(td,
			  tdx_own_page(fw->cfg.own, s->e & EPT_ADDR)->bepoch);
	return st ? BAD(st, RCX) : TDX_SUCCESS;
}

uint64_t tdxm_page_remove(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct tdx_sept s;
	struct fw_td *td;
	uint64_t gpa, st, state;

	st = entry_of(fw, r, TD_LIVE, TDX_LEVEL_4K, TDX_LEVEL_4K, &td, &gpa,
		      &s);
	if (st)
		return st;
	state = tdx_sept_state(s.e) & ~SEPT_TDB;
	if (state != SEPT_MAPPED && state != SEPT_PENDING) {
		tell(r, &s);
		return BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX);
	}
	st = removable(fw, td, &s, r);
	if (st)
		return st;
	tdx_sept_put(fw->cfg.own, &s, SEPT_FREE | EPT_SVE);
	tdxm_give(fw, s.e & EPT_ADDR, td);
	return TDX_SUCCESS;
}

uint64_t tdxm_sept_remove(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct tdx_sept s;
	struct fw_td *td;
	uint64_t gpa, st, state;

	st = entry_of(fw, r, TD_LIVE, TDX_LEVEL_2M, TDX_LEVEL_PML, &td, &gpa,
		      &s);
	if (st)
		return st;
	state = tdx_sept_state(s.e);
	if (state != SEPT_NL_MAPPED && state != SEPT_NL_BLOCKED) {
		tell(r, &s);
		return BAD(TDX_EPT_ENTRY_STATE_INCORRECT, RCX);
	}
	if (!tdx_sept_empty(fw->cfg.own, s.e & EPT_ADDR))
		return BAD(TDX_EPT_PAGE_NOT_FREE, RCX);
	st = removable(fw, td, &s, r);
	if (st)
		return st;
	tdx_sept_put(fw->cfg.own, &s, SEPT_FREE | EPT_SVE);
	tdxm_give(fw, s.e & EPT_ADDR, td);
	r->r8 = s.e & EPT_ADDR;
	return TDX_SUCCESS;
}

uint64_t tdxm_sept_rd(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct tdx_sept s;
	struct fw_td *td;
	uint64_t gpa, st;

	st = entry_of(fw, r, TD_LIVE, TDX_LEVEL_4K, TDX_LEVEL_PML, &td, &gpa,
		      &s);
	if (!st)
		tell(r, &s);
	return st;
}

/* --- the host's half, for T = 1 DMA to shared memory --- */

/*
 * One entry of the root, so that a walk from there finds the host's tables
 * behind the shared bit. What hangs below is the host's and judged page by
 * page. Source: TDX module 2.0, tdh_mem_shared_sept_wr.c
 */
uint64_t tdxm_shared_sept_wr(struct tdx_fw *fw, struct tdx_regs *r)
{
	uint64_t gpa = r->rcx & TDX_GPA_MASK, st;
	struct tdx_sept s;
	struct fw_td *td;

	st = tdxm_td_in(fw, r->rdx, TDX_OP_RDX, TD_LIVE, &td);
	if (st)
		return st;
	if (r->rcx & TDX_GPA_RSVD ||
	    (r->rcx & TDX_GPA_LEVEL) != TDX_LEVEL_PML ||
	    !(gpa & TDX_GPA_SHARED) || gpa >= TDX_GPA_SHARED << 1 ||
	    gpa & MASK64(38, 12))
		return BAD(TDX_OPERAND_INVALID, RCX);
	if (r->r8 & ~(EPT_ADDR | EPT_RWX) || (r->r8 && !(r->r8 & EPT_RWX)))
		return BAD(TDX_OPERAND_INVALID, R8);
	if (r->r8)
		st = tdxm_shared_page(fw, r->r8 & EPT_ADDR, TDX_OP_R8);
	if (st)
		return st;
	st = tdxm_walk(fw, td, gpa, TDX_LEVEL_PML, r, &s);
	if (st)
		return st;
	tdx_sept_put(fw->cfg.own, &s, r->r8);
	for (unsigned i = 0; i < fw->devifs_used; i++)
		if (fw->devif[i].bind && fw->devif[i].td == td)
			iommu_forget(fw->cfg.own->iommu,
				     fw->devif[i].function & TDX_FUNC_RID);
	return TDX_SUCCESS;
}
