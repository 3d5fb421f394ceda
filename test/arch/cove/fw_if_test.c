/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_tests.h"

/*
 * Interfaces: regions, bind, a TVM's calls, start, stop, unbind; and the
 * defects of the draft as they are settled here.
 */

static struct sbiret region(struct cove_rig *r, uint64_t fid, uint64_t tvm,
			    uint64_t id, uint64_t pa, uint64_t len,
			    uint64_t gpa)
{
	return covh(r, fid, tvm, id, pa, len, gpa, 0);
}

static struct sbiret map(struct cove_rig *r, uint64_t gpa, uint64_t hpa,
			 uint64_t len)
{
	return covg(r, COVG_MAP_INTERFACE_MMIO, RIG_IF, gpa, hpa, len, 0);
}

static struct sbiret report(struct cove_rig *r)
{
	return covg(r, COVG_GET_INTERFACE_REPORT, RIG_IF, RIG_BUF_GPA, PAGE_4K,
		    0, 0);
}

static const struct tsm_lock_info *lock_info(struct cove_rig *r)
{
	return tsm_lock_info(cfw_if_find(r->fw, RIG_IF)->bind);
}

static void a_region_is_mmio_of_the_interfaces_port(void **unused)
{
	struct cove_rig *r = rig_new();
	const uint64_t t = rig_launch(r), host = rig_host(r, 1, 1);
	const struct {
		uint64_t a[5];
		int64_t error;
	} bad[] = {
		{ { t + 1, RIG_IF, PEER_BAR, PAGE_4K, RIG_BAR_GPA },
		  SBI_ERR_INVALID_PARAM },
		{ { t, 0x0900, PEER_BAR, PAGE_4K, RIG_BAR_GPA },
		  SBI_ERR_INVALID_PARAM },
		{ { t, RIG_IF | 1 << 30, PEER_BAR, PAGE_4K, RIG_BAR_GPA },
		  SBI_ERR_INVALID_PARAM },
		{ { t, RIG_IF, PEER_BAR + 8, PAGE_4K, RIG_BAR_GPA },
		  SBI_ERR_INVALID_ADDRESS },
		{ { t, RIG_IF, PEER_BAR, 8, RIG_BAR_GPA },
		  SBI_ERR_INVALID_ADDRESS },
		{ { t, RIG_IF, PEER_BAR, 0, RIG_BAR_GPA },
		  SBI_ERR_INVALID_ADDRESS },
		{ { t, RIG_IF, host, PAGE_4K, RIG_BAR_GPA },
		  SBI_ERR_INVALID_ADDRESS },
		{ { t, RIG_IF, PEER_BAR + PAGE_2M - PAGE_4K, 2 * PAGE_4K,
		    RIG_BAR_GPA },
		  SBI_ERR_INVALID_ADDRESS },
		{ { t, RIG_IF, PEER_BAR, PAGE_4K, RIG_BAR_GPA + 8 },
		  SBI_ERR_INVALID_ADDRESS },
		{ { t, RIG_IF, PEER_BAR, PAGE_4K, UINT64_C(1) << 48 },
		  SBI_ERR_INVALID_ADDRESS },
		/* where the TVM has memory, or may have */
		{ { t, RIG_IF, PEER_BAR, PAGE_4K, RIG_GPA },
		  SBI_ERR_INVALID_ADDRESS },
		{ { t, RIG_IF, PEER_BAR, PAGE_4K,
		    RIG_GPA + RIG_PAGES * PAGE_4K },
		  SBI_ERR_INVALID_ADDRESS },
		{ { t, RIG_IF, PEER_BAR, UINT64_MAX & ~UINT64_C(4095),
		    RIG_BAR_GPA },
		  SBI_ERR_INVALID_ADDRESS },
	};
	struct fault f;
	uint8_t b[8] = { 0 };

	(void)unused;
	for (unsigned i = 0; i < COUNT(bad); i++) {
		rig_keep(r);
		assert_int_equal(region(r, COVH_ADD_REGION, bad[i].a[0],
					bad[i].a[1], bad[i].a[2], bad[i].a[3],
					bad[i].a[4])
					 .error,
				 bad[i].error);
		rig_same(r);
	}
	assert_int_equal(regions_add(r).error, SBI_SUCCESS);
	rig_keep(r);
	/* once is enough: not the same page at another address (T002) */
	assert_int_equal(region(r, COVH_ADD_REGION, t, RIG_IF, PEER_BAR,
				PAGE_4K, RIG_BAR_GPA + PAGE_2M)
				 .error,
			 SBI_ERR_INVALID_ADDRESS);
	rig_same(r);
	/* and the host does not touch it from here on (law 35) */
	assert_int_equal(mem_host_write(&r->m, PEER_BAR, b, 8, &f), IL_E_IO);
	assert_ptr_equal(f.rule, &cove_rule_mpt);
	assert_int_equal(
		mem_host_write(&r->m, PEER_BAR + 8 * PAGE_4K, b, 8, &f), IL_OK);
	/* a TVM with a region is not destroyed */
	assert_int_equal(covh(r, COVH_DESTROY_TVM, t, 0, 0, 0, 0, 0).error,
			 SBI_ERR_INVALID_STATE);
	assert_int_equal(regions_reclaim(r).error, SBI_SUCCESS);
	assert_int_equal(covh(r, COVH_DESTROY_TVM, t, 0, 0, 0, 0, 0).error,
			 SBI_SUCCESS);
	rig_free(r);
}

static void mmio_that_a_tvm_shows_shared_is_no_region(void **unused)
{
	struct cove_rig *r = rig_new();
	const uint64_t t = rig_launch(r), at = UINT64_C(0x50000000);
	uint8_t b[8];

	(void)unused;
	assert_int_equal(
		covg(r, COVG_ADD_MMIO_REGION, at, PAGE_4K, 0, 0, 0).error,
		SBI_SUCCESS);
	assert_int_equal(
		covh(r, COVH_ADD_SHARED_PAGES, t, PEER_BAR, 0, 1, at, 0).error,
		SBI_SUCCESS);
	guest_get(r, at, b, 8);
	assert_int_equal(b[0], 0xff); /* without T */
	rig_keep(r);
	assert_int_equal(regions_add(r).error, SBI_ERR_INVALID_STATE);
	rig_same(r);
	covh(r, COVH_INVALIDATE_PAGES, t, at, PAGE_4K, 0, 0, 0);
	covh(r, COVH_TVM_FENCE, t, 0, 0, 0, 0, 0);
	assert_int_equal(
		covh(r, COVH_REMOVE_PAGES, t, at, PAGE_4K, 0, 0, 0).error,
		SBI_SUCCESS);
	assert_int_equal(regions_add(r).error, SBI_SUCCESS);
	rig_free(r);
}

static void bind_needs_a_connected_device_and_a_secure_stream(void **unused)
{
	struct cove_rig *r = rig_new();
	uint64_t t = rig_launch(r);

	(void)unused;
	rig_keep(r);
	assert_int_equal(bind(r).error, SBI_ERR_INVALID_STATE);
	rig_same(r);
	assert_int_equal(dev_connect(r).error, SBI_SUCCESS);
	/* a first look tells the root monitor: not part of what is compared */
	r->p->rp_secure = false;
	r->p->secure = false;
	assert_int_equal(bind(r).error, SBI_ERR_INVALID_STATE);
	rig_keep(r);
	assert_int_equal(bind(r).error, SBI_ERR_INVALID_STATE);
	rig_same(r);
	/* the keys went with it */
	assert_int_equal(r->rdsm.stream[0].key[0][COVT_TX][0],
			 COVT_KEY_CLEARED);
	rig_free(r);

	r = rig_new();
	t = rig_launch(r);
	assert_int_equal(dev_connect(r).error, SBI_SUCCESS);
	rig_keep(r);
	assert_int_equal(
		carry(r, COVH_BIND_INTERFACE, t + 1, RIG_IF, 0, 0).error,
		SBI_ERR_INVALID_PARAM);
	assert_int_equal(carry(r, COVH_BIND_INTERFACE, t, 0x0900, 0, 0).error,
			 SBI_ERR_INVALID_STATE);
	assert_int_equal(carry(r, COVH_UNBIND_INTERFACE, t, RIG_IF, 0, 0).error,
			 SBI_ERR_INVALID_PARAM);
	rig_same(r);
	assert_int_equal(bind(r).error, SBI_SUCCESS);
	rig_keep(r);
	assert_int_equal(bind(r).error, SBI_ERR_INVALID_STATE); /* law 15 */
	/* "an error if it is bound already" */
	assert_int_equal(regions_add(r).error, SBI_ERR_INVALID_STATE);
	assert_int_equal(
		carry(r, COVH_UNBIND_INTERFACE, t + 1, RIG_IF, 0, 0).error,
		SBI_ERR_INVALID_PARAM);
	rig_same(r);
	rig_free(r);
}

static void deny_lock(struct peer *p, const struct tdisp_msg *req,
		      struct tdisp_msg *rsp, bool *drop)
{
	(void)p;
	(void)drop;
	if (req->code != TDISP_LOCK_REQ)
		return;
	*rsp = (struct tdisp_msg){ .code = TDISP_ERROR };
	rsp->error.code = TDISP_E_INVALID_DEVICE_CONFIGURATION;
}

static void a_device_that_does_not_lock_stays_nobodys(void **unused)
{
	struct cove_rig *r = rig_new();

	(void)unused;
	rig_launch(r);
	assert_int_equal(dev_connect(r).error, SBI_SUCCESS);
	r->p->on_tdisp = deny_lock;
	assert_int_equal(bind(r).error, SBI_ERR_DENIED);
	assert_null(cfw_if_find(r->fw, RIG_IF));
	assert_false(r->o.class[RIG_IF].on);
	r->p->on_tdisp = NULL;
	assert_int_equal(bind(r).error, SBI_SUCCESS);
	rig_free(r);
}

/* --- the TVM's side --- */

static void a_tvm_asks_for_its_own_interfaces_alone(void **unused)
{
	static const uint64_t calls[] = {
		COVG_GET_DEVICE_LINK,	  COVG_GET_CONN_TRANSCRIPT,
		COVG_GET_MEASUREMENTS,	  COVG_GET_INTERFACE_REPORT,
		COVG_GET_INTERFACE_STATE, COVG_MAP_INTERFACE_MMIO,
		COVG_START_INTERFACE,	  COVG_STOP_INTERFACE,
	};
	struct cove_rig *r = rig_new();
	uint64_t mine;

	(void)unused;
	all_bound(r);
	mine = r->tvm;
	rig_launch(r); /* another TVM, and its vCPU */
	assert_int_not_equal(r->tvm, mine);
	for (unsigned i = 0; i < COUNT(calls); i++) {
		struct sbiret x =
			covg(r, calls[i], RIG_IF, RIG_BUF_GPA, PAGE_4K, 0, 0);

		/* stop: there is one, and it is not bound to this TVM */
		assert_int_equal(x.error, calls[i] == COVG_STOP_INTERFACE
						  ? SBI_ERR_ALREADY_STOPPED
						  : SBI_ERR_INVALID_PARAM);
		assert_int_equal(r->exchanges, 0);
	}
	assert_int_equal(tsm_bind_state(cfw_if_find(r->fw, RIG_IF)->bind),
			 TSM_BIND_LOCKED);
	rig_free(r);
}

static void answers_go_to_confidential_memory_alone(void **unused)
{
	struct cove_rig *r = rig_new();
	static const struct {
		uint64_t fid, a[4];
	} bad[] = {
		{ COVG_GET_INTERFACE_REPORT, { RIG_BUF_GPA + 8, PAGE_4K } },
		{ COVG_GET_INTERFACE_REPORT, { RIG_BUF_GPA, 0 } },
		{ COVG_GET_INTERFACE_REPORT, { RIG_BAR_GPA, PAGE_4K } },
		{ COVG_GET_INTERFACE_REPORT,
		  { RIG_BUF_GPA, (RIG_PAGES + 1) * PAGE_4K } },
		{ COVG_GET_INTERFACE_REPORT,
		  { RIG_GPA + (RIG_PAGES - 1) * PAGE_4K, 2 * PAGE_4K } },
		{ COVG_GET_MEASUREMENTS,
		  { RIG_NONCE + 1, 0, RIG_BUF_GPA, PAGE_4K } },
		{ COVG_GET_MEASUREMENTS,
		  { RIG_BAR_GPA, 0, RIG_BUF_GPA, PAGE_4K } },
		{ COVG_GET_MEASUREMENTS, { 0, 0, RIG_BUF_GPA + 16, PAGE_4K } },
		{ COVG_GET_MEASUREMENTS, { 0, 0, RIG_GPA - PAGE_4K, PAGE_4K } },
	};

	(void)unused;
	all_bound(r);
	for (unsigned i = 0; i < COUNT(bad); i++) {
		assert_int_equal(covg(r, bad[i].fid, RIG_IF, bad[i].a[0],
				      bad[i].a[1], bad[i].a[2], bad[i].a[3])
					 .error,
				 SBI_ERR_INVALID_ADDRESS);
		assert_int_equal(r->exchanges, 0);
	}
	rig_free(r);
}

static void measurements_answer_the_tvms_nonce_or_a_fresh_one(void **unused)
{
	struct cove_rig *r = rig_new();
	uint8_t nonce[32], b[2048], was[32];
	struct sbiret x;
	bool found = false;

	(void)unused;
	all_bound(r);
	memset(nonce, 0x3c, sizeof(nonce));
	guest_put(r, RIG_NONCE, nonce, sizeof(nonce));
	x = covg(r, COVG_GET_MEASUREMENTS, RIG_IF, RIG_NONCE, ~UINT64_C(0),
		 RIG_BUF_GPA, PAGE_4K);
	assert_int_equal(x.error, SBI_SUCCESS);
	assert_true(x.value > 200 && x.value <= sizeof(b));
	guest_get(r, RIG_BUF_GPA, b, (uint32_t)x.value);
	assert_int_equal(b[1], 0x84); /* VCA first: GET_VERSION */
	for (size_t i = 0; i + 32 <= x.value; i++)
		found |= memcmp(b + i, nonce, 32) == 0;
	assert_true(found);
	assert_true(lock_info(r)->meas_valid);
	memcpy(was, lock_info(r)->meas_nonce, 32);
	assert_memory_equal(was, nonce, 32);
	x = covg(r, COVG_GET_MEASUREMENTS, RIG_IF, 0, 0, RIG_BUF_GPA, PAGE_4K);
	assert_int_equal(x.error, SBI_SUCCESS);
	assert_memory_not_equal(lock_info(r)->meas_nonce, was, 32);
	rig_free(r);
}

static void mmio_is_mapped_as_reported_and_as_donated(void **unused)
{
	struct cove_rig *r = rig_new();
	const struct tsm_lock_info *l;
	uint64_t len, gpa;

	(void)unused;
	all_bound(r);
	/* no report yet: nothing to hold it against */
	assert_int_equal(map(r, RIG_BAR_GPA, PEER_BAR, PAGE_4K).error,
			 SBI_ERR_INVALID_STATE);
	assert_int_equal(report(r).error, SBI_SUCCESS);
	l = lock_info(r);
	assert_int_equal(l->range[0].pa, PEER_BAR);
	len = (uint64_t)l->range[0].pages * PAGE_4K;
	gpa = RIG_BAR_GPA;
	assert_int_equal(map(r, gpa + PAGE_4K, PEER_BAR, len).error,
			 SBI_ERR_INVALID_ADDRESS); /* donated elsewhere */
	assert_int_equal(map(r, gpa, PEER_BAR, len + 64 * PAGE_4K).error,
			 SBI_ERR_INVALID_ADDRESS); /* beyond the report */
	assert_int_equal(map(r, gpa + 8, PEER_BAR, len).error,
			 SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(map(r, gpa, PEER_BAR + 8, len).error,
			 SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(map(r, gpa, PEER_BAR, 0).error,
			 SBI_ERR_INVALID_ADDRESS);
	for (unsigned i = 0; i < l->ranges; i++) {
		const struct tsm_range *x = &l->range[i];
		const uint64_t n = (uint64_t)x->pages * PAGE_4K;
		struct sbiret s = map(r, gpa + x->pa - PEER_BAR, x->pa, n);
		const bool odd = x->attr & 7; /* MSI-X, PBA, NON_TEE: law 36 */
		const bool given =
			x->pa + n <= PEER_BAR + RIG_BAR_PAGES * PAGE_4K;

		assert_int_equal(s.error, odd || !given
						  ? SBI_ERR_INVALID_ADDRESS
						  : SBI_SUCCESS);
	}
	assert_int_equal(map(r, gpa, PEER_BAR, len).error,
			 SBI_ERR_ALREADY_AVAILABLE);
	/* and nothing of it is valid before start */
	struct fault f;

	assert_int_equal(guest_access(r, gpa, false, &f), IL_E_IO);
	assert_int_equal(
		covg(r, COVG_START_INTERFACE, RIG_IF, 0, 0, 0, 0).error,
		SBI_SUCCESS);
	assert_int_equal(guest_access(r, gpa, true, &f), IL_OK);
	/* nor is more accepted once it runs */
	assert_int_equal(map(r, gpa, PEER_BAR, len).error,
			 SBI_ERR_INVALID_STATE);
	rig_free(r);
}

/* It was unbound without its wish, and says that it knows. */
static void heard(struct cove_rig *r)
{
	assert_int_equal(covg(r, COVG_STOP_INTERFACE, RIG_IF, 0, 0, 0, 0).error,
			 SBI_ERR_ALREADY_STOPPED);
}

static void
a_binding_that_ended_unasked_is_not_taken_for_the_next(void **unused)
{
	struct cove_rig *r = rig_new();

	(void)unused;
	all_bound(r);
	/* It has asked nothing yet: there is nothing to be mistaken about. */
	assert_int_equal(unbind(r).error, SBI_SUCCESS);
	assert_int_equal(bind(r).error, SBI_SUCCESS);
	assert_int_equal(report(r).error, SBI_SUCCESS);
	assert_int_equal(unbind(r).error, SBI_SUCCESS);
	assert_int_equal(bind(r).error, SBI_SUCCESS);
	assert_int_equal(report(r).error, SBI_ERR_INVALID_STATE);
	assert_int_equal(
		covg(r, COVG_GET_INTERFACE_STATE, RIG_IF, 0, 0, 0, 0).error,
		SBI_ERR_INVALID_STATE);
	assert_int_equal(unbind(r).error, SBI_SUCCESS);
	heard(r);
	assert_int_equal(bind(r).error, SBI_SUCCESS);
	assert_int_equal(report(r).error, SBI_SUCCESS);
	rig_free(r);
}

static void start_comes_once_after_a_report_of_this_lock(void **unused)
{
	struct cove_rig *r = rig_new();

	(void)unused;
	all_bound(r);
	assert_int_equal(
		covg(r, COVG_START_INTERFACE, RIG_IF, 0, 0, 0, 0).error,
		SBI_ERR_INVALID_STATE);
	assert_int_equal(report(r).error, SBI_SUCCESS);
	/* another lock session: the report of before counts for nothing */
	assert_int_equal(unbind(r).error, SBI_SUCCESS);
	heard(r);
	assert_int_equal(bind(r).error, SBI_SUCCESS);
	assert_int_equal(
		covg(r, COVG_START_INTERFACE, RIG_IF, 0, 0, 0, 0).error,
		SBI_ERR_INVALID_STATE);
	assert_int_equal(report(r).error, SBI_SUCCESS);
	assert_int_equal(
		covg(r, COVG_START_INTERFACE, RIG_IF, 0, 0, 0, 0).error,
		SBI_SUCCESS);
	assert_int_equal(
		covg(r, COVG_START_INTERFACE, RIG_IF, 0, 0, 0, 0).error,
		SBI_ERR_ALREADY_STARTED);
	rig_free(r);
}

static void what_was_accepted_dies_with_its_lock_session(void **unused)
{
	struct cove_rig *r = rig_new();
	struct fault f;

	(void)unused;
	all_running(r);
	assert_int_equal(guest_access(r, RIG_BAR_GPA, false, &f), IL_OK);
	assert_int_equal(unbind(r).error, SBI_SUCCESS);
	heard(r);
	assert_int_equal(bind(r).error, SBI_SUCCESS);
	assert_int_equal(report(r).error, SBI_SUCCESS);
	assert_int_equal(
		covg(r, COVG_START_INTERFACE, RIG_IF, 0, 0, 0, 0).error,
		SBI_SUCCESS);
	/* it runs, and its MMIO was not accepted anew */
	assert_int_equal(guest_access(r, RIG_BAR_GPA, false, &f), IL_E_IO);
	assert_int_equal(dma(r, true, RIG_GPA, false, &f), IL_OK);
	rig_free(r);
}

static void say_error(struct peer *p, const struct tdisp_msg *req,
		      struct tdisp_msg *rsp, bool *drop)
{
	(void)p;
	(void)drop;
	if (req->code == TDISP_GET_STATE)
		rsp->state = TDI_ERROR;
}

static void an_error_that_is_seen_takes_every_grant(void **unused)
{
	struct cove_rig *r = rig_new();
	struct fault f;

	(void)unused;
	all_running(r);
	r->p->on_tdisp = say_error;
	assert_int_equal(
		covg(r, COVG_GET_INTERFACE_STATE, RIG_IF, 0, 0, 0, 0).value,
		COVE_IF_ERROR);
	r->p->on_tdisp = NULL;
	assert_int_equal(guest_access(r, RIG_BAR_GPA, false, &f), IL_E_IO);
	assert_int_equal(dma(r, true, RIG_GPA, false, &f), IL_E_IO);
	assert_ptr_equal(f.rule, &cove_rule_dc_invalid);
	assert_int_equal(unbind(r).error, SBI_SUCCESS);
	rig_free(r);
}

static void a_tvms_fence_reaches_the_iommu(void **unused)
{
	struct cove_rig *r = rig_new();
	struct cove_page p;
	struct fw_leaf l;
	struct fault f;

	(void)unused;
	all_running(r);
	assert_int_equal(dma(r, true, RIG_GPA + PAGE_4K, true, &f), IL_OK);
	cfw_leaf_get(r->fw, cfw_tvm_find(r->fw, r->tvm), RIG_GPA + PAGE_4K, &l);
	assert_true(iommu_reaches(&r->i, l.pa));
	assert_int_equal(covh(r, COVH_INVALIDATE_PAGES, r->tvm,
			      RIG_GPA + PAGE_4K, PAGE_4K, 0, 0, 0)
				 .error,
			 SBI_SUCCESS);
	assert_int_equal(covh(r, COVH_TVM_FENCE, r->tvm, 0, 0, 0, 0, 0).error,
			 SBI_SUCCESS);
	assert_false(iommu_reaches(&r->i, l.pa)); /* law 43 */
	assert_int_equal(dma(r, true, RIG_GPA + PAGE_4K, true, &f), IL_E_IO);
	assert_ptr_equal(f.rule, &iommu_rule_missing);
	assert_int_equal(covh(r, COVH_REMOVE_PAGES, r->tvm, RIG_GPA + PAGE_4K,
			      PAGE_4K, 0, 0, 0)
				 .error,
			 SBI_SUCCESS);
	assert_int_equal(cove_own_page(&r->o, l.pa, &p), IL_OK);
	assert_int_equal(p.state, COVE_PG_FREE);
	rig_free(r);
}

/* --- stop, unbind, reclaim --- */

static void a_tvms_stop_is_obeyed_at_once_and_ended_by_unbind(void **unused)
{
	struct cove_rig *r = rig_new();
	struct fault f;

	(void)unused;
	all_running(r);
	covg_begin(r, COVG_STOP_INTERFACE, RIG_IF, 0, 0, 0, 0);
	assert_false(r->answered);
	/* the host has done nothing yet */
	assert_int_equal(guest_access(r, RIG_BAR_GPA, false, &f), IL_E_IO);
	assert_int_equal(dma(r, true, RIG_GPA, false, &f), IL_E_IO);
	assert_int_equal(run(r).error, SBI_SUCCESS);
	assert_false(r->answered);
	assert_int_equal(unbind(r).error, SBI_SUCCESS);
	assert_int_equal(run(r).error, SBI_SUCCESS);
	assert_true(r->answered);
	assert_int_equal(r->got.error, SBI_SUCCESS);
	assert_int_equal(covg(r, COVG_STOP_INTERFACE, RIG_IF, 0, 0, 0, 0).error,
			 SBI_ERR_ALREADY_STOPPED);
	rig_free(r);
}

/* Law 48, for the TVM: it is no longer bound, and the device did not stop. */
static void a_tvm_hears_of_a_stop_that_failed(void **unused)
{
	struct cove_rig *r = rig_new();

	(void)unused;
	all_running(r);
	covg_begin(r, COVG_STOP_INTERFACE, RIG_IF, 0, 0, 0, 0);
	r->silent = true;
	assert_int_equal(unbind(r).error, SBI_ERR_IO);
	assert_int_equal(run(r).error, SBI_SUCCESS);
	assert_false(r->answered);
	assert_int_equal(unbind(r).error, SBI_SUCCESS);
	assert_int_equal(run(r).error, SBI_SUCCESS);
	assert_true(r->answered);
	assert_int_equal(r->got.error, SBI_ERR_IO);
	rig_free(r);
}

/* Draft: the call unbinds first; the flow rejects. Rejected. */
static void a_region_of_a_bound_interface_is_not_reclaimed(void **unused)
{
	struct cove_rig *r = rig_new();

	(void)unused;
	all_running(r);
	rig_keep(r);
	assert_int_equal(regions_reclaim(r).error, SBI_ERR_INVALID_STATE);
	/* nor a part of it, nor another TVM's, nor another interface's */
	assert_int_equal(region(r, COVH_RECLAIM_REGION, r->tvm, RIG_IF,
				PEER_BAR, PAGE_4K, 0)
				 .error,
			 SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(region(r, COVH_RECLAIM_REGION, r->tvm, RIG_IF + 1,
				PEER_BAR, RIG_BAR_PAGES * PAGE_4K, 0)
				 .error,
			 SBI_ERR_INVALID_PARAM);
	rig_same(r);
	assert_int_equal(unbind(r).error, SBI_SUCCESS);
	assert_int_equal(regions_reclaim(r).error, SBI_SUCCESS);
	rig_keep(r);
	assert_int_equal(regions_reclaim(r).error, SBI_ERR_INVALID_PARAM);
	rig_same(r);
	rig_free(r);
}

static void unbind_on_1(struct cove_rig *r)
{
	const uint64_t a[6] = { r->tvm, RIG_IF, PEER_BAR,
				RIG_BAR_PAGES * PAGE_4K };
	struct sbiret x = covh_on(r, 0, COVH_UNBIND_INTERFACE, r->tvm, RIG_IF);

	if (!cfw_if_find(r->fw, RIG_IF)->bind)
		return;
	while (cfw_is_pending(x)) {
		exchange(r);
		x = covh_on(r, 0, COVH_UNBIND_INTERFACE, r->tvm, RIG_IF);
	}
	assert_int_equal(x.error, SBI_SUCCESS);
	/* the vCPU that runs may remember it: law 37 */
	assert_int_equal(
		cove_fw_ecall(r->fw, 1, COVE_EID_COVH, COVH_RECLAIM_REGION, a)
			.error,
		SBI_ERR_INVALID_STATE);
}

static void mmio_goes_back_when_no_vcpu_can_remember_it(void **unused)
{
	struct cove_rig *r = rig_harts(2);

	(void)unused;
	all_running(r);
	r->inside = unbind_on_1;
	assert_int_equal(run(r).error, SBI_SUCCESS);
	r->inside = NULL;
	assert_int_equal(regions_reclaim(r).error, SBI_SUCCESS);
	rig_free(r);
}

static void another_tvm_gets_neither_interface_nor_region(void **unused)
{
	struct cove_rig *r = rig_new();
	uint64_t first;

	(void)unused;
	all_running(r);
	first = r->tvm;
	rig_launch(r);
	rig_keep(r);
	assert_int_equal(bind(r).error, SBI_ERR_INVALID_STATE);
	assert_int_equal(unbind(r).error, SBI_ERR_INVALID_PARAM);
	assert_int_equal(region(r, COVH_ADD_REGION, r->tvm, RIG_IF,
				PEER_BAR + 16 * PAGE_4K, PAGE_4K, RIG_BAR_GPA)
				 .error,
			 SBI_ERR_INVALID_STATE);
	rig_same(r);
	assert_int_equal(
		carry(r, COVH_UNBIND_INTERFACE, first, RIG_IF, 0, 0).error,
		SBI_SUCCESS);
	/* T005: not before the first one's region is gone */
	assert_int_equal(bind(r).error, SBI_ERR_INVALID_STATE);
	assert_int_equal(region(r, COVH_RECLAIM_REGION, first, RIG_IF, PEER_BAR,
				RIG_BAR_PAGES * PAGE_4K, 0)
				 .error,
			 SBI_SUCCESS);
	assert_int_equal(regions_add(r).error, SBI_SUCCESS);
	assert_int_equal(bind(r).error, SBI_SUCCESS);
	rig_free(r);
}

/* Law 49: what the TVM began is carried on by the unbind itself. */
static void unbind_needs_no_vcpu_of_the_tvm(void **unused)
{
	struct cove_rig *r = rig_new();

	(void)unused;
	all_running(r);
	covg_begin(r, COVG_GET_INTERFACE_STATE, RIG_IF, 0, 0, 0, 0);
	assert_false(r->answered);
	assert_int_not_equal(
		cove_fw_pending(r->fw, 0) | cove_fw_pending(r->fw, 1), 0);
	/* others are refused, and leave it as it is */
	rig_keep(r);
	assert_int_equal(
		covh(r, COVH_SPDM_HEARTBEAT, PEER_RID, 0, 0, 0, 0, 0).error,
		SBI_ERR_INVALID_STATE);
	rig_same(r);
	assert_int_equal(unbind(r).error, SBI_SUCCESS);
	/* the TVM has its answer, from before the unbind */
	assert_int_equal(run(r).error, SBI_SUCCESS);
	assert_true(r->answered);
	assert_int_equal(r->got.value, COVE_IF_RUNNING);
	rig_free(r);
}

/* Law 48: at each exchange of unbind the device is dead. */
static void a_stop_that_fails_is_told_and_then_it_is_gone(void **unused)
{
	(void)unused;
	for (unsigned n = 1; n < 3; n++) {
		struct cove_rig *r = rig_new();
		struct sbiret x;
		struct fault f;

		all_running(r);
		x = covh(r, COVH_UNBIND_INTERFACE, r->tvm, RIG_IF, 0, 0, 0, 0);
		r->exchanges = 0;
		while (cfw_is_pending(x)) {
			r->silent = r->exchanges + 1 == n;
			exchange(r);
			x = covh(r, COVH_UNBIND_INTERFACE, r->tvm, RIG_IF, 0, 0,
				 0, 0);
		}
		assert_int_equal(x.error, SBI_ERR_IO);
		/* isolated already */
		assert_true(peer_keys_gone(r->p, true));
		assert_int_equal(dma(r, true, RIG_GPA, false, &f), IL_E_IO);
		assert_int_equal(guest_access(r, RIG_BAR_GPA, false, &f),
				 IL_E_IO);
		assert_int_equal(regions_reclaim(r).error,
				 SBI_ERR_INVALID_STATE);
		assert_int_equal(unbind(r).error, SBI_SUCCESS);
		assert_int_equal(regions_reclaim(r).error, SBI_SUCCESS);
		r->silent = false;
		assert_int_equal(
			carry(r, COVH_DISCONNECT_DEVICE, PEER_RID, 0, 0, 0)
				.error,
			SBI_SUCCESS);
		assert_int_equal(
			covh(r, COVH_DESTROY_TVM, r->tvm, 0, 0, 0, 0, 0).error,
			SBI_SUCCESS);
		rig_free(r);
	}
}

/* A TVM's own calls, cut at each exchange: it hears of it, and is not stuck. */
static void a_device_that_dies_in_a_tvms_call_is_told_to_the_tvm(void **unused)
{
	static const uint64_t calls[] = { COVG_GET_MEASUREMENTS,
					  COVG_GET_INTERFACE_REPORT,
					  COVG_GET_INTERFACE_STATE,
					  COVG_START_INTERFACE };

	(void)unused;
	for (unsigned i = 0; i < COUNT(calls); i++) {
		struct cove_rig *r = rig_new();
		const bool meas = calls[i] == COVG_GET_MEASUREMENTS;

		all_bound(r);
		if (calls[i] == COVG_START_INTERFACE)
			assert_int_equal(report(r).error, SBI_SUCCESS);
		r->silent = true;
		assert_int_equal(covg(r, calls[i], RIG_IF,
				      meas ? 0 : RIG_BUF_GPA,
				      meas ? 0 : PAGE_4K, RIG_BUF_GPA, PAGE_4K)
					 .error,
				 SBI_ERR_IO);
		assert_true(peer_keys_gone(r->p, true));
		assert_int_equal(
			covg(r, COVG_GET_DEVICE_LINK, RIG_IF, 0, 0, 0, 0).value,
			0);
		assert_int_equal(unbind(r).error, SBI_SUCCESS);
		rig_free(r);
	}
}

static void the_link_is_told_as_it_is(void **unused)
{
	struct cove_rig *r = rig_new();

	(void)unused;
	all_bound(r);
	assert_int_equal(
		covg(r, COVG_GET_DEVICE_LINK, RIG_IF, 0, 0, 0, 0).value,
		COVG_LINK_SPDM | COVG_LINK_IDE);
	r->p->rp_secure = false;
	r->p->secure = false;
	assert_int_equal(
		covg(r, COVG_GET_DEVICE_LINK, RIG_IF, 0, 0, 0, 0).value,
		COVG_LINK_SPDM);
	rig_free(r);
}

const struct CMUnitTest cove_if_tests[] = {
	cmocka_unit_test(a_region_is_mmio_of_the_interfaces_port),
	cmocka_unit_test(mmio_that_a_tvm_shows_shared_is_no_region),
	cmocka_unit_test(bind_needs_a_connected_device_and_a_secure_stream),
	cmocka_unit_test(a_device_that_does_not_lock_stays_nobodys),
	cmocka_unit_test(a_tvm_asks_for_its_own_interfaces_alone),
	cmocka_unit_test(answers_go_to_confidential_memory_alone),
	cmocka_unit_test(measurements_answer_the_tvms_nonce_or_a_fresh_one),
	cmocka_unit_test(mmio_is_mapped_as_reported_and_as_donated),
	cmocka_unit_test(
		a_binding_that_ended_unasked_is_not_taken_for_the_next),
	cmocka_unit_test(start_comes_once_after_a_report_of_this_lock),
	cmocka_unit_test(what_was_accepted_dies_with_its_lock_session),
	cmocka_unit_test(an_error_that_is_seen_takes_every_grant),
	cmocka_unit_test(a_tvms_fence_reaches_the_iommu),
	cmocka_unit_test(a_tvms_stop_is_obeyed_at_once_and_ended_by_unbind),
	cmocka_unit_test(a_tvm_hears_of_a_stop_that_failed),
	cmocka_unit_test(a_region_of_a_bound_interface_is_not_reclaimed),
	cmocka_unit_test(mmio_goes_back_when_no_vcpu_can_remember_it),
	cmocka_unit_test(another_tvm_gets_neither_interface_nor_region),
	cmocka_unit_test(unbind_needs_no_vcpu_of_the_tvm),
	cmocka_unit_test(a_stop_that_fails_is_told_and_then_it_is_gone),
	cmocka_unit_test(a_device_that_dies_in_a_tvms_call_is_told_to_the_tvm),
	cmocka_unit_test(the_link_is_told_as_it_is),
};
const size_t cove_if_tests_n = COUNT(cove_if_tests);
