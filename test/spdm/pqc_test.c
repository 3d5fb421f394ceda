/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * ML-DSA and ML-KEM of SPDM 1.4. Lengths are those of FIPS 203, table 3
 * (encapsulation key, ciphertext) and FIPS 204, table 2 (signature). Where the
 * crypto library has neither there is nothing to test, and it is said so; the
 * build with the fake table tests the protocol everywhere.
 */

#define CAP   40000
#define ROOM  12000
#define WHOLE 16000 /* DataTransferSize that every message fits in */

static const struct dsa {
	enum crypto_key key;
	uint32_t bit;
	size_t sig;
} dsas[] = {
	{ CRYPTO_KEY_ML_DSA_44, BIT(0), 2420 },
	{ CRYPTO_KEY_ML_DSA_65, BIT(1), 3309 },
	{ CRYPTO_KEY_ML_DSA_87, BIT(2), 4627 },
};

static const struct kem {
	uint16_t bit;
	size_t key;
	size_t text;
} kems[] = {
	{ BIT(0), 800, 768 },
	{ BIT(1), 1184, 1088 },
	{ BIT(2), 1568, 1568 },
};

static uint8_t rsp_scratch[2 * WHOLE + ROOM], req_scratch[WHOLE + ROOM];
static uint8_t rsp_large[CAP], req_large[CAP], kept[WHOLE];
static uint8_t chain[CAP], peer_chain[CAP];

static const struct spdm_req_args all = { .summary = SPDM_SUMMARY_ALL };
static const struct spdm_req_args meas = { .index = SPDM_MEAS_ALL,
					   .sign = true };

/* Both ends know @dsa and @kem beside what they knew. */
static struct pair *pqc(const struct dsa *dsa, uint16_t kem, uint32_t transfer)
{
	struct pair *p = pair_new_kind(dsa->key);

	if (!p) {
		printf("skipped: this crypto library has no ML-DSA\n");
		skip();
	}
	memset(rsp_scratch, 0, sizeof(rsp_scratch));
	memset(req_scratch, 0, sizeof(req_scratch));
	p->rcfg.versions[0] = p->qcfg.versions[0] = SPDM_V14;
	p->rcfg.versions[1] = p->qcfg.versions[1] = SPDM_V13;
	p->rcfg.asym = 0;
	p->rcfg.pqc_asym = dsa->bit;
	p->qcfg.pqc_asym = BIT(0) | BIT(1) | BIT(2);
	p->rcfg.kem = p->qcfg.kem = kem;
	p->rcfg.scratch = rsp_scratch;
	p->rcfg.scratch_len = sizeof(rsp_scratch);
	p->qcfg.scratch = req_scratch;
	p->qcfg.scratch_len = sizeof(req_scratch);
	p->rcfg.transfer = p->qcfg.transfer = transfer;
	p->qcfg.chain = chain;
	p->qcfg.chain_cap = sizeof(chain);
	if (transfer == WHOLE)
		return p;
	p->rcfg.caps |= SPDM_CAP_CHUNK;
	p->qcfg.caps |= SPDM_CAP_CHUNK;
	p->rcfg.large = rsp_large;
	p->qcfg.large = req_large;
	p->rcfg.large_cap = p->qcfg.large_cap = CAP;
	return p;
}

static void assert_clean(const uint8_t *p, size_t n)
{
	assert_true(p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

/* All that is signed, and a session that carries. */
static void everything(struct pair *p, const struct dsa *dsa)
{
	pair_connect(p);
	assert_int_equal(p->req.version, SPDM_V14);
	assert_int_equal(p->req.asym, 0);
	assert_int_equal(p->req.pqc_asym, dsa->bit);
	assert_int_equal(p->req.leaf.key, dsa->key);
	assert_int_equal(pair_run(p, SPDM_OP_CHALLENGE, &all), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &meas), IL_OK);
	assert_int_equal(spdm_req_meas_sig(&p->req).n, dsa->sig);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, &all), IL_OK);
	assert_memory_equal(p->req.keys.data_dir, p->rsp.ses[0].keys.data_dir,
			    sizeof(p->req.keys.data_dir));
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &meas), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_END_SESSION, NULL), IL_OK);
	assert_clean(rsp_scratch, sizeof(rsp_scratch));
}

static void each_parameter_set_makes_sessions(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(dsas); i++)
		for (size_t k = 0; k < COUNT(kems); k++) {
			struct pair *p = pqc(&dsas[i], kems[k].bit, WHOLE);

			pair_start(p);
			everything(p, &dsas[i]);
			assert_int_equal(p->req.kem, kems[k].bit);
			assert_int_equal(p->rsp.kem, kems[k].bit);
			assert_int_equal(p->req.dhe, 0);
			pair_free(p);
		}
}

static void they_go_in_chunks_too(void **unused)
{
	static const uint32_t transfers[] = { 600, 1024, 4096 };

	(void)unused;
	for (size_t t = 0; t < COUNT(transfers); t++)
		for (size_t i = 0; i < COUNT(dsas); i++) {
			struct pair *p =
				pqc(&dsas[i], kems[i].bit, transfers[t]);

			pair_start(p);
			everything(p, &dsas[i]);
			pair_free(p);
		}
}

static void handshakes_in_the_clear_take_them(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(dsas); i++) {
		struct pair *p =
			pqc(&dsas[i], kems[i].bit, i == 1 ? 700 : WHOLE);

		p->rcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
		p->qcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
		pair_start(p);
		everything(p, &dsas[i]);
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
		struct pair *p =
			pqc(&dsas[i % 3], kems[2].bit, i < 3 ? WHOLE : 1500);

		mutual(p, how[i % 3], 3);
		pair_start(p);
		pair_connect(p);
		assert_int_equal(p->req.req_asym, 0);
		assert_int_equal(p->rsp.req_pqc_asym, dsas[i % 3].bit);
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, &all), IL_OK);
		assert_int_equal(p->signs, 1);
		assert_int_equal(p->rsp.ses[0].mutual, how[i % 3]);
		pair_free(p);
	}
}

static void challenges_go_both_ways(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		struct pair *p = pqc(&dsas[2], kems[0].bit, i ? 900 : WHOLE);

		mutual(p, SPDM_MUT_AUTH, 0);
		p->rcfg.basic = true;
		pair_start(p);
		pair_connect(p);
		assert_int_equal(pair_run(p, SPDM_OP_CHALLENGE, &all), IL_OK);
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
	struct pair *p = pqc(&dsas[0], kems[0].bit, 1500);

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
	struct pair *p = pqc(&dsas[0], kems[0].bit, 1500);
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
	struct pair *p = pqc(&dsas[1], 0, WHOLE);

	(void)unused;
	pair_start(p);
	everything(p, &dsas[1]);
	assert_int_equal(p->req.kem, 0);
	assert_int_equal(p->req.dhe, SPDM_DHE_SECP384R1);
	pair_free(p);

	p = pair_new(CRYPTO_P384);
	p->rcfg.versions[0] = p->qcfg.versions[0] = SPDM_V14;
	p->rcfg.kem = p->qcfg.kem = kems[1].bit;
	p->rcfg.scratch = rsp_scratch;
	p->rcfg.scratch_len = sizeof(rsp_scratch);
	pair_start(p);
	pair_connect(p);
	assert_int_equal(p->req.kem, kems[1].bit);
	assert_int_equal(p->req.asym, SPDM_ASYM_ECDSA_P384);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, &all), IL_OK);
	pair_free(p);
}

/* Version 1.3 has none of it, and neither has a table without. */
static void without_them_is_as_before(void **unused)
{
	struct pair *p = pqc(&dsas[0], kems[0].bit, WHOLE);
	static struct crypto_ops less;
	struct crypto c;

	(void)unused;
	pair_start(p);
	pair_free(p);
	for (unsigned i = 0; i < 3; i++) {
		p = pair_new(CRYPTO_P384);
		p->rcfg.versions[0] = p->qcfg.versions[0] =
			i ? SPDM_V14 : SPDM_V13;
		p->rcfg.kem = p->qcfg.kem = kems[2].bit;
		p->rcfg.pqc_asym = p->qcfg.pqc_asym = dsas[2].bit;
		p->rcfg.scratch = rsp_scratch;
		p->rcfg.scratch_len = sizeof(rsp_scratch);
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
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, &all), IL_OK);
		pair_free(p);
	}
}

/*
 * By the book: NEGOTIATE_ALGORITHMS has PqcAsymAlgo at 16 (DSP0274 1.4.0,
 * section 10.4), tables of type 6 and 7 are those of 1.4.
 */
static void algorithms_are_asked_for_by_the_book(void **unused)
{
	struct pair *p = pqc(&dsas[2], BIT(0) | BIT(1) | BIT(2), WHOLE);
	/* clang-format off */
	static const uint8_t want[] = {
		0x14, 0xe3, 5, 0, 0x34, 0, 1, 2,
		0x90, 0, 0, 0, 2, 0, 0, 0, 7, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		2, 0x20, 0x10, 0, 3, 0x20, 2, 0, 5, 0x20, 1, 0,
		6, 0x20, 4, 0, 7, 0x20, 7, 0,
	};
	/* clang-format on */

	(void)unused;
	p->qcfg.req_pqc_asym = dsas[2].bit;
	p->rcfg.asym = SPDM_ASYM_ECDSA_P384; /* as well */
	pair_start(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_CONNECT, NULL), IL_OK);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	assert_int_equal(p->in_len, sizeof(want));
	assert_memory_equal(p->in, want, sizeof(want));
	/* ALGORITHMS: BaseAsymSel at 12, PqcAsymSel at 20, tables from 36:
	 * no DHE, ML-KEM-1024, nothing of a requester that does not sign. */
	assert_int_equal(get_u32le(p->out + 12), 0);
	assert_int_equal(get_u32le(p->out + 20), 4);
	assert_memory_equal(p->out + 36, "\x02\x20\x00\x00", 4);
	assert_memory_equal(p->out + 48, "\x06\x20\x00\x00", 4);
	assert_memory_equal(p->out + 52, "\x07\x20\x04\x00", 4);
	pair_free(p);
}

/* KEY_EXCHANGE: 40 bytes, the key, length of opaque data. Its response: 40,
 * the ciphertext, the summary. */
static void exchanges_are_laid_out_by_the_book(void **unused)
{
	(void)unused;
	for (size_t k = 0; k < COUNT(kems); k++) {
		struct pair *p = pqc(&dsas[0], kems[k].bit, WHOLE);

		pair_start(p);
		pair_connect(p);
		assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL),
				 IL_OK);
		assert_int_equal(pair_exchange(p), IL_E_AGAIN);
		assert_int_equal(p->in[1], 0xe4);
		assert_int_equal(p->in_len,
				 40 + kems[k].key + 2 +
					 get_u16le(p->in + 40 + kems[k].key));
		assert_int_equal(p->out[1], 0x64);
		assert_int_equal(p->out_len,
				 40 + kems[k].text + 2 +
					 get_u16le(p->out + 40 + kems[k].text) +
					 2420 + 48);
		pair_free(p);
	}
}

/* What is signed, under its context string: the prefix and the hash. */
static void ml_dsa_signs_the_prefix_and_the_hash(void **unused)
{
	struct pair *p = pqc(&dsas[0], kems[0].bit, WHOLE);
	uint8_t want[100] = { 0 };

	(void)unused;
	for (unsigned i = 0; i < 4; i++)
		memcpy(want + 16 * i, "dmtf-spdm-v1.4.*", 16);
	memcpy(want + 100 - 32, "responder-challenge_auth signing", 32);
	pair_start(p);
	pair_connect(p);
	assert_int_equal(pair_run(p, SPDM_OP_CHALLENGE, NULL), IL_OK);
	assert_int_equal(p->msg_len, 148);
	assert_memory_equal(p->msg, want, 100);
	/* The same message under another string is another signature. */
	p->about = "responder-measurements signing";
	assert_int_equal(pair_run(p, SPDM_OP_CHALLENGE, NULL), IL_E_AUTH);
	p->about = "";
	assert_int_equal(pair_run(p, SPDM_OP_CHALLENGE, NULL), IL_E_AUTH);
	pair_free(p);
}

#define CHANGE(name, what)                                   \
	static void name(struct pair *p, struct spdm_msg *m) \
	{                                                    \
		(void)p;                                     \
		what;                                        \
	}
/* clang-format off */
CHANGE(both_asym, m->u.algs.asym = SPDM_ASYM_ECDSA_P384)
CHANGE(base_asym, m->u.algs.asym = SPDM_ASYM_ECDSA_P384; m->u.algs.pqc_asym = 0; m->u.algs.asym |= BIT(0))
CHANGE(two_pqc, m->u.algs.pqc_asym = BIT(0) | BIT(1))
CHANGE(strange_pqc, m->u.algs.pqc_asym = BIT(3))
CHANGE(no_asym, m->u.algs.pqc_asym = 0)
CHANGE(both_exchanges, m->u.algs.table[0].bits = SPDM_DHE_SECP384R1)
CHANGE(no_exchange, m->u.algs.table[3].bits = 0)
CHANGE(other_kem, m->u.algs.table[3].bits = BIT(2))
CHANGE(two_kems, m->u.algs.table[3].bits = BIT(0) | BIT(1))
CHANGE(no_table, m->u.algs.tables = 3; m->param1 = 3)
/* clang-format on */

static void a_requester_takes_one_of_each_that_it_offered(void **unused)
{
	void (*const changes[])(struct pair *, struct spdm_msg *) = {
		both_asym,	base_asym,   two_pqc,	strange_pqc, no_asym,
		both_exchanges, no_exchange, other_kem, two_kems,    no_table,
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(changes); i++) {
		struct pair *p = pqc(&dsas[0], kems[0].bit, WHOLE);

		p->change = changes[i];
		p->change_code = SPDM_ALGORITHMS;
		p->change_stage = SPDM_TAP_FIELDS;
		pair_start(p);
		assert_int_equal(pair_run(p, SPDM_OP_CONNECT, NULL),
				 IL_E_FIELD);
		assert_int_equal(p->changed, 1);
		assert_int_equal(p->req.state, SPDM_REQ_NEW);
		/* At once, not by the certificates that follow. */
		assert_int_equal(p->out[1], SPDM_ALGORITHMS);
		pair_free(p);
	}
}

static uint8_t twisted[2000];

static void twist(struct pair *p, struct spdm_msg *m)
{
	(void)p;
	memcpy(twisted, m->u.key_ex_rsp.exchange.p, m->u.key_ex_rsp.exchange.n);
	twisted[7] ^= 1;
	m->u.key_ex_rsp.exchange.p = twisted;
}

static void shorten(struct pair *p, struct spdm_msg *m)
{
	(void)p;
	m->u.key_ex_rsp.exchange.n--;
}

/* Signed as it goes out, so that only the HMAC can tell. */
static void a_ciphertext_that_was_changed_makes_no_session(void **unused)
{
	(void)unused;
	for (size_t k = 0; k < 2 * COUNT(kems); k++) {
		struct pair *p = pqc(&dsas[0], kems[k / 2].bit, WHOLE);
		enum il_err err;

		p->change = k & 1 ? shorten : twist;
		p->change_code = SPDM_KEY_EXCHANGE_RSP;
		p->change_stage = SPDM_TAP_FIELDS;
		pair_start(p);
		pair_connect(p);
		err = pair_run(p, SPDM_OP_SESSION, NULL);
		assert_int_equal(p->changed, 1);
		if (k & 1)
			assert_int_not_equal(err, IL_OK);
		else
			assert_int_equal(err, IL_E_AUTH);
		assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
		assert_int_equal(p->req.session_id, 0);
		assert_clean((const uint8_t *)&p->req.keys,
			     sizeof(p->req.keys));
		pair_free(p);
	}
}

/* A coefficient of 4095 is none below 3329: FIPS 203, section 7.2. */
static void a_key_that_is_none_is_refused(void **unused)
{
	(void)unused;
	for (size_t k = 0; k < COUNT(kems); k++) {
		struct pair *p = pqc(&dsas[0], kems[k].bit, WHOLE);
		struct spdm_rsp was;

		pair_start(p);
		pair_connect(p);
		assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL),
				 IL_OK);
		assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
					       &p->in_len, &p->in_kind),
				 IL_OK);
		was = p->rsp;
		assert_int_equal(pair_send(p, SPDM_PLAIN, p->in, p->in_len - 1),
				 SPDM_ERR_INVALID_REQUEST);
		memset(p->in + 40, 0xff, 24);
		assert_int_equal(pair_send(p, SPDM_PLAIN, p->in, p->in_len),
				 SPDM_ERR_INVALID_REQUEST);
		assert_memory_equal(p->rsp.ses, was.ses, sizeof(was.ses));
		assert_int_equal(p->rsp.next_id, was.next_id);
		pair_free(p);
	}
}

/* Runs @op while the key is slow for @turns messages. */
static enum il_err slowly(struct pair *p, enum spdm_req_op op, unsigned turns)
{
	uint8_t msg[SPDM_SIGN_MSG_MAX];
	enum il_err err = spdm_req_begin(&p->req, op, &meas);
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
		struct pair *p = pqc(&dsas[2], kems[2].bit, WHOLE);

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
		assert_clean(rsp_scratch, sizeof(rsp_scratch));
		pair_free(p);
	}
}

/*
 * Without a place to keep it the caller brings the request again; who brings
 * another one gets another secret, and the ciphertext does not stay behind.
 */
static void a_secret_is_for_one_key(void **unused)
{
	struct pair *p = pqc(&dsas[0], kems[1].bit, WHOLE);
	static uint8_t first[2][2000], second[2000];
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
			memcpy(i ? second : twisted,
			       rsp_scratch + sizeof(rsp_scratch) - 1568, 1088);
	}
	assert_memory_equal(msg[0], msg[1], sizeof(msg[0]));
	assert_memory_not_equal(twisted, second, 1088);
	spdm_rsp_reset(&p->rsp);
	assert_clean(rsp_scratch, sizeof(rsp_scratch));
	pair_free(p);
}

static void long_signatures_need_room(void **unused)
{
	struct pair *p = pqc(&dsas[0], kems[0].bit, WHOLE);
	const size_t rsp = WHOLE + SPDM_RSP_RECORD_MIN + 4627 + 1568;
	const size_t req = WHOLE + SPDM_SECURED_SLACK + 4627;

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
	everything(p, &dsas[0]);
	pair_free(p);
}

/* Besides message buffers; see docs/performance.md. */
static void a_connection_stays_small(void **unused)
{
	(void)unused;
	assert_true(sizeof(struct spdm_rsp) -
			    (SPDM_RSP_SESSIONS - 1) *
				    sizeof(struct spdm_rsp_session) <=
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
		cmocka_unit_test(algorithms_are_asked_for_by_the_book),
		cmocka_unit_test(exchanges_are_laid_out_by_the_book),
		cmocka_unit_test(ml_dsa_signs_the_prefix_and_the_hash),
		cmocka_unit_test(a_requester_takes_one_of_each_that_it_offered),
		cmocka_unit_test(
			a_ciphertext_that_was_changed_makes_no_session),
		cmocka_unit_test(a_key_that_is_none_is_refused),
		cmocka_unit_test(a_slow_key_signs_one_exchange),
		cmocka_unit_test(a_secret_is_for_one_key),
		cmocka_unit_test(long_signatures_need_room),
		cmocka_unit_test(a_connection_stays_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
