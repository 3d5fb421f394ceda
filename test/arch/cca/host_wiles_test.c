/* SPDX-License-Identifier: BSD-2-Clause */
#include "cca_tests.h"
#include "rig.h"

/* What a host could gain by calls in an order that nobody has in mind. */

/* --- two endpoints behind one root port --- */

#define OTHER_RID (PEER_RID + 1)

/* Another endpoint, READY though it never spoke: what it does is not looked
 * at. Its PDEV. */
static uint64_t other_endpoint(struct cca_rig *r)
{
	const uint64_t ep = granule_new(r);
	struct rmm_pdev *p;
	uint64_t handle;

	rmm_pdev_find(r->fw, r->ep)->rid_top = OTHER_RID;
	for (unsigned i = 0; i < FW_AUX; i++)
		put64(r, r->list + 8 * i, granule_new(r) | 1 << 2);
	params_ep(r);
	put64(r, r->params + 0x10, OTHER_RID);
	put64(r, r->params + 0x28, OTHER_RID);
	put64(r, r->params + 0x30, OTHER_RID + 1);
	RMI(r, RMI_PDEV_CREATE, ep, r->params);
	handle = r->x[1];
	RMI(r, RMI_OP_MEM_DONATE, handle, r->list, FW_AUX);
	assert_int_equal(RMI(r, RMI_OP_CONTINUE, handle, 0), 0);
	p = rmm_pdev_find(r->fw, ep);
	p->state = RMI_PDEV_READY;
	p->comm.state = CCA_COMM_IDLE;
	return ep;
}

/* The second one's failure would unlock and wipe the first one's block. */
static void a_port_has_one_stream_of_an_id(void **unused)
{
	struct cca_rig *r = rig_new();
	const unsigned taken[] = { PEER_STREAM, PEER_STREAM + 32 };
	uint64_t ep;

	(void)unused;
	vdev_running(r);
	ep = other_endpoint(r);
	for (size_t i = 0; i < COUNT(taken); i++) {
		params_stream(r);
		put64(r, r->params + 0x10, ep);
		put64(r, r->params + 0x20, taken[i]);
		REFUSED(r, RMI_ERROR_DEVICE, RMI_PDEV_STREAM_CONNECT,
			r->params);
	}
	assert_true(r->locked && r->enabled);
	rig_free(r);
}

/* The port has one TDISP_EN for all. */
static void
the_end_of_one_stream_leaves_the_port_open_for_another(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t ep, flags, handle;

	(void)unused;
	vdev_running(r);
	assert_int_equal(r->dvsec[0] & 1, 1);
	ep = other_endpoint(r);
	params_stream(r);
	put64(r, r->params + 0x10, ep);
	put64(r, r->params + 0x20, PEER_STREAM + 1);
	assert_int_equal(RMI(r, RMI_PDEV_STREAM_CONNECT, r->params), 0);
	handle = r->x[1];
	assert_int_equal(RMI(r, RMI_PDEV_ABORT, ep), 0);
	assert_int_equal(rp_says(r, &flags), 0);
	assert_int_equal(RMI(r, RMI_PDEV_STREAM_COMPLETE, ep, r->rp, handle),
			 0);
	assert_int_equal(r->other_wipes, 1);
	assert_int_equal(r->dvsec[0] & 1, 1);
	assert_int_equal(r->dvsec[1], 1u << PEER_STREAM);
	assert_true(r->locked && r->enabled);
	assert_true(peer_keys_agree(r->p, 0));
	rig_free(r);
}

/* One conversation at the port would be taken for the other's. */
static void a_root_port_serves_one_endpoint_at_a_time(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t ep;

	(void)unused;
	vdev_up(r);
	ep = other_endpoint(r);
	params_stream(r);
	put64(r, r->params + 0x10, ep);
	put64(r, r->params + 0x20, PEER_STREAM + 1);
	assert_int_equal(RMI(r, RMI_PDEV_STREAM_CONNECT, r->params), 0);
	REFUSED(r, RMI_ERROR_DEVICE, RMI_PDEV_STREAM_KEY_REFRESH, r->ep, r->rp,
		r->handle);
	assert_int_equal(RMI(r, RMI_VDEV_DESTROY, r->rd, r->ep, r->vdev), 0);
	REFUSED(r, RMI_ERROR_DEVICE, RMI_PDEV_STREAM_DISCONNECT, r->ep, r->rp,
		r->handle);
	rig_free(r);
}

/* --- creation and end of PDEVs --- */

/* The core has no place: what was donated comes back, and the call fails. */
static void
a_creation_that_fails_at_its_end_gives_back_what_it_had(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t handle;

	(void)unused;
	rp_create(r);
	for (unsigned i = 0; i < r->fw->cfg.limits.tsm.conns; i++) {
		const struct tsm_conn_cfg c = { .rid = (uint16_t)(0x700 + i) };
		struct tsm_conn *conn;

		assert_int_equal(tsm_conn_new(r->fw->tsm, &c, &conn), IL_OK);
	}
	assert_int_equal(RMI_STATUS(pdev_create(r)), RMI_INCOMPLETE);
	handle = r->fw->op.handle;
	assert_int_equal(r->x[0], RMI_INCOMPLETE | RMI_OP_MEM_REQ_RECLAIM << 8);
	assert_int_equal(RMI(r, RMI_OP_MEM_RECLAIM, handle, r->list, FW_AUX),
			 RMI_INCOMPLETE);
	assert_int_equal(r->x[1], FW_AUX);
	assert_int_equal(RMI(r, RMI_OP_CONTINUE, handle, 0), RMI_ERROR_GLOBAL);
	for (unsigned i = 0; i < FW_AUX; i++)
		assert_int_equal(cca_own_state(&r->o, r->aux[i]),
				 OWN_DELEGATED);
	assert_int_equal(cca_own_state(&r->o, r->ep), OWN_DELEGATED);
	assert_null(rmm_pdev_find(r->fw, r->ep));
	assert_false(r->fw->op.on);
	rig_free(r);
}

static void a_root_port_whose_stop_was_aborted_is_stopped_again(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t flags;

	(void)unused;
	rp_create(r);
	assert_int_equal(RMI(r, RMI_PDEV_STOP, r->rp), 0);
	assert_int_equal(RMI(r, RMI_PDEV_ABORT, r->rp), 0);
	assert_int_equal(RMI(r, RMI_PDEV_STOP, r->rp), 0);
	assert_int_equal(rp_says(r, &flags), 0);
	assert_int_equal(RMI(r, RMI_PDEV_DESTROY, r->rp), 0);
	rig_free(r);
}

/* --- between the halves of an operation --- */

static void nothing_is_mapped_once_unlock_has_begun(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	vdev_locked(r);
	assert_int_equal(RMI(r, RMI_GRANULE_RANGE_DELEGATE, PEER_BAR,
			     PEER_BAR + CCA_GRANULE),
			 0);
	assert_int_equal(RMI(r, RMI_VDEV_UNLOCK, r->rd, r->ep, r->vdev), 0);
	REFUSED(r, RMI_ERROR_DEVICE, RMI_RTT_DEV_MAP, r->rd, r->vdev, RIG_DEV,
		RIG_DEV + CCA_GRANULE, RMI_OADDR_SINGLE, PEER_BAR | 1 << 2);
	assert_int_equal(talk(r, true), 0);
	assert_int_equal(vdev_state(r), RMI_VDEV_UNLOCKED);
	assert_int_equal(vdev_books(r).mapped, 0);
	assert_int_equal(RMI(r, RMI_VDEV_DESTROY, r->rd, r->ep, r->vdev), 0);
	rig_free(r);
}

/* Law 16: the core alone would still let it be, its keys are there. */
static void no_vdev_stands_on_a_stream_that_is_going(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	vdev_up(r);
	assert_int_equal(RMI(r, RMI_VDEV_DESTROY, r->rd, r->ep, r->vdev), 0);
	assert_int_equal(
		RMI(r, RMI_PDEV_STREAM_DISCONNECT, r->ep, r->rp, r->handle), 0);
	params_vdev(r);
	REFUSED(r, RMI_ERROR_DEVICE, RMI_VDEV_CREATE, r->rd, r->ep, r->vdev,
		r->params);
	rig_free(r);
}

/* Were a grant to outlive its lock, laws and invariants could see it: one that
 * joins it does not hide it. */
static void a_grant_is_of_the_lock_that_the_realm_named(void **unused)
{
	struct cca_rig *r = rig_new();
	struct rmm_vdev *v;

	(void)unused;
	vdev_mapped(r);
	v = &r->fw->vdev[0];
	assert_int_equal(vdev_books(r).named, v->lock_id);
	v->named = v->lock_id + 7;
	rmm_vdev_names(v);
	assert_int_equal(vdev_books(r).named, v->lock_id + 7);
	assert_false(cca_fw_sane(r->fw));
	v->named = v->lock_id;
	assert_true(cca_fw_sane(r->fw));
	rig_free(r);
}

/* Names the VDEV while it is quiet, then has a report as far as to its first
 * granule. */
static bool reports_meanwhile(struct cca_rig *r, uint64_t reason)
{
	uint64_t flags;

	if (reason != RMI_EXIT_VDEV_REQUEST)
		return false;
	assert_int_equal(RMI(r, RMI_VDEV_COMPLETE, r->rec, r->vdev), 0);
	assert_int_equal(
		RMI(r, RMI_VDEV_GET_INTERFACE_REPORT, r->rd, r->ep, r->vdev),
		0);
	assert_int_equal(say(r, true, COMM_STATUS_NONE, &flags), 0);
	while (!(flags & COMM_F_MULTI)) {
		assert_true(carry(r));
		assert_int_equal(say(r, true, COMM_STATUS_RESPONSE, &flags), 0);
	}
	return true;
}

static void a_digest_and_its_nonce_are_seen_together(void **unused)
{
	static const uint8_t vendor[6000] = { 9 }, zero[64];
	struct cca_rig *r = rig_new();
	uint8_t info[VDEV_INFO_LEN];

	(void)unused;
	r->p->rep.vendor = vendor;
	r->p->rep.vendor_len = sizeof(vendor);
	vdev_up(r);
	assert_int_equal(vdev_do(r, RMI_VDEV_LOCK), 0);
	r->host = reports_meanwhile;
	vdev_info(r, info);
	assert_memory_not_equal(info + VDEV_INFO_REPORT, zero, 64);
	assert_int_not_equal(cca_u64(info, VDEV_INFO_REPORT_NONCE), 0);
	rig_free(r);
}

/* --- two realms --- */

static bool completes_with_the_others(struct cca_rig *r, uint64_t reason)
{
	if (reason != RMI_EXIT_VDEV_REQUEST)
		return false;
	REFUSED(r, RMI_ERROR_INPUT, RMI_VDEV_COMPLETE, r->rec, r->vdev);
	return true;
}

/* The other realm has the device by the time this one runs again. */
static bool completes_then_gives_away(struct cca_rig *r, uint64_t reason)
{
	if (reason != RMI_EXIT_VDEV_REQUEST)
		return false;
	assert_int_equal(RMI(r, RMI_VDEV_COMPLETE, r->rec, r->vdev), 0);
	r->fw->vdev[0].realm = &r->fw->realm[0];
	return true;
}

/* Both know their device by the same number. */
static void a_realm_never_hears_of_anothers_device(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	vdev_locked(r);
	realm_up(r); /* from here on r->rd and r->rec are the second's */
	r->host = completes_with_the_others;
	assert_int_equal(RSI(r, RSI_VDEV_GET_INFO, RIG_VDEV_ID, RIG_IPA),
			 RSI_ERROR_INPUT);
	r->fw->vdev[0].realm = &r->fw->realm[1];
	r->host = completes_then_gives_away;
	assert_int_equal(RSI(r, RSI_VDEV_GET_INFO, RIG_VDEV_ID, RIG_IPA),
			 RSI_ERROR_INPUT);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_DEV_MAP, r->rd, r->vdev, RIG_DEV,
		RIG_DEV + CCA_GRANULE, RMI_OADDR_SINGLE, PEER_BAR | 1 << 2);
	rig_free(r);
}

/* --- what walkers remember --- */

static void a_page_no_longer_shared_is_forgotten_by_the_smmu(void **unused)
{
	struct cca_rig *r = rig_new();
	const uint64_t pa = page_new(r);
	uint64_t word = 1;

	(void)unused;
	vdev_running(r);
	assert_int_equal(
		RMI(r, RMI_RTT_UNPROT_MAP, r->rd, RIG_SHARED,
		    RIG_SHARED + CCA_GRANULE,
		    RMI_OADDR_SINGLE | RMI_UNPROT_S2AP_R | RMI_UNPROT_S2AP_W,
		    pa | 1 << 2),
		0);
	assert_null(dma(r, RIG_SHARED, true, true, &word));
	assert_int_equal(RMI(r, RMI_RTT_UNPROT_UNMAP, r->rd, RIG_SHARED,
			     RIG_SHARED + CCA_GRANULE),
			 0);
	assert_non_null(dma(r, RIG_SHARED, true, true, &word));
	assert_false(iommu_reaches(&r->i, pa));
	rig_free(r);
}

static void
what_was_destroyed_comes_back_by_the_realms_word_alone(void **unused)
{
	struct cca_rig *r = rig_new();
	const uint64_t top = RIG_IPA + CCA_GRANULE;

	(void)unused;
	realm_up(r);
	assert_int_equal(RMI(r, RMI_RTT_DATA_UNMAP, r->rd, RIG_IPA, top), 0);
	assert_int_equal(RSI(r, RSI_IPA_STATE_SET, RIG_IPA, top, RMI_RAM, 0),
			 0);
	assert_int_equal(r->call[1], RIG_IPA); /* not a page was changed */
	assert_int_equal(RSI(r, RSI_IPA_STATE_GET, RIG_IPA, top), 0);
	assert_int_equal(r->call[2], RMI_DESTROYED);
	assert_int_equal(RSI(r, RSI_IPA_STATE_SET, RIG_IPA, top, RMI_RAM, 1),
			 0);
	assert_int_equal(r->call[1], top);
	assert_int_equal(RSI(r, RSI_IPA_STATE_GET, RIG_IPA, top), 0);
	assert_int_equal(r->call[2], RMI_RAM);
	rig_free(r);
}

/* --- failures --- */

static void stays_locked(struct peer *p, const struct tdisp_msg *req,
			 struct tdisp_msg *rsp, bool *drop)
{
	(void)drop;
	if (req->code == TDISP_GET_STATE && p->seen[TDISP_START_REQ])
		rsp->state = TDI_LOCKED;
}

/* Not only when it has ended: STOP may take as long as the host likes. */
static void
a_failed_start_takes_its_grants_before_the_stop_goes_out(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t flags, word;
	struct fault f;

	(void)unused;
	vdev_mapped(r);
	assert_int_equal(realm_io(r, RIG_DEV, &word, 8, false, &f), IL_OK);
	r->p->on_tdisp = stays_locked;
	assert_int_equal(RMI(r, RMI_VDEV_START, r->rd, r->ep, r->vdev), 0);
	assert_int_equal(say(r, true, COMM_STATUS_NONE, &flags), 0);
	while (tsm_bind_state(r->fw->vdev[0].bind) != TSM_BIND_STOPPING) {
		assert_true(carry(r));
		assert_int_equal(say(r, true, COMM_STATUS_RESPONSE, &flags), 0);
	}
	assert_int_equal(flags, COMM_F_REQ_SEND | COMM_F_RSP_WAIT);
	assert_int_equal(realm_io(r, RIG_DEV, &word, 8, false, &f), IL_E_IO);
	assert_int_equal(vdev_books(r).lock_nonce, 0);
	assert_int_equal(vdev_books(r).valid, 0);
	rig_free(r);
}

static void silent(struct peer *p, const struct tdisp_msg *req,
		   struct tdisp_msg *rsp, bool *drop)
{
	(void)p;
	(void)req;
	(void)rsp;
	*drop = true;
}

/* Nobody else could: the block is locked. */
static void a_link_that_is_cut_is_disabled_at_the_port(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	vdev_locked(r);
	assert_true(r->enabled);
	r->p->on_tdisp = silent;
	assert_int_equal(vdev_do(r, RMI_VDEV_UNLOCK), 0);
	assert_int_equal(pdev_state(r), RMI_PDEV_ERROR);
	assert_false(r->enabled);
	assert_true(r->locked);
	rig_free(r);
}

/* --- one conversation at a time --- */

static void a_refresh_waits_until_a_report_is_cached(void **unused)
{
	static const uint8_t vendor[6000] = { 9 };
	struct cca_rig *r = rig_new();
	uint64_t flags;

	(void)unused;
	r->p->rep.vendor = vendor;
	r->p->rep.vendor_len = sizeof(vendor);
	vdev_up(r);
	assert_int_equal(vdev_do(r, RMI_VDEV_LOCK), 0);
	assert_int_equal(
		RMI(r, RMI_VDEV_GET_INTERFACE_REPORT, r->rd, r->ep, r->vdev),
		0);
	assert_int_equal(say(r, true, COMM_STATUS_NONE, &flags), 0);
	while (!(flags & COMM_F_MULTI)) {
		assert_true(carry(r));
		assert_int_equal(say(r, true, COMM_STATUS_RESPONSE, &flags), 0);
	}
	assert_int_equal(
		RMI(r, RMI_PDEV_STREAM_KEY_REFRESH, r->ep, r->rp, r->handle),
		0);
	assert_int_equal(say(r, false, COMM_STATUS_NONE, &flags), RMI_BUSY);
	while (r->fw->vdev[0].comm.state == CCA_COMM_ACTIVE)
		assert_int_equal(say(r, true, COMM_STATUS_NONE, &flags), 0);
	assert_true(r->obj_len[RMI_DEV_OBJ_REPORT] > 6000);
	assert_int_equal(say(r, false, COMM_STATUS_NONE, &flags), 0);
	rig_free(r);
}

static void a_vdev_waits_while_both_ends_of_a_stream_take_turns(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t flags;

	(void)unused;
	vdev_up(r);
	assert_int_equal(
		RMI(r, RMI_PDEV_STREAM_KEY_REFRESH, r->ep, r->rp, r->handle),
		0);
	assert_int_equal(talk(r, false), 0);
	assert_int_equal(RMI(r, RMI_VDEV_LOCK, r->rd, r->ep, r->vdev), 0);
	assert_int_equal(say(r, true, COMM_STATUS_NONE, &flags), RMI_BUSY);
	assert_int_equal(rp_says(r, &flags), 0);
	assert_int_equal(talk(r, false), 0);
	assert_int_equal(
		RMI(r, RMI_PDEV_STREAM_COMPLETE, r->ep, r->rp, r->handle), 0);
	assert_int_equal(talk(r, true), 0);
	assert_int_equal(vdev_state(r), RMI_VDEV_LOCKED);
	rig_free(r);
}

/* --- RECs --- */

static void no_two_recs_have_one_number(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t rec[3];

	(void)unused;
	r->rd = granule_new(r);
	r->rtt = granule_new(r);
	params_realm(r);
	assert_int_equal(RMI(r, RMI_REALM_CREATE, r->rd, r->params), 0);
	for (unsigned i = 0; i < 2; i++) {
		rec[i] = granule_new(r);
		params_rec(r, i);
		assert_int_equal(
			RMI(r, RMI_REC_CREATE, r->rd, rec[i], r->params), 0);
	}
	assert_int_equal(RMI(r, RMI_REC_DESTROY, rec[0]), 0);
	rec[2] = granule_new(r);
	params_rec(r, 1);
	REFUSED(r, RMI_ERROR_INPUT, RMI_REC_CREATE, r->rd, rec[2], r->params);
	params_rec(r, 2);
	assert_int_equal(RMI(r, RMI_REC_CREATE, r->rd, rec[2], r->params), 0);
	rig_free(r);
}

const struct CMUnitTest host_wiles_tests[] = {
	cmocka_unit_test(a_port_has_one_stream_of_an_id),
	cmocka_unit_test(
		the_end_of_one_stream_leaves_the_port_open_for_another),
	cmocka_unit_test(
		a_creation_that_fails_at_its_end_gives_back_what_it_had),
	cmocka_unit_test(a_root_port_serves_one_endpoint_at_a_time),
	cmocka_unit_test(no_vdev_stands_on_a_stream_that_is_going),
	cmocka_unit_test(a_grant_is_of_the_lock_that_the_realm_named),
	cmocka_unit_test(a_root_port_whose_stop_was_aborted_is_stopped_again),
	cmocka_unit_test(nothing_is_mapped_once_unlock_has_begun),
	cmocka_unit_test(a_digest_and_its_nonce_are_seen_together),
	cmocka_unit_test(a_realm_never_hears_of_anothers_device),
	cmocka_unit_test(a_page_no_longer_shared_is_forgotten_by_the_smmu),
	cmocka_unit_test(
		what_was_destroyed_comes_back_by_the_realms_word_alone),
	cmocka_unit_test(
		a_failed_start_takes_its_grants_before_the_stop_goes_out),
	cmocka_unit_test(a_link_that_is_cut_is_disabled_at_the_port),
	cmocka_unit_test(a_refresh_waits_until_a_report_is_cached),
	cmocka_unit_test(a_vdev_waits_while_both_ends_of_a_stream_take_turns),
	cmocka_unit_test(no_two_recs_have_one_number),
};
const size_t host_wiles_tests_n = COUNT(host_wiles_tests);
