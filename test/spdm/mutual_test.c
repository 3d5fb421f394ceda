/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

#include <stdlib.h>

#include "spdm/chain.h"

/* Mutual authentication and encapsulated requests, both ends. */

#define FORMS 3
static const uint8_t forms[FORMS] = { SPDM_MUT_AUTH, SPDM_MUT_AUTH_ENCAP,
				      SPDM_MUT_AUTH_DIGESTS };

static unsigned live(const struct pair *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SPDM_RSP_SESSIONS; i++)
		n += p->rsp.ses[i].state != SPDM_SES_NONE;
	return n;
}

static struct pair *connected(uint8_t how, uint8_t slot)
{
	struct pair *p = pair_new(CRYPTO_P384);

	pair_mutual(p, how, slot);
	pair_start(p);
	pair_connect(p);
	return p;
}

/* Every form, version, slot, and with the handshake in the clear. */
static void a_requester_that_signs_is_let_in(void **unused)
{
	(void)unused;
	static const uint8_t versions[] = { SPDM_V11, SPDM_V12 };
	static const uint8_t slots[] = { 0, 3 };

	for (unsigned i = 0; i < FORMS * 8; i++) {
		struct pair *p = pair_new(CRYPTO_P384);
		const uint8_t how = forms[i % FORMS];

		pair_mutual(p, how, slots[i / FORMS & 1]);
		p->rcfg.versions[0] = versions[i / FORMS >> 1 & 1];
		p->rcfg.versions[1] = 0;
		if (i / FORMS >> 2) {
			p->rcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
			p->qcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
		}
		pair_start(p);
		pair_connect(p);
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
		assert_int_equal(p->signs, 1);
		assert_int_equal(p->trusted, how == SPDM_MUT_AUTH ? 0 : 1);
		assert_int_equal(p->rsp.ses[0].mutual, how);
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
	struct pair *p = connected(SPDM_MUT_AUTH_ENCAP, 0);

	p->trust_err = IL_E_AUTH;
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_E_PEER);
	assert_int_equal(spdm_req_peer_error(&p->req),
			 SPDM_ERR_INVALID_RESPONSE_CODE);
	assert_int_equal(live(p), 0);
	assert_int_equal(p->rsp.peer.key.n, 0);
	p->trust_err = IL_OK;
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	pair_free(p);
}

/* A judge that takes its time is asked again; nothing has changed. */
static void a_slow_judge_is_asked_again(void **unused)
{
	(void)unused;
	struct pair *p = connected(SPDM_MUT_AUTH_DIGESTS, 0);
	struct spdm_rsp *old = malloc(sizeof(*old));
	enum il_err err = IL_E_AGAIN;

	assert_non_null(old);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	p->trust_err = IL_E_AGAIN;
	while (!p->trusted) {
		assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
					       &p->in_len, &p->in_kind),
				 IL_OK);
		memcpy(old, &p->rsp, sizeof(*old));
		err = spdm_rsp_handle(&p->rsp, p->in_kind, p->in, p->in_len,
				      p->out, sizeof(p->out), &p->out_len,
				      &p->out_kind, p->now_ns);
		if (!err)
			assert_int_equal(spdm_req_push(&p->req, p->out_kind,
						       p->out, p->out_len, 0),
					 IL_E_AGAIN);
	}
	assert_int_equal(err, IL_E_AGAIN);
	assert_memory_equal(old, &p->rsp, sizeof(*old));
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
	for (unsigned i = 0; i < 2 * FORMS; i++) {
		struct pair *p = pair_new(CRYPTO_P384);

		pair_mutual(p, forms[i % FORMS], 0);
		p->qcfg.caps &= ~(SPDM_CAP_MUT_AUTH | SPDM_CAP_ENCAP);
		p->qcfg.req_asym = 0;
		p->rcfg.mutual_must = i >= FORMS;
		pair_start(p);
		pair_connect(p);
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL),
				 p->rcfg.mutual_must ? IL_E_PEER : IL_OK);
		assert_int_equal(live(p), !p->rcfg.mutual_must);
		pair_free(p);
	}
}

/* After KEY_EXCHANGE, before FINISH; flows are through where @flows. */
static struct pair *handshake(uint8_t how, bool flows)
{
	struct pair *p = connected(how, 0);

	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	do
		assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	while (flows && p->rsp.encap.flow != SPDM_FLOW_NONE);
	return p;
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

	for (unsigned i = 0; i < FORMS * COUNT(rows); i++) {
		struct pair *p = handshake(forms[i % FORMS], true);
		const unsigned r = i / FORMS;
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
		assert_int_equal(live(p),
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
	assert_int_equal(live(p), 1);
	pair_free(p);
}

/* Certificates first: a FINISH before is none of the flow. */
static void finish_waits_for_the_certificates(void **unused)
{
	(void)unused;
	for (unsigned i = 1; i < FORMS; i++) {
		struct pair *p = handshake(forms[i], false);
		uint8_t m[4 + 48] = { 0x12, SPDM_FINISH };
		uint8_t hb[4] = { 0x12, SPDM_HEARTBEAT };

		assert_int_equal(pair_send_secured(p, m, sizeof(m)),
				 SPDM_ERR_REQUEST_IN_FLIGHT);
		assert_int_equal(pair_send_secured(p, hb, sizeof(hb)),
				 SPDM_ERR_REQUEST_IN_FLIGHT);
		assert_int_equal(live(p), 1);
		pair_free(p);
	}
}

/* Two sessions in the making: the second's chain is not the first's. */
static void a_chain_of_another_session_signs_nothing_here(void **unused)
{
	(void)unused;
	struct pair *p = handshake(SPDM_MUT_AUTH_ENCAP, true);
	uint8_t m[512];
	const size_t n = finish(p, m, sizeof(m));

	/* As if another session had shown other certificates meanwhile. */
	p->rsp.peer.digest[0] ^= 1;
	assert_int_equal(pair_send_secured(p, m, n), SPDM_ERR_DECRYPT_ERROR);
	assert_int_equal(live(p), 0);
	pair_free(p);
}

static void a_second_handshake_takes_the_flow_over(void **unused)
{
	(void)unused;
	struct pair *p = handshake(SPDM_MUT_AUTH_ENCAP, false);
	const uint32_t first = p->req.session_id;

	spdm_req_abort(&p->req);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(live(p), 1);
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
	assert_int_equal(p->rsp.ses[0].mut_slot, 0xff);
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
		struct pair *p = connected(0, 0);

		p->change = lies[i];
		p->change_code = SPDM_KEY_EXCHANGE_RSP;
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL),
				 IL_E_FIELD);
		assert_int_equal(p->signs, 0);
		pair_free(p);
	}
}

/* GET_ENCAPSULATED_REQUEST and DELIVER in the session; -1: no answer. */
static int get(struct pair *p)
{
	const uint8_t m[4] = { p->rsp.version, SPDM_GET_ENCAPSULATED_REQUEST };

	return p->req.ch[0].live ? pair_send_secured(p, m, 4)
				 : pair_send(p, SPDM_PLAIN, m, 4);
}

static int deliver(struct pair *p, uint8_t id, const uint8_t *in, size_t n)
{
	uint8_t m[256] = { p->rsp.version, SPDM_DELIVER_ENCAPSULATED_RESPONSE,
			   id };

	memcpy(m + 4, in, n);
	return p->req.ch[0].live ? pair_send_secured(p, m, 4 + n)
				 : pair_send(p, SPDM_PLAIN, m, 4 + n);
}

static void nothing_is_pending_where_nothing_was_asked(void **unused)
{
	(void)unused;
	struct pair *p = connected(0, 0);
	const uint8_t digests[4] = { 0x12, SPDM_DIGESTS };

	assert_int_equal(pair_run(p, SPDM_OP_ENCAP, NULL), IL_E_PEER);
	assert_int_equal(spdm_req_peer_error(&p->req),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	assert_int_equal(deliver(p, 1, digests, 4),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(get(p), SPDM_ERR_UNEXPECTED_REQUEST);
	assert_int_equal(deliver(p, 0, digests, 4),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	pair_free(p);
}

/* Our direction's key, on our own account. */
static void the_responder_updates_its_own_key(void **unused)
{
	(void)unused;
	struct pair *p = connected(0, 0);
	uint8_t was[SPDM_HASH_MAX];

	assert_int_equal(spdm_rsp_ask(&p->rsp, SPDM_ASK_KEY_UPDATE, 1),
			 IL_E_STATE);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	for (unsigned i = 0; i < 3; i++) {
		memcpy(was, p->rsp.ses[0].keys.data_dir[SPDM_DIR_RSP], 48);
		assert_int_equal(spdm_rsp_ask(&p->rsp, SPDM_ASK_KEY_UPDATE,
					      p->req.session_id),
				 IL_OK);
		assert_int_equal(spdm_rsp_ask(&p->rsp, SPDM_ASK_KEY_UPDATE,
					      p->req.session_id),
				 IL_E_STATE);
		/* Nobody has to wait for it. */
		assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL), IL_OK);
		assert_int_equal(pair_run(p, SPDM_OP_ENCAP, NULL), IL_OK);
		assert_memory_not_equal(
			was, p->rsp.ses[0].keys.data_dir[SPDM_DIR_RSP], 48);
		assert_memory_equal(p->req.keys.data_dir[SPDM_DIR_RSP],
				    p->rsp.ses[0].keys.data_dir[SPDM_DIR_RSP],
				    48);
		assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL), IL_OK);
	}
	pair_free(p);
}

/* Between the requester's update and its verification ours has to wait. */
static void keys_are_updated_from_one_end_at_a_time(void **unused)
{
	(void)unused;
	struct pair *p = connected(0, 0);
	const struct spdm_req_args a = { .update = SPDM_UPDATE_KEY };

	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_KEY_UPDATE, &a),
			 IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	assert_int_equal(
		spdm_rsp_ask(&p->rsp, SPDM_ASK_KEY_UPDATE, p->req.session_id),
		IL_OK);
	assert_int_equal(get(p), SPDM_ERR_UNEXPECTED_REQUEST);
	assert_int_equal(pair_exchange(p), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_ENCAP, NULL), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL), IL_OK);
	pair_free(p);
}

static void a_request_is_fetched_where_it_belongs(void **unused)
{
	(void)unused;
	struct pair *p = connected(0, 0);
	const uint8_t get_encap[4] = { 0x12, SPDM_GET_ENCAPSULATED_REQUEST };

	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(
		spdm_rsp_ask(&p->rsp, SPDM_ASK_KEY_UPDATE, p->req.session_id),
		IL_OK);
	/* Not outside of the session. */
	assert_int_equal(pair_send(p, SPDM_PLAIN, get_encap, 4),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	assert_int_equal(get(p), 0);
	assert_int_equal(p->out[1], SPDM_ENCAPSULATED_REQUEST);
	/* Its answer neither. */
	assert_int_equal(deliver(p, (uint8_t)(p->out[2] + 1), p->out + 4, 4),
			 SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(p->rsp.encap.flow, SPDM_FLOW_UPDATE);
	pair_free(p);
}

/* Nor is a handshake's, in the clear, beside the session. */
static void a_handshake_answers_inside_itself_only(void **unused)
{
	(void)unused;
	for (unsigned i = 1; i < FORMS; i++) {
		struct pair *p = handshake(forms[i], false);
		const uint8_t m[4] = { 0x12, SPDM_GET_ENCAPSULATED_REQUEST };
		const uint8_t d[8] = { 0x12, SPDM_DELIVER_ENCAPSULATED_RESPONSE,
				       0,    0,
				       0x12, SPDM_DIGESTS };

		assert_int_equal(pair_send(p, SPDM_PLAIN, m, 4),
				 SPDM_ERR_UNEXPECTED_REQUEST);
		assert_int_equal(pair_send(p, SPDM_PLAIN, d, 8),
				 SPDM_ERR_UNEXPECTED_REQUEST);
		assert_int_equal(p->rsp.encap.flow, SPDM_FLOW_CHAIN);
		assert_int_equal(live(p), 1);
		pair_free(p);
	}
}

/* Endpoint information, 1.3, is asked where the requester happens to ask. */
static void information_of_the_requester_comes_when_it_asks(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 4; i++) {
		struct pair *p = pair_new(CRYPTO_P384);
		const bool inside = i & 1;

		pair_mutual(p, SPDM_MUT_AUTH, 0);
		p->qcfg.caps |=
			i & 2 ? SPDM_CAP_EP_INFO_SIG : SPDM_CAP_EP_INFO_NO_SIG;
		p->rcfg.versions[0] = p->qcfg.versions[0] = SPDM_V13;
		pair_start(p);
		pair_connect(p);
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
		if (!inside)
			spdm_req_drop_session(&p->req);
		assert_int_equal(spdm_rsp_ask(&p->rsp, SPDM_ASK_ENDPOINT_INFO,
					      SPDM_ANY_SESSION),
				 IL_OK);
		assert_int_equal(pair_run(p, SPDM_OP_ENCAP, NULL), IL_OK);
		assert_int_equal(p->infos, 1);
		assert_int_equal(p->info_proven, i >> 1);
		assert_int_equal(pair_run(p, SPDM_OP_ENCAP, NULL), IL_E_PEER);
		assert_int_equal(spdm_req_peer_error(&p->req),
				 SPDM_ERR_NO_PENDING_REQUESTS);
		pair_free(p);
	}
}

/* While an answer is awaited, the rest has to wait, in this session. */
static void what_is_in_flight_comes_first(void **unused)
{
	(void)unused;
	static const uint8_t codes[] = { SPDM_HEARTBEAT, SPDM_GET_DIGESTS,
					 SPDM_END_SESSION };
	struct pair *p = connected(0, 0);

	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(
		spdm_rsp_ask(&p->rsp, SPDM_ASK_KEY_UPDATE, p->req.session_id),
		IL_OK);
	assert_int_equal(get(p), 0);
	for (unsigned i = 0; i < COUNT(codes); i++) {
		const uint8_t m[4] = { 0x12, codes[i] };

		assert_int_equal(pair_send_secured(p, m, 4),
				 SPDM_ERR_REQUEST_IN_FLIGHT);
	}
	assert_int_equal(get(p), SPDM_ERR_REQUEST_IN_FLIGHT);
	assert_int_equal(p->rsp.encap.flow, SPDM_FLOW_UPDATE);
	assert_int_equal(live(p), 1);
	pair_free(p);
}

/* Each answer that is none ends the flow; the session goes on. */
static void a_wrong_answer_ends_the_flow(void **unused)
{
	(void)unused;
	static const struct {
		uint8_t m[8];
		uint8_t n;
		int want; /* 0: acknowledged, and nothing more is asked */
	} rows[] = {
		{ { 0x12, 0x69, 1, 0 }, 4, SPDM_ERR_INVALID_RESPONSE_CODE },
		{ { 0x12, 0x69, 2 }, 4, SPDM_ERR_INVALID_RESPONSE_CODE },
		{ { 0x12, 0x68 }, 4, SPDM_ERR_INVALID_RESPONSE_CODE },
		{ { 0x11, 0x69, 1 }, 4, SPDM_ERR_INVALID_RESPONSE_CODE },
		{ { 0x12, 0x69, 1 }, 5, SPDM_ERR_INVALID_RESPONSE_CODE },
		{ { 0x12, 0x69, 1 }, 3, SPDM_ERR_INVALID_RESPONSE_CODE },
		{ { 0 }, 0, SPDM_ERR_INVALID_RESPONSE_CODE },
		{ { 0x12, 0x7f, 0x03 }, 4, SPDM_ERR_INVALID_RESPONSE_CODE },
		{ { 0x12, 0x7f, 0x42, 0, 1, 0xe9, 1, 1 }, 8, 0 },
	};

	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct pair *p = connected(0, 0);
		uint8_t m[8];
		int got;

		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
		assert_int_equal(spdm_rsp_ask(&p->rsp, SPDM_ASK_KEY_UPDATE,
					      p->req.session_id),
				 IL_OK);
		assert_int_equal(get(p), 0);
		memcpy(m, rows[i].m, sizeof(m));
		/* Right in all else, so that one thing is wrong at a time. */
		if (m[1] == SPDM_KEY_UPDATE_ACK)
			m[3] = (uint8_t)(p->rsp.encap.tag + (i == 0));
		got = deliver(p, p->out[2], m, rows[i].n);
		if (got != rows[i].want)
			print_error("row %u: %d\n", i, got);
		assert_int_equal(got, rows[i].want);
		if (!got) {
			assert_int_equal(p->out[1],
					 SPDM_ENCAPSULATED_RESPONSE_ACK);
			assert_int_equal(p->out[3], SPDM_ENCAP_ABSENT);
		}
		assert_int_equal(p->rsp.encap.flow, SPDM_FLOW_NONE);
		assert_int_equal(live(p), 1);
		assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL), IL_OK);
		pair_free(p);
	}
}

/* In a handshake there is no way on without the certificates. */
static void an_error_in_a_handshake_ends_it(void **unused)
{
	(void)unused;
	static const uint8_t errors[] = { SPDM_ERR_BUSY,
					  SPDM_ERR_RESPONSE_NOT_READY };

	for (unsigned i = 0; i < COUNT(errors); i++) {
		struct pair *p = handshake(SPDM_MUT_AUTH_DIGESTS, false);
		const uint8_t m[8] = {
			0x12, 0x7f, errors[i], 0, 1, 0x81, 1, 1
		};

		assert_int_equal(deliver(p, 0, m, i ? 8 : 4),
				 SPDM_ERR_INVALID_RESPONSE_CODE);
		assert_int_equal(live(p), 0);
		assert_int_equal(p->rsp.encap.flow, SPDM_FLOW_NONE);
		pair_free(p);
	}
}

/* Certificates that contradict what was said of them. */
static void lies_about_a_chain_end_the_handshake(void **unused)
{
	(void)unused;
	/* CERTIFICATE: slot, portion, remainder, and two bytes of it */
	static const struct {
		uint8_t slot, portion, rest_lo, rest_hi;
		size_t n;
	} rows[] = {
		{ 1, 2, 0xff, 0, 10 },	  /* another slot */
		{ 0, 0, 0xff, 0, 8 },	  /* nothing */
		{ 0, 2, 0, 0, 10 },	  /* shorter than a chain */
		{ 0, 2, 0xff, 0xff, 10 }, /* longer than one can be */
		{ 0, 2, 0, 0x7f, 10 },	  /* longer than there is room for */
	};

	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct pair *p = handshake(SPDM_MUT_AUTH_DIGESTS, false);
		uint8_t d[4 + 48] = { 0x12, SPDM_DIGESTS, 0, 1 };
		const uint8_t m[10] = { 0x12,
					SPDM_CERTIFICATE,
					rows[i].slot,
					0,
					rows[i].portion,
					0,
					rows[i].rest_lo,
					rows[i].rest_hi };

		assert_int_equal(deliver(p, 0, d, sizeof(d)), 0);
		assert_int_equal(p->out[3], SPDM_ENCAP_PRESENT);
		assert_int_equal(deliver(p, p->out[2], m, rows[i].n),
				 SPDM_ERR_INVALID_RESPONSE_CODE);
		assert_int_equal(live(p), 0);
		pair_free(p);
	}
}

/* What is left grows, or shrinks by more than came. */
static void a_chain_is_as_long_as_it_was(void **unused)
{
	(void)unused;
	static const struct {
		uint8_t rest;
		int want;
	} rows[] = {
		{ 98, 0 },
		{ 99, SPDM_ERR_INVALID_RESPONSE_CODE },
		{ 97, SPDM_ERR_INVALID_RESPONSE_CODE },
		{ 100, SPDM_ERR_INVALID_RESPONSE_CODE },
	};

	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct pair *p = handshake(SPDM_MUT_AUTH_DIGESTS, false);
		uint8_t d[4 + 48] = { 0x12, SPDM_DIGESTS, 0, 1 };
		uint8_t m[10] = { 0x12, SPDM_CERTIFICATE, 0, 0, 2, 0, 100, 0, 1,
				  2 };

		assert_int_equal(deliver(p, 0, d, sizeof(d)), 0);
		assert_int_equal(deliver(p, p->out[2], m, sizeof(m)), 0);
		m[6] = rows[i].rest;
		assert_int_equal(deliver(p, p->out[2], m, sizeof(m)),
				 rows[i].want);
		assert_int_equal(live(p), rows[i].want == 0);
		pair_free(p);
	}
}

/* Another chain than DIGESTS told of, whole and parsable as it is. */
static void a_chain_that_changed_meanwhile_is_not_believed(void **unused)
{
	(void)unused;
	struct pair *p = connected(SPDM_MUT_AUTH_DIGESTS, 0);
	struct spdm_span *certs = &p->req.cfg.slots[0].certs;

	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN); /* KEY_EXCHANGE */
	assert_int_equal(pair_exchange(p), IL_E_AGAIN); /* DIGESTS */
	certs->p += spdm_der_len(*certs);
	certs->n -= (size_t)(certs->p - p->maker.certs);
	assert_int_equal(pair_exchange(p), IL_E_PEER);
	assert_int_equal(spdm_req_peer_error(&p->req),
			 SPDM_ERR_INVALID_RESPONSE_CODE);
	assert_int_equal(p->trusted, 0);
	assert_int_equal(p->rsp.peer.key.n, 0);
	assert_int_equal(live(p), 0);
	pair_free(p);
}

/* No end of crumbs. */
static void a_chain_in_crumbs_is_not_read_for_ever(void **unused)
{
	(void)unused;
	struct pair *p = handshake(SPDM_MUT_AUTH_DIGESTS, false);
	uint8_t d[4 + 48] = { 0x12, SPDM_DIGESTS, 0, 1 };
	unsigned i;

	assert_int_equal(deliver(p, 0, d, sizeof(d)), 0);
	for (i = 0; i < 1000; i++) {
		const size_t left = 1000 - i - 1;
		const uint8_t m[9] = {
			0x12,	       SPDM_CERTIFICATE,     0, 0, 1, 0,
			(uint8_t)left, (uint8_t)(left >> 8), 7
		};

		if (deliver(p, p->out[2], m, sizeof(m)))
			break;
	}
	assert_in_range(i, 100, 300);
	assert_int_equal(live(p), 0);
	pair_free(p);
}

/* What a requester is asked in the wrong place, it refuses to the peer. */
static void a_requester_answers_in_its_place_only(void **unused)
{
	(void)unused;
	struct pair *p = connected(SPDM_MUT_AUTH_ENCAP, 0);

	/* A key update in the handshake. */
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	p->rsp.encap.flow = SPDM_FLOW_UPDATE;
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	assert_int_equal(pair_exchange(p), IL_E_PEER);
	assert_int_equal(spdm_req_peer_error(&p->req),
			 SPDM_ERR_INVALID_RESPONSE_CODE);
	assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
	pair_free(p);
}

static void ack_wrong(struct pair *p, struct spdm_msg *rsp)
{
	(void)p;
	rsp->u.encap.ack_id++;
}

static void ack_type(struct pair *p, struct spdm_msg *rsp)
{
	(void)p;
	rsp->param2 = 3;
}

static void ack_slot(struct pair *p, struct spdm_msg *rsp)
{
	static const uint8_t slot = 6;

	(void)p;
	rsp->param2 = SPDM_ENCAP_REQ_SLOT;
	rsp->u.encap.inner = (struct spdm_span){ &slot, 1 };
}

static void ack_short(struct pair *p, struct spdm_msg *rsp)
{
	(void)p;
	rsp->param2 = SPDM_ENCAP_PRESENT;
	rsp->u.encap.inner.n = 3;
}

static void an_acknowledgement_must_be_one(void **unused)
{
	(void)unused;
	void (*const lies[])(struct pair * p, struct spdm_msg * rsp) = {
		ack_wrong,
		ack_type,
		ack_slot,
		ack_short,
	};

	for (unsigned i = 0; i < COUNT(lies); i++) {
		struct pair *p = connected(SPDM_MUT_AUTH_ENCAP, 0);

		p->change = lies[i];
		p->change_code = SPDM_ENCAPSULATED_RESPONSE_ACK;
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL),
				 IL_E_FIELD);
		assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
		assert_false(p->req.ch[0].live || p->req.ch[1].live);
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
		cmocka_unit_test(nothing_is_pending_where_nothing_was_asked),
		cmocka_unit_test(the_responder_updates_its_own_key),
		cmocka_unit_test(keys_are_updated_from_one_end_at_a_time),
		cmocka_unit_test(a_request_is_fetched_where_it_belongs),
		cmocka_unit_test(a_handshake_answers_inside_itself_only),
		cmocka_unit_test(
			information_of_the_requester_comes_when_it_asks),
		cmocka_unit_test(what_is_in_flight_comes_first),
		cmocka_unit_test(a_wrong_answer_ends_the_flow),
		cmocka_unit_test(an_error_in_a_handshake_ends_it),
		cmocka_unit_test(lies_about_a_chain_end_the_handshake),
		cmocka_unit_test(a_chain_is_as_long_as_it_was),
		cmocka_unit_test(
			a_chain_that_changed_meanwhile_is_not_believed),
		cmocka_unit_test(a_chain_in_crumbs_is_not_read_for_ever),
		cmocka_unit_test(a_requester_answers_in_its_place_only),
		cmocka_unit_test(an_acknowledgement_must_be_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
