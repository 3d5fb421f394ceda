/* SPDX-License-Identifier: BSD-2-Clause */
#include "cca_tests.h"
#include "rig.h"

/* VDEVs: each call in each state, and devices that die or lie. */

/* Every VDEV call but those that may come, refused. */
static void only(struct cca_rig *r, uint64_t a, uint64_t b, uint64_t c,
		 uint64_t d)
{
	const uint64_t calls[] = { RMI_VDEV_COMMUNICATE,
				   RMI_VDEV_LOCK,
				   RMI_VDEV_START,
				   RMI_VDEV_UNLOCK,
				   RMI_VDEV_ABORT,
				   RMI_VDEV_DESTROY,
				   RMI_VDEV_GET_INTERFACE_REPORT,
				   RMI_VDEV_GET_MEASUREMENTS };

	clear(r, r->params);
	for (size_t i = 0; i < COUNT(calls); i++)
		if (calls[i] != a && calls[i] != b && calls[i] != c &&
		    calls[i] != d)
			REFUSED(r, RMI_ERROR_DEVICE, calls[i], r->rd, r->ep,
				r->vdev, r->params);
}

static void each_vdev_state_hears_its_own_calls(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	vdev_up(r);
	only(r, RMI_VDEV_LOCK, RMI_VDEV_DESTROY, RMI_VDEV_GET_MEASUREMENTS, 0);
	assert_int_equal(RMI(r, RMI_VDEV_LOCK, r->rd, r->ep, r->vdev), 0);
	only(r, RMI_VDEV_COMMUNICATE, RMI_VDEV_ABORT, RMI_VDEV_DESTROY, 0);
	assert_int_equal(talk(r, true), 0);
	assert_int_equal(vdev_do(r, RMI_VDEV_GET_INTERFACE_REPORT), 0);
	only(r, RMI_VDEV_START, RMI_VDEV_UNLOCK, RMI_VDEV_GET_INTERFACE_REPORT,
	     RMI_VDEV_GET_MEASUREMENTS);
	assert_int_equal(vdev_do(r, RMI_VDEV_START), 0);
	assert_int_equal(vdev_state(r), RMI_VDEV_STARTED);
	assert_int_equal(r->dvsec[0] & 1, 1); /* TDISP_EN, before START */
	only(r, RMI_VDEV_UNLOCK, RMI_VDEV_GET_INTERFACE_REPORT,
	     RMI_VDEV_GET_MEASUREMENTS, 0);
	rig_free(r);
}

static void a_vdev_of_bad_parameters_is_refused(void **unused)
{
	static const struct {
		unsigned off;
		uint64_t value;
		uint64_t status;
	} rows[] = {
		{ 0x0, 1, RMI_ERROR_INPUT }, /* a VSMMU */
		{ 0x10, PEER_RID - 1, RMI_ERROR_INPUT },
		{ 0x10, PEER_RID + 0x100, RMI_ERROR_INPUT },
		{ 0x30, 9, RMI_ERROR_INPUT },
		{ 0x200, PEER_BAR + 1, RMI_ERROR_INPUT },
		{ 0x200, RIG_RAM, RMI_ERROR_INPUT },
		{ 0x208, PEER_BAR, RMI_ERROR_INPUT },
		{ 0x208, PEER_BAR + PAGE_2M + CCA_GRANULE, RMI_ERROR_INPUT },
	};
	struct cca_rig *r = rig_new();
	uint64_t g;

	(void)unused;
	vdev_up(r);
	g = granule_new(r);
	/* another TDI: same number, same RID, overlapping addresses */
	params_vdev(r);
	put64(r, r->params + 0x10, PEER_RID + 1);
	REFUSED(r, RMI_ERROR_INPUT, RMI_VDEV_CREATE, r->rd, r->ep, g,
		r->params);
	put64(r, r->params + 0x8, 1);
	REFUSED(r, RMI_ERROR_INPUT, RMI_VDEV_CREATE, r->rd, r->ep, g,
		r->params);
	put64(r, r->params + 0x30, 0);
	put64(r, r->params + 0x10, PEER_RID);
	REFUSED(r, RMI_ERROR_INPUT, RMI_VDEV_CREATE, r->rd, r->ep, g,
		r->params);
	assert_int_equal(RMI(r, RMI_VDEV_DESTROY, r->rd, r->ep, r->vdev), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		params_vdev(r);
		put64(r, r->params + rows[i].off, rows[i].value);
		REFUSED(r, rows[i].status, RMI_VDEV_CREATE, r->rd, r->ep, g,
			r->params);
	}
	params_vdev(r);
	REFUSED(r, RMI_ERROR_DEVICE, RMI_VDEV_CREATE, r->rd, r->rp, g,
		r->params);
	REFUSED(r, RMI_ERROR_INPUT, RMI_VDEV_CREATE, g, r->ep, g, r->params);
	REFUSED(r, RMI_ERROR_INPUT, RMI_VDEV_CREATE, r->rd, r->ep, r->params,
		r->params);
	/* the second level of the stream table is the host's to order */
	assert_int_equal(RMI(r, RMI_PSMMU_ST_L2_DESTROY, RIG_PSMMU, PEER_RID),
			 0);
	REFUSED(r, RMI_ERROR_PSMMU_ST, RMI_VDEV_CREATE, r->rd, r->ep, g,
		r->params);
	rig_free(r);
}

static void a_realm_without_the_flag_gets_no_device(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t g;

	(void)unused;
	stream_up(r);
	r->rd = granule_new(r);
	r->rtt = granule_new(r);
	r->rec = granule_new(r);
	g = granule_new(r);
	params_realm(r);
	put64(r, r->params, 0);
	assert_int_equal(RMI(r, RMI_REALM_CREATE, r->rd, r->params), 0);
	params_rec(r, 0);
	assert_int_equal(RMI(r, RMI_REC_CREATE, r->rd, r->rec, r->params), 0);
	assert_int_equal(RMI(r, RMI_REALM_ACTIVATE, r->rd), 0);
	params_vdev(r);
	REFUSED(r, RMI_ERROR_REALM, RMI_VDEV_CREATE, r->rd, r->ep, g,
		r->params);
	/* and its own calls say so */
	assert_int_equal(RSI(r, RSI_VDEV_GET_INFO, 1, RIG_IPA),
			 RSI_ERROR_STATE);
	assert_int_equal(RSI(r, RSI_VDEV_DMA_ENABLE, 1), RSI_ERROR_STATE);
	assert_int_equal(RSI(r, RSI_VDEV_DMA_DISABLE, 1), RSI_ERROR_STATE);
	assert_int_equal(RSI(r, RSI_VDEV_VALIDATE_MAPPING, 1, 0, 0x1000, 0),
			 RSI_ERROR_STATE);
	assert_int_equal(RSI(r, RSI_FEATURES, 0), 0);
	assert_int_equal(r->call[1], 0);
	rig_free(r);
}

static void a_call_that_names_another_realm_or_pdev_is_refused(void **unused)
{
	struct cca_rig *r = rig_new();
	const uint64_t calls[] = { RMI_VDEV_COMMUNICATE,
				   RMI_VDEV_LOCK,
				   RMI_VDEV_START,
				   RMI_VDEV_UNLOCK,
				   RMI_VDEV_ABORT,
				   RMI_VDEV_DESTROY,
				   RMI_VDEV_GET_INTERFACE_REPORT,
				   RMI_VDEV_GET_MEASUREMENTS };

	(void)unused;
	vdev_up(r);
	for (size_t i = 0; i < COUNT(calls); i++) {
		REFUSED(r, RMI_ERROR_INPUT, calls[i], r->rec, r->ep, r->vdev,
			r->params);
		REFUSED(r, RMI_ERROR_DEVICE, calls[i], r->rd, r->rp, r->vdev,
			r->params);
		REFUSED(r, RMI_ERROR_INPUT, calls[i], r->rd, r->vdev, r->vdev,
			r->params);
		REFUSED(r, RMI_ERROR_INPUT, calls[i], r->rd, r->ep, r->ep,
			r->params);
	}
	rig_free(r);
}

static void a_realm_with_a_vdev_is_not_destroyed(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	vdev_up(r);
	realm_empty(r);
	assert_int_equal(RMI(r, RMI_REC_DESTROY, r->rec), 0);
	REFUSED(r, RMI_ERROR_REALM, RMI_REALM_DESTROY, r->rd);
	assert_int_equal(RMI(r, RMI_VDEV_DESTROY, r->rd, r->ep, r->vdev), 0);
	assert_int_equal(RMI(r, RMI_REALM_DESTROY, r->rd), 0);
	rig_free(r);
}

/* --- device memory --- */

static void device_memory_is_mapped_from_declared_granules_alone(void **unused)
{
	struct cca_rig *r = rig_new();
	const uint64_t out = PEER_BAR + 64 * CCA_GRANULE;

	(void)unused;
	vdev_locked(r);
	/* not delegated */
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_DEV_MAP, r->rd, r->vdev, RIG_DEV,
		RIG_DEV + CCA_GRANULE, RMI_OADDR_SINGLE, PEER_BAR | 1 << 2);
	assert_int_equal(RMI(r, RMI_GRANULE_RANGE_DELEGATE, PEER_BAR,
			     PEER_BAR + CCA_GRANULE),
			 0);
	assert_int_equal(
		RMI(r, RMI_GRANULE_RANGE_DELEGATE, out, out + CCA_GRANULE), 0);
	/* not declared; RAM; a list; no address; where RAM is */
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_DEV_MAP, r->rd, r->vdev, RIG_DEV,
		RIG_DEV + CCA_GRANULE, RMI_OADDR_SINGLE, out | 1 << 2);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_DEV_MAP, r->rd, r->vdev, RIG_DEV,
		RIG_DEV + CCA_GRANULE, RMI_OADDR_SINGLE, r->ram_pa | 1 << 2);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_DEV_MAP, r->rd, r->vdev, RIG_DEV,
		RIG_DEV + CCA_GRANULE, RMI_OADDR_LIST, PEER_BAR | 1 << 2);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_DEV_MAP, r->rd, r->vdev, RIG_DEV,
		RIG_DEV + 2 * CCA_GRANULE, RMI_OADDR_SINGLE, PEER_BAR | 1 << 2);
	REFUSED(r, RMI_ERROR_RTT, RMI_RTT_DEV_MAP, r->rd, r->vdev, RIG_IPA,
		RIG_IPA + CCA_GRANULE, RMI_OADDR_SINGLE, PEER_BAR | 1 << 2);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_DEV_MAP, r->rd, r->vdev, RIG_SHARED,
		RIG_SHARED + CCA_GRANULE, RMI_OADDR_SINGLE, PEER_BAR | 1 << 2);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_DEV_MAP, r->rec, r->vdev, RIG_DEV,
		RIG_DEV + CCA_GRANULE, RMI_OADDR_SINGLE, PEER_BAR | 1 << 2);
	/* nor may it be data */
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_DATA_MAP, r->rd, RIG_DEV,
		RIG_DEV + CCA_GRANULE, RMI_OADDR_SINGLE, PEER_BAR | 1 << 2);
	rig_free(r);
}

static void what_is_mapped_is_not_there_before_the_realm_says_so(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t word;
	struct fault f;

	(void)unused;
	vdev_locked(r);
	assert_int_equal(dev_map(r, RIG_DEV, PEER_BAR, 2), 0);
	assert_int_equal(RMI(r, RMI_RTT_READ_ENTRY, r->rd, RIG_DEV, 3), 0);
	assert_int_equal(r->x[2], RMI_ASSIGNED_DEV);
	assert_int_equal(r->x[3], PEER_BAR);
	assert_int_equal(r->x[4], RMI_EMPTY);
	assert_int_equal(realm_io(r, RIG_DEV, &word, 8, false, &f), IL_E_IO);
	assert_ptr_equal(f.rule, &cca_own_rule_ripas);
	rig_free(r);
}

static void ripas_of_device_memory_goes_to_empty_alone(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t word;
	struct fault f;

	(void)unused;
	vdev_mapped(r);
	assert_int_equal(vdev_books(r).valid, 2);
	/* RAM: the host cannot carry it out, the realm is told */
	assert_int_equal(RSI(r, RSI_IPA_STATE_SET, RIG_DEV,
			     RIG_DEV + CCA_GRANULE, RMI_RAM, 0),
			 0);
	assert_int_equal(r->call[1], RIG_DEV);
	assert_int_equal(RSI(r, RSI_IPA_STATE_SET, RIG_DEV,
			     RIG_DEV + CCA_GRANULE, RMI_EMPTY, 0),
			 0);
	assert_int_equal(r->call[1], RIG_DEV + CCA_GRANULE);
	assert_int_equal(vdev_books(r).valid, 1);
	assert_int_equal(realm_io(r, RIG_DEV, &word, 8, false, &f), IL_E_IO);
	assert_int_equal(
		RSI(r, RSI_IPA_STATE_GET, RIG_DEV, RIG_DEV + 2 * CCA_GRANULE),
		0);
	assert_int_equal(r->call[1], RIG_DEV + CCA_GRANULE);
	assert_int_equal(r->call[2], RMI_EMPTY);
	/* what is DEV becomes DESTROYED when it is unmapped */
	assert_int_equal(RMI(r, RMI_RTT_DEV_UNMAP, r->rd, RIG_DEV,
			     RIG_DEV + 2 * CCA_GRANULE),
			 0);
	assert_int_equal(
		RMI(r, RMI_RTT_READ_ENTRY, r->rd, RIG_DEV + CCA_GRANULE, 3), 0);
	assert_int_equal(r->x[2], RMI_UNASSIGNED);
	assert_int_equal(r->x[4], RMI_DESTROYED);
	assert_int_equal(cca_own_state(&r->o, PEER_BAR), OWN_DELEGATED);
	rig_free(r);
}

static void unlock_names_the_granule_that_is_still_mapped(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	vdev_started(r);
	REFUSED(r, RMI_ERROR_GRANULE, RMI_VDEV_UNLOCK, r->rd, r->ep, r->vdev);
	assert_int_equal(r->x[1], PEER_BAR);
	assert_int_equal(RMI(r, RMI_RTT_DEV_UNMAP, r->rd, RIG_DEV,
			     RIG_DEV + CCA_GRANULE),
			 0);
	REFUSED(r, RMI_ERROR_GRANULE, RMI_VDEV_UNLOCK, r->rd, r->ep, r->vdev);
	assert_int_equal(r->x[1], PEER_BAR + CCA_GRANULE);
	rig_free(r);
}

/* Before the first message: the entry is gone, and what was granted. */
static void unlock_takes_dma_and_grants_before_it_says_stop(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t word = 0;

	(void)unused;
	vdev_running(r);
	assert_int_equal(RMI(r, RMI_RTT_DEV_UNMAP, r->rd, RIG_DEV,
			     RIG_DEV + 2 * CCA_GRANULE),
			 0);
	assert_null(dma(r, RIG_IPA, true, true, &word));
	assert_int_equal(RMI(r, RMI_VDEV_UNLOCK, r->rd, r->ep, r->vdev), 0);
	assert_int_equal(r->p->seen[TDISP_STOP_REQ], 0);
	assert_false(vdev_books(r).dma);
	assert_int_equal(vdev_books(r).lock_nonce, 0);
	assert_false(iommu_reaches(&r->i, r->ram_pa));
	assert_ptr_equal(dma(r, RIG_IPA, true, true, &word),
			 &cca_own_rule_ste_invalid);
	assert_int_equal(talk(r, true), 0);
	assert_int_equal(vdev_state(r), RMI_VDEV_UNLOCKED);
	rig_free(r);
}

/* --- DMA --- */

static void dma_needs_started_and_the_nonces(void **unused)
{
	struct cca_rig *r = rig_new();
	struct cca_fw_vdev v;

	(void)unused;
	vdev_mapped(r);
	assert_int_equal(dma_enable(r), RSI_ERROR_DEVICE);
	assert_int_equal(vdev_do(r, RMI_VDEV_START), 0);
	v = vdev_books(r);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(RSI(r, RSI_VDEV_DMA_ENABLE, RIG_VDEV_ID, 0, 0,
				     v.lock_nonce ^ (i == 0),
				     v.meas_nonce ^ (i == 1),
				     v.report_nonce ^ (i == 2)),
				 RSI_ERROR_DEVICE);
	assert_int_equal(RSI(r, RSI_VDEV_DMA_ENABLE, RIG_VDEV_ID, 1, 0,
			     v.lock_nonce, v.meas_nonce, v.report_nonce),
			 RSI_ERROR_INPUT);
	assert_false(vdev_books(r).dma);
	assert_int_equal(dma_enable(r), 0);
	assert_int_equal(dma_enable(r), 0); /* again is no error */
	assert_true(vdev_books(r).dma);
	rig_free(r);
}

/* --- devices that die or lie --- */

static void refuses_start(struct peer *p, const struct tdisp_msg *req,
			  struct tdisp_msg *rsp, bool *drop)
{
	(void)p;
	(void)drop;
	if (req->code == TDISP_START_REQ)
		rsp->version ^= 1;
}

/* The STOP that follows a failed START goes out in the same conversation. */
static void a_start_that_fails_is_undone_by_the_same_conversation(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	vdev_mapped(r);
	r->p->on_tdisp = refuses_start;
	assert_int_equal(vdev_do(r, RMI_VDEV_START), 0);
	assert_int_equal(r->p->seen[TDISP_STOP_REQ], 1);
	assert_int_equal(vdev_state(r), RMI_VDEV_ERROR);
	assert_int_equal(tsm_bind_state(r->fw->vdev[0].bind),
			 TSM_BIND_UNLOCKED);
	assert_int_equal(vdev_books(r).valid, 0);
	assert_int_equal(tsm_verb(r->fw->vdev[0].pdev->conn), TSM_NO_VERB);
	REFUSED(r, RMI_ERROR_DEVICE, RMI_VDEV_DESTROY, r->rd, r->ep, r->vdev);
	rig_free(r);
}

/* Each operation, given up at exchange @n. */
static bool dies_at(unsigned op, unsigned n, bool abort)
{
	static const uint64_t fid[] = { RMI_VDEV_LOCK,
					RMI_VDEV_GET_INTERFACE_REPORT,
					RMI_VDEV_GET_MEASUREMENTS,
					RMI_VDEV_START, RMI_VDEV_UNLOCK };
	struct cca_rig *r = rig_new();
	uint64_t flags, word = 0;
	bool over;

	if (op == 0)
		vdev_up(r);
	else if (op == 4)
		vdev_running(r);
	else
		vdev_mapped(r);
	if (op == 4)
		assert_int_equal(RMI(r, RMI_RTT_DEV_UNMAP, r->rd, RIG_DEV,
				     RIG_DEV + 2 * CCA_GRANULE),
				 0);
	clear(r, r->params);
	assert_int_equal(RMI(r, fid[op], r->rd, r->ep, r->vdev, r->params), 0);
	assert_int_equal(say(r, true, COMM_STATUS_NONE, &flags), 0);
	for (unsigned i = 0; i < n && flags & COMM_F_REQ_SEND; i++) {
		assert_true(carry(r));
		assert_int_equal(say(r, true, COMM_STATUS_RESPONSE, &flags), 0);
	}
	over = !(flags & COMM_F_REQ_SEND);
	if (over) {
		rig_free(r);
		return true;
	}
	if (abort)
		assert_int_equal(RMI(r, RMI_VDEV_ABORT, r->rd, r->ep, r->vdev),
				 0);
	else
		assert_int_equal(say(r, true, COMM_STATUS_ERROR, &flags), 0);
	/* law 48: nothing says UNLOCKED; the link is cut, nothing granted */
	assert_int_equal(vdev_state(r), RMI_VDEV_ERROR);
	assert_int_equal(pdev_state(r), RMI_PDEV_ERROR);
	assert_true(peer_keys_gone(r->p, true));
	assert_false(vdev_books(r).dma);
	assert_int_equal(vdev_books(r).valid, 0);
	assert_int_equal(vdev_books(r).lock_nonce, 0);
	assert_non_null(dma(r, RIG_IPA, true, true, &word));
	REFUSED(r, RMI_ERROR_DEVICE, RMI_VDEV_LOCK, r->rd, r->ep, r->vdev);
	REFUSED(r, RMI_ERROR_DEVICE, RMI_VDEV_UNLOCK, r->rd, r->ep, r->vdev);
	if (vdev_books(r).mapped) {
		REFUSED(r, RMI_ERROR_DEVICE, RMI_VDEV_DESTROY, r->rd, r->ep,
			r->vdev);
		assert_int_equal(RMI(r, RMI_RTT_DEV_UNMAP, r->rd, RIG_DEV,
				     RIG_DEV + 2 * CCA_GRANULE),
				 0);
	}
	assert_int_equal(RMI(r, RMI_VDEV_DESTROY, r->rd, r->ep, r->vdev), 0);
	rig_free(r);
	return false;
}

static void a_vdev_whose_device_dies_moves_toward_its_end_alone(void **unused)
{
	(void)unused;
	for (unsigned op = 0; op < 5; op++)
		for (unsigned n = 0; !dies_at(op, n, n & 1); n++)
			assert_true(n < 64);
}

static void says_run(struct peer *p, const struct tdisp_msg *req,
		     struct tdisp_msg *rsp, bool *drop)
{
	(void)p;
	(void)drop;
	if (req->code == TDISP_GET_STATE)
		rsp->state = TDI_RUN;
}

/* LOCK reads the state back: the device is not where it says. The session
 * lives, so that STOP undoes it; the VDEV is in ERROR all the same. */
static void a_device_that_lies_of_its_state_is_not_locked(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	vdev_up(r);
	r->p->on_tdisp = says_run;
	assert_int_equal(vdev_do(r, RMI_VDEV_LOCK), 0);
	assert_int_equal(vdev_state(r), RMI_VDEV_ERROR);
	assert_int_equal(vdev_books(r).lock_nonce, 0);
	rig_free(r);
}

static void an_error_that_the_device_can_be_told_of_is_unlocked(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	vdev_mapped(r);
	/* a report that the device refuses: its session lives on */
	r->p->rep.range_count = 0;
	assert_int_equal(vdev_do(r, RMI_VDEV_GET_INTERFACE_REPORT), 0);
	if (vdev_state(r) == RMI_VDEV_ERROR &&
	    pdev_state(r) == RMI_PDEV_READY) {
		REFUSED(r, RMI_ERROR_GRANULE, RMI_VDEV_UNLOCK, r->rd, r->ep,
			r->vdev);
		assert_int_equal(RMI(r, RMI_RTT_DEV_UNMAP, r->rd, RIG_DEV,
				     RIG_DEV + 2 * CCA_GRANULE),
				 0);
		assert_int_equal(vdev_do(r, RMI_VDEV_UNLOCK), 0);
		assert_int_equal(vdev_state(r), RMI_VDEV_UNLOCKED);
		assert_int_equal(vdev_do(r, RMI_VDEV_LOCK), 0);
		assert_int_equal(vdev_state(r), RMI_VDEV_LOCKED);
	}
	rig_free(r);
}

/* Two conversations with one device do not mix. */
static void a_device_talks_of_one_thing_at_a_time(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t flags;

	(void)unused;
	vdev_up(r);
	assert_int_equal(RMI(r, RMI_VDEV_LOCK, r->rd, r->ep, r->vdev), 0);
	assert_int_equal(
		RMI(r, RMI_PDEV_STREAM_KEY_REFRESH, r->ep, r->rp, r->handle),
		0);
	assert_int_equal(say(r, false, COMM_STATUS_NONE, &flags), 0);
	clear(r, r->data);
	put64(r, r->data + 0x8, r->req);
	put64(r, r->data + 0x10, r->rsp);
	REFUSED(r, RMI_BUSY, RMI_VDEV_COMMUNICATE, r->rd, r->ep, r->vdev,
		r->data);
	rig_free(r);
}

/* What stands on a stream goes before it, however the stream ends: law 4. */
static void a_refresh_that_fails_leaves_the_vdev_to_be_taken_down(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t flags;

	(void)unused;
	vdev_up(r);
	assert_int_equal(
		RMI(r, RMI_PDEV_STREAM_KEY_REFRESH, r->ep, r->rp, r->handle),
		0);
	assert_int_equal(say(r, false, COMM_STATUS_NONE, &flags), 0);
	assert_int_equal(say(r, false, COMM_STATUS_ERROR, &flags), 0);
	assert_int_equal(vdev_state(r), RMI_VDEV_ERROR);
	assert_int_equal(rp_says(r, &flags), 0);
	assert_int_equal(
		RMI(r, RMI_PDEV_STREAM_COMPLETE, r->ep, r->rp, r->handle), 0);
	assert_true(cca_fw_sane(r->fw));
	REFUSED(r, RMI_ERROR_DEVICE, RMI_PDEV_STREAM_DISCONNECT, r->ep, r->rp,
		r->handle);
	REFUSED(r, RMI_ERROR_DEVICE, RMI_PDEV_STOP, r->ep);
	assert_int_equal(RMI(r, RMI_VDEV_DESTROY, r->rd, r->ep, r->vdev), 0);
	assert_int_equal(
		RMI(r, RMI_PDEV_STREAM_DISCONNECT, r->ep, r->rp, r->handle), 0);
	rig_free(r);
}

const struct CMUnitTest vdev_tests[] = {
	cmocka_unit_test(each_vdev_state_hears_its_own_calls),
	cmocka_unit_test(a_vdev_of_bad_parameters_is_refused),
	cmocka_unit_test(a_realm_without_the_flag_gets_no_device),
	cmocka_unit_test(a_call_that_names_another_realm_or_pdev_is_refused),
	cmocka_unit_test(a_realm_with_a_vdev_is_not_destroyed),
	cmocka_unit_test(device_memory_is_mapped_from_declared_granules_alone),
	cmocka_unit_test(what_is_mapped_is_not_there_before_the_realm_says_so),
	cmocka_unit_test(ripas_of_device_memory_goes_to_empty_alone),
	cmocka_unit_test(unlock_names_the_granule_that_is_still_mapped),
	cmocka_unit_test(unlock_takes_dma_and_grants_before_it_says_stop),
	cmocka_unit_test(dma_needs_started_and_the_nonces),
	cmocka_unit_test(a_vdev_whose_device_dies_moves_toward_its_end_alone),
	cmocka_unit_test(a_start_that_fails_is_undone_by_the_same_conversation),
	cmocka_unit_test(a_device_that_lies_of_its_state_is_not_locked),
	cmocka_unit_test(an_error_that_the_device_can_be_told_of_is_unlocked),
	cmocka_unit_test(a_device_talks_of_one_thing_at_a_time),
	cmocka_unit_test(a_refresh_that_fails_leaves_the_vdev_to_be_taken_down),
};
const size_t vdev_tests_n = COUNT(vdev_tests);
