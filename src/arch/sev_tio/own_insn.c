/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/sev_tio/own.h"

#include "arch/sev_tio/own_priv.h"
#include "base/bits.h"

#define GPA_BITS MASK64(51, 12)

static uint64_t bytes_of(unsigned size)
{
	return size == RMP_2M ? PAGE_2M : PAGE_4K;
}

static void trace(const struct own *o, uint64_t pa)
{
	const struct own_page *p = own_page_at(o, pa);

	env_trace(o->env, OWN_TRACE_RMP, pa, (uint64_t)own_page_state(p),
		  p->asid);
}

/* --- the host's --- */

static bool update_shape(const struct own *o, uint64_t pa,
			 const struct rmp_update *u)
{
	uint64_t size = bytes_of(u->pagesize);

	if (u->assigned > 1 || u->pagesize > RMP_2M || u->immutable > 1 ||
	    u->rsvd || u->asid >= o->asids)
		return false;
	if (pa & (size - 1) || u->gpa & (size - 1) || u->gpa & ~GPA_BITS)
		return false;
	return u->assigned || (!u->asid && !u->immutable);
}

enum rmp_rc own_rmpupdate(struct own *o, uint64_t pa,
			  const struct rmp_update *u)
{
	uint64_t end = pa + bytes_of(u->pagesize);
	struct own_page n = { 0 };

	if (!update_shape(o, pa, u) || !own_range_at(o, pa))
		return RMP_FAIL_INPUT;
	for (uint64_t at = pa; at < end; at += PAGE_4K) {
		uint8_t flags = own_page_at(o, at)->flags;

		if (flags & OWN_F_BUSY)
			return RMP_FAIL_INUSE;
		if (flags & OWN_F_IMMUTABLE)
			return RMP_FAIL_PERMISSION;
		if (flags & OWN_F_ASSIGNED &&
		    !(flags & OWN_F_2M) != (u->pagesize == RMP_4K))
			return RMP_FAIL_OVERLAP;
	}
	if (u->assigned) {
		n.gpa = u->gpa;
		n.asid = (uint16_t)u->asid;
		n.flags = OWN_F_ASSIGNED;
		n.flags |= u->immutable ? OWN_F_IMMUTABLE : 0;
		n.flags |= u->pagesize == RMP_2M ? OWN_F_2M : 0;
		own_perm_set(&n, 0, u->asid ? RMP_PERM_ALL : 0);
	}
	for (uint64_t at = pa; at < end; at += PAGE_4K) {
		own_page_set(o, at, n);
		n.gpa += u->assigned ? PAGE_4K : 0;
	}
	trace(o, pa);
	return RMP_OK;
}

enum rmp_rc own_psmash(struct own *o, uint64_t pa)
{
	const struct own_page *p = own_page_at(o, pa);

	if (pa & (PAGE_2M - 1) || !p)
		return RMP_FAIL_INPUT;
	if (!(p->flags & OWN_F_2M))
		return RMP_FAIL_BADADDR;
	for (uint64_t at = pa; at < pa + PAGE_2M; at += PAGE_4K)
		if (own_page_at(o, at)->flags & OWN_F_BUSY)
			return RMP_FAIL_INUSE;
	if (p->flags & OWN_F_IMMUTABLE)
		return RMP_FAIL_PERMISSION;
	for (uint64_t at = pa; at < pa + PAGE_2M; at += PAGE_4K) {
		struct own_page n = *own_page_at(o, at);

		n.flags &= (uint8_t)~OWN_F_2M;
		own_page_set(o, at, n);
	}
	trace(o, pa);
	return RMP_OK;
}

enum rmp_rc own_rmpread(const struct own *o, uint64_t pa, struct rmp_read *out)
{
	const struct own_range *r = own_range_at(o, pa);
	const struct own_page *p = own_page_at(o, pa);

	if (pa & (PAGE_4K - 1) || !r || !p)
		return RMP_FAIL_INPUT;
	*out = (struct rmp_read){
		.gpa = p->gpa,
		.assigned = (p->flags & OWN_F_ASSIGNED) != 0,
		.pagesize = p->flags & OWN_F_2M ? RMP_2M : RMP_4K,
		.immutable = (p->flags & OWN_F_IMMUTABLE) != 0,
		.hpage_any = own_assigned(r, pa - r->base) != 0,
		.asid = p->asid,
	};
	return RMP_OK;
}

/* --- the guest's --- */

/* @r: what a processor asks for, once its second stage has been walked. */
static enum il_err insn_fault(const struct mem_req *r, const struct rule *rule,
			      enum fault_stage stage, struct fault *f)
{
	*f = (struct fault){
		.rule = rule,
		.stage = stage,
		.who = AGENT_VCPU,
		.id = r->owner,
		.addr = r->gpa,
		.pa = r->pa,
		.write = true,
		.trusted = true,
	};
	return IL_E_IO;
}

/*
 * What PVALIDATE and RMPADJUST ask of the entry alike. IL_OK with *rc set
 * other than RMP_OK: the guest gets that code.
 */
static enum il_err insn_entry(const struct own *o, const struct mem_req *r,
			      enum rmp_size size, enum rmp_rc *rc,
			      struct fault *f)
{
	const struct own_page *p = own_page_at(o, r->pa);

	*rc = RMP_OK;
	if (!p)
		return insn_fault(r, &own_rule_uncovered, FAULT_OWNER, f);
	if (!(p->flags & OWN_F_ASSIGNED))
		return insn_fault(r, &own_rule_unassigned, FAULT_OWNER, f);
	if (p->asid != r->owner || !r->owner)
		return insn_fault(r, &own_rule_asid, FAULT_OWNER, f);
	if (size == RMP_4K && p->flags & OWN_F_2M)
		return insn_fault(r, &own_rule_size_small, FAULT_STAGE2, f);
	if (size == RMP_2M && (r->leaf < PAGE_2M || !(p->flags & OWN_F_2M)))
		*rc = RMP_FAIL_SIZEMISMATCH;
	else if (p->gpa != r->gpa)
		return insn_fault(r, &own_rule_gpa, FAULT_OWNER, f);
	return IL_OK;
}

/* What it takes before any table is looked at: above VMPL 0 nothing goes. */
static bool validate_shape(const struct mem_req *r, enum rmp_size size,
			   enum rmp_rc *rc, enum il_err *err, struct fault *f)
{
	*err = IL_OK;
	if (r->level)
		*err = insn_fault(r, &own_rule_vmpl0, FAULT_OWNER, f);
	else if (r->gpa & (bytes_of(size) - 1))
		*rc = RMP_FAIL_INPUT;
	else
		return true;
	return false;
}

enum il_err own_pvalidate_at(struct own *o, const struct mem_req *r,
			     enum rmp_size size, bool validate, enum rmp_rc *rc,
			     bool *same, struct fault *f)
{
	const struct own_page *p;
	enum rmp_rc code;
	enum il_err err;

	if (!validate_shape(r, size, rc, &err, f))
		return err;
	err = insn_entry(o, r, size, &code, f);
	if (err)
		return err;
	if (code) {
		*rc = code;
		return IL_OK;
	}
	p = own_page_at(o, r->pa);
	if (p->flags & OWN_F_IMMUTABLE)
		return insn_fault(r, &own_rule_immutable, FAULT_OWNER, f);
	if (p->flags & OWN_F_IO)
		return insn_fault(r, &own_rule_io, FAULT_OWNER, f);
	*rc = RMP_OK;
	*same = validate == !!(p->flags & OWN_F_VALIDATED);
	if (*same)
		return IL_OK;
	for (uint64_t at = 0; at < bytes_of(size); at += PAGE_4K) {
		struct own_page n = *own_page_at(o, r->pa + at);

		n.flags ^= OWN_F_VALIDATED;
		own_page_set(o, r->pa + at, n);
	}
	trace(o, r->pa);
	return IL_OK;
}

enum il_err own_pvalidate(struct own *o, const struct s2_cpu *c, uint64_t gpa,
			  enum rmp_size size, bool validate, enum rmp_rc *rc,
			  bool *same, struct fault *f)
{
	struct mem_req r = { .gpa = gpa, .owner = c->owner, .level = c->level };
	enum il_err err;

	if (!validate_shape(&r, size, rc, &err, f))
		return err;
	err = s2_translate(c, gpa, 1, false, true, &r, f);
	return err ? err : own_pvalidate_at(o, &r, size, validate, rc, same, f);
}

#define ATTR_VMPL  MASK64(7, 0)
#define ATTR_PERM  MASK64(15, 8)
#define ATTR_KNOWN (ATTR_VMPL | ATTR_PERM | RMP_ADJUST_VMSA)

static enum rmp_rc adjust_shape(uint8_t level, uint64_t gpa, enum rmp_size size,
				uint64_t attr)
{
	uint64_t vmpl = field_get(ATTR_VMPL, attr);

	if (gpa & (bytes_of(size) - 1) || attr & ~ATTR_KNOWN ||
	    vmpl >= RMP_VMPLS ||
	    field_get(ATTR_PERM, attr) & ~(uint64_t)RMP_PERM_ALL)
		return RMP_FAIL_INPUT;
	if (vmpl <= level || (attr & RMP_ADJUST_VMSA && level))
		return RMP_FAIL_PERMISSION;
	return RMP_OK;
}

enum il_err own_rmpadjust_at(struct own *o, const struct mem_req *r,
			     enum rmp_size size, uint64_t attr, enum rmp_rc *rc,
			     struct fault *f)
{
	uint64_t vmpl = field_get(ATTR_VMPL, attr);
	uint8_t perm = (uint8_t)field_get(ATTR_PERM, attr);
	enum rmp_rc code = adjust_shape(r->level, r->gpa, size, attr);
	const struct own_page *p;
	enum il_err err = IL_OK;

	if (!code)
		err = insn_entry(o, r, size, &code, f);
	if (err)
		return err;
	if (code) {
		*rc = code;
		return IL_OK;
	}
	p = own_page_at(o, r->pa);
	if (!(p->flags & OWN_F_VALIDATED))
		return insn_fault(r, &own_rule_validated, FAULT_OWNER, f);
	*rc = RMP_FAIL_PERMISSION;
	if (perm & ~own_perm(p, r->level))
		return IL_OK;
	*rc = RMP_OK;
	for (uint64_t at = 0; at < bytes_of(size); at += PAGE_4K) {
		struct own_page n = *own_page_at(o, r->pa + at);

		own_perm_set(&n, (unsigned)vmpl, perm);
		if (!r->level)
			n.flags &= (uint8_t)~OWN_F_VMSA;
		if (attr & RMP_ADJUST_VMSA)
			n.flags |= OWN_F_VMSA;
		own_page_set(o, r->pa + at, n);
	}
	trace(o, r->pa);
	return IL_OK;
}

enum il_err own_rmpadjust(struct own *o, const struct s2_cpu *c, uint64_t gpa,
			  enum rmp_size size, uint64_t attr, enum rmp_rc *rc,
			  struct fault *f)
{
	enum rmp_rc code = adjust_shape(c->level, gpa, size, attr);
	struct mem_req r;
	enum il_err err;

	if (code) {
		*rc = code;
		return IL_OK;
	}
	err = s2_translate(c, gpa, 1, false, true, &r, f);
	return err ? err : own_rmpadjust_at(o, &r, size, attr, rc, f);
}

/* --- firmware's --- */

struct fw_edge {
	bool legal;
	uint8_t set;
	uint8_t clear;
};

/* clang-format off */
static const struct fw_edge fw_edges[OWN_GUEST_PINNED + 1]
				    [OWN_GUEST_PINNED + 1] = {
	[OWN_FIRMWARE]	    [OWN_CONTEXT]       = { true, OWN_F_CONTEXT, 0 },
	[OWN_CONTEXT]	    [OWN_FIRMWARE]      = { true, 0, OWN_F_CONTEXT },
	[OWN_FIRMWARE]	    [OWN_RECLAIM]       = { true, 0, OWN_F_IMMUTABLE },
	[OWN_PRE_GUEST]	    [OWN_RECLAIM]       = { true, 0, OWN_F_IMMUTABLE },
	[OWN_PRE_GUEST]	    [OWN_GUEST_VALID]   = { true, OWN_F_VALIDATED,
						    OWN_F_IMMUTABLE },
	[OWN_PRE_GUEST]	    [OWN_GUEST_PINNED]  = { true, OWN_F_VALIDATED, 0 },
	[OWN_PRE_GUEST]	    [OWN_GUEST_INVALID] = { true, 0, OWN_F_IMMUTABLE },
	[OWN_GUEST_INVALID] [OWN_PRE_GUEST]     = { true, OWN_F_IMMUTABLE, 0 },
	[OWN_GUEST_VALID]   [OWN_GUEST_PINNED]  = { true, OWN_F_IMMUTABLE, 0 },
	[OWN_GUEST_PINNED]  [OWN_GUEST_VALID]   = { true, 0, OWN_F_IMMUTABLE },
	[OWN_GUEST_PINNED]  [OWN_PRE_GUEST]     = { true, 0, OWN_F_VALIDATED },
	[OWN_GUEST_PINNED]  [OWN_GUEST_INVALID] = { true, 0, OWN_F_IMMUTABLE |
						    OWN_F_VALIDATED },
};
/* clang-format on */

enum il_err own_fw_move(struct own *o, uint64_t pa, enum own_state from,
			enum own_state to)
{
	const struct own_page *p = own_page_at(o, pa);
	const struct fw_edge *e;
	struct own_page n;

	if (!p || from > OWN_GUEST_PINNED || to > OWN_GUEST_PINNED)
		return IL_E_ARG;
	e = &fw_edges[from][to];
	if (own_page_state(p) != from || !e->legal || p->flags & OWN_F_2M)
		return IL_E_STATE;
	n = *p;
	n.flags = (uint8_t)((n.flags | e->set) & ~e->clear);
	if (to == OWN_RECLAIM) {
		n.gpa = 0;
		n.asid = 0;
		n.flags &= (uint8_t)~OWN_F_VMSA;
		n.perm = 0;
	}
	own_page_set(o, pa, n);
	trace(o, pa);
	return IL_OK;
}

enum il_err own_fw_unsmash(struct own *o, uint64_t pa)
{
	const struct own_page *first = own_page_at(o, pa);

	if (pa & (PAGE_2M - 1) || !first)
		return IL_E_ARG;
	if (!first->asid || first->gpa & (PAGE_2M - 1) ||
	    first->flags & (OWN_F_2M | OWN_F_IMMUTABLE | OWN_F_BUSY | OWN_F_IO))
		return IL_E_STATE;
	for (uint64_t at = PAGE_4K; at < PAGE_2M; at += PAGE_4K) {
		const struct own_page *p = own_page_at(o, pa + at);

		if (p->flags != first->flags || p->asid != first->asid ||
		    p->gpa != first->gpa + at || p->perm != first->perm)
			return IL_E_STATE;
	}
	for (uint64_t at = 0; at < PAGE_2M; at += PAGE_4K) {
		struct own_page n = *own_page_at(o, pa + at);

		n.flags |= OWN_F_2M;
		own_page_set(o, pa + at, n);
	}
	trace(o, pa);
	return IL_OK;
}

enum il_err own_fw_perm(struct own *o, uint64_t pa,
			const uint8_t perm[RMP_VMPLS])
{
	const struct own_page *p = own_page_at(o, pa);
	struct own_page n;

	if (!p)
		return IL_E_ARG;
	for (unsigned i = 0; i < RMP_VMPLS; i++)
		if (perm[i] & ~RMP_PERM_ALL)
			return IL_E_ARG;
	if (!p->asid || p->flags & OWN_F_2M)
		return IL_E_STATE;
	n = *p;
	for (unsigned i = 0; i < RMP_VMPLS; i++)
		own_perm_set(&n, i, perm[i]);
	own_page_set(o, pa, n);
	return IL_OK;
}

enum il_err own_hold(struct own *o, uint64_t pa, bool held)
{
	const struct own_page *p = own_page_at(o, pa);
	struct own_page n;

	if (!p)
		return IL_E_ARG;
	n = *p;
	n.flags &= (uint8_t)~OWN_F_BUSY;
	n.flags |= held ? OWN_F_BUSY : 0;
	own_page_set(o, pa, n);
	return IL_OK;
}
