/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm_test.h"

#define S 5u

static const struct rule some_rule = { .name = "phantom" };

/* Each thing that LOCK looks at, wrong, with what it answers. */
static void every_wrong_thing_refuses_the_lock_and_says_which(void **unused)
{
	enum {
		NO_STREAM,
		NOT_DEFAULT,
		NO_KEYS,
		FIVE_KEYS,
		OTHER,
		DISABLED,
		INSECURE,
		TWO,
		NONE,
		TC,
		CONFIG,
		WAYS
	};
	static const struct {
		const char *why;
		uint16_t error;
	} want[WAYS] = {
		[NO_STREAM] = { "lock-stream", TDISP_E_INVALID_REQUEST },
		[NOT_DEFAULT] = { "lock-stream", TDISP_E_INVALID_REQUEST },
		[NO_KEYS] = { "lock-keys", TDISP_E_INVALID_REQUEST },
		[FIVE_KEYS] = { "lock-keys", TDISP_E_INVALID_REQUEST },
		[OTHER] = { "lock-session", TDISP_E_INVALID_REQUEST },
		[DISABLED] = { "lock-secure", TDISP_E_INVALID_REQUEST },
		[INSECURE] = { "lock-secure", TDISP_E_INVALID_REQUEST },
		[TWO] = { "lock-defaults",
			  TDISP_E_INVALID_DEVICE_CONFIGURATION },
		[NONE] = { "lock-defaults",
			   TDISP_E_INVALID_DEVICE_CONFIGURATION },
		[TC] = { "lock-tc", TDISP_E_INVALID_DEVICE_CONFIGURATION },
		[CONFIG] = { "phantom", TDISP_E_INVALID_DEVICE_CONFIGURATION },
	};
	const uint8_t stop[8] = { 0, IDEKM_K_SET_STOP, 0, 0, STREAM, 0, 0x12 };

	(void)unused;
	for (unsigned way = 0; way < WAYS; way++) {
		struct rig *g = rig_new();
		struct tdi before;

		rig_start(g);
		if (way != NO_KEYS)
			key_all(g, S, STREAM);
		if (way == FIVE_KEYS)
			tell(g, S, stop, 8);
		g->hw.stream.is_default = way != NOT_DEFAULT;
		g->hw.stream.enabled = way != DISABLED;
		g->hw.stream.secure = way != INSECURE;
		g->hw.stream.defaults = way == TWO ? 2 : way == NONE ? 0 : 1;
		g->hw.stream.tc = way == TC;
		g->hw.config = way == CONFIG ? &some_rule : NULL;
		if (way == NO_STREAM) {
			uint8_t p[37] = {
				1, 0x10, TDISP_LOCK_REQ, 0, 0, VF1, 1
			};

			p[19] = 77;
			tell(g, S, p, 37);
		} else {
			memcpy(&before, &g->tdis[VF1], sizeof(before));
			assert_int_equal(ask(g, way == OTHER ? S + 1 : S, VF1,
					     TDISP_LOCK_REQ),
					 TDISP_ERROR);
			assert_memory_equal(&before, &g->tdis[VF1],
					    sizeof(before));
		}
		assert_int_equal(error_code(g), want[way].error);
		assert_non_null(dsm_lock_refusal(&g->d.pci, VF1));
		assert_string_equal(dsm_lock_refusal(&g->d.pci, VF1)->name,
				    want[way].why);
		assert_null(dsm_lock_refusal(&g->d.pci, VF2));
		assert_int_equal(g->hw.arms, g->hw.disarms);
		assert_int_equal(dsm_tdi_state(&g->d.pci, VF1), TDI_UNLOCKED);
		assert_int_equal(g->hw.configs, way == CONFIG);
		rig_free(g);
	}
}

static void a_lock_that_succeeds_has_no_refusal(void **unused)
{
	struct rig *g = rig_new();

	(void)unused;
	rig_start(g);
	assert_int_equal(ask(g, S, VF1, TDISP_LOCK_REQ), TDISP_ERROR);
	assert_non_null(dsm_lock_refusal(&g->d.pci, VF1));
	key_all(g, S, STREAM);
	bring(g, S, VF1, TDI_LOCKED);
	assert_null(dsm_lock_refusal(&g->d.pci, VF1));
	assert_null(dsm_lock_refusal(&g->d.pci, TDIS));
	assert_int_equal(g->hw.arms - g->hw.disarms, 1);
	assert_true(g->hw.quiesces > 0);
	rig_free(g);
}

static void a_slow_device_is_busy_and_goes_on_by_itself(void **unused)
{
	struct rig *g = rig_new();

	(void)unused;
	rig_start(g);
	key_all(g, S, STREAM);
	bring(g, S, VF1, TDI_RUN);
	g->hw.quiesce = IL_E_AGAIN;
	assert_int_equal(ask(g, S, VF1, TDISP_STOP_REQ), TDISP_ERROR);
	assert_int_equal(error_code(g), TDISP_E_BUSY);
	assert_int_equal(dsm_tick(&g->d, 1000), 1001000);
	assert_int_equal(ask(g, S, VF1, TDISP_GET_STATE), TDISP_ERROR);
	assert_int_equal(error_code(g), TDISP_E_BUSY);
	g->hw.quiesce = IL_OK;
	assert_int_equal(dsm_tick(&g->d, 2000), UINT64_MAX);
	assert_int_equal(ask(g, S, VF1, TDISP_STOP_REQ), TDISP_STOP_RSP);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF1), TDI_UNLOCKED);
	rig_free(g);
}

static void a_peer_stream_must_be_keyed_by_the_same_session(void **unused)
{
	enum { GOOD, NO_KEYS, DISABLED, INSECURE, DEFAULT, WAYS };

	(void)unused;
	for (unsigned way = 0; way < WAYS; way++) {
		struct rig *g = rig_new();

		rig_start(g);
		key_all(g, S, STREAM);
		if (way != NO_KEYS)
			key_all(g, S, PEER);
		g->hw.peer.enabled = way != DISABLED;
		g->hw.peer.secure = way != INSECURE;
		g->hw.peer.is_default = way == DEFAULT;
		bring(g, S, VF1, TDI_RUN);
		assert_int_equal(ask(g, S, VF1, TDISP_BIND_P2P_REQ),
				 way == GOOD ? TDISP_BIND_P2P_RSP
					     : TDISP_ERROR);
		assert_int_equal(g->hw.binds, way == GOOD);
		if (way == GOOD) {
			assert_int_equal(ask(g, S, VF1, TDISP_UNBIND_P2P_REQ),
					 TDISP_UNBIND_P2P_RSP);
			assert_int_equal(g->hw.unbinds, 1);
		} else {
			assert_int_equal(error_code(g),
					 TDISP_E_INVALID_REQUEST);
			assert_string_equal(
				dsm_lock_refusal(&g->d.pci, VF1)->name,
				"p2p-stream");
		}
		rig_free(g);
	}
}

static void the_rest_of_the_messages_reach_the_device(void **unused)
{
	struct rig *g = rig_new();

	(void)unused;
	rig_start(g);
	key_all(g, S, STREAM);
	bring(g, S, VF2, TDI_RUN);
	assert_int_equal(ask(g, S, VF2, TDISP_SET_MMIO_ATTR_REQ),
			 TDISP_SET_MMIO_ATTR_RSP);
	assert_int_equal(g->hw.attrs, 1);
	assert_int_equal(ask(g, S, VF2, TDISP_VDM_REQ), TDISP_VDM_RSP);
	assert_int_equal(g->ans[19], 0x77);
	assert_int_equal(g->hw.vdms, 1);
	assert_int_equal(g->hw.fn, VF2);
	unsigned entered = g->hw.entered;

	assert_int_equal(ask(g, S, VF2, TDISP_STOP_REQ), TDISP_STOP_RSP);
	assert_int_equal(g->hw.entered, entered + 1);
	const uint8_t stop[8] = { 0, IDEKM_K_SET_STOP, 0, 0, STREAM, 0, 0x12 };

	tell(g, S, stop, 8);
	assert_int_equal(g->hw.stops, 1);
	assert_int_equal(g->hw.ref.dir, IDEKM_TX);
	assert_int_equal(g->hw.ref.sub, IDEKM_NPR);
	rig_free(g);
}

int run_lock_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_wrong_thing_refuses_the_lock_and_says_which),
		cmocka_unit_test(a_lock_that_succeeds_has_no_refusal),
		cmocka_unit_test(a_slow_device_is_busy_and_goes_on_by_itself),
		cmocka_unit_test(
			a_peer_stream_must_be_keyed_by_the_same_session),
		cmocka_unit_test(the_rest_of_the_messages_reach_the_device),
	};

	return cmocka_run_group_tests_name("dsm lock", tests, NULL, NULL);
}
