/* SPDX-License-Identifier: BSD-2-Clause */
#include "cca_tests.h"
#include "rig.h"

/*
 * What today's TF-RMM (9a7f8ef4) lets happen, one test each; "one key for all
 * sub-streams" is in pdev_test.c.
 */

static void relock(struct cca_rig *r)
{
	assert_int_equal(vdev_do(r, RMI_VDEV_UNLOCK), 0);
	assert_int_equal(vdev_do(r, RMI_VDEV_LOCK), 0);
	assert_int_equal(vdev_state(r), RMI_VDEV_LOCKED);
}

static void a_lock_begins_without_digests_and_nonces_of_the_last(void **unused)
{
	static const uint8_t zero[64];
	struct cca_rig *r = rig_new();
	uint8_t info[VDEV_INFO_LEN];
	struct cca_fw_vdev was, now;

	(void)unused;
	vdev_locked(r);
	was = vdev_books(r);
	assert_int_not_equal(was.meas_nonce, 0);
	assert_int_not_equal(was.report_nonce, 0);
	relock(r);
	now = vdev_books(r);
	assert_int_not_equal(now.lock_nonce, was.lock_nonce);
	vdev_info(r, info);
	assert_int_equal(cca_u64(info, 0x18), now.lock_nonce);
	assert_int_equal(cca_u64(info, 0x20), 0);
	assert_int_equal(cca_u64(info, 0x28), 0);
	assert_memory_equal(info + 0x140, zero, 64);
	assert_memory_equal(info + 0x180, zero, 64);
	/* and what was measured while it was unlocked is of no lock */
	assert_int_equal(vdev_do(r, RMI_VDEV_UNLOCK), 0);
	assert_int_equal(vdev_do(r, RMI_VDEV_GET_MEASUREMENTS), 0);
	assert_int_equal(vdev_do(r, RMI_VDEV_LOCK), 0);
	assert_int_equal(vdev_books(r).meas_nonce, 0);
	/* the old nonces open nothing */
	assert_int_equal(vdev_do(r, RMI_VDEV_GET_INTERFACE_REPORT), 0);
	assert_int_equal(RSI(r, RSI_VDEV_VALIDATE_MAPPING, RIG_VDEV_ID, RIG_DEV,
			     RIG_DEV + CCA_GRANULE, PEER_BAR, 0, was.lock_nonce,
			     was.meas_nonce, was.report_nonce),
			 RSI_ERROR_DEVICE);
	rig_free(r);
}

/* The request that the device signed holds the nonce of the call. */
static void measurements_answer_the_nonce_that_the_caller_gave(void **unused)
{
	struct cca_rig *r = rig_new();
	uint8_t nonce[32] = { 0 };

	(void)unused;
	vdev_locked(r);
	for (unsigned i = 0; i < 4; i++)
		cca_put_u64(nonce, 8 * (size_t)i, 0x1111 * (i + 1));
	assert_memory_equal(r->obj[RMI_DEV_OBJ_MEAS] + 4, nonce, 32);
	rig_free(r);
}

static void no_stop(struct peer *p, const struct tdisp_msg *req,
		    struct tdisp_msg *rsp, bool *drop)
{
	(void)p;
	(void)rsp;
	*drop = req->code == TDISP_STOP_REQ;
}

static void still_locked(struct peer *p, const struct tdisp_msg *req,
			 struct tdisp_msg *rsp, bool *drop)
{
	(void)p;
	(void)drop;
	if (req->code == TDISP_GET_STATE)
		rsp->state = TDI_LOCKED;
}

static void a_stop_that_fails_never_ends_unlocked(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		struct cca_rig *r = rig_new();

		vdev_locked(r);
		r->p->on_tdisp = i ? still_locked : no_stop;
		assert_int_equal(vdev_do(r, RMI_VDEV_UNLOCK), 0);
		assert_int_equal(vdev_state(r), RMI_VDEV_ERROR);
		assert_int_equal(pdev_state(r), RMI_PDEV_ERROR);
		assert_true(peer_keys_gone(r->p, true));
		rig_free(r);
	}
}

/* The host changes the lock between the realm's wish and its own act. */
static bool relocks(struct cca_rig *r, uint64_t reason)
{
	if (reason != RMI_EXIT_DEV_MEM_MAP)
		return false;
	relock(r);
	assert_int_equal(vdev_do(r, RMI_VDEV_GET_INTERFACE_REPORT), 0);
	assert_int_equal(vdev_do(r, RMI_VDEV_GET_MEASUREMENTS), 0);
	assert_int_equal(dev_map(r, RIG_DEV, PEER_BAR, 1), 0);
	REFUSED(r, RMI_ERROR_DEVICE, RMI_RTT_DEV_VALIDATE, r->rd, r->rec,
		RIG_DEV, RIG_DEV + CCA_GRANULE);
	r->flags = REC_ENTER_F_DEV_MEM_RESPONSE;
	return true;
}

static void acceptance_looks_at_state_and_nonces_when_it_acts(void **unused)
{
	struct cca_rig *r = rig_new();
	struct cca_fw_vdev v;
	uint64_t word;
	struct fault f;

	(void)unused;
	vdev_locked(r);
	v = vdev_books(r);
	r->host = relocks;
	assert_int_equal(RSI(r, RSI_VDEV_VALIDATE_MAPPING, RIG_VDEV_ID, RIG_DEV,
			     RIG_DEV + CCA_GRANULE, PEER_BAR, 0, v.lock_nonce,
			     v.meas_nonce, v.report_nonce),
			 0);
	assert_int_equal(r->call[1], RIG_DEV);
	assert_int_equal(r->call[2], RSI_REJECT);
	assert_int_equal(vdev_books(r).valid, 0);
	assert_int_equal(realm_io(r, RIG_DEV, &word, 8, false, &f), IL_E_IO);
	rig_free(r);
}

static void device_memory_is_mapped_only_while_it_is_locked(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	vdev_up(r);
	assert_int_equal(RMI(r, RMI_GRANULE_RANGE_DELEGATE, PEER_BAR,
			     PEER_BAR + CCA_GRANULE),
			 0);
	REFUSED(r, RMI_ERROR_DEVICE, RMI_RTT_DEV_MAP, r->rd, r->vdev, RIG_DEV,
		RIG_DEV + CCA_GRANULE, RMI_OADDR_SINGLE, PEER_BAR | 1 << 2);
	assert_int_equal(vdev_do(r, RMI_VDEV_LOCK), 0);
	assert_int_equal(dev_map(r, RIG_DEV, PEER_BAR, 1), 0);
	rig_free(r);
}

/* The host names a VDEV of another number: the realm's own stays on. */
static bool destroys_and_lies(struct cca_rig *r, uint64_t reason)
{
	if (reason != RMI_EXIT_VDEV_REQUEST)
		return false;
	REFUSED(r, RMI_ERROR_INPUT, RMI_VDEV_COMPLETE, r->rec, r->vdev);
	return true;
}

/* Another VDEV stands there by the time the realm runs again. */
static bool completes_then_changes(struct cca_rig *r, uint64_t reason)
{
	if (reason != RMI_EXIT_VDEV_REQUEST)
		return false;
	assert_int_equal(RMI(r, RMI_VDEV_COMPLETE, r->rec, r->vdev), 0);
	REFUSED(r, RMI_ERROR_INPUT, RMI_VDEV_COMPLETE, r->rec, r->vdev);
	r->fw->vdev[0].id++;
	return true;
}

static void dma_is_disabled_for_its_owner_alone(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	vdev_running(r);
	r->host = destroys_and_lies;
	assert_int_equal(RSI(r, RSI_VDEV_DMA_DISABLE, RIG_VDEV_ID + 1),
			 RSI_ERROR_INPUT);
	assert_true(vdev_books(r).dma);
	/* once it was named, owner and number are looked at again */
	r->host = completes_then_changes;
	assert_int_equal(RSI(r, RSI_VDEV_DMA_DISABLE, RIG_VDEV_ID),
			 RSI_ERROR_INPUT);
	r->fw->vdev[0].id--;
	assert_true(vdev_books(r).dma);
	rig_free(r);
}

static void default_is(struct peer *p, const struct tdisp_msg *req,
		       struct tdisp_msg *rsp, bool *drop)
{
	(void)rsp;
	(void)drop;
	if (req->code == TDISP_LOCK_REQ)
		p->seen[200] = req->lock.default_stream;
}

static void a_lock_names_the_stream_that_was_connected(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	vdev_up(r);
	r->p->on_tdisp = default_is;
	assert_int_equal(vdev_do(r, RMI_VDEV_LOCK), 0);
	assert_int_equal(r->p->seen[200], PEER_STREAM);
	rig_free(r);
}

/* The report is longer than a granule: it is cached piece by piece. */
static void a_report_may_be_longer_than_a_granule(void **unused)
{
	static const uint8_t info[6000] = { 9 };
	struct cca_rig *r = rig_new();

	(void)unused;
	r->p->rep.vendor = info;
	r->p->rep.vendor_len = sizeof(info);
	vdev_locked(r);
	assert_true(r->obj_len[RMI_DEV_OBJ_REPORT] > 6000);
	assert_int_equal(vdev_state(r), RMI_VDEV_LOCKED);
	rig_free(r);
}

const struct CMUnitTest weak_tests[] = {
	cmocka_unit_test(a_lock_begins_without_digests_and_nonces_of_the_last),
	cmocka_unit_test(measurements_answer_the_nonce_that_the_caller_gave),
	cmocka_unit_test(a_stop_that_fails_never_ends_unlocked),
	cmocka_unit_test(acceptance_looks_at_state_and_nonces_when_it_acts),
	cmocka_unit_test(device_memory_is_mapped_only_while_it_is_locked),
	cmocka_unit_test(dma_is_disabled_for_its_owner_alone),
	cmocka_unit_test(a_lock_names_the_stream_that_was_connected),
	cmocka_unit_test(a_report_may_be_longer_than_a_granule),
};
const size_t weak_tests_n = COUNT(weak_tests);
