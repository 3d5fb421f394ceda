/* SPDX-License-Identifier: BSD-2-Clause */
#include "laws_rig.h"

/* --- bindings and lock sessions --- */

static void booked_twice(struct law_bind *b)
{
	b[1] = (struct law_bind){ .state = TSM_BIND_UNLOCKED,
				  .conn = b[0].conn,
				  .rid = b[0].rid };
}

static void law_15_a_tdi_booked_twice(void **unused)
{
	(void)unused;
	LIE(bind, booked_twice);
	breaks(15);
}

static void law_15_a_lock_session_that_changes_hands(void **unused)
{
	(void)unused;
	last()->bind[0].tvm += 0x1000;
	breaks(15);
}

static void no_tvm(struct law_bind *b)
{
	b->tvm = 0;
}

static void law_15_a_locked_tdi_of_nobody(void **unused)
{
	(void)unused;
	LIE(bind, no_tvm);
	breaks(15);
}

static void conn_new(struct law_conn *c)
{
	c->state = TSM_CONN_NEW;
}

static void law_16_a_lock_over_a_connection_that_is_not_ready(void **unused)
{
	(void)unused;
	last()->bind[0].state = TSM_BIND_LOCKING;
	LIE(conn, conn_new);
	breaks_with(4, (const unsigned[]){ 16, 0 });
}

static void other_stream(struct law_conn *c)
{
	c->stream_id = 9;
}

static void law_16_a_lock_without_secure_stream(void **unused)
{
	(void)unused;
	last()->bind[0].state = TSM_BIND_LOCKING;
	LIE(conn, other_stream);
	breaks(16);
}

static void locks(void)
{
	last()->bind[0].state = TSM_BIND_LOCKING;
	world_trace_ev(t.w, TRACE_EV(TRACE_TSM, TSM_TRACE_BIND), 0,
		       TSM_BIND_LOCKING, TSM_BIND_LOCKED);
}

/* Both ends have fallen when the step is over; who fell when the trace says. */
static void falls(bool at_port)
{
	const unsigned port = t.w->dev[0].port;
	const uint64_t block =
		(uint64_t)(port_stream() - t.w->fabric.port[port].ide.stream);

	if (at_port)
		world_trace_ev(t.w, FABRIC_TR_STREAM, port, block,
			       IDE_CAUSE_WIPED);
	else
		world_trace_dev(&t.w->dev[0], DEVICE_TR_STREAM, block,
				IDE_CAUSE_WIPED, 0);
	port_stream()->state = IDE_ST_DEAD;
}

static void law_16_a_stream_that_fell_before_the_lock(void **unused)
{
	(void)unused;
	falls(true);
	locks();
	breaks(16);
}

static void law_16_a_lock_when_the_devices_end_alone_fell(void **unused)
{
	(void)unused;
	locks();
	falls(false);
	breaks(16);
}

static void law_16_holds_for_a_stream_that_falls_after_the_lock(void **unused)
{
	(void)unused;
	locks();
	falls(true);
	assert_int_equal(laws_step(t.w), IL_OK);
}

static void beyond(struct law_bind *b)
{
	b->rid = 0x0108;
}

static void law_16_a_lock_of_a_rid_outside_the_stream(void **unused)
{
	(void)unused;
	port_stream()->cfg.rid_limit = 0x0107;
	last_stream(LAW_PORT)->cfg.rid_limit = 0x0107;
	last()->bind[0].state = TSM_BIND_LOCKING;
	LIE(bind, beyond);
	breaks(16);
}

static void starting(struct law_bind *b)
{
	b->state = TSM_BIND_STARTING;
}

static void law_17_a_tdi_that_waits_for_no_exchange(void **unused)
{
	(void)unused;
	LIE(bind, starting);
	breaks(17);
}

static void says_unlocked(struct law_bind *b)
{
	b->tdi = TSM_TDI_UNLOCKED;
}

static void law_19_locked_against_what_the_device_says(void **unused)
{
	(void)unused;
	last()->bind[0].state = TSM_BIND_LOCKING;
	LIE(bind, says_unlocked);
	breaks(19);
}

static void law_20_a_nonce_that_lives_on_in_run(void **unused)
{
	(void)unused;
	t.w->dev[0].dev->tdis[0].nonce[5] = 1;
	breaks(20);
}

static void no_report(struct law_bind *b)
{
	b->lock.report_valid = false;
}

static void law_21_run_without_what_the_tvm_decides_on(void **unused)
{
	(void)unused;
	LIE(bind, no_report);
	breaks(21);
}

static void law_23_bytes_moved_in_error(void **unused)
{
	(void)unused;
	t.w->dev[0].dev->tdis[0].state = TDI_ERROR;
	last()->dev[0]->tdi[0].state = TDI_ERROR;
	last()->dev[0]->tdi[0].count = 0;
	last()->dev[0]->tdi[0].moved = 0;
	t.w->dev[0].dev->fn[0].engine.moved = 8;
	breaks(23);
}

static void law_23_run_out_of_error(void **unused)
{
	(void)unused;
	last()->dev[0]->tdi[0].state = TDI_ERROR;
	breaks_with(23, (const unsigned[]){ 53, 0 }); /* nor is it an edge */
}

static void law_23_a_binding_in_run_out_of_error(void **unused)
{
	(void)unused;
	last()->bind[0].state = TSM_BIND_ERROR;
	breaks_with(23, (const unsigned[]){ 53, 0 });
}

static void law_24_a_connection_back_from_the_dead(void **unused)
{
	(void)unused;
	last()->conn[0].state = TSM_CONN_ERROR;
	breaks_with(24, (const unsigned[]){ 53, 0 });
}

static void closed(struct law_conn *c)
{
	c->state = TSM_CONN_CLOSED;
	c->digests = false;
}

static void law_24_keys_after_the_end_of_a_connection(void **unused)
{
	(void)unused;
	LIE(conn, closed);
	breaks(24);
}

static void law_24_a_tdi_back_from_the_dead(void **unused)
{
	(void)unused;
	last()->bind[0].state = TSM_BIND_DEAD;
	breaks_with(24, (const unsigned[]){ 53, 0 });
}

static void next_lock(struct law_bind *b)
{
	b->lock.id++;
	b->named_lock++;
}

static void law_25_evidence_of_an_earlier_lock_session(void **unused)
{
	(void)unused;
	LIE(bind, next_lock);
	breaks(25);
}

static void unlocked(struct law_bind *b)
{
	b->state = TSM_BIND_UNLOCKED;
}

static void law_25_a_lock_session_of_an_unlocked_tdi(void **unused)
{
	(void)unused;
	last()->bind[0].state = TSM_BIND_UNLOCKED;
	LIE(bind, unlocked);
	breaks(25);
}

static void closed_with_digests(struct law_conn *c)
{
	c->state = TSM_CONN_CLOSED;
	c->stream_id = TSM_STREAM_UNUSED;
}

static void law_25_digests_of_a_connection_that_is_over(void **unused)
{
	(void)unused;
	LIE(conn, closed_with_digests);
	breaks(25);
}

static void id_gone(struct law_bind *b)
{
	b->tdi_id = 0;
}

static void law_26_grants_without_a_named_lock_session(void **unused)
{
	(void)unused;
	LIE(bind, id_gone);
	breaks(26);
}

/* --- evidence --- */

static void report_differs(struct law_bind *b)
{
	b->lock.report_digest[0] ^= 1;
}

static void law_27_a_report_that_the_tsm_does_not_know(void **unused)
{
	(void)unused;
	last()->guest[0].state = GUEST_LOCKED;
	LIE(bind, report_differs);
	breaks(27);
}

static void certs_differ(struct law_conn *c)
{
	c->cert[47] ^= 1;
}

static void law_27_certificates_that_the_tsm_does_not_know(void **unused)
{
	(void)unused;
	last()->guest[0].state = GUEST_LOCKED;
	LIE(conn, certs_differ);
	breaks(27);
}

static void meas_differ(struct law_bind *b)
{
	b->lock.meas_digest[47] ^= 1;
}

static void law_27_measurements_that_the_tsm_does_not_know(void **unused)
{
	(void)unused;
	last()->guest[0].state = GUEST_LOCKED;
	LIE(bind, meas_differ);
	breaks(27);
}

static void nonce_differs(struct law_bind *b)
{
	b->lock.meas_nonce[31] ^= 1;
}

static void law_28_measurements_for_another_nonce(void **unused)
{
	(void)unused;
	last()->guest[0].state = GUEST_LOCKED;
	LIE(bind, nonce_differs);
	breaks(28);
}

static void key_differs(struct law_conn *c)
{
	c->key[0] ^= 1;
}

static void law_29_a_session_made_with_another_leaf(void **unused)
{
	(void)unused;
	last()->guest[0].state = GUEST_LOCKED;
	LIE(conn, key_differs);
	breaks(29);
}

static void reports_ats(struct law_bind *b)
{
	b->lock.interface_info |= TDISP_INFO_ATS;
}

static void law_31_a_capability_that_the_platform_lacks(void **unused)
{
	(void)unused;
	LIE(bind, reports_ats);
	breaks(31);
}

static void may_update(struct law_bind *b)
{
	b->lock.interface_info &= (uint16_t)~TDISP_INFO_NO_FW_UPDATE;
}

static void law_32_a_report_that_allows_updates(void **unused)
{
	(void)unused;
	LIE(bind, may_update);
	breaks(32);
}

/* clang-format off */
static const struct CMUnitTest tests[] = {
	AT(running, law_15_a_tdi_booked_twice),
	AT(running, law_15_a_lock_session_that_changes_hands),
	AT(accepted, law_15_a_locked_tdi_of_nobody),
	AT(judged, law_16_a_lock_over_a_connection_that_is_not_ready),
	AT(judged, law_16_a_lock_without_secure_stream),
	AT(judged, law_16_a_lock_of_a_rid_outside_the_stream),
	AT(judged, law_16_a_stream_that_fell_before_the_lock),
	AT(judged, law_16_a_lock_when_the_devices_end_alone_fell),
	AT(judged, law_16_holds_for_a_stream_that_falls_after_the_lock),
	AT(accepted, law_17_a_tdi_that_waits_for_no_exchange),
	AT(judged, law_19_locked_against_what_the_device_says),
	AT(running, law_20_a_nonce_that_lives_on_in_run),
	AT(running, law_21_run_without_what_the_tvm_decides_on),
	AT(running, law_23_bytes_moved_in_error),
	AT(running, law_23_run_out_of_error),
	AT(running, law_23_a_binding_in_run_out_of_error),
	AT(connected, law_24_a_connection_back_from_the_dead),
	AT(connected, law_24_keys_after_the_end_of_a_connection),
	AT(running, law_24_a_tdi_back_from_the_dead),
	AT(judged, law_25_evidence_of_an_earlier_lock_session),
	AT(judged, law_25_a_lock_session_of_an_unlocked_tdi),
	AT(connected, law_25_digests_of_a_connection_that_is_over),
	AT(accepted, law_26_grants_without_a_named_lock_session),
	AT(judged, law_27_a_report_that_the_tsm_does_not_know),
	AT(judged, law_27_certificates_that_the_tsm_does_not_know),
	AT(judged, law_27_measurements_that_the_tsm_does_not_know),
	AT(judged, law_28_measurements_for_another_nonce),
	AT(judged, law_29_a_session_made_with_another_leaf),
	AT(judged, law_31_a_capability_that_the_platform_lacks),
	AT(judged, law_32_a_report_that_allows_updates),
};
/* clang-format on */

int laws_tdi_tests(void)
{
	return cmocka_run_group_tests_name("laws of TDIs", tests, make_identity,
					   drop_identity);
}
