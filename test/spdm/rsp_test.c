/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

#include <stdlib.h>

#include "spdm/trace.h"

/* The responder refuses, and a refusal changes nothing. */

static void refused(struct pair *p, const struct spdm_msg *m, int code)
{
	struct pair_rsp *old = malloc(sizeof(*old));
	const unsigned live = maker_live(&p->maker);
	uint8_t b[PAIR_BUF];
	struct wr w = wr_over(b, sizeof(b));
	int got;

	assert_non_null(old);
	pair_keep(p, old);
	assert_int_equal(spdm_msg_encode(&w, m), IL_OK);
	if (p->req.state == SPDM_REQ_SESSION)
		got = pair_send_secured(p, b, w.len);
	else
		got = pair_send(p, SPDM_PLAIN, b, w.len);
	assert_int_equal(got, code);
	pair_same_but_records(p, old);
	assert_int_equal(maker_live(&p->maker), live);
	assert_int_equal(p->fenv.last_ev,
			 TRACE_EV(TRACE_SPDM, SPDM_TRACE_REFUSED));
	free(old);
}

/* The message that the requester would send next, for a test to spoil. */
static void next(struct pair *p, struct spdm_msg *m)
{
	const struct spdm_shape sh = { 48, 96, 96, false, false, false };

	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	assert_int_equal(spdm_msg_decode(p->in, p->in_len, &sh, m), IL_OK);
}

/* Connecting, with @n exchanges done. */
static struct pair *half_way(unsigned n)
{
	struct pair *p = pair_new(CRYPTO_P384);

	pair_start(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_CONNECT, NULL), IL_OK);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	return p;
}

static struct pair *connected(void)
{
	struct pair *p = pair_new(CRYPTO_P384);

	pair_start(p);
	pair_connect(p);
	return p;
}

static struct pair *in_session(void)
{
	struct pair *p = pair_new(CRYPTO_P384);

	pair_start(p);
	pair_session(p);
	return p;
}

static void a_wrong_configuration_is_refused(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	const struct spdm_rsp_cfg good = p->rcfg;
	struct spdm_rsp_cfg bad[18];
	static const uint8_t no_der[8] = { 0x31, 6 };
	static const uint8_t short_der[8] = { 0x30, 0x20 };

	for (size_t i = 0; i < COUNT(bad); i++)
		bad[i] = good;
	bad[0].crypto = NULL;
	bad[1].env = NULL;
	bad[2].port = NULL;
	bad[3].scratch = NULL;
	bad[4].versions[0] = 0;
	bad[5].sm_versions[0] = 0;
	bad[6].caps |= SPDM_CAP_MUT_AUTH;
	bad[7].transfer = SPDM_TRANSFER_MIN - 1;
	bad[8].scratch_len = bad[8].transfer + SPDM_RSP_RECORD_MIN - 1;
	bad[9].slots[7].certs = (struct spdm_span){ no_der, 8 };
	bad[10].slots[7].certs = (struct spdm_span){ short_der, 8 };
	bad[11].transfer = 0x10000;
	bad[12].ses = NULL;
	bad[13].ses_count = 0;
	bad[14].ses_count = SPDM_RSP_SESSIONS + 1;
	/* Versions that there are not. */
	bad[15].versions[4] = 0x15;
	bad[16].versions[1] = 0x0f;
	bad[17].versions[0] = 0x20;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(spdm_rsp_init(&p->rsp, &bad[i]), IL_E_ARG);
	pair_start(p);
	pair_free(p);
}

static void capabilities_that_contradict_are_refused(void **unused)
{
	(void)unused;
	struct pair *p = half_way(1);
	struct spdm_msg m;

	next(p, &m);

	const struct spdm_msg good = m;

	m.u.caps.flags &= ~SPDM_CAP_KEY_EX;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m.u.caps.flags &= ~(SPDM_CAP_ENCRYPT | SPDM_CAP_MAC);
	refused(p, &m, SPDM_ERR_INVALID_REQUEST); /* heartbeat of nothing */
	m.u.caps.flags = SPDM_CAP_KEY_EX;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m.u.caps.flags =
		SPDM_CAP_PSK | SPDM_CAP_MAC | SPDM_CAP_HANDSHAKE_IN_CLEAR;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m = good;
	m.u.caps.transfer = SPDM_TRANSFER_MIN - 1;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m = good;
	m.u.caps.max_msg = m.u.caps.transfer - 1;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m.u.caps.max_msg = m.u.caps.transfer + 1; /* and no CHUNK */
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m = good;
	m.version = 0x13;
	refused(p, &m, SPDM_ERR_VERSION_MISMATCH);
	m.version = SPDM_V10;
	m.u.caps = (struct spdm_caps){ 0 };
	refused(p, &m, SPDM_ERR_VERSION_MISMATCH);
	pair_free(p);
}

static void algorithms_out_of_order_or_not_ours_are_refused(void **unused)
{
	(void)unused;
	struct pair *p = half_way(2);
	struct spdm_msg m;

	next(p, &m);

	const struct spdm_msg good = m;

	m.u.algs.asym = SPDM_ASYM_ECDSA_P256;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m = good;
	m.u.algs.hash = BIT(2);
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	for (unsigned i = 0; i < 3; i++) {
		m = good;
		m.u.algs.table[i].bits = 0;
		refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	}
	m = good;
	m.u.algs.table[1].type = SPDM_ALG_DHE; /* twice */
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m = good;
	m.u.algs.table[0].type = 1;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m = good;
	m.u.algs.table[2].type = 6;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m = good;
	m.u.algs.other_params = 0;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	pair_free(p);
}

static void the_best_of_what_both_know_is_chosen(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	p->qcfg.hash = SPDM_HASH_SHA_256 | SPDM_HASH_SHA_384;
	p->qcfg.dhe = SPDM_DHE_SECP256R1 | SPDM_DHE_SECP384R1;
	pair_start(p);
	pair_session(p);
	assert_int_equal(p->rsp.hash, SPDM_HASH_SHA_384);
	assert_int_equal(p->rsp.dhe, SPDM_DHE_SECP384R1);
	assert_int_equal(p->rsp.asym, SPDM_ASYM_ECDSA_P384);
	assert_int_equal(p->rsp.version, SPDM_V12);
	pair_free(p);
}

static void certificates_out_of_range_are_refused(void **unused)
{
	(void)unused;
	struct pair *p = connected();
	struct spdm_msg m = { .version = SPDM_V12,
			      .code = SPDM_GET_CERTIFICATE };
	const uint16_t total = (uint16_t)spdm_req_chain(&p->req).n;

	m.u.get_cert.length = 1;
	m.param1 = 1;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m.param1 = 8;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m.param1 = 0;
	m.u.get_cert.offset = total;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m.u.get_cert.offset = 0;
	m.u.get_cert.length = 0;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	pair_free(p);
}

/* The last byte alone, and all of it at the least transfer size. */
static void any_portion_of_the_chain_can_be_read(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	p->rcfg.transfer = 600;
	pair_start(p);
	pair_connect(p);

	const struct spdm_span chain = spdm_req_chain(&p->req);

	for (size_t off = 0; off < chain.n; off += 37) {
		const uint8_t req[8] = {
			0x12, 0x82, 0, 0, (uint8_t)off, (uint8_t)(off >> 8),
			0xff, 0xff
		};
		const size_t n = chain.n - off < 592 ? chain.n - off : 592;

		assert_int_equal(pair_send(p, SPDM_PLAIN, req, 8), 0);
		assert_int_equal(p->out_len, 8 + n);
		assert_int_equal(p->out[4] | p->out[5] << 8, n);
		assert_int_equal(p->out[6] | p->out[7] << 8, chain.n - off - n);
		assert_memory_equal(p->out + 8, chain.p + off, n);
	}
	pair_free(p);
}

static void challenges_that_make_no_sense_are_refused(void **unused)
{
	(void)unused;
	struct pair *p = connected();
	struct spdm_msg m = { .version = SPDM_V12, .code = SPDM_CHALLENGE };

	m.param1 = 1;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m.param1 = 0xff;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m.param1 = 0;
	m.param2 = 2;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m.param2 = 0;
	p->sign_err = IL_E_IO;
	refused(p, &m, SPDM_ERR_UNSPECIFIED);
	p->sign_err = IL_OK;
	p->fenv.random_err = IL_E_RANDOM;
	refused(p, &m, SPDM_ERR_UNSPECIFIED);
	pair_free(p);
}

static void measurements_that_are_not_there_are_refused(void **unused)
{
	(void)unused;
	struct pair *p = connected();
	struct spdm_msg m = { .version = SPDM_V12,
			      .code = SPDM_GET_MEASUREMENTS };

	m.param2 = 5;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m.param2 = 1;
	m.param1 = SPDM_MEAS_ATTR_SIGN;
	m.u.get_meas.slot = 1;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m.u.get_meas.slot = 0;
	p->sign_err = IL_E_IO;
	refused(p, &m, SPDM_ERR_UNSPECIFIED);
	p->fenv.random_err = IL_E_RANDOM;
	m.param1 = 0;
	refused(p, &m, SPDM_ERR_UNSPECIFIED);
	pair_free(p);
}

static void a_device_that_cannot_sign_measurements_says_so(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	struct spdm_msg m = { .version = SPDM_V12,
			      .code = SPDM_GET_MEASUREMENTS,
			      .param1 = SPDM_MEAS_ATTR_SIGN,
			      .param2 = 1 };

	p->rcfg.caps &= ~(SPDM_CAP_MEAS_MASK | SPDM_CAP_MEAS_FRESH);
	pair_start(p);
	pair_connect(p);
	refused(p, &m, SPDM_ERR_UNSUPPORTED_REQUEST);
	m = (struct spdm_msg){ .version = SPDM_V12,
			       .code = SPDM_CHALLENGE,
			       .param2 = SPDM_SUMMARY_ALL };
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	pair_free(p);
}

static void what_was_not_agreed_is_unsupported(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	struct spdm_msg m = { .version = SPDM_V12, .code = SPDM_CHALLENGE };

	p->rcfg.caps &= ~SPDM_CAP_CHAL;
	p->qcfg.caps &= ~(SPDM_CAP_HBEAT | SPDM_CAP_KEY_UPD);
	pair_start(p);
	pair_connect(p);
	refused(p, &m, SPDM_ERR_UNSUPPORTED_REQUEST);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	m.code = SPDM_HEARTBEAT;
	refused(p, &m, SPDM_ERR_UNSUPPORTED_REQUEST);
	m.code = SPDM_KEY_UPDATE;
	m.param1 = 1;
	refused(p, &m, SPDM_ERR_UNSUPPORTED_REQUEST);
	pair_free(p);
}

static void key_exchanges_that_make_no_sense_are_refused(void **unused)
{
	(void)unused;
	struct pair *p = connected();
	uint8_t off_curve[96] = { 1 };
	uint8_t opaque[32];
	struct wr w = wr_over(opaque, sizeof(opaque));
	const struct spdm_sm_versions old = { 1, { SPDM_SM_V10 } };
	struct spdm_msg m;

	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	next(p, &m);

	const struct spdm_msg good = m;

	m.param2 = 1;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m = good;
	m.param1 = 2;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m = good;
	m.u.key_ex.opaque.n = 0;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	spdm_sm_supported_write(&w, true, &old);
	m.u.key_ex.opaque = (struct spdm_span){ opaque, w.len };
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m = good;
	m.u.key_ex.exchange.p = off_curve;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m = good;
	p->sign_err = IL_E_IO;
	refused(p, &m, SPDM_ERR_UNSPECIFIED);
	p->sign_err = IL_OK;
	p->fenv.random_err = IL_E_RANDOM;
	refused(p, &m, SPDM_ERR_UNSPECIFIED);
	pair_free(p);
}

static void four_sessions_live_at_once_and_a_fifth_is_refused(void **unused)
{
	(void)unused;
	struct pair *p = connected();
	struct spdm_msg m;

	for (unsigned i = 0; i < SPDM_RSP_SESSIONS; i++) {
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
		assert_int_equal(p->rsp.cfg.ses[i].state, SPDM_SES_OPEN);
		assert_int_equal(p->rsp.cfg.ses[i].id, p->req.session_id);
		spdm_req_drop_session(&p->req);
	}
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	next(p, &m);
	refused(p, &m, SPDM_ERR_SESSION_LIMIT_EXCEEDED);
	/* One ends for the device's reasons: its place is free again. */
	assert_true(spdm_rsp_end(&p->rsp, p->rsp.cfg.ses[2].id));
	assert_false(spdm_rsp_end(&p->rsp, 0x12345678));
	assert_int_equal(p->ended, 1);
	assert_int_equal(p->ended_why, SPDM_END_RESET);
	assert_int_equal(pair_send(p, SPDM_PLAIN, p->in, p->in_len), 0);
	assert_int_equal(p->rsp.cfg.ses[2].state, SPDM_SES_HANDSHAKE);
	pair_free(p);
}

static void a_session_id_is_not_given_twice(void **unused)
{
	(void)unused;
	struct pair *p = connected();

	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);

	const uint32_t id = p->req.session_id;

	spdm_req_drop_session(&p->req);
	p->req.next_id++; /* the same half again */
	p->rsp.next_id = (uint16_t)(id >> 16);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_not_equal(p->req.session_id, id);
	assert_int_equal(p->req.session_id & 0xffff, id & 0xffff);
	spdm_req_drop_session(&p->req);
	p->rsp.next_id = 0; /* 0 is left out */
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	assert_true(p->req.session_id >> 16 != 0);
	pair_free(p);
}

static void a_finish_that_does_not_verify_ends_the_handshake(void **unused)
{
	(void)unused;
	struct pair *p = connected();
	uint8_t finish[52] = { 0x12, SPDM_FINISH };

	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	assert_int_equal(pair_send_secured(p, finish, sizeof(finish)),
			 SPDM_ERR_DECRYPT_ERROR);
	assert_int_equal(p->rsp.cfg.ses[0].state, SPDM_SES_NONE);
	assert_int_equal(p->ended, 0); /* it was never open */
	pair_free(p);
}

static void a_signed_finish_is_refused_and_the_handshake_stays(void **unused)
{
	(void)unused;
	struct pair *p = connected();
	uint8_t finish[148] = { 0x12, SPDM_FINISH, 1 };

	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	assert_int_equal(pair_send_secured(p, finish, sizeof(finish)),
			 SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(p->rsp.cfg.ses[0].state, SPDM_SES_HANDSHAKE);
	assert_int_equal(pair_exchange(p), IL_OK);
	pair_free(p);
}

static void handshake_secrets_are_wiped_once_it_is_over(void **unused)
{
	(void)unused;
	struct pair *p = in_session();
	static const uint8_t zero[2 * SPDM_HASH_MAX];

	assert_memory_equal(p->rsp.cfg.ses[0].keys.handshake, zero,
			    SPDM_HASH_MAX);
	assert_memory_equal(p->rsp.cfg.ses[0].keys.hs_dir, zero, sizeof(zero));
	assert_memory_equal(p->req.keys.handshake, zero, SPDM_HASH_MAX);
	assert_memory_equal(p->req.keys.hs_dir, zero, sizeof(zero));
	assert_int_equal(p->rsp.cfg.ses[0].th.n, 0);
	for (size_t i = 0; i < sizeof(p->rsp_scratch); i++)
		assert_int_equal(p->rsp_scratch[i], 0);
	assert_true(spdm_rsp_end(&p->rsp, p->req.session_id));
	for (size_t i = 0; i < sizeof(p->rsp.cfg.ses[0]); i++)
		assert_int_equal(((const uint8_t *)&p->rsp.cfg.ses[0])[i], 0);
	pair_free(p);
}

static void key_updates_out_of_turn_are_refused(void **unused)
{
	(void)unused;
	struct pair *p = in_session();
	struct spdm_msg m = { .version = SPDM_V12, .code = SPDM_KEY_UPDATE };

	for (unsigned op = 0; op < 6; op++) {
		m.param1 = (uint8_t)op;
		if (op != SPDM_UPDATE_KEY && op != SPDM_UPDATE_ALL_KEYS)
			refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	}

	const struct spdm_req_args a = { .update = SPDM_UPDATE_KEY };

	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_KEY_UPDATE, &a),
			 IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	assert_true(p->rsp.cfg.ses[0].unverified);
	m.param1 = SPDM_UPDATE_KEY; /* a second before it is verified */
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	m.param1 = SPDM_UPDATE_ALL_KEYS;
	refused(p, &m, SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(pair_exchange(p), IL_OK);
	assert_false(p->rsp.cfg.ses[0].unverified);
	pair_free(p);
}

static void a_port_s_errors_become_error_codes(void **unused)
{
	(void)unused;
	static const struct {
		enum il_err err;
		int code;
	} map[] = {
		{ IL_E_STATE, SPDM_ERR_UNEXPECTED_REQUEST },
		{ IL_E_ARG, SPDM_ERR_INVALID_REQUEST },
		{ IL_E_SHORT, SPDM_ERR_INVALID_REQUEST },
		{ IL_E_LONG, SPDM_ERR_INVALID_REQUEST },
		{ IL_E_FIELD, SPDM_ERR_INVALID_REQUEST },
		{ IL_E_SPACE, SPDM_ERR_UNSPECIFIED },
		{ IL_E_AUTH, SPDM_ERR_UNSPECIFIED },
		{ IL_E_PEER, SPDM_ERR_UNSPECIFIED },
		{ IL_E_IO, SPDM_ERR_UNSPECIFIED },
	};
	struct pair *p = in_session();
	struct spdm_msg m = { .version = SPDM_V12,
			      .code = SPDM_VENDOR_DEFINED_REQUEST };
	static const uint8_t vid[2] = { 1, 0 };

	m.u.vdm.standard = SPDM_STD_PCISIG;
	m.u.vdm.vid = (struct spdm_span){ vid, 2 };
	for (size_t i = 0; i < COUNT(map); i++) {
		p->vendor_err = map[i].err;
		refused(p, &m, map[i].code);
	}
	pair_free(p);
}

static void a_device_without_vendor_messages_says_so(void **unused)
{
	(void)unused;
	struct pair *p = in_session();
	struct spdm_rsp_port none = *p->rsp.cfg.port;
	static const uint8_t vid[2][2] = { { 1, 0 }, { 0x98, 0x1e } };
	struct spdm_msg m = { .version = SPDM_V12,
			      .code = SPDM_VENDOR_DEFINED_REQUEST };

	none.vendor_other = NULL;
	p->rsp.cfg.up = NULL;
	p->rsp.cfg.port = &none;
	m.u.vdm.standard = SPDM_STD_PCISIG;
	for (unsigned i = 0; i < 2; i++) {
		m.u.vdm.vid = (struct spdm_span){ vid[i], 2 };
		refused(p, &m, SPDM_ERR_UNSUPPORTED_REQUEST);
		assert_int_equal(p->out[3], SPDM_VENDOR_DEFINED_REQUEST);
	}
	pair_free(p);
}

static void a_port_may_give_no_reply(void **unused)
{
	(void)unused;
	struct pair *p = in_session();
	const uint8_t m[12] = { 0x12, 0xfe, 0, 0, 3, 0, 2, 1, 0, 1, 0, 7 };
	const uint8_t beat[4] = { 0x12, SPDM_HEARTBEAT };

	p->vendor_silent = true;
	assert_int_equal(pair_send_secured(p, m, sizeof(m)), -1);
	assert_int_equal(p->vendor_calls, 1);
	/* Numbers still agree: nothing was sent. */
	assert_int_equal(pair_send_secured(p, beat, 4), 0);
	pair_free(p);
}

static void a_port_that_is_not_ready_is_asked_again(void **unused)
{
	(void)unused;
	struct pair *p = in_session();
	struct pair_rsp *old = malloc(sizeof(*old));
	const struct spdm_req_args a = {
		.vdm = { SPDM_STD_PCISIG,
			 { (const uint8_t *)"\x01\x00", 2 },
			 { (const uint8_t *)"\x07", 1 } },
	};

	assert_non_null(old);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_VENDOR, &a), IL_OK);
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	pair_keep(p, old);
	p->vendor_err = IL_E_AGAIN;
	for (unsigned i = 0; i < 3; i++) {
		p->now_ns += 1000;
		assert_int_equal(spdm_rsp_handle(&p->rsp, p->in_kind, p->in,
						 p->in_len, p->out,
						 sizeof(p->out), &p->out_len,
						 &p->out_kind, p->now_ns),
				 IL_E_AGAIN);
		assert_int_equal(p->out_len, 0);
		pair_same(p, old);
	}
	p->vendor_err = IL_OK;
	assert_int_equal(pair_send(p, p->in_kind, p->in, p->in_len), 0);
	assert_int_equal(
		spdm_req_push(&p->req, p->out_kind, p->out, p->out_len, 0),
		IL_OK);
	assert_int_equal(spdm_req_answer(&p->req)->payload.p[0], 8);
	free(old);
	pair_free(p);
}

static void records_that_are_not_ours_get_no_answer(void **unused)
{
	(void)unused;
	struct pair *p = in_session();
	struct pair_rsp *old = malloc(sizeof(*old));
	uint8_t rec[64];
	size_t n;

	assert_non_null(old);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_HEARTBEAT, NULL),
			 IL_OK);
	assert_int_equal(
		spdm_req_pull(&p->req, p->in, sizeof(p->in), &n, &p->in_kind),
		IL_OK);
	pair_keep(p, old);
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(pair_send(p, SPDM_SECURED, p->in, cut), -1);
	memset(rec, 0, sizeof(rec));
	memcpy(rec, p->in, n);
	for (size_t more = n + 1; more < sizeof(rec); more++)
		if (more != ((n + 3) & ~(size_t)3))
			assert_int_equal(pair_send(p, SPDM_SECURED, rec, more),
					 -1);
	rec[0] ^= 1; /* another session */
	assert_int_equal(pair_send(p, SPDM_SECURED, rec, n), -1);
	pair_same(p, old);
	assert_int_equal(p->ended, 0);
	/* The true one is still welcome. */
	assert_int_equal(pair_send(p, SPDM_SECURED, p->in, n), 0);
	assert_true(p->out_len != 0);
	free(old);
	pair_free(p);
}

static void a_record_that_does_not_decrypt_ends_its_session(void **unused)
{
	(void)unused;
	for (unsigned how = 0; how < 3; how++) {
		struct pair *p = in_session();
		const uint32_t id = p->req.session_id;

		assert_int_equal(
			spdm_req_begin(&p->req, SPDM_OP_HEARTBEAT, NULL),
			IL_OK);
		assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
					       &p->in_len, &p->in_kind),
				 IL_OK);
		if (how == 0) /* a bit of the text */
			p->in[SPDM_SECURED_HEAD] ^= 1;
		if (how == 1) /* a bit of the tag */
			p->in[p->in_len - 1] ^= 0x80;
		if (how == 2) /* twice */
			assert_int_equal(
				pair_send(p, SPDM_SECURED, p->in, p->in_len),
				0);
		(void)pair_send(p, SPDM_SECURED, p->in, p->in_len);
		assert_int_equal(p->ended, 1);
		assert_int_equal(p->ended_id, id);
		assert_int_equal(p->ended_why, SPDM_END_DECRYPT);
		assert_int_equal(p->out_len, SPDM_SECURED_OVER + 4);
		assert_int_equal(pair_send(p, SPDM_SECURED, p->in, p->in_len),
				 -1);
		pair_free(p);
	}
}

static void a_new_connection_ends_what_the_old_one_had(void **unused)
{
	(void)unused;
	struct pair *p = in_session();
	const uint8_t get_version[4] = { 0x10, 0x84 };

	assert_int_equal(pair_send(p, SPDM_PLAIN, get_version, 4), 0);
	assert_int_equal(p->ended, 1);
	assert_int_equal(p->ended_why, SPDM_END_RESTART);
	assert_int_equal(p->rsp.phase, SPDM_PH_VERSION);
	assert_int_equal(p->rsp.version, 0);
	assert_int_equal(p->rsp.hash, 0);
	assert_int_equal(p->rsp.peer_caps, 0);
	pair_free(p);
}

static void what_cannot_be_is_not_sane(void **unused)
{
	(void)unused;
	struct pair *p = in_session();
	struct pair_rsp *bad = malloc(9 * sizeof(*bad));
	struct spdm_req *odd = malloc(5 * sizeof(*odd));

	assert_non_null(bad);
	assert_non_null(odd);
	for (unsigned i = 0; i < 9; i++) {
		pair_keep(p, &bad[i]);
		bad[i].rsp.cfg.ses = bad[i].ses;
	}
	assert_true(spdm_rsp_sane(&bad[0].rsp));
	bad[1].rsp.phase = SPDM_PH_SESSION;
	bad[2].rsp.phase = SPDM_PH_CAPS;
	bad[3].rsp.tr.hash = 0;
	bad[4].ses[0].ch[0].live = false;
	bad[5].ses[0].state = SPDM_SES_NONE;
	bad[6].ses[0].th.n = 1;
	bad[7].ses[1] = bad[7].ses[0];
	bad[8].ses[1].ch[1].live = true;
	for (unsigned i = 1; i < 9; i++)
		assert_false(spdm_rsp_sane(&bad[i].rsp));
	for (unsigned i = 0; i < 5; i++)
		memcpy(&odd[i], &p->req, sizeof(*odd));
	assert_true(spdm_req_sane(&odd[0]));
	odd[1].state = SPDM_REQ_STATES;
	odd[2].sent = true;
	odd[3].ch[0].live = false;
	odd[4].leaf.count = 0;
	for (unsigned i = 1; i < 5; i++)
		assert_false(spdm_req_sane(&odd[i]));
	free(bad);
	free(odd);
	pair_free(p);
}

static void a_reset_ends_everything(void **unused)
{
	(void)unused;
	struct pair *p = in_session();

	spdm_rsp_reset(&p->rsp);
	assert_int_equal(p->ended, 1);
	assert_int_equal(p->ended_why, SPDM_END_RESET);
	assert_int_equal(p->rsp.phase, SPDM_PH_START);
	assert_true(spdm_rsp_sane(&p->rsp));
	pair_free(p);
}

static void a_silent_session_ends_after_twice_the_period(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	const uint64_t second = 1000000000;

	p->rcfg.heartbeat_s = 5;
	pair_start(p);
	assert_true(spdm_rsp_tick(&p->rsp, 0) == UINT64_MAX);
	pair_session(p);
	assert_int_equal(p->req.heartbeat_s, 5);

	const uint64_t heard = p->now_ns;

	assert_true(spdm_rsp_tick(&p->rsp, heard) == heard + 10 * second);
	p->now_ns = heard + 9 * second;
	assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL), IL_OK);

	const uint64_t again = p->now_ns;

	assert_true(spdm_rsp_tick(&p->rsp, again + 10 * second) ==
		    again + 10 * second);
	assert_int_equal(p->ended, 0);
	(void)spdm_rsp_tick(&p->rsp, again + 10 * second + 1);
	assert_int_equal(p->ended, 1);
	assert_int_equal(p->ended_why, SPDM_END_HEARTBEAT);
	/* Also noticed when a message comes too late. */
	spdm_req_drop_session(&p->req);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	p->now_ns += 11 * second;
	assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL), IL_E_TIMEOUT);
	assert_int_equal(p->ended, 2);
	pair_free(p);
}

static void a_handshake_that_is_not_finished_ends(void **unused)
{
	(void)unused;
	struct pair *p = connected();
	const uint64_t second = 1000000000;

	p->rsp.cfg.handshake_s = 30;
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	assert_int_equal(p->rsp.cfg.ses[0].state, SPDM_SES_HANDSHAKE);

	const uint64_t heard = p->rsp.cfg.ses[0].heard_ns;

	assert_true(spdm_rsp_tick(&p->rsp, heard + 30 * second) ==
		    heard + 30 * second);
	assert_int_equal(p->rsp.cfg.ses[0].state, SPDM_SES_HANDSHAKE);
	(void)spdm_rsp_tick(&p->rsp, heard + 30 * second + 1);
	assert_int_equal(p->rsp.cfg.ses[0].state, SPDM_SES_NONE);
	assert_int_equal(p->ended, 0); /* it was never open */
	assert_true(spdm_rsp_sane(&p->rsp));
	pair_free(p);
}

static void sequence_numbers_never_wrap(void **unused)
{
	(void)unused;
	const uint8_t beat[4] = { 0x12, SPDM_HEARTBEAT };

	for (unsigned d = 0; d < SPDM_DIRS; d++) {
		struct pair *p = in_session();

		p->rsp.cfg.ses[0].ch[d].seq = UINT64_MAX - 1;
		p->req.ch[d].seq = UINT64_MAX - 1;
		assert_int_equal(pair_send_secured(p, beat, 4), 0);
		assert_int_equal(p->ended, 0);
		/* The requester refuses to send, and drops the session. */
		assert_int_equal(
			spdm_req_begin(&p->req, SPDM_OP_HEARTBEAT, NULL),
			IL_E_STATE);
		assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
		/* Whatever comes now ends the session unanswered. */
		memset(p->in, 0, 40);
		for (unsigned i = 0; i < 4; i++)
			p->in[i] = (uint8_t)(p->rsp.cfg.ses[0].id >> (8 * i));
		assert_int_equal(pair_send(p, SPDM_SECURED, p->in, 40), -1);
		assert_int_equal(p->ended, 1);
		assert_int_equal(p->ended_why, SPDM_END_EXHAUSTED);
		pair_free(p);
	}
}

static void what_the_peer_cannot_take_is_not_sent(void **unused)
{
	(void)unused;
	struct pair *p = connected();
	struct spdm_msg m = { .version = SPDM_V12, .code = SPDM_CHALLENGE };

	p->rsp.peer_transfer = 100;
	refused(p, &m, SPDM_ERR_RESPONSE_TOO_LARGE);
	assert_int_equal(p->out_len, 8);
	/* The size it would have had. */
	assert_int_equal(p->out[4] | p->out[5] << 8, 4 + 48 + 32 + 2 + 96);
	pair_free(p);
}

/* The shorter of the two limits counts. */
static void what_we_cannot_send_is_refused(void **unused)
{
	const uint32_t len = 4 + 48 + 32 + 2 + 96;
	static const struct {
		uint32_t ours, theirs;
		bool fits;
	} c[] = {
		{ len, len, true },	 { 0, len, true },
		{ len - 1, len, false }, { len, len - 1, false },
		{ len - 1, 0, false },	 { len, 0, true },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(c); i++) {
		struct pair *p = connected();
		struct spdm_msg m = { .version = SPDM_V12,
				      .code = SPDM_CHALLENGE };

		p->rsp.cfg.longest = c[i].ours;
		p->rsp.peer_transfer = c[i].theirs;
		if (c[i].fits) {
			uint8_t b[64];
			struct wr w = wr_over(b, sizeof(b));

			assert_int_equal(spdm_msg_encode(&w, &m), IL_OK);
			assert_int_equal(pair_send(p, SPDM_PLAIN, b, w.len), 0);
			assert_int_equal(p->out_len, len);
		} else {
			refused(p, &m, SPDM_ERR_RESPONSE_TOO_LARGE);
		}
		pair_free(p);
	}
}

static void what_we_cannot_take_is_refused(void **unused)
{
	(void)unused;
	struct pair *p = connected();
	static const uint8_t load[PAIR_TRANSFER];
	struct spdm_msg m = { .version = SPDM_V12,
			      .code = SPDM_VENDOR_DEFINED_REQUEST };

	m.u.vdm.payload = (struct spdm_span){ load, PAIR_TRANSFER - 9 };
	m.u.vdm.payload.n++; /* one more than our DataTransferSize */
	refused(p, &m, SPDM_ERR_REQUEST_TOO_LARGE);
	assert_int_equal(p->vendor_calls, 0);
	pair_free(p);
}

static void a_version_that_cannot_be_said_ends_no_session(void **unused)
{
	(void)unused;
	struct pair *p = in_session();
	const uint8_t get_version[4] = { 0x10, 0x84 };

	for (size_t cap = 0; cap < 10; cap++)
		assert_int_equal(spdm_rsp_handle(&p->rsp, SPDM_PLAIN,
						 get_version, 4, p->out, cap,
						 &p->out_len, &p->out_kind, 0),
				 IL_E_SPACE);
	assert_int_equal(p->ended, 0);
	assert_int_equal(p->rsp.phase, SPDM_PH_READY);
	pair_free(p);
}

static void a_buffer_too_small_changes_nothing(void **unused)
{
	(void)unused;
	struct pair *p = in_session();
	struct pair_rsp *old = malloc(sizeof(*old));
	const struct spdm_req_args a = { .sign = true, .index = 0xff };
	size_t cap = 0;
	enum il_err err;

	assert_non_null(old);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_MEASURE, &a), IL_OK);
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	pair_keep(p, old);
	do {
		err = spdm_rsp_handle(&p->rsp, p->in_kind, p->in, p->in_len,
				      p->out, cap, &p->out_len, &p->out_kind,
				      p->now_ns);
		if (!err)
			break;
		assert_int_equal(err, IL_E_SPACE);
		pair_same(p, old);
		cap += 7;
	} while (cap < sizeof(p->out));
	assert_int_equal(err, IL_OK);
	assert_int_equal(
		spdm_req_push(&p->req, p->out_kind, p->out, p->out_len, 0),
		IL_OK);
	free(old);
	pair_free(p);
}

static void
messages_that_are_no_requests_are_answered_with_errors(void **unused)
{
	(void)unused;
	struct pair *p = connected();
	const uint8_t b[8] = { 0x12, 0x81, 0, 0, 1 };
	const uint8_t other[4] = { 0x99, 0x99 };

	for (size_t n = 0; n < 4; n++) {
		assert_int_equal(pair_send(p, SPDM_PLAIN, b, n),
				 SPDM_ERR_INVALID_REQUEST);
		/* Too short to have a version that could be wrong. */
		assert_int_equal(pair_send(p, SPDM_PLAIN, other, n),
				 SPDM_ERR_INVALID_REQUEST);
	}
	for (size_t n = 5; n < 9; n++)
		assert_int_equal(pair_send(p, SPDM_PLAIN, b, n),
				 SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(spdm_rsp_handle(&p->rsp, (enum spdm_kind)3, b, 4,
					 p->out, sizeof(p->out), &p->out_len,
					 &p->out_kind, 0),
			 IL_E_ARG);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_configuration_is_refused),
		cmocka_unit_test(capabilities_that_contradict_are_refused),
		cmocka_unit_test(
			algorithms_out_of_order_or_not_ours_are_refused),
		cmocka_unit_test(the_best_of_what_both_know_is_chosen),
		cmocka_unit_test(certificates_out_of_range_are_refused),
		cmocka_unit_test(any_portion_of_the_chain_can_be_read),
		cmocka_unit_test(challenges_that_make_no_sense_are_refused),
		cmocka_unit_test(measurements_that_are_not_there_are_refused),
		cmocka_unit_test(
			a_device_that_cannot_sign_measurements_says_so),
		cmocka_unit_test(what_was_not_agreed_is_unsupported),
		cmocka_unit_test(key_exchanges_that_make_no_sense_are_refused),
		cmocka_unit_test(
			four_sessions_live_at_once_and_a_fifth_is_refused),
		cmocka_unit_test(a_session_id_is_not_given_twice),
		cmocka_unit_test(
			a_finish_that_does_not_verify_ends_the_handshake),
		cmocka_unit_test(
			a_signed_finish_is_refused_and_the_handshake_stays),
		cmocka_unit_test(handshake_secrets_are_wiped_once_it_is_over),
		cmocka_unit_test(key_updates_out_of_turn_are_refused),
		cmocka_unit_test(a_port_s_errors_become_error_codes),
		cmocka_unit_test(a_device_without_vendor_messages_says_so),
		cmocka_unit_test(a_port_may_give_no_reply),
		cmocka_unit_test(a_port_that_is_not_ready_is_asked_again),
		cmocka_unit_test(records_that_are_not_ours_get_no_answer),
		cmocka_unit_test(
			a_record_that_does_not_decrypt_ends_its_session),
		cmocka_unit_test(a_new_connection_ends_what_the_old_one_had),
		cmocka_unit_test(what_cannot_be_is_not_sane),
		cmocka_unit_test(a_reset_ends_everything),
		cmocka_unit_test(a_silent_session_ends_after_twice_the_period),
		cmocka_unit_test(a_handshake_that_is_not_finished_ends),
		cmocka_unit_test(sequence_numbers_never_wrap),
		cmocka_unit_test(what_the_peer_cannot_take_is_not_sent),
		cmocka_unit_test(what_we_cannot_send_is_refused),
		cmocka_unit_test(what_we_cannot_take_is_refused),
		cmocka_unit_test(a_version_that_cannot_be_said_ends_no_session),
		cmocka_unit_test(a_buffer_too_small_changes_nothing),
		cmocka_unit_test(
			messages_that_are_no_requests_are_answered_with_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
