/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

/* What both engines tell a key log, and when. */

struct log {
	unsigned n;
	struct spdm_key_note note[4];
	struct spdm_keys keys[4];
};

static void take(void *ctx, const struct spdm_key_note *n)
{
	struct log *l = ctx;

	assert_true(l->n < COUNT(l->note));
	l->note[l->n] = *n;
	l->keys[l->n++] = *n->keys;
}

static void same(const uint8_t *a, const uint8_t *b)
{
	static const uint8_t none[SPDM_HASH_MAX];

	assert_memory_equal(a, b, SPDM_HASH_MAX);
	assert_memory_not_equal(a, none, SPDM_HASH_MAX);
}

/* A session of @op; handshake, then data, the same on both sides. */
static void both_tell(struct pair *p, enum spdm_req_op op,
		      const struct spdm_req_args *args)
{
	struct log rsp = { 0 }, req = { 0 };

	p->rcfg.keylog = take;
	p->rcfg.keylog_ctx = &rsp;
	p->qcfg.keylog = take;
	p->qcfg.keylog_ctx = &req;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(rsp.n + req.n, 0);
	assert_int_equal(pair_run(p, op, args), IL_OK);
	assert_int_equal(rsp.n, 2);
	assert_int_equal(req.n, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(rsp.note[i].session_id, p->req.session_id);
		assert_int_equal(req.note[i].session_id, p->req.session_id);
		assert_int_equal(rsp.note[i].data, i);
		assert_int_equal(req.note[i].data, i);
		assert_int_equal(rsp.note[i].psk, op == SPDM_OP_PSK);
		assert_int_equal(req.note[i].psk, op == SPDM_OP_PSK);
	}
	same(rsp.keys[0].handshake, req.keys[0].handshake);
	same(rsp.keys[1].master, req.keys[1].master);
	for (unsigned d = 0; d < SPDM_DIRS; d++) {
		same(rsp.keys[0].hs_dir[d], req.keys[0].hs_dir[d]);
		same(rsp.keys[1].data_dir[d], req.keys[1].data_dir[d]);
	}
	/* What later keys follow from can be had from the log; no more. */
	assert_int_equal(pair_run(p, SPDM_OP_END_SESSION, NULL), IL_OK);
	assert_int_equal(rsp.n + req.n, 4);
}

static void both_sides_tell_the_same_of_a_key_exchange(void **unused)
{
	struct pair *p = pair_new(CRYPTO_P384);

	(void)unused;
	both_tell(p, SPDM_OP_SESSION, NULL);
	pair_free(p);
}

static void both_sides_tell_the_same_of_a_clear_handshake(void **unused)
{
	struct pair *p = pair_new(CRYPTO_P384);

	(void)unused;
	p->rcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
	p->qcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
	both_tell(p, SPDM_OP_SESSION, NULL);
	pair_free(p);
}

static void both_sides_tell_the_same_of_a_pre_shared_key(void **unused)
{
	struct pair *p = pair_new(CRYPTO_P384);
	const struct spdm_req_args a = { .hint = { (const uint8_t *)PAIR_HINT,
						   sizeof(PAIR_HINT) } };

	(void)unused;
	p->rcfg.caps |= SPDM_CAP_PSK_WITH_CONTEXT;
	p->qcfg.caps |= SPDM_CAP_PSK;
	both_tell(p, SPDM_OP_PSK, &a);
	pair_free(p);
}

static void a_failed_handshake_tells_no_data_secrets(void **unused)
{
	struct pair *p = pair_new(CRYPTO_P384);
	struct log l = { 0 };
	uint8_t finish[4 + 48] = { SPDM_V12, SPDM_FINISH };

	(void)unused;
	p->rcfg.keylog = take;
	p->rcfg.keylog_ctx = &l;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	assert_int_equal(l.n, 1);
	assert_int_equal(pair_send_secured(p, finish, sizeof(finish)),
			 SPDM_ERR_DECRYPT_ERROR);
	assert_int_equal(l.n, 1);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_sides_tell_the_same_of_a_key_exchange),
		cmocka_unit_test(both_sides_tell_the_same_of_a_clear_handshake),
		cmocka_unit_test(both_sides_tell_the_same_of_a_pre_shared_key),
		cmocka_unit_test(a_failed_handshake_tells_no_data_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
