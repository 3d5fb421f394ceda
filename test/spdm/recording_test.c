/* SPDX-License-Identifier: BSD-2-Clause */
#include "listener.h"

#include <stdlib.h>

static void the_recording_tdisp12_is_understood_in_full(void **unused)
{
	(void)unused;
	struct listener *l = malloc(sizeof(*l));

	assert_non_null(l);
	hear(l, TDISP12_PCAP, TDISP12_JSON);
	/* 250 packets, 6 of them DOE discovery. */
	assert_int_equal(l->messages, 244);
	assert_int_equal(l->records, 212);
	/* CHALLENGE; measurements before and in each of the sessions; two
	 * KEY_EXCHANGE. */
	assert_int_equal(l->signatures, 1 + 1 + 2 + 2);
	/* FINISH and its response twice; PSK_EXCHANGE_RSP and PSK_FINISH. */
	assert_int_equal(l->macs, 2 * 2 + 2);
	assert_int_equal(l->secrets_met, 2 * 4);
	assert_int_equal(l->updates, 4);
	assert_true(l->psk_met);
	/* Per session: 1 + 6 + 6 + 6 exchanges of IDE_KM, 11 of TDISP. */
	assert_int_equal(l->pci, 2 * 2 * 30);
	assert_int_equal(l->cxl, 68);
	stop(l);
	free(l);
}

static void the_recording_base11_is_understood_in_full(void **unused)
{
	(void)unused;
	struct listener *l = malloc(sizeof(*l));

	assert_non_null(l);
	hear(l, BASE11_PCAP, BASE11_JSON);
	/* 48 packets, 6 of them DOE discovery. */
	assert_int_equal(l->messages, 42);
	assert_int_equal(l->records, 12);
	assert_int_equal(l->signatures, 1 + 1 + 2 + 2);
	assert_int_equal(l->macs, 2 * 2);
	assert_int_equal(l->secrets_met, 2 * 4);
	stop(l);
	free(l);
}

static void the_recording_mctp12_is_understood_in_full(void **unused)
{
	(void)unused;
	struct listener *l = malloc(sizeof(*l));

	assert_non_null(l);
	hear(l, MCTP12_PCAP, MCTP12_JSON);
	assert_int_equal(l->messages, 54);
	/* Per session: FINISH, two KEY_UPDATEs, HEARTBEAT, measurements,
	 * DIGESTS and the end. */
	assert_int_equal(l->records, 2 * 2 * 7);
	assert_int_equal(l->signatures, 1 + 1 + 2 + 2);
	assert_int_equal(l->macs, 2 * 2);
	assert_int_equal(l->secrets_met, 2 * 4);
	assert_int_equal(l->updates, 4);
	stop(l);
	free(l);
}

static void the_recording_psk13_is_understood_in_full(void **unused)
{
	(void)unused;
	struct listener *l = malloc(sizeof(*l));

	assert_non_null(l);
	hear(l, PSK13_PCAP, PSK13_JSON);
	/* 70 packets, 6 of them DOE discovery. */
	assert_int_equal(l->messages, 64);
	assert_int_equal(l->records, 32);
	/* CHALLENGE; measurements before and in each of the three sessions;
	 * two KEY_EXCHANGE, whose transcript has DIGESTS of many keys. */
	assert_int_equal(l->signatures, 1 + 1 + 2 + 3);
	assert_int_equal(l->macs, 2 * 2 + 2);
	assert_int_equal(l->secrets_met, 2 * 4);
	/* Two in each session: one key, all keys. */
	assert_int_equal(l->updates, 6);
	stop(l);
	free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_recording_tdisp12_is_understood_in_full),
		cmocka_unit_test(the_recording_base11_is_understood_in_full),
		cmocka_unit_test(the_recording_mctp12_is_understood_in_full),
		cmocka_unit_test(the_recording_psk13_is_understood_in_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
