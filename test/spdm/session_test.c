/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

#include "mctp/mctp.h"

/* Our requester against our responder, from GET_VERSION to END_SESSION. */

static void vendor_echo(struct pair *p, uint16_t standard, uint16_t vid)
{
	const uint8_t id[2] = { (uint8_t)vid, (uint8_t)(vid >> 8) };
	const uint8_t load[5] = { 1, 2, 3, 4, 5 };
	const uint8_t want[5] = { 2, 3, 4, 5, 6 };
	const struct spdm_req_args a = {
		.vdm = { standard, { id, 2 }, { load, 5 } },
	};

	assert_int_equal(pair_run(p, SPDM_OP_VENDOR, &a), IL_OK);
	assert_int_equal(spdm_req_answer(&p->req)->payload.n, 5);
	assert_memory_equal(spdm_req_answer(&p->req)->payload.p, want, 5);
}

/* A version number is of a type that 1.2 brought: before it is not told. */
static void measure_both_ways(struct pair *p)
{
	const bool newer = p->qcfg.versions[0] >= SPDM_V12;
	struct spdm_req_args a = { .index = SPDM_MEAS_COUNT };

	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_OK);
	assert_int_equal(p->req.meas_count, newer ? 3 : 2);
	a.index = 1;
	a.raw = true;
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_OK);
	assert_int_equal(p->req.meas_count, 1);
	assert_int_equal(spdm_req_record(&p->req).n, 7 + 64);
	a.index = SPDM_MEAS_ALL;
	a.raw = false;
	a.sign = true;
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_OK);
	assert_int_equal(p->req.meas_count, newer ? 3 : 2);
	assert_int_equal(spdm_req_record(&p->req).n,
			 2 * 7 + 48 + 48 + (newer ? 7 + 8 : 0));
	assert_true(spdm_req_meas_sig(&p->req).n != 0);
	/* Signed again at once: a new L1/L2. */
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_OK);
}

static void whole_life(struct pair *p)
{
	const struct spdm_req_args all = { .summary = SPDM_SUMMARY_ALL };
	struct spdm_req_args upd = { .update = SPDM_UPDATE_KEY };

	pair_start(p);
	pair_connect(p);
	assert_int_equal(spdm_req_certs(&p->req).n, p->maker.certs_len);
	assert_memory_equal(spdm_req_certs(&p->req).p, p->maker.certs,
			    p->maker.certs_len);
	assert_int_equal(pair_run(p, SPDM_OP_CHALLENGE, &all), IL_OK);
	measure_both_ways(p);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, &all), IL_OK);
	assert_true(spdm_rsp_session_open(&p->rsp, p->req.session_id));
	assert_memory_equal(p->req.keys.data_dir,
			    p->rsp.cfg.ses[0].keys.data_dir,
			    sizeof(p->req.keys.data_dir));
	assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL), IL_OK);
	measure_both_ways(p);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(pair_run(p, SPDM_OP_KEY_UPDATE, &upd), IL_OK);
		vendor_echo(p, SPDM_STD_PCISIG, SPDM_VID_PCISIG);
		upd.update = SPDM_UPDATE_ALL_KEYS;
	}
	vendor_echo(p, SPDM_STD_PCISIG, SPDM_VID_CXL);
	assert_int_equal(p->ended, 0);

	const uint32_t id = p->req.session_id;

	assert_int_equal(pair_run(p, SPDM_OP_END_SESSION, NULL), IL_OK);
	assert_int_equal(p->ended, 1);
	assert_int_equal(p->ended_id, id);
	assert_int_equal(p->ended_why, SPDM_END_REQUESTED);
	assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
	/* And again, on the same connection. */
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_not_equal(p->req.session_id, id);
	vendor_echo(p, SPDM_STD_PCISIG, SPDM_VID_PCISIG);
	pair_free(p);
}

/*
 * The longest request there is stays whole while the answer to it is written,
 * where that cannot go straight into the caller's buffer.
 */
static void the_longest_request_is_whole_while_it_is_answered(void **unused)
{
	static uint8_t load[PAIR_TRANSFER], scratch[3 * PAIR_TRANSFER];
	const uint8_t id[2] = { 1, 0 };
	struct pair *p = pair_new(CRYPTO_P256);
	struct spdm_req_args a = {
		.vdm = { SPDM_STD_PCISIG, { id, 2 }, { load, 0 } },
	};

	(void)unused;
	a.vdm.payload.n = PAIR_TRANSFER - 4 - 2 - 1 - 2 - 2;
	for (size_t i = 0; i < a.vdm.payload.n; i++)
		load[i] = (uint8_t)(i * 7 + 3);
	p->rcfg.tap = NULL;
	p->rcfg.scratch = scratch;
	p->rcfg.scratch_len = sizeof(scratch);
	pair_start(p);
	pair_session(p);
	assert_int_equal(pair_run(p, SPDM_OP_VENDOR, &a), IL_OK);
	assert_int_equal(p->in_len, PAIR_TRANSFER + SPDM_SECURED_OVER);
	assert_int_equal(spdm_req_answer(&p->req)->payload.n, a.vdm.payload.n);
	for (size_t i = 0; i < a.vdm.payload.n; i++)
		assert_int_equal(spdm_req_answer(&p->req)->payload.p[i],
				 (uint8_t)(load[i] + 1));
	pair_free(p);
}

/* The longest answer there is fits the least room for plaintext. */
static void the_longest_answer_fits_the_least_scratch_buffer(void **unused)
{
	static uint8_t load[PAIR_TRANSFER], scratch[3 * PAIR_TRANSFER];
	const uint8_t id[2] = { 1, 0 };
	struct spdm_req_args a = {
		.vdm = { SPDM_STD_PCISIG, { id, 2 }, { load, 0 } },
	};

	(void)unused;
	for (unsigned mctp = 0; mctp < 2; mctp++) {
		struct pair *p = pair_new(CRYPTO_P256);

		p->qcfg.binding = mctp ? &mctp_binding : NULL;
		p->qcfg.transfer = PAIR_TRANSFER - 40; /* records fit pair's */
		p->qcfg.scratch_len = p->qcfg.transfer + SPDM_SECURED_SLACK;
		p->rcfg.scratch = scratch;
		p->rcfg.scratch_len = sizeof(scratch);
		pair_start(p);
		pair_session(p);
		a.vdm.payload.n = p->qcfg.transfer - 4 - 2 - 1 - 2 - 2;
		assert_int_equal(pair_run(p, SPDM_OP_VENDOR, &a), IL_OK);
		assert_int_equal(p->out_len,
				 p->qcfg.transfer + (mctp ? 27 : 24));
		assert_int_equal(spdm_req_answer(&p->req)->payload.n,
				 a.vdm.payload.n);
		pair_free(p);
	}
}

/* Begins an answer, and then says what the test wants. */
static enum il_err half_answer(void *ctx, uint32_t session_id,
			       const struct spdm_vdm *in, uint8_t *out,
			       size_t cap, size_t *len)
{
	struct pair *p = ctx;

	(void)session_id;
	(void)in;
	memset(out, 0xa5, cap);
	if (!p->vendor_err && !p->vendor_silent)
		*len = cap + 1; /* more than there is room for */
	return p->vendor_err;
}

static void no_half_answer(const uint8_t *p, size_t n)
{
	static const uint8_t part[8] = { 0xa5, 0xa5, 0xa5, 0xa5,
					 0xa5, 0xa5, 0xa5, 0xa5 };

	assert_false(bytes_hold(p, n, part, sizeof(part)));
}

static void port_leaves(struct pair *p, enum il_err err, bool silent)
{
	const uint8_t id[2] = { 1, 0 };
	const struct spdm_req_args a = {
		.vdm = { SPDM_STD_PCISIG, { id, 2 }, { id, 2 } },
	};
	enum il_err got;

	p->vendor_err = err;
	p->vendor_silent = silent;
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_VENDOR, &a), IL_OK);
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	got = spdm_rsp_handle(&p->rsp, p->in_kind, p->in, p->in_len, p->out,
			      sizeof(p->out), &p->out_len, &p->out_kind, 0);
	assert_int_equal(got, err == IL_E_AGAIN ? err : IL_OK);
	assert_int_equal(p->out_len == 0, silent || err == IL_E_AGAIN);
	no_half_answer(p->out, sizeof(p->out));
	no_half_answer(p->rcfg.scratch, p->rcfg.scratch_len);
}

static void an_answer_that_a_port_did_not_finish_is_wiped(void **unused)
{
	static const struct {
		enum il_err err;
		bool silent;
	} how[] = { { IL_E_STATE, false },
		    { IL_E_AGAIN, false },
		    { IL_E_NOMEM, false },
		    { IL_OK, true },
		    { IL_OK, false } };
	const struct spdm_rsp_up up = { .vendor = half_answer };

	(void)unused;
	/* With a tap it stands aside, without one in the caller's buffer. */
	for (unsigned i = 0; i < 2 * COUNT(how); i++) {
		struct pair *p = pair_new(CRYPTO_P256);

		p->rcfg.up = &up;
		if (i & 1)
			p->rcfg.tap = NULL;
		p->rcfg.scratch_len = PAIR_TRANSFER + 1024;
		pair_start(p);
		pair_session(p);
		port_leaves(p, how[i / 2].err, how[i / 2].silent);
		pair_free(p);
	}
}

/* A refusal of UpdateAllKeys comes under the old key: the session goes on. */
static void update_refused(bool mctp)
{
	const uint8_t beat[4] = { SPDM_V12, SPDM_HEARTBEAT };
	const struct spdm_req_args upd = { .update = SPDM_UPDATE_ALL_KEYS };
	struct pair *p = pair_new(CRYPTO_P256);

	p->qcfg.binding = mctp ? &mctp_binding : NULL;
	p->qcfg.transfer = PAIR_BUF - SPDM_SECURED_SLACK;
	pair_start(p);
	pair_session(p);
	/* Its numbers are not those of a new key. */
	assert_int_equal(pair_send_secured(p, beat, sizeof(beat)), 0);
	p->rsp.cfg.ses[0].unverified = true;
	assert_int_equal(pair_run(p, SPDM_OP_KEY_UPDATE, &upd), IL_E_PEER);
	assert_int_equal(spdm_req_peer_error(&p->req),
			 SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(p->req.state, SPDM_REQ_SESSION);
	for (size_t i = 0; i < sizeof(p->req.next_secret); i++)
		assert_int_equal(p->req.next_secret[i], 0);
	p->rsp.cfg.ses[0].unverified = false;
	assert_int_equal(pair_run(p, SPDM_OP_KEY_UPDATE, &upd), IL_OK);
	vendor_echo(p, SPDM_STD_PCISIG, SPDM_VID_PCISIG);
	pair_free(p);
}

static void a_refused_update_leaves_the_session(void **unused)
{
	(void)unused;
	update_refused(false);
	update_refused(true);
}

static void a_whole_life_at_1_2_with_p384(void **unused)
{
	(void)unused;
	whole_life(pair_new(CRYPTO_P384));
}

static void a_whole_life_at_1_2_with_p256(void **unused)
{
	(void)unused;
	whole_life(pair_new(CRYPTO_P256));
}

static void a_whole_life_at_1_1(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	p->qcfg.versions[0] = SPDM_V11;
	whole_life(p);
}

static void a_whole_life_with_big_portions_and_no_evidence_kept(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	p->qcfg.portion = 0;
	p->qcfg.vca = NULL;
	p->qcfg.vca_cap = 0;
	p->qcfg.meas = NULL;
	p->qcfg.meas_cap = 0;
	whole_life(p);
}

static void a_whole_life_over_mctp(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	p->qcfg.binding = &mctp_binding;
	p->qcfg.transfer = PAIR_BUF - SPDM_SECURED_SLACK;
	whole_life(p);
	p = pair_new(CRYPTO_P256);
	p->qcfg.binding = &mctp_binding;
	p->qcfg.transfer = PAIR_BUF - SPDM_SECURED_SLACK;
	whole_life(p);
}

/* Records of one framing are no records in the other. */
static void a_session_stays_with_the_transport_that_made_it(void **unused)
{
	static const struct spdm_binding *const by[] = { &spdm_binding_bare,
							 &mctp_binding };

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		struct pair *p = pair_new(CRYPTO_P384);

		p->qcfg.binding = by[i];
		p->qcfg.transfer = PAIR_BUF - SPDM_SECURED_SLACK;
		pair_start(p);
		pair_session(p);
		assert_int_equal(
			spdm_req_begin(&p->req, SPDM_OP_HEARTBEAT, NULL),
			IL_OK);
		assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
					       &p->in_len, &p->in_kind),
				 IL_OK);
		assert_int_equal(p->in_kind, SPDM_SECURED);
		p->qcfg.binding = by[1 - i];
		assert_int_equal(pair_send(p, SPDM_SECURED, p->in, p->in_len),
				 -1);
		assert_int_equal(p->ended, 0);
		p->qcfg.binding = by[i];
		assert_int_equal(pair_send(p, SPDM_SECURED, p->in, p->in_len),
				 0);
		assert_int_equal(p->out_kind, SPDM_SECURED);
		assert_int_equal(spdm_req_push(&p->req, SPDM_PLAIN, p->out,
					       p->out_len, 0),
				 IL_E_FIELD);
		pair_free(p);
	}
}

/* MCTP carries bytes: what DOE would take for padding is a wrong length. */
static void nothing_is_padded_over_mctp(void **unused)
{
	static const uint8_t digests[8] = { SPDM_V12, SPDM_GET_DIGESTS };

	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	p->qcfg.binding = &mctp_binding;
	p->qcfg.transfer = PAIR_BUF - SPDM_SECURED_SLACK;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(pair_send(p, SPDM_PLAIN, digests, 4), 0);
	for (size_t n = 5; n < 9; n++)
		assert_int_equal(pair_send(p, SPDM_PLAIN, digests, n),
				 SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_CONNECT, NULL), IL_OK);
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	assert_int_equal(pair_send(p, p->in_kind, p->in, p->in_len), 0);
	p->out[p->out_len] = 0;
	assert_int_equal(
		spdm_req_push(&p->req, SPDM_PLAIN, p->out, p->out_len + 1, 0),
		IL_E_LONG);
	pair_free(p);
}

/* --- FINISH in the clear; the recordings base11 and tdisp12 have it --- */

static struct pair *clear_pair(enum crypto_curve curve)
{
	struct pair *p = pair_new(curve);

	p->qcfg.caps = SPDM_REQ_CAPS_ALL;
	p->rcfg.caps = SPDM_RSP_CAPS_ALL;
	return p;
}

static void a_whole_life_with_the_handshake_in_the_clear(void **unused)
{
	(void)unused;
	struct pair *p = clear_pair(CRYPTO_P384);

	whole_life(p);
	p = clear_pair(CRYPTO_P256);
	p->qcfg.versions[0] = SPDM_V11;
	whole_life(p);
	p = clear_pair(CRYPTO_P384);
	p->qcfg.binding = &mctp_binding;
	p->qcfg.transfer = PAIR_BUF - SPDM_SECURED_SLACK;
	whole_life(p);
}

/* One of the two alone asks for it in vain. */
static void one_end_alone_keeps_the_handshake_encrypted(void **unused)
{
	(void)unused;
	struct pair *p = clear_pair(CRYPTO_P384);

	p->rcfg.caps = SPDM_RSP_CAPS;
	whole_life(p);
	p = clear_pair(CRYPTO_P384);
	p->qcfg.caps = SPDM_REQ_CAPS;
	whole_life(p);
}

/* KEY_EXCHANGE is answered, FINISH is in p->in. */
static struct pair *before_finish(void)
{
	struct pair *p = clear_pair(CRYPTO_P384);

	pair_start(p);
	pair_connect(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	/* Header, ids and bytes before Random, point, opaque, signature, and no
	 * HMAC: 4 + 4 + 32 + 96 + 2 + 12 + 96. */
	assert_int_equal(p->out_len, 246);
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	assert_int_equal(p->in_kind, SPDM_PLAIN);
	assert_int_equal(p->in_len, 4 + 48);
	assert_int_equal(p->in[1], SPDM_FINISH);
	return p;
}

static void finish_in_the_clear_answers_with_an_hmac(void **unused)
{
	(void)unused;
	struct pair *p = before_finish();

	assert_int_equal(pair_send(p, SPDM_PLAIN, p->in, p->in_len), 0);
	assert_int_equal(p->out_len, 4 + 48);
	assert_int_equal(p->out[1], SPDM_FINISH_RSP);
	p->out[10] ^= 1;
	assert_int_equal(
		spdm_req_push(&p->req, SPDM_PLAIN, p->out, p->out_len, 0),
		IL_E_AUTH);
	assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
	/* Twice is once too often. */
	assert_int_equal(pair_send(p, SPDM_PLAIN, p->in, p->in_len),
			 SPDM_ERR_SESSION_REQUIRED);
	assert_int_equal(p->ended, 0);
	pair_free(p);
}

static void a_wrong_finish_in_the_clear_ends_the_handshake(void **unused)
{
	(void)unused;
	struct pair *p = before_finish();

	p->in[10] ^= 1;
	assert_int_equal(pair_send(p, SPDM_PLAIN, p->in, p->in_len),
			 SPDM_ERR_DECRYPT_ERROR);
	p->in[10] ^= 1;
	assert_int_equal(pair_send(p, SPDM_PLAIN, p->in, p->in_len),
			 SPDM_ERR_SESSION_REQUIRED);
	assert_int_equal(p->rsp.cfg.ses[0].state, SPDM_SES_NONE);
	pair_free(p);
}

/* It says nothing about who sent it. */
static void a_malformed_finish_in_the_clear_leaves_the_handshake(void **unused)
{
	(void)unused;
	struct pair *p = before_finish();

	memset(p->in + p->in_len, 0, 4);
	assert_int_equal(pair_send(p, SPDM_PLAIN, p->in, p->in_len + 4),
			 SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(pair_send(p, SPDM_PLAIN, p->in, p->in_len), 0);
	assert_true(spdm_rsp_session_open(&p->rsp, p->rsp.cfg.ses[0].id));
	pair_free(p);
}

static void nothing_is_encrypted_before_finish_in_the_clear(void **unused)
{
	(void)unused;
	struct pair *p = before_finish();
	struct spdm_channel ch = { .live = false };
	uint8_t rec[128];
	size_t n;

	/* As a requester would that did not agree to it. */
	assert_int_equal(spdm_channel_open(&ch, &p->c, &p->req.keys,
					   p->req.keys.hs_dir[SPDM_DIR_REQ],
					   UINT64_MAX),
			 IL_OK);
	memcpy(rec + SPDM_SECURED_HEAD, p->in, p->in_len);
	assert_int_equal(spdm_secured_seal(&ch, &p->c, p->req.session_id, rec,
					   sizeof(rec), p->in_len, &n),
			 IL_OK);
	assert_int_equal(pair_send(p, SPDM_SECURED, rec, n), -1);
	assert_int_equal(p->rsp.cfg.ses[0].state, SPDM_SES_HANDSHAKE);
	spdm_channel_close(&ch, &p->c);
	assert_int_equal(pair_send(p, SPDM_PLAIN, p->in, p->in_len), 0);
	pair_free(p);
}

/* FINISH names no session: it is about the latest. */
static void the_latest_key_exchange_is_the_one_to_finish(void **unused)
{
	(void)unused;
	struct pair *p = before_finish();
	uint8_t old[64];
	const size_t n = p->in_len;

	memcpy(old, p->in, n);
	spdm_req_abort(&p->req);
	for (unsigned i = 0; i < 2 * SPDM_RSP_SESSIONS; i++) {
		assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL),
				 IL_OK);
		assert_int_equal(pair_exchange(p), IL_E_AGAIN);
		spdm_req_abort(&p->req);
	}
	assert_int_equal(pair_send(p, SPDM_PLAIN, old, n),
			 SPDM_ERR_DECRYPT_ERROR);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(p->ended, 0);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_longest_request_is_whole_while_it_is_answered),
		cmocka_unit_test(
			the_longest_answer_fits_the_least_scratch_buffer),
		cmocka_unit_test(an_answer_that_a_port_did_not_finish_is_wiped),
		cmocka_unit_test(a_refused_update_leaves_the_session),
		cmocka_unit_test(a_whole_life_at_1_2_with_p384),
		cmocka_unit_test(a_whole_life_at_1_2_with_p256),
		cmocka_unit_test(a_whole_life_at_1_1),
		cmocka_unit_test(a_whole_life_over_mctp),
		cmocka_unit_test(
			a_session_stays_with_the_transport_that_made_it),
		cmocka_unit_test(nothing_is_padded_over_mctp),
		cmocka_unit_test(a_whole_life_with_the_handshake_in_the_clear),
		cmocka_unit_test(one_end_alone_keeps_the_handshake_encrypted),
		cmocka_unit_test(finish_in_the_clear_answers_with_an_hmac),
		cmocka_unit_test(
			a_wrong_finish_in_the_clear_ends_the_handshake),
		cmocka_unit_test(
			a_malformed_finish_in_the_clear_leaves_the_handshake),
		cmocka_unit_test(
			nothing_is_encrypted_before_finish_in_the_clear),
		cmocka_unit_test(the_latest_key_exchange_is_the_one_to_finish),
		cmocka_unit_test(
			a_whole_life_with_big_portions_and_no_evidence_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
