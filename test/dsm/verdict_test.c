/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm_test.h"

#define S 5u

/*
 * What reaches the function: rows from PCIe Base 6.x §11.2.1 (T bit), columns
 * UNLOCKED, LOCKED, RUN, ERROR; NULL: accepted.
 */
static const struct {
	bool tee, t;
	int stream;
	const char *why[TDI_STATES];
} mmio[] = {
	/* clang-format off */
	{ true, true, STREAM,
	  { "tdi-unlocked", "tdi-locked", NULL, "tdi-error" } },
	{ true, true, -1,
	  { "tdi-unlocked", "tdi-untrusted", "tdi-untrusted",
	    "tdi-untrusted" } },
	{ true, true, STREAM + 1,
	  { "tdi-unlocked", "tdi-untrusted", "tdi-untrusted",
	    "tdi-untrusted" } },
	{ true, true, 256 + STREAM,
	  { "tdi-unlocked", "tdi-untrusted", "tdi-untrusted",
	    "tdi-untrusted" } },
	{ true, false, STREAM,
	  { NULL, "tdi-untrusted", "tdi-untrusted", "tdi-untrusted" } },
	{ true, false, -1,
	  { NULL, "tdi-untrusted", "tdi-untrusted", "tdi-untrusted" } },
	{ false, true, STREAM, { NULL, NULL, NULL, NULL } },
	{ false, false, -1, { NULL, NULL, NULL, NULL } },
	{ false, true, -1, { NULL, NULL, NULL, NULL } },
	/* clang-format on */
};

/* What the function issues: T bit and stream, or the rule that forbids. */
static const struct {
	enum dsm_dma kind;
	uint16_t flags; /* of the lock */
	struct {
		const char *why;
		bool t;
	} in[TDI_STATES];
} dma[] = {
	/* clang-format off */
	{ DSM_DMA, 0, { { NULL, false }, { "tdi-dma-locked", false },
			{ NULL, true }, { "tdi-dma-error", false } } },
	{ DSM_MSI, 0, { { NULL, false }, { NULL, false },
			{ NULL, false }, { NULL, false } } },
	{ DSM_MSI, TDISP_LOCK_MSIX,
		      { { NULL, false }, { NULL, false },
			{ NULL, false }, { NULL, false } } },
	{ DSM_MSIX, 0, { { NULL, false }, { NULL, false },
			 { NULL, false }, { NULL, false } } },
	{ DSM_MSIX, TDISP_LOCK_MSIX,
		       { { NULL, false }, { NULL, false },
			 { NULL, true }, { "tdi-dma-error", false } } },
	/* clang-format on */
};

static struct rig *in_state(enum tdi_state state, uint16_t flags)
{
	struct rig *g = rig_new();
	uint8_t p[37] = { 1, 0x10, TDISP_LOCK_REQ, 0, 0, VF1, 1 };

	rig_start(g);
	key_all(g, S, STREAM);
	if (state == TDI_UNLOCKED)
		return g;
	p[17] = (uint8_t)flags;
	p[19] = STREAM;
	tell(g, S, p, 37);
	if (state != TDI_LOCKED)
		assert_int_equal(ask(g, S, VF1, TDISP_START_REQ),
				 TDISP_START_RSP);
	if (state == TDI_ERROR)
		dsm_event(&g->d, DSM_EV_FAILURE, VF1);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF1), state);
	return g;
}

static void same_rule(const struct rule *got, const char *want)
{
	if (!want) {
		assert_null(got);
		return;
	}
	assert_non_null(got);
	assert_string_equal(got->name, want);
}

static void requests_are_let_in_as_the_table_says(void **unused)
{
	(void)unused;
	for (unsigned st = 0; st < TDI_STATES; st++) {
		struct rig *g = in_state((enum tdi_state)st, 0);

		for (size_t i = 0; i < COUNT(mmio); i++) {
			const struct rule *why = (const struct rule *)g;
			const char *want = mmio[i].why[st];

			assert_int_equal(dsm_mmio_verdict(&g->d.pci, VF1,
							  mmio[i].tee,
							  mmio[i].t,
							  mmio[i].stream, &why),
					 !want);
			same_rule(why, want);
			assert_int_equal(dsm_mmio_verdict(&g->d.pci, VF1,
							  mmio[i].tee,
							  mmio[i].t,
							  mmio[i].stream, NULL),
					 !want);
		}
		rig_free(g);
	}
}

static void requests_are_issued_as_the_table_says(void **unused)
{
	(void)unused;
	for (unsigned st = 0; st < TDI_STATES; st++)
		for (size_t i = 0; i < COUNT(dma); i++) {
			struct rig *g =
				in_state((enum tdi_state)st, dma[i].flags);
			const struct rule *why = (const struct rule *)g;
			bool t = true;
			int stream = 99;

			assert_int_equal(dsm_dma_verdict(&g->d.pci, VF1,
							 dma[i].kind, &t,
							 &stream, &why),
					 !dma[i].in[st].why);
			same_rule(why, dma[i].in[st].why);
			assert_int_equal(t, dma[i].in[st].t);
			assert_int_equal(stream, t ? STREAM : -1);
			rig_free(g);
		}
}

static void while_a_stop_is_under_way_nothing_is_trusted(void **unused)
{
	struct rig *g = in_state(TDI_RUN, 0);
	bool t;
	int stream;

	(void)unused;
	g->hw.quiesce = IL_E_AGAIN;
	assert_int_equal(ask(g, S, VF1, TDISP_STOP_REQ), TDISP_ERROR);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF1), TDI_RUN);
	assert_false(
		dsm_mmio_verdict(&g->d.pci, VF1, true, true, STREAM, NULL));
	assert_false(dsm_mmio_verdict(&g->d.pci, VF1, true, false, -1, NULL));
	assert_false(
		dsm_dma_verdict(&g->d.pci, VF1, DSM_DMA, &t, &stream, NULL));
	assert_false(t);
	assert_true(
		dsm_dma_verdict(&g->d.pci, VF1, DSM_MSI, &t, &stream, NULL));
	rig_free(g);
}

static void a_peer_stream_is_a_bound_stream(void **unused)
{
	struct rig *g = in_state(TDI_RUN, TDISP_LOCK_BIND_P2P);

	(void)unused;
	key_all(g, S, PEER);
	assert_false(dsm_mmio_verdict(&g->d.pci, VF1, true, true, PEER, NULL));
	assert_int_equal(ask(g, S, VF1, TDISP_BIND_P2P_REQ),
			 TDISP_BIND_P2P_RSP);
	assert_true(dsm_mmio_verdict(&g->d.pci, VF1, true, true, PEER, NULL));
	assert_int_equal(ask(g, S, VF1, TDISP_STOP_REQ), TDISP_STOP_RSP);
	assert_int_equal(g->hw.unbinds, 1);
	assert_false(dsm_mmio_verdict(&g->d.pci, VF1, true, true, PEER, NULL));
	rig_free(g);
}

static void a_function_that_is_no_tdi_is_never_trusted(void **unused)
{
	struct rig *g = in_state(TDI_RUN, 0);
	bool t = true;
	int stream = 3;

	(void)unused;
	assert_false(
		dsm_mmio_verdict(&g->d.pci, TDIS, true, true, STREAM, NULL));
	assert_true(dsm_mmio_verdict(&g->d.pci, TDIS, true, false, -1, NULL));
	assert_true(dsm_mmio_verdict(&g->d.pci, TDIS, false, true, -1, NULL));
	assert_true(
		dsm_dma_verdict(&g->d.pci, TDIS, DSM_DMA, &t, &stream, NULL));
	assert_false(t);
	assert_int_equal(stream, -1);
	assert_int_equal(dsm_tdi_state(&g->d.pci, TDIS), TDI_UNLOCKED);
	assert_int_equal(dsm_epoch(&g->d.pci, TDIS), 0);
	rig_free(g);
}

static void each_end_of_run_is_a_new_epoch(void **unused)
{
	struct rig *g = in_state(TDI_RUN, 0);

	(void)unused;
	assert_int_equal(dsm_epoch(&g->d.pci, VF1), 0);
	assert_int_equal(ask(g, S, VF1, TDISP_STOP_REQ), TDISP_STOP_RSP);
	assert_int_equal(dsm_epoch(&g->d.pci, VF1), 1);
	bring(g, S, VF1, TDI_ERROR);
	assert_int_equal(dsm_epoch(&g->d.pci, VF1), 2);
	assert_int_equal(ask(g, S, VF1, TDISP_STOP_REQ), TDISP_STOP_RSP);
	bring(g, S, VF1, TDI_LOCKED);
	assert_int_equal(dsm_epoch(&g->d.pci, VF1), 2);
	rig_free(g);
}

int run_verdict_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_let_in_as_the_table_says),
		cmocka_unit_test(requests_are_issued_as_the_table_says),
		cmocka_unit_test(while_a_stop_is_under_way_nothing_is_trusted),
		cmocka_unit_test(a_peer_stream_is_a_bound_stream),
		cmocka_unit_test(a_function_that_is_no_tdi_is_never_trusted),
		cmocka_unit_test(each_end_of_run_is_a_new_epoch),
	};

	return cmocka_run_group_tests_name("dsm verdict", tests, NULL, NULL);
}
