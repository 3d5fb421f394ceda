/* SPDX-License-Identifier: BSD-2-Clause */
#include "device_rig.h"

#include <stdlib.h>

/* The installed device's transports, and what is told to its front. */

/* Discovery, GET_VERSION: by the layouts of PCIe Base 6.0 §6.30.1 and DSP0274
 * 1.2, section 10.4. */
static void data_objects_are_answered_by_data_objects(void **unused)
{
	static const uint8_t ask[12] = { 1, 0, 0, 0, 3, 0, 0, 0, 1 };
	static const uint8_t says[12] = { 1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 1, 2 };
	static const uint8_t end[12] = { 1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 2, 0 };
	static const uint8_t version[12] = {
		1, 0, 1, 0, 3, 0, 0, 0, 0x10, 0x84
	};
	static const uint8_t versions[16] = { 1,    0,	  1, 0, 4, 0, 0, 0,
					      0x10, 0x04, 0, 0, 0, 1, 0, 0x12 };
	struct unit *u = unit_new();
	uint8_t in[12], out[256];
	size_t n;

	(void)unused;
	unit_start(u);
	assert_int_equal(il_front_doe(u->front, 0, ask, 12, out, 256, &n, 1),
			 IL_OK);
	assert_int_equal(n, 12);
	assert_memory_equal(out, says, 12);
	memcpy(in, ask, 12);
	in[8] = 2;
	assert_int_equal(il_front_doe(u->front, 0, in, 12, out, 256, &n, 1),
			 IL_OK);
	assert_memory_equal(out, end, 12);
	assert_int_equal(
		il_front_doe(u->front, 0, version, 12, out, 256, &n, 1), IL_OK);
	assert_int_equal(n, 16);
	assert_memory_equal(out, versions, 16);
	/* Other types, other vendors: nothing. */
	memcpy(in, version, 12);
	in[2] = 3;
	assert_int_equal(il_front_doe(u->front, 0, in, 12, out, 256, &n, 1),
			 IL_OK);
	assert_int_equal(n, 0);
	in[0] = 9;
	in[2] = 1;
	assert_int_equal(il_front_doe(u->front, 0, in, 12, out, 256, &n, 1),
			 IL_OK);
	assert_int_equal(n, 0);
	/* No objects. */
	for (size_t k = 0; k < 12; k++)
		assert_int_equal(
			il_front_doe(u->front, 0, version, k, out, 256, &n, 1),
			IL_E_SHORT);
	in[0] = 1;
	in[4] = 2;
	assert_int_equal(il_front_doe(u->front, 0, in, 12, out, 256, &n, 1),
			 IL_E_LONG);
	in[4] = 1;
	assert_int_equal(il_front_doe(u->front, 0, in, 4, out, 256, &n, 1),
			 IL_E_SHORT);
	assert_int_equal(
		il_front_doe(u->front, 7, version, 12, out, 256, &n, 1),
		IL_E_ARG);
	for (size_t cap = 0; cap < 16; cap++)
		assert_int_equal(
			il_front_doe(u->front, 0, version, 12, out, cap, &n, 1),
			IL_E_SPACE);
	unit_free(u);
}

static void mctp_messages_are_answered_by_mctp_messages(void **unused)
{
	static const uint8_t version[] = { 5, 0x10, 0x84, 0, 0 };
	static const uint8_t says[] = { 5, 0x10, 4, 0, 0, 0, 1, 0, 0x12 };
	struct unit *u = unit_new();
	uint8_t in[5], out[256];
	size_t n;

	(void)unused;
	unit_start(u);
	assert_int_equal(
		il_front_mctp(u->front, 0, version, 5, out, 256, &n, 1), IL_OK);
	assert_int_equal(n, sizeof(says));
	assert_memory_equal(out, says, sizeof(says));
	memcpy(in, version, 5);
	in[0] = 7;
	assert_int_equal(il_front_mctp(u->front, 0, in, 5, out, 256, &n, 1),
			 IL_E_FIELD);
	assert_int_equal(il_front_mctp(u->front, 0, in, 0, out, 256, &n, 1),
			 IL_E_SHORT);
	assert_int_equal(il_front_mctp(u->front, 0, version, 5, out, 0, &n, 1),
			 IL_E_SPACE);
	unit_free(u);
}

/* Registers at their offsets: PCIe Base 6.0 §7.9.24 */
static void the_mailbox_takes_an_object_dword_by_dword(void **unused)
{
	static const uint32_t ask[3] = { 0x00010001, 3, 0x00008410 };
	static const uint32_t says[4] = { 0x00010001, 4, 0x00000410,
					  0x12000100 };
	struct unit *u = unit_new();
	size_t size = il_mbox_size(64);
	void *mem = malloc(size);
	struct il_mbox *m;

	(void)unused;
	unit_start(u);
	assert_int_equal(il_mbox_init(&u->env, 62, mem, size, &m), IL_E_ARG);
	assert_int_equal(il_mbox_init(&u->env, 64, mem, size - 1, &m),
			 IL_E_SPACE);
	assert_int_equal(il_mbox_init(&u->env, 64, mem, size, &m), IL_OK);
	assert_int_equal(il_mbox_serve(m, u->front, 0, 5), IL_OK);
	for (unsigned i = 0; i < 3; i++)
		il_mbox_write(m, 0x10, ask[i], 5);
	il_mbox_write(m, 0x08, UINT32_C(1) << 31, 5);	/* go */
	assert_int_equal(il_mbox_read(m, 0x0c) & 1, 1); /* busy */
	assert_int_equal(il_mbox_serve(m, u->front, 0, 6), IL_OK);
	assert_int_equal(il_mbox_read(m, 0x0c) >> 31, 1); /* ready */
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(il_mbox_read(m, 0x14), says[i]);
		il_mbox_write(m, 0x14, 0, 6);
	}
	assert_int_equal(il_mbox_read(m, 0x0c), 0);
	/* One that is late. */
	for (unsigned i = 0; i < 3; i++)
		il_mbox_write(m, 0x10, ask[i], 7);
	il_mbox_write(m, 0x08, UINT32_C(1) << 31, 7);
	assert_int_equal(il_mbox_serve(m, u->front, 0, 2000000000), IL_OK);
	assert_int_equal(il_mbox_read(m, 0x0c), 4); /* error */
	il_mbox_write(m, 0x08, 1, 8);		    /* abort */
	assert_int_equal(il_mbox_read(m, 0x0c), 0);
	il_mbox_write(m, 0x10, ask[0], 7);
	il_mbox_reset(m);
	assert_int_equal(il_mbox_read(m, 0x0c), 0);
	assert_int_equal(il_mbox_read(m, 0x14), 0);
	free(mem);
	unit_free(u);
}

/* --- the rest --- */

/* Head and entries by DSP0274 1.3.2, section 10.25. */
static void a_log_is_written_as_its_layout_says(void **unused)
{
	static const uint8_t text[3] = { 'a', 'b', 'c' };
	const struct il_mel_entry e = { .meas = 4,
					.type = 0x89,
					.value = { text, 3 } };
	static const uint8_t says[16 + 11 + 3] = {
		1, 0, 0, 0, 14, 0, 0, 0, 0, 0,	  0, 0, 0,   0,	  0,
		0, 1, 0, 0, 0,	4, 0, 0, 0, 0x89, 3, 0, 'a', 'b', 'c'
	};
	uint8_t out[64];
	size_t n = 0;

	(void)unused;
	assert_int_equal(il_mel_write(&e, 1, out, sizeof(out), &n), IL_OK);
	assert_int_equal(n, sizeof(says));
	assert_memory_equal(out, says, sizeof(says));
	assert_int_equal(il_mel_write(&e, 1, out, sizeof(says) - 1, &n),
			 IL_E_SPACE);
	assert_int_equal(n, sizeof(says));
}

static void a_slot_that_changes_is_shown_to_all_connections(void **unused)
{
	struct unit *u = unit_new();
	const struct il_spdm_slot none = { 0 };
	const struct il_requester_args a = { .slot = 1 };

	(void)unused;
	u->cfg.spdm.conns = 2;
	unit_start(u);
	assert_int_equal(bench_go(&u->b, IL_REQ_CONNECT, NULL), IL_OK);
	assert_int_not_equal(bench_go(&u->b, IL_REQ_CONNECT, &a), IL_OK);
	assert_int_equal(il_front_slot_set(u->front, 1, &u->cfg.spdm.slots[0]),
			 IL_OK);
	assert_int_equal(bench_go(&u->b, IL_REQ_CONNECT, &a), IL_OK);
	assert_int_equal(il_front_slot_set(u->front, 1, &none), IL_OK);
	assert_int_not_equal(bench_go(&u->b, IL_REQ_CONNECT, &a), IL_OK);
	assert_int_equal(il_front_slot_set(u->front, 8, &none), IL_E_ARG);
	il_front_leave(u->front, 0);
	il_front_leave(u->front, 7);
	unit_free(u);
}

static void nothing_is_asked_of_a_requester_that_cannot_be(void **unused)
{
	struct unit *u = unit_new();

	(void)unused;
	unit_start(u);
	bench_session(&u->b);
	assert_int_equal(il_front_ask(u->front, 0, IL_ASK_KEY_UPDATE,
				      bench_found(&u->b)->session_id),
			 IL_E_ARG); /* ENCAP_CAP is not offered */
	assert_int_equal(il_front_ask(u->front, 3, IL_ASK_KEY_UPDATE, 1),
			 IL_E_ARG);
	unit_free(u);
}

static void a_device_asks_for_new_keys_and_gets_them(void **unused)
{
	struct unit *u = unit_new();
	uint32_t id;

	(void)unused;
	u->cfg.spdm.caps = IL_DEVICE_CAPS | IL_SPDM_CAP_ENCAP;
	u->b.cfg.caps = IL_SPDM_CAP_ENCAP;
	unit_start(u);
	bench_session(&u->b);
	id = bench_found(&u->b)->session_id;
	assert_int_equal(il_front_ask(u->front, 0, IL_ASK_KEY_UPDATE, id + 1),
			 IL_E_STATE);
	assert_int_equal(il_front_ask(u->front, 0, IL_ASK_KEY_UPDATE, id),
			 IL_OK);
	assert_int_equal(il_front_ask(u->front, 0, IL_ASK_KEY_UPDATE, id),
			 IL_E_STATE);
	assert_int_equal(bench_go(&u->b, IL_REQ_ENCAP, NULL), IL_OK);
	assert_int_equal(bench_go(&u->b, IL_REQ_HEARTBEAT, NULL), IL_OK);
	unit_free(u);
}

static enum il_err pair(void *ctx, uint8_t id, struct il_key_pair *out)
{
	(void)ctx;
	*out = (struct il_key_pair){ .total = 1,
				     .id = 1,
				     .usage = IL_SPDM_KEY_USE_MEAS,
				     .asym = IL_SPDM_KEY_PAIR_ECC_P384,
				     .slots = 1 };
	return id == 1 ? IL_OK : IL_E_ARG;
}

/* A key may do what its pair says, and no more from then on. */
static void a_key_pair_that_changes_counts_for_its_slots(void **unused)
{
	struct unit *u = unit_new();
	struct il_spdm_port port = *u->cfg.spdm.port;
	const struct il_requester_args a = { .sign = true,
					     .index = IL_SPDM_MEAS_ALL };
	struct il_key_pair k;

	(void)unused;
	port.key_pair = pair;
	u->cfg.spdm.port = &port;
	u->cfg.spdm.versions[0] = IL_SPDM_V13;
	u->cfg.spdm.caps = IL_DEVICE_CAPS | IL_SPDM_CAP_MULTI_KEY_ONLY |
			   IL_SPDM_CAP_GET_KEY_PAIR_INFO;
	u->cfg.spdm.slots[0].there = true;
	u->cfg.spdm.slots[0].key_pair = 1;
	u->cfg.spdm.slots[0].model = IL_SPDM_CERT_MODEL_DEVICE;
	u->cfg.spdm.slots[0].usage = IL_SPDM_KEY_USE_MEAS;
	u->b.cfg.multi_key = true;
	unit_start(u);
	assert_int_equal(bench_go(&u->b, IL_REQ_CONNECT, NULL), IL_OK);
	assert_int_equal(bench_go(&u->b, IL_REQ_MEASURE, &a), IL_OK);
	assert_int_equal(pair(NULL, 1, &k), IL_OK);
	k.usage = IL_SPDM_KEY_USE_CHALLENGE;
	il_front_pair_set(u->front, &k);
	assert_int_equal(bench_go(&u->b, IL_REQ_MEASURE, &a), IL_E_PEER);
	assert_int_equal(bench_found(&u->b)->spdm_error,
			 IL_SPDM_ERR_INVALID_REQUEST);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_objects_are_answered_by_data_objects),
		cmocka_unit_test(mctp_messages_are_answered_by_mctp_messages),
		cmocka_unit_test(the_mailbox_takes_an_object_dword_by_dword),
		cmocka_unit_test(a_log_is_written_as_its_layout_says),
		cmocka_unit_test(
			a_slot_that_changes_is_shown_to_all_connections),
		cmocka_unit_test(
			nothing_is_asked_of_a_requester_that_cannot_be),
		cmocka_unit_test(a_device_asks_for_new_keys_and_gets_them),
		cmocka_unit_test(a_key_pair_that_changes_counts_for_its_slots),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
