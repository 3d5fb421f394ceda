/* SPDX-License-Identifier: BSD-2-Clause */
#include "pqc_rig.h"

/* ML-DSA and ML-KEM: bytes by the book, and those that were changed. */

/*
 * By the book: NEGOTIATE_ALGORITHMS has PqcAsymAlgo at 16 (DSP0274 1.4.0,
 * section 10.4), tables of type 6 and 7 are those of 1.4.
 */
static void algorithms_are_asked_for_by_the_book(void **unused)
{
	struct pair *p =
		pqc_pair(&pqc_dsas[2], BIT(0) | BIT(1) | BIT(2), PQC_WHOLE);
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
	p->qcfg.req_pqc_asym = pqc_dsas[2].bit;
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
	for (size_t k = 0; k < COUNT(pqc_kems); k++) {
		struct pair *p =
			pqc_pair(&pqc_dsas[0], pqc_kems[k].bit, PQC_WHOLE);

		pair_start(p);
		pair_connect(p);
		assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL),
				 IL_OK);
		assert_int_equal(pair_exchange(p), IL_E_AGAIN);
		assert_int_equal(p->in[1], 0xe4);
		assert_int_equal(p->in_len, 40 + pqc_kems[k].key + 2 +
						    get_u16le(p->in + 40 +
							      pqc_kems[k].key));
		assert_int_equal(p->out[1], 0x64);
		assert_int_equal(
			p->out_len,
			40 + pqc_kems[k].text + 2 +
				get_u16le(p->out + 40 + pqc_kems[k].text) +
				2420 + 48);
		pair_free(p);
	}
}

/* What is signed, under its context string: the prefix and the hash. */
static void ml_dsa_signs_the_prefix_and_the_hash(void **unused)
{
	struct pair *p = pqc_pair(&pqc_dsas[0], pqc_kems[0].bit, PQC_WHOLE);
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
		struct pair *p =
			pqc_pair(&pqc_dsas[0], pqc_kems[0].bit, PQC_WHOLE);

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
	for (size_t k = 0; k < 2 * COUNT(pqc_kems); k++) {
		struct pair *p =
			pqc_pair(&pqc_dsas[0], pqc_kems[k / 2].bit, PQC_WHOLE);
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
	for (size_t k = 0; k < COUNT(pqc_kems); k++) {
		struct pair *p =
			pqc_pair(&pqc_dsas[0], pqc_kems[k].bit, PQC_WHOLE);
		struct pair_rsp was;

		pair_start(p);
		pair_connect(p);
		assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL),
				 IL_OK);
		assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
					       &p->in_len, &p->in_kind),
				 IL_OK);
		pair_keep(p, &was);
		assert_int_equal(pair_send(p, SPDM_PLAIN, p->in, p->in_len - 1),
				 SPDM_ERR_INVALID_REQUEST);
		memset(p->in + 40, 0xff, 24);
		assert_int_equal(pair_send(p, SPDM_PLAIN, p->in, p->in_len),
				 SPDM_ERR_INVALID_REQUEST);
		assert_memory_equal(p->ses, was.ses, sizeof(was.ses));
		assert_int_equal(p->rsp.next_id, was.rsp.next_id);
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(algorithms_are_asked_for_by_the_book),
		cmocka_unit_test(exchanges_are_laid_out_by_the_book),
		cmocka_unit_test(ml_dsa_signs_the_prefix_and_the_hash),
		cmocka_unit_test(a_requester_takes_one_of_each_that_it_offered),
		cmocka_unit_test(
			a_ciphertext_that_was_changed_makes_no_session),
		cmocka_unit_test(a_key_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
