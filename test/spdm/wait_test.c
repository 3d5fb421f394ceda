/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

/*
 * ResponseNotReady and Busy. Bytes from DSP0274 1.2.1, section 10.10: ERROR
 * 0x42 has RDTExponent, request code, token, RDTM; RESPOND_IF_READY, 0xff, has
 * request code and token in its header.
 */

static uint8_t kept[PAIR_TRANSFER];

static struct pair *slow(void)
{
	struct pair *p = pair_new(CRYPTO_P384);

	memset(kept, 0, sizeof(kept));
	p->rcfg.kept = kept;
	p->rcfg.kept_cap = sizeof(kept);
	p->rcfg.rdt_exponent = 10; /* 1,024 us */
	p->rcfg.rdt_factor = 4;
	return p;
}

static void nothing_waits(const struct pair *p)
{
	static const uint8_t zero[sizeof(p->rsp.wait.nonce)];

	assert_false(p->rsp.wait.waits);
	assert_int_equal(p->rsp.wait.dh.n, 0);
	assert_memory_equal(p->rsp.wait.nonce, zero, sizeof(zero));
	for (size_t i = 0; i < sizeof(kept); i++)
		assert_int_equal(kept[i], 0);
}

/* Runs @op while the key is slow for @turns messages. */
static enum il_err slowly(struct pair *p, enum spdm_req_op op,
			  const struct spdm_req_args *a, unsigned turns)
{
	enum il_err err = spdm_req_begin(&p->req, op, a);

	assert_int_equal(err, IL_OK);
	do {
		p->sign_err = turns ? IL_E_AGAIN : IL_OK;
		p->vendor_err = p->sign_err;
		turns -= turns != 0;
		err = pair_exchange(p);
	} while (err == IL_E_AGAIN);
	return err;
}

static void slow_work_is_asked_for_until_it_is_done(void **unused)
{
	const struct spdm_req_args all = { .summary = SPDM_SUMMARY_ALL };
	const struct spdm_req_args meas = { .index = SPDM_MEAS_ALL,
					    .sign = true };
	const struct spdm_req_args load = {
		.vdm = { SPDM_STD_PCISIG,
			 { (const uint8_t *)"\x01\x00", 2 },
			 { (const uint8_t *)"\x07", 1 } },
	};

	(void)unused;
	for (unsigned turns = 0; turns < 4; turns++) {
		struct pair *p = slow();

		pair_start(p);
		pair_connect(p);
		assert_int_equal(slowly(p, SPDM_OP_CHALLENGE, &all, turns),
				 IL_OK);
		nothing_waits(p);
		assert_int_equal(slowly(p, SPDM_OP_MEASURE, &meas, turns),
				 IL_OK);
		assert_int_equal(slowly(p, SPDM_OP_SESSION, &all, turns),
				 IL_OK);
		nothing_waits(p);
		assert_int_equal(slowly(p, SPDM_OP_MEASURE, &meas, turns),
				 IL_OK);
		assert_int_equal(slowly(p, SPDM_OP_VENDOR, &load, turns),
				 IL_OK);
		assert_int_equal(p->vendor_calls, turns + 1);
		nothing_waits(p);
		assert_int_equal(slowly(p, SPDM_OP_END_SESSION, NULL, 0),
				 IL_OK);
		pair_free(p);
	}
}

/* The requester waits as long as it was told, and not for ever. */
static void the_requester_waits_and_gives_up(void **unused)
{
	(void)unused;
	struct pair *p = slow();

	p->qcfg.ready_tries = 3;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_CHALLENGE, NULL),
			 IL_OK);
	assert_int_equal(spdm_req_not_before(&p->req), 0);
	p->sign_err = IL_E_AGAIN;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(pair_exchange(p), IL_E_AGAIN);
		assert_int_equal(p->out[1], 0x7f);
		assert_int_equal(p->out[2], 0x42);
		assert_int_equal(p->out_len, 8);
		assert_int_equal(p->out[4], 10);
		assert_int_equal(p->out[5], 0x83);
		assert_int_equal(p->out[7], 4);
		assert_int_equal(spdm_req_not_before(&p->req),
				 p->now_ns + 1024000);
	}
	assert_int_equal(pair_exchange(p), IL_E_TIMEOUT);
	assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
	assert_true(spdm_req_sane(&p->req));
	pair_free(p);
}

/* What is signed in the end is what was to be signed first. */
static void the_port_is_asked_for_one_signature(void **unused)
{
	uint8_t first[SPDM_NONCE_LEN];

	(void)unused;
	struct pair *p = slow();

	pair_start(p);
	pair_connect(p);
	p->sign_err = IL_E_AGAIN;
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_CHALLENGE, NULL),
			 IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	memcpy(first, p->rsp.wait.nonce, sizeof(first));
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	assert_memory_equal(first, p->rsp.wait.nonce, sizeof(first));
	p->sign_err = IL_OK;
	assert_int_equal(pair_exchange(p), IL_OK);
	assert_memory_equal(p->out + 4 + 48, first, sizeof(first));
	nothing_waits(p);
	pair_free(p);
}

/* CHALLENGE is not ready; its token. */
static uint8_t leave(struct pair *p)
{
	uint8_t m[36] = { 0x12, 0x83 };

	p->sign_err = IL_E_AGAIN;
	assert_int_equal(pair_send(p, SPDM_PLAIN, m, sizeof(m)),
			 SPDM_ERR_RESPONSE_NOT_READY);
	return p->out[6];
}

static int ask(struct pair *p, uint8_t code, uint8_t token)
{
	const uint8_t m[4] = { 0x12, 0xff, code, token };

	return pair_send(p, SPDM_PLAIN, m, 4);
}

static void only_the_token_and_the_code_get_the_answer(void **unused)
{
	(void)unused;
	struct pair *p = slow();

	pair_start(p);
	pair_connect(p);
	assert_int_equal(ask(p, 0x83, 0), SPDM_ERR_UNEXPECTED_REQUEST);
	const uint8_t t = leave(p);

	assert_int_equal(ask(p, 0x83, (uint8_t)(t + 1)),
			 SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(ask(p, 0xe0, t), SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(ask(p, 0xff, t), SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(ask(p, 0x83, t), SPDM_ERR_RESPONSE_NOT_READY);
	assert_int_equal(p->out[6], t);
	p->sign_err = IL_OK;
	assert_int_equal(ask(p, 0x83, t), 0);
	assert_int_equal(p->out[1], 0x03);
	/* Once. */
	assert_int_equal(ask(p, 0x83, t), SPDM_ERR_UNEXPECTED_REQUEST);
	nothing_waits(p);
	/* The next has another token. */
	assert_int_not_equal(leave(p), t);
	pair_free(p);
}

static void others_are_told_busy_meanwhile(void **unused)
{
	static const uint8_t digests[4] = { 0x12, 0x81 };
	static const uint8_t version[4] = { 0x10, 0x84 };
	uint8_t challenge[36] = { 0x12, 0x83 };

	(void)unused;
	struct pair *p = slow();

	pair_start(p);
	pair_connect(p);
	const uint8_t t = leave(p);

	assert_int_equal(pair_send(p, SPDM_PLAIN, digests, 4), SPDM_ERR_BUSY);
	assert_int_equal(pair_send(p, SPDM_PLAIN, challenge, 36),
			 SPDM_ERR_BUSY);
	p->sign_err = IL_OK;
	assert_int_equal(ask(p, 0x83, t), 0);
	assert_int_equal(pair_send(p, SPDM_PLAIN, digests, 4), 0);
	(void)leave(p);
	assert_int_equal(pair_send(p, SPDM_PLAIN, version, 4), 0);
	nothing_waits(p);
	pair_free(p);
}

/* RDT times RDTM is how long it is kept: 4,096 us. */
static void what_nobody_asks_for_is_lost(void **unused)
{
	(void)unused;
	struct pair *p = slow();

	pair_start(p);
	pair_connect(p);
	const uint8_t t = leave(p);

	assert_int_equal(spdm_rsp_tick(&p->rsp, p->now_ns),
			 p->now_ns + 4096000);
	p->now_ns += 4096001;
	assert_int_equal(ask(p, 0x83, t), SPDM_ERR_MESSAGE_LOST);
	nothing_waits(p);
	assert_int_equal(ask(p, 0x83, (uint8_t)(t + 1)),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	pair_free(p);
}

/* A session's request is its own. */
static void a_session_asks_for_its_own(void **unused)
{
	static const uint8_t meas[37] = { 0x12, 0xe0, 1, 0xff };
	uint8_t again[4] = { 0x12, 0xff, 0xe0, 0 };

	(void)unused;
	struct pair *p = slow();

	pair_start(p);
	pair_session(p);
	p->sign_err = IL_E_AGAIN;
	assert_int_equal(pair_send_secured(p, meas, sizeof(meas)),
			 SPDM_ERR_RESPONSE_NOT_READY);
	assert_int_equal(p->rsp.wait.ctx, p->req.session_id);
	again[3] = p->rsp.wait.token;
	assert_int_equal(pair_send(p, SPDM_PLAIN, again, 4),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	/* One at a time: another's slow work is put off. */
	uint8_t challenge[36] = { 0x12, 0x83 };

	assert_int_equal(pair_send(p, SPDM_PLAIN, challenge, 36),
			 SPDM_ERR_BUSY);
	assert_true(p->rsp.wait.waits);
	p->sign_err = IL_OK;
	assert_int_equal(pair_send_secured(p, again, 4), 0);
	nothing_waits(p);
	p->sign_err = IL_E_AGAIN;
	assert_int_equal(pair_send_secured(p, meas, sizeof(meas)),
			 SPDM_ERR_RESPONSE_NOT_READY);
	assert_true(spdm_rsp_end(&p->rsp, p->req.session_id));
	nothing_waits(p);
	pair_free(p);
}

/* A large request that waits stays where its chunks came together. */
static void a_large_request_may_wait(void **unused)
{
	static uint8_t rl[8192], ql[8192], load[3000];
	const struct spdm_req_args a = {
		.vdm = { SPDM_STD_PCISIG,
			 { (const uint8_t *)"\x01\x00", 2 },
			 { load, sizeof(load) } },
	};

	(void)unused;
	struct pair *p = slow();

	p->rcfg.caps |= SPDM_CAP_CHUNK;
	p->qcfg.caps |= SPDM_CAP_CHUNK;
	p->rcfg.large = rl;
	p->qcfg.large = ql;
	p->rcfg.large_cap = p->qcfg.large_cap = sizeof(rl);
	p->rcfg.transfer = p->qcfg.transfer = 512;
	pair_start(p);
	pair_session(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_VENDOR, &a), IL_OK);
	p->vendor_err = IL_E_AGAIN;
	while (p->req.carry.state != SPDM_CARRY_ASK)
		assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	assert_int_equal(p->rsp.large.state, SPDM_LARGE_HELD);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	p->vendor_err = IL_OK;
	enum il_err err;

	do
		err = pair_exchange(p);
	while (err == IL_E_AGAIN);
	assert_int_equal(err, IL_OK);
	assert_int_equal(spdm_req_answer(&p->req)->payload.n, sizeof(load));
	assert_int_equal(p->rsp.large.state, SPDM_LARGE_NONE);
	for (size_t i = 0; i < sizeof(rl); i++)
		assert_int_equal(rl[i], 0);
	nothing_waits(p);
	pair_free(p);
}

/* --- the requester --- */

static enum il_err told(struct pair *p, const void *m, size_t n)
{
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_CHALLENGE, NULL),
			 IL_OK);
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	enum il_err err = spdm_req_push(&p->req, SPDM_PLAIN, m, n, p->now_ns);

	spdm_req_abort(&p->req);
	return err;
}

static void odd_not_ready_is_refused(void **unused)
{
	(void)unused;
	struct pair *p = slow();

	pair_start(p);
	pair_connect(p);
	assert_int_equal(told(p, "\x12\x7f\x42\0\x0a\x83\1\4", 8), IL_E_AGAIN);
	assert_int_equal(told(p, "\x12\x7f\x42\0\x0a\xe0\1\4", 8), IL_E_FIELD);
	assert_int_equal(told(p, "\x12\x7f\x42\0\x0a\x83\1\1", 8), IL_E_FIELD);
	assert_int_equal(told(p, "\x12\x7f\x42\0\x19\x83\1\4", 8), IL_E_FIELD);
	assert_int_equal(told(p, "\x12\x7f\x42\0\x0a\x83\1", 7), IL_E_SHORT);
	/* By a version that was not agreed on, nothing is put off. */
	assert_int_equal(told(p, "\x10\x7f\x42\0\x0a\x83\1\4", 8), IL_E_PEER);
	assert_int_equal(told(p, "\x10\x7f\x03\0", 4), IL_E_PEER);
	/* Chunks were not agreed on. */
	assert_int_equal(told(p, "\x12\x7f\x0f\0\1", 5), IL_E_FIELD);
	pair_free(p);
}

static void a_busy_peer_is_asked_again(void **unused)
{
	static const uint8_t busy[4] = { 0x12, 0x7f, 3, 0 };

	(void)unused;
	for (unsigned tries = 0; tries < 4; tries++) {
		struct pair *p = slow();

		p->qcfg.busy_tries = 2;
		pair_start(p);
		pair_connect(p);
		assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL),
				 IL_OK);
		for (unsigned i = 0; i < tries; i++) {
			assert_int_equal(spdm_req_pull(&p->req, p->in,
						       sizeof(p->in),
						       &p->in_len, &p->in_kind),
					 IL_OK);
			assert_int_equal(spdm_req_push(&p->req, SPDM_PLAIN,
						       busy, 4, p->now_ns),
					 i < 2 ? IL_E_AGAIN : IL_E_PEER);
			if (i < 2)
				assert_int_equal(spdm_req_not_before(&p->req),
						 p->now_ns + (1000000 << i));
		}
		if (tries < 3) {
			assert_int_equal(pair_exchange(p), IL_E_AGAIN);
			assert_int_equal(pair_exchange(p), IL_OK);
		}
		assert_true(spdm_req_sane(&p->req));
		pair_free(p);
	}
}

/* The peer has forgotten all that was agreed. */
static void resynch_begins_anew(void **unused)
{
	(void)unused;
	struct pair *p = slow();

	pair_start(p);
	pair_connect(p);
	assert_int_equal(told(p, "\x12\x7f\x43\0", 4), IL_E_PEER);
	assert_int_equal(p->req.state, SPDM_REQ_NEW);
	pair_connect(p);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slow_work_is_asked_for_until_it_is_done),
		cmocka_unit_test(the_requester_waits_and_gives_up),
		cmocka_unit_test(the_port_is_asked_for_one_signature),
		cmocka_unit_test(only_the_token_and_the_code_get_the_answer),
		cmocka_unit_test(others_are_told_busy_meanwhile),
		cmocka_unit_test(what_nobody_asks_for_is_lost),
		cmocka_unit_test(a_session_asks_for_its_own),
		cmocka_unit_test(a_large_request_may_wait),
		cmocka_unit_test(odd_not_ready_is_refused),
		cmocka_unit_test(a_busy_peer_is_asked_again),
		cmocka_unit_test(resynch_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
