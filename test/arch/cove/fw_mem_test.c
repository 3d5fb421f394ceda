/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_tests.h"

/*
 * Conversion and fences, TVMs and their pages: what each call asks for, and
 * that a refusal changes nothing.
 */

struct bad {
	uint64_t fid;
	uint64_t a[6];
	int64_t error;
};

static void refused(struct cove_rig *r, const struct bad *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const uint64_t *a = b[i].a;

		rig_keep(r);
		if (covh(r, b[i].fid, a[0], a[1], a[2], a[3], a[4], a[5])
			    .error != b[i].error)
			fail_msg("call %u, case %zu: not %d",
				 (unsigned)b[i].fid, i, (int)b[i].error);
		rig_same(r);
	}
}

static struct sbiret call(struct cove_rig *r, uint64_t fid, uint64_t a0,
			  uint64_t a1)
{
	return covh(r, fid, a0, a1, 0, 0, 0, 0);
}

static void the_tsm_says_what_it_needs(void **unused)
{
	struct cove_rig *r = rig_new();
	const uint64_t conf = rig_conf(r, 1, 1);
	const struct bad bad[] = {
		{ COVH_GET_TSM_INFO,
		  { r->page + 2, 48 },
		  SBI_ERR_INVALID_ADDRESS },
		{ COVH_GET_TSM_INFO, { r->page, 47 }, SBI_ERR_INVALID_PARAM },
		{ COVH_GET_TSM_INFO, { conf, 48 }, SBI_ERR_INVALID_ADDRESS },
		{ COVH_GET_TSM_INFO,
		  { PEER_BAR, 48 },
		  SBI_ERR_INVALID_ADDRESS },
		{ COVH_GET_TSM_INFO,
		  { RIG_RAM + RIG_RAM_SIZE, 48 },
		  SBI_ERR_INVALID_ADDRESS },
		{ COVH_PROMOTE_TO_TVM, { 0 }, SBI_ERR_NOT_SUPPORTED },
		{ 1029, { 0 }, SBI_ERR_NOT_SUPPORTED },
		{ 20, { 0 }, SBI_ERR_NOT_SUPPORTED },
		/* reserved bits of a6, and a domain that is not there */
		{ 1 << 16, { r->page, 48 }, SBI_ERR_NOT_SUPPORTED },
		{ UINT64_C(2) << 26, { r->page, 48 }, SBI_ERR_NOT_SUPPORTED },
	};
	const uint64_t none[6] = { 0 };
	uint8_t s[48];
	struct sbiret x;

	(void)unused;
	refused(r, bad, COUNT(bad));
	x = call(r, COVH_GET_TSM_INFO, r->page, 48);
	assert_int_equal(x.error, SBI_SUCCESS);
	assert_int_equal(x.value, 48);
	host_get(r, r->page, s, sizeof(s));
	assert_int_equal(cove_u32(s, 0), 2); /* TSM_READY */
	assert_int_equal(cove_u64(s, 16), 1 << 5);
	assert_int_equal(cove_u64(s, 24), 1);
	assert_int_equal(cove_u64(s, 40), 1);
	/* the TSM's domain named outright is the same */
	assert_int_equal(call(r, UINT64_C(1) << 26, r->page, 48).error,
			 SBI_SUCCESS);
	x = cove_fw_ecall(r->fw, 0, COVE_EID_SUPD, SUPD_GET_ACTIVE_DOMAINS,
			  none);
	assert_int_equal(x.value, 3);
	assert_int_equal(
		cove_fw_ecall(r->fw, 0, COVE_EID_COVG, 1024, none).error,
		SBI_ERR_NOT_SUPPORTED);
	assert_int_equal(cove_fw_ecall(r->fw, 7, COVE_EID_COVH, 3, none).error,
			 SBI_ERR_INVALID_PARAM);
	rig_free(r);
}

static void memory_is_confidential_when_each_hart_has_fenced(void **unused)
{
	struct cove_rig *r = rig_harts(3);
	const uint64_t pa = rig_host(r, 2, 1), late = rig_host(r, 1, 1);
	struct fault f;
	uint8_t b[8];

	(void)unused;
	host_put(r, pa, "secrets", 8);
	assert_int_equal(call(r, COVH_CONVERT_PAGES, pa, 2).error, SBI_SUCCESS);
	assert_int_equal(mem_host_read(&r->m, pa, b, 8, &f), IL_E_IO);
	assert_ptr_equal(f.rule, &cove_rule_mpt);
	assert_int_equal(call(r, COVH_RECLAIM_PAGES, pa, 2).error,
			 SBI_ERR_INVALID_ADDRESS);
	/* a local fence alone completes nothing */
	assert_int_equal(covh_on(r, 1, COVH_LOCAL_FENCE, 0, 0).error,
			 SBI_SUCCESS);
	assert_int_equal(cove_own_state(&r->o, pa), COVE_PG_CONVERTING);
	assert_int_equal(call(r, COVH_GLOBAL_FENCE, 0, 0).error, SBI_SUCCESS);
	assert_int_equal(call(r, COVH_GLOBAL_FENCE, 0, 0).error,
			 SBI_ERR_ALREADY_STARTED);
	/* what is converted meanwhile waits for the next */
	assert_int_equal(call(r, COVH_CONVERT_PAGES, late, 1).error,
			 SBI_SUCCESS);
	assert_int_equal(covh_on(r, 1, COVH_LOCAL_FENCE, 0, 0).error,
			 SBI_SUCCESS);
	assert_int_equal(covh_on(r, 1, COVH_LOCAL_FENCE, 0, 0).error,
			 SBI_SUCCESS);
	assert_int_equal(cove_own_state(&r->o, pa), COVE_PG_FENCING);
	assert_int_equal(covh_on(r, 2, COVH_LOCAL_FENCE, 0, 0).error,
			 SBI_SUCCESS);
	assert_int_equal(cove_own_state(&r->o, pa), COVE_PG_FREE);
	assert_int_equal(cove_own_state(&r->o, late), COVE_PG_CONVERTING);
	assert_int_equal(call(r, COVH_RECLAIM_PAGES, pa, 2).error, SBI_SUCCESS);
	host_get(r, pa, b, 8);
	assert_memory_equal(b, "\0\0\0\0\0\0\0", 8); /* scrubbed */
	rig_free(r);
}

static void what_is_not_the_hosts_is_not_converted(void **unused)
{
	struct cove_rig *r = rig_new();
	const uint64_t pa = rig_host(r, 4, 1), conf = rig_conf(r, 1, 1);
	const struct bad bad[] = {
		{ COVH_CONVERT_PAGES, { pa + 8, 1 }, SBI_ERR_INVALID_ADDRESS },
		{ COVH_CONVERT_PAGES, { pa, 0 }, SBI_ERR_INVALID_PARAM },
		{ COVH_CONVERT_PAGES, { conf, 1 }, SBI_ERR_INVALID_ADDRESS },
		/* the last of five is confidential */
		{ COVH_CONVERT_PAGES, { pa, 5 }, SBI_ERR_INVALID_ADDRESS },
		{ COVH_CONVERT_PAGES, { RIG_TSM, 1 }, SBI_ERR_INVALID_ADDRESS },
		{ COVH_CONVERT_PAGES,
		  { PEER_BAR, 1 },
		  SBI_ERR_INVALID_ADDRESS },
		{ COVH_CONVERT_PAGES,
		  { pa, UINT64_MAX },
		  SBI_ERR_INVALID_PARAM },
		{ COVH_CONVERT_PAGES,
		  { pa, UINT64_MAX / PAGE_4K },
		  SBI_ERR_INVALID_ADDRESS },
		{ COVH_CONVERT_PAGES,
		  { RIG_RAM + RIG_RAM_SIZE - PAGE_4K, 2 },
		  SBI_ERR_INVALID_ADDRESS },
		{ COVH_CONVERT_PAGES, { r->nacl, 1 }, SBI_ERR_INVALID_STATE },
		{ COVH_CONVERT_PAGES,
		  { r->nacl + NACL_SHMEM_LEN - PAGE_4K, 1 },
		  SBI_ERR_INVALID_STATE },
		{ COVH_RECLAIM_PAGES, { pa, 1 }, SBI_ERR_INVALID_ADDRESS },
		{ COVH_RECLAIM_PAGES, { RIG_TSM, 1 }, SBI_ERR_INVALID_ADDRESS },
		{ COVH_RECLAIM_PAGES, { conf, 0 }, SBI_ERR_INVALID_PARAM },
		{ COVH_RECLAIM_PAGES, { conf, 2 }, SBI_ERR_INVALID_ADDRESS },
	};

	(void)unused;
	refused(r, bad, COUNT(bad));
	/* as many ranges as may wait for a fence, and not one more */
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(
			call(r, COVH_CONVERT_PAGES, rig_host(r, 2, 1), 1).error,
			SBI_SUCCESS);
	rig_keep(r);
	assert_int_equal(call(r, COVH_CONVERT_PAGES, pa, 1).error,
			 SBI_ERR_FAILED);
	rig_same(r);
	rig_free(r);
}

static void a_tvm_is_made_of_confidential_pages(void **unused)
{
	struct cove_rig *r = rig_new();
	const uint64_t dir = rig_conf(r, 4, 4), st = rig_conf(r, 1, 1);
	const uint64_t host = rig_host(r, 4, 4);
	static const struct {
		int64_t dir, st;
	} wrong[] = { { 4096, 0 }, { 0, 8 }, { -1, 0 }, { 0, -1 }, { 0, -2 } };
	uint8_t s[16];
	struct sbiret x;

	(void)unused;
	for (unsigned i = 0; i < COUNT(wrong); i++) {
		uint64_t d =
			wrong[i].dir < 0 ? host : dir + (uint64_t)wrong[i].dir;
		uint64_t t = wrong[i].st == -1	 ? host
			     : wrong[i].st == -2 ? dir + PAGE_4K
						 : st + (uint64_t)wrong[i].st;

		cove_put_u64(s, 0, d);
		cove_put_u64(s, 8, t);
		host_put(r, r->page, s, sizeof(s));
		rig_keep(r);
		assert_int_equal(call(r, COVH_CREATE_TVM, r->page, 16).error,
				 SBI_ERR_INVALID_ADDRESS);
		rig_same(r);
	}
	cove_put_u64(s, 0, dir);
	cove_put_u64(s, 8, st);
	host_put(r, r->page, s, sizeof(s));
	rig_keep(r);
	assert_int_equal(call(r, COVH_CREATE_TVM, r->page, 15).error,
			 SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(r, COVH_CREATE_TVM, dir, 16).error,
			 SBI_ERR_INVALID_ADDRESS);
	r->p->random_err = IL_E_RANDOM;
	assert_int_equal(call(r, COVH_CREATE_TVM, r->page, 16).error,
			 SBI_ERR_FAILED);
	r->p->random_err = IL_OK;
	rig_same(r);
	x = call(r, COVH_CREATE_TVM, r->page, 16);
	assert_int_equal(x.error, SBI_SUCCESS);
	assert_int_equal(cove_own_state(&r->o, dir + 3 * PAGE_4K),
			 COVE_PG_TABLE);
	assert_int_equal(cove_own_state(&r->o, st), COVE_PG_STATE);
	assert_int_equal(call(r, COVH_DESTROY_TVM, x.value, 0).error,
			 SBI_SUCCESS);
	assert_int_equal(cove_own_state(&r->o, dir), COVE_PG_FREE);
	assert_int_equal(call(r, COVH_DESTROY_TVM, x.value, 0).error,
			 SBI_ERR_INVALID_PARAM);
	/* its number never comes back */
	assert_int_not_equal(call(r, COVH_CREATE_TVM, r->page, 16).value,
			     x.value);
	rig_free(r);
}

static void pages_go_where_the_tvm_has_memory_and_tables(void **unused)
{
	struct cove_rig *r = rig_new();
	const uint64_t t = rig_launch(r), conf = rig_conf(r, 8, 1);
	const uint64_t host = rig_host(r, 8, 1);
	const uint64_t free = RIG_GPA + RIG_PAGES * PAGE_4K;
	const struct bad bad[] = {
		/* after finalize */
		{ COVH_ADD_MEMORY_REGION,
		  { t, 0x40000000, PAGE_4K },
		  SBI_ERR_INVALID_PARAM },
		{ COVH_ADD_MEASURED_PAGES,
		  { t, host, conf, 0, 1, free },
		  SBI_ERR_INVALID_PARAM },
		{ COVH_CREATE_VCPU, { t, 1, conf }, SBI_ERR_INVALID_PARAM },
		{ COVH_FINALIZE_TVM, { t }, SBI_ERR_INVALID_PARAM },
		/* zero pages */
		{ COVH_ADD_ZERO_PAGES,
		  { t + 1, conf, 0, 1, free },
		  SBI_ERR_INVALID_PARAM },
		{ COVH_ADD_ZERO_PAGES,
		  { t, conf, 1, 1, free },
		  SBI_ERR_INVALID_PARAM },
		{ COVH_ADD_ZERO_PAGES,
		  { t, conf, 0, 0, free },
		  SBI_ERR_INVALID_PARAM },
		{ COVH_ADD_ZERO_PAGES,
		  { t, conf, 0, UINT64_MAX, free },
		  SBI_ERR_INVALID_PARAM },
		{ COVH_ADD_ZERO_PAGES,
		  { t, host, 0, 1, free },
		  SBI_ERR_INVALID_ADDRESS },
		{ COVH_ADD_ZERO_PAGES,
		  { t, conf, 0, 1, free + 8 },
		  SBI_ERR_INVALID_ADDRESS },
		{ COVH_ADD_ZERO_PAGES,
		  { t, conf, 0, 1, RIG_GPA }, /* something stands there */
		  SBI_ERR_INVALID_ADDRESS },
		{ COVH_ADD_ZERO_PAGES,
		  { t, conf, 0, 9, free }, /* the ninth is the host's */
		  SBI_ERR_INVALID_ADDRESS },
		{ COVH_ADD_ZERO_PAGES,
		  { t, conf, 0, 1, RIG_GPA + PAGE_2M }, /* no region */
		  SBI_ERR_INVALID_ADDRESS },
		{ COVH_ADD_ZERO_PAGES,
		  { t, conf, 0, 1, UINT64_C(1) << 48 },
		  SBI_ERR_INVALID_ADDRESS },
		/* shared pages where the TVM shares nothing */
		{ COVH_ADD_SHARED_PAGES,
		  { t, host, 0, 1, free },
		  SBI_ERR_INVALID_ADDRESS },
		{ COVH_ADD_PAGE_TABLE_PAGES,
		  { t, host, 1 },
		  SBI_ERR_INVALID_ADDRESS },
		{ COVH_ADD_PAGE_TABLE_PAGES,
		  { t + 1, conf, 1 },
		  SBI_ERR_INVALID_PARAM },
	};
	uint8_t b[8];
	struct fault f;

	(void)unused;
	refused(r, bad, COUNT(bad));
	assert_int_equal(
		covh(r, COVH_ADD_ZERO_PAGES, t, conf, 0, 2, free, 0).error,
		SBI_SUCCESS);
	guest_get(r, free + PAGE_4K, b, sizeof(b));
	assert_memory_equal(b, "\0\0\0\0\0\0\0", 8);
	/* the same page a second time, there or elsewhere */
	rig_keep(r);
	assert_int_equal(covh(r, COVH_ADD_ZERO_PAGES, t, conf, 0, 1,
			      free + 2 * PAGE_4K, 0)
				 .error,
			 SBI_ERR_INVALID_ADDRESS);
	rig_same(r);
	assert_int_equal(mem_host_read(&r->m, conf, b, 8, &f), IL_E_IO);
	guest_get(r, RIG_GPA + 3 * PAGE_4K, b, 8);
	assert_int_equal(b[0], 0x43);
	rig_free(r);
}

static void tables_that_are_missing_are_asked_for_before_anything(void **unused)
{
	struct cove_rig *r = rig_new();
	const uint64_t dir = rig_conf(r, 4, 4), st = rig_conf(r, 2, 1);
	const uint64_t conf = rig_conf(r, 4, 1), src = rig_host(r, 2, 1);
	/* two pages on both sides of a 1 GiB boundary: two and three tables */
	const uint64_t gpa = UINT64_C(0x40000000) - PAGE_4K;
	uint8_t s[16];
	uint64_t t;

	(void)unused;
	cove_put_u64(s, 0, dir);
	cove_put_u64(s, 8, st);
	host_put(r, r->page, s, sizeof(s));
	t = call(r, COVH_CREATE_TVM, r->page, 16).value;
	assert_int_equal(
		covh(r, COVH_ADD_MEMORY_REGION, t, gpa, 2 * PAGE_4K, 0, 0, 0)
			.error,
		SBI_SUCCESS);
	for (unsigned have = 0; have < 5; have++) {
		rig_keep(r);
		assert_int_equal(covh(r, COVH_ADD_MEASURED_PAGES, t, src, conf,
				      0, 2, gpa)
					 .error,
				 SBI_ERR_OUT_OF_PTPAGES);
		rig_same(r);
		assert_int_equal(covh(r, COVH_ADD_PAGE_TABLE_PAGES, t,
				      rig_conf(r, 1, 1), 1, 0, 0, 0)
					 .error,
				 SBI_SUCCESS);
	}
	assert_int_equal(
		covh(r, COVH_ADD_MEASURED_PAGES, t, src, conf, 0, 2, gpa).error,
		SBI_SUCCESS);
	assert_int_equal(r->fw->tvm[0].pooled + r->fw->tvm[1].pooled, 0);
	rig_free(r);
}

/* SHA-384 of register, GPA and content; the fake hash is what both use. */
static void the_measurement_is_of_content_place_and_entry(void **unused)
{
	uint8_t in[48 + 8 + PAGE_4K] = { 0 }, want[48] = { 0 };
	struct cove_rig *r = rig_new();
	struct cove_fw_tvm t;

	(void)unused;
	rig_launch(r);
	for (unsigned i = 0; i < RIG_PAGES; i++) {
		memcpy(in, want, 48);
		for (unsigned b = 0; b < 8; b++)
			in[48 + b] =
				(uint8_t)((RIG_GPA + i * PAGE_4K) >> (8 * b));
		memset(in + 56, 0x40 + (int)i, PAGE_4K);
		assert_int_equal(crypto_hash(&r->p->crypto, CRYPTO_SHA384, in,
					     sizeof(in), want),
				 IL_OK);
	}
	memcpy(in, want, 48);
	memset(in + 48, 0, 16);
	in[48 + 3] = RIG_GPA >> 24; /* entry pc */
	assert_int_equal(
		crypto_hash(&r->p->crypto, CRYPTO_SHA384, in, 64, want), IL_OK);
	assert_true(cove_fw_tvm_find(r->fw, r->tvm, &t));
	assert_memory_equal(t.measurement, want, 48);
	assert_int_equal(t.state, TVM_RUNNABLE);
	rig_free(r);
}

static void a_page_leaves_a_tvm_by_block_fence_and_remove(void **unused)
{
	struct cove_rig *r = rig_new();
	const uint64_t t = rig_launch(r), gpa = RIG_GPA + 4 * PAGE_4K;
	const struct bad bad[] = {
		{ COVH_REMOVE_PAGES,
		  { t, gpa, PAGE_4K },
		  SBI_ERR_INVALID_ADDRESS },
		{ COVH_VALIDATE_PAGES,
		  { t, gpa, PAGE_4K },
		  SBI_ERR_INVALID_ADDRESS },
		{ COVH_INVALIDATE_PAGES, { t, gpa, 0 }, SBI_ERR_INVALID_PARAM },
		{ COVH_INVALIDATE_PAGES, { t, gpa, 8 }, SBI_ERR_INVALID_PARAM },
		{ COVH_INVALIDATE_PAGES,
		  { t, gpa + 8, PAGE_4K },
		  SBI_ERR_INVALID_ADDRESS },
		{ COVH_INVALIDATE_PAGES,
		  { t, gpa, PAGE_2M }, /* not all of it is there */
		  SBI_ERR_INVALID_ADDRESS },
		{ COVH_INVALIDATE_PAGES,
		  { t, gpa, UINT64_MAX & ~UINT64_C(4095) },
		  SBI_ERR_INVALID_ADDRESS },
		{ COVH_INVALIDATE_PAGES,
		  { t + 1, gpa, PAGE_4K },
		  SBI_ERR_INVALID_PARAM },
		{ COVH_TVM_FENCE, { t + 1 }, SBI_ERR_INVALID_PARAM },
	};
	struct fault f;
	uint8_t b[8];

	(void)unused;
	refused(r, bad, COUNT(bad));
	assert_int_equal(
		covh(r, COVH_INVALIDATE_PAGES, t, gpa, PAGE_4K, 0, 0, 0).error,
		SBI_SUCCESS);
	assert_int_equal(guest_access(r, gpa, false, &f), IL_E_IO);
	assert_ptr_equal(f.rule, &s2_rule_missing);
	rig_keep(r);
	assert_int_equal(
		covh(r, COVH_REMOVE_PAGES, t, gpa, PAGE_4K, 0, 0, 0).error,
		SBI_ERR_FAILED);
	assert_int_equal(
		covh(r, COVH_INVALIDATE_PAGES, t, gpa, PAGE_4K, 0, 0, 0).error,
		SBI_ERR_INVALID_ADDRESS);
	rig_same(r);
	/* back again, content and all */
	assert_int_equal(
		covh(r, COVH_VALIDATE_PAGES, t, gpa, PAGE_4K, 0, 0, 0).error,
		SBI_SUCCESS);
	guest_get(r, gpa, b, 8);
	assert_int_equal(b[0], 0x44);
	assert_int_equal(
		covh(r, COVH_INVALIDATE_PAGES, t, gpa, PAGE_4K, 0, 0, 0).error,
		SBI_SUCCESS);
	assert_int_equal(call(r, COVH_TVM_FENCE, t, 0).error, SBI_SUCCESS);
	assert_int_equal(
		covh(r, COVH_REMOVE_PAGES, t, gpa, PAGE_4K, 0, 0, 0).error,
		SBI_SUCCESS);
	assert_int_equal(r->fw->tvm[0].used ? r->fw->tvm[0].pages
					    : r->fw->tvm[1].pages,
			 RIG_PAGES - 1);
	rig_free(r);
}

/* A vCPU on another hart that has run since before the fence. */
static void fence_inside(struct cove_rig *r)
{
	const uint64_t gpa = RIG_GPA + 4 * PAGE_4K;
	const uint64_t range[6] = { r->tvm, gpa, PAGE_4K };

	assert_int_equal(cove_fw_ecall(r->fw, 1, COVE_EID_COVH,
				       COVH_INVALIDATE_PAGES, range)
				 .error,
			 SBI_SUCCESS);
	assert_int_equal(covh_on(r, 1, COVH_TVM_FENCE, r->tvm, 0).error,
			 SBI_SUCCESS);
	assert_int_equal(covh_on(r, 1, COVH_TVM_FENCE, r->tvm, 0).error,
			 SBI_ERR_ALREADY_STARTED);
	assert_int_equal(
		cove_fw_ecall(r->fw, 1, COVE_EID_COVH, COVH_REMOVE_PAGES, range)
			.error,
		SBI_ERR_FAILED);
	/* nor does it run twice, or its TVM go */
	assert_int_equal(covh_on(r, 1, COVH_RUN_VCPU, r->tvm, 0).error,
			 SBI_ERR_INVALID_PARAM);
	assert_int_equal(covh_on(r, 1, COVH_DESTROY_TVM, r->tvm, 0).error,
			 SBI_ERR_FAILED);
}

static void a_fence_waits_for_the_vcpu_that_runs(void **unused)
{
	struct cove_rig *r = rig_harts(2);
	const uint64_t gpa = RIG_GPA + 4 * PAGE_4K;

	(void)unused;
	rig_launch(r);
	r->inside = fence_inside;
	assert_int_equal(run(r).error, SBI_SUCCESS);
	r->inside = NULL;
	assert_int_equal(
		covh(r, COVH_REMOVE_PAGES, r->tvm, gpa, PAGE_4K, 0, 0, 0).error,
		SBI_SUCCESS);
	rig_free(r);
}

/* Ten bits of the count stand in an entry. */
static void a_page_that_waits_for_a_thousand_fences_still_leaves(void **unused)
{
	struct cove_rig *r = rig_new();
	const uint64_t t = rig_launch(r), gpa = RIG_GPA;

	(void)unused;
	assert_int_equal(
		covh(r, COVH_INVALIDATE_PAGES, t, gpa, PAGE_4K, 0, 0, 0).error,
		SBI_SUCCESS);
	for (unsigned i = 0; i < 1024; i++)
		assert_int_equal(call(r, COVH_TVM_FENCE, t, 0).error,
				 SBI_SUCCESS);
	/* it looks as if it were blocked just now: one more */
	assert_int_equal(
		covh(r, COVH_REMOVE_PAGES, t, gpa, PAGE_4K, 0, 0, 0).error,
		SBI_ERR_FAILED);
	assert_int_equal(call(r, COVH_TVM_FENCE, t, 0).error, SBI_SUCCESS);
	assert_int_equal(
		covh(r, COVH_REMOVE_PAGES, t, gpa, PAGE_4K, 0, 0, 0).error,
		SBI_SUCCESS);
	rig_free(r);
}

static void a_tvm_shares_and_takes_back(void **unused)
{
	struct cove_rig *r = rig_new();
	const uint64_t t = rig_launch(r), gpa = RIG_GPA + 8 * PAGE_4K;
	const uint64_t host = rig_host(r, 1, 1), conf = rig_conf(r, 1, 1);
	struct sbiret x;
	uint8_t b[8];

	(void)unused;
	covg_begin(r, COVG_SHARE_MEMORY_REGION, gpa, PAGE_4K, 0, 0, 0);
	assert_false(r->answered);
	/* blocked until the page of before is gone */
	assert_int_equal(run(r).error, SBI_ERR_FAILED);
	assert_int_equal(
		covh(r, COVH_ADD_SHARED_PAGES, t, host, 0, 1, gpa, 0).error,
		SBI_ERR_INVALID_ADDRESS);
	covh(r, COVH_INVALIDATE_PAGES, t, gpa, PAGE_4K, 0, 0, 0);
	call(r, COVH_TVM_FENCE, t, 0);
	assert_int_equal(run(r).error, SBI_ERR_FAILED);
	covh(r, COVH_REMOVE_PAGES, t, gpa, PAGE_4K, 0, 0, 0);
	assert_int_equal(run(r).error, SBI_SUCCESS);
	assert_true(r->answered);
	assert_int_equal(r->got.error, SBI_SUCCESS);
	/* shared: a page of the host, and no other kind */
	assert_int_equal(
		covh(r, COVH_ADD_ZERO_PAGES, t, conf, 0, 1, gpa, 0).error,
		SBI_ERR_INVALID_ADDRESS);
	host_put(r, host, "by host", 8);
	assert_int_equal(
		covh(r, COVH_ADD_SHARED_PAGES, t, host, 0, 1, gpa, 0).error,
		SBI_SUCCESS);
	guest_get(r, gpa, b, 8);
	assert_memory_equal(b, "by host", 8);
	rig_keep(r);
	assert_int_equal(call(r, COVH_CONVERT_PAGES, host, 1).error,
			 SBI_ERR_INVALID_STATE); /* law 33 */
	rig_same(r);
	x = covg(r, COVG_SHARE_MEMORY_REGION, gpa, PAGE_4K, 0, 0, 0);
	assert_int_equal(x.error, SBI_ERR_INVALID_PARAM);
	/* and back */
	covg_begin(r, COVG_UNSHARE_MEMORY_REGION, gpa, PAGE_4K, 0, 0, 0);
	assert_int_equal(run(r).error, SBI_ERR_FAILED);
	covh(r, COVH_INVALIDATE_PAGES, t, gpa, PAGE_4K, 0, 0, 0);
	call(r, COVH_TVM_FENCE, t, 0);
	covh(r, COVH_REMOVE_PAGES, t, gpa, PAGE_4K, 0, 0, 0);
	assert_int_equal(run(r).error, SBI_SUCCESS);
	assert_int_equal(r->got.error, SBI_SUCCESS);
	assert_int_equal(call(r, COVH_CONVERT_PAGES, host, 1).error,
			 SBI_SUCCESS);
	assert_int_equal(
		covh(r, COVH_ADD_ZERO_PAGES, t, conf, 0, 1, gpa, 0).error,
		SBI_SUCCESS);
	rig_free(r);
}

/* The host's answer to the exit, in a0, is an error. */
static void a_host_that_cannot_share_is_heard_and_nothing_changes(void **unused)
{
	struct cove_rig *r = rig_new();
	const uint64_t t = rig_launch(r), gpa = RIG_GPA + 8 * PAGE_4K;
	const uint64_t host = rig_host(r, 1, 1);
	uint8_t b[8];

	(void)unused;
	covg_begin(r, COVG_SHARE_MEMORY_REGION, gpa, PAGE_4K, 0, 0, 0);
	cove_put_u64(b, 0, (uint64_t)SBI_ERR_FAILED);
	host_put(r, r->nacl + NACL_GPR(10), b, 8);
	assert_int_equal(run(r).error, SBI_SUCCESS);
	assert_true(r->answered);
	assert_int_equal(r->got.error, SBI_ERR_FAILED);
	assert_int_equal(
		covh(r, COVH_ADD_SHARED_PAGES, t, host, 0, 1, gpa, 0).error,
		SBI_ERR_INVALID_ADDRESS);
	guest_get(r, gpa, b, 8);
	assert_int_equal(b[0], 0x48);
	/* too late: a shared page stands there */
	covg_begin(r, COVG_SHARE_MEMORY_REGION, gpa, PAGE_4K, 0, 0, 0);
	covh(r, COVH_INVALIDATE_PAGES, t, gpa, PAGE_4K, 0, 0, 0);
	call(r, COVH_TVM_FENCE, t, 0);
	covh(r, COVH_REMOVE_PAGES, t, gpa, PAGE_4K, 0, 0, 0);
	assert_int_equal(
		covh(r, COVH_ADD_SHARED_PAGES, t, host, 0, 1, gpa, 0).error,
		SBI_SUCCESS);
	cove_put_u64(b, 0, (uint64_t)SBI_ERR_FAILED);
	host_put(r, r->nacl + NACL_GPR(10), b, 8);
	assert_int_equal(run(r).error, SBI_SUCCESS);
	assert_int_equal(r->got.error, SBI_SUCCESS);
	rig_free(r);
}

static void ranges_that_a_tvm_names_are_held_against_its_memory(void **unused)
{
	static const struct {
		uint64_t fid, gpa, len;
		int64_t error;
	} bad[] = {
		{ COVG_SHARE_MEMORY_REGION, RIG_GPA + 8, PAGE_4K,
		  SBI_ERR_INVALID_ADDRESS },
		{ COVG_SHARE_MEMORY_REGION, RIG_GPA, 8, SBI_ERR_INVALID_PARAM },
		{ COVG_SHARE_MEMORY_REGION, RIG_GPA, 0, SBI_ERR_INVALID_PARAM },
		{ COVG_SHARE_MEMORY_REGION, RIG_GPA, 2 * PAGE_2M,
		  SBI_ERR_INVALID_PARAM },
		{ COVG_SHARE_MEMORY_REGION, UINT64_C(1) << 48, PAGE_4K,
		  SBI_ERR_INVALID_ADDRESS },
		{ COVG_UNSHARE_MEMORY_REGION, RIG_GPA, PAGE_4K,
		  SBI_ERR_INVALID_PARAM },
		{ COVG_ADD_MMIO_REGION, RIG_GPA, PAGE_4K,
		  SBI_ERR_INVALID_ADDRESS },
		{ COVG_ADD_MMIO_REGION, RIG_BAR_GPA, 8,
		  SBI_ERR_INVALID_ADDRESS },
		{ COVG_ADD_MMIO_REGION, UINT64_C(1) << 48, PAGE_4K,
		  SBI_ERR_INVALID_ADDRESS },
		{ 4, 0, 0, SBI_ERR_NOT_SUPPORTED },
		{ 1032, 0, 0, SBI_ERR_NOT_SUPPORTED },
	};
	struct cove_rig *r = rig_new();

	(void)unused;
	rig_launch(r);
	for (unsigned i = 0; i < COUNT(bad); i++) {
		rig_keep(r);
		assert_int_equal(
			covg(r, bad[i].fid, bad[i].gpa, bad[i].len, 0, 0, 0)
				.error,
			bad[i].error);
		assert_int_equal(r->exchanges, 0);
	}
	rig_free(r);
}

static void emulated_accesses_are_completed_and_others_made_again(void **unused)
{
	const uint64_t at = UINT64_C(0x50000000);
	struct cove_rig *r = rig_new();
	uint8_t b[8];

	(void)unused;
	rig_launch(r);
	assert_int_equal(
		covg(r, COVG_ADD_MMIO_REGION, at, PAGE_4K, 0, 0, 0).error,
		SBI_SUCCESS);
	r->vm_fault = true;
	r->a[0] = at + 0x10;
	assert_int_equal(run(r).error, SBI_SUCCESS);
	host_get(r, r->nacl + NACL_CSR(CSR_HTVAL), b, 8);
	assert_int_equal(cove_u64(b, 0), (at + 0x10) >> 2);
	host_get(r, r->nacl + NACL_CSR(CSR_HTINST), b, 8);
	assert_int_equal(cove_u64(b, 0), 0x2503);
	cove_put_u64(b, 0, 0xabcd);
	host_put(r, r->nacl + NACL_GPR(10), b, 8);
	r->a[0] = RIG_GPA + PAGE_2M; /* the next one: no MMIO of anybody */
	assert_int_equal(run(r).error, SBI_SUCCESS);
	assert_true(r->last.done);
	assert_int_equal(r->last.a[0], 0xabcd);
	/* no instruction is told of that, and no answer is taken for it */
	host_get(r, r->nacl + NACL_CSR(CSR_HTINST), b, 8);
	assert_int_equal(cove_u64(b, 0), 0);
	assert_int_equal(run(r).error, SBI_SUCCESS);
	assert_false(r->last.done);
	/* a page that the host has put there meanwhile is what answers */
	r->a[0] = at + 0x10;
	assert_int_equal(run(r).error, SBI_SUCCESS);
	assert_int_equal(
		covh(r, COVH_ADD_SHARED_PAGES, r->tvm, PEER_BAR, 0, 1, at, 0)
			.error,
		SBI_SUCCESS);
	assert_int_equal(run(r).error, SBI_SUCCESS);
	assert_false(r->last.done);
	rig_free(r);
}

static void calls_that_are_not_the_tsms_go_to_the_host_as_they_stand(void **x)
{
	struct cove_rig *r = rig_new();
	uint8_t b[8];

	(void)x;
	rig_launch(r);
	r->calls = true;
	r->eid = 0x08494c00;
	r->fid = 1;
	for (unsigned i = 0; i < 6; i++)
		r->a[i] = 0x100 + i;
	assert_int_equal(run(r).error, SBI_SUCCESS);
	for (unsigned i = 0; i < 8; i++) {
		host_get(r, r->nacl + NACL_GPR(10 + i), b, 8);
		assert_int_equal(cove_u64(b, 0), i == 7	  ? 0x08494c00
						 : i == 6 ? 1
							  : 0x100 + i);
	}
	cove_put_u64(b, 0, (uint64_t)-2);
	host_put(r, r->nacl + NACL_GPR(10), b, 8);
	cove_put_u64(b, 0, 77);
	host_put(r, r->nacl + NACL_GPR(11), b, 8);
	r->calls = false;
	assert_int_equal(run(r).error, SBI_SUCCESS);
	assert_true(r->last.done);
	assert_int_equal((int64_t)r->last.a[0], -2);
	assert_int_equal(r->last.a[1], 77);
	rig_free(r);
}

static void a_vcpu_runs_once_it_may_and_with_a_place_to_tell(void **unused)
{
	struct cove_rig *r = rig_new();
	const uint64_t t = rig_launch(r);
	uint64_t a[6] = { UINT64_MAX, UINT64_MAX };
	const struct bad bad[] = {
		{ COVH_RUN_VCPU, { t, 1 }, SBI_ERR_INVALID_PARAM },
		{ COVH_RUN_VCPU, { t, 4 }, SBI_ERR_INVALID_PARAM },
		{ COVH_RUN_VCPU, { t, UINT64_MAX }, SBI_ERR_INVALID_PARAM },
		{ COVH_RUN_VCPU, { t + 1, 0 }, SBI_ERR_INVALID_PARAM },
	};

	(void)unused;
	refused(r, bad, COUNT(bad));
	assert_int_equal(
		cove_fw_ecall(r->fw, 0, COVE_EID_NACL, NACL_SET_SHMEM, a).error,
		SBI_SUCCESS);
	rig_keep(r);
	assert_int_equal(run(r).error, SBI_ERR_NO_SHMEM);
	for (unsigned i = 0; i < 4; i++) {
		const uint64_t b[4][6] = { { r->nacl + 8 },
					   { r->nacl, 1 },
					   { r->nacl, 0, 1 },
					   { RIG_TSM } };

		assert_int_not_equal(cove_fw_ecall(r->fw, 0, COVE_EID_NACL,
						   NACL_SET_SHMEM, b[i])
					     .error,
				     SBI_SUCCESS);
	}
	rig_same(r);
	assert_int_equal(
		cove_fw_ecall(r->fw, 0, COVE_EID_NACL, NACL_PROBE_FEATURE, a)
			.value,
		0);
	rig_free(r);
}

const struct CMUnitTest cove_mem_tests[] = {
	cmocka_unit_test(the_tsm_says_what_it_needs),
	cmocka_unit_test(memory_is_confidential_when_each_hart_has_fenced),
	cmocka_unit_test(what_is_not_the_hosts_is_not_converted),
	cmocka_unit_test(a_tvm_is_made_of_confidential_pages),
	cmocka_unit_test(pages_go_where_the_tvm_has_memory_and_tables),
	cmocka_unit_test(tables_that_are_missing_are_asked_for_before_anything),
	cmocka_unit_test(the_measurement_is_of_content_place_and_entry),
	cmocka_unit_test(a_page_leaves_a_tvm_by_block_fence_and_remove),
	cmocka_unit_test(a_fence_waits_for_the_vcpu_that_runs),
	cmocka_unit_test(a_page_that_waits_for_a_thousand_fences_still_leaves),
	cmocka_unit_test(a_tvm_shares_and_takes_back),
	cmocka_unit_test(a_host_that_cannot_share_is_heard_and_nothing_changes),
	cmocka_unit_test(ranges_that_a_tvm_names_are_held_against_its_memory),
	cmocka_unit_test(emulated_accesses_are_completed_and_others_made_again),
	cmocka_unit_test(
		calls_that_are_not_the_tsms_go_to_the_host_as_they_stand),
	cmocka_unit_test(a_vcpu_runs_once_it_may_and_with_a_place_to_tell),
};
const size_t cove_mem_tests_n = COUNT(cove_mem_tests);
