/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm_test.h"

/*
 * Which objects die with which end. Two sessions of connection 0 and one of
 * connection 1; the first keyed both streams and holds all TDIs but one, as
 * IDE_KM lets only one session key a device. Rows are written from PCIe Base
 * 6.x §11.3 and §11.4, one for each end, and what is not named lives.
 */

/* Objects, as bits. */
enum {
	O_SES_A = 1 << 0,  /* connection 0, keyed and locked */
	O_SES_B = 1 << 1,  /* connection 0, holds nothing */
	O_SES_C = 1 << 2,  /* connection 1, holds nothing */
	O_STREAM = 1 << 3, /* the default stream */
	O_PEER = 1 << 4,   /* bound by VF 2 */
	O_PF0 = 1 << 5,
	O_VF1 = 1 << 6,
	O_VF2 = 1 << 7,
	O_PF1 = 1 << 8,
	O_FAM = O_PF0 | O_VF1 | O_VF2,
	O_TDIS = O_FAM | O_PF1,
	O_ALL_SES = O_SES_A | O_SES_B | O_SES_C,
	O_STREAMS = O_STREAM | O_PEER,
};

enum end_kind {
	END_A,
	END_B,
	END_C,
	RESTART_0, /* GET_VERSION at connection 0 */
	RESTART_1,
	EVENT,
};

static const struct row {
	const char *name;
	enum end_kind kind;
	enum dsm_event ev;
	uint32_t which;
	uint32_t dies;
} rows[] = {
	/* clang-format off */
	{ "end of A", END_A, 0, 0, O_SES_A | O_STREAMS | O_TDIS },
	{ "end of B", END_B, 0, 0, O_SES_B },
	{ "end of C", END_C, 0, 0, O_SES_C },
	{ "restart of 0", RESTART_0, 0, 0,
	  O_SES_A | O_SES_B | O_STREAMS | O_TDIS },
	{ "restart of 1", RESTART_1, 0, 0, O_SES_C },
	{ "stream insecure", EVENT, DSM_EV_STREAM_INSECURE, STREAM,
	  O_STREAM | O_TDIS },
	{ "peer insecure", EVENT, DSM_EV_STREAM_INSECURE, PEER,
	  O_PEER | O_VF2 },
	{ "key stopped", EVENT, DSM_EV_KEY_STOPPED, PEER, O_PEER | O_VF2 },
	{ "stream register", EVENT, DSM_EV_STREAM_CONFIG, STREAM,
	  O_STREAM | O_TDIS },
	{ "no stream", EVENT, DSM_EV_STREAM_INSECURE, 77, 0 },
	{ "FLR of PF 0", EVENT, DSM_EV_FLR, PF0, O_STREAMS | O_TDIS },
	{ "FLR of VF 1", EVENT, DSM_EV_FLR, VF1, O_VF1 },
	{ "FLR of VF 2", EVENT, DSM_EV_FLR, VF2, O_VF2 },
	{ "FLR of PF 1", EVENT, DSM_EV_FLR, PF1, O_PF1 },
	{ "FLR of none", EVENT, DSM_EV_FLR, TDIS, 0 },
	{ "BME of PF 0", EVENT, DSM_EV_BME_CLEARED, PF0, O_PF0 },
	{ "SR-IOV of PF 0", EVENT, DSM_EV_SRIOV, PF0, O_FAM },
	{ "power of PF 0", EVENT, DSM_EV_POWER, PF0, O_FAM },
	{ "debug", EVENT, DSM_EV_DEBUG, 0, O_TDIS },
	{ "firmware", EVENT, DSM_EV_FW_UPDATE, 0, 0 },
	{ "link down", EVENT, DSM_EV_LINK_DOWN, 0, O_STREAMS | O_TDIS },
	{ "hot reset", EVENT, DSM_EV_HOT_RESET, 0,
	  O_ALL_SES | O_STREAMS | O_TDIS },
	{ "fundamental reset", EVENT, DSM_EV_FUND_RESET, 0,
	  O_ALL_SES | O_STREAMS | O_TDIS },
	/* clang-format on */
};

/* Sessions of ids 5 and 6 at connection 0, 7 at connection 1. */
static void say_in(struct rig *g, unsigned conn, uint32_t sid)
{
	const uint8_t p[17] = { 1, 0x10, TDISP_GET_STATE, 0, 0, 0, 1 };

	assert_int_equal(rig_vendor(g, conn, sid, p, 17, sizeof(g->ans)),
			 IL_OK);
	assert_int_equal(g->ans[2], TDISP_STATE);
}

static struct rig *built(void)
{
	struct rig *g = rig_new();

	rig_start(g);
	key_all(g, 5, STREAM);
	key_all(g, 5, PEER);
	for (uint32_t fn = 0; fn < TDIS; fn++)
		bring(g, 5, fn, fn == VF1 ? TDI_LOCKED : TDI_RUN);
	assert_int_equal(ask(g, 5, VF2, TDISP_BIND_P2P_REQ),
			 TDISP_BIND_P2P_RSP);
	say_in(g, 0, 6);
	say_in(g, 1, 7);
	return g;
}

static void happen(struct rig *g, const struct row *r)
{
	switch (r->kind) {
	case END_A:
		rig_ended(g, 0, 5);
		break;
	case END_B:
		rig_ended(g, 0, 6);
		break;
	case END_C:
		rig_ended(g, 1, 7);
		break;
	case RESTART_0:
		rig_ended(g, 0, 5);
		rig_ended(g, 0, 6);
		break;
	case RESTART_1:
		rig_ended(g, 1, 7);
		break;
	case EVENT:
		dsm_pci_event(&g->d.pci, r->ev, r->which);
		break;
	}
}

static uint32_t alive(const struct rig *g)
{
	const struct dsm_pci *p = &g->d.pci;
	uint32_t out = 0;

	out |= p->seat[0][0].open ? O_SES_A : 0;
	out |= p->seat[0][1].open ? O_SES_B : 0;
	out |= p->seat[1][0].open ? O_SES_C : 0;
	out |= idekm_rsp_has_keys(&p->idekm, 0, STREAM) ? O_STREAM : 0;
	out |= idekm_rsp_has_keys(&p->idekm, 2, PEER) ? O_PEER : 0;
	for (unsigned fn = 0; fn < TDIS; fn++)
		if (dsm_tdi_state(p, fn) == (fn == VF1 ? TDI_LOCKED : TDI_RUN))
			out |= (uint32_t)O_PF0 << fn;
	return out;
}

static void each_end_takes_exactly_what_hangs_on_it(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const uint32_t all = O_ALL_SES | O_STREAMS | O_TDIS;
		struct rig *g = built();
		uint32_t dies;

		assert_int_equal(alive(g), all);
		happen(g, &rows[i]);
		dies = all & ~alive(g);
		if (dies != rows[i].dies)
			print_error("%s: %#x dies, not %#x\n", rows[i].name,
				    dies, rows[i].dies);
		assert_int_equal(dies, rows[i].dies);
		/* What dies holds nothing. */
		if (dies & O_VF2)
			assert_int_equal(g->tdis[VF2].p2p[PEER / 32], 0);
		if (dies & O_VF1)
			assert_false(g->tdis[VF1].nonce_live);
		assert_true(dsm_pci_sane(&g->d.pci));
		rig_free(g);
	}
}

/* Twice the same, and two different ones in either order: what has died stays
 * dead, and dies once. */
static void ends_in_any_order_add_up(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t k = 0; k < COUNT(rows); k++) {
			const uint32_t all = O_ALL_SES | O_STREAMS | O_TDIS;
			struct rig *g = built();

			happen(g, &rows[i]);
			happen(g, &rows[k]);
			/* The first took VF 2 off the peer's stream. */
			assert_int_equal(all & ~alive(g) & ~(uint32_t)O_VF2,
					 (rows[i].dies | rows[k].dies) &
						 ~(uint32_t)O_VF2);
			assert_int_equal(g->hw.unbinds <= 1, 1);
			assert_true(dsm_pci_sane(&g->d.pci));
			rig_free(g);
		}
}

/* What the specification gives to the session that came first. */
static void a_second_session_cannot_touch_what_the_first_holds(void **unused)
{
	static const uint8_t codes[] = {
		TDISP_LOCK_REQ, TDISP_GET_REPORT,	 TDISP_START_REQ,
		TDISP_STOP_REQ, TDISP_BIND_P2P_REQ,	 TDISP_UNBIND_P2P_REQ,
		TDISP_VDM_REQ,	TDISP_SET_MMIO_ATTR_REQ,
	};
	struct rig *g = built();
	struct tdi before[TDIS];
	struct idekm_stream keys[COUNT(g->streams)];
	uint8_t p[48] = { 0, IDEKM_KEY_PROG, 0, 0, STREAM, 0, 1, 0 };

	(void)unused;
	memcpy(before, g->tdis, sizeof(before));
	memcpy(keys, g->streams, sizeof(keys));
	for (unsigned fn = 0; fn < TDIS; fn++)
		for (size_t i = 0; i < COUNT(codes); i++)
			assert_int_equal(ask(g, 6, fn, codes[i]), TDISP_ERROR);
	for (uint8_t o = 0; o < 8; o++) {
		p[1] = o;
		tell(g, 6, p, o == IDEKM_KEY_PROG ? 48 : o ? 8 : 4);
		assert_int_equal(g->ans_len, 0);
	}
	assert_memory_equal(before, g->tdis, sizeof(before));
	assert_memory_equal(keys, g->streams, sizeof(keys));
	rig_free(g);
}

/* Over SPDM: each connection by itself. */
static void a_new_start_of_one_connection_leaves_the_other(void **unused)
{
	struct rig *g = rig_new();
	uint32_t s;

	(void)unused;
	rig_start(g);
	g->b.conn = 1;
	s = session(g, &g->a);
	key_all(g, s, STREAM);
	bring(g, s, VF1, TDI_RUN);
	assert_int_equal(run(g, &g->b, SPDM_OP_CONNECT, NULL), IL_OK);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF1), TDI_RUN);
	assert_true(dsm_sane(&g->d));
	g->b.conn = 0;
	assert_int_equal(run(g, &g->b, SPDM_OP_CONNECT, NULL), IL_OK);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF1), TDI_ERROR);
	rig_free(g);
}

/* Pending work: the program of a key, a LOCK that drains, a STOP. */
static void the_end_of_a_session_ends_what_it_waits_for(void **unused)
{
	uint8_t p[48] = { 0, IDEKM_KEY_PROG, 0,	   0,	 PEER, 0, 0,
			  2, 0x11,	     0x22, 0x33, 0x44 };
	struct rig *g = rig_new();

	(void)unused;
	rig_start(g);
	key_all(g, 5, STREAM);
	g->hw.program = IL_E_AGAIN;
	p[44] = 1;
	assert_int_equal(rig_vendor(g, 0, 5, p, 48, sizeof(g->ans)),
			 IL_E_AGAIN);
	bring(g, 5, VF2, TDI_RUN);
	g->hw.quiesce = IL_E_AGAIN;
	assert_int_equal(ask(g, 5, VF1, TDISP_LOCK_REQ), TDISP_ERROR);
	assert_int_equal(error_code(g), TDISP_E_BUSY);
	assert_int_equal(ask(g, 5, VF2, TDISP_STOP_REQ), TDISP_ERROR);
	assert_int_equal(error_code(g), TDISP_E_BUSY);
	/* Only the TDIs concerned. */
	assert_int_equal(ask(g, 5, PF0, TDISP_GET_STATE), TDISP_STATE);
	unsigned disarms = g->hw.disarms;

	rig_ended(g, 0, 5);
	assert_int_equal(g->hw.kills, 2);
	assert_int_equal(g->hw.disarms, disarms + 1);
	assert_false(g->tdis[VF1].locking);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF1), TDI_UNLOCKED);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF2), TDI_ERROR);
	assert_int_equal(g->d.pci.idekm.owner, 0);
	/* The STOP goes on by itself. */
	g->hw.quiesce = IL_OK;
	assert_int_equal(dsm_pci_tick(&g->d.pci, 1), UINT64_MAX);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF2), TDI_UNLOCKED);
	rig_free(g);
}

/* It counts against all interfaces, and nobody will come for it. */
static void a_request_of_a_session_that_ended_is_not_outstanding(void **unused)
{
	static const uint8_t p[20] = {
		TDISP_PROTOCOL, 0x10, TDISP_VDM_REQ, 0, 0, VF1, 1
	};
	struct rig *g = rig_new();

	(void)unused;
	rig_start(g);
	g->hw.vdm = TDISP_E_PENDING;
	assert_int_equal(rig_vendor(g, 0, 5, p, 19, sizeof(g->ans)),
			 IL_E_AGAIN);
	assert_int_equal(ask(g, 6, VF2, TDISP_GET_STATE), TDISP_ERROR);
	assert_int_equal(error_code(g), TDISP_E_BUSY);
	rig_ended(g, 0, 5);
	assert_int_equal(ask(g, 6, VF2, TDISP_GET_STATE), TDISP_STATE);
	rig_ended(g, 0, 6);
	rig_free(g);
}

static void a_stop_that_never_ends_has_failed_after_a_while(void **unused)
{
	struct rig *g = rig_new();

	(void)unused;
	g->cfg.pci.teardown_ns = 1000;
	rig_start(g);
	key_all(g, 5, STREAM);
	bring(g, 5, VF1, TDI_RUN);
	g->hw.quiesce = IL_E_AGAIN;
	assert_int_equal(ask(g, 5, VF1, TDISP_STOP_REQ), TDISP_ERROR);
	assert_int_equal(dsm_pci_tick(&g->d.pci, 500), 1000500);
	assert_int_equal(dsm_pci_tick(&g->d.pci, 1499), 1001499);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF1), TDI_RUN);
	assert_int_equal(dsm_pci_tick(&g->d.pci, 1500), UINT64_MAX);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF1), TDI_ERROR);
	/* And may be tried again. */
	g->hw.quiesce = IL_OK;
	assert_int_equal(ask(g, 5, VF1, TDISP_STOP_REQ), TDISP_STOP_RSP);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF1), TDI_UNLOCKED);
	rig_free(g);
}

int run_cascade_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_end_takes_exactly_what_hangs_on_it),
		cmocka_unit_test(ends_in_any_order_add_up),
		cmocka_unit_test(
			a_second_session_cannot_touch_what_the_first_holds),
		cmocka_unit_test(
			a_new_start_of_one_connection_leaves_the_other),
		cmocka_unit_test(the_end_of_a_session_ends_what_it_waits_for),
		cmocka_unit_test(
			a_request_of_a_session_that_ended_is_not_outstanding),
		cmocka_unit_test(
			a_stop_that_never_ends_has_failed_after_a_while),
	};

	return cmocka_run_group_tests_name("dsm cascade", tests, NULL, NULL);
}
