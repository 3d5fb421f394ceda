/* SPDX-License-Identifier: BSD-2-Clause */
#include "device_rig.h"

#include <stdio.h>
#include <stdlib.h>

/* The installed device, by its installed functions alone. */

static void a_device_is_taken_from_connect_to_run_and_back(void **unused)
{
	struct unit *u = unit_new();
	struct il_requester_args a = {
		.tdisp = { .function_id = UNIT_RID + 1 },
	};

	(void)unused;
	unit_start(u);
	bench_session(&u->b);
	assert_int_equal(bench_go(&u->b, IL_REQ_IDE_QUERY, NULL), IL_OK);
	assert_int_equal(bench_found(&u->b)->ide_regs.n, 8);
	unit_key_all(u);
	assert_int_equal(u->hw.programs, 6);
	assert_int_equal(u->hw.goes, 6);
	assert_int_equal(u->hw.key[0], 0x44);
	assert_int_equal(u->hw.key[1], 5);
	assert_int_equal(unit_asked(u, 1), IL_TDI_UNLOCKED);
	unit_bring(u, 1, IL_TDI_RUN);
	assert_int_equal(u->hw.at[1], IL_TDI_RUN);
	a.out = u->b.out;
	a.out_cap = sizeof(u->b.out);
	assert_int_equal(bench_go(&u->b, IL_REQ_TDISP_REPORT, &a), IL_OK);
	/* One range: page 0x1001, as the port said. PCIe Base 6.x §11.3.11 */
	assert_int_equal(bench_found(&u->b)->out_len, 16 + 16 + 4);
	assert_int_equal(u->b.out[12], 1);
	assert_int_equal(u->b.out[16], 0x01);
	assert_int_equal(u->b.out[17], 0x10);
	assert_int_equal(bench_go(&u->b, IL_REQ_TDISP_STOP, &a), IL_OK);
	assert_int_equal(unit_asked(u, 1), IL_TDI_UNLOCKED);
	assert_int_equal(u->hw.scrubs, 1);
	assert_int_equal(bench_go(&u->b, IL_REQ_SESSION_END, NULL), IL_OK);
	assert_int_equal(u->hw.kills, 1);
	unit_free(u);
}

static void halves_apart_do_the_same(void **unused)
{
	struct unit *u = unit_new();
	const struct il_requester_args a = {
		.tdisp = { .function_id = UNIT_RID },
	};

	(void)unused;
	unit_start_apart(u);
	bench_session(&u->b);
	unit_key_all(u);
	u->hw.busy = 3; /* and what takes time */
	unit_bring(u, 0, IL_TDI_RUN);
	assert_int_equal(bench_go(&u->b, IL_REQ_TDISP_STOP, &a), IL_OK);
	unit_bring(u, 0, IL_TDI_LOCKED);
	/* The end of the session goes over as well. */
	assert_int_equal(bench_go(&u->b, IL_REQ_SESSION_END, NULL), IL_OK);
	il_pipe_front_flush(u->pipe_front);
	assert_int_equal(u->frame_n[1], 0); /* it has been delivered */
	assert_int_equal(il_pci_tdi_state(u->pci, 0), IL_TDI_ERROR);
	assert_int_equal(u->hw.kills, 1);
	unit_free(u);
}

static void a_signature_that_takes_time_is_waited_for(void **unused)
{
	struct unit *u = unit_new();

	(void)unused;
	u->cfg.spdm.keep = 1;
	u->cfg.spdm.rdt_exponent = 10;
	u->hw.busy = 1;
	unit_start(u);
	/* ResponseNotReady, RESPOND_IF_READY: the requester's own matter. */
	bench_session(&u->b);
	assert_int_equal(u->hw.signs, 2);
	u->hw.busy = 2;
	unit_key_all(u);
	assert_int_equal(u->hw.programs, 8);
	unit_free(u);
}

static void without_a_place_to_keep_it_the_caller_comes_again(void **unused)
{
	struct unit *u = unit_new();

	(void)unused;
	u->hw.busy = 5;
	unit_start(u);
	bench_session(&u->b); /* the rig comes again with the same bytes */
	assert_int_equal(u->hw.signs, 6);
	unit_free(u);
}

static void the_verdicts_follow_the_state(void **unused)
{
	struct unit *u = unit_new();
	const struct il_rule *why = NULL;
	uint32_t epoch;
	int stream = 0;
	bool t = false;

	(void)unused;
	unit_start(u);
	bench_session(&u->b);
	unit_key_all(u);
	assert_true(il_pci_dma_verdict(u->pci, 0, IL_DMA, &t, &stream, &why));
	assert_false(t);
	unit_bring(u, 0, IL_TDI_LOCKED);
	assert_false(il_pci_dma_verdict(u->pci, 0, IL_DMA, &t, &stream, &why));
	assert_non_null(why);
	assert_non_null(why->source);
	assert_int_equal(
		bench_go(&u->b, IL_REQ_TDISP_STOP,
			 &(struct il_requester_args){ .tdisp = { UNIT_RID } }),
		IL_OK);
	unit_bring(u, 0, IL_TDI_RUN);
	epoch = il_pci_epoch(u->pci, 0);
	assert_true(il_pci_dma_verdict(u->pci, 0, IL_DMA, &t, &stream, &why));
	assert_true(t);
	assert_int_equal(stream, UNIT_STREAM);
	assert_true(
		il_pci_mmio_verdict(u->pci, 0, true, true, UNIT_STREAM, &why));
	assert_false(il_pci_mmio_verdict(u->pci, 0, true, false, -1, &why));
	assert_false(il_pci_p2p_verdict(u->pci, 0, 9, &why));
	il_device_event(u->d, IL_EV_BME_CLEARED, 0);
	assert_int_equal(il_pci_tdi_state(u->pci, 0), IL_TDI_ERROR);
	assert_int_not_equal(il_pci_epoch(u->pci, 0), epoch);
	assert_false(
		il_pci_mmio_verdict(u->pci, 0, true, true, UNIT_STREAM, NULL));
	assert_int_equal(unit_asked(u, 0), IL_TDI_ERROR);
	unit_free(u);
}

static void a_lock_that_is_refused_names_its_rule(void **unused)
{
	static const struct il_rule no = { "no", "it is not so", "here",
					   IL_SURE_OPEN };
	struct unit *u = unit_new();
	const struct il_requester_args a = {
		.tdisp = { .function_id = UNIT_RID, .stream = UNIT_STREAM },
	};

	(void)unused;
	unit_start(u);
	bench_session(&u->b);
	assert_int_equal(bench_go(&u->b, IL_REQ_TDISP_LOCK, &a), IL_E_PEER);
	assert_int_equal(bench_found(&u->b)->tdi_error,
			 IL_TDISP_E_INVALID_REQUEST);
	assert_string_equal(il_pci_lock_refusal(u->pci, 0)->name, "lock-keys");
	unit_key_all(u);
	u->hw.config = &no;
	assert_int_equal(bench_go(&u->b, IL_REQ_TDISP_LOCK, &a), IL_E_PEER);
	assert_int_equal(bench_found(&u->b)->tdi_error,
			 IL_TDISP_E_INVALID_DEVICE_CONFIGURATION);
	assert_ptr_equal(il_pci_lock_refusal(u->pci, 0), &no);
	unit_free(u);
}

static void a_conventional_reset_ends_sessions_and_locks(void **unused)
{
	struct unit *u = unit_new();
	uint32_t id;

	(void)unused;
	unit_start(u);
	bench_session(&u->b);
	id = bench_found(&u->b)->session_id;
	assert_true(il_front_session_open(u->front, 0, id));
	assert_false(il_front_session_open(u->front, 1, id));
	assert_int_equal(il_front_slots_used(u->front, 0xff), 1);
	unit_key_all(u);
	unit_bring(u, 0, IL_TDI_RUN);
	assert_true(il_event_ends_sessions(IL_EV_HOT_RESET));
	assert_false(il_event_ends_sessions(IL_EV_LINK_DOWN));
	il_device_event(u->d, IL_EV_HOT_RESET, 0);
	assert_false(il_front_session_open(u->front, 0, id));
	assert_int_equal(il_pci_tdi_state(u->pci, 0), IL_TDI_UNLOCKED);
	assert_int_equal(u->hw.scrubs, UNIT_TDIS);
	assert_int_equal(il_front_slots_used(u->front, 0xff), 0);
	assert_false(il_front_end(u->front, 0, id));
	unit_free(u);
}

static void a_session_ends_when_the_device_says_so(void **unused)
{
	struct unit *u = unit_new();
	uint32_t id;

	(void)unused;
	unit_start(u);
	bench_session(&u->b);
	id = bench_found(&u->b)->session_id;
	unit_key_all(u);
	unit_bring(u, 0, IL_TDI_RUN);
	assert_false(il_front_end(u->front, 9, id));
	assert_true(il_front_end(u->front, 0, id));
	assert_false(il_front_session_open(u->front, 0, id));
	assert_int_equal(il_pci_tdi_state(u->pci, 0), IL_TDI_ERROR);
	assert_int_equal(u->hw.kills, 1);
	unit_free(u);
}

static void a_heartbeat_that_stays_away_ends_the_session(void **unused)
{
	struct unit *u = unit_new();
	uint64_t at;

	(void)unused;
	u->cfg.spdm.heartbeat_s = 3;
	unit_start(u);
	bench_session(&u->b);
	at = il_device_tick(u->d, u->b.now_ns);
	assert_true(at > u->b.now_ns && at != UINT64_MAX);
	assert_int_equal(il_device_tick(u->d, at + 1), UINT64_MAX);
	assert_false(il_front_session_open(u->front, 0,
					   bench_found(&u->b)->session_id));
	unit_free(u);
}

/* --- memory --- */

static void memory_is_counted_and_no_less_will_do(void **unused)
{
	struct unit *u = unit_new();
	struct il_device *d = NULL;
	uint64_t *mem;
	size_t n;

	(void)unused;
	n = il_device_size(&u->cfg);
	mem = malloc(n + 8);
	assert_non_null(mem);
	assert_int_equal(il_device_init(&u->cfg, mem, n - 1, &d), IL_E_SPACE);
	assert_int_equal(il_device_init(&u->cfg, (uint8_t *)mem + 1, n, &d),
			 IL_E_SPACE);
	assert_null(d);
	assert_int_equal(il_device_init(&u->cfg, mem, n, &d), IL_OK);
	il_device_fini(d);
	free(mem);
	unit_start(u); /* it goes with the rest */
	unit_free(u);
}

static void the_macros_are_an_upper_bound_and_not_a_loose_one(void **unused)
{
	struct unit *u = unit_new();

	(void)unused;
	for (unsigned i = 0; i < 64; i++) {
		const uint8_t conns = (uint8_t)(1 + i % 4);
		const uint8_t ses = (uint8_t)(1 + i / 4 % 4);
		const uint32_t tdis = i % 3 ? 16 : 1, keep = i & 1;
		size_t most, n;

		u->cfg.spdm.conns = conns;
		u->cfg.spdm.sessions = ses;
		u->cfg.spdm.transfer = 1024 + i;
		u->cfg.spdm.record_cap = 512;
		u->cfg.spdm.large_cap = 8192;
		u->cfg.spdm.keep = (uint8_t)keep;
		u->cfg.spdm.peer_chain_cap = 2000;
		u->cfg.pci.tdis = tdis;
		u->cfg.pci.streams = 3;
		u->cfg.pci.report_cap = 300;
		most = IL_DEVICE_SIZE(conns, ses, tdis, 3) +
		       IL_DEVICE_BUFFERS(conns, 1024 + i, 512, 8192, keep,
					 2000) +
		       IL_REPORT_BUFFERS(tdis, 300);
		n = il_device_size(&u->cfg);
		assert_true(n <= most);
		/* On the machine it was measured on. */
		if (sizeof(void *) == 8)
			assert_true(n >= most - most / 8);
	}
	unit_start(u);
	unit_free(u);
}

/* The guide's table, docs/porting.md. */
static const char *guide;

static void the_guide_says_how_much_memory(void **unused)
{
	struct unit *u = unit_new();
	unsigned long v[6];
	unsigned rows = 0;
	char line[256];
	FILE *f = fopen(guide, "r");

	(void)unused;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		size_t said, n;

		if (sscanf(line, "| %lu | %lu | %lu | %lu | %lu | %lu |", &v[0],
			   &v[1], &v[2], &v[3], &v[4], &v[5]) != 6)
			continue;
		rows++;
		u->cfg.spdm.conns = (uint8_t)v[0];
		u->cfg.spdm.sessions = (uint8_t)v[1];
		u->cfg.pci.tdis = (uint32_t)v[2];
		u->cfg.pci.streams = (uint32_t)v[3];
		u->cfg.spdm.transfer = 1024;
		u->cfg.spdm.record_cap = 512;
		u->cfg.pci.report_cap = 64;
		said = sizeof(void *) == 8 ? v[4] : v[5];
		n = il_device_size(&u->cfg) - v[0] * (1024 + 512) - v[2] * 64;
		assert_true(n <= said);
		assert_true(n >= said - said / 10);
		/* A small controller's share of its memory. */
		if (v[0] == 1 && v[1] == 1 && v[2] <= 16)
			assert_true(n <= 10240);
	}
	(void)fclose(f);
	assert_true(rows >= 3);
	u->cfg.spdm.conns = 1;
	u->cfg.pci.tdis = UNIT_TDIS;
	unit_start(u);
	unit_free(u);
}

static void numbers_out_of_range_are_refused(void **unused)
{
	struct unit *u = unit_new();
	static uint64_t mem[16384];
	struct il_device *d = NULL;
	struct il_device_cfg bad[12];

	(void)unused;
	for (size_t i = 0; i < COUNT(bad); i++)
		bad[i] = u->cfg;
	bad[0].spdm.crypto = NULL;
	bad[1].spdm.env = NULL;
	bad[2].spdm.port = NULL;
	bad[3].spdm.conns = IL_DEVICE_CONNS + 1;
	bad[4].spdm.sessions = IL_DEVICE_SESSIONS + 1;
	bad[5].spdm.transfer = IL_SPDM_TRANSFER_MIN - 1;
	bad[6].spdm.caps = IL_DEVICE_CAPS | IL_SPDM_CAP_CSR; /* no port->csr */
	bad[7].pci.env = NULL;
	bad[8].pci.port = NULL;
	bad[9].pci.tdis = 0;
	/* What a later version of the library may know. */
	bad[10].spdm.reserved[3] = 1;
	bad[11].pci.reserved[0] = 1;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(il_device_init(&bad[i], mem, sizeof(mem), &d),
				 IL_E_ARG);
		assert_null(d);
	}
	assert_int_equal(il_device_init(&u->cfg, NULL, SIZE_MAX, &d), IL_E_ARG);
	assert_null(d);
	bad[0] = u->cfg;
	bad[0].spdm.large_cap = UINT32_MAX; /* four times that is more */
	bad[0].spdm.conns = 4;
	assert_int_equal(il_device_init(&bad[0], mem, sizeof(mem), &d),
			 IL_E_SPACE);
	unit_start(u);
	unit_free(u);
}

static void a_key_set_that_was_dropped_is_no_key_any_more(void **unused)
{
	struct unit *u = unit_new();
	const struct il_requester_args a = {
		.tdisp = { .function_id = UNIT_RID, .stream = UNIT_STREAM },
	};

	(void)unused;
	unit_start(u);
	bench_session(&u->b);
	unit_key_all(u);
	il_pci_key_retired(u->pci, &(struct il_ide_ref){ .stream = UNIT_STREAM,
							 .dir = IL_IDE_RX,
							 .sub = IL_IDE_CPL });
	assert_int_equal(bench_go(&u->b, IL_REQ_TDISP_LOCK, &a), IL_E_PEER);
	assert_string_equal(il_pci_lock_refusal(u->pci, 0)->name, "lock-keys");
	unit_free(u);
}

static int open_all(void **unused)
{
	(void)unused;
	unit_open();
	return 0;
}

static int close_all(void **unused)
{
	(void)unused;
	unit_close();
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_device_is_taken_from_connect_to_run_and_back),
		cmocka_unit_test(halves_apart_do_the_same),
		cmocka_unit_test(a_signature_that_takes_time_is_waited_for),
		cmocka_unit_test(
			without_a_place_to_keep_it_the_caller_comes_again),
		cmocka_unit_test(the_verdicts_follow_the_state),
		cmocka_unit_test(a_lock_that_is_refused_names_its_rule),
		cmocka_unit_test(a_conventional_reset_ends_sessions_and_locks),
		cmocka_unit_test(a_session_ends_when_the_device_says_so),
		cmocka_unit_test(a_heartbeat_that_stays_away_ends_the_session),
		cmocka_unit_test(memory_is_counted_and_no_less_will_do),
		cmocka_unit_test(
			the_macros_are_an_upper_bound_and_not_a_loose_one),
		cmocka_unit_test(the_guide_says_how_much_memory),
		cmocka_unit_test(numbers_out_of_range_are_refused),
		cmocka_unit_test(a_key_set_that_was_dropped_is_no_key_any_more),
	};

	if (argc != 2)
		return 2;
	guide = argv[1];
	return cmocka_run_group_tests(tests, open_all, close_all);
}
