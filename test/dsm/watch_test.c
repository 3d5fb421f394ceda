/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm_test.h"

#define S 5u

/* TDIs that an event on a function reaches, as a set of bits. */
#define PF0_ ((1u << PF0))
#define VF1_ ((1u << VF1))
#define VF2_ ((1u << VF2))
#define PF1_ ((1u << PF1))
#define FAM_ (PF0_ | VF1_ | VF2_)
#define ALL_ (FAM_ | PF1_)

/*
 * Rows from PCIe Base 6.x §11.4.3 to §11.4.9: whom the event reaches when it
 * is raised on PF 0, on VF 1, on PF 1.
 */
static const struct {
	enum dsm_event ev;
	uint8_t on[3];
	bool unlocks; /* else ERROR */
} rows[] = {
	/* clang-format off */
	{ DSM_EV_BME_CLEARED,      { PF0_, VF1_, PF1_ } },
	{ DSM_EV_MSE_CLEARED,      { PF0_, VF1_, PF1_ } },
	{ DSM_EV_BAR,              { PF0_, VF1_, PF1_ } },
	{ DSM_EV_ROM_BAR,          { PF0_, VF1_, PF1_ } },
	{ DSM_EV_BIST,             { PF0_, VF1_, PF1_ } },
	{ DSM_EV_RESIZABLE_BAR,    { PF0_, VF1_, PF1_ } },
	{ DSM_EV_VF_RESIZABLE_BAR, { FAM_, VF1_, PF1_ } },
	{ DSM_EV_EA,               { FAM_, VF1_, PF1_ } },
	{ DSM_EV_ARI,              { FAM_, VF1_, PF1_ } },
	{ DSM_EV_PASID,            { FAM_, VF1_, PF1_ } },
	{ DSM_EV_PAGE_REQUEST,     { FAM_, VF1_, PF1_ } },
	{ DSM_EV_SRIOV,            { FAM_, VF1_, PF1_ } },
	{ DSM_EV_VF_ENABLE,        { FAM_, VF1_, PF1_ } },
	{ DSM_EV_VF_MSE,           { FAM_, VF1_, PF1_ } },
	{ DSM_EV_MULTICAST,        { PF0_, VF1_, PF1_ } },
	{ DSM_EV_DEVCTL,           { FAM_, VF1_, PF1_ } },
	{ DSM_EV_MSIX,             { 0,    0,    0 } }, /* not locked */
	{ DSM_EV_RID,              { PF0_, VF1_, PF1_ } },
	{ DSM_EV_POWER,            { FAM_, VF1_, PF1_ } },
	/* A FLR of PF 0 resets the streams, on which PF 1 rests, too. */
	{ DSM_EV_FLR,              { ALL_, VF1_, PF1_ } },
	{ DSM_EV_DMA_ERROR,        { PF0_, VF1_, PF1_ } },
	{ DSM_EV_POISON,           { PF0_, VF1_, PF1_ } },
	{ DSM_EV_ATS_T0,           { PF0_, VF1_, PF1_ } },
	{ DSM_EV_FAILURE,          { PF0_, VF1_, PF1_ } },
	{ DSM_EV_SCRUBBED,         { 0,    0,    0 } }, /* not in ERROR */
	{ DSM_EV_FW_UPDATE,        { 0,    0,    0 } }, /* not locked */
	{ DSM_EV_DEBUG,            { ALL_, ALL_, ALL_ } },
	{ DSM_EV_LINK_DOWN,        { ALL_, ALL_, ALL_ } },
	{ DSM_EV_HOT_RESET,        { ALL_, ALL_, ALL_ }, true },
	{ DSM_EV_FUND_RESET,       { ALL_, ALL_, ALL_ }, true },
	/* clang-format on */
};

static struct rig *all_in(enum tdi_state state)
{
	struct rig *g = rig_new();

	rig_start(g);
	key_all(g, S, STREAM);
	for (uint32_t fn = 0; fn < TDIS; fn++)
		bring(g, S, fn, state);
	return g;
}

static void reached(const struct rig *g, unsigned set, enum tdi_state was,
		    enum tdi_state now)
{
	for (uint32_t fn = 0; fn < TDIS; fn++)
		assert_int_equal(dsm_tdi_state(&g->d.pci, fn),
				 set & 1u << fn ? now : was);
}

static void each_trigger_reaches_whom_it_should(void **unused)
{
	static const uint32_t on[3] = { PF0, VF1, PF1 };

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (unsigned j = 0; j < 3; j++)
			for (unsigned st = TDI_LOCKED; st <= TDI_RUN; st++) {
				struct rig *g = all_in((enum tdi_state)st);

				dsm_event(&g->d, rows[i].ev, on[j]);
				reached(g, rows[i].on[j], (enum tdi_state)st,
					rows[i].unlocks ? TDI_UNLOCKED
							: TDI_ERROR);
				rig_free(g);
			}
}

static void what_is_unlocked_has_nothing_to_lose(void **unused)
{
	(void)unused;
	for (unsigned ev = 0; ev <= DSM_EVENTS; ev++) {
		struct rig *g = all_in(TDI_UNLOCKED);

		dsm_event(&g->d, (enum dsm_event)ev, PF0);
		reached(g, 0, TDI_UNLOCKED, TDI_ERROR);
		rig_free(g);
	}
}

static void an_error_is_left_by_reset_or_scrub_only(void **unused)
{
	(void)unused;
	for (unsigned ev = 0; ev < DSM_EVENTS; ev++) {
		struct rig *g = all_in(TDI_ERROR);
		unsigned out = ev == DSM_EV_HOT_RESET || ev == DSM_EV_FUND_RESET
				       ? ALL_
			       : ev == DSM_EV_SCRUBBED ? PF0_
						       : 0;

		dsm_event(&g->d, (enum dsm_event)ev, PF0);
		reached(g, out, TDI_ERROR, TDI_UNLOCKED);
		rig_free(g);
	}
}

static void a_function_that_is_no_tdi_concerns_none(void **unused)
{
	static const enum dsm_event evs[] = { DSM_EV_FLR, DSM_EV_BAR,
					      DSM_EV_SRIOV };

	(void)unused;
	for (size_t i = 0; i < COUNT(evs); i++) {
		struct rig *g = all_in(TDI_RUN);

		dsm_event(&g->d, evs[i], TDIS);
		dsm_event(&g->d, evs[i], UINT32_MAX);
		dsm_event(&g->d, DSM_EVENTS, PF0);
		reached(g, 0, TDI_RUN, TDI_ERROR);
		rig_free(g);
	}
}

/* Locks VF 1 with @flags and raises @ev. */
static enum tdi_state locked_with(uint16_t flags, enum dsm_event ev)
{
	struct rig *g = rig_new();
	uint8_t p[37] = { 1, 0x10, TDISP_LOCK_REQ, 0, 0, VF1, 1 };
	enum tdi_state state;

	rig_start(g);
	key_all(g, S, STREAM);
	p[17] = (uint8_t)flags;
	p[19] = STREAM;
	tell(g, S, p, 37);
	assert_int_equal(g->ans[2], TDISP_LOCK_RSP);
	dsm_event(&g->d, ev, VF1);
	state = dsm_tdi_state(&g->d.pci, VF1);
	rig_free(g);
	return state;
}

static void some_triggers_count_only_if_lock_asked_for_them(void **unused)
{
	(void)unused;
	assert_int_equal(locked_with(TDISP_LOCK_MSIX, DSM_EV_MSIX), TDI_ERROR);
	assert_int_equal(locked_with(0x1b, DSM_EV_MSIX), TDI_LOCKED);
	assert_int_equal(locked_with(TDISP_LOCK_NO_FW_UPDATE, DSM_EV_FW_UPDATE),
			 TDI_ERROR);
	assert_int_equal(locked_with(0x1e, DSM_EV_FW_UPDATE), TDI_LOCKED);
}

static void an_insecure_stream_takes_its_users_and_no_others(void **unused)
{
	static const enum dsm_event evs[] = { DSM_EV_STREAM_INSECURE,
					      DSM_EV_KEY_STOPPED,
					      DSM_EV_STREAM_CONFIG };

	(void)unused;
	for (size_t i = 0; i < COUNT(evs); i++) {
		struct rig *g = all_in(TDI_RUN);

		key_all(g, S, PEER);
		assert_int_equal(ask(g, S, VF2, TDISP_BIND_P2P_REQ),
				 TDISP_BIND_P2P_RSP);
		dsm_event(&g->d, evs[i], STREAM + 100);
		dsm_event(&g->d, evs[i], 256 + STREAM);
		reached(g, 0, TDI_RUN, TDI_ERROR);
		assert_true(idekm_rsp_has_keys(&g->d.pci.idekm, 2, PEER));
		dsm_event(&g->d, evs[i], PEER);
		reached(g, VF2_, TDI_RUN, TDI_ERROR);
		assert_false(idekm_rsp_has_keys(&g->d.pci.idekm, 2, PEER));
		assert_int_equal(idekm_rsp_keyed(&g->d.pci.idekm, 0, STREAM),
				 token(g, S));
		dsm_event(&g->d, evs[i], STREAM);
		reached(g, ALL_, TDI_RUN, TDI_ERROR);
		assert_false(idekm_rsp_has_keys(&g->d.pci.idekm, 0, STREAM));
		/* The hardware knows already. */
		assert_int_equal(g->hw.kills, 0);
		rig_free(g);
	}
}

static void a_lost_stream_needs_new_keys_before_the_next_lock(void **unused)
{
	struct rig *g = all_in(TDI_RUN);

	(void)unused;
	dsm_event(&g->d, DSM_EV_STREAM_INSECURE, STREAM);
	assert_int_equal(ask(g, S, PF0, TDISP_STOP_REQ), TDISP_STOP_RSP);
	assert_int_equal(ask(g, S, PF0, TDISP_LOCK_REQ), TDISP_ERROR);
	assert_string_equal(dsm_lock_refusal(&g->d.pci, PF0)->name,
			    "lock-keys");
	key_all(g, S, STREAM);
	bring(g, S, PF0, TDI_RUN);
	rig_free(g);
}

static void events_of_the_whole_link_kill_the_streams(void **unused)
{
	static const struct {
		enum dsm_event ev;
		uint32_t which;
		bool kills;
	} evs[] = {
		{ DSM_EV_LINK_DOWN, 0, true },	{ DSM_EV_HOT_RESET, 0, true },
		{ DSM_EV_FUND_RESET, 0, true }, { DSM_EV_FLR, PF0, true },
		{ DSM_EV_FLR, PF1, false },	{ DSM_EV_POWER, PF0, false },
		{ DSM_EV_DEBUG, PF0, false },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(evs); i++) {
		struct rig *g = all_in(TDI_RUN);

		key_all(g, S, PEER);
		dsm_event(&g->d, evs[i].ev, evs[i].which);
		assert_int_equal(g->hw.kills, evs[i].kills ? 2 : 0);
		assert_int_equal(idekm_rsp_keyed(&g->d.pci.idekm, 0, STREAM),
				 evs[i].kills ? 0 : token(g, S));
		rig_free(g);
	}
}

static void a_reset_ends_the_session_and_scrubs_every_tdi(void **unused)
{
	struct rig *g = rig_new();
	uint32_t s;

	(void)unused;
	rig_start(g);
	s = session(g, &g->a);
	key_all(g, s, STREAM);
	bring(g, s, VF1, TDI_RUN);
	dsm_event(&g->d, DSM_EV_HOT_RESET, 0);
	assert_false(spdm_rsp_session_open(&g->conns[0].rsp, s));
	assert_int_equal(g->hw.kills, 1);
	assert_int_equal(g->hw.scrubs, TDIS);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF1), TDI_UNLOCKED);
	assert_int_equal(dsm_epoch(&g->d.pci, VF1), 1);
	assert_true(dsm_sane(&g->d));
	/* And can begin again. */
	s = session(g, &g->b);
	key_all(g, s, STREAM);
	bring(g, s, VF1, TDI_RUN);
	rig_free(g);
}

static void a_function_that_goes_or_moves_loses_its_trust(void **unused)
{
	struct rig *g = all_in(TDI_RUN);

	(void)unused;
	dsm_set_function(&g->d.pci, VF1, false, 0x101);
	dsm_set_function(&g->d.pci, VF2, true, 0x202);
	dsm_set_function(&g->d.pci, PF1, true, 0x103);
	dsm_set_function(&g->d.pci, TDIS, true, 0x109);
	reached(g, VF1_ | VF2_, TDI_RUN, TDI_ERROR);
	dsm_set_function(&g->d.pci, VF1, true, 0x101);
	assert_int_equal(ask(g, S, VF1, TDISP_STOP_REQ), TDISP_STOP_RSP);
	rig_free(g);
}

static void a_refresh_keeps_the_stream_keyed(void **unused)
{
	struct rig *g = all_in(TDI_RUN);

	(void)unused;
	for (uint8_t i = 0; i < 6; i++) {
		uint8_t kss = (uint8_t)(1 | (i / 3) << 1 | (i % 3) << 4);
		uint8_t p[48] = { 0, IDEKM_KEY_PROG, 0,	   0,	 STREAM, 0, kss,
				  0, 0x11,	     0x22, 0x33, 0x44 };

		p[44] = 1;
		tell(g, S, p, 48);
		p[1] = IDEKM_K_SET_GO;
		tell(g, S, p, 8);
		assert_int_equal(g->ans_len, 8);
	}
	for (uint8_t i = 0; i < 6; i++)
		dsm_key_retired(&g->d.pci,
				&(struct idekm_ref){ .stream = STREAM,
						     .dir = i / 3,
						     .sub = i % 3 });
	assert_int_equal(idekm_rsp_keyed(&g->d.pci.idekm, 0, STREAM),
			 token(g, S));
	reached(g, 0, TDI_RUN, TDI_ERROR);
	rig_free(g);
}

static void a_stop_of_keys_alone_leaves_the_tdis(void **unused)
{
	struct rig *g = all_in(TDI_RUN);
	uint8_t p[8] = { 0, IDEKM_K_SET_STOP, 0, 0, STREAM, 0, 0, 0 };

	(void)unused;
	for (uint8_t i = 0; i < 6; i++) {
		p[6] = (uint8_t)((i / 3) << 1 | (i % 3) << 4);
		tell(g, S, p, 8);
	}
	assert_int_equal(g->hw.stops, 6);
	reached(g, 0, TDI_RUN, TDI_ERROR);
	dsm_event(&g->d, DSM_EV_KEY_STOPPED, STREAM);
	reached(g, ALL_, TDI_RUN, TDI_ERROR);
	rig_free(g);
}

int run_watch_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_trigger_reaches_whom_it_should),
		cmocka_unit_test(what_is_unlocked_has_nothing_to_lose),
		cmocka_unit_test(an_error_is_left_by_reset_or_scrub_only),
		cmocka_unit_test(a_function_that_is_no_tdi_concerns_none),
		cmocka_unit_test(
			some_triggers_count_only_if_lock_asked_for_them),
		cmocka_unit_test(
			an_insecure_stream_takes_its_users_and_no_others),
		cmocka_unit_test(
			a_lost_stream_needs_new_keys_before_the_next_lock),
		cmocka_unit_test(events_of_the_whole_link_kill_the_streams),
		cmocka_unit_test(a_reset_ends_the_session_and_scrubs_every_tdi),
		cmocka_unit_test(a_function_that_goes_or_moves_loses_its_trust),
		cmocka_unit_test(a_refresh_keeps_the_stream_keyed),
		cmocka_unit_test(a_stop_of_keys_alone_leaves_the_tdis),
	};

	return cmocka_run_group_tests_name("dsm watch", tests, NULL, NULL);
}
