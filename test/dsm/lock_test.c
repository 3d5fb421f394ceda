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

/*
 * Two devices, each with a TDI of one TVM, and a stream between them that both
 * TSM sessions keyed. What one sends, the other takes, while both run.
 */
static struct rig *peer_of(uint16_t flags)
{
	struct rig *g = rig_new();
	uint8_t p[37] = { 1, 0x10, TDISP_LOCK_REQ, 0, 0, VF1, 1 };

	rig_start(g);
	key_all(g, S, STREAM);
	key_all(g, S, PEER);
	p[17] = (uint8_t)flags;
	p[19] = STREAM;
	tell(g, S, p, 37);
	assert_int_equal(ask(g, S, VF1, TDISP_START_REQ), TDISP_START_RSP);
	return g;
}

/* From a to b: a sends with T set, b takes it. */
static bool passes(const struct rig *a, const struct rig *b)
{
	const struct rule *out = NULL, *in = NULL;
	bool sent = dsm_p2p_verdict(&a->d.pci, VF1, PEER, &out);
	bool taken = dsm_mmio_verdict(&b->d.pci, VF1, true, true, PEER, &in);

	assert_int_equal(sent, !out);
	if (out)
		assert_ptr_equal(out, &dsm_rule_p2p);
	assert_int_equal(taken, !in);
	return sent && taken;
}

static void peers_reach_each_other_while_both_run(void **unused)
{
	enum { STOP, FAILURE, PEER_LOST, UNBIND, SESSION, WAYS };

	(void)unused;
	for (unsigned way = 0; way < WAYS; way++) {
		struct rig *a = peer_of(TDISP_LOCK_BIND_P2P);
		struct rig *b = peer_of(TDISP_LOCK_BIND_P2P);

		assert_false(passes(a, b));
		assert_int_equal(ask(a, S, VF1, TDISP_BIND_P2P_REQ),
				 TDISP_BIND_P2P_RSP);
		assert_false(passes(a, b));
		assert_int_equal(ask(b, S, VF1, TDISP_BIND_P2P_REQ),
				 TDISP_BIND_P2P_RSP);
		assert_true(passes(a, b));
		assert_true(passes(b, a));
		/* Not on the default stream, nor of another function. */
		assert_false(dsm_p2p_verdict(&a->d.pci, VF1, STREAM, NULL));
		assert_false(dsm_p2p_verdict(&a->d.pci, VF2, PEER, NULL));
		assert_false(dsm_p2p_verdict(&a->d.pci, TDIS, PEER, NULL));
		if (way == STOP)
			assert_int_equal(ask(b, S, VF1, TDISP_STOP_REQ),
					 TDISP_STOP_RSP);
		if (way == FAILURE)
			dsm_event(&b->d, DSM_EV_FAILURE, VF1);
		if (way == PEER_LOST)
			dsm_event(&b->d, DSM_EV_STREAM_INSECURE, PEER);
		if (way == UNBIND)
			assert_int_equal(ask(b, S, VF1, TDISP_UNBIND_P2P_REQ),
					 TDISP_UNBIND_P2P_RSP);
		if (way == SESSION)
			rig_ended(b, 0, S);
		assert_false(passes(a, b));
		assert_false(passes(b, a));
		/* It was given back, before STOP was answered. */
		assert_int_equal(b->hw.unbinds, 1);
		rig_free(a);
		rig_free(b);
	}
}

static void a_lock_without_the_flag_or_with_redirect_binds_nothing(void **u)
{
	static const uint16_t flags[] = { 0, TDISP_LOCK_REDIRECT,
					  TDISP_LOCK_REDIRECT |
						  TDISP_LOCK_BIND_P2P };

	(void)u;
	for (size_t i = 0; i < COUNT(flags); i++) {
		struct rig *g = peer_of(flags[i]);

		assert_int_equal(ask(g, S, VF1, TDISP_BIND_P2P_REQ),
				 TDISP_ERROR);
		assert_int_equal(error_code(g), TDISP_E_INVALID_REQUEST);
		assert_int_equal(g->hw.binds, 0);
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
		cmocka_unit_test(peers_reach_each_other_while_both_run),
		cmocka_unit_test(
			a_lock_without_the_flag_or_with_redirect_binds_nothing),
		cmocka_unit_test(the_rest_of_the_messages_reach_the_device),
	};

	return cmocka_run_group_tests_name("dsm lock", tests, NULL, NULL);
}
