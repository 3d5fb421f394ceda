/* SPDX-License-Identifier: BSD-2-Clause */
#include "mutual_rig.h"

#include "spdm/chain.h"

/* Encapsulated requests: what is asked, answered and acknowledged. */

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
	struct pair *p = mutual_connected(0, 0);
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
	struct pair *p = mutual_connected(0, 0);
	uint8_t was[SPDM_HASH_MAX];

	assert_int_equal(spdm_rsp_ask(&p->rsp, SPDM_ASK_KEY_UPDATE, 1),
			 IL_E_STATE);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	for (unsigned i = 0; i < 3; i++) {
		memcpy(was, p->rsp.cfg.ses[0].keys.data_dir[SPDM_DIR_RSP], 48);
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
			was, p->rsp.cfg.ses[0].keys.data_dir[SPDM_DIR_RSP], 48);
		assert_memory_equal(
			p->req.keys.data_dir[SPDM_DIR_RSP],
			p->rsp.cfg.ses[0].keys.data_dir[SPDM_DIR_RSP], 48);
		assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL), IL_OK);
	}
	pair_free(p);
}

/* Between the requester's update and its verification ours has to wait. */
static void keys_are_updated_from_one_end_at_a_time(void **unused)
{
	(void)unused;
	struct pair *p = mutual_connected(0, 0);
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
	struct pair *p = mutual_connected(0, 0);
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
	for (unsigned i = 1; i < MUTUAL_FORMS; i++) {
		struct pair *p = mutual_handshake(mutual_forms[i], false);
		const uint8_t m[4] = { 0x12, SPDM_GET_ENCAPSULATED_REQUEST };
		const uint8_t d[8] = { 0x12, SPDM_DELIVER_ENCAPSULATED_RESPONSE,
				       0,    0,
				       0x12, SPDM_DIGESTS };

		assert_int_equal(pair_send(p, SPDM_PLAIN, m, 4),
				 SPDM_ERR_UNEXPECTED_REQUEST);
		assert_int_equal(pair_send(p, SPDM_PLAIN, d, 8),
				 SPDM_ERR_UNEXPECTED_REQUEST);
		assert_int_equal(p->rsp.encap.flow, SPDM_FLOW_CHAIN);
		assert_int_equal(pair_live(p), 1);
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
	struct pair *p = mutual_connected(0, 0);

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
	assert_int_equal(pair_live(p), 1);
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
		struct pair *p = mutual_connected(0, 0);
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
		assert_int_equal(pair_live(p), 1);
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
		struct pair *p = mutual_handshake(SPDM_MUT_AUTH_DIGESTS, false);
		const uint8_t m[8] = {
			0x12, 0x7f, errors[i], 0, 1, 0x81, 1, 1
		};

		assert_int_equal(deliver(p, 0, m, i ? 8 : 4),
				 SPDM_ERR_INVALID_RESPONSE_CODE);
		assert_int_equal(pair_live(p), 0);
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
		struct pair *p = mutual_handshake(SPDM_MUT_AUTH_DIGESTS, false);
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
		assert_int_equal(pair_live(p), 0);
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
		struct pair *p = mutual_handshake(SPDM_MUT_AUTH_DIGESTS, false);
		uint8_t d[4 + 48] = { 0x12, SPDM_DIGESTS, 0, 1 };
		uint8_t m[10] = { 0x12, SPDM_CERTIFICATE, 0, 0, 2, 0, 100, 0, 1,
				  2 };

		assert_int_equal(deliver(p, 0, d, sizeof(d)), 0);
		assert_int_equal(deliver(p, p->out[2], m, sizeof(m)), 0);
		m[6] = rows[i].rest;
		assert_int_equal(deliver(p, p->out[2], m, sizeof(m)),
				 rows[i].want);
		assert_int_equal(pair_live(p), rows[i].want == 0);
		pair_free(p);
	}
}

/* Another chain than DIGESTS told of, whole and parsable as it is. */
static void a_chain_that_changed_meanwhile_is_not_believed(void **unused)
{
	(void)unused;
	struct pair *p = mutual_connected(SPDM_MUT_AUTH_DIGESTS, 0);
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
	assert_int_equal(pair_live(p), 0);
	pair_free(p);
}

/* No end of crumbs. */
static void a_chain_in_crumbs_is_not_read_for_ever(void **unused)
{
	(void)unused;
	struct pair *p = mutual_handshake(SPDM_MUT_AUTH_DIGESTS, false);
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
	assert_int_equal(pair_live(p), 0);
	pair_free(p);
}

/* What a requester is asked in the wrong place, it refuses to the peer. */
static void a_requester_answers_in_its_place_only(void **unused)
{
	(void)unused;
	struct pair *p = mutual_connected(SPDM_MUT_AUTH_ENCAP, 0);

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
		struct pair *p = mutual_connected(SPDM_MUT_AUTH_ENCAP, 0);

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
