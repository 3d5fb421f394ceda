/* SPDX-License-Identifier: BSD-2-Clause */
#include "large_rig.h"

/*
 * What only shows at an edge: transcripts after an ERROR, numbers near their
 * end, carriers before and inside of a handshake, slow measurements.
 */

static uint8_t kept[PAIR_TRANSFER];

/* --- L1/L2 --- */

static enum il_err measure(struct pair *p, uint8_t index, bool sign)
{
	const struct spdm_req_args a = { .index = index, .sign = sign };

	return pair_run(p, SPDM_OP_MEASURE, &a);
}

/* What was signed is one request and its answer: 37 bytes of the one. */
static void signed_alone(struct pair *p)
{
	assert_int_equal(measure(p, SPDM_MEAS_COUNT, true), IL_OK);
	/* header, number and length of blocks, nonce, no opaque data */
	assert_int_equal(spdm_req_meas_bytes(&p->req).n, 37 + 8 + 32 + 2);
}

/* DSP0274 1.0.1, section 4.11.2.1: any other message begins them anew. */
static void an_error_begins_l1_l2_anew_at_both_ends(void **unused)
{
	static const uint8_t odd[][8] = {
		{ 0x12, 0xe0, 0, 200 },		  /* no such measurement */
		{ 0x12, 0xe0, 0, 1, 9 },	  /* a byte too much */
		{ 0x13, 0xe0, 0, 1 },		  /* another version */
		{ 0x12, 0x82, 5, 0, 0, 0, 9, 0 }, /* no such slot */
		{ 0x12, 0x99, 0, 0 },		  /* nothing */
	};
	static const uint8_t len[] = { 4, 5, 4, 8, 4 };

	(void)unused;
	for (unsigned i = 0; i < 2 * COUNT(odd); i++) {
		struct pair *p = pair_new(CRYPTO_P384);
		const uint8_t *m = odd[i / 2];
		const struct crypto_slot *l12;

		pair_start(p);
		pair_connect(p);
		if (i & 1)
			assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL),
					 IL_OK);
		l12 = i & 1 ? &p->rsp.cfg.ses[0].l12 : &p->rsp.tr.l12;
		assert_int_equal(measure(p, 1, false), IL_OK);
		assert_int_not_equal(l12->n, 0);
		assert_int_not_equal(
			i & 1 ? pair_send_secured(p, m, len[i / 2])
			      : pair_send(p, SPDM_PLAIN, m, len[i / 2]),
			0);
		assert_int_equal(l12->n, 0);
		pair_free(p);
	}
}

static void a_requester_that_is_refused_begins_anew(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 3; i++) {
		const struct spdm_req_args none = { .summary = 0 };
		struct pair *p = pair_new(CRYPTO_P384);

		pair_start(p);
		pair_connect(p);
		if (i & 1)
			assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL),
					 IL_OK);
		assert_int_equal(measure(p, 1, false), IL_OK);
		if (i < 2) {
			assert_int_equal(measure(p, 200, false), IL_E_PEER);
			signed_alone(p);
		} else {
			p->sign_err = IL_E_IO;
			assert_int_equal(pair_run(p, SPDM_OP_CHALLENGE, &none),
					 IL_E_PEER);
			p->sign_err = IL_OK;
			signed_alone(p);
		}
		pair_free(p);
	}
}

/* Put off is not refused: what came before is signed with it. */
static void what_is_put_off_leaves_l1_l2(void **unused)
{
	const struct spdm_req_args a = { .index = 1, .sign = true };

	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	p->rcfg.kept = kept;
	p->rcfg.kept_cap = sizeof(kept);
	p->rcfg.rdt_exponent = 10;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(measure(p, 1, false), IL_OK);
	const size_t first = spdm_req_meas_bytes(&p->req).n;

	p->sign_err = IL_E_AGAIN;
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_MEASURE, &a), IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	assert_int_equal(p->out[2], SPDM_ERR_RESPONSE_NOT_READY);
	p->sign_err = IL_OK;
	assert_int_equal(pair_exchange(p), IL_OK);
	assert_true(spdm_req_meas_bytes(&p->req).n > first + 37);
	pair_free(p);
}

/* What DIGESTS and CERTIFICATE brought to M1/M2 does not outlive a reset. */
static void a_reset_begins_m1_m2_anew(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	p->rcfg.caps |= SPDM_CAP_CACHE;
	pair_start(p);
	pair_connect(p);
	assert_int_not_equal(p->rsp.tr.m12.n, 0);
	spdm_rsp_reset(&p->rsp);
	spdm_req_reset(&p->req);
	assert_int_equal(p->rsp.phase, SPDM_PH_READY);
	assert_int_equal(p->rsp.tr.m12.n, 0);
	assert_int_equal(pair_run(p, SPDM_OP_CHALLENGE, NULL), IL_OK);
	pair_free(p);
}

/* --- numbers near their end --- */

static enum il_err update(struct pair *p, uint8_t how)
{
	const struct spdm_req_args a = { .update = how };

	return pair_run(p, SPDM_OP_KEY_UPDATE, &a);
}

static struct pair *counted(uint64_t limit)
{
	struct pair *p = pair_new(CRYPTO_P384);

	p->rcfg.seq_limit = p->qcfg.seq_limit = limit;
	pair_start(p);
	pair_session(p);
	return p;
}

static void beat(struct pair *p, unsigned n)
{
	while (n-- > 0)
		assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL), IL_OK);
}

/* Six numbers a key; the last of them may say that there is a new one. */
static void new_keys_count_from_zero(void **unused)
{
	(void)unused;
	struct pair *p = counted(6);

	for (unsigned i = 0; i < 12; i++) {
		/* An acknowledgement came under the new key, so that theirs
		 * is at its end first. */
		beat(p, i ? 3 : 5);
		assert_int_equal(p->rsp.cfg.ses[0].ch[SPDM_DIR_RSP].seq, 5);
		assert_int_equal(update(p, SPDM_UPDATE_ALL_KEYS), IL_OK);
		/* VerifyNewKey was the first. */
		assert_int_equal(p->req.ch[SPDM_DIR_REQ].seq, 1);
		assert_int_equal(p->req.ch[SPDM_DIR_RSP].seq, 2);
		assert_int_equal(p->rsp.cfg.ses[0].ch[SPDM_DIR_REQ].seq, 1);
		assert_int_equal(p->rsp.cfg.ses[0].ch[SPDM_DIR_RSP].seq, 2);
	}
	pair_free(p);
}

/* UpdateKey renews one direction: the other runs out all the same. */
static void a_key_that_was_not_updated_runs_out(void **unused)
{
	(void)unused;
	struct pair *p = counted(6);

	beat(p, 5);
	assert_int_equal(update(p, SPDM_UPDATE_KEY), IL_E_TIMEOUT);
	assert_int_equal(p->ended, 1);
	assert_int_equal(p->ended_why, SPDM_END_EXHAUSTED);
	spdm_req_abort(&p->req);
	assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
	pair_free(p);
	p = counted(6);
	beat(p, 3);
	assert_int_equal(update(p, SPDM_UPDATE_KEY), IL_OK);
	assert_int_equal(p->req.ch[SPDM_DIR_REQ].seq, 1);
	assert_int_equal(p->req.ch[SPDM_DIR_RSP].seq, 5);
	beat(p, 1);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_HEARTBEAT, NULL),
			 IL_E_STATE);
	assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
	pair_free(p);
}

/* --- carriers --- */

/* GET_CAPABILITIES of 1.3 that wants the algorithms; 42 bytes at once. */
static void a_list_of_algorithms_may_come_in_chunks(void **unused)
{
	static const uint8_t version[4] = { 0x10, 0x84 };
	static const uint8_t caps[20] = {
		0x13, 0xe1, 1,	0, 0, 0, 0,  0, 0, 0,
		2,    0,    42, 0, 0, 0, 64, 0, 0, 0
	};
	uint8_t get[6] = { 0x13, 0x86 };
	uint8_t whole[200];
	size_t at = 0;

	(void)unused;
	struct pair *p = large_pair_by(42, 0x13);

	pair_start(p);
	assert_int_equal(pair_send(p, SPDM_PLAIN, version, 4), 0);
	assert_int_equal(pair_send(p, SPDM_PLAIN, caps, 20),
			 SPDM_ERR_LARGE_RESPONSE);
	assert_int_equal(p->out[0], 0x13);
	get[3] = p->out[4];
	do {
		const size_t head = at ? 12 : 16;

		assert_int_equal(pair_send(p, SPDM_PLAIN, get, 6), 0);
		assert_true(p->out_len <= 42);
		memcpy(whole + at, p->out + head, p->out_len - head);
		at += p->out_len - head;
		get[4]++;
	} while (!(p->out[2] & 1));
	assert_int_equal(whole[1], 0x61);
	assert_int_equal(whole[2], 1);
	/* 64 bytes are the most that it takes: the list has to fit. */
	assert_true(at <= 64);
	assert_int_equal(p->rsp.phase, SPDM_PH_CAPS);
	pair_free(p);
}

/* MaxSPDMmsgSize counts too, and a refusal agrees on nothing. */
static void a_list_that_is_too_long_is_refused(void **unused)
{
	static const uint8_t version[4] = { 0x10, 0x84 };
	uint8_t caps[20] = { 0x13, 0xe1, 1,  0, 0, 0, 0,  0, 0, 0,
			     2,	   0,	 42, 0, 0, 0, 50, 0, 0, 0 };

	(void)unused;
	struct pair *p = large_pair_by(42, 0x13);

	pair_start(p);
	assert_int_equal(pair_send(p, SPDM_PLAIN, version, 4), 0);
	assert_int_equal(pair_send(p, SPDM_PLAIN, caps, 20),
			 SPDM_ERR_RESPONSE_TOO_LARGE);
	assert_int_equal(p->rsp.phase, SPDM_PH_VERSION);
	assert_int_equal(p->rsp.version, 0);
	assert_int_equal(p->rsp.peer_transfer, 0);
	caps[2] = 0;
	assert_int_equal(pair_send(p, SPDM_PLAIN, caps, 20), 0);
	pair_free(p);
}

/* DELIVER_ENCAPSULATED_RESPONSE with a chain in it is a large message. */
static void a_requester_proves_itself_in_chunks(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 6; i++) {
		struct pair *p = large_pair_by(42, i < 3 ? 0x12 : 0x14);

		pair_mutual(p,
			    i % 3 ? SPDM_MUT_AUTH_ENCAP : SPDM_MUT_AUTH_DIGESTS,
			    0);
		if (i % 3 == 2) {
			p->rcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
			p->qcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
		}
		pair_start(p);
		pair_session(p);
		assert_int_equal(p->trusted, 1);
		beat(p, 1);
		pair_free(p);
	}
}

/* The longest GET_ENDPOINT_INFO there is: 40 bytes, with a nonce. */
static void stretch(struct pair *p, struct spdm_msg *m)
{
	static uint8_t ask[40] = { 0x13, 0x87, 1, 0, 1 };

	(void)p;
	m->u.encap.inner = (struct spdm_span){ ask, sizeof(ask) };
}

/* What the responder asks may be a large message, too: the answer stands in
 * the requester's buffers and nowhere else. */
static void what_is_asked_may_come_in_chunks(void **unused)
{
	(void)unused;
	struct pair *p = large_pair_by(42, 0x13);

	pair_mutual(p, 0, 0);
	p->qcfg.caps |= SPDM_CAP_EP_INFO_SIG;
	pair_start(p);
	pair_session(p);
	assert_int_equal(spdm_rsp_ask(&p->rsp, SPDM_ASK_ENDPOINT_INFO,
				      p->req.session_id),
			 IL_OK);
	p->change = stretch;
	p->change_code = 0x6a;
	/* It is answered, signed, and not what was to be asked. */
	assert_int_equal(pair_run(p, SPDM_OP_ENCAP, NULL), IL_E_PEER);
	assert_int_equal(p->signs, 1);
	assert_int_equal(p->changed, 1);
	pair_free(p);
}

/* Looking the chain over takes its time. */
static void trust_may_be_waited_for(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		struct pair *p = pair_new(CRYPTO_P384);
		enum il_err err;

		pair_mutual(p, SPDM_MUT_AUTH_ENCAP, 0);
		p->rcfg.kept = kept;
		p->rcfg.kept_cap = sizeof(kept);
		p->rcfg.rdt_exponent = 10;
		if (i) {
			p->rcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
			p->qcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
		}
		pair_start(p);
		pair_connect(p);
		assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL),
				 IL_OK);
		p->trust_err = IL_E_AGAIN;
		do {
			err = pair_exchange(p);
			if (p->trusted > 2)
				p->trust_err = IL_OK;
		} while (err == IL_E_AGAIN);
		assert_int_equal(err, IL_OK);
		assert_int_equal(p->trusted, 4);
		pair_free(p);
	}
}

/*
 * A large request of nobody's session waits where its chunks came together. A
 * session that needs the place gets it, and what waited there is lost: it is
 * not answered with the other's bytes.
 */
static void a_large_request_that_waits_makes_room(void **unused)
{
	static uint8_t load[3000];
	const struct spdm_req_args a = {
		.vdm = { SPDM_STD_PCISIG,
			 { (const uint8_t *)"\x01\x00", 2 },
			 { load, sizeof(load) } },
	};
	/* CXL's, 100 bytes, in two chunks of 50 */
	uint8_t first[66] = { 0x12, 0x85, 0, 9,	  0, 0,	   0,	 0,    50,
			      0,    0,	  0, 100, 0, 0,	   0,	 0x12, 0xfe,
			      0,    0,	  3, 0,	  2, 0x98, 0x1e, 89 };
	uint8_t last[62] = { 0x12, 0x85, 1, 9, 1, 0, 0, 0, 50 };
	uint8_t again[4] = { 0x12, 0xff, 0xfe, 0 };

	(void)unused;
	struct pair *p = large_pair_by(512, 0x12);

	p->rcfg.kept = kept;
	p->rcfg.kept_cap = sizeof(kept);
	p->rcfg.rdt_exponent = 20;
	pair_start(p);
	pair_session(p);
	p->vendor_err = IL_E_AGAIN;
	(void)pair_send(p, SPDM_PLAIN, first, sizeof(first));
	(void)pair_send(p, SPDM_PLAIN, last, sizeof(last));
	assert_int_equal(p->out[1], 0x05);
	assert_int_equal(p->out[8], SPDM_ERR_RESPONSE_NOT_READY);
	again[3] = p->out[12];
	assert_int_equal(p->rsp.large.state, SPDM_LARGE_HELD);
	p->vendor_err = IL_OK;
	assert_int_equal(pair_run(p, SPDM_OP_VENDOR, &a), IL_OK);
	assert_int_equal(pair_send(p, SPDM_PLAIN, again, 4),
			 SPDM_ERR_MESSAGE_LOST);
	assert_int_equal(p->rsp.large.state, SPDM_LARGE_NONE);
	pair_free(p);
}

/* --- slow measurements --- */

static unsigned slow, asked[SPDM_MEAS_ALL];
static enum il_err (*quick)(void *, uint8_t, struct spdm_measurement *);

/* Index 2 needs @slow questions. */
static enum il_err slow_measure(void *ctx, uint8_t index,
				struct spdm_measurement *out)
{
	asked[index]++;
	if (index == 2 && slow) {
		slow--;
		return IL_E_AGAIN;
	}
	return quick(ctx, index, out);
}

static void measuring_may_be_waited_for(void **unused)
{
	const struct spdm_req_args all = { .summary = SPDM_SUMMARY_ALL,
					   .index = SPDM_MEAS_ALL,
					   .sign = true };
	static const enum spdm_req_op ops[] = { SPDM_OP_CHALLENGE,
						SPDM_OP_MEASURE,
						SPDM_OP_SESSION,
						SPDM_OP_MEASURE };
	struct spdm_rsp_port port;

	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	port = *p->rcfg.port;
	quick = port.measure;
	port.measure = slow_measure;
	p->rcfg.port = &port;
	p->rcfg.kept = kept;
	p->rcfg.kept_cap = sizeof(kept);
	p->rcfg.rdt_exponent = 10;
	pair_start(p);
	pair_connect(p);
	for (unsigned i = 0; i < COUNT(ops); i++) {
		memset(asked, 0, sizeof(asked));
		slow = 3;
		assert_int_equal(pair_run(p, ops[i], &all), IL_OK);
		assert_int_equal(slow, 0);
		assert_int_equal(asked[2], 4);
		/* Those behind it are not asked in vain. */
		assert_int_equal(asked[3], 1);
	}
	pair_free(p);
}

/* --- records --- */

/* As long an answer as there is room for, and a byte more. */
static enum il_err too_long(void *ctx, uint32_t session_id,
			    const struct spdm_vdm *in, uint8_t *out, size_t cap,
			    size_t *len)
{
	const size_t n = 65530;

	(void)ctx;
	(void)session_id;
	(void)in;
	if (n <= cap)
		memset(out, 0, n);
	*len = n;
	return IL_OK;
}

/* A record's length has 16 bits, whatever the peer says that it takes. */
static void an_answer_above_a_record_ends_no_session(void **unused)
{
	static uint8_t room[140000], peer[70100], out[70100];
	const uint8_t id[2] = { 1, 0 };
	const struct spdm_req_args a = {
		.vdm = { SPDM_STD_PCISIG, { id, 2 }, { id, 2 } },
	};
	const struct spdm_rsp_up up = { .vendor = too_long };

	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	p->rcfg.up = &up;
	p->rcfg.scratch = room;
	p->rcfg.scratch_len = sizeof(room);
	p->qcfg.transfer = 70000;
	p->qcfg.scratch = peer;
	p->qcfg.scratch_len = sizeof(peer);
	pair_start(p);
	pair_session(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_VENDOR, &a), IL_OK);
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	assert_int_equal(spdm_rsp_handle(&p->rsp, p->in_kind, p->in, p->in_len,
					 out, sizeof(out), &p->out_len,
					 &p->out_kind, p->now_ns),
			 IL_OK);
	assert_int_equal(
		spdm_req_push(&p->req, p->out_kind, out, p->out_len, p->now_ns),
		IL_E_PEER);
	assert_int_equal(p->ended, 0);
	beat(p, 1);
	pair_free(p);
}

/* --- what a version does not know --- */

/* Codes from 0x0b on are reserved before 1.2. */
static void errors_are_those_of_the_version(void **unused)
{
	static const uint8_t get[8] = { 0x11, 0x82, 0, 0, 0, 0, 0, 2 };

	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	p->rcfg.versions[0] = 0x11;
	p->rcfg.longest = 64;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(pair_send(p, SPDM_PLAIN, get, 8), 0);
	assert_int_equal(p->out_len, 64);
	assert_int_equal(
		pair_send(p, SPDM_PLAIN, (const uint8_t *)"\x11\x81\0\0", 4),
		0);
	uint8_t challenge[36] = { 0x11, 0x83 };

	assert_int_equal(pair_send(p, SPDM_PLAIN, challenge, 36),
			 SPDM_ERR_UNSPECIFIED);
	assert_int_equal(p->out_len, 4);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_begins_l1_l2_anew_at_both_ends),
		cmocka_unit_test(a_requester_that_is_refused_begins_anew),
		cmocka_unit_test(what_is_put_off_leaves_l1_l2),
		cmocka_unit_test(new_keys_count_from_zero),
		cmocka_unit_test(a_key_that_was_not_updated_runs_out),
		cmocka_unit_test(a_list_of_algorithms_may_come_in_chunks),
		cmocka_unit_test(a_list_that_is_too_long_is_refused),
		cmocka_unit_test(a_requester_proves_itself_in_chunks),
		cmocka_unit_test(what_is_asked_may_come_in_chunks),
		cmocka_unit_test(trust_may_be_waited_for),
		cmocka_unit_test(a_large_request_that_waits_makes_room),
		cmocka_unit_test(measuring_may_be_waited_for),
		cmocka_unit_test(a_reset_begins_m1_m2_anew),
		cmocka_unit_test(an_answer_above_a_record_ends_no_session),
		cmocka_unit_test(errors_are_those_of_the_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
