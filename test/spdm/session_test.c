/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

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

static void measure_both_ways(struct pair *p)
{
	struct spdm_req_args a = { .index = SPDM_MEAS_COUNT };

	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_OK);
	assert_int_equal(p->req.meas_count, 3);
	a.index = 1;
	a.raw = true;
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_OK);
	assert_int_equal(p->req.meas_count, 1);
	assert_int_equal(spdm_req_record(&p->req).n, 7 + 64);
	a.index = SPDM_MEAS_ALL;
	a.raw = false;
	a.sign = true;
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_OK);
	assert_int_equal(p->req.meas_count, 3);
	assert_int_equal(spdm_req_record(&p->req).n, 3 * 7 + 48 + 48 + 8);
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
	assert_memory_equal(p->req.keys.data_dir, p->rsp.ses[0].keys.data_dir,
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

	p->qcfg.mctp = true;
	p->qcfg.transfer = PAIR_BUF - SPDM_SECURED_SLACK;
	whole_life(p);
	p = pair_new(CRYPTO_P256);
	p->qcfg.mctp = true;
	p->qcfg.transfer = PAIR_BUF - SPDM_SECURED_SLACK;
	whole_life(p);
}

/* Records of one framing are no records in the other. */
static void a_session_stays_with_the_transport_that_made_it(void **unused)
{
	static const enum spdm_kind kind[] = { SPDM_SECURED,
					       SPDM_MCTP_SECURED };

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		struct pair *p = pair_new(CRYPTO_P384);

		p->qcfg.mctp = i;
		p->qcfg.transfer = PAIR_BUF - SPDM_SECURED_SLACK;
		pair_start(p);
		pair_session(p);
		assert_int_equal(
			spdm_req_begin(&p->req, SPDM_OP_HEARTBEAT, NULL),
			IL_OK);
		assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
					       &p->in_len, &p->in_kind),
				 IL_OK);
		assert_int_equal(p->in_kind, kind[i]);
		assert_int_equal(pair_send(p, kind[1 - i], p->in, p->in_len),
				 -1);
		assert_int_equal(p->ended, 0);
		assert_int_equal(pair_send(p, kind[i], p->in, p->in_len), 0);
		assert_int_equal(p->out_kind, kind[i]);
		assert_int_equal(spdm_req_push(&p->req, kind[1 - i], p->out,
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

	p->qcfg.mctp = true;
	p->qcfg.transfer = PAIR_BUF - SPDM_SECURED_SLACK;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(pair_send(p, SPDM_MCTP, digests, 4), 0);
	for (size_t n = 5; n < 9; n++)
		assert_int_equal(pair_send(p, SPDM_MCTP, digests, n),
				 SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_CONNECT, NULL), IL_OK);
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	assert_int_equal(pair_send(p, p->in_kind, p->in, p->in_len), 0);
	p->out[p->out_len] = 0;
	assert_int_equal(
		spdm_req_push(&p->req, SPDM_MCTP, p->out, p->out_len + 1, 0),
		IL_E_LONG);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_life_at_1_2_with_p384),
		cmocka_unit_test(a_whole_life_at_1_2_with_p256),
		cmocka_unit_test(a_whole_life_at_1_1),
		cmocka_unit_test(a_whole_life_over_mctp),
		cmocka_unit_test(
			a_session_stays_with_the_transport_that_made_it),
		cmocka_unit_test(nothing_is_padded_over_mctp),
		cmocka_unit_test(
			a_whole_life_with_big_portions_and_no_evidence_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
