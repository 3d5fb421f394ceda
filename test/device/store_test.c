/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "store_rig.h"

/*
 * What a device that is provisioned keeps, over which resets, and what it
 * refuses.
 */

static void a_chain_stays_over_every_reset(void **unused)
{
	(void)unused;
	static const enum link_event evs[] = { LINK_HOT_RESET,
					       LINK_FUND_RESET };
	struct store *s = store_new();
	struct spdm_req_args a;

	store_start(s);
	store_session(s, false);
	a = store_chain_for(s, 2, 0);
	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a), 0);
	assert_int_equal(store_run(s, SPDM_OP_END_SESSION, NULL), IL_OK);
	store_answers_with(s, 2);
	for (size_t i = 0; i < COUNT(evs); i++) {
		store_reset(s, evs[i]);
		store_answers_with(s, 2);
	}
	store_free(s);
}

/* GET_CERTIFICATE with SlotSizeRequested, DSP0274 1.3.2, section 10.6 */
static void a_slot_says_how_much_it_takes(void **unused)
{
	(void)unused;
	static const uint8_t ask[] = { 0x13, 0x82, 2, 1, 0, 0, 0, 0 };
	struct store *s = store_new();
	enum spdm_kind kind;
	size_t n;

	store_start(s);
	store_requester(s, true);
	assert_int_equal(store_run(s, SPDM_OP_CONNECT, NULL), IL_OK);
	assert_int_equal(device_message(&s->dev, 0, NULL, SPDM_PLAIN, ask,
					sizeof(ask), s->reply, sizeof(s->reply),
					&n, &kind, 0),
			 IL_OK);
	assert_int_equal(n, 8);
	assert_int_equal(s->reply[1], 2);
	assert_int_equal(get_u16le(s->reply + 4), 0);
	assert_int_equal(get_u16le(s->reply + 6), 4 + 48 + DEVICE_SLOT_MAX);
	store_free(s);
}

static void a_slot_that_is_not_there_takes_nothing(void **unused)
{
	(void)unused;
	struct store *s = store_new();
	struct spdm_req_args a;

	store_start(s);
	store_session(s, false);
	a = store_chain_for(s, 5, 0);
	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a),
			 SPDM_ERR_INVALID_REQUEST);
	/* nor one that has another key */
	a = store_chain_for(s, 1, 0);
	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a),
			 SPDM_ERR_INVALID_REQUEST);
	store_free(s);
}

static void a_chain_needs_the_key_pair_that_it_names(void **unused)
{
	(void)unused;
	struct store *s = store_new();
	struct spdm_req_args a;

	store_start(s);
	store_session(s, true);
	a = store_chain_for(s, 1, 2); /* of pair 1's key */
	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a),
			 SPDM_ERR_INVALID_REQUEST);
	a = store_chain_for(s, 3, 3); /* no key at all */
	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a),
			 SPDM_ERR_INVALID_REQUEST);
	a = store_chain_for(s, 3, 4); /* no such pair */
	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a),
			 SPDM_ERR_INVALID_REQUEST);
	a = store_chain_for(s, 3, 1);
	a.model = SPDM_CERT_MODEL_ALIAS; /* this device has none */
	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a),
			 SPDM_ERR_INVALID_REQUEST);
	a.model = SPDM_CERT_MODEL_GENERIC;
	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a), 0);
	assert_int_equal(s->dev.store.shown[3].key_pair, 1);
	assert_int_equal(s->dev.store.shown[3].model, SPDM_CERT_MODEL_GENERIC);
	store_free(s);
}

/* Everything a host may want while a TVM trusts the device. */
static void nothing_changes_under_a_locked_tdi(void **unused)
{
	(void)unused;
	static const enum tdi_state held[] = { TDI_LOCKED, TDI_RUN, TDI_ERROR };
	struct store *s = store_new();
	struct spdm_req_args a,
		k = { .wish = { .id = 3,
				.op = SPDM_KEY_PAIR_GENERATE,
				.usage = USES,
				.asym = SPDM_KEY_PAIR_ECC_P384 } };

	s->cfg.tdi_table = tdi_edges; /* states are set by hand below */
	store_start(s);
	store_session(s, true);
	a = store_chain_for(s, 3, 1);
	for (size_t i = 0; i < COUNT(held); i++) {
		s->dev.tdis[0].state = held[i];
		assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a),
				 SPDM_ERR_BUSY);
		assert_int_equal(store_refused(s, SPDM_OP_SET_KEY_PAIR, &k),
				 SPDM_ERR_BUSY);
	}
	s->dev.tdis[0].state = TDI_UNLOCKED;
	assert_int_equal(s->dev.store.shown[3].certs.n, 0);
	assert_int_equal(s->dev.store.pair[2].key.n, 0);
	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a), 0);
	assert_int_equal(store_refused(s, SPDM_OP_SET_KEY_PAIR, &k), 0);
	store_free(s);
}

static void a_sealed_device_is_not_provisioned(void **unused)
{
	(void)unused;
	struct store *s = store_new();
	struct spdm_req_args a;

	s->cfg.prov.place = DEVICE_SEALED;
	store_start(s);
	store_session(s, false);
	a = store_chain_for(s, 2, 0);
	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	a = (struct spdm_req_args){ .out = s->out, .out_cap = sizeof(s->out) };
	assert_int_equal(store_refused(s, SPDM_OP_CSR, &a),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	store_free(s);
}

static void only_the_factory_writes_slot_0(void **unused)
{
	(void)unused;
	for (int factory = 0; factory < 2; factory++) {
		struct store *s = store_new();
		struct spdm_req_args a;

		if (factory)
			s->cfg.prov.place = DEVICE_FACTORY;
		store_start(s);
		assert_int_equal(store_run(s, SPDM_OP_CONNECT, NULL), IL_OK);
		a = store_chain_for(s, 0, 0);
		assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a),
				 factory ? 0 : SPDM_ERR_UNEXPECTED_REQUEST);
		store_free(s);
	}
}

/* The request is of the key, and signed by it. */
static void a_csr_is_of_the_key_pair_that_was_named(void **unused)
{
	(void)unused;
	struct store *s = store_new();
	struct spdm_req_args a = { .out = s->out,
				   .out_cap = sizeof(s->out),
				   .model = SPDM_CERT_MODEL_DEVICE };

	store_start(s);
	store_session(s, true);
	for (uint8_t id = 1; id <= 2; id++) {
		struct crypto_slot pub = { 0 };
		char subject[CRYPTO_NAME_MAX];

		a.key_pair = id;
		assert_int_equal(store_refused(s, SPDM_OP_CSR, &a), 0);
		assert_int_equal(crypto_csr_read(&s->c, s->out,
						 spdm_req_got(&s->req), &pub,
						 subject),
				 IL_OK);
		for (uint8_t k = 1; k <= 2; k++)
			assert_int_equal(
				crypto_key_fits(&s->c,
						s->dev.store.pair[k - 1].key,
						pub),
				k == id ? IL_OK : IL_E_AUTH);
		crypto_drop(&s->c, &pub);
	}
	a.key_pair = 3; /* no key yet */
	assert_int_equal(store_refused(s, SPDM_OP_CSR, &a),
			 SPDM_ERR_INVALID_REQUEST);
	store_free(s);
}

static void key_pairs_are_made_moved_and_erased(void **unused)
{
	(void)unused;
	struct store *s = store_new();
	struct spdm_req_args k = { .wish = { .id = 3,
					     .op = SPDM_KEY_PAIR_GENERATE,
					     .usage = SPDM_KEY_USE_MEAS,
					     .asym = SPDM_KEY_PAIR_ECC_P384,
					     .slots = 8 } };

	store_start(s);
	store_session(s, true);
	assert_int_equal(store_refused(s, SPDM_OP_KEY_PAIR, &k), 0);
	assert_int_equal(spdm_req_pair(&s->req)->asym, 0);
	assert_int_equal(spdm_req_pair(&s->req)->info.n, 0);
	assert_int_equal(store_refused(s, SPDM_OP_SET_KEY_PAIR, &k), 0);
	assert_int_equal(store_refused(s, SPDM_OP_KEY_PAIR, &k), 0);
	assert_int_equal(spdm_req_pair(&s->req)->asym, SPDM_KEY_PAIR_ECC_P384);
	assert_int_equal(spdm_req_pair(&s->req)->slots, 8);
	assert_int_equal(spdm_req_pair(&s->req)->info.n, 18);
	assert_int_equal(s->dev.store.shown[3].key_pair, 3);
	assert_int_equal(s->dev.conns[0].rsp.cfg.slots[3].usage,
			 SPDM_KEY_USE_MEAS);
	/* a slot that does not exist */
	k.wish.op = SPDM_KEY_PAIR_CHANGE;
	k.wish.slots = 0x40;
	assert_int_equal(store_refused(s, SPDM_OP_SET_KEY_PAIR, &k),
			 SPDM_ERR_INVALID_REQUEST);
	k.wish.slots = 0;
	assert_int_equal(store_refused(s, SPDM_OP_SET_KEY_PAIR, &k), 0);
	k.wish.op = SPDM_KEY_PAIR_ERASE;
	assert_int_equal(store_refused(s, SPDM_OP_SET_KEY_PAIR, &k), 0);
	assert_int_equal(s->dev.store.pair[2].key.n, 0);
	store_free(s);
}

static void the_identitys_key_cannot_be_erased(void **unused)
{
	(void)unused;
	struct store *s = store_new();
	struct spdm_key_pair_ask ask = { .id = 1, .op = SPDM_KEY_PAIR_ERASE };
	bool later = false;

	store_start(s);
	assert_int_equal(device_set_key_pair(&s->dev, &ask, &later), IL_E_ARG);
	ask.op = SPDM_KEY_PAIR_GENERATE;
	assert_int_equal(device_set_key_pair(&s->dev, &ask, &later), IL_E_ARG);
	store_free(s);
}

static void a_slot_of_another_key_is_signed_for_by_it(void **unused)
{
	(void)unused;
	struct store *s = store_new();
	struct crypto_slot made;

	store_start(s);
	store_session(s, true);
	/* Pair 2 gets the key that the maker's leaf is of. */
	made = s->dev.store.pair[1].key;
	s->dev.store.pair[1].key = s->maker.key;

	struct spdm_req_args a = store_chain_for(s, 1, 2);

	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a), 0);
	assert_int_equal(device_slot_key(&s->dev, 1).n, s->maker.key.n);
	assert_int_equal(device_slot_key(&s->dev, 0).n, s->cfg.key.n);
	/* without many keys it is not there */
	s->req.cfg.multi_key = false;
	assert_int_equal(store_run(s, SPDM_OP_END_SESSION, NULL), IL_OK);
	a = (struct spdm_req_args){ .slot = 1 };
	assert_int_equal(store_run(s, SPDM_OP_CONNECT, &a), IL_E_FIELD);
	s->dev.store.pair[1].key = made;
	store_free(s);
}

static void a_chain_waits_for_its_reset(void **unused)
{
	(void)unused;
	struct store *s = store_resetting();
	struct spdm_req_args a = store_chain_for(s, 3, 1);

	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a),
			 SPDM_ERR_RESET_REQUIRED);
	assert_int_equal(s->dev.store.shown[3].certs.n, 0);
	/* one at a time */
	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a), SPDM_ERR_BUSY);
	/* a function level reset is none of the device */
	assert_int_equal(device_told_flr(&s->dev, 0), IL_OK);
	assert_int_equal(s->dev.store.shown[3].certs.n, 0);
	store_reset(s, LINK_FUND_RESET);
	store_answers_with(s, 3);
	store_free(s);
}

static void a_csr_is_under_its_tag_after_a_reset(void **unused)
{
	(void)unused;
	struct store *s = store_resetting();
	struct spdm_req_args a = { .out = s->out,
				   .out_cap = sizeof(s->out),
				   .key_pair = 1,
				   .model = SPDM_CERT_MODEL_DEVICE };

	for (uint8_t tag = 1; tag <= DEVICE_CSRS; tag++) {
		assert_int_equal(store_refused(s, SPDM_OP_CSR, &a),
				 SPDM_ERR_RESET_REQUIRED);
		assert_int_equal(spdm_req_peer_error_data(&s->req), tag);
	}
	/* no tag is left */
	assert_int_equal(store_refused(s, SPDM_OP_CSR, &a), SPDM_ERR_BUSY);
	a.tag = 3; /* too early */
	assert_int_equal(store_refused(s, SPDM_OP_CSR, &a), SPDM_ERR_BUSY);
	a.key_pair = 2; /* another request */
	assert_int_equal(store_refused(s, SPDM_OP_CSR, &a),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	store_reset(s, LINK_HOT_RESET);
	store_session(s, true);
	assert_int_equal(store_refused(s, SPDM_OP_CSR, &a),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	a.key_pair = 1;
	assert_int_equal(store_refused(s, SPDM_OP_CSR, &a), 0);
	assert_true(spdm_req_got(&s->req) > 100);
	/* a tag that was fetched is free for another */
	a.tag = 0;
	assert_int_equal(store_refused(s, SPDM_OP_CSR, &a),
			 SPDM_ERR_RESET_REQUIRED);
	assert_int_equal(spdm_req_peer_error_data(&s->req), 3);
	/* and overwriting drops all */
	a.overwrite = true;
	assert_int_equal(store_refused(s, SPDM_OP_CSR, &a),
			 SPDM_ERR_RESET_REQUIRED);
	assert_int_equal(spdm_req_peer_error_data(&s->req), 1);
	a.overwrite = false;
	a.tag = 4;
	assert_int_equal(store_refused(s, SPDM_OP_CSR, &a),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	store_free(s);
}

static void before_1_3_the_same_request_comes_again(void **unused)
{
	(void)unused;
	struct store *s = store_new();
	const struct spdm_req_args a = { .out = s->out,
					 .out_cap = sizeof(s->out) };

	s->cfg.spdm.caps |= SPDM_CAP_CERT_INSTALL_RESET;
	store_start(s);
	store_session(s, false);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(store_refused(s, SPDM_OP_CSR, &a),
				 SPDM_ERR_RESET_REQUIRED);
		assert_int_equal(spdm_req_peer_error_data(&s->req), 0);
	}
	store_reset(s, LINK_FUND_RESET);
	store_session(s, false);
	assert_int_equal(store_refused(s, SPDM_OP_CSR, &a), 0);
	store_free(s);
}

static void a_key_pair_waits_for_its_reset(void **unused)
{
	(void)unused;
	struct store *s = store_resetting();
	struct spdm_req_args k = { .wish = { .id = 3,
					     .op = SPDM_KEY_PAIR_GENERATE,
					     .usage = USES,
					     .asym = SPDM_KEY_PAIR_ECC_P384 } };

	assert_int_equal(store_refused(s, SPDM_OP_SET_KEY_PAIR, &k),
			 SPDM_ERR_RESET_REQUIRED);
	assert_int_equal(s->dev.store.pair[2].key.n, 0);
	assert_int_equal(store_refused(s, SPDM_OP_SET_KEY_PAIR, &k),
			 SPDM_ERR_BUSY);
	store_reset(s, LINK_FUND_RESET);
	assert_int_not_equal(s->dev.store.pair[2].key.n, 0);
	store_free(s);
}

static void the_log_gives_the_measurement_that_it_extends(void **unused)
{
	(void)unused;
	struct store *s = store_new();
	struct spdm_req_args a = { .out = s->out, .out_cap = sizeof(s->out) };
	struct spdm_meas_block b;
	uint8_t want[48];
	struct rd r;

	store_start(s);
	store_session(s, true);
	assert_int_equal(store_refused(s, SPDM_OP_MEL, &a), 0);
	assert_int_equal(
		spdm_mel_extend(
			&s->c, CRYPTO_SHA384,
			(struct spdm_span){ s->out, spdm_req_got(&s->req) }, 9,
			want),
		IL_OK);
	a = (struct spdm_req_args){ .index = 9 };
	assert_int_equal(store_refused(s, SPDM_OP_MEASURE, &a), 0);
	r = rd_over(spdm_req_record(&s->req).p, spdm_req_record(&s->req).n);
	assert_int_equal(spdm_meas_block_read(&r, &b), IL_OK);
	assert_int_equal(b.type, SPDM_MEAS_TYPE_HASH_EXTEND);
	assert_int_equal(b.value.n, 48);
	assert_memory_equal(b.value.p, want, 48);
	a.index = 10;
	assert_int_equal(store_refused(s, SPDM_OP_MEASURE, &a),
			 SPDM_ERR_INVALID_REQUEST);
	store_free(s);
}

static void endpoint_information_names_the_device(void **unused)
{
	(void)unused;
	struct store *s = store_new();
	const struct spdm_req_args a = { .sub = SPDM_EP_INFO_CLASS_ID,
					 .sign = true,
					 .out = s->out,
					 .out_cap = sizeof(s->out) };

	s->cfg.pf[0].ids = (struct device_ids){ .vendor = 0x1234,
						.device = 0x5678,
						.class_code = 0x120000 };
	store_start(s);
	store_session(s, true);
	assert_int_equal(store_refused(s, SPDM_OP_ENDPOINT_INFO, &a), 0);
	assert_int_equal(spdm_req_got(&s->req), 16);
	assert_memory_equal(s->out,
			    "\1\0\0\0\x0b\3\2\x34\x12\1\5\x78\x56\0\0\x12", 16);
	store_free(s);
}

static void pairs_that_cannot_be_are_refused_at_the_start(void **unused)
{
	(void)unused;
	for (int i = 0; i < 5; i++) {
		struct store *s = store_new();
		struct device_prov_cfg *p = &s->cfg.prov;

		switch (i) {
		case 0:
			p->pairs = DEVICE_PAIRS + 1;
			break;
		case 1:
			p->pair[2].slots = 2; /* of two pairs */
			break;
		case 2:
			p->pair[2].slots = 12; /* shared, and may not be */
			break;
		case 3:
			p->pair[2].usage = 0x10;
			break;
		default: /* the identity's chain under another key */
			p->pair[0].slots = 0;
			p->pair[2].slots = 1;
			break;
		}
		assert_int_equal(device_init(&s->dev, &s->cfg), IL_E_ARG);
		arena_unmap(&s->arena);
		maker_close(&s->maker);
		free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_stays_over_every_reset),
		cmocka_unit_test(a_slot_says_how_much_it_takes),
		cmocka_unit_test(a_slot_that_is_not_there_takes_nothing),
		cmocka_unit_test(a_chain_needs_the_key_pair_that_it_names),
		cmocka_unit_test(nothing_changes_under_a_locked_tdi),
		cmocka_unit_test(a_sealed_device_is_not_provisioned),
		cmocka_unit_test(only_the_factory_writes_slot_0),
		cmocka_unit_test(a_csr_is_of_the_key_pair_that_was_named),
		cmocka_unit_test(key_pairs_are_made_moved_and_erased),
		cmocka_unit_test(the_identitys_key_cannot_be_erased),
		cmocka_unit_test(a_slot_of_another_key_is_signed_for_by_it),
		cmocka_unit_test(a_chain_waits_for_its_reset),
		cmocka_unit_test(a_csr_is_under_its_tag_after_a_reset),
		cmocka_unit_test(before_1_3_the_same_request_comes_again),
		cmocka_unit_test(a_key_pair_waits_for_its_reset),
		cmocka_unit_test(the_log_gives_the_measurement_that_it_extends),
		cmocka_unit_test(endpoint_information_names_the_device),
		cmocka_unit_test(pairs_that_cannot_be_are_refused_at_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
