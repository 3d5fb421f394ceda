/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

#include <stdlib.h>

/* Sessions under a pre-shared key, both ends. */

static const struct spdm_req_args named = {
	.hint = { (const uint8_t *)PAIR_HINT, sizeof(PAIR_HINT) },
};

/* Connected, where both can do PSK; @cap is what the responder offers. */
static struct pair *psk_pair(uint32_t cap)
{
	struct pair *p = pair_new(CRYPTO_P384);

	p->rcfg.caps |= cap;
	p->qcfg.caps |= SPDM_CAP_PSK;
	return p;
}

static struct pair *connected(uint32_t cap)
{
	struct pair *p = psk_pair(cap);

	pair_start(p);
	pair_connect(p);
	return p;
}

/* All that a session is for, then its end. */
static void use(struct pair *p)
{
	const struct spdm_req_args all = { .update = SPDM_UPDATE_ALL_KEYS };
	const struct spdm_req_args meas = { .index = SPDM_MEAS_ALL,
					    .sign = true };

	assert_true(spdm_rsp_session_open(&p->rsp, p->req.session_id));
	assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &meas), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_KEY_UPDATE, &all), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_END_SESSION, NULL), IL_OK);
	assert_int_equal(p->ended_why, SPDM_END_REQUESTED);
	assert_int_equal(pair_live(p), 0);
}

static void a_key_that_both_hold_makes_a_session(void **unused)
{
	(void)unused;
	static const uint32_t caps[] = { SPDM_CAP_PSK,
					 SPDM_CAP_PSK_WITH_CONTEXT };
	static const uint8_t versions[] = { SPDM_V11, SPDM_V12 };
	static const uint32_t clear[] = { 0, SPDM_CAP_HANDSHAKE_IN_CLEAR };
	struct spdm_req_args a = named;

	a.summary = SPDM_SUMMARY_ALL;
	for (unsigned i = 0; i < 2 * COUNT(caps) * COUNT(versions); i++) {
		struct pair *p = psk_pair(caps[i & 1] | clear[i >> 2]);

		p->qcfg.caps |= clear[i >> 2];
		p->rcfg.versions[0] = versions[i >> 1 & 1];
		p->rcfg.versions[1] = 0;
		pair_start(p);
		pair_connect(p);
		assert_int_equal(pair_run(p, SPDM_OP_PSK, &a), IL_OK);
		assert_int_equal(p->req.state, SPDM_REQ_SESSION);
		/* The last exchange says whether there was a PSK_FINISH. */
		assert_int_equal(p->in_kind, i & 1 ? SPDM_SECURED : SPDM_PLAIN);
		use(p);
		pair_free(p);
	}
}

/* DSP0274 1.2.1, section 10.18; the layouts byte for byte. */
static void the_messages_are_laid_out_by_the_book(void **unused)
{
	(void)unused;
	struct pair *p = connected(SPDM_CAP_PSK_WITH_CONTEXT);
	/* total elements 1; DMTF, no vendor id, 5 bytes: data version 1, id 1
	 * (supported), one version, 1.1; two bytes fill up */
	static const uint8_t opaque[] = { 1, 0, 0, 0, 0,    0, 5, 0,
					  1, 1, 1, 0, 0x11, 0, 0, 0 };

	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_PSK, &named), IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	assert_int_equal(p->in_len, 12 + sizeof(PAIR_HINT) + 32 + 16);
	assert_int_equal(p->in[0], 0x12);
	assert_int_equal(p->in[1], 0xe6);
	assert_int_equal(p->in[6] | p->in[7] << 8, sizeof(PAIR_HINT));
	assert_int_equal(p->in[8] | p->in[9] << 8, 32);
	assert_int_equal(p->in[10] | p->in[11] << 8, 16);
	assert_memory_equal(p->in + 12, PAIR_HINT, sizeof(PAIR_HINT));
	assert_memory_equal(p->in + p->in_len - 16, opaque, 8);
	/* id, reserved, lengths, context, the version selected, HMAC */
	assert_int_equal(p->out_len, 12 + 32 + 12 + 48);
	assert_int_equal(p->out[1], 0x66);
	assert_int_equal(p->out[8] | p->out[9] << 8, 32);
	assert_int_equal(p->out[10] | p->out[11] << 8, 12);
	pair_free(p);
}

static void a_key_that_is_not_there_is_refused(void **unused)
{
	(void)unused;
	struct pair *p = connected(SPDM_CAP_PSK_WITH_CONTEXT);
	struct spdm_req_args other = named;

	other.hint.n--;
	assert_int_equal(pair_run(p, SPDM_OP_PSK, &other), IL_E_PEER);
	assert_int_equal(spdm_req_peer_error(&p->req),
			 SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(pair_live(p), 0);
	p->psk_err = IL_E_IO;
	assert_int_equal(pair_run(p, SPDM_OP_PSK, &named), IL_E_PEER);
	assert_int_equal(spdm_req_peer_error(&p->req), SPDM_ERR_UNSPECIFIED);
	assert_int_equal(pair_live(p), 0);
	p->psk_err = IL_OK;
	assert_int_equal(pair_run(p, SPDM_OP_PSK, &named), IL_OK);
	pair_free(p);
}

static void a_slow_key_is_asked_for_again(void **unused)
{
	(void)unused;
	struct pair *p = connected(SPDM_CAP_PSK_WITH_CONTEXT);
	struct pair_rsp *old = malloc(sizeof(*old));

	assert_non_null(old);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_PSK, &named), IL_OK);
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	pair_keep(p, old);
	p->psk_err = IL_E_AGAIN;
	assert_int_equal(spdm_rsp_handle(&p->rsp, p->in_kind, p->in, p->in_len,
					 p->out, sizeof(p->out), &p->out_len,
					 &p->out_kind, 0),
			 IL_E_AGAIN);
	pair_same(p, old);
	p->psk_err = IL_OK;
	assert_int_equal(pair_send(p, p->in_kind, p->in, p->in_len), 0);
	assert_int_equal(
		spdm_req_push(&p->req, p->out_kind, p->out, p->out_len, 0),
		IL_E_AGAIN);
	free(old);
	pair_free(p);
}

static void another_key_does_not_verify(void **unused)
{
	(void)unused;
	static const uint32_t caps[] = { SPDM_CAP_PSK,
					 SPDM_CAP_PSK_WITH_CONTEXT };

	for (unsigned i = 0; i < COUNT(caps); i++) {
		struct pair *p = connected(caps[i]);

		p->psk_twist = 1;
		assert_int_equal(pair_run(p, SPDM_OP_PSK, &named), IL_E_AUTH);
		assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
		assert_false(p->req.ch[0].live || p->req.ch[1].live);
		pair_free(p);
	}
}

/* A wrong HMAC ends the handshake, as with FINISH. */
static void a_wrong_psk_finish_ends_the_handshake(void **unused)
{
	(void)unused;
	struct pair *p = connected(SPDM_CAP_PSK_WITH_CONTEXT);
	uint8_t m[4 + 48] = { 0x12, SPDM_PSK_FINISH };

	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_PSK, &named), IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	assert_int_equal(pair_live(p), 1);
	assert_int_equal(pair_send_secured(p, m, sizeof(m)),
			 SPDM_ERR_DECRYPT_ERROR);
	assert_int_equal(pair_live(p), 0);
	assert_int_equal(p->ended, 0); /* it never was established */
	pair_free(p);
}

static void ctx_none(struct pair *p, struct spdm_msg *rsp)
{
	(void)p;
	rsp->u.psk_ex_rsp.context = (struct spdm_span){ 0 };
}

static void ctx_some(struct pair *p, struct spdm_msg *rsp)
{
	rsp->u.psk_ex_rsp.context = (struct spdm_span){ p->maker.certs, 32 };
}

static void sm_none(struct pair *p, struct spdm_msg *rsp)
{
	(void)p;
	rsp->u.psk_ex_rsp.opaque = (struct spdm_span){ 0 };
}

static void id_zero(struct pair *p, struct spdm_msg *rsp)
{
	(void)p;
	rsp->u.psk_ex_rsp.session_id = 0;
}

/* What the responder says must be what it promised. */
static void a_responder_that_lies_makes_no_session(void **unused)
{
	(void)unused;
	static const struct {
		void (*change)(struct pair *p, struct spdm_msg *rsp);
		uint32_t cap;
	} lies[] = {
		{ ctx_none, SPDM_CAP_PSK_WITH_CONTEXT },
		{ ctx_some, SPDM_CAP_PSK },
		{ sm_none, SPDM_CAP_PSK },
		{ id_zero, SPDM_CAP_PSK_WITH_CONTEXT },
	};

	for (unsigned i = 0; i < COUNT(lies); i++) {
		struct pair *p = connected(lies[i].cap);

		p->change = lies[i].change;
		p->change_code = SPDM_PSK_EXCHANGE_RSP;
		assert_int_equal(pair_run(p, SPDM_OP_PSK, &named), IL_E_FIELD);
		assert_true(p->changed != 0);
		assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
		assert_false(p->req.ch[0].live || p->req.ch[1].live);
		pair_free(p);
	}
}

static void what_one_end_cannot_do_is_not_begun(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	struct spdm_req_args longer = named;
	uint8_t m[16] = { 0x12, SPDM_PSK_EXCHANGE };
	uint8_t hint[SPDM_REQ_HINT_MAX + 1] = { 0 };

	/* The responder has it, the requester did not say so. */
	p->rcfg.caps |= SPDM_CAP_PSK;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_PSK, &named),
			 IL_E_ARG);
	assert_int_equal(pair_send(p, SPDM_PLAIN, m, sizeof(m)),
			 SPDM_ERR_UNSUPPORTED_REQUEST);
	pair_free(p);
	p = connected(SPDM_CAP_PSK);
	longer.hint = (struct spdm_span){ hint, sizeof(hint) };
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_PSK, &longer),
			 IL_E_ARG);
	pair_free(p);
}

static void both_capabilities_at_once_are_refused(void **unused)
{
	(void)unused;
	struct pair *p = psk_pair(SPDM_CAP_PSK_MASK);

	assert_int_equal(spdm_rsp_init(&p->rsp, &p->rcfg), IL_E_ARG);
	p->qcfg.port = NULL;
	assert_int_equal(spdm_req_init(&p->req, &p->qcfg), IL_E_ARG);
	p->rcfg.caps = SPDM_RSP_CAPS;
	p->qcfg.caps = SPDM_REQ_CAPS;
	pair_start(p);
	pair_free(p);
}

static void places_run_out_and_are_counted_with_others(void **unused)
{
	(void)unused;
	struct pair *p = connected(SPDM_CAP_PSK_WITH_CONTEXT);

	for (unsigned i = 0; i < SPDM_RSP_SESSIONS; i++) {
		assert_int_equal(pair_run(p,
					  i & 1 ? SPDM_OP_SESSION : SPDM_OP_PSK,
					  &named),
				 IL_OK);
		spdm_req_drop_session(&p->req); /* the peer keeps it */
	}
	assert_int_equal(pair_live(p), SPDM_RSP_SESSIONS);
	assert_int_equal(pair_run(p, SPDM_OP_PSK, &named), IL_E_PEER);
	assert_int_equal(spdm_req_peer_error(&p->req),
			 SPDM_ERR_SESSION_LIMIT_EXCEEDED);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_that_both_hold_makes_a_session),
		cmocka_unit_test(the_messages_are_laid_out_by_the_book),
		cmocka_unit_test(a_key_that_is_not_there_is_refused),
		cmocka_unit_test(a_slow_key_is_asked_for_again),
		cmocka_unit_test(another_key_does_not_verify),
		cmocka_unit_test(a_wrong_psk_finish_ends_the_handshake),
		cmocka_unit_test(a_responder_that_lies_makes_no_session),
		cmocka_unit_test(what_one_end_cannot_do_is_not_begun),
		cmocka_unit_test(both_capabilities_at_once_are_refused),
		cmocka_unit_test(places_run_out_and_are_counted_with_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
