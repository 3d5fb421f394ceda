/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

/* Messages of one kind of session in another, and records used twice. */

enum { KEY_EX, SIGNED, ASKED, PSK, OPEN, KINDS };

static const struct spdm_req_args named = {
	.hint = { (const uint8_t *)PAIR_HINT, sizeof(PAIR_HINT) },
};

/* A session of each kind in the making; OPEN: made. */
static struct pair *bring_to(unsigned kind)
{
	static const uint8_t mutual[KINDS] = {
		[SIGNED] = SPDM_MUT_AUTH, [ASKED] = SPDM_MUT_AUTH_ENCAP
	};
	struct pair *p = pair_new(CRYPTO_P384);

	pair_mutual(p, mutual[kind], 0);
	p->rcfg.caps |= SPDM_CAP_PSK_WITH_CONTEXT;
	p->qcfg.caps |= SPDM_CAP_PSK;
	pair_start(p);
	pair_connect(p);
	if (kind == OPEN) {
		assert_int_equal(pair_run(p, SPDM_OP_PSK, &named), IL_OK);
		return p;
	}
	assert_int_equal(
		spdm_req_begin(&p->req,
			       kind == PSK ? SPDM_OP_PSK : SPDM_OP_SESSION,
			       &named),
		IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	return p;
}

/* CVE-2023-31127 is the first column of PSK_FINISH, and the fourth of FINISH.
 * A DecryptError is a wrong HMAC: the message was the right one. */
static void each_session_is_finished_in_its_own_way(void **unused)
{
	(void)unused;
	enum {
		UN = SPDM_ERR_UNEXPECTED_REQUEST,
		IN = SPDM_ERR_INVALID_REQUEST,
		DE = SPDM_ERR_DECRYPT_ERROR,
		IF = SPDM_ERR_REQUEST_IN_FLIGHT,
	};
	static const struct {
		uint8_t code, param1;
		uint8_t len;
		int want[KINDS];
	} rows[] = {
		{ SPDM_FINISH, 0, 4 + 48, { DE, IN, IF, UN, UN } },
		{ SPDM_FINISH, 1, 4 + 96 + 48, { IN, DE, IF, UN, UN } },
		{ SPDM_PSK_FINISH, 0, 4 + 48, { UN, UN, IF, DE, UN } },
		{ SPDM_KEY_UPDATE, 1, 4, { UN, UN, IF, UN, 0 } },
		{ SPDM_HEARTBEAT, 0, 4, { UN, UN, IF, UN, 0 } },
		{ SPDM_END_SESSION, 0, 4, { UN, UN, IF, UN, 0 } },
	};

	for (unsigned i = 0; i < KINDS * COUNT(rows); i++) {
		const unsigned kind = i % KINDS, r = i / KINDS;
		struct pair *p = bring_to(kind);
		uint8_t m[4 + 96 + 48] = { 0x12, rows[r].code, rows[r].param1 };
		const int got = pair_send_secured(p, m, rows[r].len);

		if (got != rows[r].want[kind])
			print_error("%02x in kind %u: %d\n", rows[r].code, kind,
				    got);
		assert_int_equal(got, rows[r].want[kind]);
		assert_int_equal(
			p->rsp.cfg.ses[0].state == SPDM_SES_NONE,
			got == DE ||
				(!got && rows[r].code == SPDM_END_SESSION));
		pair_free(p);
	}
}

/* The same record again is not the next one: the session ends. */
static void a_record_is_taken_once(void **unused)
{
	(void)unused;
	struct pair *p = bring_to(OPEN);
	uint8_t rec[PAIR_BUF];
	size_t n;

	assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL), IL_OK);
	n = p->in_len;
	memcpy(rec, p->in, n);
	(void)pair_send(p, SPDM_SECURED, rec, n);
	assert_int_equal(p->ended, 1);
	assert_int_equal(p->ended_why, SPDM_END_DECRYPT);
	pair_free(p);
}

/* A record of one session under another's id opens with neither's key. */
static void a_record_belongs_to_its_session(void **unused)
{
	(void)unused;
	struct pair *p = bring_to(OPEN);
	const uint32_t first = p->req.session_id;

	spdm_req_drop_session(&p->req);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_HEARTBEAT, NULL),
			 IL_OK);
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	put_u32le(p->in, first);
	(void)pair_send(p, SPDM_SECURED, p->in, p->in_len);
	assert_int_equal(p->ended_id, first);
	assert_int_equal(p->ended_why, SPDM_END_DECRYPT);
	/* Its own session is as it was. */
	assert_true(spdm_rsp_session_open(&p->rsp, p->req.session_id));
	pair_free(p);
}

/* What the responder answered to the second of two records comes first. */
static void answers_are_taken_in_order(void **unused)
{
	(void)unused;
	struct pair *p = bring_to(OPEN);
	const uint8_t hb[4] = { 0x12, SPDM_HEARTBEAT };
	uint8_t old[PAIR_BUF];
	size_t n;

	/* An answer of before, in place of the one that is due. */
	assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL), IL_OK);
	n = p->out_len;
	memcpy(old, p->out, n);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_HEARTBEAT, NULL),
			 IL_OK);
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	assert_int_equal(spdm_req_push(&p->req, SPDM_SECURED, old, n, 0),
			 IL_E_AUTH);
	assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
	pair_free(p);

	/* One that is ahead. */
	p = bring_to(OPEN);
	assert_int_equal(pair_send_secured(p, hb, 4), 0);
	p->req.ch[SPDM_DIR_RSP].seq--; /* it never came */
	assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL), IL_E_AUTH);
	assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
	pair_free(p);
}

/* Two records, the second first. */
static void records_are_taken_in_order(void **unused)
{
	(void)unused;
	struct pair *p = bring_to(OPEN);
	uint8_t rec[2][PAIR_BUF];
	size_t n[2];

	for (unsigned i = 0; i < 2; i++) {
		const uint8_t hb[4] = { 0x12, SPDM_HEARTBEAT };

		memcpy(rec[i] + spdm_secured_head(&p->req.ch[SPDM_DIR_REQ]), hb,
		       4);
		assert_int_equal(spdm_secured_seal(&p->req.ch[SPDM_DIR_REQ],
						   &p->c, p->req.session_id,
						   rec[i], sizeof(rec[i]), 4,
						   &n[i]),
				 IL_OK);
	}
	(void)pair_send(p, SPDM_SECURED, rec[1], n[1]);
	assert_int_equal(p->ended_why, SPDM_END_DECRYPT);
	assert_int_equal(pair_send(p, SPDM_SECURED, rec[0], n[0]), -1);
	pair_free(p);
}

/* A record of the handshake, once more when it is over. */
static void a_record_of_the_handshake_is_none_of_the_session(void **unused)
{
	(void)unused;
	struct pair *p = bring_to(KEY_EX);
	uint8_t rec[PAIR_BUF];
	size_t n;

	assert_int_equal(pair_exchange(p), IL_OK);
	n = p->in_len;
	memcpy(rec, p->in, n); /* FINISH */
	(void)pair_send(p, SPDM_SECURED, rec, n);
	assert_int_equal(p->ended, 1);
	assert_int_equal(p->ended_why, SPDM_END_DECRYPT);
	pair_free(p);
}

/* Ids are ours by half: whatever theirs is, and whatever ours is next. */
static void no_two_sessions_have_one_id(void **unused)
{
	(void)unused;
	struct pair *p = bring_to(OPEN);
	const uint16_t half = (uint16_t)(p->req.session_id >> 16);
	const uint16_t theirs = (uint16_t)p->req.session_id;

	spdm_req_drop_session(&p->req);
	p->req.next_id = theirs;
	p->rsp.next_id = half;
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(p->req.session_id,
			 (uint32_t)(half - 1) << 16 | theirs);
	spdm_req_drop_session(&p->req);
	/* 0 is no half of ours, and behind it come those that are taken. */
	p->req.next_id = theirs;
	p->rsp.next_id = 0;
	assert_int_equal(half, UINT16_MAX);
	assert_int_equal(pair_run(p, SPDM_OP_PSK, &named), IL_OK);
	assert_int_equal(p->req.session_id,
			 (uint32_t)(half - 2) << 16 | theirs);
	assert_true(spdm_rsp_sane(&p->rsp));
	pair_free(p);
}

static void zero_half(struct pair *p, struct spdm_msg *rsp)
{
	(void)p;
	if (rsp->code == SPDM_KEY_EXCHANGE_RSP)
		rsp->u.key_ex_rsp.session_id = 0;
	else
		rsp->u.psk_ex_rsp.session_id = 0;
}

static void a_session_without_a_half_of_the_peer_is_none(void **unused)
{
	(void)unused;
	for (unsigned psk = 0; psk < 2; psk++) {
		struct pair *p = bring_to(OPEN);

		spdm_req_drop_session(&p->req);
		p->change = zero_half;
		p->change_code =
			psk ? SPDM_PSK_EXCHANGE_RSP : SPDM_KEY_EXCHANGE_RSP;
		assert_int_equal(pair_run(p,
					  psk ? SPDM_OP_PSK : SPDM_OP_SESSION,
					  &named),
				 IL_E_FIELD);
		pair_free(p);
	}
}

/* Update, verify: in this order, each once. Each row is what comes, and what
 * is answered to it; keys roll where nothing was refused. */
static void key_updates_are_verified_in_turn(void **unused)
{
	(void)unused;
	enum { UPD = 1, ALL = 2, VER = 3, IN = SPDM_ERR_INVALID_REQUEST };
	static const struct {
		uint8_t op[4];
		int want[4];
	} rows[] = {
		{ { VER }, { IN } },
		{ { 0, 4, 0xff }, { IN, IN, IN } },
		{ { UPD, UPD, VER, VER }, { 0, IN, 0, IN } },
		{ { UPD, ALL, VER, UPD }, { 0, IN, 0, 0 } },
		{ { ALL, UPD, VER, VER }, { 0, IN, 0, IN } },
		{ { ALL, ALL, VER, ALL }, { 0, IN, 0, 0 } },
	};

	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct pair *p = bring_to(OPEN);

		for (unsigned k = 0; k < 4 && rows[i].op[k] + rows[i].want[k];
		     k++) {
			const uint8_t op = rows[i].op[k];
			/* The same tag each time: it is the requester's. */
			const uint8_t m[4] = { 0x12, SPDM_KEY_UPDATE, op, 7 };
			struct spdm_keys *q = &p->req.keys;
			const struct spdm_keys was = p->rsp.cfg.ses[0].keys;
			struct spdm_channel ch[SPDM_DIRS] = { 0 };
			uint8_t next[SPDM_DIRS][SPDM_HASH_MAX];

			for (unsigned d = 0; d < SPDM_DIRS; d++) {
				assert_int_equal(
					spdm_keys_next(q, &p->c, d, next[d]),
					IL_OK);
				assert_int_equal(
					spdm_channel_open(&ch[d], &p->c, q,
							  next[d], UINT64_MAX),
					IL_OK);
			}
			if (op == ALL && !rows[i].want[k]) { /* its answer */
				spdm_channel_close(&p->req.ch[SPDM_DIR_RSP],
						   &p->c);
				p->req.ch[SPDM_DIR_RSP] = ch[SPDM_DIR_RSP];
				ch[SPDM_DIR_RSP] = (struct spdm_channel){ 0 };
				memcpy(q->data_dir[SPDM_DIR_RSP],
				       next[SPDM_DIR_RSP], SPDM_HASH_MAX);
			}
			assert_int_equal(pair_send_secured(p, m, 4),
					 rows[i].want[k]);
			if (rows[i].want[k] || op == VER)
				assert_memory_equal(&was,
						    &p->rsp.cfg.ses[0].keys,
						    sizeof(was));
			else {
				spdm_channel_close(&p->req.ch[SPDM_DIR_REQ],
						   &p->c);
				p->req.ch[SPDM_DIR_REQ] = ch[SPDM_DIR_REQ];
				ch[SPDM_DIR_REQ] = (struct spdm_channel){ 0 };
				memcpy(q->data_dir[SPDM_DIR_REQ],
				       next[SPDM_DIR_REQ], SPDM_HASH_MAX);
			}
			for (unsigned d = 0; d < SPDM_DIRS; d++)
				spdm_channel_close(&ch[d], &p->c);
		}
		pair_free(p);
	}
}

/* Slots that are empty, that are none, and the one for a known key: ours is
 * not offered. */
static void what_is_asked_of_a_wrong_slot_is_refused(void **unused)
{
	(void)unused;
	static const uint8_t slots[] = { 1, 7, 8, 0xf, 0x10, 0xff };

	for (unsigned i = 0; i < COUNT(slots); i++) {
		struct pair *p = bring_to(OPEN);
		uint8_t m[4 + 32 + 1 + 256] = { 0x12 };

		m[1] = SPDM_CHALLENGE;
		m[2] = slots[i];
		assert_int_equal(pair_send(p, SPDM_PLAIN, m, 4 + 32),
				 SPDM_ERR_INVALID_REQUEST);
		m[1] = SPDM_GET_MEASUREMENTS;
		m[2] = 1;
		m[3] = 1;
		m[4 + 32] = slots[i];
		/* Of this slot's byte four bits are its number. */
		assert_int_equal(pair_send(p, SPDM_PLAIN, m, 4 + 32 + 1),
				 slots[i] & 0xf ? SPDM_ERR_INVALID_REQUEST : 0);
		m[1] = SPDM_GET_CERTIFICATE;
		m[2] = slots[i];
		m[3] = 0;
		memset(m + 4, 0xff, 4);
		m[4] = m[5] = 0;
		assert_int_equal(pair_send(p, SPDM_PLAIN, m, 8),
				 slots[i] & 0xf ? SPDM_ERR_INVALID_REQUEST : 0);
		/* KEY_EXCHANGE of our requester, but for the slot. */
		spdm_req_drop_session(&p->req);
		p->req.slot = slots[i];
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_E_PEER);
		assert_int_equal(spdm_req_peer_error(&p->req),
				 SPDM_ERR_INVALID_REQUEST);
		pair_free(p);
	}
}

/* A public key of ours that the peer knows is not offered, nor configured. */
static void a_key_of_ours_without_a_chain_is_not_offered(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	p->rcfg.caps |= SPDM_CAP_PUB_KEY_ID;
	assert_int_equal(spdm_rsp_init(&p->rsp, &p->rcfg), IL_E_ARG);
	p->rcfg.caps &= ~SPDM_CAP_CERT;
	assert_int_equal(spdm_rsp_init(&p->rsp, &p->rcfg), IL_E_ARG);
	p->rcfg.caps = SPDM_RSP_CAPS;
	pair_start(p);
	pair_free(p);
}

/* Another version than was agreed on, everywhere. */
static void a_version_is_not_changed_afterwards(void **unused)
{
	(void)unused;
	static const uint8_t codes[] = {
		SPDM_GET_CAPABILITIES,
		SPDM_GET_DIGESTS,
		SPDM_CHALLENGE,
		SPDM_KEY_EXCHANGE,
		SPDM_FINISH,
		SPDM_PSK_FINISH,
		SPDM_HEARTBEAT,
		SPDM_KEY_UPDATE,
		SPDM_END_SESSION,
		SPDM_GET_ENCAPSULATED_REQUEST,
		SPDM_DELIVER_ENCAPSULATED_RESPONSE,
	};
	static const uint8_t versions[] = { 0x10, 0x11, 0x13, 0x14, 0x22 };

	for (unsigned kind = 0; kind < KINDS; kind++) {
		struct pair *p = bring_to(kind);

		for (unsigned i = 0; i < COUNT(codes) * COUNT(versions); i++) {
			const uint8_t m[4] = { versions[i / COUNT(codes)],
					       codes[i % COUNT(codes)] };

			assert_int_equal(pair_send_secured(p, m, 4),
					 SPDM_ERR_VERSION_MISMATCH);
			assert_int_equal(pair_send(p, SPDM_PLAIN, m, 4),
					 SPDM_ERR_VERSION_MISMATCH);
		}
		assert_int_not_equal(p->rsp.cfg.ses[0].state, SPDM_SES_NONE);
		pair_free(p);
	}
}

/* An encapsulated answer in another session than it was asked in, outside, and
 * after GET_VERSION. */
static void an_answer_stays_where_it_was_asked(void **unused)
{
	(void)unused;
	struct pair *p = bring_to(OPEN);
	const uint32_t first = p->req.session_id;
	const uint8_t get[4] = { 0x12, SPDM_GET_ENCAPSULATED_REQUEST };
	const uint8_t version[4] = { 0x10, SPDM_GET_VERSION };
	uint8_t m[8] = { 0x12, SPDM_DELIVER_ENCAPSULATED_RESPONSE };

	assert_int_equal(spdm_rsp_ask(&p->rsp, SPDM_ASK_KEY_UPDATE, first),
			 IL_OK);
	assert_int_equal(pair_send_secured(p, get, 4), 0);
	m[2] = p->out[2];
	memcpy(m + 4, p->out + 4, 4);
	m[5] = SPDM_KEY_UPDATE_ACK;
	spdm_req_drop_session(&p->req);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(pair_send_secured(p, m, 8),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	assert_int_equal(pair_send_secured(p, get, 4),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	assert_int_equal(pair_send(p, SPDM_PLAIN, m, 8),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	assert_int_equal(p->rsp.encap.session_id, first);
	assert_int_equal(pair_send(p, SPDM_PLAIN, version, 4), 0);
	assert_int_equal(p->rsp.encap.flow, SPDM_FLOW_NONE);
	assert_int_equal(p->rsp.mut.n, 0);
	spdm_req_drop_session(&p->req);
	pair_connect(p);
	assert_int_equal(pair_send(p, SPDM_PLAIN, m, 8),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	pair_free(p);
}

/* Places are few; who begins and does not finish loses his, in time, whatever
 * else he says meanwhile. */
static void half_open_handshakes_do_not_keep_their_places(void **unused)
{
	(void)unused;
	struct pair *p = bring_to(OPEN);
	const uint8_t hb[4] = { 0x12, SPDM_HEARTBEAT };

	p->rsp.cfg.handshake_s = 10;
	spdm_req_drop_session(&p->req);
	for (unsigned i = 1; i < SPDM_RSP_SESSIONS; i++) {
		assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL),
				 IL_OK);
		assert_int_equal(pair_exchange(p), IL_E_AGAIN);
		if (i + 1 < SPDM_RSP_SESSIONS)
			spdm_req_abort(&p->req);
	}
	p->now_ns += UINT64_C(6000000000);
	assert_int_equal(pair_send_secured(p, hb, 4),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	spdm_req_abort(&p->req);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_E_PEER);
	assert_int_equal(spdm_req_peer_error(&p->req),
			 SPDM_ERR_SESSION_LIMIT_EXCEEDED);
	p->now_ns += UINT64_C(6000000000);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	for (unsigned i = 2; i < SPDM_RSP_SESSIONS; i++)
		assert_int_equal(p->rsp.cfg.ses[i].state, SPDM_SES_NONE);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_session_is_finished_in_its_own_way),
		cmocka_unit_test(a_record_is_taken_once),
		cmocka_unit_test(a_record_belongs_to_its_session),
		cmocka_unit_test(answers_are_taken_in_order),
		cmocka_unit_test(records_are_taken_in_order),
		cmocka_unit_test(
			a_record_of_the_handshake_is_none_of_the_session),
		cmocka_unit_test(no_two_sessions_have_one_id),
		cmocka_unit_test(a_session_without_a_half_of_the_peer_is_none),
		cmocka_unit_test(key_updates_are_verified_in_turn),
		cmocka_unit_test(what_is_asked_of_a_wrong_slot_is_refused),
		cmocka_unit_test(a_key_of_ours_without_a_chain_is_not_offered),
		cmocka_unit_test(a_version_is_not_changed_afterwards),
		cmocka_unit_test(an_answer_stays_where_it_was_asked),
		cmocka_unit_test(half_open_handshakes_do_not_keep_their_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
