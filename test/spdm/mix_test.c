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
			p->rsp.ses[0].state == SPDM_SES_NONE,
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_session_is_finished_in_its_own_way),
		cmocka_unit_test(a_record_is_taken_once),
		cmocka_unit_test(a_record_belongs_to_its_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
