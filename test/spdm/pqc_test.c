/* SPDX-License-Identifier: BSD-2-Clause */
#include "pqc_rig.h"

/* ML-DSA and ML-KEM: what they make, both ways, slowly, with what room. */

static uint8_t kept[PQC_WHOLE], peer_chain[40000];

static void each_parameter_set_makes_sessions(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(pqc_dsas); i++)
		for (size_t k = 0; k < COUNT(pqc_kems); k++) {
			struct pair *p = pqc_pair(&pqc_dsas[i], pqc_kems[k].bit,
						  PQC_WHOLE);

			pair_start(p);
			pqc_everything(p, &pqc_dsas[i]);
			assert_int_equal(p->req.kem, pqc_kems[k].bit);
			assert_int_equal(p->rsp.kem, pqc_kems[k].bit);
			assert_int_equal(p->req.dhe, 0);
			pair_free(p);
		}
}

static void they_go_in_chunks_too(void **unused)
{
	static const uint32_t transfers[] = { 600, 1024, 4096 };

	(void)unused;
	for (size_t t = 0; t < COUNT(transfers); t++)
		for (size_t i = 0; i < COUNT(pqc_dsas); i++) {
			struct pair *p = pqc_pair(&pqc_dsas[i], pqc_kems[i].bit,
						  transfers[t]);

			pair_start(p);
			pqc_everything(p, &pqc_dsas[i]);
			pair_free(p);
		}
}

static void handshakes_in_the_clear_take_them(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(pqc_dsas); i++) {
		struct pair *p = pqc_pair(&pqc_dsas[i], pqc_kems[i].bit,
					  i == 1 ? 700 : PQC_WHOLE);

		p->rcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
		p->qcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
		pair_start(p);
		pqc_everything(p, &pqc_dsas[i]);
		pair_free(p);
	}
}

/* The requester proves itself with ML-DSA as well. */
static void mutual(struct pair *p, uint8_t how, uint8_t slot)
{
	pair_mutual(p, how, slot);
	p->rcfg.req_asym = p->qcfg.req_asym = 0;
	p->rcfg.req_pqc_asym = BIT(0) | BIT(1) | BIT(2);
	p->qcfg.req_pqc_asym = p->rcfg.pqc_asym;
	p->rcfg.peer_chain = peer_chain;
	p->rcfg.peer_chain_cap = sizeof(peer_chain);
}

static void requesters_prove_themselves_so(void **unused)
{
	static const uint8_t how[] = { SPDM_MUT_AUTH, SPDM_MUT_AUTH_ENCAP,
				       SPDM_MUT_AUTH_DIGESTS };

	(void)unused;
	for (size_t i = 0; i < 2 * COUNT(how); i++) {
		struct pair *p = pqc_pair(&pqc_dsas[i % 3], pqc_kems[2].bit,
					  i < 3 ? PQC_WHOLE : 1500);

		mutual(p, how[i % 3], 3);
		pair_start(p);
		pair_connect(p);
		assert_int_equal(p->req.req_asym, 0);
		assert_int_equal(p->rsp.req_pqc_asym, pqc_dsas[i % 3].bit);
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, &pqc_all), IL_OK);
		assert_int_equal(p->signs, 1);
		assert_int_equal(p->rsp.cfg.ses[0].mutual, how[i % 3]);
		pair_free(p);
	}
}

static void challenges_go_both_ways(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		struct pair *p = pqc_pair(&pqc_dsas[2], pqc_kems[0].bit,
					  i ? 900 : PQC_WHOLE);

		mutual(p, SPDM_MUT_AUTH, 0);
		p->rcfg.basic = true;
		pair_start(p);
		pair_connect(p);
		assert_int_equal(pair_run(p, SPDM_OP_CHALLENGE, &pqc_all),
				 IL_OK);
		assert_int_equal(p->signs, 1);
		assert_true(p->rsp.peer.proven);
		pair_free(p);
	}
}

static uint8_t asked[9000];

static void ask_at_length(struct pair *p, struct spdm_msg *m)
{
	(void)p;
	memcpy(asked, m->u.encap.inner.p, m->u.encap.inner.n);
	m->u.encap.inner = (struct spdm_span){ asked, sizeof(asked) };
}

/* It stands where chunks are put together then, and is answered with ERROR;
 * the flow is over, and with it the handshake. */
static void a_request_of_the_peer_may_come_in_chunks(void **unused)
{
	struct pair *p = pqc_pair(&pqc_dsas[0], pqc_kems[0].bit, 1500);

	(void)unused;
	mutual(p, SPDM_MUT_AUTH_ENCAP, 0);
	p->change = ask_at_length;
	p->change_code = SPDM_ENCAPSULATED_REQUEST;
	p->change_stage = SPDM_TAP_FIELDS;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_E_PEER);
	assert_int_equal(spdm_req_peer_error(&p->req),
			 SPDM_ERR_INVALID_RESPONSE_CODE);
	assert_int_equal(p->changed, 1);
	pair_free(p);
}

/* Who judges a chain may take its time, inside a handshake too. */
static void a_chain_may_be_judged_slowly(void **unused)
{
	struct pair *p = pqc_pair(&pqc_dsas[0], pqc_kems[0].bit, 1500);
	enum il_err err;

	(void)unused;
	memset(kept, 0, sizeof(kept));
	mutual(p, SPDM_MUT_AUTH_ENCAP, 0);
	p->rcfg.kept = kept;
	p->rcfg.kept_cap = sizeof(kept);
	p->rcfg.rdt_exponent = 10;
	p->rcfg.rdt_factor = 250;
	p->trust_err = IL_E_AGAIN;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	do {
		if (p->trusted > 2)
			p->trust_err = IL_OK;
		err = pair_exchange(p);
	} while (err == IL_E_AGAIN);
	assert_int_equal(err, IL_OK);
	assert_int_equal(p->trusted, 4);
	pair_free(p);
}

static void each_kind_goes_with_the_other(void **unused)
{
	struct pair *p = pqc_pair(&pqc_dsas[1], 0, PQC_WHOLE);

	(void)unused;
	pair_start(p);
	pqc_everything(p, &pqc_dsas[1]);
	assert_int_equal(p->req.kem, 0);
	assert_int_equal(p->req.dhe, SPDM_DHE_SECP384R1);
	pair_free(p);

	p = pair_new(CRYPTO_P384);
	p->rcfg.versions[0] = p->qcfg.versions[0] = SPDM_V14;
	p->rcfg.kem = p->qcfg.kem = pqc_kems[1].bit;
	p->rcfg.scratch = pqc_rsp_scratch;
	p->rcfg.scratch_len = sizeof(pqc_rsp_scratch);
	pair_start(p);
	pair_connect(p);
	assert_int_equal(p->req.kem, pqc_kems[1].bit);
	assert_int_equal(p->req.asym, SPDM_ASYM_ECDSA_P384);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, &pqc_all), IL_OK);
	pair_free(p);
}

/* Version 1.3 has none of it, and neither has a table without. */
static void without_them_is_as_before(void **unused)
{
	struct pair *p = pqc_pair(&pqc_dsas[0], pqc_kems[0].bit, PQC_WHOLE);
	static struct crypto_ops less;
	struct crypto c;

	(void)unused;
	pair_start(p);
	pair_free(p);
	for (unsigned i = 0; i < 3; i++) {
		p = pair_new(CRYPTO_P384);
		p->rcfg.versions[0] = p->qcfg.versions[0] =
			i ? SPDM_V14 : SPDM_V13;
		p->rcfg.kem = p->qcfg.kem = pqc_kems[2].bit;
		p->rcfg.pqc_asym = p->qcfg.pqc_asym = pqc_dsas[2].bit;
		p->rcfg.scratch = pqc_rsp_scratch;
		p->rcfg.scratch_len = sizeof(pqc_rsp_scratch);
		c = p->c;
		less = *c.ops;
		less.pqc = false;
		c.ops = &less;
		if (i == 1)
			p->rcfg.crypto = &c;
		if (i == 2)
			p->qcfg.crypto = &c;
		pair_start(p);
		pair_connect(p);
		assert_int_equal(p->req.kem, 0);
		assert_int_equal(p->req.pqc_asym, 0);
		assert_int_equal(p->rsp.pqc_asym, 0);
		assert_int_equal(p->req.dhe, SPDM_DHE_SECP384R1);
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, &pqc_all), IL_OK);
		pair_free(p);
	}
}

/* Runs @op while the key is slow for @turns messages. */
static enum il_err slowly(struct pair *p, enum spdm_req_op op, unsigned turns)
{
	uint8_t msg[SPDM_SIGN_MSG_MAX];
	enum il_err err = spdm_req_begin(&p->req, op, &pqc_meas);
	const unsigned first = turns;

	assert_int_equal(err, IL_OK);
	do {
		p->sign_err = turns ? IL_E_AGAIN : IL_OK;
		err = spdm_req_pull(&p->req, p->in, sizeof(p->in), &p->in_len,
				    &p->in_kind);
		assert_int_equal(err, IL_OK);
		p->now_ns += 1000000;
		assert_int_equal(spdm_rsp_handle(&p->rsp, p->in_kind, p->in,
						 p->in_len, p->out,
						 sizeof(p->out), &p->out_len,
						 &p->out_kind, p->now_ns),
				 IL_OK);
		if (turns && turns != first) /* the same is to be signed */
			assert_memory_equal(msg, p->msg, p->msg_len);
		memcpy(msg, p->msg, sizeof(msg));
		turns -= turns != 0;
		p->now_ns += 1000000;
		err = spdm_req_push(&p->req, p->out_kind, p->out, p->out_len,
				    p->now_ns);
	} while (err == IL_E_AGAIN);
	return err;
}

static void a_slow_key_signs_one_exchange(void **unused)
{
	(void)unused;
	for (unsigned turns = 0; turns < 5; turns++) {
		struct pair *p =
			pqc_pair(&pqc_dsas[2], pqc_kems[2].bit, PQC_WHOLE);

		memset(kept, 0, sizeof(kept));
		p->rcfg.kept = kept;
		p->rcfg.kept_cap = sizeof(kept);
		p->rcfg.rdt_exponent = 10;
		p->rcfg.rdt_factor = 250;
		pair_start(p);
		pair_connect(p);
		assert_int_equal(slowly(p, SPDM_OP_CHALLENGE, turns), IL_OK);
		assert_int_equal(slowly(p, SPDM_OP_SESSION, turns), IL_OK);
		assert_int_equal(slowly(p, SPDM_OP_MEASURE, turns), IL_OK);
		assert_false(p->rsp.wait.kem);
		assert_clean(p->rsp.wait.point, sizeof(p->rsp.wait.point));
		assert_clean(kept, sizeof(kept));
		assert_clean(pqc_rsp_scratch, sizeof(pqc_rsp_scratch));
		pair_free(p);
	}
}

/*
 * Without a place to keep it the caller brings the request again; who brings
 * another one gets another secret, and the ciphertext does not stay behind.
 */
static void a_secret_is_for_one_key(void **unused)
{
	struct pair *p = pqc_pair(&pqc_dsas[0], pqc_kems[1].bit, PQC_WHOLE);
	static uint8_t first[2][2000], texts[2][2000];
	uint8_t msg[3][SPDM_SIGN_MSG_MAX];
	size_t n[2];

	(void)unused;
	pair_start(p);
	pair_connect(p);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL),
				 IL_OK);
		assert_int_equal(spdm_req_pull(&p->req, first[i],
					       sizeof(first[i]), &n[i],
					       &p->in_kind),
				 IL_OK);
		spdm_req_abort(&p->req);
	}
	p->sign_err = IL_E_AGAIN;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(spdm_rsp_handle(&p->rsp, SPDM_PLAIN,
						 first[i / 2], n[i / 2], p->out,
						 sizeof(p->out), &p->out_len,
						 &p->out_kind, 0),
				 IL_E_AGAIN);
		memcpy(msg[i], p->msg, sizeof(msg[i]));
		if (i != 1)
			memcpy(texts[i / 2],
			       pqc_rsp_scratch + sizeof(pqc_rsp_scratch) - 1568,
			       1088);
	}
	assert_memory_equal(msg[0], msg[1], sizeof(msg[0]));
	assert_memory_not_equal(texts[0], texts[1], 1088);
	spdm_rsp_reset(&p->rsp);
	assert_clean(pqc_rsp_scratch, sizeof(pqc_rsp_scratch));
	pair_free(p);
}

static void long_signatures_need_room(void **unused)
{
	struct pair *p = pqc_pair(&pqc_dsas[0], pqc_kems[0].bit, PQC_WHOLE);
	const size_t rsp = PQC_WHOLE + SPDM_RSP_RECORD_MIN + 4627 + 1568;
	const size_t req = PQC_WHOLE + SPDM_SECURED_SLACK + 4627;

	(void)unused;
	p->qcfg.req_pqc_asym = BIT(0);
	pair_start(p);
	spdm_rsp_fini(&p->rsp);
	spdm_req_fini(&p->req);
	p->rcfg.scratch_len = rsp - 1;
	assert_int_equal(spdm_rsp_init(&p->rsp, &p->rcfg), IL_E_ARG);
	p->qcfg.scratch_len = req - 1;
	assert_int_equal(spdm_req_init(&p->req, &p->qcfg), IL_E_ARG);
	p->rcfg.scratch_len = rsp;
	p->qcfg.scratch_len = req;
	pair_start(p);
	pqc_everything(p, &pqc_dsas[0]);
	pair_free(p);
}

/* Besides message buffers; see docs/performance.md. */
static void a_connection_stays_small(void **unused)
{
	(void)unused;
	assert_true(sizeof(struct spdm_rsp) + sizeof(struct spdm_rsp_session) <=
		    8192);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_parameter_set_makes_sessions),
		cmocka_unit_test(they_go_in_chunks_too),
		cmocka_unit_test(handshakes_in_the_clear_take_them),
		cmocka_unit_test(requesters_prove_themselves_so),
		cmocka_unit_test(challenges_go_both_ways),
		cmocka_unit_test(a_request_of_the_peer_may_come_in_chunks),
		cmocka_unit_test(a_chain_may_be_judged_slowly),
		cmocka_unit_test(each_kind_goes_with_the_other),
		cmocka_unit_test(without_them_is_as_before),
		cmocka_unit_test(a_slow_key_signs_one_exchange),
		cmocka_unit_test(a_secret_is_for_one_key),
		cmocka_unit_test(long_signatures_need_room),
		cmocka_unit_test(a_connection_stays_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
