/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

#include "spdm/chain.h"

/*
 * The requester's own keys: many of them, slow ones, those that may not do
 * what is asked; and a responder that has forgotten everything.
 */

/* 1.3, and a requester with keys of its own in slots 0 and 3. */
static struct pair *many(uint8_t how, uint32_t cap, uint16_t usage)
{
	struct pair *p = pair_new(CRYPTO_P384);

	pair_mutual(p, how, 3);
	p->qcfg.caps |= cap;
	p->rcfg.versions[0] = p->qcfg.versions[0] = SPDM_V13;
	p->rcfg.versions[1] = p->qcfg.versions[1] = 0;
	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		if (p->qcfg.slots[i].certs.n) {
			p->qcfg.slots[i].key_pair = (uint8_t)(i + 1);
			p->qcfg.slots[i].model = SPDM_CERT_MODEL_GENERIC;
			p->qcfg.slots[i].usage = usage;
		}
	pair_start(p);
	return p;
}

static void add(struct pair *p, struct crypto_slot h, const void *m, size_t n)
{
	assert_int_equal(crypto_hash_update(&p->c, h, m, n), IL_OK);
}

/* Digest of what the requester's chain is, as a transcript has it. */
static void own_chain(struct pair *p, uint8_t *out)
{
	uint8_t root[SPDM_HASH_MAX];

	assert_int_equal(spdm_chain_hash(&p->c, SPDM_HASH_SHA_384,
					 p->qcfg.slots[3].certs,
					 (struct spdm_span){ 0 }, root, out),
			 IL_OK);
}

/* DIGESTS as 1.3 lays it out: masks, digests, ids, models, uses. */
static size_t digests(struct pair *p, uint8_t *m, bool with)
{
	static const uint8_t behind[8] = { 1, 4, 3, 3, 1, 0, 1, 0 };
	const uint8_t head[4] = { 0x13, 0x01, 0x09, 0x09 };

	memcpy(m, head, 4);
	own_chain(p, m + 4);
	memcpy(m + 4 + 48, m + 4, 48);
	if (with)
		memcpy(m + 4 + 96, behind, 8);
	return with ? 4 + 96 + 8 : 4 + 96;
}

/* TH of the signature in FINISH is VCA, chain, KEY_EXCHANGE and its response,
 * DIGESTS if keys are many, our chain, FINISH's header: made here by hand. */
static void digests_of_many_keys_enter_the_handshake(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 4; i++) {
		const bool with = i & 1;
		struct pair *p = many(i & 2 ? SPDM_MUT_AUTH_DIGESTS
					    : SPDM_MUT_AUTH_ENCAP,
				      with ? SPDM_CAP_MULTI_KEY_ONLY : 0, 1);
		const uint8_t finish[4] = { 0x13, SPDM_FINISH, 1, 3 };
		uint8_t m[256], th[SPDM_HASH_MAX], want[SPDM_HASH_MAX];
		struct crypto_slot h = { 0 };

		pair_connect(p);
		assert_int_equal(p->rsp.peer_multi_key, with);
		assert_int_equal(crypto_hash_begin(&p->c, &h, CRYPTO_SHA384),
				 IL_OK);
		add(p, h, spdm_req_vca(&p->req).p, spdm_req_vca(&p->req).n);
		own_chain(p, th); /* the responder's is the same */
		add(p, h, th, 48);
		assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL),
				 IL_OK);
		assert_int_equal(pair_exchange(p), IL_E_AGAIN);
		add(p, h, p->in, p->in_len);
		add(p, h, p->out, p->out_len);
		if (with)
			add(p, h, m, digests(p, m, true));
		add(p, h, th, 48);
		add(p, h, finish, 4);
		while (p->req.op)
			(void)pair_exchange(p);
		assert_int_equal(p->req.state, SPDM_REQ_SESSION);
		assert_int_equal(crypto_hash_final(&p->c, h, th), IL_OK);
		assert_int_equal(spdm_sign_digest(&p->c, SPDM_V13,
						  SPDM_HASH_SHA_384,
						  SPDM_SIGN_FINISH, th, want),
				 IL_OK);
		assert_memory_equal(p->signed_digest, want, 48);
		crypto_drop(&p->c, &h);
		pair_free(p);
	}
}

/* What is told of the keys is what is configured. */
static void digests_say_what_stands_behind_each_slot(void **unused)
{
	(void)unused;
	for (unsigned with = 0; with < 2; with++) {
		struct pair *p = many(SPDM_MUT_AUTH_DIGESTS,
				      with ? SPDM_CAP_MULTI_KEY_ONLY : 0, 1);
		uint8_t want[256], got[256];
		const size_t n = digests(p, want, with);
		struct spdm_channel ch;
		size_t len;

		pair_connect(p);
		assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL),
				 IL_OK);
		assert_int_equal(pair_exchange(p), IL_E_AGAIN);
		ch = p->req.ch[SPDM_DIR_REQ];
		assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
					       &p->in_len, &p->in_kind),
				 IL_OK);
		assert_int_equal(spdm_secured_open(&ch, &p->c, p->in, p->in_len,
						   got, sizeof(got), &len),
				 IL_OK);
		assert_int_equal(len, 4 + n);
		assert_memory_equal(got + 4, want, n);
		pair_free(p);
	}
}

/* A key that is not for this does not sign, whoever asks. */
static void a_key_signs_what_it_is_for(void **unused)
{
	(void)unused;
	static const struct {
		uint8_t how;
		bool basic;
		uint16_t usage;
		enum il_err want;
	} rows[] = {
		{ SPDM_MUT_AUTH, false, SPDM_KEY_USE_CHALLENGE, IL_E_FIELD },
		{ SPDM_MUT_AUTH_ENCAP, false, SPDM_KEY_USE_CHALLENGE,
		  IL_E_PEER },
		{ SPDM_MUT_AUTH_DIGESTS, false, SPDM_KEY_USE_CHALLENGE,
		  IL_E_PEER },
		{ SPDM_MUT_AUTH, false, SPDM_KEY_USE_KEY_EX, IL_OK },
		{ SPDM_MUT_AUTH_ENCAP, false, SPDM_KEY_USE_KEY_EX, IL_OK },
		{ 0, true, SPDM_KEY_USE_KEY_EX, IL_E_PEER },
		{ 0, true, SPDM_KEY_USE_CHALLENGE, IL_OK },
	};

	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct pair *p = many(rows[i].how, SPDM_CAP_MULTI_KEY_ONLY,
				      rows[i].usage);

		p->rsp.cfg.basic = rows[i].basic;
		pair_connect(p);
		assert_int_equal(pair_run(p,
					  rows[i].basic ? SPDM_OP_CHALLENGE
							: SPDM_OP_SESSION,
					  NULL),
				 rows[i].want);
		assert_int_equal(p->signs, !rows[i].want);
		pair_free(p);
	}
}

/* A requester that believes nobody tells of a use that the key has not. */
static void a_use_is_asked_of_the_requester_too(void **unused)
{
	(void)unused;
	struct pair *p = many(SPDM_MUT_AUTH_DIGESTS, SPDM_CAP_MULTI_KEY_ONLY,
			      SPDM_KEY_USE_KEY_EX);

	pair_connect(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN); /* KEY_EXCHANGE */
	assert_int_equal(pair_exchange(p), IL_E_AGAIN); /* digests */
	p->req.cfg.slots[3].usage = SPDM_KEY_USE_CHALLENGE;
	while (p->req.op)
		(void)pair_exchange(p);
	assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
	assert_int_equal(p->signs, 0);
	pair_free(p);
}

static void say_many(struct pair *p, struct spdm_msg *rsp)
{
	(void)p;
	rsp->u.algs.other_params |= SPDM_MULTI_KEY_CONN;
}

static void say_one(struct pair *p, struct spdm_msg *rsp)
{
	(void)p;
	rsp->u.algs.other_params &= (uint8_t)~SPDM_MULTI_KEY_CONN;
}

/* The choice is the responder's where the requester leaves it one. */
static void whether_keys_are_many_is_agreed(void **unused)
{
	(void)unused;
	static const struct {
		uint32_t cap;
		void (*say)(struct pair *p, struct spdm_msg *rsp);
		enum il_err want;
	} rows[] = {
		{ 0, say_one, IL_OK },
		{ 0, say_many, IL_E_FIELD },
		{ SPDM_CAP_MULTI_KEY_ONLY, say_many, IL_OK },
		{ SPDM_CAP_MULTI_KEY_ONLY, say_one, IL_E_FIELD },
		{ SPDM_CAP_MULTI_KEY_NEG, say_many, IL_OK },
		{ SPDM_CAP_MULTI_KEY_NEG, say_one, IL_OK },
	};

	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct pair *p = many(0, rows[i].cap, 1);

		p->change = rows[i].say;
		p->change_code = SPDM_ALGORITHMS;
		assert_int_equal(pair_run(p, SPDM_OP_CONNECT, NULL),
				 rows[i].want);
		if (!rows[i].want)
			assert_int_equal(p->req.own_multi,
					 rows[i].say == say_many);
		pair_free(p);
	}
}

/* Keys that are many have ids; and there must be an identity at all. */
static void many_keys_are_configured_whole(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	p->qcfg.caps |= SPDM_CAP_MULTI_KEY_ONLY;
	assert_int_equal(spdm_req_init(&p->req, &p->qcfg), IL_E_ARG);
	pair_mutual(p, 0, 0);
	assert_int_equal(spdm_req_init(&p->req, &p->qcfg), IL_E_ARG);
	p->qcfg.slots[0].key_pair = 1;
	pair_start(p);
	pair_free(p);
}

/* FINISH, CHALLENGE_AUTH, ENDPOINT_INFO: nothing is sent meanwhile, nothing
 * drawn anew, and one signature comes of it. */
static void a_slow_signature_is_asked_for_again(void **unused)
{
	(void)unused;
	enum { FINISH, AUTH, INFO, ALL };

	for (unsigned i = 0; i < ALL; i++) {
		struct pair *p = pair_new(CRYPTO_P384);

		pair_mutual(p, i == FINISH ? SPDM_MUT_AUTH_ENCAP : 0, 0);
		p->rcfg.basic = i == AUTH;
		p->qcfg.caps |= SPDM_CAP_EP_INFO_SIG;
		p->rcfg.versions[0] = p->qcfg.versions[0] = SPDM_V13;
		pair_start(p);
		pair_connect(p);
		if (i == INFO) {
			p->rsp.cfg.mutual = SPDM_MUT_AUTH;
			assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL),
					 IL_OK);
			assert_int_equal(spdm_rsp_ask(&p->rsp,
						      SPDM_ASK_ENDPOINT_INFO,
						      p->req.session_id),
					 IL_OK);
		}
		p->signs = 0;
		p->slow = 3;
		assert_int_equal(pair_run(p,
					  i == FINISH ? SPDM_OP_SESSION
					  : i == AUTH ? SPDM_OP_CHALLENGE
						      : SPDM_OP_ENCAP,
					  NULL),
				 IL_OK);
		assert_int_equal(p->signs, 1);
		assert_int_equal(p->slow, 0);
		assert_int_equal(p->rsp.peer.proven, i == AUTH);
		assert_int_equal(p->info_proven, i == INFO);
		pair_free(p);
	}
}

/* Who does not wait may give up: keys are gone. */
static void a_signature_under_way_can_be_given_up(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	uint8_t none[PAIR_BUF] = { 0 };

	pair_mutual(p, SPDM_MUT_AUTH, 0);
	pair_start(p);
	pair_connect(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	p->slow = UINT32_MAX;
	memset(p->in, 0xaa, sizeof(p->in));
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_E_AGAIN);
	assert_memory_equal(p->in, none, sizeof(none));
	assert_int_equal(spdm_req_push(&p->req, SPDM_SECURED, p->in, 16, 0),
			 IL_E_STATE);
	spdm_req_abort(&p->req);
	assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
	assert_false(p->req.ch[0].live || p->req.ch[1].live);
	p->slow = 0;
	p->pending = false;
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	pair_free(p);
}

/* CHALLENGE_AUTH as 1.3 lays it out: slot, mask, chain, nonce, opaque,
 * context; signed over what the responder has heard. */
static int auth(struct pair *p, const uint8_t flip[4])
{
	uint8_t d[4 + 4 + 48 + 32 + 2 + 8 + 96] = {
		0x13, SPDM_DELIVER_ENCAPSULATED_RESPONSE, p->rsp.encap.id
	};
	uint8_t *m = d + 4;
	const size_t n = 4 + 48 + 32 + 2 + 8;
	uint8_t th[SPDM_HASH_MAX], digest[SPDM_HASH_MAX];
	struct crypto_slot h = { 0 };

	m[0] = 0x13;
	m[1] = SPDM_CHALLENGE_AUTH;
	m[2] = (uint8_t)(3 ^ flip[0]);
	m[3] = (uint8_t)(9 ^ flip[1]);
	own_chain(p, m + 4);
	m[4] ^= flip[2];
	memcpy(m + n - 8, p->rsp.encap.context, 8);
	m[n - 1] ^= flip[3];
	assert_int_equal(crypto_hash_dup(&p->c, p->rsp.mut, &h), IL_OK);
	add(p, h, m, n);
	assert_int_equal(crypto_hash_final(&p->c, h, th), IL_OK);
	crypto_drop(&p->c, &h);
	assert_int_equal(spdm_sign_digest(&p->c, SPDM_V13, SPDM_HASH_SHA_384,
					  SPDM_SIGN_MUT_CHALLENGE, th, digest),
			 IL_OK);
	assert_int_equal(
		crypto_sign_digest(&p->c, p->maker.key, digest, 48, m + n, 96),
		IL_OK);
	return pair_send(p, SPDM_PLAIN, d, sizeof(d));
}

/* What is signed may still be a lie. */
static void a_challenge_is_answered_in_all_its_fields(void **unused)
{
	(void)unused;
	static const struct {
		uint8_t flip[4]; /* slot, mask, chain, context */
		bool good;
	} rows[] = {
		{ { 0, 0, 0, 0 }, true },     { { 1, 0, 0, 0 }, false },
		{ { 0x80, 0, 0, 0 }, false }, { { 0, 8, 0, 0 }, false },
		{ { 0, 0, 1, 0 }, false },    { { 0, 0, 0, 1 }, false },
	};

	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct pair *p = many(0, 0, 1);

		p->rsp.cfg.basic = true;
		pair_connect(p);
		assert_int_equal(
			spdm_req_begin(&p->req, SPDM_OP_CHALLENGE, NULL),
			IL_OK);
		while (p->rsp.encap.step < 2)
			assert_int_equal(pair_exchange(p), IL_E_AGAIN);
		assert_int_equal(auth(p, rows[i].flip),
				 rows[i].good ? 0
					      : SPDM_ERR_INVALID_RESPONSE_CODE);
		assert_int_equal(p->rsp.peer.proven, rows[i].good);
		assert_int_equal(p->rsp.encap.flow, SPDM_FLOW_NONE);
		pair_free(p);
	}
}

static struct spdm_span asked; /* instead of what the responder asks */

static void ask_other(struct pair *p, struct spdm_msg *rsp)
{
	(void)p;
	rsp->u.encap.inner = asked;
}

/* What the requester answers to @asked, outside or in a session: an ERROR. */
static void refuses(struct pair *p, int want)
{
	struct spdm_channel ch;
	const uint8_t *m = p->in;
	uint8_t got[512];
	size_t n;

	p->change = ask_other;
	p->change_code = SPDM_ENCAPSULATED_REQUEST;
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_ENCAP, NULL), IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	ch = p->req.ch[SPDM_DIR_REQ];
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	if (ch.live) {
		assert_int_equal(spdm_secured_open(&ch, &p->c, p->in, p->in_len,
						   got, sizeof(got), &n),
				 IL_OK);
		m = got;
	}
	assert_int_equal(m[1], SPDM_DELIVER_ENCAPSULATED_RESPONSE);
	assert_int_equal(m[5], SPDM_ERROR);
	assert_int_equal(m[6], want);
	assert_int_equal(p->signs, 0);
}

static void a_requester_refuses_what_is_not_right(void **unused)
{
	(void)unused;
	static const struct {
		bool inside;
		uint8_t m[44];
		uint8_t n;
		int want;
	} rows[] = {
		{ false, { 0x12, 0x81 }, 4, SPDM_ERR_VERSION_MISMATCH },
		{ false,
		  { 0x13, 0x82, 5, 0, 0, 0, 9, 0 },
		  8,
		  SPDM_ERR_INVALID_REQUEST },
		{ false, { 0x13, 0x83, 5, 0 }, 44, SPDM_ERR_INVALID_REQUEST },
		{ false, { 0x13, 0x83, 3, 1 }, 44, SPDM_ERR_INVALID_REQUEST },
		{ false, { 0x13, 0xe9, 1, 7 }, 4, SPDM_ERR_UNEXPECTED_REQUEST },
		{ false, { 0x13, 0xe0 }, 4, SPDM_ERR_UNSUPPORTED_REQUEST },
		{ true, { 0x13, 0x83, 3, 0 }, 44, SPDM_ERR_UNEXPECTED_REQUEST },
		{ true, { 0x13, 0xe9, 2, 7 }, 4, SPDM_ERR_INVALID_REQUEST },
		{ true, { 0x13, 0xe9, 3, 7 }, 4, SPDM_ERR_INVALID_REQUEST },
	};

	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct pair *p = many(0, SPDM_CAP_EP_INFO_NO_SIG, 1);

		pair_connect(p);
		if (rows[i].inside)
			assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL),
					 IL_OK);
		assert_int_equal(spdm_rsp_ask(&p->rsp, SPDM_ASK_ENDPOINT_INFO,
					      SPDM_ANY_SESSION),
				 IL_OK);
		asked = (struct spdm_span){ rows[i].m, rows[i].n };
		refuses(p, rows[i].want);
		pair_free(p);
	}
}

/* Nothing came under the new key that was announced: nothing verifies it. */
static void a_key_is_verified_under_itself(void **unused)
{
	(void)unused;
	static const uint8_t update[4] = { 0x13, SPDM_KEY_UPDATE, 1, 7 };
	static const uint8_t verify[4] = { 0x13, SPDM_KEY_UPDATE, 3, 7 };

	for (unsigned i = 0; i < 2; i++) {
		struct pair *p = many(0, 0, 1);

		pair_connect(p);
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
		assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_ENCAP, NULL),
				 IL_OK);
		p->req.step = 1;
		memcpy(p->req.cfg.scratch, update, 4);
		p->req.inner = (struct spdm_span){ p->req.cfg.scratch, 4 };
		assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
					       &p->in_len, &p->in_kind),
				 IL_OK);
		assert_true(p->req.next.live);
		/* The acknowledgement came under the old key. */
		memcpy(p->req.cfg.scratch, i ? update : verify, 4);
		p->req.sent = false;
		const struct spdm_channel old = p->req.ch[SPDM_DIR_RSP];

		assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
					       &p->in_len, &p->in_kind),
				 IL_OK);
		assert_memory_equal(&old, &p->req.ch[SPDM_DIR_RSP],
				    sizeof(old));
		spdm_req_abort(&p->req);
		pair_free(p);
	}
}

/* A reset took what was agreed: whatever comes, GET_VERSION is wanted. */
static void who_has_forgotten_says_so(void **unused)
{
	(void)unused;
	static const enum spdm_req_op ops[] = { SPDM_OP_CHALLENGE,
						SPDM_OP_MEASURE,
						SPDM_OP_SESSION };

	for (unsigned i = 0; i < COUNT(ops); i++) {
		struct pair *p = pair_new(CRYPTO_P384);
		const struct spdm_req_args one = { .index = 1 };
		const uint8_t caps[20] = { 0x12, SPDM_GET_CAPABILITIES };

		pair_start(p);
		/* Nothing was agreed yet: nothing was lost. */
		spdm_rsp_reset(&p->rsp);
		assert_int_equal(pair_send(p, SPDM_PLAIN, caps, sizeof(caps)),
				 SPDM_ERR_UNEXPECTED_REQUEST);
		pair_connect(p);
		spdm_rsp_reset(&p->rsp);
		spdm_rsp_reset(&p->rsp);
		assert_int_equal(pair_send(p, SPDM_PLAIN, caps, sizeof(caps)),
				 SPDM_ERR_REQUEST_RESYNCH);
		assert_int_equal(pair_run(p, ops[i], &one), IL_E_PEER);
		assert_int_equal(spdm_req_peer_error(&p->req),
				 SPDM_ERR_REQUEST_RESYNCH);
		assert_int_equal(p->req.state, SPDM_REQ_NEW);
		assert_int_equal(p->req.version, 0);
		pair_session(p);
		assert_int_equal(pair_send(p, SPDM_PLAIN, caps, sizeof(caps)),
				 SPDM_ERR_UNEXPECTED_REQUEST);
		pair_free(p);
	}
}

/* FINISH in the clear too: it is the reset's, not a session's, matter. */
static void a_handshake_in_the_clear_is_forgotten_too(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	p->rcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
	p->qcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	spdm_rsp_reset(&p->rsp);
	assert_int_equal(pair_exchange(p), IL_E_PEER);
	assert_int_equal(spdm_req_peer_error(&p->req),
			 SPDM_ERR_REQUEST_RESYNCH);
	assert_int_equal(p->req.state, SPDM_REQ_NEW);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_of_many_keys_enter_the_handshake),
		cmocka_unit_test(digests_say_what_stands_behind_each_slot),
		cmocka_unit_test(a_key_signs_what_it_is_for),
		cmocka_unit_test(a_use_is_asked_of_the_requester_too),
		cmocka_unit_test(whether_keys_are_many_is_agreed),
		cmocka_unit_test(many_keys_are_configured_whole),
		cmocka_unit_test(a_slow_signature_is_asked_for_again),
		cmocka_unit_test(a_signature_under_way_can_be_given_up),
		cmocka_unit_test(a_challenge_is_answered_in_all_its_fields),
		cmocka_unit_test(a_requester_refuses_what_is_not_right),
		cmocka_unit_test(a_key_is_verified_under_itself),
		cmocka_unit_test(who_has_forgotten_says_so),
		cmocka_unit_test(a_handshake_in_the_clear_is_forgotten_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
