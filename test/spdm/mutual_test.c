/* SPDX-License-Identifier: BSD-2-Clause */
#include "mutual_rig.h"

#include <stdlib.h>

#include "spdm/chain.h"

/* Mutual authentication: who is let in, and by what FINISH. */

/* Every form, version, slot, and with the handshake in the clear. */
static void a_requester_that_signs_is_let_in(void **unused)
{
	(void)unused;
	static const uint8_t versions[] = { SPDM_V11, SPDM_V12 };
	static const uint8_t slots[] = { 0, 3 };

	for (unsigned i = 0; i < MUTUAL_FORMS * 8; i++) {
		struct pair *p = pair_new(CRYPTO_P384);
		const uint8_t how = mutual_forms[i % MUTUAL_FORMS];

		pair_mutual(p, how, slots[i / MUTUAL_FORMS & 1]);
		p->rcfg.versions[0] = versions[i / MUTUAL_FORMS >> 1 & 1];
		p->rcfg.versions[1] = 0;
		if (i / MUTUAL_FORMS >> 2) {
			p->rcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
			p->qcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
		}
		pair_start(p);
		pair_connect(p);
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
		assert_int_equal(p->signs, 1);
		assert_int_equal(p->trusted, how == SPDM_MUT_AUTH ? 0 : 1);
		assert_int_equal(p->rsp.cfg.ses[0].mutual, how);
		assert_int_equal(p->rsp.encap.flow, SPDM_FLOW_NONE);
		assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL), IL_OK);
		assert_int_equal(pair_run(p, SPDM_OP_END_SESSION, NULL), IL_OK);
		pair_free(p);
	}
}

/* The chain is longer than what goes over at once. */
static void a_chain_comes_in_several_portions(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	unsigned rounds = 0;
	enum il_err err;

	pair_mutual(p, SPDM_MUT_AUTH_ENCAP, 0);
	p->rcfg.transfer = 512; /* and so is what it takes */
	p->qcfg.transfer = 4096;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	do {
		err = pair_exchange(p);
		rounds++;
	} while (err == IL_E_AGAIN);
	assert_int_equal(err, IL_OK);
	/* KEY_EXCHANGE, GET_ENCAPSULATED_REQUEST, digests, portions, FINISH */
	assert_true(rounds >= 4 + p->maker.certs_len / 500);
	assert_memory_equal(p->peer_chain + SPDM_CHAIN_HEAD + 48,
			    p->maker.certs, p->maker.certs_len);
	pair_free(p);
}

static void a_chain_that_is_not_trusted_ends_the_handshake(void **unused)
{
	(void)unused;
	struct pair *p = mutual_connected(SPDM_MUT_AUTH_ENCAP, 0);

	p->trust_err = IL_E_AUTH;
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_E_PEER);
	assert_int_equal(spdm_req_peer_error(&p->req),
			 SPDM_ERR_INVALID_RESPONSE_CODE);
	assert_int_equal(pair_live(p), 0);
	assert_int_equal(p->rsp.peer.key.n, 0);
	p->trust_err = IL_OK;
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	pair_free(p);
}

/* A judge that takes its time is asked again; nothing has changed. */
static void a_slow_judge_is_asked_again(void **unused)
{
	(void)unused;
	struct pair *p = mutual_connected(SPDM_MUT_AUTH_DIGESTS, 0);
	struct pair_rsp *old = malloc(sizeof(*old));
	enum il_err err = IL_E_AGAIN;

	assert_non_null(old);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	p->trust_err = IL_E_AGAIN;
	while (!p->trusted) {
		assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
					       &p->in_len, &p->in_kind),
				 IL_OK);
		pair_keep(p, old);
		err = spdm_rsp_handle(&p->rsp, p->in_kind, p->in, p->in_len,
				      p->out, sizeof(p->out), &p->out_len,
				      &p->out_kind, p->now_ns);
		if (!err)
			assert_int_equal(spdm_req_push(&p->req, p->out_kind,
						       p->out, p->out_len, 0),
					 IL_E_AGAIN);
	}
	assert_int_equal(err, IL_E_AGAIN);
	pair_same(p, old);
	p->trust_err = IL_OK;
	assert_int_equal(pair_send(p, p->in_kind, p->in, p->in_len), 0);
	assert_int_equal(
		spdm_req_push(&p->req, p->out_kind, p->out, p->out_len, 0),
		IL_E_AGAIN);
	assert_int_equal(pair_exchange(p), IL_OK);
	free(old);
	pair_free(p);
}

/* CHALLENGE, and the other way round. */
static void a_challenge_is_answered_with_another(void **unused)
{
	(void)unused;
	static const uint8_t versions[] = { SPDM_V11, SPDM_V12 };

	for (unsigned i = 0; i < 2; i++) {
		struct pair *p = pair_new(CRYPTO_P384);

		pair_mutual(p, 0, 1);
		p->rcfg.basic = true;
		p->rcfg.versions[0] = versions[i];
		p->rcfg.versions[1] = 0;
		pair_start(p);
		pair_connect(p);
		assert_int_equal(pair_run(p, SPDM_OP_CHALLENGE, NULL), IL_OK);
		assert_int_equal(p->signs, 1);
		assert_int_equal(p->trusted, 1);
		assert_true(p->rsp.peer.proven);
		/* Known from now on, without a question. */
		p->rsp.cfg.mutual = SPDM_MUT_AUTH;
		p->rsp.cfg.peer.certs = (struct spdm_span){ 0 };
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
		assert_int_equal(p->signs, 2);
		pair_free(p);
	}
}

static void who_cannot_prove_itself_is_let_in_or_not(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 2 * MUTUAL_FORMS; i++) {
		struct pair *p = pair_new(CRYPTO_P384);

		pair_mutual(p, mutual_forms[i % MUTUAL_FORMS], 0);
		p->qcfg.caps &= ~(SPDM_CAP_MUT_AUTH | SPDM_CAP_ENCAP);
		p->qcfg.req_asym = 0;
		p->rcfg.mutual_must = i >= MUTUAL_FORMS;
		pair_start(p);
		pair_connect(p);
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL),
				 p->rcfg.mutual_must ? IL_E_PEER : IL_OK);
		assert_int_equal(pair_live(p), !p->rcfg.mutual_must);
		pair_free(p);
	}
}

/* FINISH as the requester makes it; changed by a test before it is sealed. */
static size_t finish(struct pair *p, uint8_t *m, size_t cap)
{
	const struct spdm_channel ch = p->req.ch[SPDM_DIR_REQ];
	size_t n;

	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	p->req.ch[SPDM_DIR_REQ].seq = ch.seq; /* it was never sent */
	assert_int_equal(spdm_secured_open(&p->req.ch[SPDM_DIR_REQ], &p->c,
					   p->in, p->in_len, m, cap, &n),
			 IL_OK);
	p->req.ch[SPDM_DIR_REQ].seq = ch.seq;
	return n;
}

/* What FINISH may not be, where a signature was asked. */
static void finish_is_signed_as_was_asked(void **unused)
{
	(void)unused;
	static const struct {
		bool cut;     /* no signature at all */
		uint8_t flip; /* param1, param2 */
		uint8_t flip2;
		bool bad_sig;
		bool bad_mac;
		int want;
	} rows[] = {
		{ .cut = true, .flip = 1, .want = SPDM_ERR_INVALID_REQUEST },
		{ .flip2 = 1, .want = SPDM_ERR_INVALID_REQUEST },
		{ .flip2 = 0xff, .want = SPDM_ERR_INVALID_REQUEST },
		{ .bad_sig = true, .want = SPDM_ERR_DECRYPT_ERROR },
		{ .bad_mac = true, .want = SPDM_ERR_DECRYPT_ERROR },
		{ .want = 0 },
	};

	for (unsigned i = 0; i < MUTUAL_FORMS * COUNT(rows); i++) {
		struct pair *p =
			mutual_handshake(mutual_forms[i % MUTUAL_FORMS], true);
		const unsigned r = i / MUTUAL_FORMS;
		uint8_t m[512];
		size_t n = finish(p, m, sizeof(m));

		assert_int_equal(n, 4 + 96 + 48);
		if (rows[r].cut) {
			memmove(m + 4, m + 4 + 96, 48);
			n -= 96;
		}
		m[2] ^= rows[r].flip;
		m[3] ^= rows[r].flip2;
		m[4] ^= rows[r].bad_sig;
		m[n - 1] ^= rows[r].bad_mac;
		assert_int_equal(pair_send_secured(p, m, n), rows[r].want);
		assert_int_equal(pair_live(p),
				 rows[r].want != SPDM_ERR_DECRYPT_ERROR);
		pair_free(p);
	}
}

static void a_signature_that_was_not_asked_is_refused(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	uint8_t m[4 + 96 + 48] = { 0x12, SPDM_FINISH, SPDM_FINISH_SIGNED };

	pair_mutual(p, 0, 0);
	pair_start(p);
	pair_connect(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	assert_int_equal(pair_send_secured(p, m, sizeof(m)),
			 SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(pair_live(p), 1);
	pair_free(p);
}

/* Certificates first: a FINISH before is none of the flow. */
static void finish_waits_for_the_certificates(void **unused)
{
	(void)unused;
	for (unsigned i = 1; i < MUTUAL_FORMS; i++) {
		struct pair *p = mutual_handshake(mutual_forms[i], false);
		uint8_t m[4 + 48] = { 0x12, SPDM_FINISH };
		uint8_t hb[4] = { 0x12, SPDM_HEARTBEAT };

		assert_int_equal(pair_send_secured(p, m, sizeof(m)),
				 SPDM_ERR_REQUEST_IN_FLIGHT);
		assert_int_equal(pair_send_secured(p, hb, sizeof(hb)),
				 SPDM_ERR_REQUEST_IN_FLIGHT);
		assert_int_equal(pair_live(p), 1);
		pair_free(p);
	}
}

/* Two sessions in the making: the second's chain is not the first's. */
static void a_chain_of_another_session_signs_nothing_here(void **unused)
{
	(void)unused;
	struct pair *p = mutual_handshake(SPDM_MUT_AUTH_ENCAP, true);
	uint8_t m[512];
	const size_t n = finish(p, m, sizeof(m));

	/* As if another session had shown other certificates meanwhile. */
	p->rsp.peer.digest[0] ^= 1;
	assert_int_equal(pair_send_secured(p, m, n), SPDM_ERR_DECRYPT_ERROR);
	assert_int_equal(pair_live(p), 0);
	pair_free(p);
}

static void a_second_handshake_takes_the_flow_over(void **unused)
{
	(void)unused;
	struct pair *p = mutual_handshake(SPDM_MUT_AUTH_ENCAP, false);
	const uint32_t first = p->req.session_id;

	spdm_req_abort(&p->req);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(pair_live(p), 1);
	assert_int_not_equal(p->req.session_id, first);
	pair_free(p);
}

/* A public key that the responder knew before anybody came. */
static void a_known_key_needs_no_certificates(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	/* SubjectPublicKeyInfo of a key on P-384: RFC 5480 */
	uint8_t spki[24 + 96] = { 0x30, 0x76, 0x30, 0x10, 0x06, 0x07,
				  0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
				  0x01, 0x06, 0x05, 0x2b, 0x81, 0x04,
				  0x00, 0x22, 0x03, 0x62, 0x00, 0x04 };
	enum crypto_curve curve;

	if (!p->maker.real) { /* the fake table has no such form */
		pair_start(p);
		pair_free(p);
		return;
	}
	assert_int_equal(crypto_pubkey(&p->c, p->maker.key, &curve, spki + 24),
			 IL_OK);
	pair_mutual(p, SPDM_MUT_AUTH_ENCAP, 0);
	p->rcfg.peer_key = p->qcfg.pub_key =
		(struct spdm_span){ spki, sizeof(spki) };
	p->qcfg.caps &= ~SPDM_CAP_CERT;
	p->qcfg.caps |= SPDM_CAP_PUB_KEY_ID;
	p->rcfg.basic = true;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(p->signs, 1);
	assert_int_equal(p->trusted, 0);
	assert_int_equal(p->rsp.cfg.ses[0].mut_slot, 0xff);
	assert_int_equal(pair_run(p, SPDM_OP_END_SESSION, NULL), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_CHALLENGE, NULL), IL_OK);
	assert_true(p->rsp.peer.proven);
	pair_free(p);
}

/* What the responder may not ask of a requester. */
static void form_two(struct pair *p, struct spdm_msg *rsp)
{
	(void)p;
	rsp->u.key_ex_rsp.mut_auth = SPDM_MUT_AUTH | SPDM_MUT_AUTH_ENCAP;
}

static void form_other(struct pair *p, struct spdm_msg *rsp)
{
	(void)p;
	rsp->u.key_ex_rsp.mut_auth = 8;
}

static void slot_empty(struct pair *p, struct spdm_msg *rsp)
{
	(void)p;
	rsp->u.key_ex_rsp.mut_auth = SPDM_MUT_AUTH;
	rsp->u.key_ex_rsp.req_slot = 5;
}

static void slot_key(struct pair *p, struct spdm_msg *rsp)
{
	(void)p;
	rsp->u.key_ex_rsp.mut_auth = SPDM_MUT_AUTH;
	rsp->u.key_ex_rsp.req_slot = 0xf;
}

static void slot_stray(struct pair *p, struct spdm_msg *rsp)
{
	(void)p;
	rsp->u.key_ex_rsp.req_slot = 1;
}

static void a_responder_may_not_ask_just_anything(void **unused)
{
	(void)unused;
	void (*const lies[])(struct pair * p, struct spdm_msg * rsp) = {
		form_two, form_other, slot_empty, slot_key, slot_stray,
	};

	for (unsigned i = 0; i < COUNT(lies); i++) {
		struct pair *p = mutual_connected(0, 0);

		p->change = lies[i];
		p->change_code = SPDM_KEY_EXCHANGE_RSP;
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL),
				 IL_E_FIELD);
		assert_int_equal(p->signs, 0);
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_requester_that_signs_is_let_in),
		cmocka_unit_test(a_chain_comes_in_several_portions),
		cmocka_unit_test(
			a_chain_that_is_not_trusted_ends_the_handshake),
		cmocka_unit_test(a_slow_judge_is_asked_again),
		cmocka_unit_test(a_challenge_is_answered_with_another),
		cmocka_unit_test(who_cannot_prove_itself_is_let_in_or_not),
		cmocka_unit_test(finish_is_signed_as_was_asked),
		cmocka_unit_test(a_signature_that_was_not_asked_is_refused),
		cmocka_unit_test(finish_waits_for_the_certificates),
		cmocka_unit_test(a_chain_of_another_session_signs_nothing_here),
		cmocka_unit_test(a_second_handshake_takes_the_flow_over),
		cmocka_unit_test(a_known_key_needs_no_certificates),
		cmocka_unit_test(a_responder_may_not_ask_just_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
