/* SPDX-License-Identifier: BSD-2-Clause */
#include "store_rig.h"

/* A device whose key takes its time, and one that speaks in chunks. */

#define SIGN_US 3000u
#define STEP_NS UINT64_C(1000000)

static void a_slow_key_is_waited_for(void **unused)
{
	(void)unused;
	static const enum spdm_req_op ops[] = { SPDM_OP_CHALLENGE,
						SPDM_OP_SESSION };
	struct store *s = store_new();

	s->cfg.sign_us = SIGN_US;
	store_start(s);
	store_requester(s, false);
	assert_int_equal(store_run(s, SPDM_OP_CONNECT, NULL), IL_OK);
	assert_int_equal(s->waits, 0); /* nothing was signed */
	for (size_t i = 0; i < COUNT(ops); i++) {
		const uint64_t began = s->now_ns;

		s->waits = 0;
		assert_int_equal(store_run(s, ops[i], NULL), IL_OK);
		assert_int_equal(s->waits, 1);
		assert_true(s->now_ns - began >= UINT64_C(1000) * SIGN_US);
	}
	store_free(s);
}

/* One message each way; false: the operation is over. */
static bool step(struct store *s)
{
	enum il_err err;
	enum spdm_kind kind, back;
	size_t n, len;

	assert_int_equal(
		spdm_req_pull(&s->req, s->in, sizeof(s->in), &n, &kind), IL_OK);
	assert_int_equal(device_message(s->at, s->conn, NULL, kind, s->in, n,
					s->reply, sizeof(s->reply), &len, &back,
					s->now_ns),
			 IL_OK);
	err = spdm_req_push(&s->req, back, s->reply, len, s->now_ns);
	assert_true(!err || err == IL_E_AGAIN);
	return err == IL_E_AGAIN;
}

/* Who asks sooner and oftener than it was told harms nobody. */
static void no_connection_keeps_another_from_its_signature(void **unused)
{
	(void)unused;
	struct store *s = store_new(), *o;
	bool a = true, b = true;
	unsigned steps = 0;

	s->cfg.sign_us = SIGN_US;
	s->qcfg.ready_tries = UINT8_MAX;
	store_start(s);
	store_requester(s, false);
	o = store_peer(s, 1);
	assert_int_equal(store_run(s, SPDM_OP_CONNECT, NULL), IL_OK);
	assert_int_equal(store_run(o, SPDM_OP_CONNECT, NULL), IL_OK);
	assert_int_equal(spdm_req_begin(&s->req, SPDM_OP_CHALLENGE, NULL),
			 IL_OK);
	assert_int_equal(spdm_req_begin(&o->req, SPDM_OP_CHALLENGE, NULL),
			 IL_OK);
	while (a || b) {
		assert_true(++steps < 20);
		a = a && step(s);
		s->now_ns = o->now_ns += STEP_NS;
		b = b && step(o);
		s->now_ns = o->now_ns += STEP_NS;
	}
	assert_true(steps >= 2);
	store_peer_free(o);
	store_free(s);
}

/* What nobody came for does not keep the others waiting for ever. */
static void signatures_that_were_given_up_make_room(void **unused)
{
	(void)unused;
	struct store *s = store_new();

	s->cfg.sign_us = SIGN_US;
	store_start(s);
	for (unsigned i = 0; i < 2 * DEVICE_CONNS; i++) {
		s->fenv.next = (uint8_t)i; /* another nonce each time */
		store_requester(s, false); /* GET_VERSION */
		assert_int_equal(store_run(s, SPDM_OP_CONNECT, NULL), IL_OK);
		assert_int_equal(
			spdm_req_begin(&s->req, SPDM_OP_CHALLENGE, NULL),
			IL_OK);
		assert_true(step(s));
		s->now_ns += STEP_NS;
	}
	store_requester(s, false);
	store_answers_with(s, 0);
	store_free(s);
}

static void long_messages_go_in_chunks(void **unused)
{
	(void)unused;
	static uint8_t large[20000];
	struct store *s = store_new();
	struct spdm_req_args a;

	s->cfg.max_message = sizeof(large);
	s->cfg.spdm.transfer = 300;
	s->qcfg.transfer = 300;
	s->qcfg.large = large;
	s->qcfg.large_cap = sizeof(large);
	s->qcfg.caps |= SPDM_CAP_CHUNK;
	store_start(s);
	store_session(s, false);
	assert_true(s->dev.conns[0].rsp.cfg.caps & SPDM_CAP_CHUNK);
	a = store_chain_for(s, 2, 0);
	assert_true(a.set_chain.n > 300);
	assert_int_equal(store_refused(s, SPDM_OP_SET_CERT, &a), 0);
	assert_int_equal(s->dev.store.shown[2].certs.n, s->maker.certs_len);
	assert_memory_equal(s->dev.store.shown[2].certs.p, s->maker.certs,
			    s->maker.certs_len);
	store_free(s);
}

/* One that asks for everything which takes room. */
static struct store *everything(void)
{
	struct store *s = store_new();

	s->cfg.conns = DEVICE_CONNS;
	s->cfg.max_message = DEVICE_MESSAGE_MAX;
	s->cfg.sign_us = SIGN_US;
	s->cfg.spdm.mutual = SPDM_MUT_AUTH;
	s->cfg.spdm.req_asym = SPDM_ASYM_ECDSA_P384;
	s->cfg.spdm.caps |= SPDM_CAP_CERT_INSTALL_RESET | SPDM_CAP_MUT_AUTH;
	store_start(s);
	return s;
}

static void a_device_fits_into_what_it_says_it_needs(void **unused)
{
	(void)unused;
	struct store *s = everything();

	assert_true(s->arena.used <= device_arena_need(&s->cfg));
	store_free(s);
}

/* What one connection keeps from message to message, no other may touch. */
static void each_connection_has_buffers_of_its_own(void **unused)
{
	(void)unused;
	struct store *s = everything();

	for (unsigned i = 1; i < DEVICE_CONNS; i++) {
		const struct spdm_rsp_cfg *a = &s->dev.conns[i - 1].rsp.cfg;
		const struct spdm_rsp_cfg *b = &s->dev.conns[i].rsp.cfg;

		assert_ptr_equal(b->scratch, a->scratch + a->scratch_len);
		assert_ptr_equal(b->large, a->large + a->large_cap);
		assert_ptr_equal(b->kept, a->kept + a->kept_cap);
		assert_ptr_equal(b->peer_chain,
				 a->peer_chain + a->peer_chain_cap);
	}
	store_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_key_is_waited_for),
		cmocka_unit_test(
			no_connection_keeps_another_from_its_signature),
		cmocka_unit_test(signatures_that_were_given_up_make_room),
		cmocka_unit_test(long_messages_go_in_chunks),
		cmocka_unit_test(a_device_fits_into_what_it_says_it_needs),
		cmocka_unit_test(each_connection_has_buffers_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
