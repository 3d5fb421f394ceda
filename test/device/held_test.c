/* SPDX-License-Identifier: BSD-2-Clause */
#include "store_rig.h"

#include "device/device_priv.h"

/*
 * What of a device's keys and certificates must not change now: because
 * another connection's session stands on it, or because something that waits
 * for a reset was judged by it.
 */

#define OTHER 1u /* connection */

static struct spdm_req_args pair_wish(uint8_t id, uint8_t op, uint8_t slots)
{
	return (struct spdm_req_args){
		.wish = { .id = id,
			  .op = op,
			  .usage = op == SPDM_KEY_PAIR_ERASE ? 0 : USES,
			  .asym = op == SPDM_KEY_PAIR_GENERATE
					  ? SPDM_KEY_PAIR_ECC_P384
					  : 0,
			  .slots = slots }
	};
}

static void another_connections_session_holds_its_slot(void **unused)
{
	(void)unused;
	for (int factory = 0; factory < 2; factory++) {
		const struct spdm_req_args on = { .slot = 2 };
		struct store *s = store_new(), *o;
		struct spdm_req_args a;

		if (factory)
			s->cfg.prov.place = DEVICE_FACTORY;
		store_start(s);
		store_session(s, false);
		a = store_chain_for(s, 2, 0);
		assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a), 0);
		o = store_peer(s, OTHER);
		assert_int_equal(store_run(o, SPDM_OP_CONNECT, &on), IL_OK);
		/* Agreed, and no session yet. */
		assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a), 0);
		assert_int_equal(store_run(o, SPDM_OP_SESSION, &on), IL_OK);
		assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a),
				 factory ? 0 : SPDM_ERR_BUSY);
		assert_int_equal(store_run(o, SPDM_OP_HEARTBEAT, NULL), IL_OK);
		assert_int_equal(store_run(o, SPDM_OP_END_SESSION, NULL),
				 IL_OK);
		assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a), 0);
		store_peer_free(o);
		store_free(s);
	}
}

/* GET_DIGESTS of a connection that was agreed before the slot was filled. */
static void every_connection_shows_what_a_slot_holds_now(void **unused)
{
	(void)unused;
	struct store *s = store_new();
	struct spdm_req_args a;
	struct store *o;

	store_start(s);
	o = store_peer(s, OTHER);
	assert_int_equal(store_run(o, SPDM_OP_CONNECT, NULL), IL_OK);
	store_session(s, false);
	a = store_chain_for(s, 4, 0);
	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a), 0);
	for (unsigned i = 0; i < 2; i++) {
		const struct spdm_rsp_cfg *c = &s->dev.conns[i].rsp.cfg;

		assert_int_equal(c->slots[4].certs.n, s->maker.certs_len);
		assert_memory_equal(c->slots[4].certs.p, s->maker.certs,
				    s->maker.certs_len);
		/* the same chain as of slot 0, so the same digest */
		assert_memory_equal(s->dev.conns[i].rsp.chain_hash[4],
				    s->dev.conns[i].rsp.chain_hash[0], 48);
	}
	store_peer_free(o);
	store_free(s);
}

static void a_session_keeps_the_use_of_its_key(void **unused)
{
	(void)unused;
	struct store *s = store_new();
	struct spdm_req_args a, k = pair_wish(2, SPDM_KEY_PAIR_CHANGE, 2);
	struct crypto_slot made;
	struct store *o;

	store_start(s);
	store_session(s, true);
	made = s->dev.store.pair[1].key;
	s->dev.store.pair[1].key = s->maker.key;
	a = store_chain_for(s, 1, 2);
	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a), 0);
	o = store_peer(s, OTHER);
	a = (struct spdm_req_args){ .slot = 1 };
	assert_int_equal(store_run(o, SPDM_OP_CONNECT, &a), IL_OK);
	assert_int_equal(store_run(o, SPDM_OP_SESSION, &a), IL_OK);
	k.wish.usage = SPDM_KEY_USE_CHALLENGE;
	assert_int_equal(store_refused(s, SPDM_OP_SET_KEY_PAIR, &k),
			 SPDM_ERR_BUSY);
	assert_int_equal(s->dev.store.pair[1].usage, USES);
	assert_int_equal(store_run(o, SPDM_OP_END_SESSION, NULL), IL_OK);
	assert_int_equal(store_refused(s, SPDM_OP_SET_KEY_PAIR, &k), 0);
	s->dev.store.pair[1].key = made;
	store_peer_free(o);
	store_free(s);
}

/* Else the slot would come to hold a chain of a key that is gone. */
static void a_chain_that_waits_keeps_its_key_pair(void **unused)
{
	(void)unused;
	struct store *s = store_new();
	struct spdm_req_args a, k = pair_wish(3, SPDM_KEY_PAIR_ERASE, 0);

	s->cfg.spdm.caps |= SPDM_CAP_CERT_INSTALL_RESET;
	store_start(s);
	s->dev.store.pair[2].key = s->maker.key;
	store_session(s, true);
	a = store_chain_for(s, 3, 3);
	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a),
			 SPDM_ERR_RESET_REQUIRED);
	assert_int_equal(store_refused(s, SPDM_OP_SET_KEY_PAIR, &k),
			 SPDM_ERR_BUSY);
	k = pair_wish(2, SPDM_KEY_PAIR_CHANGE, 8); /* to that slot */
	assert_int_equal(store_refused(s, SPDM_OP_SET_KEY_PAIR, &k),
			 SPDM_ERR_BUSY);
	assert_int_equal(s->dev.store.pair[2].key.n, s->maker.key.n);
	store_reset(s, LINK_FUND_RESET);
	assert_int_equal(s->dev.store.shown[3].key_pair, 3);
	assert_int_equal(device_slot_key(&s->dev, 3).n, s->maker.key.n);
	store_free(s);
}

static void a_key_pair_that_waits_takes_no_chain(void **unused)
{
	(void)unused;
	struct store *s = store_new();
	struct spdm_req_args a, k = pair_wish(3, SPDM_KEY_PAIR_GENERATE, 0);

	s->cfg.spdm.caps |= SPDM_CAP_SET_KEY_PAIR_RESET;
	store_start(s);
	s->dev.store.pair[2].key = s->maker.key;
	store_session(s, true);
	a = store_chain_for(s, 3, 3);
	assert_int_equal(store_refused(s, SPDM_OP_SET_KEY_PAIR, &k),
			 SPDM_ERR_RESET_REQUIRED);
	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a), SPDM_ERR_BUSY);
	store_reset(s, LINK_FUND_RESET);
	assert_int_equal(s->dev.store.shown[3].certs.n, 0);
	assert_int_not_equal(s->dev.store.pair[2].key.n, s->maker.key.n);
	store_session(s, true);
	/* It is of the old key, and is looked at anew. */
	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a),
			 SPDM_ERR_INVALID_REQUEST);
	store_free(s);
}

/* A LOCK that drains, and a STOP that erases, hold what a lock holds. */
static void a_lock_or_stop_under_way_holds_the_slots(void **unused)
{
	(void)unused;
	struct store *s = store_new();
	struct spdm_req_args a;
	struct tdi *t;

	store_start(s);
	store_session(s, false);
	a = store_chain_for(s, 3, 0);
	t = &s->dev.tdis[0];
	assert_false(device_store_held(&s->dev));
	t->locking = true;
	assert_true(device_store_held(&s->dev));
	t->locking = false;
	t->stopping = TDI_STEP_SCRUB;
	assert_true(device_store_held(&s->dev));
	t->stopping = TDI_STEP_NONE;
	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a), 0);
	store_free(s);
}

static void pre_shared_keys_are_bounded_and_do_not_stay(void **unused)
{
	(void)unused;
	struct store *s = store_new();
	const uint8_t *psk = (const uint8_t *)s->dev.cfg.psk;

	memcpy(s->cfg.psk[0].key, "secret", 6);
	for (int i = 0; i < 4; i++) {
		s->cfg.psk_count = i == 0 ? DEVICE_PSKS + 1 : 1;
		s->cfg.psk[0].key_len = i == 1	 ? 0
					: i == 2 ? DEVICE_PSK_MAX + 1
						 : 6;
		s->cfg.psk[0].hint_len = i == 3 ? DEVICE_PSK_MAX + 1 : 1;
		assert_int_equal(device_init(&s->dev, &s->cfg), IL_E_ARG);
		for (size_t k = 0; k < sizeof(s->dev.cfg.psk); k++)
			assert_int_equal(psk[k], 0);
	}
	s->cfg.psk[0].hint_len = 1;
	store_start(s);
	assert_memory_equal(s->dev.cfg.psk[0].key, "secret", 6);
	spdm_req_fini(&s->req);
	device_fini(&s->dev);
	for (size_t k = 0; k < sizeof(s->dev.cfg.psk); k++)
		assert_int_equal(psk[k], 0);
	store_start(s);
	store_free(s);
}

static void a_hint_chooses_its_key_and_no_other(void **unused)
{
	(void)unused;
	static const uint8_t salt[48];
	static const struct {
		const char *hint;
		const char *key; /* NULL: there is none */
	} rows[] = {
		{ "", "one" },	 { "a", "one" }, { "bb", "two" }, { "b", NULL },
		{ "bbb", NULL }, { "c", NULL },	 { "bc", NULL },
	};
	struct store *s = store_new();
	uint8_t got[64], want[64];

	s->cfg.psk_count = 2;
	s->cfg.psk[0] = (struct device_psk){ "a", 1, "one", 3 };
	s->cfg.psk[1] = (struct device_psk){ "bb", 2, "two", 3 };
	s->cfg.psk[2] = (struct device_psk){ "c", 1, "not counted", 11 };
	store_start(s);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const uint8_t *hint = (const uint8_t *)rows[i].hint;
		const enum il_err err = device_psk_secret(
			&s->dev,
			(struct spdm_span){ hint, strlen(rows[i].hint) },
			SPDM_HASH_SHA_384, salt, sizeof(salt), got);

		assert_int_equal(err, rows[i].key ? IL_OK : IL_E_ARG);
		if (err)
			continue;
		assert_int_equal(crypto_hkdf_extract(
					 &s->c, CRYPTO_SHA384, salt,
					 sizeof(salt),
					 (const uint8_t *)rows[i].key, 3, want),
				 IL_OK);
		assert_memory_equal(got, want, 48);
	}
	store_free(s);
}

static void a_long_request_for_a_certificate_is_not_kept(void **unused)
{
	(void)unused;
	static const uint8_t info[DEVICE_CSR_ASK + 1];
	struct spdm_csr_ask ask = {
		.tags = true,
		.model = SPDM_CERT_MODEL_DEVICE,
		.key_pair = 1,
		.hash = SPDM_HASH_SHA_384,
		.info = { info, sizeof(info) },
	};
	struct store *s = store_resetting();
	bool reset = false;
	uint8_t tag = 0;
	size_t len = 0;

	assert_int_equal(device_csr(&s->dev, &ask, s->out, sizeof(s->out), &len,
				    &reset, &tag),
			 IL_E_LONG);
	assert_false(reset);
	assert_int_equal(s->dev.store.csr[0].state, CSR_FREE);
	store_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_connections_session_holds_its_slot),
		cmocka_unit_test(every_connection_shows_what_a_slot_holds_now),
		cmocka_unit_test(a_session_keeps_the_use_of_its_key),
		cmocka_unit_test(a_chain_that_waits_keeps_its_key_pair),
		cmocka_unit_test(a_key_pair_that_waits_takes_no_chain),
		cmocka_unit_test(a_lock_or_stop_under_way_holds_the_slots),
		cmocka_unit_test(pre_shared_keys_are_bounded_and_do_not_stay),
		cmocka_unit_test(a_hint_chooses_its_key_and_no_other),
		cmocka_unit_test(a_long_request_for_a_certificate_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
