/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include "arch/sev_tio/pt.h"
#include "mem/s2.h"

#define DATA (RIG_RAM + 4 * PAGE_2M)

struct vm {
	struct rig r;
	struct pt t;
	struct s2_cpu c;
};

static void vm_up(struct vm *v)
{
	rig_up(&v->r);
	assert_int_equal(
		pt_init(&v->t, &v->r.m, &pt_npt, 4, AGENT_HOST, NULL, NULL),
		IL_OK);
	assert_int_equal(
		pt_map(&v->t, 0, DATA, 2 * PAGE_4K, PT_R | PT_W, PAGE_4K),
		IL_OK);
	assert_int_equal(pt_map(&v->t, 2 * PAGE_4K, DATA + 5 * PAGE_4K, PAGE_4K,
				PT_R, PAGE_4K),
			 IL_OK);
	v->c = (struct s2_cpu){ .m = &v->r.m,
				.fmt = &pt_npt,
				.root = v->t.root,
				.levels = 4,
				.owner = 2,
				.level = 1 };
}

static void an_access_goes_through_the_nested_table(void **unused)
{
	uint8_t in[6000], out[6000];
	struct fault f;
	struct pt_hit h;
	struct vm v;

	(void)unused;
	vm_up(&v);
	memset(in, 0x3c, sizeof(in));
	assert_int_equal(s2_access(&v.c, 100, in, sizeof(in), true, true, &f),
			 IL_OK);
	/* again: the accessed and dirty marks need no write now */
	assert_int_equal(s2_access(&v.c, 100, in, sizeof(in), true, true, &f),
			 IL_OK);
	assert_int_equal(v.r.toy.last.who, AGENT_VCPU);
	assert_int_equal(v.r.toy.last.owner, 2);
	assert_int_equal(v.r.toy.last.level, 1);
	assert_int_equal(pt_walk(&v.r.m, &pt_npt, v.t.root, 4, 0, &h), PT_OK);
	assert_true(h.dirty);
	memset(out, 0, sizeof(out));
	assert_int_equal(
		s2_access(&v.c, 100, out, sizeof(out), false, true, &f), IL_OK);
	assert_memory_equal(in, out, sizeof(in));
	assert_int_equal(mem_raw(&v.r.m, DATA + 100, out, 64), IL_OK);
	assert_memory_not_equal(in, out, 64);
	rig_down(&v.r);
}

static void a_read_leaves_the_page_clean(void **unused)
{
	uint8_t b[8];
	struct fault f;
	struct pt_hit h;
	struct vm v;

	(void)unused;
	vm_up(&v);
	assert_int_equal(s2_access(&v.c, 2 * PAGE_4K, b, 8, false, true, &f),
			 IL_OK);
	assert_int_equal(pt_walk(&v.r.m, &pt_npt, v.t.root, 4, 2 * PAGE_4K, &h),
			 PT_OK);
	assert_false(h.dirty);
	rig_down(&v.r);
}

static void the_request_carries_leaf_gpa_and_c_bit(void **unused)
{
	struct mem_req q;
	struct fault f;
	struct vm v;

	(void)unused;
	vm_up(&v);
	assert_int_equal(pt_map(&v.t, PAGE_2M, DATA, PAGE_2M, PT_R, PAGE_2M),
			 IL_OK);
	assert_int_equal(
		s2_translate(&v.c, PAGE_2M + 0x1234, 4, false, true, &q, &f),
		IL_OK);
	assert_int_equal(q.pa, DATA + 0x1234);
	assert_int_equal(q.gpa, PAGE_2M + 0x1234);
	assert_int_equal(q.leaf, PAGE_2M);
	assert_true(q.trusted);
	assert_int_equal(s2_translate(&v.c, 8, 4, true, false, &q, &f), IL_OK);
	assert_int_equal(q.leaf, PAGE_4K);
	assert_false(q.trusted);
	assert_true(q.write);
	rig_down(&v.r);
}

static void refused(struct vm *v, uint64_t gpa, uint32_t len, bool write,
		    const struct rule *rule, enum fault_stage stage,
		    uint64_t at)
{
	uint8_t buf[PAGE_4K * 2];
	struct fault f = { 0 };

	memset(buf, 0x77, sizeof(buf));
	rig_keep(&v->r);
	assert_int_equal(s2_access(&v->c, gpa, buf, len, write, true, &f),
			 IL_E_IO);
	assert_ptr_equal(f.rule, rule);
	assert_int_equal(f.stage, stage);
	assert_int_equal(f.addr, at);
	assert_int_equal(f.id, 2);
	assert_int_equal(f.who, AGENT_VCPU);
	assert_int_equal(f.write, write);
	for (size_t i = 0; i < sizeof(buf); i++)
		assert_int_equal(buf[i], 0x77);
	rig_same(&v->r);
}

static void nested_faults_move_no_byte(void **unused)
{
	struct vm v;
	struct pt_hit h;
	struct fault f;
	uint8_t b[8];

	(void)unused;
	vm_up(&v);
	refused(&v, 3 * PAGE_4K, 8, false, &s2_rule_missing, FAULT_STAGE2,
		3 * PAGE_4K);
	refused(&v, BIT64(50), 8, false, &s2_rule_missing, FAULT_STAGE2,
		BIT64(50));
	refused(&v, 2 * PAGE_4K + 8, 8, true, &s2_rule_write, FAULT_STAGE2,
		2 * PAGE_4K + 8);
	/* the second page of two */
	refused(&v, PAGE_4K + 100, 4096, true, &s2_rule_write, FAULT_STAGE2,
		2 * PAGE_4K);
	v.r.toy.refuse = DATA + PAGE_4K;
	refused(&v, 100, 4096, true, &toy_rule, FAULT_OWNER, PAGE_4K);
	refused(&v, PAGE_4K, 8, true, &toy_rule, FAULT_OWNER, PAGE_4K);
	v.r.toy.refuse = UINT64_MAX;
	/* an entry with no user bit, and one with a bad child */
	assert_int_equal(pt_walk(&v.r.m, &pt_npt, v.t.root, 4, 0, &h), PT_OK);
	memset(b, 0, 8);
	b[0] = 3;
	b[3] = 0x41;
	assert_int_equal(mem_host_write(&v.r.m, h.entry, b, 8, &f), IL_OK);
	refused(&v, 0, 8, false, &s2_rule_missing, FAULT_STAGE2, 0);
	b[0] = 0x87;
	assert_int_equal(mem_host_write(&v.r.m, v.t.root, b, 8, &f), IL_OK);
	refused(&v, 0, 8, false, &s2_rule_broken, FAULT_STAGE2, 0);
	rig_down(&v.r);
}

static void bad_lengths_are_the_callers_fault(void **unused)
{
	struct mem_req q;
	struct fault f;
	uint8_t b[16];
	struct vm v;

	(void)unused;
	vm_up(&v);
	assert_int_equal(s2_access(&v.c, 0, b, 0, true, true, &f), IL_E_ARG);
	assert_int_equal(s2_access(&v.c, UINT64_MAX, b, 2, true, true, &f),
			 IL_E_ARG);
	assert_int_equal(s2_translate(&v.c, 0, 0, true, true, &q, &f),
			 IL_E_ARG);
	assert_int_equal(s2_translate(&v.c, 4090, 8, true, true, &q, &f),
			 IL_E_ARG);
	rig_down(&v.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_access_goes_through_the_nested_table),
		cmocka_unit_test(a_read_leaves_the_page_clean),
		cmocka_unit_test(the_request_carries_leaf_gpa_and_c_bit),
		cmocka_unit_test(nested_faults_move_no_byte),
		cmocka_unit_test(bad_lengths_are_the_callers_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
