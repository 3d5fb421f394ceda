/* SPDX-License-Identifier: BSD-2-Clause */
#include "own_rig.h"

/* RMPUPDATE, PSMASH, RMPREAD, PVALIDATE, RMPADJUST, firmware's moves. */

static void update_refused(struct rig *r, uint64_t pa, struct rmp_update u,
			   enum rmp_rc rc)
{
	rig_keep(r);
	assert_int_equal(own_rmpupdate(&r->o, pa, &u), rc);
	rig_same(r);
}

static void rmpupdate_writes_the_entry_and_clears_validated(void **unused)
{
	struct own_page p;
	enum rmp_rc rc;
	struct fault f;
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(own_state(&r.o, DATA), OWN_HYPERVISOR);
	own_it(&r, DATA, RMP_4K);
	assert_int_equal(own_rmpadjust(&r.o, &r.c, GPA, RMP_4K,
				       1 | RMP_PERM_ALL << 8 | RMP_ADJUST_VMSA,
				       &rc, &f),
			 IL_OK);
	assert_int_equal(own_state(&r.o, DATA), OWN_GUEST_VALID);
	assert_int_equal(assign(&r, DATA, GPA, ASID, RMP_4K, false), RMP_OK);
	assert_int_equal(r.fake.last_ev, OWN_TRACE_RMP);
	assert_int_equal(own_state(&r.o, DATA), OWN_GUEST_INVALID);
	assert_int_equal(own_entry(&r.o, DATA, &p), IL_OK);
	assert_int_equal(p.flags, OWN_F_ASSIGNED);
	assert_int_equal(p.gpa, GPA);
	assert_int_equal(p.asid, ASID);
	assert_int_equal(own_perm(&p, 0), RMP_PERM_ALL);
	assert_int_equal(own_perm(&p, 1), 0);
	assert_int_equal(sizeof(p), 16);
	assert_int_equal(own_entry(&r.o, 0, &p), IL_E_ARG);
	assert_int_equal(own_state(&r.o, 0), OWN_NONE);
	/* back to the host */
	assert_int_equal(unassign(&r, DATA, RMP_4K), RMP_OK);
	assert_int_equal(own_entry(&r.o, DATA, &p), IL_OK);
	assert_int_equal(p.flags | p.gpa | p.asid | own_perm(&p, 0), 0);
	/* firmware's: no permissions for anybody */
	assert_int_equal(assign(&r, DATA, 0, 0, RMP_4K, true), RMP_OK);
	assert_int_equal(own_entry(&r.o, DATA, &p), IL_OK);
	assert_int_equal(own_perm(&p, 0), 0);
	assert_int_equal(own_state(&r.o, DATA), OWN_FIRMWARE);
	rig_down(&r);
}

static void rmpupdate_refuses_what_does_not_fit(void **unused)
{
	const struct rmp_update ok = { .gpa = GPA, .assigned = 1, .asid = 2 };
	struct rmp_update u;
	struct rig r;

	(void)unused;
	rig_up(&r);
	update_refused(&r, DATA + 8, ok, RMP_FAIL_INPUT);
	update_refused(&r, RAM - PAGE_4K, ok, RMP_FAIL_INPUT);
	update_refused(&r, RAM + RAM_SIZE, ok, RMP_FAIL_INPUT);
	u = ok;
	u.pagesize = RMP_2M;
	update_refused(&r, DATA + PAGE_4K, u, RMP_FAIL_INPUT);
	u.gpa = GPA + PAGE_4K;
	update_refused(&r, DATA, u, RMP_FAIL_INPUT);
	u.pagesize = 2;
	u.gpa = GPA;
	update_refused(&r, DATA, u, RMP_FAIL_INPUT);
	u = ok;
	u.gpa = GPA + 1;
	update_refused(&r, DATA, u, RMP_FAIL_INPUT);
	u.gpa = BIT64(52);
	update_refused(&r, DATA, u, RMP_FAIL_INPUT);
	u = ok;
	u.assigned = 2;
	update_refused(&r, DATA, u, RMP_FAIL_INPUT);
	u = ok;
	u.immutable = 2;
	update_refused(&r, DATA, u, RMP_FAIL_INPUT);
	u = ok;
	u.rsvd = 1;
	update_refused(&r, DATA, u, RMP_FAIL_INPUT);
	u = ok;
	u.asid = ASIDS;
	update_refused(&r, DATA, u, RMP_FAIL_INPUT);
	u = ok;
	u.assigned = 0;
	update_refused(&r, DATA, u, RMP_FAIL_INPUT);
	u.asid = 0;
	u.immutable = 1;
	update_refused(&r, DATA, u, RMP_FAIL_INPUT);
	rig_down(&r);
}

static void rmpupdate_refuses_immutable_pages(void **unused)
{
	struct rmp_update u = { .gpa = GPA, .assigned = 1, .asid = ASID };
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(assign(&r, DATA, GPA, ASID, RMP_4K, true), RMP_OK);
	update_refused(&r, DATA, u, RMP_FAIL_PERMISSION);
	update_refused(&r, DATA, (struct rmp_update){ 0 }, RMP_FAIL_PERMISSION);
	assert_int_equal(own_fw_move(&r.o, DATA, OWN_PRE_GUEST, OWN_RECLAIM),
			 IL_OK);
	assert_int_equal(unassign(&r, DATA, RMP_4K), RMP_OK);
	/* anywhere in two megabytes */
	assert_int_equal(assign(&r, DATA + 511 * PAGE_4K, 0, 0, RMP_4K, true),
			 RMP_OK);
	u.pagesize = RMP_2M;
	update_refused(&r, DATA, u, RMP_FAIL_PERMISSION);
	rig_down(&r);
}

static void rmpupdate_sees_overlaps_in_both_directions(void **unused)
{
	struct rmp_update u = { .gpa = GPA, .assigned = 1, .asid = ASID };
	struct own_page p;
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(
		assign(&r, DATA + 7 * PAGE_4K, GPA, ASID, RMP_4K, false),
		RMP_OK);
	u.pagesize = RMP_2M;
	update_refused(&r, DATA, u, RMP_FAIL_OVERLAP);
	update_refused(&r, DATA, (struct rmp_update){ .pagesize = RMP_2M },
		       RMP_FAIL_OVERLAP);
	assert_int_equal(unassign(&r, DATA + 7 * PAGE_4K, RMP_4K), RMP_OK);
	assert_int_equal(own_rmpupdate(&r.o, DATA, &u), RMP_OK);
	for (uint64_t i = 0; i < 512; i++) {
		assert_int_equal(own_entry(&r.o, DATA + i * PAGE_4K, &p),
				 IL_OK);
		assert_int_equal(p.gpa, GPA + i * PAGE_4K);
		assert_int_equal(p.flags, OWN_F_ASSIGNED | OWN_F_2M);
	}
	u.pagesize = RMP_4K;
	update_refused(&r, DATA, u, RMP_FAIL_OVERLAP);
	update_refused(&r, DATA + PAGE_4K, (struct rmp_update){ 0 },
		       RMP_FAIL_OVERLAP);
	assert_int_equal(unassign(&r, DATA, RMP_2M), RMP_OK);
	assert_int_equal(own_rmpupdate(&r.o, DATA, &u), RMP_OK);
	rig_down(&r);
}

static void a_held_entry_is_in_use(void **unused)
{
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(assign(&r, DATA, GPA, ASID, RMP_2M, false), RMP_OK);
	assert_int_equal(own_hold(&r.o, DATA + 3 * PAGE_4K, true), IL_OK);
	rig_keep(&r);
	assert_int_equal(own_psmash(&r.o, DATA), RMP_FAIL_INUSE);
	assert_int_equal(unassign(&r, DATA, RMP_2M), RMP_FAIL_INUSE);
	rig_same(&r);
	assert_int_equal(own_hold(&r.o, DATA + 3 * PAGE_4K, false), IL_OK);
	assert_int_equal(own_psmash(&r.o, DATA), RMP_OK);
	assert_int_equal(own_hold(&r.o, 0, true), IL_E_ARG);
	rig_down(&r);
}

static void psmash_keeps_every_attribute(void **unused)
{
	enum rmp_rc rc;
	struct fault f;
	struct own_page p;
	struct rig r;

	(void)unused;
	rig_up(&r);
	map_both(&r, PAGE_2M);
	own_it(&r, DATA, RMP_2M);
	assert_int_equal(own_rmpadjust(&r.o, &r.c, GPA, RMP_2M,
				       2 | RMP_PERM_R << 8, &rc, &f),
			 IL_OK);
	assert_int_equal(rc, RMP_OK);
	assert_int_equal(own_psmash(&r.o, DATA), RMP_OK);
	for (uint64_t i = 0; i < 512; i++) {
		assert_int_equal(own_entry(&r.o, DATA + i * PAGE_4K, &p),
				 IL_OK);
		assert_int_equal(p.gpa, GPA + i * PAGE_4K);
		assert_int_equal(p.asid, ASID);
		assert_int_equal(p.flags, OWN_F_ASSIGNED | OWN_F_VALIDATED);
		assert_int_equal(own_perm(&p, 2), RMP_PERM_R);
	}
	rig_down(&r);
}

static void unsmash_gives_back_what_psmash_took(void **unused)
{
	struct own_page p;
	struct rig r;

	(void)unused;
	rig_up(&r);
	map_both(&r, PAGE_2M);
	own_it(&r, DATA, RMP_2M);
	rig_keep(&r);
	assert_int_equal(own_psmash(&r.o, DATA), RMP_OK);
	assert_int_equal(own_fw_unsmash(&r.o, DATA), IL_OK);
	for (uint64_t i = 0; i < 512; i++) {
		assert_int_equal(own_entry(&r.o, DATA + i * PAGE_4K, &p),
				 IL_OK);
		assert_int_equal(p.gpa, GPA + i * PAGE_4K);
		assert_int_equal(p.flags,
				 OWN_F_ASSIGNED | OWN_F_VALIDATED | OWN_F_2M);
	}
	assert_int_equal(own_fw_unsmash(&r.o, DATA), IL_E_STATE);
	assert_int_equal(own_fw_unsmash(&r.o, DATA + PAGE_4K), IL_E_ARG);
	assert_int_equal(own_fw_unsmash(&r.o, 0), IL_E_ARG);
	assert_true(own_sane(&r.o));
	rig_down(&r);
}

enum { TAKEN_BACK, SHARED, HELD, LESS, PINNED, ALL_HELD, ALL_PINNED, WAYS };

/* One page of the 512 is not as the others, or none may be joined. */
static void differ(struct rig *r, unsigned way)
{
	const uint64_t odd = 300 * PAGE_4K;
	enum rmp_rc rc;
	struct fault f;
	bool same;

	if (way == TAKEN_BACK)
		assert_int_equal(own_pvalidate(&r->o, &r->c, GPA + odd, RMP_4K,
					       false, &rc, &same, &f),
				 IL_OK);
	if (way == SHARED)
		assert_int_equal(unassign(r, DATA + odd, RMP_4K), RMP_OK);
	if (way == LESS)
		assert_int_equal(own_rmpadjust(&r->o, &r->c, GPA + odd, RMP_4K,
					       1 | RMP_PERM_R << 8, &rc, &f),
				 IL_OK);
	for (uint64_t at = 0; at < PAGE_2M; at += PAGE_4K) {
		if (way == ALL_HELD || (way == HELD && at == odd))
			assert_int_equal(own_hold(&r->o, DATA + at, true),
					 IL_OK);
		if (way == ALL_PINNED || (way == PINNED && at == odd))
			assert_int_equal(own_fw_move(&r->o, DATA + at,
						     OWN_GUEST_VALID,
						     OWN_GUEST_PINNED),
					 IL_OK);
	}
}

static void unsmash_refuses_pages_that_differ(void **unused)
{
	struct rig r;

	(void)unused;
	for (unsigned way = 0; way < WAYS; way++) {
		rig_up(&r);
		map_both(&r, PAGE_2M);
		own_it(&r, DATA, RMP_2M);
		assert_int_equal(own_psmash(&r.o, DATA), RMP_OK);
		differ(&r, way);
		rig_keep(&r);
		assert_int_equal(own_fw_unsmash(&r.o, DATA), IL_E_STATE);
		rig_same(&r);
		rig_down(&r);
	}
}

/* Else RMPUPDATE's own check of the address could be gone round. */
static void unsmash_joins_no_mmio_and_no_odd_address(void **unused)
{
	const uint64_t base[] = { DATA, align_down(BAR, PAGE_2M) };
	const uint64_t gpa[] = { GPA + PAGE_4K, GPA };
	struct rig r;

	(void)unused;
	for (unsigned way = 0; way < 2; way++) {
		rig_up(&r);
		for (uint64_t at = 0; at < PAGE_2M; at += PAGE_4K)
			assert_int_equal(assign(&r, base[way] + at,
						gpa[way] + at, ASID, RMP_4K,
						false),
					 RMP_OK);
		rig_keep(&r);
		assert_int_equal(own_fw_unsmash(&r.o, base[way]), IL_E_STATE);
		rig_same(&r);
		rig_down(&r);
	}
}

static void psmash_refuses_by_code(void **unused)
{
	struct rig r;

	(void)unused;
	rig_up(&r);
	rig_keep(&r);
	assert_int_equal(own_psmash(&r.o, DATA), RMP_FAIL_BADADDR);
	assert_int_equal(own_psmash(&r.o, DATA + PAGE_4K), RMP_FAIL_INPUT);
	assert_int_equal(own_psmash(&r.o, 0), RMP_FAIL_INPUT);
	rig_same(&r);
	assert_int_equal(assign(&r, DATA, GPA, ASID, RMP_2M, true), RMP_OK);
	rig_keep(&r);
	assert_int_equal(own_psmash(&r.o, DATA), RMP_FAIL_PERMISSION);
	rig_same(&r);
	rig_down(&r);
}

static void rmpread_tells_the_host_what_it_may_know(void **unused)
{
	struct rmp_read e;
	struct rig r;

	(void)unused;
	rig_up(&r);
	own_it(&r, DATA, RMP_4K);
	assert_int_equal(own_rmpread(&r.o, DATA, &e), RMP_OK);
	assert_int_equal(e.gpa, GPA);
	assert_int_equal(e.asid, ASID);
	assert_int_equal(e.assigned, 1);
	assert_int_equal(e.immutable, 0);
	assert_int_equal(e.pagesize, RMP_4K);
	assert_int_equal(e.hpage_any, 1);
	assert_int_equal(own_rmpread(&r.o, DATA + PAGE_4K, &e), RMP_OK);
	assert_int_equal(e.assigned, 0);
	assert_int_equal(e.hpage_any, 1);
	assert_int_equal(own_rmpread(&r.o, DATA + PAGE_2M, &e), RMP_OK);
	assert_int_equal(e.hpage_any, 0);
	assert_int_equal(assign(&r, DATA + PAGE_2M, 0, 0, RMP_2M, true),
			 RMP_OK);
	assert_int_equal(own_rmpread(&r.o, DATA + PAGE_2M, &e), RMP_OK);
	assert_int_equal(e.pagesize, RMP_2M);
	assert_int_equal(e.immutable, 1);
	assert_int_equal(own_rmpread(&r.o, DATA + 1, &e), RMP_FAIL_INPUT);
	assert_int_equal(own_rmpread(&r.o, 0, &e), RMP_FAIL_INPUT);
	rig_down(&r);
}

/* --- PVALIDATE --- */

static void pval(struct rig *r, uint64_t gpa, enum rmp_size size, bool validate,
		 enum rmp_rc want, bool same)
{
	enum rmp_rc rc = RMP_FAIL_INUSE;
	bool s = !same;
	struct fault f;

	assert_int_equal(
		own_pvalidate(&r->o, &r->c, gpa, size, validate, &rc, &s, &f),
		IL_OK);
	assert_int_equal(rc, want);
	if (!want)
		assert_int_equal(s, same);
}

static void pval_fault(struct rig *r, uint64_t gpa, enum rmp_size size,
		       const struct rule *rule, enum fault_stage stage)
{
	for (int validate = 0; validate < 2; validate++) {
		enum rmp_rc rc = RMP_FAIL_INUSE;
		bool same = false;
		struct fault f = { 0 };

		rig_keep(r);
		assert_int_equal(own_pvalidate(&r->o, &r->c, gpa, size,
					       validate, &rc, &same, &f),
				 IL_E_IO);
		assert_ptr_equal(f.rule, rule);
		assert_int_equal(f.stage, stage);
		assert_int_equal(f.addr, gpa);
		assert_int_equal(rc, RMP_FAIL_INUSE);
		assert_false(same);
		rig_same(r);
	}
}

static void pvalidate_sets_clears_and_tells_no_change(void **unused)
{
	struct rig r;

	(void)unused;
	for (int size = RMP_4K; size <= RMP_2M; size++) {
		rig_up(&r);
		map_both(&r, size == RMP_2M ? PAGE_2M : PAGE_4K);
		assert_int_equal(
			assign(&r, DATA, GPA, ASID, (enum rmp_size)size, false),
			RMP_OK);
		pval(&r, GPA, (enum rmp_size)size, false, RMP_OK, true);
		pval(&r, GPA, (enum rmp_size)size, true, RMP_OK, false);
		assert_int_equal(own_state(&r.o, DATA), OWN_GUEST_VALID);
		assert_int_equal(own_state(&r.o, DATA + PAGE_2M - PAGE_4K),
				 size == RMP_2M ? OWN_GUEST_VALID
						: OWN_HYPERVISOR);
		rig_keep(&r);
		pval(&r, GPA, (enum rmp_size)size, true, RMP_OK, true);
		rig_same(&r);
		pval(&r, GPA, (enum rmp_size)size, false, RMP_OK, false);
		assert_int_equal(own_state(&r.o, DATA), OWN_GUEST_INVALID);
		rig_down(&r);
	}
}

static void pvalidate_of_another_size(void **unused)
{
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(assign(&r, DATA, GPA, ASID, RMP_4K, false), RMP_OK);
	rig_keep(&r);
	/* 2M asked: entry 4K, leaf 4K, then entry 4K under a 2M leaf */
	pval(&r, GPA, RMP_2M, true, RMP_FAIL_SIZEMISMATCH, false);
	rig_same(&r);
	map_both(&r, PAGE_2M);
	rig_keep(&r);
	pval(&r, GPA, RMP_2M, true, RMP_FAIL_SIZEMISMATCH, false);
	pval(&r, GPA + PAGE_4K, RMP_2M, true, RMP_FAIL_INPUT, false);
	pval(&r, GPA + 8, RMP_4K, true, RMP_FAIL_INPUT, false);
	rig_same(&r);
	/* entry 2M: a leaf of 4K, then a 4K instruction, which faults */
	assert_int_equal(unassign(&r, DATA, RMP_4K), RMP_OK);
	assert_int_equal(assign(&r, DATA, GPA, ASID, RMP_2M, false), RMP_OK);
	pval_fault(&r, GPA, RMP_4K, &own_rule_size_small, FAULT_STAGE2);
	map_both(&r, PAGE_4K);
	rig_keep(&r);
	pval(&r, GPA, RMP_2M, true, RMP_FAIL_SIZEMISMATCH, false);
	rig_same(&r);
	assert_int_equal(own_psmash(&r.o, DATA), RMP_OK);
	pval(&r, GPA, RMP_4K, true, RMP_OK, false);
	rig_down(&r);
}

static void pvalidate_faults_move_nothing(void **unused)
{
	struct rig r;

	(void)unused;
	rig_up(&r);
	pval_fault(&r, GPA, RMP_4K, &own_rule_unassigned, FAULT_OWNER);
	pval_fault(&r, 0, RMP_4K, &s2_rule_missing, FAULT_STAGE2);
	assert_int_equal(assign(&r, DATA, GPA, OTHER, RMP_4K, false), RMP_OK);
	pval_fault(&r, GPA, RMP_4K, &own_rule_asid, FAULT_OWNER);
	assert_int_equal(assign(&r, DATA, 0, 0, RMP_4K, false), RMP_OK);
	r.c.owner = 0;
	pval_fault(&r, GPA, RMP_4K, &own_rule_asid, FAULT_OWNER);
	r.c.owner = ASID;
	assert_int_equal(assign(&r, DATA, GPA + PAGE_4K, ASID, RMP_4K, false),
			 RMP_OK);
	pval_fault(&r, GPA, RMP_4K, &own_rule_gpa, FAULT_OWNER);
	assert_int_equal(assign(&r, DATA, GPA, ASID, RMP_4K, false), RMP_OK);
	r.c.level = 1;
	pval_fault(&r, GPA, RMP_4K, &own_rule_vmpl0, FAULT_OWNER);
	r.c.level = 0;
	assert_int_equal(assign(&r, DATA, GPA, ASID, RMP_4K, true), RMP_OK);
	pval_fault(&r, GPA, RMP_4K, &own_rule_immutable, FAULT_OWNER);
	rig_down(&r);
}

static void pvalidate_does_not_validate_mmio(void **unused)
{
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(assign(&r, BAR, BAR_GPA, ASID, RMP_4K, false), RMP_OK);
	pval_fault(&r, BAR_GPA, RMP_4K, &own_rule_io, FAULT_OWNER);
	/* and outside the RMP there is nothing to validate */
	assert_int_equal(mem_add_ram(&r.m, UINT64_C(0x100000000), PAGE_2M),
			 IL_OK);
	assert_int_equal(pt_map(&r.npt, 0, UINT64_C(0x100000000), PAGE_4K,
				PT_R | PT_W, PAGE_4K),
			 IL_OK);
	pval_fault(&r, 0, RMP_4K, &own_rule_uncovered, FAULT_OWNER);
	rig_down(&r);
}

/* As a walk that found @pa would have it. */
static enum il_err pval_at(struct rig *r, struct mem_req q, enum rmp_size size,
			   enum rmp_rc *rc, bool *same, const struct rule **why)
{
	struct fault f = { 0 };
	enum il_err err;

	*rc = RMP_FAIL_INUSE;
	err = own_pvalidate_at(&r->o, &q, size, true, rc, same, &f);
	*why = f.rule;
	return err;
}

static void a_translation_from_elsewhere_is_judged_as_a_walk_is(void **unused)
{
	struct mem_req q = {
		.gpa = GPA, .pa = DATA, .leaf = PAGE_4K, .owner = ASID
	};
	const struct rule *why;
	enum rmp_rc rc;
	struct fault f;
	struct rig r;
	bool same;

	(void)unused;
	rig_up(&r);
	assert_int_equal(pval_at(&r, q, RMP_4K, &rc, &same, &why), IL_E_IO);
	assert_ptr_equal(why, &own_rule_unassigned);
	assert_int_equal(assign(&r, DATA, GPA, ASID, RMP_4K, false), RMP_OK);
	/* another guest address, another guest, another privilege */
	q.gpa += PAGE_4K;
	assert_int_equal(pval_at(&r, q, RMP_4K, &rc, &same, &why), IL_E_IO);
	assert_ptr_equal(why, &own_rule_gpa);
	q.gpa = GPA;
	q.owner = OTHER;
	assert_int_equal(pval_at(&r, q, RMP_4K, &rc, &same, &why), IL_E_IO);
	assert_ptr_equal(why, &own_rule_asid);
	q.owner = ASID;
	q.level = 1;
	assert_int_equal(pval_at(&r, q, RMP_4K, &rc, &same, &why), IL_E_IO);
	assert_ptr_equal(why, &own_rule_vmpl0);
	q.level = 0;
	/* 2 MiB where the leaf has 4 KiB; not aligned */
	assert_int_equal(pval_at(&r, q, RMP_2M, &rc, &same, &why), IL_OK);
	assert_int_equal(rc, RMP_FAIL_SIZEMISMATCH);
	q.gpa++;
	assert_int_equal(pval_at(&r, q, RMP_4K, &rc, &same, &why), IL_OK);
	assert_int_equal(rc, RMP_FAIL_INPUT);
	q.gpa--;
	assert_int_equal(own_state(&r.o, DATA), OWN_GUEST_INVALID);
	assert_int_equal(own_rmpadjust_at(&r.o, &q, RMP_4K, 1, &rc, &f),
			 IL_E_IO);
	assert_ptr_equal(f.rule, &own_rule_validated);
	assert_int_equal(pval_at(&r, q, RMP_4K, &rc, &same, &why), IL_OK);
	assert_int_equal(rc, RMP_OK);
	assert_false(same);
	assert_int_equal(own_state(&r.o, DATA), OWN_GUEST_VALID);
	assert_int_equal(pval_at(&r, q, RMP_4K, &rc, &same, &why), IL_OK);
	assert_true(same);
	assert_int_equal(own_rmpadjust_at(&r.o, &q, RMP_4K, 1 | RMP_PERM_R << 8,
					  &rc, &f),
			 IL_OK);
	assert_int_equal(rc, RMP_OK);
	assert_int_equal(own_rmpadjust_at(&r.o, &q, RMP_4K, 0, &rc, &f), IL_OK);
	assert_int_equal(rc, RMP_FAIL_PERMISSION);
	rig_down(&r);
}

/* --- RMPADJUST --- */

static void adjust(struct rig *r, uint64_t gpa, enum rmp_size size,
		   uint64_t attr, enum rmp_rc want)
{
	enum rmp_rc rc = RMP_FAIL_INUSE;
	struct fault f;

	if (want)
		rig_keep(r);
	assert_int_equal(own_rmpadjust(&r->o, &r->c, gpa, size, attr, &rc, &f),
			 IL_OK);
	assert_int_equal(rc, want);
	if (want)
		rig_same(r);
}

static void rmpadjust_gives_lower_levels_no_more_than_it_has(void **unused)
{
	struct own_page p;
	struct rig r;

	(void)unused;
	rig_up(&r);
	own_it(&r, DATA, RMP_4K);
	adjust(&r, GPA, RMP_4K, 0 | RMP_PERM_R << 8, RMP_FAIL_PERMISSION);
	adjust(&r, GPA, RMP_4K, 1 | (RMP_PERM_R | RMP_PERM_W) << 8, RMP_OK);
	r.c.level = 1;
	adjust(&r, GPA, RMP_4K, 1 | RMP_PERM_R << 8, RMP_FAIL_PERMISSION);
	adjust(&r, GPA, RMP_4K, 0 | RMP_PERM_R << 8, RMP_FAIL_PERMISSION);
	adjust(&r, GPA, RMP_4K, 2 | RMP_PERM_XU << 8, RMP_FAIL_PERMISSION);
	adjust(&r, GPA, RMP_4K, 2 | RMP_PERM_R << 8 | RMP_ADJUST_VMSA,
	       RMP_FAIL_PERMISSION);
	adjust(&r, GPA, RMP_4K, 2 | RMP_PERM_R << 8, RMP_OK);
	assert_int_equal(own_entry(&r.o, DATA, &p), IL_OK);
	assert_int_equal(own_perm(&p, 0), RMP_PERM_ALL);
	assert_int_equal(own_perm(&p, 1), RMP_PERM_R | RMP_PERM_W);
	assert_int_equal(own_perm(&p, 2), RMP_PERM_R);
	assert_int_equal(own_perm(&p, 3), 0);
	rig_down(&r);
}

static void rmpadjust_marks_vmsa_pages_from_vmpl0(void **unused)
{
	struct own_page p;
	struct rig r;

	(void)unused;
	rig_up(&r);
	own_it(&r, DATA, RMP_4K);
	adjust(&r, GPA, RMP_4K, 1 | RMP_PERM_R << 8 | RMP_ADJUST_VMSA, RMP_OK);
	assert_int_equal(own_entry(&r.o, DATA, &p), IL_OK);
	assert_true(p.flags & OWN_F_VMSA);
	r.c.level = 1;
	adjust(&r, GPA, RMP_4K, 2 | RMP_PERM_R << 8, RMP_OK);
	assert_int_equal(own_entry(&r.o, DATA, &p), IL_OK);
	assert_true(p.flags & OWN_F_VMSA);
	r.c.level = 0;
	adjust(&r, GPA, RMP_4K, 1 | RMP_PERM_R << 8, RMP_OK);
	assert_int_equal(own_entry(&r.o, DATA, &p), IL_OK);
	assert_false(p.flags & OWN_F_VMSA);
	rig_down(&r);
}

static void rmpadjust_refuses_by_code_and_by_fault(void **unused)
{
	struct fault f = { 0 };
	enum rmp_rc rc = RMP_FAIL_INUSE;
	struct rig r;

	(void)unused;
	rig_up(&r);
	own_it(&r, DATA, RMP_4K);
	adjust(&r, GPA + 8, RMP_4K, 1, RMP_FAIL_INPUT);
	adjust(&r, GPA + PAGE_4K, RMP_2M, 1, RMP_FAIL_INPUT);
	adjust(&r, GPA, RMP_4K, 4, RMP_FAIL_INPUT);
	adjust(&r, GPA, RMP_4K, 1 | 0x10 << 8, RMP_FAIL_INPUT);
	adjust(&r, GPA, RMP_4K, 1 | 0x20000, RMP_FAIL_INPUT);
	adjust(&r, GPA, RMP_2M, 1, RMP_FAIL_SIZEMISMATCH);
	rig_keep(&r);
	assert_int_equal(
		own_rmpadjust(&r.o, &r.c, GPA + PAGE_4K, RMP_4K, 1, &rc, &f),
		IL_E_IO);
	assert_ptr_equal(f.rule, &own_rule_unassigned);
	assert_int_equal(
		assign(&r, DATA + PAGE_4K, GPA + PAGE_4K, ASID, RMP_4K, false),
		RMP_OK);
	assert_int_equal(
		own_rmpadjust(&r.o, &r.c, GPA + PAGE_4K, RMP_4K, 1, &rc, &f),
		IL_E_IO);
	assert_ptr_equal(f.rule, &own_rule_validated);
	assert_int_equal(rc, RMP_FAIL_INUSE);
	rig_down(&r);
}

/* --- firmware's moves --- */

/* A page in each state, by the host's and firmware's means. */
static void bring(struct rig *r, enum own_state s)
{
	bool guest = s >= OWN_PRE_GUEST;

	if (s == OWN_HYPERVISOR)
		return;
	assert_int_equal(assign(r, DATA, guest ? GPA : 0, guest ? ASID : 0,
				RMP_4K, true),
			 RMP_OK);
	if (s != OWN_FIRMWARE && s != OWN_PRE_GUEST)
		assert_int_equal(
			own_fw_move(&r->o, DATA,
				    guest ? OWN_PRE_GUEST : OWN_FIRMWARE, s),
			IL_OK);
	assert_int_equal(own_state(&r->o, DATA), s);
}

static void firmware_moves_pages_along_the_listed_edges_alone(void **unused)
{
	static const bool legal[9][9] = {
		[OWN_FIRMWARE][OWN_CONTEXT] = true,
		[OWN_CONTEXT][OWN_FIRMWARE] = true,
		[OWN_FIRMWARE][OWN_RECLAIM] = true,
		[OWN_PRE_GUEST][OWN_RECLAIM] = true,
		[OWN_PRE_GUEST][OWN_GUEST_VALID] = true,
		[OWN_GUEST_INVALID][OWN_PRE_GUEST] = true,
		[OWN_GUEST_VALID][OWN_GUEST_PINNED] = true,
		[OWN_GUEST_PINNED][OWN_GUEST_VALID] = true,
		[OWN_PRE_GUEST][OWN_GUEST_PINNED] = true,
		[OWN_GUEST_PINNED][OWN_PRE_GUEST] = true,
		[OWN_GUEST_PINNED][OWN_GUEST_INVALID] = true,
		[OWN_PRE_GUEST][OWN_GUEST_INVALID] = true,
	};
	struct own_page p;

	(void)unused;
	for (unsigned now = OWN_HYPERVISOR; now <= OWN_GUEST_PINNED; now++)
		for (unsigned from = 0; from <= OWN_GUEST_PINNED; from++)
			for (unsigned to = 0; to <= OWN_GUEST_PINNED; to++) {
				bool ok = legal[from][to] && now == from;
				static struct rig r;

				/* one world a state is enough */
				if (from == 0 && to == 0) {
					rig_up(&r);
					bring(&r, (enum own_state)now);
				}
				if (!ok) {
					rig_keep(&r);
					assert_int_equal(
						own_fw_move(
							&r.o, DATA,
							(enum own_state)from,
							(enum own_state)to),
						IL_E_STATE);
					rig_same(&r);
				} else {
					struct rig s;

					rig_up(&s);
					bring(&s, (enum own_state)from);
					assert_int_equal(
						own_fw_move(
							&s.o, DATA,
							(enum own_state)from,
							(enum own_state)to),
						IL_OK);
					assert_int_equal(own_state(&s.o, DATA),
							 to);
					assert_int_equal(
						own_entry(&s.o, DATA, &p),
						IL_OK);
					assert_int_equal(
						p.gpa,
						to >= OWN_PRE_GUEST ? GPA : 0);
					rig_down(&s);
				}
				if (from == OWN_GUEST_PINNED &&
				    to == OWN_GUEST_PINNED)
					rig_down(&r);
			}
}

static void reclaimed_pages_name_nobody(void **unused)
{
	struct own_page p;
	struct rig r;

	(void)unused;
	rig_up(&r);
	bring(&r, OWN_PRE_GUEST);
	assert_int_equal(own_fw_move(&r.o, DATA, OWN_PRE_GUEST, OWN_RECLAIM),
			 IL_OK);
	assert_int_equal(own_entry(&r.o, DATA, &p), IL_OK);
	assert_int_equal(p.gpa | p.asid | own_perm(&p, 0), 0);
	assert_int_equal(own_asid_pages(&r.o, ASID), 0);
	assert_int_equal(unassign(&r, DATA, RMP_4K), RMP_OK);
	rig_down(&r);
}

static void firmware_does_not_move_large_or_unknown_pages(void **unused)
{
	static const uint8_t perm[RMP_VMPLS] = { 15, 1, 0, 0 };
	static const uint8_t wide[RMP_VMPLS] = { 15, 0, 0, 16 };
	struct own_page p;
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(assign(&r, DATA, GPA, ASID, RMP_2M, true), RMP_OK);
	rig_keep(&r);
	assert_int_equal(
		own_fw_move(&r.o, DATA, OWN_PRE_GUEST, OWN_GUEST_VALID),
		IL_E_STATE);
	assert_int_equal(own_fw_perm(&r.o, DATA, perm), IL_E_STATE);
	assert_int_equal(own_fw_move(&r.o, 0, OWN_PRE_GUEST, OWN_GUEST_VALID),
			 IL_E_ARG);
	assert_int_equal(
		own_fw_move(&r.o, DATA, (enum own_state)9, OWN_GUEST_VALID),
		IL_E_ARG);
	assert_int_equal(
		own_fw_move(&r.o, DATA, OWN_PRE_GUEST, (enum own_state)9),
		IL_E_ARG);
	assert_int_equal(own_fw_perm(&r.o, DATA + PAGE_2M, perm), IL_E_STATE);
	assert_int_equal(own_fw_perm(&r.o, 0, perm), IL_E_ARG);
	assert_int_equal(own_fw_perm(&r.o, DATA, wide), IL_E_ARG);
	rig_same(&r);
	assert_int_equal(
		assign(&r, DATA + PAGE_2M, GPA + PAGE_2M, ASID, RMP_4K, true),
		RMP_OK);
	assert_int_equal(own_fw_perm(&r.o, DATA + PAGE_2M, perm), IL_OK);
	assert_int_equal(own_entry(&r.o, DATA + PAGE_2M, &p), IL_OK);
	for (unsigned i = 0; i < RMP_VMPLS; i++)
		assert_int_equal(own_perm(&p, i), perm[i]);
	rig_down(&r);
}

static void mmio_pages_keep_mark_and_port(void **unused)
{
	struct own_page p;
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(assign(&r, BAR, BAR_GPA, ASID, RMP_4K, true), RMP_OK);
	assert_int_equal(own_entry(&r.o, BAR, &p), IL_OK);
	assert_true(p.flags & OWN_F_IO);
	assert_int_equal(p.port, PORT);
	assert_int_equal(own_fw_move(&r.o, BAR, OWN_PRE_GUEST, OWN_RECLAIM),
			 IL_OK);
	assert_int_equal(unassign(&r, BAR, RMP_4K), RMP_OK);
	assert_int_equal(own_entry(&r.o, BAR, &p), IL_OK);
	assert_int_equal(p.flags, OWN_F_IO);
	assert_int_equal(p.port, PORT);
	assert_int_equal(own_entry(&r.o, DATA, &p), IL_OK);
	assert_int_equal(p.flags, 0);
	rig_down(&r);
}

static void the_invariant_sees_each_broken_entry(void **unused)
{
	struct own_page was[2], *p;
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(assign(&r, DATA, GPA, ASID, RMP_2M, false), RMP_OK);
	p = &r.o.range[0].page[(DATA - RAM) / PAGE_4K + 5];
	was[0] = *p;
	was[1] = p[512];
#define BROKEN(stmt)                          \
	do {                                  \
		assert_true(own_sane(&r.o));  \
		stmt;                         \
		assert_false(own_sane(&r.o)); \
		*p = was[0];                  \
		p[512] = was[1];              \
	} while (0)
	BROKEN(p->gpa += PAGE_4K);
	BROKEN(p->asid = OTHER);
	BROKEN(p->flags |= OWN_F_VALIDATED);
	BROKEN(p->flags &= (uint8_t)~OWN_F_2M);
	BROKEN(p->flags |= OWN_F_CONTEXT);
	BROKEN(p[512].asid = 1);
	BROKEN(p[512].gpa = PAGE_4K);
	BROKEN(p[512].flags = OWN_F_VALIDATED);
	BROKEN(p[512].flags = OWN_F_ASSIGNED);
	BROKEN(p[512].flags = OWN_F_ASSIGNED | OWN_F_VMSA);
#undef BROKEN
	r.o.pages[ASID]++;
	assert_false(own_sane(&r.o));
	r.o.pages[ASID]--;
	rig_down(&r);
}

/* --- random steps --- */

static void counts_stay_true_over_random_steps(void **unused)
{
	struct dice d = { .state = 1234 };
	struct rig r;

	(void)unused;
	print_message("seed %llu\n", (unsigned long long)d.state);
	rig_up(&r);
	for (int step = 0; step < 6000; step++) {
		uint64_t pa = DATA + dice_below(&d, 1024) * PAGE_4K;
		bool big = !dice_below(&d, 3);
		enum rmp_rc rc;
		bool same;
		struct fault f;

		if (big)
			pa = align_down(pa, PAGE_2M);
		switch (dice_below(&d, 5)) {
		case 0:
			(void)assign(&r, pa, GPA + (pa - DATA),
				     (uint32_t)dice_below(&d, 4),
				     big ? RMP_2M : RMP_4K, !dice_below(&d, 4));
			break;
		case 1:
			(void)unassign(&r, pa, big ? RMP_2M : RMP_4K);
			break;
		case 2:
			(void)own_psmash(&r.o, align_down(pa, PAGE_2M));
			break;
		case 3:
			if (own_pvalidate(&r.o, &r.c, GPA + (pa - DATA),
					  big ? RMP_2M : RMP_4K, true, &rc,
					  &same, &f))
				break;
			break;
		default: {
			enum own_state to = (enum own_state)dice_below(&d, 9);
			enum il_err err =
				own_fw_move(&r.o, pa, own_state(&r.o, pa), to);

			assert_true(err == IL_OK || err == IL_E_STATE);
		}
		}
		if (step % 50 == 0)
			assert_true(own_sane(&r.o));
	}
	rig_down(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			rmpupdate_writes_the_entry_and_clears_validated),
		cmocka_unit_test(rmpupdate_refuses_what_does_not_fit),
		cmocka_unit_test(rmpupdate_refuses_immutable_pages),
		cmocka_unit_test(rmpupdate_sees_overlaps_in_both_directions),
		cmocka_unit_test(a_held_entry_is_in_use),
		cmocka_unit_test(psmash_keeps_every_attribute),
		cmocka_unit_test(unsmash_gives_back_what_psmash_took),
		cmocka_unit_test(unsmash_refuses_pages_that_differ),
		cmocka_unit_test(unsmash_joins_no_mmio_and_no_odd_address),
		cmocka_unit_test(psmash_refuses_by_code),
		cmocka_unit_test(rmpread_tells_the_host_what_it_may_know),
		cmocka_unit_test(pvalidate_sets_clears_and_tells_no_change),
		cmocka_unit_test(pvalidate_of_another_size),
		cmocka_unit_test(pvalidate_faults_move_nothing),
		cmocka_unit_test(pvalidate_does_not_validate_mmio),
		cmocka_unit_test(
			a_translation_from_elsewhere_is_judged_as_a_walk_is),
		cmocka_unit_test(
			rmpadjust_gives_lower_levels_no_more_than_it_has),
		cmocka_unit_test(rmpadjust_marks_vmsa_pages_from_vmpl0),
		cmocka_unit_test(rmpadjust_refuses_by_code_and_by_fault),
		cmocka_unit_test(
			firmware_moves_pages_along_the_listed_edges_alone),
		cmocka_unit_test(reclaimed_pages_name_nobody),
		cmocka_unit_test(firmware_does_not_move_large_or_unknown_pages),
		cmocka_unit_test(mmio_pages_keep_mark_and_port),
		cmocka_unit_test(the_invariant_sees_each_broken_entry),
		cmocka_unit_test(counts_stay_true_over_random_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
